// Programmes over HTTP: published as text, activated by a second person when nothing is left open, funded by several funders, and
// tried on any facts without a trace.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { planted } from '../planted.js';
import { newlyMatched, presentFunds } from '../../src/programmes/rules.js';
import { fundersOf, programmeOf, versionInForce } from '../../src/programmes/published.js';
import { evaluateIssue, nothingOnRecord } from '../../src/programmes/evaluate.js';
import { nobody } from '../../src/programmes/lines.js';
import type { Answer } from '../service.js';
import { expectStatus, startService } from '../service.js';
import { cite, reimbursement } from '../programmes/world.js';
import { fields, itemsOf, jiaozuo, programmeFile, told, zhengzhou } from '../applications/world.js';

const draft = 'zhengzhou/zhengzhou-compute.v1';

void t.test('the version in force is the highest active one whose days cover the day, both ends included', async (t) => {
  const row = (
    version: number,
    inForceFrom: string | null,
    inForceTo: string | null,
    status: 'ACTIVE' | 'PUBLISHED' = 'ACTIVE',
  ) => ({
    version,
    inForceFrom,
    inForceTo,
    status,
  });
  const rows = [
    row(1, null, null, 'PUBLISHED'),
    row(2, '2024-06-01', '2025-05-31'),
    row(3, '2025-01-01', null),
    row(4, '2025-03-01', null, 'PUBLISHED'),
  ];
  const days: [string, number | undefined][] = [
    ['2024-05-31', undefined],
    ['2024-06-01', 2],
    ['2024-12-31', 2],
    ['2025-01-01', 3],
    ['2025-05-31', 3],
    ['2999-12-31', 3],
  ];
  for (const [day, version] of days) t.equal(versionInForce(rows, day)?.version, version, day);
  t.equal(versionInForce(rows.slice(0, 2), '2025-06-01'), undefined, 'after its last day');
});

void t.test('a fund is shared by the funders of the law on its first day', async (t) => {
  const file = async (version: number, from: string, basisPoints: number) => ({
    version,
    status: 'ACTIVE' as const,
    inForceFrom: from,
    inForceTo: null,
    digest: `${version}`,
    document: await programmeFile(jiaozuo, [
      ['version: 1', `version: ${version}`],
      ['from: 2025-01-01', `from: ${from}`],
      ['basisPoints: 5000\n    - funder: CITY', `basisPoints: ${basisPoints}\n    - funder: CITY`],
      [/basisPoints: 5000\n {2}cite/, `basisPoints: ${10000 - basisPoints}\n  cite`],
    ]),
  });
  const rows = [await file(11, '2025-02-01', 4000), await file(12, '2025-07-01', 3000)];
  const ofProvince = (year: number) => fundersOf(rows, year)?.find(({ funder }) => funder === 'PROVINCE')?.basisPoints;
  t.equal(ofProvince(2024), undefined, 'no version holds in 2024');
  t.equal(ofProvince(2025), 4000, 'the first of the year, though another follows');
  t.equal(ofProvince(2026), 3000);
  t.equal(
    programmeOf(rows[0] ?? { document: '', digest: '' }),
    programmeOf({ document: '', digest: '11' }),
    'read once, by its digest',
  );
  t.throws(() => programmeOf({ document: 'no programme', digest: 'unread' }));
});

void t.test('money becomes available as far as every funder’s share is there', async (t) => {
  const halves = [
    { funder: 'PROVINCE', basisPoints: 5000 },
    { funder: 'CITY', basisPoints: 5000 },
  ];
  const matched = (loaded: [bigint, bigint], before: [bigint, bigint], shares = halves) =>
    newlyMatched(
      shares,
      new Map(shares.map(({ funder }, i) => [funder, loaded[i] ?? 0n])),
      new Map(shares.map(({ funder }, i) => [funder, before[i] ?? 0n])),
    ).map(({ amountFen }) => amountFen);
  t.strictSame(matched([100n, 0n], [0n, 0n]), [0n, 0n], 'one alone gives nothing');
  t.strictSame(matched([0n, 100n], [0n, 0n]), [0n, 0n], 'not even the odd fen');
  t.strictSame(matched([100n, 60n], [0n, 0n]), [60n, 60n]);
  t.strictSame(matched([100n, 100n], [60n, 60n]), [40n, 40n], 'cumulative');
  t.strictSame(matched([2n, 3n], [0n, 0n]), [2n, 3n], 'the odd fen is the last-named’s');
  t.strictSame(matched([3n, 2n], [0n, 0n]), [2n, 2n]);
  const thirds = [
    { funder: 'CITY', basisPoints: 6667 },
    { funder: 'DISTRICT', basisPoints: 3333 },
  ];
  t.strictSame(matched([6667n, 3333n], [0n, 0n], thirds), [6667n, 3333n]);
  t.strictSame(matched([1_000_000_00n, 1n], [0n, 0n], thirds), [2n, 1n], '3 fen: 2 and 1');
});

