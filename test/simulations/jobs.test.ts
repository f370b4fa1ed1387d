/** Simulations as jobs: cancelled, watched, left behind by a process that dies or stops, and failed for good. */
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { programmeFile, startWorld, told } from '../applications/world.js';
import { expectStatus } from '../service.js';
import { draft, ended, liveYear, publish, start } from './world.js';

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
    const [first, second] = await heldUp(async (): Promise<[string, string]> => {
      const ids: [string, string] = [await started(), await started()];
      await until('the first runs', async () => (await stateOf(ids[0])) === 'RUNNING');
      t.equal(await stateOf(ids[1]), 'WAITING');
      const events = fetch(`http://127.0.0.1:${port}/v1/books/testcity/simulations/${ids[0]}/events`, {
        headers: { authorization: `Bearer ${world.finance.secret}` },
      });
      const cancelled = await remove(ids[0]);
      t.match(cancelled, { status: 200, body: { state: 'CANCELLED' } });
      t.match(await (await events).text(), /"state":"CANCELLED"/);
      t.match(await remove(ids[0]), { status: 200 }, 'to cancel twice is to cancel once');
      return ids;
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
    return { status: answer.statusCode, body: answer.json<unknown>() };
  }
});

void t.test('one that fails three times has failed, tells so, and does not stand in the way of the next', async (t) => {
  const world = await startWorld(t);
  await publish(world, await programmeFile(draft));
  const bad = await world.admin.begin(async ({ sql }) => {
    await sql`lock table applications in access exclusive mode`;
    const ids: string[] = [];
    for (let i = 0; i < 4; i++)
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
