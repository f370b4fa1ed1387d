// The law's limits as accounts of the ledger: which are touched, what is left of them, what to fund and to charge.
import type { LimitWindow } from '../ledger/chart.js';
import type { Facts } from '../ledger/facts.js';
import { readLimit } from '../ledger/limits.js';
import type { Posting } from '../ledger/templates.js';
import type { Fen } from '../money.js';
import type { TouchedLimit } from './evaluate.js';

/** The accounts of a touched limit: by programme, not by version, so that a new version goes on counting where the old one was. */
export const limitWindowOf = (touched: TouchedLimit): LimitWindow => ({
  limit: touched.account,
  holder: touched.holder.id,
  window: touched.window,
});

/**
 * What is left of each touched limit (fen, by limit id; one whose number is unknown is left out, which holds the case), the postings that fund what is touched for the first time, and the
 * windows to charge. The windows must have been gathered.
 */
export function readLimits(
  facts: Pick<Facts, 'balance'>,
  touched: readonly TouchedLimit[],
): { left: Record<string, Fen>; funding: Posting[]; charges: LimitWindow[] } {
  const read = touched.flatMap((limit) => {
    const at = limitWindowOf(limit);
    return limit.amountFen === null ? [] : [{ id: limit.limitId, at, ...readLimit(facts, at, limit.amountFen) }];
  });
  return {
    left: Object.fromEntries(read.map(({ id, leftFen }) => [id, leftFen])),
    funding: read.flatMap(({ funding }) => funding),
    charges: read.map(({ at }) => at),
  };
}
