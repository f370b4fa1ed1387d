import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { EnterprisePayment, Provider, UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import {
  contractLines,
  contracts,
  enterprisePayments,
  enterprises,
  providers,
  usageInvoiceLines,
  usageInvoices,
} from '../../db/tables.js';
import type { Principal } from '../access/principal.js';

/** Invoices that this caller may see: a provider's it posted, an enterprise's it received, all for the authorities. */
function seenBy(db: Database, bookId: string, { role, legalPersonUscc }: Principal): SQL | undefined {
  if (legalPersonUscc === null) return undefined;
  if (role === 'provider') {
    const own = and(eq(providers.bookId, bookId), eq(providers.legalPersonUscc, legalPersonUscc));
    return inArray(usageInvoices.providerId, db.drizzle.select({ id: providers.providerId }).from(providers).where(own));
  }
  const own = and(eq(enterprises.bookId, bookId), eq(enterprises.legalPersonUscc, legalPersonUscc));
  return inArray(usageInvoices.enterpriseId, db.drizzle.select({ id: enterprises.enterpriseId }).from(enterprises).where(own));
}

/** Invoices in order of posting, `limit` + 1 of them after a cursor. */
export const listInvoices = (
  db: Database,
  of: {
    bookId: string;
    principal: Principal;
    contractId: string | undefined;
    status: UsageInvoice['status'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<UsageInvoice[]> =>
  db.drizzle
    .select()
    .from(usageInvoices)
    .where(
      and(
        eq(usageInvoices.bookId, of.bookId),
        seenBy(db, of.bookId, of.principal),
        of.contractId === undefined ? undefined : eq(usageInvoices.contractId, of.contractId),
        of.status === undefined ? undefined : eq(usageInvoices.status, of.status),
        of.after === undefined ? undefined : gt(usageInvoices.invoiceId, of.after),
      ),
    )
    .orderBy(asc(usageInvoices.invoiceId))
    .limit(of.limit + 1);

/** One invoice with its lines and payments, if this caller may see it. */
export async function findInvoice(
  db: Database,
  of: { bookId: string; principal: Principal; invoiceId: string },
): Promise<
  | { invoice: UsageInvoice; lines: { line: UsageInvoiceLine; contractLineNo: number }[]; payments: EnterprisePayment[] }
  | undefined
> {
  const { bookId, invoiceId } = of;
  const [[invoice], lines, payments] = await Promise.all([
    db.drizzle
      .select()
      .from(usageInvoices)
      .where(and(eq(usageInvoices.bookId, bookId), eq(usageInvoices.invoiceId, invoiceId), seenBy(db, bookId, of.principal))),
    db.drizzle
      .select({ line: usageInvoiceLines, contractLineNo: contractLines.lineNo })
      .from(usageInvoiceLines)
      .innerJoin(
        contractLines,
        and(
          eq(contractLines.bookId, usageInvoiceLines.bookId),
          eq(contractLines.contractLineId, usageInvoiceLines.contractLineId),
        ),
      )
      .where(and(eq(usageInvoiceLines.bookId, bookId), eq(usageInvoiceLines.invoiceId, invoiceId)))
      .orderBy(asc(usageInvoiceLines.lineNo)),
    db.drizzle
      .select()
      .from(enterprisePayments)
      .where(and(eq(enterprisePayments.bookId, bookId), eq(enterprisePayments.invoiceId, invoiceId)))
      .orderBy(asc(enterprisePayments.paymentId)),
  ]);
  return invoice && { invoice, lines, payments };
}

/** The provider of a contract. */
export async function findContractProvider(db: Database, bookId: string, contractId: string): Promise<Provider | undefined> {
  const [row] = await db.drizzle
    .select({ provider: providers })
    .from(contracts)
    .innerJoin(providers, and(eq(providers.bookId, contracts.bookId), eq(providers.providerId, contracts.providerId)))
    .where(and(eq(contracts.bookId, bookId), eq(contracts.contractId, contractId)));
  return row?.provider;
}
