// Reimbursement of last year's settled fees: the base from the book, line by line; review; the sharing of a pool, exact and published;
// awards payable to enterprises, every limit beside them; paid by the month's batch; never beside a voucher; and an audit of it all.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { expectStatus } from '../service.js';
import type { Firm, World } from './world.js';
import { costCode, feeCode, fund, startWorld, told, uscc, voucherCode } from './world.js';

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

const review = { eligibility: { local: true, statistics: true } };
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
      const { settlementId, contentDigest, lineCount: count, total } = batch as Record<string, string>;
      const lines = expectStatus(await world.finance.get(`/settlements/${settlementId}/lines`), 200).items as object[];
      t.match(lines[0], { redemptionId: null, reimbursementNo: /-RB-2025-000001$/, payeeName: '企业1' });
      t.equal(told(await world.finance.post('/settlements', { period: '2025-02' })), '409 SETTLEMENT_EMPTY', 'in one batch only');
      expectStatus(await world.approver.post(`/settlements/${settlementId}/approve`, { contentDigest, count, total }), 200);
      const missing = await world.payer.post(`/settlements/${settlementId}/instruct`, {});
      t.match(missing, { status: 409, body: { code: 'PAYEE_ACCOUNT_MISSING' } });
      t.match(missing.body.detail, /企业1/);
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
      const given = expectStatus(await world.payer.post(`/settlements/${settlementId}/instruct`, {}), 200);
      t.equal((given.instructions as []).length, 12, 'one for each payee and funder');
      const file = expectStatus(await world.finance.get(`/settlements/${settlementId}/instructions`), 200);
      t.match(file.lines[0], { holderName: '企业1', accountNo: '6222021001001234560' });
      const bankLines = (given.instructions as { instructionNo: string; amount: string; payeeId: string }[]).map((of, i) => ({
        ...{ instructionNo: of.instructionNo, bankSerial: `B-${i}`, bookedOn: '2025-03-03', amount: of.amount },
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
          ...{ instructionNo: sent?.instructionNo, amount: sent?.amount, bankSerial: 'C-1', bookedOn: '2025-03-03' },
          status: 'PAID',
        },
      ];
      expectStatus(
        await world.finance.post('/bank-returns', { declaredCount: 1, declaredTotal: sent?.amount, lines: second }),
        201,
      );
      t.match(expectStatus(await world.finance.post(`/settlements/${settlementId}/close`, {}), 200), { status: 'CLOSED' });
      t.strictSame(await audited(world), [], 'closed');
    });
  },
);

void t.test('an invoice is redeemed or reimbursed, never both', async (t) => {
  const world = await startWorld(t);
  const firm = await world.firm(1);
  const redeemed = await world.fee(firm, { lines: [{ gross: '1000.00' }] });
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
  t.strictSame(both.map(told), ['201', '409 NOTHING_TO_REIMBURSE'], 'of two at once the first');
  await t.rejects(
    world.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${world.book.bookId})`;
      await sql`update usage_invoices set reimbursed_lines = 1 where invoice_id = ${reimbursed.invoiceId}`;
    }),
    /usage_invoices_funded_once/,
    'the wrong row can not be written',
  );
  t.strictSame(await audited(world), []);
});
