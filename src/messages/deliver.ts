// Delivers what commands have staged, once they are committed: at least once, in the order of each subject, by any process. All that are due
// are passed on at once where all can be. Else a message is taken for a while, handed to a channel, and settled; a process that dies in
// between leaves it to whoever looks after the lease. So a channel may meet a message twice, and tells repeats by the id. What fails is tried
// again, later each time; see rules.ts.
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';
import type { TakenMessage } from './queries.js';
import { booksWithMessages, giveBack, passOn, putIntoInboxes, settleDelivered, settleFailed, takeMessages } from './queries.js';

/** Where messages go. Rejects when none of them can be said to have arrived. */
export type Channel = (db: Database, of: { bookId: string; messages: readonly TakenMessage[] }) => Promise<void>;

const lookEveryMs = 1_000;

/**
 * Delivers what is due in a book, into the inboxes or by `channel`, until nothing is or `isStopping`; how many have arrived, and what kept the
 * others.
 */
export async function deliverDue(of: {
  readonly db: Database;
  readonly bookId: string;
  readonly clock: Clock;
  readonly channel?: Channel;
  readonly isStopping?: () => boolean;
}): Promise<{ delivered: number; failures: unknown[] }> {
  const { db, bookId, clock, channel, isStopping = () => false } = of;
  let delivered = 0;
  const failures: unknown[] = [];
  while (!isStopping()) {
    if (!channel) {
      // Where one of them cannot be delivered they are taken as others are, and that one is told apart.
      const passed = await passOn(db, { bookId }).catch(() => null);
      if (passed === 0) break;
      if (passed !== null) {
        delivered += passed;
        continue;
      }
    }
    const owner = uuidv7(clock.now());
    const messages = await takeMessages(db, { bookId, owner });
    if (messages.length === 0) break;
    const arrive = async (some: readonly TakenMessage[]): Promise<void> => {
      await (channel ?? putIntoInboxes)(db, { bookId, messages: some });
      await settleDelivered(db, { bookId, owner, messageIds: some.map(({ messageId }) => messageId) });
      delivered += some.length;
    };
    const areAllThere =
      messages.length > 1 &&
      (await arrive(messages).then(
        () => true,
        () => false,
      ));
    if (!areAllThere) {
      // One that cannot be delivered keeps none but those that follow it on its own subject: each is tried alone.
      const stuck = new Set<string>();
      for (const message of messages) {
        if (stuck.has(message.subjectId)) continue;
        try {
          await arrive([message]);
        } catch (error) {
          stuck.add(message.subjectId);
          failures.push(error);
          const failure = error instanceof Error ? error.message : String(error);
          await settleFailed(db, { bookId, owner, messages: [message], failure });
        }
      }
      const behind = messages.filter(({ subjectId }) => stuck.has(subjectId)).map(({ messageId }) => messageId);
      // Those that were settled are held no more.
      await giveBack(db, { bookId, owner, messageIds: behind });
    }
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
