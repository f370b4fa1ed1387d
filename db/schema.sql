-- Made by `npm run schema:dump` from db/migrations; do not edit. A test compares it.

create role voucher_across nologin noinherit;

create role voucher_app login noinherit;
alter role voucher_app set TimeZone=UTC;
alter role voucher_app set idle_in_transaction_session_timeout=10s;
alter role voucher_app set lock_timeout=10s;
alter role voucher_app set statement_timeout=30s;

create role voucher_owner login noinherit;
grant voucher_across to voucher_owner;

create role voucher_reader login noinherit;
alter role voucher_reader set TimeZone=UTC;
alter role voucher_reader set default_transaction_read_only=on;
alter role voucher_reader set idle_in_transaction_session_timeout=10s;
alter role voucher_reader set statement_timeout=30s;

create role voucher_signer login noinherit;
alter role voucher_signer set TimeZone=UTC;
alter role voucher_signer set default_transaction_read_only=on;
alter role voucher_signer set idle_in_transaction_session_timeout=10s;
alter role voucher_signer set statement_timeout=30s;

-- owner voucher_owner
create table access_trail (
  book_id uuid not null,
  trail_id uuid not null,
  happened_at timestamp with time zone not null,
  action text not null,
  subject text,
  outcome text not null,
  code text,
  member_id uuid,
  person_id uuid,
  role text,
  means text,
  credential text,
  address text not null,
  request_id text,
  alike integer not null default 1,
  constraint access_trail_pkey PRIMARY KEY (book_id, trail_id),
  constraint access_trail_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint access_trail_action_check CHECK (((length(action) >= 1) AND (length(action) <= 200))),
  constraint access_trail_address_check CHECK ((length(address) <= 64)),
  constraint access_trail_alike CHECK (((alike = 1) OR (outcome = 'DENIED'::text))),
  constraint access_trail_alike_check CHECK ((alike >= 1)),
  constraint access_trail_code_check CHECK ((code ~ '^[A-Z_]+$'::text)),
  constraint access_trail_credential_check CHECK ((length(credential) <= 64)),
  constraint access_trail_denied_why CHECK (((outcome = 'DENIED'::text) = (code IS NOT NULL))),
  constraint access_trail_means_check CHECK ((means = ANY (ARRAY['KEY'::text, 'SIGNED_KEY'::text, 'SESSION'::text]))),
  constraint access_trail_outcome_check CHECK ((outcome = ANY (ARRAY['ALLOWED'::text, 'DENIED'::text]))),
  constraint access_trail_request_id_check CHECK ((length(request_id) <= 64)),
  constraint access_trail_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 200)))
);
alter table access_trail enable row level security;
alter table access_trail force row level security;
CREATE INDEX access_trail_member ON public.access_trail USING btree (book_id, member_id, happened_at, trail_id) WHERE (member_id IS NOT NULL);
CREATE INDEX access_trail_outcome ON public.access_trail USING btree (book_id, outcome, happened_at, trail_id);
CREATE INDEX access_trail_time ON public.access_trail USING btree (book_id, happened_at, trail_id);
create policy of_book on access_trail as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on access_trail as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER access_trail_append_only BEFORE DELETE OR UPDATE ON public.access_trail FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_trail_no_truncate BEFORE TRUNCATE ON public.access_trail FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on access_trail to voucher_app;
grant select on access_trail to voucher_reader;

-- owner voucher_owner
create table account_kinds (
  kind text not null,
  measure text not null,
  may_overdraw boolean not null,
  stands_for text not null,
  constraint account_kinds_pkey PRIMARY KEY (kind),
  constraint account_kinds_measure_check CHECK ((measure = ANY (ARRAY['MONEY'::text, 'QUOTA'::text])))
);
grant select on account_kinds to voucher_app;
grant select on account_kinds to voucher_reader;

-- owner voucher_owner
create table accounts (
  book_id uuid not null,
  account_id uuid not null,
  code text not null,
  kind text not null,
  fund text,
  may_overdraw boolean not null,
  debits_fen bigint not null default 0,
  credits_fen bigint not null default 0,
  opened_seq bigint not null,
  constraint accounts_pkey PRIMARY KEY (book_id, account_id),
  constraint accounts_book_id_code_key UNIQUE (book_id, code),
  constraint accounts_credits_fen_check CHECK ((credits_fen >= 0)),
  constraint accounts_debits_fen_check CHECK ((debits_fen >= 0)),
  constraint accounts_not_overdrawn CHECK ((may_overdraw OR (credits_fen >= debits_fen)))
) with (fillfactor=60);
alter table accounts enable row level security;
alter table accounts force row level security;
CREATE INDEX accounts_listed ON public.accounts USING btree (book_id, kind, (
CASE
    WHEN (fund IS NULL) THEN ''::text
    ELSE fund
END), account_id);
create policy of_book on accounts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on accounts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER accounts_are_kept BEFORE DELETE ON public.accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_identity BEFORE UPDATE ON public.accounts FOR EACH ROW WHEN ((((((((new.book_id IS DISTINCT FROM old.book_id) OR (new.account_id IS DISTINCT FROM old.account_id)) OR (new.code IS DISTINCT FROM old.code)) OR (new.kind IS DISTINCT FROM old.kind)) OR (new.may_overdraw IS DISTINCT FROM old.may_overdraw)) OR (new.opened_seq IS DISTINCT FROM old.opened_seq)) OR (new.fund IS DISTINCT FROM old.fund) OR (new.debits_fen < old.debits_fen) OR (new.credits_fen < old.credits_fen))) EXECUTE FUNCTION refuse_other_account();
CREATE TRIGGER accounts_in_lane BEFORE INSERT OR UPDATE ON public.accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER accounts_leave_in_lane BEFORE DELETE ON public.accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER accounts_no_truncate BEFORE TRUNCATE ON public.accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant select on accounts to voucher_app;
grant select on accounts to voucher_reader;

-- owner voucher_owner
create table allocation_lines (
  book_id uuid not null,
  allocation_line_id uuid not null,
  allocation_id uuid not null,
  line_no integer not null,
  reimbursement_id uuid not null,
  rank integer not null,
  score integer,
  reviewed_fen bigint not null,
  claim_fen bigint not null,
  amount_fen bigint not null,
  reason text,
  is_live boolean not null,
  left_out text,
  constraint allocation_lines_pkey PRIMARY KEY (book_id, allocation_line_id),
  constraint allocation_lines_book_id_allocation_id_line_no_key UNIQUE (book_id, allocation_id, line_no),
  constraint allocation_lines_book_id_allocation_id_fkey FOREIGN KEY (book_id, allocation_id) REFERENCES allocations(book_id, allocation_id),
  constraint allocation_lines_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint allocation_lines_check CHECK (((claim_fen >= 0) AND (claim_fen <= reviewed_fen))),
  constraint allocation_lines_check1 CHECK (((amount_fen >= 0) AND (amount_fen <= claim_fen))),
  constraint allocation_lines_left_out CHECK (((left_out IS NULL) OR ((NOT is_live) AND (amount_fen > 0)))),
  constraint allocation_lines_line_no_check CHECK ((line_no >= 1)),
  constraint allocation_lines_nothing CHECK (((amount_fen = 0) = (reason IS NOT NULL))),
  constraint allocation_lines_rank_check CHECK ((rank >= 0)),
  constraint allocation_lines_reviewed_fen_check CHECK ((reviewed_fen > 0)),
  constraint allocation_lines_score_check CHECK (((score >= 0) AND (score <= 100)))
);
alter table allocation_lines enable row level security;
alter table allocation_lines force row level security;
CREATE UNIQUE INDEX allocation_lines_one_live ON public.allocation_lines USING btree (book_id, reimbursement_id) WHERE is_live;
CREATE INDEX allocation_lines_reimbursement ON public.allocation_lines USING btree (book_id, reimbursement_id, is_live);
create policy of_book on allocation_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on allocation_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER allocation_lines_in_lane BEFORE INSERT OR UPDATE ON public.allocation_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER allocation_lines_leave_in_lane BEFORE DELETE ON public.allocation_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (is_live, left_out) on allocation_lines to voucher_app;
grant select on allocation_lines to voucher_reader;

-- owner voucher_owner
create table allocations (
  book_id uuid not null,
  allocation_id uuid not null,
  allocation_no text not null,
  programme_code text not null,
  year integer not null,
  fund text not null,
  strategy text not null,
  line_count integer not null,
  claims_fen bigint not null,
  shared_fen bigint not null,
  total_fen bigint not null,
  content_digest text not null,
  status text not null,
  drafted_person uuid not null,
  drafted_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  awards_left integer not null default 0,
  constraint allocations_pkey PRIMARY KEY (book_id, allocation_id),
  constraint allocations_book_id_allocation_no_key UNIQUE (book_id, allocation_no),
  constraint allocations_booked CHECK (((awards_left = 0) OR (status = 'APPROVED'::text))),
  constraint allocations_check CHECK (((awards_left >= 0) AND (awards_left <= line_count))),
  constraint allocations_claims_fen_check CHECK ((claims_fen > 0)),
  constraint allocations_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint allocations_decided CHECK ((((status = 'DRAFT'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint allocations_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> drafted_person))),
  constraint allocations_line_count_check CHECK ((line_count >= 1)),
  constraint allocations_shared_fen_check CHECK ((shared_fen > 0)),
  constraint allocations_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'APPROVED'::text, 'WITHDRAWN'::text]))),
  constraint allocations_strategy_check CHECK ((strategy = ANY (ARRAY['FIRST_COME'::text, 'RANKED'::text, 'PRO_RATA'::text]))),
  constraint allocations_total_fen_check CHECK ((total_fen > 0)),
  constraint allocations_within_pool CHECK (((total_fen <= shared_fen) AND (shared_fen <= claims_fen)))
);
alter table allocations enable row level security;
alter table allocations force row level security;
CREATE INDEX allocations_draft ON public.allocations USING btree (book_id, allocation_id) WHERE (status = 'DRAFT'::text);
CREATE INDEX allocations_draft_amount ON public.allocations USING btree (book_id, total_fen, allocation_id) WHERE (status = 'DRAFT'::text);
CREATE INDEX allocations_programme ON public.allocations USING btree (book_id, programme_code, status, allocation_id);
CREATE INDEX allocations_to_book ON public.allocations USING btree (book_id, allocation_id) WHERE (awards_left > 0);
create policy of_book on allocations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on allocations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER allocations_in_lane BEFORE INSERT OR UPDATE ON public.allocations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER allocations_leave_in_lane BEFORE DELETE ON public.allocations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER allocations_one_person BEFORE UPDATE ON public.allocations FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person drafted_person @APPROVED');
CREATE CONSTRAINT TRIGGER allocations_second_approval AFTER UPDATE ON public.allocations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.status = 'APPROVED'::text) AND (old.status <> 'APPROVED'::text))) EXECUTE FUNCTION refuse_passed_approval('allocation_id', 'decided_person');
grant insert, select, update (status, decided_person, decided_on, decision_reason, awards_left) on allocations to voucher_app;
grant select on allocations to voucher_reader;

-- owner voucher_owner
create table api_keys (
  book_id uuid not null,
  key_id uuid not null,
  member_id uuid not null,
  prefix text not null,
  secret_hash text,
  expires_on date,
  revoked_at timestamp with time zone,
  recorded_at timestamp with time zone not null,
  scope jsonb,
  successor_id uuid,
  public_key text,
  issued_person uuid,
  confirmed_person uuid,
  constraint api_keys_pkey PRIMARY KEY (book_id, key_id),
  constraint api_keys_book_id_prefix_key UNIQUE (book_id, prefix),
  constraint api_keys_book_id_public_key_key UNIQUE (book_id, public_key),
  constraint api_keys_book_id_successor_id_key UNIQUE (book_id, successor_id),
  constraint api_keys_book_id_confirmed_person_fkey FOREIGN KEY (book_id, confirmed_person) REFERENCES persons(book_id, person_id),
  constraint api_keys_book_id_issued_person_fkey FOREIGN KEY (book_id, issued_person) REFERENCES persons(book_id, person_id),
  constraint api_keys_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint api_keys_book_id_successor_id_fkey FOREIGN KEY (book_id, successor_id) REFERENCES api_keys(book_id, key_id),
  constraint api_keys_followed_ends CHECK (((successor_id IS NULL) OR ((expires_on IS NOT NULL) AND (successor_id <> key_id)))),
  constraint api_keys_one_proof CHECK (((secret_hash IS NULL) <> (public_key IS NULL))),
  constraint api_keys_prefix_check CHECK ((prefix ~ '^[a-z0-9]{12}$'::text)),
  constraint api_keys_public_key_check CHECK ((public_key ~ '^[A-Za-z0-9_-]{43}$'::text)),
  constraint api_keys_scope_check CHECK ((jsonb_typeof(scope) = 'array'::text)),
  constraint api_keys_secret_hash_check CHECK ((secret_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint api_keys_two_persons CHECK ((confirmed_person <> issued_person))
);
alter table api_keys enable row level security;
alter table api_keys force row level security;
CREATE INDEX api_keys_member ON public.api_keys USING btree (book_id, member_id, key_id);
create policy of_book on api_keys as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on api_keys as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER api_keys_in_lane BEFORE INSERT OR UPDATE ON public.api_keys FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER api_keys_leave_in_lane BEFORE DELETE ON public.api_keys FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER api_keys_one_person BEFORE UPDATE ON public.api_keys FOR EACH ROW WHEN ((new.confirmed_person IS DISTINCT FROM old.confirmed_person)) EXECUTE FUNCTION refuse_same_person('confirmed_person issued_person');
grant insert, select, update (expires_on, revoked_at, successor_id, confirmed_person) on api_keys to voucher_app;
grant select (book_id, key_id, member_id, prefix, expires_on, revoked_at, recorded_at, scope, successor_id, public_key, issued_person, confirmed_person) on api_keys to voucher_reader;

-- owner voucher_owner
create table application_queues (
  book_id uuid not null,
  queue_id text not null,
  programme_code text not null,
  queue_rank integer not null,
  queue_block bigint not null,
  state text not null,
  waiting integer not null,
  maximum_fen bigint not null,
  constraint application_queues_pkey PRIMARY KEY (book_id, queue_id),
  constraint application_queues_named CHECK ((queue_id = ((((programme_code || '/'::text) || queue_rank) || '/'::text) || queue_block))),
  constraint application_queues_queue_rank_check CHECK ((queue_rank >= 0)),
  constraint application_queues_state CHECK ((state =
CASE
    WHEN (waiting > 0) THEN 'WAITING'::text
    ELSE 'EMPTY'::text
END)),
  constraint application_queues_sum CHECK (((maximum_fen >= waiting) AND ((waiting > 0) OR (maximum_fen = 0)))),
  constraint application_queues_waiting_check CHECK ((waiting >= 0))
) with (fillfactor=50);
alter table application_queues enable row level security;
alter table application_queues force row level security;
CREATE INDEX application_queues_programme ON public.application_queues USING btree (book_id, programme_code, state);
create policy of_book on application_queues as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on application_queues as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on application_queues as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER application_queues_in_lane BEFORE INSERT OR UPDATE ON public.application_queues FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER application_queues_leave_in_lane BEFORE DELETE ON public.application_queues FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (state, waiting, maximum_fen) on application_queues to voucher_app;
grant select on application_queues to voucher_reader;

-- owner voucher_owner
create table applications (
  book_id uuid not null,
  application_id uuid not null,
  application_no text not null,
  programme_code text not null,
  programme_version_id uuid not null,
  enterprise_id uuid not null,
  legal_person_uscc text not null,
  contract_id uuid not null,
  purpose text not null,
  content_digest text not null,
  status text not null,
  submitted_on date not null,
  submitted_person uuid not null,
  eligibility jsonb,
  reviewed_person uuid,
  review_digest text,
  maximum_fen bigint,
  decided_person uuid,
  decision_reason text,
  award_fen bigint,
  computed_fen bigint,
  explanation json,
  voucher_id uuid,
  recorded_at timestamp with time zone not null,
  queue_rank integer,
  queue_block bigint,
  matters jsonb not null default '{}'::jsonb,
  control_version_ids jsonb not null default '[]'::jsonb,
  draft json,
  accepted_at timestamp with time zone,
  accepted_place bigint,
  accepted_person uuid,
  checked_person uuid,
  answers_digest text,
  panel_id uuid,
  scores_digest text,
  notice_days integer,
  notice_id uuid,
  notice_last_day date,
  notice_days_left integer,
  decision_article text,
  waiting_since date,
  due_on date,
  constraint applications_pkey PRIMARY KEY (book_id, application_id),
  constraint applications_book_id_application_no_key UNIQUE (book_id, application_no),
  constraint applications_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint applications_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint applications_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint applications_accepted CHECK ((((accepted_at IS NULL) = (accepted_place IS NULL)) AND ((accepted_at IS NOT NULL) OR (status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'SUPPLEMENT_REQUESTED'::text, 'REJECTED'::text, 'WITHDRAWN'::text]))))),
  constraint applications_answers_digest_check CHECK ((answers_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint applications_approved CHECK (((status = 'APPROVED'::text) = ((voucher_id IS NOT NULL) AND (award_fen IS NOT NULL) AND (explanation IS NOT NULL) AND (decided_person IS NOT NULL)))),
  constraint applications_award_fen_check CHECK ((award_fen > 0)),
  constraint applications_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint applications_control_version_ids_check CHECK ((jsonb_typeof(control_version_ids) = 'array'::text)),
  constraint applications_decision_article_check CHECK (((length(decision_article) >= 1) AND (length(decision_article) <= 200))),
  constraint applications_drafted CHECK (((status = 'DRAFT'::text) <= (draft IS NOT NULL))),
  constraint applications_four_eyes CHECK (((accepted_person <> submitted_person) AND (checked_person <> submitted_person) AND (checked_person <> accepted_person) AND (reviewed_person <> submitted_person) AND (decided_person <> submitted_person) AND ((status <> 'APPROVED'::text) OR ((decided_person <> reviewed_person) AND (decided_person IS DISTINCT FROM accepted_person) AND (decided_person IS DISTINCT FROM checked_person))))),
  constraint applications_in_notice CHECK ((((status <> ALL (ARRAY['IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text])) OR (num_nonnulls(notice_id, notice_last_day) = 2)) AND ((status = 'OBJECTION_PENDING'::text) = (notice_days_left IS NOT NULL)))),
  constraint applications_matters_check CHECK ((jsonb_typeof(matters) = 'object'::text)),
  constraint applications_maximum_fen_check CHECK ((maximum_fen > 0)),
  constraint applications_notice_days_check CHECK ((notice_days >= 1)),
  constraint applications_notice_days_left_check CHECK ((notice_days_left >= 0)),
  constraint applications_queued CHECK ((((status = ANY (ARRAY['REVIEWED'::text, 'IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text])) = (queue_rank IS NOT NULL)) AND ((queue_rank IS NULL) = (queue_block IS NULL)))),
  constraint applications_reviewed CHECK (((status <> ALL (ARRAY['REVIEWED'::text, 'IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text, 'APPROVED'::text])) OR ((reviewed_person IS NOT NULL) AND (maximum_fen IS NOT NULL)))),
  constraint applications_scores_digest_check CHECK ((scores_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint applications_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'SUPPLEMENT_REQUESTED'::text, 'ACCEPTED'::text, 'CHECKED'::text, 'EXPERT_REVIEW'::text, 'REVIEWED'::text, 'IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text, 'APPROVED'::text, 'REJECTED'::text, 'WITHDRAWN'::text]))),
  constraint applications_waiting CHECK ((((status = ANY (ARRAY['APPROVED'::text, 'REJECTED'::text, 'WITHDRAWN'::text])) = (waiting_since IS NULL)) AND ((waiting_since IS NOT NULL) OR (due_on IS NULL)))),
  constraint applications_within_maximum CHECK ((award_fen <= maximum_fen))
);
alter table applications enable row level security;
alter table applications force row level security;
CREATE INDEX applications_amount ON public.applications USING btree (book_id, status, (
CASE
    WHEN (maximum_fen IS NULL) THEN ('-1'::integer)::bigint
    ELSE maximum_fen
END), application_id) WHERE (waiting_since IS NOT NULL);
CREATE INDEX applications_contract ON public.applications USING btree (book_id, contract_id, application_id);
CREATE INDEX applications_due ON public.applications USING btree (book_id, status, (
CASE
    WHEN (due_on IS NULL) THEN 'infinity'::date
    ELSE due_on
END), application_id) WHERE (waiting_since IS NOT NULL);
CREATE INDEX applications_enterprise ON public.applications USING btree (book_id, enterprise_id, application_id);
CREATE INDEX applications_legal_person ON public.applications USING btree (book_id, legal_person_uscc, application_id);
CREATE INDEX applications_programme ON public.applications USING btree (book_id, programme_code, status, application_id);
CREATE INDEX applications_queue ON public.applications USING btree (book_id, programme_code, queue_rank, queue_block) WHERE (queue_rank IS NOT NULL);
CREATE INDEX applications_waiting ON public.applications USING btree (book_id, status, application_id) WHERE (waiting_since IS NOT NULL);
create policy of_book on applications as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on applications as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (legal_person_uscc = ( SELECT this_party() AS this_party))
END);
create policy whole on applications as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER applications_fixed BEFORE UPDATE ON public.applications FOR EACH ROW WHEN (((old.status <> 'DRAFT'::text) AND (((((((((new.programme_code IS DISTINCT FROM old.programme_code) OR (new.programme_version_id IS DISTINCT FROM old.programme_version_id)) OR (new.enterprise_id IS DISTINCT FROM old.enterprise_id)) OR (new.legal_person_uscc IS DISTINCT FROM old.legal_person_uscc)) OR (new.application_no IS DISTINCT FROM old.application_no)) OR (new.submitted_on IS DISTINCT FROM old.submitted_on)) OR (new.submitted_person IS DISTINCT FROM old.submitted_person)) OR (new.control_version_ids IS DISTINCT FROM old.control_version_ids)) OR ((NOT ((old.status = 'SUPPLEMENT_REQUESTED'::text) AND (new.status = 'SUBMITTED'::text))) AND (((new.contract_id IS DISTINCT FROM old.contract_id) OR (new.purpose IS DISTINCT FROM old.purpose)) OR (new.matters IS DISTINCT FROM old.matters)))))) EXECUTE FUNCTION refuse_other_case();
CREATE TRIGGER applications_in_lane BEFORE INSERT OR UPDATE ON public.applications FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER applications_leave_in_lane BEFORE DELETE ON public.applications FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER applications_one_person BEFORE UPDATE ON public.applications FOR EACH ROW WHEN (((new.accepted_person IS DISTINCT FROM old.accepted_person) OR (new.checked_person IS DISTINCT FROM old.checked_person) OR (new.reviewed_person IS DISTINCT FROM old.reviewed_person) OR (new.decided_person IS DISTINCT FROM old.decided_person) OR (new.decided_person IS DISTINCT FROM old.decided_person))) EXECUTE FUNCTION refuse_same_person('accepted_person submitted_person', 'checked_person submitted_person accepted_person', 'reviewed_person submitted_person', 'decided_person submitted_person', 'decided_person reviewed_person accepted_person checked_person @APPROVED');
CREATE CONSTRAINT TRIGGER applications_second_approval AFTER UPDATE ON public.applications DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.status = 'APPROVED'::text) AND (old.status <> 'APPROVED'::text))) EXECUTE FUNCTION refuse_passed_approval('application_id', 'decided_person');
grant insert, select, update (application_no, programme_code, programme_version_id, enterprise_id, legal_person_uscc, contract_id, purpose, content_digest, status, submitted_on, submitted_person, eligibility, reviewed_person, review_digest, maximum_fen, decided_person, decision_reason, award_fen, computed_fen, explanation, voucher_id, recorded_at, queue_rank, queue_block, matters, control_version_ids, draft, accepted_at, accepted_place, accepted_person, checked_person, answers_digest, panel_id, scores_digest, notice_days, notice_id, notice_last_day, notice_days_left, decision_article, waiting_since, due_on) on applications to voucher_app;
grant select on applications to voucher_reader;

-- owner voucher_owner
create table appropriation_returns (
  book_id uuid not null,
  return_id uuid not null,
  programme_code text not null,
  year integer not null,
  funder text,
  carry_over boolean not null,
  amount_fen bigint not null,
  document_no text not null,
  content_digest text not null,
  status text not null,
  parts jsonb not null default '[]'::jsonb,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint appropriation_returns_pkey PRIMARY KEY (book_id, return_id),
  constraint appropriation_returns_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint appropriation_returns_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint appropriation_returns_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint appropriation_returns_amount_fen_check CHECK ((amount_fen > 0)),
  constraint appropriation_returns_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint appropriation_returns_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)) AND ((status = 'DROPPED'::text) = (decision_reason IS NOT NULL)) AND ((status = 'APPROVED'::text) = (parts <> '[]'::jsonb)))),
  constraint appropriation_returns_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint appropriation_returns_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint appropriation_returns_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint appropriation_returns_funder_check CHECK ((funder ~ '^[A-Z][A-Z0-9_]{0,30}$'::text)),
  constraint appropriation_returns_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'DROPPED'::text]))),
  constraint appropriation_returns_year_check CHECK (((year >= 2000) AND (year <= 2998)))
);
alter table appropriation_returns enable row level security;
alter table appropriation_returns force row level security;
CREATE INDEX appropriation_returns_amount ON public.appropriation_returns USING btree (book_id, status, amount_fen, return_id);
CREATE UNIQUE INDEX appropriation_returns_once ON public.appropriation_returns USING btree (book_id, document_no, programme_code, year, carry_over, (
CASE
    WHEN (funder IS NULL) THEN ''::text
    ELSE funder
END)) WHERE (status <> 'DROPPED'::text);
CREATE INDEX appropriation_returns_status ON public.appropriation_returns USING btree (book_id, status, return_id);
create policy of_book on appropriation_returns as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on appropriation_returns as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on appropriation_returns as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER appropriation_returns_in_lane BEFORE INSERT OR UPDATE ON public.appropriation_returns FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER appropriation_returns_leave_in_lane BEFORE DELETE ON public.appropriation_returns FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER appropriation_returns_once_each BEFORE UPDATE ON public.appropriation_returns FOR EACH ROW WHEN (((old.status <> 'PROPOSED'::text) OR (new.status = 'PROPOSED'::text))) EXECUTE FUNCTION refuse_decided_return();
CREATE TRIGGER appropriation_returns_one_person BEFORE UPDATE ON public.appropriation_returns FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, parts, decided_person, decided_on, decision_reason) on appropriation_returns to voucher_app;
grant select on appropriation_returns to voucher_reader;

-- owner voucher_owner
create table appropriations (
  book_id uuid not null,
  appropriation_id uuid not null,
  programme_code text not null,
  year integer not null,
  funder text not null,
  amount_fen bigint not null,
  document_no text not null,
  loaded_on date not null,
  recorded_at timestamp with time zone not null,
  constraint appropriations_pkey PRIMARY KEY (book_id, appropriation_id),
  constraint appropriations_book_id_document_no_programme_code_year_fund_key UNIQUE (book_id, document_no, programme_code, year, funder),
  constraint appropriations_amount_fen_check CHECK ((amount_fen > 0)),
  constraint appropriations_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint appropriations_funder_check CHECK ((funder ~ '^[A-Z][A-Z0-9_]{0,30}$'::text)),
  constraint appropriations_year_check CHECK (((year >= 2000) AND (year <= 2999)))
);
alter table appropriations enable row level security;
alter table appropriations force row level security;
CREATE INDEX appropriations_programme ON public.appropriations USING btree (book_id, programme_code, appropriation_id);
CREATE INDEX appropriations_year ON public.appropriations USING btree (book_id, year, appropriation_id);
create policy of_book on appropriations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on appropriations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER appropriations_in_lane BEFORE INSERT OR UPDATE ON public.appropriations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER appropriations_leave_in_lane BEFORE DELETE ON public.appropriations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on appropriations to voucher_app;
grant select on appropriations to voucher_reader;

-- owner voucher_owner
create table award_computations (
  book_id uuid not null,
  correction_id uuid not null,
  reimbursement_id uuid not null,
  base_fen bigint,
  computed_fen bigint,
  award_fen bigint not null,
  constraint award_computations_pkey PRIMARY KEY (book_id, correction_id),
  constraint award_computations_book_id_correction_id_fkey FOREIGN KEY (book_id, correction_id) REFERENCES corrections(book_id, correction_id),
  constraint award_computations_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint award_computations_award_fen_check CHECK ((award_fen >= 0)),
  constraint award_computations_base_fen_check CHECK ((base_fen >= 0)),
  constraint award_computations_computed_fen_check CHECK ((computed_fen >= 0)),
  constraint award_computations_given CHECK (((num_nonnulls(base_fen, computed_fen) = ANY (ARRAY[0, 2])) AND ((award_fen = 0) OR (award_fen <= computed_fen))))
);
alter table award_computations enable row level security;
alter table award_computations force row level security;
create policy of_book on award_computations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on award_computations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER award_computations_in_lane BEFORE INSERT OR UPDATE ON public.award_computations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER award_computations_leave_in_lane BEFORE DELETE ON public.award_computations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on award_computations to voucher_app;
grant select on award_computations to voucher_reader;

-- owner voucher_owner
create table bank_days (
  book_id uuid not null,
  bank_day_id uuid not null,
  bank_account text not null,
  booked_on date not null,
  line_count integer not null,
  paid_fen bigint not null,
  returned_fen bigint not null,
  matched_fen bigint not null,
  settled_fen bigint not null,
  back_fen bigint not null,
  constraint bank_days_pkey PRIMARY KEY (book_id, bank_day_id),
  constraint bank_days_book_id_booked_on_bank_account_key UNIQUE (book_id, booked_on, bank_account),
  constraint bank_days_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint bank_days_back_fen_check CHECK ((back_fen >= 0)),
  constraint bank_days_bank_account_check CHECK ((length(bank_account) <= 64)),
  constraint bank_days_check CHECK (((matched_fen >= 0) AND (matched_fen <= (paid_fen + returned_fen)))),
  constraint bank_days_line_count_check CHECK ((line_count >= 0)),
  constraint bank_days_paid_fen_check CHECK ((paid_fen >= 0)),
  constraint bank_days_returned_fen_check CHECK ((returned_fen >= 0)),
  constraint bank_days_settled_fen_check CHECK ((settled_fen >= 0))
);
alter table bank_days enable row level security;
alter table bank_days force row level security;
create policy of_book on bank_days as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on bank_days as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on bank_days as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bank_days_in_lane BEFORE INSERT OR UPDATE ON public.bank_days FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER bank_days_leave_in_lane BEFORE DELETE ON public.bank_days FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (line_count, paid_fen, returned_fen, matched_fen, settled_fen, back_fen) on bank_days to voucher_app;
grant select on bank_days to voucher_reader;

-- owner voucher_owner
create table bank_formats (
  book_id uuid not null,
  bank_format_id uuid not null,
  code text not null,
  version integer not null,
  name text not null,
  mapping jsonb not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint bank_formats_pkey PRIMARY KEY (book_id, bank_format_id),
  constraint bank_formats_book_id_code_version_key UNIQUE (book_id, code, version),
  constraint bank_formats_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint bank_formats_code_check CHECK ((code ~ '^[a-z][a-z0-9-]{0,59}$'::text)),
  constraint bank_formats_mapping_check CHECK ((jsonb_typeof(mapping) = 'object'::text)),
  constraint bank_formats_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint bank_formats_version_check CHECK ((version >= 1))
);
alter table bank_formats enable row level security;
alter table bank_formats force row level security;
create policy of_book on bank_formats as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on bank_formats as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bank_formats_in_lane BEFORE INSERT OR UPDATE ON public.bank_formats FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER bank_formats_leave_in_lane BEFORE DELETE ON public.bank_formats FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on bank_formats to voucher_app;
grant select on bank_formats to voucher_reader;

-- owner voucher_owner
create table bank_lines (
  book_id uuid not null,
  bank_line_id uuid not null,
  bank_return_id uuid not null,
  bank_serial text not null,
  instruction_no text not null,
  status text not null,
  booked_on date not null,
  amount_fen bigint not null,
  reason text,
  result text not null,
  line_no integer,
  bank_account text,
  payee_name text,
  payee_last4 text,
  matched_fen bigint not null default 0,
  constraint bank_lines_pkey PRIMARY KEY (book_id, bank_line_id),
  constraint bank_lines_book_id_bank_return_id_bank_serial_key UNIQUE (book_id, bank_return_id, bank_serial),
  constraint bank_lines_book_id_bank_return_id_fkey FOREIGN KEY (book_id, bank_return_id) REFERENCES bank_returns(book_id, bank_return_id),
  constraint bank_lines_amount_fen_check CHECK ((amount_fen > 0)),
  constraint bank_lines_bank_account_check CHECK (((length(bank_account) >= 1) AND (length(bank_account) <= 64))),
  constraint bank_lines_bank_serial_check CHECK (((length(bank_serial) >= 1) AND (length(bank_serial) <= 64))),
  constraint bank_lines_line_no_check CHECK ((line_no >= 1)),
  constraint bank_lines_matched_part CHECK (((matched_fen >= 0) AND (matched_fen <= amount_fen))),
  constraint bank_lines_payee_last4_check CHECK ((length(payee_last4) <= 4)),
  constraint bank_lines_payee_name_check CHECK ((length(payee_name) <= 200)),
  constraint bank_lines_result_check CHECK ((result = ANY (ARRAY['MATCHED'::text, 'UNKNOWN_INSTRUCTION'::text, 'AMOUNT_DIFFERS'::text, 'ALREADY_SETTLED'::text, 'PAYEE_DIFFERS'::text, 'DAY_BEFORE_INSTRUCTION'::text]))),
  constraint bank_lines_status_check CHECK ((status = ANY (ARRAY['PAID'::text, 'RETURNED'::text])))
);
alter table bank_lines enable row level security;
alter table bank_lines force row level security;
CREATE INDEX bank_lines_of_return ON public.bank_lines USING btree (book_id, bank_return_id, bank_line_id);
CREATE UNIQUE INDEX bank_lines_once ON public.bank_lines USING btree (book_id, bank_serial) WHERE (line_no IS NOT NULL);
CREATE INDEX bank_lines_serial ON public.bank_lines USING btree (book_id, bank_serial);
CREATE INDEX bank_lines_to_match ON public.bank_lines USING btree (book_id, status, bank_line_id) WHERE (matched_fen < amount_fen);
CREATE INDEX bank_lines_to_match_amount ON public.bank_lines USING btree (book_id, status, amount_fen, bank_line_id) WHERE (matched_fen < amount_fen);
CREATE INDEX bank_lines_unmatched ON public.bank_lines USING btree (book_id, bank_line_id) WHERE (matched_fen < amount_fen);
create policy of_book on bank_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on bank_lines as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on bank_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bank_lines_in_lane BEFORE INSERT OR UPDATE ON public.bank_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER bank_lines_leave_in_lane BEFORE DELETE ON public.bank_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (matched_fen) on bank_lines to voucher_app;
grant select on bank_lines to voucher_reader;

-- owner voucher_owner
create table bank_matches (
  book_id uuid not null,
  match_id uuid not null,
  bank_line_id uuid not null,
  instruction_id uuid not null,
  kind text not null,
  amount_fen bigint not null,
  booked_on date not null,
  by_rule boolean not null,
  matched_person uuid not null,
  status text not null,
  undone_person uuid,
  undone_on date,
  undo_reason text,
  recorded_at timestamp with time zone not null,
  constraint bank_matches_pkey PRIMARY KEY (book_id, match_id),
  constraint bank_matches_book_id_bank_line_id_fkey FOREIGN KEY (book_id, bank_line_id) REFERENCES bank_lines(book_id, bank_line_id),
  constraint bank_matches_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint bank_matches_book_id_instruction_id_fkey FOREIGN KEY (book_id, instruction_id) REFERENCES payment_instructions(book_id, instruction_id),
  constraint bank_matches_amount_fen_check CHECK ((amount_fen > 0)),
  constraint bank_matches_kind_check CHECK ((kind = ANY (ARRAY['PAID'::text, 'RETURNED'::text, 'RETURNED_LATE'::text]))),
  constraint bank_matches_status_check CHECK ((status = ANY (ARRAY['MATCHED'::text, 'UNDONE'::text]))),
  constraint bank_matches_undo_reason_check CHECK (((length(undo_reason) >= 1) AND (length(undo_reason) <= 500))),
  constraint bank_matches_undone CHECK ((((status = 'UNDONE'::text) = (num_nonnulls(undone_person, undone_on, undo_reason) = 3)) AND (num_nonnulls(undone_person, undone_on, undo_reason) = ANY (ARRAY[0, 3]))))
);
alter table bank_matches enable row level security;
alter table bank_matches force row level security;
CREATE INDEX bank_matches_instruction ON public.bank_matches USING btree (book_id, instruction_id, match_id);
CREATE INDEX bank_matches_line ON public.bank_matches USING btree (book_id, bank_line_id, match_id);
create policy of_book on bank_matches as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on bank_matches as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on bank_matches as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bank_matches_in_lane BEFORE INSERT OR UPDATE ON public.bank_matches FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER bank_matches_leave_in_lane BEFORE DELETE ON public.bank_matches FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (status, undone_person, undone_on, undo_reason) on bank_matches to voucher_app;
grant select on bank_matches to voucher_reader;

-- owner voucher_owner
create table bank_returns (
  book_id uuid not null,
  bank_return_id uuid not null,
  file_digest text not null,
  line_count integer not null,
  total_fen bigint not null,
  imported_person uuid not null,
  recorded_at timestamp with time zone not null,
  state text not null default 'DONE'::text,
  next_line integer not null default 1,
  format text not null default 'json'::text,
  bank_format text,
  file_name text,
  bank_account text,
  opening_fen bigint,
  closing_fen bigint,
  first_day date,
  last_day date,
  repeated_count integer not null default 0,
  by_result jsonb not null default '{}'::jsonb,
  paid_fen bigint not null default 0,
  returned_fen bigint not null default 0,
  constraint bank_returns_pkey PRIMARY KEY (book_id, bank_return_id),
  constraint bank_returns_book_id_file_digest_key UNIQUE (book_id, file_digest),
  constraint bank_returns_balances CHECK ((((opening_fen IS NULL) = (closing_fen IS NULL)) AND ((opening_fen IS NULL) OR (bank_account IS NOT NULL)))),
  constraint bank_returns_bank_account_check CHECK (((length(bank_account) >= 1) AND (length(bank_account) <= 64))),
  constraint bank_returns_bank_format_check CHECK (((length(bank_format) >= 1) AND (length(bank_format) <= 60))),
  constraint bank_returns_by_result_check CHECK ((jsonb_typeof(by_result) = 'object'::text)),
  constraint bank_returns_check CHECK (((next_line >= 1) AND (next_line <= (line_count + 1)))),
  constraint bank_returns_done CHECK (((state = 'DONE'::text) = (next_line = (line_count + 1)))),
  constraint bank_returns_file_digest_check CHECK ((file_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint bank_returns_file_name_check CHECK ((length(file_name) <= 200)),
  constraint bank_returns_format_check CHECK ((format = ANY (ARRAY['json'::text, 'csv'::text, 'xlsx'::text]))),
  constraint bank_returns_line_count_check CHECK ((line_count >= 1)),
  constraint bank_returns_paid_fen_check CHECK ((paid_fen >= 0)),
  constraint bank_returns_repeated_count_check CHECK ((repeated_count >= 0)),
  constraint bank_returns_returned_fen_check CHECK ((returned_fen >= 0)),
  constraint bank_returns_state_check CHECK ((state = ANY (ARRAY['IMPORTING'::text, 'DONE'::text]))),
  constraint bank_returns_total_fen_check CHECK ((total_fen > 0))
);
alter table bank_returns enable row level security;
alter table bank_returns force row level security;
CREATE INDEX bank_returns_account ON public.bank_returns USING btree (book_id, bank_account, first_day, bank_return_id) WHERE (bank_account IS NOT NULL);
CREATE INDEX bank_returns_importing ON public.bank_returns USING btree (book_id, bank_return_id) WHERE (state = 'IMPORTING'::text);
create policy of_book on bank_returns as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on bank_returns as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on bank_returns as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bank_returns_in_lane BEFORE INSERT OR UPDATE ON public.bank_returns FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER bank_returns_leave_in_lane BEFORE DELETE ON public.bank_returns FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (state, next_line, repeated_count, by_result, paid_fen, returned_fen) on bank_returns to voucher_app;
grant select on bank_returns to voucher_reader;

-- owner voucher_owner
create table book_heads (
  book_id uuid not null,
  seq bigint not null,
  recorded_at timestamp with time zone not null,
  batch_id uuid,
  constraint book_heads_pkey PRIMARY KEY (book_id),
  constraint book_heads_seq_check CHECK ((seq >= 0))
) with (fillfactor=10, autovacuum_vacuum_threshold=200, autovacuum_vacuum_scale_factor=0);
alter table book_heads enable row level security;
alter table book_heads force row level security;
create policy of_book on book_heads as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy signed on book_heads as permissive for select to voucher_signer using (true);
create policy whole on book_heads as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER book_heads_in_lane BEFORE UPDATE ON public.book_heads FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER book_heads_no_truncate BEFORE TRUNCATE ON public.book_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER book_heads_stay BEFORE DELETE ON public.book_heads FOR EACH ROW EXECUTE FUNCTION refuse_change();
grant select on book_heads to voucher_app;
grant select on book_heads to voucher_reader;
grant select on book_heads to voucher_signer;

-- owner voucher_owner
create table booked_days (
  book_id uuid not null,
  booked_on date not null,
  first_seq bigint not null,
  constraint booked_days_pkey PRIMARY KEY (book_id, booked_on)
);
alter table booked_days enable row level security;
alter table booked_days force row level security;
create policy of_book on booked_days as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on booked_days as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER booked_days_in_lane BEFORE INSERT OR UPDATE ON public.booked_days FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER booked_days_leave_in_lane BEFORE DELETE ON public.booked_days FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on booked_days to voucher_app;
grant select on booked_days to voucher_reader;

-- owner voucher_owner
create table books (
  book_id uuid not null,
  code text not null,
  name text not null,
  division_code text not null,
  origin text not null,
  open_from date not null,
  created_at timestamp with time zone not null,
  constraint books_pkey PRIMARY KEY (book_id),
  constraint books_code_key UNIQUE (code),
  constraint books_origin_key UNIQUE (origin),
  constraint books_code_check CHECK ((code ~ '^[a-z][a-z0-9-]{1,30}$'::text)),
  constraint books_division_code_check CHECK ((division_code ~ '^\d{6}$'::text)),
  constraint books_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
alter table books enable row level security;
alter table books force row level security;
create policy across on books as permissive for all to voucher_across using (true);
create policy of_book on books as restrictive for all to voucher_app, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy signed on books as permissive for select to voucher_signer using (true);
create policy whole on books as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant select (book_id, code) on books to voucher_across;
grant select on books to voucher_app;
grant select on books to voucher_reader;
grant select (book_id, code, origin) on books to voucher_signer;

-- owner voucher_owner
create table bulk_jobs (
  book_id uuid not null,
  job_id uuid not null,
  member_id uuid not null,
  key text not null,
  legal_person_uscc text,
  kind text not null,
  format text not null,
  mode text not null,
  columns json,
  state text not null,
  lines_read integer not null default 0,
  lines_accepted integer not null default 0,
  lines_refused integer not null default 0,
  documents integer not null default 0,
  next_line integer not null default 1,
  digest text,
  ledger_seq bigint,
  lease_owner uuid,
  lease_until timestamp with time zone not null,
  started_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint bulk_jobs_pkey PRIMARY KEY (book_id, job_id),
  constraint bulk_jobs_book_id_member_id_key_key UNIQUE (book_id, member_id, key),
  constraint bulk_jobs_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint bulk_jobs_columns CHECK (((format = 'ndjson'::text) = (columns IS NULL))),
  constraint bulk_jobs_counted CHECK ((((lines_accepted + lines_refused) <= lines_read) AND (documents <= lines_accepted))),
  constraint bulk_jobs_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint bulk_jobs_documents_check CHECK ((documents >= 0)),
  constraint bulk_jobs_format_check CHECK ((format = ANY (ARRAY['ndjson'::text, 'csv'::text, 'xlsx'::text]))),
  constraint bulk_jobs_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint bulk_jobs_kind_check CHECK ((kind = ANY (ARRAY['usage-invoices'::text, 'contracts'::text]))),
  constraint bulk_jobs_lines_accepted_check CHECK ((lines_accepted >= 0)),
  constraint bulk_jobs_lines_refused_check CHECK ((lines_refused >= 0)),
  constraint bulk_jobs_mode_check CHECK ((mode = ANY (ARRAY['accept-right'::text, 'all-or-nothing'::text]))),
  constraint bulk_jobs_next_line_check CHECK ((next_line >= 1)),
  constraint bulk_jobs_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'DONE'::text, 'REFUSED'::text])))
) with (fillfactor=50);
alter table bulk_jobs enable row level security;
alter table bulk_jobs force row level security;
CREATE INDEX bulk_jobs_kind ON public.bulk_jobs USING btree (book_id, kind, job_id);
CREATE INDEX bulk_jobs_legal_person ON public.bulk_jobs USING btree (book_id, legal_person_uscc, job_id);
create policy of_book on bulk_jobs as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on bulk_jobs as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (legal_person_uscc = ( SELECT this_party() AS this_party))
END);
create policy whole on bulk_jobs as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant insert, select, update (state, lines_read, lines_accepted, lines_refused, documents, next_line, digest, ledger_seq, lease_owner, lease_until, updated_at) on bulk_jobs to voucher_app;
grant select on bulk_jobs to voucher_reader;

-- owner voucher_owner
create table bulk_refused_lines (
  book_id uuid not null,
  refused_line_id uuid not null,
  job_id uuid not null,
  line integer not null,
  raw text not null,
  errors json not null,
  constraint bulk_refused_lines_pkey PRIMARY KEY (book_id, refused_line_id),
  constraint bulk_refused_lines_book_id_job_id_line_key UNIQUE (book_id, job_id, line),
  constraint bulk_refused_lines_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint bulk_refused_lines_book_id_job_id_fkey FOREIGN KEY (book_id, job_id) REFERENCES bulk_jobs(book_id, job_id),
  constraint bulk_refused_lines_line_check CHECK ((line >= 1))
);
alter table bulk_refused_lines enable row level security;
alter table bulk_refused_lines force row level security;
create policy of_book on bulk_refused_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on bulk_refused_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER bulk_refused_lines_append_only BEFORE DELETE OR UPDATE ON public.bulk_refused_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bulk_refused_lines_no_truncate BEFORE TRUNCATE ON public.bulk_refused_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on bulk_refused_lines to voucher_app;
grant select on bulk_refused_lines to voucher_reader;

-- owner voucher_owner
create table calendar_years (
  book_id uuid not null,
  calendar_year_id uuid not null,
  year integer not null,
  version integer not null,
  holidays jsonb not null,
  working_days jsonb not null,
  document_no text not null,
  source text not null,
  status text not null,
  proposed_person uuid not null,
  published_person uuid,
  published_on date,
  recorded_at timestamp with time zone not null,
  constraint calendar_years_pkey PRIMARY KEY (book_id, calendar_year_id),
  constraint calendar_years_book_id_year_version_key UNIQUE (book_id, year, version),
  constraint calendar_years_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint calendar_years_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint calendar_years_book_id_published_person_fkey FOREIGN KEY (book_id, published_person) REFERENCES persons(book_id, person_id),
  constraint calendar_years_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint calendar_years_four_eyes CHECK ((published_person <> proposed_person)),
  constraint calendar_years_holidays_check CHECK ((jsonb_typeof(holidays) = 'array'::text)),
  constraint calendar_years_published CHECK ((((published_person IS NULL) = (published_on IS NULL)) AND ((status <> 'PUBLISHED'::text) OR (published_person IS NOT NULL)) AND ((status <> 'PROPOSED'::text) OR (published_person IS NULL)))),
  constraint calendar_years_source_check CHECK (((length(source) >= 1) AND (length(source) <= 500))),
  constraint calendar_years_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'PUBLISHED'::text, 'SUPERSEDED'::text]))),
  constraint calendar_years_version_check CHECK ((version >= 1)),
  constraint calendar_years_working_days_check CHECK ((jsonb_typeof(working_days) = 'array'::text)),
  constraint calendar_years_year_check CHECK (((year >= 2000) AND (year <= 2999)))
);
alter table calendar_years enable row level security;
alter table calendar_years force row level security;
CREATE INDEX calendar_years_status ON public.calendar_years USING btree (book_id, status);
create policy of_book on calendar_years as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on calendar_years as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER calendar_years_in_lane BEFORE INSERT OR UPDATE ON public.calendar_years FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER calendar_years_leave_in_lane BEFORE DELETE ON public.calendar_years FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER calendar_years_one_person BEFORE UPDATE ON public.calendar_years FOR EACH ROW WHEN ((new.published_person IS DISTINCT FROM old.published_person)) EXECUTE FUNCTION refuse_same_person('published_person proposed_person');
grant insert, select, update (status, published_person, published_on) on calendar_years to voucher_app;
grant select on calendar_years to voucher_reader;

-- owner voucher_owner
create table chips (
  book_id uuid not null,
  chip_id uuid not null,
  vendor text not null,
  model text not null,
  origin text not null,
  valid_from date not null,
  source text not null,
  recorded_at timestamp with time zone not null,
  constraint chips_pkey PRIMARY KEY (book_id, chip_id),
  constraint chips_book_id_vendor_model_valid_from_key UNIQUE (book_id, vendor, model, valid_from),
  constraint chips_model_check CHECK (((length(model) >= 1) AND (length(model) <= 100))),
  constraint chips_origin_check CHECK ((origin = ANY (ARRAY['DOMESTIC'::text, 'NON_DOMESTIC'::text]))),
  constraint chips_source_check CHECK (((length(source) >= 1) AND (length(source) <= 500))),
  constraint chips_vendor_check CHECK (((length(vendor) >= 1) AND (length(vendor) <= 100)))
);
alter table chips enable row level security;
alter table chips force row level security;
create policy of_book on chips as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on chips as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER chips_in_lane BEFORE INSERT OR UPDATE ON public.chips FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER chips_leave_in_lane BEFORE DELETE ON public.chips FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on chips to voucher_app;
grant select on chips to voucher_reader;

-- owner voucher_owner
create table contract_amendments (
  book_id uuid not null,
  amendment_id uuid not null,
  contract_id uuid not null,
  enterprise_id uuid not null,
  provider_id uuid not null,
  version integer not null,
  signed_on date not null,
  starts_on date not null,
  ends_on date not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  reason text not null,
  lines json not null,
  fingerprint text not null,
  content_digest text not null,
  status text not null,
  proposed_side text not null,
  proposed_person uuid not null,
  confirmed_person uuid,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint contract_amendments_pkey PRIMARY KEY (book_id, amendment_id),
  constraint contract_amendments_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint contract_amendments_check CHECK ((ends_on >= starts_on)),
  constraint contract_amendments_confirmed CHECK (((status <> ALL (ARRAY['CONFIRMED'::text, 'FILED'::text])) OR (confirmed_person IS NOT NULL))),
  constraint contract_amendments_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint contract_amendments_decided CHECK ((((status = ANY (ARRAY['FILED'::text, 'WITHDRAWN'::text, 'REJECTED'::text])) = (num_nonnulls(decided_person, decided_on) = 2)) AND ((status <> 'REJECTED'::text) OR (decision_reason IS NOT NULL)))),
  constraint contract_amendments_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint contract_amendments_four_eyes CHECK (((proposed_person <> confirmed_person) AND ((status <> 'FILED'::text) OR ((decided_person <> proposed_person) AND (decided_person <> confirmed_person))))),
  constraint contract_amendments_gross_fen_check CHECK ((gross_fen > 0)),
  constraint contract_amendments_net_fen_check CHECK ((net_fen >= 0)),
  constraint contract_amendments_proposed_side_check CHECK ((proposed_side = ANY (ARRAY['enterprise'::text, 'provider'::text]))),
  constraint contract_amendments_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint contract_amendments_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'CONFIRMED'::text, 'FILED'::text, 'WITHDRAWN'::text, 'REJECTED'::text]))),
  constraint contract_amendments_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint contract_amendments_vat_fen_check CHECK ((vat_fen >= 0)),
  constraint contract_amendments_version_check CHECK ((version >= 2))
);
alter table contract_amendments enable row level security;
alter table contract_amendments force row level security;
CREATE INDEX contract_amendments_amount ON public.contract_amendments USING btree (book_id, status, gross_fen, amendment_id);
CREATE INDEX contract_amendments_contract ON public.contract_amendments USING btree (book_id, contract_id, amendment_id);
CREATE INDEX contract_amendments_enterprise ON public.contract_amendments USING btree (book_id, enterprise_id, status, amendment_id);
CREATE UNIQUE INDEX contract_amendments_one_open ON public.contract_amendments USING btree (book_id, contract_id) WHERE (status = ANY (ARRAY['PROPOSED'::text, 'CONFIRMED'::text]));
CREATE UNIQUE INDEX contract_amendments_one_version ON public.contract_amendments USING btree (book_id, contract_id, version) WHERE (status = 'FILED'::text);
CREATE INDEX contract_amendments_provider ON public.contract_amendments USING btree (book_id, provider_id, status, amendment_id);
CREATE INDEX contract_amendments_status ON public.contract_amendments USING btree (book_id, status, amendment_id);
create policy of_book on contract_amendments as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on contract_amendments as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on contract_amendments as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_amendments_in_lane BEFORE INSERT OR UPDATE ON public.contract_amendments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_amendments_leave_in_lane BEFORE DELETE ON public.contract_amendments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_amendments_one_person BEFORE UPDATE ON public.contract_amendments FOR EACH ROW WHEN (((new.confirmed_person IS DISTINCT FROM old.confirmed_person) OR (new.decided_person IS DISTINCT FROM old.decided_person))) EXECUTE FUNCTION refuse_same_person('confirmed_person proposed_person', 'decided_person proposed_person confirmed_person @FILED');
grant insert, select, update (status, confirmed_person, decided_person, decided_on, decision_reason) on contract_amendments to voucher_app;
grant select on contract_amendments to voucher_reader;

-- owner voucher_owner
create table contract_drafts (
  book_id uuid not null,
  contract_draft_id uuid not null,
  legal_person_uscc text not null,
  side text not null,
  content json not null,
  status text not null,
  drafted_person uuid not null,
  ended_on date,
  ended_person uuid,
  recorded_at timestamp with time zone not null,
  constraint contract_drafts_pkey PRIMARY KEY (book_id, contract_draft_id),
  constraint contract_drafts_book_id_drafted_person_fkey FOREIGN KEY (book_id, drafted_person) REFERENCES persons(book_id, person_id),
  constraint contract_drafts_book_id_ended_person_fkey FOREIGN KEY (book_id, ended_person) REFERENCES persons(book_id, person_id),
  constraint contract_drafts_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint contract_drafts_ended CHECK ((num_nonnulls(ended_on, ended_person) =
CASE status
    WHEN 'DRAFT'::text THEN 0
    ELSE 2
END)),
  constraint contract_drafts_side_check CHECK ((side = ANY (ARRAY['enterprise'::text, 'provider'::text]))),
  constraint contract_drafts_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'DISCARDED'::text])))
);
alter table contract_drafts enable row level security;
alter table contract_drafts force row level security;
CREATE INDEX contract_drafts_open ON public.contract_drafts USING btree (book_id, legal_person_uscc, side, contract_draft_id) WHERE (status = 'DRAFT'::text);
create policy of_book on contract_drafts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on contract_drafts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (legal_person_uscc = ( SELECT this_party() AS this_party))
END);
create policy whole on contract_drafts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_drafts_in_lane BEFORE INSERT OR UPDATE ON public.contract_drafts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_drafts_leave_in_lane BEFORE DELETE ON public.contract_drafts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (content, status, drafted_person, ended_on, ended_person) on contract_drafts to voucher_app;
grant select on contract_drafts to voucher_reader;

-- owner voucher_owner
create table contract_line_usage (
  book_id uuid not null,
  contract_line_id uuid not null,
  contract_id uuid not null,
  quantity numeric(22,4) not null,
  gross_fen bigint not null,
  constraint contract_line_usage_pkey PRIMARY KEY (book_id, contract_line_id),
  constraint contract_line_usage_book_id_contract_line_id_fkey FOREIGN KEY (book_id, contract_line_id) REFERENCES contract_lines(book_id, contract_line_id),
  constraint contract_line_usage_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint contract_line_usage_quantity_check CHECK ((quantity >= (0)::numeric))
);
alter table contract_line_usage enable row level security;
alter table contract_line_usage force row level security;
CREATE INDEX contract_line_usage_contract ON public.contract_line_usage USING btree (book_id, contract_id);
create policy of_book on contract_line_usage as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on contract_line_usage as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_line_usage_in_lane BEFORE INSERT OR UPDATE ON public.contract_line_usage FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_line_usage_leave_in_lane BEFORE DELETE ON public.contract_line_usage FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (quantity, gross_fen) on contract_line_usage to voucher_app;
grant select on contract_line_usage to voucher_reader;

-- owner voucher_owner
create table contract_lines (
  book_id uuid not null,
  contract_line_id uuid not null,
  contract_id uuid not null,
  line_no integer not null,
  description text not null,
  service_item text not null,
  facility_id uuid not null,
  chip_id uuid,
  chip_origin text,
  unit text not null,
  quantity numeric(18,4) not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  model_class text,
  model_registration_no text,
  constraint contract_lines_pkey PRIMARY KEY (book_id, contract_line_id),
  constraint contract_lines_book_id_contract_id_line_no_key UNIQUE (book_id, contract_id, line_no),
  constraint contract_lines_book_id_chip_id_fkey FOREIGN KEY (book_id, chip_id) REFERENCES chips(book_id, chip_id),
  constraint contract_lines_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint contract_lines_book_id_facility_id_fkey FOREIGN KEY (book_id, facility_id) REFERENCES facilities(book_id, facility_id),
  constraint contract_lines_chip_origin_check CHECK ((chip_origin = ANY (ARRAY['DOMESTIC'::text, 'NON_DOMESTIC'::text]))),
  constraint contract_lines_description_check CHECK (((length(description) >= 1) AND (length(description) <= 300))),
  constraint contract_lines_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint contract_lines_line_no_check CHECK ((line_no >= 1)),
  constraint contract_lines_model CHECK (((model_class IS NULL) = (model_registration_no IS NULL))),
  constraint contract_lines_model_class_check CHECK (((model_class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$'::text) AND (length(model_class) <= 60))),
  constraint contract_lines_model_registration_no_check CHECK (((length(model_registration_no) >= 1) AND (length(model_registration_no) <= 100))),
  constraint contract_lines_net_fen_check CHECK ((net_fen >= 0)),
  constraint contract_lines_quantity_check CHECK (((quantity > (0)::numeric) OR ((quantity = (0)::numeric) AND (gross_fen = 0)))),
  constraint contract_lines_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint contract_lines_unit_check CHECK ((unit = ANY (ARRAY['CARD_HOUR'::text, 'CORE_HOUR'::text, 'MONTH'::text, 'ITEM'::text]))),
  constraint contract_lines_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table contract_lines enable row level security;
alter table contract_lines force row level security;
CREATE INDEX contract_lines_facility ON public.contract_lines USING btree (book_id, facility_id, contract_id);
create policy of_book on contract_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on contract_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_lines_in_lane BEFORE INSERT OR UPDATE ON public.contract_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_lines_leave_in_lane BEFORE DELETE ON public.contract_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (chip_origin, quantity, net_fen, vat_fen, gross_fen) on contract_lines to voucher_app;
grant select on contract_lines to voucher_reader;

-- owner voucher_owner
create table contract_standings (
  book_id uuid not null,
  standing_id text not null,
  contract_id uuid not null,
  programme_code text not null,
  base_fen bigint not null,
  claimed_fen bigint not null,
  cut_off_fen bigint not null,
  weighted_base numeric(30,0),
  constraint contract_standings_pkey PRIMARY KEY (book_id, standing_id),
  constraint contract_standings_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint contract_standings_base_fen_check CHECK ((base_fen >= 0)),
  constraint contract_standings_claimed_fen_check CHECK ((claimed_fen >= 0)),
  constraint contract_standings_cut_off_fen_check CHECK ((cut_off_fen >= 0)),
  constraint contract_standings_weighted_base_check CHECK ((weighted_base >= (0)::numeric))
);
alter table contract_standings enable row level security;
alter table contract_standings force row level security;
create policy of_book on contract_standings as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on contract_standings as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_standings_in_lane BEFORE INSERT OR UPDATE ON public.contract_standings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_standings_leave_in_lane BEFORE DELETE ON public.contract_standings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (base_fen, claimed_fen, cut_off_fen, weighted_base) on contract_standings to voucher_app;
grant select on contract_standings to voucher_reader;

-- owner voucher_owner
create table contract_version_lines (
  book_id uuid not null,
  contract_version_line_id uuid not null,
  contract_id uuid not null,
  version integer not null,
  contract_line_id uuid not null,
  quantity numeric(18,4) not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  constraint contract_version_lines_pkey PRIMARY KEY (book_id, contract_version_line_id),
  constraint contract_version_lines_book_id_contract_id_version_contract_key UNIQUE (book_id, contract_id, version, contract_line_id),
  constraint contract_version_lines_book_id_contract_id_version_fkey FOREIGN KEY (book_id, contract_id, version) REFERENCES contract_versions(book_id, contract_id, version),
  constraint contract_version_lines_book_id_contract_line_id_fkey FOREIGN KEY (book_id, contract_line_id) REFERENCES contract_lines(book_id, contract_line_id),
  constraint contract_version_lines_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint contract_version_lines_net_fen_check CHECK ((net_fen >= 0)),
  constraint contract_version_lines_quantity_check CHECK ((quantity >= (0)::numeric)),
  constraint contract_version_lines_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table contract_version_lines enable row level security;
alter table contract_version_lines force row level security;
create policy of_book on contract_version_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on contract_version_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_version_lines_append_only BEFORE DELETE OR UPDATE ON public.contract_version_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contract_version_lines_in_lane BEFORE INSERT OR UPDATE ON public.contract_version_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_version_lines_leave_in_lane BEFORE DELETE ON public.contract_version_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_version_lines_no_truncate BEFORE TRUNCATE ON public.contract_version_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on contract_version_lines to voucher_app;
grant select on contract_version_lines to voucher_reader;

-- owner voucher_owner
create table contract_versions (
  book_id uuid not null,
  contract_version_id uuid not null,
  contract_id uuid not null,
  version integer not null,
  signed_on date not null,
  starts_on date not null,
  ends_on date not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  fingerprint text not null,
  content_digest text not null,
  filed_on date not null,
  superseded_on date not null,
  recorded_at timestamp with time zone not null,
  constraint contract_versions_pkey PRIMARY KEY (book_id, contract_version_id),
  constraint contract_versions_book_id_contract_id_version_key UNIQUE (book_id, contract_id, version),
  constraint contract_versions_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint contract_versions_check CHECK ((superseded_on >= filed_on)),
  constraint contract_versions_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint contract_versions_version_check CHECK ((version >= 1))
);
alter table contract_versions enable row level security;
alter table contract_versions force row level security;
create policy of_book on contract_versions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on contract_versions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contract_versions_append_only BEFORE DELETE OR UPDATE ON public.contract_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contract_versions_in_lane BEFORE INSERT OR UPDATE ON public.contract_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_versions_leave_in_lane BEFORE DELETE ON public.contract_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contract_versions_no_truncate BEFORE TRUNCATE ON public.contract_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on contract_versions to voucher_app;
grant select on contract_versions to voucher_reader;

-- owner voucher_owner
create table contracts (
  book_id uuid not null,
  contract_id uuid not null,
  contract_no text not null,
  enterprise_id uuid not null,
  provider_id uuid not null,
  signed_on date not null,
  starts_on date not null,
  ends_on date not null,
  purpose text not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  fingerprint text not null,
  status text not null,
  submitted_side text not null,
  submitted_person uuid not null,
  confirmed_person uuid,
  filed_person uuid,
  filing_no text,
  filed_on date,
  recorded_at timestamp with time zone not null,
  version integer not null default 1,
  last_day date,
  ended_on date,
  ended_person uuid,
  end_reason text,
  formerly jsonb not null default '[]'::jsonb,
  holding_flags integer not null default 0,
  constraint contracts_pkey PRIMARY KEY (book_id, contract_id),
  constraint contracts_book_id_filing_no_key UNIQUE (book_id, filing_no),
  constraint contracts_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint contracts_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint contracts_amended CHECK (
CASE status
    WHEN 'FILED'::text THEN (version = 1)
    WHEN 'AMENDED'::text THEN (version > 1)
    WHEN 'COMPLETED'::text THEN true
    WHEN 'TERMINATED'::text THEN true
    WHEN 'VOIDED'::text THEN true
    ELSE (version = 1)
END),
  constraint contracts_check CHECK ((ends_on >= starts_on)),
  constraint contracts_confirmed CHECK (
CASE status
    WHEN 'SUBMITTED'::text THEN (confirmed_person IS NULL)
    WHEN 'WITHDRAWN'::text THEN (confirmed_person IS NULL)
    WHEN 'REJECTED'::text THEN true
    ELSE (confirmed_person IS NOT NULL)
END),
  constraint contracts_contract_no_check CHECK (((length(contract_no) >= 1) AND (length(contract_no) <= 100))),
  constraint contracts_end_reason_check CHECK (((length(end_reason) >= 1) AND (length(end_reason) <= 500))),
  constraint contracts_ended CHECK ((((status = ANY (ARRAY['COMPLETED'::text, 'TERMINATED'::text, 'VOIDED'::text, 'WITHDRAWN'::text, 'REJECTED'::text])) = (num_nonnulls(ended_on, ended_person) = 2)) AND ((status <> ALL (ARRAY['TERMINATED'::text, 'VOIDED'::text, 'REJECTED'::text])) OR (end_reason IS NOT NULL)))),
  constraint contracts_filed CHECK (((status = ANY (ARRAY['FILED'::text, 'AMENDED'::text, 'COMPLETED'::text, 'TERMINATED'::text, 'VOIDED'::text])) = (num_nonnulls(filing_no, filed_on, filed_person) = 3))),
  constraint contracts_formerly_check CHECK ((jsonb_typeof(formerly) = 'array'::text)),
  constraint contracts_four_eyes CHECK (((submitted_person <> confirmed_person) AND (filed_person <> submitted_person) AND (filed_person <> confirmed_person))),
  constraint contracts_gross_fen_check CHECK ((gross_fen > 0)),
  constraint contracts_holding_flags_check CHECK ((holding_flags >= 0)),
  constraint contracts_net_fen_check CHECK ((net_fen >= 0)),
  constraint contracts_purpose_check CHECK ((purpose = ANY (ARRAY['MODEL_RESEARCH'::text, 'PRODUCT_DEVELOPMENT'::text, 'SCENARIO_APPLICATION'::text]))),
  constraint contracts_status_check CHECK ((status = ANY (ARRAY['SUBMITTED'::text, 'CONFIRMED'::text, 'FILED'::text, 'AMENDED'::text, 'COMPLETED'::text, 'TERMINATED'::text, 'VOIDED'::text, 'WITHDRAWN'::text, 'REJECTED'::text]))),
  constraint contracts_submitted_side_check CHECK ((submitted_side = ANY (ARRAY['enterprise'::text, 'provider'::text]))),
  constraint contracts_terminated CHECK ((((status = 'TERMINATED'::text) = (last_day IS NOT NULL)) AND ((last_day >= starts_on) AND (last_day <= ends_on)))),
  constraint contracts_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint contracts_vat_fen_check CHECK ((vat_fen >= 0)),
  constraint contracts_version_check CHECK ((version >= 1)),
  constraint contracts_voided_by_another CHECK (((status <> 'VOIDED'::text) OR (ended_person <> filed_person)))
);
alter table contracts enable row level security;
alter table contracts force row level security;
CREATE INDEX contracts_enterprise ON public.contracts USING btree (book_id, enterprise_id, contract_id);
CREATE INDEX contracts_fingerprint ON public.contracts USING btree (book_id, fingerprint);
CREATE INDEX contracts_fingerprint_anywhere ON public.contracts USING btree (fingerprint);
CREATE INDEX contracts_number ON public.contracts USING btree (book_id, contract_no, provider_id);
CREATE UNIQUE INDEX contracts_one_fingerprint ON public.contracts USING btree (book_id, fingerprint) WHERE (status <> ALL (ARRAY['WITHDRAWN'::text, 'REJECTED'::text, 'VOIDED'::text]));
CREATE UNIQUE INDEX contracts_one_number ON public.contracts USING btree (book_id, contract_no, provider_id) WHERE (status <> ALL (ARRAY['WITHDRAWN'::text, 'REJECTED'::text, 'VOIDED'::text]));
CREATE INDEX contracts_provider ON public.contracts USING btree (book_id, provider_id, status, contract_id);
CREATE INDEX contracts_status ON public.contracts USING btree (book_id, status, contract_id);
CREATE INDEX contracts_to_file_amount ON public.contracts USING btree (book_id, gross_fen, contract_id) WHERE ((status = 'CONFIRMED'::text) AND (gross_fen > 0));
create policy across on contracts as permissive for select to voucher_across using (true);
create policy of_book on contracts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on contracts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on contracts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER contracts_in_lane BEFORE INSERT OR UPDATE ON public.contracts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contracts_leave_in_lane BEFORE DELETE ON public.contracts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER contracts_one_person BEFORE UPDATE ON public.contracts FOR EACH ROW WHEN (((new.confirmed_person IS DISTINCT FROM old.confirmed_person) OR (new.filed_person IS DISTINCT FROM old.filed_person) OR (new.ended_person IS DISTINCT FROM old.ended_person))) EXECUTE FUNCTION refuse_same_person('confirmed_person submitted_person', 'filed_person submitted_person confirmed_person', 'ended_person filed_person @VOIDED');
grant select (book_id, fingerprint, status) on contracts to voucher_across;
grant insert, select, update (enterprise_id, starts_on, ends_on, net_fen, vat_fen, gross_fen, fingerprint, status, confirmed_person, filed_person, filing_no, filed_on, version, last_day, ended_on, ended_person, end_reason, formerly, holding_flags) on contracts to voucher_app;
grant select on contracts to voucher_reader;

-- owner voucher_owner
create table corrections (
  book_id uuid not null,
  correction_id uuid not null,
  correction_no text not null,
  cause text not null,
  subject_id uuid not null,
  contract_id uuid,
  programme_code text not null,
  at_fault boolean not null,
  returned_fen bigint not null,
  voided_fen bigint not null,
  reversed_fen bigint not null,
  recalled_fen bigint not null,
  explanation json not null,
  decided_person uuid not null,
  decided_on date not null,
  recorded_at timestamp with time zone not null,
  reimbursement_id uuid,
  constraint corrections_pkey PRIMARY KEY (book_id, correction_id),
  constraint corrections_book_id_correction_no_key UNIQUE (book_id, correction_no),
  constraint corrections_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint corrections_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint corrections_cause_check CHECK ((cause = ANY (ARRAY['CONTRACT_CUT'::text, 'CONTRACT_VOIDED'::text, 'RED_LETTER'::text, 'FRAUD'::text, 'CLAUSE'::text]))),
  constraint corrections_of_one CHECK ((num_nonnulls(contract_id, reimbursement_id) = 1)),
  constraint corrections_recalled_fen_check CHECK ((recalled_fen >= 0)),
  constraint corrections_returned_fen_check CHECK ((returned_fen >= 0)),
  constraint corrections_reversed_fen_check CHECK ((reversed_fen >= 0)),
  constraint corrections_voided_fen_check CHECK ((voided_fen >= 0))
);
alter table corrections enable row level security;
alter table corrections force row level security;
CREATE INDEX corrections_contract ON public.corrections USING btree (book_id, contract_id, correction_id);
CREATE INDEX corrections_reimbursement ON public.corrections USING btree (book_id, reimbursement_id, correction_id);
create policy of_book on corrections as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on corrections as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER corrections_append_only BEFORE DELETE OR UPDATE ON public.corrections FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER corrections_in_lane BEFORE INSERT OR UPDATE ON public.corrections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER corrections_leave_in_lane BEFORE DELETE ON public.corrections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER corrections_no_truncate BEFORE TRUNCATE ON public.corrections FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on corrections to voucher_app;
grant select on corrections to voucher_reader;

-- owner voucher_owner
create table credentials (
  book_id uuid not null,
  invitation_id uuid not null,
  password_hash text,
  password_set_at timestamp with time zone,
  totp_sealed text,
  totp_last_step bigint not null default 0,
  totp_next_sealed text,
  recorded_at timestamp with time zone not null,
  constraint credentials_pkey PRIMARY KEY (book_id, invitation_id),
  constraint credentials_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES invitations(book_id, invitation_id),
  constraint credentials_password CHECK (((password_hash IS NULL) = (password_set_at IS NULL))),
  constraint credentials_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
  constraint credentials_totp_last_step_check CHECK ((totp_last_step >= 0))
) with (fillfactor=70);
alter table credentials enable row level security;
alter table credentials force row level security;
create policy of_book on credentials as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on credentials as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant insert, select, update (password_hash, password_set_at, totp_sealed, totp_last_step, totp_next_sealed) on credentials to voucher_app;

-- owner voucher_owner
create table custom_roles (
  book_id uuid not null,
  custom_role_id uuid not null,
  code text not null,
  name text not null,
  parts jsonb not null,
  rights jsonb,
  read_only boolean not null,
  digest text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  recorded_at timestamp with time zone not null,
  constraint custom_roles_pkey PRIMARY KEY (book_id, custom_role_id),
  constraint custom_roles_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint custom_roles_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint custom_roles_code_check CHECK ((code ~ '^[a-z][a-z0-9_]{1,39}$'::text)),
  constraint custom_roles_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint custom_roles_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint custom_roles_four_eyes CHECK (((status <> ALL (ARRAY['ACTIVE'::text, 'SUPERSEDED'::text])) OR (decided_person <> proposed_person))),
  constraint custom_roles_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint custom_roles_parts_check CHECK ((jsonb_array_length(parts) >= 1)),
  constraint custom_roles_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'ACTIVE'::text, 'SUPERSEDED'::text, 'WITHDRAWN'::text])))
);
alter table custom_roles enable row level security;
alter table custom_roles force row level security;
CREATE UNIQUE INDEX custom_roles_active ON public.custom_roles USING btree (book_id, code) WHERE (status = 'ACTIVE'::text);
CREATE INDEX custom_roles_code ON public.custom_roles USING btree (book_id, code, status);
create policy of_book on custom_roles as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on custom_roles as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER custom_roles_in_lane BEFORE INSERT OR UPDATE ON public.custom_roles FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER custom_roles_leave_in_lane BEFORE DELETE ON public.custom_roles FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER custom_roles_one_person BEFORE UPDATE ON public.custom_roles FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @ACTIVE');
grant insert, select, update (status, decided_person, decided_on) on custom_roles to voucher_app;
grant select on custom_roles to voucher_reader;

-- owner voucher_owner
create table delegated_acts (
  book_id uuid not null,
  command_id uuid not null,
  delegation_id uuid not null,
  subject_id uuid not null,
  person_id uuid not null,
  for_person_id uuid not null,
  recorded_at timestamp with time zone not null,
  constraint delegated_acts_pkey PRIMARY KEY (book_id, command_id),
  constraint delegated_acts_book_id_delegation_id_fkey FOREIGN KEY (book_id, delegation_id) REFERENCES delegations(book_id, delegation_id),
  constraint delegated_acts_two_persons CHECK ((person_id <> for_person_id))
);
alter table delegated_acts enable row level security;
alter table delegated_acts force row level security;
CREATE INDEX delegated_acts_subject ON public.delegated_acts USING btree (book_id, subject_id);
create policy of_book on delegated_acts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on delegated_acts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on delegated_acts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER delegated_acts_founded BEFORE INSERT ON public.delegated_acts FOR EACH ROW EXECUTE FUNCTION refuse_unfounded_act();
CREATE TRIGGER delegated_acts_in_lane BEFORE INSERT OR UPDATE ON public.delegated_acts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER delegated_acts_leave_in_lane BEFORE DELETE ON public.delegated_acts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER delegated_acts_one_person BEFORE INSERT ON public.delegated_acts FOR EACH ROW EXECUTE FUNCTION refuse_same_person('person_id for_person_id');
grant insert, select on delegated_acts to voucher_app;
grant select on delegated_acts to voucher_reader;

-- owner voucher_owner
create table delegations (
  book_id uuid not null,
  delegation_id uuid not null,
  delegator_id uuid not null,
  delegator_person uuid not null,
  delegate_id uuid not null,
  delegate_person uuid not null,
  verbs jsonb not null,
  maximum_fen bigint,
  from_day date not null,
  to_day date not null,
  reason text not null,
  revoked_on date,
  revoked_person uuid,
  recorded_at timestamp with time zone not null,
  constraint delegations_pkey PRIMARY KEY (book_id, delegation_id),
  constraint delegations_book_id_delegate_id_fkey FOREIGN KEY (book_id, delegate_id) REFERENCES members(book_id, member_id),
  constraint delegations_book_id_delegate_person_fkey FOREIGN KEY (book_id, delegate_person) REFERENCES persons(book_id, person_id),
  constraint delegations_book_id_delegator_id_fkey FOREIGN KEY (book_id, delegator_id) REFERENCES members(book_id, member_id),
  constraint delegations_book_id_delegator_person_fkey FOREIGN KEY (book_id, delegator_person) REFERENCES persons(book_id, person_id),
  constraint delegations_days CHECK ((to_day >= from_day)),
  constraint delegations_maximum_fen_check CHECK ((maximum_fen > 0)),
  constraint delegations_never_to_oneself CHECK (((delegate_person <> delegator_person) AND (delegate_id <> delegator_id))),
  constraint delegations_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint delegations_revoked CHECK (((revoked_on IS NULL) = (revoked_person IS NULL))),
  constraint delegations_verbs_check CHECK ((jsonb_array_length(verbs) >= 1))
);
alter table delegations enable row level security;
alter table delegations force row level security;
CREATE INDEX delegations_delegate ON public.delegations USING btree (book_id, delegate_id);
CREATE INDEX delegations_delegator ON public.delegations USING btree (book_id, delegator_id);
create policy of_book on delegations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on delegations as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on delegations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER delegations_in_lane BEFORE INSERT OR UPDATE ON public.delegations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER delegations_leave_in_lane BEFORE DELETE ON public.delegations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER delegations_one_person BEFORE INSERT ON public.delegations FOR EACH ROW EXECUTE FUNCTION refuse_same_person('delegate_person delegator_person');
grant insert, select, update (revoked_on, revoked_person) on delegations to voucher_app;
grant select on delegations to voucher_reader;

-- owner voucher_owner
create table enterprise_payments (
  book_id uuid not null,
  payment_id uuid not null,
  invoice_id uuid not null,
  amount_fen bigint not null,
  paid_on date not null,
  bank_serial text not null,
  person_id uuid not null,
  recorded_at timestamp with time zone not null,
  constraint enterprise_payments_pkey PRIMARY KEY (book_id, payment_id),
  constraint enterprise_payments_book_id_bank_serial_invoice_id_key UNIQUE (book_id, bank_serial, invoice_id),
  constraint enterprise_payments_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint enterprise_payments_amount_fen_check CHECK ((amount_fen > 0)),
  constraint enterprise_payments_bank_serial_check CHECK (((length(bank_serial) >= 1) AND (length(bank_serial) <= 64)))
);
alter table enterprise_payments enable row level security;
alter table enterprise_payments force row level security;
CREATE INDEX enterprise_payments_invoice ON public.enterprise_payments USING btree (book_id, invoice_id);
create policy of_book on enterprise_payments as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on enterprise_payments as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM usage_invoices i
      WHERE ((i.book_id = enterprise_payments.book_id) AND (i.invoice_id = enterprise_payments.invoice_id))
     LIMIT 1)
END);
create policy whole on enterprise_payments as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER enterprise_payments_in_lane BEFORE INSERT OR UPDATE ON public.enterprise_payments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER enterprise_payments_leave_in_lane BEFORE DELETE ON public.enterprise_payments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on enterprise_payments to voucher_app;
grant select on enterprise_payments to voucher_reader;

-- owner voucher_owner
create table enterprises (
  book_id uuid not null,
  enterprise_id uuid not null,
  uscc text not null,
  legal_person_uscc text not null,
  name text not null,
  kind text not null,
  size_class text,
  recorded_at timestamp with time zone not null,
  established_on date,
  closed_on date,
  successor_uscc text,
  constraint enterprises_pkey PRIMARY KEY (book_id, enterprise_id),
  constraint enterprises_book_id_uscc_key UNIQUE (book_id, uscc),
  constraint enterprises_check CHECK (((successor_uscc IS NULL) OR (closed_on IS NOT NULL))),
  constraint enterprises_established_on_check CHECK ((established_on >= '1900-01-01'::date)),
  constraint enterprises_kind_check CHECK ((kind = ANY (ARRAY['ENTERPRISE'::text, 'INSTITUTION'::text]))),
  constraint enterprises_legal_person_uscc_check CHECK ((legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint enterprises_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint enterprises_size_class_check CHECK ((size_class = ANY (ARRAY['LARGE'::text, 'MEDIUM'::text, 'SMALL'::text, 'MICRO'::text]))),
  constraint enterprises_uscc_check CHECK ((uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text))
);
alter table enterprises enable row level security;
alter table enterprises force row level security;
CREATE INDEX enterprises_legal_person ON public.enterprises USING btree (book_id, legal_person_uscc, enterprise_id);
create policy of_book on enterprises as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on enterprises as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER enterprises_in_lane BEFORE INSERT OR UPDATE ON public.enterprises FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER enterprises_leave_in_lane BEFORE DELETE ON public.enterprises FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (name, closed_on, successor_uscc) on enterprises to voucher_app;
grant select on enterprises to voucher_reader;

-- owner voucher_owner
create table entries (
  book_id uuid not null,
  seq bigint not null,
  command_id uuid not null,
  kind text not null,
  booked_on date not null,
  recorded_at timestamp with time zone not null,
  member_id uuid not null,
  person_id uuid not null,
  subject_id uuid,
  request_digest bytea not null,
  approval_digest bytea,
  programme_version text,
  refusal_code text,
  reverses_seq bigint,
  debit_account_id uuid,
  credit_account_id uuid,
  amount_fen bigint,
  debit_after_fen bigint,
  credit_after_fen bigint,
  constraint entries_pkey PRIMARY KEY (book_id, seq),
  constraint entries_amount_fen_check CHECK ((amount_fen > 0)),
  constraint entries_approval_digest_check CHECK ((length(approval_digest) = 32)),
  constraint entries_check CHECK ((reverses_seq < seq)),
  constraint entries_refusal_moves_nothing CHECK (((refusal_code IS NULL) OR (amount_fen IS NULL))),
  constraint entries_request_digest_check CHECK ((length(request_digest) = 32)),
  constraint entries_transfer_or_decision CHECK ((num_nonnulls(debit_account_id, credit_account_id, amount_fen, debit_after_fen, credit_after_fen) = ANY (ARRAY[0, 5]))),
  constraint entries_two_accounts CHECK ((debit_account_id <> credit_account_id))
);
alter table entries enable row level security;
alter table entries force row level security;
CREATE INDEX entries_credit ON public.entries USING btree (book_id, credit_account_id, seq) WHERE (credit_account_id IS NOT NULL);
CREATE INDEX entries_debit ON public.entries USING btree (book_id, debit_account_id, seq) WHERE (debit_account_id IS NOT NULL);
CREATE INDEX entries_subject ON public.entries USING btree (book_id, subject_id, seq) WHERE (subject_id IS NOT NULL);
create policy of_book on entries as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy signed on entries as permissive for select to voucher_signer using (true);
create policy whole on entries as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_in_lane BEFORE INSERT OR UPDATE ON public.entries FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER entries_leave_in_lane BEFORE DELETE ON public.entries FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON public.entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant select on entries to voucher_app;
grant select on entries to voucher_reader;
grant select (book_id, seq, recorded_at, request_digest, approval_digest) on entries to voucher_signer;

-- owner voucher_owner
create table evidence_attachments (
  book_id uuid not null,
  attachment_id uuid not null,
  evidence_file_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  provider_id uuid,
  enterprise_id uuid,
  findings json,
  attached_person uuid not null,
  attached_on date not null,
  detached_person uuid,
  detached_on date,
  detach_reason text,
  recorded_at timestamp with time zone not null,
  constraint evidence_attachments_pkey PRIMARY KEY (book_id, attachment_id),
  constraint evidence_attachments_book_id_attached_person_fkey FOREIGN KEY (book_id, attached_person) REFERENCES persons(book_id, person_id),
  constraint evidence_attachments_book_id_detached_person_fkey FOREIGN KEY (book_id, detached_person) REFERENCES persons(book_id, person_id),
  constraint evidence_attachments_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint evidence_attachments_book_id_evidence_file_id_fkey FOREIGN KEY (book_id, evidence_file_id) REFERENCES evidence_files(book_id, evidence_file_id),
  constraint evidence_attachments_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint evidence_attachments_detach_reason_check CHECK (((length(detach_reason) >= 1) AND (length(detach_reason) <= 500))),
  constraint evidence_attachments_detached CHECK ((num_nulls(detached_person, detached_on, detach_reason) = ANY (ARRAY[0, 3]))),
  constraint evidence_attachments_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['CONTRACT'::text, 'APPLICATION'::text, 'REIMBURSEMENT'::text, 'USAGE_INVOICE'::text, 'PAYMENT'::text, 'RED_LETTER'::text, 'OBJECTION'::text, 'RECOVERY'::text, 'LISTING'::text, 'LISTING_APPLICATION'::text, 'FACILITY_OBSERVATION'::text, 'PAYEE_ACCOUNT'::text])))
);
alter table evidence_attachments enable row level security;
alter table evidence_attachments force row level security;
CREATE INDEX evidence_attachments_file ON public.evidence_attachments USING btree (book_id, evidence_file_id);
CREATE UNIQUE INDEX evidence_attachments_once ON public.evidence_attachments USING btree (book_id, evidence_file_id, subject_id) WHERE (detached_on IS NULL);
CREATE INDEX evidence_attachments_subject ON public.evidence_attachments USING btree (book_id, subject_id, attachment_id);
create policy of_book on evidence_attachments as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on evidence_attachments as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on evidence_attachments as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER evidence_attachments_detached_once BEFORE UPDATE ON public.evidence_attachments FOR EACH ROW WHEN (((old.detached_on IS NOT NULL) OR (new.detached_on IS NULL))) EXECUTE FUNCTION refuse_detached_again();
CREATE TRIGGER evidence_attachments_in_lane BEFORE INSERT OR UPDATE ON public.evidence_attachments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER evidence_attachments_kept BEFORE DELETE ON public.evidence_attachments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_attachments_leave_in_lane BEFORE DELETE ON public.evidence_attachments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER evidence_attachments_no_truncate BEFORE TRUNCATE ON public.evidence_attachments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select, update (detached_person, detached_on, detach_reason) on evidence_attachments to voucher_app;
grant select on evidence_attachments to voucher_reader;

-- owner voucher_owner
create table evidence_files (
  book_id uuid not null,
  evidence_file_id uuid not null,
  kind text not null,
  name text not null,
  format text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  sm3 text not null,
  digital_invoice json,
  uploaded_person uuid not null,
  uploader_role text not null,
  legal_person_uscc text,
  uploaded_on date not null,
  recorded_at timestamp with time zone not null,
  constraint evidence_files_pkey PRIMARY KEY (book_id, evidence_file_id),
  constraint evidence_files_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint evidence_files_book_id_uploaded_person_fkey FOREIGN KEY (book_id, uploaded_person) REFERENCES persons(book_id, person_id),
  constraint evidence_files_digital_invoice CHECK (((digital_invoice IS NULL) OR ((format = 'XML'::text) AND (kind = 'INVOICE'::text)))),
  constraint evidence_files_format_check CHECK ((format = ANY (ARRAY['PDF'::text, 'OFD'::text, 'XML'::text, 'JPEG'::text, 'PNG'::text, 'XLSX'::text, 'DOCX'::text, 'CSV'::text, 'TXT'::text]))),
  constraint evidence_files_kind_check CHECK ((kind = ANY (ARRAY['APPLICATION_FORM'::text, 'BUSINESS_LICENCE'::text, 'CONTRACT'::text, 'INVOICE'::text, 'PAYMENT_PROOF'::text, 'USAGE_STATEMENT'::text, 'PROJECT_NOTE'::text, 'NO_DUPLICATE_FUNDING_STATEMENT'::text, 'COMMITMENT_LETTER'::text, 'CREDIT_REPORT'::text, 'LISTING_PROOF'::text, 'FACILITY_EVIDENCE'::text, 'AUDIT_REPORT'::text, 'OTHER'::text]))),
  constraint evidence_files_name_check CHECK ((((length(name) >= 1) AND (length(name) <= 200)) AND (name !~ '[/\\]'::text))),
  constraint evidence_files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint evidence_files_size_bytes_check CHECK ((size_bytes > 0)),
  constraint evidence_files_sm3_check CHECK ((sm3 ~ '^[0-9a-f]{64}$'::text))
);
alter table evidence_files enable row level security;
alter table evidence_files force row level security;
CREATE INDEX evidence_files_content ON public.evidence_files USING btree (book_id, sha256);
create policy of_book on evidence_files as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on evidence_files as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((legal_person_uscc = ( SELECT this_party() AS this_party)) OR ( SELECT true
       FROM evidence_attachments a
      WHERE ((a.book_id = evidence_files.book_id) AND (a.evidence_file_id = evidence_files.evidence_file_id))
     LIMIT 1))
END);
create policy whole on evidence_files as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER evidence_files_append_only BEFORE DELETE OR UPDATE ON public.evidence_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evidence_files_in_lane BEFORE INSERT OR UPDATE ON public.evidence_files FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER evidence_files_leave_in_lane BEFORE DELETE ON public.evidence_files FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER evidence_files_no_truncate BEFORE TRUNCATE ON public.evidence_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on evidence_files to voucher_app;
grant select on evidence_files to voucher_reader;

-- owner voucher_owner
create table exchange_marks (
  book_id uuid not null,
  mark_id uuid not null,
  invoice_id uuid not null,
  key_name text not null,
  number_hash text not null,
  seller_hash text not null,
  amount_hash text not null,
  constraint exchange_marks_pkey PRIMARY KEY (book_id, mark_id),
  constraint exchange_marks_once UNIQUE (book_id, invoice_id, key_name),
  constraint exchange_marks_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint exchange_marks_amount_hash_check CHECK ((amount_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint exchange_marks_key_name_check CHECK (((length(key_name) >= 1) AND (length(key_name) <= 40))),
  constraint exchange_marks_number_hash_check CHECK ((number_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint exchange_marks_seller_hash_check CHECK ((seller_hash ~ '^[0-9a-f]{64}$'::text))
);
alter table exchange_marks enable row level security;
alter table exchange_marks force row level security;
CREATE INDEX exchange_marks_key ON public.exchange_marks USING btree (book_id, key_name, mark_id);
CREATE INDEX exchange_marks_number ON public.exchange_marks USING btree (book_id, number_hash);
create policy of_book on exchange_marks as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on exchange_marks as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on exchange_marks as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER exchange_marks_append_only BEFORE DELETE OR UPDATE ON public.exchange_marks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER exchange_marks_in_lane BEFORE INSERT OR UPDATE ON public.exchange_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER exchange_marks_leave_in_lane BEFORE DELETE ON public.exchange_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER exchange_marks_no_truncate BEFORE TRUNCATE ON public.exchange_marks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on exchange_marks to voucher_app;
grant select on exchange_marks to voucher_reader;

-- owner voucher_owner
create table expert_assignments (
  book_id uuid not null,
  assignment_id uuid not null,
  panel_id uuid not null,
  member_id uuid not null,
  person_id uuid not null,
  status text not null,
  conflict text,
  scores json,
  points integer,
  opinion text,
  dismissed_person uuid,
  dismissal_reason text,
  waiting_since date,
  due_on date,
  recorded_at timestamp with time zone not null,
  doubts json,
  explanation text,
  constraint expert_assignments_pkey PRIMARY KEY (book_id, assignment_id),
  constraint expert_assignments_book_id_panel_id_person_id_key UNIQUE (book_id, panel_id, person_id),
  constraint expert_assignments_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint expert_assignments_book_id_panel_id_fkey FOREIGN KEY (book_id, panel_id) REFERENCES expert_panels(book_id, panel_id),
  constraint expert_assignments_conflict CHECK (((status = 'CONFLICTED'::text) = (conflict IS NOT NULL))),
  constraint expert_assignments_conflict_check CHECK (((length(conflict) >= 1) AND (length(conflict) <= 500))),
  constraint expert_assignments_dismissal_reason_check CHECK (((length(dismissal_reason) >= 1) AND (length(dismissal_reason) <= 500))),
  constraint expert_assignments_dismissed CHECK ((((status = 'DISMISSED'::text) = (num_nonnulls(dismissed_person, dismissal_reason) = 2)) AND (dismissed_person IS DISTINCT FROM person_id))),
  constraint expert_assignments_explained CHECK (((doubts IS NULL) = (explanation IS NULL))),
  constraint expert_assignments_explanation_check CHECK (((length(explanation) >= 1) AND (length(explanation) <= 500))),
  constraint expert_assignments_opinion_check CHECK (((length(opinion) >= 1) AND (length(opinion) <= 2000))),
  constraint expert_assignments_points_check CHECK ((points >= 0)),
  constraint expert_assignments_scored CHECK ((((status = 'SCORED'::text) = (num_nonnulls(scores, points, opinion) = 3)) AND (num_nonnulls(scores, points, opinion) = ANY (ARRAY[0, 3])))),
  constraint expert_assignments_status_check CHECK ((status = ANY (ARRAY['ASSIGNED'::text, 'DECLARED'::text, 'SCORED'::text, 'CONFLICTED'::text, 'DISMISSED'::text, 'ENDED'::text]))),
  constraint expert_assignments_waiting CHECK ((((status = ANY (ARRAY['ASSIGNED'::text, 'DECLARED'::text])) = (waiting_since IS NOT NULL)) AND ((waiting_since IS NOT NULL) OR (due_on IS NULL))))
);
alter table expert_assignments enable row level security;
alter table expert_assignments force row level security;
CREATE INDEX expert_assignments_member ON public.expert_assignments USING btree (book_id, member_id, assignment_id);
create policy of_book on expert_assignments as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on expert_assignments as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on expert_assignments as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER expert_assignments_in_lane BEFORE INSERT OR UPDATE ON public.expert_assignments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER expert_assignments_leave_in_lane BEFORE DELETE ON public.expert_assignments FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (status, conflict, scores, points, opinion, dismissed_person, dismissal_reason, waiting_since, due_on, doubts, explanation) on expert_assignments to voucher_app;
grant select on expert_assignments to voucher_reader;

-- owner voucher_owner
create table expert_panels (
  book_id uuid not null,
  panel_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  case_no text not null,
  programme_code text not null,
  experts integer not null,
  criteria json not null,
  parties json not null,
  brief json not null,
  assigned_person uuid not null,
  assigned_on date not null,
  recorded_at timestamp with time zone not null,
  constraint expert_panels_pkey PRIMARY KEY (book_id, panel_id),
  constraint expert_panels_book_id_subject_id_key UNIQUE (book_id, subject_id),
  constraint expert_panels_book_id_assigned_person_fkey FOREIGN KEY (book_id, assigned_person) REFERENCES persons(book_id, person_id),
  constraint expert_panels_criteria_check CHECK ((json_array_length(criteria) >= 1)),
  constraint expert_panels_experts_check CHECK ((experts >= 1)),
  constraint expert_panels_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['APPLICATION'::text, 'REIMBURSEMENT'::text])))
);
alter table expert_panels enable row level security;
alter table expert_panels force row level security;
create policy of_book on expert_panels as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on expert_panels as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on expert_panels as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER expert_panels_in_lane BEFORE INSERT OR UPDATE ON public.expert_panels FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER expert_panels_leave_in_lane BEFORE DELETE ON public.expert_panels FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on expert_panels to voucher_app;
grant select on expert_panels to voucher_reader;

-- owner voucher_owner
create table explanation_wordings (
  book_id uuid not null,
  wording_id text not null,
  document text not null,
  article text not null,
  rule_zh text not null,
  rule_en text not null,
  decided_by text,
  constraint explanation_wordings_pkey PRIMARY KEY (book_id, wording_id),
  constraint explanation_wordings_by_content CHECK ((wording_id = "left"(encode(sha256(convert_to(((((((((document || '
'::text) || article) || '
'::text) || rule_zh) || '
'::text) || rule_en) || '
'::text) || COALESCE(decided_by, ''::text)), 'UTF8'::name)), 'hex'::text), 32)))
);
alter table explanation_wordings enable row level security;
alter table explanation_wordings force row level security;
create policy of_book on explanation_wordings as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on explanation_wordings as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER explanation_wordings_append_only BEFORE DELETE OR UPDATE ON public.explanation_wordings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER explanation_wordings_in_lane BEFORE INSERT OR UPDATE ON public.explanation_wordings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER explanation_wordings_leave_in_lane BEFORE DELETE ON public.explanation_wordings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER explanation_wordings_no_truncate BEFORE TRUNCATE ON public.explanation_wordings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on explanation_wordings to voucher_app;
grant select on explanation_wordings to voucher_reader;

-- owner voucher_owner
create table facilities (
  book_id uuid not null,
  facility_id uuid not null,
  provider_id uuid not null,
  name text not null,
  kind text not null,
  owner_uscc text not null,
  operator_uscc text not null,
  recorded_at timestamp with time zone not null,
  constraint facilities_pkey PRIMARY KEY (book_id, facility_id),
  constraint facilities_book_id_provider_id_name_key UNIQUE (book_id, provider_id, name),
  constraint facilities_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint facilities_kind_check CHECK ((kind = ANY (ARRAY['SUPERCOMPUTING'::text, 'AI_COMPUTING'::text, 'DATA_CENTER'::text]))),
  constraint facilities_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);
alter table facilities enable row level security;
alter table facilities force row level security;
create policy of_book on facilities as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on facilities as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER facilities_in_lane BEFORE INSERT OR UPDATE ON public.facilities FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER facilities_leave_in_lane BEFORE DELETE ON public.facilities FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on facilities to voucher_app;
grant select on facilities to voucher_reader;

-- owner voucher_owner
create table facility_observations (
  book_id uuid not null,
  observation_id uuid not null,
  facility_id uuid not null,
  observed_on date not null,
  in_service boolean not null,
  pflops numeric(12,2),
  "precision" text,
  standard_racks integer,
  evidence text not null,
  recorded_at timestamp with time zone not null,
  installed_cards json,
  constraint facility_observations_pkey PRIMARY KEY (book_id, observation_id),
  constraint facility_observations_book_id_facility_id_observed_on_key UNIQUE (book_id, facility_id, observed_on),
  constraint facility_observations_book_id_facility_id_fkey FOREIGN KEY (book_id, facility_id) REFERENCES facilities(book_id, facility_id),
  constraint facility_observations_evidence_check CHECK (((length(evidence) >= 1) AND (length(evidence) <= 500))),
  constraint facility_observations_pflops_check CHECK ((pflops >= (0)::numeric)),
  constraint facility_observations_precision CHECK (((pflops IS NULL) = ("precision" IS NULL))),
  constraint facility_observations_precision_check CHECK (("precision" = ANY (ARRAY['FP64'::text, 'FP32'::text, 'FP16'::text, 'INT8'::text]))),
  constraint facility_observations_standard_racks_check CHECK ((standard_racks >= 0))
);
alter table facility_observations enable row level security;
alter table facility_observations force row level security;
create policy of_book on facility_observations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on facility_observations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER facility_observations_in_lane BEFORE INSERT OR UPDATE ON public.facility_observations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER facility_observations_leave_in_lane BEFORE DELETE ON public.facility_observations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on facility_observations to voucher_app;
grant select on facility_observations to voucher_reader;

-- owner voucher_owner
create table facility_usage (
  book_id uuid not null,
  facility_usage_id text not null,
  facility_id uuid not null,
  chip_vendor text not null,
  chip_model text not null,
  usage_from date not null,
  usage_to date not null,
  card_hours numeric(22,4) not null,
  constraint facility_usage_pkey PRIMARY KEY (book_id, facility_usage_id),
  constraint facility_usage_book_id_facility_id_fkey FOREIGN KEY (book_id, facility_id) REFERENCES facilities(book_id, facility_id),
  constraint facility_usage_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint facility_usage_card_hours_check CHECK ((card_hours >= (0)::numeric)),
  constraint facility_usage_check CHECK ((usage_to >= usage_from))
);
alter table facility_usage enable row level security;
alter table facility_usage force row level security;
CREATE INDEX facility_usage_facility ON public.facility_usage USING btree (book_id, facility_id);
create policy of_book on facility_usage as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on facility_usage as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER facility_usage_in_lane BEFORE INSERT OR UPDATE ON public.facility_usage FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER facility_usage_leave_in_lane BEFORE DELETE ON public.facility_usage FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (card_hours) on facility_usage to voucher_app;
grant select on facility_usage to voucher_reader;

-- owner voucher_owner
create table figures (
  book_id uuid not null,
  figure_id uuid not null,
  kind text not null,
  holder text not null,
  year integer,
  amount_fen bigint not null,
  provisional boolean not null,
  document_no text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint figures_pkey PRIMARY KEY (book_id, figure_id),
  constraint figures_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint figures_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint figures_amount_fen_check CHECK ((amount_fen >= 0)),
  constraint figures_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint figures_holder_check CHECK (((length(holder) >= 1) AND (length(holder) <= 100))),
  constraint figures_kind_check CHECK ((kind = ANY (ARRAY['DISTRICT_CONTRIBUTION'::text, 'AUDITED_INVESTMENT'::text, 'UPSTREAM_SUPPORT'::text]))),
  constraint figures_of_a_year CHECK (((kind = 'DISTRICT_CONTRIBUTION'::text) = (year IS NOT NULL))),
  constraint figures_revision_check CHECK ((revision >= 1)),
  constraint figures_year_check CHECK (((year >= 2000) AND (year <= 2999)))
);
alter table figures enable row level security;
alter table figures force row level security;
CREATE INDEX figures_holder ON public.figures USING btree (book_id, holder, figure_id);
CREATE UNIQUE INDEX figures_revision ON public.figures USING btree (book_id, kind, holder, COALESCE(year, 0), revision);
create policy of_book on figures as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on figures as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER figures_in_lane BEFORE INSERT OR UPDATE ON public.figures FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER figures_leave_in_lane BEFORE DELETE ON public.figures FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on figures to voucher_app;
grant select on figures to voucher_reader;

-- owner voucher_owner
create table first_approvals (
  book_id uuid not null,
  approval_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  digest text not null,
  amount_fen bigint not null,
  above_fen bigint not null,
  done_by jsonb not null,
  person_id uuid not null,
  for_person_id uuid,
  approved_on date not null,
  status text not null,
  second_person uuid,
  second_for_person uuid,
  second_on date,
  recorded_at timestamp with time zone not null,
  constraint first_approvals_pkey PRIMARY KEY (book_id, approval_id),
  constraint first_approvals_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint first_approvals_book_id_second_person_fkey FOREIGN KEY (book_id, second_person) REFERENCES persons(book_id, person_id),
  constraint first_approvals_above_fen_check CHECK ((above_fen >= 0)),
  constraint first_approvals_check CHECK ((amount_fen > above_fen)),
  constraint first_approvals_completed CHECK ((((status = 'COMPLETED'::text) = (num_nonnulls(second_person, second_on) = 2)) AND (num_nonnulls(second_person, second_on) = ANY (ARRAY[0, 2])))),
  constraint first_approvals_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint first_approvals_done_by_check CHECK ((jsonb_typeof(done_by) = 'array'::text)),
  constraint first_approvals_four_eyes CHECK (((NOT (done_by ? (person_id)::text)) AND (NOT (done_by ? (second_person)::text)) AND (second_person <> person_id) AND (NOT (done_by ? (for_person_id)::text)) AND (NOT (done_by ? (second_for_person)::text)) AND (for_person_id <> second_person) AND (second_for_person <> person_id) AND (second_for_person <> for_person_id))),
  constraint first_approvals_status_check CHECK ((status = ANY (ARRAY['WAITING'::text, 'COMPLETED'::text, 'DIED'::text]))),
  constraint first_approvals_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['APPLICATION'::text, 'ALLOCATION'::text, 'REDEMPTION'::text, 'SETTLEMENT'::text])))
);
alter table first_approvals enable row level security;
alter table first_approvals force row level security;
CREATE INDEX first_approvals_status ON public.first_approvals USING btree (book_id, status, approval_id);
CREATE INDEX first_approvals_subject ON public.first_approvals USING btree (book_id, subject_id, approval_id);
CREATE UNIQUE INDEX first_approvals_waiting ON public.first_approvals USING btree (book_id, subject_id) WHERE (status = 'WAITING'::text);
create policy of_book on first_approvals as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on first_approvals as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on first_approvals as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER first_approvals_first_person BEFORE INSERT ON public.first_approvals FOR EACH ROW EXECUTE FUNCTION refuse_same_person('person_id done_by', 'for_person_id done_by');
CREATE TRIGGER first_approvals_in_lane BEFORE INSERT OR UPDATE ON public.first_approvals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER first_approvals_leave_in_lane BEFORE DELETE ON public.first_approvals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER first_approvals_makers BEFORE INSERT ON public.first_approvals FOR EACH ROW EXECUTE FUNCTION refuse_unnamed_maker();
CREATE TRIGGER first_approvals_one_person BEFORE UPDATE ON public.first_approvals FOR EACH ROW WHEN (((new.second_person IS DISTINCT FROM old.second_person) OR (new.second_for_person IS DISTINCT FROM old.second_for_person))) EXECUTE FUNCTION refuse_same_person('second_person person_id for_person_id done_by', 'second_for_person person_id for_person_id done_by');
grant insert, select, update (status, second_person, second_for_person, second_on) on first_approvals to voucher_app;
grant select on first_approvals to voucher_reader;

-- owner voucher_owner
create table flag_parameters (
  book_id uuid not null,
  flag_parameter_id uuid not null,
  kind text not null,
  basis_points integer,
  amount_fen bigint,
  valid_from date not null,
  document_no text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint flag_parameters_pkey PRIMARY KEY (book_id, flag_parameter_id),
  constraint flag_parameters_revision UNIQUE (book_id, kind, revision),
  constraint flag_parameters_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint flag_parameters_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint flag_parameters_amount_fen_check CHECK ((amount_fen > 0)),
  constraint flag_parameters_basis_points_check CHECK (((basis_points >= 0) AND (basis_points <= 10000))),
  constraint flag_parameters_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint flag_parameters_kind_check CHECK ((kind = ANY (ARRAY['CONTRACT_NEAR_DUPLICATE'::text, 'CONTRACT_SPLIT'::text, 'PRICE_FAR_FROM_LIST'::text]))),
  constraint flag_parameters_measure CHECK (((num_nonnulls(basis_points, amount_fen) = 1) AND ((kind = 'CONTRACT_SPLIT'::text) = (amount_fen IS NOT NULL)))),
  constraint flag_parameters_revision_check CHECK ((revision >= 1))
);
alter table flag_parameters enable row level security;
alter table flag_parameters force row level security;
create policy of_book on flag_parameters as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on flag_parameters as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER flag_parameters_append_only BEFORE DELETE OR UPDATE ON public.flag_parameters FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER flag_parameters_in_lane BEFORE INSERT OR UPDATE ON public.flag_parameters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER flag_parameters_leave_in_lane BEFORE DELETE ON public.flag_parameters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER flag_parameters_no_truncate BEFORE TRUNCATE ON public.flag_parameters FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on flag_parameters to voucher_app;
grant select on flag_parameters to voucher_reader;

-- owner voucher_owner
create table flags (
  book_id uuid not null,
  flag_id uuid not null,
  kind text not null,
  subject_kind text not null,
  subject_id uuid not null,
  amount_fen bigint not null,
  evidence json not null,
  reason text,
  status text not null,
  raised_person uuid not null,
  raised_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint flags_pkey PRIMARY KEY (book_id, flag_id),
  constraint flags_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint flags_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint flags_book_id_raised_person_fkey FOREIGN KEY (book_id, raised_person) REFERENCES persons(book_id, person_id),
  constraint flags_amount_fen_check CHECK ((amount_fen >= 0)),
  constraint flags_decided CHECK ((num_nulls(decided_person, decided_on, decision_reason) =
CASE status
    WHEN 'OPEN'::text THEN 3
    ELSE 0
END)),
  constraint flags_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint flags_four_eyes CHECK ((decided_person <> raised_person)),
  constraint flags_kind_check CHECK ((kind = ANY (ARRAY['CAPACITY_EXCEEDED'::text, 'CONTRACT_ELSEWHERE'::text, 'CONTRACT_NEAR_DUPLICATE'::text, 'CONTRACT_SPLIT'::text, 'DIGITAL_INVOICE_DIFFERS'::text, 'ENTERPRISE_SPLIT'::text, 'INVOICE_ELSEWHERE'::text, 'PRICE_FAR_FROM_LIST'::text, 'RELATED_PARTIES'::text, 'SEEN_BY_PERSON'::text]))),
  constraint flags_reason CHECK (((kind = 'SEEN_BY_PERSON'::text) = (reason IS NOT NULL))),
  constraint flags_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint flags_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'CLEARED'::text, 'UPHELD'::text]))),
  constraint flags_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['CONTRACT'::text, 'APPLICATION'::text, 'REIMBURSEMENT'::text, 'USAGE_INVOICE'::text, 'REDEMPTION'::text])))
);
alter table flags enable row level security;
alter table flags force row level security;
CREATE INDEX flags_amount ON public.flags USING btree (book_id, status, amount_fen, flag_id);
CREATE INDEX flags_kind ON public.flags USING btree (book_id, status, kind, flag_id);
CREATE INDEX flags_kind_amount ON public.flags USING btree (book_id, status, kind, amount_fen, flag_id);
CREATE INDEX flags_status ON public.flags USING btree (book_id, status, flag_id);
CREATE INDEX flags_subject ON public.flags USING btree (book_id, subject_id, flag_id);
create policy of_book on flags as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on flags as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on flags as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER flags_decided_once BEFORE UPDATE ON public.flags FOR EACH ROW WHEN (((old.status <> 'OPEN'::text) OR (new.status = 'OPEN'::text))) EXECUTE FUNCTION refuse_decided_again();
CREATE TRIGGER flags_in_lane BEFORE INSERT OR UPDATE ON public.flags FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER flags_kept BEFORE DELETE ON public.flags FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER flags_leave_in_lane BEFORE DELETE ON public.flags FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER flags_no_truncate BEFORE TRUNCATE ON public.flags FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER flags_one_person BEFORE UPDATE ON public.flags FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person raised_person');
grant insert, select, update (status, decided_person, decided_on, decision_reason) on flags to voucher_app;
grant select on flags to voucher_reader;

-- owner voucher_owner
create table foreign_marks (
  book_id uuid not null,
  foreign_mark_id uuid not null,
  source text not null,
  key_name text not null,
  number_hash text not null,
  seller_hash text not null,
  amount_hash text not null,
  imported_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint foreign_marks_pkey PRIMARY KEY (book_id, foreign_mark_id),
  constraint foreign_marks_once UNIQUE (book_id, number_hash, source, key_name, seller_hash, amount_hash),
  constraint foreign_marks_book_id_imported_person_fkey FOREIGN KEY (book_id, imported_person) REFERENCES persons(book_id, person_id),
  constraint foreign_marks_amount_hash_check CHECK ((amount_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint foreign_marks_key_name_check CHECK (((length(key_name) >= 1) AND (length(key_name) <= 40))),
  constraint foreign_marks_number_hash_check CHECK ((number_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint foreign_marks_seller_hash_check CHECK ((seller_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint foreign_marks_source_check CHECK (((length(source) >= 1) AND (length(source) <= 100)))
);
alter table foreign_marks enable row level security;
alter table foreign_marks force row level security;
create policy of_book on foreign_marks as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on foreign_marks as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on foreign_marks as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER foreign_marks_append_only BEFORE DELETE OR UPDATE ON public.foreign_marks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER foreign_marks_in_lane BEFORE INSERT OR UPDATE ON public.foreign_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER foreign_marks_leave_in_lane BEFORE DELETE ON public.foreign_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER foreign_marks_no_truncate BEFORE TRUNCATE ON public.foreign_marks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on foreign_marks to voucher_app;
grant select on foreign_marks to voucher_reader;

-- owner voucher_owner
create table former_names (
  book_id uuid not null,
  former_name_id uuid not null,
  uscc text not null,
  name text not null,
  last_day date not null,
  change_id uuid not null,
  constraint former_names_pkey PRIMARY KEY (book_id, former_name_id),
  constraint former_names_book_id_uscc_last_day_key UNIQUE (book_id, uscc, last_day),
  constraint former_names_book_id_change_id_fkey FOREIGN KEY (book_id, change_id) REFERENCES legal_person_changes(book_id, change_id),
  constraint former_names_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint former_names_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint former_names_uscc_check CHECK ((uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text))
);
alter table former_names enable row level security;
alter table former_names force row level security;
create policy of_book on former_names as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on former_names as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER former_names_in_lane BEFORE INSERT OR UPDATE ON public.former_names FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER former_names_leave_in_lane BEFORE DELETE ON public.former_names FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on former_names to voucher_app;
grant select on former_names to voucher_reader;

-- owner voucher_owner
create table fund_standings (
  book_id uuid not null,
  fund text not null,
  instructed_fen bigint not null,
  recovered_fen bigint not null default 0,
  constraint fund_standings_pkey PRIMARY KEY (book_id, fund),
  constraint fund_standings_check CHECK (((recovered_fen >= 0) AND (recovered_fen <= instructed_fen))),
  constraint fund_standings_instructed_fen_check CHECK ((instructed_fen >= 0))
);
alter table fund_standings enable row level security;
alter table fund_standings force row level security;
create policy of_book on fund_standings as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on fund_standings as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER fund_standings_in_lane BEFORE INSERT OR UPDATE ON public.fund_standings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER fund_standings_leave_in_lane BEFORE DELETE ON public.fund_standings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (instructed_fen, recovered_fen) on fund_standings to voucher_app;
grant select on fund_standings to voucher_reader;

-- owner voucher_owner
create table invitations (
  book_id uuid not null,
  invitation_id uuid not null,
  member_id uuid not null,
  person_id uuid not null,
  sign_in_name text not null,
  token_hash text not null,
  expires_at timestamp with time zone not null,
  invited_member uuid not null,
  accepted_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  recorded_at timestamp with time zone not null,
  replaces_account boolean not null default false,
  invited_person uuid,
  confirmed_person uuid,
  constraint invitations_pkey PRIMARY KEY (book_id, invitation_id),
  constraint invitations_book_id_token_hash_key UNIQUE (book_id, token_hash),
  constraint invitations_book_id_confirmed_person_fkey FOREIGN KEY (book_id, confirmed_person) REFERENCES persons(book_id, person_id),
  constraint invitations_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint invitations_book_id_invited_person_fkey FOREIGN KEY (book_id, invited_person) REFERENCES persons(book_id, person_id),
  constraint invitations_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint invitations_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint invitations_confirmed CHECK (((NOT replaces_account) OR (accepted_at IS NULL) OR (confirmed_person IS NOT NULL))),
  constraint invitations_end_once CHECK (((accepted_at IS NULL) OR (withdrawn_at IS NULL))),
  constraint invitations_in_time CHECK ((accepted_at < expires_at)),
  constraint invitations_sign_in_name_check CHECK ((sign_in_name ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'::text)),
  constraint invitations_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint invitations_two_persons CHECK ((confirmed_person <> invited_person))
);
alter table invitations enable row level security;
alter table invitations force row level security;
CREATE INDEX invitations_person ON public.invitations USING btree (book_id, person_id, invitation_id);
create policy of_book on invitations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on invitations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER invitations_in_lane BEFORE INSERT OR UPDATE ON public.invitations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER invitations_leave_in_lane BEFORE DELETE ON public.invitations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER invitations_one_person BEFORE UPDATE ON public.invitations FOR EACH ROW WHEN ((new.confirmed_person IS DISTINCT FROM old.confirmed_person)) EXECUTE FUNCTION refuse_same_person('confirmed_person invited_person');
grant insert, select, update (accepted_at, withdrawn_at, confirmed_person) on invitations to voucher_app;
grant select (book_id, invitation_id, member_id, person_id, sign_in_name, expires_at, invited_member, accepted_at, withdrawn_at, recorded_at) on invitations to voucher_reader;

-- owner voucher_owner
create table invoice_claims (
  number text not null,
  book_id uuid not null,
  provider_id uuid not null,
  holders integer not null,
  claimed_at timestamp with time zone not null,
  constraint invoice_claims_pkey PRIMARY KEY (number),
  constraint invoice_claims_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint invoice_claims_holders_check CHECK ((holders >= 0)),
  constraint invoice_claims_number_check CHECK ((number ~ '^\d{20}$'::text))
);
alter table invoice_claims enable row level security;
alter table invoice_claims force row level security;
create policy across on invoice_claims as permissive for all to voucher_across using (true);
create policy of_book on invoice_claims as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on invoice_claims as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (holders) on invoice_claims to voucher_across;
grant select on invoice_claims to voucher_app;
grant select on invoice_claims to voucher_reader;

-- owner voucher_owner
create table issuer_flows (
  book_id uuid not null,
  state_hash text not null,
  browser_hash text not null,
  issuer text not null,
  sealed text not null,
  invitation_id uuid,
  expires_at timestamp with time zone not null,
  constraint issuer_flows_pkey PRIMARY KEY (book_id, state_hash),
  constraint issuer_flows_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint issuer_flows_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES invitations(book_id, invitation_id),
  constraint issuer_flows_browser_hash_check CHECK ((browser_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint issuer_flows_issuer_check CHECK (((length(issuer) >= 1) AND (length(issuer) <= 40))),
  constraint issuer_flows_state_hash_check CHECK ((state_hash ~ '^[0-9a-f]{64}$'::text))
);
alter table issuer_flows enable row level security;
alter table issuer_flows force row level security;
CREATE INDEX issuer_flows_over ON public.issuer_flows USING btree (book_id, expires_at);
create policy of_book on issuer_flows as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on issuer_flows as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select on issuer_flows to voucher_app;

-- owner voucher_owner
create table issuer_subjects (
  book_id uuid not null,
  subject_fingerprint text not null,
  invitation_id uuid not null,
  issuer text not null,
  linked_at timestamp with time zone not null,
  constraint issuer_subjects_pkey PRIMARY KEY (book_id, subject_fingerprint),
  constraint issuer_subjects_book_id_invitation_id_issuer_key UNIQUE (book_id, invitation_id, issuer),
  constraint issuer_subjects_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES credentials(book_id, invitation_id),
  constraint issuer_subjects_issuer_check CHECK (((length(issuer) >= 1) AND (length(issuer) <= 40))),
  constraint issuer_subjects_subject_fingerprint_check CHECK ((subject_fingerprint ~ '^[0-9a-f]{64}$'::text))
);
alter table issuer_subjects enable row level security;
alter table issuer_subjects force row level security;
create policy of_book on issuer_subjects as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on issuer_subjects as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (invitation_id, linked_at) on issuer_subjects to voucher_app;

-- owner voucher_owner
create table key_uses (
  book_id uuid not null,
  key_id uuid not null,
  last_used_on date not null,
  constraint key_uses_pkey PRIMARY KEY (book_id, key_id),
  constraint key_uses_book_id_key_id_fkey FOREIGN KEY (book_id, key_id) REFERENCES api_keys(book_id, key_id)
) with (fillfactor=70);
alter table key_uses enable row level security;
alter table key_uses force row level security;
create policy of_book on key_uses as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on key_uses as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant insert, select, update (last_used_on) on key_uses to voucher_app;
grant select on key_uses to voucher_reader;

-- owner voucher_owner
create table known_origins (
  book_id uuid not null,
  invitation_id uuid not null,
  origin text not null,
  seen_at timestamp with time zone not null,
  constraint known_origins_pkey PRIMARY KEY (book_id, invitation_id, origin),
  constraint known_origins_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES credentials(book_id, invitation_id),
  constraint known_origins_origin_check CHECK ((length(origin) <= 100))
);
alter table known_origins enable row level security;
alter table known_origins force row level security;
create policy of_book on known_origins as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on known_origins as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (seen_at) on known_origins to voucher_app;

-- owner voucher_owner
create table late_legs (
  book_id uuid not null,
  account_id uuid not null,
  seq bigint not null,
  booked_on date not null,
  delta_fen bigint not null,
  constraint late_legs_pkey PRIMARY KEY (book_id, account_id, seq),
  constraint late_legs_book_id_account_id_fkey FOREIGN KEY (book_id, account_id) REFERENCES accounts(book_id, account_id),
  constraint late_legs_delta_fen_check CHECK ((delta_fen <> 0))
);
alter table late_legs enable row level security;
alter table late_legs force row level security;
create policy of_book on late_legs as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on late_legs as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER late_legs_in_lane BEFORE INSERT OR UPDATE ON public.late_legs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER late_legs_leave_in_lane BEFORE DELETE ON public.late_legs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on late_legs to voucher_app;
grant select on late_legs to voucher_reader;

-- owner voucher_owner
create table ledger_marks (
  book_id uuid not null,
  kind text not null,
  fund text not null,
  seq bigint not null,
  debits_fen bigint not null,
  credits_fen bigint not null,
  accounts bigint not null,
  constraint ledger_marks_pkey PRIMARY KEY (book_id, kind, fund, seq),
  constraint ledger_marks_kind_fkey FOREIGN KEY (kind) REFERENCES account_kinds(kind)
);
alter table ledger_marks enable row level security;
alter table ledger_marks force row level security;
create policy of_book on ledger_marks as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy signed on ledger_marks as permissive for select to voucher_signer using (true);
create policy whole on ledger_marks as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER ledger_marks_in_lane BEFORE INSERT OR UPDATE ON public.ledger_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER ledger_marks_leave_in_lane BEFORE DELETE ON public.ledger_marks FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on ledger_marks to voucher_app;
grant select on ledger_marks to voucher_reader;
grant select on ledger_marks to voucher_signer;

-- owner voucher_owner
create table ledger_totals (
  book_id uuid not null,
  kind text not null,
  fund text not null,
  debits_fen bigint not null,
  credits_fen bigint not null,
  accounts bigint not null,
  changed_seq bigint not null,
  constraint ledger_totals_pkey PRIMARY KEY (book_id, kind, fund),
  constraint ledger_totals_kind_fkey FOREIGN KEY (kind) REFERENCES account_kinds(kind),
  constraint ledger_totals_accounts_check CHECK ((accounts >= 0)),
  constraint ledger_totals_credits_fen_check CHECK ((credits_fen >= 0)),
  constraint ledger_totals_debits_fen_check CHECK ((debits_fen >= 0))
) with (fillfactor=10, autovacuum_vacuum_threshold=200, autovacuum_vacuum_scale_factor=0);
alter table ledger_totals enable row level security;
alter table ledger_totals force row level security;
create policy of_book on ledger_totals as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on ledger_totals as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER ledger_totals_in_lane BEFORE INSERT OR UPDATE ON public.ledger_totals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER ledger_totals_leave_in_lane BEFORE DELETE ON public.ledger_totals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on ledger_totals to voucher_app;
grant select on ledger_totals to voucher_reader;

-- owner voucher_owner
create table ledger_turnovers (
  book_id uuid not null,
  span text not null,
  starts_on date not null,
  fund text not null,
  kind text not null,
  posting text not null,
  debits_fen bigint not null,
  credits_fen bigint not null,
  transfers bigint not null,
  accounts bigint not null,
  constraint ledger_turnovers_pkey PRIMARY KEY (book_id, span, starts_on, fund, kind, posting),
  constraint ledger_turnovers_kind_fkey FOREIGN KEY (kind) REFERENCES account_kinds(kind),
  constraint ledger_turnovers_accounts_check CHECK ((accounts >= 0)),
  constraint ledger_turnovers_check CHECK (((span = 'DAY'::text) OR (EXTRACT(day FROM starts_on) = (1)::numeric))),
  constraint ledger_turnovers_credits_fen_check CHECK ((credits_fen >= 0)),
  constraint ledger_turnovers_debits_fen_check CHECK ((debits_fen >= 0)),
  constraint ledger_turnovers_span_check CHECK ((span = ANY (ARRAY['DAY'::text, 'MONTH'::text]))),
  constraint ledger_turnovers_transfers_check CHECK ((transfers > 0))
) with (fillfactor=50, autovacuum_vacuum_threshold=200, autovacuum_vacuum_scale_factor=0);
alter table ledger_turnovers enable row level security;
alter table ledger_turnovers force row level security;
create policy of_book on ledger_turnovers as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on ledger_turnovers as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER ledger_turnovers_in_lane BEFORE INSERT OR UPDATE ON public.ledger_turnovers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER ledger_turnovers_leave_in_lane BEFORE DELETE ON public.ledger_turnovers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on ledger_turnovers to voucher_app;
grant select on ledger_turnovers to voucher_reader;

-- owner voucher_owner
create table legal_person_changes (
  book_id uuid not null,
  change_id uuid not null,
  uscc text not null,
  kind text not null,
  effective_on date not null,
  content json not null,
  document_no text not null,
  reason text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  decision_id uuid,
  recorded_at timestamp with time zone not null,
  constraint legal_person_changes_pkey PRIMARY KEY (book_id, change_id),
  constraint legal_person_changes_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint legal_person_changes_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint legal_person_changes_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint legal_person_changes_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)) AND ((status = 'APPROVED'::text) = (decision_id IS NOT NULL)))),
  constraint legal_person_changes_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint legal_person_changes_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint legal_person_changes_kind_check CHECK ((kind = ANY (ARRAY['NAME'::text, 'MERGER'::text, 'SPLIT'::text, 'CLOSURE'::text]))),
  constraint legal_person_changes_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint legal_person_changes_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'WITHDRAWN'::text]))),
  constraint legal_person_changes_uscc_check CHECK ((uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text))
);
alter table legal_person_changes enable row level security;
alter table legal_person_changes force row level security;
CREATE INDEX legal_person_changes_status ON public.legal_person_changes USING btree (book_id, status, change_id);
CREATE INDEX legal_person_changes_uscc ON public.legal_person_changes USING btree (book_id, uscc, change_id);
create policy of_book on legal_person_changes as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on legal_person_changes as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER legal_person_changes_in_lane BEFORE INSERT OR UPDATE ON public.legal_person_changes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER legal_person_changes_leave_in_lane BEFORE DELETE ON public.legal_person_changes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER legal_person_changes_one_person BEFORE UPDATE ON public.legal_person_changes FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, decided_person, decided_on, decision_id) on legal_person_changes to voucher_app;
grant select on legal_person_changes to voucher_reader;

-- owner voucher_owner
create table legal_person_classes (
  book_id uuid not null,
  class_record_id uuid not null,
  legal_person_uscc text not null,
  class text not null,
  holds boolean not null,
  valid_from date not null,
  valid_to date,
  document_no text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint legal_person_classes_pkey PRIMARY KEY (book_id, class_record_id),
  constraint legal_person_classes_book_id_legal_person_uscc_class_revisi_key UNIQUE (book_id, legal_person_uscc, class, revision),
  constraint legal_person_classes_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint legal_person_classes_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint legal_person_classes_check CHECK ((valid_to >= valid_from)),
  constraint legal_person_classes_class_check CHECK (((class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$'::text) AND (length(class) <= 60))),
  constraint legal_person_classes_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint legal_person_classes_legal_person_uscc_check CHECK ((legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint legal_person_classes_revision_check CHECK ((revision >= 1))
);
alter table legal_person_classes enable row level security;
alter table legal_person_classes force row level security;
create policy of_book on legal_person_classes as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on legal_person_classes as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER legal_person_classes_in_lane BEFORE INSERT OR UPDATE ON public.legal_person_classes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER legal_person_classes_leave_in_lane BEFORE DELETE ON public.legal_person_classes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on legal_person_classes to voucher_app;
grant select on legal_person_classes to voucher_reader;

-- owner voucher_owner
create table legal_person_holders (
  book_id uuid not null,
  holder_record_id uuid not null,
  legal_person_uscc text not null,
  role text not null,
  holder text not null,
  holder_name text not null,
  is_state boolean not null,
  holds boolean not null,
  valid_from date not null,
  valid_to date,
  source text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint legal_person_holders_pkey PRIMARY KEY (book_id, holder_record_id),
  constraint legal_person_holders_revision UNIQUE (book_id, legal_person_uscc, holder, role, revision),
  constraint legal_person_holders_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint legal_person_holders_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint legal_person_holders_check CHECK ((valid_to >= valid_from)),
  constraint legal_person_holders_holder_check CHECK ((length(holder) = ANY (ARRAY[18, 64]))),
  constraint legal_person_holders_holder_name_check CHECK (((length(holder_name) >= 1) AND (length(holder_name) <= 200))),
  constraint legal_person_holders_revision_check CHECK ((revision >= 1)),
  constraint legal_person_holders_role_check CHECK ((role = ANY (ARRAY['SHAREHOLDER'::text, 'LEGAL_REPRESENTATIVE'::text, 'OFFICER'::text]))),
  constraint legal_person_holders_source_check CHECK (((length(source) >= 1) AND (length(source) <= 500)))
);
alter table legal_person_holders enable row level security;
alter table legal_person_holders force row level security;
CREATE INDEX legal_person_holders_holder ON public.legal_person_holders USING btree (book_id, holder);
CREATE INDEX legal_person_holders_legal_person ON public.legal_person_holders USING btree (book_id, legal_person_uscc, holder_record_id);
create policy of_book on legal_person_holders as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on legal_person_holders as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER legal_person_holders_append_only BEFORE DELETE OR UPDATE ON public.legal_person_holders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER legal_person_holders_in_lane BEFORE INSERT OR UPDATE ON public.legal_person_holders FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER legal_person_holders_leave_in_lane BEFORE DELETE ON public.legal_person_holders FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER legal_person_holders_no_truncate BEFORE TRUNCATE ON public.legal_person_holders FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on legal_person_holders to voucher_app;
grant select on legal_person_holders to voucher_reader;

-- owner voucher_owner
create table limit_exceptions (
  book_id uuid not null,
  exception_id uuid not null,
  programme_code text not null,
  limit_id text not null,
  account text not null,
  holder text not null,
  span text not null,
  amount_fen bigint not null,
  reason text not null,
  status text not null,
  asked_person uuid not null,
  asked_on date not null,
  approved_person uuid,
  approved_on date,
  recorded_at timestamp with time zone not null,
  rejected_person uuid,
  rejected_on date,
  rejection_reason text,
  follows_id uuid,
  constraint limit_exceptions_pkey PRIMARY KEY (book_id, exception_id),
  constraint limit_exceptions_book_id_approved_person_fkey FOREIGN KEY (book_id, approved_person) REFERENCES persons(book_id, person_id),
  constraint limit_exceptions_book_id_asked_person_fkey FOREIGN KEY (book_id, asked_person) REFERENCES persons(book_id, person_id),
  constraint limit_exceptions_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint limit_exceptions_book_id_follows_id_fkey FOREIGN KEY (book_id, follows_id) REFERENCES limit_exceptions(book_id, exception_id),
  constraint limit_exceptions_book_id_rejected_person_fkey FOREIGN KEY (book_id, rejected_person) REFERENCES persons(book_id, person_id),
  constraint limit_exceptions_amount_fen_check CHECK ((amount_fen > 0)),
  constraint limit_exceptions_approved CHECK (((status = 'APPROVED'::text) = ((approved_person IS NOT NULL) AND (approved_on IS NOT NULL)))),
  constraint limit_exceptions_four_eyes CHECK ((approved_person <> asked_person)),
  constraint limit_exceptions_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint limit_exceptions_reject_four_eyes CHECK ((rejected_person <> asked_person)),
  constraint limit_exceptions_rejected CHECK ((((status = 'REJECTED'::text) = ((rejected_person IS NOT NULL) AND (rejected_on IS NOT NULL) AND (rejection_reason IS NOT NULL))) AND (num_nulls(rejected_person, rejected_on, rejection_reason) = ANY (ARRAY[0, 3])))),
  constraint limit_exceptions_rejection_reason_check CHECK (((length(rejection_reason) >= 1) AND (length(rejection_reason) <= 500))),
  constraint limit_exceptions_span_check CHECK ((span ~ '^(LIFETIME|\d{4}(\+\d{1,2})?)$'::text)),
  constraint limit_exceptions_status_check CHECK ((status = ANY (ARRAY['ASKED'::text, 'APPROVED'::text, 'REJECTED'::text])))
);
alter table limit_exceptions enable row level security;
alter table limit_exceptions force row level security;
CREATE INDEX limit_exceptions_amount ON public.limit_exceptions USING btree (book_id, status, amount_fen, exception_id);
CREATE INDEX limit_exceptions_status ON public.limit_exceptions USING btree (book_id, status, exception_id);
CREATE INDEX limit_exceptions_window ON public.limit_exceptions USING btree (book_id, account, holder, span);
create policy of_book on limit_exceptions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on limit_exceptions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER limit_exceptions_decided_once BEFORE UPDATE ON public.limit_exceptions FOR EACH ROW WHEN ((old.status <> 'ASKED'::text)) EXECUTE FUNCTION refuse_decided_exception();
CREATE TRIGGER limit_exceptions_in_lane BEFORE INSERT OR UPDATE ON public.limit_exceptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER limit_exceptions_leave_in_lane BEFORE DELETE ON public.limit_exceptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER limit_exceptions_one_person BEFORE UPDATE ON public.limit_exceptions FOR EACH ROW WHEN (((new.approved_person IS DISTINCT FROM old.approved_person) OR (new.rejected_person IS DISTINCT FROM old.rejected_person))) EXECUTE FUNCTION refuse_same_person('approved_person asked_person', 'rejected_person asked_person');
grant insert, select, update (status, approved_person, approved_on, rejected_person, rejected_on, rejection_reason) on limit_exceptions to voucher_app;
grant select on limit_exceptions to voucher_reader;

-- owner voucher_owner
create table limit_first_years (
  book_id uuid not null,
  first_year_id text not null,
  account text not null,
  holder text not null,
  first_year integer not null,
  constraint limit_first_years_pkey PRIMARY KEY (book_id, first_year_id),
  constraint limit_first_years_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint limit_first_years_first_year_check CHECK (((first_year >= 2000) AND (first_year <= 2999))),
  constraint limit_first_years_named CHECK ((first_year_id = ((account || ':'::text) || holder)))
);
alter table limit_first_years enable row level security;
alter table limit_first_years force row level security;
create policy of_book on limit_first_years as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on limit_first_years as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER limit_first_years_in_lane BEFORE INSERT OR UPDATE ON public.limit_first_years FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER limit_first_years_leave_in_lane BEFORE DELETE ON public.limit_first_years FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on limit_first_years to voucher_app;
grant select on limit_first_years to voucher_reader;

-- owner voucher_owner
create table limit_successions (
  book_id uuid not null,
  limit_succession_id uuid not null,
  change_id uuid not null,
  why text not null,
  account text not null,
  holder text not null,
  span text not null,
  amount_fen bigint not null,
  used_after_fen bigint not null,
  from_holder text,
  from_span text,
  constraint limit_successions_pkey PRIMARY KEY (book_id, limit_succession_id),
  constraint limit_successions_book_id_change_id_fkey FOREIGN KEY (book_id, change_id) REFERENCES legal_person_changes(book_id, change_id),
  constraint limit_successions_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint limit_successions_amount_fen_check CHECK ((amount_fen > 0)),
  constraint limit_successions_carried CHECK ((num_nonnulls(from_holder, from_span) =
CASE why
    WHEN 'CARRIED'::text THEN 2
    ELSE 0
END)),
  constraint limit_successions_check CHECK ((used_after_fen >= amount_fen)),
  constraint limit_successions_span_check CHECK ((span ~ '^(LIFETIME|\d{4}(\+\d{1,2})?)$'::text)),
  constraint limit_successions_why_check CHECK ((why = ANY (ARRAY['CARRIED'::text, 'GIVEN'::text, 'FOUNDED'::text])))
);
alter table limit_successions enable row level security;
alter table limit_successions force row level security;
CREATE INDEX limit_successions_change ON public.limit_successions USING btree (book_id, change_id);
CREATE INDEX limit_successions_from ON public.limit_successions USING btree (book_id, account, from_holder, from_span) WHERE (why = 'CARRIED'::text);
CREATE INDEX limit_successions_window ON public.limit_successions USING btree (book_id, account, holder, span);
create policy of_book on limit_successions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on limit_successions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER limit_successions_in_lane BEFORE INSERT OR UPDATE ON public.limit_successions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER limit_successions_leave_in_lane BEFORE DELETE ON public.limit_successions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on limit_successions to voucher_app;
grant select on limit_successions to voucher_reader;

-- owner voucher_owner
create table list_prices (
  book_id uuid not null,
  list_price_id uuid not null,
  provider_id uuid not null,
  chip_vendor text not null,
  chip_model text not null,
  price numeric(18,6) not null,
  valid_from date not null,
  source text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint list_prices_pkey PRIMARY KEY (book_id, list_price_id),
  constraint list_prices_revision UNIQUE (book_id, provider_id, chip_vendor, chip_model, revision),
  constraint list_prices_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint list_prices_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint list_prices_chip_model_check CHECK (((length(chip_model) >= 1) AND (length(chip_model) <= 100))),
  constraint list_prices_chip_vendor_check CHECK (((length(chip_vendor) >= 1) AND (length(chip_vendor) <= 100))),
  constraint list_prices_price_check CHECK ((price > (0)::numeric)),
  constraint list_prices_revision_check CHECK ((revision >= 1)),
  constraint list_prices_source_check CHECK (((length(source) >= 1) AND (length(source) <= 500)))
);
alter table list_prices enable row level security;
alter table list_prices force row level security;
create policy of_book on list_prices as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on list_prices as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER list_prices_append_only BEFORE DELETE OR UPDATE ON public.list_prices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER list_prices_in_lane BEFORE INSERT OR UPDATE ON public.list_prices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER list_prices_leave_in_lane BEFORE DELETE ON public.list_prices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER list_prices_no_truncate BEFORE TRUNCATE ON public.list_prices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on list_prices to voucher_app;
grant select on list_prices to voucher_reader;

-- owner voucher_owner
create table listing_applications (
  book_id uuid not null,
  application_id uuid not null,
  provider_id uuid not null,
  service_item text not null,
  batch_no text not null,
  evidence jsonb not null,
  status text not null,
  reviewed_person uuid,
  notice_from date,
  notice_to date,
  listing_id uuid,
  listed_person uuid,
  recorded_at timestamp with time zone not null,
  programme_version_id uuid,
  criteria jsonb not null,
  constraint listing_applications_pkey PRIMARY KEY (book_id, application_id),
  constraint listing_applications_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint listing_applications_book_id_listed_person_fkey FOREIGN KEY (book_id, listed_person) REFERENCES persons(book_id, person_id),
  constraint listing_applications_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint listing_applications_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint listing_applications_book_id_reviewed_person_fkey FOREIGN KEY (book_id, reviewed_person) REFERENCES persons(book_id, person_id),
  constraint listing_applications_batch_no_check CHECK (((length(batch_no) >= 1) AND (length(batch_no) <= 50))),
  constraint listing_applications_check CHECK ((notice_to > notice_from)),
  constraint listing_applications_criteria_check CHECK (((jsonb_typeof(criteria) = 'array'::text) AND ((jsonb_array_length(criteria) >= 1) AND (jsonb_array_length(criteria) <= 50)))),
  constraint listing_applications_evidence_check CHECK ((jsonb_typeof(evidence) = 'object'::text)),
  constraint listing_applications_four_eyes CHECK ((listed_person <> reviewed_person)),
  constraint listing_applications_listed CHECK ((((status = 'LISTED'::text) = (listing_id IS NOT NULL)) AND ((listing_id IS NULL) = (listed_person IS NULL)))),
  constraint listing_applications_noticed CHECK ((((notice_from IS NULL) = (notice_to IS NULL)) AND ((status <> ALL (ARRAY['PUBLIC_NOTICE'::text, 'LISTED'::text])) OR (notice_to IS NOT NULL)))),
  constraint listing_applications_service_item_check CHECK ((service_item = ANY (ARRAY['AI_COMPUTE'::text, 'SUPERCOMPUTE'::text, 'GENERAL_COMPUTE'::text, 'STORAGE'::text, 'NETWORK'::text, 'SECURITY'::text]))),
  constraint listing_applications_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'UNDER_REVIEW'::text, 'SUPPLEMENT_REQUESTED'::text, 'PUBLIC_NOTICE'::text, 'LISTED'::text, 'REJECTED'::text, 'WITHDRAWN'::text])))
);
alter table listing_applications enable row level security;
alter table listing_applications force row level security;
CREATE INDEX listing_applications_due ON public.listing_applications USING btree (book_id, status, (
CASE
    WHEN (notice_to IS NULL) THEN 'infinity'::date
    ELSE notice_to
END), application_id);
CREATE INDEX listing_applications_provider ON public.listing_applications USING btree (book_id, provider_id, application_id);
CREATE INDEX listing_applications_status ON public.listing_applications USING btree (book_id, status, application_id);
create policy of_book on listing_applications as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on listing_applications as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER listing_applications_in_lane BEFORE INSERT OR UPDATE ON public.listing_applications FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_applications_leave_in_lane BEFORE DELETE ON public.listing_applications FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_applications_one_person BEFORE UPDATE ON public.listing_applications FOR EACH ROW WHEN ((new.listed_person IS DISTINCT FROM old.listed_person)) EXECUTE FUNCTION refuse_same_person('listed_person reviewed_person');
grant insert, select, update (batch_no, evidence, status, reviewed_person, notice_from, notice_to, listing_id, listed_person) on listing_applications to voucher_app;
grant select on listing_applications to voucher_reader;

-- owner voucher_owner
create table listing_measures (
  book_id uuid not null,
  measure_id uuid not null,
  listing_id uuid not null,
  kind text not null,
  effective_from date not null,
  effective_to date,
  reason text not null,
  document_no text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  recorded_at timestamp with time zone not null,
  constraint listing_measures_pkey PRIMARY KEY (book_id, measure_id),
  constraint listing_measures_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint listing_measures_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint listing_measures_book_id_listing_id_fkey FOREIGN KEY (book_id, listing_id) REFERENCES listings(book_id, listing_id),
  constraint listing_measures_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint listing_measures_check CHECK ((effective_to >= effective_from)),
  constraint listing_measures_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint listing_measures_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint listing_measures_end CHECK (((effective_to IS NULL) OR (kind = 'SUSPENSION'::text))),
  constraint listing_measures_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint listing_measures_kind_check CHECK ((kind = ANY (ARRAY['SUSPENSION'::text, 'RESUMPTION'::text, 'DELISTING'::text]))),
  constraint listing_measures_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint listing_measures_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'WITHDRAWN'::text])))
);
alter table listing_measures enable row level security;
alter table listing_measures force row level security;
CREATE INDEX listing_measures_listing ON public.listing_measures USING btree (book_id, listing_id, measure_id);
CREATE INDEX listing_measures_status ON public.listing_measures USING btree (book_id, status, measure_id);
create policy of_book on listing_measures as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on listing_measures as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER listing_measures_in_lane BEFORE INSERT OR UPDATE ON public.listing_measures FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_measures_leave_in_lane BEFORE DELETE ON public.listing_measures FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_measures_one_person BEFORE UPDATE ON public.listing_measures FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, decided_person, decided_on) on listing_measures to voucher_app;
grant select on listing_measures to voucher_reader;

-- owner voucher_owner
create table listing_scores (
  book_id uuid not null,
  score_id uuid not null,
  application_id uuid not null,
  criterion text not null,
  score integer not null,
  evidence text not null,
  scored_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint listing_scores_pkey PRIMARY KEY (book_id, score_id),
  constraint listing_scores_book_id_application_id_scored_person_criteri_key UNIQUE (book_id, application_id, scored_person, criterion),
  constraint listing_scores_book_id_application_id_fkey FOREIGN KEY (book_id, application_id) REFERENCES listing_applications(book_id, application_id),
  constraint listing_scores_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint listing_scores_book_id_scored_person_fkey FOREIGN KEY (book_id, scored_person) REFERENCES persons(book_id, person_id),
  constraint listing_scores_evidence_check CHECK (((length(evidence) >= 1) AND (length(evidence) <= 500))),
  constraint listing_scores_score_check CHECK ((score >= 0))
);
alter table listing_scores enable row level security;
alter table listing_scores force row level security;
create policy of_book on listing_scores as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on listing_scores as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER listing_scores_in_lane BEFORE INSERT OR UPDATE ON public.listing_scores FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_scores_leave_in_lane BEFORE DELETE ON public.listing_scores FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_scores_of_criterion BEFORE INSERT ON public.listing_scores FOR EACH ROW EXECUTE FUNCTION refuse_score_beyond_criterion();
grant insert, select on listing_scores to voucher_app;
grant select on listing_scores to voucher_reader;

-- owner voucher_owner
create table listing_steps (
  book_id uuid not null,
  step_id uuid not null,
  application_id uuid not null,
  step_no integer not null,
  verb text not null,
  status text not null,
  reason text,
  detail json not null,
  person uuid not null,
  taken_on date not null,
  recorded_at timestamp with time zone not null,
  constraint listing_steps_pkey PRIMARY KEY (book_id, step_id),
  constraint listing_steps_book_id_application_id_step_no_key UNIQUE (book_id, application_id, step_no),
  constraint listing_steps_book_id_application_id_fkey FOREIGN KEY (book_id, application_id) REFERENCES listing_applications(book_id, application_id),
  constraint listing_steps_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint listing_steps_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint listing_steps_reasons CHECK (((verb <> ALL (ARRAY['reject'::text, 'request-supplement'::text])) OR (reason IS NOT NULL))),
  constraint listing_steps_step_no_check CHECK ((step_no >= 1)),
  constraint listing_steps_verb_check CHECK (((length(verb) >= 1) AND (length(verb) <= 40)))
);
alter table listing_steps enable row level security;
alter table listing_steps force row level security;
create policy of_book on listing_steps as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on listing_steps as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER listing_steps_in_lane BEFORE INSERT OR UPDATE ON public.listing_steps FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listing_steps_leave_in_lane BEFORE DELETE ON public.listing_steps FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on listing_steps to voucher_app;
grant select on listing_steps to voucher_reader;

-- owner voucher_owner
create table listings (
  book_id uuid not null,
  listing_id uuid not null,
  provider_id uuid not null,
  service_item text not null,
  batch_no text not null,
  document_no text not null,
  valid_from date not null,
  valid_to date,
  recorded_at timestamp with time zone not null,
  suspensions jsonb not null default '[]'::jsonb,
  application_id uuid,
  constraint listings_pkey PRIMARY KEY (book_id, listing_id),
  constraint listings_book_id_provider_id_service_item_valid_from_key UNIQUE (book_id, provider_id, service_item, valid_from),
  constraint listings_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint listings_batch_no_check CHECK (((length(batch_no) >= 1) AND (length(batch_no) <= 50))),
  constraint listings_check CHECK ((valid_to >= valid_from)),
  constraint listings_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint listings_service_item_check CHECK ((service_item = ANY (ARRAY['AI_COMPUTE'::text, 'SUPERCOMPUTE'::text, 'GENERAL_COMPUTE'::text, 'STORAGE'::text, 'NETWORK'::text, 'SECURITY'::text]))),
  constraint listings_suspensions_check CHECK ((jsonb_typeof(suspensions) = 'array'::text))
);
alter table listings enable row level security;
alter table listings force row level security;
CREATE INDEX listings_service_item ON public.listings USING btree (book_id, service_item, listing_id);
create policy of_book on listings as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on listings as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER listings_in_lane BEFORE INSERT OR UPDATE ON public.listings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER listings_leave_in_lane BEFORE DELETE ON public.listings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (valid_to, suspensions) on listings to voucher_app;
grant select on listings to voucher_reader;

-- owner voucher_owner
create table matter_registrations (
  book_id uuid not null,
  registration_id uuid not null,
  kind text not null,
  code text not null,
  name text not null,
  document_no text not null,
  legal_person_uscc text not null,
  status text not null,
  holder text,
  registered_person uuid not null,
  confirmed_person uuid,
  confirmed_on date,
  closed_person uuid,
  closed_on date,
  reason text,
  recorded_at timestamp with time zone not null,
  constraint matter_registrations_pkey PRIMARY KEY (book_id, registration_id),
  constraint matter_registrations_book_id_closed_person_fkey FOREIGN KEY (book_id, closed_person) REFERENCES persons(book_id, person_id),
  constraint matter_registrations_book_id_confirmed_person_fkey FOREIGN KEY (book_id, confirmed_person) REFERENCES persons(book_id, person_id),
  constraint matter_registrations_book_id_kind_code_holder_fkey FOREIGN KEY (book_id, kind, code, holder) REFERENCES matters(book_id, kind, code, holder),
  constraint matter_registrations_book_id_registered_person_fkey FOREIGN KEY (book_id, registered_person) REFERENCES persons(book_id, person_id),
  constraint matter_registrations_closed CHECK ((((status = ANY (ARRAY['REJECTED'::text, 'ENDED'::text])) = ((closed_person IS NOT NULL) AND (closed_on IS NOT NULL) AND (reason IS NOT NULL))) AND (num_nulls(closed_person, closed_on, reason) = ANY (ARRAY[0, 3])))),
  constraint matter_registrations_code_check CHECK (((length(code) >= 1) AND (length(code) <= 60))),
  constraint matter_registrations_confirmed CHECK ((((status = ANY (ARRAY['CONFIRMED'::text, 'ENDED'::text])) = ((holder IS NOT NULL) AND (confirmed_person IS NOT NULL) AND (confirmed_on IS NOT NULL))) AND (num_nulls(holder, confirmed_person, confirmed_on) = ANY (ARRAY[0, 3])))),
  constraint matter_registrations_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint matter_registrations_four_eyes CHECK (((confirmed_person <> registered_person) AND ((status <> 'REJECTED'::text) OR (closed_person <> registered_person)))),
  constraint matter_registrations_kind_check CHECK ((kind = ANY (ARRAY['PROJECT'::text, 'PRODUCT'::text, 'STANDARD'::text, 'AWARD_SERIES'::text]))),
  constraint matter_registrations_legal_person_uscc_check CHECK ((legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint matter_registrations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint matter_registrations_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint matter_registrations_status_check CHECK ((status = ANY (ARRAY['REGISTERED'::text, 'CONFIRMED'::text, 'REJECTED'::text, 'ENDED'::text])))
);
alter table matter_registrations enable row level security;
alter table matter_registrations force row level security;
CREATE INDEX matter_registrations_code ON public.matter_registrations USING btree (book_id, code, kind);
CREATE UNIQUE INDEX matter_registrations_once ON public.matter_registrations USING btree (book_id, legal_person_uscc, kind, code) WHERE (status = ANY (ARRAY['REGISTERED'::text, 'CONFIRMED'::text]));
CREATE INDEX matter_registrations_own ON public.matter_registrations USING btree (book_id, legal_person_uscc, kind, code);
CREATE INDEX matter_registrations_status ON public.matter_registrations USING btree (book_id, status, registration_id);
create policy of_book on matter_registrations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on matter_registrations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER matter_registrations_in_lane BEFORE INSERT OR UPDATE ON public.matter_registrations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER matter_registrations_leave_in_lane BEFORE DELETE ON public.matter_registrations FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER matter_registrations_once_each BEFORE UPDATE ON public.matter_registrations FOR EACH ROW WHEN (((((old.status <> 'REGISTERED'::text) OR (new.status <> 'CONFIRMED'::text)) AND ((old.status <> 'REGISTERED'::text) OR (new.status <> 'REJECTED'::text))) AND ((old.status <> 'CONFIRMED'::text) OR (new.status <> 'ENDED'::text)))) EXECUTE FUNCTION refuse_other_registration();
CREATE TRIGGER matter_registrations_one_person BEFORE UPDATE ON public.matter_registrations FOR EACH ROW WHEN (((new.confirmed_person IS DISTINCT FROM old.confirmed_person) OR (new.closed_person IS DISTINCT FROM old.closed_person))) EXECUTE FUNCTION refuse_same_person('confirmed_person registered_person', 'closed_person registered_person @REJECTED');
grant insert, select, update (status, holder, confirmed_person, confirmed_on, closed_person, closed_on, reason) on matter_registrations to voucher_app;
grant select on matter_registrations to voucher_reader;

-- owner voucher_owner
create table matters (
  book_id uuid not null,
  matter_id uuid not null,
  kind text not null,
  code text not null,
  holder text not null,
  recorded_at timestamp with time zone not null,
  constraint matters_pkey PRIMARY KEY (book_id, matter_id),
  constraint matters_book_id_kind_code_holder_key UNIQUE (book_id, kind, code, holder),
  constraint matters_book_id_kind_code_key UNIQUE (book_id, kind, code),
  constraint matters_book_id_kind_holder_key UNIQUE (book_id, kind, holder),
  constraint matters_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint matters_code_check CHECK (((length(code) >= 1) AND (length(code) <= 60))),
  constraint matters_held_by_id_or_code CHECK (((holder = (matter_id)::text) OR (holder = code))),
  constraint matters_kind_check CHECK ((kind = ANY (ARRAY['PROJECT'::text, 'PRODUCT'::text, 'STANDARD'::text, 'AWARD_SERIES'::text])))
);
alter table matters enable row level security;
alter table matters force row level security;
create policy of_book on matters as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on matters as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER matters_append_only BEFORE DELETE OR UPDATE ON public.matters FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER matters_in_lane BEFORE INSERT OR UPDATE ON public.matters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER matters_leave_in_lane BEFORE DELETE ON public.matters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER matters_no_truncate BEFORE TRUNCATE ON public.matters FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on matters to voucher_app;
grant select on matters to voucher_reader;

-- owner voucher_owner
create table members (
  book_id uuid not null,
  member_id uuid not null,
  person_id uuid not null,
  kind text not null,
  role text not null,
  legal_person_uscc text,
  status text not null,
  recorded_at timestamp with time zone not null,
  custom_role text,
  keys_sign boolean not null default false,
  registered_person uuid,
  confirmed_person uuid,
  constraint members_pkey PRIMARY KEY (book_id, member_id),
  constraint members_book_id_confirmed_person_fkey FOREIGN KEY (book_id, confirmed_person) REFERENCES persons(book_id, person_id),
  constraint members_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint members_book_id_registered_person_fkey FOREIGN KEY (book_id, registered_person) REFERENCES persons(book_id, person_id),
  constraint members_confirmed CHECK (((status <> 'ACTIVE'::text) OR (registered_person IS NULL) OR (legal_person_uscc IS NOT NULL) OR (confirmed_person IS NOT NULL))),
  constraint members_kind_check CHECK ((kind = ANY (ARRAY['PERSON'::text, 'MACHINE'::text]))),
  constraint members_legal_person_uscc_check CHECK ((legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint members_role_check CHECK ((role = ANY (ARRAY['enterprise'::text, 'provider'::text, 'district_reviewer'::text, 'reviewer'::text, 'approver'::text, 'expert'::text, 'finance'::text, 'finance_approver'::text, 'auditor'::text, 'operator'::text]))),
  constraint members_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'ACTIVE'::text, 'ENDED'::text]))),
  constraint members_trade_has_legal_person CHECK (((role = ANY (ARRAY['enterprise'::text, 'provider'::text])) = (legal_person_uscc IS NOT NULL))),
  constraint members_two_persons CHECK ((confirmed_person <> registered_person))
);
alter table members enable row level security;
alter table members force row level security;
CREATE INDEX members_legal_person ON public.members USING btree (book_id, legal_person_uscc);
CREATE INDEX members_person ON public.members USING btree (book_id, person_id);
create policy of_book on members as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on members as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER members_founded BEFORE INSERT ON public.members FOR EACH ROW WHEN ((new.registered_person IS NULL)) EXECUTE FUNCTION refuse_third_founded();
CREATE TRIGGER members_in_lane BEFORE INSERT OR UPDATE ON public.members FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER members_leave_in_lane BEFORE DELETE ON public.members FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER members_one_person BEFORE UPDATE ON public.members FOR EACH ROW WHEN ((new.confirmed_person IS DISTINCT FROM old.confirmed_person)) EXECUTE FUNCTION refuse_same_person('confirmed_person registered_person person_id');
grant insert, select, update (person_id, status, keys_sign, confirmed_person) on members to voucher_app;
grant select on members to voucher_reader;

-- owner voucher_owner
create table message_reads (
  book_id uuid not null,
  read_id text not null,
  message_id uuid not null,
  member_id uuid not null,
  read_at timestamp with time zone not null,
  constraint message_reads_pkey PRIMARY KEY (book_id, read_id),
  constraint message_reads_book_id_message_id_member_id_key UNIQUE (book_id, message_id, member_id),
  constraint message_reads_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint message_reads_book_id_message_id_fkey FOREIGN KEY (book_id, message_id) REFERENCES messages(book_id, message_id)
);
alter table message_reads enable row level security;
alter table message_reads force row level security;
create policy of_book on message_reads as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on message_reads as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER message_reads_append_only BEFORE DELETE OR UPDATE ON public.message_reads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_reads_in_lane BEFORE INSERT OR UPDATE ON public.message_reads FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER message_reads_leave_in_lane BEFORE DELETE ON public.message_reads FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER message_reads_no_truncate BEFORE TRUNCATE ON public.message_reads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on message_reads to voucher_app;
grant select on message_reads to voucher_reader;

-- owner voucher_owner
create table messages (
  book_id uuid not null,
  message_id uuid not null,
  addressee text not null,
  kind text not null,
  subject_kind text not null,
  subject_id uuid not null,
  params json not null,
  alike integer not null,
  ledger_seq bigint not null,
  staged_at timestamp with time zone not null,
  delivered_at timestamp with time zone not null default clock_timestamp(),
  constraint messages_pkey PRIMARY KEY (book_id, message_id),
  constraint messages_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint messages_addressee_check CHECK (((length(addressee) >= 1) AND (length(addressee) <= 60))),
  constraint messages_alike_check CHECK ((alike >= 1))
);
alter table messages enable row level security;
alter table messages force row level security;
CREATE INDEX messages_addressee ON public.messages USING btree (book_id, addressee, message_id);
create policy of_book on messages as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on messages as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (addressee = ANY (ARRAY[('enterprise:'::text || ( SELECT this_party() AS this_party)), ('provider:'::text || ( SELECT this_party() AS this_party))]))
END);
create policy whole on messages as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER messages_append_only BEFORE DELETE OR UPDATE ON public.messages FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messages_no_truncate BEFORE TRUNCATE ON public.messages FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messages_to_webhooks AFTER INSERT ON public.messages REFERENCING NEW TABLE AS put FOR EACH STATEMENT EXECUTE FUNCTION deliver_to_webhooks();
grant insert, select on messages to voucher_app;
grant select on messages to voucher_reader;

-- owner voucher_owner
create table month_builds (
  book_id uuid not null,
  build_id uuid not null,
  month_id uuid not null,
  state text not null,
  step text not null,
  entries_total bigint,
  entries_done bigint not null default 0,
  cut_off_seq bigint,
  obstacles json,
  line_count integer,
  data_digest text,
  balances_digest text,
  pack_digest text,
  pack_bytes bigint,
  failure text,
  attempts integer not null default 0,
  lease_owner uuid,
  lease_until timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint month_builds_pkey PRIMARY KEY (book_id, build_id),
  constraint month_builds_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint month_builds_book_id_month_id_fkey FOREIGN KEY (book_id, month_id) REFERENCES months(book_id, month_id),
  constraint month_builds_attempts_check CHECK ((attempts >= 0)),
  constraint month_builds_balances_digest_check CHECK ((balances_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint month_builds_cut_off_seq_check CHECK ((cut_off_seq > 0)),
  constraint month_builds_data_digest_check CHECK ((data_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint month_builds_done CHECK (((state = 'DONE'::text) = (num_nonnulls(cut_off_seq, obstacles, line_count, data_digest, balances_digest, pack_digest, pack_bytes) = 7))),
  constraint month_builds_ended CHECK (((state = 'RUNNING'::text) = (ended_at IS NULL))),
  constraint month_builds_entries_done_check CHECK ((entries_done >= 0)),
  constraint month_builds_entries_total_check CHECK ((entries_total >= 0)),
  constraint month_builds_failed CHECK (((state = 'FAILED'::text) = (failure IS NOT NULL))),
  constraint month_builds_leased CHECK (((state = 'RUNNING'::text) OR (lease_owner IS NULL))),
  constraint month_builds_line_count_check CHECK ((line_count >= 0)),
  constraint month_builds_pack_bytes_check CHECK ((pack_bytes > 0)),
  constraint month_builds_pack_digest_check CHECK ((pack_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint month_builds_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'DONE'::text, 'FAILED'::text]))),
  constraint month_builds_step_check CHECK ((step = ANY (ARRAY['CHECK'::text, 'LINES'::text, 'BALANCES'::text, 'PACK'::text, 'STORE'::text])))
) with (fillfactor=50);
alter table month_builds enable row level security;
alter table month_builds force row level security;
CREATE INDEX month_builds_month ON public.month_builds USING btree (book_id, month_id, build_id);
CREATE INDEX month_builds_pack ON public.month_builds USING btree (book_id, pack_digest) WHERE (pack_digest IS NOT NULL);
CREATE INDEX month_builds_running ON public.month_builds USING btree (book_id, build_id) WHERE (state = 'RUNNING'::text);
create policy across on month_builds as permissive for select to voucher_across using (true);
create policy of_book on month_builds as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on month_builds as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on month_builds as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant select (book_id, build_id, state, lease_owner, lease_until) on month_builds to voucher_across;
grant insert, select, update (state, step, entries_total, entries_done, cut_off_seq, obstacles, line_count, data_digest, balances_digest, pack_digest, pack_bytes, failure, attempts, lease_owner, lease_until, ended_at) on month_builds to voucher_app;
grant select on month_builds to voucher_reader;

-- owner voucher_owner
create table month_parties (
  book_id uuid not null,
  build_id uuid not null,
  subject_id uuid not null,
  party_id uuid not null,
  side text not null,
  uscc text not null,
  name text not null,
  constraint month_parties_pkey PRIMARY KEY (book_id, build_id, subject_id),
  constraint month_parties_book_id_build_id_fkey FOREIGN KEY (book_id, build_id) REFERENCES month_builds(book_id, build_id),
  constraint month_parties_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint month_parties_side_check CHECK ((side = ANY (ARRAY['enterprise'::text, 'provider'::text])))
);
alter table month_parties enable row level security;
alter table month_parties force row level security;
create policy of_book on month_parties as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on month_parties as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on month_parties as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER month_parties_append_only BEFORE DELETE OR UPDATE ON public.month_parties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER month_parties_no_truncate BEFORE TRUNCATE ON public.month_parties FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on month_parties to voucher_app;
grant select on month_parties to voucher_reader;

-- owner voucher_owner
create table months (
  book_id uuid not null,
  month_id uuid not null,
  month text not null,
  status text not null,
  shut_person uuid not null,
  shut_on date not null,
  sealed_person uuid,
  sealed_on date,
  build_id uuid,
  cut_off_seq bigint,
  data_digest text,
  balances_digest text,
  seal_digest text,
  recorded_at timestamp with time zone not null,
  told_build_id uuid,
  constraint months_pkey PRIMARY KEY (book_id, month_id),
  constraint months_once UNIQUE (book_id, month),
  constraint months_book_id_build_id_fkey FOREIGN KEY (book_id, build_id) REFERENCES month_builds(book_id, build_id),
  constraint months_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint months_book_id_sealed_person_fkey FOREIGN KEY (book_id, sealed_person) REFERENCES persons(book_id, person_id),
  constraint months_book_id_shut_person_fkey FOREIGN KEY (book_id, shut_person) REFERENCES persons(book_id, person_id),
  constraint months_book_id_told_build_id_fkey FOREIGN KEY (book_id, told_build_id) REFERENCES month_builds(book_id, build_id),
  constraint months_balances_digest_check CHECK ((balances_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint months_cut_off_seq_check CHECK ((cut_off_seq > 0)),
  constraint months_data_digest_check CHECK ((data_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint months_four_eyes CHECK ((sealed_person <> shut_person)),
  constraint months_month_check CHECK ((month ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint months_past CHECK ((to_char((shut_on)::timestamp with time zone, 'YYYY-MM'::text) > month)),
  constraint months_seal_digest_check CHECK ((seal_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint months_sealed CHECK ((((status = 'SEALED'::text) = (num_nonnulls(sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest) = 7)) AND ((status = 'SEALED'::text) OR (num_nonnulls(sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest) = 0)))),
  constraint months_status_check CHECK ((status = ANY (ARRAY['CLOSING'::text, 'SEALED'::text])))
);
alter table months enable row level security;
alter table months force row level security;
CREATE UNIQUE INDEX months_closing ON public.months USING btree (book_id) WHERE (status = 'CLOSING'::text);
create policy of_book on months as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on months as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on months as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER months_are_kept BEFORE DELETE ON public.months FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER months_in_lane BEFORE INSERT OR UPDATE ON public.months FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER months_leave_in_lane BEFORE DELETE ON public.months FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER months_no_truncate BEFORE TRUNCATE ON public.months FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER months_one_person BEFORE UPDATE ON public.months FOR EACH ROW WHEN ((new.sealed_person IS DISTINCT FROM old.sealed_person)) EXECUTE FUNCTION refuse_same_person('sealed_person shut_person');
CREATE TRIGGER months_sealed_for_good BEFORE UPDATE ON public.months FOR EACH ROW WHEN ((old.status = 'SEALED'::text)) EXECUTE FUNCTION refuse_sealed_month();
CREATE CONSTRAINT TRIGGER months_shut AFTER INSERT ON public.months DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shut_month();
grant insert, select, update (status, sealed_person, sealed_on, build_id, cut_off_seq, data_digest, balances_digest, seal_digest, told_build_id) on months to voucher_app;
grant select on months to voucher_reader;

-- owner voucher_owner
create table notice_items (
  book_id uuid not null,
  notice_item_id uuid not null,
  notice_id uuid not null,
  line_no integer not null,
  subject_kind text not null,
  subject_id uuid not null,
  case_no text not null,
  programme_code text not null,
  shown_name text not null,
  amount_fen bigint not null,
  review_digest text not null,
  constraint notice_items_pkey PRIMARY KEY (book_id, notice_item_id),
  constraint notice_items_book_id_notice_id_line_no_key UNIQUE (book_id, notice_id, line_no),
  constraint notice_items_once UNIQUE (book_id, notice_id, subject_id),
  constraint notice_items_book_id_notice_id_fkey FOREIGN KEY (book_id, notice_id) REFERENCES public_notices(book_id, notice_id),
  constraint notice_items_amount_fen_check CHECK ((amount_fen > 0)),
  constraint notice_items_line_no_check CHECK ((line_no >= 1)),
  constraint notice_items_shown_name_check CHECK (((length(shown_name) >= 1) AND (length(shown_name) <= 200))),
  constraint notice_items_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['APPLICATION'::text, 'REIMBURSEMENT'::text])))
);
alter table notice_items enable row level security;
alter table notice_items force row level security;
create policy of_book on notice_items as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on notice_items as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER notice_items_in_lane BEFORE INSERT OR UPDATE ON public.notice_items FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER notice_items_leave_in_lane BEFORE DELETE ON public.notice_items FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on notice_items to voucher_app;
grant select on notice_items to voucher_reader;

-- owner voucher_owner
create table number_series (
  book_id uuid not null,
  series text not null,
  last bigint not null,
  constraint number_series_pkey PRIMARY KEY (book_id, series),
  constraint number_series_last_check CHECK ((last >= 0))
);
alter table number_series enable row level security;
alter table number_series force row level security;
create policy of_book on number_series as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on number_series as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER number_series_in_lane BEFORE INSERT OR UPDATE ON public.number_series FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER number_series_leave_in_lane BEFORE DELETE ON public.number_series FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (last) on number_series to voucher_app;
grant select on number_series to voucher_reader;

-- owner voucher_owner
create table objections (
  book_id uuid not null,
  objection_id uuid not null,
  objection_no text not null,
  notice_id uuid not null,
  notice_item_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  name_sealed text not null,
  contact_sealed text not null,
  content text not null,
  received_on date not null,
  status text not null,
  reviewed_person uuid not null,
  published_person uuid not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint objections_pkey PRIMARY KEY (book_id, objection_id),
  constraint objections_book_id_objection_no_key UNIQUE (book_id, objection_no),
  constraint objections_book_id_notice_item_id_fkey FOREIGN KEY (book_id, notice_item_id) REFERENCES notice_items(book_id, notice_item_id),
  constraint objections_content_check CHECK (((length(content) >= 1) AND (length(content) <= 2000))),
  constraint objections_decided CHECK ((((status = 'OPEN'::text) = (num_nonnulls(decided_person, decided_on, decision_reason) = 0)) AND (num_nonnulls(decided_person, decided_on, decision_reason) = ANY (ARRAY[0, 3])))),
  constraint objections_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint objections_four_eyes CHECK (((decided_person <> reviewed_person) AND (decided_person <> published_person))),
  constraint objections_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'UPHELD'::text, 'DISMISSED'::text]))),
  constraint objections_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['APPLICATION'::text, 'REIMBURSEMENT'::text])))
);
alter table objections enable row level security;
alter table objections force row level security;
CREATE INDEX objections_subject ON public.objections USING btree (book_id, subject_id, objection_id);
create policy of_book on objections as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on objections as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER objections_in_lane BEFORE INSERT OR UPDATE ON public.objections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER objections_leave_in_lane BEFORE DELETE ON public.objections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER objections_one_person BEFORE UPDATE ON public.objections FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person reviewed_person published_person');
grant insert, select, update (name_sealed, contact_sealed, status, decided_person, decided_on, decision_reason) on objections to voucher_app;
grant select (book_id, objection_id, objection_no, notice_id, notice_item_id, subject_kind, subject_id, content, received_on, status, reviewed_person, published_person, decided_person, decided_on, decision_reason, recorded_at) on objections to voucher_reader;

-- owner voucher_owner
create table opening_balances (
  book_id uuid not null,
  opening_balance_id uuid not null,
  kind text not null,
  content jsonb not null,
  content_digest text not null,
  status text not null,
  prepared_person uuid not null,
  approved_person uuid,
  recorded_at timestamp with time zone not null,
  constraint opening_balances_pkey PRIMARY KEY (book_id, opening_balance_id),
  constraint opening_balances_book_id_content_digest_key UNIQUE (book_id, content_digest),
  constraint opening_balances_approved CHECK (((status = 'APPROVED'::text) = (approved_person IS NOT NULL))),
  constraint opening_balances_four_eyes CHECK ((approved_person <> prepared_person)),
  constraint opening_balances_kind_check CHECK ((kind = ANY (ARRAY['LIMIT_USED'::text, 'VOUCHER'::text]))),
  constraint opening_balances_status_check CHECK ((status = ANY (ARRAY['PREPARED'::text, 'APPROVED'::text])))
);
alter table opening_balances enable row level security;
alter table opening_balances force row level security;
CREATE INDEX opening_balances_status ON public.opening_balances USING btree (book_id, status, opening_balance_id);
create policy of_book on opening_balances as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on opening_balances as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on opening_balances as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER opening_balances_in_lane BEFORE INSERT OR UPDATE ON public.opening_balances FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER opening_balances_leave_in_lane BEFORE DELETE ON public.opening_balances FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER opening_balances_one_person BEFORE UPDATE ON public.opening_balances FOR EACH ROW WHEN ((new.approved_person IS DISTINCT FROM old.approved_person)) EXECUTE FUNCTION refuse_same_person('approved_person prepared_person');
grant insert, select, update (status, approved_person) on opening_balances to voucher_app;
grant select on opening_balances to voucher_reader;

-- owner voucher_owner
create table outbox (
  book_id uuid not null,
  message_id uuid not null,
  kind text not null,
  subject_kind text not null,
  subject_id uuid not null,
  to_role text,
  to_party uuid,
  params json not null,
  alike integer not null default 1,
  ledger_seq bigint not null,
  place integer not null,
  staged_at timestamp with time zone not null,
  status text not null default 'WAITING'::text,
  attempts integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  lease_owner uuid,
  failure text,
  constraint outbox_pkey PRIMARY KEY (book_id, message_id),
  constraint outbox_book_id_ledger_seq_place_key UNIQUE (book_id, ledger_seq, place),
  constraint outbox_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint outbox_addressee CHECK ((num_nonnulls(to_role, to_party) = 1)),
  constraint outbox_alike_check CHECK ((alike >= 1)),
  constraint outbox_attempts_check CHECK ((attempts >= 0)),
  constraint outbox_dead CHECK (((status <> 'DEAD'::text) OR (failure IS NOT NULL))),
  constraint outbox_kind_check CHECK ((kind ~ '^[a-z_]+\.[a-z_]+$'::text)),
  constraint outbox_leased CHECK (((status = 'WAITING'::text) OR (lease_owner IS NULL))),
  constraint outbox_ledger_seq_check CHECK ((ledger_seq >= 1)),
  constraint outbox_params_check CHECK ((json_typeof(params) = 'object'::text)),
  constraint outbox_place_check CHECK ((place >= 1)),
  constraint outbox_status_check CHECK ((status = ANY (ARRAY['WAITING'::text, 'DELIVERED'::text, 'DEAD'::text, 'LET_GO'::text]))),
  constraint outbox_subject_kind_check CHECK ((subject_kind ~ '^[A-Z_]+$'::text))
) with (fillfactor=70);
alter table outbox enable row level security;
alter table outbox force row level security;
CREATE INDEX outbox_due ON public.outbox USING btree (book_id, next_at) WHERE (status = 'WAITING'::text);
CREATE INDEX outbox_open ON public.outbox USING btree (book_id, subject_id, ledger_seq, place) WHERE (status = ANY (ARRAY['WAITING'::text, 'DEAD'::text]));
CREATE INDEX outbox_status ON public.outbox USING btree (book_id, status, message_id) WHERE (status <> 'DELIVERED'::text);
create policy across on outbox as permissive for select to voucher_across using (true);
create policy of_book on outbox as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on outbox as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (to_party = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on outbox as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER outbox_in_lane BEFORE INSERT ON public.outbox FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_staging_outside_lane();
CREATE TRIGGER outbox_kept BEFORE DELETE ON public.outbox FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outbox_no_truncate BEFORE TRUNCATE ON public.outbox FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant select (book_id, status, next_at) on outbox to voucher_across;
grant insert, select, update (status, attempts, next_at, lease_owner, failure) on outbox to voucher_app;
grant select on outbox to voucher_reader;

-- owner voucher_owner
create table outcomes (
  book_id uuid not null,
  member_id uuid not null,
  key text not null,
  command_id uuid not null,
  verb text not null,
  request_digest bytea not null,
  accepted boolean not null,
  body json not null,
  last_seq bigint,
  recorded_at timestamp with time zone not null,
  constraint outcomes_pkey PRIMARY KEY (book_id, member_id, key),
  constraint outcomes_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200))),
  constraint outcomes_request_digest_check CHECK ((length(request_digest) = 32))
);
alter table outcomes enable row level security;
alter table outcomes force row level security;
create policy of_book on outcomes as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on outcomes as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER outcomes_append_only BEFORE DELETE OR UPDATE ON public.outcomes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcomes_in_lane BEFORE INSERT OR UPDATE ON public.outcomes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER outcomes_leave_in_lane BEFORE DELETE ON public.outcomes FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER outcomes_no_truncate BEFORE TRUNCATE ON public.outcomes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on outcomes to voucher_app;
grant select on outcomes to voucher_reader;

-- owner voucher_owner
create table payee_account_waits (
  book_id uuid not null,
  wait_id uuid not null,
  working_days integer not null,
  document_no text not null,
  status text not null,
  revision integer,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  recorded_at timestamp with time zone not null,
  constraint payee_account_waits_pkey PRIMARY KEY (book_id, wait_id),
  constraint payee_account_waits_revision UNIQUE (book_id, revision),
  constraint payee_account_waits_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint payee_account_waits_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint payee_account_waits_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint payee_account_waits_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)) AND ((status = 'APPROVED'::text) = (revision IS NOT NULL)))),
  constraint payee_account_waits_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint payee_account_waits_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint payee_account_waits_revision_check CHECK ((revision >= 1)),
  constraint payee_account_waits_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'WITHDRAWN'::text]))),
  constraint payee_account_waits_working_days_check CHECK (((working_days >= 1) AND (working_days <= 60)))
);
alter table payee_account_waits enable row level security;
alter table payee_account_waits force row level security;
CREATE INDEX payee_account_waits_status ON public.payee_account_waits USING btree (book_id, status, wait_id);
create policy of_book on payee_account_waits as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on payee_account_waits as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER payee_account_waits_in_lane BEFORE INSERT OR UPDATE ON public.payee_account_waits FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payee_account_waits_leave_in_lane BEFORE DELETE ON public.payee_account_waits FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payee_account_waits_once BEFORE UPDATE ON public.payee_account_waits FOR EACH ROW WHEN (((old.status <> 'PROPOSED'::text) OR (new.status = 'PROPOSED'::text))) EXECUTE FUNCTION refuse_decided_wait();
CREATE TRIGGER payee_account_waits_one_person BEFORE UPDATE ON public.payee_account_waits FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, revision, decided_person, decided_on) on payee_account_waits to voucher_app;
grant select on payee_account_waits to voucher_reader;

-- owner voucher_owner
create table payee_accounts (
  book_id uuid not null,
  payee_account_id uuid not null,
  provider_id uuid,
  holder_name text not null,
  bank_name text not null,
  bank_code text not null,
  account_no_sealed text not null,
  account_no_last4 text not null,
  account_fingerprint text not null,
  valid_from date not null,
  recorded_at timestamp with time zone not null,
  enterprise_id uuid,
  how text not null,
  status text not null,
  usable_from date,
  proposed_person uuid,
  confirmed_person uuid,
  confirmed_on date,
  former_holds boolean,
  wait_id uuid,
  waited_days integer,
  objected_person uuid,
  objected_on date,
  objection_reason text,
  dismissed_person uuid,
  ended_person uuid,
  ended_on date,
  end_reason text,
  constraint payee_accounts_pkey PRIMARY KEY (book_id, payee_account_id),
  constraint payee_accounts_book_id_enterprise_id_valid_from_key UNIQUE (book_id, enterprise_id, valid_from),
  constraint payee_accounts_book_id_provider_id_valid_from_key UNIQUE (book_id, provider_id, valid_from),
  constraint payee_accounts_book_id_confirmed_person_fkey FOREIGN KEY (book_id, confirmed_person) REFERENCES persons(book_id, person_id),
  constraint payee_accounts_book_id_dismissed_person_fkey FOREIGN KEY (book_id, dismissed_person) REFERENCES persons(book_id, person_id),
  constraint payee_accounts_book_id_ended_person_fkey FOREIGN KEY (book_id, ended_person) REFERENCES persons(book_id, person_id),
  constraint payee_accounts_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint payee_accounts_book_id_objected_person_fkey FOREIGN KEY (book_id, objected_person) REFERENCES persons(book_id, person_id),
  constraint payee_accounts_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint payee_accounts_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint payee_accounts_book_id_wait_id_fkey FOREIGN KEY (book_id, wait_id) REFERENCES payee_account_waits(book_id, wait_id),
  constraint payee_accounts_account_fingerprint_check CHECK ((account_fingerprint ~ '^[0-9a-f]{64}$'::text)),
  constraint payee_accounts_account_no_last4_check CHECK ((account_no_last4 ~ '^\d{4}$'::text)),
  constraint payee_accounts_bank_code_check CHECK ((bank_code ~ '^\d{12}$'::text)),
  constraint payee_accounts_bank_name_check CHECK (((length(bank_name) >= 1) AND (length(bank_name) <= 200))),
  constraint payee_accounts_confirmed CHECK (((num_nonnulls(confirmed_person, confirmed_on, former_holds, wait_id, waited_days) = ANY (ARRAY[0, 5])) AND ((how <> 'CHANGE'::text) OR (status <> 'CONFIRMED'::text) OR (confirmed_person IS NOT NULL)))),
  constraint payee_accounts_end_reason_check CHECK (((length(end_reason) >= 1) AND (length(end_reason) <= 500))),
  constraint payee_accounts_ended CHECK (((num_nonnulls(ended_person, ended_on, end_reason) = ANY (ARRAY[0, 3])) AND ((status = ANY (ARRAY['WITHDRAWN'::text, 'REJECTED'::text])) = (ended_person IS NOT NULL)))),
  constraint payee_accounts_four_eyes CHECK (((status <> 'CONFIRMED'::text) OR ((confirmed_person <> proposed_person) AND (confirmed_person <> dismissed_person)))),
  constraint payee_accounts_holder_name_check CHECK (((length(holder_name) >= 1) AND (length(holder_name) <= 200))),
  constraint payee_accounts_how_check CHECK ((how = ANY (ARRAY['FIRST'::text, 'CHANGE'::text, 'BEFORE'::text]))),
  constraint payee_accounts_objected CHECK (((num_nonnulls(objected_person, objected_on, objection_reason) = ANY (ARRAY[0, 3])) AND ((status <> 'OBJECTED'::text) OR (objected_person IS NOT NULL)))),
  constraint payee_accounts_objection_reason_check CHECK (((length(objection_reason) >= 1) AND (length(objection_reason) <= 500))),
  constraint payee_accounts_one_holder CHECK ((num_nonnulls(provider_id, enterprise_id) = 1)),
  constraint payee_accounts_only_changes CHECK (((how = 'CHANGE'::text) OR ((status = 'CONFIRMED'::text) AND (usable_from = valid_from) AND (confirmed_person IS NULL)))),
  constraint payee_accounts_proposed CHECK (((how = 'BEFORE'::text) = (proposed_person IS NULL))),
  constraint payee_accounts_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'CONFIRMED'::text, 'OBJECTED'::text, 'WITHDRAWN'::text, 'REJECTED'::text]))),
  constraint payee_accounts_usable CHECK ((((status = 'CONFIRMED'::text) = (usable_from IS NOT NULL)) AND (usable_from >= valid_from))),
  constraint payee_accounts_waited CHECK (((how <> 'CHANGE'::text) OR (status <> 'CONFIRMED'::text) OR (usable_from > (confirmed_on + waited_days))))
);
alter table payee_accounts enable row level security;
alter table payee_accounts force row level security;
CREATE UNIQUE INDEX payee_accounts_open_of_enterprise ON public.payee_accounts USING btree (book_id, enterprise_id) WHERE (status = ANY (ARRAY['PROPOSED'::text, 'OBJECTED'::text]));
CREATE UNIQUE INDEX payee_accounts_open_of_provider ON public.payee_accounts USING btree (book_id, provider_id) WHERE (status = ANY (ARRAY['PROPOSED'::text, 'OBJECTED'::text]));
CREATE INDEX payee_accounts_status ON public.payee_accounts USING btree (book_id, status, payee_account_id);
create policy of_book on payee_accounts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on payee_accounts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on payee_accounts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER payee_accounts_in_lane BEFORE INSERT OR UPDATE ON public.payee_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payee_accounts_leave_in_lane BEFORE DELETE ON public.payee_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payee_accounts_one_person BEFORE UPDATE ON public.payee_accounts FOR EACH ROW WHEN (((new.confirmed_person IS DISTINCT FROM old.confirmed_person) OR (new.dismissed_person IS DISTINCT FROM old.dismissed_person))) EXECUTE FUNCTION refuse_same_person('confirmed_person proposed_person dismissed_person @CONFIRMED', 'dismissed_person proposed_person');
CREATE TRIGGER payee_accounts_steps BEFORE INSERT OR UPDATE ON public.payee_accounts FOR EACH ROW EXECUTE FUNCTION refuse_account_step();
grant insert, select, update (account_no_sealed, status, usable_from, confirmed_person, confirmed_on, former_holds, wait_id, waited_days, objected_person, objected_on, objection_reason, dismissed_person, ended_person, ended_on, end_reason) on payee_accounts to voucher_app;
grant select (book_id, payee_account_id, provider_id, holder_name, bank_name, bank_code, account_no_last4, valid_from, recorded_at, enterprise_id, how, status, usable_from, proposed_person, confirmed_person, confirmed_on, former_holds, wait_id, waited_days, objected_person, objected_on, objection_reason, dismissed_person, ended_person, ended_on, end_reason) on payee_accounts to voucher_reader;

-- owner voucher_owner
create table payment_file_lines (
  book_id uuid not null,
  payment_file_line_id uuid not null,
  payment_file_id uuid not null,
  line_no integer not null,
  instruction_id uuid not null,
  amount_fen bigint not null,
  constraint payment_file_lines_pkey PRIMARY KEY (book_id, payment_file_line_id),
  constraint payment_file_lines_book_id_payment_file_id_line_no_key UNIQUE (book_id, payment_file_id, line_no),
  constraint payment_file_lines_once UNIQUE (book_id, instruction_id),
  constraint payment_file_lines_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint payment_file_lines_book_id_instruction_id_fkey FOREIGN KEY (book_id, instruction_id) REFERENCES payment_instructions(book_id, instruction_id),
  constraint payment_file_lines_book_id_payment_file_id_fkey FOREIGN KEY (book_id, payment_file_id) REFERENCES payment_files(book_id, payment_file_id),
  constraint payment_file_lines_amount_fen_check CHECK ((amount_fen > 0)),
  constraint payment_file_lines_line_no_check CHECK ((line_no >= 1))
);
alter table payment_file_lines enable row level security;
alter table payment_file_lines force row level security;
create policy of_book on payment_file_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on payment_file_lines as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on payment_file_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER payment_file_lines_append_only BEFORE DELETE OR UPDATE ON public.payment_file_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_file_lines_in_lane BEFORE INSERT OR UPDATE ON public.payment_file_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payment_file_lines_leave_in_lane BEFORE DELETE ON public.payment_file_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payment_file_lines_no_truncate BEFORE TRUNCATE ON public.payment_file_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER payment_file_lines_to_pay AFTER INSERT ON public.payment_file_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_other_payment();
grant insert, select on payment_file_lines to voucher_app;
grant select on payment_file_lines to voucher_reader;

-- owner voucher_owner
create table payment_files (
  book_id uuid not null,
  payment_file_id uuid not null,
  settlement_id uuid not null,
  file_no integer not null,
  bank_format text not null,
  mapping jsonb not null,
  line_count integer not null,
  total_fen bigint not null,
  content_digest text not null,
  made_person uuid not null,
  made_on date not null,
  recorded_at timestamp with time zone not null,
  constraint payment_files_pkey PRIMARY KEY (book_id, payment_file_id),
  constraint payment_files_book_id_settlement_id_file_no_key UNIQUE (book_id, settlement_id, file_no),
  constraint payment_files_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint payment_files_book_id_made_person_fkey FOREIGN KEY (book_id, made_person) REFERENCES persons(book_id, person_id),
  constraint payment_files_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint payment_files_bank_format_check CHECK ((bank_format ~ '^[a-z][a-z0-9-]{0,59}$'::text)),
  constraint payment_files_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint payment_files_file_no_check CHECK ((file_no >= 1)),
  constraint payment_files_line_count_check CHECK ((line_count >= 1)),
  constraint payment_files_mapping_check CHECK ((jsonb_typeof(mapping) = 'object'::text)),
  constraint payment_files_total_fen_check CHECK ((total_fen > 0))
);
alter table payment_files enable row level security;
alter table payment_files force row level security;
CREATE INDEX payment_files_settlement ON public.payment_files USING btree (book_id, settlement_id, payment_file_id);
create policy of_book on payment_files as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on payment_files as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on payment_files as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER payment_files_append_only BEFORE DELETE OR UPDATE ON public.payment_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_files_in_lane BEFORE INSERT OR UPDATE ON public.payment_files FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payment_files_leave_in_lane BEFORE DELETE ON public.payment_files FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payment_files_no_truncate BEFORE TRUNCATE ON public.payment_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on payment_files to voucher_app;
grant select on payment_files to voucher_reader;

-- owner voucher_owner
create table payment_instructions (
  book_id uuid not null,
  instruction_id uuid not null,
  instruction_no text not null,
  settlement_id uuid not null,
  payee_id uuid not null,
  fund text not null,
  funder text not null,
  attempt integer not null,
  amount_fen bigint not null,
  payee_account_id uuid not null,
  status text not null,
  return_reason text,
  instructed_on date not null,
  reinstructed boolean not null default false,
  paid_fen bigint not null default 0,
  returned_fen bigint not null default 0,
  constraint payment_instructions_pkey PRIMARY KEY (book_id, instruction_id),
  constraint payment_instructions_book_id_instruction_no_key UNIQUE (book_id, instruction_no),
  constraint payment_instructions_book_id_settlement_id_payee_id_fund_key UNIQUE (book_id, settlement_id, payee_id, fund, funder, attempt),
  constraint payment_instructions_book_id_payee_account_id_fkey FOREIGN KEY (book_id, payee_account_id) REFERENCES payee_accounts(book_id, payee_account_id),
  constraint payment_instructions_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint payment_instructions_amount_fen_check CHECK ((amount_fen > 0)),
  constraint payment_instructions_attempt_check CHECK ((attempt >= 1)),
  constraint payment_instructions_paid_fen_check CHECK ((paid_fen >= 0)),
  constraint payment_instructions_reinstructed CHECK (((NOT reinstructed) OR (status = 'RETURNED'::text))),
  constraint payment_instructions_returned_fen_check CHECK ((returned_fen >= 0)),
  constraint payment_instructions_settled CHECK ((((paid_fen + returned_fen) <= amount_fen) AND ((status = 'PAID'::text) = (paid_fen = amount_fen)) AND ((status = 'RETURNED'::text) = ((returned_fen > 0) AND ((paid_fen + returned_fen) = amount_fen))))),
  constraint payment_instructions_status_check CHECK ((status = ANY (ARRAY['INSTRUCTED'::text, 'PAID'::text, 'RETURNED'::text])))
);
alter table payment_instructions enable row level security;
alter table payment_instructions force row level security;
CREATE INDEX payment_instructions_in_transit ON public.payment_instructions USING btree (book_id, instruction_id) WHERE (status = 'INSTRUCTED'::text);
CREATE INDEX payment_instructions_payee ON public.payment_instructions USING btree (book_id, payee_id, instruction_id);
CREATE INDEX payment_instructions_returned ON public.payment_instructions USING btree (book_id, instruction_id) WHERE ((status = 'RETURNED'::text) AND (NOT reinstructed));
CREATE INDEX payment_instructions_returned_amount ON public.payment_instructions USING btree (book_id, amount_fen, instruction_id) WHERE ((status = 'RETURNED'::text) AND (NOT reinstructed));
CREATE INDEX payment_instructions_to_correct ON public.payment_instructions USING btree (book_id, payee_id, instruction_id) WHERE ((status = 'RETURNED'::text) AND (NOT reinstructed));
create policy of_book on payment_instructions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on payment_instructions as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (payee_id = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on payment_instructions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE CONSTRAINT TRIGGER payment_instructions_account AFTER INSERT ON public.payment_instructions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_payment_elsewhere();
CREATE TRIGGER payment_instructions_in_lane BEFORE INSERT OR UPDATE ON public.payment_instructions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER payment_instructions_leave_in_lane BEFORE DELETE ON public.payment_instructions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (status, return_reason, reinstructed, paid_fen, returned_fen) on payment_instructions to voucher_app;
grant select on payment_instructions to voucher_reader;

-- owner voucher_owner
create table pending_sign_ins (
  book_id uuid not null,
  pending_hash text not null,
  invitation_id uuid not null,
  began_by text not null,
  tries integer not null default 0,
  expires_at timestamp with time zone not null,
  constraint pending_sign_ins_pkey PRIMARY KEY (book_id, pending_hash),
  constraint pending_sign_ins_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES credentials(book_id, invitation_id),
  constraint pending_sign_ins_began_by_check CHECK ((began_by = ANY (ARRAY['PASSWORD'::text, 'ISSUER'::text]))),
  constraint pending_sign_ins_pending_hash_check CHECK ((pending_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint pending_sign_ins_tries_check CHECK (((tries >= 0) AND (tries <= 5)))
);
alter table pending_sign_ins enable row level security;
alter table pending_sign_ins force row level security;
CREATE INDEX pending_sign_ins_over ON public.pending_sign_ins USING btree (book_id, expires_at);
create policy of_book on pending_sign_ins as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on pending_sign_ins as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (tries) on pending_sign_ins to voucher_app;

-- owner voucher_owner
create table person_identities (
  book_id uuid not null,
  identity_id uuid not null,
  person_id uuid not null,
  kind text not null,
  sealed text not null,
  fingerprint text not null,
  recorded_at timestamp with time zone not null,
  constraint person_identities_pkey PRIMARY KEY (book_id, identity_id),
  constraint person_identities_one_person UNIQUE (book_id, kind, fingerprint),
  constraint person_identities_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint person_identities_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text)),
  constraint person_identities_kind_check CHECK ((kind = ANY (ARRAY['RESIDENT_ID'::text, 'OIDC_SUBJECT'::text])))
);
alter table person_identities enable row level security;
alter table person_identities force row level security;
CREATE INDEX person_identities_person ON public.person_identities USING btree (book_id, person_id);
create policy of_book on person_identities as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on person_identities as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on person_identities as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER person_identities_in_lane BEFORE INSERT OR UPDATE ON public.person_identities FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER person_identities_leave_in_lane BEFORE DELETE ON public.person_identities FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (sealed) on person_identities to voucher_app;
grant select (book_id, identity_id, person_id, kind, recorded_at) on person_identities to voucher_reader;

-- owner voucher_owner
create table person_merges (
  book_id uuid not null,
  merge_id uuid not null,
  person_id uuid not null,
  other_person_id uuid not null,
  reason text not null,
  digest text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  recorded_at timestamp with time zone not null,
  constraint person_merges_pkey PRIMARY KEY (book_id, merge_id),
  constraint person_merges_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint person_merges_book_id_other_person_id_fkey FOREIGN KEY (book_id, other_person_id) REFERENCES persons(book_id, person_id),
  constraint person_merges_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint person_merges_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint person_merges_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint person_merges_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint person_merges_four_eyes CHECK (((status <> 'APPROVED'::text) OR ((decided_person <> proposed_person) AND (proposed_person <> person_id) AND (proposed_person <> other_person_id) AND (decided_person <> person_id) AND (decided_person <> other_person_id)))),
  constraint person_merges_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint person_merges_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'WITHDRAWN'::text]))),
  constraint person_merges_two CHECK ((person_id <> other_person_id))
);
alter table person_merges enable row level security;
alter table person_merges force row level security;
CREATE UNIQUE INDEX person_merges_open ON public.person_merges USING btree (book_id, other_person_id) WHERE (status = 'PROPOSED'::text);
create policy of_book on person_merges as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on person_merges as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER person_merges_in_lane BEFORE INSERT OR UPDATE ON public.person_merges FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER person_merges_leave_in_lane BEFORE DELETE ON public.person_merges FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER person_merges_one_person BEFORE UPDATE ON public.person_merges FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person person_id other_person_id @APPROVED');
grant insert, select, update (status, decided_person, decided_on) on person_merges to voucher_app;
grant select on person_merges to voucher_reader;

-- owner voucher_owner
create table persons (
  book_id uuid not null,
  person_id uuid not null,
  name text not null,
  recorded_at timestamp with time zone not null,
  same_as uuid,
  constraint persons_pkey PRIMARY KEY (book_id, person_id),
  constraint persons_book_id_same_as_fkey FOREIGN KEY (book_id, same_as) REFERENCES persons(book_id, person_id),
  constraint persons_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint persons_same_as_another CHECK ((same_as <> person_id))
);
alter table persons enable row level security;
alter table persons force row level security;
CREATE INDEX persons_same_as ON public.persons USING btree (book_id, same_as) WHERE (same_as IS NOT NULL);
create policy of_book on persons as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on persons as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER persons_in_lane BEFORE INSERT OR UPDATE ON public.persons FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER persons_leave_in_lane BEFORE DELETE ON public.persons FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (same_as) on persons to voucher_app;
grant select on persons to voucher_reader;

-- owner voucher_owner
create table posting_kinds (
  posting text not null,
  debit_kind text not null,
  credit_kind text not null,
  between_funds boolean not null default false,
  constraint posting_kinds_pkey PRIMARY KEY (posting, debit_kind, credit_kind),
  constraint posting_kinds_credit_kind_fkey FOREIGN KEY (credit_kind) REFERENCES account_kinds(kind),
  constraint posting_kinds_debit_kind_fkey FOREIGN KEY (debit_kind) REFERENCES account_kinds(kind)
);
grant select on posting_kinds to voucher_app;
grant select on posting_kinds to voucher_reader;

-- owner voucher_owner
create table programme_versions (
  book_id uuid not null,
  programme_version_id uuid not null,
  programme_code text not null,
  version integer not null,
  name text not null,
  legal_status text not null,
  status text not null,
  document text not null,
  digest text not null,
  in_force_from date,
  in_force_to date,
  published_by uuid not null,
  activated_by uuid,
  recorded_at timestamp with time zone not null,
  activated_at timestamp with time zone,
  kind text not null,
  repealed_by uuid,
  repealed_at timestamp with time zone,
  repealing_document text,
  repeal_id uuid,
  two_approvers_above jsonb,
  constraint programme_versions_pkey PRIMARY KEY (book_id, programme_version_id),
  constraint programme_versions_book_id_programme_code_version_key UNIQUE (book_id, programme_code, version),
  constraint programme_versions_book_id_activated_by_fkey FOREIGN KEY (book_id, activated_by) REFERENCES persons(book_id, person_id),
  constraint programme_versions_book_id_published_by_fkey FOREIGN KEY (book_id, published_by) REFERENCES persons(book_id, person_id),
  constraint programme_versions_book_id_repealed_by_fkey FOREIGN KEY (book_id, repealed_by) REFERENCES persons(book_id, person_id),
  constraint programme_versions_active CHECK (((status <> 'PUBLISHED'::text) = ((activated_by IS NOT NULL) AND (activated_at IS NOT NULL)))),
  constraint programme_versions_check CHECK ((in_force_to >= in_force_from)),
  constraint programme_versions_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
  constraint programme_versions_four_eyes CHECK ((activated_by <> published_by)),
  constraint programme_versions_in_force CHECK (((status = 'PUBLISHED'::text) OR (in_force_from IS NOT NULL))),
  constraint programme_versions_kind_check CHECK ((kind = ANY (ARRAY['PROGRAMME'::text, 'GENERAL_CONTROLS'::text]))),
  constraint programme_versions_legal_status_check CHECK ((legal_status = ANY (ARRAY['DRAFT'::text, 'ENACTED'::text, 'REPEALED'::text]))),
  constraint programme_versions_programme_code_check CHECK ((programme_code ~ '^[a-z][a-z0-9-]{1,40}$'::text)),
  constraint programme_versions_repeal_four_eyes CHECK ((repealed_by <> activated_by)),
  constraint programme_versions_repealed CHECK ((((status = 'REPEALED'::text) = ((repealed_by IS NOT NULL) AND (repealed_at IS NOT NULL) AND (repealing_document IS NOT NULL) AND (repeal_id IS NOT NULL))) AND (num_nulls(repealed_by, repealed_at, repealing_document, repeal_id) = ANY (ARRAY[0, 4])) AND ((status <> 'REPEALED'::text) OR (in_force_to IS NOT NULL)))),
  constraint programme_versions_repealing_document_check CHECK (((length(repealing_document) >= 1) AND (length(repealing_document) <= 100))),
  constraint programme_versions_status_check CHECK ((status = ANY (ARRAY['PUBLISHED'::text, 'ACTIVE'::text, 'REPEALED'::text]))),
  constraint programme_versions_two_approvers_above_check CHECK ((jsonb_typeof(two_approvers_above) = 'array'::text)),
  constraint programme_versions_version_check CHECK ((version >= 1))
);
alter table programme_versions enable row level security;
alter table programme_versions force row level security;
CREATE INDEX programme_versions_code ON public.programme_versions USING btree (book_id, programme_code, programme_version_id);
CREATE INDEX programme_versions_kind ON public.programme_versions USING btree (book_id, kind);
create policy of_book on programme_versions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on programme_versions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE CONSTRAINT TRIGGER programme_versions_come_back AFTER UPDATE ON public.programme_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.status = 'REPEALED'::text) AND (new.status = 'ACTIVE'::text))) EXECUTE FUNCTION refuse_uncorrected_repeal();
CREATE TRIGGER programme_versions_in_lane BEFORE INSERT OR UPDATE ON public.programme_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER programme_versions_leave_in_lane BEFORE DELETE ON public.programme_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER programme_versions_one_person BEFORE UPDATE ON public.programme_versions FOR EACH ROW WHEN (((new.activated_by IS DISTINCT FROM old.activated_by) OR (new.repealed_by IS DISTINCT FROM old.repealed_by))) EXECUTE FUNCTION refuse_same_person('activated_by published_by', 'repealed_by activated_by');
CREATE TRIGGER programme_versions_stay BEFORE UPDATE ON public.programme_versions FOR EACH ROW WHEN ((((old.status = 'REPEALED'::text) AND (new.status <> 'ACTIVE'::text)) OR ((old.status = 'ACTIVE'::text) AND (new.status <> 'REPEALED'::text)) OR ((new.in_force_to IS DISTINCT FROM old.in_force_to) AND (((old.status <> 'ACTIVE'::text) OR (new.status <> 'REPEALED'::text)) AND ((old.status <> 'REPEALED'::text) OR (new.status <> 'ACTIVE'::text)))))) EXECUTE FUNCTION refuse_other_law();
grant insert, select, update (status, in_force_to, activated_by, activated_at, repealed_by, repealed_at, repealing_document, repeal_id) on programme_versions to voucher_app;
grant select on programme_versions to voucher_reader;

-- owner voucher_owner
create table providers (
  book_id uuid not null,
  provider_id uuid not null,
  uscc text not null,
  legal_person_uscc text not null,
  name text not null,
  recorded_at timestamp with time zone not null,
  closed_on date,
  successor_uscc text,
  acting_uscc text not null,
  constraint providers_pkey PRIMARY KEY (book_id, provider_id),
  constraint providers_book_id_uscc_key UNIQUE (book_id, uscc),
  constraint providers_acting CHECK (((successor_uscc IS NOT NULL) OR (acting_uscc = legal_person_uscc))),
  constraint providers_check CHECK (((successor_uscc IS NULL) OR (closed_on IS NOT NULL))),
  constraint providers_legal_person_uscc_check CHECK ((legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint providers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint providers_uscc_check CHECK ((uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text))
);
alter table providers enable row level security;
alter table providers force row level security;
CREATE INDEX providers_acting_uscc ON public.providers USING btree (book_id, acting_uscc, provider_id);
CREATE INDEX providers_legal_person ON public.providers USING btree (book_id, legal_person_uscc);
create policy of_book on providers as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on providers as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER providers_in_lane BEFORE INSERT OR UPDATE ON public.providers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER providers_leave_in_lane BEFORE DELETE ON public.providers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (name, closed_on, successor_uscc, acting_uscc) on providers to voucher_app;
grant select on providers to voucher_reader;

-- owner voucher_owner
create table public_notices (
  book_id uuid not null,
  notice_id uuid not null,
  notice_no text not null,
  title text not null,
  first_day date not null,
  last_day date not null,
  working_days integer not null,
  line_count integer not null,
  total_fen bigint not null,
  content_digest text not null,
  published_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint public_notices_pkey PRIMARY KEY (book_id, notice_id),
  constraint public_notices_book_id_notice_no_key UNIQUE (book_id, notice_no),
  constraint public_notices_book_id_published_person_fkey FOREIGN KEY (book_id, published_person) REFERENCES persons(book_id, person_id),
  constraint public_notices_check CHECK ((last_day > first_day)),
  constraint public_notices_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint public_notices_line_count_check CHECK ((line_count >= 1)),
  constraint public_notices_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  constraint public_notices_total_fen_check CHECK ((total_fen > 0)),
  constraint public_notices_working_days_check CHECK ((working_days >= 1))
);
alter table public_notices enable row level security;
alter table public_notices force row level security;
create policy of_book on public_notices as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on public_notices as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER public_notices_in_lane BEFORE INSERT OR UPDATE ON public.public_notices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER public_notices_leave_in_lane BEFORE DELETE ON public.public_notices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on public_notices to voucher_app;
grant select on public_notices to voucher_reader;

-- owner voucher_owner
create table reconciliation_exceptions (
  book_id uuid not null,
  exception_id uuid not null,
  kind text not null,
  subject text not null,
  amount_fen bigint not null,
  since date not null,
  opened_on date not null,
  opened_person uuid,
  note text,
  owner_person uuid,
  status text not null,
  explanation text,
  explained_person uuid,
  explained_on date,
  resolution text,
  closed_person uuid,
  closed_on date,
  recorded_at timestamp with time zone not null,
  constraint reconciliation_exceptions_pkey PRIMARY KEY (book_id, exception_id),
  constraint reconciliation_exceptions_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint reconciliation_exceptions_book_id_owner_person_fkey FOREIGN KEY (book_id, owner_person) REFERENCES persons(book_id, person_id),
  constraint reconciliation_exceptions_amount_fen_check CHECK ((amount_fen >= 0)),
  constraint reconciliation_exceptions_closed CHECK ((((status = 'CLOSED'::text) = (closed_on IS NOT NULL)) AND ((closed_person IS NULL) OR (resolution IS NOT NULL)) AND ((resolution IS NULL) OR (closed_person IS NOT NULL)))),
  constraint reconciliation_exceptions_explained CHECK (((num_nonnulls(explanation, explained_person, explained_on) = ANY (ARRAY[0, 3])) AND ((status <> 'EXPLAINED'::text) OR (explanation IS NOT NULL)))),
  constraint reconciliation_exceptions_explanation_check CHECK (((length(explanation) >= 1) AND (length(explanation) <= 500))),
  constraint reconciliation_exceptions_kind_check CHECK ((kind = ANY (ARRAY['UNMATCHED_LINE'::text, 'IN_TRANSIT'::text, 'PAYMENT_RETURNED'::text, 'RESERVED'::text, 'UNMATCHED_BUDGET'::text, 'FILE_CUT'::text, 'BALANCE_GAP'::text, 'OTHER'::text]))),
  constraint reconciliation_exceptions_note_check CHECK (((length(note) >= 1) AND (length(note) <= 500))),
  constraint reconciliation_exceptions_noted CHECK ((((kind = 'OTHER'::text) = (opened_person IS NOT NULL)) AND ((kind = 'OTHER'::text) = (note IS NOT NULL)))),
  constraint reconciliation_exceptions_owned CHECK (((status <> 'EXPLAINED'::text) OR (owner_person IS NOT NULL))),
  constraint reconciliation_exceptions_resolution_check CHECK (((length(resolution) >= 1) AND (length(resolution) <= 500))),
  constraint reconciliation_exceptions_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'EXPLAINED'::text, 'CLOSED'::text]))),
  constraint reconciliation_exceptions_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 200)))
);
alter table reconciliation_exceptions enable row level security;
alter table reconciliation_exceptions force row level security;
CREATE INDEX reconciliation_exceptions_amount ON public.reconciliation_exceptions USING btree (book_id, status, amount_fen, exception_id);
CREATE INDEX reconciliation_exceptions_kind ON public.reconciliation_exceptions USING btree (book_id, status, kind, exception_id);
CREATE INDEX reconciliation_exceptions_kind_owner ON public.reconciliation_exceptions USING btree (book_id, status, kind, owner_person, exception_id);
CREATE UNIQUE INDEX reconciliation_exceptions_one ON public.reconciliation_exceptions USING btree (book_id, kind, subject) WHERE ((status <> 'CLOSED'::text) AND (kind <> 'OTHER'::text));
CREATE INDEX reconciliation_exceptions_owner ON public.reconciliation_exceptions USING btree (book_id, status, owner_person, exception_id);
CREATE INDEX reconciliation_exceptions_status ON public.reconciliation_exceptions USING btree (book_id, status, exception_id);
CREATE INDEX reconciliation_exceptions_subject ON public.reconciliation_exceptions USING btree (book_id, kind, subject, exception_id);
create policy of_book on reconciliation_exceptions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on reconciliation_exceptions as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on reconciliation_exceptions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reconciliation_exceptions_in_lane BEFORE INSERT OR UPDATE ON public.reconciliation_exceptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reconciliation_exceptions_leave_in_lane BEFORE DELETE ON public.reconciliation_exceptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (amount_fen, owner_person, status, explanation, explained_person, explained_on, resolution, closed_person, closed_on) on reconciliation_exceptions to voucher_app;
grant select on reconciliation_exceptions to voucher_reader;

-- owner voucher_owner
create table reconciliation_looks (
  book_id uuid not null,
  looked_on date not null,
  constraint reconciliation_looks_pkey PRIMARY KEY (book_id, looked_on),
  constraint reconciliation_looks_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id)
);
alter table reconciliation_looks enable row level security;
alter table reconciliation_looks force row level security;
create policy of_book on reconciliation_looks as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on reconciliation_looks as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on reconciliation_looks as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant insert, select on reconciliation_looks to voucher_app;
grant select on reconciliation_looks to voucher_reader;

-- owner voucher_owner
create table recoveries (
  book_id uuid not null,
  recovery_id uuid not null,
  recovery_no text not null,
  cause text not null,
  correction_id uuid,
  debtor_id uuid not null,
  fund text not null,
  programme_code text not null,
  contract_id uuid,
  voucher_id uuid,
  amount_fen bigint not null,
  received_fen bigint not null default 0,
  at_fault boolean not null,
  status text not null,
  reason text not null,
  document_no text,
  proposed_person uuid,
  opened_person uuid,
  opened_on date,
  served_on date,
  due_on date,
  appeal_reason text,
  appeal_person uuid,
  appeal_decided_by uuid,
  appeal_decision text,
  write_off_reason text,
  write_off_asked_by uuid,
  ended_person uuid,
  ended_on date,
  recorded_at timestamp with time zone not null,
  clause_id text,
  reimbursement_id uuid,
  formerly jsonb not null default '[]'::jsonb,
  constraint recoveries_pkey PRIMARY KEY (book_id, recovery_id),
  constraint recoveries_book_id_recovery_no_key UNIQUE (book_id, recovery_no),
  constraint recoveries_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint recoveries_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint recoveries_book_id_voucher_id_fkey FOREIGN KEY (book_id, voucher_id) REFERENCES vouchers(book_id, voucher_id),
  constraint recoveries_amount_fen_check CHECK ((amount_fen >= 0)),
  constraint recoveries_appeal_decision_check CHECK (((length(appeal_decision) >= 1) AND (length(appeal_decision) <= 500))),
  constraint recoveries_appeal_reason_check CHECK (((length(appeal_reason) >= 1) AND (length(appeal_reason) <= 500))),
  constraint recoveries_cause_check CHECK ((cause = ANY (ARRAY['CONTRACT_CUT'::text, 'CONTRACT_VOIDED'::text, 'RED_LETTER'::text, 'FRAUD'::text, 'CLAUSE'::text]))),
  constraint recoveries_check CHECK (((received_fen >= 0) AND (received_fen <= amount_fen))),
  constraint recoveries_clause CHECK (((cause = 'CLAUSE'::text) = (clause_id IS NOT NULL))),
  constraint recoveries_clause_id_check CHECK (((length(clause_id) >= 1) AND (length(clause_id) <= 100))),
  constraint recoveries_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint recoveries_formerly_check CHECK ((jsonb_typeof(formerly) = 'array'::text)),
  constraint recoveries_of_one CHECK (((num_nonnulls(contract_id, reimbursement_id) = 1) AND ((reimbursement_id IS NULL) OR (voucher_id IS NULL)))),
  constraint recoveries_opened CHECK ((((status = ANY (ARRAY['PROPOSED'::text, 'DROPPED'::text])) = (opened_on IS NULL)) AND ((opened_on IS NULL) OR (amount_fen > 0) OR ((reimbursement_id IS NOT NULL) AND (status = 'RECOVERED'::text))) AND ((correction_id IS NULL) = (opened_on IS NULL)))),
  constraint recoveries_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint recoveries_received CHECK (
CASE
    WHEN (status = ANY (ARRAY['RECOVERED'::text, 'OFFSET'::text])) THEN (received_fen = amount_fen)
    WHEN (status = 'PARTLY_RECOVERED'::text) THEN ((received_fen > 0) AND (received_fen < amount_fen))
    ELSE true
END),
  constraint recoveries_served CHECK (((status = ANY (ARRAY['PROPOSED'::text, 'DROPPED'::text, 'OPENED'::text, 'RECOVERED'::text, 'PARTLY_RECOVERED'::text])) OR (num_nonnulls(served_on, due_on, document_no) = 3))),
  constraint recoveries_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'OPENED'::text, 'SERVED'::text, 'APPEALED'::text, 'DUE'::text, 'PARTLY_RECOVERED'::text, 'RECOVERED'::text, 'OFFSET'::text, 'REFERRED'::text, 'WRITTEN_OFF'::text, 'WITHDRAWN'::text, 'DROPPED'::text]))),
  constraint recoveries_two_persons CHECK (((opened_person <> proposed_person) AND ((status <> 'WRITTEN_OFF'::text) OR (ended_person <> write_off_asked_by)))),
  constraint recoveries_write_off_reason_check CHECK (((length(write_off_reason) >= 1) AND (length(write_off_reason) <= 500))),
  constraint recoveries_written_off CHECK (((status <> 'WRITTEN_OFF'::text) OR (num_nonnulls(write_off_reason, write_off_asked_by, ended_person) = 3)))
);
alter table recoveries enable row level security;
alter table recoveries force row level security;
CREATE INDEX recoveries_amount ON public.recoveries USING btree (book_id, status, ((amount_fen - received_fen)), recovery_id);
CREATE INDEX recoveries_by_due ON public.recoveries USING btree (book_id, status, (
CASE
    WHEN (due_on IS NULL) THEN 'infinity'::date
    ELSE due_on
END), recovery_id);
CREATE INDEX recoveries_debtor ON public.recoveries USING btree (book_id, debtor_id, status, recovery_id);
CREATE INDEX recoveries_due ON public.recoveries USING btree (book_id, due_on, recovery_id) WHERE (status = 'SERVED'::text);
CREATE INDEX recoveries_reimbursement ON public.recoveries USING btree (book_id, reimbursement_id, recovery_id) WHERE (reimbursement_id IS NOT NULL);
CREATE INDEX recoveries_status ON public.recoveries USING btree (book_id, status, recovery_id);
create policy of_book on recoveries as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on recoveries as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (debtor_id = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on recoveries as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER recoveries_in_lane BEFORE INSERT OR UPDATE ON public.recoveries FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recoveries_leave_in_lane BEFORE DELETE ON public.recoveries FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recoveries_one_person BEFORE UPDATE ON public.recoveries FOR EACH ROW WHEN (((new.opened_person IS DISTINCT FROM old.opened_person) OR (new.appeal_decided_by IS DISTINCT FROM old.appeal_decided_by) OR (new.ended_person IS DISTINCT FROM old.ended_person))) EXECUTE FUNCTION refuse_same_person('opened_person proposed_person', 'appeal_decided_by opened_person', 'ended_person write_off_asked_by @WRITTEN_OFF');
grant insert, select, update (correction_id, debtor_id, amount_fen, received_fen, status, document_no, opened_person, opened_on, served_on, due_on, appeal_reason, appeal_person, appeal_decided_by, appeal_decision, write_off_reason, write_off_asked_by, ended_person, ended_on, formerly) on recoveries to voucher_app;
grant select on recoveries to voucher_reader;

-- owner voucher_owner
create table recovery_codes (
  book_id uuid not null,
  invitation_id uuid not null,
  code_hash text not null,
  used_at timestamp with time zone,
  constraint recovery_codes_pkey PRIMARY KEY (book_id, invitation_id, code_hash),
  constraint recovery_codes_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES credentials(book_id, invitation_id),
  constraint recovery_codes_code_hash_check CHECK ((code_hash ~ '^[0-9a-f]{64}$'::text))
);
alter table recovery_codes enable row level security;
alter table recovery_codes force row level security;
create policy of_book on recovery_codes as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on recovery_codes as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (used_at) on recovery_codes to voucher_app;

-- owner voucher_owner
create table recovery_items (
  book_id uuid not null,
  recovery_item_id uuid not null,
  recovery_id uuid not null,
  redemption_id uuid,
  amount_fen bigint not null,
  restored_fen bigint not null,
  reimbursement_id uuid,
  constraint recovery_items_pkey PRIMARY KEY (book_id, recovery_item_id),
  constraint recovery_items_book_id_recovery_id_redemption_id_key UNIQUE (book_id, recovery_id, redemption_id),
  constraint recovery_items_book_id_recovery_id_reimbursement_id_key UNIQUE (book_id, recovery_id, reimbursement_id),
  constraint recovery_items_book_id_recovery_id_fkey FOREIGN KEY (book_id, recovery_id) REFERENCES recoveries(book_id, recovery_id),
  constraint recovery_items_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint recovery_items_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint recovery_items_amount_fen_check CHECK ((amount_fen > 0)),
  constraint recovery_items_check CHECK (((restored_fen >= 0) AND (restored_fen <= amount_fen))),
  constraint recovery_items_of_one CHECK ((num_nonnulls(redemption_id, reimbursement_id) = 1))
);
alter table recovery_items enable row level security;
alter table recovery_items force row level security;
CREATE INDEX recovery_items_redemption ON public.recovery_items USING btree (book_id, redemption_id);
CREATE INDEX recovery_items_reimbursement ON public.recovery_items USING btree (book_id, reimbursement_id) WHERE (reimbursement_id IS NOT NULL);
create policy of_book on recovery_items as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on recovery_items as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM recoveries r
      WHERE ((r.book_id = recovery_items.book_id) AND (r.recovery_id = recovery_items.recovery_id))
     LIMIT 1)
END);
create policy whole on recovery_items as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER recovery_items_append_only BEFORE DELETE OR UPDATE ON public.recovery_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_items_in_lane BEFORE INSERT OR UPDATE ON public.recovery_items FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_items_leave_in_lane BEFORE DELETE ON public.recovery_items FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_items_no_truncate BEFORE TRUNCATE ON public.recovery_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on recovery_items to voucher_app;
grant select on recovery_items to voucher_reader;

-- owner voucher_owner
create table recovery_offsets (
  book_id uuid not null,
  offset_id uuid not null,
  recovery_id uuid not null,
  redemption_id uuid,
  fund text not null,
  amount_fen bigint not null,
  document text not null,
  article text not null,
  reason text not null,
  status text not null,
  parts jsonb not null default '[]'::jsonb,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  recorded_at timestamp with time zone not null,
  reimbursement_id uuid,
  constraint recovery_offsets_pkey PRIMARY KEY (book_id, offset_id),
  constraint recovery_offsets_book_id_recovery_id_fkey FOREIGN KEY (book_id, recovery_id) REFERENCES recoveries(book_id, recovery_id),
  constraint recovery_offsets_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint recovery_offsets_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint recovery_offsets_against CHECK ((num_nonnulls(redemption_id, reimbursement_id) = 1)),
  constraint recovery_offsets_amount_fen_check CHECK ((amount_fen > 0)),
  constraint recovery_offsets_article_check CHECK (((length(article) >= 1) AND (length(article) <= 100))),
  constraint recovery_offsets_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint recovery_offsets_document_check CHECK (((length(document) >= 1) AND (length(document) <= 200))),
  constraint recovery_offsets_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint recovery_offsets_parts CHECK (((status = 'APPROVED'::text) = (parts <> '[]'::jsonb))),
  constraint recovery_offsets_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint recovery_offsets_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'DROPPED'::text])))
);
alter table recovery_offsets enable row level security;
alter table recovery_offsets force row level security;
CREATE UNIQUE INDEX recovery_offsets_open ON public.recovery_offsets USING btree (book_id, recovery_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX recovery_offsets_recovery ON public.recovery_offsets USING btree (book_id, recovery_id, offset_id);
create policy of_book on recovery_offsets as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on recovery_offsets as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM recoveries r
      WHERE ((r.book_id = recovery_offsets.book_id) AND (r.recovery_id = recovery_offsets.recovery_id))
     LIMIT 1)
END);
create policy whole on recovery_offsets as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER recovery_offsets_in_lane BEFORE INSERT OR UPDATE ON public.recovery_offsets FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_offsets_leave_in_lane BEFORE DELETE ON public.recovery_offsets FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_offsets_one_person BEFORE UPDATE ON public.recovery_offsets FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, parts, decided_person, decided_on) on recovery_offsets to voucher_app;
grant select on recovery_offsets to voucher_reader;

-- owner voucher_owner
create table recovery_receipts (
  book_id uuid not null,
  receipt_id uuid not null,
  recovery_id uuid not null,
  bank_serial text not null,
  booked_on date not null,
  amount_fen bigint not null,
  person_id uuid not null,
  recorded_at timestamp with time zone not null,
  constraint recovery_receipts_pkey PRIMARY KEY (book_id, receipt_id),
  constraint recovery_receipts_book_id_bank_serial_key UNIQUE (book_id, bank_serial),
  constraint recovery_receipts_book_id_recovery_id_fkey FOREIGN KEY (book_id, recovery_id) REFERENCES recoveries(book_id, recovery_id),
  constraint recovery_receipts_amount_fen_check CHECK ((amount_fen > 0)),
  constraint recovery_receipts_bank_serial_check CHECK (((length(bank_serial) >= 1) AND (length(bank_serial) <= 64)))
);
alter table recovery_receipts enable row level security;
alter table recovery_receipts force row level security;
CREATE INDEX recovery_receipts_recovery ON public.recovery_receipts USING btree (book_id, recovery_id, receipt_id);
create policy of_book on recovery_receipts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on recovery_receipts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM recoveries r
      WHERE ((r.book_id = recovery_receipts.book_id) AND (r.recovery_id = recovery_receipts.recovery_id))
     LIMIT 1)
END);
create policy whole on recovery_receipts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER recovery_receipts_append_only BEFORE DELETE OR UPDATE ON public.recovery_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_receipts_in_lane BEFORE INSERT OR UPDATE ON public.recovery_receipts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_receipts_leave_in_lane BEFORE DELETE ON public.recovery_receipts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER recovery_receipts_no_truncate BEFORE TRUNCATE ON public.recovery_receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on recovery_receipts to voucher_app;
grant select on recovery_receipts to voucher_reader;

-- owner voucher_owner
create table red_letter_lines (
  book_id uuid not null,
  red_letter_line_id uuid not null,
  red_letter_id uuid not null,
  invoice_id uuid not null,
  invoice_line_id uuid not null,
  line_no integer not null,
  quantity numeric(18,4) not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  constraint red_letter_lines_pkey PRIMARY KEY (book_id, red_letter_line_id),
  constraint red_letter_lines_book_id_red_letter_id_line_no_key UNIQUE (book_id, red_letter_id, line_no),
  constraint red_letter_lines_book_id_invoice_line_id_fkey FOREIGN KEY (book_id, invoice_line_id) REFERENCES usage_invoice_lines(book_id, invoice_line_id),
  constraint red_letter_lines_book_id_red_letter_id_fkey FOREIGN KEY (book_id, red_letter_id) REFERENCES red_letters(book_id, red_letter_id),
  constraint red_letter_lines_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint red_letter_lines_line_no_check CHECK ((line_no >= 1)),
  constraint red_letter_lines_net_fen_check CHECK ((net_fen >= 0)),
  constraint red_letter_lines_quantity_check CHECK ((quantity >= (0)::numeric)),
  constraint red_letter_lines_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint red_letter_lines_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table red_letter_lines enable row level security;
alter table red_letter_lines force row level security;
CREATE INDEX red_letter_lines_invoice ON public.red_letter_lines USING btree (book_id, invoice_id, red_letter_line_id);
create policy of_book on red_letter_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on red_letter_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER red_letter_lines_append_only BEFORE DELETE OR UPDATE ON public.red_letter_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER red_letter_lines_in_lane BEFORE INSERT OR UPDATE ON public.red_letter_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER red_letter_lines_leave_in_lane BEFORE DELETE ON public.red_letter_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER red_letter_lines_no_truncate BEFORE TRUNCATE ON public.red_letter_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on red_letter_lines to voucher_app;
grant select on red_letter_lines to voucher_reader;

-- owner voucher_owner
create table red_letters (
  book_id uuid not null,
  red_letter_id uuid not null,
  red_letter_no text not null,
  invoice_id uuid not null,
  contract_id uuid not null,
  provider_id uuid not null,
  programme_code text,
  redemption_id uuid,
  issued_on date not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  reason text not null,
  base_fen bigint not null,
  weighted_base numeric(30,0) not null,
  cut_off_fen bigint not null,
  posted_person uuid not null,
  posted_on date not null,
  number_conflict boolean not null,
  recorded_at timestamp with time zone not null,
  constraint red_letters_pkey PRIMARY KEY (book_id, red_letter_id),
  constraint red_letters_number UNIQUE (book_id, red_letter_no, provider_id),
  constraint red_letters_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint red_letters_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint red_letters_base_fen_check CHECK ((base_fen >= 0)),
  constraint red_letters_gross_fen_check CHECK ((gross_fen > 0)),
  constraint red_letters_net_fen_check CHECK ((net_fen >= 0)),
  constraint red_letters_of_redemption CHECK ((((redemption_id IS NULL) = (programme_code IS NULL)) AND ((redemption_id IS NOT NULL) OR ((base_fen = 0) AND (weighted_base = (0)::numeric) AND (cut_off_fen = 0))))),
  constraint red_letters_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint red_letters_red_letter_no_check CHECK ((red_letter_no ~ '^\d{20}$'::text)),
  constraint red_letters_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint red_letters_vat_fen_check CHECK ((vat_fen >= 0)),
  constraint red_letters_weighted_base_check CHECK ((weighted_base >= (0)::numeric))
);
alter table red_letters enable row level security;
alter table red_letters force row level security;
CREATE INDEX red_letters_invoice ON public.red_letters USING btree (book_id, invoice_id, red_letter_id);
CREATE INDEX red_letters_redemption ON public.red_letters USING btree (book_id, redemption_id) WHERE (redemption_id IS NOT NULL);
create policy of_book on red_letters as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on red_letters as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER red_letters_append_only BEFORE DELETE OR UPDATE ON public.red_letters FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER red_letters_in_lane BEFORE INSERT OR UPDATE ON public.red_letters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER red_letters_leave_in_lane BEFORE DELETE ON public.red_letters FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER red_letters_no_truncate BEFORE TRUNCATE ON public.red_letters FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on red_letters to voucher_app;
grant select on red_letters to voucher_reader;

-- owner voucher_owner
create table redemption_reversals (
  book_id uuid not null,
  reversal_id uuid not null,
  redemption_id uuid not null,
  amount_fen bigint not null,
  reason text not null,
  evidence text,
  content_digest text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint redemption_reversals_pkey PRIMARY KEY (book_id, reversal_id),
  constraint redemption_reversals_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint redemption_reversals_amount_fen_check CHECK ((amount_fen > 0)),
  constraint redemption_reversals_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint redemption_reversals_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint redemption_reversals_evidence_check CHECK (((length(evidence) >= 1) AND (length(evidence) <= 300))),
  constraint redemption_reversals_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint redemption_reversals_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint redemption_reversals_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'DROPPED'::text])))
);
alter table redemption_reversals enable row level security;
alter table redemption_reversals force row level security;
CREATE UNIQUE INDEX redemption_reversals_one_open ON public.redemption_reversals USING btree (book_id, redemption_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX redemption_reversals_open ON public.redemption_reversals USING btree (book_id, reversal_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX redemption_reversals_open_amount ON public.redemption_reversals USING btree (book_id, amount_fen, reversal_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX redemption_reversals_redemption ON public.redemption_reversals USING btree (book_id, redemption_id, status, reversal_id);
create policy of_book on redemption_reversals as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on redemption_reversals as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM redemptions r
      WHERE ((r.book_id = redemption_reversals.book_id) AND (r.redemption_id = redemption_reversals.redemption_id))
     LIMIT 1)
END);
create policy whole on redemption_reversals as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER redemption_reversals_in_lane BEFORE INSERT OR UPDATE ON public.redemption_reversals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER redemption_reversals_leave_in_lane BEFORE DELETE ON public.redemption_reversals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER redemption_reversals_one_person BEFORE UPDATE ON public.redemption_reversals FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, decided_person, decided_on, decision_reason) on redemption_reversals to voucher_app;
grant select on redemption_reversals to voucher_reader;

-- owner voucher_owner
create table redemptions (
  book_id uuid not null,
  redemption_id uuid not null,
  redemption_no text not null,
  voucher_id uuid not null,
  invoice_id uuid not null,
  contract_id uuid not null,
  enterprise_id uuid not null,
  provider_id uuid not null,
  programme_code text not null,
  programme_version_id uuid not null,
  fund text not null,
  status text not null,
  base_fen bigint not null,
  computed_fen bigint not null,
  cut_off_fen bigint not null,
  reserved_fen bigint not null,
  approved_fen bigint not null default 0,
  reversed_fen bigint not null default 0,
  batched_fen bigint not null default 0,
  mismatches json not null,
  explanation json not null,
  submitted_on date not null,
  submitted_person uuid not null,
  decided_person uuid,
  approved_on date,
  decision_reason text,
  settlement_id uuid,
  recorded_at timestamp with time zone not null,
  weighted_base numeric(30,0),
  recalled_fen bigint not null default 0,
  restored_fen bigint not null default 0,
  offset_fen bigint not null default 0,
  constraint redemptions_pkey PRIMARY KEY (book_id, redemption_id),
  constraint redemptions_book_id_redemption_no_key UNIQUE (book_id, redemption_no),
  constraint redemptions_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint redemptions_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint redemptions_book_id_voucher_id_fkey FOREIGN KEY (book_id, voucher_id) REFERENCES vouchers(book_id, voucher_id),
  constraint redemptions_approved CHECK (((status = ANY (ARRAY['APPROVED'::text, 'REVERSED'::text])) = ((approved_on IS NOT NULL) AND (approved_fen > 0)))),
  constraint redemptions_approved_fen_check CHECK ((approved_fen >= 0)),
  constraint redemptions_approved_within_reserved CHECK ((approved_fen <= reserved_fen)),
  constraint redemptions_base_fen_check CHECK ((base_fen >= 0)),
  constraint redemptions_batched_fen_check CHECK ((batched_fen >= 0)),
  constraint redemptions_computed_fen_check CHECK ((computed_fen >= 0)),
  constraint redemptions_cut_off_fen_check CHECK ((cut_off_fen >= 0)),
  constraint redemptions_four_eyes CHECK ((decided_person <> submitted_person)),
  constraint redemptions_not_lent CHECK ((((reversed_fen + batched_fen) + offset_fen) <= approved_fen)),
  constraint redemptions_offset_fen_check CHECK ((offset_fen >= 0)),
  constraint redemptions_recalled CHECK (((recalled_fen <= (batched_fen + offset_fen)) AND (restored_fen <= recalled_fen))),
  constraint redemptions_recalled_fen_check CHECK ((recalled_fen >= 0)),
  constraint redemptions_reserved_fen_check CHECK ((reserved_fen > 0)),
  constraint redemptions_restored_fen_check CHECK ((restored_fen >= 0)),
  constraint redemptions_reversed CHECK (((status = 'REVERSED'::text) = ((reversed_fen > 0) AND (reversed_fen = approved_fen)))),
  constraint redemptions_reversed_fen_check CHECK ((reversed_fen >= 0)),
  constraint redemptions_status_check CHECK ((status = ANY (ARRAY['SUBMITTED'::text, 'APPROVED'::text, 'RETURNED'::text, 'REVERSED'::text]))),
  constraint redemptions_weighted_base_check CHECK ((weighted_base >= (0)::numeric))
);
alter table redemptions enable row level security;
alter table redemptions force row level security;
CREATE INDEX redemptions_contract ON public.redemptions USING btree (book_id, contract_id, status, redemption_id);
CREATE UNIQUE INDEX redemptions_one_live_per_invoice ON public.redemptions USING btree (book_id, invoice_id) WHERE (status <> ALL (ARRAY['RETURNED'::text, 'REVERSED'::text]));
CREATE INDEX redemptions_provider ON public.redemptions USING btree (book_id, provider_id, status, redemption_id);
CREATE INDEX redemptions_status ON public.redemptions USING btree (book_id, status, redemption_id);
CREATE INDEX redemptions_unbatched ON public.redemptions USING btree (book_id, approved_on, redemption_id) WHERE ((status = 'APPROVED'::text) AND (settlement_id IS NULL));
CREATE INDEX redemptions_voucher ON public.redemptions USING btree (book_id, voucher_id, status, redemption_id);
CREATE INDEX redemptions_waiting_amount ON public.redemptions USING btree (book_id, reserved_fen, redemption_id) WHERE ((status = 'SUBMITTED'::text) AND (reserved_fen > 0));
create policy of_book on redemptions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on redemptions as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on redemptions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER redemptions_in_lane BEFORE INSERT OR UPDATE ON public.redemptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER redemptions_leave_in_lane BEFORE DELETE ON public.redemptions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER redemptions_one_person BEFORE UPDATE ON public.redemptions FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person submitted_person');
CREATE CONSTRAINT TRIGGER redemptions_second_approval AFTER UPDATE ON public.redemptions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.status = 'APPROVED'::text) AND (old.status <> 'APPROVED'::text))) EXECUTE FUNCTION refuse_passed_approval('redemption_id', 'decided_person');
CREATE TRIGGER redemptions_two_approvers AFTER INSERT ON public.redemptions REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION refuse_verified_by_rule();
grant insert, select, update (status, cut_off_fen, approved_fen, reversed_fen, batched_fen, explanation, decided_person, approved_on, decision_reason, settlement_id, recalled_fen, restored_fen, offset_fen) on redemptions to voucher_app;
grant select on redemptions to voucher_reader;

-- owner voucher_owner
create table reimbursement_line_cuts (
  book_id uuid not null,
  line_cut_id uuid not null,
  reimbursement_id uuid not null,
  reimbursement_line_id uuid not null,
  red_letter_id uuid not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  constraint reimbursement_line_cuts_pkey PRIMARY KEY (book_id, line_cut_id),
  constraint reimbursement_line_cuts_book_id_red_letter_id_fkey FOREIGN KEY (book_id, red_letter_id) REFERENCES red_letters(book_id, red_letter_id),
  constraint reimbursement_line_cuts_book_id_reimbursement_line_id_fkey FOREIGN KEY (book_id, reimbursement_line_id) REFERENCES reimbursement_lines(book_id, reimbursement_line_id),
  constraint reimbursement_line_cuts_gross_fen_check CHECK ((gross_fen > 0)),
  constraint reimbursement_line_cuts_net_fen_check CHECK ((net_fen >= 0)),
  constraint reimbursement_line_cuts_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint reimbursement_line_cuts_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table reimbursement_line_cuts enable row level security;
alter table reimbursement_line_cuts force row level security;
CREATE UNIQUE INDEX reimbursement_line_cuts_once ON public.reimbursement_line_cuts USING btree (book_id, reimbursement_line_id, red_letter_id);
CREATE INDEX reimbursement_line_cuts_reimbursement ON public.reimbursement_line_cuts USING btree (book_id, reimbursement_id, line_cut_id);
create policy of_book on reimbursement_line_cuts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on reimbursement_line_cuts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reimbursement_line_cuts_in_lane BEFORE INSERT OR UPDATE ON public.reimbursement_line_cuts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reimbursement_line_cuts_leave_in_lane BEFORE DELETE ON public.reimbursement_line_cuts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on reimbursement_line_cuts to voucher_app;
grant select on reimbursement_line_cuts to voucher_reader;

-- owner voucher_owner
create table reimbursement_lines (
  book_id uuid not null,
  reimbursement_line_id uuid not null,
  reimbursement_id uuid not null,
  line_no integer not null,
  invoice_id uuid,
  invoice_line_id uuid,
  contract_id uuid,
  contract_line_id uuid,
  reference text not null,
  description text not null,
  counterparty_uscc text not null,
  counterparty_name text not null,
  service_item text not null,
  chip_origin text,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  used_from date not null,
  used_to date not null,
  settled_on date,
  evidence text,
  number_conflict boolean not null,
  basis_points integer,
  reason text,
  is_live boolean not null,
  model_class text,
  model_registration_no text,
  constraint reimbursement_lines_pkey PRIMARY KEY (book_id, reimbursement_line_id),
  constraint reimbursement_lines_book_id_reimbursement_id_line_no_key UNIQUE (book_id, reimbursement_id, line_no),
  constraint reimbursement_lines_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint reimbursement_lines_book_id_invoice_line_id_fkey FOREIGN KEY (book_id, invoice_line_id) REFERENCES usage_invoice_lines(book_id, invoice_line_id),
  constraint reimbursement_lines_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint reimbursement_lines_basis_points_check CHECK ((basis_points >= 0)),
  constraint reimbursement_lines_check CHECK ((used_to >= used_from)),
  constraint reimbursement_lines_chip_origin_check CHECK ((chip_origin = ANY (ARRAY['DOMESTIC'::text, 'NON_DOMESTIC'::text]))),
  constraint reimbursement_lines_counted CHECK (((num_nonnulls(basis_points, reason) = 1) AND ((reason IS NULL) OR (NOT is_live)))),
  constraint reimbursement_lines_declared CHECK (((invoice_line_id IS NULL) = (evidence IS NOT NULL))),
  constraint reimbursement_lines_description_check CHECK (((length(description) >= 1) AND (length(description) <= 300))),
  constraint reimbursement_lines_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint reimbursement_lines_line_no_check CHECK ((line_no >= 1)),
  constraint reimbursement_lines_model CHECK (((model_class IS NULL) = (model_registration_no IS NULL))),
  constraint reimbursement_lines_model_class_check CHECK (((model_class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$'::text) AND (length(model_class) <= 60))),
  constraint reimbursement_lines_model_registration_no_check CHECK (((length(model_registration_no) >= 1) AND (length(model_registration_no) <= 100))),
  constraint reimbursement_lines_net_fen_check CHECK ((net_fen >= 0)),
  constraint reimbursement_lines_of_invoice CHECK (((num_nonnulls(invoice_line_id, contract_line_id) = ANY (ARRAY[0, 2])) AND ((invoice_line_id IS NULL) OR (num_nonnulls(invoice_id, contract_id) = 2)))),
  constraint reimbursement_lines_reference_check CHECK (((length(reference) >= 1) AND (length(reference) <= 100))),
  constraint reimbursement_lines_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint reimbursement_lines_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table reimbursement_lines enable row level security;
alter table reimbursement_lines force row level security;
CREATE INDEX reimbursement_lines_contract ON public.reimbursement_lines USING btree (book_id, contract_id) WHERE (is_live AND (contract_id IS NOT NULL));
CREATE INDEX reimbursement_lines_invoice ON public.reimbursement_lines USING btree (book_id, invoice_id) WHERE (invoice_id IS NOT NULL);
CREATE UNIQUE INDEX reimbursement_lines_one_live ON public.reimbursement_lines USING btree (book_id, invoice_line_id) WHERE is_live;
CREATE UNIQUE INDEX reimbursement_lines_one_live_reference ON public.reimbursement_lines USING btree (book_id, counterparty_uscc, reference) WHERE (is_live AND (invoice_line_id IS NULL));
create policy of_book on reimbursement_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on reimbursement_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reimbursement_lines_corrected_early BEFORE UPDATE ON public.reimbursement_lines FOR EACH ROW WHEN (((((((((new.net_fen IS DISTINCT FROM old.net_fen) OR (new.vat_fen IS DISTINCT FROM old.vat_fen)) OR (new.gross_fen IS DISTINCT FROM old.gross_fen)) OR (new.reference IS DISTINCT FROM old.reference)) OR (new.counterparty_uscc IS DISTINCT FROM old.counterparty_uscc)) OR (new.counterparty_name IS DISTINCT FROM old.counterparty_name)) OR (new.contract_id IS DISTINCT FROM old.contract_id)) OR (new.number_conflict IS DISTINCT FROM old.number_conflict))) EXECUTE FUNCTION refuse_late_correction();
CREATE TRIGGER reimbursement_lines_in_lane BEFORE INSERT OR UPDATE ON public.reimbursement_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reimbursement_lines_leave_in_lane BEFORE DELETE ON public.reimbursement_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reimbursement_lines_name_one_paper BEFORE UPDATE OF invoice_id ON public.reimbursement_lines FOR EACH ROW WHEN (((new.invoice_id IS DISTINCT FROM old.invoice_id) AND ((old.invoice_id IS NOT NULL) OR (old.invoice_line_id IS NOT NULL)) AND (NOT ((new.reference IS DISTINCT FROM old.reference) OR (new.counterparty_uscc IS DISTINCT FROM old.counterparty_uscc))))) EXECUTE FUNCTION refuse_other_paper();
grant insert, select, update (invoice_id, contract_id, reference, counterparty_uscc, counterparty_name, net_fen, vat_fen, gross_fen, number_conflict, basis_points, reason, is_live) on reimbursement_lines to voucher_app;
grant select on reimbursement_lines to voucher_reader;

-- owner voucher_owner
create table reimbursements (
  book_id uuid not null,
  reimbursement_id uuid not null,
  reimbursement_no text not null,
  programme_code text not null,
  programme_version_id uuid not null,
  enterprise_id uuid not null,
  legal_person_uscc text not null,
  year integer not null,
  base_year integer not null,
  matters jsonb not null,
  control_version_ids jsonb not null,
  line_count integer not null,
  content_digest text not null,
  status text not null,
  submitted_on date not null,
  submitted_person uuid not null,
  base_fen bigint not null,
  computed_fen bigint not null,
  eligibility json,
  reviewed_person uuid,
  reviewed_fen bigint,
  score integer,
  opinion text,
  review_digest text,
  allocation_id uuid,
  fund text,
  award_fen bigint,
  approved_on date,
  decided_person uuid,
  decision_reason text,
  explanation json,
  settlement_id uuid,
  recorded_at timestamp with time zone not null,
  draft json,
  accepted_at timestamp with time zone,
  accepted_place bigint,
  accepted_person uuid,
  checked_person uuid,
  answers_digest text,
  panel_id uuid,
  scores_digest text,
  notice_days integer,
  notice_id uuid,
  notice_last_day date,
  notice_days_left integer,
  decision_article text,
  waiting_since date,
  due_on date,
  reversed_fen bigint not null default 0,
  recalled_fen bigint not null default 0,
  restored_fen bigint not null default 0,
  offset_fen bigint not null default 0,
  constraint reimbursements_pkey PRIMARY KEY (book_id, reimbursement_id),
  constraint reimbursements_book_id_reimbursement_no_key UNIQUE (book_id, reimbursement_no),
  constraint reimbursements_book_id_allocation_id_fkey FOREIGN KEY (book_id, allocation_id) REFERENCES allocations(book_id, allocation_id),
  constraint reimbursements_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint reimbursements_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint reimbursements_accepted CHECK ((((accepted_at IS NULL) = (accepted_place IS NULL)) AND ((accepted_at IS NOT NULL) OR (status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'SUPPLEMENT_REQUESTED'::text, 'REJECTED'::text, 'WITHDRAWN'::text]))))),
  constraint reimbursements_allocated CHECK (((status = ANY (ARRAY['ALLOCATED'::text, 'APPROVED'::text])) = (allocation_id IS NOT NULL))),
  constraint reimbursements_answers_digest_check CHECK ((answers_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint reimbursements_approved CHECK ((((status = 'APPROVED'::text) = (num_nonnulls(award_fen, approved_on, fund) = 3)) AND ((status = 'APPROVED'::text) OR (num_nonnulls(award_fen, approved_on, fund, settlement_id) = 0)) AND ((status = ANY (ARRAY['APPROVED'::text, 'REJECTED'::text])) = (decided_person IS NOT NULL)) AND ((status <> 'APPROVED'::text) OR (explanation IS NOT NULL)))),
  constraint reimbursements_award_fen_check CHECK ((award_fen > 0)),
  constraint reimbursements_based CHECK (
CASE
    WHEN ((draft IS NOT NULL) AND (accepted_at IS NULL) AND (line_count = 0)) THEN ((status = ANY (ARRAY['DRAFT'::text, 'WITHDRAWN'::text])) AND (base_fen = 0) AND (computed_fen = 0))
    ELSE ((line_count >= 1) AND (base_fen > 0) AND (computed_fen > 0))
END),
  constraint reimbursements_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint reimbursements_control_version_ids_check CHECK ((jsonb_typeof(control_version_ids) = 'array'::text)),
  constraint reimbursements_decision_article_check CHECK (((length(decision_article) >= 1) AND (length(decision_article) <= 200))),
  constraint reimbursements_drafted CHECK (((status = 'DRAFT'::text) <= (draft IS NOT NULL))),
  constraint reimbursements_four_eyes CHECK (((accepted_person <> submitted_person) AND (checked_person <> submitted_person) AND (checked_person <> accepted_person) AND (reviewed_person <> submitted_person) AND (decided_person <> submitted_person) AND ((status <> 'APPROVED'::text) OR ((decided_person <> reviewed_person) AND (decided_person IS DISTINCT FROM accepted_person) AND (decided_person IS DISTINCT FROM checked_person))))),
  constraint reimbursements_in_notice CHECK ((((status <> ALL (ARRAY['IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text])) OR (num_nonnulls(notice_id, notice_last_day) = 2)) AND ((status = 'OBJECTION_PENDING'::text) = (notice_days_left IS NOT NULL)))),
  constraint reimbursements_matters_check CHECK ((jsonb_typeof(matters) = 'object'::text)),
  constraint reimbursements_not_lent CHECK (((reversed_fen + offset_fen) <= COALESCE(award_fen, (0)::bigint))),
  constraint reimbursements_notice_days_check CHECK ((notice_days >= 1)),
  constraint reimbursements_notice_days_left_check CHECK ((notice_days_left >= 0)),
  constraint reimbursements_offset_fen_check CHECK ((offset_fen >= 0)),
  constraint reimbursements_recalled_fen_check CHECK ((recalled_fen >= 0)),
  constraint reimbursements_restored_fen_check CHECK ((restored_fen >= 0)),
  constraint reimbursements_reversed_fen_check CHECK ((reversed_fen >= 0)),
  constraint reimbursements_review_digest_check CHECK ((review_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint reimbursements_reviewed CHECK (((status <> ALL (ARRAY['REVIEWED'::text, 'IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text, 'ALLOCATED'::text, 'APPROVED'::text])) OR (num_nonnulls(reviewed_person, reviewed_fen, review_digest, eligibility) = 4))),
  constraint reimbursements_reviewed_fen_check CHECK ((reviewed_fen > 0)),
  constraint reimbursements_score_check CHECK (((score >= 0) AND (score <= 100))),
  constraint reimbursements_scores_digest_check CHECK ((scores_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint reimbursements_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'SUBMITTED'::text, 'SUPPLEMENT_REQUESTED'::text, 'ACCEPTED'::text, 'CHECKED'::text, 'EXPERT_REVIEW'::text, 'REVIEWED'::text, 'IN_PUBLIC_NOTICE'::text, 'OBJECTION_PENDING'::text, 'ALLOCATED'::text, 'APPROVED'::text, 'REJECTED'::text, 'WITHDRAWN'::text]))),
  constraint reimbursements_taken_back CHECK ((((reversed_fen + recalled_fen) <= COALESCE(award_fen, (0)::bigint)) AND (restored_fen <= recalled_fen) AND ((recalled_fen <= offset_fen) OR (settlement_id IS NOT NULL)))),
  constraint reimbursements_waiting CHECK ((((status = ANY (ARRAY['APPROVED'::text, 'REJECTED'::text, 'WITHDRAWN'::text])) = (waiting_since IS NULL)) AND ((waiting_since IS NOT NULL) OR (due_on IS NULL)))),
  constraint reimbursements_within_computed CHECK (((reviewed_fen <= computed_fen) AND (award_fen <= reviewed_fen)))
);
alter table reimbursements enable row level security;
alter table reimbursements force row level security;
CREATE INDEX reimbursements_allocation ON public.reimbursements USING btree (book_id, allocation_id) WHERE (allocation_id IS NOT NULL);
CREATE INDEX reimbursements_amount ON public.reimbursements USING btree (book_id, status, (
CASE
    WHEN (reviewed_fen IS NULL) THEN computed_fen
    ELSE reviewed_fen
END), reimbursement_id) WHERE (waiting_since IS NOT NULL);
CREATE INDEX reimbursements_due ON public.reimbursements USING btree (book_id, status, (
CASE
    WHEN (due_on IS NULL) THEN 'infinity'::date
    ELSE due_on
END), reimbursement_id) WHERE (waiting_since IS NOT NULL);
CREATE INDEX reimbursements_legal_person ON public.reimbursements USING btree (book_id, legal_person_uscc, reimbursement_id);
CREATE INDEX reimbursements_programme ON public.reimbursements USING btree (book_id, programme_code, status, reimbursement_id);
CREATE INDEX reimbursements_unbatched ON public.reimbursements USING btree (book_id, approved_on, reimbursement_id) WHERE ((status = 'APPROVED'::text) AND (settlement_id IS NULL));
CREATE INDEX reimbursements_waiting ON public.reimbursements USING btree (book_id, status, reimbursement_id) WHERE (waiting_since IS NOT NULL);
create policy of_book on reimbursements as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on reimbursements as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (legal_person_uscc = ( SELECT this_party() AS this_party))
END);
create policy whole on reimbursements as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reimbursements_fixed BEFORE UPDATE ON public.reimbursements FOR EACH ROW WHEN (((old.status <> 'DRAFT'::text) AND ((((((((((((new.programme_code IS DISTINCT FROM old.programme_code) OR (new.programme_version_id IS DISTINCT FROM old.programme_version_id)) OR (new.enterprise_id IS DISTINCT FROM old.enterprise_id)) OR (new.legal_person_uscc IS DISTINCT FROM old.legal_person_uscc)) OR (new.year IS DISTINCT FROM old.year)) OR (new.base_year IS DISTINCT FROM old.base_year)) OR (new.line_count IS DISTINCT FROM old.line_count)) OR (new.reimbursement_no IS DISTINCT FROM old.reimbursement_no)) OR (new.submitted_on IS DISTINCT FROM old.submitted_on)) OR (new.submitted_person IS DISTINCT FROM old.submitted_person)) OR (new.control_version_ids IS DISTINCT FROM old.control_version_ids)) OR ((NOT ((old.status = 'SUPPLEMENT_REQUESTED'::text) AND (new.status = 'SUBMITTED'::text))) AND (new.matters IS DISTINCT FROM old.matters))))) EXECUTE FUNCTION refuse_other_case();
CREATE TRIGGER reimbursements_in_lane BEFORE INSERT OR UPDATE ON public.reimbursements FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reimbursements_leave_in_lane BEFORE DELETE ON public.reimbursements FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reimbursements_one_person BEFORE UPDATE ON public.reimbursements FOR EACH ROW WHEN (((new.accepted_person IS DISTINCT FROM old.accepted_person) OR (new.checked_person IS DISTINCT FROM old.checked_person) OR (new.reviewed_person IS DISTINCT FROM old.reviewed_person) OR (new.decided_person IS DISTINCT FROM old.decided_person) OR (new.decided_person IS DISTINCT FROM old.decided_person))) EXECUTE FUNCTION refuse_same_person('accepted_person submitted_person', 'checked_person submitted_person accepted_person', 'reviewed_person submitted_person', 'decided_person submitted_person', 'decided_person reviewed_person accepted_person checked_person @APPROVED');
grant insert, select, update (reimbursement_no, programme_code, programme_version_id, enterprise_id, legal_person_uscc, year, base_year, matters, control_version_ids, line_count, content_digest, status, submitted_on, submitted_person, base_fen, computed_fen, eligibility, reviewed_person, reviewed_fen, score, opinion, review_digest, allocation_id, fund, award_fen, approved_on, decided_person, decision_reason, explanation, settlement_id, recorded_at, draft, accepted_at, accepted_place, accepted_person, checked_person, answers_digest, panel_id, scores_digest, notice_days, notice_id, notice_last_day, notice_days_left, decision_article, waiting_since, due_on, reversed_fen, recalled_fen, restored_fen, offset_fen) on reimbursements to voucher_app;
grant select on reimbursements to voucher_reader;

-- owner voucher_owner
create table related_parties (
  book_id uuid not null,
  relation_id uuid not null,
  first_uscc text not null,
  second_uscc text not null,
  holds boolean not null,
  valid_from date not null,
  valid_to date,
  source text not null,
  revision integer not null,
  recorded_person uuid not null,
  recorded_at timestamp with time zone not null,
  constraint related_parties_pkey PRIMARY KEY (book_id, relation_id),
  constraint related_parties_book_id_first_uscc_second_uscc_revision_key UNIQUE (book_id, first_uscc, second_uscc, revision),
  constraint related_parties_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint related_parties_book_id_recorded_person_fkey FOREIGN KEY (book_id, recorded_person) REFERENCES persons(book_id, person_id),
  constraint related_parties_check CHECK ((valid_to >= valid_from)),
  constraint related_parties_first_uscc_check CHECK ((first_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint related_parties_one_order CHECK ((first_uscc < (second_uscc COLLATE "C"))),
  constraint related_parties_revision_check CHECK ((revision >= 1)),
  constraint related_parties_second_uscc_check CHECK ((second_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
  constraint related_parties_source_check CHECK (((length(source) >= 1) AND (length(source) <= 500)))
);
alter table related_parties enable row level security;
alter table related_parties force row level security;
CREATE INDEX related_parties_second ON public.related_parties USING btree (book_id, second_uscc, relation_id);
create policy of_book on related_parties as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on related_parties as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on related_parties as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER related_parties_in_lane BEFORE INSERT OR UPDATE ON public.related_parties FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER related_parties_leave_in_lane BEFORE DELETE ON public.related_parties FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on related_parties to voucher_app;
grant select on related_parties to voucher_reader;

-- owner voucher_owner
create table reminder_runs (
  book_id uuid not null,
  kind text not null,
  through date not null,
  recorded_at timestamp with time zone not null,
  constraint reminder_runs_pkey PRIMARY KEY (book_id, kind),
  constraint reminder_runs_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint reminder_runs_kind_check CHECK ((kind ~ '^[a-z_]+\.[a-z_]+$'::text))
);
alter table reminder_runs enable row level security;
alter table reminder_runs force row level security;
create policy of_book on reminder_runs as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on reminder_runs as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reminder_runs_in_lane BEFORE INSERT OR UPDATE ON public.reminder_runs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reminder_runs_leave_in_lane BEFORE DELETE ON public.reminder_runs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (through, recorded_at) on reminder_runs to voucher_app;
grant select on reminder_runs to voucher_reader;

-- owner voucher_owner
create table reminders (
  book_id uuid not null,
  reminder_id text not null,
  told_on date not null,
  constraint reminders_pkey PRIMARY KEY (book_id, reminder_id),
  constraint reminders_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id)
);
alter table reminders enable row level security;
alter table reminders force row level security;
create policy of_book on reminders as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on reminders as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER reminders_append_only BEFORE DELETE OR UPDATE ON public.reminders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reminders_in_lane BEFORE INSERT OR UPDATE ON public.reminders FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reminders_leave_in_lane BEFORE DELETE ON public.reminders FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER reminders_no_truncate BEFORE TRUNCATE ON public.reminders FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on reminders to voucher_app;
grant select on reminders to voucher_reader;

-- owner voucher_owner
create table repeal_corrections (
  book_id uuid not null,
  correction_id uuid not null,
  programme_version_id uuid not null,
  repeal_id uuid not null,
  last_day date not null,
  document_no text not null,
  repealed_person uuid not null,
  repealed_at timestamp with time zone not null,
  restored_to date,
  reason text not null,
  content_digest text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint repeal_corrections_pkey PRIMARY KEY (book_id, correction_id),
  constraint repeal_corrections_book_id_decided_person_fkey FOREIGN KEY (book_id, decided_person) REFERENCES persons(book_id, person_id),
  constraint repeal_corrections_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint repeal_corrections_book_id_proposed_person_fkey FOREIGN KEY (book_id, proposed_person) REFERENCES persons(book_id, person_id),
  constraint repeal_corrections_book_id_repealed_person_fkey FOREIGN KEY (book_id, repealed_person) REFERENCES persons(book_id, person_id),
  constraint repeal_corrections_check CHECK ((restored_to >= last_day)),
  constraint repeal_corrections_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint repeal_corrections_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)) AND ((status = 'DROPPED'::text) = (decision_reason IS NOT NULL)))),
  constraint repeal_corrections_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint repeal_corrections_document_no_check CHECK (((length(document_no) >= 1) AND (length(document_no) <= 100))),
  constraint repeal_corrections_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint repeal_corrections_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint repeal_corrections_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'DROPPED'::text])))
);
alter table repeal_corrections enable row level security;
alter table repeal_corrections force row level security;
CREATE UNIQUE INDEX repeal_corrections_once ON public.repeal_corrections USING btree (book_id, repeal_id) WHERE (status <> 'DROPPED'::text);
CREATE INDEX repeal_corrections_open ON public.repeal_corrections USING btree (book_id, correction_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX repeal_corrections_version ON public.repeal_corrections USING btree (book_id, programme_version_id, correction_id);
create policy of_book on repeal_corrections as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on repeal_corrections as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER repeal_corrections_in_lane BEFORE INSERT OR UPDATE ON public.repeal_corrections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER repeal_corrections_leave_in_lane BEFORE DELETE ON public.repeal_corrections FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER repeal_corrections_once_each BEFORE UPDATE ON public.repeal_corrections FOR EACH ROW WHEN (((old.status <> 'PROPOSED'::text) OR (new.status = 'PROPOSED'::text))) EXECUTE FUNCTION refuse_decided_correction();
CREATE TRIGGER repeal_corrections_one_person BEFORE UPDATE ON public.repeal_corrections FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, decided_person, decided_on, decision_reason) on repeal_corrections to voucher_app;
grant select on repeal_corrections to voucher_reader;

-- owner voucher_owner
create table schema_migrations (
  version integer not null,
  name text not null,
  digest text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (version),
  constraint schema_migrations_version_check CHECK ((version > 0))
);
grant select on schema_migrations to voucher_app;
grant select on schema_migrations to voucher_reader;

-- owner voucher_owner
create table sessions (
  book_id uuid not null,
  session_id uuid not null,
  secret_hash text not null,
  invitation_id uuid not null,
  person_id uuid not null,
  member_id uuid not null,
  began_by text not null,
  device text not null,
  address_sealed text not null,
  second_factor_at timestamp with time zone,
  began_at timestamp with time zone not null,
  seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (book_id, session_id),
  constraint sessions_book_id_secret_hash_key UNIQUE (book_id, secret_hash),
  constraint sessions_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES credentials(book_id, invitation_id),
  constraint sessions_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint sessions_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint sessions_began_by_check CHECK ((began_by = ANY (ARRAY['PASSWORD'::text, 'ISSUER'::text, 'INVITATION'::text]))),
  constraint sessions_device_check CHECK ((length(device) <= 200)),
  constraint sessions_end CHECK ((expires_at > began_at)),
  constraint sessions_secret_hash_check CHECK ((secret_hash ~ '^[0-9a-f]{64}$'::text))
) with (fillfactor=70);
alter table sessions enable row level security;
alter table sessions force row level security;
CREATE INDEX sessions_over ON public.sessions USING btree (book_id, expires_at);
CREATE INDEX sessions_person ON public.sessions USING btree (book_id, person_id, session_id);
create policy of_book on sessions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on sessions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (secret_hash, member_id, second_factor_at, seen_at, ended_at) on sessions to voucher_app;

-- owner voucher_owner
create table settlement_accounts (
  book_id uuid not null,
  settlement_account_id uuid not null,
  settlement_id uuid not null,
  version integer not null,
  payee_id uuid not null,
  payee_account_id uuid,
  constraint settlement_accounts_pkey PRIMARY KEY (book_id, settlement_account_id),
  constraint settlement_accounts_once UNIQUE (book_id, settlement_id, payee_id, version),
  constraint settlement_accounts_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint settlement_accounts_book_id_payee_account_id_fkey FOREIGN KEY (book_id, payee_account_id) REFERENCES payee_accounts(book_id, payee_account_id),
  constraint settlement_accounts_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint settlement_accounts_version_check CHECK ((version >= 1))
);
alter table settlement_accounts enable row level security;
alter table settlement_accounts force row level security;
create policy of_book on settlement_accounts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on settlement_accounts as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on settlement_accounts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlement_accounts_append_only BEFORE DELETE OR UPDATE ON public.settlement_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_accounts_in_lane BEFORE INSERT OR UPDATE ON public.settlement_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_accounts_leave_in_lane BEFORE DELETE ON public.settlement_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_accounts_no_truncate BEFORE TRUNCATE ON public.settlement_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on settlement_accounts to voucher_app;
grant select on settlement_accounts to voucher_reader;

-- owner voucher_owner
create table settlement_left_outs (
  book_id uuid not null,
  left_out_id uuid not null,
  settlement_id uuid not null,
  redemption_id uuid,
  reimbursement_id uuid,
  payee_id uuid not null,
  amount_fen bigint not null,
  missing_zh text not null,
  missing_en text not null,
  constraint settlement_left_outs_pkey PRIMARY KEY (book_id, left_out_id),
  constraint settlement_left_outs_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint settlement_left_outs_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint settlement_left_outs_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint settlement_left_outs_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint settlement_left_outs_amount_fen_check CHECK ((amount_fen > 0)),
  constraint settlement_left_outs_one_paper CHECK ((num_nonnulls(redemption_id, reimbursement_id) = 1))
);
alter table settlement_left_outs enable row level security;
alter table settlement_left_outs force row level security;
CREATE INDEX settlement_left_outs_settlement ON public.settlement_left_outs USING btree (book_id, settlement_id, left_out_id);
create policy of_book on settlement_left_outs as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on settlement_left_outs as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (payee_id = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on settlement_left_outs as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlement_left_outs_in_lane BEFORE INSERT OR UPDATE ON public.settlement_left_outs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_left_outs_leave_in_lane BEFORE DELETE ON public.settlement_left_outs FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on settlement_left_outs to voucher_app;
grant select on settlement_left_outs to voucher_reader;

-- owner voucher_owner
create table settlement_lines (
  book_id uuid not null,
  settlement_line_id uuid not null,
  settlement_id uuid not null,
  line_no integer not null,
  redemption_id uuid,
  payee_id uuid not null,
  fund text not null,
  amount_fen bigint not null,
  reimbursement_id uuid,
  checked_person uuid,
  checked_on date,
  returned_version integer,
  returned_person uuid,
  returned_on date,
  return_reason text,
  constraint settlement_lines_pkey PRIMARY KEY (book_id, settlement_line_id),
  constraint settlement_lines_book_id_settlement_id_line_no_key UNIQUE (book_id, settlement_id, line_no),
  constraint settlement_lines_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint settlement_lines_book_id_reimbursement_id_fkey FOREIGN KEY (book_id, reimbursement_id) REFERENCES reimbursements(book_id, reimbursement_id),
  constraint settlement_lines_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint settlement_lines_amount_fen_check CHECK ((amount_fen > 0)),
  constraint settlement_lines_checked CHECK (((checked_person IS NULL) = (checked_on IS NULL))),
  constraint settlement_lines_line_no_check CHECK ((line_no >= 1)),
  constraint settlement_lines_one_paper CHECK ((num_nonnulls(redemption_id, reimbursement_id) = 1)),
  constraint settlement_lines_return_reason_check CHECK (((length(return_reason) >= 1) AND (length(return_reason) <= 500))),
  constraint settlement_lines_returned CHECK ((num_nonnulls(returned_version, returned_person, returned_on, return_reason) = ANY (ARRAY[0, 4]))),
  constraint settlement_lines_returned_version_check CHECK ((returned_version >= 1))
);
alter table settlement_lines enable row level security;
alter table settlement_lines force row level security;
CREATE UNIQUE INDEX settlement_lines_one_redemption ON public.settlement_lines USING btree (book_id, redemption_id) WHERE (returned_version IS NULL);
CREATE UNIQUE INDEX settlement_lines_one_reimbursement ON public.settlement_lines USING btree (book_id, reimbursement_id) WHERE (returned_version IS NULL);
create policy of_book on settlement_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on settlement_lines as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (payee_id = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on settlement_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlement_lines_in_lane BEFORE INSERT OR UPDATE ON public.settlement_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_lines_leave_in_lane BEFORE DELETE ON public.settlement_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_lines_returned AFTER UPDATE ON public.settlement_lines REFERENCING OLD TABLE AS before NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION total_returned_lines();
CREATE TRIGGER settlement_lines_totalled AFTER INSERT ON public.settlement_lines REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION total_settlement_lines();
grant insert, select, update (checked_person, checked_on, returned_version, returned_person, returned_on, return_reason) on settlement_lines to voucher_app;
grant select on settlement_lines to voucher_reader;

-- owner voucher_owner
create table settlement_totals (
  book_id uuid not null,
  settlement_id uuid not null,
  payee_id uuid not null,
  fund text not null,
  first_line_no integer not null,
  line_count integer not null,
  total_fen bigint not null,
  total_id uuid not null default gen_random_uuid(),
  constraint settlement_totals_pkey PRIMARY KEY (book_id, settlement_id, payee_id, fund),
  constraint settlement_totals_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint settlement_totals_line_count_check CHECK ((line_count >= 1)),
  constraint settlement_totals_total_fen_check CHECK ((total_fen > 0))
);
alter table settlement_totals enable row level security;
alter table settlement_totals force row level security;
CREATE UNIQUE INDEX settlement_totals_id ON public.settlement_totals USING btree (book_id, total_id);
create policy of_book on settlement_totals as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on settlement_totals as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (payee_id = ANY (( SELECT own_parties() AS own_parties)::uuid[]))
END);
create policy whole on settlement_totals as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlement_totals_in_lane BEFORE INSERT OR UPDATE ON public.settlement_totals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_totals_leave_in_lane BEFORE DELETE ON public.settlement_totals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant select on settlement_totals to voucher_app;
grant select on settlement_totals to voucher_reader;

-- owner voucher_owner
create table settlement_versions (
  book_id uuid not null,
  version_id uuid not null,
  settlement_id uuid not null,
  version integer not null,
  content_digest text not null,
  line_count integer not null,
  total_fen bigint not null,
  funder_totals jsonb not null,
  frozen_person uuid not null,
  frozen_on date not null,
  approved_person uuid,
  returned_lines integer not null default 0,
  recorded_at timestamp with time zone not null,
  constraint settlement_versions_pkey PRIMARY KEY (book_id, version_id),
  constraint settlement_versions_book_id_settlement_id_version_key UNIQUE (book_id, settlement_id, version),
  constraint settlement_versions_book_id_approved_person_fkey FOREIGN KEY (book_id, approved_person) REFERENCES persons(book_id, person_id),
  constraint settlement_versions_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint settlement_versions_book_id_frozen_person_fkey FOREIGN KEY (book_id, frozen_person) REFERENCES persons(book_id, person_id),
  constraint settlement_versions_book_id_settlement_id_fkey FOREIGN KEY (book_id, settlement_id) REFERENCES settlements(book_id, settlement_id),
  constraint settlement_versions_check CHECK (((returned_lines >= 0) AND (returned_lines <= line_count))),
  constraint settlement_versions_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint settlement_versions_four_eyes CHECK ((approved_person <> frozen_person)),
  constraint settlement_versions_funder_totals_check CHECK ((jsonb_typeof(funder_totals) = 'array'::text)),
  constraint settlement_versions_line_count_check CHECK ((line_count >= 1)),
  constraint settlement_versions_total_fen_check CHECK ((total_fen > 0)),
  constraint settlement_versions_version_check CHECK ((version >= 1))
);
alter table settlement_versions enable row level security;
alter table settlement_versions force row level security;
create policy of_book on settlement_versions as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on settlement_versions as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlement_versions_in_lane BEFORE INSERT OR UPDATE ON public.settlement_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_versions_leave_in_lane BEFORE DELETE ON public.settlement_versions FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlement_versions_one_person BEFORE UPDATE ON public.settlement_versions FOR EACH ROW WHEN ((new.approved_person IS DISTINCT FROM old.approved_person)) EXECUTE FUNCTION refuse_same_person('approved_person frozen_person');
grant insert, select, update (approved_person, returned_lines) on settlement_versions to voucher_app;
grant select on settlement_versions to voucher_reader;

-- owner voucher_owner
create table settlements (
  book_id uuid not null,
  settlement_id uuid not null,
  settlement_no text not null,
  period text not null,
  number integer not null,
  status text not null,
  line_count integer not null,
  total_fen bigint not null,
  content_digest text,
  drafted_person uuid not null,
  drafted_on date not null,
  approved_person uuid,
  instructed_person uuid,
  instructed_on date,
  closed_person uuid,
  closed_on date,
  recorded_at timestamp with time zone not null,
  version integer not null default 1,
  is_collecting boolean not null default false,
  collected_day date,
  collected_id uuid,
  frozen_person uuid,
  checked_person uuid,
  checked_persons jsonb not null default '[]'::jsonb,
  checked_lines integer not null default 0,
  payments_left integer not null default 0,
  constraint settlements_pkey PRIMARY KEY (book_id, settlement_id),
  constraint settlements_book_id_settlement_no_key UNIQUE (book_id, settlement_no),
  constraint settlements_period_and_number UNIQUE (book_id, period, number),
  constraint settlements_checked_lines CHECK ((((checked_lines >= 0) AND (checked_lines <= line_count)) AND ((checked_lines = 0) OR (checked_person IS NOT NULL)) AND ((checked_person IS NULL) = (checked_persons = '[]'::jsonb)) AND ((checked_person IS NULL) OR (checked_persons ? (checked_person)::text)))),
  constraint settlements_checked_persons_check CHECK ((jsonb_typeof(checked_persons) = 'array'::text)),
  constraint settlements_collecting CHECK ((((NOT is_collecting) OR (status = 'DRAFT'::text)) AND ((collected_day IS NULL) = (collected_id IS NULL)))),
  constraint settlements_content CHECK (((line_count >= 0) AND (total_fen >= 0) AND ((line_count = 0) = (total_fen = 0)) AND (((status = 'DISSOLVED'::text) AND (line_count = 0)) OR (status = 'DRAFT'::text) OR (line_count > 0)) AND ((status = ANY (ARRAY['DRAFT'::text, 'DISSOLVED'::text])) = (content_digest IS NULL)))),
  constraint settlements_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint settlements_four_eyes CHECK ((((approved_person <> drafted_person) AND (approved_person <> frozen_person)) AND (((instructed_person <> drafted_person) AND (instructed_person <> frozen_person)) AND (instructed_person <> approved_person)) AND (NOT (checked_persons ?| ARRAY[(drafted_person)::text, (frozen_person)::text, (approved_person)::text, (instructed_person)::text])))),
  constraint settlements_number_check CHECK ((number >= 1)),
  constraint settlements_payments_left CHECK (((payments_left = 0) OR (status = 'INSTRUCTED'::text))),
  constraint settlements_payments_left_check CHECK ((payments_left >= 0)),
  constraint settlements_period_check CHECK ((period ~ '^\d{4}-(0[1-9]|1[0-2])$'::text)),
  constraint settlements_states CHECK ((((status = ANY (ARRAY['DRAFT'::text, 'FROZEN'::text, 'DISSOLVED'::text])) = (approved_person IS NULL)) AND ((status = ANY (ARRAY['INSTRUCTED'::text, 'CLOSED'::text])) = (instructed_person IS NOT NULL)) AND ((status = 'CLOSED'::text) = (closed_person IS NOT NULL)) AND ((version = 0) OR (((status = ANY (ARRAY['DRAFT'::text, 'DISSOLVED'::text])) OR (frozen_person IS NOT NULL)) AND ((status <> ALL (ARRAY['CHECKED'::text, 'INSTRUCTED'::text, 'CLOSED'::text])) OR (checked_lines = line_count)))))),
  constraint settlements_status_check CHECK ((status = ANY (ARRAY['DRAFT'::text, 'FROZEN'::text, 'APPROVED'::text, 'CHECKED'::text, 'INSTRUCTED'::text, 'CLOSED'::text, 'DISSOLVED'::text]))),
  constraint settlements_version_check CHECK ((version >= 0))
);
alter table settlements enable row level security;
alter table settlements force row level security;
CREATE INDEX settlements_amount ON public.settlements USING btree (book_id, status, total_fen, settlement_id);
CREATE UNIQUE INDEX settlements_collecting_once ON public.settlements USING btree (book_id) WHERE is_collecting;
CREATE INDEX settlements_status ON public.settlements USING btree (book_id, status, settlement_id);
CREATE INDEX settlements_to_instruct ON public.settlements USING btree (book_id, settlement_id) WHERE (payments_left > 0);
create policy of_book on settlements as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on settlements as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER settlements_frozen BEFORE UPDATE ON public.settlements FOR EACH ROW WHEN (((old.content_digest IS NOT NULL) AND (new.status <> 'DISSOLVED'::text) AND ((((new.version IS DISTINCT FROM old.version) OR (new.content_digest IS DISTINCT FROM old.content_digest)) OR (new.line_count IS DISTINCT FROM old.line_count)) OR (new.total_fen IS DISTINCT FROM old.total_fen)) AND ((new.version IS DISTINCT FROM (old.version + 1)) OR (new.status IS DISTINCT FROM 'FROZEN'::text)))) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_in_lane BEFORE INSERT OR UPDATE ON public.settlements FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlements_leave_in_lane BEFORE DELETE ON public.settlements FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER settlements_one_person BEFORE UPDATE ON public.settlements FOR EACH ROW WHEN (((new.frozen_person IS DISTINCT FROM old.frozen_person) OR (new.approved_person IS DISTINCT FROM old.approved_person) OR (new.checked_person IS DISTINCT FROM old.checked_person) OR (new.instructed_person IS DISTINCT FROM old.instructed_person))) EXECUTE FUNCTION refuse_same_person('frozen_person checked_persons', 'approved_person drafted_person frozen_person checked_persons', 'checked_person drafted_person frozen_person approved_person', 'instructed_person drafted_person frozen_person approved_person checked_persons');
CREATE CONSTRAINT TRIGGER settlements_second_approval AFTER UPDATE ON public.settlements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.approved_person IS NOT NULL) AND (old.approved_person IS NULL))) EXECUTE FUNCTION refuse_passed_approval('settlement_id', 'approved_person', 'content_digest');
grant insert, select, update (status, line_count, total_fen, content_digest, approved_person, instructed_person, instructed_on, closed_person, closed_on, version, is_collecting, collected_day, collected_id, frozen_person, checked_person, checked_persons, checked_lines, payments_left) on settlements to voucher_app;
grant select on settlements to voucher_reader;

-- owner voucher_owner
create table sign_in_attempts (
  book_id uuid not null,
  name_key text not null,
  origin text not null,
  attempts integer not null,
  next_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  constraint sign_in_attempts_pkey PRIMARY KEY (book_id, name_key, origin),
  constraint sign_in_attempts_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint sign_in_attempts_attempts_check CHECK ((attempts >= 0)),
  constraint sign_in_attempts_name_key_check CHECK ((name_key ~ '^[0-9a-f]{64}$'::text)),
  constraint sign_in_attempts_origin_check CHECK ((length(origin) <= 100))
) with (fillfactor=70);
alter table sign_in_attempts enable row level security;
alter table sign_in_attempts force row level security;
CREATE INDEX sign_in_attempts_over ON public.sign_in_attempts USING btree (book_id, last_at);
create policy of_book on sign_in_attempts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on sign_in_attempts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (attempts, next_at, last_at) on sign_in_attempts to voucher_app;

-- owner voucher_owner
create table signature_nonces (
  book_id uuid not null,
  key_id uuid not null,
  nonce text not null,
  until timestamp with time zone not null,
  constraint signature_nonces_pkey PRIMARY KEY (book_id, key_id, nonce),
  constraint signature_nonces_book_id_key_id_fkey FOREIGN KEY (book_id, key_id) REFERENCES api_keys(book_id, key_id),
  constraint signature_nonces_nonce_check CHECK ((nonce ~ '^[!-~]{16,128}$'::text))
);
alter table signature_nonces enable row level security;
alter table signature_nonces force row level security;
CREATE INDEX signature_nonces_over ON public.signature_nonces USING btree (book_id, until);
create policy of_book on signature_nonces as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on signature_nonces as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant delete, insert, select, update (until) on signature_nonces to voucher_app;

-- owner voucher_owner
create table simulation_enterprises (
  book_id uuid not null,
  simulation_id uuid not null,
  legal_person_uscc text not null,
  name text not null,
  applications integer not null,
  compared_fen bigint not null,
  simulated_fen bigint not null,
  difference_fen bigint not null,
  compared_redeemed_fen bigint not null,
  simulated_redeemed_fen bigint not null,
  bound text[] not null,
  held integer not null default 0,
  held_compared_fen bigint not null default 0,
  held_simulated_fen bigint not null default 0,
  potential_fen bigint not null default 0,
  constraint simulation_enterprises_pkey PRIMARY KEY (book_id, simulation_id, legal_person_uscc),
  constraint simulation_enterprises_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint simulation_enterprises_book_id_simulation_id_fkey FOREIGN KEY (book_id, simulation_id) REFERENCES simulations(book_id, simulation_id),
  constraint simulation_enterprises_applications_check CHECK ((applications >= 0)),
  constraint simulation_enterprises_check CHECK (((held_compared_fen >= 0) AND (held_compared_fen <= compared_fen))),
  constraint simulation_enterprises_check1 CHECK (((held_simulated_fen >= 0) AND (held_simulated_fen <= simulated_fen))),
  constraint simulation_enterprises_compared_fen_check CHECK ((compared_fen >= 0)),
  constraint simulation_enterprises_compared_redeemed_fen_check CHECK ((compared_redeemed_fen >= 0)),
  constraint simulation_enterprises_difference CHECK ((difference_fen = ((simulated_fen - held_simulated_fen) - (compared_fen - held_compared_fen)))),
  constraint simulation_enterprises_held_check CHECK ((held >= 0)),
  constraint simulation_enterprises_potential_fen_check CHECK ((potential_fen >= 0)),
  constraint simulation_enterprises_simulated_fen_check CHECK ((simulated_fen >= 0)),
  constraint simulation_enterprises_simulated_redeemed_fen_check CHECK ((simulated_redeemed_fen >= 0))
);
alter table simulation_enterprises enable row level security;
alter table simulation_enterprises force row level security;
CREATE INDEX simulation_enterprises_difference ON public.simulation_enterprises USING btree (book_id, simulation_id, difference_fen DESC, legal_person_uscc DESC);
create policy of_book on simulation_enterprises as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on simulation_enterprises as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on simulation_enterprises as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER simulation_enterprises_append_only BEFORE DELETE OR UPDATE ON public.simulation_enterprises FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER simulation_enterprises_no_truncate BEFORE TRUNCATE ON public.simulation_enterprises FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
grant insert, select on simulation_enterprises to voucher_app;
grant select on simulation_enterprises to voucher_reader;

-- owner voucher_owner
create table simulations (
  book_id uuid not null,
  simulation_id uuid not null,
  programme_code text not null,
  programme_version_id uuid not null,
  version integer not null,
  year integer not null,
  compared_version_id uuid,
  compared_version integer,
  pool_fen bigint,
  started_member uuid not null,
  state text not null,
  facts_total integer,
  facts_done integer not null default 0,
  result json,
  failure text,
  ledger_seq bigint,
  attempts integer not null default 0,
  lease_owner uuid,
  lease_until timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint simulations_pkey PRIMARY KEY (book_id, simulation_id),
  constraint simulations_book_id_compared_version_id_fkey FOREIGN KEY (book_id, compared_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint simulations_book_id_fkey FOREIGN KEY (book_id) REFERENCES books(book_id),
  constraint simulations_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint simulations_attempts_check CHECK ((attempts >= 0)),
  constraint simulations_compared CHECK (((compared_version_id IS NULL) = (compared_version IS NULL))),
  constraint simulations_done CHECK (((state = 'DONE'::text) = ((result IS NOT NULL) AND (ledger_seq IS NOT NULL)))),
  constraint simulations_ended CHECK (((state = 'RUNNING'::text) = (ended_at IS NULL))),
  constraint simulations_facts_done_check CHECK ((facts_done >= 0)),
  constraint simulations_facts_total_check CHECK ((facts_total >= 0)),
  constraint simulations_failed CHECK (((state = 'FAILED'::text) = (failure IS NOT NULL))),
  constraint simulations_leased CHECK (((state = 'RUNNING'::text) OR (lease_owner IS NULL))),
  constraint simulations_pool_fen_check CHECK ((pool_fen >= 0)),
  constraint simulations_state_check CHECK ((state = ANY (ARRAY['RUNNING'::text, 'DONE'::text, 'FAILED'::text, 'CANCELLED'::text]))),
  constraint simulations_year_check CHECK (((year >= 2000) AND (year <= 2999)))
) with (fillfactor=50);
alter table simulations enable row level security;
alter table simulations force row level security;
CREATE INDEX simulations_programme ON public.simulations USING btree (book_id, programme_code, simulation_id);
CREATE INDEX simulations_running ON public.simulations USING btree (book_id, simulation_id) WHERE (state = 'RUNNING'::text);
create policy across on simulations as permissive for select to voucher_across using (true);
create policy of_book on simulations as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on simulations as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE false
END);
create policy whole on simulations as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant select (book_id, simulation_id, state, lease_owner, lease_until) on simulations to voucher_across;
grant insert, select, update (state, facts_total, facts_done, result, failure, ledger_seq, attempts, lease_owner, lease_until, ended_at) on simulations to voucher_app;
grant select on simulations to voucher_reader;

-- owner voucher_owner
create table supplement_lists (
  book_id uuid not null,
  list_id uuid not null,
  subject_kind text not null,
  subject_id uuid not null,
  round integer not null,
  items json not null,
  working_days integer not null,
  asked_on date not null,
  asked_person uuid not null,
  due_on date not null,
  answers json,
  answered_on date,
  answered_person uuid,
  recorded_at timestamp with time zone not null,
  constraint supplement_lists_pkey PRIMARY KEY (book_id, list_id),
  constraint supplement_lists_book_id_subject_id_round_key UNIQUE (book_id, subject_id, round),
  constraint supplement_lists_book_id_answered_person_fkey FOREIGN KEY (book_id, answered_person) REFERENCES persons(book_id, person_id),
  constraint supplement_lists_book_id_asked_person_fkey FOREIGN KEY (book_id, asked_person) REFERENCES persons(book_id, person_id),
  constraint supplement_lists_answered CHECK ((num_nonnulls(answers, answered_on, answered_person) = ANY (ARRAY[0, 3]))),
  constraint supplement_lists_check CHECK ((due_on > asked_on)),
  constraint supplement_lists_check1 CHECK (((answered_on >= asked_on) AND (answered_on <= due_on))),
  constraint supplement_lists_four_eyes CHECK ((answered_person <> asked_person)),
  constraint supplement_lists_items_check CHECK ((json_array_length(items) >= 1)),
  constraint supplement_lists_round_check CHECK ((round >= 1)),
  constraint supplement_lists_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['APPLICATION'::text, 'REIMBURSEMENT'::text]))),
  constraint supplement_lists_working_days_check CHECK ((working_days >= 1))
);
alter table supplement_lists enable row level security;
alter table supplement_lists force row level security;
create policy of_book on supplement_lists as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on supplement_lists as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER supplement_lists_in_lane BEFORE INSERT OR UPDATE ON public.supplement_lists FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER supplement_lists_leave_in_lane BEFORE DELETE ON public.supplement_lists FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER supplement_lists_one_person BEFORE UPDATE ON public.supplement_lists FOR EACH ROW WHEN ((new.answered_person IS DISTINCT FROM old.answered_person)) EXECUTE FUNCTION refuse_same_person('answered_person asked_person');
grant insert, select, update (answers, answered_on, answered_person) on supplement_lists to voucher_app;
grant select on supplement_lists to voucher_reader;

-- owner voucher_owner
create table usage_invoice_lines (
  book_id uuid not null,
  invoice_line_id uuid not null,
  invoice_id uuid not null,
  line_no integer not null,
  contract_line_id uuid not null,
  quantity numeric(18,4) not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  constraint usage_invoice_lines_pkey PRIMARY KEY (book_id, invoice_line_id),
  constraint usage_invoice_lines_book_id_invoice_id_line_no_key UNIQUE (book_id, invoice_id, line_no),
  constraint usage_invoice_lines_book_id_contract_line_id_fkey FOREIGN KEY (book_id, contract_line_id) REFERENCES contract_lines(book_id, contract_line_id),
  constraint usage_invoice_lines_book_id_invoice_id_fkey FOREIGN KEY (book_id, invoice_id) REFERENCES usage_invoices(book_id, invoice_id),
  constraint usage_invoice_lines_gross_fen_check CHECK ((gross_fen >= 0)),
  constraint usage_invoice_lines_line_no_check CHECK ((line_no >= 1)),
  constraint usage_invoice_lines_net_fen_check CHECK ((net_fen >= 0)),
  constraint usage_invoice_lines_quantity_check CHECK ((quantity > (0)::numeric)),
  constraint usage_invoice_lines_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint usage_invoice_lines_vat_fen_check CHECK ((vat_fen >= 0))
);
alter table usage_invoice_lines enable row level security;
alter table usage_invoice_lines force row level security;
create policy of_book on usage_invoice_lines as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on usage_invoice_lines as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER usage_invoice_lines_in_lane BEFORE INSERT OR UPDATE ON public.usage_invoice_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER usage_invoice_lines_leave_in_lane BEFORE DELETE ON public.usage_invoice_lines FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on usage_invoice_lines to voucher_app;
grant select on usage_invoice_lines to voucher_reader;

-- owner voucher_owner
create table usage_invoices (
  book_id uuid not null,
  invoice_id uuid not null,
  invoice_no text not null,
  provider_id uuid not null,
  enterprise_id uuid not null,
  contract_id uuid not null,
  issued_on date not null,
  usage_from date not null,
  usage_to date not null,
  net_fen bigint not null,
  vat_fen bigint not null,
  gross_fen bigint not null,
  paid_fen bigint not null default 0,
  status text not null,
  number_conflict boolean not null,
  posted_person uuid not null,
  posted_on date not null,
  decided_person uuid,
  decided_on date,
  dispute_reason text,
  redemption_id uuid,
  recorded_at timestamp with time zone not null,
  reimbursed_lines integer not null default 0,
  digital_invoice text,
  decided_by text,
  decision_reason text,
  confirm_by date,
  confirm_outcome text,
  voided_no integer not null default 0,
  voided_on date,
  voided_person uuid,
  void_reason text,
  payment_conflict boolean not null default false,
  red_fen bigint not null default 0,
  holding_flags integer not null default 0,
  constraint usage_invoices_pkey PRIMARY KEY (book_id, invoice_id),
  constraint usage_invoices_number UNIQUE (book_id, invoice_no, provider_id, voided_no),
  constraint usage_invoices_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint usage_invoices_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint usage_invoices_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint usage_invoices_check CHECK ((usage_to >= usage_from)),
  constraint usage_invoices_confirm_outcome_check CHECK ((confirm_outcome = ANY (ARRAY['CONFIRMED'::text, 'RETURNED'::text]))),
  constraint usage_invoices_deadline CHECK (((confirm_by IS NULL) = (confirm_outcome IS NULL))),
  constraint usage_invoices_decided CHECK ((
CASE status
    WHEN 'POSTED'::text THEN (decided_by IS NULL)
    WHEN 'VOIDED'::text THEN true
    ELSE (decided_by IS NOT NULL)
END AND ((decided_by IS NULL) = (decided_on IS NULL)) AND (NOT ((decided_by = ANY (ARRAY['ENTERPRISE'::text, 'BUREAU'::text])) IS DISTINCT FROM
CASE
    WHEN (decided_by IS NULL) THEN NULL::boolean
    ELSE (decided_person IS NOT NULL)
END)) AND ((decided_by IS DISTINCT FROM 'BUREAU'::text) OR (decision_reason IS NOT NULL)))),
  constraint usage_invoices_decided_by_check CHECK ((decided_by = ANY (ARRAY['ENTERPRISE'::text, 'BUREAU'::text, 'DEADLINE'::text]))),
  constraint usage_invoices_decision_reason_check CHECK (((length(decision_reason) >= 1) AND (length(decision_reason) <= 500))),
  constraint usage_invoices_digital_invoice_check CHECK ((digital_invoice = ANY (ARRAY['MATCHES'::text, 'DIFFERS'::text]))),
  constraint usage_invoices_four_eyes CHECK ((decided_person <> posted_person)),
  constraint usage_invoices_funded_once CHECK (((redemption_id IS NULL) OR (reimbursed_lines = 0))),
  constraint usage_invoices_gross_fen_check CHECK ((gross_fen > 0)),
  constraint usage_invoices_holding_flags_check CHECK ((holding_flags >= 0)),
  constraint usage_invoices_invoice_no_check CHECK ((invoice_no ~ '^\d{20}$'::text)),
  constraint usage_invoices_net_fen_check CHECK ((net_fen >= 0)),
  constraint usage_invoices_not_overpaid CHECK ((paid_fen <= gross_fen)),
  constraint usage_invoices_paid_fen_check CHECK ((paid_fen >= 0)),
  constraint usage_invoices_red CHECK ((((red_fen >= 0) AND (red_fen <= gross_fen)) AND ((status = 'RED_LETTERED'::text) = (red_fen = gross_fen)))),
  constraint usage_invoices_redeemed_confirmed CHECK (((redemption_id IS NULL) OR (status = ANY (ARRAY['CONFIRMED'::text, 'RED_LETTERED'::text])))),
  constraint usage_invoices_reimbursed_lines_check CHECK ((reimbursed_lines >= 0)),
  constraint usage_invoices_status_check CHECK ((status = ANY (ARRAY['POSTED'::text, 'CONFIRMED'::text, 'DISPUTED'::text, 'RETURNED'::text, 'RED_LETTERED'::text, 'VOIDED'::text]))),
  constraint usage_invoices_tie_out CHECK (((net_fen + vat_fen) = gross_fen)),
  constraint usage_invoices_vat_fen_check CHECK ((vat_fen >= 0)),
  constraint usage_invoices_void_reason_check CHECK (((length(void_reason) >= 1) AND (length(void_reason) <= 500))),
  constraint usage_invoices_voided CHECK ((((status = 'VOIDED'::text) = (num_nonnulls(voided_on, voided_person, void_reason) = 3)) AND ((status = 'VOIDED'::text) = (voided_no > 0)) AND ((status <> 'VOIDED'::text) OR ((redemption_id IS NULL) AND (paid_fen = 0))))),
  constraint usage_invoices_voided_no_check CHECK ((voided_no >= 0))
) with (fillfactor=70);
alter table usage_invoices enable row level security;
alter table usage_invoices force row level security;
CREATE INDEX usage_invoices_contract ON public.usage_invoices USING btree (book_id, contract_id, status, invoice_id);
CREATE INDEX usage_invoices_disputed_amount ON public.usage_invoices USING btree (book_id, gross_fen, invoice_id) WHERE ((status = 'DISPUTED'::text) AND (gross_fen > 0));
CREATE INDEX usage_invoices_overdue ON public.usage_invoices USING btree (book_id, confirm_by, invoice_id) WHERE ((status = 'POSTED'::text) AND (confirm_by IS NOT NULL));
CREATE INDEX usage_invoices_provider ON public.usage_invoices USING btree (book_id, provider_id, status, invoice_id);
CREATE INDEX usage_invoices_status ON public.usage_invoices USING btree (book_id, status, invoice_id);
CREATE INDEX usage_invoices_to_confirm ON public.usage_invoices USING btree (book_id, enterprise_id, invoice_id) WHERE (status = 'POSTED'::text);
create policy of_book on usage_invoices as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on usage_invoices as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((enterprise_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on usage_invoices as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER usage_invoices_in_lane BEFORE INSERT OR UPDATE ON public.usage_invoices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER usage_invoices_leave_in_lane BEFORE DELETE ON public.usage_invoices FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER usage_invoices_one_person BEFORE UPDATE ON public.usage_invoices FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person posted_person');
grant insert, select, update (paid_fen, status, decided_person, decided_on, dispute_reason, redemption_id, reimbursed_lines, digital_invoice, decided_by, decision_reason, voided_no, voided_on, voided_person, void_reason, payment_conflict, red_fen, holding_flags) on usage_invoices to voucher_app;
grant select on usage_invoices to voucher_reader;

-- owner voucher_owner
create table user_accounts (
  book_id uuid not null,
  person_id uuid not null,
  sign_in_name text not null,
  invitation_id uuid not null,
  recorded_at timestamp with time zone not null,
  constraint user_accounts_pkey PRIMARY KEY (book_id, person_id),
  constraint user_accounts_book_id_invitation_id_key UNIQUE (book_id, invitation_id),
  constraint user_accounts_book_id_sign_in_name_key UNIQUE (book_id, sign_in_name),
  constraint user_accounts_book_id_invitation_id_fkey FOREIGN KEY (book_id, invitation_id) REFERENCES invitations(book_id, invitation_id),
  constraint user_accounts_book_id_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES persons(book_id, person_id),
  constraint user_accounts_sign_in_name_check CHECK ((sign_in_name ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'::text))
);
alter table user_accounts enable row level security;
alter table user_accounts force row level security;
create policy of_book on user_accounts as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on user_accounts as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER user_accounts_in_lane BEFORE INSERT OR UPDATE ON public.user_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER user_accounts_leave_in_lane BEFORE DELETE ON public.user_accounts FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (sign_in_name, invitation_id, recorded_at) on user_accounts to voucher_app;
grant select on user_accounts to voucher_reader;

-- owner voucher_owner
create table voucher_endings (
  book_id uuid not null,
  ending_id uuid not null,
  voucher_id uuid not null,
  why text not null,
  redemption_id uuid,
  ended_on date not null,
  lapsed_fen bigint not null,
  given_back_fen bigint not null,
  quota_back text not null,
  reason text,
  recorded_at timestamp with time zone not null,
  constraint voucher_endings_pkey PRIMARY KEY (book_id, ending_id),
  constraint voucher_endings_book_id_redemption_id_fkey FOREIGN KEY (book_id, redemption_id) REFERENCES redemptions(book_id, redemption_id),
  constraint voucher_endings_book_id_voucher_id_fkey FOREIGN KEY (book_id, voucher_id) REFERENCES vouchers(book_id, voucher_id),
  constraint voucher_endings_afterwards CHECK (((why = ANY (ARRAY['RELEASED'::text, 'REVERSED'::text])) = (redemption_id IS NOT NULL))),
  constraint voucher_endings_given_back_fen_check CHECK ((given_back_fen >= 0)),
  constraint voucher_endings_lapsed_fen_check CHECK ((lapsed_fen >= 0)),
  constraint voucher_endings_one_way CHECK (((lapsed_fen = 0) OR (given_back_fen = 0))),
  constraint voucher_endings_quota_back_check CHECK ((quota_back = ANY (ARRAY['NONE'::text, 'RUNNING'::text, 'CHARGED'::text, 'CONTRACT'::text]))),
  constraint voucher_endings_reasoned CHECK (((why <> ALL (ARRAY['CANCELLED'::text, 'REVOKED'::text, 'REDUCED'::text])) OR (reason IS NOT NULL))),
  constraint voucher_endings_why_check CHECK ((why = ANY (ARRAY['EXPIRED'::text, 'CANCELLED'::text, 'REVOKED'::text, 'REDUCED'::text, 'RELEASED'::text, 'REVERSED'::text])))
);
alter table voucher_endings enable row level security;
alter table voucher_endings force row level security;
CREATE UNIQUE INDEX voucher_endings_once ON public.voucher_endings USING btree (book_id, voucher_id) WHERE (why = ANY (ARRAY['EXPIRED'::text, 'CANCELLED'::text, 'REVOKED'::text]));
CREATE INDEX voucher_endings_voucher ON public.voucher_endings USING btree (book_id, voucher_id, ending_id);
create policy of_book on voucher_endings as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on voucher_endings as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM vouchers v
      WHERE ((v.book_id = voucher_endings.book_id) AND (v.voucher_id = voucher_endings.voucher_id))
     LIMIT 1)
END);
create policy whole on voucher_endings as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER voucher_endings_in_lane BEFORE INSERT OR UPDATE ON public.voucher_endings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER voucher_endings_leave_in_lane BEFORE DELETE ON public.voucher_endings FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on voucher_endings to voucher_app;
grant select on voucher_endings to voucher_reader;

-- owner voucher_owner
create table voucher_proposals (
  book_id uuid not null,
  proposal_id uuid not null,
  voucher_id uuid not null,
  kind text not null,
  reason text not null,
  evidence text,
  content_digest text not null,
  status text not null,
  proposed_person uuid not null,
  proposed_on date not null,
  decided_person uuid,
  decided_on date,
  decision_reason text,
  recorded_at timestamp with time zone not null,
  constraint voucher_proposals_pkey PRIMARY KEY (book_id, proposal_id),
  constraint voucher_proposals_book_id_voucher_id_fkey FOREIGN KEY (book_id, voucher_id) REFERENCES vouchers(book_id, voucher_id),
  constraint voucher_proposals_cause CHECK (((kind = 'CANCEL'::text) OR (evidence IS NOT NULL))),
  constraint voucher_proposals_content_digest_check CHECK ((content_digest ~ '^[0-9a-f]{64}$'::text)),
  constraint voucher_proposals_decided CHECK ((((status = 'PROPOSED'::text) = (decided_person IS NULL)) AND ((decided_person IS NULL) = (decided_on IS NULL)))),
  constraint voucher_proposals_evidence_check CHECK (((length(evidence) >= 1) AND (length(evidence) <= 300))),
  constraint voucher_proposals_four_eyes CHECK (((status <> 'APPROVED'::text) OR (decided_person <> proposed_person))),
  constraint voucher_proposals_kind_check CHECK ((kind = ANY (ARRAY['CANCEL'::text, 'REVOKE'::text]))),
  constraint voucher_proposals_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint voucher_proposals_status_check CHECK ((status = ANY (ARRAY['PROPOSED'::text, 'APPROVED'::text, 'DROPPED'::text])))
);
alter table voucher_proposals enable row level security;
alter table voucher_proposals force row level security;
CREATE UNIQUE INDEX voucher_proposals_one_open ON public.voucher_proposals USING btree (book_id, voucher_id) WHERE (status = 'PROPOSED'::text);
CREATE INDEX voucher_proposals_status ON public.voucher_proposals USING btree (book_id, status, proposal_id);
CREATE INDEX voucher_proposals_voucher ON public.voucher_proposals USING btree (book_id, voucher_id, status, proposal_id);
create policy of_book on voucher_proposals as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on voucher_proposals as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM vouchers v
      WHERE ((v.book_id = voucher_proposals.book_id) AND (v.voucher_id = voucher_proposals.voucher_id))
     LIMIT 1)
END);
create policy whole on voucher_proposals as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER voucher_proposals_in_lane BEFORE INSERT OR UPDATE ON public.voucher_proposals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER voucher_proposals_leave_in_lane BEFORE DELETE ON public.voucher_proposals FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER voucher_proposals_one_person BEFORE UPDATE ON public.voucher_proposals FOR EACH ROW WHEN ((new.decided_person IS DISTINCT FROM old.decided_person)) EXECUTE FUNCTION refuse_same_person('decided_person proposed_person @APPROVED');
grant insert, select, update (status, decided_person, decided_on, decision_reason) on voucher_proposals to voucher_app;
grant select on voucher_proposals to voucher_reader;

-- owner voucher_owner
create table voucher_reasons (
  book_id uuid not null,
  command_id uuid not null,
  voucher_id uuid not null,
  reason text not null,
  recorded_at timestamp with time zone not null,
  constraint voucher_reasons_pkey PRIMARY KEY (book_id, command_id),
  constraint voucher_reasons_book_id_voucher_id_fkey FOREIGN KEY (book_id, voucher_id) REFERENCES vouchers(book_id, voucher_id),
  constraint voucher_reasons_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500)))
);
alter table voucher_reasons enable row level security;
alter table voucher_reasons force row level security;
create policy of_book on voucher_reasons as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on voucher_reasons as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ( SELECT true
       FROM vouchers v
      WHERE ((v.book_id = voucher_reasons.book_id) AND (v.voucher_id = voucher_reasons.voucher_id))
     LIMIT 1)
END);
create policy whole on voucher_reasons as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER voucher_reasons_in_lane BEFORE INSERT OR UPDATE ON public.voucher_reasons FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER voucher_reasons_leave_in_lane BEFORE DELETE ON public.voucher_reasons FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select on voucher_reasons to voucher_app;
grant select on voucher_reasons to voucher_reader;

-- owner voucher_owner
create table vouchers (
  book_id uuid not null,
  voucher_id uuid not null,
  voucher_no text not null,
  programme_code text not null,
  programme_version_id uuid not null,
  enterprise_id uuid not null,
  legal_person_uscc text not null,
  contract_id uuid not null,
  application_id uuid,
  fund text not null,
  face_fen bigint not null,
  reserved_fen bigint not null default 0,
  applied_on date not null,
  issued_on date not null,
  last_day date not null,
  status text not null,
  frozen_from text,
  recorded_at timestamp with time zone not null,
  provider_id uuid not null,
  matters jsonb not null default '{}'::jsonb,
  control_version_ids jsonb not null default '[]'::jsonb,
  lapsed_fen bigint not null default 0,
  given_back_fen bigint not null default 0,
  ended_on date,
  activate_by date,
  constraint vouchers_pkey PRIMARY KEY (book_id, voucher_id),
  constraint vouchers_book_id_application_id_key UNIQUE (book_id, application_id),
  constraint vouchers_book_id_voucher_no_key UNIQUE (book_id, voucher_no),
  constraint vouchers_book_id_application_id_fkey FOREIGN KEY (book_id, application_id) REFERENCES applications(book_id, application_id),
  constraint vouchers_book_id_contract_id_fkey FOREIGN KEY (book_id, contract_id) REFERENCES contracts(book_id, contract_id),
  constraint vouchers_book_id_enterprise_id_fkey FOREIGN KEY (book_id, enterprise_id) REFERENCES enterprises(book_id, enterprise_id),
  constraint vouchers_book_id_programme_version_id_fkey FOREIGN KEY (book_id, programme_version_id) REFERENCES programme_versions(book_id, programme_version_id),
  constraint vouchers_book_id_provider_id_fkey FOREIGN KEY (book_id, provider_id) REFERENCES providers(book_id, provider_id),
  constraint vouchers_activation CHECK (((activate_by >= issued_on) AND (activate_by <= last_day))),
  constraint vouchers_check CHECK (((reserved_fen >= 0) AND (reserved_fen <= face_fen))),
  constraint vouchers_check1 CHECK ((last_day >= issued_on)),
  constraint vouchers_control_version_ids_check CHECK ((jsonb_typeof(control_version_ids) = 'array'::text)),
  constraint vouchers_ended CHECK (((status = ANY (ARRAY['EXPIRED'::text, 'CANCELLED'::text, 'REVOKED'::text])) = (ended_on IS NOT NULL))),
  constraint vouchers_ended_within_face CHECK ((((reserved_fen + lapsed_fen) + given_back_fen) <= face_fen)),
  constraint vouchers_face_fen_check CHECK ((face_fen > 0)),
  constraint vouchers_frozen CHECK (((status = 'FROZEN'::text) = (frozen_from IS NOT NULL))),
  constraint vouchers_frozen_from_check CHECK ((frozen_from = ANY (ARRAY['ISSUED'::text, 'ACTIVE'::text, 'PARTIALLY_REDEEMED'::text]))),
  constraint vouchers_fully_redeemed CHECK (((status <> 'FULLY_REDEEMED'::text) OR (reserved_fen = 0))),
  constraint vouchers_given_back_fen_check CHECK ((given_back_fen >= 0)),
  constraint vouchers_lapsed_fen_check CHECK ((lapsed_fen >= 0)),
  constraint vouchers_matters_check CHECK ((jsonb_typeof(matters) = 'object'::text)),
  constraint vouchers_status_check CHECK ((status = ANY (ARRAY['ISSUED'::text, 'ACTIVE'::text, 'PARTIALLY_REDEEMED'::text, 'FULLY_REDEEMED'::text, 'FROZEN'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'REVOKED'::text]))),
  constraint vouchers_to_be_activated CHECK (((activate_by IS NOT NULL) OR ((status <> 'ISSUED'::text) AND (frozen_from IS DISTINCT FROM 'ISSUED'::text))))
);
alter table vouchers enable row level security;
alter table vouchers force row level security;
CREATE INDEX vouchers_by_activation ON public.vouchers USING btree (book_id, programme_version_id, activate_by, voucher_id) WHERE (status = 'ISSUED'::text);
CREATE INDEX vouchers_by_last_day ON public.vouchers USING btree (book_id, programme_version_id, last_day, voucher_id) WHERE (status = ANY (ARRAY['ACTIVE'::text, 'PARTIALLY_REDEEMED'::text]));
CREATE INDEX vouchers_contract ON public.vouchers USING btree (book_id, contract_id, voucher_id);
CREATE INDEX vouchers_enterprise ON public.vouchers USING btree (book_id, enterprise_id, voucher_id);
CREATE INDEX vouchers_legal_person ON public.vouchers USING btree (book_id, legal_person_uscc, voucher_id);
CREATE INDEX vouchers_programme ON public.vouchers USING btree (book_id, programme_code, status, voucher_id);
CREATE INDEX vouchers_provider ON public.vouchers USING btree (book_id, provider_id, programme_code, status, voucher_id);
create policy of_book on vouchers as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on vouchers as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE ((legal_person_uscc = ( SELECT this_party() AS this_party)) OR (provider_id = ANY (( SELECT own_parties() AS own_parties)::uuid[])))
END);
create policy whole on vouchers as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER vouchers_in_lane BEFORE INSERT OR UPDATE ON public.vouchers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER vouchers_leave_in_lane BEFORE DELETE ON public.vouchers FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (enterprise_id, legal_person_uscc, reserved_fen, status, frozen_from, lapsed_fen, given_back_fen, ended_on) on vouchers to voucher_app;
grant select on vouchers to voucher_reader;

-- owner voucher_owner
create table webhook_deliveries (
  book_id uuid not null,
  endpoint_id uuid not null,
  message_id uuid not null,
  kind text not null,
  subject_kind text not null,
  subject_id uuid not null,
  ledger_seq bigint not null,
  staged_at timestamp with time zone not null,
  status text not null default 'WAITING'::text,
  attempts integer not null default 0,
  next_at timestamp with time zone not null default clock_timestamp(),
  lease_owner uuid,
  first_failed_at timestamp with time zone,
  delivered_at timestamp with time zone,
  failure text,
  constraint webhook_deliveries_pkey PRIMARY KEY (book_id, endpoint_id, message_id),
  constraint webhook_deliveries_book_id_endpoint_id_fkey FOREIGN KEY (book_id, endpoint_id) REFERENCES webhook_endpoints(book_id, endpoint_id),
  constraint webhook_deliveries_attempts_check CHECK ((attempts >= 0)),
  constraint webhook_deliveries_failure_check CHECK ((length(failure) <= 200)),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['WAITING'::text, 'DELIVERED'::text, 'DEAD'::text])))
);
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
CREATE INDEX webhook_deliveries_delivered ON public.webhook_deliveries USING btree (book_id, endpoint_id, delivered_at) WHERE (status = 'DELIVERED'::text);
CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (book_id, next_at) WHERE (status = 'WAITING'::text);
CREATE INDEX webhook_deliveries_state ON public.webhook_deliveries USING btree (book_id, endpoint_id, status, message_id);
CREATE INDEX webhook_deliveries_subject ON public.webhook_deliveries USING btree (book_id, endpoint_id, subject_id, ledger_seq, message_id) WHERE (status = 'WAITING'::text);
create policy across on webhook_deliveries as permissive for select to voucher_across using (true);
create policy of_book on webhook_deliveries as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy whole on webhook_deliveries as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
grant select (book_id, status, next_at) on webhook_deliveries to voucher_across;
grant insert, select, update (status, attempts, next_at, lease_owner, first_failed_at, delivered_at, failure) on webhook_deliveries to voucher_app;
grant select on webhook_deliveries to voucher_reader;

-- owner voucher_owner
create table webhook_endpoints (
  book_id uuid not null,
  endpoint_id uuid not null,
  member_id uuid not null,
  addressee text not null,
  url text not null,
  secret_sealed text not null,
  previous_sealed text,
  previous_until timestamp with time zone,
  status text not null,
  recorded_at timestamp with time zone not null,
  constraint webhook_endpoints_pkey PRIMARY KEY (book_id, endpoint_id),
  constraint webhook_endpoints_book_id_member_id_fkey FOREIGN KEY (book_id, member_id) REFERENCES members(book_id, member_id),
  constraint webhook_endpoints_previous CHECK (((previous_sealed IS NULL) = (previous_until IS NULL))),
  constraint webhook_endpoints_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text, 'ENDED'::text]))),
  constraint webhook_endpoints_url_check CHECK (((url ~~ 'https://%'::text) AND (length(url) <= 500)))
);
alter table webhook_endpoints enable row level security;
alter table webhook_endpoints force row level security;
CREATE INDEX webhook_endpoints_addressee ON public.webhook_endpoints USING btree (book_id, addressee) WHERE (status = 'ACTIVE'::text);
CREATE INDEX webhook_endpoints_member ON public.webhook_endpoints USING btree (book_id, member_id, endpoint_id);
create policy of_book on webhook_endpoints as restrictive for all to voucher_app, voucher_owner, voucher_reader, voucher_signer using ((book_id = ( SELECT this_book() AS this_book)));
create policy of_party on webhook_endpoints as restrictive for all to voucher_app, voucher_reader using (
CASE
    WHEN (( SELECT this_party() AS this_party) IS NULL) THEN true
    ELSE (addressee = ANY (ARRAY[('enterprise:'::text || ( SELECT this_party() AS this_party)), ('provider:'::text || ( SELECT this_party() AS this_party))]))
END);
create policy whole on webhook_endpoints as permissive for all to voucher_app, voucher_owner, voucher_reader using (true);
CREATE TRIGGER webhook_endpoints_in_lane BEFORE INSERT OR UPDATE ON public.webhook_endpoints FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (new.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
CREATE TRIGGER webhook_endpoints_leave_in_lane BEFORE DELETE ON public.webhook_endpoints FOR EACH ROW WHEN ((current_setting('ledger.lane'::text, true) IS DISTINCT FROM (old.book_id)::text)) EXECUTE FUNCTION refuse_outside_lane();
grant insert, select, update (secret_sealed, previous_sealed, previous_until, status) on webhook_endpoints to voucher_app;
grant select (book_id, endpoint_id, member_id, addressee, url, previous_until, status, recorded_at) on webhook_endpoints to voucher_reader;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.account_of_payee(p_book uuid, p_payee uuid, p_day date)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  holder uuid := paid_in_place_of(p_book, p_payee);
begin
  return (select a.payee_account_id
            from (select payee_account_id, usable_from from payee_accounts where book_id = p_book and provider_id = holder
                  union all
                  select payee_account_id, usable_from from payee_accounts where book_id = p_book and enterprise_id = holder) a
           where a.usable_from <= p_day order by a.usable_from desc limit 1);
end $function$;
grant execute on function account_of_payee(uuid,uuid,date) to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.book_of(p_code text)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.book_id from books b where b.code = p_code
$function$;
grant execute on function book_of(text) to voucher_app;
grant execute on function book_of(text) to voucher_reader;
grant execute on function book_of(text) to voucher_signer;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.book_with_month_build()
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select w.book_id from month_builds w
   where w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
   order by w.build_id limit 1
$function$;
grant execute on function book_with_month_build() to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.book_with_simulation()
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select w.book_id from simulations w
   where w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
   order by w.simulation_id limit 1
$function$;
grant execute on function book_with_simulation() to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.books_with_deliveries()
 RETURNS SETOF text
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.code from books b
   where exists (select from webhook_deliveries d where d.book_id = b.book_id and d.status = 'WAITING' and d.next_at <= clock_timestamp())
$function$;
grant execute on function books_with_deliveries() to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.books_with_messages()
 RETURNS SETOF uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.book_id from books b
   where exists (select from outbox o where o.book_id = b.book_id and o.status = 'WAITING' and o.next_at <= clock_timestamp())
$function$;
grant execute on function books_with_messages() to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.claim_numbers(p_now timestamp with time zone, p_numbers text[], p_books uuid[], p_providers uuid[], p_holders integer[])
 RETURNS TABLE(held text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  return query
    insert into invoice_claims as c (number, book_id, provider_id, holders, claimed_at)
    select u.number, u.book_id, u.provider_id, u.holders, p_now
      from unnest(p_numbers, p_books, p_providers, p_holders) as u (number, book_id, provider_id, holders) order by u.number
    on conflict (number) do update set holders = c.holders + excluded.holders
     where c.book_id = excluded.book_id and c.provider_id = excluded.provider_id
    returning c.number;
end $function$;
grant execute on function claim_numbers(timestamp with time zone,text[],uuid[],uuid[],integer[]) to voucher_app;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.contracts_elsewhere(p_book uuid, p_fingerprints text[])
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select f from unnest(p_fingerprints) f
   where exists (select from contracts c where c.fingerprint = f and c.book_id <> p_book
                    and c.status not in ('WITHDRAWN', 'REJECTED', 'VOIDED'))
$function$;
grant execute on function contracts_elsewhere(uuid,text[]) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.create_book(p_book uuid, p_code text, p_name text, p_division text, p_open_from date, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform set_config('voucher.book', p_book::text, true);
  insert into books (book_id, code, name, division_code, origin, open_from, created_at)
  values (p_book, p_code, p_name, p_division, 'compute-voucher-ledger/' || p_code || '/' || p_book, p_open_from, p_now);
  insert into book_heads (book_id, seq, recorded_at) values (p_book, 0, p_now);
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.deliver_to_webhooks()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into webhook_deliveries (book_id, endpoint_id, message_id, kind, subject_kind, subject_id, ledger_seq, staged_at)
  select p.book_id, w.endpoint_id, p.message_id, p.kind, p.subject_kind, p.subject_id, p.ledger_seq, p.staged_at
    from put p
    join webhook_endpoints w on w.book_id = p.book_id and w.addressee = p.addressee and w.status = 'ACTIVE'
    join members m on m.book_id = w.book_id and m.member_id = w.member_id and m.status = 'ACTIVE'
      on conflict do nothing;
  return null;
end $function$;
grant execute on function deliver_to_webhooks() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.explanation_in_full(p_book uuid, p_explanation json)
 RETURNS json
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(json_agg(case when w.wording_id is null then s.step else json_build_object(
           'document', w.document, 'article', w.article, 'ruleZh', w.rule_zh, 'ruleEn', w.rule_en, 'inputs', s.step -> 'inputs',
           'result', s.step -> 'result', 'bound', s.step -> 'bound', 'decidedBy', w.decided_by) end order by s.nth), '[]')
    from json_array_elements(p_explanation) with ordinality as s (step, nth)
    left join explanation_wordings w on w.book_id = p_book and w.wording_id = s.step ->> 'wording'
$function$;
grant execute on function explanation_in_full(uuid,json) to voucher_app;
grant execute on function explanation_in_full(uuid,json) to voucher_reader;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.hold_bulk_job(p_book uuid, p_job uuid, p_owner uuid, p_from integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform from public.bulk_jobs j
    where j.book_id = p_book and j.job_id = p_job and j.state = 'RUNNING' and j.lease_owner = p_owner and j.next_line = p_from
      for update;
  if not found then
    raise exception 'the job is not at line % under this lease', p_from using errcode = 'VL006';
  end if;
end $function$;
grant execute on function hold_bulk_job(uuid,uuid,uuid,integer) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE PROCEDURE public.hold_persons_apart(IN p_table text, VARIADIC p_steps text[])
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('create trigger %I before update on %I for each row when (%s) execute function refuse_same_person(%s)',
    p_table || '_one_person', p_table,
    (select string_agg(format('new.%1$I is distinct from old.%1$I', split_part(s, ' ', 1)), ' or ') from unnest(p_steps) as s),
    (select string_agg(quote_literal(s), ', ') from unnest(p_steps) as s));
end $procedure$;

-- owner voucher_owner
CREATE OR REPLACE PROCEDURE public.keep_for_party(IN p_table text, IN p_own text)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('create policy of_party on %I as restrictive to voucher_app, voucher_reader
                    using (case when (select this_party()) is null then true else %s end)', p_table, p_own);
end $procedure$;

-- owner voucher_owner
CREATE OR REPLACE PROCEDURE public.keep_in_book(IN p_table text)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %I enable row level security', p_table);
  execute format('alter table %I force row level security', p_table);
  execute format('create policy of_book on %I as restrictive
                    to voucher_owner, voucher_app, voucher_reader, voucher_signer
                    using (book_id = (select this_book()))', p_table);
  execute format('create policy whole on %I to voucher_owner, voucher_app, voucher_reader using (true)', p_table);
end $procedure$;

-- owner voucher_owner
CREATE OR REPLACE PROCEDURE public.keep_in_lane(IN p_table text)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('create trigger %I before insert or update on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from new.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_in_lane', p_table);
  execute format('create trigger %I before delete on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from old.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_leave_in_lane', p_table);
  execute format('grant select on %I to voucher_app, voucher_reader', p_table);
  execute format('grant insert on %I to voucher_app', p_table);
  call keep_in_book(p_table);
end $procedure$;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.known_books()
 RETURNS TABLE(book_id uuid, code text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.book_id, b.code from books b order by b.code
$function$;
grant execute on function known_books() to voucher_app;
grant execute on function known_books() to voucher_reader;
grant execute on function known_books() to voucher_signer;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.makers_of(p_book uuid, p_subject uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
AS $function$
  select s.person_id
    from (select unnest(array[a.submitted_person, a.accepted_person, a.checked_person, a.reviewed_person])
            from applications a where a.book_id = p_book and a.application_id = p_subject
          union all select l.drafted_person from allocations l where l.book_id = p_book and l.allocation_id = p_subject
          union all select r.submitted_person from redemptions r where r.book_id = p_book and r.redemption_id = p_subject
          union all select unnest(array[b.drafted_person, b.frozen_person])
            from settlements b where b.book_id = p_book and b.settlement_id = p_subject
          union all select c.id::uuid from settlements b cross join lateral jsonb_array_elements_text(b.checked_persons) as c (id)
            where b.book_id = p_book and b.settlement_id = p_subject) as s (person_id)
   where s.person_id is not null
$function$;
grant execute on function makers_of(uuid,uuid) to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.needs_two_approvers(p_book uuid, p_kind text, p_subject uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$;
grant execute on function needs_two_approvers(uuid,text,uuid) to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.open_lane(p_book uuid)
 RETURNS TABLE(seq bigint, recorded_at timestamp with time zone, open_from date)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  head book_heads;
begin
  perform read_in_book(p_book);
  select * into head from book_heads h where h.book_id = p_book for update;
  if not found then
    raise exception 'no such book' using errcode = 'VL003';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
  return query select head.seq, head.recorded_at, b.open_from from books b where b.book_id = p_book;
end $function$;
grant execute on function open_lane(uuid) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.open_lane_behind(p_book uuid, p_batch uuid, p_open_from date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  latest uuid;
begin
  -- The row is locked first and then looked at: as it is once whoever held it has ended.
  select h.batch_id into latest from book_heads h where h.book_id = p_book for update;
  if latest is distinct from p_batch
     or not exists (select from books b where b.book_id = p_book and b.open_from = p_open_from) then
    raise exception 'the head of the book is not where batch % left it', p_batch using errcode = 'VL005';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
end $function$;
grant execute on function open_lane_behind(uuid,uuid,date) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.own_parties()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
AS $function$
  select array(select e.enterprise_id from enterprises e where e.book_id = this_book() and e.legal_person_uscc = this_party()
               union all
               select p.provider_id from providers p where p.book_id = this_book() and p.acting_uscc = this_party())
$function$;
grant execute on function own_parties() to voucher_app;
grant execute on function own_parties() to voucher_reader;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.paid_in_place_of(p_book uuid, p_payee uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$;
grant execute on function paid_in_place_of(uuid,uuid) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.plan_by_index()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_hashjoin', 'off', true),
          pg_catalog.set_config('enable_mergejoin', 'off', true), pg_catalog.set_config('enable_material', 'off', true),
          pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true);
end $function$;
grant execute on function plan_by_index() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.post_entries(p_book uuid, p_head bigint, p_recorded_at timestamp with time zone, a_id uuid[], a_code text[], a_kind text[], a_fund text[], c_id uuid[], c_member uuid[], c_person uuid[], c_request text[], c_approval text[], e_command integer[], e_kind text[], e_booked_on date[], e_subject uuid[], e_programme text[], e_refusal text[], e_reverses bigint[], e_debit uuid[], e_credit uuid[], e_amount bigint[], p_batch uuid DEFAULT NULL::uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'on'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  n        bigint := coalesce(array_length(e_command, 1), 0);
  written  bigint;
  opened   bigint;
  known    date;
  earliest date;
  latest   date;
begin
  if current_setting('ledger.lane', true) is distinct from p_book::text then
    raise exception 'entries need the lane of their book' using errcode = 'VL002';
  end if;
  update book_heads set seq = seq + n, batch_id = p_batch, recorded_at = greatest(recorded_at, p_recorded_at)
   where book_id = p_book and seq = p_head;
  if not found then
    raise exception 'the head of the book is not %', p_head using errcode = 'VL004';
  end if;

  with e as materialized (
    select p_head + ord as seq, command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount
      from unnest(e_command, e_kind, e_booked_on, e_subject, e_programme, e_refusal, e_reverses, e_debit, e_credit, e_amount)
        with ordinality as u (command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount, ord)
  ), legs as materialized (
    select seq, debit as account, -amount as delta, kind as posting, booked_on from e where debit is not null
    union all
    select seq, credit, amount, kind, booked_on from e where credit is not null
  ), moved as materialized (
    select account, coalesce(-sum(delta) filter (where delta < 0), 0)::bigint as debits,
           coalesce(sum(delta) filter (where delta > 0), 0)::bigint as credits
      from legs group by account
  ), opening as materialized (
    select a.id as account, a.code, a.kind, a.fund, k.may_overdraw
      from unnest(a_id, a_code, a_kind, a_fund) as a (id, code, kind, fund)
      join account_kinds k on k.kind = a.kind and (k.measure = 'MONEY') = (a.fund is not null)
  ), touched as materialized (
    select m.account, a.kind, a.fund, a.may_overdraw, false as is_new, a.credits_fen - a.debits_fen as before
      from moved m
     cross join lateral (select * from accounts a where a.book_id = p_book and a.account_id = m.account offset 0) a
    union all
    select account, kind, fund, may_overdraw, true, 0 from opening
  ), running as materialized (
    select l.seq, l.account, l.delta, l.posting, l.booked_on, t.kind, t.fund, t.may_overdraw,
           t.is_new and row_number() over so_far = 1 as counts,
           t.before + (sum(l.delta) over so_far)::bigint as after
      from legs l join touched t on t.account = l.account
    window so_far as (partition by l.account order by l.seq)
  ), appended as (
    insert into entries (book_id, seq, command_id, kind, booked_on, recorded_at, member_id, person_id, subject_id,
                         request_digest, approval_digest, programme_version, refusal_code, reverses_seq,
                         debit_account_id, credit_account_id, amount_fen, debit_after_fen, credit_after_fen)
    -- By position, not by a join: a planner that expects ten rows compares every entry with every command.
    select p_book, e.seq, c_id[e.command], e.kind, e.booked_on, p_recorded_at, c_member[e.command], c_person[e.command],
           e.subject, decode(c_request[e.command], 'hex'), decode(c_approval[e.command], 'hex'), e.programme, e.refusal,
           e.reverses, e.debit, e.credit, e.amount, d.after, k.after
      from e
      left join running d on d.seq = e.seq and d.account = e.debit
      left join running k on k.seq = e.seq and k.account = e.credit
      left join posting_kinds p on p.posting = e.kind and p.debit_kind = d.kind and p.credit_kind = k.kind
     where num_nonnulls(e.debit, e.credit, e.amount) = 0
        or (p.between_funds or d.fund is not distinct from k.fund) and (d.may_overdraw or d.after >= 0)
           and p.posting is not null
     order by e.seq
    returning 1
  ), inserted as (
    insert into accounts (book_id, account_id, code, kind, fund, may_overdraw, opened_seq, debits_fen, credits_fen)
    select p_book, o.account, o.code, o.kind, o.fund, o.may_overdraw, p_head + 1, coalesce(m.debits, 0), coalesce(m.credits, 0)
      from opening o left join moved m on m.account = o.account
    returning 1
  ), settled as (
    update accounts a set debits_fen = a.debits_fen + m.debits, credits_fen = a.credits_fen + m.credits
      from moved m
     where a.book_id = p_book and a.account_id = m.account
  ), turned as materialized (
    select booked_on, coalesce(fund, '') as fund, kind, posting, coalesce(-sum(delta) filter (where delta < 0), 0)::bigint as debits,
           coalesce(sum(delta) filter (where delta > 0), 0)::bigint as credits, count(*) as transfers,
           count(*) filter (where counts) as accounts, max(seq) as seq
      from running group by booked_on, fund, kind, posting
  ), totalled as (
    insert into ledger_totals as t (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
    select p_book, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from turned group by kind, fund
    on conflict (book_id, kind, fund) do update
       set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
           accounts = t.accounts + excluded.accounts, changed_seq = excluded.changed_seq
  ), turned_over as (
    insert into ledger_turnovers as t (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
    select p_book, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
      from turned
     cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1))
                          as s (span, starts_on)
     group by s.span, s.starts_on, fund, kind, posting
    on conflict (book_id, span, starts_on, fund, kind, posting) do update
       set debits_fen = t.debits_fen + excluded.debits_fen, credits_fen = t.credits_fen + excluded.credits_fen,
           transfers = t.transfers + excluded.transfers, accounts = t.accounts + excluded.accounts
  )
  select (select count(*) from appended), (select count(*) from inserted) into written, opened;
  if written <> n then
    raise exception 'a transfer that is no known posting, that leaves its fund, or that has no account to move or nothing on it'
      using errcode = 'VL004';
  end if;
  if opened <> coalesce(array_length(a_id, 1), 0) then
    raise exception 'an account of an unknown kind, or with a fund where none belongs' using errcode = 'VL004';
  end if;

  -- Nearly every batch is booked on the day the book is on.
  select min(day), max(day), (select d.booked_on from booked_days d where d.book_id = p_book order by d.booked_on desc limit 1)
    into earliest, latest, known
    from unnest(e_booked_on) as u (day);
  if earliest < (select open_from from books where book_id = p_book) then
    raise exception 'the day % is of a month that is shut', earliest using errcode = 'VL007';
  end if;
  if known is distinct from earliest or known <> latest then
    with placed as (
      select e.*, greatest(known, max(e.booked_on) over (order by e.seq rows between unbounded preceding and 1 preceding)) as reached
        from entries e where e.book_id = p_book and e.seq > p_head
    ), came as (
      insert into booked_days (book_id, booked_on, first_seq)
      select p_book, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on
    )
    insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
    select p_book, l.account_id, p.seq, p.booked_on, l.delta
      from placed p
     cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
     where p.booked_on < p.reached and p.amount_fen is not null;
  end if;

  -- Each mark writes something, so that the last mark at or before a sequence is never further away than a thousand
  -- entries and a batch.
  if (p_head + n) / 1000 > p_head / 1000 then
    insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
    select t.book_id, t.kind, t.fund, p_head + n, t.debits_fen, t.credits_fen, t.accounts
      from ledger_totals t
     where t.book_id = p_book
       and t.changed_seq >= least(p_head / 1000 * 1000 + 1,
                                  (select max(l.changed_seq) from ledger_totals l where l.book_id = p_book));
  end if;
  return p_head + n;
end $function$;
grant execute on function post_entries(uuid,bigint,timestamp with time zone,uuid[],text[],text[],text[],uuid[],uuid[],uuid[],text[],text[],integer[],text[],date[],uuid[],text[],text[],bigint[],uuid[],uuid[],bigint[],uuid) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.read_in_book(p_book uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_catalog.set_config('voucher.book', p_book::text, true);
  perform public.plan_by_index();
end $function$;
grant execute on function read_in_book(uuid) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.rebuild_rollups(p_book uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  marks bigint[];
begin
  perform from open_lane(p_book);
  delete from ledger_totals where book_id = p_book;
  delete from ledger_turnovers where book_id = p_book;
  delete from ledger_marks where book_id = p_book;
  delete from booked_days where book_id = p_book;
  delete from late_legs where book_id = p_book;
  delete from settlement_totals where book_id = p_book;

  select coalesce(array_agg(seq order by seq), '{}') into marks
    from (select min(opened_seq) - 1 as seq from accounts where book_id = p_book and opened_seq > 1 group by (opened_seq - 1) / 1000
          union select seq from book_heads where book_id = p_book) m;

  create temporary table moved on commit drop as
    with legs as (
      select seq, booked_on, kind as posting, debit_account_id as account_id, amount_fen as debit, 0::bigint as credit from entries
       where book_id = p_book and amount_fen is not null
      union all
      select seq, booked_on, kind, credit_account_id, 0, amount_fen from entries where book_id = p_book and amount_fen is not null
    ), ordered as (
      select legs.*, row_number() over (partition by account_id order by seq) as nth from legs
    )
    select width_bucket(l.seq - 1, marks) as chapter, l.booked_on, coalesce(a.fund, '') as fund, a.kind, l.posting,
           sum(l.debit)::bigint as debits, sum(l.credit)::bigint as credits, count(*) as transfers,
           count(*) filter (where l.nth = 1) as accounts, max(l.seq) as seq
      from ordered l
      join accounts a on a.book_id = p_book and a.account_id = l.account_id
     group by 1, 2, 3, 4, 5;

  insert into ledger_totals (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
  select p_book, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from moved group by kind, fund;

  insert into ledger_turnovers (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
  select p_book, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
    from moved
    cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1)) as s (span, starts_on)
   group by s.span, s.starts_on, fund, kind, posting;

  insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
  select p_book, kind, fund, marks[chapter + 1],
         sum(debits) over w, sum(credits) over w, sum(accounts) over w
    from (select chapter, kind, fund, sum(debits) as debits, sum(credits) as credits, sum(accounts) as accounts
            from moved group by chapter, kind, fund) m
  window w as (partition by kind, fund order by chapter);
  drop table moved;

  create temporary table placed on commit drop as
    select seq, booked_on, debit_account_id, credit_account_id, amount_fen,
           max(booked_on) over (order by seq rows between unbounded preceding and 1 preceding) as reached
      from entries where book_id = p_book;
  insert into booked_days (book_id, booked_on, first_seq)
  select p_book, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on;
  insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
  select p_book, l.account_id, p.seq, p.booked_on, l.delta
    from placed p
    cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
   where p.booked_on < p.reached and p.amount_fen is not null;
  drop table placed;

  insert into settlement_totals (book_id, settlement_id, payee_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, payee_id, fund, min(line_no), count(*), sum(amount_fen)
    from settlement_lines where book_id = p_book and returned_version is null group by book_id, settlement_id, payee_id, fund;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_account_step()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'VL001';
end $function$;
grant execute on function refuse_change() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_decided_again()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a flag is decided once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_decided_correction()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a correction of a repeal is decided once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_decided_exception()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'an exception is approved or rejected once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_decided_return()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a return of an appropriation is decided once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_decided_wait()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a wait is decided once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_detached_again()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a file is detached once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_late_correction()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.evidence is null or not exists (
    select from reimbursements r
     where r.book_id = old.book_id and r.reimbursement_id = old.reimbursement_id
       and r.status in ('SUPPLEMENT_REQUESTED', 'SUBMITTED') and r.reviewed_person is null)
  then
    raise exception 'what is declared is corrected before it is reviewed' using errcode = 'VL001';
  end if;
  return new;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_account()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'an account keeps its identity, and its totals only grow' using errcode = 'VL001';
end $function$;
grant execute on function refuse_other_account() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_case()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'what is applied for is fixed once it is submitted' using errcode = 'VL001';
end $function$;
grant execute on function refuse_other_case() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_law()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a version that is law stays as it is until it is repealed, and then for good' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_paper()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a line of an application names one paper, for good' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_payment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from payment_instructions p join payment_files f on f.book_id = p.book_id and f.settlement_id = p.settlement_id
                  where p.book_id = new.book_id and p.instruction_id = new.instruction_id and f.payment_file_id = new.payment_file_id
                    and p.status = 'INSTRUCTED' and p.amount_fen - p.paid_fen - p.returned_fen = new.amount_fen) then
    raise exception 'a line of a payment file is not what is still to be paid'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'payment_file_lines_to_pay';
  end if;
  return null;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_other_registration()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a registration is confirmed or rejected once, and ends once' using errcode = 'VL001';
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_outside_lane()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a write to % needs the lane of its book', tg_table_name using errcode = 'VL002';
end $function$;
grant execute on function refuse_outside_lane() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_passed_approval()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on function refuse_passed_approval() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_payment_elsewhere()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_same_person()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on function refuse_same_person() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_score_beyond_criterion()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  v_points integer;
begin
  select coalesce((c ->> 'points')::integer, 100) into v_points
    from listing_applications a cross join jsonb_array_elements(a.criteria) c
   where a.book_id = new.book_id and a.application_id = new.application_id and c ->> 'id' = new.criterion;
  if v_points is null or new.score > v_points then
    raise exception 'the application is not scored by % up to %', new.criterion, new.score using errcode = 'check_violation';
  end if;
  return new;
end $function$;
grant execute on function refuse_score_beyond_criterion() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_sealed_month()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'month % is sealed', old.month using errcode = 'VL001';
end $function$;
grant execute on function refuse_sealed_month() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_staging_outside_lane()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a message is staged by a command, in the lane of its book' using errcode = 'VL002';
end $function$;
grant execute on function refuse_staging_outside_lane() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_third_founded()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (select count(*) from (select from members m where m.book_id = new.book_id limit 2) as first_two) >= 2 then
    raise exception 'the founder makes the first two members alone'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'members_founded';
  end if;
  return new;
end $function$;
grant execute on function refuse_third_founded() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_uncorrected_repeal()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from repeal_corrections c
                  where c.book_id = old.book_id and c.repeal_id = old.repeal_id and c.status = 'APPROVED'
                    and c.programme_version_id = old.programme_version_id and c.restored_to is not distinct from new.in_force_to) then
    raise exception 'a repeal stands until two persons have set it aside' using errcode = 'VL001';
  end if;
  return null;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_unfounded_act()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on function refuse_unfounded_act() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_unnamed_maker()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from makers_of(new.book_id, new.subject_id) as m where not new.done_by ? m::text) then
    raise exception 'somebody who did a step before is not named'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'first_approvals_makers';
  end if;
  return new;
end $function$;
grant execute on function refuse_unnamed_maker() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.refuse_verified_by_rule()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from inserted r
               join programme_versions v on v.book_id = r.book_id and v.programme_version_id = r.programme_version_id
              where r.status = 'APPROVED' and v.two_approvers_above is not null
                and r.approved_fen > two_approvers_above(v.two_approvers_above, r.approved_on)) then
    raise exception 'above the amount of its programme no rule verifies a redemption'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'redemptions_two_approvers';
  end if;
  return null;
end $function$;
grant execute on function refuse_verified_by_rule() to public;

-- owner voucher_across
CREATE OR REPLACE FUNCTION public.release_numbers(p_numbers text[], p_books uuid[], p_providers uuid[], p_holders integer[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  -- In order of number, so that two groups that share some wait for one another in one direction only.
  perform from invoice_claims where number = any (p_numbers) order by number for update;
  update invoice_claims c set holders = greatest(c.holders - u.holders, 0)
    from unnest(p_numbers, p_books, p_providers, p_holders) as u (number, book_id, provider_id, holders)
   where c.number = u.number and c.book_id = u.book_id and c.provider_id = u.provider_id;
  delete from invoice_claims where number = any (p_numbers) and holders = 0;
end $function$;
grant execute on function release_numbers(text[],uuid[],uuid[],integer[]) to voucher_app;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.shut_month()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update books set open_from = (date_trunc('month', open_from) + interval '1 month')::date
   where book_id = new.book_id and to_char(open_from, 'YYYY-MM') = new.month;
  if not found then
    raise exception 'month % is not the first open one', new.month using errcode = 'VL007';
  end if;
  return null;
end $function$;
grant execute on function shut_month() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.this_book()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('voucher.book'::text, true), ''::text))::uuid;
grant execute on function this_book() to public;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.this_party()
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('voucher.legal_person'::text, true), ''::text);
grant execute on function this_party() to voucher_app;
grant execute on function this_party() to voucher_reader;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.total_returned_lines()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from settlement_totals t
   using (select w.book_id, w.settlement_id, w.payee_id, w.fund, count(*) as lines
            from written w join before b using (book_id, settlement_line_id)
           where w.returned_version is not null and b.returned_version is null
           group by w.book_id, w.settlement_id, w.payee_id, w.fund) r
   where (t.book_id, t.settlement_id, t.payee_id, t.fund) = (r.book_id, r.settlement_id, r.payee_id, r.fund) and t.line_count = r.lines;
  update settlement_totals t
     set line_count = t.line_count - r.lines, total_fen = t.total_fen - r.fen,
         first_line_no = (select min(l.line_no) from settlement_lines l
                           where l.book_id = t.book_id and l.settlement_id = t.settlement_id and l.payee_id = t.payee_id and l.fund = t.fund
                             and l.returned_version is null)
    from (select w.book_id, w.settlement_id, w.payee_id, w.fund, count(*) as lines, sum(w.amount_fen) as fen
            from written w join before b using (book_id, settlement_line_id)
           where w.returned_version is not null and b.returned_version is null
           group by w.book_id, w.settlement_id, w.payee_id, w.fund) r
   where (t.book_id, t.settlement_id, t.payee_id, t.fund) = (r.book_id, r.settlement_id, r.payee_id, r.fund);
  return null;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.total_settlement_lines()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into settlement_totals as t (book_id, settlement_id, payee_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, payee_id, fund, min(line_no), count(*), sum(amount_fen)
    from written group by book_id, settlement_id, payee_id, fund
  on conflict (book_id, settlement_id, payee_id, fund) do update
     set first_line_no = least(t.first_line_no, excluded.first_line_no), line_count = t.line_count + excluded.line_count,
         total_fen = t.total_fen + excluded.total_fen;
  return null;
end $function$;

-- owner voucher_owner
CREATE OR REPLACE FUNCTION public.two_approvers_above(p_laws jsonb, p_day date)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (law ->> 'above')::bigint from jsonb_array_elements(p_laws) with ordinality as of (law, n)
   where n = 1 or (law ->> 'from')::date <= p_day order by n desc limit 1
$function$;
grant execute on function two_approvers_above(jsonb,date) to public;
