import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { bookAndIdParams, page, problem } from '../../schemas/common.js';
import * as schema from '../../schemas/months.js';
import { openStored } from '../evidence-files/open-stored.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { watch } from '../http/watch.js';
import { buildMonthAgain } from './build-again.js';
import { findMonth, isOwnPayee, listMonths, openMonthOf } from './queries.js';
import { firstDayToShut, presentBuild, presentMonth } from './rules.js';
import { Builder } from './run-builds.js';
import { sealMonth } from './seal-month.js';
import { shutMonth } from './shut-month.js';
import { mostLines, statementOf } from './statement.js';

const tag = 'months';

/** The months of a book: shut by one person, built outside the lane, sealed by another. */
export function monthRoutes(app: FastifyInstance, parts: Parts): void {
  const { db, clock, evidence } = parts;
  const builder = new Builder({ db, clock, log: app.log, store: evidence.store });
  app.addHook('onReady', (done) => {
    builder.start();
    done();
  });
  app.addHook('preClose', () => builder.close());
  const settle = async () => builder.wake();

  command(app, parts, {
    url: '/months',
    tag,
    summary:
      'Shut the first open month: its entry is the cut-off, and nothing is booked on its days any more; its data and pack are then made',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: schema.shutMonth,
    response: schema.monthDecided,
    status: 201,
    verb: shutMonth,
    settle,
  });
  command(app, parts, {
    url: '/months/:id/build',
    tag,
    summary: 'Have a month that is shut looked at and made again, once what stood in its way is out of it',
    roles: ['finance', 'finance_approver'],
    body: schema.buildMonth,
    response: schema.monthDecided,
    status: 200,
    verb: buildMonthAgain,
    settle,
  });
  command(app, parts, {
    url: '/months/:id/seal',
    tag,
    summary: 'Seal a month that another person shut, by the digest of what was made of it: for good',
    roles: ['finance_approver'],
    personOnly: true,
    stepUp: true,
    body: schema.sealMonth,
    response: schema.monthDecided,
    status: 200,
    verb: sealMonth,
  });

  const found = async (book: OpenBook, monthId: string) => {
    const seen = await findMonth(book.db, { bookId: book.bookId, monthId });
    if (!seen) throw new Problem('NOT_FOUND');
    return seen;
  };

  reading(app, {
    url: '/months',
    tag,
    summary: 'Months that are shut or sealed, in order',
    roles: authorities,
    query: schema.monthQuery,
    response: page(schema.monthShown),
    read: async ({ db, query, book }) => {
      const { status, cursor, limit } = query;
      const rows = await listMonths(db, { bookId: book.bookId, status, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.monthId, presentMonth);
    },
  });
  reading(app, {
    url: '/open-month',
    tag,
    summary: 'The first open month, and from when on it can be shut',
    roles: authorities,
    response: schema.openMonth,
    read: async ({ db, book }) => {
      const { month, from } = await openMonthOf(db, book.bookId);
      return { month, from, shutFrom: firstDayToShut(month) };
    },
  });
  reading(app, {
    url: '/months/:id',
    tag,
    summary: 'One month, how far its making has come, what stands in its way and what was made of it',
    roles: authorities,
    response: schema.monthWhole,
    read: async ({ id, book }) => {
      const { month, build, leased } = await found(book, id);
      return { ...presentMonth(month), build: presentBuild(month.month, build, leased) };
    },
  });

  const stopping = new AbortController();
  app.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });
  app.get(
    '/v1/books/:book/months/:id/events',
    {
      config: { roles: authorities, personOnly: false, streaming: true },
      schema: {
        tags: [tag],
        summary: 'How the making of a month goes on, as server-sent events (event: state), until it ends',
        params: bookAndIdParams,
      },
    },
    async (request, reply) => {
      const { book } = request;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const first = await found(book, id);
      reply.hijack();
      await watch(reply.raw, {
        first,
        signal: stopping.signal,
        here: () => undefined,
        find: () => findMonth(book.db, { bookId: book.bookId, monthId: id }),
        present: ({ month, build, leased }) => presentBuild(month.month, build, leased),
        isOver: ({ state }) => state === 'DONE' || state === 'FAILED',
      }).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a watcher of a month was left');
        reply.raw.destroy();
      });
      return reply;
    },
  );

  app.get(
    '/v1/books/:book/months/:id/pack',
    {
      config: { roles: authorities, personOnly: false, streaming: true, sensitive: true },
      schema: {
        tags: [tag],
        summary: 'The close pack of a month: one zip, verified by its hash on the way',
        params: bookAndIdParams,
      },
    },
    async (request, reply) => {
      const { book } = request;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const gone = () => reply.raw.destroyed;
      const { month, build } = await book.traffic.beside.run(() => found(book, id), { gone });
      if (build.packDigest === null || build.packBytes === null) throw new Problem('MONTH_BEING_BUILT', { month: month.month });
      const bytes = await openStored(request, evidence, { sha256: build.packDigest, size: Number(build.packBytes) });
      return reply
        .headers({
          'content-type': 'application/zip',
          'content-length': build.packBytes.toString(),
          'content-disposition': `attachment; filename="${book.code}-${month.month}.zip"`,
          'cache-control': 'private, no-store',
          'repr-digest': `sha-256=:${Buffer.from(build.packDigest, 'hex').toString('base64')}:`,
        })
        .send(bytes);
    },
  );

  app.get(
    '/v1/books/:book/months/:id/statement',
    {
      config: { roles: [...authorities, 'provider', 'enterprise'], personOnly: false, sensitive: true },
      schema: {
        tags: [tag],
        summary: 'The statement of one payee for a month that is shut, as PDF; members of the trade get their own',
        params: bookAndIdParams,
        querystring: schema.statementQuery,
        response: { '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book, principal } = request;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const { payeeId } = request.query as z.output<typeof schema.statementQuery>;
      const made = await book.traffic.beside.run(
        async () => {
          const seen = await found(book, id);
          const mine = await isOwnPayee(book.db, { bookId: book.bookId, payeeId, principal });
          return mine ? { month: seen.month.month, pages: await statementOf(book.db, book, seen, payeeId) } : null;
        },
        { gone: () => reply.raw.destroyed },
      );
      if (!made || made.pages === null) throw new Problem('NOT_FOUND');
      const { month, pages } = made;
      if (pages === 'TOO_LONG') throw new Problem('STATEMENT_TOO_LONG', { most: String(mostLines) });
      const bytes = await pages.end();
      if (pages.missing.length > 0) request.log.warn({ characters: pages.missing }, 'characters that the font of pages lacks');
      return reply
        .headers({
          'content-disposition': `attachment; filename="${book.code}-${month}-${payeeId}.pdf"`,
          'cache-control': 'private, no-store',
        })
        .type('application/pdf')
        .send(bytes);
    },
  );
}
