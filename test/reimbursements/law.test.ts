// What the law asks of flow R, over HTTP: a paper that is declared and comes back by another door; figures not on record; windows of
// years; general controls; limits and stacking rules that several programmes share; where a provider is from.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { submitDraft } from '../../src/cases/draft.js';
import { reimbursementCases } from '../../src/reimbursements/cases.js';
import { claimDraft, releaseUnused } from '../../src/reimbursements/claim-papers.js';
import { submitReimbursement } from '../../src/reimbursements/submit-reimbursement.js';
import { claimNumbers } from '../../src/usage/claim-number.js';
import { planted } from '../planted.js';
import { expectStatus } from '../service.js';
import type { Firm, World } from './world.js';
import { cite, common, costCode, costs, feeCode, startWorld, told, uscc, voucherCode } from './world.js';

const audited = async (world: World) => [
  ...(await auditLedger(world.db, world.book.bookId)),
  ...(await auditBusiness(world.db, world.book.bookId)),
  ...(await recomputeAwards(world.db, world.book.bookId)),
];
const item = (reference: string, gross: string, more: object = {}) => ({
  reference,
  description: '语料采购',
  counterpartyUscc: uscc(900),
  counterpartyName: '钱江算力有限公司',
  serviceItem: 'CORPUS',
  net: gross,
  vat: '0.00',
  gross,
  settledOn: '2025-01-20',
  evidence: '银行回单',
  ...more,
});
const idOf = (of: Record<string, unknown>): string => of.reimbursementId as string;
interface Drafted {
  allocationId: string;
  contentDigest: string;
  lines: { reimbursementId: string; claim: string; amount: string; reason: string | null }[];
}
const allocate = (world: World, programmeCode: string, year = 2025) =>
  world.reviewer.post('/allocations', { programmeCode, year });
/** Shares what was reviewed and approves it; what each got. */
async function give(world: World, programmeCode: string, year = 2025): Promise<Map<string, string>> {
  const drafted = expectStatus(await allocate(world, programmeCode, year), 201) as Drafted;
  expectStatus(
    await world.approver.post(`/allocations/${drafted.allocationId}/approve`, { contentDigest: drafted.contentDigest }),
    200,
  );
  return new Map(drafted.lines.map(({ reimbursementId, amount, reason }) => [reimbursementId, reason ?? amount]));
}

