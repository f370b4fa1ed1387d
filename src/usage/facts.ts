import {
  contractLineUsage,
  enterprisePayments,
  exchangeMarks,
  facilityUsage,
  foreignMarks,
  redLetterLines,
  redLetters,
  reimbursementLines,
  usageInvoiceLines,
  usageInvoices,
} from '../../db/tables.js';
import type { Facts } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';

export const invoiceShelf = shelf(usageInvoices, {
  rank: 50,
  id: 'invoiceId',
  keys: { number: ['invoiceNo', 'providerId'] },
  once: ['id', 'number'],
  mutable: [
    ...(['paidFen', 'status', 'decidedPerson', 'decidedOn', 'disputeReason', 'redemptionId', 'reimbursedLines'] as const),
    ...([
      'decidedBy',
      'decisionReason',
      'voidedNo',
      'voidedOn',
      'voidedPerson',
      'voidReason',
      'paymentConflict',
      'redFen',
      'digitalInvoice',
      'holdingFlags',
    ] as const),
  ],
});
export const invoiceLineShelf = shelf(usageInvoiceLines, {
  rank: 51,
  id: 'invoiceLineId',
  keys: { invoice: ['invoiceId'] },
  once: ['id', 'invoice'],
});

/** What confirmed invoices have used of each contract line. */
export const lineUsageShelf = shelf(contractLineUsage, {
  rank: 51,
  id: 'contractLineId',
  keys: { contract: ['contractId'] },
  mutable: ['quantity', 'grossFen'],
});
/** What is billed of each facility and chip, period by period. */
export const facilityUsageShelf = shelf(facilityUsage, {
  rank: 51,
  id: 'facilityUsageId',
  keys: { facility: ['facilityId'] },
  mutable: ['cardHours'],
});
/** What is told of our invoices to other services, and what these told of theirs: by the hash of the number. */
export const exchangeMarkShelf = shelf(exchangeMarks, {
  rank: 52,
  id: 'markId',
  keys: { number: ['numberHash'], invoice: ['invoiceId'] },
  once: ['id', 'number', 'invoice'],
});
export const foreignMarkShelf = shelf(foreignMarks, {
  rank: 12,
  id: 'foreignMarkId',
  keys: { number: ['numberHash'] },
  once: ['id', 'number'],
});
export const paymentShelf = shelf(enterprisePayments, {
  rank: 52,
  id: 'paymentId',
  keys: { serial: ['bankSerial'], invoice: ['invoiceId'] },
  once: ['id', 'serial', 'invoice'],
});

/** What files of a gathered invoice are attached to: itself, or what was paid on it (gathered by invoice). */
export const filedUnder = (facts: Facts, invoiceId: string): string[] => [
  invoiceId,
  ...facts.all(paymentShelf, 'invoice', invoiceId).map(({ paymentId }) => paymentId),
];

/**
 * Lines of applications for reimbursement, which a later slice makes. They are known here because each holds an invoice, or declares
 * one that is posted only afterwards.
 */
export const reimbursementLineShelf = shelf(reimbursementLines, {
  rank: 56,
  id: 'reimbursementLineId',
  keys: {
    reimbursement: ['reimbursementId'],
    invoice: ['invoiceId', 'isLive'],
    reference: ['counterpartyUscc', 'reference', 'isLive'],
  },
  once: ['id', 'reimbursement', 'invoice', 'reference'],
  mutable: [
    ...(['invoiceId', 'basisPoints', 'reason', 'isLive', 'netFen', 'vatFen', 'grossFen'] as const),
    ...(['reference', 'counterpartyUscc', 'counterpartyName', 'contractId', 'numberConflict'] as const),
  ],
});

/** Red letters: by their number, by the invoice they are of, by the redemption they correct. */
export const redLetterShelf = shelf(redLetters, {
  rank: 61,
  id: 'redLetterId',
  keys: { number: ['redLetterNo', 'providerId'], redemption: ['redemptionId'] },
  once: ['id', 'number'],
});
export const redLetterLineShelf = shelf(redLetterLines, {
  rank: 62,
  id: 'redLetterLineId',
  keys: { invoice: ['invoiceId'] },
  once: ['id'],
});
