// What the benchmark says can be relied on: the load counts every answer once and knows a wrong one, a row says what was
// required and whether it was met, a chart shows the points it was given. No timing decides anything here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { chart } from '../bench/chart.js';
import type { LoadJob, Request } from '../bench/load.js';
import { percentiles } from '../bench/percentiles.js';
import { median, row, table } from '../bench/report.js';
import { startLoad } from '../bench/start.js';

/** Answers request by request, in order of arrival over all connections, as `script` says; '' closes the connection. */
async function scripted(script: (n: number) => string): Promise<{ port: number; keys: string[]; close: () => Promise<void> }> {
  const keys: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    let kept = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      kept += text;
      const end = kept.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(kept)?.[1] ?? 0);
      if (end < 0 || kept.length < end + 4 + length) return;
      keys.push(/Idempotency-Key: (\S+)/.exec(kept)?.[1] ?? '');
      kept = '';
      const answer = script(keys.length - 1);
      if (answer === '') socket.destroy();
      // In two parts, for an answer may come in any.
      else socket.write(answer.slice(0, 30), () => socket.write(answer.slice(30)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    keys,
    port: typeof address === 'object' && address ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const said = (status: number, body: string, headers = ''): string =>
  `HTTP/1.1 ${status} Said\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const made = said(201, '{"ok":"已核销"}');
const refusedAs = (status: number, code: string, headers = '') => said(status, `{"code":"${code}"}`, headers);

void t.test('the load sends each request once, counts each answer once, and names what was not expected', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'voucher-load-'));
  const load = startLoad();
  t.teardown(async () => {
    await load.stop();
    await rm(folder, { recursive: true });
  });
  const file = path.join(folder, 'requests');
  const requestsOf = (count: number, expect: (i: number) => string): Request[] =>
    Array.from({ length: count }, (_, i) => ({ path: '/x', secret: 's', body: { i }, expect: expect(i) }));
  const run = async (port: number, requests: readonly Request[], more: Partial<LoadJob> = {}) => {
    await writeFile(file, requests.map((request) => JSON.stringify(request)).join('\n'));
    return load.run({ port, connections: 4, warmUpSeconds: 0, seconds: 30, file, keys: 'k', ...more });
  };

  const right = await scripted((n) => (n % 4 === 0 ? refusedAs(409, 'NO') : made));
  const all = await run(
    right.port,
    requestsOf(40, () => '201'),
  );
  t.match(
    all,
    { sent: 40, answers: { '201': 30, '409:NO': 10 }, wrong: 10, usedUp: true },
    'closed loop: a refusal nobody expected is wrong',
  );
  t.match(all.example, /expected 201, got 409:NO/);
  t.equal(new Set(right.keys).size, 40, 'under a key of its own each');
  await right.close();

  const poisson = await scripted(() => made);
  const opened = await run(
    poisson.port,
    requestsOf(40, () => '201'),
    { arrivals: 2_000 },
  );
  t.match(
    opened,
    { sent: 40, answers: { '201': 40 }, wrong: 0 },
    'open loop: what is due is sent, also when every connection is busy',
  );
  await poisson.close();

  const full = await scripted((n) => (n < 10 ? refusedAs(503, 'LANE_FULL', n % 2 === 0 ? 'connection: close\r\n' : '') : made));
  const shed = await run(
    full.port,
    requestsOf(20, () => '201'),
    { mayShed: true, connections: 1 },
  );
  t.match(shed, { answers: { '503:LANE_FULL': 10, '201': 20 }, wrong: 0 }, 'what was shed is sent again until it is answered');
  t.equal(new Set(full.keys).size, 20, 'under the same key');
  await full.close();

  const broken = await scripted((n) => (n === 3 ? '' : made));
  const cut = await run(
    broken.port,
    requestsOf(20, () => '201'),
  );
  t.match(cut, { answers: { '201': 19, cut: 1 }, wrong: 1 }, 'a connection closed without an answer is told, and opened again');
  await broken.close();

  const nobody = await scripted(() => made);
  await nobody.close();
  await t.rejects(
    run(
      nobody.port,
      requestsOf(1, () => '201'),
    ),
    /ECONNREFUSED/,
    'and a service that is not there is no figure',
  );
});

void t.test('a row holds its ratio against what is required, its figure against the goal', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1]), 2.5);
  t.match(percentiles(Array.from({ length: 100 }, (_, i) => i + 1)), { count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  const against = { name: 'before', figure: 100 };
  const cases = [
    { runs: [390, 400, 410], required: { least: 4 }, ratio: 4, said: '≥ 4', met: true },
    { runs: [399], required: { least: 4 }, ratio: 3.99, said: '≥ 4', met: false },
    { runs: [200], required: { most: 2 }, ratio: 2, said: '≤ 2', met: true },
    { runs: [201], required: { most: 2 }, ratio: 2.01, said: '≤ 2', met: false },
  ];
  for (const { runs, required, ratio, said, met } of cases) {
    const of = row({ work: 'w', unit: '/s', runs, against: { ...against, required } });
    t.match(of, { ratio, required: said, met, goal: null, goalMet: null }, `${runs.join()} against 100`);
  }
  const slow = row({ work: 'w', unit: '/s', runs: [1], p99: 51, goal: { of: 'p99', bound: { most: 50 } } });
  t.match(slow, { goal: 'p99 ≤ 50 ms', goalMet: false, ratio: null, met: null });
  const unmeasured = row({ work: 'w', unit: '/s', runs: [], goal: { of: 'figure', bound: { least: 1 } } });
  t.match(unmeasured, { figure: null, goalMet: null }, 'what was not measured has met nothing');
  const silent = row({ work: 'w', unit: '/s', runs: [0], against: { ...against, value: null, required: { most: 2 } } });
  t.match(silent, { ratio: null, met: null }, 'nor has what was not answered');
  t.equal(
    new Set(
      table([slow, unmeasured])
        .split('\n')
        .map((line) => line.length),
    ).size,
    1,
    'the table is aligned',
  );
});

void t.test('a chart shows the points it was given, and only these', async (t) => {
  const points = [...[1, 8, 64, 256].map((x) => ({ x, y: x * 10 })), { x: 512, y: 0 }];
  const svg = chart({
    title: 'A < B & "C"',
    note: 'n',
    panels: [
      {
        title: 'P',
        x: 'connections',
        y: 'a second',
        series: [
          { name: 'lane', points },
          { name: 'one', points: points.slice(0, 1) },
        ],
      },
    ],
  });
  t.equal(svg.match(/<circle /g)?.length, 5, 'not the one at which nothing was answered');
  t.equal(svg.match(/<polyline /g)?.length, 1, 'a lone point has no line');
  t.match(svg, /A &#60; B &#38; &#34;C&#34;/);
  t.notMatch(svg, /NaN|Infinity|undefined/);
  const empty = chart({
    title: 't',
    note: 'n',
    panels: [{ title: 'P', x: 'x', y: 'y', series: [{ name: 'none', points: [] }] }],
  });
  t.notMatch(empty, /NaN|Infinity|undefined/, 'also of nothing');
});
