import { supplementLists } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const supplementListShelf = shelf(supplementLists, {
  rank: 57,
  id: 'listId',
  keys: { subject: ['subjectId'] },
  mutable: ['answers', 'answeredOn', 'answeredPerson'],
});

/** The columns of a case's row that its steps change, on the row of either kind. */
export const changedBySteps = [
  'status',
  'draft',
  'acceptedAt',
  'acceptedPlace',
  'acceptedPerson',
  'checkedPerson',
  'answersDigest',
  'scoresDigest',
  'panelId',
  'noticeDays',
  'noticeId',
  'noticeLastDay',
  'noticeDaysLeft',
  'decidedPerson',
  'decisionReason',
  'decisionArticle',
  'waitingSince',
  'dueOn',
] as const;

/** What a draft only fixes when it is submitted. */
export const fixedAtSubmission = [
  'programmeCode',
  'programmeVersionId',
  'enterpriseId',
  'legalPersonUscc',
  'contentDigest',
  'submittedOn',
  'submittedPerson',
  'matters',
  'controlVersionIds',
  'recordedAt',
] as const;
