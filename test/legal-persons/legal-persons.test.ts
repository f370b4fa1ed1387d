// What is on record of legal persons and projects: what holds on a day, who may record it, and how it is read.
import t from 'tap';
import { isLocal, classesOn, figureThatCounts, holdsOn, holdsWithin, registrationLife } from '../../src/legal-persons/rules.js';
import type { Figure, LegalPersonClass } from '../../db/tables.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { tryEverything } from '../lives/table.js';
import { fields, itemsOf, startWorld, told, uscc } from '../applications/world.js';

void t.test('what holds on a day is what begins last by then, and of one day what was recorded last', async (t) => {
  const said = (revision: number, validFrom: string, validTo: string | null = null, holds = true) => ({
    revision,
    validFrom,
    validTo,
    holds,
  });
  const cases: [string, Parameters<typeof holdsOn>[0], string, boolean][] = [
    ['nothing is recorded', [], '2025-01-01', false],
    ['the first day', [said(1, '2025-01-01')], '2025-01-01', true],
    ['the day before', [said(1, '2025-01-01')], '2024-12-31', false],
    ['the last day', [said(1, '2025-01-01', '2025-06-30')], '2025-06-30', true],
    ['the day after', [said(1, '2025-01-01', '2025-06-30')], '2025-07-01', false],
    ['an end is set by a second record', [said(1, '2025-01-01'), said(2, '2025-01-01', '2025-06-30')], '2025-07-01', false],
    ['in whatever order they come', [said(2, '2025-01-01', '2025-06-30'), said(1, '2025-01-01')], '2025-07-01', false],
    ['an end is said to be one', [said(1, '2025-01-01'), said(2, '2025-07-01', null, false)], '2025-07-01', false],
    ['until it begins again', [said(1, '2025-01-01', null, false), said(2, '2025-07-01')], '2025-07-01', true],
    ['a mistake is taken back', [said(1, '2025-01-01'), said(2, '2025-01-01', null, false)], '2025-03-01', false],
    [
      'a record of earlier days leaves later ones',
      [said(1, '2025-01-01'), said(2, '2024-01-01', '2024-06-30')],
      '2025-03-01',
      true,
    ],
  ];
  for (const [name, records, day, expected] of cases) t.equal(holdsOn(records, day), expected, name);
  const summer = [said(1, '2025-06-01', '2025-08-31')];
  t.equal(holdsWithin(summer, { from: '2025-01-01', to: '2025-06-01' }), true, 'on the last day of the days asked for');
  t.equal(holdsWithin(summer, { from: '2025-01-01', to: '2025-05-31' }), false);
  t.equal(holdsWithin(summer, { from: '2025-08-31', to: '2025-12-31' }), true, 'on the first');

  const named = (name: string, revision: number) => ({ ...said(revision, '2025-01-01'), class: name }) as LegalPersonClass;
  t.strictSame(classesOn([named('SME', 1), named('RD_INSTITUTION', 1)], '2025-02-01'), ['RD_INSTITUTION', 'SME']);
  const figure = (year: number | null, revision: number, amountFen: bigint) => ({ year, revision, amountFen }) as Figure;
  const figures = [figure(2025, 2, 150n), figure(2025, 1, 100n), figure(2024, 1, 7n)];
  t.equal(figureThatCounts(figures, 2025)?.amountFen, 150n, 'the final figure replaces the provisional one');
  t.equal(figureThatCounts(figures, 2023), undefined);
});

void t.test('a provider is local where its own code says so', async (t) => {
  const cases: [string, string, boolean][] = [
    ['410100', '91410105MA0000000X', true],
    ['410173', '91410105MA0000000X', true],
    ['410100', '91410800MA0000000X', false],
    ['330108', '91330106MA0000000X', true],
    ['110000', '91110108MA0000000X', true],
    ['500103', '91500235MA0000000X', true],
    ['410100', '91100000MA0000000X', false],
  ];
  for (const [book, code, expected] of cases) t.equal(isLocal(book, code), expected, `${code} in ${book}`);
});

