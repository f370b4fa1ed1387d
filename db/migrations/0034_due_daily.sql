-- What a served recovery's daily run looks for: those whose last day to pay back is over, and nothing else.
create index recoveries_due on recoveries (book_id, due_on, recovery_id) where status = 'SERVED';
