import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { OpeningBalance, Voucher, VoucherEnding, VoucherProposal } from '../../db/tables.js';
import { openingBalances, providers, vouchers } from '../../db/tables.js';
import type { Shelf } from '../ledger/facts.js';
import type { Step } from '../ledger/history.js';
import { commandsAbout, stepsOf } from '../ledger/history.js';
import { balanceNamed, balanceText } from '../ledger/statements.js';
import type { Actor } from '../ledger/lane.js';
import { proposalShelf, voucherEndingShelf, voucherShelf } from './facts.js';

/** Whose eyes: the authorities see every voucher, an enterprise its own, a provider those whose contract is with it. */
export type Viewer = Pick<Actor, 'role' | 'legalPersonUscc'>;

/** A voucher with its account's balance (fen): what it can still pay. */
export interface VoucherBalance {
  voucher: Voucher;
  balanceFen: bigint;
}

/** Looked up for each voucher: behind row-level security no index is looked into by a name that is put together in a join. */
const account = balanceNamed(sql`${vouchers.bookId}`, sql`'voucher:' || ${vouchers.voucherId}`);

function selectVouchers(db: Database, of: { where: SQL | undefined; limit: number }): Promise<VoucherBalance[]> {
  return db.drizzle
    .select({ voucher: vouchers, balanceFen: sql<bigint>`account.fen` })
    .from(vouchers)
    .innerJoin(providers, and(eq(providers.bookId, vouchers.bookId), eq(providers.providerId, vouchers.providerId)))
    .innerJoinLateral(sql`${account} as account`, sql`true`)
    .where(of.where)
    .orderBy(asc(vouchers.voucherId))
    .limit(of.limit);
}

