// What a file may hold, and what happens to its documents before and after the lane: the verbs are those of single commands.
import type { Database } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import type { BulkKind } from '../../schemas/bulk.js';
import { shanghaiDay } from '../calendar.js';
import { submitContract } from '../contracts/submit-contract.js';
import type { Actor, LineOutcome, Verb } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import type { SliceClaim } from '../usage/claim-number.js';
import { claimNumbers, releaseNumbers } from '../usage/claim-number.js';
import { postInvoice } from '../usage/post-invoice.js';
import type { PostedInvoice } from '../usage/rules.js';
import { refusalOfInvoice } from '../usage/rules.js';
import type { ContractParty } from './queries.js';
import { findContractProviders } from './queries.js';

interface Context {
  readonly db: Database;
  readonly bookId: string;
  readonly actor: Actor;
  readonly now: Date;
}

/** Bodies as the verb takes them, and what is to be done once they are decided; without lines, when nothing was written. */
export interface Prepared {
  readonly bodies: readonly object[];
  settle(lines: readonly LineOutcome<unknown>[] | null): Promise<void>;
}

export interface Kind {
  readonly roles: readonly Role[];
  readonly verb: Verb<object, object>;
  /** Made for one job: what it looks up once, it remembers. */
  readonly prepare: () => (bodies: readonly object[], context: Context) => Promise<Prepared>;
  /** By what two documents of a file are the same; null when it cannot be told. */
  readonly identity: () => (body: object, context: Context) => Promise<string | null>;
  /** Where the number of a document is, and the refusal of the second that bears it. */
  readonly duplicate: { readonly code: string; readonly pointer: string; readonly paramName: string };
}

/** The bodies come out of the schema of the verb's own command. */
const sliced = <Body extends object, Result extends object>(verb: Verb<Body, Result>): Verb<object, object> => ({
  name: verb.name,
  money: verb.money,
  gather: (loader, commands) => verb.gather(loader, commands as Parameters<typeof verb.gather>[1]),
  decide: (command, facts) => verb.decide(command as Parameters<typeof verb.decide>[0], facts),
});

/** Providers of contracts, which never change; as many as a file is likely to name. */
class ContractProviders {
  readonly #known = new Map<string, ContractParty>();
  async of(contractIds: readonly string[], { db, bookId }: Context): Promise<ReadonlyMap<string, ContractParty>> {
    const unknown = [...new Set(contractIds)].filter((id) => !this.#known.has(id));
    if (unknown.length > 0) {
      if (this.#known.size > 20_000) this.#known.clear();
      for (const party of await findContractProviders(db, bookId, unknown)) this.#known.set(party.contractId, party);
    }
    return this.#known;
  }
}

/**
 * Claims the numbers of a slice as single postings do (usage/claim-number.ts): none for what is refused anyway. Of one number
 * that the slice brings for two providers the first has the claim.
 */
function claimInvoices(): (bodies: readonly object[], context: Context) => Promise<Prepared> {
  const providers = new ContractProviders();
  return async (sent, context) => {
    const { db, bookId, actor, now } = context;
    const bodies = sent as readonly PostedInvoice[];
    const known = await providers.of(
      bodies.map(({ contractId }) => contractId),
      context,
    );
    const today = shanghaiDay(now);
    const providerIds = bodies.map((body): string | null => {
      const provider = known.get(body.contractId);
      if (!provider || !actsFor(actor, provider) || refusalOfInvoice(body, today) !== null) return null;
      return provider.providerId;
    });
    const claims = new Map<string, SliceClaim>();
    for (const [i, providerId] of providerIds.entries()) {
      const number = bodies[i]?.invoiceNo ?? '';
      if (providerId === null) continue;
      const claim = claims.get(number) ?? { number, providerId, holders: 0 };
      if (claim.providerId === providerId) claims.set(number, { ...claim, holders: claim.holders + 1 });
    }
    const held = await claimNumbers(db, bookId, [...claims.values()], now);
    const isHeld = (i: number): boolean => {
      const number = bodies[i]?.invoiceNo ?? '';
      return providerIds[i] !== null && claims.get(number)?.providerId === providerIds[i] && held.has(number);
    };
    return {
      bodies: bodies.map((body, i) => {
        const providerId = providerIds[i] ?? null;
        return providerId === null ? body : { ...body, claim: { providerId, held: isHeld(i) } };
      }),
      settle: async (lines) => {
        const unused = new Map<string, SliceClaim>();
        for (const [i, { invoiceNo: number }] of bodies.entries()) {
          if (!isHeld(i) || lines?.[i]?.kind === 'accepted') continue;
          const before = unused.get(number) ?? { number, providerId: providerIds[i] ?? '', holders: 0 };
          unused.set(number, { ...before, holders: before.holders + 1 });
        }
        await releaseNumbers(db, bookId, [...unused.values()]);
      },
    };
  };
}

export const kinds: Readonly<Record<BulkKind, Kind>> = {
  'usage-invoices': {
    roles: ['provider'],
    verb: sliced(postInvoice),
    prepare: claimInvoices,
    identity: () => {
      const providers = new ContractProviders();
      return async (body, context) => {
        const { contractId, invoiceNo } = body as PostedInvoice;
        const provider = (await providers.of([contractId], context)).get(contractId);
        return provider ? `${provider.providerId} ${invoiceNo}` : null;
      };
    },
    duplicate: { code: 'INVOICE_NUMBER_USED', pointer: '/invoiceNo', paramName: 'invoiceNo' },
  },
  contracts: {
    roles: ['enterprise', 'provider'],
    verb: sliced(submitContract),
    prepare: () => async (bodies) => ({ bodies, settle: async () => undefined }),
    identity: () => async (body) => {
      const { providerId, contractNo } = body as { providerId: string; contractNo: string };
      return `${providerId} ${contractNo}`;
    },
    duplicate: { code: 'CONTRACT_EXISTS', pointer: '/contractNo', paramName: 'contractNo' },
  },
};
