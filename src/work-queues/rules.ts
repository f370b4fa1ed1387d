// How a work queue is asked for and shown. Pure.
import type { z } from 'zod';
import type { workItem, workQueueQuery } from '../../schemas/work-queues.js';
import type { Day, WorkingCalendar } from '../calendar.js';
import { addDays, daysInclusive, startOfDay, workingDaysFromTo } from '../calendar.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan } from '../money.js';
import type { FoundWork } from './queries.js';

/** What stands for no deadline and for no amount: behind all others. */
export const none = { deadline: 'infinity', amount: '-1' } as const;

/** Where a page ended: what it was sorted by, and the thing itself. */
export interface Position {
  readonly key: string;
  readonly id: string;
}
export interface Wanted {
  readonly sort: 'age' | 'deadline' | 'amount';
  readonly limit: number;
  readonly after: Position | undefined;
  readonly until: Day | undefined;
  readonly atLeastFen: Fen | undefined;
  /** With `until`: the first id that was made after that day. */
  readonly idAfterUntil?: string;
}

/** The least UUIDv7 that is made in this millisecond. */
const leastIdAt = (instant: Date): string => {
  const hex = instant.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

const cursorForm = /^(age|deadline|amount) (\S+) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const keyForms = { age: /^-$/, deadline: /^(\d{4}-\d\d-\d\d|infinity)$/, amount: /^-?\d{1,18}$/ } as const;

/**
 * What is asked for. Refuses WORK_QUEUE_BOUND where `until` or `atLeast` bounds what the list is not sorted by, WORK_QUEUE_CURSOR for a
 * cursor that is not of this order.
 */
export function readWanted(
  query: z.output<typeof workQueueQuery>,
): { readonly kind: 'wanted'; readonly wanted: Wanted } | Refused {
  const { sort, until, atLeast, cursor, limit } = query;
  if (until !== undefined && sort === 'amount') return refused('WORK_QUEUE_BOUND', { bound: 'until', sort }, '/until');
  if (atLeast !== undefined && sort !== 'amount') return refused('WORK_QUEUE_BOUND', { bound: 'atLeast', sort }, '/atLeast');
  const [, of, key = '', id = ''] = cursorForm.exec(Buffer.from(cursor ?? '', 'base64url').toString()) ?? [];
  if (cursor !== undefined && (of !== sort || !keyForms[sort].test(key))) return refused('WORK_QUEUE_CURSOR', {}, '/cursor');
  const after = cursor === undefined ? undefined : { key, id };
  const atLeastFen = atLeast === undefined ? undefined : (parseYuan(atLeast) ?? 0n);
  const idAfterUntil = until === undefined ? {} : { idAfterUntil: leastIdAt(startOfDay(addDays(until, 1))) };
  return { kind: 'wanted', wanted: { sort, limit, after, until, atLeastFen, ...idAfterUntil } };
}

/** The cursor behind a thing, in this order. */
export const cursorBehind = (sort: Wanted['sort'], of: FoundWork): string => {
  const key = { age: '-', deadline: of.dueOn, amount: String(of.amountFen) }[sort];
  return Buffer.from(`${sort} ${key} ${of.subjectId}`).toString('base64url');
};

/** Working days from one day to another, below zero where it lies before; null where a year between them is not published. */
function workingDaysBetween(from: Day, to: Day, calendar: WorkingCalendar): { days: number | null; missing: number | null } {
  const [early, late] = from <= to ? [from, to] : [to, from];
  const counted = workingDaysFromTo(early, late, calendar);
  if (counted.kind === 'refused') return { days: null, missing: Number(counted.params['year']) };
  return { days: from <= to ? counted.days : -counted.days, missing: null };
}

export function presentWork(of: FoundWork, today: Day, calendar: WorkingCalendar): z.input<typeof workItem> {
  const dueOn = of.dueOn === none.deadline ? null : of.dueOn;
  const age = workingDaysBetween(of.receivedOn, today, calendar);
  const left = dueOn === null ? { days: null, missing: null } : workingDaysBetween(today, dueOn, calendar);
  return {
    kind: of.kind,
    subjectId: of.subjectId,
    subjectNo: of.subjectNo,
    receivedOn: of.receivedOn,
    waitingSince: of.waitingSince,
    ageDays: Math.max(0, daysInclusive(of.receivedOn, today) - 1),
    ageWorkingDays: age.days,
    dueOn,
    workingDaysLeft: left.days,
    calendarMissing: left.missing ?? age.missing,
    amount: of.amountFen < 0n ? null : formatYuan(of.amountFen),
  };
}
