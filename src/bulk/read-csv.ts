import type { CsvError, Parser } from 'csv-parse';
import { parse } from 'csv-parse';
import { FileUnreadable, longestRow } from './file.js';

/** A record of the file: its cells, and its number from 1 (blank records are counted and left out). */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Records as RFC 4180 writes them, in batches as the text comes in. Rows may be of different length. */
export async function* readCsv(text: AsyncIterable<string>): AsyncGenerator<readonly CsvRecord[]> {
  const parser = parse({ relax_column_count: true });
  let line = 0;
  let failure: Error | undefined;
  let ended = false;
  let wake = (): void => undefined;
  parser.on('readable', () => wake());
  parser.once('end', () => {
    ended = true;
    wake();
  });
  parser.once('error', (error: Error) => {
    failure = error;
    wake();
  });
  /** What the parser makes until `done`: it stops when its output is full, so its records are taken all the while. */
  async function* until(done: () => boolean): AsyncGenerator<readonly CsvRecord[]> {
    for (;;) {
      const over = done();
      const records: CsvRecord[] = [];
      for (let cells = next(parser); cells !== null; cells = next(parser)) {
        line += 1;
        if (cells.some((cell) => cell !== '')) records.push({ line, cells });
      }
      if (records.length > 0) yield records;
      if (failure) throw failure;
      if (over) return;
      if (!done()) await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  try {
    // Text since the last record: a quote that is never closed would take in the whole file.
    let open = 0;
    for await (const part of text) {
      let written = false;
      parser.write(part, () => {
        written = true;
        wake();
      });
      open += part.length;
      for await (const records of until(() => written)) {
        open = 0;
        yield records;
      }
      if (open > longestRow) throw new FileUnreadable('BULK_ROW_TOO_LONG', { line: String(line + 1), limit: String(longestRow) });
    }
    parser.end();
    yield* until(() => ended);
  } catch (error) {
    throw isCsvError(error) ? new FileUnreadable('BULK_CSV_QUOTES', { line: String(line + 1) }) : error;
  } finally {
    parser.destroy();
  }
}

const next = (parser: Parser): string[] | null => parser.read() as string[] | null;
const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('CSV_');
