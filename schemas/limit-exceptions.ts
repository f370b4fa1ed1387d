import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, pageQuery, reason } from './common.js';
import { programmeCode } from './programme-api.js';

/** Asks for more than a limit gives that is one in principle («原则上»), for one holder in one window. */
export const askLimitException = z.strictObject({
  programmeCode: programmeCode.meta({ description: 'The programme, or the general controls, whose limit it is' }),
  limitId: z.string().min(1).max(100),
  holder: z.string().trim().min(1).max(100).meta({
    description:
      'Whom the limit is for: the code of a legal person, the code of a project on record or what it is known by, the id of a contract, the programme’s code',
  }),
  window: z
    .string()
    .min(1)
    .max(20)
    .meta({ description: 'A year, LIFETIME, or first year + years', examples: ['2024', '2024+3'] }),
  amount: amount.meta({ description: 'How much more' }),
  reason,
});
export const approveLimitException = z.strictObject({});
export const rejectLimitException = z.strictObject({ reason });

const status = z.enum(['ASKED', 'APPROVED', 'REJECTED']);
export const limitException = z.strictObject({
  exceptionId: id,
  programmeCode: z.string(),
  limitId: z.string(),
  account: z.string().meta({ description: 'The limit’s name in the ledger' }),
  holder: z.string(),
  window: z.string(),
  amount,
  reason: z.string(),
  status,
  askedOn: day,
  approvedOn: day.nullable(),
  rejectedOn: day.nullable(),
  rejectionReason: z.string().nullable(),
  recordedAt: instant,
});
export const limitExceptionRecorded = limitException.extend({ ledgerSeq });
export const limitExceptionQuery = pageQuery.extend({ status: status.optional() });
