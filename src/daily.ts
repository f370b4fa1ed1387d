// What a service does by the calendar without being asked: each kind of work says in which books something is due, and does it through their
// lanes. Every process may run it, at any time and as often as it likes: what has been done is not due any more, and where two meet, one
// finds that nothing is left of its slice. One that dies leaves the rest to whoever looks next.
import type { FastifyBaseLogger } from 'fastify';
import type { Database, Parameter } from '../db/client.js';
import type { Day } from './calendar.js';
import { shanghaiDay } from './calendar.js';
import type { OpenBook } from './http/parts.js';
import type { Clock } from './ledger/lane.js';

export interface DailyWork {
  readonly name: string;
  /** Whether something may be due in a book; asked every minute of every book, so it has to be answered from an index. */
  readonly isDue: (of: { readonly db: Database; readonly bookId: string; readonly today: Day }) => Promise<boolean>;
  /** Does what is due in a book, in slices, and answers how much that was; ends early where `isStopping`. */
  readonly run: (of: { readonly book: OpenBook; readonly clock: Clock; readonly isStopping: () => boolean }) => Promise<number>;
}

/** Whether a reading finds anything: "select from …". */
export async function isAny(db: Database, text: string, parameters: readonly Parameter[]): Promise<boolean> {
  const [row] = await db.sql.prepared<{ found: boolean }[]>(`select exists (${text}) as found`, parameters);
  return row?.found ?? false;
}

const lookEveryMs = 60_000;

/** The books there are. */
const knownBooks = (db: Database): Promise<{ bookId: string; code: string }[]> =>
  db.sql.prepared<{ bookId: string; code: string }[]>('select book_id as "bookId", code from known_books()', []);

export class Daily {
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;
  readonly #begun = new Set<Promise<void>>();

  constructor(
    private readonly of: {
      readonly db: Database;
      readonly clock: Clock;
      readonly log: FastifyBaseLogger;
      readonly open: (code: string) => Promise<OpenBook | null>;
      readonly works: readonly DailyWork[];
    },
  ) {}

  /** Looks now and every minute from now on: shortly after midnight in Shanghai, and after whatever kept it from looking. */
  start(): void {
    this.#looking = setInterval(() => void this.look(), lookEveryMs).unref();
    void this.look();
  }

  /** Does what is due; while it is at it, further calls wait for that. */
  look(): Promise<void> {
    if (this.#closing) return Promise.resolve();
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
    return this.#working;
  }

  /** Begins one kind of work in a book at once, beside the looks: what a command has just made due. */
  begin(work: DailyWork, book: OpenBook): void {
    if (this.#closing) return;
    const begun = this.#carryOut(work, book)
      .catch((error: unknown) => this.#warn(work.name, error))
      .finally(() => this.#begun.delete(begun));
    this.#begun.add(begun);
  }

  /** Ends after the slices it is at. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    await Promise.all([this.#working, ...this.#begun]);
  }

  async #work(): Promise<void> {
    const { db, clock, open, works } = this.of;
    for (const work of works) {
      try {
        for (const { bookId, code } of await knownBooks(db)) {
          if (this.#closing) return;
          const at = { db: db.as({ book: bookId, legalPerson: null }), bookId, today: shanghaiDay(clock.now()) };
          if (!(await work.isDue(at))) continue;
          const book = await open(code);
          if (book) await this.#carryOut(work, book);
        }
      } catch (error) {
        this.#warn(work.name, error);
      }
    }
  }

  async #carryOut({ name, run }: DailyWork, book: OpenBook): Promise<void> {
    const { clock, log } = this.of;
    const began = performance.now();
    const done = await run({ book, clock, isStopping: () => this.#closing });
    const milliseconds = Math.round(performance.now() - began);
    if (done > 0) log.info({ work: name, book: book.code, done, milliseconds }, 'daily work');
  }

  /** The database may be away, or the lane full: it is looked again soon. */
  #warn(work: string, error: unknown): void {
    this.of.log.warn({ err: error, work }, 'daily work was not finished');
  }
}
