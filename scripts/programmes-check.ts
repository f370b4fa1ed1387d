/**
 * npm run programmes:check [-- files or folders …] [--lang zh|en] [--explain "case name"]: reads programme files (all of db/programmes
 * unless some are named), runs their cases, and says of each what is wrong, at which line, or what a draft still lacks. With
 * --explain it tells one case step by step instead. The language is that of LANG unless said otherwise, Chinese where LANG is none.
 *
 * Exit code 1: a file does not read, a case fails, or an enacted programme could not be activated. 2: asked wrongly.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { describeRefusal, isRefusalCode } from '../src/errors.js';
import { checkProgramme, runCase, warningsOf } from '../src/programmes/check.js';
import type { Evaluation } from '../src/programmes/evaluate.js';
import { explain } from '../src/programmes/explain.js';
import { linesIn, parseProgramme } from '../src/programmes/language.js';
import type { Bilingual, ProgrammeProblem, ProgrammeVersion } from '../src/programmes/language.js';
import { asProblems, wideningsSince } from '../src/programmes/narrowing.js';
import { lawsBefore } from '../src/programmes/published.js';

const usage =
  '用法 / usage: npm run programmes:check -- [文件或文件夹 / files or folders …] [--lang zh|en] [--explain "用例名称 / case name"]';
const statuses: Readonly<Record<ProgrammeVersion['status'], Bilingual>> = {
  DRAFT: { zh: '征求意见稿', en: 'draft for comment' },
  ENACTED: { zh: '已印发', en: 'enacted' },
  REPEALED: { zh: '已废止', en: 'repealed' },
};

class Misused extends Error {}

function asked(): { paths: string[]; language: keyof Bilingual; caseName: string | undefined } {
  const options = { lang: { type: 'string' }, explain: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const spoken = values.lang ?? (/^en/.test(process.env['LC_ALL'] ?? process.env['LANG'] ?? '') ? 'en' : 'zh');
  if (spoken !== 'zh' && spoken !== 'en') throw new Misused(`--lang: zh / en`);
  const named = positionals.length > 0 ? positionals : [relative(process.cwd(), join(import.meta.dirname, '../db/programmes'))];
  return { paths: named.flatMap(filesOf), language: spoken, caseName: values.explain };
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) throw new Misused(`${path}: 没有这个文件或文件夹 / there is no such file or folder`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  if (names.length === 0) throw new Misused(`${path}: 没有 .yaml 文件 / there is no .yaml file in it`);
  return names.sort().map((name) => join(path, name));
}

interface Checked {
  version: ProgrammeVersion | null;
  failed: number;
  problems: ProgrammeProblem[];
  missing: ProgrammeProblem[];
  warnings: ProgrammeProblem[];
}

function checkFile(path: string): Checked {
  const text = readFileSync(path, 'utf8');
  const read = parseProgramme(text);
  if (!read.ok) return { version: null, failed: 0, problems: read.problems, missing: [], warnings: [] };
  const { version } = read;
  const checked = checkProgramme(text);
  const name = `${version.programme}.v${version.version}.yaml`;
  const misnamed: ProgrammeProblem[] =
    basename(path) === name
      ? []
      : [
          {
            code: 'INCONSISTENT',
            path: 'version',
            line: linesIn(text)('version'),
            zh: `文件名应为 ${name}`,
            en: `the file should be named ${name}`,
          },
        ];
  const located = (problem: ProgrammeProblem) => ({ ...problem, line: linesIn(text)(problem.path) });
  return {
    version,
    failed: version.cases.filter((one) => outcome(version, one).differs).length,
    problems: [...misnamed, ...(checked.ok ? [] : checked.problems), ...widenedBy(path, version).map(located)],
    missing: checked.ok ? checked.missing : [],
    warnings: warningsOf(version).map(located),
  };
}

/** What an enacted version widens of the others of its programme that stand in the same folder. */
function widenedBy(path: string, version: ProgrammeVersion): ProgrammeProblem[] {
  if (version.status !== 'ENACTED' || version.inForce === null) return [];
  const others = readdirSync(dirname(path)).flatMap((name) => {
    if (!name.endsWith('.yaml') || name === basename(path)) return [];
    const read = parseProgramme(readFileSync(join(dirname(path), name), 'utf8'));
    if (!read.ok || read.version.programme !== version.programme || read.version.status === 'DRAFT') return [];
    const { inForce, version: number } = read.version;
    const days = { inForceFrom: inForce?.from ?? null, inForceTo: inForce?.to ?? null };
    return [{ law: read.version, version: number, status: 'ACTIVE' as const, ...days }];
  });
  return asProblems(wideningsSince(lawsBefore(others, version.inForce.from), version));
}

