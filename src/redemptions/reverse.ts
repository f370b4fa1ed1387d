import type { z } from 'zod';
import type { RedemptionReversal } from '../../db/tables.js';
import type { reverseRedemption as body } from '../../schemas/redemptions.js';
import type { LimitWindow } from '../ledger/chart.js';
import { accountOf } from '../ledger/chart.js';
import type { Loader } from '../ledger/facts.js';
import { note, update } from '../ledger/facts.js';
import { creditedAbout } from '../ledger/history.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import { formatYuan } from '../money.js';
import { gatherCarried } from '../programmes/limits.js';
import { versionName } from '../programmes/published.js';
import { redLetterShelf } from '../usage/facts.js';
import { windowOf } from '../vouchers/endings.js';
import { standingShelf, voucherShelf } from '../vouchers/facts.js';
import { reversalShelf } from './facts.js';
import { gatherWaiting, goneOf, standOf, takingBack, waitingOf } from './gather.js';
import { presentInFull, refuseRedemption, reversalDigestOf, standingRow } from './rules.js';
import { reversed } from './take-back.js';

type Body = z.output<typeof body> & { readonly id?: string };
type Result = ReturnType<typeof presentInFull> & { voucherBalance: string };

/** What the approval of a redemption wrote: its entry, and the limits that were charged, each in its window. */
export interface Approval {
  readonly approvedSeq: bigint;
  readonly charged: readonly LimitWindow[];
}
export const approvals = note<Approval>('approval of a redemption');

/** Gathers the approvals of these redemptions, with the accounts of the limits that they were charged to. */
export async function gatherApprovals(loader: Loader, redemptionIds: readonly string[]): Promise<void> {
  if (redemptionIds.length === 0) return;
  const kinds = ['redemption.approved', 'limit.charged'];
  const rows = await creditedAbout(loader.tx, loader.bookId, { subjectIds: redemptionIds, kinds });
  const windows = rows
    .filter(({ kind }) => kind === 'limit.charged')
    .map(({ subjectId, code }) => ({ id: subjectId, at: windowOf(code) }));
  const carried = await gatherCarried(
    loader,
    windows.map(({ at }) => at),
  );
  for (const id of redemptionIds) {
    const approvedSeq = rows.find((row) => row.subjectId === id && row.kind === 'redemption.approved')?.seq ?? 0n;
    const charged = windows.filter((of) => of.id === id).map(({ at }) => carried(at));
    loader.note(approvals, id, { approvedSeq, charged });
  }
}

/**
 * A second person takes back an approved redemption as it was proposed. What it was charged to limits is given back in the windows once
 * charged; the voucher gets the money, or its end does; reversed whole, the invoice may be redeemed again. Refuses NOT_FOUND,
 * REDEMPTION_WRONG_STATE, NO_PROPOSAL, FOUR_EYES, PROPOSAL_CHANGED when another digest is named or the redemption has changed since,
 * REDEMPTION_BATCHED (then a recovery has to be opened), REVERSAL_LEAVES_EXCESS.
 */
export const reverseRedemption: Verb<Body, Result> = {
  name: 'redemption.reverse',
  money: true,

  async gather(loader, commands) {
    const ids = [...new Set(commands.map(({ body }) => body.id ?? ''))];
    await Promise.all([
      gatherWaiting(loader, commands),
      loader.load(
        reversalShelf,
        'open',
        ids.map((id) => [id, 'PROPOSED']),
      ),
      gatherApprovals(loader, ids),
      loader.load(redLetterShelf, 'redemption', ids),
    ]);
  },

  decide(command, facts) {
    const { body, actor, today } = command;
    const found = waitingOf(facts, body.id ?? '', today);
    if (!found) return refused('NOT_FOUND');
    const { redemption, whole } = found;
    const wrong = refuseRedemption(redemption, 'reverse');
    if (wrong) return wrong;
    const { redemptionId, redemptionNo, voucherId, fund } = redemption;
    const open = facts.one(reversalShelf, 'open', [redemptionId, 'PROPOSED']);
    if (!open) return refused('NO_PROPOSAL', { of: redemptionNo });
    if (isSamePerson(actor, open.proposedPerson)) return refused('FOUR_EYES');
    const contentDigest = reversalDigestOf(open, redemption);
    if (open.contentDigest !== contentDigest || body.contentDigest !== contentDigest) {
      return refused('PROPOSAL_CHANGED', { of: redemptionNo, contentDigest: open.contentDigest }, '/contentDigest');
    }
    const stand = standOf(whole, facts.balance(accountOf.voucher(voucherId, fund)));
    const { approvedSeq, charged } = facts.noted(approvals, redemptionId);
    const { waiting } = whole;
    const taken = { amountFen: open.amountFen, charged, approvedSeq, gone: goneOf(facts, redemptionId), waiting };
    const back = reversed(stand, redemption, whole.invoice, taken, takingBack(facts, whole, command));
    if (back.kind === 'refused') return back;
    // After this line the command succeeds.
    const decided: RedemptionReversal = { ...open, status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: 'redemption.reversed',
      subjectId: redemptionId,
      programmeVersion: versionName(whole.version),
      approvalDigest: contentDigest,
      result: { ...presentInFull(back.redemption), voucherBalance: formatYuan(back.balanceFen) },
      postings: back.postings,
      changes: [
        ...back.changes,
        update(reversalShelf, decided),
        update(voucherShelf, back.voucher),
        update(standingShelf, standingRow(whole, back.standing)),
      ],
    });
  },
};
