-- Bulk files: usage invoices and contracts by the thousand. What a file says becomes facts and entries of the book like any
-- single command; these tables are the paper of the upload itself.

-- A job is one upload, named by its member's key, whoever sends it again. It stands outside the lane, for who is reading the
-- file (the lease) changes by the clock and not by a decision; but how far the file has come (`next_line` and the counts) is
-- written in the very transaction that takes a slice, so after any crash `next_line` is the first line not decided. Whoever
-- holds the lease takes slices, and each slice looks, with the row locked, that its writer still holds it and that it is its
-- turn: two processes cannot both take it. `digest` is over everything before `next_line`: a file that is sent again must agree.
create table bulk_jobs (
  book_id            uuid        not null references books,
  job_id             uuid        not null,
  member_id          uuid        not null,
  key                text        not null check (length(key) between 1 and 200),
  legal_person_uscc  text,
  kind               text        not null check (kind in ('usage-invoices', 'contracts')),
  format             text        not null check (format in ('ndjson', 'csv', 'xlsx')),
  mode               text        not null check (mode in ('accept-right', 'all-or-nothing')),
  columns            json,
  state              text        not null check (state in ('RUNNING', 'DONE', 'REFUSED')),
  lines_read         integer     not null default 0,
  lines_accepted     integer     not null default 0 check (lines_accepted >= 0),
  lines_refused      integer     not null default 0 check (lines_refused >= 0),
  documents          integer     not null default 0 check (documents >= 0),
  next_line          integer     not null default 1 check (next_line >= 1),
  digest             text        check (digest ~ '^[0-9a-f]{64}$'),
  ledger_seq         bigint,
  lease_owner        uuid,
  lease_until        timestamptz not null,
  started_at         timestamptz not null,
  updated_at         timestamptz not null,
  primary key (book_id, job_id),
  unique (book_id, member_id, key),
  constraint bulk_jobs_columns check ((format = 'ndjson') = (columns is null)),
  constraint bulk_jobs_counted check (lines_accepted + lines_refused <= lines_read and documents <= lines_accepted)
) with (fillfactor = 50);
-- A member of the trade sees its legal person's uploads.
create index bulk_jobs_legal_person on bulk_jobs (book_id, legal_person_uscc, job_id);

-- The lines of a file that were refused, as they stood in it, with what is wrong: what the sender downloads, mends and sends
-- again. Of accepted lines nothing is kept here; they are invoices and contracts.
create table bulk_refused_lines (
  book_id          uuid    not null references books,
  refused_line_id  uuid    not null,
  job_id           uuid    not null,
  line             integer not null check (line >= 1),
  raw              text    not null,
  errors           json    not null,
  primary key (book_id, refused_line_id),
  unique (book_id, job_id, line),
  foreign key (book_id, job_id) references bulk_jobs (book_id, job_id)
);

create trigger bulk_refused_lines_append_only before update or delete on bulk_refused_lines for each row
  execute function refuse_change();
create trigger bulk_refused_lines_no_truncate before truncate on bulk_refused_lines for each statement
  execute function refuse_change();

grant select on bulk_jobs, bulk_refused_lines to voucher_app, voucher_reader;
grant insert on bulk_jobs, bulk_refused_lines to voucher_app;
grant update (state, lines_read, lines_accepted, lines_refused, documents, next_line, digest, ledger_seq, lease_owner, lease_until,
              updated_at) on bulk_jobs to voucher_app;
