// The life of an application for a voucher, on the way that asks for every step and on the short one; of an expert's assignment; and what
// experts, notices and objections refuse.
import t from 'tap';
import { applicationLife } from '../../src/applications/rules.js';
import type { CaseState, CaseVerb } from '../../src/cases/rules.js';
import { assignmentLife } from '../../src/experts/rules.js';
import { rotate } from '../../src/field-keys/rotate.js';
import { makeSealer } from '../../src/sealer.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { CaseWorld } from '../cases/world.js';
import { objection, startCases, steps } from '../cases/world.js';
import { planted } from '../planted.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { lookAt, tryEverything } from './table.js';

type State = Exclude<CaseState, 'ALLOCATED'>;
const nobody = '018f0000-0000-7000-8000-000000000000';
const digest = 'a'.repeat(64);

/** Asks for a verb of an application with a body that is right in itself. */
export const askApplication =
  (world: CaseWorld) =>
  async (verb: CaseVerb, id: string): Promise<Answer> => {
    const { firm, district, checker, reviewer, approver, experts, programmeCode, eligibility } = world;
    const url = `/applications/${id}`;
    const { contractId } = (await world.application(id)) as { contractId: string };
    const items = [{ kind: 'FIELD', subject: '/matters', what: '未填写' }];
    const asks: Record<CaseVerb, () => Promise<Answer>> = {
      revise: async () => firm.member.post(`${url}/revise`, { programmeCode, contractId }),
      submit: async () => firm.member.post(`${url}/submit`, { commitment: true }),
      'request-supplement': async () => district.post(`${url}/request-supplement`, { items }),
      supplement: async () => firm.member.post(`${url}/supplement`, { answers: [{ item: 1, answer: '已补' }] }),
      accept: async () => district.post(`${url}/accept`),
      check: async () => checker.post(`${url}/check`),
      'assign-experts': async () =>
        reviewer.post(`${url}/assign-experts`, { memberIds: [experts[0].memberId, experts[1].memberId] }),
      review: async () => reviewer.post(`${url}/review`, { eligibility }),
      publish: async () => reviewer.post('/notices', { title: '拟支持名单', items: [{ caseId: id }] }),
      'decide-objection': async () =>
        approver.post(`${url}/decide-objection`, { objectionId: nobody, upheld: false, reason: '不成立' }),
      approve: async () => approver.post(`${url}/approve`, { reviewDigest: digest }),
      allocate: async () => reviewer.post('/allocations', { programmeCode, year: 2024, reimbursementIds: [id] }),
      reject: async () => reviewer.post(`${url}/reject`, { reason: '不符合', article: '第四条' }),
      withdraw: async () => firm.member.post(`${url}/withdraw`, {}),
    };
    return asks[verb]();
  };

void t.test('every verb in every state of an application that is asked for every step', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.days + steps.experts });
  expectStatus(await world.load('5000000.00'), 201);
  const life = applicationLife({ accepts: true, checks: true, panels: true, notices: true });
  const { states } = life;
  const seen = await tryEverything<State, CaseVerb, string>(t, {
    life,
    bring: async (state) => world.brought(state),
    ask: askApplication(world),
    look: async (id) => [
      await lookAt(world.reviewer, `/applications/${id}`),
      await lookAt(world.reviewer, `/applications/${id}/supplements`),
    ],
  });
  t.equal(Object.keys(states).length, 12);
  t.ok(seen > 100, `${seen} refusals`);
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

void t.test('the short way offers review where the long one offers acceptance', async (t) => {
  const world = await startCases(t, { text: '' });
  const life = applicationLife({ accepts: false, checks: false, panels: false, notices: false });
  const reachable = ['SUBMITTED', 'REVIEWED', 'REJECTED', 'WITHDRAWN'] as const;
  t.strictSame(life.states.SUBMITTED, ['review', 'request-supplement', 'reject', 'withdraw']);
  t.strictSame(life.states.REVIEWED, ['review', 'approve', 'reject', 'withdraw']);
  const all = ['accept', 'check', 'assign-experts', 'publish', 'decide-objection'] as const;
  for (const state of reachable) {
    const id = await world.brought(state);
    for (const verb of all) {
      const { status, body } = await askApplication(world)(verb, id);
      t.strictSame([status, body.code], [409, 'APPLICATION_WRONG_STATE'], `${state} ${verb}`);
    }
  }
});

