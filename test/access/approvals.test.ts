// Approvals of money: above a programme's amount by two, who are neither maker, checker nor each other; and in another's place, dated, limited
// and never in one's own matter. Judged by persons, in the service and in the database.
import t from 'tap';
import type { Sql } from '../../db/client.js';
import type { World } from '../applications/world.js';
import { startWorld, told } from '../applications/world.js';
import { confirmedInvoice } from '../journeys/job.js';
import { feeCode, startWorld as startReimbursements } from '../reimbursements/world.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { check, freeze } from '../settlements/batch.js';

const bureausOwn = (amount: string) => `twoApproversAbove:
  value: ${amount}
  cite:
    document: notice
    article: 第八条
    interpretation: true
    reading: { zh: 主管部门内部规定, en: a rule of the bureau’s own }
    decidedBy: 市工信局

cases:`;

/** A statement as the service's own role, in its lane, past all of its code. */
const inLane = ({ book, db }: Pick<World, 'book' | 'db'>, work: (sql: Sql) => Promise<unknown>) =>
  db.begin(async ({ sql }) => {
    await sql`select set_config('ledger.lane', ${book.bookId}, true)`;
    await work(sql);
  });

/** Merges `other` into `person`, by two others. */
async function merged(world: Pick<World, 'book'>, person: Caller, other: Caller): Promise<void> {
  const body = { personId: person.personId, otherPersonId: other.personId, reason: '同一人' };
  const merge = expectStatus(await world.book.operator.post('/person-merges', body), 201);
  const deciding = await world.book.member('approver');
  expectStatus(await deciding.post(`/person-merges/${merge.mergeId}/approve`, { digest: merge.digest }), 200);
}

