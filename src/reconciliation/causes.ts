// What does not tie now, whoever has said anything of it: bank lines that settle nothing, payments that nobody answered or sent out again,
// claims that wait, budget that waits for its other funders, files that were cut, statements that do not follow one another. $1 is the book.
// Each is read from an index of just these, so it is as much as waits. `name` is what people know it by.
export const causes = `(
  select 'UNMATCHED_LINE' as kind, l.bank_line_id::text as subject, l.amount_fen - l.matched_fen as fen, l.booked_on as since,
         l.bank_serial as name
    from bank_lines l where l.book_id = $1 and l.matched_fen < l.amount_fen
  union all
  select 'IN_TRANSIT', i.instruction_id::text, i.amount_fen - i.paid_fen - i.returned_fen, i.instructed_on, i.instruction_no
    from payment_instructions i where i.book_id = $1 and i.status = 'INSTRUCTED'
  union all
  select 'PAYMENT_RETURNED', i.instruction_id::text, i.returned_fen, i.instructed_on, i.instruction_no
    from payment_instructions i where i.book_id = $1 and i.status = 'RETURNED' and not i.reinstructed
  union all
  select 'RESERVED', r.redemption_id::text, r.reserved_fen, r.submitted_on, r.redemption_no
    from redemptions r where r.book_id = $1 and r.status = 'SUBMITTED'
  union all
  select 'UNMATCHED_BUDGET', t.fund, t.credits_fen - t.debits_fen, null::date, t.fund
    from ledger_totals t where t.book_id = $1 and t.kind = 'unmatched' and t.credits_fen > t.debits_fen
  union all
  select 'FILE_CUT', f.bank_return_id::text, f.total_fen, (f.recorded_at at time zone 'Asia/Shanghai')::date,
         case when f.file_name is null then f.file_digest else f.file_name end
    from bank_returns f where f.book_id = $1 and f.state = 'IMPORTING'
  union all
  select 'BALANCE_GAP', s.bank_return_id::text, abs(s.opening_fen - s.before), s.first_day, s.bank_account
    from (select f.*, lag(f.closing_fen) over (partition by f.bank_account order by f.first_day, f.bank_return_id) as before
            from bank_returns f where f.book_id = $1 and f.bank_account is not null and f.opening_fen is not null) s
   where s.opening_fen <> s.before)`;
