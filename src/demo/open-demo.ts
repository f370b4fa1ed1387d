// The demo world of a first start: two books, lived through the service's own API, and one key per role to look around with.
// `demo.json` in the data folder keeps those keys; `demo.unfinished` stands there while the world is being made.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Database } from '../../db/client.js';
import { refuseIfRunning } from '../../db/embedded.js';
import { jiaozuo } from '../../db/demo/jiaozuo.js';
import { worldFrom, worldTo } from '../../db/demo/world.js';
import { zhengzhou } from '../../db/demo/zhengzhou.js';
import type { FirstOperator } from '../access/create-book.js';
import { createBook } from '../access/create-book.js';
import { addDays, startOfDay } from '../calendar.js';
import type { DemoClock } from '../clock.js';
import type { Books } from '../http/books.js';
import { Caller, setClock } from './api.js';
import { planOf } from './live-book.js';
import { live } from './plan.js';

/** The first moment after the lived world: the demo's clock never shows an earlier one again, whatever the system's says. */
const worldEnd = startOfDay(addDays(worldTo, 1));

const keysFile = (dataDir: string): string => path.join(dataDir, 'demo.json');
const marker = (dataDir: string): string => path.join(dataDir, 'demo.unfinished');

const demoFile = z.strictObject({
  books: z.array(
    z.strictObject({
      bookId: z.string(),
      code: z.string(),
      name: z.string(),
      keys: z.array(z.strictObject({ role: z.string(), name: z.string(), secret: z.string() })),
    }),
  ),
});
type DemoFile = z.output<typeof demoFile>;

/**
 * Before the database starts: when a first start was cut short while it made the demo world, removes what it had made (the
 * cluster's folder, nothing else of the data folder), so that this start makes it anew. Does nothing without the marker;
 * refuses (EmbeddedUnavailable) while another process is at it.
 */
export async function discardUnfinishedDemo(dataDir: string): Promise<void> {
  if ((await readIfThere(marker(dataDir))) === null) return;
  const cluster = path.join(path.resolve(dataDir), 'postgres');
  await refuseIfRunning(cluster);
  await rm(cluster, { recursive: true, force: true });
  await rm(keysFile(dataDir), { force: true });
  await rm(marker(dataDir), { force: true });
}

/**
 * Makes the demo world on the first start and answers the lines that show its keys; later it only answers them. `owner` makes
 * the two books; all else goes through the API at `address`, the clock standing at each of the world's moments, and running
 * again afterwards. A database that holds books of its own is left alone.
 */
export async function openDemo(of: {
  address: string;
  owner: Database;
  books: Books;
  clock: DemoClock;
  dataDir: string;
  say: (line: string) => void;
}): Promise<string[]> {
  const { owner, clock, dataDir, say } = of;
  const known = await owner.sql<{ book_id: string }[]>`select book_id from books`;
  const kept = await readKept(dataDir);
  if (kept?.books.every(({ bookId }) => known.some((row) => row.book_id === bookId))) {
    clock.run(worldEnd);
    return linesOf(kept);
  }
  if (known.length > 0) return ['No demo world: this database holds books already.'];

  say(`First start: living the demo world, ${worldFrom} to ${worldTo}, through the API …`);
  const started = performance.now();
  await writeFile(marker(dataDir), 'The demo world is being made; a start that finds this file makes it anew.\n');
  const made = await makeWorld(of);
  const aside = `${keysFile(dataDir)}.new`;
  await writeFile(aside, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await rename(aside, keysFile(dataDir));
  await rm(marker(dataDir));
  say(`Lived in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return linesOf(made);
}

async function makeWorld(of: { address: string; owner: Database; books: Books; clock: DemoClock }): Promise<DemoFile> {
  const { address, owner, books, clock } = of;
  try {
    await setClock(address, `${worldFrom}T09:00:00+08:00`);
    const plans = [];
    for (const book of [zhengzhou, jiaozuo]) {
      const { bookId, operators } = await createBook(
        owner,
        async (_bookId, code) => {
          const open = await books.find(code);
          if (!open) throw new Error(`the new book ${code} cannot be read`);
          return open.lane;
        },
        clock.now(),
        {
          code: book.code,
          name: book.name,
          divisionCode: book.divisionCode,
          operatorNames: [book.officials.operator, book.colleague],
        },
      );
      const [operator, colleague] = operators;
      const callerOf = ({ key }: FirstOperator) => new Caller(address, book.code, key);
      plans.push({ bookId, book, ...planOf(book, { operator: callerOf(operator), colleague: callerOf(colleague) }) });
    }
    await live(
      address,
      plans.flatMap(({ acts }) => acts),
    );
    return { books: plans.map(({ bookId, book: { code, name }, keys }) => ({ bookId, code, name, keys: keys() })) };
  } finally {
    clock.run(worldEnd);
  }
}

function linesOf({ books }: DemoFile): string[] {
  return books.flatMap(({ code, name, keys }) => [
    `Demo keys of the book ${code} ${name} (/v1/books/${code}/…):`,
    ...keys.map((key) => `  ${key.role.padEnd(16)} ${key.secret}  ${key.name}`),
  ]);
}

async function readKept(dataDir: string): Promise<DemoFile | null> {
  const text = await readIfThere(keysFile(dataDir));
  return text === null ? null : demoFile.parse(JSON.parse(text));
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