void t.test('above the amount two approve an application, and nothing moves before the second', async (t) => {
  const world = await startWorld(t, { replaced: [[/^cases:/m, bureausOwn('400000.00')]] });
  const { book, reviewer, approver } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const [second, account] = [await book.member('approver'), await book.member('approver')];
  const asReviewer = await book.member('approver', { personId: reviewer.personId });
  await merged(world, approver, account);
  const approve = (by: Caller, of: { applicationId: string; reviewDigest: string }, query = '') =>
    by.post(`/applications/${of.applicationId}/approve${query}`, { reviewDigest: of.reviewDigest, acceptReduced: true });

  const at = await world.reviewed(firm, '2000000.00');
  t.match(
    expectStatus(await approve(approver, at), 200),
    { status: 'APPROVED', award: '400000.00' },
    'at the amount one suffices',
  );

  const other = await world.enterprise(2);
  const above = await world.reviewed(other, '2000000.05');
  const waits = {
    awaitsSecondApproval: { amount: '400000.01', above: '400000.00', status: 'WAITING', person: approver.personId },
  };
  t.match(expectStatus(await approve(approver, above, '?dryRun=true'), 200), waits, 'a dry run says so');
  const first = expectStatus(await approve(approver, above), 200);
  t.match(first, waits);
  t.match(
    expectStatus(await approver.get(`/applications/${above.applicationId}`), 200),
    { status: 'REVIEWED' },
    'it stays as it is',
  );
  t.equal((await world.owner.sql`select from vouchers where application_id = ${above.applicationId}`).length, 0);
  const entries = expectStatus(await approver.get(`/ledger/entries?subjectId=${above.applicationId}`), 200).items as object[];
  t.match(entries.at(-1), {
    kind: 'application.approved_first',
    approvalDigest: first.awaitsSecondApproval.digest,
    amount: null,
  });
  t.match(expectStatus(await second.get('/first-approvals'), 200).items, [{ subjectId: above.applicationId, status: 'WAITING' }]);

  for (const [who, by] of [
    ['who approved first', approver],
    ['another account of the first approver', account],
    ['the reviewer by another account', asReviewer],
  ] as const) {
    t.equal(told(await approve(by, above)), '403 FOUR_EYES', `not by ${who}`);
  }
  const decided = expectStatus(await approve(second, above), 200);
  t.match(decided, { status: 'APPROVED', award: '400000.01', voucher: { face: '400000.01' } });
  t.match(expectStatus(await second.get('/first-approvals?status=COMPLETED'), 200).items, [
    { person: approver.personId, secondPerson: second.personId },
  ]);

  await t.test('a first approval is of one digest: once that has changed it is dead, and the next is a first one', async (t) => {
    const third = await world.enterprise(3);
    const of = await world.reviewed(third, '3000000.00');
    expectStatus(await approve(approver, of), 200);
    const body = { eligibility: world.eligibility, maximum: '450000.00' };
    const again = expectStatus(await reviewer.post(`/applications/${of.applicationId}/review`, body), 200);
    t.equal(told(await approve(second, of)), '409 REVIEW_CHANGED', 'the digest that the first named is no more');
    const now = { ...of, reviewDigest: again.reviewDigest as string };
    t.match(expectStatus(await approve(second, now), 200), {
      awaitsSecondApproval: { person: second.personId, amount: '450000.00' },
    });
    t.match(expectStatus(await second.get('/first-approvals?status=DIED'), 200).items, [{ person: approver.personId }]);
    t.match(
      expectStatus(await approve(approver, now), 200),
      { status: 'APPROVED', award: '450000.00' },
      'whose was dead may be the second',
    );
  });

  await t.test('the database holds the two approvers apart, as persons', async (t) => {
    const [row] = await world.owner.sql<{ id: string }[]>`
      select approval_id as id from first_approvals where status = 'DIED' limit 1`;
    const complete = (person: string) =>
      world.owner.begin(async ({ sql }) => {
        await sql.unsafe(`select set_config('ledger.lane', '${book.bookId}', true)`);
        await sql`update first_approvals set status = 'COMPLETED', second_person = ${person}, second_on = '2024-07-01'
                   where approval_id = ${row?.id ?? ''}`;
      });
    for (const [who, person] of [
      ['the first approver', approver.personId],
      ['another account', account.personId],
      ['the reviewer', reviewer.personId],
    ] as const) {
      await t.rejects(complete(person), { code: '23514' }, who);
    }
  });

  await t.test('nor is anybody left out whom a first approval keeps from it', async (t) => {
    const of = await world.reviewed(await world.enterprise(4), '2500000.00');
    await t.rejects(
      inLane(
        world,
        (sql) => sql`
        insert into first_approvals (book_id, approval_id, subject_kind, subject_id, digest, amount_fen, above_fen, done_by, person_id,
                                     approved_on, status, recorded_at)
        values (${book.bookId}, ${book.bookId}, 'APPLICATION', ${of.applicationId}, repeat('a', 64), 2, 1, '[]', ${approver.personId},
                '2024-07-01', 'WAITING', now())`,
      ),
      { code: '23514', constraint_name: 'first_approvals_makers' },
    );
    expectStatus(await approve(approver, of), 200);
    expectStatus(await approver.post(`/applications/${of.applicationId}/reject`, { reason: '不符合条件' }), 200);
    t.notMatch(
      expectStatus(await second.get('/first-approvals?status=WAITING'), 200).items,
      [{ subjectId: of.applicationId }],
      'and it ends with what it was of',
    );
  });
});

