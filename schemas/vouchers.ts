import { z } from 'zod';
import { application } from './applications.js';
import { amount, day, id, instant, ledgerSeq, pageQuery, reason } from './common.js';
import { programmeCode } from './programme-api.js';

export const voucherStatus = z.enum([
  'ISSUED',
  'ACTIVE',
  'PARTIALLY_REDEEMED',
  'FULLY_REDEEMED',
  'FROZEN',
  'EXPIRED',
  'CANCELLED',
  'REVOKED',
]);

export const freezeVoucher = z.strictObject({ reason });

/** The enterprise accepts the terms of its voucher. */
export const activateVoucher = z.strictObject({ termsAccepted: z.literal(true) });

const evidence = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .meta({ description: 'What it rests on: a document’s number, a file’s digest', examples: ['郑工信查〔2026〕7号'] });

/** Ends a voucher before its last day: CANCEL (作废) without fault, REVOKE (撤销) for cause. Another person approves it. */
export const proposeEnding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('CANCEL'), reason, evidence: evidence.optional() }),
  z.strictObject({ kind: z.literal('REVOKE'), reason, evidence }),
]);
export const dropProposal = z.strictObject({ reason });

/** Approves exactly what was proposed, by its digest. */
export const endVoucher = z.strictObject({
  contentDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'The digest of the proposal' }),
});

export const voucherProposal = z.strictObject({
  proposalId: id,
  voucherId: id,
  kind: z.enum(['CANCEL', 'REVOKE']),
  reason: z.string(),
  evidence: z.string().nullable(),
  contentDigest: z.string().meta({ description: 'Named by whoever approves' }),
  status: z.enum(['PROPOSED', 'APPROVED', 'DROPPED']),
  proposedOn: day,
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
});
export const endingProposed = voucherProposal.extend({ ledgerSeq });

export const voucher = z.strictObject({
  voucherId: id,
  voucherNo: z.string(),
  programmeCode: z.string(),
  programmeVersionId: id,
  enterpriseId: id,
  legalPersonUscc: z.string(),
  contractId: id,
  applicationId: id.nullable().meta({ description: 'null: outstanding when this book was opened' }),
  fund: z.string(),
  face: amount,
  balance: amount.meta({ description: 'What it can still pay' }),
  reserved: amount.meta({ description: 'Claimed by redemptions that are being verified' }),
  lapsed: amount.meta({ description: 'Ended by rule, used by nobody' }),
  givenBack: amount.meta({ description: 'Ended, and available to others again' }),
  appliedOn: day.meta({ description: 'Decides the law of every redemption' }),
  issuedOn: day,
  lastDay: day.meta({ description: 'Inclusive, to 24:00 Asia/Shanghai' }),
  activateBy: day.nullable().meta({ description: 'By when an ISSUED voucher is accepted, inclusive; null: it need not be' }),
  status: voucherStatus,
  endedOn: day.nullable(),
  recordedAt: instant,
});
/** What of a voucher has ended, why, and which limits got it back. */
const voucherEnding = z.strictObject({
  why: z.enum(['EXPIRED', 'CANCELLED', 'REVOKED', 'REDUCED', 'RELEASED', 'REVERSED']),
  endedOn: day,
  lapsed: amount,
  givenBack: amount,
  quotaBack: z.enum(['NONE', 'RUNNING', 'CHARGED', 'CONTRACT']),
  redemptionId: id.nullable(),
  reason: z.string().nullable(),
});

/** An entry of the book about this voucher, or a movement of its balance. */
const voucherStep = z.strictObject({
  ledgerSeq,
  what: z.string().meta({ description: 'The posting or decision', examples: ['voucher.frozen', 'redemption.reserved'] }),
  amount: amount.nullable().meta({ description: 'What moved: of the balance, or of a limit that got it back' }),
  direction: z.enum(['IN', 'OUT']).nullable().meta({ description: 'To the balance or from it' }),
  subjectId: id.nullable().meta({ description: 'What it was decided on: the voucher, an application, a redemption' }),
  bookedOn: day,
  recordedAt: instant,
  personId: id,
  reason: z.string().nullable(),
});

export const voucherInFull = voucher.extend({
  possible: z
    .array(z.string())
    .meta({ description: 'What can be done with it now, as its sub-resources are named; redeem: POST /redemptions' }),
  proposal: voucherProposal.nullable().meta({ description: 'The proposal to end it that waits for another person' }),
  endings: z.array(voucherEnding),
  history: z.array(voucherStep).meta({ description: 'In order of the ledger; the first 500' }),
});

export const voucherActivated = voucher.extend({ ledgerSeq });
export const voucherChanged = voucher.extend({ reason: z.string(), ledgerSeq });
export const applicationApproved = application.extend({ voucher, ledgerSeq });

export const voucherQuery = pageQuery.extend({
  status: voucherStatus.optional(),
  programmeCode: programmeCode.optional(),
  enterpriseId: id.optional(),
  contractId: id.optional(),
});
