import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, pageQuery, quantity, reason } from './common.js';

const invoiceNo = z
  .string()
  .min(1)
  .max(40)
  .meta({ description: 'Number of a digital invoice (数电票), 20 digits', examples: ['24412000000012345678'] });
const contractLineNo = z.int().min(1).max(100_000);

/** A provider's invoice for usage of one contract: the full price, voucher or not («开具全额发票»). */
export const postUsageInvoice = z.strictObject({
  invoiceNo,
  contractId: id,
  issuedOn: day,
  usageFrom: day.meta({ description: 'First day of usage' }),
  usageTo: day.meta({ description: 'Last day of usage, inclusive' }),
  net: amount,
  vat: amount,
  gross: amount,
  lines: z
    .array(z.strictObject({ contractLineNo, quantity, net: amount, vat: amount, gross: amount }))
    .min(1)
    .max(500)
    .meta({ description: 'Each line names the contract line it uses' }),
});

export const confirmUsageInvoice = z.strictObject({});
export const disputeUsageInvoice = z.strictObject({ reason });

const bankSerial = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .meta({ description: 'The bank’s serial of the payment; counts once per invoice' });

/** What the enterprise paid the provider on this invoice (the self-funded part). */
export const recordPayment = z.strictObject({ amount, paidOn: day, bankSerial });

export const decideUsageInvoice = z.strictObject({ outcome: z.enum(['CONFIRMED', 'RETURNED']), reason });
export const voidUsageInvoice = z.strictObject({ reason });
export const decideOverdueUsageInvoice = z.strictObject({});

export const invoiceStatus = z
  .enum(['POSTED', 'CONFIRMED', 'DISPUTED', 'RETURNED', 'RED_LETTERED', 'VOIDED'])
  .meta({ description: '待确认 / 已确认 / 有异议 / 退回 / 已全额红冲 / 已作废' });

export const usageInvoice = z.strictObject({
  invoiceId: id,
  invoiceNo: z.string(),
  providerId: id,
  enterpriseId: id,
  contractId: id,
  issuedOn: day,
  usageFrom: day,
  usageTo: day,
  net: amount,
  vat: amount,
  gross: amount,
  paid: amount.meta({ description: 'Paid by the enterprise so far' }),
  status: invoiceStatus,
  numberConflict: z.boolean().meta({ description: 'This number is claimed elsewhere: a person looks at it before money moves' }),
  postedOn: day,
  decidedOn: day.nullable(),
  decidedBy: z.enum(['ENTERPRISE', 'BUREAU', 'DEADLINE']).nullable(),
  decisionReason: z.string().nullable().meta({ description: 'Of the bureau, where it decided a dispute' }),
  disputeReason: z.string().nullable(),
  confirmBy: day.nullable().meta({ description: 'Last day to confirm or dispute, inclusive, where the programme gives one' }),
  confirmOutcome: z
    .enum(['CONFIRMED', 'RETURNED'])
    .nullable()
    .meta({ description: 'What follows when the enterprise does neither' }),
  paymentConflict: z
    .boolean()
    .meta({ description: 'A bank serial of its payments is on another invoice too: a person looks at it' }),
  voidedOn: day.nullable(),
  voidReason: z.string().nullable(),
  redLettered: amount.meta({ description: 'Taken back by red letters so far' }),
  redemptionId: id.nullable().meta({ description: 'The redemption this invoice counts in, if any' }),
  isReimbursed: z.boolean().meta({ description: 'Counted in a live application for reimbursement, so not to be redeemed' }),
  digitalInvoice: z.enum(['MATCHES', 'DIFFERS']).nullable().meta({
    description: 'What the XML attached to it (数电票) says of it, in every field; null: none is attached',
  }),
  isFlagged: z.boolean().meta({ description: 'A flag holds it for a person before money moves' }),
  recordedAt: instant,
});

const usageInvoiceLine = z.strictObject({
  lineNo: z.int(),
  contractLineNo: z.int(),
  quantity: z.string(),
  net: amount,
  vat: amount,
  gross: amount,
});
export const payment = z.strictObject({
  paymentId: id,
  invoiceId: id,
  amount,
  paidOn: day,
  bankSerial: z.string(),
  recordedAt: instant,
});

/** What is billed of a facility, period by period: what a flag on its capacity names. */
export const facilityUsage = z.strictObject({
  items: z.array(
    z.strictObject({
      chipVendor: z.string().meta({ description: 'Empty where the contract’s line names no chip' }),
      chipModel: z.string(),
      usageFrom: day,
      usageTo: day,
      cardHours: z.string(),
      possible: z
        .string()
        .nullable()
        .meta({ description: 'What its installed cards can have given by then; null: not on record' }),
    }),
  ),
});

export const usageInvoiceInFull = usageInvoice.extend({ lines: z.array(usageInvoiceLine), payments: z.array(payment) });
export const usageInvoicePosted = usageInvoice.extend({ lines: z.array(usageInvoiceLine), ledgerSeq });
export const usageInvoiceRecorded = usageInvoice.extend({ ledgerSeq });
export const paymentRecorded = payment.extend({
  paid: amount.meta({ description: 'Paid on the invoice so far, this payment included' }),
  ledgerSeq,
});

export const facilityInvoiceQuery = pageQuery.extend({
  usageFrom: day.optional().meta({ description: 'Periods that begin on this day or later' }),
  usageTo: day.optional().meta({ description: 'Periods that end on this day or before' }),
  chipModel: z.string().min(1).max(100).optional().meta({ description: 'Of lines that name this model of chip' }),
});
export const usageInvoiceQuery = pageQuery.extend({ contractId: id.optional(), status: invoiceStatus.optional() });
