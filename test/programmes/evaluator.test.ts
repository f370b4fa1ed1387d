// The evaluator, rule by rule: every refusal with what its sentence needs and the rule in both languages, the first of several that
// are wrong, and limits in every form the language gives them.
import t from 'tap';
import { allocate } from '../../src/programmes/allocate.js';
import { underControls } from '../../src/programmes/controls.js';
import {
  decidingDayOf,
  evaluateAward,
  evaluateIssue,
  evaluateRedemption,
  findingsOf,
  limitsTouched,
  nothingOnRecord,
} from '../../src/programmes/evaluate.js';
import type { AwardFacts, Evaluation, Facility, IssueFacts, Provider, SettledLine } from '../../src/programmes/evaluate.js';
import { explain } from '../../src/programmes/explain.js';
import { CONTRACT_CEILING } from '../../src/programmes/language.js';
import type { ProgrammeVersion } from '../../src/programmes/language.js';
import { lineRefusals, nobody } from '../../src/programmes/lines.js';
import { describeRefusal, isRefusalCode } from '../../src/errors.js';
import { formatYuan, parseYuan } from '../../src/money.js';
import { changed, cite, contracts, controls, read, reimbursement } from './world.js';

const fen = (yuan: string): bigint => {
  const amount = parseYuan(yuan);
  if (amount === null) throw new Error(`not an amount: ${yuan}`);
  return amount;
};

const fees = read(reimbursement);
const voucher = read(contracts);
const plainProvider: Provider = {
  legalPerson: 'PROVIDER',
  listings: [{ serviceItem: 'AI_COMPUTE', from: '2023-01-01', to: null }],
  isRelated: false,
  isLocal: true,
};
const line = (yuan: string, other: Partial<SettledLine> = {}): SettledLine => ({
  lineNo: 1,
  serviceItem: 'AI_COMPUTE',
  facilityId: null,
  chipOrigin: 'DOMESTIC',
  modelClass: null,
  netFen: fen(yuan),
  vatFen: 0n,
  grossFen: fen(yuan),
  usage: { from: '2024-06-01', to: '2024-06-30' },
  settledOn: '2024-07-15',
  ...other,
});
type Item = AwardFacts['items'][number];
const item = (lines: readonly SettledLine[], other: Partial<Item> = {}): Item => ({
  provider: plainProvider,
  contract: { id: 'CONTRACT', signedOn: '2024-05-20', filedOn: '2024-05-25', purpose: 'MODEL_RESEARCH' },
  facilities: [],
  lines,
  ...other,
});
const plenty = fen('100000000.00');
const applicant = { ...nobody('USER'), predicates: { 'ai-sector': 'MET' as const } };
/** 10,000,000.00 of domestic compute: 6,000,000.00, and nothing in its way. */
const award = (other: Partial<AwardFacts> = {}): AwardFacts => ({
  ...nothingOnRecord('2025-03-10'),
  appliedOn: '2025-03-03',
  baseYear: 2024,
  enterprise: applicant,
  matters: { PROJECT: 'project', PRODUCT: 'product' },
  figures: { contribution: plenty },
  items: [item([line('10000000.00')])],
  limitsLeft: {
    yearly: fen('20000000.00'),
    'three-years': fen('30000000.00'),
    contribution: plenty,
    investment: plenty,
    highest: fen('6000000.00'),
  },
  ...other,
});
const outcome = (evaluation: Evaluation): string =>
  evaluation.kind === 'award'
    ? `${formatYuan(evaluation.amountFen)}${evaluation.bound === null ? '' : ` (${evaluation.bound})`}`
    : [
        evaluation.code,
        ...Object.entries(evaluation.params).flatMap(([name, value]) =>
          ['zh', 'en', 'asked'].includes(name) ? [] : [`${name}=${value}`],
        ),
      ].join(' ');

/** One thing that is wrong, put into facts that may be wrong already. */
type Wrong = (facts: AwardFacts) => Partial<AwardFacts>;
const inItems =
  (of: (item: Item) => Partial<Item>): Wrong =>
  ({ items }) => ({ items: items.map((one) => ({ ...one, ...of(one) })) });
const inLines = (of: Partial<SettledLine>): Wrong => inItems(({ lines }) => ({ lines: lines.map((one) => ({ ...one, ...of })) }));
const inTerms = (of: Partial<NonNullable<Item['contract']>>): Wrong =>
  inItems(({ contract }) => ({ contract: contract && { ...contract, ...of } }));
const inProvider = (of: Partial<Provider>): Wrong => inItems(({ provider }) => ({ provider: { ...provider, ...of } }));
const inEnterprise =
  (of: Partial<AwardFacts['enterprise']>): Wrong =>
  ({ enterprise }) => ({ enterprise: { ...enterprise, ...of } });
const inLeft =
  (of: Record<string, bigint | undefined>): Wrong =>
  ({ limitsLeft }) => {
    const left = { ...limitsLeft, ...of };
    return {
      limitsLeft: Object.fromEntries(Object.entries(left).flatMap(([id, value]) => (value === undefined ? [] : [[id, value]]))),
    };
  };

/** `fees` with every condition that it leaves out, and chips that have to be known. */
const strict = read(
  changed(
    changed(
      changed(
        changed(reimbursement, 'mixedChips: { value: LOWER_RATE', 'mixedChips: { value: NOT_COUNTED'),
        'exclusions: { value: [',
        'exclusions: { value: [SELF_BUILT_SELF_USED, ',
      ),
      'minBase:',
      `inForce: { from: 2024-01-01, ${cite} }\ncontractSignedOnOrAfter: { value: 2024-01-01, ${cite} }\n` +
        `facilityConditions: { value: [{ kind: AI_COMPUTING, pflopsAtLeast: 100, precision: FP16 }], ${cite} }\nminBase:`,
    ),
    /stacking:/,
    `  - { id: of-contract, counts: AWARDED, per: CONTRACT, window: LIFETIME, value: 9000000.00, ${cite} }\nstacking:\n` +
      `  - { id: once, strategy: ONE_AWARD_PER_CONTRACT, by: CONTRACT, ${cite} }`,
  ).replace(
    'eligibility:\n',
    `eligibility:\n  - { id: registered, strength: HARD, of: ITEM, serviceItems: [SUPERCOMPUTE], text: { zh: 经登记, en: registered }, evidence: [登记证], ${cite} }\n`,
  ),
);
const centre: Facility = {
  id: 'centre',
  kind: 'AI_COMPUTING',
  ownerLegalPerson: 'PROVIDER',
  operatorLegalPerson: 'PROVIDER',
  observations: [{ observedOn: '2024-01-01', pflops: '100', precision: 'FP16', standardRacks: null, inService: true }],
};
const soundItem = item([line('10000000.00', { facilityId: 'centre' })], { facilities: [centre] });
const sound = award({
  items: [soundItem],
  limitsLeft: { ...award().limitsLeft, 'of-contract': fen('9000000.00'), once: fen('6000000.00') },
});
const after = (facts: AwardFacts, ...wrongs: Wrong[]): AwardFacts =>
  wrongs.reduce((so, wrong) => ({ ...so, ...wrong(so) }), facts);

