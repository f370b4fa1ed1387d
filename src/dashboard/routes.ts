import type { FastifyInstance } from 'fastify';
import { dashboard, dashboardQuery } from '../../schemas/dashboard.js';
import { everyRole, reading } from '../http/routes.js';
import { countedTo, readDashboard } from './queries.js';
import { presentFund, presentMonth, presentWaiting } from './rules.js';

export function dashboardRoutes(app: FastifyInstance): void {
  reading(app, {
    url: '/dashboard',
    tag: 'dashboard',
    summary:
      'Granted, promised, redeemed, paid and left by programme and year, by month, and what waits; members of the trade see their own',
    roles: everyRole,
    query: dashboardQuery,
    response: dashboard,
    read: async ({ db, query, book, principal }) => {
      const { programmeCode, year } = query;
      const read = await readDashboard(db, { bookId: book.bookId, principal, programmeCode, year });
      return {
        funds: read.funds.map(presentFund),
        months: read.months.map(presentMonth),
        waiting: presentWaiting(principal, read.waiting, countedTo),
        ledgerSeq: Number(read.headSeq),
      };
    },
  });
}
