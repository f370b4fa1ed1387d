// Public notices (公示) and objections to them (异议): published by the bureau, read and objected to by anybody.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, name, page, reason } from './common.js';

export const publishNotice = z.strictObject({
  title: z.string().trim().min(1).max(200),
  items: z
    .array(
      z.strictObject({
        caseId: id.meta({ description: 'A reviewed application for a voucher or for reimbursement' }),
        shownName: name.optional().meta({ description: 'The name as it may be shown; left out: the enterprise’s as registered' }),
      }),
    )
    .min(1)
    .max(1_000),
});

const noticeHead = {
  noticeId: id,
  noticeNo: z.string(),
  title: z.string(),
  firstDay: day.meta({ description: 'The day of publication, which is not counted' }),
  lastDay: day.meta({ description: 'Inclusive to 24:00; a case that an objection has paused has a later one of its own' }),
  workingDays: z.int(),
  lineCount: z.int(),
  total: amount,
  contentDigest: z.string().meta({ description: 'SHA-256 over the list as it was published' }),
  publishedAt: instant,
};
export const notice = z.strictObject(noticeHead);
export const notices = page(notice);

export const noticeItem = z.strictObject({
  lineNo: z.int(),
  caseNo: z.string(),
  programmeCode: z.string(),
  name: z.string(),
  amount,
  state: z.enum(['RUNNING', 'PAUSED', 'ENDED', 'TAKEN_OFF', 'REPLACED']).meta({
    description:
      'PAUSED while an objection is decided; TAKEN_OFF once it was rejected or withdrawn; REPLACED once it was reviewed again, and is published anew',
  }),
  lastDay: day.meta({ description: 'Of this case' }),
});
export const noticeInFull = z.strictObject({ ...noticeHead, items: z.array(noticeItem) });
export const noticePublished = noticeInFull.extend({ ledgerSeq });

/** Name and contact are kept sealed and told to nobody but who decides. */
export const object = z.strictObject({
  caseNo: z.string().trim().min(1).max(60),
  name,
  contact: z.string().trim().min(3).max(200).meta({ description: 'A telephone number or an address to answer to' }),
  content: z.string().trim().min(1).max(2_000),
});
export const objectionReceived = z.strictObject({
  objectionId: id,
  objectionNo: z.string(),
  caseNo: z.string(),
  receivedOn: day,
  ledgerSeq,
});

export const decideObjection = z.strictObject({
  objectionId: id,
  upheld: z.boolean(),
  reason,
  article: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Upheld: the article by which the case is rejected' }),
});
export const objection = z.strictObject({
  objectionId: id,
  objectionNo: z.string(),
  noticeId: id,
  name: z.string().nullable().meta({ description: 'Told only to who may decide' }),
  contact: z.string().nullable().meta({ description: 'Told only to who may decide' }),
  content: z.string(),
  receivedOn: day,
  status: z.enum(['OPEN', 'UPHELD', 'DISMISSED', 'MOOT']).meta({ description: 'MOOT: its case ended otherwise' }),
  decidedOn: day.nullable(),
  decisionReason: z.string().nullable(),
});
export const objections = z.strictObject({ items: z.array(objection) });
export const objectionDecided = z.strictObject({
  objectionId: id,
  status: z.enum(['UPHELD', 'DISMISSED']),
  caseStatus: z.string(),
  noticeLastDay: day.nullable(),
  ledgerSeq,
});
