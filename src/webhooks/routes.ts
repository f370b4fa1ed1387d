import type { FastifyInstance } from 'fastify';
import * as schema from '../../schemas/webhooks.js';
import type { Parts } from '../http/parts.js';
import { command, everyRole, idOfCursor, pageOf, problemOf, reading } from '../http/routes.js';
import { refused } from '../ledger/lane.js';
import type { WithSecret } from './endpoints.js';
import { enableWebhook, endWebhook, makeSecret, registerWebhook, rotateWebhook } from './endpoints.js';
import { listDeliveries, listWebhooks, tryAgain } from './queries.js';
import { presentDelivery, presentWebhook } from './rules.js';

const tag = 'webhooks';

/** Where a member has what it is told sent to. */
export function webhookRoutes(app: FastifyInstance, parts: Parts): void {
  const secretOf = (body: object, replayed: boolean) => (replayed ? null : ((body as WithSecret).made?.secret ?? null));
  command(app, parts, {
    url: '/webhooks',
    tag,
    summary: 'Have what this member is told sent to an address; the secret that signs it is shown once',
    roles: everyRole,
    personOnly: true,
    body: schema.registerWebhook,
    response: schema.webhookSecret,
    status: 201,
    verb: registerWebhook(parts.webhookHosts),
    prepare: ({ body, book }) => ({ ...body, ...makeSecret(parts.sealer, book.bookId) }),
    present: (result, { replayed, body }) => ({ ...result, secret: secretOf(body, replayed) }),
  });
  command(app, parts, {
    url: '/webhooks/:id/rotate',
    tag,
    summary: 'A new secret; for a day the one before signs beside it',
    roles: everyRole,
    personOnly: true,
    body: schema.changeWebhook,
    response: schema.webhookSecret,
    status: 200,
    verb: rotateWebhook,
    prepare: ({ book }) => makeSecret(parts.sealer, book.bookId),
    present: (result, { replayed, body }) => ({ ...result, secret: secretOf(body, replayed) }),
  });
  command(app, parts, {
    url: '/webhooks/:id/enable',
    tag,
    summary: 'Enable an endpoint that was disabled for failing; what waits for it and what is dead is sent again',
    roles: everyRole,
    personOnly: true,
    body: schema.changeWebhook,
    response: schema.webhookRecorded,
    status: 200,
    verb: enableWebhook,
    settle: async ({ outcome, book: { bookId } }) => {
      if (outcome.kind === 'accepted') await tryAgain(parts.db, { bookId, endpointId: outcome.result.endpointId });
    },
  });
  command(app, parts, {
    url: '/webhooks/:id/end',
    tag,
    summary: 'End an endpoint: nothing is sent to it any more',
    roles: everyRole,
    personOnly: true,
    body: schema.changeWebhook,
    response: schema.webhookRecorded,
    status: 200,
    verb: endWebhook,
  });
  reading(app, {
    url: '/webhooks',
    tag,
    summary: 'This member’s endpoints; the operator and auditors see everybody’s',
    roles: everyRole,
    query: schema.webhookQuery,
    response: schema.webhooks,
    read: async ({ query: { cursor, limit }, book: { bookId }, principal }) => {
      const memberId = ['operator', 'auditor'].includes(principal.role) ? undefined : principal.memberId;
      const rows = await listWebhooks(parts.db, { bookId, memberId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.endpointId, presentWebhook);
    },
  });
  reading(app, {
    url: '/webhooks/:id/deliveries',
    tag,
    summary: 'What was sent to an endpoint of one’s own, waits, or is dead',
    roles: everyRole,
    query: schema.webhookDeliveryQuery,
    response: schema.webhookDeliveries,
    read: async ({ id, query: { status, cursor, limit }, book: { bookId }, principal: { memberId } }) => {
      const of = { bookId, endpointId: id, memberId, status, after: idOfCursor(cursor), limit };
      const rows = await listDeliveries(parts.db, of);
      if (rows === null) throw problemOf(refused('NOT_FOUND'));
      return pageOf(rows, limit, (row) => row.messageId, presentDelivery);
    },
  });
}
