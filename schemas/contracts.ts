import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, modelShown, ofModel, pageQuery, quantity, reason } from './common.js';
import { chipName, chipOrigin, serviceItem } from './providers.js';

const contractNo = z.string().trim().min(1).max(100);
const unit = z.enum(['CARD_HOUR', 'CORE_HOUR', 'MONTH', 'ITEM']).meta({ description: '卡时 / 核时 / 月 / 项' });
const purpose = z
  .enum(['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION'])
  .meta({ description: '模型技术研究 / 产品开发 / 场景应用' });
const status = z
  .enum(['SUBMITTED', 'CONFIRMED', 'FILED', 'AMENDED', 'COMPLETED', 'TERMINATED', 'VOIDED', 'WITHDRAWN', 'REJECTED'])
  .meta({ description: '已提交 / 已确认 / 已备案 / 已变更 / 已完成 / 已提前终止 / 已作废 / 已撤回 / 不予备案' });

const net = amount.meta({ description: '不含税金额', examples: ['1886792.45'] });
const vat = amount.meta({ description: '税额', examples: ['113207.55'] });
const gross = amount.meta({ description: '价税合计', examples: ['2000000.00'] });

const line = z.strictObject({
  description: z.string().trim().min(1).max(300),
  serviceItem,
  facilityId: id.meta({ description: "One of the provider's facilities" }),
  chipVendor: chipName.optional().meta({ description: 'With chipModel: a chip of the catalogue' }),
  chipModel: chipName.optional(),
  ...ofModel,
  unit,
  quantity,
  net,
  vat,
  gross,
});

export const submitContract = z.strictObject({
  contractNo,
  enterpriseId: id,
  providerId: id,
  signedOn: day,
  startsOn: day.meta({ description: 'First day of usage, inclusive' }),
  endsOn: day.meta({ description: 'Last day of usage, inclusive' }),
  purpose,
  net,
  vat,
  gross,
  lines: z.array(line).min(1).max(200).meta({ description: 'Numbered from 1 in the order given; their sums are the totals' }),
});

export const draftContract = submitContract
  .partial()
  .extend({ lines: z.array(line.partial()).max(200).optional() })
  .meta({ description: 'As much of a contract as is known; what is given has the form of a submission' });
export const draftStatus = z.enum(['DRAFT', 'SUBMITTED', 'DISCARDED']).meta({ description: '草稿 / 已提交 / 已弃置' });
export const contractDraft = z.strictObject({
  contractDraftId: id.meta({ description: 'Of the contract too, once it is submitted' }),
  status: draftStatus,
  draftedBy: z.enum(['enterprise', 'provider']),
  content: draftContract,
  missing: z.array(z.string()).meta({ description: 'JSON pointers to what a submission needs and is not there yet' }),
  endedOn: day.nullable().meta({ description: 'Day of submission, or of discarding' }),
  recordedAt: instant,
});
export const contractDraftRecorded = contractDraft.extend({ ledgerSeq });
export const contractDraftQuery = pageQuery;
export const submitContractDraft = z.strictObject({});
export const discardContractDraft = z.strictObject({});

export const confirmContract = z.strictObject({});
export const fileContract = z.strictObject({
  modelsChecked: z.boolean().default(false).meta({
    description: 'true: the models that lines name were held against the register; required where any line names one',
  }),
});
export const withdrawContract = z.strictObject({});
export const rejectContract = z.strictObject({ reason });
export const completeContract = z.strictObject({});
export const terminateContract = z.strictObject({ lastDay: day.meta({ description: 'Last day of usage, inclusive' }), reason });

const lineAmended = z.strictObject({ lineNo: z.int().min(1).max(100_000), quantity, net, vat, gross });

export const amendContract = z
  .strictObject({
    signedOn: day.meta({ description: 'Day on which the amendment was signed' }),
    startsOn: day.optional(),
    endsOn: day.optional(),
    net,
    vat,
    gross,
    reason,
    lines: z.array(lineAmended).max(200).optional().meta({
      description:
        'Lines as they are to be; what is not named stays. A line with nothing on it (quantity 0, amounts 0.00) is struck out',
    }),
    newLines: z
      .array(line)
      .max(200)
      .optional()
      .meta({ description: 'Numbered on from the last; their sums with the rest are the totals' }),
  })
  .meta({ description: 'What the contract is to say from here on' });
