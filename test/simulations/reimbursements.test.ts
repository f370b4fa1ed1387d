/**
 * What simulations say of reimbursements: batches whose money was shared, shared again under other versions, with the days, lines, figures
 * and reviews on record. Every figure below was computed by hand.
 */
import t from 'tap';
import type { Firm, World } from '../reimbursements/world.js';
import { feeCode, fees, startWorld } from '../reimbursements/world.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import { ended, start } from './world.js';

const storage = { gross: '500000.00', serviceItem: 'STORAGE' as const };

/**
 * 2025, 1,300,000.00 for fees of 2024 at 60 %, pro rata. 20 February: 600,000.00 for the first, and 300,000.00 for the second, of whose
 * 600,000.00 the review left so much. 10 March: the third (300,000.00: its storage does not count) and the fourth (600,000.00) share the
 * 400,000.00 that are left: 133,333.33 and 266,666.66. The fifth has applied and waits, the sixth has not applied, the seventh was
 * rejected for a reason of its own. The first's contribution is on record before its award, the second's only after it.
 */
async function liveYear(t: { teardown(handler: () => Promise<void>): void }): Promise<World> {
  const world = await startWorld(t);
  await world.load(feeCode, '1300000.00');
  const firms: Firm[] = [];
  for (let n = 1; n <= 7; n++) firms.push(await world.firm(n));
  const [first, second, third, fourth, fifth, sixth, seventh] = firms as [Firm, Firm, Firm, Firm, Firm, Firm, Firm];
  const gross = (yuan: string) => ({ lines: [{ gross: yuan }] });
  for (const firm of [first, second, fourth]) await world.fee(firm, gross('1000000.00'));
  await world.fee(third, { lines: [{ gross: '500000.00' }, storage] });
  for (const firm of [fifth, seventh]) await world.fee(firm, gross('100000.00'));
  await world.fee(sixth, gross('200000.00'));

  const shared = async (): Promise<void> => {
    const drafted = expectStatus(await world.reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 }), 201);
    const { allocationId, contentDigest } = drafted as Record<string, string>;
    expectStatus(await world.approver.post(`/allocations/${allocationId}/approve`, { contentDigest }), 200);
  };
  const contribution = async (firm: Firm) =>
    expectStatus(
      await world.reviewer.post('/figures', {
        kind: 'DISTRICT_CONTRIBUTION',
        uscc: firm.uscc,
        year: 2025,
        amount: '450000.00',
        provisional: true,
        documentNo: '杭财〔2025〕8号',
      }),
      201,
    );
  await world.reviewed(first);
  await world.reviewed(second, { approved: '300000.00' });
  await contribution(first);
  world.clock.set('2025-02-20');
  await shared();
  await contribution(second);
  world.clock.set('2025-03-03');
  await world.reviewed(third);
  await world.reviewed(fourth);
  world.clock.set('2025-03-10');
  await shared();
  expectStatus(await world.apply(fifth), 201);
  const { reimbursementId } = expectStatus(await world.apply(seventh), 201);
  expectStatus(await world.reviewer.post(`/reimbursements/${reimbursementId as string}/reject`, { reason: '材料不实' }), 200);
  world.clock.set('2026-01-05');
  return world;
}

