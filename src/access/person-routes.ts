import { and, asc, eq, gt } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { personMerges } from '../../db/tables.js';
import * as schema from '../../schemas/access.js';
import { page, pageQuery } from '../../schemas/common.js';
import type { Parts } from '../http/parts.js';
import { command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { digestedIdentity, recordIdentity, sealIdentity } from './identities.js';
import { approveMerge, presentMerge, proposeMerge, withdrawMerge } from './merge-persons.js';

const tag = 'members';

/** Persons behind members: what they are known by, and rows that were found to be one person. */
export function personRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/persons/:id/identities',
    tag,
    summary: 'Record what a person is known by (resident id, OpenID subject): sealed, and one person’s alone',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: schema.recordIdentity,
    response: schema.identityRecorded,
    status: 201,
    verb: recordIdentity,
    prepare: ({ body, book }) => sealIdentity(parts.sealer, book.bookId, body) as typeof body,
    digested: (body) => digestedIdentity(parts.sealer, body),
  });
  command(app, parts, {
    url: '/person-merges',
    tag,
    summary: 'Propose that two rows are one person',
    roles: ['operator'],
    personOnly: true,
    body: schema.proposeMerge,
    response: schema.mergeRecorded,
    status: 201,
    verb: proposeMerge,
  });
  command(app, parts, {
    url: '/person-merges/:id/approve',
    tag,
    summary: 'Decide that two rows are one person, by a second other person: its accounts are one pair of eyes from now on',
    roles: ['operator', 'approver', 'finance_approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveMerge,
    response: schema.mergeRecorded,
    status: 200,
    verb: approveMerge,
  });
  command(app, parts, {
    url: '/person-merges/:id/withdraw',
    tag,
    summary: 'Take a proposed merger back',
    roles: ['operator'],
    personOnly: true,
    body: z.strictObject({}),
    response: schema.mergeRecorded,
    status: 200,
    verb: withdrawMerge,
  });
  reading(app, {
    url: '/person-merges',
    tag,
    summary: 'Rows that were proposed or found to be one person',
    roles: ['operator', 'approver', 'finance_approver', 'auditor'],
    query: pageQuery,
    response: page(schema.personMerge),
    read: async ({ db, query, book }) => {
      const after = idOfCursor(query.cursor);
      const rows = await db.drizzle
        .select()
        .from(personMerges)
        .where(and(eq(personMerges.bookId, book.bookId), after === undefined ? undefined : gt(personMerges.mergeId, after)))
        .orderBy(asc(personMerges.mergeId))
        .limit(query.limit + 1);
      return pageOf(rows, query.limit, (row) => row.mergeId, presentMerge);
    },
  });
}
