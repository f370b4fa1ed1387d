// Reimbursement (flow R): applications with their base, expert review, the sharing of a year's pool, awards.
import { z } from 'zod';
import { caseStatus, caseSteps, digestOfScores, supplementList } from './cases.js';
import {
  amount,
  day,
  explanationStep,
  id,
  instant,
  ledgerSeq,
  modelShown,
  name,
  ofModel,
  pageQuery,
  reason,
  uscc,
} from './common.js';
import { matters, mattersHeld } from './matters.js';
import { programmeCode } from './programme-api.js';

/** Every kind of thing that a declared expense may be for. */
const expenseItem = z
  .enum([
    'AI_COMPUTE',
    'SUPERCOMPUTE',
    'GENERAL_COMPUTE',
    'STORAGE',
    'NETWORK',
    'SECURITY',
    'CORPUS',
    'MODEL_SERVICE',
    'TECHNOLOGY',
    'RESEARCH_COST',
  ] as const)
  .meta({ description: '事项: what was bought' });

/** What the enterprise declares itself, for programmes whose base is a contract or a cost. */
export const declaredItem = z.strictObject({
  reference: z.string().trim().min(1).max(100).meta({ description: 'Number of the invoice, contract or registration' }),
  description: z.string().trim().min(1).max(300),
  counterpartyUscc: uscc,
  counterpartyName: name,
  serviceItem: expenseItem,
  net: amount,
  vat: amount,
  gross: amount,
  ...ofModel,
  settledOn: day.meta({ description: 'The day on which it was paid in full' }),
  evidence: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .meta({ description: 'Proof of full payment: the bank’s receipt, the audit report' }),
});

export const submitReimbursement = z.strictObject({
  programmeCode,
  matters: matters
    .optional()
    .meta({ description: 'What it is about, as far as the programme asks; matters on record of the applicant' }),
  contractIds: z.array(id).min(1).max(2_000).optional().meta({
    description:
      'Only the settled fees of these contracts, 2,000 lines at most; left out: of all. Rules by contract take one contract at a time',
  }),
  items: z
    .array(declaredItem)
    .min(1)
    .max(2_000)
    .optional()
    .meta({ description: 'For a base of contracts or costs; settled fees are taken from the book' }),
  commitment: z
    .literal(true, { error: 'COMMITMENT_REQUIRED' })
    .meta({ description: 'Truthfulness, no duplicate funding, no self-use' }),
});

/** What is meant to be applied for, until it is submitted. */
export const draftReimbursement = submitReimbursement.omit({ commitment: true });
export const submitDraft = submitReimbursement.pick({ commitment: true });

const predicateId = z.string().min(1).max(100);
const score = z.int().min(0).max(100);
const opinion = z.string().trim().min(1).max(2_000);
const digest = z.string().regex(/^[0-9a-f]{64}$/, { error: 'DIGEST_FORMAT' });

export const reviewReimbursement = z.strictObject({
  eligibility: z.record(predicateId, z.boolean()).meta({ description: 'Every predicate the programme asks for: met or not' }),
  exceptions: z
    .record(predicateId, reason)
    .default({})
    .meta({ description: 'Soft predicates («原则上») that are not met and are to be set aside, each with its reason' }),
  items: z
    .array(z.strictObject({ lineNo: z.int().min(1), predicate: predicateId, met: z.boolean() }))
    .max(2_000)
    .default([])
    .meta({ description: 'Conditions of an ITEM: the lines of which something else was found than `eligibility` says of all' }),
  classes: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default([])
    .meta({ description: 'Priority classes of the law that it belongs to' }),
  approved: amount.optional().meta({ description: 'What the expert review leaves, never above what is computed; left out: all' }),
  score: score.optional().meta({ description: 'Of the panel, 0 to 100; decides the order of a RANKED allocation' }),
  opinion: opinion.optional().meta({ description: 'The panel’s opinion (评审意见)' }),
  scoresDigest: digestOfScores,
});

export const reimbursementStatus = z.enum([...caseStatus.options, 'ALLOCATED', 'APPROVED', 'REJECTED', 'WITHDRAWN']);

const eligibilityRecord = z.strictObject({
  predicates: z
    .record(z.string(), z.enum(['MET', 'NOT_MET', 'EXCEPTION']))
    .meta({ description: 'Of one line, where it differs, as `predicate/line`' }),
  exceptions: z.record(z.string(), z.string()),
  classes: z.array(z.string()),
});

export const reimbursement = z.strictObject({
  reimbursementId: id,
  reimbursementNo: z.string(),
  programmeCode: z.string(),
  programmeVersionId: id,
  enterpriseId: id,
  legalPersonUscc: z.string(),
  year: z.int().meta({ description: 'Of the application: the year whose pool pays it' }),
  baseYear: z.int().meta({ description: 'In which fees were settled, for a base of settled fees' }),
  matters: mattersHeld,
  controlVersionIds: z.array(id).meta({ description: 'The general controls of the book that it is decided under' }),
  status: reimbursementStatus,
  submittedOn: day,
  lineCount: z.int(),
  contentDigest: z.string(),
  base: amount.meta({ description: 'What counts' }),
  computed: amount.meta({ description: 'What the law gives on it, before review, limits and the pool' }),
  eligibility: eligibilityRecord.nullable(),
  approved: amount.nullable().meta({ description: 'What the review left of it' }),
  score: score.nullable(),
  opinion: z.string().nullable(),
  reviewDigest: z.string().nullable(),
  allocationId: id.nullable(),
  fund: z.string().nullable(),
  award: amount.nullable(),
  reversed: amount.meta({ description: 'Of the award: taken back before it was paid' }),
  recalled: amount.meta({ description: 'Of the award: recovered after it was paid' }),
  offset: amount.meta({ description: 'Of the award: held against what its payee owes back, and so paid' }),
  approvedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  settlementId: id.nullable(),
  explanation: z.array(explanationStep).nullable(),
  ...caseSteps,
  recordedAt: instant,
});

