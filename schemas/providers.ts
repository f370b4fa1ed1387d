import { z } from 'zod';
import { className, day, id, instant, ledgerSeq, name, pageQuery, reason, uscc } from './common.js';
import { formerName } from './enterprises.js';
import { programmeCode } from './programme-api.js';

export const serviceItem = z
  .enum(['AI_COMPUTE', 'SUPERCOMPUTE', 'GENERAL_COMPUTE', 'STORAGE', 'NETWORK', 'SECURITY'])
  .meta({ description: '服务事项: what a provider is listed for, item by item' });
export const chipOrigin = z.enum(['DOMESTIC', 'NON_DOMESTIC']).meta({ description: '国产 / 非国产' });
export const chipName = z.string().trim().min(1).max(100);
const facilityKind = z
  .enum(['SUPERCOMPUTING', 'AI_COMPUTING', 'DATA_CENTER'])
  .meta({ description: '超算中心 / 人工智能计算中心 / 数据中心' });
const precision = z.enum(['FP64', 'FP32', 'FP16', 'INT8']);
const evidence = z.string().trim().min(1).max(500);
const validFrom = day.meta({ description: 'First day, inclusive' });
const validTo = day.meta({ description: 'Last day, inclusive' });

/** Narrows a list to what belongs to one provider. */
export const ofProviderQuery = pageQuery.extend({ providerId: id.optional() });

// ── Providers ──

export const registerProvider = z.strictObject({
  uscc,
  parentUscc: uscc.optional().meta({ description: 'The legal person this is a branch of' }),
  name,
});
export const provider = z.strictObject({
  providerId: id,
  uscc: z.string(),
  legalPersonUscc: z.string(),
  name: z.string(),
  closedOn: day.nullable(),
  successorUscc: z.string().nullable().meta({ description: 'Who absorbed it: it acts for it, and is paid for it, from then on' }),
  recordedAt: instant,
});
export const providerWithNames = provider.extend({ formerNames: z.array(formerName) });
export const providerRecorded = provider.extend({ ledgerSeq });

// ── Facilities and what was verified of them ──

export const registerFacility = z.strictObject({
  providerId: id,
  name,
  kind: facilityKind,
  ownerUscc: uscc.optional().meta({ description: "Who owns it; the provider's legal person unless said otherwise" }),
  operatorUscc: uscc.optional().meta({ description: "Who operates it; the provider's legal person unless said otherwise" }),
});
const installedCards = z
  .array(z.strictObject({ vendor: chipName, model: chipName, cards: z.int().min(0).max(10_000_000) }))
  .max(200);
export const recordObservation = z.strictObject({
  observedOn: day.meta({ description: 'The day it was seen; it counts from this day until the next observation' }),
  inService: z.boolean(),
  pflops: z
    .string()
    .regex(/^(0|[1-9]\d{0,9})\.\d{2}$/, { error: 'PFLOPS_FORMAT' })
    .optional()
    .meta({ description: 'Capacity in service, dense, at the precision beside it', examples: ['100.00'] }),
  precision: precision.optional(),
  standardRacks: z.int().min(0).max(10_000_000).optional().meta({ description: 'Standard racks (2.5 kW) in service' }),
  installedCards: installedCards
    .optional()
    .meta({ description: 'Cards in service by chip, all of them; left out: the observation says nothing of cards' }),
  evidence: evidence.meta({ description: 'What the observation rests on: report, document number' }),
});
export const observation = z.strictObject({
  observationId: id,
  facilityId: id,
  observedOn: day,
  inService: z.boolean(),
  pflops: z.string().nullable(),
  precision: z.string().nullable(),
  standardRacks: z.int().nullable(),
  installedCards: z.array(z.strictObject({ vendor: z.string(), model: z.string(), cards: z.int() })).nullable(),
  evidence: z.string(),
  recordedAt: instant,
});
export const observationRecorded = observation.extend({ ledgerSeq });
export const facility = z.strictObject({
  facilityId: id,
  providerId: id,
  name: z.string(),
  kind: facilityKind,
  ownerUscc: z.string(),
  operatorUscc: z.string(),
  recordedAt: instant,
});
export const facilityRecorded = facility.extend({ ledgerSeq });
export const facilityWithObservations = facility.extend({ observations: z.array(observation) });

