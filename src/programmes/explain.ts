// The law in sentences: every rule is worded from the language, so a new programme explains itself without a line of code. Pure.
import type { Day } from '../calendar.js';
import type { Step } from '../ledger/explanations.js';
import { formatYuan } from '../money.js';
import type { Fen } from '../money.js';
import type { Bilingual, FacilityCondition, Law, Limit, Predicate, Rate, ServiceItem } from './language.js';

export type { Step } from '../ledger/explanations.js';

/** 2000 basis points are `20%`, 1234 are `12.34%`. */
export function percent(basisPoints: number): string {
  return `${basisPoints / 100}%`;
}

/** 1234567.89 as 1,234,567.89. */
function grouped(yuan: string): string {
  return yuan.replace(/\B(?=(\d{3})+\.)/g, ',');
}

const money = (fen: Fen): string => grouped(formatYuan(fen));

const baseNames = {
  CONTRACT_AMOUNT: { zh: '单个合同额', en: 'the amount of the single contract' },
  USAGE_FEE: { zh: '算力资源使用费', en: 'the fees for compute used' },
} as const;
const basisNames = {
  GROSS: { zh: '价税合计', en: 'tax included' },
  NET: { zh: '不含税', en: 'without tax' },
} as const;
const itemNames = {
  AI_COMPUTE: { zh: '智能算力', en: 'AI compute' },
  SUPERCOMPUTE: { zh: '超算算力', en: 'supercomputing' },
  GENERAL_COMPUTE: { zh: '通用算力', en: 'general compute' },
  STORAGE: { zh: '存储', en: 'storage' },
  NETWORK: { zh: '网络', en: 'network' },
  SECURITY: { zh: '安全', en: 'security' },
} as const;
const holderNames = {
  LEGAL_PERSON: { zh: '同一企业（法人，含分支机构）', en: 'one legal person, its branches included,' },
  CONTRACT: { zh: '单个合同', en: 'one contract' },
} as const;
const windowNames = {
  YEAR: { zh: '每年', en: 'in a calendar year' },
  LIFETIME: { zh: '累计', en: 'in total' },
} as const;
const countNames = {
  CLAIMED: { zh: '申领', en: 'claims' },
  REDEEMED: { zh: '兑付', en: 'redeems' },
} as const;

// A sentence is worded once for each value of the law, not once for each award.
function once<Value extends object>(word: (value: Value) => Bilingual): (value: Value) => Bilingual {
  const worded = new WeakMap<Value, Bilingual>();
  return (value) => {
    let rule = worded.get(value);
    if (rule === undefined) worded.set(value, (rule = word(value)));
    return rule;
  };
}

function rateRule({ kind, basisPoints }: Rate): Bilingual {
  const rate = percent(basisPoints);
  return kind === 'CEILING'
    ? {
        zh: `按不超过基数 ${rate} 的比例给予补助，合计后一次舍去分以下`,
        en: `at most ${rate} of the base, cut down to the fen once, on the total`,
      }
    : {
        zh: `按基数的 ${rate} 给予补助，合计后一次舍去分以下`,
        en: `${rate} of the base, cut down to the fen once, on the total`,
      };
}

