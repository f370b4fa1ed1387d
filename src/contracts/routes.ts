import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import {
  confirmContract as confirmBody,
  contract,
  contractQuery,
  contractRecorded,
  fileContract as fileBody,
  submitContract as submitBody,
} from '../../schemas/contracts.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { confirmContract } from './confirm-contract.js';
import { fileContract } from './file-contract.js';
import { findContract, listContracts } from './queries.js';
import { presentContract } from './rules.js';
import { submitContract } from './submit-contract.js';

const tag = 'contracts';

export function contractRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/contracts',
    tag,
    summary: 'Submit a contract, by either side',
    roles: ['enterprise', 'provider'],
    body: submitBody,
    response: contractRecorded,
    status: 201,
    verb: submitContract,
  });
  command(app, parts, {
    url: '/contracts/:id/confirm',
    tag,
    summary: 'Confirm a contract, by the side that did not submit it',
    roles: ['enterprise', 'provider'],
    personOnly: true,
    body: confirmBody,
    response: contractRecorded,
    status: 200,
    verb: confirmContract,
  });
  command(app, parts, {
    url: '/contracts/:id/file',
    tag,
    summary: 'File a confirmed contract (备案)',
    roles: ['reviewer'],
    personOnly: true,
    body: fileBody,
    response: contractRecorded,
    status: 200,
    verb: fileContract,
  });
  reading(app, {
    url: '/contracts',
    tag,
    summary: 'List contracts with their lines; members of the trade see their own',
    roles: [...authorities, 'enterprise', 'provider'],
    query: contractQuery,
    response: page(contract),
    read: async ({ query, book, principal }) => {
      const { cursor, limit, ...filters } = query;
      const rows = await listContracts(parts.db, {
        ...filters,
        bookId: book.bookId,
        viewer: principal,
        after: idOfCursor(cursor),
        limit,
      });
      return pageOf(rows, limit, (row) => row.contract.contractId, presentContract);
    },
  });
  reading(app, {
    url: '/contracts/:id',
    tag,
    summary: 'One contract with its lines',
    roles: [...authorities, 'enterprise', 'provider'],
    response: contract,
    read: async ({ id, book, principal }) => {
      const found = await findContract(parts.db, book.bookId, id, principal);
      if (!found) throw new Problem('NOT_FOUND');
      return presentContract(found);
    },
  });
}
