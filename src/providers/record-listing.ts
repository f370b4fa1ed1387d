import type { z } from 'zod';
import type { Listing } from '../../db/tables.js';
import type { recordListing as body } from '../../schemas/providers.js';
import { overlaps } from '../calendar.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { listingShelf, providerShelf } from './facts.js';
import { listedDays, presentListing } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Lists a provider (入库) for one service item, from a day to a day, both inclusive, or without end. Refuses days on which
 * it is listed for the same item already: every usage day has one document it rests on.
 */
export const recordListing: Verb<Body, ReturnType<typeof presentListing>> = {
  name: 'listing.record',
  money: false,

  async gather(loader, commands) {
    const providers = commands.map(({ body }) => body.providerId);
    await Promise.all([loader.load(providerShelf, 'id', providers), loader.load(listingShelf, 'provider', providers)]);
  },

  decide({ id, body, today, receivedAt }, facts) {
    if (!facts.get(providerShelf, body.providerId)) return refused('NOT_FOUND', {}, '/providerId');
    const days = { from: body.validFrom, to: body.validTo ?? null };
    if (days.to !== null && days.to < days.from) {
      return refused('PERIOD_ENDS_BEFORE_START', { from: days.from, to: days.to }, '/validTo');
    }
    const other = facts
      .all(listingShelf, 'provider', body.providerId)
      .find((of) => of.serviceItem === body.serviceItem && overlaps(listedDays(of), days));
    if (other) {
      const params = { batchNo: other.batchNo, from: other.validFrom, to: other.validTo ?? '—' };
      return refused('LISTING_OVERLAPS', params, '/validFrom');
    }
    // After this line the command succeeds.
    const row: Listing = {
      bookId: facts.bookId,
      listingId: id,
      providerId: body.providerId,
      serviceItem: body.serviceItem,
      batchNo: body.batchNo,
      documentNo: body.documentNo,
      validFrom: days.from,
      validTo: days.to,
      recordedAt: receivedAt.toISOString(),
      suspensions: [],
      applicationId: null,
    };
    return accepted({
      decision: 'listing.recorded',
      subjectId: id,
      result: presentListing(row, today),
      changes: [insert(listingShelf, row)],
    });
  },
};
