// Clients that are slow, stuck, gone or too many, each by hand over a socket: what they hold is given back, and nobody else
// waits for them. Deadlines are short here; what is asserted is that the service ends what the client does not.
import { Readable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createBook } from '../src/access/create-book.js';
import { build } from '../src/app.js';
import { systemClock } from '../src/clock.js';
import type { Limits } from '../src/http/limits.js';
import { makeUscc } from '../src/identifiers.js';
import { testDatabase } from './database.js';
import type { RawClient } from './socket.js';
import { listen, requestText, until } from './socket.js';

let firms = 0;
const firm = () => ({ uscc: makeUscc(`91410100MA${String(++firms).padStart(7, '0')}`), name: `企业${firms}` });
const url = '/v1/books/zhengzhou/enterprises';

/** A service on a port, with a book, and three routes of a test: an upload that streams, an answer larger than any socket's buffer, an endless one. */
async function start(t: { teardown(handler: () => Promise<void>): void }, limits: Partial<Limits> = {}) {
  const database = await testDatabase(t);
  const { app, books } = await build({
    db: database.db,
    clock: systemClock,
    fieldKey: randomBytes(32),
    limits: { headersTimeoutMs: 400, bodyTimeoutMs: 400, answerTimeoutMs: 400, ...limits },
  });
  app.addContentTypeParser('application/octet-stream', (_request, _payload, done) => done(null));
  app.post('/test/upload', { config: { streaming: true } }, async (request) => {
    let bytes = 0;
    for await (const chunk of request.raw) bytes += (chunk as Buffer).length;
    return { bytes };
  });
  // Reads nothing until it is told to.
  const gate = { open: () => undefined as void };
  const opened = new Promise<void>((resolve) => (gate.open = resolve));
  app.post('/test/lazy', { config: { streaming: true } }, async (request) => {
    await opened;
    let bytes = 0;
    for await (const chunk of request.raw) bytes += (chunk as Buffer).length;
    return { bytes };
  });
  const large = Buffer.alloc(64 * 1024 * 1024, 'x');
  app.get('/test/large', async (_request, reply) => reply.type('text/plain').send(large));
  app.get(
    '/test/endless',
    { config: { streaming: true } },
    async (_request, reply) =>
    reply.type('text/plain').send(Readable.from((function* () { for (;;) yield Buffer.alloc(65_536, 'x'); })())), // prettier-ignore
  );
  let closed = false;
  const close = async () => {
    if (!closed) await app.close();
    closed = true;
  };
  t.teardown(close);
  const { operators, bookId } = await createBook(
    database.owner,
    async (_id, code) => {
      const book = await books.find(code);
      if (!book) throw new Error('the new book cannot be found');
      return book.lane;
    },
    systemClock.now(),
    { code: 'zhengzhou', name: '郑州市', divisionCode: '410100', operatorNames: ['平台运营', '平台复核'] },
  );
  const [{ key: secret }] = operators;
  const { connect, port } = await listen(app);
  const clients: RawClient[] = [];
  t.teardown(async () => clients.forEach((client) => client.destroy()));
  const client = async () => {
    const made = await connect();
    clients.push(made);
    return made;
  };
  const metric = async (line: string): Promise<number> => {
    const { body } = await app.inject({ url: '/metrics' });
    return Number(body.split('\n').find((each) => each.startsWith(`${line} `))?.slice(line.length + 1)); // prettier-ignore
  };
  const command = async () => {
    const one = await client();
    one.write(requestText(url, { secret, body: firm() }));
    const { status } = await one.answer();
    one.destroy();
    return status;
  };
  const holdLane = async (): Promise<() => Promise<void>> => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let held: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => (held = resolve));
    const transaction = database.admin.begin(async (tx) => {
      await tx.sql.unsafe('set local idle_in_transaction_session_timeout = 0');
      await tx.sql`select 1 from book_heads where book_id = ${bookId} for update`;
      held();
      await released;
    });
    await Promise.race([holding, transaction]);
    return async () => {
      release();
      await transaction;
    };
  };
  return { ...database, app, books, port, secret, client, metric, command, holdLane, close, gate };
}

const inFlight = 'http_requests_in_flight{book="zhengzhou",kind="command"}';

