// Every limit in the lane: exceptions to soft ones, windows of several years, limits shared by programmes, numbers from figures, stacking
// rules, general controls, rates by the origin of chips, the year's pool; and the audits that recompute all of it from the papers.
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { LimitWindow } from '../../src/ledger/chart.js';
import { accountOf } from '../../src/ledger/chart.js';
import { Facts } from '../../src/ledger/facts.js';
import { readLimit } from '../../src/ledger/limits.js';
import { limitCharged, limitRaised } from '../../src/ledger/templates.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import type { Enterprise } from '../applications/world.js';
import { fields, itemsOf, told, uscc, zhengzhou } from '../applications/world.js';
import type { LawWorld } from './world.js';
import { startLawWorld } from './world.js';

const controls = 'airport-zone/airport-zone-controls.v2';
const soft = [/( {4}per: LEGAL_PERSON\n {4}window: YEAR\n)( {4}value: 1000000\.00)/, '$1    soft: true\n$2'] as const;
const version = (n: number) => [/^version: 2$/m, `version: ${n}`] as const;
const named = (code: string) => [/^programme: zhengzhou-compute$/m, `programme: ${code}`] as const;
const rate = (basisPoints: number) => ['basisPoints: 2000', `basisPoints: ${basisPoints}`] as const;

/** The face of the voucher that came, or why none did. */
const face = (answer: Answer): string => (answer.status < 300 ? (answer.body.voucher.face as string) : told(answer));
const clean = async (t: Test, world: LawWorld) => t.strictSame(await world.found(), [], 'the audits find nothing');

void t.test('what a limit leaves: the law’s number, what exceptions raised, and what is spent', async (t) => {
  const at: LimitWindow = { limit: 'p.claimed', holder: 'H', window: '2025' };
  let made = 0;
  /** Balances after these steps: a number touched (and spent of it), or an exception approved. */
  const live = (steps: readonly { law: bigint; spend?: bigint; raised?: bigint }[]) => {
    const facts = new Facts('b', '');
    for (const account of [accountOf.limit(at.limit), accountOf.allowance(at), accountOf.used(at)])
      facts.learnAccount(account, null);
    let raisedFen = 0n;
    let leftFen = 0n;
    for (const { law, spend = 0n, raised = 0n } of steps) {
      raisedFen += raised;
      const postings = limitRaised({ at, amountFen: raised });
      for (const each of postings)
        for (const [account, by] of [
          [each.debit, -1n],
          [each.credit, 1n],
        ] as const)
          facts.move(account, by * each.amountFen, () => String(made++));
      const read = readLimit(facts, at, law + raisedFen);
      for (const each of [...read.funding, ...limitCharged({ at, amountFen: spend })])
        for (const [account, by] of [
          [each.debit, -1n],
          [each.credit, 1n],
        ] as const)
          facts.move(account, by * each.amountFen, () => String(made++));
      leftFen = readLimit(facts, at, law + raisedFen).leftFen;
    }
    return leftFen;
  };
  const cases: [string, Parameters<typeof live>[0], bigint][] = [
    ['nothing spent', [{ law: 100n }], 100n],
    ['all spent', [{ law: 100n, spend: 100n }], 0n],
    ['raised before it is touched', [{ law: 100n, raised: 20n }], 120n],
    ['law 100, raised 20, used 110', [{ law: 100n }, { law: 100n, raised: 20n, spend: 110n }], 10n],
    [
      'raised once it is spent',
      [
        { law: 100n, spend: 100n },
        { law: 100n, raised: 20n },
      ],
      20n,
    ],
    [
      'raised twice',
      [
        { law: 100n, spend: 100n, raised: 5n },
        { law: 100n, raised: 20n },
      ],
      25n,
    ],
    ['a later law of 90: what was raised stays', [{ law: 100n, raised: 20n, spend: 110n }, { law: 90n }], 0n],
    ['a later law of 95', [{ law: 100n, raised: 20n, spend: 110n }, { law: 95n }], 5n],
    ['a later law of 80: what is spent stays spent', [{ law: 100n, raised: 20n, spend: 110n }, { law: 80n }], 0n],
    ['and back to 100', [{ law: 100n, raised: 20n, spend: 110n }, { law: 80n }, { law: 100n }], 10n],
    ['a later law of 150', [{ law: 100n, raised: 20n, spend: 110n }, { law: 150n }], 60n],
    ['the law says 0, raised 20', [{ law: 0n, raised: 20n, spend: 15n }], 5n],
  ];
  for (const [name, steps, expected] of cases) t.equal(live(steps), expected, name);
});

