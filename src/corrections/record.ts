// How what was taken back is recorded: the rows of a correction and of the recoveries it opens, and their numbers. Pure.
import type { Correction, Recovery } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { yearOf } from '../calendar.js';
import type { Step } from '../ledger/explanations.js';
import { keep } from '../ledger/explanations.js';
import type { Change, Facts } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import { seriesOf, takeNumbers } from '../ledger/numbers.js';
import type { Why } from './cut-back.js';

/** What is corrected: what stands on a contract under a programme, or an award. */
export type Subject = Pick<Correction, 'contractId' | 'reimbursementId' | 'programmeCode'>;

/** What was returned, voided, reversed and recalled (fen). */
export type Sums = Pick<Correction, 'returnedFen' | 'voidedFen' | 'reversedFen' | 'recalledFen'>;

export const correctionRow = (
  bookId: string,
  { receivedAt }: Command,
  { cause, atFault, personId, today }: Why,
  {
    sums,
    steps,
    ...of
  }: Subject & Pick<Correction, 'correctionId' | 'correctionNo' | 'subjectId'> & { sums: Sums; steps: readonly Step[] },
): Correction => ({
  bookId,
  cause,
  atFault,
  explanation: keep(steps),
  decidedPerson: personId,
  decidedOn: today,
  recordedAt: receivedAt.toISOString(),
  ...of,
  ...sums,
});

/** A recovery that is opened with a correction; one that was proposed is opened as it was proposed. */
export function openedRow(
  bookId: string,
  { receivedAt }: Command,
  why: Why,
  {
    proposed,
    ...of
  }: Subject &
    Pick<Recovery, 'correctionId' | 'recoveryId' | 'recoveryNo' | 'debtorId' | 'fund' | 'amountFen'> & {
      proposed: Recovery | undefined;
    },
): Recovery {
  const opened = { status: 'OPENED', openedPerson: why.personId, openedOn: why.today, ...of } as const;
  if (proposed) return { ...proposed, ...opened };
  return {
    bookId,
    cause: why.cause,
    clauseId: null,
    voucherId: null,
    receivedFen: 0n,
    atFault: why.atFault,
    reason: why.reason,
    documentNo: null,
    proposedPerson: null,
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
    recordedAt: receivedAt.toISOString(),
    ...opened,
  };
}

/** Takes the numbers of these corrections and of as many recoveries, with the changes that keep them taken. */
export function numbersFor(
  facts: Facts,
  today: Day,
  cuts: readonly { readonly recoveries: number }[],
): { numbers: { correctionNo: string; recoveryNos: string[] }[]; changes: Change[] } {
  const corrections = takeNumbers(facts, seriesOf('C', yearOf(today)), cuts.length);
  const count = cuts.reduce((sum, { recoveries }) => sum + recoveries, 0);
  const recoveries = takeNumbers(facts, seriesOf('RC', yearOf(today)), count);
  let at = 0;
  return {
    numbers: cuts.map((cut, i) => {
      const recoveryNos = recoveries.numbers.slice(at, at + cut.recoveries);
      at += cut.recoveries;
      return { correctionNo: corrections.numbers[i] ?? '', recoveryNos };
    }),
    changes: [...corrections.changes, ...recoveries.changes],
  };
}
