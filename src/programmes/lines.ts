// Which lines of a contract, an invoice or a reimbursement count, and at which rate: the law's conditions on what was bought, of whom,
// where and when. Pure.
import { Decimal } from 'decimal.js';
import { addDays, addMonths, yearOf } from '../calendar.js';
import type { Day, Period } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { percent } from './explain.js';
import type {
  BeneficiaryKind,
  ChipOrigin,
  FacilityCondition,
  FacilityKind,
  Law,
  Predicate,
  Rate,
  ServiceItem,
} from './language.js';

/** A line of a contract or of a usage invoice, amounts in fen; a red-letter line is negative. */
export interface Line {
  lineNo: number;
  serviceItem: ServiceItem;
  facilityId: string | null;
  /** Null: not known, or not separable. */
  chipOrigin: ChipOrigin | null;
  /** Class of the model that was used or trained; null when none is on record. */
  modelClass: string | null;
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

export interface Enterprise {
  /** What branches are rolled up to; equal ids are one legal person. */
  legalPerson: string;
  kind: BeneficiaryKind;
  /** The classes on record for it on the day of application. */
  classes: readonly string[];
  establishedOn: Day | null;
  /** Whether it is itself a listed provider on the day of application. */
  isListedProvider: boolean;
  /** Whether it has a policy of its own («一企一策»). */
  oneEnterpriseOnePolicy: boolean;
  /**
   * Predicate id → what is on record; `lineFinding` names what is on record of one line where that differs. EXCEPTION is an approved
   * one, and only a SOFT predicate takes it.
   */
  predicates: Readonly<Record<string, 'MET' | 'NOT_MET' | 'EXCEPTION'>>;
}

/** What a review found of one line of a reimbursement is recorded under this name beside what it found of all. */
export const lineFinding = (predicateId: string, lineNo: number): string => `${predicateId}/${lineNo}`;

/** Whether what is on record meets a condition. */
export const isMet = ({ strength }: Predicate, recorded: Enterprise['predicates'][string] | undefined): boolean =>
  recorded === 'MET' || (recorded === 'EXCEPTION' && strength === 'SOFT');

/** A legal person of whom nothing else is looked at. */
export const nobody = (legalPerson: string): Enterprise => ({
  legalPerson,
  kind: 'ENTERPRISE',
  classes: [],
  establishedOn: null,
  isListedProvider: false,
  oneEnterpriseOnePolicy: false,
  predicates: {},
});

export interface Provider {
  legalPerson: string;
  /** Per service item, from–to both inclusive, `to: null` without end; suspended days are left out. */
  listings: readonly (Period & { serviceItem: ServiceItem })[];
  /** Whether it and the enterprise are related parties. Common state control alone does not make them so. */
  isRelated: boolean;
  /** Whether it is registered in the book's city. */
  isLocal: boolean;
}

/** The contract as the law looks at it, without its lines. */
export interface ContractTerms {
  id: string;
  signedOn: Day;
  /** Null: not filed. */
  filedOn: Day | null;
  purpose: string | null;
}

/** Whom a line was bought of, and where it was used. */
export interface Dealing {
  provider: Provider;
  /** Null for an expense that rests on no contract. */
  contract: ContractTerms | null;
  /** At least those that the lines name. */
  facilities: readonly Facility[];
}

/** Who asks, and on which day's law. */
export interface Applicant {
  /** The day of the application. */
  appliedOn: Day;
  enterprise: Enterprise;
}

/** Where a line was used, and when it was settled if that counts. */
export interface Use {
  period: { from: Day; to: Day };
  /** The day on which it was paid in full, null while it is not; of a reimbursement only. */
  settled?: { on: Day | null; inYear: number | null };
  /** The conditions that each item has to meet by itself; of a reimbursement only. */
  conditions?: readonly Predicate[];
}

/** In the order in which they answer for a case in which no line counts: what can not be mended before what can. */
export const lineRefusals = [
  'SELF_BUILT_SELF_USED',
  'RELATED_PARTY',
  'NOT_ELIGIBLE',
  'CONTRACT_SIGNED_TOO_EARLY',
  'PURPOSE_NOT_PERMITTED',
  'CONTRACT_FILED_TOO_LATE',
  'FEE_NOT_SETTLED',
  'PROVIDER_NOT_LISTED',
  'PROVIDER_NOT_LOCAL',
  'FACILITY_KIND_NOT_ELIGIBLE',
  'FACILITY_NOT_OBSERVED',
  'FACILITY_NOT_IN_SERVICE',
  'FACILITY_BELOW_THRESHOLD',
  'SERVICE_ITEM_NOT_COUNTED',
  'CHIP_ORIGIN_UNKNOWN',
  'RATE_NOT_GIVEN',
] as const;

export interface LineRefusal {
  code: (typeof lineRefusals)[number];
  params: Record<string, string>;
}

/** Lines weighed by the law: `weighted` is the sum of fen × basis points, exact. */
export interface Counted {
  baseFen: Fen;
  weighted: bigint;
  anyLine: boolean;
  leftOut: { line: Line; why: LineRefusal }[];
  /** What counts at each rate (basis points), in the order of the lines. */
  byRate: readonly { readonly basisPoints: number; readonly fen: Fen }[];
}

/** Counts lines one by one: an exact sum at each rate, of which there are few; all else follows from these. */
export class Counting {
  readonly #byRate: { basisPoints: number; fen: Fen }[] = [];
  readonly #leftOut: Counted['leftOut'] = [];

