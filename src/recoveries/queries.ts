import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { Recovery, RecoveryItem, RecoveryOffset, RecoveryReceipt } from '../../db/tables.js';
import { enterprises, providers, recoveries, recoveryItems, recoveryOffsets, recoveryReceipts } from '../../db/tables.js';
import type { Actor } from '../ledger/lane.js';
import type { DueSum } from './rules.js';
import { outstandingStatuses } from './rules.js';

/** Whose eyes: the authorities see every recovery, a member of the trade those that it owes. */
type Viewer = Pick<Actor, 'role' | 'legalPersonUscc'>;

/** Recoveries in order of opening, `limit` + 1 of them after a cursor. */
export function listRecoveries(
  db: Database,
  of: { bookId: string; viewer: Viewer; status: Recovery['status'] | undefined; after: string | undefined; limit: number },
): Promise<Recovery[]> {
  const { bookId, viewer, status, after } = of;
  const page = { id: recoveries.recoveryId, bookId, after, limit: of.limit + 1 };
  const { legalPersonUscc } = viewer;
  // Before it is opened the debtor is not told.
  const told = recoveries.status.enumValues.filter(
    (of) => of !== 'PROPOSED' && of !== 'DROPPED' && (status === undefined || of === status),
  );
  if (legalPersonUscc !== null && told.length === 0) return Promise.resolve([]);
  const own =
    viewer.role === 'provider'
      ? sql`(select provider_id as value from providers where book_id = ${bookId} and acting_uscc = ${legalPersonUscc}) as o`
      : sql`(select enterprise_id as value from enterprises where book_id = ${bookId} and legal_person_uscc = ${legalPersonUscc}) as o`;
  const ids =
    legalPersonUscc !== null
      ? idsOfPage({
          ...page,
          ranges: sql`${own} cross join ${each('s', told)}`,
          key: [
            [recoveries.debtorId, sql`o.value`],
            [recoveries.status, sql`s.value`],
          ],
        })
      : status === undefined
        ? undefined
        : idsOfPage({ ...page, ranges: each('s', [status]), key: [[recoveries.status, sql`s.value`]] });
  return db.drizzle
    .select()
    .from(recoveries)
    .where(
      and(
        eq(recoveries.bookId, bookId),
        ids
          ? sql`${recoveries.recoveryId} = any(array${ids})`
          : after === undefined
            ? undefined
            : gt(recoveries.recoveryId, after),
      ),
    )
    .orderBy(asc(recoveries.recoveryId))
    .limit(of.limit + 1);
}

/** One recovery with what it asks back and what came, if this viewer may see it. */
export async function findRecovery(
  db: Database,
  of: { bookId: string; viewer: Viewer; recoveryId: string },
): Promise<{ recovery: Recovery; items: RecoveryItem[]; receipts: RecoveryReceipt[]; offsets: RecoveryOffset[] } | undefined> {
  const { bookId, recoveryId } = of;
  const { role, legalPersonUscc } = of.viewer;
  const [[recovery], items, receipts, offsets] = await Promise.all([
    db.drizzle
      .select()
      .from(recoveries)
      .where(and(eq(recoveries.bookId, bookId), eq(recoveries.recoveryId, recoveryId))),
    db.drizzle
      .select()
      .from(recoveryItems)
      .where(and(eq(recoveryItems.bookId, bookId), eq(recoveryItems.recoveryId, recoveryId)))
      .orderBy(asc(recoveryItems.recoveryItemId)),
    db.drizzle
      .select()
      .from(recoveryReceipts)
      .where(and(eq(recoveryReceipts.bookId, bookId), eq(recoveryReceipts.recoveryId, recoveryId)))
      .orderBy(asc(recoveryReceipts.receiptId)),
    db.drizzle
      .select()
      .from(recoveryOffsets)
      .where(and(eq(recoveryOffsets.bookId, bookId), eq(recoveryOffsets.recoveryId, recoveryId)))
      .orderBy(asc(recoveryOffsets.offsetId)),
  ]);
  if (!recovery) return undefined;
  if (legalPersonUscc === null) return { recovery, items, receipts, offsets };
  // Before it is opened the debtor is not told.
  if (recovery.openedOn === null) return undefined;
  const [mine] =
    role === 'provider'
      ? await db.drizzle
          .select({ id: providers.providerId })
          .from(providers)
          .where(
            and(
              eq(providers.bookId, bookId),
              eq(providers.providerId, recovery.debtorId),
              eq(providers.actingUscc, legalPersonUscc),
            ),
          )
      : await db.drizzle
          .select({ id: enterprises.enterpriseId })
          .from(enterprises)
          .where(
            and(
              eq(enterprises.bookId, bookId),
              eq(enterprises.enterpriseId, recovery.debtorId),
              eq(enterprises.legalPersonUscc, legalPersonUscc),
            ),
          );
  // What is only proposed is the bureau's own.
  return mine ? { recovery, items, receipts, offsets: offsets.filter(({ status }) => status === 'APPROVED') } : undefined;
}

/** What is outstanding by fund and last day to pay back; of one programme if given. */
export const outstandingByDay = (
  db: Database,
  { bookId, programmeCode }: { bookId: string; programmeCode: string | undefined },
): Promise<DueSum[]> =>
  db.sql.prepared<DueSum[]>(
    `select r.fund, r.due_on as "dueOn", count(*)::int as count, sum(r.amount_fen - r.received_fen)::bigint as fen
       from recoveries r where r.book_id = $1 and r.status = any ($2::text[]) and ($3::text is null or r.programme_code = $3)
      group by r.fund, r.due_on order by r.fund, r.due_on`,
    [bookId, outstandingStatuses, programmeCode ?? null],
  );

/** One off-set; whoever may see it sees its recovery. */
export async function findOffset(db: Database, bookId: string, offsetId: string): Promise<RecoveryOffset | undefined> {
  const [found] = await db.drizzle
    .select()
    .from(recoveryOffsets)
    .where(and(eq(recoveryOffsets.bookId, bookId), eq(recoveryOffsets.offsetId, offsetId)));
  return found;
}
