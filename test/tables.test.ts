// drizzle's mirror (db/tables.ts) says what the migrations made: every table, every column, its type and whether it may be
// null. Keys, checks and grants live in SQL alone and are compared by db/schema.sql.
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import t from 'tap';
import * as tables from '../db/tables.js';
import { testDatabase } from './database.js';

void t.test('tables.ts is the mirror of the database', async (t) => {
  const { owner } = await testDatabase(t);
  const rows = await owner.sql<{ line: string }[]>`
    select format('%s.%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end) as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and c.relname <> 'schema_migrations'
     order by 1`;
  const mirrored = Object.values(tables).flatMap((table) =>
    is(table, PgTable)
      ? Object.values(getTableColumns(table)).map(
          (column) =>
            `${getTableName(table)}.${column.name} ${column.getSQLType().replace(', ', ',')}${column.notNull ? ' not null' : ''}`,
        )
      : [],
  );
  t.strictSame(mirrored.sort(), rows.map(({ line }) => line).sort());
});
