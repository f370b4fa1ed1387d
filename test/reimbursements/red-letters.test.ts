// Red letters and frauds behind awards of reimbursement: an award is computed anew on what red letters left, by the same version and day; what
// it comes to beyond that goes back to the pool before payment, and is recovered after it. The books are clean after every step.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { deliverDue } from '../../src/messages/deliver.js';
import { formatYuan } from '../../src/money.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { publishCalendars } from '../cases/world.js';
import type { DecisionLetter } from '../journeys/letter.js';
import { readsLikeALetter } from '../journeys/letter.js';
import { planted } from '../planted.js';
import type { Answer } from '../service.js';
import { expectStatus } from '../service.js';
import type { Firm, World } from './world.js';
import { cite, costCode, feeCode, fund, startWorld, told, uscc } from './world.js';
import { instruct } from '../settlements/batch.js';

type Asserts = Pick<typeof t, 'strictSame' | 'match' | 'equal'>;
type Fee = Awaited<ReturnType<World['fee']>>;

let numbers = 0;
let serials = 0;

/** A firm's award, and all that may be done about it. */
interface Award {
  readonly firm: Firm;
  readonly id: string;
  readonly fees: readonly Fee[];
}

async function startBooks(t: { teardown(handler: () => Promise<void>): void }, of: Parameters<typeof startWorld>[1] = {}) {
  const world = await startWorld(t, of);
  const { seller, reviewer, approver, finance, payer, book, db } = world;
  const does = async (answer: Promise<Answer>, status = 200) => expectStatus(await answer, status);
  const clean = async (t: Asserts, when: string): Promise<void> => {
    t.strictSame(await auditLedger(db, book.bookId), [], `the ledger, ${when}`);
    t.strictSame(await auditBusiness(db, book.bookId), [], `the business, ${when}`);
    t.strictSame(await recomputeAwards(db, book.bookId), [], `every award, ${when}`);
  };
  /** A red letter over so much of the first line, or of what is left of all of it. */
  const red = (fee: Fee, gross?: string) =>
    seller.post(`/usage-invoices/${fee.invoiceId}/red-letters`, {
      redLetterNo: `2533${String(++numbers).padStart(16, '9')}`,
      contractId: fee.contractId,
      issuedOn: '2025-02-10',
      reason: '服务中止，部分退款',
      ...(gross === undefined
        ? {}
        : { lines: [{ lineNo: 1, quantity: '1', net: `-${gross}`, vat: '0.00', gross: `-${gross}` }] }),
    });
  /** Each firm with fees of these sums, applied for and reviewed. */
  const applied = async (firm: Firm, sums: readonly string[]): Promise<Award> => {
    const fees: Fee[] = [];
    for (const gross of sums) fees.push(await world.fee(firm, { lines: [{ gross }] }));
    return { firm, fees, id: await world.reviewed(firm) };
  };
  const draft = async () =>
    (await does(reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 }), 201)) as {
      allocationId: string;
      contentDigest: string;
    };
  const allocate = async (): Promise<void> => {
    const { allocationId, contentDigest } = await draft();
    await does(approver.post(`/allocations/${allocationId}/approve`, { contentDigest }));
  };
  let bank = 0;
  const hasAccount = ({ firm }: Award) =>
    does(
      firm.member.post('/payee-accounts', {
        enterpriseId: firm.enterpriseId,
        holderName: firm.name,
        bankName: '银行',
        bankCode: '102331000012',
        accountNo: `622202100100${String(++bank).padStart(7, '0')}`,
        validFrom: '2025-01-01',
      }),
      201,
    );
  const batch = async () =>
    (await does(finance.post('/settlements', { period: '2025-02' }), 201)) as {
      settlementId: string;
      total: string;
    };
  const checker = await book.member('finance');
  const pay = async (of: Awaited<ReturnType<typeof batch>>): Promise<void> => {
    const { settlementId, total } = of;
    const { instructions } = await instruct({ maker: finance, approver, checker, payer }, settlementId);
    const lines = (instructions as { instructionNo: string; amount: string }[]).map(({ instructionNo, amount }) => ({
      instructionNo,
      status: 'PAID',
      bankSerial: `RED-${++serials}`,
      bookedOn: '2025-02-10',
      amount,
    }));
    await does(finance.post('/bank-returns', { declaredCount: lines.length, declaredTotal: total, lines }), 201);
  };
  const corrections = async ({ id }: Award) =>
    (await does(reviewer.get(`/corrections?reimbursementId=${id}`))).items as { correctionId: string; recalled: string }[];
  /** Award, reversed and recalled as they stand. */
  const stands = async ({ id }: Award) => {
    const { award, reversed, recalled } = await does(reviewer.get(`/reimbursements/${id}`));
    return `${award as string} − ${reversed as string} − ${recalled as string}`;
  };
  const yuan = async (code: string) => formatYuan(await world.balance(code));
  const propose = ({ id: reimbursementId }: Award, clause?: { id: string; atFault: boolean }) =>
    reviewer.post('/recoveries', {
      reimbursementId,
      reason: '经查实伪造付款凭证',
      documentNo: '杭经信〔2025〕7号',
      ...(clause && { clause }),
    });
  const open = (recoveryId: string) => approver.post(`/recoveries/${recoveryId}/open`, {});
  return {
    ...world,
    does,
    clean,
    red,
    applied,
    draft,
    allocate,
    hasAccount,
    batch,
    pay,
    corrections,
    stands,
    yuan,
    propose,
    open,
  };
}

