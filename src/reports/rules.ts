// What a year came to: how the figures of the reports are added up and shown. Pure; amounts in fen.
import type { z } from 'zod';
import type { budgetExecution, performance, stepDays } from '../../schemas/reports.js';
import type { Day } from '../calendar.js';
import { daysInclusive } from '../calendar.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';

/** Basis points of a whole, rounded down; null of nothing. */
export const shareOf = (part: bigint, whole: bigint): number | null => (whole <= 0n ? null : Number((part * 10_000n) / whole));

/** A quotient with two decimals, rounded down; null where there is nothing to divide by. */
export function ratioOf(part: bigint, by: bigint): string | null {
  if (by <= 0n) return null;
  const hundredths = (part * 100n) / by;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

/** A fund as `programme/year`. */
export function namesOf(fund: string): { programmeCode: string; year: number } {
  const [programmeCode = '', year = ''] = fund.split('/');
  return { programmeCode, year: Number(year) };
}

/** What stands on a fund's accounts, by kind: credits − debits. */
export type Balances = ReadonlyMap<string, Fen>;

export function presentBudget(fund: string, balances: Balances): z.input<typeof budgetExecution> {
  const of = (kind: string): Fen => balances.get(kind) ?? 0n;
  const loaded = -of('appropriation');
  const granted = loaded - of('unmatched');
  const approved = of('payable') + of('in_transit') + of('paid') + of('recovered');
  return {
    ...namesOf(fund),
    fund,
    loaded: formatYuan(loaded),
    unmatched: formatYuan(of('unmatched')),
    granted: formatYuan(granted),
    promised: formatYuan(granted - of('available')),
    approved: formatYuan(approved),
    instructed: formatYuan(of('in_transit')),
    paid: formatYuan(of('paid')),
    lapsed: formatYuan(of('lapsed')),
    recovered: formatYuan(of('recovered')),
    left: formatYuan(of('available')),
    executed: shareOf(of('paid'), loaded),
  };
}

/** A redemption or an award with money in it, and what was bought with it. */
export interface Granted {
  readonly fund: string;
  readonly enterpriseId: string;
  readonly sizeClass: string | null;
  readonly grantedFen: Fen;
  /** Gross of the lines, by what their chips are; red letters of the whole invoices. */
  readonly domesticFen: Fen;
  readonly nonDomesticFen: Fen;
  readonly otherFen: Fen;
  readonly redFen: Fen;
  /** Ten thousandths of a card hour. */
  readonly cardHours: bigint;
}

/** Adds cases up by fund. */
export class Performance {
  readonly #funds = new Map<string, { cases: number; sums: Sums; enterprises: Set<string> }>();

  add(of: Granted): void {
    let fund = this.#funds.get(of.fund);
    if (!fund) this.#funds.set(of.fund, (fund = { cases: 0, sums: nothing(), enterprises: new Set() }));
    const { sums } = fund;
    fund.cases++;
    fund.enterprises.add(of.enterpriseId);
    sums.granted += of.grantedFen;
    sums.domestic += of.domesticFen;
    sums.nonDomestic += of.nonDomesticFen;
    sums.other += of.otherFen;
    sums.red += of.redFen;
    sums.cardHours += of.cardHours;
    if (of.sizeClass === null) sums.toUnclassed += of.grantedFen;
    else if (of.sizeClass === 'LARGE') sums.toLarge += of.grantedFen;
    else sums.toSmall += of.grantedFen;
  }

  /** In order of the funds' names. */
  present(): z.input<typeof performance>[] {
    return [...this.#funds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([fund, { cases, enterprises, sums }]) => {
        const bought = sums.domestic + sums.nonDomestic + sums.other - sums.red;
        return {
          ...namesOf(fund),
          fund,
          cases,
          enterprises: enterprises.size,
          granted: formatYuan(sums.granted),
          bought: formatYuan(bought),
          leverage: ratioOf(bought, sums.granted),
          domestic: formatYuan(sums.domestic),
          nonDomestic: formatYuan(sums.nonDomestic),
          otherItems: formatYuan(sums.other),
          domesticShare: shareOf(sums.domestic, sums.domestic + sums.nonDomestic),
          toSmall: formatYuan(sums.toSmall),
          toLarge: formatYuan(sums.toLarge),
          toUnclassed: formatYuan(sums.toUnclassed),
          smallShare: shareOf(sums.toSmall, sums.granted),
          cardHours: `${sums.cardHours / 10_000n}.${String(sums.cardHours % 10_000n).padStart(4, '0')}`,
        };
      });
  }
}

const nothing = () => ({
  granted: 0n,
  domestic: 0n,
  nonDomestic: 0n,
  other: 0n,
  red: 0n,
  cardHours: 0n,
  toSmall: 0n,
  toLarge: 0n,
  toUnclassed: 0n,
});
type Sums = ReturnType<typeof nothing>;

/** What was decided about one case, in order. */
export interface Step {
  readonly kind: string;
  readonly bookedOn: Day;
}

type Process = z.input<typeof stepDays>['process'];

/** Counts the days from each entry about a case to the next of another kind. */
export class StepDays {
  readonly #steps = new Map<string, { process: Process; from: string; to: string; count: number; days: number }>();

  add(process: Process, steps: readonly Step[]): void {
    steps.forEach((step, i) => {
      const before = steps[i - 1];
      // A transfer of several legs is an entry for each of them.
      if (before === undefined || before.kind === step.kind) return;
      const name = `${process} ${before.kind} ${step.kind}`;
      const known = this.#steps.get(name) ?? { process, from: before.kind, to: step.kind, count: 0, days: 0 };
      const days = known.days + daysInclusive(before.bookedOn, step.bookedOn) - 1;
      this.#steps.set(name, { ...known, count: known.count + 1, days });
    });
  }

  /** By process and steps; the mean with two decimals, rounded half up. */
  present(): z.input<typeof stepDays>[] {
    return [...this.#steps]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { process, from, to, count, days }]) => {
        const hundredths = Math.floor((days * 200 + count) / (2 * count));
        const meanDays = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
        return { process, from, to, count, totalDays: days, meanDays };
      });
  }
}
