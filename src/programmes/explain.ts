// The law in sentences: every rule is worded from the language, so a new programme explains itself without a line of code. Pure.
import type { Day } from '../calendar.js';
import type { Step } from '../ledger/explanations.js';
import { formatYuan } from '../money.js';
import type { Fen } from '../money.js';
import { beneficiaryNames, findingNames, grouped, itemNames, purposeNames, windowInWords } from '../words.js';
import { CONTRACT_CEILING } from './language.js';
import type {
  BeneficiaryKind,
  Bilingual,
  FacilityCondition,
  Law,
  Limit,
  Predicate,
  Purpose,
  Rate,
  ServiceItem,
  StackingRule,
  TierCondition,
} from './language.js';

export type { Step } from '../ledger/explanations.js';

/** 2000 basis points are `20%`, 1234 are `12.34%`. */
export function percent(basisPoints: number): string {
  return `${basisPoints / 100}%`;
}

const money = (fen: Fen): string => grouped(formatYuan(fen));

const baseNames = {
  CONTRACT_AMOUNT: { zh: '单个合同额', en: 'the amount of the single contract' },
  USAGE_FEE: { zh: '算力资源使用费', en: 'the fees for compute used' },
  PRIOR_YEAR_SETTLED_FEE: { zh: '上一年度实际结算费用', en: 'the fees settled in the year before' },
  COST: { zh: '成本', en: 'the cost' },
} as const;
const basisNames = {
  GROSS: { zh: '价税合计', en: 'tax included' },
  NET: { zh: '不含税', en: 'without tax' },
} as const;
const chipNames = {
  DOMESTIC: { zh: '国产芯片', en: 'domestic chips' },
  NON_DOMESTIC: { zh: '非国产芯片', en: 'other chips' },
} as const;
const holderNames = {
  LEGAL_PERSON: { zh: '同一企业（法人，含分支机构）', en: 'one legal person, its branches included,' },
  CONTRACT: { zh: '单个合同', en: 'one contract' },
  PROJECT: { zh: '同一项目', en: 'one project' },
  PROGRAMME: { zh: '全部企业', en: 'all enterprises together' },
  PRODUCT: { zh: '同一产品', en: 'one product' },
  STANDARD: { zh: '同一标准', en: 'one standard' },
  AWARD_SERIES: { zh: '同一奖项', en: 'one series of awards' },
} as const;
const countNames = {
  CLAIMED: { zh: '申领', en: 'claims' },
  REDEEMED: { zh: '兑付', en: 'redeems' },
  AWARDED: { zh: '享受', en: 'is awarded' },
} as const;
const figureNames = {
  DISTRICT_CONTRIBUTION: { zh: '其年度区级综合贡献额', en: 'its contribution to the district in the year' },
  AUDITED_INVESTMENT: { zh: '经审计认定的投资额', en: 'the audited investment' },
} as const;

function windowName({ window }: Limit): Bilingual {
  if (window.kind === 'YEAR') return { zh: '每年', en: 'in a calendar year' };
  if (window.kind === 'LIFETIME') return { zh: '累计', en: 'in total' };
  const { years } = window;
  return { zh: `自首次获补助当年起 ${years} 年内累计`, en: `in total over the ${years} years from that of its first award` };
}

function limitRule(limit: Limit): Bilingual {
  const { counts, per, soft, amountFen, figure, exempt, onlyWithUpstream, lessUpstream } = limit;
  const window = windowName(limit);
  const most = figure === null ? undefined : figureNames[figure];
  const fen = amountFen ?? 0n;
  const but =
    exempt.length === 0 ? { zh: '', en: '' } : { zh: `（${exempt.join('、')} 除外）`, en: ` (not for ${exempt.join(', ')})` };
  const only = onlyWithUpstream
    ? { zh: '已获国家或省级财政支持的，', en: 'where it has national or provincial money, ' }
    : { zh: '', en: '' };
  const less = lessUpstream ? { zh: '减去上级财政资金', en: ' less what comes from above' } : { zh: '', en: '' };
  return {
    zh: `${only.zh}${holderNames[per].zh}${but.zh}${window.zh}${countNames[counts].zh}金额${soft ? '原则上' : ''}不超过${most ? most.zh : ` ${money(fen)} 元`}${less.zh}`,
    en: `${only.en}${holderNames[per].en}${but.en} ${countNames[counts].en} at most ${most ? most.en : `${money(fen)} yuan`}${less.en} ${window.en}${soft ? ', as a rule' : ''}`,
  };
}