void t.test('a soft limit is raised by an exception of two persons, a hard one by nothing', async (t) => {
  const world = await startLawWorld(t);
  const { reviewer, approver, book } = world;
  await world.enact(zhengzhou, [version(3), soft]);
  await world.load('9000000.00', 'CITY', 2025);
  const [firm, branch] = [await world.enterprise(1), await world.enterprise(2, uscc(1))];
  const big = await world.contractOf(firm, [{ gross: '6000000.00' }]);
  t.equal(face(await world.award(firm, big)), '1000000.00');
  const next = await world.contractOf(branch, [{ gross: '2000000.00' }]);
  t.equal(face(await world.award(branch, next)), '409 LIMIT_EXHAUSTED', 'branches included');

  const asked = {
    programmeCode: world.programmeCode,
    limitId: 'claimed',
    holder: branch.uscc,
    window: '2025',
    amount: '250000.00',
  };
  const ask = { ...asked, reason: '重大项目，经区政府专题会议同意' };
  const refusedAs: [object, string][] = [
    [{ ...ask, amount: '0.00' }, '400 AMOUNT_ZERO'],
    [{ ...ask, programmeCode: 'nobody-knows' }, '409 PROGRAMME_NOT_IN_FORCE'],
    [{ ...ask, limitId: 'nothing' }, '409 LIMIT_NOT_IN_PROGRAMME'],
    [{ ...ask, limitId: 'redeemed' }, '409 LIMIT_IS_HARD'],
    [{ ...ask, holder: uscc(77) }, '409 ENTERPRISE_UNKNOWN'],
    [{ ...ask, holder: 'X' }, '400 USCC_LENGTH'],
    [{ ...ask, window: 'LIFETIME' }, '409 LIMIT_WINDOW'],
  ];
  for (const [body, expected] of refusedAs) {
    const answer = await reviewer.post('/limit-exceptions', body);
    t.equal(told(answer), expected, JSON.stringify(body));
    t.notMatch(answer.body.detail, /[{}]/);
  }
  const hard = await reviewer.post('/limit-exceptions', { ...ask, limitId: 'redeemed' });
  t.match(hard.body.detail, /^“.+”规定：同一企业（法人，含分支机构）每年兑付金额不超过 1,000,000\.00 元。该条不是“原则上”的规定/);
  const never = await reviewer.post('/limit-exceptions', { ...ask, window: 'LIFETIME' });
  t.match(
    never.body.detail,
    /原则上不超过 .* 元。其期间为2025 年，写作 2025；收到的是 LIFETIME/,
    'in words of the law, not by ids',
  );
  const both = await book.member('approver', { personId: reviewer.personId });
  const exception = expectStatus(await reviewer.post('/limit-exceptions', ask), 201);
  t.match(exception, { holder: firm.uscc, account: 'zhengzhou-compute.claimed', status: 'ASKED', approvedOn: null });
  t.equal(face(await world.award(branch, next)), '409 APPLICATION_OPEN', 'asked for is not approved');
  const approve = (who = approver) => who.post(`/limit-exceptions/${exception.exceptionId as string}/approve`);
  t.equal(told(await approve(both)), '403 FOUR_EYES');
  t.equal(told(await approver.post(`/limit-exceptions/${firm.enterpriseId}/approve`)), '404 NOT_FOUND');
  t.match(expectStatus(await approve(), 200), { status: 'APPROVED', approvedOn: '2025-03-03' });
  t.equal(told(await approve()), '409 EXCEPTION_WRONG_STATE');
  const reject = (id: string, who = approver) => who.post(`/limit-exceptions/${id}/reject`, { reason: '未经集体研究' });
  t.equal(told(await reject(exception.exceptionId as string)), '409 EXCEPTION_WRONG_STATE', 'what is approved stays so');
  const refusedOne = expectStatus(await reviewer.post('/limit-exceptions', ask), 201).exceptionId as string;
  t.equal(told(await reject(refusedOne, both)), '403 FOUR_EYES');
  t.equal(told(await reject(refusedOne, reviewer)), '403 FORBIDDEN');
  t.equal(told(await reject(firm.enterpriseId)), '404 NOT_FOUND');
  t.equal(told(await approver.post(`/limit-exceptions/${refusedOne}/reject`, {})), '400 VALIDATION_FAILED', 'with its reason');
  const rejected = expectStatus(await reject(refusedOne), 200);
  t.match(rejected, { status: 'REJECTED', approvedOn: null, rejectedOn: '2025-03-03', rejectionReason: '未经集体研究' });
  t.equal(told(await reject(refusedOne)), '409 EXCEPTION_WRONG_STATE');
  t.equal(told(await approver.post(`/limit-exceptions/${refusedOne}/approve`)), '409 EXCEPTION_WRONG_STATE', 'for good');
  t.equal(itemsOf(await reviewer.get('/limit-exceptions?status=REJECTED')).length, 1);
  const [posted] = await world.owner.sql<{ kind: string; fen: bigint }[]>`
    select kind, amount_fen as fen from entries where book_id = ${book.bookId} and subject_id = ${exception.exceptionId} and amount_fen is not null`;
  t.match(posted, { kind: 'limit.raised', fen: 25000000n }, 'a posting of its own');
  t.equal(itemsOf(await reviewer.get('/limit-exceptions?status=APPROVED')).length, 1);
  t.equal(itemsOf(await reviewer.get('/limit-exceptions?status=ASKED')).length, 0);

  const third = await world.contractOf(firm, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(firm, third)), '200000.00');
  const fourth = await world.contractOf(firm, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(firm, fourth)), '50000.00', 'what is left of the exception');
  await clean(t, world);

  // Since it was asked for, the limit has become one that programmes share.
  const stale = expectStatus(await reviewer.post('/limit-exceptions', ask), 201);
  await world.enact(zhengzhou, [version(4), soft, [/( {4}soft: true\n)/, '$1    sharedAs: common\n']]);
  const late = await approver.post(`/limit-exceptions/${stale.exceptionId as string}/approve`);
  t.equal(told(late), '409 EXCEPTION_OUTDATED');
  await world.enact(zhengzhou, [version(5)]);
  t.equal(told(await approver.post(`/limit-exceptions/${stale.exceptionId as string}/approve`)), '409 LIMIT_IS_HARD');

  // The exception goes where what was spent by it goes, or its holder's successor would stand beyond the law.
  const follower = await world.enterprise(3);
  const merger = { uscc: firm.uscc, successorUscc: follower.uscc, effectiveOn: '2025-03-03', documentNo: '1', reason: '合并' };
  for (const { applicationId, status } of itemsOf<{ applicationId: string; status: string }>(
    await reviewer.get('/applications'),
  )) {
    if (status === 'APPROVED') continue;
    expectStatus(await reviewer.post(`/applications/${applicationId}/reject`, { reason: '合并' }), 200);
  }
  const { changeId } = expectStatus(await reviewer.post('/mergers', merger), 201);
  expectStatus(await approver.post(`/legal-person-changes/${changeId as string}/approve`), 200);
  t.match(itemsOf(await reviewer.get('/limit-exceptions?status=APPROVED')), [
    { holder: firm.uscc, amount: '250000.00' },
    { holder: follower.uscc, amount: '250000.00', window: '2025', reason: '合并' },
  ]);
  t.equal(await world.balance(`used:zhengzhou-compute.claimed:${follower.uscc}:2025`), 125000000n);
  t.equal(await world.balance(`allowance:zhengzhou-compute.claimed:${follower.uscc}:2025`), 0n, 'and it is spent there, too');
  await clean(t, world);
  await clean(t, world);

  // An exception that was never posted, and an award beyond what was raised, are found.
  await world.admin.sql.unsafe('set session_replication_role = replica');
  await t.rejects(
    world.admin.begin(async (tx) => {
      await tx.sql.unsafe(`set local session_replication_role = replica`);
      await tx.sql.unsafe(`update limit_exceptions set amount_fen = amount_fen - 100 where status = 'APPROVED'`);
      const { findBusiness } = await import('../../src/reconciliation/audit.js');
      const found = await findBusiness(tx, book.bookId);
      t.ok(found.some((of) => of.invariant === 5 && /^exception to zhengzhou-compute.claimed/.test(of.subject)));
      t.ok(found.some((of) => of.invariant === 5 && /^zhengzhou-compute.claimed of/.test(of.subject)));
      throw new Error('undone');
    }),
    /undone/,
  );
});

