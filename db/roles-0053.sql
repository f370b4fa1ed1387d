-- For a database made before migration 0053: the roles that row-level security needs and db/roles.sql did not make yet. A
-- database administrator runs it once, as a superuser and connected to the service's database, before that migration:
--
--   psql -d vouchers -f db/roles-0053.sql
--
-- voucher_signer gets no password here, so it cannot log in until it is given one. db/roles.sql says what each role is.
create role voucher_signer login nosuperuser nocreatedb nocreaterole noinherit;
create role voucher_across nologin nosuperuser nocreatedb nocreaterole noinherit;
grant voucher_across to voucher_owner;
alter role voucher_signer set idle_in_transaction_session_timeout = '10s';
alter role voucher_signer set statement_timeout = '30s';
alter role voucher_signer set timezone = 'UTC';
alter role voucher_signer set default_transaction_read_only = on;
grant connect on database vouchers to voucher_signer;
grant usage, create on schema public to voucher_across;
grant usage on schema public to voucher_signer;
