// What of the book was on record before an entry: whatever of it was recorded later does not count, a listing is what was said of it
// last, and an exception holds once it was approved. For those who look back: the audit, and simulations.
import type { Tx } from '../../db/client.js';
import type { Listing } from '../../db/tables.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Facts, Shelf } from '../ledger/facts.js';
import { firstEntries, whatWasSaid } from '../ledger/history.js';
import { classShelf, figureShelf, relationShelf } from '../legal-persons/facts.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import type { ListingSaid } from '../providers/rules.js';
import { listingSayings } from '../providers/rules.js';
import type { Known } from './evaluation-facts.js';
import { transfersOf } from './evaluation-facts.js';

/** What was known before an entry; `turnsAt` is the first entry from that one on with which an answer given so far is another. */
export interface KnownBefore extends Known {
  readonly turnsAt: () => bigint | null;
}

export class KnownThen {
  /** By record, the entry with which it came to be; 0 for none. */
  readonly #first = new Map<string, bigint>();
  readonly #raised = new Map<string, bigint>();
  /** By listing, what was said of its last day and its suspensions: all that changes here. In order of the entries. */
  readonly #said = new Map<string, ListingSaid[]>();

  constructor(
    private readonly tx: Pick<Tx, 'sql'>,
    private readonly facts: Facts,
  ) {}

  /** Learns when everything came to be that was gathered around contracts since it was called last, and these subjects beside it. */
  async learn(also: readonly string[] = []): Promise<void> {
    const listings = this.#unknown(listingShelf, this.#first);
    await Promise.all([
      this.#learnWhen([enterpriseShelf, providerShelf, observationShelf, listingShelf, classShelf, relationShelf], also),
      this.#learnSaid(listings),
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
      listing: (listing) => {
        let then: Pick<Listing, 'validTo' | 'suspensions'> | undefined;
        for (const said of this.#said.get(listing.listingId) ?? []) if (isBefore(said.seq)) then = said;
        return then ?? listing;
      },
      approved: ({ exceptionId }) => isBefore(this.#raised.get(exceptionId) ?? 0n),
      turnsAt: () => turnsAt,
    };
  }

  #unknown(of: Shelf<unknown>, among: ReadonlyMap<string, bigint>): string[] {
    return [...this.facts.state(of).rows.keys()].filter((id) => !among.has(id));
  }

  async #learnWhen(of: readonly Shelf<unknown>[], also: readonly string[] = []): Promise<void> {
    // By what contracts went over is on record as of that decision, too.
    const transfers = transfersOf(this.facts).filter((id) => !this.#first.has(id));
    const ids = [...of.flatMap((each) => this.#unknown(each, this.#first)), ...transfers, ...also];
    const known = await firstEntries(this.tx, this.facts.bookId, ids);
    for (const id of ids) this.#first.set(id, known.get(id) ?? 0n);
  }

  /** Of a listing about which nothing was said since it was made what it says is what it always said. */
  async #learnSaid(listingIds: readonly string[]): Promise<void> {
    const { bookId } = this.facts;
    const since = await firstEntries(this.tx, bookId, listingIds, listingSayings.slice(1));
    const of = { subjectIds: [...since.keys()], kinds: listingSayings };
    for (const { subjectId: id, seq, answer } of await whatWasSaid(this.tx, bookId, of)) {
      const { validTo = null, suspensions = [] } = answer as Partial<Pick<Listing, 'validTo' | 'suspensions'>>;
      const said = { id, seq, validTo, suspensions };
      const before = this.#said.get(id);
      if (before) before.push(said);
      else this.#said.set(id, [said]);
    }
  }
}
