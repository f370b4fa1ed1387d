// The service's end of the reader's thread: hands it the upload as it comes in, never more than it can hold, and asks it
// for documents.
import type { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../thread.js';
import type { FileSlice, FileSpec } from './file.js';
import { FileUnreadable } from './file.js';
import type { FromReader, ToReader } from './read-worker.js';

/** The client went away, or sent nothing for too long, before its file had ended. */
export class UploadCut extends Error {
  override readonly name = 'UploadCut';
}

/** Bytes of the upload that may be under way to the thread; then the socket waits. */
const mostUnderWay = 1024 * 1024;
/** A client that sends nothing for so long, though it is waited for, is cut. */
const stalledAfterMs = 30_000;
const heapMb = { young: 8, old: 256 };

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class Reader {
  readonly #worker: Worker;
  readonly #upload: Readable;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #underWay = 0;
  #failure: Error | undefined;
  #stalled: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(spec: FileSpec, upload: Readable) {
    this.#upload = upload;
    this.#worker = startThread('read-worker', import.meta.url, {
      workerData: spec,
      // What a library of the thread puts down while it reads goes where it is removed with everything else.
      env: { ...process.env, TMPDIR: spec.folder },
      resourceLimits: { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb: heapMb.old },
    });
    this.#worker.on('message', (message: FromReader) => this.#hear(message));
    this.#worker.on('error', (error: Error) => {
      const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#fail(outOfMemory ? new FileUnreadable('BULK_FILE_TOO_LARGE', { limit: `${heapMb.old} MiB` }) : error);
    });
    this.#worker.on('exit', () => this.#fail(new Error('the reader of a file ended by itself')));

    upload.on('data', (bytes: Uint8Array) => {
      this.#underWay += bytes.byteLength;
      this.#send({ kind: 'chunk', bytes });
      if (this.#underWay >= mostUnderWay) upload.pause();
      this.#watch();
    });
    upload.once('end', () => {
      this.#ended = true;
      this.#watch();
      this.#send({ kind: 'eof' });
    });
    const cut = () => this.#fail(new UploadCut('the upload was cut'));
    upload.once('error', cut);
    upload.once('close', () => {
      if (!this.#ended) cut();
    });
    this.#watch();
  }

  /** The file's own names of the columns; null for NDJSON. Rejects with FileUnreadable, as all three do, or UploadCut. */
  open(): Promise<readonly string[] | null> {
    return this.#ask((id) => ({ kind: 'open', id }));
  }

  skip({ nextLine, digest }: { nextLine: number; digest: string | null }): Promise<boolean> {
    return this.#ask((id) => ({ kind: 'skip', id, nextLine, digest }));
  }

  next(lines: number): Promise<FileSlice> {
    return this.#ask((id) => ({ kind: 'next', id, lines }));
  }

  /** Ends the thread. What is still to come of the upload is let pass, so that the client hears the answer. */
  async close(): Promise<void> {
    this.#fail(new Error('the reader was closed'));
    this.#upload.removeAllListeners('data');
    this.#upload.on('error', () => undefined);
    this.#upload.resume();
    await this.#worker.terminate();
  }

  /** Ends the upload as if the client had gone. */
  abort(error: Error): void {
    this.#fail(error);
  }

  #ask<T>(message: (id: number) => ToReader): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#asked;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(message(id));
    });
  }

  #hear(message: FromReader): void {
    if (message.kind === 'taken') {
      this.#underWay -= message.bytes;
      if (!this.#failure && this.#upload.isPaused() && this.#underWay < mostUnderWay / 2) {
        this.#upload.resume();
        this.#watch();
      }
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.value as never);
    else waiting?.reject(new FileUnreadable(message.code, message.params));
  }

  #send(message: ToReader): void {
    if (!this.#failure) this.#worker.postMessage(message);
  }

  #watch(): void {
    clearTimeout(this.#stalled);
    if (this.#ended || this.#failure || this.#upload.isPaused()) return;
    this.#stalled = setTimeout(() => this.#fail(new UploadCut('the client sends nothing')), stalledAfterMs);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    clearTimeout(this.#stalled);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure);
    this.#waiting.clear();
  }
}
