/**
 * The only way to a database.
 *
 * The driver (postgres.js 3.4.9) is unsafe when a connection dies inside a transaction: the callback goes on, and its
 * next statement commits by itself on the connection that replaced the dead one; a write that was pending when the
 * socket closed stays in the buffer and blocks every later connection of that slot, or throws where nobody can catch
 * it. All of this lives in the reuse of a connection object after its socket closed. So nothing is reused here:
 *
 * - One session = one driver instance with `max: 1` and a socket factory that hands out one socket, once. A session
 *   that lost its socket can never get another, whatever the driver has queued; it is thrown away.
 * - The pool of sessions, `begin`, `commit` and `rollback` are ours. Every statement in flight is settled by us when
 *   its session is lost, so nothing can hang on a promise the driver forgot.
 * - A transaction holds one session. Once that is gone, or the transaction has ended, every further statement of it
 *   rejects and nothing is sent.
 *
 * How values travel
 * - To the database every parameter goes as text without a type, exactly like a quoted literal: the statement decides
 *   its type (`= ${id}`), or a cast does (`${day}::date`). Cast wherever the statement leaves it open.
 * - Allowed: string, number (finite), bigint, boolean, Date, Uint8Array (bytea), null, and arrays of these with nulls
 *   anywhere. An array becomes one array literal: `unnest(${ids}::uuid[], ${amounts}::bigint[])`. An empty array is
 *   fine. `undefined` is refused. Buffers work in arrays (`${hashes}::bytea[]`).
 * - JSON is handed over as text: `${JSON.stringify(value)}::jsonb`, `${values.map((v) => JSON.stringify(v))}::jsonb[]`.
 * - From the database: int8 → bigint, numeric → string, date → 'YYYY-MM-DD', timestamptz → '2026-11-22T04:28:39.123Z'
 *   (UTC, cut to milliseconds), timestamp → text, json and jsonb parsed, bytea → Buffer, int2, int4, float → number,
 *   one-dimensional arrays of these → arrays, anything else → text. Through drizzle the same (`mode: 'string'` for
 *   days and instants, `mode: 'bigint'` for int8).
 * - A statement inside another is a fragment: sql`select … where ${sql`a = ${1}`}`. Statements start when awaited;
 *   several of one transaction may be awaited together (`Promise.all`), they are sent in order without waiting.
 * - There are no cursors and no COPY: the driver mishandles both when a connection dies. Read in pages, write by unnest.
 */
