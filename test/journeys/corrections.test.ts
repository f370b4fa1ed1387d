// What was promised and paid, corrected: a contract cut in half after redemption, an invoice red-lettered after payment, a fraud found
// after payment. After each the audit is clean, and every award computes anew to the same fen.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { deliverDue } from '../../src/messages/deliver.js';
import { formatYuan } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { Trade, TradeContract } from '../usage/world.js';
import { fen, nextInvoiceNo, startTrade } from '../usage/world.js';
import type { DecisionLetter } from './letter.js';
import { readsLikeALetter } from './letter.js';
import { instruct } from '../settlements/batch.js';

type Asserts = Pick<typeof t, 'strictSame' | 'match' | 'ok' | 'equal' | 'notMatch'>;

async function startBooks(t: { teardown(handler: () => Promise<void>): void }) {
  const trade = await startTrade(t);
  const { book } = trade;
  const [finance, checker, approver, payer, auditor] = await Promise.all([
    book.member('finance'),
    book.member('finance'),
    book.member('approver'),
    book.member('finance_approver'),
    book.member('auditor'),
  ]);
  const does = async (who: Caller, url: string, body: object = {}, status = 200) =>
    expectStatus(await who.post(url, body), status);
  await does(
    trade.seller,
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
  let serial = 0;
  /** Settles what is approved and takes it as far as `to`. */
  const settle = async (period: string, to: 'DRAFT' | 'PAID'): Promise<string> => {
    const draft = await does(finance, '/settlements', { period }, 201);
    if (to === 'DRAFT') return draft.settlementId as string;
    await finish(draft);
    return draft.settlementId as string;
  };
  const finish = async (draft: { settlementId?: string; total?: string }) => {
    const { instructions } = await instruct({ maker: finance, approver, checker, payer }, draft.settlementId ?? '');
    const lines = (instructions as { instructionNo: string; amount: string }[]).map(({ instructionNo, amount }) => ({
      instructionNo,
      status: 'PAID',
      bankSerial: `BANK-${++serial}`,
      bookedOn: trade.clock.now().toISOString().slice(0, 10),
      amount,
    }));
    await does(finance, '/bank-returns', { declaredCount: lines.length, declaredTotal: draft.total, lines }, 200).catch(
      async () => does(finance, '/bank-returns', { declaredCount: lines.length, declaredTotal: draft.total, lines }, 201),
    );
  };
  const clean = async (t: Asserts, when: string): Promise<void> => {
    t.strictSame(await auditLedger(trade.db, book.bookId), [], `the ledger, ${when}`);
    t.strictSame(await auditBusiness(trade.db, book.bookId), [], `the business, ${when}`);
    t.strictSame(await recomputeAwards(trade.db, book.bookId), [], `every award, ${when}`);
  };
  const redeem = async (voucherId: string, invoiceId: string) => does(trade.buyer, '/redemptions', { voucherId, invoiceId }, 201);
  const amend = async (contract: TradeContract, gross: string) => {
    const money = { net: gross, vat: '0.00', gross };
    const body = {
      signedOn: '2024-08-05',
      reason: '用量减少，协商变更',
      ...money,
      lines: [{ lineNo: 1, quantity: '500', ...money }],
    };
    const { amendmentId } = await does(trade.seller, `/contracts/${contract.contractId}/amendments`, body, 201);
    await does(trade.buyer, `/contract-amendments/${amendmentId as string}/confirm`);
    return `/contract-amendments/${amendmentId as string}/file`;
  };
  const balanceOf = async (code: string): Promise<string> => {
    const rows = await trade.db.sql<{ fen: bigint }[]>`
      select coalesce(sum(credits_fen - debits_fen), 0)::bigint as fen from accounts where code like ${code}`;
    return formatYuan(rows[0]?.fen ?? 0n);
  };
  /** The letter of a decision, whole; what it must say of itself is looked at here. */
  const letter = async (t: Asserts, url: string, title: string): Promise<string> => {
    const told = expectStatus(await trade.buyer.get(`${url}/decision-letter`), 200) as DecisionLetter;
    readsLikeALetter(t, told, { title, party: '甲科技有限公司' });
    return told.zh.text;
  };
  return { ...trade, finance, approver, payer, auditor, does, settle, finish, clean, redeem, amend, balanceOf, letter };
}
const red = (trade: Trade, invoiceId: string, contract: TradeContract, of: object = {}) =>
  trade.seller.post(`/usage-invoices/${invoiceId}/red-letters`, {
    redLetterNo: nextInvoiceNo(),
    contractId: contract.contractId,
    issuedOn: '2024-08-05',
    reason: '服务中止，部分退款',
    ...of,
  });
const part = (gross: string, quantity: string) => ({
  lines: [{ lineNo: 1, quantity, net: `-${gross}`, vat: '0.00', gross: `-${gross}` }],
});

void t.test('a contract cut in half after redemption', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer, auditor } = books;
  const contract = await books.fileContract('1000000.00');
  const voucher = await books.voucher(contract, '200000.00');
  await books.redeem(voucher, await books.invoice(contract, { gross: '600000.00' }));
  const waiting = await books.redeem(voucher, await books.invoice(contract, { gross: '100000.00', quantity: '90' }));
  t.equal(waiting.status, 'SUBMITTED');
  t.match(await books.buyer.get(`/redemptions/${waiting.redemptionId as string}/decision-letter`), {
    status: 409,
    body: { code: 'NOT_DECIDED' },
  });
  await books.clean(t, 'before');
  const file = await books.amend(contract, '500000.00');
  const filed = await does(reviewer, file);
  t.match(filed.corrections, [
    { cause: 'CONTRACT_CUT', returned: '20000.00', voided: '80000.00', reversed: '20000.00', recalled: '0.00', recoveryNos: [] },
  ]);
  t.equal(await books.balance(voucher), '0.00');
  await deliverDue({ db: books.db, bookId: books.book.bookId, clock: books.clock });
  for (const side of [books.buyer, books.seller]) {
    const { items } = expectStatus(await side.get('/messages?limit=1'), 200) as { items: { textEn: string }[] };
    t.match(
      items,
      [{ textEn: /^Redemption .* was returned: 用量减少，协商变更$/ }],
      'both sides are told of what the cut returned',
    );
  }
  const { explanation } = expectStatus(await auditor.get(`/corrections/${filed.corrections[0].correctionId as string}`), 200);
  t.match(
    explanation.map(({ ruleZh, result }: { ruleZh: string; result: string }) => `${ruleZh} ${result}`),
    [/重新计算补助上限 100000.00/, /退回待核验的核销 20000.00/, /作废未使用的券面余额 80000.00/, /冲正尚未拨付的核销 20000.00/],
  );
  await books.clean(t, 'after the cut');
  const returned = await books.letter(t, `/redemptions/${waiting.redemptionId as string}`, '退回核销申请决定书');
  t.match(
    returned,
    /经核对：[\s\S]*退回核销申请，预留的 20,000\.00 元按规定退回。理由：用量减少，协商变更。补正后可以重新申请。/,
  );
  const cutLetter = await books.letter(t, `/corrections/${filed.corrections[0].correctionId as string}`, '补助更正决定书');
  t.match(cutLetter, /合同变更，金额减少/);
  t.match(
    cutLetter,
    /重新计算补助上限（合同金额 500,000\.00 元，已占用金额 200,000\.00 元，超出金额 100,000\.00 元）：得 100,000\.00 元/,
  );
  t.match(cutLetter, /退回待核验的核销 20,000\.00 元；作废券面余额 80,000\.00 元；冲正未拨付款项 20,000\.00 元。/);

  // What was paid is recovered, and only what is beyond.
  const paid = await books.settle('2024-08', 'PAID');
  t.ok(paid);
  await books.clean(t, 'paid');
  const again = await books.amend(contract, '400000.00');
  const cut = await does(reviewer, again);
  t.match(cut.corrections, [{ voided: '0.00', reversed: '0.00', recalled: '20000.00', recoveryNos: [/RC-2024/] }]);
  t.equal(await books.balanceOf('claim:%'), '20000.00');
  const recalled = await books.letter(t, `/corrections/${cut.corrections[0].correctionId as string}`, '补助更正及追回决定书');
  t.match(recalled, /追回已拨付款项 20,000\.00 元。金额 20,000\.00 元（人民币贰万元整）。/);
  t.match(recalled, /由收款人中原算力有限公司按送达的追回通知所载期限缴回/);
  await books.clean(t, 'a recovery is open');
  t.match(
    await books.buyer.post('/redemptions', { voucherId: voucher, invoiceId: await books.invoice(contract, { gross: '100.00' }) }),
    { status: 409 },
    'nothing is left to redeem',
  );
});

