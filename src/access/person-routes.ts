import { and, asc, eq, gt } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { customRoles, personMerges } from '../../db/tables.js';
import * as schema from '../../schemas/access.js';
import { role } from '../../schemas/access.js';
import { page, pageQuery } from '../../schemas/common.js';
import type { Parts } from '../http/parts.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { approveRole, presentRole, proposeRole, tellBuiltIn, tellOwn, withdrawRole } from './custom-roles.js';
import { digestedIdentity, recordIdentity, sealIdentity } from './identities.js';
import { approveMerge, presentMerge, proposeMerge, withdrawMerge } from './merge-persons.js';

const tag = 'members';

/** Persons behind members: what they are known by, rows that were found to be one person; and roles of the book’s own. */
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
    stepUp: true,
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
  command(app, parts, {
    url: '/custom-roles',
    tag,
    summary:
      'Propose a role of the book’s own: parts of built-in roles, cut down to verbs or to reading; or a further version of one',
    roles: ['operator'],
    personOnly: true,
    stepUp: true,
    body: schema.proposeRole,
    response: schema.customRoleRecorded,
    status: 201,
    verb: proposeRole,
  });
  command(app, parts, {
    url: '/custom-roles/:id/approve',
    tag,
    summary: 'Approve a role that another person proposed, by its digest; whoever is in it has the new rights at once',
    roles: ['operator', 'approver', 'finance_approver'],
    personOnly: true,
    stepUp: true,
    body: schema.approveRole,
    response: schema.customRoleRecorded,
    status: 200,
    verb: approveRole,
  });
  command(app, parts, {
    url: '/custom-roles/:id/withdraw',
    tag,
    summary: 'Take a proposed role back',
    roles: ['operator'],
    personOnly: true,
    body: schema.withdrawRole,
    response: schema.customRoleRecorded,
    status: 200,
    verb: withdrawRole,
  });
  reading(app, {
    url: '/custom-roles',
    tag,
    summary: 'Roles of the book’s own, with their versions',
    roles: authorities,
    query: pageQuery,
    response: page(schema.customRole),
    read: async ({ query, db, book }) => {
      const after = idOfCursor(query.cursor);
      const rows = await db.drizzle
        .select()
        .from(customRoles)
        .where(and(eq(customRoles.bookId, book.bookId), after === undefined ? undefined : gt(customRoles.customRoleId, after)))
        .orderBy(asc(customRoles.customRoleId))
        .limit(query.limit + 1);
      return pageOf(rows, query.limit, (row) => row.customRoleId, presentRole);
    },
  });
  reading(app, {
    url: '/roles',
    tag,
    summary: 'Every role that somebody may be in, built in or the book’s own, with the verbs it has',
    roles: authorities,
    response: z.strictObject({ items: z.array(schema.roleTold) }),
    read: async ({ db, book }) => {
      const own = await db.drizzle
        .select()
        .from(customRoles)
        .where(and(eq(customRoles.bookId, book.bookId), eq(customRoles.status, 'ACTIVE')))
        .orderBy(asc(customRoles.code));
      return {
        items: [...role.options.map((code) => tellBuiltIn(code, parts.verbs)), ...own.map((row) => tellOwn(row, parts.verbs))],
      };
    },
  });
}
