import type { z } from 'zod';
import type { RedLetter, RedLetterLine, UsageInvoice } from '../../db/tables.js';
import type { postRedLetter as body } from '../../schemas/corrections.js';
import { checkInvoiceNumber } from '../identifiers.js';
import type { Facts } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Outcome, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import type { Fen } from '../money.js';
import { atLeastNone, formatYuan, minFen, sumFen } from '../money.js';
import { countUsage } from '../programmes/count.js';
import { providerShelf } from '../providers/facts.js';
import { actsFor } from '../providers/rules.js';
import { evaluatorLine, contractLinesOf } from '../applications/evaluation-facts.js';
import { caseOf, goneOf } from '../redemptions/gather.js';
import { redemptionShelf } from '../redemptions/facts.js';
import type { Gone } from '../redemptions/take-back.js';
import { nothingGone, reversibleFen } from '../redemptions/take-back.js';
import { claimOf } from '../redemptions/rules.js';
import type { Claim, ClaimDesk } from '../usage/claim-desk.js';
import { facilityUsageChanges, gatherFacilityUsage } from '../usage/facility-usage.js';
import { invoiceLineShelf, invoiceShelf, lineUsageShelf, redLetterLineShelf, redLetterShelf } from '../usage/facts.js';
import { liveOf, netOf, refuseInvoice, usageAfter } from '../usage/rules.js';
import { voucherShelf } from '../vouchers/facts.js';
import { weightOf } from '../vouchers/rules.js';
import { contractShelf } from '../contracts/facts.js';
import type { CutBack, CutRedemption } from './cut-back.js';
import type { Followed, Following } from './follow.js';
import { reasonOf, recorded } from './follow.js';
import { citeOf, cutBackOf, gatherStanding } from './gather.js';
import { followAwards, gatherReimbursed } from './red-lettered-awards.js';
import { linesToTake, presentRedLetter } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string; readonly claim?: Claim };
type Result = ReturnType<typeof presentRedLetter> & { invoiceStatus: UsageInvoice['status']; corrections: Followed[] };

/** Before the lane: claims the red letter's own number for the contract's provider. */
export async function claimRedNumber(
  desk: ClaimDesk,
  of: { body: z.output<typeof body>; legalPersonUscc: string | null; now: Date },
): Promise<Body> {
  const { redLetterNo, issuedOn, contractId } = of.body;
  if (checkInvoiceNumber(redLetterNo, issuedOn).kind === 'invalid') return of.body;
  const claim = await desk.claim({ number: redLetterNo, contractId, legalPersonUscc: of.legalPersonUscc, now: of.now });
  return claim ? { ...of.body, claim } : of.body;
}

/** After the lane: gives the hold back unless a red letter was made with it. */
export async function releaseRedNumber(
  desk: ClaimDesk,
  { body: sent, outcome }: { body: Body; outcome: Outcome<unknown> },
): Promise<void> {
  const made = outcome.kind === 'accepted' && !outcome.replayed;
  if (sent.claim?.held === true && !made) await desk.release({ number: sent.redLetterNo, providerId: sent.claim.providerId });
}

/**
 * A provider takes back a confirmed invoice in part or whole, by a red letter with a number of its own, which counts once. Where the invoice
 * is redeemed, the difference that it makes to the floor of the cumulative sum is posted, in the open month: a reservation is returned, an
 * approval that is not instructed reversed, and what was paid beyond is recovered. Where it counts in applications for reimbursement, it
 * counts there for what is left of it, and awards are computed anew; what follows for them is not the provider's to be told. Refuses
 * NOT_FOUND (another provider's likewise), INVOICE_WRONG_STATE, what is wrong with it as written (linesToTake), RED_LETTER_NUMBER_USED,
 * CORRECTION_WAITS_FOR_BATCH.
 */