void t.test('facts are recorded by the bureau with their papers, never changed, and read with their history', async (t) => {
  const world = await startWorld(t, { now: '2025-03-03' });
  const { book, reviewer, approver, finance, provider } = world;
  const [firm, branch, other] = [await world.enterprise(1), await world.enterprise(2, uscc(1)), await world.enterprise(3)];
  const record = { uscc: branch.uscc, class: 'SME', validFrom: '2025-01-01', documentNo: '郑工信〔2025〕1号' };
  const relation = { uscc: branch.uscc, otherUscc: uscc(9000001), validFrom: '2025-01-01', source: '工商登记' };
  const contribution = { kind: 'DISTRICT_CONTRIBUTION', uscc: branch.uscc, year: 2025, amount: '1500000.00' };
  const figure = { ...contribution, provisional: true, documentNo: '港财〔2025〕3号' };
  const support = { kind: 'UPSTREAM_SUPPORT', amount: '10.00', provisional: false, documentNo: '豫财〔2025〕1号' };

  const refusedAs: [string, object, string, string[]?][] = [
    ['/enterprise-classes', { ...record, uscc: uscc(77) }, '409 ENTERPRISE_UNKNOWN', ['/uscc ENTERPRISE_UNKNOWN']],
    ['/enterprise-classes', { ...record, uscc: 'X' }, '400 USCC_LENGTH'],
    ['/enterprise-classes', { ...record, class: 'sme' }, '400 VALIDATION_FAILED', ['/class CLASS_FORMAT']],
    [
      '/enterprise-classes',
      { ...record, validTo: '2024-12-31' },
      '400 PERIOD_ENDS_BEFORE_START',
      ['/validTo PERIOD_ENDS_BEFORE_START'],
    ],
    ['/related-parties', { ...relation, otherUscc: uscc(77) }, '409 PARTY_UNKNOWN', ['/otherUscc PARTY_UNKNOWN']],
    ['/related-parties', { ...relation, uscc: uscc(77) }, '409 PARTY_UNKNOWN', ['/uscc PARTY_UNKNOWN']],
    ['/related-parties', { ...relation, otherUscc: firm.uscc }, '409 RELATED_TO_ITSELF', ['/otherUscc RELATED_TO_ITSELF']],
    ['/related-parties', { ...relation, validTo: '2024-12-31' }, '400 PERIOD_ENDS_BEFORE_START'],
    ['/figures', { ...figure, uscc: uscc(9000001) }, '409 ENTERPRISE_UNKNOWN'],
    ['/figures', { ...support, project: 'a:b' }, '400 VALIDATION_FAILED', ['/project MATTER_FORMAT']],
    ['/figures', { ...support, project: '无此项目' }, '404 MATTER_NOT_FOUND', ['/project MATTER_NOT_FOUND']],
    ['/figures', { ...support }, '400 VALIDATION_FAILED', [' PROJECT_OR_CONTRACT']],
    ['/figures', { ...support, contractId: firm.enterpriseId }, '404 NOT_FOUND', ['/contractId NOT_FOUND']],
  ];
  for (const [url, body, expected, pointers] of refusedAs) {
    const answer = await reviewer.post(url, body);
    t.equal(told(answer), expected, `${url} ${JSON.stringify(body)}`);
    t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
    if (pointers) t.strictSame(fields(answer), pointers);
  }
  for (const url of ['/enterprise-classes', '/related-parties', '/figures', '/limit-exceptions']) {
    t.equal(told(await firm.member.get(url)), '403 FORBIDDEN', 'the trade does not read them');
    t.equal(told(await approver.post(url, {})), '403 FORBIDDEN', 'nor does everybody record them');
  }

  const first = expectStatus(await reviewer.post('/enterprise-classes', record), 201);
  t.match(first, { legalPersonUscc: firm.uscc, revision: 1, holds: true, validTo: null, recordedPerson: reviewer.personId });
  const end = { ...record, validTo: '2025-01-31', documentNo: '郑工信〔2025〕2号' };
  t.match(expectStatus(await reviewer.post('/enterprise-classes', end), 201), { revision: 2 });
  t.match(expectStatus(await reviewer.post('/enterprise-classes', { ...record, class: 'START_UP' }), 201), { revision: 1 });
  t.match(expectStatus(await reviewer.post('/related-parties', relation), 201), { firstUscc: firm.uscc, revision: 1 });
  const turned = { ...relation, uscc: uscc(9000001), otherUscc: firm.uscc, holds: false };
  t.match(expectStatus(await reviewer.post('/related-parties', turned), 201), {
    firstUscc: firm.uscc,
    revision: 2,
    holds: false,
  });
  expectStatus(await reviewer.post('/related-parties', { ...relation, uscc: other.uscc }), 201);
  t.match(expectStatus(await reviewer.post('/figures', figure), 201), { holder: firm.uscc, revision: 1, provisional: true });
  const final = { ...figure, amount: '1600000.00', provisional: false };
  t.match(expectStatus(await finance.post('/figures', final), 201), { revision: 2, amount: '1600000.00', year: 2025 });
  t.match(expectStatus(await reviewer.post('/figures', { ...figure, year: 2024 }), 201), { revision: 1 }, 'each year for itself');
  const known = await world.matter(firm, '郑科项(2025)18b');
  const project = expectStatus(await reviewer.post('/figures', { ...support, project: ' 郑科项（２０２５）１８ｂ ' }), 201);
  t.match(project, { holder: known, year: null }, 'one code, however it is written');
  const contractId = await world.contract(firm, '100.00', { filed: false });
  t.match(expectStatus(await reviewer.post('/figures', { ...support, contractId }), 201), { holder: contractId });

  t.equal(itemsOf(await finance.get(`/enterprise-classes?uscc=${firm.uscc}`)).length, 3);
  t.equal(itemsOf(await finance.get(`/enterprise-classes?uscc=${other.uscc}`)).length, 0);
  t.equal(itemsOf(await finance.get(`/related-parties?uscc=${uscc(9000001)}`)).length, 3, 'wherever of the pair it stands');
  t.equal(itemsOf(await finance.get(`/related-parties?uscc=${firm.uscc}`)).length, 2);
  const history = itemsOf<{ amount: string }>(await finance.get(`/figures?holder=${firm.uscc}`));
  t.strictSame(
    history.map(({ amount }) => amount),
    ['1500000.00', '1600000.00', '1500000.00'],
    'with its history',
  );
  const page = expectStatus(await finance.get('/figures?limit=2'), 200);
  t.equal(itemsOf(await finance.get(`/figures?limit=10&cursor=${page.next as string}`)).length, 3);
  const [entry] = await world.owner.sql<{ kind: string; person_id: string }[]>`
    select kind, person_id from entries where book_id = ${book.bookId} and subject_id = ${first.classRecordId}`;
  t.match(entry, { kind: 'class.recorded', person_id: reviewer.personId }, 'an entry of the book, with who recorded it');
  await t.rejects(world.db.sql`update figures set amount_fen = 1`, 'nothing recorded can be changed');
  await t.rejects(world.db.sql`update legal_person_classes set holds = false`);
  await t.rejects(world.db.sql`delete from related_parties`);

  const young = { uscc: uscc(5), name: '初创', establishedOn: '2024-12-01' };
  t.match(expectStatus(await book.operator.post('/enterprises', young), 201), { establishedOn: '2024-12-01' });
  const unborn = await book.operator.post('/enterprises', { ...young, uscc: uscc(6), establishedOn: '2025-03-04' });
  t.equal(told(unborn), '400 ESTABLISHED_IN_FUTURE');
  t.ok(provider);
});

