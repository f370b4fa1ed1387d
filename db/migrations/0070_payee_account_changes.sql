-- How long a new account of a payee waits before anything is paid on it, in working days: a setting of the book, by a document, proposed by one
-- person of finance and approved by another, for whoever can lower it alone needs to wait for nothing. The one approved last holds for what is
-- confirmed from then on; what was confirmed keeps its day. There is no default: without one no change is confirmed.
create table payee_account_waits (
  book_id          uuid        not null references books,
  wait_id          uuid        not null,
  working_days     integer     not null check (working_days between 1 and 60),
  document_no      text        not null check (length(document_no) between 1 and 100),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'WITHDRAWN')),
  -- Counted from 1 in the order of approval: the highest holds.
  revision         integer     check (revision >= 1),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  recorded_at      timestamptz not null,
  primary key (book_id, wait_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint payee_account_waits_revision unique (book_id, revision),
  constraint payee_account_waits_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint payee_account_waits_decided check ((status = 'PROPOSED') = (decided_person is null)
    and (decided_person is null) = (decided_on is null) and (status = 'APPROVED') = (revision is not null))
);
create index payee_account_waits_status on payee_account_waits (book_id, status, wait_id);
call keep_in_lane('payee_account_waits');
grant update (status, revision, decided_person, decided_on) on payee_account_waits to voucher_app;
call hold_persons_apart('payee_account_waits', 'decided_person proposed_person @APPROVED');
create function refuse_decided_wait() returns trigger language plpgsql as $$
begin
  raise exception 'a wait is decided once' using errcode = 'VL001';
end $$;
revoke all on function refuse_decided_wait from public;
create trigger payee_account_waits_once before update on payee_account_waits for each row
  when (old.status <> 'PROPOSED' or new.status = 'PROPOSED') execute function refuse_decided_wait();

-- Where a payee is paid is the largest way to steal. Its first account stands as it is recorded (`FIRST`): it displaces none, and every batch
-- binds the accounts of its lines. Every further one is a `CHANGE`: proposed by the payee with evidence, confirmed by another person, of
-- finance, and paid on once the book's wait is over (`usable_from`); the payee, told at once, can object until then. `BEFORE`: recorded when
-- one person did it. While a change is open nothing is paid to the payee, unless whoever confirmed it found that the former account still
-- holds (`former_holds`). Which account is paid on: the one with the latest `usable_from` that has come.
alter table payee_accounts
  add column how               text    check (how in ('FIRST', 'CHANGE', 'BEFORE')),
  add column status            text    check (status in ('PROPOSED', 'CONFIRMED', 'OBJECTED', 'WITHDRAWN', 'REJECTED')),
  add column usable_from       date,
  add column proposed_person   uuid,
  add column confirmed_person  uuid,
  add column confirmed_on      date,
  add column former_holds      boolean,
  add column wait_id           uuid,
  add column waited_days       integer,
  add column objected_person   uuid,
  add column objected_on       date,
  add column objection_reason  text    check (length(objection_reason) between 1 and 500),
  add column dismissed_person  uuid,
  add column ended_person      uuid,
  add column ended_on          date,
  add column end_reason        text    check (length(end_reason) between 1 and 500);
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    update payee_accounts set how = 'BEFORE', status = 'CONFIRMED', usable_from = valid_from where book_id = book;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
alter table payee_accounts
  alter column how set not null,
  alter column status set not null,
  add foreign key (book_id, wait_id) references payee_account_waits (book_id, wait_id),
  add foreign key (book_id, proposed_person) references persons (book_id, person_id),
  add foreign key (book_id, confirmed_person) references persons (book_id, person_id),
  add foreign key (book_id, objected_person) references persons (book_id, person_id),
  add foreign key (book_id, dismissed_person) references persons (book_id, person_id),
  add foreign key (book_id, ended_person) references persons (book_id, person_id),
  add constraint payee_accounts_proposed check ((how = 'BEFORE') = (proposed_person is null)),
  add constraint payee_accounts_usable check ((status = 'CONFIRMED') = (usable_from is not null) and usable_from >= valid_from),
  add constraint payee_accounts_only_changes check (how = 'CHANGE' or status = 'CONFIRMED' and usable_from = valid_from and confirmed_person is null),
  add constraint payee_accounts_confirmed check (
    num_nonnulls(confirmed_person, confirmed_on, former_holds, wait_id, waited_days) in (0, 5)
    and (how <> 'CHANGE' or status <> 'CONFIRMED' or confirmed_person is not null)),
  -- Working days are never fewer days than calendar days, so this holds whatever the calendar says.
  add constraint payee_accounts_waited check (how <> 'CHANGE' or status <> 'CONFIRMED' or usable_from > confirmed_on + waited_days),
  add constraint payee_accounts_four_eyes check (status <> 'CONFIRMED' or confirmed_person not in (proposed_person, dismissed_person)),
  add constraint payee_accounts_objected check (num_nonnulls(objected_person, objected_on, objection_reason) in (0, 3)
    and (status <> 'OBJECTED' or objected_person is not null)),
  add constraint payee_accounts_ended check (num_nonnulls(ended_person, ended_on, end_reason) in (0, 3)
    and (status in ('WITHDRAWN', 'REJECTED')) = (ended_person is not null));
-- One change of a payee is open at a time: of two nobody could say which follows which.
create unique index payee_accounts_open_of_provider on payee_accounts (book_id, provider_id) where status in ('PROPOSED', 'OBJECTED');
create unique index payee_accounts_open_of_enterprise on payee_accounts (book_id, enterprise_id) where status in ('PROPOSED', 'OBJECTED');
create index payee_accounts_status on payee_accounts (book_id, status, payee_account_id);
grant update (status, usable_from, confirmed_person, confirmed_on, former_holds, wait_id, waited_days, objected_person, objected_on,
              objection_reason, dismissed_person, ended_person, ended_on, end_reason) on payee_accounts to voucher_app;
