// What holds of every programme and all facts: random programmes, as files and as objects, on random facts, from a seed. SEED=… runs
// another hundred thousand cases, or the same again.
import fc from 'fast-check';
import t from 'tap';
import { allocate } from '../../src/programmes/allocate.js';
import { underControls } from '../../src/programmes/controls.js';
import {
  evaluateAward,
  evaluateIssue,
  evaluateRedemption,
  evaluationJson,
  findingsOf,
  limitsTouched,
  nothingOnRecord,
} from '../../src/programmes/evaluate.js';
import type {
  Award,
  AwardFacts,
  Circumstances,
  Evaluation,
  IssueFacts,
  Line,
  Provider,
  RedemptionFacts,
  SettledLine,
  TouchedLimit,
} from '../../src/programmes/evaluate.js';
import { CONTRACT_CEILING } from '../../src/programmes/language.js';
import type { Law, Limit, ProgrammeVersion, Rate, StackingRule } from '../../src/programmes/language.js';
import { nobody } from '../../src/programmes/lines.js';
import { formatYuan, minFen, parseYuan, sumFen } from '../../src/money.js';
import { changed, cite, contracts, controls, read, reimbursement } from './world.js';

const seed = Number(process.env.SEED ?? 20_240_522);
t.comment(`SEED=${seed}`);

/** Each property is one assertion, whose runs it counts. */
const counts: number[] = [];
function holds<Ts extends [unknown, ...unknown[]]>(
  name: string,
  numRuns: number,
  property: fc.IPropertyWithHooks<Ts>,
  tap: { doesNotThrow: (of: () => void, name: string) => unknown },
): void {
  counts.push(numRuns);
  tap.doesNotThrow(() => {
    fc.assert(property, { seed, numRuns, includeErrorInReport: true });
  }, name);
}
/** Says what does not hold: a property returns nothing, or throws. */
function must(holding: boolean, what: string): void {
  if (!holding) throw new Error(what);
}

// Programmes.

const CITE = { document: 'measure', article: '第二条', words: null, interpretation: null };
const ruled = <T>(value: T) => ({ value, cite: CITE });
const fen = (most: bigint) => fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, most));
/** Null, or once in so many times a value. */
const rarely = <T>(value: fc.Arbitrary<T>, times = 5) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const half = <T>(value: fc.Arbitrary<T>) => rarely(value, 2);
const basisPoints = fc.oneof(
  fc.constantFrom(1, 1500, 2000, 3000, 3333, 6000, 6667, 9999, 10_000),
  fc.integer({ min: 0, max: 10_000 }),
);

const always = { chipOrigin: null, enterpriseClass: null, modelClass: null, enterpriseAgeUnderMonths: null };
const rate: fc.Arbitrary<Rate> = fc
  .tuple(
    fc.constantFrom<Rate['kind']>('CEILING', 'EXACT'),
    fc.constantFrom('FLAT', 'CHIPS', 'CLASS', 'ALL'),
    fc.tuple(basisPoints, basisPoints, basisPoints, basisPoints),
  )
  .map(([kind, form, [a, b, c, d]]) => {
    if (form === 'FLAT') return { kind, tiers: [{ when: null, basisPoints: a }], flat: a };
    const chips: Rate['tiers'] = [
      { when: { ...always, chipOrigin: 'DOMESTIC' }, basisPoints: a },
      { when: { ...always, chipOrigin: 'NON_DOMESTIC' }, basisPoints: b },
    ];
    const byClass: Rate['tiers'] = [
      { when: { ...always, enterpriseClass: 'SME', enterpriseAgeUnderMonths: 24 }, basisPoints: c },
      { when: { ...always, modelClass: 'VERTICAL' }, basisPoints: d },
    ];
    if (form === 'CHIPS') return { kind, tiers: chips, flat: null };
    if (form === 'CLASS') return { kind, tiers: [...byClass, { when: null, basisPoints: a }], flat: null };
    return { kind, tiers: [...byClass, ...chips], flat: null };
  });

const limit = (counted: Limit['counts'], index: number): fc.Arbitrary<Limit> =>
  fc
    .record({
      per: fc.constantFrom<Limit['per']>('LEGAL_PERSON', 'CONTRACT', 'PROJECT', 'PROGRAMME'),
      window: fc.constantFrom<Limit['window']>(
        { kind: 'YEAR' },
        { kind: 'LIFETIME' },
        { kind: 'YEARS_FROM_FIRST_AWARD', years: 3 },
      ),
      soft: fc.boolean(),
      isFigure: rarely(fc.constant(true)),
      amountFen: fen(10n ** 11n),
      isShared: fc.boolean(),
      exempt: rarely(fc.constant(['SME'])),
      upstream: fc.constantFrom(0, 0, 1, 2, 3),
    })
    .map(({ isFigure, amountFen, isShared, exempt, upstream, ...of }) => ({
      ...of,
      id: `limit-${index}`,
      account: isShared ? `.limit-${index}` : `any.limit-${index}`,
      counts: counted,
      amountFen: isFigure === true ? null : amountFen,
      figure: isFigure === true ? 'DISTRICT_CONTRIBUTION' : null,
      exempt: exempt ?? [],
      onlyWithUpstream: upstream === 1 || upstream === 3,
      lessUpstream: upstream >= 2,
      cite: CITE,
    }));
const stackingRule = (index: number): fc.Arbitrary<StackingRule> =>
  fc
    .tuple(
      fc.constantFrom<StackingRule['strategy']>('HIGHEST_ONLY', 'ONE_AWARD_PER_CONTRACT', 'PUBLIC_MONEY_CEILING', 'HIGHEST_ONLY'),
      fc.constantFrom('CONTRACT' as const, 'PROJECT' as const),
      basisPoints,
    )
    .map(([strategy, by, share]) => ({
      id: `rule-${index}`,
      account: `.rule-${index}`,
      strategy,
      by: strategy === 'HIGHEST_ONLY' ? by : 'CONTRACT',
      basisPoints: strategy === 'PUBLIC_MONEY_CEILING' ? share : null,
      cite: CITE,
    }));
