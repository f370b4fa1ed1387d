// Signing in and what a person does about its own account. Beside the lane but for invitations, which are decisions of the book; nothing here
// takes an Idempotency-Key but those, for what is shown once is shown by no replay.
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { invitations } from '../../db/tables.js';
import { page, pageQuery, problem, bookParams, id } from '../../schemas/common.js';
import * as schemas from '../../schemas/sign-in.js';
import { makeToken, sessionCookie } from '../access/sessions.js';
import { readCookie, writeCookie } from '../http/cookies.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { command, idOfCursor, pageOf, reading } from '../http/routes.js';
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
import { endSessions } from './begin-session.js';
import { confirmEnrolment, invitationOf, openEnrolment } from './enrol.js';
import type { Invite } from './invite.js';
import { invite } from './invite.js';
import { completeIssuer, startIssuer } from './issuers.js';
import { accountOfPerson } from './queries.js';
import { issuerFlowMs, originKnownMs, presentInvitation } from './rules.js';
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

/** Of a route that only sessions reach. */
function sessionOf(request: FastifyRequest, now: Date): InSession & { secondFactorAt: Date | null } {
  const { book, principal } = request;
  const { sessionId, session } = principal;
  if (sessionId === undefined || session === undefined) throw new Problem('SESSION_REQUIRED');
  const { personId, secondFactorAt } = session;
  return { book, personId, sessionId, secondFactorAt, now };
}

interface Address<Body extends z.ZodType, Answer extends z.ZodType> {
  readonly url: string;
  readonly summary: string;
  readonly config: FastifyContextConfig;
  readonly body: Body;
  readonly response: Answer;
  readonly handle: (of: {
    request: FastifyRequest;
    reply: FastifyReply;
    body: z.output<Body>;
    now: Date;
  }) => Promise<z.input<Answer>>;
}

/** A POST beside the lane. */
function post<Body extends z.ZodType, Answer extends z.ZodType>(
  app: FastifyInstance,
  { clock }: Parts,
  { url, summary, config, body, response, handle }: Address<Body, Answer>,
): void {
  app.post(
    `/v1/books/:book${url}`,
    {
      config,
      schema: {
        tags: [tag],
        summary,
        params: url.includes('/:id') ? bookParams.extend({ id }) : bookParams,
        querystring: z.strictObject({}),
        body,
        response: { 200: response, '4xx': problem, '5xx': problem },
        security: config.open ? [] : [{ session: [] }],
      },
    },
    async (request, reply) =>
      reply.send(await handle({ request, reply, body: request.body as z.output<Body>, now: clock.now() })),
  );
}

