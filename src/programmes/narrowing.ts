// Whether a later value of the law grants more than an earlier one. A programme's detailed rules, notices and guides fill in and narrow
// what the documents above them give; none may widen it (航空港区 九(七): 实施细则、申报通知、申报指南另行制定). Pure.
import { Decimal } from 'decimal.js';
import { formatYuan } from '../money.js';
import type { Fen } from '../money.js';
import { rules } from './explain.js';
import { documentName, documentRanks, lawOn } from './language.js';
import type {
  Bilingual,
  ChipOrigin,
  Citation,
  FacilityCondition,
  Law,
  Limit,
  Predicate,
  ProgrammeProblem,
  ProgrammeVersion,
  Rate,
  Ruled,
  StackingRule,
  TierCondition,
} from './language.js';

/** The law of one version as it stood for some days. */
export interface Standing {
  version: ProgrammeVersion;
  law: Law;
}

/** One value that widens what a document above its own gave: `parameter` as a path of the file, both values in words. */
export interface Widening extends Bilingual {
  parameter: string;
}

type Dated = { [K in keyof Law]-?: Law[K] extends Ruled<unknown> | null ? K : never }[keyof Law];
type ValueOf<K extends Dated> = NonNullable<Law[K]>['value'];

/** Which way a parameter narrows. Where `dropped` is false, leaving it out grants nothing. */
interface Direction<T> {
  name: Bilingual;
  widens: (before: T, after: T) => boolean;
  words: (value: T) => Bilingual;
  dropped?: false;
}

const plain = (text: string): Bilingual => ({ zh: text, en: text });
const both = (zh: string, en: string): Bilingual => ({ zh, en });
const yuan = (fen: Fen): Bilingual => {
  const grouped = formatYuan(fen).replace(/\B(?=(\d{3})+\.)/g, ',');
  return both(`${grouped} 元`, `${grouped} yuan`);
};

// The words of the file's codes, as a lawyer reads them.
const terms: Readonly<Record<string, Bilingual>> = {
  ENTERPRISE: both('企业', 'enterprises'),
  INSTITUTION: both('事业单位等机构', 'institutions'),
  LISTED_FOR_SERVICE_ITEM: both('使用期间在名单内', 'listed on every day of use'),
  LISTED_WHEN_SETTLED: both('结算日在名单内', 'listed when settled'),
  LOCAL: both('在本地登记', 'registered locally'),
  SELF_BUILT_SELF_USED: both('自建自用', 'own use of own facilities'),
  RELATED_PARTIES: both('关联方', 'related parties'),
  LISTED_PROVIDER: both('名单内的提供方', 'listed providers'),
  MODEL_RESEARCH: both('模型技术研究', 'model research'),
  PRODUCT_DEVELOPMENT: both('产品开发', 'product development'),
  SCENARIO_APPLICATION: both('场景应用', 'application in scenarios'),
  AI_COMPUTE: both('智能算力', 'AI compute'),
  SUPERCOMPUTE: both('超算算力', 'supercomputing'),
  GENERAL_COMPUTE: both('通用算力', 'general compute'),
  STORAGE: both('存储', 'storage'),
  NETWORK: both('网络', 'network'),
  SECURITY: both('安全', 'security'),
  CORPUS: both('语料', 'corpora'),
  MODEL_SERVICE: both('模型服务', 'model services'),
  TECHNOLOGY: both('技术合同', 'technology contracts'),
  RESEARCH_COST: both('研发成本', 'research costs'),
  GROSS: both('价税合计', 'tax included'),
  NET: both('不含税', 'without tax'),
  LOWER_RATE: both('按较低比例计', 'the lower rate'),
  NOT_COUNTED: both('不计入', 'not counted'),
  BEFORE_APPLICATION: both('申请前备案，合同全部计入', 'filed before the application, all of it counts'),
  BEFORE_USE: both('备案后的使用方计入', 'only use after filing counts'),
  PRELIMINARY_REVIEW: both('初审', 'preliminary review'),
  RECHECK: both('复核', 'recheck'),
  EXPERT_REVIEW: both('专家评审', 'expert review'),
  THIRD_PARTY_AUDIT: both('第三方审计', 'audit by a third party'),
  PUBLIC_NOTICE: both('公示', 'public notice'),
  FORBIDDEN: both('不得转让', 'not transferable'),
  BEFORE_REDEMPTION: both('兑付前付清自付部分', 'own part paid before redemption'),
  NOT_REQUIRED: both('不要求', 'not required'),
  FINISH: both('到期时在审的继续办理', 'what is in flight at expiry is finished'),
  LAPSE: both('到期时在审的失效', 'what is in flight at expiry lapses'),
  WHOLE: both('使用期间全部在有效期内', 'all use within the validity'),
  END: both('使用期间在有效期内结束', 'use ends within the validity'),
  CEILING: both('不超过', 'at most'),
  FLOOR: both('不低于', 'at least'),
  FIXED: both('每年安排', 'a fixed sum of'),
};
const term = (code: string): Bilingual => terms[code] ?? plain(code);
const list = (codes: readonly string[]): Bilingual =>
  both(codes.map((code) => term(code).zh).join('、'), codes.map((code) => term(code).en).join(', '));