// In the order of precedence, each with its parameters and the words of its rule.
const wrongs: [name: string, wrong: Wrong, expected: string, zh: RegExp, en: RegExp][] = [
  [
    'before the first day',
    () => ({ appliedOn: '2023-12-31' }),
    'PROGRAMME_NOT_IN_FORCE programme=example-fees day=2023-12-31 from=2024-01-01 to=',
    /自 2024-01-01 起施行/,
    /in force from 2024-01-01/,
  ],
  [
    'a policy of its own',
    inEnterprise({ oneEnterpriseOnePolicy: true }),
    'OWN_POLICY legalPerson=USER',
    /“一企一策”的企业不再重复享受/,
    /a policy of its own does not enjoy similar ones again/,
  ],
  [
    'an institution',
    inEnterprise({ kind: 'INSTITUTION' }),
    'BENEFICIARY_KIND kind=INSTITUTION kinds=ENTERPRISE',
    /支持对象为企业。主体类型 机构/,
    /for enterprises\. Kind institution/,
  ],
  [
    'a listed provider',
    inEnterprise({ isListedProvider: true }),
    'PROVIDER_MAY_NOT_CLAIM legalPerson=USER',
    /已入库的服务机构不得申领/,
    /a listed provider may not claim/,
  ],
  [
    'a predicate nobody checked',
    inEnterprise({ predicates: {} }),
    'NOT_ELIGIBLE predicate=ai-sector recorded=NOT_RECORDED',
    /原则上从事人工智能/,
    /works on artificial intelligence, as a rule/,
  ],
  [
    'its own provider',
    inProvider({ legalPerson: 'USER' }),
    'SELF_BUILT_SELF_USED line=1 legalPerson=USER',
    /自建自用除外/,
    /no support for own use/,
  ],
  [
    'a related provider',
    inProvider({ isRelated: true }),
    'RELATED_PARTY line=1 provider=PROVIDER',
    /不得为关联方（仅同受国家控制的不构成关联）/,
    /may not be related parties \(common state control alone makes none\)/,
  ],
  [
    'signed a day early',
    inTerms({ signedOn: '2023-12-31' }),
    'CONTRACT_SIGNED_TOO_EARLY line=1 signedOn=2023-12-31 earliest=2024-01-01',
    /合同应于 2024-01-01 及以后签订/,
    /signed on or after 2024-01-01/,
  ],
  [
    'another purpose',
    inTerms({ purpose: 'SCENARIO_APPLICATION' }),
    'PURPOSE_NOT_PERMITTED line=1 purpose=SCENARIO_APPLICATION',
    /用途应为模型技术研究、产品开发/,
    /used for model research, product development/,
  ],
  [
    'filed a day late',
    inTerms({ filedOn: '2025-03-04' }),
    'CONTRACT_FILED_TOO_LATE line=1 filedOn=2025-03-04 by=2025-03-03',
    /合同应在申请前完成备案/,
    /filed before the application/,
  ],
  [
    'paid the year before',
    inLines({ settledOn: '2023-12-31' }),
    'FEE_NOT_SETTLED line=1 settledOn=2023-12-31 year=2024',
    /费用应在上一年度内全额支付/,
    /paid in full within the year before/,
  ],
  [
    'storage',
    inLines({ serviceItem: 'STORAGE' }),
    'SERVICE_ITEM_NOT_COUNTED line=1 serviceItem=STORAGE',
    /仅计入下列服务事项：智能算力/,
    /only these service items count: AI compute/,
  ],
  [
    'listed to the day before it was settled',
    inProvider({ listings: [{ serviceItem: 'AI_COMPUTE', from: '2023-01-01', to: '2023-12-30' }] }),
    'PROVIDER_NOT_LISTED line=1 serviceItem=AI_COMPUTE day=2024-07-15',
    /在费用结算日在相应服务事项的名单内/,
    /listed for the service item on the day the fee was settled/,
  ],
  [
    'a provider from elsewhere',
    inProvider({ isLocal: false }),
    'PROVIDER_NOT_LOCAL line=1 provider=PROVIDER',
    /提供方应为本地服务机构/,
    /the provider is a local one/,
  ],
  [
    'a facility of another kind',
    inItems(() => ({ facilities: [{ ...centre, kind: 'DATA_CENTER' }] })),
    'FACILITY_KIND_NOT_ELIGIBLE line=1 facility=centre kind=DATA_CENTER',
    /使用的设施应为算力规模 100 PFLOPS（FP16）以上（含）的人工智能计算中心/,
    /AI computing centre of at least 100 PFLOPS \(FP16\)/,
  ],
  [
    'chips of an unknown origin',
    inLines({ chipOrigin: null }),
    'CHIP_ORIGIN_UNKNOWN line=1',
    /芯片来源不明或无法拆分的，不予计入/,
    /can not be told apart by chips does not count/,
  ],
  [
    'a small base',
    inLines({ netFen: 49_999n, grossFen: 49_999n }),
    'BELOW_MINIMUM_BASE base=499.99 minimum=1000.00',
    /基数低于 1,000.00 元的不予补助/,
    /nothing is granted on a base below 1,000.00 yuan/,
  ],
  [
    'asked for too much',
    () => ({ requestedFen: fen('6000000.01') }),
    'AMOUNT_ABOVE_ENTITLEMENT requested=6000000.01 entitlement=6000000.00',
    /申请金额不得高于可享受金额/,
    /no more can be asked for than there is a right to/,
  ],
  [
    'the year’s limit reached',
    inLeft({ yearly: 0n }),
    'LIMIT_EXHAUSTED limit=yearly window=2025 amount=20000000.00',
    /每年享受金额不超过 20,000,000.00 元/,
    /is awarded at most 20,000,000.00 yuan in a calendar year/,
  ],
  [
    'the years are over',
    () => ({ firstAwardYears: { 'three-years': 2022 } }),
    'LIMIT_WINDOW_OVER limit=three-years firstYear=2022 year=2025',
    /自首次获补助当年起 3 年内累计享受金额原则上不超过 30,000,000.00 元。限额 three-years，首次获补助年度 2022，年度 2025/,
    /in total over the 3 years from that of its first award, as a rule\. Limit three-years, year of the first award 2022, year 2025/,
  ],
  [
    'two contracts where one is looked at',
    ({ items }) => ({
      items: [
        ...items,
        ...items.map(({ contract, lines, ...rest }) => ({
          ...rest,
          contract: contract && { ...contract, id: 'SECOND' },
          lines: lines.map((one) => ({ ...one, netFen: 0n, grossFen: 0n })),
        })),
      ],
    }),
    'ONE_CONTRACT_ONLY',
    /单个合同累计享受金额不超过 9,000,000.00 元/,
    /one contract is awarded at most 9,000,000.00 yuan in total/,
  ],
  [
    'the contract has its award',
    inLeft({ once: fen('5999999.99') }),
    'CONTRACT_ALREADY_AWARDED rule=once',
    /同一合同只能享受一次补助/,
    /a contract gets one award and no other/,
  ],
  [
    'as much on the product',
    inLeft({ highest: 0n }),
    'STACKED_OUT rule=highest computed=6000000.00',
    /同一产品按就高不重复原则，合计不超过其中最高的一项/,
    /on one product no more than the highest award, all together/,
  ],
  [
    'no figure on record',
    () => ({ figures: {} }),
    'LIMIT_UNKNOWN limit=contribution window=2025 holder=USER',
    /（RESEARCH_INSTITUTION 除外）每年享受金额原则上不超过其年度区级综合贡献额/,
    /\(not for RESEARCH_INSTITUTION\) is awarded at most its contribution to the district in the year/,
  ],
  ['no money', () => ({ poolLeft: 0n }), 'POOL_EXHAUSTED left=0.00', /不超过已到位且尚未安排的资金/, /not yet promised/],
  [
    'a small award',
    () => ({ maximumFen: 49_999n }),
    'BELOW_MINIMUM_AWARD amount=499.99 minimum=500.00',
    /补助金额低于 500.00 元的不予发放/,
    /nothing is granted below 500.00 yuan/,
  ],
];