void t.test('above the amount no rule verifies a redemption, and two reviewers do', async (t) => {
  const world = await startWorld(t, { replaced: [[/^cases:/m, bureausOwn('50000.00')]] });
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const of = await world.reviewed(firm, '1000000.00');
  const { reviewer, book } = world;
  expectStatus(await world.approve(of), 200);
  const by = await book.member('approver');
  const { voucher } = expectStatus(
    await by.post(`/applications/${of.applicationId}/approve`, { reviewDigest: of.reviewDigest }),
    200,
  );
  const redeem = async (gross: string, own: string, from: string) => {
    const invoice = { firm: firm.member, contractId: of.contractId, contractGross: '1000000.00', gross, own, from };
    const invoiceId = await confirmedInvoice(world, invoice);
    return expectStatus(await firm.member.post('/redemptions', { voucherId: voucher.voucherId as string, invoiceId }), 201);
  };
  t.match(
    await redeem('250000.00', '200000.00', '2024-07-02'),
    { status: 'APPROVED', approved: '50000.00' },
    'at the amount a rule does',
  );
  const waiting = await redeem('300000.00', '240000.00', '2024-08-02');
  t.match(waiting, { status: 'SUBMITTED', reserved: '60000.00', mismatches: [{ code: 'TWO_APPROVERS' }] });
  const verify = (who: Caller) => who.post(`/redemptions/${waiting.redemptionId as string}/verify`, { approved: '60000.00' });
  const [second, account] = [await book.member('reviewer'), await book.member('reviewer')];
  await merged(world, reviewer, account);
  const alone = (sql: Sql) => sql`
    update redemptions set status = 'APPROVED', approved_fen = reserved_fen, approved_on = '2024-08-02', decided_person = ${second.personId}
     where redemption_id = ${waiting.redemptionId as string}`;
  const byRule = async (sql: Sql) => {
    const of = waiting.redemptionId as string;
    await sql`update redemptions set status = 'RETURNED', decided_person = ${second.personId}, decision_reason = '1' where redemption_id = ${of}`;
    await sql`
      insert into redemptions
      select (jsonb_populate_record(r, jsonb_build_object('redemption_id', gen_random_uuid(), 'redemption_no', 'R-1', 'status', 'APPROVED',
        'approved_fen', reserved_fen, 'approved_on', '2024-08-02', 'decided_person', null))).* from redemptions r where redemption_id = ${of}`;
  };
  for (const [what, write] of [
    ['by one person', alone],
    ['by a rule', byRule],
  ] as const)
    await t.rejects(inLane(world, write), { code: '23514', constraint_name: 'redemptions_two_approvers' }, `the database takes none ${what}`);
  t.match(expectStatus(await verify(reviewer), 200), { awaitsSecondApproval: { amount: '60000.00', subjectKind: 'REDEMPTION' } });
  t.equal(told(await verify(account)), '403 FOUR_EYES');
  await t.rejects(
    inLane(world, alone),
    { code: '23514', constraint_name: 'redemptions_second_approval' },
    'nor does the database take it past the second approval',
  );
  t.match(expectStatus(await verify(second), 200), { status: 'APPROVED', approved: '60000.00' });

  // A red letter returns what waits for its second approval: the first is of nothing then, and counts for nothing later.
  const returned = await redeem('310000.00', '248000.00', '2024-09-02');
  const path = `/redemptions/${returned.redemptionId as string}`;
  expectStatus(await reviewer.post(`${path}/verify`, { approved: '62000.00' }), 200);
  const red = { redLetterNo: `24${'9'.repeat(18)}`, contractId: of.contractId, issuedOn: '2024-07-01', reason: '开票有误' };
  expectStatus(await world.provider.post(`/usage-invoices/${returned.invoiceId as string}/red-letters`, red), 201);
  t.match(expectStatus(await reviewer.get(path), 200), { status: 'RETURNED' });
  const left = expectStatus(await reviewer.get('/first-approvals?status=DIED'), 200) as {
    items: { subjectId: string; status: string }[];
  };
  t.match(
    left.items.filter(({ subjectId }) => subjectId === returned.redemptionId),
    [{ status: 'DIED' }],
  );
});

