import { z } from 'zod';
import { matters } from './matters.js';
import { amount, day, explanationStep, id } from './common.js';
import { enterpriseClass } from './legal-persons.js';
import { programmeCode } from './programme-api.js';
import { chipOrigin } from './providers.js';

// Pre-check (能领多少、差什么): what could be had under every programme in force, and what is missing for it. What is not said is
// taken as it would have to be and told as missing, but for chips and classes, of which what is not said is not there.

const purpose = z.enum(['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION']);
const serviceItem = z
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
  .meta({ description: '事项: what is bought' });

const providerOnce = {
  check: (given: { providerId?: unknown; provider?: unknown }) => given.providerId === undefined || given.provider === undefined,
  message: { error: 'PROVIDER_ONCE' },
};
const dealing = {
  providerId: id.optional().meta({ description: 'A provider of the book' }),
  provider: z
    .strictObject({
      isListed: z.boolean().optional().meta({ description: 'For what it sells, on every day that counts' }),
      isRelated: z.boolean().optional().meta({ description: '关联方 of the enterprise' }),
      isLocal: z.boolean().optional(),
      isApplicant: z.boolean().optional().meta({ description: 'It is the enterprise’s own legal person: 自建自用' }),
    })
    .optional()
    .meta({ description: 'Any other, as far as it is known' }),
};
const line = {
  gross: amount.meta({ description: '价税合计' }),
  vat: amount.optional().meta({ description: 'The tax in it; asked for where a programme counts without tax' }),
  serviceItem: serviceItem.default('AI_COMPUTE'),
  chipOrigin: chipOrigin.optional().meta({ description: 'Left out: not known, or not separable' }),
  modelClass: enterpriseClass.optional(),
  facilityId: id.optional().meta({ description: 'A facility of the book' }),
};
const amountOnce = (given: { amount?: unknown; lines?: unknown }) => (given.amount === undefined) !== (given.lines === undefined);

const contract = z
  .strictObject({
    amount: amount.optional().meta({ description: 'One line of AI compute of this amount, tax included' }),
    lines: z.array(z.strictObject(line)).min(1).max(200).optional(),
    signedOn: day.optional().meta({ description: 'The day of the pre-check if left out' }),
    filedOn: day.optional().meta({ description: '备案; left out: not yet' }),
    purpose: purpose.optional(),
    ...dealing,
  })
  .refine(amountOnce, { error: 'AMOUNT_OR_LINES' })
  .refine(providerOnce.check, providerOnce.message);

const fee = z
  .strictObject({
    ...line,
    settledOn: day.meta({ description: 'The day on which it was paid in full' }),
    usedFrom: day.optional().meta({ description: 'First day of use; the day it was settled if left out' }),
    usedTo: day.optional().meta({ description: 'Last day of use, inclusive; the first if left out' }),
    ...dealing,
  })
  .refine(providerOnce.check, providerOnce.message);

const enterprise = z.strictObject({
  kind: z.enum(['ENTERPRISE', 'INSTITUTION']).default('ENTERPRISE'),
  classes: z.array(enterpriseClass).max(50).optional(),
  establishedOn: day.optional(),
  isListedProvider: z.boolean().default(false),
  oneEnterpriseOnePolicy: z.boolean().default(false).meta({ description: '已享受“一企一策”' }),
});

export const precheck = z
  .strictObject({
    day: day.optional().meta({ description: 'The day of the application; today if left out' }),
    enterpriseId: id.optional().meta({ description: 'An enterprise of the book, with what is on record of it' }),
    enterprise: enterprise.optional().meta({ description: 'One that is described; of neither nothing is known' }),
    contractId: id.optional().meta({ description: 'A contract of that enterprise, filed or not' }),
    contract: contract.optional().meta({ description: 'One that is described' }),
    fees: z.array(fee).min(1).max(1000).optional().meta({
      description: 'What was settled, for reimbursements; of an enterprise of the book its settled invoices if left out',
    }),
    matters: matters.default({}).meta({
      description:
        'What the applications are about, where rules look at several awards together: of an enterprise of the book its matters on record, of one that is described words that tell what is the same',
    }),
    mattersFor: z
      .record(programmeCode, matters)
      .default({})
      .meta({ description: 'The same for single programmes, when they are about different things' }),
    figures: z
      .strictObject({
        districtContribution: amount.optional().meta({ description: '年度区级综合贡献额' }),
        auditedInvestment: amount.optional().meta({ description: '经审计认定的投资额' }),
      })
      .default({})
      .meta({ description: 'Numbers that limits are taken from, where none is on record; told as still to be recorded' }),
    upstream: amount
      .optional()
      .meta({ description: 'National and provincial money of the project or contract, where none is on record' }),
    predicates: z.record(z.string().min(1).max(100), z.boolean()).default({}).meta({
      description: 'Conditions that are met or not; one that is not named is taken as met and told as still to be shown',
    }),
    explain: z.enum(['summary', 'full']).default('summary').meta({
      description:
        'summary: of each award how it is computed and what lowered it, in a sentence each; full: every step with its article, and every limit in words',
    }),
    includeDrafts: z
      .boolean()
      .default(false)
      .meta({ description: 'Also what published versions that are not active would give: a trial, outside the combination' }),
  })
  .refine((given) => given.enterpriseId === undefined || given.enterprise === undefined, { error: 'ENTERPRISE_ONCE' })
  .refine((given) => given.contractId === undefined || given.contract === undefined, { error: 'CONTRACT_ONCE' })
  .refine((given) => given.contractId === undefined || given.enterpriseId !== undefined, { error: 'CONTRACT_OF_ENTERPRISE' });

