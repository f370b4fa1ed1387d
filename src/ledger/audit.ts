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
