// Applications: what is refused at once, what a review binds, and what an approval may issue; races for limits, contracts and the pool.
import t from 'tap';
import { neededBy, reviewDigestOf } from '../../src/applications/rules.js';
import type { Step } from '../../src/programmes/explain.js';
import { expectStatus } from '../service.js';
import { fields, itemsOf, jiaozuo, startWorld, told, uscc } from './world.js';

void t.test('what those who wait may still need is what was approved, within what the limits of each leave', async (t) => {
  const waiting = (legalPersonUscc: string, maximumFen: bigint, ...limitsLeftFen: bigint[]) => ({
    legalPersonUscc,
    maximumFen,
    limitsLeftFen,
  });
  const cases: [string, ReturnType<typeof waiting>[], bigint][] = [
    ['nobody', [], 0n],
    ['one within its limit', [waiting('A', 60n, 100n)], 60n],
    ['one beyond its limit', [waiting('A', 160n, 100n)], 100n],
    ['several of one firm share its limit', [waiting('A', 60n, 100n), waiting('A', 60n, 100n)], 100n],
    ['two firms have a limit each', [waiting('A', 60n, 100n), waiting('B', 60n, 50n)], 110n],
    ['no limit at all', [waiting('A', 60n), waiting('A', 70n)], 130n],
  ];
  for (const [name, given, expected] of cases) t.equal(neededBy(given), expected, name);
});

void t.test('a review digest does not depend on the order of its fields, and on everything else', async (t) => {
  const eligibility = { predicates: { a: 'MET', b: 'MET' }, exceptions: {}, classes: [] } as const;
  const digest = reviewDigestOf('c', eligibility, 1n);
  t.equal(reviewDigestOf('c', { ...eligibility, predicates: { b: 'MET', a: 'MET' } }, 1n), digest);
  t.not(reviewDigestOf('d', eligibility, 1n), digest);
  t.not(reviewDigestOf('c', eligibility, 2n), digest);
  t.not(reviewDigestOf('c', { ...eligibility, predicates: { a: 'MET', b: 'NOT_MET' } }, 1n), digest);
  t.not(reviewDigestOf('c', { ...eligibility, classes: ['X'] }, 1n), digest);
});

