import { apiKeys, books, members, persons } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

/** The book itself: one row. */
export const bookShelf = shelf(books, { rank: 0, id: 'bookId' });
export const personShelf = shelf(persons, { rank: 0, id: 'personId' });
export const memberShelf = shelf(members, {
  rank: 1,
  id: 'memberId',
  keys: { person: ['personId'], legalPerson: ['legalPersonUscc'] },
  mutable: ['status'],
});
export const keyShelf = shelf(apiKeys, { rank: 2, id: 'keyId', mutable: ['revokedAt', 'expiresOn'] });
