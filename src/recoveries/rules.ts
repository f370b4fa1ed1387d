// The life of a recovery (追回), and how it is shown. Pure.
import type { z } from 'zod';
import type { Recovery, RecoveryItem, RecoveryOffset, RecoveryReceipt } from '../../db/tables.js';
import type {
  receivablesAge,
  recoveryListed,
  recovery as shown,
  recoveryOffset as shownOffset,
} from '../../schemas/recoveries.js';
import type { Day } from '../calendar.js';
import { daysInclusive, formatInstant } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { life, refuseStep } from '../lives.js';
import { party, tell } from '../messages/rules.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { readFund } from '../settlements/rules.js';

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

/** States in which something is outstanding: the ledger's claims. */
export const outstandingStatuses = ['OPENED', 'SERVED', 'APPEALED', 'DUE', 'PARTLY_RECOVERED', 'REFERRED'] as const;
const isOutstanding = ({ status }: Recovery): boolean => outstandingStatuses.some((of) => of === status);

/** Days since the last day to pay back; null while that is not over, or nobody has been served. */
const overdueDays = (dueOn: Day | null, today: Day): number | null =>
  dueOn === null || today <= dueOn ? null : daysInclusive(dueOn, today) - 1;

type Overdue = z.input<typeof receivablesAge>['overdue'];
const ages = [
  [30, 'UP_TO_30'],
  [90, 'UP_TO_90'],
  [180, 'UP_TO_180'],
  [365, 'UP_TO_365'],
] as const satisfies readonly (readonly [days: number, Overdue])[];
const order: readonly Overdue[] = ['NOT_SERVED', 'NOT_DUE', ...ages.map(([, name]) => name), 'OVER_365'];

function overdueOf(dueOn: Day | null, today: Day): Overdue {
  if (dueOn === null) return 'NOT_SERVED';
  const days = overdueDays(dueOn, today);
  return days === null ? 'NOT_DUE' : (ages.find(([most]) => days <= most)?.[1] ?? 'OVER_365');
}

/** What is outstanding of a fund and due on a day (fen). */
export interface DueSum {
  readonly fund: string;
  readonly dueOn: Day | null;
  readonly count: number;
  readonly fen: Fen;
}

/** What is outstanding, by fund and how long it is overdue, in this order. */
export function agesOf(sums: readonly DueSum[], today: Day): z.input<typeof receivablesAge>[] {
  const rows = new Map<string, { fund: string; overdue: Overdue; count: number; fen: Fen }>();
  for (const { fund, dueOn, count, fen } of sums) {
    const overdue = overdueOf(dueOn, today);
    const row = rows.get(`${fund} ${overdue}`) ?? { fund, overdue, count: 0, fen: 0n };
    rows.set(`${fund} ${overdue}`, { fund, overdue, count: row.count + count, fen: row.fen + fen });
  }
  return [...rows.values()]
    .sort((a, b) => (a.fund === b.fund ? order.indexOf(a.overdue) - order.indexOf(b.overdue) : a.fund < b.fund ? -1 : 1))
    .map(({ fund, overdue, count, fen }) => ({
      fund,
      programmeCode: readFund(fund).programmeCode,
      overdue,
      count,
      outstanding: formatYuan(fen),
    }));
}

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

/** With what is outstanding today, and for how long. */
export function presentListed(row: Recovery, today: Day): z.input<typeof recoveryListed> {
  const outstanding = isOutstanding(row);
  return {
    outstanding: formatYuan(outstanding ? outstandingFen(row) : 0n),
    overdueDays: outstanding ? overdueDays(row.dueOn, today) : null,
    ...presentRecovery(row),
  };
}

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
