// Rights, checked inside the lane: membership, key and session as of this very head, so that a right withdrawn a moment ago
// on another process is withdrawn here too.
import type { Actor, Admission } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { gatherPersons, keyShelf, memberShelf, personOf } from './facts.js';
import { gatherSessions, sessionIsOpen } from './sessions.js';

/** The founder of a book acts before there are members: only `npm run book:create` uses it, in its own process. */
export const founderId = '00000000-0000-7000-8000-000000000000';

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
        gatherPersons(
          loader,
          rows.map(({ personId }) => personId),
        ),
      ),
      loader.load(
        keyShelf,
        'id',
        commands.flatMap(({ actor }) => actor.keyId ?? []),
      ),
      gatherSessions(
        loader,
        commands.map(({ actor }) => actor),
      ),
    ]);
  },
  decide(command, _verb, facts) {
    const { actor } = command;
    if ([founderId, calendarId, publicId].includes(actor.memberId)) return actor;
    const member = facts.get(memberShelf, actor.memberId);
    if (member?.status !== 'ACTIVE' || member.role !== actor.role || member.legalPersonUscc !== actor.legalPersonUscc) {
      return refused('UNAUTHENTICATED');
    }
    if (actor.sessionId !== undefined && !sessionIsOpen(facts, actor.sessionId)) return refused('UNAUTHENTICATED');
    // Its person may have been found to be another one since it was looked up.
    const person = personOf(facts, member.personId);
    const isAsSent = member.personId === actor.personId && person.alsoPersonIds === undefined;
    const acting = isAsSent ? actor : { ...actor, ...person };
    if (actor.keyId === undefined) return acting;
    // Its last day counts whole, by the day of receipt; a revocation counts from its own entry on.
    const key = facts.get(keyShelf, actor.keyId);
    const counts = key?.revokedAt === null && (key.expiresOn === null || key.expiresOn >= command.today);
    return counts ? acting : refused('UNAUTHENTICATED');
  },
};
