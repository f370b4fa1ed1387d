import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { connect, sqlStateOf } from '../db/client.js';
import { dumpSchema } from '../db/dump.js';
import { EmbeddedUnavailable, startEmbedded } from '../db/embedded.js';
import { expectedSchemaVersion, migrate, MigrationRefused, schemaVersion } from '../db/migrate.js';
import { testDatabase } from './database.js';

const MIGRATIONS = fileURLToPath(new URL('../db/migrations/', import.meta.url));

async function dataFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'voucher-embedded-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function postmasterOf(folder: string): Promise<number> {
  return Number((await readFile(path.join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** A process that was killed may stay as a zombie in a container whose first process collects nobody: that is dead. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') R');
  return !/\) Z/.test(status);
}

async function untilDead(pid: number): Promise<void> {
  for (let i = 0; i < 500 && (await isAlive(pid)); i++) await sleep(10);
}

void t.test('the embedded database keeps what was committed, through a stop and through kill -9', async (t) => {
  const dataDir = await dataFolder(t);
  const spoken: string[] = [];
  const logger = { debug: () => undefined, warn: (message: string) => void spoken.push(message) };

  const first = await startEmbedded({ dataDir, logger });
  t.match(spoken.join(), /DATABASE_URL/, 'it says that it is for trying out');
  const owner = connect({ url: first.ownerUrl, max: 1 });
  await owner.sql.unsafe('create table kept (n integer); grant select on kept to voucher_app, voucher_reader');
  await owner.sql`insert into kept values (1)`;

  for (const [role, url] of [
    ['voucher_owner', first.ownerUrl],
    ['voucher_app', first.appUrl],
    ['voucher_reader', first.readerUrl],
  ] as const) {
    const db = connect({ url, max: 1 });
    const [row] = await db.sql`
      select current_user::text as role, current_database()::text as database, rolsuper or rolcreatedb or rolcreaterole as power,
        current_setting('fsync') as fsync, current_setting('full_page_writes') as pages
      from pg_roles where rolname = current_user`;
    t.strictSame(row, { role, database: 'vouchers', power: false, fsync: 'on', pages: 'on' }, `${role} is no superuser`);
    if (role !== 'voucher_owner') {
      const refused = await db.sql.unsafe('create table mine (n integer)').catch(sqlStateOf);
      t.equal(refused, role === 'voucher_app' ? '42501' : '25006', `${role} makes no tables`);
    }
    await db.close();
  }
  const secrets = await stat(path.join(dataDir, 'postgres', 'embedded.json'));
  t.equal(secrets.mode & 0o777, 0o600, 'the passwords are nobody else’s');
  t.strictSame(await readdir(dataDir), ['postgres'], 'nothing else is left in the folder');

  await t.rejects(startEmbedded({ dataDir }), EmbeddedUnavailable, 'a second server on the folder is refused');
  const sentence = await startEmbedded({ dataDir }).catch(String);
  t.match(sentence, new RegExp(`${dataDir} is in use by another process.*DATA_DIR`));
  t.equal((await owner.sql`select from kept`).count, 1, 'and the first one goes on');

  process.kill(await postmasterOf(dataDir), 'SIGKILL');
  await first.stop();
  await owner.close();
  const second = await startEmbedded({ dataDir });
  const reader = connect({ url: second.readerUrl, max: 1 });
  t.equal((await reader.sql`select from kept`).count, 1, 'after kill -9 everything is there, under the same passwords');
  await reader.close();
  await second.stop();
  t.notOk((await readdir(path.join(dataDir, 'postgres'))).includes('postmaster.pid'), 'a stop is a clean one');

  // After a restart of a container the number in the file is somebody else's: ours, for example.
  await writeFile(path.join(dataDir, 'postgres', 'postmaster.pid'), `${process.pid}\n`);
  const startedAt = performance.now();
  const third = await startEmbedded({ dataDir });
  const again = connect({ url: third.readerUrl, max: 1 });
  t.equal((await again.sql`select from kept`).count, 1, 'a stale postmaster.pid is no obstacle');
  t.ok(performance.now() - startedAt < 3000, 'a warm start is quick');
  await again.close();
  await third.stop();
  await third.stop();
});

void t.test('the server does not outlive its process', async (t) => {
  const dataDir = await dataFolder(t);
  const embedded = new URL('../db/embedded.ts', import.meta.url).href;
  const program = `
    import { startEmbedded } from ${JSON.stringify(embedded)};
    await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
    console.log('started');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const postmaster = await postmasterOf(dataDir);
  t.ok(await isAlive(postmaster));
  child.kill(process.platform === 'linux' ? 'SIGKILL' : 'SIGTERM');
  await untilDead(postmaster);
  t.notOk(await isAlive(postmaster));
});

void t.test('migrations: each once, in order, and never another', async (t) => {
  const { db, admin, urls } = await testDatabase(t);
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  t.equal(await expectedSchemaVersion(), files.length);
  t.equal(await schemaVersion(db), files.length, 'the service may ask which schema it meets');

  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin.sql.unsafe(`create database ${name} template template0 owner voucher_owner`);
  const made = new URL(urls.admin);
  made.pathname = `/${name}`;
  const maker = connect({ url: made.href, max: 1 });
  await maker.sql`grant usage, create on schema public to voucher_across`;
  await maker.close();
  t.teardown(async () => void (await admin.sql.unsafe(`drop database ${name} with (force)`)));
  const url = new URL(urls.owner);
  url.pathname = `/${name}`;
  const empty = connect({ url: url.href, max: 1 });
  t.teardown(() => empty.close(1));

  t.equal(await schemaVersion(empty), 0, 'an empty database has version 0');
  const runs = await Promise.all([migrate(url.href), migrate(url.href), migrate(url.href)]);
  t.strictSame(runs.flatMap(({ applied }) => applied).sort(), files, 'three processes at once apply each file once');
  t.strictSame(await migrate(url.href), { applied: [] }, 'afterwards there is nothing to do');
  t.equal(await schemaVersion(empty), files.length);

  const refusals: [string, RegExp][] = [
    [`update schema_migrations set digest = 'edited' where version = 1`, /0001_\w+\.sql differs .* never edited/s],
    [`update schema_migrations set name = '0001_other.sql' where version = 1`, /differs from 0001_other\.sql/],
    [`delete from schema_migrations where version = 1`, /lacks migration 1/],
    [
      `insert into schema_migrations (version, name, digest) values (${files.length + 1}, '9999_later.sql', '')`,
      /has 9999_later\.sql, which this version of the service does not know/,
    ],
  ];
  for (const [change, sentence] of refusals) {
    const before = await empty.sql<{ version: number; name: string; digest: string }[]>`select * from schema_migrations`;
    await empty.sql.unsafe(change);
    const refused = await migrate(url.href).catch((error: unknown) => error as Error);
    t.type(refused, MigrationRefused);
    t.match(refused instanceof Error ? refused.message : '', sentence);
    await empty.sql`delete from schema_migrations`;
    await empty.sql`
      insert into schema_migrations (version, name, digest)
      select * from unnest(${before.map((row) => row.version)}::int[], ${before.map((row) => row.name)}::text[],
                           ${before.map((row) => row.digest)}::text[])`;
  }
});

void t.test('db/schema.sql is what the migrations produce', async (t) => {
  const { owner } = await testDatabase(t);
  const written = await readFile(new URL('../db/schema.sql', import.meta.url), 'utf8');
  t.equal(await dumpSchema(owner), written, 'npm run schema:dump writes it anew');
});
