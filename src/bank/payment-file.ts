// The file of payments that goes to the bank: in the columns of one of the book's formats, those of the bank's answer among them and empty, so that
// the bank's file is this one filled in. Pure but for the spreadsheet's bytes.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BankColumn, BankMapping } from '../../schemas/bank.js';
import { csvLines, escapedCell } from '../http/files.js';
import type { SheetColumn } from '../http/xlsx.js';
import { xlsxOf } from '../http/xlsx.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { columnsOf, paymentWords } from './formats.js';

/** One payment as it is sent. */
export interface SentPayment {
  readonly instructionNo: string;
  /** Which attempt of the payment it is, from 1. */
  readonly attempt: number;
  readonly holderName: string;
  /** Whole, or its last four digits for who may not see it. */
  readonly accountNo: string;
  readonly bankName: string;
  readonly bankCode: string;
  readonly amountFen: Fen;
  readonly fund: string;
  readonly funder: string;
}

type Column = SheetColumn & { readonly of: BankColumn | keyof typeof paymentWords };

function sheetColumns(mapping: BankMapping): Column[] {
  const payment = mapping.payment ?? paymentWords;
  const headers = new Map(columnsOf(mapping).map(({ column, headers: [header = ''] }) => [column, header]));
  const known = (of: BankColumn, otherwise?: string): Column[] => {
    const header = headers.get(of) ?? otherwise;
    return header === undefined ? [] : [{ of, header, form: of === 'amount' ? 'yuan' : 'text' }];
  };
  const own = (of: keyof typeof paymentWords): Column => ({ of, header: payment[of], form: of === 'attempt' ? 'count' : 'text' });
  return [
    ...known('instructionNo'),
    own('attempt'),
    ...known('payeeName', '收款户名'),
    ...known('payeeAccount', '收款账号'),
    own('bankName'),
    own('bankCode'),
    ...known('amount'),
    own('fund'),
    own('funder'),
    ...known('status'),
    ...known('bankSerial'),
    ...known('bookedOn'),
    ...known('reason'),
  ];
}

/** A row for each payment, and the control totals in the last where the format has such a row. */
function rowsOf(mapping: BankMapping, columns: readonly Column[], payments: readonly SentPayment[]): string[][] {
  const sign = mapping.signs === 'OUT_NEGATIVE' ? '-' : '';
  const cellsOf = (of: SentPayment): Partial<Record<Column['of'], string>> => ({
    instructionNo: of.instructionNo,
    attempt: String(of.attempt),
    payeeName: of.holderName,
    payeeAccount: of.accountNo,
    bankName: of.bankName,
    bankCode: of.bankCode,
    amount: sign + formatYuan(of.amountFen),
    fund: of.fund,
    funder: of.funder,
  });
  const rows = payments.map(cellsOf).map((cells) => columns.map(({ of }) => cells[of] ?? ''));
  const { trailer } = mapping;
  if (trailer === null) return rows;
  const total = formatYuan(sumFen(payments.map(({ amountFen }) => amountFen)));
  const last = columns.map(({ of }, i) =>
    i === 0 ? trailer.word : of === trailer.countIn ? String(payments.length) : of === 'amount' ? total : '',
  );
  return [...rows, last];
}

/** As CSV: UTF-8 with its mark, CRLF; text that begins like a formula is escaped. */
export function paymentCsv(mapping: BankMapping, payments: readonly SentPayment[]): string {
  const columns = sheetColumns(mapping);
  const rows = rowsOf(mapping, columns, payments).map((row) =>
    row.map((cell, i) => escapedCell(cell, columns[i]?.form !== 'text')),
  );
  return csvLines([columns.map(({ header }) => header), ...rows], true);
}

/** As a spreadsheet made at `at`: account numbers and codes are text, amounts are what it counts with; the same payments give the same bytes. */
export function paymentSheet(
  mapping: BankMapping,
  payments: readonly SentPayment[],
  { name, at }: { name: string; at: Date },
): Readable {
  const columns = sheetColumns(mapping);
  async function* slices(): AsyncGenerator<readonly (readonly string[])[]> {
    yield rowsOf(mapping, columns, payments);
  }
  return Readable.from(xlsxOf(name, columns, slices(), at), { objectMode: false });
}

/** SHA-256 (hex) of the lines in their order: number and attempt of the instruction, account, fen. */
export function paymentDigestOf(
  lines: readonly {
    readonly instructionNo: string;
    readonly attempt: number;
    readonly payeeAccountId: string;
    readonly amountFen: Fen;
  }[],
): string {
  const digest = createHash('sha256');
  for (const of of lines) digest.update(`${[of.instructionNo, of.attempt, of.payeeAccountId, of.amountFen].join('|')}\n`);
  return digest.digest('hex');
}
