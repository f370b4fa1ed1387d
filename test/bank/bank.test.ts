// The bank: files that have their effect once and are refused before anything of them is applied, lines that settle what they say, matches
// by a person in parts and back again, and payments that come back days later.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ExcelJS from 'exceljs';
import t from 'tap';
import type { BankLine, PaymentInstruction } from '../../db/tables.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { formatYuan, parseYuan, sumFen } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import {
  bankMatchLife,
  fileDigestOf,
  judgeBankLine,
  knownAs,
  refuseBankFile,
  settledBy,
  takenLines,
} from '../../src/bank/rules.js';
import { calendarActor } from '../../src/access/admission.js';
import { lookThrough } from '../../src/reconciliation/look-through.js';
import { openFound } from '../../src/reconciliation/open-exception.js';
import { dueSince, exceptionLife } from '../../src/reconciliation/rules.js';
import type { FileHead } from '../../src/bank/import-lines.js';
import { importFilePart } from '../../src/bank/import-lines.js';
import { treasury } from '../../src/bank/formats.js';
import { paymentCsv, paymentDigestOf } from '../../src/bank/payment-file.js';
import { linesIn, readBankFile, sentIn } from '../../src/bank/read-file.js';
import { zipOf } from '../evidence-files/zip.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import { lookAt, tryEverything } from '../lives/table.js';
import { proposes } from '../payees/change.js';
import { settle, startWorld } from '../settlements/world.js';

const fileLine = (change: object = {}) => ({
  instructionNo: 'P-1',
  status: 'PAID' as 'PAID' | 'RETURNED',
  bankSerial: 'B-1',
  bookedOn: '2024-07-15',
  amount: '10.00',
  ...change,
});
const taken = (lines: ReturnType<typeof fileLine>[]) => takenLines(lines, (accountNo) => `f(${accountNo})`);

void t.test('a bank file that cannot be right is refused whole, and one wrong twice gets the first refusal', async (t) => {
  const file = (declaredCount: number, declaredTotal: string, ...lines: ReturnType<typeof fileLine>[]) => ({
    declaredCount,
    declaredTotal,
    lines,
  });
  const second = fileLine({ instructionNo: 'P-2', bankSerial: 'B-2' });
  const back = fileLine({ instructionNo: 'P-2', bankSerial: 'B-2', status: 'RETURNED', amount: '4.00' });
  const statement = (opening: string, closing: string) => ({
    bankAccount: '4100',
    balances: { opening, closing },
    ...file(2, '14.00', fileLine(), back),
  });
  const cases: [string, Parameters<typeof refuseBankFile>[0], object | null][] = [
    ['right', file(2, '20.00', fileLine(), second), null],
    ['an amount of zero', file(1, '0.00', fileLine({ amount: '0.00' })), { code: 'AMOUNT_ZERO', pointer: '/lines/0/amount' }],
    [
      'a count that does not tie',
      file(3, '20.00', fileLine(), second),
      { code: 'BANK_FILE_DOES_NOT_TIE', params: { declaredCount: '3', count: '2' } },
    ],
    [
      'a total one fen off',
      file(2, '20.01', fileLine(), second),
      { code: 'BANK_FILE_DOES_NOT_TIE', params: { declaredTotal: '20.01', total: '20.00' } },
    ],
    [
      'a serial twice, and an instruction too',
      file(2, '20.00', fileLine(), fileLine()),
      { code: 'BANK_SERIAL_TWICE', pointer: '/lines/1/bankSerial' },
    ],
    [
      'an instruction twice, on a day to come',
      file(2, '20.00', fileLine(), fileLine({ bankSerial: 'B-2', bookedOn: '2024-07-16' })),
      { code: 'BANK_INSTRUCTION_TWICE', pointer: '/lines/1/instructionNo' },
    ],
    ['an instruction in parts', { partsAllowed: true, ...file(2, '20.00', fileLine(), fileLine({ bankSerial: 'B-2' })) }, null],
    [
      'a day to come',
      file(1, '10.00', fileLine({ bookedOn: '2024-07-16' })),
      { code: 'BANK_DAY_IN_FUTURE', pointer: '/lines/0/bookedOn' },
    ],
    ['a statement: 100.00 − 10.00 + 4.00', statement('100.00', '94.00'), null],
    ['one that does not tie', statement('100.00', '94.01'), { code: 'BANK_STATEMENT_DOES_NOT_TIE', params: { expected: '94.00' } }],
    ['one of no account', { ...statement('100.00', '94.00'), bankAccount: undefined }, { code: 'BANK_ACCOUNT_MISSING' }],
  ];
  for (const [name, of, expected] of cases) {
    const refusal = refuseBankFile(of, taken(of.lines), '2024-07-15');
    if (expected === null) t.equal(refusal, null, name);
    else t.match(refusal, expected, name);
  }
  const of = file(1, '10.00', fileLine());
  t.equal(fileDigestOf(of), fileDigestOf({ fileName: 'another.csv', ...of }), 'the name makes no other file');
  const digests = [{}, { bookedOn: '2024-07-14' }, { reason: 'x' }, { payeeName: 'x' }, { amount: '10.01' }].map((change) =>
    fileDigestOf(file(1, '10.00', fileLine(change))),
  );
  t.equal(new Set(digests).size, digests.length, 'whatever a line says makes another');
});

void t.test('a line settles the instruction that waits for just this, and only where the payee is the one instructed', async (t) => {
  const of = (change: Partial<PaymentInstruction> = {}) =>
    ({ status: 'INSTRUCTED', amountFen: 1000n, paidFen: 0n, returnedFen: 0n, instructedOn: '2024-07-15', ...change }) as PaymentInstruction;
  const paid = of({ status: 'PAID', paidFen: 1000n });
  const account = { holderName: '甲公司', accountFingerprint: 'f(1)' };
  const cases: [string, object, PaymentInstruction | undefined, string][] = [
    ['what is waited for', {}, of(), 'MATCHED PAID'],
    ['of no instruction', {}, undefined, 'UNKNOWN_INSTRUCTION'],
    ['of one that is paid', {}, paid, 'ALREADY_SETTLED'],
    ['of one that was returned', {}, of({ status: 'RETURNED', returnedFen: 1000n }), 'ALREADY_SETTLED'],
    ['one fen off', {}, of({ amountFen: 999n }), 'AMOUNT_DIFFERS'],
    ['the rest of one paid in part', { amount: '4.00' }, of({ paidFen: 600n }), 'MATCHED PAID'],
    ['the whole of one paid in part', {}, of({ paidFen: 600n }), 'AMOUNT_DIFFERS'],
    ['the day before it was instructed', { bookedOn: '2024-07-14' }, of(), 'DAY_BEFORE_INSTRUCTION'],
    ['the payee by name and account', { payeeName: '甲公司', payeeAccount: '1' }, of(), 'MATCHED PAID'],
    ['another name', { payeeName: '乙公司' }, of(), 'PAYEE_DIFFERS'],
    ['another account', { payeeAccount: '2' }, of(), 'PAYEE_DIFFERS'],
    ['returned', { status: 'RETURNED' }, of(), 'MATCHED RETURNED'],
    ['paid, and back days later', { status: 'RETURNED' }, paid, 'MATCHED RETURNED_LATE'],
    ['back, but not all of it', { status: 'RETURNED', amount: '9.99' }, paid, 'AMOUNT_DIFFERS'],
  ];
  for (const [name, change, instruction, expected] of cases) {
    const [line] = taken([fileLine(change)]);
    if (!line) throw new Error('one line is one line');
    const judged = judgeBankLine(line, instruction, account);
    t.equal(judged.result === 'MATCHED' ? `MATCHED ${judged.kind}` : judged.result, expected, name);
  }
  const match = { kind: 'RETURNED_LATE', amountFen: 400n } as const;
  const back = settledBy(paid, match, { sign: 1n, reason: '销户' });
  t.match(back, { status: 'RETURNED', paidFen: 600n, returnedFen: 400n, returnReason: '销户' }, 'a part of it came back');
  t.strictSame(settledBy(back, match, { sign: -1n, reason: null }), { ...paid, returnReason: null }, 'and back again');
});

