import {
  chips,
  facilities,
  facilityObservations,
  listingApplications,
  listingMeasures,
  listings,
  listingScores,
  listingSteps,
  listPrices,
  providers,
} from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const providerShelf = shelf(providers, {
  rank: 10,
  id: 'providerId',
  keys: { uscc: ['uscc'], legalPerson: ['legalPersonUscc'], acting: ['actingUscc'] },
  mutable: ['name', 'closedOn', 'successorUscc', 'actingUscc'],
});
export const facilityShelf = shelf(facilities, { rank: 11, id: 'facilityId', keys: { provider: ['providerId'] } });
export const observationShelf = shelf(facilityObservations, {
  rank: 12,
  id: 'observationId',
  keys: { facility: ['facilityId'] },
});
export const listingShelf = shelf(listings, {
  rank: 12,
  id: 'listingId',
  keys: { provider: ['providerId'] },
  mutable: ['validTo', 'suspensions'],
});
export const listingApplicationShelf = shelf(listingApplications, {
  rank: 13,
  id: 'applicationId',
  mutable: ['batchNo', 'evidence', 'status', 'reviewedPerson', 'noticeFrom', 'noticeTo', 'listingId', 'listedPerson'],
});
export const listingStepShelf = shelf(listingSteps, { rank: 14, id: 'stepId', keys: { application: ['applicationId'] } });
export const listingScoreShelf = shelf(listingScores, { rank: 14, id: 'scoreId', keys: { application: ['applicationId'] } });
export const listingMeasureShelf = shelf(listingMeasures, {
  rank: 13,
  id: 'measureId',
  mutable: ['status', 'decidedPerson', 'decidedOn'],
});
export const listPriceShelf = shelf(listPrices, { rank: 12, id: 'listPriceId', keys: { provider: ['providerId'] } });
export const chipShelf = shelf(chips, { rank: 10, id: 'chipId', keys: { model: ['vendor', 'model'] } });
