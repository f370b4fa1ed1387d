// The monthly settlement: what a batch takes and binds, three persons, funders' shares to the fen, bank returns that have
// their effect once; and an audit of the business that finds what is planted.
import type { Test } from 'tap';
import t from 'tap';
import type { PaymentInstruction, Redemption, Settlement } from '../../db/tables.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { formatYuan, splitByFunders, sumFen } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import {
  contentDigestOf,
  isSettledWith,
  lastAttempts,
  refuseUnlessAt,
  splitDues,
  unbatchedFen,
} from '../../src/settlements/rules.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startWorld as startApplications } from '../applications/world.js';
import { allowChanges } from '../payees/change.js';
import { planted } from '../planted.js';
import type { World } from './world.js';
import { fund, settle, shares, startWorld } from './world.js';

// ── Rules ──

void t.test('a batch takes what is approved by its last day, in no batch, less what was reversed', async (t) => {
  const of = (change: Partial<Redemption>): Redemption =>
    ({
      status: 'APPROVED',
      settlementId: null,
      approvedOn: '2024-06-30',
      approvedFen: 500n,
      reversedFen: 0n,
      batchedFen: 0n,
      offsetFen: 0n,
      ...change,
    }) as Redemption;
  const cases: [string, Partial<Redemption>, bigint][] = [
    ['approved on the last day', {}, 500n],
    ['approved the day after', { approvedOn: '2024-07-01' }, 0n],
    ['partly reversed', { reversedFen: 200n }, 300n],
    ['reversed as a whole', { reversedFen: 500n }, 0n],
    ['in a batch already', { settlementId: 'x', batchedFen: 500n }, 0n],
    ['off-set in part', { offsetFen: 100n }, 400n],
    ['waiting', { status: 'SUBMITTED', approvedOn: null, approvedFen: 0n }, 0n],
    ['returned', { status: 'RETURNED', approvedOn: null, approvedFen: 0n }, 0n],
  ];
  for (const [name, change, expected] of cases) t.equal(unbatchedFen(of(change), '2024-06-30'), expected, name);
});

void t.test('a programme settled by the quarter is due with the last month of one', async (t) => {
  const due = Array.from({ length: 12 }, (_, i) => `2024-${String(i + 1).padStart(2, '0')}`);
  t.strictSame(
    due.filter((period) => isSettledWith('QUARTERLY', period)),
    ['2024-03', '2024-06', '2024-09', '2024-12'],
  );
  t.ok(due.every((period) => isSettledWith('MONTHLY', period) && isSettledWith(undefined, period)));
});

void t.test('the content digest changes with every field of every line, and with their order', async (t) => {
  const line = {
    bookId: '',
    settlementLineId: '',
    settlementId: '',
    lineNo: 1,
    redemptionId: 'r',
    reimbursementId: null,
    payeeId: 'p',
    fund: 'f',
    amountFen: 1n,
  };
  const digests = [
    contentDigestOf([line]),
    contentDigestOf([{ ...line, lineNo: 2 }]),
    contentDigestOf([{ ...line, redemptionId: 'x' }]),
    contentDigestOf([{ ...line, payeeId: 'x' }]),
    contentDigestOf([{ ...line, fund: 'x' }]),
    contentDigestOf([{ ...line, amountFen: 2n }]),
    contentDigestOf([line, { ...line, amountFen: 2n }]),
    contentDigestOf([{ ...line, amountFen: 2n }, line]),
  ];
  t.equal(new Set(digests).size, digests.length);
});

void t.test('funders share a fund exactly over all batches, and a part of zero is no payment', async (t) => {
  const amounts = [1n, 1n, 1n, 33_333n, 33_333n, 33_334n, 7n, 99_999_99n];
  const borne = new Map<string, bigint>();
  let instructedFen = 0n;
  for (const amountFen of amounts) {
    const { parts, instructed } = splitDues(
      [{ payeeId: 'p', fund, amountFen }],
      () => shares,
      () => instructedFen,
    );
    t.ok(parts.every((part) => part.amountFen > 0n));
    t.equal(sumFen(parts.map((part) => part.amountFen)), amountFen);
    for (const part of parts) borne.set(part.funder, (borne.get(part.funder) ?? 0n) + part.amountFen);
    instructedFen = instructed.get(fund) ?? 0n;
  }
  const whole = splitByFunders(sumFen(amounts), shares);
  t.strictSame(Object.fromEntries(borne), Object.fromEntries(whole.map(({ funder, amount }) => [funder, amount])));

  const together = splitDues(
    amounts.map((amountFen, i) => ({ payeeId: `p${i}`, fund, amountFen })),
    () => shares,
    () => 0n,
  );
  const ofCity = sumFen(together.parts.filter((part) => part.funder === 'CITY').map((part) => part.amountFen));
  t.equal(ofCity, whole[0]?.amount, 'in one batch or in many, to the fen');
});

void t.test('a wrong state is refused with what is possible instead', async (t) => {
  const at = (status: Settlement['status']) => ({ status, settlementNo: 'S-1' }) as Settlement;
  t.equal(refuseUnlessAt(at('DRAFT'), 'DRAFT'), null);
  for (const [status, possible] of [
    ['DRAFT', 'approve'],
    ['APPROVED', 'instruct'],
    ['INSTRUCTED', 'import bank returns, reinstruct, close'],
    ['CLOSED', '—'],
  ] as const) {
    const other = status === 'DRAFT' ? 'APPROVED' : 'DRAFT';
    t.match(refuseUnlessAt(at(status), other), { code: 'SETTLEMENT_WRONG_STATE', params: { status, possible } });
  }
});

void t.test('the last attempt of a payment is the one that counts', async (t) => {
  const of = (funder: string, attempt: number) => ({ payeeId: 'p', fund, funder, attempt }) as PaymentInstruction;
  const last = lastAttempts([of('CITY', 2), of('CITY', 1), of('DISTRICT', 1)]);
  t.strictSame(
    last.map(({ funder, attempt }) => [funder, attempt]),
    [
      ['CITY', 2],
      ['DISTRICT', 1],
    ],
  );
});

// ── The service ──

const codeOf = ({ status, body }: Answer) => [status, (body as { code?: string }).code];
const nowhere = '018f0000-0000-7000-8000-000000000000';

