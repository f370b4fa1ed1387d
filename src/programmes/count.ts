// What counts of a contract before it is used, and of what a reimbursement is asked for: every line weighed by the law.
import { lawOf, subjectOf } from './circumstances.js';
import type { AwardFacts, Circumstances, SettledLine } from './circumstances.js';
import type { Law, Predicate, ProgrammeVersion } from './language.js';
import type { Line } from './evaluate.js';
import { Counting, rateOfLine } from './lines.js';
import type { Counted, Use } from './lines.js';

/** What counts of a contract as it would be on the day of application. */
export function countContract(law: Law, at: Circumstances, approved: number | undefined): Counted {
  const counting = new Counting();
  const use = { period: { from: at.appliedOn, to: at.appliedOn } };
  for (const line of at.contract.lines) counting.weigh(law, at, at, line, use, approved);
  return counting.counted;
}

/** What counts of lines used in a period, as a redemption counts them. */
export function countUsage(version: ProgrammeVersion, at: Circumstances, lines: readonly Line[], period: Use['period']): Counted {
  const law = lawOf(version, at, subjectOf(at));
  const counting = new Counting();
  for (const line of lines) counting.weigh(law, at, at, line, { period }, undefined);
  return counting.counted;
}

/** What counts of all that a reimbursement is asked for. */
export function countItems(version: ProgrammeVersion, law: Law, facts: AwardFacts): Counted {
  const counting = new Counting();
  const conditions = conditionsOfItems(version);
  for (const item of facts.items) {
    for (const line of item.lines) counting.weigh(law, facts, item, line, useOf(law, facts, line, conditions), undefined);
  }
  return counting.counted;
}

/** The conditions that each item of a reimbursement has to meet by itself. */
export const conditionsOfItems = ({ eligibility }: ProgrammeVersion): Predicate[] =>
  eligibility.filter(({ of }) => of === 'ITEM');

const useOf = (law: Law, { baseYear }: AwardFacts, line: SettledLine, conditions: readonly Predicate[]): Use => ({
  period: line.usage,
  settled: { on: line.settledOn, inYear: law.base?.value === 'PRIOR_YEAR_SETTLED_FEE' ? baseYear : null },
  conditions,
});

/** Of every line of a reimbursement, item by item and in order: its rate in basis points, or the code of why it does not count. */
export function findingsOf(
  version: ProgrammeVersion,
  facts: AwardFacts,
): { lineNo: number; basisPoints: number | null; refusal: string | null }[][] {
  const law = lawOf(version, facts, subjectOf(facts));
  const conditions = conditionsOfItems(version);
  return facts.items.map((item) =>
    item.lines.map((line) => {
      const found = rateOfLine(law, facts, item, line, useOf(law, facts, line, conditions));
      const { lineNo } = line;
      return typeof found === 'number'
        ? { lineNo, basisPoints: found, refusal: null }
        : { lineNo, basisPoints: null, refusal: found.code };
    }),
  );
}
