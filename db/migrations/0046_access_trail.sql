-- The trail of access: who was refused, who did what takes a second look, who read what is sensitive. It stands beside the ledger, not in
-- it: what is written here moves nothing, waits for no lane and holds none up.
--
-- `action` is the address asked for, as it is written in the API, or an event of an account (`session.began`). `means` is what the caller
-- proved itself with, and `credential` the part of it that may be known; a caller that proved nothing has neither member nor person. Where
-- a refusal is repeated, one row stands for `alike` of them within about a second, from `happened_at` on: so that who tries a million keys
-- leaves a trace and does not fill a disk. An address is kept as it is for IPv4 and as its /64 for IPv6.
create table access_trail (
  book_id        uuid        not null references books,
  trail_id       uuid        not null,
  happened_at    timestamptz not null,
  action         text        not null check (length(action) between 1 and 200),
  subject        text        check (length(subject) between 1 and 200),
  outcome        text        not null check (outcome in ('ALLOWED', 'DENIED')),
  code           text        check (code ~ '^[A-Z_]+$'),
  member_id      uuid,
  person_id      uuid,
  role           text,
  means          text        check (means in ('KEY', 'SIGNED_KEY', 'SESSION')),
  credential     text        check (length(credential) <= 64),
  address        text        not null check (length(address) <= 64),
  request_id     text        check (length(request_id) <= 64),
  alike          integer     not null default 1 check (alike >= 1),
  primary key (book_id, trail_id),
  constraint access_trail_denied_why check ((outcome = 'DENIED') = (code is not null)),
  constraint access_trail_alike check (alike = 1 or outcome = 'DENIED')
);
create index access_trail_time on access_trail (book_id, happened_at, trail_id);
create index access_trail_member on access_trail (book_id, member_id, happened_at, trail_id) where member_id is not null;
create index access_trail_outcome on access_trail (book_id, outcome, happened_at, trail_id);

create trigger access_trail_append_only before update or delete on access_trail for each row execute function refuse_change();
create trigger access_trail_no_truncate before truncate on access_trail for each statement execute function refuse_change();
grant select on access_trail to voucher_app, voucher_reader;
grant insert on access_trail to voucher_app;
