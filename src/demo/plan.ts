// The world as a list of acts, each with its moment, lived in order. Acts of one moment do not depend on each other: they are
// sent together, and the lanes take them in batches.
import { addDays } from '../calendar.js';
import type { Day } from '../calendar.js';
import { setClock } from './api.js';

/** Something somebody does at a moment of Shanghai, `2026-08-03 09:30`. */
export interface Act {
  readonly at: string;
  readonly act: () => Promise<void>;
}

/** As many requests as are under way at once at most. */
const together = 64;

/** Lives the acts of all books in order of their moments. */
export async function live(address: string, acts: readonly Act[]): Promise<void> {
  const moments = new Map<string, Act[]>();
  for (const act of acts) moments.set(act.at, [...(moments.get(act.at) ?? []), act]);
  for (const [at, now] of [...moments].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await setClock(address, `${at.replace(' ', 'T')}:00+08:00`);
    for (let next = 0; next < now.length; next += together) {
      await Promise.all(now.slice(next, next + together).map(({ act }) => act()));
    }
  }
}

/** What was made under which name of the world: its id. */
export class Ids {
  readonly #ids = new Map<string, string>();

  set(name: string, id: string): void {
    this.#ids.set(name, id);
  }

  /** Throws when nothing was made under this name yet: then the plan is out of order. */
  of(name: string): string {
    const id = this.#ids.get(name);
    if (id === undefined) throw new Error(`nothing was made as ${name} yet`);
    return id;
  }
}

/** The `n`th working day after a day; weekends and the given holidays are none. */
export function workday(day: Day, n: number, holidays: readonly Day[]): Day {
  let left = n;
  let at = day;
  while (left > 0) {
    at = addDays(at, 1);
    const weekday = new Date(`${at}T00:00:00Z`).getUTCDay();
    if (weekday !== 0 && weekday !== 6 && !holidays.includes(at)) left -= 1;
  }
  return at;
}
