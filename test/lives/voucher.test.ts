// The life of a voucher: every verb in every state; accepting it, ending it by its last day, without fault or for cause, and where what
// it could still pay goes, to the fen, with the limits that get it back.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { CONTRACT_CEILING } from '../../src/programmes/language.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { voucherLife } from '../../src/vouchers/rules.js';
import type { Enterprise, World } from '../applications/world.js';
import { jiaozuo, startWorld, told } from '../applications/world.js';
import { confirmedInvoice } from '../journeys/job.js';
import { expectStatus } from '../service.js';
import { lookAt, tryEverything } from './table.js';

const reason = '经核实';
const noDigest = '0'.repeat(64);
const activation: [string, string] = [
  'settlementCadence:\n',
  'activationDays:\n  value: 30\n  cite: { document: notice, article: 第六条 }\n\nsettlementCadence:\n',
];

interface Issued {
  firm: Enterprise;
  voucherId: string;
  contractId: string;
  gross: string;
}

/** Short ways in a world: a voucher of a contract, an invoice redeemed with it, and what the ledger says. */
function ways(world: World) {
  const { approver, reviewer, book } = world;
  let n = 0;
  const issue = async (gross = '10000.00', firm?: Enterprise): Promise<Issued> => {
    const whose = firm ?? (await world.enterprise(++n));
    const reviewed = await world.reviewed(whose, gross);
    const { voucher } = expectStatus(await world.approve(reviewed), 200);
    return { firm: whose, voucherId: voucher.voucherId as string, contractId: reviewed.contractId, gross };
  };
  const today = () => world.clock.now().toISOString().slice(0, 10);
  /** Redeems an invoice of so much, of which the firm pays four fifths. */
  const redeem = async (of: Issued, gross: string, own: string) => {
    const invoiceId = await confirmedInvoice(world, {
      contractId: of.contractId,
      contractGross: of.gross,
      gross,
      own,
      from: today(),
      firm: of.firm.member,
    });
    return of.firm.member.post('/redemptions', { voucherId: of.voucherId, invoiceId });
  };
  const propose = async ({ voucherId }: Issued, kind: 'CANCEL' | 'REVOKE'): Promise<string> => {
    const body = { kind, reason, ...(kind === 'REVOKE' ? { evidence: '郑工信查〔2024〕7号' } : {}) };
    const said = expectStatus(await reviewer.post(`/vouchers/${voucherId}/propose-ending`, body), 201);
    return said.contentDigest as string;
  };
  const end = async (of: Issued, kind: 'CANCEL' | 'REVOKE') => {
    const contentDigest = await propose(of, kind);
    return expectStatus(await approver.post(`/vouchers/${of.voucherId}/${kind.toLowerCase()}`, { contentDigest }), 200);
  };
  const audited = async () => [
    ...(await auditLedger(world.owner, book.bookId)),
    ...(await auditBusiness(world.owner, book.bookId)),
    ...(await recomputeAwards(world.owner, book.bookId)),
  ];
  return { issue, redeem, propose, end, audited, today };
}

