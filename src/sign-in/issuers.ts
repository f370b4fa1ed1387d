// Signing in by an issuer of OpenID Connect: code flow with PKCE, state and nonce. Who comes back is known by issuer and subject, which were
// linked with a person before: by an invitation, or by the person while signed in. Never by a name or address that the issuer tells.
//
// The issuer sends the person back to a page of the console; that page hands us the query of its address, from the same site, so that the
// cookies can be Strict and nothing changes by a GET. ID tokens are judged by the system's clock, as other systems wrote them.
import type { FastifyBaseLogger } from 'fastify';
import * as client from 'openid-client';
import type { z } from 'zod';
import type { Tx } from '../../db/client.js';
import type { Issuer } from '../../schemas/settings.js';
import type { issuerStarted, pendingSignIn } from '../../schemas/sign-in.js';
import { hashOfToken, makeToken } from '../access/sessions.js';
import { formatInstant } from '../calendar.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import type { From } from './attempts.js';
import type { Begun } from './begin-session.js';
import { beginSession } from './begin-session.js';
import { accept, invitationOf } from './enrol.js';
import type { Account } from './queries.js';
import { accountOfInvitation } from './queries.js';
import { issuerFlowMs } from './rules.js';
import { awaitSecondFactor, knowDevice } from './sign-in.js';

const timeoutSeconds = 10;
/** An issuer's own description (addresses, keys' address) is asked for again after so long. */
const describedMs = 60 * 60_000;

/** The issuers of this installation, each described by itself and remembered for a while. */
export class Issuers {
  readonly #described = new Map<string, { at: number; config: Promise<client.Configuration> }>();

  constructor(
    readonly all: readonly Issuer[],
    /** Where people reach this service, e.g. `https://voucher.example.cn`. */
    private readonly publicOrigin: string | undefined,
  ) {}

  /** The page to which an issuer sends people back, as it is registered there. */
  redirectUri(bookCode: string): string {
    return `${this.publicOrigin ?? ''}/sign-in/${bookCode}`;
  }

  /** Rejects with ISSUER_UNKNOWN, or ISSUER_UNAVAILABLE when it does not answer as one. */
  async of(name: string): Promise<client.Configuration> {
    const issuer = this.all.find((each) => each.name === name);
    if (!issuer) throw new Problem('ISSUER_UNKNOWN', { name });
    const known = this.#described.get(name);
    if (known && performance.now() - known.at < describedMs) return known.config;
    const config = describeIssuer(issuer);
    this.#described.set(name, { at: performance.now(), config });
    try {
      return await config;
    } catch {
      this.#described.delete(name);
      throw new Problem('ISSUER_UNAVAILABLE', { name }, [], 5);
    }
  }
}

async function describeIssuer({ issuer, clientId, clientSecret }: Issuer): Promise<client.Configuration> {
  const onLoopback = issuer.startsWith('http:');
  return client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
    // Settings allow http on the loopback alone. The token's signature is checked although it comes from the issuer itself.
    {
      timeout: timeoutSeconds,
      execute: [client.enableNonRepudiationChecks, ...(onLoopback ? [client.allowInsecureRequests] : [])],
    },
  );
}

const flowContext = (bookId: string, stateHash: string): string => `issuer_flows ${bookId} ${stateHash}`;

/**
 * Sends a person to an issuer. `linkTo`: the invitation whose person the subject is to be linked with. What is answered in `browserToken` is
 * for a cookie: only who was sent can come back.
 */
export async function startIssuer(
  parts: Parts,
  of: { book: OpenBook; issuer: string; linkTo: string | null; now: Date },
): Promise<{ told: z.input<typeof issuerStarted>; browserToken: string }> {
  const { db, sealer, signIn } = parts;
  const { bookId, code } = of.book;
  const config = await signIn.issuers.of(of.issuer);
  const verifier = client.randomPKCECodeVerifier();
  const nonce = client.randomNonce();
  const { token: state, hash: stateHash } = makeToken();
  const browser = makeToken();
  const expiresAt = new Date(of.now.getTime() + issuerFlowMs);
  await db.sql`
    with over as (delete from issuer_flows where book_id = ${bookId} and expires_at < ${of.now})
    insert into issuer_flows (book_id, state_hash, browser_hash, issuer, sealed, invitation_id, expires_at)
    values (${bookId}, ${stateHash}, ${browser.hash}, ${of.issuer},
            ${sealer.seal(JSON.stringify({ verifier, nonce }), flowContext(bookId, stateHash))}, ${of.linkTo}, ${expiresAt})`;
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: signIn.issuers.redirectUri(code),
    scope: 'openid',
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  return { told: { authorizationUrl: url.href, expiresAt: formatInstant(expiresAt) }, browserToken: browser.token };
}

/** Signed in; or a second factor is asked for; or the subject was linked with who is signed in already. */
export type Completed =
  | { kind: 'BEGUN'; begun: Begun; deviceToken: string }
  | { kind: 'PENDING'; told: z.input<typeof pendingSignIn> }
  | { kind: 'LINKED' };

/**
 * A person comes back from an issuer. Throws ISSUER_FLOW_OVER for a state that is unknown, over, used or another browser's;
 * ISSUER_ANSWER_REFUSED for an answer that does not hold (code, signature, issuer, audience, nonce, times); ISSUER_UNAVAILABLE;
 * ISSUER_SUBJECT_UNKNOWN when it is linked with nobody, ISSUER_SUBJECT_TAKEN when it is to be linked and is another's.
 */
