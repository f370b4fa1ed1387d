// The monthly settlement: what a batch takes and binds, its versions, four persons, funders' shares to the fen, bank returns that have
// their effect once; and an audit of the business that finds what is planted.
import fc from 'fast-check';
import type { Test } from 'tap';
import t from 'tap';
import type { PaymentInstruction, Redemption, Reimbursement } from '../../db/tables.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { formatYuan, splitByFunders, sumFen } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { DailyWork } from '../../src/daily.js';
import { collectBatches } from '../../src/settlements/collect-lines.js';
import { instructPayments } from '../../src/settlements/instruct-payments.js';
import type { Matched } from '../../src/settlements/match.js';
import { differencesOf } from '../../src/settlements/match.js';
import { isSettledWith, lastAttempts, settlementLife, splitDues, totalsOfLines, unbatchedFen } from '../../src/settlements/rules.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startWorld as startApplications } from '../applications/world.js';
import { allowChanges } from '../payees/change.js';
import { planted } from '../planted.js';
import { lookAt, tryEverything } from '../lives/table.js';
import { approve, check, contentOf, freeze, takeToCheck } from './batch.js';
import type { World } from './world.js';
import { fund, settle, shares, startWorld } from './world.js';

// ── Rules ──

void t.test('a batch takes what is approved by its last day, in no batch, less what was reversed', async (t) => {
  const of = (change: Partial<Redemption>): Redemption =>
    ({
      redemptionNo: 'R-1',
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

void t.test('whatever the funders and the batches, the parts add up to the fen: seeded', async (t) => {
  const parts = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 3 }).map((cuts) => {
    const points = [0, ...[...cuts].sort((a, b) => a - b), 10_000];
    return points.slice(1).map((to, i) => ({ funder: `F${i}`, basisPoints: to - (points[i] ?? 0) }));
  });
  const amount = fc.bigInt({ min: 1n, max: 10_000_000_00n });
  const batch = fc.array(fc.tuple(fc.constantFrom('p1', 'p2', 'p3'), fc.constantFrom('a/2024', 'b/2024'), amount), { maxLength: 6 });
  fc.assert(
    fc.property(parts, fc.array(batch, { maxLength: 6 }), (of, batches) => {
      const instructed = new Map<string, bigint>();
      const borne = new Map<string, bigint>();
      for (const lines of batches) {
        const dues = totalsOfLines(lines.map(([payeeId, name, amountFen]) => ({ payeeId, fund: name, amountFen })));
        const split = splitDues(
          dues,
          () => of,
          (name) => instructed.get(name) ?? 0n,
        );
        for (const due of dues) {
          const own = split.parts.filter(({ payeeId, fund: name }) => payeeId === due.payeeId && name === due.fund);
          if (sumFen(own.map(({ amountFen }) => amountFen)) !== due.amountFen || own.some(({ amountFen }) => amountFen <= 0n))
            return false;
        }
        for (const [name, fen] of split.instructed) instructed.set(name, fen);
        for (const { fund: name, funder, amountFen } of split.parts)
          borne.set(`${name} ${funder}`, (borne.get(`${name} ${funder}`) ?? 0n) + amountFen);
      }
      return [...instructed].every(([name, fen]) =>
        splitByFunders(fen, of).every(({ funder, amount: share }) => (borne.get(`${name} ${funder}`) ?? 0n) === share),
      );
    }),
    { seed: 20261123, numRuns: 300 },
  );
  t.pass('of each payment, of each batch, and of each fund over all batches');
});

void t.test('a line is held against usage, invoice, redemption and account, and told in what they differ', async (t) => {
  const redemption = {
    redemptionNo: 'R-1',
    redemptionId: 'r',
    status: 'APPROVED',
    providerId: 'p',
    enterpriseId: 'e',
    fund,
    baseFen: 500n,
    approvedFen: 100n,
    reversedFen: 0n,
    offsetFen: 0n,
  } as Redemption;
  const award = { status: 'APPROVED', enterpriseId: 'e', fund, awardFen: 100n, reversedFen: 10n, offsetFen: 0n } as Reimbursement;
  const invoice = {
    invoiceNo: '1',
    status: 'CONFIRMED' as const,
    grossFen: 500n,
    usedFen: 500n,
    redFen: 0n,
    holdingFlags: 0,
    redemptionId: 'r',
    providerId: 'p',
    enterpriseId: 'e',
  };
  const agreeing: Matched = {
    line: { payeeId: 'p', fund, amountFen: 100n },
    payable: redemption,
    invoices: [invoice],
    payeeName: '甲',
    paidOn: { kind: 'account', account: { holderName: '甲' } },
  };
  const ofAward: Matched = { ...agreeing, line: { payeeId: 'e', fund, amountFen: 90n }, payable: award };
  const cases: [string, Matched, RegExp | null][] = [
    ['all agree', agreeing, null],
    ['an award, of which a part was taken back', ofAward, null],
    ['its invoice need not be the award’s alone', { ...ofAward, invoices: [{ ...invoice, redemptionId: null }] }, null],
    ['reversed since', { ...agreeing, payable: { ...redemption, reversedFen: 1n } }, /the line pays 1.00, approved are 0.99/],
    ['returned', { ...agreeing, payable: { ...redemption, status: 'RETURNED' } }, /it is not approved/],
    ['another payee', { ...agreeing, line: { ...agreeing.line, payeeId: 'q' } }, /payee or fund is another/],
    ['another fund', { ...agreeing, line: { ...agreeing.line, fund: 'x/2024' } }, /payee or fund is another/],
    ['a voided invoice', { ...agreeing, invoices: [{ ...invoice, status: 'VOIDED' }] }, /invoice 1 is VOIDED/],
    ['usage of another sum', { ...agreeing, invoices: [{ ...invoice, usedFen: 499n }] }, /invoice 1 says 5.00, its usage 4.99/],
    ['a flag', { ...agreeing, invoices: [{ ...invoice, holdingFlags: 1 }] }, /a flag holds invoice 1/],
    ['another’s invoice', { ...agreeing, invoices: [{ ...invoice, redemptionId: 's' }] }, /is not that of the redemption/],
    ['a base beyond it', { ...agreeing, payable: { ...redemption, baseFen: 501n } }, /more than the invoice says/],
    ['a red letter', { ...agreeing, invoices: [{ ...invoice, redFen: 401n }] }, /more than red letters have left/],
    ['no account', { ...agreeing, paidOn: { kind: 'missing' } }, /no account in effect/],
    ['a change of it', { ...agreeing, paidOn: { kind: 'changing' } }, /is being changed/],
    ['an account of another name', { ...agreeing, paidOn: { kind: 'account', account: { holderName: '乙' } } }, /held by 乙, registered is 甲/],
  ];
  for (const [name, of, told] of cases) {
    const found = differencesOf(of).map(({ en }) => en);
    if (told === null) t.strictSame(found, [], name);
    else t.match(found.join('; '), told, name);
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

  const { settlementId, ...draft } = expectStatus(await finance.post('/settlements', { period: '2024-06' }), 201) as {
    settlementId: string;
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
    byProgramme: [{ programmeCode: 'test-compute', count: 3, total: '10033.35' }],
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
    [third, first, second],
    'its lines, page by page, each redemption once, by the day of approval',
  );
  t.equal(rest.next, null);

  const approval = await freeze(finance, settlementId);
  t.match(approval, { count: 3, total: '10033.35' });
  t.match(expectStatus(await approver.post(`/settlements/${settlementId}/approve`, approval), 200), {
    status: 'APPROVED',
    approvedPerson: approver.personId,
  });
  t.match(lines.items[0], { base: '0.05', approved: '0.01', invoiced: '0.05', used: '0.05' }, 'what finance holds a line against');
  await check(world.checker, settlementId);
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
  const byFunder = expected.map(({ funder, amount }) => ({ funder, total: formatYuan(amount) }));
  t.match(whole, { totals: { ...totals, byFunder }, versions: [{ version: 1, byFunder, approvedPerson: approver.personId }] });
  t.match(whole, { sums: { notInstructed: '0.00', inTransit: '0.00', paid: '10033.35', returned: '0.00' } });
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
  const { finance, checker, approver, payer, book } = world;
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

  const { settlementId } = expectStatus(await finance.post('/settlements', { period: '2024-06', number: 3 }), 201) as {
    settlementId: string;
  };
  const again = await finance.post('/settlements', { period: '2024-06', number: 3 });
  t.strictSame(codeOf(again), [409, 'SETTLEMENT_EXISTS'], 'the same period and number, before it is found empty');
  t.match(again.body, { detail: /第 4 批/ }, 'and the next free number is named');

  t.strictSame(codeOf(await approver.post(`/settlements/${settlementId}/freeze`)), [403, 'FORBIDDEN']);
  const approval = await freeze(finance, settlementId);
  t.match(approval, { count: 2, total: '300.00' });
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
  for (const [verb, who, body] of [
    ['freeze', finance, {}],
    ['check-lines', checker, { lines: [1] }],
    ['return-lines', checker, { lines: [{ lineNo: 1, reason: '账户有误' }] }],
    ['instruct', payer, {}],
    ['reinstruct', payer, {}],
    ['close', finance, {}],
  ] as const) {
    t.strictSame(codeOf(await who.post(`/settlements/${nowhere}/${verb}`, body)), [404, 'NOT_FOUND'], verb);
  }

  expectStatus(await approver.post(address('approve'), approval), 200);
  for (const { personId } of [finance, approver]) {
    const samePerson = await book.member('finance', { personId });
    t.strictSame(codeOf(await samePerson.post(address('check-lines'), { lines: [1] })), [403, 'FOUR_EYES']);
  }
  const differing = await checker.post(address('check-lines'), { lines: [1, 2] });
  t.strictSame(codeOf(differing), [409, 'SETTLEMENT_LINES_DIFFER']);
  t.match(differing.body, { detail: /第 2 行：没有生效的收款账户/ }, 'the line is named');
  for (const lines of [[3], [{ lineNo: 3, reason: '重复' }]]) {
    const verb = typeof lines[0] === 'number' ? 'check-lines' : 'return-lines';
    t.strictSame(codeOf(await checker.post(address(verb), { lines })), [404, 'SETTLEMENT_LINE_UNKNOWN'], verb);
  }
  await world.recordAccount(1, '2024-07-16');
  t.strictSame(
    codeOf(await checker.post(address('check-lines'), { lines: [1, 2] })),
    [409, 'SETTLEMENT_LINES_DIFFER'],
    'an account from tomorrow is none today',
  );
  world.clock.set('2024-07-16');
  await check(checker, settlementId);
  for (const { personId } of [finance, approver, checker]) {
    const samePerson = await book.member('finance_approver', { personId });
    t.strictSame(codeOf(await samePerson.post(address('instruct'))), [403, 'FOUR_EYES']);
  }
  world.clock.set('2024-07-15');
  const missing = await payer.post(address('instruct'));
  t.strictSame(codeOf(missing), [409, 'PAYEE_ACCOUNT_MISSING']);
  t.ok(String((missing.body as { detail: string }).detail).includes(world.providers[1]?.name ?? '-'), 'and the payee is named');
  world.clock.set('2024-07-16');
  expectStatus(await payer.post(address('instruct')), 200);
  t.strictSame(codeOf(await payer.post(address('reinstruct'))), [409, 'SETTLEMENT_NOTHING_RETURNED']);
  const drafterAsPayer = await book.member('finance_approver', { personId: finance.personId });
  t.strictSame(codeOf(await drafterAsPayer.post(address('reinstruct'))), [403, 'FOUR_EYES']);
  await clean(t, world, 'after all refusals');
});

void t.test('the life of a batch: every verb in every state', async (t) => {
  const world = await startWorld(t, { providers: 1 });
  const { finance, checker, approver, payer } = world;
  const lines = { lines: [1] };
  const back = { lines: [{ lineNo: 1, reason: '账户有误' }] };
  const refused = await tryEverything(t, {
    life: settlementLife,
    bring: async (state) => {
      await world.approve([{ provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n }]);
      const { settlementId, instructions } = await settle(
        world,
        state === 'CLOSED' ? 'INSTRUCTED' : state === 'DISSOLVED' ? 'FROZEN' : state,
      );
      if (state === 'CLOSED') {
        expectStatus(await finance.post('/bank-returns', bankFile(instructions.map((of) => bankLine(of)))), 201);
        expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
      }
      if (state === 'DISSOLVED') {
        const gone = expectStatus(await approver.post(`/settlements/${settlementId}/return-lines`, back), 200);
        t.match(gone, { status: 'DISSOLVED', lineCount: 0, total: '0.00', contentDigest: null, version: 1 });
      }
      return settlementId;
    },
    ask: (verb, id) => {
      const url = `/settlements/${id}/${verb}`;
      if (verb === 'approve') return approver.post(url, { contentDigest: '0'.repeat(64), count: 1, total: '100.00' });
      if (verb === 'check-lines') return checker.post(url, lines);
      if (verb === 'return-lines') return checker.post(url, back);
      return (verb === 'instruct' || verb === 'reinstruct' ? payer : finance).post(url);
    },
    look: (id) => lookAt(world.auditor, `/settlements/${id}`),
  });
  t.equal(refused, 40);
  const { items } = expectStatus(await world.auditor.get('/settlements?period=2024-06'), 200) as {
    items: { number: number; status: string }[];
  };
  t.strictSame(
    items.map(({ number, status }) => [number, status]),
    Object.keys(settlementLife.states).map((state, i) => [i + 1, state]),
    'each a further batch of the same month, with a number of its own',
  );
  await clean(t, world, 'in every state');
});

void t.test('returned lines make a new version, which is approved again; what they paid goes into a further batch', async (t) => {
  const world = await startWorld(t);
  const { finance, checker, approver, payer, book } = world;
  const [, second, third] = await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 3333n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 10_000_01n },
    { provider: 0, approvedOn: '2024-06-12', amountFen: 1n },
  ]);
  const { settlementId } = await settle(world, 'APPROVED');
  const address = (verb: string) => `/settlements/${settlementId}/${verb}`;
  const one = await contentOf(finance, settlementId);
  t.match(expectStatus(await checker.post(address('check-lines'), { lines: [1, 1] }), 200), {
    status: 'APPROVED',
    checkedLines: 1,
    checkedPersons: [checker.personId],
  });
  const reason = '收款户名与登记不符';
  const returned = expectStatus(await checker.post(address('return-lines'), { lines: [{ lineNo: 2, reason }] }), 200);
  t.match(returned, { status: 'FROZEN', version: 2, lineCount: 2, total: '33.34', approvedPerson: null, checkedLines: 1 });
  await clean(t, world, 'returned');
  t.strictSame(codeOf(await approver.post(address('approve'), one)), [409, 'SETTLEMENT_CHANGED'], 'the version before is approved no more');
  t.strictSame(codeOf(await checker.post(address('check-lines'), { lines: [3] })), [409, 'SETTLEMENT_WRONG_STATE']);
  const checkerApproves = await book.member('approver', { personId: checker.personId });
  const two = await contentOf(finance, settlementId);
  t.strictSame(codeOf(await checkerApproves.post(address('approve'), two)), [403, 'FOUR_EYES'], 'who checked does not approve');
  const otherApprover = await book.member('approver');
  t.match(expectStatus(await otherApprover.post(address('approve'), two), 200), { status: 'APPROVED', checkedLines: 1 });
  t.strictSame(codeOf(await checker.post(address('check-lines'), { lines: [2] })), [404, 'SETTLEMENT_LINE_UNKNOWN']);
  t.match(expectStatus(await checker.post(address('check-lines'), { lines: [3] }), 200), { status: 'CHECKED', checkedLines: 2 });
  expectStatus(await finance.post(address('return-lines'), { lines: [{ lineNo: 3, reason: '发票待核' }] }), 200);
  const three = await contentOf(finance, settlementId);
  t.match(
    expectStatus(await approver.post(address('approve'), three), 200),
    { status: 'CHECKED', version: 3 },
    'what was checked stays checked',
  );
  const whole = expectStatus(await world.auditor.get(`/settlements/${settlementId}`), 200);
  t.match(whole, {
    lineCount: 1,
    totals: { byPayee: [{ count: 1, total: '33.33' }], byFunder: [{ total: '22.22' }, { total: '11.11' }] },
    versions: [
      { version: 1, lineCount: 3, total: '10033.35', approvedPerson: approver.personId, returnedLines: 1 },
      { version: 2, lineCount: 2, total: '33.34', approvedPerson: otherApprover.personId, returnedLines: 1 },
      { version: 3, lineCount: 1, total: '33.33', approvedPerson: approver.personId, returnedLines: 0 },
    ],
  });
  const { items } = expectStatus(await world.auditor.get(`/settlements/${settlementId}/lines`), 200) as { items: object[] };
  t.match(items, [
    { lineNo: 1, checkedPerson: checker.personId, returnedVersion: null },
    { lineNo: 2, checkedPerson: null, returnedVersion: 1, returnReason: reason },
    { lineNo: 3, checkedPerson: checker.personId, returnedVersion: 2 },
  ]);

  // By constraint too, whoever writes: in each step one of the persons who had a part in it before.
  const inLane = (statement: string) =>
    world.admin.begin(async ({ sql }) => {
      await sql`select set_config('ledger.lane', ${book.bookId}, true), set_config('voucher.book', ${book.bookId}, true)`;
      await sql.unsafe(statement);
    });
  for (const [change, constraint] of [
    [`approved_person = checked_person`, 'settlements_four_eyes'],
    [`checked_person = drafted_person, checked_persons = jsonb_build_array(drafted_person)`, 'settlements_four_eyes'],
    [`checked_person = approved_person, checked_persons = jsonb_build_array(approved_person)`, 'settlements_four_eyes'],
    [`status = 'INSTRUCTED', instructed_person = checked_person`, 'settlements_four_eyes'],
    [`checked_lines = 0`, 'settlements_states'],
    [`version = version + 1`, undefined],
    [`content_digest = repeat('0', 64)`, undefined],
    [`content_digest = null`, undefined],
  ] as const) {
    await t.rejects(
      inLane(`update settlements set ${change} where settlement_id = '${settlementId}'`),
      constraint === undefined ? { code: 'VL001' } : { code: '23514', constraint_name: constraint },
      change,
    );
  }
  const account = await book.member('finance_approver');
  await t.rejects(
    inLane(`update persons set same_as = '${checker.personId}' where person_id = '${account.personId}';
            update settlements set status = 'INSTRUCTED', instructed_person = '${account.personId}' where settlement_id = '${settlementId}'`),
    { code: '23514', constraint_name: 'settlements_one_person' },
    'another account of the checker is the checker',
  );
  await t.rejects(
    inLane(`update settlement_lines set returned_version = null, returned_person = null, returned_on = null, return_reason = null
             where redemption_id = '${second}'; update settlement_lines set redemption_id = '${second}' where redemption_id <> '${second}'`),
    { code: '23505', constraint_name: 'settlement_lines_one_redemption' },
    'a redemption is live in one batch',
  );

  expectStatus(await payer.post(address('instruct')), 200);
  const further = expectStatus(await finance.post('/settlements', { period: '2024-06' }), 201);
  t.match(further, { number: 2, lineCount: 2, total: '10000.02' });
  const again = expectStatus(await finance.get(`/settlements/${further['settlementId']}/lines`), 200) as {
    items: { redemptionId: string }[];
  };
  t.strictSame(
    again.items.map(({ redemptionId }) => redemptionId),
    [second, third],
  );
  await clean(t, world, 'with a further batch');
});

