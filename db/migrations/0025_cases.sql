-- The life of a case (办件): an application for a voucher or for reimbursement, from its draft to its decision, with all that a
-- programme's text may ask for on the way. Which steps there are is not in these tables but in the programme: one that asks for
-- none goes from SUBMITTED to REVIEWED and APPROVED as before.

-- Reviewers of a district, who accept what comes in (初审), and experts, who score what is given to them.
alter table members drop constraint members_role_check;
alter table members add constraint members_role_check check (role in ('enterprise', 'provider', 'district_reviewer', 'reviewer',
  'approver', 'expert', 'finance', 'finance_approver', 'auditor', 'operator'));

-- What every case keeps beside what it is about, on its own row, for it is read wherever the case is:
-- `draft` is what is to be applied for, while it is a draft. `accepted_at` is when it was complete: when it was accepted, or, where the
-- text asks for no acceptance, when it came or its last correction came; `accepted_place` is its place in that order. `answers_digest`
-- binds what was answered to correction lists, `scores_digest` what experts scored. `notice_days` is how many working days of public notice the text asks for, known from the
-- review on; `notice_last_day` is the last day of this case, later than that of its notice when an objection has paused it;
-- `notice_days_left` what is left while it is paused. `waiting_since` and `due_on` say since when and until when somebody's step is
-- waited for, by which work queues are ordered; no text, no end.
alter table applications
  add column draft             json,
  add column accepted_at       timestamptz,
  add column accepted_place    bigint,
  add column accepted_person   uuid,
  add column checked_person    uuid,
  add column answers_digest    text    check (answers_digest ~ '^[0-9a-f]{64}$'),
  add column panel_id          uuid,
  add column scores_digest     text    check (scores_digest ~ '^[0-9a-f]{64}$'),
  add column notice_days       integer check (notice_days >= 1),
  add column notice_id         uuid,
  add column notice_last_day   date,
  add column notice_days_left  integer check (notice_days_left >= 0),
  add column decision_article  text    check (length(decision_article) between 1 and 200),
  add column waiting_since     date,
  add column due_on            date;
alter table reimbursements
  add column draft             json,
  add column accepted_at       timestamptz,
  add column accepted_place    bigint,
  add column accepted_person   uuid,
  add column checked_person    uuid,
  add column answers_digest    text    check (answers_digest ~ '^[0-9a-f]{64}$'),
  add column panel_id          uuid,
  add column scores_digest     text    check (scores_digest ~ '^[0-9a-f]{64}$'),
  add column notice_days       integer check (notice_days >= 1),
  add column notice_id         uuid,
  add column notice_last_day   date,
  add column notice_days_left  integer check (notice_days_left >= 0),
  add column decision_article  text    check (length(decision_article) between 1 and 200),
  add column waiting_since     date,
  add column due_on            date;

-- What is there was complete when it came, in the order of its numbers; places go on from them.
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update applications
       set accepted_at = recorded_at,
           accepted_place = substring(application_no from '(\d+)-\d+$')::bigint * 1000000000 + substring(application_no from '\d+$')::bigint,
           waiting_since = case when status in ('SUBMITTED', 'REVIEWED') then submitted_on end
     where book_id = book;
    update reimbursements
       set accepted_at = recorded_at,
           accepted_place = substring(reimbursement_no from '(\d+)-\d+$')::bigint * 1000000000 + substring(reimbursement_no from '\d+$')::bigint,
           waiting_since = case when status in ('SUBMITTED', 'REVIEWED', 'ALLOCATED') then submitted_on end
     where book_id = book;
    insert into number_series (book_id, series, last)
    select book_id, case split_part(series, '/', 1) when 'A' then 'AQ/' else 'RQ/' end || split_part(series, '/', 2), last
      from number_series where book_id = book and split_part(series, '/', 1) in ('A', 'RB');
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;

