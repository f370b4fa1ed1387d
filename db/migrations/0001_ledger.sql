-- The ledger: books, accounts, entries, outcomes, and the only functions that may write them.
--
-- Three roles meet here. The owner runs this file and owns the functions. The application (voucher_app) reads,
-- and writes entries and balances through post_entries() alone. The reader (voucher_reader) reads.
-- Every key starts with book_id, so that a book is the unit of isolation, of locking and of distribution.

-- A book (账套) is one city's or district's set of programmes, members, accounts and entries. `origin` is the name of
-- its log in later proofs. `open_from` is the first day that may still be booked on; earlier months are sealed.
create table books (
  book_id        uuid        not null primary key,
  code           text        not null unique check (code ~ '^[a-z][a-z0-9-]{1,30}$'),
  name           text        not null check (length(name) between 1 and 100),
  division_code  text        not null check (division_code ~ '^\d{6}$'),
  origin         text        not null unique,
  open_from      date        not null,
  created_at     timestamptz not null
);

-- The head of a book: the number of its last entry. It is the one lock of the book, taken before anything is read.
-- Nearly empty pages keep its constant updates on the same page (HOT).
create table book_heads (
  book_id      uuid        not null primary key references books,
  seq          bigint      not null check (seq >= 0),
  recorded_at  timestamptz not null
) with (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- The chart of accounts: what kinds exist, and which of them may go below zero. Read as credits − debits.
-- MONEY accounts carry a fund; QUOTA accounts (the law's limits) carry none.
create table account_kinds (
  kind          text    not null primary key,
  measure       text    not null check (measure in ('MONEY', 'QUOTA')),
  may_overdraw  boolean not null,
  stands_for    text    not null
);

insert into account_kinds (kind, measure, may_overdraw, stands_for) values
  ('appropriation', 'MONEY', true,  'the treasury''s side of the money, by fund and funder'),
  ('unmatched',     'MONEY', false, 'loaded, waiting for the other funders'' shares'),
  ('available',     'MONEY', false, 'granted by budget, promised to nobody'),
  ('voucher',       'MONEY', false, 'what this voucher can still pay'),
  ('reserved',      'MONEY', false, 'claimed by a redemption that is being verified'),
  ('payable',       'MONEY', false, 'approved, not yet in a batch, by payee and fund'),
  ('in_transit',    'MONEY', false, 'instructed to the bank, by instruction, fund and funder'),
  ('paid',          'MONEY', false, 'paid, by fund and funder'),
  ('limit',         'QUOTA', true,  'the law''s number'),
  ('allowance',     'QUOTA', false, 'what is left of a limit for one holder in one window'),
  ('used',          'QUOTA', false, 'what is spent of a limit by one holder in one window');

-- The postings that exist: name, from which kind to which. A transfer that is not in this list cannot be written,
-- whatever the application sends. `between_funds` marks the only postings that may leave a fund (carry-over; none yet).
create table posting_kinds (
  posting        text    not null,
  debit_kind     text    not null references account_kinds,
  credit_kind    text    not null references account_kinds,
  between_funds  boolean not null default false,
  primary key (posting, debit_kind, credit_kind)
);

insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('budget.loaded',         'appropriation', 'unmatched'),
  ('budget.matched',        'unmatched',     'available'),
  ('limit.funded',          'limit',         'allowance'),
  ('limit.charged',         'allowance',     'used'),
  ('voucher.issued',        'available',     'voucher'),
  ('opening.limit_used',    'allowance',     'used'),
  ('opening.voucher',       'available',     'voucher'),
  ('redemption.reserved',   'voucher',       'reserved'),
  ('redemption.approved',   'reserved',      'payable'),
  ('redemption.released',   'reserved',      'voucher'),
  ('settlement.instructed', 'payable',       'in_transit'),
  ('settlement.paid',       'in_transit',    'paid'),
  ('settlement.returned',   'in_transit',    'payable');

-- Accounts hold running totals; the balance is credits − debits. An account that may not be overdrawn cannot be:
-- "never beyond the pool", "never beyond the voucher", "never beyond the law's limit" are this one constraint.
create table accounts (
  book_id       uuid    not null references books,
  account_id    uuid    not null,
  code          text    not null,
  kind          text    not null references account_kinds,
  fund          text,
  may_overdraw  boolean not null,
  debits_fen    bigint  not null default 0 check (debits_fen >= 0),
  credits_fen   bigint  not null default 0 check (credits_fen >= 0),
  opened_seq    bigint  not null,
  primary key (book_id, account_id),
  unique (book_id, code),
  constraint accounts_not_overdrawn check (may_overdraw or credits_fen >= debits_fen)
) with (fillfactor = 60);

-- Entries: one gapless sequence per book for transfers and recorded decisions alike. A transfer is one row (debit,
-- credit, amount > 0), so it cannot be unbalanced. Rows that share command_id form a linked group: all or none. The
-- running balances of both accounts are kept beside the transfer, so that a balance as of any sequence is one look-up.
-- A row holds from the first day what a later proof needs: who, for which request, with which approval, under which
-- programme version, what it reverses. Rows are never changed or removed.
create table entries (
  book_id            uuid        not null references books,
  seq                bigint      not null,
  command_id         uuid        not null,
  kind               text        not null,
  booked_on          date        not null,
  recorded_at        timestamptz not null,
  member_id          uuid        not null,
  person_id          uuid        not null,
  subject_id         uuid,
  request_digest     bytea       not null check (length(request_digest) = 32),
  approval_digest    bytea       check (length(approval_digest) = 32),
  programme_version  text,
  refusal_code       text,
  reverses_seq       bigint      check (reverses_seq < seq),
  debit_account_id   uuid,
  credit_account_id  uuid,
  amount_fen         bigint      check (amount_fen > 0),
  debit_after_fen    bigint,
  credit_after_fen   bigint,
  primary key (book_id, seq),
  foreign key (book_id, debit_account_id) references accounts (book_id, account_id),
  foreign key (book_id, credit_account_id) references accounts (book_id, account_id),
  constraint entries_transfer_or_decision check (
    num_nonnulls(debit_account_id, credit_account_id, amount_fen, debit_after_fen, credit_after_fen) in (0, 5)),
  constraint entries_two_accounts check (debit_account_id <> credit_account_id),
  constraint entries_refusal_moves_nothing check (refusal_code is null or amount_fen is null)
);
create index entries_debit on entries (book_id, debit_account_id, seq) where debit_account_id is not null;
create index entries_credit on entries (book_id, credit_account_id, seq) where credit_account_id is not null;
create index entries_subject on entries (book_id, subject_id, seq) where subject_id is not null;

-- One business fact is booked once, whatever the caller retries: the outcome of a command under its key, refusals
-- included, with the digest of the request that it answered. Written in the transaction that did the work.
create table outcomes (
  book_id         uuid        not null references books,
  member_id       uuid        not null,
  key             text        not null check (length(key) between 1 and 200),
  command_id      uuid        not null,
  verb            text        not null,
  request_digest  bytea       not null check (length(request_digest) = 32),
  accepted        boolean     not null,
  body            json        not null,
  last_seq        bigint,
  recorded_at     timestamptz not null,
  primary key (book_id, member_id, key)
);

-- ── Guards ──────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What is written stays written. Rights already forbid it to the application; this forbids it to everybody else.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'VL001';
end $$;

-- A write belongs to the lane of its book: the transaction that holds the head row. It guards against accidents
-- (a statement outside its transaction, a script that means well), not against attackers.
create function refuse_outside_lane() returns trigger language plpgsql as $$
begin
  raise exception 'a write to % needs the lane of its book', tg_table_name using errcode = 'VL002';
end $$;

-- Puts a table of facts behind the lane, gives it to the application to insert and to both roles to read; what may be
-- updated is granted by column where the table is made. The mark is compared in the triggers' conditions, so that a row
-- inside a lane costs no call.
create procedure keep_in_lane(p_table text) language plpgsql as $$
begin
  execute format('create trigger %I before insert or update on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from new.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_in_lane', p_table);
  execute format('create trigger %I before delete on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from old.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_leave_in_lane', p_table);
  execute format('grant select on %I to voucher_app, voucher_reader', p_table);
  execute format('grant insert on %I to voucher_app', p_table);
end $$;

-- Of an account only the totals move, and they only grow.
create function refuse_other_account() returns trigger language plpgsql as $$
begin
  raise exception 'an account keeps its identity, and its totals only grow' using errcode = 'VL001';
end $$;

create trigger entries_append_only before update or delete on entries for each row execute function refuse_change();
create trigger entries_no_truncate before truncate on entries for each statement execute function refuse_change();
create trigger outcomes_append_only before update or delete on outcomes for each row execute function refuse_change();
create trigger outcomes_no_truncate before truncate on outcomes for each statement execute function refuse_change();
create trigger accounts_are_kept before delete on accounts for each row execute function refuse_change();
create trigger accounts_no_truncate before truncate on accounts for each statement execute function refuse_change();
create trigger accounts_identity before update on accounts for each row
  when ((new.book_id, new.account_id, new.code, new.kind, new.may_overdraw, new.opened_seq)
          is distinct from (old.book_id, old.account_id, old.code, old.kind, old.may_overdraw, old.opened_seq)
        or new.fund is distinct from old.fund or new.debits_fen < old.debits_fen or new.credits_fen < old.credits_fen)
  execute function refuse_other_account();
create trigger book_heads_in_lane before update on book_heads for each row
  when (current_setting('ledger.lane', true) is distinct from new.book_id::text) execute function refuse_outside_lane();
create trigger book_heads_stay before delete on book_heads for each row execute function refuse_change();
create trigger book_heads_no_truncate before truncate on book_heads for each statement execute function refuse_change();

-- ── The owner's functions ───────────────────────────────────────────────────────────────────────────────────────────

-- Takes the lane of a book: locks its head row and marks this transaction. The first statement of every batch.
create function open_lane(p_book uuid)
  returns table (seq bigint, recorded_at timestamptz, open_from date)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head book_heads;
begin
  select * into head from book_heads h where h.book_id = p_book for update;
  if not found then
    raise exception 'no such book' using errcode = 'VL003';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
  return query select head.seq, head.recorded_at, b.open_from from books b where b.book_id = p_book;
end $$;

-- Writes one batch: opens accounts, appends entries numbered head + 1 … n in the order given, moves the balances by
-- what the entries say (derived here, never taken from the caller), and moves the head. Refuses (VL004) a sequence that
-- is not the head, a posting that is not in posting_kinds, a transfer between funds. Arrays of commands are joined to
-- arrays of entries by position (e_command counts from 1), for the rows of one command share what identifies it.
create function post_entries(
  p_book uuid, p_head bigint, p_recorded_at timestamptz,
  a_id uuid[], a_code text[], a_kind text[], a_fund text[],
  c_id uuid[], c_member uuid[], c_person uuid[], c_request text[], c_approval text[],
  e_command int[], e_kind text[], e_booked_on date[], e_subject uuid[], e_programme text[], e_refusal text[],
  e_reverses bigint[], e_debit uuid[], e_credit uuid[], e_amount bigint[])
  returns bigint
  language plpgsql security definer set search_path = public, pg_temp
  -- A plan made while accounts was empty must not read the whole of it when it has grown.
  set enable_seqscan = off as $$
declare
  n       bigint := coalesce(array_length(e_command, 1), 0);
  written bigint;
begin
  if current_setting('ledger.lane', true) is distinct from p_book::text then
    raise exception 'entries need the lane of their book' using errcode = 'VL002';
  end if;
  update book_heads set seq = seq + n, recorded_at = greatest(recorded_at, p_recorded_at)
   where book_id = p_book and seq = p_head;
  if not found then
    raise exception 'the head of the book is not %', p_head using errcode = 'VL004';
  end if;

  if array_length(a_id, 1) > 0 then
    insert into accounts (book_id, account_id, code, kind, fund, may_overdraw, opened_seq)
    select p_book, a.id, a.code, a.kind, a.fund, k.may_overdraw, p_head + 1
      from unnest(a_id, a_code, a_kind, a_fund) as a (id, code, kind, fund)
      join account_kinds k on k.kind = a.kind and (k.measure = 'MONEY') = (a.fund is not null);
    get diagnostics written = row_count;
    if written <> array_length(a_id, 1) then
      raise exception 'an account of an unknown kind, or with a fund where none belongs' using errcode = 'VL004';
    end if;
  end if;

  -- Every transfer is a known posting between accounts of this book and inside one fund.
  if exists (
    select from unnest(e_kind, e_debit, e_credit, e_amount) as e (kind, debit, credit, amount)
      left join accounts d on d.book_id = p_book and d.account_id = e.debit
      left join accounts c on c.book_id = p_book and c.account_id = e.credit
      left join posting_kinds p on p.posting = e.kind and p.debit_kind = d.kind and p.credit_kind = c.kind
     where num_nonnulls(e.debit, e.credit, e.amount) > 0
       and (p.posting is null or not (p.between_funds or d.fund is not distinct from c.fund))
  ) then
    raise exception 'a transfer that is no known posting, or that leaves its fund' using errcode = 'VL004';
  end if;

  with e as (
    select p_head + ord as seq, command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount
      from unnest(e_command, e_kind, e_booked_on, e_subject, e_programme, e_refusal, e_reverses, e_debit, e_credit, e_amount)
        with ordinality as u (command, kind, booked_on, subject, programme, refusal, reverses, debit, credit, amount, ord)
  ), legs as (
    select seq, debit as account, -amount as delta from e where debit is not null
    union all
    select seq, credit, amount from e where credit is not null
  ), running as (
    select l.seq, l.account, a.may_overdraw,
           a.credits_fen - a.debits_fen + sum(l.delta) over (partition by l.account order by l.seq) as after
      from legs l join accounts a on a.book_id = p_book and a.account_id = l.account
  )
  insert into entries (book_id, seq, command_id, kind, booked_on, recorded_at, member_id, person_id, subject_id,
                       request_digest, approval_digest, programme_version, refusal_code, reverses_seq,
                       debit_account_id, credit_account_id, amount_fen, debit_after_fen, credit_after_fen)
  select p_book, e.seq, c.id, e.kind, e.booked_on, p_recorded_at, c.member, c.person, e.subject,
         decode(c.request, 'hex'), decode(c.approval, 'hex'), e.programme, e.refusal, e.reverses,
         e.debit, e.credit, e.amount, d.after, k.after
    from e
    join unnest(c_id, c_member, c_person, c_request, c_approval) with ordinality
           as c (id, member, person, request, approval, ord) on c.ord = e.command
    left join running d on d.seq = e.seq and d.account = e.debit
    left join running k on k.seq = e.seq and k.account = e.credit
   where e.debit is null or d.may_overdraw or d.after >= 0
   order by e.seq;
  get diagnostics written = row_count;
  if written <> n then
    raise exception 'an entry without its command, or an account overdrawn at its sequence' using errcode = 'VL004';
  end if;

  -- One net update per account and batch.
  update accounts a
     set debits_fen = a.debits_fen + m.debits, credits_fen = a.credits_fen + m.credits
    from (select account, sum(debits) as debits, sum(credits) as credits
            from (select debit as account, amount as debits, 0::bigint as credits
                    from unnest(e_debit, e_amount) as u (debit, amount) where debit is not null
                  union all
                  select credit, 0, amount from unnest(e_credit, e_amount) as u (credit, amount) where credit is not null) x
           group by account) m
   where a.book_id = p_book and a.account_id = m.account;
  return p_head + n;
end $$;

-- A new book with its head at 0. Only the owner calls it (npm run book:create); there is no lane to take yet.
create function create_book(p_book uuid, p_code text, p_name text, p_division text, p_open_from date, p_now timestamptz)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into books (book_id, code, name, division_code, origin, open_from, created_at)
  values (p_book, p_code, p_name, p_division, 'compute-voucher-ledger/' || p_code || '/' || p_book, p_open_from, p_now);
  insert into book_heads (book_id, seq, recorded_at) values (p_book, 0, p_now);
end $$;

revoke all on function open_lane, post_entries, create_book from public;
revoke all on procedure keep_in_lane from public;
grant execute on function open_lane, post_entries to voucher_app;
-- Entries and accounts are written by the owner's functions alone: they get the guard, and no right to insert.
call keep_in_lane('entries');
call keep_in_lane('accounts');
revoke insert on entries, accounts from voucher_app;
grant select on books, book_heads, account_kinds, posting_kinds to voucher_app, voucher_reader;
call keep_in_lane('outcomes');
