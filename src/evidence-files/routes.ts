import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bookAndIdParams, bookParams, page, problem } from '../../schemas/common.js';
import * as schema from '../../schemas/evidence-files.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idempotencyKey, idOfCursor, pageOf, problemOf, reading } from '../http/routes.js';
import { attachFile } from './attach-file.js';
import { detachFile } from './detach-file.js';
import { dispositionOf, FileRefused, formatSaid, nameSent } from './formats.js';
import { findFile, listOfSubject } from './queries.js';
import { recordFile } from './record-file.js';
import { presentAttachment, presentFile } from './rules.js';
import { openStored, unavailable } from './open-stored.js';
import { StoreUnavailable } from './store.js';
import { takeUpload, UploadCut } from './take-upload.js';

const tag = 'evidence files';
const described = `The body is the file itself. Its name stands in Content-Disposition as RFC 8187 has it
(attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf), its type in Content-Type; both must be what its bytes are. Taken are PDF, OFD, XML,
JPEG, PNG, xlsx, docx, CSV and plain text. An invoice's XML is read as a digital invoice (数电票).`;

const writers = ['enterprise', 'provider', 'district_reviewer', 'reviewer', 'approver', 'expert', 'finance', 'operator'] as const;
const readers = [...authorities, 'district_reviewer', 'expert', 'enterprise', 'provider'] as const;

/** Evidence files: uploaded and downloaded as streams, attached to what they are evidence of, seen by who sees that. */
export function evidenceFileRoutes(app: FastifyInstance, parts: Parts): void {
  const { evidence } = parts;

  // Within its own scope: here bodies are streams, whatever they are said to be.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, parsed) => parsed(null, body));
    scope.post(
      '/v1/books/:book/evidence-files',
      {
        config: { roles: writers, personOnly: false, streaming: true, inLane: true, verb: recordFile.name },
        schema: {
          tags: [tag],
          summary: 'Upload a file as a stream, and attach it at once if wanted',
          description: described,
          consumes: ['application/octet-stream'],
          params: bookParams,
          querystring: schema.uploadQuery,
          headers: z.object({ 'idempotency-key': z.string().optional(), 'content-disposition': z.string().optional() }),
          response: { 201: schema.evidenceFileRecorded, '4xx': problem, '5xx': problem },
        },
      },
      async (request, reply) => {
        const { book, principal } = request;
        const { kind, subjectKind, subjectId } = request.query as z.output<typeof schema.uploadQuery>;
        const key = idempotencyKey(request, parts);
        const sent = nameSent(request.headers['content-disposition']);
        if (sent.kind === 'refused') throw problemOf(sent);
        const said = formatSaid(sent.name, typeOf(request));
        if (said.kind === 'refused') throw problemOf(said);
        const { bookId } = book;
        const subject = subjectKind === undefined || subjectId === undefined ? null : { subjectKind, subjectId };
        try {
          const stored = await takeUpload(evidence, {
            bookId,
            kind,
            name: sent.name,
            said: said.format,
            stream: bodyOf(request),
            announced: announced(request),
          });
          const outcome = await book.lane.submit(recordFile, {
            body: { ...stored, subject },
            actor: principal,
            key,
            // By what it is: sent again under its key, the same bytes are answered as they were.
            requestDigest: createHash('sha256')
              .update(`${recordFile.name}\n${JSON.stringify([stored.sha256, stored.size, stored.name, kind, subject])}`)
              .digest('hex'),
          });
          if (outcome.kind === 'refused') {
            if (outcome.code === 'UNAUTHENTICATED') parts.principals.forget(principal);
            throw problemOf(outcome);
          }
          void reply.header('idempotency-replayed', String(outcome.replayed));
          return await reply.code(201).send(outcome.result);
        } catch (error) {
          if (error instanceof FileRefused) throw problemOf(error.refusal);
          if (error instanceof StoreUnavailable) throw unavailable(request, error);
          if (!(error instanceof UploadCut)) throw error;
          // Nobody is there to be answered.
          reply.hijack();
          request.raw.destroy();
        }
      },
    );
    done();
  });

  command(app, parts, {
    url: '/evidence-files/:id/attach',
    tag,
    summary: 'Attach a file of one’s own to a thing; a digital invoice is compared with the usage invoice',
    roles: writers,
    body: schema.attachFile,
    response: schema.attachmentRecorded,
    status: 201,
    verb: attachFile,
  });
  command(app, parts, {
    url: '/evidence-files/:id/detach',
    tag,
    summary: 'Detach a file from a thing that is not decided yet, with the reason; the file and its history stay',
    roles: writers,
    body: schema.detachFile,
    response: schema.attachmentRecorded,
    status: 200,
    verb: detachFile,
  });

  reading(app, {
    url: '/evidence-files',
    tag,
    summary: 'List the files of one thing, if one sees that; those detached are told to the authorities',
    roles: readers,
    query: schema.evidenceQuery,
    response: page(schema.evidenceOfSubject),
    read: async ({ db, query, book, principal }) => {
      const { cursor, limit, subjectId } = query;
      const rows = await listOfSubject(db, { bookId: book.bookId, principal, subjectId, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ attachment }) => attachment.attachmentId,
        ({ attachment, file }) => ({ ...presentAttachment(attachment), file: presentFile(file) }),
      );
    },
  });
  reading(app, {
    url: '/evidence-files/:id',
    tag,
    summary: 'What is known of one file, and what it is attached to',
    roles: readers,
    response: schema.evidenceFileInFull,
    read: async ({ db, id, book, principal }) => {
      const found = await findFile(db, { bookId: book.bookId, principal, evidenceFileId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return { ...presentFile(found.file), attachments: found.attachments.map(presentAttachment) };
    },
  });

  app.get(
    '/v1/books/:book/evidence-files/:id/content',
    {
      config: { roles: readers, personOnly: false, streaming: true, sensitive: true },
      schema: {
        tags: [tag],
        params: bookAndIdParams,
        summary: 'Download a file; its hash is verified on the way, and altered bytes never reach their end',
      },
    },
    async (request, reply) => {
      const { book, db, principal } = request;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const find = () => findFile(db, { bookId: book.bookId, principal, evidenceFileId: id });
      const found = await book.traffic.beside.run(find, { gone: () => reply.raw.destroyed });
      if (!found) throw new Problem('NOT_FOUND');
      const { sha256, mediaType, name, sizeBytes } = found.file;
      const bytes = await openStored(request, evidence, { sha256, size: Number(sizeBytes) });
      void reply.headers({
        'content-length': String(sizeBytes),
        'content-disposition': dispositionOf(name),
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'cache-control': 'private, no-store',
        'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      });
      return reply.type(mediaType).send(bytes);
    },
  );
}

const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Without a body there is no stream: an empty file. */
const bodyOf = ({ body }: FastifyRequest): Readable => (body instanceof Readable ? body : Readable.from([]));

function announced({ headers }: FastifyRequest): number | undefined {
  const length = Number(headers['content-length']);
  return Number.isSafeInteger(length) ? length : undefined;
}
