import type { FastifyInstance } from 'fastify';
import * as schema from '../../schemas/calendars.js';
import { page } from '../../schemas/common.js';
import { addWorkingDays } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { command, everyRole, idOfCursor, pageOf, problemOf, reading } from '../http/routes.js';
import { approveCalendar } from './approve-calendar.js';
import { proposeCalendar } from './propose-calendar.js';
import { listCalendars, readCalendar } from './queries.js';
import { presentCalendar } from './rules.js';

const tag = 'calendars';

/** Working-day calendars: kept by the operator, published by a second person, open to every member. */
export function calendarRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/calendars',
    tag,
    summary:
      'Propose which days of a year are off and which weekends are worked (工作日历); a further version corrects a published one',
    roles: ['operator'],
    personOnly: true,
    body: schema.proposeCalendar,
    response: schema.calendarYearRecorded,
    status: 201,
    verb: proposeCalendar,
  });
  command(app, parts, {
    url: '/calendars/:id/approve',
    tag,
    summary: 'Publish a version that another person proposed: from now on working days of its year are counted by it',
    roles: ['operator', 'approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveCalendar,
    response: schema.calendarYearRecorded,
    status: 200,
    verb: approveCalendar,
  });
  reading(app, {
    url: '/calendars',
    tag,
    summary: 'Working-day calendars with all their versions, of one year if wanted',
    roles: everyRole,
    query: schema.calendarQuery,
    response: page(schema.calendarYear),
    read: async ({ query, book }) => {
      const of = { bookId: book.bookId, year: query.year, after: idOfCursor(query.cursor), limit: query.limit };
      return pageOf(await listCalendars(parts.db, of), query.limit, (row) => row.calendarYearId, presentCalendar);
    },
  });
  reading(app, {
    url: '/working-days',
    tag,
    summary: 'The day on which a number of working days after a day ends; refused where a year is not published',
    roles: everyRole,
    query: schema.workingDaysQuery,
    response: schema.workingDaysCounted,
    read: async ({ query: { from, count }, book }) => {
      const end = addWorkingDays(from, count, await readCalendar(parts.db, book.bookId));
      if (end.kind === 'refused') throw problemOf(end);
      return { from, count, endsOn: end.day };
    },
  });
}
