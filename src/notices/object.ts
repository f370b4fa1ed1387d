import type { z } from 'zod';
import type { Objection } from '../../db/tables.js';
import type { object as body, objectionReceived } from '../../schemas/notices.js';
import { yearOf } from '../calendar.js';
import { calendarOf, gatherCalendar } from '../calendars/facts.js';
import type { CaseRow } from '../cases/rules.js';
import { waitingIn } from '../cases/rules.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import type { Sealer } from '../sealer.js';
import { noticeItemShelf, noticeShelf, objectionShelf } from './facts.js';
import { daysLeftOf, objectionContext } from './rules.js';
import { gatherSubjects, subjectOf } from './subjects.js';

type Sent = z.output<typeof body>;
/** What enters the lane: name and contact are sealed by then, and only their fingerprints are in the digest of the request. */
type Body = Sent & { id?: string };

/** Takes name and contact out of what was sent, and puts in what may be stored of them. */
export const sealObjector = (sealer: Sealer, of: { bookId: string; noticeId: string }, sent: Sent): Sent => ({
  ...sent,
  name: sealer.seal(sent.name, objectionContext(of.bookId, of.noticeId, 'name')),
  contact: sealer.seal(sent.contact, objectionContext(of.bookId, of.noticeId, 'contact')),
});

/** What the digest of the request is over: the same for the same, and telling nobody who it was. */
export const digestedObjection = (sealer: Sealer, sent: Sent): object => ({
  ...sent,
  name: sealer.fingerprint(sent.name),
  contact: sealer.fingerprint(sent.contact),
});

/** Numbers of objections. */
const series = 'OB';

/**
 * Anybody objects to one case of a notice, until 24:00 of the case's last day. It pauses that case alone: the days that are left of its
 * notice run on once every objection to it is dismissed. Refuses, in this order: NOT_FOUND (the notice, or a number that is not on it),
 * NOTICE_ENDED.
 */
export const objectTo: Verb<Body, Omit<z.input<typeof objectionReceived>, 'ledgerSeq'>> = {
  name: 'objection.raise',
  money: false,

  async gather(loader, commands) {
    const noticeIds = commands.map(({ body }) => body.id ?? '');
    const [, items] = await Promise.all([
      loader.load(noticeShelf, 'id', noticeIds),
      loader.load(noticeItemShelf, 'notice', noticeIds),
      gatherCalendar(loader),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf(series, yearOf(today))),
      ),
    ]);
    const asked = new Set(commands.map(({ body }) => body.caseNo));
    await gatherSubjects(
      loader,
      items.filter(({ caseNo }) => asked.has(caseNo)).map(({ subjectId }) => subjectId),
    );
  },

  decide({ id, body, today, receivedAt }, facts) {
    const notice = facts.get(noticeShelf, body.id ?? '');
    if (!notice) return refused('NOT_FOUND');
    const item = facts.all(noticeItemShelf, 'notice', notice.noticeId).find(({ caseNo }) => caseNo === body.caseNo);
    const subject = item && subjectOf(facts, item.subjectId);
    if (!subject) return refused('NOT_FOUND', {}, '/caseNo');
    const { row, law } = subject;
    const lastDay = (row.noticeId === notice.noticeId ? row.noticeLastDay : null) ?? notice.lastDay;
    // Reviewed again since, it is on another notice, or on none yet.
    const isHere = row.noticeId === notice.noticeId;
    const isPaused = isHere && row.status === 'OBJECTION_PENDING';
    const isRunning = isHere && row.status === 'IN_PUBLIC_NOTICE' && today <= lastDay;
    if (!isPaused && !isRunning) return refused('NOTICE_ENDED', { caseNo: body.caseNo, lastDay }, '/caseNo');
    const calendar = calendarOf(facts);
    const left = isPaused ? null : daysLeftOf(row, today, calendar);
    if (left?.kind === 'refused') return left;
    // After this line the command succeeds.
    const { number, changes } = takeNumber(facts, seriesOf(series, yearOf(today)));
    const objection: Objection = {
      bookId: facts.bookId,
      objectionId: id,
      objectionNo: number,
      noticeId: notice.noticeId,
      noticeItemId: item.noticeItemId,
      subjectKind: subject.kind,
      subjectId: subject.id,
      nameSealed: body.name,
      contactSealed: body.contact,
      content: body.content,
      receivedOn: today,
      status: 'OPEN',
      reviewedPerson: row.reviewedPerson ?? '',
      publishedPerson: notice.publishedPerson,
      decidedPerson: null,
      decidedOn: null,
      decisionReason: null,
      recordedAt: receivedAt.toISOString(),
    };
    // A year that nobody has published must keep nobody from objecting: then the decision has no end to be held to.
    const waiting = waitingIn('OBJECTION_PENDING', { law, today, calendar });
    const paused: Partial<CaseRow> = {
      status: 'OBJECTION_PENDING',
      noticeDaysLeft: left?.days ?? row.noticeDaysLeft,
      waitingSince: today,
      dueOn: waiting.kind === 'waiting' ? waiting.dueOn : null,
    };
    return accepted({
      decision: 'objection.raised',
      subjectId: id,
      result: { objectionId: id, objectionNo: number, caseNo: body.caseNo, receivedOn: today },
      changes: [insert(objectionShelf, objection), ...(isPaused ? [] : subject.change(paused)), ...changes],
      messages: [subject.told('case.objection_raised', { objectionNo: number })],
    });
  },
};
