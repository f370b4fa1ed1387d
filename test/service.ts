/**
 * A started service for tests: the app on a fresh database, a book with one key per role, a clock that stands where it
 * is put. Not a test itself.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { connect, ConnectionLost, type Database } from '../db/client.js';
import type { FirstOperator } from '../src/access/create-book.js';
import { createBook } from '../src/access/create-book.js';
import type { AppOptions } from '../src/app.js';
import { build } from '../src/app.js';
import type { Books } from '../src/http/books.js';
import { Facts, Loader } from '../src/ledger/facts.js';
import type { FieldAlgorithm, FieldKeys } from '../src/sealer.js';
import type { Role } from '../schemas/access.js';
import { Canaries } from './canaries.js';
import { type TestDatabase, testDatabase } from './database.js';

/** What a request answered: status, parsed body, headers. Bodies are what the wire says; a test asserts what it needs. */
export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever the wire said
  body: any;
  headers: Record<string, unknown>;
}

export interface CallOptions {
  key?: string;
  headers?: Record<string, string>;
}

export interface TestClock {
  now: () => Date;
  /** An instant (RFC 3339), or a day: 10:00 that day in Shanghai. */
  set: (to: string | Date) => void;
}

/** A caller: a member with its API key. */
export interface Caller {
  memberId: string;
  personId: string;
  secret: string;
  post: (url: string, body?: unknown, options?: CallOptions) => Promise<Answer>;
  get: (url: string, options?: CallOptions) => Promise<Answer>;
}

export interface TestBook {
  code: string;
  bookId: string;
  operator: Caller;
  /** The second operator, who confirms whom the first one registers. */
  colleague: Caller;
  /** A new person (or `personId`) in a role, with a key. Machines by `kind`. */
  member: (
    role: Role,
    of?: { uscc?: string; personId?: string; personName?: string; kind?: 'PERSON' | 'MACHINE' },
  ) => Promise<Caller>;
}