void t.test('a year of reimbursements under other versions', async (t) => {
  const world = await liveYear(t);
  // Half of the fees, storage too, first come first served; and what was, within the yearly contribution.
  const half = [
    ['version: 1', 'version: 2'],
    ['basisPoints: 6000', 'basisPoints: 5000'],
    ['[AI_COMPUTE]', '[AI_COMPUTE, STORAGE]'],
    ['PRO_RATA', 'FIRST_COME'],
  ] as const;
  const within = [
    ['version: 1', 'version: 3'],
    [
      'limits:\n',
      'limits:\n  - { id: contribution, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, figure: DISTRICT_CONTRIBUTION, cite: { document: measure, article: 第四条 } }\n',
    ],
  ] as const;
  for (const changes of [half, within])
    await world.plantProgramme(
      changes.reduce((text, [from, to]) => text.replace(from, to), fees),
      '2031-01-01',
    );
  const simulated = async (body: object): Promise<Answer['body']> => {
    const { simulationId } = expectStatus(await start(world.finance, { year: 2025, ...body }, feeCode), 201);
    const shown = await ended(world.finance, simulationId as string);
    t.match(shown, { state: 'DONE', factsDone: shown.factsTotal as number });
    return shown;
  };
  const persons = async ({ simulationId }: Answer['body']): Promise<string[]> => {
    const { items } = expectStatus(await world.finance.get(`/simulations/${simulationId as string}/enterprises`), 200);
    return (items as Record<string, string>[]).map(
      (of) =>
        `${of['name']} ${of['compared']} → ${of['simulated']} (${of['difference']}) ${of['held']} ${of['potential']} ${String(of['bound'])}`,
    );
  };
  const monthsOf = ({ result }: Answer['body']): object =>
    Object.fromEntries(
      (result.months as { month: string; awarded: Record<string, string> }[])
        .filter(({ awarded }) => Object.values(awarded).some((amount) => amount !== '0.00'))
        .map(({ month, awarded }) => [month, `${awarded['compared']} → ${awarded['simulated']}`]),
    );

  await t.test('the version that was in force, over its own year and money, changes nothing', async (t) => {
    const shown = await simulated({ version: 1 });
    const { result } = shown;
    t.match(result, {
      flow: 'REIMBURSEMENT',
      facts: { applications: 4, assumed: 0, redemptions: 0, rejectedOtherwise: 1 },
      awarded: {
        compared: { count: 4, amount: '1299999.99' },
        simulated: { count: 4, amount: '1299999.99' },
        difference: '0.00',
      },
      redeemed: {
        compared: { count: 4, amount: '1299999.99' },
        simulated: { count: 4, amount: '1299999.99' },
        difference: '0.00',
      },
      winners: { count: 0 },
      losers: { count: 0 },
      unchanged: { count: 4 },
      held: { awarded: { count: 0 } },
    });
    t.match(result.pool, {
      source: 'LOADED',
      exhaustedOn: { compared: '2025-03-10', simulated: '2025-03-10' },
      left: { compared: '0.01', simulated: '0.01' },
    });
    t.strictSame(monthsOf(shown), { '2025-02': '900000.00 → 900000.00', '2025-03': '399999.99 → 399999.99' });
    t.strictSame(
      result.potential,
      { undecided: { count: 1, held: 0, amount: '60000.00' }, others: { count: 1, held: 0, amount: '120000.00' } },
      'who waits and who did not apply stand apart',
    );
    t.strictSame((await persons(shown)).sort(), [
      '企业1 600000.00 → 600000.00 (0.00) 0 0.00 ',
      '企业2 300000.00 → 300000.00 (0.00) 0 0.00 MAXIMUM',
      '企业3 133333.33 → 133333.33 (0.00) 0 0.00 POOL',
      '企业4 266666.66 → 266666.66 (0.00) 0 0.00 POOL',
      '企业5 0.00 → 0.00 (0.00) 0 60000.00 ',
      '企业6 0.00 → 0.00 (0.00) 0 120000.00 ',
    ]);
  });

  await t.test('other rates, other lines that count, another order: a reviewer’s own cut stays', async (t) => {
    const shown = await simulated({ version: 2 });
    // 500,000 and the 300,000 that the review left; then 500,000, storage and all, for the third, and nothing for the fourth.
    t.strictSame(monthsOf(shown), { '2025-02': '900000.00 → 800000.00', '2025-03': '399999.99 → 500000.00' });
    t.match(shown.result, {
      winners: { count: 1, amount: '366666.67' },
      losers: { count: 2, amount: '366666.66' },
      unchanged: { count: 1 },
      pool: { exhaustedOn: { compared: '2025-03-10', simulated: '2025-03-10' }, left: { simulated: '0.00' } },
      refusals: [{ code: 'POOL_EXHAUSTED', of: null, count: 1, awarded: '266666.66' }],
      potential: { undecided: { amount: '50000.00' }, others: { amount: '100000.00' } },
    });
    t.strictSame((await persons(shown)).slice(0, 2), [
      '企业3 133333.33 → 500000.00 (366666.67) 0 0.00 ',
      '企业6 0.00 → 0.00 (0.00) 0 100000.00 ',
    ]);
    const poor = await simulated({ version: 2, pool: '500000.00' });
    t.strictSame(monthsOf(poor), { '2025-02': '900000.00 → 500000.00', '2025-03': '399999.99 → 0.00' });
    t.match(poor.result.pool, { exhaustedOn: { compared: '2025-03-10', simulated: '2025-02-20' }, left: { compared: '0.01' } });
    const against = await simulated({ version: 2, compareWith: 1 });
    t.strictSame(against.result.awarded, shown.result.awarded, 'two versions against each other, over the same facts');
    t.strictSame(against.result.losers, shown.result.losers);
  });

  await t.test('what a figure not on record holds is held, and neither lost nor nothing', async (t) => {
    const shown = await simulated({ version: 3 });
    t.match(shown.result, {
      awarded: { compared: { amount: '1299999.99' }, simulated: { count: 1, amount: '450000.00' }, difference: '-150000.00' },
      held: { awarded: { count: 3, compared: '699999.99', simulated: '0.00' } },
      winners: { count: 0 },
      losers: { count: 1, amount: '150000.00' },
      unchanged: { count: 0 },
      refusals: [],
      potential: { undecided: { count: 0, held: 1, amount: '0.00' }, others: { count: 0, held: 1 } },
      pool: { exhaustedOn: { simulated: null }, left: { simulated: '850000.00' } },
    });
    t.strictSame((await persons(shown)).sort(), [
      '企业1 600000.00 → 450000.00 (-150000.00) 0 0.00 contribution',
      '企业2 300000.00 → 0.00 (0.00) 1 0.00 LIMIT_UNKNOWN:contribution',
      '企业3 133333.33 → 0.00 (0.00) 1 0.00 LIMIT_UNKNOWN:contribution',
      '企业4 266666.66 → 0.00 (0.00) 1 0.00 LIMIT_UNKNOWN:contribution',
    ]);
  });

  await t.test('a year in which nobody applied: whoever might have is taken to, on its first day', async (t) => {
    const firm = await world.firm(8);
    const payments = [{ amount: '60.00', paidOn: '2025-06-01' }];
    const { invoiceId } = await world.fee(firm, { lines: [{ gross: '100.00' }], payments });
    const none = await simulated({ version: 2, year: 2026 });
    t.match(
      none.result,
      { facts: { applications: 0, assumed: 0 }, pool: { amount: null, source: 'NONE' } },
      'not paid to the end',
    );
    const rest = { amount: '40.00', paidOn: '2025-12-30', bankSerial: 'REST-1' };
    expectStatus(await firm.member.post(`/usage-invoices/${invoiceId}/payments`, rest), 201);
    const shown = await simulated({ version: 2, year: 2026, pool: '30.00' });
    t.match(shown.result, {
      facts: { applications: 1, assumed: 1 },
      awarded: { compared: { count: 0 }, simulated: { count: 1, amount: '30.00' } },
      pool: { exhaustedOn: { compared: null, simulated: '2026-01-01' } },
    });
    t.strictSame(await persons(shown), ['企业8 0.00 → 30.00 (30.00) 0 0.00 POOL']);
  });
});