const few = <T>(of: (index: number) => fc.Arbitrary<T>, most: number): fc.Arbitrary<T[]> =>
  fc
    .tuple(fc.nat(most), ...Array.from({ length: most }, (_, index) => of(index)))
    .map(([length, ...all]) => all.slice(0, length));

/** What differs from law to law, whatever the flow. */
const parts = (counted: Limit['counts'][]) =>
  fc
    .record({
      rate,
      mixedChips: fc.constantFrom('LOWER_RATE' as const, 'NOT_COUNTED' as const),
      amountBasis: fc.constantFrom('GROSS' as const, 'NET' as const),
      isOfItems: fc.boolean(),
      isOfUnrelated: fc.boolean(),
      isOfLocals: rarely(fc.constant(true)),
      filing: half(fc.constantFrom('BEFORE_APPLICATION' as const, 'BEFORE_USE' as const)),
      minBase: rarely(fc.bigInt(0n, 10_000n)),
      minAward: rarely(fc.bigInt(0n, 10_000n)),
      maxAward: rarely(fen(10n ** 10n)),
      limits: fc.tuple(...counted.map((of, index) => limit(of, index))),
      stacking: few(stackingRule, 2),
      carries: fc.boolean(),
    })
    .map(({ isOfItems, isOfUnrelated, isOfLocals, filing, carries, ...of }): Partial<Law> => ({
      rate: ruled(of.rate),
      mixedChips: ruled(of.mixedChips),
      amountBasis: ruled(of.amountBasis),
      serviceItems: isOfItems ? ruled(['AI_COMPUTE', 'SUPERCOMPUTE']) : null,
      exclusions: isOfUnrelated ? ruled(['SELF_BUILT_SELF_USED', 'RELATED_PARTIES']) : null,
      providerConditions: ruled(isOfLocals === true ? ['LOCAL'] : []),
      filing: filing && ruled(filing),
      minBase: of.minBase === null ? null : ruled(of.minBase),
      minAward: of.minAward === null ? null : ruled(of.minAward),
      maxAward: of.maxAward === null ? null : ruled(of.maxAward),
      limits: of.limits,
      stacking: of.stacking,
      carryCutOff: ruled(carries),
    }));

// Files: the two texts with other numbers in them, read as a bureau's file is read. Each twice, as it is after a restart.
const uncontrolled = (text: string) => changed(text, /eligibility:\n(?: .*\n)+/, '');
const files = (text: string, numbers: readonly [string, readonly string[]][]): [ProgrammeVersion, ProgrammeVersion][] =>
  Array.from({ length: 12 }, (_, index) => {
    const other = numbers.reduce((so, [passage, by]) => changed(so, passage, by[index % by.length] ?? ''), text);
    return [read(other), read(other)];
  });
const feeFiles = files(uncontrolled(reimbursement), [
  ['basisPoints: 6000', ['basisPoints: 6000 ', 'basisPoints: 3333', 'basisPoints: 9999']],
  ['basisPoints: 3000', ['basisPoints: 1', 'basisPoints: 6667', 'basisPoints: 10000', 'basisPoints: 2999']],
  ['value: 20000000.00', ['value: 0.05', 'value: 20000000.00 ', 'value: 123456.78']],
  ['minAward: { value: 500.00', ['minAward: { value: 0.00', 'minAward: { value: 0.02']],
  ['minBase: { value: 1000.00', ['minBase: { value: 0.00', 'minBase: { value: 0.10']],
]);
const contractFiles = files(contracts, [
  ['basisPoints: 3000', ['basisPoints: 1', 'basisPoints: 6667', 'basisPoints: 10000', 'basisPoints: 2999']],
  ['value: 1000000.00', ['value: 0.05', 'value: 1000000.00 ', 'value: 123456.78']],
  ['basisPoints: 5000', ['basisPoints: 5000 ', 'basisPoints: 1', 'basisPoints: 10000']],
]);

interface Law2 {
  version: ProgrammeVersion;
  /** The same, read again from where it is stored. */
  again: () => ProgrammeVersion;
}
const laws = (read: readonly [ProgrammeVersion, ProgrammeVersion][], counted: Limit['counts'][]): fc.Arbitrary<Law2> =>
  fc.tuple(fc.constantFrom(...read), rarely(fc.constant(true), 3), parts(counted)).map(([[version, twin], isFile, part]) => {
    if (isFile === true) return { version, again: () => twin };
    const made = (of: ProgrammeVersion, law: Partial<Law>): ProgrammeVersion => ({
      ...of,
      programme: 'any',
      laws: [{ ...of.laws[0], ...law }],
    });
    return { version: made(version, part), again: () => made(twin, restored(stored(part))) };
  });

// What is stored is JSON with amounts as yuan: `¥12.34`, since the facts hold other texts too.

