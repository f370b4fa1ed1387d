// The figure of a bank file: 100,000 lines of the treasury's format, each the answer to an instruction of its own, imported by the service on a
// durable cluster of its own; as CSV and, a tenth of that, as a spreadsheet. What lone commands cost meanwhile, how long a slice held the lane,
// and how much memory the service comes to hold. After `npm run build`: npx tsx bench/bank.ts
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ExcelJS from 'exceljs';
import { connect } from '../db/client.js';
import { startEmbedded } from '../db/embedded.js';
import { migrate } from '../db/migrate.js';
import { build } from '../src/app.js';
import { demoClock } from '../src/clock.js';
import { makeUscc } from '../src/identifiers.js';
import { percentiles } from './percentiles.js';
import { killAll, startService } from './start.js';
import { makeWorld } from './world.js';

const lines = Number(process.env['BANK_LINES'] || 100_000);
const inSheet = Math.ceil(lines / 10);
const fieldKey = 'ab'.repeat(32);
const fund = 'zhengzhou-compute/2026';
const header = ['指令编号', '状态', '银行流水号', '记账日期', '金额', '原因'];
const csvType = 'text/csv';
const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const folder = await mkdtemp(path.join(tmpdir(), 'voucher-bench-'));
const embedded = await startEmbedded({ dataDir: folder });
try {
  await migrate(embedded.ownerUrl);
  const { operator, finance, code } = await makeBook();
  const service = await startService({
    url: embedded.appUrl,
    pool: 16,
    lane: {},
    fieldKey,
    limits: { keyPerSecond: Infinity, addressPerSecond: Infinity },
    now: '2026-05-05T10:00:00+08:00',
  });
  const ask = async (secret: string, url: string, type: string, body: string | Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`http://127.0.0.1:${service.port}/v1/books/${code}${url}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': type, 'idempotency-key': randomUUID() },
      body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  // A lone person's command, twenty-five times a second.
  let n = 0;
  const command = async (latencies: number[]): Promise<void> => {
    const began = performance.now();
    const body = { uscc: makeUscc(`91410100MC${String(++n).padStart(7, '0')}`), name: `企业${n}` };
    await ask(operator, '/enterprises', 'application/json', JSON.stringify(body));
    latencies.push(performance.now() - began);
  };
  const alone: number[] = [];
  for (let i = 0; i < 150; i++) await Promise.all([command(alone), sleep(40)]);
  console.log('commands alone, ms', JSON.stringify(percentiles(alone.slice(50))));

  const rowOf = (i: number): string[] => [`P-${i}`, '成功', `S-${i}`, '2026-05-04', '1.00', ''];
  const csv = (from: number, to: number): string => {
    const rows = Array.from({ length: to - from }, (_, i) => rowOf(from + i).join(','));
    return [header.join(','), ...rows, `合计,${to - from},,,${to - from}.00,`].join('\r\n');
  };
  const sheet = async (from: number, to: number): Promise<Uint8Array<ArrayBuffer>> => {
    const workbook = new ExcelJS.Workbook();
    const rows = Array.from({ length: to - from }, (_, i) => rowOf(from + i));
    workbook.addWorksheet('1').addRows([header, ...rows, ['合计', String(to - from), '', '', `${to - from}.00`]]);
    return new Uint8Array(await workbook.xlsx.writeBuffer());
  };
  const imports = async (name: string, type: string, file: string | Uint8Array<ArrayBuffer>, count: number, beside: boolean) => {
    await service.forgetPeak();
    const meanwhile: number[] = [];
    let done = false;
    const cpuBefore = (await service.work()).cpuSeconds;
    const began = performance.now();
    const answer = ask(finance, '/bank-files', type, file).finally(() => (done = true));
    while (beside && !done) await Promise.all([command(meanwhile), sleep(40)]);
    const { matched, state } = await answer;
    const seconds = (performance.now() - began) / 1000;
    const cpu = ((await service.work()).cpuSeconds - cpuBefore).toFixed(1);
    const latencies = beside ? `; commands meanwhile, ms ${JSON.stringify(percentiles(meanwhile))}` : '';
    console.log(
      `${name}: ${count} lines in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)}/s (${String(state)}, ${String(matched)} matched), ${cpu} s of the service's CPU, at most ${await service.peakMiB()} MiB${latencies}`,
    );
    if (matched !== count) throw new Error(`${String(matched)} of ${count} lines were matched`);
  };
  // A first file warms the service.
  await imports('CSV, first', csvType, csv(0, 2_000), 2_000, false);
  await imports('CSV', csvType, csv(2_000, 2_000 + lines), lines, false);
  await imports('CSV, with commands beside', csvType, csv(2_000 + lines, 2_000 + 2 * lines), lines, true);
  await imports('xlsx', xlsxType, await sheet(2_000 + 2 * lines, 2_000 + 2 * lines + inSheet), inSheet, false);
  const began = performance.now();
  await ask(finance, '/bank-files', csvType, csv(2_000, 2_000 + lines));
  console.log(`the same file again: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await service.stop();
} finally {
  killAll();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A book whose bank has some hundred thousand instructions of a yuan to answer: planted, with the accounts that hold their money. */
async function makeBook() {
  const clock = demoClock();
  clock.set(new Date('2026-04-15T10:00:00+08:00'));
  const sessions = connect({ url: embedded.appUrl });
  const owner = connect({ url: embedded.ownerUrl, max: 1 });
  const { app, books } = await build({ db: sessions, clock, bearerMayApprove: true, fieldKey: Buffer.from(fieldKey, 'hex') });
  await app.ready();
  const world = await makeWorld({ app, books, db: sessions, owner, clock, enterprises: 2 });
  const { bookId, code, secrets } = world;
  const send = async (url: string, payload: object, secret = secrets.operator) => {
    const headers = { authorization: `Bearer ${secret}`, 'idempotency-key': randomUUID() };
    const response = await app.inject({ method: 'POST', url: `/v1/books/${code}${url}`, headers, payload });
    return response.json<Record<string, string>>();
  };
  const { memberId } = await send('/members', { personName: 'finance', role: 'finance' });
  await send(`/members/${memberId}/confirm`, {}, secrets.approver);
  const finance = (await send(`/members/${memberId}/keys`, {}))['secret'] ?? '';
  await app.close();
  await sessions.close();
  await owner.close();
  const admin = connect({ url: embedded.adminUrl, max: 1, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const [settlementId, payeeAccountId] = [randomUUID(), randomUUID()];
  const { providerId = '' } = world.vouchers[0] ?? {};
  await admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    await sql`
      insert into payee_accounts (book_id, payee_account_id, provider_id, holder_name, bank_name, bank_code, account_no_sealed, account_no_last4,
                                  account_fingerprint, valid_from, recorded_at, how, status, usable_from, proposed_person)
      select ${bookId}, ${payeeAccountId}, ${providerId}, '基准', '银行', '102491000012', 'x', '0000', ${'0'.repeat(64)}, '2026-01-01', '2026-01-01',
             'FIRST', 'CONFIRMED', '2026-01-01', person_id from persons where book_id = ${bookId} limit 1`;
    await sql`
      insert into payment_instructions (book_id, instruction_id, instruction_no, settlement_id, payee_id, fund, funder, attempt, amount_fen,
                                        payee_account_id, status, instructed_on)
      select ${bookId}, gen_random_uuid(), 'P-' || i, ${settlementId}, ${providerId}, ${fund}, 'CITY', i + 1, 100, ${payeeAccountId}, 'INSTRUCTED',
             '2026-04-15' from generate_series(0, ${2_000 + 2 * lines + inSheet - 1}::int) i`;
    await sql`
      insert into accounts (book_id, account_id, code, kind, fund, may_overdraw, credits_fen, opened_seq)
      select ${bookId}, gen_random_uuid(), format('in_transit:%s:%s:CITY', instruction_id, fund), 'in_transit', fund, false, 100, 1
        from payment_instructions where book_id = ${bookId}`;
  });
  await admin.sql.unsafe('analyze');
  await admin.close();
  return { operator: secrets.operator, finance, code };
}
