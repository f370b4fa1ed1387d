import type { z } from 'zod';
import type { ExchangeMark, ForeignMark, UsageInvoice } from '../../db/tables.js';
import type { importMarks as body } from '../../schemas/invoice-exchange.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import { insert } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { exchangeMarkShelf, foreignMarkShelf, invoiceShelf } from '../usage/facts.js';
import { flagMatches, gatherMatched } from './matches.js';

export type Keys = { readonly keys: readonly ExchangeKey[] };
type Body = z.output<typeof body> & Partial<Keys>;
interface Result {
  readonly imported: number;
  readonly known: number;
  readonly flagged: number;
}

/** Refuses EXCHANGE_KEY_UNKNOWN: the name of a key that this service does not hold. */
export const refuseKey = (name: string, keys: readonly ExchangeKey[] = []) =>
  keys.some((key) => key.name === name)
    ? null
    : refused('EXCHANGE_KEY_UNKNOWN', { key: name, keys: keys.map((key) => key.name).join(', ') || '—' }, '/key');

/**
 * Keeps what another city's service tells of its invoices; those of ours that bear one of the numbers are flagged, once for each
 * service. What was imported before changes nothing. Refuses EXCHANGE_KEY_UNKNOWN.
 */
export const importMarks: Verb<Body, Result> = {
  name: 'exchange_marks.import',
  money: false,

  async gather(loader, commands) {
    const numbers = commands.flatMap(({ body }) => body.marks.map(({ number }) => number));
    const [own] = await Promise.all([
      loader.load(exchangeMarkShelf, 'number', numbers),
      loader.load(foreignMarkShelf, 'number', numbers),
    ]);
    await gatherMatched(
      loader,
      own.map(({ invoiceId }) => invoiceId),
    );
  },

  decide(command, facts) {
    const { body, actor, receivedAt, newId, id } = command;
    const unknownKey = refuseKey(body.key, body.keys);
    if (unknownKey) return unknownKey;
    // After this line the command succeeds.
    const isSame = (a: ForeignMark, b: ForeignMark) =>
      a.source === b.source && a.keyName === b.keyName && a.sellerHash === b.sellerHash && a.amountHash === b.amountHash;
    const fresh = new Map<string, ForeignMark[]>();
    for (const { number, seller, amount } of body.marks) {
      const row: ForeignMark = {
        bookId: facts.bookId,
        foreignMarkId: newId(),
        source: body.source,
        keyName: body.key,
        numberHash: number,
        sellerHash: seller,
        amountHash: amount,
        importedPerson: actor.personId,
        recordedAt: receivedAt.toISOString(),
      };
      const others = [...facts.all(foreignMarkShelf, 'number', number), ...(fresh.get(number) ?? [])];
      if (!others.some((other) => isSame(other, row))) fresh.set(number, [...(fresh.get(number) ?? []), row]);
    }
    const rows = [...fresh.values()].flat();
    const matched = new Map<string, { invoice: UsageInvoice; marks: ExchangeMark[] }>();
    for (const number of fresh.keys()) {
      for (const mark of facts.all(exchangeMarkShelf, 'number', number)) {
        const invoice = facts.get(invoiceShelf, mark.invoiceId);
        if (invoice) matched.set(mark.invoiceId, { invoice, marks: [...(matched.get(mark.invoiceId)?.marks ?? []), mark] });
      }
    }
    const flagged = [...matched.values()].map(({ invoice, marks }) =>
      flagMatches(command, facts, { invoice, marks, foreign: rows }),
    );
    return accepted({
      decision: 'exchange_marks.imported',
      subjectId: id,
      result: {
        imported: rows.length,
        known: body.marks.length - rows.length,
        flagged: flagged.filter((changes) => changes.length > 0).length,
      },
      changes: [...rows.map((row) => insert(foreignMarkShelf, row)), ...flagged.flat()],
    });
  },
};
