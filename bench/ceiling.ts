// Two baselines by the service's own driver (db/client.ts), on tables of their own in a schema of their own.
//
// The ceiling: the very rows that redemptions have inserted (the account that reserves, the entries, the redemption with
// its explanation, the outcome with its answer), copied into tables of the same columns, checks, indexes, foreign keys and
// fill, without triggers; inserted again by one `insert … select from unnest` per table, in durable transactions of as many
// redemptions as a batch of the lane had, on one connection, with nothing read, decided, validated or answered. Updates (of
// balances, head, invoice, voucher, standing) are left out, so the ceiling is rather too high than too low.
//
// The lone transaction: begin; update a balance; insert a row; commit; each awaited, on one connection.
import type { Database } from '../db/client.js';
import { percentiles } from './percentiles.js';

const schema = 'ceiling';
/** Parents first. Where a redemption comes to write a further table, it belongs here. */
const tables = ['accounts', 'entries', 'redemptions', 'outcomes'] as const;
type Table = (typeof tables)[number];

/** Which rows of a table are of the redemptions of a list. */
const ofRedemptions: Record<Table, string> = {
  accounts: `t.code = 'reserved:' || r.id`,
  entries: `t.subject_id = r.id`,
  redemptions: `t.redemption_id = r.id`,
  outcomes: `t.command_id = r.id`,
};

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Makes the tables, empty. By the owner, once. */
export async function openCeiling(owner: Database): Promise<void> {
  await copyTables(owner, tables);
  await owner.sql.unsafe(`
    create table ${schema}.lone_balances (id integer primary key, balance_fen bigint not null check (balance_fen >= 0));
    insert into ${schema}.lone_balances values (1, 1000000000000);
    create table ${schema}.lone_payments (id bigint primary key, amount_fen bigint not null check (amount_fen > 0),
                                          recorded_at timestamptz not null)`);
}

/** Copies of these tables in the schema `ceiling`: columns, checks, indexes, foreign keys and fill; no rows and no triggers. */
export async function copyTables(owner: Database, names: readonly string[]): Promise<void> {
  await owner.begin(async ({ sql }) => {
    await sql.unsafe(`create schema if not exists ${schema}`);
    const keys = await sql<{ table: string; name: string; text: string }[]>`
      select relname as table, conname as name, pg_get_constraintdef(k.oid) as text
        from pg_constraint k join pg_class c on c.oid = k.conrelid
       where c.relnamespace = 'public'::regnamespace and c.relname = any(${names}::text[]) and k.contype = 'f'`;
    const fills = await sql<{ table: string; options: string[] }[]>`
      select relname as table, reloptions as options from pg_class
       where relnamespace = 'public'::regnamespace and relname = any(${names}::text[]) and reloptions is not null`;
    for (const name of names) {
      const fill = fills.find(({ table }) => table === name);
      const options = fill ? ` with (${fill.options.join(', ')})` : '';
      await sql.unsafe(`create table ${schema}.${name} (like public.${name} including all)${options}`);
    }
    // A key of a copy names the copy of its target where there is one, else the table itself.
    await sql.unsafe(`set local search_path = ${schema}, public`);
    for (const { table, name, text } of keys) await sql.unsafe(`alter table ${schema}.${table} add constraint ${name} ${text}`);
  });
}

/** Redemptions' worth of rows a second, in batches of `batch`; null while no redemption is there. */
export async function plainInsert(
  owner: Database,
  of: { readonly bookId: string; readonly batch: number; readonly seconds: number; readonly most: number },
): Promise<{ perSecond: number; redemptions: number } | null> {
  const { sql } = owner;
  const ids = await sql<{ id: string }[]>`
    select redemption_id as id from redemptions where book_id = ${of.bookId} order by redemption_id desc limit ${of.most}::int`;
  if (ids.length === 0) return null;
  await sql.unsafe(`truncate ${tables.map((table) => `${schema}.${table}`).join(', ')}`);
  const list = ids.map(({ id }) => id);
  // What the entries move besides: accounts that were there.
  await sql`
    insert into ceiling.accounts select a.* from public.accounts a
     where a.book_id = ${of.bookId} and a.account_id in (
       select unnest(array[t.debit_account_id, t.credit_account_id]) from unnest(${list}::uuid[]) as r(id)
         join public.entries t on t.book_id = ${of.bookId} and t.subject_id = r.id)
       and not exists (select from unnest(${list}::uuid[]) as r(id) where a.code = 'reserved:' || r.id)`;

  const batches: { statement: string; columns: string[][] }[][] = [];
  for (const table of tables) {
    const columns = await columnsOf(owner, table);
    const rows = await sql.unsafe<Record<string, string>[]>(
      `select r.id as the_redemption, ${columns.map(({ name }) => `t.${name}::text as ${name}`).join(', ')}
         from unnest($2::uuid[]) as r(id) join public.${table} t on t.book_id = $1 and ${ofRedemptions[table]}`,
      [of.bookId, list],
    );
    const byRedemption = new Map<string, Record<string, string>[]>(list.map((id) => [id, []]));
    for (const row of rows) byRedemption.get(row['the_redemption'] ?? '')?.push(row);
    const names = columns.map(({ name }) => name).join(', ');
    const arrays = columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ');
    const statement = `insert into ${schema}.${table} (${names}) select * from unnest(${arrays})`;
    for (let from = 0, b = 0; from < list.length; from += of.batch, b++) {
      const own = list.slice(from, from + of.batch).flatMap((id) => byRedemption.get(id) ?? []);
      (batches[b] ??= []).push({
        statement,
        columns: columns.map(({ name }) => own.map((row) => row[name] ?? null) as string[]),
      });
    }
  }

  const insert = (statements: (typeof batches)[number]) =>
    owner.begin((tx) => Promise.all(statements.map(({ statement, columns }) => tx.sql.prepared(statement, columns))));
  const warm = Math.min(5, Math.floor(batches.length / 4));
  for (const statements of batches.slice(0, warm)) await insert(statements);
  const began = performance.now();
  let done = warm;
  while (done < batches.length && performance.now() - began < of.seconds * 1000) await insert(batches[done++] ?? []);
  const seconds = (performance.now() - began) / 1000;
  const redemptions = Math.min(done * of.batch, list.length) - warm * of.batch;
  return { perSecond: redemptions / seconds, redemptions };
}

const columnsOf = async (owner: Database, table: Table): Promise<Column[]> => [
  ...(await owner.sql<Column[]>`
    select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`),
];

let payment = 0;

/** How long a lone transaction of three statements takes, in milliseconds. */
export async function loneTransaction(owner: Database, seconds: number): Promise<{ p50: number; p99: number; count: number }> {
  const one = () =>
    owner.begin(async ({ sql }) => {
      await sql.prepared(`update ${schema}.lone_balances set balance_fen = balance_fen - $2 where id = $1`, [1, 200]);
      await sql.prepared(`insert into ${schema}.lone_payments values ($1, $2, $3)`, [++payment, 200, new Date()]);
    });
  for (let i = 0; i < 50; i++) await one();
  const took: number[] = [];
  const stopAt = performance.now() + seconds * 1000;
  while (performance.now() < stopAt) {
    const began = performance.now();
    await one();
    took.push(performance.now() - began);
  }
  return percentiles(took);
}