interface Wanted {
  bookId: string;
  viewer: Viewer;
  status: Voucher['status'] | undefined;
  programmeCode: string | undefined;
  enterpriseId: string | undefined;
  contractId: string | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * The page that is asked for: of a contract, an enterprise or an enterprise's legal person, each of which has few vouchers; else one
 * range per programme and state, for a provider of each of its legal person's.
 */
function idsOf(of: Wanted): SQL | undefined {
  const { bookId, viewer, status, programmeCode, enterpriseId, contractId, after } = of;
  const page = { id: vouchers.voucherId, bookId, after, limit: of.limit + 1 };
  const isProvider = viewer.role === 'provider';
  const own = sql`(select provider_id as value from providers where book_id = ${bookId} and acting_uscc = ${viewer.legalPersonUscc})`;
  const narrow =
    contractId !== undefined
      ? ([vouchers.contractId, sql`${contractId}::uuid`] as const)
      : enterpriseId !== undefined
        ? ([vouchers.enterpriseId, sql`${enterpriseId}::uuid`] as const)
        : viewer.legalPersonUscc !== null && !isProvider
          ? ([vouchers.legalPersonUscc, sql`${viewer.legalPersonUscc}::text`] as const)
          : undefined;
  if (narrow) {
    const sieve = and(
      contractId === undefined || enterpriseId === undefined ? undefined : eq(vouchers.enterpriseId, enterpriseId),
      narrow[0] === vouchers.legalPersonUscc || viewer.legalPersonUscc === null || isProvider
        ? undefined
        : eq(vouchers.legalPersonUscc, viewer.legalPersonUscc),
      isProvider ? inArray(vouchers.providerId, own) : undefined,
      status === undefined ? undefined : eq(vouchers.status, status),
      programmeCode === undefined ? undefined : eq(vouchers.programmeCode, programmeCode),
    );
    return idsOfPage({ ...page, key: [narrow], sieve });
  }
  if (!isProvider && status === undefined && programmeCode === undefined) return undefined;
  const programmes =
    programmeCode === undefined
      ? sql`(select distinct programme_code as value from programme_versions where book_id = ${bookId}) as p`
      : each('p', [programmeCode]);
  const states = each('s', status === undefined ? vouchers.status.enumValues : [status]);
  return idsOfPage({
    ...page,
    ranges: sql`${programmes} cross join ${states}${isProvider ? sql` cross join ${own} as o` : sql``}`,
    key: [
      ...(isProvider ? [[vouchers.providerId, sql`o.value`] as const] : []),
      [vouchers.programmeCode, sql`p.value`],
      [vouchers.status, sql`s.value`],
    ],
  });
}

/** Vouchers in order of issue, `limit` + 1 of them after a cursor. */
export function listVouchers(db: Database, of: Wanted): Promise<VoucherBalance[]> {
  const ids = idsOf(of);
  const after = of.after === undefined ? undefined : gt(vouchers.voucherId, of.after);
  const where = and(eq(vouchers.bookId, of.bookId), ids ? sql`${vouchers.voucherId} = any(array${ids})` : after);
  return selectVouchers(db, { where, limit: of.limit + 1 });
}

/** The columns of a shelf's table, as a prepared statement names them for its rows. */
const columnsOf = ({ columns }: Pick<Shelf<unknown>, 'columns'>): string =>
  columns.map(({ name, property }) => `t.${name} as "${property}"`).join(', ');

const oneVoucher = `select ${columnsOf(voucherShelf)}, a.fen as "balanceFen", p.acting_uscc as "actingProvider"
   from vouchers t
   join providers p on p.book_id = t.book_id and p.provider_id = t.provider_id
  cross join lateral ${balanceText('t.book_id', '$3')} a
  where t.book_id = $1 and t.voucher_id = $2`;

/** One voucher; undefined when there is none, or none that the viewer may see. */
export async function findVoucher(
  { sql }: Pick<Database, 'sql'>,
  of: { bookId: string; voucherId: string; viewer: Viewer },
): Promise<VoucherBalance | undefined> {
  const { role, legalPersonUscc } = of.viewer;
  const [found] = await sql.prepared<(Voucher & { balanceFen: bigint; actingProvider: string })[]>(oneVoucher, [
    of.bookId,
    of.voucherId,
    `voucher:${of.voucherId}`,
  ]);
  if (!found) return undefined;
  const { balanceFen, actingProvider, ...voucher } = found;
  const holder = role === 'provider' ? actingProvider : voucher.legalPersonUscc;
  return legalPersonUscc === null || holder === legalPersonUscc ? { voucher, balanceFen } : undefined;
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

/** An entry of the book about a voucher, or a movement of its balance. */
export interface VoucherStep extends Step {
  readonly reason: string | null;
}

export interface VoucherTold {
  readonly steps: readonly VoucherStep[];
  readonly endings: readonly VoucherEnding[];
  readonly proposal: VoucherProposal | undefined;
}

const itsEndings = `select ${columnsOf(voucherEndingShelf)} from voucher_endings t
  where t.book_id = $1 and t.voucher_id = $2 order by t.ending_id limit 500`;
const itsProposal = `select ${columnsOf(proposalShelf)} from voucher_proposals t
  where t.book_id = $1 and t.voucher_id = $2 and t.status = 'PROPOSED' limit 1`;
// A reason stands beside the entry of its command, which is about the voucher.
const itsReasons = `select r.command_id as "commandId", r.reason
   from ${commandsAbout('$1', '$2')} e
  cross join lateral (select * from voucher_reasons r where r.book_id = $1 and r.command_id = e.command_id offset 0) r`;

/** How a voucher came to be as it is: what moved its balance and what was decided about it, in order of the ledger, the first 500. */
export async function tellOfVoucher(
  db: Pick<Database, 'sql'>,
  { bookId, voucherId }: { bookId: string; voucherId: string },
): Promise<VoucherTold> {
  const [steps, endings, [proposal], reasons] = await Promise.all([
    stepsOf(db, bookId, { code: `voucher:${voucherId}`, subjectId: voucherId, limit: 500 }),
    db.sql.prepared<VoucherEnding[]>(itsEndings, [bookId, voucherId]),
    db.sql.prepared<VoucherProposal[]>(itsProposal, [bookId, voucherId]),
    db.sql.prepared<{ commandId: string; reason: string }[]>(itsReasons, [bookId, voucherId]),
  ]);
  const reasonOf = new Map(reasons.map(({ commandId, reason }) => [commandId, reason]));
  return { steps: steps.map((step) => ({ ...step, reason: reasonOf.get(step.commandId) ?? null })), endings, proposal };
}
