import type { SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { Redemption, RedemptionReversal } from '../../db/tables.js';
import { enterprises, providers, redemptionReversals, redemptions } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';

/** Redemptions that this caller may see: an enterprise's its own, a provider's those it is paid by, all for the authorities. */
function seenBy(db: Database, bookId: string, { role, legalPersonUscc }: Principal): SQL | undefined {
  if (legalPersonUscc === null) return undefined;
  if (role === 'provider') {
    const own = and(eq(providers.bookId, bookId), eq(providers.actingUscc, legalPersonUscc));
    return inArray(redemptions.providerId, db.drizzle.select({ id: providers.providerId }).from(providers).where(own));
  }
  const own = and(eq(enterprises.bookId, bookId), eq(enterprises.legalPersonUscc, legalPersonUscc));
  return inArray(redemptions.enterpriseId, db.drizzle.select({ id: enterprises.enterpriseId }).from(enterprises).where(own));
}

interface Wanted {
  bookId: string;
  principal: Principal;
  voucherId: string | undefined;
  contractId: string | undefined;
  status: Redemption['status'] | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * The ranges in which the redemptions of a list lie, one per state in each: of the voucher or the contract asked for, if the caller may
 * see it; of each voucher of an enterprise's legal person; of each provider of a provider's; else of the whole book.
 */
function idsOf(of: Wanted): SQL | undefined {
  const { bookId, voucherId, contractId, status } = of;
  const { role, legalPersonUscc } = of.principal;
  const states = each('s', status === undefined ? redemptions.status.enumValues : [status]);
  const ids = (from: SQL, column?: AnyPgColumn): SQL =>
    idsOfPage({
      id: redemptions.redemptionId,
      bookId,
      ranges: sql`${from}${states}`,
      key: [...(column ? [[column, sql`x.value`] as const] : []), [redemptions.status, sql`s.value`]],
      after: of.after,
      limit: of.limit + 1,
    });
  const ofBook = sql`book_id = ${bookId}`;
  const ownProviders = sql`(select provider_id from providers where ${ofBook} and acting_uscc = ${legalPersonUscc})`;
  const ownEnterprises = sql`(select enterprise_id from enterprises where ${ofBook} and legal_person_uscc = ${legalPersonUscc})`;
  const seen =
    legalPersonUscc === null
      ? sql``
      : role === 'provider'
        ? sql` and provider_id in ${ownProviders}`
        : sql` and enterprise_id in ${ownEnterprises}`;
  if (voucherId !== undefined) {
    const ofContract = contractId === undefined ? sql`` : sql` and contract_id = ${contractId}`;
    const voucher = sql`(select voucher_id as value from vouchers where ${ofBook} and voucher_id = ${voucherId}${ofContract}${seen}) as x cross join `;
    return ids(voucher, redemptions.voucherId);
  }
  if (contractId !== undefined) {
    const contract = sql`(select contract_id as value from contracts where ${ofBook} and contract_id = ${contractId}${seen}) as x cross join `;
    return ids(contract, redemptions.contractId);
  }
  if (legalPersonUscc === null) return status === undefined ? undefined : ids(sql``);
  if (role === 'provider') {
    const own = sql`(select provider_id as value from providers where ${ofBook} and acting_uscc = ${legalPersonUscc}) as x cross join `;
    return ids(own, redemptions.providerId);
  }
  const own = sql`(select voucher_id as value from vouchers where ${ofBook} and legal_person_uscc = ${legalPersonUscc}) as x cross join `;
  return ids(own, redemptions.voucherId);
}

/** Redemptions in order of submission, `limit` + 1 of them after a cursor. */
export function listRedemptions(db: Database, of: Wanted): Promise<Redemption[]> {
  const ids = idsOf(of);
  const after = of.after === undefined ? undefined : gt(redemptions.redemptionId, of.after);
  return db.drizzle
    .select()
    .from(redemptions)
    .where(and(eq(redemptions.bookId, of.bookId), ids ? sql`${redemptions.redemptionId} = any(array${ids})` : after))
    .orderBy(asc(redemptions.redemptionId))
    .limit(of.limit + 1);
}

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

/** What was proposed to take back of a redemption, in order of proposal; there are few. */
export async function reversalsOf(db: Database, of: { bookId: string; redemptionId: string }): Promise<RedemptionReversal[]> {
  const rows = await db.drizzle
    .select()
    .from(redemptionReversals)
    .where(and(eq(redemptionReversals.bookId, of.bookId), eq(redemptionReversals.redemptionId, of.redemptionId)));
  // Sorted here: asked for an order, a planner would rather walk the whole book in it.
  return rows.sort((a, b) => (a.reversalId < b.reversalId ? -1 : 1));
}
