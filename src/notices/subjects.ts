// A case of a notice, whichever kind it is of.
import type { NoticeItem } from '../../db/tables.js';
import { applicationCases } from '../applications/cases.js';
import type { Cases } from '../cases/case.js';
import { caseOf, changesOf } from '../cases/case.js';
import type { CaseRow, CaseVerb } from '../cases/rules.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import type { Law } from '../programmes/language.js';
import { toldOf } from '../cases/told.js';
import type { Message } from '../ledger/outbox.js';
import type { MessageKind, ParamsOf } from '../messages/kinds.js';
import { reimbursementCases } from '../reimbursements/cases.js';

type OfCases = Extract<MessageKind, `case.${string}`>;

export interface Subject {
  readonly kind: NoticeItem['subjectKind'];
  readonly noun: string;
  readonly id: string;
  readonly caseNo: string;
  readonly row: CaseRow;
  readonly law: Law;
  /** What its review left, which is what a notice shows. */
  readonly amountFen: Fen | null;
  readonly refuseStep: (verb: CaseVerb) => Refused | null;
  readonly change: (to: Partial<CaseRow>) => Change[];
  /** A message about it to its enterprise. */
  readonly told: <Kind extends OfCases>(kind: Kind, params: Omit<ParamsOf<Kind>, 'caseNo'>) => Message;
  /** What is let go when it comes to its end. */
  readonly letGo: Partial<CaseRow>;
}

/** Gathers cases by their ids, of both kinds. */
export async function gatherSubjects(loader: Loader, ids: readonly string[]): Promise<CaseRow[]> {
  const [applications, reimbursements] = await Promise.all([
    loader.load(applicationCases.shelf, 'id', ids),
    loader.load(reimbursementCases.shelf, 'id', ids),
  ]);
  await Promise.all([applicationCases.gather(loader, applications), reimbursementCases.gather(loader, reimbursements)]);
  return [...applications, ...reimbursements];
}

function subjectIn<Row extends CaseRow>(
  facts: Facts,
  cases: Cases<Row, object>,
  id: string,
  amountOf: (row: Row) => Fen | null,
): Subject | undefined {
  const found = caseOf(facts, cases, id);
  if (!found) return undefined;
  const { row, law, way } = found;
  return {
    kind: cases.kind,
    noun: cases.noun,
    id,
    caseNo: cases.numberOf(row),
    row,
    law,
    amountFen: amountOf(row),
    refuseStep: (verb) => cases.refuseStep(row, way, verb),
    change: (to) => changesOf(facts, cases, row, { ...row, ...to }),
    told: (kind, params) => toldOf(cases, row, kind, params),
    letGo: cases.letGo,
  };
}

/** A gathered case. */
export const subjectOf = (facts: Facts, id: string): Subject | undefined =>
  subjectIn(facts, applicationCases, id, ({ maximumFen }) => maximumFen) ??
  subjectIn(facts, reimbursementCases, id, ({ reviewedFen }) => reviewedFen);
