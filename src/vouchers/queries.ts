import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { OpeningBalance, Voucher } from '../../db/tables.js';
import { accounts, contracts, openingBalances, providers, vouchers } from '../../db/tables.js';
import type { Actor } from '../ledger/lane.js';

/** Whose eyes: the authorities see every voucher, an enterprise its own, a provider those whose contract is with it. */
export type Viewer = Pick<Actor, 'role' | 'legalPersonUscc'>;

const seenBy = ({ role, legalPersonUscc }: Viewer): SQL | undefined => {
  if (legalPersonUscc === null) return undefined;
  return eq(role === 'provider' ? providers.legalPersonUscc : vouchers.legalPersonUscc, legalPersonUscc);
};

/** A voucher with its account's balance (fen): what it can still pay. */
export interface VoucherBalance {
  voucher: Voucher;
  balanceFen: bigint;
}

async function selectVouchers(db: Database, of: { where: SQL | undefined; limit: number }): Promise<VoucherBalance[]> {
  const rows = await db.drizzle
    .select({ voucher: vouchers, credits: accounts.creditsFen, debits: accounts.debitsFen })
    .from(vouchers)
    .innerJoin(contracts, and(eq(contracts.bookId, vouchers.bookId), eq(contracts.contractId, vouchers.contractId)))
    .innerJoin(providers, and(eq(providers.bookId, contracts.bookId), eq(providers.providerId, contracts.providerId)))
    .innerJoin(accounts, and(eq(accounts.bookId, vouchers.bookId), eq(accounts.code, sql`'voucher:' || ${vouchers.voucherId}`)))
    .where(of.where)
    .orderBy(asc(vouchers.voucherId))
    .limit(of.limit);
  return rows.map(({ voucher, credits, debits }) => ({ voucher, balanceFen: credits - debits }));
}

/** Vouchers in order of issue, `limit` + 1 of them after a cursor. */
export const listVouchers = (
  db: Database,
  of: {
    bookId: string;
    viewer: Viewer;
    status: Voucher['status'] | undefined;
    programmeCode: string | undefined;
    enterpriseId: string | undefined;
    contractId: string | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<VoucherBalance[]> =>
  selectVouchers(db, {
    where: and(
      eq(vouchers.bookId, of.bookId),
      seenBy(of.viewer),
      of.status === undefined ? undefined : eq(vouchers.status, of.status),
      of.programmeCode === undefined ? undefined : eq(vouchers.programmeCode, of.programmeCode),
      of.enterpriseId === undefined ? undefined : eq(vouchers.enterpriseId, of.enterpriseId),
      of.contractId === undefined ? undefined : eq(vouchers.contractId, of.contractId),
      of.after === undefined ? undefined : gt(vouchers.voucherId, of.after),
    ),
    limit: of.limit + 1,
  });

/** One voucher; undefined when there is none, or none that the viewer may see. */
export async function findVoucher(
  db: Database,
  of: { bookId: string; voucherId: string; viewer: Viewer },
): Promise<VoucherBalance | undefined> {
  const where = and(eq(vouchers.bookId, of.bookId), eq(vouchers.voucherId, of.voucherId), seenBy(of.viewer));
  const [found] = await selectVouchers(db, { where, limit: 1 });
  return found;
}

/** Opening balances in order of preparation, `limit` + 1 of them after a cursor. */
export const listOpenings = (
  db: Database,
  of: { bookId: string; status: OpeningBalance['status'] | undefined; after: string | undefined; limit: number },
): Promise<OpeningBalance[]> =>
  db.drizzle
    .select()
    .from(openingBalances)
    .where(
      and(
        eq(openingBalances.bookId, of.bookId),
        of.status === undefined ? undefined : eq(openingBalances.status, of.status),
        of.after === undefined ? undefined : gt(openingBalances.openingBalanceId, of.after),
      ),
    )
    .orderBy(asc(openingBalances.openingBalanceId))
    .limit(of.limit + 1);
