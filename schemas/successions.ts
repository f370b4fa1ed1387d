// Changes of legal persons: a new name, a merger, a split, the end; each proposed by one person and decided by another.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, name, pageQuery, reason, uscc } from './common.js';

const documentNo = z.string().trim().min(1).max(100);
const decided = {
  effectiveOn: day.meta({ description: 'From this day on; today or earlier' }),
  documentNo: documentNo.meta({ description: 'The document of the registration authority, or of the bureau' }),
  reason,
};

export const changeName = z.strictObject({
  uscc: uscc.meta({ description: 'A registered enterprise or provider, a branch too' }),
  name,
  ...decided,
});
export const mergeEnterprise = z.strictObject({
  uscc: uscc.meta({ description: 'The legal person that is absorbed' }),
  successorUscc: uscc.meta({ description: 'Who takes over its contracts, vouchers and what it has spent of limits' }),
  ...decided,
});
const heir = z.strictObject({
  uscc: uscc.meta({ description: 'A registered legal person' }),
  founded: z.boolean().meta({
    description:
      'true: founded by this split, and shares the limits that run now; false: it was there before, with limits of its own',
  }),
  contractIds: z.array(id).max(1000).meta({ description: 'The contracts it takes over, with their vouchers' }),
  registrationIds: z
    .array(id)
    .max(1000)
    .default([])
    .meta({ description: 'The confirmed matters (projects, products …) that are its own from now on' }),
  recoveryIds: z
    .array(id)
    .max(1000)
    .default([])
    .meta({ description: 'The recoveries that it owes from now on, each whole; others stay with who goes on' }),
  limits: z
    .array(
      z.strictObject({
        limit: z
          .string()
          .min(1)
          .max(200)
          .meta({ description: 'Its name in the ledger', examples: ['zhengzhou-compute.claimed'] }),
        left: amount.meta({ description: 'How much of what is left of it goes over, in the window that runs' }),
      }),
    )
    .max(100)
    .default([]),
});
export const splitEnterprise = z.strictObject({
  uscc: uscc.meta({ description: 'The legal person that is split' }),
  continues: z.boolean().meta({ description: 'Whether it goes on beside its heirs (派生分立), or ends (解散分立)' }),
  heirs: z.array(heir).min(1).max(20),
  ...decided,
});
export const closeEnterprise = z.strictObject({
  uscc: uscc.meta({ description: 'A registered legal person' }),
  vouchers: z
    .enum(['FREEZE', 'CANCEL'])
    .meta({ description: 'What becomes of its vouchers; cancelled, what is left of them is available again' }),
  ...decided,
});
export const decideChange = z.strictObject({});

export const legalPersonChange = z.strictObject({
  changeId: id,
  uscc: z.string(),
  kind: z.enum(['NAME', 'MERGER', 'SPLIT', 'CLOSURE']),
  effectiveOn: day,
  content: z.record(z.string(), z.unknown()).meta({ description: 'What is decided beyond the day, as it was proposed' }),
  documentNo: z.string(),
  reason: z.string(),
  status: z.enum(['PROPOSED', 'APPROVED', 'WITHDRAWN']),
  proposedPerson: id,
  proposedOn: day,
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  recordedAt: instant,
});
export const changeRecorded = legalPersonChange.extend({ ledgerSeq });
export const limitSuccession = z.strictObject({
  why: z.enum(['CARRIED', 'GIVEN', 'FOUNDED']),
  limit: z.string(),
  holder: z.string(),
  window: z.string(),
  amount,
  usedAfter: amount.meta({ description: 'What counts as spent of it then' }),
});
export const changeWithLimits = legalPersonChange.extend({ limits: z.array(limitSuccession) });
export const changeQuery = pageQuery.extend({
  uscc: uscc.optional().meta({ description: 'Of this code' }),
  status: legalPersonChange.shape.status.optional(),
});
