// Contracts of the same parties and time: nearly the same one twice, or one that was split. Pure.
import type { Contract } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { overlaps } from '../calendar.js';
import type { Fen } from '../money.js';
import { sumFen } from '../money.js';

export type Alike = Pick<Contract, 'contractId' | 'contractNo' | 'startsOn' | 'endsOn' | 'grossFen'>;

const periodOf = ({ startsOn, endsOn }: { readonly startsOn: Day; readonly endsOn: Day }) => ({ from: startsOn, to: endsOn });

/** Those of other contracts whose periods share a day with this one's. */
const besides = (contract: Alike, others: readonly Alike[]): Alike[] =>
  others.filter((other) => other.contractId !== contract.contractId && overlaps(periodOf(other), periodOf(contract)));

/**
 * Of other contracts of the same parties those that are nearly the same: their periods share a day, and the amounts differ by at most so
 * many basis points of the larger.
 */
export const nearlySame = (contract: Alike, others: readonly Alike[], basisPoints: number): Alike[] =>
  besides(contract, others).filter(({ grossFen }) => {
    const [less, more] = grossFen < contract.grossFen ? [grossFen, contract.grossFen] : [contract.grossFen, grossFen];
    return (more - less) * 10_000n <= more * BigInt(basisPoints);
  });

/**
 * The contracts, this one first, into which one may have been split: of the same parties, each with a day in common with this one,
 * none above the threshold, and together above it. Null when they are not so many.
 */
export function splitOf(contract: Alike, others: readonly Alike[], thresholdFen: Fen): readonly Alike[] | null {
  if (contract.grossFen > thresholdFen) return null;
  const parts = [contract, ...besides(contract, others).filter(({ grossFen }) => grossFen <= thresholdFen)];
  return parts.length > 1 && sumFen(parts.map(({ grossFen }) => grossFen)) > thresholdFen ? parts : null;
}
