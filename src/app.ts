// build(): the app, testable without a port. Routes are slices'; here they are put together with what all of them need:
// who is calling, refusals as problems, the API's description, health and metrics.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import Fastify, { LogController } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import type { Database } from '../db/client.js';
import { expectedSchemaVersion, schemaVersion } from '../db/migrate.js';
import { problem } from '../schemas/common.js';
import { Principals } from './access/principal.js';
import { accessRoutes } from './access/routes.js';
import { applicationRoutes } from './applications/routes.js';
import { shanghaiDay } from './calendar.js';
import { contractRoutes } from './contracts/routes.js';
import { enterpriseRoutes } from './enterprises/routes.js';
import { Books } from './http/books.js';
import { demoRoutes } from './http/demo.js';
import type { Parts } from './http/parts.js';
import { handleError, Problem, sendProblem } from './http/problem.js';
import type { Clock, LaneOptions } from './ledger/lane.js';
import { ledgerRoutes } from './ledger/routes.js';
import { programmeRoutes } from './programmes/routes.js';
import { providerRoutes } from './providers/routes.js';
import { redemptionRoutes } from './redemptions/routes.js';
import { settlementRoutes } from './settlements/routes.js';
import { usageRoutes } from './usage/routes.js';
import { voucherRoutes } from './vouchers/routes.js';
import { makeSealer } from './sealer.js';

export interface AppOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** 32 bytes: seals bank account numbers. */
  readonly fieldKey: Buffer;
  readonly logger?: FastifyBaseLogger;
  /** Demo and test mode: the clock can be set over HTTP. */
  readonly settableClock?: SettableClock;
  /** For the benchmark's baseline and for tests of the lane's bounds. */
  readonly lane?: Partial<Pick<LaneOptions, 'maxBatch' | 'workers' | 'maxQueue'>>;
  /** Request bodies, in bytes; 1 MiB unless a route says otherwise. */
  readonly bodyLimit?: number;
}

type SettableClock = Clock & { set(now: Date): void };

declare module 'fastify' {
  interface FastifyContextConfig {
    roles?: readonly string[];
    personOnly?: boolean;
    /** A command: whoever sends it is judged again in the lane of its book. */
    inLane?: boolean;
  }
}