const bilingual = z.strictObject({ zh: z.string(), en: z.string() });

/** What an application would still need. */
const missing = z.strictObject({
  kind: z.enum(['PREDICATE', 'MATERIAL', 'FACT', 'FIGURE', 'MATTER', 'FILING', 'DEADLINE']).meta({
    description:
      'A condition to be shown; a paper to hand in, at its step; a fact not given; a number not on record; 备案; a day that is over or not come',
  }),
  name: z.string().meta({ description: 'The predicate’s or limit’s id, or which fact' }),
  text: z.string().meta({ description: 'In the reader’s language' }),
  evidence: z.array(z.string()),
  document: z.string().nullable(),
  article: z.string().nullable(),
  exceptionPossible: z.boolean().meta({ description: '«原则上»: an approved exception may take its place' }),
});

const limit = z.strictObject({
  limitId: z.string(),
  text: z
    .string()
    .optional()
    .meta({ description: 'The rule in words, in the reader’s language; of a summary where it binds or stands in the way' }),
  counts: z.enum(['CLAIMED', 'REDEEMED', 'AWARDED']),
  per: z.string(),
  window: z.string(),
  number: amount.nullable().meta({ description: 'Null: not on record' }),
  left: amount.nullable().meta({ description: 'What the ledger’s accounts leave now' }),
});

const told = {
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  params: z.record(z.string(), z.string()),
};

const version = {
  programmeCode: z.string(),
  version: z.int(),
  programmeVersionId: id,
  name: bilingual,
};

/** Why it is so: of a summary the sentences of how the amount is computed and what lowered it, and no steps. */
const why = {
  explanation: z.array(explanationStep).optional().meta({ description: 'Every step; of a full answer only' }),
  sentences: z.array(z.string()).meta({ description: 'In the reader’s language: every step, or of a summary those two' }),
};

const outcome = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('award'),
    amount,
    computed: amount.meta({ description: 'What the law gives, before limits and the pool' }),
    bound: z.string().nullable().meta({ description: 'What lowered it last: a limit’s or stacking rule’s id, or POOL' }),
    base: z.string().meta({ description: 'What of the lines counts, yuan' }),
    ...why,
  }),
  z.strictObject({
    kind: z.enum(['refused', 'held']),
    ...told,
    ...why,
  }),
  z.strictObject({ kind: z.literal('not-asked').meta({ description: 'What it looks at was not given: see `missing`' }) }),
]);

const looked = z.strictObject({
  ...version,
  legalStatus: z.enum(['DRAFT', 'ENACTED', 'REPEALED']),
  flow: z.enum(['VOUCHER', 'REIMBURSEMENT']),
  payee: z.enum(['PROVIDER', 'ENTERPRISE']).nullable(),
  outcome,
  limits: z.array(limit),
  poolLeft: z.string().nullable().meta({ description: 'Granted and promised to nobody, yuan; null of a trial' }),
  missing: z.array(missing),
  lastDayToApply: day.nullable(),
  voucherLastDay: day.nullable().meta({ description: 'Of a voucher that were issued on the day' }),
  reviewSteps: z.array(z.string()),
});

export const prechecked = z.strictObject({
  day,
  baseYear: z.int().meta({ description: 'The year whose settled fees count' }),
  asOfSeq: z.int().meta({ description: 'The last ledger entry that limits and pools rest on' }),
  programmes: z.array(looked),
  controls: z.array(z.strictObject(version)).meta({ description: 'The general controls (总体管控) that hold on the day' }),
  notInForce: z
    .array(
      z.strictObject({
        ...version,
        reason: z.enum(['NOT_ACTIVATED', 'NOT_YET', 'ENDED']),
        inForceFrom: day.nullable(),
        inForceTo: day.nullable(),
        openPoints: z
          .array(z.strictObject({ code: z.string(), path: z.string(), text: z.string() }))
          .meta({ description: 'What keeps it from being activated (政策未规定), in the reader’s language' }),
      }),
    )
    .meta({ description: 'Programmes without a version in force on the day, and why' }),
  trials: z.array(looked).meta({ description: 'Published versions that are not active, when asked for' }),
  best: z
    .strictObject({
      total: amount,
      exact: z.boolean().meta({ description: 'No other choice or order gives more; false: there were too many to try' }),
      awards: z.array(
        z.strictObject({ programmeCode: z.string(), amount, bound: z.string().nullable(), alone: amount, total: amount }),
      ),
      givenUp: z.array(z.strictObject({ programmeCode: z.string(), alone: amount, ...told })),
    })
    .meta({ description: 'Which programmes to apply for, in this order, so that they give the most together' }),
});
