// A month in the ledger, once nothing is booked in it any more: where it stands, what was transferred in it, what turned over, and how every
// account stood at its end. By booked days up to its last, and of what is at or before the entry that shut it; so it reads the same for ever. In
// slices, each a read of its own: nothing of what they read is ever changed.
import type { Tx } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { lastDayOfMonth } from '../calendar.js';
import type { Fen } from '../money.js';
import type { AccountKind } from './chart.js';

export interface MonthSpan {
  readonly bookId: string;
  readonly month: string;
  readonly first: Day;
  readonly last: Day;
  /** The entry that shut it: what comes after it is not of the month, whatever its day. */
  readonly cutOff: bigint;
  /** Nothing before it is booked in the month. */
  readonly from: bigint;
  /** Everything up to it is booked in the month or before; what comes after it, up to the cut-off, may be. */
  readonly settled: bigint;
}

/** The span of a month (`YYYY-MM`) that was shut by an entry of this kind about this subject. Throws where there is none. */
export async function spanOf(
  db: Tx,
  of: { bookId: string; month: string; shutBy: { readonly kind: string; readonly subjectId: string } },
): Promise<MonthSpan> {
  const { bookId, month, shutBy } = of;
  const [first, last] = [`${month}-01`, lastDayOfMonth(month)];
  const [row] = await db.sql<{ cutOff: bigint; from: bigint | null; after: bigint | null }[]>`
    select e.seq as "cutOff",
           (select d.first_seq from booked_days d where d.book_id = e.book_id and d.booked_on >= ${first}::date order by d.booked_on limit 1) as "from",
           (select d.first_seq from booked_days d where d.book_id = e.book_id and d.booked_on > ${last}::date order by d.booked_on limit 1) as after
      from entries e where e.book_id = ${bookId} and e.subject_id = ${shutBy.subjectId} and e.kind = ${shutBy.kind}`;
  if (!row) throw new Error(`the month ${month} was not shut`);
  const { cutOff } = row;
  const settled = row.after === null || row.after > cutOff ? cutOff : row.after - 1n;
  return { bookId, month, first, last, cutOff, from: row.from ?? cutOff, settled };
}

/** A transfer of money, with the accounts it is between. */
export interface Transfer {
  readonly seq: bigint;
  readonly bookedOn: Day;
  readonly posting: string;
  readonly debit: string;
  readonly credit: string;
  readonly fund: string;
  readonly amountFen: Fen;
  readonly subjectId: string | null;
  /** The entry that it takes back, and the account that that one debited. */
  readonly corrects: bigint | null;
  readonly correctedDebit: string | null;
}

/** Entries looked at at once. */
const entriesAtOnce = 10_000n;

const transferOf = (range: string): string => `
  select e.seq, e.booked_on as "bookedOn", e.kind as posting, d.code as debit, k.code as credit, d.fund, e.amount_fen as "amountFen",
         e.subject_id as "subjectId", e.reverses_seq as corrects,
         case when e.reverses_seq is not null then
           (select a.code from entries o join accounts a on a.book_id = o.book_id and a.account_id = o.debit_account_id
             where o.book_id = e.book_id and o.seq = e.reverses_seq) end as "correctedDebit"
    from (${range}) e
   cross join lateral (select a.code, a.fund from accounts a where a.book_id = $1 and a.account_id = e.debit_account_id offset 0) d
   cross join lateral (select a.code from accounts a where a.book_id = $1 and a.account_id = e.credit_account_id offset 0) k
   where d.fund is not null
   order by e.seq`;
const within = 'book_id = $1 and seq >= $2 and seq <= $3 and booked_on >= $4::date and booked_on <= $5::date';

/** The transfers of money of a month in order of sequence, but for these postings; in slices, each with the sequence up to which it goes. */
export async function* transfersOf(
  db: Tx,
  span: MonthSpan,
  without: readonly string[],
): AsyncGenerator<{ readonly transfers: readonly Transfer[]; readonly upTo: bigint }> {
  const text = transferOf(
    `select * from entries where ${within} and amount_fen is not null and kind <> all ($6::text[]) offset 0`,
  );
  for (let from = span.from; from <= span.cutOff; from += entriesAtOnce) {
    const upTo = from + entriesAtOnce - 1n < span.cutOff ? from + entriesAtOnce - 1n : span.cutOff;
    const transfers = await db.sql.prepared<Transfer[]>(text, [span.bookId, from, upTo, span.first, span.last, without]);
    yield { transfers, upTo };
  }
}

