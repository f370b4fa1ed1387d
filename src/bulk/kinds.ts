// What a file may hold, and what happens to its documents before and after the lane: the verbs are those of single commands.
import type { Database } from '../../db/client.js';
import type { Role } from '../../schemas/access.js';
import type { BulkKind } from '../../schemas/bulk.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import { shanghaiDay } from '../calendar.js';
import { submitContract } from '../contracts/submit-contract.js';
import type { Actor, LineOutcome, Verb } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import { claimNumbers, releaseNumbers } from '../usage/claim-number.js';
import { ContractProviders } from '../usage/contract-providers.js';
import { marksOf } from '../usage/marks.js';
import { postInvoiceOfFile } from '../usage/post-invoice.js';
import type { PostedInvoice } from '../usage/rules.js';
import { amountsOf, refusalOfInvoice } from '../usage/rules.js';

/** Whose file it is, and where its book is. */
interface Context {
  readonly db: Database;
  readonly bookId: string;
  readonly actor: Actor;
  /** Shared with services of other cities. */
  readonly keys: readonly ExchangeKey[];
}
type Prepare = (bodies: readonly object[], now: Date) => Promise<Prepared>;

/** Bodies as the verb takes them, and what is to be done once they are decided; without lines, when nothing was written. */
export interface Prepared {
  readonly bodies: readonly object[];
  settle(lines: readonly LineOutcome<unknown>[] | null): Promise<void>;
}

export interface Kind {
  readonly roles: readonly Role[];
  readonly verb: Verb<object, object>;
  /** Made for one job: what it looks up once, it remembers. */
  readonly prepare: (of: Context) => Prepare;
  /** By what two documents of a file are the same; null when it cannot be told. */
  readonly identity: (of: Context) => (body: object) => Promise<string | null>;
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

/** Claims the numbers of a slice as single postings do (usage/claim-number.ts): none for what is refused anyway. */
function claimInvoices({ db, bookId, actor, keys }: Context): Prepare {
  const providers = new ContractProviders(db, bookId);
  return async (sent, now) => {
    const bodies = sent as readonly PostedInvoice[];
    const { legalPersonUscc } = actor;
    const known = await providers.of(bodies.map(({ contractId }) => ({ contractId, legalPersonUscc })));
    const today = shanghaiDay(now);
    const claims = bodies.map((body) => {
      const provider = known.get(body.contractId);
      if (!provider || !actsFor(actor, provider)) return null;
      const amounts = amountsOf(body);
      if (refusalOfInvoice(body, today, amounts) !== null) return null;
      const marks = marksOf(keys, { invoiceNo: body.invoiceNo, sellerUscc: provider.uscc, grossFen: amounts.gross });
      const { providerId, uscc } = provider;
      return { of: { number: body.invoiceNo, bookId, providerId }, uscc, checked: { on: today, amounts }, marks };
    });
    const held = await claimNumbers(
      db,
      claims.flatMap((claim) => claim?.of ?? []),
      now,
    );
    return {
      bodies: bodies.map((body, i) => {
        const claim = claims[i];
        if (!claim) return body;
        const { uscc, checked, marks } = claim;
        return { ...body, claim: { providerId: claim.of.providerId, uscc, held: held(claim.of) }, checked, marks };
      }),
      settle: async (lines) => {
        const unused = claims.flatMap((claim, i) => (claim && held(claim.of) && lines?.[i]?.kind !== 'accepted' ? claim.of : []));
        await releaseNumbers(db, unused);
      },
    };
  };
}

export const kinds: Readonly<Record<BulkKind, Kind>> = {
  'usage-invoices': {
    roles: ['provider'],
    verb: sliced(postInvoiceOfFile),
    prepare: claimInvoices,
    identity: ({ db, bookId }) => {
      const providers = new ContractProviders(db, bookId);
      return async (body) => {
        const { contractId, invoiceNo } = body as PostedInvoice;
        const provider = (await providers.of([{ contractId, legalPersonUscc: null }])).get(contractId);
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
