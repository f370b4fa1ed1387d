import type { Database } from '../../db/client.js';
import type { UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import { shanghaiDay } from '../calendar.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { insert } from '../ledger/facts.js';
import type { Outcome, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { listingShelf, providerShelf } from '../providers/facts.js';
import { actsFor } from '../providers/rules.js';
import { claimNumber, releaseNumber } from './claim-number.js';
import { invoiceLineShelf, invoiceShelf } from './facts.js';
import { findContractProvider } from './queries.js';
import type { PostedInvoice } from './rules.js';
import { fenOf, presentInvoice, presentInvoiceLine, refusalOfInvoice, refusalOfUsage } from './rules.js';

/** What enters the lane: with whose claim on the number, and whether it was got. Nothing was claimed for what is refused anyway. */
type Body = PostedInvoice & { readonly claim?: { readonly providerId: string; readonly held: boolean } };
type Result = ReturnType<typeof presentInvoice> & { lines: ReturnType<typeof presentInvoiceLine>[] };

/** Before the lane: claims the number for the contract's provider, unless the lane is going to refuse the invoice as it is. */
export async function claimBeforeLane(
  db: Database,
  of: { body: PostedInvoice; bookId: string; legalPersonUscc: string | null; now: Date },
): Promise<Body> {
  const { body, bookId, now } = of;
  if (refusalOfInvoice(body, shanghaiDay(now)) !== null) return body;
  const provider = await findContractProvider(db, bookId, body.contractId);
  if (!provider || !actsFor(of, provider)) return body;
  const { providerId } = provider;
  return { ...body, claim: { providerId, held: await claimNumber(db, { number: body.invoiceNo, bookId, providerId }, now) } };
}

/** After the lane: gives the hold back unless an invoice was made with it. */
export async function releaseAfterLane(
  db: Database,
  of: { body: Body; bookId: string; outcome: Outcome<unknown> },
): Promise<void> {
  const { body, bookId, outcome } = of;
  const invoiceMade = outcome.kind === 'accepted' && !outcome.replayed;
  if (body.claim?.held !== true || invoiceMade) return;
  await releaseNumber(db, { number: body.invoiceNo, bookId, providerId: body.claim.providerId });
}

/**
 * Posts a provider's invoice for usage of a filed contract. Refuses, in this order: what is wrong with it as written
 * (refusalOfInvoice), NOT_FOUND for a contract that is not the provider's, INVOICE_NUMBER_USED, what is wrong with its usage
 * (refusalOfUsage). A number claimed elsewhere is no refusal: the invoice is marked.
 */
export const postInvoice: Verb<Body, Result> = {
  name: 'usage_invoice.post',
  money: false,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.contractId);
    const [contracts] = await Promise.all([
      loader.load(contractShelf, 'id', ids),
      loader.load(contractLineShelf, 'contract', ids),
    ]);
    const providers = contracts.map(({ providerId }) => providerId);
    const providerOf = new Map(contracts.map(({ contractId, providerId }) => [contractId, providerId]));
    await Promise.all([
      loader.load(providerShelf, 'id', providers),
      loader.load(listingShelf, 'provider', providers),
      loader.load(
        invoiceShelf,
        'number',
        commands.flatMap(({ body }) => {
          const providerId = providerOf.get(body.contractId);
          return providerId === undefined ? [] : [[providerId, body.invoiceNo]];
        }),
      ),
    ]);
  },

  decide(command, facts) {
    const { id, body, actor, today } = command;
    const asWritten = refusalOfInvoice(body, today);
    if (asWritten) return asWritten;
    const contract = facts.get(contractShelf, body.contractId);
    const provider = contract && facts.get(providerShelf, contract.providerId);
    if (!contract || !provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/contractId');
    if (facts.one(invoiceShelf, 'number', [provider.providerId, body.invoiceNo])) {
      return refused('INVOICE_NUMBER_USED', { invoiceNo: body.invoiceNo }, '/invoiceNo');
    }
    const contractLines = facts.all(contractLineShelf, 'contract', contract.contractId);
    const listings = facts.all(listingShelf, 'provider', provider.providerId);
    const asUsed = refusalOfUsage(body, contract, contractLines, listings);
    if (asUsed) return asUsed;
    // After this line the command succeeds.
    const row: UsageInvoice = {
      bookId: facts.bookId,
      invoiceId: id,
      invoiceNo: body.invoiceNo,
      providerId: provider.providerId,
      enterpriseId: contract.enterpriseId,
      contractId: contract.contractId,
      issuedOn: body.issuedOn,
      usageFrom: body.usageFrom,
      usageTo: body.usageTo,
      netFen: fenOf(body.net),
      vatFen: fenOf(body.vat),
      grossFen: fenOf(body.gross),
      paidFen: 0n,
      status: 'POSTED',
      numberConflict: body.claim?.held !== true,
      postedPerson: actor.personId,
      postedOn: today,
      decidedPerson: null,
      decidedOn: null,
      disputeReason: null,
      redemptionId: null,
      recordedAt: command.receivedAt.toISOString(),
    };
    const lines = body.lines.map(({ contractLineNo, quantity, net, vat, gross }, index) => {
      const line: UsageInvoiceLine = {
        bookId: facts.bookId,
        invoiceLineId: command.newId(),
        invoiceId: id,
        lineNo: index + 1,
        contractLineId: contractLines.find(({ lineNo }) => lineNo === contractLineNo)?.contractLineId ?? '',
        quantity,
        netFen: fenOf(net),
        vatFen: fenOf(vat),
        grossFen: fenOf(gross),
      };
      return { line, contractLineNo };
    });
    return accepted({
      decision: 'usage_invoice.posted',
      subjectId: id,
      result: {
        ...presentInvoice(row),
        lines: lines.map(({ line, contractLineNo }) => presentInvoiceLine(line, contractLineNo)),
      },
      changes: [insert(invoiceShelf, row), ...lines.map(({ line }) => insert(invoiceLineShelf, line))],
    });
  },
};
