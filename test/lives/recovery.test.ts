// The life of a recovery: every verb in every state, two persons where there must be two, and how an appeal ends.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { lawfulFines } from '../../src/recoveries/fines.js';
import { recoveriesFallDue } from '../../src/recoveries/fall-due.js';
import { recoveryLife } from '../../src/recoveries/rules.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { nextInvoiceNo, startTrade } from '../usage/world.js';
import { lookAt, tryEverything } from './table.js';
import { instruct } from '../settlements/batch.js';

const reason = '依据复核意见';

void t.test('the life of a recovery', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, strangerSeller, reviewer } = trade;
  const [finance, finance2, approver, approver2, payer, auditor] = await Promise.all([
    book.member('finance'),
    book.member('finance_approver'),
    book.member('approver'),
    book.member('approver'),
    book.member('finance_approver'),
    book.member('auditor'),
  ]);
  const does = async (who: Caller, url: string, body: object = {}, status = 200) =>
    expectStatus(await who.post(url, body), status);
  await does(
    seller,
    '/payee-accounts',
    {
      providerId: trade.providerId,
      holderName: '中原算力有限公司',
      bankName: '银行',
      bankCode: '102491000012',
      accountNo: '6222020000000000',
      validFrom: '2024-01-01',
    },
    201,
  );
  // As many vouchers, paid on in one batch, as recoveries are opened below.
  const paid: { voucher: string; invoice: string; contractId: string }[] = [];
  for (let i = 0; i < 18; i++) {
    const contract = await trade.fileContract(`${i + 1}00000.00`);
    const voucher = await trade.voucher(contract, `${2 * (i + 1)}000.00`);
    const invoice = await trade.invoice(contract, { gross: '10000.00' });
    await does(buyer, '/redemptions', { voucherId: voucher, invoiceId: invoice }, 201);
    paid.push({ voucher, invoice, contractId: contract.contractId });
  }
  const draft = await does(finance, '/settlements', { period: '2024-08' }, 201);
  const total = draft.total as string;
  const hands = { maker: finance, approver, checker: await book.member('finance'), payer };
  const { instructions } = await instruct(hands, draft.settlementId as string);
  const first = paid.shift();
  const early = await does(reviewer, '/recoveries', { voucherId: first?.voucher, reason, documentNo: '查〔2024〕1号' }, 201);
  const earlyUrl = `/recoveries/${early.recoveryId as string}`;
  await does(approver, `${earlyUrl}/open`);
  await does(reviewer, `${earlyUrl}/serve`, { documentNo: '追〔2024〕1号', servedOn: '2024-08-05', dueOn: '2024-08-05' });
  const soon = { amount: '1.00', bookedOn: '2024-08-05', bankSerial: 'EARLY' };
  t.match(await finance.post(`${earlyUrl}/receive`, soon), { status: 409, body: { code: 'RECOVERY_BEFORE_PAYMENT' } });
  const lines = (instructions as { instructionNo: string; amount: string }[]).map(({ instructionNo, amount }, i) => ({
    instructionNo,
    status: 'PAID',
    bankSerial: `BANK-${i}`,
    bookedOn: '2024-08-05',
    amount,
  }));
  const file = { declaredCount: lines.length, declaredTotal: total, lines };
  t.ok([200, 201].includes((await finance.post('/bank-returns', file)).status));

  let serial = 0;
  const notice = { documentNo: '追〔2024〕1号', servedOn: '2024-08-05', dueOn: '2024-08-05' };
  const money = (amount: string) => ({ amount, bookedOn: '2024-08-05', bankSerial: `R-${++serial}` });
  const proposed = async (): Promise<string> => {
    const { voucher = '' } = paid.shift() ?? {};
    return (await does(reviewer, '/recoveries', { voucherId: voucher, reason, documentNo: '查〔2024〕1号' }, 201))
      .recoveryId as string;
  };
  const then = async (id: string, who: Caller, verb: string, body: object = {}): Promise<string> => {
    await does(who, `/recoveries/${id}/${verb}`, body);
    return id;
  };
  const opened = async () => then(await proposed(), approver, 'open');
  const served = async () => then(await opened(), reviewer, 'serve', notice);
  const appealed = async () => then(await served(), seller, 'appeal', { reason });
  const due = async () => then(await appealed(), approver2, 'decide-appeal', { outcome: 'DISMISSED', reason });
  const allowed = { document: '郑财〔2024〕30号', article: '第八条', reason: '以应付款抵扣应追回款' };
  /** Approved to the same payee after the batch: what off-sets are held against. */
  const later: string[] = [];
  for (let i = 0; i < 4; i++) {
    const contract = await trade.fileContract(`${i + 31}00000.00`);
    const voucher = await trade.voucher(contract, `${60 + i}000.00`);
    const invoice = await trade.invoice(contract, { gross: '10000.00' });
    later.push((await does(buyer, '/redemptions', { voucherId: voucher, invoiceId: invoice }, 201)).redemptionId as string);
  }
  const [against = '', byPart = ''] = later;
  const offset = async (id: string, redemptionId: string, amount?: string): Promise<string> => {
    const body = { ...allowed, redemptionId, ...(amount === undefined ? {} : { amount }) };
    await does(finance, `/recoveries/${id}/propose-offset`, body, 201);
    return then(id, finance2, 'offset');
  };
  const ask = (verb: string, id: string) => {
    const url = `/recoveries/${id}/${verb}`;
    if (verb === 'serve') return reviewer.post(url, notice);
    if (verb === 'appeal') return seller.post(url, { reason });
    if (verb === 'fall-due') return reviewer.post(url, {});
    if (verb === 'receive') return finance.post(url, money('1.00'));
    if (verb === 'ask-write-off') return finance.post(url, { reason });
    if (verb === 'write-off') return finance2.post(url, {});
    if (verb === 'propose-offset') return finance.post(url, { ...allowed, redemptionId: byPart });
    if (verb === 'offset') return finance2.post(url, {});
    if (verb === 'open') return approver.post(url, {});
    return approver2.post(url, verb === 'decide-appeal' ? { outcome: 'DISMISSED', reason } : { reason });
  };

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const refused = await tryEverything(t, {
      life: recoveryLife,
      bring: async (state) => {
        if (state === 'PROPOSED') return proposed();
        if (state === 'OPENED') return opened();
        if (state === 'SERVED') return served();
        if (state === 'APPEALED') return appealed();
        if (state === 'DUE') return due();
        if (state === 'PARTLY_RECOVERED') return then(await due(), finance, 'receive', money('0.01'));
        if (state === 'RECOVERED') return then(await served(), finance, 'receive', money('2000.00'));
        if (state === 'OFFSET') return offset(await due(), against);
        if (state === 'REFERRED') return then(await due(), approver, 'refer', { reason });
        if (state === 'WRITTEN_OFF')
          return then(await then(await due(), finance, 'ask-write-off', { reason }), finance2, 'write-off');
        if (state === 'WITHDRAWN') return then(await appealed(), approver2, 'decide-appeal', { outcome: 'UPHELD', reason });
        return then(await proposed(), approver, 'drop', { reason });
      },
      ask: (verb, id) => ask(verb, id),
      look: (id) => lookAt(auditor, `/recoveries/${id}`),
    });
    t.equal(refused, 120);
    t.equal(recoveryLife.code, 'RECOVERY_WRONG_STATE');
  });

  await t.test('who decides is not who asked, and days are what they are', async (t) => {
    const id = await served();
    const url = `/recoveries/${id}`;
    t.match(await strangerSeller.post(`${url}/appeal`, { reason }), { status: 404 });
    t.match(await reviewer.post(`${url}/fall-due`, {}), { status: 409, body: { code: 'RECOVERY_NOT_DUE' } });
    trade.clock.set('2024-08-06');
    t.match(await seller.post(`${url}/appeal`, { reason }), { status: 409, body: { code: 'RECOVERY_OVERDUE' } });
    const [other, here] = [await served(), await trade.books.find(book.code)];
    if (!here) throw new Error('the book is not there');
    const falls = async (day: string): Promise<number> => {
      trade.clock.set(day);
      return recoveriesFallDue.run({ book: here, clock: trade.clock, isStopping: () => false });
    };
    t.match(await does(reviewer, `/recoveries/${other}/fall-due`), { status: 'DUE' });
    t.strictSame(
      await recoveriesFallDue.isDue({ db: trade.db, bookId: book.bookId, today: '2024-08-05' }),
      false,
      'the last day is inclusive',
    );
    t.strictSame(await recoveriesFallDue.isDue({ db: trade.db, bookId: book.bookId, today: '2024-08-06' }), true);
    const waiting = expectStatus(await auditor.get('/recoveries?status=SERVED'), 200).items.length as number;
    t.equal(await falls('2024-08-06'), waiting, 'what nobody carried out falls due by itself');
    t.match(await auditor.get(url), { body: { status: 'DUE' } });
    t.equal(await falls('2024-08-06'), 0, 'once');
    t.match(await finance2.post(`${url}/write-off`, {}), { status: 409, body: { code: 'WRITE_OFF_NOT_ASKED' } });
    t.match(await finance.post(`${url}/receive`, { ...money('0.01'), bookedOn: '2024-08-07' }), {
      status: 400,
      body: { code: 'BANK_DAY_IN_FUTURE' },
    });
    const early = await proposed();
    t.match(await reviewer.post(`/recoveries/${early}/open`, {}), { status: 403 }, 'a proposal is opened by an approver');
    const own = await book.member('approver', { personId: reviewer.personId });
    t.match(await own.post(`/recoveries/${early}/open`, {}), { status: 403, body: { code: 'FOUR_EYES' } });
    t.ok(nextInvoiceNo());
  });

  await t.test(
    'what is owed out to the same payee is held against what it owes back, where two persons name the rule',
    async (t) => {
      trade.clock.set('2024-08-06');
      const id = await then(await served(), reviewer, 'fall-due');
      const url = `/recoveries/${id}`;
      const propose = (more: object = {}) => finance.post(`${url}/propose-offset`, { ...allowed, redemptionId: byPart, ...more });
      t.match(await propose({ amount: '2000.01' }), { status: 409, body: { code: 'RECOVERY_ABOVE_CLAIM' } });
      t.match(await propose({ redemptionId: against, amount: '0.01' }), {
        status: 409,
        body: { code: 'OFFSET_ABOVE_PAYABLE' },
      });
      t.match(await propose({ redemptionId: id, amount: '1.00' }), { status: 404 }, 'none of this payee');
      t.match(await propose({ amount: '0.00' }), { status: 400, body: { code: 'AMOUNT_ZERO' } });
      t.match(await finance2.post(`${url}/offset`, {}), { status: 409, body: { code: 'NO_PROPOSAL' } });
      expectStatus(await propose({ amount: '700.00' }), 201);
      t.match(await propose({ amount: '1.00' }), { status: 409, body: { code: 'PROPOSAL_OPEN' } });
      const both = await book.member('finance_approver', { personId: finance.personId });
      t.match(await both.post(`${url}/offset`, {}), { status: 403, body: { code: 'FOUR_EYES' } });
      expectStatus(await finance2.post(`${url}/drop-offset`, {}), 200);
      expectStatus(await propose({ amount: '500.01' }), 201);
      t.match(await does(finance2, `${url}/offset`), { status: 'PARTLY_RECOVERED', received: '500.01' });
      // Of what is off-set nothing can be reversed any more; of the rest it can, and the rest alone goes into the next batch.
      t.match(await reviewer.post(`/redemptions/${byPart}/propose-reversal`, { reason, amount: '1500.00' }), {
        status: 409,
        body: { code: 'REVERSAL_ABOVE_APPROVED' },
      });
      const next = await does(finance, '/settlements', { period: '2024-08' }, 201);
      t.equal(next.total, '5499.99', 'three of 2,000.00, less what was off-set');
      t.match(await propose({ amount: '0.01' }), { status: 409, body: { code: 'OFFSET_ABOVE_PAYABLE' } }, 'it is in a batch');
      t.match(await does(finance, `${url}/receive`, money('1499.99')), { status: 'RECOVERED' });
      const told = expectStatus(await auditor.get(url), 200);
      t.match(told, { offsets: [{ status: 'DROPPED' }, { status: 'APPROVED', amount: '500.01', article: '第八条' }] });
      t.match(await seller.get(url), { body: { offsets: [{ status: 'APPROVED', amount: '500.01' }] } });
      const [dropped, offset] = (told.offsets as { offsetId: string }[]).map(({ offsetId }) => `/recovery-offsets/${offsetId}`);
      const letter = expectStatus(await seller.get(`${offset ?? ''}/decision-letter`), 200);
      t.match(
        letter.zh.text,
        /^抵扣决定书[\s\S]*依据\n.*第八条[\s\S]*抵扣追回 \S+ 的应退款项[\s\S]*金额 500\.01 元[\s\S]*六十日内/,
      );
      t.equal((await seller.get(`${dropped ?? ''}/decision-letter`)).status, 404, 'of what was dropped its debtor knows nothing');
      t.equal((await auditor.get(`${dropped ?? ''}/decision-letter`)).body.code, 'NOT_DECIDED');
    },
  );

  await t.test('what is outstanding is told by how long it is overdue, and is what stands on the claims', async (t) => {
    type Age = { fund: string; overdue: string; count: number; outstanding: string };
    const ages = async (day: string) => {
      trade.clock.set(day);
      return expectStatus(await auditor.get('/receivables-age'), 200).items as Age[];
    };
    const sum = (rows: readonly Age[]) => rows.reduce((fen, { outstanding }) => fen + BigInt(outstanding.replace('.', '')), 0n);
    const [claims] = await trade.db.sql<{ fen: bigint }[]>`
      select sum(credits_fen - debits_fen)::bigint as fen from accounts where book_id = ${book.bookId} and code like 'claim:%'`;
    const now = await ages('2024-08-06');
    t.strictSame(
      now.map(({ overdue }) => overdue),
      ['NOT_SERVED', 'UP_TO_30'],
    );
    t.equal(sum(now), claims?.fen);
    // Due on 5 August: the upper end of each is inclusive.
    for (const [day, overdue] of [
      ['2024-09-04', 'UP_TO_30'],
      ['2024-09-05', 'UP_TO_90'],
      ['2025-02-01', 'UP_TO_180'],
      ['2025-02-02', 'UP_TO_365'],
      ['2025-08-05', 'UP_TO_365'],
      ['2025-08-06', 'OVER_365'],
    ] as const) {
      const rows = await ages(day);
      t.strictSame([rows.at(-1)?.overdue, sum(rows)], [overdue, claims?.fen], day);
    }
    t.strictSame(expectStatus(await auditor.get('/receivables-age?programmeCode=other'), 200).items, []);
    trade.clock.set('2024-08-15');
    const listed = expectStatus(await auditor.get('/recoveries?limit=200'), 200).items as Record<string, unknown>[];
    const shown = (status: string) => {
      const of = listed.find((row) => row['status'] === status);
      return [of?.['outstanding'], of?.['overdueDays']];
    };
    t.strictSame(shown('DUE'), ['2000.00', 10]);
    t.strictSame(shown('PARTLY_RECOVERED'), ['1999.99', 10]);
    t.strictSame(shown('OPENED'), ['2000.00', null]);
    t.strictSame(shown('WRITTEN_OFF'), ['0.00', null]);
  });

  await t.test('the range of fines that the law knows is shown with its article to authorities, and moves nothing', async (t) => {
    const fraud = expectStatus(await auditor.get(earlyUrl), 200);
    t.match(fraud, { cause: 'FRAUD', atFault: true });
    t.match(fraud.fines, [
      {
        conduct: 'DEFRAUDED',
        article: '第十四条',
        fromBasisPoints: 1000,
        toBasisPoints: 5000,
        personsFrom: '3000.00',
        personsTo: '50000.00',
      },
    ]);
    t.strictSame((await seller.get(earlyUrl)).body.fines, []);
    const law = { atFault: true, openedOn: '2024-08-05', cause: 'CONTRACT_VOIDED' } as const;
    t.strictSame(
      lawfulFines(law).map((of) => [of.conduct, of.fromBasisPoints, of.toBasisPoints]),
      [
        ['DEFRAUDED', 1000, 5000],
        ['MISUSED', 1000, 3000],
      ],
      'what of the two it was is not ours to find',
    );
    t.strictSame(lawfulFines({ ...law, atFault: false }), []);
    t.strictSame(lawfulFines({ ...law, openedOn: '2005-01-31' }), [], 'not in force yet');
  });

  await t.test('the database itself writes nothing off by one person', async (t) => {
    const writeOff = (person: string | null) =>
      trade.admin.begin(async ({ sql }) => {
        await sql`select set_config('ledger.lane', ${book.bookId}, true), set_config('voucher.book', ${book.bookId}, true)`;
        await sql`
          update recoveries set status = 'WRITTEN_OFF', write_off_reason = 'x', write_off_asked_by = ${finance.personId}, ended_person = ${person},
                 ended_on = '2024-08-15'
           where recovery_id = (select recovery_id from recoveries where status = 'DUE' limit 1)`;
        throw new Error('it was written');
      });
    await t.rejects(writeOff(null), { code: '23514' });
    await t.rejects(writeOff(finance.personId), { code: /^(23514|VL003)$/ });
    await t.rejects(writeOff(payer.personId), { message: 'it was written' });
  });
  t.strictSame(await auditLedger(trade.db, book.bookId), []);
  t.strictSame(await auditBusiness(trade.db, book.bookId), []);
});
