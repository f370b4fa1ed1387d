// npm run programmes:check as a bureau's lawyer runs it: what it prints, in which language, and with which exit code.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { asHere } from '../program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ran {
  code: number | null;
  out: string;
  err: string;
}
const check = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const { LANG: _, LC_ALL: __, ...rest } = process.env;
    const child = spawn(process.execPath, [...asHere('scripts/programmes-check.ts'), ...args], {
      cwd: root,
      env: { ...rest, ...environment },
    });
    const ran: Ran = { code: null, out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text));
    child.once('close', (code) => resolve({ ...ran, code }));
  });

const textOf = (name: string): string => readFileSync(path.join(root, 'db/programmes', `${name}.yaml`), 'utf8');
const [draft, enacted] = [textOf('zhengzhou/zhengzhou-compute.v1'), textOf('zhengzhou/zhengzhou-compute.v2')];
function changed(text: string, ...passages: [string | RegExp, string][]): string {
  return passages.reduce((before, [from, to]) => {
    const after = before.replace(from, to);
    if (after === before) throw new Error(`the file has no ${String(from)}`);
    return after;
  }, text);
}

void t.test('every file of the repository passes', async (t) => {
  const { code, out, err } = await check([]);
  t.strictSame([code, err], [0, '']);
  t.match(
    out,
    /✓ db\/programmes\/zhengzhou\/zhengzhou-compute\.v2\.yaml\n {2}郑州市算力券 · 已印发 · 用例 \d+ 项通过，0 项未通过\n/,
  );
  t.match(out, /文件：\d+ 个通过，0 个未通过\n$/);
});

void t.test('what is wrong is told with its file, line and path; what a draft lacks is no fault of it', async (t) => {
  const folder = t.testdir({});
  const file = (name: string, text: string): string => {
    const at = path.join(folder, name);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };
  const name = 'zhengzhou-compute.v2.yaml';
  const files = {
    draft: file('draft/zhengzhou-compute.v1.yaml', draft),
    good: file(`good/${name}`, enacted),
    broken: file(`broken/${name}`, changed(enacted, ['basisPoints: 2000', 'basisPoints: 20%'])),
    failing: file(`failing/${name}`, changed(enacted, ['expect: { award: 400000.00 }', 'expect: { award: 600000.00 }'])),
    incomplete: file(`incomplete/${name}`, changed(enacted, [/^settlementCadence:\n(?: .*\n)+/m, ''])),
    unusual: file(`unusual/${name}`, `${enacted}\ninForceAfter: { days: 30, cite: { document: measure, article: 附则 } }\n`),
    endsOddly: file(
      `ends-oddly/${name}`,
      `${changed(enacted, ['from: 2024-06-01\n', 'from: 2024-06-01\n  to: 2027-06-02\n'])}\ninForceFor: { years: 3, cite: { document: measure, article: 附则 } }\n`,
    ),
    misnamed: file('misnamed/zhengzhou.yaml', enacted),
    failingDraft: file('failing-draft/zhengzhou-compute.v1.yaml', changed(draft, ['basisPoints: 3000', 'basisPoints: 2999'])),
    repealed: file(
      `repealed/${name}`,
      changed(
        enacted,
        ['status: ENACTED', 'status: REPEALED'],
        ['from: 2024-06-01\n', 'from: 2024-06-01\n  to: 2029-12-31\n'],
        [/^settlementCadence:\n(?: .*\n)+/m, ''],
      ),
    ),
    follower: file(
      'follower/zhengzhou-compute.v3.yaml',
      changed(
        enacted,
        ['version: 2', 'version: 3'],
        [/^inForce:\n {2}from: 2024-06-01/m, 'inForce:\n  from: 2024-06-03'],
        [
          /\{ kind: CEILING, basisPoints: 2000 \}\n {2}cite: .*/,
          '{ kind: CEILING, basisPoints: 2500 }\n  cite: { document: notice, article: 第三条 }',
        ],
      ),
    ),
  };
  file(`follower/${name}`, enacted);
  const lineOf = (text: string, passage: string): number => text.slice(0, text.indexOf(passage)).split('\n').length;

  const rows: readonly [args: readonly string[], code: number, expected: readonly (string | RegExp)[]][] = [
    [
      [files.good, files.draft],
      0,
      ['可以试算，不能启用：', /- 政策未规定：算力券有效期（.*第二条未作规定/, '文件：2 个通过，0 个未通过'],
    ],
    [[files.broken], 1, [`${files.broken}:${lineOf(enacted, 'basisPoints: 2000')}  rate.value.basisPoints  应为整数`]],
    [
      [files.failing, '--lang', 'en'],
      1,
      [
        `${files.failing}:${lineOf(enacted, '  - name: Z14 施行首日')}  cases.0  the case “Z14 施行首日，合同 200 万元，按印发稿 20 %”: expected 600000.00, found 400000.00`,
        /enacted · cases: \d+ passed, 1 failed/,
        'files: 0 passed, 1 failed',
      ],
    ],
    [[files.incomplete], 1, [/✗ .*\n.*\n.*yaml {2}settlementCadence {2}政策未规定：结算周期/]],
    [[files.endsOddly], 1, ['inForce.to  失效日 2027-06-02 与“有效期 3 年”不符（2027-05-31 或 2027-06-01）']],
    [[files.unusual], 0, [`注意  ${files.unusual}:${lineOf(enacted, '  from: 2024-06-01')}  inForce.from  施行日 2024-06-01 与`]],
    [[files.misnamed], 1, [/文件名应为 zhengzhou-compute\.v2\.yaml/]],
    [[files.failingDraft], 1, [/用例 \d+ 项通过，[1-9]\d* 项未通过/]],
    [[files.repealed], 0, ['已废止', /- 政策未规定：结算周期/]],
    [
      [path.dirname(files.follower)],
      1,
      [
        `${files.follower}:${lineOf(enacted, 'rate:')}  rate  补助比例：郑工信〔2024〕演示1号`,
        /25% .*宽于郑政文〔2024〕62号.*20% /,
        '文件：1 个通过，1 个未通过',
      ],
    ],
  ];
  const answers = await Promise.all(rows.map(async ([args]) => check(args)));
  for (const [i, [args, code, expected]] of rows.entries()) {
    const { code: found, out } = answers[i] ?? { code: null, out: '' };
    t.equal(found, code, `${args.join(' ')}\n${out}`);
    for (const one of expected) t.match(out, one);
  }
});

