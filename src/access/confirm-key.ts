import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { keyShelf, memberShelf } from './facts.js';
import { presentKey } from './rules.js';

/**
 * Confirms a natural person's key that signs, so that it counts: by the person itself, or by an operator; never by who made it. Without this one
 * operator could make a key in an approver's name. Refuses, in this order: NOT_FOUND (also for whom it is no matter of), KEY_REVOKED,
 * KEY_NEEDS_NO_CONFIRMATION, KEY_CONFIRMED, FOUR_EYES.
 */
export const confirmKey: Verb<{ id?: string }, ReturnType<typeof presentKey>> = {
  name: 'key.confirm',
  money: false,

  async gather(loader, commands) {
    const keys = await loader.load(
      keyShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await loader.load(
      memberShelf,
      'id',
      keys.map(({ memberId }) => memberId),
    );
  },

  decide({ actor, body }, facts) {
    const key = facts.get(keyShelf, body.id ?? '');
    const member = key && facts.get(memberShelf, key.memberId);
    if (!key || !member || !(actor.role === 'operator' || isSamePerson(actor, member.personId))) return refused('NOT_FOUND');
    if (key.revokedAt !== null) return refused('KEY_REVOKED');
    if (key.publicKey === null || member.kind !== 'PERSON') return refused('KEY_NEEDS_NO_CONFIRMATION');
    if (key.confirmedPerson !== null) return refused('KEY_CONFIRMED');
    if (isSamePerson(actor, key.issuedPerson)) return refused('FOUR_EYES');
    const row = { ...key, confirmedPerson: actor.personId };
    return accepted({
      decision: 'key.confirmed',
      subjectId: key.keyId,
      result: presentKey(row),
      changes: [update(keyShelf, row)],
    });
  },
};
