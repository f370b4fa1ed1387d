import { monthBuilds, months } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const monthShelf = shelf(months, {
  rank: 90,
  id: 'monthId',
  keys: { month: ['month'], status: ['status'] },
  unique: ['month'],
  mutable: ['status', 'sealedPerson', 'sealedOn', 'buildId', 'cutOffSeq', 'dataDigest', 'balancesDigest', 'sealDigest', 'toldBuildId'],
});

export const monthBuildShelf = shelf(monthBuilds, {
  rank: 91,
  id: 'buildId',
  keys: { month: ['monthId'] },
  // They change outside the lane: a batch looks at them anew.
  once: ['id', 'month'],
});