/** The app, ready to listen or to be injected into. Closing it drains the lanes; the database is the caller's. */
export async function build(options: AppOptions): Promise<{ app: FastifyInstance; books: Books }> {
  const { db, clock } = options;
  const app = Fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    routerOptions: { ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    // A client that is slow to send holds a connection this long at most.
    requestTimeout: 20_000,
    return503OnClosing: true,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  acceptJson(app);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new Problem('NOT_FOUND')));

  const metrics = makeMetrics();
  const books = new Books(db, clock, {
    ...options.lane,
    onBatch: ({ size, milliseconds }) => {
      metrics.batchSize.observe(size);
      metrics.batchSeconds.observe(milliseconds / 1000);
    },
    onError: (error, context) => {
      app.log.warn({ err: error, ...context }, 'a batch failed and is narrowed down or tried again');
    },
  });
  const principals = new Principals(db);
  const parts: Parts = { db, clock, principals, sealer: makeSealer(options.fieldKey) };

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    request.log.debug({ method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
  // Before anything of the address is looked up: the database holds no NUL.
  app.addHook('onRequest', async (request) => {
    if (request.url.includes('%00')) throw new Problem('TEXT_NOT_ALLOWED');
  });
  // A command without a body is a command with an empty one.
  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST' && (request.body === undefined || request.body === null)) request.body = {};
  });

  // While stopping, a connection is closed as soon as its last request is answered; else it would be waited for.
  app.addHook('preClose', async () => {
    const closing = setInterval(() => app.server.closeIdleConnections(), 50);
    app.server.once('close', () => clearInterval(closing));
  });

  await describe(app);

  await app.register(async (scope) => {
    scope.decorateRequest('book');
    scope.decorateRequest('principal');
    scope.addHook('onRequest', async (request) => {
      const { book: code } = request.params as { book: string };
      const [scheme, bearer] = (request.headers.authorization ?? '').split(' ');
      const book = scheme?.toLowerCase() === 'bearer' && bearer ? await books.find(code) : null;
      const { roles, personOnly, inLane } = request.routeOptions.config;
      const principal =
        book && bearer ? await principals.find(book.bookId, bearer, shanghaiDay(clock.now()), inLane === true) : null;
      if (!book || !principal) throw new Problem('UNAUTHENTICATED');
      request.book = book;
      request.principal = principal;
      if (roles && !roles.includes(principal.role))
        throw new Problem('FORBIDDEN', { roles: roles.join(', '), role: principal.role });
      if (personOnly && principal.kind !== 'PERSON') throw new Problem('PERSON_REQUIRED');
    });
    accessRoutes(scope, parts);
    enterpriseRoutes(scope, parts);
    providerRoutes(scope, parts);
    contractRoutes(scope, parts);
    programmeRoutes(scope, parts);
    applicationRoutes(scope, parts);
    voucherRoutes(scope, parts);
    usageRoutes(scope, parts);
    redemptionRoutes(scope, parts);
    settlementRoutes(scope, parts);
    ledgerRoutes(scope, parts);
  });
  if (options.settableClock) demoRoutes(app, options.settableClock);

  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
  app.get('/health/live', { schema: { hide: true } }, async () => ({ status: 'live' }));
  app.get('/health/ready', { schema: { hide: true } }, async (request, reply) => {
    const [found, expected] = await Promise.all([schemaVersion(db), expectedSchemaVersion()]);
    if (found !== expected) {
      request.log.warn({ found, expected }, 'the database is at another schema version');
      return reply.code(503).send({ status: 'not ready', schema: { found, expected } });
    }
    return { status: 'ready', schema: found };
  });
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    metrics.queue.reset();
    for (const [book, depth] of books.depths()) metrics.queue.set({ book }, depth);
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  app.addHook('onClose', () => books.close());
  return { app, books };
}

async function describe(app: FastifyInstance): Promise<void> {
  const schemaRegistry = z.registry<{ id?: string }>();
  schemaRegistry.add(problem, { id: 'Problem' });
  const transformObject = createJsonSchemaTransformObject({ schemaRegistry });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: '算力券账本 Compute Voucher Ledger',
        version: '0.1.0',
        description:
          'Money is yuan with two decimals as text; days are YYYY-MM-DD in Asia/Shanghai; every POST takes an Idempotency-Key; refusals are RFC 9457 problems with a stable code, in Chinese or English by Accept-Language.',
      },
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of a member of the book' } },
      },
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: (document) => withoutUnusedSchemas(transformObject(document)),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', logLevel: 'silent' });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/** JSON that can be kept: no NUL, no half of a surrogate pair; the default parser refuses prototype keys. */
function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    void parse(request, body, (error, value: unknown) => {
      // Either can only come in by an escape: a body without one is not looked through.
      if (!error && body.includes('\\u') && !isKeepable(value)) done(new Problem('TEXT_NOT_ALLOWED'));
      else done(error, value);
    });
  });
}

function isKeepable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, of]) => isKeepable(key) && isKeepable(of));
}

/** The transform writes every schema twice, as input and as output; what nothing refers to is left out. */
function withoutUnusedSchemas<Document extends object>(document: Document): Document {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const text = JSON.stringify(document);
  for (const name of Object.keys(components?.schemas ?? {})) {
    if (!text.includes(`"#/components/schemas/${name}"`)) delete components?.schemas?.[name];
  }
  return document;
}

function makeMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: 'http_request_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [registry],
    }),
    batchSize: new Histogram({
      name: 'lane_batch_commands',
      help: 'Commands in a batch of a lane',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers: [registry],
    }),
    batchSeconds: new Histogram({
      name: 'lane_batch_seconds',
      help: 'Time from the lock of a batch to its commit',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers: [registry],
    }),
    queue: new Gauge({
      name: 'lane_queue_commands',
      help: 'Commands waiting for a lane',
      labelNames: ['book'],
      registers: [registry],
    }),
  };
}