/** What a test needs of an instruction. */
interface Given {
  instructionNo: string;
  amount: string;
  funder: string;
  payeeId: string;
}
const bankFile = (lines: readonly object[]) => ({
  declaredCount: lines.length,
  declaredTotal: formatYuan(sumFen((lines as { amount: string }[]).map((line) => BigInt(line.amount.replace('.', ''))))),
  lines,
});
const bankLine = (of: Given, change: object = {}) => ({
  instructionNo: of.instructionNo,
  status: 'PAID',
  bankSerial: `B-${of.instructionNo}`,
  bookedOn: '2024-07-15',
  amount: of.amount,
  ...change,
});
const clean = async (t: Pick<Test, 'strictSame'>, world: Pick<World, 'db' | 'book'>, name: string) => {
  t.strictSame(await auditLedger(world.db, world.book.bookId), [], `${name}: the ledger is clean`);
  t.strictSame(await auditBusiness(world.db, world.book.bookId), [], `${name}: the business is clean`);
};
void t.test('a month is drafted, approved, instructed, paid by the bank and closed', async (t) => {
  const world = await startWorld(t);
  const { finance, approver, payer, auditor, book } = world;
  const [first, second, third] = await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 3333n },
    { provider: 1, approvedOn: '2024-06-30', amountFen: 10_000_01n },
    { provider: 0, approvedOn: '2024-05-31', amountFen: 1n },
    { provider: 0, approvedOn: '2024-07-01', amountFen: 500_00n },
    { provider: 1, approvedOn: '2024-06-15', amountFen: 700_00n, waiting: true },
  ]);
  await clean(t, world, 'before');

  const { settlementId, contentDigest, ...draft } = expectStatus(
    await finance.post('/settlements', { period: '2024-06' }),
    201,
  ) as {
    settlementId: string;
    contentDigest: string;
    settlementNo: string;
  };
  t.match(draft, { settlementNo: 'TESTCITY-S-2024-000001', number: 1, status: 'DRAFT', lineCount: 3, total: '10033.35' });
  const [one, two] = world.providers;
  const totals = {
    byPayee: [
      { payeeId: one?.providerId, payeeName: one?.name, count: 2, total: '33.34' },
      { payeeId: two?.providerId, payeeName: two?.name, count: 1, total: '10000.01' },
    ],
    byFund: [{ fund, count: 3, total: '10033.35' }],
  };
  t.match(draft, { totals }, 'control totals by payee and fund');
  const lines = expectStatus(await auditor.get(`/settlements/${settlementId}/lines?limit=2`), 200) as {
    items: { redemptionId: string }[];
    next: string;
  };
  const rest = expectStatus(
    await auditor.get(`/settlements/${settlementId}/lines?limit=2&cursor=${lines.next}`),
    200,
  ) as typeof lines;
  t.strictSame(
    [...lines.items, ...rest.items].map((line) => line.redemptionId),
    [first, second, third],
    'its lines, page by page, each redemption once',
  );
  t.equal(rest.next, null);

  const approval = { contentDigest, count: 3, total: '10033.35' };
  t.match(expectStatus(await approver.post(`/settlements/${settlementId}/approve`, approval), 200), {
    status: 'APPROVED',
    approvedPerson: approver.personId,
  });
  const dry = await payer.post(`/settlements/${settlementId}/instruct?dryRun=true`);
  t.match(dry, { status: 200, body: { status: 'INSTRUCTED', ledgerSeq: null } }, 'a dry run decides and records nothing');
  const instructed = expectStatus(await payer.post(`/settlements/${settlementId}/instruct`), 200) as { instructions: Given[] };
  t.match(instructed, { status: 'INSTRUCTED', instructedOn: '2024-07-15', instructedPerson: payer.personId });
  const given = instructed.instructions;
  t.strictSame(given.length, 4, 'per payee, fund and funder');
  const expected = splitByFunders(10_033_35n, shares);
  for (const { funder, amount } of expected) {
    const sum = sumFen(given.filter((of) => of.funder === funder).map((of) => BigInt(of.amount.replace('.', ''))));
    t.equal(sum, amount, `${funder} bears its share of the fund to the fen`);
  }
  t.equal(given[0]?.instructionNo, 'TESTCITY-P-2024-000001');

  // The payment file: whole account numbers for finance only.
  const file = expectStatus(await payer.get(`/settlements/${settlementId}/instructions`), 200) as {
    lines: { accountNo: string }[];
  };
  t.match(file, { count: 4, total: '10033.35' });
  t.strictSame([...new Set(file.lines.map((line) => line.accountNo))].sort(), [one?.accountNo, two?.accountNo]);
  const seen = expectStatus(await auditor.get(`/settlements/${settlementId}/instructions`), 200) as { lines: object[] };
  t.ok(
    seen.lines.every((line) => 'accountNo' in line && line.accountNo === null && 'accountNoLast4' in line),
    'the auditor sees four digits',
  );
  await clean(t, world, 'instructed');

  t.match(codeOf(await finance.post(`/settlements/${settlementId}/close`)), [409, 'SETTLEMENT_UNPAID']);
  world.clock.set('2024-07-18');
  const paid = expectStatus(await finance.post('/bank-returns', bankFile(given.map((of) => bankLine(of)))), 201) as {
    lines: object[];
  };
  t.match(paid, { lineCount: 4, total: '10033.35', matched: 4, paid: '10033.35', returned: '0.00', alreadyImported: false });
  const [entry] = await world.db.sql<{ booked_on: string }[]>`
    select distinct booked_on from entries where book_id = ${book.bookId} and kind = 'settlement.paid'`;
  t.equal(entry?.booked_on, '2024-07-15', "booked on the bank's day, not on the day of import");
  const whole = expectStatus(await auditor.get(`/settlements/${settlementId}`), 200) as { instructions: object[] };
  t.match(whole, { totals, sums: { notInstructed: '0.00', inTransit: '0.00', paid: '10033.35', returned: '0.00' } });
  t.match(whole.instructions[0], { status: 'PAID', bankSerial: /^B-/, bankBookedOn: '2024-07-15' });
  t.match(expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200), {
    status: 'CLOSED',
    closedOn: '2024-07-18',
  });
  await clean(t, world, 'closed');

  // What was approved later is the next month's, and numbers go on.
  t.match(expectStatus(await finance.post('/settlements', { period: '2024-07' }), 201), {
    lineCount: 1,
    total: '500.00',
    number: 1,
  });
  t.match(expectStatus(await auditor.get('/settlements?period=2024-07&status=DRAFT'), 200), {
    items: [{ period: '2024-07' }],
    next: null,
  });
  t.equal((expectStatus(await auditor.get('/settlements'), 200) as { items: object[] }).items.length, 2);
  const returns = expectStatus(await auditor.get('/bank-returns'), 200) as { items: { bankReturnId: string }[] };
  t.match(expectStatus(await auditor.get(`/bank-returns/${returns.items[0]?.bankReturnId}`), 200), {
    matched: 4,
    byResult: { MATCHED: 4 },
  });
  const stored = expectStatus(await auditor.get(`/bank-lines?bankReturnId=${returns.items[0]?.bankReturnId}`), 200);
  t.strictSame(stored.items, paid.lines, 'its lines as they were answered');
  for (const url of [
    `/settlements/${nowhere}`,
    `/settlements/${nowhere}/lines`,
    `/settlements/${nowhere}/instructions`,
    `/bank-returns/${nowhere}`,
    `/bank-lines/${nowhere}`,
  ]) {
    t.strictSame(codeOf(await auditor.get(url)), [404, 'NOT_FOUND'], url);
  }
  t.strictSame(codeOf((await world.providers[0]?.member.get(`/settlements/${settlementId}`)) ?? ({} as Answer)), [
    403,
    'FORBIDDEN',
  ]);
});

