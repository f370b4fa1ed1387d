// The two files that travel between the service and the bank: the payment file out, the bank-return file in. CSV as
// offices read it: Chinese column names, UTF-8 with BOM and CRLF on the way out; UTF-8, else GB 18030, on the way in.
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { z } from 'zod';
import type { importBankReturn, paymentFile } from '../../schemas/settlements.js';

/** The columns of a bank-return file, in this order; its last row is `合计,<count>,,,<total>,`. */
export const bankReturnHeader = '指令编号,状态,银行流水号,记账日期,金额,原因';
const trailer = '合计';
const statuses: Readonly<Record<string, string>> = { 成功: 'PAID', 退票: 'RETURNED' };

export type ReadBankFile =
  | { readonly kind: 'read'; readonly body: z.input<typeof importBankReturn> }
  | { readonly kind: 'malformed'; readonly line: number };

/**
 * Reads a bank-return file into the body it stands for, which the schema then judges field by field. The state is 成功 or
 * 退票 (PAID and RETURNED are understood too). Malformed, with the line from 1: no such header, a row of another number of
 * columns, broken quotes, no trailer or anything after it.
 */
export function readBankReturnFile(bytes: Buffer): ReadBankFile {
  const lines: number[] = [];
  let records: string[][];
  try {
    records = parse(decode(bytes), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (record: string[], info) => {
        lines.push(info.lines);
        return record;
      },
    });
  } catch (error) {
    const line = typeof error === 'object' && error !== null && 'lines' in error ? Number(error.lines) : 1;
    return { kind: 'malformed', line };
  }
  const [header, ...rows] = records;
  const last = rows.pop();
  if (header?.join(',') !== bankReturnHeader) return { kind: 'malformed', line: 1 };
  const [mark, count = '', , , total = ''] = last ?? [];
  if (mark !== trailer || !/^\d{1,9}$/.test(count)) return { kind: 'malformed', line: lines.at(-1) ?? 1 };
  const uneven = rows.findIndex((row) => row.length !== header.length || row[0] === trailer);
  if (uneven >= 0) return { kind: 'malformed', line: lines[uneven + 1] ?? 1 };
  return {
    kind: 'read',
    body: {
      declaredCount: Number(count),
      declaredTotal: total,
      lines: rows.map(([instructionNo = '', status = '', bankSerial = '', bookedOn = '', amount = '', reason = '']) => ({
        instructionNo,
        // Anything else is handed on as it is: the schema says which states there are.
        status: (statuses[status] ?? status) as 'PAID' | 'RETURNED',
        bankSerial,
        bookedOn,
        amount,
        ...(reason === '' ? {} : { reason }),
      })),
    },
  };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** The payment file with its control totals in the last row. No amount in it is negative, so formulas can be escaped. */
export function writePaymentFile(of: z.input<typeof paymentFile>): string {
  const rows = of.lines.map((l) => [
    l.instructionNo,
    l.holderName,
    l.accountNo ?? `****${l.accountNoLast4}`,
    l.bankName,
    l.bankCode,
    l.amount,
    l.fund,
    l.funder,
  ]);
  return stringify([...rows, [trailer, String(of.count), '', '', '', of.total, '', '']], {
    bom: true,
    header: true,
    columns: ['指令编号', '收款户名', '收款账号', '开户银行', '联行号', '金额', '资金', '出资方'],
    record_delimiter: 'windows',
    escape_formulas: true,
  });
}
