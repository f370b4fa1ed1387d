import { calendarYears } from '../../db/tables.js';
import type { WorkingCalendar } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { workingCalendarOf } from './rules.js';

export const calendarYearShelf = shelf(calendarYears, {
  rank: 10,
  id: 'calendarYearId',
  keys: { status: ['status'], year: ['year'] },
  mutable: ['status', 'publishedPerson', 'publishedOn'],
});

/** Gathers the published years of the book, all of them: they are few, and a period may run into any. For `calendarOf`. */
export const gatherCalendar = (loader: Loader): Promise<unknown> => loader.load(calendarYearShelf, 'status', ['PUBLISHED']);

/** The working-day calendar as it stands at this command; gathered by `gatherCalendar`. */
export const calendarOf = (facts: Facts): WorkingCalendar =>
  workingCalendarOf(facts.all(calendarYearShelf, 'status', 'PUBLISHED'));
