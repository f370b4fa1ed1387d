-- The job: contracts filed, applications decided, vouchers issued, usage invoiced, redemptions verified.
-- Four eyes stand here as constraints: who decides on a row is not who made or checked it.

-- A contract (备案合同) between an enterprise and a provider. Either side submits it, the other confirms it, the bureau
-- files it. Net, VAT and gross tie out to the fen. `fingerprint` is over parties, period and amount.
create table contracts (
  book_id           uuid        not null references books,
  contract_id       uuid        not null,
  contract_no       text        not null check (length(contract_no) between 1 and 100),
  enterprise_id     uuid        not null,
  provider_id       uuid        not null,
  signed_on         date        not null,
  starts_on         date        not null,
  ends_on           date        not null check (ends_on >= starts_on),
  purpose           text        not null check (purpose in ('MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION')),
  net_fen           bigint      not null check (net_fen >= 0),
  vat_fen           bigint      not null check (vat_fen >= 0),
  gross_fen         bigint      not null check (gross_fen > 0),
  fingerprint       text        not null,
  status            text        not null check (status in ('SUBMITTED', 'CONFIRMED', 'FILED')),
  submitted_side    text        not null check (submitted_side in ('enterprise', 'provider')),
  submitted_person  uuid        not null,
  confirmed_person  uuid,
  filed_person      uuid,
  filing_no         text,
  filed_on          date,
  recorded_at       timestamptz not null,
  primary key (book_id, contract_id),
  unique (book_id, filing_no),
  unique (book_id, provider_id, contract_no),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, provider_id) references providers (book_id, provider_id),
  constraint contracts_tie_out check (net_fen + vat_fen = gross_fen),
  constraint contracts_four_eyes check (submitted_person <> confirmed_person and filed_person <> submitted_person
                                        and filed_person <> confirmed_person),
  constraint contracts_filed check ((status = 'FILED') = (filing_no is not null and filed_on is not null and filed_person is not null)),
  constraint contracts_confirmed check ((status = 'SUBMITTED') = (confirmed_person is null))
);
create index contracts_enterprise on contracts (book_id, enterprise_id);
create index contracts_provider on contracts (book_id, provider_id);
create unique index contracts_fingerprint on contracts (book_id, fingerprint);

-- What a contract buys, line by line: which service item, from which facility, on which chip. The chip's origin is
-- copied from the catalogue when the contract is filed.
create table contract_lines (
  book_id           uuid          not null references books,
  contract_line_id  uuid          not null,
  contract_id       uuid          not null,
  line_no           integer       not null check (line_no >= 1),
  description       text          not null check (length(description) between 1 and 300),
  service_item      text          not null,
  facility_id       uuid          not null,
  chip_id           uuid,
  chip_origin       text          check (chip_origin in ('DOMESTIC', 'NON_DOMESTIC')),
  unit              text          not null check (unit in ('CARD_HOUR', 'CORE_HOUR', 'MONTH', 'ITEM')),
  quantity          numeric(18,4) not null check (quantity > 0),
  net_fen           bigint        not null check (net_fen >= 0),
  vat_fen           bigint        not null check (vat_fen >= 0),
  gross_fen         bigint        not null check (gross_fen >= 0),
  primary key (book_id, contract_line_id),
  unique (book_id, contract_id, line_no),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  foreign key (book_id, facility_id) references facilities (book_id, facility_id),
  foreign key (book_id, chip_id) references chips (book_id, chip_id),
  constraint contract_lines_tie_out check (net_fen + vat_fen = gross_fen)
);

