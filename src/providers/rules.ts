// What is true of a provider on a day, and how the slice's things are shown. Pure.
import type { z } from 'zod';
import type {
  Chip,
  Facility,
  FacilityObservation,
  Listing,
  ListingApplication,
  ListingMeasure,
  ListingScore,
  ListingStep,
  ListPrice,
  Provider,
  SelectionCriterion,
} from '../../db/tables.js';
import type {
  chip,
  facility,
  listing,
  listingApplication,
  listingApplicationWithHistory,
  listingMeasure,
  listPrice,
  observation,
  provider,
} from '../../schemas/providers.js';
import type { Day, Period } from '../calendar.js';
import { addDays, formatInstant, overlaps } from '../calendar.js';
import type { Actor, Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life } from '../lives.js';

/**
 * Whether somebody's things are this actor's business: a member of the trade acts for its own legal person only, and for a provider that
 * its own has absorbed.
 */
export const actsFor = (
  actor: Pick<Actor, 'legalPersonUscc'>,
  of: { readonly legalPersonUscc: string; readonly actingUscc?: string },
): boolean => actor.legalPersonUscc === null || actor.legalPersonUscc === (of.actingUscc ?? of.legalPersonUscc);

/** The life of a listing, by what it is on the day it is asked. Its last day by document is set by `end`, whatever its state. */
export const listingLife = life({
  of: 'listing',
  code: 'LISTING_WRONG_STATE',
  states: { LISTED: ['suspend', 'delist'], SUSPENDED: ['resume', 'delist'], DELISTED: [] },
});

/** The life of a measure against a listing. */
export const measureLife = life({
  of: 'listing measure',
  code: 'LISTING_MEASURE_WRONG_STATE',
  states: { PROPOSED: ['approve', 'withdraw'], APPROVED: [], WITHDRAWN: [] },
});

/** The life of an application to be listed; what follows is the listing's. */
export const listingApplicationLife = life({
  of: 'listing application',
  code: 'LISTING_APPLICATION_WRONG_STATE',
  states: {
    DRAFT: ['amend', 'submit', 'withdraw'],
    SUBMITTED: ['accept', 'withdraw'],
    UNDER_REVIEW: ['score', 'request-supplement', 'publish-notice', 'reject', 'withdraw'],
    SUPPLEMENT_REQUESTED: ['supplement', 'reject', 'withdraw'],
    PUBLIC_NOTICE: ['list', 'reject', 'withdraw'],
    LISTED: [],
    REJECTED: [],
    WITHDRAWN: [],
  },
});

type Listed = Pick<Listing, 'validFrom' | 'validTo' | 'suspensions'>;

/** The days from the first to the last of a listing, suspended ones among them; both ends inclusive. */
export const listedDays = (of: Pick<Listing, 'validFrom' | 'validTo'>): Period => ({ from: of.validFrom, to: of.validTo });

/** The days a listing admits: its own but for those on which it is suspended; in order, ends inclusive. */
export function listedPeriods({ validFrom, validTo, suspensions }: Listed): Period[] {
  const periods: Period[] = [];
  let from = validFrom;
  for (const { from: first, to: last } of [...suspensions].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (validTo !== null && first > validTo) break;
    if (first > from) periods.push({ from, to: addDays(first, -1) });
    if (last === null) return periods;
    if (last >= from) from = addDays(last, 1);
  }
  return validTo === null || from <= validTo ? [...periods, { from, to: validTo }] : periods;
}

/** The decisions that say what a listing is from then on; the first makes it. */
export const listingSayings = ['listing.recorded', 'listing.ended', 'listing.suspended', 'listing.resumed', 'listing.delisted'];

/** What one of them said of a listing, for those who ask what was known when. */
export interface ListingSaid extends Pick<Listing, 'validTo' | 'suspensions'> {
  readonly id: string;
  readonly seq: bigint;
}

