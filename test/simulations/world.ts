/**
 * A small lived year on the enacted Zhengzhou programme (20 %), and the short ways to a simulation of it. Not a test itself.
 */
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { Enterprise, Reviewed, World } from '../applications/world.js';
import { startWorld } from '../applications/world.js';
import { confirmedInvoice } from '../journeys/job.js';

export const draft = 'zhengzhou/zhengzhou-compute.v1';

export interface Year extends World {
  /** Contracts of 2,000,000, 1,000,000, 5,000,000 and 100,000. */
  firms: readonly Enterprise[];
  applications: readonly Reviewed[];
}

/**
 * 2024: 1,500,000.00 are loaded. 2 July: 400,000.00 for the first (20 % of 2,000,000); 10 July: 200,000.00 for the second (of
 * 1,000,000); 5 August: the third would have 1,000,000.00 (of 5,000,000) and takes the 900,000.00 that are left; 2 September: the fourth
 * (100,000) is rejected, for nothing is left; 3 September: a fifth (100,000) is rejected for a reason of its own, on the day on which
 * money was loaded again. In August the first redeems 100,000.00 on 500,000.00. In December 20,000.00 more are loaded and go back.
 */
export async function liveYear(t: { teardown(handler: () => Promise<void>): void }): Promise<Year> {
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
    firm: first.member,
    contractId: a.contractId,
    contractGross: '2000000.00',
    gross: '500000.00',
    own: '400000.00',
    from: '2024-08-01',
  });
  expectStatus(await first.member.post('/redemptions', { voucherId: issued.voucherId as string, invoiceId }), 201);
  world.clock.set('2024-09-02');
  t.teardown(async () => undefined);
  expectStatus(await world.approver.post(`/applications/${d.applicationId}/reject`, { reason: '资金已安排完毕' }), 200);
  world.clock.set('2024-09-03');
  expectStatus(await world.load('50000.00'), 201);
  expectStatus(await world.approver.post(`/applications/${e.applicationId}/reject`, { reason: '材料不实' }), 200);
  world.clock.set('2024-12-20');
  expectStatus(await world.load('20000.00'), 201);
  const back = {
    programmeCode: world.programmeCode,
    year: 2024,
    amount: '20000.00',
    documentNo: '郑财预〔2024〕99号',
    carryOver: false,
  };
  const proposed = expectStatus(await world.finance.post('/appropriation-returns', back), 201);
  const { returnId, contentDigest } = proposed as Record<string, string>;
  const payer = await world.book.member('finance_approver');
  expectStatus(await payer.post(`/appropriation-returns/${returnId}/approve`, { contentDigest }), 200);
  world.clock.set('2025-01-06');
  return { ...world, firms, applications: [a, b, c, d, e] };
}

export async function publish(world: World, document: string): Promise<Answer['body']> {
  return expectStatus(await world.book.operator.post('/programmes', { document }), 201);
}

export const start = (who: Caller, body: object, code = 'zhengzhou-compute', key?: string) =>
  who.post(`/programmes/${code}/simulations`, body, key === undefined ? {} : { key });

export async function ended(who: Caller, simulationId: string): Promise<Answer['body']> {
  for (let i = 0; i < 600; i++) {
    const shown = expectStatus(await who.get(`/simulations/${simulationId}`), 200);
    if (!['WAITING', 'RUNNING'].includes(shown.state as string)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the simulation did not end');
}

export async function simulated(world: World, body: object): Promise<Answer['body']> {
  const { simulationId } = expectStatus(await start(world.finance, { year: 2024, ...body }), 201);
  const shown = await ended(world.finance, simulationId as string);
  if (shown.state !== 'DONE') throw new Error(JSON.stringify(shown));
  return shown;
}

export const persons = async (world: World, id: string, query = ''): Promise<string[]> => {
  const { items } = expectStatus(await world.finance.get(`/simulations/${id}/enterprises${query}`), 200);
  return (items as Record<string, string>[]).map(
    (of) => `${of['name']} ${of['compared']} → ${of['simulated']} (${of['difference']}) ${String(of['bound'])}`,
  );
};
