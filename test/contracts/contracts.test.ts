// A contract's way from submission over confirmation to filing (备案), and every refusal on it by its code.
import { createHash } from 'node:crypto';
import t from 'tap';
import { fingerprintOf, formatQuantity, readAmounts } from '../../src/contracts/rules.js';
import { makeUscc } from '../../src/identifiers.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus, startService } from '../service.js';

const uscc = (n: number) => makeUscc(`91410100MA${String(n).padStart(7, '0')}`);
const amounts = (net: string, vat: string, gross: string) => ({ net, vat, gross });

void t.test('amounts tie out to the fen, or the wrong field is named with both figures', async (t) => {
  const line = (of: object) => ({
    description: '推理',
    serviceItem: 'AI_COMPUTE' as const,
    facilityId: '',
    unit: 'CARD_HOUR' as const,
    quantity: '1',
    ...amounts('0.01', '0.00', '0.01'),
    ...of,
  });
  const twoLines = [line(amounts('999999999999999.99', '0.00', '999999999999999.99')), line({})];
  const cases: [string, Parameters<typeof readAmounts>[0], string, string, object][] = [
    ['no net', { ...amounts('0.00', '1.00', '1.00'), lines: [line({})] }, 'AMOUNT_ZERO', '/net', {}],
    ['no gross', { ...amounts('1.00', '0.00', '0.00'), lines: [line({})] }, 'AMOUNT_ZERO', '/gross', {}],
    ['an empty line', { ...amounts('0.01', '0.00', '0.01'), lines: [line({ net: '0.00' })] }, 'AMOUNT_ZERO', '/lines/0/net', {}],
    [
      'a quantity of zero',
      { ...amounts('0.02', '0.00', '0.02'), lines: [line({}), line({ quantity: '0.0000' })] },
      'QUANTITY_ZERO',
      '/lines/1/quantity',
      {},
    ],
    [
      'a total a fen off',
      { ...amounts('0.01', '0.00', '0.02'), lines: [line({})] },
      'CONTRACT_DOES_NOT_ADD_UP',
      '/gross',
      { stated: '0.02', sum: '0.01' },
    ],
    [
      'a line a fen off',
      { ...amounts('0.02', '0.00', '0.02'), lines: [line({}), line({ vat: '0.01' })] },
      'CONTRACT_DOES_NOT_ADD_UP',
      '/lines/1/gross',
      { stated: '0.01', sum: '0.02' },
    ],
    [
      'lines that lack a fen of net',
      { ...amounts('0.02', '0.00', '0.02'), lines: [line({})] },
      'CONTRACT_DOES_NOT_ADD_UP',
      '/net',
      { stated: '0.02', sum: '0.01' },
    ],
    [
      'net and VAT exchanged among lines and totals',
      { ...amounts('0.02', '0.01', '0.03'), lines: [line({}), line(amounts('0.01', '0.02', '0.03'))] },
      'CONTRACT_DOES_NOT_ADD_UP',
      '/vat',
      { stated: '0.01', sum: '0.02' },
    ],
    [
      'a sum beyond what a float would hold',
      { ...amounts('999999999999999.99', '0.00', '999999999999999.99'), lines: twoLines },
      'CONTRACT_DOES_NOT_ADD_UP',
      '/net',
      { stated: '999999999999999.99', sum: '1000000000000000.00' },
    ],
  ];
  for (const [name, of, code, pointer, params] of cases) {
    t.strictSame(readAmounts(of), { kind: 'refused', code, params, pointer }, name);
  }
  t.match(readAmounts({ ...amounts('0.02', '0.00', '0.02'), lines: [line({}), line({})] }), {
    kind: 'tied',
    total: { netFen: 2n, vatFen: 0n, grossFen: 2n },
  });
});

