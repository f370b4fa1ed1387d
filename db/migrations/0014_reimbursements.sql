-- Flow R: what an enterprise paid in full in the year before is reimbursed to it (D 二(六)): applications with their base line by
-- line, expert review, the sharing of a year's pool, awards. The payee is the enterprise, so whoever is paid is a payee from here on.

-- ── Payees ──────────────────────────────────────────────────────────────────────────────────────────────────────────

-- An account belongs to a provider or to an enterprise, never to both: whom a batch pays is one of them.
alter table payee_accounts
  alter column provider_id drop not null,
  add column enterprise_id uuid,
  add constraint payee_accounts_one_holder check (num_nonnulls(provider_id, enterprise_id) = 1),
  add constraint payee_accounts_book_id_enterprise_id_valid_from_key unique (book_id, enterprise_id, valid_from),
  add constraint payee_accounts_book_id_enterprise_id_fkey foreign key (book_id, enterprise_id)
    references enterprises (book_id, enterprise_id);

alter table settlement_lines rename column provider_id to payee_id;
alter table settlement_totals rename column provider_id to payee_id;
alter table payment_instructions rename column provider_id to payee_id;
alter table payment_instructions rename constraint payment_instructions_book_id_settlement_id_provider_id_fund_key
  to payment_instructions_book_id_settlement_id_payee_id_fund_key;
alter index payment_instructions_provider rename to payment_instructions_payee;

