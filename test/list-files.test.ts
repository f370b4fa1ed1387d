// Every list is beside it a file with the filters on the screen: what it holds is what its pages hold, to the same eyes.
import ExcelJS from 'exceljs';
import t from 'tap';
import { columnWord } from '../src/column-words.js';
import { makeUscc } from '../src/identifiers.js';
import { startWorld } from './applications/world.js';
import { expectStatus } from './service.js';

interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
interface Description {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get?: {
          readonly security?: readonly object[];
          readonly responses: Readonly<Record<string, { content?: Record<string, { schema: Schema }> }>>;
        };
      }
    >
  >;
}

const uscc = (n: number): string => makeUscc(`91410100MA${String(n).padStart(7, '0')}`);
const linesOf = (csv: unknown): string[] =>
  String(csv)
    .replace(/^\uFEFF/, '')
    .split('\r\n')
    .slice(0, -1);

void t.test('lists as files', async (t) => {
  const world = await startWorld(t);
  const { book } = world;
  const { operator } = book;
  const auditor = await book.member('auditor');
  const names = ['甲科技有限公司', '=cmd|calc', '-5.00', '"引,号"', ...Array.from({ length: 1_200 }, (_, i) => `企业${i}`)];
  const made = await Promise.all(names.map((name, i) => operator.post('/enterprises', { uscc: uscc(i), name })));
  for (const answer of made) expectStatus(answer, 201);

  await t.test('each list has one, and each of its columns a Chinese word', (t) => {
    const { paths } = JSON.parse(JSON.stringify(world.app.swagger())) as Description;
    const without: string[] = [];
    const wordless = new Set<string>();
    const namesIn = (schema: Schema): string[] => {
      const [only, ...others] = (schema.anyOf ?? [schema]).filter(({ type }) => type !== 'null');
      return Object.entries((others.length === 0 ? only?.properties : undefined) ?? {}).flatMap(([name, of]) => [
        name,
        ...namesIn(of),
      ]);
    };
    let lists = 0;
    for (const [path, { get }] of Object.entries(paths)) {
      const { items, next: _, ...rest } = get?.responses['200']?.content?.['application/json']?.schema.properties ?? {};
      const isOpen = get?.security?.length === 0;
      if (items?.items?.properties === undefined || Object.keys(rest).length > 0 || isOpen || !path.includes('/books/{book}/'))
        continue;
      lists++;
      if (paths[`${path}-file`] === undefined) without.push(path);
      for (const name of namesIn(items.items))
        if (columnWord(name) === name && name !== 'sha256' && name !== 'sm3') wordless.add(name);
    }
    t.ok(lists > 60, `${lists} lists`);
    // One's own devices; and what was refused of an upload, which goes back as a file in the columns it came in.
    t.strictSame(without, ['/v1/books/{book}/account/sessions', '/v1/books/{book}/bulk-jobs/{id}/refused-lines']);
    t.strictSame([...wordless], []);
    t.end();
  });

  await t.test('the file holds what the pages hold, over the seams of its slices, with their filters', async (t) => {
    const items: object[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page = expectStatus(await auditor.get(`/enterprises?limit=200${next === '' ? '' : `&cursor=${next}`}`), 200);
      items.push(...(page.items as object[]));
      next = page.next as string | null;
    }
    t.equal(items.length, names.length);
    const file = await auditor.get('/enterprises-file');
    t.match(file.headers, {
      'content-type': /^application\/x-ndjson/,
      'content-disposition': 'attachment; filename="testcity-enterprises.ndjson"',
    });
    t.strictSame(
      String(file.body)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
      items,
    );
    const one = linesOf((await auditor.get(`/enterprises-file?format=csv&uscc=${uscc(2)}`)).body);
    t.equal(one.length, 2, 'a filter of the list is one of the file');
    t.match(await auditor.get('/enterprises-file?limit=5'), { status: 400 }, 'a file has no pages');
    t.match(await auditor.get('/enterprises-file?format=pdf'), { status: 400 });
    const stranger = await book.member('enterprise', { uscc: uscc(1) });
    const [theirs, file1] = await Promise.all([stranger.get('/enterprises'), stranger.get('/enterprises-file')]);
    t.equal(file1.status, theirs.status, 'who may not read the list may not have the file');
  });

  await t.test('CSV for spreadsheets: marked as UTF-8, columns in the reader’s language, no cell that runs', async (t) => {
    const zh = String((await auditor.get('/enterprises-file?format=csv')).body);
    t.ok(zh.startsWith('\uFEFF'));
    const [header, first, formula, negative, quoted] = linesOf(zh);
    t.match(header, /^企业编号,统一社会信用代码,法人统一社会信用代码,名称/);
    t.match(first, `,${uscc(0)},甲科技有限公司,`);
    t.match(formula, ",'=cmd|calc,");
    t.match(negative, ",'-5.00,", 'in a column of names a number is none');
    t.match(quoted, ',"""引,号""",');
    t.equal(linesOf(zh).length, names.length + 1);
    const en = String((await auditor.get('/enterprises-file?format=csv', { headers: { 'accept-language': 'en' } })).body);
    t.match(linesOf(en)[0], /^enterpriseId,uscc,legalPersonUscc,name/);
  });

  await t.test('xlsx: codes and names are text, amounts and days are what a spreadsheet counts with', async (t) => {
    const cellsOf = async (url: string): Promise<ExcelJS.Worksheet> => {
      const response = await world.app.inject({
        method: 'GET',
        url: `/v1/books/testcity${url}`,
        headers: { authorization: `Bearer ${auditor.secret}` },
      });
      t.equal(response.statusCode, 200, response.body.slice(0, 300));
      t.match(response.headers['content-type'], /spreadsheetml/);
      const workbook = new ExcelJS.Workbook();
      await workbook.xlsx.load(response.rawPayload as unknown as ArrayBuffer);
      const [sheet] = workbook.worksheets;
      if (!sheet) throw new Error('a workbook without a sheet');
      return sheet;
    };
    const cell = (sheet: ExcelJS.Worksheet, row: number, header: string): ExcelJS.Cell =>
      sheet.getRow(row).getCell((sheet.getRow(1).values as unknown[]).indexOf(header));
    const firms = await cellsOf('/enterprises-file?format=xlsx');
    t.equal(firms.rowCount, names.length + 1);
    t.strictSame(
      [2, 3, 4].map((row) => cell(firms, row, '名称').value),
      ['甲科技有限公司', '=cmd|calc', '-5.00'],
    );
    const code = cell(firms, 2, '统一社会信用代码');
    t.strictSame([code.value, code.type, code.numFmt], [uscc(0), ExcelJS.ValueType.String, '@']);

    expectStatus(await world.load('1234567.89'), 201);
    const accounts = await cellsOf('/ledger/accounts-file?format=xlsx&kind=unmatched');
    const balance = cell(accounts, 2, '贷方合计');
    t.strictSame([balance.value, balance.type, balance.numFmt], [1234567.89, ExcelJS.ValueType.Number, '#,##0.00']);
    const budget = await cellsOf('/appropriations-file?format=xlsx');
    t.strictSame(cell(budget, 2, '下达日期').value, new Date('2024-07-01T00:00:00Z'), 'a day is a day');
    t.equal((await cellsOf('/vouchers-file?format=xlsx')).rowCount, 1, 'a list of nothing is a file with a head');
  });
});
