// The matters that awards are looked at together by: projects, products, standards, series of awards, of the legal persons that apply.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, pageQuery, reason, uscc } from './common.js';

/**
 * The code of a project, product, standard or series of awards: the same thing is always written the same. Full-width letters and
 * digits are read as plain ones, small letters as capitals.
 */
export const matterCode = z
  .string()
  .trim()
  .normalize('NFKC')
  .toUpperCase()
  .max(60, { error: 'MATTER_FORMAT' })
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}\-_./()〔〕·]*$/u, { error: 'MATTER_FORMAT' })
  .meta({ description: 'A code as its document gives it', examples: ['郑科项〔2024〕18', 'GB/T_37668'] });

/** What is applied for is about, by codes: matters on record of the applicant's legal person, and no others. */
export const matters = z.strictObject({
  project: matterCode.optional(),
  product: matterCode.optional(),
  standard: matterCode.optional(),
  awardSeries: matterCode.optional(),
});

const holder = z.string().meta({
  description: 'What limits and figures know the matter by: its id, or its code if it was named before it was on record',
});
/** The same as kept. */
export const mattersHeld = z.strictObject({
  project: holder.optional(),
  product: holder.optional(),
  standard: holder.optional(),
  awardSeries: holder.optional(),
});

/** Registers a matter of a legal person that owns it or takes part in it; a joint project is registered by each. */
export const registerMatter = z.strictObject({
  kind: z.enum(['PROJECT', 'PRODUCT', 'STANDARD', 'AWARD_SERIES']),
  code: matterCode,
  name,
  documentNo: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .meta({ description: 'What says that it is this legal person’s: 立项批文, 证书 …' }),
  uscc: uscc.optional().meta({ description: 'Whose it is, where the bureau registers it; recorded of its legal person' }),
});
export const confirmMatter = z.strictObject({
  joint: z.boolean().default(false).meta({ description: 'true: others have this matter on record too, and it is joint' }),
});
export const closeMatter = z.strictObject({ reason });

const status = z.enum(['REGISTERED', 'CONFIRMED', 'REJECTED', 'ENDED']);
export const matter = z.strictObject({
  registrationId: id,
  kind: registerMatter.shape.kind,
  code: z.string(),
  name: z.string(),
  documentNo: z.string(),
  legalPersonUscc: z.string(),
  status: status.meta({ description: 'Only what is CONFIRMED may be named in applications, reimbursements and pre-checks' }),
  holder: holder.nullable().meta({ description: 'Null until it is confirmed' }),
  confirmedOn: day.nullable(),
  closedOn: day.nullable().meta({ description: 'Rejected or ended on' }),
  reason: z.string().nullable(),
  recordedAt: instant,
});
export const matterRecorded = matter.extend({ ledgerSeq });
export const matterQuery = pageQuery.extend({
  uscc: uscc.optional().meta({ description: 'Of this legal person, by its code' }),
  matterCode: matterCode.optional().meta({ description: 'Under this code, of whatever kind and whomever' }),
  status: status.optional(),
});