void t.test('holders of other kinds, and whom an exception may be for', async (t) => {
  const world = await startLawWorld(t);
  const { reviewer, approver } = world;
  await world.load('9000000.00', 'CITY', 2025);
  const perProgramme = ['per: LEGAL_PERSON', 'per: PROGRAMME'] as const;
  await world.enact(zhengzhou, [version(3), soft, perProgramme]);
  const [a, b] = [await world.enterprise(1), await world.enterprise(2)];
  t.equal(face(await world.award(a, await world.contractOf(a, [{ gross: '4000000.00' }]))), '800000.00');
  t.equal(
    face(await world.award(b, await world.contractOf(b, [{ gross: '4000000.00' }]))),
    '200000.00',
    'all enterprises together',
  );
  const ask = { programmeCode: world.programmeCode, limitId: 'claimed', window: '2025', amount: '100000.00', reason: '增补' };
  t.equal(told(await reviewer.post('/limit-exceptions', { ...ask, holder: 'another' })), '409 HOLDER_NOT_OF_LIMIT');
  const raised = expectStatus(await reviewer.post('/limit-exceptions', { ...ask, holder: world.programmeCode }), 201);
  expectStatus(await approver.post(`/limit-exceptions/${raised.exceptionId as string}/approve`), 200);
  t.equal(face(await world.award(b, await world.contractOf(b, [{ gross: '4000000.00' }]))), '100000.00');

  await world.enact(zhengzhou, [version(4), soft, ['per: LEGAL_PERSON', 'per: PROJECT'], ['window: YEAR', 'window: LIFETIME']]);
  const contract = await world.contractOf(a, [{ gross: '6000000.00' }]);
  t.equal(face(await world.award(a, contract)), '409 MATTER_NOT_NAMED');
  const matters = { project: ' 郑科项２０２５ａ' };
  t.equal(face(await world.award(a, contract, { matters })), '404 MATTER_NOT_FOUND', 'not on record');
  const holder = await world.matter(a, '郑科项2025A');
  const first = await world.award(a, contract, { matters });
  t.equal(face(first), '1000000.00');
  t.match(first.body, { matters: { project: holder } });
  t.equal(await world.balance(`used:zhengzhou-compute.claimed:${holder}:LIFETIME`), 100000000n, 'by its id, not its name');
  const more = await world.contractOf(b, [{ gross: '1000000.00' }]);
  const theirs = { matters: { project: '郑科项2025Ａ' } };
  t.equal(face(await world.award(b, more, theirs)), '404 MATTER_NOT_FOUND', 'another’s: what is left of it is not told');
  await world.matter(b, '郑科项2025a', { joint: true });
  t.equal(face(await world.award(b, more, theirs)), '409 LIMIT_EXHAUSTED', 'one joint project, two firms');
  for (const strange of ['a b', 'UNHEARD'])
    t.equal(
      told(await reviewer.post('/limit-exceptions', { ...ask, holder: strange, window: 'LIFETIME' })),
      '404 MATTER_NOT_FOUND',
    );
  const ofProject = { ...ask, holder: '郑科项2025a', window: 'LIFETIME' };
  const exception = expectStatus(await reviewer.post('/limit-exceptions', ofProject), 201);
  t.match(exception, { holder });
  expectStatus(await approver.post(`/limit-exceptions/${exception.exceptionId as string}/approve`), 200);

  await world.enact(zhengzhou, [version(5), soft, ['per: LEGAL_PERSON', 'per: CONTRACT'], ['window: YEAR', 'window: LIFETIME']]);
  t.equal(
    told(await reviewer.post('/limit-exceptions', { ...ask, holder: a.enterpriseId, window: 'LIFETIME' })),
    '404 NOT_FOUND',
  );
  expectStatus(await reviewer.post('/limit-exceptions', { ...ask, holder: contract, window: 'LIFETIME' }), 201);
  await clean(t, world);
});

void t.test('a limit of three years begins with the first award and ends with the third year', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const years = [
    'window: YEAR\n    value: 1000000.00',
    'window: YEARS_FROM_FIRST_AWARD\n    years: 3\n    soft: true\n    value: 1000000.00',
  ] as const;
  await world.enact(zhengzhou, [version(3), years]);
  for (const year of [2025, 2026, 2027, 2028]) await world.load('9000000.00', 'CITY', year);
  const [firm, late] = [await world.enterprise(1), await world.enterprise(2)];
  const award = async (of: Enterprise, day: string, gross: string) => {
    world.clock.set(day);
    return face(await world.award(of, await world.contractOf(of, [{ gross }])));
  };
  t.equal(await award(firm, '2025-03-03', '2000000.00'), '400000.00');
  t.equal(await award(firm, '2026-12-31', '2000000.00'), '400000.00');
  t.equal(await award(late, '2027-01-01', '4000000.00'), '800000.00', 'another firm begins when it begins');
  const ask = { programmeCode: world.programmeCode, limitId: 'claimed', holder: firm.uscc, amount: '50000.00', reason: '延期' };
  t.equal(told(await world.reviewer.post('/limit-exceptions', { ...ask, window: '2027+3' })), '409 LIMIT_WINDOW');
  const exception = expectStatus(await world.reviewer.post('/limit-exceptions', { ...ask, window: '2025+3' }), 201);
  expectStatus(await world.approver.post(`/limit-exceptions/${exception.exceptionId as string}/approve`), 200);
  t.equal(await award(firm, '2027-12-31', '2000000.00'), '250000.00', 'cumulative, with what was raised');
  t.equal(await award(firm, '2028-01-01', '2000000.00'), '409 LIMIT_WINDOW_OVER');
  t.equal(await award(late, '2029-06-01', '2000000.00').then((found) => found.slice(0, 3)), '409', 'no money in that year');
  t.strictSame(
    [...(await world.db.sql`select holder, first_year from limit_first_years where book_id = ${world.book.bookId} order by 2`)],
    [
      { holder: firm.uscc, first_year: 2025 },
      { holder: late.uscc, first_year: 2027 },
    ],
  );
  await clean(t, world);
});

