// What of a case may be corrected once it is submitted: fields that a correction list names, and nothing else. A kind of case says which
// fields there are, and what a corrected case is; here is told who may write what.
import type { z } from 'zod';
import type { SupplementList } from '../../db/tables.js';
import type { supplement } from '../../schemas/cases.js';
import type { Day } from '../calendar.js';
import type { Suspicion } from '../flags/raise.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { CaseRow, FieldChange } from './rules.js';
import { itemsOf } from './rules.js';

/** Fields by their JSON pointers in what was applied for, each with what is written anew; null takes it out. */
export type Fields = ReadonlyMap<string, string | null>;

export interface Correction<Row> {
  readonly row: Row;
  readonly fields: Fields;
  readonly today: Day;
  /** Numbers of papers that are held for it across all books; undefined where none were asked for, for a dry run. */
  readonly held: readonly string[] | undefined;
}

/** How a kind of case is corrected. */
export interface Correcting<Row extends CaseRow> {
  /** Every field that may be corrected at all; `{lineNo}` stands for the number of a line. */
  readonly fields: readonly string[];
  readonly gather: (loader: Loader, corrections: readonly Correction<Row>[]) => Promise<unknown>;
  /** The gathered case as it stands corrected, looked at as if it were submitted so; refuses what a submission would. */
  readonly correct: (facts: Facts, of: Correction<Row>) => Corrected<Row> | Refused;
}
export interface Corrected<Row> {
  readonly kind: 'corrected';
  readonly row: Row;
  /** What changed of the fields that were written, old and new; one that says the same as before has changed nothing. */
  readonly changed: readonly FieldChange[];
  /** What looks wrong with it as it stands now; what a flag on the case said before is not said again. */
  readonly found: readonly Suspicion[];
  /** What changes beside the case's own row. */
  readonly beside: readonly Change[];
}

type Answers = z.output<typeof supplement>['answers'];

/** What answers write anew, wherever it may stand. */
export const fieldsIn = (answers: Answers): Fields => new Map(answers.flatMap(({ fields }) => Object.entries(fields)));

/**
 * Whether what answers write anew was asked for. Refuses SUPPLEMENT_FIELD_FIXED for a field that no correction reaches, and
 * SUPPLEMENT_FIELD_NOT_NAMED for one that the answered item does not name: itself, or what it stands in (`/matters` names
 * `/matters/project`).
 */
export function refuseFields(answers: Answers, list: SupplementList, correctable: readonly string[]): Refused | null {
  for (const [index, { item, fields }] of answers.entries()) {
    const named = itemsOf(list).find((of) => of.item === item);
    for (const field of Object.keys(fields)) {
      const at = `/answers/${index}/fields`;
      if (!correctable.includes(field.replace(/^\/lines\/[1-9]\d{0,3}\//, '/lines/{lineNo}/'))) {
        return refused('SUPPLEMENT_FIELD_FIXED', { field, fields: correctable.join(', ') || '—' }, at);
      }
      const isNamed = named?.kind === 'FIELD' && (field === named.subject || field.startsWith(`${named.subject}/`));
      if (!isNamed)
        return refused('SUPPLEMENT_FIELD_NOT_NAMED', { field, item: String(item), subject: named?.subject ?? '—' }, at);
    }
  }
  return null;
}

/** What was written, where it says something else than before. */
export const changesAmong = (of: readonly FieldChange[]): FieldChange[] => of.filter(({ from, to }) => from !== to);