const yes = (on: Bilingual, off: Bilingual) => (value: boolean) => (value ? on : off);

/** Whatever is granted by either, among what may be chosen: more choice is wider. */
const choice = <T extends string>(name: Bilingual): Direction<readonly T[]> => ({
  name,
  widens: (before, after) => after.some((one) => !before.includes(one)),
  words: list,
});
/** What all must be met: fewer demands are wider. */
const demands = <T extends string>(name: Bilingual): Direction<readonly T[]> => ({
  name,
  widens: (before, after) => before.some((one) => !after.includes(one)),
  words: list,
});
/** Of these words each grants more than the ones before it. */
const ordered = <T extends string>(name: Bilingual, narrowestFirst: readonly T[]): Direction<T> => ({
  name,
  widens: (before, after) => narrowestFirst.indexOf(after) > narrowestFirst.indexOf(before),
  words: term,
});

/**
 * Every parameter of the law, with its direction. Null: none is wider than another (who pays, in what order, by which department), so
 * what a lower document says of it fills in.
 */
const directions: { readonly [K in Dated]: Direction<ValueOf<K>> | null } = {
  responsibleDepartments: null,
  voucherKind: null,
  flow: null,
  payee: null,
  decidingDay: null,
  base: null,
  allocation: null,
  priority: null,
  funders: null,
  settlementCadence: null,
  usageConfirmation: null,
  stepDays: null,
  expertReview: null,
  providerSelection: null,
  amountBasis: ordered(both('金额口径', 'amount basis'), ['NET', 'GROSS']),
  rate: { name: both('补助比例', 'rate'), widens: rateWidens, words: rules.rate, dropped: false },
  mixedChips: ordered(both('混合芯片的处理', 'mixed chips'), ['NOT_COUNTED', 'LOWER_RATE']),
  pool: {
    name: both('年度资金总额', 'yearly pool'),
    // A floor promises money and bounds nothing.
    widens: (before, after) => before.kind !== 'FLOOR' && (after.kind === 'FLOOR' || after.amountFen > before.amountFen),
    words: ({ kind, amountFen }) => both(`${term(kind).zh} ${yuan(amountFen).zh}`, `${term(kind).en} ${yuan(amountFen).en}`),
  },
  beneficiaryKinds: choice(both('支持对象', 'beneficiaries')),
  providerConditions: demands(both('提供方条件', 'conditions of the provider')),
  facilityConditions: { name: both('设施条件', 'conditions of the facility'), widens: facilitiesWiden, words: rules.facilities },
  purposes: choice(both('用途', 'purposes')),
  serviceItems: choice(both('计入的服务事项', 'service items that count')),
  exclusions: demands(both('不予补助的情形', 'exclusions')),
  filing: ordered(both('备案要求', 'filing'), ['BEFORE_USE', 'BEFORE_APPLICATION']),
  contractSignedOnOrAfter: {
    name: both('合同最早签订日', 'earliest day of signing'),
    widens: (before, after) => after < before,
    words: plain,
  },
  minBase: { name: both('最低基数', 'least base'), widens: (before, after) => after < before, words: yuan },
  maxAward: { name: both('单笔最高补助金额', 'most of one award'), widens: (before, after) => after > before, words: yuan },
  minAward: { name: both('最低补助金额', 'least award'), widens: (before, after) => after < before, words: yuan },
  reviewSteps: demands(both('审核环节', 'review steps')),
  noticeDays: {
    name: both('公示期', 'public notice'),
    widens: (before, after) => after < before,
    words: (days) => both(`${days} 个工作日`, `${days} working days`),
  },
  twoApproversAbove: {
    name: both('须两人批准的金额', 'amount above which two approve'),
    widens: (before, after) => after > before,
    words: yuan,
  },
  transfer: ordered(both('转让', 'transfer'), ['FORBIDDEN']),
  validityMonths: {
    name: both('算力券有效期', 'validity of a voucher'),
    widens: (before, after) => after > before,
    words: (months) => both(`${months} 个月`, `${months} months`),
  },
  activationDays: {
    name: both('接受期限', 'days to accept the voucher'),
    widens: (before, after) => after > before,
    words: (days) => both(`${days} 日`, `${days} days`),
  },
  expiredBalance: null,
  selfFundedPaid: ordered(both('自付部分的支付要求', 'self-funded part'), ['BEFORE_REDEMPTION', 'NOT_REQUIRED']),
  inFlightAtExpiry: ordered(both('到期时在审的处理', 'in flight at expiry'), ['LAPSE', 'FINISH']),
  usageWithinValidity: ordered(both('使用期间与有效期的关系', 'use within the validity'), ['WHOLE', 'END', 'NOT_REQUIRED']),
  carryCutOff: {
    name: both('因限额未兑付部分的结转', 'carrying on what a limit cut off'),
    widens: (before, after) => after && !before,
    words: yes(both('结转', 'carried on'), both('不结转', 'not carried on')),
  },
  unusedFaceReturnsQuota: {
    name: both('过期未用部分的额度', 'quota of unused face'),
    widens: (before, after) => after && !before,
    words: yes(both('恢复额度', 'comes back'), both('不恢复额度', 'does not come back')),
  },
};

