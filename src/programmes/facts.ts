import { appropriationReturns, appropriations, limitExceptions, limitFirstYears, programmeVersions, repealCorrections } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const programmeVersionShelf = shelf(programmeVersions, {
  rank: 10,
  id: 'programmeVersionId',
  keys: { code: ['programmeCode'], kind: ['kind'] },
  mutable: ['status', 'inForceTo', 'activatedBy', 'activatedAt', 'repealedBy', 'repealedAt', 'repealingDocument', 'repealId'],
});

/** Corrections of repeals; `open` finds the one that waits. */
export const repealCorrectionShelf = shelf(repealCorrections, {
  rank: 11,
  id: 'correctionId',
  keys: { open: ['programmeVersionId', 'status'] },
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
export const appropriationShelf = shelf(appropriations, {
  rank: 11,
  id: 'appropriationId',
  keys: { document: ['documentNo', 'programmeCode', 'year', 'funder'], fund: ['programmeCode', 'year'] },
});
export const appropriationReturnShelf = shelf(appropriationReturns, {
  rank: 11,
  id: 'returnId',
  keys: { document: ['documentNo', 'programmeCode', 'year'] },
  mutable: ['status', 'parts', 'decidedPerson', 'decidedOn', 'decisionReason'],
});
export const limitExceptionShelf = shelf(limitExceptions, {
  rank: 11,
  id: 'exceptionId',
  keys: { window: ['account', 'holder', 'span'] },
  mutable: ['status', 'approvedPerson', 'approvedOn', 'rejectedPerson', 'rejectedOn', 'rejectionReason'],
});

/** When a holder's window of several years began; its id is made of the limit's name in the ledger and the holder. */
export const firstYearShelf = shelf(limitFirstYears, { rank: 11, id: 'firstYearId' });
export const firstYearIdOf = (account: string, holder: string): string => `${account}:${holder}`;
