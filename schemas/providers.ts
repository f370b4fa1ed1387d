import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, pageQuery, uscc } from './common.js';

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
  recordedAt: instant,
});
export const providerRecorded = provider.extend({ ledgerSeq });

// ── Facilities and what was verified of them ──

export const registerFacility = z.strictObject({
  providerId: id,
  name,
  kind: facilityKind,
  ownerUscc: uscc.optional().meta({ description: "Who owns it; the provider's legal person unless said otherwise" }),
  operatorUscc: uscc.optional().meta({ description: "Who operates it; the provider's legal person unless said otherwise" }),
});
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
export const endListing = z.strictObject({ validTo });
export const listing = z.strictObject({
  listingId: id,
  providerId: id,
  serviceItem,
  batchNo: z.string(),
  documentNo: z.string(),
  validFrom: day,
  validTo: day.nullable(),
  recordedAt: instant,
});
export const listingRecorded = listing.extend({ ledgerSeq });
export const listingQuery = ofProviderQuery.extend({ serviceItem: serviceItem.optional() });

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
