import { recoveries, recoveryItems, recoveryOffsets, recoveryReceipts } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const recoveryShelf = shelf(recoveries, {
  rank: 80,
  id: 'recoveryId',
  keys: { voucher: ['voucherId'], reimbursement: ['reimbursementId'], debtor: ['debtorId'] },
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
    ...(['endedPerson', 'endedOn', 'debtorId', 'formerly'] as const),
  ],
});
export const recoveryItemShelf = shelf(recoveryItems, {
  rank: 81,
  id: 'recoveryItemId',
  keys: { recovery: ['recoveryId'] },
  once: ['id'],
});
/** Off-sets; `open` finds the one that waits for a recovery. */
export const offsetShelf = shelf(recoveryOffsets, {
  rank: 81,
  id: 'offsetId',
  keys: { open: ['recoveryId', 'status'] },
  mutable: ['status', 'parts', 'decidedPerson', 'decidedOn'],
});
export const receiptShelf = shelf(recoveryReceipts, {
  rank: 81,
  id: 'receiptId',
  keys: { serial: ['bankSerial'] },
  once: ['id', 'serial'],
});