void t.test('a fingerprint is what its documentation says, and differs with every part', async (t) => {
  const parties = { enterprise: { legalPersonUscc: 'E' }, provider: { legalPersonUscc: 'P' } };
  const of = { startsOn: '2024-01-01', endsOn: '2024-12-31', grossFen: 200_000_000n };
  const documented = createHash('sha256').update('["E","P","2024-01-01","2024-12-31","200000000"]').digest('hex');
  t.equal(fingerprintOf(of, parties), documented);
  const others = [
    fingerprintOf({ ...of, grossFen: 200_000_001n }, parties),
    fingerprintOf({ ...of, startsOn: '2024-01-02' }, parties),
    fingerprintOf({ ...of, endsOn: '2025-01-01' }, parties),
    fingerprintOf(of, { ...parties, enterprise: { legalPersonUscc: 'P' } }),
    fingerprintOf(of, { ...parties, provider: { legalPersonUscc: 'E' } }),
  ];
  t.equal(new Set([documented, ...others]).size, 6);
});

void t.test('a quantity reads the same before and after the database', async (t) => {
  for (const [text, expected] of [
    ['736.5000', '736.5'],
    ['736.5', '736.5'],
    ['100', '100'],
    ['100.0000', '100'],
    ['0.0100', '0.01'],
  ] as const) {
    t.equal(formatQuantity(text), expected);
  }
});

