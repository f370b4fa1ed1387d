-- The lives of contracts and usage invoices to their ends: amended, completed, terminated or voided; withdrawn, voided, disputed and
-- resolved, taken back in red. What was said stays: an amendment leaves the version before it, a red letter the invoice it is of.

-- ── Contracts ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- SUBMITTED, CONFIRMED, then FILED; AMENDED once an amendment was filed (`version` counts, the filing is 1). Ends: COMPLETED when its
-- period is over, TERMINATED early (`last_day` is the last day of usage, inclusive), VOIDED by a decision of another person than who
-- filed it; WITHDRAWN before it was confirmed, REJECTED before it was filed. `ended_on` is the day of that decision.
alter table contracts
  drop constraint contracts_status_check,
  drop constraint contracts_filed,
  drop constraint contracts_confirmed,
  drop constraint contracts_number,
  add column version integer not null default 1 check (version >= 1),
  add column last_day date,
  add column ended_on date,
  add column ended_person uuid,
  add column end_reason text check (length(end_reason) between 1 and 500),
  add constraint contracts_status_check check (status in ('SUBMITTED', 'CONFIRMED', 'FILED', 'AMENDED', 'COMPLETED', 'TERMINATED',
                                                          'VOIDED', 'WITHDRAWN', 'REJECTED')),
  add constraint contracts_filed check ((status in ('FILED', 'AMENDED', 'COMPLETED', 'TERMINATED', 'VOIDED'))
                                        = (num_nonnulls(filing_no, filed_on, filed_person) = 3)),
  add constraint contracts_confirmed check (case status when 'SUBMITTED' then confirmed_person is null
    when 'WITHDRAWN' then confirmed_person is null when 'REJECTED' then true else confirmed_person is not null end),
  add constraint contracts_amended check (case status when 'FILED' then version = 1 when 'AMENDED' then version > 1
    when 'COMPLETED' then true when 'TERMINATED' then true when 'VOIDED' then true else version = 1 end),
  add constraint contracts_ended check ((status in ('COMPLETED', 'TERMINATED', 'VOIDED', 'WITHDRAWN', 'REJECTED'))
                                        = (num_nonnulls(ended_on, ended_person) = 2)
                                        and (status not in ('TERMINATED', 'VOIDED', 'REJECTED') or end_reason is not null)),
  add constraint contracts_terminated check ((status = 'TERMINATED') = (last_day is not null)
                                             and last_day between starts_on and ends_on),
  add constraint contracts_voided_by_another check (status <> 'VOIDED' or ended_person <> filed_person);

-- A contract that never was, or is no more, bars no other of its number or its content.
create index contracts_number on contracts (book_id, contract_no, provider_id);
create unique index contracts_one_number on contracts (book_id, contract_no, provider_id)
  where status not in ('WITHDRAWN', 'REJECTED', 'VOIDED');
drop index contracts_fingerprint;
create index contracts_fingerprint on contracts (book_id, fingerprint);
create unique index contracts_one_fingerprint on contracts (book_id, fingerprint)
  where status not in ('WITHDRAWN', 'REJECTED', 'VOIDED');

-- A line that an amendment struck out stays, with nothing on it: what was used of it names it.
alter table contract_lines drop constraint contract_lines_quantity_check,
  add constraint contract_lines_quantity_check check (quantity > 0 or (quantity = 0 and gross_fen = 0));

grant update (starts_on, ends_on, net_fen, vat_fen, gross_fen, fingerprint, version, last_day, ended_on, ended_person, end_reason)
  on contracts to voucher_app;
grant update (quantity, net_fen, vat_fen, gross_fen) on contract_lines to voucher_app;

