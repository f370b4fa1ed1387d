// Where a month stands in the ledger: its days, the entry that shut it, and the sequences among which all that is booked in it lies.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { lastDayOfMonth } from '../calendar.js';

export interface MonthSpan {
  readonly bookId: string;
  readonly month: string;
  readonly first: Day;
  readonly last: Day;
  /** The entry that shut it: what comes after it is not of the month, whatever its day. */
  readonly cutOff: bigint;
  /** Nothing before it is booked in the month. */
  readonly from: bigint;
  /** Everything up to it is booked in the month or before; what comes after it, up to the cut-off, may be. */
  readonly settled: bigint;
}

/** Throws for a month that is not shut. */
export async function spanOf(db: Database, of: { bookId: string; monthId: string; month: string }): Promise<MonthSpan> {
  const { bookId, monthId, month } = of;
  const [first, last] = [`${month}-01`, lastDayOfMonth(month)];
  const [row] = await db.sql<{ cutOff: bigint; from: bigint | null; after: bigint | null }[]>`
    select e.seq as "cutOff",
           (select d.first_seq from booked_days d where d.book_id = e.book_id and d.booked_on >= ${first}::date order by d.booked_on limit 1) as "from",
           (select d.first_seq from booked_days d where d.book_id = e.book_id and d.booked_on > ${last}::date order by d.booked_on limit 1) as after
      from entries e where e.book_id = ${bookId} and e.subject_id = ${monthId} and e.kind = 'month.shut'`;
  if (!row) throw new Error(`the month ${month} was not shut`);
  const { cutOff } = row;
  const settled = row.after === null || row.after > cutOff ? cutOff : row.after - 1n;
  return { bookId, month, first, last, cutOff, from: row.from ?? cutOff, settled };
}
