// The lane of a book: group commit. Every command that writes anything of a book goes through here.
//
// Requests queue in memory in order of arrival. While one batch commits, the next gathers; an idle lane takes a lone
// request at once; there is no timer. A batch is one READ COMMITTED transaction whose first statement locks the book's
// head row; only then anything is read. Each command is decided in order on one working set that every accepted command
// before it has updated; then facts, entries, balances, outcomes and head are written together and committed. The head
// row is the only lock and is taken first, so there is no deadlock to have and any number of processes may run.
//
// The working set of the last batch is kept with the sequence that it stands at. Where the head is still there, nobody else
// has written and what is remembered is not read again; where it is not, all of it is forgotten. So a batch is two round
// trips as a rule: BEGIN, lock and what is new to us; then writes and COMMIT.
//
// While a batch is being written, the next one is read and decided on what that batch will have left, as soon as there is as
// much of it. Its own writes then go out behind a lock that the database grants only right behind that very batch (VL005
// otherwise): what was decided on something that did not come to be is not written, and is decided again.
//
// A slice of a file is decided by the same verbs, line by line, in a transaction of its own and after people's commands.
//
// A refusal refuses one command, not its batch. An unknown outcome (connection lost at COMMIT) is settled by running the
// batch again: every command has a key, and what was committed answers from its stored outcome.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Tx } from '../../db/client.js';
import { isConnectionFault, sqlStateOf } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import { uuidv7 } from '../identifiers.js';
import type { Change, Write } from './facts.js';
import { wordingsIn } from './explanations.js';
import { Facts, Loader } from './facts.js';
import type { NewOutcome, Stored } from './lane-writes.js';
import { asOne, EntryColumns, entryRows, outcomeRows, storedKey, storedOf, storedOutcomes, wordingRows } from './lane-writes.js';
import type { Message } from './outbox.js';
import type { Posting } from './templates.js';

export interface Clock {
  now(): Date;
}

/** Who acts, as the entries record it. `legalPersonUscc` is set for members of the trade. */
export interface Actor {
  readonly memberId: string;
  readonly personId: string;
  readonly kind: 'PERSON' | 'MACHINE';
  readonly role: string;
  readonly legalPersonUscc: string | null;
  /** The API key it speaks by, or the session, where there is one. */
  readonly keyId?: string;
  readonly sessionId?: string;
  /** The delegation by which it says to act in another's place. */
  readonly delegationId?: string;
  /** Persons who are no second pair of eyes beside it: further rows of the same person, and in whose place it acts. */
  readonly alsoPersonIds?: readonly string[];
  /** In whose place it acts, and up to which amount (fen), once the lane has admitted that. */
  readonly standsInFor?: { readonly delegationId: string; readonly personId: string; readonly maximumFen: bigint | null };
}

/** Whether who acts is this person, by whichever account, or none other by the rules of four eyes. Nobody (null) is no one. */
export const isSamePerson = (actor: Pick<Actor, 'personId' | 'alsoPersonIds'>, personId: string | null): boolean =>
  personId !== null && (actor.personId === personId || actor.alsoPersonIds?.includes(personId) === true);

export interface Command<Body = unknown> {
  /** UUIDv7: names the command, its linked group and, where it makes one thing, that thing. */
  readonly id: string;
  readonly body: Body;
  readonly actor: Actor;
  /** The moment of receipt, and its Shanghai day: what `bookedOn` is taken from. */
  readonly receivedAt: Date;
  readonly today: Day;
  /** Idempotency key within (book, member), and SHA-256 (hex) of the request. */
  readonly key: string;
  readonly requestDigest: string;
  /** A further id for things made beside the main one. */
  readonly newId: () => string;
}

export type Params = Readonly<Record<string, string>>;
export interface Refused {
  readonly kind: 'refused';
  readonly code: string;
  readonly params: Params;
  /** JSON pointer into the request, where one field is meant. */
  readonly pointer?: string;
}
export interface Accepted<Result> {
  readonly kind: 'accepted';
  /** What the caller is told; the lane adds `ledgerSeq`, the last entry of the command. */
  readonly result: Result;
  /** Name of the decision, written as an entry when no money moves, e.g. `contract.filed`. */
  readonly decision: string;
  readonly subjectId: string;
  readonly postings: readonly Posting[];
  readonly changes: readonly Change[];
  /** What is told of it, and to whom, once it is committed. */
  readonly messages: readonly Message[];
  readonly programmeVersion?: string | undefined;
  /** SHA-256 (hex) of what an approval approves. */
  readonly approvalDigest?: string | undefined;
  /** The first open day from this command on, where it shuts a month: what comes after it is booked no earlier. */
  readonly opensFrom?: Day | undefined;
}
export type Decision<Result> = Accepted<Result> | Refused;

