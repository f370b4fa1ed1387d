// The jobs and their refused lines outside the lane: who reads a file, and what is shown of it.
import type { SQL } from 'drizzle-orm';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { BulkJob, BulkRefusedLine } from '../../db/tables.js';
import { bulkJobs, bulkRefusedLines } from '../../db/tables.js';
import type { Principal } from '../access/principal.js';
import type { RefusedLine } from './rules.js';

/** How long a lease holds without being renewed, by the database's clock, which all processes share and nobody sets. */
const leaseSeconds = 15;
export const renewEveryMs = 5_000;
const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
const leased = sql<boolean>`${bulkJobs.leaseOwner} is not null and ${bulkJobs.leaseUntil} > clock_timestamp()`;

export interface SeenJob {
  readonly job: BulkJob;
  /** Whether somebody is reading its file. */
  readonly leased: boolean;
}
type NewJob = Pick<BulkJob, 'bookId' | 'jobId' | 'memberId' | 'key' | 'legalPersonUscc' | 'kind' | 'format' | 'mode' | 'columns'>;

/**
 * Makes the job of this key, or finds it, and takes its lease for `owner`: `mine`. `ended`: it was read to its end before.
 * `running`: somebody else is at it. `other`: the key names another kind of file.
 */
export async function beginJob(
  db: Database,
  of: NewJob & { owner: string; now: Date },
): Promise<{ kind: 'mine' | 'ended'; job: BulkJob } | { kind: 'running' } | { kind: 'other' }> {
  const { owner, now, ...job } = of;
  const at = now.toISOString();
  const named = and(eq(bulkJobs.bookId, job.bookId), eq(bulkJobs.memberId, job.memberId), eq(bulkJobs.key, job.key));
  await db.drizzle
    .insert(bulkJobs)
    .values({ ...job, state: 'RUNNING', leaseUntil: at, startedAt: at, updatedAt: at })
    .onConflictDoNothing({ target: [bulkJobs.bookId, bulkJobs.memberId, bulkJobs.key] });
  const [mine] = await db.drizzle
    .update(bulkJobs)
    .set({ leaseOwner: owner, leaseUntil: leaseEnd })
    .where(and(named, eq(bulkJobs.state, 'RUNNING'), sql`not (${leased})`, ...sameFile(job)))
    .returning();
  if (mine) return { kind: 'mine', job: mine };
  const [found] = await db.drizzle.select().from(bulkJobs).where(named);
  if (!found) throw new Error('a job that was made is gone');
  const same =
    found.kind === job.kind &&
    found.format === job.format &&
    found.mode === job.mode &&
    JSON.stringify(found.columns) === JSON.stringify(job.columns);
  if (!same) return { kind: 'other' };
  return found.state === 'RUNNING' ? { kind: 'running' } : { kind: 'ended', job: found };
}

const sameFile = (job: NewJob): SQL[] => [
  eq(bulkJobs.kind, job.kind),
  eq(bulkJobs.format, job.format),
  eq(bulkJobs.mode, job.mode),
  sql`coalesce(${bulkJobs.columns}::text, '') = ${job.columns ? JSON.stringify(job.columns) : ''}`,
];

interface Mine {
  readonly bookId: string;
  readonly jobId: string;
  readonly owner: string;
}
const held = ({ bookId, jobId, owner }: Mine): SQL | undefined =>
  and(eq(bulkJobs.bookId, bookId), eq(bulkJobs.jobId, jobId), eq(bulkJobs.leaseOwner, owner));

/** False when the lease is no longer this owner's. */
export async function renewLease(db: Database, mine: Mine): Promise<boolean> {
  const rows = await db.drizzle
    .update(bulkJobs)
    .set({ leaseUntil: leaseEnd })
    .where(held(mine))
    .returning({ jobId: bulkJobs.jobId });
  return rows.length > 0;
}

