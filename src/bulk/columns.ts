// The columns of a file: what each is called, where its cells go in the command's body, and back from a place in the body
// to the column that a person looks at. Pure.
import type { BulkKind } from '../../schemas/bulk.js';

interface Column {
  /** The API's name; of a line's own amounts with `line` before it, for the document has amounts of the same name. */
  readonly name: string;
  readonly zh: string;
  /** `head`: repeated, and equal, on every row of its document. */
  readonly at: 'head' | 'line';
  readonly property: string;
  readonly form: 'text' | 'amount' | 'day' | 'quantity' | 'integer';
  readonly optional?: true;
  /** Words that a Chinese form uses for the API's values. */
  readonly words?: Readonly<Record<string, string>>;
}

const amountsOf = (at: Column['at']): Column[] =>
  (
    [
      ['net', '不含税金额'],
      ['vat', '税额'],
      ['gross', '价税合计'],
    ] as const
  ).map(([property, zh]) => ({
    name: at === 'head' ? property : `line${property.charAt(0).toUpperCase()}${property.slice(1)}`,
    zh: at === 'head' ? zh : `行${zh}`,
    at,
    property,
    form: 'amount',
  }));
const head = (name: string, zh: string, form: Column['form'] = 'text'): Column => ({
  name,
  zh,
  at: 'head',
  property: name,
  form,
});
const line = (name: string, zh: string, form: Column['form'] = 'text'): Column => ({ ...head(name, zh, form), at: 'line' });

/** The first column of each names the document: rows that follow one another with the same value are one document. */
export const columnsOf: Readonly<Record<BulkKind, readonly [Column, ...Column[]]>> = {
  'usage-invoices': [
    head('invoiceNo', '发票号码'),
    head('contractId', '合同标识'),
    head('issuedOn', '开票日期', 'day'),
    head('usageFrom', '用量起始日', 'day'),
    head('usageTo', '用量截止日', 'day'),
    ...amountsOf('head'),
    line('contractLineNo', '合同行号', 'integer'),
    line('quantity', '数量', 'quantity'),
    ...amountsOf('line'),
  ],
  contracts: [
    head('contractNo', '合同编号'),
    head('enterpriseId', '算力使用方标识'),
    head('providerId', '算力服务机构标识'),
    head('signedOn', '签订日期', 'day'),
    head('startsOn', '起始日', 'day'),
    head('endsOn', '截止日', 'day'),
    {
      ...head('purpose', '用途'),
      words: { 模型技术研究: 'MODEL_RESEARCH', 产品开发: 'PRODUCT_DEVELOPMENT', 场景应用: 'SCENARIO_APPLICATION' },
    },
    ...amountsOf('head'),
    line('description', '内容'),
    line('serviceItem', '服务项目'),
    line('facilityId', '算力中心标识'),
    { ...line('chipVendor', '芯片厂商'), optional: true },
    { ...line('chipModel', '芯片型号'), optional: true },
    { ...line('modelClass', '模型类别'), optional: true },
    { ...line('modelRegistrationNo', '模型备案号'), optional: true },
    { ...line('unit', '计量单位'), words: { 卡时: 'CARD_HOUR', 核时: 'CORE_HOUR', 月: 'MONTH', 项: 'ITEM' } },
    line('quantity', '数量', 'quantity'),
    ...amountsOf('line'),
  ],
};

/** What the refused file adds to each row; ignored in a file that is uploaded. */
export const errorColumns: readonly string[] = ['errorField', 'errorCode', 'errorMessage'];

/** Where the columns of one file stand. */
export interface Layout {
  readonly kind: BulkKind;
  /** The known columns, in the order of the file: their names as the file writes them, … */
  readonly names: readonly string[];
  /** … what they are, … */
  readonly columns: readonly Column[];
  /** … and at which of the file's cells they stand. */
  readonly positions: readonly number[];
  /** Which of `names` names the document. */
  readonly key: number;
}

export interface FileFault {
  readonly kind: 'fault';
  readonly code: 'BULK_COLUMN_UNKNOWN' | 'BULK_COLUMN_MISSING' | 'BULK_COLUMN_TWICE';
  readonly params: Readonly<Record<string, string>>;
}

