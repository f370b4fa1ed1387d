// A month shut, built and sealed: in order, by two persons, on what is at or before its cut-off; nothing is booked in it afterwards, and its data comes
// out byte for byte whatever happens to names since.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { openZip } from './zip.js';
import { expectStatus } from '../service.js';
import { buildMonth } from '../../src/months/build-month.js';
import { hasContent } from '../../src/evidence-files/queries.js';
import { findMonth } from '../../src/months/queries.js';
import { statementOf } from '../../src/months/statement.js';
import { tellBuilt } from '../../src/months/tell-built.js';
import { Pages } from '../../src/pdf/pages.js';
import { auditMonths } from '../../src/months/regenerate.js';
import { settle, startWorld } from '../settlements/world.js';
import type { World } from '../settlements/world.js';

type Body = Record<string, unknown>;

/** A month's page once its build has ended. */
export async function built(world: World, monthId: string): Promise<Body & { build: Body }> {
  for (let i = 0; i < 400; i++) {
    const shown = expectStatus(await world.auditor.get(`/months/${monthId}`), 200) as Body & { build: Body };
    if (shown.build['state'] === 'DONE' || shown.build['state'] === 'FAILED') return shown;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('never built');
}

async function packOf(world: World, monthId: string): Promise<Buffer> {
  const url = `/v1/books/${world.book.code}/months/${monthId}/pack`;
  const headers = { authorization: `Bearer ${world.auditor.secret}` };
  const response = await world.app.inject({ method: 'GET', url, headers });
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.rawPayload;
}

const pay = async (
  world: World,
  instructions: readonly { instructionNo: string; amount: string }[],
  day: string,
  prefix = 'B',
) => {
  const total = instructions.reduce((sum, { amount }) => sum + BigInt(amount.replace('.', '')), 0n).toString();
  return expectStatus(
    await world.finance.post('/bank-returns', {
      declaredCount: instructions.length,
      declaredTotal: `${total.slice(0, -2)}.${total.slice(-2)}`,
      lines: instructions.map(({ instructionNo, amount }, i) => ({
        instructionNo,
        status: 'PAID',
        bankSerial: `${prefix}${i}`,
        bookedOn: day,
        amount,
      })),
    }),
    201,
  ) as Body;
};

void t.test(
  'pages: the same content is the same bytes, a thousand rows are quick, and what the font lacks is told',
  async (t) => {
    const columns = [
      { header: '单位', width: 300 },
      { header: '金额', width: 100, isAmount: true },
    ];
    const rows = Array.from({ length: 1_000 }, (_, i) => [
      `第${i}家很长很长很长很长很长很长很长很长很长很长很长很长很长很长的单位`,
      `${i}.00`,
    ]);
    const made = async (extra: string) => {
      const pages = new Pages({ title: '试', at: new Date(0) })
        .title('〔2026〕1号')
        .text(`大写：壹贰叁${extra}`)
        .table(columns, rows);
      return { bytes: await pages.end(), missing: pages.missing };
    };
    const began = performance.now();
    const first = await made('');
    t.ok(performance.now() - began < 5_000, 'well within a second where nothing else runs');
    t.strictSame(first.missing, []);
    t.ok(first.bytes.equals((await made('')).bytes));
    t.strictSame((await made('𠮷ก')).missing, ['ก', '𠮷']);
  },
);

void t.test('a month is shut, built and sealed', async (t) => {
  const world = await startWorld(t, { now: '2024-07-15' });
  const { finance, payer, auditor, clock } = world;
  await world.approve([
    { provider: 0, approvedOn: '2024-07-15', amountFen: 1_000_01n },
    { provider: 0, approvedOn: '2024-07-15', amountFen: 2_000_02n },
    { provider: 1, approvedOn: '2024-07-15', amountFen: 3_000_03n },
  ]);
  const { instructions } = await settle(world, 'INSTRUCTED', '2024-07');

  await t.test('not before it is over for a day, not out of order, not by who may not', async (t) => {
    t.match(await finance.post('/months', { month: '2024-07' }), { status: 409, body: { code: 'MONTH_NOT_OVER' } });
    clock.set('2024-08-01');
    t.match(await finance.post('/months', { month: '2024-07' }), { status: 409, body: { code: 'MONTH_NOT_OVER' } });
    clock.set('2024-08-05');
    t.match(await finance.post('/months', { month: '2024-06' }), { status: 409, body: { code: 'MONTH_NOT_NEXT' } });
    t.match(await finance.post('/months', { month: '2024-08' }), { status: 409, body: { code: 'MONTH_NOT_NEXT' } });
    t.match(await payer.post('/months', { month: '2024-07' }), { status: 403 });
  });

  let monthId = '';
  /** What is told by the next look of the day. */
  const toldOfBuild = async (): Promise<string[]> => {
    const book = await world.books.find(world.book.code);
    if (!book) throw new Error('the book');
    const { db, bookId } = book;
    const before = await tellBuilt.isDue({ db, bookId, today: '2024-08-05' });
    const done = await tellBuilt.run({ book, clock, isStopping: () => false });
    t.equal(done, before ? 1 : 0);
    const staged = await world.db.sql<{ kind: string }[]>`
      select kind from outbox where kind in ('month.built', 'month.obstructed', 'month.build_failed') order by ledger_seq, place`;
    return staged.slice(-2 * done).map(({ kind }) => kind).slice(0, 2 * done);
  };
  await t.test('shut twice and at once it is shut once; payments in transit stand in the way', async (t) => {
    const second = await world.secondApp();
    const there = async () => {
      const headers = { authorization: `Bearer ${finance.secret}` };
      const url = `/v1/books/${world.book.code}/months`;
      const response = await second.app.inject({ method: 'POST', url, headers, payload: { month: '2024-07' } });
      return { status: response.statusCode, body: response.json<unknown>() };
    };
    const here = () => finance.post('/months', { month: '2024-07' });
    const answers = await Promise.all([here(), there(), here()]);
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409]);
    const body = answers.find(({ status }) => status === 201)?.body as Body;
    monthId = String(body['monthId']);
    t.match(await finance.post('/months', { month: '2024-08' }), { status: 409, body: { code: 'MONTH_STILL_CLOSING' } });
    t.strictSame(
      answers.flatMap((of) => (of.body as Body)['code'] ?? []),
      ['MONTH_SHUT', 'MONTH_SHUT'],
    );
    const { build } = await built(world, monthId);
    t.match(build, { state: 'DONE', cutOffSeq: body['ledgerSeq'], failure: null });
    t.match(build['obstacles'], [{ kind: 'PAYMENTS_IN_TRANSIT', count: instructions.length }]);
    t.strictSame(await toldOfBuild(), ['month.obstructed', 'month.obstructed'], 'both roles of finance are told of it');
    t.strictSame(await toldOfBuild(), [], 'once');
    const builds = await world.db.sql<{ attempts: number }[]>`select attempts from month_builds`;
    t.strictSame([...builds], [{ attempts: 1 }], 'by one of two processes, once');
    t.match(await payer.post(`/months/${monthId}/seal`, { sealDigest: build['sealDigest'] }), {
      status: 409,
      body: { code: 'MONTH_OBSTRUCTED' },
    });
  });

  await t.test('what the bank says of the month afterwards is booked in the next, and names its day', async (t) => {
    await pay(world, instructions, '2024-07-31');
    const [late] = await world.db.sql<{ first: string; last: string }[]>`
      select min(booked_on) as first, max(booked_on) as last from entries where kind = 'settlement.paid'`;
    t.strictSame(late, { first: '2024-08-01', last: '2024-08-01' });
    expectStatus(await finance.post(`/months/${monthId}/build`), 200);
    const { build } = await built(world, monthId);
    t.strictSame(build['obstacles'], []);
  });

  await t.test('one whose process is gone is built anew, and comes to the same', async (t) => {
    const { build: before } = await built(world, monthId);
    // As a process leaves it that stopped in its middle.
    await world.owner.begin(async ({ sql }) => {
      await sql`alter table month_parties disable trigger user`;
      await sql`delete from month_parties where build_id = ${String(before['buildId'])}`;
      await sql`alter table month_parties enable trigger user`;
      await sql`
        update month_builds set state = 'RUNNING', ended_at = null, attempts = 1, entries_done = 7, cut_off_seq = null, obstacles = null, line_count = null,
               data_digest = null, balances_digest = null, pack_digest = null, pack_bytes = null where build_id = ${String(before['buildId'])}`;
    });
    const building = { status: 409, body: { code: 'MONTH_BEING_BUILT' } };
    t.match(await payer.post(`/months/${monthId}/seal`, { sealDigest: before['sealDigest'] }), building);
    t.match(await finance.post(`/months/${monthId}/build`), building);
    const { build } = await built(world, monthId);
    const { endedAt: _, ...same } = before;
    t.match(build, same);
  });

  await t.test('left behind at any step and begun again, it comes to the same', async (t) => {
    const { build } = await built(world, monthId);
    const building = { bookId: world.book.bookId, monthId, month: '2024-07', shutBy: 'x', shutOn: '2024-08-05' };
    const buildIn = async (left: string | null) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'month-'));
      try {
        const onProgress = ({ step }: { step: string }) => {
          if (step === left) throw new Error(`left at ${step}`);
        };
        return await buildMonth(world.db, building, { folder, onProgress });
      } finally {
        await rm(folder, { recursive: true });
      }
    };
    for (const step of ['CHECK', 'LINES', 'BALANCES', 'PACK', 'STORE'])
      await t.rejects(buildIn(step), { message: `left at ${step}` });
    const { result } = await buildIn(null);
    t.match(build, { dataDigest: result.dataDigest, balancesDigest: result.balancesDigest, lines: result.lineCount });
  });

  await t.test('one that was begun too often has failed, and is asked for again', async (t) => {
    expectStatus(await finance.post(`/months/${monthId}/build`), 200);
    await built(world, monthId);
    await world.owner.sql`
      update month_builds set state = 'RUNNING', ended_at = null, attempts = 3, cut_off_seq = null, obstacles = null, line_count = null,
             data_digest = null, balances_digest = null, pack_digest = null, pack_bytes = null
       where build_id = (select max(build_id::text)::uuid from month_builds)`;
    // Whoever asks for what is under way wakes the process.
    await finance.post(`/months/${monthId}/build`);
    const { build } = await built(world, monthId);
    t.match(build, { state: 'FAILED', failure: 'MONTH_BUILD_FAILED', sealDigest: null });
    t.strictSame(await toldOfBuild(), ['month.build_failed', 'month.build_failed']);
    t.match(await payer.post(`/months/${monthId}/seal`, { sealDigest: '0'.repeat(64) }), { body: { code: 'MONTH_BEING_BUILT' } });
    expectStatus(await finance.post(`/months/${monthId}/build`), 200);
    t.match((await built(world, monthId)).build, { state: 'DONE', obstacles: [] });
    t.strictSame(await toldOfBuild(), ['month.built', 'month.built']);
  });

  await t.test('another person seals it by its digest, once', async (t) => {
    const { build } = await built(world, monthId);
    const sealDigest = build['sealDigest'];
    t.match(await payer.post(`/months/${monthId}/seal`, { sealDigest: '0'.repeat(64) }), {
      status: 409,
      body: { code: 'MONTH_CHANGED' },
    });
    expectStatus(await payer.post(`/months/${monthId}/seal`, { sealDigest }), 200);
    t.match(await payer.post(`/months/${monthId}/seal`, { sealDigest }), { status: 409, body: { code: 'MONTH_WRONG_STATE' } });
    t.match(await finance.post(`/months/${monthId}/build`), { status: 409, body: { code: 'MONTH_WRONG_STATE' } });
    const listed = expectStatus(await auditor.get('/months'), 200);
    t.match(listed, { items: [{ month: '2024-07', status: 'SEALED', sealDigest }], next: null });
    const open = { month: '2024-08', from: '2024-08-01', shutFrom: '2024-09-02' };
    t.strictSame(expectStatus(await auditor.get('/open-month'), 200), open);
  });

  await t.test('the pack is one zip, whose manifest tells what is in it', async (t) => {
    const { build } = await built(world, monthId);
    const pack = await packOf(world, monthId);
    t.equal(createHash('sha256').update(pack).digest('hex'), build['packDigest']);
    t.ok(await hasContent(world.db, world.book.bookId, String(build['packDigest'])), 'a sweep of the store leaves it');
    const files = await openZip(pack);
    const manifest = (files.get('manifest.txt') ?? Buffer.alloc(0)).toString();
    for (const [name, bytes] of files) {
      if (name !== 'manifest.txt')
        t.ok(manifest.includes(`${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`), name);
    }
    const data = files.get('data/month.txt') ?? Buffer.alloc(0);
    t.equal(createHash('sha256').update(data).digest('hex'), build['dataDigest']);
    t.match(data.toString(), /\nline\t\d+\t2024-07-15\tredemption.approved\t/);
  });

  await t.test('a statement is pages of one payee, for itself and for the authorities', async (t) => {
    const [first, second] = world.providers;
    if (!first || !second) throw new Error('two providers');
    const ask = (secret: string, payeeId: string) =>
      world.app.inject({
        method: 'GET',
        url: `/v1/books/${world.book.code}/months/${monthId}/statement?payeeId=${payeeId}`,
        headers: { authorization: `Bearer ${secret}` },
      });
    const [own, ofAuditor, foreign] = await Promise.all([
      ask(first.member.secret, first.providerId),
      ask(auditor.secret, first.providerId),
      ask(first.member.secret, second.providerId),
    ]);
    t.equal(own.statusCode, 200);
    t.match(own.rawPayload.subarray(0, 5).toString(), '%PDF-');
    t.ok(own.rawPayload.equals(ofAuditor.rawPayload), 'the same facts, the same bytes');
    t.equal(foreign.statusCode, 404);
    t.equal((await ask(auditor.secret, monthId)).statusCode, 404);
    const seen = await findMonth(world.db, { bookId: world.book.bookId, monthId });
    if (!seen) throw new Error('the month');
    const { bookId, code: name } = world.book;
    t.equal(await statementOf(world.db, { bookId, name }, seen, first.providerId, 1), 'TOO_LONG', 'told as STATEMENT_TOO_LONG');
  });

  await t.test('renamed since, and booked on since, it comes out as it was; what is altered is found', async (t) => {
    const { bookId } = world.book;
    await world.approve([{ provider: 0, approvedOn: '2024-08-05', amountFen: 5_000_05n }]);
    t.strictSame(await auditMonths(world.db, bookId), []);
    const faults: [what: string, found: RegExp | null, plant: string][] = [
      ['a new name', null, `update providers set name = '更名后有限公司'`],
      [
        'an amount',
        /data is/,
        `update entries set amount_fen = amount_fen + 1 where kind = 'redemption.approved' and booked_on < '2024-08-01'`,
      ],
      [
        'a running balance',
        /balances is/,
        `update entries set credit_after_fen = credit_after_fen + 1 where kind = 'settlement.instructed'`,
      ],
      ['a day', /does not add up/, `update entries set booked_on = '2024-08-01' where kind = 'voucher.issued'`],
      ['a name that was kept', /data is/, `update month_parties set name = 'x'`],
      ['the cut-off', /cut-off is/, `update months set cut_off_seq = cut_off_seq + 1`],
      ['a month left out', /follows it, not/, `update books set open_from = '2024-09-01'`],
      [
        'a late entry',
        /after it was shut/,
        `insert into late_legs select book_id, account_id, 99999, '2024-07-31', 1 from accounts limit 1`,
      ],
    ];
    for (const [what, found, plant] of faults) {
      const undone = new Error('undone');
      await world.admin
        .begin(async (tx) => {
          await tx.sql.unsafe('set local session_replication_role = replica');
          await tx.sql.unsafe(plant);
          const findings = await auditMonths(tx, bookId);
          if (found === null) t.strictSame(findings, [], what);
          else
            t.ok(
              findings.some(({ invariant, detail }) => invariant === 12 && found.test(detail)),
              what,
            );
          throw undone;
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error;
        });
    }
  });

  await t.test('the database itself refuses a day of a month that is shut', async (t) => {
    await t.rejects(
      world.db.begin(async ({ sql }) => {
        const [head] = await sql<{ seq: bigint }[]>`select seq from open_lane(${world.book.bookId})`;
        await sql`
          select post_entries(${world.book.bookId}, ${head?.seq ?? 0n}, now(), '{}', '{}', '{}', '{}', array[gen_random_uuid()], array[gen_random_uuid()],
            array[gen_random_uuid()], array[repeat('00', 32)], array[null]::text[], array[1], array['test.late'], array['2024-07-31'::date],
            array[null]::uuid[], array[null]::text[], array[null]::text[], array[null]::bigint[], array[null]::uuid[], array[null]::uuid[],
            array[null]::bigint[])`;
      }),
      { code: 'VL007' },
    );
    const [shutBy] = await world.db.sql<{ person: string }[]>`select shut_person as person from months`;
    await t.rejects(
      world.db.begin(async ({ sql }) => {
        await sql`select from open_lane(${world.book.bookId})`;
        await sql`
          insert into months (book_id, month_id, month, status, shut_person, shut_on, recorded_at)
          values (${world.book.bookId}, gen_random_uuid(), '2024-10', 'CLOSING', ${shutBy?.person ?? ''}, '2025-01-01', now())`;
      }),
      { code: 'VL007' },
      'nor is one shut out of order',
    );
    await t.rejects(
      world.db.begin(async ({ sql }) => {
        await sql`select from open_lane(${world.book.bookId})`;
        await sql`update months set data_digest = repeat('0', 64)`;
      }),
      { code: 'VL001' },
      'a sealed one changed',
    );
  });

  await t.test('the next month begins where this one ended, and tells what came late', async (t) => {
    clock.set('2024-09-05');
    const { monthId: next } = expectStatus(await finance.post('/months', { month: '2024-08' }), 201) as { monthId: string };
    const { build } = await built(world, next);
    t.match(build, { state: 'DONE', obstacles: [] });
    expectStatus(await payer.post(`/months/${next}/seal`, { sealDigest: build['sealDigest'] }), 200);
    const [before, after] = await Promise.all(
      [monthId, next].map(async (id) => {
        const files = await openZip(await packOf(world, id));
        return {
          data: (files.get('data/month.txt') ?? '').toString(),
          exceptions: (files.get('exceptions.csv') ?? '').toString(),
        };
      }),
    );
    const trial = (text: string, column: number) =>
      Object.fromEntries(
        text
          .split('\n')
          .filter((line) => line.startsWith('trial\t'))
          .map((line) => line.split('\t'))
          .flatMap((fields) => (fields[column] === '0.00' ? [] : [[`${fields[1]} ${fields[2]}`, fields[column]]])),
      );
    t.strictSame(trial(after?.data ?? '', 3), trial(before?.data ?? '', 6), 'opening is closing');
    t.match(after?.data, /\nline\t\d+\t2024-08-01\tsettlement\.paid\t[^\n]*\t2024-07-31\n/);
    t.match(after?.exceptions, /迟到事项,已支付,[^\n]*,2024-07-31/);
    t.strictSame(await auditMonths(world.db, world.book.bookId), [], 'and both come out as they were');
  });
});