void t.test('a request that does not arrive is ended: headers, a body, a body by single bytes', async (t) => {
  const { client, secret, metric, command } = await start(t);
  const headers = await client();
  headers.write('POST /v1/books/zhengzhou/enterprises HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  t.match(await headers.answer(), {
    status: 408,
    body: { code: 'REQUEST_TIMEOUT', status: 408 },
    headers: { connection: 'close' },
  });
  await headers.ended;

  const body = await client();
  body.write(requestText(url, { secret, body: firm(), cut: 5 }));
  await until(async () => (await metric(inFlight)) === 1);
  t.match(await body.answer(), {
    status: 408,
    body: { code: 'REQUEST_TIMEOUT' },
    headers: { 'content-type': 'application/problem+json' },
  });
  await body.ended;
  await until(async () => (await metric(inFlight)) === 0);

  const drops = await client();
  drops.write(requestText(url, { secret, body: firm(), cut: 30 }));
  const dropping = setInterval(() => drops.write(' '), 30);
  t.match(await drops.answer(), { status: 408 }, 'the deadline is for the whole body');
  clearInterval(dropping);
  await drops.ended;
  t.equal(await metric('http_connections_cut_total{reason="body"}'), 2);

  const nothing = await client();
  t.match(await nothing.answer(), { status: 408 }, 'a connection that says nothing has its headers late');
  t.equal(await command(), 201);
});

void t.test('a streaming route has a deadline between bytes: a slow upload lives, a stuck one is ended', async (t) => {
  const { client, metric, gate } = await start(t);
  const head = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n\r\n`;
  const slow = await client();
  slow.write(head('/test/upload', 30));
  for (let i = 0; i < 30; i++) {
    slow.write('x');
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  t.match(await slow.answer(), { status: 200, body: { bytes: 30 } }, 'three times the deadline in all');

  const stuck = await client();
  stuck.write(`${head('/test/upload', 30)}half`);
  t.match(await stuck.answer(), { status: 408, body: { code: 'REQUEST_TIMEOUT' } });
  await stuck.ended;
  t.equal(await metric('http_connections_cut_total{reason="body"}'), 1);

  // It is the service that does not read here: more than the deadline, and the client is not to blame.
  const waiting = await client();
  waiting.write(`${head('/test/lazy', 4_000_000)}${'x'.repeat(2_000_000)}`);
  await stuckAgain(client);
  gate.open();
  waiting.write('x'.repeat(2_000_000));
  t.match(
    await waiting.answer(),
    { status: 200, body: { bytes: 4_000_000 } },
    'bytes that wait for us are no fault of the client',
  );

  async function stuckAgain(connect: typeof client): Promise<void> {
    const other = await connect();
    other.write(`${head('/test/upload', 30)}half`);
    await other.ended;
  }
});

void t.test('who does not read its answer is ended, and held neither a lane nor a session', async (t) => {
  const { client, metric, command, admin, port } = await start(t, { answerTimeoutMs: 1_500 });
  const stuck = await Promise.all(Array.from({ length: 12 }, client));
  for (const [i, one] of stuck.entries()) {
    one.socket.pause();
    one.write(requestText(i % 2 === 0 ? '/test/large' : '/test/endless'));
  }
  t.equal(await command(), 201, 'commands go on');
  // What the service does by itself uses a session too, for a moment.
  const isFree = async () => {
    const busy = await admin.sql`select 1 from pg_stat_activity where usename = 'voucher_app'
      and datname = current_database() and state <> 'idle'`;
    return busy.length === 0;
  };
  const cut = () => metric('http_connections_cut_total{reason="answer"}');
  await until(isFree);
  t.equal(await cut(), 0, 'no session is in use, while all of them wait');
  await until(async () => (await cut()) === 12);
  await Promise.all(stuck.map(async (one) => {
    one.socket.resume();
    await one.ended;
  })); // prettier-ignore

  const whole = await fetch(`http://127.0.0.1:${port}/test/large`);
  t.equal((await whole.arrayBuffer()).byteLength, 64 * 1024 * 1024, 'who reads gets all of it');
});