void t.test('above the amount two approve an allocation and a batch, and neither of them pays', async (t) => {
  const world = await startReimbursements(t, {
    fees: [
      ['allocation:', 'twoApproversAbove: { value: 1000000.00, cite: { document: measure, article: 第五条 } }\nallocation:'],
    ],
  });
  const { book, approver, finance, payer, reviewer } = world;
  await world.load(feeCode, '100000000.00');
  const firm = await world.firm(1);
  await world.fee(firm, { lines: [{ gross: '2000000.00' }] });
  await world.reviewed(firm, { score: 80, opinion: '同意' });
  const draft = expectStatus(await reviewer.post('/allocations', { programmeCode: feeCode, year: 2025 }), 201);
  t.equal(draft.total, '1200000.00');
  const second = await book.member('approver');
  const allocate = (by: Caller) => by.post(`/allocations/${draft.allocationId}/approve`, { contentDigest: draft.contentDigest });
  await t.rejects(inLane(world, (sql) => sql`
    update allocations set status = 'APPROVED', decided_person = ${second.personId}, decided_on = '2025-02-03'`), {
    code: '23514',
    constraint_name: 'allocations_two_approvers',
  });
  t.match(expectStatus(await allocate(approver), 200), {
    awaitsSecondApproval: { subjectKind: 'ALLOCATION', amount: '1200000.00' },
  });
  t.equal(told(await allocate(approver)), '403 FOUR_EYES');
  t.match(expectStatus(await allocate(second), 200), { status: 'APPROVED' });

  world.clock.set('2025-03-03');
  const batch = expectStatus(await finance.post('/settlements', { period: '2025-02' }), 201);
  const { settlementId = '' } = batch as Record<string, string>;
  const content = await freeze(finance, settlementId);
  const approve = (by: Caller) => by.post(`/settlements/${settlementId}/approve`, content);
  const drafting = await book.member('approver', { personId: finance.personId });
  t.equal(told(await approve(drafting)), '403 FOUR_EYES');
  const alone = inLane(world, (sql) => sql`update settlements set status = 'APPROVED', approved_person = ${second.personId}`);
  await t.rejects(alone, { code: '23514', constraint_name: 'settlements_two_approvers' });
  t.match(expectStatus(await approve(approver), 200), {
    awaitsSecondApproval: { subjectKind: 'SETTLEMENT', above: '1000000.00' },
  });
  t.equal(told(await payer.post(`/settlements/${settlementId}/instruct`)), '409 SETTLEMENT_WRONG_STATE');
  await t.rejects(
    inLane(world, (sql) => sql`update settlements set status = 'APPROVED', approved_person = ${second.personId}`),
    { code: '23514', constraint_name: 'settlements_second_approval' },
  );
  t.match(expectStatus(await approve(second), 200), { status: 'APPROVED' });
  expectStatus(
    await firm.member.post('/payee-accounts', {
      enterpriseId: firm.enterpriseId,
      holderName: firm.name,
      bankName: '银行',
      bankCode: '102331000012',
      accountNo: '6222021001000000001',
      validFrom: '2025-01-01',
    }),
    201,
  );
  for (const person of [approver, second]) {
    const checking = await book.member('finance', { personId: person.personId });
    t.equal(told(await checking.post(`/settlements/${settlementId}/check-lines`, { lines: [1] })), '403 FOUR_EYES', 'neither approver checks');
  }
  await check(await book.member('finance'), settlementId);
  for (const person of [approver, second]) {
    const paying = await book.member('finance_approver', { personId: person.personId });
    t.equal(told(await paying.post(`/settlements/${settlementId}/instruct`)), '403 FOUR_EYES', 'neither approver pays');
  }
});

