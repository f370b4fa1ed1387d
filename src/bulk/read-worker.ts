// The reader's thread: bytes come in as messages, documents go out when they are asked for. Ends with its job.
import { parentPort, workerData } from 'node:worker_threads';
import type { FileSlice, FileSpec } from './file.js';
import { FileUnreadable } from './file.js';
import { FileReader } from './read-file.js';

export type ToReader =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'eof' }
  | { readonly kind: 'open'; readonly id: number }
  | { readonly kind: 'skip'; readonly id: number; readonly nextLine: number; readonly digest: string | null }
  | { readonly kind: 'next'; readonly id: number; readonly lines: number };
export type FromReader =
  /** So many bytes were taken in: as many more may be sent. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: readonly string[] | null | boolean | FileSlice }
  | {
      readonly kind: 'unreadable';
      readonly id: number;
      readonly code: string;
      readonly params: Readonly<Record<string, string>>;
    };

const port = parentPort;
if (!port) throw new Error('this file is a thread of the service');
const say = (message: FromReader): void => port.postMessage(message);

const chunks: (Uint8Array | null)[] = [];
let wake: (() => void) | undefined;
async function* incoming(): AsyncGenerator<Uint8Array> {
  for (;;) {
    while (chunks.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const bytes = chunks.shift();
    if (!bytes) return;
    say({ kind: 'taken', bytes: bytes.byteLength });
    yield bytes;
  }
}

const reader = new FileReader(workerData as FileSpec, incoming());
let last: Promise<void> = Promise.resolve();

port.on('message', (message: ToReader) => {
  if (message.kind === 'chunk' || message.kind === 'eof') {
    chunks.push(message.kind === 'chunk' ? message.bytes : null);
    wake?.();
    return;
  }
  // One question after the other, in the order asked.
  last = last.then(async () => {
    try {
      const value =
        message.kind === 'open'
          ? await reader.open()
          : message.kind === 'skip'
            ? await reader.skip(message)
            : await reader.next(message.lines);
      say({ kind: 'answer', id: message.id, value });
    } catch (error) {
      if (!(error instanceof FileUnreadable)) throw error;
      say({ kind: 'unreadable', id: message.id, code: error.code, params: error.params });
    }
  });
});
