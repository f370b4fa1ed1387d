-- Members of the authorities, confirmed by a second person.

-- A membership of the authorities is PROPOSED by who registers it and counts (ACTIVE) once `confirmed_person` has confirmed it: neither who
-- registered it (`registered_person`; null: the founder of the book, or before this was kept) nor whom it is of. Else one operator could make up a
-- second one, or a reviewer and an approver, and be two persons. Whom a firm sends counts at once: what a firm does, the authorities look at.
alter table members drop constraint members_status_check;
alter table members add constraint members_status_check check (status in ('PROPOSED', 'ACTIVE', 'ENDED'));
alter table members add column registered_person uuid;
alter table members add column confirmed_person uuid;
alter table members add foreign key (book_id, registered_person) references persons (book_id, person_id);
alter table members add foreign key (book_id, confirmed_person) references persons (book_id, person_id);
alter table members add constraint members_two_persons check (confirmed_person <> registered_person);
alter table members add constraint members_confirmed
  check (status <> 'ACTIVE' or registered_person is null or legal_person_uscc is not null or confirmed_person is not null);
grant update (confirmed_person) on members to voucher_app;

-- Neither by a second account of the same person.
call hold_persons_apart('members', 'confirmed_person registered_person person_id');

-- The founder makes the first two members of a book, who confirm all others and each other's, and nobody after them.
create function refuse_third_founded() returns trigger language plpgsql as $$
begin
  if (select count(*) from (select from members m where m.book_id = new.book_id limit 2) as first_two) >= 2 then
    raise exception 'the founder makes the first two members alone'
      using errcode = 'check_violation', table = tg_table_name, constraint = 'members_founded';
  end if;
  return new;
end $$;
create trigger members_founded before insert on members for each row when (new.registered_person is null)
  execute function refuse_third_founded();
