// Reports on a year's money and work: figures for the bureau's performance evaluation (绩效评价). Each says what it is of.
import { z } from 'zod';
import { month, signedAmount } from './common.js';
import { programmeCode } from './programme-api.js';

const year = z.coerce
  .number({ error: ({ input }) => (Number.isNaN(input) ? 'MISSING_FIELD' : undefined) })
  .int()
  .min(2000)
  .max(2999);
export const reportQuery = z.strictObject({
  year: year.meta({ description: 'Of money: the funding year. Of steps: the year in which the case began' }),
  programmeCode: programmeCode.optional(),
});

/** Basis points, rounded down: what was reached is never told higher. */
const share = z.int().nullable().meta({ description: 'Basis points, rounded down; null of nothing' });

export const budgetExecution = z.strictObject({
  programmeCode: z.string(),
  year: z.int(),
  fund: z.string(),
  loaded: signedAmount.meta({ description: 'What the funders have loaded, less what was returned to them (预算指标)' }),
  unmatched: signedAmount.meta({ description: 'Loaded, waiting for the other funders’ share' }),
  granted: signedAmount.meta({ description: 'Made available: loaded less unmatched' }),
  promised: signedAmount.meta({ description: 'Of that: vouchers and awards, less what they gave back' }),
  approved: signedAmount.meta({ description: 'Of that: redemptions and awards approved' }),
  instructed: signedAmount.meta({ description: 'Of that: with the bank' }),
  paid: signedAmount.meta({ description: 'Of that: paid' }),
  lapsed: signedAmount,
  recovered: signedAmount.meta({ description: 'Paid, and come back' }),
  left: signedAmount.meta({ description: 'Granted, promised to nobody' }),
  executed: share.meta({ description: 'Paid of loaded (预算执行率), basis points rounded down' }),
});

export const monthReport = z.strictObject({
  month,
  programmeCode: z.string(),
  fund: z.string(),
  granted: signedAmount,
  promised: signedAmount.meta({ description: 'Vouchers issued and awards approved' }),
  claimed: signedAmount.meta({ description: 'Redemptions submitted' }),
  redemptions: z.int().meta({ description: 'How many were approved' }),
  redeemed: signedAmount.meta({ description: 'Redemptions and awards approved' }),
  reversed: signedAmount,
  instructed: signedAmount,
  returned: signedAmount.meta({ description: 'Returned by the bank (退票)' }),
  paid: signedAmount,
});

export const performance = z.strictObject({
  programmeCode: z.string(),
  year: z.int(),
  fund: z.string(),
  cases: z.int().meta({ description: 'Redemptions and awards with money in them' }),
  enterprises: z.int().meta({ description: 'Enterprises that have it' }),
  granted: signedAmount.meta({ description: 'Approved, less what was reversed or recalled from it' }),
  bought: signedAmount.meta({ description: 'Compute bought: what its invoices come to with VAT, less red letters' }),
  leverage: z
    .string()
    .nullable()
    .meta({ description: 'Compute bought per yuan granted, two decimals, rounded down; null where nothing is granted' }),
  domestic: signedAmount.meta({ description: 'Of the invoices’ lines: compute of domestic chips (国产)' }),
  nonDomestic: signedAmount.meta({ description: 'Of other chips, or mixed' }),
  otherItems: signedAmount.meta({ description: 'Of lines that name no chip' }),
  domesticShare: share.meta({ description: 'Domestic of domestic and non-domestic, basis points rounded down' }),
  toSmall: signedAmount.meta({
    description: 'Granted to small, micro and medium enterprises (中小微企业), as they are recorded today',
  }),
  toLarge: signedAmount,
  toUnclassed: signedAmount.meta({ description: 'Granted to enterprises whose class is not recorded' }),
  smallShare: share.meta({ description: 'To small, micro and medium enterprises of all that is granted' }),
  cardHours: z.string().meta({ description: 'Card hours on the invoices’ lines, four decimals' }),
});

export const stepDays = z.strictObject({
  process: z.enum(['APPLICATION', 'REIMBURSEMENT', 'REDEMPTION', 'SETTLEMENT']),
  from: z.string().meta({ description: 'The entry after which the step began' }),
  to: z.string().meta({ description: 'The entry that ended it' }),
  count: z.int(),
  totalDays: z.int().meta({ description: 'Calendar days; both on one day is 0' }),
  meanDays: z.string().meta({ description: 'Calendar days, two decimals, rounded half up' }),
});
