-- Invitations of people who have an account already.

-- `replaces_account`: accepted, the invitation takes the place of what the person had set; so it is accepted only once `confirmed_person` has
-- confirmed it: the person itself or an operator, not who made it (`invited_person`; null: the founder, or before this was kept).
alter table invitations add column replaces_account boolean not null default false;
alter table invitations add column invited_person uuid;
alter table invitations add column confirmed_person uuid;
alter table invitations add foreign key (book_id, invited_person) references persons (book_id, person_id);
alter table invitations add foreign key (book_id, confirmed_person) references persons (book_id, person_id);
alter table invitations add constraint invitations_two_persons check (confirmed_person <> invited_person);
alter table invitations add constraint invitations_confirmed check (not replaces_account or accepted_at is null or confirmed_person is not null);
grant update (confirmed_person) on invitations to voucher_app;

-- Neither by a second account of the same person; so too for keys that sign.
call hold_persons_apart('invitations', 'confirmed_person invited_person');
call hold_persons_apart('api_keys', 'confirmed_person issued_person');
