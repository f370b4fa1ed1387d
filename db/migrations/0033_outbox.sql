-- What is told to people and systems outside once a command is committed: the outbox, the in-app messages, and who has read them.

-- A message that an accepted command has staged, in the lane's own transaction: it is there exactly if the command is, and a replayed
-- command stages nothing. What it says is its kind with parameters; the words are chosen when it is read. `place` orders the messages of
-- one entry, and with it everything that is told about one subject: a later message waits until every earlier one about its subject has
-- been delivered or let go. `alike` is how many of the same kind, about the same subject and to the same addressee it stands for, where
-- a slice of a file made them.
--
-- What it says is never changed. How its delivery stands is decided by nobody and changes outside the lane: any process takes what is
-- due, `next_at` (by the database's clock) being the end of its lease, or when it is tried again after a failure, each time later. One
-- that failed too often is DEAD and waits for a person, who has it tried again or lets it go, by a command. To whom: a party, or a role.
create table outbox (
  book_id       uuid        not null references books,
  message_id    uuid        not null,
  kind          text        not null check (kind ~ '^[a-z_]+\.[a-z_]+$'),
  subject_kind  text        not null check (subject_kind ~ '^[A-Z_]+$'),
  subject_id    uuid        not null,
  to_role       text,
  to_party      uuid,
  params        json        not null check (json_typeof(params) = 'object'),
  alike         integer     not null default 1 check (alike >= 1),
  ledger_seq    bigint      not null check (ledger_seq >= 1),
  place         integer     not null check (place >= 1),
  staged_at     timestamptz not null,
  status        text        not null default 'WAITING' check (status in ('WAITING', 'DELIVERED', 'DEAD', 'LET_GO')),
  attempts      integer     not null default 0 check (attempts >= 0),
  next_at       timestamptz not null default clock_timestamp(),
  lease_owner   uuid,
  failure       text,
  primary key (book_id, message_id),
  unique (book_id, ledger_seq, place),
  constraint outbox_addressee check (num_nonnulls(to_role, to_party) = 1),
  constraint outbox_dead check (status <> 'DEAD' or failure is not null),
  constraint outbox_leased check (status = 'WAITING' or lease_owner is null)
) with (fillfactor = 70);
-- What is due, and what of a subject comes before.
create index outbox_due on outbox (book_id, next_at) where status = 'WAITING';
create index outbox_open on outbox (book_id, subject_id, ledger_seq, place) where status in ('WAITING', 'DEAD');
create index outbox_status on outbox (book_id, status, message_id) where status <> 'DELIVERED';

create function refuse_staging_outside_lane() returns trigger language plpgsql as $$
begin
  raise exception 'a message is staged by a command, in the lane of its book' using errcode = 'VL002';
end $$;
create trigger outbox_in_lane before insert on outbox for each row
  when (current_setting('ledger.lane', true) is distinct from new.book_id::text) execute function refuse_staging_outside_lane();
create trigger outbox_kept before delete on outbox for each row execute function refuse_change();
create trigger outbox_no_truncate before truncate on outbox for each statement execute function refuse_change();
grant select on outbox to voucher_app, voucher_reader;
grant insert on outbox to voucher_app;
grant update (status, attempts, next_at, lease_owner, failure) on outbox to voucher_app;

-- A message as its addressee finds it in the service (站内消息): `addressee` is a role of the authorities, or a side of the trade and its
-- legal person (`enterprise:9141…`), found when it was delivered. Written by the delivery, once whatever is repeated: by its id.
create table messages (
  book_id       uuid        not null references books,
  message_id    uuid        not null,
  addressee     text        not null check (length(addressee) between 1 and 60),
  kind          text        not null,
  subject_kind  text        not null,
  subject_id    uuid        not null,
  params        json        not null,
  alike         integer     not null check (alike >= 1),
  ledger_seq    bigint      not null,
  staged_at     timestamptz not null,
  delivered_at  timestamptz not null default clock_timestamp(),
  primary key (book_id, message_id)
);
create index messages_addressee on messages (book_id, addressee, message_id);

-- That a member has read a message (已读): an entry of the book, for it may matter who knew of a deadline, and when.
create table message_reads (
  book_id     uuid        not null,
  read_id     text        not null,
  message_id  uuid        not null,
  member_id   uuid        not null,
  read_at     timestamptz not null,
  primary key (book_id, read_id),
  unique (book_id, message_id, member_id),
  foreign key (book_id, message_id) references messages (book_id, message_id),
  foreign key (book_id, member_id) references members (book_id, member_id)
);

create trigger messages_append_only before update or delete on messages for each row execute function refuse_change();
create trigger messages_no_truncate before truncate on messages for each statement execute function refuse_change();
grant select on messages to voucher_app, voucher_reader;
grant insert on messages to voucher_app;
call keep_in_lane('message_reads');
create trigger message_reads_append_only before update or delete on message_reads for each row execute function refuse_change();
create trigger message_reads_no_truncate before truncate on message_reads for each statement execute function refuse_change();

-- Up to which day of the calendar the reminders of a kind have been sent: what ends so many days later was told of by then. Whoever looks
-- next goes on from there, however late.
create table reminder_runs (
  book_id      uuid        not null references books,
  kind         text        not null check (kind ~ '^[a-z_]+\.[a-z_]+$'),
  through      date        not null,
  recorded_at  timestamptz not null,
  primary key (book_id, kind)
);
call keep_in_lane('reminder_runs');
grant update (through, recorded_at) on reminder_runs to voucher_app;
