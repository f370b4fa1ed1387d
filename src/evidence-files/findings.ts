// Where a digital invoice says otherwise than what was typed of the invoice it is attached to. Pure.
import type { Enterprise, Provider, UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import type { DigitalInvoice, Finding } from '../../schemas/evidence-files.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { formatQuantity, quantityOf } from '../usage/rules.js';

/** Yuan as an XML writes it: a sign, and any number of decimals of which those beyond the fen are zeros. Null for all else. */
export function fenIn(text: string): Fen | null {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d{1,15})(?:\.(\d{1,2})0{0,20})?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return null;
  const fen = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return sign === '-' ? -fen : fen;
}

/** What was typed of an invoice, with its parties. */
export interface Typed {
  readonly invoice: UsageInvoice;
  /** In the order of the invoice. */
  readonly lines: readonly UsageInvoiceLine[];
  readonly provider: Pick<Provider, 'uscc' | 'name'>;
  readonly enterprise: Pick<Enterprise, 'uscc' | 'name'>;
}

/**
 * Every field in which the two differ, none overwritten; empty when they are identical. Lines are compared one by one, where there are as
 * many of them; a quantity only where the invoice states one, to the four decimals that are typed. A red letter is no invoice to redeem,
 * and differs as such.
 */
export function findingsOf(typed: Typed, read: DigitalInvoice): Finding[] {
  const { invoice, lines, provider, enterprise } = typed;
  const found: Finding[] = [];
  const compare = (field: Finding['field'], of: string, by: string, lineNo: number | null = null): void => {
    if (of !== by) found.push({ field, lineNo, typed: of, read: by });
  };
  compare('NUMBER', invoice.invoiceNo, read.number);
  compare('ISSUED_ON', invoice.issuedOn, read.issuedOn);
  compare('RED_LETTER', 'false', String(read.isRedLetter));
  compare('SELLER_USCC', provider.uscc, read.seller.uscc);
  compare('SELLER_NAME', sameName(provider.name), sameName(read.seller.name));
  compare('BUYER_USCC', enterprise.uscc, read.buyer.uscc);
  compare('BUYER_NAME', sameName(enterprise.name), sameName(read.buyer.name));
  compare('NET', formatYuan(invoice.netFen), read.net);
  compare('VAT', formatYuan(invoice.vatFen), read.vat);
  compare('GROSS', formatYuan(invoice.grossFen), read.gross);
  const fen = (text: string): Fen => fenIn(text) ?? 0n;
  const [net, vat] = [sumFen(read.lines.map((line) => fen(line.net))), sumFen(read.lines.map((line) => fen(line.vat)))];
  compare(
    'ADDS_UP',
    `${read.net} + ${read.vat} = ${read.gross}`,
    `${formatYuan(net)} + ${formatYuan(vat)} = ${formatYuan(net + vat)}`,
  );
  if (lines.length !== read.lines.length) {
    compare('LINE_COUNT', String(lines.length), String(read.lines.length));
    return found;
  }
  for (const [index, line] of lines.entries()) {
    const by = read.lines[index];
    if (!by) continue;
    if (by.quantity !== null && !isSameQuantity(line.quantity, by.quantity)) {
      compare('LINE_QUANTITY', formatQuantity(quantityOf(line.quantity)), by.quantity, line.lineNo);
    }
    compare('LINE_NET', formatYuan(line.netFen), by.net, line.lineNo);
    compare('LINE_VAT', formatYuan(line.vatFen), by.vat, line.lineNo);
  }
  return found;
}

/** Full-width brackets and blanks are written either way on registers and invoices. */
const sameName = (name: string): string => name.normalize('NFKC').replace(/\s+/g, '');

/** Whether a quantity of four decimals is this one, of up to 20 decimals, rounded. */
function isSameQuantity(typed: string, read: string): boolean {
  const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,20}))?$/.exec(read.trim()) ?? [];
  if (whole === undefined) return false;
  const exact = BigInt(whole + fraction.padEnd(20, '0'));
  const off = quantityOf(typed) * 10n ** 16n - exact;
  return 2n * (off < 0n ? -off : off) <= 10n ** 16n;
}
