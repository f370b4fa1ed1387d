-- Who follows a legal person that was absorbed. What comes back of what it had spent of a limit, and its successor was charged with, is the
-- successor's too (`limit.returned`, beside the limit that gets it back itself). `from_holder` and `from_span`: of whom, and out of which
-- window, a charge was carried on.
insert into posting_kinds (posting, debit_kind, credit_kind) values ('limit.returned', 'used', 'allowance');

alter table limit_successions add column from_holder text, add column from_span text;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    perform set_config('voucher.book', book::text, true);
    update limit_successions s
       set from_holder = c.uscc,
           from_span = coalesce((select f.first_year || substr(s.span, strpos(s.span, '+')) from limit_first_years f
                                  where f.book_id = s.book_id and f.first_year_id = s.account || ':' || c.uscc and s.span like '%+%'), s.span)
      from legal_person_changes c
     where s.book_id = book and s.why = 'CARRIED' and c.book_id = s.book_id and c.change_id = s.change_id;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
alter table limit_successions
  add constraint limit_successions_carried check (num_nonnulls(from_holder, from_span) = case why when 'CARRIED' then 2 else 0 end);
create index limit_successions_from on limit_successions (book_id, account, from_holder, from_span) where why = 'CARRIED';

-- An exception that its holder had follows it to its successor, by the decision that merges them.
alter table limit_exceptions
  add column follows_id uuid,
  add foreign key (book_id, follows_id) references limit_exceptions (book_id, exception_id);

-- A provider that was absorbed: who took its place. What it did, its contracts and invoices, stays under its name; `acting_uscc` is the legal
-- person that acts for it and is paid for it from then on. Its listing ends, and does not go over.
alter table providers
  add column successor_uscc text check (successor_uscc is null or closed_on is not null),
  add column acting_uscc text;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    perform set_config('voucher.book', book::text, true);
    update providers set acting_uscc = legal_person_uscc where book_id = book;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
alter table providers
  alter column acting_uscc set not null,
  add constraint providers_acting check (successor_uscc is not null or acting_uscc = legal_person_uscc);
create index providers_acting_uscc on providers (book_id, acting_uscc, provider_id);
grant update (successor_uscc, acting_uscc) on providers to voucher_app;
