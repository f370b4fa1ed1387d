-- The members of the trade: enterprises that use compute, providers that sell it, their facilities, the listings that
-- admit them, the chips that decide rates, and the accounts they are paid on.

-- An enterprise (算力使用方), by unified social credit code. A branch names its legal person; limits count there.
create table enterprises (
  book_id            uuid        not null references books,
  enterprise_id      uuid        not null,
  uscc               text        not null check (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  legal_person_uscc  text        not null check (legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  name               text        not null check (length(name) between 1 and 200),
  kind               text        not null check (kind in ('ENTERPRISE', 'INSTITUTION')),
  size_class         text        check (size_class in ('LARGE', 'MEDIUM', 'SMALL', 'MICRO')),
  recorded_at        timestamptz not null,
  primary key (book_id, enterprise_id),
  unique (book_id, uscc)
);
create index enterprises_legal_person on enterprises (book_id, legal_person_uscc);

-- A provider (算力服务机构), likewise.
create table providers (
  book_id            uuid        not null references books,
  provider_id        uuid        not null,
  uscc               text        not null check (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  legal_person_uscc  text        not null check (legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  name               text        not null check (length(name) between 1 and 200),
  recorded_at        timestamptz not null,
  primary key (book_id, provider_id),
  unique (book_id, uscc)
);
create index providers_legal_person on providers (book_id, legal_person_uscc);

-- A facility a provider serves from. Owner and operator are named, for 自建自用 is judged by them too.
create table facilities (
  book_id        uuid        not null references books,
  facility_id    uuid        not null,
  provider_id    uuid        not null,
  name           text        not null check (length(name) between 1 and 200),
  kind           text        not null check (kind in ('SUPERCOMPUTING', 'AI_COMPUTING', 'DATA_CENTER')),
  owner_uscc     text        not null,
  operator_uscc  text        not null,
  recorded_at    timestamptz not null,
  primary key (book_id, facility_id),
  unique (book_id, provider_id, name),
  foreign key (book_id, provider_id) references providers (book_id, provider_id)
);
create index facilities_provider on facilities (book_id, provider_id);

-- What was verified of a facility on a day: capacity in service, never by design. The latest observation on or before
-- a usage day counts. PFLOPS are stated at a precision; racks are standard racks (2.5 kW).
create table facility_observations (
  book_id         uuid          not null references books,
  observation_id  uuid          not null,
  facility_id     uuid          not null,
  observed_on     date          not null,
  in_service      boolean       not null,
  pflops          numeric(12,2) check (pflops >= 0),
  precision       text          check (precision in ('FP64', 'FP32', 'FP16', 'INT8')),
  standard_racks  integer       check (standard_racks >= 0),
  evidence        text          not null check (length(evidence) between 1 and 500),
  recorded_at     timestamptz   not null,
  primary key (book_id, observation_id),
  unique (book_id, facility_id, observed_on),
  foreign key (book_id, facility_id) references facilities (book_id, facility_id),
  constraint facility_observations_precision check ((pflops is null) = (precision is null))
);

-- A listing (入库) admits a provider for one service item, by published batch, from a day to a day (both inclusive;
-- no end is open). Usage while listed counts; after the end it does not.
create table listings (
  book_id       uuid        not null references books,
  listing_id    uuid        not null,
  provider_id   uuid        not null,
  service_item  text        not null check (service_item in ('AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE',
                                                             'NETWORK', 'SECURITY')),
  batch_no      text        not null check (length(batch_no) between 1 and 50),
  document_no   text        not null check (length(document_no) between 1 and 100),
  valid_from    date        not null,
  valid_to      date        check (valid_to >= valid_from),
  recorded_at   timestamptz not null,
  primary key (book_id, listing_id),
  unique (book_id, provider_id, service_item, valid_from),
  foreign key (book_id, provider_id) references providers (book_id, provider_id)
);

-- The chip catalogue, kept by the bureau and dated, for a chip's origin decides its rate. The latest row on or before
-- the filing day of a contract counts, and is copied to the contract's line then.
create table chips (
  book_id      uuid        not null references books,
  chip_id      uuid        not null,
  vendor       text        not null check (length(vendor) between 1 and 100),
  model        text        not null check (length(model) between 1 and 100),
  origin       text        not null check (origin in ('DOMESTIC', 'NON_DOMESTIC')),
  valid_from   date        not null,
  source       text        not null check (length(source) between 1 and 500),
  recorded_at  timestamptz not null,
  primary key (book_id, chip_id),
  unique (book_id, vendor, model, valid_from)
);

-- The bank account a provider is paid on, from a day on; the latest on or before the day of payment counts. The number
-- is encrypted by the service (AES-256-GCM); the last four digits and a keyed fingerprint are kept to show and compare.
create table payee_accounts (
  book_id              uuid        not null references books,
  payee_account_id     uuid        not null,
  provider_id          uuid        not null,
  holder_name          text        not null check (length(holder_name) between 1 and 200),
  bank_name            text        not null check (length(bank_name) between 1 and 200),
  bank_code            text        not null check (bank_code ~ '^\d{12}$'),
  account_no_sealed    text        not null,
  account_no_last4     text        not null check (account_no_last4 ~ '^\d{4}$'),
  account_fingerprint  text        not null check (account_fingerprint ~ '^[0-9a-f]{64}$'),
  valid_from           date        not null,
  recorded_at          timestamptz not null,
  primary key (book_id, payee_account_id),
  unique (book_id, provider_id, valid_from),
  foreign key (book_id, provider_id) references providers (book_id, provider_id)
);

call keep_in_lane('enterprises');
call keep_in_lane('providers');
call keep_in_lane('facilities');
call keep_in_lane('facility_observations');
call keep_in_lane('listings');
call keep_in_lane('chips');
call keep_in_lane('payee_accounts');
grant update (valid_to) on listings to voucher_app;
