import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { pageOfKey } from '../../db/planned.js';
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
  const { changeId: id, bookId: book } = legalPersonChanges;
  const limit = of.limit + 1;
  const key = of.uscc === undefined ? undefined : { column: legalPersonChanges.uscc, value: sql`${of.uscc}::text` };
  const state = { column: legalPersonChanges.status, is: of.status };
  return db.drizzle
    .select()
    .from(legalPersonChanges)
    .where(pageOfKey({ id, book, bookId: of.bookId, key, state, after: of.after, limit }))
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
