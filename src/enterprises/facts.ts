import { enterprises, formerNames } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const enterpriseShelf = shelf(enterprises, {
  rank: 10,
  id: 'enterpriseId',
  keys: { uscc: ['uscc'], legalPerson: ['legalPersonUscc'] },
  mutable: ['name', 'closedOn', 'successorUscc'],
});

/** Names that codes had, of enterprises and providers alike. */
export const formerNameShelf = shelf(formerNames, { rank: 72, id: 'formerNameId', keys: { uscc: ['uscc'] } });
