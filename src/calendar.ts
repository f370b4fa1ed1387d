// Days and instants. A day is a day of the Asia/Shanghai calendar, an instant a point in time; neither is derived from
// the machine's zone, and nobody asks the clock here: the instant is handed in.
import { Temporal } from 'temporal-polyfill';

/** A day of the Asia/Shanghai calendar, `YYYY-MM-DD`, years 0001 to 9999. Compares as a string. */
export type Day = string;

/** Days `from` to `to`, both inclusive; `to: null` has no end. */
export interface Period {
  from: Day;
  to: Day | null;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

// Asia/Shanghai has been at +08:00 without summer time since 1991-09-15, so from 1992 on plain arithmetic gives what the
// zone's table gives, at a fraction of the cost (a test holds it against Temporal). No instant of a book is older.
const OFFSET = 8 * HOUR;
const FIRST_YEAR = 1992;

const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT_FORM = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the text is `YYYY-MM-DD` and that day exists (no 2025-02-29, no year 0000, which PostgreSQL has not). */
export function isDay(text: string): boolean {
  if (!DAY_FORM.test(text) || text.startsWith('0000')) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

/** The day it is in Asia/Shanghai at this instant; right from 1992 to 9999. Throws on an invalid Date. */
export function shanghaiDay(instant: Date): Day {
  return new Date(instant.getTime() + OFFSET).toISOString().slice(0, 10);
}

/** RFC 3339 at +08:00 with milliseconds: `2025-06-30T23:59:59.999+08:00`; right from 1992 to 9999. */
export function formatInstant(instant: Date): string {
  return `${new Date(instant.getTime() + OFFSET).toISOString().slice(0, -1)}+08:00`;
}

/**
 * Reads RFC 3339 with an offset (`Z` or `±hh:mm`), upper case, up to 9 decimals of a second, cut to the millisecond.
 * Null for all else, for days that do not exist, second 60, and instants outside the years 1992 to 9999 of Shanghai.
 */
export function parseInstant(text: string): Date | null {
  const day = INSTANT_FORM.exec(text)?.[1];
  if (day === undefined || !isDay(day)) return null;
  const instant = new Date(text);
  const year = new Date(instant.getTime() + OFFSET).getUTCFullYear();
  return year >= FIRST_YEAR && year <= 9999 ? instant : null;
}

/** 00:00 of the day in Asia/Shanghai, its first instant; right from 1992 on. 24:00 is `startOfDay(addDays(day, 1))`. */
export function startOfDay(day: Day): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) - OFFSET);
}

/** The calendar year, which is also the budget year. */
export function yearOf(day: Day): number {
  return Number(day.slice(0, 4));
}

/** The month, `YYYY-MM`. */
export function monthOf(day: Day): string {
  return day.slice(0, 7);
}

/** The day `n` days later (earlier when negative). */
export function addDays(day: Day, n: number): Day {
  return Temporal.PlainDate.from(day).add({ days: n }).toString();
}

/**
 * The corresponding day `n` months later, or the last day of that month when it has none (民法典 第202条): 2024-02-29 and
 * 12 months is 2025-02-28. Count from the first day each time: adding month by month would stay on the 28th.
 */
export function addMonths(day: Day, n: number): Day {
  const months = yearOf(day) * 12 + Number(day.slice(5, 7)) - 1 + n;
  const month = new Date(Date.UTC(Math.floor(months / 12), months % 12, 1)).toISOString().slice(0, 7);
  const [sameDay, lastDay] = [`${month}-${day.slice(8)}`, lastDayOfMonth(month)];
  return sameDay < lastDay ? sameDay : lastDay;
}

/** The last day of a month `YYYY-MM`. */
export function lastDayOfMonth(month: string): Day {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).toISOString().slice(0, 10);
}

/** How many days from `from` to `to`, both counted: 1 for the same day, 0 when the period ends before it starts. */
export function daysInclusive(from: Day, to: Day): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / DAY + 1);
}

/** Whether the two periods share a day; ends inclusive. */
export function overlaps(a: Period, b: Period): boolean {
  return (b.to === null || a.from <= b.to) && (a.to === null || b.from <= a.to);
}

/**
 * The last day on which a voucher issued on `issuedOn` can be used, inclusive to 24:00 Asia/Shanghai (DOMAIN 1.3-11).
 * The day of issue is not counted and the period ends on the corresponding day, or at the month's end when there is none
 * (民法典 第201、202条); it does not roll over a holiday (第203条 left out by default, DOMAIN 6.4).
 * Throws unless `months` is a whole number of 1 or more.
 */
export function voucherLastDay(issuedOn: Day, months: number): Day {
  if (!Number.isInteger(months) || months < 1) throw new RangeError(`a voucher valid for ${months} months`);
  return addMonths(issuedOn, months);
}

/** Whether the instant comes before 24:00 Asia/Shanghai of `lastDay`: 23:59:59.999 does, 00:00:00 of the next day not. */
export function isWithinDay(instant: Date, lastDay: Day): boolean {
  return shanghaiDay(instant) <= lastDay;
}

