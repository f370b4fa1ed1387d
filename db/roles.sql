-- What a database administrator runs once, before the first start, as a superuser (or a role with CREATEROLE and
-- CREATEDB) and connected to any database but the service's own:
--
--   psql -v owner_password=… -v app_password=… -v reader_password=… -v signer_password=… -f db/roles.sql
--
-- or with VOUCHER_OWNER_PASSWORD, VOUCHER_APP_PASSWORD, VOUCHER_READER_PASSWORD and VOUCHER_SIGNER_PASSWORD in the
-- environment, as compose.yaml does. A database made before migration 0053 is given the roles it lacks by
-- db/roles-0053.sql instead. The embedded database runs this same file. What each role may do inside the database, the migrations say.

\getenv owner_password VOUCHER_OWNER_PASSWORD
\getenv app_password VOUCHER_APP_PASSWORD
\getenv reader_password VOUCHER_READER_PASSWORD
\getenv signer_password VOUCHER_SIGNER_PASSWORD

-- voucher_owner owns the database, its tables and the functions that write the ledger. Only migrations log in as it.
create role voucher_owner login nosuperuser nocreatedb nocreaterole noinherit password :'owner_password';

-- voucher_app is the running service. It can neither change nor delete a row of the ledger.
create role voucher_app login nosuperuser nocreatedb nocreaterole noinherit password :'app_password';

-- voucher_reader reads, for reports and auditors.
create role voucher_reader login nosuperuser nocreatedb nocreaterole noinherit password :'reader_password';

-- voucher_signer sees heads and hashes of the ledger, to sign them.
create role voucher_signer login nosuperuser nocreatedb nocreaterole noinherit password :'signer_password';

-- Nobody logs in as this: the functions that look across books run as it.
create role voucher_across nologin nosuperuser nocreatedb nocreaterole noinherit;
grant voucher_across to voucher_owner;

-- The client sets the same limits on every connection. They stand here too, for a pooler may drop a connection's own.
alter role voucher_app set idle_in_transaction_session_timeout = '10s';
alter role voucher_app set statement_timeout = '30s';
alter role voucher_app set lock_timeout = '10s';
alter role voucher_app set timezone = 'UTC';
alter role voucher_reader set idle_in_transaction_session_timeout = '10s';
alter role voucher_reader set statement_timeout = '30s';
alter role voucher_reader set timezone = 'UTC';
alter role voucher_reader set default_transaction_read_only = on;
alter role voucher_signer set idle_in_transaction_session_timeout = '10s';
alter role voucher_signer set statement_timeout = '30s';
alter role voucher_signer set timezone = 'UTC';
alter role voucher_signer set default_transaction_read_only = on;

create database vouchers owner voucher_owner encoding 'UTF8' template template0;
revoke all on database vouchers from public;
grant connect on database vouchers to voucher_app, voucher_reader, voucher_signer;

\connect vouchers

revoke all on schema public from public;
-- Before PostgreSQL 16 a database's owner has this by inheritance only, and our roles inherit nothing.
grant usage, create on schema public to voucher_owner, voucher_across;
grant usage on schema public to voucher_app, voucher_reader, voucher_signer;