/** What a listing is on a day: before its first day it is listed to be. */
export function listingStatusOn(of: Listed, day: Day): 'LISTED' | 'SUSPENDED' | 'DELISTED' {
  if (of.validTo !== null && of.validTo < day) return 'DELISTED';
  return of.suspensions.some((days) => overlaps(days, { from: day, to: day })) ? 'SUSPENDED' : 'LISTED';
}

/** Whether one of a provider's listings admits it for the service item on this day, first and last day included. */
export const listedOn = (listings: readonly Listing[], serviceItem: string, day: Day): boolean =>
  listedWithin(listings, serviceItem, { from: day, to: day });

/** Whether one of a provider's listings admits it for the service item on at least one day of the period. */
export const listedWithin = (listings: readonly Listing[], serviceItem: string, period: Period): boolean =>
  listings.some((of) => of.serviceItem === serviceItem && listedPeriods(of).some((days) => overlaps(days, period)));

/** What counts of a facility on a day: its latest observation on or before that day; undefined when there is none. */
export const capacityOn = (observations: readonly FacilityObservation[], day: Day): FacilityObservation | undefined =>
  latestOn(observations, (of) => of.observedOn, day);

/** What the catalogue says of one chip (all its rows) on a day; undefined before its first row. */
export const chipOn = (rows: readonly Chip[], day: Day): Chip | undefined => latestOn(rows, (of) => of.validFrom, day);

function latestOn<Row>(rows: readonly Row[], dayOf: (row: Row) => Day, day: Day): Row | undefined {
  return rows.reduce<Row | undefined>(
    (latest, row) => (dayOf(row) <= day && (latest === undefined || dayOf(latest) < dayOf(row)) ? row : latest),
    undefined,
  );
}

const instantOf = (row: { recordedAt: string }): string => formatInstant(new Date(row.recordedAt));

export const presentProvider = (row: Provider): z.input<typeof provider> => ({
  providerId: row.providerId,
  uscc: row.uscc,
  legalPersonUscc: row.legalPersonUscc,
  name: row.name,
  closedOn: row.closedOn,
  successorUscc: row.successorUscc,
  recordedAt: instantOf(row),
});

export const presentFacility = (row: Facility): z.input<typeof facility> => ({
  facilityId: row.facilityId,
  providerId: row.providerId,
  name: row.name,
  kind: row.kind,
  ownerUscc: row.ownerUscc,
  operatorUscc: row.operatorUscc,
  recordedAt: instantOf(row),
});

export const presentObservation = (row: FacilityObservation): z.input<typeof observation> => ({
  observationId: row.observationId,
  facilityId: row.facilityId,
  observedOn: row.observedOn,
  inService: row.inService,
  pflops: row.pflops,
  precision: row.precision,
  standardRacks: row.standardRacks,
  installedCards: row.installedCards && row.installedCards.map(({ vendor, model, cards }) => ({ vendor, model, cards })),
  evidence: row.evidence,
  recordedAt: instantOf(row),
});

/** A listing as it is on a day. */
export const presentListing = (row: Listing, today: Day): z.input<typeof listing> => ({
  listingId: row.listingId,
  providerId: row.providerId,
  serviceItem: row.serviceItem,
  batchNo: row.batchNo,
  documentNo: row.documentNo,
  validFrom: row.validFrom,
  validTo: row.validTo,
  status: listingStatusOn(row, today),
  suspensions: row.suspensions.map(({ from, to }) => ({ from, to })),
  applicationId: row.applicationId,
  recordedAt: instantOf(row),
});

export const presentMeasure = (row: ListingMeasure): z.input<typeof listingMeasure> => ({
  measureId: row.measureId,
  listingId: row.listingId,
  kind: row.kind,
  from: row.effectiveFrom,
  to: row.effectiveTo,
  reason: row.reason,
  documentNo: row.documentNo,
  status: row.status,
  proposedPerson: row.proposedPerson,
  proposedOn: row.proposedOn,
  decidedPerson: row.decidedPerson,
  decidedOn: row.decidedOn,
  recordedAt: instantOf(row),
});

