import { and, asc, eq } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { SupplementList } from '../../db/tables.js';
import { supplementLists } from '../../db/tables.js';

/** The correction lists of a case, in order. */
export const listSupplements = (db: Database, of: { bookId: string; subjectId: string }): Promise<SupplementList[]> =>
  db.drizzle
    .select()
    .from(supplementLists)
    .where(and(eq(supplementLists.bookId, of.bookId), eq(supplementLists.subjectId, of.subjectId)))
    .orderBy(asc(supplementLists.round));
