// The order in which cases were complete: first come, first served goes by it. A place is taken in the lane, when a case is accepted or,
// where the text asks for no acceptance, when it comes or its last correction does.
import { yearOf } from '../calendar.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import type { Command } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';

/** The place that a number has, e.g. 2024 000000017 of `…-2024-000017`. */
export function placeOfNumber(number: string): bigint {
  const [, year, place] = /(\d+)-(\d+)$/.exec(number) ?? [];
  if (year === undefined || place === undefined) throw new Error(`the number ${number} has no place`);
  return BigInt(year) * 1_000_000_000n + BigInt(place);
}

export const gatherPlaces = (loader: Loader, series: string, commands: readonly Command[]): Promise<unknown> =>
  gatherNumbers(
    loader,
    commands.map(({ today }) => seriesOf(series, yearOf(today))),
  );

/** A case is complete now: its place behind all that were before it. */
export function takePlace(
  facts: Facts,
  series: string,
  { today, receivedAt }: Pick<Command, 'today' | 'receivedAt'>,
): { readonly complete: { readonly acceptedAt: string; readonly acceptedPlace: bigint }; readonly changes: readonly Change[] } {
  const { number, changes } = takeNumber(facts, seriesOf(series, yearOf(today)));
  return { complete: { acceptedAt: receivedAt.toISOString(), acceptedPlace: placeOfNumber(number) }, changes };
}