void t.test('the life of a voucher, of a programme that asks for its terms to be accepted', async (t) => {
  const world = await startWorld(t, { replaced: [activation] });
  const { approver, reviewer, book } = world;
  const { operator } = book;
  expectStatus(await world.load('10000000.00'), 201);
  const { issue, redeem, propose, end, audited } = ways(world);
  const activate = async (of: Issued): Promise<Issued> => {
    expectStatus(await of.firm.member.post(`/vouchers/${of.voucherId}/activate`, { termsAccepted: true }), 200);
    return of;
  };

  await t.test('every verb that a state does not offer is refused, and changes nothing', async (t) => {
    const refused = await tryEverything(t, {
      life: voucherLife,
      bring: async (state) => {
        const of = await issue();
        if (state === 'ISSUED') return of;
        if (state === 'EXPIRED') {
          world.clock.set(new Date(world.clock.now().getTime() + 31 * 86_400_000));
          expectStatus(await operator.post(`/vouchers/${of.voucherId}/expire`, {}), 200);
          return of;
        }
        if (state === 'CANCELLED' || state === 'REVOKED') {
          await end(of, state === 'CANCELLED' ? 'CANCEL' : 'REVOKE');
          return of;
        }
        await activate(of);
        if (state === 'FROZEN') expectStatus(await approver.post(`/vouchers/${of.voucherId}/freeze`, { reason }), 200);
        if (state === 'PARTIALLY_REDEEMED') expectStatus(await redeem(of, '5000.00', '4000.00'), 201);
        if (state === 'FULLY_REDEEMED') expectStatus(await redeem(of, '10000.00', '8000.00'), 201);
        return of;
      },
      ask: (verb, { voucherId, firm }) => {
        const url = `/vouchers/${voucherId}/${verb}`;
        if (verb === 'activate') return firm.member.post(url, { termsAccepted: true });
        if (verb === 'expire') return operator.post(url, {});
        if (verb === 'propose-ending') return reviewer.post(url, { kind: 'CANCEL', reason });
        if (verb === 'freeze' || verb === 'unfreeze') return approver.post(url, { reason });
        return approver.post(url, { contentDigest: noDigest });
      },
      look: ({ voucherId }) => lookAt(reviewer, `/vouchers/${voucherId}`),
    });
    t.equal(refused, 36);
    t.strictSame(await audited(), []);
  });

  await t.test('its holder accepts it in time, or it ends by the rule of its programme', async (t) => {
    const of = await issue();
    const url = `/vouchers/${of.voucherId}`;
    const { activateBy } = expectStatus(await of.firm.member.get(url), 200);
    const early = await redeem(of, '1000.00', '800.00');
    t.equal(told(early), '409 VOUCHER_NOT_ACTIVATED');
    t.equal(told(await (await world.enterprise(900)).member.post(`${url}/activate`, { termsAccepted: true })), '404 NOT_FOUND');
    world.clock.set(`${activateBy as string}T23:59:59+08:00`);
    t.match(expectStatus(await of.firm.member.get(url), 200).possible, [
      'activate',
      'freeze',
      'propose-ending',
      'cancel',
      'revoke',
    ]);
    t.equal(told(await operator.post(`${url}/expire`, {})), '409 VOUCHER_NOT_PAST', 'not on its last day');
    const other = await issue();
    const { activateBy: by } = expectStatus(await other.firm.member.get(`/vouchers/${other.voucherId}`), 200);
    await activate(of);
    world.clock.set(new Date(Date.parse(`${by as string}T00:00:00+08:00`) + 86_400_000));
    t.equal(
      told(await other.firm.member.post(`/vouchers/${other.voucherId}/activate`, { termsAccepted: true })),
      '409 ACTIVATION_TOO_LATE',
    );
    t.match(expectStatus(await operator.post(`/vouchers/${other.voucherId}/expire`, {}), 200), {
      status: 'EXPIRED',
      lapsed: '2000.00',
    });
    t.equal(told(await operator.post(`${url}/expire`, {})), '409 VOUCHER_NOT_PAST', 'the other is in use, to its own last day');
    t.strictSame(await audited(), []);
  });

  await t.test('two persons end a voucher, as it was proposed and on what it then could pay', async (t) => {
    const of = await activate(await issue());
    const url = `/vouchers/${of.voucherId}`;
    const both = await book.member('approver', { personId: reviewer.personId });
    t.equal(told(await approver.post(`${url}/cancel`, { contentDigest: noDigest })), '409 NO_PROPOSAL');
    t.equal(told(await approver.post(`${url}/drop-proposal`, { reason })), '409 NO_PROPOSAL');
    t.equal(
      told(await reviewer.post(`${url}/propose-ending`, { kind: 'REVOKE', reason })),
      '400 VALIDATION_FAILED',
      'no evidence',
    );
    const contentDigest = await propose(of, 'REVOKE');
    t.equal(told(await reviewer.post(`${url}/propose-ending`, { kind: 'CANCEL', reason })), '409 PROPOSAL_OPEN');
    t.equal(
      told(await approver.post(`${url}/cancel`, { contentDigest })),
      '409 NO_PROPOSAL',
      'it was another thing that was proposed',
    );
    t.equal(told(await both.post(`${url}/revoke`, { contentDigest })), '403 FOUR_EYES');
    t.equal(told(await approver.post(`${url}/revoke`, { contentDigest: noDigest })), '409 PROPOSAL_CHANGED');
    expectStatus(await redeem(of, '5000.00', '4000.00'), 201);
    t.equal(told(await approver.post(`${url}/revoke`, { contentDigest })), '409 PROPOSAL_CHANGED', 'it was used since');
    t.match(expectStatus(await approver.post(`${url}/drop-proposal`, { reason: '已部分兑付' }), 200), { status: 'DROPPED' });
    const available = await world.balance(`available:${world.programmeCode}/2024`);
    const claimed = `used:${world.programmeCode}.claimed:${of.firm.uscc}:2024`;
    t.match(await end(of, 'REVOKE'), { status: 'REVOKED', balance: '0.00', givenBack: '1000.00', lapsed: '0.00' });
    t.equal(await world.balance(`available:${world.programmeCode}/2024`), available + 100_000n);
    t.equal(await world.balance(claimed), 200_000n, 'for cause: the limit is not given back');
    const shown = expectStatus(await of.firm.member.get(url), 200);
    t.strictSame(
      (shown.history as { what: string; amount: string | null; reason: string | null }[]).map(({ what, amount, reason: why }) => [
        what,
        amount,
        why,
      ]),
      [
        ['voucher.issued', '2000.00', null],
        ['voucher.activated', null, null],
        ['voucher.revocation_proposed', null, reason],
        ['redemption.reserved', '1000.00', null],
        ['voucher.proposal_dropped', null, '已部分兑付'],
        ['voucher.revocation_proposed', null, reason],
        ['voucher.revoked', '1000.00', reason],
      ],
      'how it came to be as it is',
    );
    t.strictSame([shown.possible, shown.proposal], [[], null]);
    const letter = expectStatus(await of.firm.member.get(`${url}/decision-letter`), 200);
    t.match(letter.zh.text, new RegExp(`^算力券撤销决定书[\\s\\S]*理由：${reason}[\\s\\S]*金额 1,000\\.00 元`));
    t.equal(told(await redeem(of, '1000.00', '800.00')), '409 VOUCHER_WRONG_STATE');
    t.strictSame(await audited(), []);
  });
});