import net from 'node:net';
import { drizzle as drizzleOver, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import postgres from 'postgres';
import type { MakeRow } from './rows.js';
import { rowsOf } from './rows.js';

export type Parameter = string | number | bigint | boolean | Date | Uint8Array | null | readonly Parameter[];

/** A statement that starts when it is first awaited; unawaited it can stand inside another statement. */
export type Statement<Rows extends readonly object[]> = Promise<Rows & { readonly count: number }>;
type Fragment = Statement<readonly object[]>;

export interface Sql {
  /** The rows, with `.count` (rows returned or changed). The type argument is the rows' type: sql<{ id: string }[]>`…`. */
  <Rows extends readonly object[] = postgres.Row[]>(
    text: TemplateStringsArray,
    ...parameters: readonly (Parameter | Fragment | readonly Fragment[])[]
  ): Statement<Rows>;
  /**
   * A text made at run time. With parameters ($1 …) it is one statement, not kept prepared; without, it may be several
   * statements and can be used as a fragment. Never put a caller's value into the text.
   */
  unsafe<Rows extends readonly object[] = postgres.Row[]>(text: string, parameters?: readonly Parameter[]): Statement<Rows>;
  /** The same for a text that comes back often: one statement, kept prepared by every session (if `prepare` allows). */
  prepared<Rows extends readonly object[] = postgres.Row[]>(text: string, parameters: readonly Parameter[]): Statement<Rows>;
}

export type Drizzle = PgRemoteDatabase;

export interface Tx {
  readonly sql: Sql;
  readonly drizzle: Drizzle;
}

/**
 * Which rows a statement may see: those of one book. The database holds it (row-level security): without a context nothing of any book
 * can be read or written. `legalPerson` (its uscc) says which party reads, null the whole book: of most tables it meets its own rows alone,
 * of the others what its queries say (test/row-security.test.ts lists both).
 */
export interface Context {
  readonly book: string;
  readonly legalPerson: string | null;
}

export interface Database {
  /** Where it is: for another thread of this process, which can be handed no connection. */
  readonly target: Pick<ConnectOptions, 'url' | 'prepare'>;
  /** Single statements, each on its own: reads, and writes that may be repeated. */
  readonly sql: Sql;
  readonly drizzle: Drizzle;
  /**
   * One transaction, READ COMMITTED unless `mode` says otherwise (`isolation level repeatable read read only`).
   * Resolves only after an unquestioned COMMIT. A statement that failed ends the transaction even if `work` caught the
   * error. Rejects with UnknownOutcome when the failure happened at COMMIT, with ConnectionLost when the connection was
   * lost before it (nothing was written). There are no savepoints.
   *
   * Statements that were started and not yet answered when `work` resolves are part of the transaction: COMMIT goes out
   * right behind them, and if one of them fails the server answers it with ROLLBACK and that failure is the rejection.
   *
   * `eager` lets the first statements go out behind BEGIN without waiting for its answer. Should BEGIN ever be refused,
   * they would run outside a transaction: only for work whose statements cannot write there (the lane's, which the
   * database refuses outside the transaction that took it).
   */
  begin<T>(work: (tx: Tx) => Promise<T>, options?: { mode?: string; eager?: boolean }): Promise<T>;
  /**
   * The same sessions, with a context. It is set inside each transaction, so no session keeps it and a pooler may stand in between; a
   * single statement is sent as a transaction of its own in one go, without a further round trip.
   */
  as(context: Context): Database;
  /** Waits for running work (at most `timeoutSeconds`, default 5), then closes every connection. */
  close(timeoutSeconds?: number): Promise<void>;
}

export interface ConnectOptions {
  /** postgres://user:password@host:port/database, with ?sslmode=require or verify-full where wanted. */
  url: string;
  /** Connections at most; 10 unless said otherwise. */
  max?: number;
  /** false for a pooler that cannot keep prepared statements (PgBouncer in transaction mode); default true. */
  prepare?: boolean;
  applicationName?: string;
  /** Milliseconds; 0 = no limit. Defaults: statement 30 s, lock 10 s, idle in transaction 10 s, connect 10 s. */
  statementTimeoutMs?: number;
  lockTimeoutMs?: number;
  idleInTransactionTimeoutMs?: number;
  connectTimeoutMs?: number;
  onNotice?: (notice: postgres.Notice) => void;
}

/** The connection was lost or could not be made. In a transaction: nothing of it was written. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor(cause?: unknown) {
    super('the connection to the database was lost', { cause });
  }
}

/** The failure happened at COMMIT: the transaction may have been written or not. Ask again, never guess. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
  constructor(reason: string, cause?: unknown) {
    super(`the outcome of a transaction is unknown: ${reason}`, { cause });
  }
}

/** A connection lives this long at most, give or take a third, so that a fail-over or a new setting arrives. */
const SESSION_LIFETIME_MS = 45 * 60_000;

/** Opens nothing yet: the first statement does. */
export function connect(options: ConnectOptions): Database {
  return new Over(new Pool(options), options, '');
}

/** A pool, seen in a context: made anew for every request, so its ways to write statements are made when they are asked for. */
class Over implements Database {
  private ownSql: Sql | undefined;
  private ownDrizzle: Drizzle | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly options: ConnectOptions,
    /** Behind BEGIN: what sets the context; '' where there is none. */
    private readonly entering: string,
  ) {}

  get target(): Database['target'] {
    const { url, prepare } = this.options;
    return { url, ...(prepare === undefined ? {} : { prepare }) };
  }

  get sql(): Sql {
    return (this.ownSql ??= sqlOver((start) => this.single(start)));
  }

  get drizzle(): Drizzle {
    return (this.ownDrizzle ??=
      this.entering === ''
        ? drizzleFor((start) => this.single(start))
        : drizzleFor((start) => this.single(start, '; set local plan_cache_mode = force_custom_plan'), true));
  }

  begin<T>(work: (tx: Tx) => Promise<T>, { mode = '', eager = false }: { mode?: string; eager?: boolean } = {}): Promise<T> {
    return transact(this.pool, work, { mode, eager, entering: this.entering });
  }

  as(context: Context): Database {
    return new Over(this.pool, this.options, enteringOf(context));
  }

  close(timeoutSeconds = 5): Promise<void> {
    return this.pool.close(timeoutSeconds * 1000);
  }

  /** `planned`: behind what sets the context, how the statement is planned. */
  private async single(start: Start, planned = ''): Promise<Result> {
    const session = await this.pool.acquire();
    try {
      if (this.entering === '') return await session.run(start);
      // Should BEGIN be refused, the statement meets no context and so no row.
      const [begun, answered, ended] = await Promise.allSettled([
        session.run((client) => client.unsafe(`begin${this.entering}${planned}`)),
        session.run(start),
        session.run((client) => client.unsafe('commit')),
      ]);
      for (const each of [begun, answered, ended]) if (each.status === 'rejected') throw each.reason;
      if (answered.status === 'rejected') throw answered.reason;
      return answered.value;
    } finally {
      this.pool.release(session);
    }
  }
}

