import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Enterprise, FormerName } from '../../db/tables.js';
import { enterprises, formerNames } from '../../db/tables.js';

/** Enterprises of a book in order of registration, `limit` + 1 of them after a cursor; of one legal person if given. */
export const listEnterprises = (
  db: Database,
  of: { bookId: string; legalPersonUscc: string | null; uscc: string | undefined; after: string | undefined; limit: number },
): Promise<Enterprise[]> =>
  db.drizzle
    .select()
    .from(enterprises)
    .where(
      and(
        eq(enterprises.bookId, of.bookId),
        of.uscc === undefined ? undefined : eq(enterprises.uscc, of.uscc),
        of.legalPersonUscc === null ? undefined : eq(enterprises.legalPersonUscc, of.legalPersonUscc),
        of.after === undefined ? undefined : gt(enterprises.enterpriseId, of.after),
      ),
    )
    .orderBy(asc(enterprises.enterpriseId))
    .limit(of.limit + 1);

export async function findEnterprise(db: Database, bookId: string, enterpriseId: string): Promise<Enterprise | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(enterprises)
    .where(and(eq(enterprises.bookId, bookId), eq(enterprises.enterpriseId, enterpriseId)));
  return row;
}

/** The names that a code had, oldest first. */
export const findFormerNames = (db: Database, bookId: string, uscc: string): Promise<FormerName[]> =>
  db.drizzle
    .select()
    .from(formerNames)
    .where(and(eq(formerNames.bookId, bookId), eq(formerNames.uscc, uscc)))
    .orderBy(asc(formerNames.lastDay));
