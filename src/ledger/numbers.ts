// Numbers that people read and quote (券号, 批次号 …): gapless per book, series and year, taken inside the lane.
import { numberSeries } from '../../db/tables.js';
import type { Change, Facts, Loader } from './facts.js';
import { insert, shelf, update } from './facts.js';

const numberShelf = shelf(numberSeries, { rank: 0, id: 'series', mutable: ['last'] });

/** Series are kept per year: gather them before taking numbers from them. */
export const gatherNumbers = (loader: Loader, series: readonly string[]): Promise<unknown> =>
  loader.load(numberShelf, 'id', series);

/** The name of a series, e.g. `V/2024` for the vouchers of 2024. */
export const seriesOf = (letter: string, year: number): string => `${letter}/${year}`;

/**
 * Takes the next `count` numbers of a gathered series, e.g. `ZHENGZHOU-V-2024-000001`, with the change that keeps them
 * taken if the command is accepted.
 */
export function takeNumbers(facts: Facts, series: string, count: number): { numbers: string[]; changes: Change[] } {
  const row = facts.get(numberShelf, series);
  const before = row?.last ?? 0n;
  const after = { bookId: facts.bookId, series, last: before + BigInt(count) };
  const [letter, year] = series.split('/');
  const numbers = Array.from(
    { length: count },
    (_, i) => `${facts.bookCode.toUpperCase()}-${letter}-${year}-${String(before + BigInt(i + 1)).padStart(6, '0')}`,
  );
  if (count === 0) return { numbers, changes: [] };
  return { numbers, changes: [row ? update(numberShelf, after) : insert(numberShelf, after)] };
}

export function takeNumber(facts: Facts, series: string): { number: string; changes: Change[] } {
  const { numbers, changes } = takeNumbers(facts, series, 1);
  return { number: numbers[0] ?? '', changes };
}
