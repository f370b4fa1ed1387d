import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { memberShelf, personShelf } from './facts.js';
import { presentMember } from './rules.js';

/** Ends a membership: its keys stop working with this very entry, on every process. */
export const endMember: Verb<{ id?: string }, ReturnType<typeof presentMember>> = {
  name: 'member.end',
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
      found.map((member) => member.personId),
    );
  },

  decide({ body }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    const row = { ...member, status: 'ENDED' as const };
    return accepted({
      decision: 'member.ended',
      subjectId: member.memberId,
      result: presentMember(row, facts.get(personShelf, member.personId)?.name ?? ''),
      changes: [update(memberShelf, row)],
    });
  },
};
