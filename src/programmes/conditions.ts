// What has to hold before anything is given, a step of the explanation each: the law's days, who applies, what was bought, and the
// least that has to come of it. Each answers with the refusal, or null when nothing stands in the way.
import type { Day } from '../calendar.js';
import { formatYuan } from '../money.js';
import type { Fen } from '../money.js';
import { decidedBySigning } from './circumstances.js';
import type { Subject } from './circumstances.js';
import { requiredParameters, rules } from './explain.js';
import type { RequiredParameter, Step } from './explain.js';
import type { Bilingual, Citation, Law, Predicate, ProgrammeVersion } from './language.js';
import { described, isMet, lineRefusals, worstOf } from './lines.js';
import type { Applicant, Counted, Facility, LineRefusal } from './lines.js';
import type { Evaluation, Trail } from './trail.js';

/** What answers where base, its amounts or the rate are not given: PARAMETER_MISSING, the first of them. */
export function missing(trail: Trail, version: ProgrammeVersion, law: Law): Evaluation {
  const parameter: RequiredParameter = law.base === null ? 'base' : law.amountBasis === null ? 'amountBasis' : 'rate';
  return trail.refuse(version.basis, rules.missing(requiredParameters[parameter]), {}, 'PARAMETER_MISSING', { parameter });
}

/** Whether the programme is in force on the day; a text that names no day can be tried on any. */
export function explainLaw(
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

/** A step for each condition on who applies, and for these that a review looks at; the first that is not met is the answer. */
export function explainApplicant(
  trail: Trail,
  law: Law,
  { enterprise }: Applicant,
  predicates: readonly Predicate[],
): Evaluation | null {
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
  for (const predicate of predicates) {
    const found = enterprise.predicates[predicate.id];
    const recorded = found ?? 'NOT_RECORDED';
    if (!isMet(predicate, found)) {
      const params = { predicate: predicate.id, recorded, ...predicate.text };
      return trail.refuse(predicate.cite, rules.predicate(predicate), {}, 'NOT_ELIGIBLE', params);
    }
    trail.add(predicate.cite, rules.predicate(predicate), {}, recorded);
  }
  return null;
}

/** A step for each condition on lines that the law has, `predicates` those that a review looks at; the refusal when no line counts. */
export function explainLines(
  trail: Trail,
  law: Law,
  counted: Counted,
  facilities: readonly Facility[],
  day: Day,
  predicates: readonly Predicate[] = [],
): Evaluation | null {
  const conditions: {
    cite: Citation;
    rule: Bilingual;
    codes: readonly string[];
    seen?: Record<string, string>;
    predicate?: string;
  }[] = [];
  const { exclusions, providerConditions } = law;
  if (exclusions?.value.includes('SELF_BUILT_SELF_USED') === true)
    conditions.push({ cite: exclusions.cite, rule: rules.selfUse, codes: ['SELF_BUILT_SELF_USED'] });
  if (exclusions?.value.includes('RELATED_PARTIES') === true)
    conditions.push({ cite: exclusions.cite, rule: rules.unrelated, codes: ['RELATED_PARTY'] });
  for (const predicate of predicates)
    conditions.push({
      cite: predicate.cite,
      rule: rules.predicate(predicate),
      codes: ['NOT_ELIGIBLE'],
      predicate: predicate.id,
    });
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
  for (const { cite, rule, codes, seen, predicate } of conditions) {
    const isBy = ({ code, params }: LineRefusal) =>
      codes.includes(code) && (predicate === undefined || params['predicate'] === predicate);
    const out = counted.leftOut.filter(({ why }) => isBy(why));
    const left = out.map(({ line, why }) => `${line.lineNo} (${why.code})`).join(', ');
    const inputs = { ...seen, ...(left === '' ? {} : { linesLeftOut: left }) };
    if (worst !== null && isBy(worst)) return trail.refuse(cite, rule, inputs, worst.code, worst.params);
    trail.add(cite, rule, inputs, left === '' ? 'PASSED' : 'PASSED_IN_PART');
  }
  return null;
}

const facilityRefusals = lineRefusals.filter((code) => code.startsWith('FACILITY_'));

/** The base, and the law's least base: below it BELOW_MINIMUM_BASE. */
export function explainBase(
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