void t.test('a paper that is declared can not be used again unseen, whichever door it comes back by', async (t) => {
  const world = await startWorld(t);
  const [firm, other] = [await world.firm(1), await world.firm(2)];
  const declare = (who: Firm, items: object[], of: Record<string, unknown> = {}, options = {}) =>
    world.apply(who, { programmeCode: costCode, items, ...of }, options);
  const first = await world.fee(firm, { lines: [{ gross: '100000.00' }] });
  // The number that the next invoice will bear.
  const number = `${first.invoiceNo.slice(0, 4)}${String(Number(first.invoiceNo.slice(4)) + 1).padStart(16, '0')}`;
  const holders = async (of = number) =>
    (await world.owner.sql<{ holders: number }[]>`select holders from invoice_claims where number = ${of}`)[0]?.holders ?? 0;

  expectStatus(await declare(firm, [item(number, '10000.00')], {}, { dryRun: true }), 200);
  t.equal(await holders(), 0, 'a dry run claims nothing');
  t.equal(told(await declare(firm, [item(number, '10000.00', { serviceItem: 'STORAGE' })])), '409 SERVICE_ITEM_NOT_COUNTED');
  t.equal(await holders(), 0, 'nor does what is refused');
  const key = { key: 'declared-once' };
  const declared = expectStatus(await declare(firm, [item(number, '10000.00')], {}, key), 201);
  t.match(declared, { numberConflicts: 0 });
  t.equal(idOf(expectStatus(await declare(firm, [item(number, '10000.00')], {}, key), 201)), idOf(declared));
  t.equal(await holders(), 1, 'a retry holds nothing more');

  await t.test('declared again', async (t) => {
    const wide = [...number].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('');
    for (const typed of [number, `${number.slice(0, 8)} ${number.slice(8)}`, wide])
      t.equal(told(await declare(other, [item(typed, '10000.00')])), '409 ITEM_ALREADY_FUNDED', 'however it is typed');
    t.equal(
      told(await declare(other, [item('HT－１ａ', '10.00'), item('ht-1 A', '10.00')])),
      '400 ITEM_TWICE',
      'nor twice in one application',
    );
    const another = { counterpartyUscc: uscc(500), counterpartyName: '语料有限公司' };
    t.equal(told(await declare(other, [item(number, '10.00'), item(number, '10.00', another)])), '400 ITEM_TWICE');
    for (const who of [firm, other]) {
      const marked = expectStatus(await declare(who, [item(number, '10000.00', another)]), 201);
      t.match(marked, { numberConflicts: 1 }, 'of another seller it is marked');
      t.match(expectStatus(await world.reviewer.get(`/reimbursements/${idOf(marked)}`), 200), { numberConflicts: 1 });
      expectStatus(await world.reviewer.post(`/reimbursements/${idOf(marked)}/reject`, { reason: '号码重复' }), 200);
      t.equal(await holders(), 1, 'and takes nothing of the first one with it');
    }
  });

  await t.test('posted afterwards, as an invoice to be redeemed', async (t) => {
    const ownPart = [{ amount: '900.00', paidOn: '2024-08-01' }];
    const later = await world.fee(firm, { lines: [{ gross: '1000.00' }], payments: ownPart });
    t.equal(later.invoiceNo, number);
    const shown = async () => expectStatus(await firm.member.get(`/usage-invoices/${later.invoiceId}`), 200);
    t.match(await shown(), { numberConflict: true, isReimbursed: true }, 'it is held by what declared it');
    for (const year of [2024, 2025]) await world.load(voucherCode, '1000.00', year);
    const opening = { kind: 'VOUCHER', programmeCode: voucherCode, version: 2, contractId: later.contractId, balance: '100.00' };
    const days = { issuedOn: '2024-06-01', lastDay: '2025-06-01' };
    const { openingBalanceId } = expectStatus(await world.operator.post('/opening-balances', { ...opening, ...days }), 201);
    const { voucherId } = expectStatus(
      await world.approver.post(`/opening-balances/${openingBalanceId as string}/approve`, {}),
      200,
    );
    const redeem = () => firm.member.post('/redemptions', { voucherId: voucherId as string, invoiceId: later.invoiceId });
    t.equal(told(await redeem()), '409 INVOICE_REIMBURSED');
    t.equal(told(await world.apply(other)), '409 NOTHING_TO_REIMBURSE');
    t.match(
      expectStatus(await world.apply(firm, { contractIds: [first.contractId] }), 201),
      { base: '100000.00' },
      'what is not held counts',
    );
    t.equal(told(await world.apply(firm, { contractIds: [later.contractId] })), '409 NOTHING_TO_REIMBURSE');
    t.strictSame(await audited(world), []);
    expectStatus(await world.reviewer.post(`/reimbursements/${idOf(declared)}/reject`, { reason: '非语料' }), 200);
    t.match(await shown(), { isReimbursed: false });
    t.equal(await holders(), 0, 'the number is free again');
    t.match(expectStatus(await redeem(), 201), { status: 'SUBMITTED' }, 'a marked one still waits for a person');
    t.equal(told(await declare(firm, [item(number, '10000.00')])), '409 ITEM_ALREADY_FUNDED', 'and now it is redeemed');
  });

  await t.test('claimed in another book', async (t) => {
    const abroad = await world.newBook('elsewhere');
    const number = '24330000000000999999';
    const owned = { number, bookId: abroad.bookId, providerId: abroad.bookId };
    t.equal((await claimNumbers(world.db, [owned], world.clock.now()))(owned), true);
    t.match(expectStatus(await declare(other, [item(number, '10000.00')]), 201), { numberConflicts: 1 });
  });

  await t.test('written into a draft after its numbers were claimed', async (t) => {
    const [before, anew] = ['24330000000000888888', '24330000000000777777'];
    const declaring = (reference: string) => ({ programmeCode: costCode, items: [item(reference, '10000.00')] });
    const draft = expectStatus(await other.member.post('/reimbursements/drafts', declaring(before)), 201);
    const { bookId } = world.book;
    const of = { bookId, reimbursementId: idOf(draft), legalPersonUscc: other.uscc };
    const sent = { commitment: true as const, id: of.reimbursementId };
    const body = await claimDraft(world.db, { ...of, body: sent, now: world.clock.now() });
    expectStatus(await other.member.post(`/reimbursements/${of.reimbursementId}/revise`, declaring(anew)), 200);
    const { memberId, personId } = other.member;
    const outcome = await (
      await world.books.find(world.book.code)
    )?.lane.submit(submitDraft(reimbursementCases, submitReimbursement), {
      key: 'late',
      requestDigest: 'a'.repeat(64),
      body,
      actor: { memberId, personId, kind: 'PERSON', role: 'enterprise', legalPersonUscc: other.uscc },
    });
    if (outcome?.kind !== 'accepted') throw new Error('the draft was refused');
    t.equal(await holders(before), 1);
    await releaseUnused(world.db, { bookId, body, outcome });
    t.equal(await holders(before), 0, 'what is not declared any more is free again');
    t.match(outcome.result, { numberConflicts: 1 }, 'and what nobody has claimed is marked for a person');
  });

  await t.test('a contract of the book: the line names it, and a supported one or another firm’s is marked', async (t) => {
    const contractNo = async (contractId: string) =>
      expectStatus(await world.reviewer.get(`/contracts/${contractId}`), 200).contractNo as string;
    const free = await world.fee(other, { lines: [{ gross: '50000.00' }], confirmed: false });
    const own = expectStatus(await declare(other, [item(await contractNo(free.contractId), '50000.00')]), 201);
    t.match(own, { numberConflicts: 0 });
    t.match(expectStatus(await world.reviewer.get(`/reimbursements/${idOf(own)}/lines`), 200).items, [
      { contractId: free.contractId, invoiceId: null, numberConflict: false },
    ]);
    const supported = expectStatus(await declare(firm, [item(await contractNo(first.contractId), '50000.00')]), 201);
    t.match(supported, { numberConflicts: 1 }, 'its fees are applied for already');
    const foreign = await world.fee(firm, { lines: [{ gross: '50000.00' }] });
    const alien = expectStatus(await declare(other, [item(await contractNo(foreign.contractId), '50000.00')]), 201);
    t.match(alien, { numberConflicts: 1 });
    t.match(expectStatus(await world.reviewer.get(`/reimbursements/${idOf(alien)}/lines`), 200).items, [
      { contractId: null, numberConflict: true },
    ]);
  });
  t.strictSame(await audited(world), []);
});

