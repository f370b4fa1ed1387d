// Reimbursement of last year's settled fees: the base from the book, line by line; review; the sharing of a pool, exact and published;
// awards payable to enterprises, every limit beside them; paid by the month's batch; never beside a voucher; and an audit of it all.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness, findBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards, recomputeIn } from '../../src/reconciliation/recompute.js';
import { fundOf } from '../../src/ledger/chart.js';
import { approveAllocation } from '../../src/reimbursements/approve-allocation.js';
import { bookAwards, bookedAtOnce } from '../../src/reimbursements/book-awards.js';
import { sizeOf } from '../../src/reimbursements/draft-allocation.js';
import { delisted } from '../providers/delist.js';
import { expectStatus } from '../service.js';
import type { Firm, World } from './world.js';
import { costCode, feeCode, fees, fen, fund, startWorld, told, uscc, voucherCode } from './world.js';
import { approve as approveBatch, check } from '../settlements/batch.js';

const audited = async (world: World) => [
  ...(await auditLedger(world.db, world.book.bookId)),
  ...(await auditBusiness(world.db, world.book.bookId)),
  ...(await recomputeAwards(world.db, world.book.bookId)),
];
interface Line {
  reference: string;
  gross: string;
  settledOn: string | null;
  basisPoints: number | null;
  reason: string | null;
}
const linesOf = async (who: { get: Firm['member']['get'] }, id: string): Promise<Line[]> =>
  expectStatus(await who.get(`/reimbursements/${id}/lines?limit=200`), 200).items as Line[];

void t.test('the base is what the book says was settled last year, line by line', async (t) => {
  const world = await startWorld(t);
  const firm = await world.firm(1);
  const branch = await world.firm(2, firm.uscc);
  const other = await world.firm(3);
  const D = (gross: string) => ({ gross });
  const N = (gross: string) => ({ gross, origin: 'NON_DOMESTIC' as const });
  const mixed = await world.fee(firm, { lines: [D('100000.01'), N('100000.02')] });
  const unknown = await world.fee(firm, { lines: [{ gross: '1000.00', origin: 'UNKNOWN' }] });
  const storage = await world.fee(firm, { lines: [D('500.00'), { gross: '300.00', serviceItem: 'STORAGE' }] });
  const ofBranch = await world.fee(branch, { lines: [D('200.00')] });
  const unpaid = await world.fee(firm, { lines: [D('700.00')], payments: [{ amount: '699.99', paidOn: '2024-08-01' }] });
  const late = await world.fee(firm, {
    lines: [D('800.00')],
    payments: [
      { amount: '400.00', paidOn: '2024-12-31' },
      { amount: '400.00', paidOn: '2025-01-01' },
    ],
  });
  const onTime = await world.fee(firm, {
    lines: [D('900.00')],
    payments: [
      { amount: '500.00', paidOn: '2024-12-31' },
      { amount: '400.00', paidOn: '2024-02-01' },
    ],
  });
  const before = await world.fee(firm, {
    lines: [D('600.00')],
    payments: [{ amount: '600.00', paidOn: '2023-12-31' }],
    issuedOn: '2024-01-02',
    signedOn: '2023-12-30',
  });
  const posted = await world.fee(firm, { lines: [D('50.00')], confirmed: false });
  await world.fee(other, { lines: [D('1.00')] });

  const dry = expectStatus(await world.apply(firm, {}, { dryRun: true }), 200);
  t.equal(dry.ledgerSeq, null);
  const applied = expectStatus(await world.apply(firm, {}, { key: 'once' }), 201);
  t.match(dry, { computed: applied.computed as string, summary: applied.summary as object });
  t.strictSame(
    expectStatus(await world.apply(firm, {}, { key: 'once' }), 201).reimbursementId,
    applied.reimbursementId,
    'the same key and body, the same application',
  );
  const lines = await linesOf(firm.member, applied.reimbursementId as string);
  const shown = new Map(
    lines.map((line) => [`${line.reference} ${line.gross}`, [line.settledOn, line.basisPoints, line.reason]]),
  );
  const expected: [string, unknown[]][] = [
    [`${mixed.invoiceNo} 100000.01`, ['2024-08-01', 6000, null]],
    [`${mixed.invoiceNo} 100000.02`, ['2024-08-01', 3000, null]],
    [`${unknown.invoiceNo} 1000.00`, ['2024-08-01', 3000, null]],
    [`${storage.invoiceNo} 500.00`, ['2024-08-01', 6000, null]],
    [`${storage.invoiceNo} 300.00`, ['2024-08-01', null, 'SERVICE_ITEM_NOT_COUNTED']],
    [`${ofBranch.invoiceNo} 200.00`, ['2024-08-01', 6000, null]],
    [`${unpaid.invoiceNo} 700.00`, [null, null, 'FEE_NOT_SETTLED']],
    [`${late.invoiceNo} 800.00`, ['2025-01-01', null, 'FEE_NOT_SETTLED']],
    [`${onTime.invoiceNo} 900.00`, ['2024-12-31', 6000, null]],
    [`${before.invoiceNo} 600.00`, ['2023-12-31', null, 'FEE_NOT_SETTLED']],
    [`${posted.invoiceNo} 50.00`, ['2024-08-01', null, 'INVOICE_NOT_CONFIRMED']],
  ];
  t.strictSame(shown, new Map(expected));
  // 60 % of 100000.01 + 500 + 200 + 900, 30 % of 100000.02 + 1000; down to the fen once, on the sum (D5).
  t.match(applied, { base: '202600.03', computed: '91260.01', award: null, year: 2025, baseYear: 2024, lineCount: 11 });
  t.strictSame(applied.summary, [
    { basisPoints: 6000, reason: null, lines: 4, gross: '101600.01' },
    { basisPoints: 3000, reason: null, lines: 2, gross: '101000.02' },
    { basisPoints: null, reason: 'FEE_NOT_SETTLED', lines: 3, gross: '2100.00' },
    { basisPoints: null, reason: 'INVOICE_NOT_CONFIRMED', lines: 1, gross: '50.00' },
    { basisPoints: null, reason: 'SERVICE_ITEM_NOT_COUNTED', lines: 1, gross: '300.00' },
  ]);
  const read = expectStatus(await world.reviewer.get(`/reimbursements/${applied.reimbursementId as string}`), 200);
  t.strictSame(read.summary, applied.summary, 'the same when read');

  await t.test('nothing counts twice, and what is not yours is not there', async (t) => {
    t.equal(told(await world.apply(firm)), '409 FEE_NOT_SETTLED');
    t.equal(told(await other.member.get(`/reimbursements/${applied.reimbursementId as string}`)), '404 NOT_FOUND');
    t.equal(told(await other.member.get(`/reimbursements/${applied.reimbursementId as string}/lines`)), '404 NOT_FOUND');
    t.strictSame(expectStatus(await other.member.get('/reimbursements'), 200).items, []);
    t.equal(
      (expectStatus(await branch.member.get('/reimbursements'), 200).items as unknown[]).length,
      1,
      'a branch sees its legal person’s',
    );
    const invoice = expectStatus(await firm.member.get(`/usage-invoices/${mixed.invoiceId}`), 200);
    t.equal(invoice.isReimbursed, true);
    expectStatus(
      await world.reviewer.post(`/reimbursements/${applied.reimbursementId as string}/reject`, { reason: '材料不齐' }),
      200,
    );
    t.equal(expectStatus(await firm.member.get(`/usage-invoices/${mixed.invoiceId}`), 200).isReimbursed, false);
    t.match(expectStatus(await world.apply(firm), 201), { computed: '91260.01' }, 'what a rejection let go counts again');
  });
  t.strictSame(await audited(world), []);
});

