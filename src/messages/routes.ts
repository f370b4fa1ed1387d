import type { FastifyInstance } from 'fastify';
import { pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/messages.js';
import type { Parts } from '../http/parts.js';
import { command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { letGoMessage, retryMessage } from './decide-dead.js';
import { Postman } from './deliver.js';
import { listMessages, listOutbox } from './queries.js';
import { readMessages } from './read-messages.js';
import { addresseeOf, presentMessage, presentOutbox } from './rules.js';

const tag = 'messages';

/** What members are told (站内消息), and what could not be delivered. */
export function messageRoutes(app: FastifyInstance, parts: Parts): void {
  const { db, clock } = parts;
  // Where it listens, and not where a test only injects: what a test wants delivered it delivers itself.
  const postman = new Postman({ db, clock, log: app.log });
  app.addHook('onListen', (done) => {
    postman.start();
    done();
  });
  app.addHook('preClose', () => postman.close());

  reading(app, {
    url: '/messages',
    tag,
    summary: 'What this member was told, the latest first: its legal person’s messages on its side of the trade, or its role’s',
    roles: everyRole,
    query: pageQuery,
    response: schema.messages,
    read: async ({ db, query: { cursor, limit }, book: { bookId }, principal }) => {
      const of = { bookId, addressee: addresseeOf(principal), memberId: principal.memberId };
      const rows = await listMessages(db, { ...of, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ message }) => message.messageId,
        ({ message, readAt }) => presentMessage(message, readAt),
      );
    },
  });
  command(app, parts, {
    url: '/messages/read',
    tag,
    summary: 'Mark messages as read',
    roles: everyRole,
    body: schema.readMessages,
    response: schema.messagesRead,
    status: 200,
    verb: readMessages,
  });
  reading(app, {
    url: '/outbox',
    tag,
    summary: 'Messages that are not delivered: dead ones, those that wait, those that were let go',
    roles: ['operator', 'auditor'],
    query: schema.outboxQuery,
    response: schema.outbox,
    read: async ({ db, query: { status, cursor, limit }, book: { bookId } }) => {
      const rows = await listOutbox(db, { bookId, status, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, ({ messageId }) => messageId, presentOutbox);
    },
  });
  command(app, parts, {
    url: '/outbox/:id/retry',
    tag,
    summary: 'Have a dead message tried again',
    roles: ['operator'],
    body: schema.retryMessage,
    response: schema.outboxDecided,
    status: 200,
    verb: retryMessage,
  });
  command(app, parts, {
    url: '/outbox/:id/let-go',
    tag,
    summary: 'Let a dead message go; what is told about its subject after it is delivered then',
    roles: ['operator'],
    personOnly: true,
    body: schema.letGoMessage,
    response: schema.outboxDecided,
    status: 200,
    verb: letGoMessage,
  });
}
