// The figure of the daily expiry: 100,000 vouchers past their last day, ended by the service itself once it listens on the day after, on a
// durable cluster of its own; and what lone commands cost meanwhile, beside the same on the day before. The vouchers are booked
// through the lane like those of an opening balance, one paper for all of them, so the audits pass over what is left.
// After `npm run build`: npx tsx bench/expiry.ts
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { connect } from '../db/client.js';
import type { OpeningBalance } from '../db/tables.js';
import { vouchers as vouchersTable } from '../db/tables.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { makeUscc, uuidv7 } from '../src/identifiers.js';
import { auditLedger } from '../src/ledger/audit.js';
import { accountOf } from '../src/ledger/chart.js';
import { insert } from '../src/ledger/facts.js';
import type { Actor, Verb } from '../src/ledger/lane.js';
import { accepted } from '../src/ledger/lane.js';
import { openingVoucher } from '../src/ledger/templates.js';
import { formatYuan } from '../src/money.js';
import { auditBusiness } from '../src/reconciliation/audit.js';
import { openingShelf, voucherShelf } from '../src/vouchers/facts.js';
import { percentiles } from './percentiles.js';
import { killAll, startService } from './start.js';
import { makeWorld } from './world.js';

const vouchers = Number(process.env['EXPIRY_VOUCHERS'] || 100_000);
const lastDay = '2026-08-31';
const fieldKey = 'ab'.repeat(32);
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const { operator, code, bookId } = await makeVouchers();
  const admin = connect({ url: embedded.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const left = async (): Promise<number> => {
    const [row] = await admin.sql<{ n: bigint }[]>`
      select count(*) as n from vouchers where book_id = ${bookId} and status = 'ACTIVE' and last_day = ${lastDay}`;
    return Number(row?.n ?? 0n);
  };

  // A lone person's command, twenty-five times a second.
  let n = 0;
  const command = async (port: number, latencies: number[]): Promise<void> => {
    const began = performance.now();
    const uscc = makeUscc(`91410100MC${String(++n).padStart(7, '0')}`);
    const response = await fetch(`http://127.0.0.1:${port}/v1/books/${code}/enterprises`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ uscc, name: `企业${n}` }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    await response.arrayBuffer();
    latencies.push(performance.now() - began);
  };
  const options = { url: embedded.appUrl, pool: 16, lane: {}, fieldKey };
  const limits = { keyPerSecond: Infinity, addressPerSecond: Infinity };

  const before = await startService({ ...options, limits, now: `${lastDay}T10:00:00+08:00` });
  const alone: number[] = [];
  for (let i = 0; i < 250; i++) await Promise.all([command(before.port, alone), sleep(40)]);
  console.log('commands alone, ms', JSON.stringify(percentiles(alone.slice(50))));
  await before.stop();
  if ((await left()) !== vouchers) throw new Error('some were expired on their last day');

  const began = performance.now();
  const after = await startService({ ...options, limits, now: '2026-09-01T10:00:00+08:00' });
  const listening = performance.now();
  const latencies: number[] = [];
  let ended = 0;
  while (ended === 0) {
    for (let i = 0; i < 5; i++) await Promise.all([command(after.port, latencies), sleep(40)]);
    if ((await left()) === 0) ended = performance.now();
  }
  const cpu = (await after.work()).cpuSeconds.toFixed(1);
  const seconds = ((ended - listening) / 1000).toFixed(1);
  console.log(
    `${vouchers} vouchers expired in ${seconds} s from listening (${((listening - began) / 1000).toFixed(1)} s to start), ${cpu} s of the service's CPU`,
  );
  console.log('commands meanwhile, ms', JSON.stringify(percentiles(latencies)));
  await after.stop();
  const findings = [...(await auditLedger(admin, bookId)), ...(await auditBusiness(admin, bookId))];
  console.log(findings.length === 0 ? 'audit: clean' : `FAILED: ${JSON.stringify(findings.slice(0, 3))}`);
  await admin.close();
} finally {
  killAll();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A book with its vouchers; nobody is connected to it afterwards. */
async function makeVouchers(): Promise<{ operator: string; code: string; bookId: string }> {
  const began = performance.now();
  const clock = demoClock();
  clock.set(new Date('2026-04-15T10:00:00+08:00'));
  const db = connect({ url: embedded.appUrl });
  const owner = connect({ url: embedded.ownerUrl, max: 1 });
  const { app, books } = await build({ db, clock, bearerMayApprove: true, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const world = await makeWorld({ app, books, db, owner, clock, enterprises: 1, invoicesPerVoucher: 1 });
  const lane = (await books.find(world.code))?.lane;
  // Of 5,000.00, of which 1,000.00 can be claimed: a fen for each voucher.
  const contractId = world.vouchers[0]?.second.contractId;
  if (!lane || contractId === undefined) throw new Error('there is no contract to bring vouchers along with');
  const member = async (role: string): Promise<Actor> => {
    const [row] = await db.sql<{ memberId: string; personId: string }[]>`
      select member_id as "memberId", person_id as "personId" from members where book_id = ${world.bookId} and role = ${role} limit 1`;
    if (!row) throw new Error(`there is no ${role}`);
    return { ...row, role, kind: 'PERSON', legalPersonUscc: null };
  };
  const [preparer, approver] = [await member('operator'), await member('approver')];
  const [like] = await db.drizzle.select().from(vouchersTable).where(eq(vouchersTable.bookId, world.bookId)).limit(1);
  if (!like) throw new Error('there is no voucher to be like');
  const total = { balance: formatYuan(BigInt(vouchers)), baseRedeemed: '0.00', amountRedeemed: '0.00' };
  const content = {
    kind: 'VOUCHER',
    programmeCode: like.programmeCode,
    version: 2,
    contractId,
    issuedOn: '2026-03-01',
    lastDay,
    ...total,
  };
  const paper: OpeningBalance = {
    bookId: world.bookId,
    openingBalanceId: uuidv7(clock.now()),
    kind: 'VOUCHER',
    content,
    contentDigest: 'a'.repeat(64),
    status: 'APPROVED',
    preparedPerson: preparer.personId,
    approvedPerson: approver.personId,
    recordedAt: clock.now().toISOString(),
  };
  // What an approved opening balance books, a fen for each voucher; one paper stands for all of them.
  const seed: Verb<{ n: number }, object> = {
    name: 'bench.seed',
    money: true,
    gather: async (loader, commands) => {
      await loader.accounts([accountOf.available(like.fund)]);
      loader.newAccounts(commands.map(({ id }) => accountOf.voucher(id, like.fund)));
    },
    decide: ({ id, body: { n } }) =>
      accepted({
        decision: 'opening.approved',
        subjectId: id,
        result: {},
        postings: openingVoucher({ voucherId: id, fund: like.fund, faceFen: 1n }),
        changes: [
          ...(n === 0 ? [insert(openingShelf, paper)] : []),
          insert(voucherShelf, {
            ...like,
            voucherId: id,
            voucherNo: `BENCH-V-S-${n}`,
            contractId,
            applicationId: null,
            faceFen: 1n,
            reservedFen: 0n,
            issuedOn: '2026-03-01',
            appliedOn: '2026-03-01',
            lastDay,
            status: 'ACTIVE',
            matters: {},
          }),
        ],
      }),
  };
  for (let at = 0; at < vouchers; at += 1_000) {
    const bodies = Array.from({ length: Math.min(1_000, vouchers - at) }, (_, i) => ({ n: at + i }));
    const [key, requestDigest] = [randomUUID(), createHash('sha256').update(String(at)).digest('hex')];
    const done = await lane.submitSlice(seed, { bodies, actor: preparer, key, requestDigest, allOrNothing: true });
    if (done.kind !== 'decided' || !done.written) throw new Error(JSON.stringify(done).slice(0, 500));
  }
  await app.close();
  await Promise.all([db.close(), owner.close()]);
  console.log(`${vouchers} vouchers were made in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return { operator: world.secrets.operator, code: world.code, bookId: world.bookId };
}
