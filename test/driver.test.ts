import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bigint, boolean, date, jsonb, numeric, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { eq, inArray } from 'drizzle-orm';
import t, { type Test } from 'tap';
import {
  connect,
  ConnectionLost,
  constraintOf,
  isConnectionFault,
  sqlStateOf,
  UnknownOutcome,
  type ConnectOptions,
  type Database,
  type Sql,
  type Tx,
} from '../db/client.js';
import { testDatabase } from './database.js';

/** The error of a promise that must reject. */
async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it should have been rejected');
}

/** A database with the table `pair`, and clients of it that are closed with the test. */
async function scratch(t: Test) {
  const { db, owner, admin, urls } = await testDatabase(t);
  await owner.sql.unsafe(`
    create table pair (id integer, side text, constraint pair_once unique (id, side) deferrable initially immediate);
    grant select, insert on pair to voucher_app`);
  const client = (options: Partial<ConnectOptions> = {}): Database => {
    const made = connect({ url: urls.app, max: 1, ...options });
    t.teardown(() => made.close(1));
    return made;
  };
  const pairs = async (id: number) => {
    const rows = await owner.sql<{ side: string }[]>`select side from pair where id = ${id} order by side`;
    return rows.map(({ side }) => side).join('');
  };
  const kill = async (pid: number) => {
    await admin.sql`select pg_terminate_backend(${pid}::int, 5000)`;
  };
  return { db, owner, admin, urls, client, pairs, kill };
}

