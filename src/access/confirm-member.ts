import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { memberShelf, personShelf } from './facts.js';
import { presentMember } from './rules.js';

/**
 * Confirms a membership of the authorities, so that it counts: by another than who registered it, and not by whom it is of. Without this one
 * operator could make up a second person and be both. Refuses, in this order: NOT_FOUND, MEMBER_ENDED, MEMBER_NEEDS_NO_CONFIRMATION, FOUR_EYES.
 */
export const confirmMember: Verb<{ id?: string }, ReturnType<typeof presentMember>> = {
  name: 'member.confirm',
  money: false,

  async gather(loader, commands) {
    const found = await loader.load(
      memberShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await loader.load(
      personShelf,
      'id',
      found.map(({ personId }) => personId),
    );
  },

  decide({ actor, body }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    if (member.status === 'ACTIVE') return refused('MEMBER_NEEDS_NO_CONFIRMATION');
    if ([member.registeredPerson, member.personId].some((person) => isSamePerson(actor, person))) return refused('FOUR_EYES');
    const row = { ...member, status: 'ACTIVE' as const, confirmedPerson: actor.personId };
    return accepted({
      decision: 'member.confirmed',
      subjectId: member.memberId,
      result: presentMember(row, facts.get(personShelf, member.personId)?.name ?? ''),
      changes: [update(memberShelf, row)],
    });
  },
};
