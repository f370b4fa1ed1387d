// The payment file that goes to the bank, as offices read it: Chinese column names; CSV in UTF-8 with BOM and CRLF, or a spreadsheet.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { z } from 'zod';
import type { paymentFile } from '../../schemas/settlements.js';
import type { SheetColumn } from '../http/xlsx.js';
import { xlsxOf } from '../http/xlsx.js';

type File = z.input<typeof paymentFile>;

const columns: readonly SheetColumn[] = [
  { header: '指令编号', form: 'text' },
  { header: '收款户名', form: 'text' },
  { header: '收款账号', form: 'text' },
  { header: '开户银行', form: 'text' },
  { header: '联行号', form: 'text' },
  { header: '金额', form: 'yuan' },
  { header: '资金', form: 'text' },
  { header: '出资方', form: 'text' },
];

/** A row for each payment, and the control totals in the last. */
const rowsOf = ({ lines, count, total }: File): string[][] => [
  ...lines.map((l) => [
    l.instructionNo,
    l.holderName,
    l.accountNo ?? `****${l.accountNoLast4}`,
    l.bankName,
    l.bankCode,
    l.amount,
    l.fund,
    l.funder,
  ]),
  ['合计', String(count), '', '', '', total, '', ''],
];

/** As CSV. No amount in it is negative, so formulas can be escaped. */
export const writePaymentFile = (of: File): string =>
  stringify(rowsOf(of), {
    bom: true,
    header: true,
    columns: columns.map(({ header }) => header),
    record_delimiter: 'windows',
    escape_formulas: true,
  });

/** As a spreadsheet: account numbers and codes are text, amounts are what it counts with. */
export const paymentSheet = (of: File): Readable => {
  async function* slices(): AsyncGenerator<readonly (readonly string[])[]> {
    yield rowsOf(of);
  }
  return Readable.from(xlsxOf(of.settlementNo, columns, slices()), { objectMode: false });
};
