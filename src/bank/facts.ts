import { bankDays, bankFormats, bankLines, bankMatches, bankReturns, paymentFileLines, paymentFiles } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const bankReturnShelf = shelf(bankReturns, {
  rank: 74,
  id: 'bankReturnId',
  keys: { digest: ['fileDigest'] },
  mutable: ['state', 'nextLine', 'repeatedCount', 'byResult', 'paidFen', 'returnedFen'],
});
export const bankLineShelf = shelf(bankLines, {
  rank: 75,
  id: 'bankLineId',
  keys: { serial: ['bankSerial'] },
  once: ['id', 'serial'],
  // One line a serial; of those from before there was a rule, one that repeats another stands for it.
  unique: ['serial'],
  mutable: ['matchedFen'],
});
export const bankMatchShelf = shelf(bankMatches, {
  rank: 76,
  id: 'matchId',
  once: ['id'],
  mutable: ['status', 'undonePerson', 'undoneOn', 'undoReason'],
});
export const bankDayShelf = shelf(bankDays, {
  rank: 73,
  id: 'bankDayId',
  keys: { day: ['bookedOn', 'bankAccount'] },
  unique: ['day'],
  mutable: ['lineCount', 'paidFen', 'returnedFen', 'matchedFen', 'settledFen', 'backFen'],
});
export const bankFormatShelf = shelf(bankFormats, { rank: 70, id: 'bankFormatId', keys: { code: ['code'] } });
export const paymentFileShelf = shelf(paymentFiles, { rank: 73, id: 'paymentFileId', keys: { settlement: ['settlementId'] } });
export const paymentFileLineShelf = shelf(paymentFileLines, {
  rank: 74,
  id: 'paymentFileLineId',
  keys: { instruction: ['instructionId'] },
  once: ['id', 'instruction'],
  unique: ['instruction'],
});
