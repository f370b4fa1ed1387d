import type { z } from 'zod';
import type { Provider } from '../../db/tables.js';
import type { registerProvider as body } from '../../schemas/providers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc, validUsccs } from '../uscc.js';
import { providerShelf } from './facts.js';
import { presentProvider } from './rules.js';

type Body = z.output<typeof body>;

/** Registers a provider under its code; refuses a code that is not valid or already known in this book. */
export const registerProvider: Verb<Body, ReturnType<typeof presentProvider>> = {
  name: 'provider.register',
  money: false,

  async gather(loader, commands) {
    const codes = commands.flatMap(({ body }) => [body.uscc, body.parentUscc ?? body.uscc]);
    await Promise.all([
      loader.load(providerShelf, 'uscc', validUsccs(codes)),
      loader.load(providerShelf, 'legalPerson', validUsccs(codes)),
    ]);
  },

  decide({ id, body, receivedAt }, facts) {
    const own = readUscc(body.uscc, '/uscc');
    if (own.kind === 'refused') return own;
    const parent = body.parentUscc === undefined ? own : readUscc(body.parentUscc, '/parentUscc');
    if (parent.kind === 'refused') return parent;
    if (facts.one(providerShelf, 'uscc', own.uscc)) return refused('PROVIDER_EXISTS', { uscc: own.uscc }, '/uscc');
    const above = facts.one(providerShelf, 'uscc', parent.uscc);
    if (above && above.legalPersonUscc !== above.uscc) {
      return refused('PARENT_IS_BRANCH', { parent: parent.uscc, legalPerson: above.legalPersonUscc }, '/parentUscc');
    }
    if (parent.uscc !== own.uscc && facts.all(providerShelf, 'legalPerson', own.uscc).length > 0) {
      return refused('HAS_BRANCHES', { uscc: own.uscc, parent: parent.uscc }, '/parentUscc');
    }
    // After this line the command succeeds.
    const row: Provider = {
      bookId: facts.bookId,
      providerId: id,
      uscc: own.uscc,
      legalPersonUscc: parent.uscc,
      name: body.name,
      recordedAt: receivedAt.toISOString(),
      closedOn: null,
      successorUscc: null,
      actingUscc: parent.uscc,
    };
    return accepted({
      decision: 'provider.registered',
      subjectId: id,
      result: presentProvider(row),
      changes: [insert(providerShelf, row)],
    });
  },
};
