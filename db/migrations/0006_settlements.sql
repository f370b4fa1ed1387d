-- The month, settled: batches of approved redemptions, payment instructions, bank returns; and the opening balances a
-- book starts with. Maker, approver and payer are three persons, by constraint.

-- A settlement (结算批次): the approved redemptions of a period, frozen with its control totals. A period may have
-- further batches under their own numbers; the same period and number exists once.
create table settlements (
  book_id           uuid        not null references books,
  settlement_id     uuid        not null,
  settlement_no     text        not null,
  period            text        not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  number            integer     not null check (number >= 1),
  status            text        not null check (status in ('DRAFT', 'APPROVED', 'INSTRUCTED', 'CLOSED')),
  line_count        integer     not null check (line_count >= 1),
  total_fen         bigint      not null check (total_fen > 0),
  content_digest    text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  drafted_person    uuid        not null,
  drafted_on        date        not null,
  approved_person   uuid,
  instructed_person uuid,
  instructed_on     date,
  closed_person     uuid,
  closed_on         date,
  recorded_at       timestamptz not null,
  primary key (book_id, settlement_id),
  unique (book_id, settlement_no),
  constraint settlements_period_and_number unique (book_id, period, number),
  constraint settlements_four_eyes check (approved_person <> drafted_person and instructed_person <> drafted_person
                                          and instructed_person <> approved_person),
  constraint settlements_states check (
    (status = 'DRAFT') = (approved_person is null)
    and (status in ('DRAFT', 'APPROVED')) = (instructed_person is null)
    and (status = 'CLOSED') = (closed_person is not null))
);

-- A line of a batch: one redemption, what of it is paid, to whom, out of which fund.
create table settlement_lines (
  book_id             uuid    not null references books,
  settlement_line_id  uuid    not null,
  settlement_id       uuid    not null,
  line_no             integer not null check (line_no >= 1),
  redemption_id       uuid    not null,
  provider_id         uuid    not null,
  fund                text    not null,
  amount_fen          bigint  not null check (amount_fen > 0),
  primary key (book_id, settlement_line_id),
  unique (book_id, settlement_id, line_no),
  unique (book_id, redemption_id),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, redemption_id) references redemptions (book_id, redemption_id)
);

-- A payment instruction: what one payee gets out of one fund from one funder, on the account registered that day.
-- `attempt` counts: a payment the bank returned goes out again as a further attempt.
create table payment_instructions (
  book_id            uuid    not null references books,
  instruction_id     uuid    not null,
  instruction_no     text    not null,
  settlement_id      uuid    not null,
  provider_id        uuid    not null,
  fund               text    not null,
  funder             text    not null,
  attempt            integer not null check (attempt >= 1),
  amount_fen         bigint  not null check (amount_fen > 0),
  payee_account_id   uuid    not null,
  status             text    not null check (status in ('INSTRUCTED', 'PAID', 'RETURNED')),
  return_reason      text,
  instructed_on      date    not null,
  primary key (book_id, instruction_id),
  unique (book_id, instruction_no),
  unique (book_id, settlement_id, provider_id, fund, funder, attempt),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, payee_account_id) references payee_accounts (book_id, payee_account_id)
);

-- What each funder has borne of a fund so far, so that splits stay exact over all batches.
create table fund_standings (
  book_id         uuid   not null references books,
  fund            text   not null,
  instructed_fen  bigint not null check (instructed_fen >= 0),
  primary key (book_id, fund)
);

-- A bank-return file (回单): its digest and control totals. The same file twice has no second effect.
create table bank_returns (
  book_id         uuid        not null references books,
  bank_return_id  uuid        not null,
  file_digest     text        not null check (file_digest ~ '^[0-9a-f]{64}$'),
  line_count      integer     not null check (line_count >= 1),
  total_fen       bigint      not null check (total_fen > 0),
  imported_person uuid        not null,
  recorded_at     timestamptz not null,
  primary key (book_id, bank_return_id),
  unique (book_id, file_digest)
);

-- A bank line, once per serial in a file. Nothing is paid without one, one serial has one effect, and one line settles an
-- instruction. A line that matched nothing is kept and has no effect: the bank may send it again, corrected.
create table bank_lines (
  book_id         uuid   not null references books,
  bank_line_id    uuid   not null,
  bank_return_id  uuid   not null,
  bank_serial     text   not null check (length(bank_serial) between 1 and 64),
  instruction_no  text   not null,
  instruction_id  uuid,
  status          text   not null check (status in ('PAID', 'RETURNED')),
  booked_on       date   not null,
  amount_fen      bigint not null check (amount_fen > 0),
  reason          text,
  result          text   not null check (result in ('MATCHED', 'UNKNOWN_INSTRUCTION', 'AMOUNT_DIFFERS', 'ALREADY_SETTLED')),
  primary key (book_id, bank_line_id),
  unique (book_id, bank_return_id, bank_serial),
  foreign key (book_id, bank_return_id) references bank_returns (book_id, bank_return_id),
  foreign key (book_id, instruction_id) references payment_instructions (book_id, instruction_id),
  constraint bank_lines_matched check ((result = 'MATCHED') = (instruction_id is not null))
);
create index bank_lines_serial on bank_lines (book_id, bank_serial);
create unique index bank_lines_one_effect_per_serial on bank_lines (book_id, bank_serial) where result = 'MATCHED';
create unique index bank_lines_one_per_instruction on bank_lines (book_id, instruction_id) where instruction_id is not null;

-- What a book brings along at go-live: limits already claimed or redeemed this year, vouchers outstanding. One person
-- prepares, another approves; only then anything is booked.
create table opening_balances (
  book_id             uuid        not null references books,
  opening_balance_id  uuid        not null,
  kind                text        not null check (kind in ('LIMIT_USED', 'VOUCHER')),
  content             jsonb       not null,
  content_digest      text        not null,
  status              text        not null check (status in ('PREPARED', 'APPROVED')),
  prepared_person     uuid        not null,
  approved_person     uuid,
  recorded_at         timestamptz not null,
  primary key (book_id, opening_balance_id),
  unique (book_id, content_digest),
  constraint opening_balances_four_eyes check (approved_person <> prepared_person),
  constraint opening_balances_approved check ((status = 'APPROVED') = (approved_person is not null))
);

call keep_in_lane('settlements');
call keep_in_lane('settlement_lines');
call keep_in_lane('payment_instructions');
call keep_in_lane('fund_standings');
call keep_in_lane('bank_returns');
call keep_in_lane('bank_lines');
call keep_in_lane('opening_balances');
grant update (status, approved_person, instructed_person, instructed_on, closed_person, closed_on) on settlements to voucher_app;
grant update (status, return_reason) on payment_instructions to voucher_app;
grant update (instructed_fen) on fund_standings to voucher_app;
grant update (status, approved_person) on opening_balances to voucher_app;
