// What stands in the way of sealing a month: looked for outside the lane each time it is built, and told by kind, number and a few names.
import type { Database } from '../../db/client.js';
import type { Obstacle } from '../../schemas/months.js';
import { auditLedger } from '../ledger/audit.js';
import { auditBusiness } from '../reconciliation/audit.js';
import { readinessOf } from '../reconciliation/readiness.js';
import type { ExceptionKind } from '../reconciliation/rules.js';
import type { MonthSpan } from '../ledger/months.js';

/** How many of a kind are told by name. */
const named = 5;

const obstacle = (kind: Obstacle['kind'], found: readonly string[]): Obstacle[] =>
  found.length === 0 ? [] : [{ kind, count: found.length, examples: found.slice(0, named) }];

/** What a kind of exception stands in the way as, where it has a name of its own. */
const obstacleOf: Readonly<Partial<Record<ExceptionKind, Obstacle['kind']>>> = {
  UNMATCHED_LINE: 'BANK_LINES_UNMATCHED',
  IN_TRANSIT: 'PAYMENTS_IN_TRANSIT',
};

/** Whatever the audits find, and what does not tie at the end of the month and nobody has explained. */
export async function obstaclesOf(db: Database, span: MonthSpan): Promise<Obstacle[]> {
  const { bookId, last } = span;
  const [ledger, business, readiness] = [
    await auditLedger(db, bookId),
    await auditBusiness(db, bookId),
    await readinessOf(db, { bookId, last }),
  ];
  return [
    ...obstacle(
      'AUDIT',
      [...ledger, ...business].map(({ invariant, subject }) => `${invariant}: ${subject}`),
    ),
    ...readiness.obstacles
      .filter(({ count, explained }) => count > explained)
      .map(({ kind, count, explained, examples }) => ({
        kind: obstacleOf[kind] ?? 'RECONCILIATION',
        count: count - explained,
        examples: [...examples],
      })),
  ];
}

/** What was added up twice and did not come to the same. */
export const astray = (names: readonly string[]): Obstacle[] => obstacle('LINES_DO_NOT_ADD_UP', names);
