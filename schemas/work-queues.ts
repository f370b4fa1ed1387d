// Work queues: what waits for the caller, of every life.
import { z } from 'zod';
import { amount, day, id } from './common.js';

/** What is to be done, of whatever kind; the lists of one role have a few of them. */
export const workKind = z.enum([
  'CONTRACT_TO_CONFIRM',
  'CONTRACT_TO_FILE',
  'AMENDMENT_TO_CONFIRM',
  'AMENDMENT_TO_FILE',
  'APPLICATION_TO_SUPPLEMENT',
  'APPLICATION_TO_ACCEPT',
  'APPLICATION_TO_CHECK',
  'APPLICATION_TO_REVIEW',
  'APPLICATION_IN_EXPERT_REVIEW',
  'APPLICATION_TO_DECIDE',
  'APPLICATION_IN_NOTICE',
  'APPLICATION_OBJECTED',
  'REIMBURSEMENT_TO_SUPPLEMENT',
  'REIMBURSEMENT_TO_ACCEPT',
  'REIMBURSEMENT_TO_CHECK',
  'REIMBURSEMENT_TO_REVIEW',
  'REIMBURSEMENT_IN_EXPERT_REVIEW',
  'REIMBURSEMENT_TO_PUBLISH_OR_ALLOCATE',
  'REIMBURSEMENT_IN_NOTICE',
  'REIMBURSEMENT_OBJECTED',
  'ASSIGNMENT_TO_SCORE',
  'ALLOCATION_TO_APPROVE',
  'VOUCHER_TO_ACTIVATE',
  'VOUCHER_ENDING_TO_DECIDE',
  'INVOICE_TO_CONFIRM',
  'INVOICE_DISPUTED',
  'REDEMPTION_TO_VERIFY',
  'REVERSAL_TO_DECIDE',
  'FLAG_TO_DECIDE',
  'SETTLEMENT_TO_FREEZE',
  'SETTLEMENT_TO_APPROVE',
  'SETTLEMENT_TO_CHECK',
  'SETTLEMENT_TO_INSTRUCT',
  'SETTLEMENT_AT_BANK',
  'PAYMENT_RETURNED',
  'PAYEE_ACCOUNT_TO_CORRECT',
  'PAYEE_ACCOUNT_TO_CONFIRM',
  'PAYEE_ACCOUNT_OBJECTED',
  'PAYEE_ACCOUNT_WAIT_TO_APPROVE',
  'BANK_LINE_TO_MATCH',
  'RECONCILIATION_EXCEPTION',
  'MONTH_TO_SEAL',
  'RECOVERY_TO_OPEN',
  'RECOVERY_TO_SERVE',
  'RECOVERY_APPEALED',
  'RECOVERY_TO_COLLECT',
  'RECOVERY_TO_REPAY',
  'LIMIT_EXCEPTION_TO_DECIDE',
  'MATTER_TO_CONFIRM',
  'LISTING_TO_SUPPLEMENT',
  'LISTING_TO_ACCEPT',
  'LISTING_TO_SCORE',
  'LISTING_IN_NOTICE',
  'LISTING_MEASURE_TO_DECIDE',
  'LEGAL_PERSON_CHANGE_TO_DECIDE',
  'OPENING_TO_APPROVE',
  'CALENDAR_TO_APPROVE',
  'PROGRAMME_TO_ACTIVATE',
  'REPEAL_CORRECTION_TO_DECIDE',
  'APPROPRIATION_RETURN_TO_DECIDE',
  'MESSAGE_DEAD',
]);
export type WorkKind = z.infer<typeof workKind>;

/** `kind` is any text here, so that the description does not repeat the list; the route looks whether it is one. */
export const workQueueQuery = z.strictObject({
  kind: z
    .string()
    .max(50)
    .optional()
    .meta({ description: 'Of one kind only', examples: ['REDEMPTION_TO_VERIFY'] }),
  sort: z.enum(['age', 'deadline', 'amount']).default('age').meta({
    description: 'What came in first, what is due first (what has no deadline comes last), or the largest amount first',
  }),
  until: day
    .optional()
    .meta({ description: 'By age: what came in on this day or before; by deadline: what is due on it or before' }),
  atLeast: amount.optional().meta({ description: 'By amount: of this much or more' }),
  cursor: z.string().max(200).optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const workItem = z.strictObject({
  kind: workKind,
  subjectId: id,
  subjectNo: z.string().nullable().meta({ description: 'As people know it, where it has a number' }),
  receivedOn: day.meta({ description: 'When it came in' }),
  waitingSince: day.nullable().meta({ description: 'Since when this very step is waited for, where that is kept' }),
  ageDays: z.int().meta({ description: 'Days since it came in' }),
  ageWorkingDays: z.int().nullable().meta({ description: 'Null where a year in between has no published calendar' }),
  dueOn: day.nullable().meta({ description: 'Inclusive to 24:00; null where no text gives an end' }),
  workingDaysLeft: z
    .int()
    .nullable()
    .meta({ description: 'Working days to the deadline, today not counted; below zero once it is over' }),
  calendarMissing: z
    .int()
    .nullable()
    .meta({ description: 'The year whose working days are not published, where that keeps one of the figures from being known' }),
  amount: amount.nullable(),
});
export const workQueue = z.strictObject({ items: z.array(workItem), next: z.string().nullable() });

export const workCounts = z.strictObject({
  items: z.array(
    z.strictObject({
      kind: workKind,
      count: z.int().meta({ description: 'Up to 1000' }),
      more: z.boolean().meta({ description: 'Whether there are more than were counted' }),
    }),
  ),
});
