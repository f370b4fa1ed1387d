import type { z } from 'zod';
import type { Objection } from '../../db/tables.js';
import type { decideObjection as body, objectionDecided } from '../../schemas/notices.js';
import { addWorkingDays } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import type { CaseRow } from '../cases/rules.js';
import { ended } from '../cases/rules.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { objectionShelf } from './facts.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * Another person than who applied, reviewed or published decides an objection, with the reason. Upheld, its case is rejected by the
 * article named; dismissed, and no other open, its notice goes on with the days that are left. Refuses, in this order: NOT_FOUND of the
 * case, its life's code, NOT_FOUND of the objection, OBJECTION_DECIDED, FOUR_EYES, ARTICLE_REQUIRED, CALENDAR_YEAR_UNPUBLISHED.
 */
export const decideObjection = (
  kind: 'APPLICATION' | 'REIMBURSEMENT',
): Verb<Body, Omit<z.input<typeof objectionDecided>, 'ledgerSeq'>> => ({
  name: `${kind === 'APPLICATION' ? 'application' : 'reimbursement'}.decide-objection`,
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([gatherSubjects(loader, ids), loader.load(objectionShelf, 'subject', ids), gatherCalendar(loader)]);
  },

  decide({ body, actor, today }, facts) {
    const subject = subjectOf(facts, body.id ?? '');
    if (subject?.kind !== kind) return refused('NOT_FOUND');
    const wrongState = subject.refuseStep('decide-objection');
    if (wrongState) return wrongState;
    const { row } = subject;
    const all = facts.all(objectionShelf, 'subject', subject.id);
    const objection = all.find(({ objectionId }) => objectionId === body.objectionId);
    if (!objection) return refused('NOT_FOUND', {}, '/objectionId');
    if (objection.status !== 'OPEN') return refused('OBJECTION_DECIDED', { objectionNo: objection.objectionNo }, '/objectionId');
    const had = [row.submittedPerson, objection.reviewedPerson, objection.publishedPerson];
    if (had.some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    if (body.upheld && body.article === undefined) return refused('ARTICLE_REQUIRED', {}, '/article');
    const isLast = !all.some(({ status, objectionId }) => status === 'OPEN' && objectionId !== objection.objectionId);
    const end = addWorkingDays(today, row.noticeDaysLeft ?? 0, calendarOf(facts));
    if (!body.upheld && isLast && end.kind === 'refused') return end;
    // After this line the command succeeds.
    const status = body.upheld ? 'UPHELD' : 'DISMISSED';
    const decided: Objection = {
      ...objection,
      status,
      decidedPerson: actor.personId,
      decidedOn: today,
      decisionReason: body.reason,
    };
    const to: Partial<CaseRow> = body.upheld
      ? {
          ...subject.letGo,
          ...ended,
          status: 'REJECTED',
          decidedPerson: actor.personId,
          decisionReason: body.reason,
          decisionArticle: body.article ?? null,
        }
      : isLast && end.kind === 'day'
        ? { status: 'IN_PUBLIC_NOTICE', noticeLastDay: end.day, noticeDaysLeft: null, waitingSince: today, dueOn: end.day }
        : {};
    return accepted({
      decision: body.upheld ? 'objection.upheld' : 'objection.dismissed',
      subjectId: objection.objectionId,
      result: {
        objectionId: objection.objectionId,
        status,
        caseStatus: to.status ?? row.status,
        noticeLastDay: to.noticeLastDay ?? row.noticeLastDay,
      },
      changes: [update(objectionShelf, decided), ...subject.change(to)],
      messages: [
        body.upheld
          ? subject.told('case.rejected', { reason: body.reason })
          : subject.told('case.objection_dismissed', { objectionNo: objection.objectionNo, reason: body.reason }),
      ],
    });
  },
});
