// A program that starts itself as a thread, for test/process.test.ts: the thread prints, in words that are TypeScript.
import { isMainThread } from 'node:worker_threads';
import { startThread } from '../src/thread.js';

enum Words {
  Hello = 'a thread of TypeScript says hello',
}
if (isMainThread) startThread('thread-probe', import.meta.url, {});
else console.log(Words.Hello); // oxlint-disable-line no-console -- what the test reads
