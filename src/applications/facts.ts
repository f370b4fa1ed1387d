import { applicationQueues, applications } from '../../db/tables.js';
import { changedBySteps, fixedAtSubmission } from '../cases/facts.js';
import { shelf } from '../ledger/facts.js';

export const applicationShelf = shelf(applications, {
  rank: 30,
  id: 'applicationId',
  keys: { contract: ['contractId'], legalPerson: ['legalPersonUscc'], queue: ['programmeCode', 'queueRank', 'queueBlock'] },
  mutable: [
    ...changedBySteps,
    ...fixedAtSubmission,
    'applicationNo',
    'contractId',
    'purpose',
    'eligibility',
    'reviewedPerson',
    'reviewDigest',
    'maximumFen',
    'awardFen',
    'computedFen',
    'explanation',
    'voucherId',
    'queueRank',
    'queueBlock',
  ],
});

/** What waits for the money of a programme, summed up by class and block of numbers; its id is made of these. */
export const queueShelf = shelf(applicationQueues, {
  rank: 30,
  id: 'queueId',
  keys: { programme: ['programmeCode', 'state'] },
  mutable: ['state', 'waiting', 'maximumFen'],
});