void t.test('where a fund stands is told from its accounts, the treasury’s side with its sign turned', async (t) => {
  const balance = (kind: string, balanceFen: bigint, funder: string | null = null) => ({
    fund: 'p/2024',
    kind,
    funder,
    balanceFen,
  });
  const balances = [
    balance('appropriation', -1000n, 'CITY'),
    balance('unmatched', 100n, 'CITY'),
    balance('available', 200n),
    balance('voucher', 300n),
    balance('paid', 400n, 'CITY'),
  ];
  const [fund] = presentFunds(balances, [], '2024-07-01');
  t.match(fund, {
    fund: 'p/2024',
    programmeCode: 'p',
    year: 2024,
    loaded: '10.00',
    unmatched: '1.00',
    available: '2.00',
    vouchers: '3.00',
    reserved: '0.00',
    paid: '4.00',
    funders: [{ funder: 'CITY', loaded: '10.00', unmatched: '1.00', paid: '4.00' }],
    pool: null,
  });
});

void t.test('a programme is published as text and activated by a second person once nothing is left open', async (t) => {
  const service = await startService(t, { now: '2024-07-01' });
  const book = await service.newBook('testcity');
  const { operator } = book;
  const [approver, sameHand, machine, auditor] = await Promise.all([
    book.member('approver'),
    book.member('approver', { personId: operator.personId }),
    book.member('approver', { kind: 'MACHINE' }),
    book.member('auditor'),
  ]);
  const publish = (document: string, caller = operator) => caller.post('/programmes', { document });
  const activate = (id: string, caller = approver) => caller.post(`/programmes/${id}/activate`, {});

  const broken = await publish(
    (await programmeFile(zhengzhou)).replace('basisPoints: 2000', 'basisPoints: 20%').replace('GROSS', 'NETTO'),
  );
  t.equal(told(broken), '400 PROGRAMME_INVALID');
  t.strictSame(fields(broken), ['/document PROGRAMME_PROBLEM', '/document PROGRAMME_PROBLEM'], 'every problem is told');
  t.match(broken.body.errors[0].detail, /^第 \d+ 行 /, 'with its line');
  t.equal(told(await publish(': :')), '400 PROGRAMME_INVALID');
  t.equal(
    told(await publish(await programmeFile(zhengzhou, [['programme: zhengzhou-compute', 'programme: z']]))),
    '400 PROGRAMME_CODE_FORMAT',
  );
  t.equal(told(await publish(await programmeFile(zhengzhou), approver)), '403 FORBIDDEN');

  const first = expectStatus(await publish(await programmeFile(draft)), 201);
  t.match(first, {
    programmeCode: 'zhengzhou-compute',
    version: 1,
    legalStatus: 'DRAFT',
    status: 'PUBLISHED',
    inForceFrom: null,
  });
  t.ok(first.openPoints.length > 3, 'what the text leaves open is listed at once');
  t.equal(told(await publish(await programmeFile(draft))), '409 PROGRAMME_EXISTS');
  const refusals: [string, string, RegExp][] = [
    [await programmeFile(draft, [['version: 1', 'version: 91']]), 'PROGRAMME_NOT_ENACTED', /征求意见稿/],
    [
      await programmeFile(draft, [
        ['version: 1', 'version: 92'],
        ['status: DRAFT', 'status: ENACTED'],
      ]),
      'PROGRAMME_INCOMPLETE',
      /政策未规定：.*有效期.*第二条/,
    ],
    [
      await programmeFile(zhengzhou, [
        ['version: 2', 'version: 93'],
        ['expect: { award: 400000.00 }', 'expect: { award: 600000.00 }'],
      ]),
      'PROGRAMME_CASES_FAIL',
      /应为 600000\.00，实为 400000\.00/,
    ],
  ];
  for (const [document, code, detail] of refusals) {
    const { programmeVersionId } = expectStatus(await publish(document), 201);
    const answer = await activate(programmeVersionId as string);
    t.equal(told(answer), `409 ${code}`);
    t.match(answer.body.detail, detail);
  }

  const enacted = expectStatus(await publish(await programmeFile(zhengzhou)), 201);
  t.strictSame(enacted.openPoints, []);
  const id = enacted.programmeVersionId as string;
  const reimburses = (version: number, code = 'zhengzhou-compute') =>
    reimbursement.replace('example-fees', code).replace('version: 1', `version: ${version}`);
  const early = expectStatus(await publish(reimburses(95)), 201);
  t.equal(told(await activate(id, sameHand)), '403 FOUR_EYES', 'not by the person who published it');
  t.equal(told(await activate(id, machine)), '403 PERSON_REQUIRED');
  t.equal(told(await activate(operator.memberId)), '404 NOT_FOUND');
  t.match(expectStatus(await activate(id), 200), { status: 'ACTIVE', inForceFrom: '2024-06-01', inForceTo: null });
  t.equal(told(await activate(id)), '409 PROGRAMME_ALREADY_ACTIVE');

  // What a code stands for stays, once it is law.
  const otherFlow = await publish(reimburses(96));
  t.equal(told(otherFlow), '409 PROGRAMME_FLOW_CHANGES');
  t.match(otherFlow.body.detail, /第 2 版是先发券.*本版是事后补助/);
  t.equal(told(await activate(early.programmeVersionId as string)), '409 PROGRAMME_FLOW_CHANGES', 'published before it was law');
  const otherKind = await publish(
    await programmeFile('airport-zone/airport-zone-controls.v1', [
      ['programme: airport-zone-controls', 'programme: zhengzhou-compute'],
      ['version: 1', 'version: 97'],
    ]),
  );
  t.equal(told(otherKind), '409 PROGRAMME_KIND_CHANGES');
  const onItsWay = `
programme: example
version: 1
name: { zh: 示例政策, en: An example }
status: DRAFT
basis: { document: measure, article: 第二条 }
documents: { measure: { kind: MEASURE, title: 示例措施 } }
flow: { values: [{ from: 2024-01-01, value: VOUCHER }, { from: 2025-01-01, value: REIMBURSEMENT }], ${cite} }
`;
  t.equal(told(await publish(onItsWay)), '409 PROGRAMME_FLOW_CHANGES', 'nor from one day to the next within one text');

  const shown = expectStatus(await auditor.get(`/programmes/${id}`), 200);
  t.equal(shown.document, await programmeFile(zhengzhou), 'the text is kept as it was');
  t.equal(told(await auditor.get(`/programmes/${operator.memberId}`)), '404 NOT_FOUND');
  const page = expectStatus(await auditor.get('/programmes?programmeCode=zhengzhou-compute&limit=2'), 200);
  t.strictSame([page.items.length, page.items[0].version, page.next === null], [2, 1, false]);
});

