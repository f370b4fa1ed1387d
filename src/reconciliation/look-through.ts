// Once a day each book is looked through: what has not tied for too long becomes an exception, and one whose cause is gone is closed.
import { createHash } from 'node:crypto';
import type { Database } from '../../db/client.js';
import { calendarActor } from '../access/admission.js';
import { shanghaiDay } from '../calendar.js';
import { readCalendar } from '../calendars/queries.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import type { OpenBook } from '../http/parts.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock, Verb } from '../ledger/lane.js';
import { SliceSize } from '../ledger/slice-size.js';
import { causes } from './causes.js';
import { closeGone } from './decide-exception.js';
import type { Found } from './open-exception.js';
import { openFound } from './open-exception.js';
import { dueSince, ruleKinds } from './rules.js';

export const lookThrough: DailyWork = {
  name: 'reconciliation.look-through',
  isDue: async ({ db, bookId, today }) =>
    !(await isAny(db, 'select from reconciliation_looks where book_id = $1 and looked_on = $2::date', [bookId, today])),

  async run({ book, clock, isStopping }) {
    const { db, bookId } = book;
    const today = shanghaiDay(clock.now());
    const calendar = await readCalendar(db, bookId);
    const due = await db.sql.prepared<Found[]>(
      `select c.kind, c.subject, c.fen, c.since from ${causes} c
         join unnest($2::text[], $3::date[]) as k (kind, due) on k.kind = c.kind
        where (c.since is null or c.since <= k.due)
          and not exists (select from reconciliation_exceptions e
                           where e.book_id = $1 and e.kind = c.kind and e.subject = c.subject and e.status <> 'CLOSED')`,
      [bookId, ruleKinds, ruleKinds.map((kind) => dueSince(kind, today, calendar))],
    );
    const gone = await db.sql.prepared<{ id: string }[]>(
      `select e.exception_id as id from reconciliation_exceptions e
        where e.book_id = $1 and e.status in ('OPEN', 'EXPLAINED') and e.kind <> 'OTHER'
          and not exists (select from ${causes} c where c.kind = e.kind and c.subject = e.subject)`,
      [bookId],
    );
    const of = { book, clock, isStopping };
    const done = (await inTurn(of, openFound, due)) + (await inTurn(of, closeGone, gone));
    if (!isStopping()) await looked(db, { bookId, today });
    return done;
  },
};

/** Another process may have looked as well, and done some of it: that is no fault. */
const looked = (db: Database, of: { readonly bookId: string; readonly today: string }): Promise<unknown> =>
  db.sql.prepared('insert into reconciliation_looks (book_id, looked_on) values ($1, $2::date) on conflict do nothing', [
    of.bookId,
    of.today,
  ]);

/** Commands of one kind, in slices through the lane; what another did meanwhile refuses itself. Answers how many were carried out. */
async function inTurn<Body>(
  { book, clock, isStopping }: { readonly book: OpenBook; readonly clock: Clock; readonly isStopping: () => boolean },
  verb: Verb<Body, object>,
  bodies: readonly Body[],
): Promise<number> {
  const size = new SliceSize();
  let done = 0;
  for (let at = 0; at < bodies.length && !isStopping();) {
    const slice = bodies.slice(at, at + size.next());
    at += slice.length;
    const key = `look:${uuidv7(clock.now())}`;
    const outcome = await book.lane.submitSlice(verb, {
      bodies: slice,
      actor: calendarActor,
      key,
      requestDigest: createHash('sha256').update(key).digest('hex'),
      allOrNothing: false,
    });
    if (outcome.kind !== 'decided') continue;
    size.observe({ weight: slice.length, milliseconds: outcome.milliseconds });
    done += outcome.lines.filter(({ kind }) => kind === 'accepted').length;
  }
  return done;
}