/** The rules in words, from the values of the law. */
export const rules = {
  notInForce: { zh: '文本未规定施行日期，本次仅为试算', en: 'the text names no day from which it is in force: a trial only' },
  inForce: once(({ from, to }: { from: Day; to: Day | null }) => ({
    zh: `自 ${from} 起施行${to === null ? '' : `，有效期至 ${to}（含）`}，以申请日适用`,
    en: `in force from ${from}${to === null ? '' : ` to ${to} inclusive`}; the day of application decides`,
  })),
  missing: once((name: Bilingual) => ({ zh: `政策未规定：${name.zh}`, en: `the text does not give: ${name.en}` })),
  signedOnOrAfter: once(({ value }: { value: Day }) => ({
    zh: `合同应于 ${value} 及以后签订`,
    en: `the contract is signed on or after ${value}`,
  })),
  predicate: once(({ text, strength }: Predicate) => ({
    zh: `${strength === 'SOFT' ? '原则上' : ''}${text.zh}`,
    en: `${text.en}${strength === 'SOFT' ? ', as a rule' : ''}`,
  })),
  selfUse: {
    zh: '自建自用除外：使用方与提供方、设施所有方或运营方为同一法人（含分支机构）的不予补助',
    en: 'no support for own use: user and provider, facility owner or operator may not be one legal person, branches included',
  },
  listed: {
    zh: '提供方应在使用期间每一日均在相应服务事项的名单内',
    en: 'the provider is listed for the service item on every day of use',
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
  limit: once(({ counts, per, window, soft, amountFen }: Limit) => ({
    zh: `${holderNames[per].zh}${windowNames[window].zh}${countNames[counts].zh}金额${soft ? '原则上' : ''}不超过 ${money(amountFen)} 元`,
    en: `${holderNames[per].en} ${countNames[counts].en} at most ${money(amountFen)} yuan ${windowNames[window].en}${soft ? ', as a rule' : ''}`,
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
  before: { zh: '限制前', en: 'before' },
  requested: { zh: '申请金额', en: 'asked for' },
  maximum: { zh: '核定最高金额', en: 'maximum' },
  required: { zh: '应自付', en: 'own part' },
  paid: { zh: '已付', en: 'paid' },
  minimum: { zh: '最低金额', en: 'minimum' },
};
const outcomes: Readonly<Record<string, Bilingual>> = {
  APPLIES: { zh: '适用', en: 'applies' },
  TRIAL: { zh: '试算', en: 'trial' },
  MET: { zh: '符合', en: 'met' },
  NOT_MET: { zh: '不符合', en: 'not met' },
  NOT_RECORDED: { zh: '未核查', en: 'not recorded' },
  EXCEPTION: { zh: '经批准例外', en: 'approved exception' },
  PASSED_IN_PART: { zh: '部分通过', en: 'passed in part' },
  PASSED: { zh: '通过', en: 'passed' },
  LIFETIME: { zh: '不分年度', en: 'all years' },
};

/** Yuan to the fen, or the exact value before it is rounded down. */
const YUAN = /^-?\d+\.\d{2,}$/;

/**
 * The steps as numbered sentences: article, rule, what went in, what came out. A refusal ends with its code, whose own sentence is
 * the reader's to look up (errors.ts).
 */
export function explain(steps: readonly Step[], language: 'zh' | 'en'): string[] {
  const zh = language === 'zh';
  const say = (value: string) =>
    YUAN.test(value) ? `${grouped(value)}${zh ? ' 元' : ' yuan'}` : (outcomes[value]?.[language] ?? value);
  const result = (value: string) =>
    (outcomes[value] ?? YUAN.exec(value)) ? say(value) : zh ? `不予通过（${value}）` : `not passed (${value})`;
  return steps.map((step, index) => {
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

/** The parameters a programme can not be in force without, as reports and refusals name them. */
export const requiredParameters = {
  inForce: { zh: '施行日期', en: 'the day from which it is in force' },
  flow: { zh: '兑现方式', en: 'flow (a voucher beforehand or reimbursement)' },
  payee: { zh: '收款方', en: 'payee' },
  base: { zh: '补助基数', en: 'base' },
  amountBasis: { zh: '金额口径（是否含税）', en: 'amount basis (tax included or not)' },
  rate: { zh: '补助比例', en: 'rate' },
  limits: { zh: '限额', en: 'limits' },
  allocation: { zh: '资金分配方式', en: 'allocation' },
  serviceItems: { zh: '计入的服务事项', en: 'service items that count' },
  validityMonths: { zh: '算力券有效期', en: 'validity of a voucher' },
  funders: { zh: '资金分担', en: 'funders and their shares' },
  settlementCadence: { zh: '结算周期', en: 'settlement cadence' },
  selfFundedPaid: { zh: '自付部分的支付要求', en: 'whether the self-funded part is paid first' },
  inFlightAtExpiry: { zh: '到期时在审兑付的处理', en: 'redemptions in flight at expiry' },
  usageWithinValidity: { zh: '使用期间与有效期的关系', en: 'how usage relates to the validity' },
  carryCutOff: { zh: '因限额未兑付部分是否结转', en: 'whether what a limit cut off is carried on' },
  unusedFaceReturnsQuota: { zh: '过期未用是否恢复申领限额', en: 'whether unused face gives the limit back' },
} as const satisfies Readonly<Record<string, Bilingual>>;

export type RequiredParameter = keyof typeof requiredParameters;
