// The books that are open in this process, each with its lane. A book is looked up by its code once and kept: code and
// id never change.
import { eq } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { books } from '../../db/tables.js';
import { admission } from '../access/admission.js';
import type { Clock, LaneOptions } from '../ledger/lane.js';
import { Lane } from '../ledger/lane.js';
import type { OpenBook } from './parts.js';

export class Books {
  readonly #open = new Map<string, OpenBook>();

  constructor(
    readonly db: Database,
    readonly clock: Clock,
    readonly laneOptions: Partial<Pick<LaneOptions, 'maxBatch' | 'workers' | 'maxQueue' | 'onBatch' | 'onError'>> = {},
  ) {}

  /** The open book of this code, or null when there is none. */
  async find(code: string): Promise<OpenBook | null> {
    const known = this.#open.get(code);
    if (known) return known;
    const [row] = await this.db.drizzle.select().from(books).where(eq(books.code, code));
    if (!row) return null;
    // Another request may have opened it while this one read: one lane per book and process.
    const meanwhile = this.#open.get(code);
    if (meanwhile) return meanwhile;
    const lane = new Lane({
      ...this.laneOptions,
      db: this.db,
      clock: this.clock,
      admission,
      bookId: row.bookId,
      bookCode: row.code,
    });
    const open = { bookId: row.bookId, code: row.code, name: row.name, lane };
    this.#open.set(code, open);
    return open;
  }

  /** Commands waiting, by book code. */
  depths(): ReadonlyMap<string, number> {
    return new Map([...this.#open.values()].map((book) => [book.code, book.lane.depth]));
  }

  /** The books that are open here. */
  all(): Iterable<OpenBook> {
    return this.#open.values();
  }

  /** Takes no more commands; resolves when every queued one has its outcome. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((book) => book.lane.close()));
  }
}
