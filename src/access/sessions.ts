// Sessions of people: an opaque id in a cookie, its hash in a row that can be ended. Looked up in the database at every request, so that
// a session that was ended anywhere is ended in every process with the next one; and judged again in the lane, in case a command waited.
import { createHash, randomBytes } from 'node:crypto';
import type { Database, Sql } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import type { Loader } from '../ledger/facts.js';
import { note } from '../ledger/facts.js';
import type { Actor } from '../ledger/lane.js';
import type { Principal } from './principal.js';

const minute = 60_000;
/** Without a request for so long, and at the latest so long after it began, a session is over. Idle time is counted by the minute. */
export const sessionIdleMs = 30 * minute;
export const sessionLifeMs = 12 * 60 * minute;
/** A second factor that was shown so long ago, or less, stands for a verb that asks for one. */
export const stepUpMs = 10 * minute;
const seenEvery = minute;

/** One for each book, for a browser may be signed in to several. `__Host-`: from this very host over TLS, whatever other hosts set. */
export const sessionCookie = (bookCode: string): string => `__Host-session-${bookCode}`;

/** 32 random bytes as text, and what is stored of them. */
export function makeToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashOfToken(token) };
}
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** That a session counts: not ended, and what was set under the invitation that it rests on still counts. */
const counting = `s.ended_at is null
  and exists (select from user_accounts a
               where a.book_id = s.book_id and a.person_id = s.person_id and a.invitation_id = s.invitation_id)`;

/** Who is behind the secret of a session's cookie, or null for any that does not count. */
export async function findSession(db: Database, bookId: string, secret: string, now: Date): Promise<Principal | null> {
  const [row] = await db.sql.prepared<SessionRow[]>(
    `select s.session_id, s.second_factor_at, s.seen_at, s.expires_at, s.person_id as account_person_id, m.member_id, m.person_id, m.kind, m.role, m.legal_person_uscc
       from sessions s join members m on m.book_id = s.book_id and m.member_id = s.member_id
      where s.book_id = $1 and s.secret_hash = $2 and m.status = 'ACTIVE' and ${counting}`,
    [bookId, hashOfToken(secret)],
  );
  if (!row || now >= new Date(row.expires_at)) return null;
  const idle = now.getTime() - new Date(row.seen_at).getTime();
  if (idle >= sessionIdleMs) return null;
  if (idle >= seenEvery)
    await db.sql`update sessions set seen_at = ${now} where book_id = ${bookId} and session_id = ${row.session_id} and seen_at < ${now}`;
  return {
    memberId: row.member_id,
    personId: row.person_id,
    kind: row.kind,
    role: row.role,
    legalPersonUscc: row.legal_person_uscc,
    sessionId: row.session_id,
    means: 'SESSION',
    session: {
      personId: row.account_person_id,
      secondFactorAt: row.second_factor_at === null ? null : new Date(row.second_factor_at),
    },
  };
}

interface SessionRow {
  readonly session_id: string;
  readonly second_factor_at: string | null;
  readonly seen_at: string;
  readonly expires_at: string;
  readonly account_person_id: string;
  readonly member_id: string;
  readonly person_id: string;
  readonly kind: 'PERSON' | 'MACHINE';
  readonly role: Role;
  readonly legal_person_uscc: string | null;
}

/** Whether a session counts as a batch is decided. No lane writes sessions, so nothing that is underway could tell otherwise. */
const sessionCounts = note<boolean>('session that counts');

/** For the lane: asks of all sessions by which these commands came. */
export async function gatherSessions(loader: Loader, actors: readonly Actor[]): Promise<void> {
  const ids = [...new Set(actors.flatMap(({ sessionId }) => sessionId ?? []))];
  if (ids.length === 0) return;
  const open = new Set(await openSessions(loader.tx.sql, loader.bookId, ids));
  for (const id of ids) loader.facts.learn(sessionCounts, id, open.has(id));
}
export const sessionIsOpen = (facts: Loader['facts'], sessionId: string): boolean => facts.noted(sessionCounts, sessionId);

async function openSessions(sql: Sql, bookId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.prepared<{ session_id: string }[]>(
    `select s.session_id from unnest($2::uuid[]) as k(id)
       cross join lateral (select * from sessions s where s.book_id = $1 and s.session_id = k.id limit 1) s where ${counting}`,
    [bookId, ids],
  );
  return rows.map(({ session_id }) => session_id);
}
