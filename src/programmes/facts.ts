import { appropriations, programmeVersions } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const programmeVersionShelf = shelf(programmeVersions, {
  rank: 10,
  id: 'programmeVersionId',
  keys: { code: ['programmeCode'], kind: ['kind'] },
  mutable: ['status', 'inForceTo', 'activatedBy', 'activatedAt', 'repealedBy', 'repealedAt', 'repealingDocument'],
});
export const appropriationShelf = shelf(appropriations, {
  rank: 11,
  id: 'appropriationId',
  keys: { document: ['documentNo', 'programmeCode', 'year', 'funder'] },
});
