// A limit is an account: an allowance funded when first touched, debited beside the money in the same linked group.
import type { LimitWindow } from './chart.js';
import { accountOf } from './chart.js';
import type { Facts, Loader } from './facts.js';
import type { Posting } from './templates.js';
import { limitFunded } from './templates.js';

export const gatherLimits = (loader: Loader, windows: readonly LimitWindow[]): Promise<void> =>
  loader.accounts(windows.flatMap((at) => [accountOf.limit(at.limit), accountOf.allowance(at), accountOf.used(at)]));

/**
 * What is left of a limit whose number is `numberFen` (the law's, with what approved exceptions raised it by), for one holder in one
 * window, and the posting that makes the allowance say so: the first touch funds it, a higher number adds the difference. A lower
 * number leaves at most what is not spent yet; what is spent stays spent. What an exception raised is in the allowance by a posting of
 * its own, before the limit is touched or after.
 */
export function readLimit(
  facts: Pick<Facts, 'balance'>,
  at: LimitWindow,
  numberFen: bigint,
): { leftFen: bigint; funding: Posting[] } {
  const allowanceFen = facts.balance(accountOf.allowance(at));
  const usedFen = facts.balance(accountOf.used(at));
  const missingFen = numberFen - (allowanceFen + usedFen);
  if (missingFen >= 0n) return { leftFen: allowanceFen + missingFen, funding: limitFunded({ at, amountFen: missingFen }) };
  const leftFen = numberFen > usedFen ? numberFen - usedFen : 0n;
  return { leftFen: leftFen < allowanceFen ? leftFen : allowanceFen, funding: [] };
}
