// Rights, checked inside the lane: membership, key and session as of this very head, so that a right withdrawn a moment ago
// on another process is withdrawn here too.
import type { Member } from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Actor, Admission, Command, Refused } from '../ledger/lane.js';
import { isSamePerson, refused } from '../ledger/lane.js';
import { rolesDelegating } from './delegable.js';
import { customRoleShelf, delegationShelf, gatherPersons, keyShelf, memberShelf, personOf } from './facts.js';
import { actingRole } from './rights.js';
import { gatherSessions, sessionIsOpen } from './sessions.js';

/** The founder of a book acts before there are members: only `npm run book:create` uses it, in its own process. */
export const founderId = '00000000-0000-7000-8000-000000000000';

/** As whom an act of members and keys is kept: the founder of a book is no person of it (null). */
export const personActing = ({ personId }: Actor): string | null => (personId === founderId ? null : personId);

/** Anybody, without a key: acts only where an address says that it is open to all (http/routes.ts, openCommand). */
export const publicId = '00000000-0000-7000-8000-000000000002';

/**
 * Who acts by the calendar, without being asked by anybody: the service itself, in its daily work. It is no member and has no key; nothing
 * that comes over HTTP can be it.
 */
const calendarId = '00000000-0000-7000-8000-000000000001';
export const calendarActor: Actor = {
  memberId: calendarId,
  personId: calendarId,
  kind: 'MACHINE',
  role: 'operator',
  legalPersonUscc: null,
};

export const admission: Admission = {
  async gather(loader, commands) {
    const members = loader.load(
      memberShelf,
      'id',
      commands.map(({ actor }) => actor.memberId),
    );
    await Promise.all([
      members.then((rows) =>
        Promise.all([
          gatherPersons(
            loader,
            rows.map(({ personId }) => personId),
          ),
          gatherCustomRoles(loader, rows),
        ]),
      ),
      loader.load(
        keyShelf,
        'id',
        commands.flatMap(({ actor }) => actor.keyId ?? []),
      ),
      gatherDelegations(loader, commands),
      gatherSessions(
        loader,
        commands.map(({ actor }) => actor),
      ),
    ]);
  },
  decide(command, verb, facts) {
    const { actor } = command;
    if ([founderId, calendarId, publicId].includes(actor.memberId)) return actor;
    const member = facts.get(memberShelf, actor.memberId);
    if (member?.status !== 'ACTIVE' || member.legalPersonUscc !== actor.legalPersonUscc) return refused('UNAUTHENTICATED');
    if (!mayAs(facts, member, [actor.role], verb))
      return member.customRole === null
        ? refused('UNAUTHENTICATED')
        : refused('FORBIDDEN', { roles: actor.role, role: member.customRole });
    if (actor.sessionId !== undefined && !sessionIsOpen(facts, actor.sessionId)) return refused('UNAUTHENTICATED');
    // Its person may have been found to be another one since it was looked up.
    const person = personOf(facts, member.personId);
    const isAsSent = member.personId === actor.personId && person.alsoPersonIds === undefined;
    const acting = isAsSent ? actor : { ...actor, ...person };
    // Its last day counts whole, by the day of receipt; a revocation counts from its own entry on.
    if (actor.keyId !== undefined) {
      const key = facts.get(keyShelf, actor.keyId);
      const counts = key?.revokedAt === null && (key.expiresOn === null || key.expiresOn >= command.today);
      if (!counts) return refused('UNAUTHENTICATED');
      if (member.keysSign && key.publicKey === null) return refused('SIGNATURE_REQUIRED');
    }
    return actor.delegationId === undefined ? acting : standingIn(facts, { ...command, actor: acting }, verb);
  },
};

/**
 * Whether a member may do a verb as one of these roles: by its built-in role, or by the rights of its custom one as that is now. The custom
 * roles of the members are gathered by `gatherCustomRoles`.
 */
export function mayAs(
  facts: Facts,
  member: { readonly role: string; readonly customRole: string | null },
  roles: readonly string[],
  verb: string,
): boolean {
  if (member.customRole === null) return roles.includes(member.role);
  const [custom] = facts.all(customRoleShelf, 'active', [member.customRole, 'ACTIVE']);
  return custom !== undefined && actingRole(custom, { roles, reads: false, verb }) !== undefined;
}

const gatherCustomRoles = (loader: Loader, members: readonly Pick<Member, 'customRole'>[]) =>
  loader.load(
    customRoleShelf,
    'active',
    members.flatMap(({ customRole }) => (customRole === null ? [] : [[customRole, 'ACTIVE']])),
  );

async function gatherDelegations(loader: Loader, commands: readonly Command[]): Promise<void> {
  const asked = commands.flatMap(({ actor }) => actor.delegationId ?? []);
  if (asked.length === 0) return;
  const rows = await loader.load(delegationShelf, 'id', asked);
  const delegators = await loader.load(
    memberShelf,
    'id',
    rows.map(({ delegatorId }) => delegatorId),
  );
  await Promise.all([
    gatherPersons(
      loader,
      delegators.map(({ personId }) => personId),
    ),
    gatherCustomRoles(loader, delegators),
  ]);
}

/**
 * Who acts in another's place by a delegation that holds on this day, for this verb, of a delegator who has it still. Both are one pair of
 * eyes then: what either did, this actor approves not. Refuses DELEGATION_NOT_VALID, whatever is wrong with it.
 */
function standingIn(facts: Facts, { actor, today }: Command, verb: string): Actor | Refused {
  const row = facts.get(delegationShelf, actor.delegationId ?? '');
  const delegator = row && facts.get(memberShelf, row.delegatorId);
  const holds = row?.revokedOn === null && row.delegateId === actor.memberId && row.fromDay <= today && today <= row.toDay;
  const hasVerb =
    row?.verbs.includes(verb) === true && delegator !== undefined && mayAs(facts, delegator, rolesDelegating(verb) ?? [], verb);
  if (!holds || !hasVerb || delegator?.status !== 'ACTIVE' || isSamePerson(actor, delegator.personId)) {
    return refused('DELEGATION_NOT_VALID');
  }
  const { delegationId, maximumFen } = row;
  const { personId, alsoPersonIds = [] } = personOf(facts, delegator.personId);
  return {
    ...actor,
    alsoPersonIds: [...(actor.alsoPersonIds ?? []), personId, ...alsoPersonIds],
    standsInFor: { delegationId, personId, maximumFen },
  };
}
