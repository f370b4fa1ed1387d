import { flagParameters, flags } from '../../db/tables.js';
import type { Facts, Loader } from '../ledger/facts.js';
import { shelf } from '../ledger/facts.js';
import { isHolding } from './rules.js';

export const flagShelf = shelf(flags, {
  rank: 70,
  id: 'flagId',
  keys: { subject: ['subjectId'] },
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
export const flagParameterShelf = shelf(flagParameters, { rank: 12, id: 'flagParameterId', keys: { kind: ['kind'] } });

/** Gathers the flags on these things. */
export const gatherFlags = (loader: Loader, subjectIds: readonly string[]): Promise<unknown> =>
  loader.load(flagShelf, 'subject', subjectIds);

/** How many flags hold a gathered thing: those that are open, and those that were upheld. */
export const holdingFlags = (facts: Facts, subjectId: string): number =>
  facts.all(flagShelf, 'subject', subjectId).filter(isHolding).length;
