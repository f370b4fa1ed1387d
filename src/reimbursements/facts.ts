import { allocationLines, allocations, reimbursements } from '../../db/tables.js';
import { changedBySteps, fixedAtSubmission } from '../cases/facts.js';
import { shelf } from '../ledger/facts.js';

export { reimbursementLineShelf } from '../usage/facts.js';

export const allocationShelf = shelf(allocations, {
  rank: 54,
  id: 'allocationId',
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
export const reimbursementShelf = shelf(reimbursements, {
  rank: 55,
  id: 'reimbursementId',
  keys: { allocation: ['allocationId'], legalPerson: ['legalPersonUscc'] },
  mutable: [
    ...changedBySteps,
    ...fixedAtSubmission,
    'reimbursementNo',
    'year',
    'baseYear',
    'lineCount',
    'baseFen',
    'computedFen',
    'eligibility',
    'reviewedPerson',
    'reviewedFen',
    'score',
    'opinion',
    'reviewDigest',
    'allocationId',
    'fund',
    'awardFen',
    'approvedOn',
    'explanation',
    'settlementId',
  ],
});
export const allocationLineShelf = shelf(allocationLines, {
  rank: 56,
  id: 'allocationLineId',
  keys: { allocation: ['allocationId'] },
  once: ['id', 'allocation'],
  mutable: ['isLive'],
});