void t.test(
  'an application goes from the enterprise over a reviewer to an approver, and everything else is refused',
  async (t) => {
    const world = await startWorld(t);
    const { programmeCode, reviewer, approver, book } = world;
    const [firm, other] = await Promise.all([world.enterprise(1), world.enterprise(2)]);
    const contractId = await world.contract(firm, '2000000.00');
    const unfiled = await world.contract(firm, '1000000.00', { filed: false });
    const storage = await world.contract(firm, '500000.00', { serviceItem: 'STORAGE' });
    const tiny = await world.contract(firm, '0.04');
    const own = expectStatus(
      await book.operator.post('/facilities', {
        providerId: world.providerId,
        name: '自有机房',
        kind: 'DATA_CENTER',
        ownerUscc: firm.uscc,
      }),
      201,
    );
    const selfUsed = await world.contract(firm, '700000.00', { facilityId: own.facilityId as string });

    const branch = await world.enterprise(77, uscc(9000001));
    const ofBranch = await world.contract(branch, '600000.00');

    const apply = (body: object, caller = firm.member) =>
      caller.post('/applications', { programmeCode, commitment: true, ...body });
    const refusals: [string, ReturnType<typeof apply>, string, string[]?][] = [
      ['no commitment', apply({ contractId, commitment: false }), '400 VALIDATION_FAILED', ['/commitment COMMITMENT_REQUIRED']],
      [
        'a strange code',
        apply({ contractId, programmeCode: 'X' }),
        '400 VALIDATION_FAILED',
        ['/programmeCode PROGRAMME_CODE_FORMAT'],
      ],
      ['no such contract', apply({ contractId: firm.enterpriseId }), '404 NOT_FOUND', ['/contractId NOT_FOUND']],
      ['the contract of another firm', apply({ contractId }, other.member), '404 NOT_FOUND', ['/contractId NOT_FOUND']],
      ['a contract that is not filed', apply({ contractId: unfiled }), '409 CONTRACT_NOT_FILED'],
      ['no such programme', apply({ contractId, programmeCode: 'nowhere' }), '409 PROGRAMME_NOT_IN_FORCE'],
      ['only storage', apply({ contractId: storage }), '409 SERVICE_ITEM_NOT_COUNTED'],
      ['less than a fen', apply({ contractId: tiny }), '409 NOTHING_TO_AWARD'],
      ['a facility of one’s own', apply({ contractId: selfUsed }), '409 SELF_BUILT_SELF_USED'],
      ['a branch of the provider’s own legal person', apply({ contractId: ofBranch }, branch.member), '409 SELF_BUILT_SELF_USED'],
      ['an official', apply({ contractId }, reviewer), '403 FORBIDDEN'],
    ];
    for (const [name, sent, expected, pointers] of refusals) {
      const answer = await sent;
      t.equal(told(answer), expected, name);
      if (pointers) t.strictSame(fields(answer), pointers, name);
    }

    // Money is not there yet: it may be applied for, and the outlook says so.
    const application = expectStatus(await apply({ contractId }), 201);
    t.match(application, {
      status: 'SUBMITTED',
      applicationNo: 'TESTCITY-A-2024-000001',
      computed: '400000.00',
      outlook: { amount: '0.00', bound: 'POOL', refusal: 'POOL_EXHAUSTED' },
    });
    t.equal(told(await apply({ contractId })), '409 APPLICATION_OPEN');
    const id = application.applicationId as string;

    const review = (body: object, caller = reviewer) => caller.post(`/applications/${id}/review`, { eligibility: {}, ...body });
    const sameHand = await book.member('reviewer', { personId: firm.member.personId });
    const machine = await book.member('reviewer', { kind: 'MACHINE' });
    const approve = (body: object, caller = approver) => caller.post(`/applications/${id}/approve`, body);
    const digest = 'a'.repeat(64);
    const reviews: [string, ReturnType<typeof review>, string][] = [
      ['by the applicant’s own hand', review({}, sameHand), '403 FOUR_EYES'],
      ['by a machine', review({}, machine), '403 PERSON_REQUIRED'],
      ['with a predicate the programme has not', review({ eligibility: { strange: true } }), '400 PREDICATE_UNKNOWN'],
      ['with a strange class', review({ classes: ['VIP'] }), '400 PRIORITY_CLASS_UNKNOWN'],
      ['with a maximum of zero', review({ maximum: '0.00' }), '400 AMOUNT_ZERO'],
      ['above the entitlement', review({ maximum: '400000.01' }), '409 AMOUNT_ABOVE_ENTITLEMENT'],
      ['of nothing', reviewer.post(`/applications/${contractId}/review`, { eligibility: {} }), '404 NOT_FOUND'],
      ['approved before it is reviewed', approve({ reviewDigest: digest }), '409 APPLICATION_WRONG_STATE'],
    ];
    for (const [name, sent, expected] of reviews) t.equal(told(await sent), expected, name);

    const first = expectStatus(await review({}), 200);
    t.match(first, { status: 'REVIEWED', maximum: '400000.00', computed: '400000.00', award: null });
    t.ok(first.explanation.length > 3, 'the explanation is there before the decision');
    const second = expectStatus(await review({ maximum: '300000.00', classes: ['PROVINCIAL_VOUCHER_HOLDER'] }), 200);
    t.equal(second.maximum, '300000.00', '«不超过» may be approved lower');

    const reviewerToo = await book.member('approver', { personId: reviewer.personId });
    const applicantToo = await book.member('approver', { personId: firm.member.personId });
    const decisions: [string, ReturnType<typeof approve>, string][] = [
      ['a malformed digest', approve({ reviewDigest: 'x' }), '400 VALIDATION_FAILED'],
      ['the digest of the review before', approve({ reviewDigest: first.reviewDigest as string }), '409 REVIEW_CHANGED'],
      ['by the reviewer', approve({ reviewDigest: second.reviewDigest as string }, reviewerToo), '403 FOUR_EYES'],
      ['by the applicant', approve({ reviewDigest: second.reviewDigest as string }, applicantToo), '403 FOUR_EYES'],
      ['without money', approve({ reviewDigest: second.reviewDigest as string }), '409 POOL_EXHAUSTED'],
      ['of nothing', approver.post(`/applications/${contractId}/approve`, { reviewDigest: digest }), '404 NOT_FOUND'],
    ];
    for (const [name, sent, expected] of decisions) t.equal(told(await sent), expected, name);
    t.strictSame(fields(await approve({ reviewDigest: 'x' })), ['/reviewDigest DIGEST_FORMAT']);

    expectStatus(await world.load('100000.00'), 201);
    const reviewDigest = second.reviewDigest as string;
    const changed = await approve({ reviewDigest });
    t.equal(told(changed), '409 AMOUNT_CHANGED', 'less than was reviewed is not issued unasked');
    t.match(changed.body.detail, /300000\.00.*100000\.00.*POOL/);
    const dry = await approver.post(`/applications/${id}/approve?dryRun=true`, { reviewDigest, acceptReduced: true });
    t.match(dry, { status: 200, body: { award: '100000.00', ledgerSeq: null } }, 'a dry run decides and records nothing');
    const approved = expectStatus(await approve({ reviewDigest, acceptReduced: true }), 200);
    t.match(approved, {
      status: 'APPROVED',
      award: '100000.00',
      voucher: {
        voucherNo: 'TESTCITY-V-2024-000001',
        face: '100000.00',
        balance: '100000.00',
        issuedOn: '2024-07-01',
        lastDay: '2025-07-01',
        fund: `${programmeCode}/2024`,
      },
    });
    t.equal((approved.explanation as Step[]).at(-1)?.result, '100000.00', 'the explanation ends with the award');
    t.equal(await world.balance(`available:${programmeCode}/2024`), 0n);
    t.equal(await world.balance(`voucher:${approved.voucherId as string}`), 100_000_00n);
    t.equal(await world.balance(`used:${programmeCode}.claimed:${firm.uscc}:2024`), 100_000_00n);
    t.equal(await world.balance(`used:${programmeCode}.contract-ceiling:${contractId}:LIFETIME`), 100_000_00n);
    const [entry] = await world.owner.sql<{ programme: string; approved: boolean }[]>`
    select programme_version as programme, approval_digest is not null as approved
      from entries where book_id = ${book.bookId} and kind = 'voucher.issued'`;
    t.strictSame(entry, { programme: `${programmeCode}@2`, approved: true }, 'the entry names the law and what was approved');

    t.equal(told(await approve({ reviewDigest })), '409 APPLICATION_WRONG_STATE', 'one decision');
    t.equal(told(await approver.post(`/applications/${id}/reject`, { reason: '重复' })), '409 APPLICATION_WRONG_STATE');

    // What the contract has not used of its ceiling may be applied for again, and rejected with a reason.
    const again = expectStatus(await apply({ contractId }), 201);
    t.match(again, { applicationNo: 'TESTCITY-A-2024-000002', outlook: { refusal: 'POOL_EXHAUSTED' } });
    t.equal(
      told(await sameHand.post(`/applications/${again.applicationId as string}/reject`, { reason: '自撤' })),
      '403 FOUR_EYES',
    );
    t.equal(told(await reviewer.post(`/applications/${contractId}/reject`, { reason: '无' })), '404 NOT_FOUND');
    const rejected = expectStatus(
      await reviewer.post(`/applications/${again.applicationId as string}/reject`, { reason: '资金不足' }),
      200,
    );
    t.match(rejected, { status: 'REJECTED', decisionReason: '资金不足', voucherId: null });

    const seen = itemsOf<{ applicationId: string }>(await firm.member.get('/applications?status=APPROVED'));
    t.strictSame(
      seen.map(({ applicationId }) => applicationId),
      [id],
    );
    t.equal(expectStatus(await other.member.get('/applications'), 200).items.length, 0, 'another firm sees none');
    t.equal(told(await other.member.get(`/applications/${id}`)), '404 NOT_FOUND');
    t.match(expectStatus(await firm.member.get(`/applications/${id}`), 200), { award: '100000.00', status: 'APPROVED' });
    const paged = expectStatus(await approver.get('/applications?limit=1'), 200);
    const next = expectStatus(await approver.get(`/applications?limit=1&cursor=${paged.next as string}`), 200);
    t.strictSame([paged.items.length, next.items.length, next.next], [1, 1, null]);
  },
);

