import { z } from 'zod';
import { id, ledgerSeq, pageQuery } from './common.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/, { error: 'HASH_FORMAT' });
const key = z.string().min(1).max(40).meta({ description: 'The key that services share, by its name (setting EXCHANGE_KEYS)' });

/** Keyed hashes of an invoice's number, seller and amount; see the README on how they are made. */
export const mark = z.strictObject({ number: hash, seller: hash, amount: hash });

export const markQuery = pageQuery.extend({ key, limit: z.coerce.number().int().min(1).max(1000).default(1000) });
export const markPage = z.strictObject({
  key,
  algorithm: z.enum(['sha256', 'sm3']),
  items: z.array(mark),
  next: z.string().nullable().meta({ description: 'Null: all that was there a minute ago; ask again later with `last`' }),
  last: z.string().nullable().meta({ description: 'The cursor behind the last item' }),
});

export const importMarks = z.strictObject({
  source: z.string().trim().min(1).max(100).meta({ description: 'The service that they are of' }),
  key,
  marks: z.array(mark).min(1).max(1000),
});
export const marksImported = z.strictObject({
  imported: z.int(),
  known: z.int().meta({ description: 'Imported before' }),
  flagged: z.int().meta({ description: 'Invoices of ours that bear one of these numbers' }),
  ledgerSeq,
});

export const markInvoices = z.strictObject({
  key,
  after: id.optional().meta({ description: '`next` of the answer before' }),
  limit: z.int().min(1).max(1000).default(1000),
});
export const invoicesMarked = z.strictObject({
  marked: z.int(),
  flagged: z.int(),
  next: id.nullable().meta({ description: 'Go on with it; null: every invoice was looked at' }),
  ledgerSeq,
});