void t.test('before payment: each red letter counts once, and the difference is the pool’s and the limit’s again', async (t) => {
  const books = await startBooks(t);
  const { does, red, stands, yuan } = books;
  await books.load(feeCode, '1000000.00');
  const award = await books.applied(await books.firm(1), ['100000.00', '50000.00']);
  const [first, second] = award.fees;
  if (!first || !second) throw new Error('two fees');
  await books.allocate();
  t.equal(await stands(award), '90000.00 − 0.00 − 0.00');
  const posted = await does(red(first, '20000.01'), 201);
  t.strictSame(posted.corrections, [], 'what follows for the enterprise is not the provider’s to be told');
  t.equal(await stands(award), '90000.00 − 12000.01 − 0.00', 'down to the fen on the sum that is left: 77,999.994');
  t.equal(await yuan(`available:${fund}`), '922000.01');
  t.equal(await yuan(`payable:${award.firm.enterpriseId}:${fund}`), '77999.99');
  t.equal(await yuan(`used:${feeCode}.awarded:${award.firm.uscc}:2025`), '77999.99');
  await books.clean(t, 'after a part');
  await does(red(first, '9999.99'), 201);
  t.equal(await stands(award), '90000.00 − 18000.00 − 0.00', 'two of them come to what one would');
  const [, last] = await books.corrections(award);
  const shown = await does(award.firm.member.get(`/corrections/${last?.correctionId ?? ''}`));
  t.match(shown, {
    cause: 'RED_LETTER',
    contractId: null,
    reimbursementId: award.id,
    reversed: '5999.99',
    recalled: '0.00',
    computation: { base: '120000.00', computed: '72000.00', award: '72000.00' },
  });
  t.equal(told(await books.seller.get(`/corrections/${last?.correctionId ?? ''}`)), '404 NOT_FOUND');
  t.strictSame((await does(books.seller.get(`/corrections?reimbursementId=${award.id}`))).items, []);
  t.equal(told(await books.reviewer.get('/corrections')), '400 VALIDATION_FAILED', 'a contract or an award');
  const letter = (await does(
    award.firm.member.get(`/corrections/${last?.correctionId ?? ''}/decision-letter`),
  )) as DecisionLetter;
  readsLikeALetter(t, letter, { title: '补助更正决定书', party: award.firm.name });
  t.match(letter.zh.text, /发票开具红字[\s\S]*冲正未拨付款项 5,999\.99 元/);
  await does(red(first), 201);
  await does(red(second), 201);
  t.equal(await stands(award), '90000.00 − 90000.00 − 0.00', 'nothing is left, and nothing of it');
  t.equal(await yuan(`used:${feeCode}.awarded:${award.firm.uscc}:2025`), '0.00');
  await books.clean(t, 'after all of it');
  t.equal(told(await books.finance.post('/settlements', { period: '2025-02' })), '409 SETTLEMENT_EMPTY');
  t.equal(told(await books.propose(award)), '409 NO_AWARD_TO_TAKE_BACK');
  const { items } = await does(award.firm.member.get(`/reimbursements/${award.id}/lines`));
  t.strictSame(
    (items as { gross: string; red: string }[]).map((of) => [of.gross, of.red]),
    [
      ['100000.00', '100000.00'],
      ['50000.00', '50000.00'],
    ],
    'lines stand as they were found',
  );
});