void t.test('an invoice red-lettered after payment (DOMAIN C9), in part and whole', async (t) => {
  const books = await startBooks(t);
  const { does, finance, reviewer, seller } = books;
  const contract = await books.fileContract('2000000.00');
  const voucher = await books.voucher(contract, '400000.00');
  const invoice = await books.invoice(contract, { gross: '800000.00' });
  const redeemed = await books.redeem(voucher, invoice);
  t.equal(redeemed.approved, '160000.00');
  const draft = await does(finance, '/settlements', { period: '2024-08' }, 201);
  t.match(await red(books, invoice, contract, part('120000.00', '60')), {
    status: 409,
    body: { code: 'CORRECTION_WAITS_FOR_BATCH' },
  });
  await books.finish(draft);
  t.match(await red(books, invoice, contract, part('900000.00', '60')), {
    status: 409,
    body: { code: 'RED_LETTER_ABOVE_INVOICE' },
  });
  const redLetterNo = nextInvoiceNo();
  const first = expectStatus(await red(books, invoice, contract, { ...part('120000.00', '60'), redLetterNo }), 201);
  t.match(first, {
    gross: '-120000.00',
    invoiceStatus: 'CONFIRMED',
    numberConflict: false,
    corrections: [{ cause: 'RED_LETTER', recalled: '24000.00', reversed: '0.00' }],
  });
  t.match(
    await red(books, invoice, contract, { ...part('1.00', '1'), redLetterNo }),
    { status: 409, body: { code: 'RED_LETTER_NUMBER_USED' } },
    'it counts once',
  );
  t.match(await seller.get(`/usage-invoices/${invoice}`), { body: { redLettered: '120000.00' } });
  t.equal(expectStatus(await books.auditor.get(`/red-letters?invoiceId=${invoice}`), 200).items.length, 1);
  await books.clean(t, 'after a red letter in part');
  const redLetter = await books.letter(t, `/corrections/${first.corrections[0].correctionId as string}`, '补助更正及追回决定书');
  t.match(
    redLetter,
    /红字冲减后按累计金额重新计算，逐分舍去（红字冲减基数 120,000\.00 元，累计应补助 136,000\.00 元，超出金额 24,000\.00 元/,
  );
  const approval = await books.letter(t, `/redemptions/${redeemed.redemptionId as string}`, '算力券兑付决定书');
  t.match(approval, /准予兑付，列入结算批次支付。金额 160,000\.00 元（人民币壹拾陆万元整）。/);

  const [recovery] = expectStatus(await seller.get('/recoveries'), 200).items as { recoveryId: string; amount: string }[];
  t.equal(recovery?.amount, '24000.00');
  const url = `/recoveries/${recovery?.recoveryId ?? ''}`;
  await does(reviewer, `${url}/serve`, { documentNo: '追〔2024〕1号', servedOn: '2024-08-05', dueOn: '2024-09-05' });
  const money = { amount: '10000.01', bookedOn: '2024-08-05', bankSerial: 'BACK-1' };
  t.match(await does(finance, `${url}/receive`, money), {
    status: 'PARTLY_RECOVERED',
    received: '10000.01',
    alreadyReceived: false,
  });
  t.match(
    await does(finance, `${url}/receive`, money),
    { received: '10000.01', alreadyReceived: true },
    'the same bank line has one effect',
  );
  t.match(await finance.post(`${url}/receive`, { ...money, amount: '1.00' }), {
    status: 409,
    body: { code: 'RECOVERY_SERIAL_USED' },
  });
  t.match(await finance.post(`${url}/receive`, { ...money, amount: '14000.00', bankSerial: 'BACK-2' }), {
    status: 409,
    body: { code: 'RECOVERY_ABOVE_CLAIM' },
  });
  t.match(await does(finance, `${url}/receive`, { ...money, amount: '13999.99', bankSerial: 'BACK-2' }), { status: 'RECOVERED' });
  t.equal(await books.balanceOf('recovered:%'), '24000.00');
  t.equal(await books.balanceOf('paid:%'), '136000.00', '680,000.00 at 20 %');
  await books.clean(t, 'recovered');

  const whole = expectStatus(await red(books, invoice, contract), 201);
  t.match(whole, { gross: '-680000.00', invoiceStatus: 'RED_LETTERED', corrections: [{ recalled: '136000.00' }] });
  await books.clean(t, 'after a red letter to the whole');

  // Not instructed: reversed, to the voucher; in part and whole.
  const second = await books.invoice(contract, { gross: '100000.00' });
  await books.redeem(voucher, second);
  t.equal(await books.balance(voucher), '220000.00');
  t.match(expectStatus(await red(books, second, contract, part('33333.33', '10')), 201), {
    corrections: [{ reversed: '6666.67' }],
  });
  t.equal(await books.balance(voucher), '226666.67');
  await books.clean(t, 'an approval reduced');
  t.match(expectStatus(await red(books, second, contract), 201), {
    corrections: [{ reversed: '13333.33' }],
    invoiceStatus: 'RED_LETTERED',
  });
  await books.clean(t, 'an approval reversed whole');
  // Waiting: returned, and redeemed anew for what is left.
  const third = await books.invoice(contract, { gross: '100000.00', quantity: '40' });
  t.equal((await books.redeem(voucher, third)).status, 'SUBMITTED');
  t.match(expectStatus(await red(books, third, contract, part('50000.00', '15')), 201), {
    corrections: [{ returned: '20000.00' }],
  });
  t.match(await books.redeem(voucher, third), { status: 'APPROVED', approved: '10000.00' });
  await books.clean(t, 'a reservation returned, and redeemed for what is left');
});

