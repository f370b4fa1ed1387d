// The book as it was on record before an entry: whatever of it was recorded later does not count, a listing runs to the day it then ran
// to, and an exception holds once it was approved. What is gathered once is kept for the cases that follow.
import type { Tx } from '../../db/client.js';
import type { ContractLine } from '../../db/tables.js';
import type { Case, Known } from '../applications/evaluation-facts.js';
import {
  asksBeyondContract,
  circumstancesOf,
  contractLinesOf,
  gatherContractFacts,
  gatherLimitFacts,
} from '../applications/evaluation-facts.js';
import { contractShelf } from '../contracts/facts.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import type { Shelf } from '../ledger/facts.js';
import { Facts, Loader } from '../ledger/facts.js';
import { classShelf, figureShelf, relationShelf } from '../legal-persons/facts.js';
import type { Circumstances, TouchedLimit } from '../programmes/evaluate.js';
import { limitsTouched } from '../programmes/evaluate.js';
import { limitExceptionShelf } from '../programmes/facts.js';
import { listingShelf, observationShelf, providerShelf } from '../providers/facts.js';
import type { ListingSaid } from '../providers/rules.js';
import { listingSayings } from '../providers/rules.js';

/** What a case is asked with, and the entry that decided it: what came to be known from that one on does not count. */
export interface Asked extends Omit<Extract<Case, { contract: unknown }>, 'contract' | 'known'> {
  readonly contractId: string;
  readonly before: bigint;
}

export class Past {
  readonly #facts: Facts;
  readonly #loader: Loader;
  readonly #first = new Map<string, bigint>();
  readonly #raised = new Map<string, bigint>();
  readonly #said: ListingSaid[] = [];

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
    const listings = this.#unknown(listingShelf);
    await this.#learnWhen([enterpriseShelf, providerShelf, observationShelf, listingShelf, classShelf, relationShelf]);
    if (listings.length === 0) return;
    // A listing's last day and its suspensions are what changes here: each answer about it says what they were from then on.
    const said = await this.tx.sql<ListingSaid[]>`
      select k.id, e.seq, o.body ->> 'validTo' as "validTo", coalesce(o.body -> 'suspensions', '[]') as suspensions
        from unnest(${listings}::uuid[]) as k (id)
        cross join lateral (select * from entries e where e.book_id = ${this.bookId} and e.subject_id = k.id offset 0) e
        join outcomes o on o.book_id = e.book_id and o.command_id = e.command_id
       where e.kind = any(${listingSayings}::text[]) order by e.seq`;
    this.#said.push(...said);
  }

  /** Cases of gathered contracts as they were on record, each with the limits it touches. */
  async ask(asked: readonly Asked[]): Promise<{ at: Circumstances; touched: TouchedLimit[] }[]> {
    const cases = asked.map((of) => this.#caseOf(of));
    const beyond = cases.filter(({ law }) => asksBeyondContract(law));
    if (beyond.length > 0) {
      await gatherLimitFacts(this.#loader, beyond);
      await Promise.all([this.#learnWhen([figureShelf]), this.#learnRaised()]);
    }
    return cases.map((of) => {
      const at = circumstancesOf(this.#facts, of);
      return { at, touched: limitsTouched(of.law, of.stage, at) };
    });
  }

  /** The lines of a gathered contract, in order. */
  linesOf(contractId: string): ContractLine[] {
    return contractLinesOf(this.#facts, contractId);
  }

  #caseOf({ contractId, before, ...of }: Asked): Case {
    const contract = this.#facts.get(contractShelf, contractId);
    if (!contract) throw new Error(`the contract ${contractId} was not gathered`);
    const known: Known = {
      has: (id) => (this.#first.get(id) ?? 0n) < before,
      listing: (listing) => this.#said.findLast(({ id, seq }) => id === listing.listingId && seq < before) ?? listing,
      approved: ({ exceptionId }) => (this.#raised.get(exceptionId) ?? 0n) < before,
    };
    return { ...of, contract, known };
  }

  #unknown(of: Shelf<unknown>): string[] {
    return [...this.#facts.state(of).rows.keys()].filter((id) => !this.#first.has(id));
  }

  async #learnWhen(of: readonly Shelf<unknown>[]): Promise<void> {
    const ids = of.flatMap((each) => this.#unknown(each));
    if (ids.length === 0) return;
    const known = await this.tx.sql<{ id: string; first: bigint }[]>`
      select k.id, e.seq as first from unnest(${ids}::uuid[]) as k (id)
       cross join lateral (select e.seq from entries e where e.book_id = ${this.bookId} and e.subject_id = k.id order by e.seq limit 1) e`;
    for (const id of ids) this.#first.set(id, 0n);
    for (const { id, first } of known) this.#first.set(id, first);
  }

  async #learnRaised(): Promise<void> {
    const ids = [...this.#facts.state(limitExceptionShelf).rows.keys()].filter((id) => !this.#raised.has(id));
    if (ids.length === 0) return;
    const raised = await this.tx.sql<{ id: string; seq: bigint }[]>`
      select k.id, e.seq from unnest(${ids}::uuid[]) as k (id)
       cross join lateral (select e.seq from entries e
                            where e.book_id = ${this.bookId} and e.subject_id = k.id and e.kind = 'limit.raised'
                            order by e.seq limit 1) e`;
    for (const id of ids) this.#raised.set(id, 0n);
    for (const { id, seq } of raised) this.#raised.set(id, seq);
  }
}
