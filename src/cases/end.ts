// How a case ends without an award: rejected by the authority, or withdrawn by whoever applied.
import type { z } from 'zod';
import type { rejectCase, withdrawCase } from '../../schemas/cases.js';
import { endApprovals, gatherApprovals } from '../approvals/facts.js';
import type { Loader } from '../ledger/facts.js';
import type { Command, Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { versionName } from '../programmes/published.js';
import type { Cases } from './case.js';
import { caseOf, changesOf, gatherCases } from './case.js';
import type { CaseRow } from './rules.js';
import { ended } from './rules.js';
import { toldOf } from './told.js';

type Id = { id?: string };

/** The cases, and what was approved of them so far, which ends with them. */
async function gatherEnd<Row extends CaseRow>(
  loader: Loader,
  cases: Cases<Row, unknown>,
  commands: readonly Command<Id>[],
): Promise<void> {
  await Promise.all([
    gatherCases(loader, cases, commands),
    gatherApprovals(
      loader,
      commands.map(({ body }) => body.id ?? ''),
    ),
  ]);
}

/**
 * Rejects an undecided case with its reason and the article it rests on; nobody rejects what they applied for themselves. What it held
 * is free again. Refuses, in this order: NOT_FOUND, the life's code, FOUR_EYES, ARTICLE_REQUIRED where the programme names its steps.
 */
export const reject = <Row extends CaseRow, Shown extends object>(
  cases: Cases<Row, Shown>,
): Verb<z.output<typeof rejectCase> & Id, Shown> => ({
  name: `${cases.noun}.reject`,
  money: true,

  gather: (loader, commands) => gatherEnd(loader, cases, commands),

  decide({ body, actor }, facts) {
    const found = caseOf(facts, cases, body.id);
    if (!found) return refused('NOT_FOUND');
    const { row, law, way } = found;
    const wrongState = cases.refuseStep(row, way, 'reject');
    if (wrongState) return wrongState;
    if (isSamePerson(actor, row.submittedPerson)) return refused('FOUR_EYES');
    if (law.reviewSteps !== null && body.article === undefined) return refused('ARTICLE_REQUIRED', {}, '/article');
    // After this line the command succeeds.
    const after: Row = {
      ...row,
      ...cases.letGo,
      ...ended,
      status: 'REJECTED',
      decidedPerson: actor.personId,
      decisionReason: body.reason,
      decisionArticle: body.article ?? null,
    };
    return accepted({
      decision: `${cases.noun}.rejected`,
      subjectId: cases.idOf(row),
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: cases.present(after),
      changes: [...changesOf(facts, cases, row, after), ...endApprovals(facts, cases.idOf(row))],
      messages: [toldOf(cases, after, 'case.rejected', { reason: body.reason })],
    });
  },
});

/** The applicant takes an undecided case back, a draft too. Refuses NOT_FOUND (another firm's likewise), the life's code. */
export const withdraw = <Row extends CaseRow, Shown extends object>(
  cases: Cases<Row, Shown>,
): Verb<z.output<typeof withdrawCase> & Id, Shown> => ({
  name: `${cases.noun}.withdraw`,
  money: true,

  gather: (loader, commands) => gatherEnd(loader, cases, commands),

  decide({ body, actor }, facts) {
    const found = caseOf(facts, cases, body.id);
    if (!found || found.row.legalPersonUscc !== actor.legalPersonUscc) return refused('NOT_FOUND');
    const { row, way } = found;
    const wrongState = cases.refuseStep(row, way, 'withdraw');
    if (wrongState) return wrongState;
    // After this line the command succeeds.
    const after: Row = { ...row, ...cases.letGo, ...ended, status: 'WITHDRAWN', decisionReason: body.reason ?? null };
    return accepted({
      decision: `${cases.noun}.withdrawn`,
      subjectId: cases.idOf(row),
      programmeVersion: versionName(cases.versionOf(facts, row)),
      result: cases.present(after),
      changes: [...changesOf(facts, cases, row, after), ...endApprovals(facts, cases.idOf(row))],
    });
  },
});