/** The transfers of a month that touch any of the accounts of these codes, in order of sequence; at most `limit` of them. */
export const transfersTouching = (
  db: Tx,
  span: MonthSpan,
  of: { readonly codes: readonly string[]; readonly limit: number },
): Promise<Transfer[]> => {
  const side = (name: 'debit' | 'credit'): string =>
    `select * from (select e.* from accounts a
       cross join lateral (select * from entries e
                            where e.book_id = a.book_id and e.${name}_account_id = a.account_id and e.${name}_account_id is not null
                              and e.seq >= $2 and e.seq <= $3 and e.booked_on >= $4::date and e.booked_on <= $5::date
                            order by e.${name}_account_id, e.seq limit ${of.limit}) e
      where a.book_id = $1 and a.code = any ($6::text[])) x`;
  return db.sql.prepared<Transfer[]>(
    `${transferOf(`select * from (${side('debit')} union ${side('credit')}) y order by y.seq limit ${of.limit}`)}`,
    [span.bookId, span.from, span.cutOff, span.first, span.last, of.codes],
  );
};

/** What payables of a payee there are: the codes of its accounts, by the funds that have any. */
export const payablesOf = (db: Tx, bookId: string, payeeId: string): Promise<{ code: string; accountId: string }[]> =>
  db.sql.prepared<{ code: string; accountId: string }[]>(
    `select a.code, a.account_id as "accountId" from ledger_totals t
      cross join lateral (select a.code, a.account_id from accounts a
                           where a.book_id = $1 and a.code = 'payable:' || $2 || ':' || t.fund limit 1) a
      where t.book_id = $1 and t.kind = 'payable' order by a.code`,
    [bookId, payeeId],
  );

/** Transfers that are booked in the month or before and come after the entry that shut it: there must be none. */
export async function bookedTooLate(db: Tx, { bookId, last, cutOff }: MonthSpan): Promise<bigint[]> {
  const rows = await db.sql<{ seq: bigint }[]>`
    select distinct seq from late_legs where book_id = ${bookId} and seq > ${cutOff} and booked_on <= ${last}::date order by seq`;
  return rows.map(({ seq }) => seq);
}

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
export const turnoversOf = (db: Tx, { bookId, first }: MonthSpan): Promise<Turnover[]> => db.sql<Turnover[]>`
  select fund, kind, posting, debits_fen as "debitsFen", credits_fen as "creditsFen", transfers from ledger_turnovers
   where book_id = ${bookId} and span = 'MONTH' and starts_on = ${first}::date
   order by fund collate "C", kind collate "C", posting collate "C"`;

/** In order of fund and kind; of those that have ever moved. */
export const trialOf = (db: Tx, { bookId, first }: MonthSpan): Promise<Trial[]> => db.sql<Trial[]>`
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

const balanceOf = (range: string): string => `
  select a.account_id as "accountId", a.code, a.kind, a.fund,
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
    from (${range}) a order by a.account_id`;

/**
 * Every account that does not stand at zero at the end of the month, in the order in which they were opened, in slices: the running balance
 * beside its last entry, and what was booked late since.
 */
export async function* balancesOf(db: Tx, span: MonthSpan): AsyncGenerator<readonly Balance[]> {
  const text = balanceOf(
    `select * from accounts where book_id = $1 and account_id > $2 order by account_id limit ${accountsAtOnce}`,
  );
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await db.sql.prepared<Balance[]>(text, [span.bookId, after, span.settled, span.cutOff, span.last]);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.filter(({ balanceFen }) => balanceFen !== 0n);
    after = last.accountId;
  }
}

/** How these accounts stand at the end of the month. */
export const balancesAt = (db: Tx, span: MonthSpan, accountIds: readonly string[]): Promise<Balance[]> =>
  db.sql.prepared<Balance[]>(balanceOf('select * from accounts where book_id = $1 and account_id = any ($2::uuid[])'), [
    span.bookId,
    accountIds,
    span.settled,
    span.cutOff,
    span.last,
  ]);
