/**
 * A book whose programme puts every step on the way (初审、复核、评审、公示), with the published working days and somebody for each step.
 * Not a test itself.
 */
import { calendars } from '../../db/demo/calendars.js';
import { addDays, daysInclusive } from '../../src/calendar.js';
import type { Enterprise, World } from '../applications/world.js';
import { startWorld } from '../applications/world.js';
import type { Caller, TestBook } from '../service.js';
import { expectStatus } from '../service.js';

const cite = 'cite: { document: notice, article: 第五条 }';
/** Parameters that put steps on the way, as they stand in a programme file. */
export const steps = {
  all: `reviewSteps: { value: [PRELIMINARY_REVIEW, RECHECK, EXPERT_REVIEW, PUBLIC_NOTICE], ${cite} }\n`,
  acceptance: `reviewSteps: { value: [PRELIMINARY_REVIEW], ${cite} }\n`,
  noticeDays: `noticeDays: { value: 5, ${cite} }\n`,
  days: `stepDays: { value: { acceptance: 3, supplement: 5, check: 4, expertReview: 10, review: 6, objection: 7, decision: 8 }, ${cite} }\n`,
  experts: `expertReview:
  value:
    experts: 2
    criteria:
      - { id: need, name: { zh: 必要性, en: need }, points: 60 }
      - { id: plan, name: { zh: 方案, en: plan }, points: 40 }
  ${cite}
`,
};

/** Publishes the working days of these years: proposed by the operator, approved by another. */
export async function publishCalendars(book: TestBook, approver: Caller, years: readonly number[]): Promise<void> {
  for (const of of calendars.filter(({ year }) => years.includes(year))) {
    const holidays = of.holidays.flatMap(([from, to]) =>
      Array.from({ length: daysInclusive(from, to) }, (_, i) => addDays(from, i)),
    );
    const proposed = expectStatus(await book.operator.post('/calendars', { ...of, holidays }), 201);
    expectStatus(await approver.post(`/calendars/${proposed.calendarYearId as string}/approve`), 200);
  }
}

export interface CaseWorld extends World {
  district: Caller;
  checker: Caller;
  experts: readonly [Caller, Caller, Caller];
  firm: Enterprise;
  /** An application of the firm on a new contract, submitted; its id. */
  applied(gross?: string): Promise<string>;
  application(id: string): Promise<Record<string, unknown>>;
}

/** `text`: the parameters of its programme that put steps on the way. */
export async function startCases(
  t: { teardown(handler: () => Promise<void>): void },
  { text, years = [2024, 2025] }: { text: string; years?: readonly number[] },
): Promise<CaseWorld> {
  const world = await startWorld(t, text === '' ? {} : { replaced: [[/^allocation:\n/m, `${text}allocation:\n`]] });
  const { book, approver } = world;
  await publishCalendars(book, approver, years);
  const [district, checker, ...experts] = [
    await book.member('district_reviewer'),
    await book.member('reviewer'),
    await book.member('expert'),
    await book.member('expert'),
    await book.member('expert'),
  ];
  const firm = await world.enterprise(1);
  return {
    ...world,
    ...{ district, checker, experts: experts, firm },
    applied: async (gross = '1000000.00') =>
      expectStatus(await world.submit(firm, await world.contract(firm, gross)), 201).applicationId as string,
    application: async (id) => expectStatus(await world.reviewer.get(`/applications/${id}`), 200),
  };
}