void t.test('in another’s place: dated, limited, revocable, and never in one’s own or the delegator’s matter', async (t) => {
  const world = await startWorld(t);
  const { book, approver, finance, clock } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const [deputy, account] = [await book.member('reviewer'), await book.member('reviewer')];
  await merged(world, approver, account);
  const wanted = {
    delegateId: deputy.memberId,
    verbs: ['application.approve'],
    maximum: '100000.00',
    fromDay: '2024-07-02',
    toDay: '2024-07-05',
    reason: '出差',
  };
  const machine = await book.member('reviewer', { kind: 'MACHINE' });
  const auditor = await book.member('auditor');
  for (const [what, by, body, expected] of [
    ['to oneself', approver, { ...wanted, delegateId: approver.memberId }, '400 DELEGATION_TO_ONESELF'],
    ['to another account of one’s own', approver, { ...wanted, delegateId: account.memberId }, '400 DELEGATION_TO_ONESELF'],
    ['to a machine', approver, { ...wanted, delegateId: machine.memberId }, '400 DELEGATE_UNFIT'],
    ['to an auditor', approver, { ...wanted, delegateId: auditor.memberId }, '400 DELEGATE_UNFIT'],
    ['to a member of the trade', approver, { ...wanted, delegateId: firm.member.memberId }, '400 DELEGATE_UNFIT'],
    ['to nobody', approver, { ...wanted, delegateId: book.bookId }, '404 NOT_FOUND'],
    ['of what one may not do', approver, { ...wanted, verbs: ['redemption.verify'] }, '403 DELEGATION_BEYOND_ROLE'],
    ['of days that are past', approver, { ...wanted, fromDay: '2024-06-01', toDay: '2024-06-30' }, '400 DELEGATION_OVER'],
    ['the wrong way round', approver, { ...wanted, toDay: '2024-07-01' }, '400 PERIOD_ENDS_BEFORE_START'],
    ['up to nothing', approver, { ...wanted, maximum: '0.00' }, '400 AMOUNT_ZERO'],
    ['by who approves nothing', finance, wanted, '403 FORBIDDEN'],
  ] as const) {
    t.equal(told(await by.post('/delegations', body)), expected, `not ${what}`);
  }
  const { delegationId } = expectStatus(await approver.post('/delegations', wanted), 201) as { delegationId: string };
  const inPlace = { headers: { 'on-behalf-of': delegationId } };
  const approve = (of: { applicationId: string; reviewDigest: string }, by = deputy, options: object = inPlace) =>
    by.post(`/applications/${of.applicationId}/approve`, { reviewDigest: of.reviewDigest }, options);
  const small = await world.reviewed(firm, '500000.00');
  t.equal(told(await approve(small, deputy, {})), '403 FORBIDDEN', 'a delegate says in whose place it acts');
  t.equal(told(await approve(small)), '403 DELEGATION_NOT_VALID', 'not before its first day');
  clock.set('2024-07-02');
  t.equal(told(await approve(small, finance)), '403 DELEGATION_NOT_VALID', 'nobody but the delegate');
  t.equal(
    told(await approve(small, deputy, { headers: { 'on-behalf-of': book.bookId } })),
    '403 DELEGATION_NOT_VALID',
    'by none there is',
  );
  t.equal(told(await approve(small, deputy, { headers: { 'on-behalf-of': 'x' } })), '400 VALIDATION_FAILED');
  t.equal(
    told(await approver.post('/calendars/' + book.bookId + '/approve', {}, inPlace)),
    '403 DELEGATION_NOT_VALID',
    'for nothing else',
  );
  t.equal(told(await approve(small, firm.member)), '403 FORBIDDEN');

  const big = await world.reviewed(firm, '500000.05');
  t.equal(told(await approve(big)), '403 DELEGATION_AMOUNT', 'a fen above its amount');
  const own = expectStatus(
    await deputy.post(`/applications/${big.applicationId}/review`, { eligibility: world.eligibility, maximum: '90000.00' }),
    200,
  );
  t.equal(
    told(await approve({ ...big, reviewDigest: own.reviewDigest as string })),
    '403 FOUR_EYES',
    'what the delegate reviewed',
  );
  const reviewing = await book.member('reviewer', { personId: approver.personId });
  const theirs = expectStatus(
    await reviewing.post(`/applications/${big.applicationId}/review`, { eligibility: world.eligibility }),
    200,
  );
  t.equal(
    told(await approve({ ...big, reviewDigest: theirs.reviewDigest as string })),
    '403 FOUR_EYES',
    'what the delegator reviewed',
  );

  const act = (subject: string, person: string, forPerson: string, day = '2024-07-02') =>
    inLane(
      world,
      (sql) => sql`
      insert into delegated_acts (book_id, command_id, delegation_id, subject_id, person_id, for_person_id, recorded_at)
      values (${book.bookId}, gen_random_uuid(), ${delegationId}, ${subject}, ${person}, ${forPerson}, ${`${day}T04:00:00Z`}::timestamptz)`,
    );
  const { applicationId } = big;
  for (const [what, write, constraint] of [
    [
      'by another than the delegate',
      () => act(small.applicationId, finance.personId, approver.personId),
      'delegated_acts_by_delegation',
    ],
    [
      'for another than the delegator',
      () => act(small.applicationId, deputy.personId, finance.personId),
      'delegated_acts_by_delegation',
    ],
    [
      'after its days',
      () => act(small.applicationId, deputy.personId, approver.personId, '2024-07-06'),
      'delegated_acts_by_delegation',
    ],
    ['in what the delegator reviewed', () => act(applicationId, deputy.personId, approver.personId), 'delegated_acts_four_eyes'],
  ] as const) {
    await t.rejects(write(), { code: '23514', constraint_name: constraint }, `the database takes no act ${what}`);
  }

  const approved = expectStatus(await approve(small), 200);
  t.match(approved, { status: 'APPROVED', award: '100000.00' });
  const entries = expectStatus(await auditor.get(`/ledger/entries?subjectId=${small.applicationId}`), 200).items as object[];
  t.match(entries.at(-1), { personId: deputy.personId, forPersonId: approver.personId }, 'the entry tells both');
  t.match(entries[0], { forPersonId: null });
  const next = await world.reviewed(await world.enterprise(2), '100000.00');
  clock.set('2024-07-06');
  t.equal(told(await approve(next)), '403 DELEGATION_NOT_VALID', 'not after its last day');
  clock.set('2024-07-05');
  for (const [by, expected] of [
    [finance, '404 NOT_FOUND'],
    [approver, '200'],
    [approver, '409 DELEGATION_REVOKED'],
  ] as const) {
    t.equal(told(await by.post(`/delegations/${delegationId}/revoke`)), expected);
  }
  t.equal(told(await approve(next)), '403 DELEGATION_NOT_VALID', 'not once revoked');
  t.match(expectStatus(await auditor.get('/delegations'), 200).items, [{ delegationId, revokedPerson: approver.personId }]);
  const again = expectStatus(await approver.post('/delegations', wanted), 201) as { delegationId: string };
  expectStatus(await book.operator.post(`/members/${approver.memberId}/end`), 200);
  t.equal(
    told(await approve(next, deputy, { headers: { 'on-behalf-of': again.delegationId } })),
    '403 DELEGATION_NOT_VALID',
    'not once the delegator may not',
  );
});

