import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { invitationShelf } from './facts.js';
import { presentInvitation } from './rules.js';

/** Withdraws an invitation that waits. Refused: NOT_FOUND, INVITATION_ENDED when it was accepted or withdrawn. */
export const withdrawInvitation: Verb<{ id?: string }, ReturnType<typeof presentInvitation>> = {
  name: 'invitation.withdraw',
  money: false,

  async gather(loader, commands) {
    await loader.load(
      invitationShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
  },

  decide({ body, receivedAt }, facts) {
    const found = facts.get(invitationShelf, body.id ?? '');
    if (!found) return refused('NOT_FOUND');
    if (found.acceptedAt !== null || found.withdrawnAt !== null) return refused('INVITATION_ENDED');
    const row = { ...found, withdrawnAt: receivedAt.toISOString() };
    return accepted({
      decision: 'invitation.withdrawn',
      subjectId: row.invitationId,
      result: presentInvitation(row),
      changes: [update(invitationShelf, row)],
    });
  },
};
