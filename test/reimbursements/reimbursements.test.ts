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
