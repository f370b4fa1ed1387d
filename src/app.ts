// build(): the app, testable without a port. Routes are slices'; here they are put together with what all of them need:
// who is calling, refusals as problems, the API's description, health and metrics.
import { tmpdir } from 'node:os';
import path from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify, { LogController } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import type { Database } from '../db/client.js';
import { expectedSchemaVersion, schemaVersion } from '../db/migrate.js';
import { problem } from '../schemas/common.js';
import type { ExchangeKey, Issuer } from '../schemas/settings.js';
import type { Principal } from './access/principal.js';
import { Principals } from './access/principal.js';
import { standIns } from './access/delegable.js';
import { personRoutes } from './access/person-routes.js';
import { accessRoutes } from './access/routes.js';
import { accessOf } from './access-trail/of-request.js';
import { accessTrailRoutes } from './access-trail/routes.js';
import { AccessTrail } from './access-trail/trail.js';
import { applicationRoutes } from './applications/routes.js';
import { approvalRoutes } from './approvals/routes.js';
import { bankRoutes } from './bank/routes.js';
import { bulkRoutes } from './bulk/routes.js';
import { calendarRoutes } from './calendars/routes.js';
import { contractRoutes } from './contracts/routes.js';
import { correctionRoutes } from './corrections/routes.js';
import { Daily } from './daily.js';
import { dashboardRoutes } from './dashboard/routes.js';
import { decisionLetterRoutes } from './decision-letters/routes.js';
import { enterpriseRoutes } from './enterprises/routes.js';
import { loadMappings, shippedMappings } from './evidence-files/digital-invoice.js';
import { evidenceFileRoutes } from './evidence-files/routes.js';
import { folderStore } from './evidence-files/store.js';
import { expertRoutes } from './experts/routes.js';
import { flagRoutes } from './flag-reviews/routes.js';
import { accessTold, securitySchemes } from './http/access-told.js';
import { Books } from './http/books.js';
import type { ConnectionCounts } from './http/connections.js';
import { answerClientError, boundConnections, serverOptions } from './http/connections.js';
import { demoRoutes } from './http/demo.js';
import type { Demands, Way } from './http/identify.js';
import { actingAs, checkedBody, forbidden, wayOf } from './http/identify.js';
import { Door } from './http/door.js';
import type { Limits } from './http/limits.js';
import { limitsOfApp } from './http/limits.js';
import type { Evidence, OpenBook, Parts } from './http/parts.js';
import type { Told } from './http/problem.js';
import { acceptJson } from './http/json.js';
import { policyOfDocs, securityHeaders } from './http/security-headers.js';
import { doubledHeader } from './http/single-headers.js';
import { handleError, Problem, sendProblem, tellProblem } from './http/problem.js';
import type { Clock, LaneOptions } from './ledger/lane.js';
import { invoiceExchangeRoutes } from './invoice-exchange/routes.js';
import { ledgerRoutes } from './ledger/routes.js';
import { legalPersonRoutes } from './legal-persons/routes.js';
import { messageRoutes } from './messages/routes.js';
import { monthRoutes } from './months/routes.js';
import { tellBuilt } from './months/tell-built.js';
import { noticeRoutes } from './notices/routes.js';
import { payeeRoutes } from './payees/routes.js';
import { precheckRoutes } from './prechecks/routes.js';
import { programmeRoutes } from './programmes/routes.js';
import { providerRoutes } from './providers/routes.js';
import { lookThrough } from './reconciliation/look-through.js';
import { reconciliationRoutes } from './reconciliation/routes.js';
import { recoveriesFallDue } from './recoveries/fall-due.js';
import { recoveryRoutes } from './recoveries/routes.js';
import { lapseDue } from './redemptions/lapse.js';
import { tellApproved } from './redemptions/tell-approved.js';
import { redemptionRoutes } from './redemptions/routes.js';
import { bookAwards } from './reimbursements/book-awards.js';
import { collectBatches } from './settlements/collect-lines.js';
import { instructPayments } from './settlements/instruct-payments.js';
import { reimbursementRoutes } from './reimbursements/routes.js';
import { reportRoutes } from './reports/routes.js';
import { Issuers } from './sign-in/issuers.js';
import { Passwords } from './sign-in/passwords.js';
import { signInRoutes } from './sign-in/routes.js';
import { settlementRoutes } from './settlements/routes.js';
import { simulationRoutes } from './simulations/routes.js';
import { successionRoutes } from './successions/routes.js';
import { decideOverdue } from './usage/decide-overdue.js';
import { remindOfDeadline } from './usage/remind-confirming.js';
import { usageRoutes } from './usage/routes.js';
import { expireDue } from './vouchers/expire-due.js';
import { remindOfActivation, remindOfLastDay } from './vouchers/remind-expiring.js';
import { voucherRoutes } from './vouchers/routes.js';
import { WebhookSender } from './webhooks/deliver.js';
import { webhookRoutes } from './webhooks/routes.js';
import { makeSend } from './webhooks/send.js';
import { workQueueRoutes } from './work-queues/routes.js';
import type { FieldKeys } from './sealer.js';
import { makeSealer } from './sealer.js';

