// npm run month:regenerate [-- --book zhengzhou --month 2026-10 --into folder]: makes the data of sealed months again from the facts and compares it with
// what was sealed, byte for byte by its digests; with --into it is written there. Exit code 1 when one differs.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sealedMonths } from '../src/months/queries.js';
import { compareSealed } from '../src/months/regenerate.js';
import { stop, withDatabase } from './open-database.js';

function readOptions() {
  try {
    return parseArgs({ options: { book: { type: 'string' }, month: { type: 'string' }, into: { type: 'string' } } }).values;
  } catch (error) {
    stop(
      `${error instanceof Error ? error.message : String(error)}\nUsage: npm run month:regenerate [-- --book zhengzhou --month 2026-10 --into folder]`,
    );
  }
}

const { book: wanted, month, into } = readOptions();
await withDatabase(async (db) => {
  const books = await db.sql<{ bookId: string; code: string }[]>`
    select book_id as "bookId", code from known_books() where ${wanted ?? null}::text is null or code = ${wanted ?? null}`;
  for (const { bookId, code } of books) {
    const book = db.as({ book: bookId, legalPerson: null });
    for (const sealed of await sealedMonths(book, { bookId, ...(month === undefined ? {} : { month }) })) {
      const name = `${code}-${sealed.month.month}`;
      if (into !== undefined) mkdirSync(into, { recursive: true });
      const file = into === undefined ? undefined : openSync(path.join(into, `${name}.txt`), 'w');
      const differing = await compareSealed(book, sealed, (text) => {
        if (file !== undefined) writeSync(file, text);
      });
      if (file !== undefined) closeSync(file);
      for (const difference of differing) console.log(`${name}: ${difference}`);
      if (differing.length > 0) process.exitCode = 1;
      else console.log(`${name}: the same, ${sealed.month.dataDigest ?? ''}`);
    }
  }
  if (books.length === 0) {
    console.error(wanted === undefined ? 'There is no book yet.' : `There is no book ${wanted}.`);
    process.exitCode = 1;
  }
});
