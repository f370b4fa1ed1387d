-- Readings and decisions that looked at all that waits, or passed over what was not asked for.

-- Who waits for the money of a programme (先到先得), summed up, so that an approval need not look at each of them: reviewed
-- applications by priority class and by their numbers, 128 numbers a row. What those of a class and of all before it have
-- been promised at most is the sum of few rows; only where that is more than the money left is each of them looked at.
-- `queue_rank` is the place of the class, 0 served first; `queue_block` the year and the 128 numbers, see queueBlockOf().
create table application_queues (
  book_id         uuid    not null,
  queue_id        text    not null,
  programme_code  text    not null,
  queue_rank      integer not null check (queue_rank >= 0),
  queue_block     bigint  not null,
  state           text    not null,
  waiting         integer not null check (waiting >= 0),
  maximum_fen     bigint  not null,
  primary key (book_id, queue_id),
  constraint application_queues_named check (queue_id = programme_code || '/' || queue_rank || '/' || queue_block),
  constraint application_queues_state check (state = case when waiting > 0 then 'WAITING' else 'EMPTY' end),
  constraint application_queues_sum check (maximum_fen >= waiting and (waiting > 0 or maximum_fen = 0))
) with (fillfactor = 50);
create index application_queues_programme on application_queues (book_id, programme_code, state);

-- Where an application waits: set while it is REVIEWED, and then no more.
alter table applications add column queue_rank integer, add column queue_block bigint;
create index applications_queue on applications (book_id, programme_code, queue_rank, queue_block) where queue_rank is not null;
grant update (queue_rank, queue_block) on applications to voucher_app;

-- What waits already: which class it is of, the text of its programme says, and SQL cannot read it. It counts as of the first,
-- before whom nobody is: so it is always looked at, and its class then read from the law.
do $$
declare
  book uuid;
begin
  for book in select book_id from books loop
    perform set_config('ledger.lane', book::text, true);
    update applications
       set queue_rank = 0,
           queue_block = (substring(application_no from '(\d+)-\d+$')::bigint * 1000000000
                          + substring(application_no from '\d+$')::bigint) / 128
     where book_id = book and status = 'REVIEWED';
  end loop;
  perform set_config('ledger.lane', '', true);
end $$;
insert into application_queues (book_id, queue_id, programme_code, queue_rank, queue_block, state, waiting, maximum_fen)
select book_id, programme_code || '/' || queue_rank || '/' || queue_block, programme_code, queue_rank, queue_block, 'WAITING',
       count(*), sum(maximum_fen)
  from applications where queue_rank is not null group by book_id, programme_code, queue_rank, queue_block;

alter table applications add constraint applications_queued
  check ((status = 'REVIEWED') = (queue_rank is not null) and (queue_rank is null) = (queue_block is null));
call keep_in_lane('application_queues');
grant update (state, waiting, maximum_fen) on application_queues to voucher_app;

-- The jobs of one kind, in order of their beginning.
create index bulk_jobs_kind on bulk_jobs (book_id, kind, job_id);
