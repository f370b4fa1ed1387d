// Downloads: lists as NDJSON, CSV or xlsx, streamed in slices. Each slice is a read of its own, taken when the reader has room for it, so
// that a slow reader holds neither a snapshot nor a session. Of what is never changed all slices together are one consistent file.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { amount, day, signedAmount } from '../../schemas/common.js';
import { columnWord } from '../column-words.js';
import type { Language } from '../errors.js';
import type { OpenBook } from './parts.js';
import type { CellForm, SheetColumn } from './xlsx.js';
import { xlsxOf } from './xlsx.js';

/** Rows read at once. */
export const sliceSize = 1000;

export const mediaTypes = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;
export type FileFormat = keyof typeof mediaTypes;

/** The next slice after a cursor: its rows as JSON shows them, and the cursor to go on after; null when it is the last. */
export interface Slice<Cursor> {
  readonly rows: readonly object[];
  readonly next: Cursor | null;
}

/** A column of a list: where its value stands in a row, and how a spreadsheet writes it. */
interface Column {
  readonly path: readonly string[];
  readonly form: CellForm;
}

/** What is written of a list, and how. */
export interface ListFile {
  readonly format: FileFormat;
  /** Of one row. */
  readonly schema: z.ZodObject;
  /** Of the columns' names in CSV and xlsx: Chinese words, or in English the names that the JSON has. */
  readonly language: Language;
  /** Of the sheet; at most 31 characters. */
  readonly name: string;
}

/** A file of all slices. NDJSON has the rows as they are; in CSV and xlsx objects inside a row are columns of their own. */
export function fileOf<Cursor>(
  { format, schema, language, name }: ListFile,
  after: Cursor,
  read: (after: Cursor, limit: number) => Promise<Slice<Cursor>>,
): Readable {
  const slices = slicesOf(after, read);
  const columns = columnsOf(schema);
  const headed = columns.map(({ path, form }) => ({ header: headerOf(path, language), form }));
  const texts = textsOf(slices, columns);
  // One slice ahead of the reader, and no more.
  if (format === 'ndjson') return Readable.from(ndjsonOf(slices), { highWaterMark: 1 });
  if (format === 'csv') return Readable.from(csvOf(headed, texts), { highWaterMark: 1 });
  return Readable.from(xlsxOf(name, headed, texts), { objectMode: false });
}

async function* slicesOf<Cursor>(
  after: Cursor,
  read: (after: Cursor, limit: number) => Promise<Slice<Cursor>>,
): AsyncGenerator<readonly object[]> {
  for (let from: Cursor | null = after; from !== null;) {
    const slice: Slice<Cursor> = await read(from, sliceSize);
    if (slice.rows.length > 0) yield slice.rows;
    from = slice.next;
  }
}

async function* textsOf(slices: AsyncIterable<readonly object[]>, columns: readonly Column[]): AsyncGenerator<string[][]> {
  for await (const rows of slices) yield rows.map((row) => columns.map(({ path }) => textOf(valueAt(row, path))));
}

async function* ndjsonOf(slices: AsyncIterable<readonly object[]>): AsyncGenerator<string> {
  for await (const rows of slices) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function* csvOf(columns: readonly SheetColumn[], slices: AsyncIterable<string[][]>): AsyncGenerator<string> {
  yield csvLines([columns.map(({ header }) => header)], true);
  for await (const rows of slices)
    yield csvLines(rows.map((row) => row.map((text, i) => escapedCell(text, columns[i]?.form !== 'text'))));
}

/** Lines of a CSV file as spreadsheets take them: UTF-8 with its mark before the first, each ended by CRLF. */
export const csvLines = (rows: string[][], first = false): string => stringify(rows, { bom: first, record_delimiter: 'windows' });

// A cell that begins like a formula is run by a spreadsheet that opens the file. An apostrophe before it makes it text.
const formula = /^[=+\-@\t\r]/;
const number = /^[-+]?[\d.,]+$/;

/** A cell as it is written to a CSV file: text that begins like a formula is escaped, a number where there may be one is not. */
export const escapedCell = (cell: string, mayBeNumber = false): string =>
  formula.test(cell) && !(mayBeNumber && number.test(cell)) ? `'${cell}` : cell;

const valueAt = (row: object, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (of, name) => (typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined),
    row,
  );

/** A value as one cell: of several single ones one after the other, of anything larger its JSON. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  const isFlat = Array.isArray(value) && value.every((each) => typeof each === 'string' || typeof each === 'number');
  return isFlat ? value.join('; ') : JSON.stringify(value);
}

/** A column's name: of an object inside the row the name of both. */
const headerOf = (path: readonly string[], language: Language): string =>
  language === 'en' ? path.join('.') : path.map(columnWord).join('·');

/** The columns that a row of this shape has, in its order. */
export function columnsOf(schema: z.ZodObject): Column[] {
  return Object.entries(schema.shape).flatMap(([name, of]) => {
    const inner = unwrapped(of as z.ZodType);
    if (!(inner instanceof z.ZodObject)) return [{ path: [name], form: formOf(inner) }];
    return columnsOf(inner).map(({ path, form }) => ({ path: [name, ...path], form }));
  });
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrapped(schema.unwrap() as z.ZodType);
  return schema;
}

/** What a field is made of tells its kind, whatever it is described as. */
const isOf = (schema: z.ZodType, kind: z.ZodType): boolean =>
  schema.def.checks !== undefined && schema.def.checks === kind.def.checks;

function formOf(schema: z.ZodType): CellForm {
  if (isOf(schema, amount) || isOf(schema, signedAmount)) return 'yuan';
  if (isOf(schema, day)) return 'day';
  return schema instanceof z.ZodNumber ? 'count' : 'text';
}

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

/** The headers of a download. `name` is of ASCII. */
export const headersOfFile = (format: FileFormat, name: string) => ({
  'content-type': mediaTypes[format],
  'content-disposition': `attachment; filename="${name}.${format}"`,
});
