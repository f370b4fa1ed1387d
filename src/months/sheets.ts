// The sheets of a close pack as rows of text: their columns in the words of the people who read them, and what a line reads like. Pure.
import { formatYuan } from '../money.js';
import type { AccountKind } from '../ledger/chart.js';
import type { MonthLine } from './lines.js';

/** What kinds of account are called. */
export const kindNames: Readonly<Record<AccountKind, string>> = {
  appropriation: '预算指标',
  unmatched: '待配套',
  available: '可用指标',
  voucher: '算力券余额',
  reserved: '核验中',
  payable: '应付',
  in_transit: '在途',
  paid: '已拨付',
  lapsed: '已失效',
  receivable: '应收追回款',
  claim: '追回债权',
  recovered: '已追回',
  limit: '限额',
  allowance: '剩余额度',
  used: '已用额度',
};

const postingNames: Readonly<Record<string, string>> = {
  'budget.loaded': '指标下达',
  'budget.matched': '指标配套',
  'budget.returned': '指标收回',
  'voucher.issued': '发放',
  'opening.voucher': '期初结转',
  'redemption.approved': '核销通过',
  'redemption.reversed': '核销冲正',
  'voucher.expired': '到期失效',
  'voucher.cancelled': '作废',
  'voucher.revoked': '撤销',
  'voucher.reduced': '核减',
  'award.approved': '补助批准',
  'award.reversed': '补助冲正',
  'settlement.instructed': '支付指令',
  'settlement.paid': '已支付',
  'settlement.returned': '退票',
  'settlement.returned_late': '支付后退票',
  'settlement.unmatched': '撤销匹配',
  'recovery.succeeded': '追回承继',
  'recovery.opened': '追回立案',
  'recovery.received': '追回到账',
  'recovery.offset': '追回抵扣',
  'recovery.written_off': '追回核销',
  'recovery.withdrawn': '追回撤回',
};
/** What a posting is called; one that has no name here, by its own. */
export const nameOfPosting = (posting: string): string => postingNames[posting] ?? posting;

/** A column of a sheet: text, or an amount in yuan. */
export interface Column {
  readonly header: string;
  readonly form: 'text' | 'yuan' | 'day' | 'count';
}
const text = (header: string): Column => ({ header, form: 'text' });
const yuan = (header: string): Column => ({ header: `${header}（元）`, form: 'yuan' });

export const lineColumns: readonly Column[] = [
  { header: '分录号', form: 'count' },
  { header: '入账日', form: 'day' },
  text('事项'),
  text('编号'),
  text('算力券号'),
  text('发票号'),
  text('合同号'),
  text('资金'),
  yuan('金额'),
  text('收款单位代码'),
  text('收款单位'),
  text('用券单位代码'),
  text('用券单位'),
  text('更正的分录号'),
  { header: '所属日', form: 'day' },
];

export const lineRow = (of: MonthLine): readonly string[] => [
  of.seq.toString(),
  of.bookedOn,
  nameOfPosting(of.posting),
  of.no,
  of.voucherNo,
  of.invoiceNo,
  of.contractNo,
  of.fund,
  formatYuan(of.amountFen),
  of.payee?.uscc ?? '',
  of.payee?.name ?? '',
  of.enterprise?.uscc ?? '',
  of.enterprise?.name ?? '',
  of.corrects?.toString() ?? '',
  of.belongsTo ?? '',
];

export const trialColumns: readonly Column[] = [
  text('资金'),
  text('科目'),
  text('科目代码'),
  yuan('期初余额'),
  yuan('借方发生额'),
  yuan('贷方发生额'),
  yuan('期末余额'),
];
export const payeeColumns: readonly Column[] = [
  text('单位代码'),
  text('收款单位'),
  text('资金'),
  yuan('期初应付'),
  yuan('本月增加'),
  yuan('本月减少'),
  yuan('期末应付'),
];
export const funderColumns: readonly Column[] = [
  text('资金'),
  text('出资方'),
  yuan('累计下达'),
  yuan('待配套'),
  yuan('在途'),
  yuan('累计已付'),
  yuan('累计追回'),
];
export const exceptionColumns: readonly Column[] = [
  text('类别'),
  text('事项'),
  text('编号'),
  text('资金'),
  yuan('金额'),
  text('更正的分录号'),
  { header: '所属日', form: 'day' },
];
export const batchColumns: readonly Column[] = [
  { header: '序号', form: 'count' },
  text('编号'),
  text('收款单位代码'),
  text('收款单位'),
  text('资金'),
  yuan('金额'),
];

/** What begins like this would be run by a spreadsheet as a formula. */
const formula = /^[=+\-@\t\r]/;
const cell = (value: string, form: Column['form']): string => {
  const safe = form === 'text' && formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** A row of a CSV file (RFC 4180). Texts that a spreadsheet would run are quoted by an apostrophe. */
export const csvRow = (columns: readonly Column[], row: readonly string[]): string =>
  `${columns.map(({ form }, i) => cell(row[i] ?? '', form)).join(',')}\r\n`;
/** Its first row, with the mark that tells spreadsheets it is UTF-8. */
export const csvHead = (columns: readonly Column[]): string =>
  `\ufeff${csvRow(
    columns,
    columns.map(({ header }) => header),
  )}`;
