import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { Chip, Facility, FacilityObservation, Listing, Provider } from '../../db/tables.js';
import { chips, facilities, facilityObservations, listings, providers } from '../../db/tables.js';

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
  const { bookId, providerId, serviceItem, after } = of;
  const limit = of.limit + 1;
  const item = serviceItem === undefined ? undefined : eq(listings.serviceItem, serviceItem);
  const page = { id: listings.listingId, bookId, after, limit };
  const ids =
    providerId !== undefined
      ? idsOfPage({ ...page, key: [[listings.providerId, sql`${providerId}::uuid`]], sieve: item ?? sql`true` })
      : serviceItem !== undefined
        ? idsOfPage({ ...page, key: [[listings.serviceItem, sql`${serviceItem}::text`]] })
        : undefined;
  return db.drizzle
    .select()
    .from(listings)
    .where(
      and(
        eq(listings.bookId, bookId),
        ids ? sql`${listings.listingId} = any(array${ids})` : after === undefined ? undefined : gt(listings.listingId, after),
      ),
    )
    .orderBy(asc(listings.listingId))
    .limit(limit);
};

export const listChips = (db: Database, of: Page): Promise<Chip[]> =>
  db.drizzle
    .select()
    .from(chips)
    .where(and(eq(chips.bookId, of.bookId), of.after === undefined ? undefined : gt(chips.chipId, of.after)))
    .orderBy(asc(chips.chipId))
    .limit(of.limit + 1);
