// What stands in the way of sealing a month: looked for outside the lane each time it is built, and told by kind, number and a few names.
import type { Database } from '../../db/client.js';
import type { Obstacle } from '../../schemas/months.js';
import { auditLedger } from '../ledger/audit.js';
import { auditBusiness } from '../reconciliation/audit.js';
import type { MonthSpan } from '../ledger/months.js';

/** How many of a kind are told by name. */
const named = 5;

const obstacle = (kind: Obstacle['kind'], found: readonly string[]): Obstacle[] =>
  found.length === 0 ? [] : [{ kind, count: found.length, examples: found.slice(0, named) }];

/** Whatever the audits find, and what of the bank is open at the end of the month. */
export async function obstaclesOf(db: Database, span: MonthSpan): Promise<Obstacle[]> {
  const { bookId, last } = span;
  const [ledger, business, unmatched, inTransit] = [
    await auditLedger(db, bookId),
    await auditBusiness(db, bookId),
    await db.sql<{ serial: string }[]>`
      select b.bank_serial as serial from bank_lines b
       where b.book_id = ${bookId} and b.result in ('UNKNOWN_INSTRUCTION', 'AMOUNT_DIFFERS') and b.booked_on <= ${last}::date
         and not exists (select from bank_lines m where m.book_id = b.book_id and m.bank_serial = b.bank_serial and m.result = 'MATCHED')
       group by b.bank_serial order by b.bank_serial`,
    await db.sql<{ no: string }[]>`
      select i.instruction_no as no from payment_instructions i
       where i.book_id = ${bookId} and i.status = 'INSTRUCTED' and i.instructed_on <= ${last}::date order by i.instruction_no`,
  ];
  return [
    ...obstacle(
      'AUDIT',
      [...ledger, ...business].map(({ invariant, subject }) => `${invariant}: ${subject}`),
    ),
    ...obstacle(
      'BANK_LINES_UNMATCHED',
      unmatched.map(({ serial }) => serial),
    ),
    ...obstacle(
      'PAYMENTS_IN_TRANSIT',
      inTransit.map(({ no }) => no),
    ),
  ];
}

/** What was added up twice and did not come to the same. */
export const astray = (names: readonly string[]): Obstacle[] => obstacle('LINES_DO_NOT_ADD_UP', names);
