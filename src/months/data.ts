// The canonical data of a month as text: what is hashed, sealed and made again byte for byte. docs/month-data.md says what each line is; a change of
// a single byte is another version of it, under another first line, and months that were sealed keep theirs.
import { createHash } from 'node:crypto';
import { formatYuan } from '../money.js';
import type { Balance, Trial, Turnover } from '../ledger/months.js';
import type { MonthLine } from './lines.js';
import type { Party } from './queries.js';
import type { MonthSpan } from '../ledger/months.js';

/** A record: its name and its fields, parted by tabs; what would break it is a space. */
const record = (...fields: readonly string[]): string => `${fields.map((field) => field.replace(/[\t\r\n]/g, ' ')).join('\t')}\n`;
const codeOf = (party: Party | undefined): string => (party === undefined ? '' : `${party.side}:${party.uscc}`);

export interface Heading {
  readonly code: string;
  readonly origin: string;
}
export const headingText = ({ code, origin }: Heading, { month, first, last, cutOff }: MonthSpan): string =>
  record('compute-voucher-ledger month data', '1') +
  record('book', code, origin) +
  record('month', month, first, last) +
  record('cut-off', cutOff.toString());

export const trialText = (of: Trial): string =>
  record('trial', of.fund, of.kind, ...[of.openingFen, of.debitsFen, of.creditsFen, of.closingFen].map(formatYuan));

export const turnoverText = (of: Turnover): string =>
  record('turnover', of.fund, of.kind, of.posting, formatYuan(of.debitsFen), formatYuan(of.creditsFen), of.transfers.toString());

export const lineText = (of: MonthLine): string =>
  record(
    'line',
    of.seq.toString(),
    of.bookedOn,
    of.posting,
    of.no,
    of.voucherNo,
    of.invoiceNo,
    of.contractNo,
    of.fund,
    of.debit,
    of.credit,
    formatYuan(of.amountFen),
    codeOf(of.payee),
    codeOf(of.enterprise),
    of.corrects?.toString() ?? '',
    of.belongsTo ?? '',
  );

export const partyText = (of: Party): string => record('party', of.side, of.uscc, of.name, of.partyId);

export const balanceText = ({ code, balanceFen }: Balance): string => record('balance', code, formatYuan(balanceFen));

/** Takes the text piece by piece to where it is kept, and hashes all of it and the part that is balances. */
export class DataText {
  readonly #data = createHash('sha256');
  readonly #balances = createHash('sha256');

  constructor(private readonly keep: (text: string) => void) {}

  add(text: string): void {
    this.#data.update(text);
    this.keep(text);
  }

  addBalances(text: string): void {
    this.#balances.update(text);
    this.add(text);
  }

  /** SHA-256 (hex), once all is added. */
  digests(): { readonly dataDigest: string; readonly balancesDigest: string } {
    return { dataDigest: this.#data.digest('hex'), balancesDigest: this.#balances.digest('hex') };
  }
}
