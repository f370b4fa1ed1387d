// Two cases from their first draft to their decision, with everything that may come between; the books are clean after each, and what
// was decided explains itself.
import t from 'tap';
import { addDays } from '../../src/calendar.js';
import { auditLedger } from '../../src/ledger/audit.js';
import type { Step } from '../../src/programmes/explain.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { startTeam } from '../cases/team.js';
import { objection, scored, startCases, steps } from '../cases/world.js';
import { feeCode, fund, told } from '../reimbursements/world.js';
import type { Service, TestBook } from '../service.js';
import { expectStatus } from '../service.js';

const audited = async ({ owner }: Service, { bookId }: TestBook) => [
  ...(await auditLedger(owner, bookId)),
  ...(await auditBusiness(owner, bookId)),
  ...(await recomputeAwards(owner, bookId)),
];

void t.test('a voucher: drafted, corrected once, scored, shown, objected to, approved and issued', async (t) => {
  const world = await startCases(t, { text: steps.all + steps.noticeDays + steps.days + steps.experts });
  const { firm, district, checker, reviewer, approver, experts, programmeCode, eligibility, clock, book } = world;
  expectStatus(await world.load('1000000.00'), 201);
  clock.set('2024-09-02');
  const contractId = await world.contract(firm, '2000000.00');
  const draft = expectStatus(await firm.member.post('/applications/drafts', { programmeCode, contractId }), 201);
  const url = `/applications/${draft.applicationId as string}`;
  const done = async (by: typeof district, verb: string, body: object = {}) =>
    expectStatus(await by.post(`${url}/${verb}`, body), 200);
  clock.set('2024-09-03');
  t.match(await done(firm.member, 'submit', { commitment: true }), { status: 'SUBMITTED', dueOn: '2024-09-06' });
  const items = [
    { kind: 'FIELD', subject: '/matters/project', what: '请补充项目名称' },
    { kind: 'MATERIAL', subject: '算力服务合同', what: '缺盖章页' },
  ];
  clock.set('2024-09-05');
  // Mid-autumn is off from the 15th to the 17th, and Saturday the 14th is worked.
  t.match(await done(district, 'request-supplement', { items, workingDays: 8 }), { dueOn: '2024-09-18' });
  clock.set('2024-09-10');
  const answers = items.map(({ what }, i) => ({ item: i + 1, answer: `已按“${what}”补正`, evidence: '附件' }));
  t.match(await done(firm.member, 'supplement', { answers }), { status: 'SUBMITTED' });
  await done(district, 'accept');
  await done(checker, 'check');
  await done(reviewer, 'assign-experts', { memberIds: [experts[0].memberId, experts[1].memberId] });
  const scoresDigest = await scored(world, url);
  const reviewed = await done(reviewer, 'review', { eligibility, scoresDigest });
  clock.set('2024-09-11');
  const notice = expectStatus(
    await reviewer.post('/notices', {
      title: '2024年第二批算力券拟发放名单',
      items: [{ caseId: draft.applicationId as string }],
    }),
    201,
  );
  t.match(
    notice,
    { lastDay: '2024-09-19', items: [{ name: '企业1', amount: '400000.00' }] },
    'five working days around a holiday',
  );
  clock.set('2024-09-13');
  const caseNo = reviewed.applicationNo as string;
  const raised = expectStatus(await objection(world, notice.noticeId as string, { caseNo }), 201);
  clock.set('2024-09-24');
  const decision = { objectionId: raised.objectionId as string, upheld: false, reason: '经核实，双方不存在关联关系' };
  t.match(await done(approver, 'decide-objection', decision), { status: 'DISMISSED', noticeLastDay: '2024-09-29' });
  const approve = async () => approver.post(`${url}/approve`, { reviewDigest: reviewed.reviewDigest as string });
  clock.set('2024-09-29T23:59:59+08:00');
  t.equal(told(await approve()), '409 NOTICE_RUNNING');
  clock.set('2024-09-30T00:00:00+08:00');
  const approved = expectStatus(await approve(), 200);
  t.match(approved, { status: 'APPROVED', award: '400000.00', voucher: { face: '400000.00', issuedOn: '2024-09-30' } });
  const letter = (approved.explanation as Step[]).map(({ article, ruleZh, result }) => `${article} ${ruleZh} ${result}`);
  t.ok(letter.length > 3 && letter.every((line) => line.length > 10), letter.join('\n'));
  const entries = await world.owner.sql<{ kind: string }[]>`
    select kind from entries where book_id = ${book.bookId} and (subject_id = ${draft.applicationId as string}
      or kind like 'objection.%' or kind like 'notice.%') and refusal_code is null order by seq`;
  t.strictSame(
    entries.map(({ kind }) => kind).filter((kind) => /^(application|notice|objection)\./.test(kind)),
    [
      ...['application.drafted', 'application.submitted', 'application.supplement-requested', 'application.supplemented'],
      ...['application.accepted', 'application.checked', 'application.experts-assigned', 'application.reviewed'],
      ...['notice.published', 'objection.raised', 'objection.dismissed'],
    ],
    'every step is an entry of the book',
  );
  t.strictSame(await audited(world, book), []);
});

