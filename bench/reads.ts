// Reading a book: a page of the busiest account's statement, the trial balance, the dashboard, at several sizes of the
// ledger; and how fast redemptions are at each.
import type { Panel } from './chart.js';
import type { LoadResult, Request } from './load.js';
import { type Bench, measure, measureCommands } from './measure.js';
import type { Book } from './open-book.js';
import { latencyOf, median, type Row, row } from './report.js';
import { type Service, startService } from './start.js';

interface Reading {
  readonly name: string;
  readonly requests: readonly Request[];
}

/** What is read of this book, by the auditor. What the service has no address for is named in `skipped`. */
async function readingsOf(bench: Bench, book: Book, service: Service): Promise<Reading[]> {
  const { bookId, code, secrets } = book.world;
  const get = (path: string): Request => ({
    method: 'GET',
    path: `/v1/books/${code}${path}`,
    secret: secrets.auditor,
    expect: '200',
  });
  const [busiest] = await book.db.sql<{ id: string; seq: bigint }[]>`
    select account_id as id, h.seq from accounts a join book_heads h using (book_id)
     where a.book_id = ${bookId} and a.kind = 'payable' order by a.credits_fen desc limit 1`;
  const openapi = (await (await fetch(`http://127.0.0.1:${service.port}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  const dashboard = Object.keys(openapi.paths).find(
    (path) => path.endsWith('/dashboard') && 'get' in (openapi.paths[path] ?? {}),
  );
  const readings: Reading[] = [{ name: 'trial balance', requests: [get('/ledger/trial-balance')] }];
  if (busiest) {
    // Pages from all over the history, the last one among them.
    const pages = Array.from({ length: 97 }, (_, i) => (busiest.seq * BigInt(i)) / 97n);
    const requests = pages.map((after) => get(`/ledger/accounts/${busiest.id}/statement?limit=50&after=${after}`));
    readings.unshift({ name: 'statement page of 50 lines', requests });
  } else bench.skipped.push('statement page: nothing is payable yet');
  if (dashboard !== undefined) {
    readings.push({ name: 'dashboard', requests: [get(dashboard.replace(/^\/v1\/books\/(\{book\}|:book)/, ''))] });
  } else bench.skipped.push('dashboard: the service has no such address');
  return readings;
}

const sized = (transfers: number): string => `${transfers.toLocaleString('en-US')} transfers`;

/** One connection that asks again when it was answered. */
const read = (bench: Bench, service: Service, at: string, { name, requests }: Reading): Promise<LoadResult> =>
  measure(bench, service, {
    name: `${name} at ${at}`,
    connections: 1,
    requests,
    again: true,
    seconds: Math.min(1, bench.seconds),
    warmUpSeconds: 0.2,
  });

/** The three readings on one book. */
export async function measureReads(bench: Bench, book: Book, transfers: number): Promise<Row[]> {
  const service = await startService(book.serve());
  const readings = await readingsOf(bench, book, service);
  const results = readings.map(() => [] as LoadResult[]);
  for (let run = 0; run < bench.runs; run++) {
    for (const [i, reading] of readings.entries()) results[i]?.push(await read(bench, service, sized(transfers), reading));
  }
  await service.stop();
  return readings.map(({ name }, i) =>
    row({
      work: `${name} at ${sized(transfers)}`,
      unit: '/s',
      runs: (results[i] ?? []).map(({ perSecond }) => perSecond),
      ...latencyOf(results[i] ?? []),
      goal: { of: 'p99', bound: { most: 30 } },
    }),
  );
}

export interface Step {
  readonly book: Book;
  readonly transfers: number;
}

/** Redemptions and readings on books of several sizes, smallest first, in turn. */
export async function measureSizes(bench: Bench, steps: readonly Step[]): Promise<{ rows: Row[]; panels: Panel[] }> {
  const at = await Promise.all(
    steps.map(async ({ book, transfers }) => {
      const service = await startService(book.serve({ pool: 6 }));
      return { book, transfers, service, readings: await readingsOf(bench, book, service), redeemed: [] as LoadResult[] };
    }),
  );
  const results = new Map<string, LoadResult[]>();
  const resultsOf = (transfers: number, name: string): LoadResult[] => {
    const key = `${name} at ${sized(transfers)}`;
    const of = results.get(key) ?? [];
    results.set(key, of);
    return of;
  };
  const redeem = async ({ book, transfers, service, redeemed }: (typeof at)[number], warmUpSeconds: number) => {
    const pace = redeemed.at(-1)?.perSecond ?? 3_000;
    const requests = await book.stock.redemptions(Math.ceil(pace * (bench.seconds + 1) * 1.5) + 128);
    const name = `redemptions at ${sized(transfers)}, 64 connections`;
    const result = await measureCommands(bench, book, service, {
      name,
      connections: 64,
      requests,
      made: 'redemptions',
      warmUpSeconds,
    });
    book.stock.giveBack(requests, result.sent);
    return result;
  };
  // The first of each warms its service and the cache, and is not counted.
  for (const step of at) step.redeemed.push(await redeem(step, 1));
  for (const step of at) step.redeemed.length = 0;
  for (let run = 0; run < bench.runs; run++) {
    for (const step of at) step.redeemed.push(await redeem(step, 0.7));
    for (const step of at) {
      for (const reading of step.readings) {
        resultsOf(step.transfers, reading.name).push(await read(bench, step.service, sized(step.transfers), reading));
      }
    }
  }
  for (const { service } of at) await service.stop();

  const [smallest] = at;
  if (!smallest) return { rows: [], panels: [] };
  const rate = (of: readonly LoadResult[]): number => median(of.map(({ perSecond }) => perSecond));
  const rows = at.flatMap(({ transfers, redeemed, readings }) => {
    const first = transfers === smallest.transfers;
    return [
      row({
        work: `redemptions at ${sized(transfers)}, 64 connections`,
        unit: '/s',
        runs: redeemed.map(({ perSecond }) => perSecond),
        ...latencyOf(redeemed),
        ...(first
          ? {}
          : { against: { name: `at ${sized(smallest.transfers)}`, figure: rate(smallest.redeemed), required: { least: 0.85 } } }),
      }),
      ...readings.map(({ name }) => {
        const of = resultsOf(transfers, name);
        const before = resultsOf(smallest.transfers, name);
        const against = {
          name: `p99 at ${sized(smallest.transfers)}, ms`,
          figure: latencyOf(before).p99 ?? 0,
          value: latencyOf(of).p99 ?? 0,
        };
        return row({
          work: `${name} at ${sized(transfers)}`,
          unit: '/s',
          runs: of.map(({ perSecond }) => perSecond),
          ...latencyOf(of),
          ...(first ? {} : { against: { ...against, required: { most: 2 } } }),
          goal: { of: 'p99', bound: { most: 30 } },
        });
      }),
    ];
  });
  const names = [...new Set(at.flatMap(({ readings }) => readings.map(({ name }) => name)))];
  const panels: Panel[] = [
    {
      title: 'Throughput, 64 connections',
      y: 'redemptions a second',
      x: 'transfers in the ledger',
      series: [{ name: 'lane', points: at.map(({ transfers, redeemed }) => ({ x: transfers, y: rate(redeemed) })) }],
    },
    {
      title: '99th percentile of readings',
      y: 'milliseconds',
      x: 'transfers in the ledger',
      series: names.map((name) => ({
        name,
        points: at.map(({ transfers }) => ({ x: transfers, y: latencyOf(resultsOf(transfers, name)).p99 ?? 0 })),
      })),
    },
  ];
  return { rows, panels };
}
