import type { z } from 'zod';
import type { verifyRedemption as body } from '../../schemas/redemptions.js';
import { keep } from '../ledger/explanations.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { redemptionApproved } from '../ledger/templates.js';
import { formatYuan } from '../money.js';
import { limitsTouched } from '../programmes/evaluate.js';
import { firstYearChanges, readLimits } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { fenOf } from '../usage/rules.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { redemptionShelf } from './facts.js';
import { gatherWaiting, waitingOf } from './gather.js';
import {
  aboveEntitlement,
  approvalDigestOf,
  evaluate,
  presentInFull,
  refusalOfDecision,
  refusedBy,
  standingAfter,
  standingWithout,
  stateAfterApproval,
} from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentInFull> & { voucherBalance: string };

/**
 * A reviewer verifies (核验) a waiting redemption for all or part of what it reserved. It is judged anew, by what is on record now
 * and by the redeemed limits of this year. The rest goes back to the voucher but is cut off for good: what a verification took off
 * one invoice is not to be had with the next. Refuses NOT_FOUND, REDEMPTION_WRONG_STATE, FOUR_EYES, AMOUNT_ZERO (to give nothing is to
 * return it), APPROVED_ABOVE_RESERVED, VOUCHER_FROZEN, what the programme refuses, AMOUNT_ABOVE_ENTITLEMENT, SELF_FUNDED_PART_UNPAID.
 */
export const verifyRedemption: Verb<Body, Result> = {
  name: 'redemption.verify',
  money: true,
  gather: gatherWaiting,

  decide({ body, actor, today }, facts) {
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const { redemption, whole } = found;
    const undecidable = refusalOfDecision(redemption, 'verify', actor.personId);
    if (undecidable) return undecidable;
    const approvedFen = fenOf(body.approved);
    if (approvedFen === 0n) return refused('AMOUNT_ZERO', {}, '/approved');
    const { reservedFen, redemptionNo, redemptionId, voucherId, fund } = redemption;
    if (approvedFen > reservedFen) {
      return refused('APPROVED_ABOVE_RESERVED', { redemptionNo, reserved: formatYuan(reservedFen) }, '/approved');
    }
    const { voucher, invoice } = whole;
    if (voucher.status === 'FROZEN') return refused('VOUCHER_FROZEN', { voucherNo: voucher.voucherNo });
    const balanceFen = facts.balance(accountOf.voucher(voucherId, fund));
    const limits = readLimits(facts, limitsTouched(whole.law, 'REDEEM', whole.at));
    // Judged as if it came last, by the day it was submitted.
    const asked = {
      standing: standingWithout(whole, [redemption]),
      submittedOn: redemption.submittedOn,
      balanceFen: balanceFen + reservedFen,
      limitsLeft: limits.left,
      maximumFen: approvedFen,
    };
    // That the law gives this much comes before whether the enterprise has paid the rest of the invoice.
    const possible = evaluate({ ...whole, invoice: { ...invoice, paidFen: invoice.grossFen } }, asked);
    if (possible.kind !== 'award') return refusedBy(possible);
    if (possible.amountFen < approvedFen) return aboveEntitlement(approvedFen, possible.amountFen, '/approved');
    const award = evaluate(whole, asked);
    if (award.kind !== 'award') return refusedBy(award);
    // After this line the command succeeds.
    const releasedFen = reservedFen - approvedFen;
    const row = {
      ...redemption,
      status: 'APPROVED' as const,
      approvedFen,
      cutOffFen: redemption.cutOffFen + releasedFen,
      explanation: keep(award.explanation),
      decidedPerson: actor.personId,
      approvedOn: today,
    };
    const leftFen = balanceFen + releasedFen;
    const waitingFen = voucher.reservedFen - reservedFen;
    return accepted({
      decision: 'redemption.approved',
      subjectId: redemptionId,
      programmeVersion: versionName(whole.version),
      approvalDigest: approvalDigestOf(redemption, invoice, approvedFen),
      result: { ...presentInFull(row), voucherBalance: formatYuan(leftFen) },
      postings: [
        ...limits.funding,
        ...redemptionApproved({
          voucherId,
          redemptionId,
          fund,
          payeeId: redemption.providerId,
          reservedFen,
          approvedFen,
          charges: limits.charges,
        }),
      ],
      changes: [
        update(redemptionShelf, row),
        update(voucherShelf, { ...voucher, reservedFen: waitingFen, status: stateAfterApproval(leftFen, waitingFen) }),
        update(
          standingShelf,
          standingAfter(whole, { baseFen: 0n, weighted: 0n, claimedFen: -releasedFen, cutOffFen: releasedFen }),
        ),
        ...firstYearChanges(facts, limits.charges),
      ],
    });
  },
};
