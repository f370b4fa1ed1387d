// Simulations outside the lane: who works on one, how far it has come, what came of it, and what is shown of it.
import type { SQL } from 'drizzle-orm';
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import type { Simulation, SimulationEnterprise } from '../../db/tables.js';
import { simulationEnterprises, simulations } from '../../db/tables.js';
import type { Fen } from '../money.js';
import type { Lived } from './live-year.js';
import { mostAttempts } from './rules.js';
import { differenceOf } from './tally.js';

/** How long a lease holds without being renewed, by the database's clock, which all processes share and nobody sets. */
const leaseSeconds = 15;
const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
const leased = sql<boolean>`${simulations.leaseOwner} is not null and ${simulations.leaseUntil} > clock_timestamp()`;

export interface SeenSimulation {
  readonly row: Simulation;
  /** Whether a process works on it. */
  readonly leased: boolean;
}

/** A simulation, and the process that works on it. */
export interface Mine {
  readonly bookId: string;
  readonly simulationId: string;
  readonly owner: string;
}
const held = ({ bookId, simulationId, owner }: Mine): SQL | undefined =>
  and(
    eq(simulations.bookId, bookId),
    eq(simulations.simulationId, simulationId),
    eq(simulations.leaseOwner, owner),
    eq(simulations.state, 'RUNNING'),
  );

/**
 * Takes the oldest simulation, of whatever book, that nobody works on: one that was just asked for, or whose process died. One that was
 * begun too often has failed, and the next is looked for. Undefined when there is none.
 */
export async function takeSimulation(unscoped: Database, of: { owner: string; now: Date }): Promise<Simulation | undefined> {
  for (;;) {
    const [next] = await unscoped.sql.prepared<{ book: string | null }[]>('select book_with_simulation() as book', []);
    if (!next?.book) return undefined;
    const db = unscoped.as({ book: next.book, legalPerson: null });
    const [taken] = await db.drizzle
      .update(simulations)
      .set({
        leaseOwner: of.owner,
        leaseUntil: leaseEnd,
        attempts: sql`${simulations.attempts} + 1`,
        factsDone: 0,
        factsTotal: null,
      })
      .where(
        sql`(${simulations.bookId}, ${simulations.simulationId}) = (
              select w.book_id, w.simulation_id from simulations w
               where w.book_id = ${next.book} and w.state = 'RUNNING' and (w.lease_owner is null or w.lease_until <= clock_timestamp())
               order by w.simulation_id limit 1 for update skip locked)`,
      )
      .returning();
    if (!taken || taken.attempts <= mostAttempts) return taken;
    const { bookId, simulationId } = taken;
    await endSimulation(db, { bookId, simulationId, owner: of.owner }, { failure: 'SIMULATION_FAILED', now: of.now });
  }
}

/** Tells how far it has come and keeps the lease. False when it is no longer this owner's, or was cancelled. */
export async function recordProgress(
  db: Database,
  mine: Mine,
  { done, total }: { done: number; total: number | null },
): Promise<boolean> {
  const rows = await db.drizzle
    .update(simulations)
    .set({ factsDone: done, factsTotal: total, leaseUntil: leaseEnd })
    .where(held(mine))
    .returning({ id: simulations.simulationId });
  return rows.length > 0;
}

/** Nobody works on it now: whoever looks next takes it. `counts`: the attempt was one; else it is taken as not made. */
export async function releaseSimulation(db: Database, mine: Mine, { counts }: { counts: boolean }): Promise<void> {
  const attempts = counts ? simulations.attempts : sql`${simulations.attempts} - 1`;
  await db.drizzle
    .update(simulations)
    .set({ leaseOwner: null, attempts: sql`${attempts}` })
    .where(held(mine));
}

export async function endSimulation(db: Database, mine: Mine, { failure, now }: { failure: string; now: Date }): Promise<void> {
  await db.drizzle
    .update(simulations)
    .set({ state: 'FAILED', failure, leaseOwner: null, endedAt: now.toISOString() })
    .where(held(mine));
}

/** Ends one that is under way or waits; undefined when it is none of the book's or has ended. */
export async function cancelSimulation(
  db: Database,
  of: { bookId: string; simulationId: string; now: Date },
): Promise<Simulation | undefined> {
  const [row] = await db.drizzle
    .update(simulations)
    .set({ state: 'CANCELLED', leaseOwner: null, endedAt: of.now.toISOString() })
    .where(
      and(eq(simulations.bookId, of.bookId), eq(simulations.simulationId, of.simulationId), eq(simulations.state, 'RUNNING')),
    )
    .returning();
  return row;
}

const rowsAtOnce = 5_000;

