import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, pageQuery, signedAmount } from './common.js';
import { programmeCode } from './programme-api.js';

const funder = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,30}$/, { error: 'FUNDER_FORMAT' })
  .meta({ description: 'A funder as the programme names it', examples: ['CITY'] });
const fundingYear = z
  .int()
  .min(2000)
  .max(2999)
  .meta({ description: 'Funding year = calendar year', examples: [2024] });

/** Loads what one funder has put behind a programme for a year (预算指标), once per document. */
export const loadAppropriation = z.strictObject({
  programmeCode,
  year: fundingYear,
  funder,
  amount,
  documentNo: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ examples: ['郑财预〔2024〕18号'] }),
});

export const appropriation = z.strictObject({
  appropriationId: id,
  programmeCode: z.string(),
  year: z.int(),
  fund: z
    .string()
    .meta({ description: 'Programme and funding year; money never crosses funds', examples: ['zhengzhou-compute/2024'] }),
  funder: z.string(),
  amount,
  documentNo: z.string(),
  loadedOn: day,
  recordedAt: instant,
});
export const appropriationLoaded = appropriation.extend({
  matched: signedAmount.meta({ description: 'What became available with this load: as far as all funders have paid in' }),
  available: signedAmount.meta({ description: 'Available in the fund afterwards' }),
  ledgerSeq,
});

export const appropriationQuery = pageQuery.extend({
  programmeCode: programmeCode.optional(),
  year: z.coerce.number().int().min(2000).max(2999).optional(),
});

/** Proposes that money of a fund goes back to the treasury, or on into the next year's fund; another person approves exactly this. */
export const proposeReturn = z.strictObject({
  programmeCode,
  year: fundingYear.max(2998),
  funder: funder.optional().meta({
    description: 'Given: of what this funder loaded and the others have not matched. Else of what is available, by shares',
  }),
  carryOver: z.boolean().meta({ description: 'Whether the same parts are loaded into the next year’s fund (结转)' }),
  amount,
  documentNo: z
    .string()
    .trim()
    .max(100)
    .regex(/^[\p{L}\p{N}]+〔\d{4}〕\d+号$/u, { error: 'DOCUMENT_NO_FORMAT' })
    .meta({ examples: ['郑财预〔2025〕3号'] }),
});
export const approveReturn = z.strictObject({
  contentDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'The digest of the proposal' }),
});
export const dropReturn = z.strictObject({ reason: z.string().trim().min(1).max(500) });

export const appropriationReturn = z.strictObject({
  returnId: id,
  programmeCode: z.string(),
  year: z.int(),
  fund: z.string(),
  funder: z.string().nullable(),
  carryOver: z.boolean(),
  amount,
  documentNo: z.string(),
  contentDigest: z.string().meta({ description: 'Named by whoever approves' }),
  status: z.enum(['PROPOSED', 'APPROVED', 'DROPPED']),
  byFunder: z
    .array(z.strictObject({ funder: z.string(), amount }))
    .meta({ description: 'What each funder got back; empty until it is approved' }),
  proposedOn: day,
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  recordedAt: instant,
});
export const appropriationReturned = appropriationReturn.extend({ ledgerSeq });

/** Where the money of one fund stands, from its accounts: loaded = the sum of all the others. */
export const fund = z.strictObject({
  fund: z.string(),
  programmeCode: z.string(),
  year: z.int(),
  pool: z
    .strictObject({
      kind: z.enum(['CEILING', 'FLOOR', 'FIXED']),
      amount,
      missing: amount.meta({ description: 'What is not loaded yet of a FLOOR' }),
    })
    .nullable()
    .meta({ description: 'What the law says of the year’s money; null when it says nothing' }),
  loaded: signedAmount,
  unmatched: signedAmount.meta({ description: 'Waiting for the other funders’ shares' }),
  available: signedAmount.meta({ description: 'Granted, promised to nobody' }),
  vouchers: signedAmount.meta({ description: 'What vouchers can still pay' }),
  reserved: signedAmount.meta({ description: 'Claimed by redemptions that are being verified' }),
  payable: signedAmount.meta({ description: 'Approved, not yet in a batch' }),
  inTransit: signedAmount.meta({ description: 'Instructed to the bank' }),
  paid: signedAmount,
  lapsed: signedAmount.meta({ description: 'Promised by vouchers, ended by rule' }),
  funders: z.array(z.strictObject({ funder: z.string(), loaded: signedAmount, unmatched: signedAmount, paid: signedAmount })),
});
export const funds = z.strictObject({ items: z.array(fund) });