/** The statement that sets a context for the rest of its transaction. Sent with BEGIN as one text, so its values are looked at here. */
function enteringOf({ book, legalPerson }: Context): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(book)) throw new Error(`not the id of a book: ${book}`);
  if (legalPerson !== null && !/^[0-9A-Z]{18}$/.test(legalPerson))
    throw new Error(`not the code of a legal person: ${legalPerson}`);
  const settings = { 'voucher.book': book, 'voucher.legal_person': legalPerson ?? '' };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  return `; select ${calls.join(', ')}`;
}

async function transact<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  { mode, eager, entering }: { mode: string; eager: boolean; entering: string },
): Promise<T> {
  if (!/^[a-z ,]*$/i.test(mode)) throw new Error(`not a transaction mode: ${mode}`);
  const session = await pool.acquire();
  try {
    let ended = false;
    let failure: Error | undefined;
    const begun = session.run((client) => client.unsafe(`begin ${mode}${entering}`));
    if (eager) begun.catch((error: unknown) => (failure ??= error as Error));
    else await begun;

    const run: Run = async (start) => {
      if (ended && !session.lost) throw new Error('a statement was sent after its transaction had ended: an await is missing');
      try {
        return await session.run(start);
      } catch (error) {
        failure ??= error as Error;
        throw error;
      }
    };
    const firstFailure = () => failure;

    let value: T;
    try {
      value = await session.unlessLost(work(transaction(run)));
      if (eager) await begun;
      const failed = firstFailure();
      if (failed) throw failed;
    } catch (error) {
      ended = true;
      // A session that cannot even roll back is thrown away, and its transaction with it.
      if (!session.lost) {
        await session.run((client) => client.unsafe('rollback')).catch((fault: unknown) => session.lose(fault));
      }
      // After the first failure PostgreSQL answers 25P02 to everything: the first one is the reason.
      throw sqlStateOf(error) === '25P02' ? (failure ?? error) : error;
    }

    ended = true;
    await commit(session, firstFailure);
    return value;
  } finally {
    pool.release(session);
  }
}

async function commit(session: Session, firstFailure: () => Error | undefined): Promise<void> {
  if (session.lost) throw new ConnectionLost(session.lost.cause);
  session.takeWarning();
  let command: string;
  try {
    command = (await session.run((client) => client.unsafe('commit'))).command;
  } catch (error) {
    // The server's own ERROR (a deferred constraint, a serialization failure) means it rolled back, for certain.
    if (error instanceof postgres.PostgresError && error.severity === 'ERROR') throw error;
    throw new UnknownOutcome('the connection was lost at COMMIT', error);
  }
  // COMMIT of a failed transaction is answered with ROLLBACK and no error. The failure came before it, by a longer way perhaps.
  if (command !== 'COMMIT') {
    await new Promise(setImmediate);
    throw firstFailure() ?? new Error('the database rolled the transaction back');
  }
  // «committed locally, but might not have been replicated» comes as a warning beside a COMMIT that looks good.
  const warning = session.takeWarning();
  if (warning) throw new UnknownOutcome(warning['message'] ?? 'a warning at COMMIT', warning);
}

function transaction(run: Run): Tx {
  let drizzle: Drizzle | undefined;
  return {
    sql: sqlOver(run),
    get drizzle() {
      return (drizzle ??= drizzleFor(run));
    },
  };
}

type Client = postgres.Sql;
type Result = postgres.RowList<postgres.Row[]>;
type Start = (client: Client) => PromiseLike<Result>;
type Run = (start: Start) => Promise<Result>;

