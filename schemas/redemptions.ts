import { z } from 'zod';
import { amount, day, explanationStep, id, instant, ledgerSeq, pageQuery, reason } from './common.js';

/** Redeems (核销) a voucher against one confirmed invoice of its contract. Left out, the amount is all that is possible. */
export const redeem = z.strictObject({
  voucherId: id,
  invoiceId: id,
  amount: amount.optional().meta({ description: 'At most what is possible; left out: all of it' }),
});

export const verifyRedemption = z.strictObject({ approved: amount });
export const lapseRedemption = z.strictObject({});
export const returnRedemption = z.strictObject({ reason });

const evidence = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .meta({ description: 'What it rests on: a document’s number, a file’s digest' });

/** Takes back an approved redemption (冲正), or a part of it, before a batch holds its money. Another person approves it. */
export const proposeReversal = z.strictObject({
  amount: amount.optional().meta({ description: 'Left out: all that is left of it' }),
  reason,
  evidence: evidence.optional(),
});
export const dropReversal = z.strictObject({ reason });
export const reverseRedemption = z.strictObject({
  contentDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'The digest of the proposal' }),
});
export const redemptionReversal = z.strictObject({
  reversalId: id,
  redemptionId: id,
  amount,
  reason: z.string(),
  evidence: z.string().nullable(),
  contentDigest: z.string().meta({ description: 'Named by whoever approves' }),
  status: z.enum(['PROPOSED', 'APPROVED', 'DROPPED']),
  proposedOn: day,
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
});
export const reversalProposed = redemptionReversal.extend({ ledgerSeq });

export const redemptionStatus = z.enum(['SUBMITTED', 'APPROVED', 'RETURNED', 'REVERSED']);

/** What keeps a redemption from being verified by rule, for the person who looks at it. */
export const mismatch = z.strictObject({
  code: z.enum([
    'NUMBER_CONFLICT',
    'DIGITAL_INVOICE_DIFFERS',
    'FLAGGED',
    'TWO_APPROVERS',
    'BANK_SERIAL_SHARED',
    'CONTRACT_QUANTITY_EXCEEDED',
    'CONTRACT_AMOUNT_EXCEEDED',
    'UNIT_PRICE_DIFFERS',
  ]),
  zh: z.string(),
  en: z.string(),
  lineNo: z.int().nullable().meta({ description: 'Line of the invoice, where one is meant' }),
  inputs: z.record(z.string(), z.string()),
});

export const redemption = z.strictObject({
  redemptionId: id,
  redemptionNo: z.string(),
  voucherId: id,
  invoiceId: id,
  contractId: id,
  enterpriseId: id,
  providerId: id,
  programmeCode: z.string(),
  programmeVersionId: id,
  fund: z.string(),
  status: redemptionStatus,
  base: amount.meta({ description: 'What of the invoice counts' }),
  computed: amount.meta({ description: 'By the rate, before limits and balances' }),
  cutOff: amount.meta({ description: 'What limits, the balance or the verification took off' }),
  reserved: amount,
  approved: amount,
  reversed: amount.meta({ description: 'Of what was approved' }),
  submittedOn: day,
  approvedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  settlementId: id.nullable(),
  verified: z.enum(['BY_RULE', 'BY_PERSON']).nullable().meta({ description: 'null while it waits' }),
  recordedAt: instant,
});
export const redemptionInFull = redemption.extend({ mismatches: z.array(mismatch), explanation: z.array(explanationStep) });
export const redemptionTold = redemptionInFull.extend({
  possible: z.array(z.string()).meta({ description: 'What can be done with it now, as its sub-resources are named' }),
  reversals: z.array(redemptionReversal).meta({ description: 'What was proposed to take back, and what became of it' }),
});
export const redemptionRecorded = redemptionInFull.extend({
  voucherBalance: amount.meta({ description: 'What the voucher can still pay after this' }),
  ledgerSeq,
});

export const redemptionQuery = pageQuery.extend({
  voucherId: id.optional(),
  contractId: id.optional(),
  status: redemptionStatus.optional(),
});
