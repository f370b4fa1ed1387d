import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, pageQuery, uscc } from './common.js';
import { matters } from './matters.js';
import { programmeCode } from './programme-api.js';

/**
 * What a book starts with at go-live. LIMIT_USED: what a legal person had spent of a limit before. VOUCHER: a voucher outstanding
 * from before; what of its contract's ceiling and of its matters' limits it takes is counted with it, the limits of its legal person come as LIMIT_USED.
 */
export const prepareOpening = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('LIMIT_USED'),
    programmeCode,
    limitId: z
      .string()
      .min(1)
      .max(100)
      .meta({ description: 'The limit as the programme names it', examples: ['claimed'] }),
    uscc: uscc.meta({ description: 'A registered enterprise; counted at its legal person' }),
    year: z.int().min(2000).max(2999),
    amount,
  }),
  z.strictObject({
    kind: z.literal('VOUCHER'),
    programmeCode,
    version: z.int().min(1).max(9999).meta({ description: 'The one that decides the days of application and of signing' }),
    contractId: id,
    balance: amount.meta({ description: 'What the voucher can still pay' }),
    appliedOn: day
      .optional()
      .meta({ description: 'The day of application, by which the law decides; that of issue if left out' }),
    issuedOn: day.meta({ description: 'Decides the funding year' }),
    lastDay: day,
    baseRedeemed: amount.default('0.00').meta({ description: 'Confirmed base that earlier redemptions have used' }),
    amountRedeemed: amount.default('0.00').meta({ description: 'What earlier redemptions have paid' }),
    matters: matters.optional().meta({ description: 'What it was awarded for, on record of its enterprise: counted with it' }),
  }),
]);
export type OpeningContent = z.output<typeof prepareOpening>;

export const openingBalance = z.strictObject({
  openingBalanceId: id,
  kind: z.enum(['LIMIT_USED', 'VOUCHER']),
  status: z.enum(['PREPARED', 'APPROVED']),
  content: z.record(z.string(), z.union([z.string(), z.int(), z.record(z.string(), z.string())])),
  contentDigest: z.string(),
  recordedAt: instant,
});
export const openingPrepared = openingBalance.extend({ ledgerSeq });
export const openingApproved = openingBalance.extend({
  voucherId: id.nullable().meta({ description: 'The voucher that now exists, for VOUCHER' }),
  ledgerSeq,
});

export const openingQuery = pageQuery.extend({ status: z.enum(['PREPARED', 'APPROVED']).optional() });