-- An application (申领) for a voucher on one filed contract under one programme version. The review binds the digest of
-- what was reviewed and a maximum; the approval binds both and issues the voucher.
create table applications (
  book_id               uuid        not null references books,
  application_id        uuid        not null,
  application_no        text        not null,
  programme_code        text        not null,
  programme_version_id  uuid        not null,
  enterprise_id         uuid        not null,
  legal_person_uscc     text        not null,
  contract_id           uuid        not null,
  purpose               text        not null,
  content_digest        text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status                text        not null check (status in ('SUBMITTED', 'REVIEWED', 'APPROVED', 'REJECTED')),
  submitted_on          date        not null,
  submitted_person      uuid        not null,
  eligibility           jsonb,
  reviewed_person       uuid,
  review_digest         text,
  maximum_fen           bigint      check (maximum_fen > 0),
  decided_person        uuid,
  decision_reason       text,
  award_fen             bigint      check (award_fen > 0),
  computed_fen          bigint,
  explanation           json,
  voucher_id            uuid,
  recorded_at           timestamptz not null,
  primary key (book_id, application_id),
  unique (book_id, application_no),
  foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  constraint applications_four_eyes check (reviewed_person <> submitted_person and decided_person <> submitted_person
                                           and (status <> 'APPROVED' or decided_person <> reviewed_person)),
  constraint applications_reviewed check (status not in ('REVIEWED', 'APPROVED')
                                          or (reviewed_person is not null and maximum_fen is not null)),
  constraint applications_approved check ((status = 'APPROVED') = (voucher_id is not null and award_fen is not null
                                                                   and explanation is not null and decided_person is not null)),
  constraint applications_within_maximum check (award_fen <= maximum_fen)
);
create index applications_enterprise on applications (book_id, enterprise_id);
create index applications_contract on applications (book_id, contract_id);
create index applications_status on applications (book_id, status, application_id);

-- A voucher (算力券). What it can still pay is its ledger account and nowhere else; this row is its paper: face, last
-- day (inclusive to 24:00 in Shanghai), fund, state. It belongs to a legal person and cannot be transferred.
-- `applied_on` is the day of its application, which decides the law of every redemption. `reserved_fen` is what its
-- redemptions in verification hold: a voucher is fully redeemed when it can pay nothing and nothing may come back to it.
-- An opening voucher (outstanding at go-live) has no application in this service; it names its contract all the same.
create table vouchers (
  book_id               uuid        not null references books,
  voucher_id            uuid        not null,
  voucher_no            text        not null,
  programme_code        text        not null,
  programme_version_id  uuid        not null,
  enterprise_id         uuid        not null,
  legal_person_uscc     text        not null,
  contract_id           uuid        not null,
  application_id        uuid,
  fund                  text        not null,
  face_fen              bigint      not null check (face_fen > 0),
  reserved_fen          bigint      not null default 0 check (reserved_fen between 0 and face_fen),
  applied_on            date        not null,
  issued_on             date        not null,
  last_day              date        not null check (last_day >= issued_on),
  status                text        not null check (status in ('ISSUED', 'PARTIALLY_REDEEMED', 'FULLY_REDEEMED', 'FROZEN')),
  frozen_from           text        check (frozen_from in ('ISSUED', 'PARTIALLY_REDEEMED')),
  recorded_at           timestamptz not null,
  primary key (book_id, voucher_id),
  unique (book_id, voucher_no),
  unique (book_id, application_id),
  foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  foreign key (book_id, application_id) references applications (book_id, application_id),
  constraint vouchers_frozen check ((status = 'FROZEN') = (frozen_from is not null)),
  constraint vouchers_fully_redeemed check (status <> 'FULLY_REDEEMED' or reserved_fen = 0)
);
create index vouchers_enterprise on vouchers (book_id, enterprise_id);
create index vouchers_contract on vouchers (book_id, contract_id);

-- Where a contract stands under a programme: the confirmed base its redemptions have used, what they claim (reserved
-- and approved), and what caps cut off for good. Running totals beside the redemptions, so that the cumulative formula
-- (据实结算) is one look-up; the audit recomputes them.
create table contract_standings (
  book_id         uuid   not null references books,
  standing_id     text   not null,
  contract_id     uuid   not null,
  programme_code  text   not null,
  base_fen        bigint not null check (base_fen >= 0),
  claimed_fen     bigint not null check (claimed_fen >= 0),
  cut_off_fen     bigint not null check (cut_off_fen >= 0),
  primary key (book_id, standing_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id)
);

