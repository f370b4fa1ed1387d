import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, page, pageQuery, reason } from './common.js';

export const flagKind = z
  .enum([
    ...(['CAPACITY_EXCEEDED', 'CONTRACT_ELSEWHERE', 'CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT'] as const),
    ...(['DIGITAL_INVOICE_DIFFERS', 'ENTERPRISE_SPLIT', 'INVOICE_ELSEWHERE', 'PRICE_FAR_FROM_LIST'] as const),
    ...(['RELATED_PARTIES', 'SEEN_BY_PERSON'] as const),
  ])
  .meta({
    description:
      '超出物理产能 / 他处有相同合同 / 近似重复合同 / 疑似拆分合同 / 数电票不一致 / 疑似拆分主体 / 他处有相同发票 / 偏离目录价 / 关联方 / 人工标记',
  });
export const flagSubjectKind = z.enum(['CONTRACT', 'APPLICATION', 'REIMBURSEMENT', 'USAGE_INVOICE', 'REDEMPTION']);
export const flagStatus = z.enum(['OPEN', 'CLEARED', 'UPHELD']).meta({ description: '待核查 / 已排除 / 已认定' });

export const raiseFlag = z.strictObject({ subjectKind: flagSubjectKind, subjectId: id, reason });
export const decideFlag = z.strictObject({ reason });

export const flag = z.strictObject({
  flagId: id,
  kind: flagKind,
  subjectKind: flagSubjectKind,
  subjectId: id,
  amount: amount.meta({ description: 'What is at stake; 0.00 where nobody can say' }),
  explanation: z.strictObject({ zh: z.string(), en: z.string() }),
  inputs: z.record(z.string(), z.string()).meta({ description: 'The numbers that were compared' }),
  rows: z
    .array(z.strictObject({ kind: z.string(), id: z.string(), name: z.string() }))
    .meta({ description: 'The rows that they stand in' }),
  reason: z.string().nullable().meta({ description: 'Of the person who raised it' }),
  status: flagStatus,
  raisedPerson: id.meta({ description: 'Who raised it, or whose command showed it' }),
  raisedOn: day,
  ageDays: z.int().min(0),
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  recordedAt: instant,
});
export const flagRecorded = flag.extend({ ledgerSeq });
export const flagQuery = pageQuery.extend({
  status: flagStatus.default('OPEN'),
  kind: flagKind.optional(),
  order: z.enum(['AGE', 'AMOUNT']).default('AGE').meta({ description: 'The oldest first, or the largest amount first' }),
});
export const flagPage = page(flag);
export const flagsOfSubjectQuery = z.strictObject({ subjectId: id });
export const flagsOfSubject = z.strictObject({ items: z.array(flag) });

// ── From what on a rule raises a flag ──

const parameterOf = { validFrom: day, documentNo: z.string().trim().min(1).max(100) };
const basisPoints = z.int().min(0).max(10_000);
export const recordFlagParameter = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('CONTRACT_NEAR_DUPLICATE'),
    basisPoints: basisPoints.meta({ description: 'How far the amounts of the same contract may lie apart, of the larger' }),
    ...parameterOf,
  }),
  z.strictObject({
    kind: z.literal('CONTRACT_SPLIT'),
    amount: amount.meta({
      description: 'What contracts of the same parties and time may not pass in parts that are each within it',
    }),
    ...parameterOf,
  }),
  z.strictObject({
    kind: z.literal('PRICE_FAR_FROM_LIST'),
    basisPoints: basisPoints.meta({
      description: 'How far a price may lie from the list price, of the list price; more is flagged',
    }),
    ...parameterOf,
  }),
]);
export const flagParameter = z.strictObject({
  flagParameterId: id,
  kind: z.enum(['CONTRACT_NEAR_DUPLICATE', 'CONTRACT_SPLIT', 'PRICE_FAR_FROM_LIST']),
  basisPoints: z.int().nullable(),
  amount: amount.nullable(),
  validFrom: day,
  documentNo: z.string(),
  revision: z.int(),
  recordedPerson: id,
  recordedAt: instant,
});
export const flagParameterRecorded = flagParameter.extend({ ledgerSeq });
export const flagParameterPage = page(flagParameter);
