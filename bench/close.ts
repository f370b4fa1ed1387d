// The figure of the month close: 200,000 redemptions to 50 providers, shut and built with its pack by the service, on a durable cluster of its own;
// what lone commands cost meanwhile, and how much memory the service comes to hold. Then a statement of 1,000 lines and more as pages, and
// the month made again. After `npm run build`: npx tsx bench/close.ts
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { makeUscc } from '../src/identifiers.js';
import { sealedMonths } from '../src/months/queries.js';
import { compareSealed } from '../src/months/regenerate.js';
import { grow } from './grow.js';
import { percentiles } from './percentiles.js';
import { killAll, startService } from './start.js';
import { makeWorld } from './world.js';

const redemptions = Number(process.env['CLOSE_REDEMPTIONS'] || 200_000);
const providers = 50;
const fieldKey = 'ab'.repeat(32);
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const { operator, finance, payer, auditor, code, bookId } = await makeMonth();
  const service = await startService({
    url: embedded.appUrl,
    pool: 16,
    lane: {},
    fieldKey,
    limits: { keyPerSecond: Infinity, addressPerSecond: Infinity },
    now: '2026-05-05T10:00:00+08:00',
  });
  const ask = async (secret: string, url: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://127.0.0.1:${service.port}/v1/books/${code}${url}`, {
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    return response.headers.get('content-type')?.includes('json')
      ? (JSON.parse(bytes.toString()) as Record<string, unknown>)
      : { bytes: bytes.length };
  };

  // A lone person's command, twenty-five times a second.
  let n = 0;
  const command = async (latencies: number[]): Promise<void> => {
    const began = performance.now();
    const uscc = makeUscc(`91410100MC${String(++n).padStart(7, '0')}`);
    await ask(operator, '/enterprises', { uscc, name: `企业${n}` });
    latencies.push(performance.now() - began);
  };
  const alone: number[] = [];
  for (let i = 0; i < 150; i++) await Promise.all([command(alone), sleep(40)]);
  console.log('commands alone, ms', JSON.stringify(percentiles(alone.slice(50))));

  await service.forgetPeak();
  const cpuBefore = (await service.work()).cpuSeconds;
  const began = performance.now();
  const { monthId } = (await ask(finance, '/months', { month: '2026-04' })) as { monthId: string };
  console.log(`shut in ${Math.round(performance.now() - began)} ms`);
  const meanwhile: number[] = [];
  const steps = new Map<string, number>();
  let shown: Record<string, unknown> = {};
  while (shown['state'] !== 'DONE' && shown['state'] !== 'FAILED') {
    for (let i = 0; i < 10; i++) await Promise.all([command(meanwhile), sleep(40)]);
    shown = (await ask(auditor, `/months/${monthId}`))['build'] as Record<string, unknown>;
    steps.set(String(shown['step']), (performance.now() - began) / 1000);
  }
  const cpu = ((await service.work()).cpuSeconds - cpuBefore).toFixed(1);
  console.log(
    `built in ${((performance.now() - began) / 1000).toFixed(1)} s (${String(shown['state'])}), ${cpu} s of the service's CPU, at most ${await service.peakMiB()} MiB;`,
    `${String(shown['lines'])} lines, a pack of ${(Number(shown['packBytes']) / 2 ** 20).toFixed(1)} MiB; obstacles ${JSON.stringify(shown['obstacles'])}`,
  );
  console.log(
    'each step until, s',
    JSON.stringify(Object.fromEntries([...steps].map(([step, at]) => [step, Number(at.toFixed(1))]))),
  );
  console.log('commands meanwhile, ms', JSON.stringify(percentiles(meanwhile)));
  await ask(payer, `/months/${monthId}/seal`, { sealDigest: shown['sealDigest'] });

  const db = connect({ url: embedded.appUrl, max: 1, statementTimeoutMs: 0 }).as({ book: bookId, legalPerson: null });
  const [payee] = await db.sql<{ id: string; n: bigint }[]>`
    select provider_id as id, count(*) as n from redemptions where book_id = ${bookId} group by 1 order by 2 limit 1`;
  for (let i = 0; i < 3; i++) {
    const asked = performance.now();
    const { bytes } = await ask(auditor, `/months/${monthId}/statement?payeeId=${payee?.id ?? ''}`);
    console.log(
      `a statement of ${payee?.n ?? 0n} lines as ${String(bytes)} bytes of PDF in ${Math.round(performance.now() - asked)} ms`,
    );
  }
  await service.stop();
  const made = performance.now();
  for (const sealed of await sealedMonths(db, { bookId })) {
    const differing = await compareSealed(db, sealed);
    console.log(differing.length === 0 ? 'made again: the same' : `FAILED: ${JSON.stringify(differing)}`);
  }
  console.log(`made again in ${((performance.now() - made) / 1000).toFixed(1)} s`);
  await db.close();
} finally {
  killAll();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A book with a month of redemptions; nobody is connected to it afterwards. */
async function makeMonth() {
  const began = performance.now();
  const clock = demoClock();
  clock.set(new Date('2026-04-15T10:00:00+08:00'));
  const sessions = connect({ url: embedded.appUrl });
  const owner = connect({ url: embedded.ownerUrl, max: 1 });
  const { app, books } = await build({ db: sessions, clock, bearerMayApprove: true, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const world = await makeWorld({ app, books, db: sessions, owner, clock, enterprises: 2 * providers });
  const { bookId, code, secrets } = world;
  const member = async (role: string): Promise<string> => {
    const send = async (url: string, payload: object, secret = secrets.operator) => {
      const headers = { authorization: `Bearer ${secret}`, 'idempotency-key': randomUUID() };
      const response = await app.inject({ method: 'POST', url: `/v1/books/${code}${url}`, headers, payload });
      return response.json<Record<string, string>>();
    };
    const { memberId } = await send('/members', { personName: role, role });
    await send(`/members/${memberId}/confirm`, {}, secrets.approver);
    return (await send(`/members/${memberId}/keys`, {}))['secret'] ?? '';
  };
  const [finance, payer] = [await member('finance'), await member('finance_approver')];
  await app.close();
  await sessions.close();
  await owner.close();
  const admin = connect({ url: embedded.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  // The firms' one provider becomes fifty, each with its own name and listing: nobody has been paid yet.
  await admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    for (let i = 1; i < providers; i++) {
      const [id, uscc] = [randomUUID(), makeUscc(`91410100MB${String(i).padStart(7, '0')}`)];
      await sql`
        insert into providers select n.* from providers p
          cross join lateral jsonb_populate_record(p, jsonb_build_object('provider_id', ${id}::text, 'uscc', ${uscc}::text,
            'legal_person_uscc', ${uscc}::text, 'acting_uscc', ${uscc}::text, 'name', ${`基准智算${i}号有限公司`}::text)) n where p.book_id = ${bookId} and p.provider_id = ${world.vouchers[0]?.providerId ?? ''}`;
      await sql`
        insert into listings select n.* from listings l
          cross join lateral jsonb_populate_record(l, jsonb_build_object('listing_id', ${randomUUID()}::text, 'provider_id', ${id}::text)) n where l.book_id = ${bookId} and l.provider_id = ${world.vouchers[0]?.providerId ?? ''}`;
      const contracts = world.vouchers
        .filter((_, v) => v % providers === i)
        .flatMap((of) => [of.contractId, of.second.contractId]);
      await sql`update contracts set provider_id = ${id} where book_id = ${bookId} and contract_id = any(${contracts}::uuid[])`;
      await sql`update vouchers set provider_id = ${id} where book_id = ${bookId} and contract_id = any(${contracts}::uuid[])`;
    }
  });
  const transfers = await grow({ owner: admin, bookId, transfers: 1 }).then(() => perRedemption());
  await grow({ owner: admin, bookId, transfers: (redemptions - 2 * world.vouchers.length) * transfers });
  const [made] = await admin.sql<{ n: bigint; entries: bigint }[]>`
    select (select count(*) from redemptions where book_id = ${bookId} and status = 'APPROVED') as n,
           (select seq from book_heads where book_id = ${bookId}) as entries`;
  console.log(
    `${made?.n ?? 0n} redemptions, ${made?.entries ?? 0n} entries, in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  await admin.close();
  return { operator: secrets.operator, auditor: secrets.auditor, finance, payer, code, bookId };

  async function perRedemption(): Promise<number> {
    const [row] = await admin.sql<{ n: number }[]>`
      select count(*)::int as n from entries where book_id = ${bookId}
         and command_id = (select redemption_id from redemptions where book_id = ${bookId} order by redemption_no desc limit 1)`;
    return row?.n ?? 1;
  }
}
