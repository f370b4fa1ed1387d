import { z } from 'zod';
import { amount, day, explanationStep, id, instant, ledgerSeq, name, pageQuery } from './common.js';

export const programmeCode = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,40}$/, { error: 'PROGRAMME_CODE_FORMAT' })
  .meta({ description: 'Code of a programme', examples: ['zhengzhou-compute'] });

/** Publishes a version: the YAML text of the programme file, kept as it is. */
export const publishProgramme = z.strictObject({
  document: z.string().min(1).max(500_000).meta({ description: 'The programme file (YAML), as written by legal staff' }),
});

/** Repeals an active version: it goes on deciding what the days up to the last one decide. */
export const repealProgramme = z.strictObject({
  lastDay: day.meta({ description: 'The last day in force, today or later; applications up to it are decided by this version' }),
  documentNo: z
    .string()
    .min(1)
    .max(100)
    .meta({ description: 'Number of the repealing document', examples: ['郑政文〔2026〕5号'] }),
});

const reason = z.string().trim().min(1).max(500);
/** Proposes that the repeal of a version was entered by mistake; another person approves exactly this, by its digest. */
export const proposeRepealCorrection = z.strictObject({ reason });
export const correctRepeal = z.strictObject({
  contentDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'The digest of the proposal' }),
});
export const dropRepealCorrection = z.strictObject({ reason });

const bilingual = z.strictObject({ zh: z.string(), en: z.string() });

/** What keeps a version from being activated: 政策未规定, a failing case, a text that is no law yet. */
const openPoint = z.strictObject({ code: z.string(), path: z.string(), zh: z.string(), en: z.string() });

export const programme = z.strictObject({
  programmeVersionId: id,
  programmeCode: z.string(),
  version: z.int(),
  name: bilingual,
  kind: z.enum(['PROGRAMME', 'GENERAL_CONTROLS']),
  legalStatus: z.enum(['DRAFT', 'ENACTED', 'REPEALED']).meta({ description: 'What the document says of itself' }),
  status: z.enum(['PUBLISHED', 'ACTIVE', 'REPEALED']).meta({ description: 'What it is in this book' }),
  digest: z.string().meta({ description: 'SHA-256 of the document’s text' }),
  inForceFrom: day.nullable(),
  inForceTo: day.nullable().meta({ description: 'The last day in force: of the document, or of its repeal' }),
  recordedAt: instant,
  activatedAt: instant.nullable(),
  repealedAt: instant.nullable(),
  repealingDocument: z.string().nullable(),
});
/** That a repeal is set aside: what it said, why it was a mistake, and what became of it. */
const repealCorrection = z.strictObject({
  correctionId: id,
  programmeVersionId: id,
  repealId: id.meta({ description: 'The command that repealed the version; its entry in the ledger carries it' }),
  lastDay: day.meta({ description: 'The last day in force that the repeal gave' }),
  documentNo: z.string().meta({ description: 'Number of the repealing document' }),
  repealedAt: instant,
  restoredTo: day.nullable().meta({ description: 'The last day in force without the repeal, by the version’s own text' }),
  reason: z.string(),
  contentDigest: z.string().meta({ description: 'Named by whoever approves' }),
  status: z.enum(['PROPOSED', 'APPROVED', 'DROPPED']),
  proposedOn: day,
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
});
export const repealCorrectionProposed = repealCorrection.extend({ ledgerSeq });

export const programmeShown = programme.extend({
  document: z.string(),
  openPoints: z.array(openPoint).meta({ description: 'Empty when nothing keeps it from being activated' }),
  repealCorrections: z.array(repealCorrection).meta({ description: 'Repeals that were, or may be, set aside; the oldest first' }),
});
export const programmePublished = programme.extend({ openPoints: z.array(openPoint), ledgerSeq });
export const programmeActivated = programme.extend({ ledgerSeq });
export const programmeRepealed = programme.extend({
  nextVersion: z.int().nullable().meta({ description: 'The version in force on the day after, null if none is' }),
  ledgerSeq,
});

export const repealCorrected = programme.extend({
  correction: repealCorrection,
  heldMeanwhile: z.int().nullable().meta({ description: 'The version that held today until now, null if none did' }),
  ledgerSeq,
});

export const programmeQuery = pageQuery.extend({ programmeCode: programmeCode.optional() });