/** The base summed up: what counts at each rate, and what does not for which reason. */
const baseSummary = z.array(
  z.strictObject({
    basisPoints: z.int().nullable().meta({ description: 'The rate it counts at; null when it does not count' }),
    reason: z.string().nullable().meta({ description: 'Why it does not count, by its code' }),
    lines: z.int(),
    gross: amount,
  }),
);

const outlook = z.strictObject({
  amount: amount.meta({ description: 'By law, review and limits as they stand; the pool is shared by an allocation' }),
  bound: z.string().nullable(),
  refusal: z.string().nullable(),
});

/** How many of its lines are on record elsewhere too. */
const numberConflicts = z.int().meta({ description: 'Lines marked `numberConflict`, for a person to look at' });

export const reimbursementConsidered = reimbursement.extend({ summary: baseSummary, numberConflicts, outlook, ledgerSeq });
export const reimbursementMoved = reimbursement.extend({ ledgerSeq });
export const reimbursementSupplement = reimbursement.extend({ supplementList, ledgerSeq });
export const reimbursementInFull = reimbursement.extend({ summary: baseSummary, numberConflicts });

export const reimbursementQuery = pageQuery.extend({
  status: reimbursementStatus.optional(),
  programmeCode: programmeCode.optional(),
});

export const reimbursementLine = z.strictObject({
  reimbursementLineId: id,
  lineNo: z.int(),
  invoiceId: id.nullable(),
  invoiceLineId: id.nullable(),
  contractId: id.nullable(),
  reference: z.string(),
  description: z.string(),
  counterpartyUscc: z.string(),
  counterpartyName: z.string(),
  serviceItem: z.string(),
  chipOrigin: z.string().nullable(),
  ...modelShown,
  net: amount,
  vat: amount,
  gross: amount,
  red: amount.meta({ description: 'What red letters took of it since' }),
  usedFrom: day,
  usedTo: day,
  settledOn: day.nullable().meta({ description: 'Paid in full on this day; null while it is not' }),
  evidence: z.string().nullable(),
  numberConflict: z.boolean().meta({
    description:
      'On record elsewhere too (an invoice number of another book, seller or application; a contract of another firm, or one that is supported already): the reviewer looks at what was given for it',
  }),
  basisPoints: z.int().nullable().meta({ description: 'The rate it counts at; null when it does not count' }),
  reason: z.string().nullable().meta({ description: 'Why it does not count, by its code' }),
});

// ── Allocations ──

export const draftAllocation = z.strictObject({
  programmeCode,
  year: z.int().min(2000).max(9999),
  reimbursementIds: z
    .array(id)
    .min(1)
    .max(2_000)
    .optional()
    .meta({ description: 'Reviewed applications of that programme and year; left out: all of them' }),
});
export const approveAllocation = z.strictObject({ contentDigest: digest.meta({ description: 'Of the draft that is approved' }) });
export const withdrawAllocation = z.strictObject({ reason });

export const allocationStatus = z.enum(['DRAFT', 'APPROVED', 'WITHDRAWN']);

export const allocation = z.strictObject({
  allocationId: id,
  allocationNo: z.string(),
  programmeCode: z.string(),
  year: z.int(),
  fund: z.string(),
  strategy: z.enum(['FIRST_COME', 'RANKED', 'PRO_RATA']),
  status: allocationStatus,
  lineCount: z.int(),
  claims: amount.meta({ description: 'Σa: what law, limits and review leave all of them together' }),
  shared: amount.meta({ description: 'P = min(pool left, Σa)' }),
  total: amount.meta({ description: 'Given in all; what cuts leave of P stays in the pool' }),
  contentDigest: z.string().meta({ description: 'SHA-256 over the working; an approval names it' }),
  draftedOn: day,
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  awardsLeft: z.int().meta({ description: 'Lines of an approved allocation that are still to be booked: those of a large one follow in slices' }),
  recordedAt: instant,
});

/** The published working of one award. */
const allocationLine = z.strictObject({
  lineNo: z.int(),
  reimbursementId: id,
  reimbursementNo: z.string(),
  enterpriseName: z.string(),
  rank: z.int().meta({ description: 'Place of its priority class, 0 first' }),
  score: score.nullable(),
  approved: amount.meta({ description: 'What the review left' }),
  claim: amount.meta({ description: 'a: what the limits leave of that' }),
  amount: amount.meta({ description: 'PRO_RATA: floor(a × P ÷ Σa)' }),
  reason: z.string().nullable().meta({ description: 'Why nothing falls to it, by its code' }),
  leftOut: z
    .string()
    .nullable()
    .meta({ description: 'Why what fell to it was not awarded after all, by its code: what it rests on had changed when it was to be booked' }),
});

export const allocationInFull = allocation.extend({ lines: z.array(allocationLine) });
export const allocationRecorded = allocationInFull.extend({ ledgerSeq });
export const allocationDecided = allocation.extend({ ledgerSeq });

export const allocationQuery = pageQuery.extend({ programmeCode: programmeCode.optional(), status: allocationStatus.optional() });
