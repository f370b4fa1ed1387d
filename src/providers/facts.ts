import { chips, facilities, facilityObservations, listings, providers } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const providerShelf = shelf(providers, {
  rank: 10,
  id: 'providerId',
  keys: { uscc: ['uscc'], legalPerson: ['legalPersonUscc'] },
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
  mutable: ['validTo'],
});
export const chipShelf = shelf(chips, { rank: 10, id: 'chipId', keys: { model: ['vendor', 'model'] } });
