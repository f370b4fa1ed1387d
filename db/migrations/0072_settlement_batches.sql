-- The life of a batch: DRAFT (its lines are being collected), FROZEN (content hash and control totals), APPROVED by the bureau, CHECKED by
-- finance line by line, INSTRUCTED by a second person of finance, CLOSED. Lines that are returned leave it, which makes a new version that is
-- approved again; DISSOLVED is a batch that nothing is left in.
--
-- `version` counts what was frozen; 0 is a batch that was instructed before there were versions and a check. `collected_day` and `collected_id`
-- are the last payable that a draft has looked at, `is_collecting` while there may be more; one batch of a book collects at a time.
-- `checked_persons` is everybody who has checked lines of it, `checked_person` the last of them, `checked_lines` how many are checked.
-- `payments_left`: how much of what each payee gets out of each fund is still to be instructed, in slices of the lane, once it was instructed.
alter table settlements
  add column version        integer not null default 1 check (version >= 0),
  add column is_collecting  boolean not null default false,
  add column collected_day  date,
  add column collected_id   uuid,
  add column frozen_person  uuid,
  add column checked_person uuid,
  add column checked_persons jsonb not null default '[]' check (jsonb_typeof(checked_persons) = 'array'),
  add column checked_lines  integer not null default 0,
  add column payments_left  integer not null default 0 check (payments_left >= 0),
  alter column content_digest drop not null,
  drop constraint settlements_status_check,
  drop constraint settlements_states,
  drop constraint settlements_four_eyes,
  drop constraint settlements_line_count_check,
  drop constraint settlements_total_fen_check;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    -- What was drafted bore its hash and its totals at once.
    update settlements set status = 'FROZEN', frozen_person = drafted_person where book_id = book and status = 'DRAFT';
    update settlements set frozen_person = drafted_person where book_id = book and status = 'APPROVED';
    update settlements set version = 0 where book_id = book and status in ('INSTRUCTED', 'CLOSED');
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
alter table settlements
  add constraint settlements_status_check check (status in ('DRAFT', 'FROZEN', 'APPROVED', 'CHECKED', 'INSTRUCTED', 'CLOSED', 'DISSOLVED')),
  add constraint settlements_states check (
    (status in ('DRAFT', 'FROZEN', 'DISSOLVED')) = (approved_person is null)
    and (status in ('INSTRUCTED', 'CLOSED')) = (instructed_person is not null)
    and (status = 'CLOSED') = (closed_person is not null)
    and (version = 0 or (status in ('DRAFT', 'DISSOLVED') or frozen_person is not null)
                        and (status not in ('CHECKED', 'INSTRUCTED', 'CLOSED') or checked_lines = line_count))),
  add constraint settlements_content check (
    line_count >= 0 and total_fen >= 0 and (line_count = 0) = (total_fen = 0)
    and (status = 'DISSOLVED' and line_count = 0 or status = 'DRAFT' or line_count > 0)
    and (status in ('DRAFT', 'DISSOLVED')) = (content_digest is null)),
  add constraint settlements_collecting check (
    (not is_collecting or status = 'DRAFT') and (collected_day is null) = (collected_id is null)),
  add constraint settlements_checked_lines check (checked_lines between 0 and line_count and (checked_lines = 0 or checked_person is not null)
    and (checked_person is null) = (checked_persons = '[]') and (checked_person is null or checked_persons ? checked_person::text)),
  add constraint settlements_payments_left check (payments_left = 0 or status = 'INSTRUCTED'),
  -- Whoever drafted or froze it, approved it, checked lines of it and instructs it are persons of their own; null is nobody yet.
  add constraint settlements_four_eyes check (
    approved_person not in (drafted_person, frozen_person) and instructed_person not in (drafted_person, frozen_person, approved_person)
    and not checked_persons ?| array[drafted_person::text, frozen_person::text, approved_person::text, instructed_person::text]);
create unique index settlements_collecting_once on settlements (book_id) where is_collecting;
create index settlements_to_instruct on settlements (book_id, settlement_id) where payments_left > 0;
-- What was frozen changes with its version only, and that has been approved by nobody yet.
create trigger settlements_frozen before update on settlements for each row
  when (old.content_digest is not null and new.status <> 'DISSOLVED'
        and (new.version, new.content_digest, new.line_count, new.total_fen)
            is distinct from (old.version, old.content_digest, old.line_count, old.total_fen)
        and (new.version, new.status) is distinct from (old.version + 1, 'FROZEN'))
  execute function refuse_change();
grant update (version, is_collecting, collected_day, collected_id, frozen_person, checked_person, checked_persons, checked_lines, payments_left, content_digest,
              line_count, total_fen) on settlements to voucher_app;
drop trigger settlements_one_person on settlements;
call hold_persons_apart('settlements', 'frozen_person checked_persons', 'approved_person drafted_person frozen_person checked_persons',
  'checked_person drafted_person frozen_person approved_person',
  'instructed_person drafted_person frozen_person approved_person checked_persons');

