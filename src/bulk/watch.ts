// The progress of a job as server-sent events. Nothing is kept for a reader that is slow: it gets the newest state when it is
// ready for one.
import type { ServerResponse } from 'node:http';
import type { BulkJob } from '../../db/tables.js';
import type { SeenJob } from './queries.js';
import { presentJob } from './rules.js';

/** The jobs whose files this process reads now, each as it last was. */
export type Running = ReadonlyMap<string, BulkJob>;

const everyMs = 250;
/** A job that another process reads is looked up this often. */
const lookUpMs = 1_000;
const heartbeatMs = 15_000;

/**
 * Writes a `state` event on every change, at most every 250 ms, a comment every 15 s, and ends with the job (DONE, REFUSED, or
 * CUT: nothing more happens until the file is sent again). `find` reads the row.
 */
export async function watchJob(
  response: ServerResponse,
  of: { jobId: string; first: SeenJob; running: Running; find: () => Promise<SeenJob | undefined>; signal: AbortSignal },
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  let told = '';
  let saidAt = performance.now();
  let lookedAt = saidAt;
  let wasHere = of.running.has(of.jobId);
  let seen: SeenJob | undefined = of.first;
  while (seen && !response.destroyed && !of.signal.aborted) {
    const shown = presentJob(seen.job, seen.leased);
    const text = JSON.stringify(shown);
    if (!response.writableNeedDrain) {
      if (text !== told) {
        response.write(`event: state\ndata: ${text}\n\n`);
        told = text;
        saidAt = performance.now();
      } else if (performance.now() - saidAt >= heartbeatMs) {
        response.write(': still here\n\n');
        saidAt = performance.now();
      }
      if (shown.state !== 'RUNNING') break;
    }
    await pause(everyMs, response, of.signal);
    const here = of.running.get(of.jobId);
    if (here) {
      wasHere = true;
      seen = { job: here, leased: true };
    } else if (wasHere || performance.now() - lookedAt >= lookUpMs) {
      wasHere = false;
      lookedAt = performance.now();
      seen = await of.find();
    }
  }
  response.end();
}

/** Ends early when the reader has gone or the service stops. */
function pause(ms: number, response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      response.off('close', over);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    response.once('close', over);
    signal.addEventListener('abort', over, { once: true });
  });
}
