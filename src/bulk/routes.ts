import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { BulkJob } from '../../db/tables.js';
import type { BulkFormat, BulkKind } from '../../schemas/bulk.js';
import * as schema from '../../schemas/bulk.js';
import { bookAndIdParams, bookParams, page, problem } from '../../schemas/common.js';
import type { Parts } from '../http/parts.js';
import { languageOf, Problem } from '../http/problem.js';
import { authorities, cursorOf, idOfCursor, pageOf, reading } from '../http/routes.js';
import { watch } from '../http/watch.js';
import { LaneClosed } from '../ledger/lane.js';
import { kinds } from './kinds.js';
import { findJob, listJobs, listRefusedLines } from './queries.js';
import { UploadCut } from './reader.js';
import { mediaTypes, refusedFile } from './refused-file.js';
import { presentChecked, presentJob, presentRefusedLine } from './rules.js';
import type { Upload } from './run-job.js';
import { checkFile, takeFile } from './run-job.js';

const tag = 'bulk';
/** Files read at once by this process: each has a thread, and the lane of a book takes one slice at a time anyway. */
const mostFiles = 4;
const busyRetrySeconds = 10;

const summaries: Readonly<Record<BulkKind, string>> = {
  'usage-invoices': 'Post usage invoices from a file, as it streams in',
  contracts: 'Submit contracts from a file, as it streams in',
};
const described = `One NDJSON line is the body of the single command. In CSV (UTF-8, else GB 18030) and xlsx a row is one line of a
document: rows that follow one another with the same number are one document, and repeat what is said of the whole.
The Idempotency-Key (required unless dryRun) names the job: after a cut send the same file with it, and it goes on.`;

