import type { z } from 'zod';
import type { ListPrice } from '../../db/tables.js';
import type { recordListPrice as body } from '../../schemas/providers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { chipShelf, listPriceShelf, providerShelf } from './facts.js';
import { actsFor, presentListPrice } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Records what a provider asks for a card-hour of a chip by its published list, gross, from a day on. A price is never changed, only
 * followed; the provider itself records none for days that are over. Refuses NOT_FOUND (another provider's likewise), CHIP_UNKNOWN,
 * LIST_PRICE_BACKDATED.
 */
export const recordListPrice: Verb<Body, ReturnType<typeof presentListPrice>> = {
  name: 'list_price.record',
  money: false,

  async gather(loader, commands) {
    const providers = commands.map(({ body }) => body.providerId);
    await Promise.all([
      loader.load(providerShelf, 'id', providers),
      loader.load(listPriceShelf, 'provider', providers),
      loader.load(
        chipShelf,
        'model',
        commands.map(({ body }) => [body.chipVendor, body.chipModel]),
      ),
    ]);
  },

  decide({ id, body, actor, receivedAt, today }, facts) {
    const { chipVendor, chipModel, validFrom } = body;
    const provider = facts.get(providerShelf, body.providerId);
    if (!provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/providerId');
    if (facts.all(chipShelf, 'model', [chipVendor, chipModel]).length === 0) {
      return refused('CHIP_UNKNOWN', { vendor: chipVendor, model: chipModel, day: validFrom }, '/chipModel');
    }
    if (actor.role === 'provider' && validFrom < today) {
      return refused('LIST_PRICE_BACKDATED', { validFrom, today }, '/validFrom');
    }
    // After this line the command succeeds.
    const before = facts
      .all(listPriceShelf, 'provider', provider.providerId)
      .filter((other) => other.chipVendor === chipVendor && other.chipModel === chipModel);
    const [whole = '0', decimals = ''] = body.price.split('.');
    const row: ListPrice = {
      bookId: facts.bookId,
      listPriceId: id,
      providerId: provider.providerId,
      chipVendor,
      chipModel,
      price: `${whole}.${decimals.padEnd(6, '0')}`,
      validFrom,
      source: body.source,
      revision: before.length + 1,
      recordedPerson: actor.personId,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'list_price.recorded',
      subjectId: id,
      result: presentListPrice(row),
      changes: [insert(listPriceShelf, row)],
    });
  },
};
