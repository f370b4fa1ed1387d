// How a provider comes to be listed, and what happens to its listing: every step by day, by two persons, and what usage makes of it.
import t from 'tap';
import { calendars } from '../../db/demo/calendars.js';
import { addDays, daysInclusive } from '../../src/calendar.js';
import { listedPeriods, listingApplicationLife, listingLife, listingStatusOn, measureLife } from '../../src/providers/rules.js';
import { fields, itemsOf, told, uscc } from '../applications/world.js';
import { startLawWorld } from '../legal-persons/world.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { delisted } from '../providers/delist.js';
import { lookAt, tryEverything } from './table.js';

void t.test('a listing admits its days but for those on which it is suspended', async (t) => {
  const of = (validTo: string | null, ...suspensions: { from: string; to: string | null }[]) => ({
    validFrom: '2025-01-01',
    validTo,
    suspensions,
  });
  const cases: [string, ReturnType<typeof of>, string[]][] = [
    ['none', of(null), ['2025-01-01 –']],
    ['in the middle', of(null, { from: '2025-03-10', to: '2025-03-20' }), ['2025-01-01 – 2025-03-09', '2025-03-21 –']],
    ['from the first day', of('2025-12-31', { from: '2025-01-01', to: '2025-01-31' }), ['2025-02-01 – 2025-12-31']],
    ['without end', of(null, { from: '2025-03-10', to: null }), ['2025-01-01 – 2025-03-09']],
    ['to the last day', of('2025-12-31', { from: '2025-12-01', to: '2025-12-31' }), ['2025-01-01 – 2025-11-30']],
    ['beyond its end', of('2025-02-28', { from: '2025-03-10', to: null }), ['2025-01-01 – 2025-02-28']],
    ['all of it', of('2025-12-31', { from: '2025-01-01', to: null }), []],
    [
      'twice, in whatever order',
      of(null, { from: '2025-06-01', to: '2025-06-30' }, { from: '2025-03-01', to: '2025-03-31' }),
      ['2025-01-01 – 2025-02-28', '2025-04-01 – 2025-05-31', '2025-07-01 –'],
    ],
    [
      'on neighbouring days',
      of('2025-12-31', { from: '2025-03-01', to: '2025-03-31' }, { from: '2025-04-01', to: '2025-04-30' }),
      ['2025-01-01 – 2025-02-28', '2025-05-01 – 2025-12-31'],
    ],
  ];
  for (const [name, listing, periods] of cases) {
    t.strictSame(
      listedPeriods(listing).map(({ from, to }) => `${from} –${to === null ? '' : ` ${to}`}`),
      periods,
      name,
    );
  }
  t.strictSame(
    [listingLife, measureLife, listingApplicationLife].map(({ code }) => code),
    ['LISTING_WRONG_STATE', 'LISTING_MEASURE_WRONG_STATE', 'LISTING_APPLICATION_WRONG_STATE'],
    'each life refuses by a code of its own',
  );
  const suspended = of('2025-12-31', { from: '2025-03-10', to: '2025-03-20' });
  for (const [day, status] of [
    ['2025-03-09', 'LISTED'],
    ['2025-03-10', 'SUSPENDED'],
    ['2025-03-20', 'SUSPENDED'],
    ['2025-03-21', 'LISTED'],
    ['2025-12-31', 'LISTED'],
    ['2026-01-01', 'DELISTED'],
  ] as const)
    t.equal(listingStatusOn(suspended, day), status, day);
});

