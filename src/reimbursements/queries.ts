import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { each, idsOfPage } from '../../db/planned.js';
import type { Allocation, AllocationLine, Reimbursement, ReimbursementLine } from '../../db/tables.js';
import { allocationLines, allocations, enterprises, reimbursementLines, reimbursements } from '../../db/tables.js';

/** `null` sees all; a member of the trade sees its legal person's. */
const seenBy = (legalPersonUscc: string | null): SQL | undefined =>
  legalPersonUscc === null ? undefined : eq(reimbursements.legalPersonUscc, legalPersonUscc);

/** A page in order of making: `limit` + 1 rows after a cursor, so that the caller sees whether more follow. */
interface Page {
  readonly bookId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

const programmesOf = (bookId: string, programmeCode: string | undefined): SQL =>
  programmeCode === undefined
    ? sql`(select distinct programme_code as value from programme_versions where book_id = ${bookId}) as p`
    : each('p', [programmeCode]);

/** Applications in order of receipt: of a legal person, which has few; else one range per programme and state. */
export function listReimbursements(
  db: Database,
  of: Page & {
    legalPersonUscc: string | null;
    status: Reimbursement['status'] | undefined;
    programmeCode: string | undefined;
  },
): Promise<Reimbursement[]> {
  const { bookId, legalPersonUscc, status, programmeCode, after } = of;
  const page = { id: reimbursements.reimbursementId, bookId, after, limit: of.limit + 1 };
  const sieve = and(
    status === undefined ? undefined : eq(reimbursements.status, status),
    programmeCode === undefined ? undefined : eq(reimbursements.programmeCode, programmeCode),
  );
  const states = each('s', status === undefined ? reimbursements.status.enumValues : [status]);
  const ids =
    legalPersonUscc !== null
      ? idsOfPage({ ...page, key: [[reimbursements.legalPersonUscc, sql`${legalPersonUscc}::text`]], sieve })
      : status === undefined && programmeCode === undefined
        ? undefined
        : idsOfPage({
            ...page,
            ranges: sql`${programmesOf(bookId, programmeCode)} cross join ${states}`,
            key: [
              [reimbursements.programmeCode, sql`p.value`],
              [reimbursements.status, sql`s.value`],
            ],
          });
  return db.drizzle
    .select()
    .from(reimbursements)
    .where(
      and(
        eq(reimbursements.bookId, bookId),
        ids
          ? sql`${reimbursements.reimbursementId} = any(array${ids})`
          : after === undefined
            ? undefined
            : gt(reimbursements.reimbursementId, after),
      ),
    )
    .orderBy(asc(reimbursements.reimbursementId))
    .limit(of.limit + 1);
}

/** One application; undefined when there is none, or none that this legal person may see. */
export async function findReimbursement(
  db: Database,
  of: { bookId: string; reimbursementId: string; legalPersonUscc: string | null },
): Promise<Reimbursement | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(reimbursements)
    .where(
      and(
        eq(reimbursements.bookId, of.bookId),
        eq(reimbursements.reimbursementId, of.reimbursementId),
        seenBy(of.legalPersonUscc),
      ),
    );
  return row;
}

/** The lines of an application summed up, by rate and reason. */
export const baseOfReimbursement = (
  db: Database,
  bookId: string,
  reimbursementId: string,
): Promise<{ basisPoints: number | null; reason: string | null; count: number; conflicts: number; grossFen: bigint }[]> =>
  db.drizzle
    .select({
      basisPoints: reimbursementLines.basisPoints,
      reason: reimbursementLines.reason,
      count: sql<number>`count(*)::int`.mapWith(Number),
      conflicts: sql<number>`(count(*) filter (where ${reimbursementLines.numberConflict}))::int`.mapWith(Number),
      grossFen: sql<bigint>`sum(${reimbursementLines.grossFen})::bigint`.mapWith((value: string | bigint) => BigInt(value)),
    })
    .from(reimbursementLines)
    .where(and(eq(reimbursementLines.bookId, bookId), eq(reimbursementLines.reimbursementId, reimbursementId)))
    .groupBy(reimbursementLines.basisPoints, reimbursementLines.reason);

