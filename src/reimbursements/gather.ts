// Applications that are there already, gathered with all that deciding on them looks at.
import type { ProgrammeVersion as VersionRow, Reimbursement } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { gatherLimits } from '../ledger/limits.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { programmeOf } from '../programmes/published.js';
import { invoiceShelf } from '../usage/facts.js';
import type { Case } from './award-facts.js';
import { caseOf, gatherDealings } from './award-facts.js';
import { reimbursementLineShelf } from './facts.js';
import { countedOf, linesOf, windowsTouched } from './lines.js';
import type { Predicates } from './rules.js';
import { eligibilityOf } from './rules.js';

/** Gathers the lines of these applications, what they rest on, and the limits an award on them would touch today. */
export async function gatherWhole(loader: Loader, rows: readonly Reimbursement[], days: readonly Day[]): Promise<void> {
  const [lines] = await Promise.all([
    loader.load(
      reimbursementLineShelf,
      'reimbursement',
      rows.map(({ reimbursementId }) => reimbursementId),
    ),
    loader.load(
      programmeVersionShelf,
      'id',
      rows.map(({ programmeVersionId }) => programmeVersionId),
    ),
  ]);
  await gatherDealings(loader, {
    enterpriseIds: rows.map(({ enterpriseId }) => enterpriseId),
    contractIds: lines.flatMap(({ contractId }) => contractId ?? []),
    counterparties: lines.flatMap((line) => (line.contractId === null ? [line.counterpartyUscc] : [])),
  });
  const windows = rows.flatMap((row) => {
    const { law } = lawOf(loader.facts, row);
    return [...new Set(days)].flatMap((bookedOn) =>
      windowsTouched(law, wholeOf(loader.facts, row, { bookedOn, predicates: {} })),
    );
  });
  await gatherLimits(loader, windows);
}

/** Gathers the invoices whose lines these applications hold. */
export const gatherHeld = (loader: Loader, rows: readonly Reimbursement[]): Promise<unknown> =>
  loader.load(
    invoiceShelf,
    'id',
    rows.flatMap((row) =>
      linesOf(loader.facts, row).flatMap(({ invoiceId, isLive }) => (isLive && invoiceId !== null ? [invoiceId] : [])),
    ),
  );

/** The version that a gathered application was made under. */
export function lawOf(facts: Facts, row: Reimbursement): { version: VersionRow; law: ProgrammeVersion } {
  const version = facts.get(programmeVersionShelf, row.programmeVersionId);
  if (!version) throw new Error(`${row.reimbursementNo} has lost its programme`);
  return { version, law: programmeOf(version) };
}

/** The evaluator's question about what counts of a gathered application; predicates as its review found them unless said otherwise. */
export const wholeOf = (facts: Facts, row: Reimbursement, of: { bookedOn: Day; predicates?: Predicates }): Case =>
  caseOf(facts, row, countedOf(linesOf(facts, row)), {
    bookedOn: of.bookedOn,
    predicates: of.predicates ?? eligibilityOf(row)?.predicates ?? {},
  });