export const refused = (code: string, params: Params = {}, pointer?: string): Refused => ({
  kind: 'refused',
  code,
  params,
  ...(pointer === undefined ? {} : { pointer }),
});
export const accepted = <Result>(
  of: Omit<Accepted<Result>, 'kind' | 'postings' | 'changes' | 'messages'> & Partial<Accepted<Result>>,
): Accepted<Result> => ({
  kind: 'accepted',
  result: of.result,
  decision: of.decision,
  subjectId: of.subjectId,
  postings: of.postings ?? [],
  changes: of.changes ?? [],
  messages: of.messages ?? [],
  programmeVersion: of.programmeVersion,
  approvalDigest: of.approvalDigest,
  opensFrom: of.opensFrom,
});

/** A verb is written once, for a list of commands: gather set-based, decide one by one and purely. */
export interface Verb<Body, Result> {
  readonly name: string;
  /** Refusals of money commands are entries of the book too. */
  readonly money: boolean;
  gather(loader: Loader, commands: readonly Command<Body>[]): Promise<void>;
  decide(command: Command<Body>, facts: Facts): Decision<Result>;
}

/** Rights, checked again inside the lane, where they cannot be out of date. Given by `access`. */
export interface Admission {
  gather(loader: Loader, commands: readonly Command[]): Promise<void>;
  /** Who acts, as of this head; or why it may not. */
  decide(command: Command, verb: string, facts: Facts): Actor | Refused;
}

export type Outcome<Result> = ({ readonly kind: 'accepted'; readonly result: Result & { ledgerSeq: number } } | Refused) & {
  readonly replayed: boolean;
};

/** How the lane decided one line of a slice. */
export type LineOutcome<Result> = { readonly kind: 'accepted'; readonly result: Result } | Refused;

/** Lines of a file, decided in order by a verb that also takes single commands. A slice happens once, whole, under its key. */
export interface Slice<Body> {
  readonly bodies: readonly Body[];
  readonly actor: Actor;
  readonly key: string;
  /** SHA-256 (hex) over what the slice is of and its lines. */
  readonly requestDigest: string;
  /** One refused line, and nothing of the slice is written; its outcomes are told all the same. */
  readonly allOrNothing: boolean;
  /**
   * What is written with the slice: how far its file has come. Whether it may be is asked before any line is decided (`admit`),
   * and of the database once the lane is taken (`hold`, which fails where it may not).
   */
  readonly record?: {
    gather(loader: Loader): Promise<void>;
    admit(facts: Facts): Refused | null;
    readonly hold?: Write;
    decide(facts: Facts, lines: readonly LineOutcome<unknown>[], ledgerSeq: number): readonly Change[];
  };
}
export type SliceOutcome<Result> =
  | {
      readonly kind: 'decided';
      readonly lines: readonly LineOutcome<Result>[];
      readonly written: boolean;
      /** The last entry of the slice. */
      readonly ledgerSeq: number;
      /** How long it held the lane: to its commit, from its start or the end of what went before it. */
      readonly milliseconds: number;
    }
  | { readonly kind: 'replayed' }
  | Refused;

export interface LaneOptions {
  readonly db: Database;
  /** Where dry runs read, in the context of the book: not where the lane writes, for a slow one must not hold a session that lanes wait for. */
  readonly readings: Database;
  readonly bookId: string;
  readonly bookCode: string;
  readonly clock: Clock;
  readonly admission: Admission;
  /** Commands a batch takes at most. 1 is a transaction per request (the benchmark's baseline). */
  readonly maxBatch?: number;
  /** Batches in flight at once from this process; more than 1 only makes sense for that baseline. */
  readonly workers?: number;
  /** Commands that may wait; beyond it the lane is full. */
  readonly maxQueue?: number;
  /** `size`: its commands, or the lines of a slice. */
  readonly onBatch?: (of: { size: number; milliseconds: number; slice: boolean }) => void;
  readonly onError?: (error: unknown, context: { bookId: string; verbs: string[] }) => void;
}

/** The queue is at its bound; the caller answers 503 with Retry-After. */
export class LaneFull extends Error {
  override readonly name = 'LaneFull';
}
/** The service is stopping and takes no more commands. */
export class LaneClosed extends Error {
  override readonly name = 'LaneClosed';
}
/** The database could not be reached to the end; nothing is known to be lost, the same key may be sent again. */
export class LaneFault extends Error {
  override readonly name = 'LaneFault';
}

