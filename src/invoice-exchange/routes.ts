import type { FastifyInstance } from 'fastify';
import * as schema from '../../schemas/invoice-exchange.js';
import type { Parts } from '../http/parts.js';
import { command, cursorOf, idOfCursor, problemOf, reading } from '../http/routes.js';
import { importMarks, refuseKey } from './import-marks.js';
import { hashBeforeLane, markInvoices } from './mark-invoices.js';
import { listMarks } from './queries.js';

const tag = 'invoice exchange';

/** One invoice counts in one city: what services tell each other of theirs, as keyed hashes. */
export function invoiceExchangeRoutes(app: FastifyInstance, parts: Parts): void {
  const { keys } = parts.exchange;
  reading(app, {
    url: '/invoice-exchange/marks',
    tag,
    summary: 'Keyed hashes of our invoices, for services of other cities: number, seller and amount, never the data',
    roles: ['operator', 'auditor'],
    query: schema.markQuery,
    response: schema.markPage,
    read: async ({ db, query, book }) => {
      const unknown = refuseKey(query.key, keys);
      if (unknown) throw problemOf(unknown);
      const after = idOfCursor(query.cursor);
      const rows = await listMarks(db, {
        bookId: book.bookId,
        keyName: query.key,
        after,
        limit: query.limit,
        now: parts.clock.now(),
      });
      const shown = rows.slice(0, query.limit);
      const end = shown.at(-1)?.markId ?? after;
      const last = end === undefined ? null : cursorOf(end);
      return {
        key: query.key,
        algorithm: keys.find(({ name }) => name === query.key)?.algorithm ?? 'sha256',
        items: shown.map(({ numberHash, sellerHash, amountHash }) => ({
          number: numberHash,
          seller: sellerHash,
          amount: amountHash,
        })),
        next: rows.length > query.limit ? last : null,
        last,
      };
    },
  });
  command(app, parts, {
    url: '/invoice-exchange/imports',
    tag,
    summary:
      'Keep what the service of another city tells of its invoices; those of ours that bear one of the numbers are flagged',
    roles: ['operator'],
    body: schema.importMarks,
    response: schema.marksImported,
    status: 201,
    verb: importMarks,
    prepare: ({ body }) => ({ ...body, keys }),
  });
  command(app, parts, {
    url: '/invoice-exchange/marks',
    tag,
    summary: 'Mark invoices that have no hashes under a key yet, page by page: after a key was added',
    roles: ['operator'],
    body: schema.markInvoices,
    response: schema.invoicesMarked,
    status: 200,
    verb: markInvoices,
    prepare: ({ body, book }) => hashBeforeLane(book.db, book.bookId, body, parts.exchange),
  });
}
