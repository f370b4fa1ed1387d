// The main job over HTTP on a real database: from a listed provider to a paid month, each amount to the fen; what machines and
// single persons may not do alone; strangers; languages; and everything sent once more when it is all over.
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { recomputeAwards } from '../../src/reconciliation/recompute.js';
import { jiaozuo, startWorld, told, uscc } from '../applications/world.js';
import type { World } from '../applications/world.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { confirmedInvoice, invoiceBody, nextSerial, shown } from './job.js';
import { check, freeze, instruct } from '../settlements/batch.js';

const nobody = '00000000-0000-7000-8000-000000000000';

async function audited(world: World): Promise<unknown[]> {
  const { bookId } = world.book;
  return [
    ...(await auditLedger(world.db, bookId)),
    ...(await auditBusiness(world.db, bookId)),
    ...(await recomputeAwards(world.db, bookId)),
  ];
}

async function withAccount(world: World): Promise<void> {
  const { providerId } = world;
  const { name } = expectStatus(await world.provider.get(`/providers/${providerId}`), 200);
  const account = { bankName: '中原银行', bankCode: '402491000017', accountNo: '6230910000010001234', validFrom: '2024-07-01' };
  expectStatus(await world.provider.post('/payee-accounts', { providerId, holderName: name as string, ...account }), 201);
}

