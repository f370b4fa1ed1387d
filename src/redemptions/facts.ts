import { redemptionReversals, redemptions } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const redemptionShelf = shelf(redemptions, {
  rank: 60,
  id: 'redemptionId',
  keys: { waiting: ['contractId', 'status'] },
  once: ['id'],
  mutable: [
    'status',
    'approvedFen',
    'reversedFen',
    'batchedFen',
    'cutOffFen',
    'explanation',
    'decidedPerson',
    'approvedOn',
    'decisionReason',
    'settlementId',
    'recalledFen',
    'restoredFen',
    'offsetFen',
  ],
});

/** Proposals to take an approved redemption back; `open` finds the one that waits. */
export const reversalShelf = shelf(redemptionReversals, {
  rank: 61,
  id: 'reversalId',
  keys: { open: ['redemptionId', 'status'] },
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
