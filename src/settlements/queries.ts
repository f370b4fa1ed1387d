import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { PayeeAccount, PaymentInstruction, Settlement, SettlementLine } from '../../db/tables.js';
import {
  bankLines,
  bankMatches,
  enterprises,
  payeeAccounts,
  paymentInstructions,
  providers,
  redemptions,
  settlementLines,
  settlements,
  settlementTotals,
} from '../../db/tables.js';

/** A page in order of making: `limit` + 1 rows after a cursor, so that the caller sees whether more follow. */
interface Page {
  readonly bookId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A payee's name, of the one table that has it. */
const payeeName = sql<string>`coalesce(${providers.name}, ${enterprises.name})`;

const totalFen = sql<bigint>`sum(${settlementTotals.totalFen})::bigint`.mapWith((value: string | bigint) => BigInt(value));
const count = sql<number>`sum(${settlementTotals.lineCount})::int`.mapWith(Number);

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

/** Control totals of a batch, by payee and by fund, each in the order of its first line, as kept with its lines. Amounts in fen. */
export async function totalsOfSettlement(
  db: Database,
  bookId: string,
  settlementId: string,
): Promise<{
  byPayee: { payeeId: string; payeeName: string; count: number; totalFen: bigint }[];
  byFund: { fund: string; count: number; totalFen: bigint }[];
}> {
  const mine = and(eq(settlementTotals.bookId, bookId), eq(settlementTotals.settlementId, settlementId));
  const first = asc(sql`min(${settlementTotals.firstLineNo})`);
  const [byPayee, byFund] = await Promise.all([
    db.drizzle
      .select({ payeeId: settlementTotals.payeeId, payeeName, count, totalFen })
      .from(settlementTotals)
      .leftJoin(providers, and(eq(providers.bookId, settlementTotals.bookId), eq(providers.providerId, settlementTotals.payeeId)))
      .leftJoin(
        enterprises,
        and(eq(enterprises.bookId, settlementTotals.bookId), eq(enterprises.enterpriseId, settlementTotals.payeeId)),
      )
      .where(mine)
      .groupBy(settlementTotals.payeeId, providers.name, enterprises.name)
      .orderBy(first),
    db.drizzle
      .select({ fund: settlementTotals.fund, count, totalFen })
      .from(settlementTotals)
      .where(mine)
      .groupBy(settlementTotals.fund)
      .orderBy(first),
  ]);
  return { byPayee, byFund };
}

/** The lines of a batch in their order, after the line of a cursor. */
export const listSettlementLines = (
  db: Database,
  of: Page & { settlementId: string },
): Promise<{ line: SettlementLine; redemptionNo: string | null; reimbursementNo: string | null; payeeName: string }[]> =>
  db.drizzle
    .select({
      line: settlementLines,
      redemptionNo: redemptions.redemptionNo,
      // Asked line by line: joined, a planner may read all of them for one page.
      reimbursementNo: sql<
        string | null
      >`(select r.reimbursement_no from reimbursements r where r.book_id = ${settlementLines.bookId} and r.reimbursement_id = ${settlementLines.reimbursementId})`,
      payeeName,
    })
    .from(settlementLines)
    .leftJoin(
      redemptions,
      and(eq(redemptions.bookId, settlementLines.bookId), eq(redemptions.redemptionId, settlementLines.redemptionId)),
    )
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
