/** What the audit finds of a book that somebody has written into past every guard. Not a test itself. */
import type { Database } from '../db/client.js';
import type { Finding } from '../src/ledger/audit.js';
import { findBusiness } from '../src/reconciliation/audit.js';

class TakenBack extends Error {}

/** Does these statements as an administrator whom no trigger stops, audits, and takes everything back. */
export async function planted(admin: Database, bookId: string, statements: readonly string[]): Promise<Finding[]> {
  let found: Finding[] = [];
  await admin
    .begin(async (tx) => {
      await tx.sql.unsafe('set local session_replication_role = replica');
      for (const statement of statements) await tx.sql.unsafe(statement);
      found = await findBusiness(tx, bookId);
      throw new TakenBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakenBack)) throw error;
    });
  return found;
}
