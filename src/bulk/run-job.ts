// A job from the first byte of its file to its answer. The reader's thread parses and judges, the lane decides slice by
// slice; nothing more is read while the lane has two slices to go, so a file costs the memory of a few slices, whatever
// its size.
//
// What holds when something ends in the middle: the slice and how far the file has come are one transaction, so `nextLine` is
// always the first line not decided. A client that was cut sends the file again: lines before `nextLine` are passed over, and
// their digest must agree. A process that died leaves a lease that runs out; until then nobody else takes a slice, and one
// that lives on after its lease was taken by another is refused by the slice itself.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { isConnectionFault, sqlStateOf } from '../../db/client.js';
import type { BulkJob } from '../../db/tables.js';
import type { BulkFormat, BulkKind, BulkMode } from '../../schemas/bulk.js';
import type { Principal } from '../access/principal.js';
import { uuidv7 } from '../identifiers.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { problemOf } from '../http/routes.js';
import type { Change } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { LineOutcome, Refused, Slice, SliceOutcome } from '../ledger/lane.js';
import { LaneClosed, LaneFault, LaneFull, refused } from '../ledger/lane.js';
import { Explainer } from './explain.js';
import { jobShelf, refusedLineShelf } from './facts.js';
import type { Document, FileSlice } from './file.js';
import { chained, FileUnreadable } from './file.js';
import type { Prepared } from './kinds.js';
import { kinds } from './kinds.js';
import { beginJob, recordProgress, releaseLease, renewEveryMs, renewLease } from './queries.js';
import { Reader } from './reader.js';
import type { Counts, RefusedLine } from './rules.js';
import { added, mostAtOnce, mostShown, noCounts } from './rules.js';
import { SliceSize } from '../ledger/slice-size.js';

export interface Upload {
  readonly kind: BulkKind;
  readonly format: BulkFormat;
  readonly mode: BulkMode;
  readonly stream: Readable;
  readonly book: OpenBook;
  readonly principal: Principal;
  readonly log: FastifyBaseLogger;
  /** Told of every change of the job, so that those who watch it need not ask the database. */
  readonly onProgress: (job: BulkJob) => void;
  /** Told once how the upload can be ended from outside, as when the service stops. */
  readonly onStart: (abort: (error: Error) => void) => void;
}

export interface Checked {
  readonly counts: Counts;
  readonly digest: string;
  readonly refused: readonly RefusedLine[];
}

type Right = Document & { readonly body: object };
const isRight = (document: Document): document is Right => document.body !== null;
const rowsOf = (documents: readonly Document[]): number => documents.reduce((sum, { lines }) => sum + lines.length, 0);
const weightOf = (documents: readonly Document[]): number => documents.reduce((sum, { weight }) => sum + weight, 0);

