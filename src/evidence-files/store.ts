// Where the bytes of evidence files stand: by content, each book by itself, in a local folder or in an S3-compatible bucket.
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Bytes by what they are: the book and their SHA-256 (hex). */
export interface Content {
  readonly bookId: string;
  readonly sha256: string;
}

/** The store cannot be reached or does not take the bytes: nothing was kept, the same may be sent again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
/** Bytes that were stored are not there any more, or are not what they were. */
export class ContentDamaged extends Error {
  override readonly name = 'ContentDamaged';
}

export interface EvidenceStore {
  /** Where an upload is put while it comes in: where storing it is one step from. */
  readonly incoming: string;
  /** Takes the file, whose bytes are on disk already; once it resolves they survive a power cut. Stored twice is stored once. */
  put(content: Content, file: string, size: number): Promise<void>;
  /** The bytes as they stand. Throws ContentDamaged where there are none. */
  open(content: Content): Promise<Readable>;
  /** What is stored of a book, with the moment it was last put. */
  list(bookId: string): AsyncIterable<{ readonly sha256: string; readonly putAt: Date }>;
  /**
   * Removes bytes that nobody has put since `before`; false when somebody has. Where a store cannot do that in one step it has no
   * such verb, and what is superfluous is only told.
   */
  readonly remove?: (content: Content, before: Date) => Promise<boolean>;
}

/** A folder of this machine: `<book>/<first two digits>/<SHA-256>`. */
export function folderStore(folder: string): EvidenceStore {
  const shelfOf = ({ bookId, sha256 }: Content): string => path.join(folder, bookId, sha256.slice(0, 2));
  const placeOf = (content: Content): string => path.join(shelfOf(content), content.sha256);
  return {
    incoming: path.join(folder, 'incoming'),

    async put(content, file) {
      try {
        const shelf = shelfOf(content);
        const made = await mkdir(shelf, { recursive: true });
        // Over what may stand there: it is the same, unless the disk has spoilt it.
        await rename(file, placeOf(content));
        await settle(shelf);
        // Folders that were made just now, up to the one that was there.
        if (made !== undefined) {
          for (let at = path.dirname(shelf); at.length >= path.dirname(made).length; at = path.dirname(at)) await settle(at);
        }
      } catch (error) {
        throw new StoreUnavailable('the folder of evidence files cannot be written to', { cause: error });
      }
    },

    async open(content) {
      try {
        const handle = await open(placeOf(content), 'r');
        return handle.createReadStream();
      } catch (error) {
        throw isMissing(error)
          ? new ContentDamaged(`bytes ${content.sha256} are not there`)
          : new StoreUnavailable('the folder of evidence files cannot be read', { cause: error });
      }
    },

    async *list(bookId) {
      for (const shelf of await names(path.join(folder, bookId))) {
        for (const sha256 of await names(path.join(folder, bookId, shelf))) {
          const found = await stat(path.join(folder, bookId, shelf, sha256)).catch(() => undefined);
          if (found && /^[0-9a-f]{64}$/.test(sha256)) yield { sha256, putAt: found.mtime };
        }
      }
    },

    /** Out of sight first, and looked at there: what is put meanwhile stands at its place anew. */
    async remove(content, before) {
      const aside = path.join(folder, 'incoming', randomUUID());
      try {
        await rename(placeOf(content), aside);
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
      if ((await stat(aside)).mtime >= before) {
        await rename(aside, placeOf(content));
        return false;
      }
      await rm(aside);
      return true;
    },
  };
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });

/** A new name in a folder is durable once the folder is. */
async function settle(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