void t.test('a serial is one movement of money, whatever file tells it', async (t) => {
  const [line] = taken([fileLine()]);
  if (!line) throw new Error('one line is one line');
  const known = { ...line } as unknown as BankLine;
  t.equal(knownAs(line, []), 'NEW');
  t.equal(knownAs(line, [known]), 'REPEATED');
  t.match(knownAs(line, [{ ...known, amountFen: 999n }]), {
    code: 'BANK_SERIAL_CHANGED',
    params: { known: 'P-1 PAID 2024-07-15 9.99', found: 'P-1 PAID 2024-07-15 10.00', line: '1' },
  });
});

void t.test('how long a thing may stand is counted in working days, and without a calendar from Monday to Friday', async (t) => {
  const none = new Map();
  const published = new Map([[2024, { holidays: new Set(['2024-07-18']), workingDays: new Set<string>() }]]);
  // On a Monday what stands since Tuesday is due: Wednesday, Thursday and Friday are over, and no day of grace is left.
  t.equal(dueSince('UNMATCHED_LINE', '2024-07-22', none), '2024-07-21');
  t.equal(dueSince('IN_TRANSIT', '2024-07-22', none), '2024-07-16');
  t.equal(dueSince('IN_TRANSIT', '2024-07-22', published), '2024-07-15', 'a Thursday off');
});

// ── Files ──

const csvType = 'text/csv';
const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const header = '指令编号,状态,银行流水号,记账日期,金额,原因';

/** As bank software writes them: the characters of these tests in GB 18030, everything else as it is. */
function gb18030(text: string): Buffer {
  const codes = new Map(
    [...new Set(text)].filter((of) => of > '\u007f').map((of) => [of, execFileSync('iconv', ['-f', 'utf-8', '-t', 'gb18030'], { input: of })]),
  );
  return Buffer.concat([...text].map((of) => codes.get(of) ?? Buffer.from(of)));
}

