import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type {
  PayeeAccount,
  PaymentInstruction,
  Settlement,
  SettlementLeftOut,
  SettlementLine,
  SettlementVersion,
} from '../../db/tables.js';
import {
  bankLines,
  bankMatches,
  enterprises,
  payeeAccounts,
  paymentInstructions,
  providers,
  settlementLeftOuts,
  settlementLines,
  settlements,
  settlementTotals,
  settlementVersions,
} from '../../db/tables.js';

/** A page in order of making: `limit` + 1 rows after a cursor, so that the caller sees whether more follow. */
interface Page {
  readonly bookId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A payee's name, of the one table that has it. */
const payeeName = sql<string>`coalesce(${providers.name}, ${enterprises.name})`;

/** Settlements in order of drafting, of one period or state if given. */
export const listSettlements = (
  db: Database,
  of: Page & { period: string | undefined; status: Settlement['status'] | undefined },
): Promise<Settlement[]> =>
  db.drizzle
    .select()
    .from(settlements)
    .where(
      and(
        eq(settlements.bookId, of.bookId),
        of.period === undefined ? undefined : eq(settlements.period, of.period),
        of.status === undefined ? undefined : eq(settlements.status, of.status),
        of.after === undefined ? undefined : gt(settlements.settlementId, of.after),
      ),
    )
    .orderBy(asc(settlements.settlementId))
    .limit(of.limit + 1);

export async function findSettlement(db: Database, bookId: string, settlementId: string): Promise<Settlement | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(settlements)
    .where(and(eq(settlements.bookId, bookId), eq(settlements.settlementId, settlementId)));
  return row;
}

/** What each payee gets out of each fund of a batch, in the order of the first line of each, as kept with its lines. Amounts in fen. */
export const totalsOfSettlement = (
  db: Database,
  bookId: string,
  settlementId: string,
): Promise<{ payeeId: string; payeeName: string; fund: string; lineCount: number; amountFen: bigint }[]> =>
  db.drizzle
    .select({
      payeeId: settlementTotals.payeeId,
      payeeName,
      fund: settlementTotals.fund,
      lineCount: settlementTotals.lineCount,
      amountFen: settlementTotals.totalFen,
    })
    .from(settlementTotals)
    .leftJoin(providers, and(eq(providers.bookId, settlementTotals.bookId), eq(providers.providerId, settlementTotals.payeeId)))
    .leftJoin(
      enterprises,
      and(eq(enterprises.bookId, settlementTotals.bookId), eq(enterprises.enterpriseId, settlementTotals.payeeId)),
    )
    .where(and(eq(settlementTotals.bookId, bookId), eq(settlementTotals.settlementId, settlementId)))
    .orderBy(asc(settlementTotals.firstLineNo));

/** The versions of a batch, the first one first. */
export const versionsOfSettlement = (db: Database, bookId: string, settlementId: string): Promise<SettlementVersion[]> =>
  db.drizzle
    .select()
    .from(settlementVersions)
    .where(and(eq(settlementVersions.bookId, bookId), eq(settlementVersions.settlementId, settlementId)))
    .orderBy(asc(settlementVersions.version));

/** What a batch passed over, for a paper that its payee has not handed in. */
export const listLeftOut = (
  db: Database,
  of: Page & { settlementId: string },
): Promise<{ row: SettlementLeftOut; number: string }[]> =>
  db.drizzle
    .select({
      row: settlementLeftOuts,
      number: sql<string>`paper.no`,
    })
    .from(settlementLeftOuts)
    .innerJoin(
      sql`lateral (
        select r.redemption_no as no from redemptions r
         where r.book_id = ${settlementLeftOuts.bookId} and r.redemption_id = ${settlementLeftOuts.redemptionId}
        union all
        select a.reimbursement_no from reimbursements a
         where a.book_id = ${settlementLeftOuts.bookId} and a.reimbursement_id = ${settlementLeftOuts.reimbursementId}
        offset 0) paper`,
      sql`true`,
    )
    .where(
      and(
        eq(settlementLeftOuts.bookId, of.bookId),
        eq(settlementLeftOuts.settlementId, of.settlementId),
        of.after === undefined ? undefined : gt(settlementLeftOuts.leftOutId, of.after),
      ),
    )
    .orderBy(asc(settlementLeftOuts.leftOutId))
    .limit(of.limit + 1);

