// Months and their builds outside the lane: what is shown of them, who works on a build and what came of it.
import type { SQL } from 'drizzle-orm';
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Database, Tx } from '../../db/client.js';
import type { Month, MonthBuild, MonthParty } from '../../db/tables.js';
import { monthBuilds, monthParties, months, persons } from '../../db/tables.js';
import type { Day } from '../calendar.js';
import { monthOf } from '../calendar.js';
import type { Principal } from '../access/principal.js';
import type { Building } from './build-month.js';
import { mostAttempts } from './rules.js';

/** How long a lease holds without being renewed, by the database's clock, which all processes share and nobody sets. */
const leaseSeconds = 15;
const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
const leased = sql<boolean>`${monthBuilds.leaseOwner} is not null and ${monthBuilds.leaseUntil} > clock_timestamp()`;

/** Months that are not open any more, in order, `limit` + 1 of them after a cursor. */
export const listMonths = (
  db: Database,
  of: { bookId: string; status: Month['status'] | undefined; after: string | undefined; limit: number },
): Promise<Month[]> =>
  db.drizzle
    .select()
    .from(months)
    .where(
      and(
        eq(months.bookId, of.bookId),
        of.status === undefined ? undefined : eq(months.status, of.status),
        of.after === undefined ? undefined : gt(months.monthId, of.after),
      ),
    )
    .orderBy(asc(months.monthId))
    .limit(of.limit + 1);

/** The months that are not open any more, in order. */
export const shutMonths = (db: Tx, bookId: string): Promise<Pick<Month, 'month'>[]> =>
  db.drizzle.select({ month: months.month }).from(months).where(eq(months.bookId, bookId)).orderBy(asc(months.month));

/** The first month that may still be booked in, `YYYY-MM`, and its first open day. */
export async function openMonthOf(on: Pick<Tx, 'sql'>, bookId: string): Promise<{ month: string; from: Day }> {
  const [row] = await on.sql<{ from: Day }[]>`select open_from as "from" from books where book_id = ${bookId}`;
  if (!row) throw new Error('there is no such book');
  return { from: row.from, month: monthOf(row.from) };
}

export interface SeenMonth {
  readonly month: Month;
  readonly build: MonthBuild;
  /** Whether a process works on the build. */
  readonly leased: boolean;
}

/** A month with what was made of it last; of a sealed one with what was sealed, for nothing is made of it any more. */
export async function findMonth(db: Database, of: { bookId: string; monthId: string }): Promise<SeenMonth | undefined> {
  const [row] = await db.drizzle
    .select({ month: months, build: monthBuilds, leased })
    .from(months)
    .innerJoin(monthBuilds, and(eq(monthBuilds.bookId, months.bookId), eq(monthBuilds.monthId, months.monthId)))
    .where(and(eq(months.bookId, of.bookId), eq(months.monthId, of.monthId)))
    .orderBy(desc(monthBuilds.buildId))
    .limit(1);
  return row;
}

/** Sealed months with the builds that they were sealed over, in order; of one month if given. */
export const sealedMonths = (db: Tx, of: { bookId: string; month?: string }): Promise<{ month: Month; build: MonthBuild }[]> =>
  db.drizzle
    .select({ month: months, build: monthBuilds })
    .from(months)
    .innerJoin(monthBuilds, and(eq(monthBuilds.bookId, months.bookId), eq(monthBuilds.buildId, months.buildId)))
    .where(and(eq(months.bookId, of.bookId), of.month === undefined ? undefined : eq(months.month, of.month)))
    .orderBy(asc(months.month));

// ── Work on builds ──

/** A build, and the process that works on it. */
export interface Mine {
  readonly bookId: string;
  readonly buildId: string;
  readonly owner: string;
}
const held = ({ bookId, buildId, owner }: Mine): SQL | undefined =>
  and(
    eq(monthBuilds.bookId, bookId),
    eq(monthBuilds.buildId, buildId),
    eq(monthBuilds.leaseOwner, owner),
    eq(monthBuilds.state, 'RUNNING'),
  );

/**
 * Takes the oldest build, of whatever book, that nobody works on: one that was just asked for, or whose process died. One that was begun
 * too often has failed, and the next is looked for. Undefined when there is none.
 */
export async function takeBuild(unscoped: Database, of: { owner: string; now: Date }): Promise<MonthBuild | undefined> {
  for (;;) {
    const [next] = await unscoped.sql.prepared<{ book: string | null }[]>('select book_with_month_build() as book', []);
    if (!next?.book) return undefined;
    const db = unscoped.as({ book: next.book, legalPerson: null });
    const [taken] = await db.drizzle
      .update(monthBuilds)
      .set({
        leaseOwner: of.owner,
        leaseUntil: leaseEnd,
        attempts: sql`${monthBuilds.attempts} + 1`,
        step: 'CHECK',
        entriesDone: 0n,
      })
      .where(
        sql`(${monthBuilds.bookId}, ${monthBuilds.buildId}) = (
              select w.book_id, w.build_id from month_builds w
               where w.book_id = ${next.book} and w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
               order by w.build_id limit 1 for update skip locked)`,
      )
      .returning();
    if (!taken || taken.attempts <= mostAttempts) return taken;
    await failBuild(db, { bookId: taken.bookId, buildId: taken.buildId, owner: of.owner }, of.now);
  }
}

