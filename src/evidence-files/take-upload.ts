// An upload on its way from the wire to the store: put down and hashed as it comes in, judged by what it is, and only then stored.
import type { Hash } from 'node:crypto';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import type { DigitalInvoice, FileFormat, InvoiceMapping, MaterialKind } from '../../schemas/evidence-files.js';
import { Problem } from '../http/problem.js';
import { judgeContent } from './content.js';
import { readDigitalInvoice } from './digital-invoice.js';
import { FileRefused, formats, limitOf } from './formats.js';
import { readSafeXml } from './safe-xml.js';
import type { EvidenceStore } from './store.js';
import { ContentDamaged, StoreUnavailable } from './store.js';

/** The client went away before its file had ended. */
export class UploadCut extends Error {
  override readonly name = 'UploadCut';
}

/** What is known of a file once its bytes are durable. */
export interface StoredFile {
  readonly name: string;
  readonly kind: MaterialKind;
  readonly format: FileFormat;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  readonly sm3: string;
  readonly digitalInvoice: DigitalInvoice | null;
}

export interface Upload {
  readonly bookId: string;
  readonly name: string;
  readonly kind: MaterialKind;
  readonly said: FileFormat;
  readonly stream: Readable;
  /** Bytes it was announced with; undefined when it was not. */
  readonly announced: number | undefined;
}

/**
 * Takes an upload whole or not at all: after a cut, a refusal or a fault of the store nothing of it is left. Throws FileRefused
 * (EVIDENCE_FILE_TOO_LARGE, what the content is refused for, DIGITAL_INVOICE_UNREADABLE of an invoice's XML), UploadCut,
 * StoreUnavailable, and the problem that a stream ends with.
 */
export async function takeUpload(
  { store, limit, mappings }: { store: EvidenceStore; limit: number; mappings: readonly InvoiceMapping[] },
  upload: Upload,
): Promise<StoredFile> {
  const { bookId, name, kind, said } = upload;
  const most = limitOf(said, limit);
  if (upload.announced !== undefined && upload.announced > most) throw tooLarge(most);
  await mkdir(store.incoming, { recursive: true, mode: 0o700 }).catch(unavailable);
  const file = path.join(store.incoming, randomUUID());
  try {
    const { size, sha256, sm3 } = await spool(upload.stream, file, most);
    await judgeContent(file, { name, said, size });
    const isInvoice = said === 'XML' && kind === 'INVOICE';
    const digitalInvoice = isInvoice ? readDigitalInvoice(await readSafeXml(file), mappings) : null;
    await store.put({ bookId, sha256 }, file, size);
    return { name, kind, format: said, mediaType: formats[said].mediaType, size, sha256, sm3, digitalInvoice };
  } finally {
    await rm(file, { force: true });
  }
}

const tooLarge = (limit: number): FileRefused => new FileRefused('EVIDENCE_FILE_TOO_LARGE', { limit: String(limit) });
const unavailable = (error: unknown): never => {
  throw new StoreUnavailable('an upload cannot be put down', { cause: error });
};

/** Writes the stream to a file, flushed to the disk, no faster than the disk takes it and never more than a chunk in memory. */
async function spool(stream: Readable, file: string, most: number): Promise<{ size: number; sha256: string; sm3: string }> {
  const handle = await open(file, 'wx', 0o600).catch(unavailable);
  const hashes: readonly [Hash, Hash] = [createHash('sha256'), createHash('sm3')];
  const chunks = stream.iterator({ destroyOnReturn: false });
  let size = 0;
  try {
    for (;;) {
      // Of the client's doing; what follows is of ours.
      const next: IteratorResult<Buffer> = await chunks.next().catch((error: unknown) => {
        throw error instanceof Problem ? error : new UploadCut('the upload broke off', { cause: error });
      });
      if (next.done === true) break;
      size += next.value.byteLength;
      if (size > most) throw tooLarge(most);
      for (const hash of hashes) hash.update(next.value);
      await handle.writeFile(next.value).catch(unavailable);
    }
    if (stream.destroyed && !stream.readableEnded) throw new UploadCut('the upload broke off');
    await handle.sync().catch(unavailable);
  } finally {
    // What is not taken any more is left to be read and dropped, so that the answer arrives.
    await chunks.return?.();
    await handle.close();
  }
  const [sha256, sm3] = hashes.map((hash) => hash.digest('hex')) as [string, string];
  return { size, sha256, sm3 };
}

/**
 * Passes bytes on while it hashes them, and holds the last of them back until the hash is right: a reader of altered bytes never gets
 * to their end.
 */
export function verified(of: { sha256: string; size: number }, onDamage: (error: Error) => void): Transform {
  const hash = createHash('sha256');
  let [size, held]: [number, Buffer | undefined] = [0, undefined];
  const damage = (): ContentDamaged => {
    const error = new ContentDamaged(`bytes ${of.sha256} are not what was stored`);
    onDamage(error);
    return error;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength;
      hash.update(chunk);
      const before = held;
      held = chunk;
      if (size > of.size) done(damage());
      else done(null, before);
    },
    flush(done) {
      if (size !== of.size || hash.digest('hex') !== of.sha256) done(damage());
      else done(null, held);
    },
  });
}
