// The audit of the ledger itself, set-based and from the rows alone: DESIGN invariants 1, 2, 3, 7 and 8. Clean is an
// empty list. `since` makes it incremental for what is checked per entry; totals are always taken whole.
import type { Database } from '../../db/client.js';

/** What an audit found wrong: which invariant, about what, and the figures. */
export interface Finding {
  readonly invariant: number;
  readonly subject: string;
  readonly detail: string;
}

/** Runs on one read-only snapshot, so that a busy lane cannot look broken. */
export async function auditLedger(db: Database, bookId: string, since = 0n): Promise<Finding[]> {
  return db.begin(
    async ({ sql }) => {
      const findings: Finding[] = [];
      const note = (invariant: number, rows: readonly { subject: string; detail: string }[]) => {
        for (const row of rows) findings.push({ invariant, ...row });
      };
      type Rows = { subject: string; detail: string }[];

      // 1. Σ credits = Σ debits; every account's totals equal the sum over its transfers.
      note(
        1,
        await sql<Rows>`
          select a.code as subject, format('kept %s/%s, entries say %s/%s', a.debits_fen, a.credits_fen, m.debits, m.credits) as detail
            from accounts a
            cross join lateral (
              select (select coalesce(sum(amount_fen), 0) from entries e where e.book_id = a.book_id and e.debit_account_id = a.account_id) as debits,
                     (select coalesce(sum(amount_fen), 0) from entries e where e.book_id = a.book_id and e.credit_account_id = a.account_id) as credits) m
           where a.book_id = ${bookId} and (a.debits_fen, a.credits_fen) is distinct from (m.debits, m.credits)`,
      );
      note(
        1,
        await sql<Rows>`
          select 'book' as subject, format('debits %s, credits %s', d, c) as detail
            from (select sum(debits_fen) as d, sum(credits_fen) as c from accounts where book_id = ${bookId}) x where d <> c`,
      );
      // 1. What is read instead of the history says what the history says: totals, turnovers, marks; days and what came late.
      const marks = await sql<{ seq: bigint }[]>`select distinct seq from ledger_marks where book_id = ${bookId} order by seq`;
      note(
        1,
        await sql<Rows>`
          with mark as (select ${marks.map(({ seq }) => seq)}::bigint[] as seqs),
          legs as (
            select seq, booked_on, kind as posting, debit_account_id as account_id, amount_fen as debit, 0::bigint as credit from entries
             where book_id = ${bookId} and amount_fen is not null
            union all
            select seq, booked_on, kind, credit_account_id, 0, amount_fen from entries where book_id = ${bookId} and amount_fen is not null),
          ordered as (select legs.*, row_number() over (partition by account_id order by seq) as nth from legs),
          moved as materialized (
            select width_bucket(l.seq - 1, m.seqs) as chapter, l.booked_on, coalesce(a.fund, '') as fund, a.kind, l.posting,
                   sum(l.debit) as debits, sum(l.credit) as credits, count(*) as transfers, count(*) filter (where l.nth = 1) as accounts
              from ordered l cross join mark m
              join accounts a on a.book_id = ${bookId} and a.account_id = l.account_id
             group by 1, 2, 3, 4, 5),
          total as (
            select kind, fund, sum(debits) as debits, sum(credits) as credits, sum(accounts) as accounts from moved group by 1, 2),
          turnover as (
            select s.span, s.starts_on, fund, kind, posting, sum(debits) as debits, sum(credits) as credits,
                   sum(transfers) as transfers, sum(accounts) as accounts
              from moved cross join lateral (values ('DAY', booked_on), ('MONTH', date_trunc('month', booked_on::timestamp)::date)) as s (span, starts_on)
             group by 1, 2, 3, 4, 5),
          marked as (
            select kind, fund, m.seqs[chapter + 1] as seq, sum(sum(debits)) over w as debits,
                   sum(sum(credits)) over w as credits, sum(sum(accounts)) over w as accounts
              from (select kind, fund, chapter, debits, credits, accounts from moved
                    union all
                    select kind, fund, width_bucket(seq - 1, m.seqs), 0, 0, 0 from ledger_marks cross join mark m where book_id = ${bookId}) x
              cross join mark m
             group by kind, fund, chapter, m.seqs window w as (partition by kind, fund order by chapter))
          select format('total of %s in %s', kind, fund) as subject,
                 format('kept %s/%s in %s accounts, entries say %s/%s in %s', k.debits_fen, k.credits_fen, k.accounts, t.debits, t.credits, t.accounts) as detail
            from (select * from ledger_totals where book_id = ${bookId}) k full join total t using (kind, fund)
           where (k.debits_fen, k.credits_fen, k.accounts) is distinct from (t.debits::bigint, t.credits::bigint, t.accounts::bigint)
          union all
          select format('turnover of %s in %s by %s, %s from %s', kind, fund, posting, span, starts_on),
                 format('kept %s/%s in %s transfers and %s accounts, entries say %s/%s in %s and %s', k.debits_fen, k.credits_fen, k.transfers,
                        k.accounts, t.debits, t.credits, t.transfers, t.accounts)
            from (select * from ledger_turnovers where book_id = ${bookId}) k full join turnover t using (span, starts_on, fund, kind, posting)
           where (k.debits_fen, k.credits_fen, k.transfers, k.accounts)
                 is distinct from (t.debits::bigint, t.credits::bigint, t.transfers::bigint, t.accounts::bigint)
          union all
          select format('mark %s of %s in %s', seq, kind, fund),
                 format('kept %s/%s in %s accounts, entries say %s/%s in %s', k.debits_fen, k.credits_fen, k.accounts, t.debits, t.credits, t.accounts)
            from (select * from marked where seq is not null) t
            full join (select * from ledger_marks where book_id = ${bookId}) k using (kind, fund, seq)
           where (k.debits_fen, k.credits_fen, k.accounts) is distinct from (t.debits::bigint, t.credits::bigint, t.accounts::bigint)
           limit 100`,
      );
      note(
        1,
        await sql<Rows>`
          with placed as materialized (
            select seq, booked_on, debit_account_id, credit_account_id, amount_fen,
                   max(booked_on) over (order by seq rows between unbounded preceding and 1 preceding) as reached
              from entries where book_id = ${bookId}),
          day as (select booked_on, min(seq) as first_seq from placed where reached is null or booked_on > reached group by booked_on),
          late as (
            select l.account_id, p.seq, p.booked_on, l.delta as delta_fen from placed p
              cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
             where p.booked_on < p.reached and p.amount_fen is not null)
          select format('booked day %s', booked_on) as subject, format('kept from %s, entries say %s', k.first_seq, d.first_seq) as detail
            from (select * from booked_days where book_id = ${bookId}) k full join day d using (booked_on)
           where k.first_seq is distinct from d.first_seq
          union all
          select format('late leg %s of %s', seq, account_id), format('kept %s on %s, entries say %s on %s', k.delta_fen, k.booked_on, l.delta_fen, l.booked_on)
            from (select * from late_legs where book_id = ${bookId}) k full join late l using (account_id, seq)
           where (k.booked_on, k.delta_fen) is distinct from (l.booked_on, l.delta_fen)
           limit 100`,
      );
      // 2. No account overdrawn that may not be, at no sequence: running balances recomputed and compared with the kept ones.
      note(
        2,
        await sql<Rows>`
          with legs as (
            select seq, debit_account_id as account_id, -amount_fen as delta, debit_after_fen as kept from entries
             where book_id = ${bookId} and amount_fen is not null
            union all
            select seq, credit_account_id, amount_fen, credit_after_fen from entries
             where book_id = ${bookId} and amount_fen is not null),
          running as (
            select seq, account_id, kept, sum(delta) over (partition by account_id order by seq) as after from legs)
          select format('%s at %s', a.code, r.seq) as subject, format('kept %s, recomputed %s', r.kept, r.after) as detail
            from running r join accounts a on a.book_id = ${bookId} and a.account_id = r.account_id
           where r.seq > ${since} and (r.kept <> r.after or (r.after < 0 and not a.may_overdraw))
           order by r.seq limit 100`,
      );
      note(
        2,
        await sql<Rows>`
          select code as subject, 'its kind says otherwise whether it may be overdrawn' as detail
            from accounts a join account_kinds k using (kind) where a.book_id = ${bookId} and a.may_overdraw <> k.may_overdraw`,
      );
      // 3. Per fund, what was loaded is somewhere: the balances of its money accounts, appropriation included, add up to 0;
      //    and no transfer leaves its fund or is a posting that does not exist.
      note(
        3,
        await sql<Rows>`
          select fund as subject, format('balances add up to %s', sum(credits_fen - debits_fen)) as detail
            from accounts where book_id = ${bookId} and fund is not null group by fund having sum(credits_fen - debits_fen) <> 0`,
      );
      note(
        3,
        await sql<Rows>`
          select format('entry %s', e.seq) as subject, format('%s from %s to %s', e.kind, d.code, c.code) as detail
            from entries e
            join accounts d on d.book_id = e.book_id and d.account_id = e.debit_account_id
            join accounts c on c.book_id = e.book_id and c.account_id = e.credit_account_id
            left join posting_kinds p on p.posting = e.kind and p.debit_kind = d.kind and p.credit_kind = c.kind
           where e.book_id = ${bookId} and e.seq > ${since}
             and (p.posting is null or not (p.between_funds or d.fund is not distinct from c.fund))
           order by e.seq limit 100`,
      );
      // 7. The sequence is gapless from 1 and the head is its end.
      note(
        7,
        await sql<Rows>`
          select 'book' as subject, format('head %s, last %s, entries %s', h.seq, x.last, x.n) as detail
            from book_heads h, (select coalesce(max(seq), 0) as last, coalesce(min(seq), 1) as first, count(*) as n
                                  from entries where book_id = ${bookId}) x
           where h.book_id = ${bookId} and not (h.seq = x.last and x.n = x.last and x.first = 1)`,
      );
      // 8. One key, one outcome; an accepted outcome names a sequence that exists and belongs to its command.
      note(
        8,
        await sql<Rows>`
          select o.command_id::text as subject, format('outcome of %s names entry %s of another command or none', o.verb, o.last_seq) as detail
            from outcomes o left join entries e on e.book_id = o.book_id and e.seq = o.last_seq
           where o.book_id = ${bookId} and o.accepted and o.last_seq > ${since} and e.command_id is distinct from o.command_id
           limit 100`,
      );
      note(
        8,
        await sql<Rows>`
          select member_id::text as subject, format('key %s has %s outcomes', key, count(*)) as detail
            from outcomes where book_id = ${bookId} group by member_id, key having count(*) > 1 limit 100`,
      );
      note(
        8,
        await sql<Rows>`
          select e.command_id::text as subject, format('entries %s to %s have no outcome', min(e.seq), max(e.seq)) as detail
            from entries e
           where e.book_id = ${bookId} and e.seq > ${since}
             and not exists (select from outcomes o where o.book_id = e.book_id and o.command_id = e.command_id)
           group by e.command_id limit 100`,
      );
      return findings;
    },
    { mode: 'isolation level repeatable read read only' },
  );
}
