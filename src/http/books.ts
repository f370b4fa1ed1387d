// The books that are open in this process, each with its lane. A book is looked up by its code once and kept: code and
// id never change.
import type { Database } from '../../db/client.js';
import { admission } from '../access/admission.js';
import type { Clock, LaneOptions } from '../ledger/lane.js';
import { Lane } from '../ledger/lane.js';
import type { OpenBook } from './parts.js';
import { Shares } from './shares.js';
import { Traffic } from './traffic.js';

export class Books {
  readonly #open = new Map<string, OpenBook>();

  constructor(
    readonly db: Database,
    readonly clock: Clock,
    /** `db`: the lanes' own sessions, where they do not share those of the look-ups. */
    readonly laneOptions: Partial<Pick<LaneOptions, 'db' | 'maxBatch' | 'workers' | 'maxQueue' | 'onBatch' | 'onError'>> = {},
    /** Bounds what of a book may be in this process; a script alone with a book needs none. */
    private readonly trafficOf = (lane: { readonly depth: number }): Traffic => {
      const unbounded = new Shares(Infinity).open(Infinity);
      return new Traffic(lane, { maxCommands: Infinity, maxBatch: 256 }, unbounded, unbounded);
    },
  ) {}

  /** The book of this code if it is open already. */
  known(code: string): OpenBook | undefined {
    return this.#open.get(code);
  }

  /** The open book of this code, or null when there is none. */
  async find(code: string): Promise<OpenBook | null> {
    const known = this.#open.get(code);
    if (known) return known;
    const [found] = await this.db.sql.prepared<{ bookId: string | null }[]>('select book_of($1) as "bookId"', [code]);
    if (!found?.bookId) return null;
    const { bookId } = found;
    const db = this.db.as({ book: bookId, legalPerson: null });
    const [row] = await db.sql<{ name: string }[]>`select name from books where book_id = ${bookId}`;
    if (!row) return null;
    // Another request may have opened it while this one read: one lane per book and process.
    const meanwhile = this.#open.get(code);
    if (meanwhile) return meanwhile;
    const lane: Lane = new Lane({
      db: this.db,
      readings: db,
      ...this.laneOptions,
      clock: this.clock,
      admission,
      bookId,
      bookCode: code,
      onBatch: (batch) => {
        if (!batch.slice) traffic.pace.observe(batch.size, batch.milliseconds, performance.now());
        this.laneOptions.onBatch?.(batch);
      },
    });
    const traffic = this.trafficOf(lane);
    const open = { bookId, code, name: row.name, db, lane, traffic };
    this.#open.set(code, open);
    return open;
  }

  /** Every open book: what the metrics are read from. */
  all(): Iterable<OpenBook> {
    return this.#open.values();
  }

  /** Takes no more commands; resolves when every queued one has its outcome. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((book) => book.lane.close()));
  }
}
