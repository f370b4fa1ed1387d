// npm run audit [-- --book zhengzhou]: recomputes the invariants of DESIGN part 3 from the rows and prints what does not
// hold. Exit code 1 when anything was found. Reads DATABASE_URL, or the embedded database of DATA_DIR.
import { parseArgs } from 'node:util';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { auditLedger } from '../src/ledger/audit.js';
import { auditBusiness } from '../src/reconciliation/audit.js';

const { values } = parseArgs({ options: { book: { type: 'string' } } });
const embedded = process.env['DATABASE_URL'] ? undefined : await startEmbedded({ dataDir: process.env['DATA_DIR'] ?? './data' });
const db = connect({ url: process.env['DATABASE_URL'] ?? embedded?.appUrl ?? '', statementTimeoutMs: 0 });
try {
  const books = await db.sql<{ book_id: string; code: string; seq: bigint }[]>`
    select b.book_id, b.code, h.seq from books b join book_heads h using (book_id)
     where ${values.book ?? null}::text is null or b.code = ${values.book ?? null} order by b.code`;
  if (books.length === 0) {
    console.error(values.book ? `There is no book ${values.book}.` : 'There is no book yet.');
    process.exitCode = 1;
  }
  for (const book of books) {
    const findings = [...(await auditLedger(db, book.book_id)), ...(await auditBusiness(db, book.book_id))];
    for (const found of findings) console.log(`${book.code}: invariant ${found.invariant}: ${found.subject}: ${found.detail}`);
    console.log(`${book.code}: ${book.seq} entries, ${findings.length === 0 ? 'clean' : `${findings.length} findings`}`);
    if (findings.length > 0) process.exitCode = 1;
  }
} finally {
  await db.close();
  await embedded?.stop();
}
