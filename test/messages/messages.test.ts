// What is told, is told: staged with its command and not without it, delivered once it is committed, at least once and in order, and
// read by whom it is for and nobody else.
import { createHash } from 'node:crypto';
import t from 'tap';
import { uuidv7 } from '../../src/identifiers.js';
import type { Actor, Verb } from '../../src/ledger/lane.js';
import { accepted } from '../../src/ledger/lane.js';
import type { Message } from '../../src/ledger/outbox.js';
import type { Channel } from '../../src/messages/deliver.js';
import { deliverDue } from '../../src/messages/deliver.js';
import { kinds, wordsOf } from '../../src/messages/kinds.js';
import { addDays } from '../../src/calendar.js';
import { tellApproved } from '../../src/redemptions/tell-approved.js';
import { remindOfDeadline } from '../../src/usage/remind-confirming.js';
import { remindOfLastDay } from '../../src/vouchers/remind-expiring.js';
import { mostAttempts, party, retryAfterSeconds, tell } from '../../src/messages/rules.js';
import { invoiceOf, ndjson, upload } from '../bulk/world.js';
import { startCases, steps } from '../cases/world.js';
import type { Caller } from '../service.js';
import { expectStatus } from '../service.js';
import { startTrade } from '../usage/world.js';

interface Shown {
  messageId: string;
  kind: string;
  subjectId: string;
  textZh: string;
  textEn: string;
  alike: number;
  aboutLedgerSeq: number;
  readAt: string | null;
}
const inbox = async (of: Caller, query = ''): Promise<Shown[]> =>
  (expectStatus(await of.get(`/messages${query}`), 200) as { items: Shown[] }).items;

void t.test('the words of every kind name the same parameters in both languages', async (t) => {
  const named = (text: string) => [...new Set([...text.matchAll(/\{(\w+?)(?:Zh|En)?\}/g)].map(([, name]) => name))].sort();
  for (const [kind, words] of Object.entries<{ zh: string; en: string; zhMany?: string; enMany?: string }>(kinds)) {
    t.strictSame(named(words.zh), named(words.en), kind);
    t.strictSame(named(words.zhMany ?? ''), named(words.enMany ?? ''), `${kind} of several`);
  }
  t.equal(wordsOf({ kind: 'case.accepted', params: { caseNo: 'A-1' }, alike: 1 }).zh, 'A-1 已受理。');
  t.strictSame(wordsOf({ kind: 'of.another_release', params: {}, alike: 1 }), {
    zh: 'of.another_release',
    en: 'of.another_release',
  });
  t.strictSame([1, 2, 3, 11, 12].map(retryAfterSeconds), [2, 4, 8, 2048, 3600], 'later each time, an hour at most');
});

