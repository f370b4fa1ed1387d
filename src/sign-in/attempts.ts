// What slows down guessing, and cannot be used to keep somebody out. Attempts at a name are counted by where they come from: a device on
// which its owner has signed in before (known by a cookie that nobody else has), else a block of addresses; so what others do counts against
// themselves. All that come from where the owner was never seen share one wide budget besides, which asks them to wait, never denies, and
// does not touch who is known. Names that nobody has count alike.
import type { Database, Tx } from '../../db/client.js';
import { addressBlock } from '../http/buckets.js';
import { Problem } from '../http/problem.js';
import type { Sealer } from '../sealer.js';
import type { Origin } from './rules.js';
import { attemptsForgottenMs, waitsOf } from './rules.js';
import { hashOfToken } from '../access/sessions.js';

/** Where somebody tries from: the address, and what the cookie of a device says. */
export interface From {
  readonly address: string;
  readonly deviceToken: string | undefined;
  /** What the browser says of itself. */
  readonly device: string;
}

/** As they stand in tables: neither an address nor a cookie can be read from them. */
export function originsOf(
  sealer: Sealer,
  bookId: string,
  { address, deviceToken }: From,
): { block: string; device: string | undefined } {
  return {
    block: `address:${sealer.fingerprint(`sign-in ${bookId} ${addressBlock(address)}`)}`,
    device: deviceToken === undefined ? undefined : `device:${hashOfToken(deviceToken)}`,
  };
}

/** The wide budgets: one for passwords, one for codes, so that who has guessed no password keeps nobody from the second step. */
export type Factor = 'PASSWORD' | 'CODE';
const togetherOf = (factor: Factor): string => `unknown ${factor}`;

/** Whom an attempt is made at, and which count it belongs to. `isKnown`: the person has signed in from this origin. */
export interface Attempt {
  readonly bookId: string;
  readonly nameKey: string;
  readonly origin: string;
  readonly isKnown: boolean;
}

export const nameKeyOf = (sealer: Sealer, bookId: string, signInName: string): string =>
  sealer.fingerprint(`sign-in name ${bookId} ${signInName}`);

/** Counts an attempt before it is judged, so that many at once are no more than many in a row. Throws SIGN_IN_DELAYED while one must wait. */
export async function countAttempt(db: Database, attempt: Attempt, factor: Factor, now: Date): Promise<void> {
  await db.begin(async (tx) => {
    await countAt(tx, attempt, attempt.origin, 'ONE', now);
    if (!attempt.isKnown) await countAt(tx, attempt, togetherOf(factor), 'UNKNOWN_TOGETHER', now);
    await sweep(tx, attempt.bookId, now);
  });
}

async function countAt(tx: Tx, { bookId, nameKey }: Attempt, origin: string, kind: Origin, now: Date): Promise<void> {
  const waits = waitsOf(kind);
  const forgotten = new Date(now.getTime() - attemptsForgottenMs);
  const which = tx.sql`case when a.last_at < ${forgotten} then 1 else a.attempts + 1 end`;
  const counted = await tx.sql`
    insert into sign_in_attempts as a (book_id, name_key, origin, attempts, next_at, last_at)
    values (${bookId}, ${nameKey}, ${origin}, 1, ${now}, ${now})
    on conflict (book_id, name_key, origin) do update
      set attempts = ${which}, last_at = ${now},
          next_at = ${now}::timestamptz + make_interval(secs => (${waits}::float8[])[least(${which}, ${waits.length})])
      where a.next_at <= ${now}
    returning attempts`;
  if (counted.length > 0) return;
  const [row] = await tx.sql<{ next_at: string }[]>`
    select next_at from sign_in_attempts where book_id = ${bookId} and name_key = ${nameKey} and origin = ${origin}`;
  const seconds = Math.max(1, Math.ceil((new Date(row?.next_at ?? now).getTime() - now.getTime()) / 1000));
  throw new Problem('SIGN_IN_DELAYED', { seconds: String(seconds) }, [], seconds);
}

/** It succeeded, both factors: what was counted where it came from is forgotten, and its own steps in the budget of all. */
export async function forgetAttempts(tx: Tx, { bookId, nameKey, origin, isKnown }: Attempt): Promise<void> {
  await tx.sql`delete from sign_in_attempts where book_id = ${bookId} and name_key = ${nameKey} and origin = ${origin}`;
  if (isKnown) return;
  await tx.sql`
    update sign_in_attempts set attempts = greatest(0, attempts - 1)
     where book_id = ${bookId} and name_key = ${nameKey} and origin = any(${(['PASSWORD', 'CODE'] as const).map(togetherOf)})`;
}

/** A few that are over go with each attempt, so the table holds a day's. */
async function sweep(tx: Tx, bookId: string, now: Date): Promise<void> {
  const before = new Date(now.getTime() - attemptsForgottenMs);
  await tx.sql`
    delete from sign_in_attempts
     where (book_id, name_key, origin) in (select book_id, name_key, origin from sign_in_attempts
                                            where book_id = ${bookId} and last_at < ${before} limit 20 for update skip locked)`;
}
