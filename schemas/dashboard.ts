// The dashboard: how much is granted, promised, redeemed, paid and left, by programme and year and by month, and what waits.
import { z } from 'zod';
import { month, signedAmount } from './common.js';
import { programmeCode } from './programme-api.js';

export const dashboardQuery = z.strictObject({
  programmeCode: programmeCode.optional(),
  year: z.coerce.number().int().min(2000).max(2999).optional().meta({ description: 'Funding year' }),
});

const ofOne = signedAmount.nullable();

/** One fund, or as much of it as is the caller's; null where a figure is not its own to have. */
const fundFigures = z.strictObject({
  fund: z.string(),
  programmeCode: z.string(),
  year: z.int(),
  granted: ofOne.meta({ description: 'Made available by all funders' }),
  promised: ofOne.meta({ description: 'What vouchers and awards were promised, less what was given back' }),
  left: ofOne.meta({ description: 'Granted, promised to nobody' }),
  outstanding: ofOne.meta({ description: 'What vouchers can still pay' }),
  reserved: ofOne.meta({ description: 'Claimed by redemptions that are being verified' }),
  redeemed: ofOne.meta({ description: 'Approved; promised = outstanding + reserved + redeemed + lapsed' }),
  lapsed: ofOne.meta({ description: 'Promised by vouchers, ended by rule' }),
  payable: ofOne.meta({ description: 'Approved, not yet with the bank' }),
  inTransit: ofOne.meta({ description: 'With the bank' }),
  paid: ofOne.meta({ description: 'redeemed = payable + inTransit + paid' }),
});

/** What moved in a month, by booked day. */
const monthFigures = z.strictObject({
  month,
  fund: z.string(),
  granted: signedAmount,
  promised: signedAmount.meta({
    description: 'Faces of the vouchers issued and those outstanding at go-live, and awards approved',
  }),
  givenBack: signedAmount.meta({ description: 'Available again: vouchers that expired, were cancelled, revoked or reduced' }),
  lapsed: signedAmount.meta({ description: 'Ended by rule with vouchers that expired' }),
  claimed: signedAmount.meta({ description: 'Reserved by redemptions submitted' }),
  released: signedAmount.meta({ description: 'Not approved: gone back to vouchers, or where the balance of ended ones went' }),
  redeemed: signedAmount.meta({ description: 'Redemptions approved, and awards' }),
  reversed: signedAmount.meta({ description: 'Approved once, and taken back before it was in a batch' }),
  redemptions: z.int().meta({ description: 'How many were approved' }),
  instructed: signedAmount,
  returned: signedAmount.meta({ description: 'Returned by the bank (退票)' }),
  paid: signedAmount,
});

export const waitingFor = z.enum([
  'PROGRAMMES_TO_ACTIVATE',
  'OPENINGS_TO_APPROVE',
  'CONTRACTS_TO_CONFIRM',
  'CONTRACTS_TO_FILE',
  'APPLICATIONS_TO_REVIEW',
  'APPLICATIONS_TO_APPROVE',
  'INVOICES_TO_CONFIRM',
  'INVOICES_DISPUTED',
  'REDEMPTIONS_TO_VERIFY',
  'REDEMPTIONS_TO_SETTLE',
  'SETTLEMENTS_TO_FREEZE',
  'SETTLEMENTS_TO_APPROVE',
  'SETTLEMENTS_TO_CHECK',
  'SETTLEMENTS_TO_INSTRUCT',
  'SETTLEMENTS_AT_BANK',
]);

export const dashboard = z.strictObject({
  funds: z.array(fundFigures),
  /** Of the whole book, for the authorities; empty for members of the trade. */
  months: z.array(monthFigures),
  waiting: z.array(
    z.strictObject({
      what: waitingFor,
      count: z.int().meta({ description: 'Counted up to 1000' }),
      more: z.boolean().meta({ description: 'There are more than were counted' }),
      mine: z.boolean().meta({ description: 'The caller’s role acts on it' }),
      list: z.string().meta({ description: 'Where they are listed, below the book' }),
    }),
  ),
  ledgerSeq: z.int(),
});
