// What was served and not paid back by its last day is due on the day after: carried out daily.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import { fallDue } from './decide-recovery.js';
import { recoveryShelf } from './facts.js';
import { refuseRecovery } from './rules.js';

export const recoveriesFallDue: DailyWork = {
  name: 'recoveries.fall-due',
  isDue: ({ db, bookId, today }) =>
    isAny(db, `select from recoveries r where r.book_id = $1 and r.status = 'SERVED' and r.due_on < $2::date`, [bookId, today]),

  async run(of) {
    const { db, bookId } = of.book;
    const today = shanghaiDay(of.clock.now());
    const { done } = await inSlices({
      ...of,
      name: 'fall-due',
      verb: fallDue,
      dueAfter: (after: Due | undefined) => dueOf(db, { bookId, today, after }),
      idOf: ({ recoveryId }) => recoveryId,
      refusal: (facts, id) => {
        const recovery = facts.get(recoveryShelf, id);
        return recovery && refuseRecovery(recovery, 'fall-due');
      },
    });
    return done;
  },
};

interface Due {
  readonly dueOn: Day;
  readonly recoveryId: string;
}

/** Recoveries past their last days, in order of these, after one. */
const dueOf = (db: Database, of: { bookId: string; today: Day; after: Due | undefined }): Promise<Due[]> =>
  db.sql.prepared<Due[]>(
    `select r.due_on as "dueOn", r.recovery_id as "recoveryId" from recoveries r
      where r.book_id = $1 and r.status = 'SERVED' and r.due_on < $2::date and (r.due_on, r.recovery_id) > ($3::date, $4::uuid)
      order by r.due_on, r.recovery_id limit $5`,
    [of.bookId, of.today, of.after?.dueOn ?? '0001-01-01', of.after?.recoveryId ?? firstId, readAhead],
  );
