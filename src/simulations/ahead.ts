// Pages with what is gathered for them, read while those before are worked on: the thread works in long strokes, and the database should
// not wait for it, nor it for the database.
import { setImmediate as breathe } from 'node:timers/promises';

/** Pages that wait to be worked on, at most. */
const mostReady = 2;

/** Each page with what is gathered for it, in order; before the next the thread reads what has come in meanwhile. */
export async function* ahead<Page, Gathered>(
  pages: Iterable<Page> | AsyncIterable<Page>,
  gather: (page: Page) => Promise<Gathered>,
): AsyncGenerator<Gathered> {
  const ready: Gathered[] = [];
  let isOver = false;
  let waiting: (() => void)[] = [];
  const change = () => new Promise<void>((resolve) => waiting.push(resolve));
  const changed = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const reading = (async () => {
    for await (const page of pages) {
      const gathered = await gather(page);
      while (ready.length >= mostReady && !isOver) await change();
      if (isOver) return;
      ready.push(gathered);
      changed();
    }
  })().finally(() => {
    isOver = true;
    changed();
  });
  // Its failure is met when all that came before it is worked on.
  reading.catch(() => undefined);
  try {
    for (;;) {
      const next = ready.shift();
      if (next !== undefined) {
        changed();
        yield next;
        await breathe();
      } else if (isOver) break;
      else await change();
    }
    await reading;
  } finally {
    isOver = true;
    changed();
  }
}
