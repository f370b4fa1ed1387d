// Usage invoices: what a right one is, a number that counts once across all books, confirming, disputing, paying.
import t from 'tap';
import type { ContractLineUsage, Listing, UsageInvoiceLine } from '../../db/tables.js';
import type { NumberClaim } from '../../src/usage/claim-number.js';
import { claimNumbers, releaseNumbers } from '../../src/usage/claim-number.js';
import type { PostedInvoice } from '../../src/usage/rules.js';
import { firstDayNotListed, formatQuantity, quantityOf, refusalOfInvoice, usageAfter } from '../../src/usage/rules.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { nextInvoiceNo, startTrade, uscc } from './world.js';

const amounts = (net: string, vat: string, gross: string) => ({ net, vat, gross });

void t.test('a quantity is exact to four decimals', async (t) => {
  for (const [text, exact, shown] of [
    ['736.5', 7365000n, '736.5'],
    ['736.5000', 7365000n, '736.5'],
    ['0.0001', 1n, '0.0001'],
    ['0', 0n, '0'],
    ['1000', 10000000n, '1000'],
    ['99999999999999.9999', 999999999999999999n, '99999999999999.9999'],
  ] as const) {
    t.equal(quantityOf(text), exact, text);
    t.equal(formatQuantity(exact), shown, shown);
  }
});

void t.test(
  'an invoice that is wrong as written is refused at the field that is wrong, the first wrong thing first',
  async (t) => {
    const line = { contractLineNo: 1, quantity: '10', ...amounts('94.34', '5.66', '100.00') };
    const right: PostedInvoice = {
      invoiceNo: '24410000000000000001',
      contractId: '',
      issuedOn: '2024-08-01',
      usageFrom: '2024-07-01',
      usageTo: '2024-07-31',
      ...amounts('94.34', '5.66', '100.00'),
      lines: [line],
    };
    const today = '2024-08-01';
    t.equal(refusalOfInvoice(right, today), null);
    t.equal(refusalOfInvoice({ ...right, issuedOn: '2024-06-01' }, today), null, 'there is prepayment');
    t.equal(refusalOfInvoice({ ...right, usageFrom: '2024-08-01', usageTo: '2024-08-01' }, today), null, 'a day is a period');
    const cases: [string, Partial<PostedInvoice>, string, string, object?][] = [
      ['19 digits', { invoiceNo: '2441000000000000000' }, 'INVOICE_NUMBER_FORMAT', '/invoiceNo'],
      ['full-width digits', { invoiceNo: '２4410000000000000001' }, 'INVOICE_NUMBER_FORMAT', '/invoiceNo'],
      ['of another year', { issuedOn: '2023-12-31' }, 'INVOICE_NUMBER_YEAR', '/invoiceNo', { found: '24', expected: '23' }],
      [
        'turned round',
        { usageTo: '2024-06-30' },
        'PERIOD_ENDS_BEFORE_START',
        '/usageTo',
        { from: '2024-07-01', to: '2024-06-30' },
      ],
      ['issued tomorrow', { issuedOn: '2024-08-02' }, 'INVOICE_IN_FUTURE', '/issuedOn', { issuedOn: '2024-08-02', today }],
      ['used tomorrow', { usageTo: '2024-08-02' }, 'USAGE_IN_FUTURE', '/usageTo', { usageTo: '2024-08-02', today }],
      ['nothing used', { lines: [line, { ...line, quantity: '0.0000' }] }, 'QUANTITY_ZERO', '/lines/1/quantity'],
      ['nothing to pay', { ...amounts('0.00', '0.00', '0.00') }, 'AMOUNT_ZERO', '/gross'],
      [
        'a line off by a fen',
        { lines: [{ ...line, gross: '100.01' }] },
        'INVOICE_DOES_NOT_ADD_UP',
        '/lines/0/gross',
        { field: '/lines/0/gross', sum: '100.00', stated: '100.01' },
      ],
      ['a total off by a fen', { vat: '5.65' }, 'INVOICE_DOES_NOT_ADD_UP', '/gross', { sum: '99.99', stated: '100.00' }],
      ['lines beyond the total', { lines: [line, line] }, 'INVOICE_DOES_NOT_ADD_UP', '/net', { sum: '188.68', stated: '94.34' }],
      [
        'net and VAT exchanged',
        { lines: [{ ...line, ...amounts('94.35', '5.65', '100.00') }] },
        'INVOICE_DOES_NOT_ADD_UP',
        '/net',
        { sum: '94.35' },
      ],
      [
        'wrong everywhere: the number comes first',
        { invoiceNo: '1', usageTo: '2024-06-30', gross: '0.00' },
        'INVOICE_NUMBER_FORMAT',
        '/invoiceNo',
      ],
    ];
    for (const [name, of, code, pointer, params = {}] of cases) {
      t.match(refusalOfInvoice({ ...right, ...of }, today), { kind: 'refused', code, pointer, params }, name);
    }
  },
);

