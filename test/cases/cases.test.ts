// The steps that cases share: drafts, correction lists that are said once, acceptance and its order, checks, deadlines in working days,
// rejection by an article, withdrawal.
import t from 'tap';
import { calendars } from '../../db/demo/calendars.js';
import { addDays, daysInclusive } from '../../src/calendar.js';
import type { CaseState } from '../../src/cases/rules.js';
import { readDays, waitingIn } from '../../src/cases/rules.js';
import { termsOf } from '../../src/experts/rules.js';
import { lawOn } from '../../src/programmes/language.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { Enterprise, World } from '../applications/world.js';
import { uscc as organisation, programmeFile, told, zhengzhou } from '../applications/world.js';
import { invoiceXml, pdf, upload } from '../evidence-files/upload.js';
import { costCode, feeCode, uscc } from '../reimbursements/world.js';
import { read } from '../programmes/world.js';
import { expectStatus } from '../service.js';
import { startTeam } from './team.js';
import { scored, startCases, steps } from './world.js';
import { approve as approveBatch, check } from '../settlements/batch.js';

const digest = 'a'.repeat(64);
const sellerUscc = organisation(9000001);

void t.test(
  'each state waits for its next step as long as the text gives that step, in working days, and no longer',
  async (t) => {
    const lawWith = async (text: string) => {
      const programme = read(await programmeFile(zhengzhou, text === '' ? [] : [[/^allocation:\n/m, `${text}allocation:\n`]]));
      return lawOn(programme, '2024-09-27');
    };
    const year = calendars.find((of) => of.year === 2024);
    if (!year) throw new Error('the demo world has no 2024');
    const off = new Set(
      year.holidays.flatMap(([from, to]) => Array.from({ length: daysInclusive(from, to) }, (_, i) => addDays(from, i))),
    );
    const calendar = new Map([[2024, { holidays: off, workingDays: new Set(year.workingDays) }]]);
    // A Friday: Sunday the 29th is worked, 1 to 7 October are off, Saturday the 12th is worked.
    const ends: Readonly<Record<number, string>> = {
      3: '2024-10-08',
      4: '2024-10-09',
      6: '2024-10-11',
      7: '2024-10-12',
      8: '2024-10-14',
      10: '2024-10-16',
    };
    const after = (days: number): string => ends[days] ?? '';
    const whole = steps.all + steps.noticeDays + steps.days;
    const table: readonly [text: string, state: CaseState, dueOn: string | null][] = [
      [whole, 'SUBMITTED', after(3)],
      [whole, 'ACCEPTED', after(4)],
      [whole, 'CHECKED', after(10)],
      [whole, 'EXPERT_REVIEW', after(10)],
      [whole, 'REVIEWED', after(8)],
      [whole, 'OBJECTION_PENDING', after(7)],
      [whole, 'ALLOCATED', after(8)],
      // The days of a notice, a correction and a draft are not a step's.
      [whole, 'IN_PUBLIC_NOTICE', null],
      [whole, 'SUPPLEMENT_REQUESTED', null],
      [whole, 'DRAFT', null],
      // Without the steps between, the next one is the review.
      [steps.days, 'SUBMITTED', after(6)],
      [steps.acceptance + steps.days, 'SUBMITTED', after(3)],
      [steps.acceptance + steps.days, 'ACCEPTED', after(6)],
      [steps.all + steps.noticeDays, 'SUBMITTED', null],
      ['', 'SUBMITTED', null],
    ];
    for (const [text, state, dueOn] of table) {
      const waiting = waitingIn(state, { law: await lawWith(text), today: '2024-09-27', calendar });
      t.strictSame(waiting, { kind: 'waiting', waitingSince: '2024-09-27', dueOn }, `${state}: ${dueOn ?? 'no end'}`);
    }
    const late = waitingIn('SUBMITTED', { law: await lawWith(whole), today: '2024-12-30', calendar });
    t.match(late, { kind: 'refused', code: 'CALENDAR_YEAR_UNPUBLISHED', params: { year: '2025' } }, 'never guessed');

    const asks: readonly [text: string, asked: number | undefined, found: number | string][] = [
      [steps.days, undefined, 5],
      [steps.days, 5, 5],
      [steps.days, 6, 6],
      [steps.days, 4, 'SUPPLEMENT_DAYS_TOO_FEW'],
      ['', 1, 1],
      ['', undefined, 'SUPPLEMENT_DAYS_REQUIRED'],
    ];
    for (const [text, asked, found] of asks) {
      const given = readDays(asked, await lawWith(text));
      t.equal(given.kind === 'read' ? given.days : given.code, found, `corrections: asked ${asked}, given ${found}`);
    }
    const criteria = [{ id: 'need', name: { zh: '必要性', en: 'need' }, points: 60 }];
    const panels: readonly [text: string, asked: Parameters<typeof termsOf>[0], found: number | string][] = [
      [steps.experts, {}, 2],
      [steps.experts, { experts: 2 }, 'PANEL_TERM_GIVEN'],
      [steps.experts, { criteria }, 'PANEL_TERM_GIVEN'],
      ['', { experts: 3, criteria }, 3],
      ['', { experts: 3 }, 'PANEL_TERM_REQUIRED'],
      ['', { criteria }, 'PANEL_TERM_REQUIRED'],
    ];
    for (const [text, asked, found] of panels) {
      const terms = termsOf(asked, await lawWith(text));
      t.equal(
        terms.kind === 'terms' ? terms.experts : terms.code,
        found,
        `experts: ${JSON.stringify(Object.keys(asked))}, ${found}`,
      );
    }
  },
);

