import { createHash } from 'node:crypto';
import type { CalendarYear } from '../../db/tables.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { refuseStep } from '../lives.js';
import { calendarYearShelf } from './facts.js';
import { calendarLife, presentCalendar } from './rules.js';

/**
 * Publishes a proposed version of a year, by another person. It holds for whatever is counted from then on; what was counted stays. The
 * version that held before, and older ones that were only proposed, are superseded. Refuses NOT_FOUND, CALENDAR_WRONG_STATE, FOUR_EYES.
 */
export const approveCalendar: Verb<{ id?: string }, ReturnType<typeof presentCalendar>> = {
  name: 'calendar.approve',
  money: false,

  async gather(loader, commands) {
    const rows = await loader.load(
      calendarYearShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await loader.load(
      calendarYearShelf,
      'year',
      rows.map(({ year }) => String(year)),
    );
  },

  decide({ body, actor, today }, facts) {
    const row = facts.get(calendarYearShelf, body.id ?? '');
    if (!row) return refused('NOT_FOUND');
    const wrong = refuseStep(calendarLife, row.status, 'approve');
    if (wrong) return wrong;
    if (isSamePerson(actor, row.proposedPerson)) return refused('FOUR_EYES');
    // After this line the command succeeds.
    const published: CalendarYear = { ...row, status: 'PUBLISHED', publishedPerson: actor.personId, publishedOn: today };
    const older = facts
      .all(calendarYearShelf, 'year', String(row.year))
      .filter(({ status, version }) => version < row.version && status !== 'SUPERSEDED');
    return accepted({
      decision: 'calendar.published',
      subjectId: row.calendarYearId,
      approvalDigest: digestOf(row),
      result: presentCalendar(published),
      changes: [
        ...older.map((of) => update(calendarYearShelf, { ...of, status: 'SUPERSEDED' as const })),
        update(calendarYearShelf, published),
      ],
    });
  },
};

/** What is approved: SHA-256 (hex) of the JSON array of year, version, days off, weekends worked, document and source. */
const digestOf = ({ year, version, holidays, workingDays, documentNo, source }: CalendarYear): string =>
  createHash('sha256')
    .update(JSON.stringify([year, version, holidays, workingDays, documentNo, source]))
    .digest('hex');