void t.test('each refusal of an award comes with its code, what its sentence needs and the rule in both languages', async (t) => {
  t.equal(outcome(evaluateAward(strict, sound)), '6000000.00', 'sound facts pass');
  for (const [name, wrong, expected, zh, en] of wrongs) {
    const facts = after(sound, wrong);
    const evaluation = evaluateAward(strict, facts);
    t.equal(outcome(evaluation), expected, name);
    t.equal(evaluation.kind, expected.startsWith('LIMIT_UNKNOWN') ? 'held' : 'refused', name);
    t.equal(evaluation.explanation.at(-1)?.result, expected.split(' ')[0], `${name}: the explanation ends with it`);
    if (evaluation.kind === 'held')
      t.match(evaluation.params, { zh: /区级综合贡献额/, en: /contribution/ }, 'and what is missing');
    t.match(explain(evaluation.explanation, 'zh').at(-1), zh, name);
    t.match(explain(evaluation.explanation, 'en').at(-1), en, name);
    t.match(explain(evaluation.explanation, 'zh').at(-1), new RegExp(`不予通过（${expected.split(' ')[0]}）。$`), name);
  }
  const rest: [string, ProgrammeVersion, Partial<AwardFacts>, string][] = [
    [
      'no rate for it',
      read(changed(reimbursement, /.*NON_DOMESTIC.*\n/, '')),
      { items: [item([line('9.00', { chipOrigin: 'NON_DOMESTIC' })])] },
      'RATE_NOT_GIVEN line=1',
    ],
    ['neither matter named', fees, { matters: {} }, 'MATTER_NOT_NAMED matter=PRODUCT'],
    [
      'nothing was filed',
      fees,
      after(award(), inTerms({ filedOn: null })),
      'CONTRACT_FILED_TOO_LATE line=1 filedOn=— by=2025-03-03',
    ],
    ['nothing was paid', fees, after(award(), inLines({ settledOn: null })), 'FEE_NOT_SETTLED line=1 settledOn=— year=2024'],
    [
      'paid this year',
      fees,
      after(award(), inLines({ settledOn: '2025-01-01' })),
      'FEE_NOT_SETTLED line=1 settledOn=2025-01-01 year=2024',
    ],
    ['no purpose on record', fees, after(award(), inTerms({ purpose: null })), 'PURPOSE_NOT_PERMITTED line=1 purpose='],
    [
      'the review left more',
      fees,
      { approvedFen: fen('6000000.01') },
      'AMOUNT_ABOVE_ENTITLEMENT requested=6000000.01 entitlement=6000000.00',
    ],
    ['the review left nothing', fees, { approvedFen: 0n }, 'STACKED_OUT rule=highest computed=0.00'],
    ['nothing was bought', fees, { items: [] }, 'BELOW_MINIMUM_BASE base=0.00 minimum=1000.00'],
    [
      'a review of an exact rate',
      read(changed(reimbursement, 'kind: CEILING', 'kind: EXACT')),
      { approvedFen: fen('5999999.99') },
      'RATE_IS_EXACT rate=70% approved=5999999.99',
    ],
  ];
  for (const [name, version, facts, expected] of rest) t.equal(outcome(evaluateAward(version, award(facts))), expected, name);
});

void t.test('what limits, money and conditions refuse reads like a decision, in both languages', async (t) => {
  const told = (evaluation: Evaluation) => {
    if (evaluation.kind === 'award' || !isRefusalCode(evaluation.code)) throw new Error(outcome(evaluation));
    const { code, params } = evaluation;
    return [describeRefusal(code, params, 'zh').detail, describeRefusal(code, params, 'en').detail] as const;
  };
  const left = (of: Record<string, bigint | undefined>) => after(award(), inLeft(of));
  const cases: [name: string, evaluation: Evaluation, zh: string, en: string][] = [
    [
      'a year’s limit',
      evaluateAward(fees, left({ yearly: 0n })),
      '限额已用完（2025 年）：同一企业（法人，含分支机构）每年享受金额不超过 20,000,000.00 元。限额 20,000,000.00 元，剩余 0.00 元；本次按规定计算为 6,000,000.00 元。',
      'The limit is used up (2025): one legal person, its branches included, is awarded at most 20,000,000.00 yuan in a calendar year. Of 20,000,000.00 yuan 0.00 are left; this case would come to 6,000,000.00 yuan.',
    ],
    [
      'a limit of three years',
      evaluateAward(fees, { ...left({ 'three-years': 0n }), firstAwardYears: { 'three-years': 2024 } }),
      '限额已用完（2024 年至 2026 年）：同一企业（法人，含分支机构）自首次获补助当年起 3 年内累计享受金额原则上不超过 30,000,000.00 元。限额 30,000,000.00 元，剩余 0.00 元；本次按规定计算为 6,000,000.00 元。',
      'The limit is used up (2024 to 2026): one legal person, its branches included, is awarded at most 30,000,000.00 yuan in total over the 3 years from that of its first award, as a rule. Of 30,000,000.00 yuan 0.00 are left; this case would come to 6,000,000.00 yuan.',
    ],
    [
      'years that are over',
      evaluateAward(fees, award({ firstAwardYears: { 'three-years': 2022 } })),
      '同一企业（法人，含分支机构）自首次获补助当年起 3 年内累计享受金额原则上不超过 30,000,000.00 元：期间自 2022 年起算，已经届满，2025 年不再享受。',
      'one legal person, its branches included, is awarded at most 30,000,000.00 yuan in total over the 3 years from that of its first award, as a rule: these years began in 2022, and 2025 is beyond them.',
    ],
    [
      'a figure not on record',
      evaluateAward(fees, after(award({ figures: {} }), inLeft({ contribution: undefined }))),
      '限额依据的数额尚未登记（USER，2025 年）：同一企业（法人，含分支机构）（RESEARCH_INSTITUTION 除外）每年享受金额原则上不超过其年度区级综合贡献额。登记后（POST /figures）再办理。',
      'The figure that a limit rests on is not on record (USER, 2025): one legal person, its branches included, (not for RESEARCH_INSTITUTION) is awarded at most its contribution to the district in the year in a calendar year, as a rule. The case waits until it is (POST /figures).',
    ],
    [
      'what others gave on one product',
      evaluateAward(fees, left({ highest: 0n })),
      '同一产品按就高不重复原则，合计不超过其中最高的一项：已获补助不低于本次可得的 6,000,000.00 元，不再重复补助。',
      'on one product no more than the highest award, all together: at least the 6,000,000.00 yuan of this award are granted already, and nothing is added.',
    ],
    [
      'no matter named',
      evaluateAward(fees, award({ matters: {} })),
      '补助按产品归并计算，申请中须写明所涉产品。',
      'Awards on one product are counted together: the application has to name the product.',
    ],
    [
      'no money',
      evaluateAward(fees, award({ poolLeft: 0n })),
      '已到位且尚未安排的资金为 0.00 元，不足以办理；财政追加预算指标后可再办理。',
      'Of the money granted 0.00 yuan is promised to nobody, which is not enough; it can be done once more is loaded.',
    ],
    [
      'a condition',
      evaluateAward(fees, after(award(), inEnterprise({ predicates: {} }))),
      '条件“从事人工智能”的核查结果为未核查，不符合申领条件；须核查为符合，“原则上”的条件可以经批准例外。',
      'The condition “works on artificial intelligence” is not recorded; it has to be met, or, where it holds as a rule only, set aside by an approved exception.',
    ],
    [
      'of another kind',
      evaluateAward(fees, after(award(), inEnterprise({ kind: 'INSTITUTION' }))),
      '申请主体属于事业单位及其他机构，方案支持的对象为企业。',
      'The applicant is one of the institutions; the programme is for enterprises.',
    ],
    [
      'another purpose',
      evaluateAward(fees, after(award(), inTerms({ purpose: 'SCENARIO_APPLICATION' }))),
      '明细第 1 行：合同用途（场景应用）不在方案支持的用途之内。',
      'Line 1: the contract’s purpose (scenario application) is none that the programme supports.',
    ],
    [
      'another item',
      evaluateAward(fees, after(award(), inLines({ serviceItem: 'STORAGE' }))),
      '第 1 行：存储不在方案计入的服务事项之列。',
      'Line 1: the programme does not count storage.',
    ],
    [
      'too little',
      evaluateAward(fees, award({ items: [item([line('999.99')])] })),
      '计入的基数为 999.99 元，方案要求不低于 1,000.00 元。',
      'What counts comes to 999.99 yuan; the programme asks for at least 1,000.00.',
    ],
    [
      'too little to pay',
      evaluateAward(fees, left({ yearly: 49_999n })),
      '金额 499.99 元低于方案规定的最低 500.00 元。',
      '499.99 yuan is below the programme’s minimum of 500.00.',
    ],
    [
      'too much asked',
      evaluateAward(fees, award({ requestedFen: 600_000_001n })),
      '金额 6,000,000.01 元高于可享受的 6,000,000.00 元。',
      '6,000,000.01 yuan is more than the 6,000,000.00 yuan there is a right to.',
    ],
  ];
  for (const [name, evaluation, zh, en] of cases) t.strictSame(told(evaluation), [zh, en], name);
});