void t.test('every step is refused by its code, and only persons take it', async (t) => {
  const world = await startWorld(t, { withAccount: 1 });
  const { finance, approver, payer, book } = world;
  t.strictSame(codeOf(await finance.post('/settlements', { period: '2024-06' })), [409, 'SETTLEMENT_EMPTY']);
  t.strictSame(codeOf(await finance.post('/settlements', { period: '2024-08' })), [400, 'PERIOD_IN_FUTURE']);
  t.strictSame(codeOf(await finance.post('/settlements', { period: '2024-13' })), [400, 'VALIDATION_FAILED']);
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 200_00n },
  ]);
  t.strictSame(
    codeOf(await (await book.member('finance', { kind: 'MACHINE' })).post('/settlements', { period: '2024-06' }, { key: 'm' })),
    [403, 'PERSON_REQUIRED'],
  );
  t.strictSame(codeOf(await approver.post('/settlements', { period: '2024-06' })), [403, 'FORBIDDEN']);

  const { settlementId, contentDigest } = expectStatus(
    await finance.post('/settlements', { period: '2024-06', number: 3 }),
    201,
  ) as {
    settlementId: string;
    contentDigest: string;
  };
  const again = await finance.post('/settlements', { period: '2024-06', number: 3 });
  t.strictSame(codeOf(again), [409, 'SETTLEMENT_EXISTS'], 'the same period and number, before it is found empty');
  t.match(again.body, { detail: /第 4 批/ }, 'and the next free number is named');

  const approval = { contentDigest, count: 2, total: '300.00' };
  const address = (verb: string) => `/settlements/${settlementId}/${verb}`;
  t.strictSame(codeOf(await approver.post(`/settlements/${nowhere}/approve`, approval)), [404, 'NOT_FOUND']);
  const drafterAsApprover = await book.member('approver', { personId: finance.personId });
  t.strictSame(codeOf(await drafterAsApprover.post(address('approve'), approval)), [403, 'FOUR_EYES']);
  for (const changed of [{ contentDigest: '0'.repeat(64) }, { count: 1 }, { total: '300.01' }]) {
    t.strictSame(
      codeOf(await approver.post(address('approve'), { ...approval, ...changed })),
      [409, 'SETTLEMENT_CHANGED'],
      JSON.stringify(changed),
    );
  }
  t.strictSame(codeOf(await payer.post(address('instruct'))), [409, 'SETTLEMENT_WRONG_STATE']);
  t.strictSame(codeOf(await payer.post(address('reinstruct'))), [409, 'SETTLEMENT_WRONG_STATE']);
  t.strictSame(codeOf(await finance.post(address('close'))), [409, 'SETTLEMENT_WRONG_STATE']);
  for (const [verb, who] of [
    ['instruct', payer],
    ['reinstruct', payer],
    ['close', finance],
  ] as const) {
    t.strictSame(codeOf(await who.post(`/settlements/${nowhere}/${verb}`)), [404, 'NOT_FOUND'], verb);
  }

  expectStatus(await approver.post(address('approve'), approval), 200);
  t.strictSame(codeOf(await approver.post(address('approve'), approval)), [409, 'SETTLEMENT_WRONG_STATE']);
  for (const { personId } of [finance, approver]) {
    const samePerson = await book.member('finance_approver', { personId });
    t.strictSame(codeOf(await samePerson.post(address('instruct'))), [403, 'FOUR_EYES']);
  }
  const missing = await payer.post(address('instruct'));
  t.strictSame(codeOf(missing), [409, 'PAYEE_ACCOUNT_MISSING']);
  t.ok(String((missing.body as { detail: string }).detail).includes(world.providers[1]?.name ?? '-'), 'and the payee is named');
  await world.recordAccount(1, '2024-07-16');
  t.strictSame(
    codeOf(await payer.post(address('instruct'))),
    [409, 'PAYEE_ACCOUNT_MISSING'],
    'an account from tomorrow is none today',
  );
  world.clock.set('2024-07-16');
  expectStatus(await payer.post(address('instruct')), 200);
  t.strictSame(codeOf(await payer.post(address('reinstruct'))), [409, 'SETTLEMENT_NOTHING_RETURNED']);
  const drafterAsPayer = await book.member('finance_approver', { personId: finance.personId });
  t.strictSame(codeOf(await drafterAsPayer.post(address('reinstruct'))), [403, 'FOUR_EYES']);
  await clean(t, world, 'after all refusals');
});

