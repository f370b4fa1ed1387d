/**
 * What simulations say, over HTTP: a lived year tried again under the draft of Zhengzhou (30 %) and under others. Every figure below was
 * computed by hand.
 */
import t from 'tap';
import { programmeFile, told, uscc } from '../applications/world.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import { draft, ended, liveYear, persons, publish, simulated, start } from './world.js';

void t.test('what a draft would have changed: who wins, who loses, and what it costs', async (t) => {
  const world = await liveYear(t);
  await publish(world, await programmeFile(draft));
  const headOf = async () =>
    (await world.owner.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${world.book.bookId}`)[0]?.seq ?? 0n;
  const before = await headOf();
  const balances = () => world.owner.sql`select code, debits_fen, credits_fen from accounts order by code`;
  const accounts = await balances();

  await t.test('30 % of the same money: the first and the second win what the third loses', async (t) => {
    const shown = await simulated(world, { version: 1, pool: '1500000.00' });
    const { result } = shown;
    t.match(shown, {
      programmeCode: 'zhengzhou-compute',
      version: 1,
      year: 2024,
      compareWith: null,
      factsUpTo: Number(before) + 1,
    });
    t.equal(shown.factsDone, shown.factsTotal);
    t.strictSame(result.facts, { applications: 4, assumed: 0, redemptions: 1, redemptionsOutside: 0, rejectedOtherwise: 1 });
    t.equal(result.potential, null);
    t.strictSame(result.awarded, {
      compared: { count: 3, amount: '1500000.00' },
      simulated: { count: 3, amount: '1500000.00' },
      difference: '0.00',
    });
    t.strictSame(result.winners, { count: 2, amount: '300000.00' });
    t.strictSame(result.losers, { count: 1, amount: '300000.00' });
    t.strictSame(result.unchanged, { count: 1 });
    t.strictSame(result.pool, {
      amount: '1500000.00',
      source: 'GIVEN',
      exhaustedOn: { compared: '2024-08-05', simulated: '2024-08-05' },
      left: { compared: '50000.00', simulated: '0.00' },
    });
    t.strictSame(result.refusals, [{ code: 'POOL_EXHAUSTED', of: null, count: 1, awarded: '0.00' }]);
    t.strictSame(result.redeemed, {
      compared: { count: 1, amount: '100000.00' },
      simulated: { count: 1, amount: '150000.00' },
      difference: '50000.00',
    });
    const months = result.months as { month: string; awarded: object; redeemed: object }[];
    t.equal(months.length, 12);
    t.strictSame(
      months.filter(({ month }) => ['2024-07', '2024-08', '2024-09'].includes(month)).map(({ awarded }) => awarded),
      [
        { compared: '600000.00', simulated: '900000.00' },
        { compared: '900000.00', simulated: '600000.00' },
        { compared: '0.00', simulated: '0.00' },
      ],
    );
    t.ok(
      (result.missing as { path: string }[]).some(({ path }) => path === 'validityMonths'),
      '政策未规定 is told',
    );
    t.strictSame(await persons(world, shown.simulationId as string), [
      '企业1 400000.00 → 600000.00 (200000.00) ',
      '企业2 200000.00 → 300000.00 (100000.00) ',
      '企业4 0.00 → 0.00 (0.00) POOL_EXHAUSTED',
      '企业3 900000.00 → 600000.00 (-300000.00) POOL',
    ]);
  });

  await t.test('the law’s limit binds where there is money, and money goes on its day where there is little', async (t) => {
    const rich = await simulated(world, { version: 1, pool: '2000000.00' });
    t.strictSame(rich.result.pool.left, { compared: '50000.00', simulated: '70000.00' });
    t.equal(rich.result.pool.exhaustedOn.simulated, null);
    t.strictSame(await persons(world, rich.simulationId as string, '?order=LOSS'), [
      '企业4 0.00 → 30000.00 (30000.00) ',
      '企业2 200000.00 → 300000.00 (100000.00) ',
      '企业3 900000.00 → 1000000.00 (100000.00) claimed',
      '企业1 400000.00 → 600000.00 (200000.00) ',
    ]);
    const poor = await simulated(world, { version: 1, pool: '850000.00' });
    t.equal(poor.result.pool.exhaustedOn.simulated, '2024-07-10');
    t.strictSame(poor.result.refusals, [{ code: 'POOL_EXHAUSTED', of: null, count: 2, awarded: '900000.00' }]);
    const loaded = await simulated(world, { version: 1 });
    t.match(loaded.result.pool, { amount: '1550000.00', source: 'LOADED', left: { simulated: '0.00' } });
  });

  await t.test('the version that was in force, over its own year and money, changes nothing', async (t) => {
    const { result } = await simulated(world, { version: 2 });
    t.strictSame(result.awarded.simulated, result.awarded.compared);
    t.strictSame(result.redeemed.simulated, result.redeemed.compared);
    t.strictSame(result.pool.exhaustedOn, { compared: '2024-08-05', simulated: '2024-08-05' });
    t.strictSame(result.pool.left, { compared: '50000.00', simulated: '50000.00' });
    t.strictSame(result.unchanged, { count: 4 });
    for (const { month, awarded, redeemed } of result.months as Month[]) {
      t.equal(awarded.compared, awarded.simulated, month);
      t.equal(redeemed.compared, redeemed.simulated, month);
    }
  });

  await t.test(
    'a lower limit of another draft binds, and its contract ceiling counts what the years before have used',
    async (t) => {
      await publish(
        world,
        await programmeFile(draft, [
          ['version: 1', 'version: 3'],
          ['value: 1000000.00', 'value: 500000.00'],
        ]),
      );
      const { simulationId, result } = await simulated(world, { version: 3, pool: '3000000.00' });
      t.strictSame(await persons(world, simulationId as string), [
        '企业2 200000.00 → 300000.00 (100000.00) ',
        '企业1 400000.00 → 500000.00 (100000.00) claimed',
        '企业4 0.00 → 30000.00 (30000.00) ',
        '企业3 900000.00 → 500000.00 (-400000.00) claimed',
      ]);
      t.strictSame(result.losers, { count: 1, amount: '400000.00' });
    },
  );

  await t.test('two versions against each other, over the same facts and the same money', async (t) => {
    const { result } = await simulated(world, { version: 1, compareWith: 2, pool: '3000000.00' });
    // 400 + 200 + 1,000 + 20 thousand against 600 + 300 + 1,000 + 30.
    t.strictSame(result.awarded, {
      compared: { count: 4, amount: '1620000.00' },
      simulated: { count: 4, amount: '1930000.00' },
      difference: '310000.00',
    });
    t.strictSame(result.redeemed.difference, '50000.00');
  });

  await t.test('nothing of the ledger moves but the entries of the jobs', async (t) => {
    const own = await world.owner.sql<{ kind: string }[]>`
      select distinct kind from entries where book_id = ${world.book.bookId} and seq > ${before} order by kind`;
    t.strictSame(
      own.map(({ kind }) => kind),
      ['programme.published', 'simulation.started'],
    );
    t.strictSame(await balances(), accounts);
  });

  await t.test('the list of legal persons comes in pages of a stable order, and as a file', async (t) => {
    const { simulationId } = await simulated(world, { version: 1, pool: '1500000.00' });
    const url = `/simulations/${simulationId as string}`;
    for (const order of ['GAIN', 'LOSS']) {
      const whole = await persons(world, simulationId as string, `?order=${order}`);
      const paged: string[] = [];
      for (let next: string | null = ''; next !== null;) {
        const page: Answer = await world.finance.get(
          `${url}/enterprises?order=${order}&limit=1${next === '' ? '' : `&cursor=${next}`}`,
        );
        paged.push(...(expectStatus(page, 200) as { items: { name: string }[] }).items.map(({ name }) => name));
        next = (page.body as { next: string | null }).next;
      }
      t.strictSame(
        paged,
        whole.map((line) => line.split(' ')[0] ?? ''),
      );
    }
    t.equal(told(await world.finance.get(`${url}/enterprises?cursor=x`)), '400 VALIDATION_FAILED');
    const file = await world.finance.get(`${url}/enterprises-file?format=csv`, { headers: { 'accept-language': 'en' } });
    t.match(String(file.headers['content-type']), /text\/csv/);
    const [header, first, ...more] = (file.body as string).trim().split('\r\n');
    t.match(header, /^\ufeff?legalPersonUscc,name,applications,compared,simulated,difference/);
    t.equal(first, `${uscc(1)},企业1,1,400000.00,600000.00,200000.00,100000.00,150000.00,0,0.00,0.00,0.00,`);
    t.equal(more.length, 3);
    const listed = expectStatus(await world.finance.get('/simulations?programmeCode=zhengzhou-compute&limit=3'), 200);
    t.equal(listed.items.length, 3);
    t.type(listed.next, 'string');
    t.strictSame(expectStatus(await world.finance.get('/simulations?programmeCode=other'), 200).items, []);
  });

  await t.test('what cannot be simulated is refused, by its code', async (t) => {
    const { finance } = world;
    t.equal(told(await start(finance, { version: 1, year: 2024 }, 'nowhere')), '404 NOT_FOUND');
    t.equal(told(await start(finance, { version: 9, year: 2024 })), '422 SIMULATION_VERSION_UNKNOWN');
    t.equal(told(await start(finance, { version: 1, compareWith: 9, year: 2024 })), '422 SIMULATION_VERSION_UNKNOWN');
    t.equal(told(await start(finance, { version: 1, year: 1999 })), '400 VALIDATION_FAILED');
    t.equal(told(await start(finance, { version: 1, year: 2024, pool: 5 })), '400 VALIDATION_FAILED');
    const rate = /# «不超过».*\nrate:\n.*\n.*\n/;
    await publish(
      world,
      await programmeFile(draft, [
        ['version: 1', 'version: 4'],
        [rate, ''],
      ]),
    );
    const refused = await start(finance, { version: 4, year: 2024 });
    t.equal(told(refused), '422 SIMULATION_NOT_COMPUTABLE');
    t.match(refused.body.detail, /补助比例/);
    t.equal(
      told(await world.provider.post('/programmes/zhengzhou-compute/simulations', { version: 1, year: 2024 })),
      '403 FORBIDDEN',
    );
    t.equal(told((await world.firms[0]?.member.get('/simulations')) as Answer), '403 FORBIDDEN');
    const auditor = await world.book.member('auditor');
    t.equal(told(await start(auditor, { version: 1, year: 2024 })), '403 FORBIDDEN');
    t.equal(told(await auditor.get('/simulations')), '200');
  });

  await t.test('the same key asks for one simulation; a year without facts has an empty result', async (t) => {
    const body = { version: 1, year: 2031 };
    const [one, again] = [await start(world.finance, body, undefined, 'k1'), await start(world.finance, body, undefined, 'k1')];
    t.strictSame(again.body, one.body);
    const { result } = await ended(world.finance, one.body.simulationId as string);
    t.match(result.facts, { applications: 0, redemptions: 0 });
    t.match(result.pool, { amount: null, source: 'NONE', exhaustedOn: { simulated: null } });
  });

  await t.test('a book sees its own simulations only', async (t) => {
    const { simulationId } = await simulated(world, { version: 1 });
    const other = await world.newBook('othercity');
    const theirs = await other.member('finance');
    for (const url of ['', '/enterprises', '/enterprises-file', '/events'])
      t.equal(told(await theirs.get(`/simulations/${simulationId as string}${url}`)), '404 NOT_FOUND');
    t.strictSame(expectStatus(await theirs.get('/simulations'), 200).items, []);
    t.equal(told(await start(theirs, { version: 1, year: 2024 })), '404 NOT_FOUND');
    const document = await programmeFile(draft);
    expectStatus(await other.operator.post('/programmes', { document }), 201);
    const { simulationId: own } = expectStatus(await start(theirs, { version: 1, year: 2024, pool: '10.00' }), 201);
    t.match((await ended(theirs, own as string)).result, { facts: { applications: 0 }, awarded: { simulated: { count: 0 } } });
    const remove = await world.app.inject({
      method: 'DELETE',
      url: `/v1/books/othercity/simulations/${simulationId as string}`,
      headers: { authorization: `Bearer ${theirs.secret}` },
    });
    t.equal(remove.statusCode, 404);
  });
});

interface Month {
  month: string;
  awarded: { compared: string; simulated: string };
  redeemed: { compared: string; simulated: string };
}
