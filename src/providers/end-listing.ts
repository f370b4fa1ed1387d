import type { z } from 'zod';
import type { Listing } from '../../db/tables.js';
import type { endListing as body } from '../../schemas/providers.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { listingShelf } from './facts.js';
import { presentListing } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };

/**
 * Sets the last day of a listing, inclusive: usage up to it counts, usage after it does not. Only ever earlier than the
 * end it has; more time is a new listing with a document of its own.
 */
export const endListing: Verb<Body, ReturnType<typeof presentListing>> = {
  name: 'listing.end',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      listingShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, today }, facts) {
    const listing = facts.get(listingShelf, body.id ?? '');
    if (!listing) return refused('NOT_FOUND');
    const { validFrom, validTo } = listing;
    if (body.validTo < validFrom) return refused('PERIOD_ENDS_BEFORE_START', { from: validFrom, to: body.validTo }, '/validTo');
    if (validTo !== null && body.validTo >= validTo) return refused('LISTING_ENDS_EARLIER', { validTo }, '/validTo');
    // After this line the command succeeds.
    const row: Listing = { ...listing, validTo: body.validTo };
    return accepted({
      decision: 'listing.ended',
      subjectId: listing.listingId,
      result: presentListing(row, today),
      changes: [update(listingShelf, row)],
    });
  },
};
