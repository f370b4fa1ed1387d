// npm run audit [-- --book zhengzhou]: recomputes the invariants of DESIGN part 3 from the rows and prints what does not
// hold. Exit code 1 when anything was found. Reads DATABASE_URL, or the embedded database of DATA_DIR
// while no service uses it.
import { parseArgs } from 'node:util';
import { auditLedger } from '../src/ledger/audit.js';
import { headOf } from '../src/ledger/statements.js';
import { auditMonths } from '../src/months/regenerate.js';
import { auditBusiness } from '../src/reconciliation/audit.js';
import { recomputeAwards } from '../src/reconciliation/recompute.js';
import { stop, withDatabase } from './open-database.js';

function readOptions() {
  try {
    return parseArgs({ options: { book: { type: 'string' } } }).values;
  } catch (error) {
    stop(`${error instanceof Error ? error.message : String(error)}\nUsage: npm run audit [-- --book zhengzhou]`);
  }
}

const values = readOptions();
await withDatabase(async (db) => {
  const books = await db.sql<{ bookId: string; code: string }[]>`
    select book_id as "bookId", code from known_books() where ${values.book ?? null}::text is null or code = ${values.book ?? null}`;
  if (books.length === 0) {
    console.error(values.book ? `There is no book ${values.book}.` : 'There is no book yet.');
    process.exitCode = 1;
  }
  for (const { bookId, code } of books) {
    const book = db.as({ book: bookId, legalPerson: null });
    const findings = [
      ...(await auditLedger(book, bookId)),
      ...(await auditBusiness(book, bookId)),
      ...(await recomputeAwards(book, bookId)),
      ...(await auditMonths(book, bookId)),
    ];
    for (const found of findings) console.log(`${code}: invariant ${found.invariant}: ${found.subject}: ${found.detail}`);
    console.log(
      `${code}: ${await headOf(book, bookId)} entries, ${findings.length === 0 ? 'clean' : `${findings.length} findings`}`,
    );
    if (findings.length > 0) process.exitCode = 1;
  }
});
