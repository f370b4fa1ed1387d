// Reading the ledger: accounts, entries, statements, trial balances, as of a sequence or a booked day. Amounts are fen,
// credits − debits. Nothing here reads the history: a page is a range of an index, the running balance of each entry makes
// "as of a sequence" one look-up per account, and rollups (db/migrations/0007_reads.sql) answer for all accounts together.
//
// A booked day is a range of sequences plus a few exceptions: every entry before the first one of a later day
// (`booked_days`) is booked by then, and what was booked late, on a day already past, is listed (`late_legs`).
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { Database, Tx } from '../../db/client.js';
import { idsOfPage, planned } from '../../db/planned.js';
import { accounts } from '../../db/tables.js';
import type { Day } from '../calendar.js';

/** Up to which point: a ledger sequence, or the end of a booked day; both inclusive; neither is now. A statement may be bound by both. */
export interface AsOf {
  readonly seq?: bigint | undefined;
  readonly day?: Day | undefined;
}

export interface AccountRow {
  readonly accountId: string;
  readonly code: string;
  readonly kind: string;
  readonly fund: string | null;
  readonly debitsFen: bigint;
  readonly creditsFen: bigint;
}

export interface EntryRow {
  readonly seq: bigint;
  readonly commandId: string;
  readonly kind: string;
  readonly bookedOn: Day;
  readonly recordedAt: string;
  readonly memberId: string;
  readonly personId: string;
  /** In whose place, where it was delegated. */
  readonly forPersonId: string | null;
  readonly subjectId: string | null;
  readonly programmeVersion: string | null;
  readonly refusalCode: string | null;
  readonly reversesSeq: bigint | null;
  readonly requestDigest: string;
  readonly approvalDigest: string | null;
  readonly debitCode: string | null;
  readonly creditCode: string | null;
  readonly amountFen: bigint | null;
}

export interface StatementLine {
  readonly seq: bigint;
  readonly bookedOn: Day;
  readonly recordedAt: string;
  readonly kind: string;
  readonly subjectId: string | null;
  readonly counterCode: string;
  readonly side: 'D' | 'C';
  readonly amountFen: bigint;
  readonly afterFen: bigint;
}

const snapshot = { mode: 'isolation level repeatable read read only', eager: true };

