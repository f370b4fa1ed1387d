// The thread of one simulation: with a session of its own it reads the year on one snapshot, lives it, and writes the result. Ends with
// its simulation. It gives way to the thread that serves people.
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ConnectOptions } from '../../db/client.js';
import { connect } from '../../db/client.js';
import { liveYear } from './live-year.js';
import type { Job } from './living.js';
import type { Mine } from './queries.js';
import { recordResult } from './queries.js';

export interface SimulationSpec {
  readonly target: Pick<ConnectOptions, 'url' | 'prepare'>;
  readonly job: Job;
  readonly mine: Mine;
  /** The moment it was begun, by the service's clock. */
  readonly now: Date;
}
export type FromSimulation =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** `written`: false when it was cancelled, or is another's by now. */
  | { readonly kind: 'ended'; readonly written: boolean };

const port = parentPort;
if (!port) throw new Error('this file is a thread of the service');
const say = (message: FromSimulation): void => port.postMessage(message);

const { target, job, mine, now } = workerData as SimulationSpec;
const begun = performance.now();
// On Linux a priority is a thread's own; elsewhere it would be the whole service's.
if (os.platform() === 'linux') os.setPriority(10);

const sessions = connect({
  ...target,
  max: 1,
  applicationName: 'compute-voucher-ledger simulation',
  // A slice takes milliseconds; but it may wait for a busy machine.
  statementTimeoutMs: 120_000,
  // While a page is evaluated the transaction idles.
  idleInTransactionTimeoutMs: 120_000,
});
const db = sessions.as({ book: job.bookId, legalPerson: null });
try {
  const lived = await db.begin((tx) => liveYear(tx, job, (done, total) => say({ kind: 'progress', done, total })), {
    mode: 'isolation level repeatable read read only',
  });
  const written = await recordResult(db, mine, lived, new Date(now.getTime() + performance.now() - begun));
  say({ kind: 'ended', written });
} finally {
  await sessions.close();
}
