// Who may import whom (DESIGN part 2), checked on the imports themselves, and a few habits that can be seen in the text.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';
import { refusals } from '../src/errors.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

interface Import {
  /** `src/ledger/lane.ts`, or the package's name. */
  readonly to: string;
  readonly typeOnly: boolean;
}
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.ES2023);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const specifier = statement.moduleSpecifier;
    if (!specifier || !ts.isStringLiteral(specifier)) return [];
    const typeOnly = ts.isImportDeclaration(statement) ? statement.importClause?.isTypeOnly === true : statement.isTypeOnly;
    const to = specifier.text.startsWith('.')
      ? path.relative(root, path.resolve(root, path.dirname(file), specifier.text)).replace(/\.js$/, '.ts')
      : specifier.text;
    return [{ to, typeOnly }];
  });
}

const slices = [
  ['approvals'],
  ['messages'],
  ['calendars'],
  ['enterprises'],
  ['providers'],
  ['flags'],
  ['contracts'],
  ['legal-persons'],
  ['materials'],
  ['cases'],
  ['experts'],
  ['applications'],
  ['vouchers'],
  ['usage'],
  ['redemptions'],
  ['reimbursements'],
  ['flag-reviews', 'invoice-exchange'],
  ['notices'],
  ['payees'],
  ['settlements'],
  ['bank'],
  ['recoveries'],
  ['successions'],
  ['corrections'],
  ['decision-letters'],
  ['evidence-files'],
  ['reconciliation', 'prechecks', 'work-queues', 'webhooks'],
  ['months'],
  ['field-keys'],
];
const rankOf = (folder: string): number => slices.findIndex((names) => names.includes(folder));
const folderOf = (file: string): string | undefined => /^src\/([^/]+)\//.exec(file)?.[1];
const source = filesBelow('src');
const pure = ['src/money.ts', 'src/calendar.ts', 'src/identifiers.ts', 'src/errors.ts', 'src/words.ts'];
const is = (file: string, ...folders: string[]) => folders.some((folder) => file.startsWith(`${folder}/`));

/** Every import that a rule forbids, as `from → to`. */
const broken = (files: readonly string[], forbidden: (to: Import, from: string) => boolean): string[] =>
  files.flatMap((from) =>
    importsOf(from)
      .filter((to) => forbidden(to, from))
      .map((to) => `${from} → ${to.to}`),
  );

void t.test('the house: who imports whom', async (t) => {
  t.strictSame(
    broken(filesBelow('schemas'), ({ to }) => to !== 'zod' && !is(to, 'schemas')),
    [],
    'schemas import zod and each other',
  );
  t.strictSame(
    broken(pure, ({ to, typeOnly }) => is(to, 'db', 'schemas') || (is(to, 'src') && !pure.includes(to) && !typeOnly)),
    [],
    'the pure modules import nothing that is not pure',
  );
  t.strictSame(
    broken(
      source.filter((f) => is(f, 'src/ledger', 'src/programmes')),
      ({ to }) => rankOf(folderOf(to) ?? '') >= 0,
    ),
    [],
    'ledger and programmes import no slice',
  );
  t.strictSame(
    broken(
      source.filter((f) => is(f, 'src/ledger')),
      ({ to }) => is(to, 'src/programmes'),
    ),
    [],
    'the ledger does not know the law',
  );
  t.strictSame(
    broken(source, ({ to }, from) => {
      const [mine, theirs] = [rankOf(folderOf(from) ?? ''), rankOf(folderOf(to) ?? '')];
      return mine >= 0 && theirs >= 0 && folderOf(from) !== folderOf(to) && theirs >= mine;
    }),
    [],
    'a slice reads earlier slices only',
  );
  t.strictSame(
    broken(
      source.filter(
        (f) => f.endsWith('/rules.ts') || is(f, 'src/programmes/language', 'src/programmes/evaluate', 'src/programmes/explain'),
      ),
      ({ to, typeOnly }) =>
        (/^node:/.test(to) && to !== 'node:crypto') ||
        ['fastify', 'postgres', 'drizzle-orm', 'pino'].includes(to) ||
        is(to, 'src/http') ||
        (is(to, 'db') && !typeOnly),
    ),
    [],
    'rules import no I/O',
  );
  t.strictSame(
    broken(
      [...source, ...filesBelow('db'), ...filesBelow('scripts'), ...filesBelow('bench')],
      ({ to }, from) => to === 'postgres' && from !== 'db/client.ts',
    ),
    [],
    'db/client.ts is the only way to the driver',
  );
  t.strictSame(
    broken([...source, ...filesBelow('db'), ...filesBelow('schemas')], ({ to }) => is(to, 'test', 'bench', 'scripts')),
    [],
    'the product imports neither tests, benchmarks nor scripts',
  );
});

