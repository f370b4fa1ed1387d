// Carries out what is due in a book, one command a thing, in slices through its lane. What has been done is not due any more, so it goes on
// where it was left, by whichever process; a slice in which another process, or a person, was first is not written, and what is due is
// read anew.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { calendarActor } from './access/admission.js';
import type { DailyWork } from './daily.js';
import { uuidv7 } from './identifiers.js';
import type { Facts } from './ledger/facts.js';
import type { Refused, Verb } from './ledger/lane.js';
import { SliceSize } from './ledger/slice-size.js';

/** What is read ahead at once. */
export const readAhead = 4_000;
/** Times in a row that another was first, before the rest is left to them and the next look. */
const mostYields = 5;
/** Before every id. */
export const firstId = '00000000-0000-0000-0000-000000000000';

export interface DueThings<Row> extends Pick<Parameters<DailyWork['run']>[0], 'book' | 'clock' | 'isStopping'> {
  /** In the keys of the commands: `expire`. */
  readonly name: string;
  readonly verb: Verb<{ id?: string }, object>;
  /** Lines of documents that one thing is as much work as; one if left out. */
  readonly weight?: number;
  /** What is due after a row, in a stable order, at most `readAhead`; from the beginning where none is given. */
  readonly dueAfter: (after: Row | undefined) => Promise<readonly Row[]>;
  /** What of a row is carried out; null for one that is passed over. */
  readonly idOf: (row: Row) => string | null;
  /** Why one cannot be carried out any more: what another did meanwhile is no refusal to be written down. */
  readonly refusal: (facts: Facts, id: string) => Refused | null | undefined;
}

/** How much was carried out, and whether that is all: not where another is at it, or where it is stopped. */
export async function inSlices<Row>(of: DueThings<Row>): Promise<{ readonly done: number; readonly isAll: boolean }> {
  const { book, clock, isStopping, verb, weight = 1 } = of;
  const size = new SliceSize();
  let [done, yields] = [0, 0];
  let after: Row | undefined;
  const take = async (slice: readonly string[]): Promise<boolean> => {
    const outcome = await book.lane.submitSlice(verb, {
      bodies: slice.map((id) => ({ id })),
      actor: calendarActor,
      key: `${of.name}:${uuidv7(clock.now())}`,
      requestDigest: createHash('sha256').update(slice.join(' ')).digest('hex'),
      allOrNothing: false,
      record: {
        gather: async () => undefined,
        admit: (facts) => slice.flatMap((id) => of.refusal(facts, id) ?? [])[0] ?? null,
        decide: () => [],
      },
    });
    if (outcome.kind === 'refused') return false;
    if (outcome.kind === 'decided') size.observe({ weight: slice.length * weight, milliseconds: outcome.milliseconds });
    done += slice.length;
    yields = 0;
    return true;
  };
  while (!isStopping()) {
    const due = await of.dueAfter(after);
    const last = due.at(-1);
    if (last === undefined) return { done, isAll: true };
    const ids = due.flatMap((row) => of.idOf(row) ?? []);
    // Two slices at a time: the next is decided while the one before is written.
    let isFirst = true;
    let before: Promise<boolean> = Promise.resolve(true);
    for (let at = 0; isFirst && at < ids.length && !isStopping();) {
      const slice = ids.slice(at, at + Math.max(Math.floor(size.next() / weight), 1));
      at += slice.length;
      const taken = take(slice);
      // Its failure is met when it is awaited.
      taken.catch(() => undefined);
      isFirst = await before;
      before = taken;
    }
    isFirst = (await before) && isFirst;
    if (isFirst) after = last;
    else {
      // Not in step with whoever was first.
      yields += 1;
      if (yields > mostYields) break;
      await sleep(20 + Math.random() * 200);
    }
  }
  return { done, isAll: false };
}
