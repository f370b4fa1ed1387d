import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/successions.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { approveChange, withdrawChange } from './decide-change.js';
import { changeName, closeEnterprise, mergeEnterprise, splitEnterprise } from './propose-change.js';
import { findChange, listChanges } from './queries.js';
import { presentChange, presentSuccession } from './rules.js';

const tag = 'successions';

/** Changes of legal persons: proposed by a reviewer, decided by an approver, read by the authorities. */
export function successionRoutes(app: FastifyInstance, parts: Parts): void {
  const shared = { tag, roles: ['reviewer'], personOnly: true, response: schema.changeRecorded, status: 201 } as const;
  command(app, parts, {
    ...shared,
    url: '/name-changes',
    summary: 'Propose a new name (更名) of an enterprise or a provider, from a day on',
    body: schema.changeName,
    verb: changeName,
  });
  command(app, parts, {
    ...shared,
    url: '/mergers',
    summary: 'Propose a merger (合并): the successor takes over contracts, vouchers and what was spent of limits',
    body: schema.mergeEnterprise,
    verb: mergeEnterprise,
  });
  command(app, parts, {
    ...shared,
    url: '/splits',
    summary: 'Propose a split (分立): who takes which contracts with their vouchers, and how much of what limits leave',
    body: schema.splitEnterprise,
    verb: splitEnterprise,
  });
  command(app, parts, {
    ...shared,
    url: '/closures',
    summary: 'Propose that an enterprise or a provider closes (注销), and what becomes of its vouchers',
    body: schema.closeEnterprise,
    verb: closeEnterprise,
  });
  command(app, parts, {
    url: '/legal-person-changes/:id/approve',
    tag,
    summary: 'Decide a change that another person proposed: it is done with this decision',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: schema.decideChange,
    response: schema.changeRecorded,
    status: 200,
    verb: approveChange,
  });
  command(app, parts, {
    url: '/legal-person-changes/:id/withdraw',
    tag,
    summary: 'Take a proposed change back',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.decideChange,
    response: schema.changeRecorded,
    status: 200,
    verb: withdrawChange,
  });
  reading(app, {
    url: '/legal-person-changes',
    tag,
    summary: 'Changes of legal persons, of one code or state if wanted',
    roles: authorities,
    query: schema.changeQuery,
    response: page(schema.legalPersonChange),
    read: async ({ query, book }) => {
      const { uscc, status } = query;
      const of = { bookId: book.bookId, uscc, status, after: idOfCursor(query.cursor), limit: query.limit };
      return pageOf(await listChanges(parts.db, of), query.limit, (row) => row.changeId, presentChange);
    },
  });
  reading(app, {
    url: '/legal-person-changes/:id',
    tag,
    summary: 'One change with what it charged to limits',
    roles: authorities,
    response: schema.changeWithLimits,
    read: async ({ id, book }) => {
      const found = await findChange(parts.db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      return { ...presentChange(found.change), limits: found.limits.map(presentSuccession) };
    },
  });
}
