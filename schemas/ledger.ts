import { z } from 'zod';
import { amount, day, id, instant, signedAmount } from './common.js';

export const asOf = {
  asOfSeq: z.coerce.number().int().min(0).optional().meta({ description: 'As of this ledger sequence (inclusive)' }),
  asOfDay: day.optional().meta({ description: 'As of the end of this booked day (inclusive)' }),
};
const atMostOne = (query: { asOfSeq?: number | undefined; asOfDay?: string | undefined }): boolean =>
  query.asOfSeq === undefined || query.asOfDay === undefined;

export const account = z.strictObject({
  accountId: id,
  code: z.string(),
  kind: z.string(),
  fund: z.string().nullable(),
  debits: signedAmount,
  credits: signedAmount,
  balance: signedAmount,
});

export const accountQuery = z.strictObject({
  kind: z.string().max(30).optional(),
  fund: z.string().max(60).optional(),
  code: z.string().max(200).optional().meta({ description: 'The exact code of one account' }),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const entry = z.strictObject({
  seq: z.int(),
  commandId: id,
  kind: z.string(),
  bookedOn: day,
  recordedAt: instant,
  memberId: id,
  personId: id,
  subjectId: id.nullable(),
  programmeVersion: z.string().nullable(),
  refusalCode: z.string().nullable(),
  reversesSeq: z.int().nullable(),
  requestDigest: z.string(),
  approvalDigest: z.string().nullable(),
  debitAccount: z.string().nullable(),
  creditAccount: z.string().nullable(),
  amount: amount.nullable(),
});

export const entryQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: 'Entries after this sequence' }),
  subjectId: id.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const entryPage = z.strictObject({ items: z.array(entry), next: z.int().nullable() });

export const statementQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export const statement = z.strictObject({
  account: z.strictObject({ accountId: id, code: z.string(), kind: z.string(), fund: z.string().nullable() }),
  /** Of the account before the first line of this page. */
  opening: signedAmount,
  lines: z.array(
    z.strictObject({
      seq: z.int(),
      bookedOn: day,
      recordedAt: instant,
      kind: z.string(),
      subjectId: id.nullable(),
      counterAccount: z.string(),
      debit: amount.nullable(),
      credit: amount.nullable(),
      balance: signedAmount,
    }),
  ),
  closing: signedAmount,
  next: z.int().nullable(),
});

export const balanceQuery = z.strictObject(asOf).refine(atMostOne, { error: 'AS_OF_ONE', path: ['asOfDay'] });
export const balance = z.strictObject({
  code: z.string(),
  balance: signedAmount,
  asOfSeq: z.int().nullable(),
  asOfDay: day.nullable(),
  ledgerSeq: z.int(),
});
export const trialBalance = z.strictObject({
  asOfSeq: z.int().nullable(),
  asOfDay: day.nullable(),
  ledgerSeq: z.int(),
  lines: z.array(
    z.strictObject({
      kind: z.string(),
      fund: z.string().nullable(),
      accounts: z.int(),
      debits: signedAmount,
      credits: signedAmount,
      balance: signedAmount,
    }),
  ),
  debits: signedAmount,
  credits: signedAmount,
});