/** Writes what came of it, at once and once: false when it is no longer this owner's, or was cancelled, and then nothing is. */
export async function recordResult(db: Database, mine: Mine, lived: Lived, now: Date): Promise<boolean> {
  return db.begin(async (tx) => {
    const [row] = await tx.drizzle
      .update(simulations)
      .set({
        state: 'DONE',
        leaseOwner: null,
        endedAt: now.toISOString(),
        result: lived.result,
        ledgerSeq: lived.ledgerSeq,
        factsTotal: lived.factsTotal,
        factsDone: lived.factsTotal,
      })
      .where(held(mine))
      .returning({ id: simulations.simulationId });
    if (!row) return false;
    const persons = [...lived.persons];
    for (let from = 0; from < persons.length; from += rowsAtOnce) {
      const part = persons.slice(from, from + rowsAtOnce);
      const column = (of: (person: (typeof part)[number][1]) => Fen | number) => part.map(([, person]) => of(person));
      await tx.sql`
        insert into simulation_enterprises (book_id, simulation_id, legal_person_uscc, name, applications, compared_fen, simulated_fen,
                                            difference_fen, compared_redeemed_fen, simulated_redeemed_fen, held, held_compared_fen,
                                            held_simulated_fen, potential_fen, bound)
        select ${mine.bookId}, ${mine.simulationId}, u.uscc, coalesce(e.name, u.uscc), u.applications, u.compared, u.simulated,
               u.difference, u.compared_redeemed, u.simulated_redeemed, u.held, u.held_compared, u.held_simulated, u.potential,
               string_to_array(u.bound, ' ')
          from unnest(${part.map(([uscc]) => uscc)}::text[], ${column(({ applications }) => applications)}::int[],
                      ${column(({ compared }) => compared.awarded)}::bigint[], ${column(({ simulated }) => simulated.awarded)}::bigint[],
                      ${column(differenceOf)}::bigint[],
                      ${column(({ compared }) => compared.redeemed)}::bigint[], ${column(({ simulated }) => simulated.redeemed)}::bigint[],
                      ${column(({ held }) => held)}::int[], ${column(({ heldFen }) => heldFen.compared)}::bigint[],
                      ${column(({ heldFen }) => heldFen.simulated)}::bigint[], ${column(({ potentialFen }) => potentialFen)}::bigint[],
                      ${part.map(([, { bound }]) => [...bound].sort().join(' '))}::text[])
               as u (uscc, applications, compared, simulated, difference, compared_redeemed, simulated_redeemed, held, held_compared,
                     held_simulated, potential, bound)
          left join lateral (select e.name from enterprises e
                              where e.book_id = ${mine.bookId} and e.legal_person_uscc = u.uscc
                              order by e.uscc = e.legal_person_uscc desc, e.enterprise_id limit 1) e on true`;
    }
    return true;
  });
}

export async function findSimulation(
  db: Database,
  of: { bookId: string; simulationId: string },
): Promise<SeenSimulation | undefined> {
  const [row] = await db.drizzle
    .select({ row: simulations, leased })
    .from(simulations)
    .where(and(eq(simulations.bookId, of.bookId), eq(simulations.simulationId, of.simulationId)));
  return row;
}

/** Simulations in order of their beginning, `limit` + 1 of them after a cursor. */
export const listSimulations = (
  db: Database,
  of: { bookId: string; programmeCode: string | undefined; after: string | undefined; limit: number },
): Promise<SeenSimulation[]> =>
  db.drizzle
    .select({ row: simulations, leased })
    .from(simulations)
    .where(
      and(
        eq(simulations.bookId, of.bookId),
        of.programmeCode === undefined ? undefined : eq(simulations.programmeCode, of.programmeCode),
        of.after === undefined ? undefined : gt(simulations.simulationId, of.after),
      ),
    )
    .orderBy(asc(simulations.simulationId))
    .limit(of.limit + 1);

/** Where a page of legal persons ended. */
export interface Reached {
  readonly differenceFen: Fen;
  readonly legalPersonUscc: string;
}

/** The legal persons of a simulation by difference: who gains most first, or who loses most; `limit` of them after a place. */
export function listEnterprises(
  db: Database,
  of: { bookId: string; simulationId: string; order: 'GAIN' | 'LOSS'; after: Reached | undefined; limit: number },
): Promise<SimulationEnterprise[]> {
  const { differenceFen, legalPersonUscc } = simulationEnterprises;
  const key = sql`(${differenceFen}, ${legalPersonUscc})`;
  const reached = of.after && sql`(${of.after.differenceFen.toString()}::bigint, ${of.after.legalPersonUscc}::text)`;
  const gain = of.order === 'GAIN';
  return db.drizzle
    .select()
    .from(simulationEnterprises)
    .where(
      and(
        eq(simulationEnterprises.bookId, of.bookId),
        eq(simulationEnterprises.simulationId, of.simulationId),
        reached && (gain ? sql`${key} < ${reached}` : sql`${key} > ${reached}`),
      ),
    )
    .orderBy(...(gain ? [desc(differenceFen), desc(legalPersonUscc)] : [asc(differenceFen), asc(legalPersonUscc)]))
    .limit(of.limit);
}
