import type { FastifyInstance } from 'fastify';
import * as schema from '../../schemas/experts.js';
import { page } from '../../schemas/common.js';
import type { Cases } from '../cases/case.js';
import type { CaseRow } from '../cases/rules.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import type { Briefing } from './assign-experts.js';
import { assignExperts } from './assign-experts.js';
import { declare, dismiss, score } from './assignment.js';
import { findAssignment, findPanel, listAssignments } from './queries.js';
import { presentAssignment, presentPanel } from './rules.js';

const tag = 'experts';

/** Asking experts about cases of one kind, and what they said: for the authorities. */
export function panelRoutes<Row extends CaseRow>(
  app: FastifyInstance,
  parts: Parts,
  { cases, briefing, url }: { readonly cases: Cases<Row, object>; readonly briefing: Briefing<Row>; readonly url: string },
): void {
  command(app, parts, {
    url: `${url}/:id/assign-experts`,
    tag,
    summary: 'Ask experts about a case (评审), or others for those who are out',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.assignExperts,
    response: schema.panelRecorded,
    status: 200,
    verb: assignExperts(cases, briefing),
  });
  reading(app, {
    url: `${url}/:id/expert-review`,
    tag,
    summary: 'The experts of a case with their scores, and the digest that a review cites',
    roles: authorities,
    response: schema.expertPanel,
    read: async ({ db, id, book }) => {
      const found = await findPanel(db, { bookId: book.bookId, subjectId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return presentPanel(found);
    },
  });
}

/** What experts do, and see. */
export function expertRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/expert-assignments/:id/declare',
    tag,
    summary: 'Declare whether there is a conflict of interest (回避); the case is shown only to who has none',
    roles: ['expert'],
    personOnly: true,
    body: schema.declareInterest,
    response: schema.assignmentDecided,
    status: 200,
    verb: declare,
  });
  command(app, parts, {
    url: '/expert-assignments/:id/score',
    tag,
    summary: 'Score a case by every criterion, once',
    roles: ['expert'],
    personOnly: true,
    body: schema.scoreCase,
    response: schema.assignmentDecided,
    status: 200,
    verb: score,
  });
  command(app, parts, {
    url: '/expert-assignments/:id/dismiss',
    tag,
    summary: 'Dismiss an expert who has not scored, with the reason',
    roles: ['reviewer'],
    personOnly: true,
    body: schema.dismissExpert,
    response: schema.assignmentDecided,
    status: 200,
    verb: dismiss,
  });
  reading(app, {
    url: '/expert-assignments',
    tag,
    summary: 'What an expert was asked about',
    roles: ['expert'],
    query: schema.assignmentQuery,
    response: page(schema.expertAssignment),
    read: async ({ db, query: { cursor, limit }, book, principal: { memberId } }) => {
      const rows = await listAssignments(db, { bookId: book.bookId, memberId, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ assignment }) => assignment.assignmentId,
        ({ assignment, panel }) => presentAssignment(assignment, panel),
      );
    },
  });
  reading(app, {
    url: '/expert-assignments/:id',
    tag,
    summary: 'One assignment of one’s own: whom it concerns, and, once declared, the case',
    roles: ['expert'],
    response: schema.expertAssignment,
    read: async ({ db, id, book, principal: { memberId } }) => {
      const found = await findAssignment(db, { bookId: book.bookId, memberId, assignmentId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return presentAssignment(found.assignment, found.panel);
    },
  });
  reading(app, {
    url: '/expert-assignments/:id/panel',
    tag,
    summary: 'What the other experts scored: for one who has scored, and nobody before',
    roles: ['expert'],
    response: schema.expertPanel,
    read: async ({ db, id, book: { bookId }, principal: { memberId } }) => {
      const found = await findAssignment(db, { bookId, memberId, assignmentId: id });
      if (!found) throw new Problem('NOT_FOUND');
      if (found.assignment.status !== 'SCORED') throw new Problem('SCORES_HIDDEN');
      const panel = await findPanel(db, { bookId, panelId: found.panel.panelId });
      if (!panel) throw new Problem('NOT_FOUND');
      return presentPanel(panel);
    },
  });
}
