// npm run book:create -- --code zhengzhou --name 郑州市 --division 410100 --operator 张三 --second-operator 李四
// Makes a book and its first two operators, each with an API key and an invitation to sign in (as --sign-in-name and --second-sign-in-name,
// `operator` and `operator2` unless said), and prints them once: to be handed to each of the two alone. Needs DATABASE_OWNER_URL (makes
// the book) and DATABASE_URL (everything after goes through the book's lane, as the service's own role).
import { parseArgs } from 'node:util';
import { connect, sqlStateOf, unreachableBecause } from '../db/client.js';
import { expectedSchemaVersion, schemaVersion } from '../db/migrate.js';
import { createBook } from '../src/access/create-book.js';
import { systemClock } from '../src/clock.js';
import { Books } from '../src/http/books.js';
import { signInName as signInNameSchema } from '../schemas/sign-in.js';
import { inviteFounder } from '../src/sign-in/invite-founder.js';

const usage =
  'Usage: npm run book:create -- --code zhengzhou --name 郑州市 --division 410100 --operator 张三 --second-operator 李四';
function stop(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        code: { type: 'string' },
        name: { type: 'string' },
        division: { type: 'string' },
        operator: { type: 'string' },
        'second-operator': { type: 'string' },
        'sign-in-name': { type: 'string', default: 'operator' },
        'second-sign-in-name': { type: 'string', default: 'operator2' },
      },
    }).values;
  } catch (error) {
    stop(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
const values = readOptions();
const missing = (['code', 'name', 'division', 'operator', 'second-operator'] as const).filter((option) => !values[option]);
const { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: url } = process.env;
if (missing.length > 0) stop(`Missing: ${missing.map((option) => `--${option}`).join(', ')}. ${usage}`);
if (!ownerUrl || !url) stop('Set DATABASE_OWNER_URL (the owner, who makes the book) and DATABASE_URL (the service’s role).');
if (!/^[a-z][a-z0-9-]{1,30}$/.test(values.code ?? ''))
  stop('--code is lower-case letters, digits and hyphens, starting with a letter (2 to 31 characters).');
if (!/^\d{6}$/.test(values.division ?? '')) stop('--division is the six digits of GB/T 2260, e.g. 410100.');

const signInNames = (['sign-in-name', 'second-sign-in-name'] as const).map((option) => {
  const read = signInNameSchema.safeParse(values[option]);
  if (!read.success) stop(`--${option} is 3 to 64 of a–z, 0–9 and . _ @ + -, beginning with a letter or digit.`);
  return read.data;
});
if (signInNames[0] === signInNames[1]) stop('--sign-in-name and --second-sign-in-name are of two persons.');

const owner = connect({ url: ownerUrl, max: 1 });
const db = connect({ url, max: 2 });
const books = new Books(db, systemClock);
try {
  // Both first: a book made without its operator could not be finished later.
  const [ofOwner, ofService] = await Promise.all([schemaVersion(owner), schemaVersion(db)]);
  const expected = await expectedSchemaVersion();
  if (ofOwner !== expected || ofService !== expected) {
    stop(
      `The database is at schema version ${ofOwner} (DATABASE_OWNER_URL) and ${ofService} (DATABASE_URL), this release needs ${expected} at both: npm run migrate first.`,
    );
  }
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
      operatorNames: [values.operator ?? '', values['second-operator'] ?? ''],
    },
  );
  console.log(`Book ${values.code} (${made.bookId}) is open.`);
  const lane = (await books.find(values.code ?? ''))?.lane;
  if (!lane) throw new Error('the new book cannot be read');
  for (const [i, { memberId, key }] of made.operators.entries()) {
    const signInName = signInNames[i] ?? '';
    const token = await inviteFounder(lane, { memberId, signInName });
    console.log(`${i === 0 ? 'Operator' : 'Second operator'}'s API key, shown this once: ${key}`);
    console.log(`Invitation to sign in as ${signInName}, shown this once, good for 7 days: ${token}`);
  }
  console.log(`Accept it at POST /v1/books/${values.code}/sign-in/invitations/accept with {"token": …, "password": …}.`);
} catch (error) {
  if (sqlStateOf(error) === '23505') stop(`There is a book ${values.code} already.`);
  const unreachable = unreachableBecause(error);
  if (unreachable !== undefined) stop(`DATABASE_OWNER_URL or DATABASE_URL cannot be used: ${unreachable}.`);
  throw error;
} finally {
  await books.close();
  await Promise.all([owner.close(), db.close()]);
}
