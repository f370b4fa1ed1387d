import { simulations } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const simulationShelf = shelf(simulations, {
  rank: 82,
  id: 'simulationId',
  keys: { state: ['state'] },
  // They change outside the lane: a batch looks at them anew.
  once: ['id', 'state'],
});
