import type { FastifyInstance } from 'fastify';
import * as schema from '../../schemas/work-queues.js';
import { shanghaiDay } from '../calendar.js';
import { readCalendar } from '../calendars/queries.js';
import type { Parts } from '../http/parts.js';
import { everyRole, problemOf, reading } from '../http/routes.js';
import { refused } from '../ledger/lane.js';
import { worksFor } from './kinds.js';
import { countWork, listWork } from './queries.js';
import { cursorBehind, presentWork, readWanted } from './rules.js';

const tag = 'work queues';
/** How many thousands wait is not worth reading them. */
const countedTo = 1000;

/** What waits for whom. */
export function workQueueRoutes(app: FastifyInstance, { clock }: Parts): void {
  reading(app, {
    url: '/work-queue',
    tag,
    summary: 'What waits for the caller’s role, of every life: by age, amount or deadline. Members of the trade see their own',
    roles: everyRole,
    query: schema.workQueueQuery,
    response: schema.workQueue,
    read: async ({ db, query, book: { bookId }, principal }) => {
      const read = readWanted(query);
      if (read.kind === 'refused') throw problemOf(read);
      const mine = worksFor(principal.role);
      const works = query.kind === undefined ? mine : mine.filter(({ kind }) => kind === query.kind);
      if (query.kind !== undefined && works.length === 0) {
        const kinds = [...new Set(mine.map(({ kind }) => kind))].join(', ') || '—';
        throw problemOf(refused('WORK_KIND_UNKNOWN', { kind: query.kind, kinds }, '/kind'));
      }
      const [found, calendar] = await Promise.all([
        listWork(db, { bookId, principal }, works, read.wanted),
        readCalendar(db, bookId),
      ]);
      const shown = found.slice(0, query.limit);
      const last = shown.at(-1);
      const today = shanghaiDay(clock.now());
      return {
        items: shown.map((of) => presentWork(of, today, calendar)),
        next: found.length > query.limit && last ? cursorBehind(query.sort, last) : null,
      };
    },
  });
  reading(app, {
    url: '/work-queue/counts',
    tag,
    summary: 'How much waits for the caller’s role, by kind',
    roles: everyRole,
    response: schema.workCounts,
    read: async ({ db, book: { bookId }, principal }) => {
      const works = worksFor(principal.role);
      const counts = await countWork(db, { bookId, principal }, works, countedTo);
      return {
        items: [...new Set(works.map(({ kind }) => kind))].map((kind) => {
          const counted = Number(counts[kind] ?? 0n);
          return { kind, count: Math.min(counted, countedTo), more: counted > countedTo };
        }),
      };
    },
  });
}
