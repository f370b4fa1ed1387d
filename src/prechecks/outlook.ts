// What each programme would give now, and which of them together give the most: every figure is the evaluator's, asked with what the
// ledger's accounts leave, and for the combination with what the awards before would have left of them. Pure, on gathered facts.
import type { Account, LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import type { Posting } from '../ledger/templates.js';
import { limitCharged } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';
import type { Award, Evaluation, NoAward, TouchedLimit } from '../programmes/evaluate.js';
import { evaluateAward, evaluateIssue, findingsOf, limitsTouched } from '../programmes/evaluate.js';
import { limitWindowOf, readLimits } from '../programmes/limits.js';
import { amountOf } from '../programmes/lines.js';
import type { Cap, Option } from './combine.js';
import { combine } from './combine.js';
import type { Asking, Fitted } from './fit.js';
import type { Candidate } from './gather.js';

/** What a candidate would give; null where what it looks at was not given. */
export interface Outlook {
  readonly candidate: Candidate;
  readonly evaluation: Evaluation | null;
  /** How it was found out; null like the evaluation. */
  readonly asked: Asked | null;
  readonly limits: readonly (TouchedLimit & { readonly leftFen: Fen | null })[];
  /** Null of a trial, which has no money. */
  readonly poolLeftFen: Fen | null;
}

/** The evaluator's answer with what these accounts leave, and what an award moves on the limits'. */
interface Asked {
  readonly evaluation: Evaluation;
  readonly left: Readonly<Record<string, Fen>>;
  readonly funding: readonly Posting[];
  readonly charges: readonly LimitWindow[];
}

export interface Best {
  readonly totalFen: Fen;
  readonly exact: boolean;
  /** In the order in which they are applied for; `aloneFen`: what it would give by itself. */
  readonly awards: readonly { readonly candidate: Candidate; readonly award: Award; readonly aloneFen: Fen }[];
  /** What would give something by itself and gives nothing any more, and why. */
  readonly givenUp: readonly { readonly candidate: Candidate; readonly aloneFen: Fen; readonly why: NoAward }[];
}

/** Accounts as they would stand after further awards. */
class Ahead implements Pick<Facts, 'balance'> {
  readonly #moved = new Map<string, Fen>();
  constructor(private readonly facts: Facts) {}

  balance(account: Account): Fen {
    return this.facts.balance(account) + (this.#moved.get(account.code) ?? 0n);
  }

  /** Whether any of these stands otherwise than it was gathered. */
  hasMoved(accounts: readonly Account[]): boolean {
    return accounts.some(({ code }) => this.#moved.has(code));
  }

  move({ code }: Account, deltaFen: Fen): void {
    this.#moved.set(code, (this.#moved.get(code) ?? 0n) + deltaFen);
  }

  post(postings: readonly Posting[]): void {
    for (const { debit, credit, amountFen } of postings) {
      this.move(debit, -amountFen);
      this.move(credit, amountFen);
    }
  }
}

/** What each candidate would give by itself. */
export const outlooksOf = (facts: Facts, candidates: readonly Candidate[]): Outlook[] =>
  candidates.map((candidate) => {
    const { asking } = candidate.fitted;
    const poolLeftFen = candidate.isTrial ? null : facts.balance(accountOf.available(candidate.fund));
    if (asking === null) return { candidate, evaluation: null, asked: null, limits: [], poolLeftFen };
    const asked = ask(facts, candidate, asking);
    const limits = candidate.touched.map((limit) => ({ ...limit, leftFen: asked.left[limit.limitId] ?? null }));
    return { candidate, evaluation: asked.evaluation, asked, limits, poolLeftFen };
  });

/** Asks the evaluator, with what these accounts leave. */
function ask(accounts: Pick<Facts, 'balance'>, { fund, isTrial, fitted, touched: ofWhole }: Candidate, asking: Asking): Asked {
  const { law } = fitted;
  const touched = asking === fitted.asking ? ofWhole : limitsTouched(law, asking.stage, asking.at);
  const { left, funding, charges } = readLimits(accounts, touched);
  const now = { limitsLeft: left, poolLeft: isTrial ? undefined : accounts.balance(accountOf.available(fund)) };
  const evaluation =
    asking.stage === 'ISSUE' ? evaluateIssue(law, { ...asking.at, ...now }) : evaluateAward(law, { ...asking.at, ...now });
  return { evaluation, left, funding, charges };
}

/** The programmes in force that give the most together, trials apart. */
export function bestOf(facts: Facts, outlooks: readonly Outlook[]): Best {
  const giving = outlooks.flatMap((outlook) => {
    const { candidate, evaluation } = outlook;
    const { asking } = candidate.fitted;
    if (candidate.isTrial || asking === null || evaluation?.kind !== 'award') return [];
    return [{ candidate, asking, alone: evaluation, option: optionOf(outlook, asking, evaluation) }];
  });
  const windows = new Map(outlooks.flatMap(({ limits }) => limits.map((limit) => [keyOf(limit), limitWindowOf(limit)] as const)));
  const usedOf = (key: string): Fen => {
    const window: LimitWindow | undefined = windows.get(key);
    return window === undefined ? 0n : facts.balance(accountOf.used(window));
  };
  const { order, exact } = combine(
    giving.map(({ option }) => option),
    usedOf,
  );

  const chosen = order.flatMap((index) => giving[index]?.candidate ?? []);
  const { awards, ahead, reimbursed } = awardsInOrder(facts, chosen, outlooks);
  const aloneFen = new Map(giving.map(({ candidate, alone }) => [candidate, alone.amountFen]));
  const awarded = new Set(awards.map(({ candidate }) => candidate));
  return {
    totalFen: sumFen(awards.map(({ award }) => award.amountFen)),
    exact,
    awards: awards.map((one) => ({ ...one, aloneFen: aloneFen.get(one.candidate) ?? 0n })),
    givenUp: giving.flatMap(({ candidate, asking, alone }) => {
      if (awarded.has(candidate)) return [];
      const { evaluation } = ask(ahead, candidate, without(asking, candidate.fitted, reimbursed));
      return evaluation.kind === 'award' ? [] : [{ candidate, aloneFen: alone.amountFen, why: evaluation }];
    }),
  };
}

/**
 * What these give one after another, each charged to the accounts of its limits and to its fund, and its lines reimbursed, before the
 * next is asked. One that gives nothing is passed over. Of what these outlooks say by itself nothing is asked again that the awards
 * before have not touched.
 */
export function awardsInOrder(facts: Facts, candidates: readonly Candidate[], outlooks: readonly Outlook[] = []) {
  const alone = new Map(outlooks.map(({ candidate, asked }) => [candidate, asked]));
  const ahead = new Ahead(facts);
  const reimbursed = new Set<string>();
  const awards: { candidate: Candidate; award: Award }[] = [];
  for (const candidate of candidates) {
    const { asking: whole } = candidate.fitted;
    if (whole === null) continue;
    const asking = without(whole, candidate.fitted, reimbursed);
    const known = asking === whole && !ahead.hasMoved(accountsOf(candidate)) ? alone.get(candidate) : undefined;
    const { evaluation, funding, charges } = known ?? ask(ahead, candidate, asking);
    if (evaluation.kind !== 'award') continue;
    const { amountFen } = evaluation;
    ahead.post([...funding, ...charges.flatMap((at) => limitCharged({ at, amountFen }))]);
    ahead.move(accountOf.available(candidate.fund), -amountFen);
    for (const { key } of linesCounted(candidate.fitted, whole)) reimbursed.add(key);
    awards.push({ candidate, award: evaluation });
  }
  return { awards, ahead, reimbursed };
}

/** The accounts that what a candidate gives depends on. */
const accountsOf = ({ fund, touched }: Candidate): Account[] => [
  accountOf.available(fund),
  ...touched.map(limitWindowOf).flatMap((at) => [accountOf.allowance(at), accountOf.used(at)]),
];

const keyOf = (limit: TouchedLimit): string => {
  const { limit: account, holder, window } = limitWindowOf(limit);
  return `${account} ${holder} ${window}`;
};

const kinds: Readonly<Record<string, Cap['kind']>> = {
  HIGHEST_ONLY: 'HIGHEST',
  BEST_HIGHEST_ONLY: 'HIGHEST',
  LEVEL_UP_DIFFERENCE: 'HIGHEST',
  ONE_AWARD_PER_CONTRACT: 'ONCE',
};

/** A candidate's award as the search sees it. */
function optionOf({ candidate, limits, poolLeftFen }: Outlook, asking: Asking, alone: Award): Option {
  const { fund, fitted } = candidate;
  const { on } = fitted;
  const strategies = new Map(on.stacking.map(({ id, strategy }) => [id, strategy as string]));
  const counted = limits.flatMap((limit): Cap[] => {
    const kind = kinds[strategies.get(limit.limitId) ?? ''] ?? 'MOST';
    return limit.amountFen === null ? [] : [{ key: keyOf(limit), kind, numberFen: limit.amountFen }];
  });
  return {
    lines:
      asking.stage === 'ISSUE' ? [{ key: null, weighted: alone.weighted, baseFen: alone.baseFen }] : linesCounted(fitted, asking),
    caps: [...counted, ...(poolLeftFen === null ? [] : [{ key: fund, kind: 'MOST' as const, numberFen: poolLeftFen }])],
    minBaseFen: on.minBase?.value ?? 0n,
    minAwardFen: on.minAward?.value ?? 0n,
    maxAwardFen: on.maxAward?.value ?? null,
  };
}

/** The lines that a reimbursement counts, each with what it weighs; of a voucher none, for its contract is not used up by it. */
function linesCounted({ law, on, keys }: Fitted, asking: Asking): { key: string; weighted: bigint; baseFen: Fen }[] {
  if (asking.stage === 'ISSUE') return [];
  return findingsOf(law, asking.at).flatMap((found, i) =>
    found.flatMap(({ basisPoints }, j) => {
      const [key, line] = [keys[i]?.[j], asking.at.items[i]?.lines[j]];
      if (basisPoints === null || key === undefined || line === undefined) return [];
      const baseFen = amountOf(on, line);
      return [{ key, baseFen, weighted: baseFen * BigInt(basisPoints) }];
    }),
  );
}

/** The question without the lines that are reimbursed already: each is reimbursed once. */
function without(asking: Asking, { keys }: Fitted, reimbursed: ReadonlySet<string>): Asking {
  if (asking.stage === 'ISSUE' || reimbursed.size === 0) return asking;
  const items = asking.at.items.map((item, i) => ({
    ...item,
    lines: item.lines.filter((_, j) => !reimbursed.has(keys[i]?.[j] ?? '')),
  }));
  return { stage: 'AWARD', at: { ...asking.at, items: items.filter(({ lines }) => lines.length > 0) } };
}
