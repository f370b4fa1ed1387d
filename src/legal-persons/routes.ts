import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/legal-persons.js';
import {
  approveLimitException as approveBody,
  askLimitException as askBody,
  limitException,
  limitExceptionQuery,
  limitExceptionRecorded,
  rejectLimitException as rejectBody,
} from '../../schemas/limit-exceptions.js';
import * as matterSchema from '../../schemas/matters.js';
import type { Parts } from '../http/parts.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { approveLimitException } from './approve-limit-exception.js';
import { askLimitException } from './ask-limit-exception.js';
import { confirmMatter } from './confirm-matter.js';
import { endMatter } from './end-matter.js';
import { listClasses, listExceptions, listFigures, listMatters, listHolders, listRelations } from './queries.js';
import { recordClass } from './record-class.js';
import { recordFigure } from './record-figure.js';
import { hideHolder, recordHolder } from './record-holder.js';
import { recordRelation } from './record-relation.js';
import { registerMatter } from './register-matter.js';
import { rejectLimitException } from './reject-limit-exception.js';
import { rejectMatter } from './reject-matter.js';
import { presentClass, presentException, presentFigure, presentMatter, presentHolder, presentRelation } from './rules.js';

const pageAt = (book: { bookId: string }, query: { cursor?: string | undefined; limit: number }) => ({
  bookId: book.bookId,
  after: idOfCursor(query.cursor),
  limit: query.limit,
});

