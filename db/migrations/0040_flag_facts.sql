-- What further rules that raise flags look at: contracts in other books, who holds and leads legal persons, and keyed hashes of invoices
-- exchanged with services of other cities.

-- Which of these contracts, by their fingerprints (parties, period, amount), stand in another book too: beside invoice_claims the one
-- question about other books. Answers yes or no and names nobody.
create index contracts_fingerprint_anywhere on contracts (fingerprint);
create function contracts_elsewhere(p_book uuid, p_fingerprints text[])
  returns setof text
  language sql stable security definer set search_path = public, pg_temp as $$
  select f from unnest(p_fingerprints) f
   where exists (select from contracts c where c.fingerprint = f and c.book_id <> p_book
                    and c.status not in ('WITHDRAWN', 'REJECTED', 'VOIDED'))
$$;
revoke all on function contracts_elsewhere from public;
grant execute on function contracts_elsewhere to voucher_app;

-- Our own invoices as they are told to services of other cities: never the number, the seller or the amount, but a keyed hash of each,
-- under a key that the services share. Written when an invoice is posted, or when a key is new, and never changed: the pages that
-- others fetch go by `mark_id`, so that whoever fetched all goes on from there.
create table exchange_marks (
  book_id      uuid        not null,
  mark_id      uuid        not null,
  invoice_id   uuid        not null,
  key_name     text        not null check (length(key_name) between 1 and 40),
  number_hash  text        not null check (number_hash ~ '^[0-9a-f]{64}$'),
  seller_hash  text        not null check (seller_hash ~ '^[0-9a-f]{64}$'),
  amount_hash  text        not null check (amount_hash ~ '^[0-9a-f]{64}$'),
  primary key (book_id, mark_id),
  constraint exchange_marks_once unique (book_id, invoice_id, key_name),
  foreign key (book_id, invoice_id) references usage_invoices (book_id, invoice_id)
);
create index exchange_marks_number on exchange_marks (book_id, number_hash);
create index exchange_marks_key on exchange_marks (book_id, key_name, mark_id);

-- The same of another city's service, as it was imported: `source` names it.
create table foreign_marks (
  book_id          uuid        not null,
  foreign_mark_id  uuid        not null,
  source           text        not null check (length(source) between 1 and 100),
  key_name         text        not null check (length(key_name) between 1 and 40),
  number_hash      text        not null check (number_hash ~ '^[0-9a-f]{64}$'),
  seller_hash      text        not null check (seller_hash ~ '^[0-9a-f]{64}$'),
  amount_hash      text        not null check (amount_hash ~ '^[0-9a-f]{64}$'),
  imported_person  uuid        not null,
  recorded_at      timestamptz not null,
  primary key (book_id, foreign_mark_id),
  constraint foreign_marks_once unique (book_id, number_hash, source, key_name, seller_hash, amount_hash),
  foreign key (book_id, imported_person) references persons (book_id, person_id)
);

create trigger exchange_marks_append_only before update or delete on exchange_marks for each row execute function refuse_change();
create trigger exchange_marks_no_truncate before truncate on exchange_marks for each statement execute function refuse_change();
create trigger foreign_marks_append_only before update or delete on foreign_marks for each row execute function refuse_change();
create trigger foreign_marks_no_truncate before truncate on foreign_marks for each statement execute function refuse_change();
call keep_in_lane('exchange_marks');
call keep_in_lane('foreign_marks');

-- Who holds a legal person or leads it (股东、任职人员), as far as the bureau has it on record, from a day to a day; of one holder and role the
-- record that begins last holds, of one day the last recorded. A holder is a legal person by its code, or a natural person by the keyed
-- fingerprint of the number of an identity document: equal numbers are found, none is stored, and of the name the first character.
-- `is_state`: holds for the state; common state control alone relates nobody (公司法第265条).
create table legal_person_holders (
  book_id            uuid        not null references books,
  holder_record_id   uuid        not null,
  legal_person_uscc  text        not null,
  role               text        not null check (role in ('SHAREHOLDER', 'LEGAL_REPRESENTATIVE', 'OFFICER')),
  holder             text        not null check (length(holder) in (18, 64)),
  holder_name        text        not null check (length(holder_name) between 1 and 200),
  is_state           boolean     not null,
  holds              boolean     not null,
  valid_from         date        not null,
  valid_to           date        check (valid_to >= valid_from),
  source             text        not null check (length(source) between 1 and 500),
  revision           integer     not null check (revision >= 1),
  recorded_person    uuid        not null,
  recorded_at        timestamptz not null,
  primary key (book_id, holder_record_id),
  constraint legal_person_holders_revision unique (book_id, legal_person_uscc, holder, role, revision),
  foreign key (book_id, recorded_person) references persons (book_id, person_id)
);
create index legal_person_holders_legal_person on legal_person_holders (book_id, legal_person_uscc, holder_record_id);
create index legal_person_holders_holder on legal_person_holders (book_id, holder);
create trigger legal_person_holders_append_only before update or delete on legal_person_holders for each row execute function refuse_change();
create trigger legal_person_holders_no_truncate before truncate on legal_person_holders for each statement execute function refuse_change();
call keep_in_lane('legal_person_holders');
