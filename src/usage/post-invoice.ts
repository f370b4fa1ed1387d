import type { ReimbursementLine, UsageInvoice, UsageInvoiceLine } from '../../db/tables.js';
import type { ExchangeKey } from '../../schemas/settings.js';
import type { Day } from '../calendar.js';
import { shanghaiDay } from '../calendar.js';
import { calendarOf } from '../calendars/facts.js';
import { contractLineShelf, contractShelf } from '../contracts/facts.js';
import { raise } from '../flags/raise.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Accepted, Command, Outcome, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Message } from '../ledger/outbox.js';
import { listingShelf, providerShelf } from '../providers/facts.js';
import { actsFor } from '../providers/rules.js';
import type { Claim, ClaimDesk } from './claim-desk.js';
import { confirmationRules, gatherConfirmationRules } from './confirmation.js';
import { facilityUsageChanges, gatherFacilityUsage } from './facility-usage.js';
import { exchangeMarkShelf, foreignMarkShelf, invoiceLineShelf, invoiceShelf, reimbursementLineShelf } from './facts.js';
import type { Mark } from './marks.js';
import { marksOf, suspicionsOfMarks } from './marks.js';
import type { InvoiceAmounts, PostedInvoice } from './rules.js';
import { amountsOf, deadlineOf, liveOf, presentInvoice, presentInvoiceLine, refusalOfInvoice, refusalOfUsage } from './rules.js';
import { gatherSuspicions, suspicionsOf } from './suspicions.js';
import { toldOfPosting } from './told.js';

/**
 * What enters the lane: with whose claim on the number, and whether it was got. Nothing was claimed for what is refused anyway.
 * `checked`: on that day it was right as written, and these are its amounts.
 */
type Body = PostedInvoice & {
  readonly claim?: Claim;
  readonly checked?: { readonly on: Day; readonly amounts: InvoiceAmounts };
  /** Its hashes under the keys that are shared with other services. */
  readonly marks?: readonly Mark[];
};
type Result = ReturnType<typeof presentInvoice> & { lines: ReturnType<typeof presentInvoiceLine>[] };

/** Before the lane: claims the number for the contract's provider, unless the lane is going to refuse the invoice as it is. */
export async function claimBeforeLane(
  desk: ClaimDesk,
  of: { body: PostedInvoice; legalPersonUscc: string | null; now: Date; keys: readonly ExchangeKey[] },
): Promise<Body> {
  const { body, legalPersonUscc, now, keys } = of;
  const [today, amounts] = [shanghaiDay(now), amountsOf(body)];
  if (refusalOfInvoice(body, today, amounts) !== null) return body;
  const claim = await desk.claim({ number: body.invoiceNo, contractId: body.contractId, legalPersonUscc, now });
  if (!claim) return body;
  const marks = marksOf(keys, { invoiceNo: body.invoiceNo, sellerUscc: claim.uscc, grossFen: amounts.gross });
  return { ...body, claim, checked: { on: today, amounts }, marks };
}

/** After the lane: gives the hold back unless an invoice was made with it. */
export async function releaseAfterLane(
  desk: ClaimDesk,
  { body, outcome }: { body: Body; outcome: Outcome<unknown> },
): Promise<void> {
  const invoiceMade = outcome.kind === 'accepted' && !outcome.replayed;
  if (body.claim?.held !== true || invoiceMade) return;
  await desk.release({ number: body.invoiceNo, providerId: body.claim.providerId });
}

async function gather(loader: Loader, commands: readonly Command<Body>[]): Promise<void> {
  const ids = commands.map(({ body }) => body.contractId);
  const [contracts] = await Promise.all([loader.load(contractShelf, 'id', ids), loader.load(contractLineShelf, 'contract', ids)]);
  const providers = contracts.map(({ providerId }) => providerId);
  const providerOf = new Map(contracts.map(({ contractId, providerId }) => [contractId, providerId]));
  const [known] = await Promise.all([
    loader.load(providerShelf, 'id', providers),
    gatherConfirmationRules(loader, ids),
    loader.load(
      foreignMarkShelf,
      'number',
      commands.flatMap(({ body }) => (body.marks ?? []).map(({ numberHash }) => numberHash)),
    ),
    gatherFacilityUsage(
      loader,
      commands.map(({ body }) => body),
    ),
    gatherSuspicions(loader, ids),
    loader.load(listingShelf, 'provider', providers),
    loader.load(
      invoiceShelf,
      'number',
      commands.flatMap(({ body }) => {
        const providerId = providerOf.get(body.contractId);
        return providerId === undefined ? [] : [[body.invoiceNo, providerId]];
      }),
    ),
  ]);
  const usccOf = new Map(known.map(({ providerId, uscc }) => [providerId, uscc]));
  await loader.load(
    reimbursementLineShelf,
    'reference',
    commands.filter(isClaimedElsewhere).flatMap(({ body }) => {
      const uscc = usccOf.get(providerOf.get(body.contractId) ?? '');
      return uscc === undefined ? [] : [[uscc, body.invoiceNo, 'true']];
    }),
  );
}

/** What is declared for reimbursement has claimed its number, so only a posting that got no hold can be of such a paper. */
const isClaimedElsewhere = ({ body }: Command<Body>): boolean => body.claim?.held === false;

interface Posted {
  readonly kind: 'posted';
  /** The line of an application for reimbursement that declared it before it was posted. */
  readonly declaredBy: ReimbursementLine | undefined;
  readonly row: UsageInvoice;
  readonly lines: readonly UsageInvoiceLine[];
  readonly messages: readonly Message[];
  /** Of what it bills of facilities, and of the flags that it raises. */
  readonly beside: readonly Change[];
}

