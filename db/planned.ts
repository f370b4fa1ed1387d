// Statements that are planned for their very values each time, and pages of several index ranges.
//
// A statement that is kept prepared may keep a plan from a day on which its table was empty. The lane's few statements are
// written so that only one plan is possible; a reading is planned when it is asked, which costs a fraction of a millisecond.
import type { SQL } from 'drizzle-orm';
import { sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Parameter, Sql, Statement } from './client.js';

const dialect = new PgDialect();

/** Runs drizzle's `sql` as it stands: parts may stand inside parts, values become parameters. */
export function planned<Rows extends readonly object[]>(on: { readonly sql: Sql }, statement: SQL): Statement<Rows> {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return on.sql.unsafe<Rows>(text, params as Parameter[]);
}

/**
 * The ids of a page whose rows lie in one range of an index, or in several: of each range its first `limit` ids after the cursor, and
 * of these the first `limit`. `ranges` is a from-list of what the ranges are named by; `where` names one range of `id`'s table by it,
 * and an index must begin with the columns it compares and go on with the id. As many entries are read as there are ranges times
 * `limit`. With a `sieve`, for what no index holds, a range is looked through whole: only where it is short by nature.
 * A list asks for nothing but these ids, as `id = any(array${ids})`: a further condition, or a join with them, might lead the planner
 * another way.
 */
export function idsOfPage(of: {
  id: AnyPgColumn;
  ranges?: SQL;
  where: SQL | undefined;
  sieve?: SQL | undefined;
  after: string | undefined;
  limit: number;
}): SQL {
  const { id, ranges, where, sieve, after, limit } = of;
  const rows =
    sieve === undefined
      ? sql`${id.table} where ${where}`
      : sql`(select * from ${id.table} where ${where} offset 0) as ${id.table} where ${sieve}`;
  const page = sql`select ${id} as id from ${rows}${after === undefined ? sql`` : sql` and ${id} > ${after}`} order by ${id} limit ${limit}`;
  if (ranges === undefined) return sql`(${page})`;
  return sql`(select k.id from ${ranges} cross join lateral (${page}) as k order by k.id limit ${limit})`;
}

/** One range per value, as a from-list: `each('s', ['A', 'B'])` names them s.value. The values are ours, never a caller's. */
export const each = (name: string, values: readonly string[]): SQL =>
  sql`(values ${sql.join(
    values.map((value) => sql`(${value}::text)`),
    sql`, `,
  )}) as ${sql.identifier(name)} (value)`;
