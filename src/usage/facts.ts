import { contractLineUsage, enterprisePayments, usageInvoiceLines, usageInvoices } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const invoiceShelf = shelf(usageInvoices, {
  rank: 50,
  id: 'invoiceId',
  keys: { number: ['invoiceNo', 'providerId'] },
  once: ['id', 'number'],
  mutable: [
    ...(['paidFen', 'status', 'decidedPerson', 'decidedOn', 'disputeReason', 'redemptionId', 'reimbursedLines'] as const),
    ...(['decidedBy', 'decisionReason', 'voidedNo', 'voidedOn', 'voidedPerson', 'voidReason', 'paymentConflict'] as const),
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
export const paymentShelf = shelf(enterprisePayments, {
  rank: 52,
  id: 'paymentId',
  keys: { serial: ['bankSerial'] },
  once: ['id', 'serial'],
});