create or replace function total_settlement_lines() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into settlement_totals as t (book_id, settlement_id, payee_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, payee_id, fund, min(line_no), count(*), sum(amount_fen)
    from written group by book_id, settlement_id, payee_id, fund
  on conflict (book_id, settlement_id, payee_id, fund) do update
     set first_line_no = least(t.first_line_no, excluded.first_line_no), line_count = t.line_count + excluded.line_count,
         total_fen = t.total_fen + excluded.total_fen;
  return null;
end $$;

-- As before, with the payee's new name.
create or replace function rebuild_rollups(p_book uuid) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  marks bigint[];
begin
  perform from open_lane(p_book);
  delete from ledger_totals where book_id = p_book;
  delete from ledger_turnovers where book_id = p_book;
  delete from ledger_marks where book_id = p_book;
  delete from booked_days where book_id = p_book;
  delete from late_legs where book_id = p_book;
  delete from settlement_totals where book_id = p_book;

  select coalesce(array_agg(seq order by seq), '{}') into marks
    from (select min(opened_seq) - 1 as seq from accounts where book_id = p_book and opened_seq > 1 group by (opened_seq - 1) / 1000
          union select seq from book_heads where book_id = p_book) m;

  create temporary table moved on commit drop as
    with legs as (
      select seq, booked_on, kind as posting, debit_account_id as account_id, amount_fen as debit, 0::bigint as credit from entries
       where book_id = p_book and amount_fen is not null
      union all
      select seq, booked_on, kind, credit_account_id, 0, amount_fen from entries where book_id = p_book and amount_fen is not null
    ), ordered as (
      select legs.*, row_number() over (partition by account_id order by seq) as nth from legs
    )
    select width_bucket(l.seq - 1, marks) as chapter, l.booked_on, coalesce(a.fund, '') as fund, a.kind, l.posting,
           sum(l.debit)::bigint as debits, sum(l.credit)::bigint as credits, count(*) as transfers,
           count(*) filter (where l.nth = 1) as accounts, max(l.seq) as seq
      from ordered l
      join accounts a on a.book_id = p_book and a.account_id = l.account_id
     group by 1, 2, 3, 4, 5;

  insert into ledger_totals (book_id, kind, fund, debits_fen, credits_fen, accounts, changed_seq)
  select p_book, kind, fund, sum(debits), sum(credits), sum(accounts), max(seq) from moved group by kind, fund;

  insert into ledger_turnovers (book_id, span, starts_on, fund, kind, posting, debits_fen, credits_fen, transfers, accounts)
  select p_book, s.span, s.starts_on, fund, kind, posting, sum(debits), sum(credits), sum(transfers), sum(accounts)
    from moved
    cross join lateral (values ('DAY', booked_on), ('MONTH', booked_on - extract(day from booked_on)::integer + 1)) as s (span, starts_on)
   group by s.span, s.starts_on, fund, kind, posting;

  insert into ledger_marks (book_id, kind, fund, seq, debits_fen, credits_fen, accounts)
  select p_book, kind, fund, marks[chapter + 1],
         sum(debits) over w, sum(credits) over w, sum(accounts) over w
    from (select chapter, kind, fund, sum(debits) as debits, sum(credits) as credits, sum(accounts) as accounts
            from moved group by chapter, kind, fund) m
  window w as (partition by kind, fund order by chapter);
  drop table moved;

  create temporary table placed on commit drop as
    select seq, booked_on, debit_account_id, credit_account_id, amount_fen,
           max(booked_on) over (order by seq rows between unbounded preceding and 1 preceding) as reached
      from entries where book_id = p_book;
  insert into booked_days (book_id, booked_on, first_seq)
  select p_book, booked_on, min(seq) from placed where reached is null or booked_on > reached group by booked_on;
  insert into late_legs (book_id, account_id, seq, booked_on, delta_fen)
  select p_book, l.account_id, p.seq, p.booked_on, l.delta
    from placed p
    cross join lateral (values (p.debit_account_id, -p.amount_fen), (p.credit_account_id, p.amount_fen)) as l (account_id, delta)
   where p.booked_on < p.reached and p.amount_fen is not null;
  drop table placed;

  insert into settlement_totals (book_id, settlement_id, payee_id, fund, first_line_no, line_count, total_fen)
  select book_id, settlement_id, payee_id, fund, min(line_no), count(*), sum(amount_fen)
    from settlement_lines where book_id = p_book group by book_id, settlement_id, payee_id, fund;
end $$;

-- ── Reimbursements ──────────────────────────────────────────────────────────────────────────────────────────────────

insert into posting_kinds (posting, debit_kind, credit_kind) values ('award.approved', 'available', 'payable');

-- The sharing of a year's pool among the reviewed applications of a programme: `claims_fen` is Σa, what they may have together by
-- law, limits and review; `shared_fen` is P = min(pool left, Σa). Published as drafted; an approval names its digest.
create table allocations (
  book_id          uuid        not null,
  allocation_id    uuid        not null,
  allocation_no    text        not null,
  programme_code   text        not null,
  year             integer     not null,
  fund             text        not null,
  strategy         text        not null check (strategy in ('FIRST_COME', 'RANKED', 'PRO_RATA')),
  line_count       integer     not null check (line_count >= 1),
  claims_fen       bigint      not null check (claims_fen > 0),
  shared_fen       bigint      not null check (shared_fen > 0),
  total_fen        bigint      not null check (total_fen > 0),
  content_digest   text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('DRAFT', 'APPROVED', 'WITHDRAWN')),
  drafted_person   uuid        not null,
  drafted_on       date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_reason  text,
  recorded_at      timestamptz not null,
  primary key (book_id, allocation_id),
  unique (book_id, allocation_no),
  constraint allocations_within_pool check (total_fen <= shared_fen and shared_fen <= claims_fen),
  constraint allocations_four_eyes check (status <> 'APPROVED' or decided_person <> drafted_person),
  constraint allocations_decided check ((status = 'DRAFT') = (decided_person is null)
                                        and (decided_person is null) = (decided_on is null))
);
create index allocations_programme on allocations (book_id, programme_code, status, allocation_id);