void t.test('a limit that two programmes share is one, and of two awards on one contract the highest counts', async (t) => {
  const world = await startLawWorld(t);
  const shared = [soft[0], '$1    sharedAs: together\n$2'] as const;
  await world.enact(zhengzhou, [version(3), shared]);
  await world.enact(zhengzhou, [named('second-compute'), shared, rate(3000)]);
  await world.load('9000000.00', 'CITY', 2025);
  const second = { programmeCode: 'second-compute' };
  const loaded = { ...second, year: 2025, funder: 'CITY', amount: '9000000.00', documentNo: '财预二号' };
  expectStatus(await world.finance.post('/appropriations', loaded), 201);
  const firm = await world.enterprise(1);
  t.equal(face(await world.award(firm, await world.contractOf(firm, [{ gross: '2000000.00' }]))), '400000.00');
  const other = await world.contractOf(firm, [{ gross: '3000000.00' }]);
  t.equal(face(await world.award(firm, other, second)), '600000.00', 'what the first leaves, not 900,000.00');
  t.equal(await world.balance(`used:.together:${firm.uscc}:2025`), 100000000n);
  await clean(t, world);

  const stacking = `
stacking:
  - id: highest-only
    strategy: HIGHEST_ONLY
    by: CONTRACT
    group: city
    cite: { document: measure, article: 第一部分第2条 }

allocation:`;
  await world.enact(zhengzhou, [version(4), ['\nallocation:', stacking]]);
  await world.enact(zhengzhou, [version(5), named('second-compute'), rate(3000), ['\nallocation:', stacking]]);
  const fresh = await world.enterprise(2);
  const contract = await world.contractOf(fresh, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(fresh, contract)), '200000.00');
  t.equal(face(await world.award(fresh, contract, second)), '100000.00', 'B4: 300,000.00 in total');
  t.equal(
    face(await world.award(fresh, await world.contractOf(fresh, [{ gross: '100.00' }]), second)),
    '30.00',
    'another contract',
  );
  const turned = await world.contractOf(fresh, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(fresh, turned, second)), '300000.00');
  t.equal(face(await world.award(fresh, turned)), '409 STACKED_OUT');
  await clean(t, world);

  const oneAward = stacking.replace('HIGHEST_ONLY', 'ONE_AWARD_PER_CONTRACT').replace('group: city', 'group: one-award');
  await world.enact(zhengzhou, [version(6), ['\nallocation:', oneAward]]);
  await world.enact(zhengzhou, [version(7), named('second-compute'), rate(3000), ['\nallocation:', oneAward]]);
  const only = await world.contractOf(fresh, [{ gross: '1000.00' }]);
  t.equal(face(await world.award(fresh, only)), '200.00');
  t.equal(face(await world.award(fresh, only, second)), '409 CONTRACT_ALREADY_AWARDED');
  await clean(t, world);
});

void t.test('general controls lie over every programme, and hold for a voucher to its end', async (t) => {
  const world = await startLawWorld(t, { now: '2024-12-20' });
  const { reviewer, approver, finance, clock } = world;
  await world.load('9000000.00', 'CITY', 2024);
  await world.load('9000000.00', 'CITY', 2025);
  const controlId = await world.enact(controls);
  const firm = await world.enterprise(1);
  const before = await world.award(firm, await world.contractOf(firm, [{ gross: '100000.00' }]));
  t.equal(face(before), '20000.00', 'before they are in force they hold for nobody');
  t.strictSame(before.body.controlVersionIds, []);

  clock.set('2025-03-03');
  const [large, small] = [
    await world.contractOf(firm, [{ gross: '4500000.00' }]),
    await world.contractOf(firm, [{ gross: '2500000.00' }]),
  ];
  const held = await world.award(firm, large);
  t.equal(face(held), '409 LIMIT_UNKNOWN', 'B3: a figure that is not on record holds the case');
  t.match(held.body.detail, /限额依据的数额尚未登记（.*，20\d\d 年）.*其年度区级综合贡献额/, 'and the sentence says which');
  const figure = {
    kind: 'DISTRICT_CONTRIBUTION',
    uscc: firm.uscc,
    year: 2025,
    amount: '1000000.00',
    provisional: true,
    documentNo: '1',
  };
  expectStatus(await reviewer.post('/figures', { ...figure, year: 2024 }), 201);
  const [waiting] = itemsOf<{ applicationId: string; status: string; controlVersionIds: string[]; computed: string | null }>(
    await reviewer.get(`/applications?contractId=${large}`),
  );
  t.match(waiting, { status: 'SUBMITTED', controlVersionIds: [controlId], computed: null }, 'it is there, and waits');
  expectStatus(await reviewer.post('/figures', figure), 201);
  const decide = async (applicationId: string) => {
    const ids = ['registered-in-zone', 'taxed-in-zone', 'statistics-in-zone', 'sound-accounting', 'independent-legal-person'];
    const eligibility = Object.fromEntries([...ids, 'well-run', 'good-standing', 'ai-business'].map((id) => [id, true]));
    const review = await reviewer.post(`/applications/${applicationId}/review`, { eligibility });
    if (review.status !== 200) return review;
    const { reviewDigest } = review.body as { reviewDigest: string };
    return approver.post(`/applications/${applicationId}/approve`, { reviewDigest, acceptReduced: true });
  };
  const first = await decide(waiting?.applicationId ?? '');
  t.equal(face(first), '900000.00');
  t.equal(face(await world.award(firm, small)), '100000.00', 'B1: what the contribution leaves of 500,000.00');
  const third = await world.contractOf(firm, [{ gross: '500000.00' }]);
  t.equal(face(await world.award(firm, third)), '409 LIMIT_EXHAUSTED');
  expectStatus(await finance.post('/figures', { ...figure, amount: '1030000.00', provisional: false }), 201);
  const [again] = itemsOf<{ applicationId: string }>(await reviewer.get(`/applications?contractId=${third}`));
  t.equal(face(await decide(again?.applicationId ?? '')), '409 LIMIT_EXHAUSTED', 'the law’s own million is used up by now');
  await clean(t, world);

  // The voucher keeps them; one that has a policy of its own, or a class that is exempt, is told apart by what is on record.
  const redeemed = await world.redeem(firm, first.body.voucherId as string, large, 1, '1000000.00');
  t.match(expectStatus(redeemed, 201), { approved: '200000.00' });
  const [own, institute] = [await world.enterprise(11), await world.enterprise(12)];
  const record = { validFrom: '2025-01-01', documentNo: '区政府〔2025〕1号' };
  expectStatus(
    await reviewer.post('/enterprise-classes', { ...record, uscc: own.uscc, class: 'ONE_ENTERPRISE_ONE_POLICY' }),
    201,
  );
  expectStatus(await reviewer.post('/enterprise-classes', { ...record, uscc: institute.uscc, class: 'RD_INSTITUTION' }), 201);
  t.equal(face(await world.award(own, await world.contractOf(own, [{ gross: '100.00' }]))), '409 OWN_POLICY');
  const exempt = await world.award(institute, await world.contractOf(institute, [{ gross: '100.00' }]));
  t.equal(face(exempt), '20.00', 'an exempt class needs no figure');
  await clean(t, world);

  // Money from above, and the investment it is held against.
  const project = { project: 'X-1' };
  for (const code of ['X-1', 'X-2']) await world.matter(institute, code);
  const paper = { amount: '1000000.00', provisional: false, documentNo: '2' };
  expectStatus(await reviewer.post('/figures', { ...paper, kind: 'UPSTREAM_SUPPORT', ...project }), 201);
  const supported = await world.contractOf(institute, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(institute, supported, { matters: project })), '409 LIMIT_UNKNOWN');
  expectStatus(await reviewer.post('/figures', { ...paper, kind: 'AUDITED_INVESTMENT', ...project, amount: '150000.00' }), 201);
  const [late] = itemsOf<{ applicationId: string }>(await reviewer.get(`/applications?contractId=${supported}`));
  t.equal(face(await decide(late?.applicationId ?? '')), '150000.00');

  // What a project had before the money from above came counts against its investment from then on.
  const later = { project: 'X-2' };
  const unsupported = await world.contractOf(institute, [{ gross: '500000.00' }]);
  t.equal(face(await world.award(institute, unsupported, { matters: later })), '100000.00', 'counted, and bound by nothing yet');
  await clean(t, world);
  expectStatus(await reviewer.post('/figures', { ...paper, kind: 'UPSTREAM_SUPPORT', ...later }), 201);
  expectStatus(await reviewer.post('/figures', { ...paper, kind: 'AUDITED_INVESTMENT', ...later, amount: '150000.00' }), 201);
  const after = await world.contractOf(institute, [{ gross: '1000000.00' }]);
  t.equal(face(await world.award(institute, after, { matters: later })), '50000.00', '150,000.00 in all');
  await clean(t, world);
});

