-- What the bank says of a day and an account, added up as its lines come in: against the ledger's turnovers of that day. `settled_fen` is what
-- was ever matched as paid, `back_fen` as returned, whatever was taken back since; `matched_fen` what is matched now.
create table bank_days (
  book_id        uuid    not null references books,
  bank_day_id    uuid    not null,
  bank_account   text    not null check (length(bank_account) <= 64),
  booked_on      date    not null,
  line_count     integer not null check (line_count >= 0),
  paid_fen       bigint  not null check (paid_fen >= 0),
  returned_fen   bigint  not null check (returned_fen >= 0),
  matched_fen    bigint  not null check (matched_fen between 0 and paid_fen + returned_fen),
  settled_fen    bigint  not null check (settled_fen >= 0),
  back_fen       bigint  not null check (back_fen >= 0),
  primary key (book_id, bank_day_id),
  unique (book_id, booked_on, bank_account)
);
call keep_in_lane('bank_days');
grant update (line_count, paid_fen, returned_fen, matched_fen, settled_fen, back_fen) on bank_days to voucher_app;

-- What does not tie and waits for a person: opened by a rule each day, one for each thing, or by a person; with an owner, explained, closed.
-- `subject` is what it is about: a bank line, an instruction, a redemption, a file, a fund. One that a rule opened is closed when its cause is
-- gone, or by a person then; explained it stands, and no longer stands in a month's way.
create table reconciliation_exceptions (
  book_id          uuid        not null references books,
  exception_id     uuid        not null,
  kind             text        not null check (kind in ('UNMATCHED_LINE', 'IN_TRANSIT', 'PAYMENT_RETURNED', 'RESERVED', 'UNMATCHED_BUDGET',
                                                        'FILE_CUT', 'BALANCE_GAP', 'OTHER')),
  subject          text        not null check (length(subject) between 1 and 200),
  amount_fen       bigint      not null check (amount_fen >= 0),
  since            date        not null,
  opened_on        date        not null,
  opened_person    uuid,
  note             text        check (length(note) between 1 and 500),
  owner_person     uuid,
  status           text        not null check (status in ('OPEN', 'EXPLAINED', 'CLOSED')),
  explanation      text        check (length(explanation) between 1 and 500),
  explained_person uuid,
  explained_on     date,
  resolution       text        check (length(resolution) between 1 and 500),
  closed_person    uuid,
  closed_on        date,
  recorded_at      timestamptz not null,
  primary key (book_id, exception_id),
  foreign key (book_id, owner_person) references persons (book_id, person_id),
  constraint reconciliation_exceptions_noted check ((kind = 'OTHER') = (opened_person is not null) and (kind = 'OTHER') = (note is not null)),
  constraint reconciliation_exceptions_explained check (num_nonnulls(explanation, explained_person, explained_on) in (0, 3)
    and (status <> 'EXPLAINED' or explanation is not null)),
  constraint reconciliation_exceptions_closed check ((status = 'CLOSED') = (closed_on is not null)
    and (closed_person is null or resolution is not null) and (resolution is null or closed_person is not null))
);
create unique index reconciliation_exceptions_one on reconciliation_exceptions (book_id, kind, subject) where status <> 'CLOSED' and kind <> 'OTHER';
create index reconciliation_exceptions_status on reconciliation_exceptions (book_id, status, exception_id);
create index reconciliation_exceptions_kind on reconciliation_exceptions (book_id, status, kind, exception_id);
create index reconciliation_exceptions_amount on reconciliation_exceptions (book_id, status, amount_fen, exception_id);
call keep_in_lane('reconciliation_exceptions');
grant update (amount_fen, owner_person, status, explanation, explained_person, explained_on, resolution, closed_person, closed_on)
  on reconciliation_exceptions to voucher_app;

-- On which days a book was looked through for exceptions: once a day, by whichever process comes first. Beside the lane, for it is no fact of money.
create table reconciliation_looks (
  book_id    uuid        not null references books,
  looked_on  date        not null,
  primary key (book_id, looked_on)
);
call keep_in_book('reconciliation_looks');
grant select on reconciliation_looks to voucher_app, voucher_reader;
grant insert on reconciliation_looks to voucher_app;

create index payment_instructions_in_transit on payment_instructions (book_id, instruction_id) where status = 'INSTRUCTED';
create index bank_lines_to_match on bank_lines (book_id, status, bank_line_id) where matched_fen < amount_fen;
drop index bank_lines_unmatched_amount;
create index bank_lines_to_match_amount on bank_lines (book_id, status, amount_fen, bank_line_id) where matched_fen < amount_fen;

do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('voucher.book', book::text, true);
    perform set_config('ledger.lane', book::text, true);
    insert into bank_days (book_id, bank_day_id, bank_account, booked_on, line_count, paid_fen, returned_fen, matched_fen, settled_fen, back_fen)
      select book, gen_random_uuid(), coalesce(bank_account, ''), booked_on, count(*), coalesce(sum(amount_fen) filter (where status = 'PAID'), 0),
             coalesce(sum(amount_fen) filter (where status = 'RETURNED'), 0), sum(matched_fen),
             coalesce(sum(matched_fen) filter (where status = 'PAID'), 0), coalesce(sum(matched_fen) filter (where status = 'RETURNED'), 0)
        from bank_lines where book_id = book group by coalesce(bank_account, ''), booked_on;
  end loop;
  perform set_config('ledger.lane', '', true);
  perform set_config('voucher.book', '', true);
end $$;
