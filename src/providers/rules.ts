// What is true of a provider on a day, and how the slice's things are shown. Pure.
import type { z } from 'zod';
import type { Chip, Facility, FacilityObservation, Listing, Provider } from '../../db/tables.js';
import type { chip, facility, listing, observation, provider } from '../../schemas/providers.js';
import type { Day, Period } from '../calendar.js';
import { formatInstant, overlaps } from '../calendar.js';
import type { Actor } from '../ledger/lane.js';

/** Whether a provider's things are this actor's business: a member of the trade acts for its own legal person only. */
export const actsFor = (actor: Pick<Actor, 'legalPersonUscc'>, of: { legalPersonUscc: string }): boolean =>
  actor.legalPersonUscc === null || actor.legalPersonUscc === of.legalPersonUscc;

/** The days a listing admits, both ends inclusive. */
export const listedDays = (of: Pick<Listing, 'validFrom' | 'validTo'>): Period => ({ from: of.validFrom, to: of.validTo });

/** Whether one of a provider's listings admits it for the service item on this day, first and last day included. */
export const listedOn = (listings: readonly Listing[], serviceItem: string, day: Day): boolean =>
  listedWithin(listings, serviceItem, { from: day, to: day });

/** Whether one of a provider's listings admits it for the service item on at least one day of the period. */
export const listedWithin = (listings: readonly Listing[], serviceItem: string, period: Period): boolean =>
  listings.some((of) => of.serviceItem === serviceItem && overlaps(listedDays(of), period));

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
  evidence: row.evidence,
  recordedAt: instantOf(row),
});

export const presentListing = (row: Listing): z.input<typeof listing> => ({
  listingId: row.listingId,
  providerId: row.providerId,
  serviceItem: row.serviceItem,
  batchNo: row.batchNo,
  documentNo: row.documentNo,
  validFrom: row.validFrom,
  validTo: row.validTo,
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
