-- Money that goes back to the treasury: what is promised to nobody, split among the funders of the fund, or what one funder paid in and
-- the others have not matched.
insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('budget.returned', 'available', 'appropriation'),
  ('budget.returned', 'unmatched', 'appropriation');

-- What of a fund's money goes back to its funders (调减, 收回), by a document: proposed by one person, approved by another by its digest.
-- Of `funder` null it is taken from what is available, of a funder from what that funder loaded and the others have not matched.
-- Carried over (结转), the same parts are loaded at once into the next year's fund, by the same document: no money ever leaves a fund
-- but through the treasury. `parts` says what each funder got back, and is written with the approval. A document does it once.
create table appropriation_returns (
  book_id          uuid        not null references books,
  return_id        uuid        not null,
  programme_code   text        not null,
  year             integer     not null check (year between 2000 and 2998),
  funder           text        check (funder ~ '^[A-Z][A-Z0-9_]{0,30}$'),
  carry_over       boolean     not null,
  amount_fen       bigint      not null check (amount_fen > 0),
  document_no      text        not null check (length(document_no) between 1 and 100),
  content_digest   text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'DROPPED')),
  parts            jsonb       not null default '[]',
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_reason  text        check (length(decision_reason) between 1 and 500),
  recorded_at      timestamptz not null,
  primary key (book_id, return_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint appropriation_returns_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint appropriation_returns_decided check ((status = 'PROPOSED') = (decided_person is null)
                                                  and (decided_person is null) = (decided_on is null)
                                                  and (status = 'DROPPED') = (decision_reason is not null)
                                                  and (status = 'APPROVED') = (parts <> '[]'))
);
create unique index appropriation_returns_once on appropriation_returns
  (book_id, document_no, programme_code, year, carry_over, (case when funder is null then '' else funder end)) where status <> 'DROPPED';
create index appropriation_returns_status on appropriation_returns (book_id, status, return_id);
create index appropriation_returns_amount on appropriation_returns (book_id, status, amount_fen, return_id);
call keep_in_lane('appropriation_returns');
grant update (status, parts, decided_person, decided_on, decision_reason) on appropriation_returns to voucher_app;
call hold_persons_apart('appropriation_returns', 'decided_person proposed_person @APPROVED');

create function refuse_decided_return() returns trigger language plpgsql as $$
begin
  raise exception 'a return of an appropriation is decided once' using errcode = 'VL001';
end $$;
revoke all on function refuse_decided_return from public;
create trigger appropriation_returns_once_each before update on appropriation_returns for each row
  when (old.status <> 'PROPOSED' or new.status = 'PROPOSED') execute function refuse_decided_return();
