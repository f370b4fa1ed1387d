import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Redemption } from '../../db/tables.js';
import { enterprises, providers, redemptions } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';

/** Redemptions that this caller may see: an enterprise's its own, a provider's those it is paid by, all for the authorities. */
function seenBy(db: Database, bookId: string, { role, legalPersonUscc }: Principal): SQL | undefined {
  if (legalPersonUscc === null) return undefined;
  if (role === 'provider') {
    const own = and(eq(providers.bookId, bookId), eq(providers.legalPersonUscc, legalPersonUscc));
    return inArray(redemptions.providerId, db.drizzle.select({ id: providers.providerId }).from(providers).where(own));
  }
  const own = and(eq(enterprises.bookId, bookId), eq(enterprises.legalPersonUscc, legalPersonUscc));
  return inArray(redemptions.enterpriseId, db.drizzle.select({ id: enterprises.enterpriseId }).from(enterprises).where(own));
}

/** Redemptions in order of submission, `limit` + 1 of them after a cursor. */
export const listRedemptions = (
  db: Database,
  of: {
    bookId: string;
    principal: Principal;
    voucherId: string | undefined;
    contractId: string | undefined;
    status: Redemption['status'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<Redemption[]> =>
  db.drizzle
    .select()
    .from(redemptions)
    .where(
      and(
        eq(redemptions.bookId, of.bookId),
        seenBy(db, of.bookId, of.principal),
        of.voucherId === undefined ? undefined : eq(redemptions.voucherId, of.voucherId),
        of.contractId === undefined ? undefined : eq(redemptions.contractId, of.contractId),
        of.status === undefined ? undefined : eq(redemptions.status, of.status),
        of.after === undefined ? undefined : gt(redemptions.redemptionId, of.after),
      ),
    )
    .orderBy(asc(redemptions.redemptionId))
    .limit(of.limit + 1);

/** One redemption, if this caller may see it. */
export async function findRedemption(
  db: Database,
  of: { bookId: string; principal: Principal; redemptionId: string },
): Promise<Redemption | undefined> {
  const { bookId, principal, redemptionId } = of;
  const [row] = await db.drizzle
    .select()
    .from(redemptions)
    .where(and(eq(redemptions.bookId, bookId), eq(redemptions.redemptionId, redemptionId), seenBy(db, bookId, principal)));
  return row;
}
