/**
 * A book whose programme puts every step on the way (初审、复核、评审、公示), with the published working days and somebody for each step.
 * Not a test itself.
 */
import { calendars } from '../../db/demo/calendars.js';
import { addDays, daysInclusive } from '../../src/calendar.js';
import type { Enterprise, World } from '../applications/world.js';
import { startWorld } from '../applications/world.js';
import type { CaseState } from '../../src/cases/rules.js';
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
  /** An application brought into a state through the API, on the way that the programme names. Moves the clock on where a notice must end. */
  brought(state: Exclude<CaseState, 'ALLOCATED'>): Promise<string>;
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
  const cases: CaseWorld = {
    ...world,
    district,
    checker,
    experts: experts,
    firm,
    applied: async (gross = '1000000.00') =>
      expectStatus(await world.submit(firm, await world.contract(firm, gross)), 201).applicationId as string,
    application: async (id) => expectStatus(await world.reviewer.get(`/applications/${id}`), 200),
    brought: async (state) => broughtTo(cases, text, state),
  };
  return cases;
}

/** Every expert of a panel declares and scores; what a review cites. */
export async function scored(world: Pick<CaseWorld, 'experts' | 'reviewer'>, url: string): Promise<string> {
  for (const expert of world.experts.slice(0, 2)) {
    const { items } = expectStatus(await expert.get('/expert-assignments?limit=200'), 200) as {
      items: { assignmentId: string; status: string; criteria: { id: string; points: number }[] }[];
    };
    for (const { assignmentId, criteria } of items.filter(({ status }) => status === 'ASSIGNED')) {
      const at = `/expert-assignments/${assignmentId}`;
      expectStatus(await expert.post(`${at}/declare`, { conflict: null }), 200);
      const scores = criteria.map(({ id, points }) => ({ criterion: id, points }));
      expectStatus(await expert.post(`${at}/score`, { scores, opinion: '同意' }), 200);
    }
  }
  return expectStatus(await world.reviewer.get(`${url}/expert-review`), 200).scoresDigest as string;
}

async function broughtTo(world: CaseWorld, text: string, state: CaseState): Promise<string> {
  const { firm, district, checker, reviewer, approver, experts, programmeCode, eligibility, clock } = world;
  if (state === 'DRAFT') {
    const contractId = await world.contract(firm, '1000000.00');
    return expectStatus(await firm.member.post('/applications/drafts', { programmeCode, contractId }), 201)
      .applicationId as string;
  }
  const id = await world.applied();
  const url = `/applications/${id}`;
  const done = async (by: Caller, verb: string, body: object = {}) => expectStatus(await by.post(`${url}/${verb}`, body), 200);
  if (state === 'SUBMITTED') return id;
  if (state === 'SUPPLEMENT_REQUESTED') {
    await done(district, 'request-supplement', {
      items: [{ kind: 'FIELD', subject: '/matters', what: '未填写' }],
      workingDays: 5,
    });
    return id;
  }
  if (state === 'REJECTED') {
    await done(reviewer, 'reject', { reason: '不符合', article: '第四条' });
    return id;
  }
  if (state === 'WITHDRAWN') {
    await done(firm.member, 'withdraw');
    return id;
  }
  if (text.includes('PRELIMINARY_REVIEW')) await done(district, 'accept');
  if (state === 'ACCEPTED') return id;
  if (text.includes('RECHECK')) await done(checker, 'check');
  if (state === 'CHECKED') return id;
  const panel = text.includes('EXPERT_REVIEW');
  if (panel) await done(reviewer, 'assign-experts', { memberIds: [experts[0].memberId, experts[1].memberId] });
  if (state === 'EXPERT_REVIEW') return id;
  const scoresDigest = panel ? { scoresDigest: await scored(world, url) } : {};
  const { reviewDigest } = (await done(reviewer, 'review', { eligibility, ...scoresDigest })) as { reviewDigest: string };
  if (state === 'REVIEWED') return id;
  const notice = expectStatus(await reviewer.post('/notices', { title: '拟支持名单', items: [{ caseId: id }] }), 201) as {
    noticeId: string;
    lastDay: string;
    items: { caseNo: string }[];
  };
  if (state === 'IN_PUBLIC_NOTICE') return id;
  if (state === 'OBJECTION_PENDING') {
    expectStatus(await objection(world, notice.noticeId, { caseNo: notice.items[0]?.caseNo ?? '' }), 201);
    return id;
  }
  clock.set(addDays(notice.lastDay, 1));
  await done(approver, 'approve', { reviewDigest });
  return id;
}

/** Objects to a case of a notice as anybody may, without a key. */
export const objection = async (world: CaseWorld, noticeId: string, of: { caseNo: string } & object) =>
  world.call('POST', `/v1/books/${world.book.code}/notices/${noticeId}/object`, {
    body: { name: '张三', contact: '13800000000', content: '申请企业与服务机构存在关联关系', ...of },
  });
