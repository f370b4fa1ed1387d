// The worked cases, each with the number it has to come to: in the programme files, where legal staff read them, and here, where nobody
// can change both at once. Z15, claims of 600,000.00 at one time, is a race in the lane: test/applications/applications.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { isWithinDay, parseInstant, shanghaiDay, voucherLastDay } from '../../src/calendar.js';
import { activationProblems, missingParameters, runCase, warningsOf } from '../../src/programmes/check.js';
import { evaluateRedemption, nothingOnRecord, voucherExpiresOn } from '../../src/programmes/evaluate.js';
import type { ProgrammeVersion } from '../../src/programmes/language.js';
import { nobody } from '../../src/programmes/lines.js';
import { formatYuan, parseYuan, sumFen } from '../../src/money.js';
import { changed, read } from './world.js';

const folder = path.join(import.meta.dirname, '../../db/programmes');
const texts = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [path.basename(name, '.yaml'), readFileSync(path.join(folder, name), 'utf8')]),
);
const versions = new Map([...texts].map(([name, text]) => [name, read(text)]));
const versionOf = (name: string): ProgrammeVersion => {
  const version = versions.get(name);
  if (version === undefined) throw new Error(`no programme ${name}`);
  return version;
};

// Id, file, and what its cases come to, in the order in which the file has them.
const table: [id: string, file: string, ...found: string[]][] = [
  ['Z1', 'zhengzhou-compute.v1', '600000.00'],
  ['Z2', 'zhengzhou-compute.v1', '999999.99', '1000000.00'],
  ['Z2', 'zhengzhou-compute.v2', '999999.99'],
  ['Z5', 'zhengzhou-compute.v1', '150000.00 (claimed)'],
  ['Z5', 'zhengzhou-compute.v2', '150000.00 (claimed)'],
  ['Z7', 'zhengzhou-compute.v1', 'NOTHING_TO_AWARD', '0.01'],
  ['Z7', 'zhengzhou-compute.v2', 'NOTHING_TO_AWARD', '0.01'],
  ['Z9', 'zhengzhou-compute.v1', '1000000.00'],
  ['Z9', 'zhengzhou-compute.v2', '1000000.00'],
  ['Z11', 'zhengzhou-compute.v1', '150000.00'],
  ['Z11', 'zhengzhou-compute.v2', '100000.00'],
  ['Z12', 'zhengzhou-compute.v1', '99999.99 + 100000.00 + 100000.00'],
  ['Z12', 'zhengzhou-compute.v2', '66666.66 + 66666.67 + 66666.66'],
  ['Z14', 'zhengzhou-compute.v1', '600000.00'],
  ['Z14', 'zhengzhou-compute.v2', '400000.00'],
  ['C1', 'jiaozuo-compute.v1', '246913.57', '246913.57'],
  ['C3', 'jiaozuo-compute.v1', '2000.00', 'FACILITY_BELOW_THRESHOLD'],
  ['C5', 'jiaozuo-compute.v1', '9753.08', 'FACILITY_BELOW_THRESHOLD'],
  ['C9', 'jiaozuo-compute.v1', '136000.00'],
  ...['binjiang-compute.v1', 'binjiang-compute.v2'].flatMap((file): [string, string, string][] => [
    ['D1', file, '6000000.00'],
    ['D4', file, '20000000.00 (awarded)'],
    ['D5', file, '90000.01'],
    ['D8', file, '2400000.00'],
  ]),
  ['D9', 'binjiang-compute.v2', Array.from({ length: 6 }, () => '16666666.66').join(' + ')],
  ...['wuhan-industry-model.v1', 'wuhan-industry-model.v2'].map((file): [string, string, ...string[]] => [
    ...(['E2', file] as [string, string]),
    '3000000.00',
    '2000000.00 (three-years)',
    'LIMIT_EXHAUSTED',
  ]),
  ['E4', 'wuhan-service.v1', 'PARAMETER_MISSING'],
  ...['airport-zone-controls.v1', 'airport-zone-controls.v2'].flatMap((file): [string, string, ...string[]][] => [
    [
      ...(['B1', file] as [string, string]),
      '300000.00 (district-contribution)',
      '500000.00',
      '499999.99 (district-contribution)',
      '500000.00',
    ],
    ['B3', file, 'LIMIT_UNKNOWN', 'LIMIT_UNKNOWN'],
    // Together with the 200,000.00 that are there: 300,000.00, and the other way round nothing is added to them.
    ['B4', file, '100000.00 (highest-only)', 'STACKED_OUT', 'STACKED_OUT', '0.01 (highest-only)'],
  ]),
];
const ids = [
  'Z1',
  'Z2',
  'Z5',
  'Z7',
  'Z9',
  'Z11',
  'Z12',
  'Z14',
  'C1',
  'C3',
  'C5',
  'C9',
  'D1',
  'D4',
  'D5',
  'D8',
  'D9',
  'E2',
  'E4',
  'B1',
  'B3',
  'B4',
];
const idsIn = (name: string): string[] => name.match(/\b[A-Z]\d{1,2}\b/g) ?? [];

void t.test('every worked case stands in a programme file and comes to its number', async (t) => {
  t.same([...new Set(table.map(([id]) => id))].sort(), [...ids].sort(), 'no case is left out');
  for (const [id, file, ...expected] of table) {
    const version = versionOf(file);
    const cases = version.cases.filter(({ name }) => idsIn(name).includes(id));
    t.same(
      cases.map((one) => runCase(version, one).found),
      expected,
      `${id} in ${file}`,
    );
  }
  const named = [...versions].flatMap(([file, { cases }]) =>
    cases.flatMap(({ name }) =>
      idsIn(name)
        .filter((id) => ids.includes(id))
        .map((id) => `${id} ${file}`),
    ),
  );
  t.same([...new Set(named)].sort(), table.map(([id, file]) => `${id} ${file}`).sort(), 'and wherever it stands');
});

