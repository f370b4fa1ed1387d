-- What red letters, frauds and clauses take back of awards of reimbursement, as they do of redemptions. Before payment an award, or a part of
-- it, is available again; after payment a recovery asks back what was paid beyond.
insert into posting_kinds (posting, debit_kind, credit_kind) values ('award.reversed', 'payable', 'available');

-- Of an award: what was taken back before a batch took it, what a recovery was opened for after, and what of that limits got back.
alter table reimbursements
  add column reversed_fen bigint not null default 0 check (reversed_fen >= 0),
  add column recalled_fen bigint not null default 0 check (recalled_fen >= 0),
  add column restored_fen bigint not null default 0 check (restored_fen >= 0),
  add constraint reimbursements_taken_back check (reversed_fen + recalled_fen <= coalesce(award_fen, 0) and restored_fen <= recalled_fen
                                                  and (recalled_fen = 0 or settlement_id is not null));
grant update (reversed_fen, recalled_fen, restored_fen) on reimbursements to voucher_app;

create index allocation_lines_reimbursement on allocation_lines (book_id, reimbursement_id, is_live);

-- What a red letter took of a line that counts in a live application: the line stays as it was found, and counts for what is left of it.
-- Each red letter counts once.
create table reimbursement_line_cuts (
  book_id                uuid   not null,
  line_cut_id            uuid   not null,
  reimbursement_id       uuid   not null,
  reimbursement_line_id  uuid   not null,
  red_letter_id          uuid   not null,
  net_fen                bigint not null check (net_fen >= 0),
  vat_fen                bigint not null check (vat_fen >= 0),
  gross_fen              bigint not null check (gross_fen > 0),
  primary key (book_id, line_cut_id),
  foreign key (book_id, reimbursement_line_id) references reimbursement_lines (book_id, reimbursement_line_id),
  foreign key (book_id, red_letter_id) references red_letters (book_id, red_letter_id),
  constraint reimbursement_line_cuts_tie_out check (net_fen + vat_fen = gross_fen)
);
create index reimbursement_line_cuts_reimbursement on reimbursement_line_cuts (book_id, reimbursement_id, line_cut_id);
create unique index reimbursement_line_cuts_once on reimbursement_line_cuts (book_id, reimbursement_line_id, red_letter_id);

-- A correction, or a recovery, is of a contract under a programme, or of an award.
alter table corrections
  alter column contract_id drop not null,
  add column reimbursement_id uuid,
  add foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  add constraint corrections_of_one check (num_nonnulls(contract_id, reimbursement_id) = 1);
create index corrections_reimbursement on corrections (book_id, reimbursement_id, correction_id);

-- An award computed anew on the facts as a red letter left them, beside the computation that it was approved with: by the same version, as of
-- the same day. `base_fen` and `computed_fen` are null where the law gives nothing on what is left; `award_fen` is what the award may come to.
create table award_computations (
  book_id           uuid   not null,
  correction_id     uuid   not null,
  reimbursement_id  uuid   not null,
  base_fen          bigint check (base_fen >= 0),
  computed_fen      bigint check (computed_fen >= 0),
  award_fen         bigint not null check (award_fen >= 0),
  primary key (book_id, correction_id),
  foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  foreign key (book_id, correction_id) references corrections (book_id, correction_id),
  constraint award_computations_given check (num_nonnulls(base_fen, computed_fen) in (0, 2) and (award_fen = 0 or award_fen <= computed_fen))
);

-- One that is opened on an award of which nothing was paid asks for nothing, and is over with that.
alter table recoveries
  alter column contract_id drop not null,
  add column reimbursement_id uuid,
  add foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  drop constraint recoveries_opened,
  add constraint recoveries_opened check ((status in ('PROPOSED', 'DROPPED')) = (opened_on is null)
    and (opened_on is null or amount_fen > 0 or (reimbursement_id is not null and status = 'RECOVERED'))
    and (correction_id is null) = (opened_on is null)),
  add constraint recoveries_of_one check (num_nonnulls(contract_id, reimbursement_id) = 1 and (reimbursement_id is null or voucher_id is null));
create index recoveries_reimbursement on recoveries (book_id, reimbursement_id, recovery_id) where reimbursement_id is not null;
alter table recovery_items
  alter column redemption_id drop not null,
  add column reimbursement_id uuid,
  add unique (book_id, recovery_id, reimbursement_id),
  add foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  add constraint recovery_items_of_one check (num_nonnulls(redemption_id, reimbursement_id) = 1);
create index recovery_items_reimbursement on recovery_items (book_id, reimbursement_id) where reimbursement_id is not null;

call keep_in_lane('reimbursement_line_cuts');
call keep_in_lane('award_computations');