void t.test('experts declare, score once, are hidden from each other until then, and are cited', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.experts });
  const { reviewer, approver, book, firm, eligibility } = world;
  const [one, two, three] = world.experts;
  const id = await world.brought('CHECKED');
  const url = `/applications/${id}`;
  const assign = async (body: object) => reviewer.post(`${url}/assign-experts`, body);
  const ids = (...of: { memberId: string }[]) => of.map(({ memberId }) => memberId);
  const told = ({ status, body }: Answer) => (status < 300 ? String(status) : `${status} ${body.code as string}`);
  const applicant = await book.member('expert', { personId: firm.member.personId });
  const refusals: [string, object, string][] = [
    ['nobody of the book', { memberIds: [nobody] }, '409 EXPERT_UNKNOWN'],
    ['one who is no expert', { memberIds: [reviewer.memberId] }, '409 EXPERT_UNKNOWN'],
    ['the same twice', { memberIds: ids(one, one) }, '409 EXPERT_TWICE'],
    ['who applied', { memberIds: ids(one, applicant) }, '403 FOUR_EYES'],
    ['fewer than the text says', { memberIds: ids(one) }, '409 EXPERTS_TOO_FEW'],
    ['a number beside the text’s', { memberIds: ids(one, two), experts: 2 }, '400 PANEL_TERM_GIVEN'],
    [
      'criteria beside the text’s',
      { memberIds: ids(one, two), criteria: [{ id: 'x', name: { zh: '一', en: 'x' }, points: 1 }] },
      '400 PANEL_TERM_GIVEN',
    ],
  ];
  for (const [name, body, expected] of refusals) t.equal(told(await assign(body)), expected, name);
  const assigned = expectStatus(await assign({ memberIds: ids(one, two), workingDays: 10 }), 200);
  t.match(assigned, { status: 'EXPERT_REVIEW', panel: { experts: 2, lacking: 0, score: null, scoresDigest: null } });

  const own = async (by: typeof one) => {
    const { items } = expectStatus(await by.get('/expert-assignments'), 200) as { items: Record<string, unknown>[] };
    return items.at(-1) as { assignmentId: string; brief: unknown; parties: { name: string }[]; status: string };
  };
  const [ofOne, ofTwo] = [await own(one), await own(two)];
  t.match(ofOne, { status: 'ASSIGNED', brief: null, parties: [{ name: '企业1' }, { name: '中原智算' }], dueOn: '2024-07-15' });
  const scoring = {
    scores: [
      { criterion: 'need', points: 50 },
      { criterion: 'plan', points: 31 },
    ],
    opinion: '同意支持',
  };
  const at = (of: { assignmentId: string }) => `/expert-assignments/${of.assignmentId}`;
  t.equal(told(await one.post(`${at(ofOne)}/score`, scoring)), '409 ASSIGNMENT_WRONG_STATE', 'nothing is scored unseen');
  t.equal(told(await two.post(`${at(ofOne)}/declare`, { conflict: null })), '404 NOT_FOUND', 'another’s');
  t.equal(told(await two.get(at(ofOne))), '404 NOT_FOUND');
  t.match(expectStatus(await one.post(`${at(ofOne)}/declare`, { conflict: null }), 200), {
    status: 'DECLARED',
    brief: { contractAmount: '1000000.00', computed: '200000.00' },
  });
  t.match(expectStatus(await two.post(`${at(ofTwo)}/declare`, { conflict: '曾任该企业顾问' }), 200), {
    status: 'CONFLICTED',
    brief: null,
  });
  t.equal(expectStatus(await two.get(at(ofTwo)), 200).brief, null, 'who has a conflict never sees the case');
  const review = async (body: object = {}, by = reviewer) => by.post(`${url}/review`, { eligibility, ...body });
  const early = await review();
  t.equal(told(early), '409 EXPERTS_NOT_DONE');
  t.equal(told(await assign({ memberIds: ids(two) })), '409 EXPERT_TWICE', 'who is out stays out');
  expectStatus(await assign({ memberIds: ids(three) }), 200);
  const ofThree = await own(three);
  const dismissing = await book.member('reviewer', { personId: three.personId });
  t.equal(told(await dismissing.post(`${at(ofThree)}/dismiss`, { reason: '逾期' })), '403 FOUR_EYES');
  expectStatus(await reviewer.post(`${at(ofThree)}/dismiss`, { reason: '逾期未评' }), 200);
  const four = await book.member('expert');
  expectStatus(await assign({ memberIds: ids(four) }), 200);
  const ofFour = await own(four);
  expectStatus(await four.post(`${at(ofFour)}/declare`, { conflict: null }), 200);

  const scores: [string, object, string][] = [
    [
      'a criterion that nobody asked for',
      { ...scoring, scores: [{ criterion: 'looks', points: 1 }] },
      '400 SCORE_CRITERION_UNKNOWN',
    ],
    ['one left out', { ...scoring, scores: [{ criterion: 'need', points: 1 }] }, '400 SCORE_INCOMPLETE'],
    [
      'more than it has',
      {
        ...scoring,
        scores: [
          { criterion: 'need', points: 61 },
          { criterion: 'plan', points: 1 },
        ],
      },
      '400 SCORE_ABOVE_POINTS',
    ],
  ];
  for (const [name, body, expected] of scores) t.equal(told(await one.post(`${at(ofOne)}/score`, body)), expected, name);
  t.match(expectStatus(await one.post(`${at(ofOne)}/score`, scoring), 200), { status: 'SCORED', points: 81 });
  t.equal(told(await one.post(`${at(ofOne)}/score`, scoring)), '409 ASSIGNMENT_WRONG_STATE', 'once');
  t.equal(told(await four.get(`${at(ofFour)}/panel`)), '409 SCORES_HIDDEN', 'one who has not scored sees no other’s score');
  t.equal(told(await firm.member.get(`${url}/expert-review`)), '403 FORBIDDEN', 'nor does the applicant');
  t.equal(told(await review()), '409 EXPERTS_NOT_DONE');
  const second = {
    scores: [
      { criterion: 'need', points: 40 },
      { criterion: 'plan', points: 40 },
    ],
    opinion: '同意',
  };
  expectStatus(await four.post(`${at(ofFour)}/score`, second), 200);
  const panel = expectStatus(await four.get(`${at(ofFour)}/panel`), 200);
  t.match(panel, { score: 80, assignments: [{ points: 81 }, { status: 'CONFLICTED' }, { status: 'DISMISSED' }, { points: 80 }] });
  t.strictSame(expectStatus(await approver.get(`${url}/expert-review`), 200), panel, 'the bureau reads the same');
  t.equal(told(await reviewer.get(`/applications/${nobody}/expert-review`)), '404 NOT_FOUND');
  t.equal(told(await review()), '409 SCORES_NOT_CITED');
  t.equal(told(await review({ scoresDigest: digest })), '409 SCORES_NOT_CITED');
  const expert = await book.member('reviewer', { personId: one.personId });
  const scoresDigest = panel.scoresDigest as string;
  t.equal(told(await review({ scoresDigest }, expert)), '403 FOUR_EYES', 'no expert reviews their own scores');
  t.match(expectStatus(await review({ scoresDigest, maximum: '150000.00' }), 200), { status: 'REVIEWED', maximum: '150000.00' });

  await t.test('every verb in every state of an assignment', async (t) => {
    const subjects: Record<string, { by: typeof one; id: string }> = {
      SCORED: { by: one, id: ofOne.assignmentId },
      CONFLICTED: { by: two, id: ofTwo.assignmentId },
      DISMISSED: { by: three, id: ofThree.assignmentId },
    };
    const another = await world.brought('CHECKED');
    const others = [await book.member('expert'), await book.member('expert')] as const;
    expectStatus(await reviewer.post(`/applications/${another}/assign-experts`, { memberIds: ids(...others) }), 200);
    const [fresh, declared] = [await own(others[0]), await own(others[1])];
    expectStatus(await others[1].post(`${at(declared)}/declare`, { conflict: null }), 200);
    subjects['ASSIGNED'] = { by: others[0], id: fresh.assignmentId };
    subjects['DECLARED'] = { by: others[1], id: declared.assignmentId };
    const taken = await world.brought('EXPERT_REVIEW');
    expectStatus(await firm.member.post(`/applications/${taken}/withdraw`, {}), 200);
    subjects['ENDED'] = { by: one, id: (await own(one)).assignmentId };
    await tryEverything(t, {
      life: assignmentLife,
      bring: async (state) => {
        const subject = subjects[state];
        if (!subject) throw new Error(state);
        return subject;
      },
      ask: async (verb, { by, id: of }) => {
        const bodies = { declare: { conflict: null }, score: scoring, dismiss: { reason: '逾期' } };
        return (verb === 'dismiss' ? reviewer : by).post(`/expert-assignments/${of}/${verb}`, bodies[verb]);
      },
      look: async ({ by, id: of }) => lookAt(by, `/expert-assignments/${of}`),
    });
  });
});

