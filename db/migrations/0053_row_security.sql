-- Row-level security. Every table of a book shows and takes only rows of the book that its transaction names, and what a
-- party of the trade reads is, of these, only what is its own. Nothing in the code can forget it: a statement without a
-- context meets no row at all.
--
-- A transaction says whom it is for by two settings that end with it: `voucher.book`, the book, and `voucher.legal_person`,
-- the party. Each kind of reader is a role of its own (db/roles.sql), so the policies of one cost another nothing:
--
--   voucher_app, voucher_reader, voucher_owner   the whole book. The owner too, in its functions and in migrations.
--   voucher_party    what the service reads as for a party. It logs in nowhere; a transaction becomes it.
--   voucher_across   what is asked across books. It logs in nowhere; functions run as it that tell ids and nothing else,
--                    and it may read only the columns they need.
--   voucher_signer   heads and hashes, to sign them.
--
-- A policy that opens rows is permissive, and several add up; so the one that keeps books apart (`of_book`) is restrictive:
-- whatever is opened later, by whomever, stays within the book.
do $$
begin
  if (select count(*) from pg_roles where rolname in ('voucher_party', 'voucher_across', 'voucher_signer')) < 3 then
    raise exception 'the roles voucher_party, voucher_across and voucher_signer are missing'
      using hint = 'A database administrator runs db/roles-0052.sql once, then the migration goes on.';
  end if;
end $$;

create function this_book() returns uuid language sql stable parallel safe
  return nullif(current_setting('voucher.book', true), '')::uuid;

create function this_legal_person() returns text language sql stable parallel safe
  return nullif(current_setting('voucher.legal_person', true), '');

