import { z } from 'zod';
import { amount, day, fileFormat, id, instant, signedAmount } from './common.js';

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
  forPersonId: id.nullable().meta({ description: 'In whose place, where it was approved by a delegation' }),
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

const period = {
  ...asOf,
  fromDay: day.optional().meta({ description: 'Lines booked on this day or later; left out: from the first' }),
};

export const statementQuery = z
  .strictObject({
    ...period,
    after: z.coerce
      .number()
      .int()
      .min(0)
      .default(0)
      .meta({ description: 'Lines after this sequence: `next` of the page before' }),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  })
  .refine(atMostOne, { error: 'AS_OF_ONE', path: ['asOfDay'] });

/** A download: everything up to the last entry there is when it starts, in slices, as one file. */
export const entryFileQuery = z.strictObject({
  format: fileFormat,
  after: z.coerce.number().int().min(0).default(0).meta({ description: 'Entries after this sequence' }),
  subjectId: id.optional(),
});
export const journalQuery = z.strictObject({
  asOfSeq: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'The last entry it holds; left out: the last there is' }),
});
export const statementFileQuery = z
  .strictObject({ format: fileFormat, ...period })
  .refine(atMostOne, { error: 'AS_OF_ONE', path: ['asOfDay'] });

export const statementLine = z.strictObject({
  seq: z.int(),
  bookedOn: day,
  recordedAt: instant,
  kind: z.string(),
  subjectId: id.nullable(),
  counterAccount: z.string(),
  debit: amount.nullable(),
  credit: amount.nullable(),
  balance: signedAmount,
});
export const statement = z.strictObject({
  account: z.strictObject({ accountId: id, code: z.string(), kind: z.string(), fund: z.string().nullable() }),
  fromDay: day.nullable(),
  asOfSeq: z.int().nullable(),
  asOfDay: day.nullable(),
  /** Of the whole statement: before its first line and after its last. */
  period: z.strictObject({ opening: signedAmount, closing: signedAmount }),
  /** Of this page: before its first line and after its last. */
  opening: signedAmount,
  lines: z.array(statementLine),
  closing: signedAmount,
  next: z.int().nullable(),
  ledgerSeq: z.int(),
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