const pathOf: Partial<Record<Dated, string>> = {
  selfFundedPaid: 'redemption.selfFundedPaid',
  inFlightAtExpiry: 'redemption.inFlightAtExpiry',
  usageWithinValidity: 'redemption.usageWithinValidity',
  carryCutOff: 'redemption.carryCutOff',
  expiredBalance: 'redemption.expiredBalance',
  unusedFaceReturnsQuota: 'redemption.unusedFaceReturnsQuota',
};

/** A line as a rate tells it from others. */
interface Sort {
  chipOrigin: ChipOrigin;
  classes: readonly string[];
  modelClass: string | null;
  /** In months. */
  age: number;
}

/** What the line gets, in basis points; a line that no tier holds for does not count. */
function rateOf({ tiers }: Rate, line: Sort): number {
  const tier = tiers.find(
    ({ when }) =>
      when === null ||
      ((when.chipOrigin === null || when.chipOrigin === line.chipOrigin) &&
        (when.enterpriseClass === null || line.classes.includes(when.enterpriseClass)) &&
        (when.modelClass === null || when.modelClass === line.modelClass) &&
        (when.enterpriseAgeUnderMonths === null || line.age < when.enterpriseAgeUnderMonths)),
  );
  return tier?.basisPoints ?? 0;
}

