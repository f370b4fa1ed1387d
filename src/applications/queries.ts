import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Application } from '../../db/tables.js';
import { applications } from '../../db/tables.js';

/** `null` sees all; a member of the trade sees its legal person's. */
const seenBy = (legalPersonUscc: string | null): SQL | undefined =>
  legalPersonUscc === null ? undefined : eq(applications.legalPersonUscc, legalPersonUscc);

/** Applications in order of receipt, `limit` + 1 of them after a cursor. */
export const listApplications = (
  db: Database,
  of: {
    bookId: string;
    legalPersonUscc: string | null;
    status: Application['status'] | undefined;
    programmeCode: string | undefined;
    enterpriseId: string | undefined;
    contractId: string | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<Application[]> =>
  db.drizzle
    .select()
    .from(applications)
    .where(
      and(
        eq(applications.bookId, of.bookId),
        seenBy(of.legalPersonUscc),
        of.status === undefined ? undefined : eq(applications.status, of.status),
        of.programmeCode === undefined ? undefined : eq(applications.programmeCode, of.programmeCode),
        of.enterpriseId === undefined ? undefined : eq(applications.enterpriseId, of.enterpriseId),
        of.contractId === undefined ? undefined : eq(applications.contractId, of.contractId),
        of.after === undefined ? undefined : gt(applications.applicationId, of.after),
      ),
    )
    .orderBy(asc(applications.applicationId))
    .limit(of.limit + 1);

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
