// Exceptions as they are listed, and the days of the bank against those of the ledger.
import { and, asc, between, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { BankDay, ReconciliationException } from '../../db/tables.js';
import { bankDays, ledgerTurnovers, reconciliationExceptions } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { firstId } from '../in-slices.js';
import { balanceText } from '../ledger/statements.js';
import type { BatchAgainstLedger, InstructionAgainstLedger } from './rules.js';

/** Exceptions of a state in order of opening, `limit` + 1 of them after a cursor; of one kind, and of one owner (or of none), if given. */
export const listExceptions = (
  db: Database,
  of: {
    bookId: string;
    status: ReconciliationException['status'];
    kind: ReconciliationException['kind'] | undefined;
    ownerPerson: string | null | undefined;
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
        of.ownerPerson === undefined
          ? undefined
          : of.ownerPerson === null
            ? isNull(reconciliationExceptions.ownerPerson)
            : eq(reconciliationExceptions.ownerPerson, of.ownerPerson),
        of.after === undefined ? undefined : gt(reconciliationExceptions.exceptionId, of.after),
      ),
    )
    .orderBy(asc(reconciliationExceptions.exceptionId))
    .limit(of.limit + 1);

export async function findException(
  db: Database,
  bookId: string,
  exceptionId: string,
): Promise<ReconciliationException | undefined> {
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

/** The instructions of a batch (s), each with what the ledger has in transit of it. */
const instructionsOfBatch = `(
  select i.*, case i.status when 'INSTRUCTED' then i.amount_fen - i.paid_fen - i.returned_fen else 0 end as in_transit_fen,
         (coalesce(a.fen, 0))::bigint as ledger_fen
    from payment_instructions i
    left join lateral ${balanceText('i.book_id', "'in_transit:' || i.instruction_id || ':' || i.fund || ':' || i.funder")} a on true
   where i.book_id = s.book_id and i.settlement_id = s.settlement_id)`;

/** Batches in order of drafting, `limit` + 1 of them after a cursor. */
export const batchesAgainstLedger = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<BatchAgainstLedger[]> =>
  db.sql.prepared<BatchAgainstLedger[]>(
    `select s.settlement_id as "settlementId", s.settlement_no as "settlementNo", s.period, s.status, s.instructed_on as "instructedOn", x.*
       from (select * from settlements s
              where s.book_id = $1 and s.settlement_id > $2 order by s.settlement_id limit $3) s
      cross join lateral (
        select coalesce(sum(i.amount_fen), 0)::bigint as "amountFen", coalesce(sum(i.paid_fen), 0)::bigint as "paidFen",
               coalesce(sum(i.returned_fen), 0)::bigint as "returnedFen", coalesce(sum(i.in_transit_fen), 0)::bigint as "inTransitFen",
               coalesce(sum(i.ledger_fen), 0)::bigint as "ledgerFen", (count(*) filter (where i.status = 'INSTRUCTED'))::int as waiting,
               min(i.instructed_on) filter (where i.status = 'INSTRUCTED') as "waitingSince"
          from ${instructionsOfBatch} i) x
      order by s.settlement_id`,
    [of.bookId, of.after ?? firstId, of.limit + 1],
  );

/** The instructions of one batch, every attempt, with the exception that is open on each. */
export const batchLinesAgainstLedger = (
  db: Database,
  of: { bookId: string; settlementId: string },
): Promise<InstructionAgainstLedger[]> =>
  db.sql.prepared<InstructionAgainstLedger[]>(
    `select i.instruction_id as "instructionId", i.instruction_no as "instructionNo", i.payee_id as "payeeId", i.fund, i.funder, i.attempt,
            i.status, i.instructed_on as "instructedOn", i.amount_fen as "amountFen", i.paid_fen as "paidFen", i.returned_fen as "returnedFen",
            i.in_transit_fen::bigint as "inTransitFen", i.ledger_fen as "ledgerFen", e.exception_id as "exceptionId", e.status as "exceptionStatus",
            e.owner_person as "ownerPerson", e.explanation
       from (select $1::uuid as book_id, $2::uuid as settlement_id) s
      cross join lateral ${instructionsOfBatch} i
       left join lateral (select * from reconciliation_exceptions e
                           where e.book_id = i.book_id and e.kind = 'IN_TRANSIT' and e.subject = i.instruction_id::text and e.status <> 'CLOSED'
                           limit 1) e on true
      order by i.instruction_no`,
    [of.bookId, of.settlementId],
  );
