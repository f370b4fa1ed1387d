-- Above the amount that a programme sets, two approve. What the first approved waits here, bound to its digest: an approval of the same digest by
-- another person completes it (`second_person`); of another digest it takes its place, for what it had approved is no more (`status` DIED).
-- `done_by` are the persons who did the steps before: none of them is either approver.
create table first_approvals (
  book_id            uuid        not null,
  approval_id        uuid        not null,
  subject_kind       text        not null check (subject_kind in ('APPLICATION', 'ALLOCATION', 'REDEMPTION', 'SETTLEMENT')),
  subject_id         uuid        not null,
  digest             text        not null check (digest ~ '^[0-9a-f]{64}$'),
  amount_fen         bigint      not null check (amount_fen > above_fen),
  above_fen          bigint      not null check (above_fen >= 0),
  done_by            jsonb       not null check (jsonb_typeof(done_by) = 'array'),
  person_id          uuid        not null,
  for_person_id      uuid,
  approved_on        date        not null,
  status             text        not null check (status in ('WAITING', 'COMPLETED', 'DIED')),
  second_person      uuid,
  second_for_person  uuid,
  second_on          date,
  recorded_at        timestamptz not null,
  primary key (book_id, approval_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  foreign key (book_id, second_person) references persons (book_id, person_id),
  constraint first_approvals_completed check ((status = 'COMPLETED') = (num_nonnulls(second_person, second_on) = 2)
    and num_nonnulls(second_person, second_on) in (0, 2)),
  constraint first_approvals_four_eyes check (not done_by ? person_id::text and not done_by ? second_person::text and second_person <> person_id
    and not done_by ? for_person_id::text and not done_by ? second_for_person::text and for_person_id <> second_person
    and second_for_person <> person_id and second_for_person <> for_person_id)
);
create unique index first_approvals_waiting on first_approvals (book_id, subject_id) where status = 'WAITING';
create index first_approvals_status on first_approvals (book_id, status, approval_id);
create index first_approvals_subject on first_approvals (book_id, subject_id, approval_id);
call keep_in_lane('first_approvals');
grant update (status, second_person, second_for_person, second_on) on first_approvals to voucher_app;

-- An approver lets another member approve in its place, from a day to a day (both inclusive), by these verbs and up to an amount. Nobody
-- delegates to oneself, by whichever account. Its entries are the delegate's and name the delegator beside (delegated_acts).
create table delegations (
  book_id           uuid        not null,
  delegation_id     uuid        not null,
  delegator_id      uuid        not null,
  delegator_person  uuid        not null,
  delegate_id       uuid        not null,
  delegate_person   uuid        not null,
  verbs             jsonb       not null check (jsonb_array_length(verbs) >= 1),
  maximum_fen       bigint      check (maximum_fen > 0),
  from_day          date        not null,
  to_day            date        not null,
  reason            text        not null check (length(reason) between 1 and 500),
  revoked_on        date,
  revoked_person    uuid,
  recorded_at       timestamptz not null,
  primary key (book_id, delegation_id),
  foreign key (book_id, delegator_id) references members (book_id, member_id),
  foreign key (book_id, delegate_id) references members (book_id, member_id),
  foreign key (book_id, delegator_person) references persons (book_id, person_id),
  foreign key (book_id, delegate_person) references persons (book_id, person_id),
  constraint delegations_days check (to_day >= from_day),
  constraint delegations_never_to_oneself check (delegate_person <> delegator_person and delegate_id <> delegator_id),
  constraint delegations_revoked check ((revoked_on is null) = (revoked_person is null))
);
create index delegations_delegator on delegations (book_id, delegator_id);
create index delegations_delegate on delegations (book_id, delegate_id);
call keep_in_lane('delegations');
grant update (revoked_on, revoked_person) on delegations to voucher_app;

-- What was approved in another's place: who did it stands in the entries of the command, in whose place stands here.
create table delegated_acts (
  book_id        uuid        not null,
  command_id     uuid        not null,
  delegation_id  uuid        not null,
  subject_id     uuid        not null,
  person_id      uuid        not null,
  for_person_id  uuid        not null,
  recorded_at    timestamptz not null,
  primary key (book_id, command_id),
  foreign key (book_id, delegation_id) references delegations (book_id, delegation_id),
  constraint delegated_acts_two_persons check (person_id <> for_person_id)
);
create index delegated_acts_subject on delegated_acts (book_id, subject_id);
call keep_in_lane('delegated_acts');

-- As before; a column may hold several persons.
create or replace function refuse_same_person() returns trigger language plpgsql as $$
declare
  row_now    jsonb;
  row_before jsonb;
  words      text[];
  doer       uuid;
begin
  if not exists (select from persons p where p.book_id = new.book_id and p.same_as is not null) then
    return new;
  end if;
  row_now := to_jsonb(new);
  row_before := to_jsonb(old);
  for i in 0 .. tg_nargs - 1 loop
    words := string_to_array(tg_argv[i], ' ');
    doer := (row_now ->> words[1])::uuid;
    if doer is null or row_before ->> words[1] = doer::text
       or words[array_upper(words, 1)] like '@%' and '@' || (row_now ->> 'status') <> words[array_upper(words, 1)] then
      continue;
    end if;
    if exists (select from unnest(words[2:]) as w (name)
                cross join lateral jsonb_array_elements_text(
                  case jsonb_typeof(row_now -> w.name) when 'array' then row_now -> w.name else jsonb_build_array(row_now -> w.name) end) as e (id)
                 join persons o on o.book_id = new.book_id and o.person_id = e.id::uuid
                 join persons d on d.book_id = new.book_id and d.person_id = doer
                where w.name not like '@%' and coalesce(o.same_as, o.person_id) = coalesce(d.same_as, d.person_id)) then
      raise exception 'the same person did an earlier step of this'
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_one_person';
    end if;
  end loop;
  return new;
end $$;
call hold_persons_apart('first_approvals', 'second_person person_id for_person_id done_by', 'second_for_person person_id for_person_id done_by');
create trigger first_approvals_first_person before insert on first_approvals for each row
  execute function refuse_same_person('person_id done_by', 'for_person_id done_by');
create trigger delegations_one_person before insert on delegations for each row
  execute function refuse_same_person('delegate_person delegator_person');
create trigger delegated_acts_one_person before insert on delegated_acts for each row
  execute function refuse_same_person('person_id for_person_id');
