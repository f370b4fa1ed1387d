-- Flags: what looks wrong and holds a case for a person. And what rules that raise them by themselves rest on: the cards of a facility
-- with what is billed of them, list prices of providers, and how far is too far.

-- A flag (疑点): what looks wrong with a thing, with the evidence: the numbers that were compared and the rows they stand in. Raised by
-- a rule in the very command that shows it, or by a person with a reason. It holds its subject until a person other than whose
-- command raised it clears it, or upholds it: then it holds for good, and the authority rejects, returns, voids or revokes. The
-- subject is named by kind and id; the lane looks that it is there. `amount_fen` is what is at stake, zero where nobody can say.
create table flags (
  book_id          uuid        not null references books,
  flag_id          uuid        not null,
  kind             text        not null check (kind in (
    'CAPACITY_EXCEEDED', 'CONTRACT_ELSEWHERE', 'CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT', 'DIGITAL_INVOICE_DIFFERS',
    'ENTERPRISE_SPLIT', 'INVOICE_ELSEWHERE', 'PRICE_FAR_FROM_LIST', 'RELATED_PARTIES', 'SEEN_BY_PERSON')),
  subject_kind     text        not null check (subject_kind in (
    'CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'REDEMPTION')),
  subject_id       uuid        not null,
  amount_fen       bigint      not null check (amount_fen >= 0),
  evidence         json        not null,
  reason           text        check (length(reason) between 1 and 500),
  status           text        not null check (status in ('OPEN', 'CLEARED', 'UPHELD')),
  raised_person    uuid        not null,
  raised_on        date        not null,
  decided_person   uuid,
  decided_on       date,
  decision_reason  text        check (length(decision_reason) between 1 and 500),
  recorded_at      timestamptz not null,
  primary key (book_id, flag_id),
  foreign key (book_id, raised_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint flags_four_eyes check (decided_person <> raised_person),
  constraint flags_decided check (num_nulls(decided_person, decided_on, decision_reason) = case status when 'OPEN' then 3 else 0 end),
  constraint flags_reason check ((kind = 'SEEN_BY_PERSON') = (reason is not null))
);
create index flags_subject on flags (book_id, subject_id, flag_id);
create index flags_status on flags (book_id, status, flag_id);
create index flags_kind on flags (book_id, status, kind, flag_id);
create index flags_amount on flags (book_id, status, amount_fen, flag_id);
create index flags_kind_amount on flags (book_id, status, kind, amount_fen, flag_id);

-- What flags still hold of an invoice and of a contract: those that are open or upheld. Kept on the rows that a redemption reads anyway.
alter table usage_invoices add column holding_flags integer not null default 0 check (holding_flags >= 0);
alter table contracts add column holding_flags integer not null default 0 check (holding_flags >= 0);
grant update (holding_flags) on usage_invoices to voucher_app;
grant update (holding_flags) on contracts to voucher_app;

-- How many cards of which chip were installed, of those that the observation states; null where it does not say. They count from that
-- day until the next observation that says it.
alter table facility_observations add column installed_cards json;

-- What is billed of a facility and chip for one and the same period: card-hours of all invoices that are neither returned nor voided,
-- less their red letters. Running totals beside the lines, so that a posting needs no look through invoices; the audit recomputes them.
-- Chip and model are '' where the contract's line names no chip.
create table facility_usage (
  book_id            uuid          not null references books,
  facility_usage_id  text          not null,
  facility_id        uuid          not null,
  chip_vendor        text          not null,
  chip_model         text          not null,
  usage_from         date          not null,
  usage_to           date          not null check (usage_to >= usage_from),
  card_hours         numeric(22,4) not null check (card_hours >= 0),
  primary key (book_id, facility_usage_id),
  foreign key (book_id, facility_id) references facilities (book_id, facility_id)
);
create index facility_usage_facility on facility_usage (book_id, facility_id);

-- A provider's list price (目录价) of a card-hour of a chip, gross, from a day on: as it published it, with where. Of one day the last that
-- was recorded counts.
create table list_prices (
  book_id          uuid          not null,
  list_price_id    uuid          not null,
  provider_id      uuid          not null,
  chip_vendor      text          not null check (length(chip_vendor) between 1 and 100),
  chip_model       text          not null check (length(chip_model) between 1 and 100),
  price            numeric(18,6) not null check (price > 0),
  valid_from       date          not null,
  source           text          not null check (length(source) between 1 and 500),
  revision         integer       not null check (revision >= 1),
  recorded_person  uuid          not null,
  recorded_at      timestamptz   not null,
  primary key (book_id, list_price_id),
  constraint list_prices_revision unique (book_id, provider_id, chip_vendor, chip_model, revision),
  foreign key (book_id, provider_id) references providers (book_id, provider_id),
  foreign key (book_id, recorded_person) references persons (book_id, person_id)
);

-- From what on a rule raises a flag, where no law and no arithmetic says it: stated by the bureau, with its document, from a day on. Of
-- one day the last that was recorded counts; a rule without a parameter raises nothing. In basis points (how far amounts or prices may
-- lie apart) or fen (the amount that contracts of the same parties may not pass in parts).
create table flag_parameters (
  book_id            uuid        not null references books,
  flag_parameter_id  uuid        not null,
  kind               text        not null check (kind in ('CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT', 'PRICE_FAR_FROM_LIST')),
  basis_points       integer     check (basis_points between 0 and 10000),
  amount_fen         bigint      check (amount_fen > 0),
  valid_from         date        not null,
  document_no        text        not null check (length(document_no) between 1 and 100),
  revision           integer     not null check (revision >= 1),
  recorded_person    uuid        not null,
  recorded_at        timestamptz not null,
  primary key (book_id, flag_parameter_id),
  constraint flag_parameters_revision unique (book_id, kind, revision),
  foreign key (book_id, recorded_person) references persons (book_id, person_id),
  constraint flag_parameters_measure check (num_nonnulls(basis_points, amount_fen) = 1
    and (kind = 'CONTRACT_SPLIT') = (amount_fen is not null))
);

create trigger list_prices_append_only before update or delete on list_prices for each row execute function refuse_change();
create trigger list_prices_no_truncate before truncate on list_prices for each statement execute function refuse_change();
create trigger flag_parameters_append_only before update or delete on flag_parameters for each row execute function refuse_change();
create trigger flag_parameters_no_truncate before truncate on flag_parameters for each statement execute function refuse_change();
create trigger flags_kept before delete on flags for each row execute function refuse_change();
create trigger flags_no_truncate before truncate on flags for each statement execute function refuse_change();
create function refuse_decided_again() returns trigger language plpgsql as $$
begin
  raise exception 'a flag is decided once' using errcode = 'VL001';
end $$;
revoke all on function refuse_decided_again from public;
create trigger flags_decided_once before update on flags for each row
  when (old.status <> 'OPEN' or new.status = 'OPEN') execute function refuse_decided_again();

call keep_in_lane('flags');
call keep_in_lane('facility_usage');
call keep_in_lane('list_prices');
call keep_in_lane('flag_parameters');
grant update (status, decided_person, decided_on, decision_reason) on flags to voucher_app;
grant update (card_hours) on facility_usage to voucher_app;

-- What was billed before this table was kept.
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    insert into facility_usage (book_id, facility_usage_id, facility_id, chip_vendor, chip_model, usage_from, usage_to, card_hours)
    select book, concat_ws('/', cl.facility_id, coalesce(ch.vendor, ''), coalesce(ch.model, ''), i.usage_from, i.usage_to), cl.facility_id,
           coalesce(ch.vendor, ''), coalesce(ch.model, ''), i.usage_from, i.usage_to, sum(l.quantity - coalesce(r.quantity, 0))
      from usage_invoices i
      join usage_invoice_lines l on l.book_id = i.book_id and l.invoice_id = i.invoice_id
      join contract_lines cl on cl.book_id = l.book_id and cl.contract_line_id = l.contract_line_id and cl.unit = 'CARD_HOUR'
      left join chips ch on ch.book_id = cl.book_id and ch.chip_id = cl.chip_id
      left join (select invoice_line_id, sum(quantity) as quantity from red_letter_lines where book_id = book group by invoice_line_id) r
        on r.invoice_line_id = l.invoice_line_id
     where i.book_id = book and i.status not in ('RETURNED', 'VOIDED')
     group by 3, 4, 5, 6, 7;
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