void t.test('races: two drafts at once, twenty instructions at once, one effect', async (t) => {
  const world = await startWorld(t);
  await world.approve([{ provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n }]);
  const second = await world.secondApp();
  const inSecond = (url: string, body: object, secret: string) =>
    second.app.inject({
      method: 'POST',
      url: `/v1/books/testcity${url}`,
      headers: { authorization: `Bearer ${secret}` },
      payload: body,
    });
  const drafts = await Promise.all([
    world.finance.post('/settlements', { period: '2024-06' }),
    world.finance.post('/settlements', { period: '2024-06' }),
    inSecond('/settlements', { period: '2024-06' }, world.finance.secret).then((r) => ({
      status: r.statusCode,
      body: r.json<object>(),
      headers: {},
    })),
  ]);
  t.strictSame(drafts.map(codeOf).sort(), [
    [201, undefined],
    [409, 'SETTLEMENT_EMPTY'],
    [409, 'SETTLEMENT_EMPTY'],
  ]);
  const numbered = await Promise.all([1, 2].map(() => world.finance.post('/settlements', { period: '2024-06', number: 1 })));
  t.strictSame(numbered.map(codeOf), [
    [409, 'SETTLEMENT_EXISTS'],
    [409, 'SETTLEMENT_EXISTS'],
  ]);

  const { settlementId, contentDigest } = drafts.find((of) => of.status === 201)?.body ?? {};
  const approval = { contentDigest, count: 1, total: '100.00' };
  const instruct = () => world.payer.post(`/settlements/${settlementId}/instruct`);
  const answers = await Promise.all([
    world.approver.post(`/settlements/${settlementId}/approve`, approval),
    ...Array.from({ length: 10 }, instruct),
    ...Array.from({ length: 10 }, () =>
      inSecond(`/settlements/${settlementId}/instruct`, {}, world.payer.secret).then((r) => ({
        status: r.statusCode,
        body: r.json<object>(),
        headers: {},
      })),
    ),
  ]);
  if (answers.filter((of) => of.status === 200).length === 1) answers.push(await instruct());
  t.equal(answers.filter((of) => of.status === 200).length, 2, 'approved once, instructed once');
  t.strictSame(
    [...new Set(answers.filter((of) => of.status !== 200).map((of) => String(codeOf(of))))],
    ['409,SETTLEMENT_WRONG_STATE'],
  );
  const key = { key: 'close-once' };
  const [line] = (expectStatus(await world.finance.get(`/settlements/${settlementId}`), 200) as { instructions: Given[] })
    .instructions;
  t.ok(line);
  const closes = await Promise.all(
    Array.from({ length: 20 }, () => world.finance.post(`/settlements/${settlementId}/close`, {}, key)),
  );
  t.strictSame([...new Set(closes.map((of) => String(codeOf(of))))], ['409,SETTLEMENT_UNPAID'], 'one key, twenty equal answers');
  await clean(t, world, 'after the races');
});

void t.test('a returned payment goes out again on the account of that day, and the batch closes when it is paid', async (t) => {
  const world = await startWorld(t);
  const { finance, payer, auditor } = world;
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 200_01n },
  ]);
  const { settlementId, instructions } = await settle(world, 'INSTRUCTED');
  const [one] = world.providers;
  const returned = instructions.filter((of) => of.payeeId === one?.providerId);
  const others = instructions.filter((of) => of.payeeId !== one?.providerId);
  expectStatus(
    await finance.post(
      '/bank-returns',
      bankFile([
        ...others.map((of) => bankLine(of)),
        ...returned.map((of) => bankLine(of, { status: 'RETURNED', reason: '账户已销户' })),
      ]),
    ),
    201,
  );
  const refused = await finance.post(`/settlements/${settlementId}/close`);
  t.strictSame(codeOf(refused), [409, 'SETTLEMENT_UNPAID']);
  t.match(refused.body, { detail: /0 笔在途、2 笔退票/ }, 'and says how many wait');

  const waits = async (of: Caller, kind: string): Promise<string[]> =>
    (expectStatus(await of.get(`/work-queue?kind=${kind}`), 200) as { items: { amount: string }[] }).items
      .map(({ amount }) => amount)
      .sort();
  const amounts = returned.map(({ amount }) => amount).sort();
  const [payee, other] = world.providers.map(({ member }) => member) as [Caller, Caller];
  t.strictSame(await waits(payee, 'PAYEE_ACCOUNT_TO_CORRECT'), amounts, 'its payee has an account to correct');
  t.strictSame(await waits(other, 'PAYEE_ACCOUNT_TO_CORRECT'), []);
  t.strictSame(await waits(payer, 'PAYMENT_RETURNED'), amounts, 'and finance payments to send out again');

  world.clock.set('2024-07-18');
  await allowChanges(world);
  await world.changeAccount(0, '6228480402564890018');
  world.clock.set('2024-07-20');
  t.strictSame(await waits(payee, 'PAYEE_ACCOUNT_TO_CORRECT'), []);
  const again = expectStatus(await payer.post(`/settlements/${settlementId}/reinstruct`), 200) as {
    instructions: (Given & { attempt: number })[];
  };
  t.strictSame(
    again.instructions.map(({ funder, attempt, amount }) => [funder, attempt, amount]),
    returned.map(({ funder, amount }) => [funder, 2, amount]),
    'the same amounts, as a second attempt',
  );
  t.strictSame(await waits(payer, 'PAYMENT_RETURNED'), [], 'what was sent out again waits no more');
  t.strictSame(codeOf(await payer.post(`/settlements/${settlementId}/reinstruct`)), [409, 'SETTLEMENT_NOTHING_RETURNED']);
  const file = expectStatus(await payer.get(`/settlements/${settlementId}/instructions`), 200) as {
    lines: { accountNo: string }[];
  };
  t.strictSame(
    [...new Set(file.lines.map((line) => line.accountNo))],
    ['6228480402564890018'],
    'only what waits, on the new account',
  );
  t.match(expectStatus(await payer.get(`/settlements/${settlementId}/instructions?status=RETURNED`), 200), { count: 2 });
  await clean(t, world, 'sent again');

  // Two returns in a row, then paid.
  expectStatus(
    await finance.post(
      '/bank-returns',
      bankFile(again.instructions.map((of) => bankLine(of, { status: 'RETURNED', bookedOn: '2024-07-20' }))),
    ),
    201,
  );
  const third = expectStatus(await payer.post(`/settlements/${settlementId}/reinstruct`), 200) as typeof again;
  t.equal(third.instructions[0]?.attempt, 3);
  const last = bankFile(third.instructions.map((of) => bankLine(of, { bookedOn: '2024-07-20' })));
  t.match(expectStatus(await finance.post('/bank-returns', last), 201), { matched: 2, paid: last.declaredTotal });
  expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
  t.match(expectStatus(await auditor.get(`/settlements/${settlementId}`), 200), {
    status: 'CLOSED',
    sums: { paid: '300.01', returned: '0.00' },
  });
  t.strictSame(codeOf(await finance.post(`/settlements/${settlementId}/close`)), [409, 'SETTLEMENT_WRONG_STATE']);
  await clean(t, world, 'closed');
});