/** `db` and `owner` look at the book that was made first; the app has sessions without a context, as in production. */
export interface Service extends TestDatabase {
  /** What is sent past `call` is to be told it, so that it is looked for too. */
  canaries: Canaries;
  /** What the app seals with. */
  fieldKey: FieldKeys;
  app: FastifyInstance;
  books: Books;
  clock: TestClock;
  /** Raw call below `/v1/books/{book}`, with or without a key. */
  call(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    of?: { secret?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  newBook(code: string, name?: string): Promise<TestBook>;
  /** A second process on the same database, as far as one process can be two: its own app, lanes and connections. */
  secondApp(of?: Pick<AppOptions, 'bearerMayApprove'>): Promise<{ app: FastifyInstance; books: Books }>;
}

/** A ring of new keys, one by each algorithm. */
const ringOf = (...algorithms: FieldAlgorithm[]): FieldKeys => ({
  ring: algorithms.map((algorithm, i) => ({ id: `k${i + 1}`, algorithm, secret: randomBytes(32) })),
  fingerprint: randomBytes(32),
});

const atTen = (to: string): Date => new Date(/^\d{4}-\d{2}-\d{2}$/.test(to) ? `${to}T10:00:00+08:00` : to);

export async function startService(
  t: { teardown(handler: () => Promise<void>): void },
  options: { now?: string } & Pick<
    AppOptions,
    | ('lane' | 'bodyLimit' | 'limits' | 'evidence' | 'exchangeKeys' | 'webhookHosts')
    | ('bearerMayApprove' | 'publicOrigin' | 'issuers' | 'hstsSeconds')
  > = {},
): Promise<Service> {
  const database = await testDatabase(t);
  let now = atTen(options.now ?? '2024-07-01');
  const clock: TestClock = {
    now: () => now,
    set: (to) => {
      now = typeof to === 'string' ? atTen(to) : to;
    },
  };
  const { now: _, ...rest } = options;
  const fieldKey = ringOf('aes-256-gcm', 'sm4-ctr-hmac-sm3');
  // A person's key does all that a test asks of it, unless the test is about that.
  const settings = { bearerMayApprove: true, ...rest, clock, fieldKey, settableClock: { now: clock.now, set: clock.set } };
  const canaries = new Canaries();
  const { app, books } = await build({ ...settings, db: database.db, logger: canaries.logger });
  await app.ready();
  t.teardown(async () => {
    await app.close();
    canaries.check();
    await compareMemory(books);
  });

  const call: Service['call'] = async (method, url, of = {}) => {
    const payload = of.body === undefined || typeof of.body === 'string' ? of.body : JSON.stringify(of.body);
    if (payload !== undefined) canaries.sent(payload);
    const response = await app.inject({
      method,
      url,
      headers: {
        ...(of.secret === undefined ? {} : { authorization: `Bearer ${of.secret}` }),
        ...(of.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...of.headers,
      },
      ...(payload === undefined ? {} : { payload }),
    });
    const text = response.body;
    canaries.answered(`${method} ${url}`, response.statusCode, text);
    const isJson = /[/+]json/.test(String(response.headers['content-type'] ?? ''));
    return { status: response.statusCode, body: isJson ? (JSON.parse(text) as unknown) : text, headers: response.headers };
  };

  const caller = (book: string, memberId: string, personId: string, secret: string): Caller => ({
    memberId,
    personId,
    secret,
    post: (url, body, o = {}) =>
      call('POST', `/v1/books/${book}${url}`, {
        secret,
        body,
        headers: { ...(o.key === undefined ? {} : { 'idempotency-key': o.key }), ...o.headers },
      }),
    get: (url, o = {}) => call('GET', `/v1/books/${book}${url}`, { secret, ...(o.headers ? { headers: o.headers } : {}) }),
  });

  let first: string | undefined;
  const newBook = async (code: string, name = code): Promise<TestBook> => {
    const { bookId, operators } = await createBook(
      database.owner,
      async (_id, of) => {
        const book = await books.find(of);
        if (!book) throw new Error('the new book cannot be found');
        return book.lane;
      },
      clock.now(),
      { code, name, divisionCode: '410100', operatorNames: ['平台运营', '平台复核'] },
    );
    first ??= bookId;
    const operatorOf = async ({ memberId, key }: FirstOperator) => {
      const me = await call('GET', `/v1/books/${code}/me`, { secret: key });
      return caller(code, memberId, me.body.personId as string, key);
    };
    const [operator, colleague] = await Promise.all([operatorOf(operators[0]), operatorOf(operators[1])]);
    const member: TestBook['member'] = async (role, of = {}) => {
      const made = expectStatus(
        await operator.post('/members', {
          ...(of.personId === undefined
            ? { personName: of.personName ?? `${role}-${randomBytes(3).toString('hex')}` }
            : { personId: of.personId }),
          role,
          kind: of.kind ?? 'PERSON',
          ...(of.uscc === undefined ? {} : { legalPersonUscc: of.uscc }),
        }),
        201,
      );
      const [key] = await Promise.all([
        operator.post(`/members/${made.memberId}/keys`, {}).then((answer) => expectStatus(answer, 201)),
        made.status === 'PROPOSED'
          ? colleague.post(`/members/${made.memberId}/confirm`, {}).then((answer) => expectStatus(answer, 200))
          : undefined,
      ]);
      return caller(code, made.memberId as string, made.personId as string, key.secret as string);
    };
    return { code, bookId, operator, colleague, member };
  };

  const inFirst = (of: Database): Database => (first === undefined ? of : of.as({ book: first, legalPerson: null }));
  return {
    ...database,
    canaries,
    get db() {
      return inFirst(database.db);
    },
    get owner() {
      return inFirst(database.owner);
    },
    fieldKey,
    app,
    books,
    clock,
    call,
    newBook,
    secondApp: async (of = {}) => {
      const db = connect({ url: database.urls.app });
      const second = await build({ ...settings, ...of, db });
      t.teardown(async () => {
        await second.app.close();
        await db.close(1);
      });
      await second.app.ready();
      return second;
    },
  };
}

/**
 * What a lane remembers is what the database says: checked after every test that starts a service, wherever the head is
 * still where the lane left it.
 */
async function compareMemory(books: Books): Promise<void> {
  for (const { bookId, code, db, lane } of books.all()) {
    const { remembered } = lane;
    // A test may have taken the database away.
    const [head] = await db.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`.catch(
      (error: unknown) => {
        if (error instanceof ConnectionLost) return [];
        throw error;
      },
    );
    if (!remembered || head?.seq !== remembered.seq) continue;
    await db.begin(async (tx) => {
      const facts = new Facts(bookId, code);
      const loader = new Loader(tx, bookId, facts);
      for (const of of remembered.facts.everything()) {
        if ('account' in of) {
          await loader.accounts([of.account]);
          assert.equal(of.balanceFen, facts.balance(of.account), `remembered balance of ${of.account.code}`);
        } else {
          const [row] = await loader.load(of.shelf, 'id', [of.id]);
          assert.deepEqual(of.row, row, `remembered row of ${of.shelf.name}`);
        }
      }
    });
  }
}

/** The body of an answer that must have this status; else an error that shows what came instead. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever the wire said
export function expectStatus(answer: Answer, status: number): any {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as unknown;
}
