import type { z } from 'zod';
import type { CalendarYear } from '../../db/tables.js';
import type { proposeCalendar as body } from '../../schemas/calendars.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { calendarYearShelf } from './facts.js';
import { presentCalendar, refuseDays } from './rules.js';

type Body = z.output<typeof body>;

/** Proposes a version of a year's calendar; nothing counts by it before another person approves. Refuses what refuseDays does. */
export const proposeCalendar: Verb<Body, ReturnType<typeof presentCalendar>> = {
  name: 'calendar.propose',
  money: false,

  gather: async (loader, commands) => {
    await loader.load(
      calendarYearShelf,
      'year',
      commands.map(({ body }) => String(body.year)),
    );
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const refusal = refuseDays(body);
    if (refusal) return refusal;
    // After this line the command succeeds.
    const versions = facts.all(calendarYearShelf, 'year', String(body.year)).map(({ version }) => version);
    const row: CalendarYear = {
      bookId: facts.bookId,
      calendarYearId: id,
      year: body.year,
      version: 1 + Math.max(0, ...versions),
      holidays: [...body.holidays].sort(),
      workingDays: [...body.workingDays].sort(),
      documentNo: body.documentNo,
      source: body.source,
      status: 'PROPOSED',
      proposedPerson: actor.personId,
      publishedPerson: null,
      publishedOn: null,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'calendar.proposed',
      subjectId: id,
      result: presentCalendar(row),
      changes: [insert(calendarYearShelf, row)],
    });
  },
};
