-- Roles of a book's own: what a member may do, made of built-in roles (`parts`), cut down to some verbs (`rights`: `voucher` or `voucher.freeze`; null
-- leaves all) or to reading. Proposed by one person and approved by another, who names the digest; a version that is approved takes the place of
-- the one before it, and members have the new rights with that very entry.
create table custom_roles (
  book_id          uuid        not null,
  custom_role_id   uuid        not null,
  code             text        not null check (code ~ '^[a-z][a-z0-9_]{1,39}$'),
  name             text        not null check (length(name) between 1 and 200),
  parts            jsonb       not null check (jsonb_array_length(parts) >= 1),
  rights           jsonb,
  read_only        boolean     not null,
  digest           text        not null check (digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('PROPOSED', 'ACTIVE', 'SUPERSEDED', 'WITHDRAWN')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  recorded_at      timestamptz not null,
  primary key (book_id, custom_role_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint custom_roles_decided check ((status = 'PROPOSED') = (decided_person is null) and (decided_person is null) = (decided_on is null)),
  constraint custom_roles_four_eyes check (status not in ('ACTIVE', 'SUPERSEDED') or decided_person <> proposed_person)
);
create unique index custom_roles_active on custom_roles (book_id, code) where status = 'ACTIVE';
create index custom_roles_code on custom_roles (book_id, code, status);
call keep_in_lane('custom_roles');
grant update (status, decided_person, decided_on) on custom_roles to voucher_app;
call hold_persons_apart('custom_roles', 'decided_person proposed_person @ACTIVE');

-- A member in a custom role keeps one of its parts as its role: whose messages it reads, and as what it is listed.
alter table members add column custom_role text;