export const postRedLetter: Verb<Body, Result> = {
  name: 'red_letter.post',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [invoices] = await Promise.all([
      loader.load(invoiceShelf, 'id', ids),
      loader.load(invoiceLineShelf, 'invoice', ids),
      loader.load(redLetterLineShelf, 'invoice', ids),
    ]);
    const contractIds = invoices.map(({ contractId }) => contractId);
    const numbers = commands.flatMap(({ body }) => {
      const invoice = loader.facts.get(invoiceShelf, body.id ?? '');
      return invoice ? [[body.redLetterNo, invoice.providerId]] : [];
    });
    await Promise.all([
      loader.load(
        providerShelf,
        'id',
        invoices.map(({ providerId }) => providerId),
      ),
      loader.load(invoiceShelf, 'number', numbers),
      loader.load(redLetterShelf, 'number', numbers),
      loader.load(lineUsageShelf, 'contract', contractIds),
      gatherFacilityUsage(loader, invoices),
    ]);
    await gatherReimbursed(loader, commands, ids);
    await gatherStanding(
      loader,
      commands.flatMap((command) => {
        const invoice = loader.facts.get(invoiceShelf, command.body.id ?? '');
        return invoice ? [{ command, contractId: invoice.contractId }] : [];
      }),
    );
  },

  decide(command, facts) {
    const { id, body, actor, today, receivedAt, newId } = command;
    const invoice = facts.get(invoiceShelf, body.id ?? '');
    const provider = invoice && facts.get(providerShelf, invoice.providerId);
    if (!invoice || !provider || !actsFor(actor, provider) || invoice.contractId !== body.contractId) return refused('NOT_FOUND');
    const wrongState = refuseInvoice(invoice, 'red-letters');
    if (wrongState) return wrongState;
    const lines = facts.all(invoiceLineShelf, 'invoice', invoice.invoiceId);
    const before = facts.all(redLetterLineShelf, 'invoice', invoice.invoiceId);
    const taken = linesToTake(body, invoice, lines, before, today);
    if (taken.kind === 'refused') return taken;
    const number = [body.redLetterNo, provider.providerId];
    if (facts.one(redLetterShelf, 'number', number) || liveOf(facts.all(invoiceShelf, 'number', number))) {
      return refused('RED_LETTER_NUMBER_USED', { redLetterNo: body.redLetterNo }, '/redLetterNo');
    }
    const redLines = taken.lines.map((line): RedLetterLine => ({
      bookId: facts.bookId,
      redLetterLineId: newId(),
      redLetterId: id,
      invoiceId: invoice.invoiceId,
      invoiceLineId: line.invoiceLineId,
      lineNo: line.lineNo,
      quantity: line.quantity,
      netFen: line.netFen,
      vatFen: line.vatFen,
      grossFen: line.grossFen,
    }));
    const redFen = invoice.redFen + taken.grossFen;
    const isWhole = redFen === invoice.grossFen;
    const effect = effectOf(facts, command, { invoice, redLines: [...before, ...redLines], before, isWhole });
    if (effect.kind === 'refused') return effect;
    const followed: Following = effect.cut
      ? recorded(facts, command, effect.contract, id, [{ programmeCode: effect.programmeCode, cut: effect.cut }])
      : { kind: 'followed', postings: [], changes: [], messages: [], corrections: [] };
    const awards = followAwards(facts, command, { invoice, redLines });
    if (awards.kind === 'refused') return awards;
    // After this line the command succeeds.
    const { gone } = effect;
    const left: UsageInvoice = { ...effect.invoice, redFen, status: isWhole ? 'RED_LETTERED' : invoice.status };
    const known = facts.all(lineUsageShelf, 'contract', invoice.contractId);
    const takenBack = redLines.map((line) => ({
      ...line,
      contractLineId: lines.find((of) => of.invoiceLineId === line.invoiceLineId)?.contractLineId ?? '',
    }));
    const usage = usageAfter(
      invoice.contractId,
      takenBack,
      (contractLineId) => known.find((of) => of.contractLineId === contractLineId),
      -1n,
    );
    const row: RedLetter = {
      bookId: facts.bookId,
      redLetterId: id,
      redLetterNo: body.redLetterNo,
      invoiceId: invoice.invoiceId,
      contractId: invoice.contractId,
      providerId: invoice.providerId,
      programmeCode: effect.programmeCode || null,
      redemptionId: effect.redemptionId,
      issuedOn: body.issuedOn,
      reason: body.reason,
      netFen: sumFen(redLines.map(({ netFen }) => netFen)),
      vatFen: sumFen(redLines.map(({ vatFen }) => vatFen)),
      grossFen: taken.grossFen,
      baseFen: gone.baseFen,
      weightedBase: gone.weighted.toString(),
      cutOffFen: gone.cutOffFen,
      postedPerson: actor.personId,
      postedOn: today,
      numberConflict: body.claim?.held !== true,
      recordedAt: receivedAt.toISOString(),
    };
    return accepted({
      decision: 'red_letter.posted',
      subjectId: id,
      result: { ...presentRedLetter(row, invoice.invoiceNo), invoiceStatus: left.status, corrections: followed.corrections },
      postings: [...followed.postings, ...awards.postings],
      messages: [...followed.messages, ...awards.messages],
      changes: [
        insert(redLetterShelf, row),
        ...redLines.map((line) => insert(redLetterLineShelf, line)),
        ...usage.map((of) => update(lineUsageShelf, of)),
        ...facilityUsageChanges(facts, invoice, takenBack, -1n),
        ...followed.changes,
        ...awards.changes,
        update(invoiceShelf, left),
      ],
    });
  },
};

interface Effect {
  readonly kind: 'effect';
  /** Null where the invoice is in no redemption, and nothing follows. */
  readonly cut: CutBack | null;
  readonly contract: Parameters<typeof recorded>[2];
  readonly programmeCode: string;
  readonly redemptionId: string | null;
  readonly gone: Gone;
  /** The invoice as what follows leaves it. */
  readonly invoice: UsageInvoice;
}

