import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { monthBuildShelf, monthShelf } from './facts.js';
import { monthLife, presentMonth } from './rules.js';
import { waitingBuild } from './shut-month.js';

/**
 * Has a month that is shut looked at and made again: once what stood in its way is out of it, or where a build failed. The data comes out as it
 * was, for nothing is booked in the month any more. Refuses NOT_FOUND, MONTH_WRONG_STATE (a sealed one), MONTH_BEING_BUILT.
 */
export const buildMonthAgain: Verb<{ id?: string }, ReturnType<typeof presentMonth>> = {
  name: 'month.build',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([loader.load(monthShelf, 'id', ids), loader.load(monthBuildShelf, 'month', ids)]);
  },

  decide({ id, body, receivedAt }, facts) {
    const row = facts.get(monthShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrongState = refuseStep(monthLife, row.status, 'build', { month: row.month });
    if (wrongState) return wrongState;
    if (facts.all(monthBuildShelf, 'month', row.monthId).some(({ state }) => state === 'RUNNING'))
      return refused('MONTH_BEING_BUILT', { month: row.month });
    // After this line the command succeeds.
    const build = waitingBuild({
      bookId: facts.bookId,
      buildId: id,
      monthId: row.monthId,
      recordedAt: receivedAt.toISOString(),
    });
    return accepted({
      decision: 'month.build_asked',
      subjectId: row.monthId,
      result: presentMonth(row),
      changes: [insert(monthBuildShelf, build)],
    });
  },
};