void t.test('the outbox', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, strangerBuyer, strangerSeller, reviewer, db, owner, clock } = trade;
  const { bookId, operator } = book;
  const open = await trade.books.find(book.code);
  if (!open) throw new Error('the book is not there');
  const deliver = (channel?: Channel, isStopping?: () => boolean) =>
    deliverDue({ db, bookId, clock, ...(channel ? { channel } : {}), ...(isStopping ? { isStopping } : {}) });
  const rows = () => db.sql<{ kind: string; status: string; attempts: number }[]>`
    select kind, status, attempts from outbox where book_id = ${bookId} order by ledger_seq, place`;

  const telling: Verb<{ messages: readonly Message[] }, object> = {
    name: 'test.tell',
    money: false,
    gather: async () => undefined,
    decide: ({ id, body }) => accepted({ decision: 'test.told', subjectId: id, result: {}, messages: body.messages }),
  };
  const actor: Actor = {
    memberId: operator.memberId,
    personId: operator.personId,
    kind: 'PERSON',
    role: 'operator',
    legalPersonUscc: null,
  };
  const submit = (messages: readonly Message[], key = uuidv7(clock.now())) =>
    open.lane.submit(telling, { actor, key, requestDigest: createHash('sha256').update(key).digest('hex'), body: { messages } });
  const about = (id = uuidv7(clock.now())) => ({ kind: 'VOUCHER', id }) as const;
  const accept = (to: Message['to'], subject = about(), caseNo = 'A') => tell('case.accepted', to, subject, { caseNo });

  await t.test('a posted invoice is told to its enterprise alone, and to nobody before it is committed', async (t) => {
    const contract = await trade.fileContract('1000000.00');
    const body = trade.invoiceBody(contract, { gross: '1000.00' });
    expectStatus(await seller.post('/usage-invoices', { ...body, gross: '999.00' }), 400);
    t.strictSame([...(await rows())], [], 'what is refused tells nothing');
    const posted = expectStatus(await seller.post('/usage-invoices', body, { key: 'once' }), 201);
    expectStatus(await seller.post('/usage-invoices', body, { key: 'once' }), 201);
    t.match(await rows(), [{ kind: 'usage.posted', status: 'WAITING' }], 'a replay stages nothing');
    t.strictSame(await inbox(buyer), []);
    t.match(await deliver(), { delivered: 1, failures: [] });
    t.match(await inbox(buyer), [
      {
        kind: 'usage.posted',
        subjectId: contract.contractId,
        aboutLedgerSeq: posted.ledgerSeq,
        readAt: null,
        textZh: `合同 HT-1 下新到用量发票 ${body.invoiceNo}，价税合计 1000.00 元，请确认或提出异议。`,
      },
    ]);
    for (const other of [seller, strangerBuyer, strangerSeller, reviewer, operator]) t.strictSame(await inbox(other), []);
  });

  await t.test('invoices of a file are told together', async (t) => {
    const contract = await trade.fileContract('900000.00');
    const file = ndjson(Array.from({ length: 40 }, () => invoiceOf(contract)));
    expectStatus(await upload(trade, seller, file, { key: 'a-file' }), 201);
    await deliver();
    const [last] = await inbox(buyer);
    t.equal(last?.alike, 40);
    t.match(last?.textEn, /^40 usage invoices were posted under contract HT-2/);
  });

  await t.test('read marks are a member’s own, set once, and only on what it was told', async (t) => {
    const [first] = await inbox(buyer);
    const messageIds = [first?.messageId ?? ''];
    t.match(expectStatus(await buyer.post('/messages/read', { messageIds }), 200), { read: 1 });
    t.match(expectStatus(await buyer.post('/messages/read', { messageIds }), 200), { read: 0 });
    t.ok((await inbox(buyer))[0]?.readAt);
    t.equal((await inbox(trade.buyerMachine))[0]?.readAt, null, 'a colleague has not');
    t.match(await seller.post('/messages/read', { messageIds }), { status: 404, body: { code: 'NOT_FOUND' } });
    t.match(await buyer.post('/messages/read', { messageIds: [uuidv7(clock.now())] }), { status: 404 });
    const page = expectStatus(await buyer.get('/messages?limit=1'), 200) as { items: Shown[]; next: string };
    t.equal((await inbox(buyer, `?limit=1&cursor=${page.next}`)).length, 1, 'and the one before on the next page');
  });

  await t.test('what was handed over and not settled comes again, and is there once', async (t) => {
    await submit([accept({ role: 'reviewer' }), accept({ role: 'operator' })]);
    const before = (await inbox(reviewer)).length;
    // As if the process had died after the channel took them: their lease runs out.
    const dying: Channel = async (to, of) => {
      await owner.sql`
        insert into messages (book_id, message_id, addressee, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at)
        select book_id, message_id, to_role, kind, subject_kind, subject_id, params, alike, ledger_seq, staged_at
          from outbox where book_id = ${bookId} and message_id = any(${of.messages.map(({ messageId }) => messageId)}::uuid[])`;
      await to.sql`update outbox set lease_owner = ${uuidv7(clock.now())}, next_at = clock_timestamp() where book_id = ${bookId} and status = 'WAITING'`;
    };
    let rounds = 0;
    await deliver(dying, () => rounds++ === 1);
    t.match(
      (await rows()).slice(-2),
      [
        { status: 'WAITING', attempts: 1 },
        { status: 'WAITING', attempts: 1 },
      ],
      'whoever lost the lease settles nothing',
    );
    t.match(await deliver(), { delivered: 2 });
    t.equal((await inbox(reviewer)).length, before + 1);
    t.match((await rows()).slice(-2), [{ status: 'DELIVERED', attempts: 2 }, {}]);
  });

  await t.test('of one subject nothing is delivered before what was told earlier; two processes share the rest', async (t) => {
    const subjects = Array.from({ length: 5 }, () => about());
    for (let n = 0; n < 4; n++) await submit(subjects.map((subject) => accept({ role: 'auditor' }, subject, String(n))));
    const seen = new Map<string, string[]>();
    const slow: Channel = async (_, of) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const { subjectId, params } of of.messages)
        seen.set(subjectId, [...(seen.get(subjectId) ?? []), params['caseNo'] ?? '']);
    };
    let delivered = 0;
    while (delivered < 20) {
      const [a, b] = await Promise.all([deliver(slow), deliver(slow)]);
      delivered += a.delivered + b.delivered;
    }
    t.equal(delivered, 20);
    t.strictSame([...seen.values()], Array(5).fill(['0', '1', '2', '3']));

    // Into the inboxes, many at once: each is passed on by one of them, and is there once.
    const many = Array.from({ length: 250 }, () => about());
    for (let n = 0; n < 2; n++) await submit(many.map((subject) => accept({ role: 'auditor' }, subject, String(n))));
    const rounds = await Promise.all([deliver(), deliver(), deliver()]);
    const rest = await deliver();
    t.equal([...rounds, rest].reduce((sum, each) => sum + each.delivered, 0), 500);
    const [there] = await db.sql<{ n: bigint; delivered: bigint }[]>`
      select count(*) as n, count(*) filter (where o.status = 'DELIVERED' and o.attempts = 1) as delivered
        from messages m join outbox o on o.book_id = m.book_id and o.message_id = m.message_id
       where m.book_id = ${bookId} and m.subject_id = any(${many.map(({ id }) => id)}::uuid[])`;
    t.strictSame(there, { n: 500n, delivered: 500n });
  });

  await t.test('what cannot be delivered keeps no other, is tried later each time, and is dead in the end', async (t) => {
    const lost = about();
    await submit([
      accept(party(uuidv7(clock.now())), lost),
      accept({ role: 'finance' }),
      accept({ role: 'finance' }, lost, 'next'),
    ]);
    const first = await deliver();
    t.equal(first.delivered, 1, 'the other one');
    t.equal(first.failures.length, 1);
    const due = async () => {
      const [row] = await db.sql<{ wait: number; status: string; failure: string }[]>`
        select round(extract(epoch from next_at - clock_timestamp()))::int as wait, status, failure
          from outbox where book_id = ${bookId} and to_party is not null and subject_id = ${lost.id}`;
      return row;
    };
    for (let attempt = 1; attempt < mostAttempts; attempt++) {
      const row = await due();
      t.equal(row?.status, 'WAITING');
      t.ok(Math.abs((row?.wait ?? 0) - retryAfterSeconds(attempt)) <= 2, `attempt ${attempt}: again in ${row?.wait} s`);
      t.match(await deliver(), { delivered: 0, failures: [] }, 'not before');
      await owner.sql`update outbox set next_at = clock_timestamp() where book_id = ${bookId} and status = 'WAITING'`;
      t.equal((await deliver()).failures.length, 1);
    }
    t.match(await due(), { status: 'DEAD', failure: /addressee/ });
    t.match(await deliver(), { delivered: 0, failures: [] }, 'what comes after it waits for a person');

    const dead = expectStatus(await operator.get('/outbox'), 200) as { items: { messageId: string; status: string }[] };
    t.match(dead.items, [{ status: 'DEAD', attempts: mostAttempts, failure: /addressee/ }]);
    t.match(expectStatus(await operator.get('/outbox?status=WAITING'), 200), { items: [{ toRole: 'finance', attempts: 0 }] });
    const at = `/outbox/${dead.items[0]?.messageId ?? ''}`;
    t.match(await reviewer.post(`${at}/retry`), { status: 403 });
    t.match(await operator.post(`/outbox/${uuidv7(clock.now())}/retry`), { status: 404 });
    t.match(expectStatus(await operator.post(`${at}/retry`), 200), { status: 'WAITING', attempts: 0 });
    t.match(await operator.post(`${at}/let-go`, { reason: '收件单位不存在' }), {
      status: 409,
      body: { code: 'MESSAGE_WRONG_STATE' },
    });
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      await owner.sql`update outbox set next_at = clock_timestamp() where book_id = ${bookId} and status = 'WAITING'`;
      t.equal((await deliver()).failures.length, 1);
    }
    t.match(expectStatus(await operator.post(`${at}/let-go`, { reason: '收件单位不存在' }), 200), { status: 'LET_GO' });
    t.match(await deliver(), { delivered: 1 }, 'and now it goes on');
  });

  await t.test('the database lets nobody stage a message beside the lane, or change what one says', async (t) => {
    await t.rejects(
      db.sql`insert into outbox (book_id, message_id, kind, subject_kind, subject_id, to_role, params, ledger_seq, place, staged_at)
             values (${bookId}, ${uuidv7(clock.now())}, 'case.accepted', 'VOUCHER', ${bookId}, 'auditor', '{}', 1, 99, now())`,
      { message: /lane/ },
    );
    await t.rejects(db.sql`update outbox set params = '{}' where book_id = ${bookId}`, { message: /permission denied/ });
    await t.rejects(owner.sql`delete from messages where book_id = ${bookId}`, { message: /never changed/ });
  });
});

