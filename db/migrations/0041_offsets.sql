-- Off-setting: what is owed back and what is owed out to the same payee, held against each other, by a decision of two persons that names the
-- rule which allows it. What is off-set of an approval counts as paid and never goes into a batch; its funders bear it as they bear a
-- payment, and the recovery's funders get it back as they get a receipt.
insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('recovery.offset', 'payable', 'paid'),
  ('recovery.offset', 'claim',   'receivable'),
  ('recovery.offset', 'paid',    'recovered');

alter table redemptions
  add column offset_fen bigint not null default 0 check (offset_fen >= 0),
  drop constraint redemptions_not_lent,
  drop constraint redemptions_recalled,
  add constraint redemptions_not_lent check (reversed_fen + batched_fen + offset_fen <= approved_fen),
  add constraint redemptions_recalled check (recalled_fen <= batched_fen + offset_fen and restored_fen <= recalled_fen);
grant update (offset_fen) on redemptions to voucher_app;

alter table recoveries
  drop constraint recoveries_status_check,
  drop constraint recoveries_received,
  add constraint recoveries_status_check check (status in ('PROPOSED', 'OPENED', 'SERVED', 'APPEALED', 'DUE', 'PARTLY_RECOVERED', 'RECOVERED', 'OFFSET',
                                                          'REFERRED', 'WRITTEN_OFF', 'WITHDRAWN', 'DROPPED')),
  add constraint recoveries_received check (case when status in ('RECOVERED', 'OFFSET') then received_fen = amount_fen
                                                 when status = 'PARTLY_RECOVERED' then received_fen > 0 and received_fen < amount_fen else true end);

-- An off-set of one recovery against one approved redemption of the same payee: proposed by one person with the rule that allows it, decided
-- by another. `parts` says which funders bore it, in fen as text; there are none before it is approved.
create table recovery_offsets (
  book_id          uuid        not null,
  offset_id        uuid        not null,
  recovery_id      uuid        not null,
  redemption_id    uuid        not null,
  fund             text        not null,
  amount_fen       bigint      not null check (amount_fen > 0),
  document         text        not null check (length(document) between 1 and 200),
  article          text        not null check (length(article) between 1 and 100),
  reason           text        not null check (length(reason) between 1 and 500),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'DROPPED')),
  parts            jsonb       not null default '[]',
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  recorded_at      timestamptz not null,
  primary key (book_id, offset_id),
  foreign key (book_id, recovery_id) references recoveries (book_id, recovery_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id),
  constraint recovery_offsets_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint recovery_offsets_decided check ((status = 'PROPOSED') = (decided_person is null) and (decided_person is null) = (decided_on is null)),
  constraint recovery_offsets_parts check ((status = 'APPROVED') = (parts <> '[]'))
);
-- One waits for a recovery at a time.
create unique index recovery_offsets_open on recovery_offsets (book_id, recovery_id) where status = 'PROPOSED';
create index recovery_offsets_recovery on recovery_offsets (book_id, recovery_id, offset_id);
call keep_in_lane('recovery_offsets');
grant update (status, parts, decided_person, decided_on) on recovery_offsets to voucher_app;