function decide(command: Command<Body>, facts: Facts): Posted | Refused {
  const { id, body, actor, today } = command;
  // What was right on this very day, moments ago, is not read again.
  const checked = body.checked?.on === today ? body.checked : undefined;
  const amounts = checked?.amounts ?? amountsOf(body);
  const asWritten = checked ? null : refusalOfInvoice(body, today, amounts);
  if (asWritten) return asWritten;
  const contract = facts.get(contractShelf, body.contractId);
  const provider = contract && facts.get(providerShelf, contract.providerId);
  if (!contract || !provider || !actsFor(actor, provider)) return refused('NOT_FOUND', {}, '/contractId');
  const alike = facts.all(invoiceShelf, 'number', [body.invoiceNo, provider.providerId]);
  if (liveOf(alike)) {
    return refused('INVOICE_NUMBER_USED', { invoiceNo: body.invoiceNo }, '/invoiceNo');
  }
  const contractLines = facts.all(contractLineShelf, 'contract', contract.contractId);
  const listings = facts.all(listingShelf, 'provider', provider.providerId);
  const asUsed = refusalOfUsage(body, contract, contractLines, listings);
  if (asUsed) return asUsed;
  const due = deadlineOf(confirmationRules(facts, contract), today, calendarOf(facts));
  if (due.kind === 'refused') return due;
  // After this line the command succeeds.
  const declaredBy = isClaimedElsewhere(command)
    ? facts
        .all(reimbursementLineShelf, 'reference', [provider.uscc, body.invoiceNo, 'true'])
        .find(({ invoiceLineId }) => invoiceLineId === null)
    : undefined;
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
    netFen: amounts.net,
    vatFen: amounts.vat,
    grossFen: amounts.gross,
    paidFen: 0n,
    status: 'POSTED',
    numberConflict: body.claim?.held !== true,
    postedPerson: actor.personId,
    postedOn: today,
    decidedPerson: null,
    decidedOn: null,
    disputeReason: null,
    redemptionId: null,
    reimbursedLines: declaredBy ? 1 : 0,
    digitalInvoice: null,
    decidedBy: null,
    decisionReason: null,
    confirmBy: null,
    confirmOutcome: null,
    ...due.deadline,
    paymentConflict: false,
    redFen: 0n,
    voidedNo: 0,
    voidedOn: null,
    voidedPerson: null,
    voidReason: null,
    holdingFlags: 0,
    recordedAt: command.receivedAt.toISOString(),
  };
  const lines = amounts.lines.map(({ net, vat, gross }, index): UsageInvoiceLine => {
    const { contractLineNo, quantity } = body.lines[index] ?? { contractLineNo: 0, quantity: '' };
    return {
      bookId: facts.bookId,
      invoiceLineId: command.newId(),
      invoiceId: id,
      lineNo: index + 1,
      contractLineId: contractLines.find(({ lineNo }) => lineNo === contractLineNo)?.contractLineId ?? '',
      quantity,
      netFen: net,
      vatFen: vat,
      grossFen: gross,
    };
  });
  const marks = body.marks ?? [];
  const foreign = marks.flatMap(({ numberHash }) => facts.all(foreignMarkShelf, 'number', numberHash));
  const found = [...suspicionsOf(facts, row, lines), ...suspicionsOfMarks(row, marks, foreign)];
  const flags = raise(command, facts, { subjectKind: 'USAGE_INVOICE', subjectId: id }, found);
  const hashes = marks.map((mark) =>
    insert(exchangeMarkShelf, { bookId: facts.bookId, markId: command.newId(), invoiceId: id, ...mark }),
  );
  const beside = [...facilityUsageChanges(facts, row, lines, 1n), ...hashes, ...flags];
  return {
    kind: 'posted',
    row: { ...row, holdingFlags: flags.length },
    lines,
    declaredBy,
    beside,
    messages: toldOfPosting(row, contract),
  };
}

const acceptedAs = <Result>({ row, lines, declaredBy, beside, messages }: Posted, result: Result): Accepted<Result> =>
  accepted({
    decision: 'usage_invoice.posted',
    subjectId: row.invoiceId,
    result,
    changes: [
      insert(invoiceShelf, row),
      ...lines.map((line) => insert(invoiceLineShelf, line)),
      ...beside,
      ...(declaredBy ? [update(reimbursementLineShelf, { ...declaredBy, invoiceId: row.invoiceId })] : []),
    ],
    messages,
  });

/**
 * Posts a provider's invoice for usage of a filed contract. Refuses, in this order: what is wrong with it as written
 * (refusalOfInvoice), NOT_FOUND for a contract that is not the provider's, INVOICE_NUMBER_USED, what is wrong with its usage
 * (refusalOfUsage), CALENDAR_YEAR_UNPUBLISHED where its deadline takes a year that is not. A number claimed elsewhere is no refusal:
 * the invoice is marked; and where an application for reimbursement has declared it, it is held by that one and can not be redeemed
 * (INVOICE_REIMBURSED). Nor is what a rule finds: it raises a flag, which holds the invoice for a person.
 */
export const postInvoice: Verb<Body, Result> = {
  name: 'usage_invoice.post',
  money: false,
  gather,
  decide(command, facts) {
    const posted = decide(command, facts);
    if (posted.kind === 'refused') return posted;
    const { row, lines } = posted;
    return acceptedAs(posted, {
      ...presentInvoice(row),
      lines: lines.map((line, index) => presentInvoiceLine(line, command.body.lines[index]?.contractLineNo ?? 0)),
    });
  },
};

/** The same for an invoice of a file, of which nobody is told more than that it was accepted. */
export const postInvoiceOfFile: Verb<Body, object> = {
  ...postInvoice,
  decide(command, facts) {
    const posted = decide(command, facts);
    return posted.kind === 'refused' ? posted : acceptedAs(posted, {});
  },
};