void t.test('a condition of an item costs the item that fails it, and the others count', async (t) => {
  const world = await startWorld(t);
  const code = 'traded-items';
  await world.plantProgramme(`${costs.replace(costCode, code)}
eligibility:
  - { id: lawful, strength: HARD, text: { zh: 守法, en: abides by the law }, evidence: [证明], ${cite('第七条')} }
  - { id: traded, strength: SOFT, of: ITEM, text: { zh: 在平台购买, en: bought on the exchange }, evidence: [凭证], ${cite('第七条')} }
`);
  await world.load(code, '100000.00');
  const firm = await world.firm(1);
  const items = [item('T-1', '10000.00'), item('T-2', '20000.00'), item('T-3', '40000.00')];
  const applied = expectStatus(await world.apply(firm, { programmeCode: code, items }), 201);
  t.match(applied, { computed: '21000.00', lineCount: 3 }, 'taken as met until they are looked at');
  const review = (of: object) =>
    world.reviewer.post(`/reimbursements/${idOf(applied)}/review`, { eligibility: { lawful: true, traded: true }, ...of });
  const finding = (lineNo: number, met: boolean, predicate = 'traded') => ({ lineNo, predicate, met });
  const wrong: [object, string][] = [
    [{ items: [finding(2, false, 'lawful')] }, '400 PREDICATE_UNKNOWN'],
    [{ items: [finding(4, false)] }, '400 ITEM_UNKNOWN'],
    [{ exceptions: { traded: '新设平台' } }, '409 EXCEPTION_NOT_ALLOWED'],
    [{ items: [1, 2, 3].map((n) => finding(n, false)) }, '409 NOT_ELIGIBLE'],
    [{ eligibility: { lawful: true, traded: false } }, '409 NOT_ELIGIBLE'],
  ];
  for (const [of, expected] of wrong) t.equal(told(await review(of)), expected, JSON.stringify(of));
  const excepted = { items: [finding(1, false), finding(2, false)], exceptions: { traded: '新设平台' } };
  t.match(expectStatus(await review(excepted), 200), { approved: '21000.00' }, '“原则上”: set aside with a reason');
  const reviewed = expectStatus(await review({ items: [finding(2, false)] }), 200);
  t.match(reviewed, { approved: '15000.00', eligibility: { predicates: { traded: 'MET', 'traded/2': 'NOT_MET' } } });
  t.match(reviewed.summary, [
    { lines: 2, gross: '50000.00' },
    { basisPoints: null, reason: 'NOT_ELIGIBLE', lines: 1 },
  ]);
  t.equal(told(await review({ items: [finding(2, true)] })), '400 ITEM_UNKNOWN', 'what was let go is not taken up again');
  t.equal((await give(world, code)).get(idOf(applied)), '15000.00');
  t.strictSame(await audited(world), [], 'and the award recomputes from what was found of each line');
  const again = expectStatus(await world.apply(firm, { programmeCode: code, items: [items[1]] }), 201);
  t.match(again, { computed: '6000.00' }, 'the line that was let go is free to be shown anew');
});

