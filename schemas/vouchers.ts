import { z } from 'zod';
import { application } from './applications.js';
import { amount, day, id, instant, ledgerSeq, pageQuery, reason } from './common.js';
import { programmeCode } from './programme-api.js';

export const voucherStatus = z.enum([
  'ISSUED',
  'ACTIVE',
  'PARTIALLY_REDEEMED',
  'FULLY_REDEEMED',
  'FROZEN',
  'EXPIRED',
  'CANCELLED',
  'REVOKED',
]);

export const freezeVoucher = z.strictObject({ reason });

export const voucher = z.strictObject({
  voucherId: id,
  voucherNo: z.string(),
  programmeCode: z.string(),
  programmeVersionId: id,
  enterpriseId: id,
  legalPersonUscc: z.string(),
  contractId: id,
  applicationId: id.nullable().meta({ description: 'null: outstanding when this book was opened' }),
  fund: z.string(),
  face: amount,
  balance: amount.meta({ description: 'What it can still pay' }),
  reserved: amount.meta({ description: 'Claimed by redemptions that are being verified' }),
  lapsed: amount.meta({ description: 'Ended by rule, used by nobody' }),
  givenBack: amount.meta({ description: 'Ended, and available to others again' }),
  appliedOn: day.meta({ description: 'Decides the law of every redemption' }),
  issuedOn: day,
  lastDay: day.meta({ description: 'Inclusive, to 24:00 Asia/Shanghai' }),
  status: voucherStatus,
  endedOn: day.nullable(),
  recordedAt: instant,
});
export const voucherChanged = voucher.extend({ reason: z.string(), ledgerSeq });
export const applicationApproved = application.extend({ voucher, ledgerSeq });

export const voucherQuery = pageQuery.extend({
  status: voucherStatus.optional(),
  programmeCode: programmeCode.optional(),
  enterpriseId: id.optional(),
  contractId: id.optional(),
});
