// A bank's file from its first byte to its answer. It is put down and looked at as a whole first: a file whose totals do not tie, of which a
// line is wrong, or which contradicts what is known, leaves nothing behind. Then its lines are imported in slices of the lane, each with how
// far the file has come: whatever ends in the middle, the same file sent again goes on at the first line that is not imported.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import type { Database } from '../../db/client.js';
import type { BankLine, BankReturn } from '../../db/tables.js';
import type { BankMapping, sentBankLine } from '../../schemas/bank.js';
import type { Principal } from '../access/principal.js';
import { FileUnreadable } from '../bulk/file.js';
import { UploadCut } from '../bulk/reader.js';
import { shanghaiDay } from '../calendar.js';
import { isRefusalCode } from '../errors.js';
import type { OpenBook, Parts } from '../http/parts.js';
import { Problem } from '../http/problem.js';
import { problemOf } from '../http/routes.js';
import { uuidv7 } from '../identifiers.js';
import { SliceSize } from '../ledger/slice-size.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import { startThread } from '../thread.js';
import type { FileHead } from './import-lines.js';
import { importFilePart } from './import-lines.js';
import { findBankReturn, linesOfSerials } from './queries.js';
import type { BankFileRead, BankFileSpec } from './read-file.js';
import { linesIn, readBankFile, sentIn } from './read-file.js';
import type { FromBankReader } from './read-worker.js';
import { bankReturnShelf } from './facts.js';
import type { TakenLine } from './rules.js';
import { knownAs, refuseTotals, takenLines } from './rules.js';

