import type { z } from 'zod';
import type { activateVoucher as body } from '../../schemas/vouchers.js';
import { accountOf } from '../ledger/chart.js';
import { update } from '../ledger/facts.js';
import type { Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { actsFor } from '../providers/rules.js';
import { voucherShelf } from './facts.js';
import { isPast, presentVoucher, refuseVoucher } from './rules.js';

type Body = z.output<typeof body> & { id?: string };

/**
 * The enterprise accepts the terms of a voucher that waits for it: from then on it can be redeemed. Refuses NOT_FOUND (another firm's
 * likewise), VOUCHER_WRONG_STATE, ACTIVATION_TOO_LATE after `activateBy`, inclusive.
 */
export const activateVoucher: Verb<Body, ReturnType<typeof presentVoucher>> = {
  name: 'voucher.activate',
  money: true,

  async gather(loader, commands) {
    const vouchers = await loader.load(
      voucherShelf,
      'id',
      commands.map(({ body }) => body.id ?? ''),
    );
    await loader.accounts(vouchers.map(({ voucherId, fund }) => accountOf.voucher(voucherId, fund)));
  },

  decide({ body, actor, today }, facts) {
    const voucher = facts.get(voucherShelf, body.id ?? '');
    if (!voucher || !actsFor(actor, voucher)) return refused('NOT_FOUND');
    const wrong = refuseVoucher(voucher, 'activate');
    if (wrong) return wrong;
    const { voucherNo, activateBy } = voucher;
    if (isPast(voucher, today)) return refused('ACTIVATION_TOO_LATE', { voucherNo, activateBy: activateBy ?? '', today });
    // After this line the command succeeds.
    const row = { ...voucher, status: 'ACTIVE' as const };
    return accepted({
      decision: 'voucher.activated',
      subjectId: row.voucherId,
      result: presentVoucher(row, facts.balance(accountOf.voucher(row.voucherId, row.fund))),
      changes: [update(voucherShelf, row)],
    });
  },
};
