// Demo and test mode only: a clock that can be set, so that three past months can be lived through the API.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formatInstant, parseInstant } from '../calendar.js';
import type { Clock } from '../ledger/lane.js';
import { Problem } from './problem.js';

const clockBody = z.strictObject({ now: z.string().meta({ description: 'RFC 3339 with offset' }) });

export function demoRoutes(app: FastifyInstance, clock: Clock & { set(now: Date): void }): void {
  app.post(
    '/v1/demo/clock',
    {
      schema: {
        tags: ['demo'],
        summary: 'Set the clock (demo and test mode only)',
        body: clockBody,
        response: { 200: clockBody },
      },
    },
    async (request) => {
      const now = parseInstant((request.body as z.output<typeof clockBody>).now);
      if (!now) throw new Problem('VALIDATION_FAILED', {}, [{ pointer: '/now', code: 'DAY_INVALID' }]);
      clock.set(now);
      return { now: formatInstant(clock.now()) };
    },
  );
}
