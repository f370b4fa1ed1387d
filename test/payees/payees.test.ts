// Where a payee is paid, changed by two persons and after a wait: the whole life, every way around it, and the database holding each by itself.
import type { Test } from 'tap';
import t from 'tap';
import { auditLedger } from '../../src/ledger/audit.js';
import { auditBusiness } from '../../src/reconciliation/audit.js';
import { deliverDue } from '../../src/messages/deliver.js';
import { accountLife, payeeAccountOn, waitLife } from '../../src/payees/rules.js';
import type { PayeeAccount } from '../../db/tables.js';
import { publishCalendars } from '../cases/world.js';
import { tryEverything } from '../lives/table.js';
import type { Answer, Caller } from '../service.js';
import { expectStatus } from '../service.js';
import type { World } from '../settlements/world.js';
import { settle, startWorld } from '../settlements/world.js';
import { changeAccount, proposes, proves } from './change.js';

const codeOf = ({ status, body }: Answer): [number, string] => [status, (body as { code?: string }).code ?? ''];
const clean = async (t: Test, { db, owner, book }: World, when: string): Promise<void> => {
  t.strictSame(await auditLedger(db, book.bookId), [], `the ledger, ${when}`);
  t.strictSame(await auditBusiness(owner, book.bookId), [], `the business, ${when}`);
};

void t.test('which account is paid on: the latest in effect, and none while a change is open', (t) => {
  const account = (payeeAccountId: string, more: Partial<PayeeAccount>): PayeeAccount =>
    ({ payeeAccountId, how: 'CHANGE', status: 'CONFIRMED', formerHolds: false, usableFrom: null, ...more }) as PayeeAccount;
  const first = account('a', { how: 'FIRST', usableFrom: '2024-01-01' });
  const change = account('b', { usableFrom: '2024-07-10' });
  const told = (accounts: PayeeAccount[], day: string): string => {
    const paid = payeeAccountOn(accounts, day);
    return paid.kind === 'account' ? paid.account.payeeAccountId : paid.kind;
  };
  for (const [said, accounts, day, expected] of [
    ['before the first one', [first], '2023-12-31', 'missing'],
    ['on its first day', [first], '2024-01-01', 'a'],
    ['the day before a change is in effect', [first, change], '2024-07-09', 'changing'],
    ['the same, where the account before was found to hold', [first, { ...change, formerHolds: true }], '2024-07-09', 'a'],
    ['on the day itself', [change, first], '2024-07-10', 'b'],
    ['while one is proposed', [first, account('b', { status: 'PROPOSED' })], '2024-07-09', 'changing'],
    [
      'though an earlier confirmation of it said that the account before holds',
      [first, account('b', { status: 'OBJECTED', formerHolds: true })],
      '2024-07-09',
      'changing',
    ],
    [
      'once it was withdrawn or rejected',
      [first, account('b', { status: 'WITHDRAWN' }), account('c', { status: 'REJECTED' })],
      '2024-07-09',
      'a',
    ],
    ['back to an earlier one', [first, change, account('c', { usableFrom: '2024-08-01' })], '2024-08-02', 'c'],
  ] as const) {
    t.equal(told([...accounts], day), expected, said);
  }
  t.end();
});

