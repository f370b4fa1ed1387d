import { fundStandings, paymentInstructions, settlementLines, settlements } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const settlementShelf = shelf(settlements, {
  rank: 70,
  id: 'settlementId',
  keys: { period: ['period'] },
  mutable: ['status', 'approvedPerson', 'instructedPerson', 'instructedOn', 'closedPerson', 'closedOn'],
});
export const settlementLineShelf = shelf(settlementLines, {
  rank: 71,
  id: 'settlementLineId',
  keys: { settlement: ['settlementId'] },
  once: ['id', 'settlement'],
});
export const instructionShelf = shelf(paymentInstructions, {
  rank: 72,
  id: 'instructionId',
  keys: { settlement: ['settlementId'], number: ['instructionNo'] },
  once: ['id', 'settlement', 'number'],
  unique: ['number'],
  mutable: ['status', 'returnReason', 'reinstructed', 'paidFen', 'returnedFen'],
});
export const fundStandingShelf = shelf(fundStandings, { rank: 70, id: 'fund', mutable: ['instructedFen', 'recoveredFen'] });
