import { and, asc, eq, gt } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Correction, RedLetter } from '../../db/tables.js';
import { corrections, redLetters, usageInvoices } from '../../db/tables.js';
import type { Viewer } from '../contracts/queries.js';
import { findContract } from '../contracts/queries.js';

/** Corrections of a contract in order of decision, `limit` + 1 of them after a cursor; none where the viewer may not see the contract. */
export async function listCorrections(
  db: Database,
  of: { bookId: string; viewer: Viewer; contractId: string; after: string | undefined; limit: number },
): Promise<Correction[]> {
  const { bookId, contractId, after, limit } = of;
  if (!(await findContract(db, bookId, contractId, of.viewer))) return [];
  return db.drizzle
    .select()
    .from(corrections)
    .where(
      and(
        eq(corrections.bookId, bookId),
        eq(corrections.contractId, contractId),
        after === undefined ? undefined : gt(corrections.correctionId, after),
      ),
    )
    .orderBy(asc(corrections.correctionId))
    .limit(limit + 1);
}

/** One correction; undefined when there is none, or none that the viewer may see. */
export async function findCorrection(
  db: Database,
  bookId: string,
  correctionId: string,
  viewer: Viewer,
): Promise<Correction | undefined> {
  const [found] = await db.drizzle
    .select()
    .from(corrections)
    .where(and(eq(corrections.bookId, bookId), eq(corrections.correctionId, correctionId)));
  return found && (await findContract(db, bookId, found.contractId, viewer)) ? found : undefined;
}

/** The red letters of an invoice in order of posting, if the viewer may see its contract. */
export async function listRedLetters(
  db: Database,
  of: { bookId: string; viewer: Viewer; invoiceId: string; after: string | undefined; limit: number },
): Promise<{ row: RedLetter; invoiceNo: string }[]> {
  const { bookId, invoiceId, after, limit } = of;
  const [invoice] = await db.drizzle
    .select({ contractId: usageInvoices.contractId, invoiceNo: usageInvoices.invoiceNo })
    .from(usageInvoices)
    .where(and(eq(usageInvoices.bookId, bookId), eq(usageInvoices.invoiceId, invoiceId)));
  if (!invoice || !(await findContract(db, bookId, invoice.contractId, of.viewer))) return [];
  const rows = await db.drizzle
    .select()
    .from(redLetters)
    .where(
      and(
        eq(redLetters.bookId, bookId),
        eq(redLetters.invoiceId, invoiceId),
        after === undefined ? undefined : gt(redLetters.redLetterId, after),
      ),
    )
    .orderBy(asc(redLetters.redLetterId))
    .limit(limit + 1);
  return rows.map((row) => ({ row, invoiceNo: invoice.invoiceNo }));
}
