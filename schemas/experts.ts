// Expert review: who is asked about a case, what they declare, what they score.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, pageQuery, reason } from './common.js';

const criterionId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'CRITERION_FORMAT' })
  .max(60);
const bilingual = z.strictObject({ zh: z.string().trim().min(1).max(200), en: z.string().trim().min(1).max(200) });
const criterion = z.strictObject({ id: criterionId, name: bilingual, points: z.int().min(1).max(100) });

export const assignExperts = z.strictObject({
  memberIds: z.array(id).min(1).max(99).meta({
    description: 'Members in the role expert; at first as many as are asked for, later whoever takes a place that is free',
  }),
  experts: z.int().min(1).max(99).optional().meta({ description: 'How many score; only where the programme does not say it' }),
  criteria: z
    .array(criterion)
    .min(1)
    .max(50)
    .optional()
    .meta({ description: 'What they score, each up to its points; only where the programme does not say it' }),
  workingDays: z.int().min(1).max(260).optional().meta({ description: 'Until when, where the programme gives no days' }),
});
export const declareInterest = z.strictObject({
  conflict: reason
    .nullable()
    .meta({ description: 'null: there is no conflict of interest; else what it is, and this ends the assignment' }),
  explanation: reason.optional().meta({
    description: 'Why there is none although the expert acted for a party once, or somebody of the same name does or did',
  }),
});
export const scoreCase = z.strictObject({
  scores: z
    .array(z.strictObject({ criterion: criterionId, points: z.int().min(0).max(100) }))
    .min(1)
    .max(50),
  opinion: z.string().trim().min(1).max(2_000),
});
export const dismissExpert = z.strictObject({ reason });

export const assignmentStatus = z.enum(['ASSIGNED', 'DECLARED', 'SCORED', 'CONFLICTED', 'DISMISSED', 'ENDED']);
const scores = z.array(z.strictObject({ criterion: z.string(), points: z.int() })).nullable();
const common = {
  status: assignmentStatus,
  conflict: z.string().nullable(),
  doubts: z
    .array(z.strictObject({ uscc: z.string(), name: z.string(), why: z.enum(['FORMER_MEMBER', 'SAME_NAME']) }))
    .nullable()
    .meta({ description: 'What the expert explained with the declaration; null where nothing was to be explained' }),
  explanation: z.string().nullable(),
  scores,
  points: z.int().nullable().meta({ description: 'The sum of the scores' }),
  opinion: z.string().nullable(),
  waitingSince: day.nullable(),
  dueOn: day.nullable(),
};

export const expertAssignment = z.strictObject({
  assignmentId: id,
  panelId: id,
  caseNo: z.string(),
  programmeCode: z.string(),
  parties: z
    .array(z.strictObject({ uscc: z.string(), name: z.string() }))
    .meta({ description: 'In whom there must be no interest' }),
  criteria: z.array(z.strictObject({ id: z.string(), name: bilingual, points: z.int() })),
  brief: z
    .record(z.string(), z.string())
    .nullable()
    .meta({ description: 'The case as it stood when experts were asked; null before the declaration' }),
  ...common,
  recordedAt: instant,
});
export const assignmentDecided = expertAssignment.extend({ ledgerSeq });
export const assignmentQuery = pageQuery;

export const expertPanel = z.strictObject({
  panelId: id,
  caseNo: z.string(),
  programmeCode: z.string(),
  experts: z.int(),
  lacking: z.int().meta({ description: 'Experts that are still to be assigned' }),
  criteria: z.array(z.strictObject({ id: z.string(), name: bilingual, points: z.int() })),
  assignments: z.array(z.strictObject({ assignmentId: id, memberId: id, dismissalReason: z.string().nullable(), ...common })),
  score: z.int().nullable().meta({ description: 'The mean of all, of 100, cut down; null until all have scored' }),
  scoresDigest: z.string().nullable().meta({ description: 'What a review cites' }),
  assignedOn: day,
});
export const panelRecorded = z.strictObject({ status: z.string(), panel: expertPanel, ledgerSeq });
