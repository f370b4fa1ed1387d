// A month closed by processes that are killed (kill -9) at each step of it: nothing is half done, nothing is lost, and what comes of it in the end
// is byte for byte what comes of it undisturbed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { sweep } from '../../src/evidence-files/sweep.js';
import { folderStore } from '../../src/evidence-files/store.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { buildMonth } from '../../src/months/build-month.js';
import { buildingOf } from '../../src/months/queries.js';
import { auditMonths } from '../../src/months/regenerate.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { asHere } from '../program.js';
import { expectStatus } from '../service.js';
import { settle, startWorld } from '../settlements/world.js';

type Body = Record<string, unknown>;
const steps = ['CHECK', 'LINES', 'BALANCES', 'PACK', 'STORE', 'BEFORE_STORED', 'STORED'] as const;

void t.test('a month closed by processes that are killed at each step', async (t) => {
  const world = await startWorld(t, { now: '2024-07-15' });
  const { finance, payer, book, db, admin, clock } = world;
  const { bookId } = book;
  await world.approve([
    { provider: 0, approvedOn: '2024-07-15', amountFen: 1_000_01n },
    { provider: 1, approvedOn: '2024-07-15', amountFen: 3_000_03n },
  ]);
  const { instructions } = await settle(world, 'INSTRUCTED', '2024-07');
  const total = String(instructions.reduce((sum, { amount }) => sum + BigInt(amount.replace('.', '')), 0n));
  const lines = instructions.map(({ instructionNo, amount }, i) => ({
    instructionNo,
    status: 'PAID',
    amount,
    bankSerial: `B${i}`,
    bookedOn: '2024-07-15',
  }));
  const declaredTotal = `${total.slice(0, -2)}.${total.slice(-2)}`;
  expectStatus(await finance.post('/bank-returns', { declaredCount: lines.length, declaredTotal, lines }), 201);
  // From now on the processes below alone work on this book.
  clock.set('2024-08-05');
  await world.app.close();

  const folder = t.testdir({});
  const running = new Set<ReturnType<typeof spawn>>();
  t.teardown(() => running.forEach((child) => child.kill('SIGKILL')));
  const start = (step = '') => {
    const args = [...asHere('test/months/close-process.ts'), world.urls.app, folder, clock.now().toISOString(), step];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    const ended = once(child, 'exit').then(([, signal]) => {
      running.delete(child);
      return signal as string | null;
    });
    const ready = once(child.stdout, 'data').then(([text]) => /ready: (http\S+)/.exec(String(text))?.[1] ?? '');
    return { child, ended, ready };
  };
  const at = async (address: string, who: { secret: string }, url: string, body?: Body, key?: string) => {
    const answer = await fetch(`${address}/v1/books/${book.code}${url}`, {
      headers: {
        authorization: `Bearer ${who.secret}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(key ? { 'idempotency-key': key } : {}),
      },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, headers: {}, body: (await answer.json()) as Body };
  };
  /** Whether a command of the lane is all there, or nothing of it. */
  const isThere = async (kind: string, things: string): Promise<boolean> => {
    const [row] = await db.sql<{ entries: number; outcomes: number; things: number; messages: number }[]>`
      select (select count(*)::int from entries where book_id = ${bookId} and kind = ${kind}) as entries,
             (select count(*)::int from outcomes where book_id = ${bookId} and key = ${kind}) as outcomes,
             (select count(*)::int from outbox where book_id = ${bookId} and kind = ${kind}) as messages,
             (select count(*)::int from months where book_id = ${bookId} and status::text = any (${things.split(' ')})) as things`;
    const { entries = -1, outcomes, things: made, messages = 0 } = row ?? {};
    t.ok([0, 1].includes(entries), `${kind}: ${entries}`);
    t.strictSame([outcomes, made, messages > 0], [entries, entries, entries === 1], `${kind}: whole or not at all`);
    return entries === 1;
  };
  /** Sends a command while a table that it writes is locked, and kills the process that waits for it. */
  const killedWriting = async (table: string, who: { secret: string }, url: string, body: Body, key: string): Promise<void> => {
    const { child, ended, ready } = start();
    const address = await ready;
    await admin.begin(async ({ sql }) => {
      await sql.unsafe(`lock table ${table} in exclusive mode`);
      const answer = at(address, who, url, body, key).catch((error: unknown) => error);
      for (let waits = false; !waits; await sleep(5)) {
        const [row] = await sql<{ waits: boolean }[]>`
          select exists (select from pg_locks l join pg_class c on c.oid = l.relation where c.relname = ${table} and not l.granted) as waits`;
        waits = row?.waits ?? false;
      }
      child.kill('SIGKILL');
      t.equal(await ended, 'SIGKILL');
      t.ok((await answer) instanceof Error, `${key}: nobody was told`);
    });
    // What the database was sent it does, or rolls back, by itself.
    for (let busy = true; busy; await sleep(5)) {
      const [row] = await admin.sql<{ busy: boolean }[]>`
        select exists (select from pg_stat_activity where datname = current_database() and usename = 'voucher_app' and xact_start is not null) as busy`;
      busy = row?.busy ?? false;
    }
  };
  const clean = async (when: string): Promise<void> =>
    void t.strictSame(
      [...(await auditLedger(db, bookId)), ...(await auditBusiness(db, bookId)), ...(await auditMonths(db, bookId))],
      [],
      when,
    );
  const buildOf = async () => {
    const [row] = await db.sql<Record<string, unknown>[]>`
      select b.*, (select count(*)::int from month_parties p where p.book_id = b.book_id and p.build_id = b.build_id) as parties
        from month_builds b where book_id = ${bookId}`;
    return row ?? {};
  };

  await killedWriting('month_builds', finance, '/months', { month: '2024-07' }, 'month.shut');
  await isThere('month.shut', 'CLOSING');
  await clean('killed while it was shut');

  // Again, by the same key: done once, whatever became of it before. The process dies as soon as the build is begun.
  const first = start('CHECK');
  const shut = await at(await first.ready, finance, '/months', { month: '2024-07' }, 'month.shut').catch(() => undefined);
  t.equal(await first.ended, 'SIGKILL');
  if (shut) t.equal(shut.status, 201);
  t.equal(await isThere('month.shut', 'CLOSING'), true);
  const [{ monthId } = { monthId: '' }] = await db.sql<{ monthId: string }[]>`
    select month_id as "monthId" from months where book_id = ${bookId}`;
  const building = await buildingOf(db, { bookId, monthId });
  const { result } = await buildMonth(db, building, { folder: t.testdir({ undisturbed: {} }), onProgress: () => undefined });

  for (const step of steps) {
    if (step !== 'CHECK') {
      const killed = start(step);
      t.equal(await killed.ended, 'SIGKILL', step);
    }
    const { state, attempts, pack_digest: digest, data_digest: data, parties } = await buildOf();
    t.strictSame(
      { state, attempts, digest, data, parties },
      { state: 'RUNNING', attempts: 1, digest: null, data: null, parties: 0 },
      step,
    );
    await clean(`killed at ${step}`);
    // Its lease would run out by itself, and three attempts are all that there are.
    await world.owner.sql`update month_builds set lease_until = clock_timestamp() - interval '1 second', attempts = 0`;
  }

  const last = start();
  const address = await last.ready;
  let build: Body = {};
  for (; build['state'] !== 'DONE'; await sleep(20))
    build = expectStatus(await at(address, finance, `/months/${monthId}`), 200).build as Body;
  t.match(build, {
    state: 'DONE',
    obstacles: [],
    lines: result.lineCount,
    dataDigest: result.dataDigest,
    balancesDigest: result.balancesDigest,
    packDigest: result.packDigest,
  });
  last.child.kill('SIGKILL');
  await last.ended;

  const seal = { sealDigest: build['sealDigest'] };
  await killedWriting('outbox', payer, `/months/${monthId}/seal`, seal, 'month.sealed');
  await isThere('month.sealed', 'SEALED');
  const sealing = start();
  const again = await at(await sealing.ready, payer, `/months/${monthId}/seal`, seal, 'month.sealed');
  t.match(again, { status: 200, body: { status: 'SEALED', sealDigest: seal.sealDigest } });
  t.equal(await isThere('month.sealed', 'SEALED'), true);
  await clean('sealed');
  sealing.child.kill('SIGKILL');
  await sealing.ended;

  // What they left in the folder of what comes in is swept; the pack is kept.
  const store = folderStore(folder);
  t.ok((await readdir(store.incoming)).length >= steps.length - 1, 'each left its folder');
  const swept = await sweep(db, store, { bookId, now: new Date(Date.now() + 48 * 60 * 60 * 1000) });
  t.match(swept, { kept: 1, removed: [] });
  t.strictSame(await readdir(store.incoming), []);
  t.equal(path.basename((await readdir(path.join(folder, bookId), { recursive: true })).at(-1) ?? ''), result.packDigest);
});
