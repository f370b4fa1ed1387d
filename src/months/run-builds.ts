// Builds months, one at a time in this process, each in a thread of its own. Which is next stands in the table, for all processes alike: the
// oldest that nobody works on. A process that dies leaves a lease that runs out, one that stops gives it back; whoever looks next builds it anew
// from its beginning, and comes to the same. The pack is stored by its hash before the build is done, so a build that is done has its pack.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import type { EvidenceStore } from '../evidence-files/store.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';
import { startThread } from '../thread.js';
import type { Building, Built } from './build-month.js';
import type { BuildSpec, FromBuild } from './build-worker.js';
import type { Mine, Progress } from './queries.js';
import { buildingOf, failBuild, recordProgress, recordResult, releaseBuild, takeBuild } from './queries.js';
import { mostAttempts } from './rules.js';

/** How often a process that has nothing to do looks for what others have left. */
const lookEveryMs = 2_000;
const tellEveryMs = 1_000;
const heapMb = { young: 48, old: 256 };

interface Running {
  progress: Progress;
  /** Leaves it to whoever looks next. */
  stop: () => void;
}

export class Builder {
  #running: Running | undefined;
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly of: {
      readonly db: Database;
      readonly clock: Clock;
      readonly log: FastifyBaseLogger;
      readonly store: EvidenceStore;
    },
  ) {}

  /** Looks for work now and from now on. */
  start(): void {
    this.#looking = setInterval(() => this.wake(), lookEveryMs).unref();
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#closing || this.#working) return;
    this.#working = this.#work()
      // The database may be away: it is looked again soon.
      .catch((error: unknown) => this.of.log.debug({ err: error }, 'no month to build could be looked for'))
      .finally(() => (this.#working = undefined));
  }

  /** Leaves what it works on to another process, or to the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    this.#running?.stop();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, log } = this.of;
    while (!this.#closing) {
      const owner = uuidv7(clock.now());
      const row = await takeBuild(this.of.db, { owner, now: clock.now() });
      if (!row) return;
      const mine = { bookId: row.bookId, buildId: row.buildId, owner };
      const db = this.of.db.as({ book: row.bookId, legalPerson: null });
      try {
        await this.#build(db, await buildingOf(db, row), mine);
      } catch (error) {
        log.error({ err: error, buildId: row.buildId, attempt: row.attempts }, 'a month could not be built');
        if (row.attempts >= mostAttempts) await failBuild(db, mine, clock.now());
        else await releaseBuild(db, mine, { counts: true });
        // Not at once again: what was in the way may pass.
        return;
      } finally {
        this.#running = undefined;
      }
    }
  }

  /** Resolves once it is done, or was left because this process stops or another has it. */
  async #build(db: Database, building: Building, mine: Mine): Promise<void> {
    const { store, clock } = this.of;
    // Beside the place that the pack is stored in, so that storing it is one step.
    await mkdir(store.incoming, { recursive: true });
    const folder = await mkdtemp(path.join(store.incoming, 'month-'));
    const spec: BuildSpec = { target: this.of.db.target, building, folder };
    const thread = startThread('build-worker', import.meta.url, {
      workerData: spec,
      resourceLimits: { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb: heapMb.old },
    });
    const running: Running = { progress: { step: 'CHECK', entriesDone: 0n, entriesTotal: null }, stop: () => undefined };
    const ended = listen(thread, running);
    if (this.#closing) running.stop();
    this.#running = running;
    const telling = setInterval(() => {
      // One that fails is not missed: the lease outlasts several. One that finds nothing is another's by now.
      recordProgress(db, mine, running.progress).then(
        (isMine) => {
          if (!isMine) running.stop();
        },
        () => undefined,
      );
    }, tellEveryMs);
    try {
      const built = await ended;
      if (built === 'left') {
        await releaseBuild(db, mine, { counts: false });
        return;
      }
      const { result, parties, file } = built;
      await store.put({ bookId: mine.bookId, sha256: result.packDigest }, file, Number(result.packBytes));
      await recordResult(db, mine, { result, progress: running.progress, parties, now: clock.now() });
    } finally {
      clearInterval(telling);
      await thread.terminate();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function listen(thread: Worker, running: Running): Promise<Built | 'left'> {
  return new Promise((resolve, reject) => {
    running.stop = () => resolve('left');
    thread.on('message', (message: FromBuild) => {
      if (message.kind === 'progress') running.progress = message.progress;
      else resolve(message.built);
    });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the thread of a month ended by itself')));
  });
}
