// A document lower in rank may narrow what one above it gives, and not widen it: every parameter of the law, both ways.
import fc from 'fast-check';
import t from 'tap';
import { lawOn, parseProgramme } from '../../src/programmes/language.js';
import type { ProgrammeVersion, Rate, TierCondition } from '../../src/programmes/language.js';
import { asProblems, widenings, wideningsSince, wideningsWithin } from '../../src/programmes/narrowing.js';

type Kind = 'measure' | 'rules' | 'notice' | 'guide';
const cited = (document: Kind | 'revised', article = '第一条') => `cite: { document: ${document}, article: ${article} }`;
const documents = {
  measure: 'measure: { kind: MEASURE, title: 若干措施, number: 某政〔2024〕1号 }',
  revised: 'revised: { kind: MEASURE, title: 修订若干措施, number: 某政〔2025〕9号 }',
  rules: 'rules: { kind: DETAILED_RULES, title: 实施细则, number: 某工信〔2024〕2号 }',
  notice: 'notice: { kind: NOTICE, title: 通知, number: 某工信〔2024〕3号 }',
  renewed: 'renewed: { kind: NOTICE, title: 通知, number: 某工信〔2025〕4号 }',
  guide: 'guide: { kind: GUIDE, title: 申报指南 }',
};

function read(text: string): ProgrammeVersion {
  const parsed = parseProgramme(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.problems, null, 2)}\n${text}`);
  return parsed.version;
}

/** A programme of these parameters, in force from the first day of the year of its version on. */
function programme(
  version: number,
  parameters: string,
  of: { from?: string; documents?: readonly (keyof typeof documents)[] } = {},
) {
  const listed = of.documents ?? ['measure', 'rules', 'notice', 'guide'];
  return read(`programme: some-city
