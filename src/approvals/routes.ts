import { and, asc, eq, gt } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { delegations, firstApprovals } from '../../db/tables.js';
import * as schema from '../../schemas/approvals.js';
import * as delegationSchema from '../../schemas/delegations.js';
import { delegate, presentDelegation, revokeDelegation } from '../access/delegate.js';
import type { Parts } from '../http/parts.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { presentFirstApproval } from './approve.js';

const tag = 'approvals';

/** Approvals that two give, and approvals in another's place. */
export function approvalRoutes(app: FastifyInstance, parts: Parts): void {
  reading(app, {
    url: '/first-approvals',
    tag,
    summary: 'What a first approver has approved and waits for a second one; or was completed, or died with a change',
    roles: authorities,
    query: schema.firstApprovalQuery,
    response: schema.firstApprovals,
    read: async ({ query: { status, cursor, limit }, book: { bookId } }) => {
      const after = idOfCursor(cursor);
      const rows = await parts.db.drizzle
        .select()
        .from(firstApprovals)
        .where(
          and(
            eq(firstApprovals.bookId, bookId),
            eq(firstApprovals.status, status),
            after === undefined ? undefined : gt(firstApprovals.approvalId, after),
          ),
        )
        .orderBy(asc(firstApprovals.approvalId))
        .limit(limit + 1);
      return pageOf(rows, limit, (row) => row.approvalId, presentFirstApproval);
    },
  });
  command(app, parts, {
    url: '/delegations',
    tag,
    summary: 'Let another member approve in one’s place, which it does with On-Behalf-Of: <delegationId>',
    roles: ['approver', 'reviewer'],
    personOnly: true,
    body: delegationSchema.delegate,
    response: delegationSchema.delegationRecorded,
    status: 201,
    verb: delegate,
  });
  command(app, parts, {
    url: '/delegations/:id/revoke',
    tag,
    summary: 'Take a delegation back: by the delegator, the delegate, or the operator',
    roles: authorities.filter((role) => role !== 'auditor'),
    personOnly: true,
    body: delegationSchema.revokeDelegation,
    response: delegationSchema.delegationRecorded,
    status: 200,
    verb: revokeDelegation,
  });
  reading(app, {
    url: '/delegations',
    tag,
    summary: 'Who may approve in whose place, or might',
    roles: authorities,
    query: delegationSchema.delegationQuery,
    response: delegationSchema.delegations,
    read: async ({ query: { cursor, limit }, book: { bookId } }) => {
      const after = idOfCursor(cursor);
      const rows = await parts.db.drizzle
        .select()
        .from(delegations)
        .where(and(eq(delegations.bookId, bookId), after === undefined ? undefined : gt(delegations.delegationId, after)))
        .orderBy(asc(delegations.delegationId))
        .limit(limit + 1);
      return pageOf(rows, limit, (row) => row.delegationId, presentDelegation);
    },
  });
}