// A trial. What is not given is a plain case: the provider is listed, the facility eligible, every predicate met, the invoice paid
// in full, nothing used of any limit. The words are those of a programme file's cases.

const pflops = z.string().regex(/^(0|[1-9]\d{0,8})\.\d{2}$/, { error: 'PFLOPS_FORMAT' });
const label = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error: 'LABEL_FORMAT' });
const signed = z.string().regex(/^-?(0|[1-9]\d{0,14})\.\d{2}$/, { error: 'AMOUNT_FORMAT' });
const className = z
  .string()
  .regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/)
  .max(40);
const serviceItem = z.enum([
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
] as const);
const purpose = z.enum(['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION']);
const basisPoints = z.int().min(0).max(10_000);
const year = z.int().min(2000).max(9999);

const amountOrLines = {
  amount: amount.optional().meta({ description: 'One plain line of this amount, tax included' }),
  lines: z
    .array(
      z.strictObject({
        gross: signed,
        vat: amount.optional(),
        serviceItem: serviceItem.optional(),
        facility: label.optional().meta({ description: 'A key of `facilities`' }),
        chipOrigin: z
          .enum(['DOMESTIC', 'NON_DOMESTIC', 'UNKNOWN'])
          .optional()
          .meta({ description: 'UNKNOWN: not known, or not separable; the origin that the rate names first if left out' }),
        modelClass: className.optional(),
      }),
    )
    .min(1)
    .max(1000)
    .optional(),
};
const amountOnce = (given: { amount?: unknown; lines?: unknown }) => (given.amount === undefined) !== (given.lines === undefined);
const eitherAmount = { error: 'AMOUNT_OR_LINES' };

const facilities = z
  .record(
    label,
    z.strictObject({
      kind: z.enum(['SUPERCOMPUTING', 'AI_COMPUTING', 'DATA_CENTER']),
      ownedByEnterprise: z.boolean().optional(),
      operatedByEnterprise: z.boolean().optional(),
      observations: z.array(
        z.strictObject({
          observedOn: day,
          pflops: pflops.optional(),
          precision: z.string().max(20).optional(),
          standardRacks: z.int().min(0).max(1_000_000).optional(),
          inService: z.boolean().optional(),
        }),
      ),
    }),
  )
  .optional();
const provider = z
  .strictObject({
    isEnterprise: z.boolean().optional().meta({ description: 'Whether it is the enterprise itself' }),
    isRelated: z.boolean().optional(),
    isLocal: z.boolean().optional(),
    listedFrom: day.optional(),
    listedTo: day.optional(),
  })
  .optional();
const paper = {
  signedOn: day.optional(),
  filedOn: day.optional().meta({ description: 'The day of its signing if left out' }),
  filed: z.boolean().optional().meta({ description: 'false: not filed at all' }),
  purpose: purpose.optional(),
};

const predicates = z.record(label, z.enum(['MET', 'NOT_MET', 'EXCEPTION', 'NOT_RECORDED']));

/** Who asks, and what is on record where limits and stacking rules look. */
const party = {
  provider,
  enterprise: z
    .strictObject({
      kind: z.enum(['ENTERPRISE', 'INSTITUTION']).optional(),
      classes: z.array(className).max(100).optional(),
      establishedOn: day.optional(),
      isListedProvider: z.boolean().optional(),
      oneEnterpriseOnePolicy: z.boolean().optional(),
      predicates: predicates.optional(),
    })
    .optional(),
  facilities,
  matters: z
    .partialRecord(z.enum(['PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES']), name)
    .optional()
    .meta({ description: 'What the application is about; one of each if left out' }),
  figures: z.record(label, amount).optional().meta({ description: 'Limit id → the number on record; boundless if left out' }),
  unknownFigures: z.array(label).max(100).optional().meta({ description: 'Limit ids whose number is not on record' }),
  upstream: amount.optional().meta({ description: 'National and provincial money of the project or the contract' }),
  raised: z.record(label, amount).optional().meta({ description: 'Soft limit id → what an approved exception raised it by' }),
  firstAwardYears: z.record(label, year).optional().meta({ description: 'Limit id → the year from which its years count' }),
  used: z.record(label, amount).optional().meta({ description: 'Id of a limit or stacking rule → what is used of it already' }),
};

