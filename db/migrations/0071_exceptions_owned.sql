-- An exception that is explained is looked after by somebody: whoever explained it, where nobody else was named. The work list is
-- asked for what is one person's, or nobody's.
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    update reconciliation_exceptions set owner_person = explained_person where book_id = book and status = 'EXPLAINED' and owner_person is null;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
alter table reconciliation_exceptions add constraint reconciliation_exceptions_owned check (status <> 'EXPLAINED' or owner_person is not null);
create index reconciliation_exceptions_owner on reconciliation_exceptions (book_id, status, owner_person, exception_id);
create index reconciliation_exceptions_kind_owner on reconciliation_exceptions (book_id, status, kind, owner_person, exception_id);
