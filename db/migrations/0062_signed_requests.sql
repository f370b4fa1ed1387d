-- Keys that sign (RFC 9421), and what is known of the use of keys.

-- A key is proved by its secret, of which only the SHA-256 stands here, or by signatures whose Ed25519 public half stands here as the 32 bytes in
-- base64url: one of the two. A public half belongs to one key of the book. `issued_person`: who made it (null: before this was kept). A
-- signature of a natural person stands for a second factor, so such a key counts only once `confirmed_person`, not who made it, has confirmed it:
-- the person itself, or another operator.
alter table api_keys alter column secret_hash drop not null;
alter table api_keys add column public_key text check (public_key ~ '^[A-Za-z0-9_-]{43}$');
alter table api_keys add column issued_person uuid;
alter table api_keys add column confirmed_person uuid;
alter table api_keys add constraint api_keys_one_proof check ((secret_hash is null) <> (public_key is null));
alter table api_keys add constraint api_keys_two_persons check (confirmed_person <> issued_person);
alter table api_keys add unique (book_id, public_key);
alter table api_keys add foreign key (book_id, issued_person) references persons (book_id, person_id);
alter table api_keys add foreign key (book_id, confirmed_person) references persons (book_id, person_id);
grant update (confirmed_person) on api_keys to voucher_app;
grant select (public_key, issued_person, confirmed_person) on api_keys to voucher_reader;

-- `keys_sign`: a bare key of this member is refused, whatever it may do.
alter table members add column keys_sign boolean not null default false;
grant update (keys_sign) on members to voucher_app;

-- Nonces of signed requests that were let in: one counts once. Kept until no signature with it counts any more, and a little longer.
create table signature_nonces (
  book_id  uuid        not null,
  key_id   uuid        not null,
  nonce    text        not null check (nonce ~ '^[!-~]{16,128}$'),
  until    timestamptz not null,
  primary key (book_id, key_id, nonce),
  foreign key (book_id, key_id) references api_keys (book_id, key_id)
);
create index signature_nonces_over on signature_nonces (book_id, until);
call keep_in_book('signature_nonces');
-- (Whoever locks a row must be able to update something of it.)
grant select, insert, delete, update (until) on signature_nonces to voucher_app;

-- The last day (Asia/Shanghai) on which a key was used, for whoever looks which ones still are. Written at most once a day by each process.
create table key_uses (
  book_id       uuid not null,
  key_id        uuid not null,
  last_used_on  date not null,
  primary key (book_id, key_id),
  foreign key (book_id, key_id) references api_keys (book_id, key_id)
) with (fillfactor = 70);
call keep_in_book('key_uses');
grant select, insert, update (last_used_on) on key_uses to voucher_app;
grant select on key_uses to voucher_reader;