void t.test('a period is listed when listings of the item cover every day of it, one after another', async (t) => {
  const listing = (validFrom: string, validTo: string | null, serviceItem: Listing['serviceItem'] = 'AI_COMPUTE') =>
    ({ validFrom, validTo, serviceItem, suspensions: [] as Listing['suspensions'] }) as Listing;
  const july = { from: '2024-07-01', to: '2024-07-31' };
  for (const [name, listings, day] of [
    ['never', [], '2024-07-01'],
    ['another item', [listing('2024-01-01', null, 'STORAGE')], '2024-07-01'],
    ['without end', [listing('2024-07-01', null)], null],
    ['to the last day', [listing('2024-07-01', '2024-07-31')], null],
    ['to the day before', [listing('2024-07-01', '2024-07-30')], '2024-07-31'],
    ['from the second day', [listing('2024-07-02', null)], '2024-07-01'],
    ['two that meet, the later named first', [listing('2024-07-11', null), listing('2024-01-01', '2024-07-10')], null],
    ['two with a day between', [listing('2024-01-01', '2024-07-10'), listing('2024-07-12', null)], '2024-07-11'],
    ['ended before', [listing('2024-01-01', '2024-06-30')], '2024-07-01'],
  ] as const) {
    t.equal(firstDayNotListed(listings, 'AI_COMPUTE', july), day, name);
  }
});

void t.test('usage adds up per contract line, several invoice lines of one together', async (t) => {
  const line = (contractLineId: string, quantity: string, grossFen: bigint) =>
    ({ bookId: 'b', contractLineId, quantity, grossFen }) as UsageInvoiceLine;
  const before: ContractLineUsage = { bookId: 'b', contractLineId: 'x', contractId: 'c', quantity: '1.5000', grossFen: 5n };
  t.strictSame(
    usageAfter('c', [line('x', '0.2500', 1n), line('y', '2', 3n), line('x', '0.25', 1n)], (id) =>
      id === 'x' ? before : undefined,
    ),
    [
      { ...before, quantity: '2', grossFen: 7n },
      { ...before, contractLineId: 'y', quantity: '2', grossFen: 3n },
    ],
  );
});

