// Signing in and what a person does about its own account. Beside the lane but for invitations, which are decisions of the book; nothing here
// takes an Idempotency-Key but those, for what is shown once is shown by no replay.
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { invitations } from '../../db/tables.js';
import { page, pageQuery, problem, bookParams, id } from '../../schemas/common.js';
import * as schemas from '../../schemas/sign-in.js';
import { makeToken, sessionCookie } from '../access/sessions.js';
import { readCookie, writeCookie } from '../http/cookies.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { command, idOfCursor, pageOf, reading, everyRole } from '../http/routes.js';
import type { InSession } from './account.js';
import {
  actAs,
  changePassword,
  confirmNewSecret,
  newRecoveryCodes,
  newSecret,
  ownAccountTold,
  ownSessions,
  stepUp,
} from './account.js';
import type { From } from './attempts.js';
import type { Begun } from './begin-session.js';
import { endSessions } from './begin-session.js';
import { confirmInvitation } from './confirm-invitation.js';
import { confirmEnrolment, invitationOf, openEnrolment } from './enrol.js';
import type { Invite } from './invite.js';
import { invite } from './invite.js';
import { completeIssuer, startIssuer } from './issuers.js';
import { accountOfPerson, personOfMember } from './queries.js';
import { issuerFlowMs, originKnownMs, presentInvitation } from './rules.js';
import type { About } from './sign-in.js';
import { showPassword, showSecondFactor } from './sign-in.js';
import { withdrawInvitation } from './withdraw-invitation.js';

const tag = 'sign-in';
const empty = z.strictObject({});
/** A device on which somebody has signed in; the browser that was sent to an issuer. */
const deviceCookie = (bookCode: string): string => `__Host-device-${bookCode}`;
const issuerCookie = (bookCode: string): string => `__Host-issuer-${bookCode}`;

const fromOf = (request: FastifyRequest): From => ({
  address: request.ip,
  deviceToken: readCookie(request, deviceCookie(request.book.code)),
  device: (request.headers['user-agent'] ?? '').slice(0, 200),
});

const aboutOf =
  ({ flight }: FastifyRequest): About =>
  (personId) => {
    flight.about = personId;
  };

/** Of a route that only sessions reach. */
function sessionOf(request: FastifyRequest, now: Date): InSession & { secondFactorAt: Date | null } {
  const { book, principal } = request;
  const { sessionId, session } = principal;
  if (sessionId === undefined || session === undefined) throw new Problem('SESSION_REQUIRED');
  const { personId, secondFactorAt } = session;
  return { book, personId, sessionId, secondFactorAt, now };
}

interface Address<Answer extends z.ZodType> {
  readonly url: string;
  readonly summary: string;
  readonly config: FastifyContextConfig;
  readonly response: Answer;
}

const described = ({ url, summary, response }: Address<z.ZodType>): FastifySchema => ({
  tags: [tag],
  summary,
  params: url.includes('/:id') ? bookParams.extend({ id }) : bookParams,
  querystring: empty,
  response: { 200: response, '4xx': problem, '5xx': problem },
});

/** Beside the lane all is of the book in the address. */
const inBook = (parts: Parts, { book }: FastifyRequest): Parts => ({ ...parts, db: book.db });

/** A POST beside the lane. */
function post<Body extends z.ZodType, Answer extends z.ZodType>(
  app: FastifyInstance,
  parts: Parts,
  of: Address<Answer> & {
    readonly body: Body;
    readonly handle: (of: {
      /** With the database of the book that is asked. */
      at: Parts;
      request: FastifyRequest;
      reply: FastifyReply;
      body: z.output<Body>;
      now: Date;
    }) => Promise<z.input<Answer>>;
  },
): void {
  const { url, config, body, handle } = of;
  app.post(`/v1/books/:book${url}`, { config, schema: { body, ...described(of) } }, async (request, reply) =>
    reply.send(
      await handle({
        at: inBook(parts, request),
        request,
        reply,
        body: request.body as z.output<Body>,
        now: parts.clock.now(),
      }),
    ),
  );
}

