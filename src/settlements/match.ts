// What a line of a batch is held against before finance lets it pass: usage, invoice and redemption, or the award and what it was computed
// on; and the account of whom it pays. With no tolerance.
import type { PayeeAccount, Redemption, Reimbursement, SettlementLine, UsageInvoice } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { Facts, Loader } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { accountsOf, gatherAccounts, gatherPaidTo, paidTo } from '../payees/facts.js';
import { payeeAccountOn } from '../payees/rules.js';
import { redemptionShelf } from '../redemptions/facts.js';
import { reimbursementLineShelf, reimbursementShelf } from '../reimbursements/facts.js';
import { invoiceLineShelf, invoiceShelf } from '../usage/facts.js';
import type { Payable } from './rules.js';
import { isRedemption } from './rules.js';

interface Difference {
  readonly zh: string;
  readonly en: string;
}

/** What a line of a batch is about. */
export interface Matched {
  readonly line: Pick<SettlementLine, 'payeeId' | 'fund' | 'amountFen'>;
  readonly payable: Payable;
  /** The invoice that was redeemed, or those whose lines an award was computed on; `usedFen`: what the lines of one's usage come to. */
  readonly invoices: readonly (Pick<UsageInvoice, 'invoiceNo' | 'status' | 'grossFen' | 'redFen' | 'holdingFlags' | 'redemptionId' | 'providerId' | 'enterpriseId'> & {
    readonly usedFen: Fen;
  })[];
  /** Whom the payment goes to: the payee, or who has taken its place. */
  readonly payeeName: string;
  /** What it can be paid on: by name of its holder. */
  readonly paidOn:
    | { readonly kind: 'account'; readonly account: Pick<PayeeAccount, 'holderName'> }
    | { readonly kind: 'changing' }
    | { readonly kind: 'missing' };
}

/** Everything in which the papers of a line do not agree; none where it may be paid. */
export function differencesOf({ line, payable, invoices, payeeName, paidOn }: Matched): Difference[] {
  const found: Difference[] = [];
  const differs = (zh: string, en: string) => found.push({ zh, en });
  const standsFen = isRedemption(payable)
    ? payable.approvedFen - payable.reversedFen - payable.offsetFen
    : (payable.awardFen ?? 0n) - payable.reversedFen - payable.offsetFen;
  const [owed, of] = isRedemption(payable) ? [payable.providerId, '核销'] : [payable.enterpriseId, '补助'];
  if (payable.status !== 'APPROVED') differs(`${of}未核准`, 'it is not approved');
  if (line.amountFen !== standsFen)
    differs(
      `明细 ${formatYuan(line.amountFen)} 元与核准 ${formatYuan(standsFen)} 元不符`,
      `the line pays ${formatYuan(line.amountFen)}, approved are ${formatYuan(standsFen)}`,
    );
  if (line.payeeId !== owed || line.fund !== payable.fund) differs('收款人或资金不符', 'payee or fund is another');
  for (const { invoiceNo, status, grossFen, redFen, holdingFlags, usedFen, ...invoice } of invoices) {
    // What a red letter took of it is told by what is left.
    if (status !== 'CONFIRMED' && status !== 'RED_LETTERED')
      differs(`发票 ${invoiceNo} 未经确认或已作废（${status}）`, `invoice ${invoiceNo} is ${status}`);
    if (usedFen !== grossFen)
      differs(
        `发票 ${invoiceNo} 为 ${formatYuan(grossFen)} 元，用量合计 ${formatYuan(usedFen)} 元`,
        `invoice ${invoiceNo} says ${formatYuan(grossFen)}, its usage ${formatYuan(usedFen)}`,
      );
    if (holdingFlags > 0) differs(`发票 ${invoiceNo} 有未排除的疑点`, `a flag holds invoice ${invoiceNo}`);
    if (!isRedemption(payable)) continue;
    if (invoice.redemptionId !== payable.redemptionId || invoice.providerId !== owed || invoice.enterpriseId !== payable.enterpriseId)
      differs(`发票 ${invoiceNo} 不是该核销的发票`, `invoice ${invoiceNo} is not that of the redemption`);
    if (payable.baseFen > grossFen)
      differs(
        `核销基数 ${formatYuan(payable.baseFen)} 元超过发票金额`,
        `redeemed on ${formatYuan(payable.baseFen)}, which is more than the invoice says`,
      );
    if (line.amountFen > grossFen - redFen)
      differs(`明细超过发票冲红后的余额`, 'the line pays more than red letters have left of the invoice');
  }
  if (paidOn.kind === 'missing') differs('没有生效的收款账户', 'its payee has no account in effect');
  else if (paidOn.kind === 'changing') differs('收款账户正在变更', 'the account of its payee is being changed');
  else if (paidOn.account.holderName !== payeeName) {
    const { holderName } = paidOn.account;
    differs(`账户户名「${holderName}」与登记名称「${payeeName}」不符`, `the account is held by ${holderName}, registered is ${payeeName}`);
  }
  return found;
}