/**
 * No line may get more than before, nor have a right to what was the approver's to decide. Whatever line a later tier and an earlier one
 * hold for: the one with no more classes, no other model and no less age than the two ask for reaches both as well, since anything
 * else could only let tiers before them hold. So one line for each two tiers, and each later tier alone, finds every difference.
 */
function rateWidens(before: Rate, after: Rate): boolean {
  const anything: TierCondition = { chipOrigin: null, enterpriseClass: null, modelClass: null, enterpriseAgeUnderMonths: null };
  const conditions = ({ tiers }: Rate): TierCondition[] => tiers.map(({ when }) => when ?? anything);
  return conditions(after).some((later) =>
    [anything, ...conditions(before)].some((earlier) =>
      (['DOMESTIC', 'NON_DOMESTIC'] as const).some((chipOrigin) => {
        const line: Sort = {
          chipOrigin: later.chipOrigin ?? earlier.chipOrigin ?? chipOrigin,
          classes: [later.enterpriseClass, earlier.enterpriseClass].flatMap((one) => one ?? []),
          modelClass: later.modelClass ?? earlier.modelClass,
          age: Math.min(later.enterpriseAgeUnderMonths ?? Infinity, earlier.enterpriseAgeUnderMonths ?? Infinity) - 1,
        };
        const [was, is] = [rateOf(before, line), rateOf(after, line)];
        return is > was || (is === was && is > 0 && before.kind === 'CEILING' && after.kind === 'EXACT');
      }),
    ),
  );
}

/** One of them must hold, so each of the later ones must be as strict as an earlier one of its kind. */
function facilitiesWiden(before: readonly FacilityCondition[], after: readonly FacilityCondition[]): boolean {
  return !after.every((is) =>
    before.some((was) => {
      if (is.kind === 'AI_COMPUTING' && was.kind === 'AI_COMPUTING')
        return is.precision === was.precision && new Decimal(is.pflopsAtLeast).gte(was.pflopsAtLeast);
      if (is.kind === 'DATA_CENTER' && was.kind === 'DATA_CENTER') return is.standardRacksAtLeast >= was.standardRacksAtLeast;
      return is.kind === was.kind;
    }),
  );
}

const yearsOf = ({ window }: Limit): number =>
  window.kind === 'YEARS_FROM_FIRST_AWARD' ? window.years : window.kind === 'YEAR' ? 1 : Infinity;

/** Whether whoever stays within `after` stays within `before` too. */
function limitHolds(before: Limit, after: Limit): boolean {
  // A contract is one legal person’s, and everything is the programme’s.
  const holder =
    after.per === before.per || after.per === 'PROGRAMME' || (before.per === 'CONTRACT' && after.per === 'LEGAL_PERSON');
  const number =
    before.amountFen === null || after.amountFen === null
      ? before.figure === after.figure && before.amountFen === after.amountFen
      : after.amountFen <= before.amountFen;
  return (
    after.counts === before.counts &&
    holder &&
    yearsOf(after) >= yearsOf(before) &&
    number &&
    (before.soft || !after.soft) &&
    after.exempt.every((one) => before.exempt.includes(one)) &&
    (before.onlyWithUpstream || !after.onlyWithUpstream) &&
    (after.lessUpstream || !before.lessUpstream) &&
    (!isShared(before) || after.account === before.account)
  );
}

/** Of several programmes together: the name begins with a dot. */
const isShared = ({ account }: { account: string }): boolean => account.startsWith('.');

/** A rule of the law in words, and that it counts together with other programmes. */
const together =
  <Rule extends { account: string }>(word: (rule: Rule) => Bilingual) =>
  (rule: Rule): Bilingual => {
    const { zh, en } = word(rule);
    return isShared(rule) ? both(`${zh}，与其他政策合计`, `${en}, together with other programmes`) : both(zh, en);
  };

