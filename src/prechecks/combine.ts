// Which programmes to apply for, and in which order, so that they give the most together. Pure.
//
// Whoever applies takes all that a programme gives then, and what it gave counts before the next one: on the accounts of the limits and
// stacking rules that both touch, and on the lines that both would reimburse, each of which is reimbursed once. A programme never gives
// more for coming later. Programmes that have nothing in common are looked at apart; of the others every order is tried that could
// still give more than the best one found.
import type { Fen } from '../money.js';
import { floorWeighted, minFen } from '../money.js';

/** A limit, a pool or a stacking rule, in the order in which they are applied. */
export interface Cap {
  /** The account it counts on. */
  readonly key: string;
  /**
   * MOST: with what is used, no more than the number. HIGHEST: what is used is taken off what the programme gives by itself. ONCE:
   * nothing, once anything is used.
   */
  readonly kind: 'MOST' | 'HIGHEST' | 'ONCE';
  readonly numberFen: Fen;
}

/** A programme that would give something by itself. */
export interface Option {
  /** What counts of each line at its rate (fen × basis points), and before it (fen); of a voucher under no line's name. */
  readonly lines: readonly { readonly key: string | null; readonly weighted: bigint; readonly baseFen: Fen }[];
  readonly caps: readonly Cap[];
  readonly minBaseFen: Fen;
  readonly minAwardFen: Fen;
  /** Null: the law names none. */
  readonly maxAwardFen: Fen | null;
}

export interface Combination {
  /** Indexes of the options, in the order in which they are applied for. */
  readonly order: readonly number[];
  readonly totalFen: Fen;
  /** That no other order gives more was found out, and not only not found otherwise. */
  readonly exact: boolean;
}

/** Orders that are tried at most among programmes that have something in common. */
const triedAtMost = 5_000;

/** The best combination, when so much (fen) is used of each account so far. */
export function combine(options: readonly Option[], usedFen: (key: string) => Fen, tried = triedAtMost): Combination {
  const parts = partsOf(options).map((part) => bestOrder(options, part, usedFen, tried));
  return {
    order: parts.flatMap(({ order }) => order),
    totalFen: parts.reduce((sum, { totalFen }) => sum + totalFen, 0n),
    exact: parts.every(({ exact }) => exact),
  };
}

const lineKeysOf = ({ lines }: Option): string[] => lines.flatMap(({ key }) => (key === null ? [] : [`line ${key}`]));

/** Groups of options, each of which has an account or a line in common with another of its group and with none of any other. */
function partsOf(options: readonly Option[]): number[][] {
  const parts: { members: number[]; keys: Set<string> }[] = [];
  for (const [index, option] of options.entries()) {
    const keys = [...option.caps.map(({ key }) => key), ...lineKeysOf(option)];
    const joined = { members: [index], keys: new Set(keys) };
    for (const part of parts.filter((of) => keys.some((key) => of.keys.has(key)))) {
      parts.splice(parts.indexOf(part), 1);
      joined.members.push(...part.members);
      for (const key of part.keys) joined.keys.add(key);
    }
    parts.push(joined);
  }
  return parts.map(({ members }) => members.sort((a, b) => a - b)).sort(([a = 0], [b = 0]) => a - b);
}

/** Where an attempt stands: what is used of each account by now, and which lines are reimbursed. */
class Attempt {
  readonly order: number[] = [];
  totalFen: Fen = 0n;
  readonly #more = new Map<string, Fen>();
  readonly #lines = new Map<string, number>();

  constructor(
    private readonly options: readonly Option[],
    private readonly usedFen: (key: string) => Fen,
  ) {}

