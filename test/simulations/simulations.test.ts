/**
 * Simulations over HTTP: a small lived year on the enacted Zhengzhou programme (20 %), tried again under its draft (30 %) and under
 * others. Every figure below was computed by hand.
 */
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { Enterprise, Reviewed, World } from '../applications/world.js';
import { programmeFile, startWorld, told, uscc, zhengzhou } from '../applications/world.js';
import { confirmedInvoice } from '../journeys/job.js';

const draft = 'zhengzhou/zhengzhou-compute.v1';

interface Year extends World {
  /** Contracts of 2,000,000, 1,000,000, 5,000,000 and 100,000. */
  firms: readonly Enterprise[];
  applications: readonly Reviewed[];
}

/**
 * 2024: 1,500,000.00 are loaded. 2 July: 400,000.00 for the first (20 % of 2,000,000); 10 July: 200,000.00 for the second (of
 * 1,000,000); 5 August: the third would have 1,000,000.00 (of 5,000,000) and takes the 900,000.00 that are left; 2 September: the fourth
 * (100,000) is rejected, for nothing is left; 3 September: a fifth (100,000) is rejected for a reason of its own, on the day on which
 * money was loaded again. In August the first redeems 100,000.00 on 500,000.00.
 */
async function liveYear(t: { teardown(handler: () => Promise<void>): void }): Promise<Year> {
  const world = await startWorld(t, { now: '2024-07-01' });
  expectStatus(await world.load('1500000.00'), 201);
  const firms = await Promise.all([1, 2, 3, 4, 5].map((n) => world.enterprise(n)));
  const [first, second, third, fourth, fifth] = firms as [Enterprise, Enterprise, Enterprise, Enterprise, Enterprise];
  const on = async (day: string, firm: Enterprise, gross: string) => {
    world.clock.set(day);
    return world.reviewed(firm, gross);
  };
  const a = await on('2024-07-01', first, '2000000.00');
  world.clock.set('2024-07-02');
  const issued = expectStatus(await world.approve(a), 200);
  const b = await on('2024-07-03', second, '1000000.00');
  world.clock.set('2024-07-10');
  expectStatus(await world.approve(b), 200);
  const c = await on('2024-07-11', third, '5000000.00');
  world.clock.set('2024-08-05');
  expectStatus(await world.approve(c, { acceptReduced: true }), 200);
  const d = await on('2024-08-06', fourth, '100000.00');
  const e = await on('2024-08-07', fifth, '100000.00');
  // The invoice is issued on 3 September, the redemption approved then.
  const invoiceId = await confirmedInvoice(world, {
    ...{ firm: first.member, contractId: a.contractId, contractGross: '2000000.00', gross: '500000.00', own: '400000.00' },
    from: '2024-08-01',
  });
  expectStatus(await first.member.post('/redemptions', { voucherId: issued.voucherId as string, invoiceId }), 201);
  world.clock.set('2024-09-02');
  t.teardown(async () => undefined);
  expectStatus(await world.approver.post(`/applications/${d.applicationId}/reject`, { reason: '资金已安排完毕' }), 200);
  world.clock.set('2024-09-03');
  expectStatus(await world.load('50000.00'), 201);
  expectStatus(await world.approver.post(`/applications/${e.applicationId}/reject`, { reason: '材料不实' }), 200);
  world.clock.set('2025-01-06');
  return { ...world, firms, applications: [a, b, c, d, e] };
}

async function publish(world: World, document: string): Promise<Answer['body']> {
  return expectStatus(await world.book.operator.post('/programmes', { document }), 201);
}

const start = (who: Caller, body: object, code = 'zhengzhou-compute', key?: string) =>
  who.post(`/programmes/${code}/simulations`, body, key === undefined ? {} : { key });

