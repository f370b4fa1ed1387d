import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { invitationShelf } from './facts.js';
import { presentInvitation } from './rules.js';

/**
 * Confirms that an account may be replaced by an invitation: by the person itself, signed in as before, or by an operator; never by who made it.
 * Without this one operator could take over an approver's account. Refused, in this order: NOT_FOUND (also for whom it is no matter of),
 * INVITATION_ENDED, INVITATION_NEEDS_NO_CONFIRMATION, INVITATION_CONFIRMED, FOUR_EYES.
 */
export const confirmInvitation: Verb<{ id?: string }, ReturnType<typeof presentInvitation>> = {
  name: 'invitation.confirm',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      invitationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ actor, body }, facts) {
    const found = facts.get(invitationShelf, body.id ?? '');
    if (!found || !(actor.role === 'operator' || isSamePerson(actor, found.personId))) return refused('NOT_FOUND');
    if (found.acceptedAt !== null || found.withdrawnAt !== null) return refused('INVITATION_ENDED');
    if (!found.replacesAccount) return refused('INVITATION_NEEDS_NO_CONFIRMATION');
    if (found.confirmedPerson !== null) return refused('INVITATION_CONFIRMED');
    if (isSamePerson(actor, found.invitedPerson)) return refused('FOUR_EYES');
    const row = { ...found, confirmedPerson: actor.personId };
    return accepted({
      decision: 'invitation.confirmed',
      subjectId: row.invitationId,
      result: presentInvitation(row),
      changes: [update(invitationShelf, row)],
    });
  },
};
