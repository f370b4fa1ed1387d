// Cases asked of a law with what of the book was on record before the entry that decided them. What is gathered once is kept for the
// cases that follow, and so is what was made of it.
import type { Tx } from '../../db/client.js';
import type { ContractLine } from '../../db/tables.js';
import type { Case } from '../applications/evaluation-facts.js';
import {
  asksBeyondContract,
  circumstancesOf,
  contractLinesOf,
  gatherContractFacts,
  gatherLimitFacts,
} from '../applications/evaluation-facts.js';
import type { KnownBefore } from '../applications/known-then.js';
import { KnownThen } from '../applications/known-then.js';
import { yearOf } from '../calendar.js';
import { contractShelf } from '../contracts/facts.js';
import { Facts, Loader } from '../ledger/facts.js';
import { pairOf, relationShelf } from '../legal-persons/facts.js';
import type { Circumstances, TouchedLimit } from '../programmes/evaluate.js';
import { limitsTouched } from '../programmes/evaluate.js';
import type { Law, ProgrammeVersion } from '../programmes/language.js';
import { lawOn } from '../programmes/language.js';

/**
 * What a case is asked with, and the entry that decided it: what came to be known from that one on does not count. Cases of one
 * `keptAs` differ in nothing but that entry, the day it is booked on and the days of use.
 */
export interface Asked extends Omit<Extract<Case, { contract: unknown }>, 'contract' | 'known'> {
  readonly contractId: string;
  readonly before: bigint;
  readonly keptAs?: string;
}

export interface Answer {
  readonly at: Circumstances;
  readonly touched: readonly TouchedLimit[];
}

/** An answer that may be given again: as long as nothing else was on record, and its limits as long as law and year are the same. */
interface Kept extends Answer {
  readonly law: ProgrammeVersion;
  readonly before: bigint;
  readonly turnsAt: bigint | null;
  readonly dated: Law;
}

export class Past {
  readonly facts: Facts;
  readonly loader: Loader;
  readonly then: KnownThen;
  readonly #gathered = new Set<string>();
  readonly #kept = new Map<string, Kept>();
  readonly #lines = new Map<string, ReadonlyMap<string, ContractLine>>();

  constructor(tx: Tx, bookId: string) {
    this.facts = new Facts(bookId, '');
    this.loader = new Loader(tx, bookId, this.facts);
    this.then = new KnownThen(tx, this.facts);
  }

  /** Rows that it holds. */
  get size(): number {
    return this.facts.size;
  }

  async gather(contractIds: readonly string[]): Promise<void> {
    const fresh = contractIds.filter((id) => !this.#gathered.has(id));
    if (fresh.length === 0) return;
    await gatherContractFacts(this.loader, fresh);
    await this.then.learn();
    for (const id of fresh) this.#gathered.add(id);
  }

  /** Cases of gathered contracts as they were on record, each with the limits it touches. */
  async ask(asked: readonly Asked[]): Promise<Answer[]> {
    const beyond = asked.filter(({ law }) => asksBeyondContract(law));
    if (beyond.length > 0) {
      await gatherLimitFacts(
        this.loader,
        beyond.map((of) => this.#caseOf(of).of),
      );
      await this.then.learnOfLimits();
    }
    return asked.map((of) => this.#again(of) ?? this.#answer(of));
  }

  /** The lines of a gathered contract, by their ids. */
  linesOf(contractId: string): ReadonlyMap<string, ContractLine> {
    let lines = this.#lines.get(contractId);
    if (lines === undefined) {
      lines = new Map(contractLinesOf(this.facts, contractId).map((line) => [line.contractLineId, line]));
      this.#lines.set(contractId, lines);
    }
    return lines;
  }

  #answer(asked: Asked): Answer {
    const { of, known } = this.#caseOf(asked);
    const { law, stage, bookedOn } = of;
    const at = circumstancesOf(this.facts, of);
    const answer = { at, touched: limitsTouched(law, stage, at) };
    if (asked.keptAs !== undefined && this.#isSteady(asked, at)) {
      const { before } = asked;
      this.#kept.set(asked.keptAs, { ...answer, law, before, turnsAt: known.turnsAt(), dated: lawOn(law, bookedOn) });
    }
    return answer;
  }

  /** What was answered before, if it still holds. */
  #again({ keptAs, law, stage, before, bookedOn }: Asked): Answer | undefined {
    const kept = keptAs === undefined ? undefined : this.#kept.get(keptAs);
    if (kept?.law !== law || before < kept.before) return undefined;
    if (kept.turnsAt !== null && before > kept.turnsAt) return undefined;
    if (kept.at.bookedOn === bookedOn) return kept;
    const at = { ...kept.at, bookedOn };
    const isSame = yearOf(bookedOn) === yearOf(kept.at.bookedOn) && lawOn(law, bookedOn) === kept.dated;
    return { at, touched: isSame ? kept.touched : limitsTouched(law, stage, at) };
  }

  /** Whether nothing of it depends on the day it is booked on, or on the days of use. */
  #isSteady({ law, stage }: Asked, { enterprise, provider }: Circumstances): boolean {
    const pair = pairOf(enterprise.legalPerson, provider.legalPerson);
    return stage === 'REDEEM' && !asksBeyondContract(law) && this.facts.all(relationShelf, 'pair', pair).length === 0;
  }

  #caseOf({ contractId, before, ...of }: Asked): { of: Case; known: KnownBefore } {
    const contract = this.facts.get(contractShelf, contractId);
    if (!contract) throw new Error(`the contract ${contractId} was not gathered`);
    const known = this.then.before(before);
    return { of: { ...of, contract, known }, known };
  }
}
