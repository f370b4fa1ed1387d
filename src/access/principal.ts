// Who is calling: an API key of a membership of the book named in the path. Looked up at each request by its public
// prefix; the secret is compared in constant time. The lane checks the membership again where it cannot be out of date.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { apiKeys, members } from '../../db/tables.js';
import type { Role } from '../../schemas/access.js';
import type { Day } from '../calendar.js';
import type { Actor } from '../ledger/lane.js';

export interface Principal extends Actor {
  readonly role: Role;
  readonly keyId: string;
}

const keyPattern = /^cvk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A new key: 12 public characters to find it by, 32 random bytes to prove it. Only the hash is ever stored. */
export function makeKey(): { prefix: string; secret: string; secretHash: string } {
  const prefix = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
  const proof = randomBytes(32).toString('base64url');
  return { prefix, secret: `cvk_${prefix}_${proof}`, secretHash: hashOf(proof) };
}

/** The principal behind a bearer key of this book on this day, or null for any key that does not count, whatever why. */
export async function findPrincipal(db: Database, bookId: string, bearer: string, today: Day): Promise<Principal | null> {
  const [, prefix, proof] = keyPattern.exec(bearer) ?? [];
  if (prefix === undefined || proof === undefined) return null;
  const [row] = await db.drizzle
    .select({ key: apiKeys, member: members })
    .from(apiKeys)
    .innerJoin(members, and(eq(members.bookId, apiKeys.bookId), eq(members.memberId, apiKeys.memberId)))
    .where(and(eq(apiKeys.bookId, bookId), eq(apiKeys.prefix, prefix)));
  if (!row) return null;
  const matches = timingSafeEqual(Buffer.from(row.key.secretHash, 'hex'), Buffer.from(hashOf(proof), 'hex'));
  const { key, member } = row;
  if (!matches || key.revokedAt !== null || (key.expiresOn !== null && key.expiresOn < today) || member.status !== 'ACTIVE')
    return null;
  return {
    memberId: member.memberId,
    personId: member.personId,
    kind: member.kind,
    role: member.role,
    legalPersonUscc: member.legalPersonUscc,
    keyId: key.keyId,
  };
}
