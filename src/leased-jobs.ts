// Works on jobs that stand in a table, one at a time in this process. Which is next says the table, for all processes alike: the oldest that
// nobody works on. A process that dies leaves a lease that runs out, one that stops gives it back; whoever looks next begins the job anew.
import type { FastifyBaseLogger } from 'fastify';
import { uuidv7 } from './identifiers.js';
import type { Clock } from './ledger/lane.js';

/** How often a process that has nothing to do looks for what others have left. */
const lookEveryMs = 2_000;

export class LeasedJobs<Row> {
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly of: {
      readonly clock: Clock;
      readonly log: FastifyBaseLogger;
      /** Takes the next job for this owner. */
      readonly take: (owner: string) => Promise<Row | undefined>;
      /** Resolves once it has ended, or was left because this process stops or another has it. */
      readonly run: (row: Row, owner: string) => Promise<void>;
      /** What threw is logged, and the job ended or released. */
      readonly failed: (row: Row, owner: string, error: unknown) => Promise<void>;
    },
  ) {}

  get isClosing(): boolean {
    return this.#closing;
  }

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
      .catch((error: unknown) => this.of.log.debug({ err: error }, 'no job could be looked for'))
      .finally(() => (this.#working = undefined));
  }

  /** Leaves what it works on (`leave`) to another process, or to the next start. */
  async close(leave: () => void): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    leave();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, take, run, failed } = this.of;
    while (!this.#closing) {
      const owner = uuidv7(clock.now());
      const row = await take(owner);
      if (row === undefined) return;
      try {
        await run(row, owner);
      } catch (error) {
        await failed(row, owner, error);
        // Not at once again: what was in the way may pass.
        return;
      }
    }
  }
}
