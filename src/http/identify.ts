// How a request says who sends it: by a bearer key in its Authorization header, else by the cookie of a session of the book in its address.
// And what else it must show before it may do what it asks for.
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Database } from '../../db/client.js';
import type { Principal, Principals } from '../access/principal.js';
import { findSession, hashOfToken, sessionCookie, stepUpMs } from '../access/sessions.js';
import { actingRole, rightsOf } from '../access/rights.js';
import { shanghaiDay } from '../calendar.js';
import type { Clock } from '../ledger/lane.js';
import { readCookie } from './cookies.js';
import type { Told } from './problem.js';
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
  }
}

/** One way in which a request says who sends it. */
export interface Way {
  /** What of it may be known: the door counts by it. */
  readonly name: string;
  /** Who it is, or null for whatever does not count. `inLane`: a command, whose lane looks again. */
  look(bookId: string, inLane: boolean): Promise<Principal | null>;
}

interface Known {
  readonly db: Database;
  readonly principals: Principals;
  readonly clock: Clock;
}

/** The way that a request to this book has taken, or null for one that says nothing. */
export function wayOf(request: FastifyRequest, bookCode: string, { db, principals, clock }: Known): Way | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return null;
    const bearer = authorization.slice(7);
    // `cvk_` and the twelve characters that it is found by.
    const name = bearer.slice(0, 16);
    return { name, look: (bookId, inLane) => principals.find(bookId, bearer, shanghaiDay(clock.now()), inLane) };
  }
  const secret = readCookie(request, sessionCookie(bookCode));
  if (secret === undefined) return null;
  return {
    name: hashOfToken(secret).slice(0, 16),
    look: (bookId) => findSession(db.as({ book: bookId, legalPerson: null }), bookId, secret, clock.now()),
  };
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
 * another site, SESSION_REQUIRED, FORBIDDEN by role, KEY_SCOPE, PERSON_REQUIRED, then BEARER_KEY_NOT_ENOUGH or STEP_UP_REQUIRED.
 */
export function forbidden(
  request: FastifyRequest,
  principal: Principal,
  { roles, verb, personOnly, sessionOnly, stepUp, streaming, writesNothing }: FastifyContextConfig,
  demands: Demands,
  now: Date,
): Told | null {
  const { means, role, kind, session, scope } = principal;
  const writes = means === 'SESSION' && request.method !== 'GET';
  if (writes && !(isOwnSite(request, demands.publicOrigin) && (streaming || !isOfForm(request)))) return { code: 'CROSS_SITE' };
  if (sessionOnly && means !== 'SESSION') return { code: 'SESSION_REQUIRED' };
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
