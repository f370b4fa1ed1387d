// How far a job has come, and what is told of it. Pure.
import type { z } from 'zod';
import type { BulkJob, BulkLineError, BulkRefusedLine } from '../../db/tables.js';
import type { bulkChecked, bulkJob, bulkRefusedLine } from '../../schemas/bulk.js';
import { formatInstant } from '../calendar.js';
import type { Language } from '../errors.js';
import { describeRefusal, isRefusalCode } from '../errors.js';

/** All-or-nothing is one transaction, and the lane stands while it is written. */
export const mostAtOnce = 5_000;
/** Refused lines that a dry run answers with. */
export const mostShown = 1_000;
/** Of what is wrong with one line no more is told. */
const mostErrors = 10;

/** A line that is refused, with its place in the file. */
export interface RefusedLine {
  readonly line: number;
  readonly raw: string;
  readonly errors: readonly BulkLineError[];
}

export interface Counts {
  readonly linesRead: number;
  readonly linesAccepted: number;
  readonly linesRefused: number;
  readonly documents: number;
}
export const noCounts: Counts = { linesRead: 0, linesAccepted: 0, linesRefused: 0, documents: 0 };
export const added = (a: Counts, b: Counts): Counts => ({
  linesRead: a.linesRead + b.linesRead,
  linesAccepted: a.linesAccepted + b.linesAccepted,
  linesRefused: a.linesRefused + b.linesRefused,
  documents: a.documents + b.documents,
});

/**
 * The lines of a refused document: each with its own errors (of its row, from 0), the others refused with it
 * (BULK_WITH_DOCUMENT, which names the first line that is wrong), for a document is taken whole or not at all.
 */
export function refusedLinesOf(
  document: { lines: readonly number[]; raws: readonly string[] },
  errors: readonly { row: number; error: BulkLineError }[],
): RefusedLine[] {
  const wrong = document.lines[Math.min(...errors.map(({ row }) => row))] ?? document.lines[0] ?? 0;
  return document.lines.map((line, row) => {
    const own = errors.filter((of) => of.row === row).map(({ error }) => error);
    const withIt: BulkLineError = { field: '', value: '', code: 'BULK_WITH_DOCUMENT', params: { line: String(wrong) } };
    return { line, raw: document.raws[row] ?? '', errors: own.length === 0 ? [withIt] : own.slice(0, mostErrors) };
  });
}

const presentError = ({ field, value, code, params }: BulkLineError, language: Language) => ({
  field,
  value,
  code,
  detail: isRefusalCode(code) ? describeRefusal(code, params, language).detail : code,
});

export function presentRefusedLine(
  { line, errors }: Pick<BulkRefusedLine, 'line' | 'errors'>,
  language: Language,
): z.input<typeof bulkRefusedLine> {
  const told = errors.map((error) => presentError(error, language));
  const [first = { field: '', value: '', code: '', detail: '' }] = told;
  return { line, ...first, errors: told };
}

const presentCounts = (of: Counts) => ({
  read: of.linesRead,
  accepted: of.linesAccepted,
  refused: of.linesRefused,
  documents: of.documents,
});

/** The job as it is shown; `leased` says whether somebody is reading its file. */
export const presentJob = (row: BulkJob, leased: boolean): z.input<typeof bulkJob> => ({
  jobId: row.jobId,
  kind: row.kind,
  format: row.format,
  mode: row.mode,
  state: row.state === 'RUNNING' && !leased ? 'CUT' : row.state,
  ...presentCounts(row),
  nextLine: row.nextLine,
  digest: row.digest,
  ledgerSeq: row.ledgerSeq === null ? null : Number(row.ledgerSeq),
  startedAt: formatInstant(new Date(row.startedAt)),
  updatedAt: formatInstant(new Date(row.updatedAt)),
});

export const presentChecked = (
  of: Pick<BulkJob, 'kind' | 'format' | 'mode'> & { counts: Counts; digest: string; refused: readonly RefusedLine[] },
  language: Language,
): z.input<typeof bulkChecked> => ({
  kind: of.kind,
  format: of.format,
  mode: of.mode,
  ...presentCounts(of.counts),
  digest: of.digest,
  refusedLines: of.refused.map((line) => presentRefusedLine(line, language)),
});
