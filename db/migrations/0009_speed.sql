-- The hot path: a batch is written with as little as its guarantees need.

-- A row of a lane's table names a book that exists, for the lane's mark is compared with it at every write and open_lane
-- found the book before it set the mark. The reference said the same once more for every row, at a look-up each.
do $$
declare
  reference record;
begin
  for reference in
    select c.conrelid::regclass as named, c.conname
      from pg_constraint c
     where c.contype = 'f' and c.confrelid = 'books'::regclass
       and exists (select from pg_trigger g where g.tgrelid = c.conrelid and g.tgname = (c.conrelid::regclass)::text || '_in_lane')
  loop
    execute format('alter table %s drop constraint %I', reference.named, reference.conname);
  end loop;
end $$;

-- Entries and accounts are written by post_entries alone, which joins every account it names and every kind it opens, and
-- no account can be removed: what these references said, it does not let happen.
alter table entries drop constraint entries_book_id_debit_account_id_fkey;
alter table entries drop constraint entries_book_id_credit_account_id_fkey;
alter table accounts drop constraint accounts_kind_fkey;

-- Room in each page for the versions that confirming, paying and redeeming an invoice make, so that its indexes stay.
alter table usage_invoices set (fillfactor = 70);

-- Takes the lane of a book: locks its head row and marks this transaction. The first statement of every batch.
-- What is planned in a lane goes by index: a plan made while a table was small must not read the whole of it later. And
-- it is planned once: the planner thinks better of a plan for the very arrays of each batch, and makes one for each.
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
  perform set_config('ledger.lane', p_book::text, true),
          set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
          set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
          set_config('plan_cache_mode', 'force_generic_plan', true);
  return query select head.seq, head.recorded_at, b.open_from from books b where b.book_id = p_book;
end $$;

-- Writes one batch: opens accounts, appends entries numbered head + 1 … n in the order given, moves the balances by
-- what the entries say (derived here, never taken from the caller), and moves the head. Refuses (VL004) a sequence that
-- is not the head, a posting that is not in posting_kinds, a transfer between funds, an account that is not there or
-- would be overdrawn at any of its entries. Arrays of commands are joined to arrays of entries by position (e_command
-- counts from 1), for the rows of one command share what identifies it.
-- Every account is read once and written once: an account that is opened is inserted with what the batch moves on it.
create or replace function post_entries(
  p_book uuid, p_head bigint, p_recorded_at timestamptz,
  a_id uuid[], a_code text[], a_kind text[], a_fund text[],
  c_id uuid[], c_member uuid[], c_person uuid[], c_request text[], c_approval text[],
  e_command int[], e_kind text[], e_booked_on date[], e_subject uuid[], e_programme text[], e_refusal text[],
  e_reverses bigint[], e_debit uuid[], e_credit uuid[], e_amount bigint[])
  returns bigint
  language plpgsql security definer set search_path = public, pg_temp
  -- Among the rows of a batch, joins by hash; the tables are reached by index only.
  set enable_seqscan = off set enable_hashjoin = on set plan_cache_mode = force_generic_plan as $$
declare
  n       bigint := coalesce(array_length(e_command, 1), 0);
  written bigint;
  opened  bigint;
begin
  if current_setting('ledger.lane', true) is distinct from p_book::text then
    raise exception 'entries need the lane of their book' using errcode = 'VL002';
  end if;
  update book_heads set seq = seq + n, recorded_at = greatest(recorded_at, p_recorded_at)
   where book_id = p_book and seq = p_head;
  if not found then
    raise exception 'the head of the book is not %', p_head using errcode = 'VL004';
  end if;

  with e as materialized (
    select p_head + ord as seq, command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount
      from unnest(e_command, e_kind, e_booked_on, e_subject, e_programme, e_refusal, e_reverses, e_debit, e_credit, e_amount)
        with ordinality as u (command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount, ord)
  ), legs as materialized (
    select seq, debit as account, -amount as delta from e where debit is not null
    union all
    select seq, credit, amount from e where credit is not null
  ), moved as materialized (
    select account, coalesce(-sum(delta) filter (where delta < 0), 0)::bigint as debits,
           coalesce(sum(delta) filter (where delta > 0), 0)::bigint as credits
      from legs group by account
  ), opening as materialized (
    select a.id as account, a.code, a.kind, a.fund, k.may_overdraw
      from unnest(a_id, a_code, a_kind, a_fund) as a (id, code, kind, fund)
      join account_kinds k on k.kind = a.kind and (k.measure = 'MONEY') = (a.fund is not null)
  ), touched as materialized (
    select m.account, a.kind, a.fund, a.may_overdraw, a.credits_fen - a.debits_fen as before
      from moved m
     cross join lateral (select * from accounts a where a.book_id = p_book and a.account_id = m.account offset 0) a
    union all
    select account, kind, fund, may_overdraw, 0 from opening
  ), running as materialized (
    select l.seq, l.account, t.kind, t.fund, t.may_overdraw,
           t.before + (sum(l.delta) over (partition by l.account order by l.seq))::bigint as after
      from legs l join touched t on t.account = l.account
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
  )
  select (select count(*) from appended), (select count(*) from inserted) into written, opened;
  if written <> n then
    raise exception 'a transfer that is no known posting, that leaves its fund, or that has no account to move or nothing on it'
      using errcode = 'VL004';
  end if;
  if opened <> coalesce(array_length(a_id, 1), 0) then
    raise exception 'an account of an unknown kind, or with a fund where none belongs' using errcode = 'VL004';
  end if;
  return p_head + n;
end $$;

-- The words of explanations, each once in a book: an explanation keeps the id and the figures of its case. The id is made
-- from the words, so a wording can be neither exchanged nor changed, and the same rule has the same id in every book.
create table explanation_wordings (
  book_id     uuid not null,
  wording_id  text not null,
  document    text not null,
  article     text not null,
  rule_zh     text not null,
  rule_en     text not null,
  decided_by  text,
  primary key (book_id, wording_id),
  constraint explanation_wordings_by_content check (wording_id = left(encode(sha256(convert_to(
    document || E'\n' || article || E'\n' || rule_zh || E'\n' || rule_en || E'\n' || coalesce(decided_by, ''), 'UTF8')), 'hex'), 32))
);
call keep_in_lane('explanation_wordings');
create trigger explanation_wordings_append_only before update or delete on explanation_wordings
  for each row execute function refuse_change();
create trigger explanation_wordings_no_truncate before truncate on explanation_wordings
  for each statement execute function refuse_change();

-- An explanation in full, for who reads the tables themselves.
create function explanation_in_full(p_book uuid, p_explanation json) returns json
  language sql stable set search_path = public, pg_temp as $$
  select coalesce(json_agg(case when w.wording_id is null then s.step else json_build_object(
           'document', w.document, 'article', w.article, 'ruleZh', w.rule_zh, 'ruleEn', w.rule_en, 'inputs', s.step -> 'inputs',
           'result', s.step -> 'result', 'bound', s.step -> 'bound', 'decidedBy', w.decided_by) end order by s.nth), '[]')
    from json_array_elements(p_explanation) with ordinality as s (step, nth)
    left join explanation_wordings w on w.book_id = p_book and w.wording_id = s.step ->> 'wording'
$$;
revoke all on function explanation_in_full from public;
grant execute on function explanation_in_full to voucher_app, voucher_reader;
