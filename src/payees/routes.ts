import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { page, pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/payees.js';
import type { Parts } from '../http/parts.js';
import { command, everyRole, idOfCursor, pageOf, reading } from '../http/routes.js';
import { shanghaiDay } from '../calendar.js';
import {
  confirmPayeeAccount,
  dismissObjection,
  fingerprinted,
  objectToPayeeAccount,
  rejectPayeeAccount,
  withdrawPayeeAccount,
} from './change-payee-account.js';
import { listPayeeAccounts, listWaits } from './queries.js';
import { digestedAccount, recordPayeeAccount, sealAccountNo } from './record-payee-account.js';
import { presentPayeeAccount, presentWait } from './rules.js';
import { approveWait, proposeWait, withdrawWait } from './set-wait.js';

const tag = 'payee accounts';
const empty = z.strictObject({});

/** The accounts that providers and enterprises are paid on: the first as recorded, a further one by two persons and after a wait. */
export function payeeRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/payee-accounts',
    tag,
    summary: 'Record the bank account that a provider, or an enterprise, is paid on; a further one is a change, and is proposed',
    roles: ['provider', 'enterprise'],
    personOnly: true,
    stepUp: true,
    body: schema.recordPayeeAccount,
    response: schema.payeeAccountRecorded,
    status: 201,
    verb: recordPayeeAccount,
    prepare: ({ body, book }) => sealAccountNo(parts.sealer, book.bookId, body),
    digested: (body) => digestedAccount(parts.sealer, body),
  });

  const step = { tag, personOnly: true, response: schema.payeeAccountRecorded, status: 200 } as const;
  command(app, parts, {
    ...step,
    url: '/payee-accounts/:id/confirm',
    summary: 'Confirm a change of account from its evidence, keying its number in again; it is paid on after the wait',
    roles: ['finance'],
    stepUp: true,
    body: schema.confirmPayeeAccount,
    verb: confirmPayeeAccount,
    prepare: ({ body }) => fingerprinted(parts.sealer, body),
    digested: (body) => fingerprinted(parts.sealer, body),
  });
  command(app, parts, {
    ...step,
    url: '/payee-accounts/:id/object',
    summary: 'Object to a change of account before it is in effect; payments wait until finance has decided',
    roles: ['provider', 'enterprise'],
    body: schema.endPayeeAccountChange,
    verb: objectToPayeeAccount,
  });
  command(app, parts, {
    ...step,
    url: '/payee-accounts/:id/withdraw',
    summary: 'Take a proposed change of account back',
    roles: ['provider', 'enterprise'],
    stepUp: true,
    body: schema.endPayeeAccountChange,
    verb: withdrawPayeeAccount,
  });
  command(app, parts, {
    ...step,
    url: '/payee-accounts/:id/dismiss-objection',
    summary: 'Dismiss an objection: the change is to be confirmed anew by another person, and waits anew',
    roles: ['finance', 'finance_approver'],
    stepUp: true,
    body: schema.endPayeeAccountChange,
    verb: dismissObjection,
  });
  command(app, parts, {
    ...step,
    url: '/payee-accounts/:id/reject',
    summary: 'Reject a change of account, proposed or objected to; the account before is paid on as it was',
    roles: ['finance', 'finance_approver'],
    stepUp: true,
    body: schema.endPayeeAccountChange,
    verb: rejectPayeeAccount,
  });

  const wait = { tag, personOnly: true, response: schema.payeeAccountWaitRecorded } as const;
  command(app, parts, {
    ...wait,
    url: '/payee-account-waits',
    summary: 'Propose how many working days a changed account waits, for the book, by a document',
    roles: ['finance'],
    status: 201,
    body: schema.proposePayeeAccountWait,
    verb: proposeWait,
  });
  command(app, parts, {
    ...wait,
    url: '/payee-account-waits/:id/approve',
    summary: 'Approve a wait that another person proposed; it holds for what is confirmed from now on',
    roles: ['finance_approver'],
    status: 200,
    stepUp: true,
    body: empty,
    verb: approveWait,
  });
  command(app, parts, {
    ...wait,
    url: '/payee-account-waits/:id/withdraw',
    summary: 'Take a proposed wait back',
    roles: ['finance'],
    status: 200,
    body: empty,
    verb: withdrawWait,
  });
  reading(app, {
    url: '/payee-account-waits',
    tag,
    summary: 'How long a changed account waits, and has waited: the highest revision holds',
    roles: everyRole,
    query: pageQuery,
    response: page(schema.payeeAccountWait),
    read: async ({ db, query: { cursor, limit }, book }) => {
      const rows = await listWaits(db, { bookId: book.bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.waitId, presentWait);
    },
  });

  reading(app, {
    url: '/payee-accounts',
    sensitive: true,
    tag,
    summary: 'List payee accounts, numbers to the last four digits; members of the trade see their own',
    roles: ['provider', 'enterprise', 'finance', 'finance_approver', 'auditor'],
    query: schema.payeeAccountQuery,
    response: page(schema.payeeAccount),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, ...holder } = query;
      const rows = await listPayeeAccounts(db, {
        bookId: book.bookId,
        after: idOfCursor(cursor),
        limit,
        ...holder,
        principal,
      });
      const today = shanghaiDay(parts.clock.now());
      return pageOf(
        rows,
        limit,
        (row) => row.payeeAccountId,
        (row) => presentPayeeAccount(row, today),
      );
    },
  });
}