class Pool {
  private readonly idle: Session[] = [];
  private readonly open = new Set<Session>();
  private readonly waiting: ((session: Session | undefined) => void)[] = [];
  private readonly farewells = new Set<Promise<void>>();
  private readonly max: number;
  private closing = false;
  private drained: (() => void) | undefined;

  constructor(private readonly options: ConnectOptions) {
    this.max = options.max ?? 10;
  }

  async acquire(): Promise<Session> {
    for (;;) {
      if (this.closing) throw new ConnectionLost('this client is closed');
      const session = this.idle.pop();
      if (session) return session;
      if (this.open.size < this.max) return this.connectOne();
      const handed = await new Promise<Session | undefined>((resolve) => this.waiting.push(resolve));
      if (handed && !handed.lost) return handed;
    }
  }

  private async connectOne(): Promise<Session> {
    const session = new Session(this.options, () => this.forget(session));
    this.open.add(session);
    // Whatever goes wrong here loses the session, which frees its place.
    await session.run((client) => client.unsafe('select 1'));
    return session;
  }

  release(session: Session): void {
    if (session.lost) return;
    if (this.closing || session.expiresAt < Date.now()) {
      const farewell = session.end().finally(() => this.farewells.delete(farewell));
      this.farewells.add(farewell);
      this.forget(session);
      return;
    }
    const waiter = this.waiting.shift();
    if (waiter) waiter(session);
    else this.idle.push(session);
  }

  /** Its place is free: whoever waits may open another. */
  private forget(session: Session): void {
    this.open.delete(session);
    const index = this.idle.indexOf(session);
    if (index >= 0) this.idle.splice(index, 1);
    this.waiting.shift()?.(undefined);
    if (this.open.size === 0) this.drained?.();
  }

  async close(timeoutMs: number): Promise<void> {
    this.closing = true;
    for (const waiter of this.waiting.splice(0)) waiter(undefined);
    for (const session of this.idle.splice(0)) this.release(session);
    if (this.open.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const session of this.open) session.lose('this client is closed');
    await Promise.all(this.farewells);
  }
}

/** One connection for its whole life. */
class Session {
  /** Set once, before anybody can hear of the loss through a promise. */
  lost: { cause: unknown } | undefined;
  private warning: postgres.Notice | undefined;
  readonly expiresAt = Date.now() + SESSION_LIFETIME_MS * (2 / 3 + (Math.random() * 2) / 3);
  private readonly client: Client;
  private readonly unsettled = new Set<(error: Error) => void>();
  private socket: net.Socket | undefined;
  private corked = false;

  constructor(
    options: ConnectOptions,
    private readonly onLost: () => void,
  ) {
    const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
    // As text, for the driver leaves out a 0, and no limit is not the same as the server's default.
    const parameters: Record<string, string> = {
      application_name: options.applicationName ?? 'vouchers',
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      statement_timeout: `${options.statementTimeoutMs ?? 30_000}ms`,
      lock_timeout: `${options.lockTimeoutMs ?? 10_000}ms`,
      idle_in_transaction_session_timeout: `${options.idleInTransactionTimeoutMs ?? 10_000}ms`,
    };
    // A variable, because the driver's types do not know its option `socket`.
    const driverOptions = {
      max: 1,
      prepare: options.prepare ?? true,
      // It would ask the catalogue for array types at every connection; we send text and parse arrays ourselves.
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: connectTimeoutMs / 1000,
      types: TYPES,
      connection: parameters,
      onnotice: (notice: postgres.Notice) => {
        if (notice['severity'] === 'WARNING') this.warning = notice;
        options.onNotice?.(notice);
      },
      onclose: () => this.lose('closed'),
      socket: ({ host, port, path }: SocketTarget) => {
        if (this.socket || this.lost) throw new ConnectionLost(this.lost?.cause);
        this.socket = path ? net.connect(path) : net.connect(port[0] ?? 5432, host[0]);
        return connected(this.socket, host[0], connectTimeoutMs);
      },
    };
    this.client = postgres(options.url, driverOptions);
  }

  async run(start: Start): Promise<Result> {
    if (this.lost) throw new ConnectionLost(this.lost.cause);
    this.cork();
    try {
      return await this.unlessLost(start(this.client));
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      // An ERROR of the server leaves the connection as it is. Whatever else went wrong, we no longer know its state.
      if (error instanceof postgres.PostgresError && error.severity === 'ERROR') throw error;
      this.lose(error);
      throw error instanceof postgres.PostgresError ? error : new ConnectionLost(error);
    }
  }

