-- How a provider comes to be listed for a service item, and what happens to its listing afterwards.

-- An application to be listed (入库申请) for one service item: drafted and submitted by the provider, accepted and scored by the bureau,
-- published for objections, decided by a person who did not review it. `evidence` is what the provider says to each of the four criteria
-- of selection (设备先进、技术安全、绿色节能、价格优惠); each form it had stands with its step. The row is the working copy; its history is
-- in the steps.
create table listing_applications (
  book_id          uuid        not null references books,
  application_id   uuid        not null,
  provider_id      uuid        not null,
  service_item     text        not null check (service_item in ('AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE',
                                                                'NETWORK', 'SECURITY')),
  batch_no         text        not null check (length(batch_no) between 1 and 50),
  evidence         jsonb       not null check (jsonb_typeof(evidence) = 'object'),
  status           text        not null check (status in ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'SUPPLEMENT_REQUESTED', 'PUBLIC_NOTICE',
                                                          'LISTED', 'REJECTED', 'WITHDRAWN')),
  reviewed_person  uuid,
  notice_from      date,
  notice_to        date        check (notice_to > notice_from),
  listing_id       uuid,
  listed_person    uuid,
  recorded_at      timestamptz not null,
  primary key (book_id, application_id),
  foreign key (book_id, provider_id) references providers (book_id, provider_id),
  foreign key (book_id, reviewed_person) references persons (book_id, person_id),
  foreign key (book_id, listed_person) references persons (book_id, person_id),
  constraint listing_applications_four_eyes check (listed_person <> reviewed_person),
  constraint listing_applications_listed check (
    (status = 'LISTED') = (listing_id is not null) and (listing_id is null) = (listed_person is null)),
  constraint listing_applications_noticed check (
    (notice_from is null) = (notice_to is null) and (status not in ('PUBLIC_NOTICE', 'LISTED') or notice_to is not null))
);
create index listing_applications_status on listing_applications (book_id, status, application_id);
create index listing_applications_provider on listing_applications (book_id, provider_id, application_id);

-- What was done to an application, in order: the verb, the state it led to, why, and what was said with it (the evidence as it was then,
-- what has to be supplied, the document of the notice). Never changed.
create table listing_steps (
  book_id         uuid        not null references books,
  step_id         uuid        not null,
  application_id  uuid        not null,
  step_no         integer     not null check (step_no >= 1),
  verb            text        not null check (length(verb) between 1 and 40),
  status          text        not null,
  reason          text        check (length(reason) between 1 and 500),
  detail          json        not null,
  person          uuid        not null,
  taken_on        date        not null,
  recorded_at     timestamptz not null,
  primary key (book_id, step_id),
  unique (book_id, application_id, step_no),
  foreign key (book_id, application_id) references listing_applications (book_id, application_id),
  constraint listing_steps_reasons check (verb not in ('reject', 'request-supplement') or reason is not null)
);

-- How one reviewer scored an application by one of the four criteria, 0 to 100, and on what evidence. Each reviewer scores once.
create table listing_scores (
  book_id         uuid        not null references books,
  score_id        uuid        not null,
  application_id  uuid        not null,
  criterion       text        not null check (criterion in ('ADVANCED_EQUIPMENT', 'TECHNICAL_SECURITY', 'GREEN_ENERGY', 'FAVOURABLE_PRICE')),
  score           integer     not null check (score between 0 and 100),
  evidence        text        not null check (length(evidence) between 1 and 500),
  scored_person   uuid        not null,
  recorded_at     timestamptz not null,
  primary key (book_id, score_id),
  unique (book_id, application_id, scored_person, criterion),
  foreign key (book_id, application_id) references listing_applications (book_id, application_id),
  foreign key (book_id, scored_person) references persons (book_id, person_id)
);

-- A measure against a listing, or the end of one: suspended from a day (to a day), resumed from a day, delisted from a day. Proposed by
-- one person with reason and document, decided by another; it has no effect before.
create table listing_measures (
  book_id          uuid        not null references books,
  measure_id       uuid        not null,
  listing_id       uuid        not null,
  kind             text        not null check (kind in ('SUSPENSION', 'RESUMPTION', 'DELISTING')),
  effective_from   date        not null,
  effective_to     date        check (effective_to >= effective_from),
  reason           text        not null check (length(reason) between 1 and 500),
  document_no      text        not null check (length(document_no) between 1 and 100),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'WITHDRAWN')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  recorded_at      timestamptz not null,
  primary key (book_id, measure_id),
  foreign key (book_id, listing_id) references listings (book_id, listing_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint listing_measures_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint listing_measures_end check (effective_to is null or kind = 'SUSPENSION'),
  constraint listing_measures_decided check (
    (status = 'PROPOSED') = (decided_person is null) and (decided_person is null) = (decided_on is null))
);
create index listing_measures_listing on listing_measures (book_id, listing_id, measure_id);
create index listing_measures_status on listing_measures (book_id, status, measure_id);

-- The days taken out of a listing, as approved measures leave them: `[{"from": …, "to": … or null}, …]`, both inclusive, in order. What
-- each measure was stands in listing_measures; this is what usage is held against.
alter table listings
  add column suspensions jsonb not null default '[]' check (jsonb_typeof(suspensions) = 'array'),
  add column application_id uuid;

call keep_in_lane('listing_applications');
call keep_in_lane('listing_steps');
call keep_in_lane('listing_scores');
call keep_in_lane('listing_measures');
grant update (batch_no, evidence, status, reviewed_person, notice_from, notice_to, listing_id, listed_person) on listing_applications to voucher_app;
grant update (status, decided_person, decided_on) on listing_measures to voucher_app;
grant update (suspensions) on listings to voucher_app;
