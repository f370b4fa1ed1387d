/**
 * Brings a database to the schema of this code: db/migrations/NNNN_name.sql, numbered from 0001 without a gap, forward
 * only, each in a transaction of its own. An applied file is never edited; a change is a new file.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { connect, sqlStateOf, type Database, type Sql } from './client.js';

const FOLDER = new URL('./migrations/', import.meta.url);

interface Migration {
  version: number;
  name: string;
  text: string;
  digest: string;
}

interface Applied {
  version: number;
  name: string;
  digest: string;
}

/** The database and the files do not belong together; a person has to look. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/**
 * Applies what is missing and returns the names of the files applied now, in order. Two processes may do this at once:
 * each file is applied by one of them. Refuses, before it changes anything, when an applied file was edited, removed or
 * renamed, when a number is missing, and when the database is newer than the files.
 */
export async function migrate(ownerUrl: string): Promise<{ applied: string[] }> {
  const migrations = await readMigrations();
  // A migration may rewrite a big table, and waits for whoever migrates at the same time.
  const db = connect({
    url: ownerUrl,
    max: 1,
    applicationName: 'vouchers migrate',
    statementTimeoutMs: 0,
    lockTimeoutMs: 300_000,
  });
  try {
    await createTable(db);
    const applied: string[] = [];
    for (const migration of migrations) {
      const now = await db.begin(async (tx) => {
        await tx.sql`lock table schema_migrations in exclusive mode`;
        const done = await appliedMigrations(tx.sql);
        compare(migrations, done);
        if (done.length >= migration.version) return false;
        try {
          await tx.sql.unsafe(migration.text);
        } catch (error) {
          throw new Error(`db/migrations/${migration.name} failed and was rolled back`, { cause: error });
        }
        await tx.sql`
          insert into schema_migrations (version, name, digest)
          values (${migration.version}, ${migration.name}, ${migration.digest})`;
        return true;
      });
      if (now) applied.push(migration.name);
    }
    return { applied };
  } finally {
    await db.close();
  }
}

/** The number of the last migration applied; 0 where there is none. Any of our roles may ask. */
export async function schemaVersion(db: Database): Promise<number> {
  try {
    const [row] = await db.sql<{ version: number }[]>`
      select coalesce(max(version), 0) as version from schema_migrations`;
    return row?.version ?? 0;
  } catch (error) {
    if (sqlStateOf(error) === '42P01') return 0;
    throw error;
  }
}

/** The number of the last migration this code comes with. */
export async function expectedSchemaVersion(): Promise<number> {
  return (await readMigrations()).length;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = index + 1;
      if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name) || Number(name.slice(0, 4)) !== version) {
        throw new MigrationRefused(
          `db/migrations/${name} stands where number ${String(version).padStart(4, '0')} is expected: ` +
            'files are named NNNN_name.sql and numbered from 0001 without a gap or a double.',
        );
      }
      // A checkout with other line ends is the same migration.
      const text = (await readFile(new URL(name, FOLDER), 'utf8')).replaceAll('\r\n', '\n');
      if (/^\s*(begin|commit|rollback|start transaction)\s*;/im.test(text)) {
        throw new MigrationRefused(`db/migrations/${name} begins or ends a transaction; it already runs in one.`);
      }
      return { version, name, text, digest: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function createTable(db: Database): Promise<void> {
  const [row] = await db.sql<{ there: boolean }[]>`select to_regclass('schema_migrations') is not null as there`;
  if (row?.there) return;
  try {
    await db.begin(async (tx) => {
      await tx.sql`
        create table schema_migrations (
          version    integer     primary key check (version > 0),
          name       text        not null,
          digest     text        not null,
          applied_at timestamptz not null default now()
        )`;
      await tx.sql`
        comment on table schema_migrations is 'Which files of db/migrations this database has had, with their SHA-256.'`;
      await tx.sql`grant select on schema_migrations to voucher_app, voucher_reader`;
    });
  } catch (error) {
    // Another process made it in between.
    if (!['42P07', '42710', '23505'].includes(sqlStateOf(error) ?? '')) throw error;
  }
}

function appliedMigrations(sql: Sql) {
  return sql<Applied[]>`select version, name, digest from schema_migrations order by version`;
}

function compare(migrations: readonly Migration[], done: readonly Applied[]): void {
  done.forEach(({ version, name, digest }, index) => {
    const file = migrations[index];
    if (version !== index + 1) {
      throw new MigrationRefused(`This database lacks migration ${index + 1} but has ${name}.`);
    }
    if (!file) {
      throw new MigrationRefused(`This database has ${name}, which this version of the service does not know. Use a newer one.`);
    }
    if (file.name !== name || file.digest !== digest) {
      throw new MigrationRefused(
        `db/migrations/${file.name} differs from ${name} as this database had it. ` +
          'Applied migrations are never edited: restore the file and write a new one.',
      );
    }
  });
}
