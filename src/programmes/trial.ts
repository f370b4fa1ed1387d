// A version of a programme tried over many cases, one after the other: with counters of its own for every limit and money of its own,
// so that what one case is given is gone for the next, as if the version had been the law. Pure; moves nothing of the ledger.
import type { Day } from '../calendar.js';
import type { Fen } from '../money.js';
import { minFen, sumFen } from '../money.js';
import { allocate } from './allocate.js';
import type { AwardFacts, Evaluation, IssueFacts, RedemptionFacts, TouchedLimit } from './evaluate.js';
import { evaluateAward, evaluateIssue, evaluateRedemption } from './evaluate.js';
import type { Allocation, ProgrammeVersion } from './language.js';

/** What of a limit is used by what the trial does not decide (fen): in earlier years, under other programmes. */
export type UsedElsewhere = (limit: TouchedLimit) => Fen;

/** A case without what the trial itself knows. */
export type Trying<Facts> = Omit<Facts, 'limitsLeft' | 'poolLeft'>;

const tried = new WeakMap<ProgrammeVersion, ProgrammeVersion>();

/** The version as if it were in force on every day: the days it names or does not name yet keep nobody out. Always the same object. */
export function asIfInForce(version: ProgrammeVersion): ProgrammeVersion {
  let always = tried.get(version);
  if (always === undefined) tried.set(version, (always = { ...version, inForce: null }));
  return always;
}

export class Trial {
  readonly #used = new Map<string, Fen>();
  #poolLeft: Fen | null;
  #exhaustedOn: Day | null = null;

  /** `poolFen`: the money there is for the year; null when nothing bounds it, or when it is shared out at the end. */
  constructor(poolFen: Fen | null) {
    this.#poolLeft = poolFen;
  }

  get poolLeftFen(): Fen | null {
    return this.#poolLeft;
  }
  /** The day of the first case that took the last of the money there was; null when none did. */
  get exhaustedOn(): Day | null {
    return this.#exhaustedOn;
  }

