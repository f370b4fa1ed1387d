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

type Row = Record<string, unknown>;
const fenOf = (yuan: unknown): bigint => BigInt(String(yuan).replace('.', ''));

void t.test('the demo world: lived through the API, clean, and made once', async (t) => {
  const { db, owner, admin } = await testDatabase(t);
  const clock = demoClock();
  const { app, books } = await build({ db, clock, bearerMayApprove: true, fieldKey: randomBytes(32), settableClock: clock });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(() => app.close());
  const dataDir = t.testdir({});
  const said: string[] = [];
  const open = () => openDemo({ address, owner, books, clock, dataDir, say: (line) => said.push(line) });

  const lines = await open();
  t.equal(lines.length, 20, 'a heading and nine keys for each of two books');
  t.comment(said.join(' '));
  t.ok(Math.abs(clock.now().getTime() - Date.now()) < 5_000, 'the clock runs again');
  t.equal((await stat(path.join(dataDir, 'demo.json'))).mode & 0o777, 0o600, 'the keys are readable for their owner only');
  t.notOk(existsSync(path.join(dataDir, 'demo.unfinished')), 'finished');

  const found = await admin.sql<{ book_id: string; code: string }[]>`select book_id, code from books order by code`;
  t.strictSame(
    found.map((book) => book.code),
    ['jiaozuo', 'zhengzhou'],
  );
  for (const { book_id: bookId, code } of found) {
    t.strictSame(
      [...(await auditLedger(admin, bookId)), ...(await auditBusiness(admin, bookId))],
      [],
      `${code}: the audit is clean`,
    );
    t.strictSame(await recomputeAwards(admin, bookId), [], `${code}: every award computed anew is the same`);
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
      settlements: { FROZEN: 2, INSTRUCTED: 1, CLOSED: 3 },
      months: { SEALED: 2 },
      instructions: { INSTRUCTED: 10, PAID: 23, RETURNED: 1 },
    },
    'the world is the same every time',
  );

  await t.test('the reports of the year are what the lists come to', async (t) => {
    const secretOf = (from: number): string => {
      const line = lines.slice(from).find((each) => each.trim().startsWith('auditor ')) ?? '';
      return line.trim().split(/\s+/)[1] ?? '';
    };
    const get = async (book: string, secret: string, url: string): Promise<Row> => {
      const answer = await fetch(`${address}/v1/books/${book}${url}`, { headers: { authorization: `Bearer ${secret}` } });
      t.equal(answer.status, 200, url);
      return (await answer.json()) as Row;
    };
    for (const [book, secret] of [
      ['zhengzhou', secretOf(0)],
      ['jiaozuo', secretOf(9)],
    ] as const) {
      const one = (url: string) => get(book, secret, url);
      const list = async (url: string): Promise<Row[]> => {
        const rows: Row[] = [];
        for (let next: unknown = ''; next !== null && next !== undefined;) {
          const page = await one(
            `${url}${url.includes('?') ? '&' : '?'}limit=200${next === '' ? '' : `&cursor=${next as string}`}`,
          );
          rows.push(...(page['items'] as Row[]));
          next = page['next'];
        }
        return rows;
      };
      const byId = (rows: Row[], id: string) => new Map(rows.map((row) => [row[id], row]));
      const [redemptions, vouchers, contracts, enterprises] = [
        await list('/redemptions?status=APPROVED'),
        byId(await list('/vouchers'), 'voucherId'),
        byId(await list('/contracts'), 'contractId'),
        byId(await list('/enterprises'), 'enterpriseId'),
      ];
      const expected = new Map<string, Record<string, bigint>>();
      for (const redemption of redemptions) {
        const fund = vouchers.get(redemption['voucherId'])?.['fund'] as string;
        const sums = expected.get(fund) ?? { granted: 0n, bought: 0n, domestic: 0n, toSmall: 0n, cases: 0n };
        expected.set(fund, sums);
        const granted = fenOf(redemption['approved']);
        if (granted === 0n) continue;
        sums['cases'] = (sums['cases'] ?? 0n) + 1n;
        sums['granted'] = (sums['granted'] ?? 0n) + granted;
        const invoice = await one(`/usage-invoices/${redemption['invoiceId'] as string}`);
        sums['bought'] = (sums['bought'] ?? 0n) + fenOf(invoice['gross']);
        const contract = contracts.get(redemption['contractId']);
        const origins = new Map(((contract ?? {})['lines'] as Row[]).map((line) => [line['lineNo'], line['chipOrigin']]));
        for (const line of invoice['lines'] as Row[])
          if (origins.get(line['contractLineNo']) === 'DOMESTIC')
            sums['domestic'] = (sums['domestic'] ?? 0n) + fenOf(line['gross']);
        const size = enterprises.get(redemption['enterpriseId'])?.['sizeClass'];
        if (size !== null && size !== 'LARGE') sums['toSmall'] = (sums['toSmall'] ?? 0n) + granted;
      }
      t.ok(expected.size > 0);
      for (const [fund, sums] of expected) {
        const [programmeCode, year] = fund.split('/');
        const asked = `year=${year}&programmeCode=${programmeCode}`;
        const [shown] = (await one(`/reports/performance?${asked}`))['items'] as Row[];
        const told = Object.fromEntries(['granted', 'bought', 'domestic', 'toSmall'].map((name) => [name, fenOf(shown?.[name])]));
        t.strictSame({ ...told, cases: BigInt(shown?.['cases'] as number) }, sums, fund);
        const { granted = 0n, bought = 0n } = sums;
        const leverage = (bought * 100n) / granted;
        t.equal(shown?.['leverage'], `${leverage / 100n}.${String(leverage % 100n).padStart(2, '0')}`);
        const [budget] = (await one(`/reports/budget-execution?${asked}`))['items'] as Row[];
        const [{ funds }, months] = [await one(`/dashboard?${asked}`), (await one(`/reports/months?${asked}`))['items'] as Row[]];
        const [dashboard] = funds as Row[];
        t.strictSame(
          [budget?.['promised'], budget?.['left'], budget?.['paid'], budget?.['lapsed']],
          [dashboard?.['promised'], dashboard?.['left'], dashboard?.['paid'], dashboard?.['lapsed']],
        );
        const total = (name: string) => months.reduce((sum, row) => sum + fenOf(row[name]), 0n);
        t.equal(total('redeemed') - total('reversed'), granted, 'what was redeemed by month comes to what was granted');
        t.equal(total('paid') - 0n, fenOf(budget?.['paid']));
        const steps = (await one(`/reports/step-days?${asked}`))['items'] as { process: string; to: string; count: number }[];
        t.ok(steps.some(({ process, to, count }) => process === 'REDEMPTION' && to === 'redemption.approved' && count > 0));
        for (const name of ['performance', 'budget-execution', 'months', 'step-days']) {
          const file = await fetch(`${address}/v1/books/${book}/reports/${name}-file?format=csv&${asked}`, {
            headers: { authorization: `Bearer ${secret}` },
          });
          t.match(await file.text(), /^.*政策代码|^.*办理事项/, name);
        }
      }
    }
  });

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
    const book = lines.indexOf(line) < 10 ? 'zhengzhou' : 'jiaozuo';
    const me = await fetch(`${address}/v1/books/${book}/me`, { headers: { authorization: `Bearer ${secret}` } });
    t.equal(((await me.json()) as { role: string }).role, role, `${book}: the key of the ${role} speaks for it`);
  }

  async function headsOf() {
    return (await admin.sql<{ seq: bigint }[]>`select seq from book_heads order by book_id`).map((row) => row.seq);
  }
  async function countsOf() {
    const byStatus = async (table: string) => {
      const rows = await admin.sql.unsafe<{ status: string; n: number }[]>(
        `select status, count(*)::int as n from ${table} group by status`,
      );
      return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
    };
    const [people] = await admin.sql<{ providers: number; enterprises: number }[]>`
      select (select count(distinct uscc)::int from providers) as providers, (select count(*)::int from enterprises) as enterprises`;
    return {
      ...people,
      contracts: await byStatus('contracts'),
      applications: await byStatus('applications'),
      vouchers: await byStatus('vouchers'),
      invoices: await byStatus('usage_invoices'),
      redemptions: await byStatus('redemptions'),
      settlements: await byStatus('settlements'),
      months: await byStatus('months'),
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
