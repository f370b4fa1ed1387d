// Providers, their facilities, listings, chips and payee accounts: the days that count, and every refusal by its code.
import t from 'tap';
import type { Chip, FacilityObservation, Listing } from '../../db/tables.js';
import { makeUscc } from '../../src/identifiers.js';
import { capacityOn, chipOn, listedOn, listedWithin } from '../../src/providers/rules.js';
import { makeSealer } from '../../src/sealer.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus, startService } from '../service.js';
import { delisted } from './delist.js';

const uscc = (n: number) => makeUscc(`91410100MA${String(n).padStart(7, '0')}`);

void t.test('a listing admits its service item from its first to its last day, both included', async (t) => {
  const listing = (serviceItem: Listing['serviceItem'], validFrom: string, validTo: string | null): Listing => ({
    bookId: '',
    listingId: '',
    providerId: '',
    serviceItem,
    batchNo: '1',
    documentNo: '1',
    validFrom,
    validTo,
    recordedAt: '',
    suspensions: [],
    applicationId: null,
  });
  const listings = [listing('AI_COMPUTE', '2024-01-10', '2024-06-30'), listing('STORAGE', '2024-03-01', null)];
  const days: [string, string, boolean][] = [
    ['AI_COMPUTE', '2024-01-09', false],
    ['AI_COMPUTE', '2024-01-10', true],
    ['AI_COMPUTE', '2024-06-30', true],
    ['AI_COMPUTE', '2024-07-01', false],
    ['STORAGE', '2024-02-29', false],
    ['STORAGE', '2999-12-31', true],
    ['NETWORK', '2024-03-01', false],
  ];
  for (const [item, day, expected] of days) t.equal(listedOn(listings, item, day), expected, `${item} on ${day}`);
  t.equal(
    listedWithin(listings, 'AI_COMPUTE', { from: '2024-06-30', to: '2025-06-30' }),
    true,
    'one day of the period is enough',
  );
  t.equal(listedWithin(listings, 'AI_COMPUTE', { from: '2024-07-01', to: '2025-06-30' }), false);
});

void t.test('of dated rows the latest on or before the day counts, whatever their order', async (t) => {
  const observed = (observedOn: string, pflops: string): FacilityObservation => ({
    bookId: '',
    observationId: observedOn,
    facilityId: '',
    observedOn,
    inService: true,
    pflops,
    precision: 'FP16',
    standardRacks: null,
    installedCards: null,
    evidence: '',
    recordedAt: '',
  });
  const observations = [observed('2024-06-01', '100.00'), observed('2024-01-01', '80.00')];
  t.equal(capacityOn(observations, '2023-12-31'), undefined);
  t.equal(capacityOn(observations, '2024-01-01')?.pflops, '80.00');
  t.equal(capacityOn(observations, '2024-05-31')?.pflops, '80.00');
  t.equal(capacityOn(observations, '2024-06-01')?.pflops, '100.00');

  const chip = (validFrom: string, origin: Chip['origin']): Chip => ({
    bookId: '',
    chipId: validFrom,
    vendor: 'V',
    model: 'M',
    origin,
    validFrom,
    source: '',
    recordedAt: '',
  });
  const rows = [chip('2024-01-01', 'NON_DOMESTIC'), chip('2024-07-01', 'DOMESTIC')];
  t.equal(chipOn(rows, '2023-12-31'), undefined);
  t.equal(chipOn(rows, '2024-06-30')?.origin, 'NON_DOMESTIC');
  t.equal(chipOn(rows, '2024-07-01')?.origin, 'DOMESTIC');
});

void t.test('a sealed number opens for its own row and key only', async (t) => {
  const sealer = makeSealer(Buffer.alloc(32, 1));
  const sealed = sealer.seal('6222020000000012345', 'row');
  t.equal(sealer.open(sealed, 'row'), '6222020000000012345');
  t.not(sealer.seal('6222020000000012345', 'row'), sealed, 'sealing twice gives two texts');
  t.throws(() => sealer.open(sealed, 'another row'));
  t.throws(() => makeSealer(Buffer.alloc(32, 2)).open(sealed, 'row'));
  t.throws(() => sealer.open('v2.a.b.c', 'row'));
  t.throws(() => makeSealer(Buffer.alloc(16)));
});

