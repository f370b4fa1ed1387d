import { appropriations, programmeVersions } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const programmeVersionShelf = shelf(programmeVersions, {
  rank: 10,
  id: 'programmeVersionId',
  keys: { code: ['programmeCode'] },
  mutable: ['status', 'activatedBy', 'activatedAt'],
});
export const appropriationShelf = shelf(appropriations, {
  rank: 11,
  id: 'appropriationId',
  keys: { document: ['documentNo', 'programmeCode', 'year', 'funder'] },
});
