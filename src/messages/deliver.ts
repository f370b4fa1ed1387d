// Delivers what commands have staged, once they are committed: at least once, in the order of each subject, by any process. A message is
// taken for a while, handed to a channel, and settled; a process that dies in between leaves it to whoever looks after the lease. So a
// channel may meet a message twice, and tells repeats by the id. What fails is tried again, later each time; see rules.ts.
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';
import type { TakenMessage } from './queries.js';
import { booksWithMessages, putIntoInboxes, settleDelivered, settleFailed, takeMessages } from './queries.js';

/** Where messages go. Rejects when none of them can be said to have arrived. */
export type Channel = (db: Database, of: { bookId: string; messages: readonly TakenMessage[] }) => Promise<void>;

const lookEveryMs = 1_000;
/** Messages taken at once. */
const most = 200;

/** Delivers what is due in a book, until nothing is or `isStopping`; how many have arrived, and what kept the others. */
export async function deliverDue(of: {
  readonly db: Database;
  readonly bookId: string;
  readonly clock: Clock;
  readonly channel?: Channel;
  readonly isStopping?: () => boolean;
}): Promise<{ delivered: number; failures: unknown[] }> {
  const { db, bookId, clock, channel = putIntoInboxes, isStopping = () => false } = of;
  let delivered = 0;
  const failures: unknown[] = [];
  while (!isStopping()) {
    const owner = uuidv7(clock.now());
    const messages = await takeMessages(db, { bookId, owner, limit: most });
    if (messages.length === 0) break;
    const send = async (some: readonly TakenMessage[]): Promise<void> => {
      try {
        await channel(db, { bookId, messages: some });
      } catch (error) {
        // One that cannot be delivered keeps no other: each is tried alone.
        if (some.length > 1) {
          for (const one of some) await send([one]);
          return;
        }
        failures.push(error);
        await settleFailed(db, {
          bookId,
          owner,
          messages: some,
          failure: error instanceof Error ? error.message : String(error),
        });
        return;
      }
      await settleDelivered(db, { bookId, owner, messageIds: some.map(({ messageId }) => messageId) });
      delivered += some.length;
    };
    await send(messages);
  }
  return { delivered, failures };
}

/** Looks every second, in every process. */
export class Postman {
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(private readonly of: { readonly db: Database; readonly clock: Clock; readonly log: FastifyBaseLogger }) {}

  start(): void {
    this.#looking = setInterval(() => {
      this.#working ??= this.#deliver().finally(() => (this.#working = undefined));
    }, lookEveryMs).unref();
  }

  /** Ends after what it has taken. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    await this.#working;
  }

  async #deliver(): Promise<void> {
    const { db, clock, log } = this.of;
    try {
      for (const bookId of await booksWithMessages(db)) {
        const { failures } = await deliverDue({
          db: db.as({ book: bookId, legalPerson: null }),
          bookId,
          clock,
          isStopping: () => this.#closing,
        });
        for (const error of failures) log.warn({ err: error, bookId }, 'a message was not delivered');
      }
    } catch (error) {
      // The database may be away: it is looked again soon.
      log.debug({ err: error }, 'no messages could be looked for');
    }
  }
}
