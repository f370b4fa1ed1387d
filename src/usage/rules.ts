// What makes a usage invoice right: it ties out to the fen, its usage lies in the contract and was listed. Pure.
import type { z } from 'zod';
import type {
  Contract,
  ContractLine,
  ContractLineUsage,
  EnterprisePayment,
  Listing,
  UsageInvoice,
  UsageInvoiceLine,
} from '../../db/tables.js';
import type { payment, postUsageInvoice, usageInvoice } from '../../schemas/usage.js';
import type { Day } from '../calendar.js';
import { addDays, formatInstant } from '../calendar.js';
import { lastDayOf, refuseUnlessInForce } from '../contracts/rules.js';
import { checkInvoiceNumber } from '../identifiers.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import { listedPeriods } from '../providers/rules.js';

export type PostedInvoice = z.output<typeof postUsageInvoice>;

/** Yuan text that the schema has let through, in fen. */
export function fenOf(text: string): Fen {
  const fen = parseYuan(text);
  if (fen === null) throw new Error('the schema let an amount through that is none');
  return fen;
}

/** What an invoice states, read once: its own amounts and those of its lines, in their order. */
export interface InvoiceAmounts extends LineAmounts {
  readonly lines: readonly LineAmounts[];
}
interface LineAmounts {
  readonly net: Fen;
  readonly vat: Fen;
  readonly gross: Fen;
}
const amountsOfLine = ({ net, vat, gross }: Record<'net' | 'vat' | 'gross', string>): LineAmounts => ({
  net: fenOf(net),
  vat: fenOf(vat),
  gross: fenOf(gross),
});
export const amountsOf = (body: PostedInvoice): InvoiceAmounts => ({
  ...amountsOfLine(body),
  lines: body.lines.map(amountsOfLine),
});

/** A quantity of up to four decimals in ten-thousandths, exact: `"736.5"` is 7365000n. */
export function quantityOf(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(4, '0'));
}