void t.test('appropriations are loaded once per document; a fund shows where its money stands', async (t) => {
  const service = await startService(t, { now: '2025-01-06' });
  const book = await service.newBook('testcity');
  const { operator } = book;
  const [approver, finance, auditor] = await Promise.all([
    book.member('approver'),
    book.member('finance'),
    book.member('auditor'),
  ]);
  const published = expectStatus(await operator.post('/programmes', { document: await programmeFile(jiaozuo) }), 201);
  const load = (of: object) =>
    finance.post('/appropriations', {
      programmeCode: 'jiaozuo-compute',
      year: 2025,
      funder: 'CITY',
      amount: '300000.00',
      documentNo: '焦财预〔2025〕1号',
      ...of,
    });
  t.equal(told(await load({})), '409 PROGRAMME_NOT_IN_FORCE', 'a published version is no law yet');
  expectStatus(await approver.post(`/programmes/${published.programmeVersionId as string}/activate`), 200);

  const cases: [object, string, string[]?][] = [
    [{ amount: '0.00' }, '400 AMOUNT_ZERO'],
    [{ amount: '1.5' }, '400 VALIDATION_FAILED', ['/amount AMOUNT_FORMAT']],
    [{ funder: 'city' }, '400 VALIDATION_FAILED', ['/funder FUNDER_FORMAT']],
    [{ funder: 'DISTRICT' }, '409 FUNDER_UNKNOWN'],
    [{ year: 2024 }, '409 PROGRAMME_NOT_IN_FORCE'],
    [{ programmeCode: 'nowhere' }, '409 PROGRAMME_NOT_IN_FORCE'],
    [{ remark: '' }, '400 VALIDATION_FAILED', ['/remark UNKNOWN_FIELD']],
  ];
  for (const [of, expected, pointers] of cases) {
    const answer = await load(of);
    t.equal(told(answer), expected, JSON.stringify(of));
    if (pointers) t.strictSame(fields(answer), pointers);
  }
  t.match(expectStatus(await load({}), 201), { fund: 'jiaozuo-compute/2025', matched: '0.00', available: '0.00' });
  t.equal(told(await load({})), '409 APPROPRIATION_EXISTS');
  t.equal(told(await load({ amount: '1.00' })), '409 APPROPRIATION_EXISTS', 'the document counts, not the amount');
  const matched = expectStatus(await load({ funder: 'PROVINCE', amount: '500000.00', documentNo: '豫财预〔2025〕8号' }), 201);
  t.match(matched, { matched: '600000.00', available: '600000.00' }, 'as far as both have paid in');
  t.match(expectStatus(await load({ documentNo: '焦财预〔2025〕2号', amount: '200000.01' }), 201), {
    matched: '400000.01',
    available: '1000000.01',
  });
  const { items } = expectStatus(await auditor.get('/funds'), 200);
  t.strictSame(items, [
    {
      fund: 'jiaozuo-compute/2025',
      programmeCode: 'jiaozuo-compute',
      year: 2025,
      loaded: '1000000.01',
      unmatched: '0.00',
      available: '1000000.01',
      vouchers: '0.00',
      reserved: '0.00',
      payable: '0.00',
      inTransit: '0.00',
      paid: '0.00',
      lapsed: '0.00',
      pool: null,
      funders: [
        { funder: 'CITY', loaded: '500000.01', unmatched: '0.00', paid: '0.00' },
        { funder: 'PROVINCE', loaded: '500000.00', unmatched: '0.00', paid: '0.00' },
      ],
    },
  ]);
  const papers = itemsOf<{ funder: string; amount: string }>(
    await auditor.get('/appropriations?programmeCode=jiaozuo-compute&year=2025'),
  );
  t.strictSame(
    papers.map(({ funder, amount }) => `${funder} ${amount}`),
    ['CITY 300000.00', 'PROVINCE 500000.00', 'CITY 200000.01'],
  );
  t.equal(expectStatus(await auditor.get('/appropriations?year=2024'), 200).items.length, 0);

  // Twenty at once of one document: loaded once.
  const race = await Promise.all(Array.from({ length: 20 }, () => load({ documentNo: '焦财预〔2025〕3号', amount: '100.00' })));
  t.equal(race.filter(({ status }) => status === 201).length, 1);

  // One amount stays below 10^15, what they add up to need not.
  for (const funder of ['CITY', 'PROVINCE']) {
    for (const documentNo of ['大额1号', '大额2号']) {
      expectStatus(await load({ year: 2026, funder, amount: '999999999999999.99', documentNo }), 201);
    }
  }
  t.match((await auditor.get('/funds')).body.items[1], { fund: 'jiaozuo-compute/2026', available: '3999999999999999.96' });
  t.match(await auditor.get('/ledger/trial-balance'), { status: 200 });
  t.match(await auditor.get('/ledger/accounts?kind=available'), { status: 200 });
});