void t.test('exact rates, soft predicates and facilities: the conditions of a programme are confirmed one by one', async (t) => {
  const world = await startWorld(t, { programme: jiaozuo, now: '2025-03-03' });
  expectStatus(await world.load('500000.00', 'PROVINCE', 2025), 201);
  expectStatus(await world.load('500000.00', 'CITY', 2025), 201);
  const firm = await world.enterprise(1);
  const contractId = await world.contract(firm, '1234567.89');
  const { applicationId } = expectStatus(await world.submit(firm, contractId), 201);
  const all = world.eligibility;
  const review = (body: object) => world.reviewer.post(`/applications/${applicationId as string}/review`, body);
  const cases: [string, object, string][] = [
    ['nothing confirmed', { eligibility: {} }, '409 NOT_ELIGIBLE'],
    ['a hard predicate not met', { eligibility: { ...all, 'tax-paying': false } }, '409 NOT_ELIGIBLE'],
    ['a soft one not met', { eligibility: { ...all, 'local-statistics': false } }, '409 NOT_ELIGIBLE'],
    [
      'an exception to a hard one',
      { eligibility: { ...all, 'tax-paying': false }, exceptions: { 'tax-paying': '特批' } },
      '409 EXCEPTION_NOT_ALLOWED',
    ],
    [
      'an exception to one that is met',
      { eligibility: all, exceptions: { 'local-statistics': '特批' } },
      '409 EXCEPTION_NOT_ALLOWED',
    ],
    ['less than the exact rate', { eligibility: all, maximum: '246913.56' }, '409 RATE_IS_EXACT'],
  ];
  for (const [name, body, expected] of cases) t.equal(told(await review(body)), expected, name);
  const reviewed = expectStatus(
    await review({
      eligibility: { ...all, 'local-statistics': false },
      exceptions: { 'local-statistics': '新设企业，尚未入统' },
    }),
    200,
  );
  t.match(reviewed, {
    maximum: '246913.57',
    eligibility: { predicates: { 'local-statistics': 'EXCEPTION', 'tax-paying': 'MET' } },
  });
  const approved = await world.approve({ applicationId, contractId, reviewDigest: reviewed.reviewDigest });
  t.match(approved, { status: 200, body: { award: '246913.57' } }, '20 % of 1,234,567.89, cut down to the fen');

  // Exactly 100 PFLOPS was enough; 99.99 is not, from the day it was observed.
  world.clock.set('2025-03-04');
  expectStatus(
    await world.reviewer.post(`/facilities/${world.facilityId}/observations`, {
      observedOn: '2025-03-04',
      inService: true,
      pflops: '99.99',
      precision: 'FP16',
      evidence: '核查记录',
    }),
    201,
  );
  const below = await world.submit(firm, await world.contract(firm, '1000000.00'));
  t.equal(told(below), '409 FACILITY_BELOW_THRESHOLD');
  t.match(below.body.detail, /99\.99 PFLOPS.*100 PFLOPS/);
});

