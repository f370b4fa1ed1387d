// What the bank says: returns and statements (回单、对账单), the formats of its files, and what is matched with what.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, pageQuery, reason, signedAmount } from './common.js';

// ── Formats of files ──

const headers = z.array(z.string().trim().min(1).max(60)).min(1).max(5);
const words = z.array(z.string().trim().min(1).max(60)).min(1).max(10);
const word = z.string().trim().min(1).max(60);

export const bankColumn = z.enum([
  'instructionNo',
  'status',
  'bankSerial',
  'bookedOn',
  'amount',
  'reason',
  'payeeName',
  'payeeAccount',
]);
export type BankColumn = z.infer<typeof bankColumn>;

export const dayForm = z.enum(['YYYY-MM-DD', 'YYYY/M/D', 'YYYYMMDD', 'SERIAL']);

/** How a bank writes its files. What no setting allows is refused by name, never guessed. */
export const bankMapping = z.strictObject({
  columns: z
    .strictObject({
      instructionNo: headers,
      status: headers,
      bankSerial: headers,
      bookedOn: headers,
      amount: headers,
      reason: headers.optional(),
      payeeName: headers.optional(),
      payeeAccount: headers.optional(),
    })
    .meta({ description: 'The headers that each column may have; the first is the one that is written' }),
  dayForms: z
    .array(dayForm)
    .min(1)
    .meta({ description: 'SERIAL is the number of a day in a spreadsheet (45488 for 2024-07-15); a time after the day is cut off' }),
  thousands: z.boolean().meta({ description: 'Whether amounts may hold commas: 1,234.50' }),
  signs: z
    .enum(['UNSIGNED', 'OUT_NEGATIVE'])
    .meta({ description: 'OUT_NEGATIVE: what left the account is written below zero, what came back above' }),
  states: z.strictObject({ paid: words, returned: words }),
  trailer: z
    .strictObject({ word, countIn: bankColumn })
    .nullable()
    .meta({ description: 'The last row: this word in its first cell, the count in this column, the total among the amounts' }),
  balances: z
    .strictObject({ opening: word, closing: word })
    .nullable()
    .meta({ description: 'Rows of a statement: this word in the first cell, the balance among the amounts' }),
  partsAllowed: z.boolean().meta({ description: 'Whether a file may name one instruction in several lines' }),
  payment: z
    .strictObject({ attempt: word, bankName: word, bankCode: word, fund: word, funder: word })
    .optional()
    .meta({ description: 'What the columns are called that only a payment file has; left out, as in treasury' }),
});
export type BankMapping = z.infer<typeof bankMapping>;

const formatCode = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9-]*$/, { error: 'BANK_FORMAT_CODE' })
  .meta({ examples: ['treasury'] });

export const recordBankFormat = z.strictObject({ code: formatCode, name: word, mapping: bankMapping });
export const bankFormat = z.strictObject({
  bankFormatId: id.nullable().meta({ description: 'Null for the one that every book has: treasury' }),
  code: z.string(),
  version: z.int(),
  name: z.string(),
  mapping: bankMapping,
  recordedPerson: id.nullable(),
  recordedAt: instant.nullable(),
});
export const bankFormatRecorded = bankFormat.extend({ ledgerSeq });

// ── Files and lines ──

const bankStatus = z.enum(['PAID', 'RETURNED']);

/** A line as the bank sends it, in whatever form. */
export const sentBankLine = z.strictObject({
  instructionNo: z.string().trim().min(1).max(64),
  status: bankStatus,
  bankSerial: z.string().trim().min(1).max(64),
  bookedOn: day.meta({ description: "The bank's day: what the payment is booked on" }),
  amount,
  reason: z.string().trim().max(500).optional().meta({ description: 'Why it was returned (退票原因)' }),
  payeeName: z.string().trim().min(1).max(200).optional().meta({ description: 'Held against the account it was instructed to' }),
  payeeAccount: z.string().trim().min(1).max(64).optional(),
});

const fileName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .meta({ description: "For the sender's reference; the content alone decides what is the same file" });
const bankAccount = z.string().trim().min(1).max(64).meta({ description: 'The account of ours that the file is of' });

export const importBankReturn = z.strictObject({
  fileName: fileName.optional(),
  declaredCount: z.int().min(0),
  declaredTotal: amount,
  bankAccount: bankAccount.optional(),
  balances: z
    .strictObject({ opening: amount, closing: amount })
    .optional()
    .meta({ description: 'Of a statement: the balances of the account before and after its lines; asks for bankAccount' }),
  partsAllowed: z.boolean().optional(),
  lines: z.array(sentBankLine).min(1).max(2_000),
});

export const importBankFileQuery = z.strictObject({
  bankFormat: formatCode.default('treasury'),
  fileName: fileName.optional(),
  bankAccount: bankAccount.optional(),
  declaredCount: z.coerce.number().int().min(0).optional().meta({ description: 'Where the file has no trailer' }),
  declaredTotal: amount.optional(),
});

/** What was found when the line came in. Only MATCHED settled its instruction; the others are for a person to look at. */
const bankLineResult = z.enum([
  'MATCHED',
  'UNKNOWN_INSTRUCTION',
  'AMOUNT_DIFFERS',
  'ALREADY_SETTLED',
  'PAYEE_DIFFERS',
  'DAY_BEFORE_INSTRUCTION',
]);

