-- The life of a usage invoice: POSTED, then CONFIRMED or DISPUTED by its enterprise; a dispute ends by confirming after all, by the
-- bureau's decision or by voiding. Who neither confirms nor disputes is decided for by the deadline of the programme: `confirm_by` is
-- the last day, inclusive, and `confirm_outcome` what follows, both fixed when the invoice is posted, so it comes to the same on
-- whichever day it is carried out. RETURNED does not count and can only be voided. VOIDED gives the number back: `voided_no` counts the
-- voided invoices of a number, of which the live one is 0. `payment_conflict`: a bank serial of its payments is recorded on another
-- invoice too; a person looks at that before money moves.
alter table usage_invoices
  drop constraint usage_invoices_status_check,
  drop constraint usage_invoices_four_eyes,
  drop constraint usage_invoices_decided,
  drop constraint usage_invoices_number,
  add column decided_by text check (decided_by in ('ENTERPRISE', 'BUREAU', 'DEADLINE')),
  add column decision_reason text check (length(decision_reason) between 1 and 500),
  add column confirm_by date,
  add column confirm_outcome text check (confirm_outcome in ('CONFIRMED', 'RETURNED')),
  add column voided_no integer not null default 0 check (voided_no >= 0),
  add column voided_on date,
  add column voided_person uuid,
  add column void_reason text check (length(void_reason) between 1 and 500),
  add column payment_conflict boolean not null default false;

do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update usage_invoices set decided_by = 'ENTERPRISE' where book_id = book and status <> 'POSTED';
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;

alter table usage_invoices
  add constraint usage_invoices_number unique (book_id, invoice_no, provider_id, voided_no),
  add constraint usage_invoices_status_check check (status in ('POSTED', 'CONFIRMED', 'DISPUTED', 'RETURNED', 'RED_LETTERED', 'VOIDED')),
  add constraint usage_invoices_four_eyes check (decided_person <> posted_person),
  add constraint usage_invoices_decided check (case status when 'POSTED' then decided_by is null when 'VOIDED' then true else decided_by is not null end
    and (decided_by is null) = (decided_on is null)
    and (decided_by in ('ENTERPRISE', 'BUREAU')) is not distinct from (case when decided_by is null then null else decided_person is not null end)
    and (decided_by is distinct from 'BUREAU' or decision_reason is not null)),
  add constraint usage_invoices_deadline check ((confirm_by is null) = (confirm_outcome is null)),
  add constraint usage_invoices_voided check ((status = 'VOIDED') = (num_nonnulls(voided_on, voided_person, void_reason) = 3)
    and (status = 'VOIDED') = (voided_no > 0) and (status <> 'VOIDED' or (redemption_id is null and paid_fen = 0)));
-- What is to be decided by its deadline: the job's own look-up, and nothing else that waits is in it.
create index usage_invoices_overdue on usage_invoices (book_id, confirm_by, invoice_id) where status = 'POSTED' and confirm_by is not null;

grant update (decided_by, decision_reason, voided_no, voided_on, voided_person, void_reason, payment_conflict) on usage_invoices to voucher_app;