-- An application for reimbursement, under the version and the general controls it names, and, once allocated and approved, its award. `base_fen` is what of its lines counts,
-- `computed_fen` what the law gives on that, `reviewed_fen` what the expert review left of it, `award_fen` what the pool gave. It is in
-- at most one live allocation, and its award in at most one settlement.
create table reimbursements (
  book_id               uuid        not null,
  reimbursement_id      uuid        not null,
  reimbursement_no      text        not null,
  programme_code        text        not null,
  programme_version_id  uuid        not null,
  enterprise_id         uuid        not null,
  legal_person_uscc     text        not null,
  year                  integer     not null,
  base_year             integer     not null,
  matters               jsonb       not null check (jsonb_typeof(matters) = 'object'),
  control_version_ids   jsonb       not null check (jsonb_typeof(control_version_ids) = 'array'),
  line_count            integer     not null check (line_count >= 1),
  content_digest        text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status                text        not null check (status in ('SUBMITTED', 'REVIEWED', 'ALLOCATED', 'APPROVED', 'REJECTED')),
  submitted_on          date        not null,
  submitted_person      uuid        not null,
  base_fen              bigint      not null check (base_fen > 0),
  computed_fen          bigint      not null check (computed_fen > 0),
  eligibility           json,
  reviewed_person       uuid,
  reviewed_fen          bigint      check (reviewed_fen > 0),
  score                 integer     check (score between 0 and 100),
  opinion               text,
  review_digest         text        check (review_digest ~ '^[0-9a-f]{64}$'),
  allocation_id         uuid,
  fund                  text,
  award_fen             bigint      check (award_fen > 0),
  approved_on           date,
  decided_person        uuid,
  decision_reason       text,
  explanation           json,
  settlement_id         uuid,
  recorded_at           timestamptz not null,
  primary key (book_id, reimbursement_id),
  unique (book_id, reimbursement_no),
  foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id),
  foreign key (book_id, enterprise_id) references enterprises (book_id, enterprise_id),
  foreign key (book_id, allocation_id) references allocations (book_id, allocation_id),
  constraint reimbursements_four_eyes check (reviewed_person <> submitted_person and decided_person <> submitted_person
                                             and (status <> 'APPROVED' or decided_person <> reviewed_person)),
  constraint reimbursements_reviewed check (status in ('SUBMITTED', 'REJECTED')
    or num_nonnulls(reviewed_person, reviewed_fen, review_digest, eligibility) = 4),
  constraint reimbursements_allocated check ((status in ('ALLOCATED', 'APPROVED')) = (allocation_id is not null)),
  constraint reimbursements_approved check (
    (status = 'APPROVED') = (num_nonnulls(award_fen, approved_on, fund) = 3)
    and (status = 'APPROVED' or num_nonnulls(award_fen, approved_on, fund, settlement_id) = 0)
    and (status in ('APPROVED', 'REJECTED')) = (decided_person is not null)
    and (status <> 'APPROVED' or explanation is not null)),
  constraint reimbursements_within_computed check (reviewed_fen <= computed_fen and award_fen <= reviewed_fen)
);
create index reimbursements_programme on reimbursements (book_id, programme_code, status, reimbursement_id);
create index reimbursements_legal_person on reimbursements (book_id, legal_person_uscc, reimbursement_id);
create index reimbursements_allocation on reimbursements (book_id, allocation_id) where allocation_id is not null;
create index reimbursements_unbatched on reimbursements (book_id, approved_on, reimbursement_id)
  where status = 'APPROVED' and settlement_id is null;

-- The base of an application, line by line, as it was found when it was made: lines of the book's own usage invoices, or items that
-- the enterprise declares. A line counts, at a rate, or says why not. `is_live`: it is counted in an application that was not
-- rejected. A line of an invoice is live once, and so is what was declared under one reference of one counterparty.
create table reimbursement_lines (
  book_id                uuid    not null,
  reimbursement_line_id  uuid    not null,
  reimbursement_id       uuid    not null,
  line_no                integer not null check (line_no >= 1),
  invoice_id             uuid,
  invoice_line_id        uuid,
  contract_id            uuid,
  contract_line_id       uuid,
  reference              text    not null check (length(reference) between 1 and 100),
  description            text    not null check (length(description) between 1 and 300),
  counterparty_uscc      text    not null,
  counterparty_name      text    not null,
  service_item           text    not null,
  chip_origin            text    check (chip_origin in ('DOMESTIC', 'NON_DOMESTIC')),
  net_fen                bigint  not null check (net_fen >= 0),
  vat_fen                bigint  not null check (vat_fen >= 0),
  gross_fen              bigint  not null check (gross_fen >= 0),
  used_from              date    not null,
  used_to                date    not null check (used_to >= used_from),
  settled_on             date,
  evidence               text,
  number_conflict        boolean not null,
  basis_points           integer check (basis_points >= 0),
  reason                 text,
  is_live                boolean not null,
  primary key (book_id, reimbursement_line_id),
  unique (book_id, reimbursement_id, line_no),
  foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id),
  foreign key (book_id, invoice_line_id) references usage_invoice_lines (book_id, invoice_line_id),
  constraint reimbursement_lines_tie_out check (net_fen + vat_fen = gross_fen),
  constraint reimbursement_lines_of_invoice check (num_nonnulls(invoice_line_id, contract_id, contract_line_id) in (0, 3)
                                                   and (invoice_line_id is null or invoice_id is not null)),
  constraint reimbursement_lines_declared check ((invoice_line_id is null) = (evidence is not null)),
  constraint reimbursement_lines_counted check (num_nonnulls(basis_points, reason) = 1 and (reason is null or not is_live))
);
create unique index reimbursement_lines_one_live on reimbursement_lines (book_id, invoice_line_id) where is_live;
create unique index reimbursement_lines_one_live_reference on reimbursement_lines (book_id, counterparty_uscc, reference)
  where is_live and invoice_line_id is null;
