// Working-day calendars: which days of a year are off, and which weekends are worked instead.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, pageQuery } from './common.js';

const year = z.int().min(2000).max(2999);
const days = z.array(day).max(120);

export const proposeCalendar = z.strictObject({
  year,
  holidays: days.meta({ description: 'Every day off of this year (放假), weekends within a holiday too' }),
  workingDays: days.meta({ description: 'Saturdays and Sundays that are worked instead (调休上班)' }),
  documentNo: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ description: 'The notice', examples: ['国办发明电〔2024〕12号'] }),
  source: z.string().trim().min(1).max(500).meta({ description: 'Where the notice was published' }),
});
export const approveCalendar = z.strictObject({});
export const calendarYear = z.strictObject({
  calendarYearId: id,
  year: z.int(),
  version: z.int().meta({ description: 'Counted from 1 in a year; of the published ones the last holds' }),
  holidays: z.array(day),
  workingDays: z.array(day),
  documentNo: z.string(),
  source: z.string(),
  status: z.enum(['PROPOSED', 'PUBLISHED', 'SUPERSEDED']),
  proposedPerson: id,
  publishedPerson: id.nullable(),
  publishedOn: day.nullable(),
  recordedAt: instant,
});
export const calendarYearRecorded = calendarYear.extend({ ledgerSeq });
export const calendarQuery = pageQuery.extend({ year: z.coerce.number().int().min(2000).max(2999).optional() });

export const workingDaysQuery = z.strictObject({
  from: day.meta({ description: 'The day it starts on; not counted (民法典 第201条)' }),
  count: z.coerce.number().int().min(1).max(366).default(1),
});
export const workingDaysCounted = z.strictObject({
  from: day,
  count: z.int(),
  endsOn: day.meta({ description: 'The last working day counted, inclusive to 24:00' }),
});
