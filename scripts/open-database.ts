// The database of a script: DATABASE_URL, or the embedded one of DATA_DIR while no service uses it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../db/client.js';
import { connect, unreachableBecause } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';

/** Ends the script with a sentence. */
export function stop(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

/** Does the work and closes what it opened, whatever becomes of it. Where there is no database, ends with a sentence. */
export async function withDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  const dataDir = process.env['DATA_DIR'] || './data';
  const external = process.env['DATABASE_URL'] || undefined;
  if (external === undefined && !existsSync(path.join(dataDir, 'postgres')))
    stop(`There is no embedded database in ${dataDir}: set DATABASE_URL or DATA_DIR, or start the service first.`);
  const embedded =
    external === undefined
      ? await startEmbedded({ dataDir }).catch((error: unknown) => stop(error instanceof Error ? error.message : String(error)))
      : undefined;
  const db = connect({ url: external ?? embedded?.appUrl ?? '', statementTimeoutMs: 0 });
  try {
    await work(db);
  } catch (error) {
    const unreachable = unreachableBecause(error);
    if (unreachable === undefined) throw error;
    console.error(`DATABASE_URL cannot be used: ${unreachable}.`);
    process.exitCode = 1;
  } finally {
    await db.close();
    await embedded?.stop();
  }
}
