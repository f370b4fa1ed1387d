-- The account that a payee was paid on when a version of a batch was frozen: what its approval binds, in the content digest of its lines. Null:
-- the payee had none yet, which finance sees when it checks the lines. To another account than the one bound nothing of the batch is paid.
create table settlement_accounts (
  book_id                uuid     not null references books,
  settlement_account_id  uuid     not null,
  settlement_id          uuid     not null,
  version                integer  not null check (version >= 1),
  payee_id               uuid     not null,
  payee_account_id       uuid,
  primary key (book_id, settlement_account_id),
  constraint settlement_accounts_once unique (book_id, settlement_id, payee_id, version),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, payee_account_id) references payee_accounts (book_id, payee_account_id)
);
call keep_in_lane('settlement_accounts');
call keep_for_party('settlement_accounts', 'false');
create trigger settlement_accounts_append_only before update or delete on settlement_accounts for each row execute function refuse_change();
create trigger settlement_accounts_no_truncate before truncate on settlement_accounts for each statement execute function refuse_change();

-- The account in effect on a day, of a payee or of who has taken its place.
create function account_of_payee(p_book uuid, p_payee uuid, p_day date) returns uuid language plpgsql stable as $$
declare
  holder uuid := paid_in_place_of(p_book, p_payee);
begin
  return (select a.payee_account_id
            from (select payee_account_id, usable_from from payee_accounts where book_id = p_book and provider_id = holder
                  union all
                  select payee_account_id, usable_from from payee_accounts where book_id = p_book and enterprise_id = holder) a
           where a.usable_from <= p_day order by a.usable_from desc limit 1);
end $$;
revoke all on function account_of_payee from public;
grant execute on function account_of_payee to voucher_owner, voucher_app;

-- As it was, and a first attempt goes to the account that was approved.
create or replace function refuse_payment_elsewhere() returns trigger language plpgsql as $$
declare
  holder uuid := paid_in_place_of(new.book_id, new.payee_id);
begin
  if account_of_payee(new.book_id, new.payee_id, new.instructed_on) is distinct from new.payee_account_id
     or exists (select from payee_accounts a
                 where a.book_id = new.book_id and (a.provider_id = holder or a.enterprise_id = holder) and a.how = 'CHANGE'
                   and (a.status in ('PROPOSED', 'OBJECTED') or a.usable_from > new.instructed_on and not a.former_holds))
     or new.attempt = 1
        and exists (select from settlements s
                      join settlement_accounts b on b.book_id = s.book_id and b.settlement_id = s.settlement_id and b.version = s.version
                     where s.book_id = new.book_id and s.settlement_id = new.settlement_id and b.payee_id = new.payee_id
                       and b.payee_account_id <> new.payee_account_id) then
    raise exception 'this account is not the one that payee % is paid on', new.payee_id
      using errcode = 'check_violation', table = tg_table_name, constraint = 'payment_instructions_account';
  end if;
  return null;
end $$;
