// From the bytes of a file to documents that the schema of the single command has judged, slice by slice. Runs in the
// reader's own thread (read-worker.ts), so that people's commands do not wait for somebody's file.
import type { z } from 'zod';
import type { BulkKind } from '../../schemas/bulk.js';
import { submitContract } from '../../schemas/contracts.js';
import { postUsageInvoice } from '../../schemas/usage.js';
import type { Layout, Path } from './columns.js';
import { bodyOf, cut, differingHead, errorColumns, layoutOf, placeOf, textAt } from './columns.js';
import { decoded } from './decode.js';
import type { Document, FileSlice, FileSpec, Issue, Row } from './file.js';
import { chained, FileUnreadable, mostRows } from './file.js';
import { readCsv } from './read-csv.js';
import { readNdjson } from './read-ndjson.js';

const schemas: Readonly<Record<BulkKind, z.ZodType<object>>> = { 'usage-invoices': postUsageInvoice, contracts: submitContract };
/** Of a row or document with many errors only the first are told. */
const mostIssues = 10;

/** What a spreadsheet makes of a long number that was not entered as text. */
const digitsLost = /^\d(\.\d+)?E\+\d+$/i;

/** Cells of a table, row by row, the header first. */
type Tables = AsyncIterable<readonly { readonly line: number; readonly cells: readonly string[] }[]>;

export class FileReader {
  readonly #spec: FileSpec;
  readonly #rows: AsyncIterator<readonly Row[]>;
  #layout: Layout | null = null;
  /** Which cells of a row have a column: those of the layout, and those that an earlier refused file added. */
  #headed = new Set<number>();
  #batch: readonly Row[] = [];
  #at = 0;
  #ended = false;
  #digest = '';
  #nextLine = 1;
  /** What names the document of the last row taken: more rows of it are no new document. */
  #lastKey: string | null = null;
  #tooLarge = false;

  constructor(spec: FileSpec, chunks: AsyncIterable<Uint8Array>) {
    this.#spec = spec;
    this.#rows = this.#open(chunks)[Symbol.asyncIterator]();
  }

  /** Reads as far as the first row. The names of the known columns as the file has them; null for NDJSON. */
  async open(): Promise<readonly string[] | null> {
    await this.#more();
    const names = this.#layout?.names ?? null;
    this.#digest = chained(this.#spec.kind, [this.#spec.format, JSON.stringify(names)]);
    return names;
  }

