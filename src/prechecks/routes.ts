import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { bookParams, problem } from '../../schemas/common.js';
import { precheck, prechecked } from '../../schemas/prechecks.js';
import { shanghaiDay } from '../calendar.js';
import type { Parts } from '../http/parts.js';
import { languageOf } from '../http/problem.js';
import { everyRole } from '../http/routes.js';
import { gather } from './gather.js';
import { bestOf, outlooksOf } from './outlook.js';
import { presentPrecheck } from './present.js';

export function precheckRoutes(app: FastifyInstance, parts: Parts): void {
  // It writes nothing and takes no lane; it is a POST because its facts are too many for an address.
  app.post(
    '/v1/books/:book/prechecks',
    {
      config: { roles: everyRole, personOnly: false, writesNothing: true },
      schema: {
        tags: ['prechecks'],
        summary:
          'Pre-check (能领多少、差什么): what every programme in force would give, what is missing, and the best combination',
        params: bookParams,
        body: precheck,
        response: { 200: prechecked, '4xx': problem, '5xx': problem },
      },
    },
    async (request, reply) => {
      const { book, principal } = request;
      // By the whole book: what is left for others to claim decides what one can have. Whose facts are asked about, the request may say.
      const body = request.body as z.output<typeof precheck>;
      const today = shanghaiDay(parts.clock.now());
      const gathered = await book.traffic.beside.run(() => gather(book.db, book, { body, today, principal }), {
        gone: () => reply.raw.destroyed,
      });
      const outlooks = outlooksOf(gathered.facts, gathered.candidates);
      const answer = presentPrecheck(gathered, outlooks, bestOf(gathered.facts, outlooks), {
        language: languageOf(request),
        explain: body.explain,
      });
      // As text: a hundred kilobytes that have been made to their type would be taken apart once more against the schema, which cost as
      // much as finding them out. The tests hold every answer against it.
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer));
    },
  );
}
