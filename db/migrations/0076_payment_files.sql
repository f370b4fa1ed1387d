-- What was sent to the bank to be paid. Each attempt of a payment is in one file at most, with what was still to be paid of it then: a payment
-- that the bank returned goes out again as a further attempt, and nothing goes out twice. A file is its lines and the format as it was
-- (`mapping`); names and accounts are those of the accounts instructed, which never change, so that its bytes are the same for ever.
create table payment_files (
  book_id          uuid        not null references books,
  payment_file_id  uuid        not null,
  settlement_id    uuid        not null,
  file_no          integer     not null check (file_no >= 1),
  bank_format      text        not null check (bank_format ~ '^[a-z][a-z0-9-]{0,59}$'),
  mapping          jsonb       not null check (jsonb_typeof(mapping) = 'object'),
  line_count       integer     not null check (line_count >= 1),
  total_fen        bigint      not null check (total_fen > 0),
  content_digest   text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  made_person      uuid        not null,
  made_on          date        not null,
  recorded_at      timestamptz not null,
  primary key (book_id, payment_file_id),
  unique (book_id, settlement_id, file_no),
  foreign key (book_id, settlement_id) references settlements (book_id, settlement_id),
  foreign key (book_id, made_person) references persons (book_id, person_id)
);
create index payment_files_settlement on payment_files (book_id, settlement_id, payment_file_id);
create table payment_file_lines (
  book_id               uuid     not null references books,
  payment_file_line_id  uuid     not null,
  payment_file_id       uuid     not null,
  line_no               integer  not null check (line_no >= 1),
  instruction_id        uuid     not null,
  amount_fen            bigint   not null check (amount_fen > 0),
  primary key (book_id, payment_file_line_id),
  unique (book_id, payment_file_id, line_no),
  constraint payment_file_lines_once unique (book_id, instruction_id),
  foreign key (book_id, payment_file_id) references payment_files (book_id, payment_file_id),
  foreign key (book_id, instruction_id) references payment_instructions (book_id, instruction_id)
);
call keep_in_lane('payment_files');
call keep_in_lane('payment_file_lines');
call keep_for_party('payment_files', 'false');
call keep_for_party('payment_file_lines', 'false');
create trigger payment_files_append_only before update or delete on payment_files for each row execute function refuse_change();
create trigger payment_files_no_truncate before truncate on payment_files for each statement execute function refuse_change();
create trigger payment_file_lines_append_only before update or delete on payment_file_lines for each row execute function refuse_change();
create trigger payment_file_lines_no_truncate before truncate on payment_file_lines for each statement execute function refuse_change();

-- A line is what is still to be paid of an attempt of the file's own batch that is with the bank. Judged at COMMIT: a batch of the lane writes
-- all its tables by one statement, whose parts do not see each other.
create function refuse_other_payment() returns trigger language plpgsql as $$
begin
  if not exists (select from payment_instructions p join payment_files f on f.book_id = p.book_id and f.settlement_id = p.settlement_id
                  where p.book_id = new.book_id and p.instruction_id = new.instruction_id and f.payment_file_id = new.payment_file_id
                    and p.status = 'INSTRUCTED' and p.amount_fen - p.paid_fen - p.returned_fen = new.amount_fen) then
    raise exception 'a line of a payment file is not what is still to be paid'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'payment_file_lines_to_pay';
  end if;
  return null;
end $$;
revoke all on function refuse_other_payment from public;
create constraint trigger payment_file_lines_to_pay after insert on payment_file_lines deferrable initially deferred for each row
  execute function refuse_other_payment();

-- For the same reason: a change of account that is proposed in the very batch that instructs.
drop trigger payment_instructions_account on payment_instructions;
create constraint trigger payment_instructions_account after insert on payment_instructions deferrable initially deferred for each row
  execute function refuse_payment_elsewhere();
