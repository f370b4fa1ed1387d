import type { z } from 'zod';
import type { Invitation, Member } from '../../db/tables.js';
import type { invite as inviteBody } from '../../schemas/sign-in.js';
import { personActing } from '../access/admission.js';
import { gatherParties, refuseEnded } from '../access/ended.js';
import { gatherPersons, memberShelf, personOf } from '../access/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Addressee } from '../ledger/outbox.js';
import { party, tell } from '../messages/rules.js';
import { providerShelf } from '../providers/facts.js';
import { invitationShelf, userAccountShelf } from './facts.js';
import { presentInvitation } from './rules.js';

/** The token itself stays with who made it (routes.ts); only its hash comes along. */
export interface Invite extends z.output<typeof inviteBody> {
  readonly id?: string;
  readonly made?: { readonly token: string; readonly tokenHash: string };
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Invites a member's person to sign in under a name, for whole days from now; an invitation of that person that waits is withdrawn. Where the
 * person has an account, the invitation would replace it: it is good for nothing before somebody else confirms it, and the person's side is
 * told. Refused,
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
    const persons = (await found).map(({ personId }) => personId);
    const accounts = gatherPersons(loader, persons).then(() =>
      loader.load(
        userAccountShelf,
        'id',
        persons.flatMap((person) => rowsOf(loader.facts, person)),
      ),
    );
    await Promise.all([loader.load(invitationShelf, 'person', persons), named, parties, accounts]);
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

    // After this line the command succeeds.
    const replacesAccount = rowsOf(facts, member.personId).some((person) => facts.get(userAccountShelf, person) !== undefined);
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
      replacesAccount,
      invitedPerson: personActing(actor),
      confirmedPerson: null,
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
      messages: replacesAccount
        ? [
            tell(
              'account.invited_again',
              addressee(facts, member),
              { kind: 'MEMBER', id: member.memberId },
              { name: row.signInName },
            ),
          ]
        : [],
    });
  },
};

/** A person by all its rows: an account is of whichever row it was opened by. */
const rowsOf = (facts: Facts, personId: string): string[] => {
  const { alsoPersonIds = [] } = personOf(facts, personId);
  return [personId, ...alsoPersonIds];
};

/** Who is told of a member: its legal person where it acts for one that is registered, else all who are in its role. */
function addressee(facts: Facts, { role, legalPersonUscc }: Member): Addressee {
  if (legalPersonUscc === null) return { role };
  const id =
    role === 'provider'
      ? facts.one(providerShelf, 'uscc', legalPersonUscc)?.providerId
      : facts.one(enterpriseShelf, 'uscc', legalPersonUscc)?.enterpriseId;
  return id === undefined ? { role: 'operator' } : party(id);
}
