// Taking redemptions back, as postings and changes: a reservation that is returned, an approval that is reversed. Pure, and on a voucher
// and a contract's standing as the decisions before left them, so that one command may take back several.
import type { Redemption, UsageInvoice, Voucher } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import type { LimitWindow } from '../ledger/chart.js';
import type { Change } from '../ledger/facts.js';
import { update } from '../ledger/facts.js';
import type { Refused } from '../ledger/lane.js';
import { refused } from '../ledger/lane.js';
import type { Posting } from '../ledger/templates.js';
import { redemptionReleased, redemptionReversed } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import { formatYuan } from '../money.js';
import { invoiceShelf } from '../usage/facts.js';
import type { EndRule } from '../vouchers/endings.js';
import { comeBack } from '../vouchers/endings.js';
import type { HeldVoucher, Standing } from '../vouchers/rules.js';
import { negative, restated, together, weightOf } from '../vouchers/rules.js';
import { redemptionShelf } from './facts.js';
import { claimOf, withoutWaiting } from './rules.js';

/** A voucher, and where its contract stands under its programme, as the decisions of a command leave them. */
export interface Stand extends HeldVoucher {
  readonly standing: Standing;
}

/** What taking back rests on. `home`: where the balance of an ended voucher went (homeOfEnded), null while it lives. */
export interface TakingBack {
  readonly home: EndRule | null;
  /** The limits that the issue of the voucher was charged to; asked only where they get something back. */
  readonly chargedAtIssue: () => readonly LimitWindow[];
  /** At what a base weighs of which no weight was kept (basis points). */
  readonly lowestRate: number;
  readonly today: Day;
  readonly receivedAt: Date;
  readonly newId: () => string;
}

export interface TakenBack extends Stand {
  readonly redemption: Redemption;
  readonly postings: readonly Posting[];
  /** But for the rows of the voucher and the standing, which later steps may change again. */
  readonly changes: readonly Change[];
}

const partOf = ({ newId, ...of }: TakingBack, redemptionId: string, amountFen: Fen) => ({
  amountFen,
  redemptionId,
  home: of.home,
  charged: of.chargedAtIssue,
  today: of.today,
  receivedAt: of.receivedAt,
  endingId: newId(),
});

/**
 * Returns a waiting redemption: everything goes back to the voucher or its end, the contract stands as if it had never been, and the
 * invoice may be redeemed again.
 */
export function returned(
  stand: Stand,
  redemption: Redemption,
  invoice: UsageInvoice,
  decided: { personId: string | null; reason: string },
  of: TakingBack,
): TakenBack {
  const { voucher } = stand;
  const { redemptionId, voucherId, fund, reservedFen } = redemption;
  const freed = { ...voucher, reservedFen: voucher.reservedFen - reservedFen };
  const back = comeBack({ ...stand, voucher: freed }, { why: 'RELEASED', ...partOf(of, redemptionId, reservedFen) });
  const row = { ...redemption, status: 'RETURNED' as const, decidedPerson: decided.personId, decisionReason: decided.reason };
  return {
    voucher: restated(back),
    balanceFen: back.balanceFen,
    standing: together(stand.standing, negative(claimOf(redemption)), of.lowestRate),
    redemption: row,
    postings: [
      ...redemptionReleased({ voucherId, redemptionId, fund, amountFen: reservedFen, home: back.home }),
      ...back.postings,
    ],
    changes: [update(redemptionShelf, row), update(invoiceShelf, { ...invoice, redemptionId: null }), ...back.changes],
  };
}

/** What of a redemption is approved, was not reversed, is in no batch and not off-set: what a reversal may take back (fen). */
export const reversibleFen = ({ approvedFen, reversedFen, batchedFen, offsetFen }: Redemption): Fen =>
  approvedFen - reversedFen - batchedFen - offsetFen;

/** What red letters took of a redemption's part in where its contract stands. */
export interface Gone {
  readonly baseFen: Fen;
  readonly weighted: bigint;
  readonly cutOffFen: Fen;
}
export const nothingGone: Gone = { baseFen: 0n, weighted: 0n, cutOffFen: 0n };

/**
 * An approved redemption after so much of it (fen) was reversed, and where its contract stands then. A part is cut off for good; reversed
 * whole, the contract stands as if it had never been: what red letters took of it before is not taken twice.
 */
