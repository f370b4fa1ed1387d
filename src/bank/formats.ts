// The format of bank files that every book has, and what a recorded one may not say. Pure.
import type { BankColumn, BankMapping } from '../../schemas/bank.js';
import { bankColumn } from '../../schemas/bank.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';

/** The code of the format that needs no setting. */
export const treasuryCode = 'treasury';

/** What the columns are called that only a payment file has, where a format does not say. */
export const paymentWords = { attempt: '次数', bankName: '开户银行', bankCode: '联行号', fund: '资金', funder: '出资方' };

/** The columns of a treasury's return file, in Chinese or by the names of the data format: {instructionId, status, bankSerial, …}. */
export const treasury: BankMapping = {
  columns: {
    instructionNo: ['指令编号', 'instructionId'],
    status: ['状态', 'status'],
    bankSerial: ['银行流水号', 'bankSerial'],
    bookedOn: ['记账日期', 'bookedAt'],
    amount: ['金额', 'amount'],
    reason: ['原因', 'reason'],
    payeeName: ['收款户名', 'payeeName'],
    payeeAccount: ['收款账号', 'payeeAccount'],
  },
  dayForms: ['YYYY-MM-DD', 'YYYY/M/D', 'YYYYMMDD', 'SERIAL'],
  thousands: true,
  signs: 'UNSIGNED',
  states: { paid: ['成功', 'PAID'], returned: ['退票', 'RETURNED'] },
  trailer: { word: '合计', countIn: 'status' },
  balances: { opening: '期初余额', closing: '期末余额' },
  partsAllowed: false,
  payment: paymentWords,
};

/** The columns that a mapping names, each with the headers that it may have. */
export const columnsOf = ({ columns }: BankMapping): { readonly column: BankColumn; readonly headers: readonly string[] }[] =>
  bankColumn.options.flatMap((column) => {
    const headers = columns[column];
    return headers === undefined ? [] : [{ column, headers }];
  });

/** Refuses (BANK_FORMAT_AMBIGUOUS) a mapping in which a header, a state or the first word of a row means two things. */
export function refuseMapping(mapping: BankMapping): Refused | null {
  const { states, trailer, balances, payment = paymentWords } = mapping;
  const groups: readonly (readonly string[])[] = [
    [...columnsOf(mapping).flatMap(({ headers }) => headers), ...Object.values(payment)],
    [...states.paid, ...states.returned],
    [trailer?.word ?? [], balances ? [balances.opening, balances.closing] : []].flat(),
  ];
  for (const words of groups) {
    const word = words.find((of, i) => words.indexOf(of) !== i);
    if (word !== undefined) return refused('BANK_FORMAT_AMBIGUOUS', { word }, '/mapping');
  }
  return null;
}
