// What we use of yauzl 3.4, which brings no types.
declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface Entry {
    readonly fileName: string;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly relativeOffsetOfLocalHeader: number;
    readonly compressionMethod: number;
    isEncrypted(): boolean;
  }
  export interface ZipFile {
    readonly entryCount: number;
    eachEntry(): AsyncIterable<Entry>;
    readLocalFileHeaderPromise(entry: Entry, options: { minimal: true }): Promise<{ fileDataStart: number }>;
    openReadStreamPromise(entry: Entry): Promise<Readable>;
    close(): void;
  }
  /** Sizes that an entry states are held against what it inflates to (`validateEntrySizes`, on by default). */
  export function openPromise(path: string, options: { autoClose: boolean }): Promise<ZipFile>;
}
