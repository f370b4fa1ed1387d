// What stands in the way of a month: what does not tie of it, and nobody has explained as it stands.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { addDays } from '../calendar.js';
import { readCalendar } from '../calendars/queries.js';
import { causes } from './causes.js';
import type { ExceptionKind } from './rules.js';
import { dueSince } from './rules.js';

export interface Obstacle {
  readonly kind: ExceptionKind;
  readonly count: number;
  readonly fen: bigint;
  /** Of them, explained as they stand. */
  readonly explained: number;
  /** A few that are not, by the names that people know them by. */
  readonly examples: readonly string[];
}

/**
 * Clearing accounts have to be zero at the end of a month (`last`, inclusive), or an exception explains them: bank lines unmatched, payments in
 * transit, budget unmatched, claims that have waited too long, files cut, statements that do not follow one another, and what people have
 * opened. A payment that came back is owed again and no obstacle; a claim in time waits for nobody's fault. `ready`: nothing unexplained.
 */
export async function readinessOf(
  db: Database,
  of: { readonly bookId: string; readonly last: Day },
): Promise<{ readonly ready: boolean; readonly obstacles: readonly Obstacle[] }> {
  const reservedSince = dueSince('RESERVED', addDays(of.last, 1), await readCalendar(db, of.bookId));
  const obstacles = await db.sql.prepared<Obstacle[]>(
    `select c.kind, count(*)::int as count, sum(c.fen)::bigint as fen, (count(*) filter (where c.explained))::int as explained,
            coalesce((array_agg(c.name order by c.name) filter (where not c.explained))[1:5], '{}') as examples
       from (select c.kind, c.name, c.fen,
                    exists (select from reconciliation_exceptions e
                             where e.book_id = $1 and e.kind = c.kind and e.subject = c.subject and e.status = 'EXPLAINED'
                               and e.amount_fen >= c.fen) as explained
               from ${causes} c
              where c.kind <> 'PAYMENT_RETURNED' and (c.since is null or c.since <= case c.kind when 'RESERVED' then $3::date else $2::date end)
              union all
             select e.kind, e.subject, e.amount_fen, e.status = 'EXPLAINED'
               from reconciliation_exceptions e
              where e.book_id = $1 and e.kind = 'OTHER' and e.status in ('OPEN', 'EXPLAINED') and e.since <= $2::date) c
      group by c.kind order by c.kind`,
    [of.bookId, of.last, reservedSince],
  );
  return { ready: obstacles.every(({ count, explained }) => count === explained), obstacles };
}
