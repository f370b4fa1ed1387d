// What an applicant is told of its case.
import type { Message } from '../ledger/outbox.js';
import type { MessageKind, ParamsOf } from '../messages/kinds.js';
import { party, tell } from '../messages/rules.js';
import type { Cases } from './case.js';
import type { CaseRow } from './rules.js';

type OfCases = Extract<MessageKind, `case.${string}`>;

/** A message about a case to its enterprise; the case is named by its number. */
export const toldOf = <Row extends CaseRow, Kind extends OfCases>(
  cases: Pick<Cases<Row, unknown>, 'kind' | 'idOf' | 'numberOf'>,
  row: Row,
  kind: Kind,
  params: Omit<ParamsOf<Kind>, 'caseNo'>,
): Message =>
  tell(kind, party(row.enterpriseId), { kind: cases.kind, id: cases.idOf(row) }, {
    ...params,
    caseNo: cases.numberOf(row),
  } as ParamsOf<Kind>);

/** That a case is off its public notice, where a review took it off. */
export const toldOfReplacing = <Row extends CaseRow>(
  cases: Pick<Cases<Row, unknown>, 'kind' | 'idOf' | 'numberOf'>,
  before: Row,
): Message[] => (before.status === 'IN_PUBLIC_NOTICE' ? [toldOf(cases, before, 'case.notice_replaced', {})] : []);
