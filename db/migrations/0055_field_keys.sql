-- What is sealed is sealed anew when the keys that seal are exchanged: by a command of its lane, with an entry for each row. Nothing else of
-- these rows may change with it, and the fingerprint beside a value tells whether it is still the same.
grant update (account_no_sealed) on payee_accounts to voucher_app;
grant update (sealed) on person_identities to voucher_app;
grant update (name_sealed, contact_sealed) on objections to voucher_app;