void t.test('a large batch is collected and instructed in slices, and finds its way on from wherever it was left', async (t) => {
  const world = await startWorld(t, { providers: 41 });
  const { finance, payer, book } = world;
  await world.approve(
    Array.from({ length: 90 }, (_, i) => ({ provider: i % 41, approvedOn: '2024-06-10', amountFen: BigInt(100_01 + i) })),
  );
  const here = (await world.books.find(book.code)) ?? undefined;
  if (!here) throw new Error('there is no book');
  let asked = 0;
  const run = (work: DailyWork, slices = Infinity) => {
    asked = 0;
    return work.run({ book: here, clock: world.clock, isStopping: () => asked++ > slices });
  };
  const draft = expectStatus(await finance.post('/settlements', { period: '2024-06' }), 201) as { settlementId: string };
  const url = `/settlements/${draft.settlementId}`;
  t.match(draft, { collecting: true, lineCount: 0, status: 'DRAFT' });
  for (const answer of [await finance.post(`${url}/freeze`), await finance.post('/settlements', { period: '2024-06' })])
    t.strictSame(codeOf(answer), [409, 'SETTLEMENT_UNDERWAY']);
  await run(collectBatches, 2);
  await clean(t, world, 'left in the middle');
  await run(collectBatches);
  t.match(expectStatus(await finance.get(url), 200), { collecting: false, lineCount: 90, status: 'DRAFT' });
  t.equal(await run(collectBatches), 0, 'nothing is left');
  await clean(t, world, 'collected');

  await takeToCheck({ maker: finance, approver: world.approver, checker: world.checker }, draft.settlementId);
  const { providerId, name: holderName, member } = world.providers[40] ?? {};
  const account = { providerId, holderName, accountNo: '6222021001009999999', validFrom: '2024-07-15' };
  const change = expectStatus(await (member ?? finance).post('/payee-accounts', { ...account, bankName: '银行', bankCode: '102491000012' }), 201);
  const changing = await payer.post(`${url}/instruct`);
  t.strictSame(codeOf(changing), [409, 'PAYEE_ACCOUNT_CHANGING']);
  t.ok(String((changing.body as { detail: string }).detail).includes(holderName ?? '-'), 'and of thousands the one is named');
  expectStatus(await (member ?? finance).post(`/payee-accounts/${change['payeeAccountId']}/withdraw`, { reason: '误填' }), 200);
  t.match(expectStatus(await payer.post(`${url}/instruct`), 200), { status: 'INSTRUCTED', instructions: [], paymentsLeft: 41 });
  for (const answer of [await finance.post(`${url}/close`), await finance.get(`${url}/instructions`)])
    t.strictSame(codeOf(answer), [409, 'SETTLEMENT_UNDERWAY']);
  await clean(t, world, 'instructed, and no payment yet');
  await run(instructPayments);
  const { instructions, ...batch } = expectStatus(await finance.get(url), 200) as { instructions: Given[]; total: string };
  t.match(batch, { paymentsLeft: 0, sums: { notInstructed: '0.00', inTransit: batch.total } });
  for (const { funder, amount } of splitByFunders(BigInt(batch.total.replace('.', '')), shares)) {
    const own = instructions.filter((of) => of.funder === funder).map((of) => BigInt(of.amount.replace('.', '')));
    t.equal(sumFen(own), amount, `${funder} bears its share to the fen`);
  }
  t.equal(await run(instructPayments), 0, 'nothing is left');
  await clean(t, world, 'instructed');
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

  const { settlementId = '' } = (drafts.find((of) => of.status === 201)?.body ?? {}) as { settlementId?: string };
  await approve({ maker: world.finance, approver: world.approver }, settlementId);
  const instruct = () => world.payer.post(`/settlements/${settlementId}/instruct`);
  const answers = await Promise.all([
    world.checker.post(`/settlements/${settlementId}/check-lines`, { lines: [1] }),
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
  t.equal(answers.filter((of) => of.status === 200).length, 2, 'checked once, instructed once');
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
      ['update contract_line_usage set gross_fen = gross_fen + 1'],
    ],
    [
      6,
      "a redemption's money in two batches",
      /^redemption .*in 2 batches/,
      [
        'drop index settlement_lines_one_redemption',
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
    [
      6,
      'a bank day that lags',
      /^bank day .*kept/,
      ['update bank_days set paid_fen = paid_fen + 1'],
    ],
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
    [6, /, version 1: 1 lines and 10000, kept 1 returned; the lines say 0/, 'update settlement_versions set returned_lines = 1'],
    [6, /: says 1 lines are checked, 0 are/, 'update settlement_lines set checked_person = null, checked_on = null'],
    [6, /: says 3 payments are left, 0 are/, 'update settlements set payments_left = 3'],
    [11, /^version 2 of settlement .* did 2 steps/, row('settlement_versions', { version_id: id(90), version: 2, frozen_person: person, approved_person: person })],
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
