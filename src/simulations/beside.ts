// What of a limit is used by what a simulation does not decide: in earlier years, under other programmes that share it, by what was
// brought along at go-live. Read from the limit's own account, before the entry that decided the case.
import type { Tx } from '../../db/client.js';
import { accountOf } from '../ledger/chart.js';
import type { Span } from '../ledger/history.js';
import { movedBeside } from '../ledger/history.js';
import type { Fen } from '../money.js';
import type { TouchedLimit } from '../programmes/evaluate.js';
import { limitWindowOf } from '../programmes/limits.js';

export class Beside {
  readonly #legs = new Map<string, { seq: bigint; fen: Fen }[]>();

  constructor(
    private readonly tx: Tx,
    private readonly of: {
      bookId: string;
      programmeCode: string;
      versions: readonly string[];
      span: Span;
      year: number;
      /** The last entry that may count. */
      upTo: bigint;
      /** Allocations that the simulation decides, whenever they were approved, and those of other years' money that this year approved. */
      simulated: readonly string[];
      others: readonly string[];
    },
  ) {}

  async gather(touched: Iterable<TouchedLimit>): Promise<void> {
    const fresh = new Set<string>();
    for (const limit of touched) {
      if (this.#isOwn(limit)) continue;
      const code = codeOf(limit);
      if (!this.#legs.has(code)) fresh.add(code);
    }
    if (fresh.size === 0) return;
    for (const code of fresh) this.#legs.set(code, []);
    const { bookId, versions, span, upTo, simulated, others } = this.of;
    const of = { codes: [...fresh], upTo, versions, span, without: simulated, with: others };
    for (const { code, seq, fen } of await movedBeside(this.tx, bookId, of)) this.#legs.get(code)?.push({ seq, fen });
  }

  /** Of a gathered limit, in fen. */
  used(limit: TouchedLimit, before: bigint): Fen {
    if (this.#isOwn(limit)) return 0n;
    let sum = 0n;
    for (const { seq, fen } of this.#legs.get(codeOf(limit)) ?? []) if (seq < before) sum += fen;
    return sum > 0n ? sum : 0n;
  }

  /** What only this programme counts against, and only in this year, is all decided by the simulation. */
  #isOwn({ account, window }: TouchedLimit): boolean {
    const { others, year, programmeCode } = this.of;
    return others.length === 0 && window === String(year) && account.startsWith(`${programmeCode}.`);
  }
}

const codeOf = (limit: TouchedLimit): string => accountOf.used(limitWindowOf(limit)).code;
