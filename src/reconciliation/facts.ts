import { reconciliationExceptions } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const exceptionShelf = shelf(reconciliationExceptions, {
  rank: 90,
  id: 'exceptionId',
  keys: { subject: ['kind', 'subject'] },
  once: ['id', 'subject'],
  mutable: [
    'amountFen',
    'ownerPerson',
    'status',
    'explanation',
    'explainedPerson',
    'explainedOn',
    'resolution',
    'closedPerson',
    'closedOn',
  ],
});
