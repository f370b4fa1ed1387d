-- Enterprises and providers change names, merge, split and close. What was done under a name or by a legal person stays as it was; what is
-- done from then on is done by who is there.

-- A change of a legal person (or of a branch: its name, its closing), with its document: proposed by one person, decided by another.
-- `content` is what is decided beyond the day: the new name; the successor; who takes which contracts and how much of what limits leave;
-- what becomes of vouchers. `decision_id` names the decision in the ledger.
create table legal_person_changes (
  book_id          uuid        not null references books,
  change_id        uuid        not null,
  uscc             text        not null check (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  kind             text        not null check (kind in ('NAME', 'MERGER', 'SPLIT', 'CLOSURE')),
  effective_on     date        not null,
  content          json        not null,
  document_no      text        not null check (length(document_no) between 1 and 100),
  reason           text        not null check (length(reason) between 1 and 500),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'WITHDRAWN')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_id      uuid,
  recorded_at      timestamptz not null,
  primary key (book_id, change_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint legal_person_changes_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint legal_person_changes_decided check (
    (status = 'PROPOSED') = (decided_person is null) and (decided_person is null) = (decided_on is null)
    and (status = 'APPROVED') = (decision_id is not null))
);
create index legal_person_changes_uscc on legal_person_changes (book_id, uscc, change_id);
create index legal_person_changes_status on legal_person_changes (book_id, status, change_id);

-- A name that a code had, with its last day: a document of that day or before bears it.
create table former_names (
  book_id         uuid not null references books,
  former_name_id  uuid not null,
  uscc            text not null check (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  name            text not null check (length(name) between 1 and 200),
  last_day        date not null,
  change_id       uuid not null,
  primary key (book_id, former_name_id),
  unique (book_id, uscc, last_day),
  foreign key (book_id, change_id) references legal_person_changes (book_id, change_id)
);

-- What a merger or a split charges to a limit of one holder in one window, so that no limit grows by it. CARRIED: what an absorbed legal person
-- had spent, to its successor. GIVEN: what a split hands over of what was left, to who hands it over. FOUNDED: to who was founded by a
-- split, all that the law would give it in the window beyond what it was handed. `used_after_fen` is what stood as spent afterwards: it
-- may be above the limit when two had spent theirs.
create table limit_successions (
  book_id              uuid   not null references books,
  limit_succession_id  uuid   not null,
  change_id            uuid   not null,
  why                  text   not null check (why in ('CARRIED', 'GIVEN', 'FOUNDED')),
  account              text   not null,
  holder               text   not null,
  span                 text   not null check (span ~ '^(LIFETIME|\d{4}(\+\d{1,2})?)$'),
  amount_fen           bigint not null check (amount_fen > 0),
  used_after_fen       bigint not null check (used_after_fen >= amount_fen),
  primary key (book_id, limit_succession_id),
  foreign key (book_id, change_id) references legal_person_changes (book_id, change_id)
);
create index limit_successions_window on limit_successions (book_id, account, holder, span);
create index limit_successions_change on limit_successions (book_id, change_id);

-- Closed from a day on: it concludes and applies for nothing more. `successor_uscc` is who took its place in a merger.
alter table enterprises add column closed_on date, add column successor_uscc text check (successor_uscc is null or closed_on is not null);
alter table providers add column closed_on date;
-- Whose contract it was before: `[{"enterpriseId", "legalPersonUscc", "until": first day of the next, "decisionId"}, …]`, oldest first.
alter table contracts add column formerly jsonb not null default '[]' check (jsonb_typeof(formerly) = 'array');

insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('limit.succeeded', 'allowance', 'used'), ('limit.succeeded', 'limit', 'used');

call keep_in_lane('legal_person_changes');
call keep_in_lane('former_names');
call keep_in_lane('limit_successions');
grant update (status, decided_person, decided_on, decision_id) on legal_person_changes to voucher_app;
grant update (name, closed_on, successor_uscc) on enterprises to voucher_app;
grant update (name, closed_on) on providers to voucher_app;
grant update (enterprise_id, formerly) on contracts to voucher_app;
grant update (enterprise_id, legal_person_uscc) on vouchers to voucher_app;