  /** What is sent in one turn of the event loop leaves in one write: writing is most of what a small statement costs here. */
  private cork(): void {
    const { socket } = this;
    if (!socket || this.corked) return;
    this.corked = true;
    socket.cork();
    const uncork = () => {
      this.corked = false;
      socket.uncork();
    };
    // Behind the driver, which writes the last of what it was given at the end of the turn too: once it has been given all of it.
    queueMicrotask(() => process.nextTick(() => setImmediate(uncork)));
  }

  /** Settles as `promise` does, or rejects when the session is lost, whichever comes first. */
  unlessLost<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.unsettled.add(reject);
      promise.then(
        (value) => {
          this.unsettled.delete(reject);
          resolve(value);
        },
        (error: Error) => {
          this.unsettled.delete(reject);
          reject(error);
        },
      );
    });
  }

  /** The last WARNING since this was asked before. */
  takeWarning(): postgres.Notice | undefined {
    const warning = this.warning;
    this.warning = undefined;
    return warning;
  }

  lose(cause: unknown): void {
    if (this.lost) return;
    this.lost = { cause };
    this.socket?.destroy();
    for (const reject of this.unsettled) reject(new ConnectionLost(cause));
    this.unsettled.clear();
    this.onLost();
  }

  /** Says goodbye to the server; nothing may be in flight. */
  async end(): Promise<void> {
    this.lost = { cause: 'closed' };
    await this.client.end({ timeout: 1 }).catch(() => undefined);
  }
}

interface SocketTarget {
  host: string[];
  port: number[];
  path: string | undefined;
}

function connected(socket: net.Socket, host: string | undefined, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('connecting took too long')), timeoutMs);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      // The driver verifies the certificate against this name.
      resolve(Object.assign(socket, { host }));
    });
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the connection was closed'));
    });
  });
}

// --- statements ---------------------------------------------------------------------------------------------------

/** A promise that starts when it is first awaited, so that it can also stand as a fragment inside another statement. */
class LazyStatement implements Promise<Result> {
  readonly [Symbol.toStringTag] = 'Statement';
  private started: Promise<Result> | undefined;

  constructor(
    readonly build: (client: Client) => PromiseLike<Result>,
    private readonly run: Run,
    private readonly site: { stack?: string } | undefined,
    /** What becomes of the answer. Only once the transaction has been told: a failure must be known before COMMIT is answered. */
    private readonly read: (answer: Result) => Result = (answer) => answer,
  ) {}

  private start(): Promise<Result> {
    return (this.started ??= this.run(this.build).then(this.read, (error: unknown) => {
      // The driver's stack ends in this file; the caller's line is what one looks for.
      if (error instanceof postgres.PostgresError && this.site?.stack) error.stack += `\n${this.site.stack}`;
      throw error;
    }));
  }

