-- Months of a book: shut, built and sealed. `books.open_from` is the first day that may still be booked on; it moves by months, in order, and
-- never back.

-- A month that is not open any more. CLOSING from the command that shut it: its entry is the cut-off, and nothing is booked on its days from then
-- on. SEALED by another person, who names the digest of what was built of it; what was built then stands beside it for good. A month without
-- a row here is open.
create table months (
  book_id          uuid        not null references books,
  month_id         uuid        not null,
  month            text        not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  status           text        not null check (status in ('CLOSING', 'SEALED')),
  shut_person      uuid        not null,
  shut_on          date        not null,
  sealed_person    uuid,
  sealed_on        date,
  build_id         uuid,
  cut_off_seq      bigint      check (cut_off_seq > 0),
  data_digest      text        check (data_digest ~ '^[0-9a-f]{64}$'),
  balances_digest  text        check (balances_digest ~ '^[0-9a-f]{64}$'),
  seal_digest      text        check (seal_digest ~ '^[0-9a-f]{64}$'),
  recorded_at      timestamptz not null,
  primary key (book_id, month_id),
  constraint months_once unique (book_id, month),
  foreign key (book_id, shut_person) references persons (book_id, person_id),
  foreign key (book_id, sealed_person) references persons (book_id, person_id),
  constraint months_past check (to_char(shut_on, 'YYYY-MM') > month),
  constraint months_four_eyes check (sealed_person <> shut_person),
  constraint months_sealed check (
    (status = 'SEALED') = (num_nonnulls(sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest) = 7)
    and (status = 'SEALED' or num_nonnulls(sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest) = 0))
);
-- One at a time, so that they are sealed in order.
create unique index months_closing on months (book_id) where status = 'CLOSING';

-- One making of a month's data and pack, outside the lane: who works on it (the lease, by the database's clock), how far it has come, what
-- stands in the way of the seal, and the digests of what it made. Asked for through the lane, by the command that shuts the month or by one that
-- has it made again once something is out of the way. All of it is made again from what is at or before the cut-off, and comes out the same.
create table month_builds (
  book_id          uuid        not null references books,
  build_id         uuid        not null,
  month_id         uuid        not null,
  state            text        not null check (state in ('RUNNING', 'DONE', 'FAILED')),
  step             text        not null check (step in ('CHECK', 'LINES', 'BALANCES', 'PACK', 'STORE')),
  entries_total    bigint      check (entries_total >= 0),
  entries_done     bigint      not null default 0 check (entries_done >= 0),
  cut_off_seq      bigint      check (cut_off_seq > 0),
  obstacles        json,
  line_count       integer     check (line_count >= 0),
  data_digest      text        check (data_digest ~ '^[0-9a-f]{64}$'),
  balances_digest  text        check (balances_digest ~ '^[0-9a-f]{64}$'),
  pack_digest      text        check (pack_digest ~ '^[0-9a-f]{64}$'),
  pack_bytes       bigint      check (pack_bytes > 0),
  failure          text,
  attempts         integer     not null default 0 check (attempts >= 0),
  lease_owner      uuid,
  lease_until      timestamptz not null,
  recorded_at      timestamptz not null,
  ended_at         timestamptz,
  primary key (book_id, build_id),
  foreign key (book_id, month_id) references months (book_id, month_id),
  constraint month_builds_done check (
    (state = 'DONE') = (num_nonnulls(cut_off_seq, obstacles, line_count, data_digest, balances_digest, pack_digest, pack_bytes) = 7)),
  constraint month_builds_failed check ((state = 'FAILED') = (failure is not null)),
  constraint month_builds_ended check ((state = 'RUNNING') = (ended_at is null)),
  constraint month_builds_leased check (state = 'RUNNING' or lease_owner is null)
) with (fillfactor = 50);
create index month_builds_month on month_builds (book_id, month_id, build_id);
create index month_builds_running on month_builds (book_id, build_id) where state = 'RUNNING';
create index month_builds_pack on month_builds (book_id, pack_digest) where pack_digest is not null;
alter table months add foreign key (book_id, build_id) references month_builds (book_id, build_id);