void t.test('a matter is a legal person’s once a second person confirms it, and nobody learns of another’s', async (t) => {
  const world = await startWorld(t, { now: '2025-03-03' });
  const { book, reviewer, approver, finance } = world;
  const [firm, branch, rival] = [await world.enterprise(1), await world.enterprise(2, uscc(1)), await world.enterprise(3)];
  const project = { kind: 'PROJECT', code: '郑科项〔2025〕18', name: '城市大脑', documentNo: '郑发改〔2025〕3号' };
  const registered = (answer: Answer) => expectStatus(answer, 201) as { registrationId: string };
  const step = (who: Caller, of: { registrationId: string }, name: string, body: object = {}) =>
    who.post(`/matters/${of.registrationId}/${name}`, body);

  const refusedAs: [Caller, object, string, string[]][] = [
    [firm.member, { ...project, kind: 'TEAM' }, '400 VALIDATION_FAILED', ['/kind FIELD_INVALID']],
    [firm.member, { ...project, code: 'a b' }, '400 VALIDATION_FAILED', ['/code MATTER_FORMAT']],
    [firm.member, { ...project, uscc: 'X' }, '400 USCC_LENGTH', ['/uscc USCC_LENGTH']],
    [firm.member, { ...project, uscc: rival.uscc }, '409 ENTERPRISE_UNKNOWN', ['/uscc ENTERPRISE_UNKNOWN']],
    [firm.member, { ...project, uscc: uscc(77) }, '409 ENTERPRISE_UNKNOWN', ['/uscc ENTERPRISE_UNKNOWN']],
    [reviewer, project, '400 MISSING_FIELD', ['/uscc MISSING_FIELD']],
    [reviewer, { ...project, uscc: uscc(77) }, '409 ENTERPRISE_UNKNOWN', ['/uscc ENTERPRISE_UNKNOWN']],
    [approver, project, '403 FORBIDDEN', []],
    [finance, project, '403 FORBIDDEN', []],
  ];
  for (const [who, body, expected, pointers] of refusedAs) {
    const answer = await who.post('/matters', body);
    t.equal(told(answer), expected, JSON.stringify(body));
    t.strictSame(fields(answer), pointers);
    t.notMatch(answer.body.detail, /[{}]/);
  }

  const first = registered(await branch.member.post('/matters', { ...project, uscc: branch.uscc }));
  t.match(first, { legalPersonUscc: firm.uscc, status: 'REGISTERED', holder: null }, 'branches rolled up');
  t.equal(told(await firm.member.post('/matters', { ...project, code: '郑科项〔２０２５〕18' })), '409 MATTER_REGISTERED');
  const second = registered(await rival.member.post('/matters', project));
  t.match(second, { status: 'REGISTERED' }, 'that another has registered it is not told');
  const personal = await book.member('enterprise', { uscc: firm.uscc, personId: reviewer.personId });
  const own = registered(await personal.post('/matters', { ...project, kind: 'PRODUCT' }));
  for (const name of ['confirm', 'reject']) {
    const body = name === 'reject' ? { reason: '材料不符' } : {};
    t.equal(told(await step(reviewer, own, name, body)), '403 FOUR_EYES', name);
    t.equal(told(await step(reviewer, { registrationId: firm.enterpriseId }, name, body)), '404 NOT_FOUND', name);
    t.equal(told(await step(firm.member, own, name, body)), '403 FORBIDDEN', name);
    const machine = await book.member('approver', { kind: 'MACHINE' });
    t.equal(told(await step(machine, own, name, body)), '403 PERSON_REQUIRED', name);
  }
  t.equal(told(await step(reviewer, { registrationId: firm.enterpriseId }, 'end', { reason: '撤项' })), '404 NOT_FOUND');

  const confirmed = expectStatus(await step(reviewer, first, 'confirm'), 200) as { holder: string };
  t.match(confirmed, { status: 'CONFIRMED', confirmedOn: '2025-03-03', holder: /^[0-9a-f-]{36}$/ });
  t.equal(told(await step(approver, first, 'confirm')), '409 MATTER_WRONG_STATE');
  const others = await step(approver, second, 'confirm');
  t.equal(told(others), '409 MATTER_OF_OTHERS');
  t.match(others.body.detail, new RegExp(firm.uscc), 'the bureau is told of whom');
  const joint = expectStatus(await step(approver, second, 'confirm', { joint: true }), 200);
  t.equal(joint.holder, confirmed.holder, 'a joint matter is one');
  const rejected = expectStatus(await step(approver, own, 'reject', { reason: '材料不符' }), 200);
  t.match(rejected, { status: 'REJECTED', holder: null, closedOn: '2025-03-03', reason: '材料不符' });
  const again = registered(await reviewer.post('/matters', { ...project, kind: 'PRODUCT', uscc: branch.uscc }));
  t.equal(told(await step(reviewer, again, 'confirm')), '403 FOUR_EYES', 'what the bureau registers, too');
  const product = expectStatus(await step(approver, again, 'confirm'), 200);
  t.not(product.holder, confirmed.holder, 'each kind for itself');

  const named = async (who: Caller, matters: object, contractId: string) =>
    who.post('/applications', { programmeCode: world.programmeCode, contractId, commitment: true, matters });
  const [contractId, theirs] = [await world.contract(firm, '100.00'), await world.contract(rival, '100.00')];
  const answers: Answer[] = [];
  for (const code of [project.code, 'NEVER-HEARD']) answers.push(await named(rival.member, { product: code }, theirs));
  const strangers = answers.map(({ status, body }) => ({ status, body: { ...body, detail: '', errors: [] } }));
  t.strictSame(strangers[0], strangers[1], 'another’s is refused exactly as one that is not there');
  t.strictSame(answers.map(fields), [['/matters/product MATTER_NOT_FOUND'], ['/matters/product MATTER_NOT_FOUND']]);
  t.equal(
    answers[0]?.body.detail.replace(project.code, 'X'),
    answers[1]?.body.detail.replace('NEVER-HEARD', 'X'),
    'in the same words',
  );
  const applied = expectStatus(await named(firm.member, { project: ' 郑科项〔２０２５〕18' }, contractId), 201);
  t.strictSame(applied.matters, { project: confirmed.holder });
  t.match(expectStatus(await step(reviewer, first, 'end', { reason: '撤项' }), 200), { status: 'ENDED', reason: '撤项' });
  const next = await world.contract(firm, '200.00');
  t.equal(
    told(await named(firm.member, { project: project.code }, next)),
    '404 MATTER_NOT_FOUND',
    'what has ended cannot be named',
  );
  t.match((await firm.member.get(`/applications/${applied.applicationId as string}`)).body, { matters: applied.matters });

  const seen = async (who: Caller, query = '') =>
    itemsOf<{ status: string; kind: string }>(await who.get(`/matters${query}`)).map(({ kind, status }) => `${kind} ${status}`);
  const all = ['PROJECT ENDED', 'PROJECT CONFIRMED', 'PRODUCT REJECTED', 'PRODUCT CONFIRMED'];
  t.strictSame(await seen(finance), all);
  t.strictSame(await seen(firm.member), [all[0], all[2], all[3]], 'an enterprise sees its own');
  t.strictSame(await seen(firm.member, `?uscc=${rival.uscc}`), []);
  t.strictSame(await seen(firm.member, `?matterCode=${encodeURIComponent(project.code)}&status=ENDED`), [all[0]]);
  t.strictSame(await seen(finance, `?uscc=${rival.uscc}`), [all[1]]);
  t.strictSame(await seen(finance, `?matterCode=${encodeURIComponent(project.code)}`), all);
  t.strictSame(await seen(finance, `?matterCode=${encodeURIComponent(project.code)}&status=CONFIRMED`), [all[1], all[3]]);
  t.strictSame(await seen(finance, '?status=CONFIRMED'), [all[1], all[3]]);
  const page = expectStatus(await finance.get('/matters?limit=1&status=CONFIRMED'), 200);
  t.strictSame(await seen(finance, `?status=CONFIRMED&cursor=${page.next as string}`), [all[3]]);
  t.equal(told(await world.provider.get('/matters')), '403 FORBIDDEN');

  await t.rejects(world.db.sql`update matters set holder = code`, 'a matter keeps what it is known by');
  await t.rejects(world.owner.sql`update matters set holder = code`, /./);
  await t.rejects(
    world.admin.begin(async ({ sql }) => {
      await sql`select set_config('ledger.lane', ${book.bookId}, true)`;
      await sql`update matter_registrations set status = 'CONFIRMED' where status = 'ENDED'`;
    }),
    { code: 'VL001' },
    'nor does it come back to life',
  );

  let tried = 0;
  const refusals = await tryEverything(t, {
    life: registrationLife,
    bring: async (state) => {
      const of = registered(await firm.member.post('/matters', { ...project, code: `T-${++tried}` }));
      if (state === 'CONFIRMED' || state === 'ENDED') expectStatus(await step(reviewer, of, 'confirm'), 200);
      if (state === 'ENDED') expectStatus(await step(reviewer, of, 'end', { reason: '撤项' }), 200);
      if (state === 'REJECTED') expectStatus(await step(reviewer, of, 'reject', { reason: '不符' }), 200);
      return of;
    },
    ask: (verb, of) => step(approver, of, verb, verb === 'confirm' ? {} : { reason: '试' }),
    look: async () => itemsOf(await finance.get(`/matters?uscc=${firm.uscc}`)),
  });
  t.equal(refusals, 9);
  t.strictSame(await auditBusiness(world.db, book.bookId), []);
});
