import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { AwardComputation, Correction, RedLetter } from '../../db/tables.js';
import { awardComputations, corrections, redLetters, usageInvoices } from '../../db/tables.js';
import type { Viewer } from '../contracts/queries.js';
import { findContract } from '../contracts/queries.js';
import { findReimbursement } from '../reimbursements/queries.js';

/** Whether the viewer may see what is corrected: the contract; or the award, which is its enterprise's and no provider's. */
const maySee = async (
  db: Database,
  bookId: string,
  viewer: Viewer,
  of: { readonly contractId?: string | null | undefined; readonly reimbursementId?: string | null | undefined },
): Promise<boolean> => {
  if (of.contractId) return (await findContract(db, bookId, of.contractId, viewer)) !== undefined;
  if (!of.reimbursementId || viewer.role === 'provider') return false;
  const { legalPersonUscc } = viewer;
  return (await findReimbursement(db, { bookId, reimbursementId: of.reimbursementId, legalPersonUscc })) !== undefined;
};

/** Corrections of a contract or an award in order of decision, `limit` + 1 of them after a cursor; none where the viewer may not see it. */
export async function listCorrections(
  db: Database,
  of: {
    bookId: string;
    viewer: Viewer;
    contractId: string | undefined;
    reimbursementId: string | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<Correction[]> {
  const { bookId, contractId, reimbursementId, after, limit } = of;
  if (!(await maySee(db, bookId, of.viewer, of))) return [];
  const { correctionId: id } = corrections;
  const key = contractId === undefined ? corrections.reimbursementId : corrections.contractId;
  const ids = idsOfPage({ id, bookId, key: [[key, sql`${contractId ?? reimbursementId}::uuid`]], after, limit: limit + 1 });
  return db.drizzle
    .select()
    .from(corrections)
    .where(and(eq(corrections.bookId, bookId), sql`${id} = any(array${ids})`))
    .orderBy(asc(id))
    .limit(limit + 1);
}

/** One correction, with the second computation where it is of an award; undefined when there is none, or none that the viewer may see. */
export async function findCorrection(
  db: Database,
  bookId: string,
  correctionId: string,
  viewer: Viewer,
): Promise<{ correction: Correction; computation: AwardComputation | null } | undefined> {
  const [[correction], [computation = null]] = await Promise.all([
    db.drizzle
      .select()
      .from(corrections)
      .where(and(eq(corrections.bookId, bookId), eq(corrections.correctionId, correctionId))),
    db.drizzle
      .select()
      .from(awardComputations)
      .where(and(eq(awardComputations.bookId, bookId), eq(awardComputations.correctionId, correctionId))),
  ]);
  return correction && (await maySee(db, bookId, viewer, correction)) ? { correction, computation } : undefined;
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
