// The hot path: redemptions, issue and usage posting as commands over HTTP, beside their baselines, in interleaved rounds.
import { loneTransaction, openCeiling, plainInsert } from './ceiling.js';
import type { Panel } from './chart.js';
import type { LoadResult } from './load.js';
import { type Bench, measureCommands } from './measure.js';
import type { Book } from './open-book.js';
import type { Percentiles } from './percentiles.js';
import { findPgbench, type Peer, preparePeer, preparePgbench, runPgbench } from './pgbench.js';
import { type Latency, latencyOf, median, type Row, row } from './report.js';
import { type Service, startService } from './start.js';

const connectionCounts = [1, 8, 64, 256];
/** The share of the measured throughput at which latency is measured. */
const share = 0.7;
/** A transaction per request: a session for each worker and one for what comes before the lane; nobody is sent away. */
const perRequest = { lane: { maxBatch: 1, workers: 16 }, pool: 17, limits: { laneWaitMs: 3_600_000 } };

/** What each round found, by name. */
class Rounds {
  readonly #of = new Map<string, LoadResult[]>();

  add(name: string, result: LoadResult): LoadResult {
    const of = this.#of.get(name);
    if (of) of.push(result);
    else this.#of.set(name, [result]);
    return result;
  }
  rate = (name: string): number[] => (this.#of.get(name) ?? []).map((result) => result.perSecond);
  latency = (name: string): Latency => latencyOf(this.#of.get(name) ?? []);
  last = (name: string): LoadResult | undefined => this.#of.get(name)?.at(-1);
  has = (name: string): boolean => this.#of.has(name);
}

const lane = (connections: number): string => `redemptions, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
const open = (connections: number): string => `${lane(connections)}, arrivals at 70 %`;
const single = 'redemptions, 64 connections, a transaction per request';
const refusedName = (of: number): string => `redemptions, 64 connections, ${of * 100} % refused`;
const issue = 'vouchers issued, 64 connections';
const post = 'usage invoices posted, 64 connections';

export async function measureHotPath(
  bench: Bench,
  book: Book,
  adminUrl: string,
  peerFile: string | undefined,
): Promise<{ rows: Row[]; panels: Panel[] }> {
  const { stock } = book;
  const rounds = new Rounds();
  await openCeiling(book.owner);
  const [service, baseline] = await Promise.all([startService(book.serve()), startService(book.serve(perRequest))]);
  const pgbench = await openPgbench(bench, adminUrl, peerFile);

  /** How many requests a measurement may need: what it did last time, and half as much again. */
  const needed = (name: string, guess: number, connections: number): number =>
    Math.ceil((rounds.last(name)?.perSecond ?? guess) * (bench.seconds + 1) * 1.5) + 2 * connections;
  const redeem = async (
    of: Service,
    name: string,
    connections: number,
    guess: number,
    more: { arrivals?: number; refused?: number; warmUpSeconds?: number; seconds?: number } = {},
  ): Promise<LoadResult> => {
    const count = needed(name, more.arrivals ?? guess, connections);
    const requests = more.refused === undefined ? await stock.redemptions(count) : await stock.mixed(count, more.refused);
    const result = await measureCommands(bench, book, of, { name, connections, requests, made: 'redemptions', ...more });
    stock.giveBack(requests, result.sent);
    return result;
  };

  // Warm: both services compile what they run often, and the pace of the lane is known.
  const warm = await redeem(service, 'warming up', 64, 2_000, { warmUpSeconds: 1 });
  await redeem(baseline, 'warming up, a transaction per request', 64, warm.perSecond / 3);

  // For what tells enough in less.
  const short = Math.min(1.5, bench.seconds);
  const ceilings: number[] = [];
  const lone: { p50: number; p99: number }[] = [];
  const simpleUpdate: { perSecond: number; average: number }[] = [];
  const peers: { perSecond: number; average: number }[] = [];
  const batchSizes: number[] = [];
  const serviceMicroseconds: number[] = [];
  const loadMicroseconds: number[] = [];
  let waiting = 0;
  for (let round = 1; round <= bench.runs; round++) {
    bench.say(`round ${round} of ${bench.runs}`);
    // What a ratio is made of stands as near together as it can.
    const before = await service.work();
    const at64 = rounds.add(lane(64), await redeem(service, lane(64), 64, warm.perSecond));
    const after = await service.work();
    const batch = Math.max(1, Math.round((after.commands - before.commands) / Math.max(1, after.batches - before.batches)));
    batchSizes.push(batch);
    serviceMicroseconds.push((1e6 * (after.cpuSeconds - before.cpuSeconds)) / Math.max(1, after.commands - before.commands));
    loadMicroseconds.push(at64.clientMicroseconds);
    const ceiling = await plainInsert(book.owner, {
      bookId: book.world.bookId,
      batch,
      seconds: short,
      most: 20_000,
    });
    if (ceiling) {
      ceilings.push(ceiling.perSecond);
      bench.say(
        `plain multi-row insert, ${batch} redemptions a transaction: rows of ${Math.round(ceiling.perSecond)} redemptions/s`,
      );
    }
    const at256 = rounds.add(lane(256), await redeem(service, lane(256), 256, at64.perSecond * 1.3));
    for (const refused of [0.05, 0.5]) {
      const name = refusedName(refused);
      rounds.add(name, await redeem(service, name, 64, at64.perSecond * 1.3, { refused }));
    }
    rounds.add(single, await redeem(baseline, single, 64, warm.perSecond / 3));
    rounds.add(lane(1), await redeem(service, lane(1), 1, 400, { seconds: short }));
    const alone = await loneTransaction(book.owner, short);
    lone.push(alone);
    bench.say(`a lone transaction of three statements: p50 ${alone.p50} ms, p99 ${alone.p99} ms`);
    rounds.add(lane(8), await redeem(service, lane(8), 8, at64.perSecond, { seconds: short }));
    rounds.add(open(64), await redeem(service, open(64), 64, 0, { arrivals: Math.max(1, share * at64.perSecond) }));
    rounds.add(open(256), await redeem(service, open(256), 256, 0, { arrivals: Math.max(1, share * at256.perSecond) }));

    const approvals = await stock.approvals(Math.min(4_000, needed(issue, 300, 64)));
    waiting = Math.max(waiting, approvals.length);
    const issued = await measureCommands(bench, book, service, {
      name: issue,
      connections: 64,
      requests: approvals,
      made: 'vouchers',
    });
    stock.approved(rounds.add(issue, issued).sent);
    const postings = stock.postings(needed(post, at64.perSecond, 64));
    const posted = await measureCommands(bench, book, service, {
      name: post,
      connections: 64,
      requests: postings,
      made: 'usage_invoices',
    });
    rounds.add(post, posted);

    if (pgbench) {
      const of = await runPgbench(pgbench.program, pgbench.url, { connections: 64, seconds: bench.seconds });
      simpleUpdate.push(of);
      bench.say(`pgbench, simple-update, 64 connections: ${Math.round(of.perSecond)}/s`);
      if (pgbench.peer) {
        const { name, url, script } = pgbench.peer;
        const its = await runPgbench(pgbench.program, url, { connections: 64, seconds: bench.seconds, script });
        peers.push(its);
        bench.say(`${name}, 64 connections: ${Math.round(its.perSecond)}/s`);
      }
    }
  }
  await baseline.stop();

  const rateOf = (name: string) => median(rounds.rate(name));
  const measured = (name: string) => ({ runs: rounds.rate(name), unit: '/s', ...rounds.latency(name) });
  const ceilingFigure = median(ceilings);
  const aside = lane(64);
  const alone = rounds.latency(lane(1));
  const rows: Row[] = [
    row({
      work: lane(64),
      ...measured(lane(64)),
      against: { name: 'a transaction per request', figure: rateOf(single), required: { least: 4 } },
      goal: { of: 'figure', bound: { least: 4_000 } },
    }),
    row({
      work: lane(64),
      ...measured(lane(64)),
      against: {
        name: `plain multi-row insert of their rows, ${median(batchSizes)} a transaction`,
        figure: ceilingFigure,
        required: { least: 0.4 },
      },
    }),
    row({ work: open(64), ...measured(open(64)), goal: { of: 'p99', bound: { most: 50 } } }),
    row({
      work: lane(256),
      ...measured(lane(256)),
      against: { name: '64 connections', figure: rateOf(lane(64)), required: { least: 1 } },
      goal: { of: 'figure', bound: { least: 6_000 } },
    }),
    row({ work: open(256), ...measured(open(256)), goal: { of: 'p99', bound: { most: 120 } } }),
    row({
      work: 'a lone redemption (1 connection)',
      unit: '/s',
      runs: rounds.rate(lane(1)),
      ...alone,
      against: {
        name: 'p50 of a lone three-statement transaction, ms',
        figure: median(lone.map(({ p50 }) => p50)),
        value: alone.p50,
        required: { most: 4 },
      },
      goal: { of: 'p50', bound: { most: 4 } },
    }),
    row({ work: lane(8), ...measured(lane(8)) }),
    ...[0.05, 0.5].map((refused) =>
      row({
        work: refusedName(refused),
        ...measured(refusedName(refused)),
        against: { name: 'none refused', figure: rateOf(aside), required: { least: 0.95 } },
      }),
    ),
    row({ work: `${issue}, up to ${waiting.toLocaleString('en-US')} applications waiting`, ...measured(issue) }),
    row({ work: post, ...measured(post) }),
  ];
  const cpu = 'CPU per redemption, 64 connections';
  rows.push(
    row({ work: `${cpu}: the service`, unit: 'µs', runs: serviceMicroseconds }),
    row({ work: `${cpu}: the load itself`, unit: 'µs', runs: loadMicroseconds }),
  );
  if (simpleUpdate.length > 0) rows.push(informational('pgbench, simple-update, 64 connections', simpleUpdate, rateOf(aside)));
  if (pgbench?.peer) rows.push(informational(`${pgbench.peer.name}, 64 connections`, peers, rateOf(aside)));

  rows.push(...(await measureOverload(bench, book, rateOf(lane(64)))));
  await service.stop();

  const points = (value: (name: string) => number) => connectionCounts.map((x) => ({ x, y: value(lane(x)) }));
  const panels: Panel[] = [
    {
      title: 'Throughput, closed loop',
      y: 'redemptions a second',
      x: 'connections',
      series: [
        { name: 'lane', points: points(rateOf) },
        { name: 'a transaction per request', points: [{ x: 64, y: rateOf(single) }] },
        { name: 'plain insert', points: ceilings.length > 0 ? [{ x: 64, y: ceilingFigure }] : [] },
      ],
    },
    {
      title: '99th percentile of latency',
      y: 'milliseconds',
      x: 'connections',
      series: [
        { name: 'closed loop', points: points((name) => rounds.latency(name).p99 ?? 0) },
        { name: 'arrivals at 70 % of throughput', points: [64, 256].map((x) => ({ x, y: rounds.latency(open(x)).p99 ?? 0 })) },
      ],
    },
  ];
  return { rows, panels };
}

/** A figure of something else's: how many times as many the lane does. */
const informational = (work: string, of: readonly { perSecond: number; average: number }[], laneRate: number): Row =>
  row({
    work: `${work} (average latency ${median(of.map(({ average }) => average))} ms)`,
    unit: '/s',
    runs: of.map(({ perSecond }) => perSecond),
    against: { name: 'the lane beside it', figure: laneRate },
  });

async function openPgbench(
  bench: Bench,
  adminUrl: string,
  peerFile: string | undefined,
): Promise<{ program: string; url: string; peer: Peer | undefined } | null> {
  const program = await findPgbench();
  if (!program) {
    bench.skipped.push('pgbench: not on PATH nor in /usr/lib/postgresql');
    if (peerFile !== undefined) bench.skipped.push(`${peerFile}: a ledger beside ours runs by pgbench, which is not here`);
    return null;
  }
  const url = await preparePgbench(program, adminUrl);
  if (peerFile === undefined) bench.skipped.push('another SQL ledger: none was given (--peer file.sql)');
  return { program, url, peer: peerFile === undefined ? undefined : await preparePeer(peerFile, adminUrl, bench.folder) };
}

/** Four times as many connections as may wait, each sending again at once, whatever it is told. */
async function measureOverload(bench: Bench, book: Book, laneRate: number): Promise<Row[]> {
  const bound = 64;
  const connections = 4 * bound;
  const service = await startService(book.serve({ lane: { maxQueue: bound, maxBatch: bound } }));
  const shares: number[] = [];
  const sheds: Percentiles[] = [];
  const accepted: (Percentiles & { readonly perSecond: number })[] = [];
  const name = `overload: ${connections} connections, ${bound} may wait`;
  let pace = 4_000;
  for (let run = 0; run < bench.runs; run++) {
    const requests = await book.stock.redemptions(Math.ceil(pace * (bench.seconds + 1) * 1.5) + connections);
    const result = await measureCommands(bench, book, service, {
      name,
      connections,
      requests,
      made: 'redemptions',
      mayShed: true,
      warmUpSeconds: run === 0 ? 1.5 : 0.7,
    });
    // What was shed stands in no order: none of it is used again.
    const shed = Object.entries(result.counted).find(([answer]) => answer.startsWith('503'))?.[1];
    const made = result.counted['201'];
    if (made) accepted.push(made);
    if (shed) sheds.push(shed);
    shares.push((100 * (shed?.count ?? 0)) / Math.max(1, result.count));
    pace = (made?.perSecond ?? 0) + 100;
  }
  await service.stop();
  return [
    row({
      work: `${name}: shed with 503`,
      unit: '% of answers',
      runs: shares,
      ...latencyOf(sheds),
      goal: { of: 'p99', bound: { most: 100 } },
    }),
    row({
      work: `${name}: accepted`,
      unit: '/s',
      runs: accepted.map(({ perSecond }) => perSecond),
      ...latencyOf(accepted),
      against: { name: '64 connections, no flood', figure: laneRate },
    }),
  ];
}
