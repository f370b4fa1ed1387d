import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { CalendarYear } from '../../db/tables.js';
import { calendarYears } from '../../db/tables.js';
import type { WorkingCalendar } from '../calendar.js';
import { workingCalendarOf } from './rules.js';

/** Versions of years in order of proposal, `limit` + 1 of them after a cursor; of one year if given. */
export const listCalendars = (
  db: Database,
  of: { bookId: string; year: number | undefined; after: string | undefined; limit: number },
): Promise<CalendarYear[]> =>
  db.drizzle
    .select()
    .from(calendarYears)
    .where(
      and(
        eq(calendarYears.bookId, of.bookId),
        of.year === undefined ? undefined : eq(calendarYears.year, of.year),
        of.after === undefined ? undefined : gt(calendarYears.calendarYearId, of.after),
      ),
    )
    .orderBy(asc(calendarYears.calendarYearId))
    .limit(of.limit + 1);

/** The working-day calendar of a book as readings outside the lane see it. */
export async function readCalendar(db: Database, bookId: string): Promise<WorkingCalendar> {
  const published = await db.drizzle
    .select()
    .from(calendarYears)
    .where(and(eq(calendarYears.bookId, bookId), eq(calendarYears.status, 'PUBLISHED')));
  return workingCalendarOf(published);
}