void t.test('cancelled before any use its quota comes back, in the same year; after use it does not', async (t) => {
  const world = await startWorld(t);
  const { reviewer } = world;
  expectStatus(await world.load('1000000.00'), 201);
  const { issue, redeem, end, audited } = ways(world);
  const used = await issue();
  expectStatus(await redeem(used, '5000.00', '4000.00'), 201);
  const of = await issue('1000000.00', used.firm);
  const limit = (id: string) => world.balance(`used:${world.programmeCode}.${id}`);
  const claimed = `claimed:${of.firm.uscc}:2024`;
  t.equal(await limit(claimed), 20_200_000n);
  await end(of, 'CANCEL');
  t.strictSame(
    [await limit(claimed), await limit(`${CONTRACT_CEILING}:${of.contractId}:LIFETIME`)],
    [200_000n, 0n],
    'the whole face of the one that was not used',
  );
  t.match(await end(used, 'CANCEL'), { status: 'CANCELLED', givenBack: '1000.00' });
  t.equal(await limit(claimed), 200_000n, 'of the one that was used, nothing');
  const { endings } = expectStatus(await reviewer.get(`/vouchers/${of.voucherId}`), 200);
  t.match(endings, [{ why: 'CANCELLED', quotaBack: 'RUNNING', givenBack: '200000.00', reason }]);
  t.strictSame(await audited(), []);

  const late = await issue();
  world.clock.set('2025-01-02');
  await end(late, 'CANCEL');
  t.equal(await limit(`claimed:${late.firm.uscc}:2024`), 200_000n, 'the year is over: its limit stays as it was spent');
  t.strictSame(await audited(), []);
});