/** What a red letter makes of the redemption that its invoice is in. */
function effectOf(
  facts: Facts,
  command: Command<Body>,
  of: { invoice: UsageInvoice; redLines: readonly RedLetterLine[]; before: readonly RedLetterLine[]; isWhole: boolean },
): Effect | Refused {
  const { invoice } = of;
  const contract = there(facts.get(contractShelf, invoice.contractId));
  const none = {
    kind: 'effect',
    cut: null,
    contract,
    programmeCode: '',
    redemptionId: null,
    gone: nothingGone,
    invoice,
  } as const;
  if (invoice.redemptionId === null) return none;
  const redemption = there(facts.get(redemptionShelf, invoice.redemptionId));
  const voucher = there(facts.get(voucherShelf, redemption.voucherId));
  const { redemptionId, programmeCode } = redemption;
  const why = {
    ...reasonOf(command, { cause: 'RED_LETTER', atFault: false, reason: command.body.reason }),
    cite: citeOf(facts, voucher, contract.signedOn),
  };
  const cut = cutBackOf(facts, contract.contractId, programmeCode, why);
  const told = { kind: 'effect', cut, contract, programmeCode, redemptionId } as const;
  const invoiceAfter = () => cut.redemption(redemptionId)?.invoice ?? invoice;
  if (redemption.status === 'SUBMITTED') {
    cut.step(
      '红字发票所对应的核销尚待核验，予以退回',
      'the redemption waits: it is returned',
      { invoiceNo: invoice.invoiceNo },
      0n,
    );
    cut.returnWaiting(redemptionId);
    return { ...told, gone: nothingGone, invoice: invoiceAfter() };
  }
  const earlier = goneOf(facts, redemptionId);
  const gone = of.isWhole
    ? {
        baseFen: redemption.baseFen - earlier.baseFen,
        weighted: weightOf(claimOf(redemption), cut.lowestRate) - earlier.weighted,
      }
    : weightTaken(facts, redemption, of, command);
  const standing = { ...cut.standing };
  cut.move({ baseFen: -gone.baseFen, weighted: -gone.weighted, claimedFen: 0n, cutOffFen: 0n });
  const beyondFen = atLeastNone(cut.beyondFen);
  const own = redemption.cutOffFen + redemption.reversedFen + redemption.recalledFen - earlier.cutOffFen;
  const fromCutOff = minFen(own, beyondFen);
  const dueFen = beyondFen - fromCutOff;
  const inputs = {
    red: formatYuan(gone.baseFen),
    entitled: formatYuan(cut.entitledFen),
    beyond: formatYuan(beyondFen),
    cutOff: formatYuan(fromCutOff),
  };
  cut.step('红字冲减后按累计金额重新计算，逐分舍去', 'the floor of the cumulative sum after the red letter', inputs, dueFen);
  const reversible = reversibleFen(redemption);
  const order = [redemptionId, ...cut.newestFirst().filter((other) => other !== redemptionId)];
  if (redemption.settlementId === null && redemption.offsetFen === 0n && dueFen >= reversible) {
    // It is reversed whole, and its base goes with it: what is left of the invoice may be redeemed anew.
    cut.standing = standing;
    const waits = cut.takeBack(reversible, [redemptionId], 'VOUCHER') ?? cut.levelOut('VOUCHER');
    return waits ?? { ...told, gone: nothingGone, invoice: invoiceAfter() };
  }
  cut.move({ baseFen: 0n, weighted: 0n, claimedFen: 0n, cutOffFen: -fromCutOff });
  const waits = cut.takeBack(dueFen, order, 'VOUCHER') ?? cut.levelOut('VOUCHER');
  if (waits) return waits;
  cut.move({ baseFen: 0n, weighted: 0n, claimedFen: 0n, cutOffFen: -cut.cutOffFen });
  return { ...told, gone: { ...gone, cutOffFen: fromCutOff + cut.cutOffFen }, invoice: invoiceAfter() };
}

/** What of a redemption's base a red letter in part takes, weighed as the law weighs it. */
function weightTaken(
  facts: Facts,
  redemption: CutRedemption['redemption'],
  of: { invoice: UsageInvoice; redLines: readonly RedLetterLine[]; before: readonly RedLetterLine[] },
  { today }: Command,
): { baseFen: Fen; weighted: bigint } {
  const voucher = there(facts.get(voucherShelf, redemption.voucherId));
  const { at, law } = caseOf(facts, voucher, of.invoice, today);
  const contractLines = new Map(contractLinesOf(facts, redemption.contractId).map((line) => [line.contractLineId, line]));
  const lines = facts.all(invoiceLineShelf, 'invoice', of.invoice.invoiceId);
  const weigh = (red: readonly RedLetterLine[]) =>
    countUsage(
      law,
      at,
      lines.map((line) => evaluatorLine(there(contractLines.get(line.contractLineId)), netOf(line, red))),
      { from: of.invoice.usageFrom, to: of.invoice.usageTo },
    );
  const [whole, left] = [weigh(of.before), weigh(of.redLines)];
  return { baseFen: whole.baseFen - left.baseFen, weighted: whole.weighted - left.weighted };
}

function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a row that a foreign key promises was not found');
  return row;
}
