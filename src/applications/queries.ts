import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { Application } from '../../db/tables.js';
import { applications } from '../../db/tables.js';

/** `null` sees all; a member of the trade sees its legal person's. */
const seenBy = (legalPersonUscc: string | null): SQL | undefined =>
  legalPersonUscc === null ? undefined : eq(applications.legalPersonUscc, legalPersonUscc);

interface Wanted {
  bookId: string;
  legalPersonUscc: string | null;
  status: Application['status'] | undefined;
  programmeCode: string | undefined;
  enterpriseId: string | undefined;
  contractId: string | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * The page that is asked for: of a contract, an enterprise or a legal person, each of which has few applications; else one range per
 * programme and state.
 */
function idsOf(of: Wanted): SQL | undefined {
  const { bookId, legalPersonUscc, status, programmeCode, enterpriseId, contractId, after } = of;
  const page = { id: applications.applicationId, bookId, after, limit: of.limit + 1 };
  const narrow =
    contractId !== undefined
      ? ([applications.contractId, sql`${contractId}::uuid`] as const)
      : enterpriseId !== undefined
        ? ([applications.enterpriseId, sql`${enterpriseId}::uuid`] as const)
        : legalPersonUscc !== null
          ? ([applications.legalPersonUscc, sql`${legalPersonUscc}::text`] as const)
          : undefined;
  if (narrow) {
    const sieve = and(
      contractId === undefined || enterpriseId === undefined ? undefined : eq(applications.enterpriseId, enterpriseId),
      narrow[0] === applications.legalPersonUscc ? undefined : seenBy(legalPersonUscc),
      status === undefined ? undefined : eq(applications.status, status),
      programmeCode === undefined ? undefined : eq(applications.programmeCode, programmeCode),
    );
    return idsOfPage({ ...page, key: [narrow], sieve });
  }
  if (status === undefined && programmeCode === undefined) return undefined;
  const programmes =
    programmeCode === undefined
      ? sql`(select distinct programme_code as value from programme_versions where book_id = ${bookId}) as p`
      : each('p', [programmeCode]);
  return idsOfPage({
    ...page,
    ranges: sql`${programmes} cross join ${each('s', status === undefined ? applications.status.enumValues : [status])}`,
    key: [
      [applications.programmeCode, sql`p.value`],
      [applications.status, sql`s.value`],
    ],
  });
}

/** Applications in order of receipt, `limit` + 1 of them after a cursor. */
export function listApplications(db: Database, of: Wanted): Promise<Application[]> {
  const ids = idsOf(of);
  const after = of.after === undefined ? undefined : gt(applications.applicationId, of.after);
  return db.drizzle
    .select()
    .from(applications)
    .where(and(eq(applications.bookId, of.bookId), ids ? sql`${applications.applicationId} = any(array${ids})` : after))
    .orderBy(asc(applications.applicationId))
    .limit(of.limit + 1);
}

/** One application; undefined when there is none, or none that this legal person may see. */
export async function findApplication(
  db: Database,
  of: { bookId: string; applicationId: string; legalPersonUscc: string | null },
): Promise<Application | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(applications)
    .where(and(eq(applications.bookId, of.bookId), eq(applications.applicationId, of.applicationId), seenBy(of.legalPersonUscc)));
  return row;
}
