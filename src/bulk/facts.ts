import { bulkJobs, bulkRefusedLines } from '../../db/tables.js';
import { shelf } from '../ledger/facts.js';

export const jobShelf = shelf(bulkJobs, {
  rank: 80,
  id: 'jobId',
  // It changes outside the lane too: a slice looks at it again when it is written (hold_bulk_job).
  once: ['id'],
  // The lease is not among them: it changes outside the lane, and a slice must not put an old one back.
  mutable: ['state', 'linesRead', 'linesAccepted', 'linesRefused', 'documents', 'nextLine', 'digest', 'ledgerSeq', 'updatedAt'],
});
export const refusedLineShelf = shelf(bulkRefusedLines, { rank: 81, id: 'refusedLineId', once: ['id'] });