// ── Listings ──

export const recordListing = z.strictObject({
  providerId: id,
  serviceItem,
  batchNo: z.string().trim().min(1).max(50).meta({ description: 'The published batch, e.g. 2024-1' }),
  documentNo: z.string().trim().min(1).max(100).meta({ description: 'The document it was published by' }),
  validFrom,
  validTo: validTo.optional(),
});
const documentNo = z.string().trim().min(1).max(100);
const suspension = z.strictObject({
  from: day,
  to: day.nullable().meta({ description: 'Last day, inclusive; null: until resumed' }),
});
export const listing = z.strictObject({
  listingId: id,
  providerId: id,
  serviceItem,
  batchNo: z.string(),
  documentNo: z.string(),
  validFrom: day,
  validTo: day.nullable(),
  status: z.enum(['LISTED', 'SUSPENDED', 'DELISTED']).meta({ description: 'As it is today' }),
  suspensions: z.array(suspension).meta({ description: 'Days on which usage does not count' }),
  applicationId: id
    .nullable()
    .meta({ description: 'The application it was listed by; null: recorded from a published document' }),
  recordedAt: instant,
});
export const listingRecorded = listing.extend({ ledgerSeq });
export const listingQuery = ofProviderQuery.extend({ serviceItem: serviceItem.optional() });

// ── Measures against a listing: proposed by one person, decided by another ──

const because = { reason, documentNo: documentNo.meta({ description: 'The decision it is told by' }) };
export const suspendListing = z.strictObject({
  from: day.meta({ description: 'First day on which usage does not count' }),
  to: day.optional().meta({ description: 'Last such day, inclusive; left out: until it is resumed' }),
  ...because,
});
export const resumeListing = z.strictObject({
  from: day.meta({ description: 'First day on which usage counts again' }),
  ...because,
});
export const delistProvider = z.strictObject({
  from: day.meta({ description: 'First day on which it is not listed any more' }),
  ...because,
});
export const decideMeasure = z.strictObject({});
export const listingMeasure = z.strictObject({
  measureId: id,
  listingId: id,
  kind: z.enum(['SUSPENSION', 'RESUMPTION', 'DELISTING']),
  from: day,
  to: day.nullable(),
  reason: z.string(),
  documentNo: z.string(),
  status: z.enum(['PROPOSED', 'APPROVED', 'WITHDRAWN']),
  proposedPerson: id,
  proposedOn: day,
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  recordedAt: instant,
});
export const measureRecorded = listingMeasure.extend({ ledgerSeq });
/** The listing as the measure leaves it. */
export const measureApproved = listing.extend({ measureId: id, ledgerSeq });
export const listingWithMeasures = listing.extend({ measures: z.array(listingMeasure) });
export const measureQuery = pageQuery.extend({ status: z.enum(['PROPOSED', 'APPROVED', 'WITHDRAWN']).optional() });

// ── Applications to be listed ──

const criterion = className.meta({ description: 'A criterion of selection (遴选标准)', examples: ['GREEN_ENERGY'] });
/** By criterion, for each that the applicant is selected by. */
const criteria = <T extends z.ZodType>(of: T) => z.record(criterion, of);
const batchNo = z.string().trim().min(1).max(50).meta({ description: 'The batch it is for, e.g. 2026-1' });
const said = criteria(evidence).meta({ description: 'What the provider says to each criterion, and the papers it rests on' });

