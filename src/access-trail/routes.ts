import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { trailFileQuery, trailPage, trailQuery, trailRow } from '../../schemas/access-trail.js';
import { bookParams, problem } from '../../schemas/common.js';
import { fileOf, headersOfFile, shareOf } from '../http/files.js';
import { languageOf, Problem } from '../http/problem.js';
import { idOfCursor, pageOf, reading } from '../http/routes.js';
import { listTrail } from './queries.js';
import { presentTrail } from './rules.js';

const tag = 'access';
/** Those whom it is about do not read it, operators among them. */
const readers = ['auditor'] as const;

/** Who was refused and who read what is sensitive, for auditors. */
export function accessTrailRoutes(app: FastifyInstance): void {
  reading(app, {
    url: '/access-trail',
    tag,
    summary: 'Decisions on access and readings of sensitive data, by time; what just happened is here within about a second',
    roles: readers,
    query: trailQuery,
    response: trailPage,
    ownFile: true,
    read: async ({ db, query: { cursor, limit, ...of }, book: { bookId } }) => {
      inOrder(of);
      const rows = await listTrail(db, { ...of, bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.trailId, presentTrail);
    },
  });

  app.get(
    '/v1/books/:book/access-trail-file',
    {
      config: { roles: readers, personOnly: false, streaming: true, sensitive: true },
      schema: {
        tags: [tag],
        summary: 'The trail of access as one file, NDJSON, CSV or xlsx',
        params: bookParams,
        querystring: trailFileQuery,
        response: { '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book, db, query } = request;
      const { format, ...of } = query as z.output<typeof trailFileQuery>;
      inOrder(of);
      const share = shareOf(book, reply);
      const read = (after: string | undefined, limit: number) => listTrail(db, { ...of, bookId: book.bookId, after, limit });
      // Asked for before anything is sent, so that a busy book can still refuse.
      await share.begin(() => read(undefined, 1));
      const listed = { format, schema: trailRow, language: languageOf(request), name: 'access-trail' };
      const file = fileOf<string | undefined>(listed, undefined, async (after, limit) => {
        const rows = await share.goOn(() => read(after, limit));
        return {
          rows: rows.slice(0, limit).map(presentTrail),
          next: rows.length > limit ? (rows[limit - 1]?.trailId ?? null) : null,
        };
      });
      return reply.headers(headersOfFile(format, `${book.code}-access-trail`)).send(file);
    },
  );
}

function inOrder({ fromDay, toDay }: { fromDay?: string | undefined; toDay?: string | undefined }): void {
  if (fromDay === undefined || toDay === undefined || fromDay <= toDay) return;
  const params = { from: fromDay, to: toDay };
  throw new Problem('VALIDATION_FAILED', {}, [{ pointer: '/toDay', code: 'PERIOD_ENDS_BEFORE_START', params }]);
}
