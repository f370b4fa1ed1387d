// A month's data and pack are made outside the lane, and take a while: whoever is to check and seal it is told once they are there, or why not.
import type { Month, MonthBuild } from '../../db/tables.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { inSlices } from '../in-slices.js';
import type { Facts } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { refuseStep } from '../lives.js';
import { tell } from '../messages/rules.js';
import { monthBuildShelf, monthShelf } from './facts.js';
import { madeBy, monthLife, presentMonth, sealDigestOf } from './rules.js';

/** The build of a month that has ended and that nobody was told of. Refuses NOT_FOUND, MONTH_WRONG_STATE (a sealed one), MONTH_BEING_BUILT (none). */
function untold(facts: Facts, monthId: string): { readonly kind: 'untold'; readonly row: Month; readonly build: MonthBuild } | Refused {
  const row = facts.get(monthShelf, monthId);
  if (!row) return refused('NOT_FOUND');
  const wrongState = refuseStep(monthLife, row.status, 'build', { month: row.month });
  if (wrongState) return wrongState;
  const build = facts.all(monthBuildShelf, 'month', monthId).at(-1);
  if (!build || build.state === 'RUNNING' || build.buildId === row.toldBuildId)
    return refused('MONTH_BEING_BUILT', { month: row.month });
  return { kind: 'untold', row, build };
}

function told({ monthId, month }: Month, build: MonthBuild, role: 'finance' | 'finance_approver'): Message {
  const about = { kind: 'MONTH', id: monthId } as const;
  const made = madeBy(build);
  if (!made) return tell('month.build_failed', { role }, about, { month });
  const count = (build.obstacles ?? []).reduce((sum, of) => sum + of.count, 0);
  return count === 0
    ? tell('month.built', { role }, about, { month, sealDigest: sealDigestOf(month, made) })
    : tell('month.obstructed', { role }, about, { month, count: String(count) });
}

/** Tells finance that a month's data and pack are there to be checked, what number of things stand in the way, or that they could not be made. */
const tellOfBuild: Verb<{ id?: string }, ReturnType<typeof presentMonth>> = {
  name: 'month.tell-built',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([loader.load(monthShelf, 'id', ids), loader.load(monthBuildShelf, 'month', ids)]);
  },

  decide({ body }, facts) {
    const found = untold(facts, body.id ?? '');
    if (found.kind === 'refused') return found;
    // After this line the command succeeds.
    const row: Month = { ...found.row, toldBuildId: found.build.buildId };
    return accepted({
      decision: 'month.build_told',
      subjectId: row.monthId,
      result: presentMonth(row),
      changes: [update(monthShelf, row)],
      messages: (['finance', 'finance_approver'] as const).map((role) => told(row, found.build, role)),
    });
  },
};

const due = `
  select m.month_id as id from months m
   cross join lateral (select b.build_id, b.state from month_builds b
                        where b.book_id = m.book_id and b.month_id = m.month_id order by b.build_id desc limit 1) b
   where m.book_id = $1 and m.status = 'CLOSING' and b.state <> 'RUNNING' and b.build_id is distinct from m.told_build_id`;

export const tellBuilt: DailyWork = {
  name: 'months.tell-built',
  isDue: ({ db, bookId }) => isAny(db, due, [bookId]),

  async run(of) {
    const { db, bookId } = of.book;
    const { done } = await inSlices({
      ...of,
      name: 'tell-built',
      verb: tellOfBuild,
      // One month at most is being closed.
      dueAfter: (after: { id: string } | undefined) =>
        after === undefined ? db.sql.prepared<{ id: string }[]>(due, [bookId]) : Promise.resolve([]),
      idOf: ({ id }) => id,
      refusal: (facts, id) => {
        const found = untold(facts, id);
        return found.kind === 'refused' ? found : null;
      },
    });
    return done;
  },
};
