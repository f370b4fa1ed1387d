// The life of a usage invoice: every verb in every state, disputes and how they end, deadlines that decide, numbers given back.
import t from 'tap';
import type { UsageInvoice } from '../../db/tables.js';
import { deadlineOf, invoiceLife, refusalOfPaymentDay } from '../../src/usage/rules.js';
import { toldOfDeadline } from '../../src/usage/told.js';
import { decideOverdue } from '../../src/usage/decide-overdue.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { nextInvoiceNo, startTrade } from '../usage/world.js';
import { lookAt, tryEverything } from './table.js';

const reason = '计量与约定不符';
const calendar = new Map([[2024, { holidays: new Set(['2024-08-07']), workingDays: new Set(['2024-08-10']) }]]);

void t.test('the deadline is the latest that any law gives, and none where laws differ in what follows', async (t) => {
  const rule = (days: number, unit: 'DAY' | 'WORKING_DAY' = 'DAY', then: 'CONFIRMED' | 'RETURNED' = 'CONFIRMED') => ({
    days,
    unit,
    then,
  });
  const of = (...given: ReturnType<typeof rule>[]) => deadlineOf(given, '2024-08-05', calendar);
  const by = (confirmBy: string) => ({ kind: 'deadline', deadline: { confirmBy, confirmOutcome: 'CONFIRMED' } });
  t.strictSame(of(), { kind: 'deadline', deadline: null }, 'a text that gives none gives none');
  t.strictSame(of(rule(10)), by('2024-08-15'), 'the day of posting is not counted');
  t.strictSame(of(rule(3, 'WORKING_DAY')), by('2024-08-09'), 'over a day off');
  t.strictSame(of(rule(4, 'WORKING_DAY')), by('2024-08-10'), 'to a Saturday that is worked');
  t.strictSame(of(rule(10), rule(20), rule(1, 'WORKING_DAY')), by('2024-08-25'));
  t.strictSame(of(rule(10), rule(10, 'DAY', 'RETURNED')), { kind: 'deadline', deadline: null });
  t.match(of(rule(200, 'WORKING_DAY')), { kind: 'refused', code: 'CALENDAR_YEAR_UNPUBLISHED', params: { year: '2025' } });
  const invoice = {
    invoiceId: 'i',
    enterpriseId: 'e',
    providerId: 'p',
    confirmBy: '2024-08-15',
    confirmOutcome: 'RETURNED',
  } as UsageInvoice;
  const contract = { contractId: 'c', contractNo: 'HT-1' };
  t.match(
    toldOfDeadline(invoice, contract),
    [
      { to: { party: 'e' }, params: { confirmBy: '2024-08-15', outcomeZh: '予以退回', outcomeEn: 'returned' } },
      { to: { party: 'p' }, about: { kind: 'CONTRACT', id: 'c' } },
    ],
    'both are told beforehand',
  );
  t.strictSame(toldOfDeadline({ ...invoice, confirmBy: null, confirmOutcome: null }, contract), []);
});

void t.test('a payment has its day between the signing of the contract and today, and at most three years ago', async (t) => {
  for (const [name, paidOn, signedOn, code] of [
    ['today', '2024-08-05', '2024-06-15', null],
    ['tomorrow', '2024-08-06', '2024-06-15', 'PAYMENT_IN_FUTURE'],
    ['on the day of signing', '2024-06-15', '2024-06-15', null],
    ['the day before', '2024-06-14', '2024-06-15', 'PAYMENT_BEFORE_CONTRACT'],
    ['three years ago', '2021-08-05', '2020-01-01', null],
    ['a day more', '2021-08-04', '2020-01-01', 'PAYMENT_TOO_LONG_AGO'],
  ] as const) {
    t.equal(refusalOfPaymentDay(paidOn, { signedOn }, '2024-08-05')?.code ?? null, code, name);
  }
});

