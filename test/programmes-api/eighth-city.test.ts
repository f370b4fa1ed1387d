// A new city needs a file and no code: the programme of an invented city, written here and nowhere else, goes to the API as text and
// pays its first award by its own articles.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { told, uscc } from '../applications/world.js';
import { nextSerial } from '../journeys/job.js';
import { expectStatus, startService } from '../service.js';

// 青岚市 is invented, and so are its documents. Net amounts, 45 % for domestic chips (40 % before 1 March 2026) and 25 % for others,
// 800,000 yuan a year, at least 10,000, product development only, nine months, paid by city and county seven to three.
const qinglan = `
programme: qinglan-compute
version: 1
name: { zh: 青岚市算力券, en: Qinglan compute voucher }
status: ENACTED
basis: { document: measure, article: 第三条 }
documents:
  measure: { kind: MEASURE, title: 青岚市算力券管理办法, number: 青政发〔2024〕7号, issuedOn: 2024-11-30 }
  rules: { kind: DETAILED_RULES, title: 青岚市算力券实施细则, number: 青数〔2024〕19号, issuedOn: 2024-12-20 }
inForce: { from: 2025-01-01, to: 2027-12-31, cite: { document: measure, article: 第二十条 } }
responsibleDepartments: { value: [市数据局, 市财政局], cite: { document: measure, article: 第二条 } }
flow: { value: VOUCHER, cite: { document: measure, article: 第三条 } }
payee: { value: PROVIDER, cite: { document: rules, article: 第九条 } }
base: { value: CONTRACT_AMOUNT, cite: { document: measure, article: 第四条 } }
amountBasis: { value: NET, cite: { document: rules, article: 第四条 } }
rate:
  values:
    - from: 2025-01-01
      value: { kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 4000 }, { basisPoints: 2500 }] }
    - from: 2026-03-01
      value: { kind: CEILING, tiers: [{ when: { chipOrigin: DOMESTIC }, basisPoints: 4500 }, { basisPoints: 2500 }] }
      cite: { document: measure, article: 第五条第二款 }
  cite: { document: measure, article: 第五条第一款 }
mixedChips: { value: LOWER_RATE, cite: { document: rules, article: 第五条 } }
limits:
  - { id: yearly, counts: CLAIMED, per: LEGAL_PERSON, window: YEAR, value: 800000.00, cite: { document: measure, article: 第六条 } }
minAward: { value: 10000.00, cite: { document: rules, article: 第六条 } }
allocation: { value: FIRST_COME, cite: { document: rules, article: 第七条 } }
beneficiaryKinds: { value: [ENTERPRISE], cite: { document: measure, article: 第三条 } }
eligibility:
  - id: registered-here
    strength: HARD
    text: { zh: 在青岚市登记注册, en: registered in Qinglan }
    evidence: [营业执照]
    cite: { document: measure, article: 第三条 }
providerConditions: { value: [LISTED_FOR_SERVICE_ITEM], cite: { document: rules, article: 第三条 } }
serviceItems: { value: [AI_COMPUTE], cite: { document: measure, article: 第四条 } }
purposes: { value: [PRODUCT_DEVELOPMENT], cite: { document: measure, article: 第三条 } }
exclusions: { value: [SELF_BUILT_SELF_USED], cite: { document: measure, article: 第七条 } }
validityMonths: { value: 9, cite: { document: rules, article: 第八条 } }
funders:
  value:
    - { funder: CITY, name: { zh: 市财政, en: city finance }, basisPoints: 7000 }
    - { funder: COUNTY, name: { zh: 县财政, en: county finance }, basisPoints: 3000 }
  cite: { document: measure, article: 第八条 }
settlementCadence: { value: MONTHLY, cite: { document: rules, article: 第十条 } }
redemption:
  selfFundedPaid: { value: BEFORE_REDEMPTION, cite: { document: rules, article: 第九条 } }
  inFlightAtExpiry: { value: FINISH, cite: { document: rules, article: 第九条 } }
  usageWithinValidity: { value: END, cite: { document: rules, article: 第九条 } }
  carryCutOff: { value: false, cite: { document: rules, article: 第九条 } }
  unusedFaceReturnsQuota: { value: false, cite: { document: rules, article: 第九条 } }
cases:
  - name: 施行前一日
    stage: ISSUE
    article: 第二十条
    given: { appliedOn: 2024-12-31, contract: { lines: [{ gross: 106000.00, vat: 6000.00, chipOrigin: DOMESTIC }] } }
    expect: { refused: PROGRAMME_NOT_IN_FORCE }
  - name: 施行首日，国产芯片，不含税 10 万元
    stage: ISSUE
    article: 第五条第一款
    given: { appliedOn: 2025-01-01, contract: { lines: [{ gross: 106000.00, vat: 6000.00, chipOrigin: DOMESTIC }] } }
    expect: { award: 40000.00 }
  - name: 提高前一日
    stage: ISSUE
    article: 第五条第一款
    given: { appliedOn: 2026-02-28, contract: { lines: [{ gross: 106000.00, vat: 6000.00, chipOrigin: DOMESTIC }] } }
    expect: { award: 40000.00 }
  - name: 提高首日
    stage: ISSUE
    article: 第五条第二款
    given: { appliedOn: 2026-03-01, contract: { lines: [{ gross: 106000.00, vat: 6000.00, chipOrigin: DOMESTIC }] } }
    expect: { award: 45000.00 }
  - name: 非国产与来源不明的，按较低比例
    stage: ISSUE
    article: 细则第五条
    given:
      appliedOn: 2026-03-01
      contract: { lines: [{ gross: 40000.00, chipOrigin: NON_DOMESTIC }, { gross: 40000.00, chipOrigin: UNKNOWN }] }
    expect: { award: 20000.00 }
  - name: 受每年限额限制
    stage: ISSUE
    article: 第六条
    given: { appliedOn: 2026-03-01, contract: { lines: [{ gross: 2000000.00, chipOrigin: DOMESTIC }] } }
    expect: { award: 800000.00, bound: yearly }
  - name: 不足一万元的不予发放
    stage: ISSUE
    article: 细则第六条
    given: { appliedOn: 2026-03-01, contract: { lines: [{ gross: 39999.99, chipOrigin: NON_DOMESTIC }] } }
    expect: { refused: BELOW_MINIMUM_AWARD }
  - name: 最后一日
    stage: ISSUE
    article: 第二十条
    given: { appliedOn: 2027-12-31, contract: { lines: [{ gross: 100000.00, chipOrigin: NON_DOMESTIC }] } }
    expect: { award: 25000.00 }
  - name: 最后一日的次日
    stage: ISSUE
    article: 第二十条
    given: { appliedOn: 2028-01-01, contract: { lines: [{ gross: 100000.00, chipOrigin: NON_DOMESTIC }] } }
    expect: { refused: PROGRAMME_NOT_IN_FORCE }
`;

