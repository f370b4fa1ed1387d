// What each of several approved claims gets of a pool, by the law's allocation (DOMAIN 1.3-7). Pure.
import type { Fen } from '../money.js';
import { minFen, proRata, sumFen } from '../money.js';
import type { Allocation } from './language.js';

/** A claim as the review left it. `acceptedAt` orders as text; a lower rank goes first, then a higher score, none last. */
export interface Claim {
  readonly id: string;
  readonly approvedFen: Fen;
  readonly rank: number;
  readonly score: number | null;
  readonly acceptedAt: string;
}

/**
 * What falls to each claim (fen), in the order in which they are served. FIRST_COME: by class, then by time; RANKED: by class, then
 * by score, then by time; each gets all that was approved until the pool ends, the one at its end what is left. PRO_RATA: all alike,
 * floor(approved × P / Σ approved) with P = min(pool left, Σ approved); what the cuts leave stays in the pool. Never more together than
 * the pool, never more than was approved.
 */
export function allocate(strategy: Allocation, poolLeftFen: Fen, claims: readonly Claim[]): { id: string; amountFen: Fen }[] {
  const served = [...claims].sort(
    (a, b) =>
      a.rank - b.rank ||
      (strategy === 'RANKED' ? (b.score ?? -1) - (a.score ?? -1) : 0) ||
      (a.acceptedAt < b.acceptedAt ? -1 : a.acceptedAt > b.acceptedAt ? 1 : a.id < b.id ? -1 : 1),
  );
  const pool = poolLeftFen > 0n ? poolLeftFen : 0n;
  const sum = sumFen(claims.map(({ approvedFen }) => approvedFen));
  if (sum === 0n) return served.map(({ id }) => ({ id, amountFen: 0n }));
  if (strategy === 'PRO_RATA') {
    const shared = minFen(pool, sum);
    return served.map(({ id, approvedFen }) => ({ id, amountFen: proRata(approvedFen, shared, sum) }));
  }
  let left = pool;
  return served.map(({ id, approvedFen }) => {
    const amountFen = minFen(approvedFen, left);
    left -= amountFen;
    return { id, amountFen };
  });
}
