// The lane of a book: group commit. Every command that writes anything of a book goes through here.
//
// Requests queue in memory in order of arrival. While one batch commits, the next gathers; an idle lane takes a lone
// request at once; there is no timer. A batch is one READ COMMITTED transaction whose first statement locks the book's
// head row; only then anything is read. Each command is decided in order on one working set that every accepted command
// before it has updated; then facts, entries, balances, outcomes and head are written together and committed. The head
// row is the only lock and is taken first, so there is no deadlock to have and any number of processes may run.
//
// A refusal refuses one command, not its batch. An unknown outcome (connection lost at COMMIT) is settled by running the
// batch again: every command has a key, and what was committed answers from its stored outcome.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Tx } from '../../db/client.js';
import { isConnectionFault } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import { uuidv7 } from '../identifiers.js';
import type { Change } from './facts.js';
import { Facts, Loader } from './facts.js';
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
  /** The API key it speaks by, where there is one. */
  readonly keyId?: string;
}

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
  readonly programmeVersion?: string;
  /** SHA-256 (hex) of what an approval approves. */
  readonly approvalDigest?: string;
}
export type Decision<Result> = Accepted<Result> | Refused;

export const refused = (code: string, params: Params = {}, pointer?: string): Refused => ({
  kind: 'refused',
  code,
  params,
  ...(pointer === undefined ? {} : { pointer }),
});
export const accepted = <Result>(
  of: Omit<Accepted<Result>, 'kind' | 'postings' | 'changes'> & Partial<Accepted<Result>>,
): Accepted<Result> => ({
  ...of,
  kind: 'accepted',
  postings: of.postings ?? [],
  changes: of.changes ?? [],
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
  decide(command: Command, facts: Facts): Refused | null;
}

export type Outcome<Result> = ({ readonly kind: 'accepted'; readonly result: Result & { ledgerSeq: number } } | Refused) & {
  readonly replayed: boolean;
};

export interface LaneOptions {
  readonly db: Database;
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
  readonly onBatch?: (of: { size: number; milliseconds: number }) => void;
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

/** What a batch decided of one command, before it is written. */
type Settled = { kind: 'outcome'; outcome: Outcome<unknown> } | { kind: 'error'; error: unknown };

/** Entries of a batch as columns, in the order of post_entries. */
class EntryColumns {
  readonly commands: Pending[] = [];
  readonly approvals: (string | null)[] = [];
  readonly command: string[] = [];
  readonly kind: string[] = [];
  readonly bookedOn: string[] = [];
  readonly subject: (string | null)[] = [];
  readonly programme: (string | null)[] = [];
  readonly refusal: (string | null)[] = [];
  readonly debit: (string | null)[] = [];
  readonly credit: (string | null)[] = [];
  readonly amount: (string | null)[] = [];

  open(pending: Pending, approvalDigest: string | undefined): void {
    this.commands.push(pending);
    this.approvals.push(approvalDigest ?? null);
  }

  add(of: { kind: string; bookedOn: string; subject: string | null; programme?: string | undefined; refusal?: string }): void {
    this.command.push(String(this.commands.length));
    this.kind.push(of.kind);
    this.bookedOn.push(of.bookedOn);
    this.subject.push(of.subject);
    this.programme.push(of.programme ?? null);
    this.refusal.push(of.refusal ?? null);
    this.debit.push(null);
    this.credit.push(null);
    this.amount.push(null);
  }

  transfer(debit: string, credit: string, amountFen: bigint): void {
    const last = this.kind.length - 1;
    this.debit[last] = debit;
    this.credit[last] = credit;
    this.amount[last] = amountFen.toString();
  }

  get count(): bigint {
    return BigInt(this.kind.length);
  }
}

const attempts = 4;

export class Lane {
  readonly #options: Required<Pick<LaneOptions, 'maxBatch' | 'workers' | 'maxQueue'>> & LaneOptions;
  readonly #queue: Pending[] = [];
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
    });
  }

  /** Decides a command on a read-only snapshot: explained, not recorded. Takes no lane and no key. */
  async dryRun<Body, Result>(
    verb: Verb<Body, Result>,
    request: Pick<Command<Body>, 'body' | 'actor' | 'requestDigest'>,
  ): Promise<{ kind: 'accepted'; result: Result } | Refused> {
    const { db, bookId, bookCode, admission } = this.#options;
    const command = this.#command({ ...request, key: 'dry-run' });
    return db.begin(
      async (tx) => {
        const facts = new Facts(bookId, bookCode);
        const loader = new Loader(tx, bookId, facts);
        await Promise.all([admission.gather(loader, [command]), verb.gather(loader, [command])]);
        return admission.decide(command, facts) ?? verb.decide(command, facts);
      },
      { mode: 'isolation level repeatable read read only' },
    );
  }

  /** Takes no more commands and resolves when every queued one has its outcome. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running === 0 && this.#queue.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #command<Body>(request: Pick<Command<Body>, 'body' | 'actor' | 'requestDigest'> & { key: string }): Command<Body> {
    const receivedAt = this.#options.clock.now();
    return { ...request, id: uuidv7(receivedAt), receivedAt, today: shanghaiDay(receivedAt), newId: () => uuidv7(receivedAt) };
  }

  #wake(): void {
    if (this.#running >= this.#options.workers) return;
    this.#running++;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#options.maxBatch);
      const started = performance.now();
      await this.#settle(batch);
      this.#options.onBatch?.({ size: batch.length, milliseconds: performance.now() - started });
    }
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /**
   * Runs a batch until every command has its outcome. The world's faults are tried again; anything else is narrowed
   * down by halves until the command that poisons its batch stands alone and gets the error itself.
   */
  async #settle(batch: readonly Pending[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const settled = await this.#run(batch);
        const failed: Pending[] = [];
        batch.forEach((pending, i) => {
          const of = settled[i];
          if (of?.kind === 'outcome') pending.resolve(of.outcome);
          else if (batch.length > 1) failed.push(pending);
          else pending.reject(of?.error);
        });
        // What could not be decided may have met what another command of its batch had just made: alone it gathers that too.
        for (const pending of failed) await this.#settle([pending]);
        return;
      } catch (error) {
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
        await this.#settle(batch.slice(0, half));
        await this.#settle(batch.slice(half));
        return;
      }
    }
  }

  async #run(batch: readonly Pending[]): Promise<Settled[]> {
    const { db, bookId, bookCode, clock } = this.#options;
    return db.begin(async (tx) => {
      // The lock first, then the reads, all on their way at once: the server takes them in order. A statement is sent
      // when it is first awaited, so the lock must be on its way (`then`) before the functions that read are called.
      const opened = tx.sql
        .prepared<{ seq: bigint; open_from: Day }[]>('select seq, open_from from open_lane($1)', [bookId])
        .then((rows) => rows);
      const facts = new Facts(bookId, bookCode);
      const [[head], stored] = await Promise.all([opened, this.#storedOutcomes(tx, batch), this.#gather(tx, facts, batch)]);
      if (!head) throw new Error('the book has no head');
      const now = clock.now();

      const entries = new EntryColumns();
      const settled = batch.map((pending): Settled => {
        // Who may not act is told so and nothing is stored: the key of a command outlives the right it came with.
        const denied = this.#options.admission.decide(pending.command, facts);
        if (denied) return { kind: 'outcome', outcome: { ...denied, replayed: false } };
        const replay = stored.get(storedKey(pending));
        if (replay) return { kind: 'outcome', outcome: replayOf(replay, pending) };
        const outcome = this.#decide(pending, facts, entries, { seq: head.seq, openFrom: head.open_from });
        if (outcome.kind === 'outcome') {
          stored.set(storedKey(pending), {
            verb: pending.verb.name,
            commandId: pending.command.id,
            requestDigest: pending.command.requestDigest,
            outcome: outcome.outcome,
            isNew: true,
            pending,
          });
        }
        return outcome;
      });

      await Promise.all([
        facts.write(tx, bookId),
        this.#post(tx, facts, entries, head.seq, now),
        this.#storeOutcomes(tx, stored, now),
      ]);
      return settled;
    });
  }

  async #gather(tx: Tx, facts: Facts, batch: readonly Pending[]): Promise<void> {
    const loader = new Loader(tx, this.#options.bookId, facts);
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

  /** Decides one command and, if accepted, applies it to the working set. A throw is of one command, which is then tried alone. */
  #decide(pending: Pending, facts: Facts, entries: EntryColumns, head: { seq: bigint; openFrom: Day }): Settled {
    const { verb, command } = pending;
    let decision: Decision<unknown>;
    try {
      decision = verb.decide(command, facts);
    } catch (error) {
      return { kind: 'error', error };
    }
    // A sealed month takes nothing: what belongs there is booked on the first open day.
    const booked = (day: Day): Day => (day < head.openFrom ? head.openFrom : day);

    if (decision.kind === 'refused') {
      if (verb.money) {
        entries.open(pending, undefined);
        entries.add({ kind: verb.name, bookedOn: booked(command.today), subject: null, refusal: decision.code });
      }
      return { kind: 'outcome', outcome: { ...decision, replayed: false } };
    }

    entries.open(pending, decision.approvalDigest);
    const common = { subject: decision.subjectId, programme: decision.programmeVersion };
    if (decision.postings.length === 0) entries.add({ ...common, kind: decision.decision, bookedOn: booked(command.today) });
    for (const posting of decision.postings) {
      entries.add({ ...common, kind: posting.posting, bookedOn: booked(posting.bookedOn ?? command.today) });
      const debit = facts.move(posting.debit, -posting.amountFen, command.newId);
      const credit = facts.move(posting.credit, posting.amountFen, command.newId);
      entries.transfer(debit.accountId, credit.accountId, posting.amountFen);
    }
    for (const change of decision.changes) facts.apply(change);
    const ledgerSeq = Number(head.seq + entries.count);
    return {
      kind: 'outcome',
      outcome: { kind: 'accepted', result: { ...(decision.result as object), ledgerSeq }, replayed: false },
    };
  }

  async #post(tx: Tx, facts: Facts, entries: EntryColumns, head: bigint, now: Date): Promise<void> {
    if (entries.count === 0n) return;
    const opened = facts.newAccounts();
    await tx.sql.prepared(
      `select post_entries($1, $2::bigint, $3::timestamptz,
         $4::uuid[], $5::text[], $6::text[], $7::text[],
         $8::uuid[], $9::uuid[], $10::uuid[], $11::text[], $12::text[],
         $13::int[], $14::text[], $15::date[], $16::uuid[], $17::text[], $18::text[],
         null, $19::uuid[], $20::uuid[], $21::bigint[])`,
      [
        this.#options.bookId,
        head.toString(),
        now.toISOString(),
        opened.map((a) => a.accountId),
        opened.map((a) => a.account.code),
        opened.map((a) => a.account.kind),
        opened.map((a) => a.account.fund),
        entries.commands.map((p) => p.command.id),
        entries.commands.map((p) => p.command.actor.memberId),
        entries.commands.map((p) => p.command.actor.personId),
        entries.commands.map((p) => p.command.requestDigest),
        entries.approvals,
        entries.command,
        entries.kind,
        entries.bookedOn,
        entries.subject,
        entries.programme,
        entries.refusal,
        entries.debit,
        entries.credit,
        entries.amount,
      ],
    );
  }

  async #storedOutcomes(tx: Tx, batch: readonly Pending[]): Promise<Map<string, Stored>> {
    const rows = await tx.sql.prepared<StoredRow[]>(
      `select o.member_id, o.key, o.command_id, o.verb, encode(o.request_digest, 'hex') as request_digest, o.accepted, o.body
         from unnest($2::uuid[], $3::text[]) as k(member_id, key)
         cross join lateral (select * from outcomes o
                              where o.book_id = $1 and o.member_id = k.member_id and o.key = k.key limit 1) o`,
      [this.#options.bookId, batch.map((p) => p.command.actor.memberId), batch.map((p) => p.command.key)],
    );
    return new Map(
      rows.map((row) => [
        `${row.member_id} ${row.key}`,
        {
          verb: row.verb,
          commandId: row.command_id,
          requestDigest: row.request_digest,
          outcome: (row.accepted
            ? { kind: 'accepted', result: row.body, replayed: true }
            : { kind: 'refused', ...row.body, replayed: true }) as Outcome<unknown>,
          isNew: false,
        },
      ]),
    );
  }

  async #storeOutcomes(tx: Tx, stored: Map<string, Stored>, now: Date): Promise<void> {
    const fresh = [...stored.values()].flatMap((of) => (of.isNew ? [{ outcome: of.outcome, ...of.pending }] : []));
    if (fresh.length === 0) return;
    await tx.sql.prepared(
      `insert into outcomes (book_id, member_id, key, command_id, verb, request_digest, accepted, body, last_seq, recorded_at)
       select $1, u.member_id, u.key, u.command_id, u.verb, decode(u.digest, 'hex'), u.accepted, u.body::json,
              (u.body::json ->> 'ledgerSeq')::bigint, $2::timestamptz
         from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[],
                     $8::boolean[], $9::text[]) as u (member_id, key, command_id, verb, digest, accepted, body)`,
      [
        this.#options.bookId,
        now.toISOString(),
        fresh.map((f) => f.command.actor.memberId),
        fresh.map((f) => f.command.key),
        fresh.map((f) => f.command.id),
        fresh.map((f) => f.verb.name),
        fresh.map((f) => f.command.requestDigest),
        fresh.map((f) => f.outcome.kind === 'accepted'),
        fresh.map((f) => JSON.stringify(bodyOf(f.outcome))),
      ],
    );
  }
}

