// Where single postings claim their invoice numbers and give them back: many at once. While one group is committed the next
// gathers, as in a lane; a posting that is alone goes at once; there is no timer. So the flush to disk that a claim waits for
// is paid once a group, and a group takes one of its book's places around the lane (http/traffic.ts), not one a posting.
//
// A fault fails a whole group, and each of its postings is told so as it would be alone: nothing of theirs has entered the
// lane. Should the group have been committed after all, holds are left, one too many each, never one too few.
import type { Database } from '../../db/client.js';
import type { Actor } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import type { NumberClaim } from './claim-number.js';
import { claimNumbers, releaseNumbers } from './claim-number.js';
import { ContractProviders } from './contract-providers.js';

/** A posting that is right as written and wants its number. */
interface Wanted extends Pick<Actor, 'legalPersonUscc'> {
  readonly number: string;
  readonly contractId: string;
  readonly now: Date;
}

/** For whom a number was asked for, and whether it was got. */
export interface Claim {
  readonly providerId: string;
  /** The provider's own credit code, as the seller's on its invoices. */
  readonly uscc: string;
  readonly held: boolean;
}

/** Runs work when the book has a place for it. `patient` work gives something back and is never sent away. */
type Places = (work: () => Promise<unknown>, of: { patient: boolean }) => Promise<unknown>;

export class ClaimDesk {
  readonly #bookId: string;
  readonly #claims: Gathering<Wanted, Claim | null>;
  readonly #releases: Gathering<NumberClaim, null>;

  constructor(db: Database, bookId: string, places: Places) {
    this.#bookId = bookId;
    const providers = new ContractProviders(db, bookId);
    const inPlace = async <T>(work: () => Promise<T>, patient: boolean): Promise<T> => {
      const done: T[] = [];
      await places(async () => done.push(await work()), { patient });
      return done[0] as T;
    };
    this.#claims = new Gathering((group) =>
      inPlace(async () => {
        const known = await providers.of(group);
        const claims = group.map((wanted): (NumberClaim & Pick<Claim, 'uscc'>) | null => {
          const provider = known.get(wanted.contractId);
          if (!provider || !actsFor(wanted, provider)) return null;
          return { number: wanted.number, bookId, providerId: provider.providerId, uscc: provider.uscc };
        });
        const [{ now }] = group;
        const held = await claimNumbers(
          db,
          claims.filter((claim) => claim !== null),
          now,
        );
        return claims.map((claim) => claim && { providerId: claim.providerId, uscc: claim.uscc, held: held(claim) });
      }, false),
    );
    this.#releases = new Gathering((group) =>
      inPlace(async () => {
        await releaseNumbers(db, group);
        return group.map(() => null);
      }, true),
    );
  }

  /** Null when the contract is not this legal person's: its number is not claimed, for the lane is going to refuse it. */
  claim(wanted: Wanted): Promise<Claim | null> {
    return this.#claims.add(wanted);
  }

  /** Gives back the hold of a posting that made no invoice. */
  async release(of: Pick<NumberClaim, 'number' | 'providerId'>): Promise<void> {
    await this.#releases.add({ ...of, bookId: this.#bookId });
  }
}

type Group<Item> = readonly [Item, ...Item[]];

/** A group takes no more, so that nobody waits for a very large one. */
const mostAtOnce = 256;

class Gathering<Item, Result> {
  readonly #settle: (group: Group<Item>) => Promise<readonly Result[]>;
  readonly #waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #busy = false;

  constructor(settle: (group: Group<Item>) => Promise<readonly Result[]>) {
    this.#settle = settle;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const group = this.#waiting.splice(0, mostAtOnce);
      const [first, ...others] = group;
      if (!first) break;
      try {
        const results = await this.#settle([first.item, ...others.map(({ item }) => item)]);
        group.forEach(({ resolve }, i) => resolve(results[i] as Result));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#busy = false;
  }
}
