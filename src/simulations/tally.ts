// What a simulation adds up: who would have got what, in which month, and why not. Pure.
import type { Day } from '../calendar.js';
import { monthOf } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan, sumFen } from '../money.js';
import type { Evaluation } from '../programmes/evaluate.js';
import type { SimulationResult } from '../../schemas/simulations.js';

/** What the simulation is compared with (what really happened, or another version), and what it simulates. */
export type Side = 'compared' | 'simulated';
type What = 'awarded' | 'redeemed';

/** Amounts in fen. */
interface Sums {
  awarded: Fen;
  redeemed: Fen;
}
const none = (): Record<Side, Sums> => ({
  compared: { awarded: 0n, redeemed: 0n },
  simulated: { awarded: 0n, redeemed: 0n },
});

/**
 * A legal person's share, in fen; `applications` are its cases under the simulated version, `held` those of them, or of the compared
 * version's, that a figure not on record holds, with what each side awarded to these. `potentialFen`: what it could claim and has not.
 */
export interface Person extends Record<Side, Sums> {
  applications: number;
  held: number;
  readonly heldFen: Record<Side, Fen>;
  potentialFen: Fen;
  readonly bound: Set<string>;
}

/** What a person's awards differ by: of the cases that could be decided on both sides. */
export const differenceOf = ({ compared, simulated, heldFen }: Person): Fen =>
  simulated.awarded - heldFen.simulated - (compared.awarded - heldFen.compared);

type Paid = { count: number; amountFen: Fen };

