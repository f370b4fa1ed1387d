// Baselines by PostgreSQL's own pgbench, where the machine has one: its simple-update script, and any SQL ledger that is
// given by path. Both on the benchmark's cluster, with as many connections, statements prepared.
//
// A ledger is one file of two parts, each begun by a line of its own:
//   -- setup        SQL that makes its schema, functions and accounts; run once in an empty database, by a superuser
//   -- transaction  a pgbench script that runs one transfer; \set and random() as in pgbench's manual
// A line `-- name: …` before them names it in the table. What such a file measures is its author's word, not ours.
import { spawn } from 'node:child_process';
import { access, constants, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connect } from '../db/client.js';

/** pgbench on PATH, else the newest in Debian's folders; null where there is none. */
export async function findPgbench(): Promise<string | null> {
  return findProgram('pgbench');
}

/** A client program of PostgreSQL by its name. */
export async function findProgram(name: string): Promise<string | null> {
  const debian = '/usr/lib/postgresql';
  const versions = (await readdir(debian).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  // Debian's own folders first: what lies on PATH there is a wrapper that starts slowly.
  const folders = [...versions.map((version) => path.join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')];
  for (const folder of folders) {
    const file = path.join(folder, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return null;
}

export interface PgbenchRun {
  readonly perSecond: number;
  /** Average latency in milliseconds; pgbench tells no percentiles. */
  readonly average: number;
}

/** An empty database of the cluster with pgbench's own tables, 500,000 rows. */
export async function preparePgbench(program: string, adminUrl: string): Promise<string> {
  const url = await freshDatabase(adminUrl, 'pgbench');
  await run(program, ['--initialize', '--init-steps=dtgp', '--scale=5', '--quiet'], url);
  return url;
}

/** `--builtin=simple-update` (one update of a row, one read, one insert, commit), or a script of one's own. */
export async function runPgbench(
  program: string,
  url: string,
  of: { readonly connections: number; readonly seconds: number; readonly script?: string },
): Promise<PgbenchRun> {
  const what = of.script === undefined ? '--builtin=simple-update' : `--file=${of.script}`;
  const said = await run(
    program,
    [
      '--no-vacuum',
      '--protocol=prepared',
      what,
      `--client=${of.connections}`,
      '--jobs=1',
      `--time=${Math.max(3, Math.round(of.seconds))}`,
    ],
    url,
  );
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(said)?.[1]);
  const average = Number(/^latency average = ([\d.]+)/m.exec(said)?.[1]);
  if (!(perSecond > 0)) throw new Error(`pgbench said: ${said}`);
  return { perSecond, average };
}

export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly script: string;
}

/** Reads a ledger's file, makes a database and runs its setup. Throws, with what is missing, for a file that is none. */
export async function preparePeer(file: string, adminUrl: string, folder: string): Promise<Peer> {
  const text = await readFile(file, 'utf8');
  const [, name] = /^-- name: *(.+)$/m.exec(text) ?? [];
  const setup = /^-- setup *\n([\s\S]*?)(?=^-- transaction *$)/m.exec(text)?.[1];
  const transaction = /^-- transaction *\n([\s\S]+)/m.exec(text)?.[1];
  if (setup === undefined || transaction === undefined) {
    throw new Error(`${file} is no ledger for a comparison: it needs a line “-- setup” and below it a line “-- transaction”`);
  }
  const url = await freshDatabase(adminUrl, 'peer');
  const database = connect({ url, max: 1, statementTimeoutMs: 0 });
  try {
    await database.sql.unsafe(setup);
  } finally {
    await database.close();
  }
  const script = path.join(folder, 'peer-transaction.sql');
  await writeFile(script, transaction);
  return { name: name?.trim() ?? path.basename(file), url, script };
}

async function freshDatabase(adminUrl: string, name: string): Promise<string> {
  const url = new URL(adminUrl);
  url.pathname = '/postgres';
  const server = connect({ url: url.href, max: 1 });
  try {
    await server.sql.unsafe(`create database ${name}`);
  } finally {
    await server.close();
  }
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Runs a client program against a database, with `input` as its standard input, and answers what it said; its password never
 * stands among its arguments.
 */
export async function run(program: string, args: readonly string[], url: string, input?: AsyncIterable<string>): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const child = spawn(program, [...args, pathname.slice(1)], {
    env: {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C',
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: decodeURIComponent(password),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const atExit = () => child.kill();
  process.once('exit', atExit);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  // A program that ends early says why itself.
  await pipeline(input ?? [], child.stdin).catch(() => undefined);
  const code = await ended;
  process.removeListener('exit', atExit);
  if (code !== 0) throw new Error(`${path.basename(program)} ended with ${code}: ${said.slice(-500)}`);
  return said;
}
