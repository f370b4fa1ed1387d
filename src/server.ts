// The process: settings, logger, database, listen, graceful stop. Without DATABASE_URL it brings its own PostgreSQL and,
// on the first start, lives the demo world through its own HTTP API.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import closeWithGrace from 'close-with-grace';
import { connect, unreachableBecause } from '../db/client.js';
import type { Embedded } from '../db/embedded.js';
import { EmbeddedUnavailable, startEmbedded } from '../db/embedded.js';
import { expectedSchemaVersion, migrate, MigrationRefused, schemaVersion } from '../db/migrate.js';
import type { Settings } from '../schemas/settings.js';
import { build } from './app.js';
import { demoClock, systemClock } from './clock.js';
import { evidenceOf } from './evidence-files/settings.js';
import { MappingUnusable } from './evidence-files/digital-invoice.js';
import { discardUnfinishedDemo, openDemo } from './demo/open-demo.js';
import { makeLogger } from './log.js';
import { limitsOf, readSettings, sharedOut } from './settings.js';

/** Why the service cannot start, in a sentence for the person at the terminal. */
class CannotStart extends Error {}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function start(settings: Settings): Promise<void> {
  const logger = makeLogger(settings.LOG_LEVEL);
  const demo = settings.DATABASE_URL === undefined && settings.DEMO !== 'false';

  let embedded: Embedded | undefined;
  let ownerUrl = settings.DATABASE_OWNER_URL;
  let url = settings.DATABASE_URL;
  if (url === undefined) {
    if (demo) await discardUnfinishedDemo(settings.DATA_DIR);
    embedded = await startEmbedded({ dataDir: settings.DATA_DIR, logger });
    ({ ownerUrl, appUrl: url } = embedded);
  }
  if (ownerUrl !== undefined) {
    const { applied } = await migrate(ownerUrl);
    if (applied.length > 0) logger.info({ applied }, 'migrated');
  }

  // A quarter of the sessions is the lanes': however many readings there are, a command never waits for one of them.
  const sessions = sharedOut(settings.DATABASE_POOL);
  const to = { url, prepare: settings.DATABASE_PREPARE === 'true', applicationName: 'compute-voucher-ledger' };
  const db = connect({ ...to, max: sessions.beside });
  const laneDb = connect({ ...to, max: sessions.lanes });
  const [found, expected] = await Promise.all([schemaVersion(db), expectedSchemaVersion()]);
  if (found !== expected) {
    throw new CannotStart(
      `The database is at schema version ${found}, this release needs ${expected}: run npm run migrate with DATABASE_OWNER_URL set (or use the release that fits).`,
    );
  }

  const settable = demo ? demoClock() : undefined;
  const { app, books } = await build({
    db,
    laneDb,
    places: sessions.places,
    // The demo lives three months through the API within seconds.
    limits: { ...limitsOf(settings), ...(demo ? { keyPerSecond: Infinity, addressPerSecond: Infinity } : {}) },
    clock: settable ?? systemClock,
    fieldKey: settings.FIELD_KEY === undefined ? await keptFieldKey(settings.DATA_DIR) : Buffer.from(settings.FIELD_KEY, 'hex'),
    logger,
    bodyLimit: settings.BODY_LIMIT,
    evidence: evidenceOf(settings),
    publicOrigin: settings.PUBLIC_ORIGIN,
    issuers: settings.OIDC_ISSUERS ?? [],
    bearerMayApprove: settings.BEARER_KEYS_MAY_APPROVE === undefined ? demo : settings.BEARER_KEYS_MAY_APPROVE === 'true',
    exchangeKeys: settings.EXCHANGE_KEYS ?? [],
    webhookHosts: settings.WEBHOOK_HOSTS ?? [],
    lane: { maxBatch: settings.LANE_MAX_BATCH, maxQueue: settings.LANE_MAX_QUEUE },
    ...(settable ? { settableClock: settable } : {}),
  });

  // In-flight commands finish, the queue drains (app.close), then the pool closes, then the embedded server.
  let stopping = false;
  closeWithGrace({ delay: 30_000, logger: false }, async ({ err, signal }) => {
    stopping = true;
    if (err) logger.fatal({ err }, 'the process met an error nobody caught');
    logger.info({ signal }, 'stopping');
    await app.close();
    await Promise.all([db.close(), laneDb.close()]);
    await embedded?.stop();
  });

  const address = await app.listen({ port: settings.PORT, host: settings.HOST });
  if (embedded && settable) {
    const owner = connect({ url: embedded.ownerUrl, max: 1 });
    let keys: string[];
    try {
      keys = await openDemo({ address, owner, books, clock: settable, dataDir: settings.DATA_DIR, say });
    } catch (error) {
      // Stopped while it was at it: the next start makes the world anew.
      if (stopping) return;
      throw error;
    } finally {
      await owner.close();
    }
    for (const line of keys) say(line);
  }
  if (embedded) say('Embedded PostgreSQL: for trying out, not for production. Set DATABASE_URL for a real one.');
  say(`Compute voucher ledger ready: ${address}`);
  say(`API page: ${address}/docs   OpenAPI: ${address}/openapi.json`);
}

/** Without FIELD_KEY (embedded only): a random key, kept beside the data it seals. */
async function keptFieldKey(dataDir: string): Promise<Buffer> {
  const file = path.join(dataDir, 'field.key');
  try {
    return Buffer.from((await readFile(file, 'utf8')).trim(), 'hex');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const key = randomBytes(32);
    await mkdir(dataDir, { recursive: true });
    await writeFile(file, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  }
}

const read = readSettings(process.env);
if (!read.ok) {
  for (const sentence of read.sentences) process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
} else {
  try {
    await start(read.settings);
  } catch (error) {
    const told =
      error instanceof CannotStart ||
      error instanceof EmbeddedUnavailable ||
      error instanceof MigrationRefused ||
      error instanceof MappingUnusable;
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const unreachable = unreachableBecause(error);
    if (told) process.stderr.write(`${error.message}\n`);
    else if (inUse)
      process.stderr.write(`PORT ${read.settings.PORT} on ${read.settings.HOST} is in use: set PORT to a free one.\n`);
    else if (unreachable !== undefined)
      process.stderr.write(`DATABASE_URL or DATABASE_OWNER_URL cannot be used: ${unreachable}.\n`);
    else
      process.stderr.write(
        `The service could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    process.exit(1);
  }
}
