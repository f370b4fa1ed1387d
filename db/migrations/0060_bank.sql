-- The bank: lines are facts of their own, told apart from what they settle, so that a payment may come in parts, several lines may make
-- one payment and one line several, and what was matched wrongly can be taken back.

insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('settlement.returned_late', 'paid', 'payable'),
  ('settlement.unmatched', 'paid', 'in_transit'),
  ('settlement.unmatched', 'payable', 'in_transit'),
  ('settlement.unmatched', 'payable', 'paid');

-- How much of an instruction the bank paid, and how much it gave back: its state follows from the two.
alter table payment_instructions
  add column paid_fen     bigint not null default 0 check (paid_fen >= 0),
  add column returned_fen bigint not null default 0 check (returned_fen >= 0);

-- A file is imported in slices of the lane: `next_line` is its first line that is not. `state` IMPORTING: it was cut, and goes on when it
-- is sent again. `by_result` counts its lines by what they were found to be, `paid_fen` and `returned_fen` what was matched at once.
-- A statement tells the balances of its account before and after its lines.
alter table bank_returns
  add column state          text    not null default 'DONE' check (state in ('IMPORTING', 'DONE')),
  add column next_line      integer not null default 1 check (next_line between 1 and line_count + 1),
  add column format         text    not null default 'json' check (format in ('json', 'csv', 'xlsx')),
  add column bank_format    text    check (length(bank_format) between 1 and 60),
  add column file_name      text    check (length(file_name) <= 200),
  add column bank_account   text    check (length(bank_account) between 1 and 64),
  add column opening_fen    bigint,
  add column closing_fen    bigint,
  add column first_day      date,
  add column last_day       date,
  add column repeated_count integer not null default 0 check (repeated_count >= 0),
  add column by_result      jsonb   not null default '{}' check (jsonb_typeof(by_result) = 'object'),
  add column paid_fen       bigint  not null default 0 check (paid_fen >= 0),
  add column returned_fen   bigint  not null default 0 check (returned_fen >= 0),
  add constraint bank_returns_balances check ((opening_fen is null) = (closing_fen is null)
    and (opening_fen is null or bank_account is not null));

-- A bank line: what the bank says, once per serial. `result` is what was found when it came in; `matched_fen` how much of it is matched
-- now. A line of a serial that is known is not written again, and one that says something else under it is refused.
alter table bank_lines
  add column line_no        integer check (line_no >= 1),
  add column bank_account   text check (length(bank_account) between 1 and 64),
  add column payee_name     text check (length(payee_name) <= 200),
  add column payee_last4    text check (length(payee_last4) <= 4),
  add column matched_fen    bigint not null default 0,
  add constraint bank_lines_matched_part check (matched_fen between 0 and amount_fen),
  drop constraint bank_lines_result_check,
  add constraint bank_lines_result_check check (result in ('MATCHED', 'UNKNOWN_INSTRUCTION', 'AMOUNT_DIFFERS', 'ALREADY_SETTLED',
                                                           'PAYEE_DIFFERS', 'DAY_BEFORE_INSTRUCTION'));

-- What of a bank line settles what of an instruction, by rule when the line came in or by a person. PAID: the money left; RETURNED: it
-- never arrived; RETURNED_LATE: it had been paid and came back. Taken back (UNDONE) it settles nothing, and the row stays.
create table bank_matches (
  book_id         uuid        not null references books,
  match_id        uuid        not null,
  bank_line_id    uuid        not null,
  instruction_id  uuid        not null,
  kind            text        not null check (kind in ('PAID', 'RETURNED', 'RETURNED_LATE')),
  amount_fen      bigint      not null check (amount_fen > 0),
  booked_on       date        not null,
  by_rule         boolean     not null,
  matched_person  uuid        not null,
  status          text        not null check (status in ('MATCHED', 'UNDONE')),
  undone_person   uuid,
  undone_on       date,
  undo_reason     text        check (length(undo_reason) between 1 and 500),
  recorded_at     timestamptz not null,
  primary key (book_id, match_id),
  foreign key (book_id, bank_line_id) references bank_lines (book_id, bank_line_id),
  foreign key (book_id, instruction_id) references payment_instructions (book_id, instruction_id),
  constraint bank_matches_undone check ((status = 'UNDONE') = (num_nonnulls(undone_person, undone_on, undo_reason) = 3)
    and num_nonnulls(undone_person, undone_on, undo_reason) in (0, 3))
);
create index bank_matches_line on bank_matches (book_id, bank_line_id, match_id);
create index bank_matches_instruction on bank_matches (book_id, instruction_id, match_id);
call keep_in_lane('bank_matches');
grant update (status, undone_person, undone_on, undo_reason) on bank_matches to voucher_app;