void t.test('of two that are wrong the first answers', async (t) => {
  const codeOf = (expected: string) => expected.split(' ')[0];
  for (const [index, [first, one, expected]] of wrongs.entries()) {
    for (const [second, other] of wrongs.slice(index + 1)) {
      // Each pair put in either order: what is wrong decides, not how it came about.
      const codes = [after(sound, one, other), after(sound, other, one)].map((facts) => {
        const evaluation = evaluateAward(strict, facts);
        return evaluation.kind === 'award' ? 'awarded' : evaluation.code;
      });
      t.same(codes, [codeOf(expected), codeOf(expected)], `${first}, and ${second}`);
    }
  }
});

void t.test('what is wrong with some lines leaves them out, and of lines that are all wrong the gravest answers', async (t) => {
  const ways: [string, Partial<SettledLine>, Partial<Item>][] = [
    ['SELF_BUILT_SELF_USED', {}, { provider: { ...plainProvider, legalPerson: 'USER' } }],
    ['RELATED_PARTY', {}, { provider: { ...plainProvider, isRelated: true } }],
    ['NOT_ELIGIBLE', { serviceItem: 'SUPERCOMPUTE' }, {}],
    ['CONTRACT_SIGNED_TOO_EARLY', {}, { contract: { ...soundItem.contract, signedOn: '2023-12-31' } as Item['contract'] }],
    ['PURPOSE_NOT_PERMITTED', {}, { contract: { ...soundItem.contract, purpose: null } as Item['contract'] }],
    ['CONTRACT_FILED_TOO_LATE', {}, { contract: { ...soundItem.contract, filedOn: null } as Item['contract'] }],
    ['FEE_NOT_SETTLED', { settledOn: null }, {}],
    ['PROVIDER_NOT_LISTED', {}, { provider: { ...plainProvider, listings: [] } }],
    ['PROVIDER_NOT_LOCAL', {}, { provider: { ...plainProvider, isLocal: false } }],
    ['FACILITY_KIND_NOT_ELIGIBLE', {}, { facilities: [{ ...centre, kind: 'SUPERCOMPUTING' }] }],
    ['FACILITY_NOT_OBSERVED', {}, { facilities: [] }],
    ['FACILITY_NOT_IN_SERVICE', {}, { facilities: [{ ...centre, observations: [{ ...seen, inService: false }] }] }],
    ['FACILITY_BELOW_THRESHOLD', {}, { facilities: [{ ...centre, observations: [{ ...seen, pflops: '99.999999' }] }] }],
    ['SERVICE_ITEM_NOT_COUNTED', { serviceItem: 'NETWORK' }, {}],
    ['CHIP_ORIGIN_UNKNOWN', { chipOrigin: null }, {}],
  ];
  t.same([...ways.map(([code]) => code), 'RATE_NOT_GIVEN'], lineRefusals, 'every refusal of a line, in order');
  const wrongItem = ([, ofLine, ofItem]: (typeof ways)[number], lineNo: number): Item => ({
    ...soundItem,
    ...ofItem,
    lines: soundItem.lines.map((one) => ({ ...one, ...ofLine, lineNo })),
  });
  for (const [index, way] of ways.entries()) {
    const [code] = way;
    const facts = {
      ...sound,
      items: [wrongItem(way, 1), { ...soundItem, lines: soundItem.lines.map((one) => ({ ...one, lineNo: 2 })) }],
    };
    const evaluation = evaluateAward(strict, facts);
    t.equal(outcome(evaluation), '6000000.00', `${code}: the other line counts`);
    const part = evaluation.explanation.filter(({ result }) => result === 'PASSED_IN_PART');
    t.ok(
      part.length > 0 && part.every(({ inputs }) => inputs.linesLeftOut === `1 (${code})`),
      `${code}: and the explanation says so`,
    );
    t.match(explain(part, 'zh')[0], /未计入的明细行 1 .*结果：部分通过。/);
    t.match(explain(part, 'en')[0], /ines left out 1 .*Result: passed in part\./);
    t.same(findingsOf(strict, facts), [
      [{ lineNo: 1, basisPoints: null, refusal: code }],
      [{ lineNo: 2, basisPoints: 6000, refusal: null }],
    ]);
    for (const other of ways.slice(index + 1)) {
      for (const items of [
        [wrongItem(way, 1), wrongItem(other, 2)],
        [wrongItem(other, 1), wrongItem(way, 2)],
      ])
        t.equal(outcome(evaluateAward(strict, { ...sound, items })).split(' ')[0], code, `${code} before ${other[0]}`);
    }
  }
});
void t.test('a condition of an item is asked of each line by itself, of a voucher’s contract as a whole', async (t) => {
  const ofItem = (text: string, more = '') =>
    read(
      changed(
        text,
        text.includes('eligibility:') ? 'eligibility:' : 'limits:',
        `eligibility:\n  - { id: traded, strength: SOFT, of: ITEM, ${more}text: { zh: 在平台购买, en: bought on the exchange }, evidence: [凭证], ${cite} }\n` +
          (text.includes('eligibility:') ? '' : 'limits:'),
      ),
    );
  const law = ofItem(reimbursement);
  const two = [item([line('9000000.00'), line('1000000.00', { lineNo: 2 })])];
  const of = (predicates: AwardFacts['enterprise']['predicates'], version = law) =>
    evaluateAward(
      version,
      award({ items: two, enterprise: { ...applicant, predicates: { ...applicant.predicates, ...predicates } } }),
    );
  const cases: [string, AwardFacts['enterprise']['predicates'], string][] = [
    ['all', { traded: 'MET' }, '6000000.00'],
    ['not the second', { traded: 'MET', 'traded/2': 'NOT_MET' }, '5400000.00'],
    ['only the second', { traded: 'NOT_MET', 'traded/2': 'MET' }, '600000.00'],
    ['the second by an exception', { traded: 'NOT_MET', 'traded/2': 'EXCEPTION' }, '600000.00'],
    ['none on record', { 'traded/2': 'NOT_MET' }, 'NOT_ELIGIBLE line=1 predicate=traded recorded=NOT_RECORDED'],
    ['none', { traded: 'NOT_MET' }, 'NOT_ELIGIBLE line=1 predicate=traded recorded=NOT_MET'],
  ];
  for (const [name, predicates, expected] of cases) t.equal(outcome(of(predicates)), expected, name);
  const sentences = explain(of({ traded: 'MET', 'traded/2': 'NOT_MET' }).explanation, 'zh').join('\n');
  t.match(sentences, /逐项核查：原则上在平台购买；不符合的项不计入。未计入的明细行 2 \(NOT_ELIGIBLE\)。结果：部分通过。/);
  const others = ofItem(reimbursement, 'serviceItems: [CORPUS], ');
  t.equal(outcome(of({ traded: 'NOT_MET' }, others)), '6000000.00', 'not asked of what is bought here');

  const issue = (version: ProgrammeVersion, predicates: AwardFacts['enterprise']['predicates']) => {
    const { items: _, ...facts } = award({ enterprise: { ...applicant, predicates } });
    const contract = { id: 'CONTRACT', signedOn: '2024-05-20', filedOn: '2024-05-25', purpose: null, lines: [line('1000.00')] };
    const limitsLeft = { claimed: plenty, [CONTRACT_CEILING]: plenty, once: plenty, 'public-money': plenty };
    return outcome(evaluateIssue(version, { ...facts, contract, provider: plainProvider, facilities: [], limitsLeft }));
  };
  t.equal(issue(ofItem(contracts), { traded: 'MET' }), '300.00');
  t.match(issue(ofItem(contracts), { traded: 'NOT_MET' }), /^NOT_ELIGIBLE predicate=traded/);
  t.equal(issue(ofItem(contracts, 'serviceItems: [CORPUS], '), { traded: 'NOT_MET' }), '300.00', 'the contract buys none');
});
const seen = { observedOn: '2024-01-01', pflops: '100', precision: 'FP16', standardRacks: null, inService: true };