export async function completeIssuer(
  parts: Parts,
  of: {
    log: FastifyBaseLogger;
    book: OpenBook;
    answer: string;
    browserToken: string | undefined;
    memberId: string | undefined;
    from: From;
    now: Date;
  },
): Promise<Completed> {
  const { db, sealer } = parts;
  const { book, from, now } = of;
  const { bookId } = book;
  const state = new URLSearchParams(of.answer).get('state') ?? '';
  const stateHash = hashOfToken(state);
  const [flow] = await db.sql<{ issuer: string; sealed: string; invitation_id: string | null }[]>`
    delete from issuer_flows
     where book_id = ${bookId} and state_hash = ${stateHash} and browser_hash = ${hashOfToken(of.browserToken ?? '')}
       and expires_at > ${now}
    returning issuer, sealed, invitation_id`;
  if (!flow) throw new Problem('ISSUER_FLOW_OVER');
  const sent = JSON.parse(sealer.open(flow.sealed, flowContext(bookId, stateHash))) as { verifier: string; nonce: string };
  const subject = await subjectOf(parts, {
    log: of.log,
    book,
    issuer: flow.issuer,
    answer: of.answer,
    state,
    verifier: sent.verifier,
    nonce: sent.nonce,
  });
  const fingerprint = sealer.fingerprint(`subject ${flow.issuer} ${subject}`);

  if (flow.invitation_id !== null) {
    const linked = await linkSubject(parts, { book, invitationId: flow.invitation_id, issuer: flow.issuer, fingerprint, now });
    if (linked === 'LINKED') return { kind: 'LINKED' };
  }
  const [row] = await db.sql<{ invitation_id: string }[]>`
    select invitation_id from issuer_subjects where book_id = ${bookId} and subject_fingerprint = ${fingerprint}`;
  const account = row && (await accountOfInvitation(db, bookId, row.invitation_id));
  if (!account) throw new Problem('ISSUER_SUBJECT_UNKNOWN');
  if (account.hasSecondFactor) {
    return { kind: 'PENDING', told: await awaitSecondFactor(parts, { bookId, account, beganBy: 'ISSUER', now }) };
  }
  return db.begin(async (tx) => ({
    kind: 'BEGUN' as const,
    deviceToken: await knowDevice(tx, parts, { bookId, invitationId: account.invitationId, from, now }),
    begun: await beginIssuerSession(tx, parts, { bookId, account, memberId: of.memberId, from, now }),
  }));
}

const beginIssuerSession = (
  tx: Tx,
  { sealer }: Parts,
  of: { bookId: string; account: Account; memberId: string | undefined; from: From; now: Date },
): Promise<Begun> =>
  beginSession(tx, sealer, {
    bookId: of.bookId,
    person: of.account,
    memberId: of.memberId,
    beganBy: 'ISSUER',
    secondFactor: false,
    from: of.from,
    now: of.now,
  });

/** Whom the issuer says it is, once everything of its answer holds. */
async function subjectOf(
  { signIn }: Parts,
  of: { log: FastifyBaseLogger; book: OpenBook; issuer: string; answer: string; state: string; verifier: string; nonce: string },
): Promise<string> {
  const config = await signIn.issuers.of(of.issuer);
  const at = new URL(signIn.issuers.redirectUri(of.book.code));
  at.search = of.answer;
  try {
    const tokens = await client.authorizationCodeGrant(config, at, {
      expectedState: of.state,
      expectedNonce: of.nonce,
      pkceCodeVerifier: of.verifier,
      idTokenExpected: true,
    });
    const subject = tokens.claims()?.sub;
    if (subject === undefined) throw new Error('an answer without an ID token');
    return subject;
  } catch (error) {
    // What it says may hold the answer itself: the log gets its kind.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    of.log.warn({ issuer: of.issuer, code }, 'an issuer’s answer was refused');
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
      throw new Problem('ISSUER_UNAVAILABLE', { name: of.issuer }, [], 5);
    throw new Problem('ISSUER_ANSWER_REFUSED', { name: of.issuer });
  }
}

/** Links the subject with the person of an invitation: with who is signed in already, or by accepting it. */
async function linkSubject(
  parts: Parts,
  of: { book: OpenBook; invitationId: string; issuer: string; fingerprint: string; now: Date },
): Promise<'LINKED' | 'ACCEPTED'> {
  const { db } = parts;
  const { bookId } = of.book;
  const account = await accountOfInvitation(db, bookId, of.invitationId);
  const waiting = account ? undefined : await invitationOf(parts, bookId, { invitationId: of.invitationId }, of.now);
  const personId = account?.personId ?? waiting?.personId ?? '';
  await db.begin(async (tx) => {
    await tx.sql`
      insert into credentials (book_id, invitation_id, recorded_at) values (${bookId}, ${of.invitationId}, ${of.now})
      on conflict (book_id, invitation_id) do nothing`;
    await tx.sql`
      delete from issuer_subjects where book_id = ${bookId} and invitation_id = ${of.invitationId} and issuer = ${of.issuer}`;
    // A link under an invitation that no longer counts is nobody's.
    const linked = await tx.sql`
      insert into issuer_subjects as l (book_id, subject_fingerprint, invitation_id, issuer, linked_at)
      values (${bookId}, ${of.fingerprint}, ${of.invitationId}, ${of.issuer}, ${of.now})
      on conflict (book_id, subject_fingerprint) do update set invitation_id = excluded.invitation_id, linked_at = excluded.linked_at
        where not exists (select from user_accounts a
                           where a.book_id = l.book_id and a.invitation_id = l.invitation_id and a.person_id <> ${personId})`;
    if (linked.count === 0) throw new Problem('ISSUER_SUBJECT_TAKEN');
  });
  if (!waiting) return 'LINKED';
  await accept(of.book, waiting);
  return 'ACCEPTED';
}
