// Vouchers and opening balances: who sees them, freezing and back, and what a book may bring along at go-live, by two persons.
import t from 'tap';
import type { Voucher } from '../../db/tables.js';
import { deliverDue } from '../../src/messages/deliver.js';
import { frozen, neverEnded, openingDigestOf, presentVoucher, unfrozen } from '../../src/vouchers/rules.js';
import { expectStatus } from '../service.js';
import { fields, itemsOf, startWorld, told, uscc } from '../applications/world.js';

const row: Voucher = {
  bookId: '',
  voucherId: 'v',
  voucherNo: 'V-1',
  programmeCode: 'p',
  programmeVersionId: '',
  enterpriseId: '',
  legalPersonUscc: '',
  contractId: '',
  providerId: '',
  applicationId: null,
  fund: 'p/2024',
  faceFen: 100n,
  reservedFen: 20n,
  appliedOn: '2024-07-01',
  issuedOn: '2024-07-01',
  lastDay: '2025-07-01',
  status: 'ACTIVE',
  frozenFrom: null,
  ...neverEnded,
  activateBy: null,
  recordedAt: '2024-07-01T02:00:00.000Z',
  matters: {},
  controlVersionIds: [],
};

void t.test('a voucher freezes from where it is and goes back there, and from nowhere else', async (t) => {
  for (const status of ['ISSUED', 'ACTIVE', 'PARTIALLY_REDEEMED'] as const) {
    const ice = frozen({ ...row, status });
    t.match(ice, { kind: 'changed', row: { status: 'FROZEN', frozenFrom: status } });
    if (ice.kind === 'changed') t.match(unfrozen(ice.row), { kind: 'changed', row: { status, frozenFrom: null } });
    t.match(unfrozen({ ...row, status }), { code: 'VOUCHER_WRONG_STATE', params: { state: status } });
  }
  const ended = { ...row, status: 'FULLY_REDEEMED' as const };
  t.match(frozen(ended), { code: 'VOUCHER_WRONG_STATE', params: { possible: '—' } });
  t.match(presentVoucher(row, 80n), { face: '1.00', balance: '0.80', reserved: '0.20' });
});

void t.test('an opening’s digest is over its content, in whatever order it was written', async (t) => {
  const content = {
    kind: 'LIMIT_USED',
    programmeCode: 'p',
    limitId: 'claimed',
    uscc: uscc(1),
    year: 2024,
    amount: '1.00',
  } as const;
  const { kind, amount, ...rest } = content;
  t.equal(openingDigestOf({ amount, ...rest, kind }), openingDigestOf(content));
  t.not(openingDigestOf({ ...content, amount: '1.01' }), openingDigestOf(content));
});

