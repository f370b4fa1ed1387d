// How corrections and red letters are shown, and what a red letter must tie out to. Pure.
import type { z } from 'zod';
import type { AwardComputation, Correction, RedLetter, RedLetterLine, UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import type { correctionItem, postRedLetter, redLetter as shown } from '../../schemas/corrections.js';
import type { Day } from '../calendar.js';
import { formatInstant } from '../calendar.js';
import { checkInvoiceNumber } from '../identifiers.js';
import type { KeptStep } from '../ledger/explanations.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import { fenOf, formatQuantity, netOf, quantityOf } from '../usage/rules.js';

export const presentCorrection = (row: Correction): z.input<typeof correctionItem> => ({
  correctionId: row.correctionId,
  correctionNo: row.correctionNo,
  cause: row.cause,
  subjectId: row.subjectId,
  contractId: row.contractId,
  reimbursementId: row.reimbursementId,
  programmeCode: row.programmeCode,
  atFault: row.atFault,
  returned: formatYuan(row.returnedFen),
  voided: formatYuan(row.voidedFen),
  reversed: formatYuan(row.reversedFen),
  recalled: formatYuan(row.recalledFen),
  decidedOn: row.decidedOn,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
/** The second computation of an award, in yuan. */
export const presentComputation = ({ baseFen, computedFen, awardFen }: AwardComputation) => ({
  base: baseFen === null ? null : formatYuan(baseFen),
  computed: computedFen === null ? null : formatYuan(computedFen),
  award: formatYuan(awardFen),
});
export const explanationOf = (row: Correction): KeptStep[] => row.explanation as KeptStep[];

type Sent = z.output<typeof postRedLetter>;
type LineToTake = Pick<RedLetterLine, 'invoiceLineId' | 'lineNo' | 'quantity' | 'netFen' | 'vatFen' | 'grossFen'>;

const below = (text: string): Fen | null => (text.startsWith('-') ? fenOf(text.slice(1)) : /[1-9]/.test(text) ? null : 0n);

/**
 * What of an invoice a red letter takes back, by line, amounts in fen above zero. Refuses INVOICE_NUMBER_FORMAT, INVOICE_NUMBER_YEAR,
 * INVOICE_IN_FUTURE, CONTRACT_LINE_UNKNOWN, AMOUNT_ZERO for an amount that is not below zero, INVOICE_DOES_NOT_ADD_UP,
 * RED_LETTER_ABOVE_INVOICE.
 */
export function linesToTake(
  sent: Sent,
  invoice: UsageInvoice,
  lines: readonly UsageInvoiceLine[],
  red: readonly RedLetterLine[],
  today: Day,
): { kind: 'lines'; lines: LineToTake[]; grossFen: Fen } | Refused {
  const number = checkInvoiceNumber(sent.redLetterNo, sent.issuedOn);
  if (number.kind === 'invalid') return refused(number.code, number.params, '/redLetterNo');
  if (sent.issuedOn > today) return refused('INVOICE_IN_FUTURE', { issuedOn: sent.issuedOn, today }, '/issuedOn');
  const left = lines.map((line) => netOf(line, red));
  if (sent.lines === undefined) {
    const all = left.map(({ invoiceLineId, lineNo, quantity, netFen, vatFen, grossFen }) => ({
      invoiceLineId,
      lineNo,
      quantity,
      netFen,
      vatFen,
      grossFen,
    }));
    return { kind: 'lines', lines: all, grossFen: sumFen(all.map(({ grossFen }) => grossFen)) };
  }
  const taken: LineToTake[] = [];
  for (const [i, { lineNo, quantity, ...stated }] of sent.lines.entries()) {
    const at = `/lines/${i}`;
    const line = left.find((of) => of.lineNo === lineNo);
    if (!line || taken.some((of) => of.lineNo === lineNo)) {
      return refused('CONTRACT_LINE_UNKNOWN', { contractNo: invoice.invoiceNo, lineNo: String(lineNo) }, `${at}/lineNo`);
    }
    const [netFen, vatFen, grossFen] = [below(stated.net), below(stated.vat), below(stated.gross)];
    if (netFen === null || vatFen === null || grossFen === null || grossFen === 0n)
      return refused('AMOUNT_ZERO', {}, `${at}/gross`);
    if (netFen + vatFen !== grossFen) {
      const params = { field: `${at}/gross`, sum: formatYuan(netFen + vatFen), stated: formatYuan(grossFen) };
      return refused('INVOICE_DOES_NOT_ADD_UP', params, `${at}/gross`);
    }
    const isAbove = quantityOf(quantity) > quantityOf(line.quantity) || netFen > line.netFen || vatFen > line.vatFen;
    if (isAbove) {
      const rest = { quantity: formatQuantity(quantityOf(line.quantity)), gross: formatYuan(line.grossFen) };
      return refused('RED_LETTER_ABOVE_INVOICE', { invoiceNo: invoice.invoiceNo, lineNo: String(lineNo), ...rest }, at);
    }
    taken.push({ invoiceLineId: line.invoiceLineId, lineNo, quantity, netFen, vatFen, grossFen });
  }
  return { kind: 'lines', lines: taken, grossFen: sumFen(taken.map(({ grossFen }) => grossFen)) };
}

const negativeYuan = (fen: Fen): string => (fen === 0n ? formatYuan(0n) : `-${formatYuan(fen)}`);

/** The red letter as it is shown: its amounts are below zero. */
export const presentRedLetter = (row: RedLetter, invoiceNo: string): z.input<typeof shown> => ({
  redLetterId: row.redLetterId,
  redLetterNo: row.redLetterNo,
  invoiceId: row.invoiceId,
  invoiceNo,
  contractId: row.contractId,
  issuedOn: row.issuedOn,
  net: negativeYuan(row.netFen),
  vat: negativeYuan(row.vatFen),
  gross: negativeYuan(row.grossFen),
  reason: row.reason,
  numberConflict: row.numberConflict,
  postedOn: row.postedOn,
  redemptionId: row.redemptionId,
  recordedAt: formatInstant(new Date(row.recordedAt)),
});
