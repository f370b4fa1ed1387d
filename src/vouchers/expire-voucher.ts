import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { party, tell } from '../messages/rules.js';
import { formatYuan } from '../money.js';
import { chargedOf, endPart, expiryRuleOf, gatherEndRules } from './endings.js';
import { voucherShelf } from './facts.js';
import { isPast, lastUsableDay, presentVoucher, refuseVoucher } from './rules.js';

interface Body {
  id?: string;
}

/**
 * Ends a voucher that is past its last day (到期): its balance lapses or is available again, by its programme's rule, and the limits of
 * its issue get the unused part back where the programme says so. It counts the same on whichever day it is done: past its last day
 * nothing is used of a voucher but what was submitted by then, and what comes back of that goes where the balance went. Refuses NOT_FOUND,
 * VOUCHER_WRONG_STATE, VOUCHER_NOT_PAST, POLICY_SILENT where the programme does not say what becomes of the balance.
 */
export const expireVoucher: Verb<Body, ReturnType<typeof presentVoucher>> = {
  name: 'voucher.expire',
  money: true,

  async gather(loader, commands) {
    const vouchers = await loader.load(
      voucherShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await gatherEndRules(loader, vouchers);
  },

  decide({ id, body, today, receivedAt }, facts) {
    const voucher = facts.get(voucherShelf, body.id ?? '');
    if (!voucher) return refused('NOT_FOUND');
    const wrong = refuseVoucher(voucher, 'expire');
    if (wrong) return wrong;
    const { voucherId, voucherNo, fund } = voucher;
    if (!isPast(voucher, today)) return refused('VOUCHER_NOT_PAST', { voucherNo, lastDay: lastUsableDay(voucher) });
    const rule = expiryRuleOf(facts, voucher);
    if (!rule) return refused('POLICY_SILENT', { programme: voucher.programmeCode, parameter: 'redemption.expiredBalance' });
    // After this line the command succeeds.
    const balanceFen = facts.balance(accountOf.voucher(voucherId, fund));
    const ended = endPart(
      { voucher, balanceFen },
      {
        why: 'EXPIRED',
        amountFen: balanceFen,
        rule,
        today,
        reason: null,
        endingId: id,
        receivedAt,
        charged: () => chargedOf(facts, voucherId),
      },
    );
    return accepted({
      decision: 'voucher.expired',
      subjectId: voucherId,
      result: presentVoucher(ended.voucher, 0n),
      postings: ended.postings,
      changes: [update(voucherShelf, ended.voucher), ...ended.changes],
      messages: [
        tell(
          'voucher.expired',
          party(voucher.enterpriseId),
          { kind: 'VOUCHER', id: voucherId },
          { voucherNo, endedOn: lastUsableDay(voucher), amount: formatYuan(balanceFen) },
        ),
      ],
    });
  },
};