-- A format of bank files as a book has them: what its columns are called, how days, amounts and states are written. A code that is
-- recorded again is read by its newest row; the rows stay.
create table bank_formats (
  book_id         uuid        not null references books,
  bank_format_id  uuid        not null,
  code            text        not null check (code ~ '^[a-z][a-z0-9-]{0,59}$'),
  version         integer     not null check (version >= 1),
  name            text        not null check (length(name) between 1 and 200),
  mapping         jsonb       not null check (jsonb_typeof(mapping) = 'object'),
  recorded_person uuid        not null,
  recorded_at     timestamptz not null,
  primary key (book_id, bank_format_id),
  unique (book_id, code, version)
);
call keep_in_lane('bank_formats');

do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    update payment_instructions set paid_fen = amount_fen where book_id = book and status = 'PAID';
    update payment_instructions set returned_fen = amount_fen where book_id = book and status = 'RETURNED';
    update bank_returns r set next_line = line_count + 1,
           by_result = (select jsonb_object_agg(l.result, l.n)
                          from (select result, count(*) as n from bank_lines l
                                 where l.book_id = book and l.bank_return_id = r.bank_return_id group by result) l),
           paid_fen = (select coalesce(sum(l.amount_fen), 0) from bank_lines l where l.book_id = book
                          and l.bank_return_id = r.bank_return_id and l.result = 'MATCHED' and l.status = 'PAID'),
           returned_fen = (select coalesce(sum(l.amount_fen), 0) from bank_lines l where l.book_id = book
                          and l.bank_return_id = r.bank_return_id and l.result = 'MATCHED' and l.status = 'RETURNED')
     where book_id = book;
    insert into bank_matches (book_id, match_id, bank_line_id, instruction_id, kind, amount_fen, booked_on, by_rule, matched_person, status,
                              recorded_at)
      select l.book_id, l.bank_line_id, l.bank_line_id, l.instruction_id, l.status, l.amount_fen, l.booked_on, true, r.imported_person,
             'MATCHED', r.recorded_at
        from bank_lines l join bank_returns r on r.book_id = l.book_id and r.bank_return_id = l.bank_return_id
       where l.book_id = book and l.instruction_id is not null;
    update bank_lines set matched_fen = amount_fen where book_id = book and instruction_id is not null;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;

alter table bank_returns add constraint bank_returns_done check ((state = 'DONE') = (next_line = line_count + 1));
alter table payment_instructions add constraint payment_instructions_settled check (paid_fen + returned_fen <= amount_fen
  and (status = 'PAID') = (paid_fen = amount_fen)
  and (status = 'RETURNED') = (returned_fen > 0 and paid_fen + returned_fen = amount_fen));
drop index bank_lines_one_effect_per_serial;
drop index bank_lines_one_per_instruction;
-- Lines from before may repeat a serial that had no effect.
create unique index bank_lines_once on bank_lines (book_id, bank_serial) where line_no is not null;
create index bank_lines_unmatched on bank_lines (book_id, bank_line_id) where matched_fen < amount_fen;
create index bank_lines_unmatched_amount on bank_lines (book_id, amount_fen, bank_line_id) where matched_fen < amount_fen;
create index bank_lines_of_return on bank_lines (book_id, bank_return_id, bank_line_id);
create index bank_returns_importing on bank_returns (book_id, bank_return_id) where state = 'IMPORTING';
create index bank_returns_account on bank_returns (book_id, bank_account, first_day, bank_return_id) where bank_account is not null;
alter table bank_lines drop constraint bank_lines_matched, drop column instruction_id;

grant update (paid_fen, returned_fen) on payment_instructions to voucher_app;
grant update (matched_fen) on bank_lines to voucher_app;
grant update (state, next_line, repeated_count, by_result, paid_fen, returned_fen) on bank_returns to voucher_app;
