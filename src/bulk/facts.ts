import type { BulkJob } from '../../db/tables.js';
import { bulkJobs, bulkRefusedLines } from '../../db/tables.js';
import { note, shelf } from '../ledger/facts.js';

export const jobShelf = shelf(bulkJobs, {
  rank: 80,
  id: 'jobId',
  // It changes outside the lane too.
  once: ['id'],
  // The lease is not among them: it changes outside the lane, and a slice must not put an old one back.
  mutable: ['state', 'linesRead', 'linesAccepted', 'linesRefused', 'documents', 'nextLine', 'digest', 'ledgerSeq', 'updatedAt'],
});
export const refusedLineShelf = shelf(bulkRefusedLines, { rank: 81, id: 'refusedLineId', once: ['id'] });

/** The job as it stands now, its row locked: what the lane remembers of a row that also changes outside it does not count. */
export const lockedJob = note<BulkJob | null>('bulk job, locked');
