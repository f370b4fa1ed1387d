// The lines of an application: those the law counts, and the invoices they hold while they are counted.
import type { Reimbursement, ReimbursementLine } from '../../db/tables.js';
import type { Change, Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Fen } from '../money.js';
import type { Evaluation, TouchedLimit } from '../programmes/evaluate.js';
import { evaluateAward, findingsOf, limitsTouched } from '../programmes/evaluate.js';
import { readLimits } from '../programmes/limits.js';
import { invoiceShelf } from '../usage/facts.js';
import type { Case } from './award-facts.js';
import { reimbursementLineShelf } from './facts.js';

/** An application's lines in order. */
export const linesOf = (facts: Facts, { reimbursementId }: Pick<Reimbursement, 'reimbursementId'>): ReimbursementLine[] =>
  [...facts.all(reimbursementLineShelf, 'reimbursement', reimbursementId)].sort((a, b) => a.lineNo - b.lineNo);

/** Those that counted when they were last looked at: only these are looked at again, for what did not count holds no invoice. */
export const countedOf = (lines: readonly ReimbursementLine[]): ReimbursementLine[] =>
  lines.filter(({ basisPoints }) => basisPoints !== null);

/** The limits that an award on these lines would count against. */
export const touchedBy = ({ law, at }: Case): TouchedLimit[] => limitsTouched(law, 'AWARD', { ...at, limitsLeft: {} });

/** More than any number of a law, for a figure that is not on record. */
const withoutBound: Fen = 10n ** 17n;

/**
 * What the law gives by its own numbers, as if nothing were used of any limit and figures that are not on record bound nothing: that
 * holds the award, not the application. And with what the limits leave now of what the review left.
 */
export function evaluationsOf(facts: Facts, of: Case, approvedFen?: Fen): { byLaw: Evaluation; now: Evaluation } {
  const { law, at } = of;
  const touched = touchedBy(of);
  const unknown = touched.filter(({ amountFen }) => amountFen === null);
  const figures = { ...at.figures, ...Object.fromEntries(unknown.map(({ limitId }) => [limitId, withoutBound])) };
  const limitsLeft = Object.fromEntries(touched.map(({ limitId, amountFen }) => [limitId, amountFen ?? withoutBound]));
  return {
    byLaw: evaluateAward(law, { ...at, figures, limitsLeft }),
    now: evaluateAward(law, { ...at, limitsLeft: readLimits(facts, touched).left, approvedFen }),
  };
}

/** Each line as the law finds it now: counted at a rate and live, or with the reason why not. */
export function found(of: Case): ReimbursementLine[] {
  const findings = findingsOf(of.law, { ...of.at, limitsLeft: {} });
  return of.lines.flatMap((group, i) =>
    group.map((line, j) => {
      const finding = findings[i]?.[j];
      if (!finding) throw new Error('a line without a finding');
      const { basisPoints, refusal } = finding;
      return { ...line, basisPoints, reason: refusal, isLive: basisPoints !== null };
    }),
  );
}

/** Whether the law counts every one of these lines as it did. */
export const countsAsBefore = (of: Case): boolean => {
  const before = of.lines.flat();
  return found(of).every(({ basisPoints }, i) => basisPoints === before[i]?.basisPoints);
};

/** Changes the count of live lines on the invoices of these lines, which must have been gathered: +1 each, or −1. */
export function holdInvoices(facts: Facts, lines: readonly ReimbursementLine[], by: 1 | -1): Change[] {
  const counts = new Map<string, number>();
  for (const { invoiceId } of lines) if (invoiceId !== null) counts.set(invoiceId, (counts.get(invoiceId) ?? 0) + by);
  return [...counts].map(([invoiceId, count]) => {
    const invoice = facts.get(invoiceShelf, invoiceId);
    if (!invoice) throw new Error('a row that a foreign key promises was not found');
    return update(invoiceShelf, { ...invoice, reimbursedLines: invoice.reimbursedLines + count });
  });
}

/** Lets lines go that are live: they count no longer, and what they hold of an invoice is free again. */
export const letGo = (facts: Facts, lines: readonly ReimbursementLine[]): Change[] => {
  const live = lines.filter(({ isLive }) => isLive);
  return [...live.map((line) => update(reimbursementLineShelf, { ...line, isLive: false })), ...holdInvoices(facts, live, -1)];
};