/** What providers are selected by where no programme is named (算力伙伴计划: 设备先进、技术安全、绿色节能、价格优惠). */
export const ownCriteria: readonly SelectionCriterion[] = [
  { id: 'ADVANCED_EQUIPMENT', name: { zh: '设备先进', en: 'advanced equipment' }, points: null },
  { id: 'TECHNICAL_SECURITY', name: { zh: '技术安全', en: 'technical security' }, points: null },
  { id: 'GREEN_ENERGY', name: { zh: '绿色节能', en: 'green and saving energy' }, points: null },
  { id: 'FAVOURABLE_PRICE', name: { zh: '价格优惠', en: 'favourable price' }, points: null },
];

/** Something for each criterion, and for no other: refuses CRITERIA_MISSED with what is missing and what is not asked for. */
export function refuseMissed(criteria: readonly SelectionCriterion[], said: object, pointer: string): Refused | undefined {
  const asked = new Set(criteria.map(({ id }) => id));
  const missing = [...asked].filter((id) => !Object.hasOwn(said, id));
  const others = Object.keys(said).filter((id) => !asked.has(id));
  if (missing.length === 0 && others.length === 0) return undefined;
  return refused('CRITERIA_MISSED', { missing: missing.join(', ') || '—', others: others.join(', ') || '—' }, pointer);
}

/** Scores within the points of their criteria (100 where the text gives none). Refuses CRITERIA_MISSED, SCORE_ABOVE_POINTS. */
export function refuseScores(
  criteria: readonly SelectionCriterion[],
  scores: Readonly<Record<string, { readonly score: number }>>,
): Refused | undefined {
  const missed = refuseMissed(criteria, scores, '/scores');
  if (missed) return missed;
  for (const { id, points } of criteria) {
    const given = scores[id]?.score ?? 0;
    const most = points ?? 100;
    if (given > most)
      return refused('SCORE_ABOVE_POINTS', { criterion: id, points: String(given), most: String(most) }, `/scores/${id}/score`);
  }
  return undefined;
}

export const presentListingApplication = (row: ListingApplication): z.input<typeof listingApplication> => ({
  applicationId: row.applicationId,
  providerId: row.providerId,
  serviceItem: row.serviceItem,
  batchNo: row.batchNo,
  programmeVersionId: row.programmeVersionId,
  criteria: row.criteria.map(({ id, name, points }) => ({ id, name: { zh: name.zh, en: name.en }, points })),
  evidence: { ...row.evidence },
  status: row.status,
  noticeFrom: row.noticeFrom,
  noticeTo: row.noticeTo,
  listingId: row.listingId,
  recordedAt: instantOf(row),
});

type History = z.input<typeof listingApplicationWithHistory>;

export const presentScore = (row: ListingScore): History['scores'][number] => ({
  criterion: row.criterion,
  score: row.score,
  evidence: row.evidence,
  scoredPerson: row.scoredPerson,
  recordedAt: instantOf(row),
});

export const presentStep = (row: ListingStep): History['steps'][number] => ({
  stepNo: row.stepNo,
  verb: row.verb,
  status: row.status,
  reason: row.reason,
  detail: { ...row.detail },
  person: row.person,
  takenOn: row.takenOn,
  recordedAt: instantOf(row),
});

export const presentChip = (row: Chip): z.input<typeof chip> => ({
  chipId: row.chipId,
  vendor: row.vendor,
  model: row.model,
  origin: row.origin,
  validFrom: row.validFrom,
  source: row.source,
  recordedAt: instantOf(row),
});

/** The price with the decimals it was recorded with, two at least. */
export const presentListPrice = (row: ListPrice): z.input<typeof listPrice> => ({
  listPriceId: row.listPriceId,
  providerId: row.providerId,
  chipVendor: row.chipVendor,
  chipModel: row.chipModel,
  price: row.price.replace(/(\.\d{2}\d*?)0+$/, '$1'),
  validFrom: row.validFrom,
  source: row.source,
  revision: row.revision,
  recordedPerson: row.recordedPerson,
  recordedAt: instantOf(row),
});
