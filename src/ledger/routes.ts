import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { bookAndIdParams, bookParams, page, problem } from '../../schemas/common.js';
import {
  account,
  accountQuery,
  balance,
  balanceQuery,
  entry,
  entryFileQuery,
  entryPage,
  entryQuery,
  journalQuery,
  statement,
  statementFileQuery,
  statementLine,
  statementQuery,
  trialBalance,
} from '../../schemas/ledger.js';
import { formatInstant } from '../calendar.js';
import type { FileFormat, Slice } from '../http/files.js';
import { fileOf, headersOfFile, shareOf } from '../http/files.js';
import { languageOf, Problem } from '../http/problem.js';
import { authorities, idOfCursor, pageOf, reading } from '../http/routes.js';
import { formatYuan, sumFen } from '../money.js';
import { journalOf } from './journal.js';
import type { AccountRow, EntryRow, StatementLine } from './statements.js';
import { headOf, listAccounts, listEntries, readBalance, readStatement, readTrialBalance } from './statements.js';

const tag = 'ledger';
const instantOf = (text: string): string => formatInstant(new Date(text));

export function ledgerRoutes(app: FastifyInstance): void {
  reading(app, {
    url: '/ledger/accounts',
    tag,
    summary: 'Accounts with their totals; balance = credits − debits',
    roles: authorities,
    query: accountQuery,
    response: page(account),
    read: async ({ db, query, book }) => {
      const rows = await listAccounts(db, { ...query, bookId: book.bookId, after: idOfCursor(query.cursor) });
      return pageOf(rows, query.limit, (row) => row.accountId, presentAccount);
    },
  });

  reading(app, {
    url: '/ledger/entries',
    tag,
    summary: 'Entries in order of sequence: transfers and recorded decisions',
    roles: authorities,
    query: entryQuery,
    response: entryPage,
    ownFile: true,
    read: async ({ db, query, book }) => {
      const rows = await listEntries(db, { ...query, bookId: book.bookId, after: BigInt(query.after) });
      const items = rows.slice(0, query.limit).map(presentEntry);
      return { items, next: rows.length > query.limit ? (items.at(-1)?.seq ?? null) : null };
    },
  });

  reading(app, {
    url: '/ledger/accounts/:id/statement',
    tag,
    summary: 'A page of an account’s statement, with running balances',
    roles: authorities,
    query: statementQuery,
    response: statement,
    read: async ({ db, id, query, book }) => {
      const found = await readStatement(db, {
        ...statementOf(book.bookId, id, query),
        after: BigInt(query.after),
        limit: query.limit,
      });
      if (!found) throw new Problem('NOT_FOUND');
      const lines = found.lines.slice(0, query.limit);
      const { accountId, code, kind, fund } = found.account;
      return {
        account: { accountId, code, kind, fund },
        fromDay: query.fromDay ?? null,
        asOfSeq: query.asOfSeq ?? null,
        asOfDay: query.asOfDay ?? null,
        period: { opening: formatYuan(found.period.openingFen), closing: formatYuan(found.period.closingFen) },
        opening: formatYuan(found.openingFen),
        lines: lines.map(presentLine),
        closing: formatYuan(lines.at(-1)?.afterFen ?? found.openingFen),
        next: found.lines.length > query.limit ? Number(lines.at(-1)?.seq) : null,
        ledgerSeq: Number(found.headSeq),
      };
    },
  });

  reading(app, {
    url: '/ledger/accounts/:id/balance',
    tag,
    summary: 'The balance of an account as of a ledger sequence or a booked day',
    roles: authorities,
    query: balanceQuery,
    response: balance,
    read: async ({ db, id, query, book }) => {
      const seq = query.asOfSeq === undefined ? undefined : BigInt(query.asOfSeq);
      const found = await readBalance(db, { bookId: book.bookId, accountId: id, asOf: { seq, day: query.asOfDay } });
      if (!found) throw new Problem('NOT_FOUND');
      return {
        code: found.code,
        balance: formatYuan(found.balanceFen),
        asOfSeq: query.asOfSeq ?? null,
        asOfDay: query.asOfDay ?? null,
        ledgerSeq: Number(found.headSeq),
      };
    },
  });

  reading(app, {
    url: '/ledger/trial-balance',
    tag,
    summary: 'Debits and credits by kind of account and fund, as of a ledger sequence or a booked day',
    roles: authorities,
    query: balanceQuery,
    response: trialBalance,
    read: async ({ db, query, book }) => {
      const seq = query.asOfSeq === undefined ? undefined : BigInt(query.asOfSeq);
      const { headSeq, lines } = await readTrialBalance(db, book.bookId, { seq, day: query.asOfDay });
      return {
        asOfSeq: query.asOfSeq ?? null,
        asOfDay: query.asOfDay ?? null,
        ledgerSeq: Number(headSeq),
        lines: lines.map((line) => ({
          kind: line.kind,
          fund: line.fund,
          accounts: Number(line.accounts),
          debits: formatYuan(line.debitsFen),
          credits: formatYuan(line.creditsFen),
          balance: formatYuan(line.creditsFen - line.debitsFen),
        })),
        debits: formatYuan(sumFen(lines.map((line) => line.debitsFen))),
        credits: formatYuan(sumFen(lines.map((line) => line.creditsFen))),
      };
    },
  });

  fileRoutes(app);
}

