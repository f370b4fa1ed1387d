import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Appropriation, ProgrammeVersion as VersionRow } from '../../db/tables.js';
import { appropriations, programmeVersions } from '../../db/tables.js';
import type { FundBalance } from './rules.js';

/** Published versions of a book in order of publication, `limit` + 1 of them after a cursor. */
export const listProgrammes = (
  db: Database,
  of: { bookId: string; programmeCode: string | undefined; after: string | undefined; limit: number },
): Promise<VersionRow[]> =>
  db.drizzle
    .select()
    .from(programmeVersions)
    .where(
      and(
        eq(programmeVersions.bookId, of.bookId),
        of.programmeCode === undefined ? undefined : eq(programmeVersions.programmeCode, of.programmeCode),
        of.after === undefined ? undefined : gt(programmeVersions.programmeVersionId, of.after),
      ),
    )
    .orderBy(asc(programmeVersions.programmeVersionId))
    .limit(of.limit + 1);

export async function findProgramme(db: Database, bookId: string, programmeVersionId: string): Promise<VersionRow | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(programmeVersions)
    .where(and(eq(programmeVersions.bookId, bookId), eq(programmeVersions.programmeVersionId, programmeVersionId)));
  return row;
}

/** Appropriations of a book in order of loading, `limit` + 1 of them after a cursor. */
export const listAppropriations = (
  db: Database,
  of: { bookId: string; programmeCode: string | undefined; year: number | undefined; after: string | undefined; limit: number },
): Promise<Appropriation[]> =>
  db.drizzle
    .select()
    .from(appropriations)
    .where(
      and(
        eq(appropriations.bookId, of.bookId),
        of.programmeCode === undefined ? undefined : eq(appropriations.programmeCode, of.programmeCode),
        of.year === undefined ? undefined : eq(appropriations.year, of.year),
        of.after === undefined ? undefined : gt(appropriations.appropriationId, of.after),
      ),
    )
    .orderBy(asc(appropriations.appropriationId))
    .limit(of.limit + 1);

/** Balances of all accounts of money, summed by fund, kind and, for the kinds kept by funder, by funder. */
export const fundBalances = (db: Database, bookId: string): Promise<FundBalance[]> => db.sql<FundBalance[]>`
  select fund, kind, funder, sum(credits_fen - debits_fen)::bigint as "balanceFen"
    from (select fund, kind, credits_fen, debits_fen,
                 case when kind in ('appropriation', 'unmatched', 'paid') then split_part(code, ':', 3) end as funder
            from accounts
           where book_id = ${bookId} and fund is not null) a
   group by fund, kind, funder
   order by fund, kind, funder`;
