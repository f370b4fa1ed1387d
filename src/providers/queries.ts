import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { pageOfKey } from '../../db/planned.js';
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
} from '../../db/tables.js';
import {
  chips,
  facilities,
  facilityObservations,
  listingApplications,
  listingMeasures,
  listings,
  listingScores,
  listingSteps,
  listPrices,
  providers,
} from '../../db/tables.js';

/** A page in order of making: `limit` + 1 rows after a cursor, so that the caller sees whether more follow. */
interface Page {
  readonly bookId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

export const listProviders = (db: Database, of: Page): Promise<Provider[]> =>
  db.drizzle
    .select()
    .from(providers)
    .where(and(eq(providers.bookId, of.bookId), of.after === undefined ? undefined : gt(providers.providerId, of.after)))
    .orderBy(asc(providers.providerId))
    .limit(of.limit + 1);

export async function findProvider(db: Database, bookId: string, providerId: string): Promise<Provider | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(providers)
    .where(and(eq(providers.bookId, bookId), eq(providers.providerId, providerId)));
  return row;
}

export const listFacilities = (db: Database, of: Page & { providerId: string | undefined }): Promise<Facility[]> =>
  db.drizzle
    .select()
    .from(facilities)
    .where(
      and(
        eq(facilities.bookId, of.bookId),
        of.providerId === undefined ? undefined : eq(facilities.providerId, of.providerId),
        of.after === undefined ? undefined : gt(facilities.facilityId, of.after),
      ),
    )
    .orderBy(asc(facilities.facilityId))
    .limit(of.limit + 1);

/** A facility with its observations, oldest day first. */
export async function findFacility(
  db: Database,
  bookId: string,
  facilityId: string,
): Promise<{ facility: Facility; observations: FacilityObservation[] } | undefined> {
  const [[facility], observations] = await Promise.all([
    db.drizzle
      .select()
      .from(facilities)
      .where(and(eq(facilities.bookId, bookId), eq(facilities.facilityId, facilityId))),
    db.drizzle
      .select()
      .from(facilityObservations)
      .where(and(eq(facilityObservations.bookId, bookId), eq(facilityObservations.facilityId, facilityId)))
      .orderBy(asc(facilityObservations.observedOn)),
  ]);
  return facility && { facility, observations };
}

/** Listings of one provider, which are few, or of one service item, or all. */
export const listListings = (
  db: Database,
  of: Page & { providerId: string | undefined; serviceItem: Listing['serviceItem'] | undefined },
): Promise<Listing[]> => {
  const { listingId: id, bookId: book, providerId: column } = listings;
  const limit = of.limit + 1;
  const key = of.providerId === undefined ? undefined : { column, value: sql`${of.providerId}::uuid` };
  const state = { column: listings.serviceItem, is: of.serviceItem };
  return db.drizzle
    .select()
    .from(listings)
    .where(pageOfKey({ id, book, bookId: of.bookId, key, state, after: of.after, limit }))
    .orderBy(asc(id))
    .limit(limit);
};

/** A listing with all measures against it, in order of proposal. */
export async function findListing(
  db: Database,
  bookId: string,
  listingId: string,
): Promise<{ listing: Listing; measures: ListingMeasure[] } | undefined> {
  const [[listing], measures] = await Promise.all([
    db.drizzle
      .select()
      .from(listings)
      .where(and(eq(listings.bookId, bookId), eq(listings.listingId, listingId))),
    db.drizzle
      .select()
      .from(listingMeasures)
      .where(and(eq(listingMeasures.bookId, bookId), eq(listingMeasures.listingId, listingId)))
      .orderBy(asc(listingMeasures.measureId)),
  ]);
  return listing && { listing, measures };
}

/** Measures in order of proposal, of one state if given. */
export function listMeasures(
  db: Database,
  of: Page & { status: ListingMeasure['status'] | undefined },
): Promise<ListingMeasure[]> {
  const { measureId: id, bookId: book } = listingMeasures;
  const limit = of.limit + 1;
  const state = { column: listingMeasures.status, is: of.status };
  return db.drizzle
    .select()
    .from(listingMeasures)
    .where(pageOfKey({ id, book, bookId: of.bookId, key: undefined, state, after: of.after, limit }))
    .orderBy(asc(id))
    .limit(limit);
}

/** Applications to be listed in order of drafting; of one state or of these providers if given. */
export function listListingApplications(
  db: Database,
  of: Page & { status: ListingApplication['status'] | undefined; providerIds: readonly string[] | undefined },
): Promise<ListingApplication[]> {
  const { applicationId: id, bookId: book, providerId: column } = listingApplications;
  const limit = of.limit + 1;
  const ranges = sql`unnest(${`{${(of.providerIds ?? []).join(',')}}`}::uuid[]) as p (id)`;
  const key = of.providerIds === undefined ? undefined : { column, value: sql`p.id`, ranges };
  const state = { column: listingApplications.status, is: of.status };
  return db.drizzle
    .select()
    .from(listingApplications)
    .where(pageOfKey({ id, book, bookId: of.bookId, key, state, after: of.after, limit }))
    .orderBy(asc(id))
    .limit(limit);
}

/** An application with its scores and all its steps, in order. */
export async function findListingApplication(
  db: Database,
  bookId: string,
  applicationId: string,
): Promise<{ application: ListingApplication; scores: ListingScore[]; steps: ListingStep[] } | undefined> {
  const [[application], scores, steps] = await Promise.all([
    db.drizzle
      .select()
      .from(listingApplications)
      .where(and(eq(listingApplications.bookId, bookId), eq(listingApplications.applicationId, applicationId))),
    db.drizzle
      .select()
      .from(listingScores)
      .where(and(eq(listingScores.bookId, bookId), eq(listingScores.applicationId, applicationId)))
      .orderBy(asc(listingScores.scoredPerson), asc(listingScores.criterion)),
    db.drizzle
      .select()
      .from(listingSteps)
      .where(and(eq(listingSteps.bookId, bookId), eq(listingSteps.applicationId, applicationId)))
      .orderBy(asc(listingSteps.stepNo)),
  ]);
  return application && { application, scores, steps };
}

/** The providers that a legal person acts for: its own, branches among them, and those that it has absorbed. */
export const providersOf = (db: Database, bookId: string, legalPersonUscc: string): Promise<Provider[]> =>
  db.drizzle
    .select()
    .from(providers)
    .where(and(eq(providers.bookId, bookId), eq(providers.actingUscc, legalPersonUscc)));

export const listChips = (db: Database, of: Page): Promise<Chip[]> =>
  db.drizzle
    .select()
    .from(chips)
    .where(and(eq(chips.bookId, of.bookId), of.after === undefined ? undefined : gt(chips.chipId, of.after)))
    .orderBy(asc(chips.chipId))
    .limit(of.limit + 1);

/** The list prices of one provider, in order of recording. */
export const listListPrices = (db: Database, of: Page & { providerId: string }): Promise<ListPrice[]> =>
  db.drizzle
    .select()
    .from(listPrices)
    .where(
      and(
        eq(listPrices.bookId, of.bookId),
        eq(listPrices.providerId, of.providerId),
        of.after === undefined ? undefined : gt(listPrices.listPriceId, of.after),
      ),
    )
    .orderBy(asc(listPrices.listPriceId))
    .limit(of.limit + 1);
