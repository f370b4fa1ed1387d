-- Whoever closes a month is told once of each build of it that has ended: which was told last is kept with the month, in the lane.
alter table months add told_build_id uuid, add foreign key (book_id, told_build_id) references month_builds (book_id, build_id);
grant update (told_build_id) on months to voucher_app;
