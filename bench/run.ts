// npm run bench: the figures of DESIGN part 9 beside baselines measured in the same run, on one machine with the load on it.
// `-- --full` climbs to 5 million transfers; `-- --peer file.sql` runs a SQL ledger beside ours. After every benchmark the
// audits recompute the books; a finding, a wrong answer or a wrong count makes it fail. Writes bench/results/.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { measureBulk } from './bulk.js';
import { chart, type Panel } from './chart.js';
import { measureEvaluations } from './evaluations.js';
import { grow } from './grow.js';
import { measureHotPath } from './hot-path.js';
import type { Bench } from './measure.js';
import { auditBook, type Book, copyDatabases, openBook, transfersOf, type Urls } from './open-book.js';
import { measurePrechecks } from './prechecks.js';
import { measureReads, measureSizes, type Step } from './reads.js';
import { machine, type Row, table } from './report.js';
import { killAll, startLoad } from './start.js';

const { values: options } = parseArgs({ options: { full: { type: 'boolean', default: false }, peer: { type: 'string' } } });
/** Transfers in the ledger before anything is measured: the short run has the first of them. */
const sizes = (process.env['BENCH_SIZES'] || '50000,500000,5000000').split(',').map(Number);
const began = performance.now();
const elapsed = (): string => `${String(Math.floor((performance.now() - began) / 1000)).padStart(4)} s`;

const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
let stopCluster: (() => Promise<void>) | undefined;
const cleanUp = async (): Promise<void> => {
  killAll();
  await stopCluster?.();
  await rm(folder, { recursive: true, force: true });
};
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped = true;
    console.error(`\nstopped by ${signal}`);
    void cleanUp().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}

try {
  const embedded = await startEmbedded({ dataDir: folder });
  stopCluster = embedded.stop;
  await migrate(embedded.ownerUrl);
  const copies = options.full ? await copyDatabases(embedded, sizes) : [];
  const load = startLoad();
  const bench: Bench = {
    folder,
    load,
    seconds: Number(process.env['BENCH_SECONDS'] || 3),
    runs: Number(process.env['BENCH_RUNS'] || 3),
    full: options.full,
    problems: [],
    skipped: [],
    say: (text) => console.log(`${elapsed()}  ${text}`),
  };
  const rows: Row[] = [];
  const charts = new Map<string, Panel[]>();

  // Before the database has anything to do.
  const ofLaw = measureEvaluations(bench);
  const book = await openGrown(bench, embedded, sizes[0] ?? 0);
  if (!options.full) rows.push(...(await measureReads(bench, book, sizes[0] ?? 0)), ...(await measurePrechecks(bench, book)));
  const hotPath = await measureHotPath(bench, book, embedded.adminUrl, options.peer);
  rows.unshift(...hotPath.rows);
  charts.set('connections', hotPath.panels);
  rows.push(...(await measureBulk(bench, book, embedded.ownerUrl)));
  rows.push(...ofLaw);
  await audit(bench, book);
  await book.close();

  if (options.full) {
    const steps: Step[] = [];
    for (const { transfers, urls } of copies) steps.push({ transfers, book: await openGrown(bench, urls, transfers) });
    const { rows: ofSizes, panels } = await measureSizes(bench, steps);
    rows.push(...ofSizes);
    charts.set('ledger-size', panels);
    for (const step of steps) {
      await audit(bench, step.book);
      await step.book.close();
    }
  }
  await load.stop();

  const date = new Date().toISOString();
  const name = `${date.slice(0, 10)}-${bench.full ? 'full' : 'short'}`;
  const { problems, skipped } = bench;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`\n${table(rows)}\n`);
  for (const text of skipped) console.log(`not measured: ${text}`);
  console.log(problems.length === 0 ? 'audit: clean; every answer as expected' : `FAILED:\n${problems.slice(0, 20).join('\n')}`);

  const of = {
    date,
    machine: machine(),
    seconds: bench.seconds,
    runs: bench.runs,
    elapsedSeconds: seconds,
    rows,
    skipped,
    problems,
  };
  const { cpu, cores, memoryGiB, node } = machine();
  const note = `${date.slice(0, 10)}, ${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load and database on the same machine; median of ${bench.runs} runs`;
  const target = new URL('./results/', import.meta.url);
  try {
    await mkdir(target, { recursive: true });
    await writeFile(new URL(`${name}.json`, target), `${JSON.stringify(of, null, 2)}\n`);
    for (const [what, panels] of charts) {
      await writeFile(new URL(`${name}-${what}.svg`, target), chart({ title: 'Redemptions over HTTP', note, panels }));
    }
    console.log(`bench/results/${name}.json, ${seconds} s in all`);
  } catch (error) {
    console.error(`bench/results/ could not be written: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  // What was stopped on purpose fails everywhere at once.
  if (!stopped) console.error(error);
  process.exitCode = 1;
} finally {
  await cleanUp();
}

/** A world with a ledger of this many transfers, and statistics as a living database has them. */
async function openGrown(bench: Bench, urls: Urls, transfers: number): Promise<Book> {
  bench.say(`making a world of ${transfers.toLocaleString('en-US')} transfers`);
  const book = await openBook(urls);
  // By the superuser: guards are off while a history is loaded. One session, for it keeps its templates there.
  const owner = connect({ url: urls.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  let told = 0;
  const onProgress = (done: number, of: number): void => {
    if (done < told + 500_000) return;
    told = done;
    bench.say(`${done.toLocaleString('en-US')} of ${of.toLocaleString('en-US')} redemptions`);
  };
  try {
    await grow({ owner, bookId: book.world.bookId, transfers, onProgress });
  } finally {
    await owner.close();
  }
  await book.owner.sql.unsafe('analyze');
  return book;
}

async function audit(bench: Bench, book: Book): Promise<void> {
  bench.say(`auditing ${(await transfersOf(book)).toLocaleString('en-US')} transfers`);
  bench.problems.push(...(await auditBook(book)));
}