void t.test('after payment: a recovery for the difference, which the enterprise pays back', async (t) => {
  const books = await startBooks(t);
  const { does, red, stands, yuan } = books;
  await books.load(feeCode, '1000000.00');
  const award = await books.applied(await books.firm(1), ['100000.00']);
  const [fee] = award.fees;
  if (!fee) throw new Error('a fee');
  await books.allocate();
  await books.hasAccount(award);
  const batch = await books.batch();
  t.match(await red(fee, '1000.00'), { status: 409, body: { code: 'CORRECTION_WAITS_FOR_BATCH', detail: /-RB-/ } });
  t.equal(await stands(award), '60000.00 − 0.00 − 0.00');
  await books.pay(batch);
  await does(red(fee, '20000.00'), 201);
  t.equal(await stands(award), '60000.00 − 0.00 − 12000.00');
  t.equal(await yuan(`used:${feeCode}.awarded:${award.firm.uscc}:2025`), '48000.00', 'without fault limits get it back');
  await books.clean(t, 'after the red letter');
  const { items } = await does(award.firm.member.get('/recoveries'));
  t.match(items, [
    { cause: 'RED_LETTER', amount: '12000.00', reimbursementId: award.id, contractId: null, debtorId: award.firm.enterpriseId },
  ]);
  const url = `/recoveries/${(items as { recoveryId: string }[])[0]?.recoveryId ?? ''}`;
  const served = { documentNo: '杭经信〔2025〕8号', servedOn: '2025-02-10', dueOn: '2025-03-10' };
  await does(books.reviewer.post(`${url}/serve`, served));
  const receipt = { amount: '12000.00', bookedOn: '2025-02-10', bankSerial: 'BACK-1' };
  t.match(await does(books.finance.post(`${url}/receive`, receipt)), { status: 'RECOVERED' });
  const [correction] = await books.corrections(award);
  const letter = (await does(
    award.firm.member.get(`/corrections/${correction?.correctionId ?? ''}/decision-letter`),
  )) as DecisionLetter;
  readsLikeALetter(t, letter, { title: '补助更正及追回决定书', party: award.firm.name });
  t.match(letter.zh.text, new RegExp(`应退还的款项由收款人${award.firm.name}`));
  await books.clean(t, 'paid back');
});

void t.test('an award of a firm that was absorbed is paid to its successor, who owes back what is beyond it', async (t) => {
  const books = await startBooks(t);
  const { does, red, yuan } = books;
  await books.load(feeCode, '1000000.00');
  const award = await books.applied(await books.firm(1), ['100000.00']);
  const [fee] = award.fees;
  if (!fee) throw new Error('a fee');
  await books.allocate();
  const [follower, last] = [await books.firm(2), await books.firm(3)];
  for (const [from, to] of [
    [award.firm, follower],
    [follower, last],
  ] as const) {
    const merger = {
      uscc: from.uscc,
      successorUscc: to.uscc,
      effectiveOn: '2025-02-10',
      documentNo: '市监登字〔2025〕1号',
      reason: '吸收合并',
    };
    const { changeId } = await does(books.reviewer.post('/mergers', merger), 201);
    await does(books.approver.post(`/legal-person-changes/${changeId as string}/approve`, {}));
  }
  await does(red(fee, '10000.00'), 201);
  for (const { uscc } of [award.firm, follower, last]) {
    t.equal(await yuan(`used:${feeCode}.awarded:${uscc}:2025`), '54000.00', 'what comes back to the limit comes back to each');
  }
  const batch = await books.batch();
  await books.hasAccount({ ...award, firm: last });
  await books.pay(batch);
  const holders = await books.db.sql<{ name: string }[]>`
    select distinct a.holder_name as name from payment_instructions i join payee_accounts a using (book_id, payee_account_id)`;
  t.strictSame([...holders], [{ name: last.name }], 'on its successor’s account');
  await does(red(fee), 201);
  const missed = await planted(books.admin, books.book.bookId, ['delete from reimbursement_line_cuts']);
  t.ok(
    missed.some(({ subject, detail }) => /^line .* and red letter/.test(subject) && detail.endsWith('of the line 0')),
    'the audit misses what a red letter took of a line',
  );
  t.match((await does(last.member.get('/recoveries'))).items, [{ debtorId: last.enterpriseId, amount: '54000.00' }]);
  t.equal(await yuan(`used:${feeCode}.awarded:${last.uscc}:2025`), '0.00');
  await books.clean(t, 'after two mergers');
});

