-- How people sign in: invitations and the accounts that follow from them are facts of the book and stand behind its lane; passwords, second
-- factors, sessions and attempts are beside it, for they change without anybody deciding, and nothing of the book follows from them.

-- An invitation of a member to sign in, made by an operator. Whoever brings its token, of which only the SHA-256 stands here, before it
-- expires sets a password (or comes by an issuer) and a second factor; then it is accepted, once. A later invitation of the same person
-- withdraws an open one and, accepted, takes the place of everything that was set by an earlier one: so a lost password is mended.
create table invitations (
  book_id         uuid        not null references books,
  invitation_id   uuid        not null,
  member_id       uuid        not null,
  person_id       uuid        not null,
  sign_in_name    text        not null check (sign_in_name ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'),
  token_hash      text        not null check (token_hash ~ '^[0-9a-f]{64}$'),
  expires_at      timestamptz not null,
  invited_member  uuid        not null,
  accepted_at     timestamptz,
  withdrawn_at    timestamptz,
  recorded_at     timestamptz not null,
  primary key (book_id, invitation_id),
  unique (book_id, token_hash),
  foreign key (book_id, member_id) references members (book_id, member_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  constraint invitations_end_once check (accepted_at is null or withdrawn_at is null),
  constraint invitations_in_time check (accepted_at < expires_at)
);
create index invitations_person on invitations (book_id, person_id, invitation_id);
call keep_in_lane('invitations');
grant update (accepted_at, withdrawn_at) on invitations to voucher_app;

-- That a person may sign in, under which name, and by virtue of which invitation: whatever was set under another one no longer counts.
create table user_accounts (
  book_id        uuid        not null,
  person_id      uuid        not null,
  sign_in_name   text        not null check (sign_in_name ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$'),
  invitation_id  uuid        not null,
  recorded_at    timestamptz not null,
  primary key (book_id, person_id),
  unique (book_id, sign_in_name),
  unique (book_id, invitation_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  foreign key (book_id, invitation_id) references invitations (book_id, invitation_id)
);
call keep_in_lane('user_accounts');
grant update (sign_in_name, invitation_id, recorded_at) on user_accounts to voucher_app;

-- What a person has set under an invitation; it counts while the person's account names that invitation. The password as argon2id writes
-- it (none: signs in by an issuer only), the secret of the second factor (RFC 6238) sealed, and the last step of time whose code was used: a
-- code counts once, whatever is tried at the same time. `totp_next_sealed` waits for its first code.
create table credentials (
  book_id           uuid        not null,
  invitation_id     uuid        not null,
  password_hash     text        check (password_hash like '$argon2id$%'),
  password_set_at   timestamptz,
  totp_sealed       text,
  totp_last_step    bigint      not null default 0 check (totp_last_step >= 0),
  totp_next_sealed  text,
  recorded_at       timestamptz not null,
  primary key (book_id, invitation_id),
  foreign key (book_id, invitation_id) references invitations (book_id, invitation_id),
  constraint credentials_password check ((password_hash is null) = (password_set_at is null))
) with (fillfactor = 70);

-- Codes for when the second factor is lost: ten at a time, as SHA-256, each used once.
create table recovery_codes (
  book_id        uuid        not null,
  invitation_id  uuid        not null,
  code_hash      text        not null check (code_hash ~ '^[0-9a-f]{64}$'),
  used_at        timestamptz,
  primary key (book_id, invitation_id, code_hash),
  foreign key (book_id, invitation_id) references credentials (book_id, invitation_id)
);

-- A session of a person who acts as one member at a time. Its cookie holds 32 random bytes, of which only the SHA-256 stands here, and new
-- ones at every sign-in, step-up and change of member. It counts until it is ended, idles for too long, reaches its absolute end, or the
-- person's account names another invitation. `second_factor_at`: when a second factor was last shown in it. The address is sealed.
create table sessions (
  book_id           uuid        not null,
  session_id        uuid        not null,
  secret_hash       text        not null check (secret_hash ~ '^[0-9a-f]{64}$'),
  invitation_id     uuid        not null,
  person_id         uuid        not null,
  member_id         uuid        not null,
  began_by          text        not null check (began_by in ('PASSWORD', 'ISSUER', 'INVITATION')),
  device            text        not null check (length(device) <= 200),
  address_sealed    text        not null,
  second_factor_at  timestamptz,
  began_at          timestamptz not null,
  seen_at           timestamptz not null,
  expires_at        timestamptz not null,
  ended_at          timestamptz,
  primary key (book_id, session_id),
  unique (book_id, secret_hash),
  foreign key (book_id, invitation_id) references credentials (book_id, invitation_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  foreign key (book_id, member_id) references members (book_id, member_id),
  constraint sessions_end check (expires_at > began_at)
) with (fillfactor = 70);
create index sessions_person on sessions (book_id, person_id, session_id);
create index sessions_over on sessions (book_id, expires_at);

-- A sign-in whose first factor was shown and whose second is waited for, some minutes at most. Taken away when it is used.
create table pending_sign_ins (
  book_id        uuid        not null,
  pending_hash   text        not null check (pending_hash ~ '^[0-9a-f]{64}$'),
  invitation_id  uuid        not null,
  began_by       text        not null check (began_by in ('PASSWORD', 'ISSUER')),
  tries          integer     not null default 0 check (tries between 0 and 5),
  expires_at     timestamptz not null,
  primary key (book_id, pending_hash),
  foreign key (book_id, invitation_id) references credentials (book_id, invitation_id)
);
create index pending_sign_ins_over on pending_sign_ins (book_id, expires_at);

-- Attempts to sign in that have not been followed by success: by name (a fingerprint, for people type passwords into the wrong field, and
-- names that nobody has count alike) and by where they came from: a device or address, or all that are unknown together. Each is counted
-- before it is judged, and the next one is not looked at before `next_at`.
create table sign_in_attempts (
  book_id   uuid        not null references books,
  name_key  text        not null check (name_key ~ '^[0-9a-f]{64}$'),
  origin    text        not null check (length(origin) <= 100),
  attempts  integer     not null check (attempts >= 0),
  next_at   timestamptz not null,
  last_at   timestamptz not null,
  primary key (book_id, name_key, origin)
) with (fillfactor = 70);
create index sign_in_attempts_over on sign_in_attempts (book_id, last_at);

-- Devices (by the hash of a cookie) and blocks of addresses (by fingerprint) from which a person has signed in: nobody else's attempts are
-- counted against these.
create table known_origins (
  book_id        uuid        not null,
  invitation_id  uuid        not null,
  origin         text        not null check (length(origin) <= 100),
  seen_at        timestamptz not null,
  primary key (book_id, invitation_id, origin),
  foreign key (book_id, invitation_id) references credentials (book_id, invitation_id)
);

-- Who a person is to an issuer of OpenID Connect: a fingerprint of issuer and subject. One subject is one person of the book.
create table issuer_subjects (
  book_id              uuid        not null,
  subject_fingerprint  text        not null check (subject_fingerprint ~ '^[0-9a-f]{64}$'),
  invitation_id        uuid        not null,
  issuer               text        not null check (length(issuer) between 1 and 40),
  linked_at            timestamptz not null,
  primary key (book_id, subject_fingerprint),
  unique (book_id, invitation_id, issuer),
  foreign key (book_id, invitation_id) references credentials (book_id, invitation_id)
);

-- A person who was sent to an issuer and is to come back with this state, in the same browser. What must match the answer (nonce, verifier)
-- is sealed. `invitation_id`: whom the subject is to be linked with (an invitation being accepted, or who is signed in). Taken away when used.
create table issuer_flows (
  book_id        uuid        not null references books,
  state_hash     text        not null check (state_hash ~ '^[0-9a-f]{64}$'),
  browser_hash   text        not null check (browser_hash ~ '^[0-9a-f]{64}$'),
  issuer         text        not null check (length(issuer) between 1 and 40),
  sealed         text        not null,
  invitation_id  uuid,
  expires_at     timestamptz not null,
  primary key (book_id, state_hash),
  foreign key (book_id, invitation_id) references invitations (book_id, invitation_id)
);
create index issuer_flows_over on issuer_flows (book_id, expires_at);

-- The service's own: no report needs any of it.
grant select, insert on credentials, recovery_codes, sessions, pending_sign_ins, sign_in_attempts, known_origins, issuer_subjects,
  issuer_flows to voucher_app;
grant update (password_hash, password_set_at, totp_sealed, totp_last_step, totp_next_sealed) on credentials to voucher_app;
grant update (used_at) on recovery_codes to voucher_app;
grant update (secret_hash, member_id, second_factor_at, seen_at, ended_at) on sessions to voucher_app;
grant update (tries) on pending_sign_ins to voucher_app;
grant update (attempts, next_at, last_at) on sign_in_attempts to voucher_app;
grant update (seen_at) on known_origins to voucher_app;
grant update (invitation_id, linked_at) on issuer_subjects to voucher_app;
grant delete on recovery_codes, sessions, pending_sign_ins, sign_in_attempts, known_origins, issuer_subjects, issuer_flows to voucher_app;
