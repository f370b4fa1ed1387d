import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import * as schema from '../../schemas/bank.js';
import { bookParams, problem } from '../../schemas/common.js';
import type { BankMapping } from '../../schemas/bank.js';
import type { Database } from '../../db/client.js';
import { UploadCut } from '../bulk/reader.js';
import { mediaTypes } from '../bulk/refused-file.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { treasury, treasuryCode } from './formats.js';
import { importFilePart } from './import-lines.js';
import { listBankFormats } from './queries.js';
import { presentBankReturn } from './rules.js';
import { takeBankFile } from './take-file.js';

/** Files read at once by this process: each has a thread. */
const mostFiles = 2;
const busyRetrySeconds = 10;
const formats = { csv: mediaTypes.csv, xlsx: mediaTypes.xlsx };

const described = `The file is looked at as a whole first: where its totals do not tie (by its trailer, or by declaredCount and
declaredTotal), a line is wrong, or one contradicts what is known of its serial, nothing of it is imported, and each place is listed by line,
column and value. The content is the key: the same file again answers what became of it, and goes on where it was cut.`;

/** Files of a bank, as they stream in. */
export function bankFileRoutes(app: FastifyInstance, parts: Parts): void {
  const stopping = new AbortController();
  let files = 0;
  app.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });

  // Within its own scope: here bodies are streams, and JSON is no body at all.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(Object.values(formats), (_request, body, parsed) => parsed(null, body));
    scope.addContentTypeParser('*', (request, _body, parsed) => parsed(notTaken(request)));
    scope.post(
      '/v1/books/:book/bank-files',
      {
        config: { roles: ['finance'], personOnly: true, streaming: true, verb: importFilePart.name },
        schema: {
          tags: ['bank'],
          summary: 'Import a file of the bank (CSV or xlsx) by one of the formats of the book',
          description: described,
          consumes: Object.values(formats),
          params: bookParams,
          querystring: schema.importBankFileQuery,
          response: { 200: schema.bankFileImported, 201: schema.bankFileImported, '4xx': problem, '5xx': problem },
        },
      },
      async (request, reply) => {
        const { book, principal } = request;
        const query = request.query as z.output<typeof schema.importBankFileQuery>;
        const { bankFormat, fileName = null, bankAccount = null, declaredCount, declaredTotal } = query;
        const format = formatOf(request);
        const mapping = await mappingOf(book.db, book.bookId, bankFormat);
        const isDeclared = declaredCount !== undefined && declaredTotal !== undefined;
        if (files >= mostFiles) throw new Problem('BULK_BUSY', { most: String(mostFiles) }, [], busyRetrySeconds);
        files++;
        try {
          const { row, alreadyImported } = await takeBankFile(parts, {
            book,
            principal,
            format,
            mapping,
            bankFormat,
            fileName,
            bankAccount,
            declared: isDeclared ? { count: declaredCount, total: declaredTotal } : null,
            stream: request.body instanceof Readable ? request.body : Readable.from([]),
            signal: stopping.signal,
          });
          return await reply.code(alreadyImported ? 200 : 201).send({ alreadyImported, ...presentBankReturn(row) });
        } catch (error) {
          if (!(error instanceof UploadCut)) throw error;
          // Nobody is there to be answered.
          reply.hijack();
          request.raw.destroy();
        } finally {
          files--;
        }
      },
    );
    done();
  });
}

/** The mapping of a format, by its newest version. Refuses BANK_FORMAT_UNKNOWN. */
/** The mapping of a format of the book by its newest version. Throws BANK_FORMAT_UNKNOWN. */
export async function mappingOf(db: Database, bookId: string, code: string): Promise<BankMapping> {
  const recorded = await listBankFormats(db, bookId);
  const mapping = recorded.find((of) => of.code === code)?.mapping ?? (code === treasuryCode ? treasury : undefined);
  if (mapping) return mapping;
  const known = [...new Set([treasuryCode, ...recorded.map((of) => of.code)])];
  throw new Problem('BANK_FORMAT_UNKNOWN', { code, known: known.join(', ') });
}

const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
const notTaken = (request: FastifyRequest): Problem =>
  new Problem('UNSUPPORTED_MEDIA_TYPE', { accepted: Object.values(formats).join(', '), found: typeOf(request) || '—' });

function formatOf(request: FastifyRequest): 'csv' | 'xlsx' {
  const type = typeOf(request);
  if (type === formats.csv) return 'csv';
  if (type === formats.xlsx) return 'xlsx';
  // A request without a body comes here without having met a parser.
  throw notTaken(request);
}