void t.test('a voucher is seen by its firm, its provider and the authorities, frozen by an approver, and unfrozen', async (t) => {
  const world = await startWorld(t);
  const { approver, book, provider } = world;
  expectStatus(await world.load('10000000.00'), 201);
  const [firm, other] = await Promise.all([world.enterprise(1), world.enterprise(2)]);
  const { voucherId } = expectStatus(await world.approve(await world.reviewed(firm, '2000000.00')), 200);
  const second = expectStatus(await world.approve(await world.reviewed(other, '1000000.00')), 200).voucherId as string;
  const id = voucherId as string;

  const [auditor, stranger] = await Promise.all([book.member('auditor'), book.member('provider', { uscc: uscc(77) })]);
  const eyes: [string, typeof auditor, string[]][] = [
    ['an auditor', auditor, [id, second]],
    ['the firm', firm.member, [id]],
    ['another firm', other.member, [second]],
    ['the provider of the contracts', provider, [id, second]],
    ['another provider', stranger, []],
  ];
  for (const [name, eye, expected] of eyes) {
    const seen = itemsOf<{ voucherId: string }>(await eye.get('/vouchers'));
    t.strictSame(
      seen.map(({ voucherId }) => voucherId),
      expected,
      name,
    );
    t.equal(told(await eye.get(`/vouchers/${id}`)), expected.includes(id) ? '200' : '404 NOT_FOUND', name);
  }
  t.match(expectStatus(await firm.member.get(`/vouchers/${id}`), 200), {
    voucherNo: 'TESTCITY-V-2024-000001',
    face: '400000.00',
    balance: '400000.00',
    reserved: '0.00',
    appliedOn: '2024-07-01',
    lastDay: '2025-07-01',
    status: 'ACTIVE',
  });
  const one = expectStatus(await auditor.get(`/vouchers?enterpriseId=${firm.enterpriseId}&status=ACTIVE&limit=1`), 200);
  t.strictSame([one.items.length, one.next], [1, null]);

  const turn = (how: 'freeze' | 'unfreeze', body: object = { reason: '举报核查' }, caller = approver, which = id) =>
    caller.post(`/vouchers/${which}/${how}`, body);
  t.equal(told(await turn('unfreeze')), '409 VOUCHER_WRONG_STATE');
  t.strictSame(fields(await turn('freeze', {})), ['/reason MISSING_FIELD'], 'a reason is required');
  t.equal(told(await turn('freeze', { reason: 'x' }, firm.member)), '403 FORBIDDEN');
  t.equal(told(await turn('freeze', { reason: 'x' }, await book.member('approver', { kind: 'MACHINE' }))), '403 PERSON_REQUIRED');
  t.equal(told(await turn('freeze', { reason: 'x' }, approver, firm.enterpriseId)), '404 NOT_FOUND');
  t.match(expectStatus(await turn('freeze'), 200), { status: 'FROZEN', balance: '400000.00', reason: '举报核查' });
  const again = await turn('freeze');
  t.equal(told(again), '409 VOUCHER_WRONG_STATE');
  t.match(again.body.detail, /FROZEN.*unfreeze/, 'the state and what is possible');
  t.match(expectStatus(await turn('unfreeze', { reason: '查无实据' }), 200), { status: 'ACTIVE', reason: '查无实据' });
  const kinds = await world.owner.sql<{ kind: string; refusal: string | null }[]>`
    select kind, refusal_code as refusal from entries
     where book_id = ${book.bookId} and (kind like 'voucher.%frozen' or kind like 'voucher.%freeze') order by seq`;
  t.strictSame(
    kinds.map(({ kind, refusal }) => refusal ?? kind),
    ['VOUCHER_WRONG_STATE', 'NOT_FOUND', 'voucher.frozen', 'VOUCHER_WRONG_STATE', 'voucher.unfrozen'],
    'every decision is an entry, refusals too',
  );

  const race = await Promise.all(Array.from({ length: 20 }, () => turn('freeze')));
  t.equal(race.filter(({ status }) => status === 200).length, 1, 'one of twenty freezes it');
});