void t.test('the life of a usage invoice', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, strangerSeller, strangerBuyer, reviewer } = trade;
  const [auditor, clerk] = [await book.member('auditor'), await book.member('operator', { kind: 'MACHINE' })];
  const rule = (then: string) =>
    [
      `settlementCadence:`,
      `usageConfirmation: { value: { days: 10, unit: DAY, then: ${then} }, cite: { document: notice, article: 第七条 } }\n\nsettlementCadence:`,
    ] as const;
  await trade.activate(3, [rule('CONFIRMED')]);
  await trade.activate(4, [rule('RETURNED')]);
  const [plain, confirming, returning] = [
    await trade.fileContract('1000000.00'),
    await trade.fileContract('2000000.00'),
    await trade.fileContract('3000000.00'),
  ];
  await trade.voucher(confirming, '100000.00', { version: 3 });
  await trade.voucher(returning, '100000.00', { version: 4 });
  const does = async (who: Caller, id: string, verb: string, body: object = {}, status = 200) =>
    expectStatus(await who.post(`/usage-invoices/${id}/${verb}`, body), status);
  const post = (contract = plain) => trade.invoice(contract, { gross: '100.00' }, { confirmed: false, paid: '0.00' });
  const redLetter = () => ({ redLetterNo: nextInvoiceNo(), contractId: plain.contractId, issuedOn: '2024-08-05', reason });
  const payment = (bankSerial: string, paidOn = '2024-08-01') => ({ amount: '1.00', paidOn, bankSerial });

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const refused = await tryEverything(t, {
      life: invoiceLife,
      bring: async (state) => {
        const id = await post();
        if (state === 'CONFIRMED' || state === 'RED_LETTERED') await does(buyer, id, 'confirm');
        if (state === 'RED_LETTERED') await does(seller, id, 'red-letters', redLetter(), 201);
        if (state === 'DISPUTED' || state === 'RETURNED') await does(buyer, id, 'dispute', { reason });
        if (state === 'RETURNED') await does(reviewer, id, 'decide', { outcome: 'RETURNED', reason });
        if (state === 'VOIDED') await does(seller, id, 'void', { reason });
        return id;
      },
      ask: (verb, id) => {
        const url = `/usage-invoices/${id}/${verb}`;
        if (verb === 'confirm') return buyer.post(url, {});
        if (verb === 'dispute') return buyer.post(url, { reason });
        if (verb === 'payments') return buyer.post(url, payment('LATE'));
        if (verb === 'void') return seller.post(url, { reason });
        if (verb === 'red-letters') return seller.post(url, redLetter());
        if (verb === 'decide') return reviewer.post(url, { outcome: 'CONFIRMED', reason });
        return clerk.post(url, {}, { key: `overdue-${id}` });
      },
      look: (id) => lookAt(auditor, `/usage-invoices/${id}`),
    });
    t.equal(refused, 30);
  });

  await t.test('a dispute ends by confirming after all, by the bureau’s decision, or by voiding', async (t) => {
    const used = async () =>
      (
        await trade.db.sql<{ fen: bigint }[]>`
        select coalesce(sum(gross_fen), 0)::bigint as fen from contract_line_usage where contract_id = ${plain.contractId}`
      )[0]?.fen;
    const before = await used();
    const [first, second, third] = [await post(), await post(), await post()];
    for (const id of [first, second, third]) await does(buyer, id, 'dispute', { reason });
    t.match(await does(buyer, first, 'confirm'), { status: 'CONFIRMED', decidedBy: 'ENTERPRISE', disputeReason: reason });
    t.match(await seller.post(`/usage-invoices/${second}/decide`, { outcome: 'CONFIRMED', reason }), { status: 403 });
    t.match(await does(reviewer, second, 'decide', { outcome: 'CONFIRMED', reason: '计量记录可核' }), {
      status: 'CONFIRMED',
      decidedBy: 'BUREAU',
      decisionReason: '计量记录可核',
    });
    t.match(await does(reviewer, third, 'decide', { outcome: 'RETURNED', reason: '计量记录缺失' }), {
      status: 'RETURNED',
      decidedBy: 'BUREAU',
    });
    t.equal(await used(), (before ?? 0n) + 20_000n, 'what is returned counts nowhere');
    t.match(await strangerSeller.post(`/usage-invoices/${third}/void`, { reason }), { status: 404 });
    await does(seller, third, 'void', { reason });
    await does(seller, second, 'void', { reason });
    t.equal(await used(), (before ?? 0n) + 10_000n, 'nor does what was voided after it was confirmed');
  });

  await t.test('a voided invoice gives its number back, to anybody; one that moved money is not voided', async (t) => {
    const invoiceNo = nextInvoiceNo();
    const holders = async () => (await trade.admin.sql`select holders from invoice_claims where number = ${invoiceNo}`).length;
    const again = async () =>
      expectStatus(await seller.post('/usage-invoices', trade.invoiceBody(plain, { gross: '10.00', invoiceNo })), 201);
    const first = await again();
    t.equal(await holders(), 1);
    t.match(await seller.post('/usage-invoices', trade.invoiceBody(plain, { gross: '10.00', invoiceNo })), {
      status: 409,
      body: { code: 'INVOICE_NUMBER_USED' },
    });
    t.match(await seller.post(`/usage-invoices/${first.invoiceId as string}/void`, { reason }, { key: 'void-1' }), {
      status: 200,
      body: { status: 'VOIDED', voidReason: reason },
    });
    t.equal(await holders(), 0);
    const second = await again();
    t.match(second, { numberConflict: false, status: 'POSTED' });
    await seller.post(`/usage-invoices/${first.invoiceId as string}/void`, { reason }, { key: 'void-1' });
    t.equal(await holders(), 1, 'a retry of the voiding gives nothing back a second time');
    await does(seller, second.invoiceId as string, 'void', { reason });
    const third = await again();
    await does(buyer, third.invoiceId as string, 'payments', payment('PAID-1'), 201);
    t.match(await seller.post(`/usage-invoices/${third.invoiceId as string}/void`, { reason }), {
      status: 409,
      body: { code: 'INVOICE_PAID' },
    });
    const voucher = await trade.voucher(plain, '1000.00');
    const redeemed = await trade.invoice(plain, { gross: '100.00' });
    expectStatus(await buyer.post('/redemptions', { voucherId: voucher, invoiceId: redeemed }), 201);
    t.match(await seller.post(`/usage-invoices/${redeemed}/void`, { reason }), {
      status: 409,
      body: { code: 'INVOICE_ALREADY_REDEEMED' },
    });
  });

  await t.test('a bank serial on two invoices marks the later one, which then waits for a person', async (t) => {
    const voucher = await trade.voucher(confirming, '10000.00');
    const [first, second] = [
      await trade.invoice(confirming, { gross: '100.00' }, { paid: '0.00' }),
      await trade.invoice(confirming, { gross: '200.00' }, { paid: '0.00' }),
    ];
    await does(buyer, first, 'payments', { ...payment('TWICE'), amount: '80.00' }, 201);
    t.match(await buyer.post(`/usage-invoices/${first}/payments`, payment('TWICE')), {
      status: 409,
      body: { code: 'PAYMENT_EXISTS' },
    });
    await does(buyer, second, 'payments', { ...payment('TWICE'), amount: '160.00' }, 201);
    t.match(await auditor.get(`/usage-invoices/${second}`), { body: { paymentConflict: true } });
    t.match(await auditor.get(`/usage-invoices/${first}`), { body: { paymentConflict: false } });
    t.match(expectStatus(await buyer.post('/redemptions', { voucherId: voucher, invoiceId: first }), 201), {
      status: 'APPROVED',
    });
    t.match(expectStatus(await buyer.post('/redemptions', { voucherId: voucher, invoiceId: second }), 201), {
      status: 'SUBMITTED',
      mismatches: [{ code: 'BANK_SERIAL_SHARED' }],
    });
    t.match(await buyer.post(`/usage-invoices/${second}/payments`, payment('EARLY', '2024-06-14')), {
      status: 400,
      body: { code: 'PAYMENT_BEFORE_CONTRACT' },
    });
    t.match(await buyer.post(`/usage-invoices/${second}/payments`, payment('LATE', '2024-08-06')), {
      status: 400,
      body: { code: 'PAYMENT_IN_FUTURE' },
    });
  });

  await t.test(
    'who neither confirms nor disputes is decided for by the programme’s deadline, whenever that is carried out',
    async (t) => {
      const [silent, confirmed, returned, disputed] = [
        await post(),
        await post(confirming),
        await post(returning),
        await post(returning),
      ];
      t.match(
        await buyer.get(`/usage-invoices/${confirmed}`),
        { body: { confirmBy: '2024-08-15', confirmOutcome: 'CONFIRMED' } },
        'told to both with the invoice',
      );
      t.match(await seller.get(`/usage-invoices/${silent}`), { body: { confirmBy: null, confirmOutcome: null } });
      await does(buyer, disputed, 'dispute', { reason });
      trade.clock.set('2024-08-15T23:59:59.999+08:00');
      const lapse = (id: string) =>
        clerk.post(`/usage-invoices/${id}/decide-overdue`, {}, { key: `${id}-${trade.clock.now().toISOString()}` });
      t.match(await lapse(confirmed), { status: 409, body: { code: 'CONFIRM_DEADLINE_AHEAD' } }, 'the last day is inclusive');
      trade.clock.set('2024-08-16T00:00:00+08:00');
      t.match(
        await buyer.post(`/usage-invoices/${returned}/dispute`, { reason }),
        { status: 409, body: { code: 'CONFIRM_DEADLINE_PASSED' } },
        'decided is decided, carried out or not',
      );
      t.match(await buyer.post(`/usage-invoices/${returned}/confirm`, {}), {
        status: 409,
        body: { code: 'CONFIRM_DEADLINE_PASSED' },
      });
      t.match(await strangerBuyer.post(`/usage-invoices/${returned}/confirm`, {}), { status: 404 });
      trade.clock.set('2024-09-20');
      const mine = await Promise.all(Array.from({ length: 5 }, async () => post(confirming)));
      const [here, there] = [await trade.books.find(book.code), await (await trade.secondApp()).books.find(book.code)];
      if (!here || !there) throw new Error('the book is not there');
      const run = async (of: typeof here) => decideOverdue.run({ book: of, clock: trade.clock, isStopping: () => false });
      trade.clock.set('2024-11-20');
      t.match((await lapse(confirmed)).body, { status: 'CONFIRMED', decidedBy: 'DEADLINE', decidedOn: '2024-08-16' });
      t.strictSame(await decideOverdue.isDue({ db: trade.db, bookId: book.bookId, today: '2024-11-20' }), true);
      const [one, two] = await Promise.all([run(here), run(there)]);
      t.equal(one + two + (await run(there)), 6, 'the daily run finds the rest, each once');
      t.match(await auditor.get(`/usage-invoices/${returned}`), {
        body: { status: 'RETURNED', decidedBy: 'DEADLINE', decidedOn: '2024-08-16' },
      });
      t.match(await auditor.get(`/usage-invoices/${mine[0] ?? ''}`), { body: { status: 'CONFIRMED', decidedOn: '2024-10-01' } });
      t.strictSame(await decideOverdue.isDue({ db: trade.db, bookId: book.bookId, today: '2024-11-20' }), false);
      t.match(
        await lapse(silent),
        { status: 409, body: { code: 'CONFIRM_DEADLINE_AHEAD' } },
        'a text that gives no deadline decides nothing',
      );
      t.match(await lapse(disputed), { status: 409, body: { code: 'INVOICE_WRONG_STATE' } });
      t.match(
        await auditor.get(`/usage-invoices/${silent}`),
        { body: { status: 'POSTED', postedOn: '2024-08-05' } },
        'the queue shows its age',
      );
    },
  );

  t.strictSame(await auditBusiness(trade.db, book.bookId), []);
});
