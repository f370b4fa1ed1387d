import type { z } from 'zod';
import type { Chip } from '../../db/tables.js';
import type { recordChip as body } from '../../schemas/providers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { chipShelf } from './facts.js';
import { presentChip } from './rules.js';

type Body = z.output<typeof body>;

/** Adds a row to the chip catalogue: what a chip's origin is from a day on. Rows are never changed, only followed. */
export const recordChip: Verb<Body, ReturnType<typeof presentChip>> = {
  name: 'chip.record',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      chipShelf,
      'model',
      commands.map(({ body }) => [body.vendor, body.model]),
    );
  },

  decide({ id, body, receivedAt }, facts) {
    const { vendor, model, validFrom } = body;
    if (facts.all(chipShelf, 'model', [vendor, model]).some((other) => other.validFrom === validFrom)) {
      return refused('CHIP_EXISTS', { vendor, model, day: validFrom }, '/validFrom');
    }
    // After this line the command succeeds.
    const row: Chip = {
      bookId: facts.bookId,
      chipId: id,
      vendor,
      model,
      origin: body.origin,
      validFrom,
      source: body.source,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({ decision: 'chip.recorded', subjectId: id, result: presentChip(row), changes: [insert(chipShelf, row)] });
  },
};
