import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { BankDay } from '../../db/tables.js';
import { page, pageQuery } from '../../schemas/common.js';
import * as schema from '../../schemas/reconciliation.js';
import type { Day } from '../calendar.js';
import { daysInclusive, lastDayOfMonth, shanghaiDay } from '../calendar.js';
import { readCalendar } from '../calendars/queries.js';
import type { Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, idOfCursor, pageOf, reading } from '../http/routes.js';
import { formatYuan, sumFen } from '../money.js';
import { findSettlement } from '../settlements/queries.js';
import { assignException, closeException, explainException } from './decide-exception.js';
import { openException } from './open-exception.js';
import {
  bankOfDays,
  batchesAgainstLedger,
  batchLinesAgainstLedger,
  findException,
  ledgerOfDays,
  listExceptions,
} from './queries.js';
import { readinessOf } from './readiness.js';
import { presentBatch, presentBatchLine, presentException, presentListed } from './rules.js';

const tag = 'reconciliation';
const mostDays = 366;
const roles = ['finance', 'finance_approver'] as const;

/** What does not tie, as a work list. */
export function reconciliationRoutes(app: FastifyInstance, parts: Parts): void {
  command(app, parts, {
    url: '/reconciliation-exceptions',
    tag,
    summary: 'Open an exception on what no rule sees',
    roles,
    personOnly: true,
    body: schema.openException,
    response: schema.exceptionRecorded,
    status: 201,
    verb: openException,
  });
  command(app, parts, {
    url: '/reconciliation-exceptions/:id/assign',
    tag,
    summary: 'Say who looks after an exception',
    roles,
    personOnly: true,
    body: schema.assignException,
    response: schema.exceptionRecorded,
    status: 200,
    verb: assignException,
  });
  command(app, parts, {
    url: '/reconciliation-exceptions/:id/explain',
    tag,
    summary: 'Explain an exception as it stands: then it is in no month’s way',
    roles,
    personOnly: true,
    body: schema.explainException,
    response: schema.exceptionRecorded,
    status: 200,
    verb: explainException,
  });
  command(app, parts, {
    url: '/reconciliation-exceptions/:id/close',
    tag,
    summary: 'Close an exception whose cause is gone, with what was done',
    roles,
    personOnly: true,
    body: schema.closeException,
    response: schema.exceptionRecorded,
    status: 200,
    verb: closeException,
  });

  reading(app, {
    url: '/reconciliation-exceptions',
    tag,
    summary: 'Exceptions of one state, with how long each has stood; of one kind or one owner if given',
    roles: authorities,
    query: schema.exceptionQuery,
    response: page(schema.exceptionListed),
    read: async ({ db, query: { cursor, limit, status, kind, ownerPerson: owner }, book }) => {
      const ownerPerson = owner === 'NOBODY' ? null : owner;
      const [rows, calendar] = await Promise.all([
        listExceptions(db, { bookId: book.bookId, after: idOfCursor(cursor), limit, status, kind, ownerPerson }),
        readCalendar(db, book.bookId),
      ]);
      const today = shanghaiDay(parts.clock.now());
      return pageOf(
        rows,
        limit,
        (row) => row.exceptionId,
        (row) => presentListed(row, today, calendar),
      );
    },
  });
  reading(app, {
    url: '/reconciliation-exceptions/:id',
    tag,
    summary: 'One exception',
    roles: authorities,
    response: schema.reconciliationException,
    read: async ({ db, id, book }) => {
      const row = await findException(db, book.bookId, id);
      if (!row) throw new Problem('NOT_FOUND');
      return presentException(row);
    },
  });
  reading(app, {
    url: '/reconciliation-days',
    tag,
    summary: `The bank's lines against the ledger, day by day, over at most ${mostDays} days (both ends inclusive)`,
    roles: authorities,
    query: schema.reconciliationDaysQuery,
    response: schema.reconciliationDays,
    read: async ({ db, query: { fromDay, toDay }, book }) => {
      if (fromDay > toDay || daysInclusive(fromDay, toDay) > mostDays)
        throw new Problem('DAYS_OUT_OF_RANGE', { most: String(mostDays) });
      const of = { bookId: book.bookId, fromDay, toDay };
      const [bank, ledger] = await Promise.all([bankOfDays(db, of), ledgerOfDays(db, of)]);
      const days = [...new Set([...bank.map(({ bookedOn }) => bookedOn), ...ledger.map(({ day }) => day)])].sort();
      return { days: days.map((day) => ofDay(day, bank, ledger)) };
    },
  });
  reading(app, {
    url: '/reconciliation-batches',
    tag,
    summary: 'Batches against the ledger: what of each is paid, returned and in transit, and since when',
    roles: authorities,
    query: pageQuery,
    response: page(schema.reconciliationBatch),
    read: async ({ db, query: { cursor, limit }, book: { bookId } }) => {
      const rows = await batchesAgainstLedger(db, { bookId, after: idOfCursor(cursor), limit });
      return pageOf(rows, limit, (row) => row.settlementId, presentBatch);
    },
  });
  reading(app, {
    url: '/reconciliation-batches/:id/lines',
    tag,
    summary: 'The payments of a batch against the ledger, one by one, with the exception that explains what is in transit',
    roles: authorities,
    response: z.strictObject({ items: z.array(schema.reconciliationBatchLine) }),
    read: async ({ db, id, book: { bookId } }) => {
      const [batch, rows] = await Promise.all([
        findSettlement(db, bookId, id),
        batchLinesAgainstLedger(db, { bookId, settlementId: id }),
      ]);
      if (!batch) throw new Problem('NOT_FOUND');
      const today = shanghaiDay(parts.clock.now());
      return { items: rows.map((row) => presentBatchLine(row, today)) };
    },
  });
  reading(app, {
    url: '/reconciliation-readiness',
    tag,
    summary: 'What stands in the way of closing a month',
    roles: authorities,
    query: schema.readinessQuery,
    response: schema.readiness,
    read: async ({ db, query: { month }, book }) => {
      const { ready, obstacles } = await readinessOf(db, { bookId: book.bookId, last: lastDayOfMonth(month) });
      return {
        month,
        ready,
        obstacles: obstacles.map(({ fen, examples, ...of }) => ({ amount: formatYuan(fen), examples: [...examples], ...of })),
      };
    },
  });
}

