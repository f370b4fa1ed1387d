import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/recoveries.js';
import { shanghaiDay } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import {
  appealRecovery,
  askWriteOff,
  decideAppeal,
  dropRecovery,
  fallDue,
  receiveRecovery,
  referRecovery,
  serveRecovery,
  writeOffRecovery,
} from './decide-recovery.js';
import { dropOffset, offsetRecovery, proposeOffset } from './offset.js';
import { lawfulFines } from './fines.js';
import { findRecovery, listRecoveries, outstandingByDay } from './queries.js';
import { agesOf, presentItem, presentListed, presentOffset, presentReceipt } from './rules.js';

/** Recoveries (追回) that are open: served, appealed, received, referred, written off. What opens them is a correction. */
export function recoveryRoutes(app: FastifyInstance, parts: Parts): void {
  const tag = 'recoveries';
  const common = { tag, personOnly: true, response: schema.recoveryRecorded, status: 200 } as const;
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/drop',
    summary: 'Do not follow a proposed recovery',
    roles: ['approver'],
    body: schema.dropRecovery,
    verb: dropRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/serve',
    summary: 'Record that the notice was served, with the last day to pay back',
    roles: ['reviewer'],
    body: schema.serveRecovery,
    verb: serveRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/appeal',
    summary: 'Appeal, by the debtor',
    roles: ['provider', 'enterprise'],
    body: schema.appealRecovery,
    verb: appealRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/decide-appeal',
    summary: 'Decide an appeal',
    roles: ['approver'],
    stepUp: true,
    body: schema.decideAppeal,
    verb: decideAppeal,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/fall-due',
    summary: 'Carry out that the last day to pay back is over',
    roles: ['operator', 'reviewer'],
    personOnly: false,
    body: schema.fallDue,
    verb: fallDue,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/receive',
    summary: 'Record money that came back, by the bank’s line',
    roles: ['finance'],
    response: schema.recoveryReceived,
    body: schema.receiveRecovery,
    verb: receiveRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/refer',
    summary: 'Hand a recovery to enforcement (移送)',
    roles: ['approver'],
    body: schema.referRecovery,
    verb: referRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/ask-write-off',
    summary: 'Ask to write off what is left',
    roles: ['finance'],
    body: schema.askWriteOff,
    verb: askWriteOff,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/write-off',
    summary: 'Write off what is left, by another person',
    roles: ['finance_approver'],
    stepUp: true,
    body: schema.writeOffRecovery,
    verb: writeOffRecovery,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/propose-offset',
    roles: ['finance'],
    summary: 'Propose to off-set against an approved redemption or award of the same payee, by the rule that allows it',
    status: 201,
    body: schema.proposeOffset,
    verb: proposeOffset,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/drop-offset',
    summary: 'Drop a proposal to off-set',
    roles: ['finance', 'finance_approver'],
    body: schema.offsetStep,
    verb: dropOffset,
  });
  command(app, parts, {
    ...common,
    url: '/recoveries/:id/offset',
    summary: 'Off-set as proposed, by another person',
    roles: ['finance_approver'],
    stepUp: true,
    body: schema.offsetStep,
    verb: offsetRecovery,
  });
  reading(app, {
    url: '/recoveries',
    tag,
    summary: 'List recoveries; members of the trade see those that they owe',
    roles: [...authorities, 'enterprise', 'provider'],
    query: schema.recoveryQuery,
    response: page(schema.recoveryListed),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, status } = query;
      const rows = await listRecoveries(db, {
        bookId: book.bookId,
        viewer: principal,
        status,
        after: idOfCursor(cursor),
        limit,
      });
      const today = shanghaiDay(parts.clock.now());
      return pageOf(
        rows,
        limit,
        (row) => row.recoveryId,
        (row) => presentListed(row, today),
      );
    },
  });
  reading(app, {
    url: '/receivables-age',
    tag,
    summary: 'What is to come back, by fund and how long it is overdue today; as much as stands on the claims of the ledger',
    roles: authorities,
    query: schema.receivablesQuery,
    response: z.strictObject({ items: z.array(schema.receivablesAge) }),
    read: async ({ db, query: { programmeCode }, book: { bookId } }) => ({
      items: agesOf(await outstandingByDay(db, { bookId, programmeCode }), shanghaiDay(parts.clock.now())),
    }),
  });
  reading(app, {
    url: '/recoveries/:id',
    tag,
    summary: 'One recovery with what it asks back and what came',
    roles: [...authorities, 'enterprise', 'provider'],
    response: schema.recoveryInFull,
    read: async ({ db, id, book, principal }) => {
      const found = await findRecovery(db, { bookId: book.bookId, viewer: principal, recoveryId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return {
        fines: principal.legalPersonUscc === null ? lawfulFines(found.recovery) : [],
        ...presentListed(found.recovery, shanghaiDay(parts.clock.now())),
        items: found.items.map(presentItem),
        receipts: found.receipts.map(presentReceipt),
        offsets: found.offsets.map(presentOffset),
      };
    },
  });
}