void t.test('an award: scored by experts, shown, shared out and payable', async (t) => {
  const { world, team } = await startTeam(
    t,
    steps.all.replace('PRELIMINARY_REVIEW, RECHECK, ', '') + steps.noticeDays + steps.experts,
  );
  const { reviewer, approver, experts } = team;
  await world.load(feeCode, '900000.00');
  const [first, second] = [await world.firm(1), await world.firm(2)];
  const ids: string[] = [];
  for (const firm of [first, second]) {
    await world.fee(firm, { lines: [{ gross: '1000000.00' }] });
    const id = expectStatus(await world.apply(firm), 201).reimbursementId as string;
    const url = `/reimbursements/${id}`;
    const memberIds = [experts[0].memberId, experts[1].memberId];
    expectStatus(await reviewer.post(`${url}/assign-experts`, { memberIds }), 200);
    const eligibility = { local: true, statistics: true };
    t.equal(told(await reviewer.post(`${url}/review`, { eligibility })), '409 EXPERTS_NOT_DONE');
    const scoresDigest = await scored(team, url);
    const above = await reviewer.post(`${url}/review`, { eligibility, scoresDigest, approved: '600000.01' });
    t.equal(told(above), '409 AMOUNT_ABOVE_ENTITLEMENT', 'never more than is computed');
    const review = { eligibility, scoresDigest, approved: '500000.00', opinion: '核减部分费用' };
    t.match(expectStatus(await reviewer.post(`${url}/review`, review), 200), { approved: '500000.00', score: 100 });
    ids.push(id);
  }
  const body = { title: '2025年度算力补助拟支持名单', items: ids.map((caseId) => ({ caseId })) };
  const notice = expectStatus(await reviewer.post('/notices', body), 201);
  t.match(notice, { lineCount: 2, total: '1000000.00', items: [{ name: '企业1' }, { name: '企业2' }] });
  const allocate = async () => reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 });
  t.equal(told(await allocate()), '409 ALLOCATION_EMPTY', 'none of them is through its notice');
  world.clock.set(addDays(notice.lastDay as string, 1));
  const drafted = expectStatus(await allocate(), 201);
  t.match(drafted, { claims: '1000000.00', shared: '900000.00', total: '900000.00', lineCount: 2 });
  const { allocationId, contentDigest } = drafted as { allocationId: string; contentDigest: string };
  expectStatus(await approver.post(`/allocations/${allocationId}/approve`, { contentDigest }), 200);
  t.equal(await world.balance(`payable:${first.enterpriseId}:${fund}`), 450_000_00n);
  const award = expectStatus(await first.member.get(`/reimbursements/${ids[0] ?? ''}`), 200);
  t.match(award, { status: 'APPROVED', award: '450000.00', waitingSince: null, dueOn: null });
  t.strictSame(await audited(world, world.book), []);
});
