-- Reads that stay flat however long the history: rollups kept in the transaction that writes the entries, and an index
-- for every page that can be asked for. No rollup says anything that the entries do not: `rebuild_rollups` makes all of
-- them from the entries, and the audit compares.

-- What each kind of account holds in each fund, now: the trial balance. `fund` is '' for quota, which carries none.
-- `accounts` counts the accounts that a transfer has touched; `changed_seq` is the last entry that moved the row.
create table ledger_totals (
  book_id      uuid   not null references books,
  kind         text   not null references account_kinds,
  fund         text   not null,
  debits_fen   bigint not null check (debits_fen >= 0),
  credits_fen  bigint not null check (credits_fen >= 0),
  accounts     bigint not null check (accounts >= 0),
  changed_seq  bigint not null,
  primary key (book_id, kind, fund)
) with (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- 发生额: what moved in a day and in a month, by booked day. Months before plus days since give the trial balance as of
-- any booked day from few rows; months by fund and posting are what the dashboard draws. An account counts on the day
-- its first transfer (by sequence) is booked on.
create table ledger_turnovers (
  book_id      uuid   not null references books,
  span         text   not null check (span in ('DAY', 'MONTH')),
  starts_on    date   not null check (span = 'DAY' or extract(day from starts_on) = 1),
  fund         text   not null,
  kind         text   not null references account_kinds,
  posting      text   not null,
  debits_fen   bigint not null check (debits_fen >= 0),
  credits_fen  bigint not null check (credits_fen >= 0),
  transfers    bigint not null check (transfers > 0),
  accounts     bigint not null check (accounts >= 0),
  primary key (book_id, span, starts_on, fund, kind, posting)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- The totals as they stood at the end of the batch that passed each thousandth entry, where they had changed since the
-- mark before: a trial balance as of any sequence is the last mark of each row plus the few entries after the mark. A
-- mark stands at the end of a batch, so that an account opened after it has a later `opened_seq`.
create table ledger_marks (
  book_id      uuid   not null references books,
  kind         text   not null references account_kinds,
  fund         text   not null,
  seq          bigint not null,
  debits_fen   bigint not null,
  credits_fen  bigint not null,
  accounts     bigint not null,
  primary key (book_id, kind, fund, seq)
);

-- The days the book came to, each with the first entry booked on it: every entry before `first_seq` is booked earlier.
-- So what was booked by the end of a day is a range of sequences, and the few transfers booked on a day already past.
create table booked_days (
  book_id    uuid   not null references books,
  booked_on  date   not null,
  first_seq  bigint not null,
  primary key (book_id, booked_on)
);

-- Those few: transfers booked on an earlier day than some entry before them (the bank's day comes days late), one row
-- per account. They are as many as an account has bank lines.
create table late_legs (
  book_id     uuid   not null references books,
  account_id  uuid   not null,
  seq         bigint not null,
  booked_on   date   not null,
  delta_fen   bigint not null check (delta_fen <> 0),
  primary key (book_id, account_id, seq),
  foreign key (book_id, account_id) references accounts (book_id, account_id)
);

-- Control totals of a batch by payee and fund, kept with its lines: a batch may have hundreds of thousands.
create table settlement_totals (
  book_id        uuid    not null references books,
  settlement_id  uuid    not null,
  provider_id    uuid    not null,
  fund           text    not null,
  first_line_no  integer not null,
  line_count     integer not null check (line_count >= 1),
  total_fen      bigint  not null check (total_fen > 0),
  primary key (book_id, settlement_id, provider_id, fund),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id)
);

-- ── Kept with the entries ───────────────────────────────────────────────────────────────────────────────────────────

-- Once per statement that inserts entries, whoever inserts them: no transfer can be left out of the rollups. Accounts are
-- looked up one by one by their key, for a plan made while accounts was empty must not read the whole of it later.
create function roll_up_entries() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  batch record;
  known date;
begin
  for batch in select w.book_id, min(w.seq) as first, max(w.seq) as last, min(w.booked_on) as earliest,
                      max(w.booked_on) as latest, count(w.amount_fen) as transfers
                 from written w group by w.book_id loop

    if batch.transfers > 0 then
      with legs as (
        select w.seq, w.booked_on, w.kind as posting, l.account_id, l.debit, l.credit
          from written w
          cross join lateral (values (w.debit_account_id, w.amount_fen, 0::bigint),
                                     (w.credit_account_id, 0::bigint, w.amount_fen)) as l (account_id, debit, credit)
         where w.book_id = batch.book_id and w.amount_fen is not null
      ), turned as (
        select l.booked_on, a.fund, a.kind, l.posting, sum(l.debit)::bigint as debits, sum(l.credit)::bigint as credits,
               count(*) as transfers, count(*) filter (where a.is_new and l.nth = 1) as accounts, max(l.seq) as seq
          from (select legs.*, row_number() over (partition by account_id order by seq) as nth from legs) l
          cross join lateral (
            select coalesce(a.fund, '') as fund, a.kind, a.opened_seq >= batch.first as is_new
              from accounts a where a.book_id = batch.book_id and a.account_id = l.account_id offset 0) a
         group by l.booked_on, a.fund, a.kind, l.posting
      ), total as (
        insert into ledger_totals as t (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
        select batch.book_id, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from turned group by kind, fund
        on conflict (book_id, kind, fund) do update
           set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
               accounts = t.accounts + excluded.accounts, changed_seq = excluded.changed_seq
      )
      insert into ledger_turnovers as t (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
      select batch.book_id, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
        from turned
        cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1))
                             as s (span, starts_on)
       group by s.span, s.starts_on, fund, kind, posting
      on conflict (book_id, span, starts_on, fund, kind, posting) do update
         set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
             transfers = t.transfers + excluded.transfers, accounts = t.accounts + excluded.accounts;
    end if;

    -- Nearly every batch is booked on the day the book is on.
    select d.booked_on into known from booked_days d where d.book_id = batch.book_id order by d.booked_on desc limit 1;
    if known is distinct from batch.earliest or known <> batch.latest then
      with placed as (
        select w.*, greatest(known, max(w.booked_on) over (order by w.seq rows between unbounded preceding and 1 preceding)) as reached
          from written w where w.book_id = batch.book_id
      ), came as (
        insert into booked_days (book_id, booked_on, first_seq)
        select batch.book_id, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on
      )
      insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
      select batch.book_id, l.account_id, p.seq, p.booked_on, l.delta
        from placed p
        cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
       where p.booked_on < p.reached and p.amount_fen is not null;
    end if;

    -- Each mark writes something, so that the last mark at or before a sequence is never further away than a thousand
    -- entries and a batch.
    if batch.last / 1000 > (batch.first - 1) / 1000 then
      insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
      select t.book_id, t.kind, t.fund, batch.last, t.debits_fen, t.credits_fen, t.accounts
        from ledger_totals t
       where t.book_id = batch.book_id
         and t.changed_seq >= least((batch.first - 1) / 1000 * 1000 + 1,
                                    (select max(l.changed_seq) from ledger_totals l where l.book_id = batch.book_id));
    end if;
  end loop;
  return null;
end $$;

create trigger entries_rolled_up after insert on entries referencing new table as written
  for each statement execute function roll_up_entries();

create function total_settlement_lines() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into settlement_totals as t (book_id, settlement_id, provider_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, provider_id, fund, min(line_no), count(*), sum(amount_fen)
    from written group by book_id, settlement_id, provider_id, fund
  on conflict (book_id, settlement_id, provider_id, fund) do update
     set first_line_no = least(t.first_line_no, excluded.first_line_no), line_count = t.line_count + excluded.line_count,
         total_fen = t.total_fen + excluded.total_fen;
  return null;
end $$;

create trigger settlement_lines_totalled after insert on settlement_lines referencing new table as written
  for each statement execute function total_settlement_lines();

-- Makes the rollups of a book anew from its entries and lines, in its lane: for books that were there before them. Marks
-- are put where a batch is known to have begun: right before an account was opened. Only the owner calls it.
create function rebuild_rollups(p_book uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
  marks bigint[];
begin
  perform from open_lane(p_book);
  delete from ledger_totals where book_id = p_book;
  delete from ledger_turnovers where book_id = p_book;
  delete from ledger_marks where book_id = p_book;
  delete from booked_days where book_id = p_book;
  delete from late_legs where book_id = p_book;
  delete from settlement_totals where book_id = p_book;

  select coalesce(array_agg(seq order by seq), '{}') into marks
    from (select min(opened_seq) - 1 as seq from accounts where book_id = p_book and opened_seq > 1 group by (opened_seq - 1) / 1000
          union select seq from book_heads where book_id = p_book) m;

  create temporary table moved on commit drop as
    with legs as (
      select seq, booked_on, kind as posting, debit_account_id as account_id, amount_fen as debit, 0::bigint as credit from entries
       where book_id = p_book and amount_fen is not null
      union all
      select seq, booked_on, kind, credit_account_id, 0, amount_fen from entries where book_id = p_book and amount_fen is not null
    ), ordered as (
      select legs.*, row_number() over (partition by account_id order by seq) as nth from legs
    )
    select width_bucket(l.seq - 1, marks) as chapter, l.booked_on, coalesce(a.fund, '') as fund, a.kind, l.posting,
           sum(l.debit)::bigint as debits, sum(l.credit)::bigint as credits, count(*) as transfers,
           count(*) filter (where l.nth = 1) as accounts, max(l.seq) as seq
      from ordered l
      join accounts a on a.book_id = p_book and a.account_id = l.account_id
     group by 1, 2, 3, 4, 5;

  insert into ledger_totals (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
  select p_book, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from moved group by kind, fund;

  insert into ledger_turnovers (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
  select p_book, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
    from moved
    cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1)) as s (span, starts_on)
   group by s.span, s.starts_on, fund, kind, posting;

  insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
  select p_book, kind, fund, marks[chapter + 1],
         sum(debits) over w, sum(credits) over w, sum(accounts) over w
    from (select chapter, kind, fund, sum(debits) as debits, sum(credits) as credits, sum(accounts) as accounts
            from moved group by chapter, kind, fund) m
  window w as (partition by kind, fund order by chapter);
  drop table moved;

  create temporary table placed on commit drop as
    select seq, booked_on, debit_account_id, credit_account_id, amount_fen,
           max(booked_on) over (order by seq rows between unbounded preceding and 1 preceding) as reached
      from entries where book_id = p_book;
  insert into booked_days (book_id, booked_on, first_seq)
  select p_book, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on;
  insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
  select p_book, l.account_id, p.seq, p.booked_on, l.delta
    from placed p
    cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
   where p.booked_on < p.reached and p.amount_fen is not null;
  drop table placed;

  insert into settlement_totals (book_id, settlement_id, provider_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, provider_id, fund, min(line_no), count(*), sum(amount_fen)
    from settlement_lines where book_id = p_book group by book_id, settlement_id, provider_id, fund;
end $$;

-- A voucher names the provider of its contract, whose list of vouchers is one range by it.
alter table vouchers add column provider_id uuid;

-- The books that are there, each in its lane.
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform rebuild_rollups(book);
    update vouchers v set provider_id = c.provider_id
      from contracts c where v.book_id = book and c.book_id = book and c.contract_id = v.contract_id;
  end loop;
end $$;

revoke all on function roll_up_entries, total_settlement_lines, rebuild_rollups from public;
call keep_in_lane('ledger_totals');
call keep_in_lane('ledger_turnovers');
call keep_in_lane('ledger_marks');
call keep_in_lane('booked_days');
call keep_in_lane('late_legs');
call keep_in_lane('settlement_totals');
revoke insert on ledger_totals, ledger_turnovers, ledger_marks, booked_days, late_legs, settlement_totals from voucher_app;

-- ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────
-- A page is a range of one index in the order of the list (the last column), or the merged heads of a few such ranges:
-- an index with a status inside serves a list without that filter as one range per status. What a legal person sees is
-- one range per enterprise, provider, voucher or contract of its own.

-- Accounts by kind, by fund and by both: one range per (kind, fund), which ledger_totals lists.
create index accounts_listed on accounts (book_id, kind, (coalesce(fund, '')), account_id);

-- Redemptions by status; of a provider. An enterprise's are those of its vouchers. The index by status takes the place
-- of the one of what waits.
drop index redemptions_waiting;
create index redemptions_status on redemptions (book_id, status, redemption_id);
create index redemptions_provider on redemptions (book_id, provider_id, status, redemption_id);
drop index redemptions_voucher;
create index redemptions_voucher on redemptions (book_id, voucher_id, status, redemption_id);
drop index redemptions_contract;
create index redemptions_contract on redemptions (book_id, contract_id, status, redemption_id);

-- Usage invoices by status; of a provider. An enterprise's are those of its contracts: its own index goes.
drop index usage_invoices_enterprise;
drop index usage_invoices_contract;
create index usage_invoices_contract on usage_invoices (book_id, contract_id, status, invoice_id);
-- Its unique number begins with the number, so that what is asked of a provider is never looked for there.
alter table usage_invoices drop constraint usage_invoices_book_id_provider_id_invoice_no_key;
alter table usage_invoices add constraint usage_invoices_number unique (book_id, invoice_no, provider_id);
create index usage_invoices_provider on usage_invoices (book_id, provider_id, status, invoice_id);
create index usage_invoices_status on usage_invoices (book_id, status, invoice_id);

alter table vouchers alter column provider_id set not null;
alter table vouchers add foreign key (book_id, provider_id) references providers (book_id, provider_id);
create index vouchers_programme on vouchers (book_id, programme_code, status, voucher_id);
create index vouchers_provider on vouchers (book_id, provider_id, programme_code, status, voucher_id);
create index vouchers_legal_person on vouchers (book_id, legal_person_uscc, voucher_id);
drop index vouchers_enterprise;
create index vouchers_enterprise on vouchers (book_id, enterprise_id, voucher_id);
drop index vouchers_contract;
create index vouchers_contract on vouchers (book_id, contract_id, voucher_id);

drop index applications_status;
create index applications_programme on applications (book_id, programme_code, status, application_id);
create index applications_legal_person on applications (book_id, legal_person_uscc, application_id);
drop index applications_enterprise;
create index applications_enterprise on applications (book_id, enterprise_id, application_id);
drop index applications_contract;
create index applications_contract on applications (book_id, contract_id, application_id);

create index contracts_status on contracts (book_id, status, contract_id);
drop index contracts_provider;
alter table contracts drop constraint contracts_book_id_provider_id_contract_no_key;
alter table contracts add constraint contracts_number unique (book_id, contract_no, provider_id);
create index contracts_provider on contracts (book_id, provider_id, status, contract_id);
drop index contracts_enterprise;
create index contracts_enterprise on contracts (book_id, enterprise_id, contract_id);

drop index enterprises_legal_person;
create index enterprises_legal_person on enterprises (book_id, legal_person_uscc, enterprise_id);
-- A provider's few facilities are found by their unique name.
drop index facilities_provider;
create index listings_service_item on listings (book_id, service_item, listing_id);
create index programme_versions_code on programme_versions (book_id, programme_code, programme_version_id);
create index appropriations_programme on appropriations (book_id, programme_code, appropriation_id);
create index appropriations_year on appropriations (book_id, year, appropriation_id);
create index settlements_status on settlements (book_id, status, settlement_id);
-- What a provider was instructed and paid, for its dashboard.
create index payment_instructions_provider on payment_instructions (book_id, provider_id, instruction_id);
create index opening_balances_status on opening_balances (book_id, status, opening_balance_id);
drop index api_keys_member;
create index api_keys_member on api_keys (book_id, member_id, key_id);