// ── The audit ──

void t.test('the audit of the business finds every planted defect', async (t) => {
  const world = await startWorld(t);
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 200_01n },
    { provider: 1, approvedOn: '2024-07-11', amountFen: 50_00n, waiting: true },
  ]);
  const { instructions } = await settle(world, 'INSTRUCTED');
  const [paid, returned] = instructions;
  if (!paid || !returned) throw new Error('nothing was instructed');
  expectStatus(
    await world.finance.post('/bank-returns', bankFile([bankLine(paid), bankLine(returned, { status: 'RETURNED' })])),
    201,
  );
  await world.approve([{ provider: 0, approvedOn: '2024-07-10', amountFen: 30_00n }]);
  await settle(world, 'DRAFT', '2024-07');
  await clean(t, world, 'before');

  const drop = (table: string, constraint: string) => `alter table ${table} drop constraint ${constraint}`;
  const anyOne = (table: string, id: string, where = 'true') =>
    `${id} = (select min(${id}::text)::uuid from ${table} where ${where})`;
  const account = (code: string) => `code like '${code}'`;
  const defects: [number, string, RegExp, string[]][] = [
    [
      3,
      'a paper that was never loaded',
      /^appropriation:test-compute.2024:CITY/,
      ["update appropriations set amount_fen = amount_fen + 1 where funder = 'CITY'"],
    ],
    [
      3,
      'money promised that no voucher holds',
      /^test-compute.2024: loaded/,
      [`update accounts set debits_fen = debits_fen + 1 where kind = 'available'`],
    ],
    [
      4,
      'a face that grew',
      /^voucher:/,
      [`update vouchers set face_fen = face_fen + 1 where ${anyOne('vouchers', 'voucher_id')}`],
    ],
    [
      4,
      'a voucher that pays twice',
      /^voucher:/,
      [`update accounts set credits_fen = credits_fen + 1 where ${account('voucher:%')}`],
    ],
    [
      4,
      'a reservation that is not held',
      /^reserved:/,
      [`update accounts set credits_fen = credits_fen - 1 where kind = 'reserved' and credits_fen > debits_fen`],
    ],
    [4, 'a voucher that forgets what waits', /is reserved/, ['update vouchers set reserved_fen = 0 where reserved_fen > 0']],
    [
      5,
      'a limit charged without a voucher',
      /^used:.*claimed/,
      [`update accounts set credits_fen = credits_fen + 1 where ${account('used:%.claimed:%')}`],
    ],
    [
      5,
      'a redemption that was not charged',
      /^used:.*redeemed/,
      [`update accounts set debits_fen = debits_fen + 1 where ${account('used:%.redeemed:%')}`],
    ],
    [
      5,
      'a year in which too much was claimed',
      /^test-compute.claimed of .* in 2024: spent/,
      ['update vouchers set face_fen = 10000001'],
    ],
    [
      5,
      'faces beyond the contract',
      /^contract HT-.*: claimed/,
      ['update contracts set net_fen = net_fen - 5, gross_fen = gross_fen - 5'],
    ],
    [
      5,
      'a standing that lags',
      /^standing of contract/,
      ['update contract_standings set base_fen = base_fen - 5, claimed_fen = claimed_fen - 1'],
    ],
    [
      5,
      'a redemption beyond its base',
      /^standing of contract/,
      ['update redemptions set base_fen = base_fen - 5', 'update contract_standings set base_fen = base_fen - 5'],
    ],
    [
      6,
      'an invoice in two live redemptions',
      /^invoice .*4 are live/,
      [
        'drop index redemptions_one_live_per_invoice',
        `update redemptions set invoice_id = (select invoice_id from redemptions order by redemption_id limit 1)`,
      ],
    ],
    [6, 'an invoice that forgets its redemption', /^invoice .*1 are live/, ['update usage_invoices set redemption_id = null']],
    [
      6,
      'usage of a contract line that no invoice confirms',
      /^contract line/,
      [
        `insert into facilities select book_id, gen_random_uuid(), provider_id, 'x', 'DATA_CENTER', uscc, uscc, recorded_at from providers limit 1`,
        `insert into contract_lines (book_id, contract_line_id, contract_id, line_no, description, service_item, facility_id, unit, quantity, net_fen, vat_fen, gross_fen)
         select c.book_id, gen_random_uuid(), c.contract_id, 1, 'x', 'AI_COMPUTE', f.facility_id, 'MONTH', 1, 1, 0, 1 from contracts c, facilities f limit 1`,
        'insert into contract_line_usage select book_id, contract_line_id, contract_id, 1, 1 from contract_lines',
      ],
    ],
    [
      6,
      "a redemption's money in two batches",
      /^redemption .*in 2 batches/,
      [
        drop('settlement_lines', 'settlement_lines_book_id_redemption_id_key'),
        `insert into settlement_lines select book_id, gen_random_uuid(), settlement_id, 99, redemption_id, payee_id, fund, amount_fen
           from settlement_lines limit 1`,
      ],
    ],
    [
      6,
      'a batch of more than was approved',
      /^redemption /,
      [drop('redemptions', 'redemptions_not_lent'), 'update redemptions set batched_fen = batched_fen + 1 where batched_fen > 0'],
    ],
    [
      6,
      'a batch whose total is not that of its lines',
      /^TESTCITY-S-2024-000002: says/,
      ["update settlements set total_fen = total_fen + 1 where status = 'DRAFT'"],
    ],
    [
      6,
      'a line changed after it was approved',
      /not those of its digest/,
      ["update settlement_lines set fund = 'other/2024' where line_no = 1"],
    ],
    [
      6,
      'an instruction of more than the lines',
      /^payee .*: lines/,
      ["update payment_instructions set amount_fen = amount_fen + 1 where status = 'INSTRUCTED'"],
    ],
    [
      6,
      'a second attempt of what was paid',
      /^instruction .*after it INSTRUCTED/,
      [
        `insert into payment_instructions select book_id, gen_random_uuid(), 'P-X', settlement_id, payee_id, fund, funder, 2, amount_fen,
              payee_account_id, 'INSTRUCTED', null, instructed_on from payment_instructions where status = 'PAID'`,
      ],
    ],
    [
      6,
      'paid without a bank line',
      /^instruction .*the bank has 0 matched lines/,
      ["update payment_instructions set status = 'PAID', paid_fen = amount_fen where status = 'INSTRUCTED'"],
    ],
    [
      6,
      'paid though the bank returned it',
      /^instruction .*PAID: paid .*the bank has 1 matched lines, paid 0/,
      ["update payment_instructions set status = 'PAID', paid_fen = amount_fen, returned_fen = 0 where status = 'RETURNED'"],
    ],
    [
      6,
      'a fen paid that no bank line tells',
      /^instruction .*the bank has 1 matched lines/,
      ["update bank_matches set amount_fen = amount_fen - 1 where kind = 'PAID'"],
    ],
    [
      6,
      'a match on another day than its line',
      /^instruction .*some of another kind or day/,
      ["update bank_matches set booked_on = booked_on + 1 where kind = 'PAID'"],
    ],
    [
      6,
      'a line matched with more than it has',
      /^bank line .*is said to be matched/,
      ["update bank_lines set amount_fen = amount_fen + 1, matched_fen = amount_fen + 1 where status = 'PAID'"],
    ],
    [
      6,
      'a bank file that lost a line',
      /^bank return .*recorded are/,
      ["update bank_lines set bank_return_id = gen_random_uuid() where status = 'PAID'"],
    ],
    [6, 'a bank day that lags', /^bank day .*kept/, ['update bank_days set paid_fen = paid_fen + 1']],
    [
      6,
      'a match that nothing was booked for',
      /^settlement.paid/,
      [
        `insert into bank_matches select book_id, gen_random_uuid(), bank_line_id, instruction_id, kind, 1, booked_on, by_rule, matched_person,
                'UNDONE', matched_person, booked_on, 'x', recorded_at from bank_matches where kind = 'PAID'`,
      ],
    ],
    [
      6,
      'a bank serial with two effects',
      /^bank serial SAME/,
      [
        'drop index bank_lines_once',
        drop('bank_lines', 'bank_lines_book_id_bank_return_id_bank_serial_key'),
        "update bank_lines set bank_serial = 'SAME'",
      ],
    ],
    [
      6,
      'closed though not all is paid',
      /^instruction .*the batch is CLOSED/,
      [
        "update settlements set status = 'CLOSED', closed_person = gen_random_uuid(), closed_on = '2024-07-15' where status = 'INSTRUCTED'",
      ],
    ],
    [
      6,
      'in transit after it was paid',
      /^in_transit:/,
      [`update accounts set credits_fen = credits_fen + 1 where kind = 'in_transit' and credits_fen = debits_fen`],
    ],
    [6, 'paid more than the bank did', /^paid:/, [`update accounts set credits_fen = credits_fen + 1 where kind = 'paid'`]],
    [6, 'owed without a redemption', /^payable:/, [`update accounts set credits_fen = credits_fen + 1 where kind = 'payable'`]],
    [
      10,
      'a fund that forgets what it paid out',
      /^test-compute.2024: standing/,
      ['update fund_standings set instructed_fen = instructed_fen - 1'],
    ],
    [
      11,
      'one person drafted and approved',
      /^settlement /,
      [
        drop('settlements', 'settlements_four_eyes'),
        'update settlements set approved_person = drafted_person where approved_person is not null',
      ],
    ],
    [
      11,
      'one person posted and confirmed an invoice',
      /^invoice /,
      [drop('usage_invoices', 'usage_invoices_four_eyes'), 'update usage_invoices set decided_person = posted_person'],
    ],
    [
      11,
      'one person reviewed and approved',
      /^application /,
      [drop('applications', 'applications_four_eyes'), 'update applications set decided_person = reviewed_person'],
    ],
    [
      11,
      'one person published and activated',
      /^programme /,
      [drop('programme_versions', 'programme_versions_four_eyes'), 'update programme_versions set activated_by = published_by'],
    ],
    [
      11,
      'one person activated and repealed',
      /^repeal of /,
      [
        drop('programme_versions', 'programme_versions_repeal_four_eyes'),
        `update programme_versions set status = 'REPEALED', repealed_by = activated_by, repealed_at = recorded_at, repeal_id = programme_version_id,
                repealing_document = '废止文件', in_force_to = '2999-12-31'`,
      ],
    ],
    [
      11,
      'who approved it paid it, as the entries say',
      /^settlement .*entry/,
      [
        `update entries set person_id = (select approved_person from settlements where approved_person is not null) where kind = 'settlement.instructed'`,
      ],
    ],
    [4, 'a face that nobody awarded', /^voucher V-.*awarded/, ['update applications set award_fen = award_fen - 1']],
    [4, 'an outstanding voucher that nobody approved', /^opening vouchers/, ['update vouchers set application_id = null']],
    [
      5,
      'more redeemed in a year than the law gives',
      /^test-compute.redeemed of .* in 2024: spent/,
      ["update redemptions set approved_fen = 10000001, reserved_fen = 10000001 where status = 'APPROVED'"],
    ],
    [
      9,
      'an explanation whose words are gone',
      /^redemption .*: wording 0{32} is not there/,
      [`update redemptions set explanation = '[{"wording":"${'0'.repeat(32)}","inputs":{},"result":"1.00"}]'`],
    ],
    [
      10,
      'a funder that bore more than its share',
      /^test-compute.2024 of CITY: bore/,
      ["update payment_instructions set funder = 'OTHER' where funder = 'CITY'"],
    ],
  ];
  for (const [invariant, name, told, statements] of defects) {
    const found = await planted(world.admin, world.book.bookId, statements);
    t.ok(
      found.some((of) => of.invariant === invariant && told.test(`${of.subject}: ${of.detail}`)),
      `${invariant}: ${name}`,
      { found },
    );
  }
});