export const confirmAmendment = z.strictObject({});
export const withdrawAmendment = z.strictObject({});
export const rejectAmendment = z.strictObject({ reason });

export const contract = z.strictObject({
  contractId: id,
  contractNo: z.string(),
  enterpriseId: id,
  providerId: id,
  signedOn: day,
  startsOn: day,
  endsOn: day,
  purpose,
  net,
  vat,
  gross,
  status,
  version: z.int().meta({ description: '1 as filed, counted on with every amendment' }),
  submittedBy: z.enum(['enterprise', 'provider']).meta({ description: 'The side that submitted it; the other confirms' }),
  filingNo: z.string().nullable(),
  filedOn: day.nullable(),
  lastDay: day.nullable().meta({ description: 'Last day of usage, where it was terminated early' }),
  endedOn: day.nullable(),
  endReason: z.string().nullable(),
  isFlagged: z
    .boolean()
    .meta({ description: 'A flag holds it for a person: it is not filed, or its vouchers not redeemed by rule' }),
  formerly: z
    .array(z.strictObject({ enterpriseId: id, legalPersonUscc: z.string(), until: day }))
    .meta({ description: 'Whose it was before it went over by a merger or a split, oldest first; until: first day of the next' }),
  recordedAt: instant,
  lines: z.array(
    z.strictObject({
      lineNo: z.int(),
      description: z.string(),
      serviceItem: z.string(),
      facilityId: id,
      chipVendor: z.string().nullable(),
      chipModel: z.string().nullable(),
      chipOrigin: chipOrigin.nullable().meta({ description: 'By the catalogue on the day of filing; null before' }),
      ...modelShown,
      unit,
      quantity: z.string(),
      net,
      vat,
      gross,
    }),
  ),
});
export const contractRecorded = contract.extend({ ledgerSeq });
export const contractQuery = pageQuery.extend({
  enterpriseId: id.optional(),
  providerId: id.optional(),
  status: status.optional(),
});

export const amendmentStatus = z.enum(['PROPOSED', 'CONFIRMED', 'FILED', 'WITHDRAWN', 'REJECTED']);
export const amendment = z.strictObject({
  amendmentId: id,
  contractId: id,
  version: z.int().meta({ description: 'The version of the contract that it makes' }),
  signedOn: day,
  startsOn: day,
  endsOn: day,
  net,
  vat,
  gross,
  reason,
  status: amendmentStatus,
  proposedBy: z.enum(['enterprise', 'provider']),
  contentDigest: z.string(),
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
  recordedAt: instant,
  lines: z.array(
    z.strictObject({
      lineNo: z.int(),
      description: z.string(),
      serviceItem: z.string(),
      ...modelShown,
      unit,
      quantity: z.string(),
      net,
      vat,
      gross,
    }),
  ),
});
export const amendmentRecorded = amendment.extend({ ledgerSeq });
export const amendmentQuery = pageQuery.extend({ contractId: id.optional(), status: amendmentStatus.optional() });

/** What a contract said as of each of its versions, the last being what it says now. */
export const contractVersions = z.strictObject({
  contractId: id,
  versions: z.array(
    z.strictObject({
      version: z.int(),
      signedOn: day.meta({ description: 'Of the contract, or of the amendment that made this version' }),
      startsOn: day,
      endsOn: day,
      net,
      vat,
      gross,
      fingerprint: z.string(),
      contentDigest: z.string(),
      filedOn: day.nullable(),
      supersededOn: day.nullable(),
      lines: z.array(
        z.strictObject({
          lineNo: z.int(),
          description: z.string(),
          serviceItem: z.string(),
          unit,
          quantity: z.string(),
          net,
          vat,
          gross,
        }),
      ),
    }),
  ),
});