export function signInRoutes(app: FastifyInstance, parts: Parts): void {
  const { db, clock, signIn } = parts;
  const open: FastifyContextConfig = { open: true };
  const own: FastifyContextConfig = { sessionOnly: true };

  /** The cookies of who has signed in; what is told besides. */
  function welcome<Told>(
    request: FastifyRequest,
    reply: FastifyReply,
    of: { secret: string; deviceToken: string; told: Told },
  ): Told {
    const { code } = request.book;
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
    read: async ({ query, book }) => {
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
    handle: ({ request, body, now }) => openEnrolment(parts, { book: request.book, body, now }),
  });

  post(app, parts, {
    url: '/sign-in/invitations/confirm',
    summary: 'Show a code of the app: the invitation is accepted, a session begins, recovery codes are shown once',
    config: open,
    body: schemas.confirmInvitation,
    response: schemas.signedInFirst,
    handle: async ({ request, reply, body, now }) => {
      const begun = await confirmEnrolment(parts, {
        book: request.book,
        token: body.token,
        code: body.code,
        from: fromOf(request),
        now,
      });
      return { recoveryCodes: begun.recoveryCodes, ...welcome(request, reply, begun) };
    },
  });

  // ── Signing in ──

  post(app, parts, {
    url: '/sign-in/password',
    summary: 'Sign in, first step: name and password',
    config: open,
    body: schemas.passwordSignIn,
    response: schemas.pendingSignIn,
    handle: ({ request, body, now }) => showPassword(parts, { book: request.book, body, from: fromOf(request), now }),
  });

  post(app, parts, {
    url: '/sign-in/second-factor',
    summary: 'Sign in, second step: a code of the app or a recovery code',
    config: open,
    body: schemas.secondFactor,
    response: schemas.signedIn,
    handle: async ({ request, reply, body, now }) => {
      const { pendingToken, code, memberId } = body;
      const { book } = request;
      return welcome(
        request,
        reply,
        await showSecondFactor(parts, { book, pendingToken, code, memberId, from: fromOf(request), now }),
      );
    },
  });

  app.get(
    '/v1/books/:book/sign-in/issuers',
    {
      config: open,
      schema: {
        tags: [tag],
        summary: 'Issuers of OpenID Connect by which people can sign in',
        params: bookParams,
        querystring: z.strictObject({}),
        response: { 200: schemas.issuers, '4xx': problem, '5xx': problem },
        security: [],
      },
    },
    async (_request, reply) => reply.send({ items: signIn.issuers.all.map(({ name }) => ({ name })) }),
  );

  post(app, parts, {
    url: '/sign-in/issuers/start',
    summary: 'Sign in by an issuer, or accept an invitation by one: where to send the browser',
    config: open,
    body: schemas.startIssuer,
    response: schemas.issuerStarted,
    handle: async ({ request, reply, body, now }) => {
      const { book } = request;
      const { issuer, invitationToken: token } = body;
      const invited = token === undefined ? undefined : await invitationOf(parts, book.bookId, { token }, now);
      const { told, browserToken } = await startIssuer(parts, { book, issuer, linkTo: invited?.invitationId ?? null, now });
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
    handle: async ({ request, reply, body, now }) => {
      const { book } = request;
      const done = await completeIssuer(parts, {
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
      return welcome(request, reply, { secret: done.begun.secret, told: done.begun.told, deviceToken: done.deviceToken });
    },
  });

  // ── One's own account ──

  post(app, parts, {
    url: '/sign-in/step-up',
    summary: 'Show a second factor again; verbs that ask for one take it for ten minutes',
    config: own,
    body: schemas.stepUp,
    response: empty,
    handle: async ({ request, reply, body, now }) => {
      goOn(request, reply, await stepUp(parts, { ...sessionOf(request, now), code: body.code }));
      return {};
    },
  });

  post(app, parts, {
    url: '/sign-in/switch',
    summary: 'Go on as another of one’s memberships',
    config: own,
    body: schemas.switchMember,
    response: empty,
    handle: async ({ request, reply, body, now }) => {
      goOn(request, reply, await actAs(parts, { ...sessionOf(request, now), memberId: body.memberId }));
      return {};
    },
  });

  app.get(
    '/v1/books/:book/account',
    {
      config: own,
      schema: {
        tags: [tag],
        summary: 'One’s own account',
        params: bookParams,
        querystring: z.strictObject({}),
        response: { 200: schemas.account, '4xx': problem, '5xx': problem },
        security: [{ session: [] }],
      },
    },
    async (request, reply) =>
      reply.send(await request.book.traffic.beside.run(() => ownAccountTold(parts, sessionOf(request, clock.now())))),
  );

  app.get(
    '/v1/books/:book/account/sessions',
    {
      config: own,
      schema: {
        tags: [tag],
        summary: 'Where one is signed in: devices, addresses, times',
        params: bookParams,
        querystring: z.strictObject({}),
        response: { 200: schemas.sessionList, '4xx': problem, '5xx': problem },
        security: [{ session: [] }],
      },
    },
    async (request, reply) =>
      reply.send({ items: await request.book.traffic.beside.run(() => ownSessions(parts, sessionOf(request, clock.now()))) }),
  );

  post(app, parts, {
    url: '/sign-in/sign-out',
    summary: 'End this session',
    config: own,
    body: empty,
    response: schemas.ended,
    handle: async ({ request, reply, now }) => {
      const { book, personId, sessionId } = sessionOf(request, now);
      leave(request, reply);
      return { ended: await endSessions(db.sql, { bookId: book.bookId, personId, now, only: sessionId }) };
    },
  });

  post(app, parts, {
    url: '/sign-in/sign-out-everywhere',
    summary: 'End all of one’s sessions, this one too',
    config: own,
    body: empty,
    response: schemas.ended,
    handle: async ({ request, reply, now }) => {
      const { book, personId } = sessionOf(request, now);
      leave(request, reply);
      return { ended: await endSessions(db.sql, { bookId: book.bookId, personId, now }) };
    },
  });

  post(app, parts, {
    url: '/account/sessions/:id/end',
    summary: 'End one of one’s sessions',
    config: own,
    body: empty,
    response: schemas.ended,
    handle: async ({ request, now }) => {
      const { book, personId } = sessionOf(request, now);
      const only = (request.params as { id: string }).id;
      const ended = await endSessions(db.sql, { bookId: book.bookId, personId, now, only });
      if (ended === 0) throw new Problem('NOT_FOUND');
      return { ended };
    },
  });

  post(app, parts, {
    url: '/account/password',
    summary: 'Change the password; every other session ends',
    config: { sessionOnly: true, stepUp: true },
    body: schemas.changePassword,
    response: schemas.ended,
    handle: async ({ request, reply, body, now }) => {
      const { secret, ended } = await changePassword(parts, { ...sessionOf(request, now), body });
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
    handle: ({ request, now }) => newSecret(parts, sessionOf(request, now)),
  });

  post(app, parts, {
    url: '/account/second-factor/confirm',
    summary: 'Show the first code of the new secret; new recovery codes are shown once',
    config: own,
    body: schemas.confirmCode,
    response: schemas.recoveryCodeSet,
    handle: async ({ request, reply, body, now }) => {
      const { secret, recoveryCodes } = await confirmNewSecret(parts, { ...sessionOf(request, now), code: body.code });
      goOn(request, reply, secret);
      return { recoveryCodes };
    },
  });

  post(app, parts, {
    url: '/account/recovery-codes',
    summary: 'Ten new recovery codes, shown once; those before no longer count',
    config: { sessionOnly: true, stepUp: true },
    body: empty,
    response: schemas.recoveryCodeSet,
    handle: async ({ request, now }) => ({ recoveryCodes: await newRecoveryCodes(parts, sessionOf(request, now)) }),
  });

  post(app, parts, {
    url: '/account/issuers',
    summary: 'Link an issuer’s identity with one’s account: where to send the browser',
    config: { sessionOnly: true, stepUp: true },
    body: z.strictObject({ issuer: z.string().max(40) }),
    response: schemas.issuerStarted,
    handle: async ({ request, reply, body, now }) => {
      const { book, personId } = sessionOf(request, now);
      const account = await accountOfPerson(db, book.bookId, personId);
      if (!account) throw new Problem('UNAUTHENTICATED');
      const { told, browserToken } = await startIssuer(parts, { book, issuer: body.issuer, linkTo: account.invitationId, now });
      writeCookie(reply, issuerCookie(book.code), browserToken, issuerFlowMs);
      return told;
    },
  });
}
