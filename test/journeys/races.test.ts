// Races between two service processes on one book: whatever arrives where, there is one order, and it keeps every promise.
import type { FastifyInstance } from 'fastify';
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import type { Reviewed, World } from '../applications/world.js';
import { startWorld, told } from '../applications/world.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { confirmedInvoice } from './job.js';

/** A caller's POST through another process. */
const through =
  (app: FastifyInstance, world: World) =>
  async (caller: Caller, url: string, body: object, key?: string): Promise<Answer> => {
    const response = await app.inject({
      method: 'POST',
      url: `/v1/books/${world.book.code}${url}`,
      headers: { authorization: `Bearer ${caller.secret}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      payload: body,
    });
    return { status: response.statusCode, body: response.json<unknown>(), headers: response.headers };
  };

/** How often each thing happened: `201`, or a status with a code. */
function counted(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[told(answer)] = (counts[told(answer)] ?? 0) + 1;
  return counts;
}

async function audited(world: World): Promise<unknown[]> {
  const { bookId } = world.book;
  return [
    ...(await auditLedger(world.db, bookId)),
    ...(await auditBusiness(world.db, bookId)),
    ...(await recomputeAwards(world.db, bookId)),
  ];
}

/** In turn one of the two. */
const alternately = <T>(i: number, one: T, other: T): T => (i % 2 === 0 ? one : other);

void t.test('two processes, thirty firms, a pool for twelve: twelve vouchers, 0.00 left, one sequence', async (t) => {
  const world = await startWorld(t);
  const [here, there] = [through(world.app, world), through((await world.secondApp()).app, world)];
  expectStatus(await world.load('1200000.00'), 201);
  const waiting: Reviewed[] = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => world.reviewed(await world.enterprise(i + 1), '500000.00')),
  );

  const answers = await Promise.all(
    waiting.map(({ applicationId, reviewDigest }, i) =>
      alternately(i, here, there)(world.approver, `/applications/${applicationId}/approve`, {
        reviewDigest,
        passOverReason: '按专题会议纪要优先办理',
      }),
    ),
  );
  t.strictSame(counted(answers), { 200: 12, '409 POOL_EXHAUSTED': 18 });
  t.equal(await world.balance('available:zhengzhou-compute/2024'), 0n, 'the pool is at 0.00');
  t.equal(new Set(answers.flatMap(({ status, body }) => (status === 200 ? [body.voucher.voucherNo as string] : []))).size, 12);
  t.strictSame(await audited(world), [], 'never below 0.00 at any sequence, no gap, every limit kept');
});

void t.test('two processes, one application approved twenty times with one key, and twenty times with twenty', async (t) => {
  const world = await startWorld(t);
  const [here, there] = [through(world.app, world), through((await world.secondApp()).app, world)];
  expectStatus(await world.load('1000000.00'), 201);
  const approve = (of: Reviewed, keyOf: (i: number) => string): Promise<Answer[]> =>
    Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        alternately(i, here, there)(
          world.approver,
          `/applications/${of.applicationId}/approve`,
          { reviewDigest: of.reviewDigest },
          keyOf(i),
        ),
      ),
    );

  const one = await approve(await world.reviewed(await world.enterprise(1), '500000.00'), () => 'once');
  t.strictSame(counted(one), { 200: 20 });
  for (const { body } of one) t.strictSame(body, one[0]?.body, 'twenty equal answers');
  t.equal(one.filter(({ headers }) => headers['idempotency-replayed'] === 'false').length, 1, 'one effect');
  const many = await approve(await world.reviewed(await world.enterprise(2), '500000.00'), (i) => `each-${i}`);
  t.strictSame(counted(many), { 200: 1, '409 APPLICATION_WRONG_STATE': 19 });
  t.equal(await world.balance('available:zhengzhou-compute/2024'), 80_000_000n, 'two vouchers of 100,000.00');
  t.strictSame(await audited(world), []);
});

void t.test('freeze and redeem race across two processes: what comes later in the ledger sees what came before', async (t) => {
  const world = await startWorld(t);
  const [here, there] = [through(world.app, world), through((await world.secondApp()).app, world)];
  expectStatus(await world.load('1000000.00'), 201);
  const firm = await world.enterprise(1);
  const reviewed = await world.reviewed(firm, '1000000.00');
  const { voucher } = expectStatus(await world.approve(reviewed), 200);
  const voucherId = voucher.voucherId as string;

  const invoices: string[] = [];
  for (let i = 0; i < 24; i++) {
    const of = {
      contractId: reviewed.contractId,
      contractGross: '1000000.00',
      gross: '10000.00',
      own: '8000.00',
      from: '2024-07-01',
    };
    invoices.push(await confirmedInvoice(world, { ...of, firm: firm.member }));
  }
  let mixed = 0;
  for (let round = 0; round < 3; round++) {
    const left = invoices.splice(0, 8);
    const [frozen, ...redeemed] = await Promise.all([
      // The freeze starts somewhere in the middle of the redemptions, in the other process.
      new Promise<void>((resolve) => setTimeout(resolve, round * 4)).then(() =>
        here(world.approver, `/vouchers/${voucherId}/freeze`, { reason: '核查' }),
      ),
      ...left.map((invoiceId) => there(firm.member, '/redemptions', { voucherId, invoiceId })),
    ]);
    const at = expectStatus(frozen, 200).ledgerSeq as number;
    for (const answer of redeemed) {
      if (answer.status === 201) t.ok(answer.body.ledgerSeq < at, 'redeemed, so before the freeze');
      else t.equal(told(answer), '409 VOUCHER_FROZEN', 'refused, so after it');
    }
    if (redeemed.some(({ status }) => status === 201)) mixed += 1;
    const balance = await world.balance(`voucher:${voucherId}`);
    t.equal(
      told(await there(firm.member, '/redemptions', { voucherId, invoiceId: invoices[0] ?? left[0] ?? '' })),
      '409 VOUCHER_FROZEN',
    );
    t.equal(await world.balance(`voucher:${voucherId}`), balance, 'nothing leaves a frozen voucher, in either process');
    expectStatus(await there(world.approver, `/vouchers/${voucherId}/unfreeze`, { reason: '核查完毕' }), 200);
  }
  t.comment(`${mixed} of 3 rounds had redemptions before the freeze`);
  t.strictSame(await audited(world), []);
});

void t.test('a right withdrawn in one process is withdrawn in the other, whatever that one remembers', async (t) => {
  const world = await startWorld(t);
  const { book } = world;
  const [here, there] = [through(world.app, world), through((await world.secondApp()).app, world)];
  const load = (caller: Caller, documentNo: string) =>
    there(caller, '/appropriations', {
      programmeCode: world.programmeCode,
      year: 2024,
      funder: 'CITY',
      amount: '1.00',
      documentNo,
    });
  const [first, second] = [await book.member('finance'), await book.member('finance')];
  for (const caller of [first, second]) expectStatus(await load(caller, `before ${caller.memberId}`), 201);

  const { items } = expectStatus(await book.operator.get(`/members/${first.memberId}/keys`), 200) as {
    items: { keyId: string }[];
  };
  expectStatus(await here(book.operator, `/keys/${items[0]?.keyId}/revoke`, {}), 200);
  expectStatus(await here(book.operator, `/members/${second.memberId}/end`, {}), 200);
  for (const caller of [first, second, first]) {
    t.equal(told(await load(caller, `after ${caller.memberId}`)), '401 UNAUTHENTICATED');
  }
  t.equal(await world.balance('unmatched:zhengzhou-compute/2024:CITY'), 0n);
  t.equal(await world.balance('available:zhengzhou-compute/2024'), 200n, 'what they loaded before, and nothing after');
});
