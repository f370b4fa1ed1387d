// npm run audit [-- --book zhengzhou]: recomputes the invariants of DESIGN part 3 from the rows and prints what does not
// hold. Exit code 1 when anything was found. Reads DATABASE_URL, or the embedded database of DATA_DIR
// while no service uses it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { connect, unreachableBecause } from '../db/client.js';
import { EmbeddedUnavailable, startEmbedded } from '../db/embedded.js';
import { auditLedger } from '../src/ledger/audit.js';
import { auditBusiness } from '../src/reconciliation/audit.js';
import { recomputeAwards } from '../src/reconciliation/recompute.js';

function stop(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
function readOptions() {
  try {
    return parseArgs({ options: { book: { type: 'string' } } }).values;
  } catch (error) {
    stop(`${error instanceof Error ? error.message : String(error)}\nUsage: npm run audit [-- --book zhengzhou]`);
  }
}

const values = readOptions();
const dataDir = process.env['DATA_DIR'] || './data';
const external = process.env['DATABASE_URL'] || undefined;
if (external === undefined && !existsSync(path.join(dataDir, 'postgres')))
  stop(`There is no embedded database in ${dataDir}: set DATABASE_URL or DATA_DIR, or start the service first.`);
const embedded =
  external === undefined
    ? await startEmbedded({ dataDir }).catch((error: unknown) => {
        if (error instanceof EmbeddedUnavailable) stop(error.message);
        throw error;
      })
    : undefined;
const db = connect({ url: external ?? embedded?.appUrl ?? '', statementTimeoutMs: 0 });
try {
  const books = await db.sql<{ book_id: string; code: string; seq: bigint }[]>`
    select b.book_id, b.code, h.seq from books b join book_heads h using (book_id)
     where ${values.book ?? null}::text is null or b.code = ${values.book ?? null} order by b.code`;
  if (books.length === 0) {
    console.error(values.book ? `There is no book ${values.book}.` : 'There is no book yet.');
    process.exitCode = 1;
  }
  for (const book of books) {
    const findings = [
      ...(await auditLedger(db, book.book_id)),
      ...(await auditBusiness(db, book.book_id)),
      ...(await recomputeAwards(db, book.book_id)),
    ];
    for (const found of findings) console.log(`${book.code}: invariant ${found.invariant}: ${found.subject}: ${found.detail}`);
    console.log(`${book.code}: ${book.seq} entries, ${findings.length === 0 ? 'clean' : `${findings.length} findings`}`);
    if (findings.length > 0) process.exitCode = 1;
  }
} catch (error) {
  const unreachable = unreachableBecause(error);
  if (unreachable === undefined) throw error;
  console.error(`DATABASE_URL cannot be used: ${unreachable}.`);
  process.exitCode = 1;
} finally {
  await db.close();
  await embedded?.stop();
}
