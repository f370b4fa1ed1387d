// npm run journal -- --book zhengzhou [--as-of-seq 1234] > book.journal: the ledger as a plain-text journal in hledger's format, to be read
// without this service (`hledger -f book.journal check --strict`, `hledger -f book.journal balance`). Reads DATABASE_URL, or the embedded
// database of DATA_DIR while no service uses it.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { journalOf } from '../src/ledger/journal.js';
import { headOf } from '../src/ledger/statements.js';
import { stop, withDatabase } from './open-database.js';

const usage = 'Usage: npm run -s journal -- --book zhengzhou [--as-of-seq 1234]';
function readOptions(): { book: string; asOf: bigint | undefined } {
  try {
    const { book, 'as-of-seq': seq } = parseArgs({
      options: { book: { type: 'string' }, 'as-of-seq': { type: 'string' } },
    }).values;
    if (book === undefined || (seq !== undefined && !/^[1-9]\d{0,17}$/.test(seq))) stop(usage);
    return { book, asOf: seq === undefined ? undefined : BigInt(seq) };
  } catch (error) {
    stop(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

const { book: wanted, asOf } = readOptions();
await withDatabase(async (db) => {
  const [known] = await db.sql<{ bookId: string }[]>`select book_id as "bookId" from known_books() where code = ${wanted}`;
  if (!known) {
    console.error(`There is no book ${wanted}.`);
    process.exitCode = 1;
    return;
  }
  const { bookId } = known;
  const book = db.as({ book: bookId, legalPerson: null });
  const [named] = await book.sql<{ name: string }[]>`select name from books where book_id = ${bookId}`;
  const head = await headOf(book, bookId);
  const upTo = asOf !== undefined && asOf < head ? asOf : head;
  const journal = journalOf(book, { bookId, code: wanted, name: named?.name ?? wanted, upTo }, (read) => read());
  await pipeline(Readable.from(journal), process.stdout, { end: false });
});