interface Step {
  document: string;
  article: string;
  result: string;
}
/** Where each step stands, once. */
const articlesOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.map(({ document, article }) => `${document}${article}`)),
];

void t.test('an eighth city by a file alone: from the text to a redeemed invoice', async (t) => {
  const service = await startService(t, { now: '2026-04-01' });
  const book = await service.newBook('qinglan', '青岚市');
  const { operator } = book;
  const [providerUscc, firmUscc] = [uscc(7000001), uscc(7000002)];
  const [reviewer, approver, finance, provider, firm] = await Promise.all([
    book.member('reviewer'),
    book.member('approver'),
    book.member('finance'),
    book.member('provider', { uscc: providerUscc }),
    book.member('enterprise', { uscc: firmUscc }),
  ]);
  const programmeCode = 'qinglan-compute';

  const published = expectStatus(await operator.post('/programmes', { document: qinglan }), 201);
  t.strictSame(published.openPoints, [], 'the file leaves nothing open');
  const activate = `/programmes/${published.programmeVersionId as string}/activate`;
  const sameHand = await book.member('approver', { personId: operator.personId });
  t.equal(told(await sameHand.post(activate)), '403 FOUR_EYES');
  t.match(expectStatus(await approver.post(activate), 200), {
    status: 'ACTIVE',
    inForceFrom: '2025-01-01',
    inForceTo: '2027-12-31',
  });
  const load = (funder: string, amount: string) =>
    finance.post('/appropriations', { programmeCode, year: 2026, funder, amount, documentNo: `青财预〔2026〕${funder}` });
  expectStatus(await load('CITY', '700000.00'), 201);
  t.match(expectStatus(await load('COUNTY', '300000.00'), 201), { available: '1000000.00' });

  // The trade: a listed provider with a facility, two chips of the catalogue, a contract of three lines.
  const { providerId } = expectStatus(await operator.post('/providers', { uscc: providerUscc, name: '青岚智算' }), 201) as {
    providerId: string;
  };
  const { enterpriseId } = expectStatus(await operator.post('/enterprises', { uscc: firmUscc, name: '青岚模型公司' }), 201) as {
    enterpriseId: string;
  };
  const facility = { providerId, name: '青岚智算中心', kind: 'AI_COMPUTING' };
  const { facilityId } = expectStatus(await provider.post('/facilities', facility), 201) as { facilityId: string };
  for (const serviceItem of ['AI_COMPUTE', 'STORAGE']) {
    const listing = { providerId, serviceItem, batchNo: '2026-1', documentNo: '青数公告〔2026〕1号', validFrom: '2026-01-01' };
    expectStatus(await reviewer.post('/listings', listing), 201);
  }
  for (const [vendor, origin] of [
    ['甲厂', 'DOMESTIC'],
    ['乙厂', 'NON_DOMESTIC'],
  ] as const) {
    expectStatus(await operator.post('/chips', { vendor, model: 'X1', origin, validFrom: '2026-01-01', source: '目录' }), 201);
  }
  const line = { facilityId, unit: 'CARD_HOUR' };
  const amounts = (net: string, vat: string, gross: string) => ({ net, vat, gross });
  const contract = expectStatus(
    await firm.post('/contracts', {
      contractNo: 'QL-1',
      enterpriseId,
      providerId,
      signedOn: '2026-03-20',
      startsOn: '2026-04-01',
      endsOn: '2026-12-31',
      purpose: 'PRODUCT_DEVELOPMENT',
      ...amounts('1250000.00', '75000.00', '1325000.00'),
      lines: [
        {
          ...line,
          description: '国产卡时',
          serviceItem: 'AI_COMPUTE',
          chipVendor: '甲厂',
          chipModel: 'X1',
          quantity: '1000',
          ...amounts('1000000.00', '60000.00', '1060000.00'),
        },
        {
          ...line,
          description: '进口卡时',
          serviceItem: 'AI_COMPUTE',
          chipVendor: '乙厂',
          chipModel: 'X1',
          quantity: '100',
          ...amounts('200000.00', '12000.00', '212000.00'),
        },
        { ...line, description: '存储', serviceItem: 'STORAGE', quantity: '10', ...amounts('50000.00', '3000.00', '53000.00') },
      ],
    }),
    201,
  );
  const contractId = contract.contractId as string;
  expectStatus(await provider.post(`/contracts/${contractId}/confirm`), 200);
  expectStatus(await reviewer.post(`/contracts/${contractId}/file`), 200);

  // 45 % of 1,000,000 and 25 % of 200,000, without tax and without the storage.
  const application = expectStatus(await firm.post('/applications', { programmeCode, contractId, commitment: true }), 201);
  t.equal(application.computed, '500000.00');
  const path = `/applications/${application.applicationId as string}`;
  const { reviewDigest } = expectStatus(
    await reviewer.post(`${path}/review`, { eligibility: { 'registered-here': true } }),
    200,
  ) as {
    reviewDigest: string;
  };
  const approved = expectStatus(await approver.post(`${path}/approve`, { reviewDigest }), 200);
  const { voucher } = approved;
  t.match(voucher, { face: '500000.00', issuedOn: '2026-04-01', lastDay: '2027-01-01' });
  const steps = approved.explanation as Step[];
  const articles = articlesOf(steps);
  t.ok(
    articles.every((article) => /^青(政发〔2024〕7号|数〔2024〕19号)第/.test(article)),
    articles.join(' '),
  );
  for (const article of [
    '青政发〔2024〕7号第二十条',
    '青政发〔2024〕7号第五条第二款',
    '青政发〔2024〕7号第六条',
    '青数〔2024〕19号第六条',
  ])
    t.ok(articles.includes(article), article);
  t.equal(steps.at(-1)?.result, '500000.00');

  // 300 card-hours on domestic chips and 30 on others: 135,000 and 15,000.
  service.clock.set('2026-04-28');
  const invoice = expectStatus(
    await provider.post('/usage-invoices', {
      invoiceNo: `2641${nextSerial()}`,
      contractId,
      issuedOn: '2026-04-28',
      usageFrom: '2026-04-01',
      usageTo: '2026-04-25',
      ...amounts('360000.00', '21600.00', '381600.00'),
      lines: [
        { contractLineNo: 1, quantity: '300', ...amounts('300000.00', '18000.00', '318000.00') },
        { contractLineNo: 2, quantity: '30', ...amounts('60000.00', '3600.00', '63600.00') },
      ],
    }),
    201,
  );
  const invoiceId = invoice.invoiceId as string;
  expectStatus(await firm.post(`/usage-invoices/${invoiceId}/confirm`), 200);
  const pay = (amount: string) =>
    firm.post(`/usage-invoices/${invoiceId}/payments`, { amount, paidOn: '2026-04-28', bankSerial: nextSerial() });
  expectStatus(await pay('231599.99'), 201);
  const redemption = { voucherId: voucher.voucherId as string, invoiceId };
  t.equal(told(await firm.post('/redemptions', redemption)), '409 SELF_FUNDED_PART_UNPAID', 'a fen of its own part is open');
  expectStatus(await pay('0.01'), 201);
  const redeemed = expectStatus(await firm.post('/redemptions', redemption), 201);
  t.match(redeemed, { approved: '150000.00', status: 'APPROVED', voucherBalance: '350000.00' });
  t.ok(articlesOf(redeemed.explanation as Step[]).includes('青政发〔2024〕7号第五条第二款'), 'by its own article');

  const { items } = expectStatus(await finance.get('/funds'), 200);
  t.match(items, [{ fund: 'qinglan-compute/2026', available: '500000.00', vouchers: '350000.00', payable: '150000.00' }]);
  const { db } = service;
  const audits = [
    await auditLedger(db, book.bookId),
    await auditBusiness(db, book.bookId),
    await recomputeAwards(db, book.bookId),
  ];
  t.strictSame(audits, [[], [], []]);
});