/** What lines of batches are about. Asked line by line: joined, a planner may read all of a table for one page. */
const paper = sql`lateral (
    select r.redemption_no, null::text as reimbursement_no, r.base_fen, r.approved_fen - r.reversed_fen as approved_fen,
           i.invoice_no, i.gross_fen,
           (select sum(u.gross_fen)::bigint from usage_invoice_lines u where u.book_id = r.book_id and u.invoice_id = r.invoice_id) as used_fen
      from redemptions r join usage_invoices i on i.book_id = r.book_id and i.invoice_id = r.invoice_id
     where r.book_id = ${settlementLines.bookId} and r.redemption_id = ${settlementLines.redemptionId}
    union all
    select null, a.reimbursement_no, a.base_fen, a.award_fen - a.reversed_fen, null, null, null
      from reimbursements a
     where a.book_id = ${settlementLines.bookId} and a.reimbursement_id = ${settlementLines.reimbursementId}
    offset 0) paper`;
const paperFen = (column: string) =>
  sql<bigint | null>`${sql.raw(`paper.${column}`)}`.mapWith((value: string | bigint) => BigInt(value));

/** The lines of a batch in their order, after the line of a cursor, with what each is held against; those that were returned too. */
export const listSettlementLines = (
  db: Database,
  of: Page & { settlementId: string },
): Promise<
  {
    line: SettlementLine;
    redemptionNo: string | null;
    reimbursementNo: string | null;
    payeeName: string;
    invoiceNo: string | null;
    invoicedFen: bigint | null;
    usedFen: bigint | null;
    baseFen: bigint | null;
    approvedFen: bigint | null;
  }[]
> =>
  db.drizzle
    .select({
      line: settlementLines,
      redemptionNo: sql<string | null>`paper.redemption_no`,
      reimbursementNo: sql<string | null>`paper.reimbursement_no`,
      payeeName,
      invoiceNo: sql<string | null>`paper.invoice_no`,
      invoicedFen: paperFen('gross_fen'),
      usedFen: paperFen('used_fen'),
      baseFen: paperFen('base_fen'),
      approvedFen: paperFen('approved_fen'),
    })
    .from(settlementLines)
    .leftJoin(paper, sql`true`)
    .leftJoin(providers, and(eq(providers.bookId, settlementLines.bookId), eq(providers.providerId, settlementLines.payeeId)))
    .leftJoin(
      enterprises,
      and(eq(enterprises.bookId, settlementLines.bookId), eq(enterprises.enterpriseId, settlementLines.payeeId)),
    )
    .where(
      and(
        eq(settlementLines.bookId, of.bookId),
        eq(settlementLines.settlementId, of.settlementId),
        of.after === undefined
          ? undefined
          : sql`${settlementLines.lineNo} > (select c.line_no from settlement_lines c where c.book_id = ${of.bookId} and c.settlement_line_id = ${of.after})`,
      ),
    )
    .orderBy(asc(settlementLines.lineNo))
    .limit(of.limit + 1);

/** The instructions of a batch, every attempt, with payee, account and the last bank line that settled some of each. */
export const instructionsOfSettlement = (
  db: Database,
  bookId: string,
  settlementId: string,
): Promise<{ instruction: PaymentInstruction; payeeName: string; account: PayeeAccount; bankSerial: string | null; bankBookedOn: string | null }[]> =>
  db.drizzle
    .select({
      instruction: paymentInstructions,
      payeeName,
      account: payeeAccounts,
      bankSerial: sql<string | null>`said.bank_serial`,
      bankBookedOn: sql<string | null>`said.booked_on`,
    })
    .from(paymentInstructions)
    .leftJoin(
      providers,
      and(eq(providers.bookId, paymentInstructions.bookId), eq(providers.providerId, paymentInstructions.payeeId)),
    )
    .leftJoin(
      enterprises,
      and(eq(enterprises.bookId, paymentInstructions.bookId), eq(enterprises.enterpriseId, paymentInstructions.payeeId)),
    )
    .innerJoin(
      payeeAccounts,
      and(
        eq(payeeAccounts.bookId, paymentInstructions.bookId),
        eq(payeeAccounts.payeeAccountId, paymentInstructions.payeeAccountId),
      ),
    )
    .leftJoin(
      sql`lateral (select l.bank_serial, l.booked_on from ${bankMatches} m
                     join ${bankLines} l on l.book_id = m.book_id and l.bank_line_id = m.bank_line_id
                    where m.book_id = ${paymentInstructions.bookId} and m.instruction_id = ${paymentInstructions.instructionId}
                      and m.status = 'MATCHED' order by m.match_id desc limit 1) said`,
      sql`true`,
    )
    .where(and(eq(paymentInstructions.bookId, bookId), eq(paymentInstructions.settlementId, settlementId)))
    .orderBy(asc(paymentInstructions.instructionNo));