void t.test('a fraud found after payment', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer, approver } = books;
  const contract = await books.fileContract('1000000.00');
  const voucher = await books.voucher(contract, '200000.00');
  await books.redeem(voucher, await books.invoice(contract, { gross: '300000.00' }));
  const body = { voucherId: voucher, reason: '虚构用量骗取补助', documentNo: '查〔2024〕1号' };
  const early = await does(reviewer, '/recoveries', body, 201);
  t.match(await reviewer.post('/recoveries', body), { status: 409, body: { code: 'RECOVERY_PROPOSED' } });
  t.match(await approver.post(`/recoveries/${early.recoveryId as string}/open`, {}), {
    status: 409,
    body: { code: 'NOTHING_TO_RECOVER' },
  });
  await does(approver, `/recoveries/${early.recoveryId as string}/drop`, { reason: '尚未拨付，改为撤销' });
  await books.settle('2024-08', 'PAID');
  await books.redeem(voucher, await books.invoice(contract, { gross: '100000.00' }));
  const proposed = await does(reviewer, '/recoveries', body, 201);
  t.match(
    await books.seller.get(`/recoveries/${proposed.recoveryId as string}`),
    { status: 404 },
    'the debtor is not told before it is opened',
  );
  const opened = await does(approver, `/recoveries/${proposed.recoveryId as string}/open`);
  t.match(opened, {
    status: 'OPENED',
    amount: '60000.00',
    atFault: true,
    corrections: [{ cause: 'FRAUD', voided: '120000.00', reversed: '20000.00', recalled: '60000.00' }],
  });
  t.equal(await books.status(voucher), 'REVOKED');
  t.match(await books.seller.get(`/recoveries/${proposed.recoveryId as string}`), {
    status: 200,
    body: { items: [{ amount: '60000.00' }] },
  });
  await books.clean(t, 'after the fraud');
  const fraudLetter = await books.letter(
    t,
    `/corrections/${opened.corrections[0].correctionId as string}`,
    '补助更正及追回决定书',
  );
  t.match(fraudLetter, /查实弄虚作假/);
  t.match(fraudLetter, /作废券面余额 120,000\.00 元；冲正未拨付款项 20,000\.00 元；追回已拨付款项 60,000\.00 元。/);
  t.match(await books.strangerBuyer.get(`/corrections/${opened.corrections[0].correctionId as string}/decision-letter`), {
    status: 404,
  });
});

