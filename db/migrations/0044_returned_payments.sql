-- Payments that the bank returned wait for a corrected account and for being sent out again; once they were, the attempt that came back is
-- done with. So it says so itself: what waits is read from an index, and not found among all that ever came back.
alter table payment_instructions add column reinstructed boolean not null default false;
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update payment_instructions p set reinstructed = true
     where p.book_id = book and p.status = 'RETURNED'
       and exists (select from payment_instructions l
                    where l.book_id = p.book_id and l.settlement_id = p.settlement_id and l.payee_id = p.payee_id and l.fund = p.fund
                      and l.funder = p.funder and l.attempt > p.attempt);
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
alter table payment_instructions add constraint payment_instructions_reinstructed check (not reinstructed or status = 'RETURNED');
create index payment_instructions_returned on payment_instructions (book_id, instruction_id)
  where status = 'RETURNED' and not reinstructed;
create index payment_instructions_returned_amount on payment_instructions (book_id, amount_fen, instruction_id)
  where status = 'RETURNED' and not reinstructed;
create index payment_instructions_to_correct on payment_instructions (book_id, payee_id, instruction_id)
  where status = 'RETURNED' and not reinstructed;
grant update (reinstructed) on payment_instructions to voucher_app;
-- What waits for a second person, in the work queue.
create index repeal_corrections_open on repeal_corrections (book_id, correction_id) where status = 'PROPOSED';
