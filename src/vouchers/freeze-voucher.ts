import type { z } from 'zod';
import type { Voucher } from '../../db/tables.js';
import type { freezeVoucher as body } from '../../schemas/vouchers.js';
import { accountOf } from '../ledger/chart.js';
import type { Change } from '../ledger/facts.js';
import { insert, update } from '../ledger/facts.js';
import type { Command, Refused, Verb } from '../ledger/lane.js';
import { accepted, refused } from '../ledger/lane.js';
import { voucherReasonShelf, voucherShelf } from './facts.js';
import { frozen, presentVoucher, unfrozen } from './rules.js';

type Body = z.output<typeof body> & { id?: string };
type Result = ReturnType<typeof presentVoucher> & { reason: string };

/** Keeps why a person did something to a voucher, beside the entry of the command. */
export const reasonOf = (
  { id, receivedAt }: Pick<Command, 'id' | 'receivedAt'>,
  { bookId, voucherId }: Pick<Voucher, 'bookId' | 'voucherId'>,
  reason: string,
): Change => insert(voucherReasonShelf, { bookId, commandId: id, voucherId, reason, recordedAt: receivedAt.toISOString() });

/** Both ways of the same door: the state changes by `change`, the reason stays with the outcome. */
function turning(
  name: string,
  decision: string,
  change: (row: Voucher) => { kind: 'changed'; row: Voucher } | Refused,
): Verb<Body, Result> {
  return {
    name,
    money: true,

    async gather(loader, commands) {
      const vouchers = await loader.load(
        voucherShelf,
        'id',
        commands.map(({ body }) => body.id ?? ''),
      );
      await loader.accounts(vouchers.map(({ voucherId, fund }) => accountOf.voucher(voucherId, fund)));
    },

    decide({ id, body, receivedAt }, facts) {
      const before = facts.get(voucherShelf, body.id ?? '');
      if (!before) return refused('NOT_FOUND');
      const changed = change(before);
      if (changed.kind === 'refused') return changed;
      // After this line the command succeeds.
      const { row } = changed;
      return accepted({
        decision,
        subjectId: row.voucherId,
        result: { ...presentVoucher(row, facts.balance(accountOf.voucher(row.voucherId, row.fund))), reason: body.reason },
        changes: [update(voucherShelf, row), reasonOf({ id, receivedAt }, row, body.reason)],
      });
    },
  };
}

/** Freezes a voucher: nothing can be redeemed with it until it is unfrozen. Refuses VOUCHER_WRONG_STATE. */
export const freezeVoucher = turning('voucher.freeze', 'voucher.frozen', frozen);

/** Unfreezes a voucher, back to where it was. Refuses VOUCHER_WRONG_STATE. */
export const unfreezeVoucher = turning('voucher.unfreeze', 'voucher.unfrozen', unfrozen);