void t.test('in whatever order an award is corrected, each step counts once or is refused with what is possible', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer, approver, buyer } = books;
  type Given = { contract: TradeContract; voucher: string; invoice: string; url: string };
  type Step = (of: Given) => Promise<Answer>;
  const told = ({ status, body }: Answer): string => {
    if (status >= 300) return `${status} ${body.code as string}`;
    const [followed] = (body.corrections ?? []) as Record<string, string>[];
    const moved = followed && (['returned', 'voided', 'reversed', 'recalled'] as const).filter((of) => followed[of] !== '0.00');
    return moved
      ? moved.map((of) => `${of} ${followed[of] ?? ''}`).join(', ') || 'nothing is left'
      : String(body.status ?? 'nothing follows');
  };
  const redPart: Step = ({ invoice, contract }) => red(books, invoice, contract, part('3333.33', '33.3333'));
  const redWhole: Step = ({ invoice, contract }) => red(books, invoice, contract);
  const reverse =
    (amount?: string): Step =>
    async ({ url }) => {
      const proposed = await reviewer.post(`${url}/propose-reversal`, { reason: '票面有误', ...(amount ? { amount } : {}) });
      if (proposed.status !== 201) return proposed;
      const answer = await approver.post(`${url}/reverse`, { contentDigest: proposed.body.contentDigest });
      if (answer.status !== 200) await does(approver, `${url}/drop-reversal`, { reason: '不能冲正' });
      return answer;
    };
  const redeemAgain: Step = ({ voucher, invoice }) => buyer.post('/redemptions', { voucherId: voucher, invoiceId: invoice });
  const cut: Step = async ({ contract }) => reviewer.post(await books.amend(contract, '20000.00'), {});
  const voided: Step = ({ contract }) =>
    approver.post(`/contracts/${contract.contractId}/void`, { reason: '虚构', atFault: true });
  const fraud: Step = async ({ voucher }) => {
    const body = { voucherId: voucher, reason: '虚构用量', documentNo: '查〔2024〕2号' };
    const { recoveryId } = await does(reviewer, '/recoveries', body, 201);
    const answer = await approver.post(`/recoveries/${recoveryId as string}/open`, {});
    if (answer.status !== 200) await does(approver, `/recoveries/${recoveryId as string}/drop`, { reason: '改为撤销' });
    return answer;
  };
  const pay: Step = async () => ({
    status: 200,
    headers: {},
    body: { status: (await books.settle('2024-08', 'PAID')) && 'PAID' },
  });
  const inDraft: Step = async () =>
    does(books.finance, '/settlements', { period: '2024-08' }, 201).then((body) => ({
      status: 201,
      headers: {},
      body: { ...body, status: 'IN A BATCH' },
    }));
  // Of an invoice of 10,000.00 a voucher of 20,000.00 paid 2,000.00, a fifth; a red letter in part takes 3,333.33 of it.
  const cases: [name: string, ...[step: Step, told: string][]][] = [
    ['a red letter, then reversed', [redPart, 'reversed 666.67'], [reverse(), 'REVERSED'], [redeemAgain, 'APPROVED']],
    [
      'two red letters, then reversed',
      [redPart, 'reversed 666.67'],
      [redPart, 'reversed 666.67'],
      [reverse(), 'REVERSED'],
      [redeemAgain, 'APPROVED'],
    ],
    [
      'reversed in part, a red letter, then reversed',
      [reverse('500.00'), 'APPROVED'],
      [redPart, 'reversed 166.67'],
      [reverse(), 'REVERSED'],
    ],
    [
      'a red letter, reversed in part, another, and whole',
      [redPart, 'reversed 666.67'],
      [reverse('0.01'), 'APPROVED'],
      [redPart, 'reversed 666.66'],
      [redWhole, 'reversed 666.66'],
      [reverse(), '409 REDEMPTION_WRONG_STATE'],
    ],
    ['reversed, then a red letter', [reverse(), 'REVERSED'], [redPart, 'nothing follows'], [redeemAgain, 'APPROVED']],
    [
      'reversed, then a red letter to the whole',
      [reverse(), 'REVERSED'],
      [redWhole, 'nothing follows'],
      [redeemAgain, '409 INVOICE_NOT_CONFIRMED'],
      [redPart, '409 INVOICE_WRONG_STATE'],
    ],
    [
      'a red letter, then the contract cut',
      [redPart, 'reversed 666.67'],
      [cut, 'voided 16000.00'],
      [reverse(), 'REVERSED'],
      [redPart, 'nothing follows'],
    ],
    [
      'a red letter, then the contract voided',
      [redPart, 'reversed 666.67'],
      [voided, 'voided 18666.67, reversed 1333.33'],
      [redPart, 'nothing follows'],
      [reverse(), '409 REDEMPTION_WRONG_STATE'],
    ],
    [
      'a red letter, then a fraud that was paid nothing',
      [redPart, 'reversed 666.67'],
      [fraud, '409 NOTHING_TO_RECOVER'],
      [reverse(), 'REVERSED'],
    ],
    [
      'a red letter, then a fraud that was paid',
      [redPart, 'reversed 666.67'],
      [pay, 'PAID'],
      [fraud, 'voided 18666.67, recalled 1333.33'],
      [redPart, 'nothing is left'],
      [reverse(), '409 REDEMPTION_BATCHED'],
      [fraud, '409 NOTHING_TO_RECOVER'],
    ],
    [
      'paid, two red letters, then everything else',
      [pay, 'PAID'],
      [redPart, 'recalled 666.67'],
      [reverse(), '409 REDEMPTION_BATCHED'],
      [redPart, 'recalled 666.67'],
      [cut, 'voided 14666.66'],
      [redWhole, 'recalled 666.66'],
      [voided, 'voided 3333.34'],
    ],
    [
      'in a batch',
      [inDraft, 'IN A BATCH'],
      [redPart, '409 CORRECTION_WAITS_FOR_BATCH'],
      [reverse(), '409 REDEMPTION_BATCHED'],
      [voided, '409 CORRECTION_WAITS_FOR_BATCH'],
      [fraud, '409 CORRECTION_WAITS_FOR_BATCH'],
    ],
  ];
  for (const [name, ...steps] of cases) {
    const contract = await books.fileContract('100000.00');
    const voucher = await books.voucher(contract, '20000.00');
    const invoice = await books.invoice(contract, { gross: '10000.00' });
    const { redemptionId } = await books.redeem(voucher, invoice);
    const given = { contract, voucher, invoice, url: `/redemptions/${redemptionId as string}` };
    const found: string[] = [];
    for (const [step] of steps) found.push(told(await step(given)));
    t.strictSame(
      found,
      steps.map(([, told]) => told),
      name,
    );
    await books.clean(t, name);
  }
});