/** What a working-day calendar says of one year: all else is a working day from Monday to Friday. */
export interface WorkingYear {
  /** Days off by the year's notice (放假), weekends among them or not. */
  readonly holidays: ReadonlySet<Day>;
  /** Saturdays and Sundays that are worked instead (调休上班). */
  readonly workingDays: ReadonlySet<Day>;
}
/** The published years; one that is not here is not known, and is never guessed. */
export type WorkingCalendar = ReadonlyMap<number, WorkingYear>;

/** A day of a year that nobody has published: a refusal as the lane's verbs give it. */
export interface YearUnpublished {
  readonly kind: 'refused';
  readonly code: 'CALENDAR_YEAR_UNPUBLISHED';
  readonly params: { readonly year: string };
}
export type DayFound = { readonly kind: 'day'; readonly day: Day } | YearUnpublished;

const unpublished = (year: number): YearUnpublished => ({
  kind: 'refused',
  code: 'CALENDAR_YEAR_UNPUBLISHED',
  params: { year: String(year) },
});

/** Whether the day is a Saturday or a Sunday. */
export function isWeekend(day: Day): boolean {
  const weekday = new Date(Date.parse(day)).getUTCDay();
  return weekday === 0 || weekday === 6;
}

const isWorked = (day: Day, { holidays, workingDays }: WorkingYear): boolean =>
  isWeekend(day) ? workingDays.has(day) : !holidays.has(day);

const nextDay = (day: Day): Day => new Date(Date.parse(day) + DAY).toISOString().slice(0, 10);

/** Whether the day is worked: Monday to Friday but for holidays, and the weekends that are worked instead. Refuses CALENDAR_YEAR_UNPUBLISHED. */
export function isWorkingDay(
  day: Day,
  calendar: WorkingCalendar,
): { readonly kind: 'known'; readonly isWorkingDay: boolean } | YearUnpublished {
  const year = calendar.get(yearOf(day));
  return year ? { kind: 'known', isWorkingDay: isWorked(day, year) } : unpublished(yearOf(day));
}

/**
 * The `n`th working day after `day`, which is not counted itself (民法典 第201条): five from Monday 2025-09-29 end on 2025-10-13. `n` 0 is
 * the day itself. Refuses CALENDAR_YEAR_UNPUBLISHED where a day that would have to be judged is of no published year, be it by a single
 * day. Throws unless `n` is a whole number of 0 or more.
 */
export function addWorkingDays(day: Day, n: number, calendar: WorkingCalendar): DayFound {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`${n} working days`);
  let at = day;
  for (let left = n; left > 0;) {
    at = nextDay(at);
    const year = calendar.get(yearOf(at));
    if (!year) return unpublished(yearOf(at));
    if (isWorked(at, year)) left -= 1;
  }
  return { kind: 'day', day: at };
}

/**
 * How many working days there are after `from` up to `to`, `from` not counted and `to` counted; 0 when `to` is not later. Refuses
 * CALENDAR_YEAR_UNPUBLISHED as above.
 */
export function workingDaysFromTo(
  from: Day,
  to: Day,
  calendar: WorkingCalendar,
): { readonly kind: 'days'; readonly days: number } | YearUnpublished {
  let days = 0;
  for (let at = from; at < to;) {
    at = nextDay(at);
    const year = calendar.get(yearOf(at));
    if (!year) return unpublished(yearOf(at));
    if (isWorked(at, year)) days += 1;
  }
  return { kind: 'days', days };
}

/** How long a period is, in one unit. */
export interface CivilPeriod {
  readonly count: number;
  readonly unit: 'DAY' | 'WORKING_DAY' | 'MONTH' | 'YEAR';
}

/**
 * The last day of a period that starts on `from`, inclusive to 24:00, as civil law counts (民法典 第200至204条): the day it starts on is not
 * counted (201); months and years end on the corresponding day, or at the month's end where there is none (202). With `rolling`, a last
 * day that is off moves to the next working day (203); without, it stays, which is for periods whose law or document says so (204).
 * Refuses CALENDAR_YEAR_UNPUBLISHED where it takes working days and a year is not published. Throws unless `count` is a whole number of 1 or more.
 */
export function periodEnd(
  from: Day,
  { count, unit }: CivilPeriod,
  calendar: WorkingCalendar,
  { rolling }: { readonly rolling: boolean },
): DayFound {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`a period of ${count} ${unit}`);
  if (unit === 'WORKING_DAY') return addWorkingDays(from, count, calendar);
  const last = unit === 'DAY' ? addDays(from, count) : addMonths(from, unit === 'MONTH' ? count : 12 * count);
  if (!rolling) return { kind: 'day', day: last };
  const worked = isWorkingDay(last, calendar);
  if (worked.kind === 'refused') return worked;
  return worked.isWorkingDay ? { kind: 'day', day: last } : addWorkingDays(last, 1, calendar);
}