async function ended(who: Caller, simulationId: string): Promise<Answer['body']> {
  for (let i = 0; i < 600; i++) {
    const shown = expectStatus(await who.get(`/simulations/${simulationId}`), 200);
    if (!['WAITING', 'RUNNING'].includes(shown.state as string)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the simulation did not end');
}

async function simulated(world: World, body: object): Promise<Answer['body']> {
  const { simulationId } = expectStatus(await start(world.finance, { year: 2024, ...body }), 201);
  const shown = await ended(world.finance, simulationId as string);
  if (shown.state !== 'DONE') throw new Error(JSON.stringify(shown));
  return shown;
}

const persons = async (world: World, id: string, query = ''): Promise<string[]> => {
  const { items } = expectStatus(await world.finance.get(`/simulations/${id}/enterprises${query}`), 200);
  return (items as Record<string, string>[]).map(
    (of) => `${of['name']} ${of['compared']} → ${of['simulated']} (${of['difference']}) ${String(of['bound'])}`,
  );
};

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
    t.strictSame(result.facts, { applications: 4, redemptions: 1, redemptionsOutside: 0, rejectedOtherwise: 1 });
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
    const file = await world.finance.get(`${url}/enterprise-file`);
    t.match(String(file.headers['content-type']), /text\/csv/);
    const [header, first, ...more] = (file.body as string).trim().split('\r\n');
    t.match(header, /^\ufefflegalPersonUscc,name,applications,compared,simulated,difference/);
    t.equal(first, `${uscc(1)},企业1,1,400000.00,600000.00,200000.00,100000.00,150000.00,`);
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
    for (const url of ['', '/enterprises', '/enterprise-file', '/events'])
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

void t.test('reimbursement: a draft that pays back the fees settled in the year before', async (t) => {
  const world = await liveYear(t);
  // Jiaozuo's 20 % of usage fees as 30 % of those settled in the year before; nothing else of it is asked here.
  const document = await programmeFile(draft, [
    ['version: 1', 'version: 5'],
    ['value: VOUCHER', 'value: REIMBURSEMENT'],
    ['value: CONTRACT_AMOUNT', 'value: PRIOR_YEAR_SETTLED_FEE'],
    ['counts: CLAIMED', 'counts: AWARDED'],
    ['counts: REDEEMED', 'counts: AWARDED'],
    [/cases:[\s\S]*$/, ''],
  ]);
  await publish(world, document);
  // The first firm's invoice of 500,000.00 is paid to 400,000.00 only: not settled. The rest is paid in 2024 too.
  const none = await simulated(world, { year: 2025, version: 5 });
  t.match(none.result, { flow: 'REIMBURSEMENT', facts: { applications: 0 } });
  const [{ id } = { id: '' }] = await world.owner.sql<{ id: string }[]>`select invoice_id as id from usage_invoices`;
  const payment = { amount: '100000.00', paidOn: '2024-12-30', bankSerial: 'REST-1' };
  expectStatus(await (world.firms[0] as Enterprise).member.post(`/usage-invoices/${id}/payments`, payment), 201);
  const { result, simulationId } = await simulated(world, { year: 2025, version: 5, pool: '120000.00' });
  t.match(result, { facts: { applications: 1 }, awarded: { simulated: { count: 1, amount: '120000.00' } } });
  t.strictSame(result.pool.exhaustedOn, { compared: null, simulated: '2025-01-01' });
  t.strictSame(await persons(world, simulationId as string), ['企业1 0.00 → 120000.00 (120000.00) POOL']);
});

void t.test('a simulation outlives the process that worked on it, and is worked on by one at a time', async (t) => {
  const world = await liveYear(t);
  await publish(world, await programmeFile(draft));
  const body = { version: 1, year: 2024, pool: '1500000.00' };
  const started = async () => expectStatus(await start(world.finance, body), 201).simulationId as string;
  const stateOf = async (id: string) => expectStatus(await world.finance.get(`/simulations/${id}`), 200).state as string;
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (let i = 0; i < 400; i++) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`never: ${what}`);
  };
  /** Holds up whoever reads the applications, as long as `work` takes. */
  const heldUp = <T>(work: () => Promise<T>): Promise<T> =>
    world.admin.begin(async ({ sql }) => {
      await sql`lock table applications in access exclusive mode`;
      return work();
    });
  const winners = { count: 2, amount: '300000.00' };

  await t.test('what is under way can be cancelled, and watched; what waits does too', async (t) => {
    await world.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = world.app.server.address() as AddressInfo;
    const [first, second] = await heldUp(async () => {
      const ids = [await started(), await started()];
      await until('the first runs', async () => (await stateOf(ids[0] ?? '')) === 'RUNNING');
      t.equal(await stateOf(ids[1] ?? ''), 'WAITING');
      const events = fetch(`http://127.0.0.1:${port}/v1/books/testcity/simulations/${ids[0]}/events`, {
        headers: { authorization: `Bearer ${world.finance.secret}` },
      });
      const cancelled = await remove(ids[0] ?? '');
      t.match(cancelled, { status: 200, body: { state: 'CANCELLED' } });
      t.match(await (await events).text(), /"state":"CANCELLED"/);
      t.match(await remove(ids[0] ?? ''), { status: 200 }, 'to cancel twice is to cancel once');
      return ids as [string, string];
    });
    const shown = await ended(world.finance, second);
    t.strictSame(shown.result.winners, winners);
    t.match(await remove(second), { status: 409, body: { code: 'SIMULATION_ENDED' } });
    t.match(await ended(world.finance, first), { state: 'CANCELLED', result: null });
  });

  await t.test('one whose process is gone is run anew by the next, from its beginning', async (t) => {
    const id = await started();
    await ended(world.finance, id);
    // As a process leaves it that died: its lease has run out, and it had come to somewhere.
    await world.owner.sql`
      update simulations set state = 'RUNNING', result = null, ledger_seq = null, ended_at = null, lease_owner = gen_random_uuid(),
             lease_until = clock_timestamp() + interval '1 second', facts_done = 3, attempts = 1 where simulation_id = ${id}`;
    await world.owner.sql`alter table simulation_enterprises disable trigger user`;
    await world.owner.sql`delete from simulation_enterprises where simulation_id = ${id}`;
    await world.owner.sql`alter table simulation_enterprises enable trigger user`;
    t.equal(await stateOf(id), 'RUNNING', 'while the lease holds nobody else takes it');
    const shown = await ended(world.finance, id);
    t.strictSame(shown.result.winners, winners);
    t.equal(shown.factsDone, shown.factsTotal);
  });

  await t.test('a process that stops gives it back, and another one ends it', async (t) => {
    const second = await world.secondApp();
    const shown = await heldUp(async () => {
      const id = await started();
      await until('it runs', async () => (await stateOf(id)) === 'RUNNING');
      const [{ owner } = { owner: '' }] = await world.owner.sql<{ owner: string }[]>`
        select lease_owner as owner from simulations where simulation_id = ${id}`;
      t.type(owner, 'string');
      await second.app.close();
      await world.app.close();
      const [left] = await world.owner.sql<{ state: string; owner: string | null; attempts: number }[]>`
        select state, lease_owner as owner, attempts from simulations where simulation_id = ${id}`;
      t.strictSame(left, { state: 'RUNNING', owner: null, attempts: 0 });
      return id;
    });
    const third = await world.secondApp();
    for (let i = 0; ; i++) {
      const answer = await third.app.inject({
        method: 'GET',
        url: `/v1/books/testcity/simulations/${shown}`,
        headers: { authorization: `Bearer ${world.finance.secret}` },
      });
      const { state, result } = answer.json<{ state: string; result: { winners: object } | null }>();
      if (state === 'DONE') {
        t.strictSame(result?.winners, winners);
        break;
      }
      if (i > 400) throw new Error(`it stays ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  });

  async function remove(id: string): Promise<{ status: number; body: unknown }> {
    const answer = await world.app.inject({
      method: 'DELETE',
      url: `/v1/books/testcity/simulations/${id}`,
      headers: { authorization: `Bearer ${world.finance.secret}` },
    });
    return { status: answer.statusCode, body: answer.json() as unknown };
  }
});

void t.test('one that fails three times has failed, tells so, and does not stand in the way of the next', async (t) => {
  const world = await startWorld(t);
  await publish(world, await programmeFile(draft));
  const bad = await world.admin.begin(async ({ sql }) => {
    await sql`lock table applications in access exclusive mode`;
    const ids: string[] = [];
    for (let i = 0; i < 8; i++)
      ids.push(expectStatus(await start(world.finance, { version: 1, year: 2024 }), 201).simulationId as string);
    t.equal(told(await start(world.finance, { version: 1, year: 2024 })), '409 SIMULATION_QUEUE_FULL');
    // As if it had been begun three times and come to nothing.
    await sql`update simulations set attempts = 3, lease_owner = null where simulation_id = ${ids[1] ?? ''}`;
    return ids;
  });
  const failed = await ended(world.finance, bad[1] ?? '');
  t.match(failed, { state: 'FAILED', result: null, failure: { code: 'SIMULATION_FAILED' } });
  t.match(failed.failure.zh, new RegExp(bad[1] ?? ''));
  for (const id of [bad[0], ...bad.slice(2)]) t.equal((await ended(world.finance, id ?? '')).state, 'DONE');
});