/** The lines of an application in their order, after the line of a cursor, each with what red letters took of it (fen). */
export const listReimbursementLines = (
  db: Database,
  of: Page & { reimbursementId: string },
): Promise<{ line: ReimbursementLine; redFen: bigint }[]> =>
  db.drizzle
    .select({
      line: reimbursementLines,
      redFen: sql<bigint>`(select coalesce(sum(x.gross_fen), 0)::bigint from reimbursement_line_cuts x
        where x.book_id = ${of.bookId} and x.reimbursement_line_id = reimbursement_lines.reimbursement_line_id)`,
    })
    .from(reimbursementLines)
    .where(
      and(
        eq(reimbursementLines.bookId, of.bookId),
        eq(reimbursementLines.reimbursementId, of.reimbursementId),
        of.after === undefined
          ? undefined
          : sql`${reimbursementLines.lineNo} > (select c.line_no from reimbursement_lines c where c.book_id = ${of.bookId} and c.reimbursement_line_id = ${of.after})`,
      ),
    )
    .orderBy(asc(reimbursementLines.lineNo))
    .limit(of.limit + 1);

/** Allocations in order of drafting, of one programme or state if given. */
export function listAllocations(
  db: Database,
  of: Page & { programmeCode: string | undefined; status: Allocation['status'] | undefined },
): Promise<Allocation[]> {
  const { bookId, programmeCode, status, after } = of;
  const ids =
    programmeCode === undefined && status === undefined
      ? undefined
      : idsOfPage({
          id: allocations.allocationId,
          bookId,
          after,
          limit: of.limit + 1,
          ranges: sql`${programmesOf(bookId, programmeCode)} cross join ${each('s', status === undefined ? allocations.status.enumValues : [status])}`,
          key: [
            [allocations.programmeCode, sql`p.value`],
            [allocations.status, sql`s.value`],
          ],
        });
  return db.drizzle
    .select()
    .from(allocations)
    .where(
      and(
        eq(allocations.bookId, bookId),
        ids
          ? sql`${allocations.allocationId} = any(array${ids})`
          : after === undefined
            ? undefined
            : gt(allocations.allocationId, after),
      ),
    )
    .orderBy(asc(allocations.allocationId))
    .limit(of.limit + 1);
}

/** An allocation with its lines in order, each with whose it is. */
export async function findAllocation(
  db: Database,
  bookId: string,
  allocationId: string,
): Promise<
  { allocation: Allocation; lines: { line: AllocationLine; reimbursementNo: string; enterpriseName: string }[] } | undefined
> {
  const [[allocation], lines] = await Promise.all([
    db.drizzle
      .select()
      .from(allocations)
      .where(and(eq(allocations.bookId, bookId), eq(allocations.allocationId, allocationId))),
    db.drizzle
      .select({ line: allocationLines, reimbursementNo: reimbursements.reimbursementNo, enterpriseName: enterprises.name })
      .from(allocationLines)
      .innerJoin(
        reimbursements,
        and(
          eq(reimbursements.bookId, allocationLines.bookId),
          eq(reimbursements.reimbursementId, allocationLines.reimbursementId),
        ),
      )
      .innerJoin(
        enterprises,
        and(eq(enterprises.bookId, reimbursements.bookId), eq(enterprises.enterpriseId, reimbursements.enterpriseId)),
      )
      .where(and(eq(allocationLines.bookId, bookId), eq(allocationLines.allocationId, allocationId)))
      .orderBy(asc(allocationLines.lineNo)),
  ]);
  return allocation && { allocation, lines };
}

/** The numbers under which an application declares its papers. */
export async function numbersDeclared(db: Database, bookId: string, reimbursementId: string): Promise<string[]> {
  const rows = await db.sql.prepared<{ reference: string }[]>(
    'select reference from reimbursement_lines where book_id = $1 and reimbursement_id = $2 and invoice_line_id is null',
    [bookId, reimbursementId],
  );
  return rows.map(({ reference }) => reference);
}

/** The numbers of tax invoices whose claims an application holds: not those of a usage invoice, which are its provider's. */
export const numbersHeld = (
  db: Database,
  bookId: string,
  reimbursementId: string,
): Promise<{ number: string; owner: string }[]> =>
  db.sql.prepared<{ number: string; owner: string }[]>(
    `select c.number, c.provider_id as owner
       from reimbursement_lines l
       cross join lateral (select * from invoice_claims c where c.number = l.reference and c.book_id = l.book_id offset 0) c
      where l.book_id = $1 and l.reimbursement_id = $2 and l.invoice_line_id is null and not l.number_conflict
        and not exists (select from providers p where p.book_id = c.book_id and p.provider_id = c.provider_id)`,
    [bookId, reimbursementId],
  );
