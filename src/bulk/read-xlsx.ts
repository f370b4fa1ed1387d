// The rows of an xlsx file. The file is put down first, for a zip is read from its end; it is weighed before anything of it
// is opened (614 KB can inflate to more than a gigabyte), then read as a stream.
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CellValue } from 'exceljs';
import ExcelJS from 'exceljs';
import type { Entry, ZipFile } from 'yauzl';
import { openPromise } from 'yauzl';
import type { CsvRecord } from './read-csv.js';
import { FileUnreadable } from './file.js';

const mib = 1024 * 1024;
/** What an xlsx file may weigh. Shared strings are held in memory while the sheet is read; sheets are streamed. */
export const xlsxBounds = {
  file: 64 * mib,
  entries: 200,
  sheet: 768 * mib,
  sharedStrings: 48 * mib,
  other: 8 * mib,
  /** Inflated to packed, for entries above 1 MiB: rows that repeat reach 30. */
  ratio: 150,
} as const;
const mostCells = 200;
const batchOf = 200;

/** Formulas count as their stored results, or (`formulas: 'AS_WRITTEN'`) stand there with their sign, so that they can be refused. */
export async function* readXlsx(
  chunks: AsyncIterable<Uint8Array>,
  folder: string,
  of: { readonly formulas: 'RESULT' | 'AS_WRITTEN' } = { formulas: 'RESULT' },
): AsyncGenerator<readonly CsvRecord[]> {
  const file = path.join(folder, 'upload.xlsx');
  await pipeline(Readable.from(bounded(chunks), { objectMode: true, highWaterMark: 4 }), createWriteStream(file));
  await weigh(file);

  let sheetWithRows: unknown;
  let records: CsvRecord[] = [];
  try {
    const options = {
      worksheets: 'emit',
      sharedStrings: 'cache',
      hyperlinks: 'ignore',
      styles: 'cache',
      entries: 'ignore',
    } as const;
    for await (const sheet of new SoundReader(file, options)) {
      for await (const row of sheet) {
        const values = Array.isArray(row.values) ? row.values : [];
        if (values.length > mostCells) throw new FileUnreadable('BULK_XLSX_UNREADABLE', { line: String(row.number) });
        const cells = Array.from({ length: Math.max(values.length - 1, 0) }, (_, i) => {
          const value = values[i + 1] ?? null;
          return (of.formulas === 'AS_WRITTEN' ? formulaOf(value) : null) ?? textOf(value);
        });
        if (cells.every((cell) => cell.trim() === '')) continue;
        // A sheet that is passed over in silence would be invoices that nobody misses.
        sheetWithRows ??= sheet;
        if (sheetWithRows !== sheet) throw new FileUnreadable('BULK_SHEETS');
        records.push({ line: row.number, cells });
        if (records.length < batchOf) continue;
        yield records;
        records = [];
      }
    }
  } catch (error) {
    if (error instanceof FileUnreadable) throw error;
    throw new FileUnreadable('BULK_XLSX_UNREADABLE', { line: String((records.at(-1)?.line ?? 0) + 1) });
  }
  yield records;
}

/** The steps of the library's reader, which its types do not tell. Each takes the bytes of one part of the file. */
type Stepwise = new (
  ...given: ConstructorParameters<typeof ExcelJS.stream.xlsx.WorkbookReader>
) => ExcelJS.stream.xlsx.WorkbookReader & {
  _parseRels(part: Readable): Promise<void>;
  _parseWorkbook(part: Readable): Promise<void>;
  _parseStyles(part: Readable): Promise<void>;
  _parseSharedStrings(part: Readable): AsyncGenerator<unknown>;
  _parseWorksheet(part: Readable, number: string): Generator<unknown>;
};

/**
 * The library's reader on another unzipper: its own now and then, on a busy machine, ends a part before its end (seven of 3,200
 * workbooks in a trial), and a sheet that ends early is invoices that nobody misses. By name, so that a sheet finds its strings and
 * styles wherever they stand in the file.
 */
class SoundReader extends (ExcelJS.stream.xlsx.WorkbookReader as unknown as Stepwise) {
  constructor(
    private readonly file: string,
    options: Partial<ExcelJS.stream.xlsx.WorkbookStreamReaderOptions>,
  ) {
    super(file, options);
  }

