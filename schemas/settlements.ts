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

const lineNo = z.int().min(1).max(10_000_000);
/** Lines of one command at most: more would hold up everybody else's. */
const linesAtOnce = 100;

/** The lines that were held against usage, invoice and redemption, and against the payee's account. */
export const checkSettlementLines = z.strictObject({
  lines: z.array(lineNo).min(1).max(linesAtOnce).meta({ description: 'Numbers of lines' }),
});

export const returnSettlementLines = z.strictObject({
  lines: z
    .array(z.strictObject({ lineNo, reason: z.string().trim().min(1).max(500) }))
    .min(1)
    .max(linesAtOnce),
});

const status = z.enum(['DRAFT', 'FROZEN', 'APPROVED', 'CHECKED', 'INSTRUCTED', 'CLOSED', 'DISSOLVED']);

export const settlement = z.strictObject({
  settlementId: id,
  settlementNo: z.string(),
  period: z.string(),
  number: z.int(),
  version: z.int().meta({
    description: 'Lines that are returned make a new one, which is approved again; 0: instructed before there were versions',
  }),
  status,
  collecting: z.boolean().meta({ description: 'A large draft is collected behind its answer; it is frozen once that is done' }),
  lineCount: z.int(),
  total: amount,
  contentDigest: z.string().nullable().meta({ description: 'SHA-256 over the lines, once they are frozen; an approval names it' }),
  draftedOn: day,
  draftedPerson: id,
  frozenPerson: id.nullable(),
  approvedPerson: id.nullable(),
  checkedPersons: z.array(id).meta({ description: 'Who has checked lines of it' }),
  checkedLines: z.int(),
  instructedOn: day.nullable(),
  instructedPerson: id.nullable(),
  paymentsLeft: z.int().meta({
    description: 'Instructions of a large batch are given behind the answer: how much is left, by payee and fund',
  }),
  closedOn: day.nullable(),
  closedPerson: id.nullable(),
  recordedAt: instant,
});

/** Control totals: what each payee gets, what each fund, programme and funder pays. */
export const controlTotals = z.strictObject({
  byPayee: z.array(z.strictObject({ payeeId: id, payeeName: z.string(), count: z.int(), total: amount })),
  byFund: z.array(z.strictObject({ fund: z.string(), count: z.int(), total: amount })),
  byProgramme: z.array(z.strictObject({ programmeCode: z.string(), count: z.int(), total: amount })),
  byFunder: z.array(z.strictObject({ funder: z.string(), total: amount })).meta({
    description:
      'As the funds stood when it was frozen. Where another batch of a fund is instructed first, the odd fen may fall to another funder; the instructions are exact over all batches',
  }),
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
export const leftOut = z.strictObject({
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
/** What a version of a batch was, which an approval bound, and how much of it was returned. */
export const settlementVersion = z.strictObject({
  version: z.int(),
  contentDigest: z.string(),
  lineCount: z.int(),
  total: amount,
  byFunder: controlTotals.shape.byFunder,
  frozenPerson: id,
  frozenOn: day,
  approvedPerson: id.nullable(),
  returnedLines: z.int(),
  recordedAt: instant,
});

export const settlementInstructed = settlement.extend({
  instructions: z.array(instruction).meta({ description: 'The instructions this command gave' }),
  ledgerSeq,
});

export const settlementWhole = settlement.extend({
  totals: controlTotals,
  versions: z.array(settlementVersion),
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
  invoiceNo: z.string().nullable(),
  invoiced: amount.nullable().meta({ description: 'What the invoice says, tax included' }),
  used: amount.nullable().meta({ description: 'What the lines of usage come to, tax included' }),
  base: amount.nullable().meta({ description: 'What was redeemed or reimbursed on' }),
  approved: amount.nullable(),
  checkedOn: day.nullable(),
  checkedPerson: id.nullable(),
  returnedVersion: z.int().nullable().meta({ description: 'The version it was returned from; it is in none any more' }),
  returnedOn: day.nullable(),
  returnReason: z.string().nullable(),
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
