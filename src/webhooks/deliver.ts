// Sends what is due, by any process: taken for a while, sent, settled. Who dies in between leaves it to whoever looks after the lease, so a receiver
// may meet a message twice, and tells repeats by its webhook-id. What fails is signed anew and tried again, later each time.
import { createHash, randomInt } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../db/client.js';
import { calendarActor } from '../access/admission.js';
import type { OpenBook } from '../http/parts.js';
import { uuidv7 } from '../identifiers.js';
import type { Clock } from '../ledger/lane.js';
import type { Sealer } from '../sealer.js';
import { disableWebhook, secretContext } from './endpoints.js';
import type { TakenDelivery } from './queries.js';
import { booksWithDeliveries, failsSince, settleDelivery, takeDeliveries } from './queries.js';
import { payloadOf, readUrl, retryAfterSeconds, signed } from './rules.js';
import type { Send, Sent } from './send.js';

const lookEveryMs = 1_000;
/** Deliveries taken, and under way, at once. */
const most = 20;

export interface Sending {
  readonly db: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly send: Send;
  /** The installation's list as it is now: what was taken off it is not sent to. */
  readonly hosts: readonly string[];
}

/** Sends what is due in a book, until nothing is or `isStopping`; how many arrived. */
export async function sendDue(of: Sending, book: OpenBook, isStopping: () => boolean = () => false): Promise<number> {
  let delivered = 0;
  while (!isStopping()) {
    const owner = uuidv7(of.clock.now());
    const taken = await takeDeliveries(of.db, { bookId: book.bookId, owner, limit: most });
    if (taken.length === 0) break;
    const outcomes = await Promise.all(taken.filter(({ isHeld }) => !isHeld).map((one) => attempt(of, book, owner, one)));
    delivered += outcomes.filter(({ kind }) => kind === 'delivered').length;
  }
  return delivered;
}

async function attempt(
  { db, clock, sealer, send, hosts }: Sending,
  book: OpenBook,
  owner: string,
  of: TakenDelivery,
): Promise<Sent> {
  const { bookId } = book;
  const now = clock.now();
  const body = payloadOf(book.code, of);
  const context = secretContext(bookId);
  const isPreviousGood = of.previousSealed !== null && of.previousUntil !== null && now < new Date(of.previousUntil);
  const sealed = [of.secretSealed, ...(isPreviousGood ? [of.previousSealed] : [])];
  const secrets = sealed.map((one) => sealer.open(one ?? '', context));
  const listed = readUrl(of.url, hosts).kind === 'url';
  const headers = signed({ messageId: of.messageId, at: now, body, secrets });
  const sent: Sent = listed ? await send({ url: of.url, headers, body }) : { kind: 'failed', why: 'the host is not on the list' };
  const { endpointId, messageId } = of;
  const wait = sent.kind === 'failed' ? retryAfterSeconds(of.attempts, randomInt(1_000) / 1_000) : null;
  const status = sent.kind === 'delivered' ? 'DELIVERED' : wait === null ? 'DEAD' : 'WAITING';
  const failure = sent.kind === 'delivered' ? null : sent.kind === 'gone' ? 'answered 410' : sent.why;
  await settleDelivery(db, { bookId, owner, endpointId, messageId, status, failure, wait });
  if (status === 'DEAD' && (sent.kind === 'gone' || (await failsSince(db, { bookId, endpointId, messageId })))) {
    // By the message that was the last straw: one disabling each, in whichever process.
    const key = `webhook.disable:${endpointId}:${messageId}`;
    const requestDigest = createHash('sha256').update(key).digest('hex');
    await book.lane.submit(disableWebhook, { body: { id: endpointId }, actor: calendarActor, key, requestDigest });
  }
  return sent;
}

/** Looks every second, in every process. */
export class WebhookSender {
  #working: Promise<void> | undefined;
  #closing = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly of: Sending & {
      readonly log: FastifyBaseLogger;
      readonly open: (code: string) => Promise<OpenBook | null>;
    },
  ) {}

  start(): void {
    this.#looking = setInterval(() => {
      this.#working ??= this.#send().finally(() => (this.#working = undefined));
    }, lookEveryMs).unref();
  }

  /** Ends after what it has taken. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    await this.#working;
  }

  async #send(): Promise<void> {
    const { db, log, open } = this.of;
    try {
      for (const code of await booksWithDeliveries(db)) {
        const book = await open(code);
        if (book) await sendDue(this.of, book, () => this.#closing);
      }
    } catch (error) {
      // The database may be away: it is looked again soon.
      log.debug({ err: error }, 'no webhooks could be sent');
    }
  }
}