void t.test('the first tier that holds for a line is its rate', async (t) => {
  const tiers = (text: string, kind = 'CEILING') =>
    read(
      `${changed(reimbursement, /rate:\n[\s\S]*?(?=mixedChips)/, `rate: { value: { kind: ${kind}, tiers: [${text}] }, ${cite} }\n`)}`,
    );
  const byClass = tiers(
    '{ when: { enterpriseClass: SME, chipOrigin: DOMESTIC }, basisPoints: 6500 }, { when: { modelClass: VERTICAL }, basisPoints: 5000 }, { when: { chipOrigin: NON_DOMESTIC }, basisPoints: 2500 }, { basisPoints: 4000 }',
  );
  const rates: [string, ProgrammeVersion, Partial<AwardFacts['enterprise']>, Partial<SettledLine>, number | string][] = [
    ['domestic', fees, {}, {}, 6000],
    ['other', fees, {}, { chipOrigin: 'NON_DOMESTIC' }, 3000],
    ['unknown: the lower', fees, {}, { chipOrigin: null }, 3000],
    ['under a year old', fees, { establishedOn: '2024-03-04' }, {}, 7000],
    ['a year old', fees, { establishedOn: '2024-03-03' }, {}, 6000],
    ['of an unknown age', fees, { establishedOn: null }, {}, 6000],
    ['young, on other chips', fees, { establishedOn: '2024-03-04' }, { chipOrigin: 'NON_DOMESTIC' }, 3000],
    ['unknown chips where they must be known', strict, {}, { chipOrigin: null, facilityId: 'centre' }, 'CHIP_ORIGIN_UNKNOWN'],
    ['both of a tier’s conditions', byClass, { classes: ['SME'] }, {}, 6500],
    ['one of them', byClass, { classes: ['SME'] }, { chipOrigin: 'NON_DOMESTIC' }, 2500],
    ['a class of models', byClass, {}, { modelClass: 'VERTICAL', chipOrigin: 'NON_DOMESTIC' }, 5000],
    ['the first of two that hold', byClass, { classes: ['OTHER', 'SME'] }, { modelClass: 'VERTICAL' }, 6500],
    ['all else', byClass, {}, {}, 4000],
    ['unknown: the lower of its tiers', byClass, { classes: ['SME'] }, { chipOrigin: null }, 2500],
    ['unknown, and a tier for both', byClass, {}, { chipOrigin: null, modelClass: 'VERTICAL' }, 5000],
    [
      'a tier for one origin only',
      tiers('{ when: { chipOrigin: DOMESTIC }, basisPoints: 6000 }'),
      {},
      { chipOrigin: null },
      'RATE_NOT_GIVEN',
    ],
  ];
  for (const [name, version, enterprise, of, expected] of rates) {
    const facts = award({
      enterprise: { ...applicant, ...enterprise },
      items: [item([line('100.00', of)], { facilities: [centre] })],
    });
    const [found] = findingsOf(version, facts)[0] ?? [];
    t.equal(found?.basisPoints ?? found?.refusal, expected, name);
  }
  const mixed = evaluateAward(
    fees,
    award({ items: [item([line('100000.01'), line('100000.02', { lineNo: 2, chipOrigin: 'NON_DOMESTIC' })])] }),
  );
  t.match(mixed, { amountFen: 9_000_001n, weighted: 10_000_001n * 6000n + 10_000_002n * 3000n, baseFen: 20_000_003n }, 'D5');
  const step = mixed.explanation.find(({ inputs }) => inputs.byRate !== undefined);
  t.match(step, { inputs: { byRate: '100000.01 × 60% + 100000.02 × 30%', exact: '90000.012' }, result: '90000.01' });
  t.match(explain(step ? [step] : [], 'zh')[0], /国产芯片且成立未满 12 个月的企业 70%、国产芯片 60%、非国产芯片 30%/);
  t.match(
    explain(step ? [step] : [], 'en')[0],
    /70% for domestic chips and enterprises less than 12 months old, 60% for domestic chips, 30% for other chips/,
  );
});

