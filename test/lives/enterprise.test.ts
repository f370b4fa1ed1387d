// Enterprises and providers change names, merge, split and close: by two persons, from a day on, and no limit grows by it.
import t from 'tap';
import { nameOn } from '../../src/enterprises/rules.js';
import { uuidv7 } from '../../src/identifiers.js';
import { changeLife } from '../../src/successions/rules.js';
import type { Enterprise } from '../applications/world.js';
import { fields, itemsOf, told, uscc } from '../applications/world.js';
import { startLawWorld } from '../legal-persons/world.js';
import type { Answer } from '../service.js';
import { delisted } from '../providers/delist.js';
import { expectStatus } from '../service.js';
import { lookAt, tryEverything } from './table.js';
import { instruct } from '../settlements/batch.js';

void t.test('a code has the name of the day', async (t) => {
  const former = [
    { name: '二', lastDay: '2025-03-31' },
    { name: '一', lastDay: '2024-12-31' },
  ];
  for (const [day, name] of [
    ['2020-01-01', '一'],
    ['2024-12-31', '一'],
    ['2025-01-01', '二'],
    ['2025-03-31', '二'],
    ['2025-04-01', '三'],
  ] as const)
    t.equal(nameOn('三', former, day), name, day);
});

void t.test('legal persons change, and what they hold follows', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const { book, reviewer, approver, provider, providerId, clock } = world;
  const { operator } = book;
  const claimed = 'zhengzhou-compute.claimed';
  const redeemed = 'zhengzhou-compute.redeemed';
  const because = { effectiveOn: '2025-03-03', documentNo: '市监登字〔2025〕8号', reason: '登记机关核准' };
  await world.load('50000000.00', 'CITY', 2025);
  await world.load('50000000.00', 'CITY', 2026);

  const propose = async (url: string, body: object): Promise<string> =>
    expectStatus(await reviewer.post(url, { ...because, ...body }), 201).changeId as string;
  const decide = async (url: string, body: object): Promise<Answer> =>
    approver.post(`/legal-person-changes/${await propose(url, body)}/approve`);
  /** A contract of this amount, and the voucher that it gives. */
  const awarded = async (of: Enterprise, gross: string): Promise<{ contractId: string; voucherId: string; answer: Answer }> => {
    const contractId = await world.contractOf(of, [{ gross, chip: 'A' }]);
    const answer = await world.award(of, contractId);
    return { contractId, answer, voucherId: (answer.body.voucher?.voucherId ?? '') as string };
  };
  /** What refuses a further award; the application is rejected then, so that nothing of it waits. */
  const refusedAward = async (of: Enterprise): Promise<string> => {
    const { contractId, answer } = await awarded(of, '100.00');
    const left = itemsOf<{ applicationId: string }>(await reviewer.get(`/applications?contractId=${contractId}`));
    for (const { applicationId } of left)
      expectStatus(await reviewer.post(`/applications/${applicationId}/reject`, { reason: '额度用尽' }), 200);
    return told(answer);
  };
  const face = ({ status, body }: Answer): string =>
    status === 200 ? (body.voucher.face as string) : `${status} ${body.code as string}`;
  const used = async (limit: string, of: Enterprise, year = 2025): Promise<bigint> =>
    (await world.balance(`used:${limit}:${of.uscc}:${year}`)) / 100n;
  /** A matter that is confirmed as this one's. */
  const registered = async (of: Enterprise, code: string): Promise<string> => {
    const body = { kind: 'PRODUCT', code, name: code, documentNo: '1' };
    const made = expectStatus(await of.member.post('/matters', body), 201).registrationId as string;
    expectStatus(await reviewer.post(`/matters/${made}/confirm`, { joint: false }), 200);
    return made;
  };
  const newMember = (role: string, legalPersonUscc: string): Promise<Answer> =>
    operator.post('/members', { kind: 'PERSON', role, personName: '新人', legalPersonUscc });
  const mattersOf = async (of: Enterprise): Promise<object[]> => itemsOf<object>(await reviewer.get(`/matters?uscc=${of.uscc}`));
  const vouchersOf = async (of: Enterprise): Promise<string[]> =>
    itemsOf<{ voucherId: string }>(await reviewer.get(`/vouchers?enterpriseId=${of.enterpriseId}`)).map(
      ({ voucherId }) => voucherId,
    );

  await t.test('a name changes from a day on, and documents of the past keep theirs', async (t) => {
    const firm = await world.enterprise(1);
    const url = `/enterprises/${firm.enterpriseId}`;
    const body = { uscc: firm.uscc, name: '中原人工智能' };
    for (const [more, expected] of [
      [{ uscc: uscc(77) }, '409 PARTY_UNKNOWN'],
      [{ uscc: 'X' }, '400 USCC_LENGTH'],
      [{ effectiveOn: '2025-03-04' }, '400 DAY_IN_FUTURE'],
      [{ name: '企业1' }, '409 NAME_UNCHANGED'],
      [{ reason: ' ' }, '400 VALIDATION_FAILED'],
    ] as const) {
      const answer = await reviewer.post('/name-changes', { ...because, ...body, ...more });
      t.equal(told(answer), expected, JSON.stringify(more));
      t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
    }
    t.equal(told(await approver.post('/name-changes', { ...because, ...body })), '403 FORBIDDEN');
    const changeId = await propose('/name-changes', { ...body, effectiveOn: '2025-02-01' });
    t.match(expectStatus(await firm.member.get(url), 200), { name: '企业1', formerNames: [] }, 'what is proposed is not so yet');
    const itself = await book.member('approver', { personId: reviewer.personId });
    t.equal(told(await itself.post(`/legal-person-changes/${changeId}/approve`)), '403 FOUR_EYES');
    t.equal(told(await approver.post(`/legal-person-changes/${uuidv7(new Date())}/approve`)), '404 NOT_FOUND');
    t.equal(told(await approver.post(`/legal-person-changes/${changeId}/approve?dryRun=true`)), '200');
    t.match(expectStatus(await firm.member.get(url), 200), { name: '企业1' }, 'nor is what was only tried');
    t.match(expectStatus(await approver.post(`/legal-person-changes/${changeId}/approve`), 200), { status: 'APPROVED' });
    t.match(expectStatus(await firm.member.get(url), 200), {
      name: '中原人工智能',
      formerNames: [{ name: '企业1', lastDay: '2025-01-31', changeId }],
    });
    t.match(expectStatus(await firm.member.get(`${url}?on=2025-01-31`), 200), { name: '企业1' });
    t.match(expectStatus(await firm.member.get(`${url}?on=2025-02-01`), 200), { name: '中原人工智能' });
    const back = await reviewer.post('/name-changes', { ...because, ...body, name: '又名', effectiveOn: '2025-02-01' });
    t.equal(told(back), '409 NAME_CHANGED_LATER');
    t.equal(told(await decide('/name-changes', { ...body, name: '又名', effectiveOn: '2025-03-01' })), '200');
    t.match(expectStatus(await firm.member.get(`${url}?on=2025-02-28`), 200), { name: '中原人工智能' });

    t.equal(told(await decide('/name-changes', { uscc: uscc(9000001), name: '中原智算集团' })), '200');
    const named = expectStatus(await firm.member.get(`/providers/${providerId}?on=2025-03-02`), 200);
    t.match(named, { name: '中原智算', formerNames: [{ name: '中原智算', lastDay: '2025-03-02' }] });
    t.match(expectStatus(await firm.member.get(`/providers/${providerId}`), 200), { name: '中原智算集团' });
  });

  await t.test('a merger: the successor takes over vouchers, and what was spent counts against it once', async (t) => {
    const [absorbed, branch, successor] = [
      await world.enterprise(11),
      await world.enterprise(12, uscc(11)),
      await world.enterprise(13),
    ];
    const ofBranch = expectStatus(await newMember('enterprise', branch.uscc), 201).memberId as string;
    const first = await awarded(absorbed, '3000000.00');
    t.equal(face(first.answer), '600000.00');
    const second = await awarded({ ...branch, member: absorbed.member }, '500000.00');
    t.equal(face(second.answer), '100000.00');
    expectStatus(await world.redeem(absorbed, first.voucherId, first.contractId, 1, '300000.00'), 201);
    t.strictSame([await used(claimed, absorbed), await used(redeemed, absorbed)], [700000n, 60000n]);

    const project = await registered(absorbed, 'XM-2025-1');
    const merger = { uscc: absorbed.uscc, successorUscc: successor.uscc };
    const waiting = await world.contractOf(absorbed, [{ gross: '10.00', chip: 'A' }]);
    const application = expectStatus(await world.submit(absorbed, waiting), 201);
    for (const [more, expected, pointer] of [
      [{ successorUscc: absorbed.uscc }, '400 MERGED_WITH_ITSELF', '/successorUscc'],
      [{ successorUscc: uscc(77) }, '409 PARTY_UNKNOWN', '/successorUscc'],
      [{ successorUscc: branch.uscc }, '409 CHANGE_OF_BRANCH', '/successorUscc'],
      [{ uscc: branch.uscc }, '409 CHANGE_OF_BRANCH', '/uscc'],
      [{ uscc: uscc(9000001) }, '409 PARTY_UNKNOWN', '/successorUscc'],
      [{ uscc: uscc(77) }, '409 PARTY_UNKNOWN', '/uscc'],
      [{}, '409 CHANGE_CASES_WAIT', '/uscc'],
    ] as const) {
      const answer = await reviewer.post('/mergers', { ...because, ...merger, ...more });
      t.equal(told(answer), expected, JSON.stringify(more));
      t.match(fields(answer)[0], pointer);
      t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
    }
    expectStatus(await reviewer.post(`/applications/${application.applicationId}/reject`, { reason: '合并' }), 200);
    const merging = await propose('/mergers', merger);
    const own = await awarded(successor, '2500000.00');
    t.equal(face(own.answer), '500000.00', 'meanwhile the successor claims, too');
    clock.set('2025-03-05');
    t.match(expectStatus(await approver.post(`/legal-person-changes/${merging}/approve`), 200), {
      kind: 'MERGER',
      status: 'APPROVED',
    });

    t.equal(await used(claimed, successor), 1200000n, 'both together, though it is more than the law gives to one');
    t.equal(await world.balance(`allowance:${claimed}:${successor.uscc}:2025`), 0n);
    t.equal(await used(redeemed, successor), 60000n);
    t.equal(await used(claimed, absorbed), 700000n, 'what was spent stays where it was spent');
    t.match(expectStatus(await reviewer.get(`/legal-person-changes/${merging}`), 200).limits, [
      { why: 'CARRIED', limit: claimed, holder: successor.uscc, window: '2025', amount: '700000.00', usedAfter: '1200000.00' },
      { why: 'CARRIED', limit: redeemed, amount: '60000.00', usedAfter: '60000.00' },
    ]);
    t.match(await mattersOf(absorbed), [{ registrationId: project, status: 'ENDED' }]);
    t.match(await mattersOf(successor), [{ code: 'XM-2025-1', status: 'CONFIRMED', legalPersonUscc: successor.uscc }]);
    t.strictSame((await vouchersOf(successor)).sort(), [first.voucherId, second.voucherId, own.voucherId].sort());
    t.strictSame(await vouchersOf(absorbed), []);
    t.equal(await refusedAward(successor), '409 LIMIT_EXHAUSTED', 'merging gives nobody more');
    // The successor uses and redeems what the absorbed one was given; under its own limit from now on.
    expectStatus(await world.redeem(successor, first.voucherId, first.contractId, 1, '60000.00'), 201);
    t.strictSame([await used(redeemed, successor), await used(redeemed, absorbed)], [72000n, 60000n]);

    t.equal(told(await absorbed.member.get('/me')), '401 UNAUTHENTICATED', 'nobody acts for who is no more');
    t.match(expectStatus(await successor.member.get(`/contracts/${first.contractId}`), 200), {
      enterpriseId: successor.enterpriseId,
      formerly: [{ enterpriseId: absorbed.enterpriseId, legalPersonUscc: absorbed.uscc, until: '2025-03-03' }],
    });
    t.match(expectStatus(await reviewer.get(`/enterprises/${branch.enterpriseId}`), 200), {
      closedOn: '2025-03-03',
      successorUscc: successor.uscc,
    });
    t.match(await newMember('enterprise', absorbed.uscc), {
      status: 409,
      body: { code: 'ENTERPRISE_CLOSED', detail: new RegExp(successor.uscc) },
    });
    t.equal(
      told(await operator.post(`/members/${ofBranch}/invite`, { signInName: 'fenzhi', validDays: 7 })),
      '409 ENTERPRISE_CLOSED',
      'nobody is invited to act for its branch',
    );
    const bySeller = { ...absorbed, member: provider };
    const contract = await world.contractOf(bySeller, [{ gross: '10.00', chip: 'A' }]).catch((error: unknown) => String(error));
    t.match(contract, new RegExp(`ENTERPRISE_CLOSED.*${successor.uscc}`), 'the absorbed one concludes no more');
    t.equal(
      told(await reviewer.post('/mergers', { ...because, ...merger })),
      '409 ENTERPRISE_CLOSED',
      'and merges no second time',
    );
    t.equal(
      told(await reviewer.post('/mergers', { ...because, uscc: successor.uscc, successorUscc: absorbed.uscc })),
      '409 ENTERPRISE_CLOSED',
    );
    t.strictSame(await world.found(), [], 'the audits find nothing');

    // And on: what counts for the successor counts for whoever follows it, once.
    const last = await world.enterprise(14);
    clock.set('2025-03-06');
    t.equal(told(await decide('/mergers', { uscc: successor.uscc, successorUscc: last.uscc })), '200');
    t.strictSame([await used(claimed, last), await used(redeemed, last)], [1200000n, 72000n]);
    t.equal(await refusedAward(last), '409 LIMIT_EXHAUSTED');
    expectStatus(await world.redeem(last, first.voucherId, first.contractId, 1, '3000.00'), 201);
    t.strictSame(await world.found(), [], 'nor after the second merger');
    clock.set('2026-01-05');
    t.equal(face((await awarded(last, '5000000.00')).answer), '1000000.00', 'the next year is a new one');
    clock.set('2025-03-07');
  });

  await t.test('a successor that had spent nothing has what the absorbed one left', async (t) => {
    const [absorbed, successor] = [await world.enterprise(21), await world.enterprise(22)];
    t.equal(face((await awarded(absorbed, '1500000.00')).answer), '300000.00');
    t.equal(told(await decide('/mergers', { uscc: absorbed.uscc, successorUscc: successor.uscc })), '200');
    t.equal(face((await awarded(successor, '5000000.00')).answer), '700000.00');
    t.equal(await refusedAward(successor), '409 LIMIT_EXHAUSTED');
    t.strictSame(await world.found(), []);
  });

  await t.test(
    'what comes back of what the absorbed one had spent comes back to its successor, however often it merged',
    async (t) => {
      for (const [n, chain] of [
        [200, 1],
        [210, 2],
        [220, 3],
      ] as const) {
        const firms: Enterprise[] = [];
        for (let i = 0; i <= chain; i++) firms.push(await world.enterprise(n + i));
        const [absorbed, ...followers] = firms;
        if (!absorbed) throw new Error('a firm');
        const { voucherId, contractId } = await awarded(absorbed, '1000000.00');
        const unused = await awarded(absorbed, '500000.00');
        const redemption = expectStatus(await world.redeem(absorbed, voucherId, contractId, 1, '300000.00'), 201);
        let from = absorbed;
        for (const to of followers) {
          t.equal(told(await decide('/mergers', { uscc: from.uscc, successorUscc: to.uscc })), '200');
          from = to;
        }
        const spent = async (limit: string): Promise<bigint[]> => Promise.all(firms.map((firm) => used(limit, firm)));
        t.strictSame(
          await spent(redeemed),
          firms.map(() => 60000n),
          'carried on from one to the next',
        );
        const url = `/redemptions/${redemption.redemptionId as string}`;
        const half = expectStatus(
          await reviewer.post(`${url}/propose-reversal`, { reason: '票面有误', amount: '20000.00' }),
          201,
        );
        expectStatus(await approver.post(`${url}/reverse`, { contentDigest: half.contentDigest }), 200);
        t.strictSame(
          await spent(redeemed),
          firms.map(() => 40000n),
          'a part',
        );
        t.equal(await world.balance(`allowance:${redeemed}:${from.uscc}:2025`), 2000000n, 'which the last may spend');
        t.strictSame(await world.found(), [], 'the audits find nothing');
        const ending = expectStatus(
          await reviewer.post(`/vouchers/${unused.voucherId}/propose-ending`, { kind: 'CANCEL', reason: '合同终止' }),
          201,
        );
        expectStatus(await approver.post(`/vouchers/${unused.voucherId}/cancel`, { contentDigest: ending.contentDigest }), 200);
        t.strictSame(
          await spent(claimed),
          firms.map(() => 200000n),
          'and what a voucher did not pay',
        );
        t.strictSame(await world.found(), [], 'the audits find nothing');
      }
    },
  );

  await t.test('a split: contracts go whole, and what is left of a limit is shared, never doubled', async (t) => {
    const [parent, child, other] = [await world.enterprise(31), await world.enterprise(32), await world.enterprise(33)];
    const kept = await awarded(parent, '1000000.00');
    const given = await awarded(parent, '1000000.00');
    expectStatus(await world.redeem(parent, given.voucherId, given.contractId, 1, '100000.00'), 201);
    t.equal(await used(claimed, parent), 400000n);
    const heir = { uscc: child.uscc, founded: true, contractIds: [given.contractId] };
    const limits = [
      { limit: claimed, left: '250000.00' },
      { limit: redeemed, left: '100000.00' },
    ];
    const [product, standard] = [await registered(parent, 'CP-1'), await registered(parent, 'CP-2')];
    const splitting = { uscc: parent.uscc, continues: true, heirs: [{ ...heir, limits }] };
    for (const [more, expected] of [
      [{ heirs: [{ ...heir, uscc: parent.uscc }] }, '400 SPLIT_HEIR_TWICE'],
      [{ heirs: [heir, { ...heir, contractIds: [] }] }, '400 SPLIT_HEIR_TWICE'],
      [{ heirs: [{ ...heir, uscc: uscc(77) }] }, '409 PARTY_UNKNOWN'],
      [{ heirs: [{ ...heir, contractIds: [parent.enterpriseId] }] }, '409 SPLIT_CONTRACT_UNKNOWN'],
      [{ heirs: [{ ...heir, contractIds: [given.contractId, given.contractId] }] }, '400 SPLIT_CONTRACT_TWICE'],
      [{ heirs: [{ ...heir, founded: false, limits }] }, '409 SPLIT_HEIR_NOT_NEW'],
      [{ heirs: [{ ...heir, limits: [{ limit: 'x', left: '1.00' }] }] }, '409 SPLIT_LIMIT_UNKNOWN'],
      [{ heirs: [{ ...heir, limits: [{ limit: claimed, left: '600000.01' }] }] }, '409 SPLIT_LEFT_BEYOND'],
      [{ continues: false }, '409 SPLIT_CONTRACT_LEFT'],
      [{ heirs: [{ ...heir, registrationIds: [parent.enterpriseId] }] }, '409 SPLIT_MATTER_UNKNOWN'],
      [{ heirs: [{ ...heir, registrationIds: [product, product] }] }, '409 SPLIT_MATTER_UNKNOWN'],
      [{ heirs: [] }, '400 VALIDATION_FAILED'],
    ] as const) {
      const answer = await reviewer.post('/splits', { ...because, ...splitting, ...more });
      t.equal(told(answer), expected, JSON.stringify(more));
      t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
    }
    const taken = await propose('/splits', { ...splitting, heirs: [{ ...heir, limits, registrationIds: [product] }] });
    const stale = await propose('/splits', {
      ...splitting,
      heirs: [{ ...heir, limits: [{ limit: claimed, left: '600000.00' }] }],
    });
    expectStatus(await approver.post(`/legal-person-changes/${taken}/approve`), 200);
    t.equal(told(await approver.post(`/legal-person-changes/${stale}/approve`)), '409 SPLIT_CONTRACT_UNKNOWN', 'looked at again');
    t.strictSame(await vouchersOf(child), [given.voucherId]);
    t.strictSame(await vouchersOf(parent), [kept.voucherId]);
    t.match(await mattersOf(child), [{ code: 'CP-1', status: 'CONFIRMED' }]);
    t.match(await mattersOf(parent), [
      { code: 'CP-1', status: 'ENDED' },
      { registrationId: standard, code: 'CP-2', status: 'CONFIRMED' },
    ]);
    t.strictSame([await used(claimed, parent), await used(claimed, child)], [650000n, 750000n]);
    // The parent redeemed 20,000 before; 980,000 were left, of which 100,000 went over.
    expectStatus(await world.redeem(child, given.voucherId, given.contractId, 1, '100000.00'), 201);
    t.strictSame([await used(redeemed, parent), await used(redeemed, child)], [120000n, 920000n]);
    t.equal(face((await awarded(child, '5000000.00')).answer), '250000.00');
    t.equal(face((await awarded(parent, '5000000.00')).answer), '350000.00', 'together as much as one had left');
    t.equal(await refusedAward(child), '409 LIMIT_EXHAUSTED');
    t.equal(await refusedAward(parent), '409 LIMIT_EXHAUSTED');
    t.strictSame(await world.found(), [], 'the audits find nothing');

    // One that was there before keeps its own, and takes over no other's.
    const rest = { uscc: other.uscc, founded: false, contractIds: [kept.contractId] };
    t.equal(told(await decide('/splits', { ...splitting, heirs: [rest] })), '200');
    t.equal(await used(claimed, other), 0n);
    t.strictSame(await vouchersOf(other), [kept.voucherId]);
    const again = await reviewer.post('/splits', {
      ...because,
      ...splitting,
      heirs: [{ uscc: other.uscc, founded: true, contractIds: [] }],
    });
    t.equal(told(again), '201', 'it has spent nothing: two persons say whether it was founded');
    // What stands as spent only because it was founded is not carried into a merger.
    t.equal(told(await decide('/mergers', { uscc: child.uscc, successorUscc: other.uscc })), '200');
    t.strictSame([await used(claimed, other), await used(redeemed, other)], [250000n, 20000n]);
    t.strictSame(await world.found(), []);
    clock.set('2026-01-05');
    t.equal(face((await awarded(parent, '5000000.00')).answer), '1000000.00', 'each has its own in the year after');
    t.equal(face((await awarded(other, '5000000.00')).answer), '1000000.00');
    t.strictSame(await world.found(), []);
    clock.set('2025-03-10');
  });

  await t.test('a split that ends it leaves nothing behind', async (t) => {
    const [parent, one, two] = [await world.enterprise(41), await world.enterprise(42), await world.enterprise(43)];
    const contracts = [await awarded(parent, '1000000.00'), await awarded(parent, '1000000.00')];
    const heirs = [one, two].map(({ uscc: code }, i) => ({
      uscc: code,
      founded: true,
      contractIds: [contracts[i]?.contractId],
      limits: [{ limit: claimed, left: '300000.00' }],
    }));
    t.equal(told(await decide('/splits', { uscc: parent.uscc, continues: false, heirs })), '200');
    t.match(expectStatus(await reviewer.get(`/enterprises/${parent.enterpriseId}`), 200), {
      closedOn: '2025-03-03',
      successorUscc: null,
    });
    for (const of of [one, two]) t.equal(face((await awarded(of, '5000000.00')).answer), '300000.00');
    t.strictSame(await world.found(), []);
  });

  await t.test('who closes applies no more; its vouchers are frozen or cancelled as decided', async (t) => {
    const [frozen, cancelled] = [await world.enterprise(51), await world.enterprise(52)];
    for (const [firm, vouchers, status, left] of [
      [frozen, 'FREEZE', 'FROZEN', '160000.00'],
      [cancelled, 'CANCEL', 'CANCELLED', '0.00'],
    ] as const) {
      const { voucherId, contractId } = await awarded(firm, '1000000.00');
      expectStatus(await world.redeem(firm, voucherId, contractId, 1, '200000.00'), 201);
      const spare = await world.contractOf(firm, [{ gross: '10.00', chip: 'A' }]);
      const before = await world.balance('available:zhengzhou-compute/2025');
      t.equal(told(await decide('/closures', { uscc: firm.uscc, vouchers })), '200', vouchers);
      t.match(expectStatus(await reviewer.get(`/vouchers/${voucherId}`), 200), { status, balance: left });
      t.equal((await world.balance('available:zhengzhou-compute/2025')) - before, vouchers === 'CANCEL' ? 16000000n : 0n);
      t.equal(told(await firm.member.get('/me')), '401 UNAUTHENTICATED', 'its members are none any more');
      t.equal(told(await newMember('enterprise', firm.uscc)), '409 ENTERPRISE_CLOSED', 'and it has no new ones');
      t.equal(told(await world.submit(firm, spare)), '401 UNAUTHENTICATED');
      t.equal(told(await reviewer.post('/closures', { ...because, uscc: firm.uscc, vouchers })), '409 ENTERPRISE_CLOSED');
    }
    t.strictSame(await world.found(), []);

    const seller = expectStatus(await operator.post('/providers', { uscc: uscc(9000003), name: '嵩山智算' }), 201);
    const listing = {
      providerId: seller.providerId,
      serviceItem: 'STORAGE',
      batchNo: '1',
      documentNo: '1',
      validFrom: '2025-01-01',
    };
    const listed = expectStatus(await reviewer.post('/listings', listing), 201);
    const closing = { uscc: uscc(9000003), vouchers: 'FREEZE' };
    t.equal(told(await reviewer.post('/closures', { ...because, ...closing })), '409 PROVIDER_STILL_LISTED');
    expectStatus(await delisted({ reviewer, approver }, listed.listingId as string, '2025-03-02'), 200);
    t.equal(told(await decide('/closures', closing)), '200');
    t.match(expectStatus(await provider.get(`/providers/${seller.providerId as string}`), 200), { closedOn: '2025-03-03' });
    t.equal(told(await reviewer.post('/closures', { ...because, ...closing })), '409 ENTERPRISE_CLOSED');
  });

  await t.test('a provider merges: its listing ends, its successor acts for it and is paid for it', async (t) => {
    const made = async (who: typeof operator, url: string, body: object, status = 201) =>
      expectStatus(await who.post(url, body), status);
    const code = uscc(9000010);
    const { providerId: sellerId } = await made(operator, '/providers', { uscc: code, name: '嵩岳智算' });
    const seller = await book.member('provider', { uscc: code });
    const { facilityId } = await made(operator, '/facilities', { providerId: sellerId, name: '嵩岳中心', kind: 'AI_COMPUTING' });
    await made(reviewer, `/facilities/${facilityId as string}/observations`, {
      observedOn: '2024-06-01',
      inService: true,
      pflops: '100.00',
      precision: 'FP16',
      evidence: '核查报告',
    });
    const listing = { serviceItem: 'AI_COMPUTE', batchNo: '1', documentNo: '1', validFrom: '2025-01-01' };
    const { listingId } = await made(reviewer, '/listings', { providerId: sellerId, ...listing });
    const firm = await world.enterprise(301);
    const money = (gross: string) => ({ net: gross, vat: '0.00', gross });
    const { contractId } = await made(seller, '/contracts', {
      contractNo: 'SY-1',
      enterpriseId: firm.enterpriseId,
      providerId: sellerId,
      signedOn: '2025-03-01',
      startsOn: '2025-03-01',
      endsOn: '2025-12-31',
      purpose: 'MODEL_RESEARCH',
      ...money('1000000.00'),
      lines: [
        {
          description: '算力',
          serviceItem: 'AI_COMPUTE',
          facilityId,
          unit: 'CARD_HOUR',
          quantity: '1000',
          chipVendor: '华为',
          chipModel: 'A',
          ...money('1000000.00'),
        },
      ],
    });
    await made(firm.member, `/contracts/${contractId as string}/confirm`, {}, 200);
    await made(reviewer, `/contracts/${contractId as string}/file`, {}, 200);
    const awarding = await world.award(firm, contractId as string);
    t.equal(face(awarding), '200000.00');
    const invoice = (no: number, day: string) => ({
      invoiceNo: `25442${String(no).padStart(15, '0')}`,
      contractId,
      issuedOn: '2025-03-10',
      usageFrom: '2025-03-05',
      usageTo: day,
      ...money('100000.00'),
      lines: [{ contractLineNo: 1, quantity: '100', ...money('100000.00') }],
    });
    const redeemed = async (who: typeof operator, no: number): Promise<string> => {
      const { invoiceId } = await made(who, '/usage-invoices', invoice(no, '2025-03-09'));
      const url = `/usage-invoices/${invoiceId as string}`;
      await made(firm.member, `${url}/confirm`, {}, 200);
      await made(firm.member, `${url}/payments`, { amount: '80000.00', paidOn: '2025-03-10', bankSerial: `SY-${no}` });
      const of = await made(firm.member, '/redemptions', { voucherId: awarding.body.voucher.voucherId as string, invoiceId });
      t.equal(of.status, 'APPROVED');
      return invoiceId as string;
    };
    const first = await redeemed(seller, 1);

    const merger = { uscc: code, successorUscc: uscc(9000001), effectiveOn: '2025-03-10' };
    t.equal(told(await reviewer.post('/mergers', { ...because, ...merger })), '409 PROVIDER_STILL_LISTED');
    expectStatus(await delisted({ reviewer, approver }, listingId as string, '2025-03-09'), 200);
    for (const [more, expected, pointer] of [
      [{ successorUscc: code }, '400 MERGED_WITH_ITSELF', '/successorUscc'],
      [{ successorUscc: firm.uscc }, '409 PARTY_UNKNOWN', '/successorUscc'],
      [{ successorUscc: uscc(9000003) }, '409 ENTERPRISE_CLOSED', '/successorUscc'],
      [{ uscc: uscc(9000003) }, '409 ENTERPRISE_CLOSED', '/uscc'],
    ] as const) {
      const answer = await reviewer.post('/mergers', { ...because, ...merger, ...more });
      t.equal(told(answer), expected, JSON.stringify(more));
      t.match(fields(answer)[0], pointer);
    }
    t.equal(told(await decide('/mergers', merger)), '200');
    t.match(expectStatus(await provider.get(`/providers/${sellerId as string}`), 200), {
      closedOn: '2025-03-10',
      successorUscc: uscc(9000001),
      legalPersonUscc: code,
    });
    t.equal(told(await seller.get('/me')), '401 UNAUTHENTICATED', 'nobody acts for who is no more');
    t.match(await newMember('provider', code), {
      status: 409,
      body: { code: 'ENTERPRISE_CLOSED', detail: new RegExp(uscc(9000001)) },
    });
    t.equal(
      told(await provider.post('/usage-invoices', invoice(2, '2025-03-10'))),
      '409 PROVIDER_NOT_LISTED',
      'its listing does not go over',
    );
    await redeemed(provider, 3);
    t.equal(itemsOf(await provider.get(`/redemptions?contractId=${contractId as string}`)).length, 2, 'and sees what was before');
    // Of lists that name no contract too: what one may look at one is shown.
    const listed = async (url: string) =>
      itemsOf<{ contractId: string }>(await provider.get(url)).filter((of) => of.contractId === contractId);
    t.equal((await listed('/contracts')).length, 1, 'its contracts');
    t.equal((await listed('/usage-invoices')).length, 2, 'their invoices, before and after');

    t.strictSame(await world.found(), [], 'the audits find nothing');

    const [finance, payer] = [await book.member('finance'), await book.member('finance_approver')];
    const account = {
      holderName: '中原智算集团',
      bankName: '银行',
      bankCode: '102491000012',
      accountNo: '6222020000000017',
      validFrom: '2025-01-01',
    };
    await made(provider, '/payee-accounts', { providerId, ...account });
    const batch = await made(finance, '/settlements', { period: '2025-03' });
    const url = `/settlements/${batch.settlementId as string}`;
    await instruct({ maker: finance, approver, checker: await book.member('finance'), payer }, batch.settlementId as string);
    const { lines } = expectStatus(await finance.get(`${url}/instructions`), 200) as { lines: { holderName: string }[] };
    t.strictSame(
      [...new Set(lines.map(({ holderName }) => holderName))],
      ['中原智算集团'],
      'it is paid on its successor’s account',
    );
    const red = { redLetterNo: `25449${'0'.repeat(14)}1`, contractId, issuedOn: '2025-03-10', reason: '退款' };
    const followed = expectStatus(await provider.post(`/usage-invoices/${first}/red-letters`, red), 201);
    t.match(followed.corrections, [{ recalled: '20000.00' }], 'its invoices are the successor’s to take back');
    t.equal(itemsOf(await provider.get('/recoveries')).length, 1, 'and what they were paid for its to pay back');
    t.strictSame(await world.found(), [], 'the audits find nothing');
  });

  await t.test('the history is whole, and nothing of it can be rewritten', async (t) => {
    const changes = itemsOf<{ kind: string }>(await reviewer.get(`/legal-person-changes?uscc=${uscc(31)}`));
    t.strictSame(
      changes.map(({ kind }) => kind),
      ['SPLIT', 'SPLIT', 'SPLIT', 'SPLIT'],
    );
    t.equal(itemsOf(await reviewer.get(`/legal-person-changes?uscc=${uscc(31)}&status=APPROVED`)).length, 2);
    t.ok(itemsOf(await reviewer.get('/legal-person-changes?status=APPROVED')).length > 8);
    t.equal(told(await provider.get('/legal-person-changes')), '403 FORBIDDEN');
    await t.rejects(world.db.sql`update limit_successions set amount_fen = 1`);
    await t.rejects(world.db.sql`update former_names set name = 'x'`);
    await t.rejects(world.db.sql`update legal_person_changes set content = '{}'`);
  });

  await t.test('every verb in every state of a change', async (t) => {
    t.equal(changeLife.code, 'CHANGE_WRONG_STATE');
    let n = 60;
    const refused = await tryEverything(t, {
      life: changeLife,
      bring: async (state) => {
        const firm = await world.enterprise((n += 1));
        const id = await propose('/name-changes', { uscc: firm.uscc, name: `新名${n}` });
        if (state === 'APPROVED') expectStatus(await approver.post(`/legal-person-changes/${id}/approve`), 200);
        if (state === 'WITHDRAWN') expectStatus(await reviewer.post(`/legal-person-changes/${id}/withdraw`), 200);
        return id;
      },
      ask: (verb, id) => (verb === 'approve' ? approver : reviewer).post(`/legal-person-changes/${id}/${verb}`),
      look: (id) => lookAt(reviewer, `/legal-person-changes/${id}`),
    });
    t.equal(refused, 4);
  });
});
