-- Expert review (评审), public notice (公示) and objections (异议), of cases of either kind.

-- A panel: what experts are asked about one case. `brief` is what they see of it, as it stood when they were asked, so that all of
-- them score the same; `parties` whom they must have no interest in, which is all they see before they have said so. How many there
-- are and by which criteria they score is the programme's, or the bureau's where the text is silent.
create table expert_panels (
  book_id          uuid        not null,
  panel_id         uuid        not null,
  subject_kind     text        not null check (subject_kind in ('APPLICATION', 'REIMBURSEMENT')),
  subject_id       uuid        not null,
  case_no          text        not null,
  programme_code   text        not null,
  experts          integer     not null check (experts >= 1),
  criteria         json        not null check (json_array_length(criteria) >= 1),
  parties          json        not null,
  brief            json        not null,
  assigned_person  uuid        not null,
  assigned_on      date        not null,
  recorded_at      timestamptz not null,
  primary key (book_id, panel_id),
  unique (book_id, subject_id),
  foreign key (book_id, assigned_person) references persons (book_id, person_id)
);

-- An expert's part in a panel. Nobody sees a case before saying that there is no conflict of interest; who has one is out, and who
-- does not answer may be dismissed. Scores are given once. Until when it is waited for stands in `due_on`.
create table expert_assignments (
  book_id           uuid        not null,
  assignment_id     uuid        not null,
  panel_id          uuid        not null,
  member_id         uuid        not null,
  person_id         uuid        not null,
  status            text        not null check (status in ('ASSIGNED', 'DECLARED', 'SCORED', 'CONFLICTED', 'DISMISSED')),
  conflict          text        check (length(conflict) between 1 and 500),
  scores            json,
  points            integer     check (points >= 0),
  opinion           text        check (length(opinion) between 1 and 2000),
  dismissed_person  uuid,
  dismissal_reason  text        check (length(dismissal_reason) between 1 and 500),
  waiting_since     date,
  due_on            date,
  recorded_at       timestamptz not null,
  primary key (book_id, assignment_id),
  unique (book_id, panel_id, person_id),
  foreign key (book_id, panel_id) references expert_panels (book_id, panel_id),
  foreign key (book_id, member_id) references members (book_id, member_id),
  constraint expert_assignments_conflict check ((status = 'CONFLICTED') = (conflict is not null)),
  constraint expert_assignments_scored check ((status = 'SCORED') = (num_nonnulls(scores, points, opinion) = 3)
                                              and num_nonnulls(scores, points, opinion) in (0, 3)),
  constraint expert_assignments_dismissed check ((status = 'DISMISSED') = (num_nonnulls(dismissed_person, dismissal_reason) = 2)
                                                 and dismissed_person is distinct from person_id),
  constraint expert_assignments_waiting check ((status in ('ASSIGNED', 'DECLARED')) = (waiting_since is not null)
                                               and (waiting_since is not null or due_on is null))
);
create index expert_assignments_member on expert_assignments (book_id, member_id, assignment_id);

-- A public notice: a list of cases with the amounts meant for them, fixed by its digest when it is published, from its first to its last
-- day (working days, the first not counted). Everybody may read it, without a key, and object to any of its cases until 24:00 of the last.
create table public_notices (
  book_id           uuid        not null,
  notice_id         uuid        not null,
  notice_no         text        not null,
  title             text        not null check (length(title) between 1 and 200),
  first_day         date        not null,
  last_day          date        not null check (last_day > first_day),
  working_days      integer     not null check (working_days >= 1),
  line_count        integer     not null check (line_count >= 1),
  total_fen         bigint      not null check (total_fen > 0),
  content_digest    text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  published_person  uuid        not null,
  recorded_at       timestamptz not null,
  primary key (book_id, notice_id),
  unique (book_id, notice_no),
  foreign key (book_id, published_person) references persons (book_id, person_id)
);

-- A line of a notice, as it is shown: the name is that of the enterprise, or as it may be shown. It never changes; how far the notice
-- of a case has come stands with the case.
create table notice_items (
  book_id         uuid    not null,
  notice_item_id  uuid    not null,
  notice_id       uuid    not null,
  line_no         integer not null check (line_no >= 1),
  subject_kind    text    not null check (subject_kind in ('APPLICATION', 'REIMBURSEMENT')),
  subject_id      uuid    not null,
  case_no         text    not null,
  programme_code  text    not null,
  shown_name      text    not null check (length(shown_name) between 1 and 200),
  amount_fen      bigint  not null check (amount_fen > 0),
  review_digest   text    not null,
  primary key (book_id, notice_item_id),
  unique (book_id, notice_id, line_no),
  unique (book_id, subject_id),
  foreign key (book_id, notice_id) references public_notices (book_id, notice_id)
);

-- An objection to one case of a notice, by anybody. Who objects and how they are reached is sealed, and opened only for who decides.
-- While one is open its case waits; another person than who reviewed the case or published the list decides it, with the reason.
create table objections (
  book_id           uuid        not null,
  objection_id      uuid        not null,
  objection_no      text        not null,
  notice_id         uuid        not null,
  notice_item_id    uuid        not null,
  subject_kind      text        not null check (subject_kind in ('APPLICATION', 'REIMBURSEMENT')),
  subject_id        uuid        not null,
  name_sealed       text        not null,
  contact_sealed    text        not null,
  content           text        not null check (length(content) between 1 and 2000),
  received_on       date        not null,
  status            text        not null check (status in ('OPEN', 'UPHELD', 'DISMISSED')),
  reviewed_person   uuid        not null,
  published_person  uuid        not null,
  decided_person    uuid,
  decided_on        date,
  decision_reason   text        check (length(decision_reason) between 1 and 500),
  recorded_at       timestamptz not null,
  primary key (book_id, objection_id),
  unique (book_id, objection_no),
  foreign key (book_id, notice_item_id) references notice_items (book_id, notice_item_id),
  constraint objections_four_eyes check (decided_person <> reviewed_person and decided_person <> published_person),
  constraint objections_decided check ((status = 'OPEN') = (num_nonnulls(decided_person, decided_on, decision_reason) = 0)
                                       and num_nonnulls(decided_person, decided_on, decision_reason) in (0, 3))
);
create index objections_subject on objections (book_id, subject_id, objection_id);

call keep_in_lane('expert_panels');
call keep_in_lane('expert_assignments');
call keep_in_lane('public_notices');
call keep_in_lane('notice_items');
call keep_in_lane('objections');
grant update (status, conflict, scores, points, opinion, dismissed_person, dismissal_reason, waiting_since, due_on)
  on expert_assignments to voucher_app;
grant update (status, decided_person, decided_on, decision_reason) on objections to voucher_app;
