// The pages of a month: totals and signatures in its pack, and the statement of one payee. Amounts in yuan, with the words of those that are signed.
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { amountInWords, formatYuan, sumFen } from '../money.js';
import type { MonthSpan } from '../ledger/months.js';
import { startOfDay } from '../calendar.js';
import { Pages } from '../pdf/pages.js';
import { grouped } from '../words.js';
import type { MonthLine } from './lines.js';
import type { MonthData } from './make-data.js';
import type { Owed } from './payee-sheets.js';
import type { Party } from './queries.js';
import { kindNames, nameOfPosting } from './sheets.js';

const yuan = (fen: Fen): string => grouped(formatYuan(fen));
const inWords = (fen: Fen): string => (fen < 0n ? `负${amountInWords(-fen)}` : amountInWords(fen));
/** `2026年10月` */
const named = (month: string): string => `${month.slice(0, 4)}年${Number(month.slice(5))}月`;
/** What a month's papers are cited by: `月结〔2026〕10号`. */
const numberOf = (month: string): string => `月结〔${month.slice(0, 4)}〕${Number(month.slice(5))}号`;
const unit = '单位：元（人民币）';

const begin = (title: string, span: MonthSpan): Pages => new Pages({ title, at: startOfDay(span.last) }).title(title);

/** What a month turned over under one name, in fen. */
const turned = ({ turnovers }: MonthData, posting: string): Fen =>
  sumFen(turnovers.flatMap((of) => (of.posting === posting ? [of.debitsFen] : [])));
/** How a kind of account stands at the end of it. */
const standing = ({ trial }: MonthData, kind: string): Fen =>
  sumFen(trial.flatMap((of) => (of.kind === kind ? [of.closingFen] : [])));

interface Totals {
  readonly book: string;
  readonly span: MonthSpan;
  readonly data: MonthData;
  readonly owed: readonly Owed[];
  readonly nameOf: (payeeId: string) => string;
  /** As the sheet of funders has them. */
  readonly funders: readonly (readonly string[])[];
}

/** 汇总: trial balance, funders and payees. */
export function totalsPages({ book, span, data, owed, nameOf, funders }: Totals): Pages {
  const columns = (...headers: readonly (readonly [header: string, width: number, isAmount?: true])[]) =>
    headers.map(([header, width, isAmount]) => ({ header, width, isAmount: isAmount === true }));
  return begin(`${book} ${named(span.month)} 月结汇总`, span)
    .text(`${numberOf(span.month)}    截止分录号：${span.cutOff}    ${unit}`)
    .heading('一、试算平衡')
    .table(
      columns(
        ['资金', 120],
        ['科目', 55],
        ['期初余额', 85, true],
        ['借方发生', 85, true],
        ['贷方发生', 85, true],
        ['期末余额', 85, true],
      ),
      data.trial
        .filter(({ fund }) => fund !== '')
        .map((of) => [
          of.fund,
          kindNames[of.kind],
          yuan(of.openingFen),
          yuan(of.debitsFen),
          yuan(of.creditsFen),
          yuan(of.closingFen),
        ]),
    )
    .heading('二、出资方')
    .table(
      columns(
        ['资金', 120],
        ['出资方', 55],
        ['累计下达', 68, true],
        ['待配套', 68, true],
        ['在途', 68, true],
        ['累计已付', 68, true],
        ['累计追回', 68, true],
      ),
      funders.map((row) => row.map((cell, i) => (i < 2 ? cell : grouped(cell)))),
    )
    .heading('三、收款单位')
    .table(
      columns(
        ['收款单位', 120],
        ['资金', 55],
        ['期初应付', 85, true],
        ['本月增加', 85, true],
        ['本月减少', 85, true],
        ['期末应付', 85, true],
      ),
      owed.map((of) => [
        nameOf(of.payeeId),
        of.fund,
        yuan(of.openingFen),
        yuan(of.addedFen),
        yuan(of.takenFen),
        yuan(of.closingFen),
      ]),
    )
    .heading('四、合计（大写）')
    .text(...totalsInWords(data));
}

