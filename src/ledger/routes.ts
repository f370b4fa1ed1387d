import type { FastifyInstance } from 'fastify';
import { page } from '../../schemas/common.js';
import {
  account,
  accountQuery,
  balance,
  balanceQuery,
  entryPage,
  entryQuery,
  statement,
  statementQuery,
  trialBalance,
} from '../../schemas/ledger.js';
import { formatInstant } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, idOfCursor, pageOf, reading } from '../http/routes.js';
import { formatYuan, sumFen } from '../money.js';
import type { AccountRow, EntryRow } from './statements.js';
import { listAccounts, listEntries, readBalance, readStatement, readTrialBalance } from './statements.js';

const tag = 'ledger';
const instantOf = (text: string): string => formatInstant(new Date(text));

export function ledgerRoutes(app: FastifyInstance, { db }: Parts): void {
  reading(app, {
    url: '/ledger/accounts',
    tag,
    summary: 'Accounts with their totals; balance = credits − debits',
    roles: authorities,
    query: accountQuery,
    response: page(account),
    read: async ({ query, book }) => {
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
    read: async ({ query, book }) => {
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
    read: async ({ id, query, book }) => {
      const found = await readStatement(db, {
        bookId: book.bookId,
        accountId: id,
        after: BigInt(query.after),
        limit: query.limit,
      });
      if (!found) throw new Problem('NOT_FOUND');
      const lines = found.lines.slice(0, query.limit);
      const { accountId, code, kind, fund } = found.account;
      return {
        account: { accountId, code, kind, fund },
        opening: formatYuan(found.openingFen),
        lines: lines.map((line) => ({
          seq: Number(line.seq),
          bookedOn: line.bookedOn,
          recordedAt: instantOf(line.recordedAt),
          kind: line.kind,
          subjectId: line.subjectId,
          counterAccount: line.counterCode,
          debit: line.side === 'D' ? formatYuan(line.amountFen) : null,
          credit: line.side === 'C' ? formatYuan(line.amountFen) : null,
          balance: formatYuan(line.afterFen),
        })),
        closing: formatYuan(lines.at(-1)?.afterFen ?? found.openingFen),
        next: found.lines.length > query.limit ? Number(lines.at(-1)?.seq) : null,
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
    read: async ({ id, query, book }) => {
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
    read: async ({ query, book }) => {
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