/** Downloads: streams, and so no plain readings. */
function fileRoutes(app: FastifyInstance): void {
  const common = { tags: [tag], response: { '4xx': problem, '5xx': problem } };
  const config = { roles: authorities, personOnly: false, streaming: true, sensitive: true };
  app.get(
    '/v1/books/:book/ledger/entries-file',
    {
      config,
      schema: {
        ...common,
        summary: 'All entries as one file, NDJSON, CSV or xlsx, up to the last there is when it begins (header ledger-seq)',
        params: bookParams,
        querystring: entryFileQuery,
      },
    },
    async (request, reply) => {
      const { book, db, query } = request;
      const { format, after, subjectId } = query as z.output<typeof entryFileQuery>;
      const share = shareOf(book, reply);
      const upTo = await share.begin(() => headOf(db, book.bookId));
      const listed = { format, schema: entry, language: languageOf(request), name: 'entries' };
      const file = fileOf(listed, BigInt(after), async (from, limit) => {
        const rows = await share.goOn(() => listEntries(db, { bookId: book.bookId, after: from, upTo, subjectId, limit }));
        return sliceOf(rows, limit, presentEntry);
      });
      return reply.headers(headersOf(format, `${book.code}-entries-${upTo}`, upTo)).send(file);
    },
  );
  app.get(
    '/v1/books/:book/ledger/journal',
    {
      config,
      schema: {
        ...common,
        summary:
          'The whole ledger as a plain-text journal in hledger’s format, up to an entry or the last there is (header ledger-seq)',
        params: bookParams,
        querystring: journalQuery,
      },
    },
    async (request, reply) => {
      const { book, db, query } = request;
      const { asOfSeq } = query as z.output<typeof journalQuery>;
      const share = shareOf(book, reply);
      const head = await share.begin(() => headOf(db, book.bookId));
      const upTo = asOfSeq !== undefined && BigInt(asOfSeq) < head ? BigInt(asOfSeq) : head;
      const journal = journalOf(db, { bookId: book.bookId, code: book.code, name: book.name, upTo }, share.goOn);
      return reply
        .headers({
          'content-type': 'text/plain; charset=utf-8',
          'content-disposition': `attachment; filename="${book.code}-${upTo}.journal"`,
          'ledger-seq': upTo.toString(),
        })
        .send(Readable.from(journal, { highWaterMark: 1 }));
    },
  );
  app.get(
    '/v1/books/:book/ledger/accounts/:id/statement-file',
    {
      config,
      schema: {
        ...common,
        summary: 'The whole statement of an account as one file, NDJSON, CSV or xlsx (header ledger-seq)',
        params: bookAndIdParams,
        querystring: statementFileQuery,
      },
    },
    async (request, reply) => {
      const { book, db, params, query } = request;
      const { id } = params as z.output<typeof bookAndIdParams>;
      const { format, ...of } = query as z.output<typeof statementFileQuery>;
      const { bookId } = book;
      const statementWanted = statementOf(bookId, id, of);
      const share = shareOf(book, reply);
      const first = await share.begin(() => readStatement(db, { ...statementWanted, after: 0n, limit: 1 }));
      if (!first) throw new Problem('NOT_FOUND');
      // Bound by the head it began at, by day too: what is booked late from now on is not in this file.
      const upTo = of.asOfSeq === undefined ? first.headSeq : BigInt(of.asOfSeq);
      const asOf = { ...statementWanted.asOf, seq: upTo };
      const listed = { format, schema: statementLine, language: languageOf(request), name: 'statement' };
      const file = fileOf(listed, 0n, async (after, limit) => {
        const found = await share.goOn(() => readStatement(db, { ...statementWanted, asOf, after, limit }));
        return sliceOf(found?.lines ?? [], limit, presentLine);
      });
      return reply.headers(headersOf(format, `${book.code}-statement-${id}`, upTo)).send(file);
    },
  );
}

