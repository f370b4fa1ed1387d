/**
 * A database of one's own for a test file: one cluster for the whole run with fsync off, one migrated database as
 * template, a copy of it per call. scripts/test.ts starts the cluster and names it in TEST_CLUSTER; a file that is run
 * by hand starts its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type Database } from '../db/client.js';
import { refuseIfRunning, startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';

/** The database of each URL is the migrated template. */
export interface TestCluster {
  app: string;
  owner: string;
  reader: string;
  admin: string;
}

export interface TestDatabase {
  /** As voucher_app, like the service. */
  db: Database;
  /** As voucher_owner, like a migration. */
  owner: Database;
  /** As superuser: kills, cancels, looks under the carpet. */
  admin: Database;
  urls: TestCluster;
}

/** Where a test's resources are given back: tap's `t`. */
interface Teardown {
  teardown(handler: () => Promise<void>): void;
}

/** A fresh copy of the migrated database, dropped when `t` ends. */
export async function testDatabase(t: Teardown): Promise<TestDatabase> {
  const cluster = await theCluster();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = new URL(cluster.admin).pathname.slice(1);
  const urls = {
    app: inDatabase(cluster.app, name),
    owner: inDatabase(cluster.owner, name),
    reader: inDatabase(cluster.reader, name),
    admin: inDatabase(cluster.admin, name),
  };

  const server = connect({ url: inDatabase(cluster.admin, 'postgres'), max: 1 });
  await server.sql.unsafe(`create database ${name} template ${template} strategy file_copy owner voucher_owner`);
  await server.sql.unsafe(`revoke all on database ${name} from public`);
  await server.sql.unsafe(`grant connect on database ${name} to voucher_app, voucher_reader, voucher_signer`);

  const databases = {
    db: connect({ url: urls.app }),
    owner: connect({ url: urls.owner, max: 3 }),
    admin: connect({ url: urls.admin, max: 3 }),
  };
  t.teardown(async () => {
    await Promise.all(Object.values(databases).map((each) => each.close(1)));
    await server.sql.unsafe(`drop database ${name} with (force)`);
    await server.close();
  });
  return { ...databases, urls };
}

const FOLDER = 'voucher-test-';
/** Several times what the databases of the files at work and the log take together. */
const ROOM_FOR_CLUSTER = 3 * 2 ** 30;
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * In memory where there is room: a database is more than a thousand files, and ext4 looks at every inode that was given
 * back lately before it gives one out, which makes the copy of a template after many were dropped twenty times as slow.
 */
async function parentOfCluster(): Promise<string> {
  const memory = '/dev/shm';
  const room = await statfs(memory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  if (room < ROOM_FOR_CLUSTER) return tmpdir();
  await removeAbandoned(memory);
  return memory;
}

/** What a killed run has left would fill the memory until the machine restarts. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name);
    if (!name.startsWith(FOLDER)) continue;
    // Another run may be removing its own at this moment.
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs < ABANDONED_AFTER_MS) continue;
    await refuseIfRunning(path.join(folder, 'postgres')).then(
      () => rm(folder, { recursive: true, force: true }),
      () => undefined,
    );
  }
}

/** Starts a throw-away cluster and migrates its database. `stop` ends it and removes its folder. */
export async function startTestCluster(): Promise<{ cluster: TestCluster; stop: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(await parentOfCluster(), FOLDER));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const embedded = await startEmbedded({ dataDir: folder, durable: false });
    const stop = async () => {
      await embedded.stop();
      await remove();
    };
    try {
      await migrate(embedded.ownerUrl);
    } catch (error) {
      await stop();
      throw error;
    }
    const { appUrl, ownerUrl, readerUrl, adminUrl } = embedded;
    return { cluster: { app: appUrl, owner: ownerUrl, reader: readerUrl, admin: adminUrl }, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

let shared: Promise<TestCluster> | undefined;

function theCluster(): Promise<TestCluster> {
  return (shared ??= findOrStart());
}

async function findOrStart(): Promise<TestCluster> {
  const given = process.env['TEST_CLUSTER'];
  if (given) return JSON.parse(given) as TestCluster;
  const { cluster, stop } = await startTestCluster();
  // Not at the top of this file: scripts/test.ts is no test.
  const { default: t } = await import('tap');
  t.teardown(stop);
  return cluster;
}

function inDatabase(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}