/** Ten-thousandths as a quantity, without trailing zeros: 7365000n is `"736.5"`. */
export function formatQuantity(quantity: bigint): string {
  const digits = quantity.toString().padStart(5, '0');
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`.replace(/\.?0+$/, '');
}

/**
 * What is wrong with an invoice as it is written, `today` being the Shanghai day of receipt; null when nothing is. In this
 * order: INVOICE_NUMBER_FORMAT, INVOICE_NUMBER_YEAR, PERIOD_ENDS_BEFORE_START, INVOICE_IN_FUTURE, USAGE_IN_FUTURE (only
 * usage that is over can be confirmed and paid: 据实结算), QUANTITY_ZERO, AMOUNT_ZERO, INVOICE_DOES_NOT_ADD_UP. An invoice may be
 * issued before its usage begins, for there is prepayment.
 */
export function refusalOfInvoice(body: PostedInvoice, today: Day, amounts: InvoiceAmounts = amountsOf(body)): Refused | null {
  const number = checkInvoiceNumber(body.invoiceNo, body.issuedOn);
  if (number.kind === 'invalid') return refused(number.code, number.params, '/invoiceNo');
  const { issuedOn, usageFrom, usageTo } = body;
  if (usageFrom > usageTo) return refused('PERIOD_ENDS_BEFORE_START', { from: usageFrom, to: usageTo }, '/usageTo');
  if (issuedOn > today) return refused('INVOICE_IN_FUTURE', { issuedOn, today }, '/issuedOn');
  if (usageTo > today) return refused('USAGE_IN_FUTURE', { usageTo, today }, '/usageTo');
  const empty = body.lines.findIndex((line) => quantityOf(line.quantity) === 0n);
  if (empty >= 0) return refused('QUANTITY_ZERO', {}, `/lines/${empty}/quantity`);
  if (amounts.gross === 0n) return refused('AMOUNT_ZERO', {}, '/gross');
  return doesNotAddUp(amounts);
}

/** Net + VAT = gross exactly, on every line and in total, and the lines add up to the total in each of the three. */
function doesNotAddUp(amounts: InvoiceAmounts): Refused | null {
  const off = (field: string, sum: Fen, stated: Fen) =>
    refused('INVOICE_DOES_NOT_ADD_UP', { field, sum: formatYuan(sum), stated: formatYuan(stated) }, field);
  for (const [index, line] of amounts.lines.entries()) {
    const sum = line.net + line.vat;
    if (sum !== line.gross) return off(`/lines/${index}/gross`, sum, line.gross);
  }
  const sum = amounts.net + amounts.vat;
  if (sum !== amounts.gross) return off('/gross', sum, amounts.gross);
  for (const part of ['net', 'vat', 'gross'] as const) {
    const ofLines = sumFen(amounts.lines.map((line) => line[part]));
    if (ofLines !== amounts[part]) return off(`/${part}`, ofLines, amounts[part]);
  }
  return null;
}

/**
 * What is wrong with an invoice's usage under its contract, or null: CONTRACT_NOT_FILED, CONTRACT_ENDED, INVOICE_OUTSIDE_CONTRACT,
 * CONTRACT_LINE_UNKNOWN, PROVIDER_NOT_LISTED (with the service item and the first day of usage on which it is not).
 */
export function refusalOfUsage(
  body: PostedInvoice,
  contract: Contract,
  contractLines: readonly ContractLine[],
  listings: readonly Listing[],
): Refused | null {
  const { contractNo, startsOn } = contract;
  // Of a contract that was terminated early usage counts to its last day.
  const ended = contract.status === 'TERMINATED' ? null : refuseUnlessInForce(contract);
  if (ended) return ended;
  const endsOn = lastDayOf(contract);
  const usage = { from: body.usageFrom, to: body.usageTo };
  if (usage.from < startsOn || usage.to > endsOn) {
    return refused('INVOICE_OUTSIDE_CONTRACT', { ...usage, startsOn, endsOn }, usage.from < startsOn ? '/usageFrom' : '/usageTo');
  }
  for (const [index, { contractLineNo }] of body.lines.entries()) {
    const line = contractLines.find(({ lineNo }) => lineNo === contractLineNo);
    const pointer = `/lines/${index}/contractLineNo`;
    if (!line) return refused('CONTRACT_LINE_UNKNOWN', { contractNo, lineNo: String(contractLineNo) }, pointer);
    const day = firstDayNotListed(listings, line.serviceItem, usage);
    if (day !== null) return refused('PROVIDER_NOT_LISTED', { serviceItem: line.serviceItem, day }, pointer);
  }
  return null;
}

/** The first day of the period (both ends inclusive) on which no listing admits the service item, or null. */
export function firstDayNotListed(listings: readonly Listing[], serviceItem: string, usage: { from: Day; to: Day }): Day | null {
  let day = usage.from;
  const ofItem = listings.filter((listing) => listing.serviceItem === serviceItem).flatMap(listedPeriods);
  for (const { from, to } of ofItem.sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (from > day) break;
    if (to === null || to >= usage.to) return null;
    if (to >= day) day = addDays(to, 1);
  }
  return day;
}

/** What can be done with an invoice as it stands, by the commands' names, so that a refusal can say it. */
function possibleFor(invoice: UsageInvoice): string {
  const pay = 'POST /usage-invoices/{id}/payments';
  if (invoice.status === 'POSTED') return `POST /usage-invoices/{id}/confirm, POST /usage-invoices/{id}/dispute, ${pay}`;
  if (invoice.status === 'DISPUTED') return '—';
  return invoice.redemptionId === null && invoice.reimbursedLines === 0 ? `POST /redemptions, ${pay}` : pay;
}

export const wrongState = (invoice: UsageInvoice): Refused =>
  refused('INVOICE_WRONG_STATE', { invoiceNo: invoice.invoiceNo, status: invoice.status, possible: possibleFor(invoice) });

/** What the contract's lines have been used for once these lines count too; `before` is what is known of each, if anything. */
export function usageAfter(
  contractId: string,
  lines: readonly UsageInvoiceLine[],
  before: (contractLineId: string) => ContractLineUsage | undefined,
): ContractLineUsage[] {
  const after = new Map<string, ContractLineUsage>();
  for (const { bookId, contractLineId, quantity, grossFen } of lines) {
    const known = after.get(contractLineId) ?? before(contractLineId);
    after.set(contractLineId, {
      bookId,
      contractLineId,
      contractId,
      quantity: formatQuantity(quantityOf(known?.quantity ?? '0') + quantityOf(quantity)),
      grossFen: (known?.grossFen ?? 0n) + grossFen,
    });
  }
  return [...after.values()];
}

const instantOf = (row: { recordedAt: string }): string => formatInstant(new Date(row.recordedAt));

/** The invoice as it is shown. Of a number's conflict it says that there is one, never with whom. */
export const presentInvoice = (row: UsageInvoice): z.input<typeof usageInvoice> => ({
  invoiceId: row.invoiceId,
  invoiceNo: row.invoiceNo,
  providerId: row.providerId,
  enterpriseId: row.enterpriseId,
  contractId: row.contractId,
  issuedOn: row.issuedOn,
  usageFrom: row.usageFrom,
  usageTo: row.usageTo,
  net: formatYuan(row.netFen),
  vat: formatYuan(row.vatFen),
  gross: formatYuan(row.grossFen),
  paid: formatYuan(row.paidFen),
  status: row.status,
  numberConflict: row.numberConflict,
  postedOn: row.postedOn,
  decidedOn: row.decidedOn,
  disputeReason: row.disputeReason,
  redemptionId: row.redemptionId,
  isReimbursed: row.reimbursedLines > 0,
  digitalInvoice: row.digitalInvoice,
  recordedAt: instantOf(row),
});

export const presentInvoiceLine = (row: UsageInvoiceLine, contractLineNo: number) => ({
  lineNo: row.lineNo,
  contractLineNo,
  quantity: formatQuantity(quantityOf(row.quantity)),
  net: formatYuan(row.netFen),
  vat: formatYuan(row.vatFen),
  gross: formatYuan(row.grossFen),
});

export const presentPayment = (row: EnterprisePayment): z.input<typeof payment> => ({
  paymentId: row.paymentId,
  invoiceId: row.invoiceId,
  amount: formatYuan(row.amountFen),
  paidOn: row.paidOn,
  bankSerial: row.bankSerial,
  recordedAt: instantOf(row),
});