void t.test('over HTTP', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, buyerMachine, strangerBuyer, seller, strangerSeller, reviewer } = trade;
  const nobody = '00000000-0000-7000-8000-000000000001';
  const contract = await trade.fileContract('2000000.00');
  const body = (of: object = {}) => ({ ...trade.invoiceBody(contract, { gross: '333333.33' }), ...of });
  const post = (who: Caller, of: object) => who.post('/usage-invoices', of);
  const claims = async (number: unknown): Promise<{ holders: number; provider_id: string }[]> => [
    ...(await trade.admin.sql<{ holders: number; provider_id: string }[]>`
      select holders, provider_id from invoice_claims where number = ${String(number)}`),
  ];

  await t.test('what was posted is told whole, and read back the same by all who may see it', async (t) => {
    const sent = body();
    const { ledgerSeq, ...posted } = expectStatus(await post(seller, sent), 201);
    t.ok(ledgerSeq > 0);
    t.match(posted, {
      invoiceNo: sent.invoiceNo,
      gross: '333333.33',
      paid: '0.00',
      status: 'POSTED',
      numberConflict: false,
      postedOn: '2024-08-05',
      decidedOn: null,
      disputeReason: null,
      redemptionId: null,
      lines: [{ lineNo: 1, contractLineNo: 1, quantity: '166.6667', gross: '333333.33' }],
    });
    const url = `/usage-invoices/${posted.invoiceId as string}`;
    for (const who of [seller, buyer, reviewer]) {
      t.strictSame(expectStatus(await who.get(url), 200), { ...posted, payments: [] });
      t.match(expectStatus(await who.get('/usage-invoices'), 200), { items: [{ invoiceId: posted.invoiceId }], next: null });
    }
    for (const who of [strangerBuyer, strangerSeller]) {
      t.match(await who.get(url), { status: 404, body: { code: 'NOT_FOUND' } });
      t.strictSame(expectStatus(await who.get('/usage-invoices'), 200).items, []);
    }
    t.strictSame(expectStatus(await reviewer.get('/usage-invoices?status=CONFIRMED'), 200).items, []);
    t.equal(expectStatus(await reviewer.get(`/usage-invoices?contractId=${contract.contractId}`), 200).items.length, 1);
    const again = await post(seller, sent);
    t.match(again, { status: 409, body: { code: 'INVOICE_NUMBER_USED', errors: [{ pointer: '/invoiceNo' }] } });
    t.match(await claims(posted.invoiceNo), [{ holders: 1 }], 'the claim stays with the invoice, and with nothing else');
  });

  await t.test('a refusal of an invoice names its code and its field, and claims no number', async (t) => {
    const money = amounts('100.00', '0.00', '100.00');
    const open = expectStatus(
      await seller.post('/contracts', {
        contractNo: 'OFFEN',
        enterpriseId: trade.enterpriseId,
        providerId: trade.providerId,
        signedOn: '2024-06-15',
        startsOn: '2024-07-01',
        endsOn: '2024-07-31',
        purpose: 'MODEL_RESEARCH',
        ...money,
        lines: [
          {
            description: '卡时',
            serviceItem: 'AI_COMPUTE',
            facilityId: trade.facilityId,
            unit: 'CARD_HOUR',
            quantity: '1',
            ...money,
          },
        ],
      }),
      201,
    );
    const listing = { serviceItem: 'STORAGE', batchNo: '1', documentNo: '1', validFrom: '2024-07-10', validTo: '2024-07-20' };
    expectStatus(await reviewer.post('/listings', { providerId: trade.providerId, ...listing }), 201);
    const storage = await trade.fileContract('100.00', {
      lines: [
        { description: '存储', serviceItem: 'STORAGE', facilityId: trade.facilityId, unit: 'MONTH', quantity: '1', ...money },
      ],
    });
    const stored = (usageFrom: string, usageTo: string) => trade.invoiceBody(storage, { gross: '100.00', usageFrom, usageTo });
    const cases: [string, Caller, object, number, string, string?][] = [
      ['a stranger', strangerSeller, body(), 404, 'NOT_FOUND', '/contractId'],
      ['no such contract', seller, body({ contractId: nobody }), 404, 'NOT_FOUND', '/contractId'],
      ['not filed', seller, body({ contractId: open.contractId }), 409, 'CONTRACT_NOT_FILED', '/contractId'],
      ['before the contract', seller, body({ usageFrom: '2024-06-30' }), 409, 'INVOICE_OUTSIDE_CONTRACT', '/usageFrom'],
      ['a number too short', seller, body({ invoiceNo: '24' }), 400, 'INVOICE_NUMBER_FORMAT', '/invoiceNo'],
      ['a number of another year', seller, body({ issuedOn: '2023-08-01' }), 400, 'INVOICE_NUMBER_YEAR', '/invoiceNo'],
      ['turned round', seller, body({ usageTo: '2024-06-30' }), 400, 'PERIOD_ENDS_BEFORE_START', '/usageTo'],
      ['issued tomorrow', seller, body({ issuedOn: '2024-08-06' }), 400, 'INVOICE_IN_FUTURE', '/issuedOn'],
      ['used tomorrow', seller, body({ usageTo: '2024-08-06' }), 400, 'USAGE_IN_FUTURE', '/usageTo'],
      ['a total off', seller, body({ gross: '333333.34' }), 400, 'INVOICE_DOES_NOT_ADD_UP', '/gross'],
      ['nothing', seller, body(amounts('0.00', '0.00', '0.00')), 400, 'AMOUNT_ZERO', '/gross'],
      [
        'no quantity',
        seller,
        body({ lines: [{ contractLineNo: 1, quantity: '0', ...money }] }),
        400,
        'QUANTITY_ZERO',
        '/lines/0/quantity',
      ],
      [
        'a line the contract has not',
        seller,
        body({ ...money, lines: [{ contractLineNo: 2, quantity: '1', ...money }] }),
        409,
        'CONTRACT_LINE_UNKNOWN',
        '/lines/0/contractLineNo',
      ],
      ['listed too late', seller, stored('2024-07-09', '2024-07-20'), 409, 'PROVIDER_NOT_LISTED', '/lines/0/contractLineNo'],
      ['listed too short', seller, stored('2024-07-10', '2024-07-21'), 409, 'PROVIDER_NOT_LISTED', '/lines/0/contractLineNo'],
      ['by the buyer', buyer, body(), 403, 'FORBIDDEN'],
      ['an unknown field', seller, body({ claim: {} }), 400, 'VALIDATION_FAILED', '/claim'],
    ];
    for (const [name, who, of, status, code, pointer] of cases) {
      const answer = await post(who, of);
      t.strictSame([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer], [status, code, pointer], name);
      t.notMatch(answer.body.detail, /[{}]\w/, `${name}: every parameter of the sentence is filled in`);
      t.strictSame(await claims((of as { invoiceNo: string }).invoiceNo), [], `${name}: no claim is left`);
    }
    const late = await seller.post('/usage-invoices', stored('2024-07-10', '2024-07-21'), {
      headers: { 'accept-language': 'en' },
    });
    t.match(late.body.detail, /storage.*2024-07-21/, 'it names the item and the first day on which it is not listed');
    t.equal((await post(seller, stored('2024-07-10', '2024-07-20'))).status, 201, 'listed from the first day to the last');
  });

  await t.test('a number counts once across all books: the second use is marked, and nobody is named', async (t) => {
    const other = await trade.newBook('jiaozuo');
    const [sellerThere, buyerThere, reviewerThere] = await Promise.all([
      other.member('provider', { uscc: uscc(2) }),
      other.member('enterprise', { uscc: uscc(1) }),
      other.member('reviewer'),
    ]);
    const made = async (who: Caller, url: string, of: object, status = 201) => expectStatus(await who.post(url, of), status);
    const { enterpriseId } = await made(other.operator, '/enterprises', { uscc: uscc(1), name: '甲科技有限公司' });
    const { providerId } = await made(other.operator, '/providers', { uscc: uscc(2), name: '中原算力有限公司' });
    const { facilityId } = await made(other.operator, '/facilities', { providerId, name: '一号', kind: 'AI_COMPUTING' });
    await made(reviewerThere, '/listings', {
      providerId,
      serviceItem: 'AI_COMPUTE',
      batchNo: '1',
      documentNo: '1',
      validFrom: '2024-01-01',
    });
    const money = amounts('2000000.00', '0.00', '2000000.00');
    const { contractId } = await made(sellerThere, '/contracts', {
      contractNo: 'J-1',
      enterpriseId,
      providerId,
      signedOn: '2024-06-15',
      startsOn: '2024-07-01',
      endsOn: '2025-06-30',
      purpose: 'MODEL_RESEARCH',
      ...money,
      lines: [{ description: '卡时', serviceItem: 'AI_COMPUTE', facilityId, unit: 'CARD_HOUR', quantity: '1000', ...money }],
    });
    await made(buyerThere, `/contracts/${contractId as string}/confirm`, {}, 200);
    await made(reviewerThere, `/contracts/${contractId as string}/file`, {}, 200);

    const here = body();
    const there = { ...here, contractId };
    const refusedThere = await post(sellerThere, { ...there, usageFrom: '2024-06-01' });
    t.match(refusedThere.body, { code: 'INVOICE_OUTSIDE_CONTRACT' });
    t.equal(
      expectStatus(await post(seller, here), 201).numberConflict,
      false,
      'a refused posting elsewhere has given the number back',
    );
    const second = expectStatus(await post(sellerThere, there), 201);
    t.equal(second.numberConflict, true);
    t.notMatch(JSON.stringify(second), new RegExp(`${trade.providerId}|zhengzhou`), 'the answer names nobody');
    t.match(
      await post(sellerThere, there),
      { status: 409, body: { code: 'INVOICE_NUMBER_USED' } },
      'marked or not, once per book',
    );
    t.match(await claims(here.invoiceNo), [{ holders: 1, provider_id: trade.providerId }]);
  });

  await t.test(
    'one number posted twenty times at once is one invoice, whichever come first, and its claim has one holder',
    async (t) => {
      const of = body();
      const wrong = { ...of, usageFrom: '2024-06-01' };
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => post(seller, i % 2 === 0 ? of : wrong)));
      const codes = answers.map(({ status, body: { code } }) => (status === 201 ? 'POSTED' : String(code)));
      t.notOk(codes.find((code) => !['POSTED', 'INVOICE_NUMBER_USED', 'INVOICE_OUTSIDE_CONTRACT'].includes(code)));
      t.equal(codes.filter((code) => code === 'POSTED').length, 1);
      t.equal(answers.find(({ status }) => status === 201)?.body.numberConflict, false);
      t.match(await claims(of.invoiceNo), [{ holders: 1 }]);
    },
  );

  await t.test('one key sent twenty times at once is one invoice, twenty equal answers and one holder', async (t) => {
    const of = body();
    const answers = await Promise.all(Array.from({ length: 20 }, () => seller.post('/usage-invoices', of, { key: 'twenty' })));
    t.equal(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size, 1);
    t.equal(answers[0]?.status, 201);
    t.match(await claims(of.invoiceNo), [{ holders: 1 }]);
  });

  await t.test('a claim counts its holders: given back by one, it stays with the others', async (t) => {
    const at = new Date('2024-08-05T02:00:00Z');
    const claim = async (of: NumberClaim) => (await claimNumbers(trade.db, [of], at))(of);
    const release = (of: NumberClaim) => releaseNumbers(trade.db, [of]);
    const mine = { number: nextInvoiceNo(), bookId: book.bookId, providerId: trade.providerId };
    const theirs = { ...mine, providerId: nobody };
    t.equal(await claim(mine), true);
    t.equal(await claim(mine), true, 'the owner again');
    t.equal(await claim(theirs), false, 'another provider');
    await release(theirs);
    t.match(await claims(mine.number), [{ holders: 2 }], 'who holds nothing gives nothing back');
    await release(mine);
    t.equal(await claim(theirs), false, 'one posting is still on its way');
    await release(mine);
    t.strictSame(await claims(mine.number), []);
    t.equal(await claim(theirs), true, 'free for anybody');
    const racing = Array.from({ length: 30 }, async (_, i) => {
      const of = { ...mine, number: '24419999999999999999', providerId: i % 2 === 0 ? trade.providerId : nobody };
      if (await claim(of)) await release(of);
    });
    await Promise.all(racing);
    t.strictSame(await claims('24419999999999999999'), [], 'however they race, no holder is lost and none is left');
  });

  await t.test('of a group each posting gets what it would get alone, whoever else asks for its number', async (t) => {
    const at = new Date('2024-08-05T02:00:00Z');
    const [free, taken, other] = [nextInvoiceNo(), nextInvoiceNo(), nextInvoiceNo()];
    const mine = (number: string): NumberClaim => ({ number, bookId: book.bookId, providerId: trade.providerId });
    const theirs = (number: string): NumberClaim => ({ ...mine(number), providerId: nobody });
    await claimNumbers(trade.db, [theirs(taken)], at);
    const held = await claimNumbers(
      trade.db,
      [mine(free), theirs(free), mine(taken), theirs(taken), mine(free), mine(other)],
      at,
    );
    t.strictSame([held(mine(free)), held(theirs(free))], [true, false], 'the first that asks for it');
    t.strictSame([held(mine(taken)), held(theirs(taken))], [false, true], 'who has it already');
    t.equal(held(mine(other)), true);
    t.match(await claims(free), [{ holders: 2 }]);
    t.match(await claims(taken), [{ holders: 2 }]);
    await releaseNumbers(trade.db, [mine(free), theirs(taken), mine(other), mine(free), theirs(taken)]);
    for (const number of [free, taken, other]) t.strictSame(await claims(number), [], 'given back');
    const group = Array.from({ length: 40 }, (_, i) => body(i % 4 === 0 ? { contractId: nobody } : {}));
    const answers = await Promise.all(group.map((of) => seller.post('/usage-invoices', of)));
    t.strictSame(
      answers.map(({ status }) => status),
      group.map((_, i) => (i % 4 === 0 ? 404 : 201)),
    );
    for (const [i, { invoiceNo }] of group.entries()) t.match(await claims(invoiceNo), i % 4 === 0 ? [] : [{ holders: 1 }]);
  });

  await t.test('confirmed or disputed by a person of the enterprise who did not post it, once', async (t) => {
    const invoiceId = await trade.invoice(contract, { gross: '100.00' }, { confirmed: false, paid: '0.00' });
    const url = `/usage-invoices/${invoiceId}`;
    const doublePerson = await book.member('enterprise', { uscc: uscc(1), personId: seller.personId });
    t.match(await buyerMachine.post(`${url}/confirm`, {}), { status: 403, body: { code: 'PERSON_REQUIRED' } });
    t.match(await seller.post(`${url}/confirm`, {}), { status: 403, body: { code: 'FORBIDDEN' } });
    for (const verb of ['confirm', 'dispute']) {
      const of = verb === 'dispute' ? { reason: '用量不符' } : {};
      const stranger = await strangerBuyer.post(`${url}/${verb}`, of);
      t.match(stranger, { status: 404, body: { code: 'NOT_FOUND' } });
      const missing = await strangerBuyer.post(`/usage-invoices/${nobody}/${verb}`, of);
      t.strictSame(stranger.body, missing.body, 'like one that does not exist');
      t.match(await doublePerson.post(`${url}/${verb}`, of), { status: 403, body: { code: 'FOUR_EYES' } });
    }
    t.match(expectStatus(await buyer.post(`${url}/confirm`, {}), 200), { status: 'CONFIRMED', decidedOn: '2024-08-05' });
    for (const [verb, of] of [
      ['confirm', {}],
      ['dispute', { reason: '用量不符' }],
    ] as const) {
      const again = await buyer.post(`${url}/${verb}`, of);
      t.match(again, { status: 409, body: { code: 'INVOICE_WRONG_STATE' } });
      t.match(again.body.detail, /CONFIRMED.*payments, void, red-letters/, 'it says the state and what is possible now');
    }
    const disputed = await trade.invoice(contract, { gross: '100.00' }, { confirmed: false, paid: '0.00' });
    const answer = await buyer.post(`/usage-invoices/${disputed}/dispute`, { reason: '用量不符' });
    t.match(expectStatus(answer, 200), { status: 'DISPUTED', disputeReason: '用量不符' });
    t.match(await buyer.post(`/usage-invoices/${disputed}/dispute`, { reason: '又' }), { body: { code: 'INVOICE_WRONG_STATE' } });
    const pay = { amount: '1.00', paidOn: '2024-08-05', bankSerial: 'S' };
    t.match(await buyer.post(`/usage-invoices/${disputed}/payments`, pay), { body: { code: 'INVOICE_WRONG_STATE' } });
  });

  await t.test('payments add up to the invoice and never beyond, a bank serial counting once on it', async (t) => {
    const invoiceId = await trade.invoice(contract, { gross: '100.00' }, { confirmed: false, paid: '0.00' });
    const url = `/usage-invoices/${invoiceId}/payments`;
    const pay = (amount: string, bankSerial: string, of: object = {}) => ({ amount, paidOn: '2024-08-05', bankSerial, ...of });
    t.match(expectStatus(await buyer.post(url, pay('60.00', 'A')), 201), { invoiceId, amount: '60.00', paid: '60.00' });
    for (const [name, who, of, status, code, pointer] of [
      ['nothing', buyer, pay('0.00', 'B'), 400, 'AMOUNT_ZERO', '/amount'],
      ['tomorrow', buyer, pay('1.00', 'B', { paidOn: '2024-08-06' }), 400, 'PAYMENT_IN_FUTURE', '/paidOn'],
      ['a stranger', strangerBuyer, pay('1.00', 'B'), 404, 'NOT_FOUND', undefined],
      ['the same serial', buyer, pay('1.00', 'A'), 409, 'PAYMENT_EXISTS', '/bankSerial'],
      ['a fen too much', buyer, pay('40.01', 'B'), 409, 'PAYMENT_ABOVE_INVOICE', '/amount'],
    ] as const) {
      const answer = await who.post(url, of);
      t.strictSame([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer], [status, code, pointer], name);
      t.notMatch(answer.body.detail, /[{}]/, name);
    }
    const raced = await Promise.all(['B', 'C', 'D'].map((serial) => buyer.post(url, pay('40.00', serial))));
    t.strictSame(raced.map(({ status }) => status).sort(), [201, 409, 409], 'three payments of the rest race, one fits');
    const shown = expectStatus(await seller.get(`/usage-invoices/${invoiceId}`), 200);
    t.match(shown, { paid: '100.00', payments: [{ amount: '60.00', bankSerial: 'A' }, { amount: '40.00' }] });
    const elsewhere = await trade.invoice(contract, { gross: '100.00' }, { paid: '0.00' });
    const same = await buyer.post(`/usage-invoices/${elsewhere}/payments`, pay('1.00', 'A'));
    t.equal(same.status, 201, 'one bank payment may settle two invoices');
  });
});
