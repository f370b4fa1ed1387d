// What of the book was on record before an entry: whatever of it was recorded later does not count, a listing runs to the day it then
// ran to, and an exception holds once it was approved. For those who look back: the audit, and simulations.
import type { Tx } from '../../db/client.js';
import type { Day } from '../calendar.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Shelf } from '../ledger/facts.js';
import { firstEntries, whatWasSaid } from '../ledger/history.js';
import { classShelf, figureShelf, relationShelf } from '../legal-persons/facts.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import type { Known } from './evaluation-facts.js';

/** What was known before an entry; `turnsAt` is the first entry from that one on with which an answer given so far is another. */
export interface KnownBefore extends Known {
  readonly turnsAt: () => bigint | null;
}

export class KnownThen {
  /** By record, the entry with which it came to be; 0 for none. */
  readonly #first = new Map<string, bigint>();
  readonly #raised = new Map<string, bigint>();
  /** By listing, what was said of its last day: the one thing here that changes. In order of the entries. */
  readonly #said = new Map<string, { readonly seq: bigint; readonly validTo: Day | null }[]>();

  constructor(
    private readonly tx: Pick<Tx, 'sql'>,
    private readonly facts: Facts,
  ) {}

  /** Learns when everything came to be that was gathered around contracts since it was called last. */
  async learn(): Promise<void> {
    const listings = this.#unknown(listingShelf, this.#first);
    await Promise.all([
      this.#learnWhen([enterpriseShelf, providerShelf, observationShelf, listingShelf, classShelf, relationShelf]),
      this.#learnLastDays(listings),
    ]);
  }

  /** The same of figures and exceptions, which limits look at. */
  async learnOfLimits(): Promise<void> {
    const exceptions = this.#unknown(limitExceptionShelf, this.#raised);
    const [raised] = await Promise.all([
      firstEntries(this.tx, this.facts.bookId, exceptions, ['limit.raised']),
      this.#learnWhen([figureShelf]),
    ]);
    for (const id of exceptions) this.#raised.set(id, raised.get(id) ?? 0n);
  }

  before(seq: bigint): KnownBefore {
    let turnsAt: bigint | null = null;
    const isBefore = (entry: bigint): boolean => {
      if (entry < seq) return true;
      if (turnsAt === null || entry < turnsAt) turnsAt = entry;
      return false;
    };
    return {
      has: (id) => isBefore(this.#first.get(id) ?? 0n),
      listedTo: ({ listingId, validTo }) => {
        const said = this.#said.get(listingId);
        if (said === undefined) return validTo;
        let then: Day | null | undefined;
        for (const each of said) if (isBefore(each.seq)) then = each.validTo;
        return then === undefined ? validTo : then;
      },
      approved: ({ exceptionId }) => isBefore(this.#raised.get(exceptionId) ?? 0n),
      turnsAt: () => turnsAt,
    };
  }

  #unknown(of: Shelf<unknown>, among: ReadonlyMap<string, bigint>): string[] {
    return [...this.facts.state(of).rows.keys()].filter((id) => !among.has(id));
  }

  async #learnWhen(of: readonly Shelf<unknown>[]): Promise<void> {
    const ids = of.flatMap((each) => this.#unknown(each, this.#first));
    const known = await firstEntries(this.tx, this.facts.bookId, ids);
    for (const id of ids) this.#first.set(id, known.get(id) ?? 0n);
  }

  /** Of a listing that nobody ended what it says is what it always said. */
  async #learnLastDays(listingIds: readonly string[]): Promise<void> {
    const { bookId } = this.facts;
    const subjectIds = [...(await firstEntries(this.tx, bookId, listingIds, ['listing.ended'])).keys()];
    const kinds = ['listing.recorded', 'listing.ended'];
    for (const { subjectId, seq, value } of await whatWasSaid(this.tx, bookId, { subjectIds, kinds, field: 'validTo' })) {
      const said = this.#said.get(subjectId);
      if (said) said.push({ seq, validTo: value });
      else this.#said.set(subjectId, [{ seq, validTo: value }]);
    }
  }
}
