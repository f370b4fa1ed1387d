-- Keys that may do less than their member, and keys that are followed by another without a gap.

-- `scope`: null, whatever the member's role may; else what the key may write besides reading, by verb (`redemption.verify`) or group of verbs
-- (`redemption`), and with an empty list nothing. It is said at the issue and never changes. `successor_id`: the key that takes this one's
-- place, made in the same entry; a key has one successor, and is the successor of one. The older of the two always has a last day.
alter table api_keys add column scope jsonb check (jsonb_typeof(scope) = 'array');
alter table api_keys add column successor_id uuid;
alter table api_keys add foreign key (book_id, successor_id) references api_keys (book_id, key_id);
alter table api_keys add unique (book_id, successor_id);
alter table api_keys add constraint api_keys_followed_ends check (successor_id is null or (expires_on is not null and successor_id <> key_id));
grant update (successor_id) on api_keys to voucher_app;
grant select (scope, successor_id) on api_keys to voucher_reader;