/** Facts of legal persons and their projects: recorded by the bureau, read by the authorities; a firm registers and sees its own matters. */
export function legalPersonRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/enterprise-classes',
    tag: 'legal persons',
    summary: 'Record a class that an enterprise is in (中小企业 …, 一企一策), from a day on',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.recordClass,
    response: schema.classRecorded,
    status: 201,
    verb: recordClass,
  });
  reading(app, {
    url: '/enterprise-classes',
    tag: 'legal persons',
    summary: 'List what was recorded of classes, of one legal person if wanted',
    roles: authorities,
    query: schema.ofUsccQuery,
    response: page(schema.legalPersonClass),
    read: async ({ query, book }) => {
      const rows = await listClasses(parts.db, { ...pageAt(book, query), uscc: query.uscc });
      return pageOf(rows, query.limit, (row) => row.classRecordId, presentClass);
    },
  });

  command(app, parts, {
    url: '/related-parties',
    tag: 'legal persons',
    summary: 'Record two legal persons as related parties (关联方), from a day on; not for common state control alone',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.recordRelation,
    response: schema.relationRecorded,
    status: 201,
    verb: recordRelation,
  });
  reading(app, {
    url: '/related-parties',
    tag: 'legal persons',
    summary: 'List what was recorded of related parties, of one legal person if wanted',
    roles: authorities,
    query: schema.ofUsccQuery,
    response: page(schema.relation),
    read: async ({ query, book }) => {
      const rows = await listRelations(parts.db, { ...pageAt(book, query), uscc: query.uscc });
      return pageOf(rows, query.limit, (row) => row.relationId, presentRelation);
    },
  });

  command(app, parts, {
    url: '/legal-person-holders',
    tag: 'legal persons',
    summary: 'Record who holds or leads a legal person (股东、任职人员), from a day on',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.recordHolder,
    response: schema.holderRecorded,
    status: 201,
    verb: recordHolder,
    prepare: ({ body }) => hideHolder(parts.sealer, body),
    digested: (body) => hideHolder(parts.sealer, body),
  });
  reading(app, {
    url: '/legal-person-holders',
    sensitive: true,
    tag: 'legal persons',
    summary: 'List what was recorded of who holds or leads a legal person',
    roles: authorities,
    query: schema.holderQuery,
    response: page(schema.legalPersonHolder),
    read: async ({ query, book }) => {
      const rows = await listHolders(parts.db, { ...pageAt(book, query), uscc: query.uscc });
      return pageOf(rows, query.limit, (row) => row.holderRecordId, presentHolder);
    },
  });

  command(app, parts, {
    url: '/matters',
    tag: 'matters',
    summary:
      'Register a project, product, standard or series of awards as a legal person’s: an enterprise its own, the bureau any',
    roles: ['enterprise', 'reviewer'],
    body: matterSchema.registerMatter,
    response: matterSchema.matterRecorded,
    status: 201,
    verb: registerMatter,
  });
  command(app, parts, {
    url: '/matters/:id/confirm',
    tag: 'matters',
    summary: 'Confirm a registration that another person made: from now on applications of that legal person may name the matter',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: matterSchema.confirmMatter,
    response: matterSchema.matterRecorded,
    status: 200,
    verb: confirmMatter,
  });
  command(app, parts, {
    url: '/matters/:id/reject',
    tag: 'matters',
    summary: 'Reject a registration that another person made',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: matterSchema.closeMatter,
    response: matterSchema.matterRecorded,
    status: 200,
    verb: rejectMatter,
  });
  command(app, parts, {
    url: '/matters/:id/end',
    tag: 'matters',
    summary: 'Record that a confirmed matter is not, or no longer, the legal person’s: it can no longer be named',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: matterSchema.closeMatter,
    response: matterSchema.matterRecorded,
    status: 200,
    verb: endMatter,
  });
  reading(app, {
    url: '/matters',
    tag: 'matters',
    summary: 'List what was registered of matters; an enterprise sees its own',
    roles: [...authorities, 'enterprise'],
    query: matterSchema.matterQuery,
    response: page(matterSchema.matter),
    read: async ({ query, book, principal }) => {
      const { uscc, matterCode: code, status } = query;
      const rows = await listMatters(parts.db, { ...pageAt(book, query), uscc, code, status, own: principal.legalPersonUscc });
      return pageOf(rows, query.limit, (row) => row.registrationId, presentMatter);
    },
  });

  command(app, parts, {
    url: '/figures',
    tag: 'figures',
    summary: 'Record a figure that the law takes a number from: district contribution, audited investment, upstream money',
    roles: ['reviewer', 'finance'],
    personOnly: true,
    body: schema.recordFigure,
    response: schema.figureRecorded,
    status: 201,
    verb: recordFigure,
  });
  reading(app, {
    url: '/figures',
    tag: 'figures',
    summary: 'List figures with their history, of one holder if wanted',
    roles: authorities,
    query: schema.figureQuery,
    response: page(schema.figure),
    read: async ({ query, book }) => {
      const rows = await listFigures(parts.db, { ...pageAt(book, query), holder: query.holder });
      return pageOf(rows, query.limit, (row) => row.figureId, presentFigure);
    },
  });

  command(app, parts, {
    url: '/limit-exceptions',
    tag: 'limits',
    summary: 'Ask for an exception to a limit that holds in principle («原则上»)',
    roles: ['reviewer'],
    personOnly: true,
    body: askBody,
    response: limitExceptionRecorded,
    status: 201,
    verb: askLimitException,
  });
  command(app, parts, {
    url: '/limit-exceptions/:id/approve',
    tag: 'limits',
    summary: 'Approve an exception that another person asked for: raises the holder’s allowance',
    roles: ['approver'],
    personOnly: true,
    stepUp: true,
    body: approveBody,
    response: limitExceptionRecorded,
    status: 200,
    verb: approveLimitException,
  });
  command(app, parts, {
    url: '/limit-exceptions/:id/reject',
    tag: 'limits',
    summary: 'Reject an exception that another person asked for, with the reason',
    roles: ['approver'],
    personOnly: true,
    body: rejectBody,
    response: limitExceptionRecorded,
    status: 200,
    verb: rejectLimitException,
  });
  reading(app, {
    url: '/limit-exceptions',
    tag: 'limits',
    summary: 'List exceptions to limits',
    roles: authorities,
    query: limitExceptionQuery,
    response: page(limitException),
    read: async ({ query, book }) => {
      const rows = await listExceptions(parts.db, { ...pageAt(book, query), status: query.status });
      return pageOf(rows, query.limit, (row) => row.exceptionId, presentException);
    },
  });
}