-- For every table with a book_id. The book of the transaction is found once a statement (a select without a table is an
-- InitPlan), and the index on book_id serves as ever.
create procedure keep_in_book(p_table text) language plpgsql as $$
begin
  execute format('alter table %I enable row level security', p_table);
  execute format('alter table %I force row level security', p_table);
  execute format('create policy of_book on %I as restrictive
                    to voucher_owner, voucher_app, voucher_reader, voucher_signer, voucher_party
                    using (book_id = (select this_book()))', p_table);
  execute format('create policy whole on %I to voucher_owner, voucher_app, voucher_reader using (true)', p_table);
end $$;

-- What of a table a party may read: what fulfils `p_own`, all of it where nothing is said. Without this, nothing.
create procedure open_to_parties(p_table text, p_own text default 'true') language plpgsql as $$
begin
  execute format('create policy own on %I for select to voucher_party using (%s)', p_table, p_own);
  execute format('grant select on %I to voucher_party', p_table);
end $$;

-- What is kept in the lane is kept in its book too.
create or replace procedure keep_in_lane(p_table text) language plpgsql as $$
begin
  execute format('create trigger %I before insert or update on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from new.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_in_lane', p_table);
  execute format('create trigger %I before delete on %I for each row
                    when (current_setting(''ledger.lane'', true) is distinct from old.book_id::text)
                    execute function refuse_outside_lane()', p_table || '_leave_in_lane', p_table);
  execute format('grant select on %I to voucher_app, voucher_reader', p_table);
  execute format('grant insert on %I to voucher_app', p_table);
  call keep_in_book(p_table);
end $$;
revoke all on procedure keep_in_book, open_to_parties from public;

do $$
declare
  t text;
begin
  for t in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'book_id'
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity order by 1
  loop
    call keep_in_book(t);
  end loop;
end $$;

-- A migration that changes rows does it book by book, and has to know which there are.
alter policy of_book on books to voucher_app, voucher_reader, voucher_signer, voucher_party;

-- ── Across books ─────────────────────────────────────────────────────────────────────────────────────────────────────

grant select (book_id, code) on books to voucher_across;
grant select (book_id, status, next_at) on outbox to voucher_across;
grant select (book_id, status, next_at) on webhook_deliveries to voucher_across;
grant select (book_id, simulation_id, state, lease_owner, lease_until) on simulations to voucher_across;
grant select (book_id, fingerprint, status) on contracts to voucher_across;
grant select, insert, delete, update (holders) on invoice_claims to voucher_across;
revoke insert, delete, update on invoice_claims from voucher_app;
create policy across on books to voucher_across using (true);
create policy across on outbox for select to voucher_across using (true);
create policy across on webhook_deliveries for select to voucher_across using (true);
create policy across on simulations for select to voucher_across using (true);
create policy across on contracts for select to voucher_across using (true);
create policy across on invoice_claims to voucher_across using (true);

drop function contracts_elsewhere;
set local role voucher_across;

-- The books there are.
create function known_books() returns table (book_id uuid, code text)
  language sql stable security definer set search_path = public, pg_temp as $$
  select b.book_id, b.code from books b order by b.code
$$;

-- The id behind the code in an address.
create function book_of(p_code text) returns uuid
  language sql stable security definer set search_path = public, pg_temp as $$
  select b.book_id from books b where b.code = p_code
$$;

-- Books that have something to deliver now.
create function books_with_messages() returns setof uuid
  language sql volatile security definer set search_path = public, pg_temp as $$
  select b.book_id from books b
   where exists (select from outbox o where o.book_id = b.book_id and o.status = 'WAITING' and o.next_at <= clock_timestamp())
$$;

-- Books that have something to send now, by their codes.
create function books_with_deliveries() returns setof text
  language sql volatile security definer set search_path = public, pg_temp as $$
  select b.code from books b
   where exists (select from webhook_deliveries d where d.book_id = b.book_id and d.status = 'WAITING' and d.next_at <= clock_timestamp())
$$;

-- The book of the oldest simulation that nobody works on.
create function book_with_simulation() returns uuid
  language sql volatile security definer set search_path = public, pg_temp as $$
  select w.book_id from simulations w
   where w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
   order by w.simulation_id limit 1
$$;

-- Which of these fingerprints a contract of another book has too.
create function contracts_elsewhere(p_book uuid, p_fingerprints text[]) returns setof text
  language sql stable security definer set search_path = public, pg_temp as $$
  select f from unnest(p_fingerprints) f
   where exists (select from contracts c where c.fingerprint = f and c.book_id <> p_book
                    and c.status not in ('WITHDRAWN', 'REJECTED', 'VOIDED'))
$$;

-- Takes holds on numbers of tax invoices for providers of books, each number once, and tells on which of them: not on one
-- that another owner has. No table is searched here: whether a number is there, its unique index says.
create function claim_numbers(p_now timestamptz, p_numbers text[], p_books uuid[], p_providers uuid[], p_holders int[])
  returns table (held text) language plpgsql security definer set search_path = public, pg_temp as $$
begin
  return query
    insert into invoice_claims as c (number, book_id, provider_id, holders, claimed_at)
    select u.number, u.book_id, u.provider_id, u.holders, p_now
      from unnest(p_numbers, p_books, p_providers, p_holders) as u (number, book_id, provider_id, holders) order by u.number
    on conflict (number) do update set holders = c.holders + excluded.holders
     where c.book_id = excluded.book_id and c.provider_id = excluded.provider_id
    returning c.number;
end $$;

-- Gives holds back; with the last of a number its claim ends.
create function release_numbers(p_numbers text[], p_books uuid[], p_providers uuid[], p_holders int[]) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- In order of number, so that two groups that share some wait for one another in one direction only.
  perform from invoice_claims where number = any (p_numbers) order by number for update;
  update invoice_claims c set holders = greatest(c.holders - u.holders, 0)
    from unnest(p_numbers, p_books, p_providers, p_holders) as u (number, book_id, provider_id, holders)
   where c.number = u.number and c.book_id = u.book_id and c.provider_id = u.provider_id;
  delete from invoice_claims where number = any (p_numbers) and holders = 0;
end $$;

revoke all on function known_books, book_of, books_with_messages, books_with_deliveries, book_with_simulation, contracts_elsewhere, claim_numbers,
  release_numbers from public;
grant execute on function known_books, book_of, books_with_messages, books_with_deliveries, book_with_simulation, contracts_elsewhere, claim_numbers,
  release_numbers to voucher_app;
grant execute on function known_books, book_of to voucher_reader, voucher_signer;
reset role;

-- ── The owner's functions ───────────────────────────────────────────────────────────────────────────────────────────

-- What is read for a batch is of its book, and planned as plan_by_index says. Where a batch is decided under the lock,
-- open_lane has done it; the first statement of one that is decided behind another.
create function read_in_book(p_book uuid) returns void language plpgsql as $$
begin
  perform pg_catalog.set_config('voucher.book', p_book::text, true);
  perform public.plan_by_index();
end $$;
revoke all on function read_in_book from public;
grant execute on function read_in_book to voucher_app;

create or replace function open_lane(p_book uuid)
  returns table (seq bigint, recorded_at timestamptz, open_from date)
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head book_heads;
begin
  perform read_in_book(p_book);
  select * into head from book_heads h where h.book_id = p_book for update;
  if not found then
    raise exception 'no such book' using errcode = 'VL003';
  end if;
  perform set_config('ledger.lane', p_book::text, true);
  return query select head.seq, head.recorded_at, b.open_from from books b where b.book_id = p_book;
end $$;

create or replace function create_book(p_book uuid, p_code text, p_name text, p_division text, p_open_from date, p_now timestamptz)
  returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('voucher.book', p_book::text, true);
  insert into books (book_id, code, name, division_code, origin, open_from, created_at)
  values (p_book, p_code, p_name, p_division, 'compute-voucher-ledger/' || p_code || '/' || p_book, p_open_from, p_now);
  insert into book_heads (book_id, seq, recorded_at) values (p_book, 0, p_now);
end $$;

-- ── By column ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What signs heads sees them and what they are made of, and nothing else.
grant select (book_id, code, origin) on books to voucher_signer;
grant select on book_heads, ledger_marks to voucher_signer;
grant select (book_id, seq, recorded_at, request_digest, approval_digest) on entries to voucher_signer;
create policy signed on books for select to voucher_signer using (true);
create policy signed on book_heads for select to voucher_signer using (true);
create policy signed on ledger_marks for select to voucher_signer using (true);
create policy signed on entries for select to voucher_signer using (true);

-- Who reads for a report needs no secret: neither what a key is proven with, nor what is sealed, nor by what equal sealed
-- things are found.
do $$
declare
  of record;
begin
  for of in
    select h.t, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as shown
      from (values ('api_keys', array['secret_hash']), ('payee_accounts', array['account_no_sealed', 'account_fingerprint']),
                   ('objections', array['name_sealed', 'contact_sealed']), ('person_identities', array['sealed', 'fingerprint'])) as h (t, hidden)
      join pg_attribute a on a.attrelid = h.t::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> all (h.hidden)
     group by h.t
  loop
    execute format('revoke select on %I from voucher_reader', of.t);
    execute format('grant select (%s) on %I to voucher_reader', of.shown, of.t);
  end loop;
end $$;

-- ── Indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What a caller's condition may be asked before the policy's, the database must know to keep to itself: it looks into no
-- index by an expression that it does not know that of, and of a coalesce it does not. Of a case it does.
drop index accounts_listed, applications_amount, applications_due, reimbursements_amount, reimbursements_due, recoveries_by_due,
  listing_applications_due;
create index accounts_listed on accounts (book_id, kind, (case when fund is null then '' else fund end), account_id);
create index applications_amount on applications
  (book_id, status, (case when maximum_fen is null then -1 else maximum_fen end), application_id) where waiting_since is not null;
create index applications_due on applications
  (book_id, status, (case when due_on is null then 'infinity'::date else due_on end), application_id) where waiting_since is not null;
create index reimbursements_amount on reimbursements
  (book_id, status, (case when reviewed_fen is null then computed_fen else reviewed_fen end), reimbursement_id) where waiting_since is not null;
create index reimbursements_due on reimbursements
  (book_id, status, (case when due_on is null then 'infinity'::date else due_on end), reimbursement_id) where waiting_since is not null;
create index recoveries_by_due on recoveries
  (book_id, status, (case when due_on is null then 'infinity'::date else due_on end), recovery_id);
create index listing_applications_due on listing_applications
  (book_id, status, (case when notice_to is null then 'infinity'::date else notice_to end), application_id);