void t.test('an applicant is told every step of its case', async (t) => {
  const world = await startCases(t, { text: steps.all.replace('RECHECK, EXPERT_REVIEW, ', '') + steps.noticeDays });
  const { book, firm, db, clock, district, reviewer } = world;
  const told = async (): Promise<string[]> => {
    await deliverDue({ db, bookId: book.bookId, clock });
    return (await inbox(firm.member, '?limit=200')).map(({ textZh }) => textZh).reverse();
  };
  const paused = await world.brought('OBJECTION_PENDING');
  t.match(await told(), [/已受理。$/, /已列入公示 .*，公示至 /, /收到异议 .*公示暂停计时。$/]);
  const { items } = expectStatus(await reviewer.get(`/applications/${paused}/objections`), 200) as {
    items: { objectionId: string }[];
  };
  const deciding = { objectionId: items[0]?.objectionId, upheld: false, reason: '查无实据' };
  const other = await book.member('approver');
  expectStatus(await other.post(`/applications/${paused}/decide-objection`, deciding), 200);
  t.match((await told()).at(-1), /异议 .*不成立：查无实据$/);
  await world.brought('SUPPLEMENT_REQUESTED');
  t.match((await told()).at(-1), /需一次性补正 1 项，请于 2\d{3}-\d\d-\d\d 24 时前答复。$/);
  await world.brought('REJECTED');
  t.match((await told()).at(-1), /不予批准：不符合$/);
  expectStatus(await world.load('1000000.00'), 201);
  await world.brought('APPROVED');
  t.match((await told()).slice(-2), [/已批准，金额 .* 元。$/, /^算力券 .*已发放，面额 .* 元，最后使用日 /]);
  t.strictSame(await inbox(district), [], 'nobody else');
});

