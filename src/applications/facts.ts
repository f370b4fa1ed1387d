import { applications } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const applicationShelf = shelf(applications, {
  rank: 30,
  id: 'applicationId',
  keys: { contract: ['contractId'], waiting: ['programmeCode', 'status'] },
  mutable: [
    'status',
    'eligibility',
    'reviewedPerson',
    'reviewDigest',
    'maximumFen',
    'decidedPerson',
    'decisionReason',
    'awardFen',
    'computedFen',
    'explanation',
    'voucherId',
  ],
});
