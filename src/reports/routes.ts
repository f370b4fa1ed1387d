import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { budgetExecution, monthReport, performance, reportQuery, stepDays } from '../../schemas/reports.js';
import { monthsOfBook } from '../dashboard/queries.js';
import { presentMonth } from '../dashboard/rules.js';
import { authorities, reading } from '../http/routes.js';
import type { Fen } from '../money.js';
import { fundBalances } from '../ledger/statements.js';
import { grantedIn, processesTold, stepsOf } from './queries.js';
import { namesOf, Performance, presentBudget, StepDays } from './rules.js';

const tag = 'reports';
const listOf = <Row extends z.ZodObject>(row: Row) => z.strictObject({ items: z.array(row) });

/** Figures of a year for the performance evaluation. Each is beside it a file, as every list is. */
export function reportRoutes(app: FastifyInstance): void {
  const common = { tag, roles: authorities, query: reportQuery };

  reading(app, {
    ...common,
    url: '/reports/budget-execution',
    summary: 'Budget execution (预算执行) of a funding year by programme: loaded, promised, approved, paid, left',
    response: listOf(budgetExecution),
    read: async ({ db, query: { year, programmeCode }, book }) => {
      const funds = new Map<string, Map<string, Fen>>();
      for (const { fund, kind, balanceFen } of await fundBalances(db, book.bookId)) {
        const names = namesOf(fund);
        if (names.year !== year || (programmeCode !== undefined && names.programmeCode !== programmeCode)) continue;
        const balances = funds.get(fund) ?? new Map<string, Fen>();
        funds.set(fund, balances.set(kind, (balances.get(kind) ?? 0n) + balanceFen));
      }
      return { items: [...funds].map(([fund, balances]) => presentBudget(fund, balances)) };
    },
  });

  reading(app, {
    ...common,
    url: '/reports/months',
    summary: 'What was granted, redeemed and paid of a funding year, by month and programme',
    response: listOf(monthReport),
    read: async ({ db, query: { year, programmeCode }, book }) => {
      const months = await monthsOfBook(db, { bookId: book.bookId, year, programmeCode });
      return {
        items: months.map(presentMonth).map(({ month, fund, givenBack: _, lapsed: __, released: ___, ...moved }) => ({
          month,
          programmeCode: namesOf(fund).programmeCode,
          fund,
          ...moved,
        })),
      };
    },
  });

  reading(app, {
    ...common,
    url: '/reports/performance',
    summary: 'What the money of a year bought: leverage, share of domestic chips, of small enterprises, card hours',
    response: listOf(performance),
    read: async ({ db, query: { year, programmeCode }, book: { bookId } }) => {
      const sums = new Performance();
      for await (const slice of grantedIn(db, { bookId, year, programmeCode })) for (const each of slice) sums.add(each);
      return { items: sums.present() };
    },
  });

  reading(app, {
    ...common,
    url: '/reports/step-days',
    summary: 'How many days each step of the cases begun in a year took, on average',
    response: listOf(stepDays),
    read: async ({ db, query: { year, programmeCode }, book: { bookId } }) => {
      const days = new StepDays();
      for (const process of processesTold)
        for await (const slice of stepsOf(db, { bookId, year, programmeCode }, process))
          for (const steps of slice) days.add(process, steps);
      return { items: days.present() };
    },
  });
}