interface Pending {
  readonly verb: Verb<unknown, unknown>;
  readonly command: Command;
  readonly resolve: (outcome: Outcome<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

interface PendingSlice {
  readonly verb: Verb<unknown, unknown>;
  readonly slice: Slice<unknown>;
  readonly resolve: (outcome: SliceOutcome<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** What a batch decided of one command, before it is written. */
type Settled = { kind: 'outcome'; outcome: Outcome<unknown> } | { kind: 'error'; error: unknown };

const attempts = 4;
/** Rows, balances and absences that a lane remembers at most between batches; beyond it forgets all and begins anew. */
const rememberAtMost = 40_000;
/** While commands wait, a slice goes after this many batches of them: last, and yet not never. */
const batchesBeforeSlice = 8;
/** After so many slices with no command between them the next is decided while the one before is written. */
const slicesAlone = 4;
/** What is committed is told no later, however long the next batch waits for its lock. */
const tellWithinMs = 50;

export class Lane {
  readonly #options: Required<Pick<LaneOptions, 'maxBatch' | 'workers' | 'maxQueue'>> & LaneOptions;
  readonly #queue: Pending[] = [];
  readonly #slices: PendingSlice[] = [];
  #batchesSinceSlice = 0;
  /** What the last batch knew, and the sequence it holds at. */
  #remembered: { readonly facts: Facts; readonly seq: bigint } | undefined;
  /** The batch whose writes are on their way, until it is committed or another was decided on it. */
  #underway: Underway | undefined;
  /** Whether the last lock found the head where this process had left it: else others write too, and a guess would fail. */
  #isAlone = false;
  /** Told when there is enough behind the batch that is underway. */
  #ripening: { readonly size: number; readonly resolve: () => void } | undefined;
  /** Ids of the wordings that this book is known to have. */
  readonly #wordings = new Set<string>();
  #lastEnded = 0;
  /** Slices since the last batch of commands. */
  #slicesAlone = 0;
  /** Outcomes that are committed and not yet told. */
  #untold: (() => void)[] = [];
  #running = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.#options = {
      ...options,
      maxBatch: options.maxBatch ?? 256,
      workers: options.workers ?? 1,
      maxQueue: options.maxQueue ?? 4096,
    };
  }

  get depth(): number {
    return this.#queue.length;
  }

  /** What it would trust if the head of its book stands at `seq`: never more than the database would say. */
  get remembered(): { readonly facts: Facts; readonly seq: bigint } | undefined {
    return this.#remembered;
  }

  /** Queues a command and resolves with its own outcome once its batch is committed. */
  submit<Body, Result>(
    verb: Verb<Body, Result>,
    request: Pick<Command<Body>, 'body' | 'actor' | 'requestDigest'> & { key: string },
  ): Promise<Outcome<Result>> {
    if (this.#closed) return Promise.reject(new LaneClosed());
    if (this.#queue.length >= this.#options.maxQueue) return Promise.reject(new LaneFull());
    const command = this.#command(request);
    return new Promise<Outcome<Result>>((resolve, reject) => {
      this.#queue.push({
        verb,
        command,
        resolve: resolve as (outcome: Outcome<unknown>) => void,
        reject,
      });
      this.#wake();
      this.#ripen();
    });
  }

  /** Queues a slice behind the commands that wait, and resolves once it is committed. At most `maxQueue` slices may wait. */
  submitSlice<Body, Result>(verb: Verb<Body, Result>, slice: Slice<Body>): Promise<SliceOutcome<Result>> {
    if (this.#closed) return Promise.reject(new LaneClosed());
    if (this.#slices.length >= this.#options.maxQueue) return Promise.reject(new LaneFull());
    return new Promise((resolve, reject) => {
      this.#slices.push({ verb, slice, resolve: resolve as (outcome: SliceOutcome<unknown>) => void, reject });
      this.#wake();
      this.#ripen();
    });
  }

  /** Decides lines on a read-only snapshot, each on what the ones before it would change. Records nothing. */
  async dryRunSlice<Body, Result>(
    verb: Verb<Body, Result>,
    slice: Pick<Slice<Body>, 'bodies' | 'actor'>,
  ): Promise<readonly LineOutcome<Result>[] | Refused> {
    const commands = this.#commandsOf({ ...slice, key: 'dry-run', requestDigest: '' });
    return this.#onSnapshot(async (loader, facts) => {
      await Promise.all([this.#options.admission.gather(loader, commands.slice(0, 1)), verb.gather(loader, commands)]);
      const [first] = commands;
      const actor = first && this.#options.admission.decide(first, verb.name, facts);
      if (!actor) return [];
      if (actor.kind === 'refused') return actor;
      return commands.map((line): LineOutcome<Result> => {
        const command = actingAs(line, actor);
        const decision = verb.decide(command, facts);
        if (decision.kind === 'refused') return decision;
        applyTo(facts, command, decision);
        return { kind: 'accepted', result: decision.result };
      });
    });
  }

  /** Decides a command on a read-only snapshot: explained, not recorded. Takes no lane and no key. */
  async dryRun<Body, Result>(
    verb: Verb<Body, Result>,
    request: Pick<Command<Body>, 'body' | 'actor' | 'requestDigest'>,
  ): Promise<{ kind: 'accepted'; result: Result } | Refused> {
    const command = this.#command({ ...request, key: 'dry-run' });
    return this.#onSnapshot(async (loader, facts) => {
      await Promise.all([this.#options.admission.gather(loader, [command]), verb.gather(loader, [command])]);
      const actor = this.#options.admission.decide(command, verb.name, facts);
      return actor.kind === 'refused' ? actor : verb.decide(actingAs(command, actor), facts);
    });
  }

  #onSnapshot<T>(work: (loader: Loader, facts: Facts) => Promise<T>): Promise<T> {
    const { readings, bookId, bookCode } = this.#options;
    return readings.begin(
      (tx) => {
        const facts = new Facts(bookId, bookCode);
        return work(new Loader(tx, bookId, facts), facts);
      },
      { mode: 'isolation level repeatable read read only' },
    );
  }

  /** Takes no more commands and resolves when every queued one has its outcome. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running === 0 && this.#queue.length === 0 && this.#slices.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #command<Body>(request: Pick<Command<Body>, 'body' | 'actor' | 'requestDigest'> & { key: string }): Command<Body> {
    const receivedAt = this.#options.clock.now();
    const { body, actor, key, requestDigest } = request;
    const today = shanghaiDay(receivedAt);
    return { id: uuidv7(receivedAt), body, actor, receivedAt, today, key, requestDigest, newId: () => uuidv7(receivedAt) };
  }

  #commandsOf<Body>(slice: Pick<Slice<Body>, 'bodies' | 'actor' | 'key' | 'requestDigest'>): Command<Body>[] {
    const { bodies, actor, key, requestDigest } = slice;
    const common = this.#command({ body: bodies[0] as Body, actor, key, requestDigest });
    return bodies.map((body) => ({ ...common, id: uuidv7(common.receivedAt), body }));
  }

  #wake(): void {
    if (this.#running >= this.#options.workers) return;
    this.#running++;
    void this.#work();
  }

  async #work(): Promise<void> {
    // At most two batches are in hand: one that is being written, and the next one.
    let before: Promise<void> = Promise.resolve();
    while (this.#queue.length > 0 || this.#slices.length > 0) {
      const started = performance.now();
      const sliceIsDue = this.#queue.length === 0 || this.#batchesSinceSlice >= batchesBeforeSlice;
      const slice = sliceIsDue ? this.#slices.shift() : undefined;
      const batch = slice ? [] : this.#queue.splice(0, this.#options.maxBatch);
      this.#batchesSinceSlice = slice ? 0 : this.#batchesSinceSlice + 1;
      this.#slicesAlone = slice ? this.#slicesAlone + 1 : 0;
      const settled = slice ? this.#settleSlice(slice, started, before) : this.#settleBatch(batch, started, before);
      await before;
      await Promise.race([settled, this.#ripe(batch.length)]);
      before = settled;
    }
    await before;
    this.#tell();
    this.#running--;
    // Whoever was told meanwhile may have asked for more before this was known to be over.
    if (this.#queue.length > 0 || this.#slices.length > 0) this.#wake();
    else if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * Resolves once the writes of the batch just started are on their way and there is enough to go behind it: as many commands
   * as it has, any behind a slice (`size` 0), or a slice where no command waits or has come for a while: what comes would have
   * to wait for two of them.
   */
  #ripe(size: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ripening = { size, resolve };
      this.#ripen();
    });
  }