void t.test('a firm that has claimed 850,000.00 gets 150,000.00 more and then nothing, its branches included', async (t) => {
  const world = await startWorld(t);
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const branch = await world.enterprise(2, firm.uscc);
  const opening = { kind: 'LIMIT_USED', programmeCode: world.programmeCode, limitId: 'claimed', uscc: branch.uscc, year: 2024 };
  const prepared = expectStatus(await world.book.operator.post('/opening-balances', { ...opening, amount: '850000.00' }), 201);
  expectStatus(await world.approver.post(`/opening-balances/${prepared.openingBalanceId as string}/approve`), 200);

  const [first, second] = [await world.reviewed(firm, '2000000.00'), await world.reviewed(branch, '3000000.00')];
  const changed = await world.approve(first);
  t.equal(told(changed), '409 AMOUNT_CHANGED');
  t.match(changed.body.detail, /400000\.00.*150000\.00.*claimed/);
  const approved = expectStatus(await world.approve(first, { acceptReduced: true }), 200);
  t.match(approved, { award: '150000.00', computed: '400000.00' });
  t.equal((approved.explanation as Step[]).find((step) => step.bound)?.inputs['left'], '150000.00');
  const nothing = await world.approve(second, { acceptReduced: true });
  t.equal(told(nothing), '409 LIMIT_EXHAUSTED');
  t.match(nothing.body.detail, /2024 年.*申领金额不超过 1,000,000\.00 元.*剩余 0\.00 元/);
  t.equal(await world.balance(`used:${world.programmeCode}.claimed:${firm.uscc}:2024`), 1_000_000_00n);

  // The next year is another window, and another fund.
  world.clock.set('2025-01-02');
  t.equal(told(await world.approve(second)), '409 POOL_EXHAUSTED', 'the money of one year is not that of another');
  expectStatus(await world.load('5000000.00', 'CITY', 2025), 201);
  t.match(await world.approve(second), { body: { award: '600000.00', voucher: { fund: `${world.programmeCode}/2025` } } });
});

