// What is told of an invoice to services of other cities, so that one number is claimed in one place: keyed hashes (HMAC) of its
// number, its seller and its amount, under a key that the services share; never the data. Pure.
//
// Each is a hexadecimal HMAC, by the key's algorithm, over UTF-8 lines: `number`, the number; or `seller`, the number, the seller's
// credit code; or `amount`, the number, the gross amount in yuan with two decimals. Seller and amount are bound to the number, so that of
// two invoices nobody learns whether they are of one seller.
import { createHmac } from 'node:crypto';
import type { ExchangeMark, ForeignMark, UsageInvoice } from '../../db/tables.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import type { Suspicion } from '../flags/raise.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';

/** What one key makes of an invoice. */
export type Mark = Pick<ExchangeMark, 'keyName' | 'numberHash' | 'sellerHash' | 'amountHash'>;

/** The marks of an invoice, one for each key. */
export function marksOf(
  keys: readonly ExchangeKey[],
  of: { readonly invoiceNo: string; readonly sellerUscc: string; readonly grossFen: Fen },
): Mark[] {
  const { invoiceNo, sellerUscc, grossFen } = of;
  return keys.map(({ name, algorithm, secret }) => {
    const hash = (...lines: readonly string[]) =>
      createHmac(algorithm, Buffer.from(secret, 'hex')).update(lines.join('\n')).digest('hex');
    return {
      keyName: name,
      numberHash: hash('number', invoiceNo),
      sellerHash: hash('seller', invoiceNo, sellerUscc),
      amountHash: hash('amount', invoiceNo, formatYuan(grossFen)),
    };
  });
}

/**
 * That other services have told the number of an invoice too, once for each of them: with whether seller and amount are the same. Who
 * copies an invoice may change these; that the number is in two places is what is wrong.
 */
export function suspicionsOfMarks(
  { invoiceNo, grossFen }: Pick<UsageInvoice, 'invoiceNo' | 'grossFen'>,
  marks: readonly Mark[],
  foreign: readonly ForeignMark[],
): Suspicion[] {
  const matches = foreign.flatMap((of) => {
    const own = marks.find(({ keyName, numberHash }) => keyName === of.keyName && numberHash === of.numberHash);
    return own ? [{ of, own }] : [];
  });
  return [...new Map(matches.map((match) => [match.of.source, match])).values()].map(({ of, own }) => ({
    kind: 'INVOICE_ELSEWHERE',
    amountFen: grossFen,
    evidence: {
      inputs: {
        invoiceNo,
        source: of.source,
        seller: own.sellerHash === of.sellerHash ? 'SAME' : 'DIFFERENT',
        amount: own.amountHash === of.amountHash ? 'SAME' : 'DIFFERENT',
      },
      rows: [{ kind: 'FOREIGN_MARK', id: of.foreignMarkId, name: of.source }],
    },
  }));
}
