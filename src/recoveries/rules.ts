// The life of a recovery (追回), and how it is shown. Pure.
import type { z } from 'zod';
import type { Recovery, RecoveryItem, RecoveryOffset, RecoveryReceipt } from '../../db/tables.js';
import type { recovery as shown, recoveryOffset as shownOffset } from '../../schemas/recoveries.js';
import { formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { life, refuseStep } from '../lives.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan } from '../money.js';

export type RecoveryVerb =
  | 'open'
  | 'drop'
  | 'serve'
  | 'appeal'
  | 'decide-appeal'
  | 'fall-due'
  | 'receive'
  | 'refer'
  | 'ask-write-off'
  | 'write-off'
  | 'propose-offset'
  | 'offset';

/**
 * The life of a recovery. One that follows from a fraud is proposed by one person and opened by another; one that follows from a contract
 * cut or a red letter is opened with it. Money may come back at any time once it is served. Writing off takes two persons.
 */
export const recoveryLife = life({
  of: 'recovery',
  code: 'RECOVERY_WRONG_STATE',
  states: {
    PROPOSED: ['open', 'drop'],
    OPENED: ['serve'],
    SERVED: ['appeal', 'fall-due', 'receive'],
    APPEALED: ['decide-appeal'],
    DUE: ['receive', 'refer', 'ask-write-off', 'write-off', 'propose-offset', 'offset'],
    PARTLY_RECOVERED: ['receive', 'refer', 'ask-write-off', 'write-off', 'propose-offset', 'offset'],
    REFERRED: ['receive', 'ask-write-off', 'write-off', 'propose-offset', 'offset'],
    RECOVERED: [],
    OFFSET: [],
    WRITTEN_OFF: [],
    WITHDRAWN: [],
    DROPPED: [],
  },
});

/** Refuses (RECOVERY_WRONG_STATE) a verb that the recovery's state does not offer. */
export const refuseRecovery = (row: Recovery, verb: RecoveryVerb): Refused | null =>
  refuseStep(recoveryLife, row.status, verb, { recoveryNo: row.recoveryNo });

/** As a recovery begins: its notice is not served, nobody has answered it, and it was never another's. */
export const unserved = {
  servedOn: null,
  dueOn: null,
  appealReason: null,
  appealPerson: null,
  appealDecidedBy: null,
  appealDecision: null,
  writeOffReason: null,
  writeOffAskedBy: null,
  endedPerson: null,
  endedOn: null,
  formerly: [],
} as const;

/** Whether nothing can be done with it any more. */
export const isOver = ({ status }: Recovery): boolean => recoveryLife.states[status].length === 0;

/** What is still to come back (fen). */
export const outstandingFen = ({ amountFen, receivedFen }: Recovery): bigint => amountFen - receivedFen;

/** What the debtor is told when it is opened. */
export const toldOfOpening = ({ recoveryId, recoveryNo, debtorId, amountFen, reason }: Recovery): Message => {
  const params = { recoveryNo, amount: formatYuan(amountFen), reason };
  return tell('recovery.opened', party(debtorId), { kind: 'RECOVERY', id: recoveryId }, params);
};

/** What its new debtor is told when it goes over. */
export const toldOfSuccession = (
  row: Recovery,
  { from, reason }: { readonly from: string; readonly reason: string },
): Message => {
  const params = { recoveryNo: row.recoveryNo, from, left: formatYuan(outstandingFen(row)), dueOn: row.dueOn ?? '—', reason };
  return tell('recovery.succeeded', party(row.debtorId), { kind: 'RECOVERY', id: row.recoveryId }, params);
};

export const presentRecovery = (row: Recovery): z.input<typeof shown> => ({
  recoveryId: row.recoveryId,
  recoveryNo: row.recoveryNo,
  cause: row.cause,
  clauseId: row.clauseId,
  correctionId: row.correctionId,
  debtorId: row.debtorId,
  formerly: row.formerly.map(({ debtorId, until }) => ({ debtorId, until })),
  fund: row.fund,
  programmeCode: row.programmeCode,
  contractId: row.contractId,
  voucherId: row.voucherId,
  reimbursementId: row.reimbursementId,
  amount: formatYuan(row.amountFen),
  received: formatYuan(row.receivedFen),
  atFault: row.atFault,
  status: row.status,
  reason: row.reason,
  documentNo: row.documentNo,
  openedOn: row.openedOn,
  servedOn: row.servedOn,
  dueOn: row.dueOn,
  appealReason: row.appealReason,
  appealDecision: row.appealDecision,
  writeOffReason: row.writeOffReason,
  endedOn: row.endedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

export const presentItem = (row: RecoveryItem) => ({
  redemptionId: row.redemptionId,
  reimbursementId: row.reimbursementId,
  amount: formatYuan(row.amountFen),
});
export const presentOffset = (row: RecoveryOffset): z.input<typeof shownOffset> => ({
  offsetId: row.offsetId,
  redemptionId: row.redemptionId,
  reimbursementId: row.reimbursementId,
  fund: row.fund,
  amount: formatYuan(row.amountFen),
  document: row.document,
  article: row.article,
  reason: row.reason,
  status: row.status,
  proposedOn: row.proposedOn,
  decidedOn: row.decidedOn,
});
export const presentReceipt = (row: RecoveryReceipt) => ({
  receiptId: row.receiptId,
  bankSerial: row.bankSerial,
  bookedOn: row.bookedOn,
  amount: formatYuan(row.amountFen),
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