export interface AppOptions {
  /** For everything beside the lanes, and for these too where they have no `laneDb`. */
  readonly db: Database;
  /** Sessions of the lanes alone: no flood of readings can make a command wait for one. */
  readonly laneDb?: Database;
  /** Readings and the like that run at once; see http/shares.ts. A reading sends up to four statements at a time. */
  readonly places?: number;
  readonly clock: Clock;
  /** What bank account numbers and personal data are sealed by: 32 bytes, or a ring of keys. */
  readonly fieldKey: Buffer | FieldKeys;
  readonly logger?: FastifyBaseLogger;
  /** Demo and test mode: the clock can be set over HTTP. */
  readonly settableClock?: SettableClock;
  /** For the benchmark's baseline and for tests of the lane's bounds. */
  readonly lane?: Partial<Pick<LaneOptions, 'maxBatch' | 'workers' | 'maxQueue'>>;
  /** Request bodies, in bytes; 1 MiB unless a route says otherwise. */
  readonly bodyLimit?: number;
  /** Evidence files; unless said, up to 20 MiB each, in a folder beside the system's temporary files. */
  readonly evidence?: Partial<Omit<Evidence, 'damaged'>>;
  /** Keys shared with services of other cities, for the exchange of invoices' hashes; none unless said. */
  readonly exchangeKeys?: readonly ExchangeKey[];
  /** How long browsers shall ask for this host by TLS alone; 0 (unless said): nothing is told, for nothing in front speaks TLS. */
  readonly hstsSeconds?: number;
  /** Hosts that webhooks may be sent to, `*.` before one for all below it; none unless said. */
  readonly webhookHosts?: readonly string[];
  /** Whether a person's bare bearer key may approve, pay and the like; not unless said. */
  readonly bearerMayApprove?: boolean;
  /** Where people reach this service, e.g. `https://voucher.example.cn`. */
  readonly publicOrigin?: string | undefined;
  /** Issuers of OpenID Connect by which people can sign in; they need `publicOrigin`. */
  readonly issuers?: readonly Issuer[];
  /** What differs from `limitsOfApp`; rates are unlimited unless said here. */
  readonly limits?: Partial<Limits>;
}

type SettableClock = Clock & { set(now: Date): void };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Open to everybody: a key is neither asked for nor looked at. */
    open?: boolean;
    /** A command: whoever sends it is judged again in the lane of its book. */
    inLane?: boolean;
    /** What it answers is personal, a bank account or a secret. */
    sensitive?: boolean;
    /** May be approved in another's place: whose place, and whether, is judged in the lane. */
    delegable?: boolean;
  }
}

