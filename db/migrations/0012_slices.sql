-- Holds a job for the slice that is about to be written: refuses (VL006) when its file has come elsewhere than to `p_from`, or when
-- somebody else reads it now. The row stays locked to the end of the slice, against whoever would take the lease. A slice
-- may be decided while the one before is being written, so what was read then is looked at once more.
create function hold_bulk_job(p_book uuid, p_job uuid, p_owner uuid, p_from integer) returns void language plpgsql as $$
begin
  perform from public.bulk_jobs j
    where j.book_id = p_book and j.job_id = p_job and j.state = 'RUNNING' and j.lease_owner = p_owner and j.next_line = p_from
      for update;
  if not found then
    raise exception 'the job is not at line % under this lease', p_from using errcode = 'VL006';
  end if;
end $$;
revoke all on function hold_bulk_job from public;
grant execute on function hold_bulk_job to voucher_app;
