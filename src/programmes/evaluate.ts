// What a programme gives for these facts, and why: facts and a version in, an award with its explanation or one refusal out. Pure,
// and without a number of any programme: every rate, cap, threshold and day comes from the version.
import { voucherLastDay } from '../calendar.js';
import type { Day } from '../calendar.js';
import { floorWeighted, formatWeighted, formatYuan, minFen, sumFen } from '../money.js';
import type { Fen } from '../money.js';
import { applyLimits, contractCeiling, datedLimits, inOrder, stackingLimits } from './applied-limits.js';
import type { AppliedLimit } from './applied-limits.js';
import { lawOf, subjectOf } from './circumstances.js';
import type { AwardFacts, IssueFacts, RedemptionFacts } from './circumstances.js';
import { explainApplicant, explainBase, explainLaw, explainLines, missing } from './conditions.js';
import { conditionsOfItems, countContract, countItems } from './count.js';
import { percent, rules } from './explain.js';
import { lawOn } from './language.js';
import type { Citation, Law, Predicate, ProgrammeVersion } from './language.js';
import { Counting, describedRates, highestOf, weightOfContract } from './lines.js';
import type { Counted } from './lines.js';
import { Trail } from './trail.js';
import type { Evaluation } from './trail.js';

// What is needed to evaluate a case is had from here.
export { limitsTouched } from './applied-limits.js';
export type { TouchedLimit } from './applied-limits.js';
export { decidingDayOf, nothingOnRecord } from './circumstances.js';
export type { AwardFacts, Circumstances, IssueFacts, LimitFacts, RedemptionFacts, SettledLine } from './circumstances.js';
export { findingsOf } from './count.js';
export type { ContractTerms, Dealing, Enterprise, Facility, Line, Observation, Provider } from './lines.js';
export { evaluationJson } from './trail.js';
export type { Award, AwardJson, Evaluation, NoAward } from './trail.js';

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
  // A voucher is for one contract, so that one is the item.
  const isOfContract = ({ serviceItems }: Predicate) =>
    serviceItems === null || facts.contract.lines.some(({ serviceItem }) => serviceItems.includes(serviceItem));
  const barred = explainApplicant(trail, law, facts, version.eligibility.filter(isOfContract));
  if (barred !== null) return barred;

  const counted = countContract(law, facts, approved);
  const none = explainLines(trail, law, counted, facts.facilities, facts.appliedOn);
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
  const ofApplication = version.eligibility.filter(({ of }) => of === 'APPLICATION');
  const barred = explainApplicant(trail, law, facts, ofApplication);
  if (barred !== null) return barred;

  const counted = countItems(version, law, facts);
  const none = explainLines(
    trail,
    law,
    counted,
    [...new Map(facts.items.flatMap(({ facilities }) => facilities.map((facility) => [facility.id, facility]))).values()],
    facts.appliedOn,
    conditionsOfItems(version),
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
  const counting = new Counting();
  for (const line of facts.lines) counting.weigh(law, facts, facts, line, { period: usage }, approved);
  const { counted } = counting;
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

function approvedInput(approved: number | undefined): Record<string, string> {
  return approved === undefined ? {} : { approvedRate: percent(approved) };
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