void t.test('nobody is asked about a case that is over', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.experts });
  const { firm, reviewer, experts } = world;
  const [one, two] = experts;
  const own = async (by: typeof one) =>
    (expectStatus(await by.get('/expert-assignments'), 200) as { items: { assignmentId: string; status: string }[] }).items;
  const rejected = await world.brought('EXPERT_REVIEW');
  const [open] = await own(one);
  expectStatus(await one.post(`/expert-assignments/${open?.assignmentId ?? ''}/declare`, { conflict: null }), 200);
  expectStatus(await reviewer.post(`/applications/${rejected}/reject`, { reason: '不符合', article: '第四条' }), 200);
  const ended = { status: 'ENDED', waitingSince: null, dueOn: null, brief: null };
  t.match([await own(one), await own(two)], [[ended], [ended]], 'declared or not, with its rejection');
  const withdrawn = await world.brought('EXPERT_REVIEW');
  expectStatus(await firm.member.post(`/applications/${withdrawn}/withdraw`, {}), 200);
  t.match(await own(two), [ended, ended], 'with its withdrawal');
  expectStatus(await world.load('1000000.00'), 201);
  await world.brought('APPROVED');
  t.match(await own(two), [ended, ended, { status: 'SCORED', points: 100 }], 'what was scored stands');
});

