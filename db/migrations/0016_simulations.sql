-- Simulations: a version of a programme, a draft too, lived over a year's recorded facts, beside what really happened or
-- another version. Nothing of the book follows from one: these tables are paper, and the ledger does not know them.

-- A simulation is started through the lane like any command, so who asked for it is an entry of the book. What becomes of it
-- then stands outside the lane, for it is decided by nobody: who works on it (the lease, by the database's clock), how far it
-- has come, and the result, which can be computed again from the facts up to `ledger_seq` at any time. RUNNING without a
-- lease waits for a process to take it; so does one whose process died, and it is then run anew from its beginning.
create table simulations (
  book_id               uuid        not null references books,
  simulation_id         uuid        not null,
  programme_code        text        not null,
  programme_version_id  uuid        not null,
  version               integer     not null,
  year                  integer     not null check (year between 2000 and 2999),
  compared_version_id   uuid,
  compared_version      integer,
  pool_fen              bigint      check (pool_fen >= 0),
  started_member        uuid        not null,
  state                 text        not null check (state in ('RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
  facts_total           integer     check (facts_total >= 0),
  facts_done            integer     not null default 0 check (facts_done >= 0),
  result                json,
  failure               text,
  ledger_seq            bigint,
  attempts              integer     not null default 0 check (attempts >= 0),
  lease_owner           uuid,
  lease_until           timestamptz not null,
  recorded_at           timestamptz not null,
  ended_at              timestamptz,
  primary key (book_id, simulation_id),
  foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id),
  foreign key (book_id, compared_version_id) references programme_versions (book_id, programme_version_id),
  constraint simulations_compared check ((compared_version_id is null) = (compared_version is null)),
  constraint simulations_done check ((state = 'DONE') = (result is not null and ledger_seq is not null)),
  constraint simulations_failed check ((state = 'FAILED') = (failure is not null)),
  constraint simulations_ended check ((state = 'RUNNING') = (ended_at is null)),
  constraint simulations_leased check (state = 'RUNNING' or lease_owner is null)
) with (fillfactor = 50);
-- Which of a book, or of all books, is still to be worked on.
create index simulations_running on simulations (book_id, simulation_id) where state = 'RUNNING';
create index simulations_programme on simulations (book_id, programme_code, simulation_id);

-- What a simulation means for each legal person: what it has by what the simulation is compared with, what it would have, and
-- what bound it. Written once, with the result.
create table simulation_enterprises (
  book_id                 uuid    not null references books,
  simulation_id           uuid    not null,
  legal_person_uscc       text    not null,
  name                    text    not null,
  applications            integer not null check (applications >= 0),
  compared_fen            bigint  not null check (compared_fen >= 0),
  simulated_fen           bigint  not null check (simulated_fen >= 0),
  difference_fen          bigint  not null,
  compared_redeemed_fen   bigint  not null check (compared_redeemed_fen >= 0),
  simulated_redeemed_fen  bigint  not null check (simulated_redeemed_fen >= 0),
  bound                   text[]  not null,
  primary key (book_id, simulation_id, legal_person_uscc),
  foreign key (book_id, simulation_id) references simulations (book_id, simulation_id),
  constraint simulation_enterprises_difference check (difference_fen = simulated_fen - compared_fen)
);
-- Who gains most comes first, who loses most last.
create index simulation_enterprises_difference on simulation_enterprises
  (book_id, simulation_id, difference_fen desc, legal_person_uscc desc);

create trigger simulation_enterprises_append_only before update or delete on simulation_enterprises for each row
  execute function refuse_change();
create trigger simulation_enterprises_no_truncate before truncate on simulation_enterprises for each statement
  execute function refuse_change();

grant select on simulations, simulation_enterprises to voucher_app, voucher_reader;
grant insert on simulations, simulation_enterprises to voucher_app;
grant update (state, facts_total, facts_done, result, failure, ledger_seq, attempts, lease_owner, lease_until, ended_at)
  on simulations to voucher_app;
