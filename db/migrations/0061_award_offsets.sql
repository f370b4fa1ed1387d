-- What is owed back may be held against an award of reimbursement too: what is off-set of it counts as paid, never goes into a batch, and
-- can be recalled, not reversed; as it is with an approved redemption.
alter table reimbursements
  add column offset_fen bigint not null default 0 check (offset_fen >= 0),
  drop constraint reimbursements_taken_back,
  add constraint reimbursements_taken_back check (reversed_fen + recalled_fen <= coalesce(award_fen, 0) and restored_fen <= recalled_fen
                                                  and (recalled_fen <= offset_fen or settlement_id is not null)),
  add constraint reimbursements_not_lent check (reversed_fen + offset_fen <= coalesce(award_fen, 0));
grant update (offset_fen) on reimbursements to voucher_app;

alter table recovery_offsets
  alter column redemption_id drop not null,
  add column reimbursement_id uuid,
  add foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  add constraint recovery_offsets_against check (num_nonnulls(redemption_id, reimbursement_id) = 1);
