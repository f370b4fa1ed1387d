-- One person is one pair of eyes, by however many accounts. A row that was found to be a person whom the book knows already points at
-- that person (`same_as`), straight at the one that stays and never at a further row; what it did under its old id stays as it is.
alter table persons
  add column same_as uuid,
  add foreign key (book_id, same_as) references persons (book_id, person_id),
  add constraint persons_same_as_another check (same_as <> person_id);
create index persons_same_as on persons (book_id, same_as) where same_as is not null;
grant update (same_as) on persons to voucher_app;
grant update (person_id) on members to voucher_app;

-- What a person is known by beyond a name: the number of a resident id, or the subject that an OpenID provider calls it by (issuer and
-- subject). Sealed, and compared by fingerprint: one identity is one person's, whoever registers it again.
create table person_identities (
  book_id      uuid        not null,
  identity_id  uuid        not null,
  person_id    uuid        not null,
  kind         text        not null check (kind in ('RESIDENT_ID', 'OIDC_SUBJECT')),
  sealed       text        not null,
  fingerprint  text        not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  recorded_at  timestamptz not null,
  primary key (book_id, identity_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  constraint person_identities_one_person unique (book_id, kind, fingerprint)
);
create index person_identities_person on person_identities (book_id, person_id);
call keep_in_lane('person_identities');

-- That two rows are one person is decided by two others. `digest` is over both and their memberships: an approval of something else is none.
create table person_merges (
  book_id          uuid        not null,
  merge_id         uuid        not null,
  person_id        uuid        not null,
  other_person_id  uuid        not null,
  reason           text        not null check (length(reason) between 1 and 500),
  digest           text        not null check (digest ~ '^[0-9a-f]{64}$'),
  status           text        not null check (status in ('PROPOSED', 'APPROVED', 'WITHDRAWN')),
  proposed_person  uuid        not null,
  proposed_on      date        not null,
  decided_person   uuid,
  decided_on       date,
  recorded_at      timestamptz not null,
  primary key (book_id, merge_id),
  foreign key (book_id, person_id) references persons (book_id, person_id),
  foreign key (book_id, other_person_id) references persons (book_id, person_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint person_merges_two check (person_id <> other_person_id),
  constraint person_merges_decided check ((status = 'PROPOSED') = (decided_person is null) and (decided_person is null) = (decided_on is null)),
  constraint person_merges_four_eyes check (status <> 'APPROVED' or (decided_person <> proposed_person and proposed_person <> person_id
    and proposed_person <> other_person_id and decided_person <> person_id and decided_person <> other_person_id))
);
-- One merger of a row waits at a time.
create unique index person_merges_open on person_merges (book_id, other_person_id) where status = 'PROPOSED';
call keep_in_lane('person_merges');
grant update (status, decided_person, decided_on) on person_merges to voucher_app;

-- The checks of four eyes on the tables compare ids; this compares persons. Each argument names who acts in a step and, after it, those who
-- must be others, `@STATE` where it holds in that state alone. Only what a change sets is judged: of what was done before two rows were found
-- to be one person, nothing is undone. Nearly no book has such rows, and then this is one look into an index.
create function refuse_same_person() returns trigger language plpgsql as $$
declare
  row_now    jsonb;
  row_before jsonb;
  words      text[];
  doer       uuid;
begin
  if not exists (select from persons p where p.book_id = new.book_id and p.same_as is not null) then
    return new;
  end if;
  row_now := to_jsonb(new);
  row_before := to_jsonb(old);
  for i in 0 .. tg_nargs - 1 loop
    words := string_to_array(tg_argv[i], ' ');
    doer := (row_now ->> words[1])::uuid;
    if doer is null or row_before ->> words[1] = doer::text
       or words[array_upper(words, 1)] like '@%' and '@' || (row_now ->> 'status') <> words[array_upper(words, 1)] then
      continue;
    end if;
    if exists (select from unnest(words[2:]) as w (name)
                 join persons o on o.book_id = new.book_id and o.person_id = (row_now ->> w.name)::uuid
                 join persons d on d.book_id = new.book_id and d.person_id = doer
                where w.name not like '@%' and coalesce(o.same_as, o.person_id) = coalesce(d.same_as, d.person_id)) then
      raise exception 'the same person did an earlier step of this'
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_table_name || '_one_person';
    end if;
  end loop;
  return new;
end $$;

create procedure hold_persons_apart(p_table text, variadic p_steps text[]) language plpgsql as $$
begin
  execute format('create trigger %I before update on %I for each row when (%s) execute function refuse_same_person(%s)',
    p_table || '_one_person', p_table,
    (select string_agg(format('new.%1$I is distinct from old.%1$I', split_part(s, ' ', 1)), ' or ') from unnest(p_steps) as s),
    (select string_agg(quote_literal(s), ', ') from unnest(p_steps) as s));
end $$;
revoke all on procedure hold_persons_apart from public;

call hold_persons_apart('allocations', 'decided_person drafted_person @APPROVED');
call hold_persons_apart('applications', 'accepted_person submitted_person', 'checked_person submitted_person accepted_person',
  'reviewed_person submitted_person', 'decided_person submitted_person', 'decided_person reviewed_person accepted_person checked_person @APPROVED');
call hold_persons_apart('reimbursements', 'accepted_person submitted_person', 'checked_person submitted_person accepted_person',
  'reviewed_person submitted_person', 'decided_person submitted_person', 'decided_person reviewed_person accepted_person checked_person @APPROVED');
call hold_persons_apart('calendar_years', 'published_person proposed_person');
call hold_persons_apart('contract_amendments', 'confirmed_person proposed_person', 'decided_person proposed_person confirmed_person @FILED');
call hold_persons_apart('contracts', 'confirmed_person submitted_person', 'filed_person submitted_person confirmed_person',
  'ended_person filed_person @VOIDED');
call hold_persons_apart('flags', 'decided_person raised_person');
call hold_persons_apart('legal_person_changes', 'decided_person proposed_person @APPROVED');
call hold_persons_apart('limit_exceptions', 'approved_person asked_person', 'rejected_person asked_person');
call hold_persons_apart('listing_applications', 'listed_person reviewed_person');
call hold_persons_apart('listing_measures', 'decided_person proposed_person @APPROVED');
call hold_persons_apart('matter_registrations', 'confirmed_person registered_person', 'closed_person registered_person @REJECTED');
call hold_persons_apart('objections', 'decided_person reviewed_person published_person');
call hold_persons_apart('opening_balances', 'approved_person prepared_person');
call hold_persons_apart('person_merges', 'decided_person proposed_person person_id other_person_id @APPROVED');
call hold_persons_apart('programme_versions', 'activated_by published_by', 'repealed_by activated_by');
call hold_persons_apart('recoveries', 'opened_person proposed_person', 'appeal_decided_by opened_person',
  'ended_person write_off_asked_by @WRITTEN_OFF');
call hold_persons_apart('recovery_offsets', 'decided_person proposed_person @APPROVED');
call hold_persons_apart('redemption_reversals', 'decided_person proposed_person @APPROVED');
call hold_persons_apart('redemptions', 'decided_person submitted_person');
call hold_persons_apart('repeal_corrections', 'decided_person proposed_person @APPROVED');
call hold_persons_apart('settlements', 'approved_person drafted_person', 'instructed_person drafted_person approved_person');
call hold_persons_apart('supplement_lists', 'answered_person asked_person');
call hold_persons_apart('usage_invoices', 'decided_person posted_person');
call hold_persons_apart('voucher_proposals', 'decided_person proposed_person @APPROVED');
