-- Who may call: persons, their memberships in a book, and the API keys that speak for a membership.

-- A human being, as this book knows them. Four eyes are counted in persons, not in accounts: one person's several
-- memberships are one pair of eyes.
create table persons (
  book_id     uuid        not null references books,
  person_id   uuid        not null,
  name        text        not null check (length(name) between 1 and 100),
  recorded_at timestamptz not null,
  primary key (book_id, person_id)
);

-- A membership: one person (or a machine for which one person answers) in one role of one book; members of the trade
-- act for one legal person, named by the unified social credit code of the enterprise or provider.
create table members (
  book_id            uuid        not null references books,
  member_id          uuid        not null,
  person_id          uuid        not null,
  kind               text        not null check (kind in ('PERSON', 'MACHINE')),
  role               text        not null check (role in ('enterprise', 'provider', 'reviewer', 'approver', 'finance',
                                                          'finance_approver', 'auditor', 'operator')),
  legal_person_uscc  text        check (legal_person_uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
  status             text        not null check (status in ('ACTIVE', 'ENDED')),
  recorded_at        timestamptz not null,
  primary key (book_id, member_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  constraint members_trade_has_legal_person check ((role in ('enterprise', 'provider')) = (legal_person_uscc is not null))
);

-- An API key of a membership: a public prefix to find it by and the SHA-256 of its secret. The secret is shown once.
create table api_keys (
  book_id      uuid        not null references books,
  key_id       uuid        not null,
  member_id    uuid        not null,
  prefix       text        not null check (prefix ~ '^[a-z0-9]{12}$'),
  secret_hash  text        not null check (secret_hash ~ '^[0-9a-f]{64}$'),
  expires_on   date,
  revoked_at   timestamptz,
  recorded_at  timestamptz not null,
  primary key (book_id, key_id),
  unique (book_id, prefix),
  foreign key (book_id, member_id) references members (book_id, member_id)
);
create index api_keys_member on api_keys (book_id, member_id);

call keep_in_lane('persons');
call keep_in_lane('members');
call keep_in_lane('api_keys');
grant update (status) on members to voucher_app;
grant update (revoked_at, expires_on) on api_keys to voucher_app;