function stackingHolds(before: StackingRule, after: StackingRule): boolean {
  const highest = (rule: StackingRule) => rule.strategy === 'HIGHEST_ONLY' || rule.strategy === 'BEST_HIGHEST_ONLY';
  // One award on a contract is never more than the highest of several.
  const strategy =
    before.strategy === after.strategy || (highest(before) && (highest(after) || after.strategy === 'ONE_AWARD_PER_CONTRACT'));
  return (
    strategy &&
    before.by === after.by &&
    (after.basisPoints ?? 0) <= (before.basisPoints ?? 0) &&
    (!isShared(before) || after.account === before.account)
  );
}

/** What a law says under one name, and what of another law stands in its place. */
interface Given {
  cite: Citation;
  words: Bilingual;
}
interface Clause {
  parameter: string;
  name: Bilingual;
  /** What the standing gives under this name; null where it is silent. */
  givenIn: (at: Standing) => Given | null;
  /** Whether the later law grants more than `before` does; null when leaving it out grants nothing. */
  widens: (before: Standing) => boolean;
  /** What the later law says instead; null: nothing. */
  answer: (before: Standing) => Given | null;
}

function clausesOf(history: readonly Standing[], after: Standing): Clause[] {
  const dated = (Object.keys(directions) as Dated[]).flatMap((parameter) => datedClause(parameter, after));
  const idsIn = (of: (at: Standing) => readonly { id: string }[]) => [
    ...new Set(history.flatMap((at) => of(at).map(({ id }) => id))),
  ];
  return [
    inForceClause(after),
    ...dated,
    ...idsIn(({ law }) => law.limits).map((id) =>
      ruleClause<Limit>(after, {
        id,
        list: 'limits',
        name: both(`限额“${id}”`, `the limit ${id}`),
        rulesIn: ({ law }) => law.limits,
        holds: limitHolds,
        alike: (one, other) =>
          one.counts === other.counts && one.per === other.per && yearsOf(one) === yearsOf(other) && one.figure === other.figure,
        words: together(rules.limit),
      }),
    ),
    ...idsIn(({ law }) => law.stacking).map((id) =>
      ruleClause<StackingRule>(after, {
        id,
        list: 'stacking',
        name: both(`重复享受规则“${id}”`, `the stacking rule ${id}`),
        rulesIn: ({ law }) => law.stacking,
        holds: stackingHolds,
        alike: (one, other) => one.strategy === other.strategy && one.by === other.by,
        words: together(rules.stacking),
      }),
    ),
    ...idsIn(({ version }) => version.eligibility).map((id) =>
      ruleClause(after, {
        id,
        list: 'eligibility',
        name: both(`申请条件“${id}”`, `the condition ${id}`),
        rulesIn: ({ version }) => version.eligibility,
        holds: predicateHolds,
        alike: () => false,
        words: rules.predicate,
      }),
    ),
  ];
}

/** A condition is kept where the later one is as hard, of as much at once (one item that fails costs that item only), and of all that it was of. */
const predicateHolds = (before: Predicate, after: Predicate): boolean =>
  before.id === after.id &&
  (after.strength === 'HARD' || before.strength === 'SOFT') &&
  (after.of === 'APPLICATION' || before.of === 'ITEM') &&
  (after.serviceItems === null || (before.serviceItems?.every((item) => after.serviceItems?.includes(item)) ?? false));

function datedClause<K extends Dated>(parameter: K, after: Standing): Clause[] {
  const direction: Direction<ValueOf<K>> | null = directions[parameter];
  if (direction === null) return [];
  const ruledIn = ({ law }: Standing) => law[parameter] as Ruled<ValueOf<K>> | null;
  const given = (ruled: Ruled<ValueOf<K>> | null): Given | null =>
    ruled && { cite: ruled.cite, words: direction.words(ruled.value) };
  const is = ruledIn(after);
  return [
    {
      parameter: pathOf[parameter] ?? parameter,
      name: direction.name,
      givenIn: (at) => given(ruledIn(at)),
      widens: (before) => {
        const was = ruledIn(before);
        return was !== null && (is === null ? direction.dropped !== false : direction.widens(was.value, is.value));
      },
      answer: () => given(is),
    },
  ];
}

