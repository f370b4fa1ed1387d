-- What awards are looked at together by, on record: the matters (projects, products, standards, series of awards) of the legal
-- persons that apply; what a contract's line pays for where rates go by the class of a model; and exceptions that are rejected.

-- A matter as its document names it, by kind and code. `holder` is the name that the ledger's limits and the figures know it by: its
-- id; of one that was named before matters were on record, the code that it was named by, under which its awards are counted.
create table matters (
  book_id      uuid        not null references books,
  matter_id    uuid        not null,
  kind         text        not null check (kind in ('PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES')),
  code         text        not null check (length(code) between 1 and 60),
  holder       text        not null,
  recorded_at  timestamptz not null,
  primary key (book_id, matter_id),
  unique (book_id, kind, code),
  unique (book_id, kind, holder),
  unique (book_id, kind, code, holder),
  constraint matters_held_by_id_or_code check (holder in (matter_id::text, code))
);

-- That a matter is a legal person's: it owns it or takes part in it, as whoever registered it says and another person of the bureau
-- confirmed. A joint project has several, each registered and confirmed for itself. Only what is confirmed may be named; before
-- that, and once it is rejected or has ended, it is as if it were not there. The same code may wait under several names, for who
-- registers is not told of others.
create table matter_registrations (
  book_id            uuid        not null,
  registration_id    uuid        not null,
  kind               text        not null check (kind in ('PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES')),
  code               text        not null check (length(code) between 1 and 60),
  name               text        not null check (length(name) between 1 and 200),
  document_no        text        not null check (length(document_no) between 1 and 100),
  legal_person_uscc  text        not null check (legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  status             text        not null check (status in ('REGISTERED', 'CONFIRMED', 'REJECTED', 'ENDED')),
  holder             text,
  registered_person  uuid        not null,
  confirmed_person   uuid,
  confirmed_on       date,
  closed_person      uuid,
  closed_on          date,
  reason             text        check (length(reason) between 1 and 500),
  recorded_at        timestamptz not null,
  primary key (book_id, registration_id),
  foreign key (book_id, kind, code, holder) references matters (book_id, kind, code, holder),
  foreign key (book_id, registered_person) references persons (book_id, person_id),
  foreign key (book_id, confirmed_person) references persons (book_id, person_id),
  foreign key (book_id, closed_person) references persons (book_id, person_id),
  constraint matter_registrations_confirmed check (
    (status in ('CONFIRMED', 'ENDED')) = (holder is not null and confirmed_person is not null and confirmed_on is not null)
    and num_nulls(holder, confirmed_person, confirmed_on) in (0, 3)),
  constraint matter_registrations_closed check (
    (status in ('REJECTED', 'ENDED')) = (closed_person is not null and closed_on is not null and reason is not null)
    and num_nulls(closed_person, closed_on, reason) in (0, 3)),
  constraint matter_registrations_four_eyes check (
    confirmed_person <> registered_person and (status <> 'REJECTED' or closed_person <> registered_person))
);
create unique index matter_registrations_once on matter_registrations (book_id, legal_person_uscc, kind, code)
  where status in ('REGISTERED', 'CONFIRMED');
create index matter_registrations_own on matter_registrations (book_id, legal_person_uscc, kind, code);
create index matter_registrations_code on matter_registrations (book_id, code, kind);
create index matter_registrations_status on matter_registrations (book_id, status, registration_id);

-- What has been named until now keeps the name under which its awards are counted. It is nobody's yet: that a firm named it does
-- not say that it is the firm's. Applications and vouchers that name it go on as they are.
insert into matters (book_id, matter_id, kind, code, holder, recorded_at)
select book_id, gen_random_uuid(), kind, code, code, now()
  from (select a.book_id, m.key as kind, m.value as code from applications a cross join lateral jsonb_each_text(a.matters) m
        union
        select v.book_id, m.key, m.value from vouchers v cross join lateral jsonb_each_text(v.matters) m
        union
        select r.book_id, m.key, m.value from reimbursements r cross join lateral jsonb_each_text(r.matters) m
        union
        -- Figures of a project, and not of a contract.
        select f.book_id, 'PROJECT', f.holder from figures f
         where f.kind = 'AUDITED_INVESTMENT'
            or (f.kind = 'UPSTREAM_SUPPORT'
                and not exists (select from contracts c where c.book_id = f.book_id and c.contract_id::text = f.holder))
        union
        -- Exceptions for a project: for neither a legal person, nor a contract, nor a programme.
        select x.book_id, 'PROJECT', x.holder from limit_exceptions x
         where x.holder !~ '^([0-9A-HJ-NPQRTUWXY]{18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$'
           and not exists (select from programme_versions p where p.book_id = x.book_id and p.programme_code = x.holder)) named;

create trigger matters_append_only before update or delete on matters for each row execute function refuse_change();
create trigger matters_no_truncate before truncate on matters for each statement execute function refuse_change();
create function refuse_other_registration() returns trigger language plpgsql as $$
begin
  raise exception 'a registration is confirmed or rejected once, and ends once' using errcode = 'VL001';
end $$;
revoke all on function refuse_other_registration from public;
create trigger matter_registrations_once_each before update on matter_registrations for each row
  when ((old.status, new.status) not in (('REGISTERED', 'CONFIRMED'), ('REGISTERED', 'REJECTED'), ('CONFIRMED', 'ENDED')))
  execute function refuse_other_registration();

call keep_in_lane('matters');
call keep_in_lane('matter_registrations');
grant update (status, holder, confirmed_person, confirmed_on, closed_person, closed_on, reason) on matter_registrations to voucher_app;

-- The class of the model that a line pays for, and the number that the model is registered under (备案), where rates go by it: as the
-- contract says, held against the register when the bureau files it; of a declared expense when it is reviewed. Both or none.
alter table contract_lines
  add column model_class text check (model_class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$' and length(model_class) <= 60),
  add column model_registration_no text check (length(model_registration_no) between 1 and 100),
  add constraint contract_lines_model check ((model_class is null) = (model_registration_no is null));
alter table reimbursement_lines
  add column model_class text check (model_class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$' and length(model_class) <= 60),
  add column model_registration_no text check (length(model_registration_no) between 1 and 100),
  add constraint reimbursement_lines_model check ((model_class is null) = (model_registration_no is null));

-- An exception that is asked for is approved or rejected, by another person, once.
alter table limit_exceptions
  add column rejected_person  uuid,
  add column rejected_on      date,
  add column rejection_reason text check (length(rejection_reason) between 1 and 500),
  drop constraint limit_exceptions_status_check,
  add constraint limit_exceptions_status_check check (status in ('ASKED', 'APPROVED', 'REJECTED')),
  add foreign key (book_id, rejected_person) references persons (book_id, person_id),
  add constraint limit_exceptions_reject_four_eyes check (rejected_person <> asked_person),
  add constraint limit_exceptions_rejected check (
    (status = 'REJECTED') = (rejected_person is not null and rejected_on is not null and rejection_reason is not null)
    and num_nulls(rejected_person, rejected_on, rejection_reason) in (0, 3));
create function refuse_decided_exception() returns trigger language plpgsql as $$
begin
  raise exception 'an exception is approved or rejected once' using errcode = 'VL001';
end $$;
revoke all on function refuse_decided_exception from public;
create trigger limit_exceptions_decided_once before update on limit_exceptions for each row
  when (old.status <> 'ASKED') execute function refuse_decided_exception();
grant update (rejected_person, rejected_on, rejection_reason) on limit_exceptions to voucher_app;
