import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { NoticeItem, Objection, PublicNotice } from '../../db/tables.js';
import { applications, noticeItems, objections, publicNotices, reimbursements } from '../../db/tables.js';
import type { CaseRow } from '../cases/rules.js';

/** Notices in order of publication, `limit` + 1 of them after a cursor. */
export const listNotices = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<PublicNotice[]> =>
  db.drizzle
    .select()
    .from(publicNotices)
    .where(and(eq(publicNotices.bookId, of.bookId), of.after === undefined ? undefined : gt(publicNotices.noticeId, of.after)))
    .orderBy(asc(publicNotices.noticeId))
    .limit(of.limit + 1);

type Shown = Pick<CaseRow, 'status' | 'noticeId' | 'noticeLastDay'>;

/** A notice with its lines in order, each with how far its case has come. */
export async function findNotice(
  db: Database,
  bookId: string,
  noticeId: string,
): Promise<{ notice: PublicNotice; items: { item: NoticeItem; of: Shown }[] } | undefined> {
  const [[notice], rows] = await Promise.all([
    db.drizzle
      .select()
      .from(publicNotices)
      .where(and(eq(publicNotices.bookId, bookId), eq(publicNotices.noticeId, noticeId))),
    db.drizzle
      .select({
        item: noticeItems,
        status: sql<CaseRow['status'] | null>`coalesce(${applications.status}, ${reimbursements.status})`,
        ofNotice: sql<string | null>`coalesce(${applications.noticeId}, ${reimbursements.noticeId})`,
        noticeLastDay: sql<string | null>`coalesce(${applications.noticeLastDay}, ${reimbursements.noticeLastDay})`,
      })
      .from(noticeItems)
      .leftJoin(
        applications,
        and(eq(applications.bookId, noticeItems.bookId), eq(applications.applicationId, noticeItems.subjectId)),
      )
      .leftJoin(
        reimbursements,
        and(eq(reimbursements.bookId, noticeItems.bookId), eq(reimbursements.reimbursementId, noticeItems.subjectId)),
      )
      .where(and(eq(noticeItems.bookId, bookId), eq(noticeItems.noticeId, noticeId)))
      .orderBy(asc(noticeItems.lineNo)),
  ]);
  if (!notice) return undefined;
  const items = rows.map(({ item, status, ofNotice, noticeLastDay }) => {
    if (status === null) throw new Error(`${item.caseNo} is on a notice and not there`);
    return { item, of: { status, noticeId: ofNotice, noticeLastDay } };
  });
  return { notice, items };
}

/** The objections to a case, in order of receipt. */
export const listObjections = (db: Database, of: { bookId: string; subjectId: string }): Promise<Objection[]> =>
  db.drizzle
    .select()
    .from(objections)
    .where(and(eq(objections.bookId, of.bookId), eq(objections.subjectId, of.subjectId)))
    .orderBy(asc(objections.objectionId));
