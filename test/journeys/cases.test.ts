// Two cases from their first draft to their decision, with everything that may come between; the books are clean after each, and what
// was decided explains itself.
import t from 'tap';
import { addDays } from '../../src/calendar.js';
import { auditLedger } from '../../src/ledger/audit.js';
import type { Step } from '../../src/programmes/explain.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { expireDue } from '../../src/vouchers/expire-due.js';
import { startTeam } from '../cases/team.js';
import { objection, scored, startCases, steps } from '../cases/world.js';
import { feeCode, fund, told } from '../reimbursements/world.js';
import type { Service, TestBook } from '../service.js';
import { expectStatus } from '../service.js';
import { confirmedInvoice, nextSerial } from './job.js';
import type { DecisionLetter } from './letter.js';
import { readsLikeALetter } from './letter.js';

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
      'application.drafted',
      'application.submitted',
      'application.supplement-requested',
      'application.supplemented',
      'application.accepted',
      'application.checked',
      'application.experts-assigned',
      'application.reviewed',
      'notice.published',
      'objection.raised',
      'objection.dismissed',
    ],
    'every step is an entry of the book',
  );
  t.strictSame(await audited(world, book), []);
  const letterOf = async (url: string, title: string): Promise<string> => {
    const letter = expectStatus(await firm.member.get(`${url}/decision-letter`), 200) as DecisionLetter;
    readsLikeALetter(t, letter, { title, party: '企业1' });
    return letter.zh.text;
  };
  const issued = await letterOf(url, '算力券发放决定书');
  t.match(issued, /准予发放算力券（编号 \S+），有效期至 2025-09-30（当日有效）。金额 400,000\.00 元（人民币肆拾万元整）。/);

  // Used: redeemed, frozen and released, corrected by a red letter, used on its last day, and the rest lapses.
  const { voucherId } = approved.voucher as { voucherId: string };
  const usage = async (from: string, gross: string, own: string) =>
    confirmedInvoice(world, { firm: firm.member, contractId, contractGross: '2000000.00', gross, own, from });
  const redeem = async (invoiceId: string) => firm.member.post('/redemptions', { voucherId, invoiceId });
  t.match(expectStatus(await redeem(await usage('2024-10-01', '500000.00', '400000.00')), 201), { approved: '100000.00' });
  const second = await usage('2024-11-01', '300000.00', '240000.00');
  expectStatus(await approver.post(`/vouchers/${voucherId}/freeze`, { reason: '核查用量' }), 200);
  t.match(await redeem(second), { status: 409, body: { code: 'VOUCHER_FROZEN' } });
  expectStatus(await approver.post(`/vouchers/${voucherId}/unfreeze`, { reason: '查无实据' }), 200);
  const redeemed = expectStatus(await redeem(second), 201);
  t.match(redeemed, { status: 'APPROVED', approved: '60000.00' });
  const red = { redLetterNo: `2441${nextSerial()}`, contractId, issuedOn: '2024-11-28', reason: '服务中止，部分退款' };
  const lines = [{ lineNo: 1, quantity: '50', net: '-100000.00', vat: '0.00', gross: '-100000.00' }];
  const taken = expectStatus(await world.provider.post(`/usage-invoices/${second}/red-letters`, { ...red, lines }), 201);
  t.match(taken.corrections, [{ cause: 'RED_LETTER', reversed: '20000.00', recalled: '0.00' }]);
  t.match(
    await letterOf(`/corrections/${taken.corrections[0].correctionId as string}`, '补助更正决定书'),
    /发票开具红字[\s\S]*冲正未拨付款项 20,000\.00 元。金额 20,000\.00 元（人民币贰万元整）。/,
  );
  const last = await usage('2024-11-17', '400000.00', '320000.00');
  const late = await usage('2024-11-16', '1000.00', '1000.00');
  clock.set('2025-09-30T23:59:59+08:00');
  const final = expectStatus(await redeem(last), 201);
  t.match(final, { status: 'APPROVED', approved: '80000.00' }, 'on its last day, to the last second');
  t.match(
    await letterOf(`/redemptions/${final.redemptionId as string}`, '算力券兑付决定书'),
    /金额 80,000\.00 元（人民币捌万元整）/,
  );
  clock.set('2025-10-01T00:00:00+08:00');
  const here = await world.books.find(book.code);
  if (!here) throw new Error('the book is not there');
  t.equal(await expireDue.run({ book: here, clock, isStopping: () => false }), 1);
  const end = expectStatus(await firm.member.get(`/vouchers/${voucherId}`), 200);
  t.match(end, { status: 'EXPIRED', balance: '0.00', lapsed: '180000.00' });
  t.match(await redeem(late), { status: 409, body: { code: 'VOUCHER_EXPIRED' } });
  t.strictSame(await audited(world, book), []);
});

