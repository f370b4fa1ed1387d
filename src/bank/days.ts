// What the bank says of a day and an account, added up as lines come in, are matched and unmatched.
import type { BankDay, BankLine, BankMatch } from '../../db/tables.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import { bankDayShelf } from './facts.js';

type OfDay = Pick<BankLine, 'bookedOn' | 'bankAccount'>;
const keyOf = ({ bookedOn, bankAccount }: OfDay): [string, string] => [bookedOn, bankAccount ?? ''];

export async function gatherDays(loader: Loader, lines: readonly OfDay[]): Promise<void> {
  await loader.load(bankDayShelf, 'day', lines.map(keyOf));
}

/** Adds up what happened to gathered days, each once however many lines are of it. */
export class DaySums {
  readonly #days = new Map<string, { readonly before: BankDay | undefined; now: BankDay }>();

  constructor(
    private readonly facts: Facts,
    private readonly newId: () => string,
  ) {}

  recorded(line: BankLine): void {
    this.#add(line, {
      lineCount: 1,
      paidFen: line.status === 'PAID' ? line.amountFen : 0n,
      returnedFen: line.status === 'RETURNED' ? line.amountFen : 0n,
    });
  }

  matched(line: OfDay, { kind, amountFen }: Pick<BankMatch, 'kind' | 'amountFen'>): void {
    this.#add(line, {
      matchedFen: amountFen,
      settledFen: kind === 'PAID' ? amountFen : 0n,
      backFen: kind === 'PAID' ? 0n : amountFen,
    });
  }

  undone(line: OfDay, { amountFen }: Pick<BankMatch, 'amountFen'>): void {
    this.#add(line, { matchedFen: -amountFen });
  }

  changes(): Change[] {
    return [...this.#days.values()].map(({ before, now }) => (before ? update(bankDayShelf, now) : insert(bankDayShelf, now)));
  }

  #add(of: OfDay, more: Partial<Omit<BankDay, 'bookId' | 'bankDayId' | 'bankAccount' | 'bookedOn'>>): void {
    const [bookedOn, bankAccount] = keyOf(of);
    const key = `${bookedOn} ${bankAccount}`;
    let day = this.#days.get(key);
    if (!day) {
      const before = this.facts.one(bankDayShelf, 'day', [bookedOn, bankAccount]);
      const none = { lineCount: 0, paidFen: 0n, returnedFen: 0n, matchedFen: 0n, settledFen: 0n, backFen: 0n };
      const now = before ?? { bookId: this.facts.bookId, bankDayId: this.newId(), bookedOn, bankAccount, ...none };
      this.#days.set(key, (day = { before, now }));
    }
    const { now } = day;
    day.now = {
      ...now,
      lineCount: now.lineCount + (more.lineCount ?? 0),
      paidFen: now.paidFen + (more.paidFen ?? 0n),
      returnedFen: now.returnedFen + (more.returnedFen ?? 0n),
      matchedFen: now.matchedFen + (more.matchedFen ?? 0n),
      settledFen: now.settledFen + (more.settledFen ?? 0n),
      backFen: now.backFen + (more.backFen ?? 0n),
    };
  }
}
