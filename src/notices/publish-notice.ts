import type { z } from 'zod';
import type { NoticeItem, PublicNotice } from '../../db/tables.js';
import type { noticeInFull, publishNotice as body } from '../../schemas/notices.js';
import { addWorkingDays, yearOf } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Change } from '../ledger/facts.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { sumFen } from '../money.js';
import { noticeItemShelf, noticeShelf } from './facts.js';
import { noticeDigestOf, presentItem, presentNotice } from './rules.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Body = z.output<typeof body>;

/** Numbers of notices. */
const series = 'N';

/**
 * Publishes a list of reviewed cases, of either kind, for as many working days as their law gives: today is not counted. What it says is
 * fixed by its digest from now on. Refuses, in this order and case by case: NOT_FOUND, NOTICE_ITEM_TWICE, the life's code, POLICY_SILENT,
 * FOUR_EYES; then NOTICE_DAYS_DIFFER, CALENDAR_YEAR_UNPUBLISHED.
 */
export const publishNotice: Verb<Body, z.input<typeof noticeInFull>> = {
  name: 'notice.publish',
  money: true,

  async gather(loader, commands) {
    const [rows] = await Promise.all([
      gatherSubjects(
        loader,
        commands.flatMap(({ body }) => body.items.map(({ caseId }) => caseId)),
      ),
      gatherCalendar(loader),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
    ]);
    await loader.load(
      enterpriseShelf,
      'id',
      rows.map(({ enterpriseId }) => enterpriseId),
    );
  },

  decide({ id, body, actor, today, receivedAt, newId }, facts) {
    const seen = new Set<string>();
    const subjects = [];
    for (const [index, { caseId, shownName }] of body.items.entries()) {
      const pointer = `/items/${index}/caseId`;
      const subject = subjectOf(facts, caseId);
      if (!subject) return refused('NOT_FOUND', {}, pointer);
      if (seen.has(caseId)) return refused('NOTICE_ITEM_TWICE', { caseNo: subject.caseNo }, pointer);
      seen.add(caseId);
      const wrongState = subject.refuseStep('publish');
      if (wrongState) return { ...wrongState, pointer };
      const days = subject.law.noticeDays?.value;
      if (days === undefined) {
        return refused('POLICY_SILENT', { programme: subject.row.programmeCode, parameter: 'noticeDays' }, pointer);
      }
      if (isSamePerson(actor, subject.row.submittedPerson)) return refused('FOUR_EYES', {}, pointer);
      const name = shownName ?? facts.get(enterpriseShelf, subject.row.enterpriseId)?.name ?? '';
      subjects.push({ subject, days, name });
    }
    const [first] = subjects;
    if (!first) throw new Error('a notice without cases');
    const workingDays = first.days;
    const other = subjects.find(({ days }) => days !== workingDays);
    if (other) {
      const params = { caseNo: other.subject.caseNo, days: String(other.days), others: String(workingDays) };
      return refused('NOTICE_DAYS_DIFFER', params, '/items');
    }
    const end = addWorkingDays(today, workingDays, calendarOf(facts));
    if (end.kind === 'refused') return end;
    // After this line the command succeeds.
    const lastDay = end.day;
    const { number, changes } = takeNumber(facts, seriesOf(series, yearOf(today)));
    const items = subjects.map(({ subject: of, name }, i): NoticeItem => ({
      bookId: facts.bookId,
      noticeItemId: newId(),
      noticeId: id,
      lineNo: i + 1,
      subjectKind: of.kind,
      subjectId: of.id,
      caseNo: of.caseNo,
      programmeCode: of.row.programmeCode,
      shownName: name,
      amountFen: of.amountFen ?? 0n,
      reviewDigest: of.row.reviewDigest ?? '',
    }));
    const head = { bookId: facts.bookId, noticeNo: number, title: body.title, firstDay: today, lastDay };
    const row: PublicNotice = {
      ...head,
      noticeId: id,
      workingDays,
      lineCount: items.length,
      totalFen: sumFen(items.map(({ amountFen }) => amountFen)),
      contentDigest: noticeDigestOf(head, items),
      publishedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    const inNotice = {
      status: 'IN_PUBLIC_NOTICE',
      noticeId: id,
      noticeLastDay: lastDay,
      waitingSince: today,
      dueOn: lastDay,
    } as const;
    return accepted({
      decision: 'notice.published',
      subjectId: id,
      approvalDigest: row.contentDigest,
      result: { ...presentNotice(row), items: items.map((item) => presentItem(item, inNotice, today)) },
      changes: [
        insert(noticeShelf, row),
        ...items.map((item): Change => insert(noticeItemShelf, item)),
        ...subjects.flatMap(({ subject }) => subject.change(inNotice)),
        ...changes,
      ],
      messages: subjects.map(({ subject }) => subject.told('case.published', { noticeNo: number, lastDay })),
    });
  },
};
