import type { z } from 'zod';
import type { Invitation } from '../../db/tables.js';
import type { invite as inviteBody } from '../../schemas/sign-in.js';
import { gatherParties, refuseEnded } from '../access/ended.js';
import { memberShelf } from '../access/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { invitationShelf, userAccountShelf } from './facts.js';
import { presentInvitation } from './rules.js';

/** The token itself stays with who made it (routes.ts); only its hash comes along. */
export interface Invite extends z.output<typeof inviteBody> {
  readonly id?: string;
  readonly made?: { readonly token: string; readonly tokenHash: string };
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Invites a member's person to sign in under a name, for whole days from now; an invitation of that person that waits is withdrawn. Refused,
 * in this order: NOT_FOUND, MEMBER_ENDED, ENTERPRISE_CLOSED for whom it would act, INVITE_PERSON_ONLY for a machine, SIGN_IN_NAME_TAKEN by another person.
 */
export const invite: Verb<Invite, ReturnType<typeof presentInvitation>> = {
  name: 'member.invite',
  money: false,

  async gather(loader, commands) {
    const found = loader.load(
      memberShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    const parties = found.then((members) =>
      gatherParties(
        loader,
        members.flatMap(({ legalPersonUscc }) => legalPersonUscc ?? []),
      ),
    );
    const named = loader.load(
      userAccountShelf,
      'signInName',
      commands.map(({ body }) => body.signInName),
    );
    await loader.load(
      invitationShelf,
      'person',
      (await found).map(({ personId }) => personId),
    );
    await Promise.all([named, parties]);
  },

  decide({ id, actor, body, receivedAt }, facts) {
    const member = facts.get(memberShelf, body.id ?? '');
    if (!member || !body.made) return refused('NOT_FOUND');
    if (member.status === 'ENDED') return refused('MEMBER_ENDED');
    const ended = member.legalPersonUscc === null ? null : refuseEnded(facts, member.role, member.legalPersonUscc);
    if (ended) return ended;
    if (member.kind !== 'PERSON') return refused('INVITE_PERSON_ONLY');
    const [holder] = facts.all(userAccountShelf, 'signInName', body.signInName);
    if (holder && holder.personId !== member.personId)
      return refused('SIGN_IN_NAME_TAKEN', { name: body.signInName }, '/signInName');

    const recordedAt = receivedAt.toISOString();
    const row: Invitation = {
      bookId: facts.bookId,
      invitationId: id,
      memberId: member.memberId,
      personId: member.personId,
      signInName: body.signInName,
      tokenHash: body.made.tokenHash,
      expiresAt: new Date(receivedAt.getTime() + body.validDays * dayMs).toISOString(),
      invitedMember: actor.memberId,
      acceptedAt: null,
      withdrawnAt: null,
      recordedAt,
    };
    const open = facts
      .all(invitationShelf, 'person', member.personId)
      .filter(({ acceptedAt, withdrawnAt }) => acceptedAt === null && withdrawnAt === null);
    return accepted({
      decision: 'member.invited',
      subjectId: member.memberId,
      result: presentInvitation(row),
      changes: [
        ...open.map((before) => update(invitationShelf, { ...before, withdrawnAt: recordedAt })),
        insert(invitationShelf, row),
      ],
    });
  },
};