void t.test('who goes away while its command waits costs no more, and the command counts', async (t) => {
  const { client, secret, metric, command, holdLane, books, admin, app } = await start(t);
  const release = await holdLane();
  const lane = (await books.find('zhengzhou'))?.lane;
  // One command waits for the lock, so that all the others wait in the queue.
  const first = command();
  await until(async () => (await metric(inFlight)) === 1 && lane?.depth === 0);
  const gone = await Promise.all(Array.from({ length: 20 }, client));
  const bodies = gone.map(firm);
  for (const [i, one] of gone.entries()) one.write(requestText(url, { secret, key: `gone-${i}`, body: bodies[i] ?? {} }));
  await until(() => lane?.depth === 20);
  for (const one of gone) one.destroy();
  await until(async () => (await metric(inFlight)) === 1);
  t.equal(lane?.depth, 20, 'their commands still wait');
  await release();
  t.equal(await first, 201);
  await until(async () => (await admin.sql`select 1 from enterprises`).length === 21);
  for (const [i, body] of bodies.entries()) {
    const again = await app.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${secret}`, 'idempotency-key': `gone-${i}` },
      payload: body,
    });
    t.match(again, { statusCode: 201, headers: { 'idempotency-replayed': 'true' } });
  }
});

void t.test('a flood in one connection is answered as far as it is bounded; the rest is told and it is closed', async (t) => {
  const { client, metric, command } = await start(t, { pipelined: 4 });
  const flood = await client();
  flood.write(requestText('/health/live').repeat(100));
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => flood.answer()));
  t.strictSame(answers.map((a) => a.status), [200, 200, 200, 200, 429]); // prettier-ignore
  t.match(answers[4], { body: { code: 'TOO_MANY_REQUESTS' }, headers: { connection: 'close', 'retry-after': '1' } });
  await flood.ended;
  t.ok((await metric('http_requests_sent_away_total{reason="pipelined"}')) >= 1);
  t.equal(await command(), 201);
});

void t.test('connections are bounded, by address too; below HTTP a refusal has its words as well', async (t) => {
  const byAddress = await start(t, { connectionsPerAddress: 3 });
  const three = await Promise.all([1, 2, 3].map(byAddress.client));
  const fourth = await byAddress.client();
  t.match(await fourth.answer(), { status: 429, body: { code: 'TOO_MANY_REQUESTS' }, headers: { 'retry-after': '1' } });
  await fourth.ended;
  t.equal(await byAddress.metric('http_connections_refused_total{bound="address"}'), 1);
  three[0]?.destroy();
  await until(async () => (await byAddress.metric('http_connections')) === 2);
  t.equal(await byAddress.command(), 201, 'a place that is left is given again');

  const inAll = await start(t, { connections: 1 });
  const only = await inAll.client();
  const second = await inAll.client();
  t.match(await second.answer(), { status: 503, body: { code: 'SERVICE_BUSY' } });
  only.write(requestText('/health/live'));
  t.equal((await only.answer()).status, 200);

  const { client } = await start(t);
  const wide = await client();
  wide.write(requestText('/health/live', { headers: `X-Wide: ${'x'.repeat(9_000)}\r\n` }));
  t.match(await wide.answer(), { status: 431, body: { code: 'HEADERS_TOO_LARGE' } });
  const wild = await client();
  wild.write('HELLO\r\n\r\n');
  t.match(await wild.answer(), { status: 400, body: { code: 'MALFORMED_REQUEST' } });
  await Promise.all([wide.ended, wild.ended]);
});

void t.test('a body that is still coming when it was refused is not waited for', async (t) => {
  const { client, metric } = await start(t, { stopMs: 300 });
  const refused = await client();
  refused.write(requestText(url, { secret: 'nonsense', body: { x: 'y'.repeat(100_000) }, cut: 10 }));
  t.match(await refused.answer(), { status: 401, body: { code: 'UNAUTHENTICATED' } }, 'answered at once');
  await refused.ended;
  t.equal(await metric('http_connections_cut_total{reason="body"}'), 1);
});

void t.test('a stop under load: what was let in is answered, what comes is sent away, who is stuck is ended', async (t) => {
  const { client, secret, metric, holdLane, app, close, admin } = await start(t, {
    stopMs: 300,
    bodyTimeoutMs: 60_000,
    answerTimeoutMs: 60_000,
  });
  const release = await holdLane();
  const inside = await Promise.all(Array.from({ length: 60 }, client));
  const idle = await client();
  for (const one of inside) one.write(requestText(url, { secret, body: firm() }));
  await until(async () => (await metric(inFlight)) === 60);
  const [half, reader] = [await client(), await client()];
  half.write(requestText(url, { secret, body: firm(), cut: 1 }));
  reader.socket.pause();
  reader.write(requestText('/test/large'));
  await until(async () => (await metric(inFlight)) === 61);

  idle.write('GET /v1/books/zhengzhou/me HTTP/1.1\r\n');
  const closing = close();
  await until(() => !app.server.listening);
  idle.write(`Host: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  t.match(await idle.answer(), {
    status: 503,
    body: { code: 'SERVICE_UNAVAILABLE' },
    headers: { 'retry-after': '2', connection: 'close' },
  });
  await half.ended;
  reader.socket.resume();
  await reader.ended;
  await release();
  const answers = await Promise.all(inside.map((one) => one.answer()));
  t.strictSame(answers.map((a) => a.status), answers.map(() => 201), 'every command that waited'); // prettier-ignore
  await closing;
  t.equal((await admin.sql`select 1 from enterprises`).length, 60, 'as many as were acknowledged, and none of the half one');
});
