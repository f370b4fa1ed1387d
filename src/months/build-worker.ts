// The thread of one build: with a session of its own it reads in short slices and writes the pack into a folder. Ends with its build. It
// gives way to the thread that serves people.
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { ConnectOptions } from '../../db/client.js';
import { connect } from '../../db/client.js';
import type { Building, Built } from './build-month.js';
import { buildMonth } from './build-month.js';
import type { Progress } from './queries.js';

export interface BuildSpec {
  readonly target: Pick<ConnectOptions, 'url' | 'prepare'>;
  readonly building: Building;
  /** Its own, and empty. */
  readonly folder: string;
}
export type FromBuild =
  { readonly kind: 'progress'; readonly progress: Progress } | { readonly kind: 'built'; readonly built: Built };

const port = parentPort;
if (!port) throw new Error('this file is a thread of the service');
const say = (message: FromBuild): void => port.postMessage(message);

const { target, building, folder } = workerData as BuildSpec;
// On Linux a priority is a thread's own; elsewhere it would be the whole service's.
if (os.platform() === 'linux') os.setPriority(10);

const sessions = connect({
  ...target,
  max: 1,
  applicationName: 'compute-voucher-ledger month',
  // A slice takes milliseconds; the audits take longer, and may wait for a busy machine.
  statementTimeoutMs: 600_000,
});
const db = sessions.as({ book: building.bookId, legalPerson: null });
try {
  say({
    kind: 'built',
    built: await buildMonth(db, building, { folder, onProgress: (progress) => say({ kind: 'progress', progress }) }),
  });
} finally {
  await sessions.close();
}
