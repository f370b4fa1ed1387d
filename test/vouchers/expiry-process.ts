/** A process that expires what is due in a book and says how much; started, and killed, by expiry.test.ts. Not a test itself. */
import { connect } from '../../db/client.js';
import { Books } from '../../src/http/books.js';
import { expireDue } from '../../src/vouchers/expire-due.js';

const [url = '', code = '', now = ''] = process.argv.slice(2);
const db = connect({ url });
const clock = { now: () => new Date(now) };
const book = await new Books(db, clock).find(code);
if (!book) throw new Error(`there is no book ${code}`);
process.stdout.write('ready\n');
const done = await expireDue.run({ book, clock, isStopping: () => false });
process.stdout.write(`${done}\n`);
await book.lane.close();
await db.close();
