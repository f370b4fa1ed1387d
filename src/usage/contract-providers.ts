import type { Database } from '../../db/client.js';
import type { Actor } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import type { ContractParty } from './queries.js';
import { findContractProviders } from './queries.js';

/** A contract, and whose legal person asks for it. */
interface Asked extends Pick<Actor, 'legalPersonUscc'> {
  readonly contractId: string;
}

/** Contracts remembered at most; beyond it all are forgotten and begun anew. */
const mostRemembered = 20_000;

/**
 * The providers of a book's contracts, each looked up once: a contract's provider never changes, and who acts for it only when it is
 * absorbed. So whoever it is not remembered to be asks again.
 */
export class ContractProviders {
  readonly #known = new Map<string, ContractParty>();

  constructor(
    private readonly db: Database,
    private readonly bookId: string,
  ) {}

  /** Those of these contracts at least, as whoever asks for each may act; a contract that does not exist has none, and is asked for again. */
  async of(wanted: readonly Asked[]): Promise<ReadonlyMap<string, ContractParty>> {
    if (this.#known.size > mostRemembered) this.#known.clear();
    const isKnown = (of: Asked): boolean => {
      const party = this.#known.get(of.contractId);
      return party !== undefined && actsFor(of, party);
    };
    const unknown = [...new Set(wanted.filter((of) => !isKnown(of)).map(({ contractId }) => contractId))];
    if (unknown.length > 0) {
      for (const party of await findContractProviders(this.db, this.bookId, unknown)) this.#known.set(party.contractId, party);
    }
    return this.#known;
  }
}
