// What a file is read as: encodings, quotes, columns, documents, spreadsheets and their bounds; and what is not read.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import ExcelJS from 'exceljs';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { bodyOf, columnsOf, layoutOf, valueOf } from '../../src/bulk/columns.js';
import type { Document, FileSlice } from '../../src/bulk/file.js';
import { FileUnreadable, longestRow } from '../../src/bulk/file.js';
import { FileReader } from '../../src/bulk/read-file.js';
import { textOf, xlsxBounds } from '../../src/bulk/read-xlsx.js';
import { escapedCell } from '../../src/http/files.js';
import { SliceSize, sliceBounds } from '../../src/ledger/slice-size.js';
import type { BulkFormat } from '../../schemas/bulk.js';
import { nextInvoiceNo } from '../usage/world.js';
import { csv, invoiceOf, ndjson, rowsOf, usageHeader } from './world.js';

const contract = { contractId: '0190c6a0-0000-7000-8000-000000000000', gross: '1.00' };
let folder = '';
t.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bulk-files-'));
});
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** Everything of a file, handed over in pieces of `piece` bytes and asked for in slices of `size` lines. */
async function read(
  format: BulkFormat,
  file: string | Buffer,
  of: { piece?: number; size?: number; from?: { nextLine: number; digest: string | null } } = {},
): Promise<{ slices: FileSlice[]; documents: Document[]; names: readonly string[] | null; same: boolean }> {
  const { piece = 64 * 1024, size = 200, from = { nextLine: 1, digest: null } } = of;
  const bytes = Buffer.from(file);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const reader = new FileReader({ kind: 'usage-invoices', format, folder }, pieces());
  const names = await reader.open();
  const same = await reader.skip(from);
  const slices: FileSlice[] = [];
  do slices.push(await reader.next(size));
  while (slices.at(-1)?.end !== true);
  return { slices, documents: slices.flatMap(({ documents }) => documents), names, same };
}
const codesOf = (document: Document | undefined) =>
  document?.issues.map(({ row, told }) => [row, 'code' in told ? told.code : told.message]);

async function fault(t: Test, format: BulkFormat, file: string | Buffer, code: string, params: object = {}): Promise<void> {
  const error: unknown = await read(format, file).then(
    () => undefined,
    (e: unknown) => e,
  );
  t.match(error, { code, params }, code);
  t.ok(error instanceof FileUnreadable);
}

void t.test('the three formats say the same documents, however the bytes are cut', async (t) => {
  const invoices = [1, 3, 2].map((lineCount) => invoiceOf(contract, { lineCount }));
  const bodies = JSON.stringify(invoices);
  for (const piece of [1, 7, 65536]) {
    const a = await read('ndjson', ndjson(invoices), { piece });
    t.equal(JSON.stringify(a.documents.map(({ body }) => body)), bodies, `ndjson by ${piece}`);
    t.strictSame(
      a.documents.map(({ lines }) => lines),
      [[1], [2], [3]],
    );
    const b = await read('csv', csv(rowsOf(invoices)), { piece });
    t.same(
      b.documents.map(({ body }) => body),
      invoices,
      `csv by ${piece}`,
    );
    t.strictSame(
      b.documents.map(({ lines }) => lines),
      [[2], [3, 4, 5], [6, 7]],
    );
    t.strictSame(b.names, usageHeader);
  }
  const c = await read('xlsx', await sheetOf(rowsOf(invoices)));
  t.same(
    c.documents.map(({ body }) => body),
    invoices,
  );
  t.strictSame(
    c.documents.map(({ lines }) => lines),
    [[2], [3, 4, 5], [6, 7]],
  );
});

