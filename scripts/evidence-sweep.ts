// npm run evidence:sweep: removes bytes of evidence files that no row of any book knows and that are a day old (uploads whose process
// ended between storing and recording). A bucket's are told and left. Reads the service's settings; DATABASE_URL must be set.
import { connect, unreachableBecause } from '../db/client.js';
import { storeOf } from '../src/evidence-files/settings.js';
import { sweep } from '../src/evidence-files/sweep.js';
import { readSettings } from '../src/settings.js';

const read = readSettings(process.env);
if (!read.ok || read.settings.DATABASE_URL === undefined) {
  console.error(read.ok ? 'DATABASE_URL is missing.' : read.sentences.join('\n'));
  process.exit(1);
}
const db = connect({ url: read.settings.DATABASE_URL, max: 1 });
try {
  const store = storeOf(read.settings);
  for (const { bookId, code } of await db.sql<{ bookId: string; code: string }[]>`
    select book_id as "bookId", code from known_books()`) {
    const { kept, removed, told, incoming } = await sweep(db.as({ book: bookId, legalPerson: null }), store, {
      bookId,
      now: new Date(),
    });
    console.log(
      `${code}: ${kept} kept, ${removed.length} removed, ${told.length} to be removed by hand, ${incoming} unfinished uploads removed`,
    );
    for (const sha256 of told) console.log(`  ${bookId}/${sha256}`);
  }
} catch (error) {
  console.error(unreachableBecause(error) ?? error);
  process.exitCode = 1;
} finally {
  await db.close();
}