void t.test('what nobody was promised goes back by two persons, to the fen, and on into the next year', async (t) => {
  const service = await startService(t, { now: '2025-03-03' });
  const book = await service.newBook('testcity');
  const { bookId, operator } = book;
  const [approver, finance, payer, auditor] = await Promise.all([
    book.member('approver'),
    book.member('finance'),
    book.member('finance_approver'),
    book.member('auditor'),
  ]);
  const published = expectStatus(await operator.post('/programmes', { document: await programmeFile(jiaozuo) }), 201);
  expectStatus(await approver.post(`/programmes/${published.programmeVersionId as string}/activate`), 200);
  const programmeCode = 'jiaozuo-compute';
  for (const [funder, amount, documentNo] of [
    ['CITY', '500.03', '焦财预〔2025〕1号'],
    ['PROVINCE', '500.01', '豫财预〔2025〕8号'],
  ])
    expectStatus(await finance.post('/appropriations', { programmeCode, year: 2025, funder, amount, documentNo }), 201);
  const propose = (of: object) =>
    finance.post('/appropriation-returns', {
      programmeCode,
      year: 2025,
      carryOver: false,
      amount: '100.01',
      documentNo: '焦财预〔2025〕9号',
      ...of,
    });
  const returnsTo = (of: object) => propose(of).then((answer) => expectStatus(answer, 201));
  const approve = ({ returnId, contentDigest }: Record<string, unknown>, caller = payer) =>
    caller.post(`/appropriation-returns/${String(returnId)}/approve`, { contentDigest });
  const clean = async (name: string) => {
    t.strictSame(await auditLedger(service.db, bookId), [], `${name}: the ledger is clean`);
    t.strictSame(await auditBusiness(service.db, bookId), [], `${name}: the business is clean`);
  };

  const cases: [object, string, string[]?][] = [
    [{ amount: '0.00' }, '400 AMOUNT_ZERO'],
    [{ documentNo: '焦财预2025-9' }, '400 VALIDATION_FAILED', ['/documentNo DOCUMENT_NO_FORMAT']],
    [{ carryOver: true }, '409 CARRY_OVER_TOO_EARLY'],
    [{ programmeCode: 'nowhere' }, '409 PROGRAMME_NOT_IN_FORCE'],
    [{ funder: 'DISTRICT' }, '409 FUNDER_UNKNOWN'],
    [{ amount: '1000.04' }, '409 APPROPRIATION_NOT_FREE'],
    [{ funder: 'PROVINCE', amount: '0.01' }, '409 APPROPRIATION_NOT_FREE'],
  ];
  for (const [of, expected, pointers] of cases) {
    const answer = await propose(of);
    t.equal(told(answer), expected, JSON.stringify(of));
    if (pointers) t.strictSame(fields(answer), pointers);
  }

  const first = await returnsTo({});
  t.equal(told(await propose({ amount: '5.00' })), '409 APPROPRIATION_RETURN_EXISTS', 'the document counts, not the amount');
  t.match(itemsOf(await payer.get('/work-queue?kind=APPROPRIATION_RETURN_TO_DECIDE')), [
    { subjectNo: '焦财预〔2025〕9号', amount: '100.01' },
  ]);
  t.equal(told(await approve(first, finance)), '403 FORBIDDEN', 'by finance’s second person alone');
  t.equal(told(await approve({ ...first, contentDigest: '0'.repeat(64) })), '409 PROPOSAL_CHANGED');
  t.equal(told(await approve({ ...first, returnId: book.operator.memberId })), '404 NOT_FOUND');
  t.match(expectStatus(await approve(first), 200), {
    status: 'APPROVED',
    byFunder: [
      { funder: 'PROVINCE', amount: '50.00' },
      { funder: 'CITY', amount: '50.01' },
    ],
  });
  t.equal(told(await approve(first)), '409 NO_PROPOSAL', 'once');
  const waits = await returnsTo({ funder: 'CITY', amount: '0.01', documentNo: '焦财预〔2025〕10号' });
  expectStatus(await approve(waits), 200);
  const dropped = await returnsTo({ documentNo: '焦财预〔2025〕11号' });
  const drop = () => finance.post(`/appropriation-returns/${dropped.returnId as string}/drop`, { reason: '重复' });
  t.match(expectStatus(await drop(), 200), { status: 'DROPPED', decisionReason: '重复' });
  t.equal(told(await drop()), '409 NO_PROPOSAL');
  // Two that would each take nearly all of it, both proposed while it is there: the second finds it gone.
  const [one, other] = [
    await returnsTo({ amount: '800.01', documentNo: '焦财预〔2025〕12号' }),
    await returnsTo({ amount: '800.01', documentNo: '焦财预〔2025〕13号' }),
  ];
  expectStatus(await approve(one), 200);
  t.equal(told(await approve(other)), '409 APPROPRIATION_NOT_FREE');
  await clean('in the year');

  service.clock.set('2026-01-05');
  const fundOf = async (year: number) =>
    itemsOf<{ year: number; loaded: string; available: string; unmatched: string }>(await auditor.get('/funds'))
      .filter((of) => of.year === year)
      .map(({ loaded, available, unmatched }) => [loaded, available, unmatched]);
  const [before] = await fundOf(2025);
  const available = before?.[1] ?? '';
  const documentNo = '焦财预〔2026〕2号';
  const carried = await returnsTo({ carryOver: true, amount: available, documentNo });
  expectStatus(await approve(carried), 200);
  t.strictSame(await fundOf(2026), [[available, available, '0.00']], 'all of it, and at once');
  t.strictSame((await fundOf(2025)).map(([, left]) => left), ['0.00']);
  t.equal(itemsOf(await auditor.get('/appropriations?year=2026')).length, 2, 'a paper for each funder');
  t.strictSame(
    itemsOf<{ status: string }>(await auditor.get('/appropriation-returns')).map(({ status }) => status),
    ['APPROVED', 'APPROVED', 'DROPPED', 'APPROVED', 'PROPOSED', 'APPROVED'],
  );
  await clean('carried over');

  const faults: [number, RegExp, string][] = [
    [3, /^return .*its parts say/, `update appropriation_returns set parts = jsonb_build_array(parts -> 0) where carry_over`],
    [3, /^carry-over .*loaded next year/, `update appropriations set amount_fen = amount_fen + 1 where year = 2026 and funder = 'CITY'`],
    [3, /^appropriation:jiaozuo-compute.2025/, `update appropriation_returns set amount_fen = 1, parts = '[{"funder":"CITY","fen":"1"}]' where carry_over`],
    [11, /^return .* of an appropriation/, `update appropriation_returns set decided_person = proposed_person where carry_over`],
  ];
  for (const [invariant, of, statement] of faults) {
    const found = await planted(service.admin, bookId, [
      'alter table appropriation_returns drop constraint appropriation_returns_four_eyes',
      statement,
    ]);
    t.ok(
      found.some((finding) => finding.invariant === invariant && of.test(`${finding.subject}: ${finding.detail}`)),
      statement,
      { found },
    );
  }
});

