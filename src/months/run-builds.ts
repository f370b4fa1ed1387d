// Builds months, one at a time in this process, each in a thread of its own. One that is left is built anew from its beginning, and comes to the
// same. The pack is stored by its hash before the build is done, so a build that is done has its pack.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import type { MonthBuild } from '../../db/tables.js';
import type { EvidenceStore } from '../evidence-files/store.js';
import { LeasedJobs } from '../leased-jobs.js';
import type { Clock } from '../ledger/lane.js';
import { startThread } from '../thread.js';
import type { Building, Built } from './build-month.js';
import type { BuildSpec, FromBuild } from './build-worker.js';
import type { Mine, Progress } from './queries.js';
import { buildingOf, failBuild, recordProgress, recordResult, releaseBuild, takeBuild } from './queries.js';
import { mostAttempts } from './rules.js';

const tellEveryMs = 1_000;
const heapMb = { young: 24, old: 160 };

interface Running {
  progress: Progress;
  /** Leaves it to whoever looks next. */
  stop: () => void;
}

export class Builder {
  #running: Running | undefined;
  readonly #jobs: LeasedJobs<MonthBuild>;

  constructor(
    private readonly of: {
      readonly db: Database;
      readonly clock: Clock;
      readonly log: FastifyBaseLogger;
      readonly store: EvidenceStore;
    },
  ) {
    const { db, clock, log } = of;
    const mineOf = ({ bookId, buildId }: MonthBuild, owner: string): Mine => ({ bookId, buildId, owner });
    const inBook = ({ bookId }: MonthBuild): Database => db.as({ book: bookId, legalPerson: null });
    this.#jobs = new LeasedJobs({
      clock,
      log,
      take: (owner) => takeBuild(db, { owner, now: clock.now() }),
      run: async (row, owner) => this.#build(inBook(row), await buildingOf(inBook(row), row), mineOf(row, owner)),
      failed: async (row, owner, error) => {
        log.error({ err: error, buildId: row.buildId, attempt: row.attempts }, 'a month could not be built');
        const mine = mineOf(row, owner);
        if (row.attempts >= mostAttempts) await failBuild(inBook(row), mine, clock.now());
        else await releaseBuild(inBook(row), mine, { counts: true });
      },
    });
  }

  /** Looks for work now and from now on. */
  start(): void {
    this.#jobs.start();
  }

  /** There may be something to do. */
  wake(): void {
    this.#jobs.wake();
  }

  /** Leaves what it works on to another process, or to the next start. */
  close(): Promise<void> {
    return this.#jobs.close(() => this.#running?.stop());
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
    if (this.#jobs.isClosing) running.stop();
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
      this.#running = undefined;
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
