// What the two flows of a lived year share: its money, and what is asked with.
import type { Tx } from '../../db/client.js';
import type { Simulation } from '../../db/tables.js';
import type { Eligibility } from '../applications/rules.js';
import type { Day } from '../calendar.js';
import type { Span } from '../ledger/history.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import type { TouchedLimit } from '../programmes/evaluate.js';
import { Trial } from '../programmes/trial.js';
import type { Beside } from './beside.js';
import type { Laws } from './laws.js';
import type { Past } from './past.js';
import type { Tally } from './tally.js';

export type Job = Pick<Simulation, 'bookId' | 'programmeCode' | 'programmeVersionId' | 'comparedVersionId' | 'year' | 'poolFen'>;

/** Money that was there from a day on, or below zero, that went back on it (fen). */
export interface Load {
  readonly on: Day;
  readonly amountFen: Fen;
}

/** What is left of the money (fen), and the day of the decision that took the last of it; null where nothing bounds it. */
export interface Money {
  readonly leftFen: Fen | null;
  readonly exhaustedOn: Day | null;
}

export interface Living {
  readonly tx: Tx;
  readonly job: Job;
  readonly laws: Laws;
  readonly beside: Beside;
  readonly tally: Tally;
  readonly span: Span & { readonly head: bigint };
  /** The money of the simulation: all of it there from the beginning where it was given, else from the days it was loaded on. */
  readonly loads: readonly Load[];
  /** The facts to ask with; begun anew once too many are kept. */
  readonly pastFor: () => Past;
  readonly progress: (done: number) => void;
}

export const poolOf = (loads: readonly Load[]): Fen | null =>
  loads.length === 0 ? null : sumFen(loads.map(({ amountFen }) => amountFen));

/** A trial to which its money is granted as it comes. */
export const trialOf = (loads: readonly Load[]): Trial => new Trial(loads.length > 0 ? 0n : null);

/** Grants what is there by a day; days that go back grant nothing anew. */
export function granting(trial: Trial, loads: readonly Load[]): (by: Day) => void {
  let next = 0;
  return (by) => {
    for (let load = loads[next]; load !== undefined && load.on <= by; load = loads[++next]) trial.grant(load.amountFen);
  };
}

export const moneyOf = ({ poolLeftFen, exhaustedOn }: Trial): Money => ({ leftFen: poolLeftFen, exhaustedOn });

/** A day after all others. */
export const endless: Day = '9999-12-31';

/** Cases that are gathered at once. */
const pageSize = 1_000;

export function* pagesOf<Row>(rows: readonly Row[], size = pageSize): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

export const touchedIn = (asked: readonly { touched: readonly TouchedLimit[] }[]): TouchedLimit[] =>
  asked.flatMap(({ touched }) => touched);

export const noReview: Eligibility = { predicates: {}, exceptions: {}, classes: [] };

/** What a review recorded; the same words are kept once. */
export function reviewOf({ eligibility }: { eligibility: string | null }, reviews: Map<string, Eligibility>): Eligibility {
  if (eligibility === null) return noReview;
  const known = reviews.get(eligibility);
  if (known) return known;
  const review = JSON.parse(eligibility) as Eligibility;
  reviews.set(eligibility, review);
  return review;
}