void t.test('a text file is UTF-8 with or without its mark; a CSV else GB 18030; nothing is ever replaced', async (t) => {
  const chinese = columnsOf['usage-invoices'].map(({ zh }) => zh);
  const invoices = [invoiceOf(contract, { lineCount: 2 })];
  const text = csv(rowsOf(invoices), chinese);
  const gbk = (of: string): Buffer => {
    // The header in GB 18030, by searching the decoder: the platform only decodes.
    const decoder = new TextDecoder('gb18030');
    const known = new Map<string, [number, number]>();
    for (let a = 0x81; a <= 0xfe; a++) for (let b = 0x40; b <= 0xfe; b++) known.set(decoder.decode(Uint8Array.of(a, b)), [a, b]);
    return Buffer.from([...of].flatMap((c) => (c.charCodeAt(0) < 128 ? [c.charCodeAt(0)] : (known.get(c) ?? []))));
  };
  for (const [name, bytes] of [
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${text}`)],
    ['GB 18030', gbk(text)],
  ] as const) {
    for (const piece of [1, 3, 65536]) {
      const { documents, names } = await read('csv', bytes, { piece });
      t.same(
        documents.map(({ body }) => body),
        invoices,
        `${name} by ${piece}`,
      );
      t.strictSame(names, chinese);
    }
  }
  await fault(t, 'ndjson', gbk('{"发票":1}\n'), 'BULK_ENCODING', { encoding: 'utf-8' });
  // Once it is clear that a file is UTF-8 a byte that is none is a fault, not another encoding.
  await fault(t, 'csv', Buffer.concat([Buffer.from(text), Buffer.alloc(70_000, 'x'), Buffer.of(0xff, 0xff)]), 'BULK_ENCODING');
});

void t.test(
  'columns: unknown, missing and double ones are refused before any row; errors of an earlier file are nobody’s',
  async (t) => {
    const row = rowsOf([invoiceOf(contract)])[0] ?? [];
    await fault(t, 'csv', csv([], [...usageHeader, 'colour']), 'BULK_COLUMN_UNKNOWN', { column: 'colour' });
    await fault(t, 'csv', csv([], usageHeader.slice(1)), 'BULK_COLUMN_MISSING', { columns: 'invoiceNo (发票号码)' });
    await fault(t, 'csv', csv([], [...usageHeader, '发票号码']), 'BULK_COLUMN_TWICE', { column: '发票号码' });
    await fault(t, 'csv', '', 'BULK_NO_HEADER');
    await fault(t, 'xlsx', await sheetOf([], []), 'BULK_NO_HEADER');
    const mended = await read('csv', csv([[...row, 'x', 'y', 'z']], [...usageHeader, 'errorField', 'errorCode', 'errorMessage']));
    t.ok(mended.documents[0]?.body);
    const turned = await read('csv', csv([row.toReversed()], usageHeader.toReversed()));
    t.ok(turned.documents[0]?.body, 'in any order');
    const trailing = await read('csv', csv([[...row, '', ' ']], [...usageHeader, '', '']));
    t.ok(trailing.documents[0]?.body, 'a spreadsheet leaves empty columns behind');
    const over = await read('csv', csv([[...row, 'more']]));
    t.strictSame(codesOf(over.documents[0]), [[0, 'BULK_CELL_WITHOUT_COLUMN']]);
  },
);

void t.test('a document is taken whole: rows that follow one another with one number, and agree', async (t) => {
  const [a, b] = [invoiceOf(contract, { lineCount: 3 }), invoiceOf(contract)];
  const rows = rowsOf([a, b]);
  const differing = rows.map((row, i) => (i === 1 ? row.with(2, '2024-08-02') : row));
  const { documents } = await read('csv', csv(differing));
  t.strictSame(codesOf(documents[0]), [[1, 'BULK_HEAD_DIFFERS']]);
  t.ok(documents[1]?.body, 'the next one is not touched');
  const apart = await read('csv', csv([rows[0], rows[3], rows[1]].map((row) => row ?? [])));
  t.equal(apart.documents.length, 3, 'rows that do not follow one another are documents of their own');

  const long = Array.from({ length: 2_300 }, () => rowsOf([b])[0] ?? []);
  for (const size of [50, 5_000]) {
    const { documents: cut } = await read('csv', csv([...long, rowsOf([a])[0] ?? []]), { size });
    t.strictSame(
      cut.map(({ lines }) => lines.length),
      [1_000, 1_000, 300, 1],
    );
    t.strictSame(codesOf(cut[2])?.[0], [0, 'BULK_DOCUMENT_TOO_LARGE'], 'what is left of it is no new document');
    // From the middle on it is still none.
    const first = (await read('csv', csv(long), { size: 1_000 })).slices[1];
    const rest = await read('csv', csv(long), { from: { nextLine: first?.nextLine ?? 0, digest: first?.digest ?? '' } });
    t.equal(rest.same, true);
    t.strictSame(
      rest.documents.map((d) => [d.lines.length, d.body]),
      [[300, null]],
    );
  }
  const empty = await read('csv', csv([rows[0]?.with(0, '') ?? [], rows[0]?.with(0, '') ?? []]));
  t.equal(empty.documents.length, 2, 'without a number nothing belongs together');
});

void t.test('what is wrong stands at the column or pointer that its sender looks at', async (t) => {
  const [row = []] = rowsOf([invoiceOf(contract)]);
  const wrong = await read('csv', csv([row.with(3, '2024-02-30').with(9, 'many').with(8, 'one')]));
  const at = wrong.documents[0]?.issues.map(({ column, value }) => [wrong.names?.[column], value]);
  t.strictSame(at?.sort(), [
    ['contractLineNo', 'one'],
    ['quantity', 'many'],
    ['usageFrom', '2024-02-30'],
  ]);
  const nul = await read('csv', csv([row.with(1, 'a\0b')]));
  t.strictSame(codesOf(nul.documents[0]), [[0, 'TEXT_NOT_ALLOWED']]);
  t.notMatch(nul.documents[0]?.raws[0], '\\u0000', 'and can be kept');
  const lost = await read('csv', csv([row.with(0, '2.44100E+19')]));
  t.strictSame(codesOf(lost.documents[0]), [[0, 'BULK_DIGITS_LOST']]);
  const lines = await read('ndjson', `{"invoiceNo":\n\n"text"\n${JSON.stringify({ ...invoiceOf(contract), purpose: '\0' })}\n`);
  t.strictSame(lines.documents.map((d) => [d.lines, codesOf(d)?.[0]?.[1]]).slice(0, 1), [[[1], 'BULK_LINE_NOT_JSON']]);
  t.strictSame(
    lines.documents.map((d) => d.lines[0]),
    [1, 3, 4],
    'blank lines are counted',
  );
  t.strictSame(codesOf(lines.documents[2]), [[0, 'TEXT_NOT_ALLOWED']]);
});

void t.test('a file ends where it cannot be read on', async (t) => {
  const one = invoiceOf(contract);
  await fault(t, 'csv', `${csv(rowsOf([one]))}"open,1\r\n`, 'BULK_CSV_QUOTES', { line: '3' });
  await fault(t, 'ndjson', `${ndjson([one])}${'x'.repeat(longestRow + 1)}`, 'BULK_ROW_TOO_LONG', { line: '2' });
  await fault(t, 'csv', `${csv(rowsOf([one]))}"${'x'.repeat(2 * longestRow)}`, 'BULK_ROW_TOO_LONG');
});

void t.test('the digest at a line is the same wherever slices end, and another for every other file', async (t) => {
  const invoices = Array.from({ length: 40 }, (_, i) => invoiceOf(contract, { lineCount: 1 + (i % 4) }));
  const file = csv(rowsOf(invoices));
  const [whole] = (await read('csv', file, { size: 10_000 })).slices;
  for (const size of [1, 7, 30]) {
    const { slices } = await read('csv', file, { size, piece: 11 });
    t.equal(slices.at(-1)?.digest, whole?.digest);
    for (const { nextLine, digest } of slices) {
      const rest = await read('csv', file, { from: { nextLine, digest } });
      t.equal(rest.same, true);
      t.equal(rest.documents[0]?.lines[0] ?? nextLine, nextLine);
      t.equal(rest.slices.at(-1)?.digest, whole?.digest);
    }
    const middle = slices[Math.floor(slices.length / 2)];
    if (!middle) throw new Error('no slices');
    for (const other of [
      file.replace('1.00', '2.00'),
      file.split('\r\n').slice(0, 3).join('\r\n'),
      csv(rowsOf(invoices.slice(1))),
    ]) {
      t.equal((await read('csv', other, { from: middle })).same, false);
    }
  }
});

void t.test(
  'cells: what an office writes is read as the API writes it; a formula goes out as text and comes back as it was',
  async (t) => {
    const column = (name: string) => columnsOf.contracts.find((of) => of.name === name) ?? columnsOf.contracts[0];
    for (const [name, cell, value] of [
      ['gross', '1234.5', '1234.50'],
      ['gross', '1234', '1234.00'],
      ['gross', ' 1234.56 ', '1234.56'],
      ['gross', '1,234.56', '1,234.56'],
      ['gross', '-1', '-1'],
      ['signedOn', '2024/7/1', '2024-07-01'],
      ['signedOn', '2024-07-01', '2024-07-01'],
      ['signedOn', '7/1/2024', '7/1/2024'],
      ['unit', '卡时', 'CARD_HOUR'],
      ['purpose', '产品开发', 'PRODUCT_DEVELOPMENT'],
      ['description', "'=1+1", '=1+1'],
      ['description', "'plain", "'plain"],
      ['description', '  ', undefined],
    ] as const) {
      t.equal(valueOf(column(name), cell), value, `${name} ${cell}`);
    }
    t.equal(escapedCell('=HYPERLINK("x")', true), '\'=HYPERLINK("x")', 'in a column of amounts too');
    t.equal(escapedCell('-5.00', true), '-5.00', 'a negative number is none');
    t.equal(escapedCell('-5.00'), "'-5.00");
    fc.assert(
      fc.property(fc.string(), (text) => {
        const out = escapedCell(text);
        return !/^[=+\-@\t\r]/.test(out) && valueOf(column('description'), out) === valueOf(column('description'), text);
      }),
    );
    const read = layoutOf(
      'contracts',
      columnsOf.contracts.map(({ name }) => name),
    );
    if (read.kind === 'fault') throw new Error(read.code);
    t.match(bodyOf(read.layout, [columnsOf.contracts.map(() => '')]), { lines: [{}] });
  },
);

void t.test('xlsx: numbers, days, formulas and formatted text are read; a long number that lost its digits is not', async (t) => {
  for (const [value, text] of [
    ['24412000000012345678', '24412000000012345678'],
    [1234.5, '1234.5'],
    [Number('24412000000012345678'), '2.4412000000012345E+19'],
    [new Date('2024-07-31T00:00:00Z'), '2024-07-31'],
    [new Date('2024-07-31T08:00:00Z'), '2024-07-31T08:00:00.000Z'],
    [{ formula: 'A1', result: 12 }, '12'],
    [{ richText: [{ text: '2024' }, { text: '-07-31' }] }, '2024-07-31'],
    [{ text: 'x', hyperlink: 'http://x' }, 'x'],
    [{ error: '#N/A' as const }, '#N/A'],
    [null, ''],
  ] as const) {
    t.equal(textOf(value as ExcelJS.CellValue), text);
  }
  const invoice = invoiceOf(contract);
  const typed = rowsOf([invoice]).map((row) =>
    row.map((cell, i): ExcelJS.CellValue => {
      if (i === 0 || i === 1) return cell;
      return /^\d{4}-/.test(cell) ? new Date(`${cell}T00:00:00Z`) : Number(cell);
    }),
  );
  const { documents } = await read('xlsx', await sheetOf(typed));
  t.same(
    documents.map(({ body }) => body),
    [invoice],
    'cells that are numbers and days',
  );
  const [row = []] = typed;
  const lost = await read('xlsx', await sheetOf([row.with(0, Number(nextInvoiceNo()))]));
  t.strictSame(codesOf(lost.documents[0]), [[0, 'BULK_DIGITS_LOST']]);
  await fault(t, 'xlsx', await sheetOf(typed, usageHeader, 2), 'BULK_SHEETS');
});

void t.test('xlsx: a file is weighed before it is opened', async (t) => {
  await fault(t, 'xlsx', 'not a zip', 'BULK_XLSX_UNREADABLE');
  const nothing = Buffer.alloc(8 * 1024 * 1024);
  await fault(t, 'xlsx', zipOf([{ name: 'xl/worksheets/sheet1.xml', content: nothing }]), 'BULK_FILE_TOO_LARGE');
  const noise = Buffer.from(Array.from({ length: 2 * 1024 * 1024 }, (_, i) => (i * 7919 * (i % 251)) % 251));
  await fault(t, 'xlsx', zipOf([{ name: 'xl/styles.xml', content: noise, stated: xlsxBounds.other + 1 }]), 'BULK_FILE_TOO_LARGE');
  await fault(t, 'xlsx', zipOf([{ name: 'xl/worksheets/sheet1.xml', content: nothing, stated: 1000 }]), 'BULK_XLSX_UNREADABLE');
  const many = Array.from({ length: xlsxBounds.entries + 1 }, (_, i) => ({ name: `x${i}`, content: Buffer.from('x') }));
  await fault(t, 'xlsx', zipOf(many), 'BULK_FILE_TOO_LARGE');
  const hidden = { name: 'xl/worksheets/sheet2.xml', content: nothing, hidden: true };
  await fault(t, 'xlsx', zipOf([hidden, { name: 'a', content: Buffer.from('x') }]), 'BULK_XLSX_UNREADABLE');
});

void t.test('a slice is as large as holds the lane 20 ms, or three times what every slice costs', async (t) => {
  /** What slices come to on a machine where each costs `fixed` ms and each line `perLine` ms, every tenth twice as long. */
  const settled = (fixed: number, perLine: number): number => {
    const size = new SliceSize();
    const lines = Array.from({ length: 200 }, (_, i) => {
      const weight = size.next();
      size.observe({ weight, milliseconds: (fixed + perLine * weight) * (i % 10 === 9 ? 2 : 1) });
      return weight;
    });
    return Math.max(...lines.slice(-4));
  };
  const holds = (fixed: number, perLine: number): number => fixed + perLine * settled(fixed, perLine);
  const within = (found: number, least: number, most: number, what: string) =>
    t.ok(found >= least && found <= most, `${what}: ${found} ms`);
  within(holds(2, 0.05), 12, 22, 'where slices cost little, 20 ms');
  within(holds(9, 0.05), 20, 32, 'where they cost 9 ms, 27 ms');
  within(holds(60, 0.05), 60, 75, 'no more lines than the fewest where nothing is to be saved');
  t.equal(settled(1, 5), sliceBounds.least);
  t.equal(settled(0.5, 0.001), sliceBounds.most);
  const size = new SliceSize();
  size.observe({ weight: size.next(), milliseconds: 1 });
  t.equal(size.next(), 2 * sliceBounds.first, 'at most twice what it was');
});

async function sheetOf(
  rows: readonly (readonly ExcelJS.CellValue[])[],
  header: readonly string[] = usageHeader,
  sheets = 1,
): Promise<Buffer> {
  const workbook = new ExcelJS.Workbook();
  for (let i = 1; i <= sheets; i++) workbook.addWorksheet(`sheet ${i}`).addRows([header, ...rows] as unknown[][]);
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

/** A zip of these parts, which may state another size than they have, or not stand in its list. */
function zipOf(entries: readonly { name: string; content: Buffer; stated?: number; hidden?: boolean }[]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const { name, content, stated = content.length, hidden = false } of entries) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(stated, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    if (!hidden) {
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(at, 10);
      list.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, Buffer.from(name)]));
    }
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(list.length, 4);
  end.writeUInt16LE(list.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06'), end]);
}