void t.test('a fen that later approvals rest on goes with the base it was carried on from, whatever waits', async (t) => {
  const books = await startBooks(t);
  const contract = await books.fileContract('1000000.00');
  const voucher = await books.voucher(contract, '200000.00');
  const made: { invoice: string; url: string }[] = [];
  for (const [paid, quantity] of [['2666.67'], ['2666.66'], ['2666.67', '3']] as const) {
    const invoice = await books.invoice(contract, { gross: '3333.33', ...(quantity ? { quantity } : {}) }, { paid });
    const { redemptionId } = await books.redeem(voucher, invoice);
    made.push({ invoice, url: `/redemptions/${redemptionId as string}` });
  }
  const [first, , waits] = made;
  // The second holds 666.67, a fen of it carried on from the first; the third waits for a person.
  const proposed = await books.does(books.reviewer, `${first?.url ?? ''}/propose-reversal`, { reason: '票面有误' }, 201);
  t.match(await books.approver.post(`${first?.url ?? ''}/reverse`, { contentDigest: proposed.contentDigest }), {
    status: 409,
    body: { code: 'REVERSAL_LEAVES_EXCESS' },
  });
  t.match(expectStatus(await red(books, first?.invoice ?? '', contract), 201), { corrections: [{ reversed: '666.67' }] });
  await books.does(books.reviewer, `${waits?.url ?? ''}/return`, { reason: '数量不符' });
  await books.clean(t, 'and nothing rests on what was returned');
});

