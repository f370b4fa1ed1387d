// More comes than can be done: what is sent away, when it may come back, and that one book's flood is its own. Where a flood
// must last, a lock in the database holds it until what is asserted has happened; no clock decides.
import t from 'tap';
import { addressBlock, Buckets, Lately } from '../src/http/buckets.js';
import { Pace } from '../src/http/pace.js';
import { ClientGone, ShareFull, Shares } from '../src/http/shares.js';
import { Traffic } from '../src/http/traffic.js';
import { makeUscc } from '../src/identifiers.js';
import { limitsOf, readSettings, sharedOut } from '../src/settings.js';
import type { Service, TestBook } from './service.js';
import { expectStatus, startService } from './service.js';
import { listen, requestText, until } from './socket.js';

let firms = 0;
const firm = () => ({ uscc: makeUscc(`91410100MA${String(++firms).padStart(7, '0')}`), name: `企业${firms}` });
const count = (codes: readonly unknown[]) =>
  codes.reduce<Record<string, number>>((sum, each) => ({ ...sum, [String(each)]: (sum[String(each)] ?? 0) + 1 }), {});

/** Holds what the statement locks until the answer is called. */
async function hold(service: Service, statement: string): Promise<() => Promise<void>> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let holding: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (holding = resolve));
  const transaction = service.admin.begin(async (tx) => {
    await tx.sql.unsafe('set local idle_in_transaction_session_timeout = 0');
    await tx.sql.unsafe(statement);
    holding();
    await released;
  });
  await Promise.race([held, transaction]);
  return async () => {
    release();
    await transaction;
  };
}
const holdLane = (service: Service, book: TestBook) =>
  hold(service, `select 1 from book_heads where book_id = '${book.bookId}' for update`);
const metric = async (service: Service, line: string): Promise<string | undefined> => {
  const { body } = await service.call('GET', '/metrics');
  return (body as string).split('\n').find((each) => each.startsWith(`${line} `));
};

void t.test('buckets: a burst, then the rate; a name that is forgotten is one that was full', async (t) => {
  const buckets = new Buckets(10, 5);
  const taken = Array.from({ length: 7 }, () => buckets.take('a', 1_000));
  t.strictSame(
    taken.map(({ allowed, left }) => [allowed, left]),
    [[true, 4], [true, 3], [true, 2], [true, 1], [true, 0], [false, 0], [false, 0]], // prettier-ignore
  );
  t.match(taken[5], { againMs: 100, fullMs: 500 }, 'a tenth of a second for one, half a second for all');
  t.equal(buckets.isEmpty('a', 1_000), true);
  t.equal(buckets.isEmpty('b', 1_000), false);
  t.match(buckets.take('b', 1_000), { allowed: true, left: 4 }, 'a name has a bucket of its own');
  t.match(buckets.take('a', 1_100), { allowed: true, left: 0 }, 'one more after the time of one');
  t.match(buckets.take('a', 1_101), { allowed: false });
  t.match(buckets.take('a', 9_999), { allowed: true, left: 4 }, 'never more than the burst');
  for (let i = 0; i < 30_000; i++) buckets.take(`attacker-${i}`, 10_000);
  t.equal(buckets.size, 10_000, 'whatever is sent, so many names are kept');

  const unlimited = new Buckets(Infinity, Infinity);
  t.equal(unlimited.limited, false);
  t.match(unlimited.take('a', 0), { allowed: true });
  const lately = new Lately();
  for (let i = 0; i <= 10_000; i++) lately.add(`${i}`);
  t.strictSame([lately.has('0'), lately.has('1'), lately.has('10000')], [false, true, true], 'names are bounded too');
  t.equal(unlimited.isEmpty('a', 0), false);

  const blocks: [string, string][] = [
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ];
  for (const [ip, block] of blocks) t.equal(addressBlock(ip), block, ip);
});

