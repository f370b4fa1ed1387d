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

-- Corrections of what was promised and paid, and the recovery (追回) of what was paid beyond.

insert into account_kinds (kind, measure, may_overdraw, stands_for) values
  ('receivable', 'MONEY', true,  'owed back to the treasury, by debtor and fund: below zero by what is outstanding'),
  ('claim',      'MONEY', false, 'what of one recovery is still to come back'),
  ('recovered',  'MONEY', false, 'came back after it was paid, by fund and funder');
-- Opening a claim moves no money: a receivable and its claim add up to nothing. What comes in settles the claim and is recovered out of
-- what was paid, each funder its part.
insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('recovery.opened',      'receivable', 'claim'),
  ('recovery.received',    'claim',      'receivable'),
  ('recovery.received',    'paid',       'recovered'),
  ('recovery.written_off', 'claim',      'receivable'),
  ('recovery.withdrawn',   'claim',      'receivable');

-- Of a redemption: what a recovery was opened for after a batch took it, and what of that was given back to the limits it was charged to.
alter table redemptions
  add column recalled_fen bigint not null default 0 check (recalled_fen >= 0),
  add column restored_fen bigint not null default 0 check (restored_fen >= 0),
  add constraint redemptions_recalled check (recalled_fen <= batched_fen and restored_fen <= recalled_fen);
grant update (recalled_fen, restored_fen) on redemptions to voucher_app;

-- A red letter (红字发票): a provider takes an invoice back in part or whole, by a tax invoice of negative amounts with a number of its
-- own. It names the original and counts once. Amounts are kept as what they take away. Where the original was redeemed, `redemption_id`
-- is the redemption, and `base_fen`, `weighted_base` and `cut_off_fen` are what of where its contract stood went with it.
create table red_letters (
  book_id         uuid          not null,
  red_letter_id   uuid          not null,
  red_letter_no   text          not null check (red_letter_no ~ '^\d{20}$'),
  invoice_id      uuid          not null,
  contract_id     uuid          not null,
  provider_id     uuid          not null,
  programme_code  text,
  redemption_id   uuid,
  issued_on       date          not null,
  net_fen         bigint        not null check (net_fen >= 0),
  vat_fen         bigint        not null check (vat_fen >= 0),
  gross_fen       bigint        not null check (gross_fen > 0),
  reason          text          not null check (length(reason) between 1 and 500),
  base_fen        bigint        not null check (base_fen >= 0),
  weighted_base   numeric(30,0) not null check (weighted_base >= 0),
  cut_off_fen     bigint        not null,
  posted_person   uuid          not null,
  posted_on       date          not null,
  number_conflict boolean       not null,
  recorded_at     timestamptz   not null,
  primary key (book_id, red_letter_id),
  constraint red_letters_number unique (book_id, red_letter_no, provider_id),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id),
  constraint red_letters_tie_out check (net_fen + vat_fen = gross_fen),
  constraint red_letters_of_redemption check ((redemption_id is null) = (programme_code is null)
    and (redemption_id is not null or (base_fen = 0 and weighted_base = 0 and cut_off_fen = 0)))
);
create index red_letters_invoice on red_letters (book_id, invoice_id, red_letter_id);
create index red_letters_redemption on red_letters (book_id, redemption_id) where redemption_id is not null;

create table red_letter_lines (
  book_id             uuid          not null,
  red_letter_line_id  uuid          not null,
  red_letter_id       uuid          not null,
  invoice_id          uuid          not null,
  invoice_line_id     uuid          not null,
  line_no             integer       not null check (line_no >= 1),
  quantity            numeric(18,4) not null check (quantity >= 0),
  net_fen             bigint        not null check (net_fen >= 0),
  vat_fen             bigint        not null check (vat_fen >= 0),
  gross_fen           bigint        not null check (gross_fen >= 0),
  primary key (book_id, red_letter_line_id),
  unique (book_id, red_letter_id, line_no),
  foreign key (book_id, red_letter_id) references red_letters (book_id, red_letter_id),
  foreign key (book_id, invoice_line_id) references usage_invoice_lines (book_id, invoice_line_id),
  constraint red_letter_lines_tie_out check (net_fen + vat_fen = gross_fen)
);

create index red_letter_lines_invoice on red_letter_lines (book_id, invoice_id, red_letter_line_id);

-- What red letters took of an invoice so far.
alter table usage_invoices
  add column red_fen bigint not null default 0,
  drop constraint usage_invoices_redeemed_confirmed,
  add constraint usage_invoices_redeemed_confirmed check (redemption_id is null or status in ('CONFIRMED', 'RED_LETTERED')),
  add constraint usage_invoices_red check (red_fen between 0 and gross_fen and (status = 'RED_LETTERED') = (red_fen = gross_fen));
grant update (red_fen) on usage_invoices to voucher_app;

-- A correction, as it was decided: what followed from a contract that was cut or voided, from a red letter, from a fraud. With its
-- explanation, step by step. `subject_id` is the amendment, the contract, the red letter or the recovery.
create table corrections (
  book_id         uuid        not null,
  correction_id   uuid        not null,
  correction_no   text        not null,
  cause           text        not null check (cause in ('CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD')),
  subject_id      uuid        not null,
  contract_id     uuid        not null,
  programme_code  text        not null,
  at_fault        boolean     not null,
  returned_fen    bigint      not null check (returned_fen >= 0),
  voided_fen      bigint      not null check (voided_fen >= 0),
  reversed_fen    bigint      not null check (reversed_fen >= 0),
  recalled_fen    bigint      not null check (recalled_fen >= 0),
  explanation     json        not null,
  decided_person  uuid        not null,
  decided_on      date        not null,
  recorded_at     timestamptz not null,
  primary key (book_id, correction_id),
  unique (book_id, correction_no),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id)
);
create index corrections_contract on corrections (book_id, contract_id, correction_id);

