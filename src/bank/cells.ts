// The cells of a bank's file as what they mean, by the mapping of its format. What the mapping does not allow is refused by name, never
// guessed: a code that lost its digits, a day in another form, a formula. Pure.
import type { z } from 'zod';
import type { BankColumn, BankMapping, sentBankLine } from '../../schemas/bank.js';
import { addDays, isDay } from '../calendar.js';
import { columnsOf } from './formats.js';

/** What is wrong with a cell. */
export interface Wrong {
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;
}
type Read<T> = { readonly kind: 'read'; readonly value: T } | ({ readonly kind: 'wrong' } & Wrong);
const read = <T>(value: T): Read<T> => ({ kind: 'read', value });
const wrong = <T>(code: string, params: Wrong['params'] = {}): Read<T> => ({ kind: 'wrong', code, params });

/** Where the columns of one file stand, and by which headers. */
export type BankLayout = ReadonlyMap<BankColumn, { readonly position: number; readonly header: string }>;

const required: readonly BankColumn[] = ['instructionNo', 'status', 'bankSerial', 'bookedOn', 'amount'];

/** Reads the header; other columns are passed over. Refuses one that is there twice (BULK_COLUMN_TWICE) or missing (BULK_COLUMN_MISSING). */
export function bankLayout(mapping: BankMapping, header: readonly string[]): Read<BankLayout> {
  const layout = new Map<BankColumn, { position: number; header: string }>();
  const known = columnsOf(mapping);
  for (const [position, cell] of header.entries()) {
    const name = cell.trim();
    const column = known.find(({ headers }) => headers.includes(name))?.column;
    if (column === undefined) continue;
    if (layout.has(column)) return wrong('BULK_COLUMN_TWICE', { column: name });
    layout.set(column, { position, header: name });
  }
  const missing = known.filter(({ column }) => required.includes(column) && !layout.has(column));
  if (missing.length > 0)
    return wrong('BULK_COLUMN_MISSING', { columns: missing.map(({ headers }) => headers.join(' / ')).join(', ') });
  return read(layout);
}

/** What a spreadsheet makes of a long number that was not entered as text. */
const digitsLost = /^\d(\.\d+)?E\+\d+$/i;
const longest: Readonly<Partial<Record<BankColumn, number>>> = {
  instructionNo: 64,
  bankSerial: 64,
  reason: 500,
  payeeName: 200,
  payeeAccount: 64,
};

function textOf(column: BankColumn, text: string): Read<string> {
  if (text.includes('\0')) return wrong('TEXT_NOT_ALLOWED');
  const isCode = column === 'instructionNo' || column === 'bankSerial' || column === 'payeeAccount';
  if (isCode && digitsLost.test(text)) return wrong('BULK_DIGITS_LOST', { found: text });
  const most = longest[column] ?? 64;
  return text.length > most ? wrong('BANK_TEXT_TOO_LONG', { most: String(most) }) : read(text);
}