const world = {
  appliedOn: day.meta({ description: 'Decides which law holds' }),
  issuedOn: day.optional().meta({ description: 'Decides the year of claims; the day of application if left out' }),
  contract: z.strictObject({ ...paper, ...amountOrLines }).refine(amountOnce, eitherAmount),
  ...party,
};
const wishes = { requested: amount.optional(), maximum: amount.optional() };

export const evaluateProgramme = z.discriminatedUnion('stage', [
  z.strictObject({
    stage: z.literal('ISSUE'),
    given: z.strictObject({
      ...world,
      poolLeft: amount.optional(),
      approvedBasisPoints: basisPoints.optional(),
      ...wishes,
    }),
  }),
  z.strictObject({
    stage: z.literal('REDEEM'),
    given: z.strictObject({
      ...world,
      voucher: z.strictObject({ face: amount, expiresOn: day.optional(), approvedBasisPoints: basisPoints.optional() }),
      invoices: z
        .array(
          z
            .strictObject({
              usedFrom: day.optional(),
              usedTo: day.optional(),
              submittedOn: day.optional(),
              bookedOn: day.optional(),
              paid: amount.optional(),
              ...wishes,
              ...amountOrLines,
            })
            .refine(amountOnce, eitherAmount),
        )
        .min(1)
        .max(1000)
        .meta({ description: 'One after the other; each is booked before the next is looked at' }),
    }),
  }),
  z.strictObject({
    stage: z.literal('AWARD'),
    given: z.strictObject({
      appliedOn: day.meta({ description: 'Decides which law holds; the base is of the year before' }),
      awardedOn: day.optional().meta({ description: 'Decides the year of limits; the day of application if left out' }),
      ...party,
      items: z
        .array(
          z
            .strictObject({
              ...paper,
              usedFrom: day.optional(),
              usedTo: day.optional(),
              settledOn: day.optional(),
              paidInFull: z.boolean().optional(),
              provider,
              predicates: predicates.optional().meta({ description: 'Conditions of an ITEM, where this one differs' }),
              ...amountOrLines,
            })
            .refine(amountOnce, eitherAmount),
        )
        .min(1)
        .max(1000)
        .meta({ description: 'What was bought, used and paid in full: on 1 July of the year before if left out' }),
      poolLeft: amount.optional(),
      approved: amount.optional().meta({ description: 'What the review left' }),
      ...wishes,
    }),
  }),
  z.strictObject({
    stage: z.literal('ALLOCATE'),
    given: z.strictObject({
      appliedOn: day,
      poolLeft: amount,
      claims: z
        .array(
          z.strictObject({
            approved: amount,
            classes: z.array(className).max(100).optional(),
            score: z.int().min(0).max(100).optional(),
          }),
        )
        .min(1)
        .max(1000)
        .meta({ description: 'Each accepted after the one before' }),
    }),
  }),
]);

const sentences = z.array(z.string()).meta({ description: 'The explanation in the reader’s language' });
const evaluated = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('award'),
    amount,
    computed: amount.meta({ description: 'Before limits, balances and wishes' }),
    bound: z.string().nullable().meta({
      description: 'What lowered it last: a limit’s id, POOL, VOUCHER_BALANCE, INVOICE_AMOUNT, REVIEW, REQUESTED or MAXIMUM',
    }),
    cutOff: amount.meta({ description: 'What limits and balances took away' }),
    base: z.string().meta({ description: 'What of the lines counts, yuan' }),
    explanation: z.array(explanationStep),
    sentences,
  }),
  z.strictObject({
    kind: z.enum(['refused', 'held']),
    code: z.string(),
    title: z.string(),
    detail: z.string(),
    params: z.record(z.string(), z.string()),
    explanation: z.array(explanationStep),
    sentences,
  }),
]);
/** One evaluation for ISSUE and AWARD, one per invoice for REDEEM; for ALLOCATE one amount per claim instead. Nothing is recorded. */
export const programmeEvaluated = z.strictObject({
  programmeCode: z.string(),
  version: z.int(),
  legalStatus: z.enum(['DRAFT', 'ENACTED', 'REPEALED']),
  evaluations: z.array(evaluated),
  allocated: z.array(amount).meta({ description: 'Of ALLOCATE: what each claim gets, in the order given' }),
});
