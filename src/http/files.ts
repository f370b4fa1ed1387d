// Downloads: lists as NDJSON or CSV, streamed in slices. Each slice is a read of its own, taken when the reader has room for it, so that a
// slow reader holds neither a snapshot nor a session. Of what is never changed all slices together are one consistent file.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';
import type { OpenBook } from './parts.js';

/** Rows read at once. */
const sliceSize = 1000;

export type FileFormat = 'ndjson' | 'csv';
export const mediaTypes: Readonly<Record<FileFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** The next slice after a cursor: its rows, and the cursor to go on after; null when it is the last. */
export interface Slice<Cursor> {
  readonly rows: readonly Record<string, string | number | null>[];
  readonly next: Cursor | null;
}

/**
 * A file of all slices. In CSV the first line names the columns, which are the names of the JSON. No text in it can begin like a
 * formula (ids, names of kinds and codes of accounts), so nothing is escaped.
 */
export const fileOf = <Cursor>(
  format: FileFormat,
  columns: readonly string[],
  after: Cursor,
  read: (after: Cursor, limit: number) => Promise<Slice<Cursor>>,
): Readable =>
  // One slice ahead of the reader, and no more.
  Readable.from(slices(format, columns, after, read), { highWaterMark: 1 });

async function* slices<Cursor>(
  format: FileFormat,
  columns: readonly string[],
  after: Cursor,
  read: (after: Cursor, limit: number) => Promise<Slice<Cursor>>,
): AsyncGenerator<string> {
  if (format === 'csv') yield csv([], columns, true);
  for (let from: Cursor | null = after; from !== null;) {
    const slice: Slice<Cursor> = await read(from, sliceSize);
    if (slice.rows.length > 0)
      yield format === 'csv' ? csv(slice.rows, columns, false) : slice.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    from = slice.next;
  }
}

const csv = (rows: Slice<unknown>['rows'], columns: readonly string[], first: boolean): string =>
  stringify([...rows], { columns: [...columns], header: first, bom: first, record_delimiter: 'windows' });

/**
 * A file's reads take places of its book like other readings, each for as long as it reads and not while the client takes what was
 * read. Where too much waits already none is begun; one that has begun is never refused in its middle.
 */
export function shareOf({ traffic }: OpenBook, { raw }: FastifyReply) {
  const gone = () => raw.destroyed;
  return {
    begin: <T>(read: () => Promise<T>): Promise<T> => traffic.beside.run(read, { gone }),
    goOn: <T>(read: () => Promise<T>): Promise<T> => traffic.beside.run(read, { gone, patient: true }),
  };
}