/** Files of documents, their jobs, and what of them was refused. */
export function bulkRoutes(app: FastifyInstance, parts: Parts): void {
  const running = new Map<string, BulkJob>();
  const aborts = new Set<(error: Error) => void>();
  const stopping = new AbortController();
  let files = 0;

  app.addHook('preClose', (done) => {
    stopping.abort();
    for (const abort of aborts) abort(new LaneClosed());
    done();
  });

  // Within its own scope: here bodies are streams, and JSON is no body at all.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(Object.values(mediaTypes), (_request, body, parsed) => parsed(null, body));
    scope.addContentTypeParser('*', (request, _body, parsed) => parsed(notTaken(request)));
    for (const kind of schema.bulkKind.options) {
      scope.post(
        `/v1/books/:book/bulk-jobs/${kind}`,
        {
          config: {
            roles: kinds[kind].roles,
            personOnly: false,
            streaming: true,
            takesEffectWhileRead: true,
            verb: kinds[kind].verb.name,
          },
          schema: {
            tags: [tag],
            summary: summaries[kind],
            description: described,
            consumes: Object.values(mediaTypes),
            params: bookParams,
            querystring: schema.bulkQuery,
            headers: z.object({ 'idempotency-key': z.string().optional() }),
            response: { 200: schema.bulkAnswer, 201: schema.bulkAnswer, '4xx': problem, '5xx': problem },
          },
        },
        async (request, reply) => {
          const { mode, dryRun } = request.query as z.output<typeof schema.bulkQuery>;
          const { book, principal } = request;
          const key = dryRun === 'true' ? '' : keyOf(request);
          if (files >= mostFiles) throw new Problem('BULK_BUSY', { most: String(mostFiles) }, [], busyRetrySeconds);
          let abort: ((error: Error) => void) | undefined;
          let jobId: string | undefined;
          const upload: Upload = {
            kind,
            mode,
            book,
            principal,
            log: request.log,
            format: formatOf(request),
            stream: bodyOf(request),
            onProgress: (job) => {
              jobId = job.jobId;
              running.set(job.jobId, job);
            },
            onStart: (how) => {
              aborts.add((abort = how));
              if (stopping.signal.aborted) how(new LaneClosed());
            },
          };
          files++;
          try {
            if (dryRun === 'true') {
              const checked = await checkFile(parts, upload);
              return await reply.code(200).send(presentChecked({ ...upload, ...checked }, languageOf(request)));
            }
            const { job, replayed } = await takeFile(parts, upload, key);
            void reply.header('idempotency-replayed', String(replayed));
            return await reply.code(201).send(presentJob(job, false));
          } catch (error) {
            if (!(error instanceof UploadCut)) throw error;
            // Nobody is there to be answered.
            reply.hijack();
            request.raw.destroy();
          } finally {
            files--;
            if (abort) aborts.delete(abort);
            if (jobId !== undefined) running.delete(jobId);
          }
        },
      );
    }
    done();
  });

  const readers = [...authorities, 'enterprise', 'provider'] as const;
  const found = async (of: Pick<FastifyRequest, 'book' | 'db' | 'principal'> & { jobId: string }) => {
    const seen = await findJob(of.db, { bookId: of.book.bookId, jobId: of.jobId, principal: of.principal });
    if (!seen) throw new Problem('NOT_FOUND');
    return seen;
  };

  reading(app, {
    url: '/bulk-jobs',
    tag,
    summary: 'List bulk jobs; members of the trade see those of their legal person',
    roles: readers,
    query: schema.bulkJobQuery,
    response: page(schema.bulkJob),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, kind } = query;
      const rows = await listJobs(db, { bookId: book.bookId, principal, kind, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ job }) => job.jobId,
        ({ job, leased }) => presentJob(job, leased),
      );
    },
  });

  reading(app, {
    url: '/bulk-jobs/:id',
    tag,
    summary: 'One bulk job and how far it has come',
    roles: readers,
    response: schema.bulkJob,
    read: async ({ db, id, book, principal }) => {
      const { job, leased } = await found({ db, book, principal, jobId: id });
      return presentJob(job, leased);
    },
  });

  const ofJob = { params: bookAndIdParams, tags: [tag] };
  app.get(
    '/v1/books/:book/bulk-jobs/:id/refused-lines',
    {
      config: { roles: readers, personOnly: false },
      schema: {
        ...ofJob,
        summary: 'The refused lines of a job, with what is wrong, in order of line',
        querystring: schema.bulkLineQuery,
        response: { 200: page(schema.bulkRefusedLine), '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book, db, principal } = request;
      const { cursor, limit } = request.query as z.output<typeof schema.bulkLineQuery>;
      const { job } = await found({ book, db, principal, jobId: idIn(request) });
      const after = lineOfCursor(cursor);
      const rows = await listRefusedLines(db, { bookId: book.bookId, jobId: job.jobId, after, limit: limit + 1 });
      const language = languageOf(request);
      return reply.send(
        pageOf(
          rows,
          limit,
          ({ line }) => String(line),
          (row) => presentRefusedLine(row, language),
        ),
      );
    },
  );

  app.get(
    '/v1/books/:book/bulk-jobs/:id/refused-file',
    {
      config: { roles: readers, personOnly: false, streaming: true },
      schema: { ...ofJob, summary: 'The refused lines in the format that was uploaded, to be mended and sent again' },
    },
    async (request, reply) => {
      const { book, db, principal } = request;
      const { job } = await found({ book, db, principal, jobId: idIn(request) });
      const type = job.format === 'csv' ? `${mediaTypes.csv}; charset=utf-8` : mediaTypes[job.format];
      void reply.header('content-disposition', `attachment; filename="refused-${job.jobId}.${job.format}"`);
      return reply.type(type).send(refusedFile(db, job, languageOf(request)));
    },
  );

  app.get(
    '/v1/books/:book/bulk-jobs/:id/events',
    {
      config: { roles: readers, personOnly: false, streaming: true },
      schema: { ...ofJob, summary: 'The progress of a job as server-sent events (event: state), until it ends' },
    },
    async (request, reply) => {
      const { book, db, principal } = request;
      const jobId = idIn(request);
      const first = await found({ book, db, principal, jobId });
      reply.hijack();
      await watch(reply.raw, {
        first,
        signal: stopping.signal,
        here: () => {
          const job = running.get(jobId);
          return job && { job, leased: true };
        },
        find: () => findJob(db, { bookId: book.bookId, jobId, principal }),
        present: ({ job, leased }) => presentJob(job, leased),
        // CUT too: nothing more happens until the file is sent again.
        isOver: ({ state }) => state !== 'RUNNING',
      }).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a watcher of a bulk job was left');
        reply.raw.destroy();
      });
      return reply;
    },
  );
}

const keyPattern = /^[\x21-\x7e]{1,200}$/;
/** Everybody must name a file: without a key a cut could not be gone on from. */
function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined) throw new Problem('IDEMPOTENCY_KEY_REQUIRED');
  if (typeof key !== 'string' || !keyPattern.test(key)) throw new Problem('IDEMPOTENCY_KEY_FORMAT');
  return key;
}

const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const notTaken = (request: FastifyRequest): Problem =>
  new Problem('UNSUPPORTED_MEDIA_TYPE', { accepted: Object.values(mediaTypes).join(', '), found: typeOf(request) || '—' });

function formatOf(request: FastifyRequest): BulkFormat {
  const format = schema.bulkFormat.options.find((of) => mediaTypes[of] === typeOf(request));
  // A request without a body comes here without having met a parser.
  if (!format) throw notTaken(request);
  return format;
}

/** Without a body there is no stream: an empty file. */
const bodyOf = ({ body }: FastifyRequest): Readable => (body instanceof Readable ? body : Readable.from([]));

const idIn = (request: FastifyRequest): string => (request.params as z.output<typeof bookAndIdParams>).id;

function lineOfCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const line = Buffer.from(cursor, 'base64url').toString();
  if (/^[1-9]\d{0,8}$/.test(line)) return Number(line);
  // Refused in the same words as every other cursor.
  idOfCursor(cursorOf(line));
  return 0;
}
