/**
 * npm test: types and lint, and every test/**\/*.test.ts but the thorough ones against one throw-away database cluster.
 * npm run test:thorough: those that try everything there is, which take a quarter as long again.
 * npm test -- test/a.test.ts test/b.test.ts: only these files, without types and lint.
 *
 * The tree is compiled once, and each file runs as a plain program of it, two at a time: tap's own runner takes twice the
 * time for the loaders it adds, and a loader in each program a second of a core. What a file reports is taken from tap's
 * closing line in its output, and believed only together with the exit code: a file that crashes, is killed, hangs, bails
 * out, skips or has no test at all counts as failed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestCluster } from '../test/database.js';
import { compileTree } from './compile-tree.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JOBS = 2;
const FILE_TIMEOUT_MS = 240_000;
/**
 * Everything by everybody (the matrix), every reading's plan, a hundred thousand random cases, a year of months closed in two books, a month closed by processes that are killed: what finds out little by little what one
 * change breaks, and is run before it lands, not after every line.
 */
const THOROUGH = [
  'test/plans.test.ts',
  'test/access/matrix.test.ts',
  'test/programmes/properties.test.ts',
  'test/journeys/fiscal-year.test.ts',
  'test/months/killed.test.ts',
];
/** Begun first, so that no long one is left to run alone at the end; those that wait beside those that compute. */
const LONG = [
  'test/slow-client.test.ts',
  'test/bulk/bulk.test.ts',
  'test/process.test.ts',
  'test/legal-persons/limits.test.ts',
  'test/reimbursements/reimbursements.test.ts',
];
/** tap gives up on a single test after this; its own default of 30 s is short for two busy cores. */
const TEST_TIMEOUT_S = 120;

/** A whole key, as it is shown once to whom it is for. */
const apiKey = /cvk_[a-z0-9]{12}_[\w-]{43}/;

interface Outcome {
  passed: number;
  failed: number;
}

interface Ended {
  output: string;
  /** undefined = exit code 0 */
  trouble: string | undefined;
  seconds: string;
}

const running = new Set<ChildProcess>();

function run(cwd: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, FILE_TIMEOUT_MS);
    const end = (trouble: string | undefined) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output, trouble, seconds: ((performance.now() - startedAt) / 1000).toFixed(1) });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => {
      if (timedOut) end(`did not end within ${FILE_TIMEOUT_MS / 1000} s`);
      else end(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

async function check(): Promise<Outcome> {
  const ended = await run(ROOT, ['node_modules/oxlint/bin/oxlint', '--report-unused-disable-directives-severity=error']);
  const { output, seconds } = ended;
  // With nothing to look at it finds nothing.
  const trouble = ended.trouble ?? (/ on [1-9]\d* files/.test(output) ? undefined : 'it looked at no file');
  if (trouble) console.log(output);
  console.log(`${trouble ? 'FAILED' : 'ok'}  types and lint  ${seconds} s${trouble ? `: ${trouble}` : ''}`);
  return trouble ? { passed: 0, failed: 1 } : { passed: 1, failed: 0 };
}

async function testFile(file: string, tree: string, cluster: string): Promise<Outcome> {
  const environment = { TEST_CLUSTER: cluster, TAP_TIMEOUT: String(TEST_TIMEOUT_S) };
  const program = path.relative(ROOT, path.resolve(file)).replace(/\.ts$/, '.js');
  const { output, trouble, seconds } = await run(tree, ['--enable-source-maps', program], environment);

  const counts = /^# \{ total: (\d+)([^}]*)\}/m.exec(output);
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts?.[2] ?? '')?.[1] ?? 0);
  const passed = count('pass');
  let failed = count('fail') + count('skip') + count('todo');
  let reason = trouble;
  // Programs that tests start write their logs here too: none may show a key that opens something.
  if (apiKey.test(output)) reason ??= 'its output holds a key of the API';
  if (!counts) reason ??= 'it reported nothing';
  else if (passed + failed !== Number(counts[1])) reason ??= 'its counts do not add up';
  else if (failed === 0 && passed === 0) reason ??= 'it has no test';
  // Whatever is wrong besides its failed assertions is one more failure, so that it can never vanish.
  if (reason && failed === 0) failed = 1;

  if (failed > 0) console.log(output);
  const verdict = failed > 0 ? `FAILED  ${file}: ${passed} passed, ${failed} failed` : `ok  ${file}  ${passed}`;
  console.log(`${verdict}  ${seconds} s${reason && failed > 0 ? `: ${reason}` : ''}`);
  return { passed, failed };
}

async function runAll(files: readonly string[], withCheck: boolean): Promise<Outcome[]> {
  if (files.length === 0) {
    console.log('FAILED  there is no test file');
    return [{ passed: 0, failed: 1 }];
  }
  const { tree, remove } = await compileTree(ROOT);
  cleanUps.push(remove);
  const { cluster, stop } = await startTestCluster();
  cleanUps.push(stop);
  const jobs = files.map((file) => () => testFile(file, tree, JSON.stringify(cluster)));
  if (withCheck) jobs.unshift(check);
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) outcomes.push(await job());
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  return outcomes;
}

async function findTestFiles(): Promise<string[]> {
  const entries = await readdir(path.join(ROOT, 'test'), { recursive: true });
  const files = entries
    .filter((entry) => entry.endsWith('.test.ts'))
    .sort()
    .map((entry) => path.join('test', entry));
  return [...LONG, ...files.filter((file) => !LONG.includes(file) && !THOROUGH.includes(file))];
}

const cleanUps: (() => Promise<void>)[] = [];
const cleanUp = () => Promise.all(cleanUps.map((each) => each()));
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    for (const child of running) child.kill('SIGKILL');
    void cleanUp().finally(() => process.exit(1));
  });
}

const outcomes: Outcome[] = [];
const asked = process.argv.slice(2).flatMap((argument) => (argument === '--thorough' ? THOROUGH : [argument]));
try {
  outcomes.push(...(await (asked.length === 0 ? runAll(await findTestFiles(), true) : runAll(asked, false))));
} catch (error) {
  console.log('FAILED  the run itself:', error);
  outcomes.push({ passed: 0, failed: 1 });
} finally {
  await cleanUp();
}
const total = (key: keyof Outcome) => outcomes.reduce((sum, each) => sum + each[key], 0);
process.exitCode = total('failed') === 0 && total('passed') > 0 && !interrupted ? 0 : 1;
console.log(`${total('passed')} passed, ${total('failed')} failed`);