void t.test('the pace is that of full batches, and smoothed', async (t) => {
  const pace = new Pace(256);
  t.equal(pace.timeFor(1_000), 0, 'before anything is known nobody is refused by time');
  pace.observe(1, 10, 10);
  t.equal(pace.timeFor(1_000), 0, 'a lone command says nothing of many');
  pace.observe(100, 100, 200);
  t.equal(pace.timeFor(100), 100);
  pace.observe(1, 20, 300);
  t.equal(pace.timeFor(100), 100, 'nor does it later');
  pace.observe(100, 600, 1_000);
  t.equal(pace.timeFor(100), 200, 'one slow batch counts a fifth');
  pace.observe(100, 600, 1_200);
  t.equal(pace.timeFor(100), 200, 'time that two batches shared counts once');
  pace.observe(2, 1, 1_300);
  t.ok(pace.timeFor(100) < 200, 'a small batch that was fast even so is believed');
  const single = new Pace(1);
  single.observe(1, 10, 10);
  t.equal(single.timeFor(5), 50, 'a lane of single commands is measured by those');

  const lane = { depth: 0 };
  const traffic = new Traffic(lane, { maxCommands: 400, maxBatch: 256 }, new Shares(1).open(1), new Shares(1).open(1));
  traffic.pace.observe(100, 1_000, 1_000);
  const refusal = (commands: number, depth = 0) => {
    traffic.commands = commands;
    lane.depth = depth;
    const { code, reason, retryAfter } = traffic.laneRefusal(2_000) ?? {};
    return [code, reason, retryAfter];
  };
  t.strictSame(refusal(200), [undefined, undefined, undefined], 'two seconds of work wait: one more');
  t.strictSame(refusal(201), ['LANE_FULL', 'lane_slow', 3], 'more do not; come back when they are done');
  t.strictSame(refusal(0, 300), ['LANE_FULL', 'lane_slow', 3], 'what waits counts although its clients have gone');
  t.strictSame(refusal(400), ['LANE_FULL', 'lane_full', 4]);
  traffic.pace.observe(100, 900_000, 901_000);
  t.strictSame(refusal(15), [undefined, undefined, undefined], 'few are taken however slow it is: they fit into one batch');
  t.strictSame(refusal(16), ['LANE_FULL', 'lane_slow', 29]);
  t.strictSame(refusal(200), ['LANE_FULL', 'lane_slow', 60], 'nobody is sent away for more than a minute');
});