-- A line is checked by a person of finance, or returned, with the reason: then it is of no version any more, and what it paid may go into
-- another batch.
alter table settlement_lines
  add column checked_person   uuid,
  add column checked_on       date,
  add column returned_version integer check (returned_version >= 1),
  add column returned_person  uuid,
  add column returned_on      date,
  add column return_reason    text check (length(return_reason) between 1 and 500),
  add constraint settlement_lines_checked check ((checked_person is null) = (checked_on is null)),
  add constraint settlement_lines_returned check (num_nonnulls(returned_version, returned_person, returned_on, return_reason) in (0, 4)),
  drop constraint settlement_lines_book_id_redemption_id_key,
  drop constraint settlement_lines_book_id_reimbursement_id_key;
-- One redemption's money is in at most one batch.
create unique index settlement_lines_one_redemption on settlement_lines (book_id, redemption_id) where returned_version is null;
create unique index settlement_lines_one_reimbursement on settlement_lines (book_id, reimbursement_id) where returned_version is null;
grant update (checked_person, checked_on, returned_version, returned_person, returned_on, return_reason) on settlement_lines to voucher_app;

-- Every version of a batch that was frozen: what an approval of it bound, who approved it, and how many of its lines were returned, which
-- ended it. `funder_totals`: what falls to each funder, as the funds stood when it was frozen; the odd fen is settled with the instruction.
create table settlement_versions (
  book_id         uuid        not null references books,
  version_id      uuid        not null,
  settlement_id   uuid        not null,
  version         integer     not null check (version >= 1),
  content_digest  text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  line_count      integer     not null check (line_count >= 1),
  total_fen       bigint      not null check (total_fen > 0),
  funder_totals   jsonb       not null check (jsonb_typeof(funder_totals) = 'array'),
  frozen_person   uuid        not null,
  frozen_on       date        not null,
  approved_person uuid,
  returned_lines  integer     not null default 0 check (returned_lines between 0 and line_count),
  recorded_at     timestamptz not null,
  primary key (book_id, version_id),
  unique (book_id, settlement_id, version),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, frozen_person) references persons (book_id, person_id),
  foreign key (book_id, approved_person) references persons (book_id, person_id),
  constraint settlement_versions_four_eyes check (approved_person <> frozen_person)
);
call keep_in_lane('settlement_versions');
call hold_persons_apart('settlement_versions', 'approved_person frozen_person');
grant update (approved_person, returned_lines) on settlement_versions to voucher_app;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    insert into settlement_versions (book_id, version_id, settlement_id, version, content_digest, line_count, total_fen, funder_totals,
                                     frozen_person, frozen_on, approved_person, recorded_at)
      select book_id, gen_random_uuid(), settlement_id, version, content_digest, line_count, total_fen, '[]', drafted_person, drafted_on,
             approved_person, recorded_at
        from settlements where book_id = book and status in ('FROZEN', 'APPROVED');
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;

-- What a batch passed over: approved by its day, and its payee has not handed in what the programme asks for before it is paid.
create table settlement_left_outs (
  book_id           uuid   not null references books,
  left_out_id       uuid   not null,
  settlement_id     uuid   not null,
  redemption_id     uuid,
  reimbursement_id  uuid,
  payee_id          uuid   not null,
  amount_fen        bigint not null check (amount_fen > 0),
  missing_zh        text   not null,
  missing_en        text   not null,
  primary key (book_id, left_out_id),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id),
  foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  constraint settlement_left_outs_one_paper check (num_nonnulls(redemption_id, reimbursement_id) = 1)
);
create index settlement_left_outs_settlement on settlement_left_outs (book_id, settlement_id, left_out_id);
call keep_in_lane('settlement_left_outs');
call keep_for_party('settlement_left_outs', 'payee_id = any ((select own_parties())::uuid[])');

-- Totals are of the lines that are in the batch. `total_id` names what one payee gets out of one fund, which is instructed at once.
alter table settlement_totals add column total_id uuid not null default gen_random_uuid();
create unique index settlement_totals_id on settlement_totals (book_id, total_id);
create function total_returned_lines() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
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
end $$;
revoke all on function total_returned_lines from public;
create trigger settlement_lines_returned after update on settlement_lines referencing old table as before new table as written
  for each statement execute function total_returned_lines();
do $$
begin
  execute replace(pg_get_functiondef('rebuild_rollups'::regproc), 'from settlement_lines where book_id = p_book',
                  'from settlement_lines where book_id = p_book and returned_version is null');
end $$;

-- Approved again, a new version may be approved by others; a first approval is of the very content that it named.
create or replace function refuse_passed_approval() returns trigger language plpgsql as $$
declare
  subject uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
  decider uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if exists (select from first_approvals f where f.book_id = new.book_id and f.subject_id = subject
                and (f.status = 'WAITING'
                     or f.status = 'COMPLETED' and f.second_person <> decider
                        and (tg_nargs < 3 or f.digest = to_jsonb(new) ->> tg_argv[2]))) then
    raise exception 'a first approval of this waits, or another completed it'
      using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_second_approval';
  end if;
  return null;
end $$;
drop trigger settlements_second_approval on settlements;
create constraint trigger settlements_second_approval after update on settlements deferrable initially deferred for each row
  when (new.approved_person is not null and old.approved_person is null)
  execute function refuse_passed_approval('settlement_id', 'approved_person', 'content_digest');
create or replace function makers_of(p_book uuid, p_subject uuid) returns setof uuid language sql stable as $$
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
$$;
