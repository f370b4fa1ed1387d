// The process around the app: settings that stop the start with a sentence, a start on the embedded database, a graceful
// stop, logs without secrets, and the command that opens a book in production.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connect } from '../db/client.js';
import { uuidv7 } from '../src/identifiers.js';
import { makeLogger } from '../src/log.js';
import { readSettings } from '../src/settings.js';
import { testDatabase } from './database.js';
import { asHere, fromSource } from './program.js';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}
/** Starts a program of ours; `until` resolves with its output so far once that matches. */
function run(file: string, args: string[], env: Record<string, string>, how = asHere) {
  const child = spawn(process.execPath, [...how(file), ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const of: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (of.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (of.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ ...of, code })));
  const until = async (pattern: RegExp): Promise<string> => {
    for (let i = 0; i < 600; i++) {
      if (pattern.test(of.stdout)) return of.stdout;
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${file} did not print ${pattern}: ${of.stdout}${of.stderr}`);
  };
  return { child, ended, until };
}

async function temporaryFolder(t: { teardown(handler: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vouchers-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

void t.test('settings: defaults, and a sentence for each that is wrong or missing', async (t) => {
  t.match(readSettings({}), { ok: true, settings: { PORT: 3000, HOST: '127.0.0.1', DATA_DIR: './data', LOG_LEVEL: 'info' } });
  t.match(readSettings({ PORT: '' }), { ok: true, settings: { PORT: 3000 } }, 'empty is not set');
  const url = 'postgres://app:x@db:5432/vouchers';
  const key = 'a'.repeat(64);
  t.match(readSettings({ DATABASE_URL: url, FIELD_KEY: key }), { ok: true });
  const wrong: [Record<string, string>, RegExp][] = [
    [{ PORT: 'http' }, /^PORT must be a number/],
    [{ PORT: '70000' }, /^PORT must be a port/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of/],
    [{ DATABASE_URL: 'mysql://x', FIELD_KEY: key }, /^DATABASE_URL must look like/],
    [{ DATABASE_OWNER_URL: 'x' }, /^DATABASE_OWNER_URL must look like/],
    [{ DATABASE_POOL: '1' }, /^DATABASE_POOL must be at least 2/],
    [{ DATABASE_PREPARE: 'no' }, /^DATABASE_PREPARE must be true or false/],
    [{ DEMO: 'yes' }, /^DEMO must be true or false/],
    [{ FIELD_KEY: 'short' }, /^FIELD_KEY must be 64 hexadecimal/],
    [{ BODY_LIMIT: '1' }, /^BODY_LIMIT must be at least/],
    [{ LANE_MAX_BATCH: '0' }, /^LANE_MAX_BATCH must be at least 1/],
    [{ LANE_MAX_QUEUE: '0' }, /^LANE_MAX_QUEUE must be at least 1/],
    [{ BEARER_KEYS_MAY_APPROVE: 'maybe' }, /^BEARER_KEYS_MAY_APPROVE must be true or false/],
    [{ PUBLIC_ORIGIN: 'voucher.example.cn' }, /^PUBLIC_ORIGIN must look like/],
    [{ PUBLIC_ORIGIN: 'https://voucher.example.cn/' }, /^PUBLIC_ORIGIN must look like/],
    [{ PUBLIC_ORIGIN: 'https://a.cn', OIDC_ISSUERS: '{' }, /^OIDC_ISSUERS must be JSON like/],
    [{ PUBLIC_ORIGIN: 'https://a.cn', OIDC_ISSUERS: '[{"name":"city"}]' }, /OIDC_ISSUERS must be JSON like/],
    [
      { PUBLIC_ORIGIN: 'https://a.cn', OIDC_ISSUERS: '[{"name":"city","issuer":"http://id.example.cn","clientId":"us"}]' },
      /OIDC_ISSUERS must be JSON like/,
    ],
    [{ OIDC_ISSUERS: '[{"name":"city","issuer":"https://id.example.cn","clientId":"us"}]' }, /^PUBLIC_ORIGIN is missing/],
    [{ DATABASE_URL: url }, /^FIELD_KEY is missing/],
    [{ DATABASE_URL: url, FIELD_KEY: key, DEMO: 'true' }, /^DEMO=true is only for the embedded database/],
  ];
  for (const [environment, sentence] of wrong) {
    const read = readSettings(environment);
    t.equal(read.ok, false, JSON.stringify(environment));
    if (!read.ok) t.match(read.sentences.join('\n'), sentence);
  }
});

void t.test('a wrong setting stops the process; nothing is started or left behind', async (t) => {
  const dataDir = await temporaryFolder(t);
  const { ended } = run('src/server.ts', [], { PORT: '99999', DATA_DIR: path.join(dataDir, 'never') });
  const { code, stderr, stdout } = await ended;
  t.equal(code, 1);
  t.match(stderr, /^PORT must be a port between 0 and 65535\n$/);
  t.equal(stdout, '');
});

void t.test('starts on an embedded database, is ready, and stops gracefully with code 0', async (t) => {
  const dataDir = await temporaryFolder(t);
  const settings = { PORT: '0', DATA_DIR: dataDir, DEMO: 'false', LOG_LEVEL: 'info' };
  const service = run('src/server.ts', [], settings, fromSource);
  const address = /ready: (http\S+)/.exec(await service.until(/ready: http/))?.[1] ?? '';
  t.match(await (await fetch(`${address}/health/ready`)).json(), { status: 'ready' });
  t.equal((await fetch(`${address}/v1/demo/clock`, { method: 'POST' })).status, 404, 'no settable clock outside the demo');

  const second = await run('src/server.ts', [], settings).ended;
  t.equal(second.code, 1);
  t.match(second.stderr, /in use|running/i, 'a second process on the same folder is told why not');

  // Half a request is in flight when the signal comes: it is answered before the process ends.
  const { hostname, port } = new URL(address);
  const socket = net.connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.write(
    'POST /v1/books/none/enterprises HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  service.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.write('}');
  const { code, stdout } = await service.ended;
  t.equal(code, 0);
  t.match(stdout, /"msg":"stopping"/);
  t.match(answer, /^HTTP\/1.1 (401|503) /, 'the request in flight got its answer');
});

void t.test('a thread started from the source is told of TypeScript', async (t) => {
  const { ended } = run('test/thread-probe.ts', [], {}, fromSource);
  t.match(await ended, { code: 0, stdout: 'a thread of TypeScript says hello\n', stderr: '' });
});

void t.test('a taken port is told by its setting', async (t) => {
  const dataDir = await temporaryFolder(t);
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const { code, stderr } = await run('src/server.ts', [], { PORT: port, DATA_DIR: dataDir, DEMO: 'false', LOG_LEVEL: 'silent' })
    .ended;
  t.equal(code, 1);
  t.match(stderr, new RegExp(`^PORT ${port} on 127.0.0.1 is in use`));
});

void t.test('production: migrate, then a book, its first operator and a key that works', async (t) => {
  const { urls, db } = await testDatabase(t);
  const env = { DATABASE_OWNER_URL: urls.owner, DATABASE_URL: urls.app };
  const args = ['--code', 'luoyang', '--name', '洛阳市', '--division', '410300', '--operator', '张三'];
  t.match(await run('scripts/book-create.ts', [], env).ended, {
    code: 1,
    stderr: /Missing: --code, --name, --division, --operator/,
  });
  t.match(await run('scripts/book-create.ts', args, {}).ended, { code: 1, stderr: /DATABASE_OWNER_URL/ });
  const made = await run('scripts/book-create.ts', args, env).ended;
  t.equal(made.code, 0, made.stderr);
  const key = /(cvk_\S+)/.exec(made.stdout)?.[1];
  t.match(await run('scripts/book-create.ts', args, env).ended, { code: 1, stderr: /There is a book luoyang already/ });
  t.match(await db.sql`select kind from entries order by seq`, [
    { kind: 'member.registered' },
    { kind: 'key.issued' },
    { kind: 'member.invited' },
  ]);
  t.match(made.stdout, /Invitation to sign in as operator, shown this once, good for 7 days: [\w-]{43}\n/);
  const begun = uuidv7(new Date());
  const founded = connect({ url: urls.owner, max: 1 });
  await founded.sql`select create_book(${begun}, 'kaifeng', '开封市', '410200', '2024-01-01'::date, now())`;
  await founded.close();
  const finished = await run('scripts/book-create.ts', ['--code', 'kaifeng', ...args.slice(2)], env).ended;
  t.match(finished, { code: 0, stdout: new RegExp(`${begun}[^]*cvk_`) }, 'a book that was left without a key is finished');

  const dataDir = await temporaryFolder(t);
  const service = run('src/server.ts', [], {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: urls.app,
    FIELD_KEY: 'ab'.repeat(32),
    LOG_LEVEL: 'silent',
  });
  const out = await service.until(/ready: http/);
  t.notMatch(out, /cvk_/, 'no demo keys with DATABASE_URL');
  const address = /ready: (http\S+)/.exec(out)?.[1] ?? '';
  const me = await fetch(`${address}/v1/books/luoyang/me`, { headers: { authorization: `Bearer ${key}` } });
  t.match(await me.json(), { role: 'operator', bookName: '洛阳市' });
  service.child.kill('SIGTERM');
  t.equal((await service.ended).code, 0);

  const owner = connect({ url: urls.owner, max: 1 });
  await owner.sql`update schema_migrations set version = version + 1 where version = (select max(version) from schema_migrations)`;
  await owner.close();
  const behind = await run('src/server.ts', [], {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: urls.app,
    FIELD_KEY: 'ab'.repeat(32),
  }).ended;
  t.match(behind, { code: 1, stderr: /schema version/ });
});

void t.test('logs carry no secrets', async (t) => {
  let written = '';
  const logger = makeLogger('debug', { write: (line: string) => (written += line) });
  const canary = 'canary-7f3a';
  logger.info(
    { headers: { authorization: canary }, secret: canary, body: { accountNo: canary }, member: { secret: canary } },
    'x',
  );
  logger.error({ err: Object.assign(new Error('failed'), { parameters: [canary], detail: canary, query: canary }) }, 'bug');
  t.notMatch(written, canary);
  t.match(written, /\[redacted\]/);
});