function stackingRule({ strategy, by, basisPoints }: StackingRule): Bilingual {
  const matter = by === null ? { zh: '', en: '' } : holderNames[by];
  switch (strategy) {
    case 'HIGHEST_ONLY':
      return {
        zh: `${matter.zh}按就高不重复原则，合计不超过其中最高的一项`,
        en: `on ${matter.en} no more than the highest award, all together`,
      };
    case 'BEST_HIGHEST_ONLY':
      return {
        zh: `${matter.zh}按从优、从高、不重复原则，合计不超过其中最高的一项`,
        en: `on ${matter.en} the best and highest award, and none twice: no more than the highest, all together`,
      };
    case 'LEVEL_UP_DIFFERENCE':
      return { zh: `${matter.zh}晋级的，补足差额`, en: `in ${matter.en} a higher level gets the difference` };
    case 'ONE_AWARD_PER_CONTRACT':
      return { zh: '同一合同只能享受一次补助', en: 'a contract gets one award and no other' };
    case 'PUBLIC_MONEY_CEILING': {
      const share = percent(basisPoints ?? 0);
      return {
        zh: `各级财政资金合计不超过合同额的 ${share}`,
        en: `public money of all levels together is at most ${share} of the contract`,
      };
    }
    case 'ONE_ENTERPRISE_ONE_POLICY':
      return rules.ownPolicy;
  }
}

// A sentence is worded once for each value of the law, not once for each award.
function once<Value extends object>(word: (value: Value) => Bilingual): (value: Value) => Bilingual {
  const worded = new WeakMap<Value, Bilingual>();
  return (value) => {
    let rule = worded.get(value);
    if (rule === undefined) worded.set(value, (rule = word(value)));
    return rule;
  };
}

function tierZh(when: TierCondition | null, others: string): string {
  if (when === null) return others;
  const { chipOrigin, enterpriseClass, modelClass, enterpriseAgeUnderMonths: age } = when;
  return [
    ...(chipOrigin === null ? [] : [chipNames[chipOrigin].zh]),
    ...(enterpriseClass === null ? [] : [`${enterpriseClass} 类企业`]),
    ...(modelClass === null ? [] : [`${modelClass} 类模型`]),
    ...(age === null ? [] : [`成立未满 ${age} 个月的企业`]),
  ].join('且');
}

function tierEn(when: TierCondition | null, others: string): string {
  if (when === null) return others;
  const { chipOrigin, enterpriseClass, modelClass, enterpriseAgeUnderMonths: age } = when;
  return [
    ...(chipOrigin === null ? [] : [chipNames[chipOrigin].en]),
    ...(enterpriseClass === null ? [] : [`enterprises of class ${enterpriseClass}`]),
    ...(modelClass === null ? [] : [`models of class ${modelClass}`]),
    ...(age === null ? [] : [`enterprises less than ${age} months old`]),
  ].join(' and ');
}

function rateRule({ kind, tiers, flat }: Rate): Bilingual {
  const [zh, en] =
    flat === null
      ? [
          tiers.map(({ when, basisPoints }) => `${tierZh(when, '其他')} ${percent(basisPoints)}`).join('、'),
          tiers.map(({ when, basisPoints }) => `${percent(basisPoints)} for ${tierEn(when, 'all else')}`).join(', '),
        ]
      : [percent(flat), percent(flat)];
  return kind === 'CEILING'
    ? {
        zh: `按不超过基数 ${zh} 的比例给予补助，合计后一次舍去分以下`,
        en: `at most ${en} of the base, cut down to the fen once, on the total`,
      }
    : {
        zh: `按基数的 ${zh} 给予补助，合计后一次舍去分以下`,
        en: `${en} of the base, cut down to the fen once, on the total`,
      };
}

function inForceRule({ from, to }: { from: Day; to: Day | null }, zh: string, en: string): Bilingual {
  return {
    zh: `自 ${from} 起施行${to === null ? '' : `，有效期至 ${to}（含）`}，以${zh}适用`,
    en: `in force from ${from}${to === null ? '' : ` to ${to} inclusive`}; ${en} decides`,
  };
}

