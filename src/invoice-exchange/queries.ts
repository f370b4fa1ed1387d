import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { ExchangeMark, UsageInvoice } from '../../db/tables.js';
import { exchangeMarks, providers, usageInvoices } from '../../db/tables.js';

/** The smallest UUIDv7 of a moment. */
function firstIdAt(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** Longer than a command waits for its batch and the batch for its commit: what was made before is there, or never will be. */
const settledAfterMs = 60_000;

/**
 * Our marks under a key, `limit` + 1 after a cursor, in order of making; of the last minute none. So a service that has fetched to the
 * end and goes on from its last cursor misses nothing, though marks made in two processes may be committed in another order.
 */
export function listMarks(
  db: Database,
  of: { bookId: string; keyName: string; after: string | undefined; limit: number; now: Date },
): Promise<ExchangeMark[]> {
  const { bookId, after } = of;
  const ids = idsOfPage({
    id: exchangeMarks.markId,
    bookId,
    after,
    limit: of.limit + 1,
    key: [[exchangeMarks.keyName, sql`${of.keyName}::text`]],
  });
  const settled = firstIdAt(new Date(of.now.getTime() - settledAfterMs));
  return db.drizzle
    .select()
    .from(exchangeMarks)
    .where(
      and(
        eq(exchangeMarks.bookId, bookId),
        sql`${exchangeMarks.markId} = any(array${ids})`,
        sql`${exchangeMarks.markId} < ${settled}`,
      ),
    )
    .orderBy(asc(exchangeMarks.markId));
}

/** Invoices in order of posting, `limit` of them after one, with what is hashed of each; voided ones too, for their number may come back. */
export const invoicesFrom = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<(Pick<UsageInvoice, 'invoiceId' | 'invoiceNo' | 'grossFen'> & { sellerUscc: string })[]> =>
  db.drizzle
    .select({
      invoiceId: usageInvoices.invoiceId,
      invoiceNo: usageInvoices.invoiceNo,
      grossFen: usageInvoices.grossFen,
      sellerUscc: providers.uscc,
    })
    .from(usageInvoices)
    .innerJoin(providers, and(eq(providers.bookId, usageInvoices.bookId), eq(providers.providerId, usageInvoices.providerId)))
    .where(and(eq(usageInvoices.bookId, of.bookId), of.after === undefined ? undefined : gt(usageInvoices.invoiceId, of.after)))
    .orderBy(asc(usageInvoices.invoiceId))
    .limit(of.limit);