void t.test('a trial tells the award and why, for a draft too, and leaves no trace', async (t) => {
  const service = await startService(t, { now: '2025-03-03' });
  const book = await service.newBook('testcity');
  const { bookId, operator } = book;
  const reader = await book.member('auditor');
  const id = async (name: string, replaced: readonly [string | RegExp, string][] = []) => {
    const document = await programmeFile(name, replaced);
    return expectStatus(await operator.post('/programmes', { document }), 201).programmeVersionId as string;
  };
  const ids = {
    draft: await id(draft),
    enacted: await id(zhengzhou),
    jiaozuo: await id(jiaozuo),
    strict: await id(zhengzhou, [
      ['version: 2', 'version: 3'],
      [
        'validityMonths:',
        'contractSignedOnOrAfter: { value: 2024-01-01, cite: { document: notice, article: 第十条 } }\n' +
          'minAward: { value: 5000.00, cite: { document: notice, article: 第十条 } }\n\nvalidityMonths:',
      ],
    ]),
    silent: await id(draft, [
      ['version: 1', 'version: 4'],
      [/^rate:\n(?: .*\n)+/m, ''],
      [/^cases:\n(?:[ -].*\n?)+/m, ''],
    ]),
  };
  const before = await service.owner.sql`select seq from book_heads where book_id = ${bookId}`;
  const evaluate = (of: keyof typeof ids, stage: 'ISSUE' | 'REDEEM', given: object, language = 'zh') =>
    reader.post(`/programmes/${ids[of]}/evaluations`, { stage, given }, { headers: { 'accept-language': language } });
  const outcome = ({ body }: Answer): string =>
    (body.evaluations as { kind: string; amount: string; bound: string | null; code: string }[])
      .map((one) =>
        one.kind === 'award' ? `${one.amount}${one.bound === null ? '' : ` (${one.bound})`}` : `${one.kind} ${one.code}`,
      )
      .join(' + ');

  const on = { appliedOn: '2025-03-03' };
  const two = { ...on, contract: { amount: '2000000.00' } };
  const facility = (kind: string, observation: object, more: object = {}) => ({
    ...on,
    contract: { lines: [{ gross: '10000.00', facility: 'centre' }] },
    facilities: { centre: { kind, observations: [{ observedOn: '2025-01-01', ...observation }], ...more } },
  });
  const pflops = (value: string) => facility('AI_COMPUTING', { pflops: value, precision: 'FP16' });
  const issues: [string, keyof typeof ids, object, string][] = [
    ['Zhengzhou’s draft', 'draft', { ...on, contract: { amount: '3333333.33' } }, '999999.99'],
    ['a fen more reaches the limit', 'draft', { ...on, contract: { amount: '3333333.34' } }, '1000000.00'],
    ['Zhengzhou as enacted', 'enacted', two, '400000.00'],
    ['its limit', 'enacted', { ...two, used: { claimed: '850000.00' } }, '150000.00 (claimed)'],
    ['Jiaozuo', 'jiaozuo', { ...on, contract: { amount: '1234567.89' } }, '246913.57'],
    ['a centre of exactly 100 PFLOPS', 'jiaozuo', pflops('100.00'), '2000.00'],
    ['a centre of 99.99', 'jiaozuo', pflops('99.99'), 'refused FACILITY_BELOW_THRESHOLD'],
    ['1000 racks', 'jiaozuo', facility('DATA_CENTER', { standardRacks: 1000 }), '2000.00'],
    [
      'FP64 is not FP16',
      'jiaozuo',
      facility('AI_COMPUTING', { pflops: '500.00', precision: 'FP64' }),
      'refused FACILITY_NOT_OBSERVED',
    ],
    ['out of service', 'jiaozuo', facility('SUPERCOMPUTING', { inService: false }), 'refused FACILITY_NOT_IN_SERVICE'],
    ['parameters the text does not give', 'silent', two, 'refused PARAMETER_MISSING'],
    ['before it is in force', 'enacted', { ...two, appliedOn: '2024-05-31' }, 'refused PROGRAMME_NOT_IN_FORCE'],
    [
      'signed too early',
      'strict',
      { ...on, contract: { amount: '2000000.00', signedOn: '2023-12-31' } },
      'refused CONTRACT_SIGNED_TOO_EARLY',
    ],
    ['a rate that is exact', 'jiaozuo', { ...two, approvedBasisPoints: 1500 }, 'refused RATE_IS_EXACT'],
    ['above the ceiling', 'enacted', { ...two, approvedBasisPoints: 2001 }, 'refused RATE_ABOVE_CEILING'],
    ['below it', 'enacted', { ...two, approvedBasisPoints: 1500 }, '300000.00'],
    [
      'a predicate not met',
      'jiaozuo',
      { ...two, enterprise: { predicates: { 'tax-paying': 'NOT_MET' } } },
      'refused NOT_ELIGIBLE',
    ],
    ['own use', 'enacted', { ...two, provider: { isEnterprise: true } }, 'refused SELF_BUILT_SELF_USED'],
    ['not listed', 'enacted', { ...two, provider: { listedTo: '2025-03-02' } }, 'refused PROVIDER_NOT_LISTED'],
    [
      'storage only',
      'enacted',
      { ...on, contract: { lines: [{ gross: '10000.00', serviceItem: 'STORAGE' }] } },
      'refused SERVICE_ITEM_NOT_COUNTED',
    ],
    ['less than a fen', 'enacted', { ...on, contract: { amount: '0.04' } }, 'refused NOTHING_TO_AWARD'],
    ['more than the right', 'enacted', { ...two, requested: '400000.01' }, 'refused AMOUNT_ABOVE_ENTITLEMENT'],
    ['nothing left of the limit', 'enacted', { ...two, used: { claimed: '1000000.00' } }, 'refused LIMIT_EXHAUSTED'],
    ['no money', 'enacted', { ...two, poolLeft: '0.00' }, 'refused POOL_EXHAUSTED'],
    ['below the minimum', 'strict', { ...on, contract: { amount: '24999.99' } }, 'refused BELOW_MINIMUM_AWARD'],
    ['at the minimum', 'strict', { ...on, contract: { amount: '25000.00' } }, '5000.00'],
  ];
  for (const [name, of, given, expected] of issues) t.equal(outcome(await evaluate(of, 'ISSUE', given)), expected, name);

  const redeem = (voucher: object, ...invoices: object[]) => ({ ...two, voucher: { face: '400000.00', ...voucher }, invoices });
  const redemptions: [string, object, string][] = [
    [
      'three invoices, cumulative',
      redeem({}, { amount: '333333.33' }, { amount: '333333.33' }, { amount: '333333.33' }),
      '66666.66 + 66666.67 + 66666.66',
    ],
    ['a day late', redeem({}, { amount: '500000.00', submittedOn: '2026-03-04' }), 'refused VOUCHER_EXPIRED'],
    [
      'used after the last day',
      redeem({}, { amount: '500000.00', usedFrom: '2026-03-01', usedTo: '2026-03-04', submittedOn: '2026-03-03' }),
      'refused USAGE_OUTSIDE_VALIDITY',
    ],
    [
      'beyond the contract',
      redeem({ face: '500000.00' }, { amount: '2000000.00' }, { amount: '1.00' }),
      '400000.00 + refused NOTHING_TO_REDEEM',
    ],
    [
      'an empty voucher',
      redeem({ face: '100000.00' }, { amount: '500000.00' }, { amount: '500000.00' }),
      '100000.00 + refused VOUCHER_EMPTY',
    ],
    ['own part unpaid', redeem({}, { amount: '500000.00', paid: '399999.99' }), 'refused SELF_FUNDED_PART_UNPAID'],
  ];
  for (const [name, given, expected] of redemptions) t.equal(outcome(await evaluate('enacted', 'REDEEM', given)), expected, name);

  const english = await evaluate('jiaozuo', 'ISSUE', pflops('99.99'), 'en');
  t.match(english.body.evaluations[0], {
    title: 'The facility is below the threshold',
    params: { observed: '99.99 PFLOPS (FP16)' },
  });
  t.match(english.body.evaluations[0].sentences[0], /^1\. .*Result: /);
  const wrong: [string, object, string[]][] = [
    ['amount and lines', { ...on, contract: {} }, ['/given/contract AMOUNT_OR_LINES']],
    [
      'a label',
      { ...on, contract: { lines: [{ gross: '1.00', facility: 'Centre' }] } },
      ['/given/contract/lines/0/facility LABEL_FORMAT'],
    ],
    ['a limit the programme has not', { ...two, used: { gifts: '1.00' } }, ['/given/used/gifts UNKNOWN_FIELD']],
    [
      'a predicate it has not',
      { ...two, enterprise: { predicates: { strange: 'MET' } } },
      ['/given/enterprise/predicates/strange UNKNOWN_FIELD'],
    ],
    ['an unknown field', { ...two, rate: '0.3' }, ['/given/rate UNKNOWN_FIELD']],
  ];
  for (const [name, given, expected] of wrong) {
    const answer = await evaluate('enacted', 'ISSUE', given);
    t.equal(told(answer), '400 VALIDATION_FAILED', name);
    t.strictSame(fields(answer), expected, name);
  }
  t.equal(
    told(await reader.post(`/programmes/${operator.memberId}/evaluations`, { stage: 'ISSUE', given: two })),
    '404 NOT_FOUND',
  );
  t.strictSame(await service.owner.sql`select seq from book_heads where book_id = ${bookId}`, before, 'no entry, no lane');
});

