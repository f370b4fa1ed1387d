// The monthly settlement (结算批次) and the bank's returns (回单).
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, month, pageQuery } from './common.js';

export const draftSettlement = z.strictObject({
  period: month,
  number: z.int().min(1).max(9999).optional().meta({ description: 'Batch number within the period; the next one when left out' }),
});

/** Binds the batch that was checked: another content, count or total is refused. */
export const approveSettlement = z.strictObject({
  contentDigest: z.string().min(1).max(64),
  count: z.int().min(0),
  total: amount,
});

const status = z.enum(['DRAFT', 'APPROVED', 'INSTRUCTED', 'CLOSED']);

export const settlement = z.strictObject({
  settlementId: id,
  settlementNo: z.string(),
  period: z.string(),
  number: z.int(),
  status,
  lineCount: z.int(),
  total: amount,
  contentDigest: z.string().meta({ description: 'SHA-256 over the lines; an approval names it' }),
  draftedOn: day,
  draftedPerson: id,
  approvedPerson: id.nullable(),
  instructedOn: day.nullable(),
  instructedPerson: id.nullable(),
  closedOn: day.nullable(),
  closedPerson: id.nullable(),
  recordedAt: instant,
});

/** Control totals: what each payee gets, and what each fund pays. */
const controlTotals = z.strictObject({
  byPayee: z.array(z.strictObject({ payeeId: id, payeeName: z.string(), count: z.int(), total: amount })),
  byFund: z.array(z.strictObject({ fund: z.string(), count: z.int(), total: amount })),
});

const instructionStatus = z.enum(['INSTRUCTED', 'PAID', 'RETURNED']);

export const instruction = z.strictObject({
  instructionId: id,
  instructionNo: z.string(),
  payeeId: id,
  payeeName: z.string(),
  fund: z.string(),
  funder: z.string(),
  attempt: z.int().meta({ description: 'A payment the bank returned goes out again as a further attempt' }),
  amount,
  status: instructionStatus,
  instructedOn: day,
  returnReason: z.string().nullable(),
});

export const settlementRecorded = settlement.extend({ ledgerSeq });
/** Approved, and not in the batch: its payee has not handed in what the programme asks for before it is paid. */
const leftOut = z.strictObject({
  redemptionId: id.nullable(),
  reimbursementId: id.nullable(),
  number: z.string(),
  payeeId: id,
  amount,
  missing: z
    .strictObject({ zh: z.string(), en: z.string() })
    .meta({ description: 'Every paper, with the article that asks for it' }),
});
export const settlementDrafted = settlement.extend({ totals: controlTotals, leftOut: z.array(leftOut), ledgerSeq });
export const settlementInstructed = settlement.extend({
  instructions: z.array(instruction).meta({ description: 'The instructions this command gave' }),
  ledgerSeq,
});

export const settlementWhole = settlement.extend({
  totals: controlTotals,
  instructions: z.array(instruction.extend({ bankSerial: z.string().nullable(), bankBookedOn: day.nullable() })),
  sums: z
    .strictObject({ notInstructed: amount, inTransit: amount, paid: amount, returned: amount })
    .meta({ description: 'Where the total stands; the four add up to it' }),
});

export const settlementQuery = pageQuery.extend({ period: month.optional(), status: status.optional() });

export const settlementLine = z.strictObject({
  settlementLineId: id,
  lineNo: z.int(),
  redemptionId: id.nullable(),
  redemptionNo: z.string().nullable(),
  reimbursementId: id.nullable().meta({ description: 'An award of reimbursement; a line pays one or the other' }),
  reimbursementNo: z.string().nullable(),
  payeeId: id,
  payeeName: z.string(),
  fund: z.string(),
  amount,
});

export const paymentFileQuery = z.strictObject({
  format: z.enum(['json', 'csv']).default('json'),
  status: instructionStatus.default('INSTRUCTED').meta({ description: 'INSTRUCTED is what waits at the bank' }),
});

/** The payment file with its control totals. Account numbers are opened for the finance roles only. */
export const paymentFile = z.strictObject({
  settlementId: id,
  settlementNo: z.string(),
  count: z.int(),
  total: z.string(),
  lines: z.array(
    z.strictObject({
      instructionNo: z.string(),
      attempt: z.int(),
      status: instructionStatus,
      holderName: z.string(),
      accountNo: z.string().nullable(),
      accountNoLast4: z.string(),
      bankName: z.string(),
      bankCode: z.string(),
      amount,
      fund: z.string(),
      funder: z.string(),
    }),
  ),
});

const bankStatus = z.enum(['PAID', 'RETURNED']);

const bankReturnLine = z.strictObject({
  instructionNo: z.string().trim().min(1).max(64),
  status: bankStatus,
  bankSerial: z.string().trim().min(1).max(64),
  bookedOn: day.meta({ description: "The bank's day: what the payment is booked on" }),
  amount,
  reason: z.string().trim().max(500).optional().meta({ description: 'Why it was returned (退票原因)' }),
});

export const importBankReturn = z.strictObject({
  fileName: z
    .string()
    .trim()
    .max(200)
    .optional()
    .meta({ description: "For the sender's reference; the content alone decides what is the same file" }),
  declaredCount: z.int().min(0),
  declaredTotal: amount,
  lines: z.array(bankReturnLine).min(1).max(10_000),
});

/** MATCHED had its effect; the others had none and are for a person to look at. */
const bankLineResult = z.enum(['MATCHED', 'UNKNOWN_INSTRUCTION', 'AMOUNT_DIFFERS', 'ALREADY_SETTLED']);

export const bankLine = z.strictObject({
  instructionNo: z.string(),
  status: bankStatus,
  bankSerial: z.string(),
  bookedOn: day,
  amount,
  reason: z.string().nullable(),
  result: bankLineResult,
});

export const bankReturn = z.strictObject({
  bankReturnId: id,
  fileDigest: z.string(),
  lineCount: z.int(),
  total: amount,
  importedPerson: id,
  recordedAt: instant,
});
export const bankReturnWhole = bankReturn.extend({ matched: z.int(), paid: amount, returned: amount, lines: z.array(bankLine) });
export const bankReturnImported = bankReturnWhole.extend({
  fileName: z.string().nullable(),
  alreadyImported: z
    .boolean()
    .meta({ description: 'This file was imported before; this answer is its result, and nothing happened again' }),
  ledgerSeq,
});