const pidOf = async (sql: Sql) => (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0;

void t.test('values arrive in the database and come back exactly', async (t) => {
  const { db, owner, client } = await scratch(t);
  const id = '0198c0de-0000-7000-8000-000000000001';
  const awkward = 'a "quoted", {braced}, back\\slashed, 算力券 NULL\nnew line, \' and ,';

  // type, what goes in, what comes back when it is another thing
  const scalars: [string, Parameters<Sql>[1], unknown?][] = [
    ['bigint', 9_223_372_036_854_775_807n],
    ['bigint', -1n],
    ['bigint', '42', 42n],
    ['integer', 7],
    ['smallint', 7],
    ['numeric', '0.10'],
    ['numeric', 10n ** 30n, (10n ** 30n).toString()],
    ['boolean', true],
    ['boolean', 'true', true],
    ['boolean', false],
    ['text', awkward],
    ['text', ''],
    ['text', 'NULL'],
    ['uuid', id],
    ['date', '2024-02-29'],
    ['timestamptz', '2026-11-22T04:28:39.123Z'],
    ['timestamptz', '2026-11-22T12:28:39.123456+08:00', '2026-11-22T04:28:39.123Z'],
    ['timestamptz', '2026-11-22T04:28:39Z', '2026-11-22T04:28:39.000Z'],
    ['timestamptz', '2026-11-22T04:28:39.1Z', '2026-11-22T04:28:39.100Z'],
    ['timestamptz', new Date(1234567890123), '2009-02-13T23:31:30.123Z'],
    ['timestamptz', 'infinity'],
    ['timestamp', '2026-11-22 04:28:39'],
    ['jsonb', JSON.stringify({ a: [1, null, awkward] }), { a: [1, null, awkward] }],
    ['jsonb', JSON.stringify('a string'), 'a string'],
    ['jsonb', 'null', null],
    ['json', '[1,2]', [1, 2]],
    ['bytea', Buffer.from([0, 255, 92, 10])],
    ['bytea', Uint8Array.from([1, 2]).subarray(1), Buffer.from([2])],
    ['interval', '1 day'],
  ];
  for (const [type, value, expected = value] of scalars) {
    const [row] = await db.sql<{ value: unknown; none: unknown }[]>`
      select ${value}::${db.sql.unsafe(type)} as value, ${null}::${db.sql.unsafe(type)} as none`;
    t.strictSame(row, { value: expected, none: null }, `${type} ${typeof value}`);
  }

  const arrays: [string, Parameters<Sql>[1], unknown?][] = [
    ['bigint[]', [1n, null, 9_223_372_036_854_775_807n]],
    ['bigint[]', [null, '5'], [null, 5n]],
    ['integer[]', [1, null, -3]],
    ['numeric[]', ['1.10', null, 5n], ['1.10', null, '5']],
    ['boolean[]', [true, null, false]],
    ['text[]', [awkward, null, '', 'NULL', '{}', 'plain']],
    ['text[]', []],
    ['uuid[]', [id, null]],
    ['date[]', ['2024-02-29', null]],
    [
      'timestamptz[]',
      ['2026-11-22T04:28:39.123Z', null, new Date(0)],
      ['2026-11-22T04:28:39.123Z', null, '1970-01-01T00:00:00.000Z'],
    ],
    ['bytea[]', [Buffer.from([0, 92, 34]), null, Buffer.alloc(0)]],
    ['jsonb[]', [JSON.stringify({ a: awkward }), null, '"text"', '1'], [{ a: awkward }, null, 'text', 1]],
  ];
  for (const [type, value, expected = value] of arrays) {
    const [row] = await db.sql<{ value: unknown }[]>`select ${value}::${db.sql.unsafe(type)} as value`;
    t.strictSame(row?.value, expected, type);
    const rows = await db.sql<{ value: unknown }[]>`
      select u.value from unnest(${value}::${db.sql.unsafe(type)}) with ordinality as u (value, n) order by n`;
    t.strictSame([...rows.map((each) => each.value)], expected, `unnest of ${type}`);
  }

  for (const value of [undefined, { a: 1 }, NaN, Infinity, Symbol('s'), () => 1, [undefined], [{ a: 1 }]]) {
    t.throws(() => db.sql`select ${value as never}`, TypeError, `no parameter: ${typeof value}`);
  }
  t.strictSame((await db.sql`select count(*) as n`)[0], { n: 1n }, 'a count is a bigint');
  t.equal((await db.sql`select 1 union select 2`).count, 2, 'the number of rows is told');
  const wide = `select ${Array.from({ length: 30 }, (_, i) => `n + ${i} as "c ${i}"`).join(', ')} from generate_series(1, $1) n`;
  const found = await db.sql.prepared(wide, [3]);
  t.strictSame([...found], [...(await db.sql.unsafe(wide, [3]))], 'a prepared statement answers as any other');
  t.equal(found.count, 3, 'with its number of rows');
  const condition = db.sql`n > ${1} and n < ${4}`;
  const order = [db.sql`order by n`, db.sql`limit ${1}`];
  t.strictSame(
    [...(await db.sql`select n from generate_series(1, 5) n where ${condition} ${order}`)],
    [{ n: 2 }],
    'statements inside statements',
  );

  const unprepared = client({ prepare: false });
  t.strictSame(
    (await unprepared.sql`select ${[1n, null]}::bigint[] as a, ${id}::uuid as b`)[0],
    { a: [1n, null], b: id },
    'without prepared statements',
  );

  await owner.sql.unsafe(`
    create table sample (id uuid primary key, amount_fen bigint, rate numeric, day date, at timestamptz, facts jsonb,
                         tags text[], ok boolean);
    grant select, insert on sample to voucher_app`);
  const sample = pgTable('sample', {
    id: uuid().primaryKey(),
    amountFen: bigint('amount_fen', { mode: 'bigint' }),
    rate: numeric(),
    day: date({ mode: 'string' }),
    at: timestamp({ withTimezone: true, mode: 'string' }),
    facts: jsonb(),
    tags: text().array(),
    ok: boolean(),
  });
  const row = {
    id,
    amountFen: 33_333_333_333_333_333n,
    rate: '0.3000',
    day: '2024-12-31',
    at: '2026-11-22T04:28:39.123Z',
    facts: { steps: [awkward, 1, null] },
    tags: [awkward, 'x'],
    ok: true,
  };
  await db.begin(async (tx) => {
    await tx.drizzle.insert(sample).values(row);
    t.strictSame(await tx.drizzle.select().from(sample).where(eq(sample.amountFen, row.amountFen)), [row]);
  });
  t.strictSame(await db.drizzle.select().from(sample), [row], 'through drizzle as well');
  t.strictSame(
    [...(await db.sql`select day, at, amount_fen from sample`)],
    [{ day: row.day, at: row.at, amount_fen: row.amountFen }],
  );
  const twice = await failure(db.drizzle.insert(sample).values(row).execute());
  t.equal(sqlStateOf(twice), '23505', 'the reason is found under what drizzle wraps around it');
  t.equal(constraintOf(twice), 'sample_pkey');
  t.equal(isConnectionFault(twice), false);
});

void t.test('every connection carries its limits, in UTC', async (t) => {
  const { db, client } = await scratch(t);
  const settings = (sql: Sql) => sql<{ text: string }[]>`
    select concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
      current_setting('idle_in_transaction_session_timeout'), current_setting('TimeZone'),
      current_setting('application_name')) as text`;
  t.equal((await settings(db.sql))[0]?.text, '30s 10s 10s UTC vouchers');
  const other = client({
    statementTimeoutMs: 0,
    lockTimeoutMs: 1234,
    idleInTransactionTimeoutMs: 99,
    applicationName: 'lane',
  });
  t.equal((await settings(other.sql))[0]?.text, '0 1234ms 99ms UTC lane');

  const impatient = client({ statementTimeoutMs: 20 });
  const late = await failure(impatient.sql`select pg_sleep(5)`);
  t.equal(sqlStateOf(late), '57014');
  t.equal(isConnectionFault(late), false, 'a statement that takes too long is no fault of the connection');
});

void t.test('a transaction is all or nothing', async (t) => {
  const { client, pairs } = await scratch(t);
  const db = client();
  const put = (tx: Tx, id: number, side: string) => tx.sql`insert into pair values (${id}, ${side})`;

  t.equal(
    await db.begin(async (tx) => {
      await Promise.all([put(tx, 1, 'a'), put(tx, 1, 'b'), put(tx, 1, 'c')]);
      return 'done';
    }),
    'done',
    'statements sent together run in order',
  );
  t.equal(await pairs(1), 'abc');

  const thrown = await failure(
    db.begin(async (tx) => {
      await put(tx, 2, 'a');
      throw new Error('changed my mind');
    }),
  );
  t.equal(thrown.message, 'changed my mind');
  t.equal(await pairs(2), '', 'an error of the work rolls back');

  await db.begin(
    (tx) => {
      for (const side of ['a', 'b']) void put(tx, 14, side).then();
      return Promise.resolve();
    },
    { eager: true },
  );
  t.equal(await pairs(14), 'ab', 'what was started before the work ended is committed with it');
  const behind = await failure(
    db.begin(
      (tx) => {
        for (const side of ['a', 'b', 'a', 'c']) put(tx, 15, side).catch(() => undefined);
        return Promise.resolve();
      },
      { eager: true },
    ),
  );
  t.equal(constraintOf(behind), 'pair_once', 'a failure with COMMIT on its heels is the reason the transaction is told');
  t.equal(await pairs(15), '', 'and nothing of it is written');

  // What is prepared goes out with COMMIT in one piece, and now and then both answers are read in one piece too.
  const insert = 'insert into pair values ($1, $2)';
  await db.sql.prepared(insert, [16, 'a']);
  const reasons = new Set<string | undefined>();
  for (let round = 0; round < 1_000; round++) {
    const late = db.begin(
      ({ sql }) => {
        for (const side of ['b', 'a']) sql.prepared(insert, [16, side]).catch(() => undefined);
        return Promise.resolve();
      },
      { eager: true },
    );
    reasons.add(constraintOf(await failure(late)));
  }
  t.strictSame([...reasons], ['pair_once'], 'however close behind it COMMIT is answered');
  t.equal(await pairs(16), 'a');

  const doubled = await failure(
    db.begin(async (tx) => {
      await Promise.all([put(tx, 3, 'a'), put(tx, 3, 'a'), put(tx, 3, 'b')]);
    }),
  );
  t.equal(constraintOf(doubled), 'pair_once', 'the first failure is the reason, not what follows from it');
  t.match(doubled.stack, /driver\.test\.ts/, 'and names the line of the statement');
  t.equal(await pairs(3), '');

  const swallowed = await failure(
    db.begin(async (tx) => {
      await put(tx, 4, 'a');
      await tx.sql`select 1/0`.catch(() => 'never mind');
    }),
  );
  t.equal(sqlStateOf(swallowed), '22012', 'a failed statement is not undone by catching its error');
  t.equal(await pairs(4), '');

  const deferred = await failure(
    db.begin(async (tx) => {
      await tx.sql`set constraints pair_once deferred`;
      await Promise.all([put(tx, 5, 'a'), put(tx, 5, 'a')]);
    }),
  );
  t.equal(constraintOf(deferred), 'pair_once', 'a refusal by the server at COMMIT is a certain failure');
  t.equal(await pairs(5), '');

  let escaped: Tx | undefined;
  await db.begin(async (tx) => {
    escaped = tx;
    await put(tx, 6, 'a');
    void put(tx, 6, 'b').then(() => undefined);
  });
  t.equal(await pairs(6), 'ab', 'what was sent before the end is part of it');
  t.match(await failure(Promise.resolve(escaped && put(escaped, 6, 'c'))), /after its transaction had ended/);
  t.equal(await pairs(6), 'ab', 'what comes after the end is not sent');

  const readOnly = await failure(db.begin((tx) => put(tx, 7, 'a'), { mode: 'isolation level repeatable read read only' }));
  t.equal(sqlStateOf(readOnly), '25006');
  t.match(await failure(db.begin(async () => 1, { mode: '; drop table pair' })), /not a transaction mode/);
});

void t.test('what the builder asks often in a context is kept prepared, planned for its own parameters, and only so much of it', async (t) => {
  const { client, owner } = await scratch(t);
  await owner.sql`insert into pair select n, 'a' from generate_series(1, 20) n`;
  const book = '0198c0de-0000-7000-8000-000000000001';
  const pair = pgTable('pair', { id: bigint({ mode: 'number' }), side: text() });
  const ask = async (db: Database, id: number) => {
    const rows = await db.drizzle.select({ id: pair.id }).from(pair).where(eq(pair.id, id)).limit(1);
    return rows.map((row) => row.id).join('');
  };
  const kept = (db: Database) => db.sql<{ generic: bigint; custom: bigint }[]>`
    select generic_plans as generic, custom_plans as custom from pg_prepared_statements where statement like 'select "id" from "pair"%'`;

  const own = client().as({ book, legalPerson: null });
  for (let id = 1; id <= 12; id++) t.equal(await ask(own, id), String(id));
  const [statement, ...others] = await kept(own);
  t.equal(others.length, 0);
  t.equal(statement?.generic, 0n, 'never without regard to its parameters');
  t.ok((statement?.custom ?? 0n) >= 10n, 'from the second time on');

  const without = client();
  for (let id = 1; id <= 3; id++) await ask(without, id);
  t.strictSame([...(await kept(without))], [], 'nor without a context, where nothing says how it is planned');
  const pooled = client({ prepare: false }).as({ book, legalPerson: null });
  for (let id = 1; id <= 3; id++) t.equal(await ask(pooled, id), String(id));
  t.strictSame([...(await kept(pooled))], [], 'nor where a pooler cannot keep it');

  // A caller's list of n makes a text of its own.
  const lists = Array.from({ length: 450 }, (_, n) => Array.from({ length: n + 1 }, (_, id) => id));
  for (const ids of lists.flatMap((list) => [list, list]))
    await own.drizzle.select({ id: pair.id }).from(pair).where(inArray(pair.id, ids));
  t.ok((await kept(own)).length <= 400, 'four hundred texts at most');
});

void t.test('a transaction whose connection is gone can write nothing more', async (t) => {
  const { client, pairs, kill, urls } = await scratch(t);
  const db = client();
  const put = (tx: Tx, id: number, side: string) => tx.sql`insert into pair values (${id}, ${side})`;

  const seen: unknown[] = [];
  let finished: () => void;
  const stubborn = new Promise<void>((resolve) => (finished = resolve));
  const lost = await failure(
    db.begin(async (tx) => {
      await put(tx, 1, 'a');
      await kill(await pidOf(tx.sql));
      // Work that will not take no for an answer.
      for (const side of ['b', 'c', 'd']) {
        seen.push(await failure(put(tx, 1, side)));
        seen.push(await failure(Promise.all([put(tx, 1, side), put(tx, 1, side)])));
        seen.push(await failure(tx.drizzle.execute(`insert into pair values (1, '${side}')`)));
        await sleep(20);
        await db.sql`select 1`;
      }
      finished();
    }),
  );
  t.ok(lost instanceof ConnectionLost, 'begin rejects');
  t.ok(isConnectionFault(lost));
  await stubborn;
  t.equal(seen.length, 9);
  t.ok(seen.every(isConnectionFault), 'every further statement is refused');
  t.equal(await pairs(1), '', 'nothing was written, though the pool had made a new connection');

  const sleeping = db.begin(async (tx) => {
    const running = tx.sql`select pg_sleep(60)`.then(() => 'slept');
    await Promise.all([running, put(tx, 2, 'a'), put(tx, 2, 'b')]);
  });
  const rejected = failure(sleeping);
  const watcher = connect({ url: urls.admin, max: 1 });
  for (let killed = 0; killed === 0;) {
    await sleep(10);
    const [row] = await watcher.sql<{ n: number }[]>`
      select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
      where datname = current_database() and usename = 'voucher_app' and query like '%pg_sleep(60)%'`;
    killed = row?.n ?? 0;
  }
  await watcher.close();
  t.ok((await rejected) instanceof ConnectionLost, 'statements in flight are refused, those queued behind them too');
  t.equal(await pairs(2), '');

  const hung = db.begin(async (tx) => {
    void kill(await pidOf(tx.sql));
    await new Promise(() => undefined);
  });
  t.ok((await failure(hung)) instanceof ConnectionLost, 'begin does not wait for work that will never end');

  const idle = client({ idleInTransactionTimeoutMs: 50 });
  const forgotten = idle.begin(async (tx) => {
    await put(tx, 3, 'a');
    await sleep(500);
    await put(tx, 3, 'b');
  });
  t.ok((await failure(forgotten)) instanceof ConnectionLost, 'a transaction left idle is ended by the server');
  t.equal(await pairs(3), '');
  await idle.begin((tx) => put(tx, 3, 'c'));
  await db.begin((tx) => put(tx, 3, 'd'));
  t.equal(await pairs(3), 'cd', 'the pool of one connection goes on with another');

  await kill(await pidOf(db.sql));
  await sleep(50);
  t.same(await pidOf(db.sql).then((pid) => pid > 0), true, 'a connection that died idle is not handed out');
});

void t.test('a database that is not there, a client that is closed', async (t) => {
  const { urls, client } = await scratch(t);
  const nowhere = new URL(urls.app);
  nowhere.port = '1';
  const absent = client({ url: nowhere.href });
  const refused = await failure(absent.sql`select 1`);
  t.ok(refused instanceof ConnectionLost);
  t.ok(isConnectionFault(await failure(absent.begin(async () => 1))));

  const stranger = new URL(urls.app);
  stranger.password = 'wrong';
  const wrong = await failure(client({ url: stranger.href }).sql`select 1`);
  t.equal(sqlStateOf(wrong), '28P01', 'a wrong password says so');

  const deaf = net.createServer();
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void deaf.close());
  const silent = new URL(urls.app);
  silent.port = String((deaf.address() as net.AddressInfo).port);
  const unheard = await failure(client({ url: silent.href, connectTimeoutMs: 100 }).sql`select 1`);
  t.ok(isConnectionFault(unheard), 'a server that says nothing is given up');

  const busy = client({ max: 2 });
  const slow = busy.begin(async (tx) => {
    await sleep(100);
    await tx.sql`select 1`;
    return 'finished';
  });
  const waiting = Promise.all([1, 2, 3, 4, 5].map(() => busy.sql`select 1`));
  await waiting;
  const closed = busy.close();
  t.equal(await slow, 'finished', 'running work is waited for');
  await closed;
  t.ok(isConnectionFault(await failure(busy.sql`select 1`)), 'afterwards there is nothing');

  const stuck = client();
  const endless = failure(stuck.begin(async () => new Promise(() => undefined)));
  await sleep(50);
  await stuck.close(0.1);
  t.ok((await endless) instanceof ConnectionLost, 'work that does not end is cut off');
});

