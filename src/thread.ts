// Starts a thread of the service from a file of its source or of dist/.
import path from 'node:path';
import type { WorkerOptions } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

/**
 * A thread that runs the module `name`, which stands beside the module whose url is `beside`, in dist/ as in the source. From the
 * source a thread must be told of TypeScript itself: tsx does not reach into threads.
 */
export function startThread(name: string, beside: string, options: WorkerOptions): Worker {
  const file = new URL(`./${name}${path.extname(new URL(beside).pathname)}`, beside);
  if (!file.pathname.endsWith('.ts')) return new Worker(file, options);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = `import(${tsx}).then((tsx) => { tsx.register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(entry, { ...options, eval: true });
}