void t.test('a member in a role of the book’s own lets another do what its rights give, whatever part of the role leads', async (t) => {
  const world = await startWorld(t);
  const { book, approver } = world;
  const deputy = await book.member('approver');
  const roleOf = async (code: string, rights: string[]) => {
    const body = { code, name: '核验岗', parts: ['finance', 'reviewer'], rights };
    const role = expectStatus(await book.operator.post('/custom-roles', body), 201);
    expectStatus(await approver.post(`/custom-roles/${role.customRoleId}/approve`, { digest: role.digest }), 200);
    const made = expectStatus(await book.operator.post('/members', { personName: '岗', role: 'finance', customRole: code }), 201);
    expectStatus(await book.colleague.post(`/members/${made.memberId}/confirm`), 200);
    const { secret } = expectStatus(await book.operator.post(`/members/${made.memberId}/keys`), 201) as { secret: string };
    return (wanted: object) => world.call('POST', `/v1/books/${book.code}/delegations`, { secret, body: wanted });
  };
  const wanted = { delegateId: deputy.memberId, verbs: ['redemption.verify'], fromDay: '2024-07-01', toDay: '2024-07-05', reason: '休假' };
  const without = await roleOf('desk', ['delegation', 'redemption.return']);
  t.equal(told(await without(wanted)), '403 DELEGATION_BEYOND_ROLE', 'not a verb that its role was cut down by');
  const given = expectStatus(await (await roleOf('verifiers', ['delegation', 'redemption']))(wanted), 201);
  const inPlace = { headers: { 'on-behalf-of': given.delegationId as string } };
  t.equal(
    told(await deputy.post(`/redemptions/${book.bookId}/verify`, { approved: '1.00' }, inPlace)),
    '404 NOT_FOUND',
    'its delegate is judged by the thing',
  );
});