void t.test('a voucher never outlives its programme, and none is issued once that has ended', async (t) => {
  const issue = (appliedOn: string, amount: string, expect: string) =>
    `  - { name: ${appliedOn}, stage: ISSUE, article: 一, given: { appliedOn: ${appliedOn}, contract: { amount: ${amount} } }, expect: { ${expect} } }\n`;
  const cases =
    issue('2024-05-31', '5000000.05', 'refused: PROGRAMME_NOT_IN_FORCE') +
    issue('2024-06-01', '5000000.05', 'award: 1000000.00, bound: claimed') +
    issue('2024-07-31', '2000000.00', 'award: 400000.00') +
    issue('2024-08-01', '2000000.00', 'refused: PROGRAMME_NOT_IN_FORCE') +
    '  - { name: r, stage: REDEEM, article: 一, given: { appliedOn: 2024-06-03, contract: { amount: 2000000.00 }, ' +
    'used: { redeemed: 900000.00 }, voucher: { face: 400000.00 }, invoices: [{ amount: 1000000.00 }] }, ' +
    'expect: [{ award: 100000.00, bound: redeemed }] }\n';
  const world = await startWorld(t, {
    replaced: [
      ['  from: 2024-06-01\n', '  from: 2024-06-01\n  to: 2024-07-31\n'],
      [/^cases:\n[\s\S]*/m, `cases:\n${cases}`],
    ],
  });
  expectStatus(await world.load('1000000.00'), 201);
  const firm = await world.enterprise(1);
  const [first, second] = [await world.reviewed(firm, '1000000.00'), await world.reviewed(firm, '1500000.00')];
  t.match(await world.approve(first), { body: { voucher: { issuedOn: '2024-07-01', lastDay: '2024-07-31' } } });
  world.clock.set('2024-08-01');
  t.equal(told(await world.approve(second)), '409 PROGRAMME_NOT_IN_FORCE');
});

void t.test('first come, first served: passing over an earlier application takes money for both, or a reason', async (t) => {
  const world = await startWorld(t);
  expectStatus(await world.load('1000000.00'), 201);
  const firms = await Promise.all([1, 2, 3, 4].map((n) => world.enterprise(n)));
  const [a, b, c, d] = firms as [(typeof firms)[0], (typeof firms)[0], (typeof firms)[0], (typeof firms)[0]];
  const first = await world.reviewed(a, '3000000.00');
  const second = await world.reviewed(b, '2000000.00');
  const third = await world.reviewed(c, '2000000.00');
  const privileged = await world.reviewed(d, '500000.00', { classes: ['PROVINCIAL_VOUCHER_HOLDER'] });

  t.equal(told(await world.approve(third)), '409 EARLIER_APPLICATION_WAITS', '600,000 and 400,000 wait before these 400,000');
  const waits = await world.approve(second);
  t.equal(told(waits), '409 EARLIER_APPLICATION_WAITS', 'a higher class goes before, though it came later');
  t.match(waits.body.detail, /700000\.00.*600000\.00/);
  expectStatus(await world.approve(privileged), 200);
  const reasoned = expectStatus(await world.approve(third, { passOverReason: '首位申请人补正材料中' }), 200);
  t.equal(reasoned.decisionReason, '首位申请人补正材料中', 'a recorded reason is enough');
  t.equal(told(await world.approve(second)), '409 EARLIER_APPLICATION_WAITS');
  expectStatus(await world.reviewer.post(`/applications/${first.applicationId}/reject`, { reason: '材料不全' }), 200);
  expectStatus(await world.approve(second), 200);
  t.equal(await world.balance(`available:${world.programmeCode}/2024`), 100_000_00n);
});

