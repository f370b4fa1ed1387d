-- What a clause of clawback of a programme says is given back: a cause of recoveries and corrections beside fraud. `clause_id` names it in the
-- law that the voucher was issued under.
alter table corrections
  drop constraint corrections_cause_check,
  add constraint corrections_cause_check check (cause in ('CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE'));
alter table recoveries
  drop constraint recoveries_cause_check,
  add column clause_id text check (length(clause_id) between 1 and 100),
  add constraint recoveries_cause_check check (cause in ('CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE')),
  add constraint recoveries_clause check ((cause = 'CLAUSE') = (clause_id is not null));
