import { legalPersonChanges, limitSuccessions } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const changeShelf = shelf(legalPersonChanges, {
  rank: 71,
  id: 'changeId',
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionId'],
});
export const limitSuccessionShelf = shelf(limitSuccessions, {
  rank: 72,
  id: 'limitSuccessionId',
  keys: { window: ['account', 'holder', 'span'] },
});
