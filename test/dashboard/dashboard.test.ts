// The dashboard says what the papers say: of the whole book to the authorities, of its own to a member of the trade.
import t from 'tap';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { formatYuan, parseYuan } from '../../src/money.js';
import { expectStatus } from '../service.js';
import { programmeCode, settle, startWorld } from '../settlements/world.js';

interface Shown {
  funds: Record<string, string>[];
  months: (Record<string, string> & { redemptions: number })[];
  waiting: { what: string; count: number; more: boolean; mine: boolean; list: string }[];
}

void t.test('granted, promised, redeemed, paid and left; by month; and what waits for whom', async (t) => {
  const world = await startWorld(t, { now: '2024-07-15', providers: 2 });
  const { auditor, finance, approver, providers, book } = world;
  const [first, second] = providers;
  if (!first || !second) throw new Error('two providers are needed');
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
    { provider: 0, approvedOn: '2024-06-20', amountFen: 23_45n },
    { provider: 1, approvedOn: '2024-06-30', amountFen: 50_00n },
    { provider: 1, approvedOn: '2024-07-01', amountFen: 7_00n },
    { provider: 1, approvedOn: '2024-07-02', amountFen: 9_00n, waiting: true },
  ]);
  const { instructions } = await settle(world, 'INSTRUCTED');
  // Everything of the first provider is paid, a part of the second comes back.
  const lines = instructions.map((of, i) => ({
    instructionNo: of.instructionNo,
    bankSerial: `B-${i}`,
    bookedOn: '2024-07-15',
    amount: of.amount,
    ...(of.payeeId === first.providerId ? { status: 'PAID' } : { status: 'RETURNED', reason: '户名不符' }),
  }));
  const declaredTotal = formatYuan(instructions.reduce((sum, { amount }) => sum + (parseYuan(amount) ?? 0n), 0n));
  expectStatus(await finance.post('/bank-returns', { declaredCount: lines.length, declaredTotal, lines }), 201);
  t.strictSame(await auditBusiness(world.db, book.bookId), []);

  const shown = expectStatus(await auditor.get('/dashboard'), 200) as Shown;
  t.match(shown.funds, [
    {
      fund: `${programmeCode}/2024`,
      year: 2024,
      granted: '1000000.00',
      promised: '189.45',
      left: '999810.55',
      outstanding: '0.00',
      reserved: '9.00',
      redeemed: '180.45',
      payable: '57.00',
      inTransit: '0.00',
      paid: '123.45',
    },
  ]);
  const [funds] = (expectStatus(await auditor.get('/funds'), 200) as { items: Record<string, string>[] }).items;
  const [fund] = shown.funds;
  t.strictSame(
    [fund?.['left'], fund?.['outstanding'], fund?.['reserved'], fund?.['payable'], fund?.['inTransit'], fund?.['paid']],
    ['available', 'vouchers', 'reserved', 'payable', 'inTransit', 'paid'].map((name) => funds?.[name]),
    'the same as the funds',
  );
  const sumOf = (name: string) => formatYuan(shown.months.reduce((sum, month) => sum + (parseYuan(month[name] ?? '') ?? 0n), 0n));
  t.strictSame(
    ['granted', 'promised', 'redeemed', 'paid', 'returned'].map(sumOf),
    ['1000000.00', '189.45', '180.45', '123.45', '50.00'],
    'the months add up to the funds',
  );
  t.equal(
    shown.months.reduce((sum, { redemptions }) => sum + redemptions, 0),
    4,
  );
  const waits = (of: Shown) =>
    Object.fromEntries(of.waiting.filter(({ count }) => count > 0).map(({ what, count, mine }) => [what, [count, mine]]));
  t.strictSame(waits(shown), {
    REDEMPTIONS_TO_VERIFY: [1, false],
    REDEMPTIONS_TO_SETTLE: [1, false],
    SETTLEMENTS_AT_BANK: [1, false],
  });
  const mine = expectStatus(await finance.get('/dashboard'), 200) as Shown;
  t.strictSame(waits(mine), {
    REDEMPTIONS_TO_VERIFY: [1, false],
    REDEMPTIONS_TO_SETTLE: [1, true],
    SETTLEMENTS_AT_BANK: [1, true],
  });
  for (const { list, count } of shown.waiting.filter(
    ({ list: of, what }) => of.includes('?') && what !== 'REDEMPTIONS_TO_SETTLE',
  )) {
    const { items } = expectStatus(await auditor.get(list), 200) as { items: object[] };
    t.equal(items.length, count, list);
  }
  t.strictSame((expectStatus(await approver.get('/dashboard?year=2025'), 200) as Shown).funds, []);
  t.strictSame(
    (expectStatus(await approver.get(`/dashboard?programmeCode=${programmeCode}&year=2024`), 200) as Shown).funds,
    shown.funds,
  );
  t.strictSame((expectStatus(await approver.get('/dashboard?programmeCode=another'), 200) as Shown).months, []);

  const ofProvider = expectStatus(await second.member.get('/dashboard'), 200) as Shown;
  t.match(ofProvider.funds, [
    {
      granted: null,
      promised: null,
      left: null,
      outstanding: null,
      reserved: null,
      redeemed: '57.00',
      payable: '57.00',
      inTransit: '0.00',
      paid: '0.00',
    },
  ]);
  t.strictSame(ofProvider.months, [], 'the months are of the whole book');
  const [row] = await world.owner.sql<{ uscc: string; face: bigint }[]>`
    select legal_person_uscc as uscc, face_fen as face from vouchers where book_id = ${book.bookId} and face_fen = 10000 limit 1`;
  const enterprise = await book.member('enterprise', { uscc: row?.uscc ?? '' });
  t.match((expectStatus(await enterprise.get('/dashboard'), 200) as Shown).funds, [
    { granted: null, promised: '100.00', outstanding: '0.00', reserved: '0.00', redeemed: '100.00', payable: null, paid: null },
  ]);
  const stranger = await book.member('enterprise', { uscc: '91410100MA0000007G' });
  t.match(await stranger.get('/dashboard'), { status: 200, body: { funds: [], months: [] } });
});
