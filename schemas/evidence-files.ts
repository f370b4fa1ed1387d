// Evidence files: what is said of an upload beside its bytes, what is read in a digital invoice, and where a bureau says how it is read.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, pageQuery, reason, signedAmount } from './common.js';

/** What a paper is, of the materials that claims are made with (申报材料); OTHER for what no programme names. */
export const materialKind = z.enum([
  'APPLICATION_FORM',
  'BUSINESS_LICENCE',
  'CONTRACT',
  'INVOICE',
  'PAYMENT_PROOF',
  'USAGE_STATEMENT',
  'PROJECT_NOTE',
  'NO_DUPLICATE_FUNDING_STATEMENT',
  'COMMITMENT_LETTER',
  'CREDIT_REPORT',
  'LISTING_PROOF',
  'FACILITY_EVIDENCE',
  'AUDIT_REPORT',
  'OTHER',
]);
export type MaterialKind = z.infer<typeof materialKind>;

/** What a file may be. */
export const fileFormat = z.enum(['PDF', 'OFD', 'XML', 'JPEG', 'PNG', 'XLSX', 'DOCX', 'CSV', 'TXT']);
export type FileFormat = z.infer<typeof fileFormat>;

/** What a file may be evidence of. */
export const subjectKind = z.enum([
  'CONTRACT',
  'APPLICATION',
  'REIMBURSEMENT',
  'USAGE_INVOICE',
  'PAYMENT',
  'RED_LETTER',
  'OBJECTION',
  'RECOVERY',
  'LISTING',
  'LISTING_APPLICATION',
  'FACILITY_OBSERVATION',
  'PAYEE_ACCOUNT',
]);
export type SubjectKind = z.infer<typeof subjectKind>;

const subject = {
  subjectKind: subjectKind.optional().meta({ description: 'With subjectId: what the file is attached to at once' }),
  subjectId: id.optional(),
};
/** Of an upload, beside the bytes and the name in Content-Disposition. */
export const uploadQuery = z
  .strictObject({ kind: materialKind, ...subject })
  .refine((of) => (of.subjectKind === undefined) === (of.subjectId === undefined), {
    error: 'MISSING_FIELD',
    path: ['subjectId'],
  });
export const attachFile = z.strictObject({ subjectKind, subjectId: id });
export const detachFile = z.strictObject({ attachmentId: id, reason });
export const evidenceQuery = pageQuery.extend({ subjectId: id });

const party = z.strictObject({ uscc: z.string(), name: z.string() });

/** A digital invoice (数电票) as its XML says it; a red letter's amounts are negative. */
export const digitalInvoice = z.strictObject({
  mapping: z.string().meta({ description: 'The mapping it was read by, with its version', examples: ['einvoice.v1'] }),
  number: z.string(),
  issuedOn: day,
  isRedLetter: z.boolean(),
  originalNumber: z.string().nullable().meta({ description: 'Of a red letter: the invoice that it takes back' }),
  seller: party,
  buyer: party,
  net: signedAmount,
  vat: signedAmount,
  gross: signedAmount,
  lines: z.array(
    z.strictObject({
      name: z.string(),
      quantity: z.string().nullable(),
      net: signedAmount,
      rate: z.string().nullable(),
      vat: signedAmount,
    }),
  ),
});
export type DigitalInvoice = z.output<typeof digitalInvoice>;

/** One field in which a digital invoice says otherwise than what was typed of the invoice. */
export const finding = z.strictObject({
  field: z.enum([
    'NUMBER',
    'ISSUED_ON',
    'RED_LETTER',
    'SELLER_USCC',
    'SELLER_NAME',
    'BUYER_USCC',
    'BUYER_NAME',
    'NET',
    'VAT',
    'GROSS',
    'LINE_COUNT',
    'LINE_QUANTITY',
    'LINE_NET',
    'LINE_VAT',
    'ADDS_UP',
  ] as const),
  lineNo: z.int().nullable(),
  typed: z.string(),
  read: z.string(),
});
export type Finding = z.infer<typeof finding>;

export const attachment = z.strictObject({
  attachmentId: id,
  evidenceFileId: id,
  subjectKind,
  subjectId: id,
  findings: z
    .array(finding)
    .nullable()
    .meta({ description: 'Where the digital invoice differs from what was typed; null where nothing was compared' }),
  attachedOn: day,
  detachedOn: day.nullable(),
  detachReason: z.string().nullable(),
});

export const evidenceFile = z.strictObject({
  evidenceFileId: id,
  kind: materialKind,
  name: z.string(),
  format: fileFormat,
  mediaType: z.string().meta({ description: 'By its content' }),
  size: z.int().meta({ description: 'Bytes' }),
  sha256: z.string(),
  sm3: z.string(),
  digitalInvoice: digitalInvoice.nullable(),
  uploadedOn: day,
  keptUntil: day.meta({ description: 'The first day on which the law would let it go; nothing is removed before or after' }),
  recordedAt: instant,
});
export const evidenceFileInFull = evidenceFile.extend({ attachments: z.array(attachment) });
export const evidenceFileRecorded = evidenceFile.extend({ attachment: attachment.nullable(), ledgerSeq });
export const attachmentRecorded = attachment.extend({ ledgerSeq });
/** Of one subject: each file with its attachment to it. */
export const evidenceOfSubject = attachment.extend({ file: evidenceFile });

/** Where a value stands: names of elements from the root's children down, without prefixes; the first place that has one counts. */
const places = z.array(z.string().regex(/^[^/\s]+(\/[^/\s]+)*$/)).min(1);
/**
 * How a digital invoice's XML is read (db/digital-invoices/README.md): a file `<name>.v<version>.yaml`. Where the state's standard is
 * read otherwise, a bureau adds a later version; what was read before keeps the name of the one it was read by.
 */
export const invoiceMapping = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.int().min(1),
  source: z.string().min(1),
  root: z.string().min(1),
  number: places,
  issuedOn: places,
  blueFlag: z.strictObject({ at: places, blue: z.array(z.string()).min(1), red: z.array(z.string()).min(1) }),
  originalNumber: places,
  originalNumberInRemark: z.strictObject({ at: places, after: z.array(z.string()).min(1) }),
  seller: z.strictObject({ uscc: places, name: places }),
  buyer: z.strictObject({ uscc: places, name: places }),
  net: places,
  vat: places,
  gross: places,
  lines: places,
  line: z.strictObject({ name: places, quantity: places, net: places, rate: places, vat: places }),
});
export type InvoiceMapping = z.infer<typeof invoiceMapping>;