-- A usage invoice (用量发票): the provider's full-price tax invoice for a period of a contract, confirmed or disputed by
-- the enterprise. Its number counts once across all books: see invoice_claims. `number_conflict` says that another book
-- or provider has claimed the number first; such an invoice is looked at by a person before money moves.
create table usage_invoices (
  book_id           uuid        not null references books,
  invoice_id        uuid        not null,
  invoice_no        text        not null check (invoice_no ~ '^\d{20}$'),
  provider_id       uuid        not null,
  enterprise_id     uuid        not null,
  contract_id       uuid        not null,
  issued_on         date        not null,
  usage_from        date        not null,
  usage_to          date        not null check (usage_to >= usage_from),
  net_fen           bigint      not null check (net_fen >= 0),
  vat_fen           bigint      not null check (vat_fen >= 0),
  gross_fen         bigint      not null check (gross_fen > 0),
  paid_fen          bigint      not null default 0 check (paid_fen >= 0),
  status            text        not null check (status in ('POSTED', 'CONFIRMED', 'DISPUTED')),
  number_conflict   boolean     not null,
  posted_person     uuid        not null,
  posted_on         date        not null,
  decided_person    uuid,
  decided_on        date,
  dispute_reason    text,
  redemption_id     uuid,
  recorded_at       timestamptz not null,
  primary key (book_id, invoice_id),
  unique (book_id, provider_id, invoice_no),
  foreign key (book_id, provider_id) references providers (book_id, provider_id),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  constraint usage_invoices_tie_out check (net_fen + vat_fen = gross_fen),
  constraint usage_invoices_not_overpaid check (paid_fen <= gross_fen),
  constraint usage_invoices_four_eyes check (decided_person <> posted_person),
  constraint usage_invoices_decided check ((status = 'POSTED') = (decided_person is null)),
  constraint usage_invoices_redeemed_confirmed check (redemption_id is null or status = 'CONFIRMED')
);
create index usage_invoices_contract on usage_invoices (book_id, contract_id);
create index usage_invoices_enterprise on usage_invoices (book_id, enterprise_id, invoice_id);

create table usage_invoice_lines (
  book_id           uuid          not null references books,
  invoice_line_id   uuid          not null,
  invoice_id        uuid          not null,
  line_no           integer       not null check (line_no >= 1),
  contract_line_id  uuid          not null,
  quantity          numeric(18,4) not null check (quantity > 0),
  net_fen           bigint        not null check (net_fen >= 0),
  vat_fen           bigint        not null check (vat_fen >= 0),
  gross_fen         bigint        not null check (gross_fen >= 0),
  primary key (book_id, invoice_line_id),
  unique (book_id, invoice_id, line_no),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id),
  foreign key (book_id, contract_line_id) references contract_lines (book_id, contract_line_id),
  constraint usage_invoice_lines_tie_out check (net_fen + vat_fen = gross_fen)
);

-- What confirmed invoices have used of each contract line so far: running totals beside the invoices, so that matching
-- a redemption against its contract is one look-up. The audit recomputes them.
create table contract_line_usage (
  book_id           uuid          not null references books,
  contract_line_id  uuid          not null,
  contract_id       uuid          not null,
  quantity          numeric(22,4) not null check (quantity >= 0),
  gross_fen         bigint        not null check (gross_fen >= 0),
  primary key (book_id, contract_line_id),
  foreign key (book_id, contract_line_id) references contract_lines (book_id, contract_line_id)
);
create index contract_line_usage_contract on contract_line_usage (book_id, contract_id);

-- The one thing outside the lane: a tax invoice's number counts once across all books. Claimed before the lane, in a
-- statement of its own, for a provider of a book; the answer to a second claimant names nobody. `holders` counts what
-- stands behind the claim: postings on their way, and the invoice if there is one. With the last of them it ends.
create table invoice_claims (
  number       text        not null primary key check (number ~ '^\d{20}$'),
  book_id      uuid        not null references books,
  provider_id  uuid        not null,
  holders      integer     not null check (holders >= 0),
  claimed_at   timestamptz not null
);

-- What the enterprise paid the provider on an invoice (the self-funded part). "Settled" means invoiced and paid.
-- A bank serial counts once per invoice.
create table enterprise_payments (
  book_id      uuid        not null references books,
  payment_id   uuid        not null,
  invoice_id   uuid        not null,
  amount_fen   bigint      not null check (amount_fen > 0),
  paid_on      date        not null,
  bank_serial  text        not null check (length(bank_serial) between 1 and 64),
  person_id    uuid        not null,
  recorded_at  timestamptz not null,
  primary key (book_id, payment_id),
  unique (book_id, bank_serial, invoice_id),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id)
);
create index enterprise_payments_invoice on enterprise_payments (book_id, invoice_id);

