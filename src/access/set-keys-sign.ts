import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { endMember } from './end-member.js';
import { memberShelf, personShelf } from './facts.js';
import { presentMember } from './rules.js';

/**
 * Says whether the keys of a member must sign: from this entry on a bare one of it is refused in every process. Sessions are not touched.
 * Refuses NOT_FOUND, MEMBER_ENDED, KEYS_SIGN_AS_SAID where it is so already.
 */
export const setKeysSign: Verb<{ id?: string; keysSign: boolean }, ReturnType<typeof presentMember>> = {
  name: 'member.set_keys_sign',
  money: false,

  gather: (loader, commands) => endMember.gather(loader, commands),

  decide({ body }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    if (member.keysSign === body.keysSign) return refused('KEYS_SIGN_AS_SAID');
    const row = { ...member, keysSign: body.keysSign };
    return accepted({
      decision: 'member.keys_sign_set',
      subjectId: member.memberId,
      result: presentMember(row, facts.get(personShelf, member.personId)?.name ?? ''),
      changes: [update(memberShelf, row)],
    });
  },
};