void t.test('a last day is inclusive, and expiry gives the same however late it runs', async (t) => {
  const world = await startWorld(t);
  const { reviewer, approver, book } = world;
  const { operator } = book;
  expectStatus(await world.load('1000000.00'), 201);
  const { issue, redeem, audited } = ways(world);
  const fund = `${world.programmeCode}/2024`;

  const [first, second, frozen, unused] = [await issue(), await issue(), await issue(), await issue()];
  const { lastDay, status } = expectStatus(await reviewer.get(`/vouchers/${first.voucherId}`), 200);
  t.strictSame([lastDay, status], ['2025-07-01', 'ACTIVE'], 'no acceptance was asked for');
  expectStatus(await redeem(first, '2000.00', '1600.00'), 201);
  expectStatus(await approver.post(`/vouchers/${frozen.voucherId}/freeze`, { reason }), 200);

  // On the last day, to its last millisecond.
  const invoiceId = await confirmedInvoice(world, {
    contractId: second.contractId,
    contractGross: second.gross,
    gross: '5000.00',
    own: '4000.00',
    from: '2024-07-30',
    firm: second.firm.member,
  });
  world.clock.set('2025-07-01T23:59:59.999+08:00');
  t.equal(told(await operator.post(`/vouchers/${unused.voucherId}/expire`, {})), '409 VOUCHER_NOT_PAST');
  expectStatus(await second.firm.member.post('/redemptions', { voucherId: second.voucherId, invoiceId }), 201);
  world.clock.set('2025-07-02T00:00:00+08:00');
  t.equal(
    told(await second.firm.member.post('/redemptions', { voucherId: second.voucherId, invoiceId })),
    '409 VOUCHER_EXPIRED',
    'before any job has run',
  );
  t.match(expectStatus(await reviewer.get(`/vouchers/${first.voucherId}`), 200).possible, [
    'freeze',
    'expire',
    'propose-ending',
    'cancel',
    'revoke',
  ]);

  const expire = async (of: Issued) => operator.post(`/vouchers/${of.voucherId}/expire`, {});
  t.match(expectStatus(await expire(first), 200), {
    status: 'EXPIRED',
    balance: '0.00',
    lapsed: '1600.00',
    endedOn: '2025-07-02',
  });
  t.equal(told(await expire(first)), '409 VOUCHER_WRONG_STATE', 'once');
  world.clock.set('2026-03-01');
  t.match(
    expectStatus(await expire(second), 200),
    { lapsed: '1000.00', endedOn: '2026-03-01' },
    'as of the last day, eight months later',
  );
  t.equal(
    told(await second.firm.member.post('/redemptions', { voucherId: second.voucherId, invoiceId })),
    '409 VOUCHER_EXPIRED',
    'the same answer after',
  );
  t.equal(told(await expire(frozen)), '409 VOUCHER_WRONG_STATE', 'what froze it is decided first');
  expectStatus(await approver.post(`/vouchers/${frozen.voucherId}/unfreeze`, { reason }), 200);
  expectStatus(await expire(frozen), 200);
  expectStatus(await expire(unused), 200);
  t.equal(await world.balance(`lapsed:${fund}`), 660_000n);
  t.equal(
    await world.balance(`used:${world.programmeCode}.claimed:${unused.firm.uscc}:2024`),
    200_000n,
    'this programme gives nothing back',
  );
  const [fundShown] = (expectStatus(await reviewer.get('/dashboard'), 200) as { funds: Record<string, string>[] }).funds;
  t.match(fundShown, { granted: '1000000.00', promised: '8000.00', lapsed: '6600.00', redeemed: '1400.00', outstanding: '0.00' });
  t.strictSame(await audited(), []);
});

void t.test(
  'where a programme says so the balance is available again, and the limits of the issue get the unused part back',
  async (t) => {
    const world = await startWorld(t, { programme: jiaozuo, now: '2025-01-05' });
    for (const funder of ['PROVINCE', 'CITY']) expectStatus(await world.load('500000.00', funder, 2025), 201);
    const { issue, audited } = ways(world);
    const of = await issue();
    const { lastDay, face } = expectStatus(await world.reviewer.get(`/vouchers/${of.voucherId}`), 200);
    t.equal(face, '2000.00');
    world.clock.set(new Date(Date.parse(`${lastDay as string}T00:00:00+08:00`) + 86_400_000));
    t.match(expectStatus(await world.book.operator.post(`/vouchers/${of.voucherId}/expire`, {}), 200), {
      lapsed: '0.00',
      givenBack: '2000.00',
    });
    t.equal(await world.balance(`available:${world.programmeCode}/2025`), 100_000_000n);
    const [limits] = await world.owner.sql<{ used: bigint; restored: bigint }[]>`
    select sum(a.credits_fen - a.debits_fen)::bigint as used, sum(a.debits_fen)::bigint as restored
      from accounts a where a.book_id = ${world.book.bookId} and a.kind = 'used'`;
    t.equal(limits?.used, 0n, 'nothing is left spent');
    t.ok((limits?.restored ?? 0n) >= 400_000n, 'of the legal person and of the contract');
    t.strictSame(await audited(), []);
  },
);

void t.test('where a programme does not say what becomes of the balance nothing is guessed', async (t) => {
  const silent: [RegExp, string] = [/ {2}expiredBalance:\n {4}value: LAPSES\n.*\n/, ''];
  const world = await startWorld(t, { replaced: [silent] });
  expectStatus(await world.load('10000000.00'), 201);
  const { issue, end, audited } = ways(world);
  const of = await issue();
  world.clock.set('2025-08-01');
  const refused = await world.book.operator.post(`/vouchers/${of.voucherId}/expire`, {});
  t.match(refused, { status: 409, body: { code: 'POLICY_SILENT', detail: /redemption\.expiredBalance/ } });
  t.match(
    expectStatus(await world.reviewer.get(`/vouchers/${of.voucherId}`), 200),
    { status: 'ACTIVE', balance: '2000.00' },
    'it is held',
  );
  t.match(await end(of, 'CANCEL'), { status: 'CANCELLED', givenBack: '2000.00' }, 'until two persons decide');
  t.strictSame(await audited(), []);
});
