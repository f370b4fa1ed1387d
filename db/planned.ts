// Statements that are planned for their very values each time, and pages of several index ranges.
//
// A statement that is kept prepared may keep a plan from a day on which its table was empty. The lane's few statements are
// written so that only one plan is possible; a reading is planned when it is asked, which costs a fraction of a millisecond.
import type { SQL } from 'drizzle-orm';
import { and, eq, gt, sql } from 'drizzle-orm';
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
 * of these the first `limit`. An index must begin with book_id and the columns of `key` and go on with the id; `ranges` is a from-list
 * that the values of `key` come from. As many entries are read as there are ranges times `limit`.
 *
 * A range is written as rows between two rows, in the order of the index. With equalities the primary key would be in the right order
 * too, and a planner who believes that most rows qualify passes over all that do not: the whole table, if none does.
 *
 * With a `sieve`, for what no index holds, a range is looked through whole: only where it is short by nature. A list asks for nothing
 * but these ids, as `id = any(array${ids})`: a further condition, or a join with them, might lead the planner another way.
 */
export function idsOfPage(of: {
  id: AnyPgColumn;
  bookId: string;
  key: readonly (readonly [column: SQL | AnyPgColumn, value: SQL])[];
  ranges?: SQL;
  sieve?: SQL | undefined;
  after: string | undefined;
  limit: number;
}): SQL {
  const { id, bookId, key, ranges, sieve, after, limit } = of;
  const columns = key.map(([column]) => sql`${column}`);
  const values = key.map(([, value]) => value);
  const row = (parts: readonly SQL[]): SQL => sql`(${sql.join([...parts], sql`, `)})`;
  const cursor = sql`${after ?? '00000000-0000-0000-0000-000000000000'}::uuid`;
  const page = sieve
    ? sql`select ${id} as id from (select * from ${id.table} where book_id = ${bookId} and ${row(columns)} = ${row(values)} offset 0) as ${id.table}
           where ${sieve} and ${id} > ${cursor} order by ${id} limit ${limit}`
    : sql`select ${id} as id from ${id.table}
           where book_id = ${bookId} and ${row([...columns, sql`${id}`])} > ${row([...values, cursor])} and ${row(columns)} <= ${row(values)}
           order by ${sql.join([...columns, sql`${id}`], sql`, `)} limit ${limit}`;
  if (ranges === undefined) return sql`(${page})`;
  return sql`(select k.id from ${ranges} cross join lateral (${page}) as k order by k.id limit ${limit})`;
}

/**
 * The condition of a page in order of id: of one key, or of several (`ranges`), which have few rows each and are looked through for a
 * state; of one state, by its index; or of all. The list asks for `limit` rows, ordered by the id.
 */
export function pageOfKey(of: {
  id: AnyPgColumn;
  book: AnyPgColumn;
  bookId: string;
  key: { readonly column: AnyPgColumn; readonly value: SQL; readonly ranges?: SQL } | undefined;
  state: { readonly column: AnyPgColumn; readonly is: string | undefined };
  after: string | undefined;
  limit: number;
}): SQL | undefined {
  const { id, book, bookId, key, state, after, limit } = of;
  const page = { id, bookId, after, limit };
  const isAt = state.is === undefined ? undefined : eq(state.column, state.is);
  const ids =
    key !== undefined
      ? idsOfPage({
          ...page,
          key: [[key.column, key.value]],
          ...(key.ranges && { ranges: key.ranges }),
          sieve: isAt ?? sql`true`,
        })
      : state.is !== undefined
        ? idsOfPage({ ...page, key: [[state.column, sql`${state.is}::text`]] })
        : undefined;
  return and(eq(book, bookId), ids ? sql`${id} = any(array${ids})` : after === undefined ? undefined : gt(id, after));
}

/** One range per value, as a from-list: `each('s', ['A', 'B'])` names them s.value. The values are ours, never a caller's. */
export const each = (name: string, values: readonly string[]): SQL =>
  sql`(values ${sql.join(
    values.map((value) => sql`(${value}::text)`),
    sql`, `,
  )}) as ${sql.identifier(name)} (value)`;
