// The monthly settlement (结算批次).
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
  paid: amount.meta({ description: 'What of it the bank paid, in one part or several' }),
  returned: amount,
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
  instructions: z.array(
    instruction.extend({
      bankSerial: z.string().nullable().meta({ description: 'Of the last bank line that settled some of it' }),
      bankBookedOn: day.nullable(),
    }),
  ),
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

export const instructionsQuery = z.strictObject({
  status: instructionStatus.default('INSTRUCTED').meta({ description: 'INSTRUCTED is what waits at the bank' }),
});

/** The payments of a batch in one state, with control totals. Account numbers are opened for the finance roles only. */
export const instructions = z.strictObject({
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
      amount: amount.meta({ description: 'What is still to be paid of one that is with the bank; of the others, all of it' }),
      instructed: amount,
      fund: z.string(),
      funder: z.string(),
    }),
  ),
});
