import type { z } from 'zod';
import type { Facility } from '../../db/tables.js';
import type { registerFacility as body } from '../../schemas/providers.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { readUscc } from '../uscc.js';
import { facilityShelf, providerShelf } from './facts.js';
import { actsFor, presentFacility } from './rules.js';

type Body = z.output<typeof body>;

/**
 * Registers a facility of a provider, with who owns and who operates it (自建自用 is judged by them too): the codes as they
 * were named, not rolled up to a legal person. Refuses a second facility of the same name.
 */
export const registerFacility: Verb<Body, ReturnType<typeof presentFacility>> = {
  name: 'facility.register',
  money: false,

  async gather(loader, commands) {
    const providers = commands.map(({ body }) => body.providerId);
    await Promise.all([loader.load(providerShelf, 'id', providers), loader.load(facilityShelf, 'provider', providers)]);
  },

  decide({ id, body, actor, receivedAt }, facts) {
    const provider = facts.get(providerShelf, body.providerId);
    if (!provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/providerId');
    const owner = readUscc(body.ownerUscc ?? provider.legalPersonUscc, '/ownerUscc');
    if (owner.kind === 'refused') return owner;
    const operator = readUscc(body.operatorUscc ?? provider.legalPersonUscc, '/operatorUscc');
    if (operator.kind === 'refused') return operator;
    if (facts.all(facilityShelf, 'provider', provider.providerId).some((other) => other.name === body.name)) {
      return refused('FACILITY_EXISTS', { name: body.name }, '/name');
    }
    // After this line the command succeeds.
    const row: Facility = {
      bookId: facts.bookId,
      facilityId: id,
      providerId: provider.providerId,
      name: body.name,
      kind: body.kind,
      ownerUscc: owner.uscc,
      operatorUscc: operator.uscc,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'facility.registered',
      subjectId: id,
      result: presentFacility(row),
      changes: [insert(facilityShelf, row)],
    });
  },
};
