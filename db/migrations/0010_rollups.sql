-- The rollups are written by the one statement that writes the entries, which has the kind and the fund of every account
-- at hand: a trigger looked each of them up again, at a quarter of the time of a batch. post_entries is the only writer of
-- entries (nobody else has the right), so nothing can be left out; the audit compares the rollups with the entries.
drop trigger entries_rolled_up on entries;
drop function roll_up_entries;

-- The batch that left the head where it stands, named by who wrote it: so that the next one can be decided while it is on
-- its way, and is written only behind this very batch.
alter table book_heads add column batch_id uuid;

-- What is planned in a lane goes by index: a plan made while a table was small must not read the whole of it later. And
-- it is planned once: the planner thinks better of a plan for the very arrays of each batch, and makes one for each.
create function plan_by_index() returns void language plpgsql as $$
begin
  perform pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_hashjoin', 'off', true),
          pg_catalog.set_config('enable_mergejoin', 'off', true), pg_catalog.set_config('enable_material', 'off', true),
          pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true);
end $$;

-- Takes the lane of a book: locks its head row and marks this transaction. The first statement of a batch that is decided
-- under the lock.
create or replace function open_lane(p_book uuid)
  returns table (seq bigint, recorded_at timestamptz, open_from date)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head book_heads;
begin
  select * into head from book_heads h where h.book_id = p_book for update;
  if not found then
    raise exception 'no such book' using errcode = 'VL003';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
  perform plan_by_index();
  return query select head.seq, head.recorded_at, b.open_from from books b where b.book_id = p_book;
end $$;

-- Takes the lane right behind a batch, for what was read and decided while that batch was being written: refuses (VL005)
-- when the head is not where it left it, for then it was not written, or somebody else has written since. `p_open_from` is
-- the first open day that was decided with.
create function open_lane_behind(p_book uuid, p_batch uuid, p_open_from date) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  latest uuid;
begin
  -- The row is locked first and then looked at: as it is once whoever held it has ended.
  select h.batch_id into latest from book_heads h where h.book_id = p_book for update;
  if latest is distinct from p_batch
     or not exists (select from books b where b.book_id = p_book and b.open_from = p_open_from) then
    raise exception 'the head of the book is not where batch % left it', p_batch using errcode = 'VL005';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
end $$;
revoke all on function open_lane_behind from public;
grant execute on function open_lane_behind to voucher_app;

-- Writes one batch: opens accounts, appends entries numbered head + 1 … n in the order given, moves the balances by
-- what the entries say (derived here, never taken from the caller), keeps the rollups, and moves the head. Refuses (VL004)
-- a sequence that is not the head, a posting that is not in posting_kinds, a transfer between funds, an account that is not
-- there or would be overdrawn at any of its entries. Arrays of commands are joined to arrays of entries by position
-- (e_command counts from 1), for the rows of one command share what identifies it. `p_batch` names the batch.
-- Every account is read once and written once: an account that is opened is inserted with what the batch moves on it.
drop function post_entries;
create function post_entries(
  p_book uuid, p_head bigint, p_recorded_at timestamptz,
  a_id uuid[], a_code text[], a_kind text[], a_fund text[],
  c_id uuid[], c_member uuid[], c_person uuid[], c_request text[], c_approval text[],
  e_command int[], e_kind text[], e_booked_on date[], e_subject uuid[], e_programme text[], e_refusal text[],
  e_reverses bigint[], e_debit uuid[], e_credit uuid[], e_amount bigint[],
  p_batch uuid default null)
  returns bigint
  language plpgsql security definer set search_path = public, pg_temp
  -- Among the rows of a batch, joins by hash; the tables are reached by index only.
  set enable_seqscan = off set enable_hashjoin = on set plan_cache_mode = force_generic_plan as $$
declare
  n        bigint := coalesce(array_length(e_command, 1), 0);
  written  bigint;
  opened   bigint;
  known    date;
  earliest date;
  latest   date;
