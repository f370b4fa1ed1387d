// Reading the ledger: accounts, entries, statements, balances as of a sequence or a booked day. Read-only snapshots; the
// running balance of each entry makes "as of a sequence" one look-up per account. Amounts are fen, credits − debits.
import type { Database, Tx } from '../../db/client.js';
import type { Day } from '../calendar.js';

/** Up to which point: a ledger sequence, or the end of a booked day; both inclusive; neither is now. */
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

const snapshot = { mode: 'isolation level repeatable read read only' };
const headOf = async (tx: Tx, bookId: string): Promise<bigint> => {
  const [head] = await tx.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`;
  return head?.seq ?? 0n;
};

/** Accounts of a book in order of opening, `limit` + 1 of them. */
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
): Promise<AccountRow[]> =>
  db.sql<AccountRow[]>`
    select account_id as "accountId", code, kind, fund, debits_fen as "debitsFen", credits_fen as "creditsFen"
      from accounts
     where book_id = ${of.bookId}
       and (${of.kind ?? null}::text is null or kind = ${of.kind ?? null})
       and (${of.fund ?? null}::text is null or fund = ${of.fund ?? null})
       and (${of.code ?? null}::text is null or code = ${of.code ?? null})
       and (${of.after ?? null}::uuid is null or account_id > ${of.after ?? null}::uuid)
     order by account_id limit ${of.limit + 1}::int`;

/** Entries after a sequence, in order; of one subject if given; `limit` + 1 of them. */
export const listEntries = (
  db: Database,
  of: { bookId: string; after: bigint; subjectId?: string | undefined; limit: number },
): Promise<EntryRow[]> =>
  db.sql<EntryRow[]>`
    select e.seq, e.command_id as "commandId", e.kind, e.booked_on as "bookedOn", e.recorded_at as "recordedAt",
           e.member_id as "memberId", e.person_id as "personId", e.subject_id as "subjectId",
           e.programme_version as "programmeVersion", e.refusal_code as "refusalCode", e.reverses_seq as "reversesSeq",
           encode(e.request_digest, 'hex') as "requestDigest", encode(e.approval_digest, 'hex') as "approvalDigest",
           d.code as "debitCode", c.code as "creditCode", e.amount_fen as "amountFen"
      from entries e
      left join accounts d on d.book_id = e.book_id and d.account_id = e.debit_account_id
      left join accounts c on c.book_id = e.book_id and c.account_id = e.credit_account_id
     where e.book_id = ${of.bookId} and e.seq > ${of.after}
       and (${of.subjectId ?? null}::uuid is null or e.subject_id = ${of.subjectId ?? null}::uuid)
     order by e.seq limit ${of.limit + 1}::int`;

/** One account with a page of its statement: lines after a sequence, `limit` + 1 of them, and the balance before them. */
export async function readStatement(
  db: Database,
  of: { bookId: string; accountId: string; after: bigint; limit: number },
): Promise<{ account: AccountRow; openingFen: bigint; lines: StatementLine[] } | null> {
  return db.begin(async (tx) => {
    const [account] = await tx.sql<AccountRow[]>`
      select account_id as "accountId", code, kind, fund, debits_fen as "debitsFen", credits_fen as "creditsFen"
        from accounts where book_id = ${of.bookId} and account_id = ${of.accountId}`;
    if (!account) return null;
    const openingFen = await balanceAtSeq(tx, of.bookId, of.accountId, of.after);
    const lines = await tx.sql<StatementLine[]>`
      select l.seq, l.booked_on as "bookedOn", l.recorded_at as "recordedAt", l.kind, l.subject_id as "subjectId",
             a.code as "counterCode", l.side, l.amount_fen as "amountFen", l.after as "afterFen"
        from ((select *, 'D' as side, credit_account_id as counter, debit_after_fen as after from entries
                where book_id = ${of.bookId} and debit_account_id = ${of.accountId} and seq > ${of.after}
                order by seq limit ${of.limit + 1}::int)
              union all
              (select *, 'C', debit_account_id, credit_after_fen from entries
                where book_id = ${of.bookId} and credit_account_id = ${of.accountId} and seq > ${of.after}
                order by seq limit ${of.limit + 1}::int)) l
        join accounts a on a.book_id = l.book_id and a.account_id = l.counter
       order by l.seq limit ${of.limit + 1}::int`;
    return { account, openingFen, lines };
  }, snapshot);
}

/** The balance of an account after the last entry at or before `seq` that touched it: two index look-ups. */
async function balanceAtSeq(tx: Tx, bookId: string, accountId: string, seq: bigint): Promise<bigint> {
  const [row] = await tx.sql<{ after: bigint }[]>`
    select after from (
      (select seq, debit_after_fen as after from entries
        where book_id = ${bookId} and debit_account_id = ${accountId} and seq <= ${seq} order by seq desc limit 1)
      union all
      (select seq, credit_after_fen from entries
        where book_id = ${bookId} and credit_account_id = ${accountId} and seq <= ${seq} order by seq desc limit 1)) x
    order by seq desc limit 1`;
  return row?.after ?? 0n;
}

/** The balance of one account as of a sequence or a booked day, with the head it was read at. */
export async function readBalance(
  db: Database,
  of: { bookId: string; accountId: string; asOf: AsOf },
): Promise<{ code: string; balanceFen: bigint; headSeq: bigint } | null> {
  return db.begin(async (tx) => {
    const headSeq = await headOf(tx, of.bookId);
    const [account] = await tx.sql<{ code: string }[]>`
      select code from accounts where book_id = ${of.bookId} and account_id = ${of.accountId}`;
    if (!account) return null;
    if (of.asOf.day === undefined) {
      const seq = of.asOf.seq ?? headSeq;
      return { code: account.code, balanceFen: await balanceAtSeq(tx, of.bookId, of.accountId, seq), headSeq };
    }
    const [row] = await tx.sql<{ balance: bigint }[]>`
      select (coalesce(sum(case when credit_account_id = ${of.accountId}::uuid then amount_fen else -amount_fen end), 0))::bigint as balance
        from entries
       where book_id = ${of.bookId} and booked_on <= ${of.asOf.day}
         and (debit_account_id = ${of.accountId}::uuid or credit_account_id = ${of.accountId}::uuid)`;
    return { code: account.code, balanceFen: row?.balance ?? 0n, headSeq };
  }, snapshot);
}

export interface TrialLine {
  readonly kind: string;
  readonly fund: string | null;
  readonly accounts: bigint;
  readonly debitsFen: bigint;
  readonly creditsFen: bigint;
}

/** Debits and credits per kind and fund, as of now, a sequence or a booked day. Recomputed from entries when in the past. */
export async function readTrialBalance(
  db: Database,
  bookId: string,
  asOf: AsOf,
): Promise<{ headSeq: bigint; lines: TrialLine[] }> {
  return db.begin(async (tx) => {
    const headSeq = await headOf(tx, bookId);
    if (asOf.seq === undefined && asOf.day === undefined) {
      const lines = await tx.sql<TrialLine[]>`
        select kind, fund, count(*) as accounts, sum(debits_fen)::bigint as "debitsFen", sum(credits_fen)::bigint as "creditsFen"
          from accounts where book_id = ${bookId} group by kind, fund order by kind, fund`;
      return { headSeq, lines };
    }
    const lines = await tx.sql<TrialLine[]>`
      select a.kind, a.fund, count(distinct a.account_id) as accounts,
             sum(l.debit)::bigint as "debitsFen", sum(l.credit)::bigint as "creditsFen"
        from (select debit_account_id as account_id, amount_fen as debit, 0 as credit, seq, booked_on from entries
               where book_id = ${bookId} and amount_fen is not null
              union all
              select credit_account_id, 0, amount_fen, seq, booked_on from entries
               where book_id = ${bookId} and amount_fen is not null) l
        join accounts a on a.book_id = ${bookId} and a.account_id = l.account_id
       where (${asOf.seq ?? null}::bigint is null or l.seq <= ${asOf.seq ?? null}::bigint)
         and (${asOf.day ?? null}::date is null or l.booked_on <= ${asOf.day ?? null}::date)
       group by a.kind, a.fund order by a.kind, a.fund`;
    return { headSeq, lines };
  }, snapshot);
}
