// How the accounts of a book stand at the end of a month: by the booked days up to its last, and of what is at or before its cut-off. Turnovers come
// from the rollups, which nothing changes once the month is shut; balances from the entries themselves.
import type { Database } from '../../db/client.js';
import type { AccountKind } from '../ledger/chart.js';
import type { Fen } from '../money.js';
import type { MonthSpan } from './span.js';

/** What was posted in a month under one name to accounts of one kind and fund ('' for quota). */
export interface Turnover {
  readonly fund: string;
  readonly kind: AccountKind;
  readonly posting: string;
  readonly debitsFen: Fen;
  readonly creditsFen: Fen;
  readonly transfers: bigint;
}

/** The trial balance of a kind and fund: credits − debits at both ends of the month, and what moved between. */
export interface Trial {
  readonly fund: string;
  readonly kind: AccountKind;
  readonly openingFen: Fen;
  readonly debitsFen: Fen;
  readonly creditsFen: Fen;
  readonly closingFen: Fen;
}

/** In order of fund, kind and posting. */
export const turnoversOf = (db: Database, { bookId, first }: MonthSpan): Promise<Turnover[]> => db.sql<Turnover[]>`
  select fund, kind, posting, debits_fen as "debitsFen", credits_fen as "creditsFen", transfers from ledger_turnovers
   where book_id = ${bookId} and span = 'MONTH' and starts_on = ${first}::date
   order by fund collate "C", kind collate "C", posting collate "C"`;

/** In order of fund and kind; of those that have ever moved. */
export const trialOf = (db: Database, { bookId, first }: MonthSpan): Promise<Trial[]> => db.sql<Trial[]>`
  select fund, kind, (coalesce(sum(credits_fen - debits_fen) filter (where starts_on < ${first}::date), 0))::bigint as "openingFen",
         (coalesce(sum(debits_fen) filter (where starts_on = ${first}::date), 0))::bigint as "debitsFen",
         (coalesce(sum(credits_fen) filter (where starts_on = ${first}::date), 0))::bigint as "creditsFen",
         (sum(credits_fen - debits_fen))::bigint as "closingFen"
    from ledger_turnovers where book_id = ${bookId} and span = 'MONTH' and starts_on <= ${first}::date
   group by fund, kind order by fund collate "C", kind collate "C"`;

export interface Balance {
  readonly accountId: string;
  readonly code: string;
  readonly kind: AccountKind;
  readonly fund: string | null;
  readonly balanceFen: Fen;
}

/** Accounts looked at at once. */
const accountsAtOnce = 4_000;

/**
 * Every account that does not stand at zero at the end of the month, in the order in which they were opened, in slices: the running balance
 * beside its last entry, and what was booked late since.
 */
export async function* balancesOf(db: Database, span: MonthSpan): AsyncGenerator<readonly Balance[]> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await db.sql.prepared<Balance[]>(
      `select a.account_id as "accountId", a.code, a.kind, a.fund,
              (coalesce((select x.after from (
                 (select seq, debit_after_fen as after from entries
                   where book_id = $1 and debit_account_id = a.account_id and debit_account_id is not null and seq <= $3
                   order by debit_account_id desc, seq desc limit 1)
                 union all
                 (select seq, credit_after_fen from entries
                   where book_id = $1 and credit_account_id = a.account_id and credit_account_id is not null and seq <= $3
                   order by credit_account_id desc, seq desc limit 1)) x order by x.seq desc limit 1), 0)
               + coalesce((select sum(l.delta_fen) from late_legs l
                            where l.book_id = $1 and l.account_id = a.account_id and l.seq > $3 and l.seq <= $4 and l.booked_on <= $5::date), 0)
              )::bigint as "balanceFen"
         from (select * from accounts where book_id = $1 and account_id > $2 order by account_id limit ${accountsAtOnce}) a
        order by a.account_id`,
      [span.bookId, after, span.settled, span.cutOff, span.last],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.filter(({ balanceFen }) => balanceFen !== 0n);
    after = last.accountId;
  }
}