alter table applications
  drop constraint applications_status_check,
  drop constraint applications_four_eyes,
  drop constraint applications_reviewed,
  drop constraint applications_queued,
  add constraint applications_status_check check (status in ('DRAFT', 'SUBMITTED', 'SUPPLEMENT_REQUESTED', 'ACCEPTED', 'CHECKED',
    'EXPERT_REVIEW', 'REVIEWED', 'IN_PUBLIC_NOTICE', 'OBJECTION_PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
  -- Who applies, accepts and checks are three; who reviews is not who applied; who approves is none of them.
  add constraint applications_four_eyes check (accepted_person <> submitted_person and checked_person <> submitted_person
    and checked_person <> accepted_person and reviewed_person <> submitted_person and decided_person <> submitted_person
    and (status <> 'APPROVED' or (decided_person <> reviewed_person and decided_person is distinct from accepted_person
                                  and decided_person is distinct from checked_person))),
  add constraint applications_reviewed check (status not in ('REVIEWED', 'IN_PUBLIC_NOTICE', 'OBJECTION_PENDING', 'APPROVED')
                                              or (reviewed_person is not null and maximum_fen is not null)),
  add constraint applications_queued check ((status in ('REVIEWED', 'IN_PUBLIC_NOTICE', 'OBJECTION_PENDING')) = (queue_rank is not null)
                                            and (queue_rank is null) = (queue_block is null)),
  add constraint applications_drafted check ((status = 'DRAFT') <= (draft is not null)),
  add constraint applications_accepted check ((accepted_at is null) = (accepted_place is null)
    and (accepted_at is not null or status in ('DRAFT', 'SUBMITTED', 'SUPPLEMENT_REQUESTED', 'REJECTED', 'WITHDRAWN'))),
  add constraint applications_in_notice check (
    (status not in ('IN_PUBLIC_NOTICE', 'OBJECTION_PENDING') or num_nonnulls(notice_id, notice_last_day) = 2)
    and (status = 'OBJECTION_PENDING') = (notice_days_left is not null)),
  add constraint applications_waiting check ((status in ('APPROVED', 'REJECTED', 'WITHDRAWN')) = (waiting_since is null)
                                             and (waiting_since is not null or due_on is null));

alter table reimbursements
  drop constraint reimbursements_status_check,
  drop constraint reimbursements_four_eyes,
  drop constraint reimbursements_reviewed,
  drop constraint reimbursements_line_count_check,
  drop constraint reimbursements_base_fen_check,
  drop constraint reimbursements_computed_fen_check,
  add constraint reimbursements_status_check check (status in ('DRAFT', 'SUBMITTED', 'SUPPLEMENT_REQUESTED', 'ACCEPTED', 'CHECKED',
    'EXPERT_REVIEW', 'REVIEWED', 'IN_PUBLIC_NOTICE', 'OBJECTION_PENDING', 'ALLOCATED', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
  add constraint reimbursements_four_eyes check (accepted_person <> submitted_person and checked_person <> submitted_person
    and checked_person <> accepted_person and reviewed_person <> submitted_person and decided_person <> submitted_person
    and (status <> 'APPROVED' or (decided_person <> reviewed_person and decided_person is distinct from accepted_person
                                  and decided_person is distinct from checked_person))),
  add constraint reimbursements_reviewed check (status not in ('REVIEWED', 'IN_PUBLIC_NOTICE', 'OBJECTION_PENDING', 'ALLOCATED', 'APPROVED')
    or num_nonnulls(reviewed_person, reviewed_fen, review_digest, eligibility) = 4),
  -- A draft has no base yet: it is looked for when it is submitted.
  add constraint reimbursements_based check (
    case when draft is not null and accepted_at is null and line_count = 0 then status in ('DRAFT', 'WITHDRAWN') and base_fen = 0 and computed_fen = 0
         else line_count >= 1 and base_fen > 0 and computed_fen > 0 end),
  add constraint reimbursements_drafted check ((status = 'DRAFT') <= (draft is not null)),
  add constraint reimbursements_accepted check ((accepted_at is null) = (accepted_place is null)
    and (accepted_at is not null or status in ('DRAFT', 'SUBMITTED', 'SUPPLEMENT_REQUESTED', 'REJECTED', 'WITHDRAWN'))),
  add constraint reimbursements_in_notice check (
    (status not in ('IN_PUBLIC_NOTICE', 'OBJECTION_PENDING') or num_nonnulls(notice_id, notice_last_day) = 2)
    and (status = 'OBJECTION_PENDING') = (notice_days_left is not null)),
  add constraint reimbursements_waiting check ((status in ('APPROVED', 'REJECTED', 'WITHDRAWN')) = (waiting_since is null)
                                               and (waiting_since is not null or due_on is null));

-- What is applied for is fixed once it is submitted: after that only steps are added to it.
create function refuse_other_case() returns trigger language plpgsql as $$
begin
  raise exception 'what is applied for is fixed once it is submitted' using errcode = 'VL001';
end $$;
create trigger applications_fixed before update on applications for each row
  when (old.status <> 'DRAFT' and (new.programme_code, new.programme_version_id, new.enterprise_id, new.legal_person_uscc, new.contract_id,
                                   new.purpose, new.application_no, new.submitted_on, new.submitted_person, new.matters, new.control_version_ids)
        is distinct from (old.programme_code, old.programme_version_id, old.enterprise_id, old.legal_person_uscc, old.contract_id,
                          old.purpose, old.application_no, old.submitted_on, old.submitted_person, old.matters, old.control_version_ids))
  execute function refuse_other_case();
create trigger reimbursements_fixed before update on reimbursements for each row
  when (old.status <> 'DRAFT' and (new.programme_code, new.programme_version_id, new.enterprise_id, new.legal_person_uscc, new.year,
                                   new.base_year, new.line_count, new.reimbursement_no, new.submitted_on, new.submitted_person, new.matters,
                                   new.control_version_ids)
        is distinct from (old.programme_code, old.programme_version_id, old.enterprise_id, old.legal_person_uscc, old.year,
                          old.base_year, old.line_count, old.reimbursement_no, old.submitted_on, old.submitted_person, old.matters,
                          old.control_version_ids))
  execute function refuse_other_case();

grant update (draft, application_no, programme_code, programme_version_id, enterprise_id, legal_person_uscc, contract_id, purpose, content_digest,
              submitted_on, submitted_person, matters, control_version_ids, accepted_at, accepted_place, accepted_person, checked_person,
              answers_digest, panel_id, scores_digest, notice_days, notice_id, notice_last_day, notice_days_left, decision_article, waiting_since, due_on,
              recorded_at) on applications to voucher_app;
grant update (draft, reimbursement_no, programme_code, programme_version_id, enterprise_id, legal_person_uscc, year, base_year, line_count,
              content_digest, submitted_on, submitted_person, matters, control_version_ids, accepted_at, accepted_place, accepted_person,
              checked_person, answers_digest, panel_id, scores_digest, notice_days, notice_id, notice_last_day, notice_days_left, decision_article,
              waiting_since, due_on, recorded_at) on reimbursements to voucher_app;

-- A correction list (补正通知): everything that a case lacks, named at once (一次性告知), each item with the field or material it is about, and
-- the last day on which it may be answered. A later list of the same case takes up only what its answer to the one before left open
-- (each item's `again`): nobody is asked for something new a second time. `answers` are what came back, item by item.
create table supplement_lists (
  book_id           uuid        not null,
  list_id           uuid        not null,
  subject_kind      text        not null check (subject_kind in ('APPLICATION', 'REIMBURSEMENT')),
  subject_id        uuid        not null,
  round             integer     not null check (round >= 1),
  items             json        not null check (json_array_length(items) >= 1),
  working_days      integer     not null check (working_days >= 1),
  asked_on          date        not null,
  asked_person      uuid        not null,
  due_on            date        not null check (due_on > asked_on),
  answers           json,
  answered_on       date        check (answered_on between asked_on and due_on),
  answered_person   uuid,
  recorded_at       timestamptz not null,
  primary key (book_id, list_id),
  unique (book_id, subject_id, round),
  foreign key (book_id, asked_person) references persons (book_id, person_id),
  foreign key (book_id, answered_person) references persons (book_id, person_id),
  constraint supplement_lists_four_eyes check (answered_person <> asked_person),
  constraint supplement_lists_answered check (num_nonnulls(answers, answered_on, answered_person) in (0, 3))
);
call keep_in_lane('supplement_lists');
grant update (answers, answered_on, answered_person) on supplement_lists to voucher_app;
