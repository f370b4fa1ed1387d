// The book as it was on record before an entry: which enterprises, providers, observations and listings there were by then, and to
// which day a listing ran. What is gathered once is kept for the cases that follow.
import type { Tx } from '../../db/client.js';
import type { ContractLine } from '../../db/tables.js';
import { contractLinesOf, gatherContractFacts } from '../applications/evaluation-facts.js';
import type { Day } from '../calendar.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { Facts, Loader } from '../ledger/facts.js';
import type { Circumstances } from '../programmes/evaluate.js';
import { listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import { circumstancesThen } from '../reconciliation/recompute.js';

/** What a case is asked with, and the entry that decided it: what came to be known from that one on does not count. */
export interface Asked {
  readonly contractId: string;
  readonly appliedOn: Day;
  readonly bookedOn: Day;
  readonly predicates: Circumstances['enterprise']['predicates'];
  readonly before: bigint;
}

export class Past {
  readonly #facts: Facts;
  readonly #loader: Loader;
  readonly #first = new Map<string, bigint>();
  readonly #said: { id: string; seq: bigint; validTo: Day | null }[] = [];

  constructor(
    private readonly tx: Tx,
    private readonly bookId: string,
  ) {
    this.#facts = new Facts(bookId, '');
    this.#loader = new Loader(tx, bookId, this.#facts);
  }

  /** Rows that it holds. */
  get size(): number {
    return this.#facts.size;
  }

  async gather(contractIds: readonly string[]): Promise<void> {
    await gatherContractFacts(this.#loader, contractIds);
    const fresh = (of: typeof enterpriseShelf | typeof providerShelf | typeof observationShelf | typeof listingShelf) =>
      [...this.#facts.state(of).rows.keys()].filter((id) => !this.#first.has(id));
    const listings = fresh(listingShelf);
    const ids = [...fresh(enterpriseShelf), ...fresh(providerShelf), ...fresh(observationShelf), ...listings];
    if (ids.length === 0) return;
    const { sql } = this.tx;
    const [known, said] = await Promise.all([
      sql<{ id: string; first: bigint }[]>`
        select k.id, e.seq as first from unnest(${ids}::uuid[]) as k (id)
         cross join lateral (select e.seq from entries e where e.book_id = ${this.bookId} and e.subject_id = k.id order by e.seq limit 1) e`,
      // A listing's last day is the one thing here that changes: each answer about it says what it was from then on.
      sql<{ id: string; seq: bigint; validTo: Day | null }[]>`
        select k.id, e.seq, o.body ->> 'validTo' as "validTo"
          from unnest(${listings}::uuid[]) as k (id)
          cross join lateral (select * from entries e where e.book_id = ${this.bookId} and e.subject_id = k.id offset 0) e
          join outcomes o on o.book_id = e.book_id and o.command_id = e.command_id
         where e.kind in ('listing.recorded', 'listing.ended') order by e.seq`,
    ]);
    for (const id of ids) this.#first.set(id, 0n);
    for (const { id, first } of known) this.#first.set(id, first);
    this.#said.push(...said);
  }

  /** A gathered contract and its parties as they were on record. */
  circumstances({ contractId, before, ...of }: Asked): Circumstances {
    return circumstancesThen(
      this.#facts,
      {
        recorded: (id) => this.#first.get(id) ?? 0n,
        listedTo: (listingId, upTo) => this.#said.findLast(({ id, seq }) => id === listingId && seq < upTo)?.validTo,
      },
      contractId,
      of,
      before,
    );
  }

  /** The lines of a gathered contract, in order. */
  linesOf(contractId: string): ContractLine[] {
    return contractLinesOf(this.#facts, contractId);
  }
}