-- A recovery: what a payee owes back of one fund, and how far it came. PROPOSED by one person and OPENED by another, or opened by rule with
-- the correction that it follows from; SERVED, APPEALED, DUE, PARTLY_RECOVERED, RECOVERED; REFERRED to enforcement; WRITTEN_OFF by two
-- persons; WITHDRAWN when an appeal was upheld; DROPPED before it was opened.
create table recoveries (
  book_id            uuid        not null,
  recovery_id        uuid        not null,
  recovery_no        text        not null,
  cause              text        not null check (cause in ('CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD')),
  correction_id      uuid,
  debtor_id          uuid        not null,
  fund               text        not null,
  programme_code     text        not null,
  contract_id        uuid        not null,
  voucher_id         uuid,
  amount_fen         bigint      not null check (amount_fen >= 0),
  received_fen       bigint      not null default 0 check (received_fen between 0 and amount_fen),
  at_fault           boolean     not null,
  status             text        not null check (status in ('PROPOSED', 'OPENED', 'SERVED', 'APPEALED', 'DUE', 'PARTLY_RECOVERED', 'RECOVERED',
                                                            'REFERRED', 'WRITTEN_OFF', 'WITHDRAWN', 'DROPPED')),
  reason             text        not null check (length(reason) between 1 and 500),
  document_no        text        check (length(document_no) between 1 and 100),
  proposed_person    uuid,
  opened_person      uuid,
  opened_on          date,
  served_on          date,
  due_on             date,
  appeal_reason      text        check (length(appeal_reason) between 1 and 500),
  appeal_person      uuid,
  appeal_decided_by  uuid,
  appeal_decision    text        check (length(appeal_decision) between 1 and 500),
  write_off_reason   text        check (length(write_off_reason) between 1 and 500),
  write_off_asked_by uuid,
  ended_person       uuid,
  ended_on           date,
  recorded_at        timestamptz not null,
  primary key (book_id, recovery_id),
  unique (book_id, recovery_no),
  foreign key (book_id, contract_id) references contracts (book_id, contract_id),
  foreign key (book_id, voucher_id) references vouchers (book_id, voucher_id),
  constraint recoveries_two_persons check (opened_person <> proposed_person and (status <> 'WRITTEN_OFF' or ended_person <> write_off_asked_by)),
  constraint recoveries_opened check ((status in ('PROPOSED', 'DROPPED')) = (opened_on is null) and (opened_on is null or amount_fen > 0)
                                      and (correction_id is null) = (opened_on is null)),
  constraint recoveries_served check (status in ('PROPOSED', 'DROPPED', 'OPENED', 'RECOVERED', 'PARTLY_RECOVERED') or num_nonnulls(served_on, due_on, document_no) = 3),
  constraint recoveries_received check (case status when 'RECOVERED' then received_fen = amount_fen
                                                    when 'PARTLY_RECOVERED' then received_fen > 0 and received_fen < amount_fen else true end),
  constraint recoveries_written_off check (status <> 'WRITTEN_OFF' or num_nonnulls(write_off_reason, write_off_asked_by, ended_person) = 3)
);
create index recoveries_status on recoveries (book_id, status, recovery_id);
create index recoveries_debtor on recoveries (book_id, debtor_id, status, recovery_id);

-- What a recovery asks back of each redemption.
create table recovery_items (
  book_id           uuid   not null,
  recovery_item_id  uuid   not null,
  recovery_id       uuid   not null,
  redemption_id     uuid   not null,
  amount_fen        bigint not null check (amount_fen > 0),
  restored_fen      bigint not null check (restored_fen between 0 and amount_fen),
  primary key (book_id, recovery_item_id),
  unique (book_id, recovery_id, redemption_id),
  foreign key (book_id, recovery_id) references recoveries (book_id, recovery_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id)
);
create index recovery_items_redemption on recovery_items (book_id, redemption_id);

-- Money that came back, by the bank's line: a serial counts once in a book.
create table recovery_receipts (
  book_id       uuid        not null,
  receipt_id    uuid        not null,
  recovery_id   uuid        not null,
  bank_serial   text        not null check (length(bank_serial) between 1 and 64),
  booked_on     date        not null,
  amount_fen    bigint      not null check (amount_fen > 0),
  person_id     uuid        not null,
  recorded_at   timestamptz not null,
  primary key (book_id, receipt_id),
  unique (book_id, bank_serial),
  foreign key (book_id, recovery_id) references recoveries (book_id, recovery_id)
);
create index recovery_receipts_recovery on recovery_receipts (book_id, recovery_id, receipt_id);

-- What came back to a fund so far: its funders share it exactly over all receipts, as they shared what was paid.
alter table fund_standings add column recovered_fen bigint not null default 0 check (recovered_fen between 0 and instructed_fen);
grant update (recovered_fen) on fund_standings to voucher_app;

call keep_in_lane('red_letters');
call keep_in_lane('red_letter_lines');
call keep_in_lane('corrections');
call keep_in_lane('recoveries');
call keep_in_lane('recovery_items');
call keep_in_lane('recovery_receipts');
do $$
declare
  paper text;
begin
  foreach paper in array array['red_letters', 'red_letter_lines', 'corrections', 'recovery_items', 'recovery_receipts'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()', paper || '_append_only', paper);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', paper || '_no_truncate', paper);
  end loop;
end $$;
grant update (amount_fen, received_fen, status, document_no, correction_id, opened_person, opened_on, served_on, due_on, appeal_reason, appeal_person,
              appeal_decided_by, appeal_decision, write_off_reason, write_off_asked_by, ended_person, ended_on) on recoveries to voucher_app;