export function afterReversal(
  standing: Standing,
  redemption: Redemption,
  { amountFen, gone }: { amountFen: Fen; gone: Gone },
  lowestRate: number,
): { readonly isWhole: boolean; readonly redemption: Redemption; readonly standing: Standing } {
  const isWhole = amountFen === reversibleFen(redemption) && redemption.batchedFen + redemption.offsetFen === 0n;
  const row: Redemption = {
    ...redemption,
    reversedFen: redemption.reversedFen + amountFen,
    ...(isWhole ? { status: 'REVERSED' } : {}),
  };
  if (!isWhole) {
    const cutOff = { baseFen: 0n, weighted: 0n, claimedFen: -amountFen, cutOffFen: amountFen };
    return { isWhole, redemption: row, standing: together(standing, cutOff, lowestRate) };
  }
  const cutOffFen = redemption.cutOffFen + redemption.reversedFen;
  const without = together(standing, negative({ ...claimOf(redemption), claimedFen: amountFen, cutOffFen }), lowestRate);
  return { isWhole, redemption: row, standing: together(without, { ...gone, claimedFen: 0n }, lowestRate) };
}

/** What of a redemption is reversed: how it was charged, what red letters took of it, and who waits on its contract under its programme. */
export interface PartToReverse {
  readonly amountFen: Fen;
  readonly charged: readonly LimitWindow[];
  readonly approvedSeq: bigint;
  readonly gone: Gone;
  readonly waiting: readonly Redemption[];
}

/**
 * Reverses an approved redemption (冲正), in part or whole: what was owed goes back to the voucher or its end, and the limits get as much
 * back in the windows once charged. A part is cut off for good, as what a verification takes off is; reversed whole, the contract stands as if
 * it had never been, and the invoice may be redeemed again.
 *
 * Refuses, in this order: REDEMPTION_BATCHED once a batch holds its money, and then only a recovery takes it back; REVERSAL_ABOVE_APPROVED;
 * REVERSAL_LEAVES_EXCESS where later redemptions of the contract rest on its rounding, whatever becomes of those that wait: what they have
 * too much is reversed first.
 */
export function reversed(
  stand: Stand,
  redemption: Redemption,
  invoice: UsageInvoice,
  { amountFen, charged, approvedSeq, gone, waiting }: PartToReverse,
  of: TakingBack,
): ({ readonly kind: 'reversed' } & TakenBack) | Refused {
  const { redemptionId, redemptionNo, voucherId, fund, providerId } = redemption;
  const irreversible = refusalOfReversal(redemption, amountFen);
  if (irreversible) return irreversible;
  const { isWhole, redemption: row, standing } = afterReversal(stand.standing, redemption, { amountFen, gone }, of.lowestRate);
  const firm = withoutWaiting(standing, waiting, of.lowestRate);
  const excess = firm.claimedFen * 10_000n - weightOf(firm, of.lowestRate);
  if (excess > 0n) {
    return refused('REVERSAL_LEAVES_EXCESS', { redemptionNo, excess: formatYuan((excess + 9_999n) / 10_000n) });
  }
  const back = comeBack(stand, { why: 'REVERSED', ...partOf(of, redemptionId, amountFen) });
  const moved = { voucherId, fund, payeeId: providerId, amountFen, home: back.home, charged, reversesSeq: approvedSeq };
  return {
    kind: 'reversed',
    voucher: restated(back),
    balanceFen: back.balanceFen,
    standing,
    redemption: row,
    postings: [...redemptionReversed(moved), ...back.postings],
    changes: [
      update(redemptionShelf, row),
      ...(isWhole ? [update(invoiceShelf, { ...invoice, redemptionId: null })] : []),
      ...back.changes,
    ],
  };
}

/** Why so much of an approved redemption cannot be reversed, or null: REDEMPTION_BATCHED, REVERSAL_ABOVE_APPROVED. */
export function refusalOfReversal(redemption: Redemption, amountFen: Fen): Refused | null {
  const { redemptionNo, settlementId, batchedFen } = redemption;
  if (settlementId !== null || batchedFen > 0n)
    return refused('REDEMPTION_BATCHED', { redemptionNo, settlementId: settlementId ?? '' });
  const leftFen = reversibleFen(redemption);
  return amountFen > leftFen ? refused('REVERSAL_ABOVE_APPROVED', { redemptionNo, left: formatYuan(leftFen) }, '/amount') : null;
}

/** Whether a voucher may still be paid from: nothing is approved on one that is frozen or was revoked. */
export function refusalOfPaying({ status, voucherNo }: Voucher): Refused | null {
  if (status === 'FROZEN') return refused('VOUCHER_FROZEN', { voucherNo });
  return status === 'REVOKED' ? refused('VOUCHER_REVOKED', { voucherNo }) : null;
}
