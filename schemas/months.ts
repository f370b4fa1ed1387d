// Months of a book: shut, built and sealed.
import { z } from 'zod';
import { day, id, instant, ledgerSeq, month, pageQuery } from './common.js';

/** Shuts the first open month: from this command on nothing is booked on its days. */
export const shutMonth = z.strictObject({ month });

export const buildMonth = z.strictObject({});

export const sealMonth = z.strictObject({
  sealDigest: z
    .string({ error: 'DIGEST_FORMAT' })
    .regex(/^[0-9a-f]{64}$/, { error: 'DIGEST_FORMAT' })
    .meta({
      description: 'The sealDigest of the build that was looked at: binds the month, its cut-off and all that was made of it',
    }),
});

/** What stands in the way of sealing a month. */
export const obstacleKind = z.enum(['AUDIT', 'BANK_LINES_UNMATCHED', 'PAYMENTS_IN_TRANSIT', 'RECONCILIATION', 'LINES_DO_NOT_ADD_UP']).meta({
  description:
    'AUDIT: an invariant does not hold; BANK_LINES_UNMATCHED: lines of the bank in the month that matched nothing; PAYMENTS_IN_TRANSIT: instructed in the month or before and not answered by the bank; RECONCILIATION: something else does not tie and nobody has explained it (/reconciliation-readiness tells all of it); LINES_DO_NOT_ADD_UP: the lines of the data differ from the turnovers of the ledger',
});
const obstacle = z.strictObject({
  kind: obstacleKind,
  count: z.int().min(1),
  examples: z.array(z.string()).meta({ description: 'A few of them, by the names that people know them by' }),
});
export type Obstacle = z.output<typeof obstacle>;

const digest = z.string().nullable();
export const monthBuild = z.strictObject({
  buildId: id,
  state: z.enum(['WAITING', 'RUNNING', 'DONE', 'FAILED']),
  step: z.enum(['CHECK', 'LINES', 'BALANCES', 'PACK', 'STORE']),
  entriesTotal: z.int().nullable(),
  entriesDone: z.int(),
  obstacles: z.array(obstacle).nullable().meta({ description: 'Null until they were looked for; none: the month can be sealed' }),
  lines: z.int().nullable(),
  cutOffSeq: z.int().nullable().meta({ description: 'The entry that shut the month: what is at or before it counts' }),
  dataDigest: digest.meta({ description: 'SHA-256 of the canonical data (docs/month-data.md)' }),
  balancesDigest: digest.meta({
    description: 'SHA-256 of the balances of all accounts at the end of the month, a part of that data',
  }),
  packDigest: digest.meta({ description: 'SHA-256 of the close pack' }),
  packBytes: z.int().nullable(),
  sealDigest: digest.meta({ description: 'What a seal binds; null until the build is done' }),
  failure: z.string().nullable(),
  recordedAt: instant,
  endedAt: instant.nullable(),
});

export const monthShown = z.strictObject({
  monthId: id,
  month: z.string(),
  status: z.enum(['CLOSING', 'SEALED']),
  shutPerson: id,
  shutOn: day,
  sealedPerson: id.nullable(),
  sealedOn: day.nullable(),
  sealDigest: digest,
  cutOffSeq: z.int().nullable().meta({ description: 'Null until it is sealed; before that the build tells it' }),
  dataDigest: digest,
  balancesDigest: digest,
  recordedAt: instant,
});
export const monthDecided = monthShown.extend({ ledgerSeq });
/** With what was made of it last, or of a sealed month what was sealed. */
export const monthWhole = monthShown.extend({ build: monthBuild });

export const monthQuery = pageQuery.extend({ status: z.enum(['CLOSING', 'SEALED']).optional() });
export const statementQuery = z.strictObject({ payeeId: id.meta({ description: 'A provider, or an enterprise that is reimbursed' }) });

/** The first month that is open. */
export const openMonth = z.strictObject({
  month: z.string(),
  from: day.meta({ description: 'Its first day: nothing is booked on an earlier one' }),
  shutFrom: day.meta({ description: 'The first day on which it can be shut' }),
});
