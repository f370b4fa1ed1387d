import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { PayeeAccount, PayeeAccountWait } from '../../db/tables.js';
import { payeeAccounts, payeeAccountWaits } from '../../db/tables.js';
import { ownBy, type Principal } from '../access/principal.js';

/**
 * Payee accounts in order of recording, `limit` + 1 of them after a cursor: of one holder if given, and for a member of the trade of
 * its own legal person's providers, or enterprises: one range per holder, for each has few.
 */
export function listPayeeAccounts(
  db: Database,
  of: {
    bookId: string;
    providerId?: string | undefined;
    enterpriseId?: string | undefined;
    principal: Pick<Principal, 'role' | 'legalPersonUscc'>;
    after: string | undefined;
    limit: number;
  },
): Promise<PayeeAccount[]> {
  const { bookId, providerId, enterpriseId, after } = of;
  const { role, legalPersonUscc } = of.principal;
  const limit = of.limit + 1;
  const named = providerId !== undefined ? 'provider' : enterpriseId !== undefined ? 'enterprise' : undefined;
  const side = role === 'provider' || role === 'enterprise' ? role : named;
  const [holderId, other] = side === 'provider' ? [providerId, enterpriseId] : [enterpriseId, providerId];
  // Nobody's account is of both sides.
  if (side !== undefined && other !== undefined) return Promise.resolve([]);
  const id = sql.raw(`${side}_id`);
  const own =
    legalPersonUscc === null
      ? sql``
      : sql` and ${sql.raw(ownBy[side === 'provider' ? 'providers' : 'enterprises'])} = ${legalPersonUscc}`;
  const one = holderId === undefined ? sql`` : sql` and ${id} = ${holderId}`;
  const ids =
    side === undefined
      ? undefined
      : idsOfPage({
          id: payeeAccounts.payeeAccountId,
          bookId,
          ranges: sql`(select ${id} as value from ${sql.raw(`${side}s`)} where book_id = ${bookId}${own}${one}) as p`,
          key: [[side === 'provider' ? payeeAccounts.providerId : payeeAccounts.enterpriseId, sql`p.value`]],
          sieve: sql`true`,
          after,
          limit,
        });
  return db.drizzle
    .select()
    .from(payeeAccounts)
    .where(
      and(
        eq(payeeAccounts.bookId, bookId),
        ids
          ? sql`${payeeAccounts.payeeAccountId} = any(array${ids})`
          : after === undefined
            ? undefined
            : gt(payeeAccounts.payeeAccountId, after),
      ),
    )
    .orderBy(asc(payeeAccounts.payeeAccountId))
    .limit(limit);
}

/** Waits in order of proposal, `limit` + 1 of them after a cursor. */
export const listWaits = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<PayeeAccountWait[]> =>
  db.drizzle
    .select()
    .from(payeeAccountWaits)
    .where(
      and(eq(payeeAccountWaits.bookId, of.bookId), of.after === undefined ? undefined : gt(payeeAccountWaits.waitId, of.after)),
    )
    .orderBy(asc(payeeAccountWaits.waitId))
    .limit(of.limit + 1);
