-- Work queues: what waits for whom, oldest first (the ids are in order of making), largest first, or by deadline. Each order is read from an
-- index: what waits of a kind may be any number.

-- By amount. What has none yet comes last. Where a table is large an index holds only what waits, and says so in a way (an amount above
-- zero, which each has) in which no other query says it: a planner would take so small an index for anything.
create index contracts_to_file_amount on contracts (book_id, gross_fen, contract_id) where status = 'CONFIRMED' and gross_fen > 0;
create index contract_amendments_amount on contract_amendments (book_id, status, gross_fen, amendment_id);
create index applications_amount on applications (book_id, status, coalesce(maximum_fen, -1), application_id) where waiting_since is not null;
create index reimbursements_amount on reimbursements (book_id, status, coalesce(reviewed_fen, computed_fen), reimbursement_id)
  where waiting_since is not null;
create index allocations_draft_amount on allocations (book_id, total_fen, allocation_id) where status = 'DRAFT';
create index usage_invoices_disputed_amount on usage_invoices (book_id, gross_fen, invoice_id) where status = 'DISPUTED' and gross_fen > 0;
create index redemptions_waiting_amount on redemptions (book_id, reserved_fen, redemption_id) where status = 'SUBMITTED' and reserved_fen > 0;
create index redemption_reversals_open_amount on redemption_reversals (book_id, amount_fen, reversal_id) where status = 'PROPOSED';
create index settlements_amount on settlements (book_id, status, total_fen, settlement_id);
create index limit_exceptions_amount on limit_exceptions (book_id, status, amount_fen, exception_id);
create index recoveries_amount on recoveries (book_id, status, (amount_fen - received_fen), recovery_id);

-- By deadline. What has none comes last.
create index applications_due on applications (book_id, status, coalesce(due_on, 'infinity'::date), application_id) where waiting_since is not null;
create index reimbursements_due on reimbursements (book_id, status, coalesce(due_on, 'infinity'::date), reimbursement_id)
  where waiting_since is not null;
create index recoveries_by_due on recoveries (book_id, status, coalesce(due_on, 'infinity'::date), recovery_id);
create index listing_applications_due on listing_applications (book_id, status, coalesce(notice_to, 'infinity'::date), application_id);

-- By age, where no index was there.
create index applications_waiting on applications (book_id, status, application_id) where waiting_since is not null;
create index reimbursements_waiting on reimbursements (book_id, status, reimbursement_id) where waiting_since is not null;
create index allocations_draft on allocations (book_id, allocation_id) where status = 'DRAFT';
create index redemption_reversals_open on redemption_reversals (book_id, reversal_id) where status = 'PROPOSED';
create index voucher_proposals_status on voucher_proposals (book_id, status, proposal_id);

-- What waits for one enterprise to be confirmed.
create index usage_invoices_to_confirm on usage_invoices (book_id, enterprise_id, invoice_id) where status = 'POSTED';
