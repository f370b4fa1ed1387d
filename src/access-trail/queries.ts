import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { AccessTrailRow } from '../../db/tables.js';
import { accessTrail } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { addDays, startOfDay } from '../calendar.js';

export interface TrailWanted {
  readonly bookId: string;
  readonly memberId?: string | undefined;
  readonly outcome?: 'ALLOWED' | 'DENIED' | undefined;
  /** Both inclusive. */
  readonly fromDay?: Day | undefined;
  readonly toDay?: Day | undefined;
}

/** By time, after a row of an earlier page; one row more than the limit tells that there are more. */
export const listTrail = (
  db: Database,
  of: TrailWanted & { readonly after: string | undefined; readonly limit: number },
): Promise<AccessTrailRow[]> =>
  db.drizzle
    .select()
    .from(accessTrail)
    .where(
      and(
        eq(accessTrail.bookId, of.bookId),
        of.after === undefined
          ? undefined
          : sql`(${accessTrail.happenedAt}, ${accessTrail.trailId}) > (select a.happened_at, a.trail_id from access_trail a
              where a.book_id = ${of.bookId} and a.trail_id = ${of.after})`,
        of.fromDay === undefined ? undefined : gte(accessTrail.happenedAt, startOfDay(of.fromDay).toISOString()),
        of.toDay === undefined ? undefined : lt(accessTrail.happenedAt, startOfDay(addDays(of.toDay, 1)).toISOString()),
        of.memberId === undefined ? undefined : eq(accessTrail.memberId, of.memberId),
        of.outcome === undefined ? undefined : eq(accessTrail.outcome, of.outcome),
      ),
    )
    .orderBy(asc(accessTrail.happenedAt), asc(accessTrail.trailId))
    .limit(of.limit + 1);