async function xlsx(rows: readonly (readonly unknown[])[]): Promise<Buffer> {
  const workbook = new ExcelJS.Workbook();
  workbook.addWorksheet('1').addRows(rows.map((cells) => [...cells]));
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

/** A workbook whose sheet says that it inflates to 600 MB. */
const bomb = (): Buffer =>
  zipOf([{ name: 'xl/worksheets/sheet1.xml', content: Buffer.alloc(2 * 1024 * 1024), stated: 600 * 1024 * 1024 }]);

/** The lines of a file in the treasury's format as the thread reads them, with the head that they are imported under. */
async function readBankFileOf(text: string, mostLines = 10_000) {
  const folder = await mkdtemp(path.join(tmpdir(), 'bank-test-'));
  try {
    await writeFile(sentIn(folder), text);
    const read = await readBankFile({ folder, format: 'csv', mapping: treasury, bankAccount: null, today: '2024-07-15', mostLines });
    const sent = (await readFile(linesIn(folder), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ReturnType<typeof fileLine>);
    const head: FileHead = {
      fileDigest: read.digest,
      lineCount: read.count,
      totalFen: read.totalFen,
      format: 'csv',
      bankFormat: 'treasury',
      fileName: null,
      bankAccount: null,
      openingFen: null,
      closingFen: null,
      firstDay: read.firstDay,
      lastDay: read.lastDay,
    };
    return { head, sent, lines: taken(sent) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// ── The service ──

const codeOf = ({ status, body }: Answer) => [status, (body as { code?: string }).code];
const nowhere = '018f0000-0000-7000-8000-000000000000';

interface Given {
  instructionId: string;
  instructionNo: string;
  amount: string;
  payeeId: string;
}
interface Line {
  bankLineId: string;
  bankSerial: string;
  result: string;
}
const totalOf = (lines: readonly { amount: string }[]) => formatYuan(sumFen(lines.map(({ amount }) => parseYuan(amount) ?? 0n)));
const bankFile = (lines: readonly { amount: string }[]) => ({ declaredCount: lines.length, declaredTotal: totalOf(lines), lines });
const bankLine = (of: Given, change: object = {}) => ({
  instructionNo: of.instructionNo,
  status: 'PAID',
  bankSerial: `B-${of.instructionNo}`,
  bookedOn: '2024-07-15',
  amount: of.amount,
  ...change,
});

void t.test('a payment file is written as offices read it, with the columns that the bank fills in', (t) => {
  const payment = {
    instructionNo: 'P-1',
    attempt: 2,
    holderName: '=cmd()',
    accountNo: '6222021001001234560',
    bankName: '银行',
    bankCode: '102491000012',
    amountFen: 10_00n,
    fund: 'c/2024',
    funder: 'CITY',
  };
  t.equal(
    paymentCsv(treasury, [payment]),
    '\uFEFF指令编号,次数,收款户名,收款账号,开户银行,联行号,金额,资金,出资方,状态,银行流水号,记账日期,原因\r\n' +
      "P-1,2,'=cmd(),6222021001001234560,银行,102491000012,10.00,c/2024,CITY,,,,\r\n合计,,,,,,10.00,,,1,,,\r\n",
    'BOM, CRLF, totals, and no formula',
  );
  const { trailer: _, ...rest } = treasury;
  t.match(
    paymentCsv({ ...rest, trailer: null, signs: 'OUT_NEGATIVE' }, [payment]),
    /,-10\.00,c\/2024,CITY,,,,\r\n$/,
    'by the signs of the format, and without a last row where it has none',
  );
  const line = { instructionNo: 'P-1', attempt: 1, payeeAccountId: 'a', amountFen: 1n };
  const digests = [{}, { instructionNo: 'P-2' }, { attempt: 2 }, { payeeAccountId: 'b' }, { amountFen: 2n }].map((change) =>
    paymentDigestOf([{ ...line, ...change }]),
  );
  t.equal(new Set(digests).size, digests.length, 'the digest is over number, attempt, account and amount');
  t.end();
});

void t.test('the bank of a book', async (t) => {
  const world = await startWorld(t);
  const { finance, payer, auditor } = world;
  let opened = 0;
  /** Four instructions, of two payees and two funders. */
  const instructed = async (): Promise<{ settlementId: string; given: [Given, Given, Given, Given] }> => {
    opened += 1;
    world.clock.set('2024-07-15');
    await world.approve([
      { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
      { provider: 1, approvedOn: '2024-06-11', amountFen: 200_00n },
    ]);
    const { settlementId, instructions } = await settle(world, 'INSTRUCTED');
    const [a, b, c, d] = instructions;
    if (!a || !b || !c || !d) throw new Error('two payees and two funders are four instructions');
    return { settlementId, given: [a, b, c, d] };
  };
  const imports = async (...lines: { amount: string }[]) => {
    const answer = expectStatus(await finance.post('/bank-returns', bankFile(lines)), 201);
    return answer.lines as Line[];
  };
  const instruction = async (settlementId: string, of: Given) => {
    const { instructions } = expectStatus(await auditor.get(`/settlements/${settlementId}`), 200) as { instructions: Given[] };
    return instructions.find(({ instructionId }) => instructionId === of.instructionId);
  };
  const matched = async (...matches: object[]) => finance.post('/bank-matches', { matches });
  const isClean = async (t: { strictSame(a: unknown, b: unknown, m: string): unknown }, name: string) => {
    t.strictSame(await auditLedger(world.db, world.book.bookId), [], `${name}: the ledger is clean`);
    t.strictSame(await auditBusiness(world.db, world.book.bookId), [], `${name}: the business is clean`);
  };

  await t.test('a file has its effect once; what does not match is recorded and has none', async (t) => {
    const { settlementId, given } = await instructed();
    const [a, b, c, d] = given;
    const refusals: [string, object, number, string][] = [
      ['count', { ...bankFile([bankLine(a)]), declaredCount: 2 }, 400, 'BANK_FILE_DOES_NOT_TIE'],
      ['total', { ...bankFile([bankLine(a)]), declaredTotal: '0.01' }, 400, 'BANK_FILE_DOES_NOT_TIE'],
      ['zero', bankFile([bankLine(a, { amount: '0.00' })]), 400, 'AMOUNT_ZERO'],
      ['serial twice', bankFile([bankLine(a), bankLine(b, { bankSerial: `B-${a.instructionNo}` })]), 400, 'BANK_SERIAL_TWICE'],
      ['instruction twice', bankFile([bankLine(a), bankLine(a, { bankSerial: 'B-9' })]), 400, 'BANK_INSTRUCTION_TWICE'],
      ['tomorrow', bankFile([bankLine(a, { bookedOn: '2024-07-16' })]), 400, 'BANK_DAY_IN_FUTURE'],
      ['no account', { balances: { opening: '1.00', closing: '1.00' }, ...bankFile([bankLine(a)]) }, 400, 'BANK_ACCOUNT_MISSING'],
      [
        'balances',
        { bankAccount: '4100', balances: { opening: '1.00', closing: '1.00' }, ...bankFile([bankLine(a)]) },
        400,
        'BANK_STATEMENT_DOES_NOT_TIE',
      ],
      ['no lines', { declaredCount: 0, declaredTotal: '0.00', lines: [] }, 400, 'VALIDATION_FAILED'],
      ['an unknown field', { ...bankFile([bankLine(a)]), checksum: 1 }, 400, 'VALIDATION_FAILED'],
    ];
    for (const [name, file, status, code] of refusals)
      t.strictSame(codeOf(await finance.post('/bank-returns', file)), [status, code], name);
    t.equal((expectStatus(await auditor.get('/bank-returns'), 200).items as object[]).length, 0, 'nothing of them was imported');

    const mixed = bankFile([
      bankLine(a),
      bankLine(b, { amount: '0.01' }),
      bankLine(c, { instructionNo: 'NOBODY', bankSerial: 'B-C' }),
      bankLine(d, { status: 'RETURNED', reason: '账号户名不符' }),
    ]);
    const answers = await Promise.all([
      finance.post('/bank-returns', { fileName: 'one.csv', ...mixed }),
      finance.post('/bank-returns', mixed),
      finance.post('/bank-returns', mixed),
    ]);
    const bodies = answers.map(
      (of) => expectStatus(of, 201) as { alreadyImported: boolean; bankReturnId: string; lines: Line[] },
    );
    t.strictSame(bodies.map((of) => of.alreadyImported).sort(), [false, true, true], 'three times at once, one effect');
    t.equal(new Set(bodies.map((of) => of.bankReturnId)).size, 1);
    for (const body of bodies) {
      t.strictSame(
        body.lines.map((line) => line.result),
        ['MATCHED', 'AMOUNT_DIFFERS', 'UNKNOWN_INSTRUCTION', 'MATCHED'],
        'and the same answer',
      );
      t.match(body, { matched: 2, paid: a.amount, returned: d.amount });
    }
    const wrongPayee = bankLine(b, { bankSerial: 'B-PAYEE', payeeName: '别家公司', payeeAccount: '6222000000000001' });
    t.match(await imports(bankLine(b, { bankSerial: 'B-EARLY', bookedOn: '2024-07-14' })), [{ result: 'DAY_BEFORE_INSTRUCTION' }]);
    t.match(await imports(wrongPayee), [{ result: 'PAYEE_DIFFERS', payeeName: '别家公司', payeeLast4: '0001', unmatched: b.amount }]);
    const unmatched = expectStatus(await auditor.get('/unmatched-bank-lines'), 200).items as Line[];
    t.strictSame(
      unmatched.map(({ result }) => result),
      ['AMOUNT_DIFFERS', 'UNKNOWN_INSTRUCTION', 'DAY_BEFORE_INSTRUCTION', 'PAYEE_DIFFERS'],
      'what a person has to look at',
    );
    const early = unmatched.find(({ result }) => result === 'DAY_BEFORE_INSTRUCTION');
    const tooEarly = { bankLineId: early?.bankLineId, instructionId: b.instructionId, amount: '0.01' };
    t.strictSame(codeOf(await matched(tooEarly)), [409, 'BANK_DAY_BEFORE_INSTRUCTION'], 'a person cannot pay it either');
    t.match(expectStatus(await auditor.get(`/settlements/${settlementId}`), 200), {
      sums: { paid: a.amount, returned: d.amount, notInstructed: '0.00' },
    });

    // A file that overlaps with one before: what is known is passed over; what says something else under its serial stops all of it.
    const more = bankLine(c, { bankSerial: 'B-C-2' });
    const changed = await finance.post('/bank-returns', bankFile([bankLine(a, { amount: '0.02' }), more]));
    t.strictSame(codeOf(changed), [409, 'BANK_SERIAL_CHANGED']);
    const both = String((changed.body as { detail: string }).detail);
    t.ok(both.includes(a.amount) && both.includes('0.02'), `both are shown: ${both}`);
    const overlapping = expectStatus(await finance.post('/bank-returns', bankFile([bankLine(a), more])), 201);
    t.match(overlapping, { lineCount: 2, repeated: 1, matched: 1, lines: [{ bankSerial: 'B-C-2', result: 'MATCHED' }] });
    await isClean(t, 'imported');
  });

  await t.test('in parts, one line for several, several for one: by a person, all or nothing, and back again', async (t) => {
    const { settlementId, given } = await instructed();
    const [a, b, c, d] = given;
    const fen = (text: string) => parseYuan(text) ?? 0n;
    // One line for all of the first three, and two for the last.
    const three = totalOf([a, b, c]);
    const [big, small, rest] = await imports(
      { ...bankLine(a, { bankSerial: `ALL-${opened}` }), amount: three },
      { ...bankLine(d, { bankSerial: `S-${opened}`, instructionNo: '?' }), amount: '0.01' },
      { ...bankLine(d, { bankSerial: `R-${opened}`, instructionNo: '??' }), amount: formatYuan(fen(d.amount) - 1n) },
    );
    if (!big || !small || !rest) throw new Error('three lines');
    t.equal(big.result, 'AMOUNT_DIFFERS');
    const to = (line: Line, of: Given, amount: string) => ({
      bankLineId: line.bankLineId,
      instructionId: of.instructionId,
      amount,
    });
    t.strictSame(codeOf(await matched(to(small, d, '0.00'))), [400, 'AMOUNT_ZERO']);
    t.strictSame(codeOf(await matched(to(small, d, '0.02'))), [409, 'BANK_MATCH_ABOVE_LINE']);
    t.strictSame(codeOf(await matched(to(big, a, formatYuan(fen(a.amount) + 1n)))), [409, 'BANK_MATCH_ABOVE_INSTRUCTION']);
    t.strictSame(codeOf(await matched(to(big, { ...a, instructionId: nowhere }, '0.01'))), [404, 'NOT_FOUND']);
    t.strictSame(codeOf(await matched({ ...to(big, a, '0.01'), bankLineId: nowhere })), [404, 'NOT_FOUND']);
    t.match(
      await matched(to(big, a, a.amount), to(big, b, b.amount), to(big, c, c.amount), to(big, d, '0.01')),
      { status: 409, body: { code: 'BANK_MATCH_ABOVE_LINE', errors: [{ pointer: '/matches/3/amount' }] } },
      'the fourth stops all of them',
    );
    const answer = expectStatus(await matched(to(big, a, a.amount), to(big, b, b.amount), to(big, c, c.amount)), 201);
    const matches = answer.matches as { matchId: string; kind: string }[];
    t.equal(matches.length, 3);
    t.match(await instruction(settlementId, c), { status: 'PAID', paid: c.amount, bankSerial: `ALL-${opened}` });

    expectStatus(await matched(to(small, d, '0.01')), 201);
    t.match(await instruction(settlementId, d), { status: 'INSTRUCTED', paid: '0.01' }, 'paid in part');
    t.strictSame(codeOf(await finance.post(`/settlements/${settlementId}/close`)), [409, 'SETTLEMENT_UNPAID']);
    await isClean(t, 'in part');
    expectStatus(await matched(to(rest, d, formatYuan(fen(d.amount) - 1n))), 201);
    t.match(await instruction(settlementId, d), { status: 'PAID', paid: d.amount });
    t.strictSame(codeOf(await matched(to(small, d, '0.01'))), [409, 'BANK_MATCH_ABOVE_LINE'], 'a line is used once');
    const [extra] = await imports(bankLine(d, { bankSerial: `X-${opened}` }));
    if (!extra) throw new Error('one line');
    t.strictSame(codeOf(await matched(to(extra, d, '0.01'))), [409, 'BANK_MATCH_SETTLED']);

    const [, second] = matches;
    const undo = `/bank-matches/${second?.matchId}/undo`;
    t.match(expectStatus(await finance.post(undo, { reason: '误匹配' }), 200), { status: 'UNDONE', undoReason: '误匹配' });
    t.match(await instruction(settlementId, b), { status: 'INSTRUCTED', paid: '0.00', bankSerial: null });
    const [booked] = await world.db.sql<{ kind: string; reverses: string }[]>`
      select e.kind, r.kind as reverses from entries e join entries r on r.book_id = e.book_id and r.seq = e.reverses_seq
       where e.book_id = ${world.book.bookId} and e.subject_id = ${second?.matchId ?? ''} and e.kind = 'settlement.unmatched'`;
    t.strictSame(booked, { kind: 'settlement.unmatched', reverses: 'settlement.paid' }, 'a new entry that names the one it reverses');
    const whole = expectStatus(await auditor.get(`/bank-lines/${big.bankLineId}`), 200);
    t.match(whole, { unmatched: b.amount, matches: [{ status: 'MATCHED' }, { status: 'UNDONE' }, { status: 'MATCHED' }] });
    await isClean(t, 'undone');
    expectStatus(await matched(to(big, b, b.amount)), 201);
    expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
    const [first] = matches;
    t.strictSame(
      codeOf(await finance.post(`/bank-matches/${first?.matchId}/undo`, { reason: '误' })),
      [409, 'SETTLEMENT_WRONG_STATE'],
      'not in a batch that is closed',
    );
    await isClean(t, 'matched again');

    const refused = await tryEverything(t, {
      life: bankMatchLife,
      bring: async (state) => (state === 'UNDONE' ? String(second?.matchId) : String(first?.matchId)),
      ask: (_verb, id) => finance.post(`/bank-matches/${id}/undo`, { reason: '再撤' }),
      look: () => lookAt(auditor, `/bank-lines/${big.bankLineId}`),
    });
    t.equal(refused, 1);
    t.equal(bankMatchLife.code, 'BANK_MATCH_WRONG_STATE');
  });

  await t.test('a payment that comes back days after it was paid is owed again, and goes out again', async (t) => {
    const { settlementId, given } = await instructed();
    await imports(...given.map((of) => bankLine(of)));
    expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
    world.clock.set('2024-07-19');
    const [a, b] = given;
    const back = bankLine(a, { status: 'RETURNED', bankSerial: `BACK-${opened}`, bookedOn: '2024-07-18', reason: '账户已销户' });
    t.match(await imports(back), [{ result: 'MATCHED' }]);
    t.match(await instruction(settlementId, a), { status: 'RETURNED', paid: '0.00', returned: a.amount, returnReason: '账户已销户' });
    t.match(expectStatus(await auditor.get(`/settlements/${settlementId}`), 200), {
      status: 'INSTRUCTED',
      closedOn: null,
      sums: { returned: a.amount },
    });
    await isClean(t, 'came back late');
    const { items } = expectStatus(await auditor.get('/bank-lines?limit=200'), 200) as { items: Line[] };
    const out = items.find(({ bankSerial }) => bankSerial === `B-${a.instructionNo}`);
    const { matches: sent } = expectStatus(await auditor.get(`/bank-lines/${out?.bankLineId}`), 200) as {
      matches: { matchId: string }[];
    };
    t.strictSame(
      codeOf(await finance.post(`/bank-matches/${sent[0]?.matchId}/undo`, { reason: '误' })),
      [409, 'BANK_MATCH_MONEY_MOVED'],
      'what came back since is not there to be taken back',
    );
    const waits = expectStatus(await payer.get('/work-queue?kind=PAYMENT_RETURNED'), 200).items as { subjectId: string }[];
    t.ok(waits.some(({ subjectId }) => subjectId === a.instructionId), 'finance sends it out again');
    // Only a part of another one comes back: a person says so.
    const [part] = await imports(bankLine(b, { status: 'RETURNED', bankSerial: `PART-${opened}`, bookedOn: '2024-07-18', amount: '1.00' }));
    t.equal(part?.result, 'AMOUNT_DIFFERS');
    const match = { bankLineId: part?.bankLineId, instructionId: b.instructionId, amount: '1.00' };
    t.match(await matched(match), { status: 201, body: { matches: [{ kind: 'RETURNED_LATE' }] } });
    t.match(await instruction(settlementId, b), { status: 'RETURNED', returned: '1.00' });
    const again = expectStatus(await payer.post(`/settlements/${settlementId}/reinstruct`), 200).instructions as Given[];
    t.strictSame(again.map(({ amount }) => amount).sort(), [a.amount, '1.00'].sort(), 'as much as came back');
    const line = (expectStatus(await auditor.get('/bank-lines?limit=200'), 200).items as Line[]).find(
      ({ bankSerial }) => bankSerial === `BACK-${opened}`,
    );
    const { matches } = expectStatus(await auditor.get(`/bank-lines/${line?.bankLineId}`), 200) as { matches: { matchId: string }[] };
    t.strictSame(
      codeOf(await finance.post(`/bank-matches/${matches[0]?.matchId}/undo`, { reason: '误' })),
      [409, 'BANK_MATCH_SENT_AGAIN'],
    );
    await imports(...again.map((of) => bankLine(of, { bookedOn: '2024-07-19' })));
    expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
    await isClean(t, 'paid again');
  });

  const sends = async (payload: Buffer | string, query: Readonly<Record<string, string>> = {}, type = csvType): Promise<Answer> => {
    const response = await world.app.inject({
      method: 'POST',
      url: `/v1/books/${world.book.code}/bank-files?${new URLSearchParams(query).toString()}`,
      headers: { authorization: `Bearer ${finance.secret}`, 'content-type': type },
      payload,
    });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  const csv = (...rows: readonly string[]): string => [header, ...rows].join('\r\n');
  const row = (of: Given, change: { state?: string; serial?: string; day?: string; amount?: string; reason?: string } = {}) =>
    [
      of.instructionNo,
      change.state ?? '成功',
      change.serial ?? `F-${of.instructionNo}`,
      change.day ?? '2024-07-15',
      change.amount ?? of.amount,
      change.reason ?? '',
    ].join(',');
  interface Place {
    code: string;
    line: number;
    column: string;
    value: string;
  }
  const placesOf = ({ body }: Answer): [string, number, string, string][] =>
    ((body as { errors?: Place[] }).errors ?? []).map(({ code, line, column, value }) => [code, line, column, value]);

  await t.test('a file is read as offices write it, in whatever encoding, and its content is its key', async (t) => {
    const { settlementId, given } = await instructed();
    const [a, b, c, d] = given;
    const returned = row(b, { state: '退票', reason: '"账号, 户名不符"', day: '2024/7/15' });
    const text = csv(row(a, { day: '20240715' }), returned, row(c, { day: '45488' }), `合计,3,,,${totalOf([a, b, c])},`);
    const gb = gb18030(text);
    const answers = [await sends(gb, { fileName: 'gb.csv' }), await sends(text), await sends(`\uFEFF${text}\n`)];
    t.match(answers[0], { status: 201, body: { matched: 3, returned: b.amount, format: 'csv', fileName: 'gb.csv', state: 'DONE' } });
    t.strictSame(
      answers.map(({ status, body }) => [status, body.alreadyImported, body.bankReturnId]),
      [
        [201, false, answers[0]?.body.bankReturnId],
        [200, true, answers[0]?.body.bankReturnId],
        [200, true, answers[0]?.body.bankReturnId],
      ],
      'GB 18030, UTF-8 and UTF-8 with its mark are one file',
    );
    t.match(await instruction(settlementId, b), { status: 'RETURNED', returnReason: '账号, 户名不符' });
    const workbook = await xlsx([
      ['instructionId', 'status', 'bankSerial', 'bookedAt', 'amount', 'reason', '备注'],
      [d.instructionNo, 'PAID', 'X-1', new Date('2024-07-15T00:00:00Z'), Number(d.amount), '', '任意'],
    ]);
    const declared = { declaredCount: '1', declaredTotal: d.amount };
    t.strictSame(codeOf(await sends(workbook, {}, xlsxType)), [400, 'BANK_FILE_UNDECLARED'], 'totals come from somewhere');
    t.match(await sends(workbook, declared, xlsxType), { status: 201, body: { matched: 1, format: 'xlsx' } });
    t.match(await sends(workbook, declared, xlsxType), { status: 200, body: { alreadyImported: true } });
    await isClean(t, 'files');
  });

  await t.test('what is wrong in a file is told by code, line, column and value, and nothing of it is imported', async (t) => {
    const { settlementId, given } = await instructed();
    const [a, b] = given;
    const end = `合计,2,,,${totalOf([a, b])},`;
    const before = (expectStatus(await auditor.get('/bank-returns?limit=200'), 200).items as object[]).length;
    const whole = csv(row(a), row(b), end);
    const refusedWhole: [string, string | Buffer, object, string, string?][] = [
      ['empty', '', {}, 'BULK_NO_HEADER'],
      ['another header', 'a,b,c', {}, 'BULK_COLUMN_MISSING'],
      ['a column twice', `${header},金额`, {}, 'BULK_COLUMN_TWICE'],
      ['only a header', csv(`合计,0,,,0.00,`), {}, 'BANK_FILE_EMPTY'],
      ['cut in the middle of a line', whole.slice(0, whole.lastIndexOf('成功') + 6), {}, 'BANK_FILE_LINES_WRONG'],
      ['cut between two lines', csv(row(a)), {}, 'BANK_FILE_UNDECLARED'],
      ['one line gone', csv(row(a), end), {}, 'BANK_FILE_DOES_NOT_TIE'],
      ['one fen off', csv(row(a), row(b), `合计,2,,,${formatYuan((parseYuan(totalOf([a, b])) ?? 0n) + 1n)},`), {}, 'BANK_FILE_DOES_NOT_TIE'],
      ['form fields that do not tie', whole, { declaredCount: '3', declaredTotal: totalOf([a, b]) }, 'BANK_FILE_DOES_NOT_TIE'],
      ['a quote that does not close', csv(row(a), '"P-2'), {}, 'BULK_CSV_QUOTES'],
      ['bytes of no encoding', Buffer.from([0xff, 0xff, 0xff, 0x31, 0xff]), {}, 'BULK_ENCODING'],
      ['a format that is not there', whole, { bankFormat: 'elsewhere' }, 'BANK_FORMAT_UNKNOWN'],
    ];
    for (const [name, bytes, query, code] of refusedWhole) {
      const { body } = await sends(bytes, query as Record<string, string>);
      t.equal((body as { code?: string }).code, code, `${name}: ${String((body as { detail?: string }).detail)}`);
    }
    const lines: [string, string, [string, string, string]][] = [
      ['digits lost', row(a, { serial: '1.23457E+17' }), ['BULK_DIGITS_LOST', '银行流水号', '1.23457E+17']],
      ['a formula', row(a, { amount: '=1+1' }), ['BANK_FORMULA', '金额', '=1+1']],
      ['a state', row(a, { state: '不明' }), ['BANK_STATE_UNKNOWN', '状态', '不明']],
      ['a day in another form', row(a, { day: '15.07.2024' }), ['BANK_DAY_FORM', '记账日期', '15.07.2024']],
      ['a day that is none', row(a, { day: '2024-02-30' }), ['DAY_INVALID', '记账日期', '2024-02-30']],
      ['a day to come', row(a, { day: '2024-07-16' }), ['BANK_DAY_IN_FUTURE', '记账日期', '2024-07-16']],
      ['three decimals', row(a, { amount: '1.005' }), ['AMOUNT_FORMAT', '金额', '1.005']],
      ['a sign', row(a, { amount: '-1.00' }), ['BANK_SIGN', '金额', '-1.00']],
      ['nothing', row(a, { amount: '0.00' }), ['AMOUNT_ZERO', '金额', '0.00']],
      ['no serial', row(a, { serial: ' ' }), ['MISSING_FIELD', '银行流水号', '']],
      ['a text without end', row(a, { reason: '长'.repeat(501) }), ['BANK_TEXT_TOO_LONG', '原因', `${'长'.repeat(199)}…`]],
      ['a NUL', row(a, { reason: 'a\0b' }), ['TEXT_NOT_ALLOWED', '原因', 'a\0b']],
    ];
    const all = await sends(csv(...lines.map(([, line], i) => line.replace('F-', `F${i}-`).replace(a.instructionNo, `P-${i}`)), '合计,1,,,1.00,'));
    t.strictSame(codeOf(all), [400, 'BANK_FILE_LINES_WRONG']);
    t.strictSame(
      placesOf(all),
      lines.map(([, , [code, column, value]], i) => [code, i + 2, column, value]),
      lines.map(([name]) => name).join(', '),
    );
    const twice = await sends(csv(row(a), row(a), row(b, { serial: `F-${a.instructionNo}` }), '合计,一,,,1.00,', '合计,1,,,1.00,', 'x'));
    t.strictSame(
      placesOf(twice).map(([code, line]) => [code, line]),
      [
        ['BANK_SERIAL_TWICE', 3],
        ['BANK_SERIAL_TWICE', 4],
        ['FIELD_INVALID', 5],
        ['BANK_TRAILER_NOT_LAST', 7],
      ],
    );
    t.strictSame(placesOf(await sends(csv(row(a), row(a, { serial: 'OTHER' }), end))), [
      ['BANK_INSTRUCTION_TWICE', 3, '指令编号', a.instructionNo],
    ]);
    const lossy = await xlsx([
      header.split(','),
      [Number('123456789012345678'), '成功', 'S-1', '2024-07-15', { formula: 'SUM(A1:A9)', result: 1 }, ''],
    ]);
    t.strictSame(placesOf(await sends(lossy, {}, xlsxType)), [
      ['BULK_DIGITS_LOST', 2, '指令编号', '1.2345678901234568E+17'],
      ['BANK_FORMULA', 2, '金额', '=SUM(A1:A9)'],
    ]);
    t.strictSame(codeOf(await sends(Buffer.from('PK'), {}, xlsxType)), [400, 'BULK_XLSX_UNREADABLE']);
    t.strictSame(codeOf(await sends(bomb(), {}, xlsxType)), [413, 'BULK_FILE_TOO_LARGE'], '600 MB in a few hundred KB');
    t.strictSame(codeOf(await finance.post('/bank-files', {})), [415, 'UNSUPPORTED_MEDIA_TYPE']);
    t.equal((expectStatus(await auditor.get('/bank-returns?limit=200'), 200).items as object[]).length, before, 'nothing was imported');

    t.match(await sends(whole), { status: 201, body: { matched: 2 } });
    const changed = await sends(csv(row(a, { amount: '0.02' }), `合计,1,,,0.02,`));
    t.strictSame(codeOf(changed), [409, 'BANK_SERIAL_CHANGED']);
    t.match(changed.body, { errors: [{ pointer: '/lines/0/bankSerial', detail: new RegExp(`${a.amount}.*0\\.02`) }] }, 'both are shown');
    t.match(await instruction(settlementId, a), { status: 'PAID' });
    await isClean(t, 'refused');
  });

  await t.test('a format is a setting of the book: columns, signs, balances, parts', async (t) => {
    const { given } = await instructed();
    const [a, b, c] = given;
    const mapping = {
      columns: {
        instructionNo: ['用途'],
        status: ['借贷'],
        bankSerial: ['流水'],
        bookedOn: ['日期'],
        amount: ['发生额'],
        payeeName: ['对方户名'],
      },
      dayForms: ['YYYYMMDD'],
      thousands: true,
      signs: 'OUT_NEGATIVE',
      states: { paid: ['借'], returned: ['贷'] },
      trailer: null,
      balances: { opening: '期初', closing: '期末' },
      partsAllowed: true,
    };
    const record = (change: object, code = 'icbc') => payer.post('/bank-formats', { code, name: '工行', mapping: { ...mapping, ...change } });
    t.strictSame(codeOf(await record({}, 'ICBC')), [400, 'VALIDATION_FAILED']);
    t.match((await record({}, 'ICBC')).body, { errors: [{ code: 'BANK_FORMAT_CODE' }] });
    t.strictSame(codeOf(await record({ states: { paid: ['借'], returned: ['借'] } })), [400, 'BANK_FORMAT_AMBIGUOUS']);
    t.match(expectStatus(await record({ thousands: false }), 201), { version: 1 });
    t.match(expectStatus(await record({}), 201), { version: 2, ledgerSeq: /\d+/ });
    const formats = expectStatus(await auditor.get('/bank-formats'), 200).items as { code: string; version: number }[];
    t.strictSame(
      formats.map(({ code, version }) => [code, version]),
      [
        ['treasury', 0],
        ['icbc', 2],
      ],
    );
    const payees = new Map(world.providers.map(({ providerId, name }) => [providerId, name]));
    const head = '用途,借贷,流水,日期,发生额,对方户名';
    const line = (of: Given, serial: string, amount: string, state = '借') =>
      [of.instructionNo, state, serial, '20240715', `"${amount}"`, payees.get(of.payeeId)].join(',');
    const outFen = sumFen([a, b].map(({ amount }) => parseYuan(amount) ?? 0n)) + 2n;
    const body = (closing: string) =>
      [
        head,
        '期初,,,,"1,000,000.00",',
        line(a, 'I-1', `-${a.amount}`),
        line(b, 'I-2', `-${b.amount}`),
        line(c, 'I-3', '-0.01'),
        line(c, 'I-4', '-0.01'),
        `期末,,,,"${closing}",`,
      ].join('\n');
    const tied = formatYuan(1_000_000_00n - outFen);
    const query = { bankFormat: 'icbc', declaredCount: '4', declaredTotal: formatYuan(outFen) };
    t.strictSame(codeOf(await sends(body(tied), query)), [400, 'BANK_ACCOUNT_MISSING']);
    const withAccount = { bankAccount: '4100', ...query };
    t.strictSame(codeOf(await sends(body('999999.00'), withAccount)), [400, 'BANK_STATEMENT_DOES_NOT_TIE']);
    t.match(placesOf(await sends(body(tied).replace(line(a, 'I-1', `-${a.amount}`), line(a, 'I-1', a.amount)), withAccount)), [['BANK_SIGN']]);
    t.match(await sends(body(tied), withAccount), {
      status: 201,
      body: { matched: 2, opening: '1000000.00', closing: tied, bankAccount: '4100', byResult: { AMOUNT_DIFFERS: 2 } },
    });
    const twice = await sends(`${body(tied)}\n期末,,,,"${tied}",`, withAccount);
    t.match(placesOf(twice), [['BANK_BALANCE_TWICE', 8]]);
    await isClean(t, 'a format of its own');
  });

  await t.test(
    'a payment file takes each attempt once, with what is left to pay; the bank fills it in and it comes back',
    async (t) => {
      const { settlementId, given } = await instructed();
      const [a, b, c, d] = given;
      const makes = (more: object = {}) => payer.post('/payment-files', { settlementId, ...more });
      const content = async (id: string, format = 'csv', who = finance): Promise<Buffer> => {
        const url = `/v1/books/${world.book.code}/payment-files/${id}/content?format=${format}`;
        const { rawPayload, statusCode } = await world.app.inject({ url, headers: { authorization: `Bearer ${who.secret}` } });
        t.equal(statusCode, 200);
        return rawPayload;
      };
      const rowsIn = (bytes: Buffer): string[][] =>
        bytes
          .toString()
          .slice(1)
          .trimEnd()
          .split('\r\n')
          .map((line) => line.split(','));
      t.strictSame(codeOf(await makes({ bankFormat: 'nobody' })), [404, 'BANK_FORMAT_UNKNOWN']);
      t.equal((await makes({ settlementId: '018f0000-0000-7000-8000-000000000000' })).status, 404);
      t.equal((await auditor.post('/payment-files', { settlementId })).status, 403);

      // A part of one is paid before anything was sent: by a person's match.
      const [part] = await imports(bankLine(a, { bankSerial: `PRE-${opened}`, amount: '10.00' }));
      t.match(await matched({ bankLineId: part?.bankLineId, instructionId: a.instructionId, amount: '10.00' }), { status: 201 });
      const left = formatYuan((parseYuan(a.amount) ?? 0n) - 10_00n);
      const listed = expectStatus(await finance.get(`/settlements/${settlementId}/instructions`), 200) as {
        total: string;
        lines: { instructionNo: string; amount: string; instructed: string }[];
      };
      t.match(
        listed.lines.find(({ instructionNo }) => instructionNo === a.instructionNo),
        { amount: left, instructed: a.amount },
        'what is listed as waiting is what is left',
      );
      // The account of one payee is being changed.
      const held = world.providers.find(({ providerId }) => providerId === c.payeeId);
      if (!held) throw new Error('a payee is a provider');
      const account = {
        providerId: held.providerId,
        holderName: held.name,
        accountNo: '6228480402564890018',
        validFrom: '2024-07-15',
      };
      const { payeeAccountId } = expectStatus(await proposes(held.member, account), 201) as { payeeAccountId: string };
      const ofHeld = given.filter(({ payeeId }) => payeeId === held.providerId);
      const others = given.filter(({ payeeId }) => payeeId !== held.providerId);
      const racing = await Promise.all(Array.from({ length: 4 }, () => makes()));
      t.strictSame(racing.map(({ status }) => status).sort(), [201, 409, 409, 409], 'four at once: one file');
      t.ok(racing.some((answer) => codeOf(answer)[1] === 'PAYMENT_FILE_EMPTY'));
      const first = racing.find(({ status }) => status === 201)?.body as { paymentFileId: string; held: object[] };
      t.match(first, {
        fileNo: 1,
        count: others.length,
        more: false,
        held: ofHeld.map(({ instructionNo }) => ({ instructionNo, why: 'ACCOUNT_CHANGING' })),
      });
      t.strictSame(
        codeOf(await makes({ onFormerAccount: ofHeld.map(({ instructionNo }) => instructionNo) })),
        [409, 'PAYMENT_FILE_EMPTY'],
        'nor by name, while it is open',
      );
      expectStatus(await held.member.post(`/payee-accounts/${payeeAccountId}/withdraw`, { reason: '误操作' }), 200);
      const second = expectStatus(await makes(), 201) as { paymentFileId: string };
      t.match(second, { fileNo: 2, count: ofHeld.length, held: [] });
      t.strictSame(codeOf(await makes()), [409, 'PAYMENT_FILE_EMPTY'], 'no attempt goes out twice');

      const bytes = await content(first.paymentFileId);
      const [head = [], ...rows] = rowsIn(bytes);
      const amountOf = (no: string) => rows.find(([first]) => first === no)?.[head.indexOf('金额')];
      for (const of of others)
        t.equal(amountOf(of.instructionNo), of.instructionNo === a.instructionNo ? left : of.amount, 'what is left of it');
      t.strictSame(rows.at(-1)?.[head.indexOf('状态')], String(others.length), 'the totals are the last row');
      t.notOk(
        (await content(first.paymentFileId, 'csv', auditor)).toString().includes(world.providers[0]?.accountNo ?? '-'),
        'four digits for the auditor',
      );

      // The bank fills both in: one as CSV, one as a spreadsheet.
      const filledIn = (row: string[], i: number) =>
        row.map((cell, at) =>
          head[at] === '状态'
            ? '成功'
            : head[at] === '银行流水号'
              ? `FILE-${opened}-${i}`
              : head[at] === '记账日期'
                ? '2024-07-15'
                : cell,
        );
      const answer = [head, ...rows.map((row, i) => (row[0] === '合计' ? row : filledIn(row, i)))]
        .map((row) => row.join(','))
        .join('\r\n');
      t.match(await sends(answer), { status: 201, body: { byResult: { MATCHED: others.length } } });
      const sheetBytes = await content(second.paymentFileId, 'xlsx');
      const workbook = new ExcelJS.Workbook();
      await workbook.xlsx.load(sheetBytes as never);
      const [sheet] = workbook.worksheets;
      if (!sheet) throw new Error('a payment file has a sheet');
      for (let i = 2; i < sheet.rowCount; i++) {
        for (const [header, value] of [
          ['状态', '成功'],
          ['银行流水号', `SHEET-${opened}-${i}`],
          ['记账日期', '2024-07-15'],
        ] as const)
          sheet.getRow(i).getCell(head.indexOf(header) + 1).value = value;
      }
      const filled = Buffer.from(await workbook.xlsx.writeBuffer());
      t.match(await sends(filled, {}, xlsxType), { status: 201, body: { byResult: { MATCHED: ofHeld.length } } });
      expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);

      t.ok((await content(first.paymentFileId)).equals(bytes), 'the same bytes, whatever became of it since');
      t.ok((await content(second.paymentFileId, 'xlsx')).equals(sheetBytes), 'of the spreadsheet too');
      t.match(expectStatus(await auditor.get(`/payment-files?settlementId=${settlementId}`), 200).items, [
        { fileNo: 1 },
        { fileNo: 2 },
      ]);

      // What came back goes out once more, as a further attempt in a further file.
      await imports(bankLine(d, { status: 'RETURNED', bankSerial: `LATE-${opened}`, reason: '账号有误' }));
      expectStatus(await payer.post(`/settlements/${settlementId}/reinstruct`), 200);
      const third = expectStatus(await makes(), 201) as { paymentFileId: string };
      const [, again = []] = rowsIn(await content(third.paymentFileId));
      t.strictSame([again[head.indexOf('次数')], again[head.indexOf('金额')]], ['2', d.amount]);
      const [sent] = await world.db.sql<{ id: string; file: string }[]>`
      select instruction_id as id, payment_file_id as file from payment_file_lines where payment_file_id = ${first.paymentFileId} limit 1`;
      const byHand = (statement: string) =>
        world.db.begin(async ({ sql }) => {
          await sql`select open_lane(${world.book.bookId})`;
          await sql.unsafe(statement);
        });
      const insert = (id: string, amount: string) =>
        `insert into payment_file_lines (book_id, payment_file_line_id, payment_file_id, line_no, instruction_id, amount_fen)
       values ('${world.book.bookId}', gen_random_uuid(), '${third.paymentFileId}', 99, '${id}', ${amount})`;
      await t.rejects(
        byHand(insert(sent?.id ?? '', '1')),
        /payment_file_lines_once/,
        'nor does the database send an attempt twice',
      );
      const [paid] = await world.db.sql<{ id: string }[]>`
        select p.instruction_id as id from payment_instructions p where p.status = 'PAID'
           and not exists (select from payment_file_lines l where l.instruction_id = p.instruction_id) limit 1`;
      await t.rejects(byHand(insert(paid?.id ?? '', '1')), /not what is still to be paid/, 'nor what is paid');
      await t.rejects(byHand(`update payment_file_lines set amount_fen = 1`), /permission denied/);
      await imports(bankLine({ ...d, instructionNo: String(again[0]) }, { bankSerial: `AGAIN-${opened}` }));
      expectStatus(await finance.post(`/settlements/${settlementId}/close`), 200);
      t.ok(b.amount);
      await isClean(t, 'sent in files');
    },
  );

  await t.test('a file that was cut goes on where it stood, and two at once import it once', async (t) => {
    const total = 1_203;
    const rows = Array.from({ length: total }, (_, i) => `N-${i},成功,CUT-${i},2024-07-15,1.00,`);
    const text = csv(...rows, `合计,${total},,,${total}.00,`);
    // Killed after its first slice, as the database has it: the rest is not there.
    const book = await world.books.find(world.book.code);
    const { memberId, personId } = finance;
    const read = await readBankFileOf(text);
    await t.rejects(readBankFileOf(text, total - 1), { code: 'BANK_FILE_TOO_LONG' });
    t.equal((await readBankFileOf(text, total)).lines.length, total);
    const first = read.lines.slice(0, 200);
    const outcome = await book?.lane.submitSlice(importFilePart, {
      bodies: [{ head: read.head, lines: first }],
      actor: { memberId, personId, kind: 'PERSON', role: 'finance', legalPersonUscc: null },
      key: 'killed',
      requestDigest: '0'.repeat(64),
      allOrNothing: true,
    });
    t.match(outcome, { kind: 'decided', lines: [{ kind: 'accepted', result: { state: 'IMPORTING', nextLine: 201 } }] });
    const cut = (expectStatus(await auditor.get('/bank-returns?limit=200'), 200).items as { state: string; nextLine: number }[]).at(-1);
    t.match(cut, { state: 'IMPORTING', nextLine: 201, lineCount: total }, 'how far it came is told');
    await isClean(t, 'cut');
    t.strictSame(
      codeOf(await finance.post('/bank-returns', { ...bankFile(read.sent) })),
      [409, 'BANK_FILE_ELSEWHERE'],
      'in one piece it cannot go on',
    );
    const answers = await Promise.all([sends(text), sends(text)]);
    t.ok(
      answers.every(({ status, body }) => [200, 201].includes(status) || body.code === 'BANK_FILE_ELSEWHERE'),
      answers.map(({ status, body }) => `${status} ${String(body.code)}`).join(', '),
    );
    t.match(await sends(text), {
      status: 200,
      body: { alreadyImported: true, state: 'DONE', nextLine: total + 1, repeated: 0, byResult: { UNKNOWN_INSTRUCTION: total } },
    });
    const [{ n } = { n: 0 }] = await world.db.sql<{ n: number }[]>`
      select count(*)::int as n from bank_lines where book_id = ${world.book.bookId} and bank_serial like 'CUT-%'`;
    t.equal(n, total, 'each line once');
    await isClean(t, 'gone on');
  });

  await t.test('what does not tie becomes an exception, with an owner and an end; a month says what stands in its way', async (t) => {
    // The bank as the other cases have left it: lines that settle nothing, and instructions that nobody answered.
    const open = await world.books.find(world.book.code);
    if (!open) throw new Error('the book is not there');
    const { db, bookId } = { db: world.db, bookId: world.book.bookId };
    const look = async (day: string): Promise<number> => {
      world.clock.set(day);
      t.equal(await lookThrough.isDue({ db, bookId, today: day }), true, `${day} is to be looked through`);
      const done = await lookThrough.run({ book: open, clock: world.clock, isStopping: () => false });
      t.equal(await lookThrough.isDue({ db, bookId, today: day }), false, 'once a day');
      return done;
    };
    type Exception = { exceptionId: string; kind: string; subject: string; amount: string; status: string; ageWorkingDays: number | null };
    const list = async (query: string) =>
      expectStatus(await auditor.get(`/reconciliation-exceptions?limit=200&${query}`), 200).items as Exception[];
    const readiness = async (month = '2024-07') =>
      expectStatus(await auditor.get(`/reconciliation-readiness?month=${month}`), 200) as {
        ready: boolean;
        obstacles: { kind: string; count: number; explained: number }[];
      };
    const before = await readiness();
    t.equal(before.ready, false);
    const kinds = before.obstacles.map(({ kind }) => kind);
    t.strictSame(kinds, ['IN_TRANSIT', 'UNMATCHED_LINE'], 'lines that settle nothing, payments that nobody answered');
    t.strictSame(await readiness('2024-05'), { month: '2024-05', ready: true, obstacles: [] }, 'nothing of it is of May');

    t.ok((await look('2024-07-16')) > 1_000, 'as many as lines');
    t.equal((await list('kind=IN_TRANSIT')).length, 0, 'the bank has three working days');
    await look('2024-07-19');
    const inTransit = await list('kind=IN_TRANSIT');
    t.ok(inTransit.length > 0);
    t.match(inTransit[0], { ageWorkingDays: null, status: 'OPEN' }, 'no calendar of 2024 is published here');
    const queue = expectStatus(await finance.get('/work-queue?kind=RECONCILIATION_EXCEPTION&limit=5'), 200).items as object[];
    t.equal(queue.length, 5);
    t.match(expectStatus(await finance.get('/work-queue?kind=BANK_LINE_TO_MATCH&sort=amount&limit=1'), 200).items, [{ subjectNo: /./ }]);

    const [one] = inTransit;
    const url = `/reconciliation-exceptions/${one?.exceptionId}`;
    const does = async (verb: string, body: object) => finance.post(`${url}/${verb}`, body);
    t.strictSame(codeOf(await does('close', { resolution: '已核实' })), [409, 'EXCEPTION_CAUSE_STANDS']);
    t.strictSame(codeOf(await does('assign', { personId: nowhere })), [404, 'NOT_FOUND']);
    t.match(await does('assign', { personId: payer.personId }), { status: 200, body: { ownerPerson: payer.personId } });
    t.equal((await list(`ownerPerson=${payer.personId}`))[0]?.exceptionId, one?.exceptionId, 'one person’s');
    t.ok((await list('kind=IN_TRANSIT&ownerPerson=NOBODY')).every(({ exceptionId }) => exceptionId !== one?.exceptionId));
    t.match(await does('explain', { explanation: '银行次日入账' }), { status: 200, body: { status: 'EXPLAINED' } });

    // Each batch against the ledger: what is in transit of each payment, how long, and what is said of it.
    type Against = Record<'settlementId' | 'inTransit' | 'ledgerInTransit' | 'difference' | 'paid' | 'returned', string>;
    const batches = expectStatus(await auditor.get('/reconciliation-batches?limit=200'), 200).items as Against[];
    t.ok(batches.length > 1 && batches.every(({ difference }) => difference === '0.00'));
    const fen = (of: readonly Against[], name: keyof Against) => of.reduce((sum, row) => sum + BigInt(row[name].replace('.', '')), 0n);
    const [{ standing } = { standing: 0n }] = await db.sql<{ standing: bigint }[]>`
      select sum(credits_fen - debits_fen)::bigint as standing from accounts where book_id = ${bookId} and kind = 'in_transit'`;
    t.ok(standing > 0n);
    t.equal(fen(batches, 'ledgerInTransit'), standing, 'nothing is in transit of no batch');
    const payments: (Against & { instructionId: string })[] = [];
    for (const { settlementId } of batches)
      payments.push(...(expectStatus(await auditor.get(`/reconciliation-batches/${settlementId}/lines`), 200).items as typeof payments));
    for (const name of ['paid', 'returned', 'inTransit', 'ledgerInTransit'] as const)
      t.equal(fen(payments, name), fen(batches, name), name);
    t.match(
      payments.find(({ instructionId }) => instructionId === one?.subject),
      { ageDays: Number, difference: '0.00', exception: { status: 'EXPLAINED', ownerPerson: payer.personId, explanation: '银行次日入账' } },
    );
    t.strictSame(codeOf(await auditor.get(`/reconciliation-batches/${nowhere}/lines`)), [404, 'NOT_FOUND']);
    const explainedOf = async (kind: string) => (await readiness()).obstacles.find((of) => of.kind === kind)?.explained;
    t.equal(await explainedOf('IN_TRANSIT'), 1, 'explained as it stands');
    const [{ no, amount } = { no: '', amount: '' }] = await world.db.sql<{ no: string; amount: string }[]>`
      select instruction_no as no, to_char((amount_fen - paid_fen) / 100.0, 'FM999999990.00') as amount from payment_instructions
       where book_id = ${bookId} and instruction_id = ${one?.subject ?? ''}`;
    t.match(await imports({ instructionNo: no, status: 'PAID', bankSerial: `LATE-${no}`, bookedOn: '2024-07-19', amount } as { amount: string }), [
      { result: 'MATCHED' },
    ]);
    await look('2024-07-20');
    t.match(expectStatus(await auditor.get(url), 200), { status: 'CLOSED', closedPerson: null, closedOn: '2024-07-20' }, 'its cause is gone');

    // Opened by a person, it stands in the way until it is explained; closed it does no more.
    const own = await finance.post('/reconciliation-exceptions', { subject: '手续费', amount: '12.00', note: '银行扣收手续费' });
    const ownUrl = `/reconciliation-exceptions/${expectStatus(own, 201).exceptionId as string}`;
    t.equal(await explainedOf('OTHER'), 0);
    const explained = expectStatus(await finance.post(`${ownUrl}/explain`, { explanation: '月底由银行退还' }), 200);
    t.equal(explained.ownerPerson, finance.personId, 'whoever explains what nobody looks after looks after it');
    t.equal(await explainedOf('OTHER'), 1);
    expectStatus(await finance.post(`${ownUrl}/close`, { resolution: '已退还' }), 200);
    t.equal(await explainedOf('OTHER'), undefined);
    t.strictSame(codeOf(await finance.post(`/reconciliation-exceptions/${nowhere}/close`, { resolution: '无' })), [404, 'NOT_FOUND']);
    t.strictSame(codeOf(await auditor.get(`/reconciliation-exceptions/${nowhere}`)), [404, 'NOT_FOUND']);
    const outcome = await open.lane.submitSlice(openFound, {
      bodies: [{ kind: 'IN_TRANSIT', subject: one?.subject ?? '', fen: 1n, since: null }],
      actor: calendarActor,
      key: 'found-too-late',
      requestDigest: '0'.repeat(64),
      allOrNothing: false,
    });
    t.match(outcome, { lines: [{ code: 'EXCEPTION_CAUSE_GONE' }] }, 'what was settled meanwhile is none');

    const refused = await tryEverything(t, {
      life: exceptionLife,
      bring: async (state) => {
        const opened = await finance.post('/reconciliation-exceptions', { subject: state, amount: '1.00', note: state });
        const at = `/reconciliation-exceptions/${expectStatus(opened, 201).exceptionId as string}`;
        if (state !== 'OPEN') expectStatus(await finance.post(`${at}/explain`, { explanation: state }), 200);
        if (state === 'CLOSED') expectStatus(await finance.post(`${at}/close`, { resolution: state }), 200);
        return at;
      },
      ask: (verb, at) =>
        finance.post(
          `${at}/${verb}`,
          verb === 'assign' ? { personId: payer.personId } : verb === 'explain' ? { explanation: 'x' } : { resolution: 'x' },
        ),
      look: (at) => lookAt(auditor, at),
    });
    t.equal(refused, 3);
    t.equal(exceptionLife.code, 'RECONCILIATION_WRONG_STATE');

    // A statement that does not begin where the one before of its account ended.
    const statement = (serial: string, day: string, opening: string, closing: string) =>
      finance.post('/bank-returns', {
        bankAccount: '4100-9',
        balances: { opening, closing },
        ...bankFile([{ instructionNo: 'BANK', status: 'PAID', bankSerial: serial, bookedOn: day, amount: '1.00' } as { amount: string }]),
      });
    expectStatus(await statement('G-1', '2024-07-18', '10.00', '9.00'), 201);
    expectStatus(await statement('G-2', '2024-07-19', '8.00', '7.00'), 201);
    await look('2024-07-22');
    t.match(await list('kind=BALANCE_GAP'), [{ amount: '1.00', status: 'OPEN' }]);

    const { days } = expectStatus(await auditor.get('/reconciliation-days?fromDay=2024-07-01&toDay=2024-07-31'), 200) as {
      days: { day: string; difference: string; bank: object[]; ledger: { paid: string; unmatched: string } }[];
    };
    t.ok(days.length > 3);
    t.ok(
      days.every(({ difference }) => difference === '0.00'),
      'the ledger says of each day what the lines matched say',
    );
    t.match(days.find(({ day }) => day === '2024-07-19')?.bank, [{ bankAccount: '' }, { bankAccount: '4100-9', unmatched: '1.00' }]);
    t.ok(days.some(({ ledger }) => ledger.unmatched !== '0.00'), 'and what was taken back');
    t.strictSame(
      codeOf(await auditor.get('/reconciliation-days?fromDay=2024-07-02&toDay=2024-07-01')),
      [400, 'DAYS_OUT_OF_RANGE'],
    );
    await isClean(t, 'looked through');
  });

  await t.test('what was found is found by its id, and nothing else', async (t) => {
    for (const url of [`/bank-returns/${nowhere}`, `/bank-lines/${nowhere}`])
      t.strictSame(codeOf(await auditor.get(url)), [404, 'NOT_FOUND'], url);
    t.strictSame(codeOf(await finance.post(`/bank-matches/${nowhere}/undo`, { reason: '误' })), [404, 'NOT_FOUND']);
  });
});