const ofProject = [soft, ['per: LEGAL_PERSON', 'per: PROJECT'], ['window: YEAR', 'window: LIFETIME']] as const;

void t.test('what was named before matters were on record goes on, and the one that is registered then counts on', async (t) => {
  const world = await startLawWorld(t);
  const { book, approver } = world;
  await world.load('9000000.00', 'CITY', 2025);
  await world.enact(zhengzhou, [version(3), ...ofProject]);
  const [firm, rival] = [await world.enterprise(1), await world.enterprise(2)];
  const id = await world.matter(firm, 'OLD-1');
  const named = { matters: { project: 'OLD-1' } };
  const contract = await world.contractOf(firm, [{ gross: '4000000.00' }]);
  const issued = await world.award(firm, contract, named);
  t.equal(face(issued), '800000.00');

  // As it stood before: everything by the name that was given, and nothing on record; then the migration's own statement.
  const migration = await readFile(new URL('../../db/migrations/0022_matters.sql', import.meta.url), 'utf8');
  const carried = /^insert into matters [^;]+;/m.exec(migration)?.[0];
  if (carried === undefined) throw new Error('the migration carries nothing over');
  await world.admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    for (const table of ['applications', 'vouchers'])
      await sql.unsafe(`update ${table} set matters = replace(matters::text, '${id}', 'OLD-1')::jsonb`);
    await sql.unsafe(`update accounts set code = replace(code, '${id}', 'OLD-1')`);
    await sql.unsafe('delete from matter_registrations');
    await sql.unsafe('delete from matters');
    await sql.unsafe(carried);
  });
  t.strictSame(
    [...(await world.db.sql`select kind, code, holder from matters where book_id = ${book.bookId}`)],
    [{ kind: 'PROJECT', code: 'OLD-1', holder: 'OLD-1' }],
  );
  // Another process writes: what this one remembered is forgotten.
  const second = await world.secondApp();
  const elsewhere = await second.app.inject({
    method: 'POST',
    url: `/v1/books/${book.code}/limit-exceptions/${firm.enterpriseId}/approve`,
    payload: {},
    headers: { authorization: `Bearer ${approver.secret}`, 'idempotency-key': 'elsewhere' },
  });
  t.equal(elsewhere.statusCode, 404);

  const redeemed = await world.redeem(firm, issued.body.voucherId as string, contract, 1, '1000000.00');
  t.match(expectStatus(redeemed, 201), { approved: '200000.00' });
  await clean(t, world);
  const more = await world.contractOf(rival, [{ gross: '4000000.00' }]);
  t.equal(face(await world.award(rival, more, named)), '404 MATTER_NOT_FOUND', 'that somebody named it makes it nobody’s');
  const next = await world.contractOf(firm, [{ gross: '4000001.00' }]);
  t.equal(face(await world.award(firm, next, named)), '404 MATTER_NOT_FOUND');
  t.equal(await world.matter(firm, 'OLD-1'), 'OLD-1', 'known as it was');
  t.equal(face(await world.award(firm, next, named)), '200000.00', 'what it was awarded counts');
  await clean(t, world);
});

void t.test('a voucher from before go-live names what it was awarded for, and counts against its limits', async (t) => {
  const world = await startLawWorld(t);
  const { book, approver } = world;
  await world.load('9000000.00', 'CITY', 2025);
  const stacking = `
stacking:
  - id: highest-only
    strategy: HIGHEST_ONLY
    by: PROJECT
    group: city
    cite: { document: measure, article: 第一部分第2条 }

allocation:`;
  await world.enact(zhengzhou, [version(3), ...ofProject, ['\nallocation:', stacking]]);
  const [firm, rival] = [await world.enterprise(1), await world.enterprise(2)];
  const holder = await world.matter(firm, 'P-1');
  await world.matter(rival, 'P-2');
  const contractId = await world.contractOf(firm, [{ gross: '4000000.00' }]);
  const paper = { kind: 'VOUCHER', programmeCode: world.programmeCode, version: 3, contractId };
  const brought = { ...paper, issuedOn: '2025-01-02', lastDay: '2025-12-31', balance: '300000.00', amountRedeemed: '100000.00' };
  const prepare = (body: object) => book.operator.post('/opening-balances', body);
  for (const code of ['P-2', 'P-3']) {
    const answer = await prepare({ ...brought, baseRedeemed: '500000.00', matters: { project: code } });
    t.equal(told(answer), '404 MATTER_NOT_FOUND', 'its own enterprise’s, or none');
  }
  const content = { ...brought, baseRedeemed: '500000.00', matters: { project: 'ｐ-1' } };
  const prepared = expectStatus(await prepare(content), 201);
  t.match(prepared.content, { matters: { project: 'P-1' } });
  const opened = expectStatus(await approver.post(`/opening-balances/${prepared.openingBalanceId as string}/approve`), 200);
  t.equal(await world.balance(`used:zhengzhou-compute.claimed:${holder}:LIFETIME`), 40000000n);
  await clean(t, world);

  const contract = await world.contractOf(firm, [{ gross: '2500000.00' }]);
  const second = await world.award(firm, contract, { matters: { project: 'P-1' } });
  t.equal(face(second), '100000.00', 'no more than the highest: 500,000.00 less the 400,000.00 of before');
  await clean(t, world);
  const redeemed = await world.redeem(firm, opened.voucherId as string, contractId, 1, '1000000.00');
  t.match(expectStatus(redeemed, 201), { approved: '200000.00' });
  await clean(t, world);
});