void t.test('a draft is kept, written anew and checked when it is submitted, as if it came that day', async (t) => {
  const world = await startCases(t, { text: '' });
  const { firm, programmeCode } = world;
  const other = await world.enterprise(2);
  const contractId = await world.contract(firm, '1000000.00', { filed: false });
  const body = { programmeCode, contractId };
  const draft = (more: object = {}, by = firm) => by.member.post('/applications/drafts', { ...body, ...more });
  t.equal(told(await draft({}, other)), '404 NOT_FOUND', 'of a contract of one’s own');
  t.equal(told(await draft({ programmeCode: 'nowhere' })), '409 PROGRAMME_NOT_IN_FORCE');
  const kept = expectStatus(await draft(), 201);
  t.match(kept, { status: 'DRAFT', applicationNo: 'TESTCITY-AD-2024-000001', acceptedAt: null, waitingSince: '2024-07-01' });
  const url = `/applications/${kept.applicationId as string}`;
  t.equal(told(await firm.member.post(`${url}/submit`, {})), '400 VALIDATION_FAILED', 'without its commitment letter');
  t.equal(told(await firm.member.post(`${url}/submit`, { commitment: true })), '409 CONTRACT_NOT_FILED');
  t.equal(told(await other.member.post(`${url}/submit`, { commitment: true })), '404 NOT_FOUND');
  t.equal(told(await other.member.post(`${url}/revise`, body)), '404 NOT_FOUND');
  const filed = await world.contract(firm, '500000.00');
  t.match(expectStatus(await firm.member.post(`${url}/revise`, { ...body, contractId: filed }), 200), {
    status: 'DRAFT',
    contractId: filed,
    applicationNo: 'TESTCITY-AD-2024-000001',
  });
  world.clock.set('2024-07-02');
  const submitted = expectStatus(await firm.member.post(`${url}/submit`, { commitment: true }), 200);
  t.match(submitted, {
    applicationId: kept.applicationId,
    applicationNo: 'TESTCITY-A-2024-000001',
    status: 'SUBMITTED',
    submittedOn: '2024-07-02',
    computed: '100000.00',
  });
  t.equal(told(await firm.member.post(`${url}/submit`, { commitment: true })), '409 APPLICATION_WRONG_STATE');
  t.equal(told(await firm.member.post(`${url}/revise`, body)), '409 APPLICATION_WRONG_STATE');
  await t.rejects(
    world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${world.book.bookId})`;
      await sql`update applications set contract_id = ${contractId} where application_id = ${kept.applicationId as string}`;
    }),
    /fixed once it is submitted/,
    'what is applied for cannot be written anew',
  );
  const another = expectStatus(await draft(), 201);
  t.match(
    expectStatus(await firm.member.post(`/applications/${another.applicationId as string}/withdraw`, {}), 200),
    { status: 'WITHDRAWN', waitingSince: null },
    'a draft may be thrown away',
  );
});

void t.test('what is missing is said once, and answered item by item within its working days', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.days });
  const { firm, district, checker, reviewer, book } = world;
  const id = await world.applied();
  const url = `/applications/${id}`;
  t.match(await world.application(id), { acceptedAt: null, waitingSince: '2024-07-01', dueOn: '2024-07-04' });
  const field = { kind: 'FIELD', subject: '/matters/project', what: '未填写项目' };
  const material = { kind: 'MATERIAL', subject: '委托合同', what: '缺第三页' };
  const ask = (body: object, by = district) => by.post(`${url}/request-supplement`, body);
  const answer = (answers: object[], by = firm.member) => by.post(`${url}/supplement`, { answers });
  const own = await book.member('district_reviewer', { personId: firm.member.personId });
  t.equal(told(await ask({ items: [field] }, own)), '403 FOUR_EYES');
  t.equal(told(await ask({ items: [] })), '400 VALIDATION_FAILED');
  t.equal(told(await ask({ items: [{ ...field, again: 1 }] })), '400 SUPPLEMENT_ITEM_UNKNOWN', 'there is no list before');
  t.equal(told(await ask({ items: [field], workingDays: 4 })), '400 SUPPLEMENT_DAYS_TOO_FEW');
  t.equal(told(await answer([{ item: 1, answer: '已补' }])), '409 APPLICATION_WRONG_STATE', 'nobody has asked');
  const asked = expectStatus(await ask({ items: [field, material] }), 200);
  t.match(asked, {
    status: 'SUPPLEMENT_REQUESTED',
    dueOn: '2024-07-08',
    supplementList: {
      round: 1,
      dueOn: '2024-07-08',
      workingDays: 5,
      items: [{ item: 1, kind: 'FIELD' }, { item: 2 }],
      answers: null,
    },
  });
  t.equal(told(await district.post(`${url}/accept`)), '409 APPLICATION_WRONG_STATE');
  const other = await world.enterprise(2);
  t.equal(told(await answer([{ item: 1, answer: '已补' }], other.member)), '404 NOT_FOUND');
  t.equal(told(await answer([{ item: 1, answer: '已补' }])), '400 SUPPLEMENT_ITEM_UNANSWERED');
  t.equal(told(await answer([{ item: 3, answer: '已补' }])), '400 SUPPLEMENT_ITEM_UNKNOWN');
  t.equal(told(await answer([1, 1, 2].map((item) => ({ item, answer: '已补' })))), '400 SUPPLEMENT_ITEM_UNKNOWN', 'once each');
  world.clock.set('2024-07-09T00:00:00+08:00');
  const late = await answer([1, 2].map((item) => ({ item, answer: '已补' })));
  t.equal(told(late), '409 SUPPLEMENT_OVERDUE');
  t.match(late.body.detail, /2024-07-08/);
  world.clock.set('2024-07-08T23:59:59.999+08:00');
  const back = expectStatus(await answer([1, 2].map((item) => ({ item, answer: '已补', evidence: '附件' }))), 200);
  t.match(
    back,
    { status: 'SUBMITTED', acceptedAt: null, supplementList: { answeredOn: '2024-07-08' } },
    'complete is for others to say',
  );

  world.clock.set('2024-07-09');
  const fresh = { kind: 'MATERIAL', subject: '审计报告', what: '请提供' };
  t.equal(told(await ask({ items: [fresh] })), '409 SUPPLEMENT_ONCE', 'nothing new is asked a second time');
  t.equal(told(await ask({ items: [{ ...material, again: 3 }] })), '400 SUPPLEMENT_ITEM_UNKNOWN');
  t.match(expectStatus(await ask({ items: [{ ...material, again: 2 }] }), 200).supplementList, { round: 2, dueOn: '2024-07-16' });
  expectStatus(await answer([{ item: 1, answer: '第三页已附' }]), 200);
  const { items } = expectStatus(await firm.member.get(`${url}/supplements`), 200) as { items: object[] };
  t.match(items, [{ round: 1 }, { round: 2, answers: [{ answer: '第三页已附' }] }]);
  t.equal(told(await other.member.get(`${url}/supplements`)), '404 NOT_FOUND');

  await t.test('then it is accepted by one, checked by another, and each step knows until when', async (t) => {
    const accepted = expectStatus(await district.post(`${url}/accept`), 200);
    t.match(accepted, { status: 'ACCEPTED', waitingSince: '2024-07-09', dueOn: '2024-07-15' });
    t.ok((accepted.acceptedAt as string).startsWith('2024-07-09T10:00'), 'and has its place from now on');
    const sameEyes = await book.member('reviewer', { personId: district.personId });
    t.equal(told(await sameEyes.post(`${url}/check`)), '403 FOUR_EYES');
    t.match(expectStatus(await checker.post(`${url}/check`), 200), { status: 'CHECKED', dueOn: '2024-07-23' });
    t.equal(told(await reviewer.post(`${url}/reject`, { reason: '不符合条件' })), '400 ARTICLE_REQUIRED');
    const rejected = await reviewer.post(`${url}/reject`, { reason: '不符合条件', article: '第四条第二款' });
    t.match(expectStatus(rejected, 200), {
      status: 'REJECTED',
      decisionArticle: '第四条第二款',
      waitingSince: null,
      dueOn: null,
    });
  });
  t.strictSame(await auditBusiness(world.owner, book.bookId), []);
});

void t.test('first come is who was complete first: a correction costs the place', async (t) => {
  const world = await startCases(t, { text: '' });
  const { firm, reviewer, approver } = world;
  expectStatus(await world.load('400000.00'), 201);
  const other = await world.enterprise(2);
  const early = await world.applied('2000000.00');
  const ask = await reviewer.post(`/applications/${early}/request-supplement`, {
    items: [{ kind: 'MATERIAL', subject: '承诺书', what: '未盖章' }],
  });
  t.equal(told(ask), '400 SUPPLEMENT_DAYS_REQUIRED', 'a text that is silent leaves the days to who asks');
  const items = [{ kind: 'MATERIAL', subject: '承诺书', what: '未盖章' }];
  expectStatus(await reviewer.post(`/applications/${early}/request-supplement`, { items, workingDays: 3 }), 200);
  const later = await world.reviewed(other, '2000000.00');
  expectStatus(await firm.member.post(`/applications/${early}/supplement`, { answers: [{ item: 1, answer: '已盖章' }] }), 200);
  const review = expectStatus(await reviewer.post(`/applications/${early}/review`, { eligibility: {} }), 200);
  const first = { applicationId: early, contractId: '', reviewDigest: review.reviewDigest as string };
  t.equal(told(await world.approve(first)), '409 EARLIER_APPLICATION_WAITS', 'the other was complete before');
  expectStatus(await world.approve(later), 200);
  t.equal(told(await approver.post(`/applications/${early}/approve`, { reviewDigest: digest })), '409 REVIEW_CHANGED');
  expectStatus(await firm.member.post(`/applications/${early}/withdraw`, { reason: '资金已用完' }), 200);
  t.match(await world.application(early), { status: 'WITHDRAWN', decisionReason: '资金已用完' });
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

/** Both sides cut a contract to this amount, and the bureau files it. */
async function amended({ provider, reviewer }: World, { member }: Enterprise, contractId: string, gross: string): Promise<void> {
  const money = { net: gross, vat: '0.00', gross };
  const lines = [{ lineNo: 1, quantity: '500', ...money }];
  const body = { signedOn: '2024-07-01', reason: '用量减少，协商变更', ...money, lines };
  const { amendmentId } = expectStatus(await member.post(`/contracts/${contractId}/amendments`, body), 201);
  const url = `/contract-amendments/${amendmentId as string}`;
  expectStatus(await provider.post(`${url}/confirm`), 200);
  expectStatus(await reviewer.post(`${url}/file`), 200);
}

void t.test('a contract that changes takes its case’s review with it, whoever approves', async (t) => {
  const world = await startCases(t, { text: '' });
  const { firm, reviewer, approver, eligibility } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const { applicationId, contractId, reviewDigest } = await world.reviewed(firm, '1000000.00');
  const at = `/applications/${applicationId}`;
  await amended(world, firm, contractId, '600000.00');
  const stale = await approver.post(`${at}/approve`, { reviewDigest });
  t.equal(told(stale), '409 REVIEWED_CASE_CHANGED');
  t.match(stale.body.detail, /合同 HT-\d 在审核（评审）之后已变更/);
  const again = expectStatus(await reviewer.post(`${at}/review`, { eligibility }), 200);
  t.match(again, { maximum: '120000.00', status: 'REVIEWED' });
  t.not(again.reviewDigest, reviewDigest);
  t.equal(told(await approver.post(`${at}/approve`, { reviewDigest })), '409 REVIEW_CHANGED', 'the review before is over');
  const approved = await approver.post(`${at}/approve`, { reviewDigest: again.reviewDigest as string });
  t.match(expectStatus(approved, 200), { award: '120000.00' });

  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

void t.test('what experts have scored is not reviewed as something else', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.experts });
  const { firm, reviewer, eligibility } = world;
  const id = await world.brought('EXPERT_REVIEW');
  const scoresDigest = await scored(world, `/applications/${id}`);
  const { contractId } = (await world.application(id)) as { contractId: string };
  await amended(world, firm, contractId, '600000.00');
  const review = await reviewer.post(`/applications/${id}/review`, { eligibility, scoresDigest });
  t.equal(told(review), '409 REVIEWED_CASE_CHANGED');
  expectStatus(await reviewer.post(`/applications/${id}/reject`, { reason: '合同已变更', article: '第四条' }), 200);
  t.equal(told(await world.submit(firm, contractId)), '201', 'it is applied for anew');
});

void t.test('a correction list may have fields written anew: those it names, and no other', async (t) => {
  const world = await startCases(t, { text: steps.acceptance });
  const { firm, district, reviewer, approver, eligibility } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const other = await world.enterprise(2);
  const project = await world.matter(firm, 'P-1');
  await world.matter(other, 'P-2');
  const first = await world.contract(firm, '1000000.00');
  const [right, unfiled, foreign, taken] = [
    await world.contract(firm, '600000.00'),
    await world.contract(firm, '500000.00', { filed: false }),
    await world.contract(other, '500000.00'),
    await world.contract(firm, '700000.00'),
  ];
  expectStatus(await world.submit(firm, taken), 201);
  const id = expectStatus(await world.submit(firm, first), 201).applicationId as string;
  const before = await world.application(id);
  const url = `/applications/${id}`;
  const items = [
    { kind: 'FIELD', subject: '/matters/project', what: '未填写项目' },
    { kind: 'MATERIAL', subject: '/contractId', what: '缺第三页' },
    { kind: 'FIELD', subject: '/contractId', what: '所填合同有误' },
  ];
  expectStatus(await district.post(`${url}/request-supplement`, { items, workingDays: 5 }), 200);
  const answer = async (fields: Record<number, object> = {}) =>
    firm.member.post(`${url}/supplement`, {
      answers: [1, 2, 3].map((item) => ({ item, answer: '已更正', ...(fields[item] && { fields: fields[item] }) })),
    });
  const wrong: [string, Record<number, object>, string][] = [
    ['a field that no correction reaches', { 1: { '/programmeCode': 'x' } }, '409 SUPPLEMENT_FIELD_FIXED'],
    ['a field beside the one named', { 1: { '/matters/product': 'P-1' } }, '409 SUPPLEMENT_FIELD_NOT_NAMED'],
    ['a field where a paper was asked for', { 2: { '/contractId': right } }, '409 SUPPLEMENT_FIELD_NOT_NAMED'],
    ['another’s project', { 1: { '/matters/project': 'P-2' } }, '404 MATTER_NOT_FOUND'],
    ['another’s contract', { 3: { '/contractId': foreign } }, '404 NOT_FOUND'],
    ['what is no contract', { 3: { '/contractId': 'x' } }, '404 NOT_FOUND'],
    ['one that is not filed', { 3: { '/contractId': unfiled } }, '409 CONTRACT_NOT_FILED'],
    ['one that is applied for', { 3: { '/contractId': taken } }, '409 APPLICATION_OPEN'],
  ];
  for (const [name, fields, expected] of wrong) t.equal(told(await answer(fields)), expected, name);
  t.match(
    (await answer({ 1: { '/matters/product': 'P-1' } })).body.detail,
    /第 1 项所列为“\/matters\/project”，不包括“\/matters\/product”/,
  );
  t.match(await world.application(id), { contractId: first, status: 'SUPPLEMENT_REQUESTED' }, 'nothing of it was written');

  // Found out since it was submitted: they have one officer.
  const officer = {
    role: 'OFFICER',
    holderName: '李四',
    holderIdNo: '410102197001010022',
    validFrom: '2020-01-01',
    source: '核查',
  };
  for (const held of [firm.uscc, sellerUscc])
    expectStatus(await reviewer.post('/legal-person-holders', { uscc: held, ...officer }), 201);
  const flags = async () =>
    (expectStatus(await reviewer.get(`/flags-of-subject?subjectId=${id}`), 200) as { items: { flagId: string; kind: string }[] })
      .items;
  t.strictSame(await flags(), []);
  const corrected = expectStatus(await answer({ 1: { '/matters/project': 'P-1' }, 3: { '/contractId': right } }), 200);
  const [flag, ...others] = await flags();
  t.match(flag, { kind: 'RELATED_PARTIES' }, 'what newly looks wrong with it is flagged');
  t.strictSame(others, []);
  expectStatus(await approver.post(`/flags/${flag?.flagId ?? ''}/clear`, { reason: '经核查不影响' }), 200);
  t.match(corrected, { status: 'SUBMITTED', contractId: right, matters: { project }, computed: '120000.00' });
  t.not(corrected.contentDigest, before['contentDigest']);
  t.strictSame(
    (corrected.supplementList.answers as { changes: object[] }[]).map(({ changes }) => changes),
    [[{ field: '/matters/project', from: null, to: project }], [], [{ field: '/contractId', from: first, to: right }]],
    'what changed is kept, old and new',
  );
  t.equal(told(await world.submit(firm, first)), '201', 'the contract before is free again');
  expectStatus(await district.post(`${url}/accept`), 200);
  const { reviewDigest } = expectStatus(await reviewer.post(`${url}/review`, { eligibility }), 200) as { reviewDigest: string };
  t.match(expectStatus(await approver.post(`${url}/approve`, { reviewDigest }), 200), { award: '120000.00' });
  await t.rejects(
    world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${world.book.bookId})`;
      await sql`update applications set contract_id = ${taken} where application_id = ${id}`;
    }),
    /fixed once it is submitted/,
    'without a correction list nothing is written anew',
  );
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

