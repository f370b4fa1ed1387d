// Bytes without a row: what a crash between storing and recording leaves behind. Swept by hand or by a timer (npm run evidence:sweep),
// never bytes that have a row.
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '../../db/client.js';
import { hasContent } from './queries.js';
import type { EvidenceStore } from './store.js';

/** An upload lasts minutes, and renews the day of what it stores again: what is a day old and has no row will not get one. */
const settledAfterMs = 24 * 60 * 60 * 1000;

export interface Swept {
  readonly kept: number;
  readonly removed: readonly string[];
  /** Superfluous, in a store that cannot remove what somebody may be putting again at this moment. */
  readonly told: readonly string[];
  /** Uploads that ended with their process. */
  readonly incoming: number;
}

/** Sweeps the store of one book, and what lies unfinished in the folder of uploads. */
export async function sweep(db: Database, store: EvidenceStore, of: { bookId: string; now: Date }): Promise<Swept> {
  const { bookId, now } = of;
  const before = new Date(now.getTime() - settledAfterMs);
  let kept = 0;
  const [removed, told]: [string[], string[]] = [[], []];
  for await (const { sha256, putAt } of store.list(bookId)) {
    if (putAt >= before || (await hasContent(db, bookId, sha256))) kept++;
    else if (!store.remove) told.push(sha256);
    else if (await store.remove({ bookId, sha256 }, before)) removed.push(sha256);
  }
  let incoming = 0;
  for (const file of await readdir(store.incoming).catch(() => [])) {
    const at = path.join(store.incoming, file);
    const found = await stat(at).catch(() => undefined);
    if (!found || found.mtime >= before) continue;
    // A file, or the folder of a month's build whose process was killed.
    await rm(at, { recursive: true, force: true });
    incoming++;
  }
  return { kept, removed, told, incoming };
}