void t.test('whoever belongs to a party is no expert in its case, under whatever role or name', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.experts });
  const { firm, reviewer, book } = world;
  const [parent, stranger] = [await world.enterprise(2), await world.enterprise(3)];
  const id = await world.brought('CHECKED');
  const url = `/applications/${id}`;
  const ofProvider = expectStatus(await reviewer.get('/providers'), 200).items as { uscc: string }[];
  const related = { uscc: firm.uscc, otherUscc: parent.uscc, source: '工商登记' };
  expectStatus(await reviewer.post('/related-parties', { ...related, validFrom: '2024-01-01' }), 201);
  const past = { ...related, otherUscc: stranger.uscc, validFrom: '2023-01-01', validTo: '2023-12-31' };
  expectStatus(await reviewer.post('/related-parties', past), 201);
  const expertOf = async (uscc: string, role: 'enterprise' | 'provider' = 'enterprise') => {
    const member = await book.member(role, { uscc });
    return book.member('expert', { personId: member.personId });
  };
  const clean = await book.member('expert');
  const assign = async (of: { memberId: string }) =>
    reviewer.post(`${url}/assign-experts`, { memberIds: [clean.memberId, of.memberId] });
  const told = ({ status, body }: Answer) => (status < 300 ? String(status) : `${status} ${body.code as string}`);
  const belonging: [string, Caller, RegExp][] = [
    ['another member of the applicant', await expertOf(firm.uscc), /企业1/],
    ['a member of the provider', await expertOf(ofProvider[0]?.uscc ?? '', 'provider'), /中原智算/],
    ['a member of a related party', await expertOf(parent.uscc), /企业1/],
  ];
  for (const [name, expert, party] of belonging) {
    const answer = await assign(expert);
    t.equal(told(answer), '409 EXPERT_RELATED', name);
    t.match(answer.body.detail, party);
    t.match(answer.body.errors, [{ pointer: '/memberIds/1' }]);
  }
  const leaver = await book.member('enterprise', { uscc: firm.uscc });
  expectStatus(await book.operator.post(`/members/${leaver.memberId}/end`), 200);
  const former = await book.member('expert', { personId: leaver.personId });
  await book.member('enterprise', { uscc: firm.uscc, personName: '王五' });
  const namesake = await book.member('expert', { personName: '王五' });
  const unrelated = await expertOf(stranger.uscc);
  const memberIds = [former.memberId, namesake.memberId, unrelated.memberId];
  expectStatus(await reviewer.post(`${url}/assign-experts`, { memberIds }), 200);
  const at = async (by: Caller) => {
    const { items } = expectStatus(await by.get('/expert-assignments'), 200) as { items: { assignmentId: string }[] };
    return `/expert-assignments/${items[0]?.assignmentId ?? ''}`;
  };
  const free = { conflict: null };
  t.match(expectStatus(await unrelated.post(`${await at(unrelated)}/declare`, free), 200), { status: 'DECLARED', doubts: null });
  for (const [expert, why] of [
    [former, 'FORMER_MEMBER'],
    [namesake, 'SAME_NAME'],
  ] as const) {
    const answer = await expert.post(`${await at(expert)}/declare`, free);
    t.equal(told(answer), '409 EXPERT_EXPLANATION_REQUIRED', why);
    t.match(answer.body.detail, /企业1/);
    const explained = await expert.post(`${await at(expert)}/declare`, { ...free, explanation: '已离职三年 / 同名' });
    t.match(expectStatus(explained, 200), {
      status: 'DECLARED',
      doubts: [{ uscc: firm.uscc, name: '企业1', why }],
      explanation: '已离职三年 / 同名',
    });
  }
  const panel = expectStatus(await reviewer.get(`${url}/expert-review`), 200);
  t.match(panel.assignments, [{ doubts: [{}], explanation: /离职/ }, { doubts: [{}] }, { doubts: null }], 'the bureau reads it');
  await book.member('provider', { uscc: ofProvider[0]?.uscc ?? '', personId: unrelated.personId });
  const scores = [
    { criterion: 'need', points: 1 },
    { criterion: 'plan', points: 1 },
  ];
  const scoring = await unrelated.post(`${await at(unrelated)}/score`, { scores, opinion: '同意' });
  t.equal(told(scoring), '409 EXPERT_RELATED', 'who has come to belong to one since scores no more');
  t.match(expectStatus(await unrelated.post(`${await at(unrelated)}/declare`, { conflict: '新近入职' }), 200), {
    status: 'CONFLICTED',
    doubts: null,
  });
});

