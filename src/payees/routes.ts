import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/payees.js';
import type { Parts } from '../http/parts.js';
import { command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { listPayeeAccounts } from './queries.js';
import { digestedAccount, recordPayeeAccount, sealAccountNo } from './record-payee-account.js';
import { presentPayeeAccount } from './rules.js';

const tag = 'payee accounts';

/** The accounts that providers and enterprises are paid on. */
export function payeeRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/payee-accounts',
    tag,
    summary: 'Record the bank account that a provider, or an enterprise, is paid on',
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

  reading(app, {
    url: '/payee-accounts',
    sensitive: true,
    tag,
    summary: 'List payee accounts, numbers to the last four digits; members of the trade see their own',
    roles: ['provider', 'enterprise', 'finance', 'finance_approver', 'auditor'],
    query: schema.payeeAccountQuery,
    response: page(schema.payeeAccount),
    read: async ({ query, book, principal }) => {
      const { cursor, limit, ...holder } = query;
      const rows = await listPayeeAccounts(parts.db, {
        bookId: book.bookId,
        after: idOfCursor(cursor),
        limit,
        ...holder,
        principal,
      });
      return pageOf(rows, limit, (row) => row.payeeAccountId, presentPayeeAccount);
    },
  });
}