void t.test('a provider is listed, suspended, resumed and delisted', async (t) => {
  const world = await startLawWorld(t, { now: '2025-03-03' });
  const { book, reviewer, approver, provider, providerId, clock } = world;
  const { operator } = book;
  const second = await book.member('reviewer');
  const stranger = await book.member('provider', { uscc: uscc(9000002) });
  const strangers = expectStatus(await operator.post('/providers', { uscc: uscc(9000002), name: '嵩山智算' }), 201);
  const firm = await world.enterprise(1);

  const publish = async (year: number): Promise<void> => {
    const of = calendars.find((one) => one.year === year);
    const holidays = (of?.holidays ?? []).flatMap(([from, to]) =>
      Array.from({ length: daysInclusive(from, to) }, (_, i) => addDays(from, i)),
    );
    const made = expectStatus(await operator.post('/calendars', { ...of, holidays }), 201);
    expectStatus(await approver.post(`/calendars/${made.calendarYearId as string}/approve`), 200);
  };

  const evidence = {
    ADVANCED_EQUIPMENT: '设备清单',
    TECHNICAL_SECURITY: '等保三级证书',
    GREEN_ENERGY: 'PUE 1.25 检测报告',
    FAVOURABLE_PRICE: '价目表',
  };
  const scores = Object.fromEntries(
    Object.keys(evidence).map((criterion, i) => [criterion, { score: 80 + i, evidence: '现场核查记录' }]),
  );
  const draft = { providerId, serviceItem: 'SUPERCOMPUTE', batchNo: '2025-1', evidence };
  const notice = { documentNo: '公示〔2025〕3号', workingDays: 5 };
  const drafted = async (more: object = {}): Promise<string> =>
    expectStatus(await provider.post('/listing-applications', { ...draft, ...more }), 201).applicationId as string;
  const digestOf = async (id: string): Promise<string> =>
    expectStatus(await approver.get(`/listing-applications/${id}`), 200).digest as string;
  const bodies: Record<string, [Caller, object]> = {
    amend: [provider, { batchNo: '2025-2', evidence }],
    submit: [provider, {}],
    withdraw: [provider, { reason: '暂不申请' }],
    accept: [reviewer, {}],
    score: [reviewer, { scores }],
    'request-supplement': [reviewer, { reason: '补充 PUE 检测报告原件' }],
    supplement: [provider, { evidence }],
    'publish-notice': [reviewer, notice],
    reject: [approver, { reason: '异议成立' }],
  };
  const ask = async (id: string, verb: string, more: object = {}): Promise<Answer> => {
    const [who, body] =
      verb === 'list'
        ? [approver, { documentNo: '公告〔2025〕5号', validFrom: '2025-03-15', digest: await digestOf(id) }]
        : (bodies[verb] ?? [provider, {}]);
    return who.post(`/listing-applications/${id}/${verb}`, { ...body, ...more });
  };
  const done = async (id: string, ...verbs: string[]): Promise<string> => {
    for (const verb of verbs) expectStatus(await ask(id, verb), 200);
    return id;
  };

  await t.test(
    'an application is one’s own, is scored by four criteria, waits for its notice, and is listed by another',
    async (t) => {
      t.equal(
        told(await provider.post('/listing-applications', { ...draft, providerId: strangers.providerId })),
        '404 NOT_FOUND',
      );
      const half = await provider.post('/listing-applications', { ...draft, evidence: { GREEN_ENERGY: 'x' } });
      t.equal(told(half), '400 CRITERIA_MISSED');
      t.match(half.body, { detail: /ADVANCED_EQUIPMENT, TECHNICAL_SECURITY, FAVOURABLE_PRICE/ });
      const id = await drafted();
      t.equal(told(await stranger.post(`/listing-applications/${id}/submit`)), '404 NOT_FOUND', 'another’s is not there');
      t.equal(told(await stranger.get(`/listing-applications/${id}`)), '404 NOT_FOUND');
      t.equal(itemsOf(await stranger.get('/listing-applications')).length, 0);
      t.equal(itemsOf(await stranger.get(`/listing-applications?providerId=${providerId}`)).length, 0);
      t.equal(itemsOf(await provider.get('/listing-applications?status=DRAFT')).length, 1);
      t.equal(itemsOf(await reviewer.get('/listing-applications?status=DRAFT')).length, 1);
      t.equal(itemsOf(await reviewer.get('/listing-applications?status=LISTED')).length, 0);

      await done(id, 'amend', 'submit', 'accept');
      t.equal(told(await ask(id, 'publish-notice')), '409 LISTING_NOT_SCORED');
      await done(id, 'score');
      t.equal(told(await ask(id, 'score')), '409 LISTING_SCORED_ALREADY');
      expectStatus(await second.post(`/listing-applications/${id}/score`, { scores }), 200);
      await done(id, 'request-supplement', 'supplement');
      t.equal(told(await ask(id, 'publish-notice')), '409 CALENDAR_YEAR_UNPUBLISHED', 'no working day is guessed');
      await publish(2025);
      const noticed = expectStatus(await ask(id, 'publish-notice'), 200);
      t.match(noticed, { status: 'PUBLIC_NOTICE', noticeFrom: '2025-03-03', noticeTo: '2025-03-10' });

      clock.set('2025-03-10T23:59:59+08:00');
      t.equal(told(await ask(id, 'list')), '409 NOTICE_NOT_OVER', 'on its last day it is open');
      clock.set('2025-03-11');
      t.equal(told(await ask(id, 'list', { digest: '0'.repeat(64) })), '409 LISTING_APPLICATION_CHANGED');
      const early = await ask(id, 'list', { validTo: '2025-03-14' });
      t.equal(told(early), '400 PERIOD_ENDS_BEFORE_START', 'a listing that ends before it starts');
      t.strictSame(fields(early), ['/validTo PERIOD_ENDS_BEFORE_START']);
      const both = await book.member('approver', { personId: second.personId });
      const own = await both.post(`/listing-applications/${id}/list`, {
        documentNo: '公告〔2025〕5号',
        validFrom: '2025-03-15',
        digest: await digestOf(id),
      });
      t.equal(told(own), '403 FOUR_EYES', 'who scored it does not list it');
      const listed = expectStatus(await ask(id, 'list'), 200);
      t.match(listed, {
        status: 'LISTED',
        serviceItem: 'SUPERCOMPUTE',
        batchNo: '2025-2',
        validFrom: '2025-03-15',
        applicationId: id,
      });

      const history = expectStatus(await provider.get(`/listing-applications/${id}`), 200);
      t.match(history, { status: 'LISTED', listingId: listed.listingId });
      t.strictSame(
        (history.steps as { verb: string; status: string }[]).map(({ verb, status }) => `${verb} ${status}`),
        [
          'draft DRAFT',
          'amend DRAFT',
          'submit SUBMITTED',
          'accept UNDER_REVIEW',
          'score UNDER_REVIEW',
          'score UNDER_REVIEW',
          'request-supplement SUPPLEMENT_REQUESTED',
          'supplement UNDER_REVIEW',
          'publish-notice PUBLIC_NOTICE',
          'list LISTED',
        ],
        'every step stays on record',
      );
      t.match(history.steps[6], { reason: '补充 PUE 检测报告原件', person: reviewer.personId });
      t.equal((history.scores as unknown[]).length, 8, 'two reviewers, four criteria each');

      const again = await drafted();
      await done(again, 'submit', 'accept');
      expectStatus(await reviewer.post(`/listing-applications/${again}/score`, { scores }), 200);
      await done(again, 'publish-notice');
      clock.set('2025-03-19');
      const overlapping = await ask(again, 'list');
      t.equal(told(overlapping), '409 LISTING_OVERLAPS', 'each day of an item rests on one document');
      t.equal(told(await ask(again, 'reject', { reason: ' ' })), '400 VALIDATION_FAILED', 'nothing is rejected without a reason');
      await t.rejects(world.db.sql`update listing_steps set reason = 'x'`, 'no step is rewritten');
      await t.rejects(world.db.sql`update listing_scores set score = 100`);
    },
  );

  await t.test('a programme that names criteria selects by them, as they stood when it was applied (E-1)', async (t) => {
    const law = (points: number): [RegExp, string][] => [
      [
        /^voucherKind:/m,
        `providerSelection:
  value:
    criteria:
      - { id: COMPUTE_SCALE, name: { zh: 算力规模, en: scale }, points: ${points} }
      - { id: GREEN_ENERGY, name: { zh: 绿色节能, en: green energy } }
  cite: { document: measure, article: 试验 }

voucherKind:`,
      ],
      [/^programme: .*$/m, 'programme: selection'],
    ];
    const draftUnder = (programmeCode: string, said: object) =>
      provider.post('/listing-applications', { ...draft, programmeCode, evidence: said });
    const evidence = { COMPUTE_SCALE: '规模证明', GREEN_ENERGY: 'PUE 检测报告' };
    t.equal(told(await draftUnder('selection', evidence)), '422 SELECTION_UNREGULATED', 'it is not there');
    t.equal(told(await draftUnder(world.programmeCode, evidence)), '422 SELECTION_UNREGULATED', 'it names no criteria');
    const programmeVersionId = await world.enact('zhengzhou/zhengzhou-compute.v2', law(40));
    const four = await draftUnder('selection', draft.evidence);
    t.equal(told(four), '400 CRITERIA_MISSED');
    t.match(four.body, { detail: /COMPUTE_SCALE.*ADVANCED_EQUIPMENT, TECHNICAL_SECURITY, FAVOURABLE_PRICE/ });
    const drafted = expectStatus(await draftUnder('selection', evidence), 201);
    t.match(drafted, {
      programmeVersionId,
      criteria: [
        { id: 'COMPUTE_SCALE', points: 40 },
        { id: 'GREEN_ENERGY', points: null },
      ],
    });
    const id = drafted.applicationId as string;
    t.equal(
      told(await provider.post(`/listing-applications/${id}/amend`, { batchNo: '1', evidence: {} })),
      '400 CRITERIA_MISSED',
    );
    await done(id, 'submit', 'accept');
    const score = (scale: number, others: object = { GREEN_ENERGY: { score: 100, evidence: '核查' } }) =>
      reviewer.post(`/listing-applications/${id}/score`, {
        scores: { COMPUTE_SCALE: { score: scale, evidence: '核查' }, ...others },
      });
    t.equal(told(await score(40, {})), '400 CRITERIA_MISSED');
    const above = await score(41);
    t.equal(told(above), '400 SCORE_ABOVE_POINTS');
    t.strictSame(fields(above), ['/scores/COMPUTE_SCALE/score SCORE_ABOVE_POINTS']);
    expectStatus(await score(40), 200);
    t.equal((expectStatus(await reviewer.get(`/listing-applications/${id}`), 200).scores as unknown[]).length, 2);

    // The database knows the criteria too.
    const write = (criterion: string, points: number) =>
      world.db.begin(async ({ sql }) => {
        await sql`select set_config('ledger.lane', ${book.bookId}, true), set_config('voucher.book', ${book.bookId}, true)`;
        await sql`
        insert into listing_scores (book_id, score_id, application_id, criterion, score, evidence, scored_person, recorded_at)
        values (${book.bookId}, gen_random_uuid(), ${id}, ${criterion}, ${points}, 'x', ${second.personId}, now())`;
      });
    for (const [criterion, points] of [
      ['COMPUTE_SCALE', 41],
      ['GREEN_ENERGY', 101],
      ['ADVANCED_EQUIPMENT', 1],
    ] as const)
      await t.rejects(write(criterion, points), /the application is not scored by/);
    await t.rejects(world.db.sql`update listing_applications set criteria = '[]'`, /permission denied/);
  });

  await t.test('every verb in every state of an application', async (t) => {
    const ways: Record<keyof typeof listingApplicationLife.states, string[]> = {
      DRAFT: [],
      SUBMITTED: ['submit'],
      UNDER_REVIEW: ['submit', 'accept'],
      SUPPLEMENT_REQUESTED: ['submit', 'accept', 'request-supplement'],
      PUBLIC_NOTICE: ['submit', 'accept', 'score', 'publish-notice'],
      LISTED: ['submit', 'accept', 'score', 'publish-notice', 'list'],
      REJECTED: ['submit', 'accept', 'reject'],
      WITHDRAWN: ['withdraw'],
    };
    const refused = await tryEverything(t, {
      life: listingApplicationLife,
      bring: async (state) => {
        const id = await drafted({ serviceItem: 'NETWORK' });
        for (const verb of ways[state]) {
          if (verb === 'list') clock.set('2025-04-01');
          await done(id, verb);
        }
        return id;
      },
      ask: (verb, id) => ask(id, verb),
      look: (id) => lookAt(reviewer, `/listing-applications/${id}`),
    });
    t.ok(refused > 50, `${refused} refusals`);
  });

  // ── Measures ──

  const listings = itemsOf<{ listingId: string; serviceItem: string }>(await reviewer.get(`/listings?providerId=${providerId}`));
  const compute = listings.find(({ serviceItem }) => serviceItem === 'AI_COMPUTE')?.listingId ?? '';
  const because = { reason: '安全检查不合格', documentNo: '郑工信处〔2025〕1号' };
  const propose = async (listingId: string, verb: string, body: object): Promise<string> =>
    expectStatus(await reviewer.post(`/listings/${listingId}/${verb}`, { ...because, ...body }), 201).measureId as string;
  const decide = async (listingId: string, verb: string, body: object): Promise<Answer> =>
    approver.post(`/listing-measures/${await propose(listingId, verb, body)}/approve`);

  await t.test('a suspension takes two persons, and usage on its days does not count', async (t) => {
    clock.set('2025-05-06');
    await world.load('1000000.00', 'CITY', 2025);
    const contractId = await world.contractOf(firm, [{ gross: '100000.00', chip: 'A' }]);
    const { body: voucher } = await world.award(firm, contractId);
    const voucherId = voucher.voucherId as string;
    const redeemOn = async (day: string): Promise<Answer> => {
      clock.set(day);
      return world.redeem(firm, voucherId, contractId, 1, '1000.00');
    };
    // Used and redeemed before anybody knew.
    expectStatus(await redeemOn('2025-05-07'), 201);
    const before = await redeemOn('2025-05-08');
    expectStatus(before, 201);

    for (const [verb, body, expected] of [
      ['suspend', { from: '2025-05-12', to: '2025-05-11' }, '400 PERIOD_ENDS_BEFORE_START'],
      ['suspend', { from: '2023-12-31' }, '400 SUSPENSION_OUTSIDE_LISTING'],
      ['delist', { from: '2024-01-01' }, '400 PERIOD_ENDS_BEFORE_START'],
      ['resume', { from: '2025-05-12' }, '409 LISTING_WRONG_STATE'],
      ['suspend', { from: '2025-05-08', reason: ' ' }, '400 VALIDATION_FAILED'],
    ] as const) {
      const answer = await reviewer.post(`/listings/${compute}/${verb}`, { ...because, ...body });
      t.equal(told(answer), expected, `${verb} ${JSON.stringify(body)}`);
      t.notMatch(answer.body.detail, /[{}]/, 'the sentence is whole');
    }
    t.equal(told(await reviewer.post(`/listings/${contractId}/suspend`, { ...because, from: '2025-05-08' })), '404 NOT_FOUND');
    const measureId = await propose(compute, 'suspend', { from: '2025-05-08' });
    expectStatus(await redeemOn('2025-05-09'), 201);
    t.match(expectStatus(await provider.get(`/listings/${compute}`), 200), { status: 'LISTED', measures: [] }, 'only proposed');
    const itself = await book.member('approver', { personId: reviewer.personId });
    t.equal(told(await itself.post(`/listing-measures/${measureId}/approve`)), '403 FOUR_EYES');
    t.equal(told(await approver.post(`/listing-measures/${contractId}/approve`)), '404 NOT_FOUND');
    t.match(expectStatus(await approver.post(`/listing-measures/${measureId}/approve`), 200), {
      listingId: compute,
      measureId,
      status: 'SUSPENDED',
      suspensions: [{ from: '2025-05-08', to: null }],
    });

    clock.set('2025-05-12');
    await t.rejects(
      world.redeem(firm, voucherId, contractId, 1, '1000.00'),
      /PROVIDER_NOT_LISTED/,
      'no invoice of a suspended day',
    );
    const filing = await world.contractOf(firm, [{ gross: '5.00', chip: 'A' }]).catch((error: unknown) => String(error));
    t.match(filing, /PROVIDER_NOT_LISTED/, 'and no contract of only such days is filed');
    const overlapping = await reviewer.post(`/listings/${compute}/resume`, { ...because, from: '2025-05-07' });
    t.equal(told(overlapping), '400 RESUMPTION_OUTSIDE_SUSPENSION');
    t.match(expectStatus(await decide(compute, 'resume', { from: '2025-05-10' }), 200), {
      status: 'LISTED',
      suspensions: [{ from: '2025-05-08', to: '2025-05-09' }],
    });
    t.equal(
      told(await reviewer.post(`/listings/${compute}/suspend`, { ...because, from: '2025-05-09' })),
      '409 SUSPENSION_OVERLAPS',
    );
    expectStatus(await redeemOn('2025-05-12'), 201);

    // A day inside is taken out afterwards: what was decided stays decided, what is decided from now on sees it.
    t.match(expectStatus(await decide(compute, 'suspend', { from: '2025-05-12', to: '2025-05-12' }), 200), {
      status: 'SUSPENDED',
    });
    clock.set('2025-05-13');
    t.match(expectStatus(await reviewer.get(`/listings/${compute}`), 200), { status: 'LISTED' }, 'ended of itself');
    expectStatus(await redeemOn('2025-05-13'), 201);
    t.strictSame(await world.found(), [], 'the audits find nothing: awards are computed by what was known then');
  });

  await t.test('delisted in mid-month: usage of the day before counts, of the day not', async (t) => {
    clock.set('2025-05-20');
    const contractId = await world.contractOf(firm, [{ gross: '100000.00', chip: 'A' }]);
    const { body: voucher } = await world.award(firm, contractId);
    const redeemOn = async (day: string): Promise<Answer> => {
      clock.set(day);
      return world.redeem(firm, voucher.voucherId as string, contractId, 1, '1000.00');
    };
    const measureId = await propose(compute, 'delist', { from: '2025-05-22' });
    const withdrawn = await propose(compute, 'delist', { from: '2025-05-21' });
    t.match(expectStatus(await reviewer.post(`/listing-measures/${withdrawn}/withdraw`), 200), { status: 'WITHDRAWN' });
    t.match(expectStatus(await approver.post(`/listing-measures/${measureId}/approve`), 200), {
      status: 'LISTED',
      validTo: '2025-05-21',
    });
    expectStatus(await redeemOn('2025-05-21'), 201);
    await t.rejects(redeemOn('2025-05-22'), /PROVIDER_NOT_LISTED/);
    t.match(expectStatus(await reviewer.get(`/listings/${compute}`), 200), { status: 'DELISTED' });
    t.equal(
      told(await reviewer.post(`/listings/${compute}/delist`, { ...because, from: '2025-05-01' })),
      '409 LISTING_WRONG_STATE',
    );

    const { measures } = expectStatus(await provider.get(`/listings/${compute}`), 200) as { measures: { kind: string }[] };
    t.strictSame(
      measures.map(({ kind }) => kind),
      ['SUSPENSION', 'RESUMPTION', 'SUSPENSION', 'DELISTING'],
      'the trade sees what was decided',
    );
    t.equal((expectStatus(await reviewer.get(`/listings/${compute}`), 200).measures as unknown[]).length, 5, 'the bureau all');
    t.equal(itemsOf(await reviewer.get('/listing-measures?status=APPROVED')).length, 4);
    t.equal(told(await provider.get('/listing-measures')), '403 FORBIDDEN');

    clock.set('2025-05-01');
    const outdated = await propose(compute, 'delist', { from: '2025-05-10' });
    expectStatus(await delisted({ reviewer, approver }, compute, '2025-05-09'), 200);
    t.equal(told(await approver.post(`/listing-measures/${outdated}/approve`)), '409 LISTING_ENDS_EARLIER', 'looked at again');
    t.strictSame(await world.found(), [], 'the audits find nothing');
  });

  await t.test('every verb in every state of a listing and of a measure', async (t) => {
    clock.set('2025-06-03');
    let day = '2026-01-01';
    const listing = async (): Promise<string> => {
      const validFrom = (day = addDays(day, 10));
      const body = {
        providerId,
        serviceItem: 'SECURITY',
        batchNo: '2025-9',
        documentNo: '公告9号',
        validFrom,
        validTo: addDays(day, 9),
      };
      clock.set(validFrom);
      return expectStatus(await reviewer.post('/listings', body), 201).listingId as string;
    };
    const refused = await tryEverything(t, {
      life: listingLife,
      bring: async (state) => {
        const id = await listing();
        if (state === 'SUSPENDED') expectStatus(await decide(id, 'suspend', { from: day }), 200);
        if (state === 'DELISTED') {
          expectStatus(await decide(id, 'delist', { from: addDays(day, 1) }), 200);
          clock.set(addDays(day, 1));
        }
        return id;
      },
      ask: (verb, id) => reviewer.post(`/listings/${id}/${verb}`, { ...because, from: day }),
      look: (id) => lookAt(reviewer, `/listings/${id}`),
    });
    t.equal(refused, 5);
    const of = await listing();
    const further = await tryEverything(t, {
      life: measureLife,
      bring: async (state) => {
        const id = await propose(of, 'suspend', { from: day, to: day });
        if (state === 'APPROVED') expectStatus(await approver.post(`/listing-measures/${id}/approve`), 200);
        if (state === 'WITHDRAWN') expectStatus(await reviewer.post(`/listing-measures/${id}/withdraw`), 200);
        if (state !== 'PROPOSED') clock.set((day = addDays(day, 1)));
        return id;
      },
      ask: (verb, id) => (verb === 'approve' ? approver : reviewer).post(`/listing-measures/${id}/${verb}`),
      look: () => lookAt(reviewer, `/listings/${of}`),
    });
    t.equal(further, 4);
    t.strictSame(await world.found(), []);
  });
});
