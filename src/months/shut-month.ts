import type { z } from 'zod';
import type { Month, MonthBuild } from '../../db/tables.js';
import type { shutMonth as body } from '../../schemas/months.js';
import { addDays, lastDayOfMonth } from '../calendar.js';
import { insert, note } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { tell } from '../messages/rules.js';
import { monthBuildShelf, monthShelf } from './facts.js';
import { openMonthOf } from './queries.js';
import { presentMonth, refuseShutting, shutEntry } from './rules.js';

/** The first month that may still be booked in, `YYYY-MM`. */
const firstOpen = note<string>('first open month');

/** A build that waits for a process to take it. */
export const waitingBuild = (of: { bookId: string; buildId: string; monthId: string; recordedAt: string }): MonthBuild => ({
  ...of,
  state: 'RUNNING',
  step: 'CHECK',
  entriesTotal: null,
  entriesDone: 0n,
  cutOffSeq: null,
  obstacles: null,
  lineCount: null,
  dataDigest: null,
  balancesDigest: null,
  packDigest: null,
  packBytes: null,
  failure: null,
  attempts: 0,
  leaseOwner: null,
  leaseUntil: of.recordedAt,
  endedAt: null,
});

/**
 * Shuts the first open month. Its entry is the cut-off: whatever comes after it is booked in the next month at the earliest. Data and pack are
 * then made of what is at or before it, outside the lane. Refuses MONTH_SHUT (it is no open month), MONTH_STILL_CLOSING (the one before is not
 * sealed), MONTH_NOT_NEXT, MONTH_NOT_OVER (until a whole day lies after its last).
 */
export const shutMonth: Verb<z.output<typeof body>, ReturnType<typeof presentMonth>> = {
  name: 'month.shut',
  money: true,

  async gather(loader, commands) {
    const [{ month }] = await Promise.all([
      openMonthOf(loader.tx, loader.bookId),
      loader.load(
        monthShelf,
        'month',
        commands.map(({ body }) => body.month),
      ),
      loader.load(monthShelf, 'status', ['CLOSING']),
    ]);
    loader.note(firstOpen, '', month);
  },

  decide({ id, body, actor, receivedAt, today, newId }, facts) {
    const { month } = body;
    const [closing] = facts.all(monthShelf, 'status', 'CLOSING');
    const known = facts.one(monthShelf, 'month', month);
    const refusal = refuseShutting(month, { closing, known, firstOpen: facts.noted(firstOpen, ''), today });
    if (refusal) return refusal;
    // After this line the command succeeds.
    const recordedAt = receivedAt.toISOString();
    const row: Month = {
      bookId: facts.bookId,
      monthId: id,
      month,
      status: 'CLOSING',
      shutPerson: actor.personId,
      shutOn: today,
      sealedPerson: null,
      sealedOn: null,
      buildId: null,
      cutOffSeq: null,
      dataDigest: null,
      balancesDigest: null,
      sealDigest: null,
      toldBuildId: null,
      recordedAt,
    };
    const build = waitingBuild({ bookId: facts.bookId, buildId: newId(), monthId: id, recordedAt });
    return accepted({
      decision: shutEntry,
      subjectId: id,
      result: presentMonth(row),
      changes: [insert(monthShelf, row), insert(monthBuildShelf, build)],
      messages: [tell('month.shut', { role: 'finance_approver' }, { kind: 'MONTH', id }, { month })],
      opensFrom: addDays(lastDayOfMonth(month), 1),
    });
  },
};
