import { noticeItems, objections, publicNotices } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const noticeShelf = shelf(publicNotices, { rank: 60, id: 'noticeId' });
export const noticeItemShelf = shelf(noticeItems, {
  rank: 61,
  id: 'noticeItemId',
  keys: { notice: ['noticeId'] },
  once: ['id', 'notice'],
});
export const objectionShelf = shelf(objections, {
  rank: 62,
  id: 'objectionId',
  keys: { subject: ['subjectId'] },
  mutable: ['status', 'decidedPerson', 'decidedOn', 'decisionReason', 'nameSealed', 'contactSealed'],
});
