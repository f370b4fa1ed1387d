import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Chip, Facility, FacilityObservation, Listing, PayeeAccount, Provider } from '../../db/tables.js';
import { chips, facilities, facilityObservations, listings, payeeAccounts, providers } from '../../db/tables.js';

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

export const listListings = (
  db: Database,
  of: Page & { providerId: string | undefined; serviceItem: Listing['serviceItem'] | undefined },
): Promise<Listing[]> =>
  db.drizzle
    .select()
    .from(listings)
    .where(
      and(
        eq(listings.bookId, of.bookId),
        of.providerId === undefined ? undefined : eq(listings.providerId, of.providerId),
        of.serviceItem === undefined ? undefined : eq(listings.serviceItem, of.serviceItem),
        of.after === undefined ? undefined : gt(listings.listingId, of.after),
      ),
    )
    .orderBy(asc(listings.listingId))
    .limit(of.limit + 1);

export const listChips = (db: Database, of: Page): Promise<Chip[]> =>
  db.drizzle
    .select()
    .from(chips)
    .where(and(eq(chips.bookId, of.bookId), of.after === undefined ? undefined : gt(chips.chipId, of.after)))
    .orderBy(asc(chips.chipId))
    .limit(of.limit + 1);

/** Payee accounts of all providers, or of those of one legal person. */
export async function listPayeeAccounts(
  db: Database,
  of: Page & { providerId: string | undefined; legalPersonUscc: string | null },
): Promise<PayeeAccount[]> {
  const own: SQL | undefined = of.legalPersonUscc === null ? undefined : eq(providers.legalPersonUscc, of.legalPersonUscc);
  const rows = await db.drizzle
    .select({ account: payeeAccounts })
    .from(payeeAccounts)
    .innerJoin(providers, and(eq(providers.bookId, payeeAccounts.bookId), eq(providers.providerId, payeeAccounts.providerId)))
    .where(
      and(
        eq(payeeAccounts.bookId, of.bookId),
        own,
        of.providerId === undefined ? undefined : eq(payeeAccounts.providerId, of.providerId),
        of.after === undefined ? undefined : gt(payeeAccounts.payeeAccountId, of.after),
      ),
    )
    .orderBy(asc(payeeAccounts.payeeAccountId))
    .limit(of.limit + 1);
  return rows.map((row) => row.account);
}