/** The number of the last entry of a book. */
export async function headOf(on: Pick<Tx, 'sql'>, bookId: string): Promise<bigint> {
  const [head] = await on.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`;
  return head?.seq ?? 0n;
}

/** For the statement of another: the balance (`fen`) of the account of a name, both told as SQL; no row where there is none. */
export const balanceNamed = (bookId: SQL, code: SQL): SQL =>
  sql`(select credits_fen - debits_fen as fen from accounts where book_id = ${bookId} and code = ${code} offset 0)`;

/** The same as the text of a prepared statement, where `bookId` and `code` name a column or a parameter. */
export const balanceText = (bookId: string, code: string): string =>
  `(select credits_fen - debits_fen as fen from accounts where book_id = ${bookId} and code = ${code} offset 0)`;

/** Balance (fen, credits − debits) of a fund's accounts of one kind; `funder` for the kinds that are kept by funder. */
export interface FundBalance {
  readonly fund: string;
  readonly kind: string;
  readonly funder: string | null;
  readonly balanceFen: bigint;
}

/** Balances of money by fund and kind, from the kept totals; of the kinds kept by funder, from the few accounts of each fund. */
export const fundBalances = (db: Database, bookId: string): Promise<FundBalance[]> => db.sql<FundBalance[]>`
  select fund, kind, null as funder, credits_fen - debits_fen as "balanceFen"
    from ledger_totals where book_id = ${bookId} and fund <> '' and kind not in ('appropriation', 'unmatched', 'paid')
  union all
  select t.fund, t.kind, split_part(a.code, ':', 3), a.credits_fen - a.debits_fen
    from ledger_totals t
    cross join lateral (select * from accounts a
                         where a.book_id = t.book_id and a.kind = t.kind and case when a.fund is null then '' else a.fund end = t.fund offset 0) a
   where t.book_id = ${bookId} and t.kind in ('appropriation', 'unmatched', 'paid')
   order by fund, kind, funder`;

const accountColumns = sql.raw(
  'account_id as "accountId", code, kind, fund, debits_fen as "debitsFen", credits_fen as "creditsFen"',
);

/** Accounts of a book in order of opening, `limit` + 1 of them. Of a kind or fund: one range per pair that there is. */
export const listAccounts = (
  db: Database,
  of: {
    bookId: string;
    kind?: string | undefined;
    fund?: string | undefined;
    code?: string | undefined;
    after?: string | undefined;
    limit: number;
  },
): Promise<AccountRow[]> => {
  const { bookId, kind, fund, code, after } = of;
  const limit = of.limit + 1;
  const parts = [sql`book_id = ${bookId}`];
  if (code !== undefined) {
    if (after !== undefined) parts.push(sql`account_id > ${after}`);
    parts.push(sql`code = ${code}`);
    if (kind !== undefined) parts.push(sql`kind = ${kind}`);
    if (fund !== undefined) parts.push(sql`fund = ${fund}`);
  } else if (kind !== undefined || fund !== undefined) {
    const pairs = [sql`book_id = ${bookId}`];
    if (kind !== undefined) pairs.push(sql`kind = ${kind}`);
    if (fund !== undefined) pairs.push(sql`fund = ${fund} and fund <> ''`);
    const ids = idsOfPage({
      id: accounts.accountId,
      bookId,
      ranges: sql`(select kind, fund from ledger_totals where ${sql.join(pairs, sql` and `)}) as t`,
      key: [
        [accounts.kind, sql`t.kind`],
        // Not a coalesce: behind row-level security no index is looked into by one.
        [sql`case when ${accounts.fund} is null then '' else ${accounts.fund} end`, sql`t.fund`],
      ],
      after,
      limit,
    });
    parts.push(sql`account_id = any(array${ids})`);
  } else if (after !== undefined) parts.push(sql`account_id > ${after}`);
  return planned<AccountRow[]>(
    db,
    sql`select ${accountColumns} from accounts where ${sql.join(parts, sql` and `)} order by account_id limit ${limit}`,
  );
};

/** Entries after a sequence, in order; of one subject, or up to a sequence (inclusive), if given; `limit` + 1 of them. */
export const listEntries = (
  db: Database,
  of: { bookId: string; after: bigint; upTo?: bigint | undefined; subjectId?: string | undefined; limit: number },
): Promise<EntryRow[]> => {
  const codeOf = (side: 'debit' | 'credit'): SQL =>
    sql.raw(`(select a.code from accounts a where a.book_id = e.book_id and a.account_id = e.${side}_account_id)`);
  // Of one subject: rows between two rows, so that only the index by subject is in order.
  const [range, order] =
    of.subjectId === undefined
      ? [sql`e.seq > ${of.after}`, sql`e.seq`]
      : [
          sql`(e.subject_id, e.seq) > (${of.subjectId}::uuid, ${of.after}::bigint) and e.subject_id <= ${of.subjectId}::uuid`,
          sql`e.subject_id, e.seq`,
        ];
  const upTo = of.upTo === undefined ? sql`` : sql` and e.seq <= ${of.upTo}`;
  return planned<EntryRow[]>(
    db,
    sql`
    select e.seq, e.command_id as "commandId", e.kind, e.booked_on as "bookedOn", e.recorded_at as "recordedAt",
           e.member_id as "memberId", e.person_id as "personId", e.subject_id as "subjectId",
           e.programme_version as "programmeVersion", e.refusal_code as "refusalCode", e.reverses_seq as "reversesSeq",
           encode(e.request_digest, 'hex') as "requestDigest", encode(e.approval_digest, 'hex') as "approvalDigest",
           ${codeOf('debit')} as "debitCode", ${codeOf('credit')} as "creditCode", e.amount_fen as "amountFen",
           (select d.for_person_id from delegated_acts d where d.book_id = e.book_id and d.command_id = e.command_id) as "forPersonId"
      from entries e
     where e.book_id = ${of.bookId} and ${range}${upTo}
     order by ${order} limit ${of.limit + 1}`,
  );
};

/**
 * What a statement is over: sequences after `lo` up to `hi` that are booked from `from` on, and beyond `hi`, up to `cut`, what was
 * booked late on a day from `from` to `to`.
 */
interface Bounds {
  readonly headSeq: bigint;
  readonly lo: bigint;
  readonly hi: bigint;
  readonly cut: bigint;
  readonly from: Day;
  readonly to: Day;
}
/** Days before and after every day of a book. */
const [beginning, end] = ['-infinity', 'infinity'];
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

async function boundsOf(tx: Tx, bookId: string, from: Day | undefined, asOf: AsOf): Promise<Bounds> {
  // Before the first entry of a day after `day`; the head when there is none.
  const before = (day: Day | undefined, at: SQL): SQL =>
    day === undefined
      ? sql`null::bigint`
      : sql`(select d.first_seq - 1 from booked_days d where d.book_id = h.book_id and d.booked_on ${at} ${day} order by d.booked_on limit 1)`;
  const [row] = await planned<{ seq: bigint; lo: bigint | null; hi: bigint | null }[]>(
    tx,
    sql`select h.seq, ${before(from, sql`>=`)} as lo, ${before(asOf.day, sql`>`)} as hi from book_heads h where h.book_id = ${bookId}`,
  );
  const headSeq = row?.seq ?? 0n;
  const cut = least(asOf.seq ?? headSeq, headSeq);
  const hi = asOf.day === undefined ? cut : least(row?.hi ?? headSeq, cut);
  const lo = from === undefined ? 0n : least(row?.lo ?? headSeq, hi);
  return { headSeq, lo, hi, cut, from: from ?? beginning, to: asOf.day ?? end };
}

/**
 * The balance of an account in which everything counts that is booked before the statement's first day, and of the statement itself
 * the lines up to `after`: the balance kept at a sequence (two index look-ups), and what of the few late ones comes after that.
 */
async function balanceWithin(tx: Tx, bookId: string, accountId: string, bounds: Bounds, after: bigint): Promise<bigint> {
  const { lo, hi, cut, from, to } = bounds;
  const held = most(least(after, hi), lo);
  const side = (name: 'debit' | 'credit'): SQL => {
    const account = sql.raw(`${name}_account_id`);
    return sql`
    (select seq, ${sql.raw(`${name}_after_fen`)} as after from entries
      where book_id = ${bookId} and (${account}, seq) <= (${accountId}::uuid, ${held}::bigint) and ${account} >= ${accountId}::uuid
      order by ${account} desc, seq desc limit 1)`;
  };
  const [row] = await planned<{ fen: bigint }[]>(
    tx,
    sql`
    select coalesce((select after from (${side('debit')} union all ${side('credit')}) x
                      order by seq desc limit 1), 0)
           + (select coalesce(sum(delta_fen), 0)::bigint from late_legs
               where book_id = ${bookId} and account_id = ${accountId} and seq > ${held} and seq <= ${cut}
                 and (booked_on < ${from} or (booked_on <= ${to} and seq <= ${after}))) as fen`,
  );
  return row?.fen ?? 0n;
}

export interface StatementPage {
  readonly account: AccountRow;
  /** Of the whole statement: before its first line, and after its last. */
  readonly period: { readonly openingFen: bigint; readonly closingFen: bigint };
  /** Of the account before the first line of this page. */
  readonly openingFen: bigint;
  readonly lines: StatementLine[];
  readonly headSeq: bigint;
}

/**
 * An account with a page of its statement: lines after a sequence, `limit` + 1 of them, in order of sequence. From a booked day on if
 * given, and up to a sequence or the end of a booked day; balances are of what the statement is over: a transfer booked late counts
 * on its booked day. Null when there is no such account.
 */
export async function readStatement(
  db: Database,
  of: { bookId: string; accountId: string; from?: Day | undefined; asOf?: AsOf; after: bigint; limit: number },
): Promise<StatementPage | null> {
  const { bookId, accountId, after } = of;
  const limit = of.limit + 1;
  return db.begin(async (tx) => {
    const [[account], bounds] = await Promise.all([
      planned<AccountRow[]>(
        tx,
        sql`select ${accountColumns} from accounts where book_id = ${bookId} and account_id = ${accountId}`,
      ),
      boundsOf(tx, bookId, of.from, of.asOf ?? {}),
    ]);
    if (!account) return null;
    const { lo, hi, cut, from, to } = bounds;
    const dated = of.from === undefined ? sql`` : sql` and booked_on >= ${from}`;
    // Rows between two rows, in the order of the index by account: no other index can be taken for it.
    const side = (name: 'debit' | 'credit', counter: 'debit' | 'credit'): SQL => {
      const own = sql.raw(`${name}_account_id`);
      return sql`
      (select book_id, seq, booked_on, recorded_at, kind, subject_id, ${sql.raw(name === 'debit' ? `'D'` : `'C'`)} as side,
              ${sql.raw(`${counter}_account_id`)} as counter, amount_fen from entries
        where book_id = ${bookId} and (${own}, seq) > (${accountId}::uuid, ${most(after, lo)}::bigint)
          and (${own}, seq) <= (${accountId}::uuid, ${hi}::bigint) and ${own} is not null${dated}
        order by ${own}, seq limit ${limit})`;
    };
    const [openingFen, closingFen, laterFen, rows] = await Promise.all([
      of.from === undefined ? 0n : balanceWithin(tx, bookId, accountId, bounds, lo),
      balanceWithin(tx, bookId, accountId, bounds, cut),
      after > lo ? balanceWithin(tx, bookId, accountId, bounds, after) : null,
      planned<Omit<StatementLine, 'afterFen'>[]>(
        tx,
        sql`
        select l.seq, l.booked_on as "bookedOn", l.recorded_at as "recordedAt", l.kind, l.subject_id as "subjectId", l.side,
               l.amount_fen as "amountFen",
               (select a.code from accounts a where a.book_id = l.book_id and a.account_id = l.counter) as "counterCode"
          from (${side('debit', 'credit')} union all ${side('credit', 'debit')} union all
                (select e.book_id, e.seq, e.booked_on, e.recorded_at, e.kind, e.subject_id, case when t.delta_fen < 0 then 'D' else 'C' end,
                        case when t.delta_fen < 0 then e.credit_account_id else e.debit_account_id end, e.amount_fen
                   from late_legs t
                   cross join lateral (select * from entries e where e.book_id = t.book_id and e.seq = t.seq offset 0) e
                  where t.book_id = ${bookId} and t.account_id = ${accountId} and t.seq > ${most(after, hi)} and t.seq <= ${cut}
                    and t.booked_on >= ${from} and t.booked_on <= ${to}
                  order by t.seq limit ${limit})) l
         order by l.seq limit ${limit}`,
      ),
    ]);
    // The first page opens as the statement does.
    const pageOpeningFen = laterFen ?? openingFen;
    let balanceFen = pageOpeningFen;
    const lines = rows.map((row): StatementLine => {
      balanceFen += row.side === 'D' ? -row.amountFen : row.amountFen;
      return { ...row, afterFen: balanceFen };
    });
    return { account, period: { openingFen, closingFen }, openingFen: pageOpeningFen, lines, headSeq: bounds.headSeq };
  }, snapshot);
}

/** The balance of one account as of a sequence or a booked day, with the head it was read at. */
export async function readBalance(
  db: Database,
  of: { bookId: string; accountId: string; asOf: AsOf },
): Promise<{ code: string; balanceFen: bigint; headSeq: bigint } | null> {
  return db.begin(async (tx) => {
    const [account] = await planned<{ code: string }[]>(
      tx,
      sql`select code from accounts where book_id = ${of.bookId} and account_id = ${of.accountId}`,
    );
    if (!account) return null;
    const bounds = await boundsOf(tx, of.bookId, undefined, of.asOf);
    const balanceFen = await balanceWithin(tx, of.bookId, of.accountId, bounds, bounds.cut);
    return { code: account.code, balanceFen, headSeq: bounds.headSeq };
  }, snapshot);
}

export interface TrialLine {
  readonly kind: string;
  readonly fund: string | null;
  /** Accounts that a transfer has touched; by day, those whose first transfer is booked by then. */
  readonly accounts: bigint;
  readonly debitsFen: bigint;
  readonly creditsFen: bigint;
}

/** Debits and credits per kind and fund, as of now, a sequence or a booked day, with the head they were read at. */
export async function readTrialBalance(
  db: Database,
  bookId: string,
  asOf: AsOf,
): Promise<{ headSeq: bigint; lines: TrialLine[] }> {
  return db.begin(async (tx) => {
    const headSeq = await headOf(tx, bookId);
    if (asOf.day !== undefined) return { headSeq, lines: await trialOfDay(tx, bookId, asOf.day) };
    if (asOf.seq !== undefined && asOf.seq < headSeq) return { headSeq, lines: await trialOfSeq(tx, bookId, asOf.seq) };
    return { headSeq, lines: await totalsOf(tx, bookId) };
  }, snapshot);
}

/** The trial balance as it stands. */
export const totalsOf = (on: Pick<Tx, 'sql'>, bookId: string): Promise<TrialLine[]> =>
  planned<TrialLine[]>(
    on,
    sql`select kind, nullif(fund, '') as fund, accounts, debits_fen as "debitsFen", credits_fen as "creditsFen"
          from ledger_totals where book_id = ${bookId} order by kind, ledger_totals.fund`,
  );

/** The months before, and the days since. */
const trialOfDay = (tx: Tx, bookId: string, day: Day): Promise<TrialLine[]> => {
  const month = `${day.slice(0, 7)}-01`;
  const columns = sql.raw('kind, fund, accounts, debits_fen, credits_fen');
  return planned<TrialLine[]>(
    tx,
    sql`
    select kind, nullif(fund, '') as fund, sum(accounts)::bigint as accounts,
           sum(debits_fen)::bigint as "debitsFen", sum(credits_fen)::bigint as "creditsFen"
      from (select ${columns} from ledger_turnovers where book_id = ${bookId} and span = 'MONTH' and starts_on < ${month}
            union all
            select ${columns} from ledger_turnovers
             where book_id = ${bookId} and span = 'DAY' and starts_on >= ${month} and starts_on <= ${day}) t
     group by kind, t.fund order by kind, t.fund`,
  );
};

/** The last mark of each total, and the entries since: a thousand and a batch at most. */
async function trialOfSeq(tx: Tx, bookId: string, seq: bigint): Promise<TrialLine[]> {
  type Row = { kind: string; fund: string; accounts: bigint; debitsFen: bigint; creditsFen: bigint };
  const marks = await planned<(Row & { seq: bigint })[]>(
    tx,
    sql`
    select t.kind, t.fund, m.seq, m.accounts, m.debits_fen as "debitsFen", m.credits_fen as "creditsFen"
      from ledger_totals t
      cross join lateral (select * from ledger_marks m
                           where m.book_id = t.book_id and m.kind = t.kind and m.fund = t.fund and m.seq <= ${seq}
                           order by m.seq desc limit 1) m
     where t.book_id = ${bookId}`,
  );
  const mark = marks.reduce((latest, row) => (row.seq > latest ? row.seq : latest), 0n);
  const since = await planned<Row[]>(
    tx,
    sql`
    select a.kind, a.fund, count(distinct a.account_id) filter (where a.opened_seq > ${mark}) as accounts,
           sum(l.debit)::bigint as "debitsFen", sum(l.credit)::bigint as "creditsFen"
      from (select * from entries where book_id = ${bookId} and seq > ${mark} and seq <= ${seq} and amount_fen is not null offset 0) e
      cross join lateral (values (e.debit_account_id, e.amount_fen, 0::bigint), (e.credit_account_id, 0::bigint, e.amount_fen))
                           as l (account_id, debit, credit)
      cross join lateral (select a.account_id, a.kind, coalesce(a.fund, '') as fund, a.opened_seq from accounts a
                           where a.book_id = ${bookId} and a.account_id = l.account_id offset 0) a
     group by a.kind, a.fund`,
  );
  const sums = new Map<string, Row>();
  for (const row of [...marks, ...since]) {
    const key = `${row.kind} ${row.fund}`;
    const sum = sums.get(key) ?? { ...row, accounts: 0n, debitsFen: 0n, creditsFen: 0n };
    sums.set(key, {
      ...sum,
      accounts: sum.accounts + row.accounts,
      debitsFen: sum.debitsFen + row.debitsFen,
      creditsFen: sum.creditsFen + row.creditsFen,
    });
  }
  return [...sums.keys()].sort().flatMap((key) => {
    const row = sums.get(key);
    if (!row) return [];
    const { kind, fund, accounts, debitsFen, creditsFen } = row;
    return [{ kind, fund: fund === '' ? null : fund, accounts, debitsFen, creditsFen }];
  });
}
