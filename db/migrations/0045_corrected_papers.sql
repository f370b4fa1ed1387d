-- What a correction list has an applicant write anew of what it declared is the paper, too: its number, whose it is, and with them what this
-- book has on record of it. Like the amounts, before anybody reviewed the application, and of declared lines alone.
create or replace function refuse_other_amount() returns trigger language plpgsql as $$
begin
  if old.evidence is null or not exists (
    select from reimbursements r
     where r.book_id = old.book_id and r.reimbursement_id = old.reimbursement_id
       and r.status in ('SUPPLEMENT_REQUESTED', 'SUBMITTED') and r.reviewed_person is null)
  then
    raise exception 'what is declared is corrected before it is reviewed' using errcode = 'VL001';
  end if;
  return new;
end $$;
alter function refuse_other_amount() rename to refuse_late_correction;
drop trigger reimbursement_lines_amounts_fixed on reimbursement_lines;
create trigger reimbursement_lines_corrected_early before update on reimbursement_lines for each row
  when ((new.net_fen, new.vat_fen, new.gross_fen, new.reference, new.counterparty_uscc, new.counterparty_name, new.contract_id, new.number_conflict)
        is distinct from (old.net_fen, old.vat_fen, old.gross_fen, old.reference, old.counterparty_uscc, old.counterparty_name, old.contract_id, old.number_conflict))
  execute function refuse_late_correction();
-- An invoice that is posted after its number was declared is named by the line from then on; another one only with another number.
drop trigger reimbursement_lines_name_one_paper on reimbursement_lines;
create trigger reimbursement_lines_name_one_paper before update of invoice_id on reimbursement_lines for each row
  when (new.invoice_id is distinct from old.invoice_id and (old.invoice_id is not null or old.invoice_line_id is not null)
        and (new.reference, new.counterparty_uscc) is not distinct from (old.reference, old.counterparty_uscc))
  execute function refuse_other_paper();
grant update (reference, counterparty_uscc, counterparty_name, contract_id, number_conflict) on reimbursement_lines to voucher_app;
