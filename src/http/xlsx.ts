// Spreadsheets (xlsx) as they are written: the one place that knows how. Put down to a file before they are sent, for a zip cannot
// wait for a slow reader; of a list of any length a slice is in memory.
import { EventEmitter, once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as aside } from 'node:timers/promises';
import type { Worksheet } from 'exceljs';

/**
 * How cells of a column are written. What is text stays text whatever it looks like: codes of 18 digits keep their digits, and
 * nothing is run as a formula.
 */
export type CellForm = 'text' | 'count' | 'yuan' | 'day';

export interface SheetColumn {
  readonly header: string;
  readonly form: CellForm;
}

const formats: Readonly<Record<CellForm, string>> = { text: '@', count: '0', yuan: '#,##0.00', day: 'yyyy-mm-dd' };
const widths: Readonly<Record<CellForm, number>> = { text: 22, count: 10, yuan: 18, day: 12 };

/** Rows that a sheet can hold below its first (2^20 in all); what is beyond goes on in another sheet. */
const rowsOfSheet = 1_048_575;
/** A spreadsheet counts with 15 digits: an amount of more stays text, to the fen. */
const exactYuan = /^-?\d{1,13}\.\d{2}$/;

/** A cell: an amount is written by its own digits, an empty text as no cell at all. */
function cellOf(text: string, form: CellForm): string | number | Date | null {
  if (text === '') return null;
  if (form === 'yuan') return exactYuan.test(text) ? Number(text) : text;
  if (form === 'count') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (form === 'day') return /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : text;
  return text;
}

/**
 * The bytes of a workbook of one list; each slice is some rows, each row the texts of its cells in the order of the columns. With `at` it says
 * that it was made then, and the same rows give the same bytes.
 */
export async function* xlsxOf(
  name: string,
  columns: readonly SheetColumn[],
  slices: AsyncIterable<readonly (readonly string[])[]>,
  at?: Date,
): AsyncGenerator<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xlsx-'));
  try {
    // Loaded when there is one to write, for it is a fifth of all there is to load.
    const { default: ExcelJS } = await import('exceljs');
    const file = path.join(folder, 'file.xlsx');
    const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
      stream: createWriteStream(file),
      useStyles: true,
      useSharedStrings: false,
    });
    if (at) workbook.created = workbook.modified = at;
    const begin = (title: string): Worksheet => {
      const sheet = workbook.addWorksheet(title, { views: [{ state: 'frozen', ySplit: 1 }] });
      sheet.columns = columns.map(({ header, form }) => ({ header, width: widths[form], style: { numFmt: formats[form] } }));
      return sheet;
    };
    let sheet = begin(name);
    let sheets = 1;
    let rows = 0;
    for await (const slice of slices) {
      for (const row of slice) {
        if (rows === rowsOfSheet) {
          sheet.commit();
          sheet = begin(`${name} ${++sheets}`);
          rows = 0;
        }
        sheet.addRow(row.map((text, i) => cellOf(text, columns[i]?.form ?? 'text'))).commit();
        rows++;
      }
      // People's commands between the slices.
      await aside();
      await packed(sheet);
    }
    sheet.commit();
    await workbook.commit();
    if (at) await forgetTimes(file);
    for await (const bytes of createReadStream(file)) yield bytes as Buffer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes of rows that may wait to be packed. */
const mostWaiting = 1 << 20;

/**
 * Resolves once no more of a sheet's rows wait to be packed than may. What writes it goes on without asking, and all of a long sheet would
 * wait in memory; it has no word for that, so it is read where it stands.
 */
async function packed(sheet: Worksheet): Promise<void> {
  const stream: unknown = Reflect.get(sheet, 'stream');
  const pipes: unknown = stream instanceof EventEmitter ? Reflect.get(stream, 'pipes') : undefined;
  if (!Array.isArray(pipes)) throw new Error('a sheet is written in another way than it was');
  for (const pipe of pipes as (EventEmitter & { readonly _writableState: { readonly length: number } })[])
    if (pipe._writableState.length > mostWaiting) await once(pipe, 'drain');
}

/** When the parts of a zip were put in: set to the first moment that a zip can tell, in its directory and at each part. */
async function forgetTimes(file: string): Promise<void> {
  const first = Buffer.from([0, 0, 0x21, 0]);
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf('PK\u0005\u0006');
    if (end < 0) throw new Error('a workbook without a directory');
    const [length, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    const directory = Buffer.alloc(length);
    await handle.read(directory, 0, length, offset);
    for (let at = 0; at < length;) {
      await handle.write(first, 0, 4, directory.readUInt32LE(at + 42) + 10);
      first.copy(directory, at + 12);
      at += 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    await handle.write(directory, 0, length, offset);
  } finally {
    await handle.close();
  }
}