void t.test('what the cases say beside a number', async (t) => {
  // D9: six times 16,666,666.66 leave 0.04 in the pool.
  const sixth = parseYuan('16666666.66') ?? 0n;
  t.equal(formatYuan(100_000_000_00n - sumFen(Array.from({ length: 6 }, () => sixth))), '0.04', 'D9');
  // E4: what a notice has to give is listed by name.
  const service = versionOf('wuhan-service.v1');
  t.match(
    missingParameters(service).map(({ path }) => path),
    ['inForce'],
    'E6: no day from which it is in force',
  );
  const missing = missingParameters(service).map(({ path }) => path);
  for (const parameter of ['rate', 'limits', 'base']) t.ok(missing.includes(parameter), `E4: ${parameter} is not given`);
  t.ok(
    activationProblems(service).every(({ code, zh }) => code !== 'MISSING_PARAMETER' || zh.startsWith('政策未规定：')),
    'E4: and told as 政策未规定',
  );
});

void t.test('days: months with no such day, the last moment of a voucher, and a first day that nobody computes', async (t) => {
  const lastDays: [string, number, string][] = [
    ['2024-02-29', 12, '2025-02-28'],
    ['2025-08-31', 6, '2026-02-28'],
    ['2024-08-31', 6, '2025-02-28'],
    ['2023-08-31', 6, '2024-02-29'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2024-06-03', 12, '2025-06-03'],
  ];
  for (const [issuedOn, months, last] of lastDays)
    t.equal(voucherLastDay(issuedOn, months), last, `${issuedOn} + ${months} months`);
  const zhengzhou = versionOf('zhengzhou-compute.v2');
  t.equal(voucherExpiresOn(zhengzhou, '2024-06-03', '2024-06-29'), '2025-06-29');
  t.equal(voucherExpiresOn(zhengzhou, '2024-06-03', '2028-02-29'), '2029-02-28');

  const redeemAt = (instant: string) => {
    const at = parseInstant(instant);
    if (at === null) throw new Error(`no instant: ${instant}`);
    const day = shanghaiDay(at);
    const lines = [
      {
        ...({ lineNo: 1, serviceItem: 'AI_COMPUTE', facilityId: null, chipOrigin: null, modelClass: null } as const),
        netFen: 100_000n,
        vatFen: 0n,
        grossFen: 100_000n,
      },
    ];
    const evaluation = evaluateRedemption(zhengzhou, {
      appliedOn: '2024-07-01',
      ...nothingOnRecord(day),
      enterprise: nobody('USER'),
      facilities: [],
      lines,
      provider: {
        legalPerson: 'PROVIDER',
        isRelated: false,
        isLocal: true,
        listings: [{ serviceItem: 'AI_COMPUTE', from: '2024-01-01', to: null }],
      },
      contract: { id: 'C', signedOn: '2024-06-30', filedOn: null, purpose: null, lines },
      submittedOn: day,
      voucher: { issuedOn: '2024-07-01', expiresOn: '2025-07-01', balanceFen: 20_000n },
      usage: { from: '2025-06-01', to: '2025-06-30' },
      paidFen: 100_000n,
      baseBeforeFen: 0n,
      redeemedAndReservedFen: 0n,
      cutOffBeforeFen: 0n,
      limitsLeft: { redeemed: 20_000n },
    });
    return [isWithinDay(at, '2025-07-01'), evaluation.kind === 'award' ? formatYuan(evaluation.amountFen) : evaluation.code];
  };
  t.same(redeemAt('2025-07-01T23:59:59.999+08:00'), [true, '200.00'], 'the last moment of the last day');
  t.same(redeemAt('2025-07-02T00:00:00.000+08:00'), [false, 'VOUCHER_EXPIRED'], 'the first of the next');
  t.same(redeemAt('2025-07-01T15:59:59.999Z'), [true, '200.00'], 'told in another zone');
  t.same(redeemAt('2025-07-01T16:00:00.000Z'), [false, 'VOUCHER_EXPIRED']);

  // «自公布之日起30日后» from 2025-05-09.
  const draft = texts.get('binjiang-compute.v1') ?? '';
  const published = read(
    /\n {4}issuedOn: .*/.test(draft)
      ? changed(draft, /\n {4}issuedOn: .*/, '\n    issuedOn: 2025-05-09')
      : changed(draft, /(\n {4}kind: MEASURE)/, '$1\n    issuedOn: 2025-05-09'),
  );
  const asked = missingParameters(published).find(({ path }) => path === 'inForce');
  t.match(asked, {
    zh: /可能为 2025-06-08 或 2025-06-09，由发文机关确定/,
    en: /may be 2025-06-08 or 2025-06-09: the issuing authority says which/,
  });
  const strange = (from: string) =>
    warningsOf({ ...published, inForce: { from, to: null, cite: published.basis } }).filter(
      ({ path }) => path === 'inForce.from',
    );
  for (const day of ['2025-06-08', '2025-06-09']) t.same(strange(day), [], `${day} is one of the two`);
  for (const day of ['2025-06-07', '2025-06-10']) t.match(strange(day), [{ code: 'UNUSUAL' }], `${day} is neither`);
});
