import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, modelShown, ofModel, pageQuery, quantity } from './common.js';
import { chipName, chipOrigin, serviceItem } from './providers.js';

const contractNo = z.string().trim().min(1).max(100);
const unit = z.enum(['CARD_HOUR', 'CORE_HOUR', 'MONTH', 'ITEM']).meta({ description: '卡时 / 核时 / 月 / 项' });
const purpose = z
  .enum(['MODEL_RESEARCH', 'PRODUCT_DEVELOPMENT', 'SCENARIO_APPLICATION'])
  .meta({ description: '模型技术研究 / 产品开发 / 场景应用' });
const status = z.enum(['SUBMITTED', 'CONFIRMED', 'FILED']);

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
export const confirmContract = z.strictObject({});
export const fileContract = z.strictObject({
  modelsChecked: z.boolean().default(false).meta({
    description: 'true: the models that lines name were held against the register; required where any line names one',
  }),
});

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
  submittedBy: z.enum(['enterprise', 'provider']).meta({ description: 'The side that submitted it; the other confirms' }),
  filingNo: z.string().nullable(),
  filedOn: day.nullable(),
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
