// The best combination: against every order there is, on random programmes that share limits, pools, stacking rules and lines; once by
// the search's own arithmetic, and once by the evaluator and the accounts of the ledger.
import fc from 'fast-check';
import t from 'tap';
import { accountOf } from '../../src/ledger/chart.js';
import { Facts } from '../../src/ledger/facts.js';
import { limitsTouched } from '../../src/programmes/evaluate.js';
import { parseProgramme } from '../../src/programmes/language.js';
import { limitWindowOf } from '../../src/programmes/limits.js';
import type { Option } from '../../src/prechecks/combine.js';
import { combine } from '../../src/prechecks/combine.js';
import type { Said } from '../../src/prechecks/fit.js';
import { fit } from '../../src/prechecks/fit.js';
import type { Candidate } from '../../src/prechecks/gather.js';
import { awardsInOrder, bestOf, outlooksOf } from '../../src/prechecks/outlook.js';

const option = (fen: bigint, ...caps: Option['caps']): Option => ({
  lines: [{ key: null, weighted: fen * 10_000n, baseFen: fen }],
  caps,
  minBaseFen: 0n,
  minAwardFen: 0n,
  maxAwardFen: null,
});
const cap = (key: string, numberFen: bigint, kind: Option['caps'][number]['kind'] = 'MOST') => ({ key, kind, numberFen });
const unused = () => 0n;

