// Applications that are there already, gathered with all that deciding on them looks at.
import type { ProgrammeVersion as VersionRow, Reimbursement, ReimbursementLineCut } from '../../db/tables.js';
import type { Known } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import { programmeVersionShelf } from '../programmes/facts.js';
import type { ProgrammeVersion } from '../programmes/language.js';
import { controlIdsOf, gatherControls, lawUnder } from '../programmes/laws.js';
import { invoiceShelf } from '../usage/facts.js';
import type { Asked, Case } from './award-facts.js';
import { caseOf, gatherAwardLimits, gatherDealings } from './award-facts.js';
import { lineCutShelf, reimbursementLineShelf } from './facts.js';
import { countedOf, linesOf } from './lines.js';
import type { Predicates } from './rules.js';
import { eligibilityOf } from './rules.js';

/** Gathers the lines of these applications and what they rest on, but for what limits look at. */
export async function gatherParts(loader: Loader, rows: readonly Reimbursement[]): Promise<void> {
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
    gatherControls(loader),
    loader.load(
      lineCutShelf,
      'reimbursement',
      rows.map(({ reimbursementId }) => reimbursementId),
    ),
  ]);
  const applicantOf = new Map(rows.map(({ reimbursementId, enterpriseId }) => [reimbursementId, enterpriseId]));
  await gatherDealings(loader, {
    enterpriseIds: rows.map(({ enterpriseId }) => enterpriseId),
    contractIds: lines.flatMap(({ contractId }) => contractId ?? []),
    counterparties: lines.flatMap(({ contractId, counterpartyUscc, reimbursementId }) =>
      contractId === null ? [{ enterpriseId: applicantOf.get(reimbursementId) ?? '', uscc: counterpartyUscc }] : [],
    ),
  });
}

/** The same, with the limits that an award on them would touch on any of these days. */
export async function gatherWhole(loader: Loader, rows: readonly Reimbursement[], days: readonly Day[]): Promise<void> {
  await gatherParts(loader, rows);
  await gatherAwardLimits(
    loader,
    rows.flatMap((row) => [...new Set(days)].map((bookedOn) => askedOf(loader.facts, row, { bookedOn }))),
  );
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

/** The version that a gathered application was made under, and the law: that version under the controls it names. */
export function lawOf(facts: Facts, row: Reimbursement): { version: VersionRow; law: ProgrammeVersion } {
  const version = facts.get(programmeVersionShelf, row.programmeVersionId);
  if (!version) throw new Error(`${row.reimbursementNo} has lost its programme`);
  return { version, law: lawUnder(facts, version, controlIdsOf(row)) };
}

/** When an award would be booked, and what predicates a review found, the one on record unless said otherwise. */
interface At {
  readonly bookedOn: Day;
  readonly predicates?: Predicates;
  readonly known?: Known;
  /** What red letters took of its lines; left out: all that did as far as is known. */
  readonly cuts?: readonly ReimbursementLineCut[];
}

/** What red letters took of the lines of a gathered application, in order. */
export const cutsOf = (facts: Facts, { reimbursementId }: Reimbursement): readonly ReimbursementLineCut[] =>
  facts.all(lineCutShelf, 'reimbursement', reimbursementId);

/** What is asked about what counts of a gathered application. */
export const askedOf = (facts: Facts, row: Reimbursement, { bookedOn, predicates, known, cuts }: At): Asked => ({
  law: lawOf(facts, row).law,
  of: row,
  lines: countedOf(linesOf(facts, row)),
  cuts: cuts ?? cutsOf(facts, row).filter(({ redLetterId }) => known?.has(redLetterId) ?? true),
  bookedOn,
  predicates: predicates ?? eligibilityOf(row)?.predicates ?? {},
  ...(known && { known }),
});

/** The same, as the evaluator is asked. */
export const wholeOf = (facts: Facts, row: Reimbursement, at: At): Case => caseOf(facts, askedOf(facts, row, at));

/** By command: those of its applications that a flag holds. */
const flagged = note<ReadonlySet<string>>('applications that a flag holds');

/** Gathers which applications of these commands a flag holds: on themselves, or on an invoice or a contract that counts in them. */
export async function gatherFlagged(
  loader: Loader,
  commandIds: readonly string[],
  reimbursementIds: readonly string[],
): Promise<void> {
  const rows = await loader.tx.sql.prepared<{ id: string }[]>(
    `select subject_id as id from flags where book_id = $1 and subject_id = any($2::uuid[]) and status <> 'CLEARED'
      union
     select l.reimbursement_id from reimbursement_lines l
       join usage_invoices i on i.book_id = l.book_id and i.invoice_id = l.invoice_id
       join contracts c on c.book_id = i.book_id and c.contract_id = i.contract_id
      where l.book_id = $1 and l.reimbursement_id = any($2::uuid[]) and l.is_live and i.holding_flags + c.holding_flags > 0`,
    [loader.bookId, reimbursementIds],
  );
  const held = new Set(rows.map(({ id }) => id));
  for (const commandId of commandIds) loader.note(flagged, commandId, held);
}

/** Those of a command's applications that a flag holds. */
export const flaggedOf = (facts: Facts, commandId: string): ReadonlySet<string> => facts.noted(flagged, commandId);
