import { z } from 'zod';
import { amount, day, explanationStep, id, instant, ledgerSeq, pageQuery, quantity, reason, signedAmount } from './common.js';
import { amendment, contract, fileContract } from './contracts.js';

const correctionSummary = z.strictObject({
  correctionId: id,
  correctionNo: z.string(),
  cause: z.enum(['CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE']),
  subjectId: id,
  contractId: id.nullable().meta({ description: 'What is corrected: what stands on a contract …' }),
  reimbursementId: id.nullable().meta({ description: '… or an award of reimbursement' }),
  programmeCode: z.string(),
  atFault: z.boolean(),
  returned: amount.meta({ description: 'Reservations returned to vouchers' }),
  voided: amount.meta({ description: 'Of what vouchers could still pay' }),
  reversed: amount.meta({ description: 'Approved and not instructed yet' }),
  recalled: amount.meta({ description: 'Paid beyond: recovered' }),
  decidedOn: day,
  recordedAt: instant,
});
export const correction = correctionSummary.extend({
  explanation: z.array(explanationStep),
  computation: z.strictObject({ base: amount.nullable(), computed: amount.nullable(), award: amount }).nullable().meta({
    description: 'Of an award after a red letter: the second computation; null base where the law gives nothing on what is left',
  }),
});
export const correctionItem = correctionSummary;
export const correctionQuery = pageQuery
  .extend({ contractId: id.optional(), reimbursementId: id.optional() })
  .refine((of) => (of.contractId === undefined) !== (of.reimbursementId === undefined), {
    error: 'MISSING_FIELD',
    path: ['contractId'],
  });

export const followed = z
  .array(correctionSummary.extend({ recoveryNos: z.array(z.string()) }))
  .meta({ description: 'What follows from it, by programme' });

export const fileAmendment = fileContract;
export const amendmentFiled = amendment.extend({ contract, corrections: followed, ledgerSeq });

export const voidContract = z.strictObject({
  reason,
  atFault: z.boolean().meta({ description: 'For cause: vouchers are revoked, and limits get nothing back' }),
});
export const contractVoided = contract.extend({ corrections: followed, ledgerSeq });

/** Below zero, or zero. */
const takenBack = z
  .string()
  .refine((text) => amount.safeParse(text.replace(/^-/, '')).success, { error: 'AMOUNT_FORMAT' })
  .meta({ description: 'Yuan with two decimals, as text; below zero', examples: ['-120000.00'] });

/** A red letter (红字发票): amounts are below zero. Without lines it takes back all that is left of the invoice. */
export const postRedLetter = z.strictObject({
  redLetterNo: z.string().min(1).max(40).meta({ description: 'Its own number, 20 digits' }),
  contractId: id,
  issuedOn: day,
  reason,
  lines: z
    .array(
      z.strictObject({
        lineNo: z.int().min(1).max(100_000),
        quantity,
        net: takenBack,
        vat: takenBack,
        gross: takenBack,
      }),
    )
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Lines of the invoice; quantities as they are taken back, amounts below zero' }),
});
export const redLetter = z.strictObject({
  redLetterId: id,
  redLetterNo: z.string(),
  invoiceId: id,
  invoiceNo: z.string(),
  contractId: id,
  issuedOn: day,
  net: signedAmount,
  vat: signedAmount,
  gross: signedAmount,
  reason: z.string(),
  numberConflict: z.boolean(),
  postedOn: day,
  redemptionId: id.nullable(),
  recordedAt: instant,
});
export const redLetterPosted = redLetter.extend({ invoiceStatus: z.string(), corrections: followed, ledgerSeq });
export const redLetterQuery = pageQuery.extend({ invoiceId: id });