void t.test(
  'a recovery that is open goes over with a merger, and to the heir that a split names: whole, with its days',
  async (t) => {
    const books = await startBooks(t);
    const { does, red, reviewer, approver, finance, stands, yuan } = books;
    await books.load(feeCode, '1000000.00');
    const awards = [
      await books.applied(await books.firm(1), ['100000.00']),
      await books.applied(await books.firm(2), ['50000.00']),
    ] as const;
    await books.allocate();
    for (const award of awards) await books.hasAccount(award);
    await books.pay(await books.batch());
    const [first, second] = awards;
    const [successor, heir] = [await books.firm(3), await books.firm(4)];
    const change = (kind: 'mergers' | 'splits', body: object) =>
      reviewer.post(`/${kind}`, {
        effectiveOn: '2025-02-10',
        documentNo: '市监登字〔2025〕1号',
        reason: '登记机关核准',
        ...body,
      });
    const decide = async (answer: Promise<Answer>) =>
      does(approver.post(`/legal-person-changes/${(await does(answer, 201)).changeId as string}/approve`, {}));
    const mergeInto = ({ firm: { uscc } }: Award) => decide(change('mergers', { uscc, successorUscc: successor.uscc }));
    const recoveryOf = async ({ firm: { member } }: Award) =>
      ((await does(member.get('/recoveries'))).items as { recoveryId: string }[])[0]?.recoveryId ?? '';

    // One is served, of the other a part came back, a third is only proposed.
    for (const { fees } of awards) await does(red(fees[0] as Fee, '10000.00'), 201);
    const [served, partly] = [await recoveryOf(first), await recoveryOf(second)];
    const notice = { documentNo: '杭经信〔2025〕8号', servedOn: '2025-02-10', dueOn: '2025-03-10' };
    for (const id of [served, partly]) await does(reviewer.post(`/recoveries/${id}/serve`, notice));
    const money = (amount: string) => ({ amount, bookedOn: '2025-02-10', bankSerial: `OVER-${++serials}` });
    await does(finance.post(`/recoveries/${partly}/receive`, money('1000.00')));
    const fraud = await does(books.propose(second), 201);
    for (const award of awards) await mergeInto(award);

    const [until, firmOf] = ['2025-02-10', ({ firm }: Award) => firm.enterpriseId];
    t.match(await does(successor.member.get(`/recoveries/${served}`)), {
      debtorId: successor.enterpriseId,
      formerly: [{ debtorId: firmOf(first), until }],
      status: 'SERVED',
      servedOn: '2025-02-10',
      dueOn: '2025-03-10',
      amount: '6000.00',
    });
    t.equal((await does(successor.member.get('/recoveries'))).items.length, 2, 'what is only proposed is not told');
    for (const [of, left] of [
      [firmOf(first), '0.00'],
      [firmOf(second), '0.00'],
      [successor.enterpriseId, '-11000.00'],
    ] as const) {
      t.equal(await yuan(`receivable:${of}:${fund}`), left, 'what is left is owed by the successor');
    }
    await books.clean(t, 'after the mergers');
    const { items } = await does(successor.member.get('/work-queue'));
    t.equal(
      (items as { kind: string }[]).filter(({ kind }) => kind === 'RECOVERY_TO_REPAY').length,
      2,
      'it waits for the successor',
    );
    await does(successor.member.post(`/recoveries/${served}/appeal`, { reason: '请求核减' }));
    await does(books.open(fraud.recoveryId as string));
    t.match(await does(successor.member.get(`/recoveries/${fraud.recoveryId as string}`)), {
      debtorId: successor.enterpriseId,
      amount: '24000.00',
    });

    // What is told of the absorbed one's award reaches its successor.
    await does(red(first.fees[0] as Fee, '10000.00'), 201);
    await deliverDue({ db: books.db, bookId: books.book.bookId, clock: books.clock });
    const toldOf = ((await does(successor.member.get('/messages?limit=100'))).items as { kind: string }[]).map(
      ({ kind }) => kind,
    );
    t.equal(toldOf.filter((kind) => kind === 'recovery.succeeded').length, 2);
    t.ok(toldOf.includes('case.award_corrected'), 'of an award of the absorbed one');

    const split = (body: object, continues = true) =>
      change('splits', {
        uscc: successor.uscc,
        continues,
        heirs: [{ uscc: heir.uscc, founded: true, contractIds: [], ...body }],
      });
    t.equal(told(await split({ recoveryIds: [served, served] })), '409 SPLIT_RECOVERY_UNKNOWN');
    t.equal(told(await split({}, false)), '409 SPLIT_RECOVERY_LEFT', 'where nobody goes on somebody has to owe it');
    await decide(split({ recoveryIds: [partly] }));
    t.match((await does(heir.member.get('/recoveries'))).items, [
      {
        recoveryId: partly,
        amount: '6000.00',
        received: '1000.00',
        formerly: [{ debtorId: firmOf(second) }, { debtorId: successor.enterpriseId }],
      },
    ]);
    t.match(await successor.member.get(`/recoveries/${partly}`), { status: 404 });
    t.match(await does(finance.post(`/recoveries/${partly}/receive`, money('5000.00'))), { status: 'RECOVERED' });
    await books.clean(t, 'after the split');

    // An award that its enterprise was not paid yet, when it was absorbed: its successor's debt is held against it.
    const unpaid = await books.applied(await books.firm(5), ['10000.00']);
    await books.allocate();
    await mergeInto(unpaid);
    const url = `/recoveries/${served}`;
    await does((await books.book.member('approver')).post(`${url}/decide-appeal`, { outcome: 'DISMISSED', reason: '维持' }));
    const allowed = { document: '杭财〔2025〕3号', article: '第八条', reason: '以应付补助抵扣应退款项' };
    const offset = (of: object) => finance.post(`${url}/propose-offset`, { ...allowed, ...of });
    t.equal(told(await offset({})), '400 VALIDATION_FAILED');
    t.equal(told(await offset({ reimbursementId: first.id })), '400 AMOUNT_ZERO', 'it is paid');
    t.equal(told(await offset({ reimbursementId: first.id, amount: '1.00' })), '409 OFFSET_ABOVE_PAYABLE');
    await does(offset({ reimbursementId: unpaid.id, amount: '4000.00' }), 201);
    t.match(await does(books.payer.post(`${url}/offset`, {})), { status: 'PARTLY_RECOVERED', received: '4000.00' });
    t.match(await does(reviewer.get(`/reimbursements/${unpaid.id}`)), { award: '6000.00', offset: '4000.00' });
    const { offsets } = await does(successor.member.get(url));
    t.match(offsets, [{ redemptionId: null, reimbursementId: unpaid.id, amount: '4000.00', status: 'APPROVED' }]);
    const letter = await does(
      successor.member.get(`/recovery-offsets/${(offsets as { offsetId: string }[])[0]?.offsetId ?? ''}/decision-letter`),
    );
    t.match(letter, { zh: { text: /补助 \S+-RB-\S+ 经核准应付同一收款人 6,000\.00 元[\s\S]*金额 4,000\.00 元/ } });
    await books.clean(t, 'off-set');
    // What was off-set counts as paid: of what a red letter takes, the rest alone is the pool's again, and no batch has anything of it.
    await does(red(unpaid.fees[0] as Fee, '8000.00'), 201);
    t.equal(await stands(unpaid), '6000.00 − 2000.00 − 2800.00');
    t.equal(told(await finance.post('/settlements', { period: '2025-02' })), '409 SETTLEMENT_EMPTY');
    await books.clean(t, 'and red-lettered');
  },
);

