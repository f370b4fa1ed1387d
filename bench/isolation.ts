// What rights and isolation cost: the same service and book with its tables' policies asked and not asked, and with neither policies nor rights
// (see rights.ts), in rounds that alternate. After `npm run build`: npx tsx bench/isolation.ts
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type Database } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { grow } from './grow.js';
import type { LoadResult, Request } from './load.js';
import { type Bench, measure, measureCommands } from './measure.js';
import { auditBook, openBook } from './open-book.js';
import { latencyOf, median, row, table } from './report.js';
import { killAll, startLoad, startService } from './start.js';

/** Everything is asked; policies are not; neither they nor rights are. */
const states = ['on', 'off', 'bare'] as const;
type State = (typeof states)[number];

const transfers = Number(process.env['BENCH_SIZES'] || 50_000);
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const book = await openBook(embedded);
  const admin = connect({ url: embedded.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  await grow({ owner: admin, bookId: book.world.bookId, transfers, onProgress: () => undefined });
  await admin.sql.unsafe('analyze');
  const tables = await isolatedTables(admin);
  const bench: Bench = {
    folder,
    load: startLoad(),
    seconds: Number(process.env['BENCH_SECONDS'] || 3),
    runs: Number(process.env['BENCH_RUNS'] || 5),
    full: false,
    problems: [],
    skipped: [],
    say: console.log,
  };
  const service = await startService(book.serve());

  const { code, bookId, secrets } = book.world;
  const get = (address: string): Request => ({
    method: 'GET',
    path: `/v1/books/${code}${address}`,
    secret: secrets.auditor,
    expect: '200',
  });
  const vouchers = await book.db.sql<{ id: string }[]>`
    select voucher_id as id from vouchers where book_id = ${bookId} order by voucher_id limit 97`;
  const readings = [
    { name: 'voucher', requests: vouchers.map(({ id }) => get(`/vouchers/${id}`)) },
    { name: 'trial balance', requests: [get('/ledger/trial-balance')] },
    { name: 'dashboard', requests: [get('/dashboard')] },
  ];

  const results = new Map<string, LoadResult[]>();
  const keep = (name: string, state: State, result: LoadResult): void => {
    const key = `${name}, ${state}`;
    results.set(key, [...(results.get(key) ?? []), result]);
  };
  let pace = 3_000;
  const redeem = async (name: string, connections: number): Promise<LoadResult> => {
    const requests = await book.stock.redemptions(Math.ceil(pace * (bench.seconds + 1) * 1.5) + 128);
    const result = await measureCommands(bench, book, service, { name, connections, requests, made: 'redemptions' });
    book.stock.giveBack(requests, result.sent);
    if (connections > 1) pace = result.perSecond;
    return result;
  };

  await redeem('warming up', 64);
  for (let run = 0; run < bench.runs; run++) {
    // Whoever goes first goes second next: what the machine does meanwhile meets both.
    for (const state of run % 2 === 0 ? states : states.toReversed()) {
      await isolate(admin, tables, state);
      await service.askRights(state !== 'bare');
      keep('redemptions, 64 connections', state, await redeem(`redemptions, ${state}`, 64));
      keep('redemptions, 1 connection', state, await redeem(`lone redemptions, ${state}`, 1));
      for (const { name, requests } of readings) {
        for (const connections of [1, 8]) {
          const result = await measure(bench, service, {
            name: `${name}, ${connections} connections, ${state}`,
            connections,
            requests,
            again: true,
            seconds: Math.min(1, bench.seconds),
            warmUpSeconds: 0.3,
          });
          keep(`${name}, ${connections} connections`, state, result);
        }
      }
    }
  }
  await isolate(admin, tables, 'on');
  await service.askRights(true);
  await service.stop();
  await bench.load.stop();

  const names = [...new Set([...results.keys()].map((key) => key.replace(/, \w+$/, '')))];
  const of = (name: string, state: State): readonly LoadResult[] => results.get(`${name}, ${state}`) ?? [];
  const rate = (runs: readonly LoadResult[]): number[] => runs.map(({ perSecond }) => perSecond);
  const without = { off: 'policies off', bare: 'policies and rights off' } as const;
  const rows = names.flatMap((name) =>
    (['off', 'bare'] as const).map((state) => {
      const isBound = name === 'redemptions, 64 connections' && state === 'bare';
      return row({
        work: name,
        unit: '/s',
        runs: rate(of(name, 'on')),
        ...latencyOf(of(name, 'on')),
        against: {
          name: without[state],
          figure: median(rate(of(name, state))),
          ...(isBound ? { required: { least: 0.9 } } : {}),
        },
      });
    }),
  );
  console.log(`\n${table(rows)}\n`);
  for (const name of names) {
    for (const state of ['off', 'bare'] as const) {
      const less = rate(of(name, state));
      const ratios = rate(of(name, 'on')).map((figure, i) => (figure / (less[i] ?? Number.NaN)).toFixed(2));
      console.log(`${name}: everything / ${without[state]} by round ${ratios.join(' ')}`);
    }
  }
  bench.problems.push(...(await auditBook(book)));
  console.log(bench.problems.length === 0 ? 'audit: clean; every answer as expected' : `FAILED:\n${bench.problems.join('\n')}`);
  if (bench.problems.length > 0) process.exitCode = 1;
  await Promise.all([book.close(), admin.close()]);
} finally {
  killAll();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

async function isolatedTables({ sql }: Database): Promise<string[]> {
  const found = await sql<{ name: string }[]>`
    select quote_ident(relname) as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace order by 1`;
  return found.map(({ name }) => name);
}

/** Every plan that a session keeps is made anew behind it. Table by table, so that it waits for one statement at a time. */
async function isolate({ sql }: Database, tables: readonly string[], state: State): Promise<void> {
  for (const name of tables) await sql.unsafe(`alter table ${name} ${state === 'on' ? 'enable' : 'disable'} row level security`);
}
