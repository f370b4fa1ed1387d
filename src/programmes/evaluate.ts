// What a programme gives for these facts, and why: facts and a version in, an award with its explanation or one refusal out. Pure,
// and without a number of any programme: every rate, cap, threshold and day comes from the version.
import { Decimal } from 'decimal.js';
import { addDays, voucherLastDay, yearOf } from '../calendar.js';
import type { Day, Period } from '../calendar.js';
import { applyRate, floorFen, formatYuan, minFen, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { percent, requiredParameters, rules } from './explain.js';
import type { RequiredParameter, Step } from './explain.js';
import { CONTRACT_CEILING, documentName, lawOn } from './language.js';
import type {
  Bilingual,
  Citation,
  FacilityCondition,
  FacilityKind,
  Law,
  Limit,
  ProgrammeVersion,
  ServiceItem,
} from './language.js';

/** A line of a contract or of a usage invoice, amounts in fen; a red-letter line is negative. */
export interface Line {
  lineNo: number;
  serviceItem: ServiceItem;
  facilityId: string | null;
  netFen: Fen;
  vatFen: Fen;
  grossFen: Fen;
}

/** What was seen of a facility on a day, valid until the next observation. Null: not measured that day. */
export interface Observation {
  observedOn: Day;
  /** Decimal text, at `precision`. */
  pflops: string | null;
  precision: string | null;
  standardRacks: number | null;
  inService: boolean;
}

export interface Facility {
  id: string;
  kind: FacilityKind;
  ownerLegalPerson: string | null;
  operatorLegalPerson: string | null;
  /** In any order; of two on one day the later in the list counts. */
  observations: readonly Observation[];
}

/** Who, on what contract, and when: enough for `limitsTouched`. */
export interface Circumstances {
  /** The day of the voucher's application: decides which law holds, at issue and at every redemption. */
  appliedOn: Day;
  /**
   * The ledger's day of the issue, or of the redemption's approval (while reserving: of its receipt): decides the window of a
   * limit, and its amount.
   */
  bookedOn: Day;
  /** `legalPerson` is what branches are rolled up to; equal ids are one legal person. */
  enterprise: {
    legalPerson: string;
    /** Predicate id → what is on record. EXCEPTION is an approved one, and only a SOFT predicate takes it. */
    predicates: Readonly<Record<string, 'MET' | 'NOT_MET' | 'EXCEPTION'>>;
  };
  /** `listings`: per service item, from–to both inclusive, `to: null` without end; suspended days are left out. */
  provider: { legalPerson: string; listings: readonly (Period & { serviceItem: ServiceItem })[] };
  /** At least those that the lines name. */
  facilities: readonly Facility[];
  contract: { id: string; signedOn: Day; lines: readonly Line[] };
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
 * `computedFen` is the award before limits, balances and requests; `bound` what lowered it last (a limit's id, POOL,
 * VOUCHER_BALANCE, INVOICE_AMOUNT, REQUESTED or MAXIMUM); `baseFen` what of the lines counts. `cutOffFen` is what limits and
 * the pool or the voucher's balance took away, whatever was asked for: of a redemption it is not carried to a later invoice.
 */
export interface Award {
  kind: 'award';
  amountFen: Fen;
  computedFen: Fen;
  bound: string | null;
  cutOffFen: Fen;
  baseFen: Fen;
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

/** An account of a limit: `window` is the year (`2024`) or `LIFETIME`, `amountFen` the law's number for it. */
export interface TouchedLimit {
  limitId: string;
  counts: 'CLAIMED' | 'REDEEMED';
  holder: { kind: 'LEGAL_PERSON' | 'CONTRACT'; id: string };
  window: string;
  amountFen: Fen;
  soft: boolean;
}

/**
 * The limits that issuing (or redeeming) under these circumstances counts against, amounts in fen, in the order they are applied. At
 * ISSUE the first is CONTRACT_CEILING: floor(the law's rate × what counts of the contract), whatever rate was approved.
 */
export function limitsTouched(version: ProgrammeVersion, stage: 'ISSUE' | 'REDEEM', at: Circumstances): TouchedLimit[] {
  const dated = datedLimits(version, stage, at).map(({ touched }) => touched);
  if (stage === 'REDEEM') return dated;
  const law = lawOn(version, at.appliedOn);
  const { baseFen } = count(law, at, at.contract.lines, on(at.appliedOn));
  const ceiling = law.rate === null || law.amountBasis === null ? 0n : floorFen(applyRate(baseFen, law.rate.value.basisPoints));
  return [contractCeiling(at.contract.id, ceiling), ...dated];
}

/**
 * The face of a voucher for this contract: floor(rate × what counts of it) within the contract's ceiling, the limits of the law, the
 * money granted and what was approved. Refuses, in this order: PROGRAMME_NOT_IN_FORCE, PARAMETER_MISSING, CONTRACT_SIGNED_TOO_EARLY,
 * RATE_IS_EXACT, RATE_ABOVE_CEILING, NOT_ELIGIBLE, one of the lines' refusals when no line counts, NOTHING_TO_AWARD,
 * AMOUNT_ABOVE_ENTITLEMENT, LIMIT_EXHAUSTED, POOL_EXHAUSTED, BELOW_MINIMUM_AWARD. Holds with LIMIT_UNKNOWN.
 */
export function evaluateIssue(version: ProgrammeVersion, facts: IssueFacts): Evaluation {
  const law = lawOn(version, facts.appliedOn);
  const trail = new Trail(version);
  const { amountBasis, base, rate } = law;
  const { inForce } = version;
  const { appliedOn, contract } = facts;
  if (inForce === null) {
    trail.add(version.basis, rules.notInForce, { appliedOn }, 'TRIAL');
  } else {
    const { from, to } = inForce;
    if (appliedOn < from || (to !== null && appliedOn > to)) {
      const params = { programme: version.programme, day: appliedOn, from, to: to ?? '' };
      return trail.refuse(inForce.cite, rules.inForce(inForce), { appliedOn }, 'PROGRAMME_NOT_IN_FORCE', params);
    }
    trail.add(inForce.cite, rules.inForce(inForce), { appliedOn }, 'APPLIES');
  }

  if (base === null) return missing(trail, version, 'base');
  if (amountBasis === null) return missing(trail, version, 'amountBasis');
  if (rate === null) return missing(trail, version, 'rate');

  const signed = law.contractSignedOnOrAfter;
  if (signed !== null) {
    const rule = rules.signedOnOrAfter(signed);
    const inputs = { signedOn: contract.signedOn };
    if (contract.signedOn < signed.value)
      return trail.refuse(signed.cite, rule, inputs, 'CONTRACT_SIGNED_TOO_EARLY', { ...inputs, earliest: signed.value });
    trail.add(signed.cite, rule, inputs, 'PASSED');
  }

  const approved = facts.approvedBasisPoints;
  if (approved !== undefined) {
    const params = { rate: percent(rate.value.basisPoints), approved: percent(approved) };
    const inputs = { rate: params.rate, approvedRate: params.approved };
    if (rate.value.kind === 'EXACT' && approved !== rate.value.basisPoints)
      return trail.refuse(rate.cite, rules.exactRate, inputs, 'RATE_IS_EXACT', params);
    if (approved > rate.value.basisPoints)
      return trail.refuse(rate.cite, rules.rateCeiling, inputs, 'RATE_ABOVE_CEILING', params);
  }

  for (const predicate of version.eligibility) {
    const recorded = facts.enterprise.predicates[predicate.id] ?? 'NOT_RECORDED';
    const met = recorded === 'MET' || (recorded === 'EXCEPTION' && predicate.strength === 'SOFT');
    if (!met) {
      const params = { predicate: predicate.id, recorded };
      return trail.refuse(predicate.cite, rules.predicate(predicate), {}, 'NOT_ELIGIBLE', params);
    }
    trail.add(predicate.cite, rules.predicate(predicate), {}, recorded);
  }

  const counted = count(law, facts, contract.lines, on(appliedOn));
  const none = explainLines(trail, law, counted, facts, on(appliedOn));
  if (none !== null) return none;

  const { baseFen } = counted;
  trail.add(base.cite, rules.base(law), {}, formatYuan(baseFen), amountBasis.cite);
  const exact = applyRate(baseFen, approved ?? rate.value.basisPoints);
  const computedFen = floorFen(exact);
  const inputs = { base: formatYuan(baseFen), ...approvedInput(approved) };
  if (computedFen <= 0n) {
    const params = { base: formatYuan(baseFen), exact: exactYuan(exact) };
    return trail.refuse(rate.cite, rules.nothing, { ...inputs, exact: params.exact }, 'NOTHING_TO_AWARD', params);
  }
  trail.add(rate.cite, rules.rate(rate.value), { ...inputs, exact: exactYuan(exact) }, formatYuan(computedFen));

  const { requestedFen, poolLeft } = facts;
  if (requestedFen !== undefined && requestedFen > computedFen)
    return aboveEntitlement(trail, rate.cite, requestedFen, computedFen);

  // Caps are whole fen, so to cap the floored amount is to cap the exact one before rounding.
  trail.amountFen = computedFen;
  const ceiling = contractCeiling(contract.id, floorFen(applyRate(baseFen, rate.value.basisPoints)));
  const contractLimit = { touched: ceiling, cite: rate.cite, rule: rules.contractCeiling };
  const beyond = applyLimits(trail, [contractLimit, ...datedLimits(version, 'ISSUE', facts)], facts.limitsLeft);
  if (beyond !== null) return beyond;

  if (poolLeft !== undefined) {
    const cite = law.allocation?.cite ?? version.basis;
    const inputs = { left: formatYuan(poolLeft) };
    if (poolLeft <= 0n) return trail.refuse(cite, rules.pool, inputs, 'POOL_EXHAUSTED', inputs);
    trail.cap(cite, rules.pool, inputs, poolLeft, 'POOL');
  }
  const cutOffFen = computedFen - trail.amountFen;
  applyWishes(trail, rate.cite, facts);
  if (trail.amountFen <= 0n)
    return trail.refuse(rate.cite, rules.nothing, {}, 'NOTHING_TO_AWARD', { base: formatYuan(baseFen), exact: '0.00' });

  if (law.minAward !== null) {
    const { value, cite } = law.minAward;
    const params = { amount: formatYuan(trail.amountFen), minimum: formatYuan(value) };
    if (trail.amountFen < value) return trail.refuse(cite, rules.minAward(law.minAward), params, 'BELOW_MINIMUM_AWARD', params);
    trail.add(cite, rules.minAward(law.minAward), { minimum: params.minimum }, params.amount);
  }
  return trail.award(computedFen, cutOffFen, baseFen);
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
  const law = lawOn(version, facts.appliedOn);
  const trail = new Trail(version);
  const { amountBasis, base, rate } = law;
  if (base === null) return missing(trail, version, 'base');
  if (amountBasis === null) return missing(trail, version, 'amountBasis');
  if (rate === null) return missing(trail, version, 'rate');

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
  const counted = count(law, facts, facts.lines, usage);
  const none = explainLines(trail, law, counted, facts, usage);
  if (none !== null) return none;

  const { baseFen } = counted;
  trail.add(base.cite, rules.base(law), {}, formatYuan(baseFen), amountBasis.cite);

  const contractFen = contractBase(law, facts);
  const settledFen = minFen(contractFen, facts.baseBeforeFen + baseFen);
  const exact = applyRate(settledFen, approved ?? rate.value.basisPoints);
  const entitledFen = floorFen(exact);
  const inputs = {
    base: formatYuan(baseFen),
    baseBefore: formatYuan(facts.baseBeforeFen),
    contractBase: formatYuan(contractFen),
    ...approvedInput(approved),
    exact: exactYuan(exact),
  };
  trail.add(rate.cite, rules.settledRate(rate.value), inputs, formatYuan(entitledFen));

  const carries = law.carryCutOff?.value === true;
  const cutBefore = carries ? 0n : facts.cutOffBeforeFen;
  const computedFen = entitledFen - facts.redeemedAndReservedFen - cutBefore;
  const before = {
    settled: formatYuan(entitledFen),
    redeemedAndReserved: formatYuan(facts.redeemedAndReservedFen),
    ...(carries ? {} : { cutOffBefore: formatYuan(cutBefore) }),
  };
  const beforeCite = law.carryCutOff?.cite ?? rate.cite;
  if (computedFen <= 0n)
    return trail.refuse(beforeCite, carries ? rules.redeemedBefore : rules.notCarried, before, 'NOTHING_TO_REDEEM', before);
  trail.add(beforeCite, carries ? rules.redeemedBefore : rules.notCarried, before, formatYuan(computedFen));

  if (requestedFen !== undefined && requestedFen > computedFen)
    return aboveEntitlement(trail, rate.cite, requestedFen, computedFen);

  trail.amountFen = computedFen;
  const beyond = applyLimits(trail, datedLimits(version, 'REDEEM', facts), facts.limitsLeft);
  if (beyond !== null) return beyond;

  const balance = { left: formatYuan(voucher.balanceFen) };
  if (voucher.balanceFen <= 0n) return trail.refuse(version.basis, rules.voucherBalance, balance, 'VOUCHER_EMPTY', balance);
  trail.cap(version.basis, rules.voucherBalance, balance, voucher.balanceFen, 'VOUCHER_BALANCE');
  const cutOffFen = computedFen - trail.amountFen;

  // Entitlement left over from earlier invoices may be redeemed with a later one, but never for more than that one costs.
  if (baseFen < trail.amountFen) trail.cap(base.cite, rules.invoiceAmount, {}, baseFen, 'INVOICE_AMOUNT');
  applyWishes(trail, rate.cite, facts);
  if (trail.amountFen <= 0n) return trail.refuse(rate.cite, rules.nothing, before, 'NOTHING_TO_REDEEM', before);

  const paid = law.selfFundedPaid;
  if (paid !== null && paid.value === 'BEFORE_REDEMPTION') {
    const required = sumFen(facts.lines.map((line) => line.grossFen)) - trail.amountFen;
    const inputs = { required: formatYuan(required), paid: formatYuan(facts.paidFen) };
    if (facts.paidFen < required) return trail.refuse(paid.cite, rules.selfFunded, inputs, 'SELF_FUNDED_PART_UNPAID', inputs);
    trail.add(paid.cite, rules.selfFunded, inputs, formatYuan(trail.amountFen));
  }
  return trail.award(computedFen, cutOffFen, baseFen);
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

  award(computedFen: Fen, cutOffFen: Fen, baseFen: Fen): Evaluation {
    return {
      kind: 'award',
      amountFen: this.amountFen,
      computedFen,
      bound: this.bound,
      cutOffFen,
      baseFen,
      explanation: this.steps,
    };
  }
}

function approvedInput(approved: number | undefined): Record<string, string> {
  return approved === undefined ? {} : { approvedRate: percent(approved) };
}

function missing(trail: Trail, version: ProgrammeVersion, parameter: RequiredParameter): Evaluation {
  return trail.refuse(version.basis, rules.missing(requiredParameters[parameter]), {}, 'PARAMETER_MISSING', { parameter });
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

// Limits.

interface AppliedLimit {
  touched: TouchedLimit;
  cite: Citation;
  rule: Bilingual;
}

function contractCeiling(contractId: string, amountFen: Fen): TouchedLimit {
  return {
    limitId: CONTRACT_CEILING,
    counts: 'CLAIMED',
    holder: { kind: 'CONTRACT', id: contractId },
    window: 'LIFETIME',
    amountFen,
    soft: false,
  };
}

function datedLimits(version: ProgrammeVersion, stage: 'ISSUE' | 'REDEEM', at: Circumstances): AppliedLimit[] {
  const counts = stage === 'ISSUE' ? 'CLAIMED' : 'REDEEMED';
  return lawOn(version, at.bookedOn)
    .limits.filter((limit) => limit.counts === counts)
    .map((limit: Limit) => ({
      touched: {
        limitId: limit.id,
        counts,
        holder:
          limit.per === 'LEGAL_PERSON'
            ? { kind: 'LEGAL_PERSON', id: at.enterprise.legalPerson }
            : { kind: 'CONTRACT', id: at.contract.id },
        window: limit.window === 'YEAR' ? String(yearOf(at.bookedOn)) : 'LIFETIME',
        amountFen: limit.amountFen,
        soft: limit.soft,
      },
      cite: limit.cite,
      rule: rules.limit(limit),
    }));
}

function applyLimits(
  trail: Trail,
  limits: readonly AppliedLimit[],
  limitsLeft: Readonly<Record<string, Fen>>,
): Evaluation | null {
  for (const { touched, cite, rule } of limits) {
    const { limitId, window } = touched;
    const limit = formatYuan(touched.amountFen);
    const left = limitsLeft[limitId];
    if (left === undefined)
      return { ...trail.refuse(cite, rule, { limit, window }, 'LIMIT_UNKNOWN', { limit: limitId, window }), kind: 'held' };
    const inputs = { limit, window, left: formatYuan(left) };
    if (left <= 0n) return trail.refuse(cite, rule, inputs, 'LIMIT_EXHAUSTED', { limit: limitId, window, amount: limit });
    trail.cap(cite, rule, inputs, left, limitId);
  }
  return null;
}

// Lines: which of them count, and at which rate.

const on = (day: Day) => ({ from: day, to: day });

interface Counted {
  baseFen: Fen;
  anyLine: boolean;
  leftOut: { line: Line; why: LineRefusal }[];
}

interface LineRefusal {
  code: (typeof lineRefusals)[number];
  params: Record<string, string>;
}

// When no line counts, the first of these that a line met is the answer: what can not be mended before what can.
const lineRefusals = [
  'SELF_BUILT_SELF_USED',
  'PROVIDER_NOT_LISTED',
  'FACILITY_KIND_NOT_ELIGIBLE',
  'FACILITY_NOT_OBSERVED',
  'FACILITY_NOT_IN_SERVICE',
  'FACILITY_BELOW_THRESHOLD',
  'SERVICE_ITEM_NOT_COUNTED',
] as const;
const facilityRefusals = lineRefusals.filter((code) => code.startsWith('FACILITY_'));

function count(law: Law, at: Circumstances, lines: readonly Line[], period: { from: Day; to: Day }): Counted {
  const counted: Counted = { baseFen: 0n, anyLine: false, leftOut: [] };
  for (const line of lines) {
    const why = lineRefusal(law, at, line, period);
    if (why === null) {
      counted.anyLine = true;
      counted.baseFen += amountOf(law, line);
    } else {
      counted.leftOut.push({ line, why });
    }
  }
  return counted;
}

/** What a contract can ever settle: its lines of counting service items. Facilities and listings are judged where they are used. */
function contractBase(law: Law, { contract }: Circumstances): Fen {
  const items = law.serviceItems?.value ?? null;
  return sumFen(
    contract.lines.filter(({ serviceItem }) => items?.includes(serviceItem) ?? true).map((line) => amountOf(law, line)),
  );
}

/** The line's amount on the programme's basis. */
function amountOf(law: Law, line: Line): Fen {
  return law.amountBasis?.value === 'NET' ? line.netFen : line.grossFen;
}

/** With every decimal it has, two at least. */
function exactYuan(exact: Decimal): string {
  const yuan = exact.div(100);
  return yuan.toFixed(Math.max(2, yuan.decimalPlaces()));
}

function lineRefusal(
  law: Law,
  { enterprise, provider, facilities }: Circumstances,
  line: Line,
  period: { from: Day; to: Day },
): LineRefusal | null {
  const refused = (code: LineRefusal['code'], params: Record<string, string>): LineRefusal => ({
    code,
    params: { line: String(line.lineNo), ...params },
  });
  const facility = facilities.find(({ id }) => id === line.facilityId) ?? null;
  const { legalPerson } = enterprise;
  if (law.exclusions?.value.includes('SELF_BUILT_SELF_USED') === true) {
    if ([provider.legalPerson, facility?.ownerLegalPerson, facility?.operatorLegalPerson].includes(legalPerson))
      return refused('SELF_BUILT_SELF_USED', { legalPerson });
  }
  if (law.serviceItems !== null && !law.serviceItems.value.includes(line.serviceItem))
    return refused('SERVICE_ITEM_NOT_COUNTED', { serviceItem: line.serviceItem });
  if (law.providerConditions?.value.includes('LISTED_FOR_SERVICE_ITEM') === true) {
    const day = firstUnlistedDay(provider.listings, line.serviceItem, period);
    if (day !== null) return refused('PROVIDER_NOT_LISTED', { serviceItem: line.serviceItem, day });
  }
  if (law.facilityConditions !== null) {
    const why = facilityRefusal(law.facilityConditions.value, facility, period);
    if (why !== null) return refused(why.code, { facility: line.facilityId ?? '', ...why.params });
  }
  return null;
}

/** Null when the listings of the item, one after another, cover every day of the period. */
function firstUnlistedDay(
  listings: Circumstances['provider']['listings'],
  item: ServiceItem,
  { from, to }: { from: Day; to: Day },
): Day | null {
  const ofItem = listings.filter(({ serviceItem }) => serviceItem === item).sort((a, b) => (a.from < b.from ? -1 : 1));
  let day = from;
  for (const listing of ofItem) {
    if (listing.from > day) break;
    if (listing.to === null || listing.to >= to) return null;
    if (listing.to >= day) day = addDays(listing.to, 1);
  }
  return day;
}

/**
 * The facility must be eligible on every day of the period. Between two observations the earlier holds, so the days to look at are the
 * first and those on which something was observed. A threshold is inclusive.
 */
function facilityRefusal(
  conditions: readonly FacilityCondition[],
  facility: Facility | null,
  { from, to }: { from: Day; to: Day },
): LineRefusal | null {
  if (facility === null) return { code: 'FACILITY_NOT_OBSERVED', params: { day: from } };
  const days = [
    from,
    ...facility.observations.map(({ observedOn }) => observedOn).filter((day) => day > from && day <= to),
  ].sort();
  for (const day of days) {
    const why = refusalOn(conditions, facility, day);
    if (why !== null) return why;
  }
  return null;
}

function refusalOn(conditions: readonly FacilityCondition[], facility: Facility, day: Day): LineRefusal | null {
  const condition = conditions.find(({ kind }) => kind === facility.kind);
  if (condition === undefined) return { code: 'FACILITY_KIND_NOT_ELIGIBLE', params: { kind: facility.kind } };
  const seen = latest(facility, day);
  if (seen?.inService === false) return { code: 'FACILITY_NOT_IN_SERVICE', params: { observedOn: seen.observedOn } };
  switch (condition.kind) {
    case 'SUPERCOMPUTING':
      return null;
    case 'AI_COMPUTING': {
      const { pflopsAtLeast, precision } = condition;
      if (seen === null || seen.pflops === null || seen.precision !== precision)
        return { code: 'FACILITY_NOT_OBSERVED', params: { day } };
      if (new Decimal(seen.pflops).gte(pflopsAtLeast)) return null;
      return belowThreshold(`${pflopsAtLeast} PFLOPS (${precision})`, `${seen.pflops} PFLOPS (${precision})`, seen);
    }
    case 'DATA_CENTER': {
      if (seen === null || seen.standardRacks === null) return { code: 'FACILITY_NOT_OBSERVED', params: { day } };
      if (seen.standardRacks >= condition.standardRacksAtLeast) return null;
      return belowThreshold(String(condition.standardRacksAtLeast), String(seen.standardRacks), seen);
    }
  }
}

function belowThreshold(required: string, observed: string, { observedOn }: Observation): LineRefusal {
  return { code: 'FACILITY_BELOW_THRESHOLD', params: { required, observed, observedOn } };
}

/** The observation that holds on the day: the last one, as a whole. */
function latest(facility: Facility, day: Day): Observation | null {
  let last: Observation | null = null;
  for (const observation of facility.observations) {
    if (observation.observedOn <= day && (last === null || observation.observedOn >= last.observedOn)) last = observation;
  }
  return last;
}

/** A step for each condition on lines that the law has; the refusal when no line counts. */
function explainLines(
  trail: Trail,
  law: Law,
  counted: Counted,
  { facilities }: Circumstances,
  period: { from: Day; to: Day },
): Evaluation | null {
  const conditions: { cite: Citation; rule: Bilingual; codes: readonly string[]; seen?: Record<string, string> }[] = [];
  if (law.exclusions !== null)
    conditions.push({ cite: law.exclusions.cite, rule: rules.selfUse, codes: ['SELF_BUILT_SELF_USED'] });
  if (law.serviceItems !== null)
    conditions.push({
      cite: law.serviceItems.cite,
      rule: rules.serviceItems(law.serviceItems.value),
      codes: ['SERVICE_ITEM_NOT_COUNTED'],
    });
  if (law.providerConditions !== null)
    conditions.push({ cite: law.providerConditions.cite, rule: rules.listed, codes: ['PROVIDER_NOT_LISTED'] });
  if (law.facilityConditions !== null) {
    const seen = { facilities: facilities.map((facility) => described(facility, period.to)).join('; ') };
    conditions.push({
      cite: law.facilityConditions.cite,
      rule: rules.facilities(law.facilityConditions.value),
      codes: facilityRefusals,
      seen,
    });
  }

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

function worstOf(all: readonly LineRefusal[]): LineRefusal | null {
  for (const code of lineRefusals) {
    const found = all.find((why) => why.code === code);
    if (found !== undefined) return found;
  }
  return null;
}

/** A facility as it was last seen by the day, for the explanation. */
function described(facility: Facility, day: Day): string {
  const seen = latest(facility, day);
  if (seen === null) return `${facility.id} ${facility.kind}`;
  const size = {
    SUPERCOMPUTING: '',
    AI_COMPUTING: `${seen.pflops} PFLOPS (${seen.precision}) `,
    DATA_CENTER: `${seen.standardRacks} `,
  };
  return `${facility.id} ${facility.kind} ${size[facility.kind]}(${seen.observedOn})`;
}
