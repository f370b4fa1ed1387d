// The accounts that payees are paid on: providers whose vouchers were redeemed, enterprises that are reimbursed.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, name, pageQuery } from './common.js';

const holder = {
  providerId: id.optional(),
  enterpriseId: id.optional().meta({ description: 'For awards of reimbursement; give either this or providerId' }),
};

export const recordPayeeAccount = z
  .strictObject({
    ...holder,
    holderName: name.meta({ description: '户名, the same as the registered name of the provider or the enterprise' }),
    bankName: name,
    bankCode: z.string().max(40).meta({ description: '联行号, 12 digits' }),
    accountNo: z
      .string()
      .regex(/^\d{8,30}$/, { error: 'ACCOUNT_NO_FORMAT' })
      .meta({ description: 'Stored encrypted; only the last four digits are ever shown again' }),
    validFrom: day.meta({ description: 'Payments from this day on go here, until the next account' }),
  })
  .refine((of) => (of.providerId === undefined) !== (of.enterpriseId === undefined), {
    error: 'PAYEE_REQUIRED',
    path: ['providerId'],
  });

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
});
export const payeeAccountRecorded = payeeAccount.extend({ ledgerSeq });
export const payeeAccountQuery = pageQuery.extend({ providerId: id.optional(), enterpriseId: id.optional() });
