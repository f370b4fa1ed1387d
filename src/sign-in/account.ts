// What persons do with their own account once they are signed in: show a second factor again, act as another member, change the password,
// the app or the recovery codes, look where they are signed in and end it.
import type { z } from 'zod';
import type {
  account as accountSchema,
  changePassword as changeBody,
  secondFactorSecret,
  session as sessionSchema,
} from '../../schemas/sign-in.js';
import { sessionIdleMs, stepUpMs } from '../access/sessions.js';
import { formatInstant } from '../calendar.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import type { Attempt } from './attempts.js';
import { countAttempt, forgetAttempts, nameKeyOf } from './attempts.js';
import { addressContext, endSessions, renewSession } from './begin-session.js';
import { confirmSecret, makeSecret, renewRecoveryCodes, takeCode } from './codes.js';
import { knownOf, refuseGuessable } from './enrol.js';
import type { Account } from './queries.js';
import { accountOfPerson, membershipsOf } from './queries.js';
import { otpauthUri } from './totp.js';

/** A person in a session, and the moment. */
export interface InSession {
  readonly book: OpenBook;
  readonly personId: string;
  readonly sessionId: string;
  readonly now: Date;
}

async function ownAccount({ db }: Parts, { book, personId }: InSession): Promise<Account> {
  const account = await accountOfPerson(db, book.bookId, personId);
  if (!account) throw new Problem('UNAUTHENTICATED');
  return account;
}

/** Guessing within a session is counted by the session: nobody else has it. */
const attemptIn = ({ sealer }: Parts, { book, sessionId }: InSession, { signInName }: Account): Attempt => ({
  bookId: book.bookId,
  nameKey: nameKeyOf(sealer, book.bookId, signInName),
  origin: `session:${sessionId}`,
  isKnown: true,
});

/** Takes a code, counted; SIGN_IN_DELAYED or CODE_REFUSED. */
async function demandCode(parts: Parts, of: InSession, account: Account, code: string): Promise<void> {
  const attempt = attemptIn(parts, of, account);
  await countAttempt(parts.db, attempt, 'CODE', of.now);
  const { bookId } = of.book;
  const isOne = await takeCode(parts.db, parts.sealer, { bookId, invitationId: account.invitationId, code, now: of.now });
  if (!isOne) throw new Problem('CODE_REFUSED');
  await parts.db.begin((tx) => forgetAttempts(tx, attempt));
}

/** A second factor is shown again; the session goes on under the id that is answered. SIGN_IN_DELAYED, CODE_REFUSED. */
export async function stepUp(parts: Parts, of: InSession & { code: string }): Promise<string> {
  await demandCode(parts, of, await ownAccount(parts, of), of.code);
  return renewSession(parts.db, { bookId: of.book.bookId, sessionId: of.sessionId, now: of.now, secondFactor: true });
}

/** The session goes on as another membership of the person, under the id that is answered. NOT_FOUND. */
export async function actAs(parts: Parts, of: InSession & { memberId: string }): Promise<string> {
  const { bookId } = of.book;
  const memberships = await membershipsOf(parts.db.sql, bookId, of.personId);
  if (!memberships.some(({ memberId }) => memberId === of.memberId)) throw new Problem('NOT_FOUND');
  return renewSession(parts.db, { bookId, sessionId: of.sessionId, now: of.now, memberId: of.memberId });
}

/**
 * Changes the password and ends every other session; this one goes on under the id that is answered. Throws PASSWORD_NONE for who signs in
 * by an issuer only, SIGN_IN_DELAYED, PASSWORD_REFUSED when the current one is wrong, and what is wrong with the new one.
 */
export async function changePassword(
  parts: Parts,
  of: InSession & { body: z.output<typeof changeBody> },
): Promise<{ secret: string; ended: number }> {
  const { db, signIn } = parts;
  const { book, body, now } = of;
  const { bookId } = book;
  const account = await ownAccount(parts, of);
  if (account.passwordHash === null) throw new Problem('PASSWORD_NONE');
  refuseGuessable(body.newPassword, { pointer: '/newPassword', known: knownOf(book, account) });
  const attempt = attemptIn(parts, of, account);
  await countAttempt(db, attempt, 'PASSWORD', now);
  if (!(await signIn.passwords.matches(account.passwordHash, body.currentPassword, true))) throw new Problem('PASSWORD_REFUSED');
  const hash = await signIn.passwords.hash(body.newPassword);
  const secret = await renewSession(db, { bookId, sessionId: of.sessionId, now });
  const ended = await db.begin(async (tx) => {
    await forgetAttempts(tx, attempt);
    await tx.sql`
      update credentials set password_hash = ${hash}, password_set_at = ${now}
       where book_id = ${bookId} and invitation_id = ${account.invitationId}`;
    await tx.sql`delete from pending_sign_ins where book_id = ${bookId} and invitation_id = ${account.invitationId}`;
    return endSessions(tx.sql, { bookId, personId: of.personId, now, butNot: of.sessionId });
  });
  return { secret, ended };
}

/**
 * A new secret for an app, waiting for its first code; the one before counts until then. Who has none yet has not shown a second factor:
 * such a session must have begun within the time that a step-up holds, else STEP_UP_REQUIRED.
 */
