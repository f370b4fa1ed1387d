// The page by which legal staff write programme files knows every word of the language.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { programmeFile } from '../../schemas/programmes.js';
import { activationProblems, runCase, warningsOf } from '../../src/programmes/check.js';
import { read } from './world.js';

const guide = readFileSync(path.join(import.meta.dirname, '../../db/programmes/README.md'), 'utf8');

/** Every key and every word of an enumeration in a JSON schema. */
function wordsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => [
    ...(key === 'properties' && typeof value === 'object' && value !== null ? Object.keys(value) : []),
    ...(key === 'enum' || key === 'const' ? [value].flat().filter((word) => typeof word === 'string') : []),
    ...wordsOf(value),
  ]);
}

void t.test('the guide to programme files names every word of the language', (t) => {
  const named = new Set([...guide.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => (code ?? '').split(/[^A-Za-z_]+/)));
  const words = new Set(wordsOf(z.toJSONSchema(programmeFile, { io: 'input' })));
  t.ok(words.size > 150);
  t.strictSame(
    [...words].filter((word) => !named.has(word) && word !== 'true' && word !== 'false'),
    [],
  );
  t.end();
});

void t.test('the example that the guide gives can be activated as it stands', (t) => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  const version = read(example);
  t.strictSame([activationProblems(version), warningsOf(version)], [[], []]);
  t.equal(version.cases.length, 6);
  t.end();
});