void t.test('filing before the use, listing by days, and a base that asks for no settlement', async (t) => {
  const beforeUse = read(changed(reimbursement, 'BEFORE_APPLICATION', 'BEFORE_USE'));
  const filed = (filedOn: string) => outcome(evaluateAward(beforeUse, after(award(), inTerms({ filedOn })))).split(' by=');
  t.same(filed('2024-06-01'), ['6000000.00'], 'on the first day of use');
  t.same(filed('2024-06-02'), ['CONTRACT_FILED_TOO_LATE line=1 filedOn=2024-06-02', '2024-06-01']);
  const half = item(
    [
      line('100.00', { usage: { from: '2024-05-01', to: '2024-05-31' } }),
      line('4000.00', { lineNo: 2, usage: { from: '2024-06-01', to: '2024-06-30' } }),
    ],
    { contract: { id: 'C', signedOn: '2024-05-20', filedOn: '2024-06-01', purpose: 'MODEL_RESEARCH' } },
  );
  t.equal(outcome(evaluateAward(beforeUse, award({ items: [half] }))), '2400.00', 'only what is used from then on');

  const listed = (from: string, to: string | null) => inProvider({ listings: [{ serviceItem: 'AI_COMPUTE', from, to }] });
  const of = (version: ProgrammeVersion, wrong: Wrong) => outcome(evaluateAward(version, after(award(), wrong))).split(' ')[0];
  t.equal(of(fees, listed('2024-07-15', '2024-07-15')), '6000000.00', 'listed on the day it was settled');
  t.equal(of(fees, listed('2024-07-16', null)), 'PROVIDER_NOT_LISTED');
  const byUse = read(changed(reimbursement, 'LISTED_WHEN_SETTLED', 'LISTED_FOR_SERVICE_ITEM'));
  t.equal(of(byUse, listed('2024-06-01', '2024-06-30')), '6000000.00', 'on every day of use');
  t.equal(of(byUse, listed('2024-06-02', null)), 'PROVIDER_NOT_LISTED');

  const cost = read(changed(reimbursement, 'PRIOR_YEAR_SETTLED_FEE', 'COST'));
  const expense = item([line('10000000.00', { settledOn: null })], { contract: null });
  t.equal(outcome(evaluateAward(cost, award({ items: [expense] }))), '6000000.00', 'an expense that rests on no contract');
  t.equal(
    outcome(evaluateAward(fees, award({ items: [{ ...expense, lines: [line('10000000.00')] }] }))),
    '6000000.00',
    'what has no contract is not held to a contract’s conditions',
  );
});

void t.test('limits: whose, in which window, up to what, and for whom not', async (t) => {
  const touched = (facts: Partial<AwardFacts>, version = fees) =>
    limitsTouched(version, 'AWARD', award(facts)).map(
      ({ limitId, account, holder, window, amountFen, soft }) =>
        `${limitId} ${account} ${holder.kind}:${holder.id} ${window} ${amountFen === null ? '?' : formatYuan(amountFen)}${soft ? ' soft' : ''}`,
    );
  const plain = [
    'yearly example-fees.yearly LEGAL_PERSON:USER 2025 20000000.00',
    'three-years example-fees.three-years LEGAL_PERSON:USER 2025+3 30000000.00 soft',
    'investment example-fees.investment PROJECT:project LIFETIME 100000000000.00',
    'highest .compute PRODUCT:product LIFETIME 6000000.00',
    'contribution .district LEGAL_PERSON:USER 2025 100000000.00 soft',
  ];
  t.same(touched({}), plain, 'its own, then the highest, then what is shared');
  const differs = (facts: Partial<AwardFacts>, version = fees) => {
    const found = touched(facts, version);
    return [
      ...found.filter((one) => !plain.includes(one)),
      ...plain.filter((one) => !found.includes(one)).map((one) => `- ${one}`),
    ];
  };
  const without = (id: string) => plain.filter((one) => one.startsWith(`${id} `)).map((one) => `- ${one}`);
  const cases: [string, Partial<AwardFacts>, string[]][] = [
    [
      'booked next year',
      { bookedOn: '2026-01-01' },
      [
        'yearly example-fees.yearly LEGAL_PERSON:USER 2026 20000000.00',
        'three-years example-fees.three-years LEGAL_PERSON:USER 2026+3 30000000.00 soft',
        'contribution .district LEGAL_PERSON:USER 2026 100000000.00 soft',
        ...without('yearly'),
        ...without('three-years'),
        ...without('contribution'),
      ],
    ],
    [
      'its third year',
      { firstAwardYears: { 'three-years': 2023 } },
      ['three-years example-fees.three-years LEGAL_PERSON:USER 2023+3 30000000.00 soft', ...without('three-years')],
    ],
    ['its fourth', { firstAwardYears: { 'three-years': 2022 } }, without('three-years')],
    [
      'raised, where it is soft',
      { raised: { 'three-years': 1n, yearly: 1n } },
      ['three-years example-fees.three-years LEGAL_PERSON:USER 2025+3 30000000.01 soft', ...without('three-years')],
    ],
    [
      'a figure raised',
      { raised: { contribution: 5n }, figures: { contribution: 1n } },
      ['contribution .district LEGAL_PERSON:USER 2025 0.06 soft', ...without('contribution')],
    ],
    [
      'a figure not on record',
      { figures: {}, raised: { contribution: 5n } },
      ['contribution .district LEGAL_PERSON:USER 2025 ? soft', ...without('contribution')],
    ],
    ['an exempt class', { enterprise: { ...applicant, classes: ['OTHER', 'RESEARCH_INSTITUTION'] } }, without('contribution')],
    [
      'money from above',
      { upstream: { supported: true, amountFen: 4n }, figures: { contribution: plenty, investment: 5n } },
      ['investment example-fees.investment PROJECT:project LIFETIME 0.01', ...without('investment')],
    ],
    [
      'more from above than was invested',
      { upstream: { supported: true, amountFen: 6n }, figures: { contribution: plenty, investment: 5n } },
      ['investment example-fees.investment PROJECT:project LIFETIME 0.00', ...without('investment')],
    ],
    [
      'money from above, nothing audited',
      { upstream: { supported: true, amountFen: 0n } },
      ['investment example-fees.investment PROJECT:project LIFETIME ?', ...without('investment')],
    ],
    ['no project, nothing from above', { matters: { PRODUCT: 'product' } }, without('investment')],
    ['no product', { matters: { PROJECT: 'project' } }, without('highest')],
  ];
  for (const [name, facts, expected] of cases) t.same(differs(facts), expected, name);

  const bound = (facts: Partial<AwardFacts>, left: Record<string, bigint | undefined>) =>
    outcome(evaluateAward(fees, after(award(facts), inLeft(left))));
  const institute = { enterprise: { ...applicant, classes: ['RESEARCH_INSTITUTION'] } };
  const above = { upstream: { supported: true, amountFen: 0n }, figures: { contribution: plenty, investment: plenty } };
  const edges: [string, Partial<AwardFacts>, Record<string, bigint | undefined>, string][] = [
    ['all that is left', {}, { yearly: fen('6000000.00') }, '6000000.00'],
    ['a fen less than it would be', {}, { yearly: fen('5999999.99') }, '5999999.99 (yearly)'],
    ['the tighter of two', {}, { yearly: fen('5000000.00'), 'three-years': fen('4000000.00') }, '4000000.00 (three-years)'],
    [
      'what does not bind has not bound',
      {},
      { yearly: fen('4000000.00'), 'three-years': fen('5000000.00') },
      '4000000.00 (yearly)',
    ],
    ['an exempt class, and no figure', { ...institute, figures: {} }, { contribution: undefined }, '6000000.00'],
    ['what is only counted does not bind', {}, { investment: 1n }, '6000000.00'],
    ['with money from above it does', above, { investment: fen('700.00') }, '700.00 (investment)'],
    [
      'and then has to be known',
      above,
      { investment: undefined },
      'LIMIT_UNKNOWN limit=investment window=LIFETIME holder=project',
    ],
    ['a limit that nobody read', {}, { yearly: undefined }, 'LIMIT_UNKNOWN limit=yearly window=2025 holder=USER'],
    ['less than nothing left', {}, { yearly: -1n }, 'LIMIT_EXHAUSTED limit=yearly window=2025 amount=20000000.00'],
    // 6,000,000.00 by itself, 2,500,000.00 by its own limit, 1,000,000.00 granted on the product already: 1,500,000.00 more.
    ['the highest within its own limits', {}, { yearly: fen('2500000.00'), highest: fen('5000000.00') }, '1500000.00 (highest)'],
    [
      'within what is shared as well',
      {},
      { highest: fen('5000000.00'), contribution: fen('4500000.00') },
      '4500000.00 (contribution)',
    ],
  ];
  for (const [name, facts, left, expected] of edges) t.equal(bound(facts, left), expected, name);
  const more = read(changed(reimbursement, 'exempt: [RESEARCH_INSTITUTION]', 'exempt: [HOSPITAL, RESEARCH_INSTITUTION]'));
  t.equal(outcome(evaluateAward(more, award({ ...institute, figures: {} }))), '6000000.00', 'one of several exempt classes');
  const exempt = evaluateAward(fees, award(institute)).explanation;
  const skipped = exempt.filter(({ result }) => result === 'EXEMPT');
  t.match(explain(skipped, 'zh'), [/结果：不适用于该企业。$/]);
  t.match(explain(skipped, 'en'), [/Result: not for this enterprise\.$/]);
  const counted = evaluateAward(fees, award()).explanation.filter(({ result }) => result === 'COUNTED');
  t.match(explain(counted, 'zh'), [
    /已获国家或省级财政支持的，同一项目累计.*不超过经审计认定的投资额减去上级财政资金.*结果：计入，尚不受限。$/,
  ]);
  t.match(explain(counted, 'en'), [
    /where it has national or provincial money, .* less what comes from above .*bound by nothing yet\.$/,
  ]);
  const stacked = evaluateAward(fees, after(award(), inLeft({ highest: fen('1000.00') }))).explanation;
  t.match(
    explain(
      stacked.filter(({ bound }) => bound === true),
      'zh',
    ),
    [/已获补助 5,999,000.00 元，限制前 6,000,000.00 元。结果：1,000.00 元（受此限制）。$/],
  );

  // Reviewed, and cut by an award's own most: what the review or the law's most took away no limit has cut off.
  const most = read(`${reimbursement}maxAward: { value: 5000000.00, ${cite} }`);
  t.match(evaluateAward(most, award()), { amountFen: fen('5000000.00'), bound: 'MAX_AWARD' });
  const reviewed = evaluateAward(most, after(award({ approvedFen: fen('4000000.00') }), inLeft({ yearly: fen('3000000.00') })));
  t.match(reviewed, { amountFen: fen('3000000.00'), bound: 'yearly', cutOffFen: fen('1000000.00') });
});

