// One measurement: requests to a file, the load on it, and what came of it held against the answers and against the
// database. A wrong answer or a wrong count does not stop the run, but fails the benchmark.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LoadResult, Request } from './load.js';
import { type Book, countsOf, type Made, refusalsSince } from './open-book.js';
import type { Load, Service } from './start.js';

export interface Bench {
  readonly folder: string;
  readonly load: Load;
  readonly seconds: number;
  readonly runs: number;
  readonly full: boolean;
  /** What makes the benchmark fail: wrong answers, wrong counts, findings of the audits. */
  readonly problems: string[];
  /** What was not measured, and why. */
  readonly skipped: string[];
  /** Progress, on one line. */
  say(text: string): void;
}

export interface Measurement {
  readonly name: string;
  readonly connections: number;
  readonly requests: readonly Request[];
  readonly arrivals?: number;
  readonly seconds?: number;
  readonly warmUpSeconds?: number;
  readonly mayShed?: boolean;
}

let jobs = 0;

/** Commands of one kind; `made` is the table that gets one row for each that is accepted. */
export async function measureCommands(
  bench: Bench,
  book: Book,
  service: Service,
  of: Measurement & {
    readonly made: Made;
    /** Something else works on the book meanwhile: its outcomes are not told apart from ours. */
    readonly busy?: boolean;
  },
): Promise<LoadResult> {
  const before = await countsOf(book, of.made);
  const result = await measure(bench, service, of);
  const after = await countsOf(book, of.made);
  const refusals = await refusalsSince(book, before.seq);

  const wrong = (what: string) => bench.problems.push(`${of.name}: ${what}`);
  const answered = Object.entries(result.answers);
  const count = (matches: (answer: string) => boolean) =>
    answered.reduce((total, [answer, n]) => (matches(answer) ? total + n : total), 0);
  const accepted = count((answer) => answer.startsWith('2'));
  const decided = count((answer) => !answer.startsWith('5') && answer !== 'cut');
  if (after.made - before.made !== accepted) wrong(`${accepted} accepted, but ${after.made - before.made} new in ${of.made}`);
  if (of.busy !== true && after.outcomes - before.outcomes !== decided)
    wrong(`${decided} decided, but ${after.outcomes - before.outcomes} outcomes`);
  if (of.made !== 'usage_invoices') {
    const codes = new Set([...refusals.keys(), ...answered.flatMap(([answer]) => answer.split(':')[1] ?? [])]);
    for (const code of codes) {
      const told = count((answer) => answer.endsWith(`:${code}`) && !answer.startsWith('5'));
      const entries = refusals.get(code) ?? 0;
      if (code !== '' && told !== entries) wrong(`${told} answers of ${code}, but ${entries} entries`);
    }
  }
  return result;
}

/** Readings, or anything that is counted elsewhere. */
export async function measure(
  bench: Bench,
  service: Service,
  of: Measurement & { readonly again?: boolean },
): Promise<LoadResult> {
  const file = path.join(bench.folder, 'requests.ndjson');
  await writeFile(file, of.requests.map((request) => JSON.stringify(request)).join('\n'));
  const { connections, arrivals, again, mayShed, seconds = bench.seconds } = of;
  const result = await bench.load.run({
    port: service.port,
    connections,
    warmUpSeconds: of.warmUpSeconds ?? Math.min(0.7, seconds / 4),
    seconds,
    file,
    keys: `bench-${process.pid}-${++jobs}`,
    ...(arrivals === undefined ? {} : { arrivals }),
    ...(again === undefined ? {} : { again }),
    ...(mayShed === undefined ? {} : { mayShed }),
  });
  if (result.wrong > 0) bench.problems.push(`${of.name}: ${result.wrong} wrong answers, e.g. ${result.example?.slice(0, 400)}`);
  const rate = `${result.perSecond}/s`.padStart(10);
  const others = Object.entries(result.answers).filter(([answer]) => !answer.startsWith('2'));
  bench.say(
    `${of.name.padEnd(52)} ${rate}  p50 ${result.p50} ms  p99 ${result.p99} ms` +
      (others.length === 0 ? '' : `  ${others.map(([answer, n]) => `${n} × ${answer}`).join(', ')}`) +
      (result.usedUp ? '  (requests used up before the time was)' : ''),
  );
  return result;
}