void t.test('the main job, then all of it sent once more: the same answers, and nothing moves', async (t) => {
  const world = await startWorld(t);
  const { book, reviewer, approver, finance, provider, clock } = world;
  const cashier = await book.member('finance_approver');
  const auditor = await book.member('auditor');
  const firm = await world.enterprise(1);
  await withAccount(world);

  const sent: { caller: Caller; url: string; body: object; key: string; answer: Answer; on: string }[] = [];
  const job = async (caller: Caller, url: string, body: object, status: number) => {
    const key = `job-${sent.length}`;
    const answer = await caller.post(url, body, { key });
    sent.push({ caller, url, body, key, answer, on: clock.now().toISOString() });
    return expectStatus(answer, status);
  };

  const { programmeCode } = world;
  await job(
    finance,
    '/appropriations',
    { programmeCode, year: 2024, funder: 'CITY', amount: '1000000.00', documentNo: '财预1号' },
    201,
  );
  const amounts = { net: '1886792.45', vat: '113207.55', gross: '2000000.00' };
  const parties = { enterpriseId: firm.enterpriseId, providerId: world.providerId };
  const term = { signedOn: '2024-07-01', startsOn: '2024-07-01', endsOn: '2025-06-30', purpose: 'MODEL_RESEARCH' };
  const line = {
    description: '卡时',
    serviceItem: 'AI_COMPUTE',
    facilityId: world.facilityId,
    unit: 'CARD_HOUR',
    quantity: '1000',
  };
  const contract = await job(
    provider,
    '/contracts',
    { contractNo: 'HT-1', ...parties, ...term, ...amounts, lines: [{ ...line, ...amounts }] },
    201,
  );
  const contractId = contract.contractId as string;
  await job(firm.member, `/contracts/${contractId}/confirm`, {}, 200);
  const filed = await job(reviewer, `/contracts/${contractId}/file`, {}, 200);
  t.match(filed, { status: 'FILED', filingNo: 'TESTCITY-F-2024-000001', filedOn: '2024-07-01' });

  const application = await job(firm.member, '/applications', { programmeCode, contractId, commitment: true }, 201);
  const applicationId = application.applicationId as string;
  t.strictSame([application.computed, application.outlook], ['400000.00', { amount: '400000.00', bound: null, refusal: null }]);
  const reviewed = await job(reviewer, `/applications/${applicationId}/review`, { eligibility: {} }, 200);
  const approval = { reviewDigest: reviewed.reviewDigest as string };
  const approved = await job(approver, `/applications/${applicationId}/approve`, approval, 200);
  const { voucher } = approved;
  t.match(voucher, { face: '400000.00', balance: '400000.00', issuedOn: '2024-07-01', lastDay: '2025-07-01', status: 'ACTIVE' });
  t.equal((approved.explanation as { result: string }[]).at(-1)?.result, '400000.00', 'the explanation ends with the award');
  const voucherId = voucher.voucherId as string;

  clock.set('2024-07-29');
  const usage = {
    contractId,
    contractGross: '2000000.00',
    gross: '333333.33',
    from: '2024-07-01',
    to: '2024-07-25',
    issuedOn: '2024-07-29',
  };
  const redemptions: { invoiceId: string; redemptionId: string }[] = [];
  for (const [award, own, balance] of [
    ['66666.66', '266666.67', '333333.34'],
    ['66666.67', '266666.66', '266666.67'],
    ['66666.66', '266666.67', '200000.01'],
  ] as const) {
    const invoice = await job(provider, '/usage-invoices', invoiceBody(usage), 201);
    const path = `/usage-invoices/${invoice.invoiceId as string}`;
    await job(firm.member, `${path}/confirm`, {}, 200);
    const redemption = { voucherId, invoiceId: invoice.invoiceId as string };
    const dry = await firm.member.post('/redemptions?dryRun=true', redemption);
    t.equal(
      told(dry),
      '409 SELF_FUNDED_PART_UNPAID',
      'before the firm has paid its own part nothing is redeemed, not even on trial',
    );
    await job(firm.member, `${path}/payments`, { amount: own, paidOn: '2024-07-29', bankSerial: nextSerial() }, 201);
    const trial = expectStatus(await firm.member.post('/redemptions?dryRun=true', redemption), 200);
    t.strictSame([trial.approved, trial.ledgerSeq], [award, null], 'a dry run tells the amount and records nothing');
    const redeemed = await job(firm.member, '/redemptions', redemption, 201);
    t.match(redeemed, { approved: award, status: 'APPROVED', verified: 'BY_RULE', mismatches: [], voucherBalance: balance });
    redemptions.push(redeemed as (typeof redemptions)[number]);
  }

  clock.set('2024-08-02');
  const draft = await job(finance, '/settlements', { period: '2024-07' }, 201);
  t.match(draft, {
    lineCount: 3,
    total: '199999.99',
    totals: { byFund: [{ fund: 'zhengzhou-compute/2024', count: 3, total: '199999.99' }] },
  });
  const settlement = `/settlements/${draft.settlementId as string}`;
  const frozen = await job(finance, `${settlement}/freeze`, {}, 200);
  await job(approver, `${settlement}/approve`, { contentDigest: frozen.contentDigest as string, count: 3, total: '199999.99' }, 200);
  await job(await book.member('finance'), `${settlement}/check-lines`, { lines: [1, 2, 3] }, 200);
  const instructed = await job(cashier, `${settlement}/instruct`, {}, 200);
  const [instruction] = instructed.instructions;
  t.match(instruction, { amount: '199999.99', funder: 'CITY', status: 'INSTRUCTED' });
  const bankLine = {
    instructionNo: instruction.instructionNo as string,
    status: 'PAID',
    bankSerial: nextSerial(),
    bookedOn: '2024-08-02',
    amount: '199999.99',
  };
  const bank = await job(finance, '/bank-returns', { declaredCount: 1, declaredTotal: '199999.99', lines: [bankLine] }, 201);
  t.match(bank, { matched: 1, paid: '199999.99', returned: '0.00' });
  await job(finance, `${settlement}/close`, {}, 200);
  const refused = await firm.member.post(
    '/redemptions',
    { voucherId, invoiceId: redemptions[0]?.invoiceId ?? '' },
    { key: 'again' },
  );
  t.equal(told(refused), '409 INVOICE_ALREADY_REDEEMED');

  const seqs = sent.map(({ answer }) => answer.body.ledgerSeq as number);
  t.ok(
    seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? 0)),
    'every answer names a later entry of the ledger',
  );
  const { items } = expectStatus(await auditor.get('/funds'), 200);
  t.match(items, [
    {
      loaded: '1000000.00',
      available: '600000.00',
      vouchers: '200000.01',
      reserved: '0.00',
      payable: '0.00',
      inTransit: '0.00',
      paid: '199999.99',
    },
  ]);
  const trial = expectStatus(await auditor.get('/ledger/trial-balance'), 200);
  t.equal(trial.debits, trial.credits);
  const found = expectStatus(await auditor.get(`/ledger/accounts?kind=voucher`), 200);
  const statement = expectStatus(await auditor.get(`/ledger/accounts/${found.items[0].accountId as string}/statement`), 200);
  t.strictSame(
    (statement.lines as { kind: string; debit: string | null; credit: string | null; balance: string }[]).map((each) => [
      each.kind,
      each.debit ?? each.credit,
      each.balance,
    ]),
    [
      ['voucher.issued', '400000.00', '400000.00'],
      ['redemption.reserved', '66666.66', '333333.34'],
      ['redemption.reserved', '66666.67', '266666.67'],
      ['redemption.reserved', '66666.66', '200000.01'],
    ],
  );
  t.strictSame(await audited(world), []);

  await t.test('a wrong fen in any figure of an award is found by computing the award anew', async (t) => {
    const { bookId } = world.book;
    const [law] = await world.owner.sql<{ document: string; digest: string }[]>`
      select document, digest from programme_versions where book_id = ${bookId}`;
    if (!law) throw new Error('the book has no programme');
    const figures: readonly [table: string, change: string, undo: string, found: RegExp][] = [
      ['vouchers', 'face_fen = face_fen - 1', 'face_fen = face_fen + 1', /^voucher .*: award /],
      ['applications', 'award_fen = award_fen - 1', 'award_fen = award_fen + 1', /^voucher .*: award of its application/],
      ['applications', 'computed_fen = computed_fen + 1', 'computed_fen = computed_fen - 1', /^voucher .*: computed/],
      ['redemptions', 'base_fen = base_fen + 1', 'base_fen = base_fen - 1', /^redemption .*: base/],
      ['redemptions', 'computed_fen = computed_fen + 1', 'computed_fen = computed_fen - 1', /^redemption .*: computed/],
      ['redemptions', 'cut_off_fen = cut_off_fen + 1', 'cut_off_fen = cut_off_fen - 1', /^redemption .*: cut off/],
      ['redemptions', 'reserved_fen = reserved_fen + 1', 'reserved_fen = reserved_fen - 1', /^redemption .*: award/],
      ['redemptions', 'approved_fen = approved_fen - 1', 'approved_fen = approved_fen + 1', /^redemption .*: approved/],
      ['usage_invoice_lines', 'gross_fen = gross_fen - 1', 'gross_fen = gross_fen + 1', /^redemption /],
      ['contract_lines', 'gross_fen = gross_fen - 100', 'gross_fen = gross_fen + 100', /^voucher /],
    ];
    const quietly = (statement: string, parameters: string[] = []) =>
      world.admin.begin(async ({ sql }) => {
        await sql`set local session_replication_role = replica`;
        await sql.unsafe(statement, parameters);
      });
    const found = async () =>
      (await recomputeAwards(world.db, bookId)).map(({ invariant, subject, detail }) => `${invariant} ${subject}: ${detail}`);
    const checks = await world.admin.sql<{ drop: string; add: string }[]>`
      select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
             format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
        from pg_constraint where contype = 'c' and conrelid::regclass::text = any(${figures.map(([table]) => table)}::text[])`;
    for (const { drop } of checks) await world.admin.sql.unsafe(drop);
    for (const [table, change, undo, expected] of figures) {
      await quietly(`update ${table} set ${change}`);
      t.match((await found())[0]?.slice(2), expected, `${table}: ${change}`);
      await quietly(`update ${table} set ${undo}`);
    }
    for (const { add } of checks) await world.admin.sql.unsafe(add);
    const rewrite = 'update programme_versions set document = $1, digest = $2';
    await quietly(rewrite, [law.document.replace('basisPoints: 2000', 'basisPoints: 1999'), 'f'.repeat(64)]);
    t.match((await found())[0], /^9 voucher .*: award 40000000, computed anew 39980000/, 'another law gives another fen');
    await quietly(rewrite, [law.document, law.digest]);
    t.strictSame(await audited(world), []);
  });

  await t.test('half a year later, with another API key, everything is sent again', async (t) => {
    clock.set('2025-01-15');
    const key = expectStatus(await book.operator.post(`/members/${firm.member.memberId}/keys`, {}), 201);
    const rotated = (url: string, body: object, { key: idempotencyKey }: { key: string }): Promise<Answer> =>
      world.call('POST', `/v1/books/${book.code}${url}`, {
        secret: key.secret as string,
        body,
        headers: { 'idempotency-key': idempotencyKey },
      });
    const head = await headOf(world);
    for (const { caller, url, body, key, answer } of sent) {
      const again = caller === firm.member ? await rotated(url, body, { key }) : await caller.post(url, body, { key });
      t.strictSame(shown(again), shown(answer), `POST ${url} answers what it answered`);
      t.equal(again.headers['idempotency-replayed'], 'true');
    }
    const other = await rotated('/redemptions', { voucherId, invoiceId: nobody }, { key: sent.at(-1)?.key ?? '' });
    t.notOk(other.headers['idempotency-replayed'], 'a key belongs to its member: finance’s is free for the firm');
    const chinese = await rotated('/redemptions', { voucherId, invoiceId: redemptions[0]?.invoiceId ?? '' }, { key: 'again' });
    t.match(chinese.body, { code: 'INVOICE_ALREADY_REDEEMED', title: '发票已核销' });
    const english = await firm.member.post(
      '/redemptions',
      { voucherId, invoiceId: redemptions[0]?.invoiceId ?? '' },
      { key: 'again', headers: { 'accept-language': 'en' } },
    );
    t.match(
      english.body,
      { code: 'INVOICE_ALREADY_REDEEMED', title: 'The invoice is redeemed already' },
      'a stored refusal speaks the reader’s language',
    );
    t.equal(english.headers['content-language'], 'en');
    const changed = await reviewer.post(`/contracts/${contractId}/file`, {}, { key: 'job-5' });
    t.equal(told(changed), '409 IDEMPOTENCY_KEY_REUSED', 'the same key with another request');
    t.equal(await headOf(world), head + 1n, 'one entry: the refusal of the one new request');
    t.strictSame(await audited(world), []);
  });

  await t.test('what is not theirs is not there for strangers, exactly like what does not exist', async (t) => {
    const stranger = await world.enterprise(2);
    const rival = await book.member('provider', { uscc: uscc(9000002) });
    const [redemption] = redemptions;
    const things = [
      ['/contracts', contractId],
      ['/applications', applicationId],
      ['/vouchers', voucherId],
      ['/usage-invoices', redemption?.invoiceId ?? ''],
      ['/redemptions', redemption?.redemptionId ?? ''],
    ] as const;
    for (const [url, id] of things) {
      for (const [who, caller] of [
        ['another firm', stranger.member],
        ['another provider', rival],
      ] as const) {
        const none = await caller.get(`${url}/${nobody}`);
        if (none.status === 403) continue;
        t.strictSame(shown(await caller.get(`${url}/${id}`)), shown(none), `${url}: ${who}`);
        t.strictSame(expectStatus(await caller.get(url), 200).items, [], `${url}: ${who} lists nothing`);
      }
      t.equal((await firm.member.get(`${url}/${id}`)).status, 200, `${url}: its own firm`);
    }
    const redeem = (id: string) => stranger.member.post('/redemptions', { voucherId: id, invoiceId: nobody });
    t.strictSame(shown(await redeem(voucherId)), shown(await redeem(nobody)), 'a voucher of another firm answers like none');
  });
});

