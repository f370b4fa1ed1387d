// Working days: counted as civil law counts, by the published notices, and never guessed.
import t from 'tap';
import { calendars } from '../../db/demo/calendars.js';
import type { DayFound } from '../../src/calendar.js';
import { addDays, addWorkingDays, daysInclusive, isWorkingDay, periodEnd, workingDaysFromTo } from '../../src/calendar.js';
import { uuidv7 } from '../../src/identifiers.js';
import { accepted } from '../../src/ledger/lane.js';
import type { Verb } from '../../src/ledger/lane.js';
import { calendarOf, gatherCalendar } from '../../src/calendars/facts.js';
import { calendarLife } from '../../src/calendars/rules.js';
import { fields, itemsOf, told } from '../applications/world.js';
import { lookAt, tryEverything } from '../lives/table.js';
import { expectStatus, startService } from '../service.js';

const daysOf = (of: (typeof calendars)[number]): string[] =>
  of.holidays.flatMap(([from, to]) => Array.from({ length: daysInclusive(from, to) }, (_, i) => addDays(from, i)));
const known = new Map(
  calendars.map((of) => [of.year, { holidays: new Set(daysOf(of)), workingDays: new Set(of.workingDays) }] as const),
);
const say = (found: DayFound): string => (found.kind === 'day' ? found.day : `${found.code} ${found.params.year}`);

void t.test('working days are counted from the day after, by the notices', async (t) => {
  const ends: [from: string, n: number, end: string][] = [
    ['2025-09-29', 5, '2025-10-13'],
    ['2025-09-26', 1, '2025-09-28'],
    ['2025-10-08', 1, '2025-10-09'],
    ['2025-10-10', 1, '2025-10-11'],
    ['2025-10-04', 0, '2025-10-04'],
    ['2024-02-09', 1, '2024-02-18'],
    ['2024-12-31', 1, '2025-01-02'],
    ['2026-02-13', 2, '2026-02-24'],
    ['2026-12-24', 5, '2026-12-31'],
    ['2026-12-24', 6, 'CALENDAR_YEAR_UNPUBLISHED 2027'],
    ['2023-12-29', 1, 'CALENDAR_YEAR_UNPUBLISHED 2023'],
    ['2023-12-31', 1, '2024-01-02'],
  ];
  for (const [from, n, end] of ends) t.equal(say(addWorkingDays(from, n, known)), end, `${n} from ${from}`);
  t.throws(() => addWorkingDays('2025-01-01', 1.5, known), RangeError);
  t.throws(() => addWorkingDays('2025-01-01', -1, known), RangeError);

  const counts: [from: string, to: string, days: number | string][] = [
    ['2025-09-29', '2025-10-13', 5],
    ['2025-09-29', '2025-10-12', 4],
    ['2025-09-29', '2025-09-29', 0],
    ['2025-09-29', '2025-09-01', 0],
    ['2026-12-31', '2027-01-01', '2027'],
  ];
  for (const [from, to, days] of counts) {
    const found = workingDaysFromTo(from, to, known);
    t.equal(found.kind === 'days' ? found.days : found.params.year, days, `${from} to ${to}`);
  }

  // How many days each year is worked, counted from the notices by hand: weekdays less those off, and the weekends worked.
  for (const [year, worked] of [
    [2024, 251],
    [2025, 248],
    [2026, 248],
  ] as const) {
    const days = Array.from({ length: daysInclusive(`${year}-01-01`, `${year}-12-31`) }, (_, i) => addDays(`${year}-01-01`, i));
    const found = days.filter((day) => {
      const of = isWorkingDay(day, known);
      return of.kind === 'known' && of.isWorkingDay;
    });
    t.equal(found.length, worked, `${year} has ${worked} working days`);
  }
  t.match(isWorkingDay('2027-01-04', known), { kind: 'refused', params: { year: '2027' } });
});