const totalsInWords = (data: MonthData): string[] =>
  (
    [
      ['本月核销通过', turned(data, 'redemption.approved')],
      ['本月补助批准', turned(data, 'award.approved')],
      ['本月支付指令', turned(data, 'settlement.instructed')],
      ['本月银行已付', turned(data, 'settlement.paid')],
      ['本月银行退票', turned(data, 'settlement.returned')],
      ['期末应付余额', standing(data, 'payable')],
      ['期末在途余额', standing(data, 'in_transit')],
      ['累计已拨付', standing(data, 'paid')],
    ] as const
  ).map(([name, fen]) => `${name}：¥${yuan(fen)}（${inWords(fen)}）`);

/** 签章页: what is signed for, and where. */
export function signaturePages(of: {
  readonly book: string;
  readonly span: MonthSpan;
  readonly data: MonthData;
  readonly shutBy: string;
  readonly shutOn: Day;
}): Pages {
  const { span, data } = of;
  const place = (who: string): string => `${who}：____________________    日期：________年____月____日    （签章）`;
  return begin(`${of.book} ${named(span.month)} 月结签章页`, span)
    .text(`${numberOf(span.month)}    ${unit}`)
    .gap(8)
    .text(...totalsInWords(data))
    .heading('数据摘要（SHA-256）')
    .text(`截止分录号：${span.cutOff}    明细行数：${data.lineCount}`)
    .text(`月结数据：${data.dataDigest}`, `期末余额：${data.balancesDigest}`)
    .heading('签章')
    .text(`关账人：${of.shutBy}    关账日期：${of.shutOn}`)
    .gap(18)
    .text(place('复核人'))
    .gap(18)
    .text(place('封账人'))
    .gap(18)
    .text(place('财政局负责人'))
    .gap(18)
    .text(place('主管局负责人'));
}

/** 对账单: what one payee is owed, line by line. */
export function statementPages(of: {
  readonly book: string;
  readonly span: MonthSpan;
  readonly payee: Party;
  readonly openingFen: Fen;
  readonly lines: readonly MonthLine[];
}): Pages {
  const { span, payee, lines } = of;
  const isAdded = ({ credit }: MonthLine): boolean => credit.startsWith('payable:');
  const [added, taken] = [true, false].map((wanted) =>
    sumFen(lines.filter((line) => isAdded(line) === wanted).map(({ amountFen }) => amountFen)),
  );
  const closing = of.openingFen + (added ?? 0n) - (taken ?? 0n);
  let balance = of.openingFen;
  return begin(`${named(span.month)} 对账单`, span)
    .text(`${of.book}    ${numberOf(span.month)}    ${unit}`)
    .text(`收款单位：${payee.name}（${payee.uscc}）`)
    .text(
      `期初应付：${yuan(of.openingFen)}    本月增加：${yuan(added ?? 0n)}    本月减少：${yuan(taken ?? 0n)}    期末应付：${yuan(closing)}`,
    )
    .text(`期末应付大写：${inWords(closing)}`)
    .gap(6)
    .table(
      [
        { header: '入账日', width: 44 },
        { header: '事项', width: 48 },
        { header: '编号', width: 100 },
        { header: '发票号', width: 92 },
        { header: '用券单位', width: 99 },
        { header: '增加', width: 44, isAmount: true },
        { header: '减少', width: 44, isAmount: true },
        { header: '应付', width: 44, isAmount: true },
      ],
      lines.map((line) => {
        const isMore = isAdded(line);
        balance += isMore ? line.amountFen : -line.amountFen;
        const amount = yuan(line.amountFen);
        return [
          line.bookedOn,
          nameOfPosting(line.posting),
          line.no,
          line.invoiceNo,
          line.enterprise?.name ?? '',
          isMore ? amount : '',
          isMore ? '' : amount,
          yuan(balance),
        ];
      }),
    );
}