export class Tally {
  readonly persons = new Map<string, Person>();
  readonly #months = new Map<string, Record<Side, Sums>>();
  readonly #counts: Record<Side, Record<What, number>> = {
    compared: { awarded: 0, redeemed: 0 },
    simulated: { awarded: 0, redeemed: 0 },
  };
  /** What each case got (of redemptions: each voucher), and those that a side held, with whose they are. */
  readonly #cases: Record<What, Record<Side, Map<string, Fen>>> = {
    awarded: { compared: new Map(), simulated: new Map() },
    redeemed: { compared: new Map(), simulated: new Map() },
  };
  readonly #held: Record<What, Map<string, string>> = { awarded: new Map(), redeemed: new Map() };
  readonly #refusals = new Map<string, { code: string; of: string | null; count: number; awardedFen: Fen }>();

  #person(legalPerson: string): Person {
    let person = this.persons.get(legalPerson);
    if (!person) {
      const fresh = { applications: 0, held: 0, heldFen: { compared: 0n, simulated: 0n }, potentialFen: 0n };
      this.persons.set(legalPerson, (person = { ...none(), ...fresh, bound: new Set() }));
    }
    return person;
  }

  /** `caseId`: of an award its application, of a redemption its voucher. */
  add(side: Side, what: What, of: { caseId: string; legalPerson: string; on: Day; amountFen: Fen }): void {
    const { caseId, legalPerson, on, amountFen } = of;
    if (amountFen === 0n) return;
    const month = monthOf(on);
    let sums = this.#months.get(month);
    if (!sums) this.#months.set(month, (sums = none()));
    sums[side][what] += amountFen;
    this.#person(legalPerson)[side][what] += amountFen;
    this.#counts[side][what] += 1;
    const cases = this.#cases[what][side];
    cases.set(caseId, (cases.get(caseId) ?? 0n) + amountFen);
  }

  /** A figure that is not on record holds a case on one of the sides: what the other gives it is compared with nothing. */
  hold(what: What, caseId: string, legalPerson: string): void {
    this.#held[what].set(caseId, legalPerson);
  }

  /** A case under the simulated version, and what bound its award or refused it; `awardedFen` is what it really was awarded. */
  tried(legalPerson: string, why: Why, awardedFen: Fen): void {
    const person = this.#person(legalPerson);
    person.applications += 1;
    if (why.bound === null) return;
    person.bound.add(why.of === null ? why.bound : `${why.bound}:${why.of}`);
    if (why.kind !== 'refused') return;
    const key = `${why.bound} ${why.of ?? ''}`;
    const refusal = this.#refusals.get(key) ?? { code: why.bound, of: why.of, count: 0, awardedFen: 0n };
    refusal.count += 1;
    refusal.awardedFen += awardedFen;
    this.#refusals.set(key, refusal);
  }

  /** What law and limits would leave somebody of whose application nothing was decided (fen). */
  potential(legalPerson: string, amountFen: Fen): void {
    if (amountFen > 0n) this.#person(legalPerson).potentialFen += amountFen;
  }

  /** Once, when both sides are told: puts what is held apart. */
  settle(): void {
    for (const [caseId, legalPerson] of this.#held.awarded) {
      const person = this.#person(legalPerson);
      person.held += 1;
      for (const side of sides) person.heldFen[side] += this.#cases.awarded[side].get(caseId) ?? 0n;
    }
  }

  /** The sums as a result shows them, every month of the year among them, and later ones in which something of it was booked. */
  result(
    year: number,
  ): Pick<SimulationResult, 'awarded' | 'redeemed' | 'held' | 'winners' | 'losers' | 'unchanged' | 'refusals' | 'months'> {
    // Who only might apply is compared with nothing.
    const persons = [...this.persons.values()].filter((of) => of.applications > 0 || of.compared.awarded > 0n);
    const differences = persons.map((of) => ({ fen: differenceOf(of), isAllHeld: of.held > 0 && of.held >= of.applications }));
    const those = (fens: readonly Fen[]) => paid({ count: fens.length, amountFen: sumFen(fens) });
    const heldFen = (what: What, side: Side): Fen =>
      sumFen([...this.#held[what].keys()].map((caseId) => this.#cases[what][side].get(caseId) ?? 0n));
    const total = (what: What) => {
      const of = (side: Side): Paid => ({
        count: this.#counts[side][what],
        amountFen: sumFen([...this.#months.values()].map((sums) => sums[side][what])),
      });
      const [compared, simulated] = [of('compared'), of('simulated')];
      const difference = simulated.amountFen - heldFen(what, 'simulated') - (compared.amountFen - heldFen(what, 'compared'));
      return { compared: paid(compared), simulated: paid(simulated), difference: formatYuan(difference) };
    };
    const held = (what: What) => ({
      count: this.#held[what].size,
      compared: formatYuan(heldFen(what, 'compared')),
      simulated: formatYuan(heldFen(what, 'simulated')),
    });
    const ofYear = Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`);
    const later = [...this.#months.keys()].filter((month) => !ofYear.includes(month)).sort();
    return {
      awarded: total('awarded'),
      redeemed: total('redeemed'),
      held: { awarded: held('awarded'), redeemed: held('redeemed') },
      winners: those(differences.flatMap(({ fen }) => (fen > 0n ? [fen] : []))),
      losers: those(differences.flatMap(({ fen }) => (fen < 0n ? [-fen] : []))),
      unchanged: { count: differences.filter(({ fen, isAllHeld }) => fen === 0n && !isAllHeld).length },
      refusals: [...this.#refusals.values()]
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
        .map(({ code, of, count, awardedFen }) => ({ code, of, count, awarded: formatYuan(awardedFen) })),
      months: [...ofYear, ...later].map((month) => {
        const sums = this.#months.get(month) ?? none();
        const both = (what: What) => ({
          compared: formatYuan(sums.compared[what]),
          simulated: formatYuan(sums.simulated[what]),
        });
        return { month, awarded: both('awarded'), redeemed: both('redeemed') };
      }),
    };
  }
}

const sides = ['compared', 'simulated'] as const;
const paid = ({ count, amountFen }: Paid) => ({ count, amount: formatYuan(amountFen) });

/** What bound an award, or why there is none: `of` names the limit, rule or predicate where the reason has one. */
export interface Why {
  readonly kind: Evaluation['kind'];
  readonly bound: string | null;
  readonly of: string | null;
}

export function whyOf(evaluation: Evaluation): Why {
  if (evaluation.kind === 'award') return { kind: 'award', bound: evaluation.bound, of: null };
  const { kind, code, params } = evaluation;
  return {
    kind,
    bound: code,
    of: params['limit'] ?? params['rule'] ?? params['predicate'] ?? params['matter'] ?? params['parameter'] ?? null,
  };
}
