// Works on simulations, one at a time in this process, each in a thread of its own. Which is next stands in the table, for all processes
// alike: the oldest that nobody works on. A process that dies leaves a lease that runs out, one that stops gives it back; whoever
// looks next then runs the simulation anew from its beginning. Nothing of it is written before it is whole.
import type { Worker } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import type { Simulation } from '../../db/tables.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';
import { startThread } from '../thread.js';
import type { Mine } from './queries.js';
import { endSimulation, recordProgress, releaseSimulation, takeSimulation } from './queries.js';
import { mostAttempts } from './rules.js';
import type { FromSimulation, SimulationSpec } from './simulate-worker.js';

/** How often a process that has nothing to do looks for what others have left. */
const lookEveryMs = 2_000;
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
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: FastifyBaseLogger,
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
      .catch((error: unknown) => this.log.debug({ err: error }, 'no simulation could be looked for'))
      .finally(() => (this.#working = undefined));
  }

  /** The simulation that this process works on, as it is now. */
  here(simulationId: string): Simulation | undefined {
    return this.#running?.mine.simulationId === simulationId ? this.#running.row : undefined;
  }

  cancelled(simulationId: string): void {
    if (this.#running?.mine.simulationId === simulationId) this.#running.stop('cancelled');
  }

  /** Leaves what it works on to another process, or to the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    this.#running?.stop('closing');
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#closing) {
      const owner = uuidv7(this.clock.now());
      const row = await takeSimulation(this.db, { owner, now: this.clock.now() });
      if (!row) return;
      const mine = { bookId: row.bookId, simulationId: row.simulationId, owner };
      const db = this.db.as({ book: row.bookId, legalPerson: null });
      try {
        await this.#run(db, row, mine);
      } catch (error) {
        this.log.error({ err: error, simulationId: row.simulationId, attempt: row.attempts }, 'a simulation failed');
        if (row.attempts >= mostAttempts) {
          await endSimulation(db, mine, { failure: 'SIMULATION_FAILED', now: this.clock.now() });
        } else await releaseSimulation(db, mine, { counts: true });
        // Not at once again: what was in the way may pass.
        return;
      } finally {
        this.#running = undefined;
      }
    }
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
    if (this.#closing) running.stop('closing');
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
