// The payment file that goes to the bank, as offices read it: Chinese column names, UTF-8 with BOM and CRLF.
import { stringify } from 'csv-stringify/sync';
import type { z } from 'zod';
import type { paymentFile } from '../../schemas/settlements.js';

const trailer = '合计';

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
