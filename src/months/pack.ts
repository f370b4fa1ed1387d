// The close pack (月结包): one zip of all that people and auditors keep of a month. Made file by file on disk, so that its size does not matter; the
// same facts in the same release give the same bytes: files stand in a fixed order under a fixed moment, and nothing of the making shows.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { addDays } from '../calendar.js';
import type { MonthSpan } from '../ledger/months.js';

/** Text that grows on disk, of which pieces are read again by where they stand. */
export class Spool {
  #at = 0;
  #waiting: string[] = [];
  #held = 0;

  readonly #file: number;

  constructor(file: string) {
    this.#file = openSync(file, 'w+');
  }

  /** Adds a piece; answers where it stands, in bytes. */
  add(piece: string): { readonly at: number; readonly length: number } {
    const at = this.#at;
    const length = Buffer.byteLength(piece);
    this.#at += length;
    this.#waiting.push(piece);
    this.#held += length;
    if (this.#held > 1 << 20) this.flush();
    return { at, length };
  }

  flush(): void {
    if (this.#held === 0) return;
    const bytes = Buffer.from(this.#waiting.join(''));
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.#waiting = [];
    this.#held = 0;
  }

  /** Pieces of it after one another. */
  read(pieces: Places): Buffer {
    const bytes = Buffer.allocUnsafe(pieces.bytes);
    let done = 0;
    for (const { at, length } of pieces) {
      readSync(this.#file, bytes, done, length, at);
      done += length;
    }
    return bytes;
  }

  end(): void {
    closeSync(this.#file);
  }
}

/** Where the pieces of one party stand: two numbers each, and no text in memory. */
export class Places {
  #numbers = new Float64Array(16);
  #count = 0;
  bytes = 0;

  add({ at, length }: { readonly at: number; readonly length: number }): void {
    if (this.#count + 2 > this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#count++] = at;
    this.#numbers[this.#count++] = length;
    this.bytes += length;
  }

  *[Symbol.iterator](): Generator<{ readonly at: number; readonly length: number }> {
    for (let i = 0; i < this.#count; i += 2) yield { at: this.#numbers[i] ?? 0, length: this.#numbers[i + 1] ?? 0 };
  }
}

/** A file of the pack: where it stands in it, and its bytes when its turn comes. `isPacked`: it is compressed already. */
export interface PackFile {
  readonly name: string;
  readonly bytes: () => Readable | Buffer;
  readonly isPacked?: boolean;
}

/** What every file in a pack says of its age: the end of its month. A zip tells hours without a zone, so by the machine's own. */
const momentOf = ({ last }: Pick<MonthSpan, 'last'>): Date => new Date(`${addDays(last, 1)}T00:00:00`);

/**
 * Writes the pack to a file: the files in their order, and last `manifest.txt` with their SHA-256, as sha256sum writes and checks it. Answers
 * the pack's own SHA-256 (hex) and size.
 */
export async function writePack(
  folder: string,
  span: MonthSpan,
  files: Iterable<PackFile>,
): Promise<{ readonly file: string; readonly packDigest: string; readonly packBytes: bigint }> {
  const zip = new ZipFile();
  const options = { mtime: momentOf(span), mode: 0o100644, forceDosTimestamp: true };
  const sums: string[] = [];
  for (const { name, bytes, isPacked = false } of files) {
    const hash = createHash('sha256');
    zip.addReadStreamLazy(name, { ...options, compressionLevel: isPacked ? 0 : 4 }, (take) => {
      const of = bytes();
      const hashed = new Transform({
        transform: (chunk: Buffer, _, done) => {
          hash.update(chunk);
          done(null, chunk);
        },
        flush: (done) => {
          sums.push(`${hash.digest('hex')}  ${name}\n`);
          done();
        },
      });
      pipeline(Buffer.isBuffer(of) ? Readable.from([of]) : of, hashed).catch((error: unknown) => zip.emit('error', error));
      take(null, hashed);
    });
  }
  zip.addReadStreamLazy('manifest.txt', options, (take) => take(null, Readable.from([sums.join('')])));
  zip.end();
  const file = path.join(folder, 'pack.zip');
  const hash = createHash('sha256');
  let size = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const broken = new Promise<never>((_, reject) => zip.once('error', reject));
  await Promise.race([pipeline(zip.outputStream, counted, createWriteStream(file)), broken]);
  return { file, packDigest: hash.digest('hex'), packBytes: BigInt(size) };
}

/** A file on disk as it stands. */
export const fileAt = (file: string): Readable => createReadStream(file);