void t.test('two approvers are two persons, also where one of them is represented', async (t) => {
  const world = await startWorld(t, { replaced: [[/^cases:/m, bureausOwn('1000.00')]] });
  const { book, approver } = world;
  expectStatus(await world.load('5000000.00'), 201);
  const firm = await world.enterprise(1);
  const [deputy, second] = [await book.member('finance'), await book.member('approver')];
  const wanted = {
    delegateId: deputy.memberId,
    verbs: ['application.approve'],
    fromDay: '2024-07-01',
    toDay: '2024-07-05',
    reason: '休假',
  };
  const { delegationId } = expectStatus(await approver.post('/delegations', wanted), 201) as { delegationId: string };
  const approve = (by: Caller, of: { applicationId: string; reviewDigest: string }) =>
    by.post(
      `/applications/${of.applicationId}/approve`,
      { reviewDigest: of.reviewDigest },
      by === deputy ? { headers: { 'on-behalf-of': delegationId } } : {},
    );
  const one = await world.reviewed(firm, '100000.00');
  t.match(expectStatus(await approve(deputy, one), 200), { awaitsSecondApproval: { forPerson: approver.personId } });
  t.equal(told(await approve(approver, one)), '403 FOUR_EYES', 'the delegator is not the second after its delegate');
  t.match(expectStatus(await approve(second, one), 200), { status: 'APPROVED' });
  const two = await world.reviewed(firm, '100000.00');
  expectStatus(await approve(approver, two), 200);
  t.equal(told(await approve(deputy, two)), '403 FOUR_EYES', 'nor the delegate after its delegator');
});

