-- A contract as one side means to submit it: as much of it as is known, in the words of the submission (`content`), seen by that side alone.
-- It stands apart from contracts because it binds nothing: it has no number or fingerprint that would bar another, nobody confirms it, no
-- flag holds it and no other book is told of it. Submitted, it stays as it was written, and the contract that came of it has its id.
create table contract_drafts (
  book_id            uuid        not null references books,
  contract_draft_id  uuid        not null,
  legal_person_uscc  text        not null,
  side               text        not null check (side in ('enterprise', 'provider')),
  content            json        not null,
  status             text        not null check (status in ('DRAFT', 'SUBMITTED', 'DISCARDED')),
  drafted_person     uuid        not null,
  ended_on           date,
  ended_person       uuid,
  recorded_at        timestamptz not null,
  primary key (book_id, contract_draft_id),
  foreign key (book_id, drafted_person) references persons (book_id, person_id),
  foreign key (book_id, ended_person) references persons (book_id, person_id),
  constraint contract_drafts_ended check (num_nonnulls(ended_on, ended_person) = case status when 'DRAFT' then 0 else 2 end)
);
create index contract_drafts_open on contract_drafts (book_id, legal_person_uscc, side, contract_draft_id) where status = 'DRAFT';
call keep_in_lane('contract_drafts');
grant update (content, status, drafted_person, ended_on, ended_person) on contract_drafts to voucher_app;

-- What an enterprise owes back goes over to whoever absorbs it, or to the heir that a split names: what is left of the claim moves from one
-- debtor to the other by a transfer of its own, in the decision of two persons that merges or splits them. Whose it was stays on it.
alter table recoveries
  add column formerly jsonb not null default '[]' check (jsonb_typeof(formerly) = 'array');
grant update (debtor_id, formerly) on recoveries to voucher_app;
insert into posting_kinds (posting, debit_kind, credit_kind) values ('recovery.succeeded', 'receivable', 'receivable');
