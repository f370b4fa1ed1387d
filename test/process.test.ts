// The process around the app: settings that stop the start with a sentence, a start on the embedded database, a graceful
// stop, logs without secrets, and the command that opens a book in production.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { connect } from '../db/client.js';
import { rememberForMs } from '../src/access/principal.js';
import { unsafeBecause } from '../src/safe-database.js';
import { makeUscc, uuidv7 } from '../src/identifiers.js';
import { makeLogger } from '../src/log.js';
import { readSettings } from '../src/settings.js';
import { testDatabase } from './database.js';
import { asHere, fromSource } from './program.js';
import { codeFor, goodPassword } from './sign-in/world.js';

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
  const ring = `2026:sm4-ctr-hmac-sm3:${'B'.repeat(64)},2024:aes-256-gcm:${key}`;
  const withRing = readSettings({ DATABASE_URL: url, FIELD_KEYS: ring, FINGERPRINT_KEY: key });
  t.match(withRing, { ok: true, settings: { FIELD_KEYS: [{ id: '2026', algorithm: 'sm4-ctr-hmac-sm3' }, { id: '2024' }] } });
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
    [{ FIELD_KEYS: `a:aes-128:${key}` }, /^FIELD_KEYS must be id:aes-256-gcm:hex/],
    [{ FIELD_KEYS: `a:aes-256-gcm:${key},a:aes-256-gcm:${'b'.repeat(64)}`, FIELD_KEY: key }, /^FIELD_KEYS names a key twice/],
    [{ FIELD_KEYS: `a:aes-256-gcm:${key},b:aes-256-gcm:${key}`, FIELD_KEY: key }, /^FIELD_KEYS has one secret twice/],
    [{ FIELD_KEYS: `a:aes-256-gcm:${key}` }, /^FINGERPRINT_KEY is missing/],
    [{ FINGERPRINT_KEY: 'short' }, /^FINGERPRINT_KEY must be 64 hexadecimal/],
    [{ FINGERPRINT_KEY: key }, /^FINGERPRINT_KEY goes with FIELD_KEYS/],
    [{ FIELD_KEY: key, FINGERPRINT_KEY: 'b'.repeat(64) }, /^FINGERPRINT_KEY must be the value of FIELD_KEY/],
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

