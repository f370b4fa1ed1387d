import type { z } from 'zod';
import type { verifyRedemption as body } from '../../schemas/redemptions.js';
import { gatherFlags, holdingFlags } from '../flags/facts.js';
import { refuseFlagged } from '../flags/rules.js';
import type { AwaitsSecond } from '../approvals/approve.js';
import { approve, twoNeeded } from '../approvals/approve.js';
import { gatherApprovals } from '../approvals/facts.js';
import { keep } from '../ledger/explanations.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { redemptionApproved } from '../ledger/templates.js';
import { formatYuan } from '../money.js';
import { lawOn } from '../programmes/language.js';
import { firstYearChanges, readLimits } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { fenOf } from '../usage/rules.js';
import { chargedOf, comeBack, expiryRuleOf, homeOfEnded } from '../vouchers/endings.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { restated } from '../vouchers/rules.js';
import { redemptionShelf } from './facts.js';
import { gatherWaiting, waitingOf } from './gather.js';
import {
  aboveEntitlement,
  approvalDigestOf,
  evaluate,
  presentInFull,
  refusalOfDecision,
  overpaid,
  owedFen,
  refusedBy,
  standingAfter,
  standingWithout,
} from './rules.js';
import { refusalOfPaying } from './take-back.js';
import { toldOfApproval } from './told.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = (ReturnType<typeof presentInFull> & { voucherBalance: string }) | AwaitsSecond;

/**
 * A reviewer verifies (核验) a waiting redemption for all or part of what it reserved. It is judged anew, by what is on record now
 * and by the redeemed limits of this year. The rest goes back to the voucher, or its end, but is cut off for good: what a verification took off
 * one invoice is not to be had with the next. Refuses NOT_FOUND, REDEMPTION_WRONG_STATE, FOUR_EYES, FLAG_HOLDS until no
 * flag holds it, its invoice or its contract, AMOUNT_ZERO (to give nothing is to
 * return it), APPROVED_ABOVE_RESERVED, VOUCHER_FROZEN, VOUCHER_REVOKED, what the programme refuses, AMOUNT_ABOVE_ENTITLEMENT, SELF_FUNDED_PART_UNPAID,
 * SELF_FUNDED_PART_OVERPAID. Above the amount of the programme two reviewers verify the same (`approve`).
 */
export const verifyRedemption: Verb<Body, Result> = {
  name: 'redemption.verify',
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    await Promise.all([gatherWaiting(loader, commands), gatherFlags(loader, ids), gatherApprovals(loader, ids)]);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const { redemption, whole } = found;
    const undecidable = refusalOfDecision(redemption, 'verify', actor);
    if (undecidable) return undecidable;
    const flagged = refuseFlagged(holdingFlags(facts, redemption.redemptionId) + whole.holdingFlags);
    if (flagged) return flagged;
    const approvedFen = fenOf(body.approved);
    if (approvedFen === 0n) return refused('AMOUNT_ZERO', {}, '/approved');
    const { reservedFen, redemptionNo, redemptionId, voucherId, fund } = redemption;
    if (approvedFen > reservedFen) {
      return refused('APPROVED_ABOVE_RESERVED', { redemptionNo, reserved: formatYuan(reservedFen) }, '/approved');
    }
    const { voucher, invoice } = whole;
    const unpayable = refusalOfPaying(voucher);
    if (unpayable) return unpayable;
    const balanceFen = facts.balance(accountOf.voucher(voucherId, fund));
    const limits = readLimits(facts, whole.touched);
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
    const leftToPay = owedFen(whole);
    if (leftToPay !== null && approvedFen > leftToPay) return overpaid(invoice, approvedFen, '/approved');
    const digest = approvalDigestOf(redemption, invoice, approvedFen);
    const approval = approve(facts, command, {
      subjectKind: 'REDEMPTION',
      subjectId: redemptionId,
      digest,
      amountFen: approvedFen,
      two: twoNeeded(approvedFen, lawOn(whole.law, today).twoApproversAbove?.value ?? null),
      doneBy: [redemption.submittedPerson],
    });
    if (approval.kind !== 'given') return approval;
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
    const back = comeBack(
      { voucher: { ...voucher, reservedFen: voucher.reservedFen - reservedFen }, balanceFen },
      {
        why: 'RELEASED',
        redemptionId,
        amountFen: releasedFen,
        endingId: command.newId(),
        today,
        receivedAt: command.receivedAt,
        home: homeOfEnded(voucher, () => expiryRuleOf(facts, voucher)),
        charged: () => chargedOf(facts, voucherId),
      },
    );
    return accepted({
      decision: 'redemption.approved',
      subjectId: redemptionId,
      programmeVersion: versionName(whole.version),
      approvalDigest: digest,
      result: { ...presentInFull(row), voucherBalance: formatYuan(back.balanceFen) },
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
          home: back.home,
        }),
        ...back.postings,
      ],
      changes: [
        update(redemptionShelf, row),
        update(voucherShelf, restated(back)),
        ...back.changes,
        ...approval.changes,
        update(
          standingShelf,
          standingAfter(whole, { baseFen: 0n, weighted: 0n, claimedFen: -releasedFen, cutOffFen: releasedFen }),
        ),
        ...firstYearChanges(facts, limits.charges),
      ],
      messages: toldOfApproval(row),
    });
  },
};
