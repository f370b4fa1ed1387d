import type { z } from 'zod';
import type { Redemption } from '../../db/tables.js';
import type { redeem as body } from '../../schemas/redemptions.js';
import { yearOf } from '../calendar.js';
import { enterpriseShelf } from '../enterprises/facts.js';
import { keep } from '../ledger/explanations.js';
import { accountOf } from '../ledger/chart.js';
import { insert, update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { gatherNumbers, seriesOf, takeNumber } from '../ledger/numbers.js';
import { redemptionApproved, redemptionReserved } from '../ledger/templates.js';
import { refusalOfPapers } from '../materials/facts.js';
import { formatYuan } from '../money.js';
import { firstYearChanges, readLimits } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { actsFor } from '../providers/rules.js';
import { invoiceShelf } from '../usage/facts.js';
import { fenOf } from '../usage/rules.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { redemptionShelf } from './facts.js';
import { askedFor, caseOf, gatherCases, gatherPapers } from './gather.js';
import {
  evaluateFirmly,
  aboveRule,
  mismatchesOf,
  presentInFull,
  refusalOfInvoice,
  refusalOfVoucher,
  overpaid,
  owedFen,
  refusedBy,
  standingAfter,
  stateAfterApproval,
} from './rules.js';

type Body = z.output<typeof body>;
type Result = ReturnType<typeof presentInFull> & { voucherBalance: string };

/**
 * Redeems a voucher against a confirmed invoice. The amount is reserved; where contract, usage, invoice and voucher agree it is
 * approved at once, by rule, and charged to the limits of this year; else it waits for a reviewer. Refuses, in this order: NOT_FOUND
 * (another firm's voucher or invoice likewise), INVOICE_OF_OTHER_CONTRACT, VOUCHER_FROZEN, VOUCHER_EXPIRED, VOUCHER_EMPTY, AMOUNT_ZERO,
 * INVOICE_NOT_CONFIRMED, INVOICE_ALREADY_REDEEMED, INVOICE_REIMBURSED, MATERIALS_MISSING, what the programme refuses (evaluateRedemption), AMOUNT_ABOVE_ENTITLEMENT,
 * SELF_FUNDED_PART_OVERPAID when nothing is owed on the invoice any more, or less than was asked for.
 */
export const redeem: Verb<Body, Result> = {
  name: 'redemption.redeem',
  money: true,

  async gather(loader, commands) {
    const wanted = commands.map(({ id, body, today }) => ({
      redemptionId: id,
      isNew: true,
      voucherId: body.voucherId,
      invoiceId: body.invoiceId,
      today,
    }));
    await Promise.all([
      gatherCases(loader, wanted),
      gatherNumbers(
        loader,
        commands.map(({ today }) => seriesOf('R', yearOf(today))),
      ),
    ]);
    await gatherPapers(loader, wanted);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.voucherId);
    if (!voucher || !actsFor(actor, voucher)) return refused('NOT_FOUND', {}, '/voucherId');
    const invoice = facts.get(invoiceShelf, body.invoiceId);
    const buyer = invoice && facts.get(enterpriseShelf, invoice.enterpriseId);
    if (!invoice || !buyer || !actsFor(actor, buyer)) return refused('NOT_FOUND', {}, '/invoiceId');
    if (invoice.contractId !== voucher.contractId) {
      return refused('INVOICE_OF_OTHER_CONTRACT', { voucherNo: voucher.voucherNo, invoiceNo: invoice.invoiceNo }, '/invoiceId');
    }
    const balanceFen = facts.balance(accountOf.voucher(voucher.voucherId, voucher.fund));
    const ofVoucher = refusalOfVoucher(voucher, balanceFen, today);
    if (ofVoucher) return ofVoucher;
    const requestedFen = body.amount === undefined ? undefined : fenOf(body.amount);
    if (requestedFen === 0n) return refused('AMOUNT_ZERO', {}, '/amount');
    const ofInvoice = refusalOfInvoice(invoice);
    if (ofInvoice) return ofInvoice;
    const lacking = refusalOfPapers(facts, 'REDEMPTION', askedFor(facts, voucher, invoice.invoiceId));
    if (lacking) return lacking;

    const whole = caseOf(facts, voucher, invoice, today);
    const limits = readLimits(facts, whole.touched);
    const differing = mismatchesOf(whole);
    const asked: Parameters<typeof evaluateFirmly>[1] = { submittedOn: today, balanceFen, limitsLeft: limits.left, requestedFen };
    const byRule = evaluateFirmly(whole, asked, differing.length > 0);
    if (byRule.kind !== 'award') return refusedBy(byRule);
    const mismatches = differing.length > 0 ? differing : aboveRule(whole.law, byRule.amountFen, today);
    const approved = mismatches.length === 0;
    const possible = mismatches === differing || approved ? byRule : evaluateFirmly(whole, asked, true);
    if (possible.kind !== 'award') return refusedBy(possible);
    const leftToPay = owedFen(whole);
    const isTooMuch = leftToPay !== null && possible.amountFen > leftToPay;
    if (isTooMuch && (leftToPay <= 0n || requestedFen !== undefined)) return overpaid(invoice, possible.amountFen, '/amount');
    // As if no more were asked for: what is left of it comes with a later invoice.
    const award = isTooMuch ? evaluateFirmly(whole, { ...asked, requestedFen: leftToPay }, !approved) : possible;
    if (award.kind !== 'award') return refusedBy(award);
    // After this line the command succeeds.
    const { amountFen } = award;
    const { number, changes } = takeNumber(facts, seriesOf('R', yearOf(today)));
    const { voucherId, fund, programmeCode, programmeVersionId } = voucher;
    const row: Redemption = {
      bookId: facts.bookId,
      redemptionId: id,
      redemptionNo: number,
      voucherId,
      invoiceId: invoice.invoiceId,
      contractId: voucher.contractId,
      enterpriseId: voucher.enterpriseId,
      providerId: invoice.providerId,
      programmeCode,
      programmeVersionId,
      fund,
      status: approved ? 'APPROVED' : 'SUBMITTED',
      baseFen: award.baseFen,
      computedFen: award.computedFen,
      cutOffFen: award.cutOffFen,
      reservedFen: amountFen,
      approvedFen: approved ? amountFen : 0n,
      reversedFen: 0n,
      batchedFen: 0n,
      mismatches,
      explanation: keep(award.explanation),
      submittedOn: today,
      submittedPerson: actor.personId,
      decidedPerson: null,
      approvedOn: approved ? today : null,
      decisionReason: null,
      settlementId: null,
      recordedAt: receivedAt.toISOString(),
      weightedBase: award.weighted.toString(),
      recalledFen: 0n,
      restoredFen: 0n,
      offsetFen: 0n,
    };
    const standing = standingAfter(whole, {
      baseFen: award.baseFen,
      weighted: award.weighted,
      claimedFen: amountFen,
      cutOffFen: award.cutOffFen,
    });
    const leftFen = balanceFen - amountFen;
    const voucherAfter = approved
      ? { ...voucher, status: stateAfterApproval(leftFen, voucher.reservedFen) }
      : { ...voucher, reservedFen: voucher.reservedFen + amountFen };
    return accepted({
      decision: approved ? 'redemption.approved' : 'redemption.reserved',
      subjectId: id,
      programmeVersion: versionName(whole.version),
      result: { voucherBalance: formatYuan(leftFen), ...presentInFull(row) },
      postings: [
        ...redemptionReserved({ voucherId, redemptionId: id, fund, amountFen }),
        ...(approved
          ? [
              ...limits.funding,
              ...redemptionApproved({
                voucherId,
                redemptionId: id,
                fund,
                payeeId: invoice.providerId,
                reservedFen: amountFen,
                approvedFen: amountFen,
                charges: limits.charges,
              }),
            ]
          : []),
      ],
      changes: [
        ...changes,
        insert(redemptionShelf, row),
        update(invoiceShelf, { ...invoice, redemptionId: id }),
        update(voucherShelf, voucherAfter),
        whole.standing ? update(standingShelf, standing) : insert(standingShelf, standing),
        ...(approved ? firstYearChanges(facts, limits.charges) : []),
      ],
    });
  },
};
