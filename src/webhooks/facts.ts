import { webhookEndpoints } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const webhookShelf = shelf(webhookEndpoints, {
  rank: 70,
  id: 'endpointId',
  keys: { member: ['memberId'] },
  mutable: ['secretSealed', 'previousSealed', 'previousUntil', 'status'],
});
