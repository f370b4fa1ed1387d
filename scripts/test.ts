/**
 * npm test: type check, lint, then every test/**\/*.test.ts against one throw-away database cluster.
 * npm test -- test/a.test.ts test/b.test.ts: only these files, without type check and lint.
 *
 * Each file runs as a plain program (`node --import=tsx`), two at a time: tap's own runner takes twice the time for the
 * loaders it adds. What a file reports is taken from tap's closing line in its output, and believed only together with
 * the exit code: a file that crashes, is killed, hangs, bails out, skips or has no test at all counts as failed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestCluster } from '../test/database.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JOBS = 2;
const FILE_TIMEOUT_MS = 240_000;
/** tap gives up on a single test after this; its own default of 30 s is short for two busy cores. */
const TEST_TIMEOUT_S = 120;

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

function run(args: string[], timeoutMs: number, environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
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
    }, timeoutMs);
    const end = (trouble: string | undefined) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output, trouble, seconds: ((performance.now() - startedAt) / 1000).toFixed(1) });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => {
      if (timedOut) end(`did not end within ${timeoutMs / 1000} s`);
      else end(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

async function check(name: string, args: string[]): Promise<Outcome> {
  const { output, trouble, seconds } = await run(args, FILE_TIMEOUT_MS);
  if (trouble) console.log(output);
  console.log(`${trouble ? 'FAILED' : 'ok'}  ${name}  ${seconds} s${trouble ? `: ${trouble}` : ''}`);
  return trouble ? { passed: 0, failed: 1 } : { passed: 1, failed: 0 };
}

async function testFile(file: string, cluster: string): Promise<Outcome> {
  const environment = { TEST_CLUSTER: cluster, TAP_TIMEOUT: String(TEST_TIMEOUT_S) };
  const { output, trouble, seconds } = await run(['--import=tsx', file], FILE_TIMEOUT_MS, environment);

  const counts = /^# \{ total: (\d+)([^}]*)\}/m.exec(output);
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(counts?.[2] ?? '')?.[1] ?? 0);
  const passed = count('pass');
  let failed = count('fail') + count('skip') + count('todo');
  let reason = trouble;
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

async function testFiles(files: readonly string[]): Promise<Outcome[]> {
  if (files.length === 0) {
    console.log('FAILED  there is no test file');
    return [{ passed: 0, failed: 1 }];
  }
  const { cluster, stop } = await startTestCluster();
  stopCluster = stop;
  const outcomes: Outcome[] = [];
  const queue = [...files];
  const worker = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      outcomes.push(await testFile(file, JSON.stringify(cluster)));
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  return outcomes;
}

async function findTestFiles(): Promise<string[]> {
  const entries = await readdir(path.join(ROOT, 'test'), { recursive: true });
  return entries
    .filter((entry) => entry.endsWith('.test.ts'))
    .sort()
    .map((entry) => path.join('test', entry));
}

let stopCluster: (() => Promise<void>) | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    for (const child of running) child.kill('SIGKILL');
    void (stopCluster?.() ?? Promise.resolve()).finally(() => process.exit(1));
  });
}

const outcomes: Outcome[] = [];
const asked = process.argv.slice(2);
try {
  if (asked.length === 0) {
    const checks = [
      check('type check', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']),
      check('lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']),
    ];
    outcomes.push(...(await Promise.all(checks)));
  }
  outcomes.push(...(await testFiles(asked.length > 0 ? asked : await findTestFiles())));
} catch (error) {
  console.log('FAILED  the run itself:', error);
  outcomes.push({ passed: 0, failed: 1 });
} finally {
  await stopCluster?.();
}
const total = (key: keyof Outcome) => outcomes.reduce((sum, each) => sum + each[key], 0);
process.exitCode = total('failed') === 0 && total('passed') > 0 && !interrupted ? 0 : 1;
console.log(`${total('passed')} passed, ${total('failed')} failed`);