interface AllocationShown {
  allocationId: string;
  contentDigest: string;
  claims: string;
  shared: string;
  total: string;
  status: string;
  lines: { reimbursementId: string; claim: string; amount: string; reason: string | null; enterpriseName: string }[];
}
const draft = async (world: World, body: Record<string, unknown> = {}): Promise<AllocationShown> =>
  expectStatus(
    await world.reviewer.post('/allocations', { programmeCode: feeCode, year: 2025, ...body }),
    201,
  ) as AllocationShown;
const approve = async (world: World, of: Pick<AllocationShown, 'allocationId' | 'contentDigest'>) =>
  world.approver.post(`/allocations/${of.allocationId}/approve`, { contentDigest: of.contentDigest });

void t.test(
  'D9: six awards of 20,000,000.00 share 100,000,000.00 pro rata, to the fen, are paid by the month and closed',
  async (t) => {
    const world = await startWorld(t);
    await world.load(feeCode, '100000000.00');
    const firms: Firm[] = [];
    for (let n = 1; n <= 6; n++) {
      const firm = await world.firm(n);
      firms.push(firm);
      await world.fee(firm, { lines: [{ gross: '40000000.00' }] });
      await world.reviewed(firm, { score: 80, opinion: '同意' });
    }
    const [first] = firms;
    if (!first) throw new Error('there is a first firm');
    const drafted = await draft(world);
    t.match(drafted, {
      claims: '120000000.00',
      shared: '100000000.00',
      total: '99999999.96',
      status: 'DRAFT',
      strategy: 'PRO_RATA',
    });
    t.strictSame(
      drafted.lines.map(({ claim, amount, reason }) => [claim, amount, reason]),
      firms.map(() => ['20000000.00', '16666666.66', null]),
    );
    t.strictSame(
      expectStatus(await first.member.get(`/allocations/${drafted.allocationId}`), 200).lines,
      drafted.lines,
      'everybody of the book reads the working',
    );
    t.match(expectStatus(await first.member.get('/allocations?status=DRAFT'), 200).items, [{ allocationNo: /-AL-2025-000001$/ }]);
    t.equal(await world.balance(`payable:${first.enterpriseId}:${fund}`), 0n, 'a draft moves no money');
    const decided = expectStatus(await approve(world, drafted), 200);
    t.match(decided, { status: 'APPROVED', total: '99999999.96' });
    t.equal(await world.balance(`available:${fund}`), 4n, '0.04 stays in the pool');
    for (const firm of firms) {
      t.equal(await world.balance(`payable:${firm.enterpriseId}:${fund}`), 1_666_666_666n);
      t.equal(await world.balance(`used:${feeCode}.awarded:${firm.uscc}:2025`), 1_666_666_666n, 'the limit beside the money');
    }
    const own = { fund, granted: null, promised: '16666666.66', left: null, outstanding: '0.00', redeemed: '16666666.66' };
    const funds = async (who: { get: Firm['member']['get'] }) =>
      expectStatus(await who.get('/dashboard'), 200).funds as unknown[];
    t.match(await funds(first.member), [{ ...own, payable: '16666666.66', inTransit: '0.00', paid: '0.00' }], 'on its dashboard');
    const auditor = await world.book.member('auditor');
    t.match(await funds(auditor), [{ fund, promised: '99999999.96', redeemed: '99999999.96', payable: '99999999.96' }]);
    t.match(expectStatus(await auditor.get('/dashboard'), 200).months, [
      { month: '2025-02', fund, promised: '99999999.96', redeemed: '99999999.96', redemptions: 0 },
    ]);
    const { items } = expectStatus(await first.member.get('/reimbursements?status=APPROVED'), 200);
    const [award] = items as {
      reimbursementId: string;
      award: string;
      explanation: { ruleZh: string; inputs: object; result: string }[];
    }[];
    t.match(award, { award: '16666666.66', fund, approvedOn: '2025-02-10' });
    t.match(award?.explanation.at(-1), {
      ruleZh: /按比例分配/,
      inputs: { claim: '20000000.00', shared: '100000000.00', claims: '120000000.00' },
      result: '16666666.66',
      bound: true,
    });
    t.strictSame(await audited(world), [], 'approved');

    await t.test('the batch of the month pays enterprises as it pays providers', async (t) => {
      world.clock.set('2025-03-03');
      t.equal(told(await world.finance.post('/settlements', { period: '2025-01' })), '409 SETTLEMENT_EMPTY');
      const batch = expectStatus(await world.finance.post('/settlements', { period: '2025-02' }), 201);
      t.match(batch, { lineCount: 6, total: '99999999.96' });
      t.match(batch.totals.byPayee, [{ payeeId: first.enterpriseId, payeeName: '企业1', count: 1, total: '16666666.66' }]);
      const { settlementId = '' } = batch as Record<string, string>;
      const lines = expectStatus(await world.finance.get(`/settlements/${settlementId}/lines`), 200).items as object[];
      t.match(lines[0], { redemptionId: null, reimbursementNo: /-RB-2025-000001$/, payeeName: '企业1' });
      t.equal(told(await world.finance.post('/settlements', { period: '2025-02' })), '409 SETTLEMENT_EMPTY', 'in one batch only');
      const checker = await world.book.member('finance');
      await approveBatch({ maker: world.finance, approver: world.approver }, settlementId);
      const missing = await checker.post(`/settlements/${settlementId}/check-lines`, { lines: [1] });
      t.match(missing, { status: 409, body: { code: 'SETTLEMENT_LINES_DIFFER' } });
      t.match(missing.body.detail, /第 1 行：没有生效的收款账户/);
      for (const [i, firm] of firms.entries()) {
        const account = {
          bankName: '杭州银行',
          bankCode: '313331000014',
          accountNo: `62220210010012345${60 + i}`,
          validFrom: '2025-01-01',
        };
        const body = { enterpriseId: firm.enterpriseId, holderName: firm.name, ...account };
        t.equal(told(await world.seller.post('/payee-accounts', body)), '404 NOT_FOUND', 'by its own member only');
        expectStatus(await firm.member.post('/payee-accounts', body), 201);
      }
      t.match(expectStatus(await first.member.get('/payee-accounts'), 200).items, [
        { enterpriseId: first.enterpriseId, providerId: null, accountNoLast4: '4560' },
      ]);
      t.equal(
        (expectStatus(await world.finance.get(`/payee-accounts?enterpriseId=${first.enterpriseId}`), 200).items as []).length,
        1,
      );
      await check(checker, settlementId);
      const given = expectStatus(await world.payer.post(`/settlements/${settlementId}/instruct`, {}), 200);
      t.equal((given.instructions as []).length, 12, 'one for each payee and funder');
      const file = expectStatus(await world.finance.get(`/settlements/${settlementId}/instructions`), 200);
      t.match(file.lines[0], { holderName: '企业1', accountNo: '6222021001001234560' });
      const bankLines = (given.instructions as { instructionNo: string; amount: string; payeeId: string }[]).map((of, i) => ({
        instructionNo: of.instructionNo,
        bankSerial: `B-${i}`,
        bookedOn: '2025-03-03',
        amount: of.amount,
        ...(i === 0 ? { status: 'RETURNED', reason: '账号有误' } : { status: 'PAID' }),
      }));
      const bank = { declaredCount: 12, declaredTotal: '99999999.96', lines: bankLines };
      t.match(expectStatus(await world.finance.post('/bank-returns', bank), 201), { matched: 12 });
      t.equal(
        await world.balance(`payable:${first.enterpriseId}:${fund}`),
        BigInt((bankLines[0]?.amount ?? '').replace('.', '')),
      );
      t.strictSame(await audited(world), [], 'one payment came back');
      const again = expectStatus(await world.payer.post(`/settlements/${settlementId}/reinstruct`, {}), 200);
      const [sent] = again.instructions as { instructionNo: string; amount: string }[];
      const second = [
        {
          instructionNo: sent?.instructionNo,
          amount: sent?.amount,
          bankSerial: 'C-1',
          bookedOn: '2025-03-03',
          status: 'PAID',
        },
      ];
      expectStatus(
        await world.finance.post('/bank-returns', { declaredCount: 1, declaredTotal: sent?.amount, lines: second }),
        201,
      );
      t.match(expectStatus(await world.finance.post(`/settlements/${settlementId}/close`, {}), 200), { status: 'CLOSED' });
      t.match(await funds(first.member), [{ ...own, payable: '0.00', inTransit: '0.00', paid: '16666666.66' }]);
      t.strictSame(await audited(world), [], 'closed');
    });
  },
);

