import { z } from 'zod';
import { followed } from './corrections.js';
import { programmeCode } from './programme-api.js';
import { amount, day, id, instant, ledgerSeq, pageQuery, reason } from './common.js';

const documentNo = z.string().trim().min(1).max(100);
const status = z
  .enum([
    'PROPOSED',
    'OPENED',
    'SERVED',
    'APPEALED',
    'DUE',
    'PARTLY_RECOVERED',
    'RECOVERED',
    'OFFSET',
    'REFERRED',
    'WRITTEN_OFF',
    'WITHDRAWN',
    'DROPPED',
  ])
  .meta({
    description: '拟追回 / 已决定 / 已送达 / 申诉中 / 到期应缴 / 部分追回 / 已追回 / 已抵扣 / 移送 / 核销 / 撤回 / 未成立',
  });
const cause = z.enum(['CONTRACT_CUT', 'CONTRACT_VOIDED', 'RED_LETTER', 'FRAUD', 'CLAUSE']);

/**
 * A fraud found: the voucher that was got by it is revoked, and all that was paid on it is claimed back; an award of reimbursement is taken
 * back in whole. Or a clause of clawback of its programme: the part that the clause names.
 */
export const proposeRecovery = z
  .strictObject({
    voucherId: id.optional(),
    reimbursementId: id.optional().meta({ description: 'An award of reimbursement, in place of a voucher' }),
    reason,
    documentNo,
    clause: z
      .strictObject({
        id: z.string().min(1).max(100).meta({ description: 'Of a CLAWBACK clause of the programme or of the controls over it' }),
        atFault: z.boolean().meta({ description: 'For cause: limits get nothing back' }),
      })
      .optional(),
  })
  .refine((of) => (of.voucherId === undefined) !== (of.reimbursementId === undefined), {
    error: 'MISSING_FIELD',
    path: ['voucherId'],
  });
export const openRecovery = z.strictObject({});
export const dropRecovery = z.strictObject({ reason });
export const serveRecovery = z.strictObject({
  documentNo,
  servedOn: day,
  dueOn: day.meta({ description: 'Last day to pay back, inclusive' }),
});
export const appealRecovery = z.strictObject({ reason });
export const decideAppeal = z.strictObject({ outcome: z.enum(['DISMISSED', 'UPHELD']), reason });
export const fallDue = z.strictObject({});
export const receiveRecovery = z.strictObject({
  amount,
  bookedOn: day.meta({ description: 'The bank’s day' }),
  bankSerial: z.string().trim().min(1).max(64).meta({ description: 'The bank’s serial; counts once' }),
});
export const referRecovery = z.strictObject({ reason });
export const askWriteOff = z.strictObject({ reason });
export const writeOffRecovery = z.strictObject({});

/** Where a rule allows it (DOMAIN 2.6), and no otherwise. */
export const proposeOffset = z
  .strictObject({
    redemptionId: id.optional().meta({ description: 'Approved to the same payee, and in no batch' }),
    reimbursementId: id.optional().meta({ description: 'An award of reimbursement likewise, in place of a redemption' }),
    amount: amount.optional().meta({ description: 'As much as possible where it is left out' }),
    document: z.string().trim().min(1).max(200).meta({ description: 'The document that allows it' }),
    article: z.string().trim().min(1).max(100).meta({ description: 'Its article' }),
    reason,
  })
  .refine((of) => (of.redemptionId === undefined) !== (of.reimbursementId === undefined), {
    error: 'MISSING_FIELD',
    path: ['redemptionId'],
  });
export const offsetStep = z.strictObject({});
export const recoveryOffset = z.strictObject({
  offsetId: id,
  redemptionId: id.nullable(),
  reimbursementId: id.nullable(),
  fund: z.string(),
  amount,
  document: z.string(),
  article: z.string(),
  reason: z.string(),
  status: z.enum(['PROPOSED', 'APPROVED', 'DROPPED']),
  proposedOn: day,
  decidedOn: day.nullable(),
});

export const recovery = z.strictObject({
  recoveryId: id,
  recoveryNo: z.string(),
  cause,
  clauseId: z.string().nullable(),
  correctionId: id.nullable(),
  debtorId: id.meta({ description: 'The payee that owes it back' }),
  formerly: z
    .array(z.strictObject({ debtorId: id, until: day }))
    .meta({ description: 'Who owed it before a merger or a split, oldest first; until: first day of the next' }),
  fund: z.string(),
  programmeCode: z.string(),
  contractId: id.nullable(),
  voucherId: id.nullable(),
  reimbursementId: id.nullable().meta({ description: 'Of an award of reimbursement; then there is no contract' }),
  amount,
  received: amount,
  atFault: z.boolean(),
  status,
  reason: z.string(),
  documentNo: z.string().nullable(),
  openedOn: day.nullable(),
  servedOn: day.nullable(),
  dueOn: day.nullable(),
  appealReason: z.string().nullable(),
  appealDecision: z.string().nullable(),
  writeOffReason: z.string().nullable(),
  endedOn: day.nullable(),
  recordedAt: instant,
});
const receipt = z.strictObject({ receiptId: id, bankSerial: z.string(), bookedOn: day, amount, recordedAt: instant });
export const recoveryRecorded = recovery.extend({ ledgerSeq });
export const recoveryReceived = recovery.extend({ alreadyReceived: z.boolean(), ledgerSeq });

/** What a regulation lets the authority fine for such conduct: shown with its article, decided and charged elsewhere. */
export const lawfulFine = z.strictObject({
  conduct: z.enum(['DEFRAUDED', 'MISUSED']).meta({ description: 'DEFRAUDED: 骗取; MISUSED: 违规使用' }),
  document: z.string(),
  article: z.string(),
  fromBasisPoints: z.int().meta({ description: 'Of the money so gained or used' }),
  toBasisPoints: z.int(),
  personsFrom: amount.meta({ description: 'For whoever is directly in charge or responsible' }),
  personsTo: amount,
});
const aged = {
  outstanding: amount.meta({ description: 'What is still to come back; nothing once it is over' }),
  overdueDays: z
    .int()
    .nullable()
    .meta({ description: 'Since the last day to pay back; null before it is over, and once nothing is outstanding' }),
};
export const recoveryListed = recovery.extend(aged);
export const recoveryInFull = recovery.extend({
  ...aged,
  fines: z.array(lawfulFine).meta({ description: 'To authorities, of one that is for cause' }),
  items: z.array(z.strictObject({ redemptionId: id.nullable(), reimbursementId: id.nullable(), amount })),
  receipts: z.array(receipt),
  offsets: z.array(recoveryOffset),
});
export const recoveryQuery = pageQuery.extend({ status: status.optional() });

/** What is outstanding by how long it is overdue. */
export const receivablesAge = z.strictObject({
  fund: z.string(),
  programmeCode: z.string(),
  overdue: z
    .enum(['NOT_SERVED', 'NOT_DUE', 'UP_TO_30', 'UP_TO_90', 'UP_TO_180', 'UP_TO_365', 'OVER_365'])
    .meta({ description: 'Days since the last day to pay back, the upper end inclusive' }),
  count: z.int(),
  outstanding: amount,
});
export const receivablesQuery = z.strictObject({ programmeCode: programmeCode.optional() });
export const recoveryOpened = recovery.extend({ corrections: followed, ledgerSeq });