/** Nobody reads the file now: whoever sends it again goes on at once. */
export async function releaseLease(db: Database, mine: Mine): Promise<void> {
  await db.drizzle.update(bulkJobs).set({ leaseOwner: null }).where(held(mine));
}

type Progress = Pick<
  BulkJob,
  'state' | 'linesRead' | 'linesAccepted' | 'linesRefused' | 'documents' | 'nextLine' | 'digest' | 'ledgerSeq' | 'updatedAt'
>;

/**
 * Writes how far the job has come where no document of it enters the lane: slices of refused lines only, and the end. Undefined
 * when the job is no longer this owner's, or stands elsewhere than at `from`; then nothing is written.
 */
export async function recordProgress(
  db: Database,
  mine: Mine & { from: number },
  progress: Progress,
  refused: readonly (RefusedLine & { refusedLineId: string })[],
): Promise<BulkJob | undefined> {
  return db.begin(async (tx) => {
    const [job] = await tx.drizzle
      .update(bulkJobs)
      .set({ ...progress, ...(progress.state === 'RUNNING' ? {} : { leaseOwner: null }) })
      .where(and(held(mine), eq(bulkJobs.nextLine, mine.from)))
      .returning();
    if (job && refused.length > 0) {
      await tx.sql.unsafe(
        `insert into bulk_refused_lines (book_id, job_id, refused_line_id, line, raw, errors)
         select $1::uuid, $2::uuid, u.* from unnest($3::uuid[], $4::int[], $5::text[], $6::json[]) u`,
        [
          mine.bookId,
          mine.jobId,
          refused.map(({ refusedLineId }) => refusedLineId),
          refused.map(({ line }) => line),
          refused.map(({ raw }) => raw),
          refused.map(({ errors }) => JSON.stringify(errors)),
        ],
      );
    }
    return job;
  });
}

/** A member of the trade sees what its legal person has uploaded, the authorities every job of the book. */
const seenBy = ({ legalPersonUscc }: Pick<Principal, 'legalPersonUscc'>): SQL | undefined =>
  legalPersonUscc === null ? undefined : eq(bulkJobs.legalPersonUscc, legalPersonUscc);

export async function findJob(
  db: Database,
  of: { bookId: string; jobId: string; principal: Pick<Principal, 'legalPersonUscc'> },
): Promise<SeenJob | undefined> {
  const [row] = await db.drizzle
    .select({ job: bulkJobs, leased })
    .from(bulkJobs)
    .where(and(eq(bulkJobs.bookId, of.bookId), eq(bulkJobs.jobId, of.jobId), seenBy(of.principal)));
  return row;
}

/** Jobs in order of their beginning, `limit` + 1 of them after a cursor. */
export const listJobs = (
  db: Database,
  of: { bookId: string; principal: Principal; kind: BulkJob['kind'] | undefined; after: string | undefined; limit: number },
): Promise<SeenJob[]> =>
  db.drizzle
    .select({ job: bulkJobs, leased })
    .from(bulkJobs)
    .where(
      and(
        eq(bulkJobs.bookId, of.bookId),
        seenBy(of.principal),
        of.kind === undefined ? undefined : eq(bulkJobs.kind, of.kind),
        of.after === undefined ? undefined : gt(bulkJobs.jobId, of.after),
      ),
    )
    .orderBy(asc(bulkJobs.jobId))
    .limit(of.limit + 1);

/** Refused lines of a job after a line, in order of line, at most `limit` of them. */
export const listRefusedLines = (
  db: Database,
  of: { bookId: string; jobId: string; after: number; limit: number },
): Promise<BulkRefusedLine[]> =>
  db.drizzle
    .select()
    .from(bulkRefusedLines)
    .where(and(eq(bulkRefusedLines.bookId, of.bookId), eq(bulkRefusedLines.jobId, of.jobId), gt(bulkRefusedLines.line, of.after)))
    .orderBy(asc(bulkRefusedLines.line))
    .limit(of.limit);
