import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import * as schema from '../../schemas/legal-persons.js';
import {
  approveLimitException as approveBody,
  askLimitException as askBody,
  limitException,
  limitExceptionQuery,
  limitExceptionRecorded,
} from '../../schemas/limit-exceptions.js';
import type { Parts } from '../http/parts.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { approveLimitException } from './approve-limit-exception.js';
import { askLimitException } from './ask-limit-exception.js';
import { listClasses, listExceptions, listFigures, listRelations } from './queries.js';
import { recordClass } from './record-class.js';
import { recordFigure } from './record-figure.js';
import { recordRelation } from './record-relation.js';
import { presentClass, presentException, presentFigure, presentRelation } from './rules.js';

const pageAt = (book: { bookId: string }, query: { cursor?: string | undefined; limit: number }) => ({
  bookId: book.bookId,
  after: idOfCursor(query.cursor),
  limit: query.limit,
});

/** Facts of legal persons and projects: recorded by the bureau, read by the authorities. */
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
    body: approveBody,
    response: limitExceptionRecorded,
    status: 200,
    verb: approveLimitException,
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