/** A GET, in its turn beside the lane. */
function get<Answer extends z.ZodType>(
  app: FastifyInstance,
  parts: Parts,
  of: Address<Answer> & {
    readonly read: (of: { at: Parts; request: FastifyRequest }) => Promise<z.input<Answer>> | z.input<Answer>;
  },
): void {
  const { url, config, read } = of;
  app.get(`/v1/books/:book${url}`, { config, schema: described(of) }, async (request, reply) =>
    reply.send(await request.book.traffic.beside.run(() => read({ at: inBook(parts, request), request }))),
  );
}

export function signInRoutes(app: FastifyInstance, parts: Parts): void {
  const { clock, signIn } = parts;
  const open: FastifyContextConfig = { open: true, accountEvent: true };
  const own: FastifyContextConfig = { sessionOnly: true, accountEvent: true };

  /** The cookies of who has signed in; what is told besides. */
  function welcome(request: FastifyRequest, reply: FastifyReply, of: Begun & { deviceToken: string }): Begun['told'] {
    const { code } = request.book;
    request.principal = of.principal;
    writeCookie(reply, sessionCookie(code), of.secret);
    writeCookie(reply, deviceCookie(code), of.deviceToken, originKnownMs);
    return of.told;
  }
  const goOn = (request: FastifyRequest, reply: FastifyReply, secret: string): void =>
    writeCookie(reply, sessionCookie(request.book.code), secret);
  const leave = (request: FastifyRequest, reply: FastifyReply): void =>
    writeCookie(reply, sessionCookie(request.book.code), '', 0);

  // ── Invitations ──

  command(app, parts, {
    url: '/members/:id/invite',
    tag,
    summary: 'Invite a member to sign in; the token is shown once',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: schemas.invite,
    response: schemas.invitationMade,
    status: 201,
    verb: invite,
    prepare: ({ body }): Invite => {
      const { token, hash } = makeToken();
      return { ...body, made: { token, tokenHash: hash } };
    },
    present: (result, { replayed, body }) => ({ ...result, token: replayed ? null : ((body as Invite).made?.token ?? null) }),
  });

  command(app, parts, {
    url: '/invitations/:id/confirm',
    tag,
    summary: 'Confirm that an account may be replaced: the person itself or another operator, not who invited',
    roles: everyRole,
    personOnly: true,
    stepUp: true,
    body: empty,
    response: schemas.invitationRecorded,
    status: 200,
    verb: confirmInvitation,
  });

  command(app, parts, {
    url: '/invitations/:id/withdraw',
    tag,
    summary: 'Withdraw an invitation that waits',
    roles: ['operator'],
    personOnly: true,
    body: empty,
    response: schemas.invitationRecorded,
    status: 200,
    verb: withdrawInvitation,
  });

  reading(app, {
    url: '/invitations',
    tag,
    summary: 'Invitations, in the order in which they were made',
    roles: ['operator', 'auditor'],
    query: pageQuery,
    response: page(schemas.invitation),
    read: async ({ db, query, book }) => {
      const after = idOfCursor(query.cursor);
      const rows = await db.drizzle
        .select()
        .from(invitations)
        .where(and(eq(invitations.bookId, book.bookId), after === undefined ? undefined : gt(invitations.invitationId, after)))
        .orderBy(asc(invitations.invitationId))
        .limit(query.limit + 1);
      return pageOf(rows, query.limit, (row) => row.invitationId, presentInvitation);
    },
  });

  post(app, parts, {
    url: '/sign-in/invitations/accept',
    summary: 'Accept an invitation: set a password, get a secret for an authenticator app',
    config: open,
    body: schemas.acceptInvitation,
    response: schemas.invitationOpened,
    handle: ({ at, request, body, now }) => openEnrolment(at, { book: request.book, body, now }),
  });

  post(app, parts, {
    url: '/sign-in/invitations/confirm',
    summary: 'Show a code of the app: the invitation is accepted, a session begins, recovery codes are shown once',
    config: open,
    body: schemas.confirmInvitation,
    response: schemas.signedInFirst,
    handle: async ({ at, request, reply, body, now }) => {
      const begun = await confirmEnrolment(at, {
        book: request.book,
        token: body.token,
        code: body.code,
        from: fromOf(request),
        now,
      });
      return { recoveryCodes: begun.recoveryCodes, ...welcome(request, reply, begun) };
    },
  });

  post(app, parts, {
    url: '/members/:id/end-sessions',
    summary: 'End all sessions of a member’s person, whose device is lost or account in strange hands',
    config: { roles: ['operator'], personOnly: true, accountEvent: true },
    body: empty,
    response: schemas.ended,
    handle: async ({ at, request, now }) => {
      const { bookId } = request.book;
      const personId = await personOfMember(at.db, bookId, (request.params as { id: string }).id);
      if (personId === undefined) throw new Problem('NOT_FOUND');
      return { ended: await endSessions(at.db.sql, { bookId, personId, now }) };
    },
  });

  // ── Signing in ──

  post(app, parts, {
    url: '/sign-in/password',
    summary: 'Sign in, first step: name and password',
    config: open,
    body: schemas.passwordSignIn,
    response: schemas.pendingSignIn,
    handle: ({ at, request, body, now }) =>
      showPassword(at, { book: request.book, body, from: fromOf(request), about: aboutOf(request), now }),
  });

  post(app, parts, {
    url: '/sign-in/second-factor',
    summary: 'Sign in, second step: a code of the app or a recovery code',
    config: open,
    body: schemas.secondFactor,
    response: schemas.signedIn,
    handle: async ({ at, request, reply, body, now }) => {
      const { pendingToken, code, memberId } = body;
      const { book } = request;
      return welcome(
        request,
        reply,
        await showSecondFactor(at, { book, pendingToken, code, memberId, from: fromOf(request), about: aboutOf(request), now }),
      );
    },
  });

  get(app, parts, {
    url: '/sign-in/issuers',
    summary: 'Issuers of OpenID Connect by which people can sign in',
    config: { open: true },
    response: schemas.issuers,
    read: () => ({ items: signIn.issuers.all.map(({ name }) => ({ name })) }),
  });

  post(app, parts, {
    url: '/sign-in/issuers/start',
    summary: 'Sign in by an issuer, or accept an invitation by one: where to send the browser',
    config: open,
    body: schemas.startIssuer,
    response: schemas.issuerStarted,
    handle: async ({ at, request, reply, body, now }) => {
      const { book } = request;
      const { issuer, invitationToken: token } = body;
      const invited = token === undefined ? undefined : await invitationOf(at, book.bookId, { token }, now);
      const { told, browserToken } = await startIssuer(at, {
        book,
        issuer,
        linkTo: invited?.invitationId ?? null,
        now,
      });
      writeCookie(reply, issuerCookie(book.code), browserToken, issuerFlowMs);
      return told;
    },
  });

  post(app, parts, {
    url: '/sign-in/issuers/complete',
    summary: 'Back from an issuer: the query of the address that it sent the browser to',
    config: open,
    body: schemas.completeIssuer,
    response: schemas.issuerCompleted,
    handle: async ({ at, request, reply, body, now }) => {
      const { book } = request;
      const done = await completeIssuer(at, {
        log: request.log,
        book,
        answer: body.answer,
        browserToken: readCookie(request, issuerCookie(book.code)),
        memberId: body.memberId,
        from: fromOf(request),
        now,
      });
      writeCookie(reply, issuerCookie(book.code), '', 0);
      if (done.kind === 'PENDING') return done.told;
      if (done.kind === 'LINKED') return { linked: true as const };
      return welcome(request, reply, { ...done.begun, deviceToken: done.deviceToken });
    },
  });

  // ── One's own account ──

  post(app, parts, {
    url: '/sign-in/step-up',
    summary: 'Show a second factor again; verbs that ask for one take it for ten minutes',
    config: own,
    body: schemas.stepUp,
    response: empty,
    handle: async ({ at, request, reply, body, now }) => {
      goOn(request, reply, await stepUp(at, { ...sessionOf(request, now), code: body.code }));
      return {};
    },
  });

  post(app, parts, {
    url: '/sign-in/switch',
    summary: 'Go on as another of one’s memberships',
    config: own,
    body: schemas.switchMember,
    response: empty,
    handle: async ({ at, request, reply, body, now }) => {
      goOn(request, reply, await actAs(at, { ...sessionOf(request, now), memberId: body.memberId }));
      return {};
    },
  });

  get(app, parts, {
    url: '/account',
    summary: 'One’s own account',
    config: { sessionOnly: true },
    response: schemas.account,
    read: ({ at, request }) => ownAccountTold(at, sessionOf(request, clock.now())),
  });

  get(app, parts, {
    url: '/account/sessions',
    summary: 'Where one is signed in: devices, addresses, times',
    config: { sessionOnly: true },
    response: schemas.sessionList,
    read: async ({ at, request }) => ({ items: await ownSessions(at, sessionOf(request, clock.now())) }),
  });

  const signOut = { config: own, body: empty, response: schemas.ended };
  post(app, parts, {
    ...signOut,
    url: '/sign-in/sign-out',
    summary: 'End this session',
    handle: async ({ at, request, reply, now }) => {
      const { book, personId, sessionId } = sessionOf(request, now);
      leave(request, reply);
      return { ended: await endSessions(at.db.sql, { bookId: book.bookId, personId, now, only: sessionId }) };
    },
  });

  post(app, parts, {
    ...signOut,
    url: '/sign-in/sign-out-everywhere',
    summary: 'End all of one’s sessions, this one too',
    handle: async ({ at, request, reply, now }) => {
      const { book, personId } = sessionOf(request, now);
      leave(request, reply);
      return { ended: await endSessions(at.db.sql, { bookId: book.bookId, personId, now }) };
    },
  });

  post(app, parts, {
    ...signOut,
    url: '/account/sessions/:id/end',
    summary: 'End one of one’s sessions',
    handle: async ({ at, request, now }) => {
      const { book, personId } = sessionOf(request, now);
      const only = (request.params as { id: string }).id;
      const ended = await endSessions(at.db.sql, { bookId: book.bookId, personId, now, only });
      if (ended === 0) throw new Problem('NOT_FOUND');
      return { ended };
    },
  });

  post(app, parts, {
    url: '/account/password',
    summary: 'Change the password; every other session ends',
    config: { sessionOnly: true, stepUp: true, accountEvent: true },
    body: schemas.changePassword,
    response: schemas.ended,
    handle: async ({ at, request, reply, body, now }) => {
      const { secret, ended } = await changePassword(at, { ...sessionOf(request, now), body });
      goOn(request, reply, secret);
      return { ended };
    },
  });

  post(app, parts, {
    url: '/account/second-factor',
    summary: 'A new secret for an authenticator app; the one before counts until the new one is confirmed',
    config: own,
    body: empty,
    response: schemas.secondFactorSecret,
    handle: ({ at, request, now }) => newSecret(at, sessionOf(request, now)),
  });

  post(app, parts, {
    url: '/account/second-factor/confirm',
    summary: 'Show the first code of the new secret; new recovery codes are shown once',
    config: own,
    body: schemas.confirmCode,
    response: schemas.recoveryCodeSet,
    handle: async ({ at, request, reply, body, now }) => {
      const { secret, recoveryCodes } = await confirmNewSecret(at, { ...sessionOf(request, now), code: body.code });
      goOn(request, reply, secret);
      return { recoveryCodes };
    },
  });

  post(app, parts, {
    url: '/account/recovery-codes',
    summary: 'Ten new recovery codes, shown once; those before no longer count',
    config: { sessionOnly: true, stepUp: true, accountEvent: true },
    body: empty,
    response: schemas.recoveryCodeSet,
    handle: async ({ at, request, now }) => ({ recoveryCodes: await newRecoveryCodes(at, sessionOf(request, now)) }),
  });

  post(app, parts, {
    url: '/account/issuers',
    summary: 'Link an issuer’s identity with one’s account: where to send the browser',
    config: { sessionOnly: true, stepUp: true, accountEvent: true },
    body: z.strictObject({ issuer: z.string().max(40) }),
    response: schemas.issuerStarted,
    handle: async ({ at, request, reply, body, now }) => {
      const { book, personId } = sessionOf(request, now);
      const account = await accountOfPerson(at.db, book.bookId, personId);
      if (!account) throw new Problem('UNAUTHENTICATED');
      const { told, browserToken } = await startIssuer(at, {
        book,
        issuer: body.issuer,
        linkTo: account.invitationId,
        now,
      });
      writeCookie(reply, issuerCookie(book.code), browserToken, issuerFlowMs);
      return told;
    },
  });
}
