// How a request says who sends it: by its signature, by a bearer key in its Authorization header, else by the cookie of a session of the book
// in its address.
// And what else it must show before it may do what it asks for.
import type { KeyObject } from 'node:crypto';
import { verify } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Database } from '../../db/client.js';
import type { Principal, Principals } from '../access/principal.js';
import { findSession, hashOfToken, sessionCookie, stepUpMs } from '../access/sessions.js';
import { takeNonce } from '../access/nonces.js';
import { actingRole, rightsOf } from '../access/rights.js';
import { shanghaiDay } from '../calendar.js';
import type { Clock } from '../ledger/lane.js';
import { digestChecked, readContentDigest, readWhole, through } from './content-digest.js';
import { readCookie } from './cookies.js';
import type { Told } from './problem.js';
import { Problem } from './problem.js';
import type { Component } from './signatures.js';
import { readSignature, signatureBase } from './signatures.js';
import { scopeCovers } from '../access/rules.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    roles?: readonly string[];
    personOnly?: boolean;
    /** Of a route that writes: the verb it does, by which roles of a book and the scopes of keys name it. */
    verb?: string | undefined;
    /** About the account and sessions of who is signed in: no key stands for it. */
    sessionOnly?: boolean;
    /** Approves, pays, or changes a payee, a programme, members, keys or roles: a person shows more than a session or bare key for it. */
    stepUp?: boolean;
    /** Signs somebody in, or changes an account or session: the trail of access has all of it. */
    accountEvent?: boolean;
    /** Only asks, though by POST: any key of the role may. */
    writesNothing?: boolean;
    /** Its body is done line by line as it comes. */
    takesEffectWhileRead?: boolean;
  }
}

/** One way in which a request says who sends it. */
export interface Way {
  /** What of it may be known: the door counts by it. */
  readonly name: string;
  /** What it is told whose way leads to nobody. */
  readonly unknown: 'UNAUTHENTICATED' | 'SIGNATURE_INVALID';
  /** Whether a command's look-up is answered from memory once it was made, and asks the database nothing. */
  readonly remembered: boolean;
  /** Who it is, or null for whatever does not count. `inLane`: a command, whose lane looks again. */
  look(bookId: string, inLane: boolean): Promise<Principal | null>;
}

interface Known {
  readonly db: Database;
  readonly principals: Principals;
  readonly clock: Clock;
  readonly publicOrigin: string | undefined;
}

/** The way that a request to this book has taken, why none can be taken, or null for one that says nothing. */
export function wayOf(request: FastifyRequest, bookCode: string, known: Known): Way | Told | null {
  const { db, principals, clock } = known;
  const { authorization, signature } = request.headers;
  if (signature !== undefined || request.headers['signature-input'] !== undefined) return signedWay(request, known);
  if (authorization !== undefined) {
    if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return null;
    const bearer = authorization.slice(7);
    // `cvk_` and the twelve characters that it is found by.
    const name = bearer.slice(0, 16);
    return {
      name,
      unknown: 'UNAUTHENTICATED',
      remembered: true,
      look: (bookId, inLane) => principals.find(bookId, bearer, shanghaiDay(clock.now()), inLane),
    };
  }
  const secret = readCookie(request, sessionCookie(bookCode));
  if (secret === undefined) return null;
  return {
    name: hashOfToken(secret).slice(0, 16),
    unknown: 'UNAUTHENTICATED',
    remembered: true,
    look: (bookId) => findSession(db.as({ book: bookId, legalPerson: null }), bookId, secret, clock.now()),
  };
}

/**
 * By a signature. Refuses SIGNATURE_NOT_OFFERED where the service does not know its own address, what readSignature refuses, and
 * CONTENT_DIGEST_UNREADABLE; looking throws SIGNATURE_REPLAYED. The body is compared with its digest as it is read (`checkedBody`).
 */
function signedWay(request: FastifyRequest, { db, principals, clock, publicOrigin }: Known): Way | Told {
  const { headers, method, url } = request;
  if (publicOrigin === undefined) return { code: 'SIGNATURE_NOT_OFFERED' };
  // Whose of the two it would be is not for us to choose.
  if (headers.authorization !== undefined) return { code: 'SIGNATURE_MALFORMED', params: { at: 'Authorization' } };
  const now = clock.now();
  const sent = readSignature(
    { input: oneOf(headers['signature-input']), signature: oneOf(headers.signature) },
    mustCover(request),
    now,
  );
  if (sent.kind === 'refused') return sent.told;
  const { keyId, nonce, covered, params, signature, countsUntil } = sent.value;
  const said = (name: Component): string | undefined => {
    if (name === '@method') return method;
    if (name === '@target-uri') return `${publicOrigin}${url}`;
    return oneOf(headers[name]);
  };
  const absent = covered.find((name) => said(name) === undefined);
  if (absent !== undefined) return { code: 'SIGNATURE_INCOMPLETE', params: { missing: absent } };
  if (headers['content-digest'] !== undefined && readContentDigest(oneOf(headers['content-digest']) ?? '') === null)
    return { code: 'CONTENT_DIGEST_UNREADABLE' };
  const base = signatureBase(covered, params, (name) => said(name) ?? '');
  return {
    name: keyId,
    unknown: 'SIGNATURE_INVALID',
    // Its nonce is taken in the database.
    remembered: false,
    look: async (bookId, inLane) => {
      const isOf = (publicKey: KeyObject): boolean => verify(null, base, publicKey, signature);
      const principal = await principals.findSigner(bookId, keyId, shanghaiDay(now), inLane, isOf);
      if (principal?.keyId === undefined) return null;
      const taken = await takeNonce(db, { bookId, keyId: principal.keyId, nonce, until: countsUntil }, now);
      if (!taken) throw new Problem('SIGNATURE_REPLAYED');
      return principal;
    },
  };
}

const oneOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? undefined : value);

const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || !/^0*$/.test(headers['content-length'] ?? '');

/** What a signature stands for must be all that decides what is done. */
function mustCover(request: FastifyRequest): Component[] {
  const writes = request.method !== 'GET' && request.flight.config?.writesNothing !== true;
  return [
    '@method',
    '@target-uri',
    ...(hasBody(request) ? (['content-digest'] as const) : []),
    ...(writes ? (['idempotency-key'] as const) : []),
    ...(request.headers['on-behalf-of'] === undefined ? [] : (['on-behalf-of'] as const)),
  ];
}

/**
 * The body of a request as whoever reads it gets it: of a signed one, no byte that differs from its digest is taken for the whole. What takes
 * effect while it is read is read to its end first.
 */
export function checkedBody(request: FastifyRequest, body: Readable): Readable | Promise<Readable> {
  const principal = (request as { principal?: Principal }).principal;
  const digest = oneOf(request.headers['content-digest']);
  if (principal?.means !== 'SIGNED_KEY' || digest === undefined) return body;
  const checker = digestChecked(readContentDigest(digest) ?? []);
  if (request.flight.config?.takesEffectWhileRead === true) return readWhole(body, checker);
  return through(body, checker);
}

/** What installations differ in. */
export interface Demands {
  /** Whether a person's bare bearer key may take a step that asks for more. */
  readonly bearerMayApprove: boolean;
  /** Where people reach this service, if it is told. */
  readonly publicOrigin: string | undefined;
}

/**
 * Why a principal may not do what a route is for, or null. In this order: CROSS_SITE for a session's writing request that may come from
 * another site, SESSION_REQUIRED, SIGNATURE_REQUIRED, FORBIDDEN by role, KEY_SCOPE, PERSON_REQUIRED, then BEARER_KEY_NOT_ENOUGH or STEP_UP_REQUIRED.
 */
export function forbidden(
  request: FastifyRequest,
  principal: Principal,
  { roles, verb, personOnly, sessionOnly, stepUp, streaming, writesNothing }: FastifyContextConfig,
  demands: Demands,
  now: Date,
): Told | null {
  const { means, role, kind, session, scope, mustSign } = principal;
  const writes = means === 'SESSION' && request.method !== 'GET';
  if (writes && !(isOwnSite(request, demands.publicOrigin) && (streaming || !isOfForm(request)))) return { code: 'CROSS_SITE' };
  if (sessionOnly && means !== 'SESSION') return { code: 'SESSION_REQUIRED' };
  if (mustSign === true) return { code: 'SIGNATURE_REQUIRED' };
  if (roles && actingAs(principal, request.method, { roles, verb }) === null)
    return { code: 'FORBIDDEN', params: { roles: roles.join(', '), role } };
  // A scope is as old as its key, so that what is remembered of a key is never out of date in this. A route that does not say what it
  // does is in nobody's scope.
  if (scope && request.method !== 'GET' && !writesNothing && (verb === undefined || !scopeCovers(scope, verb)))
    return { code: 'KEY_SCOPE', params: { scope: scope.join(', ') || '—' } };
  if (personOnly && kind !== 'PERSON') return { code: 'PERSON_REQUIRED' };
  if (!stepUp || kind !== 'PERSON' || means === 'SIGNED_KEY') return null;
  if (means === 'KEY') return demands.bearerMayApprove ? null : { code: 'BEARER_KEY_NOT_ENOUGH' };
  const shownAt = session?.secondFactorAt?.getTime() ?? -Infinity;
  return now.getTime() - shownAt <= stepUpMs ? null : { code: 'STEP_UP_REQUIRED' };
}

/** As whom somebody uses an address: as a part of its role that the address is for. Null where none is, or its role is cut down to other verbs. */
export function actingAs(
  principal: Principal,
  method: string,
  { roles, verb }: Pick<FastifyContextConfig, 'roles' | 'verb'>,
): Principal | null {
  if (roles === undefined) return principal;
  const role = actingRole(rightsOf(principal), { roles, reads: method === 'GET', verb });
  if (role === undefined) return null;
  return role === principal.role ? principal : { ...principal, role };
}

/** Whether a browser says that its page is ours: a cookie alone shows only whose browser it is. (The cookie is Strict besides.) */
function isOwnSite({ headers }: FastifyRequest, publicOrigin: string | undefined): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return false;
  return publicOrigin === undefined
    ? host !== undefined && /^https?:\/\/(.*)$/.exec(origin)?.[1] === host
    : origin === publicOrigin;
}

const typesOfForms = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;

/** Whether a form of another site could send it without being asked, by POST alone; a text file that is uploaded looks like one. */
const isOfForm = ({ method, headers }: FastifyRequest): boolean =>
  method === 'POST' && (headers['content-type'] === undefined || typesOfForms.test(headers['content-type']));
