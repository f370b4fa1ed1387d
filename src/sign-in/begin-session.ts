// A session begins, goes on under a new id, and ends.
import type { z } from 'zod';
import type { Database, Tx } from '../../db/client.js';
import type { signedIn } from '../../schemas/sign-in.js';
import type { Principal } from '../access/principal.js';
import { makeToken, sessionLifeMs } from '../access/sessions.js';
import { formatInstant } from '../calendar.js';
import { Problem } from '../http/problem.js';
import { uuidv7 } from '../identifiers.js';
import type { Sealer } from '../sealer.js';
import type { From } from './attempts.js';
import type { Membership } from './queries.js';
import { membershipsOf } from './queries.js';

/** Sessions that are over are kept for so long, for whoever asks where they were signed in. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

export const addressContext = (bookId: string, personId: string): string => `sessions ${bookId} ${personId} address`;

export interface Begun {
  /** For the cookie; never stored. */
  readonly secret: string;
  readonly told: z.input<typeof signedIn>;
  /** Who the request has proved to come from. */
  readonly principal: Principal;
}

/**
 * Begins a session as `memberId`, or as the first membership of the person. `secondFactor`: one was shown. Throws NOT_FOUND for a
 * membership that is not the person's or has ended, SIGN_IN_REFUSED for a person without any.
 */
export async function beginSession(
  tx: Tx,
  sealer: Sealer,
  of: {
    bookId: string;
    person: { personId: string; personName: string; invitationId: string };
    memberId: string | undefined;
    beganBy: 'PASSWORD' | 'ISSUER' | 'INVITATION';
    secondFactor: boolean;
    from: From;
    now: Date;
  },
): Promise<Begun> {
  const { bookId, person, memberId, from, now } = of;
  const memberships = await membershipsOf(tx.sql, bookId, person.personId);
  const acting = asked(memberships, memberId);
  const { token: secret, hash } = makeToken();
  const sessionId = uuidv7(now);
  const expiresAt = new Date(now.getTime() + sessionLifeMs);
  const secondFactorAt = of.secondFactor ? now : null;
  await tx.sql`
    insert into sessions (book_id, session_id, secret_hash, invitation_id, person_id, member_id, began_by, device, address_sealed,
                          second_factor_at, began_at, seen_at, expires_at)
    values (${bookId}, ${sessionId}, ${hash}, ${person.invitationId}, ${person.personId}, ${acting.memberId}, ${of.beganBy},
            ${from.device}, ${sealer.seal(from.address, addressContext(bookId, person.personId))},
            ${secondFactorAt}, ${now}, ${now}, ${expiresAt})`;
  await tx.sql`
    delete from sessions where (book_id, session_id) in (
      select book_id, session_id from sessions
       where book_id = ${bookId} and expires_at < ${new Date(now.getTime() - keptMs)} limit 20 for update skip locked)`;
  return {
    secret,
    principal: {
      memberId: acting.memberId,
      personId: person.personId,
      kind: 'PERSON',
      role: acting.role,
      legalPersonUscc: acting.legalPersonUscc,
      // The next request looks up what it may; this one is only taken down.
      custom: null,
      sessionId,
      means: 'SESSION',
      session: { personId: person.personId, secondFactorAt },
    },
    told: {
      sessionId,
      personName: person.personName,
      memberId: acting.memberId,
      memberships,
      secondFactorAt: secondFactorAt && formatInstant(secondFactorAt),
      expiresAt: formatInstant(expiresAt),
    },
  };
}

function asked(memberships: readonly Membership[], memberId: string | undefined): Membership {
  const [first] = memberships;
  if (!first) throw new Problem('SIGN_IN_REFUSED');
  const found = memberId === undefined ? first : memberships.find((each) => each.memberId === memberId);
  if (!found) throw new Problem('NOT_FOUND');
  return found;
}

/** The session goes on under a new id, as another member or with a second factor shown just now; the old id is nobody's from here on. */
export async function renewSession(
  db: Database,
  of: { bookId: string; sessionId: string; now: Date; memberId?: string; secondFactor?: boolean },
): Promise<string> {
  const { token: secret, hash } = makeToken();
  const renewed = await db.sql`
    update sessions set secret_hash = ${hash}, seen_at = ${of.now}, member_id = coalesce(${of.memberId ?? null}, member_id),
                        second_factor_at = coalesce(${of.secondFactor ? of.now : null}, second_factor_at)
     where book_id = ${of.bookId} and session_id = ${of.sessionId} and ended_at is null`;
  if (renewed.count === 0) throw new Problem('UNAUTHENTICATED');
  return secret;
}

/** Ends a person's sessions: one, all but one, or all. How many were open. They count nowhere from here on. */
export async function endSessions(
  sql: Tx['sql'],
  of: { bookId: string; personId: string; now: Date; only?: string; butNot?: string },
): Promise<number> {
  const ended = await sql`
    update sessions set ended_at = ${of.now}
     where book_id = ${of.bookId} and person_id = ${of.personId} and ended_at is null and expires_at > ${of.now}
       and (${of.only ?? null}::uuid is null or session_id = ${of.only ?? null})
       and (${of.butNot ?? null}::uuid is null or session_id <> ${of.butNot ?? null})`;
  return ended.count;
}