void t.test('production: migrate, then a book, its first two operators and keys that work', async (t) => {
  const { urls, admin } = await testDatabase(t);
  const env = { DATABASE_OWNER_URL: urls.owner, DATABASE_URL: urls.app };
  const args = [
    '--code',
    'luoyang',
    '--name',
    '洛阳市',
    '--division',
    '410300',
    '--operator',
    '张三',
    '--second-operator',
    '李四',
  ];
  t.match(await run('scripts/book-create.ts', [], env).ended, {
    code: 1,
    stderr: /Missing: --code, --name, --division, --operator, --second-operator/,
  });
  t.match(await run('scripts/book-create.ts', args, {}).ended, { code: 1, stderr: /DATABASE_OWNER_URL/ });
  const made = await run('scripts/book-create.ts', args, env).ended;
  t.equal(made.code, 0, made.stderr);
  const key = /(cvk_\S+)/.exec(made.stdout)?.[1];
  t.match(await run('scripts/book-create.ts', args, env).ended, { code: 1, stderr: /There is a book luoyang already/ });
  t.match(await admin.sql`select kind from entries order by seq`, [
    { kind: 'member.registered' },
    { kind: 'key.issued' },
    { kind: 'member.registered' },
    { kind: 'key.issued' },
    { kind: 'member.invited' },
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
  const settings = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: urls.app,
    ALLOW_UNSAFE_DATABASE: 'true',
    FIELD_KEY: 'ab'.repeat(32),
    LOG_LEVEL: 'silent',
  };
  const service = run('src/server.ts', [], settings);
  const second = run('src/server.ts', [], settings);
  const out = await service.until(/ready: http/);
  t.notMatch(out, /cvk_/, 'no demo keys with DATABASE_URL');
  const bookAt = (printed: string): string => `${/ready: (http\S+)/.exec(printed)?.[1] ?? ''}/v1/books/luoyang`;
  const here = bookAt(out);
  const me = await fetch(`${here}/me`, { headers: { authorization: `Bearer ${key}` } });
  t.match(await me.json(), { role: 'operator', bookName: '洛阳市' });
  const token = /good for 7 days: ([\w-]{43})\n/.exec(made.stdout)?.[1] ?? '';
  await endsEverywhere(t, { here, there: bookAt(await second.until(/ready: http/)), token });
  second.child.kill('SIGTERM');
  t.equal((await second.ended).code, 0);
  const ring = { DATABASE_URL: urls.app, FIELD_KEY: 'ab'.repeat(32), FIELD_KEYS: `next:sm4-ctr-hmac-sm3:${'cd'.repeat(32)}` };
  t.match(await run('scripts/fields-rotate.ts', [], ring).ended, {
    code: 0,
    stdout: /luoyang: 1 rows sealed anew, none left under an earlier key/,
  });
  t.match(await run('scripts/fields-rotate.ts', [], { FIELD_KEYS: 'x' }).ended, { code: 1, stderr: /FIELD_KEYS must be/ });
  service.child.kill('SIGTERM');
  t.equal((await service.ended).code, 0);

  const owner = connect({ url: urls.owner, max: 1 });
  await owner.sql`update schema_migrations set version = version + 1 where version = (select max(version) from schema_migrations)`;
  await owner.close();
  const behind = await run('src/server.ts', [], {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: urls.app,
    ALLOW_UNSAFE_DATABASE: 'true',
    FIELD_KEY: 'ab'.repeat(32),
  }).ended;
  t.match(behind, { code: 1, stderr: /schema version/ });
});

/** What ends in one of two processes on a database has ended in the other with its next request: a key, a member, a session. */
async function endsEverywhere(t: Test, { here, there, token }: { here: string; there: string; token: string }): Promise<void> {
  let cookie = '';
  const call = async (at: string, url: string, body?: object, secret?: string) => {
    const response = await fetch(at + url, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: {
        ...(body
          ? { 'content-type': 'application/json', 'idempotency-key': uuidv7(new Date()), 'sec-fetch-site': 'same-origin' }
          : {}),
        ...(secret === undefined ? { cookie } : { authorization: `Bearer ${secret}` }),
      },
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) cookie = set.split(';')[0] ?? '';
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const expect = async (status: number, answer: ReturnType<typeof call>) => {
    const { status: found, body } = await answer;
    // Its answer may hold a key, which nothing may print.
    t.equal(found, status, typeof body['code'] === 'string' ? body['code'] : 'accepted');
    return body;
  };

  // The first operator takes the invitation in one process and shows the second factor in the other.
  const { secret } = await expect(200, call(here, '/sign-in/invitations/accept', { token, password: goodPassword }));
  await expect(200, call(there, '/sign-in/invitations/confirm', { token, code: codeFor(String(secret), new Date()) }));
  await expect(200, call(here, '/me'));
  await expect(200, call(there, '/me'));

  const machine = async () => {
    const of = { personName: '对接系统', role: 'provider', kind: 'MACHINE', legalPersonUscc: makeUscc('91410300MA9000001') };
    const { memberId } = await expect(201, call(here, '/members', of));
    const made = await expect(201, call(here, `/members/${String(memberId)}/keys`, {}));
    return { memberId: String(memberId), keyId: String(made['keyId']), secret: String(made['secret']) };
  };
  const [first, second] = [await machine(), await machine()];
  const known = async (of: { secret: string }) => [
    (await call(there, '/me', undefined, of.secret)).status,
    // What is wrong in itself is told before the lane, by what is remembered of a key.
    (await call(there, '/applications/x/approve', {}, of.secret)).status,
  ];
  for (const of of [first, second, first, second]) t.strictSame((await known(of))[0], 200);
  await expect(200, call(here, `/keys/${first.keyId}/revoke`, {}));
  await expect(200, call(here, `/members/${second.memberId}/end`, {}));
  for (const of of [first, second])
    t.equal((await call(there, '/me', undefined, of.secret)).status, 401, 'at once where it reads');
  await new Promise((resolve) => setTimeout(resolve, rememberForMs + 50));
  for (const of of [first, second]) t.strictSame(await known(of), [401, 401], 'within a second for whatever a request meets');

  const before = cookie;
  await expect(200, call(here, '/sign-in/sign-out-everywhere', {}));
  cookie = before;
  await expect(401, call(there, '/me'));
  await expect(401, call(there, '/members', { personName: '某人', role: 'auditor', kind: 'PERSON' }));
}

void t.test('a database that would forget, or a role that nothing binds, is refused at the start', async (t) => {
  const { urls, admin } = await testDatabase(t);
  const start = async (url: string) =>
    run('src/server.ts', [], {
      PORT: '0',
      DATA_DIR: t.testdir({}),
      DATABASE_URL: url,
      FIELD_KEY: 'ab'.repeat(32),
      LOG_LEVEL: 'silent',
    }).ended;
  t.match(await start(urls.app), {
    code: 1,
    stderr: /not safe to run on\..*fsync is off.*full_page_writes is off.*synchronous_commit is off/,
  });

  const reasons: [string, string, RegExp][] = [
    ['the superuser', urls.admin, /superuser/],
    ['the owner', urls.owner, /owns tables/],
  ];
  for (const [who, url, sentence] of reasons) {
    const db = connect({ url, max: 1 });
    t.match((await unsafeBecause(db)).join(' '), sentence, who);
    await db.close();
  }
  const name = new URL(urls.app).pathname.slice(1);
  // A role of this cluster is of every file's tests: one of our own may bypass.
  const role = `bypass_${name}`;
  await admin.sql.unsafe(`create role ${role} login bypassrls password 'x'`);
  await admin.sql.unsafe(`grant connect on database ${name} to ${role}`);
  const other = new URL(urls.app);
  [other.username, other.password] = [role, 'x'];
  const free = connect({ url: other.href, max: 1 });
  t.match((await unsafeBecause(free)).join(' '), /may bypass row-level security/);
  await free.close();
  await admin.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});

void t.test('logs carry no secrets', async (t) => {
  let written = '';
  const logger = makeLogger('debug', { write: (line: string) => (written += line) });
  const canary = 'canary-7f3a';
  logger.info(
    { headers: { authorization: canary }, secret: canary, body: { accountNo: canary }, member: { secret: canary } },
    'x',
  );
  const fields = ['secret', 'password', 'newPassword', 'currentPassword', 'token', 'pendingToken', 'recoveryCode', 'contact'];
  for (const field of [...fields, 'holderIdNo', 'otpauthUri']) logger.info({ [field]: canary, body: { [field]: canary } }, field);
  const headers = Object.fromEntries(
    ['authorization', 'cookie', 'set-cookie', 'signature', 'signature-input'].map((of) => [of, canary]),
  );
  logger.info({ ...headers, headers, req: { headers }, recoveryCodes: [canary], identity: { number: canary } }, 'headers');
  logger.error({ err: Object.assign(new Error('failed'), { parameters: [canary], detail: canary, query: canary }) }, 'bug');
  t.notMatch(written, canary);
  t.match(written, /\[redacted\]/);
});
