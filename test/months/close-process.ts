// A service as a process of its own that a test kills while it closes a month. It kills itself as soon as a build of a month is at the step that it
// is given, or just before or after its pack is stored. Arguments: the database, the folder of files, the instant of its clock, the step (or
// none). Not a test itself.
import { Worker } from 'node:worker_threads';
import { connect } from '../../db/client.js';
import { build } from '../../src/app.js';
import { folderStore } from '../../src/evidence-files/store.js';
import type { FromBuild } from '../../src/months/build-worker.js';

const [url = '', folder = '', now = '', step = ''] = process.argv.slice(2);
const die = (at: string): void => {
  if (at === step) process.kill(process.pid, 'SIGKILL');
};

// What the thread of a build says is heard first here: it is at that step then.
// oxlint-disable-next-line typescript/unbound-method -- called on its own worker
const { emit } = Worker.prototype;
Worker.prototype.emit = function (this: Worker, event: string | symbol, ...args: unknown[]): boolean {
  const [message] = args as [FromBuild];
  if (event === 'message' && message.kind === 'progress') die(message.progress.step);
  return emit.call(this, event, ...args);
};

const store = folderStore(folder);
const { app } = await build({
  db: connect({ url }),
  clock: { now: () => new Date(now) },
  bearerMayApprove: true,
  fieldKey: Buffer.alloc(32, 1),
  evidence: {
    store: {
      ...store,
      put: async (...of) => {
        die('BEFORE_STORED');
        await store.put(...of);
        die('STORED');
      },
    },
  },
});
process.stdout.write(`ready: ${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