void t.test('rates go by the class of a model that a line names and the bureau has checked', async (t) => {
  const world = await startLawWorld(t);
  const { reviewer, provider, providerId, facilityId } = world;
  await world.load('9000000.00', 'CITY', 2025);
  const tiers = 'tiers: [{ when: { modelClass: REGISTERED_LARGE }, basisPoints: 5000 }, { basisPoints: 1000 }]';
  await world.enact(zhengzhou, [version(3), ['basisPoints: 2000', tiers]]);
  const firm = await world.enterprise(1);
  const money = (gross: string) => ({ net: gross, vat: '0.00', gross });
  const line = (gross: string, model: object = {}) => ({
    description: '算力服务',
    serviceItem: 'AI_COMPUTE',
    facilityId,
    unit: 'CARD_HOUR',
    quantity: '1000',
    ...money(gross),
    ...model,
  });
  const model = { modelClass: 'REGISTERED_LARGE', modelRegistrationNo: '豫模备2025-7' };
  const submit = (lines: object[]) =>
    firm.member.post('/contracts', {
      contractNo: 'M-1',
      enterpriseId: firm.enterpriseId,
      providerId,
      signedOn: '2025-03-03',
      startsOn: '2025-03-03',
      endsOn: '2025-12-31',
      purpose: 'MODEL_RESEARCH',
      ...money('1100.00'),
      lines,
    });
  const half = [
    [{ modelClass: 'REGISTERED_LARGE' }, '/lines/1/modelRegistrationNo'],
    [{ modelRegistrationNo: '1' }, '/lines/1/modelClass'],
  ] as const;
  for (const [given, pointer] of half) {
    const answer = await submit([line('1000.00'), line('100.00', given)]);
    t.strictSame([told(answer), fields(answer)], ['400 MISSING_FIELD', [`${pointer} MISSING_FIELD`]]);
  }
  t.strictSame(fields(await submit([line('1100.00', { ...model, modelClass: 'large' })])), ['/lines/0/modelClass CLASS_FORMAT']);
  const sent = expectStatus(await submit([line('1000.00', model), line('100.00')]), 201);
  t.match(sent.lines, [model, { modelClass: null, modelRegistrationNo: null }]);
  const url = `/contracts/${sent.contractId as string}`;
  expectStatus(await provider.post(`${url}/confirm`), 200);
  const unchecked = await reviewer.post(`${url}/file`);
  t.equal(told(unchecked), '409 MODEL_NOT_CHECKED');
  t.match(unchecked.body.detail, /REGISTERED_LARGE.*豫模备2025-7/);
  t.match(expectStatus(await reviewer.post(`${url}/file`, { modelsChecked: true }), 200), {
    status: 'FILED',
    lines: [model, {}],
  });

  const looked = await firm.member.post('/prechecks', { enterpriseId: firm.enterpriseId, contractId: sent.contractId });
  t.match(looked.body.programmes, [{ outcome: { computed: '510.00' } }], 'a pre-check says what will be awarded');
  const issued = await world.award(firm, sent.contractId as string);
  t.equal(face(issued), '510.00', 'half of the one line, a tenth of the other');
  const voucherId = issued.body.voucherId as string;
  const redeem = async (lineNo: number, gross: string) =>
    expectStatus(await world.redeem(firm, voucherId, sent.contractId as string, lineNo, gross), 201).approved as string;
  t.strictSame([await redeem(1, '500.00'), await redeem(2, '100.00'), await redeem(1, '500.00')], ['250.00', '10.00', '250.00']);
  const plain = await world.contractOf(firm, [{ gross: '1000.00' }]);
  t.equal(face(await world.award(firm, plain)), '100.00', 'a line that names no model');
  await clean(t, world);

  const amendment = { signedOn: '2025-03-03', ...money('1200.00'), reason: '扩容', newLines: [line('100.00', model)] };
  const proposed = expectStatus(await firm.member.post(`${url}/amendments`, amendment), 201);
  t.match(proposed.lines, [model, { modelClass: null }, model]);
  const amending = `/contract-amendments/${proposed.amendmentId as string}`;
  expectStatus(await provider.post(`${amending}/confirm`), 200);
  t.equal(told(await reviewer.post(`${amending}/file`)), '409 MODEL_NOT_CHECKED');
  expectStatus(await reviewer.post(`${amending}/file`, { modelsChecked: true }), 200);
  t.equal(face(await world.award(firm, sent.contractId as string)), '50.00', 'half of the line that was added');
});

