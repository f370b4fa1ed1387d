// What a year's calendar may say, and how it is shown. Pure.
import type { z } from 'zod';
import type { CalendarYear } from '../../db/tables.js';
import type { calendarYear } from '../../schemas/calendars.js';
import type { Day, WorkingCalendar, WorkingYear } from '../calendar.js';
import { formatInstant, isWeekend, yearOf } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';

/** The life of a version of a year: a mistake in a published one is mended by a further version. */
export const calendarLife = life({
  of: 'calendar',
  code: 'CALENDAR_WRONG_STATE',
  states: { PROPOSED: ['approve'], PUBLISHED: [], SUPERSEDED: [] },
});

/**
 * Refuses, in this order: CALENDAR_DAY_OF_OTHER_YEAR, CALENDAR_DAY_TWICE for a day that is listed twice in either list or in both,
 * CALENDAR_DAY_NO_WEEKEND for a make-up day that would be worked anyway.
 */
export function refuseDays(of: { year: number; holidays: readonly Day[]; workingDays: readonly Day[] }): Refused | null {
  const listed = [
    ...of.holidays.map((day, i) => ({ day, pointer: `/holidays/${i}` })),
    ...of.workingDays.map((day, i) => ({ day, pointer: `/workingDays/${i}` })),
  ];
  const other = listed.find(({ day }) => yearOf(day) !== of.year);
  if (other) return refused('CALENDAR_DAY_OF_OTHER_YEAR', { day: other.day, year: String(of.year) }, other.pointer);
  const seen = new Set<Day>();
  const twice = listed.find(({ day }) => seen.size === seen.add(day).size);
  if (twice) return refused('CALENDAR_DAY_TWICE', { day: twice.day }, twice.pointer);
  const index = of.workingDays.findIndex((day) => !isWeekend(day));
  return index < 0 ? null : refused('CALENDAR_DAY_NO_WEEKEND', { day: of.workingDays[index] ?? '' }, `/workingDays/${index}`);
}

// A published version never changes, so its sets are made once for each row that was read.
const made = new WeakMap<CalendarYear, WorkingYear>();

/** The calendar that published versions make; they are one for each year. */
export function workingCalendarOf(published: readonly CalendarYear[]): WorkingCalendar {
  return new Map(
    published.map((row) => {
      const known = made.get(row) ?? { holidays: new Set(row.holidays), workingDays: new Set(row.workingDays) };
      made.set(row, known);
      return [row.year, known];
    }),
  );
}

export const presentCalendar = (row: CalendarYear): z.input<typeof calendarYear> => ({
  calendarYearId: row.calendarYearId,
  year: row.year,
  version: row.version,
  holidays: [...row.holidays],
  workingDays: [...row.workingDays],
  documentNo: row.documentNo,
  source: row.source,
  status: row.status,
  proposedPerson: row.proposedPerson,
  publishedPerson: row.publishedPerson,
  publishedOn: row.publishedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
