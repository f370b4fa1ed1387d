// What does not tie: its kinds, from when on it is an exception, its life, and how it is shown. Pure.
import type { z } from 'zod';
import type { BankLine, BankReturn, PaymentInstruction, ReconciliationException, Redemption } from '../../db/tables.js';
import type {
  exceptionListed,
  reconciliationBatch,
  reconciliationBatchLine,
  reconciliationException,
} from '../../schemas/reconciliation.js';
import type { Day, WorkingCalendar } from '../calendar.js';
import { addDays, daysInclusive, formatInstant, isWeekend, isWorkingDay, workingDaysFromTo } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';

export type ExceptionKind = ReconciliationException['kind'];
/** Those that a rule opens. */
export type RuleKind = Exclude<ExceptionKind, 'OTHER'>;

/** Working days that a thing may stand so before it is an exception: 0, from the day after. The days are ours; nothing is decided by them. */
export const patience: Readonly<Record<RuleKind, number>> = {
  UNMATCHED_LINE: 0,
  IN_TRANSIT: 3,
  PAYMENT_RETURNED: 5,
  RESERVED: 20,
  UNMATCHED_BUDGET: 0,
  FILE_CUT: 0,
  BALANCE_GAP: 0,
};
export const ruleKinds = Object.keys(patience) as RuleKind[];

/** The last day since which something has stood too long today; a year without a calendar counts Monday to Friday, for nobody's right ends by it. */
export function dueSince(kind: RuleKind, today: Day, calendar: WorkingCalendar): Day {
  let at = today;
  for (let left = patience[kind]; left > 0; at = addDays(at, -1)) {
    const found = isWorkingDay(at, calendar);
    if (found.kind === 'known' ? found.isWorkingDay : !isWeekend(at)) left -= 1;
  }
  return addDays(at, -1);
}

export const exceptionLife = life({
  of: 'reconciliation exception',
  code: 'RECONCILIATION_WRONG_STATE',
  states: { OPEN: ['assign', 'explain', 'close'], EXPLAINED: ['assign', 'explain', 'close'], CLOSED: [] },
});
export const refuseException = (row: ReconciliationException, verb: 'assign' | 'explain' | 'close'): Refused | null =>
  refuseStep(exceptionLife, row.status, verb);

/** How much of what an exception is about stands so still, in fen; null where that is seen by looking through the book alone. */
export interface Subject {
  readonly line?: BankLine | undefined;
  readonly instruction?: PaymentInstruction | undefined;
  readonly redemption?: Redemption | undefined;
  readonly file?: BankReturn | undefined;
}
export function standingFen(kind: ExceptionKind, { line, instruction, redemption, file }: Subject): Fen | null {
  if (kind === 'UNMATCHED_LINE') return line ? line.amountFen - line.matchedFen : 0n;
  if (kind === 'IN_TRANSIT') return instruction ? instruction.amountFen - instruction.paidFen - instruction.returnedFen : 0n;
  if (kind === 'PAYMENT_RETURNED')
    return instruction?.status === 'RETURNED' && !instruction.reinstructed ? instruction.returnedFen : 0n;
  if (kind === 'RESERVED') return redemption?.status === 'SUBMITTED' ? redemption.reservedFen : 0n;
  if (kind === 'FILE_CUT') return file?.state === 'IMPORTING' ? file.totalFen : 0n;
  return null;
}

export const presentException = (row: ReconciliationException): z.input<typeof reconciliationException> => ({
  exceptionId: row.exceptionId,
  kind: row.kind,
  subject: row.subject,
  amount: formatYuan(row.amountFen),
  since: row.since,
  openedOn: row.openedOn,
  openedPerson: row.openedPerson,
  note: row.note,
  ownerPerson: row.ownerPerson,
  status: row.status,
  explanation: row.explanation,
  explainedPerson: row.explainedPerson,
  explainedOn: row.explainedOn,
  resolution: row.resolution,
  closedPerson: row.closedPerson,
  closedOn: row.closedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});

/** With how long it has stood so: until it was closed, or today. */
export function presentListed(
  row: ReconciliationException,
  today: Day,
  calendar: WorkingCalendar,
): z.input<typeof exceptionListed> {
  const until = row.closedOn ?? today;
  const worked = workingDaysFromTo(row.since, until, calendar);
  return {
    ageDays: row.since > until ? 0 : daysInclusive(row.since, until) - 1,
    ageWorkingDays: worked.kind === 'days' ? worked.days : null,
    ...presentException(row),
  };
}

/** What of payments is in transit by their instructions and by the ledger, in fen. */
interface InTransit {
  readonly amountFen: Fen;
  readonly paidFen: Fen;
  readonly returnedFen: Fen;
  readonly inTransitFen: Fen;
  readonly ledgerFen: Fen;
}
export interface BatchAgainstLedger extends InTransit {
  readonly settlementId: string;
  readonly settlementNo: string;
  readonly period: string;
  readonly status: string;
  readonly instructedOn: Day | null;
  readonly waiting: number;
  readonly waitingSince: Day | null;
}
export interface InstructionAgainstLedger extends InTransit {
  readonly instructionId: string;
  readonly instructionNo: string;
  readonly payeeId: string;
  readonly fund: string;
  readonly funder: string;
  readonly attempt: number;
  readonly status: PaymentInstruction['status'];
  readonly instructedOn: Day;
  readonly exceptionId: string | null;
  readonly exceptionStatus: ReconciliationException['status'] | null;
  readonly ownerPerson: string | null;
  readonly explanation: string | null;
}

const presentTransit = ({ paidFen, returnedFen, inTransitFen, ledgerFen }: InTransit) => ({
  paid: formatYuan(paidFen),
  returned: formatYuan(returnedFen),
  inTransit: formatYuan(inTransitFen),
  ledgerInTransit: formatYuan(ledgerFen),
  difference: formatYuan(ledgerFen - inTransitFen),
});

export const presentBatch = (row: BatchAgainstLedger): z.input<typeof reconciliationBatch> => ({
  settlementId: row.settlementId,
  settlementNo: row.settlementNo,
  period: row.period,
  status: row.status,
  instructedOn: row.instructedOn,
  instructed: formatYuan(row.amountFen),
  ...presentTransit(row),
  waiting: row.waiting,
  waitingSince: row.waitingSince,
});

export const presentBatchLine = (row: InstructionAgainstLedger, today: Day): z.input<typeof reconciliationBatchLine> => ({
  instructionId: row.instructionId,
  instructionNo: row.instructionNo,
  payeeId: row.payeeId,
  fund: row.fund,
  funder: row.funder,
  attempt: row.attempt,
  status: row.status,
  instructedOn: row.instructedOn,
  amount: formatYuan(row.amountFen),
  ...presentTransit(row),
  ageDays: row.inTransitFen === 0n ? null : daysInclusive(row.instructedOn, today) - 1,
  exception:
    row.exceptionId === null || row.exceptionStatus === null
      ? null
      : {
          exceptionId: row.exceptionId,
          status: row.exceptionStatus,
          ownerPerson: row.ownerPerson,
          explanation: row.explanation,
        },
});