version: ${version}
name: { zh: 某市算力券, en: some city }
status: ENACTED
basis: { document: ${listed[0] ?? ''}, article: 第一条 }
documents:
${listed.map((key) => `  ${documents[key]}`).join('\n')}
${/^inForce:/m.test(parameters) ? '' : `inForce: { from: ${of.from ?? `${2023 + version}-01-01`}, ${cited(listed[0] as Kind)} }\n`}${parameters}
`);
}
const found = (before: ProgrammeVersion, after: ProgrammeVersion): string[] =>
  wideningsSince([{ version: before, law: lawOn(before, before.inForce?.from ?? '') }], after).map(({ parameter }) => parameter);

/** A parameter by its path, as the measure has it, narrowed and widened. */
type Row = [parameter: string, before: string, narrower: string, wider: string];
const single: readonly Row[] = [
  ['amountBasis', 'GROSS', 'NET', ''],
  ['amountBasis', 'NET', 'NET', 'GROSS'],
  ['rate', '{ kind: CEILING, basisPoints: 2000 }', '{ kind: EXACT, basisPoints: 1999 }', '{ kind: CEILING, basisPoints: 2001 }'],
  ['rate', '{ kind: CEILING, basisPoints: 2000 }', '{ kind: CEILING, basisPoints: 2000 }', '{ kind: EXACT, basisPoints: 2000 }'],
  ['rate', '{ kind: EXACT, basisPoints: 2000 }', '{ kind: CEILING, basisPoints: 2000 }', '{ kind: EXACT, basisPoints: 2001 }'],
  [
    'rate',
    '{ kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }, { basisPoints: 3000 }] }',
    '{ kind: CEILING, basisPoints: 3000 }',
    '{ kind: CEILING, basisPoints: 3001 }',
  ],
  [
    'rate',
    '{ kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }, { when: { enterpriseClass: SME }, basisPoints: 3000 }] }',
    '{ kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC, enterpriseClass: SME }, basisPoints: 6000 }] }',
    '{ kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }, { when: { enterpriseClass: PILOT }, basisPoints: 1 }] }',
  ],
  [
    'rate',
    '{ kind: CEILING, tiers: [{ when: { enterpriseClass: SME }, basisPoints: 1000 }, { when: { enterpriseClass: PILOT }, basisPoints: 3000 }, { basisPoints: 2000 }] }',
    '{ kind: CEILING, tiers: [{ when: { enterpriseClass: SME }, basisPoints: 1000 }, { basisPoints: 2000 }] }',
    '{ kind: CEILING, tiers: [{ when: { enterpriseClass: PILOT }, basisPoints: 3000 }, { when: { enterpriseClass: SME }, basisPoints: 1000 }] }',
  ],
  [
    'rate',
    '{ kind: CEILING, tiers: [{ when: { enterpriseAgeUnderMonths: 12 }, basisPoints: 6000 }, { basisPoints: 5000 }] }',
    '{ kind: CEILING, tiers: [{ when: { enterpriseAgeUnderMonths: 11 }, basisPoints: 6000 }, { basisPoints: 5000 }] }',
    '{ kind: CEILING, tiers: [{ when: { enterpriseAgeUnderMonths: 13 }, basisPoints: 6000 }, { basisPoints: 5000 }] }',
  ],
  [
    'rate',
    '{ kind: EXACT, tiers: [{ when: { modelClass: INDUSTRY }, basisPoints: 5000 }] }',
    '{ kind: EXACT, tiers: [{ when: { modelClass: INDUSTRY }, basisPoints: 4000 }] }',
    '{ kind: EXACT, tiers: [{ when: { modelClass: GENERAL }, basisPoints: 1 }] }',
  ],
  ['pool', '{ kind: CEILING, amount: 100.00 }', '{ kind: CEILING, amount: 99.99 }', '{ kind: CEILING, amount: 100.01 }'],
  ['pool', '{ kind: CEILING, amount: 100.00 }', '{ kind: CEILING, amount: 100.00 }', '{ kind: FLOOR, amount: 50.00 }'],
  ['pool', '{ kind: FIXED, amount: 100.00 }', '{ kind: CEILING, amount: 100.00 }', '{ kind: FIXED, amount: 100.01 }'],
  ['beneficiaryKinds', '[ENTERPRISE]', '[ENTERPRISE]', '[ENTERPRISE, INSTITUTION]'],
  ['providerConditions', '[LOCAL]', '[LOCAL, LISTED_FOR_SERVICE_ITEM]', '[LISTED_FOR_SERVICE_ITEM]'],
  [
    'facilityConditions',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 100, precision: FP16 }, { kind: SUPERCOMPUTING }]',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 100.5, precision: FP16 }]',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 99.99, precision: FP16 }]',
  ],
  [
    'facilityConditions',
    '[{ kind: DATA_CENTER, standardRacksAtLeast: 1000 }]',
    '[{ kind: DATA_CENTER, standardRacksAtLeast: 1001 }]',
    '[{ kind: DATA_CENTER, standardRacksAtLeast: 999 }]',
  ],
  [
    'facilityConditions',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 100, precision: FP16 }]',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 100, precision: FP16 }]',
    '[{ kind: AI_COMPUTING, pflopsAtLeast: 900, precision: INT8 }]',
  ],
  [
    'facilityConditions',
    '[{ kind: SUPERCOMPUTING }]',
    '[{ kind: SUPERCOMPUTING }]',
    '[{ kind: DATA_CENTER, standardRacksAtLeast: 9 }]',
  ],
  ['purposes', '[MODEL_RESEARCH, PRODUCT_DEVELOPMENT]', '[MODEL_RESEARCH]', '[MODEL_RESEARCH, SCENARIO_APPLICATION]'],
  ['serviceItems', '[AI_COMPUTE, SUPERCOMPUTE]', '[AI_COMPUTE]', '[AI_COMPUTE, STORAGE]'],
  ['exclusions', '[SELF_BUILT_SELF_USED]', '[RELATED_PARTIES, SELF_BUILT_SELF_USED]', '[RELATED_PARTIES]'],
  ['filing', 'BEFORE_APPLICATION', 'BEFORE_USE', ''],
  ['filing', 'BEFORE_USE', 'BEFORE_USE', 'BEFORE_APPLICATION'],
  ['contractSignedOnOrAfter', '2024-01-01', '2024-01-02', '2023-12-31'],
  ['minBase', '500000.00', '500000.01', '499999.99'],
  ['maxAward', '20000.00', '19999.99', '20000.01'],
  ['minAward', '5000.00', '5000.01', '4999.99'],
  ['reviewSteps', '[EXPERT_REVIEW]', '[PRELIMINARY_REVIEW, EXPERT_REVIEW]', '[PRELIMINARY_REVIEW]'],
  ['noticeDays', '5', '7', '4'],
  ['transfer', 'FORBIDDEN', 'FORBIDDEN', ''],
  ['validityMonths', '12', '11', '13'],
  ['activationDays', '30', '29', '31'],
  ['redemption.selfFundedPaid', 'BEFORE_REDEMPTION', 'BEFORE_REDEMPTION', 'NOT_REQUIRED'],
  ['redemption.inFlightAtExpiry', 'LAPSE', 'LAPSE', 'FINISH'],
  ['redemption.usageWithinValidity', 'END', 'WHOLE', 'NOT_REQUIRED'],
  ['redemption.carryCutOff', 'false', 'false', 'true'],
  ['redemption.unusedFaceReturnsQuota', 'true', 'false', ''],
  ['redemption.unusedFaceReturnsQuota', 'false', 'false', 'true'],
];

const inFile = (parameter: string, text: string): string =>
  parameter.startsWith('redemption.')
    ? `redemption:\n  ${parameter.slice('redemption.'.length)}: ${text}`
    : `${parameter}: ${text}`;

void t.test('every parameter with one value: narrowed by any document, widened by none that ranks lower', async (t) => {
  for (const [parameter, before, narrower, wider] of single) {
    const as = (version: number, value: string, by: Kind) =>
      programme(version, inFile(parameter, `{ value: ${value}, ${cited(by)} }`));
    const measure = as(1, before, 'measure');
    const name = `${parameter}: ${before}`;
    t.strictSame(found(measure, as(2, narrower, 'guide')), [], `${name} → ${narrower}`);
    if (wider === '') continue;
    for (const by of ['rules', 'notice', 'guide'] as const)
      t.strictSame(found(measure, as(2, wider, by)), [parameter], `${name} → ${wider} by the ${by}`);
    t.strictSame(found(measure, as(2, wider, 'measure')), [], `${name} → ${wider} by the measure itself`);
    t.strictSame(found(as(1, before, 'guide'), as(2, wider, 'notice')), [], `${name} → ${wider} by a document above`);
    t.strictSame(found(programme(1, ''), as(2, wider, 'guide')), [], `${name}: a guide fills in what no document gives`);
    t.strictSame(found(measure, programme(2, '')), parameter === 'rate' ? [] : [parameter], `${name} left out`);

    const dated = (value: string, by: Kind) =>
      programme(
        1,
        inFile(
          parameter,
          `{ values: [{ from: 2024-01-01, value: ${before} }, { from: 2025-01-01, value: ${value}, ${cited(by)} }], ${cited('measure')} }`,
        ),
      );
    t.strictSame(wideningsWithin(dated(narrower, 'guide')), [], `${name} → ${narrower} inside one file`);
    t.strictSame(
      wideningsWithin(dated(wider, 'notice')).map((one) => one.parameter),
      [parameter],
      `${name} → ${wider} inside one file`,
    );
    t.strictSame(wideningsWithin(dated(wider, 'measure')), []);
  }
});

void t.test('a rate is wider exactly where some line would get more by it', async (t) => {
  const [measure, guide] = [programme(1, ''), programme(2, '')];
  const or = <T>(...values: T[]) => fc.constantFrom(null, ...values);
  const when: fc.Arbitrary<TierCondition> = fc.record({
    chipOrigin: or('DOMESTIC' as const, 'NON_DOMESTIC' as const),
    enterpriseClass: or('A', 'B', 'C'),
    modelClass: or('M', 'N'),
    enterpriseAgeUnderMonths: or(12, 24, 36),
  });
  const tiers = fc.array(fc.record({ when: fc.option(when), basisPoints: fc.constantFrom(0, 1000, 2000, 3000) }), {
    minLength: 1,
    maxLength: 4,
  });
  const rate: fc.Arbitrary<Rate> = fc.record({ kind: fc.constantFrom('CEILING', 'EXACT'), tiers, flat: fc.constant(null) });
  const lines = ['DOMESTIC', 'NON_DOMESTIC'].flatMap((chip) =>
    [[], ['A'], ['B'], ['C'], ['A', 'B'], ['A', 'C'], ['B', 'C'], ['A', 'B', 'C']].flatMap((classes) =>
      [null, 'M', 'N', 'O'].flatMap((model) => [0, 11, 12, 23, 24, 35, 36, 99].map((age) => ({ chip, classes, model, age }))),
    ),
  );
  const of = (rate: Rate, line: (typeof lines)[number]): number =>
    rate.tiers.find(
      ({ when: of }) =>
        (of?.chipOrigin ?? line.chip) === line.chip &&
        ((of?.enterpriseClass ?? null) === null || line.classes.includes(of?.enterpriseClass ?? '')) &&
        (of?.modelClass ?? line.model) === line.model &&
        line.age < (of?.enterpriseAgeUnderMonths ?? Infinity),
    )?.basisPoints ?? 0;
  const ruled = (version: ProgrammeVersion, value: Rate, document: Kind) => ({
    version,
    law: { ...version.laws[0], rate: { value, cite: { ...version.basis, document } } },
  });
  fc.assert(
    fc.property(rate, rate, (before, after) => {
      const right = before.kind === 'CEILING' && after.kind === 'EXACT';
      const wider = lines.some((line) => {
        const [was, is] = [of(before, line), of(after, line)];
        return is > was || (right && is === was && is > 0);
      });
      return widenings(ruled(measure, before, 'measure'), ruled(guide, after, 'guide')).length > 0 === wider;
    }),
    { numRuns: 3000 },
  );
  t.pass('3000 pairs of rates against every line there is');
});

void t.test('where chips can not be told apart, and the last day in force', async (t) => {
  const tiers = 'tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }, { basisPoints: 3000 }]';
  const mixed = (version: number, value: string, by: Kind) =>
    programme(
      version,
      `rate: { value: { kind: CEILING, ${tiers} }, ${cited('measure')} }\nmixedChips: { value: ${value}, ${cited(by)} }`,
    );
  t.strictSame(found(mixed(1, 'LOWER_RATE', 'measure'), mixed(2, 'NOT_COUNTED', 'guide')), []);
  t.strictSame(found(mixed(1, 'NOT_COUNTED', 'measure'), mixed(2, 'LOWER_RATE', 'guide')), ['mixedChips']);

  const until = (version: number, from: string, to: string | null, by: Kind) =>
    programme(version, `inForce: { from: ${from}, ${to === null ? '' : `to: ${to}, `}${cited(by)} }`);
  const threeYears = until(1, '2024-01-01', '2026-12-31', 'measure');
  t.strictSame(found(threeYears, until(2, '2025-01-01', '2026-06-30', 'notice')), []);
  t.strictSame(found(threeYears, until(2, '2025-01-01', '2027-01-01', 'notice')), ['inForce.to']);
  t.strictSame(found(threeYears, until(2, '2025-01-01', null, 'notice')), ['inForce.to']);
  t.strictSame(found(threeYears, until(2, '2025-01-01', null, 'measure')), []);
});

const limit = (more: string, by: Kind = 'guide') =>
  `limits:\n  - { id: yearly, counts: CLAIMED, per: LEGAL_PERSON, window: YEAR, ${more}, ${cited(by)} }`;
const of = (amount: string, more = '') => `value: ${amount}${more}`;

void t.test('limits: a later one must hold whoever stays within it within the earlier one too', async (t) => {
  const rows: readonly (Row | [parameter: string, before: string, narrower: string])[] = [
    ['amount', limit(of('1000000.00')), limit(of('999999.99')), limit(of('1000000.01'))],
    ['soft', limit(of('100.00', ', soft: true')), limit(of('100.00')), limit(of('100.01', ', soft: true'))],
    ['hard', limit(of('100.00')), limit(of('99.00')), limit(of('99.00', ', soft: true'))],
    [
      'holder',
      limit(of('100.00')),
      limit(of('100.00')).replace('per: LEGAL_PERSON', 'per: PROGRAMME'),
      limit(of('100.00')).replace('per: LEGAL_PERSON', 'per: CONTRACT'),
    ],
    ['contract', limit(of('100.00')).replace('per: LEGAL_PERSON', 'per: CONTRACT'), limit(of('100.00'))],
    [
      'window',
      limit(of('100.00')),
      limit(of('100.00')).replace('window: YEAR', 'window: LIFETIME'),
      limit(of('100.01')).replace('window: YEAR', 'window: LIFETIME'),
    ],
    [
      'years',
      limit(of('100.00', ', years: 3')).replace('window: YEAR', 'window: YEARS_FROM_FIRST_AWARD'),
      limit(of('100.00', ', years: 4')).replace('window: YEAR', 'window: YEARS_FROM_FIRST_AWARD'),
      limit(of('100.00', ', years: 2')).replace('window: YEAR', 'window: YEARS_FROM_FIRST_AWARD'),
    ],
    ['count', limit(of('100.00')), limit(of('100.00')), limit(of('100.00')).replace('CLAIMED', 'REDEEMED')],
    [
      'exempt',
      limit(of('100.00', ', exempt: [LAB, SCHOOL]')),
      limit(of('100.00', ', exempt: [LAB]')),
      limit(of('100.00', ', exempt: [LAB, HOSPITAL]')),
    ],
    ['shared', limit(of('100.00')), limit(of('100.00', ', sharedAs: all')), limit(of('200.00', ', sharedAs: all'))],
    ['no longer shared', limit(of('100.00', ', sharedAs: all')), limit(of('100.00', ', sharedAs: all')), limit(of('100.00'))],
    [
      'upstream',
      limit(of('100.00')),
      limit(of('100.00', ', lessUpstream: true')),
      limit(of('100.00', ', onlyWithUpstream: true')),
    ],
    [
      'what counts of upstream',
      limit(of('9.00', ', lessUpstream: true')),
      limit(of('9.00', ', lessUpstream: true')),
      limit(of('9.00')),
    ],
    ['figure', limit('figure: DISTRICT_CONTRIBUTION'), limit('figure: DISTRICT_CONTRIBUTION'), limit(of('1.00'))],
    ['number', limit(of('1.00')), limit(of('1.00')), limit('figure: DISTRICT_CONTRIBUTION')],
    ['under another id', limit(of('100.00')), limit(of('100.00')).replace('yearly', 'annual')],
  ];
  for (const [name, before, narrower, wider] of rows) {
    const measure = programme(1, before.replace('document: guide', 'document: measure'));
    t.strictSame(found(measure, programme(2, narrower)), [], `${name}: narrowed`);
    if (wider === undefined) continue;
    t.strictSame(found(measure, programme(2, wider)), ['limits.yearly'], `${name}: widened`);
    t.strictSame(found(measure, programme(2, wider.replace('guide', 'measure'))), [], `${name}: by the measure itself`);
  }
  const measure = programme(1, limit(of('100.00'), 'measure'));
  t.strictSame(found(measure, programme(2, '')), ['limits.yearly'], 'dropped');
  t.strictSame(found(measure, programme(2, limit(of('200.00')).replace('yearly', 'annual'))), ['limits.yearly'], 'and renamed');
  const added = programme(
    2,
    `${limit(of('100.00'), 'measure')}\n  - { id: more, counts: CLAIMED, per: CONTRACT, window: LIFETIME, value: 5.00, ${cited('guide')} }`,
  );
  t.strictSame(found(measure, added), [], 'a further limit narrows');
  const dated = programme(
    1,
    limit(`values: [{ from: 2024-01-01, value: 100.00 }, { from: 2025-01-01, value: 100.01, ${cited('notice')} }]`, 'measure'),
  );
  t.strictSame(
    wideningsWithin(dated).map(({ parameter }) => parameter),
    ['limits.yearly'],
    'inside one file',
  );
});

void t.test('stacking rules and conditions of the enterprise: none is dropped or loosened from below', async (t) => {
  const stack = (rule: string, by: Kind = 'guide') => `stacking:\n  - { id: once, ${rule}, ${cited(by)} }`;
  const condition = (strength: string, by: Kind = 'guide', id = 'tax-paying', of = 'APPLICATION') =>
    `eligibility:\n  - id: ${id}\n    strength: ${strength}\n    of: ${of}\n    text: { zh: 依法纳税, en: pays its taxes }\n    evidence: [证明]\n    ${cited(by)}`;
  const rows: readonly [name: string, parameter: string, before: string, narrower: string, wider: string][] = [
    [
      'the highest only',
      'stacking.once',
      stack('strategy: HIGHEST_ONLY, by: CONTRACT'),
      stack('strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT'),
      stack('strategy: HIGHEST_ONLY, by: PROJECT'),
    ],
    [
      'one award',
      'stacking.once',
      stack('strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT'),
      stack('strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT, group: all'),
      stack('strategy: HIGHEST_ONLY, by: CONTRACT'),
    ],
    [
      'public money',
      'stacking.once',
      stack('strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, basisPoints: 5000'),
      stack('strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, basisPoints: 4999'),
      stack('strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, basisPoints: 5001'),
    ],
    [
      'the group',
      'stacking.once',
      stack('strategy: HIGHEST_ONLY, by: PRODUCT, group: all'),
      stack('strategy: BEST_HIGHEST_ONLY, by: PRODUCT, group: all'),
      stack('strategy: HIGHEST_ONLY, by: PRODUCT'),
    ],
    [
      'a policy of its own',
      'stacking.once',
      stack('strategy: ONE_ENTERPRISE_ONE_POLICY'),
      stack('strategy: ONE_ENTERPRISE_ONE_POLICY').replace('id: once', 'id: other'),
      stack('strategy: LEVEL_UP_DIFFERENCE, by: AWARD_SERIES'),
    ],
    ['hard', 'eligibility.tax-paying', condition('HARD'), condition('HARD'), condition('SOFT')],
    [
      'of all at once',
      'eligibility.tax-paying',
      condition('HARD'),
      condition('HARD'),
      condition('HARD', 'guide', 'tax-paying', 'ITEM'),
    ],
    [
      'of each item',
      'eligibility.tax-paying',
      condition('HARD', 'guide', 'tax-paying', 'ITEM\n    serviceItems: [CORPUS]'),
      condition('HARD', 'guide', 'tax-paying', 'ITEM\n    serviceItems: [MODEL_SERVICE, CORPUS]'),
      condition('HARD', 'guide', 'tax-paying', 'ITEM\n    serviceItems: [MODEL_SERVICE]'),
    ],
    [
      'of every item',
      'eligibility.tax-paying',
      condition('HARD', 'guide', 'tax-paying', 'ITEM'),
      condition('HARD'),
      condition('HARD', 'guide', 'tax-paying', 'ITEM\n    serviceItems: [CORPUS]'),
    ],
    ['soft', 'eligibility.tax-paying', condition('SOFT'), condition('HARD'), condition('HARD', 'guide', 'listed')],
  ];
  for (const [name, parameter, before, narrower, wider] of rows) {
    const measure = programme(1, before.replace('document: guide', 'document: measure'));
    t.strictSame(found(measure, programme(2, narrower)), [], `${name}: narrowed`);
    t.strictSame(found(measure, programme(2, wider)), [parameter], `${name}: widened`);
    t.strictSame(found(measure, programme(2, '')), [parameter], `${name}: dropped`);
    const replaced = { documents: ['revised', 'guide'] } as const;
    t.strictSame(found(measure, programme(2, '', replaced)), [], `${name}: left out by a new measure`);
  }
});

void t.test('a value is held against the latest of every higher rank, not only against the one before', async (t) => {
  const rate = (version: number, basisPoints: number, by: Kind | 'revised', more: object = {}) =>
    programme(version, `rate: { value: { kind: CEILING, basisPoints: ${basisPoints} }, ${cited(by)} }`, more);
  const standing = (version: ProgrammeVersion) => ({ version, law: lawOn(version, '2999-01-01') });
  const [measure, narrowed] = [rate(1, 3000, 'measure'), rate(2, 1500, 'notice')];
  const after = (basisPoints: number, by: Kind, history: readonly ProgrammeVersion[] = [measure, narrowed]) =>
    widenings(history.map(standing), standing(rate(9, basisPoints, by))).length;
  t.equal(after(2500, 'notice'), 0, 'a notice may loosen what a notice narrowed');
  t.equal(after(3000, 'notice'), 0, 'as far as the measure goes');
  t.equal(after(3001, 'notice'), 1, 'and no further');
  t.equal(after(1500, 'guide'), 0);
  t.equal(after(1501, 'guide'), 1, 'a guide stays within the notice');
  t.equal(after(1501, 'rules'), 0, 'the detailed rules rank above the notice');
  t.equal(after(3001, 'rules'), 1);
  t.equal(after(9000, 'measure'), 0);

  const anew = { documents: ['revised', 'notice', 'guide'] } as const;
  const silent = programme(2, '', anew);
  const filled = rate(3, 5000, 'notice', anew);
  t.strictSame(widenings([measure, silent].map(standing), standing(filled)), [], 'the measure that was replaced binds no longer');
  t.equal(
    widenings([measure, programme(2, '')].map(standing), standing(rate(3, 5000, 'notice'))).length,
    1,
    'one that was only left out does',
  );
  t.equal(widenings(standing(measure), standing(narrowed)).length, 0, 'one law before is enough');
  const beside = { documents: ['measure', 'revised', 'notice', 'guide'] } as const;
  t.strictSame(widenings(standing(measure), standing(filled)), [], 'nor when it is replaced at once');
  t.equal(widenings(standing(measure), standing(rate(3, 5000, 'notice', beside))).length, 1, 'beside a new one it still does');
  const renewed = { documents: ['measure', 'renewed', 'guide'] } as const;
  const byGuide = (basisPoints: number) =>
    widenings([measure, narrowed].map(standing), standing(rate(3, basisPoints, 'guide', renewed))).length;
  t.equal(byGuide(1501), 0, 'a new notice has taken the place of the one that narrowed');
  t.equal(byGuide(3001), 1, 'and not that of the measure');

  const dated = (...values: [string, number, Kind][]) =>
    programme(
      1,
      `rate: { values: [${values.map(([from, basisPoints, by]) => `{ from: ${from}, value: { kind: CEILING, basisPoints: ${basisPoints} }, ${cited(by)} }`).join(', ')}], ${cited('measure')} }`,
    );
  const inside = dated(
    ['2024-01-01', 3000, 'measure'],
    ['2024-07-01', 1500, 'notice'],
    ['2025-01-01', 3001, 'notice'],
    ['2026-01-01', 3001, 'notice'],
  );
  t.equal(wideningsWithin(inside).length, 1, 'told once, though it goes on');
  const later = dated(['2024-01-01', 2000, 'notice'], ['2027-01-01', 3500, 'notice']);
  t.equal(wideningsSince([standing(measure)], later).length, 1, 'a later value of the new version counts too');
});

void t.test('both values are told in words, with their documents, in Chinese and English', async (t) => {
  const of = (version: number, parameters: string) => programme(version, parameters);
  const told = (before: string, after: string) => {
    const [first, second] = [of(1, before), of(2, after)];
    return widenings({ version: first, law: first.laws[0] }, { version: second, law: second.laws[0] }).map(({ zh, en }) => [
      zh,
      en,
    ]);
  };
  t.strictSame(
    told(
      `validityMonths: { value: 12, ${cited('measure', '第六条')} }`,
      `validityMonths: { value: 18, ${cited('guide', '第二部分')} }`,
    ),
    [
      [
        '算力券有效期：《申报指南》第二部分规定“18 个月”，宽于某政〔2024〕1号第六条规定的“12 个月”；下位文件只能收紧，不能放宽',
        'validity of a voucher: 《申报指南》 第二部分 gives “18 months”, wider than “12 months” of 某政〔2024〕1号 第六条; a document lower in rank may narrow, not widen',
      ],
    ],
  );
  t.match(told(limit('value: 1000000.00', 'measure'), limit('value: 2000000.00, soft: true, exempt: [LAB]')), [
    [
      /规定“.*（LAB 除外）每年申领金额原则上不超过 2,000,000\.00 元”，宽于.*“.*每年申领金额不超过 1,000,000\.00 元”/,
      /at most 2,000,000\.00 yuan/,
    ],
  ]);
  t.match(told(limit('value: 1.00', 'measure'), ''), [[/本版未再规定/, /leaves out without a new document of that rank/]]);
  const tiers =
    'tiers: [{ when: { chipOrigin: DOMESTIC, enterpriseAgeUnderMonths: 12 }, basisPoints: 6050 }, { basisPoints: 3000 }]';
  t.match(
    told(
      `rate: { value: { kind: EXACT, basisPoints: 2000 }, ${cited('measure')} }`,
      `rate: { value: { kind: CEILING, ${tiers} }, ${cited('guide')} }`,
    ),
    [
      [
        /“按不超过基数 国产芯片且成立未满 12 个月的企业 60\.5%、其他 30% .*”，宽于.*“按基数的 20% /,
        /“at most 60\.5% for domestic chips and enterprises less than 12 months old, 30% for all else/,
      ],
    ],
  );
  const within = wideningsWithin(
    programme(
      1,
      `noticeDays: { values: [{ from: 2024-01-01, value: 7 }, { from: 2025-01-01, value: 5, ${cited('guide')} }], ${cited('measure')} }`,
    ),
  );
  t.match(asProblems(within), [{ code: 'WIDENS_A_HIGHER_DOCUMENT', line: null }]);
  t.match(asProblems(within), [
    { path: 'noticeDays', zh: /“5 个工作日”，宽于.*“7 个工作日”/, en: /“5 working days”, wider than “7 working days”/ },
  ]);
});
