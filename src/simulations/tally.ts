// What a simulation adds up: who would have got what, in which month, and why not. Pure.
import type { Day } from '../calendar.js';
import { monthOf } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import type { Evaluation } from '../programmes/evaluate.js';
import type { SimulationResult } from '../../schemas/simulations.js';

/** What the simulation is compared with (what really happened, or another version), and what it simulates. */
export type Side = 'compared' | 'simulated';

/** Amounts in fen. */
interface Sums {
  awarded: Fen;
  redeemed: Fen;
}
const none = (): Record<Side, Sums> => ({
  compared: { awarded: 0n, redeemed: 0n },
  simulated: { awarded: 0n, redeemed: 0n },
});

/** A legal person's share; `applications` are its cases under the simulated version. */
export interface Person extends Record<Side, Sums> {
  applications: number;
  readonly bound: Set<string>;
}

type Paid = { count: number; amountFen: Fen };

export class Tally {
  readonly persons = new Map<string, Person>();
  readonly #months = new Map<string, Record<Side, Sums>>();
  readonly #counts: Record<Side, { awarded: number; redeemed: number }> = {
    compared: { awarded: 0, redeemed: 0 },
    simulated: { awarded: 0, redeemed: 0 },
  };
  readonly #refusals = new Map<string, { code: string; of: string | null; count: number; awardedFen: Fen }>();

  #person(legalPerson: string): Person {
    let person = this.persons.get(legalPerson);
    if (!person) this.persons.set(legalPerson, (person = { ...none(), applications: 0, bound: new Set() }));
    return person;
  }

  add(side: Side, what: 'awarded' | 'redeemed', of: { legalPerson: string; on: Day; amountFen: Fen }): void {
    const { legalPerson, on, amountFen } = of;
    if (amountFen === 0n) return;
    const month = monthOf(on);
    let sums = this.#months.get(month);
    if (!sums) this.#months.set(month, (sums = none()));
    sums[side][what] += amountFen;
    this.#person(legalPerson)[side][what] += amountFen;
    this.#counts[side][what] += 1;
  }

  /** A case under the simulated version, and what bound its award or refused it; `awardedFen` is what it really was awarded. */
  tried(legalPerson: string, why: Why, awardedFen: Fen): void {
    const person = this.#person(legalPerson);
    person.applications += 1;
    if (why.bound === null) return;
    person.bound.add(why.of === null ? why.bound : `${why.bound}:${why.of}`);
    if (!why.refused) return;
    const key = `${why.bound} ${why.of ?? ''}`;
    const refusal = this.#refusals.get(key) ?? { code: why.bound, of: why.of, count: 0, awardedFen: 0n };
    refusal.count += 1;
    refusal.awardedFen += awardedFen;
    this.#refusals.set(key, refusal);
  }

  /** The sums as a result shows them, every month of the year among them. */
  result(
    year: number,
  ): Pick<SimulationResult, 'awarded' | 'redeemed' | 'winners' | 'losers' | 'unchanged' | 'refusals' | 'months'> {
    const persons = [...this.persons.values()];
    const differences = persons.map((of) => of.simulated.awarded - of.compared.awarded);
    const paid = ({ count, amountFen }: Paid) => ({ count, amount: formatYuan(amountFen) });
    const those = (fens: readonly Fen[]) => paid({ count: fens.length, amountFen: sumFen(fens) });
    const total = (what: 'awarded' | 'redeemed') => {
      const of = (side: Side): Paid => ({
        count: this.#counts[side][what],
        amountFen: sumFen([...this.#months.values()].map((sums) => sums[side][what])),
      });
      const [compared, simulated] = [of('compared'), of('simulated')];
      return {
        compared: paid(compared),
        simulated: paid(simulated),
        difference: formatYuan(simulated.amountFen - compared.amountFen),
      };
    };
    return {
      awarded: total('awarded'),
      redeemed: total('redeemed'),
      winners: those(differences.filter((fen) => fen > 0n)),
      losers: those(differences.filter((fen) => fen < 0n).map((fen) => -fen)),
      unchanged: { count: differences.filter((fen) => fen === 0n).length },
      refusals: [...this.#refusals.values()]
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
        .map(({ code, of, count, awardedFen }) => ({ code, of, count, awarded: formatYuan(awardedFen) })),
      months: Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`).map((month) => {
        const sums = this.#months.get(month) ?? none();
        const both = (what: 'awarded' | 'redeemed') => ({
          compared: formatYuan(sums.compared[what]),
          simulated: formatYuan(sums.simulated[what]),
        });
        return { month, awarded: both('awarded'), redeemed: both('redeemed') };
      }),
    };
  }
}

/** What bound an award, or why there is none: `of` names the limit, rule or predicate where the reason has one. */
export interface Why {
  readonly bound: string | null;
  readonly of: string | null;
  readonly refused: boolean;
}

export function whyOf(evaluation: Evaluation): Why {
  if (evaluation.kind === 'award') return { bound: evaluation.bound, of: null, refused: false };
  const { code, params } = evaluation;
  return {
    bound: code,
    of: params['limit'] ?? params['rule'] ?? params['predicate'] ?? params['matter'] ?? params['parameter'] ?? null,
    refused: true,
  };
}