void t.test('the audit of the business finds what each of its further queries is for', async (t) => {
  const world = await startWorld(t);
  const { bookId } = world.book;
  await world.approve([{ provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n }]);
  await settle(world, 'INSTRUCTED');
  await clean(t, world, 'before');

  const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  const person = id(0);
  /** A row that no guard looks at: nothing but what a query reads of it. */
  const row = (table: string, of: Readonly<Record<string, unknown>>): string =>
    `insert into ${table} select * from jsonb_populate_record(null::${table}, '${JSON.stringify({ book_id: bookId, ...of })}'::jsonb)`;
  const faults: [number, RegExp, string][] = [
    // What was sent to be paid, and where.
    [
      6,
      /^payment file .*says 2 lines and 5; they are 1 and 5/,
      row('payment_files', { payment_file_id: id(90), line_count: 2, total_fen: 5 }),
    ],
    [
      6,
      /^payment TESTCITY-P-.*20005 of \d+ sent, in 2 files/,
      `alter table payment_file_lines drop constraint payment_file_lines_once;
       insert into payment_file_lines (book_id, payment_file_line_id, payment_file_id, line_no, instruction_id, amount_fen)
         select '${bookId}', gen_random_uuid(), ('00000000-0000-7000-8000-00000000009' || n)::uuid, 1, instruction_id, case n when 0 then 5 else 20000 end
           from payment_instructions cross join generate_series(0, 1) n where instruction_no like '%1'`,
    ],
    [
      6,
      /^instruction TESTCITY-P-.*usable from 2025-01-01/,
      `update payee_accounts set usable_from = '2025-01-01', valid_from = '2025-01-01'`,
    ],
    [
      11,
      /^account .*did 2 steps/,
      row('payee_accounts', { payee_account_id: id(91), status: 'CONFIRMED', proposed_person: person, confirmed_person: person }),
    ],
    [
      11,
      /^wait 库 of changed accounts/,
      row('payee_account_waits', {
        wait_id: id(92),
        document_no: '库',
        status: 'APPROVED',
        proposed_person: person,
        decided_person: person,
      }),
    ],
    // What was done by one person that belongs to two.
    [
      11,
      /^contract X-1 /,
      row('contracts', {
        contract_id: id(1),
        contract_no: 'X-1',
        submitted_person: person,
        confirmed_person: person,
        holding_flags: 1,
      }),
    ],
    [
      11,
      /^voiding of contract X-2 /,
      row('contracts', {
        contract_id: id(2),
        contract_no: 'X-2',
        status: 'VOIDED',
        filed_person: person,
        ended_person: person,
        holding_flags: 0,
      }),
    ],
    [11, /^amendment /, row('contract_amendments', { amendment_id: id(3), proposed_person: person, confirmed_person: person })],
    [
      11,
      /^recovery RC-1: person/,
      row('recoveries', {
        recovery_id: id(4),
        recovery_no: 'RC-1',
        status: 'OPENED',
        proposed_person: person,
        opened_person: person,
        amount_fen: 5,
        received_fen: 0,
        debtor_id: id(5),
        fund,
      }),
    ],
    [
      11,
      /^write-off of recovery RC-2/,
      row('recoveries', {
        recovery_id: id(6),
        recovery_no: 'RC-2',
        status: 'WRITTEN_OFF',
        write_off_asked_by: person,
        ended_person: person,
        amount_fen: 0,
        received_fen: 0,
        debtor_id: id(5),
        fund,
      }),
    ],
    [
      11,
      /^offset /,
      row('recovery_offsets', {
        offset_id: id(7),
        recovery_id: id(4),
        status: 'APPROVED',
        proposed_person: person,
        decided_person: person,
        amount_fen: 3,
        fund,
        parts: [],
      }),
    ],
    [
      11,
      /^redemption RX-1: person/,
      row('redemptions', {
        redemption_id: id(8),
        redemption_no: 'RX-1',
        status: 'RETURNED',
        submitted_person: person,
        decided_person: person,
        approved_fen: 0,
        reserved_fen: 0,
        reversed_fen: 0,
        batched_fen: 0,
        offset_fen: 0,
        recalled_fen: 7,
        restored_fen: 0,
        explanation: [],
      }),
    ],
    [
      11,
      /^reimbursement RB-1: person/,
      row('reimbursements', {
        reimbursement_id: id(9),
        reimbursement_no: 'RB-1',
        status: 'APPROVED',
        submitted_person: person,
        reviewed_person: person,
        award_fen: 5,
        reversed_fen: 0,
        recalled_fen: 2,
        restored_fen: 0,
        line_count: 0,
        fund,
        control_version_ids: [],
      }),
    ],
    [
      11,
      /^change of X /,
      row('legal_person_changes', {
        change_id: id(10),
        uscc: 'X',
        status: 'APPROVED',
        proposed_person: person,
        decided_person: person,
      }),
    ],
    [
      11,
      /^measure /,
      row('listing_measures', {
        measure_id: id(11),
        listing_id: id(12),
        status: 'APPROVED',
        proposed_person: person,
        decided_person: person,
      }),
    ],
    [
      11,
      /^correction .* of a repeal/,
      row('repeal_corrections', { correction_id: id(13), status: 'APPROVED', proposed_person: person, decided_person: person }),
    ],
    [
      11,
      /^registration of matter /,
      row('matter_registrations', { registration_id: id(14), registered_person: person, confirmed_person: person }),
    ],
    [
      11,
      /^limit exception /,
      row('limit_exceptions', {
        exception_id: id(15),
        status: 'APPROVED',
        asked_person: person,
        approved_person: person,
        account: 'x',
        holder: 'x',
        span: '2024',
        amount_fen: 5,
      }),
    ],
    // Recoveries, of the rows above.
    [3, /^recovery RC-1: OPENED: asks 5, its items 0; received 0, its receipts 3/, ''],
    [3, /^claim:.*: the ledger says 0, the rows 5/, ''],
    [3, /^receivable:.*: the ledger says 0, the rows -5/, ''],
    [3, /^test-compute.2024: standing 0, receipts 3, recovered 0/, ''],
    [3, /^redemption RX-1: recalled 7, restored 0; its recoveries say 0 and 0/, ''],
    [3, /^reimbursement RB-1: awarded 5, reversed 0, recalled 2/, ''],
    [6, /^reimbursement RB-1: APPROVED, awarded 5; in 0 live allocations/, ''],
    [3, /^invoice .*: took back 1, its red letters 0/, 'update usage_invoices set red_fen = 1'],
    // Vouchers and limits.
    [3, /^lapsed:/, 'update vouchers set lapsed_fen = lapsed_fen + 1'],
    [4, /^voucher V-.* lapsed .*its endings: none/, ''],
    [
      4,
      /^voucher V-.*CANCELLED, its account still holds/,
      `update vouchers set status = 'CANCELLED', ended_on = '2024-07-01';
         update accounts set credits_fen = credits_fen + 1 where kind = 'voucher'`,
    ],
    [5, /^exception to x of x in 2024: APPROVED for 5, raised by 0/, ''],
    [
      5,
      /^queue of test-compute, class 1, numbers from 9: kept 1 for 5, waiting 0 for 0/,
      row('application_queues', {
        queue_id: 'q',
        programme_code: 'test-compute',
        queue_rank: 1,
        queue_block: 9,
        waiting: 1,
        maximum_fen: 5,
      }),
    ],
    [
      5,
      /^used:.*: 0 was to come back, 5 did/,
      `update entries set kind = 'limit.returned', amount_fen = 5,
        debit_account_id = (select account_id from accounts where kind = 'used' order by code limit 1)
      where seq = (select max(seq) from entries where amount_fen is not null)`,
    ],
    // Counters, and what counts once.
    [
      6,
      /^usage of facility x: 1.* card-hours, invoices bill/,
      row('facility_usage', { facility_usage_id: 'x', facility_id: id(16), card_hours: 1 }),
    ],
    [6, /^contract X-1: says 1 flags hold it, 0 do/, ''],
    [
      6,
      /^P-1 of S: declared in 2 live applications/,
      row('reimbursement_lines', {
        reimbursement_line_id: id(17),
        reimbursement_id: id(18),
        counterparty_uscc: 'S',
        reference: 'P-1',
        is_live: true,
      }),
    ],
    [
      6,
      /^P-1 of S: declared in 2 live applications/,
      row('reimbursement_lines', {
        reimbursement_line_id: id(19),
        reimbursement_id: id(20),
        counterparty_uscc: 'S',
        reference: 'P-1',
        is_live: true,
      }),
    ],
    [6, /^total of payee .*: kept 1 lines/, 'update settlement_totals set total_fen = total_fen + 1'],
  ];
  const tables = [...new Set(faults.flatMap(([, , of]) => /^(?:insert into|update) (\w+)/.exec(of)?.[1] ?? []))];
  const unguarded = `do $$
    declare of record;
    begin
      for of in select conrelid::regclass as t, conname as c from pg_constraint
                 where contype = 'c' and conrelid::regclass::text = any('{${tables.join(',')}}') loop
        execute format('alter table %s drop constraint %I', of.t, of.c);
      end loop;
      for of in select a.attrelid::regclass as t, a.attname as c from pg_attribute a
                 where a.attrelid::regclass::text = any('{${tables.join(',')}}') and a.attnum > 0 and a.attnotnull and not a.attisdropped
                   and not exists (select from pg_constraint p where p.contype = 'p' and p.conrelid = a.attrelid and a.attnum = any(p.conkey)) loop
        execute format('alter table %s alter column %I drop not null', of.t, of.c);
      end loop;
    end $$`;
  const found = await planted(world.admin, bookId, [
    unguarded,
    'drop index reimbursement_lines_one_live_reference',
    ...faults.map(([, , statement]) => statement).filter(Boolean),
  ]);
  for (const [invariant, told] of faults) {
    t.ok(
      found.some((of) => of.invariant === invariant && told.test(`${of.subject}: ${of.detail}`)),
      `${invariant}: ${told.source}`,
      { found },
    );
  }
});

