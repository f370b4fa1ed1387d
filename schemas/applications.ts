import { z } from 'zod';
import { caseStatus, caseSteps, digestOfScores, supplementList } from './cases.js';
import { amount, day, explanationStep, id, instant, ledgerSeq, pageQuery, reason } from './common.js';
import { matters, mattersHeld } from './matters.js';
import { programmeCode } from './programme-api.js';

export const applicationStatus = z.enum([...caseStatus.options, 'APPROVED', 'REJECTED', 'WITHDRAWN']);

/** Applies (申领) for a voucher on one filed contract. `commitment` is the commitment letter (承诺书): it must be true. */
export const submitApplication = z.strictObject({
  programmeCode,
  contractId: id,
  commitment: z
    .literal(true, { error: 'COMMITMENT_REQUIRED' })
    .meta({ description: 'Truthfulness, no duplicate funding, no self-use' }),
  matters: matters
    .optional()
    .meta({ description: 'What it is about, as far as the programme asks; matters on record of the applicant' }),
});

/** What is meant to be applied for, until it is submitted. */
export const draftApplication = submitApplication.omit({ commitment: true });
export const submitDraft = submitApplication.pick({ commitment: true });

const predicateId = z.string().min(1).max(100);

export const reviewApplication = z.strictObject({
  eligibility: z.record(predicateId, z.boolean()).meta({ description: 'Every predicate the programme asks for: met or not' }),
  exceptions: z
    .record(predicateId, reason)
    .default({})
    .meta({ description: 'Soft predicates («原则上») that are not met and are to be set aside, each with its reason' }),
  classes: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default([])
    .meta({ description: 'Priority classes of the law that it belongs to' }),
  maximum: amount.optional().meta({ description: 'At most this much; left out: all that the programme gives' }),
  scoresDigest: digestOfScores,
});

export const approveApplication = z.strictObject({
  reviewDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'DIGEST_FORMAT' })
    .meta({ description: 'Of the review that is approved' }),
  acceptReduced: z
    .boolean()
    .default(false)
    .meta({ description: 'Issue less than the maximum when limits or the pool leave less' }),
  passOverReason: reason
    .optional()
    .meta({ description: 'Why an earlier reviewed application is passed over, when the money is not enough for both' }),
});

const eligibilityRecord = z.strictObject({
  predicates: z.record(z.string(), z.enum(['MET', 'NOT_MET', 'EXCEPTION'])),
  exceptions: z.record(z.string(), z.string()),
  classes: z.array(z.string()),
});

export const application = z.strictObject({
  applicationId: id,
  applicationNo: z.string(),
  programmeCode: z.string(),
  programmeVersionId: id,
  enterpriseId: id,
  legalPersonUscc: z.string(),
  contractId: id,
  purpose: z.string(),
  matters: mattersHeld,
  controlVersionIds: z.array(id).meta({ description: 'The general controls of the book that it is decided under' }),
  status: applicationStatus,
  submittedOn: day,
  contentDigest: z.string(),
  computed: amount.nullable().meta({ description: 'What the programme gives, before limits and the pool' }),
  eligibility: eligibilityRecord.nullable(),
  maximum: amount.nullable(),
  reviewDigest: z.string().nullable().meta({ description: 'What an approval must name' }),
  award: amount.nullable(),
  explanation: z.array(explanationStep).nullable(),
  decisionReason: z.string().nullable(),
  voucherId: id.nullable(),
  ...caseSteps,
  recordedAt: instant,
});

/** What would be issued if it were approved now. */
const outlook = z.strictObject({
  amount: amount.meta({ description: '0.00 when a limit or the pool leaves nothing' }),
  bound: z.string().nullable().meta({ description: 'What lowers it: a limit’s id, POOL or MAXIMUM' }),
  refusal: z.string().nullable().meta({ description: 'Why nothing would be issued, by its code' }),
});
export const applicationConsidered = application.extend({ outlook, ledgerSeq });
export const applicationMoved = application.extend({ ledgerSeq });
export const applicationSupplement = application.extend({ supplementList, ledgerSeq });

export const applicationQuery = pageQuery.extend({
  status: applicationStatus.optional(),
  programmeCode: programmeCode.optional(),
  enterpriseId: id.optional(),
  contractId: id.optional(),
});
