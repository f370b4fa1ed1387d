// The life of a redemption: every verb in every state; taking an approved one back before a batch holds its money, in part or whole, and
// where what comes back goes when its voucher has ended meanwhile.
import t from 'tap';
import type { Finding } from '../../src/ledger/audit.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness, findBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { lapseDue } from '../../src/redemptions/lapse.js';
import { redemptionLife } from '../../src/redemptions/rules.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import type { TradeContract } from '../usage/world.js';
import { fen, fund, programmeCode, startTrade, uscc } from '../usage/world.js';
import { lookAt, tryEverything } from './table.js';

const reason = '票面有误';
const noDigest = '0'.repeat(64);
const told = ({ status, body }: Answer) => (status < 300 ? String(status) : `${status} ${body.code as string}`);

void t.test('the life of a redemption', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, reviewer } = trade;
  const approver = await book.member('approver');
  const { operator } = book;
  const redeem = async (voucherId: string, invoiceId: string) =>
    expectStatus(await buyer.post('/redemptions', { voucherId, invoiceId }), 201) as Record<string, string>;
  /** A redemption of 2,000.00: approved by rule, or waiting because the price is not the contract's. */
  const bring = async (of: { waits?: boolean; contract?: TradeContract; voucherId?: string } = {}) => {
    const contract = of.contract ?? (await trade.fileContract('100000.00'));
    const voucherId = of.voucherId ?? (await trade.voucher(contract, '20000.00'));
    const invoiceId = await trade.invoice(contract, { gross: '10000.00', ...(of.waits ? { quantity: '99' } : {}) });
    const { redemptionId = '', redemptionNo = '' } = await redeem(voucherId, invoiceId);
    return { contract, voucherId, invoiceId, redemptionId, redemptionNo, url: `/redemptions/${redemptionId}` };
  };
  type Brought = Awaited<ReturnType<typeof bring>>;
  const propose = async ({ url }: Brought, amount?: string): Promise<string> => {
    const body = { reason, ...(amount === undefined ? {} : { amount }) };
    return expectStatus(await reviewer.post(`${url}/propose-reversal`, body), 201).contentDigest as string;
  };
  const reverse = async (of: Brought, amount?: string) =>
    approver.post(`${of.url}/reverse`, { contentDigest: await propose(of, amount) });
  const balance = async (code: string): Promise<bigint> => {
    const [row] = await trade.owner.sql<{ fen: bigint }[]>`
      select credits_fen - debits_fen as fen from accounts where book_id = ${book.bookId} and code = ${code}`;
    return row?.fen ?? 0n;
  };
  const audited = async () => [
    ...(await auditLedger(trade.owner, book.bookId)),
    ...(await auditBusiness(trade.owner, book.bookId)),
    ...(await recomputeAwards(trade.owner, book.bookId)),
  ];
  const redeemedLimit = `used:${programmeCode}.redeemed:${uscc(1)}:2024`;

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const refused = await tryEverything(t, {
      life: redemptionLife,
      bring: async (state) => {
        const of = await bring({ waits: state === 'SUBMITTED' || state === 'RETURNED' });
        if (state === 'RETURNED') expectStatus(await reviewer.post(`${of.url}/return`, { reason }), 200);
        if (state === 'REVERSED') expectStatus(await reverse(of), 200);
        return of;
      },
      ask: (verb, { url }) => {
        if (verb === 'verify') return reviewer.post(`${url}/verify`, { approved: '1.00' });
        if (verb === 'lapse') return reviewer.post(`${url}/lapse`, {});
        if (verb === 'return') return reviewer.post(`${url}/return`, { reason });
        if (verb === 'propose-reversal') return reviewer.post(`${url}/propose-reversal`, { reason });
        return approver.post(`${url}/reverse`, { contentDigest: noDigest });
      },
      look: ({ url }) => lookAt(reviewer, url),
    });
    t.equal(refused, 15);
    t.strictSame(await audited(), []);
  });

  await t.test(
    'two persons take one back: money, limits and the invoice are as before it, and the entry names what it reverses',
    async (t) => {
      const [before, limit] = [await balance(`available:${fund}`), await balance(redeemedLimit)];
      const of = await bring();
      const { url, voucherId, invoiceId } = of;
      t.equal(await balance(redeemedLimit), limit + fen('2000.00'));
      t.equal(told(await approver.post(`${url}/reverse`, { contentDigest: noDigest })), '409 NO_PROPOSAL');
      t.equal(told(await approver.post(`${url}/drop-reversal`, { reason })), '409 NO_PROPOSAL');
      t.equal(told(await reviewer.post(`${url}/propose-reversal`, { reason, amount: '2000.01' })), '409 REVERSAL_ABOVE_APPROVED');
      t.equal(told(await reviewer.post(`${url}/propose-reversal`, { reason, amount: '0.00' })), '400 AMOUNT_ZERO');
      const dropped = await propose(of, '1.00');
      t.equal(told(await reviewer.post(`${url}/propose-reversal`, { reason })), '409 PROPOSAL_OPEN');
      expectStatus(await approver.post(`${url}/drop-reversal`, { reason: '无须冲正' }), 200);
      const contentDigest = await propose(of);
      const both = await book.member('approver', { personId: reviewer.personId });
      t.equal(told(await both.post(`${url}/reverse`, { contentDigest })), '403 FOUR_EYES');
      t.equal(told(await approver.post(`${url}/reverse`, { contentDigest: dropped })), '409 PROPOSAL_CHANGED');
      const done = expectStatus(await approver.post(`${url}/reverse`, { contentDigest }), 200);
      t.match(done, { status: 'REVERSED', approved: '2000.00', reversed: '2000.00', voucherBalance: '20000.00' });
      t.equal(told(await approver.post(`${url}/reverse`, { contentDigest })), '409 REDEMPTION_WRONG_STATE', 'once');
      t.strictSame([await balance(`available:${fund}`), await balance(redeemedLimit)], [before - fen('20000.00'), limit]);
      t.equal(await trade.status(voucherId), 'ACTIVE', 'nothing of it is used any more');
      const [entry] = await trade.owner.sql<{ kind: string; subject: string }[]>`
      select o.kind, o.subject_id as subject from entries e join entries o on o.book_id = e.book_id and o.seq = e.reverses_seq
       where e.book_id = ${book.bookId} and e.subject_id = ${of.redemptionId}`;
      t.strictSame(entry, { kind: 'redemption.approved', subject: of.redemptionId });
      const shown = expectStatus(await buyer.get(url), 200);
      t.match(shown, {
        possible: [],
        reversals: [
          { status: 'DROPPED', amount: '1.00' },
          { status: 'APPROVED', amount: '2000.00' },
        ],
      });
      t.match(
        await redeem(voucherId, invoiceId),
        { status: 'APPROVED', approved: '2000.00' },
        'the invoice may be redeemed again',
      );
      t.strictSame(await audited(), []);
    },
  );

  await t.test('in part it is cut off for good, and what is left can be taken back once more', async (t) => {
    const of = await bring();
    t.match(expectStatus(await reverse(of, '500.00'), 200), {
      status: 'APPROVED',
      reversed: '500.00',
      voucherBalance: '18500.00',
    });
    const second = await bring({ contract: of.contract, voucherId: of.voucherId });
    t.match(expectStatus(await reviewer.get(second.url), 200), { approved: '2000.00' }, 'the next one does not get it');
    t.strictSame(await audited(), []);
    t.match(expectStatus(await reverse(of), 200), { status: 'REVERSED', reversed: '2000.00' });
    const { redemptionId: third = '' } = await redeem(of.voucherId, of.invoiceId);
    t.match(expectStatus(await reviewer.get(`/redemptions/${third}`), 200), { approved: '2000.00' }, 'as if it had never been');
    t.strictSame(await audited(), []);
  });

  await t.test('a fen that later redemptions rest on is reversed with them first', async (t) => {
    const contract = await trade.fileContract('2000000.00');
    const voucherId = await trade.voucher(contract, '400000.00');
    const made: Brought[] = [];
    for (const amount of ['66666.66', '66666.67', '66666.66']) {
      const paid = amount === '66666.67' ? '266666.66' : '266666.67';
      const invoiceId = await trade.invoice(contract, { gross: '333333.33' }, { paid });
      const { redemptionId = '', redemptionNo = '', approved } = await redeem(voucherId, invoiceId);
      t.equal(approved, amount);
      made.push({ contract, voucherId, invoiceId, redemptionId, redemptionNo, url: `/redemptions/${redemptionId}` });
    }
    const [first, second] = made as [Brought, Brought];
    // 20 % of what the other two rest on is 133,333.332, and they hold 133,333.33: right. Without the third they hold a fen too much.
    expectStatus(await reverse(first), 200);
    const third = made[2] as Brought;
    const left = await reverse(third);
    t.match(left, { status: 409, body: { code: 'REVERSAL_LEAVES_EXCESS', detail: /0\.01/ } });
    expectStatus(await reverse(second, '0.01'), 200);
    const waiting = expectStatus(await reviewer.get(third.url), 200).reversals as { contentDigest: string }[];
    expectStatus(await approver.post(`${third.url}/reverse`, { contentDigest: waiting.at(-1)?.contentDigest }), 200);
    t.strictSame(await audited(), []);
  });

  await t.test('once a batch holds its money it takes a recovery', async (t) => {
    const [of, other] = [await bring(), await bring()];
    const contentDigest = await propose(other);
    expectStatus(await reverse(of, '500.00'), 200);
    const finance = await book.member('finance');
    trade.clock.set('2024-09-02');
    const { total } = expectStatus(await finance.post('/settlements', { period: '2024-08' }), 201);
    t.ok(fen(total as string) > 0n);
    const refused = await reviewer.post(`${of.url}/propose-reversal`, { reason }, { headers: { 'accept-language': 'en' } });
    t.match(refused, { status: 409, body: { code: 'REDEMPTION_BATCHED', detail: /recovery/ } });
    t.equal(told(await approver.post(`${other.url}/reverse`, { contentDigest })), '409 PROPOSAL_CHANGED', 'it changed since');
    t.strictSame(expectStatus(await reviewer.get(of.url), 200).possible, []);
    t.strictSame(await audited(), []);
  });

  await t.test('what comes back after its voucher has ended goes where the balance went', async (t) => {
    const contract = await trade.fileContract('100000.00');
    const voucherId = await trade.voucher(contract, '20000.00', { lastDay: '2024-09-10' });
    const [returned, inPart, late] = [
      await bring({ waits: true, contract, voucherId }),
      await bring({ waits: true, contract, voucherId }),
      await bring({ contract, voucherId }),
    ];
    trade.clock.set('2024-09-11');
    const lapsed = await balance(`lapsed:${fund}`);
    t.match(expectStatus(await operator.post(`/vouchers/${voucherId}/expire`, {}), 200), {
      reserved: '4000.00',
      lapsed: '14000.00',
    });
    t.match(expectStatus(await reviewer.post(`${returned.url}/return`, { reason }), 200), { voucherBalance: '0.00' });
    const more = { amount: '500.00', paidOn: '2024-09-10', bankSerial: 'after-the-end' };
    expectStatus(await buyer.post(`/usage-invoices/${inPart.invoiceId}/payments`, more), 201);
    t.match(expectStatus(await reviewer.post(`${inPart.url}/verify`, { approved: '1500.00' }), 200), { voucherBalance: '0.00' });
    t.match(expectStatus(await reverse(late), 200), { status: 'REVERSED', voucherBalance: '0.00' });
    t.equal(await balance(`lapsed:${fund}`), lapsed + fen('18500.00'));
    const { endings, lapsed: all, status } = expectStatus(await buyer.get(`/vouchers/${voucherId}`), 200);
    t.strictSame([status, all], ['EXPIRED', '18500.00']);
    t.strictSame(
      (endings as { why: string; lapsed: string }[]).map((one) => [one.why, one.lapsed]),
      [
        ['EXPIRED', '14000.00'],
        ['RELEASED', '2000.00'],
        ['RELEASED', '500.00'],
        ['REVERSED', '2000.00'],
      ],
    );
    t.strictSame(await audited(), []);
  });

  await t.test('a revoked voucher pays nothing more; a cancelled one finishes what was submitted', async (t) => {
    const [one, two] = [await bring({ waits: true }), await bring({ waits: true })];
    const end = async (voucherId: string, kind: 'CANCEL' | 'REVOKE') => {
      const body = { kind, reason, evidence: '查证材料' };
      const { contentDigest } = expectStatus(await reviewer.post(`/vouchers/${voucherId}/propose-ending`, body), 201);
      expectStatus(await approver.post(`/vouchers/${voucherId}/${kind.toLowerCase()}`, { contentDigest }), 200);
    };
    await end(one.voucherId, 'REVOKE');
    await end(two.voucherId, 'CANCEL');
    t.equal(told(await reviewer.post(`${one.url}/verify`, { approved: '2000.00' })), '409 VOUCHER_REVOKED');
    const available = await balance(`available:${fund}`);
    expectStatus(await reviewer.post(`${one.url}/return`, { reason }), 200);
    t.equal(await balance(`available:${fund}`), available + fen('2000.00'));
    t.match(expectStatus(await reviewer.post(`${two.url}/verify`, { approved: '2000.00' }), 200), { status: 'APPROVED' });
    t.match(expectStatus(await reviewer.get(`/vouchers/${two.voucherId}`), 200), { status: 'CANCELLED', givenBack: '18000.00' });
    t.strictSame(await audited(), []);
  });

  await t.test(
    'what waits when its voucher ends lapses where the law says so, whenever and in which order it is done',
    async (t) => {
      const contract = await trade.fileContract('100000.00');
      const lastDay = '2024-09-20';
      const onItsLastDay = async (face: string, version: number): Promise<Brought> =>
        bring({ waits: true, contract, voucherId: await trade.voucher(contract, face, { version, lastDay }) });
      const finishes = await onItsLastDay('2500.00', 2);
      await trade.activate(3, [['value: FINISH', 'value: LAPSE']]);
      const [first, frozen, third] = [
        await onItsLastDay('2501.00', 3),
        await onItsLastDay('2502.00', 3),
        await onItsLastDay('2503.00', 3),
      ];
      trade.clock.set(`${lastDay}T23:59:59.999+08:00`);
      t.strictSame(await lapseDue.isDue({ db: trade.db, bookId: book.bookId, today: lastDay }), false);
      t.equal(told(await reviewer.post(`${first.url}/lapse`, {})), '409 VOUCHER_NOT_PAST', 'the last day is inclusive');
      expectStatus(await approver.post(`/vouchers/${frozen.voucherId}/freeze`, { reason: '核查' }), 200);
      trade.clock.set('2024-09-21T00:00:00+08:00');
      t.equal(told(await reviewer.post(`${finishes.url}/lapse`, {})), '409 REDEMPTION_MAY_FINISH');
      t.equal(told(await reviewer.post(`${frozen.url}/lapse`, {})), '409 VOUCHER_FROZEN', 'what froze it is decided first');
      expectStatus(await operator.post(`/vouchers/${third.voucherId}/expire`, {}), 200);
      trade.clock.set('2024-11-02');
      t.strictSame(await lapseDue.isDue({ db: trade.db, bookId: book.bookId, today: '2024-11-02' }), true);
      const [here, there] = await Promise.all([trade.books.find(book.code), (await trade.secondApp()).books.find(book.code)]);
      if (!here || !there) throw new Error('the book is not there');
      const run = async (of: typeof here) => lapseDue.run({ book: of, clock: trade.clock, isStopping: () => false });
      const done = await Promise.all([run(here), run(there)]);
      t.equal(done[0] + done[1] + (await run(here)), 2, 'each once');
      expectStatus(await operator.post(`/vouchers/${first.voucherId}/expire`, {}), 200);
      for (const { url, voucherId } of [first, third]) {
        t.match(expectStatus(await reviewer.get(url), 200), { status: 'RETURNED', verified: 'BY_RULE', possible: [] });
        t.match(expectStatus(await buyer.get(`/vouchers/${voucherId}`), 200), {
          status: 'EXPIRED',
          reserved: '0.00',
          balance: '0.00',
        });
      }
      t.match(expectStatus(await reviewer.get(finishes.url), 200), { status: 'SUBMITTED' });
      expectStatus(await approver.post(`/vouchers/${frozen.voucherId}/unfreeze`, { reason: '查无实据' }), 200);
      t.equal(await run(there), 1);
      t.strictSame(await audited(), []);
    },
  );

  await t.test('what the papers and the ledger no longer agree on is found', async (t) => {
    const defects: [invariant: number, name: string, told: RegExp, statement: string][] = [
      [3, 'more lapsed than vouchers say', /^lapsed:/, "update accounts set credits_fen = credits_fen + 1 where kind = 'lapsed'"],
      [4, 'an ending that is gone', /^voucher .*endings: none/, "delete from voucher_endings where why = 'EXPIRED'"],
      [
        4,
        'a voucher that lives again',
        /^voucher .*ACTIVE/,
        "update vouchers set status = 'ACTIVE', ended_on = null where status = 'EXPIRED'",
      ],
      [4, 'expired on its last day', /^voucher .*EXPIRED/, "update vouchers set last_day = ended_on where status = 'EXPIRED'"],
      [
        5,
        'a limit given back that ended for cause',
        /^used:/,
        "update voucher_endings set quota_back = 'CHARGED' where why = 'REVOKED'",
      ],
      [
        5,
        'reversed, and counted all the same',
        /^used:/,
        "update redemptions set reversed_fen = reversed_fen - 1 where status = 'APPROVED' and reversed_fen > 0",
      ],
      [
        6,
        'reversed by nobody',
        /^redemption .*decided/,
        "update redemption_reversals set amount_fen = amount_fen + 1 where status = 'APPROVED'",
      ],
      [
        6,
        'a reversal that names another entry',
        /^redemption .*do not name/,
        "update entries set reverses_seq = 1 where kind = 'redemption.reversed'",
      ],
      [
        11,
        'one person proposed and approved',
        /^reversal /,
        "update redemption_reversals set decided_person = proposed_person where status = 'APPROVED'",
      ],
      [
        11,
        'one person ended a voucher',
        /^proposal /,
        "update voucher_proposals set decided_person = proposed_person where status = 'APPROVED'",
      ],
    ];
    for (const [invariant, name, of, statement] of defects) {
      let found: Finding[] = [];
      await trade.admin
        .begin(async (tx) => {
          await tx.sql.unsafe('set local session_replication_role = replica');
          for (const [table, constraint] of [
            ['redemption_reversals', 'redemption_reversals_four_eyes'],
            ['voucher_proposals', 'voucher_proposals_four_eyes'],
          ]) {
            await tx.sql.unsafe(`alter table ${table} drop constraint ${constraint}`);
          }
          await tx.sql.unsafe(statement);
          found = await findBusiness(tx, book.bookId);
          throw new Error('planted');
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.message === 'planted')) throw error;
        });
      t.ok(
        found.some((one) => one.invariant === invariant && of.test(`${one.subject}: ${one.detail}`)),
        `${invariant}: ${name}`,
        { found: found.slice(0, 3) },
      );
    }
    t.strictSame(await audited(), []);
  });
});