/** The rules in words, from the values of the law. */
export const rules = {
  notInForce: { zh: '文本未规定施行日期，本次仅为试算', en: 'the text names no day from which it is in force: a trial only' },
  inForce: once((days: { from: Day; to: Day | null }) => inForceRule(days, '申请日', 'the day of application')),
  inForceAtSigning: once((days: { from: Day; to: Day | null }) =>
    inForceRule(days, '合同签订日', 'the day the contract was signed'),
  ),
  missing: once((name: Bilingual) => ({ zh: `政策未规定：${name.zh}`, en: `the text does not give: ${name.en}` })),
  signedOnOrAfter: once(({ value }: { value: Day }) => ({
    zh: `合同应于 ${value} 及以后签订`,
    en: `the contract is signed on or after ${value}`,
  })),
  predicate: once(({ text, strength, of, serviceItems }: Predicate) => {
    const [zh, en] = [
      `${strength === 'SOFT' ? '原则上' : ''}${text.zh}`,
      `${text.en}${strength === 'SOFT' ? ', as a rule' : ''}`,
    ];
    if (of === 'APPLICATION') return { zh, en };
    const items = serviceItems?.map((item) => itemNames[item]) ?? [];
    return {
      zh: `逐项核查${items.length === 0 ? '' : `（${items.map((item) => item.zh).join('、')}）`}：${zh}；不符合的项不计入`,
      en: `of each item${items.length === 0 ? '' : ` of ${items.map((item) => item.en).join(', ')}`}: ${en}; one that does not meet this does not count`,
    };
  }),
  selfUse: {
    zh: '自建自用除外：使用方与提供方、设施所有方或运营方为同一法人（含分支机构）的不予补助',
    en: 'no support for own use: user and provider, facility owner or operator may not be one legal person, branches included',
  },
  unrelated: {
    zh: '使用方与提供方不得为关联方（仅同受国家控制的不构成关联）',
    en: 'user and provider may not be related parties (common state control alone makes none)',
  },
  listedProvider: { zh: '已入库的服务机构不得申领', en: 'a listed provider may not claim' },
  ownPolicy: {
    zh: '已享受“一企一策”的企业不再重复享受类似条款',
    en: 'an enterprise with a policy of its own does not enjoy similar ones again',
  },
  beneficiaries: once((kinds: readonly BeneficiaryKind[]) => ({
    zh: `支持对象为${kinds.map((kind) => beneficiaryNames[kind].zh).join('、')}`,
    en: `for ${kinds.map((kind) => beneficiaryNames[kind].en).join(' and ')}`,
  })),
  purposes: once((purposes: readonly Purpose[]) => ({
    zh: `用途应为${purposes.map((purpose) => purposeNames[purpose].zh).join('、')}`,
    en: `used for ${purposes.map((purpose) => purposeNames[purpose].en).join(', ')}`,
  })),
  filing: {
    BEFORE_APPLICATION: {
      zh: '合同应在申请前完成备案，备案前的使用同样计入',
      en: 'the contract is filed before the application; use before the filing counts too',
    },
    BEFORE_USE: { zh: '合同备案之日起的使用方可计入', en: 'only what is used from the day of the filing on counts' },
  },
  settled: { zh: '费用应在上一年度内全额支付', en: 'the fee was paid in full within the year before' },
  providers: {
    LISTED_FOR_SERVICE_ITEM: {
      zh: '提供方应在使用期间每一日均在相应服务事项的名单内',
      en: 'the provider is listed for the service item on every day of use',
    },
    LISTED_WHEN_SETTLED: {
      zh: '提供方应在费用结算日在相应服务事项的名单内',
      en: 'the provider is listed for the service item on the day the fee was settled',
    },
    LOCAL: { zh: '提供方应为本地服务机构', en: 'the provider is a local one' },
  },
  mixedChips: {
    LOWER_RATE: { zh: '芯片来源不明或无法拆分的，按较低比例', en: 'what can not be told apart by chips takes the lower rate' },
    NOT_COUNTED: { zh: '芯片来源不明或无法拆分的，不予计入', en: 'what can not be told apart by chips does not count' },
  },
  facilities: once((conditions: readonly FacilityCondition[]) => ({
    zh: `使用的设施应为${conditions.map(facilityZh).join('，或')}`,
    en: `the facility used is ${conditions.map(facilityEn).join(', or ')}`,
  })),
  serviceItems: once((items: readonly ServiceItem[]) => ({
    zh: `仅计入下列服务事项：${items.map((item) => itemNames[item].zh).join('、')}`,
    en: `only these service items count: ${items.map((item) => itemNames[item].en).join(', ')}`,
  })),
  /** The law's base on its amount basis. */
  base: once(({ base, amountBasis }: Pick<Law, 'base' | 'amountBasis'>) => ({
    zh: `补助基数为${base === null ? '' : baseNames[base.value].zh}${amountBasis === null ? '' : `（${basisNames[amountBasis.value].zh}）`}`,
    en: `the base is ${base === null ? '' : baseNames[base.value].en}${amountBasis === null ? '' : `, ${basisNames[amountBasis.value].en}`}`,
  })),
  rate: once(rateRule),
  settledRate: once((rate: Rate) => ({
    zh: `${rateRule(rate).zh}；据实结算：按累计确认的基数计算，且以合同额为限`,
    en: `${rateRule(rate).en}; paid on actuals: on all confirmed usage together, and no more of it than the contract’s amount`,
  })),
  exactRate: { zh: '补助比例为固定比例，审核时不得调整', en: 'the rate is exact: the reviewer may not change it' },
  rateCeiling: { zh: '核定比例不得高于规定比例', en: 'the approved rate may not be above the ceiling' },
  contractCeiling: {
    zh: '同一合同累计发放的金额不超过其合同额按规定比例计算的金额',
    en: 'all that is issued on one contract stays within the rate of its amount',
  },
  limit: once(limitRule),
  stacking: once(stackingRule),
  maxAward: once(({ value }: { value: Fen }) => ({
    zh: `每次补助最高 ${money(value)} 元`,
    en: `no single award is above ${money(value)} yuan`,
  })),
  granted: { zh: '依以上各条核定的金额', en: 'what all of this comes to' },
  reviewed: { zh: '不超过评审认定的金额', en: 'no more than the review left' },
  minBase: once(({ value }: { value: Fen }) => ({
    zh: `基数低于 ${money(value)} 元的不予补助`,
    en: `nothing is granted on a base below ${money(value)} yuan`,
  })),
  pool: { zh: '不超过已到位且尚未安排的资金', en: 'no more than the money granted and not yet promised' },
  requested: { zh: '不超过申请金额', en: 'no more than was asked for' },
  maximum: { zh: '不超过核定的最高金额', en: 'no more than the maximum that was approved' },
  aboveEntitlement: { zh: '申请金额不得高于可享受金额', en: 'no more can be asked for than there is a right to' },
  minAward: once(({ value }: { value: Fen }) => ({
    zh: `补助金额低于 ${money(value)} 元的不予发放`,
    en: `nothing is granted below ${money(value)} yuan`,
  })),
  nothing: { zh: '金额不足一分的不予发放', en: 'less than a fen is not granted' },
  validity: once(({ validityMonths, inFlightAtExpiry }: Pick<Law, 'validityMonths' | 'inFlightAtExpiry'>) => {
    const months = validityMonths?.value;
    const finishes = inFlightAtExpiry?.value === 'FINISH';
    return {
      zh: `算力券${months === undefined ? '' : `自发放之日起 ${months} 个月内有效，`}最后一日当日仍有效${finishes ? '；最后一日及以前提交的可继续办理' : ''}`,
      en: `the voucher is good ${months === undefined ? '' : `for ${months} months from its issue and `}through its last day${finishes ? '; what is submitted by then is finished' : ''}`,
    };
  }),
  usageWithinValidity: { zh: '使用期间应全部在算力券有效期内', en: 'the whole period of use is within the voucher’s validity' },
  usageEndsInValidity: {
    zh: '使用期间应不晚于算力券有效期最后一日结束',
    en: 'the period of use ends on or before the voucher’s last day',
  },
  redeemedBefore: { zh: '减去该合同已兑付和在审的金额', en: 'less what the contract has redeemed and reserved' },
  notCarried: {
    zh: '减去该合同已兑付和在审的金额，以前因限额未能兑付的部分不结转',
    en: 'less what the contract has redeemed and reserved; what a limit cut off before is not carried on',
  },
  voucherBalance: { zh: '不超过算力券余额', en: 'no more than the voucher’s balance' },
  invoiceAmount: { zh: '不超过本次结算的计入金额', en: 'no more than what counts of the invoice itself' },
  selfFunded: { zh: '使用方应先付清发票中由其自行承担的部分', en: 'the user has first paid its own part of the invoice' },
};