void t.test('a clause of the programme gives back its part of what was awarded, by article', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer, approver } = books;
  const text = '未达到绩效要求的，退回已拨付资金的百分之三十';
  const cite = 'cite: { document: notice, article: 第十二条 }';
  const clause = (id: string, part: string) =>
    `  - { id: ${id}, kind: CLAWBACK, text: { zh: ${text}, en: a third }, ${part}${cite} }\n`;
  const clauses = `clauses:\n${clause('performance-back', 'basisPoints: 3333, ')}${clause('silent', '')}`;
  await books.activate(3, [['settlementCadence:', `${clauses}\nsettlementCadence:`]]);
  const contract = await books.fileContract('1000000.00');
  const voucher = await books.voucher(contract, '200000.00', { version: 3 });
  await books.redeem(voucher, await books.invoice(contract, { gross: '300000.00' }));
  await books.settle('2024-08', 'PAID');
  const limit = await books.balanceOf('used:%redeemed:%');
  const propose = (id: string, atFault = false) =>
    reviewer.post('/recoveries', {
      voucherId: voucher,
      reason: '年度绩效评价未达标',
      documentNo: '绩〔2024〕3号',
      clause: { id, atFault },
    });
  t.match(await propose('archives'), { status: 409, body: { code: 'CLAUSE_UNKNOWN', detail: /performance-back、silent/ } });
  t.match(await propose('silent'), { status: 409, body: { code: 'POLICY_SILENT' } });
  const { recoveryId } = expectStatus(await propose('performance-back'), 201);
  const opened = await does(approver, `/recoveries/${recoveryId as string}/open`);
  t.match(opened, { cause: 'CLAUSE', clauseId: 'performance-back', atFault: false, status: 'OPENED', amount: '19998.00' });
  t.match(opened.corrections, [{ cause: 'CLAUSE', voided: '0.00', reversed: '0.00', recalled: '19998.00' }]);
  t.equal(await books.status(voucher), 'PARTIALLY_REDEEMED', 'the voucher lives on');
  t.equal(
    await books.balanceOf('used:%redeemed:%'),
    formatYuan(fen(limit) - fen('19998.00')),
    'without fault limits get it back',
  );
  await books.clean(t, 'after the clause');
  const letter = await books.letter(t, `/corrections/${opened.corrections[0].correctionId as string}`, '补助更正及追回决定书');
  t.match(
    letter,
    /第十二条[\s\S]*未达到绩效要求的，退回已拨付资金的百分之三十（算力券编号 \S+，计算基数 60,000\.00 元，比例 33\.33%）：得 19,998\.00 元/,
  );
});