/** Forwards bytes to the database until the client says COMMIT; then it lets COMMIT pass or not, and cuts the line. */
async function proxy(t: Test, url: string, lets: 'commit pass' | 'nothing pass'): Promise<string> {
  const { port, hostname } = new URL(url);
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    let deaf = false;
    near.on('error', cut).on('close', cut);
    far.on('error', cut).on('close', cut);
    far.on('data', (bytes) => void (deaf || near.write(bytes)));
    near.on('data', (bytes) => {
      if (!bytes.includes('commit\0')) {
        far.write(bytes);
        return;
      }
      deaf = true;
      if (lets === 'commit pass') far.write(bytes, () => setTimeout(cut, 100));
      else cut();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  const proxied = new URL(url);
  proxied.port = String((server.address() as net.AddressInfo).port);
  return proxied.href;
}

void t.test('a failure at COMMIT is an unknown outcome, never a success and never a plain failure', async (t) => {
  const { admin, urls, client, pairs } = await scratch(t);
  const pair = (id: number) => async (tx: Tx) => {
    await tx.sql`insert into pair values (${id}, 'a')`;
    await tx.sql`insert into pair values (${id}, 'b')`;
  };

  const written = client({ url: await proxy(t, urls.app, 'commit pass') });
  t.ok((await failure(written.begin(pair(1)))) instanceof UnknownOutcome, 'COMMIT arrived, its answer did not');
  t.equal(await pairs(1), 'ab');

  const unwritten = client({ url: await proxy(t, urls.app, 'nothing pass') });
  t.ok((await failure(unwritten.begin(pair(2)))) instanceof UnknownOutcome, 'COMMIT did not arrive');
  t.equal(await pairs(2), '');

  // A standby that does not exist: COMMIT waits for it until it is cancelled, and then succeeds with a warning.
  await admin.sql.unsafe(`alter system set synchronous_standby_names = 'nobody'`);
  t.teardown(async () => {
    await admin.sql.unsafe('alter system reset synchronous_standby_names');
    await admin.sql`select pg_reload_conf()`;
  });
  await admin.sql`select pg_reload_conf()`;
  for (let on = false; !on; await sleep(10)) {
    const [row] = await admin.sql<{ on: boolean }[]>`select current_setting('synchronous_standby_names') <> '' as on`;
    on = row?.on ?? false;
  }
  await sleep(100);
  const local = failure(
    client().begin(async (tx) => {
      await tx.sql`set local synchronous_commit = on`;
      await pair(3)(tx);
    }),
  );
  for (let cancelled = 0; cancelled === 0; await sleep(10)) {
    const [row] = await admin.sql<{ n: number }[]>`
      select count(pg_cancel_backend(pid))::int as n from pg_stat_activity
      where datname = current_database() and wait_event = 'SyncRep'`;
    cancelled = row?.n ?? 0;
  }
  t.ok((await local) instanceof UnknownOutcome, 'committed locally, but might not have been replicated');
  t.equal(await pairs(3), 'ab');
});

void t.test('a hundred random kills under load leave no half transaction, and everybody moves on', async (t) => {
  const { owner, admin, client } = await scratch(t);
  const db = client({ max: 6 });
  const WORKERS = 8;
  const outcome = new Map<number, 'committed' | 'lost' | 'unknown'>();
  const strange: unknown[] = [];
  let next = 0;
  let stop = false;
  let longestStandstillMs = 0;

  const put = (tx: Tx, id: number, side: string) => tx.sql`insert into pair values (${id}, ${side})`;
  // Ways to write two rows, the bad ones among them: work that catches errors and goes on, and late work.
  const ways: ((tx: Tx, id: number) => Promise<unknown>)[] = [
    (tx, id) => put(tx, id, 'a').then(() => put(tx, id, 'b')),
    (tx, id) => Promise.all([put(tx, id, 'a'), put(tx, id, 'b')]),
    async (tx, id) => {
      await put(tx, id, 'a').catch(() => undefined);
      await put(tx, id, 'b').catch(() => undefined);
    },
    async (tx, id) => {
      await put(tx, id, 'a');
      await new Promise((resolve) => setImmediate(resolve));
      await put(tx, id, 'b');
    },
    async (tx, id) => {
      await tx.drizzle.execute(`insert into pair values (${id}, 'a')`);
      await sleep(2);
      await put(tx, id, 'b');
    },
  ];
  const work = async () => {
    let movedAt = performance.now();
    while (!stop) {
      const id = ++next;
      try {
        if (id % 7 === 0) await db.sql`select count(*) from pair where id = ${id}`;
        await db.begin(async (tx) => ways[id % ways.length]?.(tx, id));
        outcome.set(id, 'committed');
        longestStandstillMs = Math.max(longestStandstillMs, performance.now() - movedAt);
        movedAt = performance.now();
      } catch (error) {
        outcome.set(id, error instanceof UnknownOutcome ? 'unknown' : 'lost');
        if (!isConnectionFault(error)) strange.push(error);
        await sleep(1);
      }
    }
    longestStandstillMs = Math.max(longestStandstillMs, performance.now() - movedAt);
  };

  const workers = Array.from({ length: WORKERS }, work);
  let killed = 0;
  for (let round = 0; round < 100; round++) {
    await sleep(Math.random() * 60);
    const all = round % 10 === 9;
    const [row] = await admin.sql<{ n: number }[]>`
      select count(pg_terminate_backend(pid))::int as n from (
        select pid from pg_stat_activity
        where datname = current_database() and usename = 'voucher_app'
        order by random() limit ${all ? 100 : 1}) backend`;
    killed += row?.n ?? 0;
  }
  await sleep(300);
  stop = true;
  await Promise.all(workers);

  const rows = await owner.sql<{ id: number; sides: string }[]>`
    select id, string_agg(side, '' order by side) as sides from pair group by id`;
  const sides = new Map(rows.map((row) => [row.id, row.sides]));
  const idsOf = (wanted: string) => [...outcome].filter(([, kind]) => kind === wanted).map(([id]) => id);
  t.ok(killed >= 100, `${killed} backends killed`);
  t.ok(idsOf('committed').length > 100, `${idsOf('committed').length} transactions committed`);
  t.ok(idsOf('lost').length > 20, `${idsOf('lost').length} lost, ${idsOf('unknown').length} unknown`);
  t.strictSame(
    [...sides].filter(([, each]) => each !== 'ab'),
    [],
    'no half transaction',
  );
  t.strictSame(
    idsOf('committed').filter((id) => !sides.has(id)),
    [],
    'no acknowledged transaction is missing',
  );
  t.strictSame(
    idsOf('lost').filter((id) => sides.has(id)),
    [],
    'no transaction that was reported lost is there',
  );
  t.strictSame(strange, [], 'no other error');
  t.ok(longestStandstillMs < 2000, `nobody stood still longer than 2 s (${longestStandstillMs.toFixed(0)} ms)`);
});