void t.test('what was approved by rule is told to whoever is paid, once for a day that is over', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, db, clock } = trade;
  const open = await trade.books.find(book.code);
  if (!open) throw new Error('the book is not there');
  const run = () => tellApproved.run({ book: open, clock, isStopping: () => false });
  const contract = await trade.fileContract('1000000.00');
  const voucherId = await trade.voucher(contract, '100000.00');
  const redeem = async (gross: string, status = 'APPROVED') => {
    const invoiceId = await trade.invoice(contract, { gross });
    t.match(expectStatus(await buyer.post('/redemptions', { voucherId, invoiceId }), 201), { status });
  };
  const today = clock.now().toISOString().slice(0, 10);
  const at = (days: number, time: string) => clock.set(new Date(`${addDays(today, days)}T${time}+08:00`));
  for (const gross of ['1000.00', '2000.00']) await redeem(gross);
  const told = async () => {
    await deliverDue({ db, bookId: book.bookId, clock });
    return (await inbox(seller)).filter(({ kind }) => kind === 'redemption.approved_by_rule').map(({ textEn }) => textEn);
  };
  t.equal(await run(), 0, 'not while the day lasts');
  at(1, '00:05:00');
  t.strictSame(await tellApproved.isDue({ db, bookId: book.bookId, today: addDays(today, 1) }), true);
  t.equal(await run(), 0, 'nor while what it received may not be committed');
  await redeem('500.00');
  at(1, '00:11:00');
  t.equal(await run(), 1);
  t.equal(await run(), 0);
  t.strictSame(await tellApproved.isDue({ db, bookId: book.bookId, today: addDays(today, 1) }), false);
  const first = `2 redemptions (the first: ZHENGZHOU-R-2024-000001) were approved by rule on ${today}, 600.00 yuan in all.`;
  t.strictSame(await told(), [first]);
  at(4, '08:00:00');
  t.strictSame(await tellApproved.isDue({ db, bookId: book.bookId, today: addDays(today, 4) }), true, 'however late it runs');
  t.equal(await run(), 1);
  t.match(await told(), [
    new RegExp(`^1 redemptions .*000003\\) were approved by rule on ${addDays(today, 1)}, 100.00 yuan`),
    first,
  ]);
});

