// npm run fields:rotate: seals anew, under the first key of FIELD_KEYS, whatever an earlier key sealed, while the service runs. Every
// process of the service must know the new key before (it opens with all of the ring). Exit code 0 when nothing is left under an earlier
// key: then that may be taken out of FIELD_KEYS. Reads the service's settings; DATABASE_URL must be set.
import { connect, unreachableBecause } from '../db/client.js';
import { systemClock } from '../src/clock.js';
import { FingerprintDiffers, rotate } from '../src/field-keys/rotate.js';
import { Books } from '../src/http/books.js';
import { makeSealer, NoSuchKey } from '../src/sealer.js';
import { fieldKeysOf, readSettings } from '../src/settings.js';

const read = readSettings(process.env);
const keys = read.ok ? fieldKeysOf(read.settings) : undefined;
if (!read.ok || read.settings.DATABASE_URL === undefined || keys === undefined) {
  console.error(read.ok ? 'DATABASE_URL and FIELD_KEYS must be set.' : read.sentences.join('\n'));
  process.exit(1);
}
const db = connect({ url: read.settings.DATABASE_URL, prepare: read.settings.DATABASE_PREPARE === 'true', max: 3 });
const books = new Books(db, systemClock);
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopping = true));
try {
  const sealer = makeSealer(keys);
  for (const { code } of await db.sql<{ code: string }[]>`select code from known_books() order by code`) {
    const book = await books.find(code);
    if (!book || isStopping) continue;
    const { resealed, left } = await rotate({ book, clock: systemClock, sealer, isStopping: () => isStopping });
    console.log(`${code}: ${resealed} rows sealed anew, ${left === 0 ? 'none' : 'some'} left under an earlier key`);
    if (left > 0) process.exitCode = 1;
  }
  if (isStopping) process.exitCode = 1;
} catch (error) {
  const told = error instanceof FingerprintDiffers || error instanceof NoSuchKey;
  console.error(told ? error.message : (unreachableBecause(error) ?? error));
  process.exitCode = 1;
} finally {
  await books.close();
  await db.close();
}
