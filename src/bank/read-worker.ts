// The thread that reads one bank file from its beginning to its end, and then is over.
import { parentPort, workerData } from 'node:worker_threads';
import { FileUnreadable } from '../bulk/file.js';
import type { BankFileRead, BankFileSpec } from './read-file.js';
import { readBankFile } from './read-file.js';

export type FromBankReader =
  | { readonly kind: 'read'; readonly read: BankFileRead }
  | { readonly kind: 'unreadable'; readonly code: string; readonly params: Readonly<Record<string, string>> };

const say = (message: FromBankReader): void => parentPort?.postMessage(message);

try {
  say({ kind: 'read', read: await readBankFile(workerData as BankFileSpec) });
} catch (error) {
  if (!(error instanceof FileUnreadable)) throw error;
  say({ kind: 'unreadable', code: error.code, params: error.params });
}