export async function newSecret(
  parts: Parts,
  of: InSession & { secondFactorAt: Date | null },
): Promise<z.input<typeof secondFactorSecret>> {
  const { db, sealer } = parts;
  const { bookId } = of.book;
  const account = await ownAccount(parts, of);
  const [row] = await db.sql<{ began_at: string }[]>`
    select began_at from sessions where book_id = ${bookId} and session_id = ${of.sessionId}`;
  const shown = account.hasSecondFactor ? of.secondFactorAt : new Date(row?.began_at ?? 0);
  if (!shown || of.now.getTime() - shown.getTime() > stepUpMs) throw new Problem('STEP_UP_REQUIRED');
  const { invitationId } = account;
  const { secret, sealed } = makeSecret(sealer, { bookId, invitationId });
  await db.sql`
    update credentials set totp_next_sealed = ${sealed} where book_id = ${bookId} and invitation_id = ${invitationId}`;
  return { secret, otpauthUri: otpauthUri(secret, { book: of.book.name, name: account.signInName }) };
}

/** The new secret's first code: it takes the place of the one before, with new recovery codes. SIGN_IN_DELAYED, CODE_REFUSED. */
export async function confirmNewSecret(
  parts: Parts,
  of: InSession & { code: string },
): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { db, sealer } = parts;
  const { bookId } = of.book;
  const account = await ownAccount(parts, of);
  const { invitationId } = account;
  const attempt = attemptIn(parts, of, account);
  await countAttempt(db, attempt, 'CODE', of.now);
  if (!(await confirmSecret(db, sealer, { bookId, invitationId, code: of.code, now: of.now }))) throw new Problem('CODE_REFUSED');
  const recoveryCodes = await db.begin(async (tx) => {
    await forgetAttempts(tx, attempt);
    return renewRecoveryCodes(tx, { bookId, invitationId });
  });
  const secret = await renewSession(db, { bookId, sessionId: of.sessionId, now: of.now, secondFactor: true });
  return { secret, recoveryCodes };
}

/** Ten new recovery codes; those before no longer count. */
export async function newRecoveryCodes(parts: Parts, of: InSession): Promise<string[]> {
  const { invitationId } = await ownAccount(parts, of);
  return parts.db.begin((tx) => renewRecoveryCodes(tx, { bookId: of.book.bookId, invitationId }));
}

/** The account as its person sees it. */
export async function ownAccountTold(parts: Parts, of: InSession): Promise<z.input<typeof accountSchema>> {
  const { bookId } = of.book;
  const account = await ownAccount(parts, of);
  const [memberships, [counts]] = await Promise.all([
    membershipsOf(parts.db.sql, bookId, of.personId),
    parts.db.sql.prepared<{ codes: number; issuers: string[] }[]>(
      `select (select count(*)::int from recovery_codes where book_id = $1 and invitation_id = $2 and used_at is null) as codes,
              array(select issuer from issuer_subjects where book_id = $1 and invitation_id = $2 order by issuer) as issuers`,
      [bookId, account.invitationId],
    ),
  ]);
  return {
    personName: account.personName,
    signInName: account.signInName,
    hasPassword: account.passwordHash !== null,
    hasSecondFactor: account.hasSecondFactor,
    recoveryCodesLeft: counts?.codes ?? 0,
    issuers: counts?.issuers ?? [],
    memberships: [...memberships],
  };
}

/** Where a person is signed in, the latest first. */
export async function ownSessions({ db, sealer }: Parts, of: InSession): Promise<z.input<typeof sessionSchema>[]> {
  const { bookId } = of.book;
  const rows = await db.sql.prepared<OwnSession[]>(
    `select s.session_id, s.member_id, s.began_by, s.device, s.address_sealed, s.second_factor_at, s.began_at, s.seen_at, s.expires_at
       from sessions s join user_accounts a
         on a.book_id = s.book_id and a.person_id = s.person_id and a.invitation_id = s.invitation_id
      where s.book_id = $1 and s.person_id = $2 and s.ended_at is null and s.expires_at > $3 and s.seen_at > $4
      order by s.session_id desc`,
    [bookId, of.personId, of.now, new Date(of.now.getTime() - sessionIdleMs)],
  );
  const told = (instant: string) => formatInstant(new Date(instant));
  return rows.map((row) => ({
    sessionId: row.session_id,
    memberId: row.member_id,
    beganBy: row.began_by,
    device: row.device,
    address: sealer.open(row.address_sealed, addressContext(bookId, of.personId)),
    beganAt: told(row.began_at),
    seenAt: told(row.seen_at),
    idleEndsAt: formatInstant(new Date(new Date(row.seen_at).getTime() + sessionIdleMs)),
    expiresAt: told(row.expires_at),
    secondFactorAt: row.second_factor_at === null ? null : told(row.second_factor_at),
    isThis: row.session_id === of.sessionId,
  }));
}

interface OwnSession {
  readonly session_id: string;
  readonly member_id: string;
  readonly began_by: 'PASSWORD' | 'ISSUER' | 'INVITATION';
  readonly device: string;
  readonly address_sealed: string;
  readonly second_factor_at: string | null;
  readonly began_at: string;
  readonly seen_at: string;
  readonly expires_at: string;
}