create index reimbursement_lines_invoice on reimbursement_lines (book_id, invoice_id) where invoice_id is not null;

-- What an allocation gives each application: `claim_fen` is a, what law, limits and review leave it; `amount_fen` what of the pool
-- falls to it, or the reason why nothing does. Those who get nothing are free again once the allocation is approved.
create table allocation_lines (
  book_id             uuid    not null,
  allocation_line_id  uuid    not null,
  allocation_id       uuid    not null,
  line_no             integer not null check (line_no >= 1),
  reimbursement_id    uuid    not null,
  rank                integer not null check (rank >= 0),
  score               integer check (score between 0 and 100),
  reviewed_fen        bigint  not null check (reviewed_fen > 0),
  claim_fen           bigint  not null check (claim_fen between 0 and reviewed_fen),
  amount_fen          bigint  not null check (amount_fen between 0 and claim_fen),
  reason              text,
  is_live             boolean not null,
  primary key (book_id, allocation_line_id),
  unique (book_id, allocation_id, line_no),
  foreign key (book_id, allocation_id) references allocations (book_id, allocation_id),
  foreign key (book_id, reimbursement_id) references reimbursements (book_id, reimbursement_id),
  constraint allocation_lines_nothing check ((amount_fen = 0) = (reason is not null))
);
create unique index allocation_lines_one_live on allocation_lines (book_id, reimbursement_id) where is_live;

-- An invoice is redeemed by a voucher or reimbursed, never both: `reimbursed_lines` counts its lines in live applications (1 when
-- it was declared as a whole). The audit recounts them.
alter table usage_invoices
  add column reimbursed_lines integer not null default 0 check (reimbursed_lines >= 0),
  add constraint usage_invoices_funded_once check (redemption_id is null or reimbursed_lines = 0);
grant update (reimbursed_lines) on usage_invoices to voucher_app;

-- A line of a batch pays a redemption or an award.
alter table settlement_lines
  alter column redemption_id drop not null,
  add column reimbursement_id uuid,
  add constraint settlement_lines_book_id_reimbursement_id_key unique (book_id, reimbursement_id),
  add constraint settlement_lines_book_id_reimbursement_id_fkey foreign key (book_id, reimbursement_id)
    references reimbursements (book_id, reimbursement_id),
  add constraint settlement_lines_one_paper check (num_nonnulls(redemption_id, reimbursement_id) = 1);

call keep_in_lane('allocations');
call keep_in_lane('reimbursements');
call keep_in_lane('reimbursement_lines');
call keep_in_lane('allocation_lines');
grant update (status, decided_person, decided_on, decision_reason) on allocations to voucher_app;
grant update (status, base_fen, computed_fen, eligibility, reviewed_person, reviewed_fen, score, opinion, review_digest, allocation_id,
              fund, award_fen, approved_on, decided_person, decision_reason, explanation, settlement_id) on reimbursements to voucher_app;
grant update (basis_points, reason, is_live) on reimbursement_lines to voucher_app;
grant update (is_live) on allocation_lines to voucher_app;