void t.test('fraud, and a clause: by two persons, in whole or the clause’s part', async (t) => {
  const books = await startBooks(t);
  const { does, stands, yuan } = books;
  await books.load(feeCode, '1000000.00');
  const unpaid = await books.applied(await books.firm(1), ['10000.00']);
  t.equal(told(await books.propose(unpaid)), '409 NO_AWARD_TO_TAKE_BACK', 'it is not approved yet');
  await books.allocate();
  const { recoveryId } = await does(books.propose(unpaid), 201);
  t.match(await books.propose(unpaid), { status: 409, body: { code: 'RECOVERY_PROPOSED', detail: /-RB-/ } });
  t.equal(told(await books.propose(unpaid, { id: 'none', atFault: true })), '409 RECOVERY_PROPOSED');
  const opened = await does(books.open(recoveryId as string));
  t.match(opened, {
    status: 'RECOVERED',
    amount: '0.00',
    corrections: [{ cause: 'FRAUD', reversed: '6000.00', recalled: '0.00' }],
  });
  t.equal(await stands(unpaid), '6000.00 − 6000.00 − 0.00', 'nothing had been paid: the pool has it again');
  t.equal(await yuan(`available:${fund}`), '1000000.00');
  await books.clean(t, 'before payment');

  const paid = await books.applied(await books.firm(2), ['20000.00']);
  await books.allocate();
  await books.hasAccount(paid);
  await books.pay(await books.batch());
  t.equal(told(await books.propose(paid, { id: 'none', atFault: true })), '409 CLAUSE_UNKNOWN');
  const second = await does(books.propose(paid), 201);
  t.equal(told(await books.reviewer.post(`/recoveries/${second.recoveryId as string}/open`, {})), '403 FORBIDDEN');
  t.match(await does(books.open(second.recoveryId as string)), {
    status: 'OPENED',
    amount: '12000.00',
    atFault: true,
    corrections: [{ reversed: '0.00', recalled: '12000.00' }],
  });
  t.equal(await yuan(`used:${feeCode}.awarded:${paid.firm.uscc}:2025`), '12000.00', 'for cause limits get nothing back');
  t.strictSame((await does(paid.firm.member.get(`/recoveries/${second.recoveryId as string}`))).items, [
    { redemptionId: null, reimbursementId: paid.id, amount: '12000.00' },
  ]);
  await books.clean(t, 'after payment');
});

