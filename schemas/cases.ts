// The steps that applications for vouchers and for reimbursement share: correction lists, acceptance, check, rejection, withdrawal.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, reason } from './common.js';

export const caseStatus = z.enum([
  'DRAFT',
  'SUBMITTED',
  'SUPPLEMENT_REQUESTED',
  'ACCEPTED',
  'CHECKED',
  'EXPERT_REVIEW',
  'REVIEWED',
  'IN_PUBLIC_NOTICE',
  'OBJECTION_PENDING',
] as const);

const words = z.string().trim().min(1).max(1_000);
const itemNo = z.int().min(1).max(200);

/** Everything that is missing, named at once (一次性告知). */
export const requestSupplement = z.strictObject({
  items: z
    .array(
      z.strictObject({
        kind: z.enum(['FIELD', 'MATERIAL']),
        subject: z.string().trim().min(1).max(200).meta({ description: 'The field or the material: /matters/project, 委托合同' }),
        what: words.meta({ description: 'What is wrong with it, or missing, and what would do' }),
        again: itemNo.optional().meta({ description: 'In a later list: the item of the list before that its answer left open' }),
      }),
    )
    .min(1)
    .max(200),
  workingDays: z
    .int()
    .min(1)
    .max(260)
    .optional()
    .meta({ description: 'To answer in, today not counted; left out: as many as the programme gives' }),
});

/** What comes back: an answer for each item of the list. */
export const supplement = z.strictObject({
  answers: z
    .array(
      z.strictObject({
        item: itemNo,
        answer: words,
        evidence: words.optional(),
        fields: z.record(z.string().min(1).max(100), z.string().trim().min(1).max(200).nullable()).default({}).meta({
          description:
            'What is written anew, by its JSON pointer in what was applied for; only what the item names: /contractId, /matters/project. null takes it out',
        }),
      }),
    )
    .min(1)
    .max(200),
});

export const supplementList = z.strictObject({
  listId: id,
  round: z.int(),
  items: z.array(
    z.strictObject({
      item: z.int(),
      kind: z.enum(['FIELD', 'MATERIAL']),
      subject: z.string(),
      what: z.string(),
      again: z.int().nullable(),
    }),
  ),
  workingDays: z.int(),
  askedOn: day,
  dueOn: day.meta({ description: 'The last day to answer, inclusive to 24:00' }),
  answers: z
    .array(
      z.strictObject({
        item: z.int(),
        answer: z.string(),
        evidence: z.string().nullable(),
        changes: z
          .array(z.strictObject({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() }))
          .meta({ description: 'What the answer changed of the application, old and new' }),
      }),
    )
    .nullable(),
  answeredOn: day.nullable(),
  recordedAt: instant,
});
export const supplementLists = z.strictObject({ items: z.array(supplementList) });

export const rejectCase = z.strictObject({
  reason,
  article: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'The article it rests on, 第四条第二款; required where the programme names its review steps' }),
});
export const withdrawCase = z.strictObject({ reason: reason.optional() });
export const noBody = z.strictObject({});

/** Of every case, beside what it is about. */
export const caseSteps = {
  acceptedAt: instant.nullable().meta({ description: 'When it was complete: by this, first come is first served' }),
  noticeId: id.nullable(),
  noticeLastDay: day
    .nullable()
    .meta({ description: 'Of its public notice, inclusive to 24:00; later than its list says after an objection' }),
  noticeDaysLeft: z.int().nullable().meta({ description: 'Working days of notice that are left while an objection is decided' }),
  decisionArticle: z.string().nullable(),
  waitingSince: day.nullable().meta({ description: 'Since when the next step is waited for; null once it is decided' }),
  dueOn: day.nullable().meta({ description: 'Until when, where the programme gives days for it' }),
};
export const withSeq = { ledgerSeq };

/** A review cites the scores that it rests on, where experts gave any. */
export const digestOfScores = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'DIGEST_FORMAT' })
  .optional()
  .meta({ description: 'Of the experts’ scores that the review rests on; required where the programme has experts score' });
