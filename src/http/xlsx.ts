// Spreadsheets (xlsx) as they are written: the one place that knows how. Put down to a file before they are sent, for a zip cannot
// wait for a slow reader; of a list of any length a slice is in memory.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as aside } from 'node:timers/promises';
import ExcelJS from 'exceljs';

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

/** The bytes of a workbook of one list; each slice is some rows, each row the texts of its cells in the order of the columns. */
export async function* xlsxOf(
  name: string,
  columns: readonly SheetColumn[],
  slices: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xlsx-'));
  try {
    const file = path.join(folder, 'file.xlsx');
    const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
      stream: createWriteStream(file),
      useStyles: true,
      useSharedStrings: false,
    });
    const begin = (title: string): ExcelJS.Worksheet => {
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
    }
    sheet.commit();
    await workbook.commit();
    for await (const bytes of createReadStream(file)) yield bytes as Buffer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
