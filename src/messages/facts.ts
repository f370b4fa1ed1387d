import { messageReads, messages, outbox, reminderRuns, reminders } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

/** Messages on their way. Looked up for dead ones alone, which nobody but a command changes. */
export const outboxShelf = shelf(outbox, {
  rank: 70,
  id: 'messageId',
  mutable: ['status', 'attempts', 'nextAt', 'failure'],
  once: ['id'],
});
/** Messages that were delivered: outside the lane, so nothing of them is carried from batch to batch. */
export const messageShelf = shelf(messages, { rank: 70, id: 'messageId', once: ['id'] });
export const messageReadShelf = shelf(messageReads, { rank: 71, id: 'readId', once: ['id'] });
export const reminderRunShelf = shelf(reminderRuns, { rank: 70, id: 'kind', mutable: ['through', 'recordedAt'] });
export const reminderShelf = shelf(reminders, { rank: 70, id: 'reminderId', once: ['id'] });