export const bankLine = z.strictObject({
  bankLineId: id,
  bankReturnId: id,
  lineNo: z.int().nullable(),
  instructionNo: z.string(),
  status: bankStatus,
  bankSerial: z.string(),
  bookedOn: day,
  amount,
  reason: z.string().nullable(),
  bankAccount: z.string().nullable(),
  payeeName: z.string().nullable(),
  payeeLast4: z.string().nullable(),
  result: bankLineResult,
  unmatched: amount.meta({ description: 'What of it settles nothing yet' }),
});

export const bankReturn = z.strictObject({
  bankReturnId: id,
  fileDigest: z.string(),
  format: z.enum(['json', 'csv', 'xlsx']),
  bankFormat: z.string().nullable(),
  fileName: z.string().nullable(),
  state: z
    .enum(['IMPORTING', 'DONE'])
    .meta({ description: 'IMPORTING, and nobody at it: it was cut, and goes on where it was when the same file is sent again' }),
  lineCount: z.int(),
  nextLine: z.int().meta({ description: 'The first line that is not imported yet' }),
  total: amount,
  repeated: z.int().meta({ description: 'Lines whose serials were imported before, saying the same' }),
  matched: z.int().meta({ description: 'Lines that settled their instructions when they came in' }),
  paid: amount.meta({ description: 'What these paid' }),
  returned: amount,
  byResult: z.record(z.string(), z.int()).meta({ description: 'How many lines were found to be what' }),
  bankAccount: z.string().nullable(),
  opening: signedAmount.nullable(),
  closing: signedAmount.nullable(),
  firstDay: day.nullable(),
  lastDay: day.nullable(),
  importedPerson: id,
  recordedAt: instant,
});

export const bankReturnImported = bankReturn.extend({
  lines: z.array(bankLine),
  alreadyImported: z
    .boolean()
    .meta({ description: 'This file was imported before; this answer is its result, and nothing happened again' }),
  ledgerSeq,
});
export const bankFileImported = bankReturn.extend({ alreadyImported: z.boolean() });

// ── What is matched with what ──

export const matchBankLines = z.strictObject({
  matches: z
    .array(z.strictObject({ bankLineId: id, instructionId: id, amount }))
    .min(1)
    .max(100)
    .meta({ description: 'How much of which line settles how much of which instruction: one to one, or any to any' }),
});
export const undoBankMatch = z.strictObject({ reason });

export const bankMatch = z.strictObject({
  matchId: id,
  bankLineId: id,
  instructionId: id,
  kind: z
    .enum(['PAID', 'RETURNED', 'RETURNED_LATE'])
    .meta({ description: 'RETURNED_LATE: it had been paid, and came back days later (退票)' }),
  amount,
  bookedOn: day,
  byRule: z.boolean().meta({ description: 'Matched when the line came in; else by a person' }),
  matchedPerson: id,
  status: z.enum(['MATCHED', 'UNDONE']),
  undonePerson: id.nullable(),
  undoneOn: day.nullable(),
  undoReason: z.string().nullable(),
  recordedAt: instant,
});
export const bankLinesMatched = z.strictObject({ matches: z.array(bankMatch), ledgerSeq });
export const bankMatchUndone = bankMatch.extend({ ledgerSeq });
export const bankLineWhole = bankLine.extend({ matches: z.array(bankMatch) });

export const bankLineQuery = pageQuery.extend({ bankReturnId: id.optional() });

// ── Payment files ──

/** Makes the next payment file of a batch: of each attempt that was in none before, what is still to be paid. */
export const makePaymentFile = z.strictObject({
  settlementId: id,
  bankFormat: formatCode.default('treasury'),
  onFormerAccount: z
    .array(z.string().trim().min(1).max(64))
    .max(200)
    .default([])
    .meta({ description: 'Instructions to be sent to the account they were given for, though their payee is paid on another by now' }),
});

/** What stays out of a file: its payee's account is being changed, or is another by now. */
const heldPayment = z.strictObject({
  instructionNo: z.string(),
  payeeId: id,
  payeeName: z.string(),
  toPay: amount,
  why: z.enum(['ACCOUNT_CHANGING', 'ACCOUNT_CHANGED']),
});

export const paymentFile = z.strictObject({
  paymentFileId: id,
  settlementId: id,
  fileNo: z.int().meta({ description: 'Counted from 1 in its batch' }),
  bankFormat: z.string(),
  count: z.int(),
  total: amount,
  contentDigest: z.string().meta({ description: 'SHA-256 over its lines' }),
  madeOn: day,
  madePerson: id,
  recordedAt: instant,
});
export const paymentFileMade = paymentFile.extend({
  held: z.array(heldPayment),
  more: z.boolean().meta({ description: 'Whether payments are left for a further file' }),
  ledgerSeq,
});
export const paymentFileQuery = pageQuery.extend({ settlementId: id.optional() });
export const paymentFileContentQuery = z.strictObject({ format: z.enum(['csv', 'xlsx']).default('csv') });
