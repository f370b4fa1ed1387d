// The life of a version: which one decides, what it may not widen, and how it ends.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { parseProgramme } from '../../src/programmes/language.js';
import {
  controlsInForce,
  lawsBefore,
  versionDeciding,
  versionInForce,
  versionsCovering,
} from '../../src/programmes/published.js';
import { refuseRestoring, yearsSinceRepeal } from '../../src/programmes/rules.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { confirmedInvoice } from '../journeys/job.js';
import { expectStatus, startService } from '../service.js';
import { startWorld, told } from '../applications/world.js';
import type { World } from '../applications/world.js';

interface Text {
  version: number;
  from: string;
  to?: string;
  basisPoints?: number;
  /** The document that gives the rate. */
  by?: 'measure' | 'notice';
  measure?: string;
  status?: string;
  more?: string;
}
/** A programme by the code of the world's own, with the cases it needs: in force on its first day and not before, bound by its limit. */
function programme({
  version,
  from,
  to,
  basisPoints = 2000,
  by = 'measure',
  measure = '某政〔2024〕1号',
  status = 'ENACTED',
  more = '',
}: Text) {
  const cite = `cite: { document: notice, article: 第一条 }`;
  const dayBefore = new Date(Date.parse(from) - 86_400_000).toISOString().slice(0, 10);
  const dayAfter = new Date(Date.parse(to ?? from) + 86_400_000).toISOString().slice(0, 10);
  return `programme: zhengzhou-compute
version: ${version}
name: { zh: 某市算力券, en: some city }
status: ${status}
basis: { document: measure, article: 第一条 }
documents:
  measure: { kind: MEASURE, title: 若干措施, number: ${measure} }
  notice: { kind: NOTICE, title: 工作通知, number: 某工信〔2024〕2号 }
inForce: { from: ${from}, ${to === undefined ? '' : `to: ${to}, `}${cite} }
flow: { value: VOUCHER, ${cite} }
payee: { value: PROVIDER, ${cite} }
base: { value: CONTRACT_AMOUNT, ${cite} }
amountBasis: { value: GROSS, ${cite} }
rate: { value: { kind: CEILING, basisPoints: ${basisPoints} }, cite: { document: ${by}, article: 第二条 } }
limits:
  - { id: claimed, counts: CLAIMED, per: LEGAL_PERSON, window: YEAR, value: 1000000.00, ${cite} }
allocation: { value: FIRST_COME, ${cite} }
serviceItems: { value: [AI_COMPUTE], ${cite} }
validityMonths: { value: 12, ${cite} }
funders: { value: [{ funder: CITY, name: { zh: 市财政, en: city }, basisPoints: 10000 }], ${cite} }
settlementCadence: { value: MONTHLY, ${cite} }
redemption:
  selfFundedPaid: { value: NOT_REQUIRED, ${cite} }
  inFlightAtExpiry: { value: FINISH, ${cite} }
  usageWithinValidity: { value: END, ${cite} }
  carryCutOff: { value: false, ${cite} }
  unusedFaceReturnsQuota: { value: false, ${cite} }
${more}
cases:
  - name: 前一日
    stage: ISSUE
    article: 第一条
    given: { appliedOn: ${dayBefore}, contract: { amount: 100.00 } }
    expect: { refused: PROGRAMME_NOT_IN_FORCE }
  - name: 首日，受限额限制
    stage: ISSUE
    article: 第一条
    given: { appliedOn: ${from}, contract: { amount: 100.00 }, used: { claimed: 999999.99 } }
    expect: { award: 0.01, bound: claimed }
${
  to === undefined
    ? ''
    : [to, dayAfter]
        .map(
          (day, i) =>
            `  - { name: ${day}, stage: ISSUE, article: 第一条, given: { appliedOn: ${day}, contract: { amount: 100.00 } }, ` +
            `expect: { ${i === 0 ? `award: ${(basisPoints / 100).toFixed(2)}` : 'refused: PROGRAMME_NOT_IN_FORCE'} } }`,
        )
        .join('\n')
}
`;
}
const bySigning = 'decidingDay: { value: CONTRACT_SIGNING, cite: { document: notice, article: 第三条 } }';