void t.test(
  'a pool that was cut pro rata is not shared out again: others keep theirs, the corrected one its proportion',
  async (t) => {
    const books = await startBooks(t);
    const { does, stands } = books;
    await books.load(feeCode, '90000.00');
    const [one, two] = [
      await books.applied(await books.firm(1), ['100000.00']),
      await books.applied(await books.firm(2), ['200000.00']),
    ];
    await books.allocate();
    t.equal(await stands(one), '30000.00 − 0.00 − 0.00', 'half of each claim');
    const [fee] = one.fees;
    if (!fee) throw new Error('a fee');
    await does(books.red(fee, '33333.33'), 201);
    t.equal(await stands(one), '30000.00 − 10000.00 − 0.00', 'half of 40,000.00');
    t.equal(await stands(two), '60000.00 − 0.00 − 0.00');
    const [correction] = await books.corrections(one);
    const { explanation } = await does(books.reviewer.get(`/corrections/${correction?.correctionId ?? ''}`));
    t.match(
      (explanation as object[]).slice(-3, -2),
      [{ ruleZh: /分配比例不变，其余各件不重新分配/, inputs: { claim: '40000.00', shared: '90000.00', claims: '180000.00' } }],
      'and it says why',
    );
    await books.clean(t, 'and the batch stands');
  },
);

for (const strategy of ['FIRST_COME', 'RANKED'] as const) {
  void t.test(`${strategy}: at most what was awarded, nothing below the least award, and of a clause its part`, async (t) => {
    const clause = `{ id: kept-running, kind: CLAWBACK, basisPoints: 2500, text: { zh: 停止使用的退回四分之一, en: a quarter }, ${cite('第十条')} }`;
    const books = await startBooks(t, {
      fees: [
        ['value: PRO_RATA', `value: ${strategy}`],
        ['eligibility:', `minAward: { value: 1000.00, ${cite('第八条')} }\nclauses: [${clause}]\neligibility:`],
      ],
    });
    const { does, red, stands, open } = books;
    await books.load(feeCode, '90000.00');
    const [first, last] = [
      await books.applied(await books.firm(1), ['100000.00']),
      await books.applied(await books.firm(2), ['100000.00']),
    ];
    await books.allocate();
    t.equal(await stands(first), '60000.00 − 0.00 − 0.00');
    t.equal(await stands(last), '30000.00 − 0.00 − 0.00', 'what was left');
    await does(red(last.fees[0] as Fee, '20000.00'), 201);
    t.equal(await stands(last), '30000.00 − 0.00 − 0.00', '60 % of what is left gives more than it was awarded');
    await does(red(last.fees[0] as Fee, '40000.00'), 201);
    t.equal(await stands(last), '30000.00 − 6000.00 − 0.00', 'and now less');
    await books.clean(t, 'cut before payment');
    const clauseOf = async (award: Award) => {
      const { recoveryId } = await does(books.propose(award, { id: 'kept-running', atFault: false }), 201);
      return does(open(recoveryId as string));
    };
    await clauseOf(last);
    t.equal(await stands(last), '30000.00 − 12000.00 − 0.00', 'a quarter of what stands');
    await does(red(first.fees[0] as Fee, '98500.00'), 201);
    t.equal(await stands(first), '60000.00 − 60000.00 − 0.00', '60 % of 1,500.00 is below the least award');
    await books.clean(t, 'with one award gone');
    await books.hasAccount(last);
    await books.pay(await books.batch());
    await clauseOf(last);
    t.equal(await stands(last), '30000.00 − 12000.00 − 4500.00', 'after payment it is owed back');
    await books.clean(t, 'paid');
  });
}

