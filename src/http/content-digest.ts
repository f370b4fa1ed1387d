// Content-Digest (RFC 9530): that a body is, byte for byte, what was signed.
import type { Hash } from 'node:crypto';
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { parseDictionary } from 'structured-headers';
import { Problem } from './problem.js';

const algorithms = [
  { name: 'sha-256', node: 'sha256', bytes: 32 },
  { name: 'sha-512', node: 'sha512', bytes: 64 },
] as const;

interface Digest {
  readonly node: string;
  readonly expected: Buffer;
}

/** The digests of a header that can be compared here, at least one; null where there is none, or one is not what its name says. */
export function readContentDigest(text: string): Digest[] | null {
  let dictionary: ReturnType<typeof parseDictionary>;
  try {
    dictionary = parseDictionary(text);
  } catch {
    return null;
  }
  const found: Digest[] = [];
  for (const { name, node, bytes } of algorithms) {
    const member = dictionary.get(name);
    if (member === undefined) continue;
    const value: unknown = member[0];
    if (!(value instanceof ArrayBuffer) || value.byteLength !== bytes) return null;
    found.push({ node, expected: Buffer.from(value) });
  }
  return found.length > 0 ? found : null;
}

/** Passes a body on while it is hashed, and ends it with CONTENT_DIGEST_WRONG in place of its end where one of the digests differs. */
export function digestChecked(digests: readonly Digest[]): Transform {
  const hashes: (readonly [Hash, Buffer])[] = digests.map(({ node, expected }) => [createHash(node), expected]);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const [hash] of hashes) hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const isSame = hashes.every(([hash, expected]) => timingSafeEqual(hash.digest(), expected));
      done(isSame ? null : new Problem('CONTENT_DIGEST_WRONG'));
    },
  });
}

/** A body behind its checker; where nobody reads it any more, what is wrong with it is nobody's. */
export function through(body: Readable, checker: Transform): Transform {
  body.once('error', (error) => checker.destroy(error));
  checker.on('error', () => undefined);
  return body.pipe(checker);
}

/** Bytes that are kept until the last of them has come. */
const mostKept = 256 * 1024 * 1024;

/** A body as it is once all of it has come and `checker` has let it pass: from a file that goes when it was read. Throws BODY_TOO_LARGE. */
export async function readWhole(body: Readable, checker: Transform): Promise<Readable> {
  const file = path.join(tmpdir(), `signed-${randomUUID()}`);
  const remove = async (): Promise<void> => rm(file, { force: true });
  const handle = await open(file, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of through(body, checker) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > mostKept) throw new Problem('BODY_TOO_LARGE', { limit: String(mostKept) });
      await handle.writeFile(chunk);
    }
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await handle.close();
  }
  return createReadStream(file).once('close', () => void remove());
}
