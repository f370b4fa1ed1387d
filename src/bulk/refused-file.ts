// The refused lines of a job as a file of the format that was uploaded: its own columns, and what is wrong with each line. Mend
// the cells and send it again; the added columns are ignored then.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { Database } from '../../db/client.js';
import type { BulkJob, BulkRefusedLine } from '../../db/tables.js';
import type { BulkFormat } from '../../schemas/bulk.js';
import type { Language } from '../errors.js';
import type { Layout } from './columns.js';
import { escapedCell } from '../http/files.js';
import { xlsxOf } from '../http/xlsx.js';
import { errorColumns, layoutOf } from './columns.js';
import { listRefusedLines } from './queries.js';
import { presentRefusedLine } from './rules.js';

export const mediaTypes: Readonly<Record<BulkFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const sliceOf = 500;

/** In short reads by line, each its own, so that a slow download holds no snapshot. Lines are added only behind the last. */
async function* refusedLines(db: Database, job: BulkJob): AsyncGenerator<readonly BulkRefusedLine[]> {
  let after = 0;
  for (;;) {
    const lines = await listRefusedLines(db, { bookId: job.bookId, jobId: job.jobId, after, limit: sliceOf });
    if (lines.length > 0) yield lines;
    if (lines.length < sliceOf) return;
    after = lines.at(-1)?.line ?? after;
  }
}

/** The file, as bytes that are made as they are read. */
export function refusedFile(db: Database, job: BulkJob, language: Language): Readable {
  if (job.format === 'ndjson') return Readable.from(asNdjson(db, job, language), { objectMode: false });
  const read = layoutOf(job.kind, job.columns ?? []);
  if (read.kind === 'fault') throw new Error('a job with columns that there are none of');
  const file = job.format === 'csv' ? asCsv(db, job, read.layout, language) : asXlsx(db, job, read.layout, language);
  return Readable.from(file, { objectMode: false });
}

/** What is wrong with a line, as the cells of the added columns; several errors one after the other. */
function errorCells(line: BulkRefusedLine, language: Language): string[] {
  const { errors } = presentRefusedLine(line, language);
  return [errors.map(({ field }) => field), errors.map(({ code }) => code), errors.map(({ detail }) => detail)].map((of) =>
    of.join('; '),
  );
}

async function* asNdjson(db: Database, job: BulkJob, language: Language): AsyncGenerator<string> {
  for await (const lines of refusedLines(db, job)) {
    yield lines.map((line) => `${withErrors(line.raw, errorCells(line, language))}\n`).join('');
  }
}

/** The line as it was sent, to the last digit of its numbers, with the errors behind; one that is no object stands under `line`. */
function withErrors(raw: string, cells: readonly string[]): string {
  const errors = Object.fromEntries(errorColumns.map((name, i) => [name, cells[i] ?? '']));
  const added = JSON.stringify(errors).slice(1);
  let sent: unknown;
  try {
    sent = JSON.parse(raw);
  } catch {
    sent = undefined;
  }
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return `{"line":${JSON.stringify(raw)},${added}`;
  // It has been through here before: the errors of that time go.
  if (errorColumns.some((name) => name in sent)) return JSON.stringify({ ...sent, ...errors });
  return Object.keys(sent).length === 0 ? `{${added}` : `${raw.slice(0, raw.lastIndexOf('}')).trimEnd()},${added}`;
}

async function* asCsv(db: Database, job: BulkJob, layout: Layout, language: Language): AsyncGenerator<string> {
  const write = (rows: readonly (readonly string[])[]) => stringify(rows as string[][], { record_delimiter: 'windows' });
  yield `\uFEFF${write([[...layout.names, ...errorColumns]])}`;
  for await (const lines of refusedLines(db, job)) {
    yield write(
      lines.map((line) => [
        ...cellsOf(line).map((cell, i) => escapedCell(cell, layout.columns[i]?.form !== 'text')),
        ...errorCells(line, language).map((cell) => escapedCell(cell)),
      ]),
    );
  }
}

const cellsOf = ({ raw }: BulkRefusedLine): readonly string[] => JSON.parse(raw) as readonly string[];

/** Every cell is text, so nothing is taken for a formula. */
function asXlsx(db: Database, job: BulkJob, layout: Layout, language: Language): AsyncGenerator<Buffer> {
  const columns = [...layout.names, ...errorColumns].map((header) => ({ header, form: 'text' as const }));
  return xlsxOf('refused', columns, rowsOf(refusedLines(db, job), language));
}

async function* rowsOf(slices: AsyncIterable<readonly BulkRefusedLine[]>, language: Language): AsyncGenerator<string[][]> {
  for await (const lines of slices) yield lines.map((line) => [...cellsOf(line), ...errorCells(line, language)]);
}