function outcome(version: ProgrammeVersion, one: ProgrammeVersion['cases'][number]) {
  const ran = runCase(version, one);
  return { ...ran, differs: ran.expected !== ran.found };
}

function report(paths: readonly string[], language: keyof Bilingual): boolean {
  const say = (zh: string, en: string) => (language === 'zh' ? zh : en);
  let wrong = 0;
  for (const path of paths) {
    const { version, failed, problems, missing, warnings } = checkFile(path);
    if (problems.length > 0) wrong += 1;
    console.log(`${problems.length > 0 ? '✗' : '✓'} ${path}`);
    if (version !== null) {
      const passed = version.cases.length - failed;
      console.log(
        say(
          `  ${version.name.zh} · ${statuses[version.status].zh} · 用例 ${passed} 项通过，${failed} 项未通过`,
          `  ${version.name.en} · ${statuses[version.status].en} · cases: ${passed} passed, ${failed} failed`,
        ),
      );
    }
    const at = ({ line, ...problem }: ProgrammeProblem) =>
      `${path}${line === null ? '' : `:${line}`}  ${problem.path}  ${problem[language]}`;
    for (const problem of problems) console.log(`  ${at(problem)}`);
    for (const warning of warnings) console.log(`  ${say('注意', 'note')}  ${at(warning)}`);
    if (missing.length > 0) console.log(say('  可以试算，不能启用：', '  it can be tried, not activated:'));
    for (const problem of missing) console.log(`  - ${problem[language]}`);
  }
  const right = paths.length - wrong;
  console.log(say(`文件：${right} 个通过，${wrong} 个未通过`, `files: ${right} passed, ${wrong} failed`));
  return wrong === 0;
}

/** Tells the cases of this name, step by step; false when one of them comes out otherwise than its file says. */
function tell(paths: readonly string[], language: keyof Bilingual, caseName: string): boolean {
  const say = (zh: string, en: string) => (language === 'zh' ? zh : en);
  const told = paths.flatMap((path) => {
    const read = parseProgramme(readFileSync(path, 'utf8'));
    if (!read.ok) return [];
    const { version } = read;
    return version.cases.filter(({ name }) => name === caseName).map((one) => ({ path, version, one, ...outcome(version, one) }));
  });
  if (told.length === 0) throw new Misused(`没有名为“${caseName}”的用例 / no case is named “${caseName}”`);
  for (const { path, version, one, expected, found, evaluations } of told) {
    console.log(`${path}  ${version.name[language]}`);
    console.log(say(`用例“${one.name}”（${one.article}）`, `the case “${one.name}” (${one.article})`));
    evaluations.forEach((evaluation, index) => {
      if (evaluations.length > 1) console.log(say(`第 ${index + 1} 张发票：`, `Invoice ${index + 1}:`));
      for (const sentence of explain([...evaluation.explanation], language)) console.log(`  ${sentence}`);
      const refused = refusalOf(evaluation, language);
      if (refused !== null) console.log(`  ${refused}`);
    });
    console.log(say(`应为 ${expected}，实为 ${found}`, `expected ${expected}, found ${found}`));
  }
  return told.every(({ differs }) => !differs);
}

function refusalOf(evaluation: Evaluation, language: keyof Bilingual): string | null {
  if (evaluation.kind === 'award' || !isRefusalCode(evaluation.code)) return null;
  const { title, detail } = describeRefusal(evaluation.code, evaluation.params, language);
  return language === 'zh' ? `${title}：${detail}` : `${title}: ${detail}`;
}

try {
  const { paths, language, caseName } = asked();
  const well = caseName === undefined ? report(paths, language) : tell(paths, language, caseName);
  process.exitCode = well ? 0 : 1;
} catch (error) {
  // What parseArgs says of an option it does not know.
  const misused =
    error instanceof Misused ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!misused) throw error;
  console.error(`${error.message}\n${usage}`);
  process.exitCode = 2;
}
