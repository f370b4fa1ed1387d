// Exceptions as they are listed, and the days of the bank against those of the ledger.
import { and, asc, between, eq, gt, inArray } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { BankDay, ReconciliationException } from '../../db/tables.js';
import { bankDays, ledgerTurnovers, reconciliationExceptions } from '../../db/tables.js';
import type { Day } from '../calendar.js';

/** Exceptions of a state in order of opening, `limit` + 1 of them after a cursor; of one kind if given. */
export const listExceptions = (
  db: Database,
  of: {
    bookId: string;
    status: ReconciliationException['status'];
    kind: ReconciliationException['kind'] | undefined;
    after: string | undefined;
    limit: number;
  },
): Promise<ReconciliationException[]> =>
  db.drizzle
    .select()
    .from(reconciliationExceptions)
    .where(
      and(
        eq(reconciliationExceptions.bookId, of.bookId),
        eq(reconciliationExceptions.status, of.status),
        of.kind === undefined ? undefined : eq(reconciliationExceptions.kind, of.kind),
        of.after === undefined ? undefined : gt(reconciliationExceptions.exceptionId, of.after),
      ),
    )
    .orderBy(asc(reconciliationExceptions.exceptionId))
    .limit(of.limit + 1);

export async function findException(db: Database, bookId: string, exceptionId: string): Promise<ReconciliationException | undefined> {
  const [row] = await db.drizzle
    .select()
    .from(reconciliationExceptions)
    .where(and(eq(reconciliationExceptions.bookId, bookId), eq(reconciliationExceptions.exceptionId, exceptionId)));
  return row;
}

interface Days {
  readonly bookId: string;
  readonly fromDay: Day;
  readonly toDay: Day;
}

/** What the bank says of these days (both inclusive), by account. */
export const bankOfDays = (db: Database, { bookId, fromDay, toDay }: Days): Promise<BankDay[]> =>
  db.drizzle
    .select()
    .from(bankDays)
    .where(and(eq(bankDays.bookId, bookId), between(bankDays.bookedOn, fromDay, toDay)))
    .orderBy(asc(bankDays.bookedOn), asc(bankDays.bankAccount));

/** What the ledger moved with the bank on these days, by posting and kind of account. */
export const ledgerOfDays = (
  db: Database,
  { bookId, fromDay, toDay }: Days,
): Promise<{ day: Day; posting: string; kind: string; creditsFen: bigint }[]> =>
  db.drizzle
    .select({
      day: ledgerTurnovers.startsOn,
      posting: ledgerTurnovers.posting,
      kind: ledgerTurnovers.kind,
      creditsFen: ledgerTurnovers.creditsFen,
    })
    .from(ledgerTurnovers)
    .where(
      and(
        eq(ledgerTurnovers.bookId, bookId),
        eq(ledgerTurnovers.span, 'DAY'),
        between(ledgerTurnovers.startsOn, fromDay, toDay),
        inArray(ledgerTurnovers.posting, [
          'settlement.paid',
          'settlement.returned',
          'settlement.returned_late',
          'settlement.unmatched',
        ]),
      ),
    );