void t.test('50 applications at once, each of 600,000.00, leave the enterprise at exactly 1,000,000.00 claimed', async (t) => {
  const world = await startWorld(t);
  expectStatus(await world.load('100000000.00'), 201);
  const firm = await world.enterprise(1);
  const reviewed = await Promise.all(Array.from({ length: 50 }, () => world.reviewed(firm, '3000000.00')));
  const answers = await Promise.all(reviewed.map((one) => world.approve(one, { acceptReduced: true })));
  const issued = answers.filter(({ status }) => status === 200).map(({ body }) => body.award as string);
  t.strictSame(issued.sort(), ['400000.00', '600000.00']);
  t.ok(answers.filter(({ status }) => status !== 200).every((answer) => told(answer) === '409 LIMIT_EXHAUSTED'));
  t.equal(await world.balance(`used:${world.programmeCode}.claimed:${firm.uscc}:2024`), 1_000_000_00n);
  t.equal(await world.balance(`available:${world.programmeCode}/2024`), 99_000_000_00n);
});

void t.test('50 applications on one contract, and 50 approvals of the one that stands, issue 600,000.00 once', async (t) => {
  const world = await startWorld(t);
  expectStatus(await world.load('100000000.00'), 201);
  const firm = await world.enterprise(1);
  const contractId = await world.contract(firm, '3000000.00');
  const fifty = Array.from({ length: 50 });
  const submitted = await Promise.all(fifty.map(() => world.submit(firm, contractId)));
  t.strictSame(tally(submitted.map(told)), { '201': 1, '409 APPLICATION_OPEN': 49 });
  const applicationId = submitted.find(({ status }) => status === 201)?.body.applicationId as string;
  const { reviewDigest } = expectStatus(
    await world.reviewer.post(`/applications/${applicationId}/review`, { eligibility: {} }),
    200,
  );
  const one = { applicationId, contractId, reviewDigest: reviewDigest as string };
  const approved = await Promise.all(fifty.map(() => world.approve(one)));
  t.strictSame(tally(approved.map(told)), { '200': 1, '409 APPLICATION_WRONG_STATE': 49 });
  const again = expectStatus(await world.submit(firm, contractId), 201);
  t.match(again.outlook, { amount: '0.00', bound: 'contract-ceiling', refusal: 'LIMIT_EXHAUSTED' });
  t.equal(await world.balance(`available:${world.programmeCode}/2024`), 99_400_000_00n);
  const twenty = await world.contract(firm, '1000000.00');
  const replayed = await Promise.all(Array.from({ length: 20 }, () => world.submit(firm, twenty, { key: 'one-key' })));
  t.equal(
    new Set(replayed.map(({ status, body }) => `${status} ${body.applicationId as string}`)).size,
    1,
    'one key, one effect',
  );
});

void t.test(
  '200 enterprises on a pool for 120 leave it at 0.00, never below at any sequence, and serve the first 120',
  async (t) => {
    const world = await startWorld(t);
    expectStatus(await world.load('72000000.00'), 201);
    const firms = await Promise.all(Array.from({ length: 200 }, (_, i) => world.enterprise(i + 1)));
    const reviewed = await Promise.all(firms.map((firm) => world.reviewed(firm, '3000000.00')));
    const answers = await Promise.all(reviewed.map((one) => world.approve(one)));
    t.equal(answers.filter(({ status }) => status === 200).length, 120);
    const refused = answers.filter(({ status }) => status !== 200).map(told);
    t.ok(refused.every((what) => ['409 POOL_EXHAUSTED', '409 EARLIER_APPLICATION_WAITS'].includes(what)));
    const inOrder = reviewed.map((one, i) => ({ ...one, issued: answers[i]?.status === 200 }));
    inOrder.sort((a, b) => (a.applicationId < b.applicationId ? -1 : 1));
    t.ok(
      inOrder.every(({ issued }, i) => issued === i < 120),
      'whatever order the approvals came in',
    );
    t.equal(await world.balance(`available:${world.programmeCode}/2024`), 0n);
    const [lowest] = await world.owner.sql<{ least: bigint; moves: bigint }[]>`
    select min(e.debit_after_fen) as least, count(*) as moves
      from entries e join accounts a on a.book_id = e.book_id and a.account_id = e.debit_account_id
     where e.book_id = ${world.book.bookId} and a.kind = 'available'`;
    t.strictSame(lowest, { least: 0n, moves: 120n });
  },
);

function tally(what: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of what) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}
