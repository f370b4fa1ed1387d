// npm run book:create -- --code zhengzhou --name 郑州市 --division 410100 --operator 张三
// Makes a book, its first operator and that operator's API key, and prints the key once. Needs DATABASE_OWNER_URL (makes
// the book) and DATABASE_URL (everything after goes through the book's lane, as the service's own role).
import { parseArgs } from 'node:util';
import { connect, sqlStateOf } from '../db/client.js';
import { createBook } from '../src/access/create-book.js';
import { systemClock } from '../src/clock.js';
import { Books } from '../src/http/books.js';

const { values } = parseArgs({
  options: { code: { type: 'string' }, name: { type: 'string' }, division: { type: 'string' }, operator: { type: 'string' } },
});
const missing = (['code', 'name', 'division', 'operator'] as const).filter((option) => !values[option]);
const { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: url } = process.env;

function stop(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
if (missing.length > 0)
  stop(
    `Missing: ${missing.map((option) => `--${option}`).join(', ')}. Usage: npm run book:create -- --code zhengzhou --name 郑州市 --division 410100 --operator 张三`,
  );
if (!ownerUrl || !url) stop('Set DATABASE_OWNER_URL (the owner, who makes the book) and DATABASE_URL (the service’s role).');
if (!/^[a-z][a-z0-9-]{1,30}$/.test(values.code ?? ''))
  stop('--code is lower-case letters, digits and hyphens, starting with a letter (2 to 31 characters).');
if (!/^\d{6}$/.test(values.division ?? '')) stop('--division is the six digits of GB/T 2260, e.g. 410100.');

const owner = connect({ url: ownerUrl, max: 1 });
const db = connect({ url, max: 2 });
const books = new Books(db, systemClock);
try {
  const made = await createBook(
    owner,
    async (_bookId, code) => {
      const book = await books.find(code);
      if (!book) throw new Error('the new book cannot be read with DATABASE_URL: is it the same database?');
      return book.lane;
    },
    systemClock.now(),
    {
      code: values.code ?? '',
      name: values.name ?? '',
      divisionCode: values.division ?? '',
      operatorName: values.operator ?? '',
    },
  );
  console.log(`Book ${values.code} (${made.bookId}) is open.`);
  console.log(`Operator's API key, shown this once: ${made.operatorKey}`);
} catch (error) {
  if (sqlStateOf(error) === '23505') stop(`There is a book ${values.code} already.`);
  throw error;
} finally {
  await books.close();
  await Promise.all([owner.close(), db.close()]);
}