-- Who is meant by what a month's lines name: payees and enterprises by their names, and vouchers by whose they were, as the month's data was
-- made. Names change and firms merge afterwards; the data of the month comes out as it was all the same. Written once, with its build.
create table month_parties (
  book_id     uuid not null references books,
  build_id    uuid not null,
  subject_id  uuid not null,
  party_id    uuid not null,
  side        text not null check (side in ('enterprise', 'provider')),
  uscc        text not null,
  name        text not null,
  primary key (book_id, build_id, subject_id),
  foreign key (book_id, build_id) references month_builds (book_id, build_id)
);

-- A sealed month is sealed for good.
create function refuse_sealed_month() returns trigger language plpgsql as $$
begin
  raise exception 'month % is sealed', old.month using errcode = 'VL001';
end $$;
create trigger months_sealed_for_good before update on months for each row when (old.status = 'SEALED') execute function refuse_sealed_month();
create trigger months_are_kept before delete on months for each row execute function refuse_change();
create trigger months_no_truncate before truncate on months for each statement execute function refuse_change();
create trigger month_parties_append_only before update or delete on month_parties for each row execute function refuse_change();
create trigger month_parties_no_truncate before truncate on month_parties for each statement execute function refuse_change();

-- Shuts the month: the first open day moves to the next one. Deferred to the end of the batch, for what was decided before it in the same batch is
-- still booked in the month. Only the first open month can be shut, whatever was decided.
create function shut_month() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update books set open_from = (date_trunc('month', open_from) + interval '1 month')::date
   where book_id = new.book_id and to_char(open_from, 'YYYY-MM') = new.month;
  if not found then
    raise exception 'month % is not the first open one', new.month using errcode = 'VL007';
  end if;
  return null;
end $$;
create constraint trigger months_shut after insert on months deferrable initially deferred for each row execute function shut_month();

call keep_in_lane('months');
grant update (status, sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest) on months to voucher_app;
call hold_persons_apart('months', 'sealed_person shut_person');
call keep_in_book('month_builds');
call keep_in_book('month_parties');
grant select on month_builds, month_parties to voucher_app, voucher_reader;
grant insert on month_builds, month_parties to voucher_app;
grant update (state, step, entries_total, entries_done, cut_off_seq, obstacles, line_count, data_digest, balances_digest, pack_digest, pack_bytes,
              failure, attempts, lease_owner, lease_until, ended_at) on month_builds to voucher_app;

-- The book of the oldest build that nobody works on.
grant select (book_id, build_id, state, lease_owner, lease_until) on month_builds to voucher_across;
create policy across on month_builds for select to voucher_across using (true);
set local role voucher_across;
create function book_with_month_build() returns uuid
  language sql volatile security definer set search_path = public, pg_temp as $$
  select w.book_id from month_builds w
   where w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
   order by w.build_id limit 1
$$;
revoke all on function book_with_month_build from public;
grant execute on function book_with_month_build to voucher_app;
reset role;

-- What is not open takes nothing: no entry is booked before the first open day, whoever calls. Else as it was.
create or replace function post_entries(
  p_book uuid, p_head bigint, p_recorded_at timestamptz,
  a_id uuid[], a_code text[], a_kind text[], a_fund text[],
  c_id uuid[], c_member uuid[], c_person uuid[], c_request text[], c_approval text[],
  e_command int[], e_kind text[], e_booked_on date[], e_subject uuid[], e_programme text[], e_refusal text[],
  e_reverses bigint[], e_debit uuid[], e_credit uuid[], e_amount bigint[],
  p_batch uuid default null)
  returns bigint
  language plpgsql security definer set search_path = public, pg_temp
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
  if earliest < (select open_from from books where book_id = p_book) then
    raise exception 'the day % is of a month that is shut', earliest using errcode = 'VL007';
  end if;
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