export const draftListingApplication = z.strictObject({
  providerId: id,
  serviceItem,
  batchNo,
  programmeCode: programmeCode.optional().meta({
    description:
      'Whose criteria it is selected by, as in force today; left out: equipment, security, energy and price, up to 100 points each',
  }),
  evidence: said,
});
export const amendListingApplication = z.strictObject({ batchNo, evidence: said });
export const listingApplicationStep = z.strictObject({});
export const requestListingSupplement = z.strictObject({
  reason: reason.meta({ description: 'All that has to be supplied or corrected, told at once' }),
});
export const supplementListingApplication = z.strictObject({ evidence: said });
export const scoreListingApplication = z.strictObject({
  scores: criteria(z.strictObject({ score: z.int().min(0).max(1000), evidence })),
});
export const publishListingNotice = z.strictObject({
  documentNo: documentNo.meta({ description: 'The notice' }),
  workingDays: z
    .int()
    .min(1)
    .max(60)
    .meta({ description: 'How long it is open to objections; the day of the notice is not counted' }),
});
export const listApplicant = z.strictObject({
  documentNo: documentNo.meta({ description: 'The document it is listed by' }),
  validFrom,
  validTo: validTo.optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'Of what is approved, as the application shows it; a change after it voids the approval' }),
});
export const withReason = z.strictObject({ reason });
export const listingApplication = z.strictObject({
  applicationId: id,
  providerId: id,
  serviceItem,
  batchNo: z.string(),
  programmeVersionId: id.nullable().meta({ description: 'Whose criteria these are; null: the bureau’s own' }),
  criteria: z.array(
    z.strictObject({
      id: z.string(),
      name: z.strictObject({ zh: z.string(), en: z.string() }),
      points: z.int().nullable().meta({ description: 'The most that it is scored with; null: 100' }),
    }),
  ),
  evidence: z.record(z.string(), z.string()),
  status: z.enum([
    'DRAFT',
    'SUBMITTED',
    'UNDER_REVIEW',
    'SUPPLEMENT_REQUESTED',
    'PUBLIC_NOTICE',
    'LISTED',
    'REJECTED',
    'WITHDRAWN',
  ]),
  noticeFrom: day.nullable(),
  noticeTo: day.nullable().meta({ description: 'Last day of the notice, inclusive to 24:00' }),
  listingId: id.nullable(),
  recordedAt: instant,
});
export const listingApplicationRecorded = listingApplication.extend({ ledgerSeq });
export const listingApplicationWithHistory = listingApplication.extend({
  digest: z
    .string()
    .meta({ description: 'SHA-256 over what would be approved: the application, its evidence, scores and notice' }),
  scores: z.array(
    z.strictObject({ criterion: z.string(), score: z.int(), evidence: z.string(), scoredPerson: id, recordedAt: instant }),
  ),
  steps: z.array(
    z.strictObject({
      stepNo: z.int(),
      verb: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      detail: z.record(z.string(), z.unknown()),
      person: id,
      takenOn: day,
      recordedAt: instant,
    }),
  ),
});
export const listingApplicationQuery = ofProviderQuery.extend({ status: listingApplication.shape.status.optional() });

// ── The chip catalogue ──

export const recordChip = z.strictObject({
  vendor: chipName,
  model: chipName,
  origin: chipOrigin,
  validFrom: validFrom.meta({ description: 'The origin holds from this day until the next row of the same chip' }),
  source: z.string().trim().min(1).max(500),
});
export const chip = z.strictObject({
  chipId: id,
  vendor: z.string(),
  model: z.string(),
  origin: chipOrigin,
  validFrom: day,
  source: z.string(),
  recordedAt: instant,
});
export const chipRecorded = chip.extend({ ledgerSeq });

// ── List prices ──

export const recordListPrice = z.strictObject({
  providerId: id,
  chipVendor: chipName,
  chipModel: chipName,
  price: z
    .string()
    .regex(/^(0|[1-9]\d{0,8})\.\d{2,6}$/, { error: 'PRICE_FORMAT' })
    .refine((text) => /[1-9]/.test(text), { error: 'PRICE_FORMAT' })
    .meta({ description: 'Yuan a card-hour, gross, with two to six decimals', examples: ['12.50'] }),
  validFrom: validFrom.meta({ description: 'It holds from this day until the next price of the same chip' }),
  source: z.string().trim().min(1).max(500).meta({ description: 'Where it is published' }),
});
export const listPrice = z.strictObject({
  listPriceId: id,
  providerId: id,
  chipVendor: z.string(),
  chipModel: z.string(),
  price: z.string(),
  validFrom: day,
  source: z.string(),
  revision: z.int(),
  recordedPerson: id,
  recordedAt: instant,
});
export const listPriceRecorded = listPrice.extend({ ledgerSeq });
export const listPriceQuery = pageQuery.extend({ providerId: id });