-- An amendment (变更) of a filed contract: one side proposes it, the other confirms it, the bureau files it under the number of the version
-- it makes. `lines` is the whole content as it is to be, line by line; what a line is of never changes, only how much of it is bought.
-- One amendment of a contract is open at a time. `content_digest` is what confirming and filing approve.
create table contract_amendments (
  book_id           uuid        not null,
  amendment_id      uuid        not null,
  contract_id       uuid        not null,
  enterprise_id     uuid        not null,
  provider_id       uuid        not null,
  version           integer     not null check (version >= 2),
  signed_on         date        not null,
  starts_on         date        not null,
  ends_on           date        not null check (ends_on >= starts_on),
  net_fen           bigint      not null check (net_fen >= 0),
  vat_fen           bigint      not null check (vat_fen >= 0),
  gross_fen         bigint      not null check (gross_fen > 0),
  reason            text        not null check (length(reason) between 1 and 500),
  lines             json        not null,
  fingerprint       text        not null,
  content_digest    text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status            text        not null check (status in ('PROPOSED', 'CONFIRMED', 'FILED', 'WITHDRAWN', 'REJECTED')),
  proposed_side     text        not null check (proposed_side in ('enterprise', 'provider')),
  proposed_person   uuid        not null,
  confirmed_person  uuid,
  decided_person    uuid,
  decided_on        date,
  decision_reason   text        check (length(decision_reason) between 1 and 500),
  recorded_at       timestamptz not null,
  primary key (book_id, amendment_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  constraint contract_amendments_tie_out check (net_fen + vat_fen = gross_fen),
  constraint contract_amendments_four_eyes check (proposed_person <> confirmed_person
    and (status <> 'FILED' or (decided_person <> proposed_person and decided_person <> confirmed_person))),
  constraint contract_amendments_confirmed check (status not in ('CONFIRMED', 'FILED') or confirmed_person is not null),
  constraint contract_amendments_decided check ((status in ('FILED', 'WITHDRAWN', 'REJECTED')) = (num_nonnulls(decided_person, decided_on) = 2)
                                                and (status <> 'REJECTED' or decision_reason is not null))
);
create index contract_amendments_contract on contract_amendments (book_id, contract_id, amendment_id);
create index contract_amendments_status on contract_amendments (book_id, status, amendment_id);
create index contract_amendments_enterprise on contract_amendments (book_id, enterprise_id, status, amendment_id);
create index contract_amendments_provider on contract_amendments (book_id, provider_id, status, amendment_id);
create unique index contract_amendments_one_open on contract_amendments (book_id, contract_id) where status in ('PROPOSED', 'CONFIRMED');
create unique index contract_amendments_one_version on contract_amendments (book_id, contract_id, version) where status = 'FILED';

-- What a contract said before an amendment was filed: its versions but the last, which is the contract itself. A version holds from the
-- day it was filed to the day it was superseded. With its lines, each as much as was bought of it then.
create table contract_versions (
  book_id              uuid        not null,
  contract_version_id  uuid        not null,
  contract_id          uuid        not null,
  version              integer     not null check (version >= 1),
  signed_on            date        not null,
  starts_on            date        not null,
  ends_on              date        not null,
  net_fen              bigint      not null,
  vat_fen              bigint      not null,
  gross_fen            bigint      not null,
  fingerprint          text        not null,
  content_digest       text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  filed_on             date        not null,
  superseded_on        date        not null check (superseded_on >= filed_on),
  recorded_at          timestamptz not null,
  primary key (book_id, contract_version_id),
  unique (book_id, contract_id, version),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id)
);
create table contract_version_lines (
  book_id                   uuid          not null,
  contract_version_line_id  uuid          not null,
  contract_id               uuid          not null,
  version                   integer       not null,
  contract_line_id          uuid          not null,
  quantity                  numeric(18,4) not null check (quantity >= 0),
  net_fen                   bigint        not null check (net_fen >= 0),
  vat_fen                   bigint        not null check (vat_fen >= 0),
  gross_fen                 bigint        not null check (gross_fen >= 0),
  primary key (book_id, contract_version_line_id),
  unique (book_id, contract_id, version, contract_line_id),
  foreign key (book_id, contract_id, version) references contract_versions (book_id, contract_id, version),
  foreign key (book_id, contract_line_id) references contract_lines (book_id, contract_line_id)
);

call keep_in_lane('contract_amendments');
call keep_in_lane('contract_versions');
call keep_in_lane('contract_version_lines');
create trigger contract_versions_append_only before update or delete on contract_versions for each row execute function refuse_change();
create trigger contract_versions_no_truncate before truncate on contract_versions for each statement execute function refuse_change();
create trigger contract_version_lines_append_only before update or delete on contract_version_lines for each row execute function refuse_change();
create trigger contract_version_lines_no_truncate before truncate on contract_version_lines for each statement execute function refuse_change();
grant update (status, confirmed_person, decided_person, decided_on, decision_reason) on contract_amendments to voucher_app;