const headersOf = (format: FileFormat, name: string, upTo: bigint) => ({
  ...headersOfFile(format, name),
  'ledger-seq': upTo.toString(),
});

/** Cuts what was read with limit + 1 into a slice. */
function sliceOf<Row extends { readonly seq: bigint }>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Slice<bigint>['rows'][number],
): Slice<bigint> {
  const taken = rows.slice(0, limit);
  return { rows: taken.map(present), next: rows.length > limit ? (taken.at(-1)?.seq ?? null) : null };
}

/** Which statement is asked for. Refuses days in the wrong order. */
function statementOf(
  bookId: string,
  accountId: string,
  { fromDay, asOfSeq, asOfDay }: { fromDay?: string | undefined; asOfSeq?: number | undefined; asOfDay?: string | undefined },
) {
  if (fromDay !== undefined && asOfDay !== undefined && asOfDay < fromDay) {
    const params = { from: fromDay, to: asOfDay };
    throw new Problem('VALIDATION_FAILED', {}, [{ pointer: '/asOfDay', code: 'PERIOD_ENDS_BEFORE_START', params }]);
  }
  return { bookId, accountId, from: fromDay, asOf: { seq: asOfSeq === undefined ? undefined : BigInt(asOfSeq), day: asOfDay } };
}

const presentAccount = (row: AccountRow) => ({
  accountId: row.accountId,
  code: row.code,
  kind: row.kind,
  fund: row.fund,
  debits: formatYuan(row.debitsFen),
  credits: formatYuan(row.creditsFen),
  balance: formatYuan(row.creditsFen - row.debitsFen),
});

const presentEntry = (row: EntryRow) => ({
  seq: Number(row.seq),
  commandId: row.commandId,
  kind: row.kind,
  bookedOn: row.bookedOn,
  recordedAt: instantOf(row.recordedAt),
  memberId: row.memberId,
  personId: row.personId,
  forPersonId: row.forPersonId,
  subjectId: row.subjectId,
  programmeVersion: row.programmeVersion,
  refusalCode: row.refusalCode,
  reversesSeq: row.reversesSeq === null ? null : Number(row.reversesSeq),
  requestDigest: row.requestDigest,
  approvalDigest: row.approvalDigest,
  debitAccount: row.debitCode,
  creditAccount: row.creditCode,
  amount: row.amountFen === null ? null : formatYuan(row.amountFen),
});

const presentLine = (line: StatementLine) => ({
  seq: Number(line.seq),
  bookedOn: line.bookedOn,
  recordedAt: instantOf(line.recordedAt),
  kind: line.kind,
  subjectId: line.subjectId,
  counterAccount: line.counterCode,
  debit: line.side === 'D' ? formatYuan(line.amountFen) : null,
  credit: line.side === 'C' ? formatYuan(line.amountFen) : null,
  balance: formatYuan(line.afterFen),
});
