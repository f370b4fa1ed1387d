import { allocationLines, allocations, awardComputations, reimbursementLineCuts, reimbursements } from '../../db/tables.js';
import { changedBySteps, fixedAtSubmission } from '../cases/facts.js';
import { shelf } from '../ledger/facts.js';

export { reimbursementLineShelf } from '../usage/facts.js';

export const allocationShelf = shelf(allocations, {
  rank: 54,
  id: 'allocationId',
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason', 'awardsLeft'],
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
    'reversedFen',
    'offsetFen',
    'recalledFen',
    'restoredFen',
  ],
});
export const allocationLineShelf = shelf(allocationLines, {
  rank: 56,
  id: 'allocationLineId',
  keys: { allocation: ['allocationId'], reimbursement: ['reimbursementId', 'isLive'] },
  once: ['id', 'allocation', 'reimbursement'],
  mutable: ['isLive', 'leftOut'],
});
/** What red letters took of lines that count; and awards computed anew after them. */
export const lineCutShelf = shelf(reimbursementLineCuts, {
  rank: 63,
  id: 'lineCutId',
  keys: { reimbursement: ['reimbursementId'] },
  once: ['id', 'reimbursement'],
});
export const awardComputationShelf = shelf(awardComputations, {
  rank: 80,
  id: 'correctionId',
  once: ['id'],
});
