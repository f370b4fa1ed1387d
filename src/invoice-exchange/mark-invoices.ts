import type { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { markInvoices as body } from '../../schemas/invoice-exchange.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted } from '../ledger/lane.js';
import { exchangeMarkShelf, foreignMarkShelf, invoiceShelf } from '../usage/facts.js';
import type { Mark } from '../usage/marks.js';
import { marksOf } from '../usage/marks.js';
import type { Keys } from './import-marks.js';
import { refuseKey } from './import-marks.js';
import { flagMatches, gatherMatched } from './matches.js';
import { invoicesFrom } from './queries.js';

type Sent = z.output<typeof body>;
/** What enters the lane: the marks of a page of invoices under the key, made beforehand, and where the next page begins. */
type Body = Sent &
  Partial<Keys> & { readonly page?: readonly (Mark & { readonly invoiceId: string })[]; readonly next?: string | null };
interface Result {
  readonly marked: number;
  readonly flagged: number;
  readonly next: string | null;
}

/** Before the lane: hashes a page of the book's invoices, in order of posting. */
export async function hashBeforeLane(db: Database, bookId: string, sent: Sent, { keys }: Keys): Promise<Body> {
  const wanted = keys.filter(({ name }) => name === sent.key);
  if (wanted.length === 0) return { ...sent, keys };
  const invoices = await invoicesFrom(db, { bookId, after: sent.after, limit: sent.limit });
  const page = invoices.flatMap(({ invoiceId, ...of }) => marksOf(wanted, of).map((mark) => ({ invoiceId, ...mark })));
  return { ...sent, keys, page, next: invoices.length < sent.limit ? null : (invoices.at(-1)?.invoiceId ?? null) };
}

/**
 * Marks invoices that have none under a key: those posted before there was one, or before this one (rotation). Page by page; what is
 * marked already is passed over. Those whose numbers other services have told are flagged. Refuses EXCHANGE_KEY_UNKNOWN.
 */
export const markInvoices: Verb<Body, Result> = {
  name: 'exchange_marks.make',
  money: false,

  async gather(loader, commands) {
    const pages = commands.flatMap(({ body }) => body.page ?? []);
    const ids = pages.map(({ invoiceId }) => invoiceId);
    await Promise.all([
      loader.load(exchangeMarkShelf, 'invoice', ids),
      loader.load(
        foreignMarkShelf,
        'number',
        pages.map(({ numberHash }) => numberHash),
      ),
      gatherMatched(loader, ids),
    ]);
  },

  decide(command, facts) {
    const { body, id, newId } = command;
    const unknownKey = refuseKey(body.key, body.keys);
    if (unknownKey) return unknownKey;
    // After this line the command succeeds.
    const unmarked = (body.page ?? []).filter(
      ({ invoiceId, keyName }) => !facts.all(exchangeMarkShelf, 'invoice', invoiceId).some((mark) => mark.keyName === keyName),
    );
    const flagged = unmarked.map(({ invoiceId, ...mark }) => {
      const invoice = facts.get(invoiceShelf, invoiceId);
      const foreign = facts.all(foreignMarkShelf, 'number', mark.numberHash);
      return invoice ? flagMatches(command, facts, { invoice, marks: [mark], foreign }) : [];
    });
    return accepted({
      decision: 'exchange_marks.made',
      subjectId: id,
      result: {
        marked: unmarked.length,
        flagged: flagged.filter((changes) => changes.length > 0).length,
        next: body.next ?? null,
      },
      changes: [
        ...unmarked.map((mark) => insert(exchangeMarkShelf, { bookId: facts.bookId, markId: newId(), ...mark })),
        ...flagged.flat(),
      ],
    });
  },
};
