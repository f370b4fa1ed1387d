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

/** A firm's eyes: which tables of a book show a party its own rows alone, and why the others show it the whole book. */
const wholeBook: Readonly<Record<string, readonly string[]>> = {
  'published, or told to everybody who asks: the other side of a contract is found by its code': [
    'allocation_lines',
    'books',
    'calendar_years',
    'payee_account_waits',
    'chips',
    'enterprises',
    'explanation_wordings',
    'facilities',
    'facility_observations',
    'list_prices',
    'listing_measures',
    'listings',
    'notice_items',
    'programme_versions',
    'providers',
    'public_notices',
    'repeal_corrections',
  ],
  'read by the id of a parent, which has a policy; one of their own would be a join for each row': [
    'accounts',
    'award_computations',
    'contract_line_usage',
    'contract_lines',
    'contract_standings',
    'contract_version_lines',
    'contract_versions',
    'corrections',
    'message_reads',
    'objections',
    'red_letter_lines',
    'red_letters',
    'reimbursement_line_cuts',
    'reimbursement_lines',
    'settlements',
    'settlement_versions',
    'supplement_lists',
    'usage_invoice_lines',
    'webhook_deliveries',
    'bulk_refused_lines',
    'listing_applications',
    'listing_scores',
    'listing_steps',
  ],
  'what the law is asked about, of the firm that asks and of who counts with it': [
    'allocations',
    'appropriations',
    'facility_usage',
    'figures',
    'flag_parameters',
    'former_names',
    'fund_standings',
    'legal_person_changes',
    'legal_person_classes',
    'legal_person_holders',
    'limit_exceptions',
    'limit_first_years',
    'limit_successions',
    'matter_registrations',
    'matters',
  ],
  'sums and numbers of the book, and what keeps its order': [
    'book_heads',
    'booked_days',
    'entries',
    'invoice_claims',
    'late_legs',
    'ledger_marks',
    'ledger_totals',
    'ledger_turnovers',
    'number_series',
    'outcomes',
    'reminder_runs',
    'reminders',
    'bank_formats',
  ],
  'about people and their accounts: looked up to find out who asks, before any party is known, or at addresses of the authorities alone': [
    'access_trail',
    'api_keys',
    'credentials',
    'custom_roles',
    'invitations',
    'issuer_flows',
    'issuer_subjects',
    'known_origins',
    'members',
    'pending_sign_ins',
    'person_merges',
    'persons',
    'recovery_codes',
    'sessions',
    'key_uses',
    'signature_nonces',
    'sign_in_attempts',
    'user_accounts',
  ],
};

void t.test('within a book a party reads its own rows, by a policy of the table or for a reason that stands here', async (t) => {
  const { admin } = await testDatabase(t);
  const rows = await admin.sql<{ table: string; ofParty: boolean }[]>`
    select c.relname as table, exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'of_party' and not p.polpermissive) as "ofParty"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'book_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
  const reasons = Object.values(wholeBook).flat();
  t.strictSame(
    rows
      .filter(({ ofParty }) => !ofParty)
      .map(({ table }) => table)
      .sort(),
    [...reasons].sort(),
    'a new table calls keep_for_party, or says here why not',
  );
});

void t.test('a party meets rows of its own, of either side of its trade, whatever a query forgets', async (t) => {
  const { admin, db, urls } = await testDatabase(t);
  const book = uuidv7(new Date());
  const [user = '', other = '', branch = '', centre = '', elsewhere = ''] = Array.from({ length: 5 }, () => uuidv7(new Date()));
  const usccs = { user: '91410100MA0000007G', other: '91410800MA0000007L', centre: '91330108MA0000007M', elsewhere: '91420100MA0000007L' };
  await admin.begin(async ({ sql }) => {
    await sql`select create_book(${book}, 'parties', 'Book', '410100', '2024-01-01'::date, now())`;
    await sql.unsafe('set local session_replication_role = replica');
    await sql`
      insert into enterprises (book_id, enterprise_id, uscc, legal_person_uscc, name, kind, recorded_at)
      select ${book}, u.id, u.uscc, u.legal, 'E', 'ENTERPRISE', now()
        from unnest(${[user, other, branch]}::uuid[], ${[usccs.user, usccs.other, '9141010000000000XX']}::text[],
                    ${[usccs.user, usccs.other, usccs.user]}::text[]) as u (id, uscc, legal)`;
    await sql`
      insert into providers (book_id, provider_id, uscc, legal_person_uscc, acting_uscc, name, recorded_at)
      select ${book}, u.id, u.uscc, u.uscc, u.uscc, 'P', now()
        from unnest(${[centre, elsewhere]}::uuid[], ${[usccs.centre, usccs.elsewhere]}::text[]) as u (id, uscc)`;
    await sql`
      insert into payee_accounts (book_id, payee_account_id, provider_id, enterprise_id, holder_name, bank_name, bank_code, account_no_sealed,
                                  account_fingerprint, account_no_last4, valid_from, recorded_at, how, status, usable_from, proposed_person)
      select ${book}, gen_random_uuid(), u.provider, u.enterprise, 'H', 'B', '102491000011', 'x', repeat('a', 64), '0011', '2024-01-01', now(),
             'FIRST', 'CONFIRMED', '2024-01-01', gen_random_uuid()
        from unnest(${[null, null, null, centre, elsewhere]}::uuid[], ${[user, other, branch, null, null]}::uuid[]) as u (provider, enterprise)`;
    await sql`
      insert into messages (book_id, message_id, addressee, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at)
      select ${book}, gen_random_uuid(), a, 'x', 'x', ${book}, '{}', 1, 1, now()
        from unnest(${['reviewer', `enterprise:${usccs.user}`, `enterprise:${usccs.other}`, `provider:${usccs.centre}`]}::text[]) as a`;
  });
  const reader = connect({ url: urls.reader, max: 1 });
  t.teardown(() => reader.close(1));
  for (const [who, as] of [
    ['the service', db],
    ['who reads for a report', reader],
  ] as const) {
    for (const [legalPerson, seen] of [
      [null, { payee_accounts: 5, messages: 4 }],
      [usccs.user, { payee_accounts: 2, messages: 1 }],
      [usccs.other, { payee_accounts: 1, messages: 1 }],
      [usccs.centre, { payee_accounts: 1, messages: 1 }],
      ['91350100M000100Y43', { payee_accounts: 0, messages: 0 }],
    ] as const) {
      const eyes = as.as({ book, legalPerson });
      for (const [table, count] of Object.entries(seen)) {
        const [row] = await eyes.sql.unsafe<{ n: bigint }[]>(`select count(*) as n from ${table}`);
        t.equal(row?.n, BigInt(count), `${who}, as ${legalPerson ?? 'the authorities'}: ${table}`);
      }
    }
  }
  await t.rejects(
    db.as({ book, legalPerson: usccs.user }).sql`update messages set delivered_at = now()`,
    'and writes to none',
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