/** The app, ready to listen or to be injected into. Closing it drains the lanes; the database is the caller's. */
export async function build(options: AppOptions): Promise<{ app: FastifyInstance; books: Books }> {
  const { db, clock } = options;
  const limits: Limits = { ...limitsOfApp, ...options.limits };
  const tellBrowser = securityHeaders(options.hstsSeconds ?? 0);
  const app = Fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    routerOptions: { ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    http: serverOptions(limits),
    keepAliveTimeout: limits.keepAliveMs,
    // Node's is one for all routes; the door has a deadline for each (see http/door.ts), and answers while stopping.
    requestTimeout: 0,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    // Addresses that no route can be looked up by (a broken escape, a part of absurd length): no hook runs for these.
    frameworkErrors: (_error, request, reply) => {
      tellBrowser(request.url, reply.raw);
      tellProblem(request, reply, { code: 'ADDRESS_MALFORMED' });
    },
    ...(limits.trustedProxies === 0 ? {} : { trustProxy: (_address: string, hop: number) => hop < limits.trustedProxies }),
  });
  const connections = boundConnections(app.server, limits);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  acceptJson(app);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new Problem('NOT_FOUND')));

  const metrics = makeMetrics();
  const door = new Door(limits, options.places ?? 4);
  const maxBatch = options.lane?.maxBatch ?? 256;
  const maxCommands = options.lane?.maxQueue ?? 4096;
  const books = new Books(
    db,
    clock,
    {
      ...options.lane,
      ...(options.laneDb ? { db: options.laneDb } : {}),
      onBatch: ({ size, milliseconds }) => {
        metrics.batchSize.observe(size);
        metrics.batchSeconds.observe(milliseconds / 1000);
      },
      onError: (error, context) => {
        app.log.warn({ err: error, ...context }, 'a batch failed and is narrowed down or tried again');
      },
    },
    (lane) => door.trafficOf(lane, { maxCommands, maxBatch }),
  );
  const principals = new Principals(db);
  const evidence: Evidence = {
    store: options.evidence?.store ?? folderStore(path.join(tmpdir(), 'compute-voucher-evidence')),
    limit: options.evidence?.limit ?? 20 * 1024 * 1024,
    mappings: options.evidence?.mappings ?? loadMappings(shippedMappings),
    damaged: { count: 0 },
  };
  const trail = new AccessTrail(db, clock, app.log);
  const demands: Demands = { bearerMayApprove: options.bearerMayApprove ?? false, publicOrigin: options.publicOrigin };
  const parts: Parts = {
    db,
    clock,
    principals,
    signIn: { passwords: new Passwords(), issuers: new Issuers(options.issuers ?? [], options.publicOrigin) },
    sealer: makeSealer(options.fieldKey),
    evidence,
    verbs: new Map(),
    exchange: { keys: options.exchangeKeys ?? [] },
    trail,
    begin: (work, book) => daily.begin(work, book),
    webhookHosts: options.webhookHosts ?? [],
  };

  // These hooks are callbacks, for every request pays for them; one that has answered does not go on.
  app.decorateRequest('flight');
  app.addHook('onResponse', (request, reply, done) => {
    const { route } = request.flight;
    door.leave(request.flight);
    const access = accessOf(request, reply.statusCode, (code) => books.known(code));
    if (access) trail.record(access);
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    request.log.debug({ method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { url, raw } = request;
    tellBrowser(url, reply.raw);
    const watching = url === '/metrics' || url === '/health/live';
    // What belongs to a book is counted by its key.
    const counted = watching || url.startsWith('/v1/books/') || url === '/health/ready';
    const sentAway = door.arrive(request, reply, watching) ?? (counted ? null : door.takeOfAddress(request, reply));
    if (sentAway) turnAway(request, reply, sentAway);
    // Before anything of the address is looked up: the database holds no NUL.
    else if (url.includes('%00')) done(new Problem('TEXT_NOT_ALLOWED'));
    // An address with a host in it would be routed like any other, but is another text to whoever looks how it begins.
    else if (!url.startsWith('/')) done(new Problem('ADDRESS_MALFORMED'));
    else {
      const doubled = doubledHeader(raw.rawHeaders);
      if (doubled === null) done();
      else done(new Problem('HEADER_TWICE', { name: doubled }));
    }
  });
  // A command without a body is a command with an empty one.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.method === 'POST' && (request.body === undefined || request.body === null)) request.body = {};
    done();
  });

  // While stopping, a connection is closed as soon as its last request is answered; else it would be waited for.
  app.addHook('preClose', async () => {
    door.stop();
    const closing = setInterval(() => app.server.closeIdleConnections(), 50);
    app.server.once('close', () => clearInterval(closing));
  });

  await describe(app);

  await app.register(async (scope) => {
    scope.decorateRequest('book');
    scope.decorateRequest('db');
    scope.decorateRequest('principal');
    const identify = async (code: string, way: Way, inLane: boolean) => {
      const book = books.known(code) ?? (await books.find(code));
      const principal = book && (await way.look(book.bookId, inLane));
      return principal ? { book, principal } : null;
    };
    scope.addHook('onRequest', (request, reply, done) => {
      const { book: code } = request.params as { book: string };
      const { config = {} } = request.flight;
      const { delegable, inLane = false, open: isOpen = false } = config;
      const inPlace = delegable === true && request.headers['on-behalf-of'] !== undefined;
      const demanded = inPlace ? { ...config, roles: standIns } : config;
      const way = isOpen ? null : wayOf(request, code, { db, principals, clock, publicOrigin: options.publicOrigin });
      if (way && 'code' in way) {
        turnAway(request, reply, door.takeOfAddress(request, reply) ?? way);
        return;
      }
      const name = `${code} ${way?.name ?? ''}`;
      const open = books.known(code);
      const keyless = () => (isOpen ? door.takeOfAddress(request, reply) : stranger(request, reply));
      const early = door.before(request, reply, open, name) ?? (way ? null : keyless());
      if (early) {
        turnAway(request, reply, early);
        return;
      }
      const admit = (found: { book: OpenBook; principal: Principal } | null): void => {
        // Also for what goes no further: the trail of access names who was refused.
        if (found) request.principal = found.principal;
        const refusal = found
          ? (door.takeOfKey(reply, name) ??
            door.enter(request, found.book) ??
            forbidden(request, found.principal, demanded, demands, clock.now()))
          : (door.takeOfAddress(request, reply) ?? { code: way?.unknown ?? 'UNAUTHENTICATED' });
        if (refusal || !found) {
          turnAway(request, reply, refusal ?? { code: 'UNAUTHENTICATED' });
          return;
        }
        request.book = found.book;
        request.principal = actingAs(found.principal, request.method, demanded) ?? found.principal;
        request.db = eyesOf(found.book, request.principal);
        door.goOn(found.book.traffic, done);
      };
      if (!way) {
        const enter = (book: OpenBook | undefined): void => {
          const refusal = book ? door.enter(request, book) : { code: 'NOT_FOUND' as const };
          if (refusal || !book) {
            turnAway(request, reply, refusal ?? { code: 'NOT_FOUND' });
            return;
          }
          request.book = book;
          request.db = book.db;
          door.goOn(book.traffic, done);
        };
        const look = async () => books.known(code) ?? (await books.find(code)) ?? null;
        door.find(name, { book: open, command: false, look }).then((book) => enter(book ?? undefined), done);
        return;
      }
      const { remembered } = way;
      const found = door.find(name, { book: open, command: inLane, remembered, look: () => identify(code, way, inLane) });
      found.then(admit, done);
    });
    scope.addHook('preParsing', (request, _reply, payload, done) => {
      const checked = checkedBody(request, payload);
      if (checked instanceof Promise) checked.then((body) => done(null, body), done);
      else done(null, checked);
    });
    const stranger = (request: FastifyRequest, reply: FastifyReply): Told =>
      door.takeOfAddress(request, reply) ?? { code: 'UNAUTHENTICATED' };
    accessRoutes(scope, parts);
    accessTrailRoutes(scope);
    signInRoutes(scope, parts);
    personRoutes(scope, parts);
    approvalRoutes(scope, parts);
    calendarRoutes(scope, parts);
    enterpriseRoutes(scope, parts);
    providerRoutes(scope, parts);
    payeeRoutes(scope, parts);
    contractRoutes(scope, parts);
    correctionRoutes(scope, parts);
    decisionLetterRoutes(scope);
    recoveryRoutes(scope, parts);
    legalPersonRoutes(scope, parts);
    programmeRoutes(scope, parts);
    expertRoutes(scope, parts);
    applicationRoutes(scope, parts);
    voucherRoutes(scope, parts);
    usageRoutes(scope, parts);
    redemptionRoutes(scope, parts);
    reimbursementRoutes(scope, parts);
    flagRoutes(scope, parts);
    invoiceExchangeRoutes(scope, parts);
    noticeRoutes(scope, parts);
    messageRoutes(scope, parts);
    successionRoutes(scope, parts);
    settlementRoutes(scope, parts);
    bankRoutes(scope, parts);
    reconciliationRoutes(scope, parts);
    monthRoutes(scope, parts);
    evidenceFileRoutes(scope, parts);
    precheckRoutes(scope, parts);
    bulkRoutes(scope, parts);
    simulationRoutes(scope, parts);
    ledgerRoutes(scope);
    dashboardRoutes(scope);
    reportRoutes(scope);
    workQueueRoutes(scope, parts);
    webhookRoutes(scope, parts);
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
    metrics.read(books, door, connections, evidence, trail);
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  // Where it listens, and not where a test only injects: what a test wants to be due it does itself.
  // Usage is decided before vouchers end, and what waits on these lapses with them.
  const dueWorks = [decideOverdue, expireDue, lapseDue, recoveriesFallDue, bookAwards, collectBatches, instructPayments, lookThrough];
  const works = [...dueWorks, remindOfLastDay, remindOfActivation, remindOfDeadline, tellApproved, tellBuilt];
  const daily = new Daily({ db, clock, log: app.log, open: (code) => books.find(code), works });
  const webhooks = new WebhookSender({
    db,
    clock,
    sealer: parts.sealer,
    send: makeSend(),
    hosts: parts.webhookHosts,
    log: app.log,
    open: (code) => books.find(code),
  });
  app.addHook('preClose', () => webhooks.close());
  app.addHook('onListen', (done) => {
    webhooks.start();
    daily.start();
    done();
  });
  app.addHook('preClose', () => daily.close());

  app.addHook('onClose', async () => {
    await books.close();
    await Promise.all([trail.close(), principals.settled()]);
    door.close();
  });
  return { app, books };
}

/** Answers a request that goes no further. What is told to come back later does not keep the thread meanwhile. */
function turnAway(request: FastifyRequest, reply: FastifyReply, told: Told): void {
  request.flight.sentAway = told.retryAfter !== undefined;
  sendProblem(request, reply, told);
}

/** With whose eyes the book is read: a legal person's of the trade, or the authorities'. */
const eyesOf = ({ bookId, db }: OpenBook, { legalPersonUscc }: Principal): Database =>
  legalPersonUscc === null ? db : db.as({ book: bookId, legalPerson: legalPersonUscc });

async function describe(app: FastifyInstance): Promise<void> {
  const schemaRegistry = z.registry<{ id?: string }>();
  schemaRegistry.add(problem, { id: 'Problem' });
  const transform = createJsonSchemaTransform({ schemaRegistry });
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
      components: { securitySchemes },
    },
    transform: (of) => {
      const { schema, url } = transform(of);
      const { method, config = {} } = of.route;
      return { schema: { ...schema, ...(url.startsWith('/v1/books/') ? accessTold(String(method), config) : {}) }, url };
    },
    transformObject: (document) => withoutUnusedSchemas(transformObject(document)),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', logLevel: 'silent', staticCSP: policyOfDocs });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
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
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const queue = new Gauge({
    name: 'lane_queue_commands',
    help: 'Commands waiting for a lane',
    labelNames: ['book'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests let in and not over',
    labelNames: ['book', 'kind'],
    registers,
  });
  const waiting = new Gauge({
    name: 'beside_lane_waiting',
    help: 'Readings and the like that wait for a place beside the lane',
    labelNames: ['book'],
    registers,
  });
  const sentAway = new Counter({
    name: 'http_requests_sent_away_total',
    help: 'Requests answered 503 or 429 before they were read, by reason',
    labelNames: ['reason'],
    registers,
  });
  const cut = new Counter({
    name: 'http_connections_cut_total',
    help: 'Connections ended because their client did not send (body), did not read (answer), or at a stop',
    labelNames: ['reason'],
    registers,
  });
  const open = new Gauge({ name: 'http_connections', help: 'Open connections', registers });
  const refused = new Counter({
    name: 'http_connections_refused_total',
    help: 'Connections refused at a bound of the process or of an address',
    labelNames: ['bound'],
    registers,
  });
  const damaged = new Counter({
    name: 'evidence_files_damaged_total',
    help: 'Downloads that met bytes which are not what was stored',
    registers,
  });
  const trailWaiting = new Gauge({
    name: 'access_trail_waiting',
    help: 'Rows of the trail of access that are not written yet; more than a second’s worth means that they cannot be',
    registers,
  });
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
    /** What others count, taken over when somebody asks. Labels are books that exist and reasons that are listed. */
    read(books: Books, door: Door, connections: ConnectionCounts, evidence: Evidence, trail: AccessTrail): void {
      for (const each of [queue, inFlight, waiting, sentAway, cut, refused, damaged]) each.reset();
      damaged.inc(evidence.damaged.count);
      trailWaiting.set(trail.waiting);
      for (const { code: book, lane, traffic } of books.all()) {
        queue.set({ book }, lane.depth);
        inFlight.set({ book, kind: 'command' }, traffic.commands);
        inFlight.set({ book, kind: 'reading' }, traffic.requests - traffic.commands);
        inFlight.set({ book, kind: 'stream' }, traffic.streams);
        waiting.set({ book }, traffic.beside.waiting);
      }
      for (const [reason, count] of Object.entries(door.sentAway)) sentAway.inc({ reason }, count);
      for (const [reason, count] of Object.entries(door.cut)) cut.inc({ reason }, count);
      for (const [bound, count] of Object.entries(connections.refused)) refused.inc({ bound }, count);
      open.set(connections.open());
    },
  };
}