void t.test('of an application for reimbursement, what it is about and what it declared', async (t) => {
  const { world, team } = await startTeam(t, steps.acceptance);
  const firm = await world.firm(1);
  const fee = await world.fee(firm, { lines: [{ gross: '1000000.00' }] });
  const xml = invoiceXml({ number: fee.invoiceNo });
  const file = await upload(world, team.reviewer, '发票.xml', xml, {
    kind: 'INVOICE',
    subject: ['USAGE_INVOICE', fee.invoiceId],
    book: world.book.code,
  });
  t.equal(file.status, 201);
  const matter = { kind: 'PROJECT', code: 'P-1', name: '事项', documentNo: '立项1号' };
  const { registrationId } = expectStatus(await firm.member.post('/matters', matter), 201) as { registrationId: string };
  const { holder } = expectStatus(await team.approver.post(`/matters/${registrationId}/confirm`, {}), 200) as { holder: string };
  const id = expectStatus(await world.apply(firm), 201).reimbursementId as string;
  const url = `/reimbursements/${id}`;
  const items = [{ kind: 'FIELD', subject: '/matters', what: '未填写项目' }];
  expectStatus(await team.district.post(`${url}/request-supplement`, { items, workingDays: 5 }), 200);
  const answer = async (fields: object) =>
    firm.member.post(`${url}/supplement`, { answers: [{ item: 1, answer: '已更正', fields }] });
  const flags = async () =>
    (expectStatus(await team.reviewer.get(`/flags-of-subject?subjectId=${id}`), 200) as { items: object[] }).items;
  const differs = [{ kind: 'DIGITAL_INVOICE_DIFFERS', amount: '1000000.00', rows: [{ id: fee.invoiceId }, {}] }];
  t.match(await flags(), differs, 'what a digital invoice said otherwise before it was applied for is flagged with it');
  t.equal(told(await answer({ '/contractIds': 'x' })), '409 SUPPLEMENT_FIELD_FIXED');
  const corrected = expectStatus(await answer({ '/matters/project': 'P-1' }), 200);
  t.match(corrected, { status: 'SUBMITTED', matters: { project: holder } });
  t.match(corrected.supplementList.answers, [{ changes: [{ field: '/matters/project', from: null, to: holder }] }]);
  t.match([await flags(), (await flags()).length], [differs, 1], 'once, however often it is looked at');
  t.equal(told(await team.district.post(`${url}/accept`)), '200');

  const item = (reference: string, gross: string) => ({
    reference,
    description: '语料采购',
    counterpartyUscc: uscc(900),
    counterpartyName: '钱江算力有限公司',
    serviceItem: 'CORPUS',
    net: gross,
    vat: '0.00',
    gross,
    settledOn: '2025-01-20',
    evidence: '银行回单',
  });
  const other = await world.firm(2);
  expectStatus(await world.apply(other, { programmeCode: costCode, items: [item('HT-F', '10000.00')] }), 201);
  const declared = { programmeCode: costCode, items: [item('HT-1', '100000.00'), item('HT-2', '50000.00')] };
  const costs = expectStatus(await world.apply(firm, declared), 201);
  const at = `/reimbursements/${costs.reimbursementId as string}`;
  const list = [{ kind: 'FIELD', subject: '/lines/2', what: '第 2 项金额与回单不符' }];
  expectStatus(await team.reviewer.post(`${at}/request-supplement`, { items: list, workingDays: 5 }), 200);
  const correct = async (fields: object) =>
    firm.member.post(`${at}/supplement`, { answers: [{ item: 1, answer: '已更正', fields }] });
  const wrong: [string, object, string][] = [
    ['a line that is not named', { '/lines/1/gross': '1.00' }, '409 SUPPLEMENT_FIELD_NOT_NAMED'],
    ['another field of the line', { '/lines/2/description': '语料' }, '409 SUPPLEMENT_FIELD_FIXED'],
    ['no number', { '/lines/2/reference': null }, '400 VALIDATION_FAILED'],
    ['the paper of another line', { '/lines/2/reference': 'ht－1' }, '400 ITEM_TWICE'],
    ['a code that is none', { '/lines/2/counterpartyUscc': '123' }, '400 USCC_LENGTH'],
    ['a paper that is funded', { '/lines/2/reference': 'HT-F' }, '409 ITEM_ALREADY_FUNDED'],
    ['what is no amount', { '/lines/2/gross': '1' }, '400 AMOUNT_FORMAT'],
    ['what does not add up', { '/lines/2/gross': '40000.00' }, '400 ITEM_DOES_NOT_ADD_UP'],
    ['nothing', { '/lines/2/net': '0.00', '/lines/2/gross': '0.00' }, '400 AMOUNT_ZERO'],
  ];
  for (const [name, fields, expected] of wrong) t.equal(told(await correct(fields)), expected, name);
  const less = expectStatus(await correct({ '/lines/2/net': '40000.00', '/lines/2/gross': '40000.00' }), 200);
  t.match(less, { status: 'SUBMITTED', base: '140000.00' });
  t.not(less.contentDigest, costs.contentDigest);
  t.match(less.supplementList.answers, [{ changes: [{ field: '/lines/2/net', from: '50000.00', to: '40000.00' }, {}] }]);
  const { items: lines } = expectStatus(await firm.member.get(`${at}/lines`), 200) as { items: object[] };
  t.match(lines, [{ gross: '100000.00' }, { gross: '40000.00' }]);
  const number = '24339900000000000001';
  const holders = async (of: string) =>
    (await world.owner.sql<{ holders: number }[]>`select holders from invoice_claims where number = ${of}`)[0]?.holders ?? 0;
  const again = async (fields: object) => {
    const items = [{ kind: 'FIELD', subject: '/lines/2', what: '票据号码与销售方不符', again: 1 }];
    expectStatus(await team.reviewer.post(`${at}/request-supplement`, { items, workingDays: 5 }), 200);
    return correct(fields);
  };
  const seller = { '/lines/2/counterpartyUscc': uscc(901), '/lines/2/counterpartyName': '西湖语料有限公司' };
  const paper = expectStatus(await again({ '/lines/2/reference': ` ${number}`, ...seller }), 200);
  t.match(paper.supplementList.answers[0].changes, [
    { field: '/lines/2/reference', from: 'HT-2', to: number },
    { from: uscc(900), to: uscc(901) },
    { from: '钱江算力有限公司', to: '西湖语料有限公司' },
  ]);
  const linesNow = async () => (expectStatus(await firm.member.get(`${at}/lines`), 200) as { items: object[] }).items;
  t.match(await linesNow(), [{ reference: 'HT-1' }, { reference: number, counterpartyUscc: uscc(901), numberConflict: false }]);
  t.equal(await holders(number), 1, 'the number is held across all books');
  const elsewhere = await world.apply(other, { programmeCode: costCode, items: [item(number, '10000.00')] });
  t.match(expectStatus(elsewhere, 201), { numberConflicts: 1 }, 'and marked where it is declared after');
  const taken = '24339900000000000002';
  expectStatus(await world.apply(other, { programmeCode: costCode, items: [item(taken, '10000.00')] }), 201);
  t.match(expectStatus(await again({ '/lines/2/reference': taken }), 200), { status: 'SUBMITTED' });
  t.match((await linesNow())[1], { reference: taken, numberConflict: true }, 'as it is here, where it is held elsewhere');
  t.equal(await holders(number), 0, 'what is named no more is given back');
  t.equal(await holders(taken), 1);
  expectStatus(await team.reviewer.post(`${at}/review`, { eligibility: {} }), 200);
  await t.rejects(
    world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${world.book.bookId})`;
      await sql`update reimbursement_lines set net_fen = 1, gross_fen = 1 where reimbursement_id = ${costs.reimbursementId as string}`;
    }),
    /corrected before it is reviewed/,
  );
  t.strictSame(await auditBusiness(world.owner, world.book.bookId), []);
});

/** Papers that a programme asks for, as they stand in its file. */
const materials = `materials:
  - { kind: COMMITMENT_LETTER, by: APPLICATION, name: { zh: 真实性承诺书, en: commitment letter }, cite: { document: notice, article: 第七条 } }
  - { kind: CONTRACT, by: APPLICATION, name: { zh: 算力服务合同, en: service contract }, cite: { document: notice, article: 第八条 } }
`;

void t.test('papers that the programme asks for are there when it is submitted, answered and accepted', async (t) => {
  const world = await startCases(t, { text: steps.acceptance + materials });
  const { firm, district, book, programmeCode } = world;
  const contractId = await world.contract(firm, '1000000.00');
  const bare = await world.submit(firm, contractId);
  t.equal(told(bare), '422 MATERIALS_MISSING');
  const all = /真实性承诺书（郑工信〔2024〕演示1号第七条）；算力服务合同（郑工信〔2024〕演示1号第八条）/;
  t.match(bare.body.detail, all, 'all of it at once, by name and article');
  const looked = expectStatus(await firm.member.post('/prechecks', { enterpriseId: firm.enterpriseId, contractId }), 200);
  const { missing } = (looked.programmes as { programmeCode: string; missing: { kind: string }[] }[])[0] ?? { missing: [] };
  t.match(
    missing.filter(({ kind }) => kind === 'MATERIAL'),
    [{ name: 'COMMITMENT_LETTER', text: '申请时须提交：真实性承诺书', article: '第七条' }, { name: 'CONTRACT' }],
    'and a pre-check says so before',
  );
  const english = await firm.member.post(
    '/applications',
    { programmeCode, contractId, commitment: true },
    { headers: { 'accept-language': 'en' } },
  );
  t.match(english.body.detail, /commitment letter \(郑工信〔2024〕演示1号 第七条\); service contract \(/);
  const attach = async (kind: string, subject: [string, string]) => {
    const file = await upload(world, firm.member, `${kind}.pdf`, pdf(kind), { kind, subject, book: book.code });
    return expectStatus(file, 201) as { evidenceFileId: string; attachment: { attachmentId: string } };
  };
  await attach('CONTRACT', ['CONTRACT', contractId]);
  const draft = expectStatus(await firm.member.post('/applications/drafts', { programmeCode, contractId }), 201);
  const id = draft.applicationId as string;
  const url = `/applications/${id}`;
  const submit = async () => firm.member.post(`${url}/submit`, { commitment: true });
  const half = await submit();
  t.equal(told(half), '422 MATERIALS_MISSING');
  t.notMatch(half.body.detail, /算力服务合同/, 'what stands with the contract is there');
  await attach('OTHER', ['APPLICATION', id]);
  t.equal(told(await submit()), '422 MATERIALS_MISSING', 'a paper of another kind is none of them');
  const letter = await attach('COMMITMENT_LETTER', ['APPLICATION', id]);
  t.equal(told(await submit()), '200');
  const detach = async ({ evidenceFileId, attachment }: typeof letter) =>
    firm.member.post(`/evidence-files/${evidenceFileId}/detach`, { attachmentId: attachment.attachmentId, reason: '换一份' });
  expectStatus(await detach(letter), 200);
  t.equal(told(await district.post(`${url}/accept`)), '422 MATERIALS_MISSING', 'nor is it accepted once one is taken away');
  const items = [{ kind: 'MATERIAL', subject: '承诺书', what: '请重新提交' }];
  expectStatus(await district.post(`${url}/request-supplement`, { items, workingDays: 3 }), 200);
  const answer = async () => firm.member.post(`${url}/supplement`, { answers: [{ item: 1, answer: '已提交' }] });
  t.equal(told(await answer()), '422 MATERIALS_MISSING', 'saying that it is there does not make it so');
  await attach('COMMITMENT_LETTER', ['APPLICATION', id]);
  t.equal(told(await answer()), '200');
  t.equal(told(await district.post(`${url}/accept`)), '200');
});

void t.test('papers of reimbursed invoices stand with each of them, or with the application', async (t) => {
  const papers = `materials:
  - { kind: PAYMENT_PROOF, by: APPLICATION, name: { zh: 付款凭证, en: proof of payment }, cite: { document: measure, article: 第七条 } }
`;
  const { world } = await startTeam(t, papers);
  const firm = await world.firm(1);
  const [one, two] = [
    await world.fee(firm, { lines: [{ gross: '1000000.00' }] }),
    await world.fee(firm, { lines: [{ gross: '500000.00' }] }),
  ];
  const attach = async (subject: [string, string]) =>
    expectStatus(
      await upload(world, firm.member, 'p.pdf', pdf(subject[1]), { kind: 'PAYMENT_PROOF', subject, book: world.book.code }),
      201,
    );
  t.equal(told(await world.apply(firm)), '422 MATERIALS_MISSING');
  await attach(['USAGE_INVOICE', one.invoiceId]);
  t.equal(told(await world.apply(firm)), '422 MATERIALS_MISSING', 'of the other there is none');
  const [payment] = await world.owner.sql<{ id: string }[]>`
    select payment_id as id from enterprise_payments where invoice_id = ${two.invoiceId}`;
  await attach(['PAYMENT', payment?.id ?? '']);
  t.equal(told(await world.apply(firm, {}, { dryRun: true })), '200', 'with the invoice, or with what was paid on it');
  const draft = expectStatus(await firm.member.post('/reimbursements/drafts', { programmeCode: feeCode }), 201);
  t.equal(told(await firm.member.post(`/reimbursements/${draft.reimbursementId as string}/submit`, { commitment: true })), '200');
});

void t.test(
  'what a payee has to hand in before it is paid keeps its line out of the batch, and the batch from being instructed',
  async (t) => {
    const papers = `materials:
  - { kind: COMMITMENT_LETTER, by: PAYMENT, name: { zh: 收款承诺书, en: receipt letter }, cite: { document: measure, article: 第九条 } }
`;
    const { world } = await startTeam(t, papers);
    const { book, reviewer, approver } = world;
    const [finance, payer] = [await book.member('finance'), await book.member('finance_approver')];
    await world.load(feeCode, '9000000.00');
    const paid = async (n: number) => {
      const firm = await world.firm(n);
      await world.fee(firm, { lines: [{ gross: '100000.00' }] });
      const account = {
        enterpriseId: firm.enterpriseId,
        bankName: '银行',
        bankCode: '102491000012',
        accountNo: `622202000000000${n}`,
      };
      const holder = { holderName: firm.name, validFrom: '2025-01-01' };
      expectStatus(await firm.member.post('/payee-accounts', { ...account, ...holder }), 201);
      return { firm, id: await world.reviewed(firm) };
    };
    const [one, two] = [await paid(1), await paid(2)];
    const { allocationId, contentDigest } = expectStatus(
      await reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 }),
      201,
    );
    expectStatus(
      await approver.post(`/allocations/${allocationId as string}/approve`, { contentDigest: contentDigest as string }),
      200,
    );
    const period = world.clock.now().toISOString().slice(0, 7);
    const draft = () => finance.post('/settlements', { period });
    const nothing = await draft();
    t.equal(told(nothing), '422 MATERIALS_MISSING', 'nobody has handed in anything');
    t.match(nothing.body.detail, /-RB-2025-000001：收款承诺书（.*第九条）；\S+-RB-2025-000002：收款承诺书/, 'line by line');
    const letter = expectStatus(
      await upload(world, one.firm.member, '承诺书.pdf', pdf('1'), {
        kind: 'COMMITMENT_LETTER',
        subject: ['REIMBURSEMENT', one.id],
        book: book.code,
      }),
      201,
    ) as { evidenceFileId: string; attachment: { attachmentId: string } };
    const batch = expectStatus(await draft(), 201);
    t.match(batch, {
      lineCount: 1,
      leftOut: [{ reimbursementId: two.id, missing: { zh: /^收款承诺书（/, en: /^receipt letter \(/ } }],
    });
    const url = `/settlements/${batch.settlementId as string}`;
    t.match(expectStatus(await finance.get(`${url}/left-out`), 200).items, batch.leftOut, 'and it is kept');
    const hands = { maker: finance, approver, checker: await book.member('finance') };
    await approveBatch(hands, batch.settlementId as string);
    await check(hands.checker, batch.settlementId as string);
    const detach = { attachmentId: letter.attachment.attachmentId, reason: '用错' };
    const detached = await reviewer.post(`/evidence-files/${letter.evidenceFileId}/detach`, detach);
    if (detached.status === 200) {
      t.equal(told(await payer.post(`${url}/instruct`)), '422 MATERIALS_MISSING', 'nor is anything paid once it is taken away');
      const again = { kind: 'COMMITMENT_LETTER', subject: ['REIMBURSEMENT', one.id] as [string, string], book: book.code };
      expectStatus(await upload(world, one.firm.member, '承诺书.pdf', pdf('2'), again), 201);
    }
    t.match(expectStatus(await payer.post(`${url}/instruct`), 200), { status: 'INSTRUCTED' });
  },
);

void t.test('working days that nobody has published are not guessed', async (t) => {
  const world = await startCases(t, { text: steps.acceptance + steps.days, years: [2025] });
  const contractId = await world.contract(world.firm, '1000000.00');
  const answer = await world.submit(world.firm, contractId);
  t.equal(told(answer), '409 CALENDAR_YEAR_UNPUBLISHED');
  t.match(answer.body.detail, /2024/);
});
