import { redemptions } from '../../db/tables.js';
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
  ],
});