void t.test('an invoice that was declared whole: every line of a red letter takes of it, and no more than is left', async (t) => {
  const books = await startBooks(t);
  const { does, red, stands, reviewer } = books;
  await books.load(costCode, '100000.00');
  const firm = await books.firm(1);
  const fee = await books.fee(firm, { lines: [{ gross: '6000.00' }, { gross: '5000.00' }] });
  const declared = {
    reference: fee.invoiceNo,
    description: '语料采购',
    counterpartyUscc: uscc(900),
    counterpartyName: '钱江算力有限公司',
    serviceItem: 'CORPUS',
    net: '10000.00',
    vat: '0.00',
    gross: '10000.00',
    settledOn: '2025-01-20',
    evidence: '银行回单',
  };
  const id = await books.reviewed(firm, { score: 80 }, { programmeCode: costCode, items: [declared] });
  const award: Award = { firm, id, fees: [fee] };
  const batch = await does(reviewer.post('/allocations', { programmeCode: costCode, year: 2025 }), 201);
  const { contentDigest } = batch;
  await does(books.approver.post(`/allocations/${batch.allocationId as string}/approve`, { contentDigest }));
  t.equal(await stands(award), '3000.00 − 0.00 − 0.00');
  await does(red(fee, '4000.00'), 201);
  t.equal(await stands(award), '3000.00 − 1200.00 − 0.00', '30 % of the 6,000.00 that are left of what was declared');
  await books.clean(t, 'after one line');
  // The invoice is of 11,000.00, of which 10,000.00 were declared: what is left of these is taken, and nothing twice.
  await does(red(fee), 201);
  t.equal(await stands(award), '3000.00 − 3000.00 − 0.00');
  const { items } = await does(reviewer.get(`/reimbursements/${id}/lines`));
  t.match(items, [{ lineNo: 1, gross: '10000.00' }], 'the line stays as it was declared');
  await books.clean(t, 'after all of it');
});

void t.test('a case that is not decided counts its invoice for what is left, and is reviewed again', async (t) => {
  const books = await startBooks(t);
  const { does, reviewer } = books;
  await books.load(feeCode, '1000000.00');
  const firm = await books.firm(1);
  const early = await books.fee(firm, { lines: [{ gross: '1000.00' }] });
  await does(books.red(early, '400.00'), 201);
  const award = await books.applied(firm, ['10000.00']);
  const [fee] = award.fees;
  if (!fee) throw new Error('a fee');
  t.match(await does(reviewer.get(`/reimbursements/${award.id}`)), { base: '10600.00', computed: '6360.00' });
  const drafted = await books.draft();
  await does(books.red(fee, '5000.00'), 201);
  t.match(await books.approver.post(`/allocations/${drafted.allocationId}/approve`, { contentDigest: drafted.contentDigest }), {
    status: 409,
    body: { code: 'ALLOCATION_CHANGED' },
  });
  await does(reviewer.post(`/allocations/${drafted.allocationId}/withdraw`, { reason: '发票红冲' }));
  const eligibility = { local: true, statistics: true };
  t.match(await does(reviewer.post(`/reimbursements/${award.id}/review`, { eligibility })), {
    base: '5600.00',
    computed: '3360.00',
  });
  await books.allocate();
  t.equal(await books.stands(award), '3360.00 − 0.00 − 0.00');
  await books.clean(t, 'awarded on what was left');
});

void t.test('red-lettered in its public notice a case is reviewed again, and published anew for all of its days', async (t) => {
  const books = await startBooks(t, { fees: [['eligibility:', `noticeDays: { value: 5, ${cite('第七条')} }\neligibility:`]] });
  const { does, red, reviewer, approver, clock } = books;
  await publishCalendars(books.book, approver, [2025]);
  await books.load(feeCode, '1000000.00');
  const [award, other] = [
    await books.applied(await books.firm(1), ['10000.00']),
    await books.applied(await books.firm(2), ['20000.00']),
  ];
  const publish = async (ids: readonly string[]) =>
    does(reviewer.post('/notices', { title: '拟补助名单', items: ids.map((caseId) => ({ caseId })) }), 201);
  const review = (of: object = {}) =>
    reviewer.post(`/reimbursements/${award.id}/review`, { eligibility: { local: true, statistics: true }, ...of });
  const first = await publish([award.id, other.id]);
  t.equal(told(await review()), '409 REVIEW_CHANGES_NOTHING', 'no clock starts again idly');
  clock.set('2025-02-14');
  await does(red(award.fees[0] as Fee, '4000.00'), 201);
  t.match(await does(review()), { status: 'REVIEWED', computed: '3600.00', noticeId: null, noticeLastDay: null });
  const shown = async ({ noticeId }: { noticeId?: string }) => {
    const { body } = await books.call('GET', `/v1/books/${books.book.code}/notices/${noticeId ?? ''}`);
    return (body.items as { amount: string; state: string; lastDay: string }[]).map(({ amount, state }) => `${amount} ${state}`);
  };
  t.strictSame(await shown(first), ['6000.00 REPLACED', '12000.00 RUNNING'], 'what was published stays; the other case goes on');
  const object = (notice: { noticeId?: string; items?: { caseNo: string }[] }) =>
    books.call('POST', `/v1/books/${books.book.code}/notices/${notice.noticeId ?? ''}/object`, {
      body: { name: '王五', contact: '12345', content: '重复申报', caseNo: (first.items as { caseNo: string }[])[0]?.caseNo },
    });
  t.equal(told(await object(first)), '409 NOTICE_ENDED', 'it is not shown there any more');
  const again = await publish([award.id]);
  t.equal(again.lastDay, '2025-02-21', 'five working days from the day of the new notice');
  t.strictSame(await shown(again), ['3600.00 RUNNING']);
  t.strictSame(await shown(first), ['6000.00 REPLACED', '12000.00 RUNNING']);
  clock.set('2025-02-19');
  t.equal(told(await reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 })), '201', 'the other alone');
  await books.clean(t, 'while it is shown');
});