  used(key: string): Fen {
    return this.usedFen(key) + (this.#more.get(key) ?? 0n);
  }

  /** What an option gives now; `byItselfFen`: before the highest award is compared. Never more than before. */
  given({ lines, caps, minBaseFen, minAwardFen, maxAwardFen }: Option): { amountFen: Fen; byItselfFen: Fen } {
    const nothing = { amountFen: 0n, byItselfFen: 0n };
    let [baseFen, weighted] = [0n, 0n];
    for (const line of lines) {
      if (line.key !== null && (this.#lines.get(line.key) ?? 0) > 0) continue;
      baseFen += line.baseFen;
      weighted += line.weighted;
    }
    if (baseFen < minBaseFen) return nothing;
    const computedFen = floorWeighted(weighted);
    let amountFen = maxAwardFen === null ? computedFen : minFen(computedFen, maxAwardFen);
    if (amountFen <= 0n) return nothing;
    let byItselfFen = amountFen;
    for (const { key, kind, numberFen } of caps) {
      const used = this.used(key);
      if (kind === 'ONCE') {
        if (used > 0n) return nothing;
      } else if (kind === 'HIGHEST') {
        byItselfFen = amountFen;
        amountFen -= minFen(used, computedFen);
      } else amountFen = minFen(amountFen, numberFen - used);
      if (amountFen <= 0n) return nothing;
    }
    return amountFen < minAwardFen ? nothing : { amountFen, byItselfFen };
  }

  /** Applies for an option that gives this much, or takes it back. */
  move(index: number, amountFen: Fen, by: 1 | -1): void {
    const option = this.options[index];
    if (option === undefined) throw new Error(`there is no option ${index}`);
    const deltaFen = by === 1 ? amountFen : -amountFen;
    if (by === 1) this.order.push(index);
    else this.order.pop();
    this.totalFen += deltaFen;
    for (const { key } of option.caps) this.#more.set(key, (this.#more.get(key) ?? 0n) + deltaFen);
    for (const { key } of option.lines) if (key !== null) this.#lines.set(key, (this.#lines.get(key) ?? 0) + by);
  }

  /** All that decides what the others give from here on. */
  standing(): string {
    const used = [...this.#more].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, fen]) => `${key}=${fen}`);
    return `${[...this.order].sort((a, b) => a - b).join(' ')} ${used.join(' ')}`;
  }
}

function bestOrder(
  options: readonly Option[],
  part: readonly number[],
  usedFen: (key: string) => Fen,
  mostTried: number,
): Combination {
  const shared = sharedBy(options, part);
  const attempt = new Attempt(options, usedFen);
  const seen = new Set<string>();
  let best: { order: readonly number[]; totalFen: Fen } = { order: [], totalFen: 0n };
  let tried = 0;
  let exact = true;

  const goOn = (remaining: readonly number[]): void => {
    if (attempt.totalFen > best.totalFen) best = { order: [...attempt.order], totalFen: attempt.totalFen };
    const open: Giving[] = [];
    for (const index of remaining) {
      const option = options[index];
      const given = option && attempt.given(option);
      if (given !== undefined && given.amountFen > 0n) open.push({ index, ...given });
    }
    if (open.length === 0 || attempt.totalFen + mostOf(open, shared, attempt) <= best.totalFen) return;
    const standing = attempt.standing();
    if (seen.has(standing)) return;
    if (tried >= mostTried) {
      exact = false;
      return;
    }
    tried++;
    seen.add(standing);
    open.sort((a, b) => (a.amountFen === b.amountFen ? a.index - b.index : a.amountFen > b.amountFen ? -1 : 1));
    for (const { index, amountFen } of open) {
      attempt.move(index, amountFen, 1);
      goOn(open.map((of) => of.index).filter((other) => other !== index));
      attempt.move(index, amountFen, -1);
    }
  };
  goOn(part);
  return { ...withoutNeedless(options, best, usedFen), exact };
}

interface Giving {
  readonly index: number;
  readonly amountFen: Fen;
  readonly byItselfFen: Fen;
}
interface Shared {
  readonly key: string;
  readonly kind: Cap['kind'];
  /** Option → its number for this account. */
  readonly numbers: ReadonlyMap<number, Fen>;
}

/** Accounts that several of these count on, all in one way. */
function sharedBy(options: readonly Option[], part: readonly number[]): Shared[] {
  const byKey = new Map<string, { kinds: Set<Cap['kind']>; numbers: Map<number, Fen> }>();
  for (const index of part) {
    for (const { key, kind, numberFen } of options[index]?.caps ?? []) {
      const of = byKey.get(key) ?? { kinds: new Set(), numbers: new Map<number, Fen>() };
      of.kinds.add(kind);
      of.numbers.set(index, numberFen);
      byKey.set(key, of);
    }
  }
  return [...byKey].flatMap(([key, { kinds, numbers }]) => {
    const [kind] = kinds;
    return kind !== undefined && kinds.size === 1 && numbers.size > 1 ? [{ key, kind, numbers }] : [];
  });
}

/** No less than what these can still give together: each is counted by itself, or with others under one account they share. */
function mostOf(open: readonly Giving[], shared: readonly Shared[], attempt: Attempt): Fen {
  const alone = new Map(open.map((of) => [of.index, of]));
  let mostFen = 0n;
  for (const { key, kind, numbers } of shared) {
    const members = [...alone.values()].filter(({ index }) => numbers.has(index));
    if (members.length < 2) continue;
    const used = attempt.used(key);
    const sum = members.reduce((total, { amountFen }) => total + amountFen, 0n);
    const together =
      kind === 'ONCE'
        ? highest(members.map(({ amountFen }) => amountFen))
        : kind === 'HIGHEST'
          ? highest(members.map(({ byItselfFen }) => byItselfFen)) - used
          : highest(members.map(({ index }) => numbers.get(index) ?? 0n)) - used;
    if (together >= sum) continue;
    mostFen += together;
    for (const { index } of members) alone.delete(index);
  }
  for (const { amountFen } of alone.values()) mostFen += amountFen;
  return mostFen;
}

const highest = (amounts: readonly Fen[]): Fen => amounts.reduce((most, fen) => (fen > most ? fen : most), 0n);

/** Nobody applies for what adds nothing. */
function withoutNeedless(
  options: readonly Option[],
  of: { order: readonly number[]; totalFen: Fen },
  usedFen: (key: string) => Fen,
): { order: readonly number[]; totalFen: Fen } {
  let { order } = of;
  for (const index of [...order].reverse()) {
    const without = order.filter((other) => other !== index);
    const attempt = new Attempt(options, usedFen);
    for (const other of without) {
      const option = options[other];
      const amountFen = option ? attempt.given(option).amountFen : 0n;
      if (amountFen > 0n) attempt.move(other, amountFen, 1);
    }
    if (attempt.totalFen === of.totalFen) order = without;
  }
  return { order, totalFen: of.totalFen };
}
