// The processes of a benchmark: services and loads, each forked with a channel to us, and none of them outlives us.
import { type ChildProcess, fork } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult, UploadJob, UploadResult } from './load.js';
import type { ServeOptions } from './serve.js';

export interface Service {
  readonly port: number;
  /** Commands and batches of its lanes since it was started, and its CPU time, from its own /metrics. */
  work(): Promise<{ commands: number; batches: number; cpuSeconds: number }>;
  /** The most memory it has held since `forgetPeak`, in MiB; null where the system does not say. */
  peakMiB(): Promise<number | null>;
  forgetPeak(): Promise<void>;
  /** Whether it looks at rights at all; it does from the start. */
  askRights(asked: boolean): Promise<void>;
  stop(): Promise<void>;
}

export interface Load {
  run(job: Omit<LoadJob, 'kind'>): Promise<LoadResult>;
  upload(job: Omit<UploadJob, 'kind'>): Promise<UploadResult>;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

function start(file: string, execArgv: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends all of them, whatever they are at. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}

/** The next message of a child; rejects when it ends first. */
function messageOf<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${what} ended with ${code ?? child.signalCode}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.removeListener('exit', ended);
      resolve(message as T);
    });
  });
}

/** Forks a service and resolves when it listens. */
export async function startService(options: ServeOptions): Promise<Service> {
  // As it is deployed: built, and with the flags of the image. Run from source it costs half as much again, for the names
  // that are kept for every closure.
  const child = start('../dist/bench/serve.js', ['--max-semi-space-size=32', '--heap-growing-percent=60', '--no-flush-bytecode']);
  child.send(options);
  const { port } = await messageOf<{ port: number }>(child, 'the service');
  const proc = `/proc/${child.pid}`;
  return {
    port,
    work: async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const value = (name: string) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
      return {
        commands: value('lane_batch_commands_sum'),
        batches: value('lane_batch_commands_count'),
        cpuSeconds: value('process_cpu_seconds_total'),
      };
    },
    peakMiB: async () => {
      const status = await readFile(`${proc}/status`, 'utf8').catch(() => '');
      const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
      return kibibytes === undefined ? null : Math.round(Number(kibibytes) / 1024);
    },
    // 5 sets the peak back to what is held now (proc(5), clear_refs).
    askRights: async (asked) => {
      const done = messageOf(child, 'the service');
      child.send({ rights: asked });
      await done;
    },
    forgetPeak: () => writeFile(`${proc}/clear_refs`, '5').catch(() => undefined),
    stop: () => stop(child),
  };
}

/** Forks a load, which takes one job at a time. */
export function startLoad(): Load {
  const child = start('./load.ts', [`--import=${import.meta.resolve('tsx')}`]);
  const ask = async <T>(job: LoadJob | UploadJob): Promise<T> => {
    child.send(job);
    const { result, error } = await messageOf<{ result?: T; error?: string }>(child, 'the load');
    if (error !== undefined || result === undefined) throw new Error(`the load failed: ${error}`);
    return result;
  };
  return {
    run: (job) => ask<LoadResult>({ ...job, kind: 'load' }),
    upload: (job) => ask<UploadResult>({ ...job, kind: 'upload' }),
    stop: () => stop(child),
  };
}