begin
  if current_setting('ledger.lane', true) is distinct from p_book::text then
    raise exception 'entries need the lane of their book' using errcode = 'VL002';
  end if;
  update book_heads set seq = seq + n, batch_id = p_batch, recorded_at = greatest(recorded_at, p_recorded_at)
   where book_id = p_book and seq = p_head;
  if not found then
    raise exception 'the head of the book is not %', p_head using errcode = 'VL004';
  end if;

  with e as materialized (
    select p_head + ord as seq, command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount
      from unnest(e_command, e_kind, e_booked_on, e_subject, e_programme, e_refusal, e_reverses, e_debit, e_credit, e_amount)
        with ordinality as u (command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount, ord)
  ), legs as materialized (
    select seq, debit as account, -amount as delta, kind as posting, booked_on from e where debit is not null
    union all
    select seq, credit, amount, kind, booked_on from e where credit is not null
  ), moved as materialized (
    select account, coalesce(-sum(delta) filter (where delta < 0), 0)::bigint as debits,
           coalesce(sum(delta) filter (where delta > 0), 0)::bigint as credits
      from legs group by account
  ), opening as materialized (
    select a.id as account, a.code, a.kind, a.fund, k.may_overdraw
      from unnest(a_id, a_code, a_kind, a_fund) as a (id, code, kind, fund)
      join account_kinds k on k.kind = a.kind and (k.measure = 'MONEY') = (a.fund is not null)
  ), touched as materialized (
    select m.account, a.kind, a.fund, a.may_overdraw, false as is_new, a.credits_fen - a.debits_fen as before
      from moved m
     cross join lateral (select * from accounts a where a.book_id = p_book and a.account_id = m.account offset 0) a
    union all
    select account, kind, fund, may_overdraw, true, 0 from opening
  ), running as materialized (
    select l.seq, l.account, l.delta, l.posting, l.booked_on, t.kind, t.fund, t.may_overdraw,
           t.is_new and row_number() over so_far = 1 as counts,
           t.before + (sum(l.delta) over so_far)::bigint as after
      from legs l join touched t on t.account = l.account
    window so_far as (partition by l.account order by l.seq)
  ), appended as (
    insert into entries (book_id, seq, command_id, kind, booked_on, recorded_at, member_id, person_id, subject_id,
                         request_digest, approval_digest, programme_version, refusal_code, reverses_seq,
                         debit_account_id, credit_account_id, amount_fen, debit_after_fen, credit_after_fen)
    -- By position, not by a join: a planner that expects ten rows compares every entry with every command.
    select p_book, e.seq, c_id[e.command], e.kind, e.booked_on, p_recorded_at, c_member[e.command], c_person[e.command],
           e.subject, decode(c_request[e.command], 'hex'), decode(c_approval[e.command], 'hex'), e.programme, e.refusal,
           e.reverses, e.debit, e.credit, e.amount, d.after, k.after
      from e
      left join running d on d.seq = e.seq and d.account = e.debit
      left join running k on k.seq = e.seq and k.account = e.credit
      left join posting_kinds p on p.posting = e.kind and p.debit_kind = d.kind and p.credit_kind = k.kind
     where num_nonnulls(e.debit, e.credit, e.amount) = 0
        or (p.between_funds or d.fund is not distinct from k.fund) and (d.may_overdraw or d.after >= 0)
           and p.posting is not null
     order by e.seq
    returning 1
  ), inserted as (
    insert into accounts (book_id, account_id, code, kind, fund, may_overdraw, opened_seq, debits_fen, credits_fen)
    select p_book, o.account, o.code, o.kind, o.fund, o.may_overdraw, p_head + 1, coalesce(m.debits, 0), coalesce(m.credits, 0)
      from opening o left join moved m on m.account = o.account
    returning 1
  ), settled as (
    update accounts a set debits_fen = a.debits_fen + m.debits, credits_fen = a.credits_fen + m.credits
      from moved m
     where a.book_id = p_book and a.account_id = m.account
  ), turned as materialized (
    select booked_on, coalesce(fund, '') as fund, kind, posting, coalesce(-sum(delta) filter (where delta < 0), 0)::bigint as debits,
           coalesce(sum(delta) filter (where delta > 0), 0)::bigint as credits, count(*) as transfers,
           count(*) filter (where counts) as accounts, max(seq) as seq
      from running group by booked_on, fund, kind, posting
  ), totalled as (
    insert into ledger_totals as t (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
    select p_book, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from turned group by kind, fund
    on conflict (book_id, kind, fund) do update
       set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
           accounts = t.accounts + excluded.accounts, changed_seq = excluded.changed_seq
  ), turned_over as (
    insert into ledger_turnovers as t (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
    select p_book, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
      from turned
     cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1))
                          as s (span, starts_on)
     group by s.span, s.starts_on, fund, kind, posting
    on conflict (book_id, span, starts_on, fund, kind, posting) do update
       set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
           transfers = t.transfers + excluded.transfers, accounts = t.accounts + excluded.accounts
  )
  select (select count(*) from appended), (select count(*) from inserted) into written, opened;
  if written <> n then
    raise exception 'a transfer that is no known posting, that leaves its fund, or that has no account to move or nothing on it'
      using errcode = 'VL004';
  end if;
  if opened <> coalesce(array_length(a_id, 1), 0) then
    raise exception 'an account of an unknown kind, or with a fund where none belongs' using errcode = 'VL004';
  end if;

  -- Nearly every batch is booked on the day the book is on.
  select min(day), max(day), (select d.booked_on from booked_days d where d.book_id = p_book order by d.booked_on desc limit 1)
    into earliest, latest, known
    from unnest(e_booked_on) as u (day);
  if known is distinct from earliest or known <> latest then
    with placed as (
      select e.*, greatest(known, max(e.booked_on) over (order by e.seq rows between unbounded preceding and 1 preceding)) as reached
        from entries e where e.book_id = p_book and e.seq > p_head
    ), came as (
      insert into booked_days (book_id, booked_on, first_seq)
      select p_book, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on
    )
    insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
    select p_book, l.account_id, p.seq, p.booked_on, l.delta
      from placed p
     cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
     where p.booked_on < p.reached and p.amount_fen is not null;
  end if;

  -- Each mark writes something, so that the last mark at or before a sequence is never further away than a thousand
  -- entries and a batch.
  if (p_head + n) / 1000 > p_head / 1000 then
    insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
    select t.book_id, t.kind, t.fund, p_head + n, t.debits_fen, t.credits_fen, t.accounts
      from ledger_totals t
     where t.book_id = p_book
       and t.changed_seq >= least(p_head / 1000 * 1000 + 1,
                                  (select max(l.changed_seq) from ledger_totals l where l.book_id = p_book));
  end if;
  return p_head + n;
end $$;
revoke all on function post_entries from public;
grant execute on function post_entries to voucher_app;
