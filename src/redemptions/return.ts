import type { z } from 'zod';
import type { returnRedemption as body } from '../../schemas/redemptions.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { redemptionReleased } from '../ledger/templates.js';
import { formatYuan } from '../money.js';
import { versionName } from '../programmes/published.js';
import { invoiceShelf } from '../usage/facts.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { negative } from '../vouchers/rules.js';
import { redemptionShelf } from './facts.js';
import { gatherWaiting, waitingOf } from './gather.js';
import { claimOf, presentInFull, refusalOfDecision, standingAfter } from './rules.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentInFull> & { voucherBalance: string };

/**
 * A reviewer returns a waiting redemption: everything goes back to the voucher, frozen or not, and the contract stands as if it had
 * never been; the invoice may be redeemed again. Refuses NOT_FOUND, REDEMPTION_WRONG_STATE, FOUR_EYES.
 */
export const returnRedemption: Verb<Body, Result> = {
  name: 'redemption.return',
  money: true,
  gather: gatherWaiting,

  decide({ body, actor, today }, facts) {
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const { redemption, whole } = found;
    const undecidable = refusalOfDecision(redemption, 'return', actor.personId);
    if (undecidable) return undecidable;
    // After this line the command succeeds.
    const { redemptionId, voucherId, fund, reservedFen } = redemption;
    const { voucher, invoice } = whole;
    const row = { ...redemption, status: 'RETURNED' as const, decidedPerson: actor.personId, decisionReason: body.reason };
    const leftFen = facts.balance(accountOf.voucher(voucherId, fund)) + reservedFen;
    return accepted({
      decision: 'redemption.returned',
      subjectId: redemptionId,
      programmeVersion: versionName(whole.version),
      result: { ...presentInFull(row), voucherBalance: formatYuan(leftFen) },
      postings: redemptionReleased({ voucherId, redemptionId, fund, amountFen: reservedFen }),
      changes: [
        update(redemptionShelf, row),
        update(invoiceShelf, { ...invoice, redemptionId: null }),
        update(voucherShelf, { ...voucher, reservedFen: voucher.reservedFen - reservedFen }),
        update(standingShelf, standingAfter(whole, negative(claimOf(redemption)))),
      ],
    });
  },
};
