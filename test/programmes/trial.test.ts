// A version tried case after case: counters and money of its own, batches that share it, and the order in which cases are served.
import t from 'tap';
import { parseYuan } from '../../src/money.js';
import type { AwardFacts, Circumstances, TouchedLimit } from '../../src/programmes/evaluate.js';
import { limitsTouched, nothingOnRecord } from '../../src/programmes/evaluate.js';
import { nobody } from '../../src/programmes/lines.js';
import type { Claim } from '../../src/programmes/trial.js';
import { asIfInForce, inOrderOfService, Trial } from '../../src/programmes/trial.js';
import { contracts, read, reimbursement } from './world.js';

const fen = (yuan: string): bigint => parseYuan(yuan) ?? 0n;
const day = '2025-06-01';
const voucher = asIfInForce(read(contracts));
const fees = asIfInForce(
  read(
    reimbursement
      .replace(/limits:[\s\S]*?allocation:/, (text) => `${text.slice(0, text.indexOf('  - id: three-years'))}allocation:`)
      .replace(/eligibility:[\s\S]*?purposes:/, 'purposes:')
      .replace(/(purposes|exclusions|filing):.*\n/g, ''),
  ),
);

const line = (gross: string) => ({
  lineNo: 1,
  serviceItem: 'AI_COMPUTE' as const,
  facilityId: null,
  chipOrigin: 'DOMESTIC' as const,
  modelClass: null,
  netFen: fen(gross),
  vatFen: 0n,
  grossFen: fen(gross),
});
const provider = { legalPerson: 'P', listings: [], isRelated: false, isLocal: true };
const contractOf = (id: string, gross: string, legalPerson: string): Circumstances => ({
  ...nothingOnRecord(day),
  appliedOn: day,
  enterprise: nobody(legalPerson),
  provider,
  facilities: [],
  contract: { id, signedOn: day, filedOn: day, purpose: 'MODEL_RESEARCH', lines: [line(gross)] },
});
const feesOf = (legalPerson: string, gross: string): Omit<AwardFacts, 'poolLeft'> => ({
  ...nothingOnRecord(day),
  appliedOn: day,
  enterprise: nobody(legalPerson),
  baseYear: 2024,
  limitsLeft: {},
  items: [
    {
      provider,
      contract: null,
      facilities: [],
      lines: [{ ...line(gross), usage: { from: '2024-05-01', to: '2024-05-31' }, settledOn: '2024-07-01' }],
    },
  ],
});
const nowhere = () => 0n;
const told = (of: { kind: string; amountFen?: bigint; bound?: string | null; code?: string }): string =>
  of.kind === 'award' ? `${of.amountFen} ${of.bound}` : `${of.kind} ${of.code}`;

void t.test('vouchers: what one case is given is gone for the next', async (t) => {
  const trial = new Trial(0n);
  const issue = (id: string, gross: string, legalPerson: string, elsewhere: (limit: TouchedLimit) => bigint = nowhere) => {
    const at = contractOf(id, gross, legalPerson);
    return told(trial.issue(voucher, at, limitsTouched(voucher, 'ISSUE', at), elsewhere));
  };
  t.equal(issue('c0', '100.00', 'A'), 'refused POOL_EXHAUSTED', 'no money before it is granted');
  t.equal(trial.exhaustedOn, null, 'what was never there was not exhausted');
  trial.grant(fen('2000000.00'));
  const cases: [string, string, string, string][] = [
    ['c1', '3000000.00', 'A', `${fen('900000.00')} null`],
    ['c1', '3000000.00', 'A', 'refused LIMIT_EXHAUSTED'],
    ['c2', '1000000.00', 'A', `${fen('100000.00')} claimed`],
    ['c3', '1000000.00', 'A', 'refused LIMIT_EXHAUSTED'],
    ['c4', '3000000.00', 'B', `${fen('900000.00')} null`],
    ['c5', '3000000.00', 'C', `${fen('100000.00')} POOL`],
    ['c6', '100.00', 'D', 'refused POOL_EXHAUSTED'],
  ];
  for (const [id, gross, legalPerson, expected] of cases)
    t.equal(issue(id, gross, legalPerson), expected, `${id} of ${legalPerson}`);
  t.match(trial, { poolLeftFen: 0n, exhaustedOn: day });
  trial.grant(fen('1000000.00'));
  const used = ({ limitId }: TouchedLimit) => (limitId === 'claimed' ? fen('800000.00') : 0n);
  t.equal(issue('c7', '3000000.00', 'E', used), `${fen('200000.00')} claimed`, 'what is used elsewhere counts');
  t.equal(trial.poolLeftFen, fen('800000.00'));
  const boundless = new Trial(null);
  boundless.spend(5n, day);
  t.match(boundless, { poolLeftFen: null, exhaustedOn: null }, 'what nothing bounds is not exhausted');
});

void t.test('a limit whose number is not known holds the case, and takes nothing', async (t) => {
  const trial = new Trial(fen('1000.00'));
  const at = contractOf('c1', '100.00', 'A');
  const unknown = limitsTouched(voucher, 'ISSUE', at).map((of) => (of.limitId === 'claimed' ? { ...of, amountFen: null } : of));
  t.equal(told(trial.issue(voucher, at, unknown, nowhere)), 'held LIMIT_UNKNOWN');
  t.equal(trial.poolLeftFen, fen('1000.00'));
});

