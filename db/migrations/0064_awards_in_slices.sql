-- A large allocation is decided at once and its awards are booked in slices of the lane. Between the two its money is set aside
-- (`allocation.held`), so that nobody else can take it; each award's part is let go beside the award (`allocation.released`), or back to the
-- pool where the award is left out. `awards_left` counts the lines that are still to be booked.
insert into posting_kinds (posting, debit_kind, credit_kind) values
  ('allocation.held', 'available', 'reserved'),
  ('allocation.released', 'reserved', 'available');
alter table allocations
  add column awards_left integer not null default 0 check (awards_left between 0 and line_count),
  add constraint allocations_booked check (awards_left = 0 or status = 'APPROVED');
create index allocations_to_book on allocations (book_id, allocation_id) where awards_left > 0;
grant update (awards_left) on allocations to voucher_app;

-- `left_out`: why an award that was decided was not booked after all: what it rests on had changed, or a flag holds it.
alter table allocation_lines
  add column left_out text,
  add constraint allocation_lines_left_out check (left_out is null or (not is_live and amount_fen > 0));
grant update (left_out) on allocation_lines to voucher_app;