-- A redemption (核销) of a voucher against one confirmed invoice. Reserved when submitted; approved at once when
-- contract, usage, invoice and voucher agree, else it waits for a reviewer with the list of what does not.
-- The row itself keeps one redemption's money from paying another's: reversed + batched never exceed approved.
create table redemptions (
  book_id               uuid        not null references books,
  redemption_id         uuid        not null,
  redemption_no         text        not null,
  voucher_id            uuid        not null,
  invoice_id            uuid        not null,
  contract_id           uuid        not null,
  enterprise_id         uuid        not null,
  provider_id           uuid        not null,
  programme_code        text        not null,
  programme_version_id  uuid        not null,
  fund                  text        not null,
  status                text        not null check (status in ('SUBMITTED', 'APPROVED', 'RETURNED')),
  base_fen              bigint      not null check (base_fen >= 0),
  computed_fen          bigint      not null check (computed_fen >= 0),
  cut_off_fen           bigint      not null check (cut_off_fen >= 0),
  reserved_fen          bigint      not null check (reserved_fen > 0),
  approved_fen          bigint      not null default 0 check (approved_fen >= 0),
  reversed_fen          bigint      not null default 0 check (reversed_fen >= 0),
  batched_fen           bigint      not null default 0 check (batched_fen >= 0),
  mismatches            json        not null,
  explanation           json        not null,
  submitted_on          date        not null,
  submitted_person      uuid        not null,
  decided_person        uuid,
  approved_on           date,
  decision_reason       text,
  settlement_id         uuid,
  recorded_at           timestamptz not null,
  primary key (book_id, redemption_id),
  unique (book_id, redemption_no),
  foreign key (book_id, voucher_id) references vouchers (book_id, voucher_id),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  constraint redemptions_approved_within_reserved check (approved_fen <= reserved_fen),
  constraint redemptions_not_lent check (reversed_fen + batched_fen <= approved_fen),
  constraint redemptions_four_eyes check (decided_person <> submitted_person),
  constraint redemptions_approved check ((status = 'APPROVED') = (approved_on is not null and approved_fen > 0))
);
create unique index redemptions_one_live_per_invoice on redemptions (book_id, invoice_id) where status <> 'RETURNED';
create index redemptions_voucher on redemptions (book_id, voucher_id);
create index redemptions_contract on redemptions (book_id, contract_id, status);
create index redemptions_waiting on redemptions (book_id, redemption_id) where status = 'SUBMITTED';
create index redemptions_unbatched on redemptions (book_id, approved_on, redemption_id)
  where status = 'APPROVED' and settlement_id is null;

call keep_in_lane('contracts');
call keep_in_lane('contract_lines');
call keep_in_lane('applications');
call keep_in_lane('vouchers');
call keep_in_lane('contract_standings');
call keep_in_lane('usage_invoices');
call keep_in_lane('usage_invoice_lines');
call keep_in_lane('contract_line_usage');
call keep_in_lane('enterprise_payments');
call keep_in_lane('redemptions');

grant update (status, confirmed_person, filed_person, filing_no, filed_on) on contracts to voucher_app;
grant update (chip_origin) on contract_lines to voucher_app;
grant update (status, eligibility, reviewed_person, review_digest, maximum_fen, decided_person, decision_reason, award_fen,
              computed_fen, explanation, voucher_id) on applications to voucher_app;
grant update (status, frozen_from, reserved_fen) on vouchers to voucher_app;
grant update (base_fen, claimed_fen, cut_off_fen) on contract_standings to voucher_app;
grant update (paid_fen, status, decided_person, decided_on, dispute_reason, redemption_id) on usage_invoices to voucher_app;
grant update (quantity, gross_fen) on contract_line_usage to voucher_app;
grant update (status, approved_fen, reversed_fen, batched_fen, cut_off_fen, explanation, decided_person, approved_on,
              decision_reason, settlement_id) on redemptions to voucher_app;
grant select, insert, delete on invoice_claims to voucher_app;
grant update (holders) on invoice_claims to voucher_app;
grant select on invoice_claims to voucher_reader;
