-- A case that is reviewed again while it is on public notice is published anew: once on each notice, on as many notices as it takes.
alter table notice_items
  drop constraint notice_items_book_id_subject_id_key,
  add constraint notice_items_once unique (book_id, notice_id, subject_id);