void t.test('shares: a book alone has half the places, a newcomer always finds one, those who wait take turns', async (t) => {
  const shares = new Shares(4);
  const [a, b, c] = [shares.open(100), shares.open(100), shares.open(2)];
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const work = (name: string) => () => {
    started.push(name);
    return new Promise<string>((resolve) => finish.set(name, () => resolve(name)));
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const flood = Array.from({ length: 10 }, (_, i) => a.run(work(`a${i}`)));
  t.strictSame(started, ['a0', 'a1'], 'half of four');
  const ofB = [b.run(work('b0')), b.run(work('b1'))];
  t.strictSame(started, ['a0', 'a1', 'b0'], 'a newcomer finds a place, and leaves one');
  const ofC = [c.run(work('c0')), c.run(work('c1')), c.run(work('c2'))];
  t.strictSame(started, ['a0', 'a1', 'b0', 'c0']);
  await t.rejects(c.run(work('c3')), ShareFull, 'what waits is bounded by share');
  const back = c.run(work('back'), { patient: true });

  const end = async (name: string) => {
    finish.get(name)?.();
    await settled();
    return started.slice(4).join(' ');
  };
  t.equal(await end('a0'), '', 'a book that has one is not given a further one while only one is free');
  t.equal(await end('a1'), 'a2', 'the one that has none comes first');
  t.equal(await end('b0'), 'a2 b1');
  t.equal(await end('c0'), 'a2 b1 c1');
  t.equal(a.waiting, 7);
  for (let i = 0; i < 40; i++) for (const name of [...started]) await end(name);
  t.strictSame(await Promise.all([...flood, ...ofB, ...ofC, back]), [
    ...Array.from({ length: 10 }, (_, i) => `a${i}`),
    'b0',
    'b1',
    'c0',
    'c1',
    'c2',
    'back', // prettier-ignore
  ]);
  t.strictSame([a.running, b.running, c.running, a.waiting], [0, 0, 0, 0], 'every place came back');

  let here = true;
  const [first, second] = [shares.open(9), shares.open(9)];
  const running = [first.run(work('x')), first.run(work('y'))];
  const gone = t.rejects(first.run(work('gone'), { gone: () => !here }), ClientGone);
  const stays = first.run(work('stays'), { gone: () => false });
  here = false;
  await end('x');
  await end('y');
  await gone;
  await end('stays');
  t.equal(await stays, 'stays');
  t.notOk(started.includes('gone'), 'work whose client went away is not begun');
  await Promise.all(running);
  await t.rejects(
    second.run(() => Promise.reject(new Error('no'))),
    /no/,
  );
  t.equal(second.running, 0, 'work that fails gives its place back');
  const lone = new Shares(1).open(1);
  t.equal(await lone.run(() => 7), 7, 'one place is enough to go on');
});

void t.test('beyond the bound of its lane a command is sent away before its body is read, and another book is not', async (t) => {
  const service = await startService(t, { lane: { maxQueue: 12, maxBatch: 4 } });
  const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
  const { connect } = await listen(service.app);
  const release = await holdLane(service, flooded);
  const url = '/v1/books/zhengzhou/enterprises';

  const inside = Array.from({ length: 12 }, () => flooded.operator.post('/enterprises', firm()));
  await until(
    async () => (await metric(service, 'http_requests_in_flight{book="zhengzhou",kind="command"}'))?.endsWith(' 12') === true,
  );
  const client = await connect();
  client.write(requestText(url, { secret: flooded.operator.secret, body: firm(), cut: 10 }));
  const told = await client.answer();
  t.match(told, { status: 503, body: { code: 'LANE_FULL' }, headers: { 'retry-after': '1', 'content-language': 'zh-CN' } });
  client.destroy();
  const patient = await connect();
  patient.write(requestText(url, { secret: flooded.operator.secret, body: firm() }));
  t.equal((await patient.answer()).status, 503);
  const flood = await Promise.all(Array.from({ length: 500 }, () => flooded.operator.post('/enterprises', firm())));
  t.strictSame(count(flood.map((a) => `${a.status} ${a.body.code} ${String(a.headers['retry-after'])}`)), {
    '503 LANE_FULL 1': 500,
  });
  t.equal(
    await metric(service, 'http_requests_sent_away_total{reason="lane_full"}'),
    'http_requests_sent_away_total{reason="lane_full"} 502',
  );

  t.equal((await other.operator.post('/enterprises', firm())).status, 201, 'the other book’s command is done meanwhile');
  t.equal((await other.operator.get('/enterprises')).status, 200);
  t.equal((await flooded.operator.get('/enterprises')).status, 200, 'and so are readings of the flooded one');
  t.match(await flooded.operator.get('/enterprises', { headers: { 'accept-language': 'en' } }), { status: 200 });

  await release();
  t.strictSame(count((await Promise.all(inside)).map((a) => a.status)), { 201: 12 }, 'who was let in is answered');
  patient.write(requestText(url, { secret: flooded.operator.secret, body: firm() }));
  t.equal((await patient.answer()).status, 201, 'and the door is open again, on a connection that was sent away too');
  t.equal(Number((await service.db.sql`select count(*) as n from enterprises where book_id = ${flooded.bookId}`)[0]?.['n']), 13);
});

void t.test('the queue is bounded by time: Retry-After says when what waits is done', async (t) => {
  const service = await startService(t);
  const book = await service.newBook('zhengzhou');
  const release = await holdLane(service, book);
  const inside = Array.from({ length: 16 }, () => book.operator.post('/enterprises', firm()));
  const { traffic } = (await service.books.find('zhengzhou')) ?? {};
  // As if a command took half a second.
  traffic?.pace.observe(100, 50_000, 1e12);
  await until(() => traffic?.commands === 16);
  const late = await book.operator.post('/enterprises', firm());
  t.match(late, { status: 503, body: { code: 'LANE_FULL' }, headers: { 'retry-after': '8' } });
  await release();
  t.strictSame(count((await Promise.all(inside)).map((a) => a.status)), { 201: 16 });
});

void t.test('in the order of completion a command stands before the flood of another book that came first', async (t) => {
  // However slow the machine is, nobody is sent away for the wait: what counts is the order.
  const service = await startService(t, { lane: { maxBatch: 8 }, limits: { laneWaitMs: 60_000 } });
  const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
  const { connect } = await listen(service.app);
  // Both have been here before: neither pays for a first statement.
  for (let i = 0; i < 20; i++) {
    const two = [flooded, other].map(({ operator }) => operator.post('/enterprises', firm()));
    t.strictSame((await Promise.all(two)).map((a) => a.status), [201, 201]); // prettier-ignore
  }
  const clients = await Promise.all(Array.from({ length: 250 }, connect));
  const mine = await connect();
  // The system accepts connections one by one; here they are open before the flood begins.
  for (const client of [...clients, mine]) {
    client.write(requestText('/health/live'));
    await client.answer();
  }
  const order: string[] = [];
  const send = async (client: (typeof clients)[number], book: TestBook, name: string): Promise<number> => {
    client.write(requestText(`/v1/books/${book.code}/enterprises`, { secret: book.operator.secret, body: firm() }));
    const { status } = await client.answer();
    order.push(name);
    return status;
  };
  const flood = clients.flatMap((client) => [send(client, flooded, 'flood'), send(client, flooded, 'flood')]);
  const command = await send(mine, other, 'command');
  t.equal(command, 201);
  const before = order.indexOf('command');
  t.ok(before <= 250, `${before} of the 500 that came first were answered before it`);
  t.strictSame(count(await Promise.all(flood)), { 201: 500 }, 'the flood is answered too');
  for (const client of [...clients, mine]) client.destroy();
});

void t.test(
  'of what comes at once the books go on by turns: one command is not parsed behind five hundred of another',
  async (t) => {
    const service = await startService(t);
    const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
    const queued: string[] = [];
    for (const { code, operator } of [flooded, other]) {
      expectStatus(await operator.post('/enterprises', firm()), 201);
      const { lane } = (await service.books.find(code)) ?? {};
      if (!lane) throw new Error('the book is not open');
      const submit = lane.submit.bind(lane);
      lane.submit = (verb, request) => {
        queued.push(code);
        return submit(verb, request);
      };
    }
    // All of them in one turn of the event loop, the single one last.
    const sent = [...Array.from({ length: 500 }, () => flooded), other].map(({ operator }) =>
      operator.post('/enterprises', firm()),
    );
    t.strictSame(count((await Promise.all(sent)).map((a) => a.status)), { 201: 501 });
    const before = queued.indexOf('jiaozuo');
    t.ok(before < 50, `${before} of the 500 that came first reached their lane before it`);
  },
);

void t.test('exports that are stuck hold back no readings of another book', async (t) => {
  const service = await startService(t);
  const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
  for (const { operator } of [flooded, other]) expectStatus(await operator.get('/enterprises'), 200);
  const file = '/ledger/entries-file?format=ndjson';
  const held = async () =>
    (
      await service.admin.sql`select 1 from pg_stat_activity where usename = 'voucher_app' and wait_event_type = 'Lock'
       and datname = current_database()`
    ).length;
  const release = await hold(service, 'lock table entries in access exclusive mode');
  const stuck = Array.from({ length: 30 }, () => flooded.operator.get(file));
  await until(async () => (await metric(service, 'beside_lane_waiting{book="zhengzhou"}'))?.endsWith(' 28') === true);
  await until(async () => (await held()) === 2);
  t.equal((await other.operator.get('/enterprises')).status, 200, 'a reading of another');
  t.equal(await held(), 2, 'half the places are held, and no more');
  await release();
  const files = await Promise.all(stuck);
  t.strictSame(count(files.map((a) => a.status)), { 200: 30 });
  const [first] = files;
  t.ok(
    files.every(({ body }) => body === first?.body),
    'and each is the whole file',
  );
  const { traffic } = (await service.books.find('zhengzhou')) ?? {};
  t.strictSame([traffic?.beside.running, traffic?.beside.waiting], [0, 0], 'every place came back');
});

void t.test('readings that are stuck hold back neither commands nor another book’s readings', async (t) => {
  const service = await startService(t, { limits: { waitingPerBook: 50 } });
  const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
  for (const { operator } of [flooded, other]) expectStatus(await operator.get('/enterprises'), 200);
  const release = await hold(service, 'lock table providers in access exclusive mode');
  const stuck = Array.from({ length: 200 }, () => flooded.operator.get('/providers'));
  await until(async () => (await metric(service, 'beside_lane_waiting{book="zhengzhou"}'))?.endsWith(' 50') === true);
  const held = async () =>
    (
      await service.admin.sql`select 1 from pg_stat_activity where usename = 'voucher_app' and wait_event_type = 'Lock'
       and datname = current_database()`
    ).length;
  await until(async () => (await held()) > 0);
  t.equal((await flooded.operator.post('/enterprises', firm())).status, 201, 'a command of the same book');
  t.equal((await other.operator.post('/enterprises', firm())).status, 201, 'a command of another');
  t.equal((await other.operator.get('/enterprises')).status, 200, 'a reading of another');
  const newcomer = await other.member('auditor');
  t.equal((await newcomer.get('/enterprises')).status, 200, 'a key that was never seen before');
  const more = await flooded.operator.get('/enterprises');
  t.match(
    more,
    { status: 503, body: { code: 'SERVICE_BUSY' }, headers: { 'retry-after': '1' } },
    'its own readings are many enough',
  );
  t.ok((await held()) <= 2, 'half the places are held at most');
  await release();
  const answers = count((await Promise.all(stuck)).map((a) => `${a.status} ${a.body.code ?? ''}`));
  t.strictSame(Object.keys(answers).sort(), ['200 ', '503 SERVICE_BUSY'], 'every one of them was answered');
  t.ok((answers['200 '] ?? 0) >= 50);
  t.equal((await flooded.operator.get('/providers')).status, 200);
});

void t.test('a full process is shared evenly: a book with less than its share comes in', async (t) => {
  const service = await startService(t, { limits: { inFlight: 20, bodyBytes: 100_000 } });
  const [flooded, other] = [await service.newBook('zhengzhou'), await service.newBook('jiaozuo')];
  const release = await holdLane(service, flooded);
  const sent: string[] = [];
  const flood = Array.from({ length: 30 }, async () => {
    const { status, body } = await flooded.operator.post('/enterprises', firm());
    sent.push(`${status} ${body.code as string}`);
    return status;
  });
  await until(() => sent.length === 10);
  t.strictSame(count(sent), { '503 SERVICE_BUSY': 10 }, 'twenty are in, it is full');
  t.equal((await other.operator.post('/enterprises', firm())).status, 201, 'the other book has its ten');
  await release();
  t.strictSame(count(await Promise.all(flood)), { 201: 20, 503: 10 });

  const again = await holdLane(service, flooded);
  const large = { ...firm(), name: 'x'.repeat(60_000) };
  const [first, second] = [flooded.operator.post('/enterprises', large), flooded.operator.post('/enterprises', large)];
  const third = await flooded.operator.post('/enterprises', large);
  t.match(third, { status: 503, body: { code: 'SERVICE_BUSY' } }, 'bodies are counted before they are read');
  t.equal((await other.operator.post('/enterprises', firm())).status, 201);
  await again();
  await Promise.all([first, second]);
  t.equal(
    await metric(service, 'http_requests_sent_away_total{reason="bodies"}'),
    'http_requests_sent_away_total{reason="bodies"} 1',
  );
});

void t.test('rates: 429 with RateLimit and Retry-After, by key; strangers by address, where the known are not', async (t) => {
  const limits = { keyPerSecond: 0.01, keyBurst: 20, addressPerSecond: 0.01, addressBurst: 6 };
  const service = await startService(t, { limits });
  const book = await service.newBook('zhengzhou');
  const auditor = await book.member('auditor');
  const first = await auditor.get('/me');
  t.match(first, { status: 200, headers: { 'ratelimit-policy': '"key";q=20;w=2000', ratelimit: /^"key";r=19;t=\d+$/ } });
  const answers = await Promise.all(Array.from({ length: 25 }, () => auditor.get('/me')));
  t.strictSame(count(answers.map((a) => a.status)), { 200: 19, 429: 6 });
  t.match(await auditor.get('/me', { headers: { 'accept-language': 'en' } }), {
    status: 429,
    body: { code: 'TOO_MANY_REQUESTS', title: 'Too many requests' },
    headers: { 'retry-after': /^\d\d+$/, ratelimit: /^"key";r=0;t=\d+$/ },
  });
  t.match(await auditor.post('/enterprises', firm()), { status: 429 }, 'commands and readings alike');
  t.equal((await book.operator.get('/me')).status, 200, 'another key of the same book has its own');

  const bad = (secret?: string) => service.call('GET', '/v1/books/zhengzhou/me', secret === undefined ? {} : { secret });
  const wrong = `${book.operator.secret.slice(0, -4)}AAAA`;
  const strangers = [await bad(), await bad('nonsense'), await bad(`cvk_${'a'.repeat(12)}_${'b'.repeat(43)}`), await bad(wrong)];
  t.strictSame(
    strangers.map((a) => a.status),
    [401, 401, 401, 401],
  );
  t.equal((await service.call('GET', '/openapi.json')).status, 200);
  t.equal((await service.call('GET', '/v1/nowhere')).status, 404);
  const tired = await bad();
  t.match(tired, { status: 429, headers: { 'retry-after': /^\d\d+$/, 'ratelimit-policy': '"address";q=6;w=600' } });
  t.equal((await service.call('GET', '/openapi.json')).status, 429);
  t.equal((await book.operator.get('/me')).status, 200, 'a key that is known is not held to what strangers of its address do');
  t.equal((await service.call('GET', '/health/live')).status, 200, 'and the watchdogs are not counted');
  t.equal((await service.call('GET', '/health/ready')).status, 200);
  t.equal(
    await metric(service, 'http_requests_sent_away_total{reason="key_rate"}'),
    'http_requests_sent_away_total{reason="key_rate"} 8',
  );
  t.equal(
    await metric(service, 'http_requests_sent_away_total{reason="address_rate"}'),
    'http_requests_sent_away_total{reason="address_rate"} 2',
  );
});

void t.test('behind a proxy that is trusted strangers are told apart by the address it names, else not', async (t) => {
  const limits = { addressPerSecond: 0.0001, addressBurst: 2 };
  const from = (service: Service, address: string) =>
    service.call('GET', '/v1/books/zhengzhou/me', { headers: { 'x-forwarded-for': address } });
  const statuses = async (service: Service) => {
    const answers = [];
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2']) answers.push((await from(service, address)).status);
    return answers;
  };
  t.strictSame(await statuses(await startService(t, { limits: { ...limits, trustedProxies: 1 } })), [401, 401, 429, 401]);
  t.strictSame(await statuses(await startService(t, { limits })), [401, 401, 429, 429], 'anybody can write the header');
});

void t.test('addresses that the router refuses are answered and leave nothing behind', async (t) => {
  const service = await startService(t);
  const urls = ['/v1/books/%zz/me', `/v1/books/${'x'.repeat(200)}/me`, '//', '/v1/books/zhengzhou'];
  for (const url of urls) {
    const { status } = await service.call('GET', url);
    t.ok(status >= 400 && status < 500, `${url.slice(0, 20)}: ${status}`);
  }
  const odd = await service.app.inject({ method: 'OPTIONS', url: '/v1/books/zhengzhou/me' });
  t.equal(odd.statusCode, 404);
  t.equal((await service.call('GET', '/health/live')).status, 200);
});

void t.test('settings of the door: defaults, and a sentence for what is wrong', async (t) => {
  const read = readSettings({});
  t.ok(read.ok);
  if (!read.ok) return;
  t.match(limitsOf(read.settings), { keyPerSecond: 200, keyBurst: 400, laneWaitMs: 2_000, bodyTimeoutMs: 20_000 });
  const off = readSettings({ RATE_PER_KEY: '0', RATE_PER_ADDRESS: '0' });
  if (off.ok) t.match(limitsOf(off.settings), { keyPerSecond: Infinity, addressPerSecond: Infinity });
  for (const [name, value, sentence] of [
    ['RATE_PER_KEY', '-1', /^RATE_PER_KEY must be at least 0/],
    ['RATE_PER_KEY_BURST', '0', /^RATE_PER_KEY_BURST must be at least 1/],
    ['LANE_MAX_WAIT_MS', 'long', /^LANE_MAX_WAIT_MS must be a number/],
    ['MAX_CONNECTIONS', '1.5', /^MAX_CONNECTIONS must be a whole number/],
    ['TRUSTED_PROXIES', '-1', /^TRUSTED_PROXIES must be at least 0/],
  ] as const) {
    const wrong = readSettings({ [name]: value });
    t.equal(wrong.ok, false);
    if (!wrong.ok) t.match(wrong.sentences.join('\n'), sentence);
  }
  t.strictSame(
    [sharedOut(16), sharedOut(2), sharedOut(10)],
    [
      { lanes: 4, beside: 12, places: 4 },
      { lanes: 1, beside: 1, places: 1 },
      { lanes: 2, beside: 8, places: 2 },
    ],
  );
});