void t.test('in any order: red letters, frauds and payment come out clean, or are refused', async (t) => {
  const books = await startBooks(t);
  const { does, red } = books;
  await books.load(feeCode, '10000000.00');
  type Step = (award: Award) => Promise<Answer>;
  const first = ({ fees: [fee] }: Award): Fee => {
    if (!fee) throw new Error('an award has a fee');
    return fee;
  };
  const steps: Record<string, Step> = {
    part: (award) => red(first(award), '3333.33'),
    whole: (award) => red(first(award)),
    fraud: async (award) => {
      const proposed = await books.propose(award);
      if (proposed.status !== 201) return proposed;
      const { recoveryId } = proposed.body as { recoveryId: string };
      const answer = await books.open(recoveryId);
      if (answer.status !== 200) await does(books.approver.post(`/recoveries/${recoveryId}/drop`, { reason: '暂缓' }));
      return answer;
    },
  };
  // Of 10,000.00 of fees 6,000.00 were awarded; a red letter in part takes 3,333.33 of them.
  const orders: [name: string, ...[step: string, stands: string][]][] = [
    ['parts, then whole', ['part', '2000.00 − 0.00'], ['part', '4000.00 − 0.00'], ['whole', '6000.00 − 0.00']],
    ['fraud before payment, then parts', ['fraud', '6000.00 − 0.00'], ['part', '6000.00 − 0.00'], ['whole', '6000.00 − 0.00']],
    ['a part, fraud, and again', ['part', '2000.00 − 0.00'], ['fraud', '6000.00 − 0.00'], ['fraud', '409 NO_AWARD_TO_TAKE_BACK']],
    ['whole, then a part', ['whole', '6000.00 − 0.00'], ['part', '409 INVOICE_WRONG_STATE']],
    [
      'paid, parts, fraud',
      ['pay', '0.00 − 0.00'],
      ['part', '0.00 − 2000.00'],
      ['fraud', '0.00 − 6000.00'],
      ['part', '0.00 − 6000.00'],
    ],
    [
      'a part, paid, a part, whole',
      ['part', '2000.00 − 0.00'],
      ['pay', '2000.00 − 0.00'],
      ['part', '2000.00 − 2000.00'],
      ['whole', '2000.00 − 4000.00'],
    ],
    [
      'in a batch, which is paid then',
      ['batch', '0.00 − 0.00'],
      ['part', '409 CORRECTION_WAITS_FOR_BATCH'],
      ['fraud', '409 CORRECTION_WAITS_FOR_BATCH'],
      ['paid', '0.00 − 0.00'],
      ['whole', '0.00 − 6000.00'],
    ],
  ];
  let n = 0;
  for (const [name, ...wanted] of orders) {
    const award = await books.applied(await books.firm(++n), ['10000.00']);
    await books.allocate();
    let drafted: Awaited<ReturnType<typeof books.batch>> | undefined;
    const found: string[] = [];
    for (const [step] of wanted) {
      const verb = steps[step];
      if (verb) {
        const answer = await verb(award);
        if (answer.status >= 300) {
          found.push(told(answer));
          continue;
        }
      } else {
        if (!drafted) {
          await books.hasAccount(award);
          drafted = await books.batch();
        }
        if (step !== 'batch') await books.pay(drafted);
      }
      found.push((await books.stands(award)).replace('6000.00 − ', ''));
    }
    t.strictSame(
      found,
      wanted.map(([, stands]) => stands),
      name,
    );
    await books.clean(t, name);
  }
});