/** A gathered line's redemption or award. A line pays one or the other. */
export function payableOfLine(
  facts: Facts,
  { settlementLineId, redemptionId, reimbursementId }: Pick<SettlementLine, 'settlementLineId' | 'redemptionId' | 'reimbursementId'>,
): Payable {
  const redemption = redemptionId === null ? undefined : facts.get(redemptionShelf, redemptionId);
  const award = reimbursementId === null ? undefined : facts.get(reimbursementShelf, reimbursementId);
  const of = redemption ?? award;
  if (!of) throw new Error(`the line ${settlementLineId} has lost what it pays`);
  return of;
}

/** Gathers what lines pay. */
export async function gatherPaid(
  loader: Loader,
  lines: readonly Pick<SettlementLine, 'redemptionId' | 'reimbursementId'>[],
): Promise<{ readonly redemptions: Redemption[]; readonly awards: Reimbursement[] }> {
  const [redemptions, awards] = await Promise.all([
    loader.load(
      redemptionShelf,
      'id',
      lines.flatMap(({ redemptionId }) => redemptionId ?? []),
    ),
    loader.load(
      reimbursementShelf,
      'id',
      lines.flatMap(({ reimbursementId }) => reimbursementId ?? []),
    ),
  ]);
  return { redemptions, awards };
}

/** Gathers what gathered lines are held against, with what they pay. */
export async function gatherMatched(loader: Loader, lines: readonly SettlementLine[]): Promise<void> {
  const { redemptions, awards } = await gatherPaid(loader, lines);
  const awardLines = await loader.load(
    reimbursementLineShelf,
    'reimbursement',
    awards.map(({ reimbursementId }) => reimbursementId),
  );
  const invoices = [...redemptions, ...awardLines].flatMap(({ invoiceId }) => invoiceId ?? []);
  await Promise.all([
    loader.load(invoiceShelf, 'id', invoices),
    loader.load(invoiceLineShelf, 'invoice', invoices),
    gatherPaidTo(
      loader,
      lines.map(({ payeeId }) => payeeId),
    ),
  ]);
  await gatherAccounts(
    loader,
    lines.flatMap(({ payeeId }) => paidTo(loader.facts, payeeId)?.payeeId ?? []),
  );
}

function matchedOf(facts: Facts, line: SettlementLine, today: Day): Matched {
  const payable = payableOfLine(facts, line);
  const invoiceIds = isRedemption(payable)
    ? [payable.invoiceId]
    : facts
        .all(reimbursementLineShelf, 'reimbursement', payable.reimbursementId)
        .flatMap(({ invoiceId, isLive }) => (isLive ? (invoiceId ?? []) : []));
  const payee = paidTo(facts, line.payeeId);
  return {
    line,
    payable,
    invoices: [...new Set(invoiceIds)].flatMap((id) => {
      const invoice = facts.get(invoiceShelf, id);
      const usedFen = sumFen(facts.all(invoiceLineShelf, 'invoice', id).map(({ grossFen }) => grossFen));
      return invoice ? [{ ...invoice, usedFen }] : [];
    }),
    payeeName: payee?.name ?? '',
    paidOn: payeeAccountOn(payee ? accountsOf(facts, payee.payeeId) : [], today),
  };
}

/** SETTLEMENT_LINES_DIFFER, line by line, where papers of gathered lines do not agree; null where all of them do. */
export function refuseDiffering(facts: Facts, lines: readonly SettlementLine[], today: Day): Refused | null {
  const differing = lines.flatMap((line) => {
    const differences = differencesOf(matchedOf(facts, line, today));
    return differences.length === 0 ? [] : [{ lineNo: line.lineNo, differences }];
  });
  if (differing.length === 0) return null;
  const lineNos = differing.map(({ lineNo }) => lineNo).join(', ');
  const zh = differing.map(({ lineNo, differences }) => `第 ${lineNo} 行：${differences.map((of) => of.zh).join('，')}`);
  const en = differing.map(({ lineNo, differences }) => `line ${lineNo}: ${differences.map((of) => of.en).join(', ')}`);
  return refused('SETTLEMENT_LINES_DIFFER', { lines: lineNos, zh: zh.join('；'), en: en.join('; ') });
}