void t.test('one case is told step by step, in the language asked for', async (t) => {
  const at = 'db/programmes/zhengzhou/zhengzhou-compute.v2.yaml';
  const named = 'Z11 首张发票 50 万元，据实兑付 10 万元，而非整张券';
  const [zh, en, three, refused, byLang] = await Promise.all([
    check([at, '--explain', named]),
    check([at, '--explain', named, '--lang', 'en']),
    check([at, '--explain', 'Z12 三张 333,333.33 元的发票，按累计金额舍去分以下']),
    check([at, '--explain', '施行前一日']),
    check([at, '--explain', '施行前一日'], { LANG: 'en_GB.UTF-8' }),
  ]);
  t.strictSame([zh.code, en.code, three.code, refused.code, byLang.code], [0, 0, 0, 0, 0]);
  t.match(zh.out, /^ {2}1\. 依据郑工信〔2024〕演示1号.*\n {2}2\. /m);
  t.match(zh.out, /应为 100000\.00，实为 100000\.00\n$/);
  t.match(en.out, /^ {2}1\. 郑工信〔2024〕演示1号 .*: .*\. Result: /m);
  t.match(en.out, /expected 100000\.00, found 100000\.00\n$/);
  t.match(three.out, /第 1 张发票：[\s\S]*第 3 张发票：/);
  t.match(refused.out, /没有施行中的方案：.*\n应为 PROGRAMME_NOT_IN_FORCE，实为 PROGRAMME_NOT_IN_FORCE\n$/);
  t.match(byLang.out, /No programme is in force: /, 'LANG says English');
});

void t.test('asked wrongly: exit code 2 and how to ask', async (t) => {
  const empty = t.testdir({});
  const wrong: readonly (readonly string[])[] = [
    ['--language', 'zh'],
    ['--lang', 'fr'],
    ['--explain'],
    ['nowhere.yaml'],
    [empty],
    ['--explain', '没有这个用例'],
  ];
  for (const [i, { code, out, err }] of (await Promise.all(wrong.map((args) => check(args)))).entries()) {
    t.strictSame([code, out], [2, ''], (wrong[i] ?? []).join(' '));
    t.match(err, /用法 \/ usage: npm run programmes:check/);
  }
});
