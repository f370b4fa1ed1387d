// What goes on, as server-sent events. Nothing is kept for a reader that is slow: it gets the newest state when it is ready for one.
import type { ServerResponse } from 'node:http';

const everyMs = 250;
/** What another process works on is looked up this often. */
const lookUpMs = 1_000;
const heartbeatMs = 15_000;

/**
 * Writes a `state` event on every change, at most every 250 ms, a comment every 15 s, and ends once `isOver` says so of what was
 * shown. `here` is what this process works on itself, as it is now; `find` looks up anything else.
 */
export async function watch<Seen, Shown>(
  response: ServerResponse,
  of: {
    first: Seen;
    here: () => Seen | undefined;
    find: () => Promise<Seen | undefined>;
    present: (seen: Seen) => Shown;
    isOver: (shown: Shown) => boolean;
    signal: AbortSignal;
  },
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  let told = '';
  let saidAt = performance.now();
  let lookedAt = saidAt;
  let wasHere = of.here() !== undefined;
  let seen: Seen | undefined = of.first;
  while (seen && !response.destroyed && !of.signal.aborted) {
    const shown = of.present(seen);
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
      if (of.isOver(shown)) break;
    }
    await pause(everyMs, response, of.signal);
    const here = of.here();
    if (here) {
      wasHere = true;
      seen = here;
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
