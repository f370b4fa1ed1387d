// The ledger as files: entries or one account's statement as NDJSON or CSV, streamed. Up to the last entry there was when the
// download began, in slices: each slice is a read of its own, taken when the reader has room for it, so that a slow reader
// holds neither a snapshot nor a session. Entries are never changed, so all slices together are one consistent file.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';

/** Rows read at once. */
const sliceSize = 1000;

export type FileFormat = 'ndjson' | 'csv';
export const mediaTypes: Readonly<Record<FileFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** The next slice after a sequence: its rows, and the sequence to go on after; null when it is the last. */
export interface Slice {
  readonly rows: readonly Record<string, string | number | null>[];
  readonly next: bigint | null;
}

/**
 * A file of all slices. In CSV the first line names the columns, which are the names of the JSON. No text in it can begin like a
 * formula (ids, names of kinds and codes of accounts), so nothing is escaped.
 */
export const fileOf = (
  format: FileFormat,
  columns: readonly string[],
  after: bigint,
  read: (after: bigint, limit: number) => Promise<Slice>,
): Readable =>
  // One slice ahead of the reader, and no more.
  Readable.from(slices(format, columns, after, read), { highWaterMark: 1 });

async function* slices(
  format: FileFormat,
  columns: readonly string[],
  after: bigint,
  read: (after: bigint, limit: number) => Promise<Slice>,
): AsyncGenerator<string> {
  if (format === 'csv') yield csv([], columns, true);
  for (let from: bigint | null = after; from !== null;) {
    const slice: Slice = await read(from, sliceSize);
    if (slice.rows.length > 0)
      yield format === 'csv' ? csv(slice.rows, columns, false) : slice.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    from = slice.next;
  }
}

const csv = (rows: Slice['rows'], columns: readonly string[], first: boolean): string =>
  stringify([...rows], { columns: [...columns], header: first, bom: first, record_delimiter: 'windows' });