type OfDay = z.input<typeof schema.reconciliationDays>['days'][number];

function ofDay(day: Day, allBank: readonly BankDay[], allLedger: Awaited<ReturnType<typeof ledgerOfDays>>): OfDay {
  const bank = allBank.filter(({ bookedOn }) => bookedOn === day);
  const credits = (kinds: readonly string[], ...postings: readonly string[]) =>
    sumFen(
      allLedger
        .filter((of) => of.day === day && kinds.includes(of.kind) && postings.includes(of.posting))
        .map(({ creditsFen }) => creditsFen),
    );
  const settledFen = sumFen(bank.map((of) => of.settledFen));
  const backFen = sumFen(bank.map((of) => of.backFen));
  const paidFen = credits(['paid'], 'settlement.paid');
  const returnedFen = credits(['payable'], 'settlement.returned', 'settlement.returned_late');
  return {
    day,
    bank: bank.map((of) => ({
      bankAccount: of.bankAccount,
      lines: of.lineCount,
      paid: formatYuan(of.paidFen),
      returned: formatYuan(of.returnedFen),
      unmatched: formatYuan(of.paidFen + of.returnedFen - of.matchedFen),
    })),
    matched: { paid: formatYuan(settledFen), returned: formatYuan(backFen) },
    ledger: {
      paid: formatYuan(paidFen),
      returned: formatYuan(returnedFen),
      unmatched: formatYuan(credits(['in_transit', 'paid'], 'settlement.unmatched')),
    },
    difference: formatYuan(paidFen - returnedFen - (settledFen - backFen)),
  };
}
