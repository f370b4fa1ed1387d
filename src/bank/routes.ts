import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import * as schema from '../../schemas/bank.js';
import { bookAndIdParams, page, pageQuery, problem } from '../../schemas/common.js';
import type { BankFormat } from '../../db/tables.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { headersOfFile } from '../http/files.js';
import { openAccountNo } from '../payees/record-payee-account.js';
import { seesAccountNos } from '../payees/rules.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { bankFileRoutes, mappingOf } from './file-routes.js';
import { treasury, treasuryCode } from './formats.js';
import { importBankReturn, wholeFile } from './import-lines.js';
import { makePaymentFile } from './make-payment-file.js';
import { matchBankLines } from './match-lines.js';
import { paymentCsv, paymentSheet } from './payment-file.js';
import {
  findBankLine,
  findBankReturn,
  findPaymentFile,
  listBankFormats,
  listBankLines,
  listBankReturns,
  listPaymentFiles,
} from './queries.js';
import { recordBankFormat } from './record-format.js';
import { presentBankFormat, presentBankLine, presentBankMatch, presentBankReturn, presentPaymentFile } from './rules.js';
import { undoBankMatch } from './undo-match.js';

const tag = 'bank';

/** What the bank says, and what it settles. */
export function bankRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/bank-returns',
    tag,
    summary: 'Import a bank return (回单) as JSON, in one piece; files go to /bank-files',
    roles: ['finance'],
    personOnly: true,
    body: schema.importBankReturn,
    response: schema.bankReturnImported,
    status: 201,
    verb: importBankReturn,
    bodyLimit: 1024 * 1024,
    prepare: ({ body }) => wholeFile(body, parts.sealer),
    // A plain digest of an account number is found out by trying.
    digested: (body) => ({
      ...body,
      lines: body.lines.map(({ payeeAccount, ...line }) =>
        payeeAccount === undefined ? line : { account: parts.sealer.fingerprint(payeeAccount), ...line },
      ),
    }),
  });
  command(app, parts, {
    url: '/bank-matches',
    tag,
    summary: 'Say what bank lines settle: in parts, one line for several instructions, or several for one',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: schema.matchBankLines,
    response: schema.bankLinesMatched,
    status: 201,
    verb: matchBankLines,
  });
  command(app, parts, {
    url: '/bank-matches/:id/undo',
    tag,
    summary: 'Take a match back: the line is unmatched again, the payment with the bank',
    roles: ['finance'],
    personOnly: true,
    stepUp: true,
    body: schema.undoBankMatch,
    response: schema.bankMatchUndone,
    status: 200,
    verb: undoBankMatch,
  });
  command(app, parts, {
    url: '/bank-formats',
    tag,
    summary: 'Record how the files of a bank are written: a setting of the book',
    roles: ['finance_approver'],
    personOnly: true,
    body: schema.recordBankFormat,
    response: schema.bankFormatRecorded,
    status: 201,
    verb: recordBankFormat,
  });

  bankFileRoutes(app, parts);
  paymentFileRoutes(app, parts);

  reading(app, {
    url: '/bank-formats',
    tag,
    summary: 'The formats of bank files that this book reads, each by its newest version',
    roles: authorities,
    query: pageQuery,
    response: page(schema.bankFormat),
    read: async ({ db, book }) => ({ items: withTreasury(await listBankFormats(db, book.bookId)), next: null }),
  });
  reading(app, {
    url: '/bank-returns',
    tag,
    summary: 'List bank files',
    roles: authorities,
    query: pageQuery,
    response: page(schema.bankReturn),
    read: async ({ db, query: { cursor, limit }, book }) => {
      const rows = await listBankReturns(db, { bookId: book.bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.bankReturnId, presentBankReturn);
    },
  });
  reading(app, {
    url: '/bank-returns/:id',
    tag,
    summary: 'One bank file, how far it is imported, and what its lines were found to be; the lines are at /bank-lines',
    roles: authorities,
    response: schema.bankReturn,
    read: async ({ db, id, book }) => {
      const found = await findBankReturn(db, book.bookId, { bankReturnId: id });
      if (!found) throw new Problem('NOT_FOUND');
      return presentBankReturn(found);
    },
  });
  reading(app, {
    url: '/bank-lines',
    tag,
    summary: 'Bank lines, of one file if given',
    roles: authorities,
    query: schema.bankLineQuery,
    response: page(schema.bankLine),
    read: async ({ db, query: { cursor, limit, bankReturnId }, book }) => {
      const which = bankReturnId === undefined ? 'ALL' : { bankReturnId };
      const rows = await listBankLines(db, { bookId: book.bookId, after: idOfCursor(cursor), limit, which });
      return pageOf(rows, limit, (row) => row.bankLineId, presentBankLine);
    },
  });
  reading(app, {
    url: '/unmatched-bank-lines',
    tag,
    summary: 'Bank lines of which some settles nothing yet: what a person has to look at',
    roles: authorities,
    query: pageQuery,
    response: page(schema.bankLine),
    read: async ({ db, query: { cursor, limit }, book }) => {
      const rows = await listBankLines(db, { bookId: book.bookId, after: idOfCursor(cursor), limit, which: 'UNMATCHED' });
      return pageOf(rows, limit, (row) => row.bankLineId, presentBankLine);
    },
  });
  reading(app, {
    url: '/bank-lines/:id',
    tag,
    summary: 'One bank line with everything it was ever matched with',
    roles: authorities,
    response: schema.bankLineWhole,
    read: async ({ db, id, book }) => {
      const found = await findBankLine(db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      return { matches: found.matches.map(presentBankMatch), ...presentBankLine(found.line) };
    },
  });
}

/** What is sent to the bank to be paid: each attempt of a payment once. */
function paymentFileRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/payment-files',
    tag,
    summary: 'Make the next payment file of a batch: of each attempt that was in none, what is still to be paid',
    roles: ['finance', 'finance_approver'],
    personOnly: true,
    stepUp: true,
    body: schema.makePaymentFile,
    response: schema.paymentFileMade,
    status: 201,
    verb: makePaymentFile,
    prepare: async ({ body, book }) => ({ mapping: await mappingOf(book.db, book.bookId, body.bankFormat), ...body }),
  });
  reading(app, {
    url: '/payment-files',
    tag,
    summary: 'Payment files, of one batch if given',
    roles: authorities,
    query: schema.paymentFileQuery,
    response: page(schema.paymentFile),
    read: async ({ db, query: { cursor, limit, settlementId }, book }) => {
      const rows = await listPaymentFiles(db, { bookId: book.bookId, after: idOfCursor(cursor), limit, settlementId });
      return pageOf(rows, limit, (row) => row.paymentFileId, presentPaymentFile);
    },
  });
  app.get(
    '/v1/books/:book/payment-files/:id/content',
    {
      config: { roles: authorities, personOnly: false, sensitive: true },
      schema: {
        tags: [tag],
        summary:
          'A payment file in the columns of its format, the same bytes each time; account numbers whole for finance and finance_approver only',
        params: bookAndIdParams,
        querystring: schema.paymentFileContentQuery,
        response: { '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const { format } = request.query as z.output<typeof schema.paymentFileContentQuery>;
      const { book, db, principal } = request;
      const found = await findPaymentFile(db, book.bookId, id);
      if (!found) throw new Problem('NOT_FOUND');
      const { file, settlementNo } = found;
      const payments = found.lines.map(({ account, ...line }) => ({
        ...line,
        holderName: account.holderName,
        accountNo: seesAccountNos(principal) ? openAccountNo(parts.sealer, account) : `****${account.accountNoLast4}`,
        bankName: account.bankName,
        bankCode: account.bankCode,
      }));
      const name = `${settlementNo}-${String(file.fileNo).padStart(2, '0')}`;
      return reply
        .headers(headersOfFile(format, name))
        .send(
          format === 'csv'
            ? paymentCsv(file.mapping, payments)
            : paymentSheet(file.mapping, payments, { name, at: new Date(file.recordedAt) }),
        );
    },
  );
}

/** The recorded formats, and treasury as every book has it where it is not recorded anew. */
function withTreasury(rows: readonly BankFormat[]): z.input<typeof schema.bankFormat>[] {
  const recorded = rows.map(presentBankFormat);
  if (rows.some(({ code }) => code === treasuryCode)) return recorded;
  const everybodys = { bankFormatId: null, version: 0, recordedPerson: null, recordedAt: null };
  return [{ code: treasuryCode, name: '国库', mapping: treasury, ...everybodys }, ...recorded];
}