void t.test('one contract, all public money: what several programmes give together, and where a provider is from', async (t) => {
  const ceiling = `stacking: [{ id: public-money, strategy: PUBLIC_MONEY_CEILING, by: CONTRACT, group: public-money, basisPoints: 5000, ${cite('第八条')} }]\n`;
  const world = await startWorld(t, { fees: [['allocation:', `${ceiling}allocation:`]] });
  const code = 'contracts-too';
  await world.plantProgramme(`${costs.replace(costCode, code).replace(/^minAward.*\n/m, '')}${ceiling}`);
  await world.plantProgramme(
    `${costs.replace(costCode, 'local-only')}providerConditions: { value: [LOCAL], ${cite('第六条')} }\n`,
  );
  for (const of of [feeCode, code]) await world.load(of, '100000.00');
  const firm = await world.firm(1);
  const fee = await world.fee(firm, { lines: [{ gross: '10000.00' }] });
  const { contractNo } = expectStatus(await world.reviewer.get(`/contracts/${fee.contractId}`), 200);
  t.equal(
    told(await world.apply(firm, { programmeCode: 'local-only', items: [item('X-1', '9000.00')] })),
    '409 PROVIDER_NOT_LOCAL',
  );
  const near = makeLocal();
  t.match(expectStatus(await world.apply(firm, { programmeCode: 'local-only', items: [item('X-1', '9000.00', near)] }), 201), {
    computed: '2700.00',
  });
  const fees = await world.reviewed(firm, {}, { contractIds: [fee.contractId] });
  t.equal((await give(world, feeCode)).get(fees), '5000.00', '60 % is 6,000.00; half of the contract is all there is');
  const declared = expectStatus(
    await world.apply(firm, { programmeCode: code, items: [item(contractNo as string, '10000.00')] }),
    201,
  );
  t.match(declared, { computed: '3000.00', outlook: { amount: '0.00', refusal: 'LIMIT_EXHAUSTED' }, numberConflicts: 0 });
  expectStatus(await world.reviewer.post(`/reimbursements/${idOf(declared)}/review`, { eligibility: {} }), 200);
  const nothing = await allocate(world, code);
  t.equal(told(nothing), '409 ALLOCATION_GIVES_NOTHING');
  t.match(nothing.body.detail, /限额已用完（.*）：.*剩余 0\.00 元；本次按规定计算为 3,000\.00 元/);
  // Half of a larger contract leaves room: what is on record of it is the law's to look at, and 12,000.00 are declared.
  expectStatus(await world.reviewer.post(`/reimbursements/${idOf(declared)}/reject`, { reason: '重报' }), 200);
  const again = await world.reviewed(firm, {}, { programmeCode: code, items: [item(contractNo as string, '12000.00')] });
  t.equal((await give(world, code)).get(again), '1000.00');
  t.strictSame(await audited(world), []);

  function makeLocal() {
    return { counterpartyUscc: '91410100MA0000007G', counterpartyName: '郑州算力有限公司' };
  }
});

