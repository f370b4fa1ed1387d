// What is on record of legal persons and their projects, for the rules that ask: classes, related parties, figures.
import { z } from 'zod';
import { amount, className, day, id, instant, ledgerSeq, pageQuery, uscc } from './common.js';
import { matterCode } from './matters.js';

/** Capitals and digits, words joined by underscores; what a programme names in its rates, priorities and exemptions. */
export const enterpriseClass = className.meta({
  description: 'A class as programmes name it',
  examples: ['SME', 'SME_PILOT', 'START_UP', 'RD_INSTITUTION'],
});

const documentNo = z.string().trim().min(1).max(100);
const period = {
  validFrom: day.meta({ description: 'First day, inclusive' }),
  validTo: day.optional().meta({ description: 'Last day, inclusive; left out: no end' }),
};
const holds = z.boolean().default(true).meta({
  description: 'false: it does not hold in this period; takes back what was recorded to begin on the same day or before',
});

export const recordClass = z.strictObject({
  uscc: uscc.meta({ description: 'A registered enterprise; recorded of its legal person' }),
  class: enterpriseClass.meta({ description: 'ONE_ENTERPRISE_ONE_POLICY for a firm with a policy of its own (一企一策)' }),
  holds,
  ...period,
  documentNo,
});
export const legalPersonClass = z.strictObject({
  classRecordId: id,
  legalPersonUscc: z.string(),
  class: z.string(),
  holds: z.boolean(),
  validFrom: day,
  validTo: day.nullable(),
  documentNo: z.string(),
  revision: z.int().meta({ description: 'Counted from 1 per legal person and class' }),
  recordedPerson: id,
  recordedAt: instant,
});
export const classRecorded = legalPersonClass.extend({ ledgerSeq });
export const ofUsccQuery = pageQuery.extend({ uscc: uscc.optional().meta({ description: 'Of this legal person, by its code' }) });

export const holderQuery = pageQuery.extend({ uscc });

export const recordRelation = z.strictObject({
  uscc: uscc.meta({ description: 'One of the two; recorded of its legal person' }),
  otherUscc: uscc,
  holds,
  ...period,
  source: z.string().trim().min(1).max(500).meta({ description: 'What the finding rests on' }),
});
export const relation = z.strictObject({
  relationId: id,
  firstUscc: z.string(),
  secondUscc: z.string(),
  holds: z.boolean(),
  validFrom: day,
  validTo: day.nullable(),
  source: z.string(),
  revision: z.int(),
  recordedPerson: id,
  recordedAt: instant,
});
export const relationRecorded = relation.extend({ ledgerSeq });

/** Who holds or leads a legal person: another legal person by its code, or a natural person by the number of an identity document. */
export const recordHolder = z.strictObject({
  uscc: uscc.meta({ description: 'A registered party; recorded of its legal person' }),
  role: z.enum(['SHAREHOLDER', 'LEGAL_REPRESENTATIVE', 'OFFICER']).meta({ description: '股东 / 法定代表人 / 任职人员' }),
  holderUscc: uscc.optional().meta({ description: 'The holder, if it is a legal person' }),
  holderIdNo: z
    .string()
    .regex(/^[0-9A-Z]{6,30}$/)
    .optional()
    .meta({
      description: 'The number of the holder’s identity document, if it is a natural person; only its keyed fingerprint is kept',
    }),
  holderName: z.string().trim().min(1).max(200).meta({ description: 'Of a natural person the first character is kept' }),
  isState: z.boolean().default(false).meta({ description: 'It holds for the state: that alone relates nobody' }),
  holds,
  ...period,
  source: z.string().trim().min(1).max(500).meta({ description: 'What the finding rests on' }),
});
export const legalPersonHolder = z.strictObject({
  holderRecordId: id,
  legalPersonUscc: z.string(),
  role: z.enum(['SHAREHOLDER', 'LEGAL_REPRESENTATIVE', 'OFFICER']),
  holder: z.string().meta({ description: 'A code, or a fingerprint: equal for the same person' }),
  holderName: z.string(),
  isState: z.boolean(),
  holds: z.boolean(),
  validFrom: day,
  validTo: day.nullable(),
  source: z.string(),
  revision: z.int(),
  recordedPerson: id,
  recordedAt: instant,
});
export const holderRecorded = legalPersonHolder.extend({ ledgerSeq });

const figureKind = z.enum(['DISTRICT_CONTRIBUTION', 'AUDITED_INVESTMENT', 'UPSTREAM_SUPPORT']);
const of = {
  amount,
  provisional: z.boolean().meta({ description: 'true: to be followed by the final figure' }),
  documentNo,
};
/** A figure that the law takes a number from. One recorded later for the same holder (and year) replaces it. */
export const recordFigure = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('DISTRICT_CONTRIBUTION'),
    uscc: uscc.meta({ description: 'A registered enterprise; recorded of its legal person' }),
    year: z.int().min(2000).max(2999),
    ...of,
  }),
  z.strictObject({
    kind: z.literal('AUDITED_INVESTMENT'),
    project: matterCode.meta({ description: 'A project on record, by its code' }),
    ...of,
  }),
  z
    .strictObject({
      kind: z.literal('UPSTREAM_SUPPORT'),
      project: matterCode.optional(),
      contractId: id.optional(),
      ...of,
    })
    .refine((given) => (given.project === undefined) !== (given.contractId === undefined), { error: 'PROJECT_OR_CONTRACT' }),
]);
export const figure = z.strictObject({
  figureId: id,
  kind: figureKind,
  holder: z
    .string()
    .meta({ description: 'A legal person’s code, a contract’s id, or what a project is known by (`holder` of GET /matters)' }),
  year: z.int().nullable(),
  amount,
  provisional: z.boolean(),
  documentNo: z.string(),
  revision: z.int().meta({ description: 'The highest of a holder (and year) counts' }),
  recordedPerson: id,
  recordedAt: instant,
});
export const figureRecorded = figure.extend({ ledgerSeq });
export const figureQuery = pageQuery.extend({ holder: z.string().max(100).optional() });
