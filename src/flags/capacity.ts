// Physical plausibility: whether all card-hours that are billed of a facility can have been given by the cards that stood there. Pure.
//
// An invoice says how many card-hours it bills for a period, not on which days. So what is billed can have been given exactly if the
// card-hours can be laid on the days of their periods with no day holding more than its cards × 24. For periods that is so exactly if
// for every stretch of days, what is billed for periods that lie wholly in it is within what its days can give (Hall's condition; a
// stretch need only begin where a period begins and end where one ends). Nothing is spread evenly, nothing is rounded: where a flag is
// raised no distribution whatever is possible, and where none is raised there is one.
import type { FacilityObservation } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { addDays, daysInclusive } from '../calendar.js';

/** Card-hours, in ten-thousandths, billed for a period; both ends inclusive. */
export interface Billed {
  readonly from: Day;
  readonly to: Day;
  readonly cardHours: bigint;
}
/** What a stretch of days can have given, in ten-thousandths of card-hours; null where it is not known of every day. */
export type Capacity = (from: Day, to: Day) => bigint | null;

export interface Chip {
  readonly vendor: string;
  readonly model: string;
}

const hoursOfDay = 24n;
const tenThousandths = 10_000n;

/**
 * What a facility can give with the cards of one chip, or of all (null): each day the cards that the latest observation on or before it
 * states, none while it is out of service. Of days before the first observation that states cards nothing is known.
 */
export function cardHoursOf(observations: readonly FacilityObservation[], chip: Chip | null): Capacity {
  const spans: { from: Day; cards: bigint }[] = [];
  let stated: bigint | undefined;
  for (const { observedOn, inService, installedCards } of [...observations].sort((a, b) =>
    a.observedOn < b.observedOn ? -1 : 1,
  )) {
    if (installedCards !== null) {
      const ofChip = installedCards.filter(
        ({ vendor, model }) => chip === null || (vendor === chip.vendor && model === chip.model),
      );
      stated = ofChip.reduce((sum, { cards }) => sum + BigInt(cards), 0n);
    }
    if (stated !== undefined) spans.push({ from: observedOn, cards: inService ? stated : 0n });
  }
  return (from, to) => {
    const [first] = spans;
    if (!first || from < first.from) return null;
    let cardDays = 0n;
    for (const [i, span] of spans.entries()) {
      const next = spans[i + 1];
      const [begins, ends] = [span.from > from ? span.from : from, next && next.from <= to ? addDays(next.from, -1) : to];
      if (begins <= ends) cardDays += span.cards * BigInt(daysInclusive(begins, ends));
    }
    return cardDays * hoursOfDay * tenThousandths;
  };
}

export interface BeyondCapacity {
  readonly from: Day;
  readonly to: Day;
  readonly billed: bigint;
  readonly possible: bigint;
}

/**
 * The shortest stretch of days for which more is billed than its days can give, of those that hold the period `added`; null when there
 * is none. `billed` is all that is billed of the facility and chip, what was added included. What does not hang together with the period
 * by overlapping periods is not looked at: it can be too much only by itself.
 */
export function beyondCapacity(
  billed: readonly Billed[],
  added: { readonly from: Day; readonly to: Day },
  capacity: Capacity,
): BeyondCapacity | null {
  const together = overlapping(billed, added);
  const own = capacity(added.from, added.to);
  // Every stretch that holds the period can give at least as much.
  if (own !== null && sum(together) <= own) return null;
  const starts = [...new Set(together.map(({ from }) => from))].filter((from) => from <= added.from);
  let shortest: BeyondCapacity | null = null;
  for (const from of starts) {
    let within = 0n;
    const later = together.filter((of) => of.from >= from).sort((a, b) => (a.to < b.to ? -1 : 1));
    for (const [i, { to, cardHours }] of later.entries()) {
      within += cardHours;
      if (to < added.to || later[i + 1]?.to === to) continue;
      const possible = capacity(from, to);
      if (possible === null || within <= possible) continue;
      if (shortest === null || daysInclusive(from, to) < daysInclusive(shortest.from, shortest.to)) {
        shortest = { from, to, billed: within, possible };
      }
    }
  }
  return shortest;
}

const sum = (of: readonly Billed[]): bigint => of.reduce((total, { cardHours }) => total + cardHours, 0n);

/** Those whose periods hang together with this one by overlapping. */
function overlapping(billed: readonly Billed[], { from, to }: { readonly from: Day; readonly to: Day }): Billed[] {
  const inOrder = [...billed].sort((a, b) => (a.from < b.from ? -1 : 1));
  const groups: { to: Day; of: Billed[] }[] = [];
  for (const one of inOrder) {
    const last = groups.at(-1);
    if (last && one.from <= last.to) {
      last.of.push(one);
      if (one.to > last.to) last.to = one.to;
    } else groups.push({ to: one.to, of: [one] });
  }
  return groups.find(({ of, to: end }) => from <= end && (of[0]?.from ?? '') <= to)?.of ?? [];
}