void t.test('where the text is silent, the bureau says how many experts score, and by what', async (t) => {
  const world = await startCases(t, { text: steps.all });
  const id = await world.brought('CHECKED');
  const [one] = world.experts;
  const assign = async (body: object) =>
    world.reviewer.post(`/applications/${id}/assign-experts`, { memberIds: [one.memberId], ...body });
  const criteria = [{ id: 'whole', name: { zh: '总体', en: 'on the whole' }, points: 100 }];
  t.match(await assign({ criteria }), { status: 400, body: { code: 'PANEL_TERM_REQUIRED' } });
  t.match(await assign({ experts: 1 }), { status: 400, body: { code: 'PANEL_TERM_REQUIRED' } });
  expectStatus(await assign({ experts: 1, criteria }), 200);
  // A notice without days cannot be given, whoever asks for it.
  const { items } = expectStatus(await one.get('/expert-assignments'), 200) as { items: { assignmentId: string }[] };
  const at = `/expert-assignments/${items[0]?.assignmentId ?? ''}`;
  expectStatus(await one.post(`${at}/declare`, { conflict: null }), 200);
  expectStatus(await one.post(`${at}/score`, { scores: [{ criterion: 'whole', points: 77 }], opinion: '可' }), 200);
  const { scoresDigest } = expectStatus(await world.reviewer.get(`/applications/${id}/expert-review`), 200) as {
    scoresDigest: string;
  };
  const body = { eligibility: world.eligibility, scoresDigest };
  expectStatus(await world.reviewer.post(`/applications/${id}/review`, body), 200);
  const silent = await world.reviewer.post('/notices', { title: '公示', items: [{ caseId: id }] });
  t.match(silent, { status: 409, body: { code: 'POLICY_SILENT' } });
});

