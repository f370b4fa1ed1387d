-- Where members have what they are told delivered to (webhooks): entries of the book. The secret that deliveries are signed with is sealed; the one
-- before it signs beside it until its end. Of an endpoint that was disabled for failing, or ended, nothing is sent.
create table webhook_endpoints (
  book_id          uuid        not null,
  endpoint_id      uuid        not null,
  member_id        uuid        not null,
  addressee        text        not null,
  url              text        not null check (url like 'https://%' and length(url) <= 500),
  secret_sealed    text        not null,
  previous_sealed  text,
  previous_until   timestamptz,
  status           text        not null check (status in ('ACTIVE', 'DISABLED', 'ENDED')),
  recorded_at      timestamptz not null,
  primary key (book_id, endpoint_id),
  foreign key (book_id, member_id) references members (book_id, member_id),
  constraint webhook_endpoints_previous check ((previous_sealed is null) = (previous_until is null))
);
create index webhook_endpoints_member on webhook_endpoints (book_id, member_id, endpoint_id);
create index webhook_endpoints_addressee on webhook_endpoints (book_id, addressee) where status = 'ACTIVE';
call keep_in_lane('webhook_endpoints');
grant update (secret_sealed, previous_sealed, previous_until, status) on webhook_endpoints to voucher_app;

-- What is to be sent to an endpoint, and whether it was: no facts of the book. Each message of an addressee comes here by itself, in the very
-- statement that puts it into the inbox, so nothing is sent of what is not committed, and nothing committed is forgotten.
create table webhook_deliveries (
  book_id       uuid        not null,
  endpoint_id   uuid        not null,
  message_id    uuid        not null,
  kind          text        not null,
  subject_kind  text        not null,
  subject_id    uuid        not null,
  ledger_seq    bigint      not null,
  staged_at     timestamptz not null,
  status        text        not null default 'WAITING' check (status in ('WAITING', 'DELIVERED', 'DEAD')),
  attempts      integer     not null default 0 check (attempts >= 0),
  next_at       timestamptz not null default clock_timestamp(),
  lease_owner   uuid,
  first_failed_at timestamptz,
  delivered_at  timestamptz,
  failure       text        check (length(failure) <= 200),
  primary key (book_id, endpoint_id, message_id),
  foreign key (book_id, endpoint_id) references webhook_endpoints (book_id, endpoint_id)
);
create index webhook_deliveries_due on webhook_deliveries (book_id, next_at) where status = 'WAITING';
create index webhook_deliveries_subject on webhook_deliveries (book_id, endpoint_id, subject_id, ledger_seq, message_id) where status = 'WAITING';
create index webhook_deliveries_state on webhook_deliveries (book_id, endpoint_id, status, message_id);
create index webhook_deliveries_delivered on webhook_deliveries (book_id, endpoint_id, delivered_at) where status = 'DELIVERED';
grant select, insert, update (status, attempts, next_at, lease_owner, first_failed_at, delivered_at, failure) on webhook_deliveries to voucher_app;
grant select on webhook_deliveries to voucher_reader;

create function deliver_to_webhooks() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (book_id, endpoint_id, message_id, kind, subject_kind, subject_id, ledger_seq, staged_at)
  select p.book_id, w.endpoint_id, p.message_id, p.kind, p.subject_kind, p.subject_id, p.ledger_seq, p.staged_at
    from put p
    join webhook_endpoints w on w.book_id = p.book_id and w.addressee = p.addressee and w.status = 'ACTIVE'
    join members m on m.book_id = w.book_id and m.member_id = w.member_id and m.status = 'ACTIVE'
      on conflict do nothing;
  return null;
end $$;
create trigger messages_to_webhooks after insert on messages referencing new table as put
  for each statement execute function deliver_to_webhooks();