  /** Adds what of a line counts, at the lower of the law's rate and the approved one; its rate, or why it does not. */
  weigh(law: Law, at: Applicant, of: Dealing, line: Line, use: Use, approved: number | undefined): number | LineRefusal {
    const rate = rateOfLine(law, at, of, line, use);
    if (typeof rate !== 'number') {
      this.#leftOut.push({ line, why: rate });
      return rate;
    }
    const basisPoints = approved !== undefined && approved < rate ? approved : rate;
    const fen = amountOf(law, line);
    for (const sum of this.#byRate) {
      if (sum.basisPoints !== basisPoints) continue;
      sum.fen += fen;
      return basisPoints;
    }
    this.#byRate.push({ basisPoints, fen });
    return basisPoints;
  }

  get counted(): Counted {
    let [baseFen, weighted] = [0n, 0n];
    for (const { basisPoints, fen } of this.#byRate) {
      baseFen += fen;
      weighted += fen * BigInt(basisPoints);
    }
    return { baseFen, weighted, anyLine: this.#byRate.length > 0, leftOut: this.#leftOut, byRate: this.#byRate };
  }
}

/** The law's rate of a line in basis points, or why the line does not count. */
export const rateOfLine = (law: Law, at: Applicant, of: Dealing, line: Line, use: Use): number | LineRefusal =>
  lineRefusal(law, at, of, line, use) ?? rateOf(law, at, line);

/**
 * The most that a contract's lines can ever weigh: those of service items that count, each at its rate. Facilities and listings are
 * judged where they are used.
 */
export function weightOfContract(
  law: Law,
  at: Applicant,
  lines: readonly Line[],
  approved: number | undefined,
): { baseFen: Fen; weighted: bigint } {
  const items = law.serviceItems?.value ?? null;
  let [baseFen, weighted] = [0n, 0n];
  for (const line of lines) {
    if (items !== null && !items.includes(line.serviceItem)) continue;
    const rate = rateOf(law, at, line);
    if (typeof rate !== 'number') continue;
    const amountFen = amountOf(law, line);
    baseFen += amountFen;
    weighted += amountFen * BigInt(approved !== undefined && approved < rate ? approved : rate);
  }
  return { baseFen, weighted };
}

/** The line's amount on the programme's basis. */
export const amountOf = (law: Law, line: Line): Fen => (law.amountBasis?.value === 'NET' ? line.netFen : line.grossFen);

/** The highest rate there is, in basis points. */
export const highestOf = (rate: Rate): number => Math.max(...rate.tiers.map(({ basisPoints }) => basisPoints));

/** The rate of a line in basis points, by the first tier that holds for it; or why there is none. */
function rateOf(law: Law, at: Applicant, line: Line): number | LineRefusal {
  const rate = law.rate?.value;
  if (rate === undefined) return 0;
  if (rate.flat !== null) return rate.flat;
  if (line.chipOrigin !== null || !rate.tiers.some(({ when }) => when !== null && when.chipOrigin !== null)) {
    return tierOf(rate, at, line, line.chipOrigin) ?? refused(line, 'RATE_NOT_GIVEN', {});
  }
  // Neither origin can be shown, so neither may be taken for granted: the lower of the two, or nothing.
  if (law.mixedChips?.value !== 'LOWER_RATE') return refused(line, 'CHIP_ORIGIN_UNKNOWN', {});
  const [domestic, other] = [tierOf(rate, at, line, 'DOMESTIC'), tierOf(rate, at, line, 'NON_DOMESTIC')];
  return domestic === null || other === null ? refused(line, 'RATE_NOT_GIVEN', {}) : Math.min(domestic, other);
}

function tierOf({ tiers }: Rate, { appliedOn, enterprise }: Applicant, line: Line, chipOrigin: ChipOrigin | null): number | null {
  for (const { when, basisPoints } of tiers) {
    if (when === null) return basisPoints;
    if (when.chipOrigin !== null && when.chipOrigin !== chipOrigin) continue;
    if (when.enterpriseClass !== null && !enterprise.classes.includes(when.enterpriseClass)) continue;
    if (when.modelClass !== null && when.modelClass !== line.modelClass) continue;
    const under = when.enterpriseAgeUnderMonths;
    if (under !== null && (enterprise.establishedOn === null || appliedOn >= addMonths(enterprise.establishedOn, under)))
      continue;
    return basisPoints;
  }
  return null;
}

const refused = ({ lineNo }: Line, code: LineRefusal['code'], params: Record<string, string>): LineRefusal => ({
  code,
  params: { line: String(lineNo), ...params },
});

function lineRefusal(law: Law, at: Applicant, of: Dealing, line: Line, { period, settled, conditions }: Use): LineRefusal | null {
  const { provider, contract } = of;
  const facility = line.facilityId === null ? null : (of.facilities.find(({ id }) => id === line.facilityId) ?? null);
  const { legalPerson } = at.enterprise;
  const exclusions = law.exclusions?.value;
  if (exclusions?.includes('SELF_BUILT_SELF_USED') === true) {
    if (
      provider.legalPerson === legalPerson ||
      (facility !== null && (facility.ownerLegalPerson === legalPerson || facility.operatorLegalPerson === legalPerson))
    )
      return refused(line, 'SELF_BUILT_SELF_USED', { legalPerson });
  }
  if (exclusions?.includes('RELATED_PARTIES') === true && provider.isRelated)
    return refused(line, 'RELATED_PARTY', { provider: provider.legalPerson });
  for (const predicate of conditions ?? []) {
    if (predicate.serviceItems?.includes(line.serviceItem) === false) continue;
    const { predicates } = at.enterprise;
    const recorded = predicates[lineFinding(predicate.id, line.lineNo)] ?? predicates[predicate.id];
    if (!isMet(predicate, recorded))
      return refused(line, 'NOT_ELIGIBLE', {
        predicate: predicate.id,
        recorded: recorded ?? 'NOT_RECORDED',
        ...predicate.text,
      });
  }
  if (contract !== null) {
    const earliest = law.contractSignedOnOrAfter?.value;
    if (earliest !== undefined && contract.signedOn < earliest)
      return refused(line, 'CONTRACT_SIGNED_TOO_EARLY', { signedOn: contract.signedOn, earliest });
    if (law.purposes !== null && !(law.purposes.value as readonly (string | null)[]).includes(contract.purpose))
      return refused(line, 'PURPOSE_NOT_PERMITTED', { purpose: contract.purpose ?? '' });
    if (law.filing !== null) {
      const by = law.filing.value === 'BEFORE_APPLICATION' ? at.appliedOn : period.from;
      if (contract.filedOn === null || contract.filedOn > by)
        return refused(line, 'CONTRACT_FILED_TOO_LATE', { filedOn: contract.filedOn ?? '—', by });
    }
  }
  if (settled !== undefined && settled.inYear !== null) {
    const { on, inYear } = settled;
    if (on === null || yearOf(on) !== inYear)
      return refused(line, 'FEE_NOT_SETTLED', { settledOn: on ?? '—', year: String(inYear) });
  }
  if (law.serviceItems !== null && !law.serviceItems.value.includes(line.serviceItem))
    return refused(line, 'SERVICE_ITEM_NOT_COUNTED', { serviceItem: line.serviceItem });
  for (const condition of law.providerConditions?.value ?? []) {
    if (condition === 'LOCAL') {
      if (!provider.isLocal) return refused(line, 'PROVIDER_NOT_LOCAL', { provider: provider.legalPerson });
      continue;
    }
    const day = settled?.on ?? period.from;
    const days = condition === 'LISTED_WHEN_SETTLED' ? { from: day, to: day } : period;
    const unlisted = firstUnlistedDay(provider.listings, line.serviceItem, days);
    if (unlisted !== null) return refused(line, 'PROVIDER_NOT_LISTED', { serviceItem: line.serviceItem, day: unlisted });
  }
  if (law.facilityConditions !== null) {
    const why = facilityRefusal(law.facilityConditions.value, facility, period);
    if (why !== null) return refused(line, why.code, { facility: line.facilityId ?? '', ...why.params });
  }
  return null;
}

/** Null when the listings of the item, one after another, cover every day of the period. */
function firstUnlistedDay(listings: Provider['listings'], item: ServiceItem, { from, to }: { from: Day; to: Day }): Day | null {
  if (listings.some((of) => of.serviceItem === item && of.from <= from && (of.to === null || of.to >= to))) return null;
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

/** The one that answers for all. */
export function worstOf(all: readonly LineRefusal[]): LineRefusal | null {
  for (const code of lineRefusals) {
    const found = all.find((why) => why.code === code);
    if (found !== undefined) return found;
  }
  return null;
}

/** A facility as it was last seen by the day, for the explanation. */
export function described(facility: Facility, day: Day): string {
  const seen = latest(facility, day);
  if (seen === null) return `${facility.id} ${facility.kind}`;
  const size = {
    SUPERCOMPUTING: '',
    AI_COMPUTING: `${seen.pflops} PFLOPS (${seen.precision}) `,
    DATA_CENTER: `${seen.standardRacks} `,
  };
  return `${facility.id} ${facility.kind} ${size[facility.kind]}(${seen.observedOn})`;
}

/** What counts at each rate: `10000000.00 × 60% + 4000000.00 × 30%`. */
export const describedRates = (byRate: Counted['byRate']): string =>
  byRate.map(({ basisPoints, fen }) => `${formatYuan(fen)} × ${percent(basisPoints)}`).join(' + ');
