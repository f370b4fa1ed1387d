// Who is let in when more comes than can be done, and how long a client is waited for.
//
// A request is looked at as soon as its headers are read: before its body is read or parsed, before its key is looked up.
// What is sent away costs a few comparisons and a ready-made answer. Every request that is let in is a flight until its
// answer has left; a sweep each second ends those whose client does not send or does not read. None of this is a promise:
// the hooks are callbacks, and the timers are one interval.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { RefusalCode } from '../errors.js';
import { addressBlock, Buckets, Lately } from './buckets.js';
import type { Limits } from './limits.js';
import type { OpenBook } from './parts.js';
import { answerTimeout } from './connections.js';
import type { Share } from './shares.js';
import { Shares } from './shares.js';
import { Turns } from './turns.js';
import type { SentAway, ShedReason } from './traffic.js';
import { shedReasons, Traffic } from './traffic.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Long bodies or answers (uploads, event streams, exports): deadlines between bytes instead of for the whole. */
    streaming?: boolean;
  }
  interface FastifyRequest {
    /** Set for every request by the first hook. */
    flight: Flight;
  }
}

/**
 * A connection whose request was sent away is read again only after this long, and after longer when many are: so many that at
 * most 5,000 a second are sent away. Its answer left at once; who keeps to Retry-After notices nothing; who comes back at once
 * takes no more of the thread than this, and the loop stays short enough to accept others.
 */
const pauseMs = 50;
const pausedPerMs = 5;

/** A body of unknown length counts as this much. */
const unknownBodyBytes = 64 * 1024;
/** Look-ups of keys that were not seen lately; they wait longer than they are refused, for many come at once after a start. */
const strangersWaiting = 4_096;

/** A request from its headers to the end of its answer. */
export class Flight {
  traffic: Traffic | undefined;
  command = false;
  bodyBytes = 0;
  over = false;
  sentAway = false;
  answeredAt: number | undefined;
  /** Set where it was answered with a problem. */
  refusedWith: RefusalCode | undefined;
  /** The person whom it was about, where the address does not say. */
  about: string | undefined;
  /** Of a streaming route: the bytes that had moved when last looked, and when that was. */
  moved = 0;
  movedAt: number;

  constructor(
    readonly incoming: IncomingMessage,
    readonly answer: ServerResponse,
    readonly connection: { unanswered: number },
    /** The route's, and the url as it is written there; both cost a call each time they are asked for. */
    readonly config: FastifyContextConfig | undefined,
    readonly route: string,
    readonly startedAt: number,
  ) {
    this.movedAt = startedAt;
  }

  get streaming(): boolean {
    return this.config?.streaming === true;
  }
}

export class Door {
  readonly sentAway: Record<ShedReason, number> = Object.fromEntries(shedReasons.map((reason) => [reason, 0])) as Record<
    ShedReason,
    number
  >;
  /** Connections ended because their client did not send, or did not read. */
  readonly cut = { body: 0, answer: 0, stop: 0 };
  readonly #flights = new Set<Flight>();
  /** Answered before their body had come whole: what still comes is read and dropped, for a while. */
  readonly #lingering = new Map<Flight, number>();
  readonly #connections = new WeakMap<Socket, { unanswered: number }>();
  readonly #keys: Buckets;
  /** Keys that proved themselves lately; of these the ones a command came with, which are remembered (see access). */
  readonly #proved = new Lately();
  readonly #remembered = new Lately();
  /** First look-ups of a command's key that are under way: a herd with one key asks once. */
  readonly #asking = new Map<string, Promise<unknown>>();
  readonly #addresses: Buckets;
  readonly #shares: Shares;
  readonly #strangers: Share;
  readonly #turns = new Turns();
  readonly #sweep: NodeJS.Timeout;
  #paused = 0;
  #requests = 0;
  #bodyBytes = 0;
  #activeBooks = 0;
  #stoppingAt: number | undefined;

  /** `places`: pieces of work that may run beside the lanes at once; see shares.ts. */
  constructor(
    readonly limits: Limits,
    places: number,
  ) {
    this.#keys = new Buckets(limits.keyPerSecond, limits.keyBurst);
    this.#addresses = new Buckets(limits.addressPerSecond, limits.addressBurst);
    this.#shares = new Shares(places);
    this.#strangers = this.#shares.open(strangersWaiting);
    const shortest = Math.min(limits.bodyTimeoutMs, limits.answerTimeoutMs, limits.stopMs);
    this.#sweep = setInterval(() => this.sweep(performance.now()), Math.min(1_000, Math.max(10, shortest / 4))).unref();
  }

