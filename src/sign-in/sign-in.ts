// Signing in, in two steps: a password, then a code. What the first answers says nothing of whether there is such an account: an unknown
// name costs the same look-ups, the same hash and gets the same refusal as a wrong password.
import type { z } from 'zod';
import type { passwordSignIn, pendingSignIn } from '../../schemas/sign-in.js';
import { hashOfToken, makeToken } from '../access/sessions.js';
import { formatInstant } from '../calendar.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import type { Attempt, From } from './attempts.js';
import { countAttempt, forgetAttempts, nameKeyOf, originsOf } from './attempts.js';
import type { Begun } from './begin-session.js';
import { beginSession } from './begin-session.js';
import { takeCode } from './codes.js';
import type { Account } from './queries.js';
import { accountOfInvitation, accountOfName } from './queries.js';
import { originKnownMs, pendingMs, triesOfPending } from './rules.js';

/** How an attempt at a name from somewhere is counted, and the account of that name if there is one. */
export async function attemptAt(
  { db, sealer }: Parts,
  of: { bookId: string; signInName: string; from: From; now: Date },
): Promise<{ account: Account | undefined; attempt: Attempt }> {
  const { bookId, signInName, from, now } = of;
  const { block, device } = originsOf(sealer, bookId, from);
  const account = await accountOfName(db, bookId, {
    signInName,
    origins: device === undefined ? [block] : [block, device],
    knownSince: new Date(now.getTime() - originKnownMs),
  });
  const known = account?.knownOrigins ?? [];
  // A cookie that the person's own sign-in has set is by itself: what others do from the same office does not count against it.
  const origin = device !== undefined && known.includes(device) ? device : block;
  return {
    account,
    attempt: { bookId, nameKey: nameKeyOf(sealer, bookId, signInName), origin, isKnown: known.includes(origin) },
  };
}

/** The first step. Throws SIGN_IN_DELAYED, SIGN_IN_REFUSED. */
export async function showPassword(
  parts: Parts,
  of: { book: OpenBook; body: z.output<typeof passwordSignIn>; from: From; now: Date },
): Promise<z.input<typeof pendingSignIn>> {
  const { book, body, from, now } = of;
  const { beside } = book.traffic;
  const signInName = body.signInName.trim().toLowerCase();
  const { account, attempt } = await beside.run(async () => {
    const found = await attemptAt(parts, { bookId: book.bookId, signInName, from, now });
    await countAttempt(parts.db, found.attempt, 'PASSWORD', now);
    return found;
  });
  const hash = account?.hasSecondFactor ? account.passwordHash : null;
  const matches = await parts.signIn.passwords.matches(hash, body.password, attempt.isKnown);
  if (!matches || !account) throw new Problem('SIGN_IN_REFUSED');
  return beside.run(() => awaitSecondFactor(parts, { bookId: book.bookId, account, beganBy: 'PASSWORD', now }));
}

/** The first factor was shown: what the second step is to name. */
export async function awaitSecondFactor(
  { db }: Parts,
  of: { bookId: string; account: Account; beganBy: 'PASSWORD' | 'ISSUER'; now: Date },
): Promise<z.input<typeof pendingSignIn>> {
  const { bookId, account, now } = of;
  const { token, hash } = makeToken();
  const expiresAt = new Date(now.getTime() + pendingMs);
  await db.sql`
    with over as (delete from pending_sign_ins where book_id = ${bookId} and expires_at < ${now})
    insert into pending_sign_ins (book_id, pending_hash, invitation_id, began_by, expires_at)
    values (${bookId}, ${hash}, ${account.invitationId}, ${of.beganBy}, ${expiresAt})`;
  return { pendingToken: token, expiresAt: formatInstant(expiresAt) };
}

/**
 * The second step: a session, and the device it is on is known from here on. Throws SIGN_IN_OVER when the first step is unknown, over or
 * was tried too often, SIGN_IN_DELAYED, CODE_REFUSED, NOT_FOUND for another's membership.
 */
export async function showSecondFactor(
  parts: Parts,
  of: { book: OpenBook; pendingToken: string; code: string; memberId: string | undefined; from: From; now: Date },
): Promise<Begun & { deviceToken: string }> {
  const { db, sealer } = parts;
  const { book, code, from, now } = of;
  const { bookId } = book;
  const pendingHash = hashOfToken(of.pendingToken);
  const [pending] = await db.sql<{ invitation_id: string; began_by: 'PASSWORD' | 'ISSUER' }[]>`
    select invitation_id, began_by from pending_sign_ins
     where book_id = ${bookId} and pending_hash = ${pendingHash} and expires_at > ${now}`;
  const account = pending && (await accountOfInvitation(db, bookId, pending.invitation_id));
  if (!account) throw new Problem('SIGN_IN_OVER');
  // The way to the second factor is long for who guesses it: each code is an attempt at the name like a password.
  const { attempt } = await attemptAt(parts, { bookId, signInName: account.signInName, from, now });
  await countAttempt(db, attempt, 'CODE', now);
  const tried = await db.sql`
    update pending_sign_ins set tries = tries + 1
     where book_id = ${bookId} and pending_hash = ${pendingHash} and tries < ${triesOfPending}`;
  if (tried.count === 0) throw new Problem('SIGN_IN_OVER');
  if (!(await takeCode(db, sealer, { bookId, invitationId: account.invitationId, code, now }))) throw new Problem('CODE_REFUSED');
  return db.begin(async (tx) => {
    const taken = await tx.sql`delete from pending_sign_ins where book_id = ${bookId} and pending_hash = ${pendingHash}`;
    if (taken.count === 0) throw new Problem('SIGN_IN_OVER');
    await forgetAttempts(tx, attempt);
    const deviceToken = await knowDevice(tx, parts, { bookId, invitationId: account.invitationId, from, now });
    const begun = await beginSession(tx, sealer, {
      bookId,
      person: account,
      memberId: of.memberId,
      beganBy: pending.began_by,
      secondFactor: true,
      from,
      now,
    });
    return { secret: begun.secret, told: begun.told, deviceToken };
  });
}

/** The person has signed in from here: device and block of addresses are known. The token for the device's cookie. */
export async function knowDevice(
  tx: Parameters<Parameters<Parts['db']['begin']>[0]>[0],
  { sealer }: Parts,
  of: { bookId: string; invitationId: string; from: From; now: Date },
): Promise<string> {
  const { bookId, invitationId, now } = of;
  const before = originsOf(sealer, bookId, of.from);
  const [kept] = await tx.sql`
    select from known_origins where book_id = ${bookId} and invitation_id = ${invitationId} and origin = ${before.device ?? ''}`;
  const deviceToken = kept && of.from.deviceToken !== undefined ? of.from.deviceToken : makeToken().token;
  const { device = '', block } = originsOf(sealer, bookId, { ...of.from, deviceToken });
  await tx.sql`
    insert into known_origins (book_id, invitation_id, origin, seen_at)
    select ${bookId}, ${invitationId}, origin, ${now} from unnest(${[device, block].sort()}::text[]) as u (origin)
    on conflict (book_id, invitation_id, origin) do update set seen_at = excluded.seen_at`;
  return deviceToken;
}
