-- That above a programme's amount two approved.

-- `two_approvers_above`: what the text says of it, as its laws follow each other: [{"from": day, "above": fen or null}], in order of their days; null
-- where no law of it names an amount, and in a version published before this was kept, whose text the service alone reads. Written with the text
-- and never changed.
alter table programme_versions add column two_approvers_above jsonb check (jsonb_typeof(two_approvers_above) = 'array');

-- The amount (fen) above which two approve by a version on a day: that of its law then, or of its first law before that begins; null for none.
create function two_approvers_above(p_laws jsonb, p_day date) returns bigint language sql immutable as $$
  select (law ->> 'above')::bigint from jsonb_array_elements(p_laws) with ordinality as of (law, n)
   where n = 1 or (law ->> 'from')::date <= p_day order by n desc limit 1
$$;

-- Whether what this approves is above the amount of its programme: judged from the rows, as the lane judges it from the facts. A batch is above where
-- a programme's part is, by the version in force on the day of its approval, or else the last one that was.
create function needs_two_approvers(p_book uuid, p_kind text, p_subject uuid) returns boolean language plpgsql stable as $$
begin
  case p_kind
    when 'applications' then
      return exists (select from applications a
                       join vouchers c on c.book_id = a.book_id and c.voucher_id = a.voucher_id
                       join programme_versions v on v.book_id = a.book_id and v.programme_version_id = a.programme_version_id
                      where a.book_id = p_book and a.application_id = p_subject
                        and a.award_fen > two_approvers_above(v.two_approvers_above, c.issued_on));
    when 'redemptions' then
      return exists (select from redemptions r
                       join programme_versions v on v.book_id = r.book_id and v.programme_version_id = r.programme_version_id
                      where r.book_id = p_book and r.redemption_id = p_subject
                        and r.approved_fen > two_approvers_above(v.two_approvers_above, r.approved_on));
    when 'allocations' then
      return exists (select from allocations a
                       join allocation_lines l on l.book_id = a.book_id and l.allocation_id = a.allocation_id
                       join reimbursements r on r.book_id = l.book_id and r.reimbursement_id = l.reimbursement_id
                       join programme_versions v on v.book_id = r.book_id and v.programme_version_id = r.programme_version_id
                      where a.book_id = p_book and a.allocation_id = p_subject
                        and a.total_fen > two_approvers_above(v.two_approvers_above, a.decided_on));
    else
      return exists (select from (select split_part(l.fund, '/', 1) as programme_code, sum(l.amount_fen) as amount_fen
                                    from settlement_lines l
                                   where l.book_id = p_book and l.settlement_id = p_subject and l.returned_version is null group by 1) as part
                      cross join (select (coalesce((select e.recorded_at from entries e
                                                     where e.book_id = p_book and e.subject_id = p_subject and e.kind = 'settlement.approved'
                                                     order by e.seq desc limit 1), now()) at time zone 'Asia/Shanghai')::date as day) as approved
                      cross join lateral (select v.two_approvers_above from programme_versions v
                                           where v.book_id = p_book and v.programme_code = part.programme_code and v.status <> 'PUBLISHED'
                                           order by v.in_force_from <= approved.day
                                                and (v.in_force_to is null or approved.day <= v.in_force_to) desc, v.version desc limit 1) as law
                      where part.amount_fen > two_approvers_above(law.two_approvers_above, approved.day));
  end case;
end $$;

-- What two approve waits for both. Here the database holds that nobody decides it alone: above its programme's amount a second person has completed
-- a first one's approval, or the transaction that approves does not commit; and a first approval that waits is not passed by. Judged at COMMIT,
-- since a batch writes the approval and its subject in either order.
create or replace function refuse_passed_approval() returns trigger language plpgsql as $$
declare
  subject uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
  decider uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if exists (select from first_approvals f where f.book_id = new.book_id and f.subject_id = subject
                and (f.status = 'WAITING'
                     or f.status = 'COMPLETED' and f.second_person is distinct from decider
                        and (tg_nargs < 3 or f.digest = to_jsonb(new) ->> tg_argv[2]))) then
    raise exception 'a first approval of this waits, or another completed it'
      using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_second_approval';
  end if;
  if needs_two_approvers(new.book_id, tg_table_name, subject)
     and not exists (select from first_approvals f where f.book_id = new.book_id and f.subject_id = subject and f.status = 'COMPLETED'
                        and (tg_nargs < 3 or f.digest = to_jsonb(new) ->> tg_argv[2])) then
    raise exception 'above the amount of its programme two approve this'
      using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_two_approvers';
  end if;
  return null;
end $$;

-- No rule verifies a redemption that two have to. Judged once for all that a batch writes, and looked at closely only where a text names an amount.
create function refuse_verified_by_rule() returns trigger language plpgsql as $$
begin
  if exists (select from inserted r
               join programme_versions v on v.book_id = r.book_id and v.programme_version_id = r.programme_version_id
              where r.status = 'APPROVED' and v.two_approvers_above is not null
                and r.approved_fen > two_approvers_above(v.two_approvers_above, r.approved_on)) then
    raise exception 'above the amount of its programme no rule verifies a redemption'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'redemptions_two_approvers';
  end if;
  return null;
end $$;
create trigger redemptions_two_approvers after insert on redemptions referencing new table as inserted
  for each statement execute function refuse_verified_by_rule();
