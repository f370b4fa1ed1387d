-- An expert is asked about a case as long as it is undecided: whoever has not scored by then is asked no more (ENDED). Who belongs to a
-- party of the case is not asked at all; where it only looks so (a former member of a party, or somebody of the same name at one)
-- the expert says with the declaration what it is about: `doubts` is what was held against them, `explanation` their answer.
alter table expert_assignments
  add column doubts      json,
  add column explanation text check (length(explanation) between 1 and 500),
  add constraint expert_assignments_explained check ((doubts is null) = (explanation is null)),
  drop constraint expert_assignments_status_check,
  add constraint expert_assignments_status_check check (
    status in ('ASSIGNED', 'DECLARED', 'SCORED', 'CONFLICTED', 'DISMISSED', 'ENDED'));
grant update (doubts, explanation) on expert_assignments to voucher_app;

-- Who is or was a member for whom: of a person, and of a legal person.
create index members_person on members (book_id, person_id);
create index members_legal_person on members (book_id, legal_person_uscc);

do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update expert_assignments a
       set status = 'ENDED', waiting_since = null, due_on = null
      from expert_panels p
     where a.book_id = book and a.status in ('ASSIGNED', 'DECLARED') and p.book_id = a.book_id and p.panel_id = a.panel_id
       and coalesce(
         (select c.status from applications c where c.book_id = book and c.application_id = p.subject_id),
         (select c.status from reimbursements c where c.book_id = book and c.reimbursement_id = p.subject_id))
           in ('APPROVED', 'REJECTED', 'WITHDRAWN');
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
