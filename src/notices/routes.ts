import type { FastifyInstance } from 'fastify';
import { pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/notices.js';
import { findApplication } from '../applications/queries.js';
import { shanghaiDay } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, openCommand, openReading, pageOf, reading } from '../http/routes.js';
import { findReimbursement } from '../reimbursements/queries.js';
import { decideObjection } from './decide-objection.js';
import { digestedObjection, objectTo, sealObjector } from './object.js';
import { publishNotice } from './publish-notice.js';
import { findNotice, listNotices, listObjections } from './queries.js';
import { objectionContext, presentItem, presentNotice, presentObjection } from './rules.js';

const tag = 'notices';

/** Public notices: read by anybody without a key, who may also object. */
export function noticeRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/notices',
    tag,
    summary: 'Publish a list of reviewed cases (公示), for the working days that their programme gives',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.publishNotice,
    response: schema.noticePublished,
    status: 201,
    verb: publishNotice,
  });
  openReading(app, {
    url: '/notices',
    tag,
    summary: 'List public notices; needs no key',
    query: pageQuery,
    response: schema.notices,
    read: async ({ db, query: { cursor, limit }, book }) => {
      const rows = await listNotices(db, { bookId: book.bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, ({ noticeId }) => noticeId, presentNotice);
    },
  });
  openReading(app, {
    url: '/notices/:id',
    tag,
    summary: 'One public notice with its lines; needs no key',
    response: schema.noticeInFull,
    read: async ({ db, id, book }) => {
      const found = await findNotice(db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      const today = shanghaiDay(parts.clock.now());
      return { ...presentNotice(found.notice), items: found.items.map(({ item, of }) => presentItem(item, of, today)) };
    },
  });
  openCommand(app, {
    url: '/notices/:id/object',
    tag,
    summary: 'Object (异议) to one case of a notice; needs no key. Name and contact are told to nobody but who decides',
    body: schema.object,
    response: schema.objectionReceived,
    verb: objectTo,
    prepare: ({ body, book, id }) => sealObjector(parts.sealer, { bookId: book.bookId, noticeId: id }, body),
    digested: (body) => digestedObjection(parts.sealer, body),
  });
  objectionRoutes(app, parts, 'APPLICATION');
  objectionRoutes(app, parts, 'REIMBURSEMENT');
}

function objectionRoutes(app: FastifyInstance, parts: Parts, kind: 'APPLICATION' | 'REIMBURSEMENT'): void {
  const url = kind === 'APPLICATION' ? '/applications' : '/reimbursements';
  command(app, parts, {
    url: `${url}/:id/decide-objection`,
    tag,
    summary: 'Decide an objection to a case: upheld, it is rejected; dismissed, its notice goes on',
    roles: ['reviewer', 'approver'],
    personOnly: true,
    body: schema.decideObjection,
    response: schema.objectionDecided,
    status: 200,
    verb: decideObjection(kind),
  });
  reading(app, {
    url: `${url}/:id/objections`,
    tag,
    summary: 'The objections to a case; who objects is told only to those who may decide',
    roles: authorities,
    response: schema.objections,
    read: async ({ db, id, book: { bookId }, principal }) => {
      const eyes = { bookId, legalPersonUscc: null };
      const row =
        kind === 'APPLICATION'
          ? await findApplication(db, { ...eyes, applicationId: id })
          : await findReimbursement(db, { ...eyes, reimbursementId: id });
      if (!row) throw new Problem('NOT_FOUND');
      const mayKnow = principal.role === 'reviewer' || principal.role === 'approver';
      const open = (sealed: string, noticeId: string, of: 'name' | 'contact') =>
        parts.sealer.open(sealed, objectionContext(bookId, noticeId, of));
      const rows = await listObjections(db, { bookId, subjectId: id });
      return {
        items: rows.map((of) => {
          const opened = mayKnow && {
            name: open(of.nameSealed, of.noticeId, 'name'),
            contact: open(of.contactSealed, of.noticeId, 'contact'),
          };
          return presentObjection(of, row.status, opened || null);
        }),
      };
    },
  });
}
