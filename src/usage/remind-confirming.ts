// Both sides are told once more before the deadline of a usage invoice decides (DOMAIN 2.4, step 9).
import type { UsageInvoice } from '../../db/tables.js';
import { contractShelf } from '../contracts/facts.js';
import { isAny } from '../daily.js';
import { readAhead } from '../in-slices.js';
import type { Ending } from '../messages/reminders.js';
import { reminding } from '../messages/reminders.js';
import { invoiceShelf } from './facts.js';
import { refuseInvoice } from './rules.js';
import { toldOfDeadline } from './told.js';

/** Days before the deadline; no text says how many, and nothing rests on it. */
const beforeDeadline = 3;

const waiting = `i.status = 'POSTED' and i.confirm_by is not null`;

export const remindOfDeadline = reminding<UsageInvoice>({
  kind: 'usage.deadline',
  days: beforeDeadline,
  shelf: invoiceShelf,
  gather: (loader, rows) =>
    loader.load(
      contractShelf,
      'id',
      rows.map(({ contractId }) => contractId),
    ),
  endsOn: ({ confirmBy }) => confirmBy,
  refusal: (row) => refuseInvoice(row, 'confirm'),
  told: (facts, row) => {
    const contract = facts.get(contractShelf, row.contractId);
    return contract ? toldOfDeadline(row, contract) : [];
  },
  endingAfter: (db, { bookId, kind, from, to, after }) =>
    db.sql.prepared<Ending[]>(
      `select i.confirm_by as "endsOn", i.invoice_id as id from usage_invoices i
        where i.book_id = $1 and ${waiting} and i.confirm_by > $2::date and i.confirm_by <= $3::date
          and (i.confirm_by, i.invoice_id) > ($4::date, $5::uuid)
          and not exists (select from reminders r where r.book_id = $1 and r.reminder_id = $7 || ' ' || i.invoice_id || ' ' || i.confirm_by)
        order by i.confirm_by, i.invoice_id limit $6`,
      [bookId, from, to, after.endsOn, after.id, readAhead, kind],
    ),
  isEnding: (db, { bookId, from, to }) =>
    isAny(
      db,
      `select from usage_invoices i where i.book_id = $1 and ${waiting} and i.confirm_by > $2::date and i.confirm_by <= $3::date`,
      [bookId, from, to],
    ),
});