const stored = (value: unknown): string => JSON.stringify(plain(value));
const restored = <T>(text: string): T => revived(JSON.parse(text)) as T;

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `¥${formatYuan(value)}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(value)) if (of !== undefined) made[key] = plain(of);
  return made;
}
function revived(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('¥') ? amountFrom(value.slice(1)) : value;
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(value)) made[key] = revived(of);
  return made;
}
function amountFrom(text: string): bigint {
  const amount = parseYuan(text.replace('-', ''));
  if (amount === null) throw new Error(`not an amount: ${text}`);
  return text.startsWith('-') ? -amount : amount;
}

/** All of an evaluation: as the API tells it, and its weight. */
const told = (evaluation: Evaluation): string =>
  `${JSON.stringify(evaluationJson(evaluation))} ${evaluation.kind === 'award' ? evaluation.weighted : ''}`;

// Facts.

const line: fc.Arbitrary<Line> = fc
  .record({
    serviceItem: fc.constantFrom('AI_COMPUTE' as const, 'AI_COMPUTE' as const, 'SUPERCOMPUTE' as const, 'STORAGE' as const),
    chipOrigin: fc.constantFrom('DOMESTIC' as const, 'NON_DOMESTIC' as const, null),
    modelClass: fc.constantFrom(null, 'VERTICAL'),
    grossFen: fen(10n ** 11n),
    vat: fc.nat(13),
  })
  .map(({ vat, ...of }) => {
    const vatFen = (of.grossFen * BigInt(vat)) / 100n;
    return { ...of, lineNo: 1, facilityId: null, vatFen, netFen: of.grossFen - vatFen };
  });
const negative = (of: Line): Line => ({ ...of, grossFen: -of.grossFen, vatFen: -of.vatFen, netFen: -of.netFen });
const numbered = <T extends Line>(lines: readonly T[]): T[] => lines.map((one, index) => ({ ...one, lineNo: index + 1 }));

const listings: Provider['listings'] = [{ serviceItem: 'AI_COMPUTE', from: '2020-01-01', to: null }];
const provider = fc
  .record({ isRelated: rarely(fc.constant(true)), isLocal: rarely(fc.constant(false)), isOwn: rarely(fc.constant(true), 9) })
  .map(({ isRelated, isLocal, isOwn }): Provider => ({
    legalPerson: isOwn === true ? 'USER' : 'PROVIDER',
    listings,
    isRelated: isRelated ?? false,
    isLocal: isLocal ?? true,
  }));
const terms = fc.record({
  id: fc.constantFrom('c1', 'c1', 'c2'),
  signedOn: fc.constant('2024-02-01'),
  filedOn: fc.constantFrom('2024-02-02', '2024-02-02', '2024-06-15', null),
  purpose: fc.constantFrom('MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT'),
});
const enterprise = fc
  .record({
    classes: fc.constantFrom<string[]>([], [], ['SME']),
    establishedOn: fc.constantFrom(null, '2019-01-01', '2024-01-01'),
  })
  .map((of) => ({ ...nobody('USER'), ...of }));
const onRecord = fc
  .record({
    figure: rarely(fen(10n ** 11n), 8),
    isFigureMissing: rarely(fc.constant(true), 9),
    upstream: half(fen(10n ** 9n)),
    raisedFen: rarely(fen(10n ** 8n)),
    firstYear: rarely(fc.constantFrom(2021, 2022, 2023)),
    isProjectless: rarely(fc.constant(true), 14),
  })
  .map(({ figure, isFigureMissing, upstream, raisedFen, firstYear, isProjectless }) => {
    const all = <T>(value: T) =>
      Object.fromEntries(['limit-0', 'limit-1', 'limit-2', 'contribution', 'three-years'].map((id) => [id, value]));
    return {
      ...nothingOnRecord('2025-03-10'),
      matters: isProjectless === true ? { PRODUCT: 'product' } : { PROJECT: 'project', PRODUCT: 'product' },
      figures: isFigureMissing === true ? {} : { ...all(figure ?? 10n ** 12n), investment: figure ?? 10n ** 12n },
      upstream: { supported: upstream !== null, amountFen: upstream ?? 0n },
      raised: raisedFen === null ? {} : all(raisedFen),
      firstAwardYears: firstYear === null ? {} : all(firstYear),
    };
  });
/** Per touched limit, what is left of it: all, or in thousandths of the number, or nothing known. */
const use = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 1100 }) },
    { weight: 1, arbitrary: fc.constant(-1) },
  ),
  {
    minLength: 6,
    maxLength: 6,
  },
);
const leftOf = (touched: readonly TouchedLimit[], used: readonly number[]): Record<string, bigint> =>
  Object.fromEntries(
    touched.flatMap(({ limitId, amountFen }, index) => {
      const part = used[index % used.length] ?? 0;
      if (amountFen === null || (part < 0 && index % 3 === 2)) return [];
      const left = amountFen - (amountFen * BigInt(part < 0 ? 0 : part)) / 1000n;
      // The ledger never says less than nothing.
      return [[limitId, left > 0n ? left : 0n]];
    }),
  );
const wishes = fc.record({
  poolLeft: rarely(fen(10n ** 10n)),
  approved: rarely(fc.integer({ min: 0, max: 1000 })),
  requested: rarely(fc.integer({ min: 0, max: 1000 })),
  maximumFen: rarely(fen(10n ** 10n)),
});

const items = fc
  .array(
    fc.record({
      provider,
      contract: terms,
      lines: fc.array(
        fc
          .tuple(line, rarely(fc.constant(true), 6), rarely(fc.constantFrom(null, '2023-12-31', '2025-01-01'), 6), fc.boolean())
          .map(([of, isRed, settledOn, isLate]): SettledLine => ({
            ...(isRed === true ? negative(of) : of),
            usage: isLate ? { from: '2024-07-01', to: '2024-07-31' } : { from: '2024-05-01', to: '2024-05-31' },
            settledOn: settledOn === null ? '2024-09-01' : settledOn,
          })),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => all.map((one) => ({ ...one, facilities: [], lines: numbered(one.lines) })));

/** Which lines count and at which rate, told apart from the evaluator: what the law says in so many words. */
function weightOf(law: Law, facts: AwardFacts | Circumstances): { baseFen: bigint; weighted: bigint; wholeFen: bigint } {
  const isAward = 'items' in facts;
  const day = { from: facts.appliedOn };
  const bought = isAward
    ? facts.items.flatMap((item) => item.lines.map((one) => ({ item, one, usage: one.usage, settledOn: one.settledOn })))
    : facts.contract.lines.map((one) => ({ item: facts, one, usage: day, settledOn: null }));
  const amount = (of: Line) => (law.amountBasis?.value === 'NET' ? of.netFen : of.grossFen);
  const counting = bought.filter(({ item, one, usage, settledOn }) => {
    const of = item.provider;
    if (law.exclusions?.value.includes('SELF_BUILT_SELF_USED') === true && of.legalPerson === 'USER') return false;
    if (law.exclusions?.value.includes('RELATED_PARTIES') === true && of.isRelated) return false;
    if (law.providerConditions?.value.includes('LOCAL') === true && !of.isLocal) return false;
    if (law.serviceItems !== null && !law.serviceItems.value.includes(one.serviceItem)) return false;
    if (law.providerConditions?.value.includes('LISTED_WHEN_SETTLED') === true && one.serviceItem !== 'AI_COMPUTE') return false;
    const filed = item.contract?.filedOn ?? '9999-12-31';
    if (law.filing?.value === 'BEFORE_APPLICATION' && filed > facts.appliedOn) return false;
    if (law.filing?.value === 'BEFORE_USE' && filed > usage.from) return false;
    if (isAward && law.base?.value === 'PRIOR_YEAR_SETTLED_FEE' && settledOn?.startsWith('2024') !== true) return false;
    return rateOf(law, facts, one) !== null;
  });
  return {
    baseFen: sumFen(counting.map(({ one }) => amount(one))),
    weighted: sumFen(counting.map(({ one }) => amount(one) * BigInt(rateOf(law, facts, one) ?? 0))),
    wholeFen: sumFen(bought.map(({ one }) => amount(one))),
  };
}
function rateOf(law: Law, { enterprise: { classes, establishedOn } }: Pick<AwardFacts, 'enterprise'>, one: Line): number | null {
  const tiers = law.rate?.value.tiers ?? [];
  const isYoung = establishedOn !== null && establishedOn > '2023-03-03';
  const isVeryYoung = establishedOn !== null && establishedOn > '2024-03-03';
  const first = (origin: Line['chipOrigin']) =>
    tiers.find(
      ({ when }) =>
        when === null ||
        ((when.chipOrigin ?? origin) === origin &&
          (when.enterpriseClass === null || classes.includes(when.enterpriseClass)) &&
          (when.modelClass ?? one.modelClass) === one.modelClass &&
          (when.enterpriseAgeUnderMonths === null || (when.enterpriseAgeUnderMonths === 24 ? isYoung : isVeryYoung))),
    )?.basisPoints ?? null;
  if (one.chipOrigin !== null || tiers.every(({ when }) => when === null || when.chipOrigin === null))
    return first(one.chipOrigin);
  if (law.mixedChips?.value === 'NOT_COUNTED') return null;
  const [domestic, other] = [first('DOMESTIC'), first('NON_DOMESTIC')];
  return domestic === null || other === null ? null : Math.min(domestic, other);
}

const wordless = new Set(['POOL', 'REVIEW', 'REQUESTED', 'MAXIMUM', 'MAX_AWARD', 'VOUCHER_BALANCE', 'INVOICE_AMOUNT']);

/** What every evaluation says about itself. */
function explained(evaluation: Evaluation, limitIds: readonly string[]): void {
  const last = evaluation.explanation.at(-1);
  if (evaluation.kind !== 'award') {
    must(last?.result === evaluation.code, `ends with ${last?.result}, not with ${evaluation.code}`);
    must((evaluation.kind === 'held') === (evaluation.code === 'LIMIT_UNKNOWN'), 'held, and it is no limit that is unknown');
    return;
  }
  const { amountFen, computedFen, cutOffFen, bound, explanation } = evaluation;
  must(last?.result === formatYuan(amountFen), `ends with ${last?.result}, and awards ${formatYuan(amountFen)}`);
  must(amountFen > 0n, 'an award of nothing');
  must(cutOffFen >= 0n && amountFen + cutOffFen <= computedFen, 'cut off more than was computed');
  must((bound === null) === (amountFen === computedFen), `bound by ${bound}: ${amountFen} of ${computedFen}`);
  must(bound === null || limitIds.includes(bound) || wordless.has(bound), `bound by ${bound}, which nobody knows`);
  const binding = explanation.filter((step) => step.bound === true);
  must((bound === null) === (binding.length === 0), 'a bound step without a bound award');
  for (const step of binding) {
    const [before, after] = [parseYuan(step.inputs.before ?? ''), parseYuan(step.result)];
    must(before !== null && after !== null && after < before, 'a bound step that lowers nothing');
  }
  must(binding.at(-1)?.result === (bound === null ? undefined : formatYuan(amountFen)), 'the last bound step is not the award');
}

/** No more than anything allows, and where nothing compares awards, just that. */
function within(
  evaluation: Award,
  version: ProgrammeVersion,
  facts: AwardFacts | IssueFacts,
  touched: readonly TouchedLimit[],
  caps: readonly (bigint | null | undefined)[],
): void {
  const law = version.laws[0];
  const rules = new Map(law.stacking.map((rule) => [rule.id, rule]));
  const lefts = touched.flatMap(({ limitId }) => {
    const left = facts.limitsLeft[limitId] ?? 0n;
    must(
      rules.get(limitId)?.strategy !== 'ONE_AWARD_PER_CONTRACT' ||
        left === touched.find((one) => one.limitId === limitId)?.amountFen,
      'a second award on a contract',
    );
    const isCounted = law.limits.find(({ id }) => id === limitId)?.onlyWithUpstream === true && !facts.upstream.supported;
    return isCounted || rules.get(limitId)?.strategy === 'ONE_AWARD_PER_CONTRACT' ? [] : [left];
  });
  const known = [...caps, law.maxAward?.value, ...lefts].flatMap((cap) => (cap === null || cap === undefined ? [] : [cap]));
  must(
    known.every((cap) => evaluation.amountFen <= cap),
    'above a cap',
  );
  must(law.minAward === null || evaluation.amountFen >= law.minAward.value, 'below the least award');
  must(law.minBase === null || evaluation.baseFen >= law.minBase.value, 'on less than the least base');
  const compares = touched.some(({ limitId }) => rules.get(limitId)?.strategy === 'HIGHEST_ONLY' || limitId === 'highest');
  if (!compares)
    must(
      evaluation.amountFen === known.reduce((least, cap) => (cap < least ? cap : least), evaluation.computedFen),
      'less than everything allows',
    );
}

const awardCase = fc.tuple(laws(feeFiles, ['AWARDED', 'AWARDED', 'AWARDED']), items, enterprise, onRecord, use, wishes);
const applied = { appliedOn: '2025-03-03', baseYear: 2024 };

const amountOf = (evaluation: Evaluation) =>
  evaluation.kind === 'award' ? `${evaluation.amountFen} ${evaluation.bound}` : evaluation.code;
function inTwo(of: SettledLine): SettledLine[] {
  const [gross, vat] = [of.grossFen / 3n, of.vatFen / 3n];
  const first = { ...of, grossFen: gross, vatFen: vat, netFen: gross - vat };
  return [
    first,
    { ...of, lineNo: of.lineNo + 100, grossFen: of.grossFen - gross, vatFen: of.vatFen - vat, netFen: of.netFen - first.netFen },
  ];
}

void t.test(
  'an award is the floor of its lines’ rates, within everything, explained, and the same again from what is stored',
  async (t) => {
    holds(
      'reimbursement',
      22_000,
      fc.property(awardCase, ([{ version, again }, items, enterprise, onRecord, used, wish]) => {
        const law = version.laws[0];
        const bare: AwardFacts = { ...applied, enterprise, ...onRecord, items, limitsLeft: {} };
        const touched = limitsTouched(version, 'AWARD', bare);
        const { weighted, baseFen } = weightOf(law, bare);
        const computed = weighted > 0n ? weighted / 10_000n : 0n;
        const part = (thousandth: number | null) => (thousandth === null ? undefined : (computed * BigInt(thousandth)) / 1000n);
        const approvedFen = law.rate?.value.kind === 'EXACT' ? undefined : part(wish.approved);
        const facts: AwardFacts = {
          ...bare,
          limitsLeft: leftOf(touched, used),
          poolLeft: wish.poolLeft ?? undefined,
          approvedFen,
          requestedFen: part(wish.requested),
          maximumFen: wish.maximumFen ?? undefined,
        };
        const evaluation = evaluateAward(version, facts);
        explained(
          evaluation,
          touched.map(({ limitId }) => limitId),
        );
        const rates = findingsOf(version, facts).flat();
        must(
          rates.every(({ basisPoints, refusal }) => (basisPoints === null) !== (refusal === null)),
          'a line neither counted nor refused',
        );

        if (evaluation.kind === 'award') {
          must(
            evaluation.weighted === weighted && evaluation.baseFen === baseFen,
            `${evaluation.weighted} on ${evaluation.baseFen}, and not ${weighted} on ${baseFen}`,
          );
          must(
            evaluation.computedFen * 10_000n <= weighted && (evaluation.computedFen + 1n) * 10_000n > weighted,
            'rounded other than down',
          );
          const isWhole = items.every(({ lines }) => lines.every(({ grossFen }) => grossFen >= 0n));
          must(
            !isWhole || evaluation.amountFen <= sumFen(items.flatMap(({ lines }) => lines.map(({ grossFen }) => grossFen))),
            'more than was paid',
          );
          within(evaluation, version, facts, touched, [wish.poolLeft, approvedFen, facts.requestedFen, wish.maximumFen]);
          must(
            touched.every(({ limitId }) => facts.limitsLeft[limitId] !== undefined),
            'awarded past a limit that nobody knows',
          );
        }
        const same = evaluateAward(again(), restored<AwardFacts>(stored(facts)));
        must(told(same) === told(evaluation), 'another award from what is stored');

        // Lines in any order, and a line cut in two, come to the same.
        const turned = evaluateAward(version, {
          ...facts,
          items: [...items].reverse().map((item) => ({ ...item, lines: [...item.lines].reverse() })),
        });
        const cut = evaluateAward(version, {
          ...facts,
          items: items.map((item) => ({ ...item, lines: item.lines.flatMap(inTwo) })),
        });
        for (const other of [turned, cut])
          must(amountOf(other) === amountOf(evaluation), `${amountOf(other)} for the same lines`);
      }),
      t,
    );

    const issueCase = fc.tuple(
      laws(contractFiles, ['CLAIMED', 'AWARDED', 'REDEEMED']),
      fc.array(fc.tuple(line, rarely(fc.constant(true), 9)), { minLength: 1, maxLength: 4 }),
      ...([enterprise, provider, terms, onRecord, use, wishes] as const),
      rarely(basisPoints, 2),
    );
    holds(
      'vouchers',
      20_000,
      fc.property(issueCase, ([{ version, again }, lines, enterprise, provider, terms, onRecord, used, wish, approved]) => {
        const law = version.laws[0];
        const contract = { ...terms, lines: numbered(lines.map(([of, isRed]) => (isRed === true ? negative(of) : of))) };
        const bare: Circumstances = { appliedOn: '2025-03-03', enterprise, ...onRecord, provider, facilities: [], contract };
        const touched = limitsTouched(version, 'ISSUE', bare);
        const facts: IssueFacts = {
          ...bare,
          limitsLeft: leftOf(touched, used),
          poolLeft: wish.poolLeft ?? undefined,
          approvedBasisPoints: approved ?? undefined,
          maximumFen: wish.maximumFen ?? undefined,
        };
        const evaluation = evaluateIssue(version, facts);
        explained(
          evaluation,
          touched.map(({ limitId }) => limitId),
        );
        if (evaluation.kind === 'award') {
          const { weighted, baseFen } = weightOf(law, facts);
          const most = approved === null ? weighted : baseFen * BigInt(approved);
          const isWhole = contract.lines.every(({ grossFen }) => grossFen >= 0n);
          must(!isWhole || evaluation.weighted <= weighted, 'more than the rate of the law');
          must(!isWhole || evaluation.weighted <= most, 'more than the rate that was approved');
          must(approved !== null || evaluation.weighted === weighted, 'not the rate of the law');
          must(
            law.rate?.value.flat === null || approved === null || evaluation.weighted === most,
            'not the rate that was approved',
          );
          must(evaluation.computedFen === evaluation.weighted / 10_000n, 'rounded other than down');
          must(!isWhole || evaluation.amountFen * 10_000n <= weighted, 'above the contract’s ceiling');
          within(evaluation, version, facts, touched, [wish.poolLeft, wish.maximumFen]);
          must(touched[0]?.limitId === CONTRACT_CEILING && touched[0].amountFen === weighted / 10_000n, 'another ceiling');
        }
        const same = evaluateIssue(again(), restored<IssueFacts>(stored(facts)));
        must(told(same) === told(evaluation), 'another award from what is stored');
      }),
      t,
    );
  },
);
// Redemptions of one contract, one after the other.

const redeemed = fc.tuple(
  laws(contractFiles, ['REDEEMED']),
  fc.array(line, { minLength: 1, maxLength: 4 }),
  fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  enterprise,
  rarely(basisPoints, 2),
);
type Invoice = readonly Line[];
const PLENTY = 10n ** 16n;

interface Redeemed {
  totalFen: bigint;
  cutOffFen: bigint;
  awards: { evaluation: Award; invoice: Invoice }[];
  isBound: boolean;
}
/** What was nothing by itself is handed in again with the next invoice. */
function redeemAll(
  version: ProgrammeVersion,
  at: Circumstances,
  invoices: readonly Invoice[],
  faceFen: bigint,
  limitFen: bigint,
  approved: number | null,
  /** Each invoice is of another year, whose limit is whole. */
  renews = false,
): Redeemed {
  const so: Redeemed = { totalFen: 0n, cutOffFen: 0n, awards: [], isBound: false };
  let [baseBeforeFen, weightedBefore] = [0n, 0n];
  let waiting: Line[] = [];
  for (const [index, next] of invoices.entries()) {
    const invoice = numbered([...waiting, ...next]);
    const facts: RedemptionFacts = {
      ...at,
      submittedOn: '2025-05-05',
      voucher: {
        issuedOn: '2025-03-10',
        expiresOn: '2026-03-10',
        balanceFen: faceFen - so.totalFen,
        approvedBasisPoints: approved ?? undefined,
      },
      usage: { from: '2025-04-01', to: '2025-04-30' },
      lines: invoice,
      paidFen: sumFen(invoice.map(({ grossFen }) => grossFen)),
      baseBeforeFen,
      weightedBefore,
      redeemedAndReservedFen: so.totalFen,
      cutOffBeforeFen: so.cutOffFen,
      limitsLeft: Object.fromEntries(['limit-0', 'redeemed'].map((id) => [id, renews ? limitFen : limitFen - so.totalFen])),
    };
    const evaluation = evaluateRedemption(version, facts);
    explained(evaluation, ['limit-0', 'redeemed']);
    if (index === 0)
      must(told(evaluateRedemption(version, restored(stored(facts)))) === told(evaluation), 'another award from what is stored');
    if (evaluation.kind !== 'award') {
      if (evaluation.code !== 'NOTHING_TO_REDEEM') so.isBound = true;
      waiting = invoice;
      continue;
    }
    waiting = [];
    so.isBound ||= evaluation.bound !== null;
    so.awards.push({ evaluation, invoice });
    so.totalFen += evaluation.amountFen;
    so.cutOffFen += evaluation.cutOffFen;
    baseBeforeFen += evaluation.baseFen;
    weightedBefore += evaluation.weighted;
  }
  return so;
}

void t.test(
  'redemptions of a contract come to what their sum would, split and turned as one likes, and never to more than anything allows',
  async (t) => {
    const circumstancesOf = (enterprise: AwardFacts['enterprise'], lines: readonly Line[]): Circumstances => ({
      appliedOn: '2025-03-03',
      enterprise,
      ...nothingOnRecord('2025-05-05'),
      matters: { PROJECT: 'project' },
      figures: { 'limit-0': PLENTY },
      provider: { legalPerson: 'PROVIDER', listings, isRelated: false, isLocal: true },
      facilities: [],
      contract: {
        id: 'c1',
        signedOn: '2024-02-01',
        filedOn: '2024-02-02',
        purpose: 'MODEL_RESEARCH',
        lines: numbered(lines),
      },
    });
    const weigh = (version: ProgrammeVersion, at: Circumstances, lines: readonly Line[], approved: number | null): bigint => {
      const law = version.laws[0];
      return sumFen(
        lines
          .filter(({ serviceItem }) => law.serviceItems === null || law.serviceItems.value.includes(serviceItem))
          .map((one) => {
            const of = rateOf(law, at, one) ?? 0;
            return (law.amountBasis?.value === 'NET' ? one.netFen : one.grossFen) * BigInt(Math.min(of, approved ?? of));
          }),
      );
    };
    holds(
      'with nothing binding',
      8000,
      fc.property(redeemed, ([{ version }, contract, invoices, enterprise, approved]) => {
        const at = circumstancesOf(enterprise, contract);
        const free: ProgrammeVersion = { ...version, laws: [{ ...version.laws[0], limits: [] }] };
        const redeem = (all: readonly Invoice[]) => redeemAll(free, at, all, PLENTY, PLENTY, approved);
        const apart = redeem(invoices);
        const ways = [
          redeem([...invoices].reverse()),
          redeem([invoices.flat()]),
          redeem(invoices.flatMap((invoice) => invoice.map((one) => [one]))),
        ];
        const settled = minFen(weigh(free, at, contract, approved), weigh(free, at, invoices.flat(), approved)) / 10_000n;
        for (const way of [apart, ...ways])
          if (!way.isBound) must(way.totalFen === settled, `${way.totalFen}, and not ${settled}`);
        must(apart.totalFen <= settled && ways.every(({ totalFen }) => totalFen <= settled), 'gained by splitting or turning');
      }),
      t,
    );
    holds(
      'within the voucher, the limits and each invoice',
      12_000,
      fc.property(
        redeemed,
        fen(10n ** 10n),
        fen(10n ** 10n),
        fc.boolean(),
        ([{ version }, contract, invoices, enterprise, approved], face, most, renews) => {
          const at = circumstancesOf(enterprise, contract);
          const law = version.laws[0];
          const { totalFen, cutOffFen, awards } = redeemAll(version, at, invoices, face, most, approved, renews);
          const settled = minFen(weigh(version, at, contract, approved), weigh(version, at, invoices.flat(), approved)) / 10_000n;
          const isLimited =
            limitsTouched(version, 'REDEEM', at).length > 0 && law.limits.every(({ onlyWithUpstream }) => !onlyWithUpstream);
          must(
            totalFen <= face && (!isLimited || totalFen <= (renews ? most * BigInt(awards.length) : most)) && totalFen <= settled,
            'above the voucher, the limit or what was settled',
          );
          if (law.carryCutOff?.value === false) must(totalFen + cutOffFen <= settled, 'what was cut off came back');
          for (const { evaluation, invoice } of awards)
            must(
              evaluation.amountFen <= evaluation.baseFen && evaluation.baseFen <= sumFen(invoice.map(({ grossFen }) => grossFen)),
              'above the invoice',
            );
        },
      ),
      t,
    );
  },
);

// Several programmes on one matter.

void t.test('programmes of a group that award on one matter come to the highest of them, whoever is first', async (t) => {
  const one = fc.record({
    basisPoints: fc.integer({ min: 1, max: 10_000 }),
    amountFen: fen(10n ** 10n),
    ownFen: rarely(fen(10n ** 9n), 2),
    isVoucher: fc.boolean(),
  });
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const plain = read(contracts).laws[0];
  const rule = (strategy: StackingRule['strategy'], by: StackingRule['by'], share: number | null): StackingRule => ({
    id: 'together',
    account: '.group',
    strategy,
    by,
    basisPoints: share,
    cite: CITE,
  });
  const free = read(uncontrolled(reimbursement));
  const versionOf = (
    index: number,
    of: { basisPoints: number; ownFen: bigint | null; isVoucher: boolean },
    stacking: StackingRule,
  ): ProgrammeVersion => ({
    ...free,
    programme: `programme-${index}`,
    laws: [
      {
        ...plain,
        base: ruled('COST' as const),
        rate: ruled<Rate>({ kind: 'CEILING', tiers: [{ when: null, basisPoints: of.basisPoints }], flat: of.basisPoints }),
        limits:
          of.ownFen === null
            ? []
            : [
                {
                  id: 'own',
                  account: `programme-${index}.own`,
                  counts: 'AWARDED',
                  per: 'LEGAL_PERSON',
                  window: { kind: 'YEAR' },
                  soft: false,
                  amountFen: of.ownFen,
                  figure: null,
                  exempt: [],
                  onlyWithUpstream: false,
                  lessUpstream: false,
                  cite: CITE,
                },
              ],
        stacking: [stacking],
      },
    ],
  });
  const contractOf = (amountFen: bigint): Circumstances => ({
    appliedOn: '2025-03-03',
    enterprise: nobody('USER'),
    ...nothingOnRecord('2025-03-10'),
    matters: { PROJECT: 'project' },
    provider: { legalPerson: 'PROVIDER', listings, isRelated: false, isLocal: true },
    facilities: [],
    contract: {
      id: 'c1',
      signedOn: '2024-02-01',
      filedOn: null,
      purpose: null,
      lines: [
        {
          lineNo: 1,
          serviceItem: 'AI_COMPUTE',
          facilityId: null,
          chipOrigin: null,
          modelClass: null,
          netFen: amountFen,
          vatFen: 0n,
          grossFen: amountFen,
        },
      ],
    },
  });
  /** One award after the other, each with what the ledger says is left: the number of the rule less what is used, and never below 0. */
  const awardAll = (
    versions: readonly ProgrammeVersion[],
    of: readonly { amountFen: bigint; isVoucher: boolean }[],
    order: readonly number[],
  ): bigint[] => {
    const granted = of.map(() => 0n);
    for (const index of order) {
      const [version, programme] = [versions[index], of[index]];
      if (version === undefined || programme === undefined) throw new Error('no such programme');
      const at = contractOf(programme.amountFen);
      const { contract, provider, facilities, ...rest } = at;
      const asked: AwardFacts = {
        ...rest,
        baseYear: 2024,
        limitsLeft: {},
        items: [
          {
            provider,
            contract,
            facilities,
            lines: contract.lines.map((line) => ({ ...line, usage: { from: '2024-07-01', to: '2024-07-01' }, settledOn: null })),
          },
        ],
      };
      const touched = limitsTouched(version, programme.isVoucher ? 'ISSUE' : 'AWARD', programme.isVoucher ? at : asked);
      const limitsLeft = Object.fromEntries(
        touched.map(({ limitId, amountFen }) => {
          const left = (amountFen ?? 0n) - (limitId === 'together' ? sumFen(granted) : 0n);
          return [limitId, left > 0n ? left : 0n];
        }),
      );
      const evaluation = programme.isVoucher
        ? evaluateIssue(version, { ...at, limitsLeft })
        : evaluateAward(version, { ...asked, limitsLeft });
      explained(evaluation, ['own', 'together', CONTRACT_CEILING]);
      if (evaluation.kind === 'award') granted[index] = evaluation.amountFen;
    }
    return granted;
  };
  const three = fc.tuple(one, one, one);
  holds(
    'HIGHEST_ONLY',
    4000,
    fc.property(three, fc.constantFrom('CONTRACT' as const, 'PROJECT' as const), (of, by) => {
      const versions = of.map((each, index) => versionOf(index, each, rule('HIGHEST_ONLY', by, null)));
      const alone = of.map(({ amountFen, basisPoints: rate, ownFen }) =>
        minFen((amountFen * BigInt(rate)) / 10_000n, ownFen ?? PLENTY),
      );
      const highest = alone.reduce((most, fen) => (fen > most ? fen : most), 0n);
      for (const order of orders) {
        const total = sumFen(awardAll(versions, of, order));
        must(total === highest, `${total} in the order ${order.join(' ')}, and the highest is ${highest}`);
      }
    }),
    t,
  );
  holds(
    'ONE_AWARD_PER_CONTRACT and PUBLIC_MONEY_CEILING',
    2000,
    fc.property(three, fc.integer({ min: 0, max: 10_000 }), (of, share) => {
      const alone = of.map(({ amountFen, basisPoints: rate, ownFen }) =>
        minFen((amountFen * BigInt(rate)) / 10_000n, ownFen ?? PLENTY),
      );
      const once = of.map((each, index) => versionOf(index, each, rule('ONE_AWARD_PER_CONTRACT', 'CONTRACT', null)));
      const amountFen = of[0].amountFen;
      const shared = of.map((each, index) => versionOf(index, each, rule('PUBLIC_MONEY_CEILING', 'CONTRACT', share)));
      const most = (amountFen * BigInt(share)) / 10_000n;
      for (const order of orders) {
        const granted = awardAll(once, of, order);
        const first = order.find((index) => (alone[index] ?? 0n) > 0n);
        must(
          granted.every((fen, index) => fen === (index === first ? alone[index] : 0n)),
          'not one award, the first’s, whole',
        );
        const together = sumFen(
          awardAll(
            shared,
            of.map((each) => ({ ...each, amountFen })),
            order,
          ),
        );
        must(together <= most, `${together} of public money, and at most ${most}`);
      }
    }),
    t,
  );
});

// Pools and controls.

void t.test('a pool is never overspent, and nobody gets more than was approved', async (t) => {
  const claims = fc.array(
    fc.record({
      approvedFen: fen(10n ** 10n),
      rank: fc.nat(2),
      score: half(fc.nat(100)),
      acceptedAt: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
    { maxLength: 12 },
  );
  holds(
    'each allocation',
    22_000,
    fc.property(
      claims,
      fc.bigInt(-10n, 10n ** 11n),
      fc.constantFrom('FIRST_COME' as const, 'RANKED' as const, 'PRO_RATA' as const),
      (all, pool, strategy) => {
        const named = all.map((claim, index) => ({ ...claim, id: String(index).padStart(2, '0') }));
        const shares = allocate(strategy, pool, named);
        const share = new Map(shares.map(({ id, amountFen }) => [id, amountFen]));
        must(share.size === named.length && named.every(({ id }) => share.has(id)), 'a claim was lost');
        const [given, sum] = [sumFen(share.values()), sumFen(named.map(({ approvedFen }) => approvedFen))];
        const most = pool < 0n ? 0n : minFen(pool, sum);
        must(
          named.every(({ id, approvedFen }) => (share.get(id) ?? -1n) >= 0n && (share.get(id) ?? 0n) <= approvedFen),
          'above what was approved',
        );
        must(given <= most, 'above the pool');
        const turned = allocate(strategy, pool, [...named].reverse());
        must(stored(turned) === stored(shares), 'another share in another order');
        if (strategy === 'PRO_RATA') {
          must(most - given < BigInt(named.length) || named.length === 0, 'more left than the cuts leave');
          const rising = [...named].sort((a, b) => (a.approvedFen < b.approvedFen ? -1 : 1)).map(({ id }) => share.get(id) ?? 0n);
          must(
            rising.every((amount, index) => index === 0 || (rising[index - 1] ?? 0n) <= amount),
            'more for who has less',
          );
          return;
        }
        must(given === most, 'money kept back');
        const cut = shares.findIndex(
          ({ id, amountFen }) => amountFen < (named.find((claim) => claim.id === id)?.approvedFen ?? 0n),
        );
        must(cut < 0 || shares.slice(cut + 1).every(({ amountFen }) => amountFen === 0n), 'served behind one who went short');
        const ranks = shares.map(({ id }) => named.find((claim) => claim.id === id)?.rank ?? 0);
        must(
          ranks.every((rank, index) => index === 0 || (ranks[index - 1] ?? 0) <= rank),
          'a class before its turn',
        );
      },
    ),
    t,
  );
});

void t.test('general controls never add to an award', async (t) => {
  const district = [
    read(uncontrolled(controls)),
    read(
      changed(
        changed(uncontrolled(controls), 'programme: district-controls', 'programme: city-controls'),
        `exempt: [RESEARCH_INSTITUTION]\n    ${cite}`,
        `exempt: [SME]\n    ${cite}`,
      ),
    ),
  ];
  holds(
    'controls',
    10_000,
    fc.property(
      awardCase,
      use,
      fc.nat(2),
      fen(10n ** 11n),
      ([{ version }, items, enterprise, onRecord, used, wish], usedOfControls, howMany, figure) => {
        const figures = {
          ...onRecord.figures,
          yearly: figure,
          'district-controls/yearly': figure,
          'city-controls/yearly': figure,
        };
        const bare: AwardFacts = {
          ...applied,
          enterprise,
          ...onRecord,
          figures,
          items,
          limitsLeft: {},
          poolLeft: wish.poolLeft ?? undefined,
          maximumFen: wish.maximumFen ?? undefined,
        };
        const touched = limitsTouched(version, 'AWARD', bare);
        const own = leftOf(touched, used);
        const over = underControls(version, district.slice(0, howMany));
        const more = leftOf(
          limitsTouched(over, 'AWARD', bare).filter(({ limitId }) => touched.every((one) => one.limitId !== limitId)),
          usedOfControls,
        );
        const without = evaluateAward(version, { ...bare, limitsLeft: own });
        const under = evaluateAward(over, { ...bare, limitsLeft: { ...more, ...own } });
        if (under.kind !== 'award') return;
        must(without.kind === 'award' && under.amountFen <= without.amountFen, 'controls added to an award');
        must(under.computedFen === (without.kind === 'award' ? without.computedFen : 0n), 'controls changed what is computed');
        explained(
          under,
          limitsTouched(over, 'AWARD', bare).map(({ limitId }) => limitId),
        );
      },
    ),
    t,
  );
});

void t.test('a hundred thousand cases', async (t) => {
  t.ok(counts.reduce((sum, runs) => sum + runs, 0) >= 100_000);
});
