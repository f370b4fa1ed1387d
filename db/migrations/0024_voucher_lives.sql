-- What persons decide about vouchers and redemptions: accepting, ending, reversing; and the day by which a voucher ends by itself.

-- The last day, inclusive, on which its holder may accept the terms of a voucher that is ISSUED; null where the programme asks for no
-- acceptance.
alter table vouchers
  add column activate_by date,
  add constraint vouchers_activation check (activate_by between issued_on and last_day),
  add constraint vouchers_to_be_activated check (activate_by is not null or (status <> 'ISSUED' and frozen_from is distinct from 'ISSUED'));

-- What the daily expiry looks for: a range for each version that says how its vouchers end.
create index vouchers_by_last_day on vouchers (book_id, programme_version_id, last_day, voucher_id)
  where status in ('ACTIVE', 'PARTIALLY_REDEEMED');
create index vouchers_by_activation on vouchers (book_id, programme_version_id, activate_by, voucher_id) where status = 'ISSUED';

-- That a voucher shall end before its last day, proposed by a reviewer: cancelled (作废, without fault) or revoked (撤销, for cause, with
-- the evidence it rests on). Another person approves exactly this, by its digest, which is also over what the voucher could pay and
-- held in reserve when it was proposed: a voucher used since has to be proposed anew. One is open for a voucher at a time.
create table voucher_proposals (
  book_id          uuid        not null,
  proposal_id      uuid        not null,
  voucher_id       uuid        not null,
  kind             text        not null check (kind in ('CANCEL', 'REVOKE')),
  reason           text        not null check (length(reason) between 1 and 500),
  evidence         text        check (length(evidence) between 1 and 300),
  content_digest   text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'DROPPED')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_reason  text,
  recorded_at      timestamptz not null,
  primary key (book_id, proposal_id),
  foreign key (book_id, voucher_id) references vouchers (book_id, voucher_id),
  constraint voucher_proposals_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint voucher_proposals_cause check (kind = 'CANCEL' or evidence is not null),
  constraint voucher_proposals_decided check ((status = 'PROPOSED') = (decided_person is null)
                                              and (decided_person is null) = (decided_on is null))
);
create index voucher_proposals_voucher on voucher_proposals (book_id, voucher_id, status, proposal_id);
create unique index voucher_proposals_one_open on voucher_proposals (book_id, voucher_id) where status = 'PROPOSED';
call keep_in_lane('voucher_proposals');
grant update (status, decided_person, decided_on, decision_reason) on voucher_proposals to voucher_app;

-- Why a person did something to a voucher (freeze, unfreeze, propose, drop), beside the entry of the command it names.
create table voucher_reasons (
  book_id      uuid        not null,
  command_id   uuid        not null,
  voucher_id   uuid        not null,
  reason       text        not null check (length(reason) between 1 and 500),
  recorded_at  timestamptz not null,
  primary key (book_id, command_id),
  foreign key (book_id, voucher_id) references vouchers (book_id, voucher_id)
);
call keep_in_lane('voucher_reasons');

-- That money of an approved redemption shall be taken back, in part or whole, before a batch holds it: proposed by one person, approved
-- by another, by its digest. One is open for a redemption at a time; what was reversed is added up in the redemption itself.
create table redemption_reversals (
  book_id          uuid        not null,
  reversal_id      uuid        not null,
  redemption_id    uuid        not null,
  amount_fen       bigint      not null check (amount_fen > 0),
  reason           text        not null check (length(reason) between 1 and 500),
  evidence         text        check (length(evidence) between 1 and 300),
  content_digest   text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'DROPPED')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_reason  text,
  recorded_at      timestamptz not null,
  primary key (book_id, reversal_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id),
  constraint redemption_reversals_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint redemption_reversals_decided check ((status = 'PROPOSED') = (decided_person is null)
                                                 and (decided_person is null) = (decided_on is null))
);
create index redemption_reversals_redemption on redemption_reversals (book_id, redemption_id, status, reversal_id);
create unique index redemption_reversals_one_open on redemption_reversals (book_id, redemption_id) where status = 'PROPOSED';
call keep_in_lane('redemption_reversals');
grant update (status, decided_person, decided_on, decision_reason) on redemption_reversals to voucher_app;
