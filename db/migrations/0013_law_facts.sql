-- What the law asks for beyond a contract: facts about legal persons and their projects, which general controls of the book
-- an award was decided under, exceptions to limits that are so in principle («原则上»), and rates by the origin of chips.
-- Facts are recorded and never changed: of two that say something about the same day the one recorded later holds. Their
-- order is `revision`, counted from 1 in the lane.

-- The day an enterprise was established, where the law asks how old it is; from its licence, and optional.
alter table enterprises add column established_on date check (established_on >= '1900-01-01');

-- A class that the bureau finds a legal person to be in (SME, SME_PILOT, START_UP, RD_INSTITUTION …; ONE_ENTERPRISE_ONE_POLICY
-- for «一企一策»), from a day to a day, both inclusive; no end is open. `holds` false takes back what was recorded before,
-- from `valid_from` on.
create table legal_person_classes (
  book_id            uuid        not null references books,
  class_record_id    uuid        not null,
  legal_person_uscc  text        not null check (legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  class              text        not null check (class ~ '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$' and length(class) <= 60),
  holds              boolean     not null,
  valid_from         date        not null,
  valid_to           date        check (valid_to >= valid_from),
  document_no        text        not null check (length(document_no) between 1 and 100),
  revision           integer     not null check (revision >= 1),
  recorded_person    uuid        not null,
  recorded_at        timestamptz not null,
  primary key (book_id, class_record_id),
  unique (book_id, legal_person_uscc, class, revision),
  foreign key (book_id, recorded_person) references persons (book_id, person_id)
);

-- Two legal persons that are related parties (关联方), by the bureau's finding, from a day to a day as above. That both are
-- controlled by the state alone makes no related parties (公司法第265条): such a pair is not recorded. A pair is written in
-- one order only.
create table related_parties (
  book_id          uuid        not null references books,
  relation_id      uuid        not null,
  first_uscc       text        not null check (first_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  second_uscc      text        not null check (second_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  holds            boolean     not null,
  valid_from       date        not null,
  valid_to         date        check (valid_to >= valid_from),
  source           text        not null check (length(source) between 1 and 500),
  revision         integer     not null check (revision >= 1),
  recorded_person  uuid        not null,
  recorded_at      timestamptz not null,
  primary key (book_id, relation_id),
  unique (book_id, first_uscc, second_uscc, revision),
  foreign key (book_id, recorded_person) references persons (book_id, person_id),
  constraint related_parties_one_order check (first_uscc < second_uscc collate "C")
);
create index related_parties_second on related_parties (book_id, second_uscc, relation_id);

-- A figure the law takes its number from: what a legal person contributed to the district in a year (区级综合贡献额), the
-- audited investment of a project (经审计认定的投资额), the national and provincial money of a project or of a contract.
-- A provisional one is followed by the final one; the last that was recorded counts. `holder` is a legal person's code, a
-- project's code or a contract's id.
create table figures (
  book_id          uuid        not null references books,
  figure_id        uuid        not null,
  kind             text        not null check (kind in ('DISTRICT_CONTRIBUTION', 'AUDITED_INVESTMENT', 'UPSTREAM_SUPPORT')),
  holder           text        not null check (length(holder) between 1 and 100),
  year             integer     check (year between 2000 and 2999),
  amount_fen       bigint      not null check (amount_fen >= 0),
  provisional      boolean     not null,
  document_no      text        not null check (length(document_no) between 1 and 100),
  revision         integer     not null check (revision >= 1),
  recorded_person  uuid        not null,
  recorded_at      timestamptz not null,
  primary key (book_id, figure_id),
  foreign key (book_id, recorded_person) references persons (book_id, person_id),
  constraint figures_of_a_year check ((kind = 'DISTRICT_CONTRIBUTION') = (year is not null))
);
create unique index figures_revision on figures (book_id, kind, holder, coalesce(year, 0), revision);
create index figures_holder on figures (book_id, holder, figure_id);

-- An exception to a limit that holds in principle («原则上»), for one holder in one window: asked for by one person with its
-- reason, approved by another. Approved, it is a posting (limit.raised) on top of what the law gives. `account` is the name
-- of the limit in the ledger, `span` the window.
create table limit_exceptions (
  book_id          uuid        not null references books,
  exception_id     uuid        not null,
  programme_code   text        not null,
  limit_id         text        not null,
  account          text        not null,
  holder           text        not null,
  span             text        not null check (span ~ '^(LIFETIME|\d{4}(\+\d{1,2})?)$'),
  amount_fen       bigint      not null check (amount_fen > 0),
  reason           text        not null check (length(reason) between 1 and 500),
  status           text        not null check (status in ('ASKED', 'APPROVED')),
  asked_person     uuid        not null,
  asked_on         date        not null,
  approved_person  uuid,
  approved_on      date,
  recorded_at      timestamptz not null,
  primary key (book_id, exception_id),
  foreign key (book_id, asked_person) references persons (book_id, person_id),
  foreign key (book_id, approved_person) references persons (book_id, person_id),
  constraint limit_exceptions_four_eyes check (approved_person <> asked_person),
  constraint limit_exceptions_approved check ((status = 'APPROVED') = (approved_person is not null and approved_on is not null))
);
create index limit_exceptions_status on limit_exceptions (book_id, status, exception_id);
create index limit_exceptions_window on limit_exceptions (book_id, account, holder, span);

-- The year in which a holder's window of several years began: that of its first award under the limit. Set once, by that
-- award. `first_year_id` is made of both names.
create table limit_first_years (
  book_id        uuid    not null references books,
  first_year_id  text    not null,
  account        text    not null,
  holder         text    not null,
  first_year     integer not null check (first_year between 2000 and 2999),
  primary key (book_id, first_year_id),
  constraint limit_first_years_named check (first_year_id = account || ':' || holder)
);

insert into posting_kinds (posting, debit_kind, credit_kind) values ('limit.raised', 'limit', 'allowance');

-- A version with a book's general controls (总体管控) awards nothing: it is laid over every programme of the book.
alter table programme_versions add column kind text not null default 'PROGRAMME' check (kind in ('PROGRAMME', 'GENERAL_CONTROLS'));
create index programme_versions_kind on programme_versions (book_id, kind);

-- What an application is about, by which awards on one matter are looked at together: a project, a product, a standard, a
-- series of awards, each by its code. And the general controls that held on the day that decides, by their ids: they hold for
-- the voucher to its end, as its version does.
alter table applications
  add column matters jsonb not null default '{}' check (jsonb_typeof(matters) = 'object'),
  add column control_version_ids jsonb not null default '[]' check (jsonb_typeof(control_version_ids) = 'array');
alter table vouchers
  add column matters jsonb not null default '{}' check (jsonb_typeof(matters) = 'object'),
  add column control_version_ids jsonb not null default '[]' check (jsonb_typeof(control_version_ids) = 'array');

-- Where the rate differs from line to line, what a redemption counts is the sum of each line × its rate, in fen × basis
-- points; so it stays exact however many redemptions follow. Null for what was redeemed before this was kept: then the base
-- × the one rate of the law.
alter table redemptions add column weighted_base numeric(30,0) check (weighted_base >= 0);
alter table contract_standings add column weighted_base numeric(30,0) check (weighted_base >= 0);

call keep_in_lane('legal_person_classes');
call keep_in_lane('related_parties');
call keep_in_lane('figures');
call keep_in_lane('limit_exceptions');
call keep_in_lane('limit_first_years');
grant update (status, approved_person, approved_on) on limit_exceptions to voucher_app;
grant update (weighted_base) on contract_standings to voucher_app;
