// What a notice says and binds, and how objections and it are shown. Pure.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { NoticeItem, Objection, PublicNotice } from '../../db/tables.js';
import type { notice, noticeItem, objection } from '../../schemas/notices.js';
import type { Day, WorkingCalendar } from '../calendar.js';
import { addDays, formatInstant, workingDaysFromTo } from '../calendar.js';
import type { CaseRow } from '../cases/rules.js';
import type { Refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';

/**
 * What is published: SHA-256 (hex) of the JSON array of book, number, title, days, and every line as it is shown with the digest of its
 * review, amounts in fen as text.
 */
export const noticeDigestOf = (
  of: Pick<PublicNotice, 'bookId' | 'noticeNo' | 'title' | 'firstDay' | 'lastDay'>,
  items: readonly Pick<NoticeItem, 'lineNo' | 'caseNo' | 'programmeCode' | 'shownName' | 'amountFen' | 'reviewDigest'>[],
): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        of.bookId,
        of.noticeNo,
        of.title,
        of.firstDay,
        of.lastDay,
        items.map(({ lineNo, caseNo, programmeCode, shownName, amountFen, reviewDigest }) => [
          lineNo,
          caseNo,
          programmeCode,
          shownName,
          amountFen.toString(),
          reviewDigest,
        ]),
      ]),
    )
    .digest('hex');

/**
 * Working days of notice that are left to a case which is paused today: today is one of them, for it is not over; but the day on which
 * its notice began, or went on, is never counted (民法典 第201条). Refuses CALENDAR_YEAR_UNPUBLISHED.
 */
export function daysLeftOf(
  { waitingSince, noticeLastDay }: Pick<CaseRow, 'waitingSince' | 'noticeLastDay'>,
  today: Day,
  calendar: WorkingCalendar,
): { readonly kind: 'days'; readonly days: number } | Refused {
  if (waitingSince === null || noticeLastDay === null) throw new Error('a case in its notice without days');
  return workingDaysFromTo(waitingSince < today ? addDays(today, -1) : today, noticeLastDay, calendar);
}

/** What binds an objection's name and contact to its row. */
export const objectionContext = (bookId: string, noticeId: string, of: 'name' | 'contact'): string =>
  `objection ${bookId} ${noticeId} ${of}`;

export const presentNotice = (row: PublicNotice): z.input<typeof notice> => ({
  noticeId: row.noticeId,
  noticeNo: row.noticeNo,
  title: row.title,
  firstDay: row.firstDay,
  lastDay: row.lastDay,
  workingDays: row.workingDays,
  lineCount: row.lineCount,
  total: formatYuan(row.totalFen),
  contentDigest: row.contentDigest,
  publishedAt: formatInstant(new Date(row.recordedAt)),
});

/** A line as everybody sees it today: of its case no more than how far its notice has come. */
export const presentItem = (
  item: NoticeItem,
  of: Pick<CaseRow, 'status' | 'noticeId' | 'noticeLastDay'>,
  today: Day,
): z.input<typeof noticeItem> => {
  const lastDay = of.noticeLastDay ?? today;
  const isReplaced = of.noticeId !== item.noticeId;
  const isOff = of.status === 'REJECTED' || of.status === 'WITHDRAWN';
  const isRunning = of.status === 'IN_PUBLIC_NOTICE' && today <= lastDay;
  return {
    lineNo: item.lineNo,
    caseNo: item.caseNo,
    programmeCode: item.programmeCode,
    name: item.shownName,
    amount: formatYuan(item.amountFen),
    state: isOff
      ? 'TAKEN_OFF'
      : isReplaced
        ? 'REPLACED'
        : of.status === 'OBJECTION_PENDING'
          ? 'PAUSED'
          : isRunning
            ? 'RUNNING'
            : 'ENDED',
    lastDay,
  };
};

/** An objection; `opened` is who objects, for those who may know. */
export const presentObjection = (
  row: Objection,
  caseStatus: string,
  opened: { readonly name: string; readonly contact: string } | null,
): z.input<typeof objection> => ({
  objectionId: row.objectionId,
  objectionNo: row.objectionNo,
  noticeId: row.noticeId,
  name: opened?.name ?? null,
  contact: opened?.contact ?? null,
  content: row.content,
  receivedOn: row.receivedOn,
  status: row.status === 'OPEN' && caseStatus !== 'OBJECTION_PENDING' ? 'MOOT' : row.status,
  decidedOn: row.decidedOn,
  decisionReason: row.decisionReason,
});