function facilityZh(condition: FacilityCondition): string {
  if (condition.kind === 'AI_COMPUTING')
    return `算力规模 ${condition.pflopsAtLeast} PFLOPS（${condition.precision}）以上（含）的人工智能计算中心`;
  if (condition.kind === 'DATA_CENTER') return ` ${condition.standardRacksAtLeast} 个标准机架以上（含）的数据中心`;
  return '超算中心';
}

function facilityEn(condition: FacilityCondition): string {
  if (condition.kind === 'AI_COMPUTING')
    return `an AI computing centre of at least ${condition.pflopsAtLeast} PFLOPS (${condition.precision})`;
  if (condition.kind === 'DATA_CENTER') return `a data centre of at least ${condition.standardRacksAtLeast} standard racks`;
  return 'a supercomputing centre';
}

// What a step calls its inputs and its outcomes that are no amounts.
const labels: Readonly<Record<string, Bilingual>> = {
  appliedOn: { zh: '申请日', en: 'applied on' },
  signedOn: { zh: '签订日', en: 'signed on' },
  issuedOn: { zh: '发放日', en: 'issued on' },
  expiresOn: { zh: '最后有效日', en: 'last day' },
  submittedOn: { zh: '提交日', en: 'submitted on' },
  bookedOn: { zh: '记账日', en: 'booked on' },
  usedFrom: { zh: '使用起始日', en: 'used from' },
  usedTo: { zh: '使用截止日', en: 'used to' },
  linesLeftOut: { zh: '未计入的明细行', en: 'lines left out' },
  facilities: { zh: '设施', en: 'facilities' },
  base: { zh: '基数', en: 'base' },
  baseBefore: { zh: '此前累计基数', en: 'base before' },
  contractBase: { zh: '合同基数', en: 'contract base' },
  rate: { zh: '规定比例', en: 'rate' },
  approvedRate: { zh: '核定比例', en: 'approved rate' },
  exact: { zh: '精确值', en: 'exact' },
  settled: { zh: '累计可兑付', en: 'for usage so far' },
  redeemedAndReserved: { zh: '已兑付和在审', en: 'redeemed and reserved' },
  cutOffBefore: { zh: '以前未能兑付且不结转', en: 'cut off before' },
  limit: { zh: '限额', en: 'limit' },
  window: { zh: '期间', en: 'window' },
  left: { zh: '剩余', en: 'left' },
  granted: { zh: '已获补助', en: 'granted already' },
  before: { zh: '限制前', en: 'before' },
  requested: { zh: '申请金额', en: 'asked for' },
  maximum: { zh: '核定最高金额', en: 'maximum' },
  required: { zh: '应自付', en: 'own part' },
  paid: { zh: '已付', en: 'paid' },
  minimum: { zh: '最低金额', en: 'minimum' },
  amount: { zh: '金额', en: 'amount' },
  byRate: { zh: '按比例分列的基数', en: 'base at each rate' },
  baseYear: { zh: '结算年度', en: 'year of settlement' },
  reviewed: { zh: '评审认定金额', en: 'left by the review' },
  kind: { zh: '主体类型', en: 'kind' },
  matter: { zh: '事项', en: 'matter' },
  firstYear: { zh: '首次获补助年度', en: 'year of the first award' },
  year: { zh: '年度', en: 'year' },
};
const outcomes: Readonly<Record<string, Bilingual>> = {
  APPLIES: { zh: '适用', en: 'applies' },
  TRIAL: { zh: '试算', en: 'trial' },
  ...findingNames,
  PASSED_IN_PART: { zh: '部分通过', en: 'passed in part' },
  PASSED: { zh: '通过', en: 'passed' },
  NOT_NAMED: { zh: '申请未涉及', en: 'not what the application is about' },
  COUNTED: { zh: '计入，尚不受限', en: 'counted, and bound by nothing yet' },
  EXEMPT: { zh: '不适用于该企业', en: 'not for this enterprise' },
  LIFETIME: { zh: '不分年度', en: 'all years' },
  ENTERPRISE: { zh: '企业', en: 'enterprise' },
  INSTITUTION: { zh: '机构', en: 'institution' },
};