/** Day 0 of a spreadsheet's count, by which 1900-03-01 is day 61. */
const dayNought = '1899-12-30';
const time = /[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$/;

/** A day in one of the mapping's forms; a time behind it is cut off, for the bank's day is what counts. */
export function dayOf({ dayForms }: BankMapping, text: string): Read<string> {
  const bare = text.replace(time, '');
  const padded = (year: string, month: string, day: string) => `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  for (const form of dayForms) {
    const [, year = '', month = '', day = ''] =
      (form === 'YYYY-MM-DD'
        ? /^(\d{4})-(\d{2})-(\d{2})$/
        : form === 'YYYY/M/D'
          ? /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/
          : form === 'YYYYMMDD'
            ? /^(\d{4})(\d{2})(\d{2})$/
            : /^$/
      ).exec(bare) ?? [];
    const found =
      year !== ''
        ? padded(year, month, day)
        : form === 'SERIAL' && /^\d{5}$/.test(bare)
          ? addDays(dayNought, Number(bare))
          : null;
    if (found !== null) return isDay(found) ? read(found) : wrong('DAY_INVALID');
  }
  return wrong('BANK_DAY_FORM', { found: text, known: dayForms.join(', ') });
}

/** Yuan with both decimals, `1,234.5` as `1234.50`; null for all else. Signs have been taken off. */
function yuanOf({ thousands }: BankMapping, text: string): string | null {
  const plain = thousands && /^\d{1,3}(,\d{3})+(\.\d{1,2})?$/.test(text) ? text.replaceAll(',', '') : text;
  const [, whole, decimals = ''] = /^(0|[1-9]\d{0,14})(?:\.(\d{1,2}))?$/.exec(plain) ?? [];
  return whole === undefined ? null : `${whole}.${decimals.padEnd(2, '0')}`;
}

/** The amount of a line that paid or came back, by the signs of the mapping; without one, as totals are written. */
function amountOf(mapping: BankMapping, text: string, status: 'PAID' | 'RETURNED' | null): Read<string> {
  const isSigned = /^[-+]/.test(text);
  const yuan = yuanOf(mapping, isSigned ? text.slice(1) : text);
  if (yuan === null) return wrong('AMOUNT_FORMAT');
  const isOut = text.startsWith('-');
  const expected = mapping.signs === 'OUT_NEGATIVE' && status === 'PAID';
  if (status !== null && isOut !== expected) return wrong('BANK_SIGN', { found: text });
  return status === null && isOut ? wrong('BANK_SIGN', { found: text }) : read(yuan);
}

/** A balance, which may be below zero. */
export function balanceOf(mapping: BankMapping, text: string): Read<string> {
  const yuan = yuanOf(mapping, text.replace(/^[-+]/, ''));
  if (yuan === null) return wrong('AMOUNT_FORMAT');
  return read(text.startsWith('-') ? `-${yuan}` : yuan);
}

/** The count and total of the trailer. A total is written without a sign, or as what went out. */
export function trailerOf(
  mapping: BankMapping,
  cells: { readonly count: string; readonly total: string },
): Read<{ count: number; total: string }> {
  const total = amountOf(mapping, cells.total.replace(/^-/, ''), null);
  if (total.kind === 'wrong') return total;
  return /^\d{1,9}$/.test(cells.count)
    ? read({ count: Number(cells.count), total: total.value })
    : wrong('FIELD_INVALID', { zh: '合计行须写明笔数。', en: 'The trailer has to tell the count.' });
}

type Line = z.input<typeof sentBankLine>;

/** A line of the file, or everything that is wrong with it, each with its column. */
export function lineOf(
  mapping: BankMapping,
  layout: BankLayout,
  cells: readonly string[],
):
  | { readonly kind: 'read'; readonly line: Line }
  | { readonly kind: 'wrong'; readonly issues: readonly (Wrong & { column: BankColumn })[] } {
  const issues: (Wrong & { column: BankColumn })[] = [];
  const cellOf = (column: BankColumn): string => {
    const at = layout.get(column)?.position;
    return at === undefined ? '' : (cells[at] ?? '').trim();
  };
  const take = <T>(column: BankColumn, of: (text: string) => Read<T>): T | undefined => {
    const text = cellOf(column);
    if (text === '') {
      if (required.includes(column)) issues.push({ column, code: 'MISSING_FIELD', params: {} });
      return undefined;
    }
    const found = text.startsWith('=') ? wrong<T>('BANK_FORMULA', { found: text.slice(0, 200) }) : of(text);
    if (found.kind === 'read') return found.value;
    issues.push({ column, code: found.code, params: found.params });
    return undefined;
  };
  const { paid, returned } = mapping.states;
  const status = take<'PAID' | 'RETURNED'>('status', (text) =>
    paid.includes(text)
      ? read('PAID')
      : returned.includes(text)
        ? read('RETURNED')
        : wrong('BANK_STATE_UNKNOWN', { found: text.slice(0, 200), known: [...paid, ...returned].join(', ') }),
  );
  const text = (column: BankColumn) => take(column, (of) => textOf(column, of));
  const [instructionNo, bankSerial] = [text('instructionNo'), text('bankSerial')];
  const bookedOn = take('bookedOn', (of) => dayOf(mapping, of));
  const amount = take('amount', (of) => amountOf(mapping, of, status ?? null));
  const [reason, payeeName, payeeAccount] = [text('reason'), text('payeeName'), text('payeeAccount')];
  const isWhole = instructionNo !== undefined && bankSerial !== undefined && bookedOn !== undefined && amount !== undefined;
  if (issues.length > 0 || status === undefined || !isWhole) return { kind: 'wrong', issues };
  const line: Line = { instructionNo, status, bankSerial, bookedOn, amount };
  if (reason !== undefined) line.reason = reason;
  if (payeeName !== undefined) line.payeeName = payeeName;
  if (payeeAccount !== undefined) line.payeeAccount = payeeAccount;
  return { kind: 'read', line };
}