void t.test('a provider delisted in mid-month: what was used while it was listed counts, and not a day more', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer, approver, seller, buyer } = books;
  const contract = await books.fileContract('100000.00');
  const voucher = await books.voucher(contract, '20000.00');
  const before = await books.redeem(voucher, await books.invoice(contract, { gross: '10000.00' }));
  t.equal(before.approved, '2000.00');
  const { items } = expectStatus(await reviewer.get('/listings'), 200) as { items: { listingId: string }[] };
  const measure = { from: '2024-08-16', reason: '未通过年度核查', documentNo: '郑工信〔2024〕9号' };
  const { measureId } = await does(reviewer, `/listings/${items[0]?.listingId ?? ''}/delist`, measure, 201);
  t.match(await reviewer.post(`/listing-measures/${measureId as string}/approve`, {}), { status: 403 });
  await does(approver, `/listing-measures/${measureId as string}/approve`);
  books.clock.set('2024-09-02');
  const used = (usageFrom: string, usageTo: string) =>
    books.invoiceBody(contract, { gross: '10000.00', issuedOn: '2024-09-01', usageFrom, usageTo });
  t.match(
    await seller.post('/usage-invoices', used('2024-08-01', '2024-08-31')),
    { status: 409, body: { code: 'PROVIDER_NOT_LISTED' } },
    'a month that it was not listed through',
  );
  const { invoiceId } = await does(seller, '/usage-invoices', used('2024-08-01', '2024-08-15'), 201);
  const url = `/usage-invoices/${invoiceId as string}`;
  await does(buyer, `${url}/confirm`);
  await does(buyer, `${url}/payments`, { amount: '8000.00', paidOn: '2024-09-01', bankSerial: 'HALF-A-MONTH' }, 201);
  const half = await books.redeem(voucher, invoiceId as string);
  t.match(half, { status: 'APPROVED', approved: '2000.00' }, 'to its last day, inclusive');
  await books.clean(t, 'after the delisting');
  const letter = await books.letter(t, `/redemptions/${half.redemptionId as string}`, '算力券兑付决定书');
  t.match(letter, /计算基数 10,000\.00 元/);
});
