import type { SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { and, asc, eq, gt, gte, inArray, lte, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { EnterprisePayment, FacilityUsage, UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import {
  contractLines,
  enterprisePayments,
  enterprises,
  facilityUsage,
  providers,
  usageInvoiceLines,
  usageInvoices,
} from '../../db/tables.js';
import { ownBy, type Principal } from '../access/principal.js';

/** Invoices that this caller may see: a provider's it posted, an enterprise's it received, all for the authorities. */
function seenBy(db: Database, bookId: string, { role, legalPersonUscc }: Principal): SQL | undefined {
  if (legalPersonUscc === null) return undefined;
  if (role === 'provider') {
    const own = and(eq(providers.bookId, bookId), eq(providers.actingUscc, legalPersonUscc));
    return inArray(usageInvoices.providerId, db.drizzle.select({ id: providers.providerId }).from(providers).where(own));
  }
  const own = and(eq(enterprises.bookId, bookId), eq(enterprises.legalPersonUscc, legalPersonUscc));
  return inArray(usageInvoices.enterpriseId, db.drizzle.select({ id: enterprises.enterpriseId }).from(enterprises).where(own));
}

interface Wanted {
  bookId: string;
  principal: Principal;
  contractId: string | undefined;
  status: UsageInvoice['status'] | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * The ranges in which the invoices of a list lie, one per state in each: of the contract asked for, if the caller may see it; of each
 * contract of an enterprise's legal person; of each provider of a provider's; else of the whole book.
 */
function idsOf(of: Wanted): SQL | undefined {
  const { bookId, contractId, status } = of;
  const { role, legalPersonUscc } = of.principal;
  const states = each('s', status === undefined ? usageInvoices.status.enumValues : [status]);
  const ids = (from: SQL, column?: AnyPgColumn): SQL =>
    idsOfPage({
      id: usageInvoices.invoiceId,
      bookId,
      ranges: sql`${from}${states}`,
      key: [...(column ? [[column, sql`x.value`] as const] : []), [usageInvoices.status, sql`s.value`]],
      after: of.after,
      limit: of.limit + 1,
    });
  const ofBook = sql`book_id = ${bookId}`;
  const own = (table: 'providers' | 'enterprises', id: string): SQL =>
    sql`(select ${sql.raw(id)} as value from ${sql.raw(table)} where ${ofBook} and ${sql.raw(ownBy[table])} = ${legalPersonUscc})`;
  if (legalPersonUscc === null && contractId === undefined) return status === undefined ? undefined : ids(sql``);
  if (role === 'provider' && contractId === undefined) {
    return ids(sql`${own('providers', 'provider_id')} as x cross join `, usageInvoices.providerId);
  }
  if (contractId === undefined) {
    const contractsOf = sql`(select contract_id as value from contracts c where c.book_id = ${bookId} and c.enterprise_id = e.value offset 0)`;
    const all = sql`${own('enterprises', 'enterprise_id')} as e cross join lateral ${contractsOf} as x cross join `;
    return ids(all, usageInvoices.contractId);
  }
  const seen =
    legalPersonUscc === null
      ? sql``
      : role === 'provider'
        ? sql` and provider_id in ${own('providers', 'provider_id')}`
        : sql` and enterprise_id in ${own('enterprises', 'enterprise_id')}`;
  return ids(
    sql`(select contract_id as value from contracts where ${ofBook} and contract_id = ${contractId}${seen}) as x cross join `,
    usageInvoices.contractId,
  );
}

/** Invoices in order of posting, `limit` + 1 of them after a cursor. */
export function listInvoices(db: Database, of: Wanted): Promise<UsageInvoice[]> {
  const ids = idsOf(of);
  const after = of.after === undefined ? undefined : gt(usageInvoices.invoiceId, of.after);
  return db.drizzle
    .select()
    .from(usageInvoices)
    .where(and(eq(usageInvoices.bookId, of.bookId), ids ? sql`${usageInvoices.invoiceId} = any(array${ids})` : after))
    .orderBy(asc(usageInvoices.invoiceId))
    .limit(of.limit + 1);
}

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

/** Invoices in these states bill something: not those returned, voided, or taken back whole by red letters. */
const billing = ['POSTED', 'CONFIRMED', 'DISPUTED'] as const satisfies readonly UsageInvoice['status'][];

/**
 * The invoices that bill a facility (of one model of chip, if wanted) for periods that lie wholly within some days, in order of posting, `limit` + 1 of them after a cursor: those that its usage is the sum of. Looked for by the contracts that
 * name the facility, each of which has few.
 */
export function listInvoicesOfFacility(
  db: Database,
  of: {
    bookId: string;
    facilityId: string;
    usageFrom: string | undefined;
    usageTo: string | undefined;
    chipModel: string | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<UsageInvoice[]> {
  const { bookId, facilityId, usageFrom, usageTo, chipModel, after } = of;
  const limit = of.limit + 1;
  const ofChip =
    chipModel === undefined
      ? sql``
      : sql` and exists (select from chips h where h.book_id = c.book_id and h.chip_id = c.chip_id and h.model = ${chipModel})`;
  const billed = sql`exists (
    select from usage_invoice_lines l
      join contract_lines c on c.book_id = l.book_id and c.contract_line_id = l.contract_line_id
     where l.book_id = ${bookId} and l.invoice_id = ${usageInvoices.invoiceId} and c.facility_id = ${facilityId}${ofChip} offset 0)`;
  const ids = idsOfPage({
    id: usageInvoices.invoiceId,
    bookId,
    ranges: sql`(select distinct contract_id as value from contract_lines where book_id = ${bookId} and facility_id = ${facilityId}) as x`,
    key: [[usageInvoices.contractId, sql`x.value`]],
    sieve: and(
      inArray(usageInvoices.status, [...billing]),
      usageFrom === undefined ? undefined : gte(usageInvoices.usageFrom, usageFrom),
      usageTo === undefined ? undefined : lte(usageInvoices.usageTo, usageTo),
      billed,
    ),
    after,
    limit,
  });
  return db.drizzle
    .select()
    .from(usageInvoices)
    .where(and(eq(usageInvoices.bookId, bookId), sql`${usageInvoices.invoiceId} = any(array${ids})`))
    .orderBy(asc(usageInvoices.invoiceId))
    .limit(limit);
}

/** What is billed of a facility, in order of periods. */
export const usageOfFacility = (db: Database, bookId: string, facilityId: string): Promise<FacilityUsage[]> =>
  db.drizzle
    .select()
    .from(facilityUsage)
    .where(and(eq(facilityUsage.bookId, bookId), eq(facilityUsage.facilityId, facilityId)))
    .orderBy(asc(facilityUsage.usageFrom), asc(facilityUsage.usageTo), asc(facilityUsage.facilityUsageId));

export interface ContractParty {
  readonly contractId: string;
  readonly providerId: string;
  /** Who acts for it. */
  readonly legalPersonUscc: string;
  readonly uscc: string;
}

/** The providers of these contracts; a contract that does not exist has none. */
export const findContractProviders = (
  db: Database,
  bookId: string,
  contractIds: readonly string[],
): Promise<readonly ContractParty[]> =>
  db.sql.prepared<ContractParty[]>(
    `select c.contract_id as "contractId", p.provider_id as "providerId", p.acting_uscc as "legalPersonUscc",
            p.uscc
       from unnest($2::uuid[]) as k (contract_id)
       cross join lateral (select * from contracts c where c.book_id = $1 and c.contract_id = k.contract_id limit 1) c
       cross join lateral (select * from providers p where p.book_id = $1 and p.provider_id = c.provider_id limit 1) p`,
    [bookId, contractIds],
  );
