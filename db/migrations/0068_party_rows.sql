-- Row-level security within a book: a transaction that names a party of the trade (`voucher.legal_person`, the code of a legal person) meets
-- only rows of that party. The queries narrow what they read as before, and by the role too; this holds where one of them forgets.
--
-- A party is its legal person with its branches, and the providers for which it acts since they were absorbed. What a row belongs to is asked
-- by a column of its own, against ids that are found once a statement (a select without a table is an InitPlan, and nobody pays for it whose
-- transaction names no party: the lane, the authorities). Rows that only their parent places (lines of invoices, of contracts, of cases) are
-- read by the parent's id and have no policy of their own where that would be a join for each; test/row-security.test.ts lists every table of
-- a book, by which of these holds, and why.
create function this_party() returns text language sql stable parallel safe
  return nullif(current_setting('voucher.legal_person', true), '');

-- The enterprises and providers that the reading party is, found once a statement.
create function own_parties() returns uuid[]
  language sql stable as $$
  select array(select e.enterprise_id from enterprises e where e.book_id = this_book() and e.legal_person_uscc = this_party()
               union all
               select p.provider_id from providers p where p.book_id = this_book() and p.acting_uscc = this_party())
$$;

revoke all on function this_party, own_parties from public;
grant execute on function this_party, own_parties to voucher_owner, voucher_app, voucher_reader;

-- `p_own`: which rows are a party's, a condition on columns of the table. `false`: none, the authorities' alone. As a case, for of «it is null
-- or …» the planner believes that nearly no row passes, and for the authorities all do.
create procedure keep_for_party(p_table text, p_own text) language plpgsql as $$
begin
  execute format('create policy of_party on %I as restrictive to voucher_app, voucher_reader
                    using (case when (select this_party()) is null then true else %s end)', p_table, p_own);
end $$;
revoke all on procedure keep_for_party from public;

do $$
declare
  its_own  constant text := 'legal_person_uscc = (select this_party())';
  by_id    constant text := '%I = any ((select own_parties())::uuid[])';
  t        text;
begin
  -- One side's.
  foreach t in array array['applications', 'reimbursements', 'contract_drafts', 'bulk_jobs'] loop
    call keep_for_party(t, its_own);
  end loop;
  -- Both sides'.
  foreach t in array array['contracts', 'contract_amendments', 'usage_invoices', 'redemptions', 'payee_accounts', 'evidence_attachments'] loop
    call keep_for_party(t, format('(' || by_id || ' or ' || by_id || ')', 'enterprise_id', 'provider_id'));
  end loop;
  call keep_for_party('vouchers', format('(%s or ' || by_id || ')', its_own, 'provider_id'));
  call keep_for_party('recoveries', format(by_id, 'debtor_id'));
  foreach t in array array['settlement_lines', 'settlement_totals', 'payment_instructions'] loop
    call keep_for_party(t, format(by_id, 'payee_id'));
  end loop;
  call keep_for_party('outbox', format(by_id, 'to_party'));
  foreach t in array array['messages', 'webhook_endpoints'] loop
    call keep_for_party(t, $own$addressee in ('enterprise:' || (select this_party()), 'provider:' || (select this_party()))$own$);
  end loop;
  -- What a party sees with the case, contract or invoice it stands under, few rows each; looked up by its key, for of «exists» the planner
  -- may make a list of the whole table.
  call keep_for_party('evidence_files', format('(%s or (select true from evidence_attachments a
    where a.book_id = evidence_files.book_id and a.evidence_file_id = evidence_files.evidence_file_id limit 1))', its_own));
  call keep_for_party('enterprise_payments', '(select true from usage_invoices i
    where i.book_id = enterprise_payments.book_id and i.invoice_id = enterprise_payments.invoice_id limit 1)');
  foreach t in array array['recovery_items', 'recovery_receipts', 'recovery_offsets'] loop
    call keep_for_party(t, format('(select true from recoveries r where r.book_id = %1$I.book_id and r.recovery_id = %1$I.recovery_id limit 1)', t));
  end loop;
  foreach t in array array['voucher_proposals', 'voucher_reasons', 'voucher_endings'] loop
    call keep_for_party(t, format('(select true from vouchers v where v.book_id = %1$I.book_id and v.voucher_id = %1$I.voucher_id limit 1)', t));
  end loop;
  call keep_for_party('redemption_reversals', '(select true from redemptions r
    where r.book_id = redemption_reversals.book_id and r.redemption_id = redemption_reversals.redemption_id limit 1)');
  -- The authorities' alone.
  foreach t in array array['person_identities', 'first_approvals', 'delegations', 'delegated_acts', 'flags',
    'bank_returns', 'bank_lines', 'bank_matches', 'bank_days', 'reconciliation_exceptions', 'reconciliation_looks', 'simulations', 'simulation_enterprises', 'expert_panels', 'expert_assignments',
    'exchange_marks', 'foreign_marks', 'months', 'month_builds', 'month_parties', 'appropriation_returns', 'opening_balances',
    'application_queues', 'related_parties'] loop
    call keep_for_party(t, 'false');
  end loop;
end $$;