  /**
   * Passes over the lines before `nextLine` and compares them with what was taken of them; false when this is another file.
   * Of them no more is parsed than it takes to find where their documents end.
   */
  async skip(of: { nextLine: number; digest: string | null }): Promise<boolean> {
    for (let row = await this.#peek(); row && row.line < of.nextLine; row = await this.#peek()) await this.#documentRows();
    return of.digest === null || this.#digest === of.digest;
  }

  /** The next documents, of about this many lines together; at least one, unless the file has ended. */
  async next(lines: number): Promise<FileSlice> {
    const documents: Document[] = [];
    const before = this.#digest;
    let weight = 0;
    while (weight < lines) {
      const rows = await this.#documentRows();
      if (rows.length === 0) break;
      const document = this.#judge(rows);
      documents.push(document);
      weight += document.weight;
    }
    const end = (await this.#peek()) === undefined;
    return { documents, before, nextLine: this.#nextLine, digest: this.#digest, end };
  }

  async close(): Promise<void> {
    await this.#rows.return?.();
  }

  // ── Rows ──

  async *#open(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Row[]> {
    const { format, folder } = this.#spec;
    if (format === 'ndjson') yield* readNdjson(decoded(chunks, { gb18030: false }));
    else if (format === 'csv') yield* this.#table(readCsv(decoded(chunks, { gb18030: true })));
    else {
      // Loaded only when it is needed: it is the heaviest thing here.
      const { readXlsx } = await import('./read-xlsx.js');
      yield* this.#table(readXlsx(chunks, folder));
    }
    if (format !== 'ndjson' && !this.#layout) throw new FileUnreadable('BULK_NO_HEADER');
  }

  async *#table(records: Tables): AsyncGenerator<readonly Row[]> {
    for await (const batch of records) {
      let rows = batch;
      if (!this.#layout) {
        const [header] = batch;
        if (!header) continue;
        const read = layoutOf(this.#spec.kind, header.cells);
        if (read.kind === 'fault') throw new FileUnreadable(read.code, read.params);
        this.#layout = read.layout;
        const errors = header.cells.flatMap((name, i) => (errorColumns.includes(name.trim()) ? [i] : []));
        this.#headed = new Set([...read.layout.positions, ...errors]);
        rows = batch.slice(1);
      }
      const layout = this.#layout;
      yield rows.map(({ line, cells }) => this.#row(layout, line, cells));
    }
  }

  #row(layout: Layout, line: number, all: readonly string[]): Row {
    const cells = layout.positions.map((position) => all[position] ?? '');
    const row = { line, raw: keepable(JSON.stringify(cells)), cells };
    const nul = cells.findIndex((cell) => cell.includes('\0'));
    if (nul >= 0) return { ...row, broken: { code: 'TEXT_NOT_ALLOWED', params: {}, column: nul } };
    const lost = layout.columns.findIndex(({ form }, i) => form === 'text' && digitsLost.test(cells[i] ?? ''));
    if (lost >= 0) return { ...row, broken: { code: 'BULK_DIGITS_LOST', params: { found: cells[lost] ?? '' }, column: lost } };
    for (let i = 0; i < all.length; i++) {
      if (this.#headed.has(i) || all[i]?.trim() === '') continue;
      const params = { cell: cut(all[i] ?? ''), position: String(i + 1) };
      return { ...row, broken: { code: 'BULK_CELL_WITHOUT_COLUMN', params, column: -1 } };
    }
    return row;
  }

  async #more(): Promise<void> {
    while (!this.#ended && this.#at >= this.#batch.length) {
      const next = await this.#rows.next();
      this.#ended = next.done === true;
      this.#batch = next.done === true ? [] : next.value;
      this.#at = 0;
    }
  }

  async #peek(): Promise<Row | undefined> {
    if (this.#at >= this.#batch.length) await this.#more();
    return this.#batch[this.#at];
  }

  #keyOf(row: Row): string | null {
    const key = this.#layout ? (row.cells?.[this.#layout.key] ?? '').trim() : '';
    return key === '' ? null : key;
  }

  /**
   * The rows of the next document: in NDJSON one, in a table those that follow one another under the same number. A document
   * of more than 1,000 rows is cut there, and what is left of it is marked as too large as well.
   */
  async #documentRows(): Promise<readonly Row[]> {
    const first = await this.#peek();
    if (!first) return [];
    const rows: Row[] = [];
    const key = this.#keyOf(first);
    this.#tooLarge = key !== null && key === this.#lastKey;
    for (let row: Row | undefined = first; row; row = await this.#peek()) {
      if (rows.length > 0 && (key === null || this.#keyOf(row) !== key)) break;
      if (rows.length === mostRows) {
        this.#tooLarge = true;
        break;
      }
      rows.push(row);
      this.#at += 1;
    }
    this.#digest = chained(
      this.#digest,
      rows.map(({ raw }) => raw),
    );
    this.#nextLine = (rows.at(-1)?.line ?? 0) + 1;
    this.#lastKey = key;
    return rows;
  }

  // ── Documents ──

  #judge(rows: readonly Row[]): Document {
    const lines = rows.map(({ line }) => line);
    const raws = rows.map(({ raw }) => raw);
    const refused = (issues: readonly Issue[]): Document => ({ lines, raws, weight: rows.length, body: null, issues });
    const layout = this.#layout;
    if (!layout) return this.#judgeObject(raws[0] ?? '', refused, { lines, raws });

    if (this.#tooLarge) {
      const params = { most: String(mostRows) };
      return refused(
        rows.map((_, row) => ({ row, column: layout.key, value: '', told: told('BULK_DOCUMENT_TOO_LARGE', params) })),
      );
    }
    const cellsOf = (row: number): readonly string[] => rows[row]?.cells ?? [];
    const broken = rows.flatMap(({ broken: of }, row): Issue[] =>
      of ? [{ row, column: of.column, value: cut(cellsOf(row)[of.column] ?? ''), told: told(of.code, of.params) }] : [],
    );
    if (broken.length > 0) return refused(broken);
    const differing = rows.flatMap((_, row): Issue[] =>
      differingHead(layout, cellsOf(0), cellsOf(row)).map((column) => ({
        row,
        column,
        value: cut(cellsOf(row)[column] ?? ''),
        told: told('BULK_HEAD_DIFFERS', { line: String(lines[0]), first: cut(cellsOf(0)[column] ?? '') }),
      })),
    );
    if (differing.length > 0) return refused(differing);

    const read = schemas[layout.kind].safeParse(
      bodyOf(
        layout,
        rows.map((_, row) => cellsOf(row)),
      ),
    );
    if (read.success) return { lines, raws, weight: rows.length, body: read.data, issues: [] };
    return refused(
      read.error.issues.map((issue): Issue => {
        const place = placeOf(layout, issue.path as Path);
        return { ...place, value: cut(cellsOf(place.row)[place.column] ?? ''), told: toldOf(issue) };
      }),
    );
  }

  #judgeObject(
    raw: string,
    refused: (issues: readonly Issue[]) => Document,
    of: { lines: readonly number[]; raws: readonly string[] },
  ): Document {
    const one = (code: string): Document => refused([{ row: 0, column: -1, value: '', told: told(code) }]);
    let sent: unknown;
    try {
      sent = JSON.parse(raw);
    } catch {
      return one('BULK_LINE_NOT_JSON');
    }
    if (raw.includes('\\u') && !isKeepable(sent)) return one('TEXT_NOT_ALLOWED');
    if (typeof sent === 'object' && sent !== null) {
      for (const name of errorColumns) if (name in sent) delete (sent as Record<string, unknown>)[name];
    }
    const read = schemas[this.#spec.kind].safeParse(sent);
    if (!read.success) {
      const issues = read.error.issues.flatMap((issue): Issue[] => {
        const of = { row: 0, column: -1 };
        // What is unknown is shown itself, each by its own name.
        if (issue.code === 'unrecognized_keys') {
          return issue.keys.map((key) => {
            return { ...of, value: textAt(sent, [...(issue.path as Path), key]), told: toldOf({ ...issue, keys: [key] }) };
          });
        }
        return [{ ...of, value: textAt(sent, issue.path as Path), told: toldOf(issue) }];
      });
      return refused(issues.slice(0, mostIssues));
    }
    const lines = (read.data as { lines?: readonly unknown[] }).lines?.length ?? 1;
    return { ...of, weight: lines, body: read.data, issues: [] };
  }
}

const told = (code: string, params: Readonly<Record<string, string>> = {}) => ({ code, params, pointer: '' });

/** The schema's finding in plain data: what the service's own wording of it needs, and nothing that a thread cannot be sent. */
function toldOf(issue: z.core.$ZodIssue): Issue['told'] {
  const { code: keyword, path, message, ...rest } = issue;
  const params: Record<string, unknown> = {};
  for (const name of ['expected', 'origin', 'minimum', 'maximum', 'values', 'keys']) {
    if (name in rest) params[name] = (rest as Record<string, unknown>)[name];
  }
  const instancePath = `/${path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  return { keyword, instancePath, message, params };
}

/** The database holds no NUL; a row that has one is refused, and kept without it. */
const keepable = (text: string): string => (text.includes('\\u0000') ? text.replaceAll('\\u0000', '\uFFFD') : text);

function isKeepable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, of]) => isKeepable(key) && isKeepable(of));
}
