// Approvals that need two approvers: what the first one is answered, and what waits for the second.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, page, pageQuery } from './common.js';

export const firstApproval = z.strictObject({
  approvalId: id,
  subjectKind: z.enum(['APPLICATION', 'ALLOCATION', 'REDEMPTION', 'SETTLEMENT']),
  subjectId: id,
  digest: z.string().meta({ description: 'What was approved; an approval of anything else is another first approval' }),
  amount: amount.meta({ description: 'What the amount of the programme is held against' }),
  above: amount.meta({ description: 'Above this the programme asks for two approvers' }),
  person: id,
  forPerson: id.nullable().meta({ description: 'In whose place, where it was delegated' }),
  approvedOn: day,
  status: z.enum(['WAITING', 'COMPLETED', 'DIED']),
  secondPerson: id.nullable(),
  secondForPerson: id.nullable(),
  secondOn: day.nullable(),
  recordedAt: instant,
});
export const firstApprovals = page(firstApproval);
export const firstApprovalQuery = pageQuery.extend({ status: firstApproval.shape.status.default('WAITING') });

/** What an approval is answered that waits for a second approver; the thing itself stays as it is. */
export const awaitsSecond = z.strictObject({ awaitsSecondApproval: firstApproval, ledgerSeq });
/** The answer of an approving verb: the thing approved, or that a second approver is waited for. */
export const approvedOrAwaits = <T extends z.ZodType>(approved: T) => z.union([approved, awaitsSecond]);
