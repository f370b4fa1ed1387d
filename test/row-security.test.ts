// Row-level security, asked of the database itself: nothing of a book is met without its context, and the context of one statement is
// never another's, however many books share a session.
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { connect, type Database } from '../db/client.js';
import { persons } from '../db/tables.js';
import { uuidv7 } from '../src/identifiers.js';
import { type TestDatabase, testDatabase } from './database.js';

/** Books with an enterprise each, written past all rules. */
async function tenants({ admin }: TestDatabase, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => uuidv7(new Date()));
  await admin.begin(async ({ sql }) => {
    await sql`select create_book(b.id, 'book-' || b.n, 'Book', '410100', '2024-01-01'::date, now())
                from unnest(${ids}::uuid[]) with ordinality as b (id, n)`;
    await sql.unsafe('set local session_replication_role = replica');
    await sql`
      insert into persons (book_id, person_id, name, recorded_at)
      select b.id, gen_random_uuid(), 'P', now() from unnest(${ids}::uuid[]) as b (id)`;
  });
  return ids;
}

/** Each book asks once without a where, by a statement alone or in a transaction, all at once; what any of them saw of another. */
async function foreignRows(db: Database, ids: readonly string[]): Promise<number> {
  const asked = ids.flatMap((book, n) => {
    const own = db.as({ book, legalPerson: null });
    const planted = 'select book_id as book from persons';
    return [
      own.sql.prepared<{ book: string }[]>(planted, []).then((rows) => ({ book, rows })),
      own.drizzle
        .select({ book: persons.bookId })
        .from(persons)
        .limit(2)
        .then((rows) => ({ book, rows })),
      n % 3 === 0
        ? own.begin(({ sql }) => sql<{ book: string }[]>`select book_id as book from persons`).then((rows) => ({ book, rows }))
        : db.sql.prepared<{ book: string }[]>(planted, []).then((rows) => ({ book: '', rows })),
    ];
  });
  let foreign = 0;
  for (const { book, rows } of await Promise.all(asked)) {
    foreign += rows.filter((row) => row.book !== book).length;
    if (book !== '' && rows.length !== 1) throw new Error(`${book} saw ${rows.length} rows of its own`);
  }
  return foreign;
}

void t.test('every table of a book is kept in its book, from its owner too, and what looks across is listed', async (t) => {
  const { admin } = await testDatabase(t);
  t.strictSame(
    [
      ...(await admin.sql<{ table: string }[]>`
        select c.relname as table from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'book_id' and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and not (c.relrowsecurity and c.relforcerowsecurity
                    and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'of_book' and not p.polpermissive))`),
    ].map(({ table }) => table),
    [],
    'a table with a book_id calls keep_in_lane or keep_in_book',
  );
  t.strictSame(
    (
      await admin.sql<{ name: string }[]>`
        select proname as name from pg_proc where pronamespace = 'public'::regnamespace
           and pg_get_userbyid(proowner) = 'voucher_across' order by 1`
    ).map(({ name }) => name),
    [
      'book_of',
      'book_with_month_build',
      'book_with_simulation',
      'books_with_deliveries',
      'books_with_messages',
      'claim_numbers',
      'contracts_elsewhere',
      'known_books',
      'release_numbers',
    ],
    'what looks across books',
  );
  t.strictSame(
    [
      ...(await admin.sql<{ name: string }[]>`
        select proname as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
           and not coalesce(array_to_string(proconfig, ' '), '') ~ 'search_path=public, pg_temp'`),
    ].map(({ name }) => name),
    [],
    'whatever runs with the rights of another looks for its names in public alone',
  );
});

void t.test('a thousand books over two sessions see no row of one another', async (t) => {
  const database = await testDatabase(t);
  const ids = await tenants(database, 1_000);
  const db = connect({ url: database.urls.app, max: 2 });
  t.teardown(() => db.close(1));
  t.equal(await foreignRows(db, ids), 0);

  const [one = '', other = ''] = ids;
  const own = db.as({ book: one, legalPerson: null });
  await t.rejects(
    own.sql`insert into persons (book_id, person_id, name, recorded_at) values (${other}, ${uuidv7(new Date())}, 'x', now())`,
  );
  const owner = database.owner.as({ book: one, legalPerson: null });
  t.equal((await owner.sql`select from persons`).length, 1, 'nor does the owner');
  t.equal((await database.owner.sql`select from persons`).length, 0, 'who sees nothing without a book');
  const reader = connect({ url: database.urls.reader, max: 1 });
  t.teardown(() => reader.close(1));
  t.equal((await reader.as({ book: other, legalPerson: null }).sql`select from persons`).length, 1);
  await t.rejects(reader.as({ book: other, legalPerson: null }).sql`select secret_hash from api_keys`, /permission denied/);
  await t.rejects(
    reader.as({ book: other, legalPerson: null }).sql`select account_no_sealed from payee_accounts`,
    /permission denied/,
  );
  await database.admin.begin(async ({ sql }) => {
    await sql.unsafe(`set local role voucher_signer; select set_config('voucher.book', '${one}', true)`);
    t.equal((await sql`select seq from book_heads`).length, 1, 'the signer sees the head');
    await sql`select seq, request_digest from entries`;
  });
  for (const statement of ['select amount_fen from entries', 'select * from persons', 'select * from vouchers']) {
    const looks = database.admin.begin(async ({ sql }) => {
      await sql.unsafe('set local role voucher_signer');
      await sql.unsafe(statement);
    });
    await t.rejects(looks, /permission denied/, `and not: ${statement}`);
  }

  await t.test('nor behind PgBouncer in transaction mode', async (t) => {
    if (spawnSync('pgbouncer', ['--version']).error) {
      t.comment('there is no pgbouncer on this machine, so nothing was asked through one');
      return;
    }
    const pooled = await bouncer(t, database.urls.app);
    const through = connect({ url: pooled, max: 20, prepare: false });
    t.teardown(() => through.close(1));
    t.equal(await foreignRows(through, ids), 0);
  });
});

/** PgBouncer before a database, with two sessions for everybody; its address. */
async function bouncer(t: { teardown(handler: () => Promise<void>): void }, target: string): Promise<string> {
  const to = new URL(target);
  const name = to.pathname.slice(1);
  const port = await new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'pgbouncer-'));
  await chmod(folder, 0o755);
  const file = path.join(folder, 'pgbouncer.ini');
  await writeFile(path.join(folder, 'users.txt'), `"${to.username}" "${to.password}"\n`);
  await writeFile(
    file,
    [
      '[databases]',
      `${name} = host=127.0.0.1 port=${to.port} dbname=${name} user=${to.username} password=${to.password}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${path.join(folder, 'users.txt')}`,
      'pool_mode = transaction',
      'default_pool_size = 2',
      'max_client_conn = 100',
      'ignore_startup_parameters = extra_float_digits,statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    ].join('\n'),
  );
  // It refuses to be root.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn('pgbouncer', ['-q', file], { stdio: 'ignore', ...nobody });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(async () => {
    child.kill('SIGINT');
    await Promise.race([ended, sleep(3_000)]);
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const pooled = new URL(target);
  pooled.port = String(port);
  for (let n = 0; n < 50; n++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.unref();
      setTimeout(() => socket.destroy(), 1_000).unref();
    });
    if (isUp) break;
    await sleep(50);
  }
  return pooled.href;
}
