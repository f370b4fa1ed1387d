// Pre-checks over HTTP: what every programme in force would give, just as an application made then gets it; what is missing; which
// programmes give the most together; and that nobody learns of another, and nothing is written.
import t from 'tap';
import { prechecked } from '../../schemas/prechecks.js';
import { programmeFile, startWorld, told, uscc, zhengzhou } from '../applications/world.js';
import type { Answer, Caller, Service } from '../service.js';
import { expectStatus, startService } from '../service.js';

interface Looked {
  programmeCode: string;
  outcome: {
    kind: string;
    amount?: string;
    computed?: string;
    bound?: string | null;
    code?: string;
    sentences: string[];
    explanation?: object[];
  };
  limits: { limitId: string; text?: string; number: string | null; left: string | null }[];
  poolLeft: string | null;
  missing: { kind: string; name: string; text: string; evidence: string[]; article: string | null }[];
}

/** Asks; every answer is held against the schema, for the service sends it as it was made. */
const ask = async (who: Caller, body: object, headers: Record<string, string> = {}): Promise<Answer> => {
  const answer = await who.post('/prechecks', body, { headers });
  if (answer.status === 200) prechecked.parse(answer.body);
  return answer;
};

/** What a programme would give, in one line: `150000.00 (claimed)`, or the code it is refused with. */
function saidBy({ body }: Answer, code: string): string {
  const looked = (body.programmes as Looked[]).find(({ programmeCode }) => programmeCode === code);
  if (!looked) return 'not asked';
  const { kind, amount, bound } = looked.outcome;
  if (kind !== 'award') return looked.outcome.code ?? kind;
  return `${amount}${bound ? ` (${bound})` : ''}`;
}
const lookedAt = ({ body }: Answer, code: string): Looked => {
  const looked = (body.programmes as Looked[]).find(({ programmeCode }) => programmeCode === code);
  if (!looked) throw new Error(`${code} was not looked at`);
  return looked;
};
const missingOf = (answer: Answer, code: string): string[] =>
  lookedAt(answer, code).missing.map(({ kind, name }) => `${kind} ${name}`);
const combined = ({ body }: Answer): string => {
  const { total, exact, awards, givenUp } = body.best as {
    total: string;
    exact: boolean;
    awards: { programmeCode: string; amount: string }[];
    givenUp: { programmeCode: string; code: string }[];
  };
  const got = awards.map(({ programmeCode, amount }) => `${programmeCode} ${amount}`).join(', ');
  const lost = givenUp.map(({ programmeCode, code }) => `${programmeCode} ${code}`).join(', ');
  return `${total}${exact ? '' : ' at least'}: ${got}${lost === '' ? '' : ` without ${lost}`}`;
};
const pointers = ({ body }: Answer): string[] =>
  ((body.errors ?? []) as { pointer: string; code: string }[]).map(({ pointer, code }) => `${pointer} ${code}`);

