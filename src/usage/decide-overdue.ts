// The deadlines of usage: what nobody confirmed or disputed in time is decided daily, as its programme says, as of its own day.
import type { Database } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import type { DailyWork } from '../daily.js';
import { isAny } from '../daily.js';
import { firstId, inSlices, readAhead } from '../in-slices.js';
import { decideOverdueInvoice } from './confirm-invoice.js';
import { invoiceShelf } from './facts.js';
import { refuseInvoice } from './rules.js';

export const decideOverdue: DailyWork = {
  name: 'usage_invoices.decide-overdue',
  isDue: ({ db, bookId, today }) =>
    isAny(db, `select from usage_invoices i where i.book_id = $1 and i.status = 'POSTED' and i.confirm_by < $2::date`, [
      bookId,
      today,
    ]),

  async run(of) {
    const { db, bookId } = of.book;
    const today = shanghaiDay(of.clock.now());
    const { done } = await inSlices({
      ...of,
      name: 'decide-overdue',
      verb: decideOverdueInvoice,
      dueAfter: (after: Due | undefined) => dueOf(db, { bookId, today, after }),
      idOf: ({ invoiceId }) => invoiceId,
      refusal: (facts, id) => {
        const invoice = facts.get(invoiceShelf, id);
        return invoice && refuseInvoice(invoice, 'decide-overdue');
      },
    });
    return done;
  },
};

interface Due {
  readonly confirmBy: Day;
  readonly invoiceId: string;
}

/** Invoices past their deadlines, in order of these, after one. */
const dueOf = (db: Database, of: { bookId: string; today: Day; after: Due | undefined }): Promise<Due[]> =>
  db.sql.prepared<Due[]>(
    `select i.confirm_by as "confirmBy", i.invoice_id as "invoiceId" from usage_invoices i
      where i.book_id = $1 and i.status = 'POSTED' and i.confirm_by < $2::date and (i.confirm_by, i.invoice_id) > ($3::date, $4::uuid)
      order by i.confirm_by, i.invoice_id limit $5`,
    [of.bookId, of.today, of.after?.confirmBy ?? '0001-01-01', of.after?.invoiceId ?? firstId, readAhead],
  );