void t.test(
  'claims count against limits before the money is shared, and are free again as far as it does not reach',
  async (t) => {
    const trial = new Trial(fen('15000000.00'));
    const claim = (legalPerson: string, gross: string) => {
      const at = feesOf(legalPerson, gross);
      const touched = limitsTouched(fees, 'AWARD', at);
      const evaluation = trial.claim(fees, at, touched, nowhere);
      return { touched, evaluation, claimFen: evaluation.kind === 'award' ? evaluation.amountFen : 0n };
    };
    const batch = [claim('A', '20000000.00'), claim('A', '20000000.00'), claim('B', '10000000.00')];
    t.strictSame(
      batch.map(({ evaluation }) => told(evaluation)),
      [`${fen('12000000.00')} null`, `${fen('8000000.00')} yearly`, `${fen('6000000.00')} null`],
      'two of one holder never claim more than it may have',
    );
    t.equal(trial.poolLeftFen, fen('15000000.00'), 'a claim takes no money');
    const terms = { rank: 0, score: null, acceptedAt: '', leastFen: 0n };
    const shares = trial.shareOut(
      'PRO_RATA',
      day,
      batch.map((of) => ({ ...of, ...terms })),
    );
    // 15,000,000 of 26,000,000: 12, 8 and 6 of 26, each down to the fen.
    t.strictSame(
      shares.map(({ amountFen }) => amountFen),
      [692307692n, 461538461n, 346153846n],
    );
    t.match(trial, { poolLeftFen: 1n, exhaustedOn: day }, 'the residue stays, and the money is exhausted');
    t.equal(told(claim('A', '20000000.00').evaluation), `${fen('20000000.00') - 692307692n - 461538461n} yearly`);
  },
);

void t.test('shares of a batch', async (t) => {
  const of = (claimYuan: string, more: Partial<Claim> = {}): Claim => ({
    touched: [],
    claimFen: fen(claimYuan),
    leastFen: 0n,
    rank: 0,
    score: null,
    acceptedAt: '1',
    ...more,
  });
  const table: [string, Parameters<Trial['shareOut']>[0], string | null, Claim[], string[], string | null][] = [
    ['first come', 'FIRST_COME', '10.00', [of('6.00', { acceptedAt: '2' }), of('6.00')], ['400 POOL', '600 null'], '0 exhausted'],
    [
      'a better class first',
      'FIRST_COME',
      '6.00',
      [of('6.00'), of('6.00', { rank: -1 })],
      ['0 POOL_EXHAUSTED', '600 null'],
      '0 exhausted',
    ],
    [
      'a higher score first',
      'RANKED',
      '6.00',
      [of('6.00', { score: 70 }), of('6.00', { score: 80 })],
      ['0 POOL_EXHAUSTED', '600 null'],
      '0 exhausted',
    ],
    ['alike', 'PRO_RATA', '10.00', [of('10.00'), of('20.00')], ['333 POOL', '666 POOL'], '1 exhausted'],
    ['enough for all', 'PRO_RATA', '31.00', [of('10.00'), of('20.00')], ['1000 null', '2000 null'], '100 left'],
    ['just enough', 'PRO_RATA', '30.00', [of('10.00'), of('20.00')], ['1000 null', '2000 null'], '0 exhausted'],
    [
      'less than the least award',
      'PRO_RATA',
      '10.00',
      [of('10.00', { leastFen: 400n }), of('20.00', { leastFen: 400n })],
      ['0 BELOW_MINIMUM_AWARD', '666 POOL'],
      '334 exhausted',
    ],
    ['who claims nothing', 'FIRST_COME', '5.00', [of('0.00'), of('4.00')], ['0 null', '400 null'], '100 left'],
    ['nobody', 'PRO_RATA', '5.00', [], [], '500 left'],
    ['no money', 'PRO_RATA', '0.00', [of('4.00')], ['0 POOL_EXHAUSTED'], '0 left'],
    ['nothing bounds it', 'PRO_RATA', null, [of('4.00')], ['400 null'], 'null left'],
  ];
  for (const [name, strategy, pool, claims, shares, left] of table) {
    const trial = new Trial(pool === null ? null : fen(pool));
    const given = trial.shareOut(strategy, day, claims).map(({ amountFen, bound }) => `${amountFen} ${bound}`);
    t.strictSame(given, shares, name);
    t.equal(`${trial.poolLeftFen} ${trial.exhaustedOn === day ? 'exhausted' : 'left'}`, left, name);
  }
});

void t.test('served by class and acceptance, by the day of decision', async (t) => {
  const one = (name: string, place: bigint, acceptedOn: string, decidedOn: string, rank = 0) => ({
    name,
    place,
    acceptedOn,
    decidedOn,
    rank,
  });
  const order = (...cases: ReturnType<typeof one>[]) =>
    inOrderOfService(cases, ({ rank }) => rank)
      .map(({ name }) => name)
      .join(' ');
  t.equal(
    order(one('b', 2n, '2025-01-02', '2025-01-02'), one('a', 1n, '2025-01-01', '2025-01-09')),
    'a b',
    'one class: by acceptance',
  );
  t.equal(
    order(one('a', 1n, '2025-01-01', '2025-02-01', 1), one('b', 2n, '2025-01-02', '2025-03-01', 0)),
    'b a',
    'who is of a better class and was accepted by then goes first',
  );
  t.equal(
    order(one('a', 1n, '2025-01-01', '2025-02-01', 1), one('b', 2n, '2025-02-02', '2025-03-01', 0)),
    'a b',
    'who was accepted later does not',
  );
  t.equal(
    order(
      one('a', 1n, '2025-01-01', '2025-04-01', 1),
      one('b', 2n, '2025-01-02', '2025-02-01', 1),
      one('c', 3n, '2025-01-03', '2025-03-01', 0),
    ),
    'c a b',
    'and neither does a later one of the same class',
  );
});

void t.test('as if in force: always the same object, on every day', async (t) => {
  const version = read(contracts);
  t.equal(asIfInForce(version), asIfInForce(version));
  t.equal(asIfInForce(version).inForce, null);
});
