-- What an applicant declared of an amount may be corrected too where a correction list names its line, before anybody has reviewed it; old
-- and new stand in `supplement_lists.answers`. What the book itself says of its invoices (lines without `evidence`) stays.
create function refuse_other_amount() returns trigger language plpgsql as $$
begin
  if old.evidence is null or not exists (
    select from reimbursements r
     where r.book_id = old.book_id and r.reimbursement_id = old.reimbursement_id
       and r.status in ('SUPPLEMENT_REQUESTED', 'SUBMITTED') and r.reviewed_person is null)
  then
    raise exception 'a declared amount is corrected before it is reviewed' using errcode = 'VL001';
  end if;
  return new;
end $$;
revoke all on function refuse_other_amount from public;
create trigger reimbursement_lines_amounts_fixed before update on reimbursement_lines for each row
  when ((new.net_fen, new.vat_fen, new.gross_fen) is distinct from (old.net_fen, old.vat_fen, old.gross_fen))
  execute function refuse_other_amount();
grant update (net_fen, vat_fen, gross_fen) on reimbursement_lines to voucher_app;
