import type { UserAccount } from '../../db/tables.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { invitationShelf, userAccountShelf } from './facts.js';
import { presentInvitation } from './rules.js';

/**
 * Accepts an invitation, by the member that it is of: from this entry on what was set under it counts, and nothing that was set under an
 * earlier one. Its token was checked by who sends this. Refused: INVITATION_UNUSABLE unless it waits and has not expired,
 * INVITATION_UNCONFIRMED where it replaces an account and nobody else than who made it has confirmed that, SIGN_IN_NAME_TAKEN when another person came first.
 */
export const acceptInvitation: Verb<{ id?: string; signInName: string }, ReturnType<typeof presentInvitation>> = {
  name: 'invitation.accept',
  money: false,

  async gather(loader, commands) {
    await Promise.all([
      loader.load(
        invitationShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      ),
      loader.load(
        userAccountShelf,
        'id',
        commands.map(({ actor }) => actor.personId),
      ),
      loader.load(
        userAccountShelf,
        'signInName',
        commands.map(({ body }) => body.signInName),
      ),
    ]);
  },

  decide({ actor, body, receivedAt }, facts) {
    const found = facts.get(invitationShelf, body.id ?? '');
    const waits = found?.acceptedAt === null && found.withdrawnAt === null && receivedAt < new Date(found.expiresAt);
    if (!found || !waits || found.memberId !== actor.memberId) return refused('INVITATION_UNUSABLE');
    const before = facts.get(userAccountShelf, found.personId);
    if ((found.replacesAccount || before) && found.confirmedPerson === null) return refused('INVITATION_UNCONFIRMED');
    const [holder] = facts.all(userAccountShelf, 'signInName', found.signInName);
    if (holder && holder.personId !== found.personId) return refused('SIGN_IN_NAME_TAKEN', { name: found.signInName });

    const recordedAt = receivedAt.toISOString();
    const row = { ...found, acceptedAt: recordedAt };
    const account: UserAccount = {
      bookId: facts.bookId,
      personId: found.personId,
      signInName: found.signInName,
      invitationId: found.invitationId,
      recordedAt,
    };
    return accepted({
      decision: 'invitation.accepted',
      subjectId: found.invitationId,
      result: presentInvitation(row),
      changes: [update(invitationShelf, row), before ? update(userAccountShelf, account) : insert(userAccountShelf, account)],
    });
  },
};