void t.test('Jiaozuo: 1,234,567.89 of fees give 246,913.57, shared by two funders to the fen', async (t) => {
  const world = await startWorld(t, { programme: jiaozuo, now: '2025-03-03' });
  const { book, approver, finance, reviewer, clock } = world;
  const cashier = await book.member('finance_approver');
  const firm = await world.enterprise(1);
  await withAccount(world);
  expectStatus(await world.load('500000.00', 'PROVINCE', 2025), 201);
  t.match(expectStatus(await world.load('400000.00', 'CITY', 2025), 201), { matched: '800000.00', available: '800000.00' });

  const facility = { providerId: world.providerId, name: '将满智算中心', kind: 'AI_COMPUTING' };
  const { facilityId } = expectStatus(await world.provider.post('/facilities', facility), 201);
  const seen = { observedOn: '2025-03-01', inService: true, pflops: '99.99', precision: 'FP16', evidence: '核查记录' };
  expectStatus(await reviewer.post(`/facilities/${facilityId as string}/observations`, seen), 201);
  const small = await world.contract(firm, '100000.00', { facilityId: facilityId as string });
  t.equal(told(await world.submit(firm, small)), '409 FACILITY_BELOW_THRESHOLD', 'a centre of 99.99 PFLOPS is not eligible');

  const reviewed = await world.reviewed(firm, '1234567.89');
  const { voucher } = expectStatus(await world.approve(reviewed), 200);
  t.equal(voucher.face, '246913.57', 'one of exactly 100 is');
  const gross = { contractId: reviewed.contractId, contractGross: '1234567.89', gross: '1234567.89' };
  const invoiceId = await confirmedInvoice(world, { ...gross, firm: firm.member, own: '987654.32', from: '2025-03-03' });
  const redemption = { voucherId: voucher.voucherId as string, invoiceId };
  t.match(expectStatus(await firm.member.post('/redemptions', redemption), 201), {
    approved: '246913.57',
    voucherBalance: '0.00',
  });
  t.match(expectStatus(await firm.member.get(`/vouchers/${redemption.voucherId}`), 200), { status: 'FULLY_REDEEMED' });

  clock.set('2025-04-02');
  const draft = expectStatus(await finance.post('/settlements', { period: '2025-03' }), 201);
  t.equal(draft.total, '246913.57');
  const hands = { maker: finance, approver, checker: await book.member('finance'), payer: cashier };
  const { instructions } = await instruct(hands, draft.settlementId as string);
  t.strictSame(
    (instructions as { funder: string; amount: string }[]).map(({ funder, amount }) => [funder, amount]).sort(),
    [
      ['CITY', '123456.79'],
      ['PROVINCE', '123456.78'],
    ],
    'the odd fen is the city’s',
  );
  t.strictSame(await audited(world), []);
});

