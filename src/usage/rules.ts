// What makes a usage invoice right: it ties out to the fen, its usage lies in the contract and was listed. Pure.
import type { z } from 'zod';
import type {
  Contract,
  ContractLine,
  ContractLineUsage,
  EnterprisePayment,
  Listing,
  RedLetterLine,
  UsageInvoice,
  UsageInvoiceLine,
} from '../../db/tables.js';
import type { payment, postUsageInvoice, usageInvoice } from '../../schemas/usage.js';
import type { Day, WorkingCalendar } from '../calendar.js';
import { addDays, addMonths, formatInstant, periodEnd } from '../calendar.js';
import { lastDayOf, refuseUnlessInForce } from '../contracts/rules.js';
import { checkInvoiceNumber } from '../identifiers.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { life, refuseStep } from '../lives.js';
import type { Fen } from '../money.js';
import { formatYuan, parseYuan, sumFen } from '../money.js';
import type { Law } from '../programmes/language.js';
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

/**
 * The life of a usage invoice. Its enterprise confirms or disputes it; where it does neither, the deadline of the programme decides
 * (`decide-overdue`). A dispute ends by confirming after all, by the bureau (`decide`) or by voiding. What is returned counts nowhere and
 * can be voided alone. What is confirmed may be taken back by red letters, in part or whole (RED_LETTERED). Redeeming is a verb of redemptions; an invoice that is redeemed, or reimbursed, or paid, is not voided any more.
 */
export const invoiceLife = life({
  of: 'usage invoice',
  code: 'INVOICE_WRONG_STATE',
  states: {
    POSTED: ['confirm', 'dispute', 'payments', 'void', 'decide-overdue'],
    CONFIRMED: ['payments', 'void', 'red-letters'],
    DISPUTED: ['confirm', 'decide', 'void'],
    RETURNED: ['void'],
    RED_LETTERED: [],
    VOIDED: [],
  },
});
type InvoiceVerb = 'confirm' | 'dispute' | 'payments' | 'void' | 'decide-overdue' | 'decide' | 'red-letters';

/** Refuses (INVOICE_WRONG_STATE) a verb that the invoice's state does not offer. */
export const refuseInvoice = (invoice: UsageInvoice, verb: InvoiceVerb): Refused | null =>
  refuseStep(invoiceLife, invoice.status, verb, { invoiceNo: invoice.invoiceNo });

/** Of the invoices of one number the one that is not voided. */
export const liveOf = (alike: readonly UsageInvoice[]): UsageInvoice | undefined =>
  alike.find(({ status }) => status !== 'VOIDED');

/** The last day, inclusive, on which an enterprise confirms or disputes, and what follows when it does neither. */
export interface ConfirmDeadline {
  readonly confirmBy: Day;
  readonly confirmOutcome: 'CONFIRMED' | 'RETURNED';
}

/**
 * The deadline of an invoice posted today on a contract, by the laws of the vouchers on it: the latest day that any of them gives. None
 * where no law gives one (政策未规定), or where they differ in what follows: a person decides then. Refuses CALENDAR_YEAR_UNPUBLISHED.
 */
export function deadlineOf(
  given: readonly NonNullable<Law['usageConfirmation']>['value'][],
  today: Day,
  calendar: WorkingCalendar,
): { kind: 'deadline'; deadline: ConfirmDeadline | null } | Refused {
  const [first] = given;
  if (first === undefined || given.some(({ then }) => then !== first.then)) return { kind: 'deadline', deadline: null };
  let confirmBy = today;
  for (const { days, unit } of given) {
    const end = periodEnd(today, { count: days, unit }, calendar, { rolling: false });
    if (end.kind === 'refused') return end;
    if (end.day > confirmBy) confirmBy = end.day;
  }
  return { kind: 'deadline', deadline: { confirmBy, confirmOutcome: first.then } };
}

/** Whether the deadline has decided, whether or not that was carried out yet. */
export const isOverdue = ({ status, confirmBy }: UsageInvoice, today: Day): boolean =>
  status === 'POSTED' && confirmBy !== null && today > confirmBy;

/** A payment may be told up to three years after its day (民法典 第188条: what nobody claimed for so long is claimed no more). */
const longestAgoMonths = 36;

/**
 * Why this day is no day of a payment on an invoice of the contract, or null: PAYMENT_IN_FUTURE, PAYMENT_BEFORE_CONTRACT (before it was
 * signed nothing was owed), PAYMENT_TOO_LONG_AGO.
 */
export function refusalOfPaymentDay(paidOn: Day, { signedOn }: Pick<Contract, 'signedOn'>, today: Day): Refused | null {
  if (paidOn > today) return refused('PAYMENT_IN_FUTURE', { paidOn, today }, '/paidOn');
  if (paidOn < signedOn) return refused('PAYMENT_BEFORE_CONTRACT', { paidOn, signedOn }, '/paidOn');
  const earliest = addMonths(today, -longestAgoMonths);
  return paidOn < earliest ? refused('PAYMENT_TOO_LONG_AGO', { paidOn, earliest }, '/paidOn') : null;
}

/**
 * What the contract's lines have been used for once these lines count too, or (`sign` −1) no more; `before` is what is known of each, if
 * anything.
 */
export function usageAfter(
  contractId: string,
  lines: readonly Pick<UsageInvoiceLine, 'bookId' | 'contractLineId' | 'quantity' | 'grossFen'>[],
  before: (contractLineId: string) => ContractLineUsage | undefined,
  sign: 1n | -1n = 1n,
): ContractLineUsage[] {
  const after = new Map<string, ContractLineUsage>();
  for (const { bookId, contractLineId, quantity, grossFen } of lines) {
    const known = after.get(contractLineId) ?? before(contractLineId);
    after.set(contractLineId, {
      bookId,
      contractLineId,
      contractId,
      quantity: formatQuantity(quantityOf(known?.quantity ?? '0') + sign * quantityOf(quantity)),
      grossFen: (known?.grossFen ?? 0n) + sign * grossFen,
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
  decidedBy: row.decidedBy,
  decisionReason: row.decisionReason,
  disputeReason: row.disputeReason,
  confirmBy: row.confirmBy,
  confirmOutcome: row.confirmOutcome,
  paymentConflict: row.paymentConflict,
  voidedOn: row.voidedOn,
  voidReason: row.voidReason,
  redLettered: formatYuan(row.redFen),
  redemptionId: row.redemptionId,
  isReimbursed: row.reimbursedLines > 0,
  digitalInvoice: row.digitalInvoice,
  isFlagged: row.holdingFlags > 0,
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

/** What is left of an invoice's line after red letters. */
export function netOf(line: UsageInvoiceLine, red: readonly RedLetterLine[]): UsageInvoiceLine {
  return red
    .filter(({ invoiceLineId }) => invoiceLineId === line.invoiceLineId)
    .reduce(
      (left, of) => ({
        ...left,
        quantity: formatQuantity(quantityOf(left.quantity) - quantityOf(of.quantity)),
        netFen: left.netFen - of.netFen,
        vatFen: left.vatFen - of.vatFen,
        grossFen: left.grossFen - of.grossFen,
      }),
      line,
    );
}