  override async *parse(): AsyncIterableIterator<never> {
    const zip = await openPromise(this.file, { autoClose: false });
    try {
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      const part = async (name: string): Promise<Readable> => {
        const entry = entries.get(name);
        return entry === undefined ? Readable.from([]) : zip.openReadStreamPromise(entry);
      };
      await this._parseRels(await part('xl/_rels/workbook.xml.rels'));
      await this._parseWorkbook(await part('xl/workbook.xml'));
      await this._parseStyles(await part('xl/styles.xml'));
      for await (const _ of this._parseSharedStrings(await part('xl/sharedStrings.xml'))) {
        // Kept by the reader.
      }
      const sheets = [...entries.keys()].flatMap((name) => /^xl\/worksheets\/sheet(\d+)\.xml$/.exec(name)?.[1] ?? []);
      for (const number of sheets.sort((a, b) => Number(a) - Number(b))) {
        yield* this._parseWorksheet(await part(`xl/worksheets/sheet${number}.xml`), number) as Generator<never>;
      }
    } finally {
      zip.close();
    }
  }
}

async function* bounded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > xlsxBounds.file) throw new FileUnreadable('BULK_FILE_TOO_LARGE', { limit: `${xlsxBounds.file / mib} MiB` });
    yield chunk;
  }
}

/**
 * Refuses a file that would inflate beyond its bounds: by what it states of its parts, then by inflating each of them once,
 * for what is stated may be false. Refuses too what lies between its parts unnamed, where a reader that goes from front
 * to back would find what this one does not see.
 */
async function weigh(file: string): Promise<void> {
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { autoClose: false });
  } catch {
    throw unsound();
  }
  try {
    if (zip.entryCount > xlsxBounds.entries) throw tooLarge();
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      entries.push(entry);
      const bound = boundOf(entry.fileName);
      const ratio = entry.uncompressedSize / Math.max(entry.compressedSize, 1);
      if (entry.isEncrypted() || entry.uncompressedSize > bound || (entry.uncompressedSize > mib && ratio > xlsxBounds.ratio)) {
        throw tooLarge();
      }
    }
    let end = 0;
    for (const entry of entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
      // Between two parts there may stand the sizes of the first: 12 to 24 bytes.
      if (entry.relativeOffsetOfLocalHeader < end || entry.relativeOffsetOfLocalHeader > end + 24) throw unsound();
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      end = fileDataStart + entry.compressedSize;
      for await (const _ of await zip.openReadStreamPromise(entry)) {
        // Its length is held against what the entry states.
      }
    }
  } catch (error) {
    throw error instanceof FileUnreadable ? error : unsound();
  } finally {
    zip.close();
  }
}

function boundOf(name: string): number {
  if (name.startsWith('xl/worksheets/')) return xlsxBounds.sheet;
  return name === 'xl/sharedStrings.xml' ? xlsxBounds.sharedStrings : xlsxBounds.other;
}

const tooLarge = (): FileUnreadable =>
  new FileUnreadable('BULK_FILE_TOO_LARGE', { limit: `${xlsxBounds.file / mib} MiB, ${xlsxBounds.sheet / mib} MiB` });

const unsound = (): FileUnreadable => new FileUnreadable('BULK_XLSX_UNREADABLE', { line: '1' });

/** A formula as it is written; null where there is none. */
function formulaOf(value: CellValue): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if ('formula' in value) return `=${value.formula}`;
  return 'sharedFormula' in value ? `=${value.sharedFormula}` : null;
}

/** A cell as text. A formula counts as its stored result, a day as YYYY-MM-DD, a number as its shortest exact digits. */
export function textOf(value: CellValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  // From 16 digits on a number in a spreadsheet has lost some: written so that it can be taken for nothing else.
  if (typeof value === 'number') return Math.abs(value) < 1e15 ? String(value) : value.toExponential().toUpperCase();
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) return '#';
    const text = value.toISOString();
    return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
  }
  if ('richText' in value) return value.richText.map(({ text }) => text).join('');
  if ('result' in value || 'formula' in value || 'sharedFormula' in value) return textOf(value.result ?? null);
  if ('text' in value) return textOf(value.text);
  return 'error' in value ? value.error : '';
}
