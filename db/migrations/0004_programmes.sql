-- Programmes are law: dated, cited, immutable once active. The evaluator reads `document`, which is the published file
-- as it was; `digest` is the SHA-256 of its text. Publishing and activating are two persons' acts.
create table programme_versions (
  book_id              uuid        not null references books,
  programme_version_id uuid        not null,
  programme_code       text        not null check (programme_code ~ '^[a-z][a-z0-9-]{1,40}$'),
  version              integer     not null check (version >= 1),
  name                 text        not null,
  legal_status         text        not null check (legal_status in ('DRAFT', 'ENACTED', 'REPEALED')),
  status               text        not null check (status in ('PUBLISHED', 'ACTIVE')),
  document             text        not null,
  digest               text        not null check (digest ~ '^[0-9a-f]{64}$'),
  in_force_from        date,
  in_force_to          date        check (in_force_to >= in_force_from),
  published_by         uuid        not null,
  activated_by         uuid,
  recorded_at          timestamptz not null,
  activated_at         timestamptz,
  primary key (book_id, programme_version_id),
  unique (book_id, programme_code, version),
  foreign key (book_id, published_by) references persons (book_id, person_id),
  foreign key (book_id, activated_by) references persons (book_id, person_id),
  constraint programme_versions_four_eyes check (activated_by <> published_by),
  constraint programme_versions_active check ((status = 'ACTIVE') = (activated_by is not null and activated_at is not null)),
  constraint programme_versions_in_force check (status <> 'ACTIVE' or in_force_from is not null)
);

-- Money a funder has put behind a programme for a year (预算指标), by document. The ledger holds the money; this row
-- holds the paper.
create table appropriations (
  book_id           uuid        not null references books,
  appropriation_id  uuid        not null,
  programme_code    text        not null,
  year              integer     not null check (year between 2000 and 2999),
  funder            text        not null check (funder ~ '^[A-Z][A-Z0-9_]{0,30}$'),
  amount_fen        bigint      not null check (amount_fen > 0),
  document_no       text        not null check (length(document_no) between 1 and 100),
  loaded_on         date        not null,
  recorded_at       timestamptz not null,
  primary key (book_id, appropriation_id),
  unique (book_id, document_no, programme_code, year, funder)
);

-- Numbers for people (券号, 批次号 …), gapless per book, series and year.
create table number_series (
  book_id  uuid    not null references books,
  series   text    not null,
  last     bigint  not null check (last >= 0),
  primary key (book_id, series)
);

call keep_in_lane('programme_versions');
call keep_in_lane('appropriations');
call keep_in_lane('number_series');
grant update (status, activated_by, activated_at) on programme_versions to voucher_app;
grant update (last) on number_series to voucher_app;