  /** The traffic of a book that was opened. */
  trafficOf(lane: { readonly depth: number }, bounds: { maxCommands: number; maxBatch: number }): Traffic {
    const { waitingPerBook } = this.limits;
    return new Traffic(lane, bounds, this.#shares.open(waitingPerBook), this.#shares.open(bounds.maxCommands));
  }

  get stopping(): boolean {
    return this.#stoppingAt !== undefined;
  }
  get flights(): number {
    return this.#flights.size;
  }

  /** The first hook of every request: makes its flight. Null, or why it goes no further; who only watches may at a stop. */
  arrive(request: FastifyRequest, reply: FastifyReply, watching: boolean): SentAway | null {
    const { raw } = request;
    const { config, url } = request.routeOptions;
    let connection = this.#connections.get(raw.socket);
    if (!connection) this.#connections.set(raw.socket, (connection = { unanswered: 0 }));
    connection.unanswered++;
    const flight = new Flight(raw, reply.raw, connection, config, url ?? 'none', performance.now());
    request.flight = flight;
    this.#flights.add(flight);
    if (connection.unanswered > this.limits.pipelined) {
      void reply.header('connection', 'close');
      return this.#send('TOO_MANY_REQUESTS', 'pipelined', 1);
    }
    if (this.#stoppingAt !== undefined && !watching) return this.#send('SERVICE_UNAVAILABLE', 'stopping', 2);
    return null;
  }

  /** For what no key is asked for: one token of the address. */
  takeOfAddress(request: FastifyRequest, reply: FastifyReply): SentAway | null {
    if (!this.#addresses.limited) return null;
    const taken = this.#addresses.take(addressBlock(request.ip), performance.now());
    if (taken.allowed) return null;
    this.#tellRate(reply, '"address"', this.#addresses, taken);
    return this.#send('TOO_MANY_REQUESTS', 'address_rate', Math.ceil(taken.againMs / 1000));
  }

  /**
   * Before the key is looked up. `book`: when it is open here already. `keyName`: the book's code and the public part of the
   * key. A key that is out of tokens, or a stranger from an address that is, costs no look-up.
   */
  before(request: FastifyRequest, reply: FastifyReply, book: OpenBook | undefined, keyName: string): SentAway | null {
    const now = performance.now();
    if (this.#proved.has(keyName)) {
      if (this.#keys.isEmpty(keyName, now)) return this.takeOfKey(reply, keyName);
    } else if (this.#addresses.limited && this.#addresses.isEmpty(addressBlock(request.ip), now)) {
      return this.takeOfAddress(request, reply);
    }
    return book ? this.#room(request, book.traffic) : null;
  }

  /**
   * Looks up who is behind a key when the database may be asked: in the book's share for a key that proved itself lately, else
   * in the share that all strangers have together. A command's key is remembered once it was found, unless each look-up asks (`remembered`).
   */
  find<Found>(
    keyName: string,
    of: { book: OpenBook | undefined; command: boolean; remembered?: boolean; look: () => Promise<Found | null> },
  ): Promise<Found | null> {
    const { book, command, remembered = true, look } = of;
    if (command && !remembered)
      return ((this.#proved.has(keyName) ? book?.traffic.around : undefined) ?? this.#strangers).run(look);
    if (command && this.#remembered.has(keyName)) return look();
    const traffic = this.#proved.has(keyName) ? book?.traffic : undefined;
    if (!command) return (traffic?.beside ?? this.#strangers).run(look);
    const share = traffic?.around ?? this.#strangers;
    const before = this.#asking.get(keyName);
    const again = () => (this.#remembered.has(keyName) ? look() : share.run(look));
    if (before) return before.then(again, again);
    const first = share.run(look).then((found) => {
      if (found) this.#remembered.add(keyName);
      return found;
    });
    this.#asking.set(keyName, first);
    const done = () => this.#asking.delete(keyName);
    first.then(done, done);
    return first;
  }

  /** One token of a key that has proved itself; tells the limit in the answer's headers. */
  takeOfKey(reply: FastifyReply, keyName: string): SentAway | null {
    this.#proved.add(keyName);
    if (!this.#keys.limited) return null;
    const taken = this.#keys.take(keyName, performance.now());
    this.#tellRate(reply, '"key"', this.#keys, taken);
    return taken.allowed ? null : this.#send('TOO_MANY_REQUESTS', 'key_rate', Math.ceil(taken.againMs / 1000));
  }

  /** Lets a request of a valid key into its book, or says why not. */
  enter(request: FastifyRequest, { traffic }: OpenBook): SentAway | null {
    const refusal = this.#room(request, traffic);
    if (refusal) return refusal;
    const { flight } = request;
    flight.traffic = traffic;
    if (flight.streaming) {
      traffic.streams++;
      return null;
    }
    if (traffic.requests++ === 0) this.#activeBooks++;
    this.#requests++;
    flight.command = request.method === 'POST';
    if (!flight.command) return null;
    traffic.commands++;
    flight.bodyBytes = bytesAnnounced(request.headers);
    traffic.bodyBytes += flight.bodyBytes;
    this.#bodyBytes += flight.bodyBytes;
    return null;
  }

  #room(request: FastifyRequest, traffic: Traffic): SentAway | null {
    const { limits } = this;
    if (request.flight.streaming) {
      return traffic.streams < limits.streamsPerBook ? null : this.#send('SERVICE_BUSY', 'streams', 5);
    }
    if (!this.#hasShare(this.#requests, traffic.requests, limits.inFlight, traffic)) {
      return this.#send('SERVICE_BUSY', 'in_flight', traffic.retryAfter);
    }
    if (request.method === 'POST') {
      if (!this.#hasShare(this.#bodyBytes, traffic.bodyBytes, limits.bodyBytes, traffic)) {
        return this.#send('SERVICE_BUSY', 'bodies', traffic.retryAfter);
      }
      const full = traffic.laneRefusal(limits.laneWaitMs);
      if (full) this.sentAway[full.reason]++;
      return full;
    }
    return traffic.beside.full ? this.#send('SERVICE_BUSY', 'readings', 1) : null;
  }

  /** Below the bound anybody may have more; at it only a book that holds less than its even share. */
  #hasShare(all: number, ofBook: number, bound: number, traffic: Traffic): boolean {
    if (all < bound) return true;
    const books = this.#activeBooks + (traffic.requests === 0 ? 1 : 0);
    return ofBook < bound / books;
  }

  #send(code: SentAway['code'], reason: ShedReason, retryAfter: number): SentAway {
    this.sentAway[reason]++;
    return { code, reason, retryAfter };
  }

  /** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers: quota and window, then what remains until when. */
  #tellRate(reply: FastifyReply, name: string, of: Buckets, taken: { left: number; fullMs: number }): void {
    void reply.header('ratelimit-policy', `${name};q=${of.burst};w=${Math.ceil(of.burst / of.perSecond)}`);
    void reply.header('ratelimit', `${name};r=${taken.left};t=${Math.ceil(taken.fullMs / 1000)}`);
  }

  /** Lets a request that is in go on when it is its book's turn. */
  goOn(traffic: Traffic, go: () => void): void {
    this.#turns.pass(traffic.line, go);
  }

  #pause(socket: Socket): void {
    this.#paused++;
    socket.pause();
    setTimeout(
      () => {
        this.#paused--;
        socket.resume();
      },
      Math.max(pauseMs, this.#paused / pausedPerMs),
    ).unref();
  }

  /** The last hook of every request. */
  leave(flight: Flight): void {
    if (flight.over) return;
    flight.over = true;
    const { socket } = flight.incoming;
    // Not while the answer finishes: that reads on by itself.
    if (flight.sentAway && !this.stopping && socket instanceof Socket) setImmediate(() => this.#pause(socket));
    this.#flights.delete(flight);
    flight.connection.unanswered--;
    if (flight.incoming.complete === false && !flight.incoming.socket.destroyed) {
      this.#lingering.set(flight, performance.now() + this.limits.stopMs);
    }
    const { traffic } = flight;
    if (!traffic) return;
    if (flight.streaming) {
      traffic.streams--;
      return;
    }
    this.#requests--;
    if (--traffic.requests === 0) this.#activeBooks--;
    if (!flight.command) return;
    traffic.commands--;
    traffic.bodyBytes -= flight.bodyBytes;
    this.#bodyBytes -= flight.bodyBytes;
  }

  /** From here on every new request is sent away. */
  stop(): void {
    this.#stoppingAt ??= performance.now();
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  /** Ends what clients do not end, and forgets the flights whose client went away. */
  sweep(now: number): void {
    for (const [flight, until] of this.#lingering) {
      if (flight.incoming.complete || flight.incoming.socket.destroyed) this.#lingering.delete(flight);
      else if (now > until) {
        this.cut.body++;
        flight.incoming.socket.destroy();
      }
    }
    for (const flight of this.#flights) {
      const why = this.#stuck(flight, now);
      if (why) {
        this.cut[why]++;
        if (why === 'body' && !flight.answer.headersSent) answerTimeout(flight.incoming.socket);
        else flight.incoming.socket.destroy();
      }
      if (flight.incoming.socket.destroyed) this.leave(flight);
    }
  }

  /** What a flight waits for its client with, once that took too long. */
  #stuck(flight: Flight, now: number): 'body' | 'answer' | 'stop' | null {
    const { incoming, answer } = flight;
    if (incoming.socket.destroyed) return null;
    const sending = incoming.complete === false;
    const reading = answer.headersSent && !answer.writableFinished;
    if (!sending && !reading) return null;
    if (this.#stoppingAt !== undefined && now - this.#stoppingAt > this.limits.stopMs) return 'stop';
    if (reading) {
      flight.answeredAt ??= now;
      const since = flight.streaming ? this.#idleSince(flight, now, incoming.socket.writableLength > 0) : flight.answeredAt;
      return now - since > this.limits.answerTimeoutMs ? 'answer' : null;
    }
    // Bytes that wait for us are no fault of the client.
    const since = flight.streaming ? this.#idleSince(flight, now, incoming.readableLength === 0) : flight.startedAt;
    return now - since > this.limits.bodyTimeoutMs ? 'body' : null;
  }

  /** Since when nothing moved although it could (`waiting`: it is the client that is waited for). */
  #idleSince(flight: Flight, now: number, waiting: boolean): number {
    const { socket } = flight.incoming;
    const moved = socket.bytesRead + socket.bytesWritten - socket.writableLength;
    if (moved !== flight.moved || !waiting) {
      flight.moved = moved;
      flight.movedAt = now;
    }
    return flight.movedAt;
  }
}

function bytesAnnounced(headers: IncomingHttpHeaders): number {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : unknownBodyBytes;
}
