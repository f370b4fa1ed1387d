-- The days that are worked, and how they are published.

-- What one version says of one year: the days off and the weekends worked instead, as the State Council's notice (or a document of the
-- city) gives them. Proposed by one person and published by another; the version published last is what holds, and those before it
-- stay as they were said. A year that has none is not known, and whoever must count its working days is refused.
create table calendar_years (
  book_id           uuid        not null references books,
  calendar_year_id  uuid        not null,
  year              integer     not null check (year between 2000 and 2999),
  version           integer     not null check (version >= 1),
  holidays          jsonb       not null check (jsonb_typeof(holidays) = 'array'),
  working_days      jsonb       not null check (jsonb_typeof(working_days) = 'array'),
  document_no       text        not null check (length(document_no) between 1 and 100),
  source            text        not null check (length(source) between 1 and 500),
  status            text        not null check (status in ('PROPOSED', 'PUBLISHED', 'SUPERSEDED')),
  proposed_person   uuid        not null,
  published_person  uuid,
  published_on      date,
  recorded_at       timestamptz not null,
  primary key (book_id, calendar_year_id),
  unique (book_id, year, version),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, published_person) references persons (book_id, person_id),
  constraint calendar_years_four_eyes check (published_person <> proposed_person),
  constraint calendar_years_published check (
    (published_person is null) = (published_on is null) and (status <> 'PUBLISHED' or published_person is not null) and
    (status <> 'PROPOSED' or published_person is null))
);
create index calendar_years_status on calendar_years (book_id, status);

call keep_in_lane('calendar_years');
grant update (status, published_person, published_on) on calendar_years to voucher_app;
