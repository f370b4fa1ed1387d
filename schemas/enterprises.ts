import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, pageQuery, uscc } from './common.js';

const sizeClass = z.enum(['LARGE', 'MEDIUM', 'SMALL', 'MICRO']).meta({ description: '大/中/小/微 (工信部联企业〔2011〕300号)' });

export const registerEnterprise = z.strictObject({
  uscc,
  parentUscc: uscc.optional().meta({ description: 'The legal person this is a branch of; limits are counted there' }),
  name,
  kind: z.enum(['ENTERPRISE', 'INSTITUTION']).default('ENTERPRISE'),
  sizeClass: sizeClass.optional(),
  establishedOn: day.optional().meta({ description: 'By its licence; where a programme asks how old a firm is' }),
});

export const enterprise = z.strictObject({
  enterpriseId: id,
  uscc: z.string(),
  legalPersonUscc: z.string(),
  name: z.string(),
  kind: z.enum(['ENTERPRISE', 'INSTITUTION']),
  sizeClass: sizeClass.nullable(),
  establishedOn: day.nullable(),
  recordedAt: instant,
});
/** `uscc` is the whole code in stored form; a provider must give it. */
export const enterpriseQuery = pageQuery.extend({ uscc: uscc.optional() });
export const enterpriseRecorded = enterprise.extend({ ledgerSeq });