/** A programme lasts no longer than the document that bounded it says. */
function inForceClause(after: Standing): Clause {
  const lastDay = ({ version }: Standing) => version.inForce?.to ?? null;
  const given = (at: Standing): Given | null =>
    at.version.inForce && {
      cite: at.version.inForce.cite,
      words: lastDay(at) === null ? both('不限期', 'no last day') : plain(lastDay(at) ?? ''),
    };
  return {
    parameter: 'inForce.to',
    name: both('失效日', 'last day in force'),
    givenIn: given,
    widens: (before) => (lastDay(before) ?? '9999-12-31') < (lastDay(after) ?? '9999-12-31'),
    answer: () => given(after),
  };
}

/** A rule of a list: it is kept where any rule of the later law is as narrow, under whatever id. */
function ruleClause<Rule extends { id: string; cite: Citation }>(
  after: Standing,
  of: {
    id: string;
    list: string;
    name: Bilingual;
    rulesIn: (at: Standing) => readonly Rule[];
    holds: (before: Rule, after: Rule) => boolean;
    alike: (before: Rule, after: Rule) => boolean;
    words: (rule: Rule) => Bilingual;
  },
): Clause {
  const ruleIn = (at: Standing) => of.rulesIn(at).find(({ id }) => id === of.id);
  const given = (rule: Rule | undefined): Given | null =>
    rule === undefined ? null : { cite: rule.cite, words: of.words(rule) };
  const answering = (before: Rule | undefined): Rule | undefined => {
    const rules = of.rulesIn(after);
    const narrow = before && rules.find((rule) => of.holds(before, rule));
    return narrow ?? ruleIn(after) ?? (before && rules.find((rule) => of.alike(before, rule)));
  };
  return {
    parameter: `${of.list}.${of.id}`,
    name: of.name,
    givenIn: (at) => given(ruleIn(at)),
    widens: (before) => {
      const was = ruleIn(before);
      return was !== undefined && !of.rulesIn(after).some((rule) => of.holds(was, rule));
    },
    answer: (before) => given(answering(ruleIn(before))),
  };
}

/** 0 is the highest. A document the version does not list ranks below all. */
function rankOf({ documents }: ProgrammeVersion, cite: Citation): number {
  const document = documents[cite.document];
  return document === undefined ? documentRanks.length : documentRanks.indexOf(document.kind);
}

const documentsOf = ({ documents }: ProgrammeVersion): string[] =>
  Object.values(documents).map(({ number, title }) => number ?? title);

/** Whether `later` still rests on the document that `earlier` cites. */
function rests(later: ProgrammeVersion, earlier: ProgrammeVersion, cite: Citation): boolean {
  const document = earlier.documents[cite.document];
  return document === undefined || documentsOf(later).includes(document.number ?? document.title);
}

/** The highest rank among the documents that `later` rests on and `earlier` did not know. */
function newestRank(earlier: ProgrammeVersion, later: ProgrammeVersion): number {
  const known = new Set(documentsOf(earlier));
  const added = Object.values(later.documents).filter(({ number, title }) => !known.has(number ?? title));
  return Math.min(documentRanks.length, ...added.map(({ kind }) => documentRanks.indexOf(kind)));
}

/**
 * What `after` grants beyond the laws before it (one, or several in order of their days) although the document it cites ranks below the
 * one that gave the earlier value. Each value is held against the latest one of every higher rank, so that a notice which narrowed
 * a measure may be loosened by another notice, and only as far as the measure goes. Where a higher document was silent, a lower one
 * fills in, and so it is where a new document of its rank has taken its place. Leaving a value out widens too, unless a document of
 * the same rank or a higher one has come since.
 */
