-- What is applied for is fixed once it is submitted, but for what a correction list names: what is then written anew comes with the answer
-- to that list, and only with it; what it was before stands in `supplement_lists.answers` (each answer's `changes`, old and new).
drop trigger applications_fixed on applications;
create trigger applications_fixed before update on applications for each row
  when (old.status <> 'DRAFT' and (
        (new.programme_code, new.programme_version_id, new.enterprise_id, new.legal_person_uscc, new.application_no, new.submitted_on,
         new.submitted_person, new.control_version_ids)
        is distinct from (old.programme_code, old.programme_version_id, old.enterprise_id, old.legal_person_uscc, old.application_no,
                          old.submitted_on, old.submitted_person, old.control_version_ids)
     or (not (old.status = 'SUPPLEMENT_REQUESTED' and new.status = 'SUBMITTED')
         and (new.contract_id, new.purpose, new.matters) is distinct from (old.contract_id, old.purpose, old.matters))))
  execute function refuse_other_case();
drop trigger reimbursements_fixed on reimbursements;
create trigger reimbursements_fixed before update on reimbursements for each row
  when (old.status <> 'DRAFT' and (
        (new.programme_code, new.programme_version_id, new.enterprise_id, new.legal_person_uscc, new.year, new.base_year, new.line_count,
         new.reimbursement_no, new.submitted_on, new.submitted_person, new.control_version_ids)
        is distinct from (old.programme_code, old.programme_version_id, old.enterprise_id, old.legal_person_uscc, old.year, old.base_year,
                          old.line_count, old.reimbursement_no, old.submitted_on, old.submitted_person, old.control_version_ids)
     or (not (old.status = 'SUPPLEMENT_REQUESTED' and new.status = 'SUBMITTED') and new.matters is distinct from old.matters)))
  execute function refuse_other_case();
