// The figure of a simulation: 100,000 facts of a year (20,000 applications of 5,000 firms, 80,000 redemptions) lived under the draft of
// Zhengzhou, from the request to the result, on a durable cluster of its own; and what commands cost meanwhile, beside the same without
// it. The year is multiplied in SQL from one application and one redemption that were lived through the API: everything that a
// simulation reads, and nothing else; no audit would pass over it. After `npm run build`: npx tsx bench/simulation.ts
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/client.js';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { makeUscc } from '../src/identifiers.js';
import { percentiles } from './percentiles.js';
import { killAll, startService } from './start.js';
import { makeWorld } from './world.js';

const firms = Number(process.env['SIMULATION_FIRMS'] || 5_000);
const contracts = Number(process.env['SIMULATION_APPLICATIONS'] || 20_000);
const perContract = 4;
const runs = Number(process.env['BENCH_RUNS'] || 3);

const fieldKey = 'ab'.repeat(32);
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const { secrets, code } = await makeYear();
  const service = await startService({
    url: embedded.appUrl,
    pool: 16,
    lane: {},
    fieldKey,
    now: '2027-01-10T10:00:00+08:00',
    limits: { keyPerSecond: Infinity, addressPerSecond: Infinity },
  });
  const at = `http://127.0.0.1:${service.port}/v1/books/${code}`;
  const send = async (method: string, url: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${at}${url}`, {
      method,
      headers: {
        authorization: `Bearer ${secrets.operator}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };

  // A lone person's command, twenty-five times a second: what it costs beside nothing, and beside a simulation.
  let n = 0;
  const command = async (latencies: number[]): Promise<void> => {
    const began = performance.now();
    const uscc = makeUscc(`91410100MC${String(++n).padStart(7, '0')}`);
    await send('POST', '/enterprises', { uscc, name: `企业${n}` });
    latencies.push(performance.now() - began);
  };
  const alone: number[] = [];
  for (let i = 0; i < 250; i++) await Promise.all([command(alone), sleep(40)]);
  console.log('commands alone, ms', JSON.stringify(percentiles(alone.slice(50))));

  const wanted = [{ version: 1 }, { version: 2 }, { version: 1, compareWith: 2 }];
  for (const body of wanted.flatMap((of) => Array.from({ length: runs }, () => of))) {
    await service.forgetPeak();
    const before = await service.work();
    const began = performance.now();
    const latencies: number[] = [];
    const { simulationId } = await send('POST', '/programmes/zhengzhou-compute/simulations', {
      ...body,
      year: 2026,
      pool: '10000000000.00',
    });
    for (;;) {
      await Promise.all([command(latencies), sleep(40)]);
      const shown = await send('GET', `/simulations/${simulationId as string}`);
      if (shown['state'] === 'WAITING' || shown['state'] === 'RUNNING') continue;
      if (shown['state'] !== 'DONE') throw new Error(`the simulation ended ${shown['state'] as string}`);
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      const cpu = ((await service.work()).cpuSeconds - before.cpuSeconds).toFixed(1);
      console.log(JSON.stringify(body), `${seconds} s, ${cpu} s of the service's CPU, at most ${await service.peakMiB()} MiB`);
      console.log('  commands meanwhile, ms', JSON.stringify(percentiles(latencies)));
      const { facts, awarded, redeemed, refusals } = shown['result'] as Record<string, unknown>;
      console.log(' ', JSON.stringify({ facts, awarded, redeemed, refusals }));
      break;
    }
  }
  await service.stop();
} finally {
  killAll();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A book with a year in it, and its draft published; nobody is connected to it afterwards. */
async function makeYear(): Promise<{ secrets: { operator: string }; code: string }> {
  const began = performance.now();
  const clock = demoClock();
  clock.set(new Date('2026-04-15T10:00:00+08:00'));
  const db = connect({ url: embedded.appUrl });
  const owner = connect({ url: embedded.ownerUrl, max: 1 });
  const admin = connect({ url: embedded.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const { app, books } = await build({ db, clock, bearerMayApprove: true, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const world = await makeWorld({ app, books, db, owner, clock, enterprises: 1, invoicesPerVoucher: 1 });
  const send = async (secret: string, url: string, body: object): Promise<void> => {
    const headers = { authorization: `Bearer ${secret}`, 'idempotency-key': randomUUID() };
    const response = await app.inject({ method: 'POST', url, headers, payload: body });
    if (response.statusCode >= 300) throw new Error(`POST ${url}: ${response.statusCode} ${response.body}`);
  };
  const [request] = world.requests as { path: string; secret: string; body: object }[];
  if (!request) throw new Error('no redemption was prepared');
  await send(request.secret, request.path, request.body);
  const document = await readFile(new URL('../db/programmes/zhengzhou/zhengzhou-compute.v1.yaml', import.meta.url), 'utf8');
  await send(world.secrets.operator, `/v1/books/${world.code}/programmes`, { document });
  await app.close();
  await multiply(admin, world.bookId);
  await Promise.all([db.close(), owner.close(), admin.close()]);
  const facts = (contracts * (1 + perContract)).toLocaleString('en-US');
  console.log(`${facts} facts were made in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return world;
}

/** Multiplies the one application and the one redemption of the book into a year of them. */
async function multiply(admin: Database, bookId: string): Promise<void> {
  await admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    await sql.unsafe("set local work_mem = '256MB'");
    await sql.unsafe(`
      create function pg_temp.id(kind integer, n bigint) returns uuid language sql immutable
        return ('019a0000-0000-7' || lpad(to_hex(kind), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid`);
    const parameters = [bookId];
    // A redemption comes so many applications after its voucher; day by day through the year.
    await sql.unsafe(`
      create temporary table happened as
      select *, row_number() over w as nth, sum(width) over w - width + (select seq from book_heads where book_id = '${bookId}') + 1 as seq,
             date '2026-01-05' + (at * 350 / ${contracts * 2})::int as on_day
        from (select c, 0 as j, c::numeric as at, 5 as width from generate_series(1, ${contracts}) c
              union all
              select c, j, c + j * ${contracts / 5}::numeric + 0.5, 3 from generate_series(1, ${contracts}) c, generate_series(1, ${perContract}) j) e
      window w as (order by at, j)`);
    await sql.unsafe(`create index on happened (c, j)`);
    await sql.unsafe('analyze happened');
    const copies = (table: string, where: string, from: string, changed: string) =>
      sql.unsafe(
        `insert into ${table}
         select n.* from (select x as t from ${table} x where book_id = $1 and ${where} limit 1) s cross join ${from}
          cross join lateral jsonb_populate_record(s.t, jsonb_build_object(${changed})) n`,
        parameters,
      );
    const firm = `lpad((h.c % ${firms})::text, 8, '0')`;
    const contract = 'pg_temp.id(2, h.c)';
    const gross = `(10000000 + h.c % 997 * 100000)`;
    await copies(
      'enterprises',
      'true',
      `generate_series(0, ${firms - 1}) f`,
      `'enterprise_id', pg_temp.id(1, f), 'uscc', '91410100MB' || lpad(f::text, 8, '0'), 'legal_person_uscc', '91410100MB' || lpad(f::text, 8, '0'),
       'name', '企业' || f`,
    );
    const [issues, redemptions] = ['(select * from happened where j = 0) h', '(select * from happened where j > 0) h'];
    const amounts = (fen: string) => `'net_fen', ${fen}, 'vat_fen', 0, 'gross_fen', ${fen}`;
    const ofFirm = `'enterprise_id', pg_temp.id(1, h.c % ${firms})`;
    const contractOfVoucher = 'contract_id in (select contract_id from vouchers where book_id = $1)';
    await copies(
      'contracts',
      contractOfVoucher,
      issues,
      `'contract_id', ${contract}, 'contract_no', 'S-' || h.c, 'filing_no', 'S-' || h.c, 'fingerprint', 'S-' || h.c, ${ofFirm}, ${amounts(gross)},
       'signed_on', '2026-01-01', 'starts_on', '2026-01-01', 'filed_on', '2026-01-02'`,
    );
    await copies(
      'contract_lines',
      contractOfVoucher,
      issues,
      `'contract_line_id', pg_temp.id(3, h.c), 'contract_id', ${contract}, ${amounts(gross)}`,
    );
    await copies(
      'applications',
      "status = 'APPROVED'",
      issues,
      `'application_id', pg_temp.id(4, h.c), 'application_no', 'BENCH-A-2026-' || lpad((1000 + h.c)::text, 6, '0'), ${ofFirm},
       'legal_person_uscc', '91410100MB' || ${firm}, 'contract_id', ${contract}, 'submitted_on', h.on_day, 'voucher_id', pg_temp.id(5, h.c),
       'maximum_fen', ${gross} / 5, 'computed_fen', ${gross} / 5, 'award_fen', ${gross} / 5`,
    );
    await copies(
      'vouchers',
      'true',
      issues,
      `'voucher_id', pg_temp.id(5, h.c), 'voucher_no', 'BENCH-V-S-' || h.c, ${ofFirm}, 'legal_person_uscc', '91410100MB' || ${firm},
       'contract_id', ${contract}, 'application_id', pg_temp.id(4, h.c), 'face_fen', ${gross} / 5, 'applied_on', h.on_day, 'issued_on', h.on_day`,
    );
    const invoiceGross = `(${gross} / 5)`;
    await copies(
      'usage_invoices',
      'redemption_id is not null',
      redemptions,
      `'invoice_id', pg_temp.id(6, h.c * 8 + h.j), 'invoice_no', '3' || lpad((h.c * 8 + h.j)::text, 19, '0'), ${ofFirm}, 'contract_id', ${contract},
       'usage_from', h.on_day - 10, 'usage_to', h.on_day - 1, ${amounts(invoiceGross)}, 'paid_fen', ${invoiceGross},
       'redemption_id', pg_temp.id(8, h.c * 8 + h.j)`,
    );
    await copies(
      'usage_invoice_lines',
      'invoice_id in (select invoice_id from redemptions where book_id = $1)',
      redemptions,
      `'invoice_line_id', pg_temp.id(7, h.c * 8 + h.j), 'invoice_id', pg_temp.id(6, h.c * 8 + h.j), 'contract_line_id', pg_temp.id(3, h.c),
       ${amounts(invoiceGross)}`,
    );
    await copies(
      'redemptions',
      "status = 'APPROVED'",
      redemptions,
      `'redemption_id', pg_temp.id(8, h.c * 8 + h.j), 'redemption_no', 'BENCH-R-S-' || h.c || '-' || h.j, 'voucher_id', pg_temp.id(5, h.c),
       'invoice_id', pg_temp.id(6, h.c * 8 + h.j), 'contract_id', ${contract}, ${ofFirm}, 'submitted_on', h.on_day, 'approved_on', h.on_day,
       'base_fen', ${invoiceGross}, 'computed_fen', ${invoiceGross} / 5, 'reserved_fen', ${invoiceGross} / 5,
       'approved_fen', ${invoiceGross} / 5, 'settlement_id', null, 'batched_fen', 0`,
    );
    // The entries of each, with the account that the ceiling of each contract is.
    await sql.unsafe(
      `insert into accounts
       select n.* from (select x as t from accounts x where book_id = $1 and code like 'used:%contract-ceiling%' limit 1) s cross join ${issues}
        cross join lateral jsonb_populate_record(s.t, jsonb_build_object('account_id', pg_temp.id(9, h.c),
                    'code', 'used:zhengzhou-compute.contract-ceiling:' || ${contract} || ':LIFETIME')) n`,
      parameters,
    );
    const entriesOf = (from: string, kinds: readonly string[], subject: string, command: string) =>
      sql.unsafe(
        `insert into entries
         select n.* from (select x as t from entries x where book_id = $1 and kind = 'limit.charged' limit 1) s
          cross join ${from}
          cross join unnest('{${kinds.join(',')}}'::text[]) with ordinality as k (kind, ord)
          cross join lateral jsonb_populate_record(s.t, jsonb_build_object('seq', h.seq + k.ord - 1, 'kind', k.kind, 'command_id', ${command},
                      'subject_id', ${subject}, 'booked_on', h.on_day, 'recorded_at', h.on_day,
                      'credit_account_id', case when h.j = 0 and k.ord = 5 then pg_temp.id(9, h.c) else pg_temp.id(10, (h.seq + k.ord)::bigint) end,
                      'debit_account_id', pg_temp.id(11, (h.seq + k.ord)::bigint))) n`,
        parameters,
      );
    const issued = ['voucher.issued', 'limit.funded', 'limit.funded', 'limit.charged', 'limit.charged'];
    await entriesOf(issues, issued, 'pg_temp.id(4, h.c)', 'pg_temp.id(5, h.c)');
    const redeemed = ['redemption.reserved', 'redemption.approved', 'limit.charged'];
    await entriesOf(redemptions, redeemed, 'pg_temp.id(8, h.c * 8 + h.j)', 'pg_temp.id(8, h.c * 8 + h.j)');
    await sql.unsafe(
      `insert into booked_days (book_id, booked_on, first_seq)
       select $1, on_day, min(seq) from happened group by on_day on conflict do nothing`,
      parameters,
    );
    await sql.unsafe('update book_heads set seq = (select max(seq) + 5 from happened) where book_id = $1', parameters);
    await sql.unsafe('drop table happened');
  });
  await admin.sql.unsafe('analyze');
}
