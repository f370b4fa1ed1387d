import { z } from 'zod';
import { id, instant, pageQuery } from './common.js';

export const bulkKind = z.enum(['usage-invoices', 'contracts']);
export const bulkFormat = z.enum(['ndjson', 'csv', 'xlsx']);
export const bulkMode = z.enum(['accept-right', 'all-or-nothing']).meta({
  description:
    'accept-right: every document that is right is taken, slice by slice. all-or-nothing: one transaction for the whole file, of at most 5,000 lines',
});
export const bulkState = z.enum(['RUNNING', 'CUT', 'DONE', 'REFUSED']).meta({
  description:
    'CUT: the upload ended before its file did; send the same file with the same key and it goes on at nextLine. REFUSED: all-or-nothing, and something was refused: nothing was taken',
});

export const bulkQuery = z.strictObject({
  mode: bulkMode.default('accept-right'),
  dryRun: z.enum(['true', 'false']).optional().meta({ description: 'Check and explain; nothing is recorded or kept' }),
});

const count = z.int().min(0);
const counts = {
  read: count.meta({ description: 'Lines decided so far; blank ones and the header are not counted' }),
  accepted: count.meta({ description: 'Of them, lines of accepted documents' }),
  refused: count.meta({ description: 'Of them, lines of refused documents' }),
  documents: count.meta({ description: 'Accepted documents: invoices or contracts' }),
};
const digest = z.string().meta({
  description: 'SHA-256 (hex) of the kind, format, columns and lines before nextLine: what a resumed file must agree with',
});

export const bulkJob = z.strictObject({
  jobId: id,
  kind: bulkKind,
  format: bulkFormat,
  mode: bulkMode,
  state: bulkState,
  ...counts,
  nextLine: count.meta({ description: 'The first line of the file that is not decided; the first line of a file is 1' }),
  digest: digest.nullable(),
  ledgerSeq: z.int().nullable().meta({ description: 'The last ledger entry that the file made, null when none' }),
  startedAt: instant,
  updatedAt: instant,
});

const lineError = z.strictObject({
  field: z.string().meta({ description: 'Column name, or JSON pointer in NDJSON; empty when the line as a whole is meant' }),
  value: z.string().meta({ description: 'What stood there, cut to 200 characters' }),
  code: z.string(),
  detail: z.string(),
});
/** A refused line with everything that is wrong with it; the first of its errors stands on the line itself too. */
export const bulkRefusedLine = lineError.extend({ line: z.int().min(1), errors: z.array(lineError) });

export const bulkChecked = z.strictObject({
  kind: bulkKind,
  format: bulkFormat,
  mode: bulkMode,
  ...counts,
  digest,
  refusedLines: z.array(bulkRefusedLine).meta({ description: 'The first 1,000 of them' }),
});

/** The job; for a dry run what the check found. */
export const bulkAnswer = z.union([bulkJob, bulkChecked]);

export const bulkJobQuery = pageQuery.extend({ kind: bulkKind.optional() });
export const bulkLineQuery = pageQuery;

export type BulkKind = z.output<typeof bulkKind>;
export type BulkFormat = z.output<typeof bulkFormat>;
export type BulkMode = z.output<typeof bulkMode>;