export interface BankUpload {
  readonly stream: Readable;
  readonly format: 'csv' | 'xlsx';
  readonly mapping: BankMapping;
  readonly bankFormat: string;
  readonly fileName: string | null;
  readonly bankAccount: string | null;
  /** What the request says of the totals, where it does. */
  readonly declared: { readonly count: number; readonly total: string } | null;
  readonly book: OpenBook;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

const mib = 1024 * 1024;
const largest = 256 * mib;
const mostLines = 500_000;
/** Bytes of a CSV file that need no thread: some hundred lines. */
const readHere = 64 * 1024;
const stalledAfterMs = 30_000;
const heapMb = { young: 16, old: 256 };
/** Lines that are compared with what is known at once. */
const lookedAtOnce = 2_000;
const mostShown = 100;

/**
 * Imports the file, or goes on with it. Refuses before anything of it is imported: what cannot be read (BULK_*), BANK_FILE_LINES_WRONG,
 * refuseTotals, BANK_SERIAL_CHANGED; and BANK_FILE_ELSEWHERE while somebody else is at it.
 */
export async function takeBankFile(parts: Parts, upload: BankUpload): Promise<{ row: BankReturn; alreadyImported: boolean }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bank-'));
  try {
    const size = await putDown(upload, sentIn(folder));
    const { format, mapping, bankAccount, book } = upload;
    const today = shanghaiDay(parts.clock.now());
    const spec = { folder, format, mapping, bankAccount, today, mostLines };
    const read = await (format === 'csv' && size <= readHere ? readAtOnce(spec) : readInThread(spec));
    if (read.wrong > 0) throw linesWrong(read);
    const refusal = refuseTotals({ ...read, bankAccount, declared: declaredOf(upload, read) });
    if (refusal) throw problemOf(refusal);
    if (read.count === 0) throw new Problem('BANK_FILE_EMPTY');
    const before = await findBankReturn(book.db, book.bookId, { fileDigest: read.digest });
    if (before?.state === 'DONE') return { row: before, alreadyImported: true };
    const linesFrom = (first: number) => linesOf(folder, first, (accountNo) => parts.sealer.fingerprint(accountNo));
    const from = before?.nextLine ?? 1;
    await refuseContradictions(book.db, book.bookId, linesFrom(from));
    await importLines(parts, upload, headOf(upload, read), linesFrom(from));
    const row = await findBankReturn(book.db, book.bookId, { fileDigest: read.digest });
    if (!row) throw new Error('a bank file was imported and is not there');
    return { row, alreadyImported: false };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file as it comes in, to the disk, and how many bytes that is: what it weighs does not stay in memory. */
async function putDown({ stream, signal }: BankUpload, file: string): Promise<number> {
  const stalled = new AbortController();
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), stalledAfterMs);
  };
  async function* bounded(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      watch();
      size += chunk.byteLength;
      if (size > largest) throw new Problem('BULK_FILE_TOO_LARGE', { limit: `${largest / mib} MiB` });
      yield chunk;
    }
  }
  try {
    watch();
    const ends = AbortSignal.any([signal, stalled.signal]);
    await pipeline(Readable.from(bounded(), { objectMode: true, highWaterMark: 4 }), createWriteStream(file, { mode: 0o600 }), {
      signal: ends,
    });
    return size;
  } catch (error) {
    throw error instanceof Problem ? error : new UploadCut('the upload was cut', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Looks at all of a small file here: a few milliseconds, where a thread takes longer to begin. */
const readAtOnce = (spec: BankFileSpec): Promise<BankFileRead> =>
  readBankFile(spec).catch((error: unknown) => {
    throw error instanceof FileUnreadable ? problemOf(refused(error.code, error.params)) : error;
  });

/** Looks at all of the file in a thread of its own, whose memory is bounded. */
function readInThread(spec: BankFileSpec): Promise<BankFileRead> {
  const worker = startThread('read-worker', import.meta.url, {
    workerData: spec,
    env: { ...process.env, TMPDIR: spec.folder },
    resourceLimits: { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb: heapMb.old },
  });
  return new Promise<BankFileRead>((resolve, reject) => {
    worker.once('message', (message: FromBankReader) => {
      if (message.kind === 'read') resolve(message.read);
      else reject(problemOf(refused(message.code, message.params)));
    });
    worker.once('error', (error: Error) => {
      const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(outOfMemory ? new Problem('BULK_FILE_TOO_LARGE', { limit: `${heapMb.old} MiB` }) : error);
    });
    worker.once('exit', () => reject(new FileUnreadable('INTERNAL')));
  }).finally(() => void worker.terminate());
}

/** What the file is held against: its trailer, or what the request says; where both speak and differ, the request, which then does not tie. */
function declaredOf({ declared }: BankUpload, read: BankFileRead): BankFileRead['declared'] {
  if (!declared || !read.declared) return declared ?? read.declared;
  const tie = declared.count === read.count && declared.total === read.declared.total;
  return tie ? read.declared : declared;
}

function linesWrong({ issues, wrong }: BankFileRead): Problem {
  const fields = issues.map(({ code, params, line, column, value }) => ({
    pointer: '',
    code: isRefusalCode(code) ? code : ('FIELD_INVALID' as const),
    params,
    place: { line, column, value },
  }));
  return new Problem('BANK_FILE_LINES_WRONG', { count: String(wrong), shown: String(issues.length) }, fields);
}

const headOf = (of: BankUpload, read: BankFileRead): FileHead => ({
  fileDigest: read.digest,
  lineCount: read.count,
  totalFen: read.totalFen,
  format: of.format,
  bankFormat: of.bankFormat,
  fileName: of.fileName,
  bankAccount: of.bankAccount,
  openingFen: read.balances?.openingFen ?? null,
  closingFen: read.balances?.closingFen ?? null,
  firstDay: read.firstDay,
  lastDay: read.lastDay,
});

/** The lines as they were read, from one on (counted from 1), in batches. */
async function* linesOf(
  folder: string,
  first: number,
  fingerprint: (accountNo: string) => string,
): AsyncGenerator<readonly TakenLine[]> {
  let no = 0;
  let batch: z.output<typeof sentBankLine>[] = [];
  for await (const text of createInterface({ input: createReadStream(linesIn(folder)) })) {
    no += 1;
    if (no < first) continue;
    batch.push(JSON.parse(text) as z.output<typeof sentBankLine>);
    if (batch.length < lookedAtOnce) continue;
    yield takenLines(batch, fingerprint, no - batch.length + 1);
    batch = [];
  }
  if (batch.length > 0) yield takenLines(batch, fingerprint, no - batch.length + 1);
}

/** Refuses (BANK_SERIAL_CHANGED), before anything is imported, a file that says something else under serials that are known. */
async function refuseContradictions(db: Database, bookId: string, lines: AsyncIterable<readonly TakenLine[]>): Promise<void> {
  const changed: Refused[] = [];
  for await (const batch of lines) {
    const known = new Map<string, BankLine[]>();
    for (const line of await linesOfSerials(
      db,
      bookId,
      batch.map(({ bankSerial }) => bankSerial),
    ))
      known.set(line.bankSerial, [...(known.get(line.bankSerial) ?? []), line]);
    if (known.size === 0) continue;
    for (const line of batch) {
      const found = knownAs(line, known.get(line.bankSerial) ?? []);
      if (typeof found === 'object' && changed.length < mostShown) changed.push(found);
    }
  }
  const [first] = changed;
  if (!first) return;
  const fields = changed.map(({ params, pointer = '' }) => ({ pointer, params, code: 'BANK_SERIAL_CHANGED' as const }));
  throw new Problem('BANK_SERIAL_CHANGED', first.params, fields);
}

/** Slice after slice, the next decided while the one before is written. */
async function importLines(
  parts: Parts,
  { book, principal, signal }: BankUpload,
  head: FileHead,
  batches: AsyncIterable<readonly TakenLine[]>,
): Promise<void> {
  const size = new SliceSize();
  const take = async (lines: readonly TakenLine[]): Promise<void> => {
    const from = lines[0]?.lineNo ?? 1;
    const outcome = await book.lane.submitSlice(importFilePart, {
      bodies: [{ head, lines }],
      actor: principal,
      key: `bank:${uuidv7(parts.clock.now())}`,
      requestDigest: createHash('sha256').update(`${head.fileDigest} ${from} ${lines.length}`).digest('hex'),
      allOrNothing: true,
      record: {
        gather: async (loader) => void (await loader.load(bankReturnShelf, 'digest', [head.fileDigest])),
        // What another does meanwhile is no refusal to be written down.
        admit: (facts) => {
          const next = facts.one(bankReturnShelf, 'digest', head.fileDigest)?.nextLine ?? 1;
          return next === from ? null : refused('BANK_FILE_ELSEWHERE', { line: String(next) });
        },
        decide: () => [],
      },
    });
    if (outcome.kind === 'refused') throw problemOf(outcome);
    if (outcome.kind === 'replayed') return;
    const [line] = outcome.lines;
    if (line?.kind === 'refused') throw problemOf(line);
    size.observe({ weight: lines.length, milliseconds: outcome.milliseconds });
  };
  let before = Promise.resolve();
  try {
    for await (const batch of batches) {
      for (let at = 0; at < batch.length;) {
        if (signal.aborted) throw new UploadCut('the service is stopping');
        const slice = batch.slice(at, at + size.next());
        at += slice.length;
        const taken = take(slice);
        // Its failure is met when it is awaited.
        taken.catch(() => undefined);
        await before;
        before = taken;
      }
    }
  } finally {
    await before;
  }
}