  then<A = Result, B = never>(
    onFulfilled?: ((value: Result) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.start().then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Result | B> {
    return this.start().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Result> {
    return this.start().finally(onFinally);
  }
}

/** Where each template stands in the code, found once per template. */
const sites = new WeakMap<TemplateStringsArray, { stack?: string }>();

function sqlOver(run: Run): Sql {
  const sql = (text: TemplateStringsArray, ...parameters: unknown[]) => {
    let site = sites.get(text);
    if (!site) {
      site = {};
      Error.captureStackTrace(site, sql);
      site.stack = site.stack?.split('\n').slice(1, 4).join('\n');
      sites.set(text, site);
    }
    const encoded = parameters.map((each) => (isFragment(each) ? each : encode(each)));
    const build = (client: Client) => client(text, ...encoded.map((each) => argument(each, client) as never));
    return new LazyStatement(build, run, site);
  };
  const unsafe = (text: string, parameters: readonly unknown[] = []) => {
    const encoded = parameters.map(encode);
    const build = (client: Client) => client.unsafe(text, encoded);
    return new LazyStatement(build, run, undefined);
  };
  const prepared = (text: string, parameters: readonly unknown[]) => {
    const encoded = parameters.map(encode);
    const build = (client: Client) => {
      const answer: PromiseLike<unknown> = client.unsafe(text, encoded, { prepare: true }).values();
      return answer as PromiseLike<Result>;
    };
    return new LazyStatement(build, run, undefined, asRows);
  };
  // The rows' type is the caller's word, as with every driver.
  return Object.assign(sql, { unsafe, prepared }) as Sql;
}

/** By the driver's description of an answer, of which a session keeps one for each statement that it has prepared. */
const makers = new WeakMap<object, MakeRow>();

/** Lists of values made rows, in place. */
function asRows(answer: Result): Result {
  const rows: unknown[] = answer;
  if (rows.length > 0) {
    let make = makers.get(answer.columns);
    if (make === undefined) makers.set(answer.columns, (make = rowsOf(answer.columns.map(({ name }) => name))));
    for (let i = 0; i < rows.length; i++) rows[i] = make(rows[i] as unknown[]);
  }
  return answer;
}

/**
 * Which of the builder's texts are kept prepared: one that comes a second time. Unprepared, a statement waits for its parameters' types
 * before it can be sent and nothing goes out behind it: in a transaction of its own that is three ways to the database instead of one.
 * How many there are is bounded, for a list that a caller sends makes a text of its own.
 */
class Texts {
  readonly #once = new Set<string>();
  readonly #often = new Set<string>();

  constructor(private readonly most: number) {}

  comesOften(text: string): boolean {
    if (this.#often.has(text)) return true;
    if (this.#often.size >= this.most) return false;
    if (this.#once.delete(text)) {
      this.#often.add(text);
      return true;
    }
    if (this.#once.size >= this.most) this.#once.clear();
    this.#once.add(text);
    return false;
  }
}

const texts = new Texts(400);

/**
 * `keeps`: texts that come often are kept prepared. Only where each is planned for its own parameters: what the builder makes (a limit
 * that is a parameter, a filter of a rare value) is planned badly without them.
 */
function drizzleFor(run: Run, keeps = false): Drizzle {
  return drizzleOver(async (text, parameters: unknown[], method) => {
    const encoded = parameters.map(encode);
    const rows = await run((client) => {
      const query = client.unsafe(text, encoded, { prepare: keeps && texts.comesOften(text) });
      return (method === 'all' ? query.values() : query) as PromiseLike<Result>;
    });
    return { rows };
  });
}

type FragmentArgument = LazyStatement | readonly LazyStatement[];

function isFragment(value: unknown): value is FragmentArgument {
  if (value instanceof LazyStatement) return true;
  return Array.isArray(value) && value.length > 0 && value.every((each) => each instanceof LazyStatement);
}

function argument(value: FragmentArgument | string | null, client: Client) {
  if (value === null || typeof value === 'string') return value;
  return value instanceof LazyStatement ? value.build(client) : value.map((each) => each.build(client));
}

// --- parameters ---------------------------------------------------------------------------------------------------

function encode(value: unknown): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return arrayLiteral(value);
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 't' : 'f';
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'object':
      if (value instanceof Date) return value.toISOString();
      if (value instanceof Uint8Array) {
        return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
      }
      throw new TypeError('an object is no parameter: hand JSON over as text, ${JSON.stringify(value)}::jsonb');
  }
  throw new TypeError(`${typeof value} is no parameter of a statement`);
}

function arrayLiteral(values: readonly unknown[]): string {
  let literal = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) literal += ',';
    const value: unknown = values[i];
    if (value === null) literal += 'NULL';
    else if (Array.isArray(value)) literal += arrayLiteral(value);
    else if (typeof value === 'string') literal += quoted(value);
    else if (value instanceof Uint8Array) literal += quoted(encode(value) ?? '');
    else literal += encode(value) ?? 'NULL';
  }
  return literal + '}';
}

/**
 * An element of an array literal. What JSON escapes beyond quote and backslash (control characters, half surrogates) the
 * literal must not; without them JSON's own quoting is the same, and several times as fast on the JSON we mostly send.
 */
const quoted = (text: string): string => {
  if (!/["\\]/.test(text)) return `"${text}"`;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f]/.test(text) || !text.isWellFormed() ? `"${text.replace(/["\\]/g, '\\$&')}"` : JSON.stringify(text);
};

// --- values -------------------------------------------------------------------------------------------------------

type Parse = (text: string) => unknown;

const asText: Parse = (text) => text;
const asNumber: Parse = (text) => Number(text);
const asBigint: Parse = (text) => BigInt(text);
const asBoolean: Parse = (text) => text === 't';
const asJson: Parse = (text) => JSON.parse(text) as unknown;
const asBytes: Parse = (text) => Buffer.from(text.slice(2), 'hex');

/** '2026-11-22 04:28:39.123456+00' → '2026-11-22T04:28:39.123Z'. Every session's TimeZone is UTC. */
const asInstant: Parse = (text) => {
  if (!text.endsWith('+00') || text.length < 22 || text[10] !== ' ') return text;
  const milliseconds = text[19] === '.' ? text.slice(20, -3).padEnd(3, '0').slice(0, 3) : '000';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`;
};

/** [type, its array, parser], by PostgreSQL's fixed object ids. */
const SCALARS: [number, number, Parse][] = [
  [16, 1000, asBoolean],
  [17, 1001, asBytes],
  [19, 1003, asText],
  [20, 1016, asBigint],
  [21, 1005, asNumber],
  [23, 1007, asNumber],
  [25, 1009, asText],
  [26, 1028, asNumber],
  [114, 199, asJson],
  [700, 1021, asNumber],
  [701, 1022, asNumber],
  [1042, 1014, asText],
  [1043, 1015, asText],
  [1082, 1182, asText],
  [1114, 1115, asText],
  [1184, 1185, asInstant],
  [1700, 1231, asText],
  [2950, 2951, asText],
  [3802, 3807, asJson],
];

/** Parameters arrive at the driver as text; its own serializers would encode some a second time. */
const TYPES = Object.fromEntries(
  SCALARS.flatMap(([type, array, parse]) => [
    [`t${type}`, { to: type, from: [type], serialize: asText, parse }],
    [`t${array}`, { to: array, from: [array], serialize: asText, parse: (text: string) => parseArray(text, parse) }],
  ]),
);

/** One dimension; NULL unquoted is null. */
function parseArray(text: string, parse: Parse): unknown[] {
  const values: unknown[] = [];
  if (text === '{}') return values;
  if (text[0] !== '{' || text[1] === '{') throw new Error('only arrays of one dimension are read');
  let i = 1;
  while (i < text.length) {
    if (text[i] === '"') {
      let value = '';
      i++;
      while (text[i] !== '"') {
        if (text[i] === '\\') i++;
        value += text[i++];
      }
      i++;
      values.push(parse(value));
    } else {
      let end = i;
      while (text[end] !== ',' && text[end] !== '}') end++;
      const value = text.slice(i, end);
      values.push(value === 'NULL' ? null : parse(value));
      i = end;
    }
    i++;
  }
  return values;
}

// --- errors -------------------------------------------------------------------------------------------------------

/** The error itself and what it wraps, outermost first (drizzle wraps what the driver throws). */
function* causes(error: unknown): Generator<object> {
  for (let depth = 0; depth < 8 && typeof error === 'object' && error !== null; depth++) {
    yield error;
    error = 'cause' in error ? error.cause : undefined;
  }
}

function postgresError(error: unknown): postgres.PostgresError | undefined {
  for (const each of causes(error)) if (each instanceof postgres.PostgresError) return each;
  return undefined;
}

/** PostgreSQL's five-character error code, also through drizzle's wrapping. */
export function sqlStateOf(error: unknown): string | undefined {
  return postgresError(error)?.code;
}

/** The name of the constraint that refused a row, also through drizzle's wrapping. */
export function constraintOf(error: unknown): string | undefined {
  return postgresError(error)?.constraint_name;
}

/**
 * Why a database cannot be used with its address, role or password, in the words of the network or the server; undefined for
 * any other failure. For the person who wrote the address, never for a caller.
 */
export function unreachableBecause(error: unknown): string | undefined {
  const state = sqlStateOf(error);
  if (state !== undefined) return /^(28|3D|08|57P03|53300)/.test(state) ? postgresError(error)?.message : undefined;
  for (const each of causes(error)) {
    if (each instanceof ConnectionLost) return each.cause instanceof Error ? each.cause.message : each.message;
  }
  return undefined;
}

/**
 * The world failed, not the statement: no connection, a lost one, a server that shuts down, starts up or is full.
 * True for UnknownOutcome too: ask for that one first.
 */
export function isConnectionFault(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return /^(08|53|57P|58)/.test(state) || state === '25P03';
  for (const each of causes(error)) {
    if (each instanceof ConnectionLost || each instanceof UnknownOutcome) return true;
  }
  return false;
}
