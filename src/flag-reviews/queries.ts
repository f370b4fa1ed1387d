import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.js';
import { idsOfPage } from '../../db/planned.js';
import type { Flag, FlagParameter } from '../../db/tables.js';
import { flagParameters, flags } from '../../db/tables.js';

interface Wanted {
  readonly bookId: string;
  readonly status: Flag['status'];
  readonly kind?: Flag['kind'] | undefined;
  readonly limit: number;
}

/** The columns that a list of flags is narrowed by, each with its value. */
const keyOf = ({ status, kind }: Pick<Wanted, 'status' | 'kind'>) => [
  [flags.status, sql`${status}::text`] as const,
  ...(kind === undefined ? [] : [[flags.kind, sql`${kind}::text`] as const]),
];

/** Flags in order of raising, `limit` + 1 of them after a cursor: the oldest first. */
export function listFlagsByAge(db: Database, of: Wanted & { after: string | undefined }): Promise<Flag[]> {
  const { bookId, after } = of;
  const ids = idsOfPage({ id: flags.flagId, bookId, key: keyOf(of), after, limit: of.limit + 1 });
  return db.drizzle
    .select()
    .from(flags)
    .where(and(eq(flags.bookId, bookId), sql`${flags.flagId} = any(array${ids})`))
    .orderBy(asc(flags.flagId));
}

/** Flags by what is at stake, `limit` + 1 of them after a flag: the largest first, of one amount the latest first. */
export async function listFlagsByAmount(
  db: Database,
  of: Wanted & { after: { amountFen: bigint; flagId: string } | undefined },
): Promise<Flag[]> {
  const { bookId, after } = of;
  const columns = keyOf(of).map(([column]) => sql`${column}`);
  const values = keyOf(of).map(([, value]) => value);
  const row = (parts: readonly ReturnType<typeof sql>[]) => sql`(${sql.join([...parts], sql`, `)})`;
  const order = [...columns, sql`${flags.amountFen}`, sql`${flags.flagId}`];
  const upTo = after
    ? [...values, sql`${after.amountFen}::bigint`, sql`${after.flagId}::uuid`]
    : [...values, sql`${9_223_372_036_854_775_807n}::bigint`, sql`'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`];
  return db.drizzle
    .select()
    .from(flags)
    .where(and(eq(flags.bookId, bookId), sql`${row(order)} < ${row(upTo)}`, sql`${row(columns)} >= ${row(values)}`))
    .orderBy(...order.map((column) => sql`${column} desc`))
    .limit(of.limit + 1);
}

export async function findFlag(db: Database, bookId: string, flagId: string): Promise<Flag | undefined> {
  const [found] = await db.drizzle
    .select()
    .from(flags)
    .where(and(eq(flags.bookId, bookId), eq(flags.flagId, flagId)));
  return found;
}

/** All flags on one thing, in order of raising. */
export const flagsOn = (db: Database, bookId: string, subjectId: string): Promise<Flag[]> =>
  db.drizzle
    .select()
    .from(flags)
    .where(and(eq(flags.bookId, bookId), eq(flags.subjectId, subjectId)))
    .orderBy(asc(flags.flagId));

/** The parameters of rules in order of recording, `limit` + 1 of them after a cursor. */
export const listParameters = (
  db: Database,
  of: { bookId: string; after: string | undefined; limit: number },
): Promise<FlagParameter[]> =>
  db.drizzle
    .select()
    .from(flagParameters)
    .where(
      and(
        eq(flagParameters.bookId, of.bookId),
        of.after === undefined ? undefined : gt(flagParameters.flagParameterId, of.after),
      ),
    )
    .orderBy(asc(flagParameters.flagParameterId))
    .limit(of.limit + 1);