export type Progress = Pick<MonthBuild, 'step' | 'entriesDone' | 'entriesTotal'>;

/** Tells how far it has come and keeps the lease. False when it is no longer this owner's. */
export async function recordProgress(db: Database, mine: Mine, progress: Progress): Promise<boolean> {
  const rows = await db.drizzle
    .update(monthBuilds)
    .set({ ...progress, leaseUntil: leaseEnd })
    .where(held(mine))
    .returning({ id: monthBuilds.buildId });
  return rows.length > 0;
}

/** Nobody works on it now: whoever looks next takes it. `counts`: the attempt was one; else it is taken as not made. */
export async function releaseBuild(db: Database, mine: Mine, { counts }: { counts: boolean }): Promise<void> {
  const attempts = counts ? monthBuilds.attempts : sql`${monthBuilds.attempts} - 1`;
  await db.drizzle
    .update(monthBuilds)
    .set({ leaseOwner: null, attempts: sql`${attempts}` })
    .where(held(mine));
}

export async function failBuild(db: Database, mine: Mine, now: Date): Promise<void> {
  await db.drizzle
    .update(monthBuilds)
    .set({ state: 'FAILED', failure: 'MONTH_BUILD_FAILED', leaseOwner: null, endedAt: now.toISOString() })
    .where(held(mine));
}

/** What a build has made, all of it. */
export type Result = {
  readonly [
    Column in 'cutOffSeq' | 'obstacles' | 'lineCount' | 'dataDigest' | 'balancesDigest' | 'packDigest' | 'packBytes'
  ]: NonNullable<MonthBuild[Column]>;
};
export type Party = Omit<MonthParty, 'bookId' | 'buildId'>;

const partiesAtOnce = 5_000;

/** Writes what came of it, at once and once: false when it is no longer this owner's, and then nothing is. */
export async function recordResult(
  db: Database,
  mine: Mine,
  of: { result: Result; progress: Progress; parties: readonly Party[]; now: Date },
): Promise<boolean> {
  const { bookId, buildId } = mine;
  return db.begin(async (tx) => {
    const [row] = await tx.drizzle
      .update(monthBuilds)
      .set({ ...of.result, ...of.progress, state: 'DONE', leaseOwner: null, endedAt: of.now.toISOString() })
      .where(held(mine))
      .returning({ id: monthBuilds.buildId });
    if (!row) return false;
    for (let from = 0; from < of.parties.length; from += partiesAtOnce) {
      const part = of.parties.slice(from, from + partiesAtOnce);
      await tx.sql`
        insert into month_parties (book_id, build_id, subject_id, party_id, side, uscc, name)
        select ${bookId}, ${buildId}, u.* from unnest(
          ${part.map((each) => each.subjectId)}::uuid[], ${part.map((each) => each.partyId)}::uuid[], ${part.map((each) => each.side)}::text[],
          ${part.map((each) => each.uscc)}::text[], ${part.map((each) => each.name)}::text[]) as u`;
    }
    return true;
  });
}

/** Who is meant by what the lines of a build name. */
export const partiesOf = (db: Tx, of: { bookId: string; buildId: string }): Promise<Party[]> =>
  db.drizzle
    .select({
      subjectId: monthParties.subjectId,
      partyId: monthParties.partyId,
      side: monthParties.side,
      uscc: monthParties.uscc,
      name: monthParties.name,
    })
    .from(monthParties)
    .where(and(eq(monthParties.bookId, of.bookId), eq(monthParties.buildId, of.buildId)));

/** The same, where the build has come to keep them; else null. */
export const keptPartiesOf = (db: Tx, of: Pick<MonthBuild, 'bookId' | 'buildId' | 'state'>): Promise<Party[] | null> =>
  of.state === 'DONE' ? partiesOf(db, of) : Promise.resolve(null);

/** Whether a caller may see what this payee is paid: the authorities anybody's, a party of the trade its own side's of its legal person. */
export async function isOwnPayee(
  db: Database,
  { bookId, payeeId, principal }: { bookId: string; payeeId: string; principal: Pick<Principal, 'role' | 'legalPersonUscc'> },
): Promise<boolean> {
  const { role, legalPersonUscc } = principal;
  if (legalPersonUscc === null) return true;
  const rows =
    role === 'provider'
      ? await db.sql<object[]>`
          select from providers where book_id = ${bookId} and provider_id = ${payeeId} and acting_uscc = ${legalPersonUscc}`
      : await db.sql<object[]>`
          select from enterprises where book_id = ${bookId} and enterprise_id = ${payeeId} and legal_person_uscc = ${legalPersonUscc}`;
  return rows.length > 0;
}

/** What a build is of. */
export async function buildingOf(db: Database, { bookId, monthId }: Pick<MonthBuild, 'bookId' | 'monthId'>): Promise<Building> {
  const [row] = await db.drizzle
    .select({ month: months.month, shutOn: months.shutOn, shutBy: persons.name })
    .from(months)
    .innerJoin(persons, and(eq(persons.bookId, months.bookId), eq(persons.personId, months.shutPerson)))
    .where(and(eq(months.bookId, bookId), eq(months.monthId, monthId)));
  if (!row) throw new Error('a build of no month');
  return { bookId, monthId, ...row };
}