/** Reads the header; refuses, before any row is taken, a column that is unknown, there twice, or missing. */
export function layoutOf(kind: BulkKind, header: readonly string[]): { kind: 'layout'; layout: Layout } | FileFault {
  const known = columnsOf[kind];
  const byName = new Map(known.flatMap((column) => [[column.name, column] as const, [column.zh, column] as const]));
  const names: string[] = [];
  const columns: Column[] = [];
  const positions: number[] = [];
  for (const [position, cell] of header.entries()) {
    const name = cell.trim();
    // A spreadsheet leaves empty columns behind the last one; a cell under such a column is refused with its row.
    if (name === '' || errorColumns.includes(name)) continue;
    const column = byName.get(name);
    if (!column) return { kind: 'fault', code: 'BULK_COLUMN_UNKNOWN', params: { column: cut(name), columns: allNames(known) } };
    if (columns.includes(column)) return { kind: 'fault', code: 'BULK_COLUMN_TWICE', params: { column: name } };
    names.push(name);
    columns.push(column);
    positions.push(position);
  }
  const missing = known.filter((column) => column.optional !== true && !columns.includes(column));
  if (missing.length > 0) return { kind: 'fault', code: 'BULK_COLUMN_MISSING', params: { columns: allNames(missing) } };
  return { kind: 'layout', layout: { kind, names, columns, positions, key: columns.indexOf(known[0]) } };
}

const allNames = (columns: readonly Column[]): string => columns.map(({ name, zh }) => `${name} (${zh})`).join(', ');

/** What is said of a value: at most 200 characters of it. */
export const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text);

/**
 * What a cell says as the API writes it: trimmed, an escaped formula as the text it was, amounts with both decimals
 * (`1234.5`), days of a spreadsheet (`2024/7/1`) with hyphens. Anything else stays as it is for the schema to refuse.
 * Undefined for an empty cell.
 */
export function valueOf({ form, words }: Column, cell: string): string | number | undefined {
  const text = cell.trim();
  if (text === '') return undefined;
  if (form === 'amount') {
    if (text.charCodeAt(text.length - 3) === 46) return text;
    return /^\d+(\.\d?)?$/.test(text) ? withDecimals(text) : text;
  }
  if (form === 'day') {
    const [, year, month = '', day = ''] = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$/.exec(text) ?? [];
    return year === undefined ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  }
  if (form === 'integer') return /^\d{1,9}$/.test(text) ? Number(text) : text;
  if (form === 'quantity') return text;
  return words?.[text] ?? plain(text);
}

function withDecimals(text: string): string {
  const [whole = '', decimals = ''] = text.split('.');
  return `${whole}.${decimals.padEnd(2, '0')}`;
}

// On the way out an apostrophe stands before text that begins like a formula (escapedCell): on the way in it is taken off again, so that
// what goes out and comes back is the same.
const plain = (text: string): string => (/^'[=+\-@\t\r']/.test(text) ? text.slice(1) : text);

/** Columns of the file whose cells of the head differ from the document's first row. */
export function differingHead(layout: Layout, first: readonly string[], row: readonly string[]): number[] {
  return layout.columns.flatMap((column, i) => (column.at === 'head' && first[i] !== row[i] ? [i] : []));
}

/** The body of the single command that these rows (known columns only, in the file's order) stand for. */
export function bodyOf(layout: Layout, rows: readonly (readonly string[])[]): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const first = rows[0] ?? [];
  const lines: Record<string, unknown>[] = rows.map(() => ({}));
  for (const [i, column] of layout.columns.entries()) {
    if (column.at === 'head') {
      const value = valueOf(column, first[i] ?? '');
      if (value !== undefined) body[column.property] = value;
      continue;
    }
    for (const [r, row] of rows.entries()) {
      const value = valueOf(column, row[i] ?? '');
      const of = lines[r];
      if (value !== undefined && of) of[column.property] = value;
    }
  }
  body['lines'] = lines;
  return body;
}

export type Path = readonly (string | number)[];

/** Which row of its document, and which column of the file, a place in the body is; column −1 when no column is meant. */
export function placeOf(layout: Layout, path: Path): { row: number; column: number } {
  const [first, index, property] = path;
  if (first === 'lines' && typeof index === 'number') {
    return { row: index, column: layout.columns.findIndex((of) => of.at === 'line' && of.property === property) };
  }
  return { row: 0, column: layout.columns.findIndex((of) => of.at === 'head' && of.property === first) };
}

/** `/lines/3/quantity` as `['lines', 3, 'quantity']` (RFC 6901). */
export const pathOf = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));

/** What stands at a place of a body, as text; empty when nothing does. */
export function textAt(body: unknown, path: Path): string {
  let at: unknown = body;
  for (const part of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[String(part)] : undefined;
  if (at === undefined) return '';
  return cut(typeof at === 'string' ? at : JSON.stringify(at));
}