void t.test('the house: what the text of a file may not hold', async (t) => {
  const code = (file: string) => readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const holding = (files: readonly string[], pattern: RegExp) => files.filter((file) => pattern.test(code(file)));
  const decisions = source.filter((f) => f.endsWith('/rules.ts') || is(f, 'src/programmes'));
  t.strictSame(holding(decisions, /new Date\(\)|Date\.now\(|Math\.random\(/), [], 'time and chance are handed in');
  t.strictSame(
    holding(
      source.filter((f) => !['src/ledger/lane.ts', 'src/ledger/lane-writes.ts'].includes(f)),
      /post_entries|insert into (entries|accounts|outcomes)|open_lane/,
    ),
    [],
    'one writer of the ledger',
  );
  // Read elsewhere too: the rollups, which are there to be read. The audit of the business must not rest on the code that it audits.
  const ownTables =
    /\b(from|join|update|into|table)\s+(accounts|entries|outcomes|book_heads|booked_days|late_legs|ledger_marks)\b/i;
  t.strictSame(
    holding(
      source.filter((f) => !is(f, 'src/ledger') && f !== 'src/reconciliation/audit.ts'),
      ownTables,
    ),
    [],
    'SQL on the ledger’s tables stands in the ledger',
  );
  t.strictSame(
    holding(
      source.filter((f) => f !== 'src/http/problem.ts' && f !== 'src/money.ts'),
      /parseFloat\(|\.toNumber\(\)|Number\([\w.]*([aA]mount|[fF]en|[yY]uan)/,
    ),
    [],
    'no float near an amount',
  );
  const deciding = source.filter((f) => is(f, 'src/programmes', 'src/ledger') || rankOf(folderOf(f) ?? '') >= 0);
  const numbers = holding(deciding, /(?<![\w.])(0\.[236]\d*|2000n?|3000n?|6000n?|100_?000_?000n?|1_000_000(_00)?n?)(?![\w.])/);
  t.strictSame(numbers, [], 'no rate, cap or threshold of a programme stands in code');
});

void t.test('every refusal is reached by a test, by its code, and none is left over', async (t) => {
  const tests = filesBelow('test').map((file) => readFileSync(path.join(root, file), 'utf8'));
  const product = [...filesBelow('src'), ...filesBelow('schemas')]
    .filter((file) => file !== 'src/errors.ts')
    .map((file) => readFileSync(path.join(root, file), 'utf8'));
  const named = (texts: readonly string[], code: string) => texts.some((text) => new RegExp(`\\b${code}\\b`).test(text));
  t.strictSame(
    Object.keys(refusals).filter((code) => !named(tests, code)),
    [],
    'codes that no test names',
  );
  t.strictSame(
    Object.keys(refusals).filter((code) => !named(product, code)),
    [],
    'codes that nothing refuses with',
  );
});

void t.test('docs/security.md holds each requirement by tests that there are', async (t) => {
  const text = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
  const held = [...text.matchAll(/`(test\/[\w/-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)];
  t.ok(held.length > 40);
  for (const [, file = '', titles = ''] of held) {
    const tests = readFileSync(path.join(root, file), 'utf8');
    for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) t.ok(tests.includes(title), `${file}: ${title}`);
  }
  const ids = [...text.matchAll(/^\| ((?:\d+\.\d+\.\d+[–, ]*)+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));
  t.equal(new Set(ids).size, ids.length, 'and says each once');
});