void t.test('at go-live limits used and vouchers outstanding come in by two persons, within the law and the money', async (t) => {
  const world = await startWorld(t);
  const { approver, book, programmeCode, reviewer } = world;
  const [firm, other] = await Promise.all([world.enterprise(1), world.enterprise(2)]);
  const contractId = await world.contract(firm, '2000000.00');
  const unfiled = await world.contract(firm, '100000.00', { filed: false });
  const prepare = (body: object, caller = book.operator) => caller.post('/opening-balances', { programmeCode, ...body });
  const approve = (id: string, caller = approver) => caller.post(`/opening-balances/${id}/approve`, {});

  const used = { kind: 'LIMIT_USED', limitId: 'claimed', uscc: firm.uscc, year: 2024, amount: '850000.00' };
  const voucher = {
    kind: 'VOUCHER',
    version: 2,
    contractId,
    balance: '250000.00',
    issuedOn: '2024-06-15',
    lastDay: '2025-06-15',
    baseRedeemed: '750000.00',
    amountRedeemed: '150000.00',
  };
  const cases: [string, object, string, string[]?][] = [
    ['nothing used', { ...used, amount: '0.00' }, '400 AMOUNT_ZERO'],
    ['next year', { ...used, year: 2025 }, '400 OPENING_IN_FUTURE'],
    ['a firm nobody knows', { ...used, uscc: uscc(99) }, '409 ENTERPRISE_UNKNOWN'],
    ['a wrong code', { ...used, uscc: firm.uscc.slice(0, 17) }, '400 USCC_LENGTH', ['/uscc USCC_LENGTH']],
    ['a year without law', { ...used, year: 2023 }, '409 PROGRAMME_NOT_IN_FORCE'],
    ['no such limit', { ...used, limitId: 'gifts' }, '409 LIMIT_NOT_IN_PROGRAMME'],
    ['no such kind', { ...used, kind: 'CASH' }, '400 VALIDATION_FAILED'],
    ['an empty voucher', { ...voucher, balance: '0.00' }, '400 AMOUNT_ZERO'],
    ['issued tomorrow', { ...voucher, issuedOn: '2024-07-02' }, '400 OPENING_IN_FUTURE'],
    ['a version that does not decide', { ...voucher, version: 1 }, '409 OPENING_VERSION'],
    ['applied for before the law', { ...voucher, appliedOn: '2024-05-31' }, '409 PROGRAMME_NOT_IN_FORCE'],
    ['applied for after its issue', { ...voucher, appliedOn: '2024-06-16' }, '400 PERIOD_ENDS_BEFORE_START'],
    ['issued before the law', { ...voucher, issuedOn: '2024-05-31' }, '409 PROGRAMME_NOT_IN_FORCE'],
    ['no such contract', { ...voucher, contractId: firm.enterpriseId }, '404 NOT_FOUND'],
    ['a contract that is not filed', { ...voucher, contractId: unfiled }, '409 CONTRACT_NOT_FILED'],
    ['ending before it starts', { ...voucher, lastDay: '2024-06-14' }, '400 PERIOD_ENDS_BEFORE_START'],
    ['expired before go-live', { ...voucher, lastDay: '2024-06-30' }, '409 VOUCHER_EXPIRED'],
  ];
  for (const [name, body, expected, pointers] of cases) {
    const answer = await prepare(body);
    t.equal(told(answer), expected, name);
    if (pointers) t.strictSame(fields(answer), pointers, name);
  }

  const limit = expectStatus(await prepare({ ...used, uscc: ` ${firm.uscc.toLowerCase()} ` }), 201);
  t.match(limit, { status: 'PREPARED', content: { uscc: firm.uscc, amount: '850000.00', year: 2024 } });
  t.equal(await world.balance(`used:${programmeCode}.claimed:${firm.uscc}:2024`), 0n, 'prepared is not booked');
  t.equal(told(await prepare(used, reviewer)), '409 OPENING_EXISTS', 'the same content twice');
  const sameHand = await book.member('approver', { personId: book.operator.personId });
  t.equal(told(await approve(limit.openingBalanceId as string, sameHand)), '403 FOUR_EYES');
  t.equal(told(await approve(contractId)), '404 NOT_FOUND');
  const booked = expectStatus(await approve(limit.openingBalanceId as string), 200);
  t.match(booked, { status: 'APPROVED', voucherId: null });
  t.equal(told(await approve(limit.openingBalanceId as string)), '409 OPENING_WRONG_STATE');
  t.equal(await world.balance(`used:${programmeCode}.claimed:${firm.uscc}:2024`), 850_000_00n);
  const more = expectStatus(await prepare({ ...used, amount: '150000.01' }), 201);
  const above = await approve(more.openingBalanceId as string);
  t.equal(told(above), '409 OPENING_ABOVE_LIMIT');
  t.match(
    above.body.detail,
    /150,000\.01 元超过限额（2024 年）剩余的 150,000\.00 元：同一企业.*每年申领金额不超过 1,000,000\.00 元/,
  );

  const paper = expectStatus(await prepare(voucher), 201);
  const id = paper.openingBalanceId as string;
  t.equal(told(await approve(id)), '409 POOL_EXHAUSTED', 'from money that is there');
  expectStatus(await world.load('250000.00'), 201);
  const { voucherId } = expectStatus(await approve(id), 200);
  t.match(expectStatus(await firm.member.get(`/vouchers/${voucherId as string}`), 200), {
    voucherNo: 'TESTCITY-V-2024-000001',
    applicationId: null,
    face: '250000.00',
    balance: '250000.00',
    issuedOn: '2024-06-15',
    fund: `${programmeCode}/2024`,
  });
  await deliverDue({ db: world.db, bookId: book.bookId, clock: world.clock });
  t.match(itemsOf<{ textZh: string }>(await firm.member.get('/messages?limit=1')), [
    { textZh: '上线前发放的算力券已转入，编号 TESTCITY-V-2024-000001，可用余额 250000.00 元，最后使用日 2025-06-15。' },
  ]);
  const [standing] = await world.owner.sql<{ base: bigint; claimed: bigint }[]>`
    select base_fen as base, claimed_fen as claimed from contract_standings where standing_id = ${`${contractId}/${programmeCode}`}`;
  t.strictSame(standing, { base: 750_000_00n, claimed: 150_000_00n }, 'what was redeemed before counts on');
  t.equal(
    await world.balance(`used:${programmeCode}.contract-ceiling:${contractId}:LIFETIME`),
    400_000_00n,
    'the contract’s ceiling is taken by what it can pay and has paid',
  );
  t.equal(await world.balance(`available:${programmeCode}/2024`), 0n);
  const full = expectStatus(await prepare({ ...voucher, balance: '0.01', amountRedeemed: '0.00' }), 201);
  t.equal(
    told(await approve(full.openingBalanceId as string)),
    '409 OPENING_ABOVE_LIMIT',
    'no second voucher on a full contract',
  );

  const listed = itemsOf<{ kind: string }>(await reviewer.get('/opening-balances?status=APPROVED'));
  t.strictSame(
    listed.map(({ kind }) => kind),
    ['LIMIT_USED', 'VOUCHER'],
  );
  t.equal(told(await other.member.get('/opening-balances')), '403 FORBIDDEN');
});