void t.test('rates by the origin of chips are weighed exactly over many invoices', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const tiers =
    'tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 3333 }, { when: { chipOrigin: NON_DOMESTIC }, basisPoints: 1777 }]';
  const mixed = '\nmixedChips:\n  value: LOWER_RATE\n  cite: { document: notice, article: 第一条 }\n\nlimits:';
  await world.load('9000000.00', 'CITY', 2025);
  const firm = await world.enterprise(1);

  // What was redeemed before weights were kept: at the one rate there was.
  const old = await world.contractOf(firm, [{ gross: '1000.00' }]);
  const issued = await world.award(firm, old);
  const oldVoucher = issued.body.voucherId as string;
  t.match(expectStatus(await world.redeem(firm, oldVoucher, old, 1, '333.33'), 201), { approved: '66.66' });
  await world.admin.begin(async ({ sql }) => {
    await sql.unsafe('set local session_replication_role = replica');
    await sql.unsafe('update redemptions set weighted_base = null');
    await sql.unsafe('update contract_standings set weighted_base = null');
  });
  await clean(t, world);
  // The lane forgets what it remembered once another process has written.
  const { books } = await world.secondApp();
  t.ok(books);
  await world.load('1.00', 'CITY', 2025);
  t.match(expectStatus(await world.redeem(firm, oldVoucher, old, 1, '333.33'), 201), { approved: '66.67' });
  await clean(t, world);

  await world.enact(zhengzhou, [version(3), ['basisPoints: 2000', tiers], ['\nlimits:', mixed]]);
  const contract = await world.contractOf(firm, [
    { gross: '100.01', chip: 'A' },
    { gross: '200.02', chip: 'N' },
    { gross: '50.00' },
  ]);
  const award = await world.award(firm, contract);
  // floor((10001 × 3333 + 20002 × 1777 + 5000 × 1777) / 10000)
  t.equal(face(award), '77.76');
  const voucherId = award.body.voucherId as string;
  const approved: string[] = [];
  for (const [line, gross] of [
    [1, '33.33'],
    [2, '66.67'],
    [1, '33.34'],
    [3, '25.00'],
    [2, '133.35'],
    [1, '33.34'],
    [3, '25.00'],
  ] as const) {
    approved.push(expectStatus(await world.redeem(firm, voucherId, contract, line, gross), 201).approved as string);
  }
  const total = approved.reduce((sum, amount) => sum + BigInt(amount.replace('.', '')), 0n);
  t.equal(total, 7776n, `splitting gains and loses nothing: ${approved.join(' + ')}`);
  await clean(t, world);

  // What waits, is verified in part or returned weighs what it weighed.
  const further = await world.contractOf(firm, [
    { gross: '100.00', chip: 'A' },
    { gross: '100.00', chip: 'N' },
  ]);
  const second = (await world.award(firm, further)).body.voucherId as string;
  const waiting = async (line: number, gross: string) =>
    expectStatus(await world.redeem(firm, second, further, line, gross, '1'), 201) as {
      redemptionId: string;
      invoiceId: string;
      reserved: string;
    };
  const [returned, verified] = [await waiting(1, '33.33'), await waiting(2, '33.33')];
  t.strictSame([returned.reserved, verified.reserved], ['11.10', '5.92']);
  t.match(expectStatus(await world.redeem(firm, second, further, 1, '33.33'), 201), { approved: '11.10' });
  await clean(t, world);
  const { redemptionId } = verified;
  // What a verification takes off is the firm's to pay.
  const rest = { amount: '0.92', paidOn: '2025-03-03', bankSerial: 'the-rest' };
  expectStatus(await firm.member.post(`/usage-invoices/${verified.invoiceId}/payments`, rest), 201);
  expectStatus(await world.reviewer.post(`/redemptions/${redemptionId}/verify`, { approved: '5.00' }), 200);
  expectStatus(await world.reviewer.post(`/redemptions/${returned.redemptionId}/return`, { reason: '退回' }), 200);
  // Alone it gives 22.22: it waits too, for the returned invoice is still confirmed usage of the line.
  t.match(expectStatus(await world.redeem(firm, second, further, 1, '66.67'), 201), { reserved: '22.22' });
  const [standing] = await world.db.sql<{ base: bigint; weighted: string }[]>`
    select base_fen as base, weighted_base as weighted from contract_standings where contract_id = ${further}`;
  t.match(standing, { base: 13333n, weighted: String(10000n * 3333n + 3333n * 1777n) });
  await clean(t, world);
  const domestic = ['basisPoints: 2000', 'tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 3000 }]'] as const;
  const notCounted = ['\nlimits:', mixed.replace('LOWER_RATE', 'NOT_COUNTED')] as const;
  await world.enact(zhengzhou, [version(4), domestic, notCounted]);
  const [unknown, foreign] = [
    await world.contractOf(firm, [{ gross: '100.00' }]),
    await world.contractOf(firm, [{ gross: '100.00', chip: 'N' }]),
  ];
  t.equal(face(await world.award(firm, unknown)), '409 CHIP_ORIGIN_UNKNOWN');
  t.equal(face(await world.award(firm, foreign)), '409 RATE_NOT_GIVEN');
  await t.rejects(
    world.admin.begin(async (tx) => {
      await tx.sql.unsafe('set local session_replication_role = replica');
      await tx.sql.unsafe('update contract_standings set weighted_base = weighted_base - 1 where weighted_base is not null');
      const { findBusiness } = await import('../../src/reconciliation/audit.js');
      const found = await findBusiness(tx, world.book.bookId);
      t.ok(
        found.some((of) => of.invariant === 5 && /^standing of contract/.test(of.subject)),
        'a weight that is off is found',
      );
      throw new Error('undone');
    }),
    /undone/,
  );
});