void t.test('over HTTP', async (t) => {
  const service = await startService(t, { now: '2024-07-01' });
  const book = await service.newBook('zhengzhou');
  const { operator } = book;
  const [approver, reviewer, machine, finance, enterprise, own, stranger] = await Promise.all([
    book.member('approver'),
    book.member('reviewer'),
    book.member('reviewer', { kind: 'MACHINE' }),
    book.member('finance'),
    book.member('enterprise', { uscc: uscc(900) }),
    book.member('provider', { uscc: uscc(1) }),
    book.member('provider', { uscc: uscc(2) }),
  ]);
  const nobody = '00000000-0000-7000-8000-000000000001';

  const provider = expectStatus(await operator.post('/providers', { uscc: uscc(1), name: '中原算力有限公司' }), 201);
  const other = expectStatus(await operator.post('/providers', { uscc: uscc(2), name: '嵩山云有限公司' }), 201);
  const branch = expectStatus(
    await operator.post('/providers', { uscc: uscc(3), parentUscc: uscc(1), name: '中原算力分公司' }),
    201,
  );
  const facility = expectStatus(
    await own.post('/facilities', { providerId: provider.providerId, name: '一号智算中心', kind: 'AI_COMPUTING' }),
    201,
  );
  const dataCentre = expectStatus(
    await operator.post('/facilities', {
      providerId: provider.providerId,
      name: '数据中心',
      kind: 'DATA_CENTER',
      ownerUscc: uscc(900).toLowerCase(),
      operatorUscc: uscc(2),
    }),
    201,
  );
  const listing = expectStatus(
    await reviewer.post('/listings', {
      providerId: provider.providerId,
      serviceItem: 'AI_COMPUTE',
      batchNo: '2024-1',
      documentNo: '郑工信〔2024〕1号',
      validFrom: '2024-01-01',
    }),
    201,
  );
  expectStatus(
    await operator.post('/chips', {
      vendor: '华为',
      model: '昇腾910B',
      origin: 'DOMESTIC',
      validFrom: '2024-01-01',
      source: '目录',
    }),
    201,
  );

  const listPrice = {
    providerId: provider.providerId as string,
    chipVendor: '华为',
    chipModel: '昇腾910B',
    price: '12.50',
    validFrom: '2999-01-01',
    source: '官网公示目录',
  };
  await t.test('a list price is followed, never changed', async (t) => {
    const first = expectStatus(await own.post('/list-prices', listPrice), 201);
    const earlier = { ...listPrice, price: '11.125', validFrom: '2024-01-01' };
    const second = expectStatus(await reviewer.post('/list-prices', earlier), 201);
    t.match(
      [first, second],
      [
        { price: '12.50', revision: 1 },
        { price: '11.125', revision: 2 },
      ],
    );
    const { items } = expectStatus(await enterprise.get(`/list-prices?providerId=${listPrice.providerId}`), 200) as {
      items: unknown[];
    };
    t.match(items, [{ price: '12.50' }, { price: '11.125', validFrom: '2024-01-01' }]);
  });

  await t.test('what is registered is told whole', async (t) => {
    t.match(provider, { uscc: uscc(1), legalPersonUscc: uscc(1), name: '中原算力有限公司' });
    t.type(provider.ledgerSeq, 'number');
    t.equal(branch.legalPersonUscc, uscc(1), 'a branch is tied to its legal person');
    t.match(facility, { ownerUscc: uscc(1), operatorUscc: uscc(1) }, "the provider's legal person unless said otherwise");
    t.match(dataCentre, { ownerUscc: uscc(900), operatorUscc: uscc(2) }, 'codes are stored normalised');
    t.equal(listing.validTo, null);
  });

  const observation = { observedOn: '2024-06-30', inService: true, evidence: '核查报告' };
  const ai = `/facilities/${facility.facilityId}/observations`;
  const racks = `/facilities/${dataCentre.facilityId}/observations`;
  const listed = {
    providerId: provider.providerId,
    serviceItem: 'AI_COMPUTE',
    batchNo: '2024-2',
    documentNo: '郑工信〔2024〕2号',
    validFrom: '2024-05-01',
  };
  const account = {
    providerId: provider.providerId,
    holderName: '中原算力有限公司',
    bankName: '郑州银行营业部',
    bankCode: '313491000232',
    accountNo: '6222029876543212345',
    validFrom: '2024-01-01',
  };

  await t.test('a refusal names its code, its field and what to do', async (t) => {
    expectStatus(await reviewer.post(ai, { ...observation, pflops: '99.99', precision: 'FP16' }), 201);
    expectStatus(await own.post('/payee-accounts', account), 201);
    const wrongCheck = `${uscc(7).slice(0, 17)}${uscc(7).endsWith('0') ? '1' : '0'}`;
    const chip = { vendor: '华为', model: '昇腾910B', origin: 'DOMESTIC', validFrom: '2024-01-01', source: '目录' };
    const refusals: [string, () => Promise<Answer>, number, string, string?][] = [
      ['a known code', () => operator.post('/providers', { uscc: uscc(1), name: 'x' }), 409, 'PROVIDER_EXISTS', '/uscc'],
      ['17 characters', () => operator.post('/providers', { uscc: uscc(7).slice(1), name: 'x' }), 400, 'USCC_LENGTH', '/uscc'],
      [
        'a letter O',
        () => operator.post('/providers', { uscc: `O${uscc(7).slice(1)}`, name: 'x' }),
        400,
        'USCC_CHARACTER',
        '/uscc',
      ],
      [
        'a wrong check digit',
        () => operator.post('/providers', { uscc: wrongCheck, name: 'x' }),
        400,
        'USCC_CHECK_CHARACTER',
        '/uscc',
      ],
      [
        'a wrong parent',
        () => operator.post('/providers', { uscc: uscc(8), parentUscc: wrongCheck, name: 'x' }),
        400,
        'USCC_CHECK_CHARACTER',
        '/parentUscc',
      ],
      [
        'a branch as parent',
        () => operator.post('/providers', { uscc: uscc(8), parentUscc: uscc(3), name: 'x' }),
        409,
        'PARENT_IS_BRANCH',
        '/parentUscc',
      ],
      ['a provider registering', () => own.post('/providers', { uscc: uscc(8), name: 'x' }), 403, 'FORBIDDEN'],

      [
        'the same facility again',
        () => own.post('/facilities', { providerId: provider.providerId, name: '一号智算中心', kind: 'DATA_CENTER' }),
        409,
        'FACILITY_EXISTS',
        '/name',
      ],
      [
        "another's provider",
        () => stranger.post('/facilities', { providerId: provider.providerId, name: 'x', kind: 'DATA_CENTER' }),
        404,
        'NOT_FOUND',
        '/providerId',
      ],
      [
        'no such provider',
        () => stranger.post('/facilities', { providerId: nobody, name: 'x', kind: 'DATA_CENTER' }),
        404,
        'NOT_FOUND',
        '/providerId',
      ],
      [
        'a wrong owner',
        () => own.post('/facilities', { providerId: provider.providerId, name: 'x', kind: 'DATA_CENTER', ownerUscc: wrongCheck }),
        400,
        'USCC_CHECK_CHARACTER',
        '/ownerUscc',
      ],
      [
        'a wrong operator',
        () => own.post('/facilities', { providerId: provider.providerId, name: 'x', kind: 'DATA_CENTER', operatorUscc: 'x' }),
        400,
        'USCC_LENGTH',
        '/operatorUscc',
      ],

      [
        'PFLOPS without precision',
        () => reviewer.post(ai, { ...observation, pflops: '1.00' }),
        400,
        'PRECISION_REQUIRED',
        '/precision',
      ],
      [
        'precision without PFLOPS',
        () => reviewer.post(ai, { ...observation, precision: 'FP16' }),
        400,
        'PRECISION_REQUIRED',
        '/pflops',
      ],
      ['a centre without PFLOPS', () => reviewer.post(ai, observation), 400, 'FACILITY_CAPACITY_REQUIRED', '/pflops'],
      ['racks not counted', () => reviewer.post(racks, observation), 400, 'FACILITY_CAPACITY_REQUIRED', '/standardRacks'],
      [
        'PFLOPS as 100',
        () => reviewer.post(ai, { ...observation, pflops: '100' }),
        400,
        'VALIDATION_FAILED',
        '/pflops PFLOPS_FORMAT',
      ],
      [
        'the same day again',
        () => reviewer.post(ai, { ...observation, pflops: '100.00', precision: 'FP16' }),
        409,
        'OBSERVATION_EXISTS',
        '/observedOn',
      ],
      [
        'a day to come',
        () => reviewer.post(racks, { ...observation, observedOn: '2024-07-02', standardRacks: 1000 }),
        400,
        'DAY_IN_FUTURE',
        '/observedOn',
      ],
      ['no such facility', () => reviewer.post(`/facilities/${nobody}/observations`, observation), 404, 'NOT_FOUND'],
      ['a machine observing', () => machine.post(ai, observation), 403, 'PERSON_REQUIRED'],

      ['an overlap', () => reviewer.post('/listings', listed), 409, 'LISTING_OVERLAPS', '/validFrom'],
      [
        'a period turned round',
        () => reviewer.post('/listings', { ...listed, validTo: '2024-04-30' }),
        400,
        'PERIOD_ENDS_BEFORE_START',
        '/validTo',
      ],
      ['no such provider', () => reviewer.post('/listings', { ...listed, providerId: nobody }), 404, 'NOT_FOUND', '/providerId'],
      [
        'an end before the start',
        () => delisted({ reviewer, approver }, listing.listingId as string, '2023-12-30'),
        400,
        'PERIOD_ENDS_BEFORE_START',
        '/from',
      ],
      ['no such listing', () => delisted({ reviewer, approver }, nobody, '2024-12-31'), 404, 'NOT_FOUND'],

      ['the same chip and day', () => operator.post('/chips', chip), 409, 'CHIP_EXISTS', '/validFrom'],
      ['a reviewer at the catalogue', () => reviewer.post('/chips', chip), 403, 'FORBIDDEN'],

      [
        'a price of nothing',
        () => own.post('/list-prices', { ...listPrice, price: '0.00' }),
        400,
        'VALIDATION_FAILED',
        '/price PRICE_FORMAT',
      ],
      ['another’s list', () => stranger.post('/list-prices', listPrice), 404, 'NOT_FOUND', '/providerId'],
      [
        'of a chip that is not there',
        () => own.post('/list-prices', { ...listPrice, chipModel: '910C' }),
        409,
        'CHIP_UNKNOWN',
        '/chipModel',
      ],
      [
        'one’s own list for a day that is over',
        () => own.post('/list-prices', { ...listPrice, validFrom: '2024-01-01' }),
        409,
        'LIST_PRICE_BACKDATED',
        '/validFrom',
      ],

      [
        '11 digits',
        () => own.post('/payee-accounts', { ...account, bankCode: '31349100023' }),
        400,
        'BANK_CODE_FORMAT',
        '/bankCode',
      ],
      [
        'a number with spaces',
        () => own.post('/payee-accounts', { ...account, accountNo: '6222 0298 7654' }),
        400,
        'VALIDATION_FAILED',
        '/accountNo ACCOUNT_NO_FORMAT',
      ],
      [
        "another's name",
        () => own.post('/payee-accounts', { ...account, holderName: '张三' }),
        409,
        'ACCOUNT_HOLDER_DIFFERS',
        '/holderName',
      ],
      ['the same day again', () => own.post('/payee-accounts', account), 409, 'PAYEE_ACCOUNT_EXISTS', '/validFrom'],
      ["another's provider", () => stranger.post('/payee-accounts', account), 404, 'NOT_FOUND', '/providerId'],
      [
        "a provider's account, of an enterprise's member",
        () => enterprise.post('/payee-accounts', account),
        404,
        'NOT_FOUND',
        '/providerId',
      ],
      [
        'nobody to be paid',
        () => own.post('/payee-accounts', { ...account, providerId: undefined }),
        400,
        'VALIDATION_FAILED',
        '/providerId PAYEE_REQUIRED',
      ],
      [
        'both sides at once',
        () => own.post('/payee-accounts', { ...account, enterpriseId: nobody }),
        400,
        'VALIDATION_FAILED',
        '/providerId PAYEE_REQUIRED',
      ],
      ['the operator', () => operator.post('/payee-accounts', account), 403, 'FORBIDDEN'],
    ];
    for (const [name, send, status, code, field] of refusals) {
      const answer = await send();
      const [error] = (answer.body.errors ?? []) as { pointer: string; code: string }[];
      const shown = error && (code === 'VALIDATION_FAILED' ? `${error.pointer} ${error.code}` : error.pointer);
      t.strictSame([answer.status, answer.body.code, shown], [status, code, field], name);
      t.notMatch(answer.body.detail, /[{}]/, `${name}: every parameter of the sentence is filled in`);
    }
  });

  await t.test('the wrong check character is answered with the one expected, in the language asked for', async (t) => {
    const wrong = `${uscc(7).slice(0, 17)}${uscc(7).endsWith('0') ? '1' : '0'}`;
    const english = await operator.post('/providers', { uscc: wrong, name: 'x' }, { headers: { 'accept-language': 'en' } });
    t.match(english.body.detail, `should be "${uscc(7).slice(17)}"`);
    const chinese = await operator.post('/providers', { uscc: wrong, name: 'x' });
    t.match(chinese.body.detail, `应为 “${uscc(7).slice(17)}”`);
  });

  await t.test('a listing is only ever ended earlier, and the day after it another may begin', async (t) => {
    const end = (validTo: string) => delisted({ reviewer, approver }, listing.listingId as string, validTo);
    t.match(expectStatus(await end('2024-07-30'), 200), { validTo: '2024-07-30', validFrom: '2024-01-01' });
    for (const day of ['2024-07-30', '2024-08-01']) {
      t.match(await end(day), { status: 409, body: { code: 'LISTING_ENDS_EARLIER' } }, day);
    }
    expectStatus(await end('2024-07-15'), 200);
    t.match(await reviewer.post('/listings', { ...listed, validFrom: '2024-07-15' }), { body: { code: 'LISTING_OVERLAPS' } });
    expectStatus(await reviewer.post('/listings', { ...listed, validFrom: '2024-07-16', validTo: '2024-07-16' }), 201);
    expectStatus(await reviewer.post('/listings', { ...listed, serviceItem: 'STORAGE' }), 201);
  });

  await t.test('ten equal listings at once: one is made', async (t) => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => reviewer.post('/listings', { ...listed, providerId: other.providerId })),
    );
    t.strictSame(answers.map((of) => of.status).sort(), [201, ...Array<number>(9).fill(409)]);
  });

  await t.test(
    'an account number is nowhere but in the seal: not in an answer, a row, an outcome, nor guessable from a digest',
    async (t) => {
      const moved = { ...account, accountNo: '6222021111222233334', validFrom: '2024-07-01' };
      const first = await own.post('/payee-accounts', moved, { key: 'account-1' });
      t.match(expectStatus(first, 201), { accountNoLast4: '3334', holderName: account.holderName, validFrom: '2024-07-01', state: 'PROPOSED' });
      const replay = await own.post('/payee-accounts', moved, { key: 'account-1' });
      t.strictSame(replay.body, first.body, 'sealed anew, a retry is still the same request');
      t.equal(replay.headers['idempotency-replayed'], 'true');
      const reused = await own.post('/payee-accounts', { ...moved, accountNo: '6222021111222244444' }, { key: 'account-1' });
      t.match(reused, { status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } }, 'another number is another request');

      const { sql } = service.admin;
      const rows = await sql<{ text: string }[]>`
      select t::text as text from payee_accounts t union all select t::text from outcomes t union all select t::text from entries t`;
      t.ok(rows.length > 0);
      for (const secret of [moved.accountNo, account.accountNo]) t.notOk(rows.some((row) => row.text.includes(secret)));
      const { createHash } = await import('node:crypto');
      const guess = createHash('sha256')
        .update(`payee_account.record\n${JSON.stringify(moved)}`)
        .digest('hex');
      t.notOk(
        rows.some((row) => row.text.includes(guess)),
        'a digest of the plain request would tell the number to whoever tries',
      );
      const [row] = await sql<{ sealed: string; fingerprint: string }[]>`
      select account_no_sealed as sealed, account_fingerprint as fingerprint from payee_accounts where account_no_last4 = '3334'`;
      t.match(row, { sealed: /^v2\.k1\./, fingerprint: /^[0-9a-f]{64}$/ });
    },
  );

  await t.test('who reads what', async (t) => {
    const items = async (who: Caller, url: string) =>
      (expectStatus(await who.get(url), 200).items as Record<string, unknown>[]).length;
    for (const who of [operator, enterprise, stranger, finance]) {
      t.equal(await items(who, '/providers'), 3, 'providers are open inside the book');
      t.equal(await items(who, '/chips'), 1);
      t.equal(await items(who, `/facilities?providerId=${other.providerId as string}`), 0);
      t.equal(await items(who, `/listings?providerId=${provider.providerId as string}&serviceItem=AI_COMPUTE`), 2);
    }
    const seen = expectStatus(await enterprise.get(`/facilities/${facility.facilityId as string}`), 200);
    t.match(seen.observations, [{ observedOn: '2024-06-30', pflops: '99.99', precision: 'FP16', standardRacks: null }]);
    t.equal((await enterprise.get(`/facilities/${nobody}`)).status, 404);
    t.match(await stranger.get(`/providers/${provider.providerId as string}`), {
      status: 200,
      body: { name: '中原算力有限公司' },
    });
    t.equal((await stranger.get(`/providers/${nobody}`)).status, 404);

    t.equal(await items(own, '/payee-accounts'), 2);
    t.equal(await items(finance, '/payee-accounts'), 2);
    t.equal(
      await items(stranger, `/payee-accounts?providerId=${provider.providerId as string}`),
      0,
      "a stranger's filter finds nothing",
    );
    t.equal(await items(enterprise, '/payee-accounts'), 0, 'an enterprise sees its own');
    t.match(await operator.get('/payee-accounts'), { status: 403, body: { code: 'FORBIDDEN' } });

    const pages: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const body = expectStatus(await operator.get(`/providers?limit=2${next === '' ? '' : `&cursor=${next}`}`), 200);
      pages.push((body.items as { name: string }[]).map((of) => of.name).join());
      next = body.next as string | null;
    }
    t.strictSame(pages, ['中原算力有限公司,嵩山云有限公司', '中原算力分公司']);
  });

  await t.test('a member of another book finds none of it', async (t) => {
    const jiaozuo = await service.newBook('jiaozuo');
    t.strictSame(expectStatus(await jiaozuo.operator.get('/providers'), 200).items, []);
    t.equal((await jiaozuo.operator.get(`/providers/${provider.providerId as string}`)).status, 404);
    const answer = await jiaozuo.operator.post('/facilities', {
      providerId: provider.providerId,
      name: 'x',
      kind: 'DATA_CENTER',
    });
    t.match(answer, { status: 404, body: { code: 'NOT_FOUND' } });
  });
});