interface StoredRow {
  member_id: string;
  key: string;
  command_id: string;
  verb: string;
  request_digest: string;
  accepted: boolean;
  body: object;
}
type Stored = {
  readonly verb: string;
  readonly commandId: string;
  readonly requestDigest: string;
  readonly outcome: Outcome<unknown>;
} & ({ readonly isNew: true; readonly pending: Pending } | { readonly isNew: false });

const storedKey = (pending: Pending): string => `${pending.command.actor.memberId} ${pending.command.key}`;

/** Same key, same answer; same key with another request is its own refusal, and is not stored. */
function replayOf(stored: Stored, pending: Pending): Outcome<unknown> {
  if (stored.verb !== pending.verb.name || stored.requestDigest !== pending.command.requestDigest) {
    return { ...refused('IDEMPOTENCY_KEY_REUSED', { key: pending.command.key }), replayed: false };
  }
  // A batch whose COMMIT was in doubt and is run again meets its own outcome: that is the first answer, not a replay.
  return { ...stored.outcome, replayed: stored.commandId !== pending.command.id };
}

function bodyOf(outcome: Outcome<unknown>): object {
  if (outcome.kind === 'accepted') return outcome.result;
  const { code, params, pointer } = outcome;
  return { code, params, ...(pointer === undefined ? {} : { pointer }) };
}