export function widenings(before: Standing | readonly Standing[], after: Standing): Widening[] {
  const history: readonly Standing[] = Array.isArray(before) ? (before as readonly Standing[]) : [before as Standing];
  return clausesOf(history, after).flatMap((clause) => wideningOf(clause, history, after) ?? []);
}

function wideningOf(clause: Clause, history: readonly Standing[], after: Standing): Widening | null {
  const silent: Standing[] = clause.givenIn(after) === null ? [after] : [];
  let nearest = Infinity;
  for (const before of history.toReversed()) {
    const was = clause.givenIn(before);
    if (was === null) {
      silent.push(before);
      continue;
    }
    const rank = rankOf(before.version, was.cite);
    // A document of its rank or a higher one has left the matter open since, or has taken its document's place.
    const since = (later: ProgrammeVersion) => newestRank(before.version, later) <= rank;
    const replaced = since(after.version) && !rests(after.version, before.version, was.cite);
    if (replaced || silent.some(({ version }) => since(version))) continue;
    const is = clause.answer(before);
    if (rank >= Math.min(nearest, is === null ? Infinity : rankOf(after.version, is.cite))) continue;
    if (clause.widens(before)) return told(clause, { given: was, in: before.version }, is && { given: is, in: after.version });
    nearest = rank;
  }
  return null;
}

interface Side {
  given: Given;
  in: ProgrammeVersion;
}

function told({ parameter, name }: Clause, before: Side, after: Side | null): Widening {
  const source = ({ given, in: version }: Side) =>
    both(
      `${documentName(version, given.cite)}${given.cite.article}`,
      `${documentName(version, given.cite)} ${given.cite.article}`,
    );
  const [was, from] = [before.given.words, source(before)];
  if (after === null) {
    return {
      parameter,
      zh: `${name.zh}：${from.zh}规定“${was.zh}”，本版未再规定，也未引用同级或上级的新文件；下位文件只能收紧，不能放宽`,
      en: `${name.en}: ${from.en} gives “${was.en}”, which this version leaves out without a new document of that rank; a document lower in rank may narrow, not widen`,
    };
  }
  const [is, by] = [after.given.words, source(after)];
  return {
    parameter,
    zh: `${name.zh}：${by.zh}规定“${is.zh}”，宽于${from.zh}规定的“${was.zh}”；下位文件只能收紧，不能放宽`,
    en: `${name.en}: ${by.en} gives “${is.en}”, wider than “${was.en}” of ${from.en}; a document lower in rank may narrow, not widen`,
  };
}

const once = (all: readonly Widening[]): Widening[] => [...new Map(all.map((one) => [one.zh, one])).values()];

/** What a version widens between its own dated values. */
export function wideningsWithin(version: ProgrammeVersion): Widening[] {
  const standings = version.laws.map((law) => ({ version, law }));
  return once(standings.flatMap((after, index) => widenings(standings.slice(0, index), after)));
}

/** What a version widens, on its first day or later, of the laws that were in force before it began (in order of their days). */
export function wideningsSince(history: readonly Standing[], version: ProgrammeVersion): Widening[] {
  const { inForce } = version;
  if (inForce === null) return [];
  const later = version.laws.filter(({ from }) => from > inForce.from && (inForce.to === null || from <= inForce.to));
  return once([lawOn(version, inForce.from), ...later].flatMap((law) => widenings(history, { version, law })));
}

/** As problems of a programme file. */
export const asProblems = (all: readonly Widening[]): ProgrammeProblem[] =>
  all.map(({ parameter, zh, en }) => ({ code: 'WIDENS_A_HIGHER_DOCUMENT', path: parameter, line: null, zh, en }));