void t.test('who may not claim, by what is on record on the day', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const { reviewer, book } = world;
  await world.load('9000000.00', 'CITY', 2025);
  const exclusions = [
    'value: [SELF_BUILT_SELF_USED]',
    'value: [SELF_BUILT_SELF_USED, RELATED_PARTIES, LISTED_PROVIDER]',
  ] as const;
  const local = ['value: [LISTED_FOR_SERVICE_ITEM]', 'value: [LISTED_FOR_SERVICE_ITEM, LOCAL]'] as const;
  await world.enact(zhengzhou, [version(3), exclusions, local]);
  const firm = await world.enterprise(1);
  const contract = await world.contractOf(firm, [{ gross: '1000.00' }]);
  const issued = await world.award(firm, contract);
  t.equal(face(issued), '200.00', 'the provider is registered in the city');

  const relation = { uscc: uscc(1), otherUscc: uscc(9000001), source: '股权穿透' };
  expectStatus(await reviewer.post('/related-parties', { ...relation, validFrom: '2025-03-04' }), 201);
  t.equal(face(await world.award(firm, await world.contractOf(firm, [{ gross: '1000.00' }]))), '200.00', 'the day before');
  world.clock.set('2025-03-04');
  const later = await world.contractOf(firm, [{ gross: '1000.00' }]);
  t.equal(face(await world.award(firm, later)), '409 RELATED_PARTY');
  t.equal(
    told(await world.redeem(firm, issued.body.voucherId as string, contract, 1, '100.00')),
    '409 RELATED_PARTY',
    'by day of use',
  );
  expectStatus(
    await reviewer.post('/related-parties', { ...relation, validFrom: '2025-03-04', holds: false, source: '更正' }),
    201,
  );
  t.equal(face(await world.award(firm, later)), '200.00', 'a mistake is mended');

  const registered = expectStatus(await book.operator.post('/providers', { uscc: uscc(1), name: '自己' }), 201);
  const listing = {
    providerId: registered.providerId,
    serviceItem: 'STORAGE',
    batchNo: '1',
    documentNo: '1',
    validFrom: '2025-03-05',
  };
  expectStatus(await reviewer.post('/listings', listing), 201);
  t.equal(face(await world.award(firm, await world.contractOf(firm, [{ gross: '1000.00' }]))), '200.00');
  world.clock.set('2025-03-05');
  t.equal(face(await world.award(firm, await world.contractOf(firm, [{ gross: '1000.00' }]))), '409 PROVIDER_MAY_NOT_CLAIM');

  // Classes and age decide rates on the day of application.
  const tiers =
    'tiers: [{ when: { enterpriseAgeUnderMonths: 12 }, basisPoints: 6000 }, { when: { enterpriseClass: SME }, basisPoints: 5000 }, { basisPoints: 1000 }]';
  await world.enact(zhengzhou, [version(4), ['basisPoints: 2000', tiers]]);
  const registeredFirm = await world.enterprise(2);
  const { secret } = await book.member('enterprise', { uscc: uscc(3) });
  expectStatus(await book.operator.post('/enterprises', { uscc: uscc(3), name: '初创', establishedOn: '2024-03-06' }), 201);
  t.ok(secret);
  t.equal(face(await world.award(registeredFirm, await world.contractOf(registeredFirm, [{ gross: '1000.00' }]))), '100.00');
  const sme = { uscc: uscc(2), class: 'SME', validFrom: '2025-03-05', documentNo: '1' };
  expectStatus(await reviewer.post('/enterprise-classes', sme), 201);
  t.equal(face(await world.award(registeredFirm, await world.contractOf(registeredFirm, [{ gross: '1000.00' }]))), '500.00');
  await clean(t, world);
});

void t.test('the day of signing decides where the law says so; the year’s pool bounds what is loaded', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const signing = '\ndecidingDay:\n  value: CONTRACT_SIGNING\n  cite: { document: notice, article: 第一条 }\n\nlimits:';
  const twoRates =
    'rate:\n  values:\n    - { from: 2024-06-01, value: { kind: CEILING, basisPoints: 2000 } }\n    - { from: 2025-01-01, value: { kind: CEILING, basisPoints: 1000 } }\n  cite:';
  const pool = (kind: string, amount: string) =>
    [
      '\nallocation:',
      `\npool:\n  value: { kind: ${kind}, amount: ${amount} }\n  cite: { document: notice, article: 第一条 }\n\nallocation:`,
    ] as const;
  const dated = [/rate:\n {2}value: \{ kind: CEILING, basisPoints: 2000 \}\n {2}cite:/, twoRates] as const;
  await world.enact(zhengzhou, [version(3), dated, ['\nlimits:', signing], pool('CEILING', '1000000.00')]);
  t.equal(told(await world.load('400000.00', 'CITY', 2025)), '201');
  const above = await world.load('600000.01', 'CITY', 2025);
  t.equal(told(above), '409 POOL_CEILING_EXCEEDED');
  t.match(above.body.detail, /600000\.00/, 'it says how much more may be loaded');
  t.equal(told(await world.load('600000.00', 'CITY', 2025)), '201', 'up to the very pool');
  t.equal(told(await world.load('0.01', 'CITY', 2025)), '409 POOL_CEILING_EXCEEDED');
  t.equal(told(await world.load('1000000.00', 'CITY', 2026)), '201', 'each year for itself');
  t.match(expectStatus(await world.finance.get('/funds'), 200).items[0], {
    pool: { kind: 'CEILING', amount: '1000000.00', missing: '0.00' },
  });

  const firm = await world.enterprise(1);
  const [before, after] = [
    await world.contractOf(firm, [{ gross: '1000.00' }], '2024-12-31'),
    await world.contractOf(firm, [{ gross: '1000.00' }], '2025-01-01'),
  ];
  t.equal(face(await world.award(firm, before)), '200.00');
  t.equal(face(await world.award(firm, after)), '100.00');
  const tooEarly = await world.contractOf(firm, [{ gross: '1000.00' }], '2024-05-31');
  await world.enact(zhengzhou, [named('signed-compute'), dated, ['\nlimits:', signing]]);
  const signed = { programmeCode: 'signed-compute' };
  t.equal(face(await world.award(firm, tooEarly, signed)), '409 PROGRAMME_NOT_IN_FORCE', 'no version held on that day');
  await clean(t, world);

  await world.enact(zhengzhou, [named('floor-compute'), pool('FLOOR', '500.00')]);
  const floor = async () =>
    itemsOf<{ fund: string; pool: object; loaded: string }>(await world.finance.get('/funds')).find(
      ({ fund }) => fund === 'floor-compute/2025',
    );
  t.match(
    await floor(),
    { loaded: '0.00', pool: { kind: 'FLOOR', amount: '500.00', missing: '500.00' } },
    'before anything is loaded',
  );
  const paper = { programmeCode: 'floor-compute', year: 2025, funder: 'CITY', documentNo: '下限' };
  expectStatus(await world.finance.post('/appropriations', { ...paper, amount: '499.99' }), 201);
  t.match(await floor(), { pool: { missing: '0.01' } });
  expectStatus(await world.finance.post('/appropriations', { ...paper, documentNo: '下限二', amount: '1000.00' }), 201);
  t.match(await floor(), { pool: { missing: '0.00' } }, 'a floor is no ceiling');

  // «每年安排500元»: to be reached, and not to be passed.
  await world.enact(zhengzhou, [named('fixed-compute'), pool('FIXED', '500.00')]);
  const fixed = { ...paper, programmeCode: 'fixed-compute' };
  expectStatus(await world.finance.post('/appropriations', { ...fixed, amount: '499.99' }), 201);
  t.match(
    itemsOf<{ fund: string }>(await world.finance.get('/funds')).find(({ fund }) => fund === 'fixed-compute/2025'),
    {
      pool: { kind: 'FIXED', amount: '500.00', missing: '0.01' },
    },
  );
  t.equal(
    told(await world.finance.post('/appropriations', { ...fixed, documentNo: '定额二', amount: '0.02' })),
    '409 POOL_CEILING_EXCEEDED',
  );
});
