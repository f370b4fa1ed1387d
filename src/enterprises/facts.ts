import { enterprises } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const enterpriseShelf = shelf(enterprises, {
  rank: 10,
  id: 'enterpriseId',
  keys: { uscc: ['uscc'], legalPerson: ['legalPersonUscc'] },
});
