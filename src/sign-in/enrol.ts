// An invitation is accepted: first a password and a new secret for an app, then a code of it. What the first step sets counts only once the
// lane has accepted the invitation, so whatever breaks off in between is begun again with the same token.
import type { z } from 'zod';
import type { acceptInvitation as acceptBody, invitationOpened } from '../../schemas/sign-in.js';
import { hashOfToken } from '../access/sessions.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { problemOf } from '../http/routes.js';
import type { Actor } from '../ledger/lane.js';
import { acceptInvitation } from './accept-invitation.js';
import type { From } from './attempts.js';
import type { Begun } from './begin-session.js';
import { beginSession } from './begin-session.js';
import { confirmSecret, makeSecret, renewRecoveryCodes, takeCode } from './codes.js';
import { passwordRefusal } from './password-rules.js';
import type { OpenInvitation } from './queries.js';
import { openInvitation } from './queries.js';
import { knowDevice } from './sign-in.js';
import { otpauthUri } from './totp.js';

/**
 * The invitation of this token, or id; INVITATION_UNUSABLE for one that is unknown, over, accepted or withdrawn, INVITATION_UNCONFIRMED for one
 * that nobody has confirmed who must.
 */
export async function invitationOf(
  { db }: Parts,
  bookId: string,
  by: { token: string } | { invitationId: string },
  now: Date,
): Promise<OpenInvitation> {
  const found = await openInvitation(db, bookId, 'token' in by ? { tokenHash: hashOfToken(by.token) } : by, now);
  if (!found) throw new Problem('INVITATION_UNUSABLE');
  if (found.isUnconfirmed) throw new Problem('INVITATION_UNCONFIRMED');
  return found;
}

/** Throws what is wrong with a new password, at its field. */
export function refuseGuessable(password: string, of: { pointer: string; known: readonly string[] }): void {
  const code = passwordRefusal(password, of.known);
  if (code) throw new Problem('VALIDATION_FAILED', {}, [{ pointer: of.pointer, code }]);
}

/** What anybody may know of who signs in. */
export const knownOf = (book: OpenBook, of: { personName: string; signInName: string }): string[] => [
  of.personName,
  of.signInName,
  book.code,
  book.name,
];

/** The first step: sets the password, and a secret that waits for its first code. */
export async function openEnrolment(
  parts: Parts,
  of: { book: OpenBook; body: z.output<typeof acceptBody>; now: Date },
): Promise<z.input<typeof invitationOpened>> {
  const { db, sealer, signIn } = parts;
  const { book, body, now } = of;
  const { bookId } = book;
  const found = await book.traffic.beside.run(() => invitationOf(parts, bookId, body, now));
  refuseGuessable(body.password, { pointer: '/password', known: knownOf(book, found) });
  const passwordHash = await signIn.passwords.hash(body.password);
  const { invitationId, personName, signInName } = found;
  const { secret, sealed } = makeSecret(sealer, { bookId, invitationId });
  await book.traffic.beside.run(
    () => db.sql`
      insert into credentials as c (book_id, invitation_id, password_hash, password_set_at, totp_next_sealed, recorded_at)
      values (${bookId}, ${invitationId}, ${passwordHash}, ${now}, ${sealed}, ${now})
      on conflict (book_id, invitation_id) do update
        set password_hash = excluded.password_hash, password_set_at = excluded.password_set_at, totp_next_sealed = excluded.totp_next_sealed
        where not exists (select from user_accounts a where a.book_id = c.book_id and a.invitation_id = c.invitation_id)`,
  );
  return { personName, signInName, secret, otpauthUri: otpauthUri(secret, { book: book.name, name: signInName }) };
}

/** The second step: the code shows that the app has the secret; then the invitation is accepted, and the person signed in. */
export async function confirmEnrolment(
  parts: Parts,
  of: { book: OpenBook; token: string; code: string; from: From; now: Date },
): Promise<Begun & { deviceToken: string; recoveryCodes: string[] }> {
  const { db, sealer } = parts;
  const { book, code, now } = of;
  const { bookId } = book;
  const found = await invitationOf(parts, bookId, of, now);
  const { invitationId } = found;
  const shown = { bookId, invitationId, code, now };
  // The second of these where an earlier try got no further.
  if (!((await confirmSecret(db, sealer, shown)) || (await takeCode(db, sealer, shown)))) throw new Problem('CODE_REFUSED');
  await accept(book, found);
  return db.begin(async (tx) => {
    const recoveryCodes = await renewRecoveryCodes(tx, { bookId, invitationId });
    const deviceToken = await knowDevice(tx, parts, { bookId, invitationId, from: of.from, now });
    const begun = await beginSession(tx, sealer, {
      bookId,
      person: found,
      memberId: found.memberId,
      beganBy: 'INVITATION',
      secondFactor: true,
      from: of.from,
      now,
    });
    return { secret: begun.secret, told: begun.told, principal: begun.principal, deviceToken, recoveryCodes };
  });
}

/** By the member that it is of, through the lane. */
export async function accept(book: OpenBook, of: OpenInvitation): Promise<void> {
  const actor: Actor = {
    memberId: of.memberId,
    personId: of.personId,
    kind: 'PERSON',
    role: of.role,
    legalPersonUscc: of.legalPersonUscc,
  };
  const outcome = await book.lane.submit(acceptInvitation, {
    body: { id: of.invitationId, signInName: of.signInName },
    actor,
    key: `invitation:${of.invitationId}`,
    requestDigest: hashOfToken(`invitation.accept ${of.invitationId}`),
  });
  if (outcome.kind === 'refused') throw problemOf(outcome);
}