void t.test('an invoice is redeemed or reimbursed, never both', async (t) => {
  const world = await startWorld(t);
  const firm = await world.firm(1);
  const ownPart = [{ amount: '900.00', paidOn: '2024-08-01' }];
  const redeemed = await world.fee(firm, { lines: [{ gross: '1000.00' }], payments: ownPart });
  const reimbursed = await world.fee(firm, { lines: [{ gross: '2000.00' }] });
  await world.load(voucherCode, '1000.00', 2025);
  await world.load(voucherCode, '1000.00', 2024);
  const voucher = async (contractId: string) => {
    const body = { kind: 'VOUCHER', programmeCode: voucherCode, version: 2, contractId, balance: '100.00' };
    const days = { issuedOn: '2024-06-01', lastDay: '2025-06-01' };
    const { openingBalanceId } = expectStatus(await world.operator.post('/opening-balances', { ...body, ...days }), 201);
    return expectStatus(await world.approver.post(`/opening-balances/${openingBalanceId as string}/approve`, {}), 200)
      .voucherId as string;
  };
  const [one, two] = [await voucher(redeemed.contractId), await voucher(reimbursed.contractId)];
  expectStatus(await firm.member.post('/redemptions', { voucherId: one, invoiceId: redeemed.invoiceId }), 201);
  const applied = expectStatus(await world.apply(firm), 201);
  t.match(applied, { base: '2000.00' });
  const reasons = (await linesOf(firm.member, applied.reimbursementId as string)).map(({ reference, reason }) => [
    reference,
    reason,
  ]);
  t.strictSame(reasons, [
    [redeemed.invoiceNo, 'INVOICE_ALREADY_REDEEMED'],
    [reimbursed.invoiceNo, null],
  ]);
  const again = { voucherId: two, invoiceId: reimbursed.invoiceId };
  t.equal(told(await firm.member.post('/redemptions', again)), '409 INVOICE_REIMBURSED');
  const raced = await Promise.all([firm.member.post('/redemptions', again), world.apply(firm)]);
  t.strictSame(raced.map(told), ['409 INVOICE_REIMBURSED', '409 NOTHING_TO_REIMBURSE']);
  expectStatus(await world.reviewer.post(`/reimbursements/${applied.reimbursementId as string}/reject`, { reason: '撤回' }), 200);
  const both = await Promise.all([firm.member.post('/redemptions', again), world.apply(firm)]);
  t.strictSame(both.map(told), ['409 SELF_FUNDED_PART_OVERPAID', '201'], 'what is paid in full is reimbursed, and not redeemed');
  await t.rejects(
    world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${world.book.bookId})`;
      await sql`update usage_invoices set reimbursed_lines = 1 where invoice_id = ${redeemed.invoiceId}`;
    }),
    /usage_invoices_funded_once/,
    'the wrong row can not be written',
  );
  t.strictSame(await audited(world), []);
});

const review = { eligibility: { local: true, statistics: true } };

void t.test(
  'a review binds what it found, leaves at most what is computed, and every wrong step is refused by its code',
  async (t) => {
    const world = await startWorld(t);
    const firm = await world.firm(1);
    const stranger = await world.book.member('enterprise', { uscc: uscc(77) });
    t.equal(told(await world.apply({ ...firm, member: stranger })), '409 LEGAL_PERSON_NOT_REGISTERED');
    t.equal(told(await world.apply(firm)), '409 NOTHING_TO_REIMBURSE');
    t.equal(told(await world.apply(firm, { programmeCode: 'none-such' })), '409 PROGRAMME_NOT_IN_FORCE');
    t.equal(told(await world.apply(firm, { programmeCode: voucherCode })), '409 PROGRAMME_OF_OTHER_FLOW');
    t.equal(told(await world.apply(firm, { commitment: false })), '400 VALIDATION_FAILED');
    t.equal(told(await world.apply(firm, { programmeCode: costCode })), '400 ITEMS_REQUIRED');
    t.equal(told(await world.approver.post('/reimbursements', {})), '403 FORBIDDEN');

    const one = await world.fee(firm, { lines: [{ gross: '1000.00' }] });
    const two = await world.fee(firm, { lines: [{ gross: '2000.00' }] });
    const ofOne = expectStatus(await world.apply(firm, { contractIds: [one.contractId] }), 201);
    const forVoucher = { programmeCode: feeCode, contractId: one.contractId, commitment: true };
    t.equal(told(await firm.member.post('/applications', forVoucher)), '409 PROGRAMME_OF_OTHER_FLOW');
    t.match(ofOne, { base: '1000.00', computed: '600.00', lineCount: 1 }, 'of one contract only');
    const id = ofOne.reimbursementId as string;
    const url = `/reimbursements/${id}/review`;
    const by = await world.book.member('reviewer', { personId: firm.member.personId });
    const cases: [string, () => Promise<{ status: number; body: { code?: string } }>, string][] = [
      ['by who applied', () => by.post(url, review), '403 FOUR_EYES'],
      [
        'of nothing',
        () => world.reviewer.post('/reimbursements/018f0000-0000-7000-8000-000000000000/review', review),
        '404 NOT_FOUND',
      ],
      ['a predicate nobody asks for', () => world.reviewer.post(url, { eligibility: { other: true } }), '400 PREDICATE_UNKNOWN'],
      [
        'a hard one not met',
        () => world.reviewer.post(url, { eligibility: { local: false, statistics: true } }),
        '409 NOT_ELIGIBLE',
      ],
      ['nothing left', () => world.reviewer.post(url, { ...review, approved: '0.00' }), '400 AMOUNT_ZERO'],
      ['a fen too much', () => world.reviewer.post(url, { ...review, approved: '600.01' }), '409 AMOUNT_ABOVE_ENTITLEMENT'],
      ['a score beyond 100', () => world.reviewer.post(url, { ...review, score: 101 }), '400 VALIDATION_FAILED'],
      ['rejected by who applied', () => by.post(`/reimbursements/${id}/reject`, { reason: '自撤' }), '403 FOUR_EYES'],
    ];
    for (const [name, send, expected] of cases) {
      const answer = await send();
      t.match(`${answer.status} ${answer.body.code ?? ''}`, expected, name);
    }
    const soft = { eligibility: { local: true, statistics: false }, exceptions: { statistics: '新设企业' } };
    const first = expectStatus(await world.reviewer.post(url, { ...soft, approved: '500.00', score: 70, opinion: '核减' }), 200);
    t.match(first, {
      status: 'REVIEWED',
      approved: '500.00',
      score: 70,
      opinion: '核减',
      outlook: { amount: '500.00', bound: 'REVIEW' },
    });
    const second = expectStatus(await world.reviewer.post(url, review), 200);
    t.match(second, { approved: '600.00', score: null });
    t.not(second.reviewDigest, first.reviewDigest, 'a further review binds anew');
    t.match(second.explanation, [{ article: '第一条' }]);

    await t.test('what the law no longer counts is let go at the next review', async (t) => {
      const both = expectStatus(await world.apply(firm), 201);
      t.match(both, { base: '2000.00', lineCount: 2 });
      const { listingId } =
        (expectStatus(await world.reviewer.get('/listings?serviceItem=AI_COMPUTE'), 200).items as { listingId: string }[])[0] ??
        {};
      expectStatus(await delisted(world, listingId ?? '', '2024-07-01'), 200);
      const refusedNow = await world.reviewer.post(`/reimbursements/${both.reimbursementId as string}/review`, review);
      t.equal(told(refusedNow), '409 PROVIDER_NOT_LISTED', 'nothing of it counts');
      expectStatus(
        await world.reviewer.post(`/reimbursements/${both.reimbursementId as string}/reject`, { reason: '供应商已退出' }),
        200,
      );
      t.equal(
        told(await world.reviewer.post(`/reimbursements/${both.reimbursementId as string}/review`, review)),
        '409 REIMBURSEMENT_WRONG_STATE',
      );
      await world.load(feeCode, '1000.00');
      const stale = await world.reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 });
      t.match(stale, { status: 409, body: { code: 'ALLOCATION_GIVES_NOTHING' } });
      t.match(
        stale.body.detail,
        /^所列 \d+ 件申请目前均不能获得补助。.*-RB-2025-\d+：服务机构在 .* 未以服务事项“智能算力”入库/,
        'each with what bound it, in words',
      );
      t.notMatch(stale.body.detail, /[A-Z]{3,}_|[{}]/);
      t.equal(expectStatus(await firm.member.get(`/usage-invoices/${two.invoiceId}`), 200).isReimbursed, false);
    });
    t.strictSame(await audited(world), []);
  },
);

void t.test('an allocation is of one law, approved as it was drafted by other eyes, or nothing happens', async (t) => {
  const world = await startWorld(t);
  const [a, b, c] = [await world.firm(1), await world.firm(2), await world.firm(3)];
  const allocate = async (body: object = {}) =>
    world.reviewer.post('/allocations', { programmeCode: feeCode, year: 2025, ...body });
  t.equal(told(await allocate()), '409 ALLOCATION_EMPTY');
  for (const firm of [a, b, c]) await world.fee(firm, { lines: [{ gross: '1000.00' }] });
  const first = await world.reviewed(a);
  const second = await world.reviewed(b);
  t.equal(told(await allocate()), '409 POOL_EXHAUSTED', 'nothing is granted yet');
  await world.load(feeCode, '900.00');
  const applied = expectStatus(await world.apply(c), 201).reimbursementId as string;
  t.equal(told(await allocate({ reimbursementIds: [applied] })), '409 REIMBURSEMENT_WRONG_STATE');
  t.equal(told(await allocate({ year: 2024, reimbursementIds: [first] })), '409 REIMBURSEMENT_NOT_ALLOCATABLE');
  t.equal(told(await allocate({ year: 2024 })), '409 ALLOCATION_EMPTY');
  t.equal(told(await allocate({ reimbursementIds: ['018f0000-0000-7000-8000-000000000000'] })), '404 NOT_FOUND');
  const dry = await world.reviewer.post('/allocations?dryRun=true', { programmeCode: feeCode, year: 2025 });
  t.match(expectStatus(dry, 200), { claims: '1200.00', shared: '900.00', total: '900.00', ledgerSeq: null });

  const drafted = await draft(world);
  t.equal(told(await allocate()), '409 ALLOCATION_EMPTY', 'in one live allocation only');
  t.equal(told(await world.reviewer.post(`/reimbursements/${first}/review`, review)), '409 REIMBURSEMENT_WRONG_STATE');
  t.equal(told(await world.reviewer.post(`/reimbursements/${first}/reject`, { reason: '—' })), '409 REIMBURSEMENT_WRONG_STATE');
  const eyes = await world.book.member('approver', { personId: world.reviewer.personId });
  t.equal(
    told(await eyes.post(`/allocations/${drafted.allocationId}/approve`, { contentDigest: drafted.contentDigest })),
    '403 FOUR_EYES',
  );
  const applicant = await world.book.member('approver', { personId: a.member.personId });
  t.equal(
    told(await applicant.post(`/allocations/${drafted.allocationId}/approve`, { contentDigest: drafted.contentDigest })),
    '403 FOUR_EYES',
  );
  t.equal(told(await approve(world, { ...drafted, contentDigest: 'f'.repeat(64) })), '409 ALLOCATION_CHANGED', 'another draft');
  await world.load(feeCode, '100.00');
  const changed = await approve(world, drafted);
  t.match(changed, { status: 409, body: { code: 'ALLOCATION_CHANGED' } });
  t.match(changed.body.detail, /RB-2025-000001 450.00 → 500.00/, 'more money, and it is said whose share changes');
  t.equal(await world.balance(`available:${fund}`), 100_000n, 'nothing half');
  expectStatus(await world.reviewer.post(`/allocations/${drafted.allocationId}/withdraw`, { reason: '资金追加' }), 200);
  t.equal(told(await approve(world, drafted)), '409 ALLOCATION_WRONG_STATE');
  t.equal(
    told(await world.reviewer.post(`/allocations/${drafted.allocationId}/withdraw`, { reason: '—' })),
    '409 ALLOCATION_WRONG_STATE',
  );
  t.strictSame(await audited(world), []);

  const again = await draft(world, { reimbursementIds: [first] });
  t.match(again, { claims: '600.00', shared: '600.00', total: '600.00' });
  const raced = await Promise.all([approve(world, again), approve(world, again)]);
  t.strictSame(raced.map(told), ['200', '409 ALLOCATION_WRONG_STATE'], 'approved once');
  const flagged = async (subjectKind: string, subjectId: string) => {
    const body = { subjectKind, subjectId, reason: '与另案材料雷同' };
    const { flagId } = expectStatus(await world.reviewer.post('/flags', body), 201);
    return async () => expectStatus(await world.approver.post(`/flags/${flagId as string}/clear`, { reason: '已核实' }), 200);
  };
  const clear = await flagged('REIMBURSEMENT', second);
  t.equal(told(await allocate({ reimbursementIds: [second] })), '409 FLAG_HOLDS', 'what a flag holds is not allocated');
  t.equal(told(await allocate()), '409 ALLOCATION_EMPTY', 'and passed over where nobody names it');
  await clear();
  const rest = await draft(world);
  t.match(rest.lines, [{ reimbursementId: second, claim: '600.00', amount: '400.00' }]);
  const [counted] = await world.owner.sql<{ id: string }[]>`
    select invoice_id as id from reimbursement_lines where reimbursement_id = ${second}`;
  const clearInvoice = await flagged('USAGE_INVOICE', counted?.id ?? '');
  const clearCase = await flagged('REIMBURSEMENT', second);
  t.equal(
    told(await approve(world, rest)),
    '409 FLAG_HOLDS',
    'nor is what was flagged meanwhile, itself or by an invoice that counts',
  );
  await clearCase();
  t.equal(told(await approve(world, rest)), '409 FLAG_HOLDS');
  await clearInvoice();
  expectStatus(await approve(world, rest), 200);
  t.equal(await world.balance(`available:${fund}`), 0n);

  await t.test('a limit that is spent leaves nothing, and two laws are not mixed', async (t) => {
    await world.load(feeCode, '50000000.00');
    await world.fee(a, { lines: [{ gross: '40000000.00' }] });
    const more = await world.reviewed(a);
    const capped = await draft(world);
    t.match(
      capped.lines,
      [{ reimbursementId: more, claim: '19999400.00', amount: '19999400.00' }],
      'what 600.00 left of 20,000,000.00',
    );
    expectStatus(await approve(world, capped), 200);
    await world.fee(a, { lines: [{ gross: '10.00' }] });
    await world.reviewed(a);
    const none = await allocate();
    t.match(none, { status: 409, body: { code: 'ALLOCATION_GIVES_NOTHING' } });
    t.match(none.body.detail, /：限额已用完（2025 年）：同一企业/);
    await world.plantProgramme(
      fees.replace('version: 1', 'version: 2').replace('PRO_RATA', 'RANKED').replace('2025-01-01', '2025-02-11'),
      '2025-02-11',
    );
    world.clock.set('2025-02-11');
    expectStatus(await world.reviewer.post(`/reimbursements/${applied}/review`, review), 200);
    await world.fee(b, { lines: [{ gross: '50.00' }] });
    await world.reviewed(b);
    t.equal(told(await allocate()), '409 ALLOCATION_MIXED');
    t.match(await draft(world, { reimbursementIds: [applied] }), { total: '600.00', strategy: 'PRO_RATA' });
  });
  t.strictSame(await audited(world), []);
});

void t.test('declared contracts: ranked by class and score until the money ends; a paper counts once', async (t) => {
  const world = await startWorld(t);
  const item = (reference: string, gross: string, more: object = {}) => ({
    reference,
    description: '语料采购',
    counterpartyUscc: uscc(500),
    counterpartyName: '语料有限公司',
    serviceItem: 'CORPUS',
    net: gross,
    vat: '0.00',
    gross,
    settledOn: '2025-01-20',
    evidence: '银行回单',
    ...more,
  });
  const [a, b, c, d] = [await world.firm(1), await world.firm(2), await world.firm(3), await world.firm(4)];
  const declare = async (firm: Firm, items: object[], more: Record<string, unknown> = {}) =>
    world.apply(firm, { programmeCode: costCode, items, ...more });
  const usage = await world.fee(a, { lines: [{ gross: '700.00' }] });
  const wrong: [string, object[], string][] = [
    ['a code that is none', [item('1', '10.00', { counterpartyUscc: 'X' })], '400 USCC_LENGTH'],
    ['nothing', [item('1', '0.00')], '400 AMOUNT_ZERO'],
    ['what does not add up', [item('1', '10.00', { vat: '0.01' })], '400 ITEM_DOES_NOT_ADD_UP'],
    ['what is still to be paid', [item('1', '10.00', { settledOn: '2025-02-11' })], '400 ITEM_NOT_SETTLED'],
    ['half a model', [item('1', '10.00', { modelClass: 'REGISTERED' })], '400 MISSING_FIELD'],
    ['the same twice', [item('1', '10.00'), item('1', '20.00')], '400 ITEM_TWICE'],
    ['less than the least award', [item('1', '3333.33')], '409 BELOW_MINIMUM_AWARD'],
    ['not what counts', [item('1', '10000.00', { serviceItem: 'STORAGE' })], '409 SERVICE_ITEM_NOT_COUNTED'],
  ];
  for (const [name, items, expected] of wrong) t.equal(told(await declare(a, items)), expected, name);
  t.equal(told(await declare(a, [item('1', '10.00')], { programmeCode: feeCode })), '400 ITEMS_NOT_TAKEN');
  t.equal(told(await declare(a, [item('1', '10.00')], { contractIds: [usage.contractId] })), '400 CONTRACTS_NOT_TAKEN');

  const model = { modelClass: 'REGISTERED', modelRegistrationNo: '网信备2024-11' };
  const ofModel = expectStatus(await declare(d, [item('M-1', '10000.00', model), item('M-2', '10000.00')]), 201);
  t.equal(ofModel.computed, '7000.00', 'rates go by the class of the model');
  const modelUrl = `/reimbursements/${ofModel.reimbursementId as string}`;
  const { items: seen } = expectStatus(await world.reviewer.get(`${modelUrl}/lines`), 200) as { items: object[] };
  t.match(
    seen,
    [
      { ...model, basisPoints: 4000 },
      { modelClass: null, basisPoints: 3000 },
    ],
    'which the review looks at',
  );
  expectStatus(await world.reviewer.post(`${modelUrl}/reject`, { reason: '未备案' }), 200);

  const reviewed = async (firm: Firm, reference: string, gross: string, of: Record<string, unknown>) =>
    world.reviewed(firm, of, { programmeCode: costCode, items: [item(reference, gross)] });
  const low = await reviewed(a, 'A-1', '100000.00', { score: 60 });
  const high = await reviewed(b, 'B-1', '100000.00', { score: 90 });
  const small = await reviewed(c, 'C-1', '100000.00', { score: 10, classes: ['SME'] });
  t.equal(told(await declare(d, [item('A-1', '100000.00')])), '409 ITEM_ALREADY_FUNDED', 'of whomever');
  const lower = await world.reviewer.post(`/reimbursements/${low}/review`, { eligibility: {}, approved: '29999.99' });
  t.equal(told(lower), '409 RATE_IS_EXACT');

  // A declared invoice of this book is held as a whole.
  const held = { counterpartyUscc: uscc(900), counterpartyName: '钱江算力有限公司' };
  const declared = expectStatus(await declare(d, [item(usage.invoiceNo, '10000.00', held)]), 201);
  t.equal(told(await world.apply(a)), '409 NOTHING_TO_REIMBURSE', 'its lines count elsewhere');
  expectStatus(
    await world.reviewer.post(`/reimbursements/${declared.reimbursementId as string}/reject`, { reason: '非语料' }),
    200,
  );
  t.match(expectStatus(await world.apply(a), 201), { base: '700.00' });
  t.equal(told(await declare(d, [item(usage.invoiceNo, '10000.00', held)])), '409 ITEM_ALREADY_FUNDED');

  await world.load(costCode, '60500.00');
  const drafted = expectStatus(
    await world.reviewer.post('/allocations', { programmeCode: costCode, year: 2025 }),
    201,
  ) as AllocationShown;
  t.strictSame(
    drafted.lines.map(({ reimbursementId, claim, amount, reason }) => [reimbursementId, claim, amount, reason]),
    [
      [low, '30000.00', '0.00', 'BELOW_MINIMUM_AWARD'],
      [high, '30000.00', '30000.00', null],
      [small, '30000.00', '30000.00', null],
    ],
  );
  expectStatus(await approve(world, drafted), 200);
  t.match(expectStatus(await a.member.get(`/reimbursements/${low}`), 200), {
    status: 'REVIEWED',
    allocationId: null,
    award: null,
  });
  await world.load(costCode, '29500.00');
  const rest = expectStatus(
    await world.reviewer.post('/allocations', { programmeCode: costCode, year: 2025 }),
    201,
  ) as AllocationShown;
  t.match(rest.lines, [{ reimbursementId: low, amount: '30000.00' }]);
  expectStatus(await approve(world, rest), 200);
  t.strictSame(await audited(world), []);

  await t.test('the audit finds what is planted', async (t) => {
    const planted: [number, string, string][] = [
      [9, 'a larger award', `update reimbursements set award_fen = award_fen - 1 where reimbursement_id = '${high}'`],
      [
        9,
        'another review',
        `update reimbursements set reviewed_fen = reviewed_fen - 1, computed_fen = computed_fen - 1, award_fen = award_fen - 1 where reimbursement_id = '${low}'`,
      ],
      [6, 'a line let go', `update reimbursement_lines set is_live = false where reimbursement_id = '${high}'`],
      [
        6,
        'an invoice that counts fewer',
        `update usage_invoices set reimbursed_lines = 0 where invoice_id = '${usage.invoiceId}'`,
      ],
      [
        6,
        'a batch that has no line of it',
        `update reimbursements set settlement_id = allocation_id where reimbursement_id = '${high}'`,
      ],
      [
        6,
        'an allocation that says more',
        `update allocations set total_fen = total_fen - 1 where allocation_id = '${drafted.allocationId}'`,
      ],
      [
        11,
        'one pair of eyes',
        `alter table allocations drop constraint allocations_four_eyes; update allocations set decided_person = drafted_person where allocation_id = '${drafted.allocationId}'`,
      ],
    ];
    for (const [invariant, name, sql] of planted) {
      const undone = new Error('undone');
      let findings: readonly { invariant: number }[] = [];
      await world.owner
        .begin(async (tx) => {
          await tx.sql`select from open_lane(${world.book.bookId})`;
          await tx.sql.unsafe(sql);
          findings = [...(await findBusiness(tx, world.book.bookId)), ...(await recomputeIn(tx, world.book.bookId))];
          throw undone;
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error;
        });
      t.ok(
        findings.some((of) => of.invariant === invariant),
        `${name}: ${JSON.stringify(findings.map((of) => of.invariant))}`,
      );
    }
  });
});

void t.test(
  'firms of one shareholder that claim for the same provider are flagged as one enterprise that was split',
  async (t) => {
    const world = await startWorld(t);
    const [a, b, c] = [await world.firm(1), await world.firm(2), await world.firm(3)];
    for (const firm of [a, b, c]) await world.fee(firm, { lines: [{ gross: '1000.00' }] });
    const owner = { role: 'SHAREHOLDER', holderName: '张三丰', validFrom: '2020-01-01', source: '工商登记' };
    const holdings = [
      { ...owner, uscc: a.uscc, holderIdNo: '410102198001010011' },
      { ...owner, uscc: b.uscc, holderIdNo: '410102198001010011' },
      { ...owner, uscc: c.uscc, holderIdNo: '410102198001010022' },
    ];
    for (const body of holdings) expectStatus(await world.reviewer.post('/legal-person-holders', body), 201);
    const flagsOn = async (of: typeof a) => {
      const { reimbursementId } = expectStatus(await world.apply(of), 201);
      const url = `/flags-of-subject?subjectId=${reimbursementId as string}`;
      return { reimbursementId, items: expectStatus(await world.approver.get(url), 200).items as unknown[] };
    };
    const first = await flagsOn(a);
    t.strictSame(first.items, [], 'the first is alone');
    const rows = [{ kind: 'HOLDER' }, { kind: 'REIMBURSEMENT', id: first.reimbursementId }];
    t.match((await flagsOn(b)).items, [{ kind: 'ENTERPRISE_SPLIT', inputs: { others: a.uscc, holders: '张**' }, rows }]);
    t.strictSame((await flagsOn(c)).items, [], 'another of the same name is another');
  },
);

void t.test('two thousand lines are one application like any other', async (t) => {
  const world = await startWorld(t);
  const firm = await world.firm(1);
  const lines = Array.from({ length: 200 }, (_, i) => ({ gross: `${i + 1}.01` }));
  for (let n = 0; n < 10; n++) await world.fee(firm, { lines });
  await world.load(feeCode, '200000.00');
  const whole = (expectStatus(await world.reviewer.get('/contracts?limit=200'), 200).items as { contractId: string }[]).map(
    ({ contractId }) => contractId,
  );
  await world.fee(firm, { lines: [{ gross: '1.00' }] });
  const tooMany = await world.apply(firm);
  t.equal(told(tooMany), '409 TOO_MANY_LINES');
  t.match(tooMany.body.detail, /2001/);
  const started = performance.now();
  const id = await world.reviewed(firm, {}, { contractIds: whole });
  const applied = performance.now() - started;
  const drafted = await draft(world);
  expectStatus(await approve(world, drafted), 200);
  t.comment(
    `2,000 lines: applied and reviewed in ${applied.toFixed(0)} ms, allocated and approved in ${(performance.now() - started - applied).toFixed(0)} ms`,
  );
  // 60 % of 10 × (1 + … + 200 and 200 × 0.01).
  t.match(expectStatus(await firm.member.get(`/reimbursements/${id}`), 200), {
    base: '201020.00',
    award: '120612.00',
    lineCount: 2_000,
  });
  let seen = 0;
  for (let next: string | null = ''; next !== null;) {
    const url: string = `/reimbursements/${id}/lines?limit=200${next === '' ? '' : `&cursor=${next}`}`;
    const page = expectStatus(await firm.member.get(url), 200) as { items: { lineNo: number }[]; next: string | null };
    t.equal(page.items[0]?.lineNo, seen + 1);
    seen += page.items.length;
    next = page.next;
  }
  t.equal(seen, 2_000);
  t.strictSame(await audited(world), []);
});

void t.test('a large allocation is decided at once and booked in slices: stopped, changed beside and run twice, it comes out exact', async (t) => {
  const world = await startWorld(t);
  await world.load(costCode, '20000000.00');
  const firms = [await world.firm(1), await world.firm(2)];
  const [one, two] = firms as [Firm, Firm];
  const item = (reference: string, gross: string) => ({
    reference,
    description: '语料采购',
    counterpartyUscc: uscc(500),
    counterpartyName: '语料有限公司',
    serviceItem: 'CORPUS',
    net: gross,
    vat: '0.00',
    gross,
    settledOn: '2025-01-20',
    evidence: '银行回单',
  });
  const reviewed = (firm: Firm, reference: string, gross: string) =>
    world.reviewed(firm, { score: 80 }, { programmeCode: costCode, items: [item(reference, gross)] });
  const small: string[] = [];
  for (let n = 1; n <= bookedAtOnce; n++) small.push(await reviewed(one, `S-${n}`, '10000.00'));
  // Of the second firm, whose limit (2,000,000.00 for life) leaves the last of them nothing.
  const large = [];
  for (const n of [1, 2, 3]) large.push(await reviewed(two, `L-${n}`, '3333333.34'));
  const drafted = await draft(world, { programmeCode: costCode });
  const pool = fundOf(costCode, 2025);
  t.match(drafted, { lineCount: bookedAtOnce + 3, total: '2120000.00', awardsLeft: 0 });

  // Through the lane and not by its address, behind which the slices begin.
  const book = await world.books.find(world.book.code);
  if (!book) throw new Error('the book is there');
  const { memberId, personId } = world.approver;
  const { allocationId, contentDigest } = drafted as { allocationId: string; contentDigest: string };
  const decided = await book.lane.submit(approveAllocation, {
    key: 'decide',
    requestDigest: 'a'.repeat(64),
    actor: { memberId, personId, kind: 'PERSON', role: 'approver', legalPersonUscc: null },
    body: { id: allocationId, contentDigest },
  });
  t.match(decided, { kind: 'accepted', result: { status: 'APPROVED', awardsLeft: bookedAtOnce + 3 } });
  t.equal(await world.balance(`reserved:${allocationId}`), fen('2120000.00'), 'set aside');
  t.equal(await world.balance(`available:${pool}`), fen('17880000.00'), 'nobody else can take it');
  t.equal(await world.balance(`payable:${one.enterpriseId}:${pool}`), 0n);
  t.strictSame(await audited(world), [], 'decided, and nothing booked');
  t.equal(told(await one.member.post(`/reimbursements/${small[0] ?? ''}/withdraw`, { reason: '不申请了' })), '409 REIMBURSEMENT_WRONG_STATE');
  t.equal(told(await world.reviewer.post(`/allocations/${allocationId}/withdraw`, { reason: '重算' })), '409 ALLOCATION_WRONG_STATE');

  const run = (slices = Infinity) => {
    let asked = 0;
    return bookAwards.run({ book, clock: world.clock, isStopping: () => asked++ > slices });
  };
  const first = await run(1);
  t.ok(first > 0 && first < bookedAtOnce, `stopped behind a slice of ${first}`);
  const state = async () => expectStatus(await world.reviewer.get(`/allocations/${allocationId}`), 200);
  t.match(await state(), { awardsLeft: bookedAtOnce + 3 - first });
  t.equal(await world.balance(`payable:${one.enterpriseId}:${pool}`), fen(`${first * 3000}.00`));
  t.equal(await world.balance(`reserved:${allocationId}`), fen(`${2120000 - first * 3000}.00`));
  t.strictSame(await audited(world), [], 'stopped half way');

  // Meanwhile one of those that wait is flagged, and another allocation takes of the limit that a waiting award counts on.
  const flagged = small.at(-1) ?? '';
  expectStatus(
    await world.reviewer.post('/flags', { subjectKind: 'REIMBURSEMENT', subjectId: flagged, reason: '发票存疑' }),
    201,
  );
  await reviewed(two, 'M-1', '2000000.00');
  const beside = await draft(world, { programmeCode: costCode });
  expectStatus(await approve(world, beside), 200);
  t.strictSame(await audited(world), [], 'another allocation between the slices');

  const rest = await Promise.all([run(), run()]);
  t.equal(rest[0] + rest[1], bookedAtOnce + 3 - first, 'two at once: each is booked once');
  t.equal(await run(), 0, 'and nothing is left');
  const after = await state();
  t.match(after, { awardsLeft: 0, status: 'APPROVED' });
  const leftOut = (after.lines as { reimbursementId: string; leftOut: string | null }[]).filter((of) => of.leftOut !== null);
  t.strictSame(
    leftOut.map((of) => [of.reimbursementId, of.leftOut]),
    [
      [flagged, 'FLAG_HOLDS'],
      [large[1], 'AMOUNT_CHANGED'],
    ],
    'what changed beside is left out, and what fell to the others stands',
  );
  t.equal(await world.balance(`reserved:${allocationId}`), 0n);
  t.equal(await world.balance(`payable:${one.enterpriseId}:${pool}`), fen(`${(bookedAtOnce - 1) * 3000}.00`));
  const status = async (id: string) => expectStatus(await world.reviewer.get(`/reimbursements/${id}`), 200);
  t.match(await status(flagged), { status: 'REVIEWED', allocationId: null }, 'free again');
  t.match(await status(small[0] ?? ''), { status: 'APPROVED', award: '3000.00', approvedOn: '2025-02-10', allocationId });
  t.strictSame(await audited(world), [], 'booked');
});

void t.test('an allocation beyond what a batch can share out is refused (ALLOCATION_TOO_LARGE), at its very edges', async (t) => {
  const of = (claims: number, lineCount: number) => Array.from({ length: claims }, () => ({ lineCount }));
  for (const [claims, lineCount, fits] of [
    [2_000, 5, true],
    [2_001, 1, false],
    [5, 2_000, true],
    [1, 10_001, false],
  ] as const)
    t.equal(sizeOf(of(claims, lineCount)).fits, fits, `${claims} of ${lineCount} lines`);
});

void t.test('what is settled by the quarter waits for its last month', async (t) => {
  const cadence = 'settlementCadence: { value: QUARTERLY, cite: { document: measure, article: 第五条 } }\nallocation:';
  const world = await startWorld(t, { fees: [['allocation:', cadence]] });
  const firm = await world.firm(1);
  await world.fee(firm, { lines: [{ gross: '1000.00' }] });
  await world.load(feeCode, '600.00');
  await world.reviewed(firm);
  expectStatus(await approve(world, await draft(world)), 200);
  world.clock.set('2025-04-02');
  t.equal(told(await world.finance.post('/settlements', { period: '2025-02' })), '409 SETTLEMENT_EMPTY');
  t.match(expectStatus(await world.finance.post('/settlements', { period: '2025-03' }), 201), { total: '600.00' });
  t.strictSame(await audited(world), []);
});
