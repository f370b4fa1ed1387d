import type { z } from 'zod';
import type { VoucherProposal } from '../../db/tables.js';
import type { endVoucher as body } from '../../schemas/vouchers.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, isSamePerson, refused } from '../ledger/lane.js';
import type { EndRule } from './endings.js';
import { chargedOf, endPart, gatherCharged } from './endings.js';
import { proposalShelf, voucherShelf } from './facts.js';
import { reasonOf } from './freeze-voucher.js';
import { presentVoucher, proposalDigestOf, refuseVoucher, standsAt } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentVoucher> & { reason: string };

const ways = {
  CANCEL: { verb: 'cancel', why: 'CANCELLED', decision: 'voucher.cancelled' },
  REVOKE: { verb: 'revoke', why: 'REVOKED', decision: 'voucher.revoked' },
} as const;

/**
 * A second person ends a voucher as it was proposed: what it can still pay is available again. Cancelled before any use, the limits that
 * its issue was charged to get the face back, those whose window still runs (DOMAIN 1.3-3: in the same year only); used in part, or
 * revoked for cause, they do not. What waits in verification is decided for itself. Refuses NOT_FOUND, VOUCHER_WRONG_STATE, NO_PROPOSAL,
 * FOUR_EYES, PROPOSAL_CHANGED when another digest is named, or the voucher was used since.
 */
const ending = (kind: VoucherProposal['kind']): Verb<Body, Result> => ({
  name: `voucher.${ways[kind].verb}`,
  money: true,

  async gather(loader, commands) {
    const ids = commands.map(({ body }) => body.id ?? '');
    const [vouchers] = await Promise.all([
      loader.load(voucherShelf, 'id', ids),
      loader.load(
        proposalShelf,
        'open',
        ids.map((id) => [id, 'PROPOSED']),
      ),
    ]);
    await Promise.all([
      loader.accounts(vouchers.flatMap(({ voucherId, fund }) => [accountOf.voucher(voucherId, fund), accountOf.available(fund)])),
      gatherCharged(loader, kind === 'CANCEL' ? vouchers : []),
    ]);
  },

  decide({ id, body, actor, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.id ?? '');
    if (!voucher) return refused('NOT_FOUND');
    const wrong = refuseVoucher(voucher, ways[kind].verb);
    if (wrong) return wrong;
    const { voucherId, voucherNo, fund } = voucher;
    const open = facts.one(proposalShelf, 'open', [voucherId, 'PROPOSED']);
    if (open?.kind !== kind) return refused('NO_PROPOSAL', { of: voucherNo });
    if (isSamePerson(actor, open.proposedPerson)) return refused('FOUR_EYES');
    const balanceFen = facts.balance(accountOf.voucher(voucherId, fund));
    const contentDigest = proposalDigestOf(open, voucher, balanceFen);
    if (open.contentDigest !== contentDigest || body.contentDigest !== contentDigest) {
      return refused('PROPOSAL_CHANGED', { of: voucherNo, contentDigest: open.contentDigest }, '/contentDigest');
    }
    // After this line the command succeeds.
    const held = { voucher, balanceFen };
    const isUnused = standsAt(held) === 'ACTIVE' && voucher.reservedFen === 0n;
    const rule: EndRule = { to: 'AVAILABLE', quotaBack: kind === 'CANCEL' && isUnused ? 'RUNNING' : 'NONE' };
    const ended = endPart(held, {
      why: ways[kind].why,
      amountFen: balanceFen,
      rule,
      today,
      reason: open.reason,
      endingId: id,
      receivedAt,
      charged: () => chargedOf(facts, voucherId),
    });
    const decided: VoucherProposal = { ...open, status: 'APPROVED', decidedPerson: actor.personId, decidedOn: today };
    return accepted({
      decision: ways[kind].decision,
      subjectId: voucherId,
      approvalDigest: contentDigest,
      result: { ...presentVoucher(ended.voucher, 0n), reason: open.reason },
      postings: ended.postings,
      changes: [
        update(voucherShelf, ended.voucher),
        update(proposalShelf, decided),
        ...ended.changes,
        reasonOf({ id, receivedAt }, voucher, open.reason),
      ],
    });
  },
});

/** Cancels a voucher (作废), without fault. */
export const cancelVoucher = ending('CANCEL');

/** Revokes a voucher (撤销), for cause. */
export const revokeVoucher = ending('REVOKE');