void t.test('E2: 5,000,000.00 in three years from the first award, whatever the years bring', async (t) => {
  const world = await startWorld(t, {
    fees: [
      [
        'per: LEGAL_PERSON, window: YEAR, value: 20000000.00',
        'per: LEGAL_PERSON, window: YEARS_FROM_FIRST_AWARD, years: 3, value: 5000000.00',
      ],
      ['basisPoints: 6000', 'basisPoints: 5000'],
    ],
  });
  const firm = await world.firm(1);
  const given: string[] = [];
  for (const [year, gross] of [
    [2025, '6000000.00'],
    [2026, '6000000.00'],
    [2027, '1000000.00'],
    [2028, '1000000.00'],
  ] as const) {
    world.clock.set(`${year}-02-10`);
    await world.load(feeCode, '9000000.00', year);
    await world.fee(firm, { lines: [{ gross }], payments: [{ amount: gross, paidOn: `${year - 1}-08-01` }] });
    const applied = await world.apply(firm);
    if (applied.status !== 201) {
      given.push(applied.body.code as string);
      continue;
    }
    const review = { eligibility: { local: true, statistics: true } };
    expectStatus(await world.reviewer.post(`/reimbursements/${idOf(applied.body)}/review`, review), 200);
    const answer = await allocate(world, feeCode, year);
    if (answer.status !== 201) given.push(/限额已用完（.*?）/.exec(answer.body.detail as string)?.[0] ?? '—');
    else {
      const { allocationId, contentDigest, lines } = answer.body as Drafted;
      expectStatus(await world.approver.post(`/allocations/${allocationId}/approve`, { contentDigest }), 200);
      given.push(lines[0]?.amount ?? '—');
    }
  }
  t.strictSame(given, ['3000000.00', '2000000.00', '限额已用完（2025 年至 2027 年）', 'LIMIT_WINDOW_OVER']);
  t.equal(await world.balance(`used:${feeCode}.awarded:${firm.uscc}:2025+3`), 500_000_000n);
  t.strictSame(await audited(world), []);
  const found = await planted(world.admin, world.book.bookId, ['delete from limit_first_years']);
  t.ok(
    found.some(({ detail }) => detail.startsWith('the window began in no year')),
    'the audit misses the year in which a window began',
  );
});