  /** More money is there from now on (fen); below zero, so much goes back, as far as it is left: what was awarded stays awarded. */
  grant(amountFen: Fen): void {
    if (this.#poolLeft === null) return;
    const leftFen = this.#poolLeft + amountFen;
    this.#poolLeft = leftFen > 0n ? leftFen : 0n;
  }

  /** `touched`: what `limitsTouched('ISSUE')` says of the case. */
  issue(
    version: ProgrammeVersion,
    at: Trying<IssueFacts>,
    touched: readonly TouchedLimit[],
    elsewhere: UsedElsewhere,
  ): Evaluation {
    const money = { limitsLeft: this.#left(touched, elsewhere), poolLeft: this.#poolLeft ?? undefined };
    return this.#take(evaluateIssue(version, { ...at, ...money }), touched, at.bookedOn);
  }

  /**
   * What law and limits leave a case of a batch that shares the money in the end (`shareOut`): counted against the limits already, so
   * that two of one holder never claim more than both may have. `touched`: what `limitsTouched('AWARD')` says of the case.
   */
  claim(
    version: ProgrammeVersion,
    at: Trying<AwardFacts>,
    touched: readonly TouchedLimit[],
    elsewhere: UsedElsewhere,
  ): Evaluation {
    const evaluation = evaluateAward(version, { ...at, limitsLeft: this.#left(touched, elsewhere) });
    if (evaluation.kind === 'award') this.charge(touched, evaluation.amountFen);
    return evaluation;
  }

  /**
   * Shares what money there is among the claims of a batch that is decided on one day: by the strategy, and nothing to whom less than
   * the least award would fall. What a claim is not given is free again under its limits; the rest of the money stays. Answers a
   * share for each claim, in their order. Money that the claims together would have taken is exhausted, whatever cuts have left of it.
   */
  shareOut(strategy: Allocation, on: Day, claims: readonly Claim[]): Share[] {
    const claiming = claims.flatMap((claim, i) =>
      claim.claimFen > 0n ? [{ ...claim, id: String(i), approvedFen: claim.claimFen }] : [],
    );
    const claimsFen = sumFen(claiming.map(({ claimFen }) => claimFen));
    const poolFen = this.#poolLeft === null ? claimsFen : minFen(this.#poolLeft, claimsFen);
    const given = new Map(allocate(strategy, poolFen, claiming).map(({ id, amountFen }) => [id, amountFen]));
    const shares = claims.map(({ claimFen, leastFen }, i): Share => {
      const amountFen = given.get(String(i)) ?? 0n;
      if (amountFen === claimFen) return { amountFen, bound: null };
      if (amountFen === 0n) return { amountFen, bound: 'POOL_EXHAUSTED' };
      return amountFen < leastFen ? { amountFen: 0n, bound: 'BELOW_MINIMUM_AWARD' } : { amountFen, bound: 'POOL' };
    });
    for (const [i, { touched, claimFen }] of claims.entries()) {
      const freeFen = claimFen - (shares[i]?.amountFen ?? 0n);
      if (freeFen > 0n) this.charge(touched, -freeFen);
    }
    this.spend(sumFen(shares.map(({ amountFen }) => amountFen)), on, claimsFen);
    return shares;
  }

  /** Redeems out of a voucher that was issued: the pool has nothing to do with it. `touched`: of `limitsTouched('REDEEM')`. */
  redeem(
    version: ProgrammeVersion,
    at: Trying<RedemptionFacts>,
    touched: readonly TouchedLimit[],
    elsewhere: UsedElsewhere,
  ): Evaluation {
    const evaluation = evaluateRedemption(version, { ...at, limitsLeft: this.#left(touched, elsewhere) });
    if (evaluation.kind === 'award') this.charge(touched, evaluation.amountFen);
    return evaluation;
  }

  /** Counts an amount (fen) against limits, also one that is not tried. */
  charge(touched: readonly TouchedLimit[], amountFen: Fen): void {
    for (const account of new Set(touched.map(accountOf))) this.#used.set(account, (this.#used.get(account) ?? 0n) + amountFen);
  }

  /** Takes of the money what was awarded on a day (fen), also what is not tried; `claimsFen`: of all that would have been taken. */
  spend(amountFen: Fen, on: Day, claimsFen = amountFen): void {
    if (this.#poolLeft === null || this.#poolLeft <= 0n) return;
    if (claimsFen >= this.#poolLeft) this.#exhaustedOn ??= on;
    this.#poolLeft = this.#poolLeft > amountFen ? this.#poolLeft - amountFen : 0n;
  }

  #take(evaluation: Evaluation, touched: readonly TouchedLimit[], on: Day): Evaluation {
    if (evaluation.kind !== 'award') return evaluation;
    this.charge(touched, evaluation.amountFen);
    this.spend(evaluation.amountFen, on);
    return evaluation;
  }

  /** By limit id; a limit whose number is unknown is left out, which holds the case. */
  #left(touched: readonly TouchedLimit[], elsewhere: UsedElsewhere): Record<string, Fen> {
    const left: Record<string, Fen> = {};
    for (const limit of touched) {
      if (limit.amountFen === null) continue;
      const leftFen = limit.amountFen - (this.#used.get(accountOf(limit)) ?? 0n) - elsewhere(limit);
      left[limit.limitId] = leftFen > 0n ? leftFen : 0n;
    }
    return left;
  }
}

/** Two limits of one account and holder and window are one. */
const accountOf = ({ account, holder, window }: TouchedLimit): string => `${account}\u0000${holder.id}\u0000${window}`;

/** A claim on the money of a batch: what it counts against, and what it may not be given less than. Amounts in fen. */
export interface Claim {
  readonly touched: readonly TouchedLimit[];
  readonly claimFen: Fen;
  readonly leastFen: Fen;
  /** Of a lower rank first; then, where the law ranks, of a higher score; then by `acceptedAt`, as text. */
  readonly rank: number;
  readonly score: number | null;
  readonly acceptedAt: string;
}

/** What falls to a claim (fen), and what made it less. */
export interface Share {
  readonly amountFen: Fen;
  readonly bound: 'POOL' | 'POOL_EXHAUSTED' | 'BELOW_MINIMUM_AWARD' | null;
}

/** A case as it queues for the money: `place` is its number in the order of acceptance. */
export interface Queued {
  readonly place: bigint;
  readonly acceptedOn: Day;
  readonly decidedOn: Day;
}

/**
 * The cases in the order in which they are served: whoever is decided on waits for all of a better class (a lower rank) that were
 * accepted by that day and are not decided yet, and for the earlier ones of its own. With one class that is the order of acceptance.
 */
export function inOrderOfService<Case extends Queued>(cases: readonly Case[], rankOf: (one: Case) => number): Case[] {
  const accepted = [...cases].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  const ranks = new Map(accepted.map((one) => [one, rankOf(one)]));
  const classes = [...new Set(ranks.values())].sort((a, b) => a - b);
  if (classes.length < 2) return accepted;
  const queues = classes.map((rank) => ({ rank, waiting: [] as Case[], next: 0 }));
  const queueOf = new Map(queues.map((queue) => [queue.rank, queue]));
  const decided = [...accepted].sort((a, b) => (a.decidedOn < b.decidedOn ? -1 : a.decidedOn > b.decidedOn ? 1 : 0));
  const served = new Set<Case>();
  let arrived = 0;
  for (const one of decided) {
    for (let next = accepted[arrived]; next !== undefined && next.acceptedOn <= one.decidedOn; next = accepted[++arrived])
      queueOf.get(ranks.get(next) ?? 0)?.waiting.push(next);
    const rank = ranks.get(one) ?? 0;
    for (const queue of queues) {
      if (served.has(one) || queue.rank > rank) break;
      while (queue.next < queue.waiting.length && !served.has(one)) {
        const next = queue.waiting[queue.next++];
        if (next) served.add(next);
      }
    }
  }
  return [...served];
}
