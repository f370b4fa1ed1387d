-- A repeal that was entered by mistake is set aside by two persons, and the history of both stays.

-- Which command repealed the version, while the repeal stands: what a correction names.
alter table programme_versions add column repeal_id uuid;
drop trigger programme_versions_stay on programme_versions;
do $$
declare
  v_book uuid;
begin
  for v_book in select distinct book_id from programme_versions where status = 'REPEALED' loop
    perform set_config('ledger.lane', v_book::text, true);
    update programme_versions v set repeal_id = e.command_id
      from entries e
     where v.book_id = v_book and v.status = 'REPEALED'
       and e.book_id = v.book_id and e.subject_id = v.programme_version_id and e.kind = 'programme.repealed';
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
alter table programme_versions
  drop constraint programme_versions_repealed,
  add constraint programme_versions_repealed
    check ((status = 'REPEALED') = (repealed_by is not null and repealed_at is not null and repealing_document is not null
                                    and repeal_id is not null)
           and num_nulls(repealed_by, repealed_at, repealing_document, repeal_id) in (0, 4)
           and (status <> 'REPEALED' or in_force_to is not null));
grant update (repeal_id) on programme_versions to voucher_app;

-- That a repeal was entered by mistake: proposed by one person with its reason, approved by another by its digest; then the version is
-- law again, up to the last day that its own text gives (`restored_to`; null: none). The repeal is told here as it was entered, for
-- the version's row forgets it. What was decided meanwhile stays as it was decided. One is open, or approved, for a repeal.
create table repeal_corrections (
  book_id               uuid        not null,
  correction_id         uuid        not null,
  programme_version_id  uuid        not null,
  repeal_id             uuid        not null,
  last_day              date        not null,
  document_no           text        not null check (length(document_no) between 1 and 100),
  repealed_person       uuid        not null,
  repealed_at           timestamptz not null,
  restored_to           date        check (restored_to >= last_day),
  reason                text        not null check (length(reason) between 1 and 500),
  content_digest        text        not null check (content_digest ~ '^[0-9a-f]{64}$'),
  status                text        not null check (status in ('PROPOSED', 'APPROVED', 'DROPPED')),
  proposed_person       uuid        not null,
  proposed_on           date        not null,
  decided_person        uuid,
  decided_on            date,
  decision_reason       text        check (length(decision_reason) between 1 and 500),
  recorded_at           timestamptz not null,
  primary key (book_id, correction_id),
  foreign key (book_id, programme_version_id) references programme_versions (book_id, programme_version_id),
  foreign key (book_id, repealed_person) references persons (book_id, person_id),
  foreign key (book_id, proposed_person) references persons (book_id, person_id),
  foreign key (book_id, decided_person) references persons (book_id, person_id),
  constraint repeal_corrections_four_eyes check (status <> 'APPROVED' or decided_person <> proposed_person),
  constraint repeal_corrections_decided check ((status = 'PROPOSED') = (decided_person is null)
                                               and (decided_person is null) = (decided_on is null)
                                               and (status = 'DROPPED') = (decision_reason is not null))
);
create index repeal_corrections_version on repeal_corrections (book_id, programme_version_id, correction_id);
create unique index repeal_corrections_once on repeal_corrections (book_id, repeal_id) where status <> 'DROPPED';
call keep_in_lane('repeal_corrections');
grant update (status, decided_person, decided_on, decision_reason) on repeal_corrections to voucher_app;

create function refuse_decided_correction() returns trigger language plpgsql as $$
begin
  raise exception 'a correction of a repeal is decided once' using errcode = 'VL001';
end $$;
revoke all on function refuse_decided_correction from public;
create trigger repeal_corrections_once_each before update on repeal_corrections for each row
  when (old.status <> 'PROPOSED' or new.status = 'PROPOSED') execute function refuse_decided_correction();

-- The one way back from a repeal is a correction of it that two persons made. Looked at when the transaction ends: both may be
-- written by one statement.
create trigger programme_versions_stay before update on programme_versions for each row
  when ((old.status = 'REPEALED' and new.status <> 'ACTIVE') or (old.status = 'ACTIVE' and new.status <> 'REPEALED')
        or (new.in_force_to is distinct from old.in_force_to
            and (old.status, new.status) not in (('ACTIVE', 'REPEALED'), ('REPEALED', 'ACTIVE'))))
  execute function refuse_other_law();
create function refuse_uncorrected_repeal() returns trigger language plpgsql as $$
begin
  if not exists (select from repeal_corrections c
                  where c.book_id = old.book_id and c.repeal_id = old.repeal_id and c.status = 'APPROVED'
                    and c.programme_version_id = old.programme_version_id and c.restored_to is not distinct from new.in_force_to) then
    raise exception 'a repeal stands until two persons have set it aside' using errcode = 'VL001';
  end if;
  return null;
end $$;
revoke all on function refuse_uncorrected_repeal from public;
create constraint trigger programme_versions_come_back after update on programme_versions deferrable initially deferred for each row
  when (old.status = 'REPEALED' and new.status = 'ACTIVE') execute function refuse_uncorrected_repeal();