void t.test(
  'general controls hold awards: no figure, no money; B1; an exception; and what programmes share they share',
  async (t) => {
    const shared = (id: string) =>
      `  - { id: ${id}, counts: AWARDED, per: LEGAL_PERSON, window: YEAR, value: 2000000.00, sharedAs: together, ${cite('第四条')} }\n`;
    const world = await startWorld(t, {
      fees: [
        ['basisPoints: 6000', 'basisPoints: 5000'],
        ['allocation: ', `${shared('together')}allocation: `],
      ],
    });
    await world.plantProgramme(`
kind: GENERAL_CONTROLS
programme: district-controls
version: 1
name: { zh: 试验总体管控, en: test controls }
status: ENACTED
basis: { document: measure, article: 第九条 }
documents:
  measure: { kind: MEASURE, title: 试验措施, demo: true }
inForce: { from: 2025-01-01, ${cite('第九条')} }
limits:
  - id: contribution
    counts: AWARDED
    per: LEGAL_PERSON
    window: YEAR
    soft: true
    sharedAs: contribution
    figure: DISTRICT_CONTRIBUTION
    exempt: [RD_INSTITUTION]
    ${cite('第九条')}
`);
    const second = 'second-pot';
    await world.plantProgramme(
      `${common(second)}
base: { value: COST, ${cite('第三条')} }
rate: { value: { kind: CEILING, basisPoints: 5000 }, ${cite('第三条')} }
limits:
${shared('both')}allocation: { value: FIRST_COME, ${cite('第五条')} }
serviceItems: { value: [RESEARCH_COST], ${cite('第六条')} }
`,
    );
    for (const code of [feeCode, second]) await world.load(code, '9000000.00');
    const [firm, institute] = [await world.firm(1), await world.firm(2)];
    const contribution = (amount: string, provisional = true) => ({
      kind: 'DISTRICT_CONTRIBUTION',
      uscc: firm.uscc,
      year: 2025,
      amount,
      provisional,
      documentNo: '区统〔2025〕1号',
    });

    // B3: nothing on record holds the award, and not the application.
    await world.fee(firm, { lines: [{ gross: '2400000.00' }] });
    const applied = expectStatus(await world.apply(firm), 201);
    t.match(applied, { computed: '1200000.00', outlook: { refusal: 'LIMIT_UNKNOWN' } });
    expectStatus(
      await world.reviewer.post(`/reimbursements/${idOf(applied)}/review`, { eligibility: { local: true, statistics: true } }),
      200,
    );
    const held = await allocate(world, feeCode);
    t.equal(told(held), '409 ALLOCATION_GIVES_NOTHING');
    t.match(held.body.detail, /尚未登记/);
    expectStatus(await world.reviewer.post('/figures', contribution('1500000.00')), 201);
    t.equal((await give(world, feeCode)).get(idOf(applied)), '1200000.00');

    // B1: 1,500,000.00 contributed, 1,200,000.00 awarded, 500,000.00 computed: 300,000.00, from whichever programme.
    const cost = (reference: string, gross: string) => item(reference, gross, { serviceItem: 'RESEARCH_COST' });
    const research = await world.reviewed(firm, {}, { programmeCode: second, items: [cost('R-1', '1000000.00')] });
    t.equal((await give(world, second)).get(research), '300000.00');
    const shown = expectStatus(await firm.member.get(`/reimbursements/${research}`), 200);
    t.match(shown, { computed: '500000.00', award: '300000.00' });

    // «原则上»: an exception of two persons, for this holder and year.
    const more = await world.reviewed(firm, {}, { programmeCode: second, items: [cost('R-2', '400000.00')] });
    t.match((await allocate(world, second)).body.detail, /：限额已用完（2025 年）/);
    const exception = { programmeCode: 'district-controls', limitId: 'contribution', holder: firm.uscc, window: '2025' };
    const { exceptionId } = expectStatus(
      await world.reviewer.post('/limit-exceptions', { ...exception, amount: '50000.00', reason: '区政府专题会议纪要' }),
      201,
    );
    expectStatus(await world.approver.post(`/limit-exceptions/${exceptionId as string}/approve`), 200);
    t.equal((await give(world, second)).get(more), '50000.00');

    // The final figure is higher; now what the two programmes share binds: 2,000,000.00 less 1,550,000.00.
    expectStatus(await world.reviewer.post('/figures', contribution('9000000.00', false)), 201);
    const last = await world.reviewed(firm, {}, { programmeCode: second, items: [cost('R-3', '4000000.00')] });
    t.equal((await give(world, second)).get(last), '450000.00');
    await world.fee(firm, { lines: [{ gross: '10.00' }] });
    await world.reviewed(firm);
    t.match((await allocate(world, feeCode)).body.detail, /：限额已用完（2025 年）/);

    // An institution for research needs no figure.
    const rd = { uscc: institute.uscc, class: 'RD_INSTITUTION', validFrom: '2024-01-01', documentNo: '科〔2024〕1号' };
    expectStatus(await world.reviewer.post('/enterprise-classes', rd), 201);
    const exempt = await world.reviewed(institute, {}, { programmeCode: second, items: [cost('R-4', '100.00')] });
    t.equal((await give(world, second)).get(exempt), '50.00');
    t.strictSame(await audited(world), []);
  },
);