void t.test('what is refused is told with its reason and its article, for vouchers and for reimbursement', async (t) => {
  const world = await startCases(t, { text: steps.acceptance });
  const id = await world.brought('REJECTED');
  const letter = expectStatus(await world.firm.member.get(`/applications/${id}/decision-letter`), 200) as DecisionLetter;
  t.match(
    letter.zh.text,
    /^不予发放算力券决定书[\s\S]*一、事实[\s\S]*依据\n.*第四条[\s\S]*决定\n不予发放算力券。理由：不符合。[\s\S]*六十日内/,
  );
  t.match(letter.en.text, /No voucher is issued\. Reason: 不符合/);
  const withdrawn = await world.brought('WITHDRAWN');
  const paper = expectStatus(await world.firm.member.get(`/applications/${withdrawn}/decision-letter`), 200) as DecisionLetter;
  t.match(paper.zh.text, /^撤回申请确认书[\s\S]*确认当事人撤回申请，本件终止办理/);
  t.notMatch(paper.zh.text, /救济|六十日/, 'there is no decision to go against');
  const { world: other } = await startTeam(t, steps.acceptance);
  const firm = await other.firm(1);
  await other.fee(firm, { lines: [{ gross: '1000000.00' }] });
  const applied = expectStatus(await other.apply(firm), 201).reimbursementId as string;
  const reason = { reason: '费用不属于支持范围', article: '第二条' };
  t.equal(told(await firm.member.get(`/reimbursements/${applied}/decision-letter`)), '409 NOT_DECIDED');
  expectStatus(await other.reviewer.post(`/reimbursements/${applied}/reject`, reason), 200);
  const refusal = expectStatus(await firm.member.get(`/reimbursements/${applied}/decision-letter`), 200) as DecisionLetter;
  t.match(refusal.zh.text, /^不予补助决定书[\s\S]*第二条[\s\S]*不予补助。理由：费用不属于支持范围。/);
});

void t.test('an award: scored by experts, shown, shared out and payable, and corrected by a red letter', async (t) => {
  const { world, team } = await startTeam(
    t,
    steps.all.replace('PRELIMINARY_REVIEW, RECHECK, ', '') + steps.noticeDays + steps.experts,
  );
  const { reviewer, approver, experts } = team;
  await world.load(feeCode, '900000.00');
  const [first, second] = [await world.firm(1), await world.firm(2)];
  const ids: string[] = [];
  const fees: { invoiceId: string; contractId: string }[] = [];
  for (const firm of [first, second]) {
    fees.push(await world.fee(firm, { lines: [{ gross: '1000000.00' }] }));
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
  const letter = expectStatus(await first.member.get(`/reimbursements/${ids[0] ?? ''}/decision-letter`), 200) as DecisionLetter;
  readsLikeALetter(t, letter, { title: '补助决定书', party: '企业1' });
  t.match(letter.zh.text, /准予补助，列入结算批次支付。金额 450,000\.00 元（人民币肆拾伍万元整）。/);

  // The seller takes a third of what the first had bought back; the second's award is not touched by it.
  const [fee] = fees;
  const third = { net: '-400000.00', vat: '0.00', gross: '-400000.00' };
  const red = {
    redLetterNo: `2533${'9'.repeat(16)}`,
    contractId: fee?.contractId,
    issuedOn: world.clock.now().toISOString().slice(0, 10),
    reason: '部分服务未提供，退款',
    lines: [{ lineNo: 1, quantity: '400', ...third }],
  };
  expectStatus(await world.seller.post(`/usage-invoices/${fee?.invoiceId ?? ''}/red-letters`, red), 201);
  // 600,000.00 × 60 % is 360,000.00, of which the pool gives nine tenths as it did.
  t.match(expectStatus(await first.member.get(`/reimbursements/${ids[0] ?? ''}`), 200), {
    status: 'APPROVED',
    award: '450000.00',
    reversed: '126000.00',
    recalled: '0.00',
  });
  t.equal(await world.balance(`payable:${second.enterpriseId}:${fund}`), 450_000_00n);
  const { items } = expectStatus(await first.member.get(`/corrections?reimbursementId=${ids[0] ?? ''}`), 200) as {
    items: { correctionId: string }[];
  };
  const url = `/corrections/${items[0]?.correctionId ?? ''}/decision-letter`;
  const corrected = expectStatus(await first.member.get(url), 200) as DecisionLetter;
  readsLikeALetter(t, corrected, { title: '补助更正决定书', party: '企业1' });
  t.match(
    corrected.zh.text,
    /分配比例不变，其余各件不重新分配[\s\S]*本件核定金额 360,000\.00 元[\s\S]*得 324,000\.00 元[\s\S]*冲正未拨付款项 126,000\.00 元/,
  );
  t.equal(told(await second.member.get(url)), '404 NOT_FOUND');
  t.strictSame(await audited(world, world.book), []);
});