const headOf = async (service: Service, bookId: string): Promise<bigint> => {
  const [head] = await service.db.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${bookId}`;
  return head?.seq ?? -1n;
};

/** A book with these programme files published, and active where they are law. */
async function bookWith(service: Service, code: string, files: readonly string[], active = true) {
  const book = await service.newBook(code);
  const [approver, finance] = await Promise.all([book.member('approver'), book.member('finance')]);
  for (const file of files) {
    const { programmeVersionId } = expectStatus(
      await book.operator.post('/programmes', { document: await programmeFile(file) }),
      201,
    );
    if (active) expectStatus(await approver.post(`/programmes/${programmeVersionId}/activate`), 200);
  }
  return { book, approver, finance };
}
async function load(finance: Caller, programmeCode: string, year: number, amount: string, funder = 'CITY'): Promise<void> {
  const documentNo = `${programmeCode}${year}${funder}号`;
  expectStatus(await finance.post('/appropriations', { programmeCode, year, funder, amount, documentNo }), 201);
}

void t.test('what a pre-check says is what an application then gets, to the fen, and nothing is written', async (t) => {
  const world = await startWorld(t);
  const { book, programmeCode, reviewer, provider } = world;
  const firm = await world.enterprise(1);
  const contractId = await world.contract(firm, '2000000.00');
  const of = { enterpriseId: firm.enterpriseId, contractId };
  const head = await headOf(world, book.bookId);

  const without = await ask(firm.member, of);
  t.equal(saidBy(without, programmeCode), 'POOL_EXHAUSTED', 'no money is granted yet');
  t.match(lookedAt(without, programmeCode), { poolLeft: '0.00', missing: [] });
  t.equal(without.body.asOfSeq, Number(head));
  t.equal(await headOf(world, book.bookId), head, 'nothing is written');

  expectStatus(await world.load('10000000.00'), 201);
  const whole = await ask(firm.member, of, { 'accept-language': 'zh-CN' });
  t.equal(saidBy(whole, programmeCode), '400000.00');
  const gist = lookedAt(whole, programmeCode);
  t.match(
    gist.outcome.sentences,
    [/依据郑政文〔2024〕62号.*精确值 400,000\.00 元。结果：400,000\.00 元/],
    'in short, how it is computed',
  );
  t.notOk('explanation' in gist.outcome, 'and no steps');
  t.ok(gist.limits.length > 1 && gist.limits.every((limit) => !('text' in limit)), 'limits that bind nothing by their ids');
  const full = await ask(firm.member, { ...of, explain: 'full' }, { 'accept-language': 'en' });
  const { outcome, limits } = lookedAt(full, programmeCode);
  t.match(outcome.sentences.at(-1), /Result: 400,000\.00 yuan/);
  t.equal(outcome.sentences.length, outcome.explanation?.length, 'in full, every step');
  t.ok(
    limits.every(({ text }) => /at most|within/.test(text ?? '')),
    'and every limit in words',
  );
  t.same(full.body.best, whole.body.best, 'the same is best');

  // 850,000.00 of the year's 1,000,000.00 are claimed on another contract.
  const before = await world.reviewed(firm, '4250000.00');
  expectStatus(await world.approve(before), 200);
  const outlook = await ask(firm.member, of);
  t.equal(saidBy(outlook, programmeCode), '150000.00 (claimed)', 'Z5: what is left of the limit');
  t.match(
    lookedAt(outlook, programmeCode).limits.find(({ limitId }) => limitId === 'claimed'),
    { number: '1000000.00', left: '150000.00', text: /^同一企业（法人，含分支机构）每年申领金额不超过 1,000,000\.00 元$/ },
  );
  t.equal(combined(outlook), '150000.00: zhengzhou-compute 150000.00');
  t.equal(lookedAt(outlook, programmeCode).poolLeft, '9150000.00');
  const application = expectStatus(await world.submit(firm, contractId), 201);
  const id = application.applicationId as string;
  const reviewed = expectStatus(await reviewer.post(`/applications/${id}/review`, { eligibility: world.eligibility }), 200);
  const issued = await world.approve(
    { applicationId: id, contractId, reviewDigest: reviewed.reviewDigest as string },
    { acceptReduced: true },
  );
  t.equal(expectStatus(issued, 200).award, '150000.00', 'and just that is issued');
  t.equal(saidBy(await ask(firm.member, of), programmeCode), 'LIMIT_EXHAUSTED');

  const unfiled = await world.contract(firm, '600000.00', { filed: false });
  const next = await ask(firm.member, { enterpriseId: firm.enterpriseId, contractId: unfiled, day: '2025-01-01' });
  t.equal(saidBy(next, programmeCode), 'POOL_EXHAUSTED', 'the limit of a new year is whole, but its fund has no money');
  t.strictSame(missingOf(next, programmeCode), ['FILING CONTRACT_FILING']);
  t.equal(lookedAt(next, programmeCode).limits.find(({ limitId }) => limitId === 'claimed')?.left, '1000000.00');

  await t.test('nobody is told of another', async (t) => {
    const other = await world.enterprise(2);
    const theirs = await world.contract(other, '500000.00');
    const cases: [string, Promise<Answer>, string, string[]][] = [
      ['another enterprise', ask(other.member, of), '404 NOT_FOUND', ['/enterpriseId NOT_FOUND']],
      ['the provider', ask(provider, of), '404 NOT_FOUND', ['/enterpriseId NOT_FOUND']],
      ['no such enterprise', ask(reviewer, { enterpriseId: contractId }), '404 NOT_FOUND', ['/enterpriseId NOT_FOUND']],
      [
        'the contract of another',
        ask(firm.member, { enterpriseId: firm.enterpriseId, contractId: theirs }),
        '404 NOT_FOUND',
        ['/contractId NOT_FOUND'],
      ],
      [
        'no such contract',
        ask(reviewer, { enterpriseId: firm.enterpriseId, contractId: firm.enterpriseId }),
        '404 NOT_FOUND',
        ['/contractId NOT_FOUND'],
      ],
    ];
    for (const [name, answer, expected, at] of cases) {
      t.equal(told(await answer), expected, name);
      t.strictSame(pointers(await answer), at, name);
    }
    t.equal(saidBy(await ask(reviewer, { enterpriseId: other.enterpriseId, contractId: theirs }), programmeCode), '100000.00');
    const branch = await world.enterprise(3, uscc(1));
    t.equal(
      saidBy(await ask(branch.member, { enterpriseId: branch.enterpriseId, contract: { amount: '100000.00' } }), programmeCode),
      'LIMIT_EXHAUSTED',
      'a branch has what its legal person has',
    );
    const described = await ask(provider, { contract: { amount: '100000.00' } });
    t.equal(saidBy(described, programmeCode), '20000.00', 'anybody may ask about nobody');
  });
});

void t.test('a described case counts what is known of it, and tells what is not', async (t) => {
  const world = await startWorld(t);
  const { programmeCode, facilityId, providerId, book, reviewer } = world;
  expectStatus(await world.load('10000000.00'), 201);
  const firm = await world.enterprise(1);
  const { member } = firm;
  const elsewhere = expectStatus(await book.operator.post('/providers', { uscc: uscc(9000009), name: '外地云' }), 201);
  const own = expectStatus(
    await book.operator.post('/facilities', { providerId, name: '自有机房', kind: 'DATA_CENTER', ownerUscc: firm.uscc }),
    201,
  );
  const line = { gross: '1000000.00', serviceItem: 'AI_COMPUTE', facilityId };
  const plain = ['FACT PROVIDER_LISTED', 'FILING CONTRACT_FILING'];
  const cases: [string, object, string, string[]][] = [
    ['an amount alone', { contract: { amount: '1000000.00' } }, '200000.00', plain],
    ['nothing at all', {}, 'not-asked', ['FACT CONTRACT']],
    ['a provider of the book', { contract: { amount: '1000000.00', providerId, filedOn: '2024-06-30' } }, '200000.00', []],
    ['a facility of the book tells its provider', { contract: { lines: [line] } }, '200000.00', ['FILING CONTRACT_FILING']],
    [
      'a provider that is not listed',
      { contract: { amount: '1000000.00', providerId: elsewhere.providerId as string } },
      'PROVIDER_NOT_LISTED',
      ['FILING CONTRACT_FILING'],
    ],
    [
      'one described as not listed',
      { contract: { amount: '1000000.00', provider: { isListed: false } } },
      'PROVIDER_NOT_LISTED',
      ['FILING CONTRACT_FILING'],
    ],
    [
      'self-use, by description',
      { contract: { amount: '1000000.00', provider: { isApplicant: true, isListed: true } } },
      'SELF_BUILT_SELF_USED',
      ['FILING CONTRACT_FILING'],
    ],
    [
      'self-use, by the facility’s owner',
      { enterpriseId: firm.enterpriseId, contract: { lines: [{ ...line, facilityId: own.facilityId as string }] } },
      'SELF_BUILT_SELF_USED',
      ['FILING CONTRACT_FILING'],
    ],
    [
      'storage beside compute',
      { contract: { lines: [line, { gross: '500000.00', serviceItem: 'STORAGE' }] } },
      '200000.00',
      ['FILING CONTRACT_FILING'],
    ],
    ['only storage', { contract: { lines: [{ gross: '5.00', serviceItem: 'STORAGE' }] } }, 'SERVICE_ITEM_NOT_COUNTED', plain],
    ['less than a fen', { contract: { amount: '0.04' } }, 'NOTHING_TO_AWARD', plain],
    ['an institution', { enterprise: { kind: 'INSTITUTION' }, contract: { amount: '1000000.00' } }, '200000.00', plain],
  ];
  for (const [name, body, expected, missing] of cases) {
    const answer = await ask(member, body);
    t.equal(answer.status, 200, name);
    t.equal(saidBy(answer, programmeCode), expected, name);
    t.strictSame(
      missingOf(answer, programmeCode).filter((one) => one !== 'FACT CLASSES'),
      missing,
      name,
    );
  }
  const open = lookedAt(await ask(member, { contract: { amount: '1.00' } }, { 'accept-language': 'en' }), programmeCode);
  t.match(open.missing.find(({ name }) => name === 'CONTRACT_FILING')?.text, /is not filed yet.*2024-07-01/);
  t.match(
    lookedAt(await ask(member, { contract: { amount: '1.00' } }), programmeCode).missing.find(
      ({ name }) => name === 'CONTRACT_FILING',
    )?.text,
    /尚未备案/,
  );

  const bad: [string, object, string, string[]][] = [
    ['two enterprises', { enterpriseId: firm.enterpriseId, enterprise: {} }, '400 VALIDATION_FAILED', [' ENTERPRISE_ONCE']],
    [
      'two contracts',
      { enterpriseId: firm.enterpriseId, contractId: firm.enterpriseId, contract: { amount: '1.00' } },
      '400 VALIDATION_FAILED',
      [' CONTRACT_ONCE'],
    ],
    ['a contract of nobody', { contractId: firm.enterpriseId }, '400 VALIDATION_FAILED', [' CONTRACT_OF_ENTERPRISE']],
    ['amount and lines', { contract: { amount: '1.00', lines: [line] } }, '400 VALIDATION_FAILED', ['/contract AMOUNT_OR_LINES']],
    [
      'two providers',
      { contract: { amount: '1.00', providerId, provider: {} } },
      '400 VALIDATION_FAILED',
      ['/contract PROVIDER_ONCE'],
    ],
    ['an amount of zero', { contract: { amount: '0.00' } }, '400 VALIDATION_FAILED', ['/contract/amount AMOUNT_ZERO']],
    [
      'more tax than there is',
      { contract: { lines: [{ gross: '1.00', vat: '1.01' }] } },
      '400 VALIDATION_FAILED',
      ['/contract/lines/0/vat VAT_ABOVE_GROSS'],
    ],
    [
      'a facility of nobody',
      { contract: { lines: [{ ...line, facilityId: providerId }] } },
      '404 NOT_FOUND',
      ['/contract/lines/0/facilityId NOT_FOUND'],
    ],
    [
      'no such provider',
      { contract: { amount: '1.00', providerId: facilityId } },
      '404 NOT_FOUND',
      ['/contract/providerId NOT_FOUND'],
    ],
    [
      'the facility of another provider',
      { contract: { lines: [line], providerId: elsewhere.providerId as string } },
      '400 VALIDATION_FAILED',
      ['/contract/lines/0/facilityId FACILITY_NOT_OF_PROVIDER'],
    ],
    [
      'use that ends before it starts',
      { fees: [{ gross: '1.00', settledOn: '2023-05-01', usedFrom: '2023-05-01', usedTo: '2023-04-30' }] },
      '400 VALIDATION_FAILED',
      ['/fees/0/usedTo PERIOD_ENDS_BEFORE_START'],
    ],
    [
      'a strange predicate',
      { predicates: { strange: true } },
      '400 VALIDATION_FAILED',
      ['/predicates/strange PREDICATE_UNKNOWN'],
    ],
    [
      'a strange programme',
      { mattersFor: { nowhere: { project: 'P' } } },
      '400 VALIDATION_FAILED',
      ['/mattersFor/nowhere PROGRAMME_UNKNOWN'],
    ],
    ['a strange class', { enterprise: { classes: ['sme'] } }, '400 VALIDATION_FAILED', ['/enterprise/classes/0 CLASS_FORMAT']],
    ['a strange field', { contracts: [] }, '400 VALIDATION_FAILED', ['/contracts UNKNOWN_FIELD']],
    ['a strange day', { day: '2024-02-30' }, '400 VALIDATION_FAILED', ['/day DAY_INVALID']],
  ];
  for (const [name, body, expected, at] of bad) {
    const answer = await ask(reviewer, body);
    t.equal(told(answer), expected, name);
    t.strictSame(pointers(answer), at, name);
  }
  t.equal((await world.call('POST', `/v1/books/${book.code}/prechecks`, { body: {} })).status, 401, 'a stranger is not answered');
});

void t.test('programmes that do not hold are named with why, and drafts are tried when asked for', async (t) => {
  const service = await startService(t, { now: '2025-07-01' });
  const { book, approver } = await bookWith(service, 'several', [
    zhengzhou,
    'hangzhou/hangzhou-compute.v1',
    'shenzhen/shenzhen-training.v1',
    'beijing/beijing-compute.v1',
  ]);
  for (const draft of ['wuhan/wuhan-service.v1', 'binjiang/binjiang-compute.v1'])
    expectStatus(await book.operator.post('/programmes', { document: await programmeFile(draft) }), 201);
  const contract = { amount: '1000000.00', provider: { isListed: true, isRelated: false }, filedOn: '2025-06-30' };
  const answer = await ask(approver, { contract });
  const why = (
    answer.body.notInForce as { programmeCode: string; reason: string; openPoints: { path: string; text: string }[] }[]
  ).map(({ programmeCode, reason }) => `${programmeCode} ${reason}`);
  t.strictSame(why, [
    'binjiang-compute NOT_ACTIVATED',
    'hangzhou-compute ENDED',
    'shenzhen-training NOT_YET',
    'wuhan-service NOT_ACTIVATED',
  ]);
  const wuhan = answer.body.notInForce[3] as { openPoints: { path: string; text: string }[] };
  t.match(wuhan.openPoints.find(({ path }) => path === 'rate')?.text, /^政策未规定：补助比例/);
  t.strictSame(answer.body.trials, []);
  t.equal(saidBy(answer, 'zhengzhou-compute'), 'POOL_EXHAUSTED');

  const early = await ask(approver, { contract: { ...contract, signedOn: '2023-08-31' } });
  t.equal(saidBy(early, 'beijing-compute'), 'CONTRACT_SIGNED_TOO_EARLY');
  const deadline = lookedAt(early, 'beijing-compute').missing.find(({ kind }) => kind === 'DEADLINE');
  t.match(deadline, { name: 'CONTRACT_SIGNED_TOO_EARLY', text: /2023-08-31/ });
  t.not(
    saidBy(await ask(approver, { contract: { ...contract, signedOn: '2023-09-01' } }), 'beijing-compute'),
    'CONTRACT_SIGNED_TOO_EARLY',
  );

  const fees = [{ gross: '10000000.00', chipOrigin: 'DOMESTIC', settledOn: '2024-05-01' }];
  const tried = await ask(approver, { fees, includeDrafts: true });
  const trials = tried.body.trials as Looked[];
  t.match(
    trials.find(({ programmeCode }) => programmeCode === 'binjiang-compute'),
    { outcome: { kind: 'award', amount: '6000000.00' }, poolLeft: null },
    'D1, on trial',
  );
  t.equal(trials.find(({ programmeCode }) => programmeCode === 'wuhan-service')?.outcome.kind, 'not-asked');
  t.equal(combined(tried), '0.00: ', 'a trial is in no combination');
});

const binjiang = ['compute', 'corpus', 'model', 'innovation'].map((of) => `binjiang/binjiang-${of}.v2`);

void t.test('D-12: four vouchers on different items stack to 24.5 million, on one project they do not', async (t) => {
  const service = await startService(t, { now: '2026-03-02' });
  const { book, approver, finance } = await bookWith(service, 'binjiang', binjiang);
  for (const of of ['compute', 'corpus', 'model', 'innovation'])
    await load(finance, `binjiang-${of}`, 2026, of === 'compute' ? '100000000.00' : '50000000.00', 'DISTRICT');
  const settledOn = '2025-09-30';
  const body = {
    fees: [
      { gross: '50000000.00', chipOrigin: 'DOMESTIC', settledOn },
      { gross: '10000000.00', serviceItem: 'MODEL_SERVICE', settledOn },
    ],
    contract: {
      lines: [
        { gross: '10000000.00', serviceItem: 'CORPUS' },
        { gross: '2000000.00', serviceItem: 'TECHNOLOGY' },
      ],
    },
  };
  const apart = await ask(book.operator, body);
  t.equal(saidBy(apart, 'binjiang-compute'), '20000000.00 (awarded)');
  t.equal(saidBy(apart, 'binjiang-innovation'), '500000.00 (awarded)');
  t.match(combined(apart), /^24500000\.00: /);
  t.ok(missingOf(apart, 'binjiang-corpus').includes('MATTER PROJECT'), 'which project each is about is still to be named');
  t.ok(missingOf(apart, 'binjiang-corpus').includes('PREDICATE trading-channel'));
  t.strictSame(lookedAt(apart, 'binjiang-corpus').missing.find(({ name }) => name === 'trading-channel')?.evidence, [
    '平台交易凭证',
    '可信数据空间交付记录',
  ]);

  const projects = {
    'binjiang-compute': { project: 'P1' },
    'binjiang-corpus': { project: 'P2' },
    'binjiang-model': { project: 'P3' },
  };
  const named = await ask(approver, { ...body, mattersFor: { ...projects, 'binjiang-innovation': { project: 'P4' } } });
  t.match(combined(named), /^24500000\.00: /, 'named as different');
  t.notOk(missingOf(named, 'binjiang-corpus').includes('MATTER PROJECT'));

  const one = await ask(approver, { ...body, matters: { project: 'P1' } });
  t.equal(
    combined(one),
    '20000000.00: binjiang-compute 20000000.00 without binjiang-corpus STACKED_OUT, binjiang-innovation STACKED_OUT, binjiang-model STACKED_OUT',
    'on one project no more than the highest',
  );
  const two = await ask(approver, { ...body, matters: { project: 'P1' }, mattersFor: { 'binjiang-model': { project: 'P2' } } });
  t.match(combined(two), /^22000000\.00: /);

  const unmet = await ask(approver, { ...body, predicates: { 'trading-channel': false, 'large-model-work': true } });
  t.equal(saidBy(unmet, 'binjiang-corpus'), 'NOT_ELIGIBLE');
  t.strictSame(
    missingOf(unmet, 'binjiang-corpus').filter((of) => of.startsWith('PREDICATE')),
    ['PREDICATE trading-channel'],
    'what is said to be met needs no mention, what is not is what is missing',
  );
  const unsplit = await ask(approver, { fees: [{ gross: '10000000.00', settledOn }] });
  t.equal(saidBy(unsplit, 'binjiang-compute'), '3000000.00', 'chips that nobody names take the lower rate');
  t.ok(missingOf(unsplit, 'binjiang-compute').includes('FACT CHIP_ORIGIN'));
  const late = await ask(approver, { fees: [{ gross: '1.00', chipOrigin: 'DOMESTIC', settledOn: '2026-01-05' }] });
  t.equal(saidBy(late, 'binjiang-compute'), 'FEE_NOT_SETTLED');
  t.ok(missingOf(late, 'binjiang-compute').includes('DEADLINE FEE_NOT_SETTLED'));
  t.ok(missingOf(late, 'binjiang-corpus').includes('FACT CONTRACT'));
});

void t.test('last year’s fees are those of the enterprise’s own paid invoices, branches included', async (t) => {
  const world = await startWorld(t, { now: '2025-07-10' });
  const { book, operator, reviewer, provider, approver } = { ...world, operator: world.book.operator };
  const document = await programmeFile('binjiang/binjiang-compute.v2');
  const { programmeVersionId } = expectStatus(await operator.post('/programmes', { document }), 201);
  expectStatus(await approver.post(`/programmes/${programmeVersionId}/activate`), 200);
  await load(world.finance, 'binjiang-compute', 2026, '1000000.00', 'DISTRICT');
  for (const [vendor, model, origin] of [
    ['昇腾', '910', 'DOMESTIC'],
    ['NVIDIA', 'H20', 'NON_DOMESTIC'],
  ] as const)
    expectStatus(await operator.post('/chips', { vendor, model, origin, source: '目录', validFrom: '2024-01-01' }), 201);
  const firm = await world.enterprise(1);
  const branch = await world.enterprise(5, uscc(1));
  let made = 0;
  const used = async (of: typeof firm, amounts: readonly (readonly [string, string, string])[], paidOn: string | null) => {
    const sum = (amounts.reduce((total, [gross]) => total + BigInt(gross.replace('.', '')), 0n) + 0n).toString();
    const gross = `${sum.slice(0, -2)}.${sum.slice(-2)}`;
    const money = { net: gross, vat: '0.00', gross };
    const lines = amounts.map(([amount, chipVendor, chipModel]) => ({
      description: '算力',
      serviceItem: 'AI_COMPUTE',
      facilityId: world.facilityId,
      chipVendor,
      chipModel,
      unit: 'CARD_HOUR',
      quantity: '100',
      net: amount,
      vat: '0.00',
      gross: amount,
    }));
    const sent = expectStatus(
      await of.member.post('/contracts', {
        contractNo: `FY-${++made}`,
        enterpriseId: of.enterpriseId,
        providerId: world.providerId,
        signedOn: '2025-07-01',
        startsOn: '2025-07-01',
        endsOn: `2025-12-${10 + made}`,
        purpose: 'MODEL_RESEARCH',
        ...money,
        lines,
      }),
      201,
    );
    expectStatus(await provider.post(`/contracts/${sent.contractId}/confirm`), 200);
    expectStatus(await reviewer.post(`/contracts/${sent.contractId}/file`), 200);
    const invoice = expectStatus(
      await provider.post('/usage-invoices', {
        invoiceNo: `2541${String(made).padStart(16, '0')}`,
        contractId: sent.contractId,
        issuedOn: '2025-07-10',
        usageFrom: '2025-07-01',
        usageTo: '2025-07-09',
        ...money,
        lines: amounts.map(([amount], i) => ({
          contractLineNo: i + 1,
          quantity: '100',
          net: amount,
          vat: '0.00',
          gross: amount,
        })),
      }),
      201,
    );
    const url = `/usage-invoices/${invoice.invoiceId as string}`;
    expectStatus(await of.member.post(`${url}/confirm`), 200);
    if (paidOn !== null)
      expectStatus(await of.member.post(`${url}/payments`, { amount: gross, paidOn, bankSerial: `B${made}` }), 201);
  };
  const [domestic, other] = [
    ['昇腾', '910'],
    ['NVIDIA', 'H20'],
  ] as const;
  await used(
    firm,
    [
      ['100000.01', ...domestic],
      ['50000.02', ...other],
    ],
    '2025-07-10',
  );
  await used(branch, [['50000.00', ...other]], '2025-07-10');
  await used(firm, [['70000.00', ...domestic]], null);
  world.clock.set('2026-02-02');
  const head = await headOf(world, book.bookId);
  const answer = await ask(firm.member, { enterpriseId: firm.enterpriseId });
  t.equal(saidBy(answer, 'binjiang-compute'), '90000.01', 'D5: one floor for all of it; what is not paid does not count');
  t.equal(answer.body.baseYear, 2025);
  t.equal(saidBy(answer, 'zhengzhou-compute'), 'not-asked');
  const nextYear = await ask(firm.member, { enterpriseId: firm.enterpriseId, day: '2027-02-02' });
  t.equal(saidBy(nextYear, 'binjiang-compute'), 'NOTHING_TO_AWARD', 'of another year nothing was settled');
  t.equal(await headOf(world, book.bookId), head, 'nothing is written');
  await world.matter(firm, 'P1');
  const own = { enterpriseId: firm.enterpriseId };
  for (const code of ['P1', 'P2']) {
    const other = await world.enterprise(code === 'P1' ? 9 : 10);
    const answer = await ask(other.member, { enterpriseId: other.enterpriseId, matters: { project: code } });
    t.strictSame([told(answer), ...pointers(answer)], ['404 MATTER_NOT_FOUND', '/matters/project MATTER_NOT_FOUND']);
    const single = { 'binjiang-compute': { project: code } };
    const official = await ask(approver, { enterpriseId: other.enterpriseId, mattersFor: single });
    t.strictSame(pointers(official), ['/mattersFor/binjiang-compute/project MATTER_NOT_FOUND'], 'whoever asks');
    const refused = await other.member.post('/reimbursements', {
      programmeCode: 'binjiang-compute',
      matters: { project: code },
      commitment: true,
    });
    t.equal(told(refused), '404 MATTER_NOT_FOUND', 'nor is it applied for');
  }
  t.equal(saidBy(await ask(firm.member, { ...own, matters: { project: 'p1' } }), 'binjiang-compute'), '90000.01');
  const applied = expectStatus(
    await firm.member.post('/reimbursements', {
      programmeCode: 'binjiang-compute',
      matters: { project: 'P1' },
      commitment: true,
    }),
    201,
  );
  t.match(applied, { computed: '90000.01', outlook: { amount: '90000.01' } }, 'an application made then says the same');
  const again = await ask(firm.member, { enterpriseId: firm.enterpriseId });
  t.equal(saidBy(again, 'binjiang-compute'), 'NOTHING_TO_AWARD', 'what an application holds is not offered twice');
  const stranger = await world.enterprise(8);
  t.equal(
    saidBy(await ask(stranger.member, { enterpriseId: stranger.enterpriseId }), 'binjiang-compute'),
    'NOTHING_TO_AWARD',
    'what others settled is theirs',
  );
});

void t.test('B4: a contract under 20 % and 30 % gives 300,000.00 in total, and what is not on record holds', async (t) => {
  const service = await startService(t, { now: '2025-07-01' });
  const { approver, finance, book } = await bookWith(service, 'airport', [
    zhengzhou,
    'qingyang/qingyang-compute.v1',
    'airport-zone/airport-zone-controls.v2',
  ]);
  await load(finance, 'zhengzhou-compute', 2025, '10000000.00');
  await load(finance, 'qingyang-compute', 2025, '10000000.00');
  const provider = { isListed: true, isRelated: false, isLocal: true };
  const contract = { amount: '1000000.00', provider, filedOn: '2025-06-30' };
  const held = await ask(approver, { contract });
  t.equal(saidBy(held, 'zhengzhou-compute'), 'LIMIT_UNKNOWN');
  t.match(
    lookedAt(held, 'zhengzhou-compute').missing.find(({ kind }) => kind === 'FIGURE'),
    {
      name: 'district-contribution',
      article: '第九条第（三）项',
      text: /尚未登记/,
    },
  );
  t.strictSame(
    (held.body.controls as { programmeCode: string }[]).map(({ programmeCode }) => programmeCode),
    ['airport-zone-controls'],
  );
  t.ok(missingOf(held, 'qingyang-compute').includes('PREDICATE registered-in-zone'), 'the controls’ conditions hold too');

  const figures = { districtContribution: '5000000.00' };
  const both = await ask(approver, { contract, figures });
  t.equal(saidBy(both, 'zhengzhou-compute'), '200000.00');
  t.equal(saidBy(both, 'qingyang-compute'), '300000.00');
  t.equal(combined(both), '300000.00: qingyang-compute 300000.00 without zhengzhou-compute STACKED_OUT');
  t.ok(
    missingOf(both, 'qingyang-compute').includes('FIGURE district-contribution'),
    'a number that is stated is still to be recorded',
  );

  const little = await ask(approver, { contract, figures: { districtContribution: '250000.00' } });
  t.equal(saidBy(little, 'qingyang-compute'), '250000.00 (district-contribution)');
  t.match(combined(little), /^250000\.00: /);
  const own = await ask(approver, { contract, figures, enterprise: { oneEnterpriseOnePolicy: true } });
  t.equal(saidBy(own, 'zhengzhou-compute'), 'OWN_POLICY');
  t.equal(
    saidBy(await ask(approver, { contract, figures, day: '2024-12-31' }), 'qingyang-compute'),
    'POOL_EXHAUSTED',
    'no controls then',
  );
  const firm = expectStatus(await book.operator.post('/enterprises', { uscc: uscc(1), name: '甲' }), 201);
  t.equal(
    saidBy(await ask(approver, { contract, figures, enterpriseId: firm.enterpriseId as string }), 'qingyang-compute'),
    '300000.00',
  );

  // What is on record goes before what is stated.
  const record = async (url: string, body: object) => expectStatus(await (await book.member('reviewer')).post(url, body), 201);
  const of = { enterpriseId: firm.enterpriseId as string };
  const [documentNo, validFrom] = ['郑港〔2025〕1号', '2025-01-01'];
  const figure = { kind: 'DISTRICT_CONTRIBUTION', uscc: uscc(1), year: 2025, provisional: true, documentNo };
  await record('/figures', { ...figure, amount: '250000.00' });
  const recorded = await ask(approver, { contract, figures, ...of });
  t.equal(saidBy(recorded, 'qingyang-compute'), '250000.00 (district-contribution)');
  t.notOk(missingOf(recorded, 'qingyang-compute').includes('FIGURE district-contribution'));
  t.equal(combined(recorded), '250000.00: qingyang-compute 250000.00 without zhengzhou-compute STACKED_OUT');
  await record('/enterprise-classes', { uscc: uscc(1), class: 'ONE_ENTERPRISE_ONE_POLICY', validFrom, documentNo });
  t.equal(saidBy(await ask(approver, { contract, ...of }), 'qingyang-compute'), 'OWN_POLICY');
});