const issue = (other: Partial<IssueFacts> = {}): IssueFacts => {
  const { usage, settledOn, ...terms } = line('1000000.00');
  t.ok(usage && settledOn);
  return {
    ...nothingOnRecord('2025-03-10'),
    appliedOn: '2025-03-03',
    enterprise: applicant,
    provider: plainProvider,
    facilities: [],
    contract: { id: 'CONTRACT', signedOn: '2025-02-01', filedOn: null, purpose: null, lines: [terms] },
    limitsLeft: {
      [CONTRACT_CEILING]: fen('300000.00'),
      claimed: fen('1000000.00'),
      once: fen('300000.00'),
      'public-money': fen('500000.00'),
    },
    ...other,
  };
};

void t.test('rules on contracts: one award, and all public money together', async (t) => {
  t.same(
    limitsTouched(voucher, 'ISSUE', issue()).map(({ limitId, account, amountFen }) => [limitId, account, amountFen]),
    [
      [CONTRACT_CEILING, `example-voucher.${CONTRACT_CEILING}`, fen('300000.00')],
      ['claimed', 'example-voucher.claimed', fen('1000000.00')],
      ['once', '.one-award', fen('300000.00')],
      ['public-money', '.vouchers', fen('500000.00')],
    ],
  );
  const left = (of: Record<string, bigint>) => ({ limitsLeft: { ...issue().limitsLeft, ...of } });
  const upstream = (yuan: string) => ({ upstream: { supported: true, amountFen: fen(yuan) } });
  const cases: [string, Partial<IssueFacts>, string][] = [
    ['nothing in its way', {}, '300000.00'],
    ['one award there', left({ once: fen('299999.99') }), 'CONTRACT_ALREADY_AWARDED rule=once'],
    ['public money', left({ 'public-money': fen('200000.00') }), '200000.00 (public-money)'],
    ['no public money left', left({ 'public-money': 0n }), 'LIMIT_EXHAUSTED limit=public-money window=LIFETIME amount=500000.00'],
    [
      'at a lower rate, with its own award there',
      { approvedBasisPoints: 1000, ...left({ once: 1n }) },
      'CONTRACT_ALREADY_AWARDED rule=once',
    ],
    ['at a lower rate', { approvedBasisPoints: 1000 }, '100000.00'],
  ];
  for (const [name, facts, expected] of cases) t.equal(outcome(evaluateIssue(voucher, issue(facts))), expected, name);
  const ceilings = ['0.00', '499999.99', '500000.00', '600000.00'].map(
    (yuan) => limitsTouched(voucher, 'ISSUE', issue(upstream(yuan))).find(({ limitId }) => limitId === 'public-money')?.amountFen,
  );
  t.same(ceilings, [fen('500000.00'), 1n, 0n, 0n], 'half of the contract, less what comes from above');
});

void t.test('the law is that of the day that decides', async (t) => {
  const dated = (decides: string) =>
    read(
      changed(
        changed(
          contracts,
          'stacking:',
          `decidingDay: { value: ${decides}, ${cite} }\ninForce: { from: 2025-02-01, ${cite} }\nstacking:`,
        ),
        'rate: { value: { kind: CEILING, basisPoints: 3000 },',
        'rate: { values: [{ from: 2024-01-01, value: { kind: CEILING, basisPoints: 3000 } }, { from: 2025-03-01, value: { kind: CEILING, basisPoints: 2000 } }],',
      ),
    );
  const [applied, signed] = [dated('APPLICATION'), dated('CONTRACT_SIGNING')];
  t.equal(outcome(evaluateIssue(applied, issue())), '200000.00');
  t.equal(outcome(evaluateIssue(signed, issue())), '300000.00');
  t.equal(decidingDayOf(signed, { appliedOn: '2025-03-03', signedOn: '2025-02-01' }), '2025-02-01');
  t.equal(decidingDayOf(signed, { appliedOn: '2025-03-03', signedOn: null }), '2025-03-03');
  const early = issue({ contract: { ...issue().contract, signedOn: '2025-01-31' } });
  t.equal(outcome(evaluateIssue(applied, early)), '200000.00');
  t.equal(
    outcome(evaluateIssue(signed, early)),
    'PROGRAMME_NOT_IN_FORCE programme=example-voucher day=2025-01-31 from=2025-02-01 to=',
  );
  const [zh, en] = [
    explain(evaluateIssue(signed, issue()).explanation, 'zh')[0],
    explain(evaluateIssue(signed, issue()).explanation, 'en')[0],
  ];
  t.match(zh, /以合同签订日适用。签订日 2025-02-01/);
  t.match(en, /the day the contract was signed decides\. Signed on 2025-02-01/);
  t.match(explain(evaluateIssue(applied, issue()).explanation, 'zh')[0], /以申请日适用。申请日 2025-03-03/);

  const redeeming = evaluateRedemption(signed, {
    ...issue({ limitsLeft: { redeemed: fen('1000000.00') } }),
    submittedOn: '2025-05-01',
    voucher: { issuedOn: '2025-03-10', expiresOn: '2026-03-10', balanceFen: fen('300000.00') },
    usage: { from: '2025-04-01', to: '2025-04-30' },
    lines: issue().contract.lines,
    paidFen: fen('1000000.00'),
    baseBeforeFen: 0n,
    redeemedAndReservedFen: 0n,
    cutOffBeforeFen: 0n,
  });
  t.equal(outcome(redeeming), '300000.00', 'and so is what it redeems');
});