/** Yuan to the fen, or the exact value before it is rounded down. */
const YUAN = /^-?\d+\.\d{2,}$/;
/** A window of several years. */
const YEARS = /^\d{4}\+\d+$/;

/**
 * The steps as numbered sentences, all or some of them: article, rule, what went in, what came out. A refusal ends with its code, whose
 * own sentence is the reader's to look up (errors.ts).
 */
export function explain(steps: readonly Step[], language: 'zh' | 'en', of: (step: Step) => boolean = () => true): string[] {
  const zh = language === 'zh';
  const say = (value: string) =>
    YUAN.test(value)
      ? `${grouped(value)}${zh ? ' 元' : ' yuan'}`
      : YEARS.test(value)
        ? windowInWords(value, language)
        : (outcomes[value]?.[language] ?? value);
  const result = (value: string) =>
    (outcomes[value] ?? YUAN.exec(value)) ? say(value) : zh ? `不予通过（${value}）` : `not passed (${value})`;
  return steps.flatMap((step, index) => {
    if (!of(step)) return [];
    const inputs = Object.entries(step.inputs)
      .map(([name, value]) => `${labels[name]?.[language] ?? name} ${say(value)}`)
      .join(zh ? '，' : ', ');
    const rule = zh ? step.ruleZh : step.ruleEn;
    const open =
      step.decidedBy === undefined
        ? ''
        : zh
          ? `【解释，由${step.decidedBy}决定】`
          : ` [our reading; decided by ${step.decidedBy}]`;
    const bound = step.bound !== true ? '' : zh ? '（受此限制）' : ' (this bound it)';
    return zh
      ? `${index + 1}. 依据${step.document}${step.article}：${rule}${open}。${inputs === '' ? '' : `${inputs}。`}结果：${result(step.result)}${bound}。`
      : `${index + 1}. ${step.document} ${step.article}: ${rule}${open}.${inputs === '' ? '' : ` ${capital(inputs)}.`} Result: ${result(step.result)}${bound}.`;
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const both = ['VOUCHER', 'REIMBURSEMENT'] as const;
const voucher = ['VOUCHER'] as const;

/** The parameters a programme of a flow can not be in force without, as reports and refusals name them. */
export const requiredParameters = {
  inForce: { zh: '施行日期', en: 'the day from which it is in force', of: both },
  flow: { zh: '兑现方式', en: 'flow (a voucher beforehand or reimbursement)', of: both },
  payee: { zh: '收款方', en: 'payee', of: both },
  base: { zh: '补助基数', en: 'base', of: both },
  amountBasis: { zh: '金额口径（是否含税）', en: 'amount basis (tax included or not)', of: both },
  rate: { zh: '补助比例', en: 'rate', of: both },
  mixedChips: { zh: '芯片来源不明或混合的处理', en: 'what holds for chips of mixed or unknown origin', of: both },
  limits: { zh: '限额', en: 'limits', of: both },
  allocation: { zh: '资金分配方式', en: 'allocation', of: both },
  serviceItems: { zh: '计入的服务事项', en: 'service items that count', of: both },
  validityMonths: { zh: '算力券有效期', en: 'validity of a voucher', of: voucher },
  funders: { zh: '资金分担', en: 'funders and their shares', of: both },
  settlementCadence: { zh: '结算周期', en: 'settlement cadence', of: both },
  selfFundedPaid: { zh: '自付部分的支付要求', en: 'whether the self-funded part is paid first', of: voucher },
  inFlightAtExpiry: { zh: '到期时在审兑付的处理', en: 'redemptions in flight at expiry', of: voucher },
  usageWithinValidity: { zh: '使用期间与有效期的关系', en: 'how usage relates to the validity', of: voucher },
  carryCutOff: { zh: '因限额未兑付部分是否结转', en: 'whether what a limit cut off is carried on', of: voucher },
  unusedFaceReturnsQuota: { zh: '过期未用是否恢复申领限额', en: 'whether unused face gives the limit back', of: voucher },
} as const satisfies Readonly<Record<string, Bilingual & { of: readonly ('VOUCHER' | 'REIMBURSEMENT')[] }>>;

export type RequiredParameter = keyof typeof requiredParameters;

/** The rule of a limit that accounts are kept for, in words: one of the law, the ceiling of a contract, or a stacking rule. */
export function limitInWords({ limits, stacking }: Pick<Law, 'limits' | 'stacking'>, limitId: string): Bilingual {
  if (limitId === CONTRACT_CEILING) return rules.contractCeiling;
  const limit = limits.find(({ id }) => id === limitId);
  if (limit) return rules.limit(limit);
  const stacked = stacking.find(({ id }) => id === limitId);
  if (!stacked) throw new Error(`the law has no limit ${limitId}`);
  return rules.stacking(stacked);
}
