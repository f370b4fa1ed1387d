// The daily expiry: all that is due and nothing else, once, whatever dies in the middle of it and however many processes run it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { OpeningContent } from '../../schemas/opening-balances.js';
import { Daily } from '../../src/daily.js';
import { makeLogger } from '../../src/log.js';
import { auditLedger } from '../../src/ledger/audit.js';
import type { Actor, Verb } from '../../src/ledger/lane.js';
import { formatYuan } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { approveOpening } from '../../src/vouchers/approve-opening.js';
import { expireDue } from '../../src/vouchers/expire-due.js';
import { prepareOpening } from '../../src/vouchers/prepare-opening.js';
import type { Caller } from '../service.js';
import { asHere } from '../program.js';
import { expectStatus } from '../service.js';
import { fund, programmeCode, startTrade } from '../usage/world.js';

const count = 2_400;

void t.test('the daily expiry', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, reviewer, db } = trade;
  const approver = await book.member('approver');
  const open = await trade.books.find(book.code);
  if (!open) throw new Error('the book is not there');
  const { lane } = open;
  const contract = await trade.fileContract('2000000.00');
  const as = ({ memberId, personId }: Caller, role: string): Actor => ({
    memberId,
    personId,
    role,
    kind: 'PERSON',
    legalPersonUscc: null,
  });
  /** Makes vouchers outstanding at go-live, in one slice each: from 1.01 yuan up, the later ones with a later last day. */
  const bring = async (many: number, lastDay: string): Promise<string[]> => {
    const bodies = Array.from({ length: many }, (_, i): OpeningContent => ({
      kind: 'VOUCHER',
      programmeCode,
      version: 2,
      contractId: contract.contractId,
      issuedOn: '2024-07-01',
      lastDay,
      balance: formatYuan(101n + BigInt(i)),
      baseRedeemed: '0.00',
      amountRedeemed: '0.00',
    }));
    const take = async <Body, Result>(of: Verb<Body, Result>, list: readonly Body[], who: Actor, key: string) => {
      const requestDigest = createHash('sha256').update(key).digest('hex');
      const done = await lane.submitSlice(of, { bodies: list, actor: who, key, requestDigest, allOrNothing: true });
      if (done.kind !== 'decided' || !done.written) throw new Error(JSON.stringify(done).slice(0, 400));
      return done.lines.flatMap((line) => (line.kind === 'accepted' ? [line.result] : []));
    };
    const prepared = await take(prepareOpening, bodies, as(book.operator, 'operator'), `prepare ${lastDay}`);
    const made = await take(
      approveOpening,
      prepared.map(({ openingBalanceId }) => ({ id: openingBalanceId })),
      as(approver, 'approver'),
      `approve ${lastDay}`,
    );
    return made.map(({ voucherId }) => voucherId ?? '');
  };
  const totals = async () => {
    const [row] = await db.sql<{ expired: bigint; endings: bigint; lapsed: bigint; refusals: bigint }[]>`
      select (select count(*) from vouchers where book_id = ${book.bookId} and status = 'EXPIRED') as expired,
             (select count(*) from voucher_endings where book_id = ${book.bookId}) as endings,
             (select coalesce(sum(credits_fen - debits_fen), 0)::bigint from accounts where book_id = ${book.bookId} and code = ${`lapsed:${fund}`}) as lapsed,
             (select count(*) from entries where book_id = ${book.bookId} and kind = 'voucher.expire') as refusals`;
    return row;
  };
  const sumOf = (many: number): bigint => BigInt(many) * 101n + (BigInt(many) * BigInt(many - 1)) / 2n;
  const audited = async () => [...(await auditLedger(db, book.bookId)), ...(await auditBusiness(db, book.bookId))];
  const run = async (of = open) => expireDue.run({ book: of, clock: trade.clock, isStopping: () => false });

  await t.test('nothing on the last day; all on the day after, but what is frozen; and nothing twice', async (t) => {
    const [frozen = ''] = await bring(3, '2024-08-10');
    expectStatus(await approver.post(`/vouchers/${frozen}/freeze`, { reason: '核查' }), 200);
    trade.clock.set('2024-08-10T23:59:59+08:00');
    t.strictSame(await expireDue.isDue({ db: db, bookId: book.bookId, today: '2024-08-10' }), false);
    t.equal(await run(), 0);
    trade.clock.set('2024-08-11T00:00:00+08:00');
    t.strictSame(await expireDue.isDue({ db: db, bookId: book.bookId, today: '2024-08-11' }), true);
    t.equal(await run(), 2);
    t.equal(await run(), 0);
    const { fen } = { fen: 102n + 103n };
    t.strictSame(await totals(), { expired: 2n, endings: 2n, lapsed: fen, refusals: 0n });
    // Released on a later day it ends like the others.
    trade.clock.set('2024-08-20');
    expectStatus(await approver.post(`/vouchers/${frozen}/unfreeze`, { reason: '查无实据' }), 200);
    const daily = new Daily({
      db,
      clock: trade.clock,
      log: makeLogger('silent'),
      works: [expireDue],
      open: (code) => trade.books.find(code),
    });
    await daily.look();
    await daily.close();
    t.strictSame(await totals(), { expired: 3n, endings: 3n, lapsed: sumOf(3), refusals: 0n });
    const [entry] = expectStatus(await reviewer.get(`/vouchers/${frozen}`), 200).history.slice(-1) as Record<string, unknown>[];
    t.match(entry, { what: 'voucher.expired', amount: '1.01', direction: 'OUT', bookedOn: '2024-08-20' });
    t.strictSame(await audited(), []);
  });

  await t.test(
    'a process killed in the middle leaves whole slices, and two others finish what it left, each voucher once',
    async (t) => {
      const ids = await bring(count, '2024-09-10');
      trade.clock.set('2024-09-11');
      const before = await totals();
      const child = spawn(
        process.execPath,
        [...asHere('test/vouchers/expiry-process.ts'), trade.urls.app, book.code, '2024-09-11T02:00:00Z'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      await once(child.stdout, 'data');
      const expired = async (): Promise<number> => Number(((await totals())?.expired ?? 0n) - (before?.expired ?? 0n));
      while ((await expired()) === 0) await sleep(2);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const left = count - (await expired());
      t.ok(left > 0 && left < count, `${count - left} were expired when it died`);
      t.strictSame(await audited(), [], 'what is there is whole');

      const second = await trade.secondApp();
      const there = await second.books.find(book.code);
      if (!there) throw new Error('the book is not there');
      // A person's command in the middle is neither lost nor in the way.
      const invoiceId = await trade.invoice(contract, { gross: '10.00' });
      const [here, other, late] = await Promise.all([
        run(),
        run(there),
        buyer.post('/redemptions', { voucherId: ids.at(-1), invoiceId }),
      ]);
      t.match(late, { status: 409, body: { code: 'VOUCHER_EXPIRED' } }, 'past its last day, expired or not yet');
      const rest = (await run()) + (await run(there));
      t.equal(here + other + rest, left, `${here} here, ${other} there`);
      t.strictSame(await totals(), {
        expired: BigInt(count) + 3n,
        endings: BigInt(count) + 3n,
        lapsed: sumOf(count) + sumOf(3),
        refusals: 0n,
      });
      t.strictSame(await audited(), []);
    },
  );
});
