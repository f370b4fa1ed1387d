// Works on simulations, one at a time in this process, each in a thread of its own. Which is next stands in the table, for all processes
// alike: the oldest that nobody works on. A process that dies leaves a lease that runs out, one that stops gives it back; whoever
// looks next then runs the simulation anew from its beginning. Nothing of it is written before it is whole.
import type { Worker } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import type { Simulation } from '../../db/tables.js';
import { LeasedJobs } from '../leased-jobs.js';
import type { Clock } from '../ledger/lane.js';
import { startThread } from '../thread.js';
import type { Mine } from './queries.js';
import { endSimulation, recordProgress, releaseSimulation, takeSimulation } from './queries.js';
import { mostAttempts } from './rules.js';
import type { FromSimulation, SimulationSpec } from './simulate-worker.js';

const tellEveryMs = 1_000;
/** Almost all that a case makes is gone with it: with little room for what is young, a quarter of the time went into sweeping it. */
const heapMb = { young: 64, old: 512 };

interface Running {
  readonly mine: Mine;
  row: Simulation;
  stop: (why: 'cancelled' | 'closing') => void;
}

export class Simulator {
  #running: Running | undefined;
  readonly #jobs: LeasedJobs<Simulation>;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    log: FastifyBaseLogger,
  ) {
    const mineOf = ({ bookId, simulationId }: Simulation, owner: string): Mine => ({ bookId, simulationId, owner });
    const inBook = ({ bookId }: Simulation): Database => db.as({ book: bookId, legalPerson: null });
    this.#jobs = new LeasedJobs({
      clock,
      log,
      take: (owner) => takeSimulation(db, { owner, now: clock.now() }),
      run: (row, owner) => this.#run(inBook(row), row, mineOf(row, owner)),
      failed: async (row, owner, error) => {
        log.error({ err: error, simulationId: row.simulationId, attempt: row.attempts }, 'a simulation failed');
        const mine = mineOf(row, owner);
        if (row.attempts >= mostAttempts)
          await endSimulation(inBook(row), mine, { failure: 'SIMULATION_FAILED', now: clock.now() });
        else await releaseSimulation(inBook(row), mine, { counts: true });
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

  /** The simulation that this process works on, as it is now. */
  here(simulationId: string): Simulation | undefined {
    return this.#running?.mine.simulationId === simulationId ? this.#running.row : undefined;
  }

  cancelled(simulationId: string): void {
    if (this.#running?.mine.simulationId === simulationId) this.#running.stop('cancelled');
  }

  /** Leaves what it works on to another process, or to the next start. */
  close(): Promise<void> {
    return this.#jobs.close(() => this.#running?.stop('closing'));
  }

  /** Resolves once it has ended, was cancelled, or was left because this process stops. */
  async #run(db: Database, row: Simulation, mine: Mine): Promise<void> {
    const { bookId, programmeCode, programmeVersionId, comparedVersionId, year, poolFen } = row;
    const spec: SimulationSpec = {
      target: this.db.target,
      mine,
      now: this.clock.now(),
      job: { bookId, programmeCode, programmeVersionId, comparedVersionId, year, poolFen },
    };
    const thread = startThread('simulate-worker', import.meta.url, {
      workerData: spec,
      resourceLimits: { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb: heapMb.old },
    });
    const running: Running = { mine, row, stop: () => undefined };
    const ended = this.#listen(thread, running);
    if (this.#jobs.isClosing) running.stop('closing');
    this.#running = running;
    const telling = setInterval(() => {
      const { factsDone: done, factsTotal: total } = running.row;
      // One that fails is not missed: the lease outlasts several. One that finds nothing was cancelled elsewhere, or is another's.
      recordProgress(db, mine, { done, total }).then(
        (isMine) => {
          if (!isMine) running.stop('cancelled');
        },
        () => undefined,
      );
    }, tellEveryMs);
    try {
      if ((await ended) === 'closing') await releaseSimulation(db, mine, { counts: false });
    } finally {
      this.#running = undefined;
      clearInterval(telling);
      await thread.terminate();
    }
  }

  #listen(thread: Worker, running: Running): Promise<'ended' | 'cancelled' | 'closing'> {
    return new Promise((resolve, reject) => {
      running.stop = resolve;
      thread.on('message', (message: FromSimulation) => {
        if (message.kind === 'progress') running.row = { ...running.row, factsDone: message.done, factsTotal: message.total };
        else resolve('ended');
      });
      thread.on('error', reject);
      thread.on('exit', () => reject(new Error('the thread of a simulation ended by itself')));
    });
  }
}