// Every rule of the five texts has its place in the language, a file that uses it, and a case that shows it (none where the text says
// something that nothing computes): row of the table of rules, file, words of the language, part of the name of a case.
const rows: readonly [row: string, file: string, words: readonly string[], name: string | null][] = [
  ['A-1 who is paid', 'zhengzhou/zhengzhou-compute.v2', ['flow', 'payee'], 'Z11 首张发票'],
  ['A-1 who is paid (D)', 'binjiang/binjiang-compute.v2', ['flow', 'payee'], 'D1 国产'],
  ['A-2 users, not for own use', 'zhengzhou/zhengzhou-compute.v2', ['beneficiaryKinds', 'exclusions'], '自建自用'],
  ['A-2 every unit', 'zhengzhou/zhengzhou-compute.v2', ['beneficiaryKinds', 'limits'], '机构同为算力使用方'],
  ['A-3 at most a rate of the contract', 'zhengzhou/zhengzhou-compute.v2', ['rate', 'base'], '累计用量超过合同额'],
  ['A-4 claimed and redeemed a year', 'zhengzhou/zhengzhou-compute.v2', ['limits'], 'Z9 '],
  ['A-5 departments', 'zhengzhou/zhengzhou-compute.v2', ['responsibleDepartments'], null],
  ['A-6 what is not said', 'zhengzhou/zhengzhou-compute.v1', ['rate'], null],
  ['C-1 conditions, one of them soft', 'jiaozuo/jiaozuo-compute.v1', ['eligibility'], '未纳入焦作统计，原则上的要求经批准例外'],
  ['C-2 facilities', 'jiaozuo/jiaozuo-compute.v1', ['facilityConditions'], 'C3 人工智能计算中心恰为'],
  ['C-2 racks', 'jiaozuo/jiaozuo-compute.v1', ['facilityConditions'], 'C5 数据中心 999'],
  ['C-3 not for own use', 'jiaozuo/jiaozuo-compute.v1', ['exclusions'], '提供方即使用方'],
  ['C-4 an exact rate of fees', 'jiaozuo/jiaozuo-compute.v1', ['rate', 'base'], '固定比例，审核时不得降低'],
  ['C-5 a year’s award', 'jiaozuo/jiaozuo-compute.v1', ['limits'], '超过每年限额一分'],
  ['C-6 what a notice adds', 'jiaozuo/jiaozuo-compute.v1', ['funders', 'validityMonths'], '资金不足时先到先得'],
  ['D-1 a year’s pool', 'binjiang/binjiang-compute.v2', ['pool', 'allocation'], 'D9 '],
  ['D-2 partners on the list', 'binjiang/binjiang-compute.v2', ['providerConditions', 'serviceItems'], 'D8 '],
  ['D-3 purposes', 'binjiang/binjiang-compute.v2', ['purposes'], '用途为场景应用'],
  ['D-4 filing', 'binjiang/binjiang-compute.v2', ['filing'], '申请次日方完成备案'],
  ['D-5 rates by origin of chips', 'binjiang/binjiang-compute.v2', ['base', 'rate', 'mixedChips'], 'D5 '],
  ['D-5 what can not be split', 'binjiang/binjiang-compute.v2', ['mixedChips'], '整行按较低比例'],
  ['D-6 expert review', 'binjiang/binjiang-compute.v2', ['reviewSteps'], '评审不得高于计算金额'],
  ['D-7 one enterprise', 'binjiang/binjiang-compute.v2', ['limits'], 'D4 '],
  ['D-8 department', 'binjiang/binjiang-compute.v2', ['responsibleDepartments'], null],
  ['D-9 corpora', 'binjiang/binjiang-corpus.v2', ['pool', 'exclusions', 'eligibility'], '一份向关联方购买，只计另一份'],
  ['D-9 the channel', 'binjiang/binjiang-corpus.v2', ['eligibility'], '交易渠道按项核查：两项中一项不符合'],
  ['D-10 models', 'binjiang/binjiang-model.v2', ['base', 'eligibility', 'limits'], '备案模型按项核查：两项中一项不符合'],
  [
    'D-11 technical contracts',
    'binjiang/binjiang-innovation.v2',
    ['base', 'eligibility', 'limits'],
    '认定登记按项核查：两项中一项不符合',
  ],
  ['D-12 the best and highest', 'binjiang/binjiang-compute.v2', ['stacking'], '同一项目已获的资助高于本项'],
  ['D-12 the difference', 'binjiang/binjiang-compute.v2', ['stacking'], '晋升后补足差额'],
  ['D-13 days', 'binjiang/binjiang-compute.v2', ['inForce', 'inForceAfter', 'inForceFor'], '有效期届满次日'],
  ['E-1 partners are selected', 'wuhan/wuhan-service.v1', ['providerSelection'], null],
  ['E-2 classes served first', 'wuhan/wuhan-service.v1', ['priority'], '试点企业，同样无从计算'],
  ['E-3 a floor', 'wuhan/wuhan-service.v1', ['pool'], 'E4 没有补贴基数和比例'],
  ['E-4a cost of research', 'wuhan/wuhan-model-research.v2', ['base', 'rate', 'limits'], '研发成本 1000 万元'],
  ['E-4b three years', 'wuhan/wuhan-industry-model.v2', ['limits', 'providerConditions'], 'E2 第二年'],
  ['E-4 chosen, and lead developer', 'wuhan/wuhan-industry-model.v2', ['eligibility'], '牵头研发：不符合'],
  ['E-5 funders', 'wuhan/wuhan-industry-model.v2', ['funders'], null],
  ['E-6 no first day', 'wuhan/wuhan-service.v1', ['inForceFor'], null],
  ['E-7 departments', 'wuhan/wuhan-service.v1', ['responsibleDepartments'], null],
  ['B-1 eight conditions', 'airport-zone/airport-zone-controls.v2', ['eligibility'], '不具有独立法人资格（分支机构）'],
  ['B-2 the highest only', 'airport-zone/airport-zone-controls.v2', ['stacking'], 'B4 反之'],
  ['B-2 a policy of its own', 'airport-zone/airport-zone-controls.v2', ['stacking'], '已享受一企一策'],
  ['B-3 no rate of its own', 'airport-zone/airport-zone-controls.v2', ['kind'], '平常情形，照算得金额'],
  ['B-4 total control', 'airport-zone/airport-zone-controls.v2', ['limits'], 'B3 贡献额未登记，待定'],
  ['B-4 not for research institutions', 'airport-zone/airport-zone-controls.v2', ['limits'], '研发机构不受总额控制'],
  ['B-5 audited investment', 'airport-zone/airport-zone-controls.v2', ['limits'], '有省级支持的项目，所余投资额差一分'],
  ['B-6, B-7 clawback, performance, archives', 'airport-zone/airport-zone-controls.v2', ['clauses'], null],
  ['B-8 three years, documents below', 'airport-zone/airport-zone-controls.v2', ['inForceFor', 'documents'], '有效期届满次日'],
];

void t.test('every rule of the five texts has its place in the language, a file and a case', (t) => {
  for (const [rule, file, words, name] of rows) {
    const text = readFileSync(path.join(import.meta.dirname, '../../db/programmes', `${file}.yaml`), 'utf8');
    const given = new Set([...text.matchAll(/^([a-zA-Z]+):/gm)].map(([, word]) => word));
    t.strictSame(
      words.filter((word) => !given.has(word)),
      [],
      `${rule}: said by ${file}`,
    );
    if (name === null) continue;
    const version = read(text);
    const shown = version.cases.filter((one) => one.name.includes(name));
    t.ok(shown.length > 0, `${rule}: shown by a case`);
    for (const one of shown) {
      const { expected, found } = runCase(version, one);
      t.equal(found, expected, `${rule}: ${one.name}`);
    }
  }
  t.end();
});