void t.test('general controls hold for every programme under them', async (t) => {
  const district = read(controls);
  const [over, again] = [underControls(fees, [district]), underControls(fees, [district])];
  t.equal(underControls(fees, []), fees, 'without controls the version itself');
  t.equal(over, again, 'for the same controls the same object');
  t.not(underControls(voucher, [district]), over);
  t.not(underControls(fees, [read(controls)]), over, 'another version of them is another law');
  t.equal(over.programme, 'example-fees');
  t.same(Object.keys(over.documents), ['measure', 'district-controls/measure']);
  t.same(
    over.laws.map(({ from }) => from),
    ['0001-01-01', '2025-01-01', '2025-07-01'],
    'the days of both',
  );
  t.same(
    over.laws.map(({ limits }) => limits.map(({ id }) => id)),
    [
      ['yearly', 'three-years', 'contribution', 'investment', 'district-controls/yearly'],
      ['yearly', 'three-years', 'contribution', 'investment', 'district-controls/yearly', 'total'],
      ['yearly', 'three-years', 'contribution', 'investment', 'district-controls/yearly', 'total'],
    ],
    'what has a name of its own keeps it',
  );
  t.same(
    over.laws[2]?.stacking.map(({ id, account }) => [id, account]),
    [
      ['highest', '.compute'],
      ['own-policy', 'example-fees.own-policy'],
      ['district-controls/highest', '.district'],
    ],
  );
  t.same(
    over.eligibility.map(({ id, strength, cite: { document } }) => [id, strength, document]),
    [
      ['ai-sector', 'SOFT', 'measure'],
      ['district-controls/ai-sector', 'HARD', 'district-controls/measure'],
    ],
  );
  const both = read(changed(reimbursement, 'value: [ENTERPRISE]', 'value: [INSTITUTION, ENTERPRISE]'));
  const kinds = (version: ProgrammeVersion) => underControls(version, [district]).laws[0].beneficiaryKinds?.value;
  t.same(kinds(both), ['ENTERPRISE'], 'whom both support');
  t.same(kinds(read(changed(reimbursement, 'value: [ENTERPRISE]', 'value: [INSTITUTION]'))), []);
  t.same(kinds(voucher), ['ENTERPRISE'], 'where the programme says nothing');
  t.same(
    underControls(fees, [read(changed(controls, /beneficiaryKinds.*\n/, ''))]).laws[0].beneficiaryKinds,
    fees.laws[0].beneficiaryKinds,
  );

  const facts = award({
    enterprise: { ...applicant, predicates: { 'ai-sector': 'MET', 'district-controls/ai-sector': 'MET' } },
    figures: { contribution: plenty, 'district-controls/yearly': plenty },
    limitsLeft: {
      ...award().limitsLeft,
      total: fen('400000.00'),
      'district-controls/yearly': plenty,
      'district-controls/highest': fen('6000000.00'),
    },
  });
  const evaluation = evaluateAward(over, facts);
  t.equal(outcome(evaluation), '400000.00 (total)');
  t.match(
    evaluation.explanation.find(({ bound }) => bound === true),
    { document: '《示例措施》', article: '第二条', inputs: { limit: '500000.00', window: '2025' } },
    'with the article of the controls',
  );
  t.equal(
    outcome(evaluateAward(over, { ...facts, enterprise: applicant })),
    'NOT_ELIGIBLE predicate=district-controls/ai-sector recorded=NOT_RECORDED',
  );
  t.equal(
    outcome(evaluateAward(over, { ...facts, figures: { contribution: plenty } })),
    'LIMIT_UNKNOWN limit=district-controls/yearly window=2025 holder=USER',
  );
  const touched = limitsTouched(over, 'AWARD', { ...facts, bookedOn: '2025-07-01' });
  t.match(
    touched.find(({ limitId }) => limitId === 'total'),
    { account: 'district-controls.total', holder: { kind: 'PROGRAMME' }, amountFen: fen('600000.00') },
    'one account for all programmes, with the number of the day',
  );
  t.equal(
    new Set(touched.filter(({ account }) => account === '.district').map(({ holder }) => `${holder.kind} ${holder.id}`)).size,
    2,
    'what shares a name and not a holder is two accounts',
  );
  const twice = underControls(fees, [
    district,
    read(changed(controls, 'programme: district-controls', 'programme: city-controls')),
  ]);
  t.same(
    twice.eligibility.map(({ id }) => id),
    ['ai-sector', 'district-controls/ai-sector', 'city-controls/ai-sector'],
    'controls over controls',
  );
});

void t.test('a pool is shared as the law says', async (t) => {
  const claim = (id: string, yuan: string, rank = 0, score: number | null = null, acceptedAt = id) => ({
    id,
    approvedFen: fen(yuan),
    rank,
    score,
    acceptedAt,
  });
  const share = (strategy: 'FIRST_COME' | 'RANKED' | 'PRO_RATA', pool: string, claims: ReturnType<typeof claim>[]) =>
    allocate(strategy, fen(pool), claims)
      .map(({ id, amountFen }) => `${id} ${formatYuan(amountFen)}`)
      .join(', ');
  const queue = [claim('c', '3.00', 1, 99), claim('b', '3.00', 0, 60), claim('a', '3.00', 0, null), claim('d', '3.00', 0, 80)];
  t.equal(share('FIRST_COME', '7.00', queue), 'a 3.00, b 3.00, d 1.00, c 0.00', 'by class, then by time');
  t.equal(share('RANKED', '7.00', queue), 'd 3.00, b 3.00, a 1.00, c 0.00', 'by class, then by score, none last');
  t.equal(share('PRO_RATA', '7.00', queue), 'a 1.75, b 1.75, d 1.75, c 1.75');
  t.equal(share('PRO_RATA', '0.03', queue), 'a 0.00, b 0.00, d 0.00, c 0.00', 'what the cuts leave stays');
  t.equal(share('PRO_RATA', '99.00', queue), 'a 3.00, b 3.00, d 3.00, c 3.00', 'no more than was approved');
  t.equal(share('FIRST_COME', '0.00', [claim('a', '1.00')]), 'a 0.00');
  t.equal(share('PRO_RATA', '1.00', [claim('a', '0.00')]), 'a 0.00');
  t.same(
    allocate('PRO_RATA', -5n, queue).map(({ amountFen }) => amountFen),
    [0n, 0n, 0n, 0n],
    'of an overdrawn pool nothing',
  );
  t.same(allocate('RANKED', 5n, []), []);
});