void t.test('periods end as 民法典 200 to 204 say', async (t) => {
  const cases: [from: string, count: number, unit: 'DAY' | 'WORKING_DAY' | 'MONTH' | 'YEAR', rolling: boolean, end: string][] = [
    ['2024-02-29', 12, 'MONTH', false, '2025-02-28'],
    ['2024-02-29', 1, 'YEAR', false, '2025-02-28'],
    ['2024-02-29', 4, 'YEAR', false, '2028-02-29'],
    ['2025-08-31', 6, 'MONTH', false, '2026-02-28'],
    ['2025-08-31', 6, 'MONTH', true, '2026-02-28'],
    ['2025-05-09', 30, 'DAY', false, '2025-06-08'],
    ['2025-05-09', 30, 'DAY', true, '2025-06-09'],
    ['2025-09-01', 1, 'MONTH', true, '2025-10-09'],
    ['2025-09-11', 1, 'MONTH', true, '2025-10-11'],
    ['2025-09-29', 5, 'WORKING_DAY', true, '2025-10-13'],
    ['2026-06-01', 12, 'MONTH', false, '2027-06-01'],
    ['2026-06-01', 12, 'MONTH', true, 'CALENDAR_YEAR_UNPUBLISHED 2027'],
    ['2026-11-30', 1, 'MONTH', true, '2026-12-30'],
    ['2026-11-30', 31, 'DAY', true, '2026-12-31'],
    ['2026-12-01', 31, 'DAY', true, 'CALENDAR_YEAR_UNPUBLISHED 2027'],
  ];
  for (const [from, count, unit, rolling, end] of cases) {
    t.equal(
      say(periodEnd(from, { count, unit }, known, { rolling })),
      end,
      `${count} ${unit} from ${from}${rolling ? ', rolling' : ''}`,
    );
  }
  t.throws(() => periodEnd('2025-01-01', { count: 0, unit: 'DAY' }, known, { rolling: false }), RangeError);
});

/** What a verb that counts working days sees. */
const count: Verb<{ from: string; n: number }, { endsOn: string }> = {
  name: 'test.count',
  money: false,
  gather: async (loader) => {
    await gatherCalendar(loader);
  },
  decide: ({ body, id }, facts) => {
    const end = addWorkingDays(body.from, body.n, calendarOf(facts));
    return end.kind === 'refused' ? end : accepted({ decision: 'test.counted', subjectId: id, result: { endsOn: end.day } });
  },
};

