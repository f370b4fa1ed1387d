import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { LegalPersonChange, LimitSuccession } from '../../db/tables.js';
import { legalPersonChanges, limitSuccessions } from '../../db/tables.js';

/** Changes in order of proposal, `limit` + 1 of them after a cursor; of one code or state if given. */
export function listChanges(
  db: Database,
  of: {
    bookId: string;
    uscc: string | undefined;
    status: LegalPersonChange['status'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<LegalPersonChange[]> {
  const { bookId, uscc, status, after } = of;
  const { changeId: id, uscc: code, status: at } = legalPersonChanges;
  const limit = of.limit + 1;
  // A code has few of them: these are looked through.
  const ids =
    uscc !== undefined
      ? idsOfPage({
          id,
          bookId,
          after,
          limit,
          key: [[code, sql`${uscc}::text`]] as const,
          sieve: status === undefined ? undefined : eq(at, status),
        })
      : status === undefined
        ? undefined
        : idsOfPage({ id, bookId, key: [[at, sql`${status}::text`]], after, limit });
  return db.drizzle
    .select()
    .from(legalPersonChanges)
    .where(
      and(
        eq(legalPersonChanges.bookId, bookId),
        ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after),
      ),
    )
    .orderBy(asc(id))
    .limit(limit);
}

/** A change with what it charged to limits. */
export async function findChange(
  db: Database,
  bookId: string,
  changeId: string,
): Promise<{ change: LegalPersonChange; limits: LimitSuccession[] } | undefined> {
  const [[change], limits] = await Promise.all([
    db.drizzle
      .select()
      .from(legalPersonChanges)
      .where(and(eq(legalPersonChanges.bookId, bookId), eq(legalPersonChanges.changeId, changeId))),
    db.drizzle
      .select()
      .from(limitSuccessions)
      .where(and(eq(limitSuccessions.bookId, bookId), eq(limitSuccessions.changeId, changeId))),
  ]);
  return change && { change, limits: limits.sort((a, b) => (a.limitSuccessionId < b.limitSuccessionId ? -1 : 1)) };
}