void t.test('a trial says all that a case can: reimbursement, what is on record, and how a pool is shared', async (t) => {
  const service = await startService(t, { now: '2025-03-03' });
  const book = await service.newBook('testcity');
  const reader = await book.member('auditor');
  const published = expectStatus(await book.operator.post('/programmes', { document: reimbursement }), 201);
  const url = `/programmes/${published.programmeVersionId as string}/evaluations`;
  const evaluate = (stage: string, given: object) => reader.post(url, { stage, given });
  const outcomes = (answer: Answer) =>
    (expectStatus(answer, 200).evaluations as { kind: string; amount: string; bound: string | null; code: string }[])
      .map((one) => (one.kind === 'award' ? `${one.amount} ${one.bound ?? ''}`.trim() : `${one.kind} ${one.code}`))
      .join(' + ');

  const plain = { appliedOn: '2025-03-03', items: [{ amount: '10000000.00' }] };
  const lines = (...origins: [string, string][]) => ({
    ...plain,
    items: [{ lines: origins.map(([chipOrigin, gross]) => ({ chipOrigin, gross })) }],
  });
  const item = (more: object) => ({ ...plain, items: [{ amount: '10000000.00', ...more }] });
  const awards: [string, object, string][] = [
    ['domestic chips', plain, '6000000.00'],
    ['both origins, cut down once', lines(['DOMESTIC', '100000.01'], ['NON_DOMESTIC', '100000.02']), '90000.01'],
    ['what can not be told apart', lines(['UNKNOWN', '100000.00']), '30000.00'],
    ['a young firm', { ...plain, enterprise: { establishedOn: '2024-03-04' } }, '7000000.00'],
    ['a year old', { ...plain, enterprise: { establishedOn: '2024-03-03' } }, '6000000.00'],
    ['the review', { ...plain, approved: '5000000.00' }, '5000000.00 REVIEW'],
    ['what is left of the year', { ...plain, used: { yearly: '15000000.00' } }, '5000000.00 yearly'],
    ['the year of the award', { ...plain, awardedOn: '2026-01-05' }, '6000000.00'],
    ['the third year', { ...plain, firstAwardYears: { 'three-years': 2023 } }, '6000000.00'],
    ['the fourth year', { ...plain, firstAwardYears: { 'three-years': 2022 } }, 'refused LIMIT_WINDOW_OVER'],
    [
      'an exception',
      { ...plain, used: { 'three-years': '30000000.00' }, raised: { 'three-years': '501.00' } },
      '501.00 three-years',
    ],
    ['a figure', { ...plain, figures: { contribution: '2000000.00' } }, '2000000.00 contribution'],
    ['no figure', { ...plain, unknownFigures: ['contribution'] }, 'held LIMIT_UNKNOWN'],
    [
      'an institute that needs none',
      { ...plain, unknownFigures: ['contribution'], enterprise: { classes: ['RESEARCH_INSTITUTION'] } },
      '6000000.00',
    ],
    ['money from above', { ...plain, upstream: '4000000.00', figures: { investment: '5000000.00' } }, '1000000.00 investment'],
    ['another award on the product', { ...plain, used: { highest: '5999499.99' } }, '500.01 highest'],
    ['as much on the product', { ...plain, used: { highest: '6000000.00' } }, 'refused STACKED_OUT'],
    ['no product', { ...plain, matters: { PROJECT: 'one' } }, 'refused MATTER_NOT_NAMED'],
    ['its own policy', { ...plain, enterprise: { oneEnterpriseOnePolicy: true } }, 'refused OWN_POLICY'],
    ['an institution', { ...plain, enterprise: { kind: 'INSTITUTION' } }, 'refused BENEFICIARY_KIND'],
    ['a provider', { ...plain, enterprise: { isListedProvider: true } }, 'refused PROVIDER_MAY_NOT_CLAIM'],
    ['a relation', { ...plain, provider: { isRelated: true } }, 'refused RELATED_PARTY'],
    ['a relation in one item', item({ provider: { isRelated: true } }), 'refused RELATED_PARTY'],
    ['from elsewhere', { ...plain, provider: { isLocal: false } }, 'refused PROVIDER_NOT_LOCAL'],
    ['another purpose', item({ purpose: 'SCENARIO_APPLICATION' }), 'refused PURPOSE_NOT_PERMITTED'],
    ['not filed', item({ filed: false }), 'refused CONTRACT_FILED_TOO_LATE'],
    ['filed in time', item({ signedOn: '2024-01-01', filedOn: '2025-03-03' }), '6000000.00'],
    ['filed a day late', item({ filedOn: '2025-03-04' }), 'refused CONTRACT_FILED_TOO_LATE'],
    ['not paid', item({ paidInFull: false }), 'refused FEE_NOT_SETTLED'],
    ['paid this year', item({ settledOn: '2025-01-01' }), 'refused FEE_NOT_SETTLED'],
    [
      'another item',
      { ...plain, items: [{ lines: [{ gross: '1.00', serviceItem: 'CORPUS' }] }] },
      'refused SERVICE_ITEM_NOT_COUNTED',
    ],
    ['a small base', { ...plain, items: [{ amount: '999.99' }] }, 'refused BELOW_MINIMUM_BASE'],
    ['no money', { ...plain, poolLeft: '0.00' }, 'refused POOL_EXHAUSTED'],
    ['asked for too much', { ...plain, requested: '6000000.01' }, 'refused AMOUNT_ABOVE_ENTITLEMENT'],
    ['a small maximum', { ...plain, maximum: '499.99' }, 'refused BELOW_MINIMUM_AWARD'],
  ];
  for (const [name, given, expected] of awards) t.equal(outcomes(await evaluate('AWARD', given)), expected, name);

  const claims = (...approved: string[]) => approved.map((amount) => ({ approved: amount }));
  const shared = expectStatus(
    await evaluate('ALLOCATE', {
      appliedOn: '2025-03-03',
      poolLeft: '100000000.00',
      claims: claims(...Array.from({ length: 6 }, () => '20000000.00')),
    }),
    200,
  );
  t.strictSame(shared.evaluations, []);
  t.strictSame(
    shared.allocated,
    Array.from({ length: 6 }, () => '16666666.66'),
    'D9',
  );
  const served = await evaluate('ALLOCATE', {
    appliedOn: '2025-03-03',
    poolLeft: '1.00',
    claims: [...claims('5.00'), { approved: '0.00', classes: ['SME'], score: 90 }],
  });
  t.strictSame(served.body.allocated, ['1.00', '0.00'], 'in the order they were given');

  const silent = expectStatus(
    await book.operator.post('/programmes', {
      document: reimbursement.replace(/^allocation:.*\n/m, '').replace('version: 1', 'version: 2'),
    }),
    201,
  );
  t.equal(
    told(
      await reader.post(`/programmes/${silent.programmeVersionId as string}/evaluations`, {
        stage: 'ALLOCATE',
        given: { appliedOn: '2025-03-03', poolLeft: '1.00', claims: claims('1.00') },
      }),
    ),
    '409 PARAMETER_MISSING',
    'a law that does not say how a pool is shared',
  );

  const wrong: [string, string, object, string[]][] = [
    ['a hard limit raised', 'AWARD', { ...plain, raised: { yearly: '1.00' } }, ['/given/raised/yearly UNKNOWN_FIELD']],
    ['a figure of none', 'AWARD', { ...plain, figures: { yearly: '1.00' } }, ['/given/figures/yearly UNKNOWN_FIELD']],
    ['a figure unknown to all', 'AWARD', { ...plain, unknownFigures: ['yearly'] }, ['/given/unknownFigures/0 UNKNOWN_FIELD']],
    [
      'a window of a year',
      'AWARD',
      { ...plain, firstAwardYears: { yearly: 2024 } },
      ['/given/firstAwardYears/yearly UNKNOWN_FIELD'],
    ],
    ['neither amount nor lines', 'AWARD', { ...plain, items: [{}] }, ['/given/items/0 AMOUNT_OR_LINES']],
    ['a contract where there are items', 'AWARD', { ...plain, contract: {} }, ['/given/contract UNKNOWN_FIELD']],
    ['a matter nobody knows', 'AWARD', { ...plain, matters: { TEAM: 'x' } }, ['/given/matters/TEAM UNKNOWN_FIELD']],
    [
      'a claim without an amount',
      'ALLOCATE',
      { ...plain, items: undefined, poolLeft: '1.00', claims: [{}] },
      ['/given/claims/0/approved MISSING_FIELD'],
    ],
  ];
  for (const [name, stage, given, expected] of wrong) {
    const answer = await evaluate(stage, given);
    t.equal(told(answer), '400 VALIDATION_FAILED', name);
    t.strictSame(fields(answer), expected, name);
  }
});

void t.test('a limit that is not known holds the case', async (t) => {
  const law = programmeOf({ document: await programmeFile(zhengzhou), digest: 'held' });
  const evaluation = evaluateIssue(law, {
    appliedOn: '2024-07-01',
    ...nothingOnRecord('2024-07-01'),
    enterprise: nobody('E'),
    provider: {
      legalPerson: 'P',
      isRelated: false,
      isLocal: true,
      listings: [{ serviceItem: 'AI_COMPUTE', from: '2024-01-01', to: null }],
    },
    facilities: [],
    contract: {
      id: 'C',
      signedOn: '2024-07-01',
      filedOn: null,
      purpose: null,
      lines: [
        {
          lineNo: 1,
          serviceItem: 'AI_COMPUTE',
          facilityId: null,
          chipOrigin: null,
          modelClass: null,
          netFen: 100n,
          vatFen: 0n,
          grossFen: 100n,
        },
      ],
    },
    limitsLeft: {},
  });
  t.match(evaluation, { kind: 'held', code: 'LIMIT_UNKNOWN' });
});
