import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Role } from '../../schemas/access.js';
import { bookAndIdParams, page, problem } from '../../schemas/common.js';
import * as schema from '../../schemas/simulations.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { authorities, command, cursorOf, idOfCursor, pageOf, reading } from '../http/routes.js';
import { watch } from '../http/watch.js';
import type { Reached } from './queries.js';
import { cancelSimulation, findSimulation, listEnterprises, listSimulations } from './queries.js';
import { presentEnterprise, presentSimulation } from './rules.js';
import { Simulator } from './run-simulations.js';
import { startSimulation } from './start-simulation.js';

const tag = 'simulations';
const starters: readonly Role[] = ['operator', 'reviewer', 'approver', 'finance'];
/** A version of a programme lived over a year's recorded facts: who would win, who would lose, what it would cost. */
export function simulationRoutes(app: FastifyInstance, parts: Parts): void {
  const { db, clock } = parts;
  const simulator = new Simulator(db, clock, app.log);
  const stopping = new AbortController();
  app.addHook('onReady', (done) => {
    simulator.start();
    done();
  });
  app.addHook('preClose', async () => {
    stopping.abort();
    await simulator.close();
  });

  command(app, parts, {
    url: '/programmes/:code/simulations',
    tag,
    summary: 'Simulate a version, a draft too, over a year: a job that writes nothing of the book but its own result',
    roles: starters,
    body: schema.startSimulation,
    response: schema.simulationStarted,
    status: 201,
    verb: startSimulation,
    settle: async () => simulator.wake(),
  });

  const found = async ({ bookId, db }: OpenBook, simulationId: string) => {
    const seen = await findSimulation(db, { bookId, simulationId });
    if (!seen) throw new Problem('NOT_FOUND');
    const here = simulator.here(simulationId);
    return here && seen.row.state === 'RUNNING' ? { row: { ...here }, leased: true } : seen;
  };

  reading(app, {
    url: '/simulations',
    tag,
    summary: 'List simulations',
    roles: authorities,
    query: schema.simulationQuery,
    response: page(schema.simulationListed),
    read: async ({ db, query, book }) => {
      const { programmeCode, cursor, limit } = query;
      const rows = await listSimulations(db, { bookId: book.bookId, programmeCode, after: idOfCursor(cursor), limit });
      return pageOf(
        rows,
        limit,
        ({ row }) => row.simulationId,
        ({ row, leased }) => presentSimulation(row, leased),
      );
    },
  });

  reading(app, {
    url: '/simulations/:id',
    tag,
    summary: 'One simulation: how far it has come, or its result',
    roles: authorities,
    response: schema.simulationShown,
    read: async ({ id, book }) => {
      const { row, leased } = await found(book, id);
      return { ...presentSimulation(row, leased), result: row.result as schema.SimulationResult | null };
    },
  });

  reading(app, {
    url: '/simulations/:id/enterprises',
    tag,
    summary: 'What a simulation means for each legal person, by difference',
    roles: authorities,
    query: schema.simulationEnterpriseQuery,
    response: page(schema.simulationEnterprise),
    read: async ({ db, id, query, book }) => {
      const { order, cursor, limit } = query;
      await found(book, id);
      const after = reachedOf(cursor);
      const rows = await listEnterprises(db, { bookId: book.bookId, simulationId: id, order, after, limit: limit + 1 });
      return pageOf(rows, limit, (row) => `${row.differenceFen} ${row.legalPersonUscc}`, presentEnterprise);
    },
  });

  const ofSimulation = { params: bookAndIdParams, tags: [tag] };
  const config = { roles: authorities, personOnly: false, streaming: true };
  app.get(
    '/v1/books/:book/simulations/:id/events',
    {
      config,
      schema: { ...ofSimulation, summary: 'The progress of a simulation as server-sent events (event: state), until it ends' },
    },
    async (request, reply) => {
      const { book } = request;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const first = await found(book, id);
      reply.hijack();
      await watch(reply.raw, {
        first,
        signal: stopping.signal,
        here: () => {
          const row = simulator.here(id);
          return row && { row, leased: true };
        },
        find: () => findSimulation(book.db, { bookId: book.bookId, simulationId: id }),
        present: ({ row, leased }) => presentSimulation(row, leased),
        isOver: ({ state }) => state !== 'RUNNING' && state !== 'WAITING',
      }).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a watcher of a simulation was left');
        reply.raw.destroy();
      });
      return reply;
    },
  );

  // Beside the lane: nothing of the book follows from it, and to cancel what is cancelled is the same as doing it once.
  app.delete(
    '/v1/books/:book/simulations/:id',
    {
      config: { roles: starters, personOnly: false, verb: 'simulation.cancel' },
      schema: {
        ...ofSimulation,
        summary: 'Cancel a simulation that is under way or waits',
        response: { 200: schema.simulationListed, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { bookId, db } = request.book;
      const { id } = request.params as z.output<typeof bookAndIdParams>;
      const cancelled = await cancelSimulation(db, { bookId, simulationId: id, now: clock.now() });
      const { row } = cancelled ? { row: cancelled } : await found(request.book, id);
      if (row.state !== 'CANCELLED') throw new Problem('SIMULATION_ENDED', { state: row.state });
      simulator.cancelled(id);
      return reply.send(presentSimulation(row, false));
    },
  );
}

/** Where a page of legal persons ended, as its cursor says. */
function reachedOf(cursor: string | undefined): Reached | undefined {
  if (cursor === undefined) return undefined;
  const [, difference, legalPersonUscc] = /^(-?\d{1,18}) (\w{1,40})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  // Refused in the same words as every other cursor.
  if (difference === undefined || legalPersonUscc === undefined) {
    idOfCursor(cursorOf('-'));
    return undefined;
  }
  return { differenceFen: BigInt(difference), legalPersonUscc };
}
