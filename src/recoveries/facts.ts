import { recoveries, recoveryItems, recoveryReceipts } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const recoveryShelf = shelf(recoveries, {
  rank: 80,
  id: 'recoveryId',
  keys: { voucher: ['voucherId'] },
  mutable: [
    ...([
      'amountFen',
      'receivedFen',
      'status',
      'documentNo',
      'correctionId',
      'openedPerson',
      'openedOn',
      'servedOn',
      'dueOn',
    ] as const),
    ...(['appealReason', 'appealPerson', 'appealDecidedBy', 'appealDecision', 'writeOffReason', 'writeOffAskedBy'] as const),
    ...(['endedPerson', 'endedOn'] as const),
  ],
});
export const recoveryItemShelf = shelf(recoveryItems, {
  rank: 81,
  id: 'recoveryItemId',
  keys: { recovery: ['recoveryId'] },
  once: ['id'],
});
export const receiptShelf = shelf(recoveryReceipts, {
  rank: 81,
  id: 'receiptId',
  keys: { serial: ['bankSerial'] },
  once: ['id', 'serial'],
});