/** Reads the file for `work` and leaves nothing behind: no thread, no file, whatever happens. */
async function withReader<T>(
  upload: Upload,
  work: (reader: Reader, columns: readonly string[] | null) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bulk-'));
  try {
    const reader = new Reader({ kind: upload.kind, format: upload.format, folder }, upload.stream);
    upload.onStart((error) => reader.abort(error));
    try {
      return await work(reader, await reader.open());
    } catch (error) {
      throw error instanceof FileUnreadable ? problemOf(refused(error.code, error.params)) : error;
    } finally {
      await reader.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Slice after slice, the next one read while this one is decided. */
async function* slices(reader: Reader, size: () => number): AsyncGenerator<FileSlice> {
  let ahead = reader.next(size());
  for (;;) {
    const slice = await ahead;
    if (!slice.end) {
      ahead = reader.next(size());
      // Its failure is met when it is awaited.
      ahead.catch(() => undefined);
    }
    yield slice;
    if (slice.end) return;
  }
}

// ── Dry run ──

/**
 * Decides every line on read-only snapshots, one per slice, and keeps nothing. A document that repeats an earlier one of its file
 * is refused as it would be, by its number, among the first 200,000 that are right.
 */
export function checkFile(parts: Parts, upload: Upload): Promise<Checked> {
  const kind = kinds[upload.kind];
  const { book, principal } = upload;
  const mostRemembered = 200_000;
  return withReader(upload, async (reader, columns) => {
    const explainer = new Explainer(upload.kind, columns);
    const identity = kind.identity({ db: book.db, bookId: book.bookId, actor: principal, keys: parts.exchange.keys });
    const seen = new Set<string>();
    const shown: RefusedLine[] = [];
    let counts = noCounts;
    let digest = '';
    for await (const slice of slices(reader, () => 500)) {
      const right = slice.documents.filter(isRight);
      const lines =
        right.length === 0 ? [] : await book.lane.dryRunSlice(kind.verb, { bodies: right.map(bodyOf), actor: principal });
      if ('kind' in lines) throw problemOf(lines);
      const outcomes: LineOutcome<unknown>[] = [];
      for (const [i, line] of lines.entries()) {
        const body = right[i]?.body ?? {};
        const id = line.kind === 'accepted' ? await identity(body) : null;
        const again = id !== null && seen.has(id);
        if (id !== null && seen.size < mostRemembered) seen.add(id);
        outcomes.push(again ? repeated(body) : line);
      }
      const decided = judged(explainer, slice.documents, outcomes);
      counts = added(counts, decided.counts);
      shown.push(...decided.refused.slice(0, mostShown - shown.length));
      digest = slice.digest;
    }
    return { counts, digest, refused: shown };
  });

  function repeated(body: object): Refused {
    const { code, pointer, paramName } = kind.duplicate;
    const number = String((body as Record<string, unknown>)[paramName]);
    return refused(code, { [paramName]: number }, pointer);
  }
}

const bodyOf = ({ body }: Right): object => body;

/** Which lines a slice accepts and refuses, `lines` being the outcomes of its right documents in order. */
function judged(
  explainer: Explainer,
  documents: readonly Document[],
  lines: readonly LineOutcome<unknown>[],
): { counts: Counts; refused: RefusedLine[] } {
  const refusedLines: RefusedLine[] = [];
  let next = 0;
  let accepted = 0;
  let acceptedRows = 0;
  for (const document of documents) {
    const outcome = isRight(document) ? lines[next++] : undefined;
    if (outcome?.kind === 'accepted') {
      accepted += 1;
      acceptedRows += document.lines.length;
    } else refusedLines.push(...(outcome ? explainer.refused(document, outcome) : explainer.malformed(document)));
  }
  const linesRead = rowsOf(documents);
  const counts = { linesRead, linesAccepted: acceptedRows, linesRefused: refusedLines.length, documents: accepted };
  return { counts, refused: refusedLines };
}

// ── A job ──

export interface Finished {
  readonly job: BulkJob;
  /** The whole file was read before under this key: nothing was done now. */
  readonly replayed: boolean;
}

/** Takes the file under its key. Refuses IDEMPOTENCY_KEY_REUSED, BULK_JOB_RUNNING, BULK_TOO_MANY_LINES and what ends a file early. */
export function takeFile(parts: Parts, upload: Upload, key: string): Promise<Finished> {
  return withReader(upload, async (reader, columns) => {
    const { kind, format, mode, book, principal } = upload;
    // What is taken at once is read at once: a file that is too large for it leaves no job behind.
    const whole = mode === 'all-or-nothing' ? await readWhole(reader) : undefined;
    const owner = uuidv7(parts.clock.now());
    const begun = await beginJob(book.db, {
      bookId: book.bookId,
      jobId: uuidv7(parts.clock.now()),
      memberId: principal.memberId,
      key,
      legalPersonUscc: principal.legalPersonUscc,
      kind,
      format,
      mode,
      columns,
      owner,
      now: parts.clock.now(),
    });
    const reused = () => new Problem('IDEMPOTENCY_KEY_REUSED', { key });
    if (begun.kind === 'other') throw reused();
    if (begun.kind === 'running') throw new Problem('BULK_JOB_RUNNING', { key });
    if (begun.kind === 'ended') {
      const same = whole ? whole.digest === begun.job.digest : await agreesToTheEnd(reader, begun.job);
      if (!same) throw reused();
      return { job: begun.job, replayed: true };
    }
    const run = new Run(parts, upload, begun.job, owner, new Explainer(kind, columns));
    try {
      if (whole) return { job: await run.takeAtOnce(whole), replayed: false };
      if (!(await reader.skip(begun.job))) throw reused();
      return { job: await run.takeRight(reader), replayed: false };
    } finally {
      await run.end();
    }
  });
}

async function agreesToTheEnd(reader: Reader, job: BulkJob): Promise<boolean> {
  if (!(await reader.skip(job))) return false;
  const { documents, end } = await reader.next(1);
  return end && documents.length === 0;
}

async function readWhole(reader: Reader): Promise<FileSlice> {
  const documents: Document[] = [];
  let last: FileSlice | undefined;
  let before: string | undefined;
  for await (const slice of slices(reader, () => 500)) {
    before ??= slice.before;
    documents.push(...slice.documents);
    if (weightOf(documents) > mostAtOnce) throw new Problem('BULK_TOO_MANY_LINES', { most: String(mostAtOnce) });
    last = slice;
  }
  if (!last) throw new Error('a file without an end');
  return { ...last, documents, before: before ?? last.before };
}

/** Consecutive documents, and where the file stands before and after them. */
interface Stretch {
  readonly documents: readonly Document[];
  /** Where the job stands when it is this one's turn. */
  readonly from: number;
  readonly before: string;
  readonly nextLine: number;
  readonly digest: string;
}

/** One reading of a job's file, under its lease. */
class Run {
  readonly #parts: Parts;
  readonly #upload: Upload;
  readonly #owner: string;
  readonly #explainer: Explainer;
  readonly #prepare: (bodies: readonly object[], now: Date) => Promise<Prepared>;
  readonly #renewing: NodeJS.Timeout;
  #job: BulkJob;
  readonly #size = new SliceSize();

  constructor(parts: Parts, upload: Upload, job: BulkJob, owner: string, explainer: Explainer) {
    this.#parts = parts;
    this.#upload = upload;
    this.#owner = owner;
    this.#explainer = explainer;
    const { kind, book, principal } = upload;
    this.#prepare = kinds[kind].prepare({ db: book.db, bookId: book.bookId, actor: principal, keys: parts.exchange.keys });
    this.#job = job;
    // One that fails is not missed: the lease outlasts two of them, and a slice looks for itself.
    this.#renewing = setInterval(() => void renewLease(book.db, this.#mine).catch(() => undefined), renewEveryMs);
    upload.onProgress(job);
  }

  /**
   * Every document that is right, slice by slice, to the end of the file. While the database writes one slice, the next is decided,
   * and the numbers of the one after that are claimed.
   */
  async takeRight(reader: Reader): Promise<BulkJob> {
    let secondLast: Promise<void> = Promise.resolve();
    let last = secondLast;
    let from = this.#job.nextLine;
    try {
      for await (const slice of slices(reader, () => this.#size.next())) {
        if (slice.documents.length === 0) continue;
        const ready = this.#prepareFor(slice);
        try {
          await secondLast;
        } catch (error) {
          await (await ready).settle(null);
          throw error;
        }
        // In the order of the file: not before its numbers are claimed, and then at once.
        const take = this.#take({ ...slice, from }, last, await ready);
        take.catch(() => undefined);
        [secondLast, last] = [last, take];
        from = slice.nextLine;
      }
      await last;
    } finally {
      // The lease is kept as long as a slice of ours is under way.
      await Promise.allSettled([secondLast, last]);
    }
    return this.#record({ ...this.#job, state: 'DONE' }, []);
  }

  /** All documents or none: checked without the lane first, so that it is not held for a file that is wrong. */
  async takeAtOnce(whole: FileSlice): Promise<BulkJob> {
    const { book, principal, kind } = this.#upload;
    const right = whole.documents.filter(isRight);
    const bodies = right.map(bodyOf);
    if (bodies.length === 0 && whole.documents.length === 0) return this.#record({ ...this.#after(whole), state: 'DONE' }, []);
    const checked = bodies.length === 0 ? [] : await book.lane.dryRunSlice(kinds[kind].verb, { bodies, actor: principal });
    if ('kind' in checked) throw problemOf(checked);
    const refusedAtOnce = (lines: readonly LineOutcome<unknown>[]) => {
      const { counts, refused: refusedLines } = judged(this.#explainer, whole.documents, lines);
      const none = { ...counts, linesAccepted: 0, documents: 0 };
      return this.#record({ ...this.#after(whole, none), state: 'REFUSED' }, refusedLines);
    };
    if (right.length < whole.documents.length || checked.some((line) => line.kind === 'refused')) return refusedAtOnce(checked);

    const stretch = { ...whole, from: this.#job.nextLine };
    const outcome = await this.#submit(stretch, await this.#prepareFor(whole), { allOrNothing: true, state: 'DONE' });
    if (outcome.kind === 'refused') throw problemOf(outcome);
    if (outcome.kind === 'decided' && !outcome.written) return refusedAtOnce(outcome.lines);
    return this.#job;
  }

  async end(): Promise<void> {
    clearInterval(this.#renewing);
    // If it cannot be given back it runs out.
    await releaseLease(this.#upload.book.db, this.#mine).catch(() => undefined);
  }

  get #mine() {
    return { bookId: this.#job.bookId, jobId: this.#job.jobId, owner: this.#owner };
  }

  /**
   * Takes a stretch of the file, whose predecessor may be under way still (`before`). What makes the database or the verb fail (and
   * not refuse) is narrowed down by halves until the document stands alone: that one is refused as INTERNAL, for a single bad
   * document must not hold up its file.
   */
  async #take(stretch: Stretch, before: Promise<void>, prepared?: Prepared): Promise<void> {
    const right = stretch.documents.filter(isRight);
    const refuseAll = async (lines: readonly LineOutcome<unknown>[]): Promise<void> => {
      const decided = judged(this.#explainer, stretch.documents, lines);
      await this.#record(this.#after(stretch, decided.counts), decided.refused);
    };
    if (right.length === 0) {
      await before;
      return refuseAll([]);
    }
    const as = { allOrNothing: false, state: 'RUNNING' } as const;
    let outcome: SliceOutcome<object>;
    try {
      outcome = await this.#submit(stretch, prepared ?? (await this.#prepareFor(stretch)), as);
      if (outcome.kind === 'refused') {
        // The one before was not written whole, perhaps: it is this one's turn when that one is through, in parts.
        await before;
        outcome = await this.#submit(stretch, await this.#prepareFor(stretch), as);
      }
    } catch (error) {
      if (isOfTheWorld(error)) throw error;
      await before;
      this.#upload.log.error({ err: error, jobId: this.#job.jobId, nextLine: stretch.from }, 'a slice of a bulk file failed');
      if (stretch.documents.length === 1) return refuseAll([refused('INTERNAL', { requestId: this.#job.jobId })]);
      const [first, second] = halves(stretch);
      await this.#take(first, before);
      await this.#take(second, before);
      return;
    }
    if (outcome.kind === 'refused') throw problemOf(outcome);
    if (outcome.kind === 'decided') this.#size.observe({ weight: weightOf(right), milliseconds: outcome.milliseconds });
  }

  #prepareFor(stretch: Pick<Stretch, 'documents'>): Promise<Prepared> {
    const ready = this.#prepare(stretch.documents.filter(isRight).map(bodyOf), this.#parts.clock.now());
    // Its failure is met when it is awaited.
    ready.catch(() => undefined);
    return ready;
  }

  /** Hands the right documents of a stretch to the lane, with how far the file has come; the job is then what was written. */
  async #submit(
    stretch: Stretch,
    prepared: Prepared,
    as: { allOrNothing: boolean; state: 'RUNNING' | 'DONE' },
  ): Promise<SliceOutcome<object>> {
    const { book, principal, kind, onProgress } = this.#upload;
    const { jobId, bookId, key } = this.#job;
    const { from } = stretch;
    const newId = () => uuidv7(this.#parts.clock.now());

    let recorded: BulkJob | undefined;
    const record: NonNullable<Slice<object>['record']> = {
      gather: async (loader) => void (await loader.load(jobShelf, 'id', [jobId])),
      admit: (facts) => {
        const job = facts.get(jobShelf, jobId);
        const isMine = job?.state === 'RUNNING' && job.leaseOwner === this.#owner && job.nextLine === from;
        return isMine ? null : refused('BULK_JOB_RUNNING', { key });
      },
      hold: { text: 'select hold_bulk_job($1, $2, $3, $4::int)', parameters: [bookId, jobId, this.#owner, from] },
      decide: (facts, lines, ledgerSeq) => {
        const job = facts.get(jobShelf, jobId) ?? this.#job;
        const decided = judged(this.#explainer, stretch.documents, lines);
        const seq = decided.counts.documents > 0 ? BigInt(ledgerSeq) : job.ledgerSeq;
        recorded = { ...this.#after(stretch, decided.counts, job), state: as.state, ledgerSeq: seq };
        return recordChanges(recorded, decided.refused, newId);
      },
    };
    let outcome: SliceOutcome<object>;
    try {
      outcome = await book.lane.submitSlice(kinds[kind].verb, {
        bodies: prepared.bodies,
        actor: principal,
        // With the owner: what another has taken meanwhile is refused by the job, not replayed to who lost it.
        key: `bulk:${jobId}:${from}:${this.#owner}`,
        requestDigest: createHash('sha256').update(`${jobId} ${from} ${stretch.digest}`).digest('hex'),
        allOrNothing: as.allOrNothing,
        record,
      });
    } catch (error) {
      // After a fault nobody knows whether it was written: a hold too many, never one too few.
      if (!(error instanceof LaneFault)) await prepared.settle(null);
      if (sqlStateOf(error) !== jobIsElsewhere) throw error;
      return refused('BULK_JOB_RUNNING', { key });
    }
    if (outcome.kind === 'refused') {
      await prepared.settle(null);
      return outcome;
    }
    if (outcome.kind === 'decided' && !outcome.written) {
      await prepared.settle(null);
      return outcome;
    }
    // Replayed: its COMMIT was in doubt and stood; `recorded` is of that first time, and the holds stay as after a fault.
    if (!recorded) throw new Error('a slice was decided without its job');
    // At once, and only forward: the slice behind this one may be heard of first.
    if (recorded.nextLine >= this.#job.nextLine) {
      this.#job = recorded;
      onProgress(recorded);
    }
    if (outcome.kind === 'decided') await prepared.settle(outcome.lines);
    return outcome;
  }

  /** Writes the progress outside the lane: nothing of it becomes a fact of the book. */
  async #record(progress: BulkJob, refusedLines: readonly RefusedLine[]): Promise<BulkJob> {
    const { clock } = this.#parts;
    const { db } = this.#upload.book;
    const { state, linesRead, linesAccepted, linesRefused, documents, nextLine, digest, ledgerSeq, updatedAt } = progress;
    const written = await recordProgress(
      db,
      { ...this.#mine, from: this.#job.nextLine },
      { state, linesRead, linesAccepted, linesRefused, documents, nextLine, digest, ledgerSeq, updatedAt },
      refusedLines.map((line) => ({ ...line, refusedLineId: uuidv7(clock.now()) })),
    );
    if (!written) throw new Problem('BULK_JOB_RUNNING', { key: this.#job.key });
    this.#job = written;
    this.#upload.onProgress(written);
    return written;
  }

  /** The job after a stretch, with these lines counted too. */
  #after(stretch: Pick<Stretch, 'nextLine' | 'digest'>, counts: Counts = noCounts, job: BulkJob = this.#job): BulkJob {
    return {
      ...job,
      ...added(job, counts),
      nextLine: stretch.nextLine,
      digest: stretch.digest,
      updatedAt: this.#parts.clock.now().toISOString(),
    };
  }
}

/** What hold_bulk_job says of a job that is not where a slice of it begins, or is somebody else's. */
const jobIsElsewhere = 'VL006';

function recordChanges(job: BulkJob, refusedLines: readonly RefusedLine[], newId: () => string): Change[] {
  return [
    update(jobShelf, job),
    ...refusedLines.map((line) =>
      insert(refusedLineShelf, { bookId: job.bookId, jobId: job.jobId, refusedLineId: newId(), ...line }),
    ),
  ];
}

function halves({ documents, from, before, nextLine, digest }: Stretch): [Stretch, Stretch] {
  const half = Math.ceil(documents.length / 2);
  const first = documents.slice(0, half);
  const middle = first.reduce((of, { raws }) => chained(of, raws), before);
  const line = (first.at(-1)?.lines.at(-1) ?? 0) + 1;
  return [
    { documents: first, from, before, nextLine: line, digest: middle },
    { documents: documents.slice(half), from: line, before: middle, nextLine, digest },
  ];
}

/** Nothing that a smaller slice could mend: told as it is, and the file goes on when it is sent again. */
const isOfTheWorld = (error: unknown): boolean =>
  [LaneFault, LaneClosed, LaneFull, Problem].some((kind) => error instanceof kind) || isConnectionFault(error);