void t.test('a payee’s account is changed by two persons, after a wait, and nobody gets around it', async (t) => {
  const world = await startWorld(t, { now: '2024-07-15', providers: 3 });
  const { book, finance, payer, approver, clock } = world;
  const [one, two] = world.providers as [World['providers'][number], World['providers'][number]];
  const colleague = await book.member('finance');
  const chief = await book.member('finance_approver');
  await world.approve([
    { provider: 0, approvedOn: '2024-06-10', amountFen: 100_00n },
    { provider: 1, approvedOn: '2024-06-11', amountFen: 200_00n },
  ]);
  const stolen = '6228480402564890018';
  const account = (accountNo = stolen, validFrom = '2024-07-15') => ({
    providerId: one.providerId,
    holderName: one.name,
    accountNo,
    validFrom,
  });
  const step = (who: Caller, id: string, verb: string, body: object = { reason: '核对' }) =>
    who.post(`/payee-accounts/${id}/${verb}`, body);
  const confirms = (who: Caller, id: string, accountNo = stolen, formerAccount = 'DOES_NOT_HOLD') =>
    step(who, id, 'confirm', { accountNo, formerAccount });
  const proposed = async (of: object = account()): Promise<string> =>
    expectStatus(await proposes(one.member, of as ReturnType<typeof account>), 201).payeeAccountId as string;
  const messages = async (who: Caller): Promise<string[]> => {
    await deliverDue({ db: world.db, bookId: book.bookId, clock });
    return (expectStatus(await who.get('/messages?limit=200'), 200).items as { kind: string }[]).map(({ kind }) => kind);
  };

  const { settlementId } = await settle(world, 'CHECKED');
  const instructs = (): Promise<Answer> => payer.post(`/settlements/${settlementId}/instruct`);
  // What is written to the database by hand, in the lane, as the application's own role.
  const byHand = (statement: string): Promise<string> =>
    world.db
      .begin(async ({ sql }) => {
        await sql`select open_lane(${book.bookId})`;
        await sql.unsafe(statement);
        return 'written';
      })
      .catch((error: unknown) => {
        const { message, constraint_name: constraint = '' } = error as { message: string; constraint_name?: string };
        return `${constraint} ${message}`;
      });

  const id = await proposed();
  await t.test('it is proposed, and refused until all is there', async (t) => {
    t.match(expectStatus(await one.member.get('/payee-accounts'), 200).items[1], {
      state: 'PROPOSED',
      how: 'CHANGE',
      usableFrom: null,
      accountNoLast4: '0018',
    });
    t.strictSame(codeOf(await proposes(one.member, account('6228480402564890026', '2024-07-16'))), [
      409,
      'PAYEE_ACCOUNT_CHANGE_OPEN',
    ]);
    t.strictSame(
      codeOf(await confirms(finance, id, '6228480402564890026')),
      [409, 'ACCOUNT_NO_DIFFERS'],
      'the number is keyed in again',
    );
    t.strictSame(codeOf(await confirms(finance, id)), [409, 'PAYEE_ACCOUNT_EVIDENCE_MISSING']);
    t.equal((await proves(world, two.member, id)).status, 404, 'evidence is the payee’s own, or the authorities’');
    expectStatus(await proves(world, one.member, id), 201);
    t.strictSame(codeOf(await confirms(finance, id)), [409, 'PAYEE_ACCOUNT_WAIT_UNSET'], 'no wait is assumed');
    t.strictSame(codeOf(await instructs()), [409, 'PAYEE_ACCOUNT_CHANGING'], 'payments wait from the proposal on');
    for (const who of [one.member, two.member, payer, approver, book.operator, await book.member('finance', { kind: 'MACHINE' })])
      t.equal((await confirms(who, id)).status, 403, 'a person of finance confirms');
    for (const verb of ['object', 'withdraw'])
      t.equal((await step(two.member, id, verb)).status, 404, 'another firm sees nothing of it');
  });

  await t.test('how long it waits is set by two persons, in a document', async (t) => {
    t.strictSame(codeOf(await finance.post('/payee-account-waits', { workingDays: 3, documentNo: '3号' })), [
      400,
      'VALIDATION_FAILED',
    ]);
    t.equal(
      (await finance.post('/payee-account-waits', { workingDays: 0, documentNo: '郑财库〔2024〕1号' })).status,
      400,
      'never none',
    );
    const { waitId } = expectStatus(
      await finance.post('/payee-account-waits', { workingDays: 2, documentNo: '郑财库〔2024〕1号' }),
      201,
    ) as { waitId: string };
    const twin = await book.member('finance_approver', { personId: finance.personId });
    t.strictSame(
      codeOf(await twin.post(`/payee-account-waits/${waitId}/approve`)),
      [403, 'FOUR_EYES'],
      'by whichever membership',
    );
    t.strictSame(codeOf(await confirms(finance, id)), [409, 'PAYEE_ACCOUNT_WAIT_UNSET'], 'what is only proposed holds nothing');
    const [work] = expectStatus(await payer.get('/work-queue?kind=PAYEE_ACCOUNT_WAIT_TO_APPROVE'), 200).items as {
      subjectId: string;
    }[];
    t.equal(work?.subjectId, waitId);
    const states = ['PROPOSED', 'APPROVED', 'WITHDRAWN'] as const;
    const refused = await tryEverything(t, {
      life: waitLife,
      bring: async (state: (typeof states)[number]) => {
        if (state === 'APPROVED') {
          expectStatus(await payer.post(`/payee-account-waits/${waitId}/approve`), 200);
          return waitId;
        }
        const made = expectStatus(
          await finance.post('/payee-account-waits', { workingDays: 1, documentNo: '郑财库〔2024〕9号' }),
          201,
        );
        if (state === 'WITHDRAWN')
          expectStatus(await finance.post(`/payee-account-waits/${made.waitId as string}/withdraw`), 200);
        return made.waitId as string;
      },
      ask: (verb, of) => (verb === 'approve' ? payer : finance).post(`/payee-account-waits/${of}/${verb}`),
      look: async (of) =>
        (expectStatus(await finance.get('/payee-account-waits'), 200).items as { waitId: string }[]).find(
          (row) => row.waitId === of,
        ),
    });
    t.equal(refused, 4);
    t.equal(waitLife.code, 'PAYEE_ACCOUNT_WAIT_WRONG_STATE');
  });

  await t.test('confirmed by another person, once, and paid on after the wait', async (t) => {
    t.strictSame(codeOf(await confirms(finance, id)), [409, 'CALENDAR_YEAR_UNPUBLISHED'], 'nor is a working day guessed');
    await publishCalendars(book, approver, [2024]);
    const itself = await book.member('finance', { personId: one.member.personId });
    t.strictSame(codeOf(await confirms(itself, id)), [403, 'FOUR_EYES'], 'who proposed it as the payee has no say in finance');
    const both = await Promise.all([finance, colleague, finance, colleague].map((who) => confirms(who, id)));
    t.strictSame(both.map(({ status }) => status).sort(), [200, 409, 409, 409], 'four confirmations at once: one');
    // Monday; two working days end on Wednesday.
    t.match(both.find(({ status }) => status === 200)?.body, {
      state: 'WAITING',
      usableFrom: '2024-07-18',
      waitedDays: 2,
      formerHolds: false,
    });
    t.ok((await messages(one.member)).includes('payee_account.change_proposed'), 'the payee was told when it was proposed');
    t.ok((await messages(one.member)).includes('payee_account.confirmed'));
    t.ok((await messages(finance)).includes('payee_account.change_proposed'), 'and finance');
    t.notOk((await messages(two.member)).includes('payee_account.change_proposed'));
    clock.set('2024-07-17');
    t.strictSame(codeOf(await instructs()), [409, 'PAYEE_ACCOUNT_CHANGING'], 'on the last day of the wait nothing is paid');
    t.strictSame(codeOf(await confirms(colleague, id)), [409, 'PAYEE_ACCOUNT_WRONG_STATE']);
  });

  await t.test('an objection stops it on its last day, and a dismissal begins anew', async (t) => {
    t.match(expectStatus(await step(one.member, id, 'object', { reason: '非我单位申请' }), 200), {
      state: 'OBJECTED',
      usableFrom: null,
    });
    clock.set('2024-07-19');
    t.strictSame(codeOf(await instructs()), [409, 'PAYEE_ACCOUNT_CHANGING'], 'the day it would have been in effect');
    t.ok((await messages(finance)).includes('payee_account.objected'));
    const [work] = expectStatus(await chief.get('/work-queue?kind=PAYEE_ACCOUNT_OBJECTED'), 200).items as { subjectId: string }[];
    t.equal(work?.subjectId, id);
    const itself = await book.member('finance_approver', { personId: one.member.personId });
    t.strictSame(codeOf(await step(itself, id, 'dismiss-objection')), [403, 'FOUR_EYES'], 'not by who proposed it');
    t.match(expectStatus(await step(colleague, id, 'dismiss-objection'), 200), { state: 'PROPOSED' });
    t.strictSame(codeOf(await confirms(colleague, id)), [403, 'FOUR_EYES'], 'whoever dismissed the objection does not confirm');
    t.match(
      expectStatus(await confirms(finance, id), 200),
      { state: 'WAITING', usableFrom: '2024-07-24' },
      'a new wait, of working days',
    );
    expectStatus(await step(one.member, id, 'object', { reason: '仍有异议' }), 200);
    t.match(expectStatus(await step(chief, id, 'reject', { reason: '经电话核实非本单位申请' }), 200), { state: 'REJECTED' });
    t.strictSame(codeOf(await confirms(finance, id)), [409, 'PAYEE_ACCOUNT_WRONG_STATE'], 'what was rejected is never paid on');
  });

  await t.test('payments go on to the account before where it was confirmed to hold', async (t) => {
    await changeAccount(world, one.member, account(stolen, '2024-07-19'), 'HOLDS');
    const { instructions } = expectStatus(await instructs(), 200) as { instructions: { payeeId: string }[] };
    t.ok(instructions.some(({ payeeId }) => payeeId === one.providerId));
    const file = expectStatus(await payer.get(`/settlements/${settlementId}/instructions`), 200) as {
      lines: { accountNo: string }[];
    };
    t.notOk(
      file.lines.some(({ accountNo }) => accountNo === stolen),
      'on the account before',
    );
    t.ok(file.lines.some(({ accountNo }) => accountNo === one.accountNo));
    await clean(t, world, 'in the wait');
  });

  await t.test('the database holds each of this by itself', async (t) => {
    const [row] = await world.db.sql<{ id: string; first: string }[]>`
      select payee_account_id as id, (select payee_account_id from payee_accounts where provider_id = ${one.providerId} and how = 'FIRST') as first
        from payee_accounts where provider_id = ${one.providerId} and status = 'CONFIRMED' and how = 'CHANGE'`;
    const other = one.member.personId;
    const to = (set: string, where = `payee_account_id = '${row?.id ?? ''}'`) =>
      `update payee_accounts set ${set} where ${where}`;
    const rejected = `payee_account_id = '${id}'`;
    const open = await proposed({
      ...account('6228480402564890034', '2024-08-01'),
      providerId: two.providerId,
      holderName: two.name,
    }).catch(() => '');
    t.equal(open, '', 'nor does one firm propose for another');
    const attacks: [string, string, RegExp][] = [
      ['an account that is in effect sooner', to(`usable_from = '2024-07-19'`), /payee_accounts_step/],
      ['one that was rejected, confirmed', to(`status = 'CONFIRMED', usable_from = '2024-09-01'`, rejected), /payee_accounts_/],
      ['one that was rejected, proposed again', to(`status = 'PROPOSED'`, rejected), /payee_accounts_step/],
      ['another fingerprint', to(`account_fingerprint = repeat('a', 64)`), /permission denied/],
      ['a wait of its own', to(`waited_days = 0`), /payee_accounts_step/],
      [
        'a first account beside the first',
        `insert into payee_accounts select (jsonb_populate_record(a, jsonb_build_object('payee_account_id', gen_random_uuid(), 'valid_from', '2024-07-20', 'usable_from', '2024-07-20'))).* from payee_accounts a where payee_account_id = '${row?.first ?? ''}'`,
        /payee_accounts_first/,
      ],
      [
        'a change that was never proposed',
        `insert into payee_accounts select (jsonb_populate_record(a, jsonb_build_object('payee_account_id', gen_random_uuid(), 'valid_from', '2024-07-20'))).* from payee_accounts a where payee_account_id = '${row?.id ?? ''}'`,
        /payee_accounts_proposed/,
      ],
      [
        'an account of before',
        `insert into payee_accounts select (jsonb_populate_record(a, jsonb_build_object('payee_account_id', gen_random_uuid(), 'valid_from', '2024-07-20', 'how', 'BEFORE', 'proposed_person', null))).* from payee_accounts a where payee_account_id = '${row?.first ?? ''}'`,
        /payee_accounts_proposed/,
      ],
      [
        'a wait approved by who proposed it',
        `update payee_account_waits set status = 'APPROVED', revision = 9, decided_person = proposed_person, decided_on = '2024-07-19' where status = 'PROPOSED'`,
        /four_eyes|row-level/,
      ],
      ['a wait changed', `update payee_account_waits set revision = 9 where status = 'APPROVED'`, /decided once/],
      [
        'a payment on the account that waits',
        `insert into payment_instructions select (jsonb_populate_record(p, jsonb_build_object('instruction_id', gen_random_uuid(), 'instruction_no', 'P-X', 'attempt', 9, 'payee_account_id', '${row?.id ?? ''}'))).* from payment_instructions p where payee_id = '${one.providerId}' limit 1`,
        /payment_instructions_account/,
      ],
      [
        'a payment on another’s account',
        `insert into payment_instructions select (jsonb_populate_record(p, jsonb_build_object('instruction_id', gen_random_uuid(), 'instruction_no', 'P-X', 'attempt', 9, 'payee_id', '${two.providerId}'))).* from payment_instructions p where payee_id = '${one.providerId}' limit 1`,
        /payment_instructions_account/,
      ],
      [
        'a confirmation by who proposed it',
        to(
          `status = 'OBJECTED', usable_from = null, objected_person = '${other}', objected_on = '2024-07-19', objection_reason = 'x'`,
        ) +
          `; ${to(`status = 'PROPOSED', dismissed_person = '${finance.personId}'`)}; ${to(`status = 'CONFIRMED', usable_from = '2024-09-01', confirmed_person = '${other}'`)}`,
        /four_eyes/,
      ],
      [
        'a confirmation by who dismissed the objection',
        to(
          `status = 'OBJECTED', usable_from = null, objected_person = '${other}', objected_on = '2024-07-19', objection_reason = 'x'`,
        ) +
          `; ${to(`status = 'PROPOSED', dismissed_person = '${finance.personId}'`)}; ${to(`status = 'CONFIRMED', usable_from = '2024-09-01', confirmed_person = '${finance.personId}'`)}`,
        /four_eyes/,
      ],
    ];
    expectStatus(await finance.post('/payee-account-waits', { workingDays: 1, documentNo: '郑财库〔2024〕8号' }), 201);
    for (const [said, statement, error] of attacks) t.match(await byHand(statement), error, said);
  });

  await t.test('back and forth: one change at a time, each with its own wait', async (t) => {
    const current = (
      expectStatus(await one.member.get('/payee-accounts'), 200).items as { state: string; accountNoLast4: string }[]
    ).find(({ state }) => state === 'WAITING');
    t.equal(current?.accountNoLast4, '0018');
    t.strictSame(
      codeOf(await proposes(one.member, account(one.accountNo, '2024-07-22'))),
      [409, 'PAYEE_ACCOUNT_CHANGE_OPEN'],
      'not in the wait',
    );
    clock.set('2024-07-24');
    const back = await changeAccount(world, one.member, account(one.accountNo, '2024-07-24'));
    const sends = (more: object = {}) => payer.post('/payment-files', { settlementId, ...more });
    const sent = expectStatus(await sends(), 201) as { held: { instructionNo: string; why: string }[]; count: number };
    t.match(
      sent,
      { count: 2, held: [{ why: 'ACCOUNT_CHANGING' }, { why: 'ACCOUNT_CHANGING' }] },
      'what was instructed and not sent waits too',
    );
    clock.set('2024-07-27');
    const other = await sends();
    t.strictSame(
      codeOf(other),
      [409, 'PAYMENT_FILE_EMPTY'],
      'nor is it sent silently to an account that is not paid on any more',
    );
    const onFormerAccount = sent.held.map(({ instructionNo }) => instructionNo);
    t.match(expectStatus(await sends({ onFormerAccount }), 201), { count: 2, held: [] }, 'but where a person names it');
    const found = expectStatus(await one.member.get('/payee-accounts'), 200).items as {
      payeeAccountId: string;
      usableFrom: string;
    }[];
    t.equal(found.find(({ payeeAccountId }) => payeeAccountId === back)?.usableFrom, '2024-07-27');
    const racing = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        proposes(two.member, {
          ...account(`62284804025648900${40 + i}`, `2024-08-0${1 + i}`),
          providerId: two.providerId,
          holderName: two.name,
        }),
      ),
    );
    t.strictSame(racing.map(({ status }) => status).sort(), [201, ...Array<number>(7).fill(409)], 'eight proposals at once: one');
    const [open] = racing
      .filter(({ status }) => status === 201)
      .map(({ body }) => (body as { payeeAccountId: string }).payeeAccountId);
    expectStatus(await step(two.member, open ?? '', 'withdraw'), 200);
  });

  await t.test('a batch that was frozen with one account is not paid to another', async (t) => {
    await world.approve([{ provider: 0, approvedOn: '2024-06-20', amountFen: 50_00n }]);
    const batch = await settle(world, 'CHECKED');
    clock.set('2024-07-29');
    const moved = await changeAccount(world, one.member, account('6228480402564890059', '2024-07-29'), 'HOLDS');
    clock.set('2024-08-01');
    const refused = await payer.post(`/settlements/${batch.settlementId}/instruct`);
    t.strictSame(codeOf(refused), [409, 'PAYEE_ACCOUNT_CHANGED']);
    t.match(refused.body, { detail: new RegExp(one.name) });
    const written = await byHand(
      `insert into payment_instructions select (jsonb_populate_record(p, jsonb_build_object('instruction_id', gen_random_uuid(), 'instruction_no', 'P-X',
         'settlement_id', '${batch.settlementId}', 'payee_account_id', '${moved}', 'instructed_on', '2024-08-01', 'paid_fen', 0, 'returned_fen', 0)))
         .* from payment_instructions p where payee_id = '${one.providerId}' limit 1`,
    );
    t.match(written, /payment_instructions_account/, 'nor does the database');
    const [line] = expectStatus(await finance.get(`/settlements/${batch.settlementId}/lines`), 200).items as { lineNo: number }[];
    const lines = [{ lineNo: line?.lineNo ?? 0, reason: '收款账户已变更' }];
    expectStatus(await world.checker.post(`/settlements/${batch.settlementId}/return-lines`, { lines }), 200);
    const again = await settle(world, 'INSTRUCTED');
    const { lines: sent } = expectStatus(await payer.get(`/settlements/${again.settlementId}/instructions`), 200) as {
      lines: { accountNo: string }[];
    };
    t.strictSame([...new Set(sent.map(({ accountNo }) => accountNo))], ['6228480402564890059'], 'approved anew, it goes to the account of then');
    await clean(t, world, 'frozen anew');
  });

  await t.test('every step is refused where its state does not offer it', async (t) => {
    let day = 1;
    const ask = async (verb: string, of: string) => {
      const by = { confirm: finance, object: two.member, withdraw: two.member }[verb] ?? chief;
      return verb === 'confirm' ? confirms(by, of) : step(by, of, verb);
    };
    const end = async (of: string) => {
      await step(two.member, of, 'object');
      await step(chief, of, 'reject');
    };
    const refused = await tryEverything(t, {
      life: accountLife,
      bring: async (state) => {
        const of = {
          ...account(stolen, `2024-10-${String(++day).padStart(2, '0')}`),
          providerId: two.providerId,
          holderName: two.name,
        };
        if (state === 'IN_EFFECT') {
          const { items } = expectStatus(await two.member.get('/payee-accounts'), 200) as {
            items: { payeeAccountId: string; how: string }[];
          };
          return items.find(({ how }) => how === 'FIRST')?.payeeAccountId ?? '';
        }
        // The one before has to be over.
        const { items } = expectStatus(await two.member.get('/payee-accounts?limit=200'), 200) as {
          items: { payeeAccountId: string; state: string }[];
        };
        for (const left of items.filter(({ state }) => ['PROPOSED', 'WAITING', 'OBJECTED'].includes(state)))
          await end(left.payeeAccountId);
        const made = expectStatus(await proposes(two.member, of), 201).payeeAccountId as string;
        expectStatus(await proves(world, two.member, made), 201);
        if (state === 'WAITING') expectStatus(await confirms(finance, made), 200);
        if (state === 'OBJECTED' || state === 'REJECTED') expectStatus(await step(two.member, made, 'object'), 200);
        if (state === 'REJECTED') expectStatus(await step(chief, made, 'reject'), 200);
        if (state === 'WITHDRAWN') expectStatus(await step(two.member, made, 'withdraw'), 200);
        return made;
      },
      ask,
      look: async (of) =>
        (
          expectStatus(await finance.get(`/payee-accounts?providerId=${two.providerId}&limit=200`), 200).items as {
            payeeAccountId: string;
          }[]
        ).find(({ payeeAccountId }) => payeeAccountId === of),
    });
    t.ok(refused > 10);
    await clean(t, world, 'after all steps');
  });
});