/** General controls of this code. */
const controls = (code: string, version: number, from: string): string => `kind: GENERAL_CONTROLS
programme: ${code}
version: ${version}
name: { zh: 某区总体管控, en: general controls }
status: ENACTED
basis: { document: measure, article: 九 }
documents:
  measure: { kind: MEASURE, title: 若干政策, number: 某管〔2024〕1号 }
inForce: { from: ${from}, cite: { document: measure, article: 九(七) } }
stacking:
  - { id: own-policy, strategy: ONE_ENTERPRISE_ONE_POLICY, cite: { document: measure, article: 九(二) } }
cases:
  - name: 前一日
    stage: ISSUE
    article: 九
    given: { appliedOn: ${new Date(Date.parse(from) - 86_400_000).toISOString().slice(0, 10)}, contract: { amount: 100.00 } }
    expect: { refused: PROGRAMME_NOT_IN_FORCE }
  - { name: 首日, stage: ISSUE, article: 九, given: { appliedOn: ${from}, contract: { amount: 100.00 } }, expect: { award: 100.00 } }
`;

type Status = 'PUBLISHED' | 'ACTIVE' | 'REPEALED';
function row(text: string, status: Status = 'ACTIVE', inForceTo?: string) {
  const read = parseProgramme(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { inForce, version, kind, programme: programmeCode } = read.version;
  const days = { inForceFrom: inForce?.from ?? null, inForceTo: inForceTo ?? inForce?.to ?? null };
  return { version, status, kind, programmeCode, document: text, digest: `${text.length} ${text}`, law: read.version, ...days };
}

void t.test('an application is decided by the highest version that covers the day the version itself names', async (t) => {
  const rows = [
    row(programme({ version: 2, from: '2024-01-01' })),
    row(programme({ version: 3, from: '2025-01-01', more: bySigning })),
    row(programme({ version: 4, from: '2025-06-01', more: bySigning }), 'PUBLISHED'),
    row(programme({ version: 5, from: '2026-01-01' }), 'REPEALED', '2026-06-30'),
  ];
  const cases: [appliedOn: string, signedOn: string | null, version: number | undefined][] = [
    ['2023-12-31', '2023-12-31', undefined],
    ['2024-01-01', '2023-01-01', 2],
    ['2025-03-01', '2024-12-31', 2],
    ['2025-03-01', '2025-01-01', 3],
    ['2025-03-01', null, 3],
    ['2025-07-01', '2025-06-01', 3],
    ['2026-01-01', '2024-12-31', 5],
    ['2026-06-30', '2025-12-31', 5],
    ['2026-07-01', '2025-12-31', 3],
    ['2026-07-01', '2024-12-31', 2],
  ];
  for (const [appliedOn, signedOn, version] of cases)
    t.equal(versionDeciding(rows, { appliedOn, signedOn })?.version, version, `${appliedOn}, signed ${signedOn ?? '—'}`);
  const covering = versionsCovering(rows, { appliedOn: '2025-07-01', signedOn: '2025-06-01' });
  t.strictSame(
    covering.map(({ version }) => version),
    [2, 3, 4],
    'published ones too: they may be activated in the same batch',
  );
});

void t.test('of each general controls the highest version holds, programmes are none', async (t) => {
  const rows = [
    row(controls('zone-controls', 1, '2024-01-01')),
    row(controls('zone-controls', 2, '2025-01-01')),
    row(controls('zone-controls', 3, '2025-02-01'), 'PUBLISHED'),
    row(controls('another', 1, '2024-06-01'), 'REPEALED', '2025-01-31'),
    row(programme({ version: 2, from: '2024-01-01' })),
  ];
  const on = (day: string) => controlsInForce(rows, day).map(({ programmeCode, version }) => `${programmeCode}@${version}`);
  t.strictSame(on('2023-12-31'), []);
  t.strictSame(on('2024-05-31'), ['zone-controls@1']);
  t.strictSame(on('2025-01-31'), ['another@1', 'zone-controls@2']);
  t.strictSame(on('2025-02-01'), ['zone-controls@2']);
});

void t.test('a version follows the laws in force up to the day before it, without a gap', async (t) => {
  const rated = 'minAward: { values: [{ from: 2024-03-01, value: 1.00 }], cite: { document: notice, article: 第五条 } }';
  const rows = [
    row(programme({ version: 1, from: '2023-01-01', to: '2023-06-30' })),
    row(programme({ version: 2, from: '2024-01-01', more: rated })),
    row(programme({ version: 3, from: '2025-01-01', to: '2025-03-31' })),
    row(programme({ version: 4, from: '2025-02-01' }), 'PUBLISHED'),
  ];
  const before = (day: string) => lawsBefore(rows, day).map(({ version, law }) => `${version.version} ${law.from}`);
  t.strictSame(before('2023-01-01'), []);
  t.strictSame(before('2023-07-01'), ['1 0001-01-01']);
  t.strictSame(before('2023-07-02'), [], 'a gap: what ended bounds nothing');
  t.strictSame(before('2024-03-01'), ['2 0001-01-01']);
  t.strictSame(before('2025-06-01'), ['2 0001-01-01', '2 2024-03-01', '3 0001-01-01', '2 2024-03-01']);
});

const publish = async (world: Pick<World, 'book'>, document: string): Promise<string> =>
  expectStatus(await world.book.operator.post('/programmes', { document }), 201).programmeVersionId as string;

void t.test('what a lower document widens can not be activated, inside one text or after another', async (t) => {
  const service = await startService(t, { now: '2024-07-01' });
  const book = await service.newBook('testcity');
  const approver = await book.member('approver');
  const activate = async (of: Text) => {
    const id = await publish({ book }, programme(of));
    const answer = await approver.post(`/programmes/${id}/activate`, {});
    const { openPoints } = expectStatus(await approver.get(`/programmes/${id}`), 200);
    return {
      told: told(answer),
      detail: answer.body.detail as string,
      openPoints: openPoints as { code: string; path: string }[],
    };
  };
  const inside = await activate({
    version: 1,
    from: '2024-01-01',
    more: `minAward: { values: [{ from: 2024-01-01, value: 5000.00 }, { from: 2025-01-01, value: 1000.00, cite: { document: notice, article: 第五条 } }], cite: { document: measure, article: 第二条 } }`,
  });
  t.equal(inside.told, '409 PROGRAMME_WIDENS');
  t.match(inside.detail, /某工信〔2024〕2号第五条规定“1,000\.00 元”，宽于某政〔2024〕1号第二条规定的“5,000\.00 元”/);
  t.match(inside.openPoints[0], { code: 'WIDENS_A_HIGHER_DOCUMENT', path: 'minAward' });

  t.equal((await activate({ version: 2, from: '2024-01-01' })).told, '200');
  t.equal((await activate({ version: 3, from: '2024-06-01', basisPoints: 1500, by: 'notice' })).told, '200', 'a notice narrows');
  const wider = await activate({ version: 4, from: '2025-01-01', basisPoints: 2001, by: 'notice' });
  t.equal(wider.told, '409 PROGRAMME_WIDENS', 'beyond the measure, though the version before is the notice’s');
  t.match(wider.openPoints, [{ code: 'WIDENS_A_HIGHER_DOCUMENT', path: 'rate' }]);
  t.equal((await activate({ version: 5, from: '2025-01-01', basisPoints: 2000, by: 'notice' })).told, '200', 'up to the measure');
  t.equal((await activate({ version: 6, from: '2026-01-01', basisPoints: 3000, measure: '某政〔2026〕1号' })).told, '200');

  const filled = { version: 8, from: '2025-06-01', to: '2025-12-31', basisPoints: 2500, measure: '某政〔2025〕1号' };
  t.equal((await activate({ ...filled, by: 'notice' })).told, '200', 'the new measure leaves the rate to a notice');
  const between = await activate({ ...filled, version: 9, from: '2025-05-01', to: '2025-05-31', basisPoints: 2000 });
  t.equal(between.told, '409 PROGRAMME_WIDENS', 'what is law already would widen it');

  const old = await activate({ version: 7, from: '2027-01-01', to: '2027-12-31', status: 'REPEALED' });
  t.equal(old.told, '409 PROGRAMME_NOT_ENACTED', 'a repealed text is published for the record');
  t.match(old.detail, /政策已废止/);
});

void t.test('a repealed version decides through its last day; what it granted is redeemed after it', async (t) => {
  const world = await startWorld(t);
  const { book, approver, clock, programmeVersionId: id } = world;
  const [second, sameHand, machine, auditor] = await Promise.all([
    book.member('approver'),
    book.member('approver', { personId: approver.personId }),
    book.member('approver', { kind: 'MACHINE' }),
    book.member('auditor'),
  ]);
  expectStatus(await world.load('1000000.00'), 201);
  const [firm, other] = await Promise.all([world.enterprise(1), world.enterprise(2)]);
  const reviewed = await world.reviewed(firm, '1000000.00');
  const { voucher } = expectStatus(await world.approve(reviewed), 200);

  const repeal = (of: object = {}, caller = second, version = id) =>
    caller.post(`/programmes/${version}/repeal`, { lastDay: '2024-07-31', documentNo: '郑政文〔2024〕99号', ...of });
  t.equal(told(await repeal({}, machine)), '403 PERSON_REQUIRED');
  t.equal(told(await repeal({}, sameHand)), '403 FOUR_EYES', 'not by the person who activated it');
  t.equal(told(await repeal({}, book.operator)), '403 FORBIDDEN');
  t.equal(told(await repeal({}, second, book.operator.memberId)), '404 NOT_FOUND');
  t.equal(told(await repeal({ documentNo: '' })), '400 VALIDATION_FAILED');
  const early = await repeal({ lastDay: '2024-06-30' });
  t.equal(told(early), '409 REPEAL_DAY');
  t.match(early.body.detail, /最早为 2024-07-01/);
  const limited = await publish(world, programme({ version: 9, from: '2024-08-01', to: '2024-12-31' }));
  t.equal(told(await repeal({}, second, limited)), '409 PROGRAMME_NOT_ACTIVE', 'published is not active');
  expectStatus(await second.post(`/programmes/${limited}/activate`), 200);
  t.equal(told(await repeal({ lastDay: '2024-07-31' }, approver, limited)), '409 REPEAL_DAY', 'before its first day');
  t.equal(told(await repeal({ lastDay: '2025-01-01' }, approver, limited)), '409 REPEAL_DAY', 'after its own last day');
  const follower = expectStatus(await repeal({ lastDay: '2024-09-30' }, approver, limited), 200);
  t.match(follower, { status: 'REPEALED', inForceTo: '2024-09-30', nextVersion: 2 }, 'the older one that goes on holds again');

  const repealed = expectStatus(await repeal(), 200);
  t.match(repealed, {
    status: 'REPEALED',
    legalStatus: 'ENACTED',
    inForceFrom: '2024-06-01',
    inForceTo: '2024-07-31',
    repealingDocument: '郑政文〔2024〕99号',
    repealedAt: '2024-07-01T10:00:00.000+08:00',
    nextVersion: 9,
  });
  t.equal(told(await repeal()), '409 PROGRAMME_NOT_ACTIVE', 'once');
  t.equal(told(await approver.post(`/programmes/${id}/activate`)), '409 PROGRAMME_ALREADY_ACTIVE', 'and for good');
  const shown = expectStatus(await auditor.get(`/programmes/${id}`), 200);
  t.match(shown, {
    status: 'REPEALED',
    digest: repealed.digest as string,
    repealingDocument: '郑政文〔2024〕99号',
    openPoints: [],
  });
  const entries = expectStatus(await auditor.get(`/ledger/entries?subjectId=${id}`), 200).items as { kind: string }[];
  t.strictSame(
    entries.map(({ kind }) => kind),
    ['programme.published', 'programme.activated', 'programme.repealed'],
  );

  for (const change of [
    `in_force_to = '2999-12-31'`,
    `status = 'ACTIVE', repealed_by = null, repealed_at = null, repealing_document = null, repeal_id = null`,
    `repealing_document = '另一文件'`,
  ]) {
    const changed = world.owner.begin(async ({ sql }) => {
      await sql.unsafe(`select set_config('ledger.lane', '${book.bookId}', true)`);
      await sql.unsafe(`update programme_versions set ${change} where book_id = '${book.bookId}' and status = 'REPEALED'`);
    });
    await t.rejects(changed, { code: 'VL001' }, `the database keeps it: ${change}`);
  }

  clock.set('2024-07-31');
  const lastDay = await world.reviewed(other, '100000.00');
  expectStatus(await world.load('1000.00'), 201);
  clock.set('2024-08-01');
  const { voucher: granted } = expectStatus(await world.approve(lastDay), 200);
  t.match(granted, { face: '20000.00' }, 'what was applied for in time is decided by it');
  const gross = { contractId: reviewed.contractId, contractGross: '1000000.00', gross: '100000.00' };
  const invoiceId = await confirmedInvoice(world, { ...gross, firm: firm.member, own: '80000.00', from: '2024-08-01' });
  const redemption = { voucherId: voucher.voucherId as string, invoiceId };
  t.match(expectStatus(await firm.member.post('/redemptions', redemption), 201), { approved: '20000.00' });

  const inNext = await world.contract(firm, '200000.00');
  expectStatus(await world.submit(firm, inNext), 201);
  clock.set('2024-10-01');
  const late = await world.contract(firm, '200000.00');
  t.equal(told(await world.submit(firm, late)), '409 PROGRAMME_NOT_IN_FORCE', 'nobody applies after the last day');
  const audited = [
    await auditLedger(world.db, book.bookId),
    await auditBusiness(world.db, book.bookId),
    await recomputeAwards(world.db, book.bookId),
  ];
  t.strictSame(audited, [[], [], []]);
});

void t.test(
  'a mistaken repeal is set aside by two persons, before or after its day; what was decided meanwhile stays',
  async (t) => {
    const world = await startWorld(t);
    const { book, approver, clock, programmeCode, programmeVersionId: id } = world;
    const [second, third, auditor] = await Promise.all([
      book.member('approver'),
      book.member('approver'),
      book.member('auditor'),
    ]);
    const activate = async (document: string) => {
      const of = await publish(world, document);
      return { id: of, answer: await approver.post(`/programmes/${of}/activate`) };
    };
    expectStatus(await world.load('1000000.00'), 201);
    const [early, mid, late] = await Promise.all([world.enterprise(1), world.enterprise(2), world.enterprise(3)]);
    expectStatus(
      (await activate(programme({ version: 1, from: '2024-01-01', to: '2024-08-15', basisPoints: 1000 }))).answer,
      200,
    );
    const repeal = async (of: object = {}) =>
      expectStatus(
        await second.post(`/programmes/${id}/repeal`, { lastDay: '2024-07-31', documentNo: '郑政文〔2024〕99号', ...of }),
        200,
      );
    const propose = (of: object = {}, caller = second) =>
      caller.post(`/programmes/${id}/propose-repeal-correction`, { reason: '登记时误将第二版认作第一版', ...of });
    const correct = (contentDigest: string, caller = third) => caller.post(`/programmes/${id}/correct-repeal`, { contentDigest });

    t.equal(told(await propose()), '409 PROGRAMME_NOT_REPEALED');
    await repeal();
    t.equal(told(await correct('0'.repeat(64))), '409 NO_PROPOSAL');
    t.equal(told(await propose({ reason: ' ' })), '400 VALIDATION_FAILED');
    t.equal(told(await propose({}, book.operator)), '403 FORBIDDEN');
    t.equal(told(await propose({}, await book.member('approver', { kind: 'MACHINE' }))), '403 PERSON_REQUIRED');
    for (const verb of ['propose-repeal-correction', 'drop-repeal-correction'])
      t.equal(told(await second.post(`/programmes/${book.operator.memberId}/${verb}`, { reason: '误' })), '404 NOT_FOUND', verb);
    const drop = () => third.post(`/programmes/${id}/drop-repeal-correction`, { reason: '文号有误' });
    t.equal(told(await drop()), '409 NO_PROPOSAL');
    const first = expectStatus(await propose(), 201);
    t.match(first, { status: 'PROPOSED', lastDay: '2024-07-31', documentNo: '郑政文〔2024〕99号', restoredTo: null });
    t.equal(told(await propose({}, third)), '409 PROPOSAL_OPEN');
    t.match(expectStatus(await drop(), 200), { status: 'DROPPED', decisionReason: '文号有误', decidedOn: '2024-07-01' });
    const { contentDigest } = expectStatus(await propose(), 201) as { contentDigest: string };
    t.equal(told(await correct(contentDigest, second)), '403 FOUR_EYES');
    t.equal(told(await correct('0'.repeat(64))), '409 PROPOSAL_CHANGED');
    t.equal(told(await third.post(`/programmes/${book.operator.memberId}/correct-repeal`, { contentDigest })), '404 NOT_FOUND');
    t.match(
      expectStatus(await correct(contentDigest), 200),
      {
        status: 'ACTIVE',
        inForceTo: null,
        repealedAt: null,
        repealingDocument: null,
        heldMeanwhile: 2,
        correction: { status: 'APPROVED' },
      },
      'before its day: it never ended',
    );
    t.equal(told(await correct(contentDigest)), '409 NO_PROPOSAL', 'once');

    // After the day: an older version held for a day, and a version of a notice begins later.
    t.match(await repeal({ lastDay: '2024-07-01' }), { nextVersion: 1 });
    clock.set('2024-07-02');
    const atTenPerCent = await world.reviewed(mid, '100000.00');
    const again = expectStatus(await propose(), 201) as { contentDigest: string };
    clock.set('2024-07-03');
    t.match(expectStatus(await correct(again.contentDigest), 200), { status: 'ACTIVE', heldMeanwhile: 1 });
    const face = async (reviewed: Awaited<ReturnType<World['reviewed']>>) =>
      (expectStatus(await world.approve(reviewed), 200).voucher as { face: string }).face;
    t.equal(await face(atTenPerCent), '10000.00', 'applied for while the repeal stood: decided as it was');
    t.equal(
      await face(await world.reviewed(late, '100000.00')),
      '20000.00',
      'applied for now: decided by the version that is law again',
    );
    clock.set('2024-08-20');
    t.equal(await face(await world.reviewed(early, '100000.00')), '20000.00');
    const { items } = expectStatus(await auditor.get(`/programmes?programmeCode=${programmeCode}`), 200);
    const rows = items as { version: number; status: Status; inForceFrom: string; inForceTo: string | null }[];
    for (const [day, version] of [
      ['2024-05-31', 1],
      ['2024-06-01', 2],
      ['2024-07-02', 2],
      ['2024-08-16', 2],
    ] as const)
      t.equal(versionInForce(rows, day)?.version, version, `one version on ${day}`);

    // What came to stand in the way.
    await repeal({ lastDay: '2024-08-31' });
    const stands = expectStatus(await propose(), 201) as { contentDigest: string };
    const wider = await activate(
      programme({ version: 5, from: '2024-10-01', to: '2024-12-31', basisPoints: 3000, by: 'notice' }),
    );
    expectStatus(wider.answer, 200);
    const refusedNow = await correct(stands.contentDigest);
    t.equal(told(refusedNow), '409 PROGRAMME_WIDENS', 'what became law in the gap would widen it');
    expectStatus(await second.post(`/programmes/${wider.id}/repeal`, { lastDay: '2024-10-01', documentNo: '废止5' }), 200);
    t.equal(told(await correct(stands.contentDigest)), '409 PROGRAMME_WIDENS', 'a repealed version holds on for its days');
    const kinds = (expectStatus(await auditor.get(`/ledger/entries?subjectId=${id}`), 200).items as { kind: string }[]).map(
      ({ kind }) => kind.replace('programme.', ''),
    );
    t.strictSame(kinds, [
      'published',
      'activated',
      'repealed',
      'repeal_correction_proposed',
      'repeal_correction_dropped',
      'repeal_correction_proposed',
      'repeal_corrected',
      'repealed',
      'repeal_correction_proposed',
      'repeal_corrected',
      'repealed',
      'repeal_correction_proposed',
    ]);
    const shown = expectStatus(await auditor.get(`/programmes/${id}`), 200).repealCorrections as {
      status: string;
      lastDay: string;
    }[];
    t.strictSame(
      shown.map(({ status, lastDay }) => `${status} ${lastDay}`),
      ['DROPPED 2024-07-31', 'APPROVED 2024-07-31', 'APPROVED 2024-07-01', 'PROPOSED 2024-08-31'],
      'the history is whole',
    );
    t.strictSame(
      [
        await auditLedger(world.db, book.bookId),
        await auditBusiness(world.db, book.bookId),
        await recomputeAwards(world.db, book.bookId),
      ],
      [[], [], []],
    );
  },
);

void t.test('a repeal stands where another version has begun a fund with other shares of its funders', async (t) => {
  const halves =
    'value: [{ funder: CITY, name: { zh: 市财政, en: city }, basisPoints: 5000 }, { funder: ZONE, name: { zh: 区财政, en: zone }, basisPoints: 5000 }]';
  const older = { ...row(programme({ version: 1, from: '2024-01-01' })), programmeVersionId: 'one' };
  const text = programme({ version: 2, from: '2024-02-01' }).replace(/value: \[\{ funder: .*\]/, halves);
  const repealed = { ...row(text, 'REPEALED', '2024-12-31'), programmeVersionId: 'two' };
  const restored = { ...repealed, status: 'ACTIVE' as const, inForceTo: null };
  const refuse = (loaded: readonly number[]) =>
    refuseRestoring(restored, { law: repealed.law, versions: [older, repealed], loaded });
  t.strictSame(yearsSinceRepeal(repealed, '2024-12-30'), [2025]);
  t.strictSame(yearsSinceRepeal(repealed, '2026-03-01'), [2025, 2026, 2027]);
  t.strictSame(yearsSinceRepeal(repealed, '2023-12-31'), [], 'no fund has begun');
  t.equal(refuse([]), null, 'nothing was granted since');
  t.match(refuse([2025]), { code: 'REPEAL_KEPT_BY_FUNDERS', params: { year: '2025' } });
  const sameShares = { ...repealed, document: older.document, digest: older.digest };
  t.equal(
    refuseRestoring({ ...sameShares, status: 'ACTIVE' }, { law: older.law, versions: [older, sameShares], loaded: [2025] }),
    null,
  );
});

void t.test('where the law names the day of signing, that day picks the version; controls are not applied for', async (t) => {
  const world = await startWorld(t);
  const { approver, book, clock } = world;
  const active = async (document: string) =>
    expectStatus(await approver.post(`/programmes/${await publish(world, document)}/activate`), 200) as { programmeCode: string };
  expectStatus(await world.load('1000000.00'), 201);
  await active(programme({ version: 3, from: '2024-07-02', basisPoints: 1000, measure: '某政〔2024〕9号', more: bySigning }));
  const firm = await world.enterprise(1);
  const [before, first] = [await world.contract(firm, '100000.00'), await world.contract(firm, '1000.00')];
  clock.set('2024-07-02');
  const after = await world.contract(firm, '100000.00');
  const computed = async (contractId: string) => expectStatus(await world.submit(firm, contractId), 201).computed as string;
  t.equal(await computed(before), '20000.00', 'signed the day before it began');
  t.equal(await computed(after), '10000.00', 'signed on its first day');

  // What is brought along at go-live goes by the same day, whichever version is in force on the day of issue.
  const opening = async (contractId: string, version: number, days: object = {}) => {
    const of = { kind: 'VOUCHER', programmeCode: 'zhengzhou-compute', contractId, version, balance: '100.00', ...days };
    return book.operator.post('/opening-balances', { issuedOn: '2024-07-02', lastDay: '2025-07-01', ...of });
  };
  const second = await world.contract(firm, '1000.00');
  const sides: [contractId: string, version: number, days: object, told: string][] = [
    [first, 3, {}, '409 OPENING_VERSION'],
    [first, 2, { appliedOn: '2024-07-01', issuedOn: '2024-07-01' }, '201'],
    [second, 2, {}, '409 OPENING_VERSION'],
    [second, 2, { appliedOn: '2024-07-01' }, '201'],
    [second, 3, { appliedOn: '2024-07-02' }, '201'],
    [first, 2, {}, '201'],
  ];
  for (const [contractId, version, days, expected] of sides) {
    const answer = await opening(contractId, version, days);
    t.equal(told(answer), expected, `signed ${contractId === first ? 'before' : 'after'}, ${version}, ${JSON.stringify(days)}`);
    if (answer.status === 409) t.match(answer.body.detail, /2024-07-0[12].*应适用 zhengzhou-compute@[23]，不是/);
    if (expected !== '201' || 'issuedOn' in days || version !== 2 || contractId !== first) continue;
    const opened = expectStatus(await approver.post(`/opening-balances/${answer.body.openingBalanceId as string}/approve`), 200);
    const gross = { contractId: first, contractGross: '1000.00', gross: '500.00' };
    const invoiceId = await confirmedInvoice(world, { ...gross, firm: firm.member, own: '400.00', from: '2024-07-02' });
    const redemption = { voucherId: opened.voucherId as string, invoiceId };
    t.match(expectStatus(await firm.member.post('/redemptions', redemption), 201), { approved: '100.00' }, '20 %, not 10 %');
  }
  t.strictSame(await recomputeAwards(world.db, book.bookId), []);

  const { programmeCode } = await active(controls('zone-controls', 1, '2024-07-02'));
  const third = await world.contract(firm, '100000.00');
  const asked = await firm.member.post('/applications', { programmeCode, contractId: third, commitment: true });
  t.equal(told(asked), '409 PROGRAMME_NOT_APPLICABLE');
  const { items } = expectStatus(await approver.get('/programmes?programmeCode=zone-controls'), 200);
  t.match(items, [{ kind: 'GENERAL_CONTROLS', status: 'ACTIVE' }]);
});