  #ripen(): void {
    const waiting = this.#queue.length;
    const isEnough =
      waiting > 0 ? waiting >= (this.#ripening?.size ?? 0) : this.#slices.length > 0 && this.#slicesAlone >= slicesAlone;
    if (this.#underway && isEnough) this.#ripening?.resolve();
  }

  /**
   * Tells what is committed. Answering costs as much as deciding, so while more commands wait it is done when the next
   * batch's writes are on their way: the database works meanwhile.
   */
  #tell(): void {
    for (const tell of this.#untold.splice(0)) tell();
  }

  async #settleBatch(batch: readonly Pending[], started: number, before: Promise<void>): Promise<void> {
    await this.#settle(batch, before);
    this.#options.onBatch?.({ size: batch.length, milliseconds: this.#sinceLast(started), slice: false });
  }

  /** How long what has just ended held the lane (ms): since it started, or since what went before it ended. */
  #sinceLast(started: number): number {
    const now = performance.now();
    const since = Math.max(started, this.#lastEnded);
    this.#lastEnded = now;
    return now - since;
  }

  /**
   * Runs a batch until every command has its outcome. The world's faults are tried again; anything else is narrowed
   * down by halves until the command that poisons its batch stands alone and gets the error itself.
   */
  async #settle(batch: readonly Pending[], before?: Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const settled = await this.#run(batch);
        const failed = batch.filter((_, i) => batch.length > 1 && settled[i]?.kind === 'error');
        this.#untold.push(() => {
          batch.forEach((pending, i) => {
            const of = settled[i];
            if (of?.kind === 'outcome') pending.resolve(of.outcome);
            else if (batch.length === 1) pending.reject(of?.error);
          });
        });
        if (this.#queue.length === 0 || this.#underway) this.#tell();
        else setTimeout(() => this.#tell(), tellWithinMs);
        // What could not be decided may have met what another command of its batch had just made: alone it gathers that too.
        for (const pending of failed) await this.#settle([pending], before);
        return;
      } catch (error) {
        this.#tell();
        if (error instanceof Overtaken) {
          await before;
          continue;
        }
        this.#options.onError?.(error, { bookId: this.#options.bookId, verbs: [...new Set(batch.map((p) => p.verb.name))] });
        if (isConnectionFault(error)) {
          if (attempt < attempts) {
            await sleep(25 * 4 ** attempt);
            continue;
          }
          for (const pending of batch) pending.reject(new LaneFault('the database cannot be reached', { cause: error }));
          return;
        }
        if (batch.length === 1) {
          batch[0]?.reject(error);
          return;
        }
        const half = Math.ceil(batch.length / 2);
        await this.#settle(batch.slice(0, half), before);
        await this.#settle(batch.slice(half), before);
        return;
      }
    }
  }

  /**
   * A slice is told its error as it is: the caller may make it smaller. Only the world's faults are tried again here, and
   * under its key a slice that was committed after all is not done twice.
   */
  async #settleSlice({ verb, slice, resolve, reject }: PendingSlice, started: number, before: Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const decided = await this.#runSlice(verb, slice);
        const milliseconds = this.#sinceLast(started);
        // What was decided before it is told before it.
        this.#tell();
        resolve(decided.kind === 'decided' ? { ...decided, milliseconds } : decided);
        this.#options.onBatch?.({ size: slice.bodies.length, milliseconds, slice: true });
        return;
      } catch (error) {
        this.#tell();
        if (error instanceof Overtaken) {
          await before;
          continue;
        }
        this.#options.onError?.(error, { bookId: this.#options.bookId, verbs: [verb.name] });
        if (isConnectionFault(error) && attempt < attempts) {
          await sleep(25 * 4 ** attempt);
          continue;
        }
        reject(isConnectionFault(error) ? new LaneFault('the database cannot be reached', { cause: error }) : error);
        return;
      }
    }
  }

  async #runSlice(verb: Verb<unknown, unknown>, slice: Slice<unknown>): Promise<UntimedSlice> {
    const commands = this.#commandsOf(slice);
    const [first] = commands;
    if (!first) throw new Error('a slice without lines');
    return this.#inLane<UntimedSlice>(
      [first],
      async (loader) => {
        await Promise.all([
          this.#options.admission.gather(loader, [first]),
          slice.record?.gather(loader),
          verb.gather(loader, commands),
        ]);
      },
      ({ facts, stored, head, entries }) => {
        const actor = this.#options.admission.decide(first, verb.name, facts);
        if (actor.kind === 'refused') return { value: actor, outcomes: [] };
        if (stored.has(storedKey(first))) return { value: { kind: 'replayed' }, outcomes: [] };
        const notNow = slice.record?.admit(facts);
        if (notNow) return { value: notNow, outcomes: [] };
        const lines: LineOutcome<unknown>[] = [];
        for (const command of commands) {
          const decision = this.#decide(verb, actingAs(command, actor), facts, entries, head, first);
          lines.push(decision.kind === 'refused' ? decision : { kind: 'accepted', result: decision.result });
        }
        const accepted = lines.filter((line) => line.kind === 'accepted').length;
        if (slice.allOrNothing && accepted < lines.length) {
          return { value: { kind: 'decided', lines, written: false, ledgerSeq: Number(head.seq) }, abandoned: true };
        }
        const ledgerSeq = Number(head.seq + entries.count);
        for (const change of slice.record?.decide(facts, lines, ledgerSeq) ?? []) facts.apply(change);
        const body = { lines: lines.length, accepted, ...(entries.count === 0n ? {} : { ledgerSeq }) };
        const outcome = { verb: `${verb.name}.slice`, command: first, accepted: true, body };
        const hold = slice.record?.hold;
        return { value: { kind: 'decided', lines, written: true, ledgerSeq }, outcomes: [outcome], ...(hold && { hold }) };
      },
    );
  }

  async #run(batch: readonly Pending[]): Promise<Settled[]> {
    return this.#inLane(
      batch.map(({ command }) => command),
      (loader) => this.#gather(loader, batch),
      ({ facts, stored, head, entries }) => {
        const outcomes: NewOutcome[] = [];
        const settled = batch.map(({ verb, command }): Settled => {
          // Who may not act is told so and nothing is stored: the key of a command outlives the right it came with.
          const actor = this.#options.admission.decide(command, verb.name, facts);
          if (actor.kind === 'refused') return { kind: 'outcome', outcome: { ...actor, replayed: false } };
          const replay = stored.get(storedKey(command));
          if (replay) return { kind: 'outcome', outcome: replayOf(replay, verb.name, command) };
          let decision: DecidedCommand;
          try {
            decision = this.#decide(verb, actingAs(command, actor), facts, entries, head);
          } catch (error) {
            if (!(error instanceof Undecided)) throw error;
            return { kind: 'error', error: error.cause };
          }
          const outcome: Outcome<unknown> = { replayed: false, ...decision };
          const { id: commandId, requestDigest } = command;
          stored.set(storedKey(command), { verb: verb.name, commandId, requestDigest, outcome });
          outcomes.push({ verb: verb.name, command, accepted: outcome.kind === 'accepted', body: bodyOf(outcome) });
          return { kind: 'outcome', outcome };
        });
        return { value: settled, outcomes };
      },
    );
  }

  /**
   * One transaction of the lane: the head row is locked, then all is read that was not known at this very head, then
   * `decide` decides on the working set and it is written. What is abandoned writes nothing.
   */
  async #inLane<Value>(
    commands: readonly Command[],
    gather: (loader: Loader) => Promise<void>,
    decide: (of: Working) => Decided<Value>,
  ): Promise<Value> {
    // Taken, not looked at: a batch that fails leaves nothing behind to be trusted.
    const underway = this.#underway;
    this.#underway = undefined;
    const remembered = this.#remembered;
    this.#remembered = undefined;
    let wordings: string[] = [];
    let sent: Underway | undefined;
    try {
      const value = await this.#options.db.begin(
        async (tx) => {
          const { facts, stored, head, lock } = await (underway
            ? this.#gatherBehind(underway, tx, commands, gather)
            : this.#gatherUnderLock(remembered, tx, commands, gather));
          const now = this.#options.clock.now();
          const entries = new EntryColumns();
          // COMMIT goes out right behind what is written; a failure among it makes it a ROLLBACK and is the error of the batch.
          const put = ({ text, parameters }: Write) => void tx.sql.prepared(text, parameters).catch(() => undefined);
          const decided = decide({ facts, stored, head, entries });
          lock?.().catch(() => undefined);
          if (!decided.abandoned) {
            if (decided.hold) put(decided.hold);
            wordings = this.#newWordings(facts, decided.outcomes);
            const batchId = uuidv7(now);
            const all = [
              ...wordingRows(this.#options.bookId, wordings),
              ...facts.writes(this.#options.bookId),
              ...outcomeRows(this.#options.bookId, decided.outcomes, now),
              ...entries.messages.rows(this.#options.bookId, now),
              ...entryRows(facts, entries, { bookId: this.#options.bookId, head: head.seq, now, batchId }),
            ];
            const verbs = new Set(decided.outcomes.map(({ verb }) => verb)).size;
            (verbs === 1 ? [asOne(all)] : all).forEach(put);
            sent = this.#send({ facts, stored: storedOf(decided.outcomes), head, entries, batchId });
          }
          // Two turns on: after this one, what was just started has left.
          if (this.#untold.length > 0) setImmediate(() => setImmediate(() => this.#tell()));
          return decided.value;
        },
        { eager: true },
      );
      for (const id of wordings) this.#wordings.add(id);
      // Where another is decided on it already, that one will have more to remember.
      if (sent && !sent.isTaken) {
        sent.facts.forget(false);
        this.#remembered = { facts: sent.facts, seq: sent.head.seq };
      }
      return value;
    } catch (error) {
      if (sent) sent.hasFailed = true;
      throw sqlStateOf(error) === headIsElsewhere ? new Overtaken() : error;
    } finally {
      if (this.#underway === sent) this.#underway = undefined;
    }
  }

  /** What the next batch may be decided on, or nothing: with several workers it is another's, and memory has its bound. */
  #send(of: Working & { batchId: string }): Underway | undefined {
    const { facts, stored, head, entries, batchId } = of;
    if (this.#options.workers > 1 || facts.size > rememberAtMost || !facts.settle()) return undefined;
    const seq = head.seq + entries.count;
    const sent: Underway = { facts, stored, head: { ...head, seq }, batchId, hasFailed: false, isTaken: false };
    // A batch without entries leaves the head as it was: nothing to go behind.
    if (this.#isAlone && entries.count > 0n) {
      this.#underway = sent;
      this.#ripen();
    }
    return sent;
  }

  /** Under the lock: what is remembered counts if the head is still there. */
  async #gatherUnderLock(
    remembered: { readonly facts: Facts; readonly seq: bigint } | undefined,
    tx: Tx,
    commands: readonly Command[],
    gather: (loader: Loader) => Promise<void>,
  ): Promise<Gathered> {
    const { bookId, bookCode } = this.#options;
    // The lock first, then the reads, all on their way at once: the server takes them in order. A statement is sent
    // when it is first awaited, so the lock must be on its way (`then`) before the functions that read are called.
    const opened = tx.sql
      .prepared<Head[]>('select seq, open_from as "openFrom" from open_lane($1)', [bookId])
      .then((rows) => rows);
    const outcomes = storedOutcomes(tx, bookId, commands);
    const facts = remembered?.facts ?? new Facts(bookId, bookCode);
    const gathered = gather(new Loader(tx, bookId, facts)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const [[head], stored, failed] = await Promise.all([opened, outcomes, gathered]);
    if (!head) throw new Error('the book has no head');
    this.#isAlone = remembered?.seq === head.seq;
    if (remembered && !this.#isAlone) {
      // Somebody else has written meanwhile: what was remembered, and what was gathered by it, counts no more.
      const fresh = new Facts(bookId, bookCode);
      await gather(new Loader(tx, bookId, fresh));
      return { facts: fresh, stored, head };
    }
    if (failed) throw failed.error;
    return { facts, stored, head };
  }

  /**
   * While the batch before is being written: what it changes is in its working set, all else stands as it does without it,
   * for nobody can write in between. The database has the last word on that when the lock is taken.
   */
  async #gatherBehind(
    underway: Underway,
    tx: Tx,
    commands: readonly Command[],
    gather: (loader: Loader) => Promise<void>,
  ): Promise<Gathered> {
    const { bookId } = this.#options;
    const { facts, head, batchId } = underway;
    underway.isTaken = true;
    facts.forget(true);
    const planned = tx.sql.prepared('select read_in_book($1)', [bookId]).then(() => undefined);
    const loader = new Loader(tx, bookId, facts);
    // What fails here may have failed for what is underway: under the lock it is told what is wrong.
    const [read] = await Promise.all([storedOutcomes(tx, bookId, commands), gather(loader), planned]).catch(() => {
      throw new Overtaken();
    });
    // A verb's own question was answered without what is underway.
    if (underway.hasFailed || loader.hasNoted) throw new Overtaken();
    const lock = () => tx.sql.prepared('select open_lane_behind($1, $2, $3)', [bookId, batchId, head.openFrom]);
    return { facts, stored: new Map([...underway.stored, ...read]), head, lock };
  }

  #newWordings(facts: Facts, outcomes: readonly NewOutcome[]): string[] {
    const told = outcomes.map(({ body }) => (body as { explanation?: unknown }).explanation);
    return [...wordingsIn([...facts.explanations(), ...told])].filter((id) => !this.#wordings.has(id));
  }

  async #gather(loader: Loader, batch: readonly Pending[]): Promise<void> {
    const byVerb = new Map<Verb<unknown, unknown>, Command[]>();
    for (const { verb, command } of batch) {
      const commands = byVerb.get(verb);
      if (commands) commands.push(command);
      else byVerb.set(verb, [command]);
    }
    await Promise.all([
      this.#options.admission.gather(
        loader,
        batch.map((p) => p.command),
      ),
      ...[...byVerb].map(([verb, commands]) => verb.gather(loader, commands)),
    ]);
  }

  /**
   * Decides one command and, if accepted, applies it to the working set. Its entries belong to `group`: of a slice all to its
   * first command, for they are written together or not at all. Undecided when the verb itself throws.
   */
  #decide(
    verb: Verb<unknown, unknown>,
    command: Command,
    facts: Facts,
    entries: EntryColumns,
    head: Head,
    group: Command = command,
  ): DecidedCommand {
    let decision: Decision<unknown>;
    try {
      decision = verb.decide(command, facts);
    } catch (error) {
      throw new Undecided(error);
    }
    // A month that is shut takes nothing: what belongs there is booked on the first open day.
    const booked = (day: Day): Day => (day < head.openFrom ? head.openFrom : day);

    if (decision.kind === 'refused') {
      if (verb.money) {
        entries.open(group, undefined);
        entries.add({ kind: verb.name, bookedOn: booked(command.today), subject: null, refusal: decision.code });
      }
      return decision;
    }

    entries.open(group, decision.approvalDigest);
    const { subjectId, programmeVersion: programme } = decision;
    // Where postings are about things of their own, the decision that they follow from is an entry before them.
    const several = decision.postings.some(({ subjectId }) => subjectId !== undefined);
    if (several || decision.postings.length === 0) {
      entries.add({ kind: decision.decision, bookedOn: booked(command.today), subject: subjectId, programme });
    }
    applyTo(facts, command, decision, (posting, debit, credit) => {
      const subject = posting.subjectId ?? subjectId;
      entries.add({ kind: posting.posting, bookedOn: booked(posting.bookedOn ?? command.today), subject, programme });
      entries.transfer(debit, credit, posting.amountFen);
      if (posting.reversesSeq !== undefined) entries.reverse(posting.reversesSeq);
    });
    if (decision.opensFrom !== undefined) head.openFrom = decision.opensFrom;
    const lastSeq = head.seq + entries.count;
    entries.messages.add(group.id, decision.messages, { ledgerSeq: lastSeq, newId: command.newId });
    return { kind: 'accepted', result: { ledgerSeq: Number(lastSeq), ...(decision.result as object) } };
  }
}

/** The verb threw: of one command, which is then tried alone. */
class Undecided extends Error {
  override readonly name = 'Undecided';
  constructor(cause: unknown) {
    super('a verb could not decide', { cause });
  }
}

/** What open_lane_behind says when the head is not where the batch it names would have left it. */
const headIsElsewhere = 'VL005';

/** What was decided on did not come to be, or cannot be known yet: to be decided again once the batch before has ended. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

interface Head {
  readonly seq: bigint;
  /** The first day that may still be booked on; a command that shuts a month moves it. */
  openFrom: Day;
}

/** What a batch was read from: a working set, the outcomes that its keys have already, and the head it all stands at. */
interface Gathered {
  readonly facts: Facts;
  readonly stored: Map<string, Stored>;
  readonly head: Head;
  /** Takes the lane, where that was not the first thing done. */
  readonly lock?: () => Promise<unknown>;
}

/** What is decided on, and where what is decided goes. */
type Working = Omit<Gathered, 'lock'> & { readonly entries: EntryColumns };

/** A batch whose writes are on their way: `head` and the rest are as it leaves them. */
interface Underway extends Omit<Gathered, 'lock'> {
  readonly batchId: string;
  hasFailed: boolean;
  /** Whether the next batch is being decided on it. */
  isTaken: boolean;
}

type UntimedSlice = Omit<Extract<SliceOutcome<unknown>, { kind: 'decided' }>, 'milliseconds'> | { kind: 'replayed' } | Refused;
type DecidedCommand = { readonly kind: 'accepted'; readonly result: { readonly ledgerSeq: number } } | Refused;

type Decided<Value> =
  | { readonly value: Value; readonly outcomes: readonly NewOutcome[]; readonly hold?: Write; readonly abandoned?: never }
  | { readonly value: Value; readonly abandoned: true };

/** The command as of whom the lane admits: mostly who sent it, unchanged. */
const actingAs = <Body>(command: Command<Body>, actor: Actor): Command<Body> =>
  actor === command.actor ? command : { ...command, actor };

/** Puts an accepted decision into the working set: its postings in their order, then its changes. */
function applyTo(
  facts: Facts,
  command: Command,
  decision: Accepted<unknown>,
  onPosting?: (posting: Posting, debitId: string, creditId: string) => void,
): void {
  for (const posting of decision.postings) {
    const debit = facts.move(posting.debit, -posting.amountFen, command.newId);
    const credit = facts.move(posting.credit, posting.amountFen, command.newId);
    onPosting?.(posting, debit.accountId, credit.accountId);
  }
  for (const change of decision.changes) facts.apply(change);
}

/** Same key, same answer; same key with another request is its own refusal, and is not stored. */
function replayOf(stored: Stored, verb: string, command: Command): Outcome<unknown> {
  if (stored.verb !== verb || stored.requestDigest !== command.requestDigest) {
    return { ...refused('IDEMPOTENCY_KEY_REUSED', { key: command.key }), replayed: false };
  }
  // A batch whose COMMIT was in doubt and is run again meets its own outcome: that is the first answer, not a replay.
  return { ...stored.outcome, replayed: stored.commandId !== command.id };
}

function bodyOf(outcome: Outcome<unknown>): object {
  if (outcome.kind === 'accepted') return outcome.result;
  const { code, params, pointer } = outcome;
  return { code, params, ...(pointer === undefined ? {} : { pointer }) };
}
