-- What two approve waits for both. Above its programme's amount a thing that a first approver has approved stays as it is; here the database
-- holds that nobody decides it past that approval: it ends (a second person completes it, it dies with a change, or with its subject), or the
-- transaction that approves does not commit. Judged at COMMIT, since a batch writes the approval and its subject in either order. How much is
-- above the amount the text of the programme says, which the database does not read: that a first approval is there at all is the lane's to see.
create function refuse_passed_approval() returns trigger language plpgsql as $$
declare
  subject uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
  decider uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if exists (select from first_approvals f where f.book_id = new.book_id and f.subject_id = subject
                and (f.status = 'WAITING' or f.status = 'COMPLETED' and f.second_person <> decider)) then
    raise exception 'a first approval of this waits, or another completed it'
      using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_second_approval';
  end if;
  return null;
end $$;

create constraint trigger applications_second_approval after update on applications deferrable initially deferred for each row
  when (new.status = 'APPROVED' and old.status <> 'APPROVED') execute function refuse_passed_approval('application_id', 'decided_person');
create constraint trigger allocations_second_approval after update on allocations deferrable initially deferred for each row
  when (new.status = 'APPROVED' and old.status <> 'APPROVED') execute function refuse_passed_approval('allocation_id', 'decided_person');
create constraint trigger redemptions_second_approval after update on redemptions deferrable initially deferred for each row
  when (new.status = 'APPROVED' and old.status <> 'APPROVED') execute function refuse_passed_approval('redemption_id', 'decided_person');
create constraint trigger settlements_second_approval after update on settlements deferrable initially deferred for each row
  when (new.status = 'APPROVED' and old.status <> 'APPROVED') execute function refuse_passed_approval('settlement_id', 'approved_person');

-- Who did a step before the approval of a thing that may be delegated or approved twice.
create function makers_of(p_book uuid, p_subject uuid) returns setof uuid language sql stable as $$
  select s.person_id
    from (select unnest(array[a.submitted_person, a.accepted_person, a.checked_person, a.reviewed_person])
            from applications a where a.book_id = p_book and a.application_id = p_subject
          union all select l.drafted_person from allocations l where l.book_id = p_book and l.allocation_id = p_subject
          union all select r.submitted_person from redemptions r where r.book_id = p_book and r.redemption_id = p_subject
          union all select b.drafted_person from settlements b where b.book_id = p_book and b.settlement_id = p_subject) as s (person_id)
   where s.person_id is not null
$$;

-- A first approval names everybody who did a step before, so that its own check keeps both approvers from them.
create function refuse_unnamed_maker() returns trigger language plpgsql as $$
begin
  if exists (select from makers_of(new.book_id, new.subject_id) as m where not new.done_by ? m::text) then
    raise exception 'somebody who did a step before is not named'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'first_approvals_makers';
  end if;
  return new;
end $$;
create trigger first_approvals_makers before insert on first_approvals for each row execute function refuse_unnamed_maker();

-- Who acts in another's place does so by a delegation between these two persons, within its days and before it was taken back, in a thing that
-- neither of them made. Persons are compared as refuse_same_person does: several accounts are one.
create function refuse_unfounded_act() returns trigger language plpgsql as $$
begin
  if not exists (
    select from delegations d
      join persons delegate on delegate.book_id = d.book_id and delegate.person_id = d.delegate_person
      join persons delegator on delegator.book_id = d.book_id and delegator.person_id = d.delegator_person
     where d.book_id = new.book_id and d.delegation_id = new.delegation_id and d.revoked_on is null
       and new.person_id in (delegate.person_id, delegate.same_as) and new.for_person_id in (delegator.person_id, delegator.same_as)
       and (new.recorded_at at time zone 'Asia/Shanghai')::date between d.from_day and d.to_day) then
    raise exception 'no delegation between these persons holds'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'delegated_acts_by_delegation';
  end if;
  if exists (select from makers_of(new.book_id, new.subject_id) as m (id)
               join persons maker on maker.book_id = new.book_id and maker.person_id = m.id
               join persons p on p.book_id = new.book_id and p.person_id in (new.person_id, new.for_person_id)
              where coalesce(maker.same_as, maker.person_id) = coalesce(p.same_as, p.person_id)) then
    raise exception 'the delegate or the delegator did an earlier step of this'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'delegated_acts_four_eyes';
  end if;
  return new;
end $$;
create trigger delegated_acts_founded before insert on delegated_acts for each row execute function refuse_unfounded_act();
