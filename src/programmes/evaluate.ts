// What a programme gives for these facts, and why: facts and a version in, an award with its explanation or one refusal out. Pure,
// and without a number of any programme: every rate, cap, threshold and day comes from the version.
import { voucherLastDay, yearOf } from '../calendar.js';
import type { Day } from '../calendar.js';
import { floorWeighted, formatWeighted, formatYuan, minFen, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { percent, requiredParameters, rules } from './explain.js';
import type { RequiredParameter, Step } from './explain.js';
import { CONTRACT_CEILING, documentName, lawOn } from './language.js';
import type { Bilingual, Citation, Law, Limit, Matter, ProgrammeVersion, StackingRule } from './language.js';
import {
  amountOf,
  described,
  describedRates,
  highestOf,
  lineRefusals,
  nothingCounted,
  weigh,
  weightOfContract,
  worstOf,
} from './lines.js';
import type { Applicant, ContractTerms, Counted, Dealing, Facility, Line, Use } from './lines.js';

export type { ContractTerms, Dealing, Enterprise, Facility, Line, Observation, Provider } from './lines.js';

/** What the numbers and windows of limits depend on. */
export interface LimitFacts {
  /**
   * The ledger's day of the issue or award, or of the redemption's approval (while reserving: of its receipt): decides the window of a
   * limit, and its amount.
   */
  bookedOn: Day;
  /** What the application is about, where rules look at several awards together. */
  matters: Readonly<Partial<Record<Matter, string>>>;
  /** Limit id → the figure on record that is its number (fen). A limit that asks for one and is not here is unknown. */
  figures: Readonly<Record<string, Fen>>;
  /** National and provincial money of the project or the contract (fen), and whether there is any. */
  upstream: { supported: boolean; amountFen: Fen };
  /** Limit id → what approved exceptions raised it by, for this holder and window (fen); of a soft limit only. */
  raised: Readonly<Record<string, Fen>>;
  /** Limit id → the year of the holder's first award under it; one that is not here begins with this award. */
  firstAwardYears: Readonly<Record<string, number>>;
}

/** Nothing on record but the day. */
export const nothingOnRecord = (bookedOn: Day): LimitFacts => ({
  bookedOn,
  matters: {},
  figures: {},
  upstream: { supported: false, amountFen: 0n },
  raised: {},
  firstAwardYears: {},
});

/** Who, on what contract, and when: enough for `limitsTouched`. */
export interface Circumstances extends Applicant, Dealing, LimitFacts {
  contract: ContractTerms & { lines: readonly Line[] };
}

export interface IssueFacts extends Circumstances {
  /** What is left, per id of `limitsTouched('ISSUE')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  /** Granted and promised to nobody; leave out for a trial. */
  poolLeft?: Fen | undefined;
  /** Of a CEILING rate, what the approver granted. */
  approvedBasisPoints?: number | undefined;
  /** What the enterprise asked for; more than it has a right to is refused. */
  requestedFen?: Fen | undefined;
  /** What an approval bound: more is cut, never refused. */
  maximumFen?: Fen | undefined;
}

/** A line that was bought, used and paid for, to be reimbursed. `settledOn`: paid in full on that day; null: not yet. */
export interface SettledLine extends Line {
  usage: { from: Day; to: Day };
  settledOn: Day | null;
}

export interface AwardFacts extends Applicant, LimitFacts {
  /** Of a base of settled fees: the year in which they were settled. */
  baseYear: number;
  items: readonly (Dealing & { lines: readonly SettledLine[] })[];
  /** What is left, per id of `limitsTouched('AWARD')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  /** Granted and promised to nobody; leave out for a trial. */
  poolLeft?: Fen | undefined;
  /** What the expert review left; more than is computed is refused. */
  approvedFen?: Fen | undefined;
  requestedFen?: Fen | undefined;
  maximumFen?: Fen | undefined;
}

export interface RedemptionFacts extends Circumstances {
  /** The Shanghai day on which the redemption was received. */
  submittedOn: Day;
  /**
   * `expiresOn` is the last day, inclusive. `balanceFen` is what the voucher can pay this redemption: its balance, and what it has
   * reserved for this one already. `approvedBasisPoints` as at issue.
   */
  voucher: { issuedOn: Day; expiresOn: Day; balanceFen: Fen; approvedBasisPoints?: number | undefined };
  usage: { from: Day; to: Day };
  /** The invoice's lines, red letters included. */
  lines: readonly Line[];
  /** What the enterprise has paid of this invoice, tax included. */
  paidFen: Fen;
  /** Sum of the `baseFen` of every other live redemption of this contract and programme. */
  baseBeforeFen: Fen;
  /** Sum of their `weighted`; left out where the law has one rate: `baseBeforeFen` at that rate. */
  weightedBefore?: bigint | undefined;
  /** Redeemed (net of reversals) and reserved on this contract and programme, this redemption left out. */
  redeemedAndReservedFen: Fen;
  /** Sum of `cutOffFen` of those live redemptions. */
  cutOffBeforeFen: Fen;
  /** What is left, per id of `limitsTouched('REDEEM')`, in fen. A limit that is not here is unknown: the case is held. */
  limitsLeft: Readonly<Record<string, Fen>>;
  requestedFen?: Fen | undefined;
  maximumFen?: Fen | undefined;
}

/**
 * `computedFen` is the award before limits, balances and requests; `bound` what lowered it last (a limit's or stacking rule's id, POOL,
 * MAX_AWARD, VOUCHER_BALANCE, INVOICE_AMOUNT, REVIEW, REQUESTED or MAXIMUM); `baseFen` what of the lines counts, `weighted` the same with each
 * line at its rate (fen × basis points). `cutOffFen` is what limits and the pool or the voucher's balance took away, whatever was
 * asked for: of a redemption it is not carried to a later invoice.
 */
export interface Award {
  kind: 'award';
  amountFen: Fen;
  computedFen: Fen;
  bound: string | null;
  cutOffFen: Fen;
  baseFen: Fen;
  weighted: bigint;
  explanation: readonly Step[];
}

/** Refused for good, or held until a figure is known; the explanation ends with the step that stopped it. */
export interface NoAward {
  kind: 'refused' | 'held';
  code: string;
  params: Readonly<Record<string, string>>;
  explanation: readonly Step[];
}

export type Evaluation = Award | NoAward;

/**
 * An account of a limit: `account` its name in the ledger, `window` the year (`2024`), `2024+3` for three years from 2024 on, or
 * `LIFETIME`; `amountFen` the law's number for it with what exceptions raised it by, null when the figure is not on record.
 */
export interface TouchedLimit {
  limitId: string;
  account: string;
  counts: 'CLAIMED' | 'REDEEMED' | 'AWARDED';
  holder: { kind: 'LEGAL_PERSON' | 'CONTRACT' | 'PROGRAMME' | Matter; id: string };
  window: string;
  amountFen: Fen | null;
  soft: boolean;
}

type Stage = 'ISSUE' | 'REDEEM' | 'AWARD';

/** The day whose law decides: that of the application, unless the law of that day names the signing of the contract. */
export function decidingDayOf(version: ProgrammeVersion, days: { appliedOn: Day; signedOn: Day | null }): Day {
  return decidedBySigning(version, days) ?? days.appliedOn;
}

function decidedBySigning(
  version: ProgrammeVersion,
  { appliedOn, signedOn }: { appliedOn: Day; signedOn: Day | null },
): Day | null {
  return lawOn(version, appliedOn).decidingDay?.value === 'CONTRACT_SIGNING' ? signedOn : null;
}

/**
 * The limits that issuing, redeeming or awarding under these facts counts against, amounts in fen, in the order they are applied; those
 * whose holder or window the facts do not tell are left out, and refused by the evaluation. At ISSUE the first is CONTRACT_CEILING:
 * floor(the law's rate × what counts of the contract), whatever rate was approved. Stacking rules are limits that all awards of their
 * group count against: of HIGHEST_ONLY and its like the number is this programme's own computed award, so that together they
 * come to no more than the highest.
 */
export function limitsTouched(version: ProgrammeVersion, stage: Stage, at: Circumstances | AwardFacts): TouchedLimit[] {
  const subject = subjectOf(at);
  const dated = datedLimits(version, stage, at, subject);
  if (stage === 'REDEEM') return touched(dated);
  const law = lawOf(version, at, subject);
  const counted = 'items' in at ? countItems(law, at) : countContract(law, at, undefined);
  const computedFen = law.rate === null || law.amountBasis === null ? 0n : floorWeighted(counted.weighted);
  const ceiling = 'items' in at ? [] : [contractCeiling(version, at.contract.id, computedFen)];
  return [...ceiling, ...touched(inOrder(version, dated, stackingLimits(law, at, subject, computedFen)))];
}

const touched = (limits: readonly AppliedLimit[]): TouchedLimit[] =>
  limits.flatMap((limit) => (limit.kind === 'REFUSED' || limit.kind === 'EXEMPT' ? [] : [limit.touched]));

/**
 * The face of a voucher for this contract: floor(rate × what counts of it) within the contract's ceiling, the limits of the law, the
 * money granted and what was approved. Refuses, in this order: PROGRAMME_NOT_IN_FORCE, PARAMETER_MISSING, RATE_IS_EXACT,
 * RATE_ABOVE_CEILING, OWN_POLICY, BENEFICIARY_KIND, PROVIDER_MAY_NOT_CLAIM, NOT_ELIGIBLE, one of the lines' refusals when no line
 * counts, BELOW_MINIMUM_BASE, NOTHING_TO_AWARD, AMOUNT_ABOVE_ENTITLEMENT, what the first limit that stands in the way has to say
 * (MATTER_NOT_NAMED, LIMIT_WINDOW_OVER, LIMIT_EXHAUSTED, CONTRACT_ALREADY_AWARDED, STACKED_OUT, or held with LIMIT_UNKNOWN),
 * POOL_EXHAUSTED, BELOW_MINIMUM_AWARD.
 */
export function evaluateIssue(version: ProgrammeVersion, facts: IssueFacts): Evaluation {
  const subject = subjectOf(facts);
  const law = lawOf(version, facts, subject);
  const trail = new Trail(version);
  const refused = explainLaw(trail, version, law, facts, subject);
  if (refused !== null) return refused;
  const { amountBasis, base, rate } = law;
  if (base === null || amountBasis === null || rate === null) return missing(trail, version, law);

  const approved = facts.approvedBasisPoints;
  if (approved !== undefined) {
    const highest = highestOf(rate.value);
    const params = { rate: percent(highest), approved: percent(approved) };
    const inputs = { rate: params.rate, approvedRate: params.approved };
    if (rate.value.kind === 'EXACT' && approved !== rate.value.flat)
      return trail.refuse(rate.cite, rules.exactRate, inputs, 'RATE_IS_EXACT', params);
    if (approved > highest) return trail.refuse(rate.cite, rules.rateCeiling, inputs, 'RATE_ABOVE_CEILING', params);
  }
  const barred = explainApplicant(trail, version, law, facts);
  if (barred !== null) return barred;

  const counted = countContract(law, facts, approved);
  const use = on(facts.appliedOn);
  const none = explainLines(trail, law, counted, facts.facilities, use.to);
  if (none !== null) return none;

  const { baseFen, weighted } = counted;
  const small = explainBase(trail, law, base.cite, amountBasis.cite, baseFen);
  if (small !== null) return small;
  const computedFen = floorWeighted(weighted);
  const inputs = { ...baseInput(law, counted), ...approvedInput(approved), exact: formatWeighted(weighted) };
  if (computedFen <= 0n)
    return trail.refuse(rate.cite, rules.nothing, inputs, 'NOTHING_TO_AWARD', { base: formatYuan(baseFen), exact: inputs.exact });
  trail.add(rate.cite, rules.rate(rate.value), inputs, formatYuan(computedFen));

  const { requestedFen, poolLeft } = facts;
  if (requestedFen !== undefined && requestedFen > computedFen)
    return aboveEntitlement(trail, rate.cite, requestedFen, computedFen);

  // Caps are whole fen, so to cap the floored amount is to cap the exact one before rounding.
  trail.amountFen = computedFen;
  capAward(trail, law);
  const byLaw = approved === undefined ? weighted : countContract(law, facts, undefined).weighted;
  const ceiling: AppliedLimit = {
    kind: 'LIMIT',
    touched: contractCeiling(version, facts.contract.id, floorWeighted(byLaw)),
    cite: rate.cite,
    rule: rules.contractCeiling,
  };
  const dated = datedLimits(version, 'ISSUE', facts, subject);
  const stacked = stackingLimits(law, facts, subject, floorWeighted(byLaw));
  const limits = inOrder(version, [ceiling, ...dated], stacked);
  const beyond = applyLimits(trail, limits, facts.limitsLeft) ?? applyPool(trail, version, law, poolLeft);
  if (beyond !== null) return beyond;
  const cutOffFen = computedFen - trail.amountFen;
  applyWishes(trail, rate.cite, facts);
  return trail.grant(law, { computedFen, cutOffFen, baseFen, weighted });
}

/**
 * What is reimbursed of what was bought, settled and paid: floor(Σ rate × what counts), within what the review left, the limits of the
 * law and the money granted. Fees of PRIOR_YEAR_SETTLED_FEE count when they were settled in `baseYear`. Refuses, in this order:
 * PROGRAMME_NOT_IN_FORCE, PARAMETER_MISSING, OWN_POLICY, BENEFICIARY_KIND, PROVIDER_MAY_NOT_CLAIM, NOT_ELIGIBLE, one of the lines'
 * refusals when no line counts, BELOW_MINIMUM_BASE, NOTHING_TO_AWARD, AMOUNT_ABOVE_ENTITLEMENT, RATE_IS_EXACT, what the first limit
 * that stands in the way has to say (ONE_CONTRACT_ONLY, MATTER_NOT_NAMED, LIMIT_WINDOW_OVER, LIMIT_EXHAUSTED,
 * CONTRACT_ALREADY_AWARDED, STACKED_OUT, or held with LIMIT_UNKNOWN), POOL_EXHAUSTED, BELOW_MINIMUM_AWARD.
 */
export function evaluateAward(version: ProgrammeVersion, facts: AwardFacts): Evaluation {
  const subject = subjectOf(facts);
  const law = lawOf(version, facts, subject);
  const trail = new Trail(version);
  const refused = explainLaw(trail, version, law, facts, subject);
  if (refused !== null) return refused;
  const { amountBasis, base, rate } = law;
  if (base === null || amountBasis === null || rate === null) return missing(trail, version, law);
  const barred = explainApplicant(trail, version, law, facts);
  if (barred !== null) return barred;

  const counted = countItems(law, facts);
  const none = explainLines(
    trail,
    law,
    counted,
    [...new Map(facts.items.flatMap(({ facilities }) => facilities.map((facility) => [facility.id, facility]))).values()],
    facts.appliedOn,
  );
  if (none !== null) return none;

  const { baseFen, weighted } = counted;
  const small = explainBase(trail, law, base.cite, amountBasis.cite, baseFen, baseYearOf(law, facts));
  if (small !== null) return small;
  const computedFen = floorWeighted(weighted);
  const inputs = { ...baseInput(law, counted), exact: formatWeighted(weighted) };
  if (computedFen <= 0n)
    return trail.refuse(rate.cite, rules.nothing, inputs, 'NOTHING_TO_AWARD', { base: formatYuan(baseFen), exact: inputs.exact });
  trail.add(rate.cite, rules.rate(rate.value), inputs, formatYuan(computedFen));

  for (const wished of [facts.requestedFen, facts.approvedFen])
    if (wished !== undefined && wished > computedFen) return aboveEntitlement(trail, rate.cite, wished, computedFen);
  if (rate.value.kind === 'EXACT' && facts.approvedFen !== undefined && facts.approvedFen < computedFen) {
    const params = { rate: percent(highestOf(rate.value)), approved: formatYuan(facts.approvedFen) };
    return trail.refuse(rate.cite, rules.exactRate, { reviewed: params.approved }, 'RATE_IS_EXACT', params);
  }
  trail.amountFen = computedFen;
  capAward(trail, law);
  if (facts.approvedFen !== undefined) {
    const cite = law.reviewSteps?.cite ?? rate.cite;
    trail.cap(cite, rules.reviewed, { reviewed: formatYuan(facts.approvedFen) }, facts.approvedFen, 'REVIEW');
  }
  const dated = datedLimits(version, 'AWARD', facts, subject);
  const limits = inOrder(version, dated, stackingLimits(law, facts, subject, computedFen));
  const approvedFen = trail.amountFen;
  const beyond = applyLimits(trail, limits, facts.limitsLeft) ?? applyPool(trail, version, law, facts.poolLeft);
  if (beyond !== null) return beyond;
  const cutOffFen = approvedFen - trail.amountFen;
  applyWishes(trail, rate.cite, facts);
  return trail.grant(law, { computedFen, cutOffFen, baseFen, weighted });
}

/** Of every line of a reimbursement, item by item and in order: its rate in basis points, or the code of why it does not count. */
export function findingsOf(
  version: ProgrammeVersion,
  facts: AwardFacts,
): { lineNo: number; basisPoints: number | null; refusal: string | null }[][] {
  const law = lawOf(version, facts, subjectOf(facts));
  return facts.items.map((item) =>
    item.lines.map((line) => {
      const found = weigh(nothingCounted(), law, facts, item, line, useOf(law, facts, line), undefined);
      const { lineNo } = line;
      return typeof found === 'number'
        ? { lineNo, basisPoints: found, refusal: null }
        : { lineNo, basisPoints: null, refusal: found.code };
    }),
  );
}

/**
 * What this invoice redeems: floor(rate × all that counts of this contract's redeemed invoices and this one, never more than the rate
 * of the contract) − redeemed and reserved − what limits cut off before (unless the programme carries it), within the limits, the
 * voucher's balance and the invoice itself. Cumulative, so splitting an invoice gains no fen and loses none. Refuses, in this order:
 * PARAMETER_MISSING, VOUCHER_EXPIRED, USAGE_OUTSIDE_VALIDITY, one of the lines' refusals when no line counts, NOTHING_TO_REDEEM,
 * AMOUNT_ABOVE_ENTITLEMENT, LIMIT_EXHAUSTED, VOUCHER_EMPTY, SELF_FUNDED_PART_UNPAID. Holds with LIMIT_UNKNOWN.
 * The law is that of the application's day, in force or not by now; the limits are those of `bookedOn`.
 */
export function evaluateRedemption(version: ProgrammeVersion, facts: RedemptionFacts): Evaluation {
  const subject = subjectOf(facts);
  const law = lawOf(version, facts, subject);
  const trail = new Trail(version);
  const { amountBasis, base, rate } = law;
  if (base === null || amountBasis === null || rate === null) return missing(trail, version, law);

  const { voucher, usage, submittedOn, bookedOn, requestedFen } = facts;
  const finishes = law.inFlightAtExpiry?.value === 'FINISH';
  const validityCite = law.inFlightAtExpiry?.cite ?? law.validityMonths?.cite ?? version.basis;
  const validityRule = rules.validity(law);
  const validityInputs = { issuedOn: voucher.issuedOn, expiresOn: voucher.expiresOn, submittedOn, bookedOn };
  if ((finishes ? submittedOn : bookedOn) > voucher.expiresOn)
    return trail.refuse(validityCite, validityRule, validityInputs, 'VOUCHER_EXPIRED', {
      expiresOn: voucher.expiresOn,
      submittedOn,
    });
  trail.add(validityCite, validityRule, validityInputs, 'APPLIES');

  const within = law.usageWithinValidity;
  if (within !== null && within.value !== 'NOT_REQUIRED') {
    const whole = within.value === 'WHOLE';
    const rule = whole ? rules.usageWithinValidity : rules.usageEndsInValidity;
    const inputs = { usedFrom: usage.from, usedTo: usage.to, issuedOn: voucher.issuedOn, expiresOn: voucher.expiresOn };
    if (usage.to > voucher.expiresOn || (whole && usage.from < voucher.issuedOn))
      return trail.refuse(within.cite, rule, inputs, 'USAGE_OUTSIDE_VALIDITY', inputs);
    trail.add(within.cite, rule, inputs, 'PASSED');
  }

  const approved = voucher.approvedBasisPoints;
  const counted = nothingCounted();
  for (const line of facts.lines) weigh(counted, law, facts, facts, line, { period: usage }, approved);
  const none = explainLines(trail, law, counted, facts.facilities, usage.to);
  if (none !== null) return none;

  const { baseFen, weighted } = counted;
  trail.add(base.cite, rules.base(law), {}, formatYuan(baseFen), amountBasis.cite);

  const ofContract = weightOfContract(law, facts, facts.contract.lines, approved);
  const before = facts.weightedBefore ?? weightedBeforeOf(rate.value, facts.baseBeforeFen, approved);
  const settled = minFen(ofContract.weighted, before + weighted);
  const entitledFen = floorWeighted(settled);
  const inputs = {
    ...baseInput(law, counted),
    baseBefore: formatYuan(facts.baseBeforeFen),
    contractBase: formatYuan(ofContract.baseFen),
    ...approvedInput(approved),
    exact: formatWeighted(settled),
  };
  trail.add(rate.cite, rules.settledRate(rate.value), inputs, formatYuan(entitledFen));

  const carries = law.carryCutOff?.value === true;
  const cutBefore = carries ? 0n : facts.cutOffBeforeFen;
  const computedFen = entitledFen - facts.redeemedAndReservedFen - cutBefore;
  const less = {
    settled: formatYuan(entitledFen),
    redeemedAndReserved: formatYuan(facts.redeemedAndReservedFen),
    ...(carries ? {} : { cutOffBefore: formatYuan(cutBefore) }),
  };
  const beforeCite = law.carryCutOff?.cite ?? rate.cite;
  if (computedFen <= 0n)
    return trail.refuse(beforeCite, carries ? rules.redeemedBefore : rules.notCarried, less, 'NOTHING_TO_REDEEM', less);
  trail.add(beforeCite, carries ? rules.redeemedBefore : rules.notCarried, less, formatYuan(computedFen));

  if (requestedFen !== undefined && requestedFen > computedFen)
    return aboveEntitlement(trail, rate.cite, requestedFen, computedFen);

  trail.amountFen = computedFen;
  const beyond = applyLimits(trail, datedLimits(version, 'REDEEM', facts, subject), facts.limitsLeft);
  if (beyond !== null) return beyond;

  const balance = { left: formatYuan(voucher.balanceFen) };
  if (voucher.balanceFen <= 0n) return trail.refuse(version.basis, rules.voucherBalance, balance, 'VOUCHER_EMPTY', balance);
  trail.cap(version.basis, rules.voucherBalance, balance, voucher.balanceFen, 'VOUCHER_BALANCE');
  const cutOffFen = computedFen - trail.amountFen;

  // Entitlement left over from earlier invoices may be redeemed with a later one, but never for more than that one costs.
  if (baseFen < trail.amountFen) trail.cap(base.cite, rules.invoiceAmount, {}, baseFen, 'INVOICE_AMOUNT');
  applyWishes(trail, rate.cite, facts);
  if (trail.amountFen <= 0n) return trail.refuse(rate.cite, rules.nothing, less, 'NOTHING_TO_REDEEM', less);

  const paid = law.selfFundedPaid;
  if (paid !== null && paid.value === 'BEFORE_REDEMPTION') {
    const required = sumFen(facts.lines.map((line) => line.grossFen)) - trail.amountFen;
    const inputs = { required: formatYuan(required), paid: formatYuan(facts.paidFen) };
    if (facts.paidFen < required) return trail.refuse(paid.cite, rules.selfFunded, inputs, 'SELF_FUNDED_PART_UNPAID', inputs);
    trail.add(paid.cite, rules.selfFunded, inputs, formatYuan(trail.amountFen));
  }
  return trail.award({ computedFen, cutOffFen, baseFen, weighted });
}

/**
 * The last day of a voucher issued on `issuedOn` for an application of `appliedOn`, inclusive: its validity, and never after the
 * programme's own last day (DOMAIN 1.3-11). Null when the law gives no validity.
 */
export function voucherExpiresOn(version: ProgrammeVersion, appliedOn: Day, issuedOn: Day): Day | null {
  const months = lawOn(version, appliedOn).validityMonths?.value;
  if (months === undefined) return null;
  const last = voucherLastDay(issuedOn, months);
  const end = version.inForce?.to ?? null;
  return end !== null && end < last ? end : last;
}

/** Where an enterprise of these classes stands in the queue: 0 is served first; without a class of the law's, last. */
export function priorityRank(version: ProgrammeVersion, appliedOn: Day, classes: readonly string[]): number {
  const order = lawOn(version, appliedOn).priority?.value ?? [];
  const rank = order.findIndex((one) => classes.includes(one.class));
  return rank < 0 ? order.length : rank;
}

/** An award as JSON has it. */
export interface AwardJson {
  kind: 'award';
  amount: string;
  computed: string;
  bound: string | null;
  cutOff: string;
  base: string;
  explanation: readonly Step[];
}

/** An evaluation as JSON has it: every amount a yuan string. */
export function evaluationJson(evaluation: Award): AwardJson;
export function evaluationJson(evaluation: Evaluation): AwardJson | NoAward;
export function evaluationJson(evaluation: Evaluation): AwardJson | NoAward {
  if (evaluation.kind !== 'award') return evaluation;
  const { kind, amountFen, computedFen, bound, cutOffFen, baseFen, explanation } = evaluation;
  return {
    kind,
    amount: formatYuan(amountFen),
    computed: formatYuan(computedFen),
    bound,
    cutOff: formatYuan(cutOffFen),
    base: formatYuan(baseFen),
    explanation,
  };
}

// An award as it grows: its explanation, and from the rate on the amount as it stands and what lowered it last.
class Trail {
  readonly steps: Step[] = [];
  amountFen: Fen = 0n;
  bound: string | null = null;
  constructor(private readonly version: ProgrammeVersion) {}

  get basis(): Citation {
    return this.version.basis;
  }

  /** `also`: a second parameter the step rests on, whose open reading is told too. */
  add(cite: Citation, rule: Bilingual, inputs: Step['inputs'], result: string, also?: Citation): Step {
    const step: Step = {
      document: documentName(this.version, cite),
      article: cite.article,
      ruleZh: rule.zh,
      ruleEn: rule.en,
      inputs,
      result,
    };
    const open = cite.interpretation ?? also?.interpretation ?? null;
    if (open !== null) step.decidedBy = open.decidedBy;
    this.steps.push(step);
    return step;
  }

  /** No more than `most`; `id` has bound the award when that is less than it was. */
  cap(cite: Citation, rule: Bilingual, inputs: Record<string, string>, most: Fen, id: string): void {
    inputs.before = formatYuan(this.amountFen);
    const lowers = most < this.amountFen;
    if (lowers) [this.amountFen, this.bound] = [most, id];
    const step = this.add(cite, rule, inputs, formatYuan(this.amountFen));
    if (lowers) step.bound = true;
  }

  refuse(cite: Citation, rule: Bilingual, inputs: Step['inputs'], code: string, params: Record<string, string>): NoAward {
    this.add(cite, rule, inputs, code);
    return { kind: 'refused', code, params, explanation: this.steps };
  }

  /** The award as it stands, unless it is nothing or less than the law's least. */
  grant(law: Law, of: AwardParts): Evaluation {
    if (this.amountFen <= 0n)
      return this.refuse(law.rate?.cite ?? this.version.basis, rules.nothing, {}, 'NOTHING_TO_AWARD', {
        base: formatYuan(of.baseFen),
        exact: '0.00',
      });
    if (law.minAward !== null) {
      const { value, cite } = law.minAward;
      const params = { amount: formatYuan(this.amountFen), minimum: formatYuan(value) };
      const rule = rules.minAward(law.minAward);
      if (this.amountFen < value) return this.refuse(cite, rule, params, 'BELOW_MINIMUM_AWARD', params);
      this.add(cite, rule, { minimum: params.minimum }, params.amount);
    }
    return this.award(of);
  }

  /** Whatever was looked at last, the last step says what is granted. */
  award(of: AwardParts): Evaluation {
    const amount = formatYuan(this.amountFen);
    if (this.steps.at(-1)?.result !== amount) this.add(this.version.basis, rules.granted, {}, amount);
    return { kind: 'award', amountFen: this.amountFen, bound: this.bound, ...of, explanation: this.steps };
  }
}

type AwardParts = Pick<Award, 'computedFen' | 'cutOffFen' | 'baseFen' | 'weighted'>;

function approvedInput(approved: number | undefined): Record<string, string> {
  return approved === undefined ? {} : { approvedRate: percent(approved) };
}

function missing(trail: Trail, version: ProgrammeVersion, law: Law): Evaluation {
  const parameter: RequiredParameter = law.base === null ? 'base' : law.amountBasis === null ? 'amountBasis' : 'rate';
  return trail.refuse(version.basis, rules.missing(requiredParameters[parameter]), {}, 'PARAMETER_MISSING', { parameter });
}

/** Whether the programme is in force on the day; a text that names no day can be tried on any. */
function explainLaw(
  trail: Trail,
  version: ProgrammeVersion,
  law: Law,
  { appliedOn }: Applicant,
  { signedOn }: Subject,
): Evaluation | null {
  const { inForce } = version;
  const signed = decidedBySigning(version, { appliedOn, signedOn });
  const day = signed ?? appliedOn;
  const inputs: Step['inputs'] = signed === null ? { appliedOn } : { signedOn: signed };
  if (inForce === null) {
    trail.add(version.basis, rules.notInForce, inputs, 'TRIAL');
    return null;
  }
  const { from, to } = inForce;
  const rule = (signed === null ? rules.inForce : rules.inForceAtSigning)(inForce);
  if (day < from || (to !== null && day > to)) {
    const params = { programme: version.programme, day, from, to: to ?? '' };
    return trail.refuse(inForce.cite, rule, inputs, 'PROGRAMME_NOT_IN_FORCE', params);
  }
  trail.add(inForce.cite, rule, inputs, 'APPLIES', law.decidingDay?.cite);
  return null;
}

/** A step for each condition on who applies; the first that is not met is the answer. */
function explainApplicant(trail: Trail, version: ProgrammeVersion, law: Law, { enterprise }: Applicant): Evaluation | null {
  const { legalPerson, kind } = enterprise;
  const ownPolicy = law.stacking.find(({ strategy }) => strategy === 'ONE_ENTERPRISE_ONE_POLICY');
  if (ownPolicy !== undefined) {
    if (enterprise.oneEnterpriseOnePolicy)
      return trail.refuse(ownPolicy.cite, rules.ownPolicy, {}, 'OWN_POLICY', { legalPerson });
    trail.add(ownPolicy.cite, rules.ownPolicy, {}, 'PASSED');
  }
  if (law.beneficiaryKinds !== null) {
    const { value, cite } = law.beneficiaryKinds;
    const rule = rules.beneficiaries(value);
    if (!value.includes(kind)) return trail.refuse(cite, rule, { kind }, 'BENEFICIARY_KIND', { kind, kinds: value.join(', ') });
    trail.add(cite, rule, { kind }, 'PASSED');
  }
  if (law.exclusions?.value.includes('LISTED_PROVIDER') === true) {
    const { cite } = law.exclusions;
    if (enterprise.isListedProvider)
      return trail.refuse(cite, rules.listedProvider, {}, 'PROVIDER_MAY_NOT_CLAIM', { legalPerson });
    trail.add(cite, rules.listedProvider, {}, 'PASSED');
  }
  for (const predicate of version.eligibility) {
    const recorded = enterprise.predicates[predicate.id] ?? 'NOT_RECORDED';
    const met = recorded === 'MET' || (recorded === 'EXCEPTION' && predicate.strength === 'SOFT');
    if (!met) {
      const params = { predicate: predicate.id, recorded };
      return trail.refuse(predicate.cite, rules.predicate(predicate), {}, 'NOT_ELIGIBLE', params);
    }
    trail.add(predicate.cite, rules.predicate(predicate), {}, recorded);
  }
  return null;
}

function explainBase(
  trail: Trail,
  law: Law,
  cite: Citation,
  also: Citation,
  baseFen: Fen,
  inputs: Record<string, string> = {},
): Evaluation | null {
  trail.add(cite, rules.base(law), inputs, formatYuan(baseFen), also);
  if (law.minBase === null) return null;
  const rule = rules.minBase(law.minBase);
  const params = { base: formatYuan(baseFen), minimum: formatYuan(law.minBase.value) };
  if (baseFen < law.minBase.value) return trail.refuse(law.minBase.cite, rule, params, 'BELOW_MINIMUM_BASE', params);
  trail.add(law.minBase.cite, rule, { minimum: params.minimum }, params.base);
  return null;
}

const baseYearOf = (law: Law, { baseYear }: AwardFacts): Record<string, string> =>
  law.base?.value === 'PRIOR_YEAR_SETTLED_FEE' ? { baseYear: String(baseYear) } : {};

/** The base, or what of it counts at each rate where there are several. */
const baseInput = (law: Law, { baseFen, byRate }: Counted): Record<string, string> =>
  law.rate?.value.flat === null ? { byRate: describedRates(byRate) } : { base: formatYuan(baseFen) };

function weightedBeforeOf(rate: NonNullable<Law['rate']>['value'], baseBeforeFen: Fen, approved: number | undefined): bigint {
  if (baseBeforeFen === 0n) return 0n;
  if (rate.flat === null) throw new Error('what was redeemed before at several rates has to be handed in weighed');
  return baseBeforeFen * BigInt(approved ?? rate.flat);
}

function aboveEntitlement(trail: Trail, cite: Citation, requested: Fen, entitlement: Fen): Evaluation {
  const params = { requested: formatYuan(requested), entitlement: formatYuan(entitlement) };
  return trail.refuse(cite, rules.aboveEntitlement, { requested: params.requested }, 'AMOUNT_ABOVE_ENTITLEMENT', params);
}

function applyWishes(
  trail: Trail,
  cite: Citation,
  { requestedFen, maximumFen }: { requestedFen?: Fen | undefined; maximumFen?: Fen | undefined },
): void {
  if (requestedFen !== undefined)
    trail.cap(cite, rules.requested, { requested: formatYuan(requestedFen) }, requestedFen, 'REQUESTED');
  if (maximumFen !== undefined) trail.cap(cite, rules.maximum, { maximum: formatYuan(maximumFen) }, maximumFen, 'MAXIMUM');
}

function capAward(trail: Trail, { maxAward }: Law): void {
  if (maxAward === null) return;
  trail.cap(maxAward.cite, rules.maxAward(maxAward), { maximum: formatYuan(maxAward.value) }, maxAward.value, 'MAX_AWARD');
}

function applyPool(trail: Trail, version: ProgrammeVersion, law: Law, poolLeft: Fen | undefined): Evaluation | null {
  if (poolLeft === undefined) return null;
  const cite = law.allocation?.cite ?? version.basis;
  const inputs = { left: formatYuan(poolLeft) };
  if (poolLeft <= 0n) return trail.refuse(cite, rules.pool, inputs, 'POOL_EXHAUSTED', inputs);
  trail.cap(cite, rules.pool, inputs, poolLeft, 'POOL');
  return null;
}

// Limits.

/** Who and what an application is, where limits are looked at. */
interface Subject {
  /** The one contract it is about, null when there are several or none. */
  contractId: string | null;
  /** How many contracts it is about. */
  contracts: number;
  signedOn: Day | null;
}

function subjectOf(at: Circumstances | AwardFacts): Subject {
  if (!('items' in at)) return { contractId: at.contract.id, contracts: 1, signedOn: at.contract.signedOn };
  const contracts = new Map(at.items.flatMap(({ contract }) => (contract === null ? [] : [[contract.id, contract] as const])));
  const [only] = contracts.values();
  return { contractId: contracts.size === 1 && only ? only.id : null, contracts: contracts.size, signedOn: null };
}

const lawOf = (version: ProgrammeVersion, { appliedOn }: Applicant, { signedOn }: Subject): Law =>
  lawOn(version, decidingDayOf(version, { appliedOn, signedOn }));

/** A hundred thousand million yuan: a number for what is counted and not bound. */
const boundlessFen = 10n ** 13n;

type AppliedLimit =
  | { kind: 'LIMIT' | 'COUNTED' | 'HIGHEST' | 'ONE_AWARD'; touched: TouchedLimit; cite: Citation; rule: Bilingual }
  | { kind: 'EXEMPT'; why: 'EXEMPT' | 'NOT_NAMED'; cite: Citation; rule: Bilingual }
  | { kind: 'REFUSED'; code: string; params: Record<string, string>; cite: Citation; rule: Bilingual };

function contractCeiling(version: ProgrammeVersion, contractId: string, amountFen: Fen): TouchedLimit {
  return {
    limitId: CONTRACT_CEILING,
    account: `${version.programme}.${CONTRACT_CEILING}`,
    counts: 'CLAIMED',
    holder: { kind: 'CONTRACT', id: contractId },
    window: 'LIFETIME',
    amountFen,
    soft: false,
  };
}

function datedLimits(version: ProgrammeVersion, stage: Stage, at: Applicant & LimitFacts, subject: Subject): AppliedLimit[] {
  return lawOn(version, at.bookedOn)
    .limits.filter(({ counts }) => (counts === 'REDEEMED') === (stage === 'REDEEM'))
    .flatMap((limit) => appliedLimit(version, limit, at, subject) ?? []);
}

/**
 * The order in which limits are applied: the programme's own, which say what it would give by itself; then the highest award of those
 * on one matter, which is compared with just that; then what several programmes share, which binds what is left to be given.
 */
function inOrder(version: ProgrammeVersion, dated: readonly AppliedLimit[], stacked: readonly AppliedLimit[]): AppliedLimit[] {
  const own = `${version.programme}.`;
  return [
    ...dated.filter((limit) => isOwn(limit, own)),
    ...stacked.filter(({ kind }) => kind !== 'LIMIT'),
    ...dated.filter((limit) => !isOwn(limit, own)),
    ...stacked.filter(({ kind }) => kind === 'LIMIT'),
  ];
}

const isOwn = (limit: AppliedLimit, own: string): boolean =>
  (limit.kind !== 'LIMIT' && limit.kind !== 'COUNTED') || limit.touched.account.startsWith(own);

/** A limit as it meets these facts; null when it does not hold for them. */
function appliedLimit(
  version: ProgrammeVersion,
  limit: Limit,
  at: Applicant & LimitFacts,
  subject: Subject,
): AppliedLimit | null {
  const { cite } = limit;
  const rule = rules.limit(limit);
  const { enterprise, upstream } = at;
  // What is granted before the money from above comes counts once it has come: until then it is counted and binds nothing.
  const isCounted = limit.onlyWithUpstream && !upstream.supported;
  if (limit.exempt.length > 0 && limit.exempt.some((name) => enterprise.classes.includes(name)))
    return { kind: 'EXEMPT', why: 'EXEMPT', cite, rule };
  const holder = holderOf(version, limit.per, at, subject);
  if ('code' in holder) return isCounted ? null : { kind: 'REFUSED', ...holder, cite, rule };
  const window = windowOf(limit, at);
  if (window === null) {
    const params = { limit: limit.id, firstYear: String(at.firstAwardYears[limit.id]), year: String(yearOf(at.bookedOn)) };
    return { kind: 'REFUSED', code: 'LIMIT_WINDOW_OVER', params, cite, rule };
  }
  const number = limit.figure === null ? limit.amountFen : (at.figures[limit.id] ?? null);
  const raisedFen = limit.soft ? (at.raised[limit.id] ?? 0n) : 0n;
  const lessFen = limit.lessUpstream ? upstream.amountFen : 0n;
  const lawFen = number === null ? null : number > lessFen ? number - lessFen : 0n;
  const bindingFen = lawFen === null ? null : lawFen + raisedFen;
  return {
    kind: isCounted ? 'COUNTED' : 'LIMIT',
    touched: {
      limitId: limit.id,
      account: limit.account,
      counts: limit.counts,
      holder,
      window,
      amountFen: isCounted ? boundlessFen : bindingFen,
      soft: limit.soft,
    },
    cite,
    rule,
  };
}

/** The year, `2024+3` for the three years from 2024 on, or LIFETIME; null when those years are over. */
function windowOf({ id, window }: Limit, { bookedOn, firstAwardYears }: LimitFacts): string | null {
  if (window.kind === 'LIFETIME') return 'LIFETIME';
  const year = yearOf(bookedOn);
  if (window.kind === 'YEAR') return String(year);
  const first = firstAwardYears[id] ?? year;
  return year >= first + window.years ? null : `${first}+${window.years}`;
}

type Refusal = { code: string; params: Record<string, string> };

const holderOf = (
  version: ProgrammeVersion,
  per: Limit['per'],
  at: Applicant & LimitFacts,
  subject: Subject,
): TouchedLimit['holder'] | Refusal => {
  if (per === 'LEGAL_PERSON') return { kind: per, id: at.enterprise.legalPerson };
  if (per === 'PROGRAMME') return { kind: per, id: version.programme };
  return matterOf(per, at, subject);
};

function matterOf(by: 'CONTRACT' | Matter, { matters }: LimitFacts, { contractId }: Subject): TouchedLimit['holder'] | Refusal {
  if (by === 'CONTRACT') return contractId === null ? { code: 'ONE_CONTRACT_ONLY', params: {} } : { kind: by, id: contractId };
  const named = matters[by];
  return named === undefined ? { code: 'MATTER_NOT_NAMED', params: { matter: by } } : { kind: by, id: named };
}

/** The stacking rules as limits: what all awards of a group on one matter may come to together. */
function stackingLimits(
  law: Law,
  at: (Circumstances | AwardFacts) & Applicant & LimitFacts,
  subject: Subject,
  computedFen: Fen,
): AppliedLimit[] {
  const isNamed = ({ by }: StackingRule) => by !== null && by !== 'CONTRACT' && at.matters[by] !== undefined;
  const namesOne = law.stacking.some(isNamed);
  return law.stacking.flatMap((stacking): AppliedLimit[] => {
    const { cite, strategy, by } = stacking;
    if (by === null) return [];
    const rule = rules.stacking(stacking);
    const holder = matterOf(by, at, subject);
    // Where there is no contract nothing overlaps on one.
    if (by === 'CONTRACT' && subject.contracts === 0) return [];
    // An application is about a product, a project or a standard, not about one of each; but it is about something.
    if ('code' in holder)
      return [
        namesOne && by !== 'CONTRACT'
          ? { kind: 'EXEMPT', why: 'NOT_NAMED', cite, rule }
          : { kind: 'REFUSED', ...holder, cite, rule },
      ];
    const touched: TouchedLimit = {
      limitId: stacking.id,
      account: stacking.account,
      counts: 'AWARDED',
      holder,
      window: 'LIFETIME',
      amountFen: strategy === 'PUBLIC_MONEY_CEILING' ? publicCeiling(law, stacking, at) : computedFen,
      soft: false,
    };
    const kind = strategy === 'PUBLIC_MONEY_CEILING' ? 'LIMIT' : strategy === 'ONE_AWARD_PER_CONTRACT' ? 'ONE_AWARD' : 'HIGHEST';
    return [{ kind, touched, cite, rule }];
  });
}

/** The share of the whole contract, down to the fen, less what comes from above. */
function publicCeiling(law: Law, { basisPoints }: StackingRule, at: Circumstances | AwardFacts): Fen {
  const lines = 'items' in at ? at.items.flatMap((item) => item.lines) : at.contract.lines;
  const wholeFen = sumFen(lines.map((line) => amountOf(law, line)));
  const mostFen = floorWeighted(wholeFen * BigInt(basisPoints ?? 0)) - at.upstream.amountFen;
  return mostFen > 0n ? mostFen : 0n;
}

function applyLimits(
  trail: Trail,
  limits: readonly AppliedLimit[],
  limitsLeft: Readonly<Record<string, Fen>>,
): Evaluation | null {
  for (const limit of limits) {
    const { cite, rule } = limit;
    if (limit.kind === 'EXEMPT') {
      trail.add(cite, rule, {}, limit.why);
      continue;
    }
    if (limit.kind === 'REFUSED') return trail.refuse(cite, rule, limit.params, limit.code, limit.params);
    const { limitId, window, holder, amountFen } = limit.touched;
    const left = limitsLeft[limitId];
    if (left === undefined || amountFen === null) {
      // The rule in words names the figure that is not on record.
      const params = { limit: limitId, window, holder: holder.id, zh: rule.zh, en: rule.en };
      return { ...trail.refuse(cite, rule, { window }, 'LIMIT_UNKNOWN', params), kind: 'held' };
    }
    if (limit.kind === 'COUNTED') {
      trail.add(cite, rule, { window }, 'COUNTED');
      continue;
    }
    const amount = formatYuan(amountFen);
    // Below nothing left nobody has to know how much more was granted.
    const inputs: Record<string, string> =
      limit.kind === 'HIGHEST' && left > 0n
        ? { granted: formatYuan(amountFen - left) }
        : { limit: amount, window, left: formatYuan(left) };
    if (limit.kind === 'ONE_AWARD') {
      if (left < amountFen) return trail.refuse(cite, rule, inputs, 'CONTRACT_ALREADY_AWARDED', { rule: limitId });
      trail.add(cite, rule, {}, 'PASSED');
      continue;
    }
    // The highest is what a programme would give by itself, within its own limits: the amount as it stands, less what is granted.
    const most = limit.kind === 'HIGHEST' ? trail.amountFen - (amountFen - left) : left;
    if (most <= 0n) {
      return limit.kind === 'HIGHEST'
        ? trail.refuse(cite, rule, inputs, 'STACKED_OUT', { rule: limitId, computed: formatYuan(trail.amountFen) })
        : trail.refuse(cite, rule, inputs, 'LIMIT_EXHAUSTED', { limit: limitId, window, amount });
    }
    trail.cap(cite, rule, inputs, most, limitId);
  }
  return null;
}

// Lines.

const on = (day: Day) => ({ from: day, to: day });

/** What counts of a contract as it would be on the day of application. */
function countContract(law: Law, at: Circumstances, approved: number | undefined): Counted {
  const counted = nothingCounted();
  const use = { period: on(at.appliedOn) };
  for (const line of at.contract.lines) weigh(counted, law, at, at, line, use, approved);
  return counted;
}

function countItems(law: Law, facts: AwardFacts): Counted {
  const counted = nothingCounted();
  for (const item of facts.items) {
    for (const line of item.lines) weigh(counted, law, facts, item, line, useOf(law, facts, line), undefined);
  }
  return counted;
}

const useOf = (law: Law, { baseYear }: AwardFacts, line: SettledLine): Use => ({
  period: line.usage,
  settled: { on: line.settledOn, inYear: law.base?.value === 'PRIOR_YEAR_SETTLED_FEE' ? baseYear : null },
});

/** A step for each condition on lines that the law has; the refusal when no line counts. */
function explainLines(trail: Trail, law: Law, counted: Counted, facilities: readonly Facility[], day: Day): Evaluation | null {
  const conditions: { cite: Citation; rule: Bilingual; codes: readonly string[]; seen?: Record<string, string> }[] = [];
  const { exclusions, providerConditions } = law;
  if (exclusions?.value.includes('SELF_BUILT_SELF_USED') === true)
    conditions.push({ cite: exclusions.cite, rule: rules.selfUse, codes: ['SELF_BUILT_SELF_USED'] });
  if (exclusions?.value.includes('RELATED_PARTIES') === true)
    conditions.push({ cite: exclusions.cite, rule: rules.unrelated, codes: ['RELATED_PARTY'] });
  if (law.contractSignedOnOrAfter !== null)
    conditions.push({
      cite: law.contractSignedOnOrAfter.cite,
      rule: rules.signedOnOrAfter(law.contractSignedOnOrAfter),
      codes: ['CONTRACT_SIGNED_TOO_EARLY'],
    });
  if (law.purposes !== null)
    conditions.push({ cite: law.purposes.cite, rule: rules.purposes(law.purposes.value), codes: ['PURPOSE_NOT_PERMITTED'] });
  if (law.filing !== null)
    conditions.push({ cite: law.filing.cite, rule: rules.filing[law.filing.value], codes: ['CONTRACT_FILED_TOO_LATE'] });
  if (law.base?.value === 'PRIOR_YEAR_SETTLED_FEE')
    conditions.push({ cite: law.base.cite, rule: rules.settled, codes: ['FEE_NOT_SETTLED'] });
  if (law.serviceItems !== null)
    conditions.push({
      cite: law.serviceItems.cite,
      rule: rules.serviceItems(law.serviceItems.value),
      codes: ['SERVICE_ITEM_NOT_COUNTED'],
    });
  for (const condition of providerConditions?.value ?? []) {
    conditions.push({
      cite: providerConditions?.cite ?? trail.basis,
      rule: rules.providers[condition],
      codes: [condition === 'LOCAL' ? 'PROVIDER_NOT_LOCAL' : 'PROVIDER_NOT_LISTED'],
    });
  }
  if (law.facilityConditions !== null) {
    const seen = { facilities: facilities.map((facility) => described(facility, day)).join('; ') };
    conditions.push({
      cite: law.facilityConditions.cite,
      rule: rules.facilities(law.facilityConditions.value),
      codes: facilityRefusals,
      seen,
    });
  }
  if (law.rate !== null && law.rate.value.flat === null)
    conditions.push({
      cite: law.mixedChips?.cite ?? law.rate.cite,
      rule: law.mixedChips === null ? rules.rate(law.rate.value) : rules.mixedChips[law.mixedChips.value],
      codes: ['CHIP_ORIGIN_UNKNOWN', 'RATE_NOT_GIVEN'],
    });

  const worst = counted.anyLine ? null : worstOf(counted.leftOut.map(({ why }) => why));
  for (const { cite, rule, codes, seen } of conditions) {
    const out = counted.leftOut.filter(({ why }) => codes.includes(why.code));
    const left = out.map(({ line, why }) => `${line.lineNo} (${why.code})`).join(', ');
    const inputs = { ...seen, ...(left === '' ? {} : { linesLeftOut: left }) };
    if (worst !== null && codes.includes(worst.code)) return trail.refuse(cite, rule, inputs, worst.code, worst.params);
    trail.add(cite, rule, inputs, left === '' ? 'PASSED' : 'PASSED_IN_PART');
  }
  return null;
}

const facilityRefusals = lineRefusals.filter((code) => code.startsWith('FACILITY_'));
