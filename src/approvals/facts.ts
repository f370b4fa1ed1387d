import { firstApprovals } from '../../db/tables.js';
import { delegatedActShelf } from '../access/facts.js';
import type { Change, Facts, Loader } from '../ledger/facts.js';
import { shelf, update } from '../ledger/facts.js';

export const firstApprovalShelf = shelf(firstApprovals, {
  rank: 3,
  id: 'approvalId',
  keys: { subject: ['subjectId'] },
  mutable: ['status', 'secondPerson', 'secondForPerson', 'secondOn'],
  once: ['id', 'subject'],
});

/** Gathers who has approved these things so far. For `approve` and `approversOf`. */
export const gatherApprovals = async (loader: Loader, subjectIds: readonly string[]): Promise<void> => {
  await Promise.all([
    loader.load(firstApprovalShelf, 'subject', subjectIds),
    loader.load(delegatedActShelf, 'subject', subjectIds),
  ]);
};

/** What ends with its subject: a first approval of it that waits for a second. For a subject gathered by `gatherApprovals`. */
export const endApprovals = (facts: Facts, subjectId: string): Change[] =>
  facts
    .all(firstApprovalShelf, 'subject', subjectId)
    .flatMap((of) => (of.status === 'WAITING' ? [update(firstApprovalShelf, { ...of, status: 'DIED' })] : []));

/** Everybody beside the second approver who approved this thing, or in whose place it was approved. */
export const approversOf = (facts: Facts, subjectId: string): (string | null)[] => [
  ...facts.all(firstApprovalShelf, 'subject', subjectId).flatMap((of) => (of.status === 'COMPLETED' ? [of.personId] : [])),
  ...facts.all(delegatedActShelf, 'subject', subjectId).map(({ forPersonId }) => forPersonId),
];
