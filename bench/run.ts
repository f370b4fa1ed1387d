// npm run bench: redemptions a second over HTTP, every check on, one hot pool: the lane against the same command with a
// transaction per request, in one run, on one machine with the load on it. Medians over three interleaved runs; after each
// the audit must be clean or the benchmark fails. Writes bench/results/<date>.json.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { auditLedger } from '../src/ledger/audit.js';
import { auditBusiness } from '../src/reconciliation/audit.js';
import type { LoadOptions, LoadResult } from './load.js';
import { makeWorld } from './world.js';

const now = '2026-04-15T10:00:00+08:00';
const fieldKey = 'ab'.repeat(32);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 5);
const runs = Number(process.env['BENCH_RUNS'] ?? 3);

interface Variant {
  readonly name: string;
  readonly lane: { maxBatch?: number; workers?: number };
  readonly pool: number;
  readonly connections: number;
}
const variants: Variant[] = [
  { name: 'lane, 64 connections', lane: {}, pool: 10, connections: 64 },
  { name: 'transaction per request, 64 connections', lane: { maxBatch: 1, workers: 16 }, pool: 24, connections: 64 },
  { name: 'lane, 256 connections', lane: {}, pool: 10, connections: 256 },
];

const program = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function underLoad(variant: Variant, url: string, file: string, skip: number, run: string): Promise<LoadResult> {
  const service = spawn(
    process.execPath,
    ['--import=tsx', program('./serve.ts'), JSON.stringify({ url, pool: variant.pool, lane: variant.lane, fieldKey, now })],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const port = await new Promise<number>((resolve, reject) => {
      service.stdout.setEncoding('utf8').once('data', (text: string) => resolve(Number(text.trim())));
      service.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
    });
    const options: LoadOptions = {
      host: '127.0.0.1',
      port,
      connections: variant.connections,
      warmUp: 500,
      seconds,
      file,
      skip,
      run,
    };
    const load = spawn(process.execPath, ['--import=tsx', program('./load.ts'), JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    load.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    await new Promise<void>((resolve, reject) =>
      load.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`the load ended with ${code}`)))),
    );
    return JSON.parse(out) as LoadResult;
  } finally {
    const ended = new Promise((resolve) => service.once('close', resolve));
    service.kill('SIGTERM');
    await ended;
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const clock = demoClock();
  clock.set(new Date(now));
  const db = connect({ url: embedded.appUrl, statementTimeoutMs: 0 });
  const owner = connect({ url: embedded.ownerUrl, max: 1 });
  const { app, books } = await build({ db, clock, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const perVoucher = Math.ceil((seconds * 9_000 + 1_000) * (runs * variants.length) * 0.6) / 100;
  console.log('making the world …');
  const world = await makeWorld({ app, books, db, owner, clock, enterprises: 100, invoicesPerVoucher: Math.ceil(perVoucher) });
  const file = path.join(folder, 'requests.ndjson');
  await writeFile(file, world.requests.map((request) => JSON.stringify(request)).join('\n'));
  await app.close();
  // Statistics as a living database has them.
  await owner.sql.unsafe('analyze');

  const results = new Map<string, LoadResult[]>(variants.map((variant) => [variant.name, []]));
  let skip = 0;
  for (let run = 1; run <= runs; run++) {
    for (const variant of variants) {
      const result = await underLoad(variant, embedded.appUrl, file, skip, `${run}-${variant.name.replaceAll(' ', '')}`);
      skip += result.sent;
      results.get(variant.name)?.push(result);
      console.log(
        `run ${run}  ${variant.name.padEnd(42)} ${String(result.perSecond).padStart(6)}/s  p50 ${result.p50} ms  p99 ${result.p99} ms  ${JSON.stringify(result.answers)}`,
      );
      if (result.usedUp) console.log('  (requests used up before the time was)');
    }
  }
  const findings = [...(await auditLedger(db, world.bookId)), ...(await auditBusiness(db, world.bookId))];
  const summary = variants.map((variant) => {
    const of = results.get(variant.name) ?? [];
    const refused = of.some((r) => Object.keys(r.answers).some((answer) => !answer.startsWith('201')));
    return {
      name: variant.name,
      perSecond: median(of.map((r) => r.perSecond)),
      p50: median(of.map((r) => r.p50)),
      p99: median(of.map((r) => r.p99)),
      refused,
    };
  });
  const baseline = summary[1]?.perSecond ?? 0;
  console.log(
    `\n${'median of ' + String(runs)}`.padEnd(46),
    'a second'.padStart(9),
    'p50 ms'.padStart(9),
    'p99 ms'.padStart(9),
    'ratio'.padStart(7),
  );
  for (const row of summary) {
    console.log(
      row.name.padEnd(45),
      String(row.perSecond).padStart(9),
      String(row.p50).padStart(9),
      String(row.p99).padStart(9),
      (row.perSecond / baseline).toFixed(2).padStart(7),
    );
  }
  console.log(`audit: ${findings.length === 0 ? 'clean' : JSON.stringify(findings.slice(0, 5))}`);
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: process.platform,
  };
  const target = new URL('./results/', import.meta.url);
  await mkdir(target, { recursive: true });
  await writeFile(
    new URL(`${new Date().toISOString().slice(0, 10)}.json`, target),
    `${JSON.stringify({ date: new Date().toISOString(), machine, seconds, runs, summary, all: Object.fromEntries(results) }, null, 2)}\n`,
  );
  if (findings.length > 0 || summary.some((row) => row.refused)) process.exitCode = 1;
  await Promise.all([db.close(), owner.close()]);
} finally {
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}
