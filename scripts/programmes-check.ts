// npm run programmes:check [-- file …]: reads programme files (all of db/programmes without arguments), runs their cases and says what
// is wrong, with the line, or what a draft still lacks. Exit code 1 when a file fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { checkProgramme } from '../src/programmes/check.js';

const named = process.argv.slice(2);
const folder = join(import.meta.dirname, '../db/programmes');
const paths =
  named.length > 0
    ? named
    : readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml'))
        .sort()
        .map((name) => relative(process.cwd(), join(folder, name)));

let failed = 0;
for (const path of paths) {
  if (!existsSync(path)) {
    failed += 1;
    console.log(`✗ ${path}\n    没有这个文件 / there is no such file`);
    continue;
  }
  const checked = checkProgramme(readFileSync(path, 'utf8'));
  if (!checked.ok) {
    failed += 1;
    console.log(`✗ ${path}`);
    for (const { line, path: at, zh, en } of checked.problems) {
      console.log(`    ${line === null ? '' : `line ${line}, `}${at}: ${zh} / ${en}`);
    }
    continue;
  }

  const { version, missing } = checked;
  const name = `${version.programme}.v${version.version}.yaml`;
  if (basename(path) !== name) {
    failed += 1;
    console.log(`✗ ${path}\n    文件名应为 ${name} / the file should be named ${name}`);
    continue;
  }
  console.log(`✓ ${path}  ${version.name.zh}  ${version.status}  ${version.cases.length} cases`);
  if (missing.length > 0) console.log('    可以试算，不能启用 / can be tried, not activated:');
  for (const { zh, en } of missing) console.log(`    - ${zh}\n      ${en}`);
}

console.log(`${paths.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