void t.test(
  'a notice is read and objected to by everybody; an objection pauses one case and its days run on after it',
  async (t) => {
    const world = await startCases(t, { text: steps.noticeDays + steps.days });
    expectStatus(await world.load('5000000.00'), 201);
    const { reviewer, approver, book, firm } = world;
    const told = ({ status, body }: Answer) => (status < 300 ? String(status) : `${status} ${body.code as string}`);
    const [a, b, c] = [await world.brought('REVIEWED'), await world.brought('REVIEWED'), await world.brought('REVIEWED')];
    const unreviewed = await world.applied();
    // Friday: of the five working days the first is Monday, and the holidays after are none of them.
    world.clock.set('2024-09-27');
    const publish = async (items: object[], by = reviewer) => by.post('/notices', { title: '2024年第一批拟支持名单', items });
    const self = await book.member('reviewer', { personId: firm.member.personId });
    const wrong: [string, Promise<Answer>, string][] = [
      ['nothing there', publish([{ caseId: nobody }]), '404 NOT_FOUND'],
      ['one twice', publish([{ caseId: a }, { caseId: a }]), '400 NOTICE_ITEM_TWICE'],
      ['one that is not reviewed', publish([{ caseId: unreviewed }]), '409 APPLICATION_WRONG_STATE'],
      ['by who applied', publish([{ caseId: a }], self), '403 FOUR_EYES'],
    ];
    for (const [name, answer, expected] of wrong) t.equal(told(await answer), expected, name);
    const published = expectStatus(await publish([{ caseId: a }, { caseId: b, shownName: '企业*' }, { caseId: c }]), 201);
    t.match(published, {
      noticeNo: 'TESTCITY-N-2024-000001',
      firstDay: '2024-09-27',
      // Sunday the 29th and Saturday the 12th are worked, 1 to 7 October are off.
      lastDay: '2024-10-10',
      workingDays: 5,
      lineCount: 3,
      total: '600000.00',
      items: [{ name: '企业1', amount: '200000.00', state: 'RUNNING' }, { name: '企业*' }, {}],
    });
    const noticeId = published.noticeId as string;
    const openly = async (url: string) => world.call('GET', `/v1/books/${book.code}${url}`);
    const { ledgerSeq: _, ...read } = published as Record<string, unknown>;
    t.strictSame(expectStatus(await openly(`/notices/${noticeId}`), 200), read, 'without a key');
    t.equal((expectStatus(await openly('/notices'), 200).items as unknown[]).length, 1);
    t.equal(told(await openly(`/notices/${nobody}`)), '404 NOT_FOUND');
    t.equal(told(await world.call('GET', '/v1/books/nowhere/notices')), '404 NOT_FOUND');
    t.equal(told(await openly('/applications')), '401 UNAUTHENTICATED', 'and nothing else is');

    const digestOf = async (id: string) => (await world.application(id)).reviewDigest as string;
    const approve = async (id: string) => approver.post(`/applications/${id}/approve`, { reviewDigest: await digestOf(id) });
    const running = await approve(a);
    t.equal(told(running), '409 NOTICE_RUNNING');
    t.match(running.body.detail, /2024-10-10/);
    const [noA, noB] = [
      (await world.application(a)).applicationNo as string,
      (await world.application(b)).applicationNo as string,
    ];
    const object = async (caseNo: string, more: object = {}) => objection(world, noticeId, { caseNo, ...more });
    t.equal(told(await object('TESTCITY-A-2024-999999')), '404 NOT_FOUND');
    t.equal(
      told(await world.call('POST', `/v1/books/${book.code}/notices/${noticeId}/object`, { body: {} })),
      '400 VALIDATION_FAILED',
    );
    world.clock.set('2024-09-30');
    const raised = expectStatus(await object(noA), 201);
    t.strictSame(Object.keys(raised as object).sort(), ['caseNo', 'ledgerSeq', 'objectionId', 'objectionNo', 'receivedOn']);
    t.equal(expectStatus(await object(noA), 201).objectionId, raised.objectionId, 'the same said twice is said once');
    const other = expectStatus(await object(noA, { name: '李四' }), 201);
    t.match(await world.application(a), { status: 'OBJECTION_PENDING', noticeDaysLeft: 4, dueOn: '2024-10-15' });
    t.match(await world.application(b), { status: 'IN_PUBLIC_NOTICE', noticeLastDay: '2024-10-10' }, 'only that case is paused');
    t.match(expectStatus(await openly(`/notices/${noticeId}`), 200).items, [{ state: 'PAUSED' }, { state: 'RUNNING' }, {}]);
    const kept = JSON.stringify(await world.owner.sql`select * from objections where book_id = ${book.bookId}`);
    t.notMatch(kept, /张三|13800000000/, 'who objects is sealed');
    const open = await world.books.find(book.code);
    const sealer = makeSealer({ ...world.fieldKey, ring: world.fieldKey.ring.toReversed() });
    const turned = open && (await rotate({ book: open, clock: world.clock, sealer, isStopping: () => false }));
    t.match(turned, { left: 0 });
    t.not(JSON.stringify(await world.owner.sql`select * from objections where book_id = ${book.bookId}`), kept);
    const listed = async (by: typeof approver) =>
      expectStatus(await by.get(`/applications/${a}/objections`), 200).items as object[];
    t.match(await listed(approver), [{ name: '张三', contact: '13800000000', status: 'OPEN' }, { name: '李四' }]);
    t.match(await listed(await book.member('auditor')), [{ name: null, contact: null, content: /关联/ }, {}]);
    t.equal(told(await firm.member.get(`/applications/${a}/objections`)), '403 FORBIDDEN');
    t.equal(told(await approver.get(`/applications/${nobody}/objections`)), '404 NOT_FOUND');

    const decide = async (of: { objectionId: string }, more: object = {}, by = approver, id = a) =>
      by.post(`/applications/${id}/decide-objection`, {
        objectionId: of.objectionId,
        upheld: false,
        reason: '查无此事',
        ...more,
      });
    t.equal(told(await decide(raised, {}, reviewer)), '403 FOUR_EYES', 'who reviewed and published does not decide');
    t.equal(told(await decide({ objectionId: nobody })), '404 NOT_FOUND');
    t.equal(told(await decide(raised, { upheld: true })), '400 ARTICLE_REQUIRED');
    t.equal(told(await decide(raised, {}, approver, nobody)), '404 NOT_FOUND');
    t.equal(
      told(await approver.post(`/reimbursements/${a}/decide-objection`, { objectionId: nobody, upheld: false, reason: '—' })),
      '404 NOT_FOUND',
    );
    world.clock.set('2024-10-11');
    t.match(
      expectStatus(await decide(raised), 200),
      { status: 'DISMISSED', caseStatus: 'OBJECTION_PENDING' },
      'one is still open',
    );
    t.equal(told(await decide(raised)), '409 OBJECTION_DECIDED');
    // Four days were left: the 12th (worked), 14, 15, 16.
    t.match(expectStatus(await decide(other), 200), { caseStatus: 'IN_PUBLIC_NOTICE', noticeLastDay: '2024-10-16' });
    const lastNo = (await world.application(c)).applicationNo as string;
    t.equal(told(await object(lastNo)), '409 NOTICE_ENDED', 'after 24:00 of the last day');
    expectStatus(await approve(b), 200);
    t.equal(told(await object(noB)), '409 NOTICE_ENDED');
    t.equal(told(await approve(a)), '409 NOTICE_RUNNING', 'its own days run on');
    world.clock.set('2024-10-16T23:59:59.999+08:00');
    const late = expectStatus(await object(noA, { content: '另有新证据' }), 201);
    t.match(await world.application(a), { noticeDaysLeft: 1 });
    const upheld = await decide(late, { upheld: true, reason: '与服务机构关联，属实', article: '第六条' });
    t.match(expectStatus(upheld, 200), { status: 'UPHELD', caseStatus: 'REJECTED' });
    t.match(await world.application(a), {
      status: 'REJECTED',
      decisionArticle: '第六条',
      decisionReason: '与服务机构关联，属实',
    });
    t.match(expectStatus(await openly(`/notices/${noticeId}`), 200).items, [
      { state: 'TAKEN_OFF' },
      { state: 'ENDED' },
      { state: 'ENDED' },
    ]);
    t.strictSame(await auditBusiness(world.owner, book.bookId), []);

    const defects: [string, string, RegExp][] = [
      ['a name', `update notice_items set shown_name = '企业9' where line_no = 1`, /not those of its digest/],
      [
        'an amount',
        `update notice_items set amount_fen = amount_fen + 1 where line_no = 2`,
        /not those of its digest; says 3 lines/,
      ],
      ['a line', `delete from notice_items where line_no = 3`, /not those of its digest; says 3 lines.*has 2/],
      ['a day', `update public_notices set last_day = last_day + 1`, /not those of its digest/],
      ['the digest', `update public_notices set content_digest = repeat('0', 64)`, /not the one that was published/],
    ];
    const unshown = await planted(world.admin, book.bookId, [
      `update applications set review_digest = repeat('0', 64) where voucher_id is not null`,
    ]);
    t.ok(
      unshown.some(({ invariant, detail }) => invariant === 11 && /^notice .* shows review .*, the case has 0{64}$/.test(detail)),
      'what was approved and not shown is found',
    );
    for (const [what, statement, detail] of defects) {
      const found = await planted(world.admin, book.bookId, [statement]);
      t.match(found, [{ invariant: 11, subject: 'notice TESTCITY-N-2024-000001', detail }], `${what} altered later is found`);
    }
  },
);
