import type { Database } from '../../db/client.js';
import type { ContractParty } from './queries.js';
import { findContractProviders } from './queries.js';

/** Contracts remembered at most; beyond it all are forgotten and begun anew. */
const mostRemembered = 20_000;

/** The providers of a book's contracts, each looked up once: neither a contract's provider nor its legal person ever changes. */
export class ContractProviders {
  readonly #known = new Map<string, ContractParty>();

  constructor(
    private readonly db: Database,
    private readonly bookId: string,
  ) {}

  /** Those of these contracts at least; a contract that does not exist has none, and is asked for again. */
  async of(contractIds: readonly string[]): Promise<ReadonlyMap<string, ContractParty>> {
    if (this.#known.size > mostRemembered) this.#known.clear();
    const unknown = [...new Set(contractIds)].filter((id) => !this.#known.has(id));
    if (unknown.length > 0) {
      for (const party of await findContractProviders(this.db, this.bookId, unknown)) this.#known.set(party.contractId, party);
    }
    return this.#known;
  }
}
