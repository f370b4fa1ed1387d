-- What was told before its day (提醒): once for each thing, kind and day on which it ends, whoever looks and however often. Where the day
-- moves, it is told again. With the runs (reminder_runs), which say up to which day all of it was told.
create table reminders (
  book_id      uuid not null references books,
  reminder_id  text not null,
  told_on      date not null,
  primary key (book_id, reminder_id)
);
call keep_in_lane('reminders');
create trigger reminders_append_only before update or delete on reminders for each row execute function refuse_change();
create trigger reminders_no_truncate before truncate on reminders for each statement execute function refuse_change();
