-- What is declared for reimbursement is a paper that may be on record already, or come to be.
--
-- An item may be a contract that is filed in this book: its line names that contract, as a line of an invoice does, so that what the
-- law says by contract holds for it too.
alter table reimbursement_lines
  drop constraint reimbursement_lines_of_invoice,
  add constraint reimbursement_lines_of_invoice check (num_nonnulls(invoice_line_id, contract_line_id) in (0, 2)
                                                       and (invoice_line_id is null or num_nonnulls(invoice_id, contract_id) = 2));
create index reimbursement_lines_contract on reimbursement_lines (book_id, contract_id) where is_live and contract_id is not null;

-- An invoice may be posted after it was declared. Then the line that declared it comes to name it, and holds it as a whole.
grant update (invoice_id) on reimbursement_lines to voucher_app;
create function refuse_other_paper() returns trigger language plpgsql as $$
begin
  raise exception 'a line of an application names one paper, for good' using errcode = 'VL001';
end $$;
revoke all on function refuse_other_paper from public;
create trigger reimbursement_lines_name_one_paper before update of invoice_id on reimbursement_lines for each row
  when (new.invoice_id is distinct from old.invoice_id and (old.invoice_id is not null or old.invoice_line_id is not null))
  execute function refuse_other_paper();
