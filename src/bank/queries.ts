// What is shown of bank files, their lines and what these settle.
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { BankFormat, BankLine, BankMatch, BankReturn, PayeeAccount, PaymentFile } from '../../db/tables.js';
import {
  bankFormats,
  bankLines,
  bankMatches,
  bankReturns,
  payeeAccounts,
  paymentFileLines,
  paymentFiles,
  paymentInstructions,
  settlements,
} from '../../db/tables.js';

/** A page in order of making: `limit` + 1 rows after a cursor, so that the caller sees whether more follow. */
interface Page {
  readonly bookId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

export const listBankReturns = (db: Database, of: Page): Promise<BankReturn[]> =>
  db.drizzle
    .select()
    .from(bankReturns)
    .where(and(eq(bankReturns.bookId, of.bookId), of.after === undefined ? undefined : gt(bankReturns.bankReturnId, of.after)))
    .orderBy(asc(bankReturns.bankReturnId))
    .limit(of.limit + 1);

export async function findBankReturn(
  db: Database,
  bookId: string,
  by: { readonly bankReturnId: string } | { readonly fileDigest: string },
): Promise<BankReturn | undefined> {
  const which = 'bankReturnId' in by ? eq(bankReturns.bankReturnId, by.bankReturnId) : eq(bankReturns.fileDigest, by.fileDigest);
  const [row] = await db.drizzle
    .select()
    .from(bankReturns)
    .where(and(eq(bankReturns.bookId, bookId), which));
  return row;
}

/** Bank lines in order of recording: of one file, or those of which some settles nothing yet, if so asked. */
export const listBankLines = (
  db: Database,
  of: Page & { which: 'ALL' | 'UNMATCHED' | { readonly bankReturnId: string } },
): Promise<BankLine[]> =>
  db.drizzle
    .select()
    .from(bankLines)
    .where(
      and(
        eq(bankLines.bookId, of.bookId),
        of.which === 'UNMATCHED' ? sql`${bankLines.matchedFen} < ${bankLines.amountFen}` : undefined,
        typeof of.which === 'object' ? eq(bankLines.bankReturnId, of.which.bankReturnId) : undefined,
        of.after === undefined ? undefined : gt(bankLines.bankLineId, of.after),
      ),
    )
    .orderBy(asc(bankLines.bankLineId))
    .limit(of.limit + 1);

/** A bank line with all that it was ever matched with. */
export async function findBankLine(
  db: Database,
  bookId: string,
  bankLineId: string,
): Promise<{ line: BankLine; matches: BankMatch[] } | undefined> {
  const [[line], matches] = await Promise.all([
    db.drizzle
      .select()
      .from(bankLines)
      .where(and(eq(bankLines.bookId, bookId), eq(bankLines.bankLineId, bankLineId))),
    db.drizzle
      .select()
      .from(bankMatches)
      .where(and(eq(bankMatches.bookId, bookId), eq(bankMatches.bankLineId, bankLineId)))
      .orderBy(asc(bankMatches.matchId)),
  ]);
  return line && { line, matches };
}

/** The formats of a book, each by its newest version; a setting, of which there are a few. */
export const listBankFormats = (db: Database, bookId: string): Promise<BankFormat[]> =>
  db.drizzle
    .selectDistinctOn([bankFormats.code])
    .from(bankFormats)
    .where(eq(bankFormats.bookId, bookId))
    .orderBy(asc(bankFormats.code), desc(bankFormats.version));

/** What is known under these serials. */
export const linesOfSerials = (db: Database, bookId: string, serials: readonly string[]): Promise<BankLine[]> =>
  db.drizzle
    .select()
    .from(bankLines)
    .where(and(eq(bankLines.bookId, bookId), sql`${bankLines.bankSerial} = any(${sql.param([...serials])}::text[])`));

/** Payment files in order of making, of one batch if given. */
export const listPaymentFiles = (db: Database, of: Page & { settlementId: string | undefined }): Promise<PaymentFile[]> =>
  db.drizzle
    .select()
    .from(paymentFiles)
    .where(
      and(
        eq(paymentFiles.bookId, of.bookId),
        of.settlementId === undefined ? undefined : eq(paymentFiles.settlementId, of.settlementId),
        of.after === undefined ? undefined : gt(paymentFiles.paymentFileId, of.after),
      ),
    )
    .orderBy(asc(paymentFiles.paymentFileId))
    .limit(of.limit + 1);

/** A payment file with the number of its batch and its lines in their order, each with the account that it was instructed to. */
export async function findPaymentFile(
  db: Database,
  bookId: string,
  paymentFileId: string,
): Promise<
  | {
      file: PaymentFile;
      settlementNo: string;
      lines: { instructionNo: string; attempt: number; fund: string; funder: string; amountFen: bigint; account: PayeeAccount }[];
    }
  | undefined
> {
  const [[found], lines] = await Promise.all([
    db.drizzle
      .select({ file: paymentFiles, settlementNo: settlements.settlementNo })
      .from(paymentFiles)
      .innerJoin(
        settlements,
        and(eq(settlements.bookId, paymentFiles.bookId), eq(settlements.settlementId, paymentFiles.settlementId)),
      )
      .where(and(eq(paymentFiles.bookId, bookId), eq(paymentFiles.paymentFileId, paymentFileId))),
    db.drizzle
      .select({
        instructionNo: paymentInstructions.instructionNo,
        attempt: paymentInstructions.attempt,
        fund: paymentInstructions.fund,
        funder: paymentInstructions.funder,
        amountFen: paymentFileLines.amountFen,
        account: payeeAccounts,
      })
      .from(paymentFileLines)
      .innerJoin(
        paymentInstructions,
        and(
          eq(paymentInstructions.bookId, paymentFileLines.bookId),
          eq(paymentInstructions.instructionId, paymentFileLines.instructionId),
        ),
      )
      .innerJoin(
        payeeAccounts,
        and(
          eq(payeeAccounts.bookId, paymentInstructions.bookId),
          eq(payeeAccounts.payeeAccountId, paymentInstructions.payeeAccountId),
        ),
      )
      .where(and(eq(paymentFileLines.bookId, bookId), eq(paymentFileLines.paymentFileId, paymentFileId)))
      .orderBy(asc(paymentFileLines.lineNo)),
  ]);
  return found && { ...found, lines };
}
