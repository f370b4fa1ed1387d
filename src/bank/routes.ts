import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import * as schema from '../../schemas/bank.js';
import { page, pageQuery } from '../../schemas/common.js';
import type { BankFormat } from '../../db/tables.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { bankFileRoutes } from './file-routes.js';
import { treasury, treasuryCode } from './formats.js';
import { importBankReturn, wholeFile } from './import-lines.js';
import { matchBankLines } from './match-lines.js';
import { findBankLine, findBankReturn, listBankFormats, listBankLines, listBankReturns } from './queries.js';
import { recordBankFormat } from './record-format.js';
import { presentBankFormat, presentBankLine, presentBankMatch, presentBankReturn } from './rules.js';
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

/** The recorded formats, and treasury as every book has it where it is not recorded anew. */
function withTreasury(rows: readonly BankFormat[]): z.input<typeof schema.bankFormat>[] {
  const recorded = rows.map(presentBankFormat);
  if (rows.some(({ code }) => code === treasuryCode)) return recorded;
  const everybodys = { bankFormatId: null, version: 0, recordedPerson: null, recordedAt: null };
  return [{ code: treasuryCode, name: '国库', mapping: treasury, ...everybodys }, ...recorded];
}
