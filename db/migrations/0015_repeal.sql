-- A version is repealed as openly as it was made law: by a document, with the last day on which it decides, by a person other than the
-- one who activated it. Its text stays as it is; of the row only the last day in force changes, once.
alter table programme_versions
  add column repealed_by        uuid,
  add column repealed_at        timestamptz,
  add column repealing_document text        check (length(repealing_document) between 1 and 100),
  drop constraint programme_versions_status_check,
  add constraint programme_versions_status_check check (status in ('PUBLISHED', 'ACTIVE', 'REPEALED')),
  drop constraint programme_versions_active,
  add constraint programme_versions_active
    check ((status <> 'PUBLISHED') = (activated_by is not null and activated_at is not null)),
  drop constraint programme_versions_in_force,
  add constraint programme_versions_in_force check (status = 'PUBLISHED' or in_force_from is not null),
  add constraint programme_versions_repealed
    check ((status = 'REPEALED') = (repealed_by is not null and repealed_at is not null and repealing_document is not null)
           and (status <> 'REPEALED' or in_force_to is not null)),
  add constraint programme_versions_repeal_four_eyes check (repealed_by <> activated_by),
  add foreign key (book_id, repealed_by) references persons (book_id, person_id);
alter table programme_versions alter column kind drop default;
grant update (in_force_to, repealed_by, repealed_at, repealing_document) on programme_versions to voucher_app;

create function refuse_other_law() returns trigger language plpgsql as $$
begin
  raise exception 'a version that is law stays as it is until it is repealed, and then for good' using errcode = 'VL001';
end $$;
revoke all on function refuse_other_law from public;

create trigger programme_versions_stay before update on programme_versions for each row
  when (old.status = 'REPEALED' or (old.status = 'ACTIVE' and new.status <> 'REPEALED')
        or (new.in_force_to is distinct from old.in_force_to and (old.status, new.status) <> ('ACTIVE', 'REPEALED')))
  execute function refuse_other_law();
