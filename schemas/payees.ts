// The accounts that payees are paid on: providers whose vouchers were redeemed, enterprises that are reimbursed.
import { z } from 'zod';
import { day, documentNumber, id, instant, ledgerSeq, name, pageQuery, reason } from './common.js';

const holder = {
  providerId: id.optional(),
  enterpriseId: id.optional().meta({ description: 'For awards of reimbursement; give either this or providerId' }),
};

const accountNo = z.string().regex(/^\d{8,30}$/, { error: 'ACCOUNT_NO_FORMAT' });

export const recordPayeeAccount = z
  .strictObject({
    ...holder,
    holderName: name.meta({ description: '户名, the same as the registered name of the provider or the enterprise' }),
    bankName: name,
    bankCode: z.string().max(40).meta({ description: '联行号, 12 digits' }),
    accountNo: accountNo.meta({ description: 'Stored encrypted; only the last four digits are ever shown again' }),
    validFrom: day.meta({
      description:
        'Payments go here from this day on at the earliest. A further account waits for its confirmation and its days besides',
    }),
  })
  .refine((of) => (of.providerId === undefined) !== (of.enterpriseId === undefined), {
    error: 'PAYEE_REQUIRED',
    path: ['providerId'],
  });

/** Confirms a change from its evidence. */
export const confirmPayeeAccount = z.strictObject({
  accountNo: accountNo.meta({ description: 'Keyed in again from the evidence; it must be the number that was proposed' }),
  formerAccount: z.enum(['HOLDS', 'DOES_NOT_HOLD']).meta({
    description: 'Whether the account before was found to hold still: then payments go on to it during the wait; else they wait',
  }),
});
export const endPayeeAccountChange = z.strictObject({ reason });

export const payeeAccount = z.strictObject({
  payeeAccountId: id,
  providerId: id.nullable(),
  enterpriseId: id.nullable(),
  holderName: z.string(),
  bankName: z.string(),
  bankCode: z.string(),
  accountNoLast4: z.string(),
  validFrom: day,
  recordedAt: instant,
  how: z.enum(['FIRST', 'CHANGE', 'BEFORE']).meta({
    description:
      'The first account of a payee stands as recorded; a CHANGE takes two persons and a wait. BEFORE: recorded when it took one',
  }),
  state: z.enum(['PROPOSED', 'WAITING', 'OBJECTED', 'IN_EFFECT', 'WITHDRAWN', 'REJECTED']).meta({
    description: 'Today. WAITING: confirmed, and not paid on before usableFrom',
  }),
  usableFrom: day.nullable().meta({ description: 'The first day on which it is paid on; null until it is confirmed' }),
  formerHolds: z.boolean().nullable(),
  waitedDays: z.int().nullable().meta({ description: 'Working days between its confirmation and usableFrom' }),
  proposedPerson: id.nullable(),
  confirmedPerson: id.nullable(),
  confirmedOn: day.nullable(),
  objectedPerson: id.nullable(),
  objectedOn: day.nullable(),
  objectionReason: z.string().nullable(),
  dismissedPerson: id.nullable(),
  endedPerson: id.nullable(),
  endedOn: day.nullable(),
  endReason: z.string().nullable(),
});
export const payeeAccountRecorded = payeeAccount.extend({ ledgerSeq });
export const payeeAccountQuery = pageQuery.extend({ providerId: id.optional(), enterpriseId: id.optional() });

/** How many working days a changed account waits, for the whole book, by a document; another person approves it. */
export const proposePayeeAccountWait = z.strictObject({
  workingDays: z.int().min(1).max(60),
  documentNo: documentNumber.meta({ examples: ['郑财库〔2026〕3号'] }),
});
export const payeeAccountWait = z.strictObject({
  waitId: id,
  workingDays: z.int(),
  documentNo: z.string(),
  status: z.enum(['PROPOSED', 'APPROVED', 'WITHDRAWN']),
  revision: z.int().nullable().meta({ description: 'In the order of approval; the highest holds' }),
  proposedPerson: id,
  proposedOn: day,
  decidedPerson: id.nullable(),
  decidedOn: day.nullable(),
  recordedAt: instant,
});
export const payeeAccountWaitRecorded = payeeAccountWait.extend({ ledgerSeq });
