import type { z } from 'zod';
import type { Redemption } from '../../db/tables.js';
import type { returnRedemption as body } from '../../schemas/redemptions.js';
import { endApprovals, gatherApprovals } from '../approvals/facts.js';
import { accountOf } from '../ledger/chart.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Accepted, Command, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { versionName } from '../programmes/published.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { gatherWaiting, standOf, takingBack, waitingOf } from './gather.js';
import type { RedemptionCase } from './rules.js';
import { presentInFull, refusalOfDecision, standingRow } from './rules.js';
import { returned } from './take-back.js';
import { toldOfReturn } from './told.js';

type Body = z.output<typeof body> & { readonly id?: string };
export type Result = ReturnType<typeof presentInFull> & { voucherBalance: string };

/** What `givenBack` needs of these redemptions. */
export const gatherReturn = async (loader: Loader, commands: readonly Command<{ readonly id?: string }>[]): Promise<void> => {
  await Promise.all([
    gatherWaiting(loader, commands),
    gatherApprovals(
      loader,
      commands.map(({ body }) => body.id ?? ''),
    ),
  ]);
};

/**
 * A reviewer returns a waiting redemption: everything goes back to the voucher, frozen or not, or where the balance of one that has
 * ended went, and the contract stands as if it had never been; the invoice may be redeemed again. Refuses NOT_FOUND,
 * REDEMPTION_WRONG_STATE, FOUR_EYES.
 */
export const returnRedemption: Verb<Body, Result> = {
  name: 'redemption.return',
  money: true,
  gather: gatherReturn,

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const undecidable = refusalOfDecision(found.redemption, 'return', actor);
    if (undecidable) return undecidable;
    // After this line the command succeeds.
    return givenBack(facts, command, found, { personId: actor.personId, reason: body.reason });
  },
};

/** What answers a waiting redemption that is returned; `personId` is null where a rule decides, and not who carries it out. */
export function givenBack(
  facts: Facts,
  command: Command,
  { redemption, whole }: { redemption: Redemption; whole: RedemptionCase },
  decided: { readonly personId: string | null; readonly reason: string },
): Accepted<Result> {
  const { voucherId, fund } = redemption;
  const stand = standOf(whole, facts.balance(accountOf.voucher(voucherId, fund)));
  const back = returned(stand, redemption, whole.invoice, decided, takingBack(facts, whole, command));
  return accepted({
    decision: 'redemption.returned',
    subjectId: redemption.redemptionId,
    programmeVersion: versionName(whole.version),
    result: { ...presentInFull(back.redemption), voucherBalance: formatYuan(back.balanceFen) },
    postings: back.postings,
    changes: [
      ...back.changes,
      update(voucherShelf, back.voucher),
      update(standingShelf, standingRow(whole, back.standing)),
      ...endApprovals(facts, redemption.redemptionId),
    ],
    messages: toldOfReturn(redemption, decided.reason),
  });
}