void t.test('what ends soon is told of beforehand, once', async (t) => {
  const trade = await startTrade(t);
  const { book, buyer, seller, db, clock } = trade;
  const { bookId } = book;
  const open = await trade.books.find(book.code);
  if (!open) throw new Error('the book is not there');
  const run = (of = open) => remindOfLastDay.run({ book: of, clock, isStopping: () => false });
  const told = async (of: Caller): Promise<string[]> => {
    await deliverDue({ db, bookId, clock });
    return (await inbox(of)).map(({ kind, textEn }) => `${kind}: ${textEn}`);
  };
  const voucherId = await trade.voucher(await trade.fileContract('1000000.00'), '100.00', { lastDay: '2024-10-10' });
  await trade.voucher(await trade.fileContract('900000.00'), '100.00', { lastDay: '2024-12-31' });

  clock.set('2024-09-09');
  t.strictSame(
    await remindOfLastDay.isDue({ db: db, bookId: book.bookId, today: '2024-09-09' }),
    false,
    'thirty-one days before',
  );
  // However late it runs.
  clock.set('2024-09-15');
  t.strictSame(await remindOfLastDay.isDue({ db: db, bookId: book.bookId, today: '2024-09-15' }), true);
  const second = await trade.secondApp();
  const there = await second.books.find(book.code);
  if (!there) throw new Error('the book is not there');
  const done = await Promise.all([run(), run(there)]);
  t.equal(done[0] + done[1], 1, 'two processes tell it once');
  t.match(await told(buyer), [/^voucher.expiring: Voucher .* can be used until 2024-10-10\.$/]);
  t.strictSame(
    await remindOfLastDay.isDue({ db: db, bookId: book.bookId, today: '2024-09-15' }),
    false,
    'and have nothing more to do that day',
  );
  clock.set('2024-09-16');
  t.equal(await run(), 0);

  await t.test('an invoice’s deadline, to both sides', async (t) => {
    const rows = await db.sql<{ id: string }[]>`select contract_id as id from vouchers where voucher_id = ${voucherId}`;
    const contract = { contractId: rows[0]?.id ?? '', gross: '1000000.00' };
    clock.set('2024-08-05');
    const invoiceId = await trade.invoice(contract, { gross: '500.00' }, { confirmed: false, paid: '0.00' });
    await trade.owner.begin(async ({ sql }) => {
      await sql`select from open_lane(${bookId})`;
      await sql`update usage_invoices set confirm_by = '2024-09-20', confirm_outcome = 'CONFIRMED' where book_id = ${bookId} and invoice_id = ${invoiceId}`;
    });
    clock.set('2024-09-17');
    t.equal(await remindOfDeadline.run({ book: there, clock, isStopping: () => false }), 1);
    for (const side of [buyer, seller]) {
      t.match(
        (await told(side))[0],
        /^usage.deadline: .*to be confirmed or disputed by 2024-09-20; else it is taken as confirmed/,
      );
    }
    const again: string = (
      await trade.owner.sql<{ code: string }[]>`
      select refusal_code as code from entries where book_id = ${bookId} and refusal_code = 'REMINDED_ALREADY'`
    ).length.toString();
    t.equal(again, '0', 'that it was told already is no refusal to be written down');
  });
});
