// Telling providers of what was approved by rule: once a day, when the day is over. Whoever redeems is answered at once; to tell whoever is
// paid of each of some thousand redemptions would help nobody, and would cost the redemption itself.
import { createHash } from 'node:crypto';
import { calendarActor } from '../access/admission.js';
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { addDays, shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { toldThrough } from '../messages/reminders.js';
import type { ApprovedByRule } from './told.js';
import { toldOfRule } from './told.js';

const kind = 'redemption.approved_by_rule';
const name = `tell:${kind}`;
/** How long a day is over before it is told of: what was received in its last moment is committed by then. */
const settledAfterMs = 10 * 60_000;

/** The least id that is made on a day: ids are in order of making. */
const firstOf = (day: string): string =>
  `(lpad(to_hex((extract(epoch from (${day})::timestamp at time zone 'Asia/Shanghai') * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid`;
/** Redemptions of book $3 of the days up to $1 that are not told of yet; where none ever was, of $1 alone. $2 is the kind. */
const untold = `r.redemption_id >= ${firstOf(`coalesce((select t.through + 1 from reminder_runs t where t.book_id = $3 and t.kind = $2), $1::date)`)}
   and r.redemption_id < ${firstOf('$1::date + 1')}`;

export const tellApproved: DailyWork = {
  name,
  isDue: ({ db, bookId, today }) =>
    isAny(db, `select from redemptions r where r.book_id = $3 and ${untold}`, [addDays(today, -1), kind, bookId]),

  async run({ book, clock, isStopping }) {
    const through = addDays(shanghaiDay(new Date(clock.now().getTime() - settledAfterMs)), -1);
    const due = await untoldOf(book.db, book.bookId, through);
    let done = 0;
    for (const of of due) {
      if (isStopping()) return done;
      const key = `${name}:${of.day}:${of.providerId}`;
      const requestDigest = createHash('sha256').update(key).digest('hex');
      await book.lane.submit(tell, { body: of, actor: calendarActor, key, requestDigest });
      done += 1;
    }
    await toldThrough(book, kind, through);
    return done;
  },
};

/** Tells a provider of a day that is over; what it says cannot change any more. */
const tell: Verb<ApprovedByRule, object> = {
  name: 'redemptions.tell_approved',
  money: false,
  gather: async () => undefined,
  decide: ({ body }) =>
    accepted({ decision: 'redemptions.told', subjectId: body.firstId, result: {}, messages: [toldOfRule(body)] }),
};

/** What was approved by rule and not told of, by day and provider. */
const untoldOf = (db: Database, bookId: string, through: Day): Promise<ApprovedByRule[]> =>
  db.sql.prepared<ApprovedByRule[]>(
    `select r.submitted_on as day, r.provider_id as "providerId", count(*)::text as redemptions,
            sum(r.approved_fen)::bigint as "amountFen", (array_agg(r.redemption_id order by r.redemption_id))[1] as "firstId",
            min(r.redemption_no) as "firstNo"
       from redemptions r
      where r.book_id = $3 and ${untold} and r.approved_on = r.submitted_on and r.decided_person is null
      group by 1, 2 order by 1, 2`,
    [through, kind, bookId],
  );