call hold_persons_apart('payee_accounts', 'confirmed_person proposed_person dismissed_person @CONFIRMED', 'dismissed_person proposed_person');

-- What is recorded of an account takes the steps of a change and no others.
create function refuse_account_step() returns trigger language plpgsql as $$
declare
  broken text;
begin
  if tg_op = 'INSERT' then
    if new.how = 'FIRST' then
      broken := case when exists (select from payee_accounts a where a.book_id = new.book_id and a.payee_account_id <> new.payee_account_id
                                     and (a.provider_id = new.provider_id or a.enterprise_id = new.enterprise_id))
                     then 'first' end;
    else
      broken := case when new.how <> 'CHANGE' or new.status <> 'PROPOSED' or new.confirmed_person is not null or new.objected_person is not null
                     then 'proposed' end;
    end if;
  elsif new.status = old.status then
    -- The number may be sealed anew; nothing else changes without a step.
    broken := case when to_jsonb(new) - 'account_no_sealed' <> to_jsonb(old) - 'account_no_sealed' then 'step' end;
  elsif not (case old.status
              when 'PROPOSED' then new.status in ('CONFIRMED', 'OBJECTED', 'WITHDRAWN', 'REJECTED')
              when 'CONFIRMED' then new.status = 'OBJECTED' and old.how = 'CHANGE' and new.objected_on < old.usable_from
              when 'OBJECTED' then new.status = 'PROPOSED' and new.dismissed_person is not null or new.status = 'REJECTED'
              else false end) then
    broken := 'step';
  elsif new.status = 'CONFIRMED' then
    broken := case
      when not exists (select from payee_account_waits w
                        where w.book_id = new.book_id and w.wait_id = new.wait_id and w.working_days = new.waited_days and w.status = 'APPROVED'
                          and w.revision = (select max(o.revision) from payee_account_waits o where o.book_id = new.book_id))
        then 'wait'
      when not exists (select from evidence_attachments e
                        where e.book_id = new.book_id and e.subject_id = new.payee_account_id and e.detached_on is null)
        then 'evidence'
      when exists (select from payee_accounts a
                    where a.book_id = new.book_id and (a.provider_id = new.provider_id or a.enterprise_id = new.enterprise_id)
                      and a.payee_account_id <> new.payee_account_id and a.usable_from >= new.usable_from)
        then 'order' end;
  end if;
  if broken is not null then
    raise exception 'a change of a payee''s account took a step that it has not (%)', broken
      using errcode = 'check_violation', table = tg_table_name, constraint = 'payee_accounts_' || broken;
  end if;
  return new;
end $$;
revoke all on function refuse_account_step from public;
create trigger payee_accounts_steps before insert or update on payee_accounts for each row execute function refuse_account_step();

-- Who is paid in a payee's place: the last that followed it, of its own side, or itself.
create function paid_in_place_of(p_book uuid, p_payee uuid) returns uuid language plpgsql stable as $$
declare
  payee uuid := p_payee;
  following uuid;
begin
  loop
    select coalesce((select f.provider_id from providers o join providers f on f.book_id = o.book_id and f.uscc = o.successor_uscc
                      where o.book_id = p_book and o.provider_id = payee),
                    (select f.enterprise_id from enterprises o join enterprises f on f.book_id = o.book_id and f.uscc = o.successor_uscc
                      where o.book_id = p_book and o.enterprise_id = payee))
      into following;
    exit when following is null or following = payee;
    payee := following;
  end loop;
  return payee;
end $$;
revoke all on function paid_in_place_of from public;
grant execute on function paid_in_place_of to voucher_owner, voucher_app;

-- A payment is instructed on the account of its payee that is in effect on the day, and on none while a change of it is open.
create function refuse_payment_elsewhere() returns trigger language plpgsql as $$
declare
  holder uuid := paid_in_place_of(new.book_id, new.payee_id);
  now_on uuid;
begin
  select a.payee_account_id into now_on from payee_accounts a
   where a.book_id = new.book_id and (a.provider_id = holder or a.enterprise_id = holder) and a.usable_from <= new.instructed_on
   order by a.usable_from desc limit 1;
  if now_on is distinct from new.payee_account_id
     or exists (select from payee_accounts a
                 where a.book_id = new.book_id and (a.provider_id = holder or a.enterprise_id = holder) and a.how = 'CHANGE'
                   and (a.status in ('PROPOSED', 'OBJECTED') or a.usable_from > new.instructed_on and not a.former_holds)) then
    raise exception 'this account is not the one that payee % is paid on', new.payee_id
      using errcode = 'check_violation', table = tg_table_name, constraint = 'payment_instructions_account';
  end if;
  return new;
end $$;
revoke all on function refuse_payment_elsewhere from public;
create trigger payment_instructions_account before insert on payment_instructions for each row execute function refuse_payment_elsewhere();

alter table evidence_attachments
  drop constraint evidence_attachments_subject_kind_check,
  add constraint evidence_attachments_subject_kind_check check (subject_kind in (
    'CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'PAYMENT', 'RED_LETTER', 'OBJECTION', 'RECOVERY', 'LISTING',
    'LISTING_APPLICATION', 'FACILITY_OBSERVATION', 'PAYEE_ACCOUNT'));

grant select (how, status, usable_from, proposed_person, confirmed_person, confirmed_on, former_holds, wait_id, waited_days, objected_person,
              objected_on, objection_reason, dismissed_person, ended_person, ended_on, end_reason) on payee_accounts to voucher_reader;