void t.test('over HTTP', async (t) => {
  const service = await startService(t, { now: '2024-06-20' });
  const book = await service.newBook('zhengzhou');
  const { operator } = book;
  const [reviewer, auditor, buyer, buyer2, seller, seller2, strangerBuyer, strangerSeller, buyerMachine] = await Promise.all([
    book.member('reviewer'),
    book.member('auditor'),
    book.member('enterprise', { uscc: uscc(1) }),
    book.member('enterprise', { uscc: uscc(1) }),
    book.member('provider', { uscc: uscc(2) }),
    book.member('provider', { uscc: uscc(2) }),
    book.member('enterprise', { uscc: uscc(3) }),
    book.member('provider', { uscc: uscc(4) }),
    book.member('enterprise', { uscc: uscc(1), kind: 'MACHINE' }),
  ]);
  const nobody = '00000000-0000-7000-8000-000000000001';
  const made = async (who: Caller, url: string, body: object) => expectStatus(await who.post(url, body), 201);

  const enterprise = await made(operator, '/enterprises', { uscc: uscc(1), name: '甲科技有限公司' });
  const branch = await made(operator, '/enterprises', { uscc: uscc(5), parentUscc: uscc(1), name: '甲科技分公司' });
  const otherEnterprise = await made(operator, '/enterprises', { uscc: uscc(3), name: '乙科技有限公司' });
  const provider = await made(operator, '/providers', { uscc: uscc(2), name: '中原算力有限公司' });
  const otherProvider = await made(operator, '/providers', { uscc: uscc(4), name: '嵩山云有限公司' });
  const facility = await made(operator, '/facilities', {
    providerId: provider.providerId,
    name: '一号中心',
    kind: 'AI_COMPUTING',
  });
  const foreign = await made(operator, '/facilities', {
    providerId: otherProvider.providerId,
    name: '他处',
    kind: 'AI_COMPUTING',
  });
  const list = (providerId: unknown, serviceItem: string, days: object) =>
    made(reviewer, '/listings', { providerId, serviceItem, batchNo: '1', documentNo: '1', ...days });
  await list(provider.providerId, 'AI_COMPUTE', { validFrom: '2024-01-01', validTo: '2024-07-01' });
  const chip = { vendor: '华为', model: '昇腾910B', source: '目录' };
  await made(operator, '/chips', { ...chip, origin: 'NON_DOMESTIC', validFrom: '2024-01-01' });
  await made(operator, '/chips', { ...chip, origin: 'DOMESTIC', validFrom: '2024-07-01' });
  await made(operator, '/chips', { vendor: '甲厂', model: 'X1', origin: 'DOMESTIC', validFrom: '2024-09-01', source: '目录' });

  const compute = {
    description: '昇腾训练卡时',
    serviceItem: 'AI_COMPUTE',
    facilityId: facility.facilityId,
    chipVendor: '华为',
    chipModel: '昇腾910B',
    unit: 'CARD_HOUR',
    quantity: '736.50',
    ...amounts('1886792.45', '113207.55', '2000000.00'),
  };
  const contract = (contractNo: string, of: object = {}) => ({
    contractNo,
    enterpriseId: enterprise.enterpriseId,
    providerId: provider.providerId,
    signedOn: '2024-06-15',
    startsOn: '2024-07-01',
    endsOn: '2025-06-30',
    purpose: 'MODEL_RESEARCH',
    ...amounts('1886792.45', '113207.55', '2000000.00'),
    lines: [compute],
    ...of,
  });
  /** A contract of one line for `gross`, without VAT and chip. */
  const plain = (contractNo: string, gross: string, of: object = {}) => {
    const money = amounts(gross, '0.00', gross);
    const { chipVendor: _, chipModel: __, ...line } = compute;
    return contract(contractNo, { ...money, lines: [{ ...line, ...money }], ...of });
  };

  const first = expectStatus(await buyer.post('/contracts', contract('HT-1')), 201);
  const firstUrl = `/contracts/${first.contractId as string}`;

  await t.test('what was submitted is told whole, lines numbered from 1', async (t) => {
    t.match(first, {
      contractNo: 'HT-1',
      status: 'SUBMITTED',
      submittedBy: 'enterprise',
      gross: '2000000.00',
      filingNo: null,
      filedOn: null,
      lines: [{ lineNo: 1, chipVendor: '华为', chipModel: '昇腾910B', chipOrigin: null, quantity: '736.5', net: '1886792.45' }],
    });
    const { ledgerSeq: _, ...stored } = first;
    t.strictSame(expectStatus(await auditor.get(firstUrl), 200), stored, 'read back from the database it is the same');
  });

  await t.test('a refusal of a submission names its code and its field', async (t) => {
    const off = { ...compute, gross: '2000000.01' };
    const refusals: [string, Caller, object, number, string, string?][] = [
      ['a stranger for the enterprise', strangerBuyer, contract('X'), 404, 'NOT_FOUND', '/enterpriseId'],
      ['no such enterprise', buyer, contract('X', { enterpriseId: nobody }), 404, 'NOT_FOUND', '/enterpriseId'],
      ['a stranger for the provider', strangerSeller, contract('X'), 404, 'NOT_FOUND', '/providerId'],
      ['no such provider', buyer, contract('X', { providerId: nobody }), 404, 'NOT_FOUND', '/providerId'],
      ['a period turned round', buyer, contract('X', { endsOn: '2024-06-30' }), 400, 'PERIOD_ENDS_BEFORE_START', '/endsOn'],
      ['signed tomorrow', buyer, contract('X', { signedOn: '2024-06-21' }), 400, 'DAY_IN_FUTURE', '/signedOn'],
      [
        'signed when all was over',
        buyer,
        contract('X', { startsOn: '2023-01-01', endsOn: '2023-12-31', signedOn: '2024-01-01' }),
        400,
        'SIGNED_AFTER_END',
        '/signedOn',
      ],
      ['nothing to pay', buyer, contract('X', amounts('0.00', '0.00', '0.00')), 400, 'AMOUNT_ZERO', '/net'],
      ['a line off by a fen', buyer, contract('X', { lines: [off] }), 400, 'CONTRACT_DOES_NOT_ADD_UP', '/lines/0/gross'],
      ['a total off by a fen', buyer, contract('X', { gross: '2000000.01' }), 400, 'CONTRACT_DOES_NOT_ADD_UP', '/gross'],
      ['lines beyond the total', buyer, contract('X', { lines: [compute, compute] }), 400, 'CONTRACT_DOES_NOT_ADD_UP', '/net'],
      [
        'nothing bought',
        buyer,
        contract('X', { lines: [{ ...compute, quantity: '0' }] }),
        400,
        'QUANTITY_ZERO',
        '/lines/0/quantity',
      ],
      [
        "another provider's facility",
        buyer,
        contract('X', { lines: [{ ...compute, facilityId: foreign.facilityId }] }),
        409,
        'FACILITY_NOT_OF_PROVIDER',
        '/lines/0/facilityId',
      ],
      [
        'no such facility',
        buyer,
        contract('X', { lines: [{ ...compute, facilityId: nobody }] }),
        409,
        'FACILITY_NOT_OF_PROVIDER',
        '/lines/0/facilityId',
      ],
      [
        'a model without its vendor',
        buyer,
        contract('X', { lines: [{ ...compute, chipVendor: undefined }] }),
        400,
        'MISSING_FIELD',
        '/lines/0/chipVendor',
      ],
      [
        'a vendor without a model',
        buyer,
        contract('X', { lines: [{ ...compute, chipModel: undefined }] }),
        400,
        'MISSING_FIELD',
        '/lines/0/chipModel',
      ],
      [
        'a chip nobody knows',
        buyer,
        contract('X', { lines: [{ ...compute, chipModel: '昇腾999' }] }),
        409,
        'CHIP_UNKNOWN',
        '/lines/0/chipModel',
      ],
      [
        'a chip known from September on',
        buyer,
        contract('X', { lines: [{ ...compute, chipVendor: '甲厂', chipModel: 'X1' }] }),
        409,
        'CHIP_UNKNOWN',
        '/lines/0/chipModel',
      ],
      ['a number used before', seller, contract('HT-1'), 409, 'CONTRACT_EXISTS', '/contractNo'],
      ['the same contract under another number', seller, contract('HT-2'), 409, 'CONTRACT_DUPLICATE'],
      [
        "the same contract by the enterprise's branch",
        seller,
        contract('HT-2', { enterpriseId: branch.enterpriseId }),
        409,
        'CONTRACT_DUPLICATE',
      ],
      ['no lines', buyer, contract('X', { lines: [] }), 400, 'VALIDATION_FAILED', '/lines'],
      ['the reviewer', reviewer, contract('X'), 403, 'FORBIDDEN'],
    ];
    for (const [name, who, body, status, code, pointer] of refusals) {
      const answer: Answer = await who.post('/contracts', body);
      t.strictSame([answer.status, answer.body.code, answer.body.errors?.[0]?.pointer], [status, code, pointer], name);
      t.notMatch(answer.body.detail, /[{}]/, `${name}: every parameter of the sentence is filled in`);
    }
    const both = await buyer.post('/contracts', contract('X', { gross: '2000000.01' }), { headers: { 'accept-language': 'en' } });
    t.match(both.body.detail, /2000000\.01.*2000000\.00/, 'both figures are said');
  });

  await t.test('confirmed by the other side and another person, filed by the bureau, each in its state', async (t) => {
    const confirm = (who: Caller) => who.post(`${firstUrl}/confirm`, {});
    const file = (who: Caller) => who.post(`${firstUrl}/file`, {});
    // The submitter's own person, with a membership on the other side and one in the bureau.
    const doubleSeller = await book.member('provider', { uscc: uscc(2), personId: buyer.personId });
    const doubleReviewer = await book.member('reviewer', { personId: buyer.personId });
    const reviewerWhoConfirmed = await book.member('reviewer', { personId: seller.personId });
    const early = await file(reviewer);
    t.match(early, { status: 409, body: { code: 'CONTRACT_WRONG_STATE' } });
    t.match(early.body.detail, /SUBMITTED.*confirm/, 'it says the state and what is possible now');
    t.match(await confirm(buyer2), { status: 403, body: { code: 'CONFIRM_BY_OTHER_SIDE' } });
    t.match(await confirm(doubleSeller), { status: 403, body: { code: 'FOUR_EYES' } });
    t.match(await confirm(buyerMachine), { status: 403, body: { code: 'PERSON_REQUIRED' } });
    t.match(await confirm(reviewer), { status: 403, body: { code: 'FORBIDDEN' } });
    for (const stranger of [strangerBuyer, strangerSeller]) {
      const answer = await confirm(stranger);
      t.match(answer, { status: 404, body: { code: 'NOT_FOUND' } });
      t.strictSame(answer.body, (await stranger.post(`/contracts/${nobody}/confirm`, {})).body, 'like one that does not exist');
    }
    t.match(expectStatus(await confirm(seller), 200), { status: 'CONFIRMED' });
    const again = await confirm(seller2);
    t.match(again, { status: 409, body: { code: 'CONTRACT_WRONG_STATE' } });
    t.match(again.body.detail, /CONFIRMED.*file/);
    for (const own of [doubleReviewer, reviewerWhoConfirmed])
      t.match(await file(own), { status: 403, body: { code: 'FOUR_EYES' } });
    t.match(await reviewer.post(`/contracts/${nobody}/file`, {}), { status: 404, body: { code: 'NOT_FOUND' } });

    service.clock.set('2024-07-05');
    const filed = expectStatus(await file(reviewer), 200);
    t.match(filed, { status: 'FILED', filedOn: '2024-07-05', filingNo: 'ZHENGZHOU-F-2024-000001' });
    t.equal(filed.lines[0].chipOrigin, 'DOMESTIC', "the catalogue of the filing day counts, not that of the submission's");
    const { ledgerSeq: _, ...stored } = filed;
    t.strictSame(expectStatus(await buyer.get(firstUrl), 200), stored);
    await made(operator, '/chips', { ...chip, origin: 'NON_DOMESTIC', validFrom: '2024-07-03' });
    t.equal((await buyer.get(firstUrl)).body.lines[0].chipOrigin, 'DOMESTIC', 'and stays what it was');
    t.match((await file(reviewer)).body, { code: 'CONTRACT_WRONG_STATE' });

    const entries = await service.admin.sql<{ kind: string; digest: string | null }[]>`
      select kind, encode(approval_digest, 'hex') as digest from entries where subject_id = ${first.contractId} order by seq`;
    t.strictSame(
      entries.map((of) => of.kind),
      ['contract.submitted', 'contract.confirmed', 'contract.filed'],
    );
    t.match(entries[1]?.digest, /^[0-9a-f]{64}$/);
    t.equal(entries[1]?.digest, entries[2]?.digest, 'confirmation and filing approve the same content');
  });

  const confirmed = async (body: object): Promise<string> => {
    const { contractId } = expectStatus(await seller.post('/contracts', body), 201);
    expectStatus(await buyer.post(`/contracts/${contractId as string}/confirm`, {}), 200);
    return contractId as string;
  };

  await t.test('filing takes a listing on some day of the period, for every line', async (t) => {
    // Listed for AI_COMPUTE until 2024-07-01, the last day included.
    const lastDay = await confirmed(plain('HT-10', '10.00', { startsOn: '2024-07-01' }));
    const dayAfter = await confirmed(plain('HT-11', '11.00', { startsOn: '2024-07-02' }));
    const { chipVendor: _, chipModel: __, ...line } = compute;
    const mixed = await confirmed(
      plain('HT-12', '12.00', {
        lines: [
          { ...line, ...amounts('6.00', '0.00', '6.00') },
          { ...line, ...amounts('6.00', '0.00', '6.00'), serviceItem: 'STORAGE' },
        ],
      }),
    );
    expectStatus(await reviewer.post(`/contracts/${lastDay}/file`, {}), 200);
    const refused = await reviewer.post(`/contracts/${dayAfter}/file`, {});
    t.match(refused, { status: 409, body: { code: 'PROVIDER_NOT_LISTED' } });
    t.match(refused.body.detail, /2024-07-02.*2025-06-30.*智能算力/);
    const storage = await reviewer.post(`/contracts/${mixed}/file`, {});
    t.match(storage, { status: 409, body: { code: 'PROVIDER_NOT_LISTED' } });
    t.match(storage.body.detail, /存储/);
    await list(provider.providerId, 'STORAGE', { validFrom: '2025-06-30' });
    expectStatus(await reviewer.post(`/contracts/${mixed}/file`, {}), 200);
  });

  await t.test('twenty times the same contract at once: one is in, nineteen are told', async (t) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => buyer.post('/contracts', plain(i % 2 ? 'HT-20' : `HT-20-${i}`, '20.00'))),
    );
    t.equal(answers.filter((of) => of.status === 201).length, 1);
    for (const of of answers.filter((of) => of.status !== 201)) t.match(of.body.code, /^CONTRACT_(EXISTS|DUPLICATE)$/);
  });

  await t.test(
    'contracts filed at once get the numbers of the year without a gap; one filed twice at once is filed once',
    async (t) => {
      const ids = await Promise.all(
        Array.from({ length: 12 }, (_, i) => confirmed(plain(`HT-30-${i}`, `30.${i + 10}`, { startsOn: '2024-07-01' }))),
      );
      const answers = await Promise.all([...ids, ...ids].map((id) => reviewer.post(`/contracts/${id}/file`, {})));
      const filed = answers.filter((of) => of.status === 200).map((of) => of.body.filingNo as string);
      const expected = Array.from({ length: 12 }, (_, i) => `ZHENGZHOU-F-2024-${String(i + 4).padStart(6, '0')}`);
      t.strictSame(filed.sort(), expected);
      for (const of of answers.filter((of) => of.status !== 200)) t.equal(of.body.code, 'CONTRACT_WRONG_STATE');
      service.clock.set('2025-01-02');
      const next = await confirmed(plain('HT-31', '31.00'));
      t.match((await reviewer.post(`/contracts/${next}/file`, {})).body, { filingNo: 'ZHENGZHOU-F-2025-000001' });
    },
  );

  await t.test('each side sees its own contracts, the authorities all of them', async (t) => {
    const between = plain('HT-1', '40.00', {
      enterpriseId: otherEnterprise.enterpriseId,
      providerId: otherProvider.providerId,
    });
    between.lines = between.lines.map((of) => ({ ...of, facilityId: foreign.facilityId as string }));
    const others = expectStatus(await strangerBuyer.post('/contracts', between), 201);
    const branchOwn = expectStatus(
      await buyer.post('/contracts', plain('HT-41', '41.00', { enterpriseId: branch.enterpriseId })),
      201,
    );

    const seen = async (who: Caller, query = '') =>
      (expectStatus(await who.get(`/contracts?limit=200${query}`), 200).items as { contractNo: string; lines: unknown[] }[]).map(
        (of) => `${of.contractNo}/${of.lines.length}`,
      );
    t.strictSame(await seen(strangerBuyer), ['HT-1/1']);
    t.strictSame(await seen(strangerSeller), ['HT-1/1']);
    const all = await seen(auditor);
    t.strictSame(
      await seen(buyer),
      [...all.filter((_, i) => i !== all.length - 2)],
      "all but the strangers', the branch's included",
    );
    t.strictSame(await seen(seller), await seen(buyer));
    t.strictSame(await seen(reviewer, `&enterpriseId=${branch.enterpriseId as string}`), ['HT-41/1']);
    t.strictSame(await seen(reviewer, `&providerId=${otherProvider.providerId as string}`), ['HT-1/1']);
    t.ok((await seen(seller, '&status=FILED')).includes('HT-12/2'));
    t.strictSame(await seen(seller, `&enterpriseId=${otherEnterprise.enterpriseId as string}`), [], 'a filter finds no more');
    t.equal((await seller.get(`/contracts/${others.contractId as string}`)).status, 404);
    t.equal((await seller.get(`/contracts/${branchOwn.contractId as string}`)).status, 200);
    t.match(await auditor.get('/contracts?cursor=x'), { status: 400 });

    const jiaozuo = await service.newBook('jiaozuo');
    t.strictSame(await seen(jiaozuo.operator), []);
    t.equal((await jiaozuo.operator.get(firstUrl)).status, 404);
  });
});
