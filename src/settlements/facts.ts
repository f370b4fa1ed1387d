import { bankLines, bankReturns, fundStandings, paymentInstructions, settlementLines, settlements } from '../../db/tables.js';
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
  mutable: ['status', 'returnReason', 'reinstructed'],
});
export const fundStandingShelf = shelf(fundStandings, { rank: 70, id: 'fund', mutable: ['instructedFen', 'recoveredFen'] });
export const bankReturnShelf = shelf(bankReturns, { rank: 70, id: 'bankReturnId', keys: { digest: ['fileDigest'] } });
export const bankLineShelf = shelf(bankLines, {
  rank: 73,
  id: 'bankLineId',
  keys: { serial: ['bankSerial'] },
  once: ['id', 'serial'],
});