/** Every order of every choice. */
function* ordersOf<Item>(items: readonly Item[]): Generator<Item[]> {
  yield [];
  for (const [index, item] of items.entries())
    for (const rest of ordersOf([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
}

void t.test('a choice of programmes gives the most, in an order that gives it', async (t) => {
  const of = (...options: Option[]) => combine(options, unused);
  const cases: [string, ReturnType<typeof combine>, bigint, number[]][] = [
    ['nothing to choose from', of(), 0n, []],
    ['what has nothing in common is had together', of(option(3n), option(5n)), 8n, [0, 1]],
    [
      'of those compared only the highest, and it alone',
      of(option(200n, cap('g', 200n, 'HIGHEST')), option(300n, cap('g', 300n, 'HIGHEST'))),
      300n,
      [1],
    ],
    ['one award and no other', of(option(200n, cap('g', 200n, 'ONCE')), option(300n, cap('g', 300n, 'ONCE'))), 300n, [1]],
    [
      'two small ones rather than the large one that uses up what both need',
      of(option(100n, cap('a', 100n), cap('b', 100n)), option(90n, cap('a', 100n)), option(90n, cap('b', 100n))),
      190n,
      [1, 2, 0],
    ],
    [
      'a least award is reached by who comes first',
      of({ ...option(60n, cap('a', 100n)), minAwardFen: 50n }, option(60n, cap('a', 100n))),
      100n,
      [0, 1],
    ],
    [
      'a line is reimbursed once',
      of(
        { ...option(0n), lines: [{ key: 'x', weighted: 300_000n, baseFen: 100n }] },
        {
          ...option(0n),
          lines: [
            { key: 'x', weighted: 500_000n, baseFen: 100n },
            { key: 'y', weighted: 500_000n, baseFen: 100n },
          ],
        },
      ),
      100n,
      [1],
    ],
  ];
  for (const [name, { totalFen, order, exact }, expected, inOrder] of cases) {
    t.equal(totalFen, expected, name);
    t.strictSame(order, inOrder, name);
    t.ok(exact, name);
  }
  const twenty = Array.from({ length: 20 }, (_, i) => option(BigInt(100 + i), cap('all', 1000n), cap(`own ${i % 7}`, 120n)));
  const bounded = combine(twenty, unused, 3);
  t.equal(bounded.exact, false, 'what could not be tried is said');
  t.ok(bounded.totalFen > 0n);
});

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const runs = { seed, numRuns: 400 };

void t.test(`no order gives more than the best one (seed ${seed})`, async (t) => {
  const amount = fc.integer({ min: 1, max: 40 }).map(BigInt);
  const anyCap = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('MOST' as const, 'MOST' as const, 'HIGHEST' as const, 'ONCE' as const),
    numberFen: amount,
  });
  const anyOption = fc
    .record({
      fen: amount,
      caps: fc.uniqueArray(anyCap, { maxLength: 3, selector: ({ key }) => key }),
      minAwardFen: fc.constantFrom(0n, 0n, 5n, 15n),
      keys: fc.constantFrom<(string | null)[]>([null], [null], ['x'], ['x', 'y'], ['y']),
    })
    .map(({ fen, caps, minAwardFen, keys }): Option => ({
      ...option(fen),
      caps,
      minAwardFen,
      lines: keys.map((key) => ({ key, weighted: fen * 10_000n, baseFen: fen })),
    }));
  /** The same rules, told plainly. */
  const totalOf = (order: readonly Option[]): bigint => {
    const used = new Map<string, bigint>();
    const lines = new Set<string>();
    let total = 0n;
    for (const { caps, minAwardFen, lines: own } of order) {
      const computed = own.filter(({ key }) => key === null || !lines.has(key)).reduce((sum, { baseFen }) => sum + baseFen, 0n);
      let fen = computed;
      for (const { key, kind, numberFen } of caps) {
        const before = used.get(key) ?? 0n;
        if (kind === 'HIGHEST') fen -= before < computed ? before : computed;
        else if (kind === 'ONCE') fen = before > 0n ? 0n : fen;
        else if (numberFen - before < fen) fen = numberFen - before;
        if (fen <= 0n) break;
      }
      if (fen <= 0n || fen < minAwardFen) continue;
      total += fen;
      for (const { key } of caps) used.set(key, (used.get(key) ?? 0n) + fen);
      for (const { key } of own) if (key !== null) lines.add(key);
    }
    return total;
  };
  fc.assert(
    fc.property(fc.array(anyOption, { minLength: 1, maxLength: 5 }), (options) => {
      let most = 0n;
      for (const order of ordersOf(options)) {
        const total = totalOf(order);
        if (total > most) most = total;
      }
      const best = combine(options, unused);
      const inOrder = totalOf(best.order.flatMap((index) => options[index] ?? []));
      return best.exact && best.totalFen === most && inOrder === most;
    }),
    runs,
  );
  t.pass(`${runs.numRuns} sets of programmes`);
});

void t.test(`nor by the evaluator and the ledger's accounts (seed ${seed})`, async (t) => {
  const stacking = [
    '',
    'stacking: [{ id: together, strategy: HIGHEST_ONLY, by: CONTRACT, group: g, cite: { document: m, article: 1 } }]',
    'stacking: [{ id: once, strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT, group: h, cite: { document: m, article: 1 } }]',
    'stacking: [{ id: public, strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, group: p, basisPoints: 4500, cite: { document: m, article: 1 } }]',
    'stacking: [{ id: product, strategy: BEST_HIGHEST_ONLY, by: PRODUCT, group: q, cite: { document: m, article: 1 } }]',
  ];
  const anyProgramme = fc.record({
    basisPoints: fc.integer({ min: 500, max: 6000 }),
    flow: fc.constantFrom('VOUCHER', 'VOUCHER', 'REIMBURSEMENT'),
    rule: fc.constantFrom(...stacking),
    own: fc.integer({ min: 1, max: 60 }),
    shared: fc.option(fc.integer({ min: 20, max: 60 }), { nil: null }),
    least: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
    most: fc.option(fc.integer({ min: 5, max: 50 }), { nil: null }),
    pool: fc.integer({ min: 5, max: 90 }),
  });
  type Programme = typeof anyProgramme extends fc.Arbitrary<infer Value> ? Value : never;
  const day = '2025-07-01';
  const provider = { legalPerson: '?provider', listings: [], isRelated: false, isLocal: true };
  const bought = { provider, open: { listed: false, related: false, local: false }, facilities: [] };
  const line = (key: string, lineNo: number, fen: bigint) => ({
    key,
    lineNo,
    vatKnown: true,
    usage: { from: day, to: day },
    settledOn: '2024-05-01',
    serviceItem: 'AI_COMPUTE' as const,
    facilityId: null,
    chipOrigin: null,
    modelClass: null,
    netFen: fen,
    vatFen: 0n,
    grossFen: fen,
  });
  const said: Said = {
    day,
    baseYear: 2024,
    classesKnown: true,
    matters: { PRODUCT: 'P' },
    mattersFor: {},
    predicates: {},
    upstreamFen: 0n,
    applicant: {
      legalPerson: 'A',
      kind: 'ENTERPRISE',
      classes: [],
      establishedOn: null,
      isListedProvider: false,
      oneEnterpriseOnePolicy: false,
    },
    contract: { ...bought, terms: { id: 'C', signedOn: day, filedOn: day, purpose: null }, lines: [line('c1', 1, 10_003n)] },
    fees: [{ ...bought, terms: null, lines: [line('f1', 1, 5_001n), line('f2', 2, 4_000n)] }],
  };
  const candidateOf = (of: Programme, i: number): Candidate => {
    const yuan = (fen: number) => `${fen}.00`;
    const cite = 'cite: { document: m, article: 1 }';
    const text = `programme: p${i}
version: 1
name: { zh: 甲, en: A }
status: ENACTED
basis: { document: m, article: 1 }
documents: { m: { kind: MEASURE, title: 文 } }
flow: { value: ${of.flow}, ${cite} }
base: { value: ${of.flow === 'VOUCHER' ? 'CONTRACT_AMOUNT' : 'PRIOR_YEAR_SETTLED_FEE'}, ${cite} }
amountBasis: { value: GROSS, ${cite} }
rate: { value: { kind: CEILING, basisPoints: ${of.basisPoints} }, ${cite} }
limits:
  - { id: own, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, value: ${yuan(of.own)}, ${cite} }
${of.shared === null ? '' : `  - { id: shared, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, sharedAs: all, value: ${yuan(of.shared)}, ${cite} }`}
${of.least === null ? '' : `minAward: { value: ${yuan(of.least)}, ${cite} }`}
${of.most === null ? '' : `maxAward: { value: ${yuan(of.most)}, ${cite} }`}
${of.rule}
`;
    const read = parseProgramme(text);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const { version: law } = read;
    const row = {
      programmeVersionId: String(i),
      programmeCode: law.programme,
      version: 1,
      document: '',
      digest: '',
      kind: 'PROGRAMME' as const,
      legalStatus: 'ENACTED' as const,
      status: 'ACTIVE' as const,
      inForceFrom: null,
      inForceTo: null,
    };
    const fitted = fit(law, said);
    const touched = fitted.asking === null ? [] : limitsTouched(law, fitted.asking.stage, fitted.asking.at);
    return { row, isTrial: false, law, fund: `p${i}/2025`, fitted, touched };
  };
  const factsOf = (candidates: readonly Candidate[], given: readonly Programme[]): Facts => {
    const facts = new Facts('book', 'book');
    for (const { touched, fund } of candidates) {
      const pool = BigInt((given[candidates.findIndex((one) => one.fund === fund)]?.pool ?? 0) * 100);
      const account = accountOf.available(fund);
      facts.learnAccount(account, { account, accountId: fund, balanceFen: pool });
      for (const limit of touched) {
        const at = limitWindowOf(limit);
        for (const one of [accountOf.allowance(at), accountOf.used(at)]) facts.learnAccount(one, null);
      }
    }
    return facts;
  };
  let stacked = 0;
  fc.assert(
    fc.property(fc.array(anyProgramme, { minLength: 1, maxLength: 5 }), (given) => {
      const candidates = given.map(candidateOf);
      const facts = factsOf(candidates, given);
      let most = 0n;
      for (const order of ordersOf(candidates)) {
        const { awards } = awardsInOrder(facts, order);
        const total = awards.reduce((sum, { award }) => sum + award.amountFen, 0n);
        if (total > most) most = total;
      }
      const best = bestOf(facts, outlooksOf(facts, candidates));
      if (best.givenUp.length > 0) stacked++;
      const everyone = best.awards.length + best.givenUp.length;
      const alone = outlooksOf(facts, candidates).filter(({ evaluation }) => evaluation?.kind === 'award').length;
      return best.exact && best.totalFen === most && everyone === alone;
    }),
    { ...runs, numRuns: 120 },
  );
  t.ok(stacked > 20, `${stacked} of 120 sets gave something up`);
});