// An approval is of what was there when somebody decided to give it. Every verb that approves is in this table, by how that holds: it names the
// digest of what it approves; or what it approves can be changed by nobody, the database grants no such right; or all of it is judged anew, by what
// is on record in the moment of approval. A new approving verb is in none, and fails here.
type Bound = { readonly digest: string } | { readonly unchangeable: string } | { readonly anew: string };
const bound: Readonly<Record<string, Bound>> = {
  '/allocations/{id}/approve': { digest: 'contentDigest' },
  '/applications/{id}/approve': { digest: 'reviewDigest' },
  '/appropriation-returns/{id}/approve': { digest: 'contentDigest' },
  '/calendars/{id}/approve': { unchangeable: 'calendar_years' },
  '/contract-amendments/{id}/confirm': { unchangeable: 'contract_amendments' },
  '/contract-amendments/{id}/file': { unchangeable: 'contract_amendments' },
  '/contracts/{id}/confirm': { anew: 'what was submitted is amended only once it is filed' },
  '/contracts/{id}/file': {
    anew: 'what was submitted is amended only once it is filed; listings, duplicates and models are looked at',
  },
  '/custom-roles/{id}/approve': { digest: 'digest' },
  '/flags/{id}/clear': { unchangeable: 'flags' },
  '/flags/{id}/uphold': { unchangeable: 'flags' },
  '/invitations/{id}/confirm': { unchangeable: 'invitations' },
  '/keys/{id}/confirm': { anew: 'of whose a key is, and what proves it, nothing changes' },
  '/legal-person-changes/{id}/approve': { unchangeable: 'legal_person_changes' },
  '/limit-exceptions/{id}/approve': { unchangeable: 'limit_exceptions' },
  '/listing-applications/{id}/list': { digest: 'digest' },
  '/listing-measures/{id}/approve': { unchangeable: 'listing_measures' },
  '/members/{id}/confirm': { anew: 'in which role and for whom a membership is, nothing changes' },
  '/matters/{id}/confirm': { unchangeable: 'matter_registrations' },
  '/opening-balances/{id}/approve': { unchangeable: 'opening_balances' },
  '/payee-account-waits/{id}/approve': { unchangeable: 'payee_account_waits' },
  '/payee-accounts/{id}/confirm': { anew: 'of whom an account is and where, nothing changes: only its seal and its life' },
  '/person-merges/{id}/approve': { digest: 'digest' },
  '/programmes/{id}/activate': { unchangeable: 'programme_versions' },
  '/programmes/{id}/correct-repeal': { digest: 'contentDigest' },
  '/recoveries/{id}/offset': { unchangeable: 'recovery_offsets' },
  '/recoveries/{id}/open': { anew: 'what was paid is looked at, and recovered as it is then' },
  '/recoveries/{id}/write-off': { anew: 'what is still open is written off, at the reason that was given' },
  '/redemptions/{id}/reverse': { digest: 'contentDigest' },
  '/redemptions/{id}/verify': { anew: 'the amount that it names is judged by the law and the invoice as they are' },
  '/settlements/{id}/approve': { digest: 'contentDigest' },
  '/settlements/{id}/instruct': { anew: 'what is approved and checked: another version is neither, and nothing else of a frozen batch changes' },
  '/usage-invoices/{id}/confirm': { anew: 'of an invoice that was posted nothing changes but by voiding it' },
  '/vouchers/{id}/cancel': { digest: 'contentDigest' },
  '/vouchers/{id}/revoke': { digest: 'contentDigest' },
};
/** Columns that say who decided what, when and why: what a decision writes beside what it is of. */
const decisions = /^(status|revision|\w+_(person|on|at|by|reason|document)|reason|decision_id|holder|parts|in_force_to|repeal_id)$/;

void t.test('every verb that approves binds what it approves', async (t) => {
  const { app, owner } = await startWorld(t);
  interface Route {
    post?: { requestBody?: { content: { 'application/json': { schema: { required?: string[] } } } } };
  }
  const paths = Object.entries((app.swagger() as { paths?: Record<string, Route> }).paths ?? {})
    .map(([path, { post }]) => [path.replace('/v1/books/{book}', ''), post] as const)
    .filter(
      ([path, post]) =>
        post &&
        /\}\/(approve|verify|confirm|file|activate|list|cancel|instruct|reverse|open|offset|correct-repeal|write-off|clear|uphold)$|^\/vouchers\/\{id\}\/revoke$/.test(
          path,
        ),
    );
  const lives = paths.filter(([path]) => path !== '/vouchers/{id}/activate');
  t.strictSame(lives.map(([path]) => path).sort(), Object.keys(bound).sort(), 'all of them, and no other');
  for (const [path, post] of lives) {
    const how = bound[path];
    if (how && 'digest' in how) {
      const { required = [] } = post?.requestBody?.content['application/json'].schema ?? {};
      t.ok(required.includes(how.digest), `${path} names the ${how.digest}`);
    } else if (how && 'unchangeable' in how) {
      const columns = await owner.sql<{ name: string }[]>`
        select column_name as name from information_schema.column_privileges
         where table_name = ${how.unchangeable} and grantee = 'voucher_app' and privilege_type = 'UPDATE'`;
      t.strictSame(
        columns.map(({ name }) => name).filter((name) => !decisions.test(name)),
        [],
        `${path}: nobody changes ${how.unchangeable}`,
      );
    }
  }
});
