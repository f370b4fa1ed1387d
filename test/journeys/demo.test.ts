// The demo world can be lived through the API, leaves both books clean, and is made once.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { build } from '../../src/app.js';
import { demoClock } from '../../src/clock.js';
import { discardUnfinishedDemo, openDemo } from '../../src/demo/open-demo.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { testDatabase } from '../database.js';

void t.test('the demo world: lived through the API, clean, and made once', async (t) => {
  const { db, owner } = await testDatabase(t);
  const clock = demoClock();
  const { app, books } = await build({ db, clock, bearerMayApprove: true, fieldKey: randomBytes(32), settableClock: clock });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(() => app.close());
  const dataDir = t.testdir({});
  const said: string[] = [];
  const open = () => openDemo({ address, owner, books, clock, dataDir, say: (line) => said.push(line) });

  const lines = await open();
  t.equal(lines.length, 18, 'a heading and eight keys for each of two books');
  t.comment(said.join(' '));
  t.ok(Math.abs(clock.now().getTime() - Date.now()) < 5_000, 'the clock runs again');
  t.equal((await stat(path.join(dataDir, 'demo.json'))).mode & 0o777, 0o600, 'the keys are readable for their owner only');
  t.notOk(existsSync(path.join(dataDir, 'demo.unfinished')), 'finished');

  const found = await db.sql<{ book_id: string; code: string }[]>`select book_id, code from books order by code`;
  t.strictSame(
    found.map((book) => book.code),
    ['jiaozuo', 'zhengzhou'],
  );
  for (const { book_id: bookId, code } of found) {
    t.strictSame([...(await auditLedger(db, bookId)), ...(await auditBusiness(db, bookId))], [], `${code}: the audit is clean`);
    t.strictSame(await recomputeAwards(db, bookId), [], `${code}: every award computed anew is the same`);
  }
  t.strictSame(
    await countsOf(),
    {
      providers: 12,
      enterprises: 42,
      contracts: { SUBMITTED: 1, CONFIRMED: 1, FILED: 40 },
      applications: { SUBMITTED: 3, REVIEWED: 1, REJECTED: 3, APPROVED: 31 },
      vouchers: { PARTIALLY_REDEEMED: 30, FROZEN: 1 },
      invoices: { POSTED: 3, DISPUTED: 3, CONFIRMED: 106 },
      redemptions: { SUBMITTED: 2, RETURNED: 1, APPROVED: 82 },
      settlements: { DRAFT: 2, INSTRUCTED: 1, CLOSED: 3 },
      instructions: { INSTRUCTED: 10, PAID: 23, RETURNED: 1 },
    },
    'the world is the same every time',
  );

  const heads = await headsOf();
  const spoken = said.length;
  t.strictSame(await open(), lines, 'opened again: the same keys');
  t.strictSame(await headsOf(), heads, 'and nothing was done');
  t.equal(said.length, spoken, 'nor said');
  t.strictSame(
    await openDemo({ address, owner, books, clock, dataDir: t.testdir({ other: {} }), say: (line) => said.push(line) }),
    ['No demo world: this database holds books already.'],
    'a database with books of its own is left alone',
  );
  t.strictSame([await headsOf(), said.length], [heads, spoken]);

  for (const line of lines.filter((each) => each.startsWith('  '))) {
    const [role, secret] = line.trim().split(/\s+/);
    const book = lines.indexOf(line) < 9 ? 'zhengzhou' : 'jiaozuo';
    const me = await fetch(`${address}/v1/books/${book}/me`, { headers: { authorization: `Bearer ${secret}` } });
    t.equal(((await me.json()) as { role: string }).role, role, `${book}: the key of the ${role} speaks for it`);
  }

  async function headsOf() {
    return (await db.sql<{ seq: bigint }[]>`select seq from book_heads order by book_id`).map((row) => row.seq);
  }
  async function countsOf() {
    const byStatus = async (table: string) => {
      const rows = await db.sql.unsafe<{ status: string; n: number }[]>(
        `select status, count(*)::int as n from ${table} group by status`,
      );
      return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    };
    const [people] = await db.sql<{ providers: number; enterprises: number }[]>`
      select (select count(distinct uscc)::int from providers) as providers, (select count(*)::int from enterprises) as enterprises`;
    return {
      ...people,
      contracts: await byStatus('contracts'),
      applications: await byStatus('applications'),
      vouchers: await byStatus('vouchers'),
      invoices: await byStatus('usage_invoices'),
      redemptions: await byStatus('redemptions'),
      settlements: await byStatus('settlements'),
      instructions: await byStatus('payment_instructions'),
    };
  }
});

void t.test('a first start that was cut short heals itself, and touches nothing but the cluster', async (t) => {
  const finished = t.testdir({ postgres: { PG_VERSION: '18' }, 'demo.json': '{}' });
  await discardUnfinishedDemo(finished);
  t.ok(existsSync(path.join(finished, 'postgres')), 'without the marker nothing is removed');

  const unfinished = t.testdir({ postgres: { PG_VERSION: '18' }, 'demo.unfinished': '', 'field.key': 'kept' });
  await mkdir(path.join(unfinished, 'backups'));
  await writeFile(path.join(unfinished, 'backups', 'a'), 'kept');
  await discardUnfinishedDemo(unfinished);
  t.notOk(existsSync(path.join(unfinished, 'postgres')), 'the half-made cluster is gone');
  t.notOk(existsSync(path.join(unfinished, 'demo.unfinished')), 'and its marker with it');
  t.equal(await readFile(path.join(unfinished, 'field.key'), 'utf8'), 'kept');
  t.equal(await readFile(path.join(unfinished, 'backups', 'a'), 'utf8'), 'kept');
});
