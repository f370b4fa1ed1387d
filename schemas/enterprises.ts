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
  closedOn: day.nullable().meta({ description: 'From this day it concludes and applies for nothing more' }),
  successorUscc: z.string().nullable().meta({ description: 'Who took its place in a merger' }),
  recordedAt: instant,
});
export const formerName = z.strictObject({
  name: z.string(),
  lastDay: day.meta({ description: 'The last day of this name; documents up to it bear it' }),
  changeId: id,
});
export const enterpriseWithNames = enterprise.extend({ formerNames: z.array(formerName) });
/** `on`: with the name of that day. */
export const namedOnQuery = z.strictObject({ on: day.optional().meta({ description: 'Tell the name it had on this day' }) });
/** `uscc` is the whole code in stored form; a provider must give it. */
export const enterpriseQuery = pageQuery.extend({ uscc: uscc.optional() });
export const enterpriseRecorded = enterprise.extend({ ledgerSeq });