void t.test('a machine key does the routine and decides nothing; one person is one pair of eyes in every role', async (t) => {
  const world = await startWorld(t);
  const { book } = world;
  const firm = await world.enterprise(1);
  expectStatus(await world.load('1000000.00'), 201);
  const reviewed = await world.reviewed(firm, '1000000.00');

  const decisions: Record<string, string[]> = {
    reviewer: [
      `/contracts/${nobody}/file`,
      `/applications/${nobody}/review`,
      `/applications/${nobody}/reject`,
      `/redemptions/${nobody}/verify`,
      `/redemptions/${nobody}/return`,
      `/facilities/${nobody}/observations`,
      '/listings',
      `/listings/${nobody}/delist`,
      '/opening-balances',
    ],
    approver: [
      `/programmes/${nobody}/activate`,
      `/programmes/${nobody}/repeal`,
      `/applications/${reviewed.applicationId}/approve`,
      `/vouchers/${nobody}/freeze`,
      `/vouchers/${nobody}/unfreeze`,
      `/settlements/${nobody}/approve`,
      `/opening-balances/${nobody}/approve`,
    ],
    finance: [
      '/appropriations',
      '/settlements',
      `/settlements/${nobody}/freeze`,
      `/settlements/${nobody}/check-lines`,
      `/settlements/${nobody}/return-lines`,
      `/settlements/${nobody}/close`,
      '/bank-returns',
    ],
    finance_approver: [`/settlements/${nobody}/instruct`, `/settlements/${nobody}/reinstruct`],
    enterprise: [`/contracts/${nobody}/confirm`, `/usage-invoices/${nobody}/confirm`, `/usage-invoices/${nobody}/dispute`],
    operator: [`/members/${nobody}/end`],
  };
  for (const [role, urls] of Object.entries(decisions)) {
    const of = role === 'enterprise' ? { uscc: firm.uscc } : {};
    const machine = await book.member(role as 'reviewer', { ...of, kind: 'MACHINE' });
    for (const [i, url] of urls.entries()) {
      const answer = await machine.post(url, {}, { key: `m-${i}` });
      t.equal(told(answer), '403 PERSON_REQUIRED', `${role}: POST ${url}`);
    }
  }

  const { voucher } = expectStatus(await world.approve(reviewed), 200);
  const system = await book.member('provider', { uscc: uscc(9000001), kind: 'MACHINE' });
  const erp = await book.member('enterprise', { uscc: firm.uscc, kind: 'MACHINE' });
  world.clock.set('2024-07-29');
  const usage = { contractGross: '1000000.00', gross: '100000.00', from: '2024-07-01', to: '2024-07-25', issuedOn: '2024-07-29' };
  const body = invoiceBody({ ...usage, contractId: reviewed.contractId });
  t.equal(
    told(await system.post('/usage-invoices', body)),
    '400 IDEMPOTENCY_KEY_REQUIRED',
    'a machine can always be asked again',
  );
  const { invoiceId } = expectStatus(await system.post('/usage-invoices', body, { key: 'i-1' }), 201);
  expectStatus(await firm.member.post(`/usage-invoices/${invoiceId as string}/confirm`), 200);
  const payment = { amount: '80000.00', paidOn: '2024-07-29', bankSerial: nextSerial() };
  expectStatus(await erp.post(`/usage-invoices/${invoiceId as string}/payments`, payment, { key: 'p-1' }), 201);
  const redemption = { voucherId: voucher.voucherId as string, invoiceId: invoiceId as string };
  t.match(expectStatus(await erp.post('/redemptions', redemption, { key: 'r-1' }), 201), { approved: '20000.00' });

  const other = await world.enterprise(2);
  const next = await world.reviewed(other, '500000.00');
  const bothRoles = await book.member('approver', { personId: world.reviewer.personId });
  const byReviewer = await bothRoles.post(`/applications/${next.applicationId}/approve`, { reviewDigest: next.reviewDigest });
  t.equal(told(byReviewer), '403 FOUR_EYES', 'who reviewed does not approve, in whatever role');
  const applicant = await book.member('approver', { personId: other.member.personId });
  const byApplicant = await applicant.post(`/applications/${next.applicationId}/approve`, { reviewDigest: next.reviewDigest });
  t.equal(told(byApplicant), '403 FOUR_EYES', 'nor who applied');

  await withAccount(world);
  const draft = expectStatus(await world.finance.post('/settlements', { period: '2024-07' }), 201);
  const settlement = `/settlements/${draft.settlementId as string}`;
  const content = await freeze(world.finance, draft.settlementId as string);
  const drafterApproves = await book.member('approver', { personId: world.finance.personId });
  t.equal(told(await drafterApproves.post(`${settlement}/approve`, content)), '403 FOUR_EYES', 'who drafted does not approve');
  expectStatus(await world.approver.post(`${settlement}/approve`, content), 200);
  for (const [who, person] of [
    ['drafted', world.finance],
    ['approved', world.approver],
  ] as const) {
    const checks = await book.member('finance', { personId: person.personId });
    t.equal(told(await checks.post(`${settlement}/check-lines`, { lines: [1] })), '403 FOUR_EYES', `who ${who} does not check`);
  }
  const checker = await book.member('finance');
  await check(checker, draft.settlementId as string);
  for (const [who, person] of [
    ['drafted', world.finance],
    ['approved', world.approver],
    ['checked', checker],
  ] as const) {
    const pays = await book.member('finance_approver', { personId: person.personId });
    t.equal(told(await pays.post(`${settlement}/instruct`)), '403 FOUR_EYES', `who ${who} does not pay`);
  }
  t.strictSame(await audited(world), []);
});

async function headOf(world: World): Promise<bigint> {
  const [row] = await world.db.sql<{ seq: bigint }[]>`select seq from book_heads where book_id = ${world.book.bookId}`;
  return row?.seq ?? 0n;
}