void t.test('a year is proposed, published by a second person, and corrected by a further version', async (t) => {
  const service = await startService(t, { now: '2025-03-03' });
  const book = await service.newBook('zhengzhou');
  const { operator } = book;
  const [approver, reviewer] = [await book.member('approver'), await book.member('reviewer')];
  const bodyOf = (year: number) => {
    const of = calendars.find((one) => one.year === year);
    if (!of) throw new Error(`no calendar of ${year}`);
    return { ...of, holidays: daysOf(of) };
  };
  const propose = async (year: number, more: object = {}) =>
    expectStatus(await operator.post('/calendars', { ...bodyOf(year), ...more }), 201).calendarYearId as string;
  const endOf = async (from: string, n: number): Promise<string> => {
    const open = await service.books.find(book.code);
    const { memberId, personId } = operator;
    const outcome = await open?.lane.submit(count, {
      key: uuidv7(new Date()),
      requestDigest: '0'.repeat(64),
      body: { from, n },
      actor: { memberId, personId, kind: 'PERSON', role: 'operator', legalPersonUscc: null },
    });
    if (outcome?.kind === 'accepted') return outcome.result.endsOn;
    return `${outcome?.code} ${outcome?.params['year']}`;
  };

  const body = bodyOf(2025);
  const refusedAs: [string, object, string, string[]][] = [
    ['a day of another year', { holidays: ['2024-12-31'] }, '400 CALENDAR_DAY_OF_OTHER_YEAR', ['/holidays/0']],
    [
      'a weekend of another year',
      { workingDays: ['2025-01-26', '2026-01-04'] },
      '400 CALENDAR_DAY_OF_OTHER_YEAR',
      ['/workingDays/1'],
    ],
    ['a holiday twice', { holidays: ['2025-10-01', '2025-10-02', '2025-10-01'] }, '400 CALENDAR_DAY_TWICE', ['/holidays/2']],
    ['off and worked', { holidays: ['2025-10-11'], workingDays: ['2025-10-11'] }, '400 CALENDAR_DAY_TWICE', ['/workingDays/0']],
    ['a make-up day on a Monday', { workingDays: ['2025-10-13'] }, '400 CALENDAR_DAY_NO_WEEKEND', ['/workingDays/0']],
    ['no such day', { holidays: ['2025-02-29'] }, '400 VALIDATION_FAILED', ['/holidays/0']],
    ['no document', { documentNo: ' ' }, '400 VALIDATION_FAILED', ['/documentNo']],
    ['no year', { year: 1999 }, '400 VALIDATION_FAILED', ['/year']],
  ];
  for (const [name, more, expected, pointers] of refusedAs) {
    const answer = await operator.post('/calendars', { ...body, ...more });
    t.equal(told(answer), expected, name);
    t.strictSame(
      fields(answer).map((field) => field.split(' ')[0]),
      pointers,
      name,
    );
    t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
  }
  t.equal(told(await reviewer.post('/calendars', body)), '403 FORBIDDEN');

  const first = await propose(2025);
  t.equal(await endOf('2025-09-29', 5), 'CALENDAR_YEAR_UNPUBLISHED 2025', 'what is only proposed does not count');
  const asked = '/working-days?from=2025-09-29&count=5';
  t.equal(told(await reviewer.get(asked)), '409 CALENDAR_YEAR_UNPUBLISHED');
  t.equal(told(await operator.post(`/calendars/${first}/approve`)), '403 FOUR_EYES');
  t.equal(told(await approver.post(`/calendars/${uuidv7(new Date())}/approve`)), '404 NOT_FOUND');
  t.match(expectStatus(await approver.post(`/calendars/${first}/approve`), 200), {
    status: 'PUBLISHED',
    version: 1,
    publishedOn: '2025-03-03',
    publishedPerson: approver.personId,
  });
  t.equal(await endOf('2025-09-29', 5), '2025-10-13');
  t.match(expectStatus(await reviewer.get(asked), 200), { from: '2025-09-29', count: 5, endsOn: '2025-10-13' });
  t.equal(await endOf('2025-12-30', 2), 'CALENDAR_YEAR_UNPUBLISHED 2026', 'a period into a year that is not published');
  t.equal(told(await reviewer.get('/working-days?from=2025-12-30&count=2')), '409 CALENDAR_YEAR_UNPUBLISHED');

  // The weekend worked on 2025-10-11 was a mistake, say.
  const second = await propose(2025, { workingDays: body.workingDays.slice(0, -1), documentNo: '更正〔2025〕1号' });
  t.equal(await endOf('2025-09-29', 5), '2025-10-13', 'the published version holds until the next one is published');
  expectStatus(await approver.post(`/calendars/${second}/approve`), 200);
  t.equal(await endOf('2025-09-29', 5), '2025-10-14');
  const third = await propose(2025);
  const fourth = await propose(2025);
  expectStatus(await approver.post(`/calendars/${fourth}/approve`), 200);
  t.equal(told(await approver.post(`/calendars/${third}/approve`)), '409 CALENDAR_WRONG_STATE', 'none follows a later one');
  t.equal(await endOf('2025-09-29', 5), '2025-10-13');
  t.strictSame(
    itemsOf<{ status: string }>(await reviewer.get('/calendars?year=2025')).map(({ status }) => status),
    ['SUPERSEDED', 'SUPERSEDED', 'SUPERSEDED', 'PUBLISHED'],
    'every version stays on record',
  );
  t.equal(itemsOf(await reviewer.get('/calendars?year=2024')).length, 0);
  await t.rejects(service.db.sql`update calendar_years set holidays = '[]'`, 'what was said of a year cannot be changed');
  await t.rejects(service.db.sql`delete from calendar_years`);

  const proposed = await propose(2026);
  const refused = await tryEverything(t, {
    life: calendarLife,
    bring: async (state) => ({ PROPOSED: proposed, PUBLISHED: fourth, SUPERSEDED: second })[state],
    ask: (verb, calendar) => approver.post(`/calendars/${calendar}/${verb}`),
    look: () => lookAt(reviewer, '/calendars'),
  });
  t.equal(refused, 2);
});
