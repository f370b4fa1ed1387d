// What does not tie, and waits for a person (对账): exceptions, days of the bank against the ledger, what stands in a month's way.
import { z } from 'zod';
import { amount, day, id, instant, ledgerSeq, month, pageQuery, reason, signedAmount } from './common.js';

export const exceptionKind = z
  .enum(['UNMATCHED_LINE', 'IN_TRANSIT', 'PAYMENT_RETURNED', 'RESERVED', 'UNMATCHED_BUDGET', 'FILE_CUT', 'BALANCE_GAP', 'OTHER'])
  .meta({
    description:
      'UNMATCHED_LINE: a bank line settles nothing; IN_TRANSIT: the bank has not answered; PAYMENT_RETURNED: it came back and was not sent out again; RESERVED: claimed long ago and not decided; UNMATCHED_BUDGET: loaded, waiting for the other funders; FILE_CUT: a bank file is imported in part; BALANCE_GAP: a statement does not begin where the one before ended; OTHER: opened by a person',
  });
const status = z.enum(['OPEN', 'EXPLAINED', 'CLOSED']);

export const openException = z.strictObject({
  subject: z.string().trim().min(1).max(200).meta({ description: 'What it is about, as people know it' }),
  amount,
  note: reason,
});
export const assignException = z.strictObject({ personId: id });
export const explainException = z.strictObject({ explanation: reason });
export const closeException = z.strictObject({ resolution: reason });

export const reconciliationException = z.strictObject({
  exceptionId: id,
  kind: exceptionKind,
  subject: z.string().meta({ description: 'The id of what it is about; a fund; or what a person wrote' }),
  amount,
  since: day.meta({ description: 'Since when it stands so' }),
  openedOn: day,
  openedPerson: id.nullable().meta({ description: 'Null: by a rule' }),
  note: z.string().nullable(),
  ownerPerson: id.nullable(),
  status,
  explanation: z.string().nullable(),
  explainedPerson: id.nullable(),
  explainedOn: day.nullable(),
  resolution: z.string().nullable().meta({ description: 'Null where its cause went away by itself' }),
  closedPerson: id.nullable(),
  closedOn: day.nullable(),
  recordedAt: instant,
});
export const exceptionRecorded = reconciliationException.extend({ ledgerSeq });
export const exceptionListed = reconciliationException.extend({
  ageDays: z.int(),
  ageWorkingDays: z.int().nullable().meta({ description: 'Null where a year in between has no published calendar' }),
});
export const exceptionQuery = pageQuery.extend({
  status: status.default('OPEN'),
  kind: exceptionKind.optional(),
  ownerPerson: z
    .union([id, z.literal('NOBODY')])
    .optional()
    .meta({ description: 'Who looks after it; NOBODY: those that nobody does' }),
});

export const reconciliationDaysQuery = z.strictObject({ fromDay: day, toDay: day });
const bankOfDay = z.strictObject({
  bankAccount: z.string().meta({ description: 'Empty for files that name none' }),
  lines: z.int(),
  paid: amount,
  returned: amount,
  unmatched: amount,
});
export const reconciliationDays = z.strictObject({
  days: z.array(
    z.strictObject({
      day,
      bank: z.array(bankOfDay),
      matched: z
        .strictObject({ paid: amount, returned: amount })
        .meta({ description: "What of the day's lines was ever matched, undone or not" }),
      ledger: z.strictObject({
        paid: amount,
        returned: amount,
        unmatched: amount.meta({ description: 'Matches taken back on this day, whatever day their lines are of' }),
      }),
      difference: signedAmount.meta({
        description:
          'Ledger less matched lines, paid less returned; not zero only where a line was booked in a later month than its own',
      }),
    }),
  ),
});

const transit = {
  inTransit: amount.meta({ description: 'What the bank has not answered for, by the instructions' }),
  ledgerInTransit: signedAmount.meta({ description: 'What stands in transit on their accounts of the ledger' }),
  difference: signedAmount.meta({ description: 'Ledger less instructions: not zero only by a fault' }),
};
/** A batch held against the ledger. */
export const reconciliationBatch = z.strictObject({
  settlementId: id,
  settlementNo: z.string(),
  period: z.string(),
  status: z.string(),
  instructedOn: day.nullable(),
  instructed: amount.meta({ description: 'All that was sent out, again too' }),
  paid: amount,
  returned: amount,
  ...transit,
  waiting: z.int().meta({ description: 'Instructions that the bank has not answered, or not whole' }),
  waitingSince: day.nullable(),
});
export const reconciliationBatchLine = z.strictObject({
  instructionId: id,
  instructionNo: z.string(),
  payeeId: id,
  fund: z.string(),
  funder: z.string(),
  attempt: z.int(),
  status: z.string(),
  instructedOn: day,
  amount,
  paid: amount,
  returned: amount,
  ...transit,
  ageDays: z.int().nullable().meta({ description: 'Since it was instructed, while something of it is in transit' }),
  exception: z
    .strictObject({ exceptionId: id, status, ownerPerson: id.nullable(), explanation: z.string().nullable() })
    .nullable()
    .meta({ description: 'What is said of it' }),
});

export const readinessQuery = z.strictObject({ month });
export const readiness = z.strictObject({
  month: z.string(),
  ready: z.boolean().meta({ description: 'Nothing stands in the way of the month that nobody has explained' }),
  obstacles: z.array(
    z.strictObject({
      kind: exceptionKind,
      count: z.int(),
      amount,
      explained: z.int().meta({ description: 'Of them, explained as they stand' }),
      examples: z.array(z.string()).meta({ description: 'A few that are not, by the names that people know them by' }),
    }),
  ),
});
