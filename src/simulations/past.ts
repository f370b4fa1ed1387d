// Cases asked of a law with what of the book was on record before the entry that decided them. What is gathered once is kept for the
// cases that follow, and so is what was made of it.
import type { Tx } from '../../db/client.js';
import type { Contract, ContractLine } from '../../db/tables.js';
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
import type { Day } from '../calendar.js';
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
 * `keptAs` differ in nothing but that entry, the stage with what its review recorded, the day it is booked on and the days of use.
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

/** An answer that may be given again: as long as nothing else was on record, and its limits as long as stage, law and year are the same. */
interface Kept {
  readonly at: Circumstances;
  readonly law: ProgrammeVersion;
  readonly before: bigint;
  readonly turnsAt: bigint | null;
  limits: { readonly stage: Asked['stage']; readonly dated: Law; readonly year: number; readonly touched: Answer['touched'] };
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

  /** The day on which a gathered contract was signed. */
  signedOn(contractId: string): Day {
    return this.#contractOf(contractId).signedOn;
  }

  #answer(asked: Asked): Answer {
    const { of, known } = this.#caseOf(asked);
    const { law, stage, bookedOn } = of;
    const at = circumstancesOf(this.facts, of);
    const touched = limitsTouched(law, stage, at);
    if (asked.keptAs !== undefined && this.#isSteady(law, at)) {
      const limits = { stage, dated: lawOn(law, bookedOn), year: yearOf(bookedOn), touched };
      this.#kept.set(asked.keptAs, { at, law, before: asked.before, turnsAt: known.turnsAt(), limits });
    }
    return { at, touched };
  }

  /** What was answered before, if it still holds. */
  #again({ keptAs, law, stage, before, bookedOn }: Asked): Answer | undefined {
    const kept = keptAs === undefined ? undefined : this.#kept.get(keptAs);
    if (kept?.law !== law || before < kept.before) return undefined;
    if (kept.turnsAt !== null && before > kept.turnsAt) return undefined;
    const at = kept.at.bookedOn === bookedOn ? kept.at : { ...kept.at, bookedOn };
    const [dated, year] = [lawOn(law, bookedOn), yearOf(bookedOn)];
    const { limits } = kept;
    if (limits.stage !== stage || limits.dated !== dated || limits.year !== year)
      kept.limits = { stage, dated, year, touched: limitsTouched(law, stage, at) };
    return { at, touched: kept.limits.touched };
  }

  /** Whether nothing of it depends on the day it is booked on, or on the days of use. */
  #isSteady(law: ProgrammeVersion, { enterprise, provider }: Circumstances): boolean {
    const pair = pairOf(enterprise.legalPerson, provider.legalPerson);
    return !asksBeyondContract(law) && this.facts.all(relationShelf, 'pair', pair).length === 0;
  }

  #caseOf({ contractId, before, ...of }: Asked): { of: Case; known: KnownBefore } {
    const known = this.then.before(before);
    return { of: { ...of, contract: this.#contractOf(contractId), known }, known };
  }

  #contractOf(contractId: string): Contract {
    const contract = this.facts.get(contractShelf, contractId);
    if (!contract) throw new Error(`the contract ${contractId} was not gathered`);
    return contract;
  }
}