void t.test('what a book brought along is counted too: limits spent before, vouchers outstanding', async (t) => {
  const world = await startApplications(t);
  const { book, approver, programmeCode } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const contractId = await world.contract(firm, '2000000.00');
  const openings = [
    {
      kind: 'VOUCHER',
      version: 2,
      contractId,
      balance: '250000.00',
      issuedOn: '2024-06-15',
      lastDay: '2025-06-15',
      baseRedeemed: '500000.00',
      amountRedeemed: '100000.00',
    },
    { kind: 'LIMIT_USED', limitId: 'claimed', uscc: firm.uscc, year: 2024, amount: '350000.00' },
    { kind: 'LIMIT_USED', limitId: 'redeemed', uscc: firm.uscc, year: 2024, amount: '100000.00' },
  ];
  for (const opening of openings) {
    const prepared = expectStatus(await book.operator.post('/opening-balances', { programmeCode, ...opening }), 201) as {
      openingBalanceId: string;
    };
    expectStatus(await approver.post(`/opening-balances/${prepared.openingBalanceId}/approve`), 200);
  }
  const reviewed = await world.reviewed(firm, '1000000.00');
  expectStatus(await world.approve(reviewed), 200);
  await clean(t, world, 'opened and gone on');

  const forgotten = (kind: string) => [
    `update opening_balances set status = 'PREPARED', approved_person = null where kind = '${kind}'`,
  ];
  for (const [name, told, statements] of [
    [
      'a limit that nobody approved',
      /^used:zhengzhou-compute.claimed:.*: the ledger says 55000000, the rows 20000000/,
      forgotten('LIMIT_USED'),
    ],
    ['a voucher that nobody approved', /^opening vouchers of contract/, forgotten('VOUCHER')],
    ['a standing without it', /^standing of contract/, forgotten('VOUCHER')],
    ['a ceiling without it', /^used:zhengzhou-compute.contract-ceiling:/, forgotten('VOUCHER')],
    [
      'one person prepared and approved',
      /^opening balance/,
      [
        'alter table opening_balances drop constraint opening_balances_four_eyes',
        'update opening_balances set approved_person = prepared_person',
      ],
    ],
  ] as const) {
    const found = await planted(world.admin, world.book.bookId, statements);
    t.ok(
      found.some((of) => told.test(`${of.subject}: ${of.detail}`)),
      name,
      { found },
    );
  }
});
