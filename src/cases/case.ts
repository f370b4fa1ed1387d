// A kind of case as the shared steps see it: where its rows are, what its law and its life are, what else changes with a row.
import type { ProgrammeVersion as VersionRow } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import type { Change, Facts, Loader, Shelf } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Command, Refused } from '../ledger/lane.js';
import type { AskedFor } from '../materials/facts.js';
import { gatherMaterials } from '../materials/facts.js';
import type { Law } from '../programmes/language.js';
import type { CaseRow, CaseState, CaseVerb, Way } from './rules.js';
import { waitingIn, wayOf } from './rules.js';

export interface Cases<Row extends CaseRow, Shown> {
  readonly kind: 'APPLICATION' | 'REIMBURSEMENT';
  /** In the names of verbs and decisions: `application`. */
  readonly noun: string;
  readonly shelf: Shelf<Row>;
  readonly idOf: (row: Row) => string;
  readonly numberOf: (row: Row) => string;
  /** Refuses a step that the state of a gathered case does not offer on the way that its law puts. */
  readonly refuseStep: (row: Row, way: Way, verb: CaseVerb) => Refused | null;
  /** Gathers what the law of these is read from, and what changes with them. */
  readonly gather: (loader: Loader, rows: readonly Row[]) => Promise<unknown>;
  readonly versionOf: (facts: Facts, row: Row) => VersionRow;
  /** The law of the day that decides a gathered case. */
  readonly lawOf: (facts: Facts, row: Row) => Law;
  /** The papers that the programme of a gathered case asks for, and where they stand. */
  readonly askedFor: (facts: Facts, row: Row) => AskedFor;
  /** The series of places in the order of acceptance, and the place of a number of it. */
  readonly places: string;
  /** What changes beside a row: who waits for money, what is held of invoices. */
  readonly beside: (facts: Facts, before: Row, after: Row) => readonly Change[];
  /** What of a row is let go when its case comes to an end without an award. */
  readonly letGo: Partial<Row>;
  readonly present: (row: Row) => Shown;
}

/** Gathers the cases of these commands, by the id in each, with all that a step looks at. */
export async function gatherCases<Row extends CaseRow>(
  loader: Loader,
  cases: Cases<Row, unknown>,
  commands: readonly Command<{ id?: string }>[],
): Promise<Row[]> {
  const [rows] = await Promise.all([
    loader.load(
      cases.shelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    ),
    gatherCalendar(loader),
  ]);
  await cases.gather(loader, rows);
  return rows;
}

/** Gathers the papers of these cases, where their programme asks for any, beside the cases themselves. */
export async function gatherWithPapers<Row extends CaseRow>(
  loader: Loader,
  cases: Cases<Row, unknown>,
  commands: readonly Command<{ id?: string }>[],
): Promise<void> {
  const rows = await gatherCases(loader, cases, commands);
  await gatherMaterials(
    loader,
    'APPLICATION',
    rows.map((row) => cases.askedFor(loader.facts, row)),
  );
}

/** A gathered case with its law and its way. */
export function caseOf<Row extends CaseRow>(
  facts: Facts,
  cases: Cases<Row, unknown>,
  id: string | undefined,
): { readonly row: Row; readonly law: Law; readonly way: Way } | undefined {
  const row = facts.get(cases.shelf, id ?? '');
  if (!row) return undefined;
  const law = cases.lawOf(facts, row);
  return { row, law, way: wayOf(law) };
}

/** The row as it stands in its new state, and until when the next step is waited for. Refuses CALENDAR_YEAR_UNPUBLISHED. */
export function movedTo<Row extends CaseRow>(
  facts: Facts,
  row: Row,
  to: { readonly status: CaseState; readonly law: Law; readonly today: Day } & Partial<CaseRow>,
): { readonly kind: 'moved'; readonly row: Row } | Refused {
  const { law, today, ...changed } = to;
  const waiting = waitingIn(to.status, { law, today, calendar: calendarOf(facts) });
  if (waiting.kind === 'refused') return waiting;
  const { waitingSince, dueOn } = waiting;
  return { kind: 'moved', row: { ...row, waitingSince, dueOn, ...changed } };
}

/** A changed row with what changes beside it. */
export const changesOf = <Row extends CaseRow>(facts: Facts, cases: Cases<Row, unknown>, before: Row, after: Row): Change[] => [
  update(cases.shelf, after),
  ...cases.beside(facts, before, after),
];
